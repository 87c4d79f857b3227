//! How much two answers agree in part: weights of agreement between levels, 1 for the same level.

use crate::stats::special::power_of_two_above;

/// Weights between levels, row by row, 0–1.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    levels: usize,
    table: Vec<f64>,
}

impl Weights {
    fn of(levels: usize, weight: impl Fn(usize, usize) -> f64) -> Self {
        let cells = (0..levels).flat_map(|a| (0..levels).map(move |b| (a, b)));
        Weights { levels, table: cells.map(|(a, b)| if a == b { 1.0 } else { weight(a, b) }).collect() }
    }

    /// Only the same level agrees.
    pub fn identity(levels: usize) -> Self {
        Weights::of(levels, |_, _| 0.0)
    }

    /// 1 − |a − b| / range (Cicchetti & Allison 1971), from the values of the declared levels. Levels that are no
    /// numbers take their ranks 1, 2, ….
    pub fn linear(values: &[f64]) -> Self {
        let (values, range) = ranged(values);
        Weights::of(values.len(), |a, b| 1.0 - (values[a] - values[b]).abs() / range)
    }

    /// 1 − (a − b)² / range² (Fleiss & Cohen 1973).
    pub fn quadratic(values: &[f64]) -> Self {
        let (values, range) = ranged(values);
        Weights::of(values.len(), |a, b| 1.0 - ((values[a] - values[b]) / range).powi(2))
    }

    /// 1 for two values of which `within` says that they are near enough, else 0.
    pub fn within(values: &[f64], within: impl Fn(f64, f64) -> bool) -> Self {
        Weights::of(values.len(), |a, b| f64::from(u8::from(within(values[a], values[b]))))
    }

    /// 1 − C(|a − b| + 1, 2) / C(levels, 2), from ranks alone (Gwet 2014).
    pub fn ordinal(levels: usize) -> Self {
        let pairs = |n: usize| (n * (n - 1)) as f64 / 2.0;
        Weights::of(levels, |a, b| 1.0 - pairs(a.abs_diff(b) + 1) / pairs(levels))
    }

    /// Weights of one's own (Cohen 1968), levels × levels row by row; `None` where they are no square.
    pub fn custom(levels: usize, table: Vec<f64>) -> Option<Self> {
        (table.len() == levels * levels).then_some(Weights { levels, table })
    }

    pub fn levels(&self) -> usize {
        self.levels
    }

    /// Gives the weights of level `a` with each level.
    pub fn row(&self, a: usize) -> &[f64] {
        self.table.get(a * self.levels..(a + 1) * self.levels).unwrap_or_default()
    }

    /// Gives the weight of two levels.
    pub fn get(&self, a: usize, b: usize) -> f64 {
        self.row(a).get(b).copied().unwrap_or(0.0)
    }

    /// Gives the sum of all weights.
    pub fn sum(&self) -> f64 {
        self.table.iter().sum()
    }
}

/// Gives values and their range, in a unit in which both are finite. Levels that all have the same value agree in full,
/// as do all where one is no number, of which no distance is known.
fn ranged(values: &[f64]) -> (Vec<f64>, f64) {
    let Some(unit) = power_of_two_above(values.iter().copied()) else {
        return (vec![0.0; values.len()], f64::INFINITY);
    };
    let values: Vec<f64> = values.iter().map(|value| value / unit).collect();
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let range = if high > low { high - low } else { f64::INFINITY };
    (values, range)
}
