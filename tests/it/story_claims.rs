//! Stories of several people: claims taken, shown, lost and given back, and what others decide meanwhile.

use overread::domain::decision::Draft;
use overread::review::Session;
use overread::review::decide::{claim, decide};
use serde_json::json;

use crate::common::Outcome;
use crate::story::*;

fn claims(case: &'static str) -> impl FnOnce(&mut Session) -> Outcome {
    move |session| Ok(claim(session, case, "elsewhere").map(|_| ())?)
}

fn decides(
    case: &'static str,
    dispute: &'static str,
    candidate: u32,
) -> impl FnOnce(&mut Session) -> Outcome {
    move |session| {
        let draft =
            json!({"case": case, "dispute": dispute, "answer": {"adopt": candidate}, "confidence": 5});
        let draft: Draft = serde_json::from_value(draft)?;
        Ok(decide(session, &draft).map(|_| ())?)
    }
}

#[test]
fn opening_a_case_claims_it_and_leaving_gives_it_back() -> Outcome {
    story(grades())
        .opens()
        .expect(claimed("CT-2", "ana"))
        .keys("esc")
        .expect(in_worklist())
        .expect(claimed("CT-2", ""))
        .ends()
}

#[test]
fn space_looks_without_a_claim_and_a_deciding_key_claims_first() -> Outcome {
    story(grades())
        .keys("space")
        .sees()
        .waits(SECOND)
        .expect(at("CT-2", "grade#1"))
        .expect(header("looking on"))
        .expect(claimed("CT-2", ""))
        .keys("2")
        .expect(claimed("CT-2", "ana"))
        .expect(says("claimed"))
        .expect(hides("looking on"))
        .waits(SECOND)
        .keys("2 4 enter")
        .expect(stored("CT-2", "grade#1", json!({"value": "mild"})))
        .ends()
}

#[test]
fn the_worklist_claims_and_gives_back_by_one_key() -> Outcome {
    story(grades())
        .keys("c")
        .expect(says("CT-2 is claimed for you"))
        .expect(claimed("CT-2", "ana"))
        .expect(header("1 claimed"))
        .expect(shows("◆ CT-2"))
        .keys("c")
        .expect(says("CT-2 is given back"))
        .expect(claimed("CT-2", ""))
        .expect(shows("● CT-2"))
        .ends()
}

#[test]
fn a_claim_of_somebody_else_is_shown_and_its_case_is_looked_at_alone() -> Outcome {
    story(grades())
        .meanwhile("max", claims("CT-2"))
        .expect(shows("◇ CT-2"))
        .expect(header("1 claimed"))
        .opens()
        .expect(at("CT-2", "grade#1"))
        .expect(header("looking on"))
        .expect(says("max is at work on CT-2 until"))
        .keys("2 4 enter")
        .expect(undecided("CT-2", "grade#1"))
        .expect(says("max is at work on CT-2"))
        .ends()
}

#[test]
fn moving_on_passes_over_what_others_are_at() -> Outcome {
    story(grades())
        .opens_and_sees()
        .meanwhile("max", claims("CT-1"))
        .keys("2 4 enter")
        .expect(at("CT-3", "grade#1"))
        .expect(claimed("CT-3", "ana"))
        .ends()
}

#[test]
fn moving_on_passes_over_what_others_took_a_moment_ago() -> Outcome {
    story(grades())
        .opens_and_sees()
        .unheard("max", claims("CT-1"))
        .keys("2 4 enter")
        .expect(at("CT-3", "grade#1"))
        .expect(claimed("CT-3", "ana"))
        .ends()
}

#[test]
fn a_claim_that_is_worked_on_is_lengthened() -> Outcome {
    story(grades())
        .opens_and_sees()
        .waits(9 * MINUTE)
        .keys("2")
        .waits(9 * MINUTE)
        .keys("4")
        .waits(9 * MINUTE)
        .keys("U")
        .waits(9 * MINUTE)
        .expect(claimed("CT-2", "ana"))
        .keys("enter")
        .expect(stored("CT-2", "grade#1", json!({"value": "mild"})))
        .ends()
}

#[test]
fn a_claim_says_its_last_minutes() -> Outcome {
    story(grades().review("idle_lock_minutes = 1000"))
        .opens_and_sees()
        .waits(24 * MINUTE)
        .expect(hides("claim"))
        .waits(90 * SECOND)
        .expect(header("claim 5 min"))
        .waits(3 * MINUTE)
        .expect(header("claim 2 min"))
        .ends()
}

#[test]
fn a_claim_that_somebody_took_over_is_said_and_what_was_filled_in_is_kept() -> Outcome {
    story(grades().review("idle_lock_minutes = 1000"))
        .opens_and_sees()
        .keys("2")
        .waits(31 * MINUTE)
        .meanwhile("max", claims("CT-2"))
        .expect(says("your claim on this case has ended"))
        .expect(header("looking on"))
        .expect(row("answer", "mild"))
        .keys("4")
        .expect(says("max is at work on CT-2"))
        .expect(row("answer", "mild"))
        .expect(drafts("CT-2", "ana", 1))
        .ends()
}

#[test]
fn a_claim_that_ran_out_by_itself_is_taken_again_by_the_next_key() -> Outcome {
    story(grades().review("idle_lock_minutes = 1000"))
        .opens_and_sees()
        .keys("2")
        .waits(31 * MINUTE)
        .expect(claimed("CT-2", ""))
        .expect(header("claim has ended"))
        .keys("4")
        .expect(claimed("CT-2", "ana"))
        .expect(row("answer", "mild"))
        .waits(SECOND)
        .keys("4 enter")
        .expect(stored("CT-2", "grade#1", json!({"value": "mild", "confidence": 4})))
        .ends()
}

#[test]
fn a_decision_of_somebody_else_is_shown_beside_the_own_draft() -> Outcome {
    let two = grades().review("adjudicators = 1");
    story(two)
        .keys("space")
        .sees()
        .waits(SECOND)
        .meanwhile("max", decides("CT-2", "grade#1", 1))
        .expect(says("grade#1 is PROVISIONAL now by max"))
        .expect(shows("provisional by max: critical"))
        .ends()
}

#[test]
fn what_somebody_else_decided_under_an_open_draft_is_refused_and_both_are_shown() -> Outcome {
    story(grades().review("idle_lock_minutes = 1000"))
        .opens_and_sees()
        .keys("2 4")
        .waits(31 * MINUTE)
        .unheard("max", decides("CT-2", "grade#1", 1))
        .keys("enter")
        .waits(SECOND)
        .expect(shows("provisional by max: critical"))
        .expect(row("answer", "mild"))
        .expect(row("confidence", "4 of 5"))
        .expect(stored("CT-2", "grade#1", json!({"by": "max", "value": "critical"})))
        .ends()
}

#[test]
fn reads_that_change_meanwhile_take_the_answer_out_and_say_so() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("2 4 t")
        .types("kept")
        .keys("enter")
        .then(|play| {
            let path = play.place.write("late.csv", "case,reader,label,value\nCT-2,dee,grade,severe\n")?;
            play.elsewhere("lea", |session| take_in(session, vec![path]))
        })
        .meanwhile("max", claims("CT-3"))
        .expect(says("the reads of this case have changed"))
        .expect(row("answer", "asked for"))
        .expect(row("note", "kept"))
        .expect(shows("severe"))
        .ends()
}

#[test]
fn reads_that_changed_unheard_refuse_the_decision() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("2 4")
        .then(|play| {
            let path = play.place.write("late.csv", "case,reader,label,value\nCT-2,dee,grade,severe\n")?;
            play.elsewhere("lea", |session| take_in(session, vec![path]))
        })
        .keys("enter")
        .expect(says("not saved"))
        .expect(says("changed"))
        .expect(undecided("CT-2", "grade#1"))
        .expect(row("answer", "asked for"))
        .expect(shows("severe"))
        .ends()
}

#[test]
fn an_observer_looks_on_and_decides_nothing() -> Outcome {
    story(grades().seen_by("obi"))
        .opens()
        .expect(at("CT-2", "grade#1"))
        .expect(header("looking on"))
        .expect(claimed("CT-2", ""))
        .keys("2")
        .expect(says("as observer you look on and don't decide"))
        .keys("4 enter x u d E t a")
        .expect(undecided("CT-2", "grade#1"))
        .ends()?;
    story(grades().seen_by("obi")).keys("c").expect(claimed("CT-2", "")).expect(says("observer")).ends()
}

#[test]
fn who_read_a_case_looks_on() -> Outcome {
    use overread::review::people::{Addition, add};
    story(grades())
        .meanwhile("lea", |session| {
            let addition = Addition { readers: ["ann".to_owned()].into(), ..Addition::default() };
            Ok(add(session, "ana", &addition).map(|_| ())?)
        })
        .opens()
        .expect(says("you are one of the readers of this case"))
        .expect(claimed("CT-2", ""))
        .ends()
}
