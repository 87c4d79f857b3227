//! Frames that follow one another by themselves.
//!
//! The next frame is asked for when the one before stands on the screen and its time has come. Where a link or a file is
//! slower than the frames, those whose time has gone by are left out, so that none is ever waited for in a queue. Standing
//! still costs nothing: no moment is named then.

use super::Open;
use crate::app::picture::Cine;
use crate::app::stack::Stack;
use crate::app::state::{State, Tone};
use crate::preview::plan::Facts;

/// Milliseconds between frames where the file doesn't say.
const USUAL: f64 = 100.0;
/// The least and the most that a file may say; a terminal draws no faster.
const BOUNDS: (f64, f64) = (20.0, 5_000.0);

/// Milliseconds after which the next frame is asked for though the one before is not there: it may never come, as of a file
/// that is cut.
const PATIENCE: i64 = 1_000;

/// Begins to play.
pub(super) fn play(state: &mut State) {
    let shows = state.display.has_pictures();
    let now = state.now;
    let Some(open) = &mut state.open else { return };
    let pane = open.picture.pane();
    let count = Stack::of(&open.desk, pane).len;
    if !shows || count < 2 {
        let why = if shows { "there is one frame only" } else { "pictures are off" };
        return state.tell(Tone::Info, format!("{why}: nothing can be played"));
    }
    let told = open.facts_of(pane).and_then(|facts| facts.about.frame_ms);
    let period = told.unwrap_or(USUAL).clamp(BOUNDS.0, BOUNDS.1);
    let stands = open.facts_of(pane).is_some();
    open.picture.cine = Some(Cine { period: period.round() as i64, last: now, stands });
    let rate = 1000.0 / period;
    let whose = if told.is_some() { "as the file says" } else { "the file names no rate" };
    state.tell(Tone::Info, format!("{count} frames, {rate:.0} a second ({whose}): any key stops"));
}

/// Gives when the next frame is due: later where the one before is still awaited.
pub(super) fn due(open: &Open) -> Option<i64> {
    open.picture.cine.map(moment)
}

fn moment(cine: Cine) -> i64 {
    cine.last + if cine.stands { cine.period } else { cine.period.max(PATIENCE) }
}

/// Goes on to the frame whose time it is.
pub(in crate::app) fn step(state: &mut State) {
    let now = state.now;
    let Some(open) = &mut state.open else { return };
    let Some(cine) = open.picture.cine.filter(|cine| moment(*cine) <= now) else { return };
    let stack = Stack::of(&open.desk, open.picture.pane());
    // One that never came is passed by, and nothing after it is left out.
    let by = if cine.stands { (now - cine.last) / cine.period.max(1) } else { 1 };
    let steps = usize::try_from(by).unwrap_or(1).max(1) % stack.len.max(1);
    // Round and round: the frame that stands there would never be told as a new one.
    let to = stack.get((stack.at + steps.max(1)) % stack.len.max(1));
    open.picture.go(to, &open.desk);
    let last = if cine.stands { cine.last + by * cine.period } else { now };
    open.picture.cine = Some(Cine { last, stands: false, ..cine });
}

/// Pictures stand on the screen: the next frame may come where the one that was asked for is among them.
pub(super) fn shown(open: &mut Open, facts: &[Facts]) {
    let pane = open.picture.pane();
    let image = open.desk.images.get(pane.image).map(|known| known.image.id.as_str());
    let stands =
        facts.iter().any(|facts| Some(facts.view.image.as_str()) == image && facts.view.frame == pane.frame);
    if let Some(cine) = &mut open.picture.cine {
        cine.stands = stands;
    }
}
