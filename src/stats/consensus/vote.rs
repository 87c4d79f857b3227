//! Majority and weighted votes. A tie is told as one; what it gives is a rule that somebody chose, since the rule alone
//! has moved published accuracies by two points.

use super::Votes;

/// What two or more levels with equally many votes give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tie {
    /// Nothing: somebody has to decide.
    Undecided,
    /// The first of the declared levels among them.
    First,
    /// The last of the declared levels among them: the more severe one where levels rise.
    Last,
}

/// How an item's vote went.
#[derive(Debug, Clone, PartialEq)]
pub struct Ballot {
    /// The share of each level, 0–1; all 0 without votes.
    pub shares: Vec<f64>,
    /// What the rule gives; `None` without votes, and for an undecided tie.
    pub winner: Option<u16>,
    /// The levels that have most, more than one in a tie.
    pub leading: Vec<u16>,
}

/// Differences under this share are rounding.
const ROUNDING: f64 = 1e-9;

/// Gives the vote on each pattern, each vote counting one: most votes win, half of all isn't needed.
pub fn majority(votes: &Votes, tie: Tie) -> Vec<Ballot> {
    weighted(votes, &vec![1.0; votes.readers()], tie)
}

/// Gives the vote on each pattern with a weight of 0 and more for each reader; a reader without one counts nothing.
pub fn weighted(votes: &Votes, weights: &[f64], tie: Tie) -> Vec<Ballot> {
    (0..votes.len())
        .map(|pattern| {
            let mut shares = vec![0.0; votes.levels()];
            for (reader, level) in votes.of(pattern) {
                shares[usize::from(*level)] += weights.get(*reader as usize).copied().unwrap_or(0.0);
            }
            let sum: f64 = shares.iter().sum();
            if sum > 0.0 {
                shares.iter_mut().for_each(|share| *share /= sum);
            }
            let leading = leading(&shares);
            Ballot { winner: winner(&shares, tie), leading, shares }
        })
        .collect()
}

fn leading(shares: &[f64]) -> Vec<u16> {
    let most = shares.iter().copied().fold(0.0, f64::max);
    let leads = |share: f64| most > 0.0 && share >= most - ROUNDING;
    shares.iter().enumerate().filter(|(_, share)| leads(**share)).map(|(level, _)| level as u16).collect()
}

/// Gives the level with the largest share, by the rule for ties.
pub fn winner(shares: &[f64], tie: Tie) -> Option<u16> {
    let leading = leading(shares);
    match (leading.len(), tie) {
        (1, _) | (_, Tie::First) => leading.first().copied(),
        (_, Tie::Last) => leading.last().copied(),
        (_, Tie::Undecided) => None,
    }
}
