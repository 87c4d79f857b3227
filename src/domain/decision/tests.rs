//! What a decision comes to, answer by answer.

use std::error::Error;

use serde_json::{Value as Json, json};

use super::{Actor, Answer, Decision, RefusedKind, Settles, VerdictKind};
use crate::domain::case::State;
use crate::domain::case::story::*;
use crate::domain::charter::{Charter, Confidence, Mode, Review, Verdicts};
use crate::domain::event::Action;
use crate::domain::item::Choice;
use crate::domain::value::Value;

pub(super) type Done = Result<(), Box<dyn Error>>;

pub(super) fn review(change: impl FnOnce(&mut Review)) -> Charter {
    with(|charter| change(&mut charter.review))
}

pub(super) fn open_mode() -> Charter {
    review(|review| review.mode = Mode::Open)
}

pub(super) fn dan() -> Actor {
    adjudicator("dan")
}

/// Hands a draft in to dan's two readers, and gives what comes of it.
fn taken(story: &Story, who: &Actor, draft: Json) -> Result<(Action, Decision), Box<dyn Error>> {
    Ok(story.try_now(who, &line(draft)?)?)
}

pub(super) fn refused(
    what: &str,
    story: &Story,
    who: &Actor,
    draft: &Json,
    kind: RefusedKind,
    words: &str,
) -> Done {
    match story.try_now(who, &line(draft.clone())?) {
        Ok(_) => Err(format!("{what}: taken: {draft}").into()),
        Err(refused) if refused.kind == kind && refused.why.contains(words) => Ok(()),
        Err(refused) => Err(format!("{what}: {:?}: {}", refused.kind, refused.why).into()),
    }
}

pub(super) fn letter(story: &Story, reader: &str) -> String {
    story.case().letter_of(reader).unwrap_or_default().to_owned()
}

#[test]
fn a_stale_save_says_what_changed() -> Done {
    let story = Story::two(charter());
    let seen = story.case().reads_hash;
    let ann = letter(&story, "ann");
    let story = story
        .import([read("cyd", vec![says("opacity", "absent")])])
        .import([read("ann", vec![says("opacity", "uncertain")])]);
    let draft = json!({"answer": {"value": "absent"}, "expect": seen});
    refused(
        "changed",
        &story,
        &dan(),
        &draft,
        RefusedKind::Stale,
        &format!("{ann} has been corrected (version 2)"),
    )?;
    refused("added", &story, &dan(), &draft, RefusedKind::Stale, "C has been added")?;
    refused("both hashes", &story, &dan(), &draft, RefusedKind::Stale, &story.case().reads_hash)?;
    let fresh = json!({"answer": {"value": "absent"}, "expect": story.case().reads_hash});
    assert_eq!(taken(&story, &dan(), fresh)?.0, Action::Decide);
    Ok(())
}

#[test]
fn an_adoption_holds_what_was_adopted_and_from_whom() -> Done {
    let story = Story::two(charter());
    let case = story.case();
    let ann = letter(&story, "ann");
    let by_value = taken(&story, &dan(), json!({"answer": {"value": "present"}}))?.1;
    let Answer::Adopt(number) = by_value.answer else { return Err("an adoption".into()) };
    let by_number = taken(&story, &dan(), json!({"answer": {"adopt": number}}))?.1;
    let by_reader = taken(&story, &dan(), json!({"answer": {"adopt_reader": ann.to_lowercase()}}))?.1;
    assert_eq!(by_reader.answer, Answer::AdoptReader("ann".into()), "the log holds ids, no letters");
    for decision in [&by_value, &by_number, &by_reader] {
        assert_eq!(decision.result, Some(Choice::of(Value::present())));
        assert_eq!((decision.settles, &decision.adopted), (Settles::Resolved, &vec!["ann".to_owned()]));
        assert_eq!((decision.slot, decision.round, decision.charter), (1, 0, 1));
        assert_eq!(decision.reads_hash, case.reads_hash);
        assert_eq!(decision.final_at, Some(story.now + 60 * MINUTE));
        assert_eq!(decision.supersedes, None);
    }
    Ok(())
}

#[test]
fn a_first_look_decides_nothing_and_opens_the_way() -> Done {
    let story = Story::two(review(|review| review.mode = Mode::ThirdRead));
    let look = json!({"answer": {"value": "uncertain"}, "first_look": true});
    let (action, decision) = taken(&story, &dan(), look.clone())?;
    assert_eq!((action, decision.final_at), (Action::FirstLook, None));
    let story = story.decide(&dan(), line(look)?)?;
    assert_eq!(story.state("opacity#1"), Some(State::Queued));
    let case = story.case();
    assert_eq!(case.item("opacity#1").map(|entry| entry.looks.len()), Some(1));
    let adopt = json!({"answer": {"value": "absent"}});
    refused("another's look", &story, &adjudicator("eve"), &adopt, RefusedKind::Missing, "an own look")?;
    assert_eq!(story.decide(&dan(), line(adopt)?)?.state("opacity#1"), Some(State::Provisional));
    Ok(())
}

#[test]
fn what_is_given_at_the_top_holds_for_who_was_wrong() -> Done {
    let story = Story::two(charter());
    let (ann, bob) = (letter(&story, "ann"), letter(&story, "bob"));
    let draft = json!({"answer": {"value": "absent"}, "note": "seen before", "severity": "2a", "root_cause": ["p2", "P2"],
        "verdicts": {ann: {"verdict": "error"}, bob: {"verdict": "justifiable difference", "severity": "3a"}}});
    let decision = taken(&story, &dan(), draft)?.1;
    let of = |reader: &str| decision.verdicts.get(reader).cloned().unwrap_or_default();
    assert_eq!((of("ann").severity.as_deref(), of("ann").cause), (Some("2a"), vec!["P2".to_owned()]));
    assert_eq!((of("bob").verdict, of("bob").cause), (VerdictKind::Justifiable, vec![]));
    assert_eq!((decision.severity.as_deref(), decision.root_cause), (Some("3a"), vec!["P2".to_owned()]));
    Ok(())
}

#[test]
fn nobody_takes_two_slots() -> Done {
    let story = Story::two(review(|review| review.adjudicators = 2));
    let adopt = || line(json!({"answer": {"value": "present"}, "note": "again"}));
    let story = story.decide(&dan(), adopt()?)?;
    let second = taken(&story, &dan(), json!({"answer": {"value": "absent"}, "note": "again"}))?.1;
    assert_eq!(
        (second.slot, second.supersedes),
        (1, Some(story.seq)),
        "the same person amends, and doesn't add"
    );
    let story = story.decide(&dan(), adopt()?)?;
    assert_eq!(story.state("opacity#1"), Some(State::Queued), "one person is no two");
    let eve = taken(&story, &adjudicator("eve"), json!({"answer": {"value": "present"}}))?.1;
    assert_eq!(eve.slot, 2);
    Ok(())
}

#[test]
fn a_reader_may_sit_on_a_panel_and_may_put_off() -> Done {
    let reader = Actor { readers: ["ann".into()].into(), ..dan() };
    let panel = Story::two(review(|review| review.adjudicators = 2));
    assert_eq!(taken(&panel, &reader, json!({"answer": {"value": "present"}}))?.0, Action::Decide);
    let alone = Story::two(charter());
    for (answer, action) in
        [("escalate", Action::Escalate), ("discuss", Action::Discuss), ("defer", Action::Defer)]
    {
        assert_eq!(
            taken(&alone, &reader, json!({"answer": answer, "note": "mine", "confidence": null}))?.0,
            action
        );
    }
    Ok(())
}

#[test]
fn the_charter_eases_what_it_says() -> Done {
    let draft = json!({"answer": {"value": "present"}, "confidence": null});
    let optional = Story::two(review(|review| review.confidence = Confidence::Optional));
    assert_eq!(taken(&optional, &dan(), draft)?.1.confidence, None);
    let granted = Story::two(review(|review| review.qa_may_decide = true));
    let qa = Actor { adjudicator: false, qa: true, ..dan() };
    assert_eq!(taken(&granted, &qa, json!({"answer": {"value": "present"}}))?.0, Action::Decide);
    let never = Story::two(review(|review| review.verdicts = Verdicts::Never));
    let slip = json!({"answer": "return", "verdicts": {"A": {"verdict": "slip", "cause": ["S"]}}});
    assert_eq!(taken(&never, &dan(), slip)?.0, Action::Return);
    Ok(())
}

#[test]
fn merged_answers_are_what_their_names_say() -> Done {
    let sizes = |values: &[f64]| {
        let reads =
            (0..).zip(values).map(|(n, v)| read(&format!("r{n}"), vec![says("size", *v), says("grade", *v)]));
        Story::new(charter()).import(reads)
    };
    let boxes = Story::new(charter()).image().import([
        read("ann", vec![draws("lesion", rectangle(10.0, 10.0, 50.0, 50.0))]),
        read("bob", vec![draws("lesion", rectangle(20.0, 14.0, 60.0, 40.0))]),
    ]);
    let merged = |story: &Story, dispute: &str, method: &str| -> Result<Choice, Box<dyn Error>> {
        let draft = json!({"dispute": dispute, "answer": {"merge": method}});
        Ok(taken(story, &dan(), draft)?.1.result.ok_or("no result")?)
    };
    let number = |number: f64| Choice::of(Value::Number(number));
    let area = |x, y, r, b| Choice { shapes: vec![rectangle(x, y, r, b)], ..Choice::default() };
    for (story, dispute, method, result) in [
        (sizes(&[1.0, 2.0, 5.0]), "size#1", "median", number(2.0)),
        (sizes(&[1.0, 4.0]), "size#1", "mean", number(2.5)),
        (sizes(&[1.0, 4.0]), "size#1", "median", number(2.5)),
        (sizes(&[2.0, 4.0]), "grade#1", "median", number(3.0)),
        (sizes(&[2.0, 2.0, 4.0]), "grade#1", "majority", number(2.0)),
    ] {
        assert_eq!(merged(&story, dispute, method)?, result, "{dispute} {method}");
    }
    assert_eq!(merged(&boxes, "lesion#1", "mean")?, area(15.0, 12.0, 55.0, 45.0));
    assert_eq!(merged(&boxes, "lesion#1", "union")?, area(10.0, 10.0, 60.0, 50.0));
    assert_eq!(merged(&boxes, "lesion#1", "intersection")?, area(20.0, 14.0, 50.0, 40.0));
    Ok(())
}

#[test]
fn refusals_quote_nothing_raw() -> Done {
    let mut story = Story::two(charter());
    story.history.case = "c\u{1b}[2J1".into();
    let steps = [
        json!({"case": "c\u{1b}[2J1", "dispute": "\u{202e}x", "answer": "none"}),
        json!({"case": "c\u{1b}[2J1", "answer": {"value": "\u{9b}31m"}}),
        json!({"case": "c\u{1b}[2J1", "answer": {"merge": "\u{7}"}}),
        json!({"case": "c\u{1b}[2J1", "answer": "none", "expect": "\u{1b}]0;x"}),
        json!({"case": "c\u{1b}[2J1", "answer": {"value": "present"}, "verdicts": {"\u{1b}": {}}}),
    ];
    for draft in steps {
        match story.try_now(&dan(), &line(draft.clone())?) {
            Ok(_) => return Err(format!("taken: {draft}").into()),
            Err(refused) => assert!(!refused.why.chars().any(char::is_control), "{:?}", refused.why),
        }
    }
    Ok(())
}
