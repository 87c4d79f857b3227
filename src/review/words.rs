//! Choices in words that a person reads at a glance: classes, levels, and shapes by their measure.

use crate::domain::geometry::{Geometry, Shape};
use crate::domain::image::Image;
use crate::domain::item::Choice;
use crate::stats::overlap::{self, Region};

/// Most cells that an area is worked out on.
const CELLS: usize = 1_000_000;

/// Says a choice; shapes by their measure, in mm where the image's spacing is known.
pub fn of_choice(choice: &Choice, images: &[Image]) -> String {
    let mut words: Vec<String> = Vec::new();
    words.extend(choice.label.clone());
    words.extend(choice.value.as_ref().map(ToString::to_string));
    match choice.shapes.as_slice() {
        [] => {}
        [only] => words.push(of_shape(only, images)),
        several => words.push(format!("{} {}", several.len(), plural(several))),
    }
    words.join("  ")
}

fn plural(shapes: &[Geometry]) -> &'static str {
    let same = |name: &str| shapes.iter().all(|shape| shape.shape.name() == name);
    match () {
        () if same("box") => "boxes",
        () if same("contour") => "contours",
        () if same("line") => "lines",
        () if same("point") => "points",
        () if same("mask") => "masks",
        () => "shapes",
    }
}

fn of_shape(geometry: &Geometry, images: &[Image]) -> String {
    let spacing = images.iter().find(|image| image.id == geometry.image).and_then(|image| image.spacing);
    let ([row, column], unit) = match spacing {
        Some(spacing) => (spacing, "mm"),
        None => ([1.0, 1.0], "px"),
    };
    let name = geometry.shape.name();
    let area = |pixels: f64| format!("{name} {} {unit}²", short(pixels * row * column));
    match &geometry.shape {
        Shape::Box { points: [[left, top], [right, bottom]] } => {
            format!(
                "{name} {}×{} {unit}",
                short((right - left).abs() * column),
                short((bottom - top).abs() * row)
            )
        }
        Shape::RotatedBox { points } => area(Region::of_rings([points.as_slice()], CELLS).area()),
        Shape::Contour { points } => area(Region::of_rings([points.as_slice()], CELLS).area()),
        Shape::Polygon { rings } => area(Region::of_rings(rings.iter().map(Vec::as_slice), CELLS).area()),
        Shape::Mask { rle, .. } => area(rle.iter().skip(1).step_by(2).map(|run| f64::from(*run)).sum()),
        Shape::Line { points } => format!("{name} {} {unit}", short(overlap::length(points, [row, column]))),
        Shape::Point { points: [[x, y]] } => format!("{name} at {}, {}", short(*x), short(*y)),
        Shape::Landmarks { points, .. } => format!("{} {name}", points.len()),
    }
}

/// A number with as many places as matter.
fn short(number: f64) -> String {
    match number.abs() {
        size if size >= 100.0 => format!("{number:.0}"),
        size if size >= 1.0 => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::value::Value;

    fn at(shape: Shape) -> Geometry {
        Geometry { shape, image: "i".into(), frame: 0 }
    }

    #[test]
    fn shapes_are_told_by_their_measure() {
        let image = Image {
            id: "i".into(),
            series: None,
            study: None,
            modality: None,
            rows: 10,
            columns: 10,
            frames: 1,
            spacing: Some([0.5, 0.25]),
            laterality: None,
            burned_in: None,
            slice: None,
            quality: None,
            patient: None,
        };
        let square = vec![[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]];
        for (shape, with, without) in [
            (Shape::Box { points: [[0.0, 0.0], [10.0, 20.0]] }, "box 2.5×10.0 mm", "box 10.0×20.0 px"),
            (Shape::Contour { points: square }, "contour 12.5 mm²", "contour 100 px²"),
            (Shape::Line { points: vec![[0.0, 0.0], [4.0, 0.0]] }, "line 1.0 mm", "line 4.0 px"),
            (Shape::Mask { size: [2, 2], rle: vec![1, 2, 1] }, "mask 0.25 mm²", "mask 2.0 px²"),
        ] {
            let choice = Choice { shapes: vec![at(shape)], ..Choice::default() };
            assert_eq!(of_choice(&choice, std::slice::from_ref(&image)), with);
            assert_eq!(of_choice(&choice, &[]), without);
        }
        let two = Choice {
            label: Some("cyst".into()),
            value: Some(Value::Number(3.0)),
            shapes: vec![at(Shape::Point { points: [[1.0, 1.0]] }); 2],
        };
        assert_eq!(of_choice(&two, &[]), "cyst  3  2 points");
    }
}
