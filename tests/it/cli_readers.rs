//! `readers`: what is counted for and against a reader once a case is settled, and what is not.

use std::error::Error;

use serde_json::{Value as Json, json};

use crate::cli_agree::project;
use crate::common::{Outcome, Place};

const CHARTER: &str = "name = \"t\"
[review]
mode = \"open\"
undo_minutes = 0
escalate_severity = []
[labels.opacity]
kind = \"present\"
[labels.grade]
kind = \"ordinal\"
levels = [1, 2, 3, 4]
tolerance = 1
[triggers]
min_n = 3
same_cause = 1
";

/// Ann marks everything but p6, and bob nothing but p5.
fn reads() -> String {
    let mut table = "case,reader,label,value\n".to_owned();
    for case in 1..=7 {
        let (ann, bob) =
            (if case == 6 { "absent" } else { "present" }, if case == 5 { "present" } else { "absent" });
        table.push_str(&format!("p{case},ann,opacity,{ann}\np{case},bob,opacity,{bob}\n"));
    }
    table.push_str("g1,ann,grade,1\ng1,bob,grade,4\ng2,ann,grade,1\ng2,bob,grade,3\n");
    table
}

/// Gives the letter under which a case shows the reader who said something.
fn letter(place: &Place, case: &str, value: &Json) -> Result<String, Box<dyn Error>> {
    let shown = place.run(["show", case, "--json"])?.json()?;
    let reads = shown["reads"].as_array().cloned().unwrap_or_default();
    let found = reads.iter().find(|read| read["findings"][0]["value"] == *value);
    Ok(found.and_then(|read| read["reader"].as_str()).ok_or_else(|| format!("{shown}"))?.to_owned())
}

fn decide(place: &Place, case: &str, label: &str, answer: Json, more: &Json) -> Outcome {
    let mut decision =
        json!({ "case": case, "dispute": format!("{label}#1"), "answer": answer, "confidence": 4 });
    if let (Some(fields), Some(more)) = (decision.as_object_mut(), more.as_object()) {
        fields.extend(more.clone());
    }
    place.feed(["decide"], &decision.to_string())?.fine().map(drop)
}

fn row(all: &Json, reader: &str, label: &str) -> Result<Json, Box<dyn Error>> {
    let rows = all.as_array().ok_or("no list")?;
    let found = rows.iter().find(|row| row["reader"] == reader && row["label"] == label);
    Ok(found.ok_or_else(|| format!("no {reader} {label} in {all}"))?.clone())
}

fn settled() -> Result<Place, Box<dyn Error>> {
    let place = project(CHARTER, &reads())?;
    let none = json!({});
    decide(&place, "p1", "opacity", json!({ "value": "present" }), &none)?;
    let bob = letter(&place, "p2", &"absent".into())?;
    let missed = json!({ bob: { "verdict": "error", "severity": "3b", "cause": ["P1"] } });
    let more = json!({ "verdicts": missed, "note": "a large one" });
    decide(&place, "p2", "opacity", json!({ "value": "present" }), &more)?;
    decide(&place, "p3", "opacity", json!({ "value": "absent" }), &none)?;
    let unsure = json!({ "types": ["A2"], "alternatives": [{ "value": "present", "weight": 0.5 }, { "value": "absent", "weight": 0.5 }] });
    decide(&place, "p4", "opacity", json!("ambiguous"), &json!({ "ambiguity": unsure }))?;
    let bob = letter(&place, "p7", &"absent".into())?;
    let more = json!({ "verdicts": { bob: { "verdict": "justifiable" } } });
    decide(&place, "p7", "opacity", json!({ "value": "present" }), &more)?;
    decide(&place, "g1", "grade", json!({ "value": 2 }), &none)?;
    Ok(place)
}

#[test]
fn only_what_was_adjudicated_counts_and_nothing_that_is_justifiable() -> Outcome {
    let place = settled()?;
    let all = place.run(["readers", "--json"])?.json()?;
    let figures = |reader: &str, label: &str| -> Result<Vec<Json>, Box<dyn Error>> {
        let row = row(&all, reader, label)?;
        let rate = |name: &str| json!([row[name]["value"], row[name]["n"]]);
        let fields = ["n", "adjudicated", "disagreement_index", "endorsement", "justifiable"];
        let fields = fields.into_iter().map(|name| row[name].clone());
        Ok(fields.chain([rate("sensitivity"), rate("specificity"), row["kappa"]["n"].clone()]).collect())
    };
    // p1, p2 and p7 are there and p3 is not; p4 is ambiguous, p5 and p6 are agreed on and count as read alone.
    let ann = [
        json!(7),
        json!(4),
        json!(1.0 / 7.0),
        json!(0.75),
        json!(0),
        json!([1.0, 3]),
        json!([0.0, 1]),
        json!(4),
    ];
    assert_eq!(figures("ann", "opacity")?, ann);
    let bob = [
        json!(7),
        json!(3),
        json!(2.0 / 7.0),
        json!(1.0 / 3.0),
        json!(1),
        json!([0.0, 2]),
        json!([1.0, 1]),
        json!(3),
    ];
    assert_eq!(figures("bob", "opacity")?, bob);
    // A grade within the tolerance is no disagreement; more than two levels have no sensitivity.
    let ann = row(&all, "ann", "grade")?;
    assert_eq!(
        (&ann["n"], &ann["disagreement_index"], &ann["endorsement"]),
        (&json!(2), &json!(0.0), &json!(1.0))
    );
    assert!(ann["sensitivity"]["value"].is_null(), "{ann}");
    assert_eq!(ann["sensitivity"]["why"], "only defined for two levels");
    // What nobody has settled yet is neither for the reader nor against them.
    let bob = row(&all, "bob", "grade")?;
    assert_eq!(
        (&bob["disagreement_index"], &bob["settled"], &bob["open"]),
        (&json!(1.0), &json!(1), &json!(1))
    );
    let interval = row(&all, "ann", "opacity")?["sensitivity"].clone();
    assert!(
        interval["low"].as_f64().is_some_and(|low| (0.43..0.44).contains(&low)) && interval["high"] == 1.0
    );
    Ok(())
}

#[test]
fn what_calls_for_a_look_is_told_by_name() -> Outcome {
    let place = settled()?;
    let all = place.run(["readers", "--label", "opacity", "--json"])?.json()?;
    let names = |row: &Json| -> Vec<String> {
        let triggers = row["triggers"].as_array().cloned().unwrap_or_default();
        triggers.iter().filter_map(|one| one["trigger"].as_str().map(str::to_owned)).collect()
    };
    let bob = row(&all, "bob", "opacity")?;
    let told = names(&bob);
    assert!(told.contains(&"severity-3b".to_owned()) && told.contains(&"same-cause".to_owned()), "{bob}");
    assert_eq!((&bob["severity_3b"], &bob["severity_2b"]), (&json!(1), &json!(0)));
    assert!(!names(&row(&all, "ann", "opacity")?).contains(&"severity-3b".to_owned()));
    assert!(bob["disagreement_limit"].as_f64().is_some_and(|limit| limit > 0.5), "{bob}");
    for trigger in bob["triggers"].as_array().ok_or("no triggers")? {
        assert_eq!(trigger["cases"], json!(["p2"]), "{trigger}");
    }
    let table = place.run(["readers"])?.fine()?;
    assert!(table.contains("severity-3b, same-cause P1"), "{table}");
    assert!(table.contains("bob on opacity: 1 of severity 3b: p2"), "{table}");
    Ok(())
}

#[test]
fn a_window_leaves_out_what_came_before_and_what_waits_counts_later() -> Outcome {
    let place = settled()?;
    assert_eq!(place.run(["readers", "--window", "2100-01-01", "--json"])?.json()?, json!([]));
    let (week, all) =
        (place.run(["readers", "--window", "7d", "--json"])?.json()?, place.run(["readers", "--json"])?);
    assert_eq!(week, all.json()?);
    let wrong = place.run(["readers", "--window", "soon"])?;
    assert!(wrong.code == Some(2) && wrong.stderr.contains("soon is no moment"), "{wrong:?}");
    assert_eq!(place.run(["readers", "--label", "size"])?.code, Some(66));

    let place = project(&CHARTER.replace("undo_minutes = 0", "undo_minutes = 60"), &reads())?;
    decide(&place, "p1", "opacity", json!({ "value": "present" }), &json!({}))?;
    let waits = row(&place.run(["readers", "--json"])?.json()?, "bob", "opacity")?;
    assert_eq!(
        (&waits["provisional"], &waits["adjudicated"], &waits["disagreement_index"]),
        (&json!(1), &json!(0), &json!(0.0))
    );
    assert!(place.run(["readers"])?.fine()?.contains("1 answer of a reader still can be undone"));
    place.run(["finalise", "p1"])?.fine()?;
    let counts = row(&place.run(["readers", "--json"])?.json()?, "bob", "opacity")?;
    assert_eq!((&counts["provisional"], &counts["adjudicated"]), (&json!(0), &json!(1)));
    Ok(())
}

/// Fourteen weeks of 25 cases. Bob misses one a week, and ten a week from the twelfth on; ann is always right, which a
/// third person decides.
fn weeks() -> Result<Place, Box<dyn Error>> {
    let mut table = "case,reader,label,value,read_at\n".to_owned();
    let mut decisions = String::new();
    for week in 0..14 {
        let missed = if week < 11 { 1 } else { 10 };
        for case in 0..25 {
            let bob = if case < missed { "absent" } else { "present" };
            let day = 5 + 7 * week;
            let (month, day) = [(1, 31), (2, 28), (3, 31), (4, 30)]
                .iter()
                .try_fold(
                    day,
                    |left, (month, days)| if left <= *days { Err((*month, left)) } else { Ok(left - days) },
                )
                .err()
                .ok_or("beyond April")?;
            let name = format!("w{week:02}c{case:02}");
            for (reader, said, minute) in [("ann", "present", 0), ("bob", bob, 30)] {
                let at = format!("2026-{month:02}-{day:02}T08:{:02}:{minute:02}Z", case);
                table.push_str(&format!("{name},{reader},opacity,{said},{at}\n"));
            }
            if case < missed {
                let line = json!({ "case": name, "dispute": "opacity#1", "answer": { "value": "present" }, "confidence": 4 });
                decisions.push_str(&format!("{line}\n"));
            }
        }
    }
    let place = project(&CHARTER.replace("min_n = 3", "min_n = 20"), &table)?;
    place.feed(["decide"], &decisions)?.fine()?;
    Ok(place)
}

#[test]
fn a_reader_who_gets_worse_is_told_with_the_week() -> Outcome {
    let place = weeks()?;
    let all = place.run(["readers", "--label", "opacity", "--json"])?.json()?;
    let bob = row(&all, "bob", "opacity")?;
    let since = |name: &str| -> Option<String> {
        let triggers = bob["triggers"].as_array()?;
        triggers.iter().find(|one| one["trigger"] == name)?["since"].as_str().map(str::to_owned)
    };
    for chart in ["p-chart", "ewma", "cusum"] {
        let week = since(chart).ok_or_else(|| format!("{chart} in {bob}"))?;
        assert!(("2026-03-23".."2026-04-07").contains(&week.as_str()), "{chart} {week}");
    }
    let samples = bob["chart"]["samples"].as_array().ok_or("no samples")?;
    assert_eq!(samples.len(), 14);
    assert_eq!(
        (&samples[0]["week"], &samples[0]["n"], &samples[0]["share"]),
        (&json!("2026-01-05"), &json!(25), &json!(0.04))
    );
    assert_eq!(samples[12]["alarm"], "beyond");
    // One a minute in a week's sitting.
    assert_eq!(
        (&bob["seconds_per_read"]["value"], &bob["seconds_per_read"]["n"]),
        (&json!(60.0), &json!(14 * 24))
    );
    let ann = row(&all, "ann", "opacity")?;
    assert_eq!(ann["triggers"], json!([]));
    assert!(
        ann["chart"]["why"].as_str().is_some_and(|why| why.contains("no final answer is another")),
        "{ann}"
    );
    let effect = bob["team_effect"].as_f64().ok_or("no effect")?;
    assert!(
        effect > 0.0
            && bob["team_index"] == 0.0
            && ann["team_effect"].as_f64() == Some(effect - 41.0 / 350.0)
    );
    let table = place.run(["readers"])?.fine()?;
    assert!(table.contains("p-chart since the week of"), "{table}");
    // Within the last weeks alone there is no change.
    let late = place.run(["readers", "--window", "2026-03-23", "--json"])?.json()?;
    assert_eq!(row(&late, "bob", "opacity")?["n"], 14 * 25 - 11 * 25);
    Ok(())
}

#[test]
fn shapes_false_marks_and_repeats_are_measured_too() -> Outcome {
    let charter = "name = \"t\"\n[reads]\nrequired = 2\n[review]\nmode = \"open\"\nundo_minutes = 0\n[labels.lesion]\nkind = \"box\"\n";
    let table = "case,reader,label,x_min,y_min,x_max,y_max
p1,ann,lesion,0,0,10,10
p1,bob,lesion,0,0,10,4
p2,ann,lesion,30,30,40,40
p2,bob,,,,,
";
    let place = project(charter, table)?;
    let kept = json!({ "type": "box", "image": "p1", "frame": 0, "points": [[0.0, 0.0], [10.0, 10.0]] });
    decide(&place, "p1", "lesion", json!({ "geometry": kept }), &json!({}))?;
    let shown = place.run(["show", "p2", "--json"])?.json()?;
    let candidates = shown["disputes"][0]["candidates"].as_array().cloned().unwrap_or_default();
    let nothing = candidates.iter().find(|one| one["value"] == "absent").ok_or("nobody says that")?;
    decide(&place, "p2", "lesion", json!({ "adopt": nothing["n"] }), &json!({}))?;
    let all = place.run(["readers", "--json"])?.json()?;
    let (ann, bob) = (row(&all, "ann", "lesion")?, row(&all, "bob", "lesion")?);
    assert_eq!(
        (&ann["geometry"]["median_iou"]["value"], &bob["geometry"]["median_iou"]["value"]),
        (&json!(1.0), &json!(0.4))
    );
    // The lower edge lies six pixels away, and the sides' lower cells up to six.
    assert_eq!(
        (&bob["geometry"]["median_distance"]["value"], &bob["geometry"]["unit"]),
        (&json!(6.0), &json!("px"))
    );
    let rate = |of: &Json| {
        (of["false_positives_per_image"]["value"].clone(), of["false_positives_per_image"]["n"].clone())
    };
    assert_eq!((rate(&ann), rate(&bob)), ((json!(0.5), json!(2)), (json!(0.0), json!(2))));
    assert!(ann["self_consistency"]["why"].as_str().is_some_and(|why| why.contains("without a place")));

    let table = "case,reader,label,value
a,ann,grade,1
a,ann,grade,1
a,bob,grade,1
b,ann,grade,2
b,ann,grade,4
b,bob,grade,4
";
    let place = project(CHARTER, table)?;
    let ann = row(&place.run(["readers", "--json"])?.json()?, "ann", "grade")?;
    assert_eq!((&ann["self_consistency"]["value"], &ann["self_consistency"]["n"]), (&json!(0.5), &json!(2)));
    assert!(ann["self_kappa"]["value"].as_f64().is_some_and(|kappa| kappa < 1.0), "{ann}");
    Ok(())
}

#[test]
fn adjudicators_are_measured_where_there_is_something_to_measure() -> Outcome {
    let place = settled()?;
    let all = place.run(["readers", "--adjudicators", "--json"])?.json()?;
    let rows = all["adjudicators"].as_array().ok_or("no list")?;
    let opacity = rows.iter().find(|row| row["label"] == "opacity").ok_or("no opacity")?;
    assert_eq!((&opacity["decided"], &opacity["looks"], &all["pairs"]), (&json!(5), &json!(0), &json!([])));
    assert!(
        opacity["self_agreement"]["why"].as_str().is_some_and(|why| why.contains("28 days")),
        "{opacity}"
    );
    let table = place.run(["readers", "--adjudicators"])?.fine()?;
    assert!(table.contains("left empty: the charter asks for no own look"), "{table}");
    assert_eq!(place.run(["readers", "--adjudicators", "--window", "7d"])?.code, Some(2));
    Ok(())
}

#[test]
fn the_balance_names_what_is_rare_and_where_more_of_it_waits() -> Outcome {
    let mut table = "case,reader,label,value\n".to_owned();
    for case in 0..100 {
        let value = if case < 3 { 4 } else { 1 };
        table.push_str(&format!("c{case:03},ann,grade,{value}\nc{case:03},bob,grade,{value}\n"));
    }
    // Two wait: in one of them both ends are said, in the other the rare one isn't.
    table.push_str("w1,ann,grade,4\nw1,bob,grade,1\nw2,ann,grade,3\nw2,bob,grade,1\n");
    let place = project(CHARTER, &table)?;
    let all = place.run(["balance", "--label", "grade", "--json"])?.json()?;
    let of = &all[0];
    assert_eq!(
        (&of["settled"], &of["open"], &of["reads"], &of["unit"]),
        (&json!(100), &json!(2), &json!(204), &json!("item"))
    );
    let class = |level: i64| {
        of["classes"].as_array().and_then(|all| all.iter().find(|one| one["level"] == level)).cloned()
    };
    let (common, rare) = (class(1).ok_or("no 1")?, class(4).ok_or("no 4")?);
    assert_eq!(
        (&common["rare"], &rare["rare"], &rare["settled"], &rare["waiting"]),
        (&json!(false), &json!(true), &json!(3), &json!(1))
    );
    assert_eq!(rare["prevalence"]["value"], 0.03);
    let widths: Vec<f64> = rare["more"]
        .as_array()
        .ok_or("no more")?
        .iter()
        .filter_map(|more| more["sensitivity_width"].as_f64())
        .collect();
    assert!(widths.len() == 3 && widths.windows(2).all(|two| two[1] < two[0]), "{widths:?}");
    let next: Vec<&Json> = of["next"].as_array().ok_or("no next")?.iter().map(|next| &next["case"]).collect();
    assert_eq!(next, ["w1", "w2"]);
    let table = place.run(["balance"])?.fine()?;
    assert!(table.contains("w1") && table.contains("rare: fewer than 5 %"), "{table}");
    Ok(())
}

#[test]
fn final_answers_of_one_level_alone_accuse_nobody() -> Outcome {
    let charter = CHARTER.replace("min_n = 3", "min_n = 3\nkappa_floor = 0.4");
    let mut table = "case,reader,label,value\n".to_owned();
    for case in 1..=6 {
        // Each errs half of the time, and nothing is ever there.
        let (ann, bob) = if case % 2 == 0 { ("present", "absent") } else { ("absent", "present") };
        table.push_str(&format!("p{case},ann,opacity,{ann}\np{case},bob,opacity,{bob}\n"));
    }
    let place = project(&charter, &table)?;
    for case in 1..=6 {
        decide(&place, &format!("p{case}"), "opacity", json!({ "value": "absent" }), &json!({}))?;
    }
    let all = place.run(["readers", "--json"])?.json()?;
    for reader in ["ann", "bob"] {
        let row = row(&all, reader, "opacity")?;
        assert!(row["kappa"]["value"].is_null(), "{row}");
        assert!(row["kappa"]["why"].as_str().is_some_and(|why| why.contains("one level alone")), "{row}");
        let triggers = row["triggers"].as_array().cloned().unwrap_or_default();
        assert!(triggers.iter().all(|trigger| trigger["trigger"] != "kappa-floor"), "{row}");
    }
    Ok(())
}

#[test]
fn every_list_can_be_cut() -> Outcome {
    let place = settled()?;
    let list =
        |arguments: &[&str], field: Option<&str>, limit: Option<&str>| -> Result<Vec<Json>, Box<dyn Error>> {
            let limit = limit.map_or(Vec::new(), |n| vec!["--limit", n]);
            let found = place.run([arguments, &limit, &["--json"]].concat())?.json()?;
            let list = field.map_or(&found, |field| &found[field]).as_array();
            Ok(list.ok_or_else(|| format!("no list in {found}"))?.clone())
        };
    let lists: [(&[&str], Option<&str>); 5] = [
        (&["agree"], None),
        (&["readers"], None),
        (&["readers", "--adjudicators"], Some("adjudicators")),
        (&["balance"], None),
        (&["consensus", "--method", "majority", "--label", "grade"], Some("items")),
    ];
    for (arguments, field) in lists {
        let all = list(arguments, field, None)?;
        assert!(all.len() >= 2, "{arguments:?}: {all:?}");
        assert_eq!(list(arguments, field, Some("1"))?, all[..1], "{arguments:?}");
        assert_eq!(list(arguments, field, Some("99"))?, all, "{arguments:?}");
    }
    Ok(())
}
