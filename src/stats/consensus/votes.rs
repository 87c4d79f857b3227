//! Votes by item, sorted and counted by pattern: the form in which all models take them.

use std::collections::HashMap;

use crate::stats::agreement::reads::{Malformed, NONE};
use crate::stats::agreement::{Patterns, Undefined};

/// The different sets of votes that items have, and how many items have each.
#[derive(Debug, Clone, PartialEq)]
pub struct Votes {
    readers: usize,
    levels: usize,
    /// Where the votes of each pattern begin, and where the last ones end.
    starts: Vec<usize>,
    /// Reader and level.
    cast: Vec<(u32, u16)>,
    counts: Vec<f64>,
}

/// One read of one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    pub item: u32,
    pub reader: u32,
    pub level: u16,
}

impl Votes {
    /// Takes the patterns of a matrix of reads. `readers` says for each column whose it is, so that a reader may have
    /// several; without, each column is a reader of its own.
    pub fn of_patterns(patterns: &Patterns, readers: Option<&[u32]>) -> Self {
        let column = |n: usize| readers.and_then(|readers| readers.get(n)).copied().unwrap_or(n as u32);
        let mut votes = Votes {
            readers: (0..patterns.readers()).map(|n| column(n) as usize + 1).max().unwrap_or(0),
            levels: patterns.levels(),
            starts: vec![0],
            cast: Vec::new(),
            counts: patterns.counts().to_vec(),
        };
        for row in patterns.all_rows() {
            let read = row.iter().enumerate().filter(|(_, code)| **code != NONE);
            votes.cast.extend(read.map(|(n, code)| (column(n), *code)));
            votes.starts.push(votes.cast.len());
        }
        votes
    }

    /// Takes reads in any order, and gives the number of its pattern for each item.
    ///
    /// # Errors
    /// A read of an item, reader or level beyond the numbers given.
    pub fn of_reads(
        reads: &[Read],
        [items, readers, levels]: [usize; 3],
    ) -> Result<(Self, Vec<u32>), Malformed> {
        let known = |read: &Read| {
            (read.item as usize) < items
                && (read.reader as usize) < readers
                && usize::from(read.level) < levels
        };
        if let Some(read) = reads.iter().position(|read| !known(read)) {
            return Err(Malformed::Beyond { read });
        }
        let mut sorted: Vec<(u32, u32, u16)> =
            reads.iter().map(|read| (read.item, read.reader, read.level)).collect();
        sorted.sort_unstable();
        let mut votes = Votes { readers, levels, starts: vec![0], cast: Vec::new(), counts: Vec::new() };
        let mut numbers: HashMap<Vec<(u32, u16)>, u32> = HashMap::new();
        let mut of_items = Vec::with_capacity(items);
        let (mut rest, mut cast) = (&sorted[..], Vec::new());
        for item in 0..items {
            let (own, others) = rest.split_at(rest.iter().take_while(|read| read.0 as usize == item).count());
            rest = others;
            cast.clear();
            cast.extend(own.iter().map(|(_, reader, level)| (*reader, *level)));
            let number = match numbers.get(&cast) {
                Some(number) => *number,
                None => {
                    let number = votes.counts.len() as u32;
                    votes.push(&cast, 0.0);
                    numbers.insert(cast.clone(), number);
                    number
                }
            };
            votes.counts[number as usize] += 1.0;
            of_items.push(number);
        }
        Ok((votes, of_items))
    }

    /// Gives the same readers and levels without any item.
    pub(super) fn empty(&self) -> Self {
        Votes { starts: vec![0], cast: Vec::new(), counts: Vec::new(), ..*self }
    }

    /// Adds a pattern that so many items have.
    pub(super) fn push(&mut self, cast: &[(u32, u16)], count: f64) {
        self.cast.extend_from_slice(cast);
        self.starts.push(self.cast.len());
        self.counts.push(count);
    }

    pub fn readers(&self) -> usize {
        self.readers
    }

    pub fn levels(&self) -> usize {
        self.levels
    }

    /// Gives the number of patterns.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Gives how many items have each pattern.
    pub fn counts(&self) -> &[f64] {
        &self.counts
    }

    /// Gives the votes of a pattern as reader and level.
    pub fn of(&self, pattern: usize) -> &[(u32, u16)] {
        match (self.starts.get(pattern), self.starts.get(pattern + 1)) {
            (Some(from), Some(to)) => &self.cast[*from..*to],
            _ => &[],
        }
    }

    /// Gives the share of votes that each level has, patterns × levels: where models begin. A pattern without votes
    /// has the same share of each.
    pub(super) fn shares(&self) -> Vec<f64> {
        let mut shares = vec![0.0; self.len() * self.levels];
        for (pattern, row) in shares.chunks_exact_mut(self.levels.max(1)).enumerate() {
            let cast = self.of(pattern);
            cast.iter().for_each(|(_, level)| row[usize::from(*level)] += 1.0 / cast.len() as f64);
            if cast.is_empty() {
                row.fill(1.0 / self.levels as f64);
            }
        }
        shares
    }

    /// Tells why no model can be made of these.
    pub(super) fn check(&self) -> Result<(), Undefined> {
        match (self.cast.is_empty(), self.levels) {
            (true, _) => Err(Undefined::NoItems),
            (_, 0 | 1) => Err(Undefined::OneLevel),
            _ => Ok(()),
        }
    }
}
