//! What the log is made of.

use serde::{Deserialize, Serialize};

use super::word::words;

/// What somebody did. The words are those that the log holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    Init,
    Import,
    Charter,
    Claim,
    Release,
    Expire,
    View,
    FirstLook,
    Decide,
    Undo,
    Defer,
    Return,
    Resume,
    Escalate,
    Discuss,
    Finalise,
    Reopen,
    Sign,
    Unblind,
    Block,
    Unblock,
    Waive,
    Sample,
    /// A step of a retraining ticket.
    Ticket,
    People,
    Export,
    Backup,
    Restore,
    LogRead,
    /// The terminal UI began.
    Start,
    Lock,
    /// A UID was put on the clipboard.
    Copy,
    /// Codes of root causes, given to a decision afterwards.
    Cause,
    /// A review of a root cause: opened, closed.
    Review,
    Refuse,
    ReDerive,
}

words!(Action:
    Init "init",
    Import "import",
    Charter "charter",
    Claim "claim",
    Release "release",
    Expire "expire",
    View "view",
    FirstLook "first-look",
    Decide "decide",
    Undo "undo",
    Defer "defer",
    Return "return",
    Resume "resume",
    Escalate "escalate",
    Discuss "discuss",
    Finalise "finalise",
    Reopen "reopen",
    Sign "sign",
    Unblind "unblind",
    Block "block",
    Unblock "unblock",
    Waive "waive",
    Sample "sample",
    Ticket "ticket",
    People "people",
    Export "export",
    Backup "backup",
    Restore "restore",
    LogRead "log-read",
    Start "start",
    Lock "lock",
    Copy "copy",
    Cause "cause",
    Review "review",
    Refuse "refuse",
    ReDerive "re-derive",
);

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Ok,
    Refused,
}

words!(Outcome: Ok "ok", Refused "refused");
