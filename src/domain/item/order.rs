//! One total order over what was said, by content alone. Every tie between readers, findings and candidates is
//! settled by it, so that nothing depends on the order in which reads come in or on what readers are called.

use std::cmp::Ordering;

use super::Choice;
use crate::domain::finding::{Finding, Read};
use crate::domain::geometry::{Geometry, Point, Shape};

fn number(a: f64, b: f64) -> Ordering {
    // Adding zero folds -0.0 into 0.0.
    (a + 0.0).total_cmp(&(b + 0.0))
}

fn point(a: &Point, b: &Point) -> Ordering {
    number(a[0], b[0]).then_with(|| number(a[1], b[1]))
}

/// Orders sequences by their members, the shorter first where one begins the other.
pub(super) fn each<'a, T: 'a>(
    a: impl IntoIterator<Item = &'a T>,
    b: impl IntoIterator<Item = &'a T>,
    order: impl Fn(&T, &T) -> Ordering,
) -> Ordering {
    let (mut a, mut b) = (a.into_iter(), b.into_iter());
    loop {
        match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(a), Some(b)) => match order(a, b) {
                Ordering::Equal => {}
                unequal => return unequal,
            },
        }
    }
}

fn rank(shape: &Shape) -> u8 {
    match shape {
        Shape::Box { .. } => 0,
        Shape::RotatedBox { .. } => 1,
        Shape::Polygon { .. } => 2,
        Shape::Contour { .. } => 3,
        Shape::Mask { .. } => 4,
        Shape::Point { .. } => 5,
        Shape::Landmarks { .. } => 6,
        Shape::Line { .. } => 7,
    }
}

pub(super) fn shape(a: &Shape, b: &Shape) -> Ordering {
    match (a, b) {
        (Shape::Box { points: a }, Shape::Box { points: b }) => each(a, b, point),
        (Shape::RotatedBox { points: a }, Shape::RotatedBox { points: b }) => each(a, b, point),
        (Shape::Polygon { rings: a }, Shape::Polygon { rings: b }) => each(a, b, |a, b| each(a, b, point)),
        (Shape::Contour { points: a }, Shape::Contour { points: b })
        | (Shape::Line { points: a }, Shape::Line { points: b }) => each(a, b, point),
        (Shape::Point { points: a }, Shape::Point { points: b }) => each(a, b, point),
        (Shape::Landmarks { points: a, names: left }, Shape::Landmarks { points: b, names: right }) => {
            each(a, b, point).then_with(|| left.cmp(right))
        }
        (Shape::Mask { size: a, rle: left }, Shape::Mask { size: b, rle: right }) => {
            a.cmp(b).then_with(|| left.cmp(right))
        }
        _ => rank(a).cmp(&rank(b)),
    }
}

pub(super) fn geometry(a: &Geometry, b: &Geometry) -> Ordering {
    (a.image.cmp(&b.image)).then_with(|| a.frame.cmp(&b.frame)).then_with(|| shape(&a.shape, &b.shape))
}

/// Orders by label first, then what has no shape before what has one, then by the shape's image and frame.
pub(super) fn finding(a: &Finding, b: &Finding) -> Ordering {
    let confidence = |finding: &Finding| finding.confidence.unwrap_or(f64::NEG_INFINITY);
    (a.label.cmp(&b.label))
        .then_with(|| each(&a.geometry, &b.geometry, geometry))
        .then_with(|| a.value.cmp(&b.value))
        .then_with(|| number(confidence(a), confidence(b)))
        .then_with(|| (&a.severity, &a.comment).cmp(&(&b.severity, &b.comment)))
}

/// Orders readers: people before models, then by all they said. The names come last, where two said exactly the same
/// and nothing that follows can tell them apart.
pub(super) fn voice(a: (&Read, &[&Finding]), b: (&Read, &[&Finding])) -> Ordering {
    (a.0.model, a.0.marks)
        .cmp(&(b.0.model, b.0.marks))
        .then_with(|| each(a.1, b.1, |a, b| finding(a, b)))
        .then_with(|| a.0.reader.cmp(&b.0.reader))
}

/// Orders by words first and then by the number of shapes, so that what can be one candidate stands together.
pub(super) fn choice(a: &Choice, b: &Choice) -> Ordering {
    (&a.label, &a.value, a.shapes.len())
        .cmp(&(&b.label, &b.value, b.shapes.len()))
        .then_with(|| each(&a.shapes, &b.shapes, geometry))
}
