//! What a command ends with, and why.

use std::io;

use crate::imaging::{FaultKind, ImagingError};
use crate::review::ReviewError;
use crate::store::StoreError;

/// Exit codes that scripts build on.
pub const FINE: u8 = 0;
pub const PROBLEMS: u8 = 1;
pub const USAGE: u8 = 2;
pub const BAD_DATA: u8 = 65;
pub const NO_INPUT: u8 = 66;
pub const CANNOT_CREATE: u8 = 73;
pub const IO: u8 = 74;
pub const BUSY: u8 = 75;
pub const NOT_PERMITTED: u8 = 77;
pub const BAD_CONFIG: u8 = 78;
pub const HANG_UP: u8 = 129;
pub const INTERRUPTED: u8 = 130;

/// A command that came to nothing: words for a person and a code for a program.
#[derive(Debug)]
pub struct Failure {
    pub code: u8,
    pub words: String,
}

pub type Outcome = std::result::Result<u8, Failure>;

impl Failure {
    pub fn new(code: u8, words: impl Into<String>) -> Self {
        Failure { code, words: words.into() }
    }

    pub fn usage(words: impl Into<String>) -> Self {
        Failure::new(USAGE, words)
    }
}

/// Gives the exit code of a use case's failure.
pub fn code(error: &ReviewError) -> u8 {
    match error {
        ReviewError::Store(error) => store_code(error),
        ReviewError::NotPermitted(_) => NOT_PERMITTED,
        ReviewError::Busy(_) => BUSY,
        ReviewError::Invalid(_) => BAD_DATA,
        ReviewError::Unclear(_) => USAGE,
        ReviewError::Missing(_) | ReviewError::Read { .. } => NO_INPUT,
        ReviewError::Write { .. } => IO,
        ReviewError::Exists(_) => CANNOT_CREATE,
        ReviewError::Config(_) => BAD_CONFIG,
    }
}

fn store_code(error: &StoreError) -> u8 {
    match error {
        StoreError::Missing(_) => NO_INPUT,
        StoreError::Exists(_) | StoreError::CannotCreate { .. } => CANNOT_CREATE,
        StoreError::NotAStore(_)
        | StoreError::Damaged(_)
        | StoreError::Newer { .. }
        | StoreError::Older(_) => BAD_DATA,
        StoreError::OpenToOthers { .. }
        | StoreError::Unreadable(_)
        | StoreError::ReadOnly(_)
        | StoreError::Unfinished(_) => NOT_PERMITTED,
        StoreError::Busy | StoreError::Unsteady(_) => BUSY,
        StoreError::NetworkFileSystem { .. } | StoreError::OldSqlite(_) => BAD_CONFIG,
        StoreError::Full | StoreError::Io { .. } | StoreError::Moved(_) | StoreError::Sql(_) => IO,
    }
}

impl From<ReviewError> for Failure {
    fn from(error: ReviewError) -> Self {
        Failure::new(code(&error), error.to_string())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure::new(store_code(&error), error.to_string())
    }
}

impl From<ImagingError> for Failure {
    fn from(error: ImagingError) -> Self {
        let code = match &error {
            ImagingError::Start { .. } => IO,
            ImagingError::Path { .. } => NO_INPUT,
            ImagingError::File { fault, .. } => match fault.kind {
                FaultKind::Unreadable | FaultKind::NoFrame | FaultKind::OtherImage => NO_INPUT,
                _ => BAD_DATA,
            },
            _ => BAD_DATA,
        };
        Failure::new(code, error.to_string())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // Whoever read the output has seen enough, as `| head` has.
            io::ErrorKind::BrokenPipe => Failure::new(FINE, ""),
            _ => Failure::new(IO, format!("failed to write the output: {error}")),
        }
    }
}
