//! The audits that wait for this person's own read, case by case. What others said of a case shows nowhere here: neither
//! in the list nor in the case, which comes bare.

use super::case;
use super::event::{Ask, Effect, Failure};
use super::layout::Layout;
use super::popup::{step, stride};
use super::state::{Screen, State, Tone};
use crate::command::Command;
use crate::domain::text::Safe;
use crate::review::sample::ReadAgain;

/// Where one is.
#[derive(Debug, Clone, Default)]
pub struct Audits {
    /// None until they are here.
    pub cases: Option<Vec<Waiting>>,
    /// Why there are none.
    pub refused: Option<String>,
    awaited: Option<u64>,
    pub selected: usize,
}

/// A case that waits, and what of it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub case: String,
    pub sample: String,
    /// In the order of the case.
    pub labels: Vec<String>,
}

/// Gathers items by their cases, in their order.
fn by_case(items: Vec<ReadAgain>) -> Vec<Waiting> {
    let mut cases: Vec<Waiting> = Vec::new();
    for item in items {
        match cases.iter_mut().find(|known| known.case == item.case) {
            Some(known) => known.labels.push(item.label),
            None => {
                cases.push(Waiting { case: item.case, sample: item.sample, labels: vec![item.label] });
            }
        }
    }
    cases
}

/// Says how many cases are left.
pub fn left_words(left: usize) -> String {
    match left {
        0 => "nothing waits for your own read".to_owned(),
        1 => "1 case waits for your own read".to_owned(),
        n => format!("{n} cases wait for your own read"),
    }
}

/// Gives how many cases are left.
pub fn left(state: &State) -> usize {
    state.audits.cases.as_ref().map_or(0, Vec::len)
}

/// Opens the screen.
pub(super) fn open(state: &mut State) -> Vec<Effect> {
    let mut effects = super::figures::turn_to(state, Screen::Audits);
    effects.extend(ask(state));
    effects
}

/// Asks anew for what waits.
pub(super) fn ask(state: &mut State) -> Vec<Effect> {
    let ticket = state.ticket();
    state.audits.awaited = Some(ticket);
    state.audits.refused = None;
    vec![Effect::Ask(Ask::Audits { ticket })]
}

/// Takes what waits; the case that is selected stays so.
pub(super) fn take(state: &mut State, ticket: u64, result: Result<Vec<ReadAgain>, Failure>) {
    let of = &mut state.audits;
    if of.awaited != Some(ticket) {
        return;
    }
    of.awaited = None;
    match result {
        Ok(items) => {
            let held =
                of.cases.as_ref().and_then(|cases| cases.get(of.selected)).map(|known| known.case.clone());
            let cases = by_case(items);
            let place = held.and_then(|case| cases.iter().position(|known| known.case == case));
            of.selected = place.unwrap_or(of.selected).min(cases.len().saturating_sub(1));
            of.cases = Some(cases);
        }
        Err(failure) => {
            of.cases = None;
            of.refused = Some(failure.words);
        }
    }
}

/// An own read is saved: its case is left out once nothing more of it waits.
pub(super) fn made(state: &mut State, case: &str, more: bool) {
    if !more && let Some(cases) = &mut state.audits.cases {
        cases.retain(|known| known.case != case);
        state.audits.selected = state.audits.selected.min(cases.len().saturating_sub(1));
    }
}

/// Gives the case that comes after one, from the list's beginning where that was the last.
pub(super) fn after(state: &State, case: &str) -> Option<String> {
    let cases = state.audits.cases.as_ref()?;
    let place = cases.iter().position(|known| known.case == case).map(|place| place + 1);
    // A case that was made is no longer there: what is selected took its place.
    let from = place.unwrap_or(state.audits.selected);
    let others = cases.iter().skip(from).chain(cases.iter().take(from));
    others.map(|known| &known.case).find(|known| *known != case).cloned()
}

/// Selects a case that is opened.
pub(super) fn select(state: &mut State, case: &str) {
    let place =
        state.audits.cases.as_ref().and_then(|cases| cases.iter().position(|known| known.case == case));
    state.audits.selected = place.unwrap_or(state.audits.selected);
}

/// Does what a command means in the list.
pub(super) fn command(state: &mut State, command: Command) -> Vec<Effect> {
    let page = isize::try_from(Layout::compute(state).page()).unwrap_or(1);
    let by = stride(command, page);
    let of = &mut state.audits;
    let cases = of.cases.as_deref().unwrap_or_default();
    match command {
        Command::OpenSelected => match cases.get(of.selected) {
            Some(known) => {
                let case = known.case.clone();
                return case::ask_for(state, case, true, 0);
            }
            None => state.tell(Tone::Info, left_words(0)),
        },
        Command::RefreshFigures => return ask(state),
        Command::FindText => state.tell(Tone::Info, "lines are looked for in the worklist and the log"),
        _ if by != 0 => of.selected = step(of.selected, by, cases.len()),
        _ => {}
    }
    Vec::new()
}

/// Says what a line asks.
pub fn asked_words(of: &Waiting) -> String {
    of.labels.iter().map(|label| Safe::new(label).to_string()).collect::<Vec<_>>().join(", ")
}
