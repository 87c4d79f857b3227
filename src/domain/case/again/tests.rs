//! Stories of what is read again: what an audit and a recheck come to, and what they leave as it is.

use std::error::Error;

use serde_json::{Value as Json, json};

use super::super::story::*;
use super::super::{Act, CaseItem, Fate, Kind, Method, State};
use super::{Asked, CameTo};
use crate::domain::charter::Charter;
use crate::domain::decision::{Actor, RefusedKind};
use crate::domain::event::Action;
use crate::domain::value::Value;

type Done = Result<(), Box<dyn Error>>;

const DAY: i64 = 24 * 60 * MINUTE;
const AUDIT: &str = "opacity#2";

fn qa(name: &str) -> Actor {
    Actor { name: name.into(), qa: true, ..Actor::default() }
}

/// Two readers who say the same of the opacity.
fn agreed(value: &str) -> Story {
    Story::new(charter())
        .import([read("ann", vec![says("opacity", value)]), read("bob", vec![says("opacity", value)])])
}

/// A dispute that `ada` settled as present, and that is final.
fn settled(charter: Charter) -> Result<Story, Box<dyn Error>> {
    let story = Story::two(charter);
    Ok(says_so(story, &adjudicator("ada"), "opacity#1", json!({"value": "present"}))?.later(61 * MINUTE))
}

fn ask(mut story: Story, kind: Kind, items: &[&str], to: Option<&str>) -> Story {
    story.seq += 1;
    story.now += MINUTE;
    let asked = Asked {
        sample: "S1".into(),
        kind,
        items: items.iter().map(|id| (*id).to_owned()).collect(),
        to: to.map(str::to_owned),
    };
    story.history.acts.push(Act {
        seq: story.seq,
        at: story.now,
        who: "quinn".into(),
        action: Action::Sample,
        dispute: None,
        decision: None,
        why: None,
        asked: Some(asked),
        cause: None,
        waives: None,
    });
    story
}

fn says_so(story: Story, who: &Actor, dispute: &str, answer: Json) -> Result<Story, Box<dyn Error>> {
    Ok(story.decide(who, line(json!({"dispute": dispute, "answer": answer}))?)?)
}

fn again(story: &Story, id: &str) -> Result<CaseItem, Box<dyn Error>> {
    story.case().again.into_iter().find(|entry| entry.id == id).ok_or_else(|| format!("no {id}").into())
}

fn came_to(story: &Story, id: &str) -> Result<CameTo, Box<dyn Error>> {
    Ok(again(story, id)?.second.ok_or("no second reading")?.came_to)
}

fn value_of(story: &Story, id: &str) -> Option<Value> {
    story.case().item(id)?.result.as_ref()?.value.clone()
}

fn refused(story: &Story, who: &Actor, dispute: &str, answer: Json) -> Result<String, Box<dyn Error>> {
    match story.try_now(who, &line(json!({"dispute": dispute, "answer": answer}))?) {
        Ok(_) => Err("it was taken".into()),
        Err(refused) if refused.kind == RefusedKind::NotPermitted => Ok(refused.why),
        Err(refused) => Err(format!("refused for another reason: {}", refused.why).into()),
    }
}

#[test]
fn an_audit_that_nobody_made_leaves_the_case_as_it_was() -> Done {
    let before = agreed("absent");
    let story = ask(before, Kind::Audit, &["opacity#1"], None);
    let case = story.case();
    assert_eq!((case.state, case.priority), (State::Concordant, 0.0));
    let audit = again(&story, AUDIT)?;
    assert_eq!(
        (audit.kind, audit.state, came_to(&story, AUDIT)?),
        (Kind::Audit, State::Queued, CameTo::Open)
    );
    assert!(audit.awaits_audit() && audit.item.difference.is_none());
    assert_eq!(case.item("opacity#1").and_then(|item| item.method), Some(Method::Unanimous));
    Ok(())
}

#[test]
fn an_audit_that_says_the_same_changes_nothing_and_is_done() -> Done {
    let story = ask(agreed("absent"), Kind::Audit, &["opacity#1"], None);
    let story = says_so(story, &qa("quinn"), AUDIT, json!("none"))?;
    assert_eq!((came_to(&story, AUDIT)?, again(&story, AUDIT)?.state), (CameTo::Agrees, State::Final));
    assert!(CameTo::Agrees.is_settled());
    let case = story.case();
    assert_eq!(case.state, State::Concordant);
    let item = case.item("opacity#1").ok_or("opacity#1")?;
    assert_eq!((item.method, item.decisions.len(), item.looks.len()), (Some(Method::Unanimous), 0, 0));
    Ok(())
}

#[test]
fn what_differs_is_for_a_third_person_who_may_uphold_the_answer() -> Done {
    let story = ask(agreed("absent"), Kind::Audit, &["opacity#1"], None);
    let story = says_so(story, &qa("quinn"), AUDIT, json!({"value": "present"}))?;
    assert_eq!(came_to(&story, AUDIT)?, CameTo::Differs);
    assert_eq!(story.case().state, State::Queued, "it waits as any dispute does");
    assert_eq!(value_of(&story, "opacity#1"), Some(Value::absent()), "nothing is changed by it alone");
    let said: Vec<_> =
        again(&story, AUDIT)?.item.candidates.into_iter().filter_map(|of| of.choice.value).collect();
    assert!(said.contains(&Value::absent()) && said.contains(&Value::present()), "{said:?}");

    let why = refused(&story, &qa("quinn"), AUDIT, json!({"value": "absent"}))?;
    assert!(why.contains("work of yours"), "{why}");
    // Who may decide too is still the one who looked.
    let both = Actor { adjudicator: true, ..qa("quinn") };
    let why = refused(&story, &both, AUDIT, json!({"value": "absent"}))?;
    assert!(why.contains("work of yours"), "{why}");

    let upheld = says_so(story, &adjudicator("ada"), AUDIT, json!({"value": "absent"}))?;
    assert_eq!(came_to(&upheld, AUDIT)?, CameTo::Upheld);
    let item = upheld.case().item("opacity#1").cloned().ok_or("opacity#1")?;
    assert_eq!((item.method, item.amended.as_deref()), (Some(Method::Unanimous), None));
    Ok(())
}

/// An audit of a concordant case that a third person found to be right: the readers were wrong.
fn found_wrong() -> Result<Story, Box<dyn Error>> {
    let story = ask(agreed("absent"), Kind::Audit, &["opacity#1"], None);
    let story = says_so(story, &qa("quinn"), AUDIT, json!({"value": "present"}))?;
    Ok(story.decide(
        &adjudicator("ada"),
        line(json!({"dispute": AUDIT, "answer": {"value": "present"}, "note": "behind the heart"}))?,
    )?)
}

#[test]
fn what_a_third_person_finds_wrong_is_an_error_and_is_amended() -> Done {
    let story = found_wrong()?;
    assert_eq!(came_to(&story, AUDIT)?, CameTo::Wrong);
    let case = story.case();
    let item = case.item("opacity#1").ok_or("opacity#1")?;
    assert_eq!(item.amended.as_deref(), Some(AUDIT));
    assert_eq!(value_of(&story, "opacity#1"), Some(Value::present()));
    assert_eq!((item.method, case.state), (Some(Method::Adjudicated), State::Provisional));
    let refusal =
        story.try_now(&adjudicator("ada"), &line(json!({"answer": "none"}))?).err().ok_or("taken")?;
    assert!(refusal.why.contains("amended by opacity#2"), "{}", refusal.why);
    assert_eq!(story.later(61 * MINUTE).state("opacity#1"), Some(State::Final));
    Ok(())
}

#[test]
fn an_undo_of_the_third_person_takes_the_amendment_back() -> Done {
    let story = found_wrong()?.act("ada", Action::Undo, Some(AUDIT));
    assert_eq!(came_to(&story, AUDIT)?, CameTo::Differs);
    assert_eq!(value_of(&story, "opacity#1"), Some(Value::absent()));
    let case = story.case();
    assert_eq!(case.item("opacity#1").and_then(|item| item.amended.clone()), None);
    assert_eq!(case.state, State::Queued);
    Ok(())
}

#[test]
fn reopening_what_was_amended_begins_anew_and_the_audit_changes_nothing_any_more() -> Done {
    let story = found_wrong()?.later(61 * MINUTE).act("lea", Action::Reopen, Some("opacity#1"));
    let case = story.case();
    let item = case.item("opacity#1").ok_or("opacity#1")?;
    assert_eq!((item.amended.as_deref(), item.state), (None, State::Queued));
    assert!(again(&story, AUDIT)?.spent);
    assert!(story.case().stray.is_empty(), "the log says that it was opened again, and it was");
    // The audit found what it found: the sample counts it.
    assert_eq!(came_to(&story, AUDIT)?, CameTo::Wrong);
    Ok(())
}

#[test]
fn an_audit_is_withdrawn_when_its_item_is_opened_again_or_the_reads_change() -> Done {
    let story = ask(settled(charter())?, Kind::Audit, &["opacity#1"], None);
    assert_eq!(came_to(&story, AUDIT)?, CameTo::Open);
    let reopened = story.act("lea", Action::Reopen, None);
    assert_eq!(came_to(&reopened, AUDIT)?, CameTo::Withdrawn);
    assert_eq!(reopened.state("opacity#1"), Some(State::Queued));

    let story = ask(agreed("absent"), Kind::Audit, &["opacity#1"], None);
    let corrected = story.import([read("bob", vec![says("opacity", "present")])]);
    assert_eq!(came_to(&corrected, AUDIT)?, CameTo::Withdrawn);
    let closed = corrected.try_now(&qa("quinn"), &line(json!({"dispute": AUDIT, "answer": "none"}))?);
    assert!(closed.is_err_and(|refused| refused.why.contains("nothing to decide")));
    Ok(())
}

#[test]
fn reads_of_other_labels_leave_an_audit_standing() -> Done {
    let story = ask(agreed("absent"), Kind::Audit, &["opacity#1"], None);
    let story = story.import_about(
        &["grade"],
        vec![read("ann", vec![says("grade", 3)]), read("bob", vec![says("grade", 3)])],
    );
    assert_eq!(came_to(&story, AUDIT)?, CameTo::Open);
    Ok(())
}

#[test]
fn that_there_is_nothing_more_of_a_drawn_label_can_be_audited() -> Done {
    let story = ask(agreed("absent").image(), Kind::Audit, &["lesion"], None);
    let id = story.case().again.first().map(|entry| entry.id.clone()).ok_or("nothing is asked")?;
    let second = again(&story, &id)?.second.ok_or("no second reading")?;
    assert!(second.unseen && story.case().item(&second.of).is_none());
    let same = says_so(
        ask(agreed("absent").image(), Kind::Audit, &["lesion"], None),
        &qa("quinn"),
        &id,
        json!("none"),
    )?;
    assert_eq!(came_to(&same, &id)?, CameTo::Agrees);
    assert_eq!(
        same.case().item(&second.of).map(|item| item.id.clone()),
        None,
        "there is no more than there was"
    );

    let more = json!({"geometry": {"type": "box", "points": [[10, 10], [50, 60]], "image": "1.2.3"}});
    let story = says_so(story, &qa("quinn"), &id, more)?;
    assert_eq!(came_to(&story, &id)?, CameTo::Differs);
    let shape = again(&story, &id)?.item.candidates.iter().position(|of| !of.choice.shapes.is_empty());
    let n = shape.ok_or("no candidate with a shape")? + 1;
    let story = story.decide(
        &adjudicator("ada"),
        line(json!({"dispute": id, "answer": {"adopt": n}, "note": "missed by both"}))?,
    )?;
    assert_eq!(came_to(&story, &id)?, CameTo::Wrong);
    let found = story.case().item(&second.of).cloned().ok_or("the finding is not in the case")?;
    assert_eq!(found.result.map(|choice| choice.shapes.len()), Some(1));
    assert_eq!(found.amended.as_deref(), Some(id.as_str()));
    Ok(())
}

#[test]
fn nothing_is_asked_of_what_is_open_or_asked_already() -> Done {
    let open = ask(Story::two(charter()), Kind::Audit, &["opacity#1"], None);
    assert!(open.case().again.is_empty());
    assert_eq!(open.case().stray.len(), 1, "the log holds it, and it changes nothing");
    let twice =
        ask(ask(agreed("absent"), Kind::Audit, &["opacity#1"], None), Kind::Audit, &["opacity#1"], None);
    assert_eq!(twice.case().again.len(), 1);
    let unknown = ask(agreed("absent"), Kind::Audit, &["grade#9", "opacity"], None);
    assert!(unknown.case().again.is_empty(), "a label that isn't drawn has no more of itself");
    Ok(())
}

#[test]
fn who_did_the_work_and_who_was_not_named_can_not_audit_it() -> Done {
    let story = ask(settled(charter())?, Kind::Audit, &["opacity#1"], None);
    let ada = Actor { qa: true, ..adjudicator("ada") };
    let why = refused(&story, &ada, AUDIT, json!("none"))?;
    assert!(why.contains("work of yours"), "{why}");
    let reader = Actor { readers: ["ann".to_owned()].into(), ..qa("annika") };
    let why = refused(&story, &reader, AUDIT, json!("none"))?;
    assert!(why.contains("work of yours"), "{why}");
    // To whoever only decides it isn't there, as if nobody had drawn it.
    for dispute in [AUDIT, "opacity#9"] {
        let tried = story.try_now(&adjudicator("eve"), &line(json!({"dispute": dispute, "answer": "none"}))?);
        let refused = tried.err().ok_or("it was taken")?;
        assert_eq!(refused.kind, RefusedKind::Unknown);
        assert!(refused.why.contains(&format!("has no dispute {dispute}")), "{}", refused.why);
    }
    let named = ask(settled(charter())?, Kind::Audit, &["opacity#1"], Some("quinn"));
    let why = refused(&named, &qa("quill"), AUDIT, json!("none"))?;
    assert!(why.contains("given to quinn"), "{why}");
    assert!(says_so(named, &qa("quinn"), AUDIT, json!("none")).is_ok());
    let unblinded = story.act("quinn", Action::Unblind, None);
    let why = refused(&unblinded, &qa("quinn"), AUDIT, json!("none"))?;
    assert!(why.contains("unblinded"), "{why}");
    Ok(())
}

#[test]
fn an_audit_is_an_own_look_and_takes_no_answer_of_others() -> Done {
    let story = ask(agreed("absent"), Kind::Audit, &["opacity#1"], None);
    for answer in [json!({"adopt": 1}), json!("ambiguous"), json!("defer"), json!("escalate")] {
        let draft = line(json!({"dispute": AUDIT, "answer": answer,
            "ambiguity": {"types": ["A2"], "alternatives": [
                {"value": "present", "weight": 0.5}, {"value": "absent", "weight": 0.5}],
                "reducible": "irreducible"}}))?;
        assert!(story.try_now(&qa("quinn"), &draft).is_err(), "{answer}");
    }
    let (action, _) = story.try_now(&qa("quinn"), &line(json!({"dispute": AUDIT, "answer": "none"}))?)?;
    assert_eq!(action, Action::FirstLook, "whatever it is handed in as");
    Ok(())
}

#[test]
fn an_alternative_of_an_ambiguous_answer_is_not_wrong() -> Done {
    let ambiguous = json!({"answer": "ambiguous", "confidence": 2,
        "ambiguity": {"types": ["A1"], "reducible": "irreducible", "alternatives": [
            {"value": 2, "weight": 0.5}, {"value": 3, "weight": 0.5}]}, "dispute": "grade#1"});
    let story = Story::new(charter())
        .import([read("ann", vec![says("grade", 2)]), read("bob", vec![says("grade", 4)])])
        .decide(&adjudicator("ada"), line(ambiguous)?)?
        .later(61 * MINUTE);
    let story = ask(story, Kind::Audit, &["grade#1"], None);
    for (grade, expected) in [(2, CameTo::Agrees), (3, CameTo::Agrees), (5, CameTo::Differs)] {
        let draft = line(json!({"dispute": "grade#2", "answer": {"value": grade}}))?;
        let (action, decision) = story.try_now(&qa("quinn"), &draft)?;
        let mut told = Story { protocol: story.protocol.clone(), history: story.history.clone(), ..story };
        told.history.acts.push(Act {
            seq: told.seq + 1,
            at: told.now,
            who: "quinn".into(),
            action,
            dispute: Some("grade#2".into()),
            decision: Some(decision.into()),
            why: None,
            asked: None,
            cause: None,
            waives: None,
        });
        assert_eq!(came_to(&told, "grade#2")?, expected, "{grade}");
    }
    Ok(())
}

#[test]
fn a_recheck_waits_for_the_washout_when_the_same_person_decides_again() -> Done {
    let story = ask(settled(charter())?, Kind::Recheck, &["opacity#1"], None);
    let recheck = again(&story, AUDIT)?;
    assert_eq!((recheck.kind, recheck.state), (Kind::Recheck, State::Queued));
    assert!(recheck.decisions.is_empty(), "nobody sees what was decided first");
    assert_eq!(story.case().state, State::Queued, "it waits as any dispute does");
    let why = refused(&story, &adjudicator("ada"), AUDIT, json!({"value": "present"}))?;
    assert!(why.contains("work of yours"), "{why}");
    let rested = story.later(28 * DAY);
    let rested = says_so(rested, &adjudicator("ada"), AUDIT, json!({"value": "present"}))?;
    assert_eq!(came_to(&rested, AUDIT)?, CameTo::Agrees);
    let item = rested.case().item("opacity#1").cloned().ok_or("opacity#1")?;
    let stands: Vec<&str> = item.answers().map(|decided| decided.who.as_str()).collect();
    assert_eq!((stands.as_slice(), &item.amended), (&["ada"][..], &None));
    Ok(())
}

#[test]
fn a_recheck_that_comes_to_something_else_is_an_arbiters() -> Done {
    let story = ask(settled(charter())?.later(28 * DAY), Kind::Recheck, &["opacity#1"], None);
    let story = says_so(story, &adjudicator("ada"), AUDIT, json!({"value": "absent"}))?;
    assert_eq!((came_to(&story, AUDIT)?, again(&story, AUDIT)?.state), (CameTo::Differs, State::Escalated));
    assert_eq!(value_of(&story, "opacity#1"), Some(Value::present()), "nothing is changed by it alone");
    let why = refused(&story, &adjudicator("eve"), AUDIT, json!({"value": "absent"}))?;
    assert!(why.contains("an arbiter must settle it"), "{why}");
    let kept = says_so(
        Story { protocol: story.protocol.clone(), history: story.history.clone(), ..story },
        &arbiter("abe"),
        AUDIT,
        json!({"value": "present"}),
    )?;
    assert_eq!(came_to(&kept, AUDIT)?, CameTo::Upheld);
    let wrong = says_so(story, &arbiter("abe"), AUDIT, json!({"value": "absent"}))?;
    assert_eq!(came_to(&wrong, AUDIT)?, CameTo::Wrong);
    let item = wrong.case().item("opacity#1").cloned().ok_or("opacity#1")?;
    assert_eq!(item.result.and_then(|choice| choice.value), Some(Value::absent()));
    assert_eq!(item.decisions.first().map(|decided| decided.fate), Some(Fate::Overruled));
    Ok(())
}

#[test]
fn a_recheck_that_is_undone_is_open_again() -> Done {
    let story = ask(settled(charter())?.later(28 * DAY), Kind::Recheck, &["opacity#1"], None);
    let story = says_so(story, &adjudicator("ada"), AUDIT, json!({"value": "absent"}))?;
    let story = story.act("ada", Action::Undo, Some(AUDIT));
    assert_eq!(again(&story, AUDIT)?.state, State::Queued);
    assert_eq!(value_of(&story, "opacity#1"), Some(Value::present()));
    Ok(())
}
