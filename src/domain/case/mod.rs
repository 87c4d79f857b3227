//! One case as it follows from its history: which reads stand, which items they make, which disputes are open and
//! who decided what. The same function serves the live store and the replay that proves it.
//!
//! [`derive`] is the fold; `reads` says which reads stand, `triage` turns them into items, `rematch` hands on their
//! ids, `acts` applies what people did, where `machine`, the one table of states and what leads from one to another, says
//! that it fits. Nothing here asks whether an act was allowed: that was settled when it was written, by
//! `decision::settle` and by the use cases.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::charter::Charter;
use super::decision::{Decision, Settles};
use super::event::Action;
use super::finding::Read;
use super::image::Image;
use super::item::{Choice, Item};
use super::word::words;

mod acts;
mod again;
pub mod causes;
mod derive;
pub mod digest;
pub mod machine;
mod reads;
mod rematch;
mod triage;
mod view;

#[cfg(test)]
mod properties;
#[cfg(test)]
pub(crate) mod story;
#[cfg(test)]
mod tests;

use super::checks::{Problem, Waived};
pub(crate) use acts::persons_needed;
pub use again::{Asked, CameTo, Second, Standing};
pub use derive::derive;

/// Version of the rules by which cases are derived. Raised when the same history would give another case.
pub const RULES: u32 = 6;

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

words!(State: Blocked "BLOCKED", AwaitingReads "AWAITING_READS", Escalated "ESCALATED", Discussion "DISCUSSION",
    Returned "RETURNED", InReview "IN_REVIEW", Queued "QUEUED", Deferred "DEFERRED", Provisional "PROVISIONAL",
    Final "FINAL", Concordant "CONCORDANT");

/// Why a dispute is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Dispute,
    Audit,
    Recheck,
}

words!(Kind: Dispute "dispute", Audit "audit", Recheck "recheck");

/// What holds for every case: the charter's versions and the key that shuffles letters and candidates.
#[derive(Debug, Clone)]
pub struct Protocol {
    /// In the order of their numbers in the log; the first is there from the start.
    pub charters: Vec<CharterVersion>,
    pub key: [u8; 32],
}

/// One version of the charter, in force from its number in the log on; an import with the same number comes after it.
#[derive(Debug, Clone)]
pub struct CharterVersion {
    pub seq: u64,
    /// Milliseconds since 1970 UTC.
    pub at: i64,
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
    /// Milliseconds since 1970 UTC: a decision whose undo window had ended by then is not reopened by new reads.
    pub at: i64,
    /// The labels that the whole file speaks of: for these it takes the place of what the same readers said before.
    pub scope: Arc<[String]>,
    pub reads: Vec<Read>,
    /// For each label, in how many of how many cases of the project somebody had marked it when the file came in,
    /// 0–1; labels that are not listed are common.
    pub prevalence: Arc<BTreeMap<String, f64>>,
}

/// An image of the case, and since when it is known.
#[derive(Debug, Clone)]
pub struct Arrived {
    pub seq: u64,
    /// Milliseconds since 1970 UTC.
    pub at: i64,
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
    pub decision: Option<Arc<Decision>>,
    /// The codes, for `cause`.
    pub cause: Option<causes::CauseDetail>,
    /// The reason, where one was given.
    pub why: Option<String>,
    /// What is to be read again, for `sample`.
    pub asked: Option<Asked>,
    /// What of the checks' problems a `waive` lets pass; none where it is about missing reads or a read sent back.
    pub waives: Option<Waives>,
}

/// Which problems somebody lets pass: those that a check finds at that moment, of one reader or of all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waives {
    pub check: String,
    /// The reader's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<String>,
}

/// A case as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    pub name: String,
    /// Without regard to the time and to claims: see [`Case::state_at`].
    pub state: State,
    /// Version of the charter that the reads were last triaged by; none before the required reads are in.
    pub charter: Option<u32>,
    /// How many more reads by people the case needs.
    pub awaiting: u32,
    /// The same in words, and what keeps a read that is there from counting.
    pub missing: Vec<String>,
    /// What the automated checks found, whatever their level.
    pub problems: Vec<Problem>,
    /// Why the case is blocked, by a person or by a check, in words.
    pub blocked: Vec<String>,
    pub images: Vec<Image>,
    /// In the order of their letters.
    pub reads: Vec<CurrentRead>,
    /// Of all current reads: hex SHA-256.
    pub reads_hash: String,
    /// What `reads_hash` was before, with the number of the import from which on, oldest first.
    pub earlier: Vec<(u64, String)>,
    /// Disputes and what the readers agree on.
    pub items: Vec<CaseItem>,
    /// Items that no read speaks of any more and that somebody had decided something on.
    pub gone: Vec<CaseItem>,
    /// Second readings of what is settled: audits and rechecks, in the order in which they were asked for.
    pub again: Vec<CaseItem>,
    /// Of what is open; 0 where nothing is.
    pub priority: f64,
    /// Who saw the readers' names.
    pub unblinded: BTreeSet<String>,
    /// The case goes on without the reads that are missing.
    pub waived: bool,
    /// What a lead let pass of the checks that need more than the case, in the order of the log.
    pub waivers: Vec<(Waives, Waived)>,
    pub signatures: Vec<Signature>,
    /// Acts that fit nothing, and why: they change nothing.
    pub stray: Vec<Stray>,
}

/// The read of one reader that stands.
#[derive(Debug, Clone, PartialEq)]
pub struct CurrentRead {
    /// How the case's people speak of the reader.
    pub letter: String,
    /// From 1, one more for each read of this reader that said something else.
    pub version: u32,
    /// Number of the import that brought this version.
    pub since: u64,
    pub read: Read,
}

/// One item of a case: its id, and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseItem {
    /// Its labels and a number, `lesion#2`, fixed at first triage.
    pub id: String,
    /// Candidates stand in the order of their numbers: the first is 1.
    pub item: Item,
    /// The reads differ, or the charter wants the item looked at all the same.
    pub disputed: bool,
    pub kind: Kind,
    /// Without regard to the time: see [`CaseItem::state_at`].
    pub state: State,
    /// Of discussion; 0 where there was none.
    pub round: u32,
    /// Everything that was decided, in the order of the log, with what became of it.
    pub decisions: Vec<Decided>,
    /// Own looks before the reads were shown: one for each person.
    pub looks: Vec<Decided>,
    /// Codes of causes that were given afterwards.
    pub coded: Vec<causes::Coded>,
    /// The reads changed after the decision was final.
    pub reads_changed: bool,
    /// When the undo window ends; none where nothing is provisional, or where it must be finalised by hand.
    pub final_at: Option<i64>,
    /// None where nothing stands yet.
    pub outcome: Option<Settles>,
    /// The answer that stands.
    pub result: Option<Choice>,
    pub method: Option<Method>,
    /// From 0, for what is open; 0 for the rest.
    pub priority: f64,
    /// What it reads again, where this is a second reading.
    pub second: Option<Box<Second>>,
    /// The second reading after which a third person gave another answer than the one that stood.
    pub amended: Option<String>,
    /// A lead opened the item again after this second reading: it changes nothing any more.
    pub spent: bool,
}

/// How an item got its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The readers agree.
    Unanimous,
    /// Only one reader says anything of it: nobody agrees, and nobody disagrees.
    SingleRead,
    Adjudicated,
    /// In a round of discussion.
    Discussed,
    /// By an arbiter, after escalation.
    Arbitrated,
}

words!(Method: Unanimous "unanimous", SingleRead "single-read", Adjudicated "adjudicated", Discussed "discussed",
    Arbitrated "arbitrated");

/// One decision of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    pub seq: u64,
    pub at: i64,
    pub who: String,
    pub decision: Arc<Decision>,
    pub fate: Fate,
    /// Where the dispute stood before, and in which round: where an undo leads back to.
    pub from: State,
    pub from_round: u32,
}

/// What became of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    Stands,
    /// By a later one of the same person, or by what followed where it settled nothing.
    Superseded,
    Undone,
    /// The reads changed before it was final, or the charter did.
    Overtaken,
    Reopened,
    /// It belongs to an earlier round of a discussion.
    Discussed,
    /// An arbiter settled the dispute.
    Overruled,
}

/// A person's signature under the case.
#[derive(Debug, Clone, PartialEq)]
pub struct Signature {
    pub seq: u64,
    pub at: i64,
    pub who: String,
    /// adjudicated, reviewed, approved
    pub meaning: String,
    /// Of the exact decisions that stood: hex SHA-256.
    pub hash: String,
    /// What was signed has been amended since.
    pub void: bool,
}

/// An act of the log that fits nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Stray {
    pub seq: u64,
    pub action: Action,
    pub why: &'static str,
}
