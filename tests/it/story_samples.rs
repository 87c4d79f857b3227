//! Stories of samples: planned, drawn, read blind on a screen of its own, found wrong, signed; and of what nobody is told.

use overread::app::state::Screen;
use overread::domain::decision::Draft;
use overread::domain::event::Action;
use overread::domain::sample::{Design, Of};
use overread::review::Session;
use overread::review::decide::decide;
use overread::review::sample::{Order, draw, mine, result};
use overread::ui::plain;
use serde_json::json;

use crate::common::Outcome;
use crate::story::*;

/// Thirty cases on which two readers agree: on every tenth they saw something.
fn project() -> Setting {
    let mut reads = "case,reader,label,value\n".to_owned();
    for n in 0..30 {
        let value = if n % 10 == 0 { "present" } else { "absent" };
        reads += &format!("K-{n:02},ann,opacity,{value}\nK-{n:02},bob,opacity,{value}\n");
    }
    reads += "D-1,ann,opacity,present\nD-1,bob,opacity,absent\n";
    Setting::of("name = \"lungs\"\n[labels.opacity]\nkind = \"present\"\n")
        .review("undo_minutes = 0\nmode = \"open\"\n[sampling]\nshare = 0.0\ntolerance = 0.05")
        .reads(&reads)
        .seen_by("qin")
        .without_pictures()
}

fn on(screen: Screen) -> Expected {
    that(move |play| match play.state.screen {
        screen_now if screen_now == screen => Ok(()),
        other => Err(format!("on the screen {other:?}")),
    })
}

fn draws(size: u64) -> impl FnOnce(&mut Session) -> Outcome {
    move |session| {
        let order = Order {
            of: Of::Concordant,
            unit: None,
            design: Design::Size { size },
            by: Vec::new(),
            in_proportion: false,
            label: None,
            within: Default::default(),
            seed: Some(7),
            to: None,
        };
        Ok(draw(session, &order).map(drop)?)
    }
}

fn says_of(session: &mut Session, case: &str, dispute: &str, value: &str) -> Outcome {
    let draft = json!({"case": case, "dispute": dispute, "answer": {"value": value}, "confidence": 4,
        "note": "seen twice"});
    let draft: Draft = serde_json::from_value(draft)?;
    Ok(decide(session, &draft).map(drop)?)
}

/// Makes all audits that wait, and finds something in the first case in which the readers saw nothing.
fn audits_all(session: &mut Session) -> Outcome {
    let mut missed = true;
    for item in mine(session)? {
        let there = item.case.ends_with('0') || std::mem::take(&mut missed);
        says_of(session, &item.case, &item.dispute, if there { "present" } else { "absent" })?;
    }
    Ok(())
}

/// Settles what audits found: they are right.
fn confirms(session: &mut Session) -> Outcome {
    let waiting = overread::review::queue::order(session, &Default::default())?;
    for line in overread::review::queue::lines(session, &waiting)? {
        for dispute in line.disputes.iter().filter(|dispute| dispute.id == "opacity#2") {
            says_of(session, &line.case, &dispute.id, "present")?;
        }
    }
    Ok(())
}

#[test]
fn a_sample_is_planned_with_what_it_can_show_and_then_drawn() -> Outcome {
    story(project())
        .keys("f3")
        .expect(on(Screen::Sampling))
        .expect(shows("no sample was drawn yet: n plans one"))
        .keys("n")
        .expect(shows("30 of 30 cases"))
        // All 30 would be read: nothing is left to chance.
        .expect(shows("0.00 % of the lot, accepted"))
        .keys("j j enter ctrl-u")
        .types("10")
        .expect(shows("10 of 30 cases"))
        .expect(shows("under 25.89 % at 95 %"))
        .keys("enter k right")
        .expect(shows("AQL: a plan for a series of lots"))
        .keys("right")
        .expect(shows("accepted with up to 0 wrong"))
        .keys("right right")
        .expect(shows("one after the other"))
        .expect(shows("reading ends as soon as"))
        .keys("left left left left D")
        .expect(says("S1 is drawn"))
        .expect(shows("0/10"))
        .expect(logged(Action::Sample, 11))
        .ends()
}

#[test]
fn a_small_terminal_shows_the_curve_in_words_and_leads_to_its_picture() -> Outcome {
    story(project().sized(80, 24))
        .keys("f3 n")
        .expect(shows("What it can show · tab: its curve"))
        .expect(shows("chance to pass"))
        .expect(shows("at 5 %"))
        .keys("tab")
        .expect(shows("How likely a lot is accepted · tab: in words"))
        .expect(shows("chance of being accepted"))
        .ends()
}

#[test]
fn audits_are_read_blind_one_after_another_and_nothing_shows_what_others_said() -> Outcome {
    story(project().sized(120, 40))
        .then(|play| play.elsewhere("lea", draws(3)))
        .keys("o u")
        .expect(on(Screen::Audits))
        .expect(header("3 cases wait for your own read"))
        .opens()
        .expect(hides("bob"))
        .expect(shows("your own read of it: what others said"))
        .expect(hides("what the readers say is shown after it"))
        .keys("1 4 enter enter")
        .expect(says("2 cases wait for your own read"))
        .expect(hides("the readers' answers"))
        .waits(SECOND)
        .keys("1 4 enter enter")
        .waits(SECOND)
        .keys("esc")
        .expect(on(Screen::Audits))
        .expect(says("1 case waits for your own read"))
        .opens()
        .keys("1 4 enter enter")
        .expect(says("nothing waits for your own read"))
        .expect(shows("nothing waits for your own read"))
        .expect(logged(Action::FirstLook, 3))
        .keys("q")
        .expect(in_worklist())
        .ends()
}

#[test]
fn a_rejected_lot_leads_to_its_cases_and_a_lead_signs_it() -> Outcome {
    story(project().seen_by("lea").sized(100, 40))
        .then(|play| play.elsewhere("lea", draws(10)))
        .then(|play| play.elsewhere("qin", audits_all))
        .keys("o s")
        .expect(shows("1 differ and wait for a third"))
        .keys("S")
        .expect(says("S1 is open"))
        .meanwhile("ana", confirms)
        .expect(shows("rejected, held"))
        // Its review is open by itself, and nobody has it yet.
        .keys("f6 tab tab tab tab")
        .expect(shows("lot S1"))
        .keys("f3")
        .expect(on(Screen::Sampling))
        .expect(shows("1 wrong of 10: under 39.42 % at 95 % confidence"))
        .keys("enter")
        .expect(in_worklist())
        .expect(shows("1 case: wrong in S1"))
        .keys("q")
        .expect(on(Screen::Sampling))
        .keys("space")
        .expect(shows("10 cases: drawn into S1"))
        .keys("q S")
        .expect(a_prompt("what is done about the root causes?"))
        .types("a seminar")
        .keys("enter")
        .expect(a_prompt("Who sees to it?"))
        .keys("enter")
        .expect(a_prompt("Until when is it done?"))
        .keys("enter")
        .expect(says("the review of S1 has an owner"))
        .expect(shows("lea: a seminar"))
        .expect(logged(Action::Review, 1))
        .keys("S")
        .expect(a_prompt("Sign off the lot of S1"))
        .types("both readers trained")
        .keys("enter")
        .expect(says("S1 is signed"))
        .expect(shows("rejected, signed"))
        .expect(logged(Action::Sign, 1))
        .then(|play| {
            play.elsewhere("lea", |session| {
                let found = result(session, "S1")?;
                match found.held {
                    false => Ok(()),
                    true => Err("it is still held".into()),
                }
            })
        })
        .ends()
}

#[test]
fn whose_work_was_drawn_is_told_nothing_and_other_roles_are_refused() -> Outcome {
    story(project().seen_by("ana"))
        .then(|play| play.elsewhere("lea", draws(30)))
        .expect(lists(&["D-1"]))
        .keys("o s")
        .expect(shows("this needs the role of lead or QA"))
        .keys("q o u")
        .expect(says("an own read of what was drawn is for QA"))
        .expect(in_worklist())
        .ends()
}

#[test]
fn line_by_line_the_same_is_said() -> Outcome {
    let said = |words: &'static str| {
        that(move |play| {
            let lines = plain::lines(&play.state);
            match lines.iter().any(|line| line.contains(words)) {
                true => Ok(()),
                false => Err(format!("{words} is not said: {lines:#?}")),
            }
        })
    };
    story(project())
        .keys("f3 n")
        .expect(said("selected, work: concordant cases"))
        .expect(said("would draw: 30 of 30 cases"))
        .expect(said("a lot with 5.00 % wrong is accepted:"))
        .keys("D")
        .expect(said("S1: 0 of 30 read, 0 wrong, open"))
        .keys("o u")
        .expect(said("30 cases wait for your own read"))
        .expect(said("your own read of opacity"))
        .ends()
}

/// Three more cases, from a site of their own.
const NORTH: &str = "case,reader,label,value\nN-1,ann,opacity,absent\nN-1,bob,opacity,absent\n\
                     N-2,ann,opacity,absent\nN-2,bob,opacity,absent\nN-3,ann,opacity,absent\nN-3,bob,opacity,absent\n";

#[test]
fn a_sample_of_one_site_or_batch_is_planned_and_drawn() -> Outcome {
    for size in [(80, 24), (120, 40)] {
        story(project().reads_of("north", NORTH).sized(size.0, size.1))
            .keys("f3 n")
            .expect(shows("33 of 33 cases"))
            // Work, its size, strata, label: then where it is from.
            .keys("j j j j j")
            .expect(row("site", "all"))
            .expect(if size.1 == 24 { shows("D draws it · 6 of 9") } else { hides(" of 9") })
            .keys("right")
            .expect(row("site", "north"))
            .expect(shows("3 of 3 cases"))
            .keys("enter")
            .expect(a_menu("site"))
            .keys("j enter")
            .expect(row("site", "unknown"))
            .expect(shows("30 of 30 cases"))
            .keys("enter home enter j right")
            .expect(row("site", "all"))
            .expect(row("batch", "north.csv"))
            .expect(shows("3 of 3 cases"))
            .keys("D")
            .expect(says("S1 is drawn"))
            .expect(shows("3 of 3 concordant cases of batch north.csv"))
            .expect(that(|play| match play.events("sample") {
                Ok(events) if events.iter().any(|event| event.contains("north.csv")) => Ok(()),
                other => Err(format!("no event says where the lot is from: {other:?}")),
            }))
            .ends()?;
    }
    Ok(())
}

#[test]
fn a_plan_says_that_there_is_but_one_place_and_what_is_abnormal() -> Outcome {
    story(project().sized(120, 50))
        .keys("f3 n")
        .expect(row("site", "all: there is but one"))
        .keys("j j j right right right")
        .expect(row("strata", "by finding"))
        .expect(shows("abnormal is opacity present"))
        .expect(shows("abnormal: 3 of 3"))
        .expect(shows("normal: 27 of 27"))
        // A plan takes strata in proportion, and what is read until the bound is met takes none.
        .keys("k k right")
        .expect(row("strata", "by finding, in proportion"))
        .expect(hides("shared among them"))
        .keys("right right right")
        .expect(shows("one after the other"))
        .expect(hides("strata"))
        .expect(shows("reading ends as soon as"))
        .ends()
}
