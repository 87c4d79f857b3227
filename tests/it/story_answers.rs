//! Stories of the answers beside the candidates, of going on without one, and of the fields that stand below.

use serde_json::json;

use crate::common::Outcome;
use crate::story::*;

#[test]
fn none_is_an_answer_only_where_no_candidate_says_so_already() -> Outcome {
    let mode = || grades().review("mode = \"open\"");
    story(mode())
        .opens_and_sees()
        .expect(shows("x none"))
        .keys("x")
        .expect(row("answer", "none: nothing is there"))
        .keys("5 enter")
        .expect(stored("CT-2", "grade#1", json!({"value": "absent", "confidence": 5})))
        .ends()?;
    story(boxes())
        .opens_and_sees()
        .expect(at("CT-7", "cyst#1"))
        .expect(hides("x none"))
        .keys("x")
        .expect(says("a candidate says already that nothing is there"))
        .expect(row("answer", "asked for"))
        .ends()
}

#[test]
fn excluding_settles_without_an_answer() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("X")
        .expect(row("answer", "can't be graded"))
        .keys("4 enter")
        .expect(says("saved"))
        .expect(stored("CT-2", "grade#1", json!({"outcome": "excluded"})))
        .ends()
}

#[test]
fn merging_goes_through_the_ways_that_work_here() -> Outcome {
    story(boxes())
        .opens_and_sees()
        .keys("n")
        .expect(at("CT-7", "lesion#1"))
        .keys("m")
        .expect(row("answer", "merge: "))
        .then(|play| {
            let open = play.state.open.as_ref().ok_or("no case is open")?;
            let ways = open.dispute().map(|dispute| dispute.merges.len()).unwrap_or_default();
            if ways < 2 {
                return Err(format!("only {ways} ways to merge").into());
            }
            Ok(())
        })
        .keys("m 4 enter")
        .expect(in_state("CT-7", "lesion#1", "PROVISIONAL"))
        .ends()?;
    story(grades())
        .opens_and_sees()
        .expect(hides("m merge"))
        .keys("m")
        .expect(says("can't be merged"))
        .expect(row("answer", "asked for"))
        .ends()
}

#[test]
fn deferring_asks_for_a_reason_and_counts_apart() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("d")
        .expect(a_prompt("Why is it put off?"))
        .keys("enter")
        .expect(says("reason"))
        .expect(undecided("CT-2", "grade#1"))
        .keys("d")
        .types("asks for the prior")
        .keys("enter")
        .expect(in_state("CT-2", "grade#1", "DEFERRED"))
        .expect(at("CT-1", "grade#1"))
        .keys("esc q")
        .expect(that(|play| match play.state.tally.lines().first().map(String::as_str) {
            Some("1 deferred") => Ok(()),
            other => Err(format!("{other:?}")),
        }))
        .ends()
}

#[test]
fn who_changes_their_mind_about_deferring_goes_back() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("2 4 d")
        .types("wait")
        .keys("esc")
        .expect(no_popup())
        .expect(undecided("CT-2", "grade#1"))
        // What was answered before stands again, so that a thoughtless enter doesn't put the dispute off.
        .expect(row("answer", "mild"))
        .expect(row("confidence", "4 of 5"))
        .ends()
}

#[test]
fn escalating_hands_the_dispute_on() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("E")
        .expect(a_prompt("Escalate"))
        .types("I know the patient")
        .keys("enter")
        .expect(in_state("CT-2", "grade#1", "ESCALATED"))
        .expect(at("CT-1", "grade#1"))
        .ends()
}

#[test]
fn an_arbiter_settles_what_was_escalated() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("E")
        .types("help")
        .keys("enter")
        .then(|play| play.sit_down("ada"))
        .expect(lists(&["CT-2", "CT-1", "CT-3"]))
        .opens_and_sees()
        .expect(at("CT-2", "grade#1"))
        .keys("1 5 enter")
        .expect(says("saved"))
        .expect(stored("CT-2", "grade#1", json!({"by": "ada", "confidence": 5})))
        .ends()
}

#[test]
fn discussing_asks_for_a_note_to_the_others() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("D")
        .types("is the base in the field?")
        .keys("enter")
        .expect(in_state("CT-2", "grade#1", "DISCUSSION"))
        .expect(at("CT-1", "grade#1"))
        .then(|play| play.sit_down("max"))
        .opens_and_sees()
        .expect(at("CT-2", "grade#1"))
        .expect(shows("discussion, round 1 of 5"))
        .expect(shows("put up for round 1: “is the base"))
        .keys("2 5 enter")
        .expect(says("saved"))
        .ends()
}

#[test]
fn sending_back_is_for_slips_and_asks_whose_and_why() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("B")
        .expect(a_form())
        .expect(says("whose slip"))
        .keys("esc enter")
        .expect(says("slip"))
        .expect(undecided("CT-2", "grade#1"))
        .keys("a left left left left right right right right")
        .expect(row("A  ", "slip"))
        .keys("tab tab space")
        .expect(a_menu("Root cause of A"))
        .types("j")
        .keys("enter esc enter")
        .expect(in_state("CT-2", "grade#1", "RETURNED"))
        .ends()
}

#[test]
fn skipping_leaves_the_case_as_it_is() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("s")
        .expect(at("CT-1", "grade#1"))
        .expect(claimed("CT-2", ""))
        .expect(claimed("CT-1", "ana"))
        .expect(in_state("CT-2", "grade#1", "QUEUED"))
        .ends()
}

#[test]
fn next_and_previous_go_round_the_disputes_without_a_guard() -> Outcome {
    story(boxes())
        .opens_and_sees()
        .keys("n")
        .expect(at("CT-7", "lesion#1"))
        .keys("2 n")
        .expect(at("CT-7", "cyst#1"))
        .expect(row("answer", "asked for"))
        .keys("N")
        .expect(at("CT-7", "lesion#1"))
        .expect(row("answer", "2"))
        .ends()?;
    story(grades()).opens().keys("n").expect(says("this case has one dispute")).ends()
}

#[test]
fn tab_walks_the_fields_and_arrows_change_them() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("tab right")
        .expect(row("answer", "critical"))
        .keys("right")
        .expect(row("answer", "mild"))
        .keys("tab right")
        .expect(row("confidence", "4 of 5"))
        .keys("tab space")
        .expect(row("uncertain", "yes"))
        .keys("tab space")
        .expect(a_menu("Why it is ambiguous"))
        .keys("esc tab space")
        .expect(a_form())
        .keys("esc tab space")
        .expect(a_menu("Root cause"))
        .keys("esc tab right")
        .expect(row("severity", "1 "))
        .keys("tab space")
        .expect(a_prompt("Clause"))
        .keys("esc tab space")
        .expect(a_prompt("Note"))
        .keys("esc backtab")
        .expect(row("▌clause", "–"))
        .keys("esc")
        .expect(at("CT-2", "grade#1"))
        .keys("enter")
        .expect(stored("CT-2", "grade#1", json!({"uncertain": true, "severity": "1", "value": "mild"})))
        .ends()
}

#[test]
fn low_confidence_asks_for_a_type_of_ambiguity() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("1 2")
        .expect(row("ambiguity", "asked for"))
        .keys("enter")
        .expect(a_menu("Why it is ambiguous"))
        .expect(says("type of ambiguity"))
        .keys("enter enter")
        .expect(says("saved"))
        .expect(stored("CT-2", "grade#1", json!({"confidence": 2, "ambiguity": {"types": ["A1"]}})))
        .ends()
}

#[test]
fn notes_clauses_and_causes_stand_in_the_store() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("1 5 t")
        .types("as in the prior")
        .keys("enter C")
        .types("4.2")
        .keys("enter c")
        .expect(a_menu("Root cause"))
        .keys("space j space enter S")
        .expect(a_menu("Severity"))
        .keys("j j enter")
        .expect(row("note", "as in the prior"))
        .expect(row("clause", "4.2"))
        .keys("enter")
        .then(|play| {
            let events = play.events("decide")?;
            let event = events.first().ok_or("no decision is in the log")?;
            for words in ["as in the prior", "\"clause\": \"4.2\"", "\"severity\": \"2a\""] {
                if !event.contains(words) {
                    return Err(format!("no {words} in {event}").into());
                }
            }
            Ok(())
        })
        .ends()
}

#[test]
fn severe_errors_ask_for_a_note_and_escalate() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("1 5 S end enter enter")
        .expect(says("note"))
        .expect(row("note", "asked for"))
        .keys("t")
        .types("missed a large one")
        .keys("enter enter")
        .expect(in_state("CT-2", "grade#1", "ESCALATED"))
        .ends()
}

#[test]
fn copying_a_uid_is_logged() -> Outcome {
    use overread::domain::event::Action;
    story(grades())
        .opens()
        .keys("y")
        .expect(says("copied 2.25.2"))
        .expect(logged(Action::Copy, 1))
        .then(|play| match play.copied.as_slice() {
            [only] if only == "2.25.2" => Ok(()),
            other => Err(format!("on the clipboard: {other:?}").into()),
        })
        .ends()?;
    story(labels()).opens().keys("y").expect(says("no UID to copy")).expect(logged(Action::Copy, 0)).ends()
}
