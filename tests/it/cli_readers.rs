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
    assert_eq!(row(&all, "bob", "grade")?["disagreement_index"], 0.5);
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
    let table = place.run(["readers"])?.fine()?;
    assert!(table.contains("severity-3b, same-cause P1"), "{table}");
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
