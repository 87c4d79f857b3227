//! What leads do with decisions: finalise, reopen, unblind, block and unblock.

use serde_json::json;

use super::{Result, ReviewError, Scene, Session, reason};
use crate::domain::authority::{Deed, Role};
use crate::domain::case::{self, Case, History, State};
use crate::domain::event::Action;
use crate::domain::text::Safe;
use crate::store::query::QueueFilter;
use crate::store::{Event, Tx};

/// Ends the undo window of a case's provisional decisions now.
pub fn finalise(session: &mut Session, name: &str) -> Result<Event> {
    act(session, name, Deed::Finalise, Action::Finalise, None, |case, now| {
        match case.items.iter().any(|item| item.disputed && item.state_at(now) == State::Provisional) {
            true => Ok(()),
            false => Err("nothing of this case is provisional".into()),
        }
    })
}

/// Finalises every case in which something is provisional, and tells of each.
pub fn finalise_all(session: &mut Session, mut each: impl FnMut(Event)) -> Result<()> {
    let cases = session.read(None, |tx, scene| {
        scene.allow(Deed::Finalise)?;
        let provisional = QueueFilter { dispute_state: Some(State::Provisional), ..Default::default() };
        Ok(tx.queue(&provisional, scene.now)?)
    })?;
    cases.iter().map(|row| finalise(session, &row.case)).try_for_each(|event| event.map(&mut each))
}

/// Puts the settled disputes of a case back into the queue.
pub fn reopen(session: &mut Session, name: &str, why: &str) -> Result<Event> {
    act(session, name, Deed::Reopen, Action::Reopen, Some(reason(why)?), |case, _| {
        let settled = |state| matches!(state, State::Final | State::Provisional);
        match case.items.iter().any(|item| item.disputed && settled(item.state)) {
            true => Ok(()),
            false => Err("nothing of this case is decided, so there is nothing to reopen".into()),
        }
    })
}

/// Shows this person the readers' names of a case from now on; they can't decide it afterwards.
pub fn unblind(session: &mut Session, name: &str, why: &str) -> Result<Event> {
    act(session, name, Deed::Unblind, Action::Unblind, Some(reason(why)?), |_, _| Ok(()))
}

/// Takes a case out of the queue.
pub fn block(session: &mut Session, name: &str, why: &str) -> Result<Event> {
    act(session, name, Deed::Block, Action::Block, Some(reason(why)?), |_, _| Ok(()))
}

/// Puts a blocked case back into the queue.
pub fn unblock(session: &mut Session, name: &str, why: &str) -> Result<Event> {
    act(session, name, Deed::Unblock, Action::Unblock, Some(reason(why)?), |case, _| {
        match case.state == State::Blocked {
            true => Ok(()),
            false => Err("this case is not blocked".into()),
        }
    })
}

fn act(
    session: &mut Session,
    name: &str,
    deed: Deed,
    action: Action,
    why: Option<&str>,
    fits: impl Fn(&Case, i64) -> std::result::Result<(), String>,
) -> Result<Event> {
    session.write(Some(name), |tx, scene| {
        let role = scene.allow(deed)?;
        let (case_id, history) = find(tx, scene, name)?;
        fits(&case::derive(&scene.setup.protocol, &history), scene.now)
            .map_err(|words| ReviewError::Invalid(format!("{}: {words}", Safe::new(name))))?;
        record(tx, scene, role, action, case_id, name, why)
    })
}

/// Writes an act on a case, and what the case has come to by it.
pub(super) fn record(
    tx: &Tx<'_>,
    scene: &Scene<'_>,
    role: Role,
    action: Action,
    case_id: i64,
    name: &str,
    why: Option<&str>,
) -> Result<Event> {
    let detail = match why {
        Some(why) => json!({ "v": 1, "why": why }),
        None => json!({ "v": 1 }),
    };
    let event = tx.append(&scene.entry(Some(role), action, Some(name), detail))?;
    project(tx, scene, case_id)?;
    Ok(event)
}

/// Writes what a case has come to, and gives it.
pub(super) fn project(tx: &Tx<'_>, scene: &Scene<'_>, case_id: i64) -> Result<Case> {
    let history = tx.history(case_id, scene.charter().reads.unit)?;
    let case = case::derive(&scene.setup.protocol, &history);
    tx.project(case_id, &case, &history)?;
    Ok(case)
}

/// Finds a case and reads its history.
pub(super) fn find(tx: &Tx<'_>, scene: &Scene<'_>, name: &str) -> Result<(i64, History)> {
    if let Some(case_id) = tx.case_id(name)? {
        let history = tx.history(case_id, scene.charter().reads.unit)?;
        if !history.imports.is_empty() {
            return Ok((case_id, history));
        }
    }
    let near = tx.cases_ending(name, 2)?;
    let hint = match near.as_slice() {
        [one] => format!(": did you mean {}?", Safe::new(one)),
        _ => ": see `overread queue` and `overread queue --state FINAL`".into(),
    };
    Err(ReviewError::Missing(format!("there is no case {} in this store{hint}", Safe::new(name))))
}
