//! Mode `third-read` from outside: whoever may decide looks first, at second readings too, and finds nothing before that
//! tells what the reads say. And what `show` tells of a decision whose reads came to agree.

use std::error::Error;

use serde_json::{Value as Json, json};

use crate::cli_sample::{CHARTER, answer_all, decide_as, json_as, lines_as, project, reads, run_as, text};
use crate::program::{Outcome, Place, each};

/// The narrowest gap comes first, so that the order of arrival is not that of priority.
const GRADES: &str = "case,reader,label,value\np2,rita,grade,1\np2,rolf,grade,3\np3,rita,grade,1\n\
                      p3,rolf,grade,4\np4,rita,grade,1\np4,rolf,grade,5\n";

fn grades() -> Result<Place, Box<dyn Error>> {
    let place = Place::new()?;
    let labels = "[labels.grade]\nkind = \"ordinal\"\nlevels = [1, 2, 3, 4, 5]\n";
    place.write("charter.toml", format!("name = \"third\"\n{labels}[review]\nmode = \"third-read\"\n"))?;
    place.run(&["init", "s.overread", "--charter", "charter.toml"])?.fine()?;
    place.import(GRADES)?;
    Ok(place)
}

/// Asserts that a case shows nothing but its picture and that there is something to look at.
fn is_bare(shown: &Json) {
    assert_eq!(
        (&shown["own_look_first"], &shown["reads"], &shown["agreed"]),
        (&json!(true), &json!([]), &json!([])),
        "{shown}"
    );
    let disputes = shown["disputes"].as_array().cloned().unwrap_or_default();
    let open: Vec<&Json> = disputes.iter().filter(|of| of["state"] != "FINAL").collect();
    assert_eq!(open.len(), 1, "{shown}");
    for dispute in open {
        assert_eq!(
            (&dispute["type"], &dispute["gap"], &dispute["candidates"], &dispute["decision"]),
            (&Json::Null, &Json::Null, &json!([]), &Json::Null),
            "{dispute}"
        );
    }
}

fn is_shown(shown: &Json) {
    assert_eq!(shown["own_look_first"], false, "{shown}");
    assert_eq!(shown["reads"].as_array().map(Vec::len), Some(2), "{shown}");
}

fn said(case: &str, dispute: &str, value: &Json, first_look: bool) -> Json {
    json!({ "case": case, "dispute": dispute, "answer": { "value": value }, "confidence": 4,
        "first_look": first_look })
}

#[test]
fn who_made_the_store_and_holds_every_role_looks_first_as_any_adjudicator() -> Outcome {
    let place = grades()?;
    is_bare(&place.shown("p2")?);
    place.run(&["queue", "--type", "GRADE"])?.refused(65, "asks for an own look first")?;
    for line in place.run(&["queue", "--json"])?.fine()?.lines()? {
        assert_eq!((&line["disputes"][0]["type"], &line["disputes"][0]["gap"]), (&Json::Null, &Json::Null));
    }
    let grade = |value: u32, look| said("p2", "grade#1", &json!(value), look);
    assert!(place.answer(grade(1, false))?.contains("asks for an own look"));
    assert_eq!(place.answer(grade(2, true))?, "QUEUED");
    let after = place.shown("p2")?;
    is_shown(&after);
    assert_eq!(after["disputes"][0]["candidates"].as_array().map(Vec::len), Some(2), "{after}");
    assert_eq!(place.answer(grade(1, false))?, "PROVISIONAL");
    // Whoever asks for the names instead sees all, and can't decide any more.
    is_bare(&place.shown("p3")?);
    place.run(&["unblind", "p3", "--why", "the readers ask"])?.fine()?;
    is_shown(&place.shown("p3")?);
    assert!(place.answer(said("p3", "grade#1", &json!(1), true))?.contains("you unblinded"));
    Ok(())
}

#[test]
fn qa_and_lead_who_decide_too_look_first_and_find_no_priority() -> Outcome {
    let place = grades()?;
    let account = place.account()?;
    for (name, role) in
        [("lea", "lead"), ("ola", "adjudicator"), ("ola", "qa"), ("ola", "lead"), ("ada", "adjudicator")]
    {
        place.run(&["people", "add", name, role])?.fine()?;
    }
    place.run(&["people", "add", &account, "--shared"])?.fine()?;
    is_shown(&json_as(&place, "lea", &["show", "p2"])?);
    let listed = |who: &str| -> Result<(Vec<String>, Vec<f64>), Box<dyn Error>> {
        let lines = lines_as(&place, who, &["queue"])?;
        let priorities = each(&lines, "priority").into_iter().filter_map(Json::as_f64).collect();
        Ok((each(&lines, "case").into_iter().map(text).collect(), priorities))
    };
    let (cases, priorities) = listed("lea")?;
    assert_eq!(cases, ["p4", "p3", "p2"], "who only oversees finds the widest gap first");
    assert!(priorities.is_sorted_by(|a, b| a > b), "{priorities:?}");
    for who in ["ola", "ada"] {
        is_bare(&json_as(&place, who, &["show", "p2"])?);
        let (cases, priorities) = listed(who)?;
        assert_eq!((cases.join(" "), priorities), ("p2 p3 p4".to_owned(), vec![0.0; 3]), "{who}");
    }
    Ok(())
}

fn third_read(sampling: &str) -> Result<Place, Box<dyn Error>> {
    let charter = CHARTER.replace("\"open\"", "\"third-read\"").replace("share = 0.0", sampling);
    project(&charter, &reads())
}

#[test]
fn the_third_person_of_an_audit_looks_before_the_reads_are_shown() -> Outcome {
    let place = third_read("share = 0.0")?;
    json_as(&place, "quinn", &["sample", "draw", "--size", "60", "--seed", "7"])?;
    // The readers found something in every tenth case; the auditor finds it in one more.
    answer_all(&place, "quinn", |case| case.ends_with('0') || case == "k11")?;
    is_bare(&json_as(&place, "ada", &["show", "k11"])?);
    let told = decide_as(&place, "ada", &[said("k11", "opacity#2", &json!("present"), true)])?;
    assert_eq!(told[0]["ok"], true, "{told:?}");
    is_shown(&json_as(&place, "ada", &["show", "k11"])?);
    let told = decide_as(&place, "ada", &[said("k11", "opacity#2", &json!("present"), false)])?;
    assert_eq!(told[0]["state"], "FINAL", "{told:?}");
    Ok(())
}

#[test]
fn a_recheck_begins_with_an_own_look_again() -> Outcome {
    let place = third_read("share = 0.0\nrecheck = 1.0\nwashout_days = 0")?;
    let absent = json!("absent");
    let first = [said("d0", "opacity#1", &absent, true), said("d0", "opacity#1", &absent, false)];
    assert_eq!(decide_as(&place, "ada", &first)?[1]["state"], "FINAL");
    run_as(&place, "lea", &["sample", "list"])?.fine()?;
    is_bare(&json_as(&place, "ada", &["show", "d0"])?);
    let told = decide_as(&place, "ada", &[said("d0", "opacity#2", &absent, false)])?;
    assert!(text(&told[0]["error"]).contains("asks for an own look"), "{told:?}");
    assert_eq!(decide_as(&place, "ada", &[said("d0", "opacity#2", &absent, true)])?[0]["ok"], true);
    is_shown(&json_as(&place, "ada", &["show", "d0"])?);
    Ok(())
}

#[test]
fn a_decision_whose_reads_came_to_agree_is_told_as_one() -> Outcome {
    let place = project(CHARTER, &reads())?;
    let decided = said("d0", "opacity#1", &json!("absent"), false);
    assert_eq!(decide_as(&place, "ada", &[decided])?[0]["state"], "FINAL");
    place.write("again.csv", "case,reader,label,value\nd0,ann,opacity,present\nd0,bob,opacity,present\n")?;
    run_as(&place, "lea", &["import", "again.csv"])?.fine()?;
    let words = run_as(&place, "lea", &["show", "d0"])?.fine()?.out;
    assert!(words.contains("opacity#1  decided: absent, confidence 4 of 5, by ada at "), "{words}");
    assert!(words.contains("the reads changed after this was final: a lead can reopen it"), "{words}");
    assert!(!words.contains("agreed:"), "{words}");
    let agreed = json_as(&place, "lea", &["show", "d0"])?["agreed"][0].clone();
    assert_eq!((&agreed["decision"]["by"], &agreed["reads_changed"]), (&json!("ada"), &json!(true)));
    // What the readers agreed on from the beginning is told as before.
    assert!(run_as(&place, "lea", &["show", "k11"])?.fine()?.out.contains("agreed: opacity absent"));
    Ok(())
}
