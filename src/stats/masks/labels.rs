//! One map of labels of several: by vote, and by STAPLE for several labels (Warfield 2004; as Dawid & Skene with a
//! fixed prior). Maps hold a label in each cell, 0 … levels − 1, one map a reader.

use super::Grid;
use super::staple::Region;
use crate::stats::agreement::reads::{Malformed, Patterns, Reads};
use crate::stats::consensus::vote::{Tie, majority, winner};
use crate::stats::consensus::votes::Votes;

/// What stands in a cell that a tie leaves open.
pub const UNDECIDED: u8 = u8::MAX;

/// The cells of a region by which labels they have.
#[derive(Debug, Clone)]
pub struct Labelled {
    pub region: Region,
    levels: usize,
    patterns: Patterns,
    /// The pattern of each cell of the region, in its order.
    of_cells: Vec<u32>,
}

/// What STAPLE finds for several labels.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelStaple {
    /// The share of each label over all maps.
    pub prior: Vec<f64>,
    /// By reader: how likely the reader's label (row) is where a label (column) is true, levels × levels, row by row.
    pub confusion: Vec<Vec<f64>>,
    /// How many cells each label is expected to have, as the confusions were made of; a label without any was never met,
    /// and its column of a confusion is zeros.
    pub expected: Vec<f64>,
    /// How likely each label is, patterns × levels.
    pub posterior: Vec<f64>,
    pub iterations: usize,
    pub converged: bool,
}

/// Steps end where no confusion changes by more.
pub const TOLERANCE: f64 = 1e-5;

/// Takes maps over a region of the grid.
///
/// # Errors
/// Labels beyond the levels, or no map; a map that is shorter than the grid misses in the cells that it lacks.
pub fn labelled(grid: &Grid, maps: &[&[u8]], levels: usize, region: Region) -> Result<Labelled, Malformed> {
    let (starts, wide) = region.rows(grid);
    let cells = starts.iter().flat_map(|start| *start..start + wide);
    let of_cell = |cell: usize| maps.iter().map(move |map| map.get(cell).copied().unwrap_or(u8::MAX));
    let codes: Vec<u8> = cells.flat_map(of_cell).collect();
    let (patterns, of_cells) = Reads::new(&codes, maps.len(), levels)?.patterns_of_items();
    Ok(Labelled { region, levels, patterns, of_cells })
}

impl LabelStaple {
    /// Gives a reader's sensitivity and specificity of any label against the ground, 0–1; none where no cell has a
    /// label, or none is ground.
    pub fn rates(&self, reader: usize) -> (Option<f64>, Option<f64>) {
        // What the reader says is ground, by what is true.
        let ground = self.confusion.get(reader).map_or(&[][..], |of| &of[..self.prior.len()]);
        let labels = || self.expected.iter().zip(ground).skip(1);
        let inside: f64 = labels().map(|(cells, _)| cells).sum();
        let missed: f64 = labels().map(|(cells, missed)| cells * missed).sum();
        let outside = self.expected.first().is_some_and(|cells| *cells > 0.0);
        ((inside > 0.0).then(|| 1.0 - missed / inside), ground.first().copied().filter(|_| outside))
    }
}

impl Labelled {
    /// Gives the label that most readers have in each cell; a tie by the rule, [`UNDECIDED`] where it decides nothing.
    pub fn vote(&self, grid: &Grid, tie: Tie) -> Vec<u8> {
        let ballots = majority(&Votes::of_patterns(&self.patterns, None), tie);
        self.spread(grid, |pattern| ballots[pattern].winner)
    }

    /// Estimates by expectation and maximisation from the votes that are no tie; the prior is fixed.
    ///
    /// A combination of labels that no true label could have given, by these confusions, says nothing of the readers,
    /// and has the prior at the end.
    pub fn staple(&self, iterations: usize) -> LabelStaple {
        let (levels, readers) = (self.levels, self.patterns.readers());
        let votes = Votes::of_patterns(&self.patterns, None);
        let mut prior = vec![0.0; levels];
        let mut posterior = vec![0.0; votes.len() * levels];
        for (pattern, ballot) in majority(&votes, Tie::Undecided).iter().enumerate() {
            if let Some(level) = ballot.winner {
                posterior[pattern * levels + usize::from(level)] = 1.0;
            }
            votes
                .of(pattern)
                .iter()
                .for_each(|(_, level)| prior[usize::from(*level)] += votes.counts()[pattern]);
        }
        let all: f64 = prior.iter().sum();
        prior.iter_mut().for_each(|share| *share /= all);
        let mut confusion = vec![vec![0.0; levels * levels]; readers];
        self.confuse(&votes, &posterior, &mut confusion);
        let (mut done, mut converged) = (0, false);
        while done < iterations.max(1) && !converged {
            for (pattern, row) in posterior.chunks_exact_mut(levels).enumerate() {
                row.copy_from_slice(&prior);
                for (reader, level) in votes.of(pattern) {
                    let from = usize::from(*level) * levels;
                    let seen = &confusion[*reader as usize][from..from + levels];
                    row.iter_mut().zip(seen).for_each(|(share, seen)| *share *= seen);
                }
                let sum: f64 = row.iter().sum();
                row.iter_mut().for_each(|share| *share = if sum > 0.0 { *share / sum } else { 0.0 });
            }
            done += 1;
            converged = self.confuse(&votes, &posterior, &mut confusion) <= TOLERANCE;
        }
        let mut expected = vec![0.0; levels];
        for (row, count) in posterior.chunks_exact(levels).zip(votes.counts()) {
            expected.iter_mut().zip(row).for_each(|(sum, share)| *sum += share * count);
        }
        let impossible = |row: &&mut [f64]| row.iter().sum::<f64>() == 0.0;
        posterior.chunks_exact_mut(levels).filter(impossible).for_each(|row| row.copy_from_slice(&prior));
        LabelStaple { prior, confusion, expected, posterior, iterations: done, converged }
    }

    /// Gives the likeliest label of each cell; a tie by the rule.
    pub fn labels(&self, grid: &Grid, found: &LabelStaple, tie: Tie) -> Vec<u8> {
        let row = |pattern: usize| &found.posterior[pattern * self.levels..(pattern + 1) * self.levels];
        self.spread(grid, |pattern| winner(row(pattern), tie))
    }

    /// Makes confusions of posteriors, and gives the largest change.
    fn confuse(&self, votes: &Votes, posterior: &[f64], confusion: &mut [Vec<f64>]) -> f64 {
        let levels = self.levels;
        let mut sums = vec![vec![0.0; levels * levels]; confusion.len()];
        for (pattern, row) in posterior.chunks_exact(levels).enumerate() {
            for (reader, level) in votes.of(pattern) {
                let from = usize::from(*level) * levels;
                let cells = &mut sums[*reader as usize][from..from + levels];
                cells.iter_mut().zip(row).for_each(|(cell, share)| *cell += share * votes.counts()[pattern]);
            }
        }
        let mut change = 0.0f64;
        for (of_reader, sums) in confusion.iter_mut().zip(sums) {
            for truth in 0..levels {
                let all: f64 = sums.iter().skip(truth).step_by(levels).sum();
                for cell in (truth..levels * levels).step_by(levels) {
                    let next = if all > 0.0 { sums[cell] / all } else { 0.0 };
                    change = change.max((next - of_reader[cell]).abs());
                    of_reader[cell] = next;
                }
            }
        }
        change
    }

    fn spread(&self, grid: &Grid, of: impl Fn(usize) -> Option<u16>) -> Vec<u8> {
        let labels: Vec<u8> = (0..self.patterns.counts().len())
            .map(|pattern| of(pattern).map_or(UNDECIDED, |level| level as u8))
            .collect();
        let (starts, wide) = self.region.rows(grid);
        let mut out = vec![0u8; grid.len()];
        for (start, row) in starts.iter().zip(self.of_cells.chunks_exact(wide.max(1))) {
            let cells = out[*start..start + wide].iter_mut();
            cells.zip(row).for_each(|(cell, pattern)| *cell = labels[*pattern as usize]);
        }
        out
    }
}
