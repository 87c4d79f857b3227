//! What readers said, as it was imported.

use serde::{Deserialize, Serialize};

use super::geometry::Geometry;
use super::value::Value;

/// One statement of one reader about one case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub label: String,
    /// A level, a number or a reserved word; none where only a shape was drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geometry: Option<Geometry>,
    /// As the source gives it; its range is the source's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// What one reader said of one case at one sitting: immutable. A corrected or repeated read is a further one.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    pub reader: String,
    /// A model's reads can be candidates, and never count as required reads.
    pub model: bool,
    /// From 1; higher where the same source holds several reads of the case by this reader.
    pub occasion: u32,
    /// RFC 3339, where the source says when.
    pub read_at: Option<String>,
    /// True where the source lists only what was marked, so that silence about a finding means 'not there'.
    pub marks: bool,
    /// Empty for a reader who looked and found nothing.
    pub findings: Vec<Finding>,
}

impl Finding {
    /// A finding with nothing but its label.
    pub fn of(label: impl Into<String>) -> Self {
        Finding {
            label: label.into(),
            value: None,
            geometry: None,
            confidence: None,
            severity: None,
            comment: None,
        }
    }
}
