//! Distances to the nearest of some cells, exact for any spacing. Surfaces that are compared mostly lie close together:
//! the rows around a cell are looked through first, the nearest first. Cells with no site near go through the separable
//! transform of Felzenszwalb & Huttenlocher 2012, and of its last axis only those that are asked for.

use rayon::prelude::*;

use super::Grid;

/// Columns that are handled together, so that memory is read by whole cache lines.
const LANES: usize = 8;

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

/// Gives for each cell asked for the distance to the nearest site, in the unit of the spacing; infinite where there is
/// no site. Cells and sites by their number in the grid, sites in rising order.
pub fn to_nearest(grid: &Grid, sites: &[usize], asked: &[usize]) -> Vec<f64> {
    near_or_far(grid, sites, asked, ROWS)
}

fn near_or_far(grid: &Grid, sites: &[usize], asked: &[usize], rows: usize) -> Vec<f64> {
    let mut found = nearby(grid, sites, asked, rows);
    let far: Vec<usize> = (0..asked.len()).filter(|n| found[*n].is_nan()).collect();
    if !far.is_empty() {
        let cells: Vec<usize> = far.iter().map(|n| asked[*n]).collect();
        for (n, distance) in far.into_iter().zip(transformed(grid, sites, &cells)) {
            found[n] = distance;
        }
    }
    found
}

/// Looks through so many rows around each cell, the nearest first; not-a-number where a row that was not looked through
/// could hold a nearer site.
fn nearby(grid: &Grid, sites: &[usize], asked: &[usize], most: usize) -> Vec<f64> {
    let [slices, rows, columns] = grid.shape;
    let lines = slices * rows;
    // Where the sites of each row begin, and where those of the last one end.
    let mut starts = vec![0u32; lines + 1];
    let Ok(_) = u32::try_from(sites.len()) else { return vec![f64::NAN; asked.len()] };
    for site in sites {
        starts[site / columns + 1] += 1;
    }
    for line in 0..lines {
        starts[line + 1] += starts[line];
    }
    let across = grid.spacing[2];
    let (offsets, beyond) = offsets(grid, most);
    let of = |cell: &usize| {
        let [z, y, x] = grid.place(*cell).map(|at| at as i64);
        let mut nearest = f64::INFINITY;
        for (dz, dy, away) in &offsets {
            if *away >= nearest {
                return nearest.sqrt();
            }
            let (z, y) = (z + dz, y + dy);
            if z < 0 || y < 0 || z >= slices as i64 || y >= rows as i64 {
                continue;
            }
            let line = z as usize * rows + y as usize;
            let row = &sites[starts[line] as usize..starts[line + 1] as usize];
            let next = row.partition_point(|site| ((site % columns) as i64) < x);
            for site in [next.checked_sub(1), Some(next)].into_iter().flatten().filter_map(|n| row.get(n)) {
                let along = ((site % columns) as i64 - x) as f64 * across;
                nearest = nearest.min(away + along * along);
            }
        }
        if nearest <= beyond { nearest.sqrt() } else { f64::NAN }
    };
    asked.par_iter().with_min_len(1024).map(of).collect()
}

/// Gives the nearest rows of any cell as slices and rows away with the square of their distance, nearest first, and the
/// square of the distance from which on rows are not among them.
fn offsets(grid: &Grid, most: usize) -> (Vec<(i64, i64, f64)>, f64) {
    let [slices, rows, _] = grid.shape;
    let [between_slices, between_rows, _] = grid.spacing;
    // No more rows than are wanted lie along one axis alone.
    let reach = |length: usize| length.saturating_sub(1).min(most) as i64;
    let away = |dz: i64, dy: i64| (dz as f64 * between_slices).powi(2) + (dy as f64 * between_rows).powi(2);
    let (far_z, far_y) = (reach(slices), reach(rows));
    let mut all: Vec<(i64, i64, f64)> =
        (-far_z..=far_z).flat_map(|dz| (-far_y..=far_y).map(move |dy| (dz, dy, away(dz, dy)))).collect();
    all.sort_unstable_by(|a, b| a.2.total_cmp(&b.2));
    let beyond = all.get(most).map_or(f64::INFINITY, |first| first.2);
    // What lies outside the reach of an axis is further than that.
    let outside = |far: i64, length: usize, spacing: f64| match far < length.saturating_sub(1) as i64 {
        true => ((far + 1) as f64 * spacing).powi(2),
        false => f64::INFINITY,
    };
    let beyond = beyond.min(outside(far_z, slices, between_slices)).min(outside(far_y, rows, between_rows));
    all.truncate(most);
    (all, beyond)
}

fn transformed(grid: &Grid, sites: &[usize], asked: &[usize]) -> Vec<f64> {
    let Some(window) = Window::around(grid, sites.iter().chain(asked).copied()) else { return Vec::new() };
    if sites.is_empty() {
        return vec![f64::INFINITY; asked.len()];
    }
    let [slices, rows, columns] = window.shape;
    let mut of_slice = vec![Vec::new(); slices];
    for site in sites {
        let [z, y, x] = window.place(grid, *site);
        of_slice[z].push([y, x]);
    }
    let mut squares = vec![f64::INFINITY; slices * rows * columns];
    squares.par_chunks_exact_mut(rows * columns).zip(&of_slice).for_each_init(
        || Envelope::new(rows, grid.spacing[1]),
        |envelope, (plane, sites)| within_slice(plane, columns, sites, grid.spacing[2], envelope),
    );

    // What is asked for, by row: slice, column and the place of the answer.
    let mut of_row = vec![Vec::new(); rows];
    for (n, cell) in asked.iter().enumerate() {
        let [z, y, x] = window.place(grid, *cell);
        of_row[y].push((x, z, n));
    }
    let squares = &squares;
    let found: Vec<Vec<(usize, f64)>> = of_row
        .into_par_iter()
        .enumerate()
        .map_init(
            || (Envelope::new(slices, grid.spacing[0]), vec![0.0; slices * LANES]),
            |(envelope, lanes), (y, mut asked)| {
                asked.sort_unstable();
                let mut found = Vec::with_capacity(asked.len());
                for block in asked.chunk_by(|a, b| a.0 / LANES == b.0 / LANES) {
                    let from = block[0].0 / LANES * LANES;
                    let wide = LANES.min(columns - from);
                    for z in 0..slices {
                        let start = (z * rows + y) * columns + from;
                        for (lane, square) in squares[start..start + wide].iter().enumerate() {
                            lanes[lane * slices + z] = *square;
                        }
                    }
                    for column in block.chunk_by(|a, b| a.0 == b.0) {
                        let lane = (column[0].0 - from) * slices;
                        envelope.build(&lanes[lane..lane + slices]);
                        let at = column.iter().map(|(_, z, _)| *z);
                        found.extend(column.iter().map(|one| one.2).zip(envelope.at(at).map(f64::sqrt)));
                    }
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

/// Fills a slice with the squared distances to its own sites.
fn within_slice(
    plane: &mut [f64],
    columns: usize,
    sites: &[[usize; 2]],
    across: f64,
    envelope: &mut Envelope,
) {
    if sites.is_empty() {
        return;
    }
    for [y, x] in sites {
        plane[y * columns + x] = 0.0;
    }
    // Along a row, one pass each way.
    for row in plane.chunks_exact_mut(columns) {
        for backwards in [false, true] {
            let mut since = f64::INFINITY;
            let mut step = |square: &mut f64| {
                since = if *square == 0.0 { 0.0 } else { since + 1.0 };
                *square = square.min((since * across).powi(2));
            };
            match backwards {
                false => row.iter_mut().for_each(&mut step),
                true => row.iter_mut().rev().for_each(&mut step),
            }
        }
    }
    let rows = plane.len() / columns;
    let mut lanes = vec![0.0; rows * LANES];
    for from in (0..columns).step_by(LANES) {
        let wide = LANES.min(columns - from);
        for (y, row) in plane.chunks_exact(columns).enumerate() {
            for (lane, square) in row[from..from + wide].iter().enumerate() {
                lanes[lane * rows + y] = *square;
            }
        }
        for lane in lanes.chunks_exact_mut(rows).take(wide) {
            envelope.build(lane);
            for (place, square) in lane.iter_mut().zip(envelope.at(0..rows)) {
                *place = square;
            }
        }
        for (y, row) in plane.chunks_exact_mut(columns).enumerate() {
            for (lane, square) in row[from..from + wide].iter_mut().enumerate() {
                *square = lanes[lane * rows + y];
            }
        }
    }
}

/// The lower envelope of parabolas, one above each place of a line.
struct Envelope {
    /// The square of the spacing.
    scale: f64,
    /// Where each parabola that shows stands, and how high.
    stands: Vec<(f64, f64)>,
    /// From where on it shows.
    from: Vec<f64>,
}

impl Envelope {
    fn new(length: usize, spacing: f64) -> Self {
        let scale = spacing * spacing;
        Envelope { scale, stands: Vec::with_capacity(length), from: Vec::with_capacity(length) }
    }

    /// Takes the heights of the parabolas; infinite where there is none.
    fn build(&mut self, heights: &[f64]) {
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
