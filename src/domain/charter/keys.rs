//! Every key of a charter: its name, how its value is read, how it is written, and, for labels, which kinds it fits.
//! One table serves reading, writing and the names that a misspelt key is compared with.

use std::ops::Bound::{Excluded, Unbounded};

use super::node::{Node, Reading};
use super::*;
use crate::domain::word::Word;

/// One key of a part of the charter.
pub(super) struct Key<Part> {
    pub name: &'static str,
    pub read: fn(&mut Part, Node<'_>) -> Reading<()>,
    /// None where the key isn't set.
    pub write: fn(&Part) -> Option<String>,
}

/// A key of a label, and the kinds of label that it means something for.
pub(super) struct LabelKey {
    pub key: Key<Label>,
    pub fits: fn(LabelKind) -> bool,
}

/// `key!(Reads, required, whole(1..=9))` reads the field `required` of `Reads` by `Node::whole`; a third part says how
/// it is written where its type alone doesn't.
macro_rules! key {
    ($part:ty, $field:ident, $read:ident $(::<$word:ty>)? ($($argument:expr),*)) => {
        key!($part, $field, $read $(::<$word>)? ($($argument),*), |part: &$part| part.$field.toml())
    };
    ($part:ty, $field:ident, $read:ident $(::<$word:ty>)? ($($argument:expr),*), $write:expr) => {
        Key {
            name: stringify!($field),
            read: |part: &mut $part, node: Node<'_>| {
                part.$field = node.$read$(::<$word>)?($($argument),*)?.into();
                Ok(())
            },
            write: $write,
        }
    };
}

pub(super) const TOP: &[Key<Charter>] =
    &[key!(Charter, name, text()), key!(Charter, guideline, text()), key!(Charter, infer, flag())];

pub(super) const READS: &[Key<Reads>] = &[
    key!(Reads, required, whole(1..=u32::MAX)),
    key!(Reads, unit, word::<Unit>()),
    key!(Reads, policy, word::<Policy>()),
    key!(Reads, least_seconds, number(0.0..)),
];

pub(super) const REVIEW: &[Key<Review>] = &[
    key!(Review, mode, word::<Mode>()),
    key!(Review, blind, flag()),
    key!(Review, adjudicators, whole(1..=u32::MAX)),
    key!(Review, confidence, word::<Confidence>()),
    key!(Review, ambiguity_at, confidence()),
    key!(Review, support, word::<Support>()),
    key!(Review, models, word::<Support>()),
    key!(Review, verdicts, word::<Verdicts>()),
    key!(Review, escalate_confidence, confidence()),
    key!(Review, qa_may_decide, flag()),
    key!(Review, undo_minutes, minutes_or_never(), |review| {
        review.undo_minutes.map_or_else(|| "never".to_owned().toml(), |minutes| minutes.toml())
    }),
    key!(Review, key_guard_ms, whole(0..=60_000)),
    key!(Review, lease_minutes, whole(1..=u32::MAX)),
    key!(Review, idle_lock_minutes, whole(1..=u32::MAX)),
    key!(Review, rounds, whole(1..=u32::MAX)),
    key!(Review, escalate_severity, list(Node::severity)),
];

pub(super) const SAMPLING: &[Key<Sampling>] = &[
    key!(Sampling, share, number(0.0..=1.0)),
    key!(Sampling, recheck, number(0.0..=1.0)),
    key!(Sampling, tolerance, number(0.0..=1.0)),
    key!(Sampling, review_days, whole(0..=u32::MAX)),
    key!(Sampling, washout_days, whole(0..=u32::MAX)),
    key!(Sampling, checkpoint, number(0.0..=1.0)),
    key!(Sampling, checkpoint_days, whole(1..=u32::MAX)),
    key!(Sampling, expert, text_or_none()),
];

pub(super) const TRIGGERS: &[Key<Triggers>] = &[
    key!(Triggers, min_n, whole(1..=u32::MAX)),
    key!(Triggers, index_sd, number(0.0..)),
    key!(Triggers, kappa_floor, number(-1.0..=1.0)),
    key!(Triggers, same_cause, whole(1..=u32::MAX)),
    key!(Triggers, window_days, whole(1..=u32::MAX)),
];

pub(super) const EXPORT: &[Key<Export>] = &[key!(Export, ambiguous, word::<Ambiguous>())];

macro_rules! label_key {
    (any kind: $($key:tt)+) => {
        LabelKey { key: key!(Label, $($key)+), fits: |_| true }
    };
    ($($kind:ident)|+: $($key:tt)+) => {
        LabelKey { key: key!(Label, $($key)+), fits: |kind| matches!(kind, $(LabelKind::$kind)|+) }
    };
}

pub(super) const LABEL: &[LabelKey] = &[
    label_key!(any kind: kind, word::<LabelKind>()),
    label_key!(Present: uncertain, flag()),
    label_key!(Categorical | Ordinal: levels, list(Node::level)),
    label_key!(Categorical | Ordinal: normal, list(Node::level)),
    label_key!(Ordinal | Continuous: tolerance, tolerance()),
    label_key!(Box: iou, number(0.0..=1.0)),
    label_key!(Mask | Contour: dice, number(0.0..=1.0)),
    label_key!(Mask | Contour: hd95_mm, number(0.0..)),
    label_key!(Point | Landmarks | Line: mm, number(0.0..)),
    label_key!(Line: percent, number(0.0..=100.0)),
    label_key!(Continuous: unit, text()),
    label_key!(Continuous: range, low_and_high()),
    label_key!(any kind: excludes, list(Node::text)),
    label_key!(any kind: children, list(Node::text)),
    label_key!(any kind: weight, number((Excluded(0.0), Unbounded))),
    label_key!(any kind: required, flag()),
    label_key!(any kind: skill, text()),
    label_key!(any kind: no_confidence, flag()),
];

/// The parts of a charter below its first lines, in the order in which they are written.
pub(super) const PARTS: [&str; 7] = ["reads", "review", "labels", "checks", "sampling", "triggers", "export"];

/// Gives the names of a table of keys.
pub(super) fn names<Part>(keys: &'static [Key<Part>]) -> Vec<&'static str> {
    keys.iter().map(|key| key.name).collect()
}

/// Says where a key stands that was written in another place.
pub(super) fn home(name: &str) -> Option<&'static str> {
    [
        ("the charter's first lines", names(TOP)),
        ("[reads]", names(READS)),
        ("[review]", names(REVIEW)),
        ("[sampling]", names(SAMPLING)),
        ("[triggers]", names(TRIGGERS)),
        ("[export]", names(EXPORT)),
        ("a label", LABEL.iter().map(|label| label.key.name).collect()),
    ]
    .into_iter()
    .find(|(_, names)| names.contains(&name))
    .map(|(place, _)| place)
}

/// A setting as TOML; none where it isn't set.
pub(super) trait Setting {
    fn toml(&self) -> Option<String>;
}

impl<W: Word> Setting for W {
    fn toml(&self) -> Option<String> {
        Some(format!("\"{}\"", self.word()))
    }
}

impl Setting for bool {
    fn toml(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Setting for u8 {
    fn toml(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Setting for u32 {
    fn toml(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Setting for f64 {
    /// With a point or an exponent, so that no size of number is read as too large a whole one.
    fn toml(&self) -> Option<String> {
        Some(format!("{self:?}"))
    }
}

impl Setting for String {
    fn toml(&self) -> Option<String> {
        let mut text = String::from("\"");
        for letter in self.chars() {
            match letter {
                '"' | '\\' => text.extend(['\\', letter]),
                // What a terminal acts on, or hides, is written as its number.
                _ if crate::domain::text::Safe::new(letter.encode_utf8(&mut [0; 4]))
                    .as_str()
                    .chars()
                    .ne([letter]) =>
                {
                    text.push_str(&format!("\\U{:08X}", u32::from(letter)));
                }
                _ => text.push(letter),
            }
        }
        text.push('"');
        Some(text)
    }
}

impl Setting for Value {
    fn toml(&self) -> Option<String> {
        match self {
            Value::Number(number) if number.fract() == 0.0 && number.abs() < 1e15 => Some(number.to_string()),
            Value::Number(number) => number.toml(),
            Value::Text(text) => text.toml(),
        }
    }
}

impl Setting for Tolerance {
    fn toml(&self) -> Option<String> {
        match self {
            Tolerance::Absolute(gap) => Value::Number(*gap).toml(),
            Tolerance::Percent(share) => format!("{share}%").toml(),
        }
    }
}

impl Setting for [f64; 2] {
    fn toml(&self) -> Option<String> {
        self.map(Value::Number).to_vec().toml()
    }
}

impl<T: Setting> Setting for Option<T> {
    fn toml(&self) -> Option<String> {
        self.as_ref().and_then(Setting::toml)
    }
}

impl<T: Setting> Setting for Vec<T> {
    fn toml(&self) -> Option<String> {
        Some(format!("[{}]", self.iter().filter_map(Setting::toml).collect::<Vec<_>>().join(", ")))
    }
}
