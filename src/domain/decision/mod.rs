//! What a decision holds, what it must hold, and when it is refused.
//!
//! [`settle`] is the only way from a draft to a decision: who may decide and when is in `settle`, what the answer comes
//! to in `answer` and `merge`, what must be filled in beside it in `form`. What several adjudicators say is one in `unite`.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value as Json;

use super::geometry::Geometry;
use super::item::Choice;
use super::text::Safe;
use super::value::Value;

pub mod answer;
mod form;
pub mod merge;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod refusals;
mod settle;
#[cfg(test)]
mod tests;
mod unite;

pub use form::MAX_NOTE;
pub use settle::settle;

/// An adjudicator's answer, as it is given. In a draft readers are letters, in the log they are ids.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The candidate's number, from 1, as `show` prints it.
    Adopt(#[serde(deserialize_with = "candidate")] u32),
    AdoptReader(String),
    Merge(String),
    Value(Value),
    Geometry(Geometry),
    /// All candidates are rejected: nothing is there.
    None,
    Ambiguous,
    Exclude,
    Defer,
    Return,
    Escalate,
    Discuss,
}

/// A decision as somebody hands it in: a line of `decide`, or the form of the terminal UI.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    pub case: String,
    pub dispute: String,
    pub answer: Answer,
    #[serde(default, deserialize_with = "confidence")]
    pub confidence: Option<u8>,
    #[serde(default, deserialize_with = "or_absent")]
    pub uncertain: bool,
    #[serde(default)]
    pub ambiguity: Option<Ambiguity>,
    /// By the reader's letter.
    #[serde(default, deserialize_with = "or_absent")]
    pub verdicts: BTreeMap<String, Verdict>,
    /// Codes or families of root causes.
    #[serde(default, deserialize_with = "one_or_several")]
    pub root_cause: Vec<String>,
    #[serde(default)]
    pub severity: Option<String>,
    #[serde(default)]
    pub clause: Option<String>,
    #[serde(default)]
    pub note: Option<String>,
    /// Who else attended, by name, where a panel settles what was escalated.
    #[serde(default, deserialize_with = "one_or_several")]
    pub panel: Vec<String>,
    /// The `reads_hash` that the decision was made on.
    #[serde(default)]
    pub expect: Option<String>,
    /// An own look, before the reads are shown: recorded, and decides nothing.
    #[serde(default, deserialize_with = "or_absent")]
    pub first_look: bool,
    #[serde(default)]
    pub seen: Option<Seen>,
}

/// What the adjudicator had on the screen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    #[serde(default)]
    pub image: Option<String>,
    #[serde(default)]
    pub frame: Option<u32>,
    #[serde(default)]
    pub window: Option<[f64; 2]>,
    #[serde(default)]
    pub zoom: Option<f64>,
    #[serde(default)]
    pub seconds: Option<f64>,
    /// The picture wasn't shown.
    #[serde(default, deserialize_with = "or_absent")]
    pub unseen: bool,
}

/// What is said of one reader's part in the dispute.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    #[serde(default, deserialize_with = "or_absent")]
    pub verdict: VerdictKind,
    /// A code of the RADPEER scale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    #[serde(default, deserialize_with = "one_or_several", skip_serializing_if = "Vec::is_empty")]
    pub cause: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A difference isn't an error until someone says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictKind {
    Agree,
    Error,
    #[serde(alias = "justifiable difference", alias = "justifiable-difference")]
    Justifiable,
    Slip,
    #[default]
    #[serde(alias = "not assessed", alias = "not_assessed")]
    NotAssessed,
}

/// Why an item has no single right answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ambiguity {
    /// A0 … A10.
    #[serde(default, deserialize_with = "one_or_several")]
    pub types: Vec<String>,
    #[serde(default, deserialize_with = "or_absent", skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Alternative>,
    /// What would resolve it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolve: Option<String>,
    /// information | guideline | training | irreducible
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reducible: Option<String>,
    /// Readers whose reads count as acceptable variants: letters in a draft, ids in the log.
    #[serde(default, deserialize_with = "one_or_several", skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dissent: Option<String>,
    /// soft | flag | drop | exclude: what an export does with the item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handling: Option<String>,
    /// A request to change the guideline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guideline: Option<serde_json::Value>,
}

/// One of the answers that an ambiguous item may have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alternative {
    pub value: serde_json::Value,
    /// The weights of all alternatives sum to 1.
    pub weight: f64,
}

/// Reads a candidate's number.
fn candidate<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let given = Json::deserialize(from)?;
    given.as_u64().and_then(|number| u32::try_from(number).ok()).ok_or_else(|| {
        D::Error::custom(format!("`adopt` is a candidate's number, from 1, as `show` prints it, not {given}"))
    })
}

/// Reads a confidence; whether it is on the scale is asked where a decision is settled.
fn confidence<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u8>, D::Error> {
    let given = Json::deserialize(from)?;
    let number = given.as_u64().and_then(|number| u8::try_from(number).ok());
    match (number, given.is_null()) {
        (None, false) => Err(D::Error::custom(format!(
            "`confidence` is a whole number from 1 (a guess) to 5 (sure), not {given}"
        ))),
        _ => Ok(number),
    }
}

/// Takes null for a field that is left out.
fn or_absent<'de, T: Deserialize<'de> + Default, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// Takes one word for a list of one, and null for an empty list.
fn one_or_several<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a word or a list of words")]
    enum Words {
        One(String),
        Several(Vec<String>),
    }
    Ok(match Option::deserialize(from)? {
        Some(Words::One(word)) => vec![word],
        Some(Words::Several(words)) => words,
        None => Vec::new(),
    })
}

/// A decision as the log holds it: complete, resolved, with reader ids in place of letters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    pub v: u32,
    pub slot: u32,
    pub round: u32,
    pub answer: Answer,
    pub settles: Settles,
    /// What the answer comes to: empty where it settles nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Choice>,
    /// Readers whose opinion was adopted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adopted: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<u8>,
    #[serde(default)]
    pub uncertain: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ambiguity: Option<Ambiguity>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub verdicts: BTreeMap<String, Verdict>,
    /// The union of what was given at the top and in the verdicts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub root_cause: Vec<String>,
    /// The highest of what was given at the top and in the verdicts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Who attended beside whoever wrote it, where a panel settled it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub panel: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Seen>,
    /// Of the case's reads when the decision was made.
    pub reads_hash: String,
    /// Version of the charter.
    pub charter: u32,
    pub program: String,
    /// The decision's number in the log that this one takes the place of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<u64>,
    /// When the undo window ends, in milliseconds since 1970 UTC; none where it must be finalised by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub final_at: Option<i64>,
}

/// What an answer does with its dispute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Settles {
    /// One answer stands.
    Resolved,
    /// Several may be right; the ambiguity block says which.
    Ambiguous,
    /// Can't be graded.
    Excluded,
    /// Nothing is there.
    Negative,
    /// Nothing yet: deferred, sent back, escalated, up for discussion.
    Open,
}

/// Who hands a decision in, as far as the rules must know.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Actor {
    pub name: String,
    pub adjudicator: bool,
    pub arbiter: bool,
    /// Audits; decides only where the charter grants it.
    pub qa: bool,
    /// Knows of what is read again, whoever reads it.
    pub oversees: bool,
    /// The ids under which this person reads.
    pub readers: BTreeSet<String>,
    pub skills: BTreeSet<String>,
    /// Everybody who works on the project: a panel is made of these.
    pub known: BTreeSet<String>,
    /// Every reader of the project, by id: a note of a discussion names none of them.
    pub others: BTreeSet<String>,
}

/// Why a decision was not taken, in words for the person who made it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Refused {
    pub kind: RefusedKind,
    pub why: String,
}

/// What kind of fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusedKind {
    /// Not by this person, or not in this role.
    NotPermitted,
    /// The reads changed after the person looked.
    Stale,
    /// There is no such dispute.
    Unknown,
    /// The dispute takes no such decision now.
    Closed,
    /// Something must be filled in.
    Missing,
    /// Something doesn't fit.
    Invalid,
}

impl Refused {
    fn new(kind: RefusedKind, why: impl Into<String>) -> Self {
        Refused { kind, why: why.into() }
    }

    fn invalid(why: impl Into<String>) -> Self {
        Refused::new(RefusedKind::Invalid, why)
    }

    fn missing(why: impl Into<String>) -> Self {
        Refused::new(RefusedKind::Missing, why)
    }
}

impl Settles {
    /// Tells what a choice does with its dispute when it becomes the answer.
    pub fn of(choice: &Choice) -> Self {
        if choice.is_absent() {
            Settles::Negative
        } else if choice.is_ungradable() {
            Settles::Excluded
        } else {
            Settles::Resolved
        }
    }
}

impl VerdictKind {
    /// Tells whether the reader was at fault, so that a cause is asked for.
    pub fn is_fault(self) -> bool {
        matches!(self, VerdictKind::Error | VerdictKind::Slip)
    }
}

impl Answer {
    /// Tells whether this says something of the image, and doesn't only put the dispute off.
    pub fn is_clinical(&self) -> bool {
        !matches!(self, Answer::Defer | Answer::Return | Answer::Escalate | Answer::Discuss)
    }
}

impl Decision {
    /// Tells whether two people's decisions come to the same.
    pub fn agrees_with(&self, other: &Decision) -> bool {
        self.settles == other.settles && self.result == other.result
    }

    /// Gives every severity that the decision holds, its own and those of the verdicts.
    pub fn severities(&self) -> impl Iterator<Item = &str> {
        let verdicts = self.verdicts.values().filter_map(|verdict| verdict.severity.as_deref());
        self.severity.as_deref().into_iter().chain(verdicts)
    }
}

/// The head of a text that somebody handed in, safe to print in a refusal.
fn short(text: &str) -> Safe {
    const MOST: usize = 80;
    if text.chars().count() <= MOST {
        return Safe::new(text);
    }
    Safe::new(&text.chars().take(MOST).chain(['…']).collect::<String>())
}
