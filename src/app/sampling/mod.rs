//! Samples on the screen: a line for each with what came of it, and one that is planned before it is drawn. Whatever of the
//! plan is changed, what it can and can't show is worked out anew at once.

use std::sync::Arc;

use super::editor::Editor;
use super::event::{Ask, Effect, Failure};
use super::layout::Layout;
use super::popup::{About, Entry, Menu, Popup, Prompt, Question, step, stride};
use super::state::{Screen, State, Tone};
use super::worklist;
use crate::command::Command;
use crate::domain::moment;
use crate::domain::sample::Rule;
use crate::domain::text::Safe;
use crate::review::causes::reviews::Planning;
use crate::review::sample::{Board, Outlook, SampleResult};

mod form;
mod words;

pub use form::{Part, Plan};
pub use words::words;

/// A picture of the selected sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Panel {
    /// What came of it, in words; of a plan what it would show.
    Words,
    /// How likely a lot is accepted, by the share of it that is wrong.
    Characteristic,
}

/// The pictures in their order.
pub const PANELS: [Panel; 2] = [Panel::Words, Panel::Characteristic];

/// Where one is.
#[derive(Debug, Clone, Default)]
pub struct Sampling {
    pub board: Option<Arc<Board>>,
    /// Why there is none.
    pub refused: Option<String>,
    awaited: Option<u64>,
    /// Place of the sample.
    pub selected: usize,
    /// Place in [`PANELS`].
    pub panel: usize,
    /// What is to be drawn next, while it is planned.
    pub plan: Option<Plan>,
    /// It is being drawn.
    pub drawing: bool,
}

/// Gives the samples, the newest first.
pub fn samples(board: &Board) -> impl Iterator<Item = &SampleResult> {
    board.samples.iter().rev()
}

/// Gives the sample that is selected.
pub fn selected(state: &State) -> Option<&SampleResult> {
    samples(state.sampling.board.as_ref()?).nth(state.sampling.selected)
}

/// Gives how many lines the table has.
pub fn lines(state: &State) -> usize {
    let of = &state.sampling;
    match &of.plan {
        Some(plan) => plan.parts().len(),
        // Where there is none, a line says so.
        None => of.board.as_ref().map_or(0, |board| board.samples.len().max(1)),
    }
}

/// Gives the operating characteristic that is looked at: that of the plan, else of the selected sample.
pub fn characteristic(state: &State) -> Option<(&[(f64, f64)], Rule)> {
    match &state.sampling.plan {
        Some(plan) => {
            let outlook = plan.outlook.as_ref()?.as_ref().ok()?;
            Some((&outlook.characteristic, outlook.rule))
        }
        None => selected(state).map(|of| (of.characteristic.as_slice(), of.rule)),
    }
}

/// Opens the screen.
pub(super) fn open(state: &mut State) -> Vec<Effect> {
    let mut effects = super::figures::turn_to(state, Screen::Sampling);
    effects.extend(ask(state));
    effects
}

/// Asks for the samples anew.
pub(super) fn ask(state: &mut State) -> Vec<Effect> {
    let ticket = state.ticket();
    state.sampling.awaited = Some(ticket);
    state.sampling.refused = None;
    vec![Effect::Ask(Ask::Samples { ticket })]
}

/// Takes the samples.
pub(super) fn take(state: &mut State, ticket: u64, result: Result<Arc<Board>, Failure>) {
    let held = selected(state).map(|of| of.id.clone());
    let of = &mut state.sampling;
    if of.awaited != Some(ticket) {
        return;
    }
    of.awaited = None;
    match result {
        Ok(board) => {
            let place = held.and_then(|id| samples(&board).position(|sample| sample.id == id));
            of.selected = place.unwrap_or(of.selected).min(board.samples.len().saturating_sub(1));
            of.board = Some(board);
        }
        Err(failure) => {
            of.board = None;
            of.plan = None;
            of.refused = Some(failure.words);
        }
    }
}

/// Takes what a plan would show; that of an older plan is dropped.
pub(super) fn foreseen(state: &mut State, ticket: u64, result: Result<Box<Outlook>, Failure>) {
    if let Some(plan) = state.sampling.plan.as_mut().filter(|plan| plan.awaited == Some(ticket)) {
        plan.awaited = None;
        plan.outlook = Some(result.map_err(|failure| failure.words));
    }
}

/// Takes that a sample was drawn, or why not.
pub(super) fn drawn(state: &mut State, result: Result<String, Failure>) -> Vec<Effect> {
    state.sampling.drawing = false;
    match result {
        Ok(id) => {
            state.sampling.plan = None;
            state.sampling.selected = 0;
            // Behind the newest nobody stands any more.
            state.sampling.board = None;
            state.tell(Tone::Good, format!("{id} is drawn: QA reads it under ‘audits’"));
        }
        Err(failure) => super::update::failed(state, failure),
    }
    ask(state)
}

/// The review of a rejected lot as somebody takes it on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taking {
    pub sample: String,
    /// None until it is said.
    pub action: Option<String>,
    pub owner: Option<String>,
}

/// Takes what was typed of a review, and asks for what comes next: what is done, who sees to it, until when.
pub(super) fn take_on(state: &mut State, mut taking: Taking, typed: &str) -> Vec<Effect> {
    let typed = typed.trim().to_owned();
    let said = (!typed.is_empty()).then(|| typed.clone());
    match (&taking.action, &taking.owner) {
        (None, _) => taking.action = said,
        (Some(_), None) => taking.owner = said,
        (Some(action), Some(owner)) => {
            let Some(due) = moment::parse(&typed, state.now) else {
                state.tell(Tone::Warning, "that is no day: say it as 2026-12-24");
                ask_of_review(state, taking);
                return Vec::new();
            };
            let (action, owner) = (action.clone(), owner.clone());
            let planning = Planning { owner, action, due: Some(due), since: None };
            return vec![Effect::Ask(Ask::PlanReview { sample: taking.sample, planning })];
        }
    }
    match typed.is_empty() {
        true => state.tell(Tone::Info, "a review needs an action and an owner: nothing was saved"),
        false => ask_of_review(state, taking),
    }
    Vec::new()
}

fn ask_of_review(state: &mut State, taking: Taking) {
    let of = &taking.sample;
    let (title, held) = match (&taking.action, &taking.owner) {
        (None, _) => {
            (format!("The lot of {of} was rejected: what is done about the root causes?"), String::new())
        }
        (Some(_), None) => ("Who sees to it?".to_owned(), state.person.name.clone()),
        (Some(_), Some(_)) => {
            let due = selected(state).and_then(|of| of.review.as_ref()).map(|review| review.due.clone());
            ("Until when is it done?".to_owned(), due.unwrap_or_default())
        }
    };
    let editor = Editor::holding(&held);
    state.popups.push(Popup::Prompt(Prompt { title, about: Question::OfReview(taking), editor }));
}

/// Takes that somebody sees to the root causes of a lot, or why not.
pub(super) fn planned(state: &mut State, sample: &str, result: Result<(), Failure>) -> Vec<Effect> {
    match result {
        Ok(()) => {
            state.tell(Tone::Good, format!("the review of {sample} has an owner: a lead can sign its lot"))
        }
        Err(failure) => super::update::failed(state, failure),
    }
    state.causes.stale = true;
    ask(state)
}

/// Takes that a lot was signed, or why not.
pub(super) fn signed(state: &mut State, sample: &str, result: Result<(), Failure>) -> Vec<Effect> {
    match result {
        Ok(()) => {
            state.tell(Tone::Good, format!("{sample} is signed: its lot goes out with the next export"))
        }
        Err(failure) => super::update::failed(state, failure),
    }
    ask(state)
}

/// Asks what the plan would show.
fn foresee(state: &mut State) -> Vec<Effect> {
    let ticket = state.ticket();
    let Some(board) = state.sampling.board.clone() else { return Vec::new() };
    let Some(plan) = state.sampling.plan.as_mut() else { return Vec::new() };
    plan.awaited = Some(ticket);
    vec![Effect::Ask(Ask::Outlook { ticket, order: Box::new(plan.order(&board)) })]
}

/// Takes a number as it is typed.
pub(super) fn type_in(state: &mut State, part: Part, text: &str) -> Vec<Effect> {
    let taken = state.sampling.plan.as_mut().is_some_and(|plan| plan.take(part, text));
    if taken { foresee(state) } else { Vec::new() }
}

/// Does what a command means here.
pub(super) fn command(state: &mut State, command: Command) -> Vec<Effect> {
    let page = isize::try_from(Layout::compute(state).page()).unwrap_or(1);
    let by = stride(command, page);
    let count = lines(state);
    let of = &mut state.sampling;
    match command {
        Command::RefreshFigures => return ask(state),
        Command::NextPanel => of.panel = (of.panel + 1) % PANELS.len(),
        Command::PreviousPanel => of.panel = (of.panel + PANELS.len() - 1) % PANELS.len(),
        Command::PlanSample => return plan(state),
        Command::FindText => state.tell(Tone::Info, "lines are looked for in the worklist and the log"),
        Command::NextMeasure | Command::ToggleAmbiguous | Command::ToggleWeeks => {
            state.tell(Tone::Info, "that is for the screen Agreement");
        }
        _ if of.plan.is_some() => return on_plan(state, command, by),
        Command::DrawSample => state.tell(Tone::Info, "plan a sample first, and see what it can show"),
        Command::SignLot => return sign(state),
        Command::OpenSelected => return drill(state, true),
        Command::ListAll => return drill(state, false),
        _ if by != 0 => of.selected = step(of.selected, by, count),
        _ => {}
    }
    Vec::new()
}

/// Begins a plan, or goes on with it.
fn plan(state: &mut State) -> Vec<Effect> {
    if state.sampling.board.is_none() {
        state.tell(Tone::Info, "the samples are still being read");
        return Vec::new();
    }
    if state.sampling.plan.is_none() {
        // Any seed will do that anybody can say again: it stands in the log with the lot.
        let seed = u64::try_from(state.now / 1000 % 100_000).unwrap_or(1);
        state.sampling.plan = Some(Plan::new(seed));
    }
    foresee(state)
}

fn on_plan(state: &mut State, command: Command, by: isize) -> Vec<Effect> {
    let Some(board) = state.sampling.board.clone() else { return Vec::new() };
    let Some(plan) = state.sampling.plan.as_mut() else { return Vec::new() };
    let parts = plan.parts();
    let Some(part) = parts.get(plan.row).copied() else { return Vec::new() };
    match command {
        Command::MoveLeft | Command::MoveRight => {
            plan.turn(part, if command == Command::MoveRight { 1 } else { -1 }, &board);
            plan.row = plan.row.min(plan.parts().len() - 1);
            return foresee(state);
        }
        Command::OpenSelected => match plan.number(part) {
            Some(held) => {
                let (title, _) = plan.row(part, &board);
                let about = Question::OfSample(part);
                let editor = Editor::holding(&held);
                state.popups.push(Popup::Prompt(Prompt { title: title.to_owned(), about, editor }));
            }
            None if plan.names(part, &board).is_some_and(|(_, names, _)| !names.is_empty()) => {
                let menu = names_menu(plan, part, &board);
                state.popups.extend(menu.map(Popup::Menu));
            }
            None => {
                plan.turn(part, 1, &board);
                return foresee(state);
            }
        },
        Command::DrawSample if state.sampling.drawing => state.tell(Tone::Info, "it is being drawn"),
        Command::DrawSample => {
            let order = Box::new(plan.order(&board));
            state.sampling.drawing = true;
            state.tell(Tone::Info, "drawing");
            return vec![Effect::Ask(Ask::DrawSample { order })];
        }
        Command::SignLot | Command::ListAll => {
            state.tell(Tone::Info, "go back to the list of samples first");
        }
        _ if by != 0 => plan.row = step(plan.row, by, parts.len()),
        _ => {}
    }
    Vec::new()
}

/// The names that a row of the plan is chosen from.
fn names_menu(plan: &Plan, part: Part, board: &Board) -> Option<Menu> {
    let (none, names, chosen) = plan.names(part, board)?;
    let words = std::iter::once(none.to_owned()).chain(names.iter().map(|name| Safe::new(name).to_string()));
    let entries = words.enumerate().map(|(place, words)| Entry {
        value: place.to_string(),
        words,
        marked: place == chosen,
        heading: None,
    });
    Some(Menu {
        title: plan.row(part, board).0.to_owned(),
        about: About::OfSample(part),
        entries: entries.collect(),
        selected: chosen,
        several: false,
        touched: false,
    })
}

/// Takes the name that was chosen for a row of the plan.
pub(super) fn choose(state: &mut State, part: Part, place: &str) -> Vec<Effect> {
    let (Some(plan), Ok(place)) = (state.sampling.plan.as_mut(), place.parse()) else { return Vec::new() };
    plan.choose(part, place);
    foresee(state)
}

/// Asks with which words a rejected lot is let go.
fn sign(state: &mut State) -> Vec<Effect> {
    let Some(of) = selected(state) else {
        state.tell(Tone::Info, "no sample was drawn yet");
        return Vec::new();
    };
    let words = match (of.accepted, &of.signed) {
        (_, Some(signed)) => format!("{} is signed already, by {}", of.id, Safe::new(&signed.by)),
        (None, _) => format!("{} is open: it is signed once all of it is read and settled", of.id),
        (Some(true), None) => format!("{} was accepted: its lot isn't held", of.id),
        (Some(false), None) if of.review.as_ref().is_some_and(|review| review.action.is_none()) => {
            let taking = Taking { sample: of.id.clone(), action: None, owner: None };
            ask_of_review(state, taking);
            return Vec::new();
        }
        (Some(false), None) => {
            let title = format!("Sign off the lot of {}: what was found, and what was done", of.id);
            let about = Question::Meaning(of.id.clone());
            state.popups.push(Popup::Prompt(Prompt { title, about, editor: Editor::default() }));
            return Vec::new();
        }
    };
    state.tell(Tone::Info, words);
    Vec::new()
}

/// Lists the cases of the selected sample: those alone in which something was wrong, or all that were drawn.
fn drill(state: &mut State, wrong: bool) -> Vec<Effect> {
    let Some(of) = selected(state) else {
        state.tell(Tone::Info, "no sample was drawn yet");
        return Vec::new();
    };
    let mut cases: Vec<Arc<str>> =
        if wrong { &of.wrong_cases } else { &of.cases }.iter().map(|case| Arc::from(case.as_str())).collect();
    cases.sort();
    cases.dedup();
    let what = if wrong { "wrong in" } else { "drawn into" };
    if cases.is_empty() {
        let words = format!("nothing of {} was found wrong: space lists all cases that were drawn", of.id);
        state.tell(Tone::Info, words);
        return Vec::new();
    }
    worklist::drill(state, cases, None, &format!("{what} {}", of.id))
}
