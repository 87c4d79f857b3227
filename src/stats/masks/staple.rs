//! One mask of several with how good each reader is: STAPLE (Warfield, Zou & Wells 2004). Cells with the same readers
//! inside are computed once.
//!
//! The answer depends on the region: empty cells around make the prior smaller and everybody more specific. So the
//! region is asked for, and told with the result.

use rayon::prelude::*;

use super::Grid;

/// More readers than this would need a table larger than it is worth.
pub const READERS: usize = 16;

/// Cells from `from` up to, and without, `to`, by axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    pub from: [usize; 3],
    pub to: [usize; 3],
}

impl Region {
    /// All of the grid.
    pub fn whole(grid: &Grid) -> Self {
        Region { from: [0; 3], to: grid.shape }
    }

    /// The smallest box that holds all that any mask has inside, wider by `margin` cells on each side, within the grid;
    /// `None` where all masks are empty.
    pub fn around(grid: &Grid, masks: &[&[u8]], margin: usize) -> Option<Self> {
        let columns = grid.shape[2].max(1);
        let ends = masks.iter().flat_map(|mask| {
            mask.chunks_exact(columns).enumerate().filter_map(|(line, row)| {
                let first = row.iter().position(|cell| *cell != 0)?;
                let last = row.iter().rposition(|cell| *cell != 0)?;
                Some((grid.place(line * columns + first), grid.place(line * columns + last)))
            })
        });
        let mut region: Option<Region> = None;
        for (first, last) in ends {
            let all = region.get_or_insert(Region { from: first, to: first });
            for axis in 0..3 {
                all.from[axis] = all.from[axis].min(first[axis]);
                all.to[axis] = all.to[axis].max(last[axis]);
            }
        }
        region.map(|all| Region {
            from: all.from.map(|at| at.saturating_sub(margin)),
            to: std::array::from_fn(|axis| (all.to[axis] + 1 + margin).min(grid.shape[axis])),
        })
    }

    /// Gives the number of cells.
    pub fn len(&self) -> usize {
        (0..3).map(|axis| self.to[axis].saturating_sub(self.from[axis])).product()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Gives where the rows of the region begin, and how long they are. Rows that follow upon each other are one.
    pub(super) fn rows(&self, grid: &Grid) -> (Vec<usize>, usize) {
        const LONG: usize = 1 << 15;
        let [_, rows, columns] = grid.shape;
        let wide = self.to[2] - self.from[2];
        if *self == Region::whole(grid) && grid.len().is_multiple_of(LONG) {
            return ((0..grid.len()).step_by(LONG).collect(), LONG);
        }
        let lines =
            (self.from[0]..self.to[0]).flat_map(|z| (self.from[1]..self.to[1]).map(move |y| z * rows + y));
        (lines.map(|line| line * columns + self.from[2]).collect(), wide)
    }
}

/// What STAPLE finds.
#[derive(Debug, Clone, PartialEq)]
pub struct Staple {
    pub region: Region,
    /// The share of cells that are inside beforehand, 0–1: the mean over the readers.
    pub prior: f64,
    /// By reader: how much of the true mask is in the reader's, 0–1; none where nothing is inside.
    pub sensitivity: Vec<Option<f64>>,
    /// By reader: how much of what is outside is outside the reader's, 0–1; none where nothing is outside.
    pub specificity: Vec<Option<f64>>,
    /// How likely a cell is inside by which readers have it inside: bit r of the number for reader r.
    pub posterior: Vec<f64>,
    /// How many cells of the region each number has.
    pub cells: Vec<u64>,
    pub iterations: usize,
    /// No parameter changed by more than the tolerance in the last step.
    pub converged: bool,
}

/// How good readers are taken for at the beginning, both ways.
const START: f64 = 0.99999;

/// Steps end where no sensitivity and no specificity changes by more.
pub const TOLERANCE: f64 = 1e-7;

/// Estimates by expectation and maximisation over a region of the grid; the prior is fixed. The posterior is that from
/// which the last parameters were made.
///
/// `None` without masks, with more than [`READERS`], masks of another size than the grid, or an empty region.
pub fn staple(grid: &Grid, masks: &[&[u8]], region: Region, iterations: usize) -> Option<Staple> {
    let cells = histogram(grid, masks, region)?;
    let readers = masks.len();
    let inside = |number: usize, reader: usize| number >> reader & 1 == 1;
    let all: u64 = cells.iter().sum();
    let marked: u64 =
        cells.iter().enumerate().map(|(number, cells)| cells * u64::from(number.count_ones())).sum();
    let prior = marked as f64 / (all * readers as u64) as f64;
    let (mut sensitivity, mut specificity) = (vec![START; readers], vec![START; readers]);
    let mut posterior = vec![0.0; cells.len()];
    let (mut met, mut done, mut converged) = ([false; 2], 0, false);
    while done < iterations.max(1) && !converged {
        for (number, posterior) in posterior.iter_mut().enumerate().filter(|(number, _)| cells[*number] > 0) {
            let (mut yes, mut no) = (prior, 1.0 - prior);
            for reader in 0..readers {
                let (p, q) = (sensitivity[reader], specificity[reader]);
                let (if_yes, if_no) = if inside(number, reader) { (p, 1.0 - q) } else { (1.0 - p, q) };
                yes *= if_yes;
                no *= if_no;
            }
            *posterior = if yes + no > 0.0 { yes / (yes + no) } else { prior };
        }
        let (mut change, mut yes, mut no) = (0.0f64, 0.0, 0.0);
        let (mut hits, mut rejections) = (vec![0.0; readers], vec![0.0; readers]);
        for (number, (count, share)) in cells.iter().zip(&posterior).enumerate() {
            let (in_it, out_of_it) = (*count as f64 * share, *count as f64 * (1.0 - share));
            yes += in_it;
            no += out_of_it;
            for reader in 0..readers {
                match inside(number, reader) {
                    true => hits[reader] += in_it,
                    false => rejections[reader] += out_of_it,
                }
            }
        }
        met = [yes > 0.0, no > 0.0];
        for (parameters, sums, all) in [(&mut sensitivity, hits, yes), (&mut specificity, rejections, no)] {
            for (parameter, sum) in parameters.iter_mut().zip(sums) {
                // Without a cell inside nobody shows how much of it they find: the parameter stays.
                let next = if all > 0.0 { sum / all } else { *parameter };
                change = change.max((next - *parameter).abs());
                *parameter = next;
            }
        }
        done += 1;
        converged = change <= TOLERANCE;
    }
    // What never was estimated is the beginning's, and no figure.
    let told =
        |parameters: Vec<f64>, met: bool| parameters.into_iter().map(|rate| met.then_some(rate)).collect();
    let (sensitivity, specificity) = (told(sensitivity, met[0]), told(specificity, met[1]));
    Some(Staple { region, prior, sensitivity, specificity, posterior, cells, iterations: done, converged })
}

impl Staple {
    /// Gives how likely each cell of the grid is inside; 0 outside the region.
    pub fn probabilities(&self, grid: &Grid, masks: &[&[u8]]) -> Vec<f64> {
        self.spread(grid, masks, &self.posterior, 0.0)
    }

    /// Gives the cells that are inside with a probability of at least `threshold`, as 1.
    pub fn mask(&self, grid: &Grid, masks: &[&[u8]], threshold: f64) -> Vec<u8> {
        let inside: Vec<u8> = self.posterior.iter().map(|share| u8::from(*share >= threshold)).collect();
        self.spread(grid, masks, &inside, 0)
    }

    /// Gives the number of such cells, without making the mask.
    pub fn count(&self, threshold: f64) -> u64 {
        let inside = self.cells.iter().zip(&self.posterior).filter(|(_, share)| **share >= threshold);
        inside.map(|(cells, _)| cells).sum()
    }

    fn spread<T: Copy + Send + Sync>(&self, grid: &Grid, masks: &[&[u8]], of: &[T], outside: T) -> Vec<T> {
        let mut out = vec![outside; grid.len()];
        let columns = grid.shape[2].max(1);
        let within = |axis: usize, at: usize| (self.region.from[axis]..self.region.to[axis]).contains(&at);
        out.par_chunks_exact_mut(columns).enumerate().with_min_len(64).for_each(|(line, row)| {
            let [z, y, _] = grid.place(line * columns);
            if within(0, z) && within(1, y) {
                let (from, to) = (self.region.from[2], self.region.to[2]);
                let mut numbers = vec![0u16; to - from];
                number(masks, line * columns + from, &mut numbers);
                let cells = row[from..to].iter_mut();
                cells.zip(numbers).for_each(|(cell, number)| *cell = of[usize::from(number)]);
            }
        });
        out
    }
}

/// Gives which readers have each cell inside, from a cell on.
fn number(masks: &[&[u8]], from: usize, numbers: &mut [u16]) {
    numbers.fill(0);
    for (reader, mask) in masks.iter().enumerate() {
        let mask = &mask[from..from + numbers.len()];
        numbers.iter_mut().zip(mask).for_each(|(number, cell)| *number |= u16::from(*cell != 0) << reader);
    }
}

/// Counts the cells of a region by which readers have them inside.
fn histogram(grid: &Grid, masks: &[&[u8]], region: Region) -> Option<Vec<u64>> {
    let fits = (0..3).all(|axis| region.from[axis] < region.to[axis] && region.to[axis] <= grid.shape[axis]);
    if masks.is_empty() || masks.len() > READERS || !fits || masks.iter().any(|mask| mask.len() != grid.len())
    {
        return None;
    }
    let size = 1usize << masks.len();
    let (starts, wide) = region.rows(grid);
    let counted = starts.par_iter().with_min_len(16).fold(
        || (vec![0u64; 2 * size], vec![0u16; wide]),
        |(mut counts, mut numbers), start| {
            number(masks, *start, &mut numbers);
            // Two tables in turn: a run of equal cells doesn't wait for its own count.
            let (even, odd) = counts.split_at_mut(size);
            let (pairs, rest) = numbers.as_chunks::<2>();
            for [a, b] in pairs {
                even[usize::from(*a)] += 1;
                odd[usize::from(*b)] += 1;
            }
            rest.iter().for_each(|number| even[usize::from(*number)] += 1);
            (counts, numbers)
        },
    );
    let counts = counted.map(|(counts, _)| counts).reduce(
        || vec![0u64; 2 * size],
        |mut a, b| {
            a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
            a
        },
    );
    Some(counts[..size].iter().zip(&counts[size..]).map(|(even, odd)| even + odd).collect())
}
