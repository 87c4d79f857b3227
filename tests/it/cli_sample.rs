//! `sample` from outside: a draw that anybody can do again from the log, and audits that show nothing of what others said.

use std::collections::BTreeMap;
use std::error::Error;

use rusqlite::Connection;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use overread::review::Session;
use overread::review::queue::{counts, facets};
use overread::store::verify::{Scope, verify};

use crate::program::{Outcome, Place, Ran, each, lines};

pub const CHARTER: &str = "name = \"samples\"
[review]
mode = \"open\"
undo_minutes = 0
[sampling]
share = 0.0
tolerance = 0.02
[labels.opacity]
kind = \"present\"
[labels.lesion]
kind = \"box\"
";

/// Sixty cases on which two readers agree, every tenth of them with something, and four on which they don't.
pub fn reads() -> String {
    let mut table = "case,reader,label,value\n".to_owned();
    for n in 0..60 {
        let value = if n % 10 == 0 { "present" } else { "absent" };
        for reader in ["ann", "bob"] {
            table += &format!("k{n:02},{reader},opacity,{value}\n");
        }
    }
    for n in 0..4 {
        table += &format!("d{n},ann,opacity,present\nd{n},bob,opacity,absent\n");
    }
    table
}

/// Makes a project whose people share an account.
pub fn project(charter: &str, table: &str) -> Result<Place, Box<dyn Error>> {
    let place = Place::new()?;
    place.write("charter.toml", charter)?;
    place.run(&["init", "s.overread", "--charter", "charter.toml"])?.fine()?;
    place.import(table)?;
    let account = place.account()?;
    for (name, role) in [
        ("ada", "adjudicator"),
        ("abe", "arbiter"),
        ("lea", "lead"),
        ("quinn", "qa"),
        ("quill", "qa"),
        ("ann", "qa"),
        ("otto", "observer"),
    ] {
        place.run(&["people", "add", name, role])?.fine()?;
    }
    place.run(&["people", "add", &account, "--shared"])?.fine()?;
    Ok(place)
}

pub fn run_as(place: &Place, who: &str, arguments: &[&str]) -> std::io::Result<Ran> {
    place.run(&[&["--as", who], arguments].concat())
}

pub fn json_as(place: &Place, who: &str, arguments: &[&str]) -> Result<Json, Box<dyn Error>> {
    run_as(place, who, &[&["--json"], arguments].concat())?.fine()?.json()
}

pub fn lines_as(place: &Place, who: &str, arguments: &[&str]) -> Result<Vec<Json>, Box<dyn Error>> {
    run_as(place, who, &[&["--json"], arguments].concat())?.fine()?.lines()
}

pub fn decide_as(place: &Place, who: &str, decisions: &[Json]) -> Result<Vec<Json>, Box<dyn Error>> {
    place.feed(&["--as", who, "--json", "decide"], &lines(decisions))?.lines()
}

pub fn text(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Gives what the log says of a sample.
pub fn logged(place: &Place, id: &str) -> Result<Json, Box<dyn Error>> {
    let log = lines_as(place, "lea", &["log"])?;
    let of = |event: &&Json| event["action"] == "sample" && event["object"] == id && event["case"].is_null();
    let event = log.iter().find(of).ok_or_else(|| format!("the log holds no {id}"))?;
    Ok(event["detail"].clone())
}

/// Draws again what an event says, knowing nothing but docs/sampling.md: units in the order of their SHA-256, as many of
/// each stratum as the event names.
pub fn drawn_again(event: &Json) -> Vec<(String, Json)> {
    let hash = |unit: &Json| {
        let mut words = format!("{}\n{}", event["seed"], text(&unit["case"]));
        if let Some(item) = unit["item"].as_str() {
            words += &format!("\n{item}");
        }
        Sha256::digest(words.as_bytes()).to_vec()
    };
    let mut lot: Vec<Json> = event["lot"].as_array().cloned().unwrap_or_default();
    lot.sort_by_key(hash);
    let mut left: Vec<u64> = event["strata"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|stratum| stratum["drawn"].as_u64().unwrap_or_default())
        .collect();
    let taken = lot.into_iter().filter(|unit| {
        let place = unit["stratum"].as_u64().unwrap_or_default() as usize;
        left.get_mut(place).is_some_and(|left| {
            let takes = *left > 0;
            *left = left.saturating_sub(1);
            takes
        })
    });
    taken.map(|unit| (text(&unit["case"]), unit["item"].clone())).collect()
}

pub fn drawn(event: &Json) -> Vec<(String, Json)> {
    let drawn = event["drawn"].as_array().into_iter().flatten();
    drawn.map(|unit| (text(&unit["case"]), unit["item"].clone())).collect()
}

#[test]
fn a_draw_can_be_done_again_by_anybody_who_holds_the_log() -> Outcome {
    let place = project(CHARTER, &reads())?;
    let simple = json_as(&place, "quinn", &["sample", "draw", "--size", "20", "--seed", "7"])?;
    assert_eq!((&simple["id"], &simple["lot"], &simple["size"]), (&json!("S1"), &json!(60), &json!(20)));
    let event = logged(&place, "S1")?;
    assert_eq!(drawn(&event).len(), 20);
    assert_eq!(drawn(&event), drawn_again(&event));

    // Another seed draws others, from what waits for no audit yet.
    let second =
        json_as(&place, "quinn", &["sample", "draw", "--size", "12", "--seed", "8", "--by", "finding"])?;
    assert_eq!((&second["lot"], &second["size"]), (&json!(40), &json!(12)));
    let event = logged(&place, "S2")?;
    assert_eq!(drawn(&event), drawn_again(&event));
    // Strata are drawn from evenly, so that what is rare is read more often than its share.
    let strata: BTreeMap<String, (u64, u64)> = event["strata"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|of| {
            let number = |name: &str| of[name].as_u64().unwrap_or_default();
            (text(&of["name"]), (number("size"), number("drawn")))
        })
        .collect();
    let (rare, common) = (strata["abnormal"], strata["normal"]);
    assert_eq!(rare.0 + common.0, 40);
    assert!(rare.1 == rare.0.min(6) && common.1 == 12 - rare.1, "{strata:?}");
    place.run(&["--as", "lea", "verify"])?.fine()?;
    Ok(())
}

#[test]
fn items_of_one_label_can_be_drawn_and_the_draw_names_them() -> Outcome {
    let place = project(CHARTER, &reads())?;
    let found = json_as(
        &place,
        "quinn",
        &["sample", "draw", "--size", "5", "--seed", "1", "--label", "opacity", "--by", "label"],
    )?;
    assert_eq!(found["unit"], "dispute");
    let event = logged(&place, "S1")?;
    assert_eq!(drawn(&event), drawn_again(&event));
    assert!(drawn(&event).iter().all(|(_, item)| item == "opacity#1"), "{event}");
    assert_eq!(lines_as(&place, "quinn", &["sample", "mine"])?.len(), 5);
    Ok(())
}

#[test]
fn the_charters_share_is_drawn_by_a_seed_that_shows_when_the_lot_is_closed() -> Outcome {
    let few: String = reads().lines().take(9).map(|line| format!("{line}\n")).collect();
    let place = project(&CHARTER.replace("share = 0.0", "share = 1.0"), &few)?;
    let share = json_as(&place, "quinn", &["sample", "draw"])?;
    assert_eq!(
        (&share["lot"], &share["size"], &share["design"]),
        (&json!(4), &json!(4), &json!({ "by": "share", "share": 1.0 }))
    );
    assert!(share["seed"].is_null() && share["share_seed"].is_null(), "{share}");
    let words = run_as(&place, "quinn", &["sample", "result", "S1"])?.fine()?.out;
    assert!(share["by"].is_null() && words.contains("drawn by the charter on"), "{words}");
    let event = logged(&place, "S1")?;
    assert_eq!((&event["seed"], &event["design"]["share"]), (&Json::Null, &json!(1.0)));
    assert_eq!(event["rule"], json!({ "by": "tolerance", "share": 0.02 }));
    // Nothing is drawn twice for it.
    run_as(&place, "quinn", &["sample", "draw"])?.refused(65, "not drawn from yet")?;
    answer_all(&place, "quinn", |case| case == "k00")?;
    let closed = json_as(&place, "quinn", &["sample", "result", "S1"])?;
    assert_eq!((&closed["accepted"], &closed["read"]), (&json!(true), &json!(4)));
    assert!(closed["share_seed"].as_str().is_some_and(|seed| seed.len() == 64), "{closed}");
    Ok(())
}

#[test]
fn what_is_asked_for_in_part_is_no_share_of_all_that_happens_to_be_due() -> Outcome {
    let place = project(&CHARTER.replace("share = 0.0", "share = 0.5"), &reads())?;
    let part = json_as(&place, "quinn", &["sample", "draw", "--label", "opacity", "--to", "quill"])?;
    assert_eq!((&part["id"], &part["to"], &part["unit"]), (&json!("S2"), &json!("quill"), &json!("dispute")));
    let all = json_as(&place, "quinn", &["sample", "list"])?;
    let of: Vec<(&Json, &Json)> =
        all.as_array().into_iter().flatten().map(|of| (&of["id"], &of["to"])).collect();
    assert_eq!(of, [(&json!("S1"), &Json::Null), (&json!("S2"), &json!("quill"))]);
    Ok(())
}

/// Makes every audit that waits for a person, with something found where `finds` has it; gives how many answers were
/// taken.
pub fn answer_all(place: &Place, who: &str, finds: impl Fn(&str) -> bool) -> Result<usize, Box<dyn Error>> {
    let waits = lines_as(place, who, &["sample", "mine"])?;
    let answers: Vec<Json> = waits
        .iter()
        .map(|of| {
            let value = match (text(&of["label"]).as_str(), finds(&text(&of["case"]))) {
                ("opacity", true) => json!({ "value": "present" }),
                _ => json!("none"),
            };
            json!({ "case": of["case"], "dispute": of["dispute"], "answer": value, "confidence": 4 })
        })
        .collect();
    let told = decide_as(place, who, &answers)?;
    assert!(each(&told, "ok").iter().all(|ok| **ok == json!(true)), "{told:?}");
    Ok(told.len())
}

#[test]
fn samples_are_for_qa_and_lead_and_an_audit_for_somebody_who_did_not_do_the_work() -> Outcome {
    let place = project(CHARTER, &reads())?;
    let draw = ["sample", "draw", "--size", "3", "--seed", "2"];
    for (who, arguments) in [
        ("ada", &draw[..]),
        ("abe", &draw),
        ("otto", &draw),
        ("ada", &["sample", "list"]),
        ("otto", &["sample", "list"]),
        ("ada", &["sample", "mine"]),
        ("lea", &["sample", "mine"]),
    ] {
        run_as(&place, who, arguments)?.refused(77, "this needs the role of")?;
    }
    json_as(&place, "lea", &draw)?;
    run_as(&place, "ada", &["sample", "result", "S1"])?.refused(77, "this needs the role of lead or QA")?;
    // She read all of it herself.
    assert_eq!(lines_as(&place, "ann", &["sample", "mine"])?, Vec::<Json>::new());
    let mine = lines_as(&place, "quinn", &["sample", "mine"])?;
    let first = mine.iter().find(|of| of["label"] == "opacity").ok_or("nothing waits")?;
    let answer =
        json!({ "case": first["case"], "dispute": first["dispute"], "answer": "none", "confidence": 4 });
    for (who, words) in [("ann", "work of yours"), ("ada", "has no dispute"), ("lea", "needs the role")] {
        let told = decide_as(&place, who, std::slice::from_ref(&answer))?;
        let error = told.first().map(|told| text(&told["error"])).unwrap_or_default();
        assert!(error.contains(words), "{who}: {told:?}");
    }
    assert_eq!(lines_as(&place, "quinn", &["sample", "mine"])?, mine, "nothing of that was taken");
    // A sample can be given to one person, and is nobody else's then.
    run_as(&place, "lea", &["sample", "draw", "--size", "2", "--seed", "3", "--to", "ada"])?
        .refused(65, "holds no role of QA")?;
    json_as(&place, "lea", &["sample", "draw", "--size", "2", "--seed", "3", "--to", "quill"])?;
    let of = |who: &str| -> Result<usize, Box<dyn Error>> {
        let all = lines_as(&place, who, &["sample", "mine"])?;
        Ok(all.iter().filter(|of| of["sample"] == "S2").count())
    };
    assert_eq!((of("quinn")?, of("quill")? > 0), (0, true));
    place.run(&["--as", "lea", "verify"])?.fine()?;
    Ok(())
}

#[test]
fn nobody_is_told_that_their_work_was_drawn_and_who_audits_sees_nothing_of_it() -> Outcome {
    let place = project(CHARTER, &reads())?;
    let case = "k10";
    let before = json_as(&place, "ada", &["show", case])?;
    let queue = lines_as(&place, "ada", &["queue"])?;
    let log = lines_as(&place, "ada", &["log", "--case", case])?;
    json_as(&place, "quinn", &["sample", "draw", "--size", "60", "--seed", "7"])?;
    let mine = lines_as(&place, "quinn", &["sample", "mine"])?;
    let audit = mine.iter().find(|of| of["case"] == case && of["label"] == "opacity").ok_or("no audit")?;

    let bare = json_as(&place, "quinn", &["show", case])?;
    assert_eq!(
        (&bare["reads"], &bare["agreed"], &bare["own_look_first"]),
        (&json!([]), &json!([]), &json!(true))
    );
    let disputes = bare["disputes"].as_array().cloned().unwrap_or_default();
    assert_eq!(disputes.len(), mine.iter().filter(|of| of["case"] == case).count());
    for dispute in &disputes {
        assert_eq!((&dispute["candidates"], &dispute["consensus"]), (&json!([]), &Json::Null), "{dispute}");
        assert_eq!((&dispute["gap"], &dispute["type"]), (&Json::Null, &Json::Null), "{dispute}");
    }
    assert!(!bare.to_string().contains("present"), "{bare}");

    // She sees the case as it was before, also once the audit is made.
    for answered in [false, true] {
        if answered {
            let answer = json!({ "case": case, "dispute": audit["dispute"], "answer": { "value": "present" }, "confidence": 4 });
            assert_eq!(
                decide_as(&place, "quinn", &[answer])?.first().map(|told| told["ok"].clone()),
                Some(json!(true))
            );
        }
        assert_eq!(json_as(&place, "ada", &["show", case])?, before, "answered: {answered}");
        let after = lines_as(&place, "ada", &["queue"])?;
        assert_eq!(each(&after, "case"), each(&queue, "case"), "answered: {answered}");
        let others = lines_as(&place, "ada", &["log", "--case", case])?;
        let others: Vec<&Json> = others.iter().filter(|event| event["who"] != "ada").collect();
        let known: Vec<&Json> = log.iter().filter(|event| event["who"] != "ada").collect();
        assert_eq!(others, known, "answered: {answered}");
    }
    Ok(())
}

#[test]
fn whose_decision_is_contested_finds_nothing_of_it_and_holds_nobody_up() -> Outcome {
    let place = project(CHARTER, &reads())?;
    let answers: Vec<Json> = (0..4)
        .map(|n| json!({ "case": format!("d{n}"), "dispute": "opacity#1", "answer": { "value": "absent" }, "confidence": 4 }))
        .collect();
    assert_eq!(each(&decide_as(&place, "ada", &answers)?, "state"), vec![&json!("FINAL"); 4]);
    json_as(&place, "quinn", &["sample", "draw", "--of", "decided", "--size", "4", "--seed", "1"])?;

    // What she decided is not in the log of a case that he has yet to read.
    let told = lines_as(&place, "quinn", &["log", "--case", "d0"])?;
    assert!(!each(&told, "action").contains(&&json!("decide")), "{told:?}");
    let found: Vec<Json> = lines_as(&place, "quinn", &["sample", "mine"])?
        .iter()
        .map(|of| json!({ "case": of["case"], "dispute": of["dispute"], "answer": { "value": "present" }, "confidence": 4 }))
        .collect();
    assert_eq!(each(&decide_as(&place, "quinn", &found)?, "state"), vec![&json!("QUEUED"); 4]);
    let told = lines_as(&place, "quinn", &["log", "--case", "d0"])?;
    assert!(each(&told, "action").contains(&&json!("decide")), "{told:?}");
    // Whoever is to say who is right doesn't find in the log which of the answers stands.
    let told = lines_as(&place, "abe", &["log", "--case", "d0"])?;
    assert!(!each(&told, "action").contains(&&json!("decide")), "{told:?}");

    assert_eq!(lines_as(&place, "ada", &["queue"])?, Vec::<Json>::new());
    // Nor does a number tell her.
    let now = overread::runtime::now;
    let (store, account) = (place.path("s.overread"), overread::runtime::account());
    let mut session = Session::open(&store, account, Some("ada".into()), String::new(), now)?;
    assert_eq!(counts(&mut session)?.open, 0);
    let states = facets(&mut session)?.states;
    assert!(states.contains(&("FINAL".into(), Some(4))), "{states:?}");
    assert!(!states.iter().any(|(state, _)| state == "QUEUED" || state == "ESCALATED"), "{states:?}");
    drop(session);
    assert_eq!(json_as(&place, "ada", &["show", "d0"])?["state"], "FINAL");
    // Whatever she tries, it is as with a case that nobody reads again: the last is one of which nothing was drawn.
    for case in ["d0", "k00"] {
        let other = if case == "d0" { "opacity#2" } else { "opacity#9" };
        run_as(&place, "ada", &["claim", case])?.refused(65, &format!("nothing of {case} waits for you"))?;
        run_as(&place, "ada", &["undo", case, other])?
            .refused(66, &format!("{case} has no dispute {other}"))?;
        let tried =
            json!({ "case": case, "dispute": other, "answer": { "value": "present" }, "confidence": 4 });
        let told = decide_as(&place, "ada", &[tried])?;
        assert!(text(&told[0]["error"]).starts_with(&format!("{case} has no dispute {other}")), "{told:?}");
    }
    assert_eq!(each(&lines_as(&place, "abe", &["queue"])?, "case").len(), 4, "it is a third person's");
    // That somebody is at it tells her nothing either: the list, the case and the log stay as they were.
    let log = lines_as(&place, "ada", &["log", "--case", "d0"])?.len();
    run_as(&place, "abe", &["claim", "d0"])?.fine()?;
    assert_eq!(
        lines_as(&place, "ada", &["log", "--case", "d0"])?.len(),
        log + 1,
        "her own reading of the log"
    );
    let seen = json_as(&place, "ada", &["show", "d0"])?;
    assert_eq!((&seen["state"], &seen["claimed_by"]), (&json!("FINAL"), &json!([])));
    let listed = |who: &str, state: &str| -> Result<Vec<Json>, Box<dyn Error>> {
        lines_as(&place, who, &["queue", "--state", state])
    };
    for state in ["QUEUED", "IN_REVIEW", "RETURNED"] {
        assert_eq!(listed("ada", state)?, Vec::<Json>::new(), "{state}");
    }
    for kind in ["escalated", "returned"] {
        let narrowed = lines_as(&place, "ada", &["queue", "--kind", kind, "--label", "opacity"])?;
        assert_eq!(narrowed, Vec::<Json>::new(), "{kind}");
    }
    let done = listed("ada", "FINAL")?;
    assert_eq!(each(&done, "claimed_by"), vec![&Json::Null; 4], "{done:?}");
    assert_eq!((listed("abe", "QUEUED")?.len(), listed("abe", "IN_REVIEW")?.len()), (3, 1));
    run_as(&place, "abe", &["release", "d0"])?.fine()?;
    assert_eq!(
        lines_as(&place, "ada", &["log", "--case", "d0"])?.len(),
        log + 3,
        "two of reading, one of looking"
    );
    Ok(())
}

#[test]
fn whose_reading_is_contested_finds_nothing_of_it_either() -> Outcome {
    let place = project(CHARTER, &reads())?;
    for (name, role, reader) in [("rea", "adjudicator", "ann"), ("rob", "observer", "bob")] {
        run_as(&place, "lea", &["people", "add", name, role, "--reader", reader])?.fine()?;
    }
    json_as(&place, "quinn", &["sample", "draw", "--size", "60", "--seed", "7"])?;
    let mine = lines_as(&place, "quinn", &["sample", "mine"])?;
    let audit = mine.iter().find(|of| of["case"] == "k01" && of["label"] == "opacity").ok_or("no audit")?;
    let found = json!({ "case": "k01", "dispute": audit["dispute"], "answer": { "value": "present" }, "confidence": 4 });
    assert_eq!(decide_as(&place, "quinn", &[found])?[0]["state"], "QUEUED");
    for (who, sees) in [("ada", true), ("rea", false), ("rob", false), ("otto", false)] {
        let queue = lines_as(&place, who, &["queue"])?;
        assert_eq!(each(&queue, "case").contains(&&json!("k01")), sees, "{who}: {queue:?}");
        let shown = json_as(&place, who, &["show", "k01"])?;
        let disputes = shown["disputes"].as_array().map_or(0, Vec::len);
        let state = if sees { "QUEUED" } else { "CONCORDANT" };
        assert_eq!((&shown["state"], disputes), (&json!(state), usize::from(sees)), "{who}");
    }
    Ok(())
}

#[test]
fn a_recheck_is_made_without_a_look_at_the_first_answer() -> Outcome {
    let charter = CHARTER.replace("share = 0.0", "share = 0.0\nrecheck = 1.0\nwashout_days = 0");
    let place = project(&charter, &reads())?;
    let answer =
        json!({ "case": "d0", "dispute": "opacity#1", "answer": { "value": "absent" }, "confidence": 4 });
    assert_eq!(decide_as(&place, "ada", std::slice::from_ref(&answer))?[0]["state"], "FINAL");
    run_as(&place, "lea", &["sample", "list"])?.fine()?;
    let seen = lines_as(&place, "ada", &["queue"])?;
    let line =
        seen.iter().find(|line| line["case"] == "d0").ok_or_else(|| format!("no recheck: {seen:?}"))?;
    let disputes = line["disputes"].as_array().cloned().unwrap_or_default();
    assert_eq!(each(&disputes, "id"), [&json!("opacity#2")], "{line}");
    let told = decide_as(&place, "ada", &[answer])?;
    assert!(text(&told[0]["error"]).contains("opacity#1 is final: a lead"), "{told:?}");
    let acts = || -> Result<bool, Box<dyn Error>> {
        let log = lines_as(&place, "ada", &["log", "--case", "d0"])?;
        Ok(log.iter().any(|event| event["action"] == "decide" && event["object"] == "opacity#1"))
    };
    assert!(!acts()?, "her own first answer would steer her second");
    let again =
        json!({ "case": "d0", "dispute": "opacity#2", "answer": { "value": "absent" }, "confidence": 4 });
    assert_eq!(decide_as(&place, "ada", &[again])?[0]["ok"], true);
    assert!(acts()?, "it is hers to read again afterwards");
    Ok(())
}

#[test]
fn who_has_to_read_a_case_blind_finds_its_answer_nowhere() -> Outcome {
    let place = project(&CHARTER.replace("undo_minutes", "qa_may_decide = true\nundo_minutes"), &reads())?;
    let answers: Vec<Json> = (0..4)
        .map(|n| {
            json!({ "case": format!("d{n}"), "dispute": "opacity#1", "answer": { "value": "absent" }, "confidence": 4,
            "root_cause": ["P4"] })
        })
        .collect();
    decide_as(&place, "ada", &answers)?;
    json_as(&place, "lea", &["sample", "draw", "--of", "decided", "--size", "3", "--seed", "1"])?;
    let drawn: Vec<String> = drawn(&logged(&place, "S1")?).into_iter().map(|(case, _)| case).collect();
    let tells = |text: &str| drawn.iter().any(|case| text.contains(case.as_str()));

    let export = ["export", "--format", "jsonl", "-o", "t.jsonl", "--force"];
    let file = |name: &str| std::fs::read_to_string(place.path(name));
    assert_eq!(json_as(&place, "lea", &export)?["unread"], 0);
    assert!(drawn.iter().all(|case| file("t.jsonl").is_ok_and(|text| text.contains(case.as_str()))));
    assert_eq!(json_as(&place, "quinn", &export)?["unread"], 3);
    assert!(!tells(&file("t.jsonl")?), "the others are there");
    let words = run_as(&place, "quinn", &export)?.fine()?.out;
    assert!(words.contains("3 cases left out: you have yet to read them for a sample"), "{words}");

    let consensus = ["consensus", "--label", "opacity", "--method", "majority"];
    assert!(tells(&json_as(&place, "lea", &consensus)?["items"].to_string()));
    assert!(!tells(&json_as(&place, "quinn", &consensus)?["items"].to_string()));
    let causes = ["causes", "--by", "code"];
    assert!(tells(&json_as(&place, "lea", &causes)?.to_string()));
    let seen = json_as(&place, "quinn", &causes)?;
    assert!(!tells(&seen.to_string()) && seen[0]["n"] == 4, "it counts, and isn't named: {seen}");
    let told = json_as(&place, "quinn", &["feedback", "ann", "-o", "ann"])?;
    assert_eq!(told["unread"], 3);
    assert!(!tells(&file("ann/feedback.json")?) && !file("ann/feedback.json")?.contains("unread"));
    for line in lines_as(&place, "quinn", &["queue", "--state", "FINAL"])? {
        let bare = drawn.contains(&text(&line["case"]));
        for of in line["disputes"].as_array().into_iter().flatten().filter(|of| of["kind"] == "dispute") {
            assert_eq!(
                (of["type"].is_null(), of["gap"].is_null(), of["words"] == ""),
                (bare, bare, bare),
                "{line}"
            );
        }
    }
    let tried = json!({ "case": drawn[0], "dispute": "opacity#1", "answer": { "value": "present" }, "confidence": 4 });
    let refused = decide_as(&place, "quinn", std::slice::from_ref(&tried))?;
    let error = text(&refused[0]["error"]);
    assert!(error.contains("is final: a lead must reopen"), "{error}");
    let refused = decide_as(&place, "abe", &[tried])?;
    assert!(text(&refused[0]["error"]).contains("is final (ada: absent"), "{refused:?}");

    // Nor does it answer who asks whether a reader was at fault.
    for reader in ["A", "B"] {
        run_as(
            &place,
            "quinn",
            &["causes", "set", &drawn[0], "opacity#1", "--code", "P2", "--reader", reader],
        )?
        .refused(65, "you have yet to read")?;
    }
    answer_all(&place, "quinn", |_| false)?;
    run_as(&place, "quinn", &["causes", "set", &drawn[0], "opacity#1", "--code", "P2"])?.fine()?;
    assert_eq!(json_as(&place, "quinn", &export)?["unread"], 0);
    assert!(tells(&file("t.jsonl")?));
    Ok(())
}

#[test]
fn who_changes_a_sample_in_the_store_is_found_out() -> Outcome {
    let place = project(CHARTER, &reads())?;
    json_as(&place, "quinn", &["sample", "draw", "--size", "10", "--seed", "4"])?;
    answer_all(&place, "quinn", |_| false)?;
    let store = place.path("s.overread");
    assert_eq!(verify(&store, &Scope::default())?.problems, Vec::<String>::new());
    let whole = {
        let db = Connection::open(&store)?;
        db.query_row("PRAGMA journal_mode=DELETE", [], |_| Ok(()))?;
        db.close().map_err(|(_, error)| error)?;
        std::fs::read(&store)?
    };
    let of_project = "action = 'sample' AND case_name IS NULL";
    let of_case = "action = 'sample' AND case_name IS NOT NULL";
    for (change, where_) in [
        ("json_set(detail, '$.seed', 5)", of_project),
        ("json_remove(detail, '$.lot[0]')", of_project),
        ("json_set(detail, '$.tolerance', 0.5)", of_project),
        ("json_set(detail, '$.items[0]', 'opacity#9')", of_case),
        ("json_set(detail, '$.sample', 'S7')", of_case),
    ] {
        std::fs::write(&store, &whole)?;
        let db = Connection::open(&store)?;
        db.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
        let changed = db.execute(&format!("UPDATE event SET detail = {change} WHERE {where_}"), [])?;
        assert!(changed > 0, "{change}");
        db.close().map_err(|(_, error)| error)?;
        let report = verify(&store, &Scope::default())?;
        assert!(!report.problems.is_empty(), "{change} was not found");
        assert_eq!(run_as(&place, "lea", &["verify"])?.code, 1, "{change}");
    }
    Ok(())
}
