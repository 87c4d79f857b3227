//! Several adjudicators of one case: what each of them says of why counts, and what two say alike counts once.

use serde_json::{Value as Json, json};

use crate::program::{Outcome, Place};

const CHARTER: &str = "name = \"two\"\nguideline = \"guideline.md\"\n[review]\nadjudicators = 2\nundo_minutes = 0\nmode = \"open\"\n\
                       escalate_severity = []\nescalate_confidence = 0\n[labels.grade]\nkind = \"ordinal\"\nlevels = [1, 2, 3, 4, 5]\n";
const GUIDELINE: &str = "# 1 Scope\nAll of it.\n\n## 1.2 Grades\nOne to five.\n";

/// Three cases on which two readers differ, for two adjudicators.
fn place() -> Result<Place, Box<dyn std::error::Error>> {
    let place = Place::new()?;
    place.write("charter.toml", CHARTER)?;
    place.write("guideline.md", GUIDELINE)?;
    place.run(&["init", "s.overread", "--charter", "charter.toml"])?.fine()?;
    let mut table = "case,reader,label,value\n".to_owned();
    for case in ["c1", "c2", "c3"] {
        table.push_str(&format!("{case},ann,grade,1\n{case},bob,grade,3\n"));
    }
    place.import(&table)?;
    let account = place.account()?;
    for (name, role) in [("dan", "adjudicator"), ("eve", "adjudicator"), ("lea", "lead"), ("quinn", "qa")] {
        place.run(&["people", "add", name, role])?.fine()?;
    }
    place.run(&["people", "add", &account, "--shared"])?.fine()?;
    Ok(place)
}

/// Lets somebody say that a case is a 3, and more.
fn decide(place: &Place, who: &str, case: &str, more: Json) -> Outcome {
    let mut decision =
        json!({ "case": case, "dispute": "grade#1", "answer": { "value": 3 }, "confidence": 4 });
    if let (Some(fields), Json::Object(more)) = (decision.as_object_mut(), more) {
        fields.extend(more);
    }
    place.feed(&["--as", who, "decide"], &decision.to_string())?.fine()?;
    Ok(())
}

/// Gives the letter of ann, who says 1.
fn ann(place: &Place, case: &str) -> Result<String, Box<dyn std::error::Error>> {
    let shown = place.run(&["--as", "lea", "show", case, "--json"])?.fine()?.json()?;
    let reads = shown["reads"].as_array().cloned().unwrap_or_default();
    let found = reads.iter().find(|read| read.pointer("/findings/0/value") == Some(&json!(1)));
    Ok(found.and_then(|read| read["reader"].as_str()).ok_or("ann has no letter")?.to_owned())
}

fn lead(place: &Place, arguments: &[&str]) -> Result<Json, Box<dyn std::error::Error>> {
    place.run(&[&["--as", "lea", "--json"], arguments].concat())?.fine()?.json()
}

/// Gives keys and counts of a chart.
fn bars(place: &Place, by: &str) -> Result<Vec<(String, u64)>, Box<dyn std::error::Error>> {
    let all = lead(place, &["causes", "--by", by])?;
    let of =
        |bar: &Json| (bar["key"].as_str().unwrap_or_default().to_owned(), bar["n"].as_u64().unwrap_or(0));
    Ok(all.as_array().into_iter().flatten().map(of).collect())
}

fn named(bars: &[(&str, u64)]) -> Vec<(String, u64)> {
    bars.iter().map(|(key, n)| ((*key).to_owned(), *n)).collect()
}

#[test]
fn causes_of_all_who_settled_an_item_are_united_and_count_once() -> Outcome {
    let place = place()?;
    let error = |case: &str, severity: &str, codes: &[&str]| -> Result<Json, Box<dyn std::error::Error>> {
        Ok(json!({ ann(&place, case)?: { "verdict": "error", "severity": severity, "cause": codes } }))
    };
    // They differ in the first case, say the same in the second, and one names nobody in the third.
    decide(
        &place,
        "dan",
        "c1",
        json!({ "clause": "1", "note": "at the edge", "verdicts": error("c1", "3a", &["P2"])? }),
    )?;
    assert_eq!(bars(&place, "code")?, [], "one of two settles nothing");
    decide(&place, "eve", "c1", json!({ "clause": "1.2", "verdicts": error("c1", "2a", &["I2", "P2"])? }))?;
    for who in ["dan", "eve"] {
        decide(&place, who, "c2", json!({ "clause": "1.2", "verdicts": error("c2", "2a", &["P2"])? }))?;
    }
    decide(&place, "dan", "c3", json!({ "verdicts": error("c3", "2a", &["G1"])? }))?;
    decide(&place, "eve", "c3", json!({ "root_cause": ["G1", "T1"] }))?;
    assert_eq!(bars(&place, "code")?, named(&[("P2", 2), ("G1", 1), ("I2", 1), ("T1", 1)]));
    assert_eq!(bars(&place, "family")?, named(&[("P", 2), ("G", 1), ("I", 1), ("T", 1)]));
    assert_eq!(bars(&place, "reader")?, named(&[("ann", 4), ("none", 1)]));
    // P2 of the first case stands under both clauses, and both adjudicators named it.
    assert_eq!(bars(&place, "clause")?, named(&[("1.2 Grades", 3), ("none", 2), ("1 Scope", 1)]));
    assert_eq!(bars(&place, "adjudicator")?, named(&[("eve", 4), ("dan", 3)]));
    // The export says of each item what both say: the union, and the highest severity.
    place.run(&["--as", "lea", "export", "--format", "jsonl", "-o", "t.jsonl"])?.fine()?;
    let text = std::fs::read_to_string(place.path("t.jsonl"))?;
    let lines: Vec<Json> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let first = lines.iter().find(|line| line["case"] == "c1").ok_or("c1 is not exported")?;
    assert_eq!(first["root_cause"], json!(["I2", "P2"]));
    assert_eq!(first["severity"], "3a");
    assert_eq!(first["clause"], "1 Scope; 1.2 Grades");
    assert_eq!(first["note"], "at the edge");
    let said = json!({ "verdict": "error", "severity": "3a", "cause": ["I2", "P2"] });
    assert_eq!(first["verdicts"]["ann"], said);
    assert_eq!(first["decided_by"], json!(["dan", "eve"]));
    let third = lines.iter().find(|line| line["case"] == "c3").ok_or("c3 is not exported")?;
    assert_eq!(third["root_cause"], json!(["G1", "T1"]));
    // So does the case.
    let shown = lead(&place, &["show", "c1"])?;
    assert_eq!(shown.pointer("/disputes/0/decision/root_cause"), Some(&json!(["I2", "P2"])));
    assert_eq!(shown.pointer("/disputes/0/decision/with"), Some(&json!(["dan"])));
    let told = place.run(&["--as", "lea", "show", "c1"])?.fine()?.out;
    assert!(told.contains("by eve with dan at"), "{told}");
    // Codes that QA gives afterwards take the place of what both said of ann.
    let letter = ann(&place, "c1")?;
    let set = ["--as", "quinn", "causes", "set", "c1", "grade#1", "--reader", &letter, "--code", "P3"];
    place.run(&set)?.fine()?;
    assert_eq!(bars(&place, "code")?, named(&[("G1", 1), ("P2", 1), ("P3", 1), ("T1", 1)]));
    let letter = ann(&place, "c3")?;
    let set = ["--as", "quinn", "causes", "set", "c3", "grade#1", "--reader", &letter, "--code", "G2"];
    place.run(&set)?.fine()?;
    assert_eq!(bars(&place, "code")?, named(&[("G1", 1), ("G2", 1), ("P2", 1), ("P3", 1), ("T1", 1)]));
    place.run(&["--as", "lea", "verify"])?.fine()?;
    Ok(())
}

#[test]
fn a_severity_and_a_cause_of_either_adjudicator_call_for_a_look_at_the_reader() -> Outcome {
    let place = place()?;
    for case in ["c1", "c2", "c3"] {
        let said = json!({ ann(&place, case)?: { "verdict": "error", "severity": "3b", "cause": ["P2"] } });
        decide(&place, "dan", case, json!({ "verdicts": said, "note": "it matters" }))?;
        decide(&place, "eve", case, json!({}))?;
    }
    let readers = lead(&place, &["readers"])?;
    let all = readers.as_array().cloned().unwrap_or_default();
    let of = all.iter().find(|of| of["reader"] == "ann").ok_or("ann is not measured")?;
    assert_eq!(of["severity_3b"], 3, "{of}");
    let triggers: Vec<&str> =
        of["triggers"].as_array().into_iter().flatten().filter_map(|one| one["trigger"].as_str()).collect();
    assert_eq!(triggers, ["severity-3b", "same-cause"]);
    let tickets = place.run(&["--as", "lea", "--json", "tickets"])?.fine()?.json()?;
    assert_eq!(
        (&tickets[0]["reader"], &tickets[0]["trigger"]),
        (&json!("ann"), &json!("severity-3b, same-cause"))
    );
    Ok(())
}

#[test]
fn what_each_asks_of_the_guideline_is_collected_and_the_same_of_both_once() -> Outcome {
    let place = place()?;
    let asks = |text: &str, clause: &str| {
        json!({ "confidence": 2, "clause": clause, "root_cause": "O1",
            "ambiguity": { "types": ["A9"], "guideline": text, "resolve": format!("{text} first") } })
    };
    decide(&place, "dan", "c1", asks("say what a 3 is", "1.2"))?;
    decide(&place, "eve", "c1", asks("say what a 3 is", "1.2"))?;
    decide(&place, "dan", "c2", asks("say what is in", "1"))?;
    decide(&place, "eve", "c2", asks("show a 3", "1.2"))?;
    let asked = lead(&place, &["causes", "requests"])?;
    let of = |request: &Json| {
        let texts = request["wishes"].as_array().cloned().unwrap_or_default();
        let texts: Vec<String> =
            texts.iter().map(|wish| wish["text"].as_str().unwrap_or_default().to_owned()).collect();
        (request["clause"].as_str().unwrap_or_default().to_owned(), request["codes"]["O1"].clone(), texts)
    };
    let all: Vec<_> = asked.as_array().into_iter().flatten().map(of).collect();
    let texts = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        all,
        [
            ("1.2 Grades".to_owned(), json!(2), texts(&["say what a 3 is", "show a 3"])),
            ("1 Scope".to_owned(), json!(1), texts(&["say what is in"])),
        ]
    );
    assert_eq!(bars(&place, "code")?, named(&[("O1", 2)]));
    Ok(())
}

#[test]
fn an_ambiguous_item_holds_what_both_say_of_it() -> Outcome {
    let place = place()?;
    let block = |one: f64, types: &str, resolve: &str, reducible: &str| {
        json!({ "answer": "ambiguous", "ambiguity": { "types": [types], "resolve": resolve, "reducible": reducible,
            "alternatives": [{ "value": 1, "weight": one }, { "value": 3, "weight": 1.0 - one }] } })
    };
    decide(&place, "dan", "c1", block(0.75, "A2", "a prior", "information"))?;
    decide(&place, "eve", "c1", block(0.25, "A7", "A lateral view", "irreducible"))?;
    decide(&place, "dan", "c2", block(0.5, "A2", "a prior", "irreducible"))?;
    decide(&place, "eve", "c2", block(0.5, "A2", "A prior", "irreducible"))?;
    let all = lead(&place, &["ambiguity"])?;
    let of = &all[0];
    assert_eq!(of["types"], json!({ "A2": 2, "A7": 1 }));
    assert_eq!(of["reducible"], json!({ "information": 1, "irreducible": 1 }));
    let resolve: Vec<(&Json, &Json)> =
        of["resolve"].as_array().into_iter().flatten().map(|said| (&said["what"], &said["n"])).collect();
    assert_eq!(resolve, [(&json!("a prior"), &json!(2)), (&json!("a lateral view"), &json!(1))]);
    place.run(&["--as", "lea", "export", "--format", "jsonl", "-o", "t.jsonl"])?.fine()?;
    let text = std::fs::read_to_string(place.path("t.jsonl"))?;
    let lines: Vec<Json> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let first = lines.iter().find(|line| line["case"] == "c1").ok_or("c1 is not exported")?;
    assert_eq!(first["soft"], json!({ "1": 0.5, "3": 0.5 }));
    Ok(())
}

#[test]
fn all_that_a_decision_says_is_told_in_words() -> Outcome {
    let place = place()?;
    let ann = ann(&place, "c1")?;
    let said = json!({ "answer": "ambiguous", "confidence": 3, "uncertain": true, "clause": "1.2", "note": "at the edge",
        "ambiguity": { "types": ["A2", "A7"], "resolve": "a lateral view", "reducible": "information", "handling": "soft",
            "variants": [ann], "dissent": "eve sees a 1", "guideline": { "clause": "1.2", "text": "say what a 3 is" },
            "alternatives": [{ "value": 1, "weight": 0.25 }, { "value": 3, "weight": 0.75 }] },
        "verdicts": { ann.clone(): { "verdict": "error", "severity": "2a", "cause": ["P1"], "note": "look again" } } });
    decide(&place, "dan", "c1", said)?;
    let told = place.run(&["--as", "dan", "show", "c1"])?.fine()?.out;
    for words in [
        "decided: ambiguous, confidence 3 of 5, uncertain, by dan at ",
        "alternatives: 1 0.25 · 3 0.75",
        "ambiguity: A2 subtle, A7 missing context (prior, view, history) · more information would settle it · would be \
         settled by “a lateral view”",
        &format!("acceptable too: {ann} · dissent: “eve sees a 1”"),
        "asked of the guideline: 1.2 Grades: “say what a 3 is”",
        &format!(
            "{ann}: error · severity 2a an understandable miss, unlikely to matter clinically · P1 not searched · \
         “look again”"
        ),
        "cause P1 not searched · clause 1.2 Grades",
        "note: at the edge",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    decide(&place, "dan", "c2", json!({ "answer": "exclude", "note": "too dark" }))?;
    let told = place.run(&["--as", "dan", "show", "c2"])?.fine()?.out;
    assert!(!told.contains("decided: –") && told.contains("decided: exclude, "), "{told}");
    Ok(())
}
