//! Krippendorff's α: one minus observed over expected disagreement, for any number of readers, any scale, with missing
//! reads (Krippendorff 2011, Computing Krippendorff's Alpha-Reliability).
//!
//! Unlike the κ family it leaves out an item with a single read altogether, and corrects for small samples.

use super::reads::{Patterns, Undefined};
use crate::stats::continuous::{constant, mean};
use crate::stats::intervals::bootstrap::jackknife;
use crate::stats::special::power_of_two_above;

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

impl<'a> Scale<'a> {
    /// Gives the same scale of other values.
    fn with(self, values: &'a [f64]) -> Self {
        match self {
            Scale::Interval(_) => Scale::Interval(values),
            Scale::Ratio(_) => Scale::Ratio(values),
            other => other,
        }
    }
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
    /// Whether anybody read anything, be it alone.
    read: bool,
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

    /// Gives the values of a scale in a unit in which their squares are numbers; those of levels that nobody chose are 0.
    ///
    /// # Errors
    /// Some aren't finite.
    fn scaled(&self, scale: Scale<'_>) -> Result<Vec<f64>, Undefined> {
        let (Scale::Interval(values) | Scale::Ratio(values)) = scale else { return Ok(Vec::new()) };
        let used = |(level, n): (usize, &f64)| if *n > 0.0 { value(values, level) } else { 0.0 };
        let used: Vec<f64> = self.of_level.iter().enumerate().map(used).collect();
        let unit = power_of_two_above(used.iter().copied()).ok_or(Undefined::TooLarge)?;
        Ok(used.into_iter().map(|value| value / unit).collect())
    }

    fn alpha(&self, scale: Scale<'_>) -> Result<f64, Undefined> {
        let all: f64 = self.of_level.iter().sum();
        if all < 2.0 {
            return Err(if self.read { Undefined::NoPairs } else { Undefined::NoItems });
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
/// No item with two reads, or all reads the same, so that no disagreement is to be expected; values that aren't finite.
pub fn alpha_value(reads: &Patterns, scale: Scale<'_>) -> Result<f64, Undefined> {
    let (all, _) = coincidences(reads);
    let values = all.scaled(scale)?;
    all.alpha(scale.with(&values))
}

/// Gives α with the standard error of the delete-one jackknife.
///
/// # Errors
/// As [`alpha_value`].
pub fn krippendorff_alpha(reads: &Patterns, scale: Scale<'_>) -> Result<Alpha, Undefined> {
    let (mut all, items) = coincidences(reads);
    let values = all.scaled(scale)?;
    let scale = scale.with(&values);
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

/// Gives α of the interval scale from the values of each item, however many different ones there are; with the standard
/// error of the delete-one jackknife. Squared differences of all pairs follow from sums and sums of squares.
///
/// # Errors
/// As [`alpha_value`].
pub fn alpha_of_numbers<'a>(items: impl IntoIterator<Item = &'a [f64]>) -> Result<Alpha, Undefined> {
    let items: Vec<&[f64]> = items.into_iter().filter(|item| item.len() >= 2).collect();
    let values = || items.iter().flat_map(|item| item.iter().copied());
    let all = values().count() as f64;
    if all < 2.0 {
        return Err(Undefined::NoPairs);
    }
    if constant(values()) {
        return Err(Undefined::NoVariation);
    }
    let unit = power_of_two_above(values()).ok_or(Undefined::TooLarge)?;
    let centre = mean(values().map(|value| value / unit));
    // By item: how many values, their sum and the sum of their squares around the centre, and what they disagree.
    let parts: Vec<[f64; 4]> = items
        .iter()
        .map(|item| {
            let own = || item.iter().map(|value| value / unit - centre);
            let (n, sum, squares) =
                (item.len() as f64, own().sum::<f64>(), own().map(|value| value * value).sum());
            let middle = sum / n;
            let within: f64 = own().map(|value| (value - middle).powi(2)).sum();
            [n, sum, squares, 2.0 * n * within / (n - 1.0)]
        })
        .collect();
    let sums: [f64; 4] = std::array::from_fn(|part| parts.iter().map(|parts| parts[part]).sum());
    let alpha = |[n, sum, squares, observed]: [f64; 4]| {
        let expected = 2.0 * (n * squares - sum * sum);
        if expected > 0.0 { 1.0 - (n - 1.0) * observed / expected } else { f64::NAN }
    };
    let without = parts.iter().map(|own| (alpha(std::array::from_fn(|part| sums[part] - own[part])), 1.0));
    let se = jackknife(without);
    Ok(Alpha { value: alpha(sums), se, items: items.len() as f64, reads: all })
}

fn coincidences(reads: &Patterns) -> (Coincidences, f64) {
    let levels = reads.levels();
    let mut all =
        Coincidences { table: vec![0.0; levels * levels], of_level: vec![0.0; levels], read: false };
    let mut items = 0.0;
    reads.each_profile(|chosen, readers, count| {
        all.read = true;
        if readers >= 2.0 {
            items += count;
            all.add(chosen, readers, count);
        }
    });
    (all, items)
}
