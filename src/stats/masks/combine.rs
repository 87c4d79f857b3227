//! One mask of several by counting. Masks of the same grid, one a reader; cells are 1 inside and 0 outside.

use rayon::prelude::*;

use super::PART;

/// How many readers a cell needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// More than half of the readers: a tie is outside.
    Majority,
    /// At least half of the readers: a tie is inside.
    MajorityOrTie,
    /// Any reader.
    Union,
    /// All readers.
    Intersection,
}

impl Rule {
    fn least(self, readers: usize) -> usize {
        match self {
            Rule::Majority => readers / 2 + 1,
            Rule::MajorityOrTie => readers.div_ceil(2).max(1),
            Rule::Union => 1,
            Rule::Intersection => readers.max(1),
        }
    }
}

/// Gives the cells that enough readers have inside; empty without masks, and as long as the shortest.
pub fn combine(masks: &[&[u8]], rule: Rule) -> Vec<u8> {
    let cells = masks.iter().map(|mask| mask.len()).min().unwrap_or(0);
    let least = rule.least(masks.len()) as u32;
    let mut out = vec![0u8; cells];
    out.par_chunks_mut(PART).enumerate().for_each(|(n, part)| {
        let mut counts = vec![0u32; part.len()];
        for mask in masks {
            let mask = &mask[n * PART..n * PART + part.len()];
            counts.iter_mut().zip(mask).for_each(|(count, cell)| *count += u32::from(*cell != 0));
        }
        part.iter_mut().zip(counts).for_each(|(cell, count)| *cell = u8::from(count >= least));
    });
    out
}

/// Gives how many cells exactly half of the readers have inside, on which a majority says nothing.
pub fn tied(masks: &[&[u8]]) -> u64 {
    let or_tie = combine(masks, Rule::MajorityOrTie);
    let strict = combine(masks, Rule::Majority);
    or_tie.par_iter().zip(&strict).filter(|(a, b)| a != b).count() as u64
}
