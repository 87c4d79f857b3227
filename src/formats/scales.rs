//! Grades as AIM writes them, and the scales that they belong to: those of the LIDC.

use std::collections::{BTreeMap, BTreeSet};

use super::{LabelHint, Row, cell};
use crate::domain::charter::LabelKind;
use crate::domain::geometry::Shape;
use crate::domain::value::Value;

/// Reads an answer. Codes of the LIDC repeat the question before the grade, `LIDC Margin 4`, and those of grade 3 have
/// a stray bar, `LI|DC Margin 3`: both are the number alone.
pub fn grade(question: &str, answer: &str) -> Result<Value, String> {
    let bare = ["LIDC ", "LI|DC "].iter().find_map(|prefix| answer.strip_prefix(prefix));
    let number =
        bare.and_then(|bare| bare.strip_prefix(question)).and_then(|rest| rest.trim().parse::<u32>().ok());
    match number {
        Some(number) => Ok(Value::Number(f64::from(number))),
        None => cell::value(bare.unwrap_or(answer).trim(), false, &BTreeMap::new()),
    }
}

/// The scales of the LIDC: each with the levels that it has, whether or not a reader used them. Internal structure and
/// calcification are kinds with numbers, not grades.
const LIDC: [(&str, LabelKind, u32); 9] = [
    ("Subtlety", LabelKind::Ordinal, 5),
    ("Internal Structure", LabelKind::Categorical, 4),
    ("Calcification", LabelKind::Categorical, 6),
    ("Sphericity", LabelKind::Ordinal, 5),
    ("Margin", LabelKind::Ordinal, 5),
    ("Lobulation", LabelKind::Ordinal, 5),
    ("Spiculation", LabelKind::Ordinal, 5),
    ("Texture", LabelKind::Ordinal, 5),
    ("Malignancy", LabelKind::Ordinal, 5),
];

/// The LIDC's subtlety in words, as AIM has it under the name of conspicuity; its highest is `Obvious` elsewhere.
const CONSPICUITY: [&str; 5] =
    ["Extremely Subtle", "Moderately Subtle", "Fairly Subtle", "Moderately Obvious", "Extremely Obvious"];

/// What was said of each label, for the hints.
#[derive(Default)]
pub struct Seen {
    values: BTreeMap<String, BTreeSet<Value>>,
    shapes: BTreeMap<String, LabelKind>,
}

impl Seen {
    pub fn add(&mut self, row: &Row) {
        let Some(finding) = &row.finding else { return };
        if let Some(value) = &finding.value {
            self.values.entry(finding.label.clone()).or_default().insert(value.clone());
        }
        let kind = finding.geometry.as_ref().and_then(|geometry| match geometry.shape {
            Shape::Line { .. } => Some(LabelKind::Line),
            Shape::Point { .. } => Some(LabelKind::Point),
            Shape::Polygon { .. } => Some(LabelKind::Contour),
            _ => None,
        });
        if let Some(kind) = kind {
            self.shapes.insert(finding.label.clone(), kind);
        }
    }

    pub fn hints(self) -> Vec<LabelHint> {
        let drawn =
            self.shapes.into_iter().map(|(label, kind)| LabelHint { label, kind, levels: Vec::new() });
        let said = self.values.into_iter().filter_map(|(label, values)| {
            let numbers = LIDC.iter().find(|(name, ..)| *name == label).map(|(_, kind, highest)| {
                (*kind, (1..=*highest).map(|level| Value::Number(f64::from(level))).collect::<Vec<_>>())
            });
            let words = (label == "Conspicuity")
                .then(|| (LabelKind::Ordinal, CONSPICUITY.map(|word| Value::Text(word.into())).to_vec()));
            let (kind, levels) = numbers.or(words)?;
            if values.iter().all(|value| levels.contains(value)) {
                return Some(LabelHint { label, kind, levels });
            }
            // In words where the scale has numbers: its kinds are known, their order is not.
            let in_words = values.iter().all(|value| value.number().is_none());
            in_words.then(|| LabelHint { label, kind: LabelKind::Categorical, levels: Vec::new() })
        });
        drawn.chain(said).collect()
    }
}
