//! Stories of digits: two of them and enter settle a dispute, and everything that must not happen on the way.

use serde_json::json;

use crate::common::Outcome;
use crate::story::*;

#[test]
fn two_digits_and_enter_settle_a_dispute_and_the_next_case_comes() -> Outcome {
    story(grades())
        .expect(lists(&["CT-2", "CT-1", "CT-3"]))
        .opens_and_sees()
        .expect(at("CT-2", "grade#1"))
        .keys("2")
        .expect(row("answer", "mild"))
        .keys("4")
        .expect(row("confidence", "4 of 5  sure"))
        .keys("enter")
        .expect(says("saved: grade#1 is provisional"))
        .expect(says("ctrl-z"))
        .expect(at("CT-1", "grade#1"))
        .expect(claimed("CT-2", ""))
        .expect(claimed("CT-1", "ana"))
        .expect(stored("CT-2", "grade#1", json!({"value": "mild", "confidence": 4, "by": "ana"})))
        .ends()
}

#[test]
fn saving_goes_to_the_next_dispute_of_the_same_case_first() -> Outcome {
    story(boxes())
        .opens_and_sees()
        .expect(at("CT-7", "cyst#1"))
        .keys("1 5 enter")
        .expect(at("CT-7", "lesion#1"))
        .expect(header("dispute 2 of 2"))
        .expect(row("answer", "asked for"))
        .waits(SECOND)
        .keys("2 3 enter")
        .expect(at("CT-8", "lesion#1"))
        .expect(stored("CT-7", "cyst#1", json!({"value": "absent", "confidence": 5})))
        .expect(in_state("CT-7", "lesion#1", "PROVISIONAL"))
        .ends()
}

#[test]
fn after_the_last_case_the_worklist_says_that_nothing_is_left() -> Outcome {
    let mut told = story(grades()).opens_and_sees();
    for _ in 0..2 {
        told = told.keys("1 5 enter").sees().waits(SECOND);
    }
    told.keys("1 5 enter")
        .expect(in_worklist())
        .expect(says("that was the last open case of this list"))
        .expect(says("saved: grade#1"))
        .expect(header("0 open"))
        .expect(header("3 done today"))
        .ends()
}

#[test]
fn a_double_press_cannot_decide_the_next_dispute() -> Outcome {
    story(grades())
        .keys("enter")
        .sees()
        .expect(header("wait"))
        .keys("2 4 enter")
        .expect(row("answer", "asked for"))
        .expect(header("too soon, wait"))
        .waits(SECOND)
        .expect(hides("wait"))
        .keys("2 4 enter enter")
        .expect(at("CT-1", "grade#1"))
        .expect(header("too soon, wait"))
        .expect(undecided("CT-1", "grade#1"))
        // The words of what was saved are not lost by a key that came too early.
        .expect(says("saved"))
        .ends()
}

#[test]
fn the_guard_lets_pass_what_decides_nothing() -> Outcome {
    story(grades()).keys("enter").sees().keys("V").expect(shows("outlines off")).expect(header("wait")).ends()
}

#[test]
fn what_is_typed_on_after_a_key_that_came_too_soon_is_ignored_with_it() -> Outcome {
    // The first digit falls into the guard, the second behind its end: half a decision must not be taken.
    story(grades())
        .keys("enter")
        .waits(900)
        .keys("1")
        .waits(250)
        .keys("4")
        .expect(header("too soon"))
        .expect(hides("4 of 5"))
        .waits(1_000)
        .expect(says("press it again"))
        .keys("1 4")
        .expect(row("confidence", "4 of 5"))
        .ends()
}

#[test]
fn without_a_guard_keys_decide_at_once() -> Outcome {
    story(grades().review("key_guard_ms = 0"))
        .keys("enter")
        .sees()
        .keys("1 5 enter")
        .expect(at("CT-1", "grade#1"))
        .ends()
}

#[test]
fn a_third_digit_is_refused_and_changes_nothing() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("2 4 5")
        .expect(says("enter saves, backspace steps back"))
        .expect(row("confidence", "4 of 5"))
        .expect(row("answer", "mild"))
        .ends()
}

#[test]
fn digits_that_stand_for_nothing_are_refused_in_words() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("7")
        .expect(says("there is no candidate 7: 1 2"))
        .keys("1 6")
        .expect(says("confidence is 1 (a guess) to 5 (certain)"))
        .expect(row("confidence", "asked for"))
        .ends()
}

#[test]
fn enter_says_what_is_missing() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("enter")
        .expect(says("nothing is answered yet"))
        .keys("1 enter")
        .expect(says("confidence is missing"))
        .expect(row("confidence", "asked for"))
        .expect(undecided("CT-2", "grade#1"))
        .keys("3 enter")
        .expect(at("CT-1", "grade#1"))
        .ends()
}

#[test]
fn backspace_takes_one_step_after_another_back() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("2 4 backspace")
        .expect(row("confidence", "asked for"))
        .expect(row("answer", "mild"))
        .keys("backspace")
        .expect(row("answer", "asked for"))
        .keys("backspace")
        .expect(says("nothing is answered yet"))
        .keys("1 2 backspace 5 enter")
        .expect(stored("CT-2", "grade#1", json!({"value": "critical", "confidence": 5})))
        .ends()
}

#[test]
fn a_digit_is_the_level_where_levels_are_digits() -> Outcome {
    let setting = Setting::of("name = \"dr\"\n[labels.dr]\nkind = \"ordinal\"\nlevels = [0, 1, 2, 3, 4]\n")
        .reads("case,reader,label,value\nF-1,ann,dr,0\nF-1,bob,dr,3\n")
        .pictures(&["F-1"]);
    story(setting.clone())
        .opens_and_sees()
        .expect(shows("digits are levels: 0 1 2 3 4"))
        .keys("3 4 enter")
        .expect(stored("F-1", "dr#1", json!({"value": 3, "confidence": 4})))
        .ends()?;
    story(setting.clone())
        .opens_and_sees()
        .keys("0 4 enter")
        .expect(stored("F-1", "dr#1", json!({"value": 0, "confidence": 4})))
        .ends()?;
    // A level that nobody chose is an answer of one's own, which the charter's mode doesn't take.
    story(setting)
        .opens_and_sees()
        .keys("5")
        .expect(says("there is no level 5: 0 1 2 3 4"))
        .keys("2 4 enter")
        .expect(says("select"))
        .expect(undecided("F-1", "dr#1"))
        .ends()
}

#[test]
fn zero_shows_the_picture_as_it_came_where_it_is_no_level() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("+ + i 0")
        .expect(row("answer", "asked for"))
        .expect(that(|play| match &play.state.open {
            Some(open) if open.picture.region.is_none() && !open.picture.inverted => Ok(()),
            open => {
                Err(format!("the picture is not as it came: {:?}", open.as_ref().map(|open| &open.picture)))
            }
        }))
        .ends()
}

#[test]
fn what_was_not_seen_takes_a_second_enter_and_is_marked() -> Outcome {
    let unseen = |setting: Setting, case: &'static str, dispute: &'static str| {
        story(setting)
            .opens()
            .keys("1 4 enter")
            .expect(says("‘unseen’"))
            .expect(undecided(case, dispute))
            .keys("enter")
            .expect(says("saved"))
            .then(move |play| {
                let log = play.events("decide")?;
                match log.iter().any(|event| event.contains("\"unseen\": true")) {
                    true => Ok(()),
                    false => Err(format!("not marked: {log:?}").into()),
                }
            })
            .ends()
    };
    unseen(grades(), "CT-2", "grade#1")?;
    unseen(grades().without_pictures(), "CT-2", "grade#1")?;
    unseen(labels(), "XR-1", "effusion#1")
}

#[test]
fn the_second_enter_is_for_the_answer_that_was_warned_of() -> Outcome {
    story(grades())
        .opens()
        .keys("1 4 enter backspace 5 enter")
        .expect(says("‘unseen’"))
        .expect(undecided("CT-2", "grade#1"))
        .ends()
}

#[test]
fn what_was_seen_is_in_the_decision_and_in_the_log() -> Outcome {
    use overread::domain::event::Action;
    story(grades())
        .opens_and_sees()
        .waits(3 * SECOND)
        .expect(logged(Action::View, 1))
        .keys("1 4 enter")
        .then(|play| {
            let events = play.events("decide")?;
            let holds = |words: &str| events.iter().any(|event| event.contains(words));
            match holds("\"image\": \"2.25.2\"") && holds("\"unseen\": false") && holds("\"frame\": 0") {
                true => Ok(()),
                false => Err(format!("{events:?}").into()),
            }
        })
        .ends()
}

#[test]
fn a_number_of_candidates_beyond_nine_is_no_trap() -> Outcome {
    let mut table = "case,reader,label,value\n".to_owned();
    for n in 1..=11 {
        table.push_str(&format!("S-1,r{n:02},size,{}\n", n * 10));
    }
    let setting = Setting::of("name = \"size\"\n[labels.size]\nkind = \"continuous\"\nunit = \"mm\"\n");
    story(setting.reads(&table).sized(120, 40))
        .opens()
        .expect(shows("11"))
        .keys("9 4 enter enter")
        .expect(in_state("S-1", "size#1", "PROVISIONAL"))
        .ends()
}

#[test]
fn keys_pressed_while_a_slow_store_saves_decide_nothing() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("2 4")
        .waits(SECOND)
        .slowly()
        .keys("enter")
        .expect(header("saving"))
        .keys("enter backspace 1 5 enter")
        .answers()
        .expect(at("CT-1", "grade#1"))
        .expect(stored("CT-2", "grade#1", json!({"value": "mild", "confidence": 4})))
        .ends()
}

#[test]
fn keys_pressed_while_the_next_case_comes_decide_nothing() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("2 4 enter")
        .waits(SECOND)
        .sees()
        .keys("1 5")
        .waits(SECOND)
        .slowly()
        .keys("s")
        .waits(2 * SECOND)
        .keys("backspace 2 4 enter")
        .answers()
        .expect(at("CT-3", "grade#1"))
        .expect(undecided("CT-1", "grade#1"))
        .expect(undecided("CT-3", "grade#1"))
        .ends()
}
