//! Reads as a matrix, and the same counted by pattern. What a measure needs of a million items is how often each
//! combination of answers occurs, which is counted once; everything else runs over some hundred patterns.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use rayon::prelude::*;

/// A code of an answer: the number of its level, or missing.
pub trait Code: Copy + Eq + std::hash::Hash + Send + Sync {
    /// Says that this reader did not read this item.
    const MISSING: Self;
    /// Gives the number of the level.
    fn level(self) -> u16;
}

impl std::error::Error for Undefined {}

impl Code for u8 {
    const MISSING: u8 = u8::MAX;
    fn level(self) -> u16 {
        if self == Self::MISSING { NONE } else { u16::from(self) }
    }
}

impl Code for u16 {
    const MISSING: u16 = u16::MAX;
    fn level(self) -> u16 {
        self
    }
}

/// Stands in a pattern where a reader did not read.
pub const NONE: u16 = u16::MAX;

/// Codes that are checked, or rows that are counted, in one go.
const PART: usize = 1 << 15;

/// Why a matrix of reads is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    Ragged { codes: usize, readers: usize },
    Undeclared { item: usize, code: u16, levels: usize },
    Beyond { read: usize },
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Malformed::Ragged { codes, readers } => {
                write!(f, "{codes} codes don't fill rows of {readers} readers")
            }
            Malformed::Undeclared { item, code, levels } => {
                write!(f, "item {item} has code {code}, outside the {levels} declared levels")
            }
            Malformed::Beyond { read } => {
                write!(f, "read {read} is of an item, reader or level beyond those declared")
            }
        }
    }
}

impl std::error::Error for Malformed {}

/// Why a measure has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Undefined {
    NoItems,
    NoPairs,
    OneLevel,
    NoVariation,
    /// A level that nobody says where two read.
    NeverSaid,
    NotBinary,
    Unequal,
    TooFew,
    /// A ratio scale begins at 0.
    Negative,
    /// Numbers that are infinite, or of which the figure would be.
    TooLarge,
}

impl fmt::Display for Undefined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Undefined::NoItems => "nobody read any item",
            Undefined::NoPairs => "no item has two reads",
            Undefined::OneLevel => "fewer than two levels are declared",
            Undefined::NoVariation => "no disagreement is to be expected: the answers don't vary (0/0)",
            Undefined::NeverSaid => "nobody says this level where two read",
            Undefined::NotBinary => "only defined for two levels",
            Undefined::Unequal => "only defined where all items have equally many reads",
            Undefined::TooFew => "too few items that all read",
            Undefined::Negative => "a ratio scale has no negative numbers",
            Undefined::TooLarge => "the numbers are infinite, or too large to be computed with",
        })
    }
}

/// The reads of items × readers, row by row: the answers of all readers to an item stand side by side.
///
/// Codes are the numbers of the **declared** levels, 0 … levels − 1, in their order of rank where they have one; levels
/// that nobody used count all the same. [`Code::MISSING`] is a missing read, which is never a negative one. A reader
/// who read an item several times has a column for each time.
#[derive(Debug, Clone, Copy)]
pub struct Reads<'a, C: Code = u8> {
    codes: &'a [C],
    readers: usize,
    levels: usize,
}

impl<'a, C: Code> Reads<'a, C> {
    /// Takes codes row by row.
    ///
    /// # Errors
    /// Codes that don't fill the last row, or lie outside the declared levels.
    pub fn new(codes: &'a [C], readers: usize, levels: usize) -> Result<Self, Malformed> {
        if readers == 0 || !codes.len().is_multiple_of(readers) {
            return Err(Malformed::Ragged { codes: codes.len(), readers });
        }
        let outside = |code: &C| *code != C::MISSING && usize::from(code.level()) >= levels;
        // Without leaving off early, so that many codes are compared at once.
        let any_outside = |part: &[C]| part.iter().fold(false, |any, code| any | outside(code));
        match codes.par_chunks(PART).any(any_outside).then(|| codes.iter().position(outside)).flatten() {
            Some(n) => Err(Malformed::Undeclared { item: n / readers, code: codes[n].level(), levels }),
            None => Ok(Reads { codes, readers, levels }),
        }
    }

    /// Gives the number of items.
    pub fn items(&self) -> usize {
        self.codes.len() / self.readers
    }

    /// Gives the answers to one item; nothing beyond the last.
    pub fn row(&self, item: usize) -> &'a [C] {
        self.codes.chunks_exact(self.readers).nth(item).unwrap_or_default()
    }

    /// Counts the patterns.
    pub fn patterns(&self) -> Patterns {
        match self.table_size() {
            Some(size) => self.tabled(size).0,
            None => self.hashed().0,
        }
    }

    /// Counts the patterns, and gives the number of its pattern for each item.
    pub fn patterns_of_items(&self) -> (Patterns, Vec<u32>) {
        let Some(size) = self.table_size() else { return self.hashed() };
        let (patterns, numbers) = self.tabled(size);
        let rows = self.codes.par_chunks_exact(self.readers);
        let of_items = rows.map(|row| numbers[self.number(row)]).collect();
        (patterns, of_items)
    }

    /// Gives how many patterns there can be, if a table of all is worth it.
    fn table_size(&self) -> Option<usize> {
        const LARGEST: usize = 1 << 16;
        let size = (self.levels + 1).checked_pow(u32::try_from(self.readers).ok()?)?;
        (size <= LARGEST).then_some(size)
    }

    fn number(&self, row: &[C]) -> usize {
        let level = |code: C| if code == C::MISSING { self.levels } else { usize::from(code.level()) };
        row.iter().fold(0, |number, code| number * (self.levels + 1) + level(*code))
    }

    fn tabled(&self, size: usize) -> (Patterns, Vec<u32>) {
        let parts = self.codes.par_chunks(PART * self.readers).fold(
            || vec![0u64; size],
            |mut table, part| {
                match self.readers {
                    // The rows of the usual numbers of readers have a length that the compiler knows.
                    2 => self.tally::<2>(part, &mut table),
                    3 => self.tally::<3>(part, &mut table),
                    4 => self.tally::<4>(part, &mut table),
                    _ => part.chunks_exact(self.readers).for_each(|row| table[self.number(row)] += 1),
                }
                table
            },
        );
        let table = parts.reduce(
            || vec![0u64; size],
            |mut a, b| {
                a.iter_mut().zip(&b).for_each(|(a, b)| *a += b);
                a
            },
        );
        let (mut rows, mut counts, mut numbers) = (Vec::new(), Vec::new(), vec![0u32; size]);
        for (number, count) in table.iter().enumerate().filter(|(_, count)| **count > 0) {
            numbers[number] = counts.len() as u32;
            counts.push(*count as f64);
            let start = rows.len();
            let mut rest = number;
            rows.resize(start + self.readers, NONE);
            for code in rows[start..].iter_mut().rev() {
                let level = rest % (self.levels + 1);
                rest /= self.levels + 1;
                *code = if level == self.levels { NONE } else { level as u16 };
            }
        }
        (Patterns { rows: rows.into(), counts, readers: self.readers, levels: self.levels }, numbers)
    }

    fn tally<const N: usize>(&self, part: &[C], table: &mut [u64]) {
        let (rows, _) = part.as_chunks::<N>();
        for row in rows {
            table[self.number(row)] += 1;
        }
    }

    fn hashed(&self) -> (Patterns, Vec<u32>) {
        let mut numbers: HashMap<&[C], u32> = HashMap::new();
        let (mut rows, mut counts) = (Vec::new(), Vec::<f64>::new());
        let of_items = self
            .codes
            .chunks_exact(self.readers)
            .map(|row| {
                let number = *numbers.entry(row).or_insert_with(|| {
                    rows.extend(row.iter().map(|code| code.level()));
                    counts.push(0.0);
                    counts.len() as u32 - 1
                });
                counts[number as usize] += 1.0;
                number
            })
            .collect();
        (Patterns { rows: rows.into(), counts, readers: self.readers, levels: self.levels }, of_items)
    }
}

/// The different rows of a matrix of reads, and how often each occurs.
///
/// Counts may be any weights of 0 and more, as a bootstrap makes them; the measures take them as numbers of items.
#[derive(Debug, Clone)]
pub struct Patterns {
    rows: Arc<[u16]>,
    counts: Vec<f64>,
    readers: usize,
    levels: usize,
}

impl Patterns {
    pub fn readers(&self) -> usize {
        self.readers
    }

    pub fn levels(&self) -> usize {
        self.levels
    }

    /// Gives how often each pattern occurs.
    pub fn counts(&self) -> &[f64] {
        &self.counts
    }

    /// Gives the answers of each pattern, [`NONE`] where a reader did not read, with how often it occurs; patterns
    /// that don't occur are left out.
    pub fn rows(&self) -> impl Iterator<Item = (&[u16], f64)> + Clone {
        self.rows
            .chunks_exact(self.readers)
            .zip(self.counts.iter().copied())
            .filter(|(_, count)| *count > 0.0)
    }

    /// Gives the answers of all patterns, in their order.
    pub fn all_rows(&self) -> impl Iterator<Item = &[u16]> {
        self.rows.chunks_exact(self.readers)
    }

    /// Gives the same patterns with other counts, as many as there are patterns.
    pub fn with_counts(&self, counts: Vec<f64>) -> Self {
        Patterns { counts, ..self.clone() }
    }

    /// Gives the patterns of some readers alone, in the order asked for.
    pub fn of_readers(&self, readers: &[usize]) -> Self {
        let rows = self.rows.chunks_exact(self.readers);
        let rows =
            rows.flat_map(|row| readers.iter().map(|n| row.get(*n).copied().unwrap_or(NONE))).collect();
        Patterns { rows, counts: self.counts.clone(), readers: readers.len().max(1), levels: self.levels }
    }

    /// Gives the patterns of one level against all others: level 1 is `level`, level 0 any other.
    pub fn one_against_rest(&self, level: u16) -> Self {
        let against = |code: &u16| if *code == NONE { NONE } else { u16::from(*code == level) };
        Patterns {
            rows: self.rows.iter().map(against).collect(),
            counts: self.counts.clone(),
            readers: self.readers,
            levels: 2,
        }
    }

    /// Calls `with` for each pattern that somebody read: how many chose each level, how many read at all, how often
    /// it occurs.
    pub(super) fn each_profile(&self, mut with: impl FnMut(&[f64], f64, f64)) {
        let mut chosen = vec![0.0; self.levels];
        for (row, count) in self.rows() {
            chosen.fill(0.0);
            let mut reads = 0.0;
            for code in row.iter().filter(|code| **code != NONE) {
                chosen[usize::from(*code)] += 1.0;
                reads += 1.0;
            }
            if reads > 0.0 {
                with(&chosen, reads, count);
            }
        }
    }
}

/// The patterns in each group of items (patients), so that groups can be drawn again.
#[derive(Debug, Clone)]
pub struct Grouped {
    /// Where the entries of each group begin, and where the last one ends.
    starts: Vec<u32>,
    /// Number of a pattern and how often it occurs in the group.
    entries: Vec<(u32, u32)>,
    patterns: Patterns,
}

impl Grouped {
    /// Takes the pattern of each item and the group of each item (0, 1, …), equally many.
    pub fn new(patterns: &Patterns, of_items: &[u32], groups: &[u32]) -> Self {
        let mut places: Vec<(u32, u32)> = groups.iter().copied().zip(of_items.iter().copied()).collect();
        places.par_sort_unstable();
        let last = places.last().map_or(0, |(group, _)| *group as usize + 1);
        let mut starts = Vec::with_capacity(last + 1);
        starts.push(0);
        // The entries take the room of the places that they count, none of which is needed any more.
        let (mut entries, mut count) = (places, 0);
        let mut next = 0;
        while let Some(place) = entries.get(next).copied() {
            let same = entries[next..].iter().take_while(|other| **other == place).count();
            let (group, pattern) = place;
            // Groups without an item begin and end at once.
            starts.resize(group as usize + 1, count as u32);
            entries[count] = (pattern, same as u32);
            next += same;
            count += 1;
        }
        starts.push(count as u32);
        entries.truncate(count);
        Grouped { starts, entries, patterns: patterns.clone() }
    }

    /// Gives the number of groups.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Gives the patterns of a draw in which group g occurs `times[g]` times.
    pub fn draw(&self, times: &[u32]) -> Patterns {
        let mut counts = vec![0.0; self.patterns.counts.len()];
        for (ends, times) in self.starts.windows(2).zip(times).filter(|(_, times)| **times > 0) {
            for (pattern, count) in &self.entries[ends[0] as usize..ends[1] as usize] {
                counts[*pattern as usize] += f64::from(*count) * f64::from(*times);
            }
        }
        self.patterns.with_counts(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::golden::Outcome;

    #[test]
    fn a_matrix_is_checked() {
        assert_eq!(Reads::new(&[0u8, 1, 2], 2, 3).err(), Some(Malformed::Ragged { codes: 3, readers: 2 }));
        let undeclared = Malformed::Undeclared { item: 1, code: 7, levels: 3 };
        assert_eq!(Reads::new(&[0u8, u8::MISSING, 2, 7], 2, 3).err(), Some(undeclared));
        assert!(Reads::<u8>::new(&[], 0, 3).is_err());
    }

    #[test]
    fn both_ways_of_counting_agree() -> Outcome {
        let codes: Vec<u16> =
            (0..900u16).map(|n| n.wrapping_mul(n) % 4).map(|c| if c == 3 { NONE } else { c }).collect();
        let reads = Reads::new(&codes, 3, 3)?;
        let sorted = |(patterns, of_items): (Patterns, Vec<u32>)| {
            let mut rows: Vec<(Vec<u16>, f64)> = patterns.rows().map(|(row, n)| (row.to_vec(), n)).collect();
            rows.sort_by(|a, b| a.0.cmp(&b.0));
            let first: Vec<u16> =
                patterns.rows.chunks(3).nth(of_items[7] as usize).unwrap_or_default().to_vec();
            (rows, first)
        };
        let tabled = sorted(reads.patterns_of_items());
        assert_eq!(tabled, sorted(reads.hashed()));
        assert_eq!(tabled.1, reads.row(7));
        Ok(())
    }

    #[test]
    fn groups_are_drawn_whole() -> Outcome {
        let reads = Reads::new(&[0u8, 0, 1, 1, 0, 0, 0, 1], 2, 2)?;
        let (patterns, of_items) = reads.patterns_of_items();
        let grouped = Grouped::new(&patterns, &of_items, &[0, 0, 3, 1]);
        assert_eq!((grouped.len(), grouped.is_empty()), (4, false));
        let drawn = grouped.draw(&[2, 0, 5, 1]);
        let rows: Vec<(Vec<u16>, f64)> = drawn.rows().map(|(row, count)| (row.to_vec(), count)).collect();
        assert_eq!(rows, [(vec![0, 0], 3.0), (vec![1, 1], 2.0)]);
        Ok(())
    }
}
