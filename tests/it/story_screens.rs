//! Stories of what is around the work: help, palette, lock, sizes of terminals, pasted and odd text, an own look first.

use overread::app::Effect;
use overread::domain::authority::Role;
use overread::domain::event::Action;
use overread::review::people::{Addition, add};
use serde_json::json;

use crate::common::Outcome;
use crate::story::*;

#[test]
fn help_lists_the_keys_of_where_one_is_and_typing_narrows_it() -> Outcome {
    story(grades())
        .keys("?")
        .expect(shows("Chooses which cases are listed"))
        .expect(hides("Saves the decision"))
        .types("theme")
        .expect(shows("Changes to the next theme"))
        .expect(hides("Chooses which cases are listed"))
        .keys("esc")
        .expect(no_popup())
        .opens()
        .keys("?")
        .types("save")
        .expect(shows("Saves the decision and moves on"))
        .keys("enter")
        .expect(no_popup())
        .expect(at("CT-2", "grade#1"))
        .ends()
}

#[test]
fn the_palette_does_any_command_by_a_few_letters() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys(":")
        .types("uncert")
        .keys("enter")
        .expect(no_popup())
        .expect(row("uncertain", "yes"))
        .keys("ctrl-p")
        .types("zzzz")
        .keys("enter")
        .expect(no_popup())
        .expect(at("CT-2", "grade#1"))
        .ends()
}

#[test]
fn the_palette_keeps_the_guard() -> Outcome {
    story(grades()).keys("enter").keys(":").types("choose-2").keys("enter").expect(header("too soon")).ends()
}

#[test]
fn keys_of_a_sequence_are_shown_and_nonsense_is_said() -> Outcome {
    story(grades())
        .keys("o")
        .expect(footer("w"))
        .expect(footer("worklist"))
        .expect(footer("log"))
        .keys("x")
        .expect(says("o x means nothing here"))
        .keys("o esc")
        .expect(footer("enter open"))
        .ends()
}

#[test]
fn an_idle_screen_is_blanked_and_any_key_goes_on_and_means_nothing_else() -> Outcome {
    story(grades().review("idle_lock_minutes = 10"))
        .opens_and_sees()
        .keys("2")
        .waits(10 * MINUTE)
        .expect(shows("locked"))
        .expect(hides("CT-2"))
        .expect(hides("mild"))
        .expect(drafts("CT-2", "ana", 1))
        .expect(logged(Action::Lock, 1))
        .pastes("4")
        .expect(shows("locked"))
        .keys("4")
        .expect(hides("locked"))
        .expect(row("confidence", "asked for"))
        .expect(logged(Action::Lock, 2))
        .keys("4 enter")
        .expect(stored("CT-2", "grade#1", json!({"value": "mild", "confidence": 4})))
        .ends()
}

#[test]
fn pasted_text_outside_a_prompt_does_nothing() -> Outcome {
    story(grades())
        .pastes("q\n2 4\r")
        .expect(says("taken only where something is typed"))
        .expect(in_worklist())
        .opens_and_sees()
        .pastes("24\r\n")
        .expect(row("answer", "asked for"))
        .expect(undecided("CT-2", "grade#1"))
        .keys("t")
        .pastes("two\nlines \u{1b}[31mred")
        .keys("enter")
        .expect(row("note", "two lines [31mred"))
        .ends()
}

#[test]
fn every_size_of_terminal_is_drawn_and_the_least_says_what_it_needs() -> Outcome {
    for (columns, rows) in [(10, 3), (1, 1), (39, 9), (40, 10), (80, 24), (500, 200)] {
        story(boxes().sized(columns, rows))
            .expect(that(|play| match play.buffer().area.height {
                0 => Err("nothing is drawn".into()),
                _ => Ok(()),
            }))
            .opens()
            .keys("u")
            .keys("esc a esc ? esc : esc g n v A t")
            .expect(that(|play| {
                play.buffer();
                Ok(())
            }))
            .ends()?;
    }
    story(grades().sized(10, 3))
        .expect(shows("10×3"))
        .keys("enter")
        .resized(80, 24)
        .expect(at("CT-2", "grade#1"))
        .expect(shows("grade"))
        .ends()
}

#[test]
fn keys_decide_nothing_that_the_terminal_is_too_small_to_show() -> Outcome {
    story(grades())
        .opens_and_sees()
        .resized(20, 5)
        .keys("2 4 enter")
        .expect(undecided("CT-2", "grade#1"))
        .resized(120, 40)
        .expect(row("answer", "asked for"))
        .ends()
}

#[test]
fn odd_characters_of_readers_never_reach_the_terminal_raw() -> Outcome {
    let odd = "\u{202e}evil\u{2066} \u{200d}\u{1b}[2J\u{7}\u{9b}1m e\u{301} 山田";
    let table =
        format!("case,reader,label,value,comment\nO-1,ann,grade,mild,\"{odd}\"\nO-1,bob,grade,severe,\n");
    let setting = Setting::of(
        "name = \"odd \u{202e}name\"\n[labels.grade]\nkind = \"ordinal\"\nlevels = [\"mild\", \"severe\"]\n",
    )
    .reads(&table);
    let clean = || {
        that(|play| {
            let odd = |c: char| {
                c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200d}')
            };
            let buffer = play.buffer();
            match buffer.content.iter().find(|cell| cell.symbol().chars().any(odd)) {
                None => Ok(()),
                Some(cell) => Err(format!("raw: {:?}", cell.symbol())),
            }
        })
    };
    story(setting.sized(80, 24))
        .expect(clean())
        .opens()
        .expect(clean())
        .keys("R")
        .expect(shows("evil"))
        .expect(shows("山田"))
        .expect(clean())
        .keys("esc t")
        .pastes(odd)
        .expect(clean())
        .keys("enter")
        .expect(clean())
        .ends()
}

#[test]
fn an_own_look_comes_before_what_the_readers_say() -> Outcome {
    let setting = labels().review("mode = \"third-read\"").pictures(&["XR-1", "XR-2"]);
    story(setting)
        .expect(hides("PRESENCE"))
        .opens_and_sees()
        .expect(shows("your own look comes first"))
        .expect(shows("1  present"))
        .expect(hides("A·"))
        .expect(hides("PRESENCE"))
        .keys("u")
        .expect(says("your own look is one answer"))
        .keys("2 4 enter")
        .expect(says("your own look is recorded"))
        .expect(at("XR-1", "effusion#1"))
        .expect(shows("PRESENCE"))
        .expect(shows("A·C"))
        .expect(header("wait"))
        .expect(logged(Action::FirstLook, 1))
        .expect(logged(Action::Decide, 0))
        .waits(SECOND)
        .keys("1 5 enter")
        .expect(stored("XR-1", "effusion#1", json!({"value": "present", "confidence": 5})))
        .ends()
}

#[test]
fn who_oversees_and_decides_gives_their_own_look_first_too() -> Outcome {
    story(labels().review("mode = \"third-read\"").pictures(&["XR-1", "XR-2"]))
        .meanwhile("lea", |lead| {
            let roles = [Role::Lead, Role::Qa].into_iter().collect();
            add(lead, "ana", &Addition { roles, ..Addition::default() })?;
            Ok(())
        })
        .then(|play| play.sit_down("ana"))
        .expect(hides("PRESENCE"))
        .opens_and_sees()
        .expect(shows("your own look comes first"))
        .expect(hides("PRESENCE"))
        .expect(hides("A·"))
        .keys("2 4 enter")
        .expect(says("your own look is recorded"))
        .expect(shows("PRESENCE"))
        .waits(SECOND)
        .keys("1 5 enter")
        .expect(stored("XR-1", "effusion#1", json!({"value": "present", "confidence": 5})))
        .ends()
}

#[test]
fn who_stands_behind_a_candidate_is_hidden_where_the_charter_says_so() -> Outcome {
    story(labels().review("support = \"after-choice\""))
        .opens()
        .expect(shows("hidden"))
        .expect(hides("A·C"))
        .ends()
}

#[test]
fn pictures_are_shown_in_another_way_by_a_key_and_the_screen_is_redrawn_by_another() -> Outcome {
    let redrawn = |play: &mut Play| match play.done.last() {
        Some(Effect::Redraw | Effect::RetryPictures) => Ok(()),
        other => Err(format!("{other:?}").into()),
    };
    story(grades())
        .opens()
        .keys("ctrl-g")
        .expect(says("pictures: off"))
        .then(redrawn)
        .expect(shows("Candidates"))
        .expect(hides("Image"))
        .keys("ctrl-g")
        .expect(says("pictures: halfblocks"))
        .expect(shows("Image"))
        .keys("ctrl-l")
        .then(redrawn)
        .ends()
}

#[test]
fn outlines_grid_and_window_answer_their_keys() -> Outcome {
    story(boxes())
        .opens_and_sees()
        .keys("v a")
        .expect(shows("hidden: A"))
        .keys("v q")
        .expect(says("no reader of this case is Q: A B C"))
        .keys("V")
        .expect(shows("outlines off"))
        .keys("V w j enter")
        .expect(shows("arrows set the window"))
        .expect(footer("wider"))
        .keys("right up esc")
        .expect(hides("arrows set the window"))
        .keys("g")
        .expect(that(|play| match play.wanted().len() {
            3 => Ok(()),
            tiles => Err(format!("{tiles} tiles")),
        }))
        .keys("z")
        .expect(silent())
        .ends()?;
    story(labels()).opens().keys("w").expect(says("no image of this case is known")).ends()
}

#[test]
fn a_long_comment_is_read_to_its_end() -> Outcome {
    let comment = format!("begins {} ends", "and goes on ".repeat(200));
    let table = format!(
        "case,reader,label,value,comment\nL-1,ann,effusion,present,{comment}\nL-1,bob,effusion,absent,\n"
    );
    let setting = Setting::of("name = \"long\"\n[labels.effusion]\nkind = \"present\"\n").reads(&table);
    story(setting.sized(80, 24))
        .opens()
        .keys("R")
        .expect(shows("begins"))
        .expect(hides(" ends"))
        .keys("end")
        .expect(shows(" ends"))
        .keys("home")
        .expect(shows("begins"))
        .ends()
}

#[test]
fn severities_that_begin_alike_are_told_apart() -> Outcome {
    story(grades().sized(80, 24))
        .opens_and_sees()
        .keys("S j j")
        .expect(shows("miss, unlikely"))
        .keys("j")
        .expect(hides("unlikely"))
        .expect(row("2b", "understandable"))
        .expect(shows("clinically"))
        .ends()
}

#[test]
fn pictures_that_are_off_are_said_to_be_off_with_the_key_that_shows_them() -> Outcome {
    story(grades().without_pictures()).opens().expect(shows("pictures are off: ctrl-g shows them")).ends()?;
    story(grades()).opens_and_sees().expect(hides("pictures are off")).ends()
}
