//! `decide`: every answer, every refusal in words, and the code that the run ends with.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use serde_json::{Value as Json, json};

use crate::program::{Outcome, Place, each, fields, lines};

const OPEN: &str = "[review]\nmode = \"open\"\n";

fn grade(case: &str, answer: Json) -> Json {
    json!({ "case": case, "dispute": "grade#1", "answer": answer, "confidence": 4 })
}

fn with(mut decision: Json, more: Json) -> Json {
    if let (Some(fields), Json::Object(more)) = (decision.as_object_mut(), more) {
        fields.extend(more);
    }
    decision
}

#[test]
fn every_answer_does_what_it_says() -> Outcome {
    let lesion =
        |answer: Json| json!({ "case": "b1", "dispute": "lesion#1", "answer": answer, "confidence": 4 });
    let drawn = json!({ "type": "box", "image": "b1", "frame": 0, "points": [[10.0, 10.0], [40.0, 40.0]] });
    let unsure = json!({ "types": ["A1"], "alternatives": [{ "value": 1, "weight": 0.4 }, { "value": 3, "weight": 0.6 }] });
    let slip = json!({ "verdicts": { "A": { "verdict": "slip", "cause": ["S1"] } } });
    let table = [
        (grade("c1", json!({ "adopt": 1 })), "PROVISIONAL", None),
        (grade("c1", json!({ "adopt_reader": "B" })), "PROVISIONAL", None),
        (grade("c1", json!({ "value": 3 })), "PROVISIONAL", Some(json!(3))),
        (grade("c1", json!({ "value": 2 })), "PROVISIONAL", Some(json!(2))),
        (grade("c1", json!("none")), "PROVISIONAL", Some(json!("absent"))),
        (with(grade("c1", json!("ambiguous")), json!({ "ambiguity": unsure })), "PROVISIONAL", None),
        (grade("c1", json!("exclude")), "PROVISIONAL", None),
        (with(grade("c1", json!("defer")), json!({ "note": "asks for the prior" })), "DEFERRED", None),
        (with(grade("c1", json!("return")), slip), "RETURNED", None),
        (grade("c1", json!("escalate")), "ESCALATED", None),
        (
            with(
                grade("c1", json!({ "adopt": 1 })),
                json!({ "severity": "3b", "note": "would have mattered" }),
            ),
            "ESCALATED",
            None,
        ),
        (lesion(json!({ "merge": "mean-box" })), "PROVISIONAL", Some(json!([[10.0, 10.0], [40.0, 40.0]]))),
        (lesion(json!({ "merge": "union" })), "PROVISIONAL", None),
        (lesion(json!({ "geometry": drawn })), "PROVISIONAL", Some(json!([[10.0, 10.0], [40.0, 40.0]]))),
    ];
    for (decision, state, value) in table {
        let place = Place::with_charter(OPEN)?;
        let (code, answers) = place.decide(std::slice::from_ref(&decision))?;
        let answer = answers.first().cloned().unwrap_or_default();
        let said = |name: &str| answer.get(name).cloned().unwrap_or_default();
        assert_eq!((code, said("ok"), said("state")), (0, json!(true), json!(state)), "{decision}: {answer}");
        assert_eq!(
            (said("case"), said("error")),
            (decision.get("case").cloned().unwrap_or_default(), Json::Null)
        );
        let case = decision.get("case").and_then(Json::as_str).unwrap_or_default();
        let shown = place.shown(case)?;
        let kept = shown.pointer("/disputes/0/decision").cloned().unwrap_or_default();
        if let Some(value) = value {
            let found = kept.pointer("/value/points").or_else(|| kept.get("value")).cloned();
            assert_eq!(found, Some(value), "{decision}");
        }
        assert_eq!(shown.pointer("/claimed_by"), Some(&json!([])), "the claim was given back");
        place.verified()?;
    }
    Ok(())
}

#[test]
fn refusals_say_why_and_change_nothing() -> Outcome {
    let place = Place::with_charter("")?;
    let before = place.run(&["queue", "--json"])?.fine()?.out;
    let low = json!({ "confidence": 2 });
    let table = [
        (grade("c1", json!({ "value": 2 })), "no candidate says 2"),
        (grade("c1", json!({ "adopt": 7 })), "no candidate 7"),
        (grade("c1", json!({ "adopt_reader": "Q" })), "is no reader of c1"),
        (grade("c1", json!({ "merge": "magic" })), "magic"),
        (with(grade("c1", json!({ "adopt": 1 })), json!({ "confidence": null })), "confidence is missing"),
        (with(grade("c1", json!({ "adopt": 1 })), json!({ "confidence": 6 })), "1 to 5"),
        (with(grade("c1", json!({ "adopt": 1 })), low), "type of ambiguity"),
        (grade("c1", json!("ambiguous")), "needs its block"),
        (grade("c1", json!("defer")), "needs its reason"),
        (grade("c1", json!("return")), "only slips are sent back"),
        (with(grade("c1", json!({ "adopt": 1 })), json!({ "severity": "2b" })), "severity 2b needs one"),
        (with(grade("c1", json!({ "adopt": 1 })), json!({ "severity": "9z" })), "9z"),
        (with(grade("c1", json!({ "adopt": 1 })), json!({ "root_cause": "Z9" })), "Z9"),
        (
            with(grade("c1", json!({ "adopt": 1 })), json!({ "verdicts": { "A": { "verdict": "error" } } })),
            "verdict needs a cause",
        ),
        (with(grade("c1", json!({ "adopt": 1 })), json!({ "expect": "0".repeat(64) })), "have changed"),
        (with(grade("c1", json!({ "adopt": 1 })), json!({ "dispute": "grade#7" })), "did you mean grade#1"),
        (grade("c9", json!({ "adopt": 1 })), "there is no case c9"),
        (grade("c2", json!({ "adopt": 1 })), "agree"),
        (grade("c1", json!("perhaps")), "unknown variant"),
        (with(grade("c1", json!({ "adopt": 1 })), json!({ "confidense": 4 })), "unknown field"),
    ];
    for (decision, words) in &table {
        let (code, answers) = place.decide(std::slice::from_ref(decision))?;
        let answer = answers.first().cloned().unwrap_or_default();
        let error = answer.get("error").and_then(Json::as_str).unwrap_or_default();
        assert!(code == 65 && error.contains(words), "{decision}: {code} {answer}");
        assert_eq!((answer.get("ok"), answer.get("state")), (Some(&json!(false)), Some(&Json::Null)));
    }
    assert_eq!(place.run(&["queue", "--json"])?.fine()?.out, before);
    place.verified()
}

#[test]
fn lines_that_are_no_decisions_are_counted_and_the_rest_goes_on() -> Outcome {
    let place = Place::with_grades()?;
    let good = grade("c1", json!({ "value": 3 }));
    let input = format!("\n{good}\nnot json\n[]\n{{\"case\":\"c4\"}}\n\u{0}\n");
    let ran = place.feed(&["decide", "--json"], &input)?;
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    let answers = ran.lines()?;
    assert_eq!(each(&answers, "ok"), [true, false, false, false, false]);
    for answer in &answers {
        assert_eq!(fields(answer), ["case", "code", "dispute", "error", "ok", "state"]);
    }
    let errors = each(&answers, "error");
    for (error, line) in errors.iter().skip(1).zip(3..) {
        assert!(
            error.as_str().is_some_and(|error| error.starts_with(&format!("line {line} is not understood"))),
            "{error}"
        );
    }
    assert_eq!(answers.get(3).and_then(|answer| answer.get("case")), Some(&json!("c4")));
    // The same from a file, and from nothing.
    place.write("d.jsonl", lines(&[grade("c4", json!({ "value": 4 }))]))?;
    assert_eq!(place.run(&["decide", "d.jsonl", "--json"])?.fine()?.lines()?.len(), 1);
    assert_eq!(
        place
            .feed(&["decide", "-", "--json"], &lines(&[grade("c5", json!({ "value": 4 }))]))?
            .fine()?
            .lines()?
            .len(),
        1
    );
    assert_eq!(place.run(&["decide", "--json"])?.fine()?.out, "");
    place.run(&["decide", "absent.jsonl"])?.refused(66, "absent.jsonl")?;
    Ok(())
}

#[test]
fn a_null_is_a_field_left_out_and_one_word_is_a_list() -> Outcome {
    let place = Place::with_grades()?;
    let nulls = json!({ "uncertain": null, "ambiguity": null, "verdicts": null, "root_cause": null, "severity": null,
        "clause": null, "note": null, "expect": null });
    let (code, answers) = place.decide(&[
        with(grade("c1", json!({ "value": 3 })), nulls),
        with(grade("c4", json!({ "value": 4 })), json!({ "root_cause": "I2" })),
        with(
            grade("c5", json!({ "value": 4 })),
            json!({ "root_cause": ["I2", "A"], "verdicts": { "A": { "verdict": "agree", "cause": null, "note": null } } }),
        ),
        with(
            grade("c5", json!({ "value": 4 })),
            json!({ "root_cause": ["I2", "O1"], "verdicts": { "A": { "verdict": "error", "cause": "I3" } },
                "ambiguity": { "types": "A1", "alternatives": null, "variants": null }, "uncertain": true }),
        ),
    ])?;
    assert_eq!(
        (code, each(&answers, "ok")),
        (1, vec![&json!(true), &json!(true), &json!(false), &json!(true)]),
        "{answers:?}"
    );
    let decision = |case: &str| -> Result<Json, Box<dyn std::error::Error>> {
        Ok(place.shown(case)?.pointer("/disputes/0/decision").cloned().unwrap_or_default())
    };
    assert_eq!(decision("c4")?.get("root_cause"), Some(&json!(["I2"])));
    let full = decision("c5")?;
    assert_eq!(full.get("root_cause"), Some(&json!(["I2", "I3", "O1"])));
    assert_eq!(full.pointer("/verdicts/A/cause"), Some(&json!(["I3"])));
    assert_eq!(full.get("uncertain"), Some(&json!(true)));
    Ok(())
}

#[test]
fn a_decision_on_reads_that_changed_since_is_refused() -> Outcome {
    let place = Place::with_grades()?;
    let seen = place.shown("c1")?.get("reads_hash").cloned().unwrap_or_default();
    place.write("late.csv", "case,reader,label,value\nc1,cleo,grade,5\n")?;
    place.run(&["import", "late.csv"])?.fine()?;
    let decision = with(grade("c1", json!({ "value": 3 })), json!({ "expect": seen }));
    let (code, answers) = place.decide(std::slice::from_ref(&decision))?;
    assert_eq!((code, each(&answers, "ok")), (65, vec![&json!(false)]));
    let now = place.shown("c1")?.get("reads_hash").cloned().unwrap_or_default();
    assert_ne!(now, seen);
    assert_eq!(place.answer(with(decision, json!({ "expect": now })))?, "PROVISIONAL");
    Ok(())
}

#[test]
fn an_answer_comes_as_soon_as_its_decision_is_kept() -> Outcome {
    let place = Place::with_grades()?;
    let mut command = place.command(&["decide", "--json"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().ok_or("no stdin")?;
    let mut answers = BufReader::new(child.stdout.take().ok_or("no stdout")?);
    for (case, value) in [("c1", 3), ("c4", 4)] {
        stdin.write_all(lines(&[grade(case, json!({ "value": value }))]).as_bytes())?;
        let mut answer = String::new();
        // Without a flush after each line this would wait for ever.
        answers.read_line(&mut answer)?;
        assert!(answer.contains("\"ok\":true"), "{answer}");
        let kept = place.run(&["queue", "--state", "PROVISIONAL", "--json"])?.fine()?.lines()?;
        assert!(each(&kept, "case").contains(&&json!(case)));
    }
    drop(stdin);
    assert!(child.wait()?.success());
    Ok(())
}

#[test]
fn in_mode_select_a_shape_of_ones_own_is_refused_and_a_candidates_own_is_its_adoption() -> Outcome {
    let place = Place::with_charter("")?;
    let lesion = |points: Json| {
        json!({ "case": "b1", "dispute": "lesion#1", "confidence": 4,
            "answer": { "geometry": { "type": "box", "image": "b1", "frame": 0, "points": points } } })
    };
    let refused = place.answer(lesion(json!([[10.0, 10.0], [40.0, 40.0]])))?;
    assert!(refused.contains("the charter's mode is ‘select’"), "{refused}");
    assert_eq!(place.answer(lesion(json!([[10.0, 10.0], [30.0, 30.0]])))?, "PROVISIONAL");
    assert_eq!(place.answer(grade("c1", json!({ "value": 3 })))?, "PROVISIONAL");
    let kept = place.shown("c1")?.pointer("/disputes/0/decision/answer").cloned().unwrap_or_default();
    assert_eq!(kept, json!({ "adopt": place.candidate("c1", "grade#1", &json!(3))? }));
    Ok(())
}

#[test]
fn a_line_that_is_no_decision_is_refused_in_words() -> Outcome {
    let place = Place::with_charter(OPEN)?;
    let line = |more: &str| format!("{{\"case\":\"c1\",\"dispute\":\"grade#1\",{more}}}");
    for (given, words) in [
        ("[]".to_owned(), "a decision is an object in {braces}, not a list"),
        ("4".to_owned(), "a decision is an object in {braces}, not a number"),
        (
            line("\"answer\":\"none\",\"confidence\":4.5"),
            "`confidence` is a whole number from 1 (a guess) to 5 (sure), not 4.5",
        ),
        (line("\"answer\":\"none\",\"confidence\":900"), "to 5 (sure), not 900"),
        (
            line("\"answer\":{\"adopt\":1e20},\"confidence\":4"),
            "`adopt` is a candidate's number, from 1, as `show` prints it, not 1e",
        ),
        (line("\"answer\":\"none\",\"seen\":{\"frame\":-1}"), "expected a whole number from 0"),
        (line("\"answer\":\"none\",\"note\":7"), "expected a text in quotes"),
        (line("\"answer\":\"none\",\"seen\":4"), "expected an object in {braces}"),
    ] {
        let told = place.feed(&["decide", "--json"], &format!("{given}\n"))?.json()?;
        let error = told["error"].as_str().unwrap_or_default().to_owned();
        assert!(told["ok"] == json!(false) && error.contains(words), "{given}: {error}");
        assert!(!error.contains("struct") && !error.contains("u8") && !error.contains("u32"), "{error}");
    }
    Ok(())
}
