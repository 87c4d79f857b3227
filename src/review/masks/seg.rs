//! A DICOM segmentation as a mask: its frames put together by their places in the patient, or, of a projection, which has
//! none, upon each other. The decoding child opens the file; here it is numbers.

use std::collections::BTreeSet;
use std::path::Path;

use crate::domain::text::Safe;
use crate::formats::mask::{Form, Mask, counted};
use crate::imaging::{Decoder, Need, Place, Segment};
use crate::review::{Result, ReviewError, shown};

/// A cell of a fractional segmentation is inside at so much of the whole.
pub const INSIDE: f64 = 0.5;

/// Places closer than this are one: mm, and cosines of directions.
const NEAR: f64 = 1e-3;

/// The frames of a segmentation.
pub(super) struct Planes {
    about: Segment,
    /// How far along the normal each lies, the segment, and its cells as 0 and 1.
    planes: Vec<(f64, i64, Vec<u8>)>,
    /// Of any frame some cells hold neither none nor all.
    pub fractional: bool,
}

impl Planes {
    /// Tells whether the frames lie in slices; those of a projection don't.
    pub fn deep(&self) -> bool {
        self.about.place.is_some()
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn normal(orientation: &[f64; 6]) -> [f64; 3] {
    let [a, b, c, d, e, f] = *orientation;
    [b * f - c * e, c * d - a * f, a * e - b * d]
}

/// Tells whether a file is DICOM, by its first bytes.
pub(super) fn is_dicom(head: &[u8]) -> bool {
    head.get(128..132) == Some(b"DICM".as_slice())
}

/// Reads the frames of one segment, or of all.
pub(super) fn read(decoder: &mut Decoder, path: &Path, only: Option<i64>) -> Result<Planes> {
    let failed = |error: crate::imaging::ImagingError| ReviewError::Invalid(error.to_string());
    let wrong = |why: &str| ReviewError::Invalid(format!("{} {why}", shown(path)));
    let about = decoder.segment(path, 0).map_err(failed)?;
    let mut planes = Vec::new();
    let mut known = BTreeSet::new();
    for frame in 0..about.frames {
        let own = decoder.segment(path, frame).map_err(failed)?;
        known.insert(own.number);
        if !side_by_side(&own, &about) {
            return Err(wrong("has frames that don't lie behind each other, and is no volume"));
        }
        if only.is_some_and(|only| only != own.number) {
            continue;
        }
        if own.place.is_none() && planes.iter().any(|(_, segment, _)| *segment == own.number) {
            return Err(wrong(&format!(
                "has several frames of segment {} and doesn't say where they lie in the patient: split it into one \
                 file for each image",
                own.number
            )));
        }
        let pixels = decoder.frame(path, frame, &Need::default()).map_err(failed)?;
        let values = pixels.numbers().ok_or_else(|| wrong("holds colours, and is no segmentation"))?;
        let inside = own.whole.map_or(1.0, |whole| INSIDE * whole);
        let cells = values.iter().map(|value| u8::from(*value >= inside)).collect();
        planes.push((own.place.map_or(0.0, |place| depth(&place)), own.number, cells));
    }
    if planes.is_empty() {
        let all: Vec<String> = known.iter().map(i64::to_string).collect();
        return Err(wrong(&format!("has no such segment: it has {}", all.join(", "))));
    }
    Ok(Planes { fractional: about.whole.is_some(), about, planes })
}

/// How far along its normal a frame lies.
fn depth(of: &Place) -> f64 {
    dot(&of.position, &normal(&of.orientation))
}

/// Where the first cell of a frame lies along its own columns and rows.
fn along(of: &Place) -> [f64; 2] {
    let [columns, rows] = [&of.orientation[..3], &of.orientation[3..]];
    [dot(&of.position, columns), dot(&of.position, rows)]
}

/// Tells whether two frames can be of one grid: behind each other, or both of a projection.
fn side_by_side(a: &Segment, b: &Segment) -> bool {
    let near = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() <= NEAR);
    let spacing = match (&a.spacing, &b.spacing) {
        (Some(a), Some(b)) => near(a, b),
        (a, b) => a == b,
    };
    let place = match (&a.place, &b.place) {
        (Some(a), Some(b)) => near(&a.orientation, &b.orientation) && near(&along(a), &along(b)),
        (a, b) => a == b,
    };
    spacing && place
}

/// The slices that frames lie in: where the first is, how far apart they are, and how many.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Slices {
    first: f64,
    step: f64,
    count: usize,
}

/// Finds the slices that hold all frames of some segmentations. A frame without any cell may have been left out of the
/// file, so that the smallest gap tells how far slices lie apart.
pub(super) fn slices(all: &[(&Path, &Planes)]) -> Result<Slices> {
    let mut places: Vec<f64> = all.iter().flat_map(|(_, of)| of.planes.iter().map(|plane| plane.0)).collect();
    places.sort_by(f64::total_cmp);
    places.dedup_by(|a, b| (*a - *b).abs() <= NEAR);
    let (Some(first), Some(last)) = (places.first(), places.last()) else {
        return Err(ReviewError::Invalid("there is no frame".into()));
    };
    let gaps = places.windows(2).filter_map(|two| Some(two.get(1)? - two.first()?));
    let said = all.iter().find_map(|(_, of)| of.about.between);
    let smallest = gaps.fold(f64::INFINITY, f64::min);
    // What the file says is taken where it fits: with many slices left out no two that are there may be neighbours.
    let fits = |step: f64| {
        places
            .iter()
            .all(|place| ((place - first) / step).fract().min(1.0 - ((place - first) / step).fract()) < 0.01)
    };
    let step = match said.filter(|said| *said <= smallest + NEAR && fits(*said)) {
        Some(said) => said,
        None if smallest.is_finite() && fits(smallest) => smallest,
        None if !smallest.is_finite() => said.unwrap_or(1.0),
        None => {
            let names: Vec<String> = all.iter().map(|(path, _)| shown(path).to_string()).collect();
            return Err(ReviewError::Invalid(format!(
                "the slices of {} lie unevenly: bring them onto one grid first",
                names.join(" and ")
            )));
        }
    };
    Ok(Slices { first: *first, step, count: ((last - first) / step).round() as usize + 1 })
}

impl Planes {
    /// Puts the frames into slices; those of a projection upon each other.
    pub fn mask(self, path: &Path, slices: Option<Slices>) -> Result<Mask> {
        let bad = |why: String| ReviewError::Invalid(format!("{} {why}", shown(path)));
        let Segment { rows, columns, place, spacing, .. } = self.about;
        let lies = place.zip(slices);
        let slices = slices.filter(|_| lies.is_some()).unwrap_or(Slices { first: 0.0, step: 1.0, count: 1 });
        let shape = [slices.count, rows as usize, columns as usize];
        let size = counted(shape).map_err(|error| bad(Safe::new(&error.to_string()).to_string()))?;
        let labels: Vec<i64> =
            self.planes.iter().map(|plane| plane.1).collect::<BTreeSet<i64>>().into_iter().collect();
        if labels.len() > crate::formats::mask::MOST_LABELS {
            return Err(bad("has more segments than a map of labels may".into()));
        }
        let mut cells = vec![0u8; size];
        let plane = shape[1] * shape[2];
        for (place, segment, own) in &self.planes {
            let slice = ((place - slices.first) / slices.step).round() as usize;
            let code = labels.binary_search(segment).map_or(0, |n| n + 1) as u8;
            let into = cells.get_mut(slice * plane..(slice + 1) * plane).unwrap_or_default();
            for (cell, inside) in into.iter_mut().zip(own).filter(|(_, inside)| **inside > 0) {
                if *cell != 0 && *cell != code {
                    let other = labels.get(usize::from(*cell) - 1).copied().unwrap_or_default();
                    return Err(bad(format!(
                        "has segments that overlap, {other} and {segment}: say which with --segment N"
                    )));
                }
                *cell = code * inside;
            }
        }
        Ok(Mask {
            shape,
            flat: lies.is_none(),
            spacing: spacing.map(|[rows, columns]| [slices.step, rows, columns]),
            placed: lies.zip(spacing).map(|((place, slices), spacing)| placed(&place, slices, spacing)),
            cells,
            labels,
            form: Form::Seg,
        })
    }
}

/// Gives where the cells lie, from DICOM's left, back, head to NIfTI's right, front, head.
fn placed(place: &Place, slices: Slices, spacing: [f64; 2]) -> [f32; 12] {
    let orientation = &place.orientation;
    let normal = normal(orientation);
    let [across, down] = along(place);
    let axes: [(&[f64], f64); 3] =
        [(&orientation[..3], spacing[1]), (&orientation[3..], spacing[0]), (&normal[..], slices.step)];
    let origin = |n: usize| across * orientation[n] + down * orientation[n + 3] + slices.first * normal[n];
    std::array::from_fn(|at| {
        let (row, column) = (at / 4, at % 4);
        let sign = if row < 2 { -1.0 } else { 1.0 };
        let value = axes.get(column).map_or_else(|| origin(row), |(axis, step)| axis[row] * step);
        (sign * value) as f32
    })
}
