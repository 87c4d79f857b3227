//! The protocol of one project: labels, tolerances, required reads, blinding, thresholds, sampling, triggers.
//! Its keys are one table in `keys`, which `parse` reads TOML by and `write` gives it back by; making a charter from
//! the data is in `infer`. What a label, a check or a word may be called is in `words`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::value::Value;

pub mod guideline;
pub mod infer;
mod keys;
mod node;
pub mod normal;
pub mod parse;
#[cfg(test)]
mod tests;
pub mod words;
pub mod write;

pub use parse::{Fault, parse};
pub use write::write;

/// One version of the protocol. Versions are counted by the log: the first is 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Charter {
    pub name: String,
    /// The file of the annotation guideline whose headings decisions cite.
    pub guideline: Option<String>,
    /// What that file says, clause by clause; empty where the text isn't at hand. No key: it comes from the log.
    pub clauses: Arc<[guideline::Clause]>,
    /// New labels in the data are added to the charter instead of being reported.
    pub infer: bool,
    pub reads: Reads,
    pub review: Review,
    /// In the order in which the charter declares them.
    pub labels: Vec<Label>,
    /// Only the levels that the charter sets; the others have their default, see `domain::checks`.
    pub checks: BTreeMap<String, CheckLevel>,
    pub sampling: Sampling,
    pub triggers: Triggers,
    pub export: Export,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Reads {
    /// Reads by people that a case needs before triage.
    pub required: u32,
    pub unit: Unit,
    pub policy: Policy,
    /// Seconds from one read of a reader to the next below which nobody can have looked; 0 for none.
    pub least_seconds: f64,
}

/// What one case is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Image,
    Series,
    Study,
}

/// Which items are adjudicated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Those on which the reads differ.
    Discordant,
    /// Those, and whatever anybody marked.
    AllPositive,
    All,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Review {
    pub mode: Mode,
    pub blind: bool,
    /// Independent decisions that a dispute needs.
    pub adjudicators: u32,
    pub confidence: Confidence,
    /// Confidence at or below which a type of ambiguity is asked for.
    pub ambiguity_at: u8,
    pub support: Support,
    /// When it is shown what models said: at once, or once the person has answered.
    pub models: Support,
    pub verdicts: Verdicts,
    /// Confidence at or below which a decision escalates; 0 is never.
    pub escalate_confidence: u8,
    pub qa_may_decide: bool,
    /// None where a decision stays provisional until it is finalised by hand.
    pub undo_minutes: Option<u32>,
    pub key_guard_ms: u32,
    pub lease_minutes: u32,
    pub idle_lock_minutes: u32,
    /// Rounds of discussion before a dispute escalates.
    pub rounds: u32,
    /// Severities that escalate: codes of the RADPEER scale.
    pub escalate_severity: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A candidate must be adopted.
    Select,
    /// An own look at the bare picture first, then the reads.
    ThirdRead,
    Open,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confidence {
    Required,
    Optional,
}

/// When it is shown who and how many stand behind a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    Shown,
    AfterChoice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdicts {
    Always,
    Optional,
    Never,
}

/// One label and its tolerances.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    pub name: String,
    pub kind: LabelKind,
    /// `uncertain` is a value of its own.
    pub uncertain: bool,
    /// Labels that can't hold together with this one.
    pub excludes: Vec<String>,
    pub children: Vec<String>,
    /// Clinical weight in the priority.
    pub weight: f64,
    /// Declared levels, in order where the kind is ordinal.
    pub levels: Vec<Value>,
    /// Levels at which nothing is wrong; none where their names and their order say it, see `normal`.
    pub normal: Option<Vec<Value>>,
    pub tolerance: Tolerance,
    /// Boxes that overlap less are a dispute: intersection over union, 0–1.
    pub iou: f64,
    /// Contours and masks that overlap less are a dispute: Dice, 0–1.
    pub dice: f64,
    pub hd95_mm: Option<f64>,
    /// Points and the ends of lines further apart than this are a dispute.
    pub mm: f64,
    /// Lines whose lengths differ by more than this share of the longer one are a dispute.
    pub percent: Option<f64>,
    pub unit: Option<String>,
    /// Lowest and highest value that can be meant.
    pub range: Option<[f64; 2]>,
    /// Silence is a missing read, not a negative one.
    pub required: bool,
    /// What a person must be skilled in to decide on it.
    pub skill: Option<String>,
    /// A finding of this label needs no confidence, where the check `confidence-missing` is on.
    pub no_confidence: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LabelKind {
    Present,
    Categorical,
    Ordinal,
    Continuous,
    Box,
    Mask,
    Contour,
    Point,
    Landmarks,
    Line,
}

impl LabelKind {
    /// Tells whether findings of this kind have a place in the image, so that a reader who looked and drew nothing
    /// says 'not there'.
    pub fn is_localised(self) -> bool {
        !matches!(
            self,
            LabelKind::Present | LabelKind::Categorical | LabelKind::Ordinal | LabelKind::Continuous
        )
    }
}

/// How far two grades may lie apart without a dispute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Tolerance {
    /// In levels for ordinal labels, in the label's unit for continuous ones.
    Absolute(f64),
    /// Of the larger magnitude of the two, in percent.
    Percent(f64),
}

/// What an automated check does when it finds something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckLevel {
    Block,
    Warn,
    Off,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// Of concordant cases, 0–1.
    pub share: f64,
    /// Of each adjudicator's final decisions, 0–1.
    pub recheck: f64,
    /// Error rate above which a root-cause review opens, 0–1.
    pub tolerance: f64,
    /// Until the review of the root causes of a rejected lot is due.
    pub review_days: u32,
    pub washout_days: u32,
    /// Of each period's final work for the expert, 0–1.
    pub checkpoint: f64,
    /// How long such a period is.
    pub checkpoint_days: u32,
    /// Who reads it, by name; empty where nobody does.
    pub expert: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Triggers {
    pub min_n: u32,
    pub index_sd: f64,
    pub kappa_floor: f64,
    pub same_cause: u32,
    /// How long the window is in which the same cause counts, sliding over the moments of the reads.
    pub window_days: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Export {
    pub ambiguous: Ambiguous,
}

/// What an export does with an ambiguous item unless its decision says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ambiguous {
    Soft,
    Flag,
    Drop,
}

impl Charter {
    /// Makes a charter in which every key has its default.
    pub fn named(name: impl Into<String>) -> Self {
        Charter {
            name: name.into(),
            guideline: None,
            clauses: Arc::default(),
            infer: false,
            reads: Reads { required: 2, unit: Unit::Image, policy: Policy::Discordant, least_seconds: 2.0 },
            review: Review {
                mode: Mode::Select,
                blind: true,
                adjudicators: 1,
                confidence: Confidence::Required,
                ambiguity_at: 2,
                support: Support::Shown,
                models: Support::Shown,
                verdicts: Verdicts::Optional,
                escalate_confidence: 0,
                qa_may_decide: false,
                undo_minutes: Some(60),
                key_guard_ms: 1000,
                lease_minutes: 30,
                idle_lock_minutes: 10,
                rounds: 5,
                escalate_severity: ["2b", "3a", "3b"].map(String::from).to_vec(),
            },
            labels: Vec::new(),
            checks: BTreeMap::new(),
            sampling: Sampling {
                share: 0.05,
                recheck: 0.05,
                tolerance: 0.05,
                review_days: 14,
                washout_days: 28,
                checkpoint: 0.0,
                checkpoint_days: 30,
                expert: String::new(),
            },
            triggers: Triggers { min_n: 20, index_sd: 1.0, kappa_floor: 0.6, same_cause: 3, window_days: 28 },
            export: Export { ambiguous: Ambiguous::Soft },
        }
    }

    /// Finds a label by its exact name.
    pub fn label(&self, name: &str) -> Option<&Label> {
        self.labels.iter().find(|label| label.name == name)
    }

    /// Gives a clause as the guideline names it, or as it was given where no text of a guideline is known.
    ///
    /// # Errors
    /// The guideline has no such clause; says which is the nearest.
    pub fn check_clause(&self, cited: &str) -> Result<String, String> {
        match self.clauses.is_empty() {
            true => Ok(cited.to_owned()),
            false => guideline::find(&self.clauses, cited).map(|clause| clause.name.clone()),
        }
    }

    /// Tells whether two labels can't hold together: it is enough that one of them says so.
    pub fn excluded(&self, a: &str, b: &str) -> bool {
        let names = |label: &str, other: &str| {
            self.label(label).is_some_and(|label| label.excludes.iter().any(|name| name == other))
        };
        names(a, b) || names(b, a)
    }

    /// Tells whether a label says that nothing is there: a `present` label that some other label can't hold
    /// together with, and whose name is one of those that mean 'no finding'.
    pub fn is_negation(&self, label: &str) -> bool {
        words::means_no_finding(label)
            && self.label(label).is_some_and(|label| label.kind == LabelKind::Present)
            && self.labels.iter().any(|other| other.name != label && self.excluded(&other.name, label))
    }
}

impl Label {
    /// Makes a label in which every key has its default.
    pub fn of(name: impl Into<String>, kind: LabelKind) -> Self {
        Label {
            name: name.into(),
            kind,
            uncertain: false,
            excludes: Vec::new(),
            children: Vec::new(),
            weight: 1.0,
            levels: Vec::new(),
            normal: None,
            tolerance: match kind {
                LabelKind::Continuous => Tolerance::Percent(10.0),
                _ => Tolerance::Absolute(0.0),
            },
            iou: 0.5,
            dice: 0.8,
            hd95_mm: None,
            mm: 3.0,
            percent: None,
            unit: None,
            range: None,
            required: false,
            skill: None,
            no_confidence: false,
        }
    }
}
