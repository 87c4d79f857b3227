//! Checks of what was drawn.

use crate::domain::word::Word;
use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::domain::charter::LabelKind;
use crate::domain::charter::infer::kind_of;
use crate::domain::geometry::{Point, Shape};
use crate::stats::overlap::box_iou;

/// How far a shape may reach beyond its image, in pixels: sources round, and some count from a pixel's centre.
const MARGIN: f64 = 1.0;
/// The shortest side of a box that a hand draws on purpose, in pixels.
const TINY: f64 = 3.0;
/// Boxes of one reader and label that overlap more are one object.
const SAME: f64 = 0.9;
/// How many shapes of one reader, label and frame are each compared with every other; beyond it each is compared
/// with the next few from the left only, so that no file keeps the check busy for long.
const ALL_PAIRS: usize = 2_000;

fn drawn<'s>(scene: &Scene<'s>) -> impl Iterator<Item = (Spot<'s>, &'s Geometry)> {
    scene.findings().filter_map(|spot| Some((spot, spot.finding.geometry.as_ref()?)))
}

/// A label on a frame of an image.
type Place<'s> = (&'s str, &'s str, u32);

fn place<'s>(finding: &'s Finding, geometry: &'s Geometry) -> Place<'s> {
    (&finding.label, &geometry.image, geometry.frame)
}

/// The boxes with their first and second corner.
fn boxes<'s>(scene: &Scene<'s>) -> impl Iterator<Item = (Spot<'s>, [Point; 2])> {
    drawn(scene).filter_map(|(spot, geometry)| match geometry.shape {
        Shape::Box { points } => Some((spot, points)),
        _ => None,
    })
}

/// Width and height of a box, upright or rotated; negative where it is inverted.
fn sides(shape: &Shape) -> Option<[f64; 2]> {
    let length = |[ax, ay]: Point, [bx, by]: Point| (bx - ax).hypot(by - ay);
    match shape {
        Shape::Box { points: [[x0, y0], [x1, y1]] } => Some([x1 - x0, y1 - y0]),
        Shape::RotatedBox { points: [a, b, c, _] } => Some([length(*a, *b), length(*b, *c)]),
        _ => None,
    }
}

pub fn outside_image<'s>(scene: &Scene<'s>, found: &mut Vec<Found<'s>>) {
    for (spot, geometry) in drawn(scene) {
        let Some(image) = scene.image(geometry) else { continue };
        if geometry.frame >= image.frames.max(1) {
            found.push(spot.says(format!(
                "{}: {} on frame {} of an image with {}, counted from 0",
                spot.label(),
                geometry.shape.name(),
                geometry.frame,
                counted(image.frames.max(1) as usize, "frame")
            )));
        }
        let (width, height) = (f64::from(image.columns), f64::from(image.rows));
        let inside = |number: f64, size: f64| (-MARGIN..=size + MARGIN).contains(&number);
        // A coordinate that is no number is nowhere, and so outside.
        if let Some([x, y]) = geometry.shape.points().find(|[x, y]| !inside(*x, width) || !inside(*y, height))
        {
            found.push(spot.says(format!(
                "{}: {} reaches ({x:.1}, {y:.1}), outside the image of {width}×{height} pixels",
                spot.label(),
                geometry.shape.name()
            )));
        }
    }
}

pub fn inverted<'s>(scene: &Scene<'s>, found: &mut Vec<Found<'s>>) {
    for (spot, [[x0, y0], [x1, y1]]) in boxes(scene) {
        if x1 < x0 || y1 < y0 {
            found.push(spot.says(format!(
                "{}: box from ({x0:.1}, {y0:.1}) to ({x1:.1}, {y1:.1}) is inverted",
                spot.label()
            )));
        }
    }
}

pub fn empty<'s>(scene: &Scene<'s>, found: &mut Vec<Found<'s>>) {
    for (spot, geometry) in drawn(scene) {
        if let Some([width, height]) = sides(&geometry.shape)
            && (width == 0.0 || height == 0.0)
        {
            found.push(spot.says(format!("{}: box of {width:.1}×{height:.1} pixels", spot.label())));
        }
    }
}

pub fn tiny<'s>(scene: &Scene<'s>, found: &mut Vec<Found<'s>>) {
    for (spot, geometry) in drawn(scene) {
        if let Some([width, height]) = sides(&geometry.shape)
            && width > 0.0
            && height > 0.0
            && width.min(height) < TINY
        {
            found.push(spot.says(format!("{}: box of only {width:.1}×{height:.1} pixels", spot.label())));
        }
    }
}

pub fn mask_geometry<'s>(scene: &Scene<'s>, found: &mut Vec<Found<'s>>) {
    for (spot, geometry) in drawn(scene) {
        let Shape::Mask { size: [rows, columns], .. } = &geometry.shape else { continue };
        if let Some(fault) = geometry.shape.fault() {
            found.push(spot.says(format!("{}: {fault}", spot.label())));
        } else if let Some(image) = scene.image(geometry)
            && (*rows, *columns) != (image.rows, image.columns)
        {
            found.push(spot.says(format!(
                "{}: mask of {rows}×{columns} on an image of {}×{} (rows×columns)",
                spot.label(),
                image.rows,
                image.columns
            )));
        }
    }
}

/// Landmarks by name; none where a name stands twice.
fn by_name<'g>(points: &'g [Point], names: &'g [String]) -> Result<BTreeMap<&'g str, Point>, &'g str> {
    let mut placed = BTreeMap::new();
    for (name, point) in names.iter().zip(points) {
        if placed.insert(name.as_str(), *point).is_some() {
            return Err(name);
        }
    }
    Ok(placed)
}

pub fn landmarks_order<'s>(scene: &Scene<'s>, found: &mut Vec<Found<'s>>) {
    type Set<'s> = (Spot<'s>, &'s [String], BTreeMap<&'s str, Point>);
    let mut sets: BTreeMap<Place<'_>, Set<'s>> = BTreeMap::new();
    for (spot, geometry) in drawn(scene) {
        let Shape::Landmarks { points, names } = &geometry.shape else { continue };
        let placed = match by_name(points, names) {
            Ok(placed) => placed,
            Err(name) => {
                found.push(spot.says(format!(
                    "{}: landmark {} is placed twice",
                    spot.label(),
                    Safe::new(name)
                )));
                continue;
            }
        };
        // Compared with the first set of another reader at the same place: one of the two is the wrong way round,
        // and who of them is for a person to say.
        let place = place(spot.finding, geometry);
        let Some((first, order, others)) = sets.get(&place) else {
            sets.insert(place, (spot, names, placed));
            continue;
        };
        let both: Vec<(Point, Point)> = order
            .iter()
            .filter_map(|name| Some((*others.get(name.as_str())?, *placed.get(name.as_str())?)))
            .collect();
        if first.read.reader != spot.read.reader && both.len() >= 3 && is_reversed(&both) {
            let message =
                format!("{}: {} landmarks run the other way than another reader's", spot.label(), both.len());
            found.push(spot.says(message));
        }
    }
}

/// Tells whether the second points fit the first ones better from the far end: less than half as far away.
fn is_reversed(both: &[(Point, Point)]) -> bool {
    let apart = |[ax, ay]: Point, [bx, by]: Point| (bx - ax).hypot(by - ay);
    let straight: f64 = both.iter().map(|(a, b)| apart(*a, *b)).sum();
    let reversed: f64 = both.iter().zip(both.iter().rev()).map(|((a, _), (_, b))| apart(*a, *b)).sum();
    reversed * 2.0 < straight
}

pub fn duplicates<'s>(scene: &Scene<'s>, found: &mut Vec<Found<'s>>) {
    for read in &scene.reads {
        let mut groups: BTreeMap<Place<'_>, Vec<(Spot<'s>, &Shape)>> = BTreeMap::new();
        for spot in spots(read) {
            if let Some(geometry) = &spot.finding.geometry {
                groups.entry(place(spot.finding, geometry)).or_default().push((spot, &geometry.shape));
            }
        }
        for mut group in groups.into_values() {
            let left = |shape: &Shape| shape.points().next().map_or(0.0, |[x, _]| x);
            group.sort_by(|(_, a), (_, b)| left(a).total_cmp(&left(b)));
            let reach = if group.len() > ALL_PAIRS { 8 } else { ALL_PAIRS };
            let mut twice: Vec<(usize, Found<'s>)> = Vec::new();
            for (at, (spot, shape)) in group.iter().enumerate() {
                // Shapes that are one object begin at about the same x.
                let far = left(shape) + sides(shape).map_or(0.0, |[width, _]| width * (1.0 - SAME));
                let mut others =
                    group.iter().skip(at + 1).take(reach).take_while(|(_, other)| left(other) <= far);
                if let Some((other, iou)) =
                    others.find_map(|(other, drawn)| Some((other, same_object(shape, drawn)?)))
                {
                    let later = if other.at > spot.at { *other } else { *spot };
                    let message =
                        format!("{}: the same {} is drawn twice (IoU {iou:.2})", spot.label(), shape.name());
                    twice.push((later.at, later.says(message)));
                }
            }
            twice.sort_by_key(|(at, _)| *at);
            found.extend(twice.into_iter().map(|(_, found)| found));
        }
    }
}

/// Gives the overlap of two shapes that are one object: boxes that overlap enough, other shapes that are equal.
fn same_object(a: &Shape, b: &Shape) -> Option<f64> {
    match (a, b) {
        (Shape::Box { points: a }, Shape::Box { points: b }) => {
            Some(box_iou(*a, *b)).filter(|iou| *iou > SAME)
        }
        _ => (a == b).then_some(1.0),
    }
}

pub fn outside_kind<'s>(scene: &Scene<'s>, found: &mut Vec<Found<'s>>) {
    let mut said = BTreeSet::new();
    for (spot, label) in scene.labelled() {
        let Some(geometry) = &spot.finding.geometry else { continue };
        let kind: LabelKind = kind_of(&geometry.shape);
        // Once for each read, label and kind of shape: a reader who draws boxes draws many.
        if kind != label.kind && said.insert((&spot.read.reader, spot.read.occasion, &label.name, kind)) {
            found.push(spot.says(format!(
                "{}: {} drawn for a label of kind {}: the shape is not compared",
                spot.label(),
                geometry.shape.name(),
                label.kind.word()
            )));
        }
    }
}
