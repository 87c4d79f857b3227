//! What happens in a sitting beside decisions: it begins, the screen is locked and unlocked, a UID is copied. Each is
//! an event; in a store that is only read, nothing is written.

use serde_json::json;

use super::{PROGRAM, Result, Session};
use crate::domain::authority::Deed;
use crate::domain::event::Action;
use crate::store::Entry;

/// The terminal UI begins, in a terminal of some kind.
pub fn start(session: &mut Session, terminal: &str) -> Result<()> {
    record(session, Action::Start, json!({ "v": 1, "program": PROGRAM, "terminal": terminal }))
}

/// Nobody pressed a key for so long that the screen was blanked.
pub fn lock(session: &mut Session) -> Result<()> {
    record(session, Action::Lock, json!({ "v": 1, "locked": true }))
}

/// Somebody pressed a key before a blanked screen.
pub fn unlock(session: &mut Session) -> Result<()> {
    record(session, Action::Lock, json!({ "v": 1, "locked": false }))
}

/// An image's UID was put on the clipboard.
pub fn copied(session: &mut Session, case: &str, image: &str) -> Result<()> {
    if session.store.is_read_only() {
        return Ok(());
    }
    session.write(Some(case), |tx, scene| {
        let role = scene.allow(Deed::ShowCase)?;
        let entry = scene.entry(Some(role), Action::Copy, Some(case), json!({ "v": 1 }));
        tx.append(&Entry { object: Some(image), ..entry })?;
        Ok(())
    })
}

fn record(session: &mut Session, action: Action, detail: serde_json::Value) -> Result<()> {
    if session.store.is_read_only() {
        return Ok(());
    }
    session.write(None, |tx, scene| {
        let role = scene.allow(Deed::ReadQueue)?;
        tx.append(&scene.entry(Some(role), action, None, detail))?;
        Ok(())
    })
}
