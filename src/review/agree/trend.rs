//! Agreement week by week: whether readers come to agree over time, or drift apart.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::Serialize;

use super::figures::{measure, none};
use super::{Ground, Measure, matrix};
use crate::domain::charter::LabelKind;
use crate::domain::moment;
use crate::review::readers::week_of;
use crate::review::readings::{ReadItem, Readings};
use crate::stats::agreement::chance::Measured;
use crate::stats::agreement::{
    Patterns, Reads, Scale, Weights, gwet_ac, krippendorff_alpha, percent_agreement,
};

/// Agreement between people on the items of one week.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Week {
    /// Monday, 0:00 UTC: milliseconds since 1970 UTC.
    pub start: i64,
    /// The same as a day: `2026-11-23`.
    pub week: String,
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

/// Gives the weeks in which there is an item, by the moment that `when` gives for it; items without one are left out.
pub fn weeks(readings: &Readings, when: impl Fn(&ReadItem) -> Option<i64>) -> Vec<Week> {
    let ground = Ground::of(readings);
    let codes = matrix(readings, &ground);
    let people: Vec<usize> = (0..readings.people()).collect();
    let reads = Reads::new(&codes, readings.readers.len().max(1), ground.names.len());
    let Ok(reads) = reads else { return Vec::new() };
    let (patterns, of_items) = reads.patterns_of_items();
    let patterns = patterns.of_readers(&people);
    let mut by_week: BTreeMap<i64, (u64, BTreeMap<u32, u32>)> = BTreeMap::new();
    for (item, pattern) in readings.items.iter().zip(&of_items) {
        if let Some(at) = when(item) {
            let (n, counts) = by_week.entry(week_of(at)).or_default();
            *n += 1;
            *counts.entry(*pattern).or_default() += 1;
        }
    }
    let of_week = |(start, (n, counts)): (i64, (u64, BTreeMap<u32, u32>))| {
        let mut own = vec![0.0; patterns.counts().len()];
        for (pattern, n) in counts {
            if let Some(count) = own.get_mut(pattern as usize) {
                *count = f64::from(n);
            }
        }
        week(readings, &ground, start, n, &patterns.with_counts(own))
    };
    by_week.into_par_iter().map(of_week).collect()
}

fn week(readings: &Readings, ground: &Ground, start: i64, n: u64, reads: &Patterns) -> Week {
    let many = ground.names.len() > super::MOST_NUMBERS;
    let of = |found: fn(&Patterns, &Weights) -> Measured| -> Measure {
        match many {
            true => none("too many different numbers"),
            false => measure(found(reads, &ground.same).map(|found| (found.value, found.se, found.paired))),
        }
    };
    let (alpha_scale, scale) = match (&ground.numbers, readings.label.kind) {
        (Some(numbers), LabelKind::Continuous) => ("interval", Scale::Interval(numbers)),
        (_, LabelKind::Ordinal) => ("ordinal", Scale::Ordinal),
        _ => ("nominal", Scale::Nominal),
    };
    Week {
        start,
        week: moment::rfc3339(start).chars().take(10).collect(),
        n_items: n,
        percent_agreement: of(percent_agreement),
        gwet_ac1: if ground.continuous { none("only defined for levels") } else { of(gwet_ac) },
        krippendorff_alpha: match many {
            true => none("too many different numbers"),
            false => {
                measure(krippendorff_alpha(reads, scale).map(|found| (found.value, found.se, found.items)))
            }
        },
        alpha_scale,
    }
}
