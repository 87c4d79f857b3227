//! Stories of lists: the worklist with its filters, orders and searches, and the log.

use overread::domain::event::Action;
use overread::review::decide::claim;

use crate::common::Outcome;
use crate::story::*;

/// Many cases under several labels, without pictures.
fn many() -> Setting {
    let mut table = "case,reader,label,value\n".to_owned();
    for n in 1..=60 {
        let label = if n % 10 == 0 { "rare" } else { "common" };
        table.push_str(&format!("CT-{n:03},ann,{label},1\nCT-{n:03},bob,{label},{}\n", 3 + n % 2));
    }
    let label = |name: &str| format!("[labels.{name}]\nkind = \"ordinal\"\nlevels = [1, 2, 3, 4]\n");
    Setting::of(&format!("name = \"many\"\n{}{}", label("rare"), label("common"))).reads(&table)
}

#[test]
fn moving_stays_within_the_list_and_pages() -> Outcome {
    let selected = |case: &'static str| {
        that(move |play| match play.state.worklist.selected_line().map(|line| line.case.as_str()) {
            Some(here) if here == case => Ok(()),
            other => Err(format!("selected is {other:?}, not {case}")),
        })
    };
    story(many().sized(80, 24))
        .keys("s end enter")
        .expect(selected("CT-001"))
        .keys("k")
        .expect(selected("CT-001"))
        .keys("j j")
        .expect(selected("CT-003"))
        .keys("G")
        .expect(selected("CT-060"))
        .expect(shows("60 of 60"))
        .keys("j")
        .expect(selected("CT-060"))
        .keys("pageup")
        .expect(selected("CT-042"))
        .keys("home pagedown")
        .expect(selected("CT-019"))
        .ends()
}

#[test]
fn orders_are_chosen_by_name_and_say_themselves() -> Outcome {
    story(grades())
        .expect(shows("open · priority"))
        .keys("s")
        .expect(a_menu("Sort by"))
        .keys("j j j enter")
        .expect(shows("open · case"))
        .expect(lists(&["CT-1", "CT-2", "CT-3"]))
        .keys("s k k enter")
        .expect(lists(&["CT-2", "CT-1", "CT-3"]))
        .ends()
}

#[test]
fn a_filter_narrows_the_list_and_is_let_go_by_one_key() -> Outcome {
    story(many())
        .keys("f")
        .expect(a_menu("List which cases"))
        .expect(shows("QUEUED  60"))
        .keys("end enter")
        .expect(shows("open · rare"))
        .expect(shows("of 6 "))
        .keys("f home enter")
        .expect(shows("rare · claimed by me"))
        .expect(shows("no case is like that: F lists all open cases again"))
        .keys("F")
        .expect(shows("of 60"))
        .ends()
}

#[test]
fn a_menu_of_filters_shows_what_holds_and_space_takes_it() -> Outcome {
    story(many())
        .keys("f end space")
        .expect(no_popup())
        .expect(shows("open · rare"))
        .keys("f")
        .then(|play| {
            let marked = match play.state.popups.last() {
                Some(overread::app::popup::Popup::Menu(menu)) => menu.marked(),
                _ => Vec::new(),
            };
            match marked.as_slice() {
                [only] if only == "label=rare" => Ok(()),
                other => Err(format!("marked are {other:?}").into()),
            }
        })
        .keys("esc")
        .expect(shows("open · rare"))
        .ends()
}

#[test]
fn finding_narrows_as_one_types_and_esc_brings_all_back() -> Outcome {
    story(many())
        .keys("/")
        .types("rare 05")
        .expect(lists(&["CT-050"]))
        .keys("backspace")
        .expect(lists(&["CT-010", "CT-020", "CT-030", "CT-040", "CT-050", "CT-060"]))
        .types("zz")
        .expect(shows("nothing found: esc ends the search"))
        .keys("ctrl-u")
        .types("040")
        .keys("enter")
        .expect(no_popup())
        .expect(lists(&["CT-040"]))
        .keys("enter")
        .expect(at("CT-040", "rare#1"))
        .keys("esc esc")
        .expect(shows("of 60"))
        .expect(that(|play| match play.state.worklist.selected_line() {
            Some(line) if line.case == "CT-040" => Ok(()),
            other => Err(format!("selected is {:?}", other.map(|line| &line.case))),
        }))
        .ends()
}

#[test]
fn fuzzy_letters_find_with_others_between() -> Outcome {
    story(grades()).keys("/").types("gd ct3").expect(lists(&["CT-3"])).ends()
}

#[test]
fn counts_follow_what_is_done_here_and_elsewhere() -> Outcome {
    story(grades())
        .expect(header("3 open · 0 claimed · 0 done today"))
        .meanwhile("max", |session| Ok(claim(session, "CT-1", "elsewhere").map(|_| ())?))
        .expect(header("3 open · 1 claimed · 0 done today"))
        .opens_and_sees()
        .keys("2 4 enter esc")
        .expect(header("2 open · 1 claimed · 1 done today"))
        .ends()
}

#[test]
fn what_is_settled_stays_where_it_stood_until_the_list_is_made_anew() -> Outcome {
    story(grades())
        .opens_and_sees()
        .keys("2 4 enter esc")
        .expect(lists(&["CT-2", "CT-1", "CT-3"]))
        .expect(shows("provisional"))
        .keys("f1")
        .expect(lists(&["CT-1", "CT-3"]))
        .ends()
}

#[test]
fn an_empty_store_says_what_to_do() -> Outcome {
    story(Setting::of("name = \"empty\"\n"))
        .expect(shows("nothing is open"))
        .expect(shows("overread import"))
        .keys("enter")
        .expect(says("no case is listed"))
        .keys("j k G pageup c space ctrl-z")
        .expect(in_worklist())
        .ends()
}

#[test]
fn esc_never_leaves_and_q_does() -> Outcome {
    story(grades())
        .keys("esc")
        .expect(says("q leaves"))
        .expect(that(|play| match play.state.leaving {
            None => Ok(()),
            Some(_) => Err("left".into()),
        }))
        .keys("q")
        .expect(that(|play| match play.state.leaving {
            Some(overread::app::state::Leaving::Asked) => Ok(()),
            other => Err(format!("{other:?}")),
        }))
        .ends()
}

#[test]
fn a_lead_reads_the_log_and_each_event_in_full() -> Outcome {
    story(grades().seen_by("lea"))
        .keys("o l")
        .expect(shows("Log of the project · follows"))
        .expect(shows("people"))
        .expect(shows("import"))
        .expect(logged(Action::LogRead, 1))
        .keys("home enter")
        .expect(shows("Event 1"))
        .expect(shows("\"action\": \"init\""))
        .keys("esc q")
        .expect(in_worklist())
        .ends()
}

#[test]
fn the_log_follows_its_end_until_one_moves_up() -> Outcome {
    let last = |play: &Play| {
        let book = &play.state.logbook;
        book.selected + 1 == book.shown().len()
    };
    let at_end = move |wanted: bool| {
        that(move |play| if last(play) == wanted { Ok(()) } else { Err("not there".into()) })
    };
    story(grades().seen_by("lea"))
        .keys("f7")
        .expect(at_end(true))
        .meanwhile("max", |session| Ok(claim(session, "CT-1", "elsewhere").map(|_| ())?))
        .expect(shows("claim"))
        .expect(at_end(true))
        .keys("k")
        .expect(hides("follows"))
        .meanwhile("max", |session| Ok(claim(session, "CT-2", "elsewhere").map(|_| ())?))
        .expect(at_end(false))
        .keys("f")
        .expect(says("follows the end"))
        .expect(at_end(true))
        .ends()
}

#[test]
fn the_log_is_searched_and_esc_shows_all_again() -> Outcome {
    story(grades().seen_by("lea"))
        .keys("f7 /")
        .types("import")
        .expect(hides("people"))
        .keys("enter")
        .expect(shows("/ import"))
        .keys("esc")
        .expect(shows("people"))
        .keys("/")
        .types("nonsense")
        .expect(shows("no event holds these letters"))
        .keys("esc")
        .expect(shows("people"))
        .ends()
}

#[test]
fn who_doesnt_oversee_the_project_reads_the_log_of_a_case() -> Outcome {
    story(grades())
        .opens()
        .keys("f7")
        .expect(shows("Log of CT-2"))
        .expect(shows("claim"))
        .expect(hides("people"))
        // Who reads the log of a case has not gone away from it.
        .expect(claimed("CT-2", "ana"))
        .keys("esc")
        .expect(at("CT-2", "grade#1"))
        .keys("f7 f1")
        .expect(in_worklist())
        .expect(claimed("CT-2", ""))
        .ends()?;
    // An observer may read no log; the refusal is said, and the screen goes back to work.
    story(grades().seen_by("obi"))
        .keys("f7")
        .expect(says("observer"))
        .keys("esc")
        .expect(in_worklist())
        .ends()
}

#[test]
fn who_has_no_role_is_told_so_and_a_store_that_takes_nothing_says_it() -> Outcome {
    story(grades())
        .then(|play| play.sit_down("nobody"))
        .expect(shows("you have no role in this project"))
        .expect(hides("nothing is open"))
        .ends()?;
    story(grades())
        .then(|play| {
            play.state.person.read_only = true;
            Ok(())
        })
        .expect(header("read-only"))
        .ends()
}

/// One more case in dispute, from a site of its own.
const NORTH: &str = "case,reader,label,value\nN-1,ann,grade,mild\nN-1,bob,grade,severe\n";

#[test]
fn the_list_is_narrowed_to_one_site_or_batch() -> Outcome {
    // A file is often named after who read: those who decide find sites alone.
    story(grades().without_pictures().reads_of("north", NORTH).sized(120, 40))
        .keys("f end")
        .expect(shows("Site"))
        .expect(hides("Batch"))
        .keys("up enter")
        .expect(shows("open · site north"))
        .expect(lists(&["N-1"]))
        .ends()?;
    story(grades().without_pictures().reads_of("north", NORTH).seen_by("lea").sized(120, 40))
        .keys("f end")
        .expect(shows("Site"))
        .expect(shows("Batch"))
        // The last are north.csv and reads-0.csv.
        .keys("enter")
        .expect(shows("open · batch reads-0.csv"))
        .expect(lists(&["CT-2", "CT-1", "CT-3"]))
        .keys("F f end up up up enter")
        .expect(shows("open · site north"))
        .expect(lists(&["N-1"]))
        .keys("f end up enter")
        .expect(shows("open · site north, batch north.csv"))
        .expect(lists(&["N-1"]))
        .keys("F")
        .expect(shows("of 4"))
        .ends()
}
