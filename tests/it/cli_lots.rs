//! Lots from outside: every design, what it can show before it is drawn, how a lot is judged, and one that is held until a
//! lead lets it go.

use std::error::Error;

use serde_json::{Value as Json, json};

use crate::cli_sample::{
    CHARTER, answer_all, decide_as, drawn, drawn_again, json_as, lines_as, logged, project, reads, run_as,
    text,
};
use crate::program::{Outcome, Place};

#[test]
fn a_lot_that_is_rejected_is_held_until_a_lead_signs_it() -> Outcome {
    let place = project(CHARTER, &reads())?;
    json_as(&place, "quinn", &["sample", "draw", "--size", "10", "--seed", "4"])?;
    let event = logged(&place, "S1")?;
    let missed = drawn(&event).into_iter().map(|(case, _)| case).find(|case| !case.ends_with('0'));
    let missed = missed.ok_or("every case that was drawn shows something")?;
    let finds = |case: &str| case.ends_with('0') || case == missed;
    assert!(answer_all(&place, "quinn", finds)? >= 20, "the opacity, and whether there is a lesion");

    let found = json_as(&place, "quinn", &["sample", "result", "S1"])?;
    assert_eq!(
        (&found["read"], &found["suspected"], &found["accepted"]),
        (&json!(9), &json!(1), &Json::Null)
    );
    assert_eq!(found["rate"], json!(0.0), "what one person says is no error yet");
    // But it may be one: Clopper and Pearson's one-sided 95 % of 1 in 10.
    let bound = found["upper95"].as_f64().unwrap_or_default();
    assert!((bound - 0.394_163).abs() < 1e-6, "{bound}");
    run_as(&place, "lea", &["sign", "S1", "--meaning", "fine"])?.refused(65, "is open")?;

    // A third person finds it wrong.
    let shown = json_as(&place, "ada", &["show", &missed])?;
    let dispute = shown["disputes"].as_array().and_then(|all| all.first()).cloned().ok_or("nothing waits")?;
    let wrong = json!({ "case": missed, "dispute": dispute["id"], "answer": { "value": "present" },
        "confidence": 5, "note": "behind the heart" });
    let told = decide_as(&place, "ada", &[wrong])?;
    assert_eq!(told.first().map(|told| told["ok"].clone()), Some(json!(true)), "{told:?}");

    let found = json_as(&place, "quinn", &["sample", "result", "S1"])?;
    assert_eq!((&found["found"], &found["read"], &found["rate"]), (&json!(1), &json!(10), &json!(0.1)));
    assert_eq!((&found["accepted"], &found["held"]), (&json!(false), &json!(true)));
    assert_eq!(found["wrong_cases"], json!([missed]));
    // Clopper and Pearson's one-sided 95 % of 1 in 10.
    let bound = found["upper95"].as_f64().unwrap_or_default();
    assert!((bound - 0.394_163).abs() < 1e-6, "{bound}");
    let words = run_as(&place, "quinn", &["sample", "result", "S1"])?.fine()?.out;
    assert!(words.contains("1 wrong of 10: under 39.42 % at 95 % confidence"), "{words}");
    assert!(words.contains("rejected: its lot isn't exported before a lead signs it"), "{words}");

    let export = ["export", "--format", "jsonl", "-o", "t.jsonl", "--force"];
    let cases = |place: &Place| -> Result<Vec<String>, Box<dyn Error>> {
        let lines = std::fs::read_to_string(place.path("t.jsonl"))?;
        let all = lines.lines().map(serde_json::from_str::<Json>).collect::<Result<Vec<_>, _>>()?;
        Ok(all.iter().map(|line| text(&line["case"])).collect())
    };
    let written = json_as(&place, "lea", &export)?;
    assert_eq!((&written["held"], &written["held_by"]), (&json!(60), &json!(["S1"])));
    assert_eq!(cases(&place)?, Vec::<String>::new());
    run_as(&place, "quinn", &["sign", "S1", "--meaning", "fine"])?
        .refused(77, "this needs the role of lead")?;

    // A review of the root causes is open by itself: nobody's yet, due by the charter, and the signature needs it.
    let reviews = json_as(&place, "quinn", &["causes", "review", "list"])?;
    let review = &reviews[0];
    assert_eq!(
        (&review["by"], &review["key"], &review["state"], &review["owner"], &review["opened_by"]),
        (&json!("lot"), &json!("S1"), &json!("open"), &Json::Null, &Json::Null)
    );
    assert_eq!(
        (&review["cases"], &review["before"]["disputes"], &review["before"]["of"]),
        (&json!([missed]), &json!(1), &json!(10))
    );
    let day =
        |at: i64| text(&json!(overread::domain::moment::rfc3339(at))).chars().take(10).collect::<String>();
    assert_eq!(review["due"], json!(day(overread::runtime::now() + 14 * 24 * 60 * 60 * 1000)));
    let found = json_as(&place, "quinn", &["sample", "result", "S1"])?;
    assert_eq!((&found["review"]["id"], &found["review"]["owner"]), (&review["id"], &Json::Null));
    let words = run_as(&place, "quinn", &["sample", "result", "S1"])?.fine()?.out;
    assert!(words.contains("nobody's yet") && words.contains("causes review plan S1"), "{words}");
    let words = run_as(&place, "quinn", &["causes", "review", "list"])?.fine()?.out;
    assert!(words.contains("lot S1") && words.contains("nobody yet"), "{words}");
    run_as(&place, "lea", &["report", "--since", "7d", "-o", "week.html"])?.fine()?;
    let page = std::fs::read_to_string(place.path("week.html"))?;
    assert!(page.contains(&format!("review {}, open", review["id"])), "{page}");
    let sign = ["sign", "S1", "--meaning", "reader trained, 30 more read"];
    run_as(&place, "lea", &sign)?.refused(65, "nobody says yet what is done about its root causes")?;
    run_as(&place, "lea", &["causes", "review", "close", "S1", "--why", "x"])?
        .refused(65, "nobody says yet")?;
    let plan = ["causes", "review", "plan", "S1", "--action", "a seminar", "--owner"];
    run_as(&place, "ada", &[&plan[..], &["quinn"]].concat())?.refused(77, "this needs the role of")?;
    run_as(&place, "quinn", &[&plan[..], &["quin"]].concat())?.refused(65, "did you mean quinn?")?;
    run_as(&place, "quinn", &[&plan[..], &["quinn"]].concat())?.fine()?;

    run_as(&place, "lea", &sign)?.fine()?;
    run_as(&place, "lea", &sign)?.refused(65, "S1 is signed already, by lea")?;
    run_as(&place, "lea", &["sign", "S99", "--meaning", "x"])?
        .refused(66, "there is no sample S99: there is S1")?;
    let reviews = json_as(&place, "quinn", &["causes", "review", "list"])?;
    assert_eq!(
        (&reviews[0]["state"], &reviews[0]["owner"]),
        (&json!("open"), &json!("quinn")),
        "until it is done"
    );
    run_as(&place, "quinn", &["causes", "review", "close", "s1", "--why", "held"])?.fine()?;
    let reviews = json_as(&place, "quinn", &["causes", "review", "list"])?;
    assert_eq!((&reviews[0]["state"], &reviews[0]["why"]), (&json!("closed"), &json!("held")));
    let written = json_as(&place, "lea", &export)?;
    assert_eq!(written["held"], json!(0));
    let cases = cases(&place)?;
    assert!(cases.len() >= 60 && cases.contains(&missed), "{cases:?}");
    let signed = json_as(&place, "lea", &["sample", "result", "S1"])?;
    assert_eq!((&signed["signed"]["by"], &signed["held"]), (&json!("lea"), &json!(false)));
    place.run(&["--as", "lea", "verify"])?.fine()?;
    Ok(())
}

#[test]
fn a_sequential_sample_stops_when_its_bound_is_met() -> Outcome {
    let place = project(CHARTER, &reads())?;
    json_as(&place, "quinn", &["sample", "draw", "--sequential", "20", "--most", "60", "--seed", "5"])?;
    let order: Vec<String> = drawn(&logged(&place, "S1")?).into_iter().map(|(case, _)| case).collect();
    assert_eq!(order.len(), 60);
    let mut read = 0;
    for case in &order {
        let mine = lines_as(&place, "quinn", &["sample", "mine"])?;
        let Some(first) = mine.first() else { break };
        assert_eq!(first["case"], json!(case), "audits come in the order in which they were drawn");
        let answers: Vec<Json> = mine
            .iter()
            .filter(|of| of["case"] == json!(case))
            .map(|of| {
                let found = case.ends_with('0') && of["label"] == "opacity";
                let answer = if found { json!({ "value": "present" }) } else { json!("none") };
                json!({ "case": case, "dispute": of["dispute"], "answer": answer, "confidence": 4 })
            })
            .collect();
        decide_as(&place, "quinn", &answers)?;
        read += 1;
    }
    // The first n at which 1 − (20·(n + 1))^(−1/n) is at most 0.2.
    let bound = |n: u32| 1.0 - (20.0 * f64::from(n + 1)).powf(-1.0 / f64::from(n));
    let expected = (1..60).find(|n| bound(*n) <= 0.2).ok_or("never")?;
    assert_eq!(read, expected);
    let found = json_as(&place, "quinn", &["sample", "result", "S1"])?;
    assert_eq!((&found["accepted"], &found["read"]), (&json!(true), &json!(expected)));
    Ok(())
}

#[test]
fn what_differs_keeps_a_sequential_sample_open() -> Outcome {
    let place = project(CHARTER, &reads())?;
    json_as(&place, "quinn", &["sample", "draw", "--sequential", "20", "--most", "30", "--seed", "5"])?;
    let order: Vec<String> = drawn(&logged(&place, "S1")?).into_iter().map(|(case, _)| case).collect();
    let missed: Vec<&String> = order.iter().filter(|case| !case.ends_with('0')).take(8).collect();
    answer_all(&place, "quinn", |case| case.ends_with('0') || missed.iter().any(|missed| *missed == case))?;
    let found = json_as(&place, "quinn", &["sample", "result", "S1"])?;
    assert_eq!(
        (&found["read"], &found["suspected"], &found["accepted"]),
        (&json!(22), &json!(8), &Json::Null),
        "22 right alone would be enough, were the others left out"
    );
    assert!(found["upper95"].as_f64().is_some_and(|bound| bound > 8.0 / 30.0), "{found}");
    Ok(())
}

#[test]
fn what_a_sample_can_show_is_said_before_it_is_drawn() -> Outcome {
    let place = project(CHARTER, &reads())?;
    let outlook = json_as(&place, "quinn", &["sample", "draw", "--size", "59", "--seed", "7", "--dry-run"])?;
    let bounds: Vec<f64> =
        outlook["bounds"].as_array().into_iter().flatten().filter_map(Json::as_f64).collect();
    assert!(bounds.len() == 6 && (bounds[0] - (1.0 - 0.05f64.powf(1.0 / 59.0))).abs() < 1e-9, "{bounds:?}");
    assert!(bounds.windows(2).all(|pair| pair[0] < pair[1]), "{bounds:?}");
    assert_eq!((&outlook["size"], &outlook["accept"]), (&json!(59), &json!(1)));
    let words =
        run_as(&place, "quinn", &["sample", "draw", "--size", "59", "--seed", "7", "--dry-run"])?.fine()?.out;
    assert!(words.contains("would draw 59 of 60 cases"), "{words}");
    assert_eq!(json_as(&place, "quinn", &["sample", "list"])?, json!([]), "nothing was drawn");
    // By the tables a lot of 60 is letter E at level II, whose arrow leads to F at 2.5 %. By hand: of 60 with 3 wrong,
    // C(57, n) / C(60, n) is at most 0.1 from n = 32 on.
    for (design, size, accept) in
        [(&["--lq", "5"][..], 32, 0), (&["--aql", "2.5"], 20, 1), (&["--points", "1,0.05,20,0.1"], 18, 1)]
    {
        let arguments = [&["sample", "draw", "--seed", "7", "--dry-run"][..], design].concat();
        let outlook = json_as(&place, "quinn", &arguments)?;
        assert_eq!((&outlook["size"], &outlook["accept"]), (&json!(size), &json!(accept)), "{design:?}");
    }
    Ok(())
}

#[test]
fn what_makes_no_sample_is_refused_in_words() -> Outcome {
    let place = project(CHARTER, &reads())?;
    for (arguments, code, words) in [
        (&["--size", "5"][..], 2, "needs a seed"),
        (&["--seed", "5"], 2, "drawn by a seed that nobody sees"),
        (&["--size", "0", "--seed", "1"], 2, "0 is not in"),
        (&["--size", "5", "--lq", "5", "--seed", "1"], 2, "cannot be used with"),
        (&["--points", "1,2,3", "--seed", "1"], 2, "four numbers"),
        (&["--points", "5,0.05,1,0.1", "--seed", "1"], 65, "0 < good < bad"),
        (&["--aql", "0.3", "--seed", "1"], 65, "no plan for an acceptable quality of 0.3"),
        (&["--aql", "1", "--level", "IV", "--seed", "1"], 65, "no level of inspection"),
        (&["--lq", "0", "--seed", "1"], 65, "limiting quality"),
        (&["--lq", "120", "--seed", "1"], 65, "limiting quality"),
        (&["--sequential", "0", "--seed", "1"], 65, "bound"),
        (&["--sequential", "101", "--seed", "1"], 65, "bound"),
        (&["--size", "5", "--seed", "1", "--of", "work"], 2, "concordant"),
        (&["--size", "5", "--seed", "1", "--by", "colour"], 2, "label"),
        (&["--size", "5", "--seed", "1", "--label", "colour"], 66, "no label colour"),
        (&["--size", "5", "--seed", "1", "--of", "decided"], 65, "nothing that was adjudicated is final"),
        (&["--size", "5", "--seed", "1", "--to", "nobody"], 65, "holds no role of QA"),
        (&["--size", "5", "--seed", "1", "--to", "nobody", "--dry-run"], 65, "holds no role of QA"),
        (&["--size", "5", "--seed", "1", "--level", "II"], 2, "--level is the level of inspection of --aql"),
        (
            &["--aql", "1", "--seed", "1", "--accept", "2"],
            2,
            "--accept is the number up to which --lq accepts",
        ),
        (
            &["--lq", "5", "--seed", "1", "--most", "90"],
            2,
            "--most is the size at which --sequential gives up",
        ),
        (&["--level", "I"], 2, "says nothing of this sample"),
        (&["--lq", "5", "--seed", "1", "--of", "decided"], 65, "nothing that was adjudicated is final"),
        (
            &["--lq", "5", "--seed", "1", "--of", "decided", "--dry-run"],
            65,
            "nothing that was adjudicated is final",
        ),
        (&[], 65, "the charter's share is 0"),
        (&["--sequential", "5", "--seed", "1", "--by", "finding"], 65, "its bound knows no strata"),
        (&["--size", "5", "--seed", "1", "--by", "class", "--unit", "case"], 65, "a case is of no one class"),
    ] {
        let ran = run_as(&place, "quinn", &[&["sample", "draw"], arguments].concat())?;
        assert!(ran.code == code && ran.err.contains(words) && ran.out.is_empty(), "{arguments:?}: {ran:?}");
    }
    run_as(&place, "quinn", &["sample", "result", "S9"])?.refused(66, "there is no sample S9")?;
    run_as(&place, "lea", &["sign", "S9", "--meaning", "x"])?.refused(66, "S9")?;
    assert_eq!(json_as(&place, "quinn", &["sample", "list"])?, json!([]));
    Ok(())
}

#[test]
fn every_design_can_be_drawn_and_says_what_it_was() -> Outcome {
    let place = project(CHARTER, &reads())?;
    for (n, (arguments, design, rule)) in [
        (
            &["--size", "70"][..],
            json!({ "by": "size", "size": 70 }),
            json!({ "by": "tolerance", "share": 0.02 }),
        ),
        (
            &["--aql", "10", "--level", "S-1"],
            json!({ "by": "aql", "aql": 10.0, "level": "S-1" }),
            json!({ "by": "plan", "accept": 1 }),
        ),
        (
            &["--lq", "40", "--accept", "1"],
            json!({ "by": "lq", "lq": 40.0, "accept": 1 }),
            json!({ "by": "plan", "accept": 1 }),
        ),
        (
            &["--points", "1,0.1,50,0.1"],
            json!({ "by": "points", "good": 1.0, "alpha": 0.1, "bad": 50.0, "beta": 0.1 }),
            json!({ "by": "plan", "accept": 0 }),
        ),
        (
            &["--sequential", "30", "--most", "9"],
            json!({ "by": "sequential", "bound": 30.0, "most": 9 }),
            json!({ "by": "bound", "share": 0.3 }),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        // Each from a project of its own: what waits for an audit is in no other lot.
        let place = if n == 0 { &place } else { &project(CHARTER, &reads())? };
        let seeded = [&["sample", "draw", "--seed", "3"][..], arguments].concat();
        let found = json_as(place, "quinn", &seeded)?;
        assert_eq!((&found["design"], &found["rule"]), (&design, &rule), "{arguments:?}");
        let event = logged(place, "S1")?;
        assert_eq!((&event["design"], &event["rule"]), (&design, &rule), "{arguments:?}");
        assert_eq!(drawn(&event), drawn_again(&event), "{arguments:?}");
        // Of a lot that is smaller than what was asked for all are drawn, and the size says so.
        assert_eq!(found["size"].as_u64(), Some(drawn(&event).len() as u64), "{arguments:?}");
    }
    Ok(())
}
