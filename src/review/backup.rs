//! Copies of a store and back.

use std::path::Path;

use serde_json::json;

use super::{Clock, Result, ReviewError, Session, to_create};
use crate::domain::authority::Deed;
use crate::domain::event::Action;
use crate::store::verify::{self, Scope};
use crate::store::{Store, backup as copying};

/// What a copy holds.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Copied {
    pub bytes: u64,
    /// Hash of the last event.
    pub head: String,
}

/// Copies the store while others work on it.
pub fn backup(session: &mut Session, to: &Path) -> Result<Copied> {
    let file = to.file_name().unwrap_or_default().to_string_lossy().into_owned();
    session.read(None, |_, scene| scene.allow(Deed::Backup))?;
    if to.exists() {
        return Err(crate::store::StoreError::Exists(to.into()).into());
    }
    session.write(None, |tx, scene| {
        let role = scene.allow(Deed::Backup)?;
        Ok(tx.append(&scene.entry(Some(role), Action::Backup, None, json!({ "v": 1, "file": file })))?)
    })?;
    let bytes = copying::copy(session.store(), to).map_err(to_create)?;
    let (_, head) = Store::open_unchecked(to, true)?.read(|tx| tx.head())?;
    Ok(Copied { bytes, head })
}

/// Makes a new store of a backup that holds together.
pub fn restore(
    from: &Path,
    to: &Path,
    account: String,
    speaks_as: Option<String>,
    origin: String,
    clock: Clock,
) -> Result<Copied> {
    let report = verify::verify(from, &Scope::default())?;
    if let Some(problem) = report.problems.first() {
        return Err(ReviewError::Config(format!(
            "the backup does not hold together, nothing was restored: {problem} (`overread verify --store BACKUP` lists all)"
        )));
    }
    let source = Store::open_unchecked(from, true)?;
    let bytes = copying::copy(&source, to).map_err(to_create)?;
    let restored = || -> Result<Copied> {
        let mut session = Session::open(to, account, speaks_as, origin, clock)?;
        let event = session.write(None, |tx, scene| {
            let role = scene.allow(Deed::Restore)?;
            let detail = json!({ "v": 1, "head": report.head });
            Ok(tx.append(&scene.entry(Some(role), Action::Restore, None, detail))?)
        })?;
        Ok(Copied { bytes, head: crate::store::log::hex(&event.hash) })
    };
    let restored = restored();
    if restored.is_err() {
        // A restored store that says nothing of its restoring would look like the original.
        let _ = std::fs::remove_file(to);
    }
    restored
}
