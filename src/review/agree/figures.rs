//! How the figures of agreement are made: a value with its interval, and what is computed of numbers and of shapes in
//! place of levels.

use std::collections::BTreeMap;

use super::{CONFIDENCE, Measure, Measures, Pair};
use crate::domain::item::shared_area;
use crate::domain::value::PRESENT;
use crate::review::readings::{Answer, Readings};
use crate::stats::agreement::Undefined;
use crate::stats::continuous::icc::{Correlation, Icc, icc};
use crate::stats::continuous::two::lin_ccc;
use crate::stats::intervals::Interval;

/// A figure before its interval.
pub(super) type Figure = std::result::Result<(f64, Option<f64>, f64), Undefined>;

/// Puts a figure with its interval, or the reason why there is none.
pub(super) fn measure(figure: Figure) -> Measure {
    match figure {
        Ok((value, se, n)) => {
            let ends = se.map(|se| Interval::normal(value, se, CONFIDENCE));
            Measure {
                value: Some(value),
                se,
                low: ends.map(|ends| ends.low),
                high: ends.map(|ends| ends.high),
                n: n as u64,
                why: None,
            }
        }
        Err(why) => {
            Measure { value: None, se: None, low: None, high: None, n: 0, why: Some(why.to_string()) }
        }
    }
}

/// A figure whose interval comes by a formula of its own.
fn within(value: f64, interval: Option<Interval>, n: u64) -> Measure {
    let (low, high) = (interval.map(|ends| ends.low), interval.map(|ends| ends.high));
    Measure { value: Some(value), se: None, low, high, n, why: None }
}

/// Gives the answers to each item.
fn by_item(readings: &Readings) -> impl Iterator<Item = &[Answer]> {
    readings.answers.chunk_by(|a, b| a.item == b.item)
}

/// Gives how well objects are found by the same readers, and how much of each other's shapes they draw, over all pairs
/// of readers for which `of` holds.
pub(super) fn overlaps(readings: &Readings, of: impl Fn(usize, usize) -> bool) -> Measures {
    let (mut both, mut either, mut iou, mut dice) = (0u64, 0u64, Vec::new(), Vec::new());
    for answers in by_item(readings) {
        for (n, a) in answers.iter().enumerate() {
            for b in answers.iter().skip(n + 1).filter(|b| of(a.reader as usize, b.reader as usize)) {
                let there = [a, b].map(|answer| answer.value.is(PRESENT));
                either += u64::from(there[0] != there[1]);
                both += u64::from(there[0] && there[1]);
                // One object against several has no pair of shapes to measure.
                if let ([a], [b]) = (a.shapes.as_slice(), b.shapes.as_slice())
                    && let Some(shared) = shared_area(a, b)
                {
                    iou.push(shared.iou());
                    dice.push(shared.dice());
                }
            }
        }
    }
    let found =
        (both + either > 0).then(|| 2.0 * both as f64 / (2 * both + either) as f64).ok_or(Undefined::NoPairs);
    let mut measures = Measures::new();
    measures.insert("free_response_kappa", measure(found.map(|value| (value, None, (both + either) as f64))));
    for (name, values) in [("mean_iou", iou), ("mean_dice", dice)] {
        measures.insert(name, measure(mean(&values)));
    }
    measures
}

/// Gives a mean with its standard error.
fn mean(values: &[f64]) -> Figure {
    if values.is_empty() {
        return Err(Undefined::NoPairs);
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let spread: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let se = (n > 1.0).then(|| (spread / (n - 1.0) / n).sqrt());
    Ok((mean, se, n))
}

/// Takes one of the intraclass correlations.
type Take = fn(&Icc) -> Correlation;

const CORRELATIONS: [(&str, Take); 6] = [
    ("icc_1_1", |of| of.icc_1_1),
    ("icc_1_k", |of| of.icc_1_k),
    ("icc_2_1", |of| of.icc_2_1),
    ("icc_2_k", |of| of.icc_2_k),
    ("icc_3_1", |of| of.icc_3_1),
    ("icc_3_k", |of| of.icc_3_k),
];

/// Gives the intraclass correlations of the items that all people read.
pub(super) fn numbers_alone(readings: &Readings, people: usize) -> Measures {
    let mut values = Vec::new();
    for answers in by_item(readings) {
        let row: Vec<f64> = answers
            .iter()
            .filter(|answer| (answer.reader as usize) < people)
            .filter_map(|answer| answer.value.number())
            .collect();
        if row.len() == people {
            values.extend(row);
        }
    }
    let found = icc(&values, people.max(1), CONFIDENCE);
    let n = values.len().checked_div(people).unwrap_or(0) as u64;
    CORRELATIONS
        .into_iter()
        .map(|(name, form)| {
            let measure = match &found {
                Ok(found) => within(form(found).value, form(found).interval, n),
                Err(why) => measure(Err(*why)),
            };
            (name, measure)
        })
        .collect()
}

/// Gives Lin's coefficient of two readers' numbers on the items that both read.
pub(super) fn concordance(pairs: &[[f64; 2]]) -> Measures {
    let measure = match lin_ccc(pairs, CONFIDENCE) {
        Ok(found) => within(found.value, found.interval, pairs.len() as u64),
        Err(why) => measure(Err(why)),
    };
    Measures::from([("lin_ccc", measure)])
}

/// Gives the numbers of every two readers who share an item, by their places.
pub(super) fn shared_numbers(readings: &Readings) -> BTreeMap<(usize, usize), Vec<[f64; 2]>> {
    let mut shared: BTreeMap<(usize, usize), Vec<[f64; 2]>> = BTreeMap::new();
    for answers in by_item(readings) {
        for (n, a) in answers.iter().enumerate() {
            for b in answers.iter().skip(n + 1) {
                let numbers = shared.entry((a.reader as usize, b.reader as usize)).or_default();
                numbers.extend(a.value.number().zip(b.value.number()).map(|(a, b)| [a, b]));
            }
        }
    }
    shared
}

pub(super) fn pairs_of_numbers(
    readings: &Readings,
    shared: BTreeMap<(usize, usize), Vec<[f64; 2]>>,
) -> Vec<Pair> {
    let pair = |((a, b), numbers): ((usize, usize), Vec<[f64; 2]>)| {
        Some(Pair {
            a: readings.readers.get(a)?.name.clone(),
            b: readings.readers.get(b)?.name.clone(),
            n: numbers.len() as u64,
            measures: concordance(&numbers),
        })
    };
    shared.into_iter().filter_map(pair).collect()
}
