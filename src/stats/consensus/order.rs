//! One order of readers, levels and items that comes from the votes alone. Models compute in it and begin by it, so that
//! what things are called, and in which order they come, moves no figure, not even by rounding.

use super::{Consensus, Votes};
use crate::stats::random::mix;

/// Rounds of refinement: after each one, things with the same sign have the same votes one step further around.
const ROUNDS: usize = 3;

/// The place in the order of each reader, level and pattern.
pub(super) struct Order {
    readers: Vec<u32>,
    levels: Vec<u32>,
    patterns: Vec<u32>,
}

/// A number for each reader and level that depends on the votes, and not on names (as Weisfeiler & Leman 1968 colour a
/// graph): things that differ in their votes differ in it.
pub(super) struct Signs {
    pub readers: Vec<u64>,
    pub levels: Vec<u64>,
    patterns: Vec<u64>,
}

impl Signs {
    fn of(votes: &Votes) -> Self {
        let mut signs = Signs {
            readers: vec![0; votes.readers()],
            levels: vec![0; votes.levels()],
            patterns: vec![0; votes.len()],
        };
        for _ in 0..ROUNDS {
            signs.refine(votes);
        }
        signs
    }

    fn refine(&mut self, votes: &Votes) {
        let pair = |a: u64, b: u64| mix(mix(a).wrapping_add(b));
        let (mut readers, mut levels) = (vec![0u64; votes.readers()], vec![0u64; votes.levels()]);
        for pattern in 0..votes.len() {
            // Sums, since the order of votes and items must not matter.
            let cast =
                votes.of(pattern).iter().map(|(reader, level)| (*reader as usize, usize::from(*level)));
            let sum = cast.clone().fold(0u64, |sum, (reader, level)| {
                sum.wrapping_add(pair(self.readers[reader], self.levels[level]))
            });
            self.patterns[pattern] = mix(sum);
            let count = votes.counts()[pattern] as u64;
            for (reader, level) in cast {
                let add =
                    |to: &mut u64, what| *to = to.wrapping_add(count.wrapping_mul(pair(mix(sum), what)));
                add(&mut readers[reader], self.levels[level]);
                add(&mut levels[level], self.readers[reader]);
            }
        }
        let mixed = |sums: Vec<u64>| sums.into_iter().map(mix).collect();
        (self.readers, self.levels) = (mixed(readers), mixed(levels));
    }
}

/// Gives the place of each in their order; the same signs stay as they come.
fn places(signs: &[u64]) -> Vec<u32> {
    let mut sorted: Vec<u32> = (0..signs.len() as u32).collect();
    sorted.sort_by_key(|n| signs[*n as usize]);
    let mut places = vec![0; signs.len()];
    sorted.iter().enumerate().for_each(|(place, n)| places[*n as usize] = place as u32);
    places
}

/// Brings rows of `width` from their places back to where they come from.
fn back<T: Copy>(places: &[u32], width: usize, sorted: &[T]) -> Vec<T> {
    places.iter().flat_map(|place| &sorted[*place as usize * width..][..width]).copied().collect()
}

/// Sorts votes; gives their order and, in it, the signs.
pub(super) fn sorted(votes: &Votes) -> (Votes, Order, Signs) {
    let signs = Signs::of(votes);
    let order = Order {
        readers: places(&signs.readers),
        levels: places(&signs.levels),
        patterns: places(&signs.patterns),
    };
    let mut from = vec![0usize; votes.len()];
    order.patterns.iter().enumerate().for_each(|(n, place)| from[*place as usize] = n);
    let mut all = votes.empty();
    for pattern in from {
        let place = |(reader, level): &(u32, u16)| {
            (order.readers[*reader as usize], order.levels[usize::from(*level)] as u16)
        };
        let mut cast: Vec<(u32, u16)> = votes.of(pattern).iter().map(place).collect();
        cast.sort_unstable();
        all.push(&cast, votes.counts()[pattern]);
    }
    let Signs { mut readers, mut levels, patterns } = signs;
    readers.sort_unstable();
    levels.sort_unstable();
    (all, order, Signs { readers, levels, patterns })
}

impl Order {
    /// Brings a number for each reader back.
    pub fn of_readers(&self, sorted: &[f64]) -> Vec<f64> {
        back(&self.readers, 1, sorted)
    }

    /// Brings a number for each pattern back.
    pub fn of_patterns(&self, sorted: &[f64]) -> Vec<f64> {
        back(&self.patterns, 1, sorted)
    }

    /// Brings a number for each level back.
    pub fn of_levels(&self, sorted: &[f64]) -> Vec<f64> {
        back(&self.levels, 1, sorted)
    }

    /// Brings something for each reader back.
    pub fn by_reader<T: Clone>(&self, sorted: &[T]) -> Vec<T> {
        self.readers.iter().filter_map(|place| sorted.get(*place as usize)).cloned().collect()
    }

    /// Brings all that a model says back.
    pub fn back(&self, found: Consensus) -> Consensus {
        let levels = found.levels;
        let rows = |rows: &[f64]| -> Vec<f64> {
            rows.chunks_exact(levels.max(1)).flat_map(|row| self.of_levels(row)).collect()
        };
        let confusion = |of: &Vec<f64>| back(&self.levels, levels, &rows(of));
        Consensus {
            posterior: back(&self.patterns, levels, &rows(&found.posterior)),
            prior: self.of_levels(&found.prior),
            confusion: self.by_reader(&found.confusion).iter().map(confusion).collect(),
            ..found
        }
    }
}
