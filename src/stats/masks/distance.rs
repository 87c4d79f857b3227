//! Distances to the nearest of some cells, exact for any spacing. Surfaces that are compared mostly lie close together:
//! the rows around a cell are looked through first, the nearest first. Cells with no site near go through the separable
//! transform of Felzenszwalb & Huttenlocher 2012, one column of all slices at a time and only those that are asked for, so
//! that no thread holds more than one such plane.

use rayon::prelude::*;

use super::Grid;

/// Rows around a cell that are looked through before the transform of all is cheaper.
const ROWS: usize = 256;

/// A part of a grid: the first cell of each axis, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Window {
    from: [usize; 3],
    shape: [usize; 3],
}

impl Window {
    /// Finds the smallest window that holds all cells; `None` of none.
    fn around(grid: &Grid, cells: impl Iterator<Item = usize>) -> Option<Self> {
        let mut ends: Option<[[usize; 3]; 2]> = None;
        for cell in cells {
            let place = grid.place(cell);
            let [low, high] = ends.get_or_insert([place, place]);
            for axis in 0..3 {
                low[axis] = low[axis].min(place[axis]);
                high[axis] = high[axis].max(place[axis]);
            }
        }
        ends.map(|[low, high]| Window {
            from: low,
            shape: std::array::from_fn(|axis| high[axis] - low[axis] + 1),
        })
    }

    fn place(&self, grid: &Grid, cell: usize) -> [usize; 3] {
        let place = grid.place(cell);
        std::array::from_fn(|axis| place[axis] - self.from[axis])
    }
}

/// The columns of all sites, by row of the grid.
struct Sites {
    /// Where those of each row begin, and where those of the last one end.
    starts: Vec<usize>,
    columns: Vec<usize>,
}

impl Sites {
    /// Takes cells in rising order.
    fn new(grid: &Grid, cells: &[usize]) -> Self {
        let [slices, rows, columns] = grid.shape;
        let lines = slices * rows;
        let mut starts = vec![0; lines + 1];
        for cell in cells {
            starts[cell / columns + 1] += 1;
        }
        for line in 0..lines {
            starts[line + 1] += starts[line];
        }
        Sites { starts, columns: cells.iter().map(|cell| cell % columns).collect() }
    }

    /// Gives the square of the distance from a column to the nearest site of a row; infinite where it has none.
    fn square(&self, line: usize, column: usize, spacing: f64) -> f64 {
        let row = &self.columns[self.starts[line]..self.starts[line + 1]];
        let next = row.partition_point(|site| *site < column);
        let beside = [next.checked_sub(1), Some(next)].into_iter().flatten().filter_map(|n| row.get(n));
        beside.map(|site| (site.abs_diff(column) as f64 * spacing).powi(2)).fold(f64::INFINITY, f64::min)
    }
}

/// Gives for each cell asked for the distance to the nearest site, in the unit of the spacing; infinite where there is
/// no site. Cells and sites by their number in the grid, sites in rising order.
pub fn to_nearest(grid: &Grid, sites: &[usize], asked: &[usize]) -> Vec<f64> {
    near_or_far(grid, sites, asked, ROWS)
}

fn near_or_far(grid: &Grid, sites: &[usize], asked: &[usize], rows: usize) -> Vec<f64> {
    let Some(window) = Window::around(grid, sites.iter().chain(asked).copied()) else { return Vec::new() };
    let sites = Sites::new(grid, sites);
    let mut found = nearby(grid, &sites, asked, rows);
    let far: Vec<usize> = (0..asked.len()).filter(|n| found[*n].is_nan()).collect();
    if !far.is_empty() {
        let cells: Vec<usize> = far.iter().map(|n| asked[*n]).collect();
        for (n, distance) in far.into_iter().zip(transformed(grid, window, &sites, &cells)) {
            found[n] = distance;
        }
    }
    found
}

/// Looks through so many rows around each cell, the nearest first; not-a-number where a row that was not looked through
/// could hold a nearer site.
fn nearby(grid: &Grid, sites: &Sites, asked: &[usize], most: usize) -> Vec<f64> {
    let [slices, rows, _] = grid.shape;
    let (offsets, beyond) = offsets(grid, most);
    let of = |cell: &usize| {
        let [z, y, x] = grid.place(*cell);
        let mut nearest = f64::INFINITY;
        for (dz, dy, away) in &offsets {
            if *away >= nearest {
                return nearest.sqrt();
            }
            let (Some(z), Some(y)) = (z.checked_add_signed(*dz), y.checked_add_signed(*dy)) else { continue };
            if z < slices && y < rows {
                nearest = nearest.min(away + sites.square(z * rows + y, x, grid.spacing[2]));
            }
        }
        if nearest <= beyond { nearest.sqrt() } else { f64::NAN }
    };
    asked.par_iter().with_min_len(1024).map(of).collect()
}

/// Gives the nearest rows of any cell as slices and rows away with the square of their distance, nearest first, and the
/// square of the distance from which on rows are not among them.
fn offsets(grid: &Grid, most: usize) -> (Vec<(isize, isize, f64)>, f64) {
    let [slices, rows, _] = grid.shape;
    let [between_slices, between_rows, _] = grid.spacing;
    // No more rows than are wanted lie along one axis alone.
    let reach = |length: usize| length.saturating_sub(1).min(most) as isize;
    let away =
        |dz: isize, dy: isize| (dz as f64 * between_slices).powi(2) + (dy as f64 * between_rows).powi(2);
    let (far_z, far_y) = (reach(slices), reach(rows));
    let mut all: Vec<(isize, isize, f64)> =
        (-far_z..=far_z).flat_map(|dz| (-far_y..=far_y).map(move |dy| (dz, dy, away(dz, dy)))).collect();
    all.sort_unstable_by(|a, b| a.2.total_cmp(&b.2));
    let beyond = all.get(most).map_or(f64::INFINITY, |first| first.2);
    // What lies outside the reach of an axis is further than that.
    let outside = |far: isize, length: usize, spacing: f64| match far < length.saturating_sub(1) as isize {
        true => ((far + 1) as f64 * spacing).powi(2),
        false => f64::INFINITY,
    };
    let beyond = beyond.min(outside(far_z, slices, between_slices)).min(outside(far_y, rows, between_rows));
    all.truncate(most);
    (all, beyond)
}

fn transformed(grid: &Grid, window: Window, sites: &Sites, asked: &[usize]) -> Vec<f64> {
    let [slices, rows, columns] = window.shape;
    let [from_slice, from_row, from_column] = window.from;
    // What is asked for, by column: row, slice and the place of the answer.
    let mut of_column = vec![Vec::new(); columns];
    for (n, cell) in asked.iter().enumerate() {
        let [z, y, x] = window.place(grid, *cell);
        of_column[x].push((y, z, n));
    }
    let found: Vec<Vec<(usize, f64)>> = of_column
        .into_par_iter()
        .enumerate()
        .filter(|(_, asked)| !asked.is_empty())
        .map_init(
            || (vec![0.0; slices * rows], vec![0.0; slices], Envelope::default()),
            |(plane, heights, envelope), (x, mut asked)| {
                for (z, slice) in plane.chunks_exact_mut(rows).enumerate() {
                    let line = (from_slice + z) * grid.shape[1] + from_row;
                    for (y, square) in slice.iter_mut().enumerate() {
                        *square = sites.square(line + y, from_column + x, grid.spacing[2]);
                    }
                    envelope.build(slice, grid.spacing[1]);
                    slice.iter_mut().zip(envelope.at(0..rows)).for_each(|(square, least)| *square = least);
                }
                asked.sort_unstable();
                let mut found = Vec::with_capacity(asked.len());
                for of_row in asked.chunk_by(|a, b| a.0 == b.0) {
                    let y = of_row[0].0;
                    heights.iter_mut().zip(plane.chunks_exact(rows)).for_each(|(one, slice)| *one = slice[y]);
                    envelope.build(heights, grid.spacing[0]);
                    let at = of_row.iter().map(|(_, z, _)| *z);
                    found.extend(of_row.iter().map(|one| one.2).zip(envelope.at(at).map(f64::sqrt)));
                }
                found
            },
        )
        .collect();
    let mut distances = vec![f64::INFINITY; asked.len()];
    for (n, distance) in found.into_iter().flatten() {
        distances[n] = distance;
    }
    distances
}

/// The lower envelope of parabolas, one above each place of a line.
#[derive(Default)]
struct Envelope {
    /// The square of the spacing.
    scale: f64,
    /// Where each parabola that shows stands, and how high.
    stands: Vec<(f64, f64)>,
    /// From where on it shows.
    from: Vec<f64>,
}

impl Envelope {
    /// Takes the heights of the parabolas, infinite where there is none, and how far apart they stand.
    fn build(&mut self, heights: &[f64], spacing: f64) {
        self.scale = spacing * spacing;
        self.stands.clear();
        self.from.clear();
        for (place, height) in heights.iter().enumerate().filter(|(_, height)| height.is_finite()) {
            let place = place as f64;
            let mut from = f64::NEG_INFINITY;
            while let (Some((stand, low)), Some(begins)) = (self.stands.last(), self.from.last()) {
                // Where the new parabola comes to lie under the last one that shows.
                from = (place + stand) / 2.0 + (height - low) / (2.0 * self.scale * (place - stand));
                if from > *begins {
                    break;
                }
                self.stands.pop();
                self.from.pop();
                from = f64::NEG_INFINITY;
            }
            self.stands.push((place, *height));
            self.from.push(from);
        }
    }

    /// Gives the height of the envelope at places in rising order.
    fn at(&self, places: impl Iterator<Item = usize>) -> impl Iterator<Item = f64> {
        let mut shown = 0;
        places.map(move |place| {
            let place = place as f64;
            while self.from.get(shown + 1).is_some_and(|from| *from < place) {
                shown += 1;
            }
            self.stands.get(shown).map_or(f64::INFINITY, |(stand, height)| {
                let away = place - stand;
                away * away * self.scale + height
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn some_cells() -> impl Strategy<Value = (Grid, Vec<usize>, Vec<usize>)> {
        ([1usize..7, 1usize..12, 1usize..20], [0.3..3.0f64, 0.3..3.0f64, 0.3..3.0f64]).prop_flat_map(
            |(shape, spacing)| {
                let grid = Grid::volume(shape, spacing);
                let cells = || proptest::collection::btree_set(0..grid.len(), 0..30);
                let cells = || cells().prop_map(|cells| cells.into_iter().collect::<Vec<usize>>());
                (Just(grid), cells(), cells())
            },
        )
    }

    proptest! {
        #[test]
        fn distances_are_those_of_trying_all((grid, sites, asked) in some_cells(), rows in 0usize..40) {
            let found = near_or_far(&grid, &sites, &asked, rows);
            prop_assert_eq!(found.len(), asked.len());
            for (cell, found) in asked.iter().zip(found) {
                let [z, y, x] = grid.place(*cell).map(|at| at as f64);
                let all = sites.iter().map(|site| {
                    let place = grid.place(*site).map(|at| at as f64);
                    let [dz, dy, dx] = [z - place[0], y - place[1], x - place[2]];
                    let [sz, sy, sx] = grid.spacing;
                    ((dz * sz).powi(2) + (dy * sy).powi(2) + (dx * sx).powi(2)).sqrt()
                });
                let nearest = all.fold(f64::INFINITY, f64::min);
                prop_assert!(found == nearest || (found - nearest).abs() < 1e-9, "{} {}", found, nearest);
            }
        }
    }
}
