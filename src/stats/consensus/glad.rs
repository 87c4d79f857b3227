//! Each reader has an ability and each item a difficulty: GLAD (Whitehill et al. 2009), for any number of levels. A
//! reader is right with probability σ(αβ), and else chooses any other level as likely.

use rayon::prelude::*;

use super::{Climb, Consensus, Stop, Votes, confusions, order, posteriors};
use crate::stats::agreement::Undefined;

/// What GLAD finds.
#[derive(Debug, Clone, PartialEq)]
pub struct Glad {
    pub consensus: Consensus,
    /// By reader: 0 guesses, negative misleads.
    pub ability: Vec<f64>,
    /// By pattern: 1/β, above 0; large is hard.
    pub difficulty: Vec<f64>,
}

/// The mean of the normal priors of α and of ln β, whose variance is 1.
const PRIOR: f64 = 1.0;
/// How often each parameter is improved in one maximisation.
const STEPS: usize = 4;

/// What the terms of one parameter add up to: the objective, its slope and its (positive) curvature.
#[derive(Clone, Copy, Default)]
struct Terms {
    value: f64,
    slope: f64,
    curvature: f64,
}

/// Estimates by expectation and maximisation from α = 1, β = e; levels are as likely beforehand.
///
/// The likelihood that is told includes no priors, so that it need not rise in each step.
///
/// # Errors
/// No votes, or fewer than two levels.
pub fn glad(votes: &Votes, stop: Stop) -> Result<Glad, Undefined> {
    votes.check()?;
    let (votes, order, _, alike) = order::sorted(votes);
    let votes = &votes;
    let levels = votes.levels();
    let by_reader = by_reader(votes);
    let mut ability = vec![PRIOR; votes.readers()];
    let mut ease = vec![PRIOR; votes.len()];
    let mut posterior = votes.shares();
    let climb = Climb::up(stop, |first| {
        if !first {
            let right = |pattern: usize, level: u16| posterior[pattern * levels + usize::from(level)];
            ease.par_iter_mut().enumerate().with_min_len(256).for_each(|(pattern, ease)| {
                *ease = improve(*ease, |ease| {
                    let beta = ease.exp();
                    let terms = votes.of(pattern).iter().map(|(reader, level)| {
                        let x = ability[*reader as usize] * beta;
                        (x, x, right(pattern, *level), 1.0)
                    });
                    objective(ease, terms)
                });
            });
            ability.par_iter_mut().enumerate().for_each(|(reader, ability)| {
                *ability = improve(*ability, |ability| {
                    let terms = by_reader[reader].iter().map(|(pattern, level)| {
                        let beta = ease[*pattern as usize].exp();
                        (
                            ability * beta,
                            beta,
                            right(*pattern as usize, *level),
                            votes.counts()[*pattern as usize],
                        )
                    });
                    objective(ability, terms)
                });
            });
        }
        posteriors(votes, &alike, &mut posterior, |pattern, row| {
            row.fill(-(levels as f64).ln());
            let beta = ease[pattern].exp();
            for (reader, level) in votes.of(pattern) {
                let x = ability[*reader as usize] * beta;
                let wrong = ln_sigmoid(-x) - (levels as f64 - 1.0).ln();
                row.iter_mut().for_each(|sum| *sum += wrong);
                row[usize::from(*level)] += ln_sigmoid(x) - wrong;
            }
        })
    });
    let of = confusions(votes, &posterior);
    let consensus = climb.to(votes, posterior, of);
    let difficulty: Vec<f64> = ease.iter().map(|ease| (-ease).exp()).collect();
    Ok(Glad {
        consensus: order.back(consensus),
        ability: order.of_readers(&ability),
        difficulty: order.of_patterns(&difficulty),
    })
}

/// Gives the votes of each reader as pattern and level.
fn by_reader(votes: &Votes) -> Vec<Vec<(u32, u16)>> {
    let mut of = vec![Vec::new(); votes.readers()];
    for pattern in 0..votes.len() {
        for (reader, level) in votes.of(pattern) {
            of[*reader as usize].push((pattern as u32, *level));
        }
    }
    of
}

/// Adds the prior and the terms of a parameter: each the argument of σ, its derivative by the parameter, the
/// probability that the vote is right, and a weight.
fn objective(parameter: f64, terms: impl Iterator<Item = (f64, f64, f64, f64)>) -> Terms {
    let off = parameter - PRIOR;
    let mut sum = Terms { value: -off * off / 2.0, slope: -off, curvature: 1.0 };
    for (x, derivative, right, weight) in terms {
        let sigmoid = 1.0 / (1.0 + (-x).exp());
        sum.value += weight * (right * ln_sigmoid(x) + (1.0 - right) * ln_sigmoid(-x));
        sum.slope += weight * derivative * (right - sigmoid);
        sum.curvature += weight * derivative * derivative * sigmoid * (1.0 - sigmoid);
    }
    sum
}

/// Takes some scoring steps uphill, each shortened until it doesn't lead down.
fn improve(mut parameter: f64, terms: impl Fn(f64) -> Terms) -> f64 {
    let mut here = terms(parameter);
    for _ in 0..STEPS {
        let mut step = (here.slope / here.curvature).clamp(-1.0, 1.0);
        let mut next = terms(parameter + step);
        while next.value < here.value && step.abs() > 1e-9 {
            step /= 2.0;
            next = terms(parameter + step);
        }
        if next.value < here.value || step.abs() < 1e-10 {
            break;
        }
        parameter += step;
        here = next;
    }
    parameter
}

fn ln_sigmoid(x: f64) -> f64 {
    if x > 0.0 { -(-x).exp().ln_1p() } else { x - x.exp().ln_1p() }
}
