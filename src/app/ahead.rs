//! Cases that are likely next: they are read ahead, without a claim and without an event, so that their pictures are made
//! before anybody asks for them. Nothing of them is shown from here: a case that is opened is read anew.

use std::collections::BTreeSet;

use super::case::first_dispute;
use super::event::{Ask, Effect, Failure};
use super::layout::{Layout, Stage};
use super::picture::{Strokes, first_look, of_stage};
use super::state::{Screen, State};
use crate::preview::plan::Wanted;
use crate::preview::pool::Means;
use crate::review::desk::Desk;

/// What is known of the cases that are likely next.
#[derive(Debug, Clone, Default)]
pub struct Ahead {
    desks: Vec<Desk>,
    /// One is asked for at a time, so that a held key leaves no queue behind.
    asked: Option<String>,
    failed: BTreeSet<String>,
}

impl Ahead {
    fn find(&self, case: &str) -> Option<&Desk> {
        self.desks.iter().find(|desk| desk.view.case == case)
    }
}

/// Gives the cases that are likely next, the likeliest first.
fn near(state: &State) -> Vec<String> {
    let list = &state.worklist;
    if state.locked || !state.display.has_pictures() {
        return Vec::new();
    }
    match &state.open {
        // The one before was on the screen, and its pictures are still there.
        Some(open) => list.next_open(&open.desk.view.case).into_iter().collect(),
        None if state.screen == Screen::Worklist => {
            let places = [Some(list.selected), list.selected.checked_add(1), list.selected.checked_sub(1)];
            let lines = places.into_iter().flatten().filter_map(|place| list.line_at(place));
            lines.map(|line| line.case.clone()).collect()
        }
        None => Vec::new(),
    }
}

/// Asks for the next case that is to be read ahead, and forgets those that are no longer near.
pub(super) fn want(state: &mut State) -> Vec<Effect> {
    let near = near(state);
    let preview = state.worklist.preview.as_ref().map(|desk| desk.view.case.as_str());
    let here = |case: &&String| state.ahead.find(case).is_some() || preview == Some(case.as_str());
    let missing = near.iter().find(|case| !here(case) && !state.ahead.failed.contains(*case)).cloned();
    let ahead = &mut state.ahead;
    ahead.desks.retain(|desk| near.contains(&desk.view.case));
    match missing.filter(|_| ahead.asked.is_none()) {
        Some(case) => {
            ahead.asked = Some(case.clone());
            vec![Effect::Ask(Ask::Ahead { case })]
        }
        None => Vec::new(),
    }
}

/// Takes a case that was read ahead.
pub(super) fn take(state: &mut State, case: String, result: Result<Box<Desk>, Failure>) {
    let ahead = &mut state.ahead;
    // What was asked for before the store changed is no longer true.
    if ahead.asked.take_if(|asked| *asked == case).is_none() {
        return;
    }
    match result {
        Ok(desk) => ahead.desks.push(*desk),
        // Whoever opens it is told why not.
        Err(_) => {
            ahead.failed.insert(case);
        }
    }
}

/// Forgets everything: the store has changed.
pub(super) fn forget(state: &mut State) {
    state.ahead = Ahead::default();
}

/// Gives the pictures that the screen is likely to want next: of a case as it looks once it is opened, and of the worklist's
/// neighbours as they look beside it.
pub(super) fn pictures(
    state: &State,
    stage: Option<&Stage>,
    means: Means,
    strokes: &Strokes<'_>,
) -> Vec<Wanted> {
    let preview = state.worklist.preview.as_deref();
    let mut wanted = Vec::new();
    for (n, case) in near(state).iter().enumerate() {
        let known = state.ahead.find(case).or(preview.filter(|desk| desk.view.case == *case));
        let Some(desk) = known else { continue };
        let opened = state.open.is_some() || n == 0;
        let at = if opened { first_dispute(desk) } else { 0 };
        let dispute = desk.view.disputes.get(at).map(|dispute| dispute.id.as_str());
        let stage = if opened { Layout::stage_of(state, desk, dispute) } else { stage.cloned() };
        let Some(stage) = stage else { continue };
        wanted.extend(of_stage(desk, dispute, &first_look(desk, dispute), (&stage, means), strokes));
    }
    wanted
}
