//! One case as it follows from its history: which reads stand, which items they make, which disputes are open and
//! who decided what. The same function serves the live store and the replay that proves it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::charter::Charter;
use super::decision::Decision;
use super::event::Action;
use super::finding::Read;
use super::image::Image;
use super::item::Item;

/// Version of the rules by which cases are derived. Raised when the same history would give another case.
pub const RULES: u32 = 1;

/// Where a dispute, or a case, stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    // In the order in which a case shows the first that holds.
    Blocked,
    AwaitingReads,
    Escalated,
    Discussion,
    Returned,
    InReview,
    Queued,
    Deferred,
    Provisional,
    Final,
    Concordant,
}

/// Why a dispute is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Dispute,
    Audit,
    Recheck,
}

/// What holds for every case: the charter's versions and the key that shuffles letters and candidates.
#[derive(Debug, Clone)]
pub struct Protocol {
    /// In the order of their numbers in the log; the first is there from the start.
    pub charters: Vec<CharterVersion>,
    pub key: [u8; 32],
}

#[derive(Debug, Clone)]
pub struct CharterVersion {
    pub seq: u64,
    pub version: u32,
    pub charter: Arc<Charter>,
    /// False where an import only added labels to an inferred charter: what was triaged before stays as it is.
    pub retriage: bool,
}

/// Everything that the log says of one case.
#[derive(Debug, Clone, Default)]
pub struct History {
    pub case: String,
    /// In the order of their numbers in the log.
    pub imports: Vec<Imported>,
    pub images: Vec<Arrived>,
    pub acts: Vec<Act>,
}

/// What one file says of the case.
#[derive(Debug, Clone)]
pub struct Imported {
    pub seq: u64,
    /// The labels that the whole file speaks of: for these it takes the place of what the same readers said before.
    pub scope: Arc<[String]>,
    pub reads: Vec<Read>,
    /// For each label, in how many of how many cases of the project somebody had marked it when the file came in,
    /// 0–1; labels that are not listed are common.
    pub prevalence: Arc<std::collections::BTreeMap<String, f64>>,
}

/// An image of the case, and since when it is known.
#[derive(Debug, Clone)]
pub struct Arrived {
    pub seq: u64,
    pub image: Image,
}

/// Something that somebody did with the case.
#[derive(Debug, Clone)]
pub struct Act {
    pub seq: u64,
    /// Milliseconds since 1970 UTC.
    pub at: i64,
    pub who: String,
    pub action: Action,
    /// The dispute's id, where the act is about one.
    pub dispute: Option<String>,
    /// The decision, for `decide`, `first-look`, `defer`, `return`, `escalate` and `discuss`.
    pub decision: Option<Decision>,
    /// The reason, where one was given.
    pub why: Option<String>,
}
