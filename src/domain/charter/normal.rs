//! What is normal and what isn't: which of a label's values say that something was found.

use serde::{Deserialize, Serialize};

use super::words::{means_no_finding, means_normal};
use super::{Charter, Label, LabelKind};
use crate::domain::value::{UNCERTAIN, UNGRADABLE, Value};

/// The values of one label that count as a finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Abnormal {
    pub label: String,
    pub values: Vec<Value>,
}

impl Label {
    /// Gives the levels at which nothing is wrong: those that the charter names as `normal`; else those whose name says
    /// so; else the lowest of levels that have an order. Of other levels none is known to be.
    pub fn normal_levels(&self) -> Vec<Value> {
        if let Some(named) = &self.normal {
            return named.clone();
        }
        let by_name: Vec<Value> = self.levels.iter().filter(|level| means_normal(level)).cloned().collect();
        match by_name.is_empty() && self.kind == LabelKind::Ordinal {
            true => self.lowest().into_iter().cloned().collect(),
            false => by_name,
        }
    }

    /// Gives the lowest level: of numbers the least, whichever end the charter begins with; else the first.
    fn lowest(&self) -> Option<&Value> {
        match self.levels.iter().all(|level| level.number().is_some()) {
            true => self.levels.iter().min(),
            false => self.levels.first(),
        }
    }

    /// Gives the values that count as a finding: a mark, or a level that isn't normal. Of a number, and of levels of
    /// which none is known to be normal, none does.
    pub fn abnormal_values(&self) -> Vec<Value> {
        match self.kind {
            _ if means_no_finding(&self.name) => Vec::new(),
            LabelKind::Continuous => Vec::new(),
            LabelKind::Categorical | LabelKind::Ordinal => {
                let normal = self.normal_levels();
                let known = self.normal.is_some() || !normal.is_empty();
                let levels = self.levels.iter().filter(|level| known && !normal.contains(level));
                levels.cloned().collect()
            }
            LabelKind::Present if self.uncertain => vec![Value::present(), Value::Text(UNCERTAIN.into())],
            _ => vec![Value::present()],
        }
    }

    /// Tells whether a value counts as a finding. What is marked does, also where nobody is sure of it.
    pub fn is_abnormal(&self, value: &Value) -> bool {
        let marks = self.kind == LabelKind::Present || self.kind.is_localised();
        match marks && !means_no_finding(&self.name) {
            true => *value != Value::absent() && !value.is(UNGRADABLE),
            false => self.abnormal_values().contains(value),
        }
    }
}

impl Charter {
    /// Gives what counts as a finding, label by label; labels of which nothing does are left out.
    pub fn abnormal(&self) -> Vec<Abnormal> {
        let of = |label: &Label| Abnormal { label: label.name.clone(), values: label.abnormal_values() };
        self.labels.iter().map(of).filter(|of| !of.values.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(words: &str) -> Vec<Value> {
        words.split_whitespace().map(Value::from_cell).collect()
    }

    fn graded(kind: LabelKind, levels: &str, normal: Option<&str>) -> Label {
        Label { levels: values(levels), normal: normal.map(values), ..Label::of("grade", kind) }
    }

    #[test]
    fn what_is_not_normal_is_a_finding() {
        use LabelKind::{Box, Categorical, Continuous, Ordinal, Present};
        for (kind, levels, normal, abnormal) in [
            (Ordinal, "1 2 3", None, "2 3"),
            (Ordinal, "3 2 1", None, "3 2"),
            (Ordinal, "a b c", None, "b c"),
            (Ordinal, "severe mild none", None, "severe mild"),
            (Ordinal, "0 1 2 3", Some("1 2"), "0 3"),
            (Ordinal, "1 2", Some(""), "1 2"),
            (Categorical, "benign malignant Negative", None, "benign malignant"),
            (Categorical, "benign malignant", None, ""),
            (Categorical, "benign malignant", Some("benign"), "malignant"),
            (Continuous, "", None, ""),
            (Present, "", None, "present"),
            (Box, "", None, "present"),
        ] {
            let label = graded(kind, levels, normal);
            assert_eq!(label.abnormal_values(), values(abnormal), "{kind:?} {levels} {normal:?}");
            let said = |word: &str| values(word).iter().any(|value| label.is_abnormal(value));
            assert_eq!(said(abnormal), !abnormal.is_empty(), "{kind:?} {levels}");
            assert!(!said("absent ungradable"), "{kind:?} {levels}");
        }
        let normal = Label::of("No finding", Present);
        assert!(normal.abnormal_values().is_empty() && !normal.is_abnormal(&Value::present()));
        let unsure = Label { uncertain: true, ..Label::of("effusion", Present) };
        assert_eq!(unsure.abnormal_values(), values("present uncertain"));
        let charter =
            Charter { labels: vec![normal, unsure, graded(Continuous, "", None)], ..Charter::named("t") };
        let found: Vec<String> = charter.abnormal().into_iter().map(|of| of.label).collect();
        assert_eq!(found, ["effusion"]);
    }
}
