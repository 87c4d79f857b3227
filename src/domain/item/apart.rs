//! How far apart two drawn shapes lie, each kind in the way that is usual for it: for figures, not for rules.

use super::place::{MOST_POINTS, ends, family, region};
use crate::domain::geometry::{Geometry, Shape};
use crate::stats::landmarks;
use crate::stats::masks::{Grid, surface};
use crate::stats::overlap;

/// Pixels of a window in which two areas are measured at most, some 4096 × 4096.
const MOST_PIXELS: f64 = 16_777_216.0;

/// Gives the distance of two shapes in the unit of the spacing (between rows, then between columns): of areas HD95, the
/// larger of the two directions, by the pixels of their edges; of points their distance; of lines that of their ends; of
/// landmarks the mean over the names that both have. None on different frames, for shapes of different families, and
/// for areas without a pixel or too large to measure.
pub fn distance(a: &Geometry, b: &Geometry, spacing: [f64; 2]) -> Option<f64> {
    if (&a.image, a.frame, family(&a.shape)) != (&b.image, b.frame, family(&b.shape)) {
        return None;
    }
    match (&a.shape, &b.shape) {
        (Shape::Point { points: [a] }, Shape::Point { points: [b] }) => {
            Some(overlap::distance(*a, *b, spacing))
        }
        (Shape::Line { points: a }, Shape::Line { points: b }) => {
            Some(overlap::ends_apart(ends(a), ends(b), spacing))
        }
        (Shape::Landmarks { points: a, names: left }, Shape::Landmarks { points: b, names: right }) => {
            let named = |name: &String| right.iter().position(|other| other == name).and_then(|n| b.get(n));
            let both = left.iter().zip(a).filter_map(|(name, point)| Some((*point, *named(name)?)));
            let (a, b): (Vec<_>, Vec<_>) = both.unzip();
            landmarks::radial_error(&landmarks::distances(&a, &b, spacing)).map(|error| error.mean)
        }
        (a, b) => of_areas(a, b, spacing),
    }
}

fn of_areas(a: &Shape, b: &Shape, spacing: [f64; 2]) -> Option<f64> {
    if a == b {
        return Some(0.0);
    }
    let regions = [a, b].map(|shape| region(shape, MOST_POINTS));
    let [one, other] = regions.each_ref().map(|region| region.bounds());
    let near = [one[0].min(other[0]).floor(), one[1].min(other[1]).floor()];
    let size = [one[3].max(other[3]).ceil() - near[1], one[2].max(other[2]).ceil() - near[0]];
    if !(size[0] >= 1.0 && size[1] >= 1.0 && size[0] * size[1] <= MOST_PIXELS) {
        return None;
    }
    let (corner, size) = (near.map(|at| at as i64), size.map(|side| side as usize));
    let [a, b] = regions.map(|region| region.cells(corner, size));
    let grid = Grid::image(size[0], size[1], spacing);
    surface::distances(&grid, &a, &b).map(|apart| apart.hd95_max_of_directed())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(shape: Shape) -> Geometry {
        Geometry { shape, image: "1.2.3".into(), frame: 0 }
    }

    #[test]
    fn each_kind_is_measured_in_its_own_way() {
        let rectangle = |x: f64| on(Shape::Box { points: [[x, 2.0], [x + 10.0, 12.0]] });
        let contour = |x: f64| {
            on(Shape::Contour { points: vec![[x, 2.0], [x + 10.0, 2.0], [x + 10.0, 12.0], [x, 12.0]] })
        };
        // Moved by three columns of 0.5 mm.
        for (a, b) in [(rectangle(4.0), rectangle(7.0)), (contour(4.0), contour(7.0))] {
            assert_eq!(distance(&a, &b, [2.0, 0.5]), Some(1.5));
        }
        let point = |x: f64, y: f64| on(Shape::Point { points: [[x, y]] });
        assert_eq!(distance(&point(0.0, 0.0), &point(6.0, 2.0), [2.0, 0.5]), Some(5.0));
        let line = |x: f64| on(Shape::Line { points: vec![[x, 0.0], [x, 9.0]] });
        assert_eq!(distance(&line(0.0), &line(4.0), [1.0, 1.0]), Some(4.0));
        let marks = |points: Vec<[f64; 2]>, names: &[&str]| {
            on(Shape::Landmarks { points, names: names.iter().map(|name| (*name).to_owned()).collect() })
        };
        let (a, b) = (
            marks(vec![[0.0, 0.0], [5.0, 5.0]], &["a", "b"]),
            marks(vec![[5.0, 9.0], [2.0, 0.0], [1.0, 1.0]], &["b", "a", "c"]),
        );
        assert_eq!(distance(&a, &b, [1.0, 1.0]), Some(3.0));
        assert_eq!(distance(&point(0.0, 0.0), &line(0.0), [1.0, 1.0]), None);
        let other = Geometry { frame: 1, ..point(0.0, 0.0) };
        assert_eq!(distance(&point(0.0, 0.0), &other, [1.0, 1.0]), None);
        let huge = on(Shape::Box { points: [[0.0, 0.0], [1e6, 1e6]] });
        assert_eq!(distance(&huge, &rectangle(0.0), [1.0, 1.0]), None);
    }
}
