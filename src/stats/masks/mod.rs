//! Masks as plain slices of bytes over a grid, anything but 0 being inside: how much they share (here), how far apart
//! they are (`surface`), and one made of several (`combine`, `staple`, `labels`).

pub mod combine;
pub mod distance;
pub mod labels;
pub mod staple;
pub mod surface;
#[cfg(test)]
mod tests;

use rayon::prelude::*;

/// The cells of an image or a volume, the last axis running fastest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    /// Slices, rows, columns.
    pub shape: [usize; 3],
    /// How far neighbours lie apart along each axis, in mm; 1 where it is unknown, and distances are in cells.
    pub spacing: [f64; 3],
    /// An image has no neighbours across slices, and its slice no edge.
    flat: bool,
}

impl Grid {
    /// Makes the grid of an image; the spacing is between rows, then between columns.
    pub fn image(rows: usize, columns: usize, [between_rows, between_columns]: [f64; 2]) -> Self {
        Grid { shape: [1, rows, columns], spacing: [1.0, between_rows, between_columns], flat: true }
    }

    /// Makes the grid of a volume of slices × rows × columns.
    pub fn volume(shape: [usize; 3], spacing: [f64; 3]) -> Self {
        Grid { shape, spacing, flat: false }
    }

    /// Gives the number of cells.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Gives the size of a cell in mm², or mm³ of a volume.
    pub fn cell(&self) -> f64 {
        self.spacing.iter().product()
    }

    /// Gives slice, row and column of a cell.
    pub fn place(&self, cell: usize) -> [usize; 3] {
        let [_, rows, columns] = self.shape;
        [cell / (rows * columns), cell / columns % rows, cell % columns]
    }
}

/// Cells of two masks and of what they share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Overlap {
    pub first: u64,
    pub second: u64,
    pub both: u64,
}

impl Overlap {
    /// Gives 2·both / (first + second) (Dice 1945), 0–1; `None` for two empty masks.
    pub fn dice(&self) -> Option<f64> {
        share(2 * self.both, self.first + self.second)
    }

    /// Gives both / either (Jaccard 1901), 0–1; `None` for two empty masks.
    pub fn iou(&self) -> Option<f64> {
        share(self.both, self.first + self.second - self.both)
    }

    /// Gives (first − second) / second, from −1; `None` where the second mask is empty.
    pub fn volume_difference(&self) -> Option<f64> {
        (self.second > 0).then(|| (self.first as f64 - self.second as f64) / self.second as f64)
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Cells that are counted in one go, in numbers that fit in a byte's worth of additions.
const PART: usize = 1 << 16;

/// Counts the cells of two masks of the same grid.
pub fn overlap(a: &[u8], b: &[u8]) -> Overlap {
    let parts = a.par_chunks(PART).zip(b.par_chunks(PART)).map(|(a, b)| {
        let (mut first, mut second, mut both) = (0u32, 0u32, 0u32);
        for (a, b) in a.iter().zip(b) {
            let (a, b) = (u32::from(*a != 0), u32::from(*b != 0));
            first += a;
            second += b;
            both += a & b;
        }
        Overlap { first: first.into(), second: second.into(), both: both.into() }
    });
    parts.reduce(Overlap::default, |a, b| Overlap {
        first: a.first + b.first,
        second: a.second + b.second,
        both: a.both + b.both,
    })
}

/// Gives the bytes of runs that alternate between outside and inside, outside first, of `cells` in all.
pub fn from_runs(cells: usize, runs: &[u32]) -> Vec<u8> {
    let mut mask = Vec::with_capacity(cells);
    for (n, run) in runs.iter().enumerate() {
        let to = mask.len().saturating_add(*run as usize).min(cells);
        mask.resize(to, (n % 2) as u8);
    }
    mask.resize(cells, 0);
    mask
}
