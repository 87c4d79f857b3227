//! Items: what is compared across readers. Findings are matched into items by optimal assignment, each item gets the
//! type of its dispute where the reads differ beyond the charter's tolerance, and its candidates. Everything here is
//! the same whatever order the readers come in.

use serde::{Deserialize, Serialize};

use super::charter::Charter;
use super::finding::Read;
use super::geometry::Geometry;
use super::image::Image;
use super::value::Value;

/// How the reads of an item differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum DisputeType {
    Presence,
    Label,
    Extent,
    Topology,
    Position,
    Grade,
    Technical,
    Confidence,
}

/// A possible answer: what is said of the item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct Choice {
    /// The class, where classes are what is in dispute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// More than one where one object stands against several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shapes: Vec<Geometry>,
}

/// What one reader says of an item.
#[derive(Debug, Clone, PartialEq)]
pub struct Opinion {
    pub reader: String,
    pub model: bool,
    /// `absent` for a reader who looked and marked nothing.
    pub choice: Choice,
    pub confidence: Option<f64>,
    /// Readers' own comments on the findings behind the opinion.
    pub comments: Vec<String>,
}

/// How far apart the reads are.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    pub kind: DisputeType,
    /// In the type's natural unit, larger is further apart: levels or the label's unit (GRADE), millimetres or pixels
    /// (POSITION), 1 − overlap (EXTENT), share of the readers who are not in the largest camp (the others).
    pub gap: f64,
    /// The same on a scale of 0 to 1 that types share, for the priority.
    pub weight: f64,
    /// For people: `3 levels`, `Dice 0.31`, `1 of 3`, `4.2 mm`.
    pub text: String,
}

/// A distinct opinion with the readers who hold it, in the order of their ids.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    pub choice: Choice,
    pub readers: Vec<String>,
    /// Share of the people (models left out) who have an opinion on the item, 0–1.
    pub share: f64,
}

/// What is compared across readers.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// One label, or the classes in dispute in alphabetical order.
    pub labels: Vec<String>,
    /// One for each reader who has a say, in the order of their ids.
    pub opinions: Vec<Opinion>,
    /// None where the reads agree within the charter's tolerance.
    pub difference: Option<Difference>,
    /// In an order that depends on the opinions alone.
    pub candidates: Vec<Candidate>,
    /// What more than half of the people say, if anything.
    pub consensus: Option<Choice>,
}

impl Choice {
    /// Makes a choice of a level, a number or a reserved word.
    pub fn of(value: Value) -> Self {
        Choice { label: None, value: Some(value), shapes: Vec::new() }
    }

    /// Tells whether this says that nothing is there.
    pub fn is_absent(&self) -> bool {
        self.shapes.is_empty() && self.value.as_ref().is_some_and(|value| value.is(super::value::ABSENT))
    }

    /// Tells whether this says that the image can't be graded.
    pub fn is_ungradable(&self) -> bool {
        self.shapes.is_empty() && self.value.as_ref().is_some_and(|value| value.is(super::value::UNGRADABLE))
    }
}
