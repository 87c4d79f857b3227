//! Agreement corrected for chance, for any number of readers and with missing reads: the family of Gwet, Handbook of
//! Inter-Rater Reliability, 4th ed. 2014, whose members differ in what they take for chance.
//!
//! All take reads as patterns, and weights between the declared levels. Values are at most 1; 0 is what chance gives.
//! An item with one read takes part in the marginals and not in the agreement. Standard errors are over items as a
//! sample of infinitely many; they need two items.

use super::reads::{NONE, Patterns, Undefined};
use super::weights::Weights;

/// A coefficient with its parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    pub value: f64,
    /// The standard error; `None` for fewer than two items.
    pub se: Option<f64>,
    /// The agreement seen, 0–1.
    pub observed: f64,
    /// The agreement that chance gives, 0–1.
    pub expected: f64,
    /// How many items were read at all.
    pub items: f64,
    /// How many were read twice or more.
    pub paired: f64,
}

/// A coefficient, or why there is none.
pub type Measured = Result<Estimate, Undefined>;

/// What the members of the family have in common.
struct Marginals {
    items: f64,
    paired: f64,
    observed: f64,
    /// The mean share of each level over items.
    shares: Vec<f64>,
}

impl Marginals {
    fn of(reads: &Patterns, weights: &Weights) -> Result<Self, Undefined> {
        let (mut items, mut paired, mut agreed) = (0.0, 0.0, 0.0);
        let mut shares = vec![0.0; reads.levels()];
        reads.each_profile(|chosen, readers, count| {
            items += count;
            if readers >= 2.0 {
                paired += count;
                agreed += count * agreement(chosen, readers, weights);
            }
            for (share, chosen) in shares.iter_mut().zip(chosen) {
                *share += count * chosen / readers;
            }
        });
        if items == 0.0 {
            return Err(Undefined::NoItems);
        }
        if paired == 0.0 {
            return Err(Undefined::NoPairs);
        }
        shares.iter_mut().for_each(|share| *share /= items);
        Ok(Marginals { items, paired, observed: agreed / paired, shares })
    }

    /// Gives the coefficient; `chance` is the expected agreement and `own` what one item adds to it, of which half
    /// the influence counts: each read stands on both sides of a pair.
    fn estimate(
        &self,
        reads: &Patterns,
        weights: &Weights,
        expected: f64,
        mut own: impl FnMut(&[u16], &[f64], f64) -> f64,
    ) -> Measured {
        // Where the levels of all reads are one, both are 1 but for rounding.
        if 1.0 - expected <= 1e-14 {
            return Err(Undefined::NoVariation);
        }
        let rest = 1.0 - expected;
        let value = (self.observed - expected) / rest;
        let mut squares = 0.0;
        let mut chosen = vec![0.0; reads.levels()];
        for (row, count) in reads.rows() {
            let readers = profile(row, &mut chosen);
            if readers == 0.0 {
                continue;
            }
            let pair = match readers >= 2.0 {
                true => self.items / self.paired * (agreement(&chosen, readers, weights) - expected),
                false => 0.0,
            };
            let part = pair / rest - 2.0 * (1.0 - value) * (own(row, &chosen, readers) - expected) / rest;
            squares += count * (part - value).powi(2);
        }
        let se = (self.items >= 2.0).then(|| (squares / (self.items * (self.items - 1.0))).sqrt());
        let (items, paired) = (self.items, self.paired);
        Ok(Estimate { value, se, observed: self.observed, expected, items, paired })
    }
}

/// Counts the levels of a row, and gives how many read.
fn profile(row: &[u16], chosen: &mut [f64]) -> f64 {
    chosen.fill(0.0);
    let mut readers = 0.0;
    for code in row.iter().filter(|code| **code != NONE) {
        chosen[usize::from(*code)] += 1.0;
        readers += 1.0;
    }
    readers
}

/// Gives the share of the pairs of readers of an item that agree, in part where weights say so.
fn agreement(chosen: &[f64], readers: f64, weights: &Weights) -> f64 {
    let with = |n: usize| dot(weights.row(n), chosen);
    let sum: f64 =
        chosen.iter().enumerate().filter(|(_, n)| **n > 0.0).map(|(k, n)| n * (with(k) - 1.0)).sum();
    sum / (readers * (readers - 1.0))
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Gives the percent agreement as a share, 0–1: the mean over items that two or more read of the share of pairs of
/// readers that agree.
///
/// Its error is that of a mean over these items. The members corrected for chance count items with one read as 0 in
/// theirs, as Gwet does, since such items take part in the marginals; here they take part in nothing.
pub fn percent_agreement(reads: &Patterns, weights: &Weights) -> Measured {
    let Marginals { items, paired, observed, .. } = Marginals::of(reads, weights)?;
    let mut squares = 0.0;
    reads.each_profile(|chosen, readers, count| {
        if readers >= 2.0 {
            squares += count * (agreement(chosen, readers, weights) - observed).powi(2);
        }
    });
    let se = (paired >= 2.0).then(|| (squares / (paired * (paired - 1.0))).sqrt());
    Ok(Estimate { value: observed, se, observed, expected: 0.0, items, paired })
}

/// Gives the share of items on which all who read agree, of the items that two or more read.
pub fn unanimous(reads: &Patterns) -> Result<f64, Undefined> {
    let (mut paired, mut same) = (0.0, 0.0);
    reads.each_profile(|chosen, readers, count| {
        if readers >= 2.0 {
            paired += count;
            same += if chosen.contains(&readers) { count } else { 0.0 };
        }
    });
    if paired > 0.0 { Ok(same / paired) } else { Err(Undefined::NoPairs) }
}

/// Gives AC1, or AC2 with weights (Gwet 2008): chance is a reader who guesses where the item is hard, Σ w · Σ π(1 − π) /
/// (q(q − 1)). Stays near the percent agreement where one level prevails.
pub fn gwet_ac(reads: &Patterns, weights: &Weights) -> Measured {
    let levels = reads.levels() as f64;
    if levels < 2.0 {
        return Err(Undefined::OneLevel);
    }
    let marginals = Marginals::of(reads, weights)?;
    let scale = weights.sum() / (levels * (levels - 1.0));
    let expected = scale * marginals.shares.iter().map(|share| share * (1.0 - share)).sum::<f64>();
    let against: Vec<f64> = marginals.shares.iter().map(|share| 1.0 - share).collect();
    marginals.estimate(reads, weights, expected, |_, chosen, readers| scale * dot(chosen, &against) / readers)
}

/// Gives Fleiss' κ (Fleiss 1971), with weights and missing reads as generalised by Gwet: chance is the product of the
/// shared marginals.
pub fn fleiss_kappa(reads: &Patterns, weights: &Weights) -> Measured {
    if reads.levels() < 2 {
        return Err(Undefined::OneLevel);
    }
    let marginals = Marginals::of(reads, weights)?;
    let with = both_sides(weights, &marginals.shares);
    let expected = dot(&marginals.shares, &with);
    marginals.estimate(reads, weights, expected, |_, chosen, readers| dot(chosen, &with) / readers)
}

/// Gives for each level the mean weight with a level drawn from `shares`.
fn both_sides(weights: &Weights, shares: &[f64]) -> Vec<f64> {
    let side = |k: usize| {
        shares.iter().enumerate().map(|(l, p)| p * (weights.get(k, l) + weights.get(l, k)) / 2.0).sum()
    };
    (0..shares.len()).map(side).collect()
}

/// Gives the coefficient of Brennan & Prediger 1981 (Randolph's κ; PABAK for two levels): chance takes each declared
/// level as likely.
pub fn brennan_prediger(reads: &Patterns, weights: &Weights) -> Measured {
    let levels = reads.levels() as f64;
    if levels < 2.0 {
        return Err(Undefined::OneLevel);
    }
    let expected = weights.sum() / (levels * levels);
    Marginals::of(reads, weights)?.estimate(reads, weights, expected, |_, _, _| expected)
}

/// Gives Conger's κ (Conger 1980): as Fleiss', but each reader has own marginals. For two readers it is Cohen's.
///
/// The standard error takes each reader's shares over the items that this reader read.
pub fn conger_kappa(reads: &Patterns, weights: &Weights) -> Measured {
    if reads.levels() < 2 {
        return Err(Undefined::OneLevel);
    }
    let (levels, readers) = (reads.levels(), reads.readers());
    let marginals = Marginals::of(reads, weights)?;
    let mut shares = vec![vec![0.0; levels]; readers];
    let mut own = vec![0.0; readers];
    for (row, count) in reads.rows() {
        for (reader, code) in row.iter().enumerate().filter(|(_, code)| **code != NONE) {
            shares[reader][usize::from(*code)] += count;
            own[reader] += count;
        }
    }
    let active: Vec<usize> = (0..readers).filter(|reader| own[*reader] > 0.0).collect();
    if active.len() < 2 {
        return Err(Undefined::NoPairs);
    }
    for reader in &active {
        shares[*reader].iter_mut().for_each(|share| *share /= own[*reader]);
    }
    let total: Vec<f64> = (0..levels).map(|k| active.iter().map(|g| shares[*g][k]).sum()).collect();
    let pairs = (active.len() * (active.len() - 1)) as f64;
    // For each reader and level, the weight with a level that another reader draws from their own marginals.
    let with: Vec<Vec<f64>> = (0..readers)
        .map(|g| {
            let others: Vec<f64> = total.iter().zip(&shares[g]).map(|(total, own)| total - own).collect();
            both_sides(weights, &others).iter().map(|sum| sum / pairs).collect()
        })
        .collect();
    let by_reader: Vec<f64> = (0..readers).map(|g| dot(&shares[g], &with[g])).collect();
    let expected: f64 = active.iter().map(|g| by_reader[*g]).sum();
    let items = marginals.items;
    marginals.estimate(reads, weights, expected, |row, _, _| {
        let read = row.iter().enumerate().filter(|(_, code)| **code != NONE);
        let gained: f64 =
            read.map(|(g, code)| items / own[g] * (with[g][usize::from(*code)] - by_reader[g])).sum();
        expected + gained
    })
}

/// Gives the specific agreement on one level (Fleiss, Levin & Paik 2003; for two readers 2a / (2a + b + c)), 0–1: if a
/// read says this level, how likely does another read of the item say the same. For two levels these are the positive
/// and the negative agreement. Undefined where nobody chose the level on an item that two read.
pub fn specific_agreement(reads: &Patterns, level: u16) -> Result<f64, Undefined> {
    let (mut same, mut all, mut read, mut paired) = (0.0, 0.0, 0.0, 0.0);
    reads.each_profile(|chosen, readers, count| {
        let own = chosen.get(usize::from(level)).copied().unwrap_or(0.0);
        same += count * own * (own - 1.0);
        all += count * own * (readers - 1.0);
        read += count * readers;
        paired += if readers >= 2.0 { count } else { 0.0 };
    });
    match () {
        () if read == 0.0 => Err(Undefined::NoItems),
        () if paired == 0.0 => Err(Undefined::NoPairs),
        () if all == 0.0 => Err(Undefined::NeverSaid),
        () => Ok(same / all),
    }
}

/// Gives the share of each declared level over all reads, 0–1; empty where there are none.
pub fn prevalence(reads: &Patterns) -> Vec<f64> {
    let (mut levels, mut all) = (vec![0.0; reads.levels()], 0.0);
    reads.each_profile(|chosen, readers, count| {
        all += count * readers;
        levels.iter_mut().zip(chosen).for_each(|(sum, chosen)| *sum += count * chosen);
    });
    if all == 0.0 {
        return Vec::new();
    }
    levels.iter().map(|sum| sum / all).collect()
}
