//! Intraclass correlations (Shrout & Fleiss 1979) with the intervals of McGraw & Wong 1996.

use super::{constant, mean, scaled};
use crate::stats::agreement::Undefined;
use crate::stats::intervals::Interval;
use crate::stats::special::f_quantile;

/// A correlation and its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Correlation {
    /// At most 1; may be negative where items differ less than reads of the same item. `None` where it is 0/0, or without
    /// bound since the items' means don't differ at all.
    pub value: Option<f64>,
    /// `None` where the interval is undefined, as without any error between readers.
    pub interval: Option<Interval>,
}

/// The six correlations. The first number is the model: 1, each item by other readers; 2, all items by the same
/// readers, who stand for many (absolute agreement); 3, by these readers alone (consistency). The second is whether one
/// reader's value is used or the mean of all k.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Icc {
    pub icc_1_1: Correlation,
    pub icc_1_k: Correlation,
    pub icc_2_1: Correlation,
    pub icc_2_k: Correlation,
    pub icc_3_1: Correlation,
    pub icc_3_k: Correlation,
    pub squares: MeanSquares,
}

/// Mean squares of the two-way layout without replication, in the square of the values' unit; infinite where that is too
/// large for a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanSquares {
    /// Between items.
    pub between: f64,
    /// Within items.
    pub within: f64,
    /// Between readers.
    pub readers: f64,
    /// What is left.
    pub error: f64,
}

/// The share of all variation below which there is nothing but rounding.
const NOISE: f64 = 1e-14;

impl MeanSquares {
    /// Brings them to another unit.
    fn times(self, unit: f64) -> Self {
        let of = |square: f64| square * unit * unit;
        MeanSquares {
            between: of(self.between),
            within: of(self.within),
            readers: of(self.readers),
            error: of(self.error),
        }
    }
}

impl Correlation {
    /// Leaves out what is no number.
    fn of(value: f64, interval: Option<Interval>) -> Self {
        let value = Some(value).filter(|value| value.is_finite());
        let whole = |ends: &Interval| value.is_some() && ends.low.is_finite() && ends.high.is_finite();
        Correlation { value, interval: interval.filter(whole) }
    }
}

/// Gives the correlations of items × readers, row by row, without missing values; `confidence` 0–1.
///
/// # Errors
/// Fewer than two items or readers, rows that aren't full, values that are all the same, or that aren't finite.
pub fn icc(values: &[f64], readers: usize, confidence: f64) -> Result<Icc, Undefined> {
    if readers < 2 || !values.len().is_multiple_of(readers) {
        return Err(Undefined::NoPairs);
    }
    let items = values.len() / readers;
    if items < 2 {
        return Err(Undefined::TooFew);
    }
    if constant(values.iter().copied()) {
        return Err(Undefined::NoVariation);
    }
    let (values, unit) = scaled(values.iter().copied())?;
    let (n, k) = (items as f64, readers as f64);
    let grand = mean(values.iter().copied());
    let between: f64 =
        values.chunks_exact(readers).map(|row| (mean(row.iter().copied()) - grand).powi(2)).sum::<f64>() * k;
    let of_reader = |reader: usize| mean(values.iter().skip(reader).step_by(readers).copied());
    let by_reader: f64 = (0..readers).map(|reader| (of_reader(reader) - grand).powi(2)).sum::<f64>() * n;
    let total: f64 = values.iter().map(|value| (value - grand).powi(2)).sum();
    if total <= 0.0 {
        return Err(Undefined::NoVariation);
    }
    // A part that is no more than what rounding leaves is none: else a ratio of two such would look like a figure.
    let part = |sum: f64| if sum > NOISE * total { sum } else { 0.0 };
    let squares = MeanSquares {
        between: part(between) / (n - 1.0),
        within: part(total - between) / (n * (k - 1.0)),
        readers: part(by_reader) / (k - 1.0),
        error: part(total - between - by_reader) / ((n - 1.0) * (k - 1.0)),
    };
    let tail = (1.0 + confidence) / 2.0;
    let one_way = by_ratio(squares.between, squares.within, k, [n - 1.0, n * (k - 1.0)], tail);
    let fixed = by_ratio(squares.between, squares.error, k, [n - 1.0, (n - 1.0) * (k - 1.0)], tail);
    let random = absolute(squares, n, k, tail);
    Ok(Icc {
        icc_1_1: one_way[0],
        icc_1_k: one_way[1],
        icc_2_1: random[0],
        icc_2_k: random[1],
        icc_3_1: fixed[0],
        icc_3_k: fixed[1],
        squares: squares.times(unit),
    })
}

/// Gives the correlations that rest on one ratio of variances: of one value, and of the mean of k.
fn by_ratio(between: f64, error: f64, k: f64, [above, below]: [f64; 2], tail: f64) -> [Correlation; 2] {
    let ratio = between / error;
    let ends = ratio
        .is_finite()
        .then(|| [ratio / f_quantile(tail, above, below), ratio * f_quantile(tail, below, above)]);
    let interval =
        |of: &dyn Fn(f64) -> f64| ends.map(|[low, high]| Interval { low: of(low), high: of(high) });
    [
        Correlation::of(
            (between - error) / (between + (k - 1.0) * error),
            interval(&|f| (f - 1.0) / (f + k - 1.0)),
        ),
        Correlation::of((between - error) / between, interval(&|f| 1.0 - 1.0 / f)),
    ]
}

/// Gives the correlations of absolute agreement; the interval of the mean is the other's by Spearman and Brown.
fn absolute(squares: MeanSquares, n: f64, k: f64, tail: f64) -> [Correlation; 2] {
    let MeanSquares { between, readers, error, .. } = squares;
    let one = (between - error) / (between + (k - 1.0) * error + k * (readers - error) / n);
    let many = (between - error) / (between + (readers - error) / n);
    let interval = (error > 0.0 && one.is_finite()).then(|| {
        let ratio = readers / error;
        let rest = n * (1.0 + (k - 1.0) * one) - k * one;
        let above = (k - 1.0) * (n - 1.0) * (k * one * ratio + rest).powi(2);
        let freedom = above / ((n - 1.0) * k * k * one * one * ratio * ratio + rest * rest);
        let (up, down) = (f_quantile(tail, n - 1.0, freedom), f_quantile(tail, freedom, n - 1.0));
        let spread = k * readers + (k * n - k - n) * error;
        Interval {
            low: n * (between - up * error) / (up * spread + n * between),
            high: n * (down * between - error) / (spread + n * down * between),
        }
    });
    let stepped = |end: f64| end * k / (1.0 + end * (k - 1.0));
    let of_mean = interval.map(|ends| Interval { low: stepped(ends.low), high: stepped(ends.high) });
    [Correlation::of(one, interval), Correlation::of(many, of_mean)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::golden::{Outcome, case, list, meets, numbers};

    #[test]
    fn correlations_are_those_of_shrout_and_fleiss() -> Outcome {
        for golden in [case!("shrout_fleiss1979_icc"), case!("bland_altman1986_pefr")] {
            let rows = list(&golden["data"]);
            let values: Vec<f64> = rows.iter().flat_map(numbers).collect();
            let icc = icc(&values, list(&rows[0]).len(), 0.95)?;
            let golden = &golden["metrics"];
            for (name, got) in [
                ("ICC1_1", icc.icc_1_1),
                ("ICC1_k", icc.icc_1_k),
                ("ICC2_1", icc.icc_2_1),
                ("ICC2_k", icc.icc_2_k),
                ("ICC3_1", icc.icc_3_1),
                ("ICC3_k", icc.icc_3_k),
            ] {
                meets(name, got.value.ok_or("no value")?, &golden[name], 1e-9);
                let interval = got.interval.ok_or("no interval")?;
                meets(name, interval.low, &golden[format!("{name}_ci")][0], 1e-9);
                meets(name, interval.high, &golden[format!("{name}_ci")][1], 1e-9);
            }
            for (name, got) in [
                ("BMS", icc.squares.between),
                ("WMS", icc.squares.within),
                ("JMS", icc.squares.readers),
                ("EMS", icc.squares.error),
            ] {
                meets(name, got, &golden[name], 1e-9);
            }
        }
        Ok(())
    }

    #[test]
    fn what_does_not_vary_has_no_correlation() {
        assert_eq!(icc(&[3.0; 6], 2, 0.95).err(), Some(Undefined::NoVariation));
        assert_eq!(icc(&[3.0, 4.0], 2, 0.95).err(), Some(Undefined::TooFew));
        assert_eq!(icc(&[3.0, 4.0], 1, 0.95).err(), Some(Undefined::NoPairs));
        // Readers who say the same have correlation 1, and no error to make an interval of.
        let same = icc(&[1.0, 1.0, 2.0, 2.0, 5.0, 5.0], 2, 0.95).map(|icc| icc.icc_2_1);
        assert_eq!(same, Ok(Correlation { value: Some(1.0), interval: None }));
    }

    #[test]
    fn items_whose_means_are_the_same_have_no_ratio() -> Outcome {
        let icc = icc(&[1.1, 2.3, 2.3, 1.1, 1.1, 2.3], 2, 0.95)?;
        assert_eq!((icc.icc_1_k.value, icc.icc_3_k.value, icc.icc_1_1.value), (None, None, Some(-1.0)));
        assert_eq!(super::icc(&[1.0, f64::INFINITY, 2.0, 2.0], 2, 0.95).err(), Some(Undefined::TooLarge));
        assert_eq!(super::icc(&[0.1; 6], 2, 0.95).err(), Some(Undefined::NoVariation));
        Ok(())
    }

    proptest! {
        #[test]
        fn a_unit_moves_nothing_and_large_numbers_break_nothing(
            values in proptest::collection::vec(-9i32..9, 12),
            exponent in -1000i32..1020,
            wild in proptest::collection::vec(any::<f64>(), 12),
        ) {
            let small: Vec<f64> = values.iter().map(|value| f64::from(*value)).collect();
            let large: Vec<f64> = small.iter().map(|value| value * f64::from(exponent).exp2()).collect();
            let of = |values: &[f64]| icc(values, 3, 0.95).map(|icc| (icc.icc_1_1, icc.icc_2_k, icc.icc_3_1));
            prop_assert_eq!(of(&small), of(&large));
            if let Ok(icc) = icc(&wild, 3, 0.95) {
                for one in [icc.icc_1_1, icc.icc_1_k, icc.icc_2_1, icc.icc_2_k, icc.icc_3_1, icc.icc_3_k] {
                    let ends = one.interval.map_or([0.0; 2], |ends| [ends.low, ends.high]);
                    prop_assert!(one.value.is_none_or(f64::is_finite) && ends.iter().all(|end| end.is_finite()));
                }
            }
        }
    }
}
