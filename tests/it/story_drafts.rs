//! Stories of what is filled in and not saved, of what is taken back, and of a store that takes nothing.

use serde_json::json;

use crate::common::Outcome;
use crate::story::*;

#[test]
fn what_is_filled_in_is_in_the_store_within_a_second() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("2")
        .expect(header("draft"))
        .expect(drafts("CT-2", "ana", 0))
        .waits(SECOND)
        .expect(drafts("CT-2", "ana", 1))
        .expect(header("saved"))
        .ends()
}

#[test]
fn a_draft_is_filled_in_again_when_the_case_is_opened_again() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("2 4 t")
        .types("look at the base")
        .keys("enter esc")
        .expect(in_worklist())
        .expect(drafts("CT-2", "ana", 1))
        .opens()
        .expect(says("filled in again"))
        .expect(row("answer", "mild"))
        .expect(row("confidence", "4 of 5"))
        .expect(row("note", "look at the base"))
        .ends()
}

#[test]
fn a_draft_outlives_the_program_and_is_nobody_elses() -> Outcome {
    story(boxes())
        .opens_and_sees()
        .keys("n 2 q")
        .comes_back()
        .opens()
        .expect(at("CT-7", "lesion#1"))
        .expect(row("answer", "2"))
        .keys("q")
        .then(|play| play.sit_down("max"))
        .opens()
        .expect(row("answer", "asked for"))
        .ends()
}

#[test]
fn a_half_typed_note_is_kept_when_the_terminal_goes() -> Outcome {
    use overread::app::Event;
    story(grades())
        .opens_and_sees()
        .keys("1 t")
        .types("half a sen")
        .then(|play| play.happen(Event::HungUp))
        .expect(drafts("CT-2", "ana", 1))
        .expect(claimed("CT-2", ""))
        .comes_back()
        .opens()
        .expect(row("note", "half a sen"))
        .ends()
}

#[test]
fn an_empty_draft_is_let_go() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("2")
        .waits(SECOND)
        .expect(drafts("CT-2", "ana", 1))
        .keys("backspace")
        .waits(SECOND)
        .expect(drafts("CT-2", "ana", 0))
        .ends()
}

#[test]
fn a_saved_decision_leaves_no_draft() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("2")
        .waits(SECOND)
        .keys("4 enter")
        .waits(5 * SECOND)
        .expect(drafts("CT-2", "ana", 0))
        .ends()
}

#[test]
fn undo_opens_the_decision_again_filled_in_as_it_was() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("2 4 U t")
        .types("why")
        .keys("enter enter")
        .expect(at("CT-1", "grade#1"))
        .keys("ctrl-z")
        .expect(at("CT-2", "grade#1"))
        .expect(says("grade#1 is open again"))
        .expect(row("answer", "mild"))
        .expect(row("confidence", "4 of 5"))
        .expect(row("uncertain", "yes"))
        .expect(row("note", "why"))
        .expect(undecided("CT-2", "grade#1"))
        .expect(claimed("CT-2", "ana"))
        .expect(claimed("CT-1", ""))
        .sees()
        .waits(SECOND)
        .keys("backspace 5 enter")
        .expect(stored("CT-2", "grade#1", json!({"value": "mild", "confidence": 5})))
        .ends()
}

#[test]
fn undo_works_from_the_worklist_and_from_the_log() -> Outcome {
    for (away, screen) in [("esc", "worklist"), ("esc f7", "log"), ("esc ?", "help"), ("t", "a prompt")] {
        story(grades())
            .opens_and_sees()
            .keys("2 4 enter")
            .keys(away)
            .keys("ctrl-z")
            .expect(at("CT-2", "grade#1"))
            .expect(row("answer", "mild"))
            .expect(no_popup())
            .expect(undecided("CT-2", "grade#1"))
            .ends()
            .map_err(|error| format!("from {screen}: {error}"))?;
    }
    Ok(())
}

#[test]
fn undo_goes_back_step_by_step() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("2 4 enter")
        .sees()
        .waits(SECOND)
        .keys("1 5 enter ctrl-z")
        .expect(at("CT-1", "grade#1"))
        .keys("ctrl-z")
        .expect(at("CT-2", "grade#1"))
        .keys("ctrl-z")
        .expect(says("no decision of yours to take back"))
        .expect(at("CT-2", "grade#1"))
        .ends()
}

#[test]
fn what_is_final_is_not_taken_back() -> Outcome {
    story(grades().review("undo_minutes = 0"))
        .opens_and_sees()
        .keys("2 4 enter")
        .expect(says("grade#1 is final"))
        .expect(that(|play| match &play.state.notice {
            Some(notice) if notice.words.contains("ctrl-z") => Err("offers what is no more to be had".into()),
            _ => Ok(()),
        }))
        .keys("ctrl-z")
        .expect(says("a lead can reopen"))
        .expect(at("CT-1", "grade#1"))
        .ends()
}

#[test]
fn a_draft_on_the_case_at_hand_outlives_an_undo_elsewhere() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("2 4 enter")
        .sees()
        .waits(SECOND)
        .keys("1 ctrl-z")
        .expect(at("CT-2", "grade#1"))
        .expect(drafts("CT-1", "ana", 1))
        .ends()
}

#[test]
fn a_store_that_takes_nothing_is_said_until_it_does() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("2 4")
        .breaks("failed to write to the store: the disk is full")
        .keys("enter")
        .expect(says("not saved: failed to write to the store: the disk is full"))
        .expect(header("unsaved"))
        .expect(at("CT-2", "grade#1"))
        .expect(row("answer", "mild"))
        .waits(3 * SECOND)
        .keys("V")
        .expect(header("unsaved"))
        .expect(shows("nothing can be saved at present"))
        .mended()
        .waits(10 * SECOND)
        .expect(drafts("CT-2", "ana", 1))
        .expect(hides("unsaved"))
        .expect(hides("nothing can be saved"))
        .keys("enter")
        .expect(stored("CT-2", "grade#1", json!({"value": "mild", "confidence": 4})))
        .ends()
}

#[test]
fn leaving_with_something_unsaved_asks() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("2 4")
        .breaks("the disk is full")
        .keys("enter q")
        .expect(says("what is filled in here is not saved: the disk is full"))
        .expect(at("CT-2", "grade#1"))
        .keys("V ctrl-c")
        .expect(says("not saved"))
        .expect(that(|play| match play.state.leaving {
            None => Ok(()),
            Some(_) => Err("left without a word".into()),
        }))
        .keys("ctrl-c")
        .expect(that(|play| match play.state.leaving {
            Some(_) => Ok(()),
            None => Err("holds the person back".into()),
        }))
        .ends()
}

#[test]
fn the_summary_says_what_was_done_and_what_is_left() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("2 4 enter")
        .sees()
        .waits(SECOND)
        .keys("d")
        .types("prior")
        .keys("enter")
        .sees()
        .waits(SECOND)
        .keys("1 q q")
        .expect(that(|play| {
            let lines = play.state.tally.lines();
            match lines.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
                ["1 dispute settled · 1 deferred", "left open with a draft: 1 case"] => Ok(()),
                other => Err(format!("{other:?}")),
            }
        }))
        .ends()
}
