//! One order of readers, levels and items that comes from the votes alone. Models compute in it and begin by it, so that
//! what things are called, and in which order they come, moves no figure, not even by rounding.

use super::{Consensus, Votes};
use crate::stats::random::mix;

/// Rounds of refinement: after each one, things with the same sign have the same votes one step further around.
const ROUNDS: usize = 3;

/// Things that their votes don't tell apart are set apart one by one, so many of them at most.
const TIES: usize = 32;

/// The place in the order of each reader, level and pattern.
pub(super) struct Order {
    readers: Vec<u32>,
    levels: Vec<u32>,
    patterns: Vec<u32>,
}

/// What votes don't tell apart: places of a posterior in which the same must stand.
///
/// Where names could be swapped and the votes stay as they are, a model stands on a saddle: rounding alone would make it
/// lean to one side, and to which would depend on the order.
pub(super) struct Alike(Vec<Vec<usize>>);

impl Alike {
    /// Differences up to this are taken for rounding.
    const ROUNDING: f64 = 1e-9;

    fn of(votes: &Votes, signs: &Signs, order: &Order) -> Self {
        let distinct = |signs: &[u64]| {
            let mut sorted = signs.to_vec();
            sorted.sort_unstable();
            sorted.windows(2).all(|two| two[0] != two[1])
        };
        if distinct(&signs.readers) && distinct(&signs.levels) {
            return Alike(Vec::new());
        }
        let levels = votes.levels();
        let mut signed: Vec<(u64, usize)> = Vec::with_capacity(votes.len() * levels);
        for pattern in 0..votes.len() {
            for level in 0..levels {
                let own = votes.of(pattern).iter().filter(|(_, said)| usize::from(*said) == level);
                let said =
                    all(own.map(|(reader, said)| signs.said[*reader as usize * levels + usize::from(*said)]));
                let sign = pair(pair(signs.patterns[pattern], signs.levels[level]), said);
                let place = order.patterns[pattern] as usize * levels + order.levels[level] as usize;
                signed.push((sign, place));
            }
        }
        signed.sort_unstable();
        let several = signed.chunk_by(|a, b| a.0 == b.0).filter(|alike| alike.len() > 1);
        Alike(several.map(|alike| alike.iter().map(|(_, place)| *place).collect()).collect())
    }

    /// Takes what rounding has put between them out of a posterior.
    pub fn level(&self, posterior: &mut [f64]) {
        for places in &self.0 {
            let values = || places.iter().map(|place| posterior[*place]);
            let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max));
            if low < high && high - low < Self::ROUNDING {
                places.iter().for_each(|place| posterior[*place] = (low + high) / 2.0);
            }
        }
    }
}

/// A number for each reader and level that depends on the votes, and not on names (as Weisfeiler & Leman 1968 colour a
/// graph): things that differ in their votes nearly always differ in it.
#[derive(Clone)]
pub(super) struct Signs {
    pub readers: Vec<u64>,
    pub levels: Vec<u64>,
    /// Of a reader saying a level, readers × levels.
    said: Vec<u64>,
    patterns: Vec<u64>,
}

/// Joins two numbers, in this order.
fn pair(a: u64, b: u64) -> u64 {
    mix(mix(a).wrapping_add(b))
}

/// Joins numbers in no order.
fn all(numbers: impl Iterator<Item = u64>) -> u64 {
    numbers.fold(0, |sum, number| sum.wrapping_add(mix(number)))
}

impl Signs {
    fn of(votes: &Votes) -> Self {
        let (readers, levels) = (votes.readers(), votes.levels());
        let mut signs = Signs {
            readers: vec![0; readers],
            levels: vec![0; levels],
            said: vec![0; readers * levels],
            patterns: vec![0; votes.len()],
        };
        signs.refine(votes);
        signs
    }

    fn refine(&mut self, votes: &Votes) {
        let width = self.levels.len();
        let place = |(reader, level): &(u32, u16)| *reader as usize * width + usize::from(*level);
        for _ in 0..ROUNDS {
            let mut around = vec![0u64; self.said.len()];
            for pattern in 0..votes.len() {
                let cast = votes.of(pattern);
                let sign = mix(all(cast.iter().map(|vote| self.said[place(vote)])));
                self.patterns[pattern] = sign;
                let count = votes.counts()[pattern] as u64;
                for vote in cast {
                    let sum = &mut around[place(vote)];
                    *sum = sum.wrapping_add(count.wrapping_mul(pair(sign, self.said[place(vote)])));
                }
            }
            for (n, said) in self.said.iter_mut().enumerate() {
                let names = pair(self.readers[n / width], self.levels[n % width]);
                *said = pair(pair(*said, around[n]), names);
            }
            for (reader, sign) in self.readers.iter_mut().enumerate() {
                *sign = pair(*sign, all(self.said[reader * width..][..width].iter().copied()));
            }
            for (level, sign) in self.levels.iter_mut().enumerate() {
                *sign = pair(*sign, all(self.said.iter().skip(level).step_by(width).copied()));
            }
        }
    }

    /// Sets readers and levels with the same sign apart, whichever comes first: where their votes are the same but for
    /// names, it is the same which one it is. Those without votes may stay together.
    fn part(&mut self, votes: &Votes) {
        let (mut read, mut said) = (vec![false; self.readers.len()], vec![false; self.levels.len()]);
        for (reader, level) in (0..votes.len()).flat_map(|pattern| votes.of(pattern)) {
            read[*reader as usize] = true;
            said[usize::from(*level)] = true;
        }
        for _ in 0..TIES {
            match (first_tied(&mut self.readers, &read), first_tied(&mut self.levels, &said)) {
                (Some(sign), _) | (None, Some(sign)) => *sign = !*sign,
                (None, None) => return,
            }
            self.refine(votes);
        }
    }
}

/// Gives the first of those that have the lowest sign that several have.
fn first_tied<'s>(signs: &'s mut [u64], counts: &[bool]) -> Option<&'s mut u64> {
    let mut sorted: Vec<u64> =
        signs.iter().zip(counts).filter(|(_, counts)| **counts).map(|(sign, _)| *sign).collect();
    sorted.sort_unstable();
    let tied = sorted.windows(2).find(|two| two[0] == two[1]).map(|two| two[0])?;
    signs.iter_mut().find(|sign| **sign == tied)
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

/// Sorts votes; gives their order and, in it, the signs, which are the same for things that votes don't tell apart, and
/// where of a posterior such things stand.
pub(super) fn sorted(votes: &Votes) -> (Votes, Order, Signs, Alike) {
    let signs = Signs::of(votes);
    let mut parted = signs.clone();
    parted.part(votes);
    let order = Order {
        readers: places(&parted.readers),
        levels: places(&parted.levels),
        patterns: places(&parted.patterns),
    };
    let mut sorted = votes.empty();
    for pattern in inverse(&order.patterns) {
        let place = |(reader, level): &(u32, u16)| {
            (order.readers[*reader as usize], order.levels[usize::from(*level)] as u16)
        };
        let mut cast: Vec<(u32, u16)> = votes.of(pattern).iter().map(place).collect();
        cast.sort_unstable();
        sorted.push(&cast, votes.counts()[pattern]);
    }
    let alike = Alike::of(votes, &signs, &order);
    let of = |signs: &[u64], places: &[u32]| inverse(places).into_iter().map(|n| signs[n]).collect();
    let signs = Signs {
        readers: of(&signs.readers, &order.readers),
        levels: of(&signs.levels, &order.levels),
        said: Vec::new(),
        patterns: Vec::new(),
    };
    (sorted, order, signs, alike)
}

/// Gives who stands at each place.
fn inverse(places: &[u32]) -> Vec<usize> {
    let mut from = vec![0; places.len()];
    places.iter().enumerate().for_each(|(n, place)| from[*place as usize] = n);
    from
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
