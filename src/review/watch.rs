//! Whether somebody else wrote into the store.

use super::{Result, Session};

/// Tells whether another process has written since this was asked last.
pub fn changed(session: &mut Session) -> Result<bool> {
    Ok(session.store.changed_elsewhere()?)
}
