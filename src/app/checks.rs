//! What the automated checks find, as a list that leads to the cases: run once, away from the keys, narrowed to one check
//! or by a few letters. What stands on the screen doesn't move when somebody else writes: it is said, and opening the
//! screen again takes it anew.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::case;
use super::editor::Editor;
use super::event::{Ask, Effect, Failure};
use super::layout::Layout;
use super::popup::{About, Entry, Menu, Popup, Prompt, Question, step, stride};
use super::state::{Screen, State, Tone};
use crate::command::Command;
use crate::review::check::Found;

/// The list and where one is in it.
#[derive(Debug, Clone, Default)]
pub struct Checks {
    pub all: Option<Arc<[Found]>>,
    /// Why there are none: the person may not see them, or the store can't be read.
    refused: Option<String>,
    /// Something was written since.
    pub stale: bool,
    awaited: Option<u64>,
    progress: String,
    /// What one check finds alone.
    pub only: Option<String>,
    pub looked_for: String,
    /// Place in what is listed.
    pub selected: usize,
    pub top: usize,
}

impl Checks {
    /// Gives what is listed: what is open first, then what is waived.
    pub fn shown(&self) -> Vec<&Found> {
        let words: Vec<String> =
            self.looked_for.to_lowercase().split_whitespace().map(str::to_owned).collect();
        let holds = |found: &&Found| {
            let case = found.case.as_deref().unwrap_or_default();
            let text = format!("{} {case} {}", found.check, found.message).to_lowercase();
            words.iter().all(|word| text.contains(word.as_str()))
        };
        let mut shown: Vec<&Found> = self
            .all
            .iter()
            .flat_map(|all| all.iter())
            .filter(|found| self.only.as_ref().is_none_or(|only| *only == found.check))
            .filter(holds)
            .collect();
        shown.sort_by_key(|found| (found.waived.is_some(), !found.blocks()));
        shown
    }

    /// Tells whether anything narrows the list.
    pub fn is_narrowed(&self) -> bool {
        !self.looked_for.is_empty() || self.only.is_some()
    }

    pub fn title(&self) -> String {
        match &self.only {
            Some(only) => format!("Checks: {only}"),
            None => "Checks".to_owned(),
        }
    }

    /// Says why nothing is listed, where nothing is.
    pub fn words(&self) -> Option<&str> {
        match (&self.refused, &self.all) {
            (Some(why), _) => Some(why),
            (None, None) => Some(&self.progress),
            (None, Some(_)) if !self.shown().is_empty() => None,
            (None, Some(_)) if !self.looked_for.is_empty() => Some("no problem holds these letters"),
            (None, Some(_)) => Some("the checks find nothing"),
        }
    }
}

/// Opens the screen, and runs the checks where they have not run, or something was written since.
pub(super) fn open(state: &mut State) -> Vec<Effect> {
    let again = state.open.is_none() && state.screen == Screen::Checks;
    let mut effects = super::figures::turn_to(state, Screen::Checks);
    let of = &state.checks;
    if of.awaited.is_none() && (of.all.is_none() || of.stale || again) {
        effects.extend(ask(state));
    }
    effects
}

fn ask(state: &mut State) -> Vec<Effect> {
    let ticket = state.ticket();
    let of = &mut state.checks;
    of.stale = false;
    of.refused = None;
    of.awaited = Some(ticket);
    of.progress = "the checks run".to_owned();
    vec![Effect::Ask(Ask::Problems { ticket })]
}

/// Takes how far they are.
pub(super) fn on_the_way(state: &mut State, ticket: u64, done: u64, of: u64) {
    if state.checks.awaited == Some(ticket) {
        state.checks.progress = format!("the checks run: {done} of {} cases", of.max(done));
    }
}

/// Takes what was found; that of an older wish is dropped.
pub(super) fn take(state: &mut State, ticket: u64, result: Result<Arc<[Found]>, Failure>) {
    if state.checks.awaited != Some(ticket) {
        return;
    }
    state.checks.awaited = None;
    match result {
        Ok(all) => state.checks.all = Some(all),
        Err(failure) => {
            state.checks.all = None;
            state.checks.refused = Some(failure.words);
        }
    }
    scroll(state);
}

/// Tells what became of a waiver, and runs the checks again.
pub(super) fn waived(state: &mut State, check: &str, result: Result<(), Failure>) -> Vec<Effect> {
    match result {
        Ok(()) => {
            state.tell(Tone::Good, format!("{check} is waived there"));
            ask(state)
        }
        Err(failure) => {
            super::update::failed(state, failure);
            Vec::new()
        }
    }
}

/// Lists what one check finds alone; all where the word is empty.
pub(super) fn narrow(state: &mut State, check: String) {
    state.checks.only = Some(check).filter(|check| !check.is_empty());
    state.checks.selected = 0;
    scroll(state);
}

/// Lists more again, where something narrows the list.
pub(super) fn widen(state: &mut State) {
    let of = &mut state.checks;
    if !of.looked_for.is_empty() {
        of.looked_for.clear();
    } else {
        of.only = None;
    }
    scroll(state);
}

fn scroll(state: &mut State) {
    let page = Layout::compute(state).page();
    let of = &mut state.checks;
    let count = of.shown().len();
    of.selected = of.selected.min(count.saturating_sub(1));
    of.top = of.top.min(of.selected).min(count.saturating_sub(page));
    if of.selected >= of.top + page {
        of.top = of.selected + 1 - page;
    }
}

/// Does what a command means on the screen.
pub(super) fn command(state: &mut State, command: Command) -> Vec<Effect> {
    let page = isize::try_from(Layout::compute(state).page()).unwrap_or(1);
    let of = &state.checks;
    let count = of.shown().len();
    let selected = of.shown().get(of.selected).map(|found| (*found).clone());
    let by = stride(command, page);
    state.checks.selected = step(state.checks.selected, by, count);
    scroll(state);
    match (command, selected) {
        (Command::FindText, _) => {
            let editor = Editor::holding(&state.checks.looked_for);
            let title = "Find among the problems".into();
            state.popups.push(Popup::Prompt(Prompt { title, about: Question::Find, editor }));
        }
        (Command::ChooseCheck, _) => {
            let menu = menu(&state.checks);
            state.popups.push(Popup::Menu(menu));
        }
        (Command::AllChecks, _) => {
            state.checks.looked_for.clear();
            narrow(state, String::new());
        }
        (Command::OpenSelected, Some(Found { case: Some(name), .. })) => {
            let to_decide = state.person.decides;
            return case::ask_for(state, name, to_decide, 0);
        }
        (Command::OpenSelected, Some(_)) => state.tell(Tone::Info, "this belongs to no case"),
        (Command::WaiveProblem, Some(found)) => waive(state, found),
        _ => {}
    }
    Vec::new()
}

fn waive(state: &mut State, found: Found) {
    if !state.person.waives {
        return state.tell(Tone::Warning, "only a lead lets problems pass");
    }
    if let Some(waiver) = &found.waived {
        let words = format!("{} let it pass already: {}", waiver.by, waiver.why);
        return state.tell(Tone::Info, words);
    }
    let Some(case) = found.case else {
        return state.tell(Tone::Info, "this belongs to no case, and can't be waived");
    };
    let of = found.reader.as_ref().map_or(String::new(), |reader| format!(" of reader {reader}"));
    let title = format!("Why may {}{of} pass?", found.check);
    let about = Question::Waive { case, check: found.check, reader: found.reader };
    state.popups.push(Popup::Prompt(Prompt { title, about, editor: Editor::default() }));
}

/// The checks that find anything, each with how much.
fn menu(of: &Checks) -> Menu {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for found in of.all.iter().flat_map(|all| all.iter()) {
        *counts.entry(found.check.as_str()).or_default() += 1;
    }
    let all: usize = counts.values().sum();
    let entry =
        |value: &str, words: String| Entry { value: value.into(), words, marked: false, heading: None };
    let mut entries = vec![entry("", format!("all checks  {all}"))];
    entries.extend(counts.iter().map(|(check, n)| entry(check, format!("{check}  {n}"))));
    let selected = of.only.as_ref().and_then(|only| entries.iter().position(|known| known.value == *only));
    Menu {
        title: "What one check finds".into(),
        about: About::Check,
        entries,
        selected: selected.unwrap_or(0),
        several: false,
        touched: false,
    }
}
