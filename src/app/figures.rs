//! The figures that the screens Agreement and Readers show: worked out once, away from the keys, and kept until the store
//! changes. What stands on the screen doesn't move when somebody else writes: it is said, and a key takes it anew.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::event::{Ask, Effect, Failure};
use super::state::{Screen, State, Tone};
use super::{logbook, worklist};
use crate::review::figures::{Cell, Figures};

/// The figures at hand, and those on their way.
#[derive(Debug, Clone, Default)]
pub struct Shelf {
    pub all: Option<Arc<Figures>>,
    /// Why there are none: the person may not read them, or the store can't be read.
    pub refused: Option<String>,
    /// Something was written since.
    pub stale: bool,
    /// The wish that is being worked at.
    awaited: Option<u64>,
    /// Cases that are looked at, of so many.
    pub progress: (u64, u64),
}

impl Shelf {
    /// Tells whether figures are on their way.
    pub fn is_working(&self) -> bool {
        self.awaited.is_some()
    }

    /// Says how far it is.
    pub fn progress_words(&self) -> String {
        match self.progress {
            (_, 0) => "working the figures out".to_owned(),
            (done, of) if done >= of => format!("{of} cases are looked at, putting the figures together"),
            (done, of) => format!("working the figures out: {done} of {of} cases"),
        }
    }
}

/// The pictures of a screen: which one is looked at, and whether it has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Panels {
    /// Place of the picture.
    pub at: usize,
    /// The picture has the keys, and not the table.
    pub within: bool,
}

impl Panels {
    /// Goes into the pictures, from one to the next, or back and out; of so many. Tells whether a picture is begun.
    pub(super) fn turn(&mut self, forward: bool, count: usize) -> bool {
        match forward {
            true if self.within => self.at = (self.at + 1) % count.max(1),
            true => self.within = true,
            false if self.within && self.at > 0 => self.at -= 1,
            false => {
                self.within = !self.within;
                return false;
            }
        }
        true
    }
}

/// Leaves whatever is before the person for a screen of its own.
pub(super) fn turn_to(state: &mut State, screen: Screen) -> Vec<Effect> {
    let mut effects = super::case::close(state);
    effects.extend(logbook::let_go(state));
    state.popups.clear();
    worklist::end_drill(state);
    state.screen = screen;
    effects
}

/// Opens a screen of figures, and asks for them where none are at hand or something was written since.
pub(super) fn open(state: &mut State, screen: Screen) -> Vec<Effect> {
    let mut effects = turn_to(state, screen);
    // Those that are on their way already are not asked for twice.
    let wanted = state.figures.all.is_none() && !state.figures.is_working();
    if wanted || state.figures.stale {
        effects.extend(ask(state));
    }
    effects
}

/// Asks for the figures anew; the newest wish wins.
pub(super) fn ask(state: &mut State) -> Vec<Effect> {
    let ticket = state.ticket();
    let shelf = &mut state.figures;
    shelf.stale = false;
    shelf.refused = None;
    shelf.awaited = Some(ticket);
    shelf.progress = (0, 0);
    vec![Effect::Ask(Ask::Figures { ticket })]
}

/// Takes how far it is.
pub(super) fn on_the_way(state: &mut State, ticket: u64, done: u64, of: u64) {
    if state.figures.awaited == Some(ticket) {
        state.figures.progress = (done, of.max(done));
    }
}

/// Takes figures; those of an older wish are dropped.
pub(super) fn take(state: &mut State, ticket: u64, result: Result<Arc<Figures>, Failure>) {
    if state.figures.awaited != Some(ticket) {
        return;
    }
    state.figures.awaited = None;
    match result {
        Ok(all) => {
            let held = super::readers::held(state);
            state.figures.all = Some(all);
            super::agreement::settle(state);
            super::readers::settle(state, held);
        }
        Err(failure) => {
            // What somebody may no longer read is shown no longer.
            state.figures.all = None;
            state.figures.refused = Some(failure.words);
        }
    }
}

/// Lists the cases behind a figure, under words that say what they are.
pub(super) fn drill(state: &mut State, cells: &[Cell], what: &str) -> Vec<Effect> {
    let all = state.figures.all.as_ref().map(Arc::clone).zip(cells.first());
    let Some((all, first)) = all else {
        state.tell(Tone::Info, format!("no case is behind this: {what}"));
        return Vec::new();
    };
    let mut seen = BTreeSet::new();
    let mut cases: Vec<Arc<str>> = cells.iter().flat_map(|cell| all.cases(cell)).collect();
    cases.retain(|name| seen.insert(Arc::clone(name)));
    if cases.is_empty() {
        state.tell(Tone::Info, format!("no case is behind this: {what}"));
        return Vec::new();
    }
    worklist::drill(state, cases, Some(first.label().to_owned()), what)
}
