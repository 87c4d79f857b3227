//! How far the surfaces of two masks lie apart. A surface is the cells of a mask that have a neighbour across a face
//! which is outside, or lie at the edge of the grid; distances are between the middles of cells.
//!
//! Several numbers go by the same name in other tools, so that each function names its convention: pooled, or of the
//! two directions; by cells, not by areas of facets.

use rayon::prelude::*;

use super::Grid;
use super::distance::to_nearest;
use crate::stats::intervals::bootstrap::quantile;

/// Gives the cells of a mask's surface in rising order.
pub fn surface(grid: &Grid, mask: &[u8]) -> Vec<usize> {
    let [slices, rows, columns] = grid.shape;
    if grid.is_empty() || mask.len() != grid.len() {
        return Vec::new();
    }
    let plane = rows * columns;
    let nothing = vec![0u8; columns];
    let parts: Vec<Vec<usize>> = (0..slices * rows)
        .into_par_iter()
        .with_min_len(64)
        .fold(Vec::new, |mut found, line| {
            let (z, y) = (line / rows, line % rows);
            let start = line * columns;
            let row = &mask[start..start + columns];
            if row.iter().all(|cell| *cell == 0) {
                return found;
            }
            let at =
                |inside: bool, from: usize| if inside { &mask[from..from + columns] } else { &nothing[..] };
            let beside = [
                at(y > 0, start.wrapping_sub(columns)),
                at(y + 1 < rows, start + columns),
                // The slice of an image is no edge: its neighbours are taken for inside where it is.
                if grid.flat { row } else { at(z > 0, start.wrapping_sub(plane)) },
                if grid.flat { row } else { at(z + 1 < slices, start + plane) },
            ];
            for x in 0..columns {
                let within = x > 0 && x + 1 < columns && row[x - 1] != 0 && row[x + 1] != 0;
                if row[x] != 0 && !(within && beside.iter().all(|row| row[x] != 0)) {
                    found.push(start + x);
                }
            }
            found
        })
        .collect();
    parts.concat()
}

/// The distances from each cell of one surface to the nearest of the other, both ways, each in rising order.
#[derive(Debug, Clone, PartialEq)]
pub struct Distances {
    pub first_to_second: Vec<f64>,
    pub second_to_first: Vec<f64>,
}

/// Measures two masks of the same grid; `None` where one is empty, so that there is no distance.
pub fn distances(grid: &Grid, a: &[u8], b: &[u8]) -> Option<Distances> {
    let (a, b) = rayon::join(|| surface(grid, a), || surface(grid, b));
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let sorted = |from: &[usize], to: &[usize]| {
        let mut distances = to_nearest(grid, to, from);
        distances.par_sort_unstable_by(f64::total_cmp);
        distances
    };
    // One after the other: each takes all threads, and memory of eight bytes a cell.
    Some(Distances { first_to_second: sorted(&a, &b), second_to_first: sorted(&b, &a) })
}

impl Distances {
    fn pooled(&self) -> Vec<f64> {
        let mut all = [&self.first_to_second[..], &self.second_to_first[..]].concat();
        all.par_sort_unstable_by(f64::total_cmp);
        all
    }

    fn directed(&self) -> [&[f64]; 2] {
        [&self.first_to_second, &self.second_to_first]
    }

    /// Gives the Hausdorff distance: the largest of all.
    pub fn hd(&self) -> f64 {
        self.directed().iter().filter_map(|one| one.last()).copied().fold(0.0, f64::max)
    }

    /// Gives the 95th percentile of the distances of both directions together, linear between neighbours.
    pub fn hd95_pooled(&self) -> f64 {
        quantile(&self.pooled(), 0.95).unwrap_or(f64::NAN)
    }

    /// Gives the larger of the two directions' 95th percentiles.
    pub fn hd95_max_of_directed(&self) -> f64 {
        self.directed().iter().filter_map(|one| quantile(one, 0.95)).fold(0.0, f64::max)
    }

    /// Gives the mean distance over the cells of both surfaces.
    pub fn assd_pooled_mean(&self) -> f64 {
        let (sum, n) = self
            .directed()
            .iter()
            .fold((0.0, 0), |(sum, n), one| (sum + one.iter().sum::<f64>(), n + one.len()));
        sum / n as f64
    }

    /// Gives the mean of the two directions' means.
    pub fn assd_mean_of_directed(&self) -> f64 {
        self.directed().iter().map(|one| one.iter().sum::<f64>() / one.len() as f64).sum::<f64>() / 2.0
    }

    /// Gives the share, 0–1, of the cells of both surfaces that lie within a tolerance of the other, the limit
    /// included (after Nikolov 2021, by cells in place of areas).
    pub fn surface_dice(&self, tolerance: f64) -> f64 {
        let within = |one: &[f64]| one.partition_point(|distance| *distance <= tolerance);
        let (near, all) =
            self.directed().iter().fold((0, 0), |(near, all), one| (near + within(one), all + one.len()));
        near as f64 / all as f64
    }
}
