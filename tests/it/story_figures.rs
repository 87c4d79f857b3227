//! Stories of the screens Agreement and Readers: opened, gone about in, drilled into and come back to, refused, overtaken.

use std::sync::Arc;

use overread::app::agreement::Panel;
use overread::app::state::Screen;
use overread::app::{Answer, Event, Failure};
use overread::domain::decision::Draft;
use overread::domain::event::Action;
use overread::review::Session;
use overread::review::decide::decide;
use overread::review::show::show;
use overread::ui::plain;
use serde_json::json;

use crate::common::Outcome;
use crate::story::*;

/// Four cases: on one the readers agree, and dora shares just one with the others.
pub const READS: &str = "case,reader,label,value,read_at
CT-1,ann,grade,mild,2026-11-02T08:00:00Z
CT-1,bob,grade,severe,2026-11-02T09:00:00Z
CT-2,ann,grade,mild,2026-11-03T08:00:00Z
CT-2,bob,grade,critical,2026-11-03T08:00:00Z
CT-3,ann,grade,moderate,2026-11-10T08:00:00Z
CT-3,bob,grade,critical,2026-11-10T08:00:00Z
CT-4,ann,grade,severe,2026-11-11T08:00:00Z
CT-4,bob,grade,severe,2026-11-11T08:00:00Z
CT-4,dora,grade,moderate,2026-11-11T08:00:00Z
";

const CHARTER: &str = "name = \"grades\"\n[labels.grade]\nkind = \"ordinal\"\nlevels = [\"mild\", \"moderate\", \"severe\", \
     \"critical\"]\n[labels.effusion]\nkind = \"present\"\n";

/// A project at the screen of its lead.
pub fn project() -> Setting {
    Setting::of(CHARTER)
        .review("undo_minutes = 0\nmode = \"open\"")
        .reads(READS)
        .seen_by("lea")
        .without_pictures()
}

/// Settles a case's grade.
fn settle(case: &'static str, level: &'static str) -> impl FnOnce(&mut Session) -> Outcome {
    move |session| {
        let draft = json!({"case": case, "dispute": "grade#1", "answer": {"value": level}, "confidence": 4});
        let draft: Draft = serde_json::from_value(draft)?;
        Ok(decide(session, &draft).map(|_| ())?)
    }
}

fn on(screen: Screen) -> Expected {
    that(move |play| match play.state.screen {
        screen_now if screen_now == screen => Ok(()),
        other => Err(format!("on the screen {other:?}")),
    })
}

#[test]
fn agreement_opens_with_a_line_for_each_label_and_says_why_a_figure_is_missing() -> Outcome {
    story(project())
        .keys("f4")
        .expect(on(Screen::Agreement))
        .expect(header("agreement between readers"))
        .expect(row("grade", "4"))
        .expect(shows("Fleiss κ"))
        .keys("j")
        .expect(row("effusion", "undef"))
        .expect(shows("no measure, since nobody read any item"))
        .keys("o w")
        .expect(in_worklist())
        .keys("o r")
        .expect(on(Screen::Readers))
        .expect(row("ann", "grade"))
        .expect(shows("who calls for a look first, then by name: no ranking"))
        .keys("q")
        .expect(in_worklist())
        .ends()
}

#[test]
fn keys_work_while_figures_are_on_their_way_and_progress_is_shown() -> Outcome {
    let told = |done| {
        move |play: &mut Play| {
            let ticket = play.state.tickets;
            play.happen(Event::Answer(Box::new(Answer::Figuring { ticket, done, of: 100_000 })))
        }
    };
    story(project())
        .slowly()
        .keys("f4")
        .expect(shows("working the figures out"))
        .then(told(40_000))
        .expect(shows("working the figures out: 40000 of 100000 cases"))
        .keys("j tab enter")
        .expect(says("no figure is here yet"))
        .keys("? esc")
        .expect(no_popup())
        .answers()
        .expect(row("grade", "4"))
        .ends()
}

#[test]
fn from_a_cell_to_its_cases_into_one_and_back_to_the_same_place() -> Outcome {
    story(project())
        .keys("s j j j enter f4 tab tab")
        .expect(shows("ann and bob: -0.06 (-0.28–0.16), n 4, agree on 25 %"))
        .keys("enter")
        .expect(in_worklist())
        .expect(shows("3 cases: ann and bob on grade, differing"))
        .expect(lists(&["CT-1", "CT-2", "CT-3"]))
        .keys("j space")
        .expect(at("CT-2", "grade#1"))
        .keys("esc")
        .expect(shows("3 cases: ann and bob on grade, differing"))
        .keys("esc")
        .expect(on(Screen::Agreement))
        .expect(that(|play| {
            let of = &play.state.agreement;
            let here = (overread::app::agreement::panel(&play.state), of.panels.within, of.at);
            if here == (Panel::Matrix, true, (0, 1)) { Ok(()) } else { Err(format!("at {here:?}")) }
        }))
        .keys("space")
        // All that both read, the one that nobody has to look at among them.
        .expect(shows("4 cases: ann and bob on grade"))
        .expect(lists(&["CT-1", "CT-2", "CT-3", "CT-4"]))
        .keys("q l enter")
        .expect(shows("1 case: ann and dora on grade, differing"))
        .expect(lists(&["CT-4"]))
        .keys("q q q")
        .expect(in_worklist())
        .expect(shows("Worklist · open"))
        .expect(hides("dora"))
        .ends()
}

#[test]
fn the_worklist_comes_back_as_it_was() -> Outcome {
    story(project())
        .keys("s j j j enter j")
        .keys("f4 enter")
        .expect(shows("grade, differing"))
        .keys("f1")
        .expect(shows("Worklist · open"))
        .expect(that(|play| match play.state.worklist.selected_line() {
            Some(line) if line.case == "CT-2" => Ok(()),
            other => Err(format!("selected: {other:?}")),
        }))
        .keys("f4 enter F")
        .expect(shows("Worklist · open"))
        .ends()
}

#[test]
fn weeks_and_gaps_lead_to_their_cases_too() -> Outcome {
    story(project())
        .keys("f4 tab tab tab")
        .expect(shows("week of 2026-11-09"))
        .keys("left enter")
        .expect(shows("2 cases: grade, read in the week of 2026-11-02, differing"))
        .keys("q tab j j enter")
        .expect(shows("1 case: grade GRADE, gap 3"))
        .expect(lists(&["CT-2"]))
        .keys("q m m w tab")
        .expect(shows("Forest"))
        .keys("enter")
        .expect(says("a measure is of all items"))
        .ends()
}

/// Two more cases, from a site of their own.
const NORTH: &str = "case,reader,label,value\nN-1,ann,grade,mild\nN-1,bob,grade,mild\nN-2,ann,grade,mild\nN-2,bob,grade,severe\n";

#[test]
fn sites_and_batches_stand_beside_each_other_and_lead_to_their_cases() -> Outcome {
    story(project().reads_of("north", NORTH).sized(100, 40))
        .keys("f4 tab tab tab tab tab")
        .expect(shows("Sites and batches · α ordinal"))
        .expect(row("north", "2"))
        .expect(row("unknown", "4"))
        .expect(row("north.csv", "2"))
        .keys("m m")
        .expect(shows("Sites and batches · agreement"))
        .expect(shows("site north: 0.50"))
        .keys("enter")
        .expect(shows("1 case: grade, site north, differing"))
        .expect(lists(&["N-2"]))
        .keys("esc space")
        .expect(shows("2 cases: grade, site north"))
        .expect(lists(&["N-2", "N-1"]))
        .keys("q j j space")
        .expect(shows("2 cases: grade, batch north.csv"))
        .keys("q")
        .expect(that(|play| {
            let said = plain::lines(&play.state).join("\n");
            match said.contains("selected, batch north.csv: 2 items, prevalence 75 0 25 0, agreement 0.50") {
                true => Ok(()),
                false => Err(said),
            }
        }))
        .ends()
}

#[test]
fn a_readers_index_stands_apart_for_each_site_and_leads_to_its_cases() -> Outcome {
    story(project().reads_of("north", NORTH).sized(100, 40))
        .then(|play| play.elsewhere("ana", settle("N-2", "severe")))
        .keys("f5 tab G")
        .expect(shows("site"))
        .expect(shows("unknown: "))
        .expect(shows("north: index 0.50 ("))
        .expect(shows("north.csv: index 0.50 ("))
        // The last line is another batch, and its cases alone are listed.
        .keys("k space")
        .expect(shows("2 cases: grade, read by ann, batch north.csv"))
        .expect(lists(&["N-1", "N-2"]))
        .keys("q enter")
        .expect(shows("1 case: grade, the final answer is another than ann, batch north.csv"))
        .ends()
}

#[test]
fn of_one_delivery_there_is_nothing_to_compare() -> Outcome {
    story(project())
        .keys("f4 tab tab tab tab tab")
        .expect(hides("Sites and batches"))
        .expect(that(|play| match overread::app::agreement::panel(&play.state) {
            Panel::Forest => Ok(()),
            other => Err(format!("at {other:?}")),
        }))
        .ends()?;
    // A label of which all items come from one place says so beside one of which they don't.
    let setting = project()
        .reads_of("north", NORTH)
        .reads_of("south", "case,reader,label,value\nN-1,ann,effusion,present\nN-1,bob,effusion,present\n");
    story(setting)
        .keys("f4 j tab tab tab tab tab")
        .expect(shows("all items come from one batch, and from one site or from none that was named"))
        .keys("enter")
        .expect(on(Screen::Agreement))
        .ends()
}

#[test]
fn a_reader_leads_to_the_cases_with_another_answer() -> Outcome {
    story(project())
        .unheard("max", settle("CT-1", "severe"))
        .keys("f5")
        .expect(row("ann", "1.00"))
        .keys("enter")
        .expect(shows("1 case: grade, the final answer is another than ann"))
        .expect(lists(&["CT-1"]))
        .keys("esc j enter")
        .expect(says("no case is behind this: grade, the final answer is another than bob"))
        .expect(on(Screen::Readers))
        .keys("tab tab")
        .expect(shows("nothing is judged: fewer than"))
        .ends()
}

#[test]
fn whoever_adjudicates_sees_why_there_is_nothing_to_see() -> Outcome {
    for key in ["f4", "f5"] {
        story(project().seen_by("ana"))
            .keys(key)
            .expect(shows("this needs the role of lead or QA; you hold adjudicator"))
            .expect(hides("ann"))
            .expect(hides("bob"))
            .expect(logged(Action::Refuse, 1))
            .keys("j tab enter")
            .expect(says("no figure is here yet"))
            .keys("q")
            .expect(in_worklist())
            .ends()?;
    }
    Ok(())
}

#[test]
fn an_older_answer_never_takes_the_place_of_a_newer_wish() -> Outcome {
    story(project())
        .slowly()
        .keys("f4 r")
        .then(|play| {
            let ticket = play.state.tickets - 1;
            let result = Err(Failure { words: "an older wish".into(), store: false });
            play.happen(Event::Answer(Box::new(Answer::Figured { ticket, result })))
        })
        .expect(hides("an older wish"))
        .expect(shows("working the figures out"))
        .answers()
        .expect(row("grade", "4"))
        .ends()
}

#[test]
fn what_somebody_wrote_is_said_and_moves_nothing_until_it_is_asked_for() -> Outcome {
    let held = |play: &Play| play.state.figures.all.as_ref().map(Arc::as_ptr);
    story(project())
        .keys("f4")
        .then(move |play| {
            let before = held(play);
            play.elsewhere("max", settle("CT-1", "severe"))?;
            play.happen(Event::Answer(Box::new(Answer::Changed)))?;
            if held(play) == before { Ok(()) } else { Err("the figures were taken anew".into()) }
        })
        .expect(shows("somebody wrote since: r takes it anew"))
        .keys("r")
        .expect(hides("somebody wrote since"))
        .keys("f5")
        .expect(row("ann", "1.00"))
        .meanwhile("max", settle("CT-2", "mild"))
        .expect(shows("somebody wrote since"))
        .keys("f1 f5")
        .expect(hides("somebody wrote since"))
        .expect(row("ann", "0.50"))
        .ends()
}

#[test]
fn what_is_ambiguous_is_left_out_beside_and_can_be_hidden() -> Outcome {
    let unsure = |session: &mut Session| -> Outcome {
        let both = json!([{"value": "mild", "weight": 0.5}, {"value": "severe", "weight": 0.5}]);
        let draft = json!({"case": "CT-1", "dispute": "grade#1", "answer": "ambiguous", "confidence": 2,
            "ambiguity": {"types": ["A1"], "alternatives": both}});
        let draft: Draft = serde_json::from_value(draft)?;
        Ok(decide(session, &draft).map(|_| ())?)
    };
    story(project())
        .unheard("max", unsure)
        .keys("f4")
        .expect(row("unambiguous", "3"))
        .keys("a")
        .expect(hides("unambiguous"))
        .keys("a")
        .expect(row("unambiguous", "3"))
        .ends()
}

#[test]
fn line_by_line_every_figure_is_said() -> Outcome {
    let says = |words: &'static str| {
        that(move |play| match plain::lines(&play.state).iter().any(|line| line.contains(words)) {
            true => Ok(()),
            false => Err(format!("not said: {words:?}, but {:#?}", plain::lines(&play.state))),
        })
    };
    story(project())
        .unheard("max", settle("CT-1", "severe"))
        .keys("f4")
        .expect(says("selected, grade: 4 items, 3 readers, prevalence 22 22 33 22; agreement 0.08"))
        .expect(says("effusion: 0 items, 0 readers, prevalence"))
        .expect(says("Fleiss κ undefined: nobody read any item"))
        .keys("tab tab")
        .expect(says("selected, ann and bob: κ quadratic"))
        .keys("tab")
        .expect(says("selected, week of 2026-11-09: α ordinal"))
        .keys("tab j")
        .expect(says("selected, GRADE 2: 2 items"))
        .keys("f5")
        .expect(says("selected, ann on grade: index 1.00"))
        .expect(says("over time: fewer than"))
        .ends()
}

#[test]
fn every_size_of_terminal_shows_what_it_can() -> Outcome {
    for (columns, rows) in [(40, 10), (60, 15), (80, 24), (99, 31), (200, 60), (500, 200)] {
        for screen in ["f4", "f5"] {
            let mut told = story(project().sized(columns, rows))
                .unheard("max", settle("CT-1", "severe"))
                .keys(screen)
                .expect(shows("as of"))
                .expect(shows("grade"));
            for _ in 0..6 {
                told = told.keys("tab right down left up end home pagedown m w a").expect(shows("as of"));
            }
            told.ends()?;
        }
    }
    Ok(())
}

#[test]
fn a_sample_and_a_point_lead_to_their_own_cases_and_a_line_says_what_is_asked_about() -> Outcome {
    // Beside the grade, CT-1 has a dispute that nobody settles.
    let more =
        "CT-1,ann,effusion,present,2026-11-02T08:00:00Z\nCT-1,bob,effusion,absent,2026-11-02T09:00:00Z\n";
    let setting = Setting::of(CHARTER)
        .review("undo_minutes = 0\nmode = \"open\"\n[triggers]\nmin_n = 1")
        .reads(&format!("{READS}{more}"))
        .seen_by("lea")
        .without_pictures();
    story(setting)
        .unheard("max", settle("CT-1", "severe"))
        .keys("f5 tab tab enter")
        .expect(says("no case is behind this: grade, the final answer is another than ann, from the week of 2026-11-09"))
        .keys("space")
        .expect(shows("2 cases: grade, read by ann, from the week of 2026-11-09"))
        .expect(lists(&["CT-3", "CT-4"]))
        .keys("q left enter")
        .expect(shows("1 case: grade, the final answer is another than ann, from the week of 2026-11-02"))
        .expect(lists(&["CT-1"]))
        .expect(row("grade", "final"))
        .keys("q tab tab tab")
        .expect(shows("ann: 1.00 of 1 settled cases"))
        .keys("right space")
        .expect(shows("1 case: grade, settled, read by bob"))
        .keys("q q q")
        .expect(in_worklist())
        .expect(row("CT-1", "effusion"))
        .ends()
}

#[test]
fn who_calls_for_a_look_stands_first_and_a_warning_is_no_second_name() -> Outcome {
    let faulty = |session: &mut Session| -> Outcome {
        let shown = json!(show(session, "CT-1", None)?);
        let reads = shown["reads"].as_array().ok_or("no reads")?;
        let bob = reads.iter().find(|read| read["findings"][0]["value"] == "severe").ok_or("no bob")?;
        let verdict = json!({"verdict": "error", "severity": "2a", "cause": ["P1"]});
        let draft = json!({"case": "CT-1", "dispute": "grade#1", "answer": {"value": "mild"}, "confidence": 4,
            "note": "would have mattered", "verdicts": {bob["reader"].as_str().ok_or("no letter")?: verdict}});
        Ok(decide(session, &serde_json::from_value::<Draft>(draft)?).map(drop)?)
    };
    let first = |words: &'static str| {
        that(move |play| {
            let lines = plain::lines(&play.state);
            let row =
                lines.iter().find(|line| line.contains(" on grade: index")).cloned().unwrap_or_default();
            if row.contains(words) { Ok(()) } else { Err(format!("first is {row:?}")) }
        })
    };
    let setting = Setting::of(CHARTER)
        .review("undo_minutes = 0\nmode = \"open\"\n[triggers]\nsame_cause = 1")
        .reads(READS)
        .seen_by("lea")
        .without_pictures();
    story(setting)
        .keys("f5")
        .expect(first("ann on grade"))
        .unheard("max", faulty)
        .keys("r")
        .expect(first("bob on grade"))
        .expect(first("triggers: cause"))
        .ends()
}

#[test]
fn a_store_without_reads_says_what_to_do() -> Outcome {
    let empty = || Setting::of(CHARTER).seen_by("lea").without_pictures();
    for screen in ["f4", "f5"] {
        story(empty())
            .keys(screen)
            .expect(shows("nobody has read anything yet: bring reads in with overread import FILES"))
            .ends()?;
    }
    story(Setting::of("name = \"grades\"\n").seen_by("lea").without_pictures())
        .keys("f4")
        .expect(shows("the charter has no label yet: bring reads in with overread import FILES"))
        .ends()
}

#[test]
fn those_who_decide_are_measured_beside_the_readers() -> Outcome {
    let twice = |session: &mut Session| -> Outcome {
        settle("CT-1", "severe")(session)?;
        settle("CT-2", "mild")(session)
    };
    story(project())
        .unheard("max", twice)
        .keys("f5 tab tab tab tab tab tab")
        .expect(shows("Adjudicators · grade"))
        .expect(row("max", "2 decided"))
        .expect(shows("no item was decided by two in places of their own"))
        .expect(shows("the charter asks for no own look before the reads are shown"))
        .keys("enter")
        .expect(says("what somebody decided stands in the log"))
        .expect(on(Screen::Readers))
        .ends()
}
