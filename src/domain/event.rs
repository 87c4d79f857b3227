//! What the log is made of.

use serde::{Deserialize, Serialize};

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
    People,
    Export,
    Backup,
    Restore,
    LogRead,
    Lock,
    Refuse,
    ReDerive,
}

impl Action {
    /// Every action with the word that stands in the log.
    pub const ALL: [(Action, &'static str); 31] = [
        (Action::Init, "init"),
        (Action::Import, "import"),
        (Action::Charter, "charter"),
        (Action::Claim, "claim"),
        (Action::Release, "release"),
        (Action::Expire, "expire"),
        (Action::View, "view"),
        (Action::FirstLook, "first-look"),
        (Action::Decide, "decide"),
        (Action::Undo, "undo"),
        (Action::Defer, "defer"),
        (Action::Return, "return"),
        (Action::Resume, "resume"),
        (Action::Escalate, "escalate"),
        (Action::Discuss, "discuss"),
        (Action::Finalise, "finalise"),
        (Action::Reopen, "reopen"),
        (Action::Sign, "sign"),
        (Action::Unblind, "unblind"),
        (Action::Block, "block"),
        (Action::Unblock, "unblock"),
        (Action::Waive, "waive"),
        (Action::Sample, "sample"),
        (Action::People, "people"),
        (Action::Export, "export"),
        (Action::Backup, "backup"),
        (Action::Restore, "restore"),
        (Action::LogRead, "log-read"),
        (Action::Lock, "lock"),
        (Action::Refuse, "refuse"),
        (Action::ReDerive, "re-derive"),
    ];

    /// Gives the word that stands in the log.
    pub fn word(self) -> &'static str {
        Action::ALL.iter().find(|(action, _)| *action == self).map_or("", |(_, word)| word)
    }

    /// Reads the word that stands in the log.
    pub fn from_word(word: &str) -> Option<Self> {
        Action::ALL.iter().find(|(_, known)| *known == word).map(|(action, _)| *action)
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Ok,
    Refused,
}
