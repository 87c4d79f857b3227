//! What nobody can find out by counting: which case was drawn, what a case holds that somebody has yet to read, and which
//! units of a sample it pays to read.

use serde_json::{Value as Json, json};

use crate::cli_sample::{CHARTER, decide_as, drawn, json_as, lines_as, logged, project, reads, run_as, text};
use crate::program::{Outcome, Place, each};

fn audit(place: &Place, who: &str, waits: &[&Json], value: &str) -> Outcome {
    let answer = |of: &&Json| {
        let found = if of["label"] == "opacity" { json!({ "value": value }) } else { json!("none") };
        json!({ "case": of["case"], "dispute": of["dispute"], "answer": found, "confidence": 4 })
    };
    let told = decide_as(place, who, &waits.iter().map(answer).collect::<Vec<_>>())?;
    assert!(!told.is_empty() && each(&told, "ok").iter().all(|ok| **ok == json!(true)), "{told:?}");
    Ok(())
}

#[test]
fn no_list_and_no_log_tells_a_drawn_case_from_another() -> Outcome {
    let place = project(CHARTER, &reads())?;
    json_as(&place, "lea", &["sample", "draw", "--size", "5", "--seed", "2", "--to", "quinn"])?;
    let waits: Vec<String> = drawn(&logged(&place, "S1")?).into_iter().map(|(case, _)| case).collect();
    let other = (0..60).map(|n| format!("k{n:02}")).find(|case| !waits.contains(case)).unwrap_or_default();
    for who in ["ada", "abe", "otto"] {
        let lines = lines_as(&place, who, &["queue", "--state", "CONCORDANT"])?;
        assert_eq!((lines.len(), each(&lines, "kind")), (60, vec![&Json::Null; 60]), "{who}");
    }
    let first = waits.first().cloned().unwrap_or_default();
    let told = |case: &str| -> Result<Vec<String>, Box<dyn std::error::Error>> {
        for who in ["lea", "otto", "ada"] {
            run_as(&place, who, &["show", case])?.fine()?;
        }
        run_as(&place, "abe", &["log", "--case", case])?.fine()?;
        let lines = lines_as(&place, "ada", &["log", "--case", case])?;
        Ok(lines.iter().map(|line| format!("{} {}", text(&line["who"]), text(&line["action"]))).collect())
    };
    assert_eq!(told(&first)?, told(&other)?);
    Ok(())
}

#[test]
fn the_event_and_the_strata_of_a_sample_say_nothing_of_what_is_left() -> Outcome {
    let place = project(CHARTER, &reads())?;
    json_as(
        &place,
        "lea",
        &["sample", "draw", "--size", "4", "--by", "finding", "--seed", "5", "--to", "quinn"],
    )?;
    let event = |who: &str| -> Result<Json, Box<dyn std::error::Error>> {
        let all = lines_as(&place, who, &["log"])?;
        let of = all.into_iter().find(|line| line["action"] == "sample" && line["case"].is_null());
        Ok(of.map(|of| of["detail"].clone()).unwrap_or_default())
    };
    let whole = event("lea")?;
    assert!(whole["drawn"].as_array().is_some_and(|drawn| drawn.len() == 4), "{whole}");
    let read = |who: &str| -> Result<Vec<Json>, Box<dyn std::error::Error>> {
        let found = json_as(&place, who, &["sample", "result", "S1"])?;
        Ok(found["strata"].as_array().into_iter().flatten().map(|of| of["read"].clone()).collect())
    };
    let mine = lines_as(&place, "quinn", &["sample", "mine"])?;
    let case = text(&mine[0]["case"]);
    let (one, rest): (Vec<&Json>, Vec<&Json>) = mine.iter().partition(|of| of["case"] == json!(case));
    audit(&place, "quinn", &one, "absent")?;
    let unread = event("quinn")?;
    assert!(unread["drawn"].is_null() && unread["lot"].is_null() && unread["seed"] == json!(5), "{unread}");
    assert_eq!(read("quinn")?, [Json::Null, Json::Null]);
    assert!(read("lea")?.iter().all(Json::is_u64));
    audit(&place, "quinn", &rest, "absent")?;
    assert_eq!(event("quinn")?, whole);
    assert!(read("quinn")?.iter().all(Json::is_u64));
    Ok(())
}

#[test]
fn whoever_reads_a_sequential_sample_out_of_order_does_not_end_it() -> Outcome {
    let place = project(CHARTER, &reads())?;
    json_as(&place, "lea", &["sample", "draw", "--sequential", "30", "--seed", "3", "--to", "quinn"])?;
    let mine = lines_as(&place, "quinn", &["sample", "mine"])?;
    let of = |cases: std::ops::Range<usize>| -> Vec<&Json> {
        let mut order: Vec<&Json> = Vec::new();
        for one in each(&mine, "case") {
            if !order.contains(&one) {
                order.push(one);
            }
        }
        let wanted = order.get(cases).unwrap_or_default();
        mine.iter().filter(|of| wanted.contains(&&of["case"])).collect()
    };
    let find = |of: &[&Json]| -> Outcome {
        for waits in of {
            let value = if text(&waits["case"]).ends_with('0') { "present" } else { "absent" };
            audit(&place, "quinn", &[*waits], value)?;
        }
        Ok(())
    };
    find(&of(1..50))?;
    let found = json_as(&place, "lea", &["sample", "result", "S1"])?;
    assert_eq!(
        (&found["accepted"], &found["upper95"], &found["read"]),
        (&Json::Null, &Json::Null, &json!(49))
    );
    find(&of(0..1))?;
    let found = json_as(&place, "lea", &["sample", "result", "S1"])?;
    assert_eq!((&found["accepted"], &found["read"]), (&json!(true), &json!(50)));
    run_as(&place, "lea", &["sample", "draw", "--sequential", "5", "--most", "0", "--seed", "1"])?
        .refused(65, "--most is 1 at least")?;
    Ok(())
}

#[test]
fn a_figure_of_one_site_leaves_out_what_somebody_has_yet_to_read() -> Outcome {
    let place = project(CHARTER, &reads())?;
    place.write("north.csv", "case,reader,label,value\nz1,ann,opacity,present\nz1,bob,opacity,present\n")?;
    run_as(&place, "lea", &["import", "north.csv", "--site", "north"])?.fine()?;
    let numbers = |who: &str| -> Result<Json, Box<dyn std::error::Error>> {
        json_as(&place, who, &["balance", "--site", "north", "--label", "opacity"])
    };
    let before = numbers("quinn")?;
    json_as(
        &place,
        "lea",
        &["sample", "draw", "--site", "north", "--size", "1", "--seed", "1", "--to", "quinn"],
    )?;
    assert_eq!(numbers("lea")?, before);
    assert_ne!(numbers("quinn")?, before);
    assert!(!numbers("quinn")?.to_string().contains("\"n\":1"), "{}", numbers("quinn")?);
    Ok(())
}
