//! Each reader knows or guesses: MACE (Hovy et al. 2013). Who knows says the truth; who guesses draws from own habits.

use super::order::{self, Alike, Signs};
use super::{Climb, Consensus, Stop, Votes, confusions, posteriors, sum_over};
use crate::stats::agreement::Undefined;
use crate::stats::random::{Random, mix};
use crate::stats::special::digamma;

/// What MACE finds.
#[derive(Debug, Clone, PartialEq)]
pub struct Mace {
    pub consensus: Consensus,
    /// By reader: how often the reader knows, 0–1, as expected over the reads; of a reader without any, the prior's.
    pub competence: Vec<f64>,
    /// By reader and level: what the reader says when guessing; adds up to 1 for each reader.
    pub habits: Vec<Vec<f64>>,
}

/// How to begin, and what is taken for likely beforehand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Priors {
    /// Of the beta distribution of knowing, both parameters.
    pub knowing: f64,
    /// Of the Dirichlet distribution of habits, each parameter.
    pub habit: f64,
    /// From how many beginnings the best is taken. The first is even, the others are drawn from the seed, by what a
    /// reader and a level are in the votes and not by their number: readers that nothing tells apart begin alike.
    pub starts: usize,
    pub seed: u64,
}

impl Default for Priors {
    fn default() -> Self {
        Priors { knowing: 0.5, habit: 0.5, starts: 10, seed: 0 }
    }
}

/// Steps after which the highest of several beginnings is known.
const LITTLE: usize = 100;

/// Estimates by variational Bayes from several beginnings, and gives the one with the highest likelihood; levels are
/// as likely beforehand.
///
/// # Errors
/// No votes, or fewer than two levels.
pub fn mace(votes: &Votes, priors: Priors, stop: Stop) -> Result<Mace, Undefined> {
    votes.check()?;
    let (votes, order, signs, alike) = order::sorted(votes);
    let told = (&signs, &alike);
    // All beginnings climb a little way, and the highest of them goes on alone.
    let little = Stop { iterations: stop.iterations.min(LITTLE), ..stop };
    let first = one(&votes, told, priors, if priors.starts > 1 { little } else { stop }, 0);
    let (mut best, mut from) = (first, 0);
    for start in 1..priors.starts {
        let next = one(&votes, told, priors, little, start);
        // Equal but for rounding is the same: the earlier one stays.
        if next.consensus.log_likelihood > best.consensus.log_likelihood + 1e-6 {
            (best, from) = (next, start);
        }
    }
    if !best.consensus.converged && best.consensus.iterations < stop.iterations {
        best = one(&votes, told, priors, stop, from);
    }
    let habits = order.by_reader(&best.habits);
    Ok(Mace {
        consensus: order.back(best.consensus),
        competence: order.of_readers(&best.competence),
        habits: habits.iter().map(|of| order.of_levels(of)).collect(),
    })
}

/// Weights of knowing and of guessing each level, by reader: 2 + levels numbers.
struct Model {
    width: usize,
    weights: Vec<f64>,
}

impl Model {
    fn of(&self, reader: u32) -> (f64, f64, &[f64]) {
        let row = &self.weights[reader as usize * self.width..][..self.width];
        (row[0], row[1], &row[2..])
    }

    /// Gives how likely a vote is where it is right, and where it is not.
    fn vote(&self, (reader, level): (u32, u16)) -> (f64, f64) {
        let (knowing, guessing, habit) = self.of(reader);
        let guessed = guessing * habit[usize::from(level)];
        (knowing + guessed, guessed)
    }
}

fn one(votes: &Votes, (signs, alike): (&Signs, &Alike), priors: Priors, stop: Stop, start: usize) -> Mace {
    let levels = votes.levels();
    let width = levels + 2;
    let draw = |sign: u64| Random::new(priors.seed ^ sign, start as u64).unit();
    let mut model = Model { width, weights: Vec::with_capacity(votes.readers() * width) };
    for reader in &signs.readers {
        let knowing = if start == 0 { 0.5 } else { 0.05 + 0.9 * draw(*reader) };
        let habit =
            |level: &u64| if start == 0 { 1.0 } else { 0.1 + draw(mix(*reader).wrapping_add(*level)) };
        let habit: Vec<f64> = signs.levels.iter().map(habit).collect();
        let sum: f64 = habit.iter().sum();
        model.weights.extend([knowing, 1.0 - knowing]);
        model.weights.extend(habit.iter().map(|share| share / sum));
    }
    let mut posterior = vec![0.0; votes.len() * levels];
    let mut counts = Vec::new();
    let climb = Climb::up(stop, |first| {
        if !first {
            model.weights = maximised(&counts, width, priors);
        }
        let step = posteriors(votes, alike, &mut posterior, |pattern, row| {
            row.fill(-(levels as f64).ln());
            for cast in votes.of(pattern) {
                let (right, wrong) = model.vote(*cast);
                // Under the smallest weights a product of many votes is still a number.
                let wrong = wrong.max(1e-300).ln();
                row.iter_mut().for_each(|sum| *sum += wrong);
                row[usize::from(cast.1)] += right.max(1e-300).ln() - wrong;
            }
        });
        counts = expected(votes, &model, &posterior);
        step
    });
    let of = confusions(votes, &posterior);
    let rows = || counts.chunks_exact(width);
    let smoothed = |row: &[f64], from: usize, to: usize, by: f64| {
        let sum: f64 = row[from..to].iter().map(|count| count + by).sum();
        row[from..to].iter().map(|count| (count + by) / sum).collect::<Vec<f64>>()
    };
    Mace {
        competence: rows().map(|row| smoothed(row, 0, 2, priors.knowing)[0]).collect(),
        habits: rows().map(|row| smoothed(row, 2, width, priors.habit)).collect(),
        consensus: climb.to(votes, posterior, of),
    }
}

/// Counts how often each reader knew, guessed, and guessed each level, as expected under the posterior.
fn expected(votes: &Votes, model: &Model, posterior: &[f64]) -> Vec<f64> {
    let (levels, width) = (votes.levels(), model.width);
    sum_over(votes.len(), votes.readers() * width, |pattern, sums| {
        let count = votes.counts()[pattern];
        for (reader, level) in votes.of(pattern) {
            let right = posterior[pattern * levels + usize::from(*level)];
            let (known, guessed) = model.vote((*reader, *level));
            let knew = if known > 0.0 { right * (known - guessed) / known } else { 0.0 };
            let row = &mut sums[*reader as usize * width..][..width];
            row[0] += count * knew;
            row[1] += count * (1.0 - knew);
            row[2 + usize::from(*level)] += count * (1.0 - knew);
        }
    })
}

/// Turns counts into the weights of variational Bayes, exp(ψ(count + prior) − ψ(sum)), which add up to less than 1.
fn maximised(counts: &[f64], width: usize, priors: Priors) -> Vec<f64> {
    let mut weights = Vec::with_capacity(counts.len());
    for row in counts.chunks_exact(width) {
        for (part, prior) in [(&row[..2], priors.knowing), (&row[2..], priors.habit)] {
            let sum: f64 = part.iter().map(|count| count + prior).sum();
            weights.extend(part.iter().map(|count| (digamma(count + prior) - digamma(sum)).exp()));
        }
    }
    weights
}
