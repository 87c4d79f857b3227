//! The reference standard, written here and read back by others.

use std::collections::BTreeMap;

use super::*;
use crate::domain::case::State;
use crate::domain::decision::{Alternative, Ambiguity, Verdict, VerdictKind};
use crate::domain::geometry::Geometry;
use crate::domain::item::{Choice, DisputeType};
use crate::formats::export::{COLUMNS, Csv, Truth, jsonl};

fn truths() -> Vec<Truth> {
    let geometry = Geometry {
        shape: Shape::Box { points: [[1.0, 2.5], [30.0, 40.0]] },
        image: "1.2.3".into(),
        frame: 2,
    };
    let verdict = Verdict { verdict: VerdictKind::Slip, cause: vec!["S1".into()], ..Verdict::default() };
    vec![
        Truth {
            case: "=HYPERLINK(\"x\")".into(),
            item: "0a1b".into(),
            label: "Lung, \"opacity\"\r\nboth".into(),
            kind: Some(DisputeType::Extent),
            state: Some(State::Final),
            method: "adopt".into(),
            outcome: "RESOLVED".into(),
            geometry: vec![geometry.clone()],
            confidence: Some(4),
            verdicts: BTreeMap::from([("R1".into(), verdict)]),
            root_cause: vec!["S1".into(), "G".into()],
            severity: Some("2a".into()),
            note: Some("-1 is no formula".into()),
            decided_by: vec!["anna".into(), "bert".into()],
            decided_at: Some("2024-01-01T00:00:00Z".into()),
            charter: 3,
            reads: Some(BTreeMap::from([(
                "R1".into(),
                Choice { shapes: vec![geometry], ..Choice::default() },
            )])),
            ..Truth::default()
        },
        Truth {
            case: "case 2".into(),
            label: "grade".into(),
            value: Some(Value::Number(-1.5)),
            soft: BTreeMap::from([("2".into(), 0.25), ("3".into(), 0.75)]),
            uncertain: true,
            ambiguity: Some(Ambiguity {
                types: vec!["A1".into()],
                alternatives: vec![Alternative { value: serde_json::json!(2), weight: 0.25 }],
                ..Ambiguity::default()
            }),
            ..Truth::default()
        },
        Truth { value: Some(Value::Text("@present".into())), ..Truth::default() },
    ]
}

#[test]
fn json_lines_are_exact() -> Done {
    let mut out = Vec::new();
    for truth in &truths() {
        jsonl(&mut out, truth)?;
    }
    let text = String::from_utf8(out)?;
    let read: Vec<Truth> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    assert_eq!(read, truths());
    let first: serde_json::Value = serde_json::from_str(text.lines().next().ok_or("no line")?)?;
    assert_eq!((first["type"].as_str(), first["state"].as_str()), (Some("EXTENT"), Some("FINAL")));
    Ok(())
}

#[test]
fn csv_says_the_same_and_starts_no_formula() -> Done {
    let mut out = Csv::new(Vec::new())?;
    for truth in &truths() {
        out.write(truth)?;
    }
    let bytes = out.finish()?;
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    assert_eq!(reader.headers()?.iter().collect::<Vec<_>>(), COLUMNS);
    let read: Vec<BTreeMap<String, String>> = reader.deserialize().collect::<Result<_, _>>()?;
    let cell = |line: usize, column: &str| {
        read.get(line).and_then(|cells| cells.get(column)).map_or("?", String::as_str)
    };
    for (line, column, expected) in [
        (0, "case", "'=HYPERLINK(\"x\")"),
        (0, "label", "Lung, \"opacity\"\r\nboth"),
        (0, "type", "EXTENT"),
        (0, "state", "FINAL"),
        (0, "x_min", "1"),
        (0, "y_max", "40"),
        (0, "confidence", "4"),
        (0, "note", "'-1 is no formula"),
        (0, "root_cause", "S1 G"),
        (0, "decided_by", "anna; bert"),
        (0, "value", ""),
        (1, "value", "-1.5"),
        (1, "x_min", ""),
        (1, "soft", "{\"2\":0.25,\"3\":0.75}"),
        (1, "uncertain", "true"),
        (1, "type", ""),
        (2, "value", "'@present"),
    ] {
        assert_eq!(cell(line, column), expected, "{line} {column}");
    }
    let geometry: Vec<Geometry> = serde_json::from_str(cell(0, "geometry"))?;
    let verdicts: BTreeMap<String, Verdict> = serde_json::from_str(cell(0, "verdicts"))?;
    let ambiguity: Ambiguity = serde_json::from_str(cell(1, "ambiguity"))?;
    let reads: BTreeMap<String, Choice> = serde_json::from_str(cell(0, "reads"))?;
    let expected = truths();
    let (first, second) = (&expected[0], &expected[1]);
    assert_eq!(
        (&geometry, &verdicts, Some(&reads)),
        (&first.geometry, &first.verdicts, first.reads.as_ref())
    );
    assert_eq!(Some(&ambiguity), second.ambiguity.as_ref());
    Ok(())
}

proptest::proptest! {
    #[test]
    fn no_text_becomes_a_formula_or_another_cell(text in ".{0,12}") {
        let truth = Truth { case: text.clone(), note: Some(text.clone()), clause: Some("end".into()), ..Truth::default() };
        let written = Csv::new(Vec::new()).and_then(|mut out| { out.write(&truth)?; out.finish() }).unwrap_or_default();
        let mut reader = csv::Reader::from_reader(written.as_slice());
        let record = reader.records().next().and_then(Result::ok).unwrap_or_default();
        let case = record.get(0).unwrap_or("?");
        let guarded = format!("'{text}");
        proptest::prop_assert!(case == text || case == guarded);
        proptest::prop_assert!(!case.starts_with(['=', '+', '-', '@', '\t', '\r']));
        proptest::prop_assert_eq!(record.get(20), Some("end"));
        let mut line = Vec::new();
        proptest::prop_assert!(jsonl(&mut line, &truth).is_ok());
        proptest::prop_assert_eq!(serde_json::from_slice::<Truth>(&line).ok(), Some(truth));
    }
}
