//! Properties of decisions that hold for every draft.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::Decision;
use super::tests::{dan, review};
use crate::domain::case::story::*;
use crate::domain::charter::Mode;

fn any_answer() -> impl Strategy<Value = Json> {
    prop_oneof![
        any::<u32>().prop_map(|n| json!({"adopt": n % 4})),
        Just(json!({"adopt_reader": "A"})),
        prop_oneof![Just("majority"), Just("mean"), Just("median"), Just("union"), Just("intersection"), Just("x")]
            .prop_map(|method| json!({"merge": method})),
        prop_oneof![Just(json!("present")), Just(json!(3)), Just(json!(1e300)), Just(json!("uncertain"))]
            .prop_map(|value| json!({"value": value})),
        prop::array::uniform4(prop_oneof![Just(-1.0), Just(0.0), Just(1e308), Just(20.0), Just(40.0)]).prop_map(
            |[a, b, c, d]| json!({"geometry": {"type": "box", "points": [[a, b], [c, d]], "image": "1.2.3"}})
        ),
        prop_oneof![
            Just("none"),
            Just("ambiguous"),
            Just("exclude"),
            Just("defer"),
            Just("return"),
            Just("escalate"),
            Just("discuss")
        ]
        .prop_map(|word| json!(word)),
    ]
}

fn any_line() -> impl Strategy<Value = Json> {
    let dispute =
        prop_oneof![Just("opacity#1"), Just("grade#1"), Just("size#1"), Just("lesion#1"), Just("no#1")];
    let verdicts = prop_oneof![
        Just(json!({})),
        Just(json!({"A": {"verdict": "slip", "cause": ["S"]}})),
        Just(json!({"B": {"verdict": "error", "severity": "3a", "cause": ["P1"]}})),
    ];
    (dispute, any_answer(), prop::option::of(0..7u8), any::<bool>(), prop::option::of(Just("why")), verdicts)
        .prop_map(|(dispute, answer, confidence, first_look, note, verdicts)| {
            json!({"dispute": dispute, "answer": answer, "confidence": confidence, "first_look": first_look,
                "note": note, "verdicts": verdicts, "ambiguity": {"types": ["A2"]}})
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_taken_fits_the_case_and_what_is_refused_has_words(
        lines in prop::collection::vec((any_line(), 0..3usize), 1..15), mode in 0..3usize
    ) {
        let modes = [Mode::Select, Mode::ThirdRead, Mode::Open];
        let findings = |n: f64| vec![
            says("opacity", if n > 1.0 { "present" } else { "absent" }),
            says("grade", n),
            says("size", n * 7.0),
            draws("lesion", rectangle(n, 2.0, n + 20.0, 30.0)),
        ];
        let mut story = Story::new(review(|review| {
            review.mode = modes.get(mode).copied().unwrap_or(Mode::Open);
            review.adjudicators = 2;
        }))
        .image()
        .import([read("ann", findings(1.0)), read("bob", findings(3.0))]);
        let people = [dan(), adjudicator("eve"), arbiter("art")];
        for (json, who) in lines {
            let Some(who) = people.get(who) else { continue };
            let Ok(draft) = line(json) else { return Err(TestCaseError::fail("no draft")) };
            match story.try_now(who, &draft) {
                Ok((_, decision)) => {
                    let text = serde_json::to_string(&decision).map_err(|e| TestCaseError::fail(e.to_string()))?;
                    let back: Decision = serde_json::from_str(&text).map_err(|e| TestCaseError::fail(e.to_string()))?;
                    prop_assert_eq!(&back, &decision, "the log gives back what was put in");
                    let Ok(next) = story.decide(who, draft) else { return Err(TestCaseError::fail("twice")) };
                    story = next;
                    prop_assert_eq!(story.case().stray, vec![], "what was taken fits");
                }
                Err(refused) => prop_assert!(!refused.why.is_empty()),
            }
        }
    }
}
