//! Agreement on parts of a label's items: week by week, whether readers come to agree over time or drift apart; and by where
//! the cases come from, whether one delivery or one site is worse than the others.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::Serialize;

use super::figures::{measure, none};
use super::{Ground, Measure, matrix};
use crate::domain::charter::LabelKind;
use crate::domain::moment;
use crate::domain::origin::By;
use crate::domain::value::Value;
use crate::review::readers::week_of;
use crate::review::readings::{ReadItem, Readings};
use crate::stats::agreement::chance::{self, Measured};
use crate::stats::agreement::{
    Patterns, Reads, Scale, Weights, gwet_ac, krippendorff_alpha, percent_agreement,
};

/// Agreement between people on some of a label's items.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    pub n_items: u64,
    /// Of a continuous label within its tolerance.
    pub percent_agreement: Measure,
    /// Undefined for a continuous label.
    pub gwet_ac1: Measure,
    /// Of the label's scale, as [`super::names::alpha`] names it.
    pub krippendorff_alpha: Measure,
    /// nominal, ordinal or interval
    pub alpha_scale: &'static str,
}

/// Agreement on the items of one week.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Week {
    /// Monday, 0:00 UTC: milliseconds since 1970 UTC.
    pub start: i64,
    /// The same as a day: `2026-11-23`.
    pub week: String,
    #[serde(flatten)]
    pub of: Group,
}

/// Agreement on the items of the cases from one batch or one site.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    pub by: By,
    /// The batch or the site.
    pub key: String,
    /// The share of each level over all reads by people; empty for measured numbers, of which each is rare.
    pub prevalence: BTreeMap<String, f64>,
    pub of: Group,
}

/// The reads of a label, ready to be counted part by part.
pub struct Parted<'r> {
    readings: &'r Readings,
    ground: Ground,
    /// Of people.
    patterns: Patterns,
    /// The pattern of each item.
    of_items: Vec<u32>,
}

impl<'r> Parted<'r> {
    /// Takes the reads of a label; none where they can't be counted by levels.
    pub fn new(readings: &'r Readings) -> Option<Parted<'r>> {
        let ground = Ground::of(readings);
        let codes = matrix(readings, &ground);
        let people: Vec<usize> = (0..readings.people()).collect();
        let reads = Reads::new(&codes, readings.readers.len().max(1), ground.names.len()).ok()?;
        let (patterns, of_items) = reads.patterns_of_items();
        let patterns = patterns.of_readers(&people);
        Some(Parted { readings, ground, patterns, of_items })
    }

    /// Gives the weeks in which there is an item, by the moment that `when` gives for it; items without one are left out.
    pub fn weeks(&self, when: impl Fn(&ReadItem) -> Option<i64>) -> Vec<Week> {
        let parts = self.parts(|item| when(item).map(week_of));
        let week = |(start, (n, reads)): (i64, (u64, Patterns))| Week {
            start,
            week: moment::rfc3339(start).chars().take(10).collect(),
            of: self.group(n, &reads),
        };
        parts.into_par_iter().map(week).collect()
    }

    /// Gives the sites from which items come, then the batches, each by name; not where all come from one.
    pub fn origins(&self) -> Vec<Part> {
        [By::Site, By::Batch].into_iter().flat_map(|by| self.origins_by(by)).collect()
    }

    fn origins_by(&self, by: By) -> Vec<Part> {
        let items = &self.readings.items;
        let several = items
            .first()
            .is_some_and(|first| items.iter().any(|item| item.origin.key(by) != first.origin.key(by)));
        if !several {
            return Vec::new();
        }
        let part = |(key, (n, reads)): (&str, (u64, Patterns))| Part {
            by,
            key: key.to_owned(),
            prevalence: match self.ground.continuous {
                true => BTreeMap::new(),
                false => {
                    let names = self.ground.names.iter().map(Value::to_string);
                    names.zip(chance::prevalence(&reads)).collect()
                }
            },
            of: self.group(n, &reads),
        };
        self.parts(|item| Some(item.origin.key(by))).into_par_iter().map(part).collect()
    }

    /// Gives how many items each part has, and their reads.
    fn parts<'a, K: Ord>(&'a self, key: impl Fn(&'a ReadItem) -> Option<K>) -> BTreeMap<K, (u64, Patterns)> {
        let mut counted: BTreeMap<K, (u64, BTreeMap<u32, u32>)> = BTreeMap::new();
        for (item, pattern) in self.readings.items.iter().zip(&self.of_items) {
            if let Some(key) = key(item) {
                let (n, counts) = counted.entry(key).or_default();
                *n += 1;
                *counts.entry(*pattern).or_default() += 1;
            }
        }
        let reads = |counts: BTreeMap<u32, u32>| {
            let mut own = vec![0.0; self.patterns.counts().len()];
            for (pattern, n) in counts {
                if let Some(count) = own.get_mut(pattern as usize) {
                    *count = f64::from(n);
                }
            }
            self.patterns.with_counts(own)
        };
        counted.into_iter().map(|(key, (n, counts))| (key, (n, reads(counts)))).collect()
    }

    fn group(&self, n: u64, reads: &Patterns) -> Group {
        let ground = &self.ground;
        let many = ground.names.len() > super::MOST_NUMBERS;
        let of = |found: fn(&Patterns, &Weights) -> Measured| -> Measure {
            match many {
                true => none("too many different numbers"),
                false => {
                    measure(found(reads, &ground.same).map(|found| (found.value, found.se, found.paired)))
                }
            }
        };
        let (alpha_scale, scale) = match (&ground.numbers, self.readings.label.kind) {
            (Some(numbers), LabelKind::Continuous) => ("interval", Scale::Interval(numbers)),
            (_, LabelKind::Ordinal) => ("ordinal", Scale::Ordinal),
            _ => ("nominal", Scale::Nominal),
        };
        Group {
            n_items: n,
            percent_agreement: of(percent_agreement),
            gwet_ac1: if ground.continuous { none("only defined for levels") } else { of(gwet_ac) },
            krippendorff_alpha: match many {
                true => none("too many different numbers"),
                false => measure(
                    krippendorff_alpha(reads, scale).map(|found| (found.value, found.se, found.items)),
                ),
            },
            alpha_scale,
        }
    }
}
