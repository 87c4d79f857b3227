//! How the figures of agreement are made: a value with its interval, and what is computed of numbers and of shapes in
//! place of levels.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::{CONFIDENCE, Measure, Measures, Pair};
use crate::domain::charter::{Label, LabelKind, Tolerance};
use crate::domain::item::{distance, shared_area};
use crate::domain::value::PRESENT;
use crate::review::readings::{Answer, Readings};
use crate::stats::agreement::{Undefined, alpha_of_numbers};
use crate::stats::continuous::icc::{Correlation, Icc, icc};
use crate::stats::continuous::two::{BlandAltman, bland_altman, lin_ccc};
use crate::stats::intervals::Interval;
use crate::stats::intervals::bootstrap::quantile;

/// A figure before its interval.
pub(super) type Figure = std::result::Result<(f64, Option<f64>, f64), Undefined>;

/// Gives the interval of a standard error. An error of 0 comes where all items came out alike: it says nothing of how far
/// the figure may lie from what more items would give, and no interval is made of it. Formulas go beyond what a coefficient
/// can be where few items were read: the interval ends at −1 and 1.
pub(in crate::review) fn ends(value: f64, se: f64) -> Option<Interval> {
    /// Sums of what should be 0 are so small but for rounding.
    const NOTHING: f64 = 1e-12;
    let within = |of: Interval| Interval { low: of.low.max(-1.0), high: of.high.min(1.0) };
    (se.is_finite() && se > NOTHING).then(|| within(Interval::normal(value, se, CONFIDENCE)))
}

/// Makes a measure of a name: what is a share is none below 0, even where so few items were read that the formula goes
/// beyond.
pub(super) fn named(name: &str, figure: Figure) -> Measure {
    let found = measure(figure);
    match matches!(name, "percent_agreement" | "agreement_positive" | "agreement_negative") {
        true => Measure { low: found.low.map(|low| low.max(0.0)), ..found },
        false => found,
    }
}

/// Puts a figure with its interval, or the reason why there is none.
pub(super) fn measure(figure: Figure) -> Measure {
    match figure {
        Ok((value, ..)) if !value.is_finite() => measure(Err(Undefined::TooLarge)),
        Ok((value, se, n)) => {
            let se = se.filter(|se| se.is_finite());
            let ends = se.and_then(|se| ends(value, se));
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

/// No figure, for a reason of its own.
pub(super) fn none(why: &str) -> Measure {
    Measure { why: Some(why.to_owned()), ..measure(Err(Undefined::NoPairs)) }
}

/// A figure whose interval comes by a formula of its own.
fn within(value: f64, interval: Option<Interval>, n: u64) -> Measure {
    if !value.is_finite() {
        return measure(Err(Undefined::TooLarge));
    }
    let interval =
        interval.filter(|ends| ends.low.is_finite() && ends.high.is_finite() && ends.low < ends.high);
    let (low, high) = (interval.map(|ends| ends.low), interval.map(|ends| ends.high));
    Measure { value: Some(value), se: None, low, high, n, why: None }
}

/// Gives the answers to each item.
fn by_item(readings: &Readings) -> impl Iterator<Item = &[Answer]> {
    readings.answers.chunk_by(|a, b| a.item == b.item)
}

/// Distances of outlines that are measured at most for one label, evenly taken: each takes as long as drawing both.
const MOST_OUTLINES: usize = 5_000;

/// Two readers at one object.
pub(super) struct Meeting {
    pub readers: (usize, usize),
    /// Each of them marked it.
    marked: [bool; 2],
    /// IoU and Dice, where each drew one shape with an area.
    shared: Option<(f64, f64)>,
    apart: Apart,
}

/// How far apart two shapes lie.
#[derive(Clone, Copy)]
enum Apart {
    /// There is nothing to measure.
    Nothing,
    /// The image has no spacing.
    Pixels,
    /// HD95 of outlines, in mm.
    Outlines(f64),
    /// The mean distance of points of the same name, in mm.
    Points(f64),
}

/// Gives every two readers at every object that both have a say on.
pub(super) fn meetings(readings: &Readings) -> Vec<Meeting> {
    let label = &readings.label;
    let outlines = matches!(label.kind, LabelKind::Mask | LabelKind::Contour);
    let points = matches!(label.kind, LabelKind::Point | LabelKind::Landmarks);
    let mut pairs: Vec<(&Answer, &Answer)> = Vec::new();
    for answers in by_item(readings) {
        for (n, a) in answers.iter().enumerate() {
            pairs.extend(answers.iter().skip(n + 1).map(|b| (a, b)));
        }
    }
    let both = |(a, b): &(&Answer, &Answer)| a.shapes.len() == 1 && b.shapes.len() == 1;
    let step = pairs.iter().filter(|pair| both(pair)).count().div_ceil(MOST_OUTLINES).max(1);
    let numbers = pairs.iter().scan(0usize, |next, pair| {
        let own = *next;
        *next += usize::from(both(pair));
        Some(own)
    });
    let numbered: Vec<(usize, (&Answer, &Answer))> = numbers.zip(pairs.iter().copied()).collect();
    let meet = |(n, (a, b)): (usize, (&Answer, &Answer))| {
        // One object against several has no pair of shapes to measure.
        let shapes = match (a.shapes.as_slice(), b.shapes.as_slice()) {
            ([x], [y]) => Some((x, y)),
            _ => None,
        };
        let spacing = readings.items.get(a.item as usize).and_then(|item| item.spacing);
        let measured = shapes.filter(|_| points || outlines && n.is_multiple_of(step));
        let apart = match (measured, spacing) {
            (None, _) => Apart::Nothing,
            (_, None) => Apart::Pixels,
            (Some((x, y)), Some(spacing)) => match distance(x, y, spacing) {
                Some(apart) if points => Apart::Points(apart),
                Some(apart) => Apart::Outlines(apart),
                None => Apart::Nothing,
            },
        };
        Meeting {
            readers: (a.reader as usize, b.reader as usize),
            marked: [a, b].map(|answer| answer.value.is(PRESENT)),
            shared: shapes.and_then(|(x, y)| shared_area(x, y)).map(|shared| (shared.iou(), shared.dice())),
            apart,
        }
    };
    numbered.into_par_iter().map(meet).collect()
}

/// Gives how well objects are found by the same readers, how much of each other's shapes they draw, and how far apart
/// these lie.
pub(super) fn overlaps<'m>(kind: LabelKind, meetings: impl Iterator<Item = &'m Meeting>) -> Measures {
    let (mut both, mut either, mut pixels) = (0u64, 0u64, false);
    let (mut iou, mut dice, mut outlines, mut points) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for meeting in meetings {
        either += u64::from(meeting.marked[0] != meeting.marked[1]);
        both += u64::from(meeting.marked == [true; 2]);
        if let Some((own_iou, own_dice)) = meeting.shared {
            iou.push(own_iou);
            dice.push(own_dice);
        }
        match meeting.apart {
            Apart::Outlines(apart) => outlines.push(apart),
            Apart::Points(apart) => points.push(apart),
            Apart::Pixels => pixels = true,
            Apart::Nothing => {}
        }
    }
    let found =
        (both + either > 0).then(|| 2.0 * both as f64 / (2 * both + either) as f64).ok_or(Undefined::NoPairs);
    let mut measures = Measures::new();
    measures.insert("free_response_kappa", measure(found.map(|value| (value, None, (both + either) as f64))));
    let no_pair = match pixels {
        true => "no image with a spacing: a distance would be in pixels",
        false => "no object was drawn by two readers with one shape each",
    };
    let areas = !matches!(kind, LabelKind::Point | LabelKind::Landmarks | LabelKind::Line);
    for (name, values) in [("mean_iou", iou), ("mean_dice", dice)] {
        measures.insert(
            name,
            match areas {
                true => measure(mean(&values)),
                false => none("only defined for shapes with an area"),
            },
        );
    }
    outlines.sort_unstable_by(f64::total_cmp);
    let median = quantile(&outlines, 0.5).map(|value| within(value, None, outlines.len() as u64));
    measures.insert(
        "median_hd95",
        match kind {
            LabelKind::Mask | LabelKind::Contour => median.unwrap_or_else(|| none(no_pair)),
            _ => none("only defined for masks and contours"),
        },
    );
    measures.insert(
        "mean_radial_error",
        match kind {
            LabelKind::Point | LabelKind::Landmarks if points.is_empty() => none(no_pair),
            LabelKind::Point | LabelKind::Landmarks => measure(mean(&points)),
            _ => none("only defined for points and landmarks"),
        },
    );
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
                Ok(found) => match form(found) {
                    Correlation { value: Some(value), interval } => within(value, interval, n),
                    Correlation { value: None, .. } => none("the items' means don't differ"),
                },
                Err(why) => measure(Err(*why)),
            };
            (name, measure)
        })
        .collect()
}

/// Gives Lin's coefficient of two readers' numbers on the items that both read, and the limits between which 95 % of
/// their differences lie.
pub(super) fn concordance(pairs: &[[f64; 2]]) -> Measures {
    let n = pairs.len() as u64;
    let coefficient = match lin_ccc(pairs, CONFIDENCE) {
        Ok(found) => within(found.value, found.interval, n),
        Err(why) => measure(Err(why)),
    };
    let limits = bland_altman(pairs, CONFIDENCE);
    let of = |take: fn(&BlandAltman) -> (f64, Interval)| match &limits {
        Ok(limits) => within(take(limits).0, Some(take(limits).1), n),
        Err(why) => measure(Err(*why)),
    };
    Measures::from([
        ("lin_ccc", coefficient),
        ("bland_altman_bias", of(|limits| (limits.bias, limits.bias_interval))),
        ("bland_altman_lower", of(|limits| (limits.lower, limits.lower_interval))),
        ("bland_altman_upper", of(|limits| (limits.upper, limits.upper_interval))),
    ])
}

/// Tells whether two numbers differ by no more than a label's tolerance. Rounding in the source makes no difference.
pub(super) fn near(label: &Label, a: f64, b: f64) -> bool {
    const ROUNDING: f64 = 1e-9;
    let larger = a.abs().max(b.abs());
    let allowed = match label.tolerance {
        Tolerance::Absolute(most) => most,
        Tolerance::Percent(percent) => percent / 100.0 * larger,
    };
    (a - b).abs() <= allowed + ROUNDING * larger.max(1.0)
}

/// Gives the share of pairs of numbers of one item that lie within the tolerance, mean over items, and α of the interval
/// scale: for so many different numbers that they can't be counted as levels.
pub(super) fn many_numbers(readings: &Readings, readers: impl Fn(usize) -> bool) -> Measures {
    let of = |answers: &[Answer]| -> Vec<f64> {
        let own = answers.iter().filter(|answer| readers(answer.reader as usize));
        own.filter_map(|answer| answer.value.number()).collect()
    };
    let items: Vec<Vec<f64>> = by_item(readings).map(of).filter(|item| item.len() >= 2).collect();
    let shares: Vec<f64> = items
        .iter()
        .map(|item| {
            let pairs =
                || item.iter().enumerate().flat_map(|(n, a)| item[n + 1..].iter().map(move |b| (*a, *b)));
            let agree = pairs().filter(|(a, b)| near(&readings.label, *a, *b)).count();
            agree as f64 / pairs().count() as f64
        })
        .collect();
    let alpha = alpha_of_numbers(items.iter().map(Vec::as_slice));
    Measures::from([
        ("percent_agreement", measure(mean(&shares))),
        ("krippendorff_alpha_interval", measure(alpha.map(|found| (found.value, found.se, found.items)))),
        ("krippendorff_alpha_ratio", none("there are too many different numbers to compute it in time")),
    ])
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

/// Gives the pairs of readers who share an item, by their numbers alone.
pub(super) fn pairs_of_numbers(readings: &Readings) -> Vec<Pair> {
    let pair = |((a, b), numbers): ((usize, usize), Vec<[f64; 2]>)| {
        let agree: Vec<f64> =
            numbers.iter().map(|[a, b]| f64::from(u8::from(near(&readings.label, *a, *b)))).collect();
        let mut measures = concordance(&numbers);
        measures.insert("percent_agreement", measure(mean(&agree)));
        Some(Pair {
            a: readings.readers.get(a)?.name.clone(),
            b: readings.readers.get(b)?.name.clone(),
            n: numbers.len() as u64,
            measures,
        })
    };
    shared_numbers(readings).into_iter().filter(|(_, numbers)| !numbers.is_empty()).filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_ends_where_the_coefficient_does() {
        let of = |value, se| ends(value, se).map(|of| (of.low, of.high));
        assert_eq!(of(0.9, 0.1).map(|(_, high)| high), Some(1.0));
        assert_eq!(of(-0.9, 0.1).map(|(low, _)| low), Some(-1.0));
        assert_eq!(of(0.9, 0.0), None);
    }
}
