//! A charter from the data, where a project has none: what kind each label is of and which levels it has.
//!
//! The rules, in this order:
//! - A label whose name means 'no finding' is `present`, and every other label that is new excludes it; when it is
//!   itself new, every label excludes it.
//! - A hint of the source (a scale that the format declares) comes before what the values look like.
//! - A label that was drawn is of the kind of its shapes; where it was drawn in several ways, of the first of mask,
//!   contour, box, landmarks, line, point.
//! - Only `present`, `absent`, `uncertain` or -1, 0, 1: `present`, with `uncertain` where that was said.
//! - Whole numbers that span at most 20 levels: `ordinal`, every number from the lowest to the highest.
//! - Other numbers, or more than 20 of them beside words: `continuous`.
//! - Anything else: `categorical`, its words sorted (the first 64 of them).
//!
//! `ungradable` is never a level. A label's kind is fixed by the version of the charter that it first stands in. Later
//! data can widen its levels, and allow `uncertain`; what doesn't fit its kind is left to the checks
//! `value-outside-levels` and `shape-outside-kind`, and to a person who sets another charter. Whatever follows is the
//! same in every order of the rows of an import.

use std::collections::{BTreeMap, BTreeSet};

use super::words::{Presence, means_no_finding, presence};
use super::{Charter, Label, LabelKind};
use crate::domain::finding::Finding;
use crate::domain::geometry::Shape;
use crate::domain::value::{ABSENT, UNGRADABLE, Value};

/// Different words, and different numbers, that are kept of a label.
const MOST_VALUES: usize = 64;
/// Labels that are kept: a column of free text taken for labels must not grow without end.
const MOST_LABELS: usize = 1_000;
/// Levels of an ordinal label that is inferred from numbers.
const MOST_LEVELS: usize = 20;

/// The kind of label that a shape is compared as.
pub fn kind_of(shape: &Shape) -> LabelKind {
    match shape {
        Shape::Box { .. } | Shape::RotatedBox { .. } => LabelKind::Box,
        Shape::Polygon { .. } | Shape::Contour { .. } => LabelKind::Contour,
        Shape::Line { .. } => LabelKind::Line,
        Shape::Point { .. } => LabelKind::Point,
        Shape::Landmarks { .. } => LabelKind::Landmarks,
        Shape::Mask { .. } => LabelKind::Mask,
    }
}

/// The kinds of shapes, the one that says most of an object's extent first.
const SHAPES: [LabelKind; 6] = [
    LabelKind::Mask,
    LabelKind::Contour,
    LabelKind::Box,
    LabelKind::Landmarks,
    LabelKind::Line,
    LabelKind::Point,
];

/// What the findings of an import say of each label, in memory that doesn't grow with their number.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    labels: BTreeMap<String, Seen>,
    dropped: bool,
}

/// What is known of one label.
#[derive(Debug, Clone, Default)]
struct Seen {
    shapes: BTreeSet<LabelKind>,
    numbers: Few,
    words: Few,
    /// The source's own word on the label's kind and levels.
    hint: Option<(LabelKind, Vec<Value>)>,
}

/// The lowest of many values: those that stay are the same in whatever order they came.
#[derive(Debug, Clone, Default)]
struct Few(BTreeSet<Value>);

impl Few {
    fn add(&mut self, value: &Value) {
        if self.0.contains(value)
            || self.0.len() == MOST_VALUES && self.0.last().is_some_and(|last| value > last)
        {
            return;
        }
        self.0.insert(value.clone());
        if self.0.len() > MOST_VALUES {
            self.0.pop_last();
        }
    }
}

impl Evidence {
    /// Takes note of one finding.
    pub fn observe(&mut self, finding: &Finding) {
        let Some(seen) = self.seen(&finding.label) else { return };
        if let Some(geometry) = &finding.geometry {
            seen.shapes.insert(kind_of(&geometry.shape));
        }
        match &finding.value {
            Some(value) => seen.value(value),
            // A label that stands alone is marked.
            None if finding.geometry.is_none() => seen.words.add(&Value::present()),
            None => {}
        }
    }

    /// Takes note of what a source declares of a label. Of several such words on one label the one with the most
    /// levels holds.
    pub fn hint(&mut self, label: &str, kind: LabelKind, levels: &[Value]) {
        if let Some(seen) = self.seen(label) {
            let mut known = BTreeSet::new();
            let levels: Vec<Value> = levels
                .iter()
                .filter(|level| is_level(level) && known.insert((*level).clone()))
                .take(MOST_VALUES)
                .cloned()
                .collect();
            let hint = (kind, levels);
            let rank = |hint: &(LabelKind, Vec<Value>)| (hint.1.len(), hint.clone());
            if seen.hint.as_ref().is_none_or(|known| rank(known) < rank(&hint)) {
                seen.hint = Some(hint);
            }
        }
    }

    /// Tells whether there were more labels than are kept; the others are left to the check
    /// `label-outside-charter`.
    pub fn has_dropped_labels(&self) -> bool {
        self.dropped
    }

    /// Gives the place of a label, the first ones by name where there are too many.
    fn seen(&mut self, label: &str) -> Option<&mut Seen> {
        if label.trim().is_empty() {
            return None;
        }
        if !self.labels.contains_key(label) {
            self.labels.insert(label.to_owned(), Seen::default());
            if self.labels.len() > MOST_LABELS {
                self.dropped = true;
                self.labels.pop_last();
            }
        }
        self.labels.get_mut(label)
    }
}

/// Tells whether a value can stand among a label's levels.
fn is_level(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_finite(),
        Value::Text(text) => text != UNGRADABLE && !text.trim().is_empty(),
    }
}

impl Seen {
    fn value(&mut self, value: &Value) {
        let value = match value {
            // Digits in quotes are read as the number, as a charter's levels are.
            Value::Text(text) => &Value::from_cell(text),
            Value::Number(_) => value,
        };
        match value {
            _ if !is_level(value) => {}
            Value::Number(_) => self.numbers.add(value),
            Value::Text(_) => self.words.add(value),
        }
    }

    fn values(&self) -> impl Iterator<Item = &Value> {
        self.numbers.0.iter().chain(&self.words.0)
    }

    /// The kind that the data show, if they show any.
    fn kind(&self) -> Option<LabelKind> {
        let numbers = &self.numbers.0;
        // An explicit negative beside grades is no grade.
        let only_numbers = self.words.0.iter().all(|word| word.is(ABSENT));
        if let Some(shape) = SHAPES.into_iter().find(|kind| self.shapes.contains(kind)) {
            Some(shape)
        } else if numbers.is_empty() && self.words.0.is_empty() {
            None
        } else if self.values().all(|value| presence(value).is_some()) {
            Some(LabelKind::Present)
        } else if only_numbers && whole_levels(numbers.iter()).is_some() {
            Some(LabelKind::Ordinal)
        } else if only_numbers || numbers.len() > MOST_LEVELS {
            Some(LabelKind::Continuous)
        } else {
            Some(LabelKind::Categorical)
        }
    }

    fn is_uncertain(&self) -> bool {
        self.values().any(|value| presence(value) == Some(Presence::Uncertain))
    }
}

/// Gives every whole number from the lowest to the highest of some; none where one isn't whole, or there would be
/// too many.
fn whole_levels<'v>(values: impl Iterator<Item = &'v Value>) -> Option<Vec<Value>> {
    let numbers: Vec<f64> =
        values.map(|value| value.number().filter(|n| n.fract() == 0.0)).collect::<Option<_>>()?;
    let low = numbers.iter().copied().min_by(f64::total_cmp)?;
    let high = numbers.iter().copied().max_by(f64::total_cmp)?;
    (high - low < MOST_LEVELS as f64 && low.abs().max(high.abs()) < 1e9)
        .then(|| (low as i64..=high as i64).map(|level| Value::Number(level as f64)).collect())
}

/// Gives the charter that the data ask for: new labels after those that are there, sorted by name, and levels that
/// were widened. None where there is nothing new, or where the charter doesn't ask for it.
pub fn infer(current: &Charter, evidence: &Evidence) -> Option<Charter> {
    if !current.infer {
        return None;
    }
    let mut charter = current.clone();
    for label in &mut charter.labels {
        if let Some(seen) = evidence.labels.get(&label.name) {
            widen(label, seen);
        }
    }
    let known: BTreeSet<&str> = current.labels.iter().map(|label| label.name.as_str()).collect();
    let new: Vec<Label> = evidence
        .labels
        .iter()
        .filter(|(name, _)| !known.contains(name.as_str()))
        .filter_map(|(name, seen)| label(name, seen))
        .collect();
    let negations: Vec<(String, bool)> = known
        .iter()
        .map(|name| ((*name).to_owned(), false))
        .chain(new.iter().map(|label| (label.name.clone(), true)))
        .filter(|(name, _)| means_no_finding(name))
        .collect();
    let old = charter.labels.len();
    charter.labels.extend(new);
    for (at, label) in
        charter.labels.iter_mut().enumerate().filter(|(_, label)| !means_no_finding(&label.name))
    {
        for (name, is_new) in &negations {
            if (at >= old || *is_new) && !label.excludes.contains(name) {
                label.excludes.push(name.clone());
            }
        }
    }
    (charter != *current).then_some(charter)
}

/// Makes a new label; none where nothing is known of it yet.
fn label(name: &str, seen: &Seen) -> Option<Label> {
    let kinds = [
        means_no_finding(name).then_some(LabelKind::Present),
        seen.hint.as_ref().map(|(kind, _)| *kind),
        seen.kind(),
    ];
    kinds.into_iter().flatten().find_map(|kind| {
        let mut label = Label::of(name, kind);
        widen(&mut label, seen);
        let graded = matches!(kind, LabelKind::Ordinal | LabelKind::Categorical);
        (!graded || !label.levels.is_empty()).then_some(label)
    })
}

/// Adds to a label what its kind has room for: whole numbers to whole numbers, words to words, `uncertain` to
/// `present`. Levels of an ordinal label that are words have an order that the data don't show, and stay.
fn widen(label: &mut Label, seen: &Seen) {
    let hinted: &[Value] = match &seen.hint {
        Some((kind, levels)) if *kind == label.kind => levels,
        _ => &[],
    };
    match label.kind {
        LabelKind::Present => label.uncertain |= seen.is_uncertain(),
        LabelKind::Ordinal => {
            if label.levels.is_empty() {
                label.levels = hinted.to_vec();
            }
            let numbers = label.levels.iter().chain(hinted).chain(&seen.numbers.0);
            let narrow =
                label.levels.is_empty() || whole_levels(label.levels.iter()).as_ref() == Some(&label.levels);
            if let Some(levels) = whole_levels(numbers).filter(|_| narrow) {
                label.levels = levels;
            }
        }
        LabelKind::Categorical => {
            let beside_words = |value: &Value| seen.words.0.len() > 1 || !value.is(ABSENT);
            let mut new: Vec<&Value> = seen.values().filter(|value| beside_words(value)).collect();
            new.sort();
            for level in hinted.iter().chain(new) {
                if label.levels.len() < MOST_VALUES && !label.levels.contains(level) {
                    label.levels.push(level.clone());
                }
            }
        }
        _ => {}
    }
}
