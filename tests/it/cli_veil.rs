//! What lists, orders, counts and searches tell of a case that is read again: nothing to whoever has yet to read it, or
//! whose work it is, and to the third person no more than any dispute.

use std::error::Error;

use serde_json::{Value as Json, json};

use overread::review::Session;
use overread::review::find::{Search, Titles, read_on};
use overread::review::queue::{QueueFilter, facets, left_out, order};

use crate::cli_sample::{
    CHARTER, answer_all, decide_as, drawn, json_as, lines_as, logged, project, reads, run_as, text,
};
use crate::program::{Outcome, Place, each};

fn session(place: &Place, who: &str) -> Result<Session, Box<dyn Error>> {
    let (store, account) = (place.path("s.overread"), overread::runtime::account());
    Ok(Session::open(&store, account, Some(who.into()), String::new(), overread::runtime::now)?)
}

/// Gives the cases that `/` finds among those that a filter lists.
fn found(place: &Place, who: &str, filter: &QueueFilter, words: &str) -> Result<usize, Box<dyn Error>> {
    let mut session = session(place, who)?;
    let ids = order(&mut session, filter)?;
    let mut titles = Titles::default();
    while titles.len() < ids.len() {
        read_on(&mut session, &ids, &mut titles, 7)?;
    }
    let mut search = Search::after(None, words);
    while !search.step(&titles, false, 1_000) {}
    Ok(search.hits().len())
}

fn listed(place: &Place, who: &str, arguments: &[&str]) -> Result<Vec<String>, Box<dyn Error>> {
    let all = lines_as(place, who, &[&["queue"], arguments].concat())?;
    Ok(each(&all, "case").into_iter().map(text).collect())
}

fn in_state(word: &str) -> Result<QueueFilter, Box<dyn Error>> {
    let state = overread::domain::word::Word::from_word(word).ok_or("no such state")?;
    Ok(QueueFilter { state: Some(state), ..QueueFilter::default() })
}

/// A project in which `ada` decided the four cases on which the readers differ.
fn decided(charter: &str) -> Result<Place, Box<dyn Error>> {
    let place = project(charter, &reads())?;
    let answers: Vec<Json> = (0..4)
        .map(|n| {
            json!({ "case": format!("d{n}"), "dispute": "opacity#1", "answer": { "value": "absent" },
            "confidence": 4 })
        })
        .collect();
    assert_eq!(each(&decide_as(&place, "ada", &answers)?, "ok"), vec![&json!(true); 4]);
    Ok(place)
}

#[test]
fn whoever_has_to_read_a_case_blind_finds_it_by_nothing_that_is_hidden() -> Outcome {
    let place = decided(CHARTER)?;
    json_as(&place, "lea", &["sample", "draw", "--of", "decided", "--size", "2", "--seed", "1"])?;
    let waits: Vec<String> = drawn(&logged(&place, "S1")?).into_iter().map(|(case, _)| case).collect();
    let rest: Vec<String> = (0..4).map(|n| format!("d{n}")).filter(|case| !waits.contains(case)).collect();
    let last: Vec<String> = rest
        .iter()
        .chain(["d0", "d1", "d2", "d3"].map(String::from).iter().filter(|case| waits.contains(case)))
        .cloned()
        .collect();
    let all: Vec<String> = (0..4).map(|n| format!("d{n}")).collect();
    let done = ["--state", "FINAL"];
    let with = |more: &[&'static str]| [&done[..], more].concat();

    for held in [false, true] {
        if held {
            // That they are at it themselves shows them no more.
            run_as(&place, "quinn", &["claim", &waits[0]])?.fine()?;
        }
        assert_eq!(listed(&place, "quinn", &with(&["--type", "PRESENCE"]))?, rest);
        assert_eq!(
            listed(&place, "quinn", &with(&["--sort", "gap"]))?,
            last,
            "last, as if nothing was known"
        );
        assert_eq!(found(&place, "quinn", &in_state("FINAL")?, "presence")?, 2);
        assert_eq!(
            found(&place, "quinn", &in_state("FINAL")?, "opacity")?,
            4,
            "they know what they are to read"
        );
        for line in lines_as(&place, "quinn", &["queue", "--state", "FINAL"])? {
            let disputes = line["disputes"].as_array().cloned().unwrap_or_default();
            let kind = if waits.contains(&text(&line["case"])) { "audit" } else { "dispute" };
            assert_eq!(
                (each(&disputes, "kind"), &line["priority"]),
                (vec![&json!(kind)], &json!(0.0)),
                "{line}"
            );
        }
    }
    // A lead, who audits nothing, finds all.
    assert_eq!(listed(&place, "lea", &with(&["--type", "PRESENCE"]))?, all);
    answer_all(&place, "quinn", |_| false)?;
    assert_eq!(listed(&place, "quinn", &with(&["--type", "PRESENCE"]))?, all);
    assert_eq!(listed(&place, "quinn", &with(&["--sort", "gap"]))?, all);
    assert_eq!(found(&place, "quinn", &in_state("FINAL")?, "presence")?, 4);
    Ok(())
}

#[test]
fn whose_work_is_read_again_finds_it_as_any_other_before_and_after() -> Outcome {
    let place = decided(CHARTER)?;
    let seen = |place: &Place| -> Result<Vec<Vec<String>>, Box<dyn Error>> {
        let (concordant, done) = (["--state", "CONCORDANT"], ["--state", "FINAL"]);
        let lists: [&[&str]; 3] = [&["--label", "opacity"], &["--type", "PRESENCE"], &["--sort", "gap"]];
        let mut seen = Vec::new();
        for (state, more) in [concordant, done].iter().flat_map(|state| lists.map(|more| (state, more))) {
            seen.push(listed(place, "ada", &[&state[..], more].concat())?);
        }
        let told = |state: &str| lines_as(place, "ada", &["queue", "--state", state]);
        seen.push([told("CONCORDANT")?, told("FINAL")?].concat().iter().map(Json::to_string).collect());
        for words in ["opacity", "presence"] {
            let of = |state: &str| {
                Ok::<_, Box<dyn Error>>(found(place, "ada", &in_state(state)?, words)?.to_string())
            };
            seen.push(vec![of("CONCORDANT")?, of("FINAL")?]);
        }
        seen.push(
            facets(&mut session(place, "ada")?)?.kinds.iter().map(|kind| format!("{kind:?}")).collect(),
        );
        Ok(seen)
    };
    let before = seen(&place)?;
    assert_eq!((before[0].len(), before[4].len()), (0, 4), "{before:?}");
    // Of the decided, which is her work, and of the concordant, one of which is found wrong: it stays an arbiter's.
    json_as(&place, "lea", &["sample", "draw", "--of", "decided", "--size", "4", "--seed", "1"])?;
    assert_eq!(seen(&place)?, before, "drawn");
    answer_all(&place, "quinn", |case| case == "d1" || case == "d2")?;
    assert_eq!(seen(&place)?, before, "two are contested");
    for (case, answer) in [("d1", json!("escalate")), ("d2", json!({ "value": "absent" }))] {
        let said = json!({ "case": case, "dispute": "opacity#2", "answer": answer, "confidence": 4, "note": "seen" });
        assert_eq!(decide_as(&place, "abe", &[said])?[0]["ok"], true, "{case}");
        assert_eq!(seen(&place)?, before, "{case}");
    }
    Ok(())
}

#[test]
fn tickets_name_no_case_to_whoever_has_yet_to_read_it_blind() -> Outcome {
    let mut table = "case,reader,label,value\n".to_owned();
    for n in 0..30 {
        let of = |there: bool| if there { "present" } else { "absent" };
        table += &format!("c{n:02},ann,opacity,{}\n", of(n < 12 || n % 3 == 0));
        table += &format!("c{n:02},bob,opacity,{}\n", of(n >= 12 && n % 3 == 0));
    }
    for n in 0..40 {
        table += &format!("x{n:02},cid,opacity,absent\nx{n:02},dan,opacity,absent\n");
    }
    let place = project(&format!("{CHARTER}[triggers]\nmin_n = 10\n"), &table)?;
    let answers: Vec<Json> = (0..12)
        .map(|n| {
            json!({ "case": format!("c{n:02}"), "dispute": "opacity#1", "answer": { "value": "absent" },
            "confidence": 4 })
        })
        .collect();
    decide_as(&place, "ada", &answers)?;
    json_as(&place, "lea", &["sample", "draw", "--of", "decided", "--size", "5", "--seed", "1"])?;
    let waits: Vec<String> = drawn(&logged(&place, "S1")?).into_iter().map(|(case, _)| case).collect();
    let named = |who: &str, arguments: &[&str]| -> Result<(usize, Json, bool), Box<dyn Error>> {
        let told = json_as(&place, who, arguments)?;
        let ticket = if told.is_array() { told[0].clone() } else { told };
        let names = |case: &String| ticket.to_string().contains(case.as_str());
        let cases = ticket["cases"].as_array().map_or(0, Vec::len);
        Ok((cases, ticket["unread"].clone(), waits.iter().any(names)))
    };
    assert_eq!(named("lea", &["tickets"])?, (12, json!(0), true));
    assert_eq!(named("quinn", &["tickets"])?, (7, json!(5), false));
    // Whoever gives the material to the reader gives all of it.
    assert_eq!(named("quinn", &["tickets", "assign", "T1"])?, (7, json!(5), false));
    assert_eq!(named("lea", &["tickets"])?, (12, json!(0), true));
    answer_all(&place, "quinn", |_| false)?;
    assert_eq!(named("quinn", &["tickets"])?, (12, json!(0), true));
    Ok(())
}

/// Draws ten concordant cases of which an auditor finds one wrong in which nobody saw anything; gives that case.
fn contested(place: &Place) -> Result<String, Box<dyn Error>> {
    json_as(place, "quinn", &["sample", "draw", "--size", "10", "--seed", "4"])?;
    let all = drawn(&logged(place, "S1")?);
    let missed = all.into_iter().map(|(case, _)| case).find(|case| !case.ends_with('0'));
    let missed = missed.ok_or("every case that was drawn shows something")?;
    answer_all(place, "quinn", |case| case.ends_with('0') || case == missed)?;
    Ok(missed)
}

#[test]
fn the_third_person_of_an_audit_finds_answers_with_letters_as_in_any_dispute() -> Outcome {
    for answer in [json!("adopt"), json!({ "adopt_reader": "C" })] {
        let place = project(CHARTER, &reads())?;
        let case = contested(&place)?;
        let shown = json_as(&place, "ada", &["show", &case])?;
        let dispute = shown["disputes"][0].clone();
        let candidates = dispute["candidates"].as_array().cloned().unwrap_or_default();
        let mut letters: Vec<String> = Vec::new();
        for candidate in &candidates {
            let of: Vec<String> = candidate["readers"].as_array().into_iter().flatten().map(text).collect();
            assert_eq!(candidate["share"], json!(of.len() as f64 / 3.0), "{candidate}");
            letters.extend(of);
        }
        letters.sort();
        assert_eq!((letters.join(" "), candidates.len()), ("A B C".to_owned(), 2), "{dispute}");
        let there = candidates.iter().find(|of| of["value"] == "present").ok_or("nobody says so")?;
        assert_eq!(there["readers"], json!(["C"]), "whoever came in later is known by the next letter");
        // None of the answers asks for more than the other.
        let answer = if answer == "adopt" { json!({ "adopt": there["n"] }) } else { answer };
        let said = json!({ "case": case, "dispute": dispute["id"], "answer": answer, "confidence": 4 });
        let told = decide_as(&place, "ada", &[said])?;
        assert_eq!((&told[0]["ok"], &told[0]["state"]), (&json!(true), &json!("FINAL")), "{told:?}");
        assert_eq!(json_as(&place, "lea", &["sample", "result", "S1"])?["wrong_cases"], json!([case]));
        place.run(&["--as", "lea", "verify"])?.fine()?;
    }
    Ok(())
}

#[test]
fn an_undo_lets_no_rejected_lot_go() -> Outcome {
    let plan = ["sample", "draw", "--lq", "20", "--accept", "0", "--seed", "4"];
    for by_plan in [false, true] {
        let place = project(&CHARTER.replace("undo_minutes = 0", "undo_minutes = 60"), &reads())?;
        let case = match by_plan {
            false => contested(&place)?,
            true => {
                json_as(&place, "quinn", &plan)?;
                let all = drawn(&logged(&place, "S1")?);
                let missed = all.into_iter().map(|(case, _)| case).find(|case| !case.ends_with('0'));
                let missed = missed.ok_or("all show something")?;
                answer_all(&place, "quinn", |case| case.ends_with('0') || case == missed)?;
                missed
            }
        };
        let dispute = json_as(&place, "ada", &["show", &case])?["disputes"][0]["id"].clone();
        let says = |place: &Place, value: &str| -> Result<Json, Box<dyn Error>> {
            let said = json!({ "case": case, "dispute": dispute, "answer": { "value": value }, "confidence": 5,
                "note": "seen twice" });
            Ok(decide_as(place, "ada", &[said])?[0]["state"].clone())
        };
        let lot = |place: &Place| -> Result<[Json; 6], Box<dyn Error>> {
            let of = json_as(place, "lea", &["sample", "result", "S1"])?;
            let export = ["export", "--format", "jsonl", "-o", "t.jsonl", "--force"];
            let held = json_as(place, "lea", &export)?["held"].clone();
            let fields = ["found", "suspected", "taken_back", "accepted", "held"];
            let [found, suspected, back, accepted, is_held] = fields.map(|name| of[name].clone());
            Ok([found, suspected, back, accepted, is_held, held])
        };
        assert_eq!(says(&place, "present")?, "PROVISIONAL");
        assert_eq!(lot(&place)?, [json!(1), json!(0), json!(0), json!(false), json!(true), json!(60)]);
        let reviews = json_as(&place, "quinn", &["causes", "review", "list"])?;
        assert_eq!(each(reviews.as_array().map_or(&[][..], Vec::as_slice), "key"), [&json!("S1")]);

        run_as(&place, "ada", &["undo", &case, &text(&dispute)])?.fine()?;
        let back = [json!(0), json!(1), json!(1), json!(false), json!(true), json!(60)];
        assert_eq!(lot(&place)?, back, "by a plan: {by_plan}");
        let words = run_as(&place, "lea", &["sample", "result", "S1"])?.fine()?.out;
        assert!(words.contains("1 of them was found wrong and that was taken back"), "{words}");
        let again = json_as(&place, "quinn", &["causes", "review", "list"])?;
        assert_eq!(each(again.as_array().map_or(&[][..], Vec::as_slice), "key"), [&json!("S1")]);

        // Only another word of a third person lets it go.
        assert_eq!(says(&place, "absent")?, "PROVISIONAL");
        assert_eq!(lot(&place)?, [json!(0), json!(0), json!(0), json!(true), json!(false), json!(0)]);
        // Nor does taking that back reject what wasn't.
        run_as(&place, "ada", &["undo", &case, &text(&dispute)])?.fine()?;
        place.run(&["--as", "lea", "verify"])?.fine()?;
    }
    // Once it is final, nobody takes it back.
    let place = project(CHARTER, &reads())?;
    let case = contested(&place)?;
    let dispute = text(&json_as(&place, "ada", &["show", &case])?["disputes"][0]["id"]);
    let said = json!({ "case": case, "dispute": dispute, "answer": { "value": "present" }, "confidence": 5 });
    assert_eq!(decide_as(&place, "ada", &[said])?[0]["state"], "FINAL");
    run_as(&place, "ada", &["undo", &case, &dispute])?.refused(65, "final")?;
    assert_eq!(json_as(&place, "lea", &["sample", "result", "S1"])?["held"], true);
    Ok(())
}

#[test]
fn audits_of_mine_are_those_that_wait_for_my_own_read() -> Outcome {
    let place = project(CHARTER, &reads())?;
    json_as(&place, "lea", &["sample", "draw", "--size", "5", "--seed", "2"])?;
    json_as(&place, "lea", &["sample", "draw", "--size", "3", "--seed", "3", "--to", "quill"])?;
    let mine = |who: &str| -> Result<[Vec<String>; 2], Box<dyn Error>> {
        let waits = lines_as(&place, who, &["sample", "mine"])?;
        let mut waits: Vec<String> = each(&waits, "case").into_iter().map(text).collect();
        waits.sort();
        waits.dedup();
        Ok([listed(&place, who, &["--kind", "audit", "--mine", "--sort", "case"])?, waits])
    };
    for (who, count) in [("quinn", 5), ("quill", 8), ("ann", 0)] {
        let [listed, waits] = mine(who)?;
        assert_eq!((listed.len(), &listed), (count, &waits), "{who}");
    }
    // `lea` audits nothing.
    assert_eq!(listed(&place, "lea", &["--kind", "audit", "--mine"])?, Vec::<String>::new());
    Ok(())
}

#[test]
fn what_mine_leaves_out_is_counted_only_where_it_leaves_something_out() -> Outcome {
    let place = project(CHARTER, &reads())?;
    run_as(&place, "lea", &["people", "add", "rea", "adjudicator", "--reader", "ann"])?.fine()?;
    let mut session = session(&place, "rea")?;
    let mine = QueueFilter { mine: true, ..QueueFilter::default() };
    assert_eq!(left_out(&mut session, &mine)?.own, 4, "she read all that is open");
    for (state, waits) in [("QUEUED", true), ("CONCORDANT", false)] {
        let filter = QueueFilter { mine: true, ..in_state(state)? };
        let (listed, out) = (order(&mut session, &filter)?.len(), left_out(&mut session, &filter)?);
        let words = waits.then(|| "4 you read yourself".to_owned());
        assert_eq!((listed > 0, out.words()), (!waits, words), "{state}: what is done is listed for anybody");
    }
    Ok(())
}

#[test]
fn a_note_of_a_discussion_names_nobody() -> Outcome {
    let place = project(CHARTER, &format!("{}z,Zoe K,opacity,absent\n", reads()))?;
    let says = |who: &str, answer: Json, note: &str| -> Result<String, Box<dyn Error>> {
        let said =
            json!({ "case": "d0", "dispute": "opacity#1", "answer": answer, "confidence": 4, "note": note });
        let told = decide_as(&place, who, &[said])?;
        Ok(told[0]["state"].as_str().or(told[0]["error"].as_str()).unwrap_or_default().to_owned())
    };
    // A reader of the case, one of another case, somebody of the project, and whoever writes.
    for (note, name) in [
        ("as Ann said", "ann"),
        ("(bob)", "bob"),
        ("ask Zoe K.", "Zoe K"),
        ("abe’s view", "abe"),
        ("ada here", "ada"),
    ] {
        let told = says("ada", json!("discuss"), note)?;
        let words = format!("the note names {name}, and rounds of a discussion are anonymous");
        assert!(told.contains(&words), "{note}: {told}");
    }
    assert_eq!(says("ada", json!("discuss"), "A is annoyed by bobbing lines, 3 mm")?, "DISCUSSION");
    let told = says("abe", json!({ "value": "present" }), "Ada is right")?;
    assert!(told.contains("the note names ada"), "{told}");
    // However it is spelled, whole or in part.
    let table = "case,reader,label,value\nz,Jürgen Groß,opacity,absent\nz,R1,opacity,absent\nz,van der Berg,opacity,absent\n";
    place.write("more.csv", table)?;
    run_as(&place, "lea", &["import", "more.csv"])?.fine()?;
    run_as(&place, "lea", &["people", "add", "R. Steiner", "adjudicator"])?.fine()?;
    for (note, name) in [
        ("Anns Befund", "ann with ‘Anns’"),
        ("dr.ann2", "ann with ‘ann2’"),
        ("R1s call", "R1 with ‘R1s’"),
        ("Groß said", "Jürgen Groß with ‘Groß’"),
        ("JUERGEN GROSS said", "Jürgen Groß with ‘JUERGEN GROSS’"),
        ("B\u{ad}o\u{200b}b said", "bob with ‘B<U+00AD>o<U+200B>b’"),
        ("Berg was right", "van der Berg with ‘Berg’"),
        ("Steiner decided", "R. Steiner with ‘Steiner’"),
    ] {
        let told = says("abe", json!({ "value": "present" }), note)?;
        assert!(told.contains(&format!("the note names {name}, and")), "{note}: {told}");
    }
    assert_eq!(says("abe", json!({ "value": "present" }), "it is there, van der R10")?, "DISCUSSION");
    // Elsewhere a note may name whom it wants.
    let said = json!({ "case": "d1", "dispute": "opacity#1", "answer": { "value": "absent" }, "confidence": 4, "note": "as bob" });
    assert_eq!(decide_as(&place, "ada", &[said])?[0]["state"], "FINAL");
    Ok(())
}
