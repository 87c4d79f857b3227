//! Outlines over a picture: each reader's in its colour and stroke, with a dark border so that it is seen on white and on
//! black, and with its letter beside it.

use super::font;
use super::plan::{Dash, Outline, Rgb};
use super::render::Map;
use crate::domain::geometry::{Geometry, Shape};
use crate::imaging::Marks;

/// A mostly empty picture above another.
#[derive(Debug, Clone, PartialEq)]
pub struct Overlay {
    pub width: u32,
    pub height: u32,
    /// Row by row; none where the picture below is seen.
    pub pixels: Vec<Option<Rgb>>,
    /// Which outline a pixel belongs to, counted from 1; 0 for none and for dark borders.
    pub owners: Vec<u8>,
    /// Letters that are not drawn as pixels: where they stand, and their colour.
    pub labels: Vec<(u32, u32, String, Rgb)>,
}

/// How fine outlines are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Grain {
    /// Pixels of a graphical terminal, so many for one of the screen, at most 1: strokes with a border, letters as pixels.
    Fine(f64),
    /// Half-blocks: strokes of one pixel, letters as text.
    Coarse,
}

const DARK: Rgb = [0, 0, 0];
/// The colour of a file's graphics: no reader's, and far from every gray.
const GRAPHICS: Rgb = [255, 96, 64];
/// Steps that one outline takes at most: more than the longest that fits a screen.
const STEPS: usize = 2_000_000;

/// Pixels on and off, in turn, for strokes one pixel of the screen thick.
fn pattern(dash: Dash, grain: Grain) -> Vec<f64> {
    let scale = if let Grain::Fine(scale) = grain { scale } else { 1.0 };
    // What falls between pixels would be no gap.
    steps(dash, grain).iter().map(|step| (step * scale).max(1.0)).collect()
}

fn steps(dash: Dash, grain: Grain) -> &'static [f64] {
    match (dash, grain) {
        (Dash::Solid, _) => &[],
        (Dash::Dashed, Grain::Fine(_)) => &[9.0, 6.0],
        (Dash::Dotted, Grain::Fine(_)) => &[3.0, 5.0],
        (Dash::DashDotted, Grain::Fine(_)) => &[10.0, 4.0, 3.0, 4.0],
        (Dash::Dashed, Grain::Coarse) => &[3.0, 2.0],
        (Dash::Dotted, Grain::Coarse) => &[1.0, 2.0],
        (Dash::DashDotted, Grain::Coarse) => &[4.0, 2.0, 1.0, 2.0],
    }
}

/// Draws outlines for a picture of a size.
pub fn draw(outlines: &[Outline], map: &Map, width: u32, height: u32, grain: Grain) -> Overlay {
    let area = width as usize * height as usize;
    let mut overlay =
        Overlay { width, height, pixels: vec![None; area], owners: vec![0; area], labels: Vec::new() };
    let mut taken: Vec<[i64; 4]> = Vec::new();
    for (owner, outline) in (1_u8..=255).zip(outlines) {
        let mut strokes = Vec::new();
        for geometry in &outline.shapes {
            lines(geometry, map, (f64::from(width), f64::from(height)), grain, &mut strokes);
        }
        let thick = match (grain, outline.strong) {
            (Grain::Coarse, _) => 1,
            (Grain::Fine(scale), strong) => ((if strong { 3.0 } else { 2.0 } * scale).round() as i64).max(1),
        };
        // On pixels that are much larger than the screen's a border would hide more than it sets off.
        if matches!(grain, Grain::Fine(scale) if scale > 0.5) {
            overlay.stroke(&strokes, outline.dash, thick + 2, DARK, 0, grain);
        }
        overlay.stroke(&strokes, outline.dash, thick, outline.colour, owner, grain);
        for geometry in &outline.shapes {
            overlay.letter(geometry, map, outline, grain, &mut taken);
        }
    }
    overlay
}

/// A piece of an outline in pixels of the picture, and how far along its outline it begins.
struct Stroke {
    from: (f64, f64),
    to: (f64, f64),
    along: f64,
}

/// Turns a shape into strokes; what lies beyond the picture is left out before anything walks along it.
fn lines(geometry: &Geometry, map: &Map, size: (f64, f64), grain: Grain, strokes: &mut Vec<Stroke>) {
    let arm = if let Grain::Fine(scale) = grain { (5.0 * scale).max(1.0) } else { 5.0 };
    let mut path = |points: &mut dyn Iterator<Item = [f64; 2]>, closed: bool| {
        let points: Vec<(f64, f64)> = points.map(|point| map.point(point)).collect();
        let mut along = 0.0;
        let ends = points.iter().skip(1).chain(points.first().filter(|_| closed));
        for (from, to) in points.iter().zip(ends) {
            let length = (to.0 - from.0).hypot(to.1 - from.1);
            if let Some((from, to, skipped)) = clip(*from, *to, size) {
                strokes.push(Stroke { from, to, along: along + skipped });
            }
            along += length;
        }
    };
    match &geometry.shape {
        Shape::Box { points: [[left, top], [right, bottom]] } => {
            path(&mut [[*left, *top], [*right, *top], [*right, *bottom], [*left, *bottom]].into_iter(), true);
        }
        Shape::RotatedBox { points } => path(&mut points.iter().copied(), true),
        Shape::Contour { points } => path(&mut points.iter().copied(), true),
        Shape::Polygon { rings } => rings.iter().for_each(|ring| path(&mut ring.iter().copied(), true)),
        Shape::Line { points } => path(&mut points.iter().copied(), false),
        Shape::Point { points: [point] } => cross(*point, map, size, arm, strokes),
        Shape::Landmarks { points, .. } => {
            points.iter().for_each(|point| cross(*point, map, size, arm, strokes))
        }
        Shape::Mask { size: [_, columns], rle } => border(*columns, rle, &mut |from, to| {
            let (from, to) = (map.point(from), map.point(to));
            if let Some((start, end, skipped)) = clip(from, to, size) {
                // Along a border of many small pieces the place itself is what runs on.
                strokes.push(Stroke { from: start, to: end, along: from.0.abs() + from.1.abs() + skipped });
            }
        }),
    }
}

/// A point as a cross that has the same size on every picture.
fn cross(point: [f64; 2], map: &Map, size: (f64, f64), arm: f64, strokes: &mut Vec<Stroke>) {
    let (x, y) = map.point(point);
    for (from, to) in [((x - arm, y), (x + arm, y)), ((x, y - arm), (x, y + arm))] {
        if let Some((from, to, _)) = clip(from, to, size) {
            strokes.push(Stroke { from, to, along: 0.0 });
        }
    }
}

/// Gives every edge between what a mask fills and what it does not.
fn border(columns: u32, rle: &[u32], edge: &mut dyn FnMut([f64; 2], [f64; 2])) {
    let columns = u64::from(columns.max(1));
    // Filled stretches by row, in order.
    let mut rows: Vec<(u64, Vec<(u64, u64)>)> = Vec::new();
    let mut at = 0_u64;
    for (n, run) in rle.iter().enumerate() {
        let end = at + u64::from(*run);
        while n % 2 == 1 && at < end {
            let row = at / columns;
            let stop = end.min((row + 1) * columns);
            let stretch = (at - row * columns, stop - row * columns);
            match rows.last_mut() {
                Some((known, stretches)) if *known == row => stretches.push(stretch),
                _ => rows.push((row, vec![stretch])),
            }
            at = stop;
        }
        at = end;
    }
    let empty: Vec<(u64, u64)> = Vec::new();
    for (n, (row, stretches)) in rows.iter().enumerate() {
        for (from, to) in stretches {
            for x in [*from, *to] {
                edge([x as f64, *row as f64], [x as f64, (*row + 1) as f64]);
            }
        }
        let beside = |other: Option<&(u64, Vec<(u64, u64)>)>, wanted: Option<u64>| {
            other
                .filter(|(row, _)| Some(*row) == wanted)
                .map_or(empty.clone(), |(_, stretches)| stretches.clone())
        };
        let above = beside(n.checked_sub(1).and_then(|n| rows.get(n)), row.checked_sub(1));
        for (from, to) in only_one(stretches, &above) {
            edge([from as f64, *row as f64], [to as f64, *row as f64]);
        }
        let below = beside(rows.get(n + 1), Some(row + 1));
        if below.is_empty() {
            for (from, to) in stretches {
                edge([*from as f64, (*row + 1) as f64], [*to as f64, (*row + 1) as f64]);
            }
        }
    }
}

/// Gives the stretches that lie in one of two lists and not in both.
fn only_one(a: &[(u64, u64)], b: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut cuts: Vec<u64> = a.iter().chain(b).flat_map(|(from, to)| [*from, *to]).collect();
    cuts.sort_unstable();
    // At each cut one of the two begins or ends, so that between an odd and an even one exactly one holds.
    cuts.chunks_exact(2).map(|pair| (pair[0], pair[1])).filter(|(from, to)| from < to).collect()
}

/// A piece of a line from one point to another, and how much of it was left out before it.
type Piece = ((f64, f64), (f64, f64), f64);

/// Cuts a line to the picture and a little around it (Liang and Barsky 1984).
fn clip(from: (f64, f64), to: (f64, f64), size: (f64, f64)) -> Option<Piece> {
    const AROUND: f64 = 8.0;
    if ![from.0, from.1, to.0, to.1].iter().all(|value| value.is_finite()) {
        return None;
    }
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    for (step, room) in [
        (-dx, from.0 + AROUND),
        (dx, size.0 + AROUND - from.0),
        (-dy, from.1 + AROUND),
        (dy, size.1 + AROUND - from.1),
    ] {
        if step == 0.0 {
            if room < 0.0 {
                return None;
            }
        } else if step < 0.0 {
            enter = enter.max(room / step);
        } else {
            leave = leave.min(room / step);
        }
    }
    let at = |share: f64| (from.0 + dx * share, from.1 + dy * share);
    (enter <= leave).then(|| (at(enter), at(leave), enter * dx.hypot(dy)))
}

impl Overlay {
    /// Draws the graphics of a file, brought to a size, from a place on where no outline stands.
    pub fn lay_below(&mut self, graphics: &Marks, begin: (u32, u32), size: (u32, u32)) {
        let graphics = graphics.scaled(size.0, size.1);
        let places = (0..self.height).flat_map(|y| (0..self.width).map(move |x| (x, y)));
        for (pixel, (x, y)) in self.pixels.iter_mut().zip(places) {
            let (Some(x), Some(y)) = (x.checked_sub(begin.0), y.checked_sub(begin.1)) else { continue };
            if pixel.is_none() && graphics.has(x, y) {
                *pixel = Some(GRAPHICS);
            }
        }
    }

    fn set(&mut self, x: i64, y: i64, colour: Rgb, owner: u8) {
        let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else { return };
        if x < self.width && y < self.height {
            let at = y as usize * self.width as usize + x as usize;
            // A dark border never hides another reader's stroke.
            if owner > 0 || self.pixels.get(at).is_some_and(Option::is_none) {
                self.pixels[at] = Some(colour);
                self.owners[at] = owner;
            }
        }
    }

    fn stroke(&mut self, strokes: &[Stroke], dash: Dash, thick: i64, colour: Rgb, owner: u8, grain: Grain) {
        let pattern = pattern(dash, grain);
        let whole: f64 = pattern.iter().sum();
        let mut steps = 0;
        for Stroke { from, to, along } in strokes {
            let (dx, dy) = (to.0 - from.0, to.1 - from.1);
            let length = dx.hypot(dy);
            // Half a pixel a step, so that no rounding leaves a gap.
            let count = ((length * 2.0).ceil() as usize).max(1);
            steps += count;
            if steps > STEPS {
                return;
            }
            for n in 0..=count {
                let share = n as f64 / count as f64;
                if !is_on(&pattern, whole, along + share * length) {
                    continue;
                }
                let (x, y) = (from.0 + dx * share, from.1 + dy * share);
                // A stroke lies evenly on both sides of its line.
                let low = |value: f64| (value - thick as f64 / 2.0 + 0.5).floor() as i64;
                for y in low(y)..low(y) + thick {
                    for x in low(x)..low(x) + thick {
                        self.set(x, y, colour, owner);
                    }
                }
            }
        }
    }

    /// Puts a reader's letter beside a shape, inside the picture, and where no other stands if there is such a place.
    fn letter(
        &mut self,
        geometry: &Geometry,
        map: &Map,
        outline: &Outline,
        grain: Grain,
        taken: &mut Vec<[i64; 4]>,
    ) {
        if outline.letter.is_empty() {
            return;
        }
        let Some([left, top, right, bottom]) = bounds(geometry, map) else { return };
        let (width, height) = (f64::from(self.width), f64::from(self.height));
        if right < 0.0 || bottom < 0.0 || left > width || top > height {
            return;
        }
        let letters = outline.letter.chars().take(3).count() as i64;
        let scale = match grain {
            Grain::Fine(scale) => ((2.0 * scale).round() as i64).max(1),
            Grain::Coarse => 1,
        };
        let (wide, high) = match grain {
            Grain::Fine(_) => (letters * (font::WIDTH as i64 + 1) * scale, font::HEIGHT as i64 * scale),
            // A cell is one pixel wide and two high.
            Grain::Coarse => (letters, 2),
        };
        let gap = if let Grain::Fine(scale) = grain { (4.0 * scale).max(1.0) } else { 1.0 };
        let places = [
            (left, top - gap - high as f64),
            (right + gap, top),
            (left - gap - wide as f64, top),
            (left, bottom + gap),
            (right + gap, bottom - high as f64),
            (right - wide as f64, top - gap - high as f64),
            (right - wide as f64, bottom + gap),
        ];
        let inside = |(x, y): (f64, f64)| {
            let fit = |value: f64, room: f64| value.clamp(0.0, room.max(0.0)).round() as i64;
            (fit(x, width - wide as f64), fit(y, height - high as f64))
        };
        let free = |(x, y): &(i64, i64)| {
            taken.iter().all(|[l, t, r, b]| x + wide <= *l || *x >= *r || y + high <= *t || *y >= *b)
        };
        let mut spots = places.map(inside).into_iter();
        let (x, y) = spots.clone().find(free).or_else(|| spots.next()).unwrap_or((0, 0));
        taken.push([x, y, x + wide, y + high]);
        if grain == Grain::Coarse {
            let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else { return };
            self.labels.push((x, y, outline.letter.clone(), outline.colour));
            return;
        }
        for (n, letter) in outline.letter.chars().take(3).enumerate() {
            let glyph = font::glyph(letter);
            let from = x + n as i64 * (font::WIDTH as i64 + 1) * scale;
            // The dark border first, so that it lies below.
            for (grow, colour) in [(1, DARK), (0, outline.colour)] {
                for (row, bits) in (0_i64..).zip(glyph) {
                    for column in 0..font::WIDTH as i64 {
                        if bits >> (font::WIDTH as i64 - 1 - column) & 1 == 0 {
                            continue;
                        }
                        for dy in -grow..scale + grow {
                            for dx in -grow..scale + grow {
                                self.set(from + column * scale + dx, y + row * scale + dy, colour, 1);
                            }
                        }
                    }
                }
            }
        }
    }
}

fn is_on(pattern: &[f64], whole: f64, along: f64) -> bool {
    if pattern.is_empty() {
        return true;
    }
    let mut left = along.rem_euclid(whole);
    for (n, length) in pattern.iter().enumerate() {
        if left < *length {
            return n % 2 == 0;
        }
        left -= length;
    }
    true
}

/// Gives the rectangle of a shape on the picture.
fn bounds(geometry: &Geometry, map: &Map) -> Option<[f64; 4]> {
    let mut found: Option<[f64; 4]> = None;
    let mut add = |point: [f64; 2]| {
        let (x, y) = map.point(point);
        if x.is_finite() && y.is_finite() {
            let [left, top, right, bottom] = found.unwrap_or([x, y, x, y]);
            found = Some([left.min(x), top.min(y), right.max(x), bottom.max(y)]);
        }
    };
    match &geometry.shape {
        Shape::Mask { size: [_, columns], rle } => border(*columns, rle, &mut |from, to| {
            add(from);
            add(to);
        }),
        shape => shape.points().for_each(add),
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::Frame;
    use crate::preview::plan::View;
    use crate::preview::render::render;

    fn map(side: u32, quarters: u8, flipped: bool) -> Map {
        let frame = Frame::of_grays(side, side, &vec![0; (side * side) as usize]);
        let view = View {
            image: "i".into(),
            frame: 0,
            window: None,
            inverted: false,
            quarters,
            flipped,
            region: None,
            at_most: None,
        };
        render(&frame, &view, (side, side)).map
    }

    fn outline(shape: Shape, dash: Dash) -> Outline {
        let shapes = vec![Geometry { shape, image: "i".into(), frame: 0 }];
        Outline { letter: "A".into(), colour: [255, 0, 0], dash, strong: false, shapes }
    }

    fn own(overlay: &Overlay) -> Vec<(u32, u32)> {
        let places = (0..overlay.height).flat_map(|y| (0..overlay.width).map(move |x| (x, y)));
        places.zip(&overlay.owners).filter(|(_, owner)| **owner > 0).map(|(place, _)| place).collect()
    }

    #[test]
    fn a_box_lies_on_its_edges() {
        let boxed = outline(Shape::Box { points: [[2.0, 3.0], [8.0, 9.0]] }, Dash::Solid);
        let overlay = draw(&[boxed], &map(12, 0, false), 12, 12, Grain::Coarse);
        // The edge at 2.0 runs between the pixels 1 and 2; a stroke of one pixel takes the second.
        let mut expected: Vec<(u32, u32)> = (2..=8).flat_map(|n| [(n, 3), (n, 9)]).collect();
        expected.extend((4..9).flat_map(|n| [(2, n), (8, n)]));
        expected.sort_by_key(|(x, y)| (*y, *x));
        assert_eq!(own(&overlay), expected);
    }

    #[test]
    fn a_mask_is_drawn_by_its_border() {
        // Two by two pixels in the middle of six by six.
        let mask = Shape::Mask { size: [6, 6], rle: vec![14, 2, 4, 2, 14] };
        let overlay = draw(&[outline(mask, Dash::Solid)], &map(6, 0, false), 6, 6, Grain::Coarse);
        let mut expected: Vec<(u32, u32)> = (2..=4).flat_map(|n| [(n, 2), (n, 4)]).collect();
        expected.extend([(2, 3), (4, 3)]);
        expected.sort_by_key(|(x, y)| (*y, *x));
        assert_eq!(own(&overlay), expected);
    }

    #[test]
    fn edges_of_a_mask_are_those_between_full_and_empty() {
        // An L: the first column of two rows, and the second pixel of the lower row.
        let mut edges = Vec::new();
        border(2, &[0, 1, 1, 2], &mut |from, to| edges.push((from, to)));
        let length: f64 = edges.iter().map(|(a, b)| (a[0] - b[0]).abs() + (a[1] - b[1]).abs()).sum();
        assert_eq!(length, 8.0);
        assert!(!edges.contains(&([0.0, 1.0], [1.0, 1.0])), "an inner edge is drawn: {edges:?}");
    }

    #[test]
    fn dashes_leave_gaps_and_letters_stay_inside() {
        let line = |dash| outline(Shape::Line { points: vec![[0.0, 5.0], [100.0, 5.0]] }, dash);
        let count = |dash| own(&draw(&[line(dash)], &map(100, 0, false), 100, 100, Grain::Coarse)).len();
        assert_eq!(count(Dash::Solid), 100);
        assert!((55..=65).contains(&count(Dash::Dashed)), "{}", count(Dash::Dashed));
        assert!(count(Dash::Dotted) < count(Dash::Dashed));
        let far = outline(Shape::Box { points: [[-5.0, -5.0], [99.0, 99.0]] }, Dash::Solid);
        let overlay = draw(&[far.clone(), far], &map(100, 0, false), 100, 100, Grain::Coarse);
        assert_eq!(overlay.labels.len(), 2);
        assert!(overlay.labels.iter().all(|(x, y, ..)| *x < 100 && *y < 100));
        assert_ne!(overlay.labels[0].0..=overlay.labels[0].1, overlay.labels[1].0..=overlay.labels[1].1);
    }

    #[test]
    fn what_lies_far_away_costs_nothing() {
        let points: Vec<[f64; 2]> =
            (0..20_000).map(|n| [f64::from(n % 2) * 1e6, f64::from(n) * 50.0 - 5e5]).collect();
        let overlay = draw(
            &[outline(Shape::Contour { points }, Dash::Dotted)],
            &map(64, 1, true),
            64,
            64,
            Grain::Fine(1.0),
        );
        assert_eq!(overlay.pixels.len(), 64 * 64);
        let nan = outline(Shape::Point { points: [[f64::NAN, 1.0]] }, Dash::Solid);
        assert_eq!(own(&draw(&[nan], &map(8, 0, false), 8, 8, Grain::Fine(1.0))), []);
    }

    #[test]
    fn graphics_lie_below_outlines_and_turn_with_the_picture() {
        let mut marks = Marks::new(4, 2);
        marks.set(0, 0);
        marks.set(3, 1);
        let mut overlay = draw(&[], &map(4, 0, false), 4, 2, Grain::Fine(1.0));
        overlay.pixels[7] = Some([1, 2, 3]);
        overlay.lay_below(&marks, (0, 0), (4, 2));
        let drawn: Vec<usize> = (0..8).filter(|at| overlay.pixels[*at] == Some(GRAPHICS)).collect();
        assert_eq!((drawn, overlay.pixels[7]), (vec![0], Some([1, 2, 3])));
        let turned = marks.turned();
        assert_eq!(turned.size(), (2, 4));
        assert!(turned.has(1, 0) && turned.has(0, 3) && !turned.has(0, 0));
        assert!(marks.mirrored().has(3, 0) && marks.mirrored().has(0, 1));
    }
}
