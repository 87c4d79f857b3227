//! Shapes that formats have and the protocol doesn't, drawn as polygons.

use std::f64::consts::TAU;

use crate::domain::geometry::Point;

/// Corners of a polygon that stands for a round shape: its area is 0.16 % under that of the shape.
const CORNERS: u32 = 64;

/// Draws an ellipse from the two ends of each of its axes, in pixels. The axes are half the distance of their ends,
/// the centre is midway between the ends of the first (DICOM PS3.3 C.18.6.1.2, ELLIPSE).
pub fn ellipse([first, second, third, fourth]: [Point; 4]) -> Vec<Point> {
    let centre = [(first[0] + second[0]) / 2.0, (first[1] + second[1]) / 2.0];
    let half = |a: Point, b: Point| [(b[0] - a[0]) / 2.0, (b[1] - a[1]) / 2.0];
    let (along, across) = (half(first, second), half(third, fourth));
    (0..CORNERS)
        .map(|corner| {
            let (sin, cos) = (TAU * f64::from(corner) / f64::from(CORNERS)).sin_cos();
            [0, 1].map(|axis: usize| {
                let pick = |point: Point| if axis == 0 { point[0] } else { point[1] };
                pick(centre) + cos * pick(along) + sin * pick(across)
            })
        })
        .collect()
}

/// Draws a circle from its centre and a point on it, in pixels.
pub fn circle(centre: Point, on: Point) -> Vec<Point> {
    let radius = (on[0] - centre[0]).hypot(on[1] - centre[1]);
    ellipse([
        [centre[0] - radius, centre[1]],
        [centre[0] + radius, centre[1]],
        [centre[0], centre[1] - radius],
        [centre[0], centre[1] + radius],
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shoelace formula.
    fn area(points: &[Point]) -> f64 {
        let next = points.iter().cycle().skip(1);
        points.iter().zip(next).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum::<f64>().abs() / 2.0
    }

    #[test]
    fn round_shapes_keep_their_area_within_the_stated_share() {
        let circle = circle([10.0, 20.0], [13.0, 24.0]);
        assert!(circle.iter().all(|[x, y]| ((x - 10.0).hypot(y - 20.0) - 5.0).abs() < 1e-9));
        let pi = std::f64::consts::PI;
        let tilted = ellipse([[0.0, 0.0], [6.0, 8.0], [7.0, 1.0], [-1.0, 7.0]]);
        for (points, exact) in [(circle, pi * 25.0), (tilted, pi * 25.0)] {
            let share = area(&points) / exact;
            assert!((0.9983..1.0).contains(&share), "{share}");
        }
    }
}
