//! The reference standard as JSON lines and as CSV: one settled item at a time, straight to the writer.
//!
//! JSON lines are exact. In CSV a text that a spreadsheet would take for a formula gets a `'` before it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::domain::case::State;
use crate::domain::decision::{Ambiguity, Verdict};
use crate::domain::geometry::{Geometry, Shape};
use crate::domain::item::{Choice, DisputeType};
use crate::domain::value::Value;
use crate::domain::word::Word;

/// One settled item: what is true of it, and how that came to be.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Truth {
    pub case: String,
    /// The dispute's id; for an item that nobody disputed whatever names it.
    pub item: String,
    pub label: String,
    /// None where the reads agree.
    #[serde(rename = "type")]
    pub kind: Option<DisputeType>,
    pub state: Option<State>,
    /// How it was settled: `unanimous`, `adopt`, `merge`, `edit` and the like.
    pub method: String,
    /// `RESOLVED`, `AMBIGUOUS`, `EXCLUDED`, `NEGATIVE`.
    pub outcome: String,
    pub value: Option<Value>,
    pub geometry: Vec<Geometry>,
    /// Weights of the values that an ambiguous item may have; they sum to 1.
    pub soft: BTreeMap<String, f64>,
    pub confidence: Option<u8>,
    pub uncertain: bool,
    pub ambiguity: Option<Ambiguity>,
    /// What an ambiguous item is good for: `soft`, `flag`, or `drop`, which keeps it out of the test split.
    pub handling: Option<String>,
    /// By reader.
    pub verdicts: BTreeMap<String, Verdict>,
    pub root_cause: Vec<String>,
    pub severity: Option<String>,
    pub clause: Option<String>,
    pub note: Option<String>,
    /// One for each slot.
    pub decided_by: Vec<String>,
    /// Who attended beside them, where a panel settled it.
    pub panel: Vec<String>,
    /// RFC 3339, of the last decision.
    pub decided_at: Option<String>,
    /// Version of the charter.
    pub charter: u32,
    /// What each reader said, where the export is to hold it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reads: Option<BTreeMap<String, Choice>>,
}

/// Writes one line of JSON.
///
/// # Errors
/// The writer failed.
pub fn jsonl(out: &mut impl Write, truth: &Truth) -> io::Result<()> {
    serde_json::to_writer(&mut *out, truth)?;
    out.write_all(b"\n")
}

/// The columns of the CSV, in their order; more may be added at the end.
pub const COLUMNS: [&str; 28] = [
    "case",
    "item",
    "label",
    "type",
    "state",
    "method",
    "outcome",
    "value",
    "x_min",
    "y_min",
    "x_max",
    "y_max",
    "geometry",
    "soft",
    "confidence",
    "uncertain",
    "ambiguity",
    "verdicts",
    "root_cause",
    "severity",
    "clause",
    "note",
    "decided_by",
    "decided_at",
    "charter",
    "reads",
    "panel",
    "handling",
];

/// Writes a table of settled items as CSV.
pub struct Csv<W: Write> {
    out: csv::Writer<W>,
}

impl<W: Write> Csv<W> {
    /// Begins the table with its header.
    ///
    /// # Errors
    /// The writer failed.
    pub fn new(out: W) -> io::Result<Self> {
        let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        out.write_record(COLUMNS)?;
        Ok(Csv { out })
    }

    /// Writes one line.
    ///
    /// # Errors
    /// The writer failed.
    pub fn write(&mut self, truth: &Truth) -> io::Result<()> {
        let value = match &truth.value {
            Some(Value::Text(text)) => guarded(text),
            Some(number) => number.to_string().into(),
            None => "".into(),
        };
        let [x_min, y_min, x_max, y_max] = corners(&truth.geometry);
        let text = |text: &Option<String>| guarded(text.as_deref().unwrap_or("")).into_owned();
        let cells: [Cow<'_, str>; COLUMNS.len()] = [
            guarded(&truth.case),
            guarded(&truth.item),
            guarded(&truth.label),
            truth.kind.map_or("", Word::word).into(),
            truth.state.map_or("", Word::word).into(),
            guarded(&truth.method),
            guarded(&truth.outcome),
            value,
            x_min.into(),
            y_min.into(),
            x_max.into(),
            y_max.into(),
            json(&truth.geometry, truth.geometry.is_empty())?.into(),
            json(&truth.soft, truth.soft.is_empty())?.into(),
            truth.confidence.map(|confidence| confidence.to_string()).unwrap_or_default().into(),
            truth.uncertain.to_string().into(),
            json(&truth.ambiguity, truth.ambiguity.is_none())?.into(),
            json(&truth.verdicts, truth.verdicts.is_empty())?.into(),
            guarded(&truth.root_cause.join(" ")).into_owned().into(),
            text(&truth.severity).into(),
            text(&truth.clause).into(),
            text(&truth.note).into(),
            guarded(&truth.decided_by.join("; ")).into_owned().into(),
            text(&truth.decided_at).into(),
            truth.charter.to_string().into(),
            json(&truth.reads, truth.reads.is_none())?.into(),
            guarded(&truth.panel.join("; ")).into_owned().into(),
            text(&truth.handling).into(),
        ];
        self.out.write_record(cells.iter().map(|cell| cell.as_bytes()))?;
        Ok(())
    }

    /// Ends the table and gives the writer back.
    ///
    /// # Errors
    /// The writer failed.
    pub fn finish(self) -> io::Result<W> {
        self.out.into_inner().map_err(|error| io::Error::other(error.to_string()))
    }
}

/// Keeps a spreadsheet from running a text as a formula.
fn guarded(text: &str) -> Cow<'_, str> {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n') => format!("'{text}").into(),
        _ => text.into(),
    }
}

fn json(value: &impl Serialize, empty: bool) -> io::Result<String> {
    if empty { Ok(String::new()) } else { Ok(serde_json::to_string(value)?) }
}

/// The corners of the box, where the geometry is one.
fn corners(geometry: &[Geometry]) -> [String; 4] {
    match geometry {
        [Geometry { shape: Shape::Box { points: [[x_min, y_min], [x_max, y_max]] }, .. }] => {
            [x_min, y_min, x_max, y_max].map(f64::to_string)
        }
        _ => Default::default(),
    }
}
