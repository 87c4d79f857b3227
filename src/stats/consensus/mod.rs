//! One answer of many: votes, and models of how reliable each reader is. Readers may have read an item several times,
//! or not at all; items with the same votes are computed once.
//!
//! A model computes in an order that comes from the votes: permuting items, readers or levels permutes its answer and
//! changes no digit that counts. A model's answer is a proposal with a probability, not a truth: each says how sure it
//! is, and whether it converged.

pub mod dawid_skene;
pub mod glad;
pub mod mace;
mod order;
#[cfg(test)]
mod tests;
pub mod vote;
pub mod votes;

use rayon::prelude::*;

use order::Alike;
pub use vote::Tie;
pub use votes::Votes;

/// What a model makes of votes. Patterns of votes are those of [`Votes`], in its order.
#[derive(Debug, Clone, PartialEq)]
pub struct Consensus {
    /// How likely each level is the true one, patterns × levels, row by row; rows add up to 1. A pattern without
    /// votes has the prior.
    pub posterior: Vec<f64>,
    pub levels: usize,
    /// The share of each level over items that were read, as the model estimates it.
    pub prior: Vec<f64>,
    /// For each reader how likely each answer (column) is where each level (row) is true, levels × levels, row by
    /// row. A row of zeros: the reader read no item of this level.
    pub confusion: Vec<Vec<f64>>,
    /// How often the model was improved.
    pub iterations: usize,
    /// The last step changed less than the tolerance: else more iterations may change the answer.
    pub converged: bool,
    /// The logarithm of the likelihood at the last step's parameters.
    pub log_likelihood: f64,
    /// By how much the last step changed it.
    pub change: f64,
    /// The most that the last step changed the probability of any level of any pattern.
    pub moved: f64,
}

impl Consensus {
    /// Gives how likely each level is for a pattern.
    pub fn of(&self, pattern: usize) -> &[f64] {
        self.posterior.get(pattern * self.levels..(pattern + 1) * self.levels).unwrap_or_default()
    }

    /// Gives the most likely level of a pattern; what a tie gives is said by the rule.
    pub fn answer(&self, pattern: usize, tie: Tie) -> Option<u16> {
        vote::winner(self.of(pattern), tie)
    }
}

/// When to stop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stop {
    pub iterations: usize,
    /// Converged where no probability of a level changes by as much, and the logarithm of the likelihood, which is a sum
    /// over all items, not by a thousand times as much. The likelihood alone stands still long before the answer does.
    pub tolerance: f64,
}

impl Default for Stop {
    fn default() -> Self {
        Stop { iterations: 5000, tolerance: 1e-8 }
    }
}

impl Stop {
    /// Says whether a step that moves a probability and the likelihood by so much is the last one.
    pub fn at(&self, moved: f64, change: f64) -> bool {
        moved < self.tolerance && change < 1000.0 * self.tolerance
    }
}

/// What a step comes to.
struct Step {
    log_likelihood: f64,
    moved: f64,
}

/// How a model was improved, step by step.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Climb {
    iterations: usize,
    converged: bool,
    log_likelihood: f64,
    change: f64,
    moved: f64,
}

impl Climb {
    /// Takes steps until one changes less than the tolerance, or there were enough. A step is told whether it is the
    /// first, which has nothing to improve yet.
    fn up(stop: Stop, mut step: impl FnMut(bool) -> Step) -> Climb {
        let mut climb = Climb {
            iterations: 0,
            converged: false,
            log_likelihood: f64::NEG_INFINITY,
            change: f64::INFINITY,
            moved: f64::INFINITY,
        };
        while climb.iterations < stop.iterations.max(1) && !climb.converged {
            let Step { log_likelihood, moved } = step(climb.iterations == 0);
            climb.iterations += 1;
            climb.change = (log_likelihood - climb.log_likelihood).abs();
            climb.moved = moved;
            climb.converged = stop.at(moved, climb.change);
            climb.log_likelihood = log_likelihood;
        }
        climb
    }

    /// Gives the consensus that was climbed to.
    fn to(self, votes: &Votes, posterior: Vec<f64>, of: (Vec<f64>, Vec<Vec<f64>>)) -> Consensus {
        let Climb { iterations, converged, log_likelihood, change, moved } = self;
        let (prior, mut confusion) = of;
        clear_unmet(votes, &posterior, &mut confusion);
        let levels = votes.levels();
        Consensus {
            posterior,
            levels,
            prior,
            confusion,
            iterations,
            converged,
            log_likelihood,
            change,
            moved,
        }
    }
}

/// A reader met a level where so many of their reads are expected to be of it.
const MET: f64 = 0.01;

/// Makes zeros of the rows of levels that a reader never met. A model keeps a little probability for every declared level
/// everywhere, and would make a whole row of it; so only items of which somebody says the level count here.
fn clear_unmet(votes: &Votes, posterior: &[f64], confusion: &mut [Vec<f64>]) {
    let (levels, readers) = (votes.levels(), votes.readers());
    let met = sum_over(votes.len(), readers * levels, |pattern, sums| {
        let (cast, count) = (votes.of(pattern), votes.counts()[pattern]);
        let said = |level: usize| cast.iter().any(|(_, said)| usize::from(*said) == level);
        for level in (0..levels).filter(|level| said(*level)) {
            let share = posterior[pattern * levels + level] * count;
            cast.iter().for_each(|(reader, _)| sums[*reader as usize * levels + level] += share);
        }
    });
    let rows = confusion.iter_mut().flat_map(|of| of.chunks_exact_mut(levels));
    rows.zip(met).filter(|(_, met)| *met < MET).for_each(|(row, _)| row.fill(0.0));
}

/// Adds up what patterns contribute, in parallel and in an order that doesn't depend on the number of threads.
fn sum_over<F>(patterns: usize, length: usize, each: F) -> Vec<f64>
where
    F: Fn(usize, &mut [f64]) + Sync,
{
    const PART: usize = 4096;
    let parts: Vec<Vec<f64>> = (0..patterns.div_ceil(PART))
        .into_par_iter()
        .map(|part| {
            let mut sums = vec![0.0; length];
            for pattern in part * PART..((part + 1) * PART).min(patterns) {
                each(pattern, &mut sums);
            }
            sums
        })
        .collect();
    let mut all = vec![0.0; length];
    for part in parts {
        all.iter_mut().zip(part).for_each(|(all, part)| *all += part);
    }
    all
}

/// Turns logarithms of weights into shares that add up to 1, and gives the logarithm of their sum.
fn normalise(logs: &mut [f64]) -> f64 {
    let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for log in logs.iter_mut() {
        *log = (*log - most).exp();
        sum += *log;
    }
    logs.iter_mut().for_each(|share| *share /= sum);
    most + sum.ln()
}

/// Computes the posterior of each pattern by `logs`, which fills in unnormalised logarithms, and gives the logarithm
/// of the likelihood over all that was read, and how far the posterior moved.
fn posteriors<F>(votes: &Votes, alike: &Alike, posterior: &mut [f64], logs: F) -> Step
where
    F: Fn(usize, &mut [f64]) + Sync,
{
    let before = posterior.to_vec();
    let each: Vec<f64> = posterior
        .par_chunks_mut(votes.levels().max(1))
        .enumerate()
        .with_min_len(1024)
        .map(|(pattern, row)| {
            logs(pattern, row);
            let log = normalise(row);
            if votes.of(pattern).is_empty() { 0.0 } else { log * votes.counts()[pattern] }
        })
        .collect();
    alike.level(posterior);
    let moved = posterior.iter().zip(&before).map(|(now, before)| (now - before).abs()).fold(0.0, f64::max);
    Step { log_likelihood: each.iter().sum(), moved }
}

/// Gives the prior and each reader's confusion that go with posteriors: the maximisation step of Dawid & Skene.
pub fn confusions(votes: &Votes, posterior: &[f64]) -> (Vec<f64>, Vec<Vec<f64>>) {
    let (levels, readers) = (votes.levels(), votes.readers());
    let square = levels * levels;
    let sums = sum_over(votes.len(), readers * square + levels + 1, |pattern, sums| {
        let (cast, count) = (votes.of(pattern), votes.counts()[pattern]);
        if cast.is_empty() {
            return;
        }
        let row = &posterior[pattern * levels..(pattern + 1) * levels];
        for (truth, share) in row.iter().enumerate() {
            for (reader, level) in cast {
                sums[*reader as usize * square + truth * levels + usize::from(*level)] += share * count;
            }
            sums[readers * square + truth] += share * count;
        }
        sums[readers * square + levels] += count;
    });
    let all = sums[readers * square + levels];
    let prior = sums[readers * square..readers * square + levels].iter().map(|sum| sum / all).collect();
    let confusion = sums[..readers * square].chunks_exact(square.max(1)).map(|one| {
        let rows = one.chunks_exact(levels);
        rows.flat_map(|row| {
            let sum: f64 = row.iter().sum();
            row.iter().map(move |cell| if sum > 0.0 { cell / sum } else { 0.0 })
        })
        .collect()
    });
    (prior, confusion.collect())
}
