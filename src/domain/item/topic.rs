//! One label of a case with the rules that follow from its kind: what a value means, what several values of one reader
//! come to, and what a reader says who says nothing.

use std::borrow::Cow;

use super::place;
use crate::domain::charter::{Charter, Label, LabelKind};
use crate::domain::finding::{Finding, Read};
use crate::domain::value::{ABSENT, PRESENT, UNCERTAIN, UNGRADABLE, Value};

/// What a statement comes to, whatever else it holds. In the order in which one reader's statements outdo each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stand {
    Present,
    Uncertain,
    Absent,
    Ungradable,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Said {
    pub stand: Stand,
    /// A level, or a word that is none of the reserved ones.
    pub value: Option<Value>,
}

impl Said {
    pub fn plain(stand: Stand) -> Self {
        Said { stand, value: None }
    }
}

/// What readers are compared on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Basis {
    /// One statement for the case.
    Case,
    /// Objects by their place, and their shapes.
    Shape,
    /// Objects by their place, and only their values.
    Grade,
}

pub(super) struct Topic<'a> {
    pub label: Cow<'a, Label>,
    pub basis: Basis,
    /// What is said of it, by readers' numbers.
    pub findings: &'a [(usize, &'a Finding)],
    /// Readers of this label who draw nothing say 'not there' …
    silence: Silence,
    /// The label says that the whole case can't be graded.
    pub about_case: bool,
    /// Objects that only models drew, while people speak of the label without a place: what people say is then
    /// compared by itself.
    pub unplaced: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Silence {
    /// … whoever they are,
    Absent,
    /// … if they could have drawn it: a read that only grades says nothing about objects,
    AbsentIfDrawing,
    /// … if their source lists only what was marked,
    AbsentIfMarks,
    /// … or say nothing.
    Nothing,
}

impl<'a> Topic<'a> {
    /// Takes all findings of one label, of which there is at least one.
    pub fn new(charter: &'a Charter, findings: &'a [(usize, &'a Finding)], models: &[bool]) -> Option<Self> {
        // People decide what is compared. They come before the models.
        let people = findings.partition_point(|(voice, _)| !models.get(*voice).is_some_and(|model| *model));
        let telling = if people > 0 { findings.get(..people)? } else { findings };
        let name = &findings.first()?.1.label;
        let about_case = is_about_case(name);
        let label = match charter.label(name) {
            Some(label) => Cow::Borrowed(label),
            None => Cow::Owned(Label::of(name, guessed(telling))),
        };
        let localised = label.kind.is_localised();
        let placed = |(_, finding): &(usize, &Finding)| finding.geometry.is_some();
        let basis = match label.kind {
            _ if about_case => Basis::Case,
            _ if localised && findings.iter().any(placed) => Basis::Shape,
            LabelKind::Categorical | LabelKind::Ordinal | LabelKind::Continuous
                if telling.iter().all(placed) =>
            {
                Basis::Grade
            }
            _ => Basis::Case,
        };
        let silence = match label.kind {
            _ if about_case => Silence::Absent,
            _ if label.required => Silence::Nothing,
            LabelKind::Present if !charter.is_negation(&label.name) => Silence::AbsentIfMarks,
            _ if localised => Silence::AbsentIfDrawing,
            _ => Silence::Nothing,
        };
        let unplaced = basis == Basis::Shape && people > 0 && !telling.iter().any(placed);
        Some(Topic { label, basis, findings, silence, about_case, unplaced })
    }

    pub fn name(&self) -> &str {
        &self.label.name
    }

    /// What a reader says who made no statement on this label.
    pub fn silence(&self, read: &Read, ungradable: bool) -> Option<Stand> {
        match self.silence {
            Silence::Absent if !ungradable => Some(Stand::Absent),
            Silence::AbsentIfDrawing if draws(read) && !ungradable => Some(Stand::Absent),
            Silence::AbsentIfMarks if read.marks && !ungradable => Some(Stand::Absent),
            _ => None,
        }
    }

    /// Reads a finding's value by the label's kind.
    pub fn said(&self, finding: &Finding) -> Said {
        let Some(value) = &finding.value else {
            return Said::plain(if self.about_case { Stand::Ungradable } else { Stand::Present });
        };
        let stand = stand(&self.label, value, self.about_case);
        match stand {
            Some(Stand::Present) if self.about_case => Said::plain(Stand::Ungradable),
            Some(stand) => Said::plain(stand),
            None => Said { stand: Stand::Present, value: Some(value.clone()) },
        }
    }

    /// Brings several statements of one reader to one: the strongest stands; of several grades the highest, of several
    /// classes all, since none of them may be lost.
    pub fn combine(&self, said: impl IntoIterator<Item = Said>) -> Option<Said> {
        let mut said = said.into_iter();
        let first = said.next()?;
        Some(said.fold(first, |a, b| match a.stand.cmp(&b.stand) {
            std::cmp::Ordering::Less => a,
            std::cmp::Ordering::Greater => b,
            std::cmp::Ordering::Equal => Said { stand: a.stand, value: self.both(a.value, b.value) },
        }))
    }

    fn both(&self, a: Option<Value>, b: Option<Value>) -> Option<Value> {
        let (a, b) = match (a, b) {
            (Some(a), Some(b)) if a != b => (a, b),
            (a, b) => return a.or(b),
        };
        let graded = matches!(self.label.kind, LabelKind::Ordinal | LabelKind::Continuous);
        Some(match (self.level(&a), self.level(&b)) {
            (Some(first), Some(second)) if graded => {
                if first >= second {
                    a
                } else {
                    b
                }
            }
            _ if graded => a.max(b),
            // The findings come in the order of their values, so the words do too.
            _ => Value::Text(format!("{a} + {b}")),
        })
    }

    /// Gives a value's place on the label's scale.
    pub fn level(&self, value: &Value) -> Option<usize> {
        self.label.levels.iter().position(|level| level == value)
    }
}

/// Reads a reserved word, or what stands for one; a declared level is always a level.
fn stand(label: &Label, value: &Value, about_case: bool) -> Option<Stand> {
    let presence = about_case || label.kind == LabelKind::Present || label.kind.is_localised();
    match value {
        Value::Text(text) if text == UNGRADABLE => Some(Stand::Ungradable),
        _ if label.levels.contains(value) => None,
        Value::Text(text) if text == PRESENT => Some(Stand::Present),
        Value::Text(text) if text == ABSENT => Some(Stand::Absent),
        Value::Text(text) if text == UNCERTAIN => Some(Stand::Uncertain),
        Value::Number(1.0) if presence => Some(Stand::Present),
        Value::Number(0.0) if presence => Some(Stand::Absent),
        Value::Number(-1.0) if presence => Some(Stand::Uncertain),
        _ => None,
    }
}

/// Gives what a finding without a place says of a label, in one form whatever word or number stands for it.
pub fn plainly(label: &Label, finding: &Finding) -> Value {
    let Some(value) = &finding.value else { return Value::present() };
    match stand(label, value, false) {
        Some(Stand::Present) => Value::present(),
        Some(Stand::Absent) => Value::absent(),
        Some(Stand::Uncertain) => Value::Text(UNCERTAIN.into()),
        Some(Stand::Ungradable) => Value::Text(UNGRADABLE.into()),
        None => value.clone(),
    }
}

/// The kind of a label that the charter does not know: that of the shapes drawn for it, else a class.
fn guessed(findings: &[(usize, &Finding)]) -> LabelKind {
    let shapes = findings.iter().filter_map(|(_, finding)| finding.geometry.as_ref());
    shapes.map(|geometry| place::kind(&geometry.shape)).min().unwrap_or(LabelKind::Categorical)
}

fn is_about_case(name: &str) -> bool {
    name.trim().eq_ignore_ascii_case(UNGRADABLE)
}

/// Tells whether a read is one of marks or shapes, or of somebody who looked and found nothing at all.
fn draws(read: &Read) -> bool {
    read.marks || read.findings.is_empty() || read.findings.iter().any(|finding| finding.geometry.is_some())
}

/// Tells whether a finding says that the whole case can't be graded.
pub(super) fn makes_ungradable(finding: &Finding) -> bool {
    let value = |value: &Value| value.is(UNGRADABLE) || value.is(PRESENT) || value.number() == Some(1.0);
    is_about_case(&finding.label) && finding.value.as_ref().is_none_or(value)
}
