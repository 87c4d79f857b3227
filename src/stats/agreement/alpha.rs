//! Krippendorff's α: one minus observed over expected disagreement, for any number of readers, any scale, with missing
//! reads (Krippendorff 2011, Computing Krippendorff's Alpha-Reliability).
//!
//! Unlike the κ family it leaves out an item with a single read altogether, and corrects for small samples.

use super::reads::{Patterns, Undefined};
use crate::stats::intervals::bootstrap::jackknife;

/// What the distance of two levels is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scale<'a> {
    /// Any two levels are as different.
    Nominal,
    /// By how many reads lie between two levels, in the order of the declared levels.
    Ordinal,
    /// By the difference of the levels' values.
    Interval(&'a [f64]),
    /// By the difference of the levels' values in relation to their sum; values of 0 and more.
    Ratio(&'a [f64]),
}

/// α with its parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alpha {
    /// At most 1; 0 is what chance gives.
    pub value: f64,
    /// The standard error by leaving out one item at a time; `None` where that leaves α undefined.
    pub se: Option<f64>,
    /// How many items have two reads or more.
    pub items: f64,
    /// How many reads these have.
    pub reads: f64,
}

/// Coincidences of levels, levels × levels row by row (Krippendorff 2011).
struct Coincidences {
    table: Vec<f64>,
    of_level: Vec<f64>,
}

impl Coincidences {
    /// Adds an item's pairs of reads, `count` times.
    fn add(&mut self, chosen: &[f64], readers: f64, count: f64) {
        let levels = self.of_level.len();
        for (c, n) in chosen.iter().enumerate().filter(|(_, n)| **n > 0.0) {
            self.of_level[c] += count * n;
            for (k, m) in chosen.iter().enumerate().filter(|(_, m)| **m > 0.0) {
                let pairs = if c == k { n * (n - 1.0) } else { n * m };
                self.table[c * levels + k] += count * pairs / (readers - 1.0);
            }
        }
    }

    fn alpha(&self, scale: Scale<'_>) -> Result<f64, Undefined> {
        let all: f64 = self.of_level.iter().sum();
        if all < 2.0 {
            return Err(Undefined::NoPairs);
        }
        let levels = self.of_level.len();
        if let Scale::Ratio(values) = scale
            && (0..levels).any(|level| self.of_level[level] > 0.0 && value(values, level) < 0.0)
        {
            return Err(Undefined::Negative);
        }
        let (mut observed, mut expected) = (0.0, 0.0);
        // For the ordinal scale: the reads of the levels from a to b, those of a and b by half.
        for a in 0..levels {
            let mut between = 0.0;
            for b in a + 1..levels {
                between += (self.of_level[b - 1] + self.of_level[b]) / 2.0;
                let distance = match scale {
                    Scale::Nominal => 1.0,
                    Scale::Ordinal => between * between,
                    Scale::Interval(values) => (value(values, a) - value(values, b)).powi(2),
                    Scale::Ratio(values) => {
                        let (a, b) = (value(values, a), value(values, b));
                        if a + b == 0.0 { 0.0 } else { ((a - b) / (a + b)).powi(2) }
                    }
                };
                observed += (self.table[a * levels + b] + self.table[b * levels + a]) * distance;
                expected += 2.0 * self.of_level[a] * self.of_level[b] * distance;
            }
        }
        match expected > 0.0 {
            true => Ok(1.0 - (all - 1.0) * observed / expected),
            false => Err(Undefined::NoVariation),
        }
    }
}

fn value(values: &[f64], level: usize) -> f64 {
    values.get(level).copied().unwrap_or(f64::NAN)
}

/// Gives α without its standard error, which takes the longer part where few items are alike.
///
/// # Errors
/// No item with two reads, or all reads the same, so that no disagreement is to be expected.
pub fn alpha_value(reads: &Patterns, scale: Scale<'_>) -> Result<f64, Undefined> {
    coincidences(reads).0.alpha(scale)
}

/// Gives α with the standard error of the delete-one jackknife.
///
/// # Errors
/// As [`alpha_value`].
pub fn krippendorff_alpha(reads: &Patterns, scale: Scale<'_>) -> Result<Alpha, Undefined> {
    let (mut all, items) = coincidences(reads);
    let value = all.alpha(scale)?;
    let mut without = Vec::new();
    reads.each_profile(|chosen, readers, count| {
        if readers >= 2.0 {
            all.add(chosen, readers, -1.0);
            without.push((all.alpha(scale).unwrap_or(f64::NAN), count));
            all.add(chosen, readers, 1.0);
        }
    });
    let reads = all.of_level.iter().sum();
    Ok(Alpha { value, se: jackknife(without), items, reads })
}

fn coincidences(reads: &Patterns) -> (Coincidences, f64) {
    let levels = reads.levels();
    let mut all = Coincidences { table: vec![0.0; levels * levels], of_level: vec![0.0; levels] };
    let mut items = 0.0;
    reads.each_profile(|chosen, readers, count| {
        if readers >= 2.0 {
            items += count;
            all.add(chosen, readers, count);
        }
    });
    (all, items)
}
