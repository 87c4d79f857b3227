//! Shapes as readers draw them, in continuous pixel coordinates of the stored matrix: x to the right, y down,
//! (0, 0) the outer corner of the first pixel, (0.5, 0.5) its centre. Measures between shapes are in
//! `stats::overlap`; what counts as the same object is in `domain::item`.

use serde::{Deserialize, Serialize};

/// x and y, in pixels.
pub type Point = [f64; 2];

/// A shape on one frame of one image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Geometry {
    #[serde(flatten)]
    pub shape: Shape,
    /// The SOP Instance UID, the file's hash where it has none, or the case's name where the source names no image.
    pub image: String,
    /// Counted from 0.
    #[serde(default)]
    pub frame: u32,
}

/// The outline alone. Points stand as the source gave them: an inverted box is kept and reported by a check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Shape {
    /// Two opposite corners: left top and right bottom.
    Box {
        points: [Point; 2],
    },
    /// Four corners in order.
    RotatedBox {
        points: [Point; 4],
    },
    /// The first ring is the outer one, the others are holes.
    Polygon {
        rings: Vec<Vec<Point>>,
    },
    /// One closed outline.
    Contour {
        points: Vec<Point>,
    },
    /// Two or more points.
    Line {
        points: Vec<Point>,
    },
    Point {
        points: [Point; 1],
    },
    /// Named points, in the order of `names`.
    Landmarks {
        points: Vec<Point>,
        names: Vec<String>,
    },
    /// Run lengths in row-major order, zeros first, over `[rows, columns]`.
    Mask {
        size: [u32; 2],
        rle: Vec<u32>,
    },
}

impl Shape {
    /// Gives every point that was drawn; a mask has none.
    pub fn points(&self) -> Box<dyn Iterator<Item = Point> + '_> {
        match self {
            Shape::Box { points } => Box::new(points.iter().copied()),
            Shape::RotatedBox { points } => Box::new(points.iter().copied()),
            Shape::Polygon { rings } => Box::new(rings.iter().flatten().copied()),
            Shape::Contour { points } | Shape::Line { points } | Shape::Landmarks { points, .. } => {
                Box::new(points.iter().copied())
            }
            Shape::Point { points } => Box::new(points.iter().copied()),
            Shape::Mask { .. } => Box::new(std::iter::empty()),
        }
    }

    /// The name that stands in files.
    pub fn name(&self) -> &'static str {
        match self {
            Shape::Box { .. } => "box",
            Shape::RotatedBox { .. } => "rotated-box",
            Shape::Polygon { .. } => "polygon",
            Shape::Contour { .. } => "contour",
            Shape::Line { .. } => "line",
            Shape::Point { .. } => "point",
            Shape::Landmarks { .. } => "landmarks",
            Shape::Mask { .. } => "mask",
        }
    }

    /// Says what makes the shape impossible to reason about, if anything: a coordinate that is no finite number, too
    /// few points, more than [`MAX_POINTS`], names that do not fit the points, a mask whose runs do not fill its size.
    pub fn fault(&self) -> Option<String> {
        if self.points().any(|[x, y]| !x.is_finite() || !y.is_finite()) {
            return Some("a coordinate is not a finite number".into());
        }
        if self.points().any(|[x, y]| x.abs() > MAX_COORDINATE || y.abs() > MAX_COORDINATE) {
            return Some(format!("a coordinate is beyond {MAX_COORDINATE}, further out than any image"));
        }
        if self.points().count() > MAX_POINTS {
            return Some(format!("a shape of more than {MAX_POINTS} points"));
        }
        match self {
            Shape::Polygon { rings } if rings.is_empty() => Some("a polygon without a ring".into()),
            Shape::Polygon { rings } if rings.iter().any(|ring| ring.len() < 3) => {
                Some("a polygon's ring needs at least 3 points".into())
            }
            Shape::Contour { points } if points.len() < 3 => Some("a contour needs at least 3 points".into()),
            Shape::Line { points } if points.len() < 2 => Some("a line needs at least 2 points".into()),
            Shape::Landmarks { points, names } if points.len() != names.len() || points.is_empty() => {
                Some("landmarks need one name for each point".into())
            }
            Shape::Mask { size: [rows, columns], rle } => {
                let pixels = u64::from(*rows) * u64::from(*columns);
                let filled: u64 = rle.iter().map(|run| u64::from(*run)).sum();
                (pixels == 0 || filled != pixels)
                    .then(|| format!("a mask of {rows}×{columns} whose runs fill {filled} pixels"))
            }
            _ => None,
        }
    }
}

/// No stored matrix is larger than 32,768 pixels on a side; this leaves room for shapes drawn beyond it.
pub const MAX_COORDINATE: f64 = 1_000_000.0;

/// More than any hand draws, few enough that comparing two shapes stays quick.
pub const MAX_POINTS: usize = 20_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_written_as_the_command_line_says() {
        let json = r#"{"type":"box","points":[[1.0,2.0],[3.5,4.0]],"image":"1.2.3","frame":0}"#;
        let read: Geometry = serde_json::from_str(json).unwrap_or_else(|error| unreachable!("{error}"));
        assert_eq!(read.shape, Shape::Box { points: [[1.0, 2.0], [3.5, 4.0]] });
        assert_eq!(serde_json::to_string(&read).ok().as_deref(), Some(json));
    }

    #[test]
    fn impossible_shapes_are_named() {
        let nan = Shape::Point { points: [[f64::NAN, 0.0]] };
        assert!(nan.fault().is_some_and(|fault| fault.contains("finite")));
        let short = Shape::Mask { size: [2, 2], rle: vec![1, 2] };
        assert!(short.fault().is_some_and(|fault| fault.contains("fill 3 pixels")));
        assert_eq!(Shape::Line { points: vec![[0.0, 0.0], [1.0, 1.0]] }.fault(), None);
    }
}
