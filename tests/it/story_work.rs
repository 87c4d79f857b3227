//! Stories of kinds of work: what a person finds before them, and acts besides deciding.

use overread::domain::decision::Draft;
use overread::domain::event::Action;
use overread::review::Session;
use overread::review::decide::decide;
use serde_json::{Value as Json, json};

use crate::common::Outcome;
use crate::story::*;

fn hands_in(case: &'static str, fields: Json) -> impl FnOnce(&mut Session) -> Outcome {
    move |session| {
        let mut line = json!({ "case": case, "dispute": "grade#1", "confidence": 4, "note": "unsure of it" });
        for (name, value) in fields.as_object().into_iter().flatten() {
            line[name] = value.clone();
        }
        let draft: Draft = serde_json::from_value(line)?;
        Ok(decide(session, &draft).map(drop)?)
    }
}

#[test]
fn an_arbiter_finds_escalations_first_and_answers_before_the_others_answers_are_shown() -> Outcome {
    story(grades().review("adjudicators = 2").seen_by("ada"))
        .unheard("ana", hands_in("CT-3", json!({ "answer": { "value": "moderate" } })))
        .unheard("max", hands_in("CT-3", json!({ "answer": { "value": "critical" } })))
        .comes_back()
        .expect(lists(&["CT-3", "CT-2", "CT-1"]))
        .opens_and_sees()
        .expect(at("CT-3", "grade#1"))
        .expect(hides("unsure of it"))
        .expect(that(|play| {
            let open = play.state.open.as_ref().ok_or("nothing is open")?;
            let dispute = open.dispute().ok_or("no dispute")?;
            match (&dispute.decision, dispute.hidden_decisions) {
                (None, 2) => Ok(()),
                other => Err(format!("shown is {other:?}")),
            }
        }))
        .keys("T")
        .types("max, qin")
        .keys("enter")
        .keys("1 4 enter")
        .expect(stored("CT-3", "grade#1", json!({ "panel": ["max", "qin"] })))
        .expect(in_state("CT-3", "grade#1", "PROVISIONAL"))
        .ends()
}

#[test]
fn an_arbiter_looks_first_by_a_key_where_reads_are_shown_and_then_sees_why_it_came() -> Outcome {
    story(grades().seen_by("ada"))
        .unheard("max", hands_in("CT-3", json!({ "answer": "escalate" })))
        .comes_back()
        .opens_and_sees()
        .expect(at("CT-3", "grade#1"))
        .expect(hides("unsure of it"))
        .expect(shows("shown after an own look"))
        .keys("L")
        .expect(says("nothing is answered yet"))
        .keys("1 4 L")
        .expect(says("your own look is recorded: now what was answered before is shown"))
        .expect(logged(Action::FirstLook, 1))
        .expect(in_state("CT-3", "grade#1", "ESCALATED"))
        .expect(at("CT-3", "grade#1"))
        .expect(shows("unsure of it"))
        .waits(1_000)
        .keys("L")
        .expect(says("an own look is an arbiter's"))
        .keys("1 4 enter")
        .expect(in_state("CT-3", "grade#1", "PROVISIONAL"))
        .ends()
}

#[test]
fn who_decides_finds_what_they_can_do_and_all_at_a_key() -> Outcome {
    story(grades())
        .unheard("max", hands_in("CT-2", json!({ "answer": "escalate" })))
        .comes_back()
        .expect(lists(&["CT-1", "CT-3"]))
        .keys("m")
        .expect(shows("all open"))
        .expect(lists(&["CT-2", "CT-1", "CT-3"]))
        .keys("m")
        .expect(lists(&["CT-1", "CT-3"]))
        .keys("f")
        .expect(shows("escalated  1"))
        .ends()
}

#[test]
fn what_needs_a_skill_that_one_lacks_is_left_out_and_said() -> Outcome {
    let setting = Setting::of(
        "name = \"heads\"\n[labels.grade]\nkind = \"ordinal\"\nlevels = [1, 2, 3]\nskill = \"neuro\"\n[labels.size]\nkind = \
         \"ordinal\"\nlevels = [1, 2, 3]\n",
    );
    let table =
        "case,reader,label,value\nCT-1,ann,grade,1\nCT-1,bob,grade,3\nCT-2,ann,size,1\nCT-2,bob,size,3\n";
    story(setting.reads(table))
        .expect(lists(&["CT-2"]))
        .expect(shows("1 needs a skill: neuro"))
        .keys("m")
        .expect(lists(&["CT-1", "CT-2"]))
        .ends()
}

#[test]
fn a_reader_is_told_what_was_sent_back_to_them() -> Outcome {
    let table = "case,reader,label,value\nCT-1,ana,grade,1\nCT-1,bob,grade,3\n";
    let setting = Setting::of("name = \"g\"\n[labels.grade]\nkind = \"ordinal\"\nlevels = [1, 2, 3]\n");
    let slip = json!({ "verdict": "slip", "cause": ["S1"] });
    story(setting.reads(table))
        .unheard("max", hands_in("CT-1", json!({ "answer": "return", "verdicts": { "A": slip, "B": slip } })))
        .comes_back()
        .expect(header("returned to you: 1"))
        .ends()
}

#[test]
fn a_lead_finalises_reopens_blocks_and_signs_from_the_screen() -> Outcome {
    story(grades().seen_by("lea"))
        .unheard("ana", hands_in("CT-2", json!({ "answer": { "value": "mild" } })))
        .keys("space A f")
        .expect(says("finalise is in the log"))
        .expect(in_state("CT-2", "grade#1", "FINAL"))
        .keys("A s")
        .expect(a_prompt("Sign"))
        .types("approved")
        .keys("enter")
        .expect(logged(Action::Sign, 1))
        .keys("A o")
        .keys("enter")
        .expect(says("this needs a reason"))
        .keys("A o")
        .types("seen anew")
        .keys("enter")
        .expect(in_state("CT-2", "grade#1", "QUEUED"))
        .keys("A b")
        .types("wrong patient")
        .keys("enter")
        .expect(logged(Action::Block, 1))
        .keys("A u")
        .types("mended")
        .keys("enter")
        .expect(logged(Action::Unblock, 1))
        .keys("A w")
        .types("no need")
        .keys("enter")
        .expect(says("waits for no read"))
        .ends()
}

#[test]
fn who_may_not_is_refused_and_what_is_deferred_is_taken_up_again() -> Outcome {
    story(grades())
        .unheard("max", hands_in("CT-2", json!({ "answer": "defer" })))
        .comes_back()
        .opens_and_sees()
        .expect(in_state("CT-2", "grade#1", "DEFERRED"))
        .keys("A o")
        .types("why not")
        .keys("enter")
        .expect(says("this needs the role of lead"))
        .expect(logged(Action::Refuse, 1))
        .keys("A r")
        .expect(says("resume is in the log"))
        .expect(logged(Action::Resume, 1))
        .ends()
}
