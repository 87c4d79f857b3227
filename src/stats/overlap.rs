//! How much two shapes share, and how far apart they are, from plain coordinates. Knows nothing of what overlap means
//! in the protocol: tolerances and the question whether two shapes show the same object are the caller's.
//!
//! Outlines are measured by a sweep over their own corners and crossings, which is exact for straight edges and takes
//! what hands draw: rings that touch or cross themselves, repeat points, or enclose nothing. General clipping
//! libraries give the shape of an overlap, at ten times the cost; here only its area is wanted.

use std::cmp::Ordering;

/// x to the right and y down, in pixels.
pub type Point = [f64; 2];

/// Left, top, right and bottom, in pixels.
pub type Bounds = [f64; 4];

/// Areas of two shapes and of what they share, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shared {
    pub first: f64,
    pub second: f64,
    pub both: f64,
    /// The bounds are equal: what decides where neither shape has an area.
    pub twins: bool,
    /// The shape without an area lies within the bounds of the other.
    pub nested: bool,
}

impl Shared {
    fn of(first: (f64, Bounds), second: (f64, Bounds), both: f64) -> Self {
        let nested = match (first.0 > 0.0, second.0 > 0.0) {
            (false, false) => within(first.1, second.1) || within(second.1, first.1),
            (false, true) => within(first.1, second.1),
            (true, false) => within(second.1, first.1),
            (true, true) => false,
        };
        Shared { first: first.0, second: second.0, both, twins: first.1 == second.1, nested }
    }

    /// Gives the intersection over union (Jaccard 1901), 0–1; 1 for two equal shapes without an area.
    pub fn iou(&self) -> f64 {
        self.share(self.both, self.first + self.second - self.both)
    }

    /// Gives the overlap of Dice 1945, 2·both / (first + second), 0–1; 1 for two equal shapes without an area.
    pub fn dice(&self) -> f64 {
        self.share(2.0 * self.both, self.first + self.second)
    }

    /// Gives the share of the smaller shape that the other covers (Szymkiewicz–Simpson), 0–1.
    pub fn coefficient(&self) -> f64 {
        let smaller = self.first.min(self.second);
        match smaller > 0.0 {
            true => (self.both / smaller).clamp(0.0, 1.0),
            false => f64::from(u8::from(self.nested)),
        }
    }

    fn share(&self, part: f64, whole: f64) -> f64 {
        match whole > 0.0 {
            true => (part / whole).clamp(0.0, 1.0),
            false => f64::from(u8::from(self.twins)),
        }
    }
}

/// Gives the intersection over union of two boxes by opposite corners in any order, 0–1.
pub fn box_iou(a: [Point; 2], b: [Point; 2]) -> f64 {
    boxes(a, b).iou()
}

/// Measures two boxes by opposite corners in any order.
pub fn boxes(a: [Point; 2], b: [Point; 2]) -> Shared {
    let (a, b) = (bounds(&a), bounds(&b));
    let area = |[left, top, right, bottom]: Bounds| (right - left).max(0.0) * (bottom - top).max(0.0);
    let both = [a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])];
    Shared::of((area(a), a), (area(b), b), area(both))
}

/// Measures two masks of the same size by their run lengths, zeros first.
pub fn masks(a: &[u32], b: &[u32]) -> Shared {
    let filled = |rle: &[u32]| rle.iter().skip(1).step_by(2).map(|run| u64::from(*run)).sum::<u64>() as f64;
    let (mut runs_a, mut runs_b) = (a.iter(), b.iter());
    let (mut left_a, mut left_b) = (0u32, 0u32);
    // Before the first run of zeros stands, so to say, an empty one of ones.
    let (mut one_a, mut one_b) = (true, true);
    let mut both = 0u64;
    loop {
        if left_a == 0 {
            let Some(run) = runs_a.next() else { break };
            (left_a, one_a) = (*run, !one_a);
        } else if left_b == 0 {
            let Some(run) = runs_b.next() else { break };
            (left_b, one_b) = (*run, !one_b);
        } else {
            let step = left_a.min(left_b);
            both += if one_a && one_b { u64::from(step) } else { 0 };
            left_a -= step;
            left_b -= step;
        }
    }
    let (first, second) = (filled(a), filled(b));
    let blank = first == 0.0 && second == 0.0;
    Shared { first, second, both: both as f64, twins: blank, nested: blank }
}

/// Gives the bounds of points; zeros where there are none.
pub fn bounds(points: &[Point]) -> Bounds {
    let start = points.first().map_or([0.0; 4], |point| {
        let [x, y] = sound(*point);
        [x, y, x, y]
    });
    points.iter().fold(start, |[left, top, right, bottom], point| {
        let [x, y] = sound(*point);
        [left.min(x), top.min(y), right.max(x), bottom.max(y)]
    })
}

fn within(inner: Bounds, outer: Bounds) -> bool {
    inner[0] >= outer[0] && inner[1] >= outer[1] && inner[2] <= outer[2] && inner[3] <= outer[3]
}

/// Far beyond any picture, and small enough that areas and distances stay finite.
const FAR: f64 = 1e100;

fn sound([x, y]: Point) -> Point {
    let sound = |value: f64| if value.is_nan() { 0.0 } else { value.clamp(-FAR, FAR) };
    [sound(x), sound(y)]
}

/// An area between straight edges, ready to be measured against others.
#[derive(Debug, Clone)]
pub struct Region {
    edges: Vec<Edge>,
    bounds: Bounds,
    area: f64,
    effort: usize,
}

/// One edge from its upper to its lower end; level edges bound no area and are left out.
#[derive(Debug, Clone, Copy)]
struct Edge {
    from: Point,
    to: Point,
    /// Of x, on the way down.
    slope: f64,
    /// 1 where the outline runs down, −1 where it runs up.
    turn: i32,
    hole: bool,
    second: bool,
}

impl Edge {
    fn new(from: Point, to: Point, turn: i32, hole: bool) -> Option<Edge> {
        let (from, to, turn) = match from[1].total_cmp(&to[1]) {
            Ordering::Less => (from, to, turn),
            Ordering::Greater => (to, from, -turn),
            Ordering::Equal => return None,
        };
        let slope = ((to[0] - from[0]) / (to[1] - from[1])).clamp(f64::MIN, f64::MAX);
        Some(Edge { from, to, slope, turn, hole, second: false })
    }

    fn at(&self, y: f64) -> f64 {
        // An edge that is all but level reaches its ends by the bounds alone.
        let x = self.from[0] + self.slope * (y - self.from[1]);
        x.max(self.from[0].min(self.to[0])).min(self.from[0].max(self.to[0]))
    }
}

impl Region {
    /// Makes a region of an outer ring and its holes. Whatever the outer ring winds around is inside, so that an
    /// outline whose end runs over its beginning has no gap there. Of each ring at most about `most` points are
    /// taken, evenly, and the effort spent on crossings is in proportion.
    pub fn of_rings<'a>(rings: impl IntoIterator<Item = &'a [Point]>, most: usize) -> Self {
        let mut edges = Vec::new();
        let mut outer = None;
        for (n, ring) in rings.into_iter().enumerate() {
            let step = ring.len().div_ceil(most.max(3)).max(1);
            let points: Vec<Point> = ring.iter().step_by(step).map(|point| sound(*point)).collect();
            if n == 0 {
                outer = Some(bounds(&points));
            }
            let next = |i: usize| points.get(i + 1).or(points.first()).copied();
            let sides: Vec<(Point, Point)> =
                points.iter().enumerate().filter_map(|(i, from)| Some((*from, next(i)?))).collect();
            // Holes are made to turn the same way, so that two that overlap do not undo each other.
            let doubled: f64 = sides.iter().map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum();
            let turn = if n > 0 && doubled < 0.0 { -1 } else { 1 };
            edges.extend(sides.into_iter().filter_map(|(a, b)| Edge::new(a, b, turn, n > 0)));
        }
        Region::of_edges(edges, outer.unwrap_or_default(), most.saturating_mul(BY_POINT).min(EFFORT))
    }

    /// Makes a region of a mask's run lengths in row-major order, zeros first.
    pub fn of_mask(columns: u32, rle: &[u32]) -> Self {
        let mut edges = Vec::new();
        for [left, top, right, bottom] in mask_blocks(columns, rle) {
            edges.extend(Edge::new([left, top], [left, bottom], 1, false));
            edges.extend(Edge::new([right, top], [right, bottom], -1, false));
        }
        Region::of_edges(edges, mask_bounds(columns, rle), EFFORT)
    }

    fn of_edges(mut edges: Vec<Edge>, bounds: Bounds, effort: usize) -> Self {
        edges.sort_by(|a, b| a.from[1].total_cmp(&b.from[1]));
        let area = sweep(&edges, false, bounds[1], bounds[3], effort);
        Region { edges, bounds, area, effort }
    }

    /// Gives the area in pixels.
    pub fn area(&self) -> f64 {
        self.area
    }

    /// Gives which pixels lie within by their centres, of a window whose left upper pixel is at (`left`, `top`): one
    /// byte a pixel, row by row, 1 inside.
    pub fn cells(&self, [left, top]: [i64; 2], [rows, columns]: [usize; 2]) -> Vec<u8> {
        let mut cells = vec![0u8; rows * columns];
        for (row, line) in cells.chunks_exact_mut(columns.max(1)).enumerate() {
            let y = (top + row as i64) as f64 + 0.5;
            let mut cuts: Vec<(f64, i32, i32)> = self
                .edges
                .iter()
                .take_while(|edge| edge.from[1] <= y)
                .filter(|edge| edge.to[1] > y)
                .map(|edge| {
                    let (outer, hole) = if edge.hole { (0, edge.turn) } else { (edge.turn, 0) };
                    (edge.at(y), outer, hole)
                })
                .collect();
            cuts.sort_by(|a, b| a.0.total_cmp(&b.0));
            let (mut outer, mut hole) = (0, 0);
            for pair in cuts.windows(2) {
                let [(from, turn, cut), (to, ..)] = pair else { continue };
                (outer, hole) = (outer + turn, hole + cut);
                if outer != 0 && hole == 0 {
                    // Centres at x + 0.5 from the first cut on, up to the second.
                    let column =
                        |x: f64| ((x - 0.5).ceil() - left as f64).clamp(0.0, columns as f64) as usize;
                    line[column(*from)..column(*to).max(column(*from))].fill(1);
                }
            }
        }
        cells
    }

    /// Gives the smallest rectangle around the region.
    pub fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// Measures what two regions share.
    pub fn shared(&self, other: &Region) -> Shared {
        let (top, bottom) = (self.bounds[1].max(other.bounds[1]), self.bounds[3].min(other.bounds[3]));
        let apart = self.bounds[0].max(other.bounds[0]) >= self.bounds[2].min(other.bounds[2]);
        let both = if apart || top >= bottom {
            0.0
        } else {
            let meets = |edge: &&Edge| edge.to[1] > top && edge.from[1] < bottom;
            let first = self.edges.iter().filter(meets).copied();
            let second = other.edges.iter().filter(meets).map(|edge| Edge { second: true, ..*edge });
            let mut edges: Vec<Edge> = first.chain(second).collect();
            edges.sort_by(|a, b| a.from[1].total_cmp(&b.from[1]));
            let effort = self.effort.min(other.effort);
            sweep(&edges, true, top, bottom, effort).min(self.area).min(other.area)
        };
        Shared::of((self.area, self.bounds), (other.area, other.bounds), both)
    }
}

/// Gives the rectangles that a mask's runs cover: at most three for a run, however many rows it fills.
fn mask_blocks(columns: u32, rle: &[u32]) -> impl Iterator<Item = Bounds> + '_ {
    let columns = u64::from(columns.max(1));
    let mut end = 0u64;
    let spans = rle.iter().enumerate().filter_map(move |(n, run)| {
        let start = end;
        end += u64::from(*run);
        (n % 2 == 1 && *run > 0).then_some((start, end))
    });
    spans.flat_map(move |(start, end)| {
        let (first, last) = (start / columns, (end - 1) / columns);
        let (left, right) = (start % columns, (end - 1) % columns + 1);
        let block = |x0: u64, y0: u64, x1: u64, y1: u64| [x0 as f64, y0 as f64, x1 as f64, y1 as f64];
        let parts = match last - first {
            0 => [Some(block(left, first, right, first + 1)), None, None],
            rows => [
                Some(block(left, first, columns, first + 1)),
                (rows > 1).then(|| block(0, first + 1, columns, last)),
                Some(block(0, last, right, last + 1)),
            ],
        };
        parts.into_iter().flatten()
    })
}

/// Gives the bounds of what a mask covers; zeros where it is blank.
pub fn mask_bounds(columns: u32, rle: &[u32]) -> Bounds {
    mask_blocks(columns, rle)
        .reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])])
        .unwrap_or_default()
}

/// Edges that one sweep may touch. Beyond it (edges that all cross each other, as no hand draws) it goes by evenly
/// spaced lines instead of exactly.
const EFFORT: usize = 1 << 19;

/// The same for each point where a limit is set to the points.
const BY_POINT: usize = 32;

/// Where an edge stands at the top, the middle and the bottom of a slab.
struct Cut<'a> {
    high: f64,
    x: f64,
    low: f64,
    edge: &'a Edge,
}

/// Gives the area between `top` and `bottom` that lies, by edges in the order of their upper ends, within the first region and, where `both`, within the second.
///
/// The slabs between neighbouring corners are split where two edges cross. Within a slab the covered width then
/// changes evenly, and its middle times its height is its area.
fn sweep(edges: &[Edge], both: bool, top: f64, bottom: f64, effort: usize) -> f64 {
    let mut levels: Vec<f64> = Vec::with_capacity(2 * edges.len() + 2);
    levels
        .extend(edges.iter().flat_map(|edge| [edge.from[1], edge.to[1]]).filter(|y| *y > top && *y < bottom));
    levels.extend([top, bottom]);
    levels.sort_unstable_by(f64::total_cmp);
    levels.dedup();
    slabs(edges, &levels, both, Some(effort))
        .or_else(|| {
            let lines = (effort / edges.len()).max(16);
            let line = |n: usize| top + (bottom - top) * (n as f64 / lines as f64);
            slabs(edges, &(0..=lines).map(line).collect::<Vec<_>>(), both, None)
        })
        .unwrap_or(0.0)
}

/// Sums the slabs between neighbouring levels. With an effort they are split at crossings, and nothing is given where
/// that would touch more edges; without one they are taken as they are.
fn slabs(edges: &[Edge], levels: &[f64], both: bool, effort: Option<usize>) -> Option<f64> {
    let (mut next, mut area, mut left) = (0, 0.0, effort.unwrap_or(usize::MAX));
    let (mut live, mut cuts, mut slabs): (Vec<&Edge>, Vec<Cut<'_>>, Vec<(f64, f64)>) = Default::default();
    for (from, to) in levels.iter().zip(levels.iter().skip(1)) {
        live.retain(|edge| edge.to[1] > *from);
        while let Some(edge) = edges.get(next).filter(|edge| edge.from[1] < *to) {
            live.push(edge);
            next += 1;
        }
        slabs.push((*from, *to));
        while let Some((from, to)) = slabs.pop() {
            left = left.checked_sub(live.len())?;
            let middle = from + (to - from) / 2.0;
            cuts.clear();
            let here = live.iter().filter(|edge| edge.from[1] <= middle && edge.to[1] > middle);
            cuts.extend(here.map(|edge| Cut {
                high: edge.at(from),
                x: edge.at(middle),
                low: edge.at(to),
                edge,
            }));
            cuts.sort_unstable_by(|a, b| a.x.total_cmp(&b.x));
            match effort.and_then(|_| crossing(&cuts, from, middle, to)) {
                Some(y) => slabs.extend([(from, y), (y, to)]),
                None => area += (to - from) * width(&cuts, both),
            }
        }
    }
    Some(area)
}

/// Finds a height strictly within the slab at which two edges that are neighbours in its middle cross.
fn crossing(cuts: &[Cut<'_>], from: f64, middle: f64, to: f64) -> Option<f64> {
    // Closer together than this, two edges run along each other: pixels, and a share of how far out they lie.
    const TOUCH: f64 = 1e-9;
    const SHARE: f64 = 1e-12;
    cuts.iter().zip(cuts.iter().skip(1)).find_map(|(a, b)| {
        let (above, below) = (a.high - b.high, a.low - b.low);
        let (end, by) = if above > below { (from, above) } else { (to, below) };
        let y = end + (middle - end) * (by / (by + (b.x - a.x)));
        (by > TOUCH + SHARE * (a.x.abs() + b.x.abs()) && y > from && y < to).then_some(y)
    })
}

/// Gives the width that is covered at the middle of a slab.
fn width(cuts: &[Cut<'_>], both: bool) -> f64 {
    // By side: how often the outer ring and the holes wind around this place.
    let mut turns = [[0i32; 2]; 2];
    let mut covered = 0.0;
    for (n, cut) in cuts.iter().enumerate() {
        let side = &mut turns[usize::from(cut.edge.second)];
        side[usize::from(cut.edge.hole)] += cut.edge.turn;
        let inside = |[outer, hole]: [i32; 2]| outer != 0 && hole == 0;
        if let Some(next) = cuts.get(n + 1)
            && inside(turns[0])
            && (!both || inside(turns[1]))
        {
            covered += next.x - cut.x;
        }
    }
    covered
}

/// Gives the distance of two points; the spacing is the unit's length between rows (y), then between columns (x).
pub fn distance(a: Point, b: Point, [row, column]: [f64; 2]) -> f64 {
    let ([ax, ay], [bx, by]) = (sound(a), sound(b));
    ((ax - bx) * column).hypot((ay - by) * row)
}

/// Gives the length along a line of points, in the unit of the spacing.
pub fn length(points: &[Point], spacing: [f64; 2]) -> f64 {
    points.iter().zip(points.iter().skip(1)).map(|(a, b)| distance(*a, *b, spacing)).sum()
}

/// Gives the larger distance between the ends of two lines, in the direction in which it is the smaller one: who drew
/// from which end does not count.
pub fn ends_apart(a: [Point; 2], b: [Point; 2], spacing: [f64; 2]) -> f64 {
    let apart = |b: [Point; 2]| distance(a[0], b[0], spacing).max(distance(a[1], b[1], spacing));
    apart(b).min(apart([b[1], b[0]]))
}

/// Tells whether two straight segments cross or touch.
pub fn cross(a: [Point; 2], b: [Point; 2]) -> bool {
    let ([p, q], [r, s]) = (a.map(sound), b.map(sound));
    let side = |a: Point, b: Point, c: Point| {
        let area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
        if area == 0.0 { 0.0 } else { area.signum() }
    };
    let on = |a: Point, b: Point, c: Point| {
        side(a, b, c) == 0.0 && within([c[0], c[1], c[0], c[1]], bounds(&[a, b]))
    };
    (side(p, q, r) * side(p, q, s) < 0.0 && side(r, s, p) * side(r, s, q) < 0.0)
        || on(p, q, r)
        || on(p, q, s)
        || on(r, s, p)
        || on(r, s, q)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: usize = usize::MAX;

    fn ring(points: &[Point]) -> Region {
        Region::of_rings([points], ALL)
    }

    fn square(x: f64, y: f64, side: f64) -> [Point; 4] {
        [[x, y], [x + side, y], [x + side, y + side], [x, y + side]]
    }

    fn circle(x: f64, y: f64, radius: f64, corners: usize) -> Vec<Point> {
        let angle = |n: usize| n as f64 / corners as f64 * std::f64::consts::TAU;
        (0..corners).map(|n| [x + radius * angle(n).cos(), y + radius * angle(n).sin()]).collect()
    }

    fn near(a: f64, b: f64, by: f64) -> bool {
        (a - b).abs() <= by
    }

    #[test]
    fn boxes_overlap_as_by_hand() {
        // 2×2 boxes shifted by one both ways share 1 of 7.
        assert_eq!(box_iou([[0.0, 0.0], [2.0, 2.0]], [[1.0, 1.0], [3.0, 3.0]]), 1.0 / 7.0);
        assert_eq!(box_iou([[2.0, 2.0], [0.0, 0.0]], [[1.0, 3.0], [3.0, 1.0]]), 1.0 / 7.0);
        assert_eq!(box_iou([[0.0, 0.0], [1.0, 1.0]], [[1.0, 0.0], [2.0, 1.0]]), 0.0);
        let empty = [[5.0, 5.0], [5.0, 5.0]];
        assert_eq!((box_iou(empty, empty), box_iou(empty, [[0.0, 0.0], [9.0, 9.0]])), (1.0, 0.0));
        assert_eq!(boxes(empty, [[0.0, 0.0], [9.0, 9.0]]).coefficient(), 1.0);
        assert_eq!(boxes([[0.0, 0.0], [4.0, 4.0]], [[1.0, 1.0], [2.0, 3.0]]).coefficient(), 1.0);
    }

    #[test]
    fn circles_share_the_lens_of_the_formula() {
        // Two circles of radius r at distance d share 2r²·acos(d/2r) − d/2·√(4r² − d²).
        let (r, d) = (10.0f64, 8.0f64);
        let lens = 2.0 * r * r * (d / (2.0 * r)).acos() - d / 2.0 * (4.0 * r * r - d * d).sqrt();
        let shared = ring(&circle(20.0, 20.0, r, 4000)).shared(&ring(&circle(28.0, 20.0, r, 3999)));
        assert!(near(shared.first, std::f64::consts::PI * r * r, 1e-3), "{shared:?}");
        assert!(near(shared.both, lens, 1e-3), "{shared:?} {lens}");
    }

    #[test]
    fn polygons_overlap_as_in_shapely() {
        // shapely 2.2.0 (GEOS): area of the first with its hole, of the second, of their intersection.
        type Case<'a> = (&'a [Point], &'a [Point], &'a [Point], [f64; 3]);
        #[rustfmt::skip]
        let cases: [Case; 4] = [
            (&[[29.7, 20.0], [27.8, 27.7], [17.8, 30.3], [12.7, 24.4], [10.3, 14.9], [18.3, 11.4], [24.7, 10.7]], &[], &[[34.0, 21.0], [32.9, 28.4], [25.7, 30.5], [20.4, 26.5], [15.4, 23.3], [17.1, 18.4], [20.8, 13.4], [25.5, 10.3], [31.0, 14.7]], [269.28999999999996, 242.49, 158.83271447399437]),
            (&[[30.0, 20.0], [28.3, 23.9], [27.5, 33.0], [20.0, 32.1], [15.9, 26.3], [13.2, 22.9], [7.3, 20.0], [8.3, 15.6], [12.7, 8.3], [20.0, 12.9], [27.1, 11.6], [32.8, 15.5]], &[], &[[19.2, 21.0], [22.1, 25.9], [14.0, 28.5], [4.7, 29.0], [8.4, 21.0], [10.2, 17.4], [14.0, 14.9], [20.7, 15.0]], [354.625, 158.095, 99.640937533931]),
            (&[[28.8, 20.0], [26.5, 26.8], [21.5, 29.5], [15.6, 27.9], [8.8, 23.8], [11.3, 16.1], [15.6, 11.7], [22.0, 9.6], [26.4, 12.3]], &[[23.5, 20.0], [20.8, 22.5], [17.3, 22.1], [17.9, 17.9], [21.1, 17.0]], &[[30.5, 21.0], [30.1, 26.4], [23.9, 28.4], [18.7, 29.1], [14.9, 24.2], [14.5, 18.0], [17.2, 13.3], [24.1, 10.8], [28.5, 16.0]], [251.75, 217.21, 168.5773527040121]),
            (&[[29.4, 20.0], [23.2, 31.9], [16.0, 30.1], [11.9, 20.0], [14.6, 12.8], [23.7, 9.8]], &[[22.6, 20.0], [20.7, 23.3], [17.4, 22.1], [18.0, 18.1], [20.9, 16.9]], &[[34.9, 21.0], [36.9, 27.2], [33.1, 27.7], [27.3, 27.8], [25.4, 26.5], [20.7, 22.6], [22.6, 18.7], [22.8, 16.2], [27.9, 9.3], [34.2, 11.8], [37.7, 15.8]], [232.885, 213.03500000000003, 62.92672958521014]),
        ];
        for (outer, hole, second, [a, b, both]) in cases {
            for backwards in [false, true] {
                let mut hole = hole.to_vec();
                if backwards {
                    hole.reverse();
                }
                let shared = Region::of_rings([outer, &hole], ALL).shared(&ring(second));
                assert!(near(shared.first, a, 1e-9), "{shared:?} {a}");
                assert!(near(shared.second, b, 1e-9), "{shared:?} {b}");
                assert!(near(shared.both, both, 1e-9), "{shared:?} {both}");
                assert!(near(shared.dice(), 2.0 * both / (a + b), 1e-12));
                assert!(near(shared.iou(), both / (a + b - both), 1e-12));
            }
        }
    }

    #[test]
    fn what_a_hand_draws_twice_counts_once() {
        let once = square(0.0, 0.0, 4.0);
        let twice: Vec<Point> = once.iter().chain(&once).chain(&once[..2]).copied().collect();
        assert!(near(ring(&twice).area(), 16.0, 1e-9));
        // A bow tie: two triangles of 1 that turn opposite ways.
        assert!(near(ring(&[[0.0, 0.0], [2.0, 2.0], [2.0, 0.0], [0.0, 2.0]]).area(), 2.0, 1e-9));
        assert_eq!(ring(&[[0.0, 0.0], [3.0, 0.0], [6.0, 0.0]]).area(), 0.0);
    }

    #[test]
    fn masks_overlap_like_the_squares_that_they_fill() {
        // 4 columns; a 2×2 block at (0, 0), one at (1, 1), and everything.
        let (a, b) = ([0, 2, 2, 2, 10], [5, 2, 2, 2, 5]);
        assert_eq!(masks(&a, &b).iou(), 1.0 / 7.0);
        assert_eq!(masks(&a, &b).dice(), 0.25);
        assert_eq!(masks(&a, &[0, 16]).both, 4.0);
        assert_eq!((masks(&[16], &[16]).dice(), masks(&[16], &a).dice()), (1.0, 0.0));
        let region = Region::of_mask(4, &a);
        assert_eq!((region.area(), region.bounds), (4.0, [0.0, 0.0, 2.0, 2.0]));
        assert!(near(region.shared(&ring(&square(1.0, 1.0, 2.0))).iou(), 1.0 / 7.0, 1e-12));
        // Runs over several rows: 3 + 4 + 4 + 1 pixels.
        assert_eq!(Region::of_mask(4, &[1, 12, 3]).area(), 12.0);
        assert_eq!(mask_bounds(4, &[1, 12, 3]), [0.0, 0.0, 4.0, 4.0]);
    }

    #[test]
    fn distances_take_the_spacing_by_rows_and_by_columns() {
        assert_eq!(distance([0.0, 0.0], [3.0, 4.0], [1.0, 1.0]), 5.0);
        assert_eq!(distance([0.0, 0.0], [6.0, 4.0], [1.0, 0.5]), 5.0);
        assert_eq!(length(&[[0.0, 0.0], [3.0, 4.0], [3.0, 6.0]], [1.0, 1.0]), 7.0);
        let (a, b) = ([[0.0, 0.0], [10.0, 0.0]], [[10.0, 1.0], [0.0, 2.0]]);
        assert_eq!(ends_apart(a, b, [1.0, 1.0]), 2.0);
    }

    #[test]
    fn segments_cross_where_they_touch() {
        let across = [[0.0, 0.0], [4.0, 4.0]];
        assert!(cross(across, [[0.0, 4.0], [4.0, 0.0]]));
        assert!(cross(across, [[2.0, 2.0], [9.0, 2.0]]));
        assert!(!cross(across, [[5.0, 5.0], [9.0, 9.0]]));
        assert!(!cross(across, [[0.0, 1.0], [3.0, 4.0]]));
    }

    #[test]
    fn a_scribble_of_thousands_of_crossings_ends() {
        let scribble = |shift: f64| -> Vec<Point> {
            (0..2000).map(|n| [f64::from(n) * 0.1 + shift, if n % 2 == 0 { 0.0 } else { 500.0 }]).collect()
        };
        let (a, b) = (ring(&scribble(0.0)), ring(&scribble(7.0)));
        assert!((0.0..=1.0).contains(&a.shared(&b).dice()));
    }

    fn coordinate() -> impl Strategy<Value = f64> {
        prop_oneof![
            4 => (-40i32..40).prop_map(f64::from),
            4 => -50.0..50.0f64,
            1 => prop_oneof![Just(f64::MAX), Just(f64::MIN), Just(1e-310), Just(-0.0), Just(1e6)],
        ]
    }

    fn outline() -> impl Strategy<Value = Vec<Point>> {
        proptest::collection::vec([coordinate(), coordinate()], 0..14)
    }

    fn mask() -> impl Strategy<Value = Vec<u32>> {
        proptest::collection::vec(any::<bool>(), 24).prop_map(|pixels| {
            let mut runs = vec![0u32];
            let mut ones = false;
            for pixel in pixels {
                if pixel != ones {
                    runs.push(0);
                    ones = pixel;
                }
                if let Some(run) = runs.last_mut() {
                    *run += 1;
                }
            }
            runs
        })
    }

    fn holds(there: Shared, back: Shared, same: Shared) -> Result<(), TestCaseError> {
        for measure in [Shared::iou, Shared::dice, Shared::coefficient] {
            prop_assert!((0.0..=1.0).contains(&measure(&there)), "{:?}", there);
            prop_assert!(near(measure(&there), measure(&back), 1e-9), "{:?} {:?}", there, back);
            prop_assert!(near(measure(&same), 1.0, 1e-9), "{:?}", same);
        }
        prop_assert!(there.dice() >= there.iou());
        Ok(())
    }

    proptest! {
        #[test]
        fn overlaps_are_bounded_symmetric_and_one_with_oneself(a in outline(), b in outline()) {
            let (a, b) = (ring(&a), ring(&b));
            holds(a.shared(&b), b.shared(&a), a.shared(&a))?;
        }

        #[test]
        fn so_are_those_of_boxes(a in [[coordinate(), coordinate()], [coordinate(), coordinate()]],
                                 b in [[coordinate(), coordinate()], [coordinate(), coordinate()]]) {
            holds(boxes(a, b), boxes(b, a), boxes(a, a))?;
        }

        #[test]
        fn masks_agree_with_their_outlines(a in mask(), b in mask()) {
            holds(masks(&a, &b), masks(&b, &a), masks(&a, &a))?;
            let regions = Region::of_mask(6, &a).shared(&Region::of_mask(6, &b));
            prop_assert!(near(regions.both, masks(&a, &b).both, 1e-9));
            prop_assert!(near(regions.first, masks(&a, &b).first, 1e-9));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn outlines_agree_with_counted_points(a in outline(), b in outline()) {
            // A second way to the same number: counting the cells of a grid whose middle both wind around.
            prop_assume!(a.iter().chain(&b).flatten().all(|value| value.abs() < 100.0));
            let inside = |ring: &[Point], x: f64, y: f64| {
                let next = ring.iter().cycle().skip(1);
                let turns: i32 = ring.iter().zip(next).map(|(p, q)| {
                    let turn = if p[1] <= y && q[1] > y { 1 } else if q[1] <= y && p[1] > y { -1 } else { 0 };
                    if turn != 0 && p[0] + (q[0] - p[0]) * ((y - p[1]) / (q[1] - p[1])) < x { turn } else { 0 }
                }).sum();
                turns != 0
            };
            let cell = 0.5;
            let middle = |n: i32| f64::from(n) * cell + 0.2371;
            let cells = (-100..100).flat_map(|y| (-100..100).map(move |x| (x, y)));
            let count = cells.filter(|(x, y)| {
                inside(&a, middle(*x), middle(*y)) && inside(&b, middle(*x), middle(*y))
            }).count();
            let both = ring(&a).shared(&ring(&b)).both;
            // Cells that an edge runs through may fall either way, about a cell for each unit of length and side.
            let edge = |ring: &[Point]| length(ring, [1.0, 1.0]) + 150.0;
            let slack = cell * (edge(&a) + edge(&b)).sqrt() * 3.0 + 4.0;
            prop_assert!(near(both, count as f64 * cell * cell, slack), "{} {}", both, count as f64 * cell * cell);
        }
    }

    #[test]
    fn pixels_lie_within_by_their_centres() {
        let square = [[1.0, 1.0], [4.0, 1.0], [4.0, 3.0], [1.0, 3.0]];
        let hole = [[2.0, 1.0], [3.0, 1.0], [3.0, 2.0], [2.0, 2.0]];
        let region = Region::of_rings([&square[..], &hole[..]], 100);
        assert_eq!(
            region.cells([0, 0], [4, 5]),
            [
                0, 0, 0, 0, 0, //
                0, 1, 0, 1, 0, //
                0, 1, 1, 1, 0, //
                0, 0, 0, 0, 0,
            ]
        );
        let mask = Region::of_mask(3, &[4, 2, 3]);
        assert_eq!(mask.cells([0, 0], [3, 3]), [0, 0, 0, 0, 1, 1, 0, 0, 0]);
        assert_eq!(mask.cells([1, 1], [1, 2]), [1, 1]);
    }
}
