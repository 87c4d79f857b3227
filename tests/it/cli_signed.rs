//! Lots that a lead lets go, and what comes of them afterwards; what a lot that is read whole says, and of which unit.

use std::error::Error;

use serde_json::{Value as Json, json};

use crate::cli_sample::project;
use crate::program::{Outcome, Place, Ran, lines};

const CHARTER: &str = "name = \"qa\"\n[review]\nundo_minutes = 60\nmode = \"open\"\n[sampling]\nshare = 0.0\nrecheck = 0.0\n\
                       tolerance = 0.15\n[labels.opacity]\nkind = \"present\"\n[labels.lesion]\nkind = \"present\"\n";

/// Ten cases on which two readers agree that nothing is there, but for a lesion in the first.
fn reads() -> String {
    let mut table = "case,reader,label,value\n".to_owned();
    for n in 0..10 {
        for reader in ["rita", "rolf"] {
            let lesion = if n == 0 { "present" } else { "absent" };
            table += &format!("k{n},{reader},opacity,absent\nk{n},{reader},lesion,{lesion}\n");
        }
    }
    table
}

fn run_as(place: &Place, who: &str, arguments: &[&str]) -> std::io::Result<Ran> {
    place.run(&[&["--as", who], arguments].concat())
}

fn json_as(place: &Place, who: &str, arguments: &[&str]) -> Result<Json, Box<dyn Error>> {
    run_as(place, who, &[&["--json"], arguments].concat())?.fine()?.json()
}

/// Reads all that waits for quinn again, with something in the opacity of `found`.
fn read_again(place: &Place, found: &[&str]) -> Outcome {
    let waits = run_as(place, "quinn", &["sample", "mine", "--json"])?.fine()?.lines()?;
    let answers: Vec<Json> = waits
        .iter()
        .map(|of| {
            let (case, label) = (of["case"].as_str().unwrap_or_default(), &of["label"]);
            let there = if label == "lesion" { case == "k0" } else { found.contains(&case) };
            let value = if there { "present" } else { "absent" };
            json!({ "case": case, "dispute": of["dispute"], "answer": { "value": value }, "confidence": 4 })
        })
        .collect();
    assert!(!answers.is_empty(), "nothing waits");
    place.feed(&["--as", "quinn", "decide"], &lines(&answers))?.fine()?;
    Ok(())
}

/// Lets ada say of a case's audit who is right.
fn settle(place: &Place, case: &str, value: &str) -> Outcome {
    let shown = json_as(place, "ada", &["show", case])?;
    let dispute = shown["disputes"].as_array().and_then(|all| all.last()).ok_or("nothing waits")?;
    let answer = json!({ "case": case, "dispute": dispute["id"], "answer": { "value": value },
        "confidence": 5, "note": "a second look" });
    place.feed(&["--as", "ada", "decide"], &answer.to_string())?.fine()?;
    Ok(())
}

fn held(place: &Place) -> Result<(Json, Json), Box<dyn Error>> {
    let written = json_as(place, "lea", &["export", "--format", "jsonl", "-o", "t.jsonl", "--force"])?;
    Ok((written["held"].clone(), written["cases"].clone()))
}

#[test]
fn a_signature_lapses_when_the_lot_is_rejected_after_it() -> Outcome {
    let place = project(CHARTER, &reads())?;
    json_as(&place, "quinn", &["sample", "draw", "--size", "5", "--seed", "1"])?;
    let drawn = json_as(&place, "quinn", &["sample", "result", "S1"])?;
    let doubtful = drawn["cases"][0].as_str().ok_or("nothing was drawn")?.to_owned();
    read_again(&place, &[&doubtful])?;
    // A third person finds the readers right: the lot is accepted, signed and exported.
    settle(&place, &doubtful, "absent")?;
    assert_eq!(json_as(&place, "lea", &["sample", "result", "S1"])?["accepted"], json!(true));
    run_as(&place, "lea", &["sign", "S1", "--meaning", "good enough"])?.fine()?;
    assert_eq!(held(&place)?, (json!(0), json!(10)));
    let signed = json_as(&place, "lea", &["sample", "result", "S1"])?;
    assert_eq!((&signed["signed"]["by"], &signed["held"]), (&json!("lea"), &json!(false)));
    // Within the undo window that person thinks better of it: one of five is more than the tolerance.
    settle(&place, &doubtful, "present")?;
    let found = json_as(&place, "lea", &["sample", "result", "S1"])?;
    assert_eq!(
        (&found["found"], &found["accepted"], &found["held"], &found["signed"]),
        (&json!(1), &json!(false), &json!(true), &Json::Null)
    );
    assert_eq!(held(&place)?, (json!(10), json!(0)), "nothing of the lot goes out again");
    // Another signature lets it go, once somebody says what is done.
    let sign = ["sign", "S1", "--meaning", "reader told"];
    run_as(&place, "lea", &sign)?.refused(65, "nobody says yet what is done")?;
    run_as(&place, "quinn", &["causes", "review", "plan", "S1", "--owner", "quinn", "--action", "a talk"])?
        .fine()?;
    run_as(&place, "lea", &sign)?.fine()?;
    assert_eq!(held(&place)?, (json!(0), json!(10)));
    place.run(&["--as", "lea", "verify"])?.fine()?;
    Ok(())
}

#[test]
fn a_signature_under_one_error_does_not_hold_for_the_next_and_the_review_stays_as_old_as_it_is() -> Outcome {
    let place = project(CHARTER, &reads())?;
    json_as(&place, "quinn", &["sample", "draw", "--lq", "40", "--seed", "1"])?;
    let drawn = json_as(&place, "quinn", &["sample", "result", "S1"])?;
    assert_eq!(drawn["accept"], json!(0), "one error rejects the lot");
    let cases: Vec<String> = drawn["cases"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|case| Some(case.as_str()?.to_owned()))
        .collect();
    let [first, second, ..] = cases.as_slice() else { return Err("too few were drawn".into()) };
    read_again(&place, &[first, second])?;
    settle(&place, first, "present")?;
    let opened = |place: &Place| -> Result<Json, Box<dyn Error>> {
        let reviews = json_as(place, "quinn", &["causes", "review", "list"])?;
        assert_eq!((&reviews[0]["by"], &reviews[0]["key"]), (&json!("lot"), &json!("S1")));
        Ok(reviews[0]["opened_at"].clone())
    };
    let at = opened(&place)?;
    let log = run_as(&place, "lea", &["log", "--case", first, "--json"])?.fine()?.lines()?;
    let decided = log.iter().rfind(|event| event["action"] == "decide").ok_or("nothing was decided")?;
    assert_eq!(at, decided["at"], "it opened when the lot was rejected");
    run_as(&place, "quinn", &["causes", "review", "plan", "S1", "--owner", "quinn", "--action", "a talk"])?
        .fine()?;
    run_as(&place, "lea", &["sign", "S1", "--meaning", "reader told"])?.fine()?;
    assert_eq!(held(&place)?.0, json!(0));
    // More is found wrong than the lead knew of.
    std::thread::sleep(std::time::Duration::from_millis(5));
    settle(&place, second, "present")?;
    let found = json_as(&place, "lea", &["sample", "result", "S1"])?;
    assert_eq!((&found["found"], &found["held"], &found["signed"]), (&json!(2), &json!(true), &Json::Null));
    assert_eq!(held(&place)?, (json!(10), json!(0)));
    // What made it rejected is said anew, and what was taken on lately is no younger for that.
    settle(&place, first, "present")?;
    assert_eq!(opened(&place)?, at);
    run_as(&place, "lea", &["sign", "S1", "--meaning", "both looked at"])?.fine()?;
    assert_eq!(held(&place)?.0, json!(0));
    Ok(())
}

#[test]
fn what_waits_for_an_own_read_is_what_the_worklist_has_of_audits() -> Outcome {
    let place = project(CHARTER, &reads())?;
    json_as(&place, "quinn", &["sample", "draw", "--size", "6", "--seed", "1"])?;
    let both = |place: &Place| -> Result<[Vec<String>; 2], Box<dyn Error>> {
        let cases = |arguments: &[&str]| -> Result<Vec<String>, Box<dyn Error>> {
            let lines = run_as(place, "quinn", &[arguments, &["--json"]].concat())?.fine()?.lines()?;
            let mut all: Vec<String> =
                lines.iter().map(|line| line["case"].as_str().unwrap_or_default().to_owned()).collect();
            all.sort();
            all.dedup();
            Ok(all)
        };
        Ok([cases(&["sample", "mine"])?, cases(&["queue", "--kind", "audit"])?])
    };
    let [mine, queued] = both(&place)?;
    assert_eq!((mine.len(), &mine), (6, &queued));
    // In a case that is blocked too, and no more once it is read or opened again.
    let [blocked, opened, read, ..] = mine.as_slice() else { return Err("too few were drawn".into()) };
    run_as(&place, "lea", &["block", blocked, "--why", "wrong patient"])?.fine()?;
    run_as(&place, "lea", &["unblind", opened, "--why", "a question"])?.fine()?;
    let waits = run_as(&place, "quinn", &["sample", "mine", "--json"])?.fine()?.lines()?;
    let answers: Vec<Json> = waits
        .iter()
        .filter(|of| of["case"] == json!(read))
        .map(|of| {
            let value = if of["label"] == "lesion" && read == "k0" { "present" } else { "absent" };
            json!({ "case": read, "dispute": of["dispute"], "answer": { "value": value }, "confidence": 4 })
        })
        .collect();
    place.feed(&["--as", "quinn", "decide"], &lines(&answers))?.fine()?;
    let [mine, queued] = both(&place)?;
    assert_eq!((mine.len(), &mine), (5, &queued));
    assert!(mine.contains(blocked) && !mine.contains(read), "{mine:?}");
    Ok(())
}

#[test]
fn a_signature_without_a_meaning_is_refused_by_the_name_of_its_option() -> Outcome {
    let place = project(CHARTER, &reads())?;
    run_as(&place, "lea", &["sign", "k0", "--meaning", " "])?.refused(65, "say it with --meaning")?;
    Ok(())
}

#[test]
fn a_lot_that_is_read_whole_has_one_bound_whatever_it_is_judged_by() -> Outcome {
    let place = project(CHARTER, &reads())?;
    let shares = json!([0.0, 0.1, 0.2, 0.3, 0.4, 0.5]);
    for design in [&["--size", "10"][..], &["--points", "1,0.05,2,0.05"], &["--sequential", "1"]] {
        let draw = [&["sample", "draw", "--dry-run", "--seed", "3"], design].concat();
        let found = json_as(&place, "quinn", &draw)?;
        assert_eq!((&found["size"], &found["lot"]), (&json!(10), &json!(10)), "{design:?}");
        assert_eq!(found["bounds"], shares, "{design:?}");
        let words = run_as(&place, "quinn", &draw)?.fine()?.out;
        assert!(words.contains("would draw 10 of 10 cases, the whole lot"), "{words}");
    }
    let part = json_as(&place, "quinn", &["sample", "draw", "--dry-run", "--seed", "3", "--size", "9"])?;
    assert!(part["bounds"][0].as_f64().is_some_and(|bound| bound > 0.2), "{part}");
    // The result says the same as was promised.
    json_as(&place, "quinn", &["sample", "draw", "--size", "10", "--seed", "3"])?;
    read_again(&place, &["k3"])?;
    settle(&place, "k3", "present")?;
    let found = json_as(&place, "quinn", &["sample", "result", "S1"])?;
    assert_eq!(
        (&found["rate"], &found["upper95"], &found["accepted"]),
        (&json!(0.1), &json!(0.1), &json!(true))
    );
    let words = run_as(&place, "quinn", &["sample", "result", "S1"])?.fine()?.out;
    assert!(words.contains("1 wrong of 10, which is the whole lot: 10.00 % of it"), "{words}");
    Ok(())
}

#[test]
fn strata_of_what_differs_within_a_case_name_their_unit() -> Outcome {
    let place = project(CHARTER, &reads())?;
    let draw = ["sample", "draw", "--size", "4", "--seed", "2", "--by", "prevalence"];
    let words = run_as(&place, "quinn", &[&draw[..], &["--dry-run"]].concat())?.fine()?.out;
    assert!(words.contains("would draw 4 of 20 disputes"), "{words}");
    assert!(
        words.contains("the unit is the dispute and not the case: a case is of no one prevalence"),
        "{words}"
    );
    for by in ["prevalence", "label"] {
        let whole = ["sample", "draw", "--size", "4", "--seed", "2", "--by", by, "--unit", "case"];
        for dry in [&["--dry-run"][..], &[]] {
            run_as(&place, "quinn", &[&whole[..], dry].concat())?
                .refused(65, &format!("a case is of no one {by}"))?;
        }
    }
    let words = run_as(&place, "quinn", &draw)?.fine()?.out;
    assert!(words.contains("the unit is the dispute") && words.contains("4 of 20 disputes"), "{words}");
    let by_site = run_as(&place, "quinn", &["sample", "draw", "--size", "4", "--seed", "2", "--by", "site"])?;
    assert!(!by_site.fine()?.out.contains("the unit is"), "nothing is to be said of cases");
    Ok(())
}
