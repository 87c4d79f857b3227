//! Why a file gave no header or no picture, in words that hold no value of the file.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::limits::Exceeded;

/// What kind of fault it is, for callers that act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The operating system does not give the file.
    Unreadable,
    /// The file is something else.
    NotDicom,
    /// A DICOM file that holds no picture: a report, a plan, waveforms.
    NoPixels,
    /// The file holds another image than the one that is wanted.
    OtherImage,
    /// There is no such frame.
    NoFrame,
    /// The file is in order as far as can be told, but this program cannot decode it.
    Unsupported,
    /// The file contradicts itself or ends early.
    Broken,
    /// The file asks for more than the limits allow.
    TooLarge,
}

/// A fault of one file. The words are the program's own: no library's message is passed on, since those quote values.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[error("{words}")]
pub struct Fault {
    pub kind: FaultKind,
    pub words: String,
}

impl Fault {
    pub(super) fn new(kind: FaultKind, words: impl Into<String>) -> Self {
        Fault { kind, words: words.into() }
    }

    pub(super) fn broken(words: impl Into<String>) -> Self {
        Fault::new(FaultKind::Broken, words)
    }

    pub(super) fn unsupported(words: impl Into<String>) -> Self {
        Fault::new(FaultKind::Unsupported, words)
    }
}

impl From<Exceeded> for Fault {
    fn from(exceeded: Exceeded) -> Self {
        Fault::new(FaultKind::TooLarge, exceeded.to_string())
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::UnexpectedEof => Fault::broken("the file ends early"),
            kind => Fault::new(FaultKind::Unreadable, format!("the file cannot be read: {kind}")),
        }
    }
}
