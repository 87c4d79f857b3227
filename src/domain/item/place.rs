//! Two drawn shapes beside each other: whether they may be the same object, whether they differ by more than the
//! label's tolerance, and by how much.

use std::cell::OnceCell;

use crate::domain::charter::{Label, LabelKind};
use crate::domain::finding::Finding;
use crate::domain::geometry::{Geometry, Point, Shape};
use crate::stats::overlap::{self, Bounds, Region, Shared};

use super::order;
use super::topic::Said;

/// Two areas are the same object where their intersection over union reaches this …
pub const SAME_IOU: f64 = 0.1;
/// … or where one covers this share of the other: a generous outline of a small thing is still that thing.
pub const COVERED: f64 = 0.5;
/// Two points are the same object up to this many tolerances apart …
pub const SAME_TOLERANCES: f64 = 3.0;
/// … or up to this many millimetres (pixels where the spacing is unknown).
pub const SAME_MM: f64 = 10.0;

/// Which shapes can be compared with which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family {
    Area,
    Point,
    Landmarks,
    Line,
}

pub(super) fn family(shape: &Shape) -> Family {
    match shape {
        Shape::Point { .. } => Family::Point,
        Shape::Landmarks { .. } => Family::Landmarks,
        Shape::Line { .. } => Family::Line,
        _ => Family::Area,
    }
}

/// The kind that a shape speaks for where the charter does not know its label.
pub(super) fn kind(shape: &Shape) -> LabelKind {
    match shape {
        Shape::Box { .. } | Shape::RotatedBox { .. } => LabelKind::Box,
        Shape::Mask { .. } => LabelKind::Mask,
        Shape::Polygon { .. } | Shape::Contour { .. } => LabelKind::Contour,
        Shape::Point { .. } => LabelKind::Point,
        Shape::Landmarks { .. } => LabelKind::Landmarks,
        Shape::Line { .. } => LabelKind::Line,
    }
}

/// A finding with a place.
pub(super) struct Mark<'a> {
    /// Number of the reader.
    pub voice: usize,
    /// Number of the label.
    pub topic: usize,
    pub finding: &'a Finding,
    pub geometry: &'a Geometry,
    pub bounds: Bounds,
    pub said: Said,
    region: OnceCell<Region>,
}

impl<'a> Mark<'a> {
    pub fn new(voice: usize, topic: usize, finding: &'a Finding, geometry: &'a Geometry, said: Said) -> Self {
        let bounds = match &geometry.shape {
            Shape::Mask { size: [_, columns], rle } => overlap::mask_bounds(*columns, rle),
            Shape::Box { points } => overlap::bounds(points),
            shape => overlap::bounds(&shape.points().collect::<Vec<_>>()),
        };
        Mark { voice, topic, finding, geometry, bounds, said, region: OnceCell::new() }
    }

    pub fn family(&self) -> Family {
        family(&self.geometry.shape)
    }

    pub fn plane(&self) -> (&'a str, u32, Family) {
        (&self.geometry.image, self.geometry.frame, self.family())
    }

    /// About how many numbers it takes to look at the shape once.
    pub fn points(&self) -> usize {
        match &self.geometry.shape {
            Shape::Box { .. } | Shape::Point { .. } => 0,
            Shape::Mask { rle, .. } => rle.len() / 4,
            shape => shape.points().count(),
        }
    }

    /// How far around the bounds, in pixels, the same object may lie.
    pub fn reach(&self, scale: &Scale) -> f64 {
        match &self.geometry.shape {
            Shape::Landmarks { .. } => f64::INFINITY,
            Shape::Line { points } => {
                scale.same().max(overlap::length(&ends(points), scale.spacing)) / scale.smaller()
            }
            Shape::Point { .. } => scale.same() / scale.smaller(),
            _ => 0.0,
        }
    }

    fn region(&self, most: usize) -> &Region {
        self.region.get_or_init(|| region(&self.geometry.shape, most))
    }
}

pub(super) fn region(shape: &Shape, most: usize) -> Region {
    match shape {
        Shape::Polygon { rings } => Region::of_rings(rings.iter().map(Vec::as_slice), most),
        Shape::Mask { size: [_, columns], rle } => Region::of_mask(*columns, rle),
        Shape::Box { points: [[x0, y0], [x1, y1]] } => {
            let corners = [[*x0, *y0], [*x1, *y0], [*x1, *y1], [*x0, *y1]];
            Region::of_rings([&corners[..]], most)
        }
        Shape::RotatedBox { points } => Region::of_rings([&points[..]], most),
        shape => Region::of_rings([&shape.points().collect::<Vec<_>>()[..]], most),
    }
}

/// Measures what two areas share, in pixels; none for shapes without an area, or on different frames.
pub fn shared_area(a: &Geometry, b: &Geometry) -> Option<Shared> {
    let plane = |of: &Geometry| (of.image.clone(), of.frame, family(&of.shape));
    if plane(a) != plane(b) || family(&a.shape) != Family::Area {
        return None;
    }
    Some(match (&a.shape, &b.shape) {
        (Shape::Box { points: a }, Shape::Box { points: b }) => overlap::boxes(*a, *b),
        (a, b) => region(a, MOST_POINTS).shared(&region(b, MOST_POINTS)),
    })
}

/// Points of an outline that are looked at at most where two shapes are measured by themselves.
pub(super) const MOST_POINTS: usize = 100_000;

pub(super) fn ends(points: &[Point]) -> [Point; 2] {
    let first = points.first().copied().unwrap_or_default();
    [first, points.last().copied().unwrap_or(first)]
}

/// A label's tolerances on one image.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    measure: Measure,
    /// Overlap below it, or distance above it, is a difference.
    tolerance: f64,
    /// Of length, for lines: 0–1.
    share: Option<f64>,
    spacing: [f64; 2],
    /// False where the image has no spacing, so that distances are in pixels.
    mm: bool,
    /// Points of each ring that are looked at.
    most: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    Iou,
    Dice,
    Distance,
}

impl Scale {
    pub fn new(label: &Label, family: Family, spacing: Option<[f64; 2]>, most: usize) -> Self {
        let spacing = spacing.filter(|spacing| spacing.iter().all(|mm| mm.is_finite() && *mm > 0.0));
        let (measure, tolerance) = match (family, label.kind) {
            (Family::Area, LabelKind::Contour | LabelKind::Mask) => (Measure::Dice, label.dice),
            (Family::Area, _) => (Measure::Iou, label.iou),
            _ => (Measure::Distance, label.mm),
        };
        Scale {
            measure,
            tolerance,
            share: label.percent.filter(|_| family == Family::Line).map(|percent| percent / 100.0),
            spacing: spacing.unwrap_or([1.0, 1.0]),
            mm: spacing.is_some(),
            most,
        }
    }

    /// Lets outlines be looked at by fewer points.
    pub fn take_at_most(&mut self, most: usize) {
        self.most = most;
    }

    /// Distance up to which points are the same object.
    fn same(&self) -> f64 {
        (self.tolerance * SAME_TOLERANCES).max(SAME_MM)
    }

    fn smaller(&self) -> f64 {
        self.spacing[0].min(self.spacing[1])
    }

    /// Brings a gap to 0–1: what is missing of the overlap, or the distance against tolerance and distance together.
    pub fn weight(&self, gap: f64) -> f64 {
        match self.measure {
            Measure::Distance if gap > 0.0 => 1.0 / (1.0 + self.tolerance.max(0.0) / gap),
            _ => gap.clamp(0.0, 1.0),
        }
    }

    /// Says a difference in words.
    pub fn text(&self, Likeness { gap, alike, .. }: &Likeness) -> String {
        let unit = if self.mm { "mm" } else { "px" };
        match (self.measure, alike, self.share) {
            (Measure::Iou, ..) => format!("IoU {:.2}", cut(1.0 - gap)),
            (Measure::Dice, ..) => format!("Dice {:.2}", cut(1.0 - gap)),
            (Measure::Distance, true, _) => format!("{gap:.1} {unit}"),
            (Measure::Distance, false, Some(_)) => format!("{gap:.1} {unit}, other length"),
            (Measure::Distance, false, None) => format!("{gap:.1} {unit}, other names"),
        }
    }

    pub fn is_distance(&self) -> bool {
        self.measure == Measure::Distance
    }
}

/// What a comparison of two marks gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Likeness {
    /// They may be the same object.
    pub same: bool,
    /// They differ by no more than the tolerance.
    pub within: bool,
    /// 0–1, only to be compared with others of the same kind; 1 for equal shapes alone.
    pub similarity: f64,
    /// 1 − overlap, or the distance.
    pub gap: f64,
    /// False where lines differ in length by more than is tolerated, or landmarks in their names.
    pub alike: bool,
    /// The first is as large as the second and covers it for the most part; and the other way round.
    pub covers: [bool; 2],
}

/// Compares two shapes of one family on the same frame.
pub(super) fn compare(scale: &Scale, a: &Mark<'_>, b: &Mark<'_>) -> Likeness {
    if order::shape(&a.geometry.shape, &b.geometry.shape).is_eq() {
        return Likeness {
            same: true,
            within: true,
            similarity: 1.0,
            gap: 0.0,
            alike: true,
            covers: [true; 2],
        };
    }
    match (&a.geometry.shape, &b.geometry.shape) {
        (Shape::Box { points: a }, Shape::Box { points: b }) => of_areas(scale, overlap::boxes(*a, *b)),
        (Shape::Mask { size, rle }, Shape::Mask { size: other, rle: second }) if size == other => {
            of_areas(scale, overlap::masks(rle, second))
        }
        (Shape::Line { points: a }, Shape::Line { points: b }) => of_lines(scale, a, b),
        (Shape::Point { points: [a] }, Shape::Point { points: [b] }) => {
            let gap = overlap::distance(*a, *b, scale.spacing);
            of_distance(scale, gap, gap <= scale.same(), true)
        }
        (Shape::Landmarks { points: a, names: left }, Shape::Landmarks { points: b, names: right }) => {
            of_landmarks(scale, (a, left), (b, right))
        }
        _ => of_areas(scale, a.region(scale.most).shared(b.region(scale.most))),
    }
}

/// Less than 1 by as much as tells unequal shapes from equal ones when they are matched.
const UNEQUAL: f64 = 1.0 - 1e-6;

/// Rounding in the source must not make a dispute of what lies exactly on the tolerance.
pub(super) const ROUNDING: f64 = 1e-9;

fn of_areas(scale: &Scale, shared: Shared) -> Likeness {
    let overlap = if scale.measure == Measure::Dice { shared.dice() } else { shared.iou() };
    let within = overlap + ROUNDING >= scale.tolerance;
    let covered = shared.coefficient() >= COVERED;
    Likeness {
        same: within && overlap > 0.0 || covered || shared.iou() >= SAME_IOU,
        within,
        similarity: overlap.min(UNEQUAL),
        gap: 1.0 - overlap,
        alike: true,
        covers: [covered && shared.first >= shared.second, covered && shared.second >= shared.first],
    }
}

fn of_distance(scale: &Scale, gap: f64, near: bool, alike: bool) -> Likeness {
    let unit = scale.tolerance.max(1.0);
    let close = gap <= scale.tolerance + ROUNDING;
    Likeness {
        same: near || close,
        within: close && alike,
        similarity: (unit / (unit + gap)).min(UNEQUAL),
        gap,
        alike,
        covers: [false; 2],
    }
}

fn of_lines(scale: &Scale, a: &[Point], b: &[Point]) -> Likeness {
    let spacing = scale.spacing;
    let lengths = [overlap::length(a, spacing), overlap::length(b, spacing)];
    let longer = lengths[0].max(lengths[1]);
    let alike = scale.share.is_none_or(|share| (lengths[0] - lengths[1]).abs() <= share * longer + ROUNDING);
    let (a, b) = (ends(a), ends(b));
    let middle = |[p, q]: [Point; 2]| [p[0] / 2.0 + q[0] / 2.0, p[1] / 2.0 + q[1] / 2.0];
    let reach = overlap::length(&a, spacing).max(overlap::length(&b, spacing)) / 2.0;
    let near = overlap::cross(a, b) || overlap::distance(middle(a), middle(b), spacing) < reach;
    of_distance(scale, overlap::ends_apart(a, b, spacing), near, alike)
}

/// Landmarks are compared name by name; a name that only one side has is never within tolerance.
fn of_landmarks(scale: &Scale, a: (&[Point], &[String]), b: (&[Point], &[String])) -> Likeness {
    let (a, b) = (by_name(a), by_name(b));
    let (mut gap, mut shared, mut i, mut j) = (0.0f64, 0, 0, 0);
    while let (Some((left, p)), Some((right, q))) = (a.get(i), b.get(j)) {
        match left.cmp(right) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                gap = gap.max(overlap::distance(*p, *q, scale.spacing));
                (shared, i, j) = (shared + 1, i + 1, j + 1);
            }
        }
    }
    of_distance(scale, gap, shared > 0, shared == a.len() && shared == b.len())
}

fn by_name<'a>((points, names): (&[Point], &'a [String])) -> Vec<(&'a str, Point)> {
    let mut named: Vec<_> = names.iter().map(String::as_str).zip(points.iter().copied()).collect();
    named.sort_by_key(|(name, _)| *name);
    named
}

/// Cuts an overlap after two decimals, so that one below its tolerance is never shown as if it reached it.
fn cut(overlap: f64) -> f64 {
    // What is off by rounding alone, as 0.31 may be, keeps its last digit.
    ((overlap * 100.0) + 1e-6).floor() / 100.0
}
