//! What is done with cases and decisions besides deciding: finalise, reopen, unblind, block, unblock, waive, resume.

use serde_json::json;

use super::{Result, ReviewError, Scene, Session, reason};
use crate::domain::authority::{Deed, Role};
use crate::domain::case::machine::{self, By};
use crate::domain::case::{self, Case, CaseItem, History, State};
use crate::domain::event::Action;
use crate::domain::text::Safe;
use crate::domain::word::Word;
use crate::store::query::QueueFilter;
use crate::store::{Entry, Event, Tx};

/// Ends the undo window of a case's provisional decisions now.
pub fn finalise(session: &mut Session, name: &str) -> Result<Event> {
    act(session, Action::Finalise, name, None, "")
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
    act(session, Action::Reopen, name, None, why)
}

/// Shows this person the readers' names of a case from now on; they can't decide it afterwards.
pub fn unblind(session: &mut Session, name: &str, why: &str) -> Result<Event> {
    let why = reason(why)?;
    session.write(Some(name), |tx, scene| {
        let role = scene.allow(Deed::Unblind)?;
        let (case_id, _) = find(tx, scene, name)?;
        record(tx, scene, role, Action::Unblind, case_id, name, Some(why))
    })
}

/// Takes a case out of the queue.
pub fn block(session: &mut Session, name: &str, why: &str) -> Result<Event> {
    act(session, Action::Block, name, None, why)
}

/// Puts a blocked case back into the queue.
pub fn unblock(session: &mut Session, name: &str, why: &str) -> Result<Event> {
    act(session, Action::Unblock, name, None, why)
}

/// Acts that need nothing but a reason at most, and what is said where they fit nothing.
const ACTS: [(Action, bool, &str); 6] = [
    (Action::Finalise, false, "nothing of this case is provisional"),
    (Action::Reopen, true, "nothing of this case is decided, so there is nothing to reopen"),
    (Action::Block, true, "it is blocked already"),
    (Action::Unblock, true, "this case is not blocked"),
    (
        Action::Waive,
        true,
        "the case waits for no read; of a read that was sent back, name its dispute with --dispute",
    ),
    (Action::Resume, false, "nothing of this is deferred"),
];

/// Finalises, reopens, blocks, unblocks, waives or resumes a case, or one dispute of it: what the machine says that fits,
/// by whom it says that may.
pub fn act(
    session: &mut Session,
    action: Action,
    name: &str,
    dispute: Option<&str>,
    why: &str,
) -> Result<Event> {
    let known = ACTS.iter().find(|(known, ..)| *known == action);
    let deed = machine::TRANSITIONS.iter().find(|row| row.by == By::Act(action)).and_then(|row| row.deed);
    let (Some((_, reasoned, misfit)), Some(deed)) = (known, deed) else {
        return Err(ReviewError::Invalid(format!("{} is done otherwise", action.word())));
    };
    let why = if *reasoned { Some(reason(why)?) } else { None };
    session.write(Some(name), |tx, scene| {
        let role = scene.allow(deed)?;
        let (case_id, history) = find(tx, scene, name)?;
        let case = case::derive(&scene.setup.protocol, &history);
        let items = || case.disputes().filter(|item| dispute.is_none_or(|id| item.id == id));
        if let Some(dispute) = dispute.filter(|_| items().next().is_none()) {
            return Err(ReviewError::Missing(format!(
                "{} has no dispute {}",
                Safe::new(name),
                Safe::new(dispute)
            )));
        }
        let whole = dispute.is_none()
            && machine::rows(None, case.state_at(scene.now, false), By::Act(action)).next().is_some();
        let fits =
            |item: &CaseItem| machine::takes(item.kind, item.state_at(scene.now), action, false).is_some();
        // A read of one dispute is not waived with those that the whole case waits for.
        if !whole && (dispute.is_none() && action == Action::Waive || !items().any(fits)) {
            let of = dispute.map_or(String::new(), |dispute| format!(" {}", Safe::new(dispute)));
            return Err(ReviewError::Invalid(format!("{}{of}: {misfit}", Safe::new(name))));
        }
        let detail = match why {
            Some(why) => json!({ "v": 1, "why": why }),
            None => json!({ "v": 1 }),
        };
        let entry = scene.entry(Some(role), action, Some(name), detail);
        let event = tx.append(&Entry { object: dispute, ..entry })?;
        project(tx, scene, case_id)?;
        Ok(event)
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
    if name.trim().is_empty() {
        return Err(ReviewError::Missing("no case is named: `overread queue` lists them by name".into()));
    }
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
