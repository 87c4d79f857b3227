//! Acts on a case besides deciding: finalise, reopen, block, unblock, waive, resume, sign. Each is of the case that is
//! open, or of the one that is selected in the worklist; what needs a reason asks for it first.

use super::editor::Editor;
use super::event::{Ask, Effect, Failure};
use super::popup::{Popup, Prompt, Question};
use super::state::{Screen, State, Tone};
use super::worklist;
use crate::command::Command;
use crate::domain::case::State as CaseState;
use crate::domain::event::Action;
use crate::domain::text::Safe;
use crate::domain::word::Word;

/// What somebody wants done with a case, or with one dispute of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub case: String,
    pub dispute: Option<String>,
    pub action: Action,
}

/// The commands that act, the question that each asks first, and the states of the open dispute that make it of this
/// dispute alone; of the whole case otherwise.
const ACTS: [(Command, Action, Option<&str>, &[CaseState]); 7] = [
    (Command::FinaliseCase, Action::Finalise, None, &[CaseState::Provisional]),
    (
        Command::ReopenCase,
        Action::Reopen,
        Some("Why is it opened again?"),
        &[CaseState::Provisional, CaseState::Final],
    ),
    (Command::BlockCase, Action::Block, Some("What is wrong with the case?"), &[]),
    (Command::UnblockCase, Action::Unblock, Some("Why may the case go on?"), &[]),
    (Command::WaiveRead, Action::Waive, Some("Why can it do without the read?"), &[CaseState::Returned]),
    (Command::ResumeDispute, Action::Resume, None, &[CaseState::Deferred]),
    (Command::SignCase, Action::Sign, Some("Sign: adjudicated, reviewed, approved, or your own words"), &[]),
];

/// Does what a command means, where it is one that acts.
pub(super) fn command(state: &mut State, command: Command) -> Option<Vec<Effect>> {
    let (_, action, question, of_dispute) = ACTS.iter().find(|(known, ..)| *known == command)?;
    let open = state.open.as_ref().map(|open| {
        let dispute = open.dispute().filter(|dispute| of_dispute.contains(&dispute.state));
        (open.desk.view.case.clone(), dispute.map(|dispute| dispute.id.clone()))
    });
    let listed = || {
        let line = state.worklist.selected_line().filter(|_| state.screen == Screen::Worklist)?;
        Some((line.case.clone(), None))
    };
    let Some((case, dispute)) = open.or_else(listed) else {
        state.tell(Tone::Info, "no case is open or selected here");
        return Some(Vec::new());
    };
    let wish = Wish { case, dispute, action: *action };
    let Some(question) = question else {
        return Some(vec![Effect::Ask(Ask::Act { wish, why: String::new() })]);
    };
    let title = format!("{}: {question}", Safe::new(wish.dispute.as_ref().unwrap_or(&wish.case)));
    let editor = Editor::default();
    state.popups.push(Popup::Prompt(Prompt { title, about: Question::Why(wish), editor }));
    Some(Vec::new())
}

/// Takes what came of it: everything that is shown may stand otherwise.
pub(super) fn acted(state: &mut State, wish: &Wish, result: Result<(), Failure>) -> Vec<Effect> {
    if let Err(failure) = result {
        super::update::failed(state, failure);
        return Vec::new();
    }
    let of = Safe::new(wish.dispute.as_ref().unwrap_or(&wish.case));
    state.tell(Tone::Good, format!("{of}: {} is in the log", wish.action.word()));
    let mut effects = worklist::relist(state);
    if let Some(open) = state.open.as_ref().filter(|open| open.desk.view.case == wish.case) {
        effects.push(Effect::Ask(Ask::Peek { case: open.desk.view.case.clone() }));
    }
    effects
}
