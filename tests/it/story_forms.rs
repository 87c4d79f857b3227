//! Stories of the two forms over a case: what makes it ambiguous, and what each reader did.

use serde_json::json;

use crate::common::Outcome;
use crate::story::*;

#[test]
fn the_ambiguity_form_is_filled_in_row_by_row_and_stands_in_the_store() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("u")
        .expect(a_form())
        .expect(row("weight of 1", "0.50  critical"))
        .expect(row("weight of 2", "0.50  mild"))
        .expect(row("why", "asked for"))
        .keys("enter")
        .expect(a_menu("Why it is ambiguous"))
        .keys("space j space enter")
        .expect(row("why", "A1 A2"))
        .keys("tab right right")
        .expect(row("weight of 1", "0.60"))
        .expect(row("weight of 2", "0.40"))
        .keys("tab enter")
        .expect(a_prompt("Weight of candidate 2"))
        .keys("ctrl-u")
        .types("0,3")
        .keys("enter")
        .expect(row("weight of 1", "0.70"))
        .expect(row("weight of 2", "0.30"))
        .keys("tab enter")
        .types("a thin slice")
        .keys("enter tab space")
        .expect(row("reducible by", "information"))
        .keys("tab enter")
        .expect(a_menu("Acceptable reads"))
        .keys("space j space enter")
        .expect(row("acceptable reads", "A B"))
        .keys("tab enter")
        .types("max: severe")
        .keys("enter tab right right")
        .keys("tab enter")
        .types("say where mild ends")
        .keys("enter tab")
        .keys("enter")
        .expect(no_popup())
        .expect(row("answer", "ambiguous  0.70 : 0.30"))
        .keys("3 enter")
        .expect(says("saved"))
        .expect(stored(
            "CT-2",
            "grade#1",
            json!({
                "answer": "ambiguous",
                "outcome": "ambiguous",
                "confidence": 3,
                "ambiguity": {
                    "types": ["A1", "A2"],
                    "alternatives": [
                        {"value": "critical", "weight": 0.7},
                        {"value": "mild", "weight": 0.3}
                    ],
                    "resolve": "a thin slice",
                    "reducible": "information",
                    "dissent": "max: severe",
                    "guideline": {"request": "say where mild ends"}
                }
            }),
        ))
        .ends()
}

#[test]
fn an_ambiguous_answer_without_its_type_opens_the_form_again() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("u tab right esc 3 enter")
        .expect(a_form())
        .expect(says("at least one type"))
        .expect(undecided("CT-2", "grade#1"))
        .ends()
}

#[test]
fn going_back_from_a_form_in_which_nothing_was_filled_in_leaves_the_answer_as_it_was() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("1 4 u")
        .expect(a_form())
        .keys("esc")
        .expect(no_popup())
        .expect(row("confidence", "4 of 5"))
        .expect(hides("ambiguous  0."))
        .keys("enter")
        .expect(stored("CT-2", "grade#1", json!({ "confidence": 4 })))
        .ends()
}

#[test]
fn an_alternative_is_left_out_and_taken_in_again_and_weights_sum_to_one() -> Outcome {
    let boxes = Setting::of(
        "name = \"three\"\n[labels.grade]\nkind = \"ordinal\"\nlevels = [\"i\", \"ii\", \"iii\"]\n",
    )
    .reads("case,reader,label,value\nT-1,ann,grade,i\nT-1,bob,grade,ii\nT-1,cyd,grade,iii\n");
    story(boxes)
        .opens()
        .keys("u tab")
        .expect(row("weight of 1", "0.33"))
        .keys("space")
        .expect(row("weight of 1", "left out"))
        .expect(row("weight of 2", "0.50"))
        .keys("tab space")
        .expect(row("weight of 3", "1.00"))
        .expect(row("weight of 1", "left out"))
        .keys("backtab space")
        .expect(row("weight of 1", "0.50"))
        .expect(row("weight of 3", "0.50"))
        .ends()
}

#[test]
fn a_weight_that_is_none_is_refused_in_words() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("u tab enter ctrl-u")
        .types("2")
        .keys("enter")
        .expect(says("a weight is a number from 0 to 1"))
        .expect(row("weight of 1", "0.50"))
        .ends()
}

#[test]
fn an_error_asks_for_its_cause_and_a_justifiable_difference_does_not() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("1 5 a")
        .expect(a_form())
        .expect(row("A  ", "not assessed"))
        .keys("right")
        .expect(row("A  ", "agree"))
        .keys("right")
        .expect(row("A  ", "error"))
        .expect(row("cause", "asked for"))
        .keys("esc enter")
        .expect(says("needs a cause"))
        .expect(undecided("CT-2", "grade#1"))
        .keys("a tab tab enter")
        .expect(a_menu("Root cause of A"))
        .keys("enter")
        .keys("esc enter")
        .expect(says("saved"))
        .ends()?;
    story(grades())
        .opens_and_sees()
        .keys("1 5 a right right right")
        .expect(row("A  ", "justifiable"))
        .keys("esc enter")
        .expect(stored("CT-2", "grade#1", json!({"verdicts": {"A": {"verdict": "justifiable"}}})))
        .ends()
}

#[test]
fn severity_cause_and_note_belong_to_one_reader() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("1 5 a end backtab")
        .expect(row("▌B", "not assessed"))
        .keys("right right tab right right right")
        .expect(row("severity", "2a"))
        .keys("tab enter j enter")
        .keys("tab enter")
        .expect(a_prompt("Note on B"))
        .types("counted the wrong rib")
        .keys("enter")
        .expect(row("note", "counted the wrong rib"))
        .keys("esc")
        .expect(row("verdicts", "B error"))
        .keys("enter")
        .expect(stored(
            "CT-2",
            "grade#1",
            json!({
                "severity": "2a",
                "verdicts": {"B": {"verdict": "error", "severity": "2a", "note": "counted the wrong rib"}}
            }),
        ))
        .ends()
}

#[test]
fn a_verdict_that_is_taken_back_takes_its_rows_along() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("1 5 a right right tab right")
        .expect(row("severity", "1"))
        .keys("backtab left left")
        .expect(row("A  ", "not assessed"))
        .expect(that(|play| match play.text().lines().filter(|line| line.contains("severity")).count() {
            // The decision's own.
            1 => Ok(()),
            rows => Err(format!("{rows} rows of severity")),
        }))
        .keys("esc enter")
        .expect(stored("CT-2", "grade#1", json!({"severity": null, "verdicts": {}})))
        .ends()
}

#[test]
fn a_verdict_that_is_no_fault_keeps_nothing_of_one() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("1 5 a right right tab right tab enter enter")
        .keys("home right")
        .expect(row("A  ", "justifiable"))
        .keys("esc enter")
        .expect(says("saved"))
        .expect(stored("CT-2", "grade#1", json!({"severity": null, "root_cause": []})))
        .ends()
}

#[test]
fn verdicts_that_the_charter_asks_for_are_asked_for() -> Outcome {
    story(grades().review("verdicts = \"always\""))
        .opens_and_sees()
        .keys("1 5 enter")
        .expect(says("verdict"))
        .expect(row("verdicts", "asked for"))
        .expect(undecided("CT-2", "grade#1"))
        .keys("a right tab tab right esc")
        .expect(row("verdicts", "A agree, B agree"))
        .keys("enter")
        .expect(says("saved"))
        .ends()?;
    // That somebody isn't assessed is said too, one step back from nothing.
    story(grades().review("verdicts = \"always\""))
        .opens_and_sees()
        .keys("1 5 a left tab right esc")
        .expect(row("verdicts", "A not assessed, B agree"))
        .keys("enter")
        .expect(says("saved"))
        .expect(stored("CT-2", "grade#1", json!({"verdicts": {"A": {"verdict": "not-assessed"}}})))
        .ends()
}

#[test]
fn going_back_from_a_form_loses_nothing() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("u enter space enter esc")
        .expect(no_popup())
        .expect(row("ambiguity", "A1"))
        .keys("u")
        .expect(row("why", "A1"))
        .ends()
}

#[test]
fn choosing_a_candidate_after_all_leaves_no_alternatives_behind() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("u enter enter esc backspace 2 4 enter")
        .expect(says("saved"))
        .expect(stored("CT-2", "grade#1", json!({"value": "mild", "confidence": 4})))
        .then(|play| {
            let events = play.events("decide")?;
            match events.iter().any(|event| event.contains("\"weight\"")) {
                false => Ok(()),
                true => Err(format!("alternatives of an answer that was given up: {events:?}").into()),
            }
        })
        .ends()
}

#[test]
fn enter_takes_the_line_where_nothing_was_marked_and_nothing_where_marks_were_taken_away() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("1 5 c j enter")
        .expect(row("cause", "I1 "))
        .keys("c space enter")
        .expect(row("cause", "–"))
        .ends()
}
