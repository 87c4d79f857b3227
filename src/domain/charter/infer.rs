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
//! `ungradable` is never a level, and neither is a sentence; nor is a sentence a label. A label's kind is fixed by the version of the charter that it first stands in. Later
//! data can widen its levels, and allow `uncertain`; what doesn't fit its kind is left to the checks
//! `value-outside-levels` and `shape-outside-kind`, and to a person who sets another charter. Whatever follows is the
//! same in every order of the rows of an import.

use std::collections::{BTreeMap, BTreeSet};

use super::parse::LARGEST;
use super::words::{Presence, means_no_finding, presence};
use super::write::write;
use super::{Charter, Label, LabelKind};
use crate::domain::finding::Finding;
use crate::domain::geometry::Shape;
use crate::domain::value::{ABSENT, UNGRADABLE, Value};

/// Different words, and different numbers, that are kept of a label.
const MOST_VALUES: usize = 64;
/// Labels that are kept, and that a charter is given: a column of free text taken for labels must not grow without end.
const MOST_LABELS: usize = 1_000;
/// The longest name of a label, and the longest word of a level, in bytes: what is longer is a sentence.
const LONGEST: usize = 200;
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
        if label.trim().is_empty() || label.len() > LONGEST {
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
        Value::Text(text) => text != UNGRADABLE && !text.trim().is_empty() && text.len() <= LONGEST,
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
        .take(MOST_LABELS.saturating_sub(known.len()))
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
    // What is too large to be read again must not become the project's protocol; its labels are left to the checks.
    (charter != *current && write(&charter).len() <= LARGEST).then_some(charter)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::geometry::Geometry;

    fn finding(label: &str, value: Option<Value>, shape: Option<Shape>) -> Finding {
        let geometry = shape.map(|shape| Geometry { shape, image: "1".into(), frame: 0 });
        Finding { value, geometry, ..Finding::of(label) }
    }

    fn value(text: &str) -> Value {
        Value::from_cell(text)
    }

    fn values(texts: &str) -> Vec<Value> {
        texts.split_whitespace().map(value).collect()
    }

    fn evidence(label: &str, texts: &str) -> Evidence {
        let mut evidence = Evidence::default();
        for value in values(texts) {
            evidence.observe(&finding(label, Some(value), None));
        }
        evidence
    }

    fn open() -> Charter {
        Charter { infer: true, ..Charter::named("t") }
    }

    fn only(charter: Option<Charter>) -> Option<(LabelKind, Vec<Value>, bool)> {
        charter.and_then(|charter| charter.labels.first().map(|l| (l.kind, l.levels.clone(), l.uncertain)))
    }

    #[test]
    fn a_kind_follows_from_the_values() {
        for (texts, kind, levels, uncertain) in [
            ("present absent", LabelKind::Present, "", false),
            ("1", LabelKind::Present, "", false),
            ("0", LabelKind::Present, "", false),
            ("1 0", LabelKind::Present, "", false),
            ("1 0 -1", LabelKind::Present, "", true),
            ("present uncertain ungradable", LabelKind::Present, "", true),
            ("1 absent", LabelKind::Present, "", false),
            ("0 1 2 3", LabelKind::Ordinal, "0 1 2 3", false),
            ("1 5", LabelKind::Ordinal, "1 2 3 4 5", false),
            ("5 1 ungradable absent", LabelKind::Ordinal, "1 2 3 4 5", false),
            ("-1 2", LabelKind::Ordinal, "-1 0 1 2", false),
            ("1 20", LabelKind::Ordinal, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20", false),
            ("1 21", LabelKind::Continuous, "", false),
            ("1 2.5", LabelKind::Continuous, "", false),
            ("0.5 absent", LabelKind::Continuous, "", false),
            ("1e300 1", LabelKind::Continuous, "", false),
            ("mild severe mild", LabelKind::Categorical, "mild severe", false),
            ("4a 4b 3 ungradable", LabelKind::Categorical, "3 4a 4b", false),
            ("absent mild", LabelKind::Categorical, "absent mild", false),
        ] {
            let found = only(infer(&open(), &evidence("a", texts)));
            assert_eq!(found, Some((kind, values(levels), uncertain)), "{texts}");
        }
    }

    #[test]
    fn a_kind_follows_from_the_shapes_before_the_values() {
        let square = vec![[0.0, 0.0], [4.0, 0.0], [4.0, 4.0]];
        let boxed = Shape::Box { points: [[0.0, 0.0], [4.0, 4.0]] };
        for (shape, kind) in [
            (boxed.clone(), LabelKind::Box),
            (Shape::RotatedBox { points: [[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0]] }, LabelKind::Box),
            (Shape::Polygon { rings: vec![square.clone()] }, LabelKind::Contour),
            (Shape::Contour { points: square.clone() }, LabelKind::Contour),
            (Shape::Line { points: square.clone() }, LabelKind::Line),
            (Shape::Point { points: [[1.0, 1.0]] }, LabelKind::Point),
            (Shape::Landmarks { points: vec![[1.0, 1.0]], names: vec!["a".into()] }, LabelKind::Landmarks),
            (Shape::Mask { size: [1, 1], rle: vec![1] }, LabelKind::Mask),
        ] {
            let mut evidence = evidence("a", "absent 3 7.5");
            evidence.observe(&finding("a", None, Some(shape)));
            assert_eq!(only(infer(&open(), &evidence)).map(|found| found.0), Some(kind));
        }
        let mut both = Evidence::default();
        both.observe(&finding("a", None, Some(boxed)));
        both.observe(&finding("a", None, Some(Shape::Contour { points: square })));
        assert_eq!(only(infer(&open(), &both)).map(|found| found.0), Some(LabelKind::Contour));
    }

    #[test]
    fn nothing_new_makes_no_version() {
        assert_eq!(infer(&open(), &Evidence::default()), None);
        assert_eq!(
            infer(&open(), &evidence("a", "ungradable")),
            None,
            "a label of which nothing is known yet"
        );
        assert_eq!(infer(&Charter::named("t"), &evidence("a", "1 2")), None, "the charter doesn't infer");
        let first = infer(&open(), &evidence("a", "1 5")).unwrap_or_else(open);
        assert_eq!(infer(&first, &evidence("a", "2 4")), None);
        assert_eq!(infer(&first, &evidence(" ", "2 4")), None, "a label without a name");
    }

    #[test]
    fn later_data_widen_levels_and_never_change_a_kind() {
        for (first, later, levels, uncertain) in [
            ("1 5", "7", "1 2 3 4 5 6 7", false),
            ("1 5", "0", "0 1 2 3 4 5", false),
            ("1 5", "2.5 mild", "1 2 3 4 5", false),
            ("1 5", "40", "1 2 3 4 5", false),
            ("0 1", "-1", "", true),
            ("0 1", "2 3", "", false),
            ("mild", "severe moderate", "mild moderate severe", false),
            ("1.5 2", "3 4", "", false),
        ] {
            let before = infer(&open(), &evidence("a", first)).unwrap_or_else(open);
            let after = infer(&before, &evidence("a", later)).unwrap_or(before.clone());
            let kind = before.labels.first().map(|label| label.kind);
            assert_eq!(
                only(Some(after)),
                kind.map(|kind| (kind, values(levels), uncertain)),
                "{first}, then {later}"
            );
        }
        let mut declared = open();
        declared.labels = vec![Label { levels: values("mild severe"), ..Label::of("a", LabelKind::Ordinal) }];
        assert_eq!(infer(&declared, &evidence("a", "worst 3")), None, "an order that the data don't show");
    }

    #[test]
    fn what_a_source_declares_comes_before_what_its_values_look_like() {
        let hinted = |texts: &str, kind, levels: &str| {
            let mut evidence = evidence("a", texts);
            evidence.hint("a", kind, &values(levels));
            only(infer(&open(), &evidence)).map(|(kind, levels, _)| (kind, levels))
        };
        for (texts, kind, levels, expected) in [
            ("1 0", LabelKind::Ordinal, "1 2 3 4 5", Some((LabelKind::Ordinal, values("0 1 2 3 4 5")))),
            ("1 2", LabelKind::Categorical, "", Some((LabelKind::Categorical, values("1 2")))),
            ("", LabelKind::Ordinal, "low high ungradable", Some((LabelKind::Ordinal, values("low high")))),
            ("", LabelKind::Ordinal, "", None),
            ("2.5", LabelKind::Ordinal, "", Some((LabelKind::Continuous, values("")))),
        ] {
            assert_eq!(hinted(texts, kind, levels), expected, "{texts} {kind:?} {levels}");
        }
    }

    #[test]
    fn no_finding_excludes_every_label_that_is_inferred_with_it_or_after_it() {
        let mut first = evidence("Lesion", "1 0");
        first.observe(&finding("No Finding", Some(value("3")), None));
        let first = infer(&open(), &first).unwrap_or_else(open);
        assert_eq!(first.label("No Finding").map(|label| label.kind), Some(LabelKind::Present));
        assert!(first.excluded("No Finding", "Lesion") && first.is_negation("No Finding"));
        let second = infer(&first, &evidence("Nodule", "1 0")).unwrap_or_else(open);
        assert!(second.excluded("Nodule", "No Finding") && !second.excluded("Nodule", "Lesion"));
        // It comes after labels that are there, and two such names don't exclude each other.
        let before = infer(&open(), &evidence("Lesion", "1 0")).unwrap_or_else(open);
        let mut both = evidence("normal", "1");
        both.observe(&finding("no_finding", Some(value("1")), None));
        let after = infer(&before, &both).unwrap_or_else(open);
        assert!(after.excluded("Lesion", "normal") && after.excluded("Lesion", "no_finding"));
        assert!(!after.excluded("normal", "no_finding"));
    }

    #[test]
    fn evidence_does_not_grow_with_the_data() {
        let mut evidence = Evidence::default();
        for n in (0..5_000).rev() {
            evidence.observe(&finding(&format!("label {n:04}"), Some(value("1")), None));
            evidence.observe(&finding("a", Some(value(&format!("word {n:04}"))), None));
            evidence.observe(&finding("b", Some(Value::Number(f64::from(n))), None));
        }
        assert!(evidence.has_dropped_labels());
        assert_eq!(evidence.labels.len(), MOST_LABELS);
        assert!(evidence.labels.values().all(|seen| seen.values().count() <= MOST_VALUES));
        let charter = infer(&open(), &evidence).unwrap_or_else(open);
        assert_eq!(charter.label("a").map(|label| label.levels.len()), Some(MOST_VALUES));
        assert_eq!(charter.label("a").and_then(|label| label.levels.first()), Some(&value("word 0000")));
        assert_eq!(charter.label("b").map(|label| label.kind), Some(LabelKind::Continuous));
        assert!(super::super::parse(&write(&charter)).is_ok());
        let mut later = Evidence::default();
        later.observe(&finding("one label more", Some(value("1")), None));
        assert_eq!(charter.labels.len(), MOST_LABELS);
        assert_eq!(infer(&charter, &later), None);
    }

    #[test]
    fn no_charter_is_made_that_could_not_be_read_again() {
        let sentence = "long ".repeat(60);
        let mut sentences = Evidence::default();
        sentences.observe(&finding("a", Some(value(&sentence)), None));
        sentences.observe(&finding(&sentence, Some(value("1")), None));
        assert_eq!(infer(&open(), &sentences), None);
        let mut wide = Evidence::default();
        for n in 0..60 {
            for m in 1..=60 {
                let odd = "\u{1b}".repeat(130 + m);
                wide.observe(&finding(&format!("wide {n}"), Some(value(&odd)), None));
            }
        }
        assert_eq!(infer(&open(), &wide), None);
    }

    fn some_finding() -> impl Strategy<Value = Finding> {
        let label = prop_oneof![Just("a"), Just("b"), Just("No finding"), Just("x y"), Just("")];
        let value = proptest::option::of(prop_oneof![
            (-3..30i32).prop_map(|n| Value::Number(f64::from(n))),
            (-1.0..40.0).prop_map(Value::Number),
            Just(Value::Number(f64::NAN)),
            "present|absent|uncertain|ungradable|mild|severe|1| 2 |inf| |\u{1b}".prop_map(Value::Text),
        ]);
        let shape = proptest::option::weighted(
            0.2,
            prop_oneof![
                Just(Shape::Box { points: [[0.0, 0.0], [4.0, 4.0]] }),
                Just(Shape::Point { points: [[0.0, 0.0]] })
            ],
        );
        (label, value, shape).prop_map(|(label, value, shape)| finding(label, value, shape))
    }

    proptest! {
        #[test]
        fn the_order_of_rows_makes_no_difference(
            (findings, shuffled) in proptest::collection::vec(some_finding(), 0..60)
                .prop_flat_map(|findings| (Just(findings.clone()), Just(findings).prop_shuffle()))
        ) {
            let all = |findings: &[Finding]| {
                let mut evidence = Evidence::default();
                findings.iter().for_each(|finding| evidence.observe(finding));
                infer(&open(), &evidence)
            };
            let charter = all(&findings);
            prop_assert_eq!(&charter, &all(&shuffled));
            if let Some(charter) = charter {
                // What is inferred is a charter that a person could have written, and the same data add nothing.
                prop_assert_eq!(super::super::parse(&write(&charter)), Ok(charter.clone()));
                let mut again = Evidence::default();
                findings.iter().for_each(|finding| again.observe(finding));
                prop_assert_eq!(infer(&charter, &again), None);
            }
        }
    }
}
