//! Stories of the screen Causes: from a bar to its cases and back, dimensions, periods, codes by key; and of clauses that are
//! found by a few letters.

use overread::app::state::Screen;
use overread::domain::decision::Draft;
use overread::domain::event::Action;
use overread::review::Session;
use overread::review::charter::{Change, set};
use overread::review::decide::decide;
use overread::ui::plain;
use serde_json::{Value as Json, json};

use crate::common::Outcome;
use crate::story::*;
use crate::story_figures::project;

pub const GUIDELINE: &str = "# 1 Scope\nAll of the chest.\n\n## 1.2 Grades\nSevere is what needs a bed.\n\n# 2 Effusion\nAny fluid.\n";

/// Settles a case's grade with what is said of why.
fn settle(session: &mut Session, case: &str, more: Json) -> Outcome {
    let mut draft =
        json!({"case": case, "dispute": "grade#1", "answer": {"value": "severe"}, "confidence": 4});
    if let (Some(fields), Json::Object(more)) = (draft.as_object_mut(), more) {
        fields.extend(more);
    }
    let draft: Draft = serde_json::from_value(draft)?;
    Ok(decide(session, &draft).map(|_| ())?)
}

/// Three cases whose causes are known.
pub fn caused(session: &mut Session) -> Outcome {
    settle(
        session,
        "CT-1",
        json!({
        "root_cause": ["P2"], "verdicts": {"A": {"verdict": "error"}}, "clause": "1.2", "note": "behind the heart" }),
    )?;
    settle(session, "CT-2", json!({ "root_cause": ["P2", "I2"], "verdicts": {"A": {"verdict": "error"}} }))?;
    settle(session, "CT-3", json!({ "root_cause": "unknown" }))
}

fn told() -> Story {
    story(project().guideline(GUIDELINE).sized(120, 40)).unheard("max", caused)
}

fn on(screen: Screen) -> Expected {
    that(move |play| match play.state.screen {
        screen_now if screen_now == screen => Ok(()),
        other => Err(format!("on the screen {other:?}")),
    })
}

fn says_plainly(words: &'static str) -> Expected {
    that(move |play| {
        let lines = plain::lines(&play.state).join("\n");
        if lines.contains(words) { Ok(()) } else { Err(format!("no {words:?} in {lines}")) }
    })
}

#[test]
fn a_bar_leads_to_its_cases_in_one_key_and_on_to_the_case_and_its_note() -> Outcome {
    told()
        .keys("f6")
        .expect(on(Screen::Causes))
        .expect(header("why answers differed"))
        .expect(shows("Causes by family"))
        .expect(row("P perceptual", "2"))
        .expect(shows("4 codes in 3 decided disputes"))
        .expect(says_plainly("selected, P perceptual: 2, 50 %, together 50 %, 2 cases"))
        .expect(says_plainly("I interpretive: 1, 25 %, together 75 %, 1 cases"))
        .keys("enter")
        .expect(in_worklist())
        .expect(shows("2 cases: root cause, family P"))
        .expect(lists(&["CT-1", "CT-2"]))
        .expect(shows("P2 · 1.2 Grades · behind the heart"))
        .keys("space")
        .expect(at("CT-1", "grade#1"))
        .expect(shows("P2 · 1.2 Grades · behind the heart"))
        .keys("esc esc")
        .expect(on(Screen::Causes))
        .keys("m")
        .expect(shows("Causes by code"))
        .expect(row("P2 seen, not recognised", "2"))
        .keys("m m")
        .expect(shows("Causes by reader"))
        .expect(row("none", "1"))
        .keys("left left left")
        .expect(shows("Causes by family"))
        .keys("j enter")
        .expect(lists(&["CT-2"]))
        .keys("esc esc")
        .expect(in_worklist())
        .ends()
}

#[test]
fn one_decision_behind_a_bar_is_opened_alone() -> Outcome {
    told()
        .keys("o c tab j enter")
        .expect(shows("1 case: P2 in event"))
        .expect(lists(&["CT-2"]))
        .keys("esc")
        .expect(on(Screen::Causes))
        .keys("esc")
        .expect(that(|play| if play.state.causes.within { Err("still within".into()) } else { Ok(()) }))
        .keys("esc")
        .expect(in_worklist())
        .ends()
}

#[test]
fn periods_are_chosen_and_compared_by_versions_of_the_charter() -> Outcome {
    let text = "name = \"graded\"\n[review]\nundo_minutes = 0\nmode = \"open\"\n[labels.grade]\nkind = \"ordinal\"\nlevels = \
                [\"mild\", \"moderate\", \"severe\", \"critical\"]\n[labels.effusion]\nkind = \"present\"\n";
    told()
        .unheard("lea", move |session| {
            set(session, &Change { text, guideline: Some(GUIDELINE), why: "clearer", ..Change::default() })?;
            Ok(())
        })
        .unheard("max", |session| settle(session, "CT-4", json!({})))
        .keys("f6 b")
        .expect(a_menu("Compare"))
        .expect(shows("before and after version 2 of the charter"))
        .keys("j enter")
        .expect(shows("before and after version 2"))
        .expect(says_plainly("before: 66.7 of 100"))
        .expect(says_plainly("after: 0.0 of 100"))
        .expect(says_plainly("difference: -66.7"))
        .keys("p")
        .expect(a_menu("Decisions of"))
        .keys("end enter")
        .expect(shows("under version 2 of the charter"))
        .expect(shows("0 codes in 1 decided disputes"))
        .ends()
}

#[test]
fn codes_are_given_by_key_by_those_who_may() -> Outcome {
    let coded = |who: &'static str| {
        story(project().guideline(GUIDELINE).seen_by(who))
            .unheard("max", caused)
            .keys("o w")
            .then(|play| play.happen(overread::app::Event::Command(overread::command::Command::OpenCauses)))
    };
    coded("qin")
        .keys("enter space K")
        .expect(a_menu("Codes of whose part"))
        .expect(shows("A error  P2"))
        .keys("enter")
        .expect(a_menu("Root cause of A"))
        // P2 is taken out, and P1 before it put in.
        .keys("space k space enter")
        .expect(says("the codes stand"))
        .expect(logged(Action::Cause, 1))
        .keys("esc esc r m")
        .expect(row("P1 not searched", "1"))
        .ends()?;
    coded("ana").expect(shows("this needs the role of")).ends()
}

#[test]
fn a_clause_is_found_by_a_few_letters_and_shows_its_text() -> Outcome {
    story(project().guideline(GUIDELINE).seen_by("ana"))
        .opens()
        .keys("C")
        .expect(shows("1 Scope"))
        .types("needs bed")
        .expect(shows("Severe is what needs a bed."))
        .expect(says_plainly("selected, 1.2 Grades"))
        .keys("enter")
        .expect(no_popup())
        .expect(row("clause", "1.2 Grades"))
        .keys("C enter")
        .expect(row("clause", "–"))
        .ends()
}
