//! Every sentence of the protocol that refuses a decision, with a draft that breaks it.

use std::error::Error;

use serde_json::{Value as Json, json};

use super::tests::{Done, dan, letter, open_mode, refused, review};
use super::{Actor, RefusedKind};
use crate::domain::case::story::*;
use crate::domain::charter::{Mode, Policy, Support, Verdicts};
use crate::domain::event::Action;
use crate::domain::finding::Read;

#[test]
fn a_draft_is_refused_with_the_reason() -> Done {
    use RefusedKind::*;
    let two = || Story::two(charter());
    let open = || Story::two(open_mode());
    let absent = || {
        Story::new(open_mode()).import(
            ["ann", "bob"].map(|reader| read(reader, vec![says("opacity", "present"), says("grade", 2)])),
        )
    };
    let all = with(|charter| charter.reads.policy = Policy::All);
    let unanimous = Story::new(all.clone())
        .import(["ann", "bob"].map(|reader| read(reader, vec![says("opacity", "present")])));
    let ann = letter(&two(), "ann");
    let adopt = json!({"answer": {"value": "present"}});
    let alternatives = |weights: [f64; 2]| json!([{"value": "present", "weight": weights[0]}, {"value": "absent", "weight": weights[1]}]);
    let ambiguous = |block: Json| json!({"answer": "ambiguous", "ambiguity": block});
    let verdict = |verdict: Json| json!({"answer": {"value": "present"}, "verdicts": {ann.clone(): verdict}});
    let grades = || {
        Story::new(open_mode()).image().import([
            read("ann", vec![says("grade", 1), says("size", 10)]),
            read("bob", vec![says("grade", 4), says("size", 20)]),
        ])
    };
    let boxes = || {
        Story::new(open_mode()).image().import([
            read("ann", vec![draws("lesion", rectangle(10.0, 10.0, 50.0, 50.0))]),
            read("bob", vec![draws("lesion", rectangle(20.0, 20.0, 60.0, 60.0))]),
        ])
    };
    let lesion = |answer: Json| json!({"dispute": "lesion#1", "answer": answer});
    let drawn = |geometry: Json| lesion(json!({"geometry": geometry}));
    let shape = |points: Json, image: &str| json!({"type": "box", "points": points, "image": image});

    let table: Vec<(&str, Story, Actor, Json, RefusedKind, &str)> = vec![
        // What it is about.
        ("another case", two(), dan(), json!({"case": "c2", "answer": "none"}), Invalid, "another case"),
        (
            "a mistyped id",
            two(),
            dan(),
            json!({"dispute": "opacty#1", "answer": "none"}),
            Unknown,
            "opacity#1?",
        ),
        ("nothing like it", two(), dan(), json!({"dispute": "", "answer": "none"}), Unknown, "no dispute"),
        ("no dispute", absent(), dan(), adopt.clone(), Closed, "the readers agree"),
        // Who.
        (
            "no role",
            two(),
            Actor { adjudicator: false, ..dan() },
            adopt.clone(),
            NotPermitted,
            "adjudicators",
        ),
        (
            "QA",
            two(),
            Actor { adjudicator: false, qa: true, ..dan() },
            adopt.clone(),
            NotPermitted,
            "qa_may_decide",
        ),
        (
            "who unblinded",
            two().act("dan", Action::Unblind, None),
            dan(),
            adopt.clone(),
            NotPermitted,
            "you unblinded",
        ),
        (
            "an own read",
            two(),
            Actor { readers: ["ann".into()].into(), ..dan() },
            adopt.clone(),
            NotPermitted,
            "can't adjudicate it alone",
        ),
        (
            "a skill",
            Story::two(with(|charter| {
                charter.labels.iter_mut().for_each(|label| label.skill = Some("neuro".into()));
            })),
            dan(),
            adopt.clone(),
            NotPermitted,
            "the skill neuro",
        ),
        // When.
        (
            "too few reads",
            Story::new(charter()).import([read("ann", vec![says("opacity", "present")])]),
            dan(),
            adopt.clone(),
            Closed,
            "1 more read",
        ),
        ("blocked", two().act("lea", Action::Block, None), dan(), adopt.clone(), Closed, "blocked: because"),
        ("stale", two(), dan(), json!({"answer": "none", "expect": "00ff"}), Stale, "Expected 00ff, now "),
        // Confidence.
        (
            "no confidence",
            two(),
            dan(),
            json!({"answer": {"value": "present"}, "confidence": null}),
            Missing,
            "1 (a guess)",
        ),
        (
            "confidence 0",
            two(),
            dan(),
            json!({"answer": {"value": "present"}, "confidence": 0}),
            Invalid,
            "1 to 5",
        ),
        ("confidence 6", two(), dan(), json!({"answer": "escalate", "confidence": 6}), Invalid, "1 to 5"),
        (
            "unsure",
            two(),
            dan(),
            json!({"answer": {"value": "present"}, "confidence": 2}),
            Missing,
            "type of ambiguity",
        ),
        (
            "unsure without a type",
            two(),
            dan(),
            json!({"answer": {"value": "present"}, "confidence": 1, "ambiguity": {"types": []}}),
            Missing,
            "type of ambiguity",
        ),
        // Answers.
        ("candidate 0", two(), dan(), json!({"answer": {"adopt": 0}}), Invalid, "candidates are 1 to 2"),
        ("candidate 3", two(), dan(), json!({"answer": {"adopt": 3}}), Invalid, "candidates are 1 to 2"),
        (
            "an unknown letter",
            two(),
            dan(),
            json!({"answer": {"adopt_reader": "Q"}}),
            Invalid,
            "readers are A, B",
        ),
        (
            "no opinion",
            two().import_about(&["grade"], vec![read("cyd", vec![says("grade", 1)])]),
            dan(),
            json!({"answer": {"adopt_reader": "C"}}),
            Invalid,
            "says nothing of opacity#1",
        ),
        (
            "select, a new value",
            two(),
            dan(),
            json!({"answer": {"value": "uncertain"}}),
            Invalid,
            "mode is ‘select’",
        ),
        (
            "select, a new shape",
            Story::new(charter()).import([
                read("ann", vec![draws("lesion", rectangle(1.0, 1.0, 9.0, 9.0))]),
                read("bob", vec![draws("lesion", rectangle(6.0, 1.0, 9.0, 9.0))]),
            ]),
            dan(),
            drawn(shape(json!([[3, 3], [9, 9]]), "1.2.3")),
            Invalid,
            "mode is ‘select’",
        ),
        (
            "none against absent",
            two(),
            dan(),
            json!({"answer": "none"}),
            Invalid,
            "already says that nothing",
        ),
        (
            "no level",
            grades(),
            dan(),
            json!({"dispute": "grade#1", "answer": {"value": 9}}),
            Invalid,
            "no level of grade (1, 2, 3, 4, 5)",
        ),
        (
            "a level as a word",
            grades(),
            dan(),
            json!({"dispute": "grade#1", "answer": {"value": "3"}}),
            Invalid,
            "no level",
        ),
        (
            "absent grade",
            grades(),
            dan(),
            json!({"dispute": "grade#1", "answer": {"value": "absent"}}),
            Invalid,
            "answer none",
        ),
        (
            "out of range",
            grades(),
            dan(),
            json!({"dispute": "size#1", "answer": {"value": 301}}),
            Invalid,
            "0 to 300",
        ),
        (
            "no number",
            grades(),
            dan(),
            json!({"dispute": "size#1", "answer": {"value": "big"}}),
            Invalid,
            "is a number",
        ),
        (
            "a word that is no presence",
            open(),
            dan(),
            json!({"answer": {"value": "maybe"}}),
            Invalid,
            "present, absent or uncertain",
        ),
        ("ungradable", open(), dan(), json!({"answer": {"value": "ungradable"}}), Invalid, "answer exclude"),
        ("a value for a box", boxes(), dan(), lesion(json!({"value": 3})), Invalid, "is drawn"),
        (
            "a shape for a word",
            open(),
            dan(),
            json!({"answer": {"geometry": shape(json!([[1, 1], [2, 2]]), "1.2.3")}}),
            Invalid,
            "doesn't fit",
        ),
        (
            "another kind of shape",
            boxes(),
            dan(),
            drawn(json!({"type": "point", "points": [[1, 1]], "image": "1.2.3"})),
            Invalid,
            "doesn't fit a label of kind box",
        ),
        (
            "inverted",
            boxes(),
            dan(),
            drawn(shape(json!([[9, 9], [1, 1]]), "1.2.3")),
            Invalid,
            "inverted or empty",
        ),
        (
            "outside",
            boxes(),
            dan(),
            drawn(shape(json!([[1, 1], [600, 9]]), "1.2.3")),
            Invalid,
            "outside its image of 512×512",
        ),
        (
            "no such frame",
            boxes(),
            dan(),
            drawn(json!({"type": "box", "points": [[1, 1], [2, 2]], "image": "1.2.3", "frame": 1})),
            Invalid,
            "no frame 1",
        ),
        (
            "another image",
            boxes(),
            dan(),
            drawn(shape(json!([[1, 1], [2, 2]]), "9.9")),
            Invalid,
            "no image of the case",
        ),
        // Merging.
        ("no majority", two(), dan(), json!({"answer": {"merge": "majority"}}), Invalid, "no majority"),
        ("not yet", two(), dan(), json!({"answer": {"merge": "staple"}}), Invalid, "not available yet"),
        ("mistyped", two(), dan(), json!({"answer": {"merge": "medan"}}), Invalid, "did you mean median?"),
        (
            "mean of words",
            two(),
            dan(),
            json!({"answer": {"merge": "mean"}}),
            Invalid,
            "for numbers and shapes",
        ),
        (
            "between levels",
            grades(),
            dan(),
            json!({"dispute": "grade#1", "answer": {"merge": "median"}}),
            Invalid,
            "between two levels",
        ),
        ("nothing drawn", two(), dan(), json!({"answer": {"merge": "union"}}), Invalid, "nobody drew"),
        // Ambiguity.
        ("no block", two(), dan(), json!({"answer": "ambiguous"}), Missing, "needs its block"),
        (
            "no type",
            two(),
            dan(),
            ambiguous(json!({"alternatives": alternatives([0.5, 0.5])})),
            Missing,
            "at least one type",
        ),
        ("an unknown type", two(), dan(), ambiguous(json!({"types": ["A11"]})), Invalid, "did you mean A1"),
        (
            "one alternative",
            two(),
            dan(),
            ambiguous(json!({"types": ["A2"], "alternatives": [{"value": "present", "weight": 1}]})),
            Missing,
            "at least two",
        ),
        (
            "a weight of 0",
            two(),
            dan(),
            ambiguous(json!({"types": ["A2"], "alternatives": alternatives([0.0, 1.0])})),
            Invalid,
            "not above 0",
        ),
        (
            "sum",
            two(),
            dan(),
            ambiguous(json!({"types": ["A2"], "alternatives": alternatives([0.5, 0.6])})),
            Invalid,
            "sum to 1.1",
        ),
        (
            "twice the same",
            two(),
            dan(),
            ambiguous(
                json!({"types": ["A2"], "alternatives": [{"value": "present", "weight": 0.5}, {"value": "present", "weight": 0.5}]}),
            ),
            Invalid,
            "says the same",
        ),
        (
            "no possible value",
            two(),
            dan(),
            ambiguous(
                json!({"types": ["A2"], "alternatives": [{"value": "present", "weight": 0.5}, {"value": 7, "weight": 0.5}]}),
            ),
            Invalid,
            "alternative 2",
        ),
        (
            "no value at all",
            two(),
            dan(),
            ambiguous(
                json!({"types": ["A2"], "alternatives": [{"value": "present", "weight": 0.5}, {"value": {}, "weight": 0.5}]}),
            ),
            Invalid,
            "no word, number",
        ),
        (
            "reducible",
            two(),
            dan(),
            ambiguous(
                json!({"types": ["A2"], "alternatives": alternatives([0.5, 0.5]), "reducible": "time"}),
            ),
            Invalid,
            "reducible",
        ),
        (
            "handling",
            two(),
            dan(),
            ambiguous(
                json!({"types": ["A2"], "alternatives": alternatives([0.5, 0.5]), "handling": "dropp"}),
            ),
            Invalid,
            "did you mean drop?",
        ),
        (
            "variants",
            two(),
            dan(),
            ambiguous(json!({"types": ["A2"], "alternatives": alternatives([0.5, 0.5]), "variants": ["Z"]})),
            Invalid,
            "no reader",
        ),
        // Verdicts, causes, severity.
        (
            "a verdict on nobody",
            two(),
            dan(),
            json!({"answer": {"value": "present"}, "verdicts": {"Z": {"verdict": "agree"}}}),
            Invalid,
            "no reader",
        ),
        (
            "twice one reader",
            two(),
            dan(),
            json!({"answer": {"value": "present"}, "verdicts": {"A": {"verdict": "agree"}, "a": {"verdict": "agree"}}}),
            Invalid,
            "two verdicts",
        ),
        (
            "error without a cause",
            two(),
            dan(),
            verdict(json!({"verdict": "error"})),
            Missing,
            "needs a cause",
        ),
        (
            "an unknown cause",
            two(),
            dan(),
            verdict(json!({"verdict": "error", "cause": ["X9"]})),
            Invalid,
            "no root cause",
        ),
        (
            "an unknown severity",
            two(),
            dan(),
            verdict(json!({"verdict": "error", "cause": ["P"], "severity": "4"})),
            Invalid,
            "no severity",
        ),
        (
            "severe without a note",
            two(),
            dan(),
            verdict(json!({"verdict": "error", "cause": ["P"], "severity": "2b"})),
            Missing,
            "severity 2b",
        ),
        (
            "a blank note",
            two(),
            dan(),
            json!({"answer": {"value": "present"}, "severity": "3b", "note": " \n"}),
            Missing,
            "severity 3b",
        ),
        (
            "no verdicts asked",
            Story::two(review(|r| r.verdicts = Verdicts::Never)),
            dan(),
            verdict(json!({"verdict": "agree"})),
            Invalid,
            "no verdicts",
        ),
        (
            "every verdict asked",
            Story::two(review(|r| r.verdicts = Verdicts::Always)),
            dan(),
            verdict(json!({"verdict": "agree"})),
            Missing,
            "verdict on every reader",
        ),
        ("return without a slip", two(), dan(), json!({"answer": "return"}), Missing, "only slips"),
        (
            "return for an error",
            two(),
            dan(),
            json!({"answer": "return", "verdicts": {"A": {"verdict": "error", "cause": ["P"]}}}),
            Missing,
            "only slips",
        ),
        // Notes.
        (
            "defer without a reason",
            two(),
            dan(),
            json!({"answer": "defer"}),
            Missing,
            "deferring needs its reason",
        ),
        (
            "against all readers",
            unanimous,
            dan(),
            json!({"answer": "none"}),
            Missing,
            "overrides what all readers say",
        ),
        (
            "a long note",
            two(),
            dan(),
            json!({"answer": {"value": "present"}, "note": "é".repeat(10_001)}),
            Invalid,
            "10001 characters",
        ),
        (
            "a long id",
            two(),
            dan(),
            json!({"dispute": "x".repeat(5_000), "answer": "none"}),
            Invalid,
            "the dispute's id",
        ),
        // First looks.
        (
            "a look first",
            Story::two(review(|r| r.mode = Mode::ThirdRead)),
            dan(),
            adopt.clone(),
            Missing,
            "an own look",
        ),
        (
            "a look at candidates",
            open(),
            dan(),
            json!({"answer": {"adopt": 1}, "first_look": true}),
            Invalid,
            "without the reads",
        ),
        (
            "a look with verdicts",
            open(),
            dan(),
            json!({"answer": "none", "first_look": true, "verdicts": {"A": {}}}),
            Invalid,
            "no verdicts",
        ),
    ];
    for (what, story, who, draft, kind, words) in &table {
        refused(what, story, who, draft, *kind, words)?;
    }
    Ok(())
}

#[test]
fn what_stands_refuses_what_comes_after() -> Done {
    let adopt = || json!({"answer": {"value": "present"}});
    let after = |draft: Json| -> Result<Story, Box<dyn Error>> {
        Ok(Story::two(charter()).decide(&dan(), line(draft)?)?)
    };
    let decided = after(adopt())?;
    let eve = adjudicator("eve");
    let against = json!({"answer": {"value": "absent"}, "confidence": 5});
    refused(
        "somebody else's",
        &decided,
        &eve,
        &against,
        RefusedKind::Closed,
        "(dan: present, confidence 4); yours was absent, confidence 5",
    )?;
    refused("own, unexplained", &decided, &dan(), &against, RefusedKind::Missing, "it amends")?;
    let fin = decided.later(61 * MINUTE);
    refused("final", &fin, &dan(), &against, RefusedKind::Closed, "reopen the case first")?;
    let up = after(json!({"answer": "escalate"}))?;
    refused("escalated", &up, &eve, &adopt(), RefusedKind::NotPermitted, "an arbiter must")?;
    refused("twice", &up, &arbiter("art"), &json!({"answer": "escalate"}), RefusedKind::Closed, "already")?;
    let talk = after(json!({"answer": "discuss"}))?;
    refused("discussed twice", &talk, &eve, &json!({"answer": "discuss"}), RefusedKind::Closed, "round 1")?;
    let ann = letter(&talk, "ann");
    let slip = json!({"answer": "return", "verdicts": {ann: {"verdict": "slip", "cause": ["unknown"]}}});
    let back = after(slip)?;
    refused("sent back", &back, &eve, &adopt(), RefusedKind::Closed, "corrected read")?;
    let look = after(json!({"answer": "none", "first_look": true}))?;
    let again = json!({"answer": "exclude", "first_look": true});
    refused("a second look", &look, &dan(), &again, RefusedKind::Closed, "stays as it was")?;
    Ok(())
}

#[test]
fn of_every_reader_something_is_said_but_of_a_model_that_is_not_shown_yet_nothing() -> Done {
    let asks = |models| {
        let charter = review(|r| (r.verdicts, r.models) = (Verdicts::Always, models));
        Story::two(charter).import([Read { model: true, ..read("net", vec![says("opacity", "present")]) }])
    };
    let hidden = asks(Support::AfterChoice);
    let letters = |story: &Story| ["ann", "bob", "net"].map(|reader| letter(story, reader));
    let [ann, bob, net] = letters(&hidden);
    let all = json!({"answer": {"value": "present"}, "verdicts": {ann.clone(): {"verdict": "agree"},
        bob.clone(): {"verdict": "not-assessed"}}});
    let one = json!({"answer": {"value": "present"}, "verdicts": {ann: {"verdict": "agree"}}});
    hidden.try_now(&dan(), &line(all.clone())?)?;
    hidden.try_now(&dan(), &line(json!({"answer": "exclude", "verdicts": all["verdicts"]}))?)?;
    let Err(refused_now) = hidden.try_now(&dan(), &line(one)?) else {
        return Err("one of two is enough".into());
    };
    assert!(refused_now.why.ends_with(&format!(": {bob} missing")), "{}", refused_now.why);
    // Once it is shown, it is a reader as all are: at once, or after the own answer.
    let shown = asks(Support::Shown);
    let [_, _, net_shown] = letters(&shown);
    let words = format!(": {net_shown} missing");
    let of = |story: &Story| {
        let [ann, bob, _] = letters(story);
        json!({"answer": {"value": "present"}, "note": "again",
            "verdicts": {ann: {"verdict": "agree"}, bob: {"verdict": "not-assessed"}}})
    };
    refused("a model that is shown", &shown, &dan(), &of(&shown), RefusedKind::Missing, &words)?;
    let decided = hidden.decide(&dan(), line(all)?)?;
    let words = format!(": {net} missing");
    refused("after the choice", &decided, &dan(), &of(&decided), RefusedKind::Missing, &words)?;
    Ok(())
}
