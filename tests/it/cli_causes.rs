//! Root causes by the command line: counted, compared, coded later, reviewed; the guideline by its clauses, what is asked of
//! it, and what another charter would change.

use serde_json::{Value as Json, json};

use overread::review::causes::reviews::ReviewState;

use crate::program::{Outcome, Place};

const CHARTER: &str = "name = \"grades\"\nguideline = \"guideline.md\"\n[review]\nundo_minutes = 0\nmode = \"open\"\n[labels.grade]\nkind = \
                       \"ordinal\"\nlevels = [1, 2, 3, 4, 5]\n";
const GUIDELINE: &str = "# 1 Scope\nAll of it.\n\n## 1.2 Grades\nOne to five.\n";

/// Three cases on which two readers differ, and one on which they agree.
fn place() -> Result<Place, Box<dyn std::error::Error>> {
    let place = Place::new()?;
    place.write("charter.toml", CHARTER)?;
    place.write("guideline.md", GUIDELINE)?;
    place.run(&["init", "s.overread", "--charter", "charter.toml"])?.fine()?;
    let mut table = "case,reader,label,value\n".to_owned();
    for (case, ann, bob) in [("c1", 1, 3), ("c2", 1, 4), ("c3", 2, 5), ("c4", 2, 2)] {
        table.push_str(&format!("{case},ann,grade,{ann}\n{case},bob,grade,{bob}\n"));
    }
    place.write("reads.csv", table)?;
    place.run(&["import", "reads.csv", "--site", "north"])?.fine()?;
    Ok(place)
}

fn decision(case: &str, more: Json) -> Json {
    let mut decision =
        json!({ "case": case, "dispute": "grade#1", "answer": { "value": 3 }, "confidence": 4 });
    if let (Some(fields), Json::Object(more)) = (decision.as_object_mut(), more) {
        fields.extend(more);
    }
    decision
}

/// Gives the letter of a reader in a case.
fn letter(place: &Place, case: &str, value: i64) -> Result<String, Box<dyn std::error::Error>> {
    let shown = place.shown(case)?;
    let reads = shown.get("reads").and_then(Json::as_array).cloned().unwrap_or_default();
    let found = reads.iter().find(|read| read.pointer("/findings/0/value") == Some(&json!(value)));
    let letter = found.and_then(|read| read.get("reader")?.as_str());
    Ok(letter.ok_or_else(|| format!("nobody says {value} in {case}: {shown}"))?.to_owned())
}

fn causes(place: &Place, arguments: &[&str]) -> Result<Json, Box<dyn std::error::Error>> {
    place.run(&[&["causes", "--json"], arguments].concat())?.fine()?.json()
}

#[test]
fn a_count_is_one_code_of_one_decision_for_one_reader() -> Outcome {
    let place = place()?;
    let (ann, bob) = (letter(&place, "c1", 1)?, letter(&place, "c1", 3)?);
    let ann_3 = letter(&place, "c3", 2)?;
    place.decide(&[
        // The top holds for whoever is at fault without codes of their own.
        decision(
            "c1",
            json!({ "root_cause": ["P1", "I2"], "verdicts": {
            ann: { "verdict": "error" }, bob: { "verdict": "error", "cause": "G1" } } }),
        ),
        // Nobody is at fault: of the decision alone.
        decision("c2", json!({ "root_cause": "unknown" })),
        decision("c3", json!({ "verdicts": { ann_3: { "verdict": "slip", "cause": "P1" } } })),
    ])?;
    assert_eq!(
        causes(&place, &["--by", "code"])?,
        json!([
            { "key": "P1", "n": 2, "share": 0.4, "cases": ["c1", "c3"] },
            { "key": "G1", "n": 1, "share": 0.2, "cases": ["c1"] },
            { "key": "I2", "n": 1, "share": 0.2, "cases": ["c1"] },
            { "key": "unknown", "n": 1, "share": 0.2, "cases": ["c2"] },
        ])
    );
    assert_eq!(
        causes(&place, &["--by", "reader"])?,
        json!([
            { "key": "ann", "n": 3, "share": 0.6, "cases": ["c1", "c3"] },
            { "key": "bob", "n": 1, "share": 0.2, "cases": ["c1"] },
            { "key": "none", "n": 1, "share": 0.2, "cases": ["c2"] },
        ])
    );
    let keys = |by: &str| -> Result<Vec<Json>, Box<dyn std::error::Error>> {
        let found = causes(&place, &["--by", by])?;
        Ok(found.as_array().into_iter().flatten().filter_map(|bar| bar.get("key").cloned()).collect())
    };
    assert_eq!(keys("family")?, ["P", "G", "I", "unknown"]);
    assert_eq!(keys("site")?, ["north"]);
    assert_eq!(keys("batch")?, ["reads.csv"]);
    assert_eq!(keys("modality")?, ["unknown"]);
    assert_eq!(keys("type")?, ["GRADE"]);
    assert_eq!(keys("label")?, ["grade"]);
    assert_eq!(keys("charter")?, ["1"]);
    assert_eq!(keys("adjudicator")?, [json!(place.account()?)]);
    assert_eq!(causes(&place, &["--by", "code", "--limit", "1"])?.as_array().map(Vec::len), Some(1));
    assert_eq!(causes(&place, &["--until", "2020-01-01"])?, json!([]));
    place.run(&["causes", "--by", "planet"])?.refused(2, "family, code, label")?;
    // What is taken back counts no more.
    place.run(&["reopen", "c1", "--why", "again"])?.fine()?;
    assert_eq!(keys("code")?, ["P1", "unknown"]);
    place.verified()
}

#[test]
fn codes_are_given_later_and_hold_for_the_decision_that_they_were_given_to() -> Outcome {
    let place = place()?;
    let (ann, bob) = (letter(&place, "c1", 1)?, letter(&place, "c1", 3)?);
    let decided = decision(
        "c1",
        json!({ "root_cause": "unknown", "verdicts": { ann.as_str(): { "verdict": "error" } }, "clause": "1.2" }),
    );
    place.decide(std::slice::from_ref(&decided))?;
    let set = ["causes", "set", "c1", "grade#1", "--code"];
    place.run(&[&set[..], &["Q9", "--reader", &ann]].concat())?.refused(65, "is no root cause")?;
    place.run(&[&set[..], &["P2", "--reader", &bob]].concat())?.refused(65, "was at fault")?;
    place.run(&[&set[..], &["P2", "--reader", "Z"]].concat())?.refused(65, "its readers are")?;
    place.run(&[&set[..], &["P2", "--clause", "Scop"]].concat())?.refused(65, "did you mean 1 Scope?")?;
    place.run(&["causes", "set", "c2", "grade#1", "--code", "P2"])?.refused(65, "no decision that stands")?;
    assert_eq!(causes(&place, &["--by", "code"])?[0]["key"], "unknown");

    place.run(&[&set[..], &["i3", "--reader", &ann]].concat())?.fine()?;
    place
        .run(&[&set[..], &["p2,I2", "--reader", &ann, "--clause", "1", "--note", "at the edge"]].concat())?
        .fine()?;
    let found = causes(&place, &["--by", "code"])?;
    assert_eq!(
        found,
        json!([
            { "key": "I2", "n": 1, "share": 0.5, "cases": ["c1"] },
            { "key": "P2", "n": 1, "share": 0.5, "cases": ["c1"] },
        ])
    );
    assert_eq!(causes(&place, &["--by", "clause"])?[0]["key"], "1 Scope");
    // Exports and triggers read the same.
    place.run(&["export", "--format", "jsonl", "-o", "t.jsonl"])?.fine()?;
    let exported = std::fs::read_to_string(place.path("t.jsonl"))?;
    assert!(exported.contains(r#""root_cause":["I2","P2"]"#), "{exported}");
    let shown = place.shown("c1")?;
    assert_eq!(shown.pointer("/disputes/0/decision/root_cause"), Some(&json!(["I2", "P2"])));
    let events = place.run(&["log", "--case", "c1", "--json"])?.fine()?.lines()?;
    let written: Vec<&Json> = events.iter().filter(|event| event["action"] == "cause").collect();
    assert_eq!(written.len(), 2);
    assert_eq!(written.last().and_then(|event| event.pointer("/detail/codes")), Some(&json!(["P2", "I2"])));
    // A new decision begins without them.
    place.run(&["reopen", "c1", "--why", "again"])?.fine()?;
    assert_eq!(causes(&place, &[])?, json!([]));
    let mut again = decided;
    again["note"] = json!("again");
    assert_eq!(place.answer(again)?, "FINAL");
    assert_eq!(causes(&place, &["--by", "code"])?[0]["key"], "unknown");
    place.verified()
}

#[test]
fn two_periods_are_compared_in_disputes_of_a_hundred() -> Outcome {
    let place = place()?;
    place.decide(&[decision("c1", json!({ "root_cause": ["P1", "P2"] })), decision("c2", json!({}))])?;
    place.write("next.toml", CHARTER.replace("grades", "graded"))?;
    place.run(&["charter", "set", "next.toml", "--why", "training"])?.fine()?;
    place.decide(&[decision("c3", json!({}))])?;
    let found = causes(&place, &["--by", "family", "--compare", "v2"])?;
    let bar = &found[0];
    assert_eq!((&bar["key"], &bar["n"]), (&json!("P"), &json!(2)));
    let rate = |side: &str| (bar[side]["n"].clone(), bar[side]["disputes"].clone(), bar[side]["of"].clone());
    assert_eq!(rate("before"), (json!(2), json!(1), json!(2)));
    assert_eq!(rate("after"), (json!(0), json!(0), json!(1)));
    assert_eq!(bar["before"]["per_100"], 50.0);
    assert_eq!(bar["difference"]["value"], -50.0);
    // Wilson of 1 of 2 is 0.0945 to 0.9055, of 0 of 1 0 to 0.7935; by Newcombe √(0.4055² + 0²) below.
    let low = bar["difference"]["low"].as_f64().unwrap_or_default();
    assert!((low + 90.55).abs() < 0.01, "{low}");
    for (version, words) in
        [("v9", "no version 9 of the charter: the newest is 2"), ("v1", "compare from v2 on")]
    {
        place.run(&["causes", "--compare", version])?.refused(65, words)?;
    }
    let table = place.run(&["causes", "--compare", "1d"])?.fine()?.out;
    assert!(table.contains("nothing decided") && table.contains("3 disputes"), "{table}");
    Ok(())
}

#[test]
fn a_review_says_whether_the_rate_fell() -> Outcome {
    let place = place()?;
    place.decide(&[decision("c1", json!({ "root_cause": "P1" }))])?;
    let owned = |owner: &'static str| {
        ["causes", "review", "open", "--owner", owner, "--action", "a seminar", "--due"]
    };
    let open = owned("ann");
    place.run(&[&open[..], &["2126-12-24", "--by", "P1"]].concat())?.refused(2, "KEY=VALUE")?;
    place
        .run(&[&open[..], &["2020-01-01", "--by", "code=P1"]].concat())?
        .refused(65, "2020-01-01 is past: say a day from today on")?;
    place
        .run(&[&owned("zoe")[..], &["2126-12-24", "--by", "code=P1"]].concat())?
        .refused(65, "nobody here is called zoe")?;
    let today = overread::domain::moment::rfc3339(overread::runtime::now());
    let today = today.get(..10).unwrap_or_default();
    let event = place.run(&[&open[..], &[today, "--by", "code=P1", "--json"]].concat())?.fine()?.json()?;
    let id = event["seq"].to_string();
    place.decide(&[decision("c2", json!({})), decision("c3", json!({}))])?;
    let listed = place.run(&["causes", "review", "list", "--json"])?.fine()?.json()?;
    let review = &listed[0];
    assert_eq!((review["state"].as_str(), review["due"].as_str()), (Some("open"), Some(today)));
    let later = || overread::runtime::now() + 48 * 60 * 60 * 1000;
    let mut session = overread::review::Session::open(
        &place.path("s.overread"),
        place.account()?,
        None,
        "a test".to_owned(),
        later,
    )?;
    let known = overread::review::causes::causes(&mut session)?.reviews;
    let states: Vec<ReviewState> = known.iter().map(|review| review.state).collect();
    assert_eq!(states, [ReviewState::Overdue], "in two days");
    drop(session);
    assert_eq!((&review["before"]["disputes"], &review["before"]["of"]), (&json!(1), &json!(1)));
    assert_eq!((&review["after"]["disputes"], &review["after"]["of"]), (&json!(0), &json!(2)));
    assert_eq!(review["difference"]["value"], -100.0);
    assert_eq!(review["helped"], "unclear");
    place.run(&["report", "-o", "r.html"])?.fine()?;
    let page = std::fs::read_to_string(place.path("r.html"))?;
    assert!(page.contains("a seminar") && page.contains(today), "{page}");
    // Somebody else takes it on.
    let plan = ["causes", "review", "plan", &id, "--owner", "bob", "--action", "pairs"];
    place.run(&[&plan[..], &["--due", "3d"]].concat())?.refused(65, "is past")?;
    place.run(&plan)?.fine()?;
    let listed = place.run(&["causes", "review", "list", "--json"])?.fine()?.json()?;
    assert_eq!(
        (&listed[0]["owner"], &listed[0]["action"], &listed[0]["due"]),
        (&json!("bob"), &json!("pairs"), &json!(today))
    );
    place.run(&["causes", "review", "close", "999", "--why", "x"])?.refused(66, "there is no review 999")?;
    place.run(&["causes", "review", "close", &id, "--why", "held it"])?.fine()?;
    place.run(&["causes", "review", "close", &id, "--why", "held it"])?.refused(65, "closed already")?;
    let listed = place.run(&["causes", "review", "list", "--json"])?.fine()?.json()?;
    assert_eq!((listed[0]["state"].as_str(), listed[0]["why"].as_str()), (Some("closed"), Some("held it")));
    place.verified()
}

#[test]
fn the_guideline_lies_in_the_store_and_decisions_cite_its_clauses() -> Outcome {
    let place = place()?;
    std::fs::remove_file(place.path("guideline.md"))?;
    let shown = place.run(&["charter", "show", "--guideline"])?.fine()?.out;
    assert_eq!(shown, "# 1 Scope\nAll of it.\n\n## 1.2 Grades\nOne to five.\n");
    let clause = place.run(&["charter", "show", "--guideline", "1.2", "--json"])?.fine()?.json()?;
    assert_eq!(clause, json!([{ "clause": "1.2 Grades", "depth": 2, "text": "One to five." }]));
    place.run(&["charter", "show", "--guideline", "9"])?.refused(66, "is no clause")?;
    let said = place.answer(decision("c1", json!({ "clause": "1.3" })))?;
    assert!(said.contains("did you mean 1.2?"), "{said}");
    assert_eq!(place.answer(decision("c1", json!({ "clause": "1.2 grades", "root_cause": "O1" })))?, "FINAL");
    let wish = json!({ "types": ["A9"], "guideline": { "text": "say what a 3 is" } });
    let answer = decision("c2", json!({ "confidence": 2, "ambiguity": wish, "clause": "1.2" }));
    assert_eq!(place.answer(answer)?, "FINAL");
    let asked = place.run(&["causes", "requests", "--json"])?.fine()?.json()?;
    assert_eq!(asked[0]["clause"], "1.2 Grades");
    assert_eq!(asked[0]["codes"], json!({ "O1": 1 }));
    assert_eq!(asked[0]["cases"], json!(["c1", "c2"]));
    assert_eq!(asked[0]["wishes"][0]["text"], "say what a 3 is");
    assert_eq!(asked[0]["closed_by"], Json::Null);

    // A charter whose guideline is gone is refused; with it, a version closes what was asked.
    place
        .run(&["charter", "set", "charter.toml", "--why", "x"])?
        .refused(66, "it names the guideline guideline.md")?;
    place.write("guideline.md", GUIDELINE.replace("One to five.", "Three is middling."))?;
    let set = ["charter", "set", "charter.toml", "--why", "clearer", "--closes"];
    place.run(&[&set[..], &["1.9"]].concat())?.refused(65, "did you mean 1.2?")?;
    place.run(&[&set[..], &["1.2"]].concat())?.fine()?;
    let asked = place.run(&["causes", "requests", "--json"])?.fine()?.json()?;
    assert_eq!((asked.as_array().map(Vec::len), &asked[0]["closed_by"]), (Some(1), &json!(2)));
    place.decide(&[decision("c3", json!({ "clause": "1.2", "root_cause": "O2" }))])?;
    let asked = place.run(&["causes", "requests", "--json"])?.fine()?.json()?;
    let open: Vec<(&Json, &Json)> =
        asked.as_array().into_iter().flatten().map(|of| (&of["closed_by"], &of["cases"])).collect();
    assert_eq!(open, [(&Json::Null, &json!(["c3"])), (&json!(2), &json!(["c1", "c2"]))]);
    place.verified()
}

#[test]
fn a_review_is_about_something_that_there_is() -> Outcome {
    let place = place()?;
    let ann = letter(&place, "c1", 1)?;
    place.decide(&[decision("c1", json!({ "verdicts": { ann: { "verdict": "error", "cause": "P2" } } }))])?;
    let me = place.account()?;
    let open = |by: &str| {
        let more = ["--owner", &me, "--action", "seminar", "--due", "2999-01-01"];
        place.run(&[&["causes", "review", "open", "--by", by], &more[..]].concat())
    };
    for (by, words) in [
        ("code=ZZ", "is no root cause"),
        ("code=P9", "did you mean P"),
        ("family=Z", "there is no family Z to review"),
        ("family=Z", "known: G, I, J, O, P, S, T, unknown"),
        ("label=grad", "did you mean grade?"),
        ("reader=anna", "did you mean ann? (known: ann, bob, none)"),
        ("clause=1.3", "did you mean 1.2?"),
        ("modality=CT", "known: unknown"),
        ("site=south", "known: north"),
        ("batch=other.csv", "known: reads.csv"),
        ("week=2020-01-06", "there is no week 2020-01-06"),
        ("adjudicator=zoe", "there is no adjudicator zoe"),
        ("charter=2", "known: 1"),
        ("type=GRAD", "did you mean GRADE?"),
    ] {
        open(by)?.refused(65, words)?;
    }
    for by in
        ["code=p3", "clause=1.2", "reader=bob", "label=grade", "site=north", "type=GRADE", "family=unknown"]
    {
        open(by)?.fine()?;
    }
    let reviews = place.run(&["causes", "review", "list", "--json"])?.fine()?.json()?;
    let keys: Vec<&Json> = reviews.as_array().into_iter().flatten().map(|review| &review["key"]).collect();
    assert_eq!(keys, ["P3", "1.2 Grades", "bob", "grade", "north", "GRADE", "unknown"]);
    Ok(())
}

#[test]
fn a_wish_names_a_clause_that_there_is() -> Outcome {
    let place = place()?;
    let asks = |wish: Json| decision("c1", json!({ "ambiguity": { "types": ["A9"], "guideline": wish } }));
    for (wish, words) in [
        (json!({ "clause": "1.3", "text": "say it" }), "ambiguity.guideline"),
        (json!({ "clause": "1.3", "text": "say it" }), "did you mean 1.2?"),
        (json!({ "clause": 3 }), "ambiguity.guideline is a text, or"),
        (json!(["say it"]), "ambiguity.guideline is a text, or"),
    ] {
        let said = place.answer(asks(wish))?;
        assert!(said.contains(words), "{said}");
    }
    assert_eq!(place.answer(asks(json!({ "clause": "1.2", "text": "say it" })))?, "FINAL");
    let asked = place.run(&["causes", "requests", "--json"])?.fine()?.json()?;
    assert_eq!((asked.as_array().map(Vec::len), &asked[0]["clause"]), (Some(1), &json!("1.2 Grades")));
    Ok(())
}

#[test]
fn another_charter_says_what_it_would_change_before_it_does() -> Outcome {
    let place = place()?;
    place.decide(&[decision("c1", json!({}))])?;
    place.write("wide.toml", CHARTER.replace("levels", "tolerance = 2\nlevels"))?;
    place.write("other.toml", "name = \"other\"\n[labels.size]\nkind = \"continuous\"\n")?;
    let dry = ["charter", "set", "--why", "x", "--dry-run", "--json"];
    let found = place.run(&[&dry[..], &["wide.toml"]].concat())?.fine()?.json()?;
    // c1 (1 and 3) is final, c2 (1 and 4) and c3 (2 and 5) still differ by more than 2.
    assert_eq!(found["settled_undisputed"][0]["case"], "c1");
    assert_eq!((&found["open"], &found["cases"], &found["changed"]), (&json!([2, 2]), &json!(4), &json!(1)));
    let found = place.run(&[&dry[..], &["other.toml"]].concat())?.fine()?.json()?;
    assert_eq!(found["labels_outside"], json!([{ "label": "grade", "cases": 4, "findings": 8 }]));
    assert_eq!(place.run(&["charter", "show", "--json"])?.fine()?.json()?["version"], 1);
    place.write("wider.toml", CHARTER.replace("levels", "tolerance = 3\nlevels"))?;
    let said = place.run(&["charter", "set", "wider.toml", "--why", "x"])?.fine()?.out;
    assert!(
        said.contains("open disputes: 2 before, 0 after") && said.contains("2 items ceased to be a dispute"),
        "{said}"
    );
    let found = place.run(&[&dry[..], &["charter.toml"]].concat())?.fine()?.json()?;
    let back: Vec<&Json> = found["appear"].as_array().into_iter().flatten().map(|of| &of["case"]).collect();
    assert_eq!(back, ["c2", "c3"]);
    assert_eq!(found["open"], json!([0, 2]));
    place.verified()
}

#[test]
fn another_charter_names_the_answers_that_it_no_longer_knows() -> Outcome {
    let place = place()?;
    place.decide(&[decision("c1", json!({}))])?;
    let unknown = |file: &str| -> Result<Vec<String>, Box<dyn std::error::Error>> {
        let arguments = ["charter", "set", file, "--why", "x", "--dry-run", "--json"];
        let found = place.run(&arguments)?.fine()?.json()?;
        let all = found["unknown"].as_array().cloned().unwrap_or_default();
        assert_eq!(found["changed"], json!(all.len()), "{found}");
        Ok(all
            .iter()
            .map(|of| {
                format!("{} {} {} {} {}", of["case"], of["dispute"], of["state"], of["answer"], of["reads"])
            })
            .map(|line| line.replace('"', ""))
            .collect())
    };
    // Fewer levels: c1 (1 and 3, settled as 3), c2 (1 and 4) and c3 (2 and 5) don't fit any more; c4 (2 and 2) does.
    place.write("short.toml", CHARTER.replace("1, 2, 3, 4, 5", "1, 2"))?;
    let expected = ["c1 grade#1 FINAL 3 1", "c2 grade#1 QUEUED null 1", "c3 grade#1 QUEUED null 1"];
    assert_eq!(unknown("short.toml")?, expected);
    place.write("other.toml", "name = \"other\"\n[labels.size]\nkind = \"continuous\"\n")?;
    let gone = unknown("other.toml")?;
    assert_eq!(gone.len(), 4, "{gone:?}");
    assert!(gone[0] == "c1 grade#1 FINAL 3 2" && gone[3].ends_with(" 2 2"), "{gone:?}");
    let said = place.run(&["charter", "set", "short.toml", "--why", "x", "--dry-run"])?.fine()?.out;
    let words =
        "3 items have an answer or reads that the charter would not know any more (1 FINAL, 2 QUEUED)";
    assert!(said.contains("3 cases change, of 4") && said.contains(words), "{said}");
    assert!(said.contains("c1 grade#1  FINAL  answer 3, 1 read\n"), "{said}");
    let said = place.run(&["charter", "set", "short.toml", "--why", "x"])?.fine()?.out;
    assert!(said.contains("3 cases changed, of 4") && !said.contains("would"), "{said}");
    // What was not known before is no news.
    place.write("shorter.toml", CHARTER.replace("1, 2, 3, 4, 5", "1, 2, 7"))?;
    assert_eq!(unknown("shorter.toml")?, Vec::<String>::new());
    place.verified()
}

#[test]
fn a_store_of_an_older_program_gets_its_table_when_somebody_who_may_write_opens_it() -> Outcome {
    let place = place()?;
    place.decide(&[decision("c1", json!({ "root_cause": "P1" }))])?;
    let before = causes(&place, &["--by", "code"])?;
    let db = rusqlite::Connection::open(place.path("s.overread"))?;
    db.execute_batch(
        "DROP TABLE settled; DROP INDEX event_review; DROP INDEX event_project; DROP INDEX dispute_apart; DROP INDEX dispute_again; PRAGMA user_version = 1; UPDATE meta SET value = x'00000002' WHERE name = 'rules'",
    )?;
    place.run(&["verify"])?.refused(65, "written by an older overread")?;
    assert_eq!(causes(&place, &["--by", "code"])?, before);
    place.verified()?;
    // Version 2 had an index that nothing needs any more.
    db.execute_batch(
        "CREATE INDEX event_setup ON event(action) WHERE action IN ('init', 'charter', 'people'); PRAGMA user_version = 2",
    )?;
    drop(db);
    place.run(&["verify"])?.refused(65, "written by an older overread")?;
    assert_eq!(causes(&place, &["--by", "code"])?, before);
    place.verified()
}
