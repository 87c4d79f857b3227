//! What can go wrong with a store, in words for the person before it.

use std::path::{Path, PathBuf};

use crate::domain::text::Safe;

/// Why a store could not be opened, read or written. Whatever was saved before stays as it was.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("there is no store at {}: make one with `overread init`", shown(.0))]
    Missing(PathBuf),
    #[error("{} exists already: choose another name, nothing was changed", shown(.0))]
    Exists(PathBuf),
    #[error("failed to create {}: {fault}", shown(.path))]
    CannotCreate { path: PathBuf, fault: std::io::Error },
    #[error("{} is not an overread store: name the file that `overread init` made", shown(.0))]
    NotAStore(PathBuf),
    #[error(
        "{} was written by a newer overread (store version {found}, this program knows {known}): use the newer \
         program; nothing was changed",
        shown(.path)
    )]
    Newer { path: PathBuf, found: i32, known: i32 },
    #[error(
        "{} was written by an older overread and lacks tables that this one reads: ask somebody who may write to it to run \
         any command on it once; nothing was changed",
        shown(.0)
    )]
    Older(PathBuf),
    #[error(
        "{} can be read or changed by everybody on this machine (mode {mode:o}): run `chmod {fix}` on it and try \
         again; nothing was read",
        shown(.path)
    )]
    OpenToOthers { path: PathBuf, mode: u32, fix: &'static str },
    #[error(
        "{} lies on a network file system ({kind}), where two people's writes can damage it: move the store to a \
         disk of the machine that everybody logs in to by SSH; nothing was changed",
        shown(.path)
    )]
    NetworkFileSystem { path: PathBuf, kind: &'static str },
    #[error("{} can't be read by this account: ask its owner to let you into the group of the file and its folder", shown(.0))]
    Unreadable(PathBuf),
    #[error("{} can't be written by this account: nothing was saved; ask its owner for write permission on the \
             file and its folder", shown(.0))]
    ReadOnly(PathBuf),
    #[error("{} was left unfinished by a program that was stopped, and this account can only read: ask somebody who \
             may write to it to run any command on it once", shown(.0))]
    Unfinished(PathBuf),
    #[error("somebody wrote to {} while it was read by an account that can't take part: try again", shown(.0))]
    Unsteady(PathBuf),
    #[error(
        "{} is no longer the file that was opened: it was moved, deleted or replaced, and nothing can be saved; put it \
         back, or leave and open it where it is now",
        shown(.0)
    )]
    Moved(PathBuf),
    #[error("the store is in use by another program that did not let go of it: nothing was saved, try again")]
    Busy,
    #[error(
        "the disk is full: nothing of this was saved, and everything saved before is intact; make room and try again"
    )]
    Full,
    #[error("failed to read or write {}: {fault}; nothing of this was saved", shown(.path))]
    Io { path: PathBuf, fault: String },
    #[error(
        "the store does not hold together: {0}; nothing was changed, run `overread verify` to see all of it, and keep \
             the file as it is"
    )]
    Damaged(String),
    #[error(
        "the SQLite inside this program is {0}, and versions before 3.51.3 can damage a store that several people \
             use: build overread with its bundled SQLite"
    )]
    OldSqlite(&'static str),
    #[error("the store refused a statement: {0}")]
    Sql(rusqlite::Error),
}

fn shown(path: &Path) -> Safe {
    Safe::new(&path.to_string_lossy())
}

impl StoreError {
    /// Finds the words for what SQLite reported about the file at `path`.
    pub fn from_sqlite(path: &Path, error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let Some(code) = error.sqlite_error_code() else { return StoreError::Sql(error) };
        match code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Busy,
            ErrorCode::DiskFull => StoreError::Full,
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => StoreError::ReadOnly(path.into()),
            ErrorCode::NotADatabase => StoreError::NotAStore(path.into()),
            ErrorCode::DatabaseCorrupt => StoreError::Damaged("SQLite finds the file damaged".into()),
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen => {
                StoreError::Io { path: path.into(), fault: Safe::new(&error.to_string()).to_string() }
            }
            _ => StoreError::Sql(error),
        }
    }
}

impl StoreError {
    /// Turns what was found out about the place of a store that is to be made into words for its making.
    pub(crate) fn of_new(self) -> Self {
        match self {
            StoreError::Missing(path) => {
                StoreError::CannotCreate { path, fault: std::io::ErrorKind::NotFound.into() }
            }
            other => other,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        // Statements know no path: the caller's messages name the store where it matters.
        StoreError::from_sqlite(Path::new("the store"), error)
    }
}

pub type Result<T> = std::result::Result<T, StoreError>;
