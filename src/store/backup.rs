//! Copies of a whole store, made while others work on it.

use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::error::{Result, StoreError};
use super::{Store, check_place};

/// Copies the store to a new file that appears under its name only when it is whole. Gives its size in bytes.
pub fn copy(store: &Store, to: &Path) -> Result<u64> {
    check_place(to).map_err(StoreError::of_new)?;
    if to.exists() {
        return Err(StoreError::Exists(to.into()));
    }
    let part = part_of(to);
    let copied = copy_into(store, &part).and_then(|bytes| {
        // Linking refuses to replace what somebody else made meanwhile.
        std::fs::hard_link(&part, to).map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => StoreError::Exists(to.into()),
            _ => StoreError::CannotCreate { path: to.into(), fault: error },
        })?;
        Ok(bytes)
    });
    let _ = std::fs::remove_file(&part);
    copied
}

fn part_of(to: &Path) -> PathBuf {
    let mut name = to.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", rustix::process::getpid().as_raw_nonzero()));
    to.with_file_name(name)
}

fn copy_into(store: &Store, part: &Path) -> Result<u64> {
    let create = |fault| StoreError::CannotCreate { path: part.into(), fault };
    let file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o660).open(part).map_err(create)?;
    file.set_permissions(std::fs::Permissions::from_mode(0o660)).map_err(create)?;
    let words = |error| StoreError::from_sqlite(part, error);
    let io = |error: std::io::Error| StoreError::Io { path: part.into(), fault: error.to_string() };
    let mut target = Connection::open(part).map_err(words)?;
    {
        let backup = Backup::new(&store.db, &mut target).map_err(words)?;
        // All pages in one step, which reads one unchanging view and keeps nobody from writing. Between several steps
        // any write would begin the copy anew, and under a long import it would never be done.
        if backup.step(-1).map_err(words)? != StepResult::Done {
            return Err(StoreError::Busy);
        }
    }
    // The copy is one file without a journal beside it, safe to move; the first program to open it goes back to WAL.
    target.close().map_err(|(_, error)| words(error))?;
    let _ = std::fs::remove_file(suffixed(part, "-wal"));
    let _ = std::fs::remove_file(suffixed(part, "-shm"));
    file.sync_all().map_err(io)?;
    Ok(file.metadata().map_err(io)?.len())
}

/// Names a file that SQLite keeps beside a store.
pub(super) fn suffixed(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
