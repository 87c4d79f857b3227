//! Reads where an image lies in the patient, and of a multi-frame image each of its frames.

use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::fault::Fault;
use super::header::{Values, group};
use super::limits::Limits;
use super::open::Source;
use super::prescan::Outline;
use crate::domain::image::Slice;
use crate::domain::stack::{along, normal, same_way};

/// Frames whose places are kept at most: their numbers travel in one message to the parent.
const FRAMES: usize = 4096;

/// Reads the place of an image; none where the header is silent.
pub(super) fn read(
    outline: &Outline,
    source: &mut dyn Source,
    values: &Values,
    frames: u32,
    limits: &Limits,
) -> Result<Option<Slice>, Fault> {
    let orientation: Option<[f64; 6]> =
        first(&values.numbers(tags::PLANE_ORIENTATION_SEQUENCE, tags::IMAGE_ORIENTATION_PATIENT));
    let mut slice = Slice {
        series: values.integer(tags::SERIES_NUMBER),
        number: values.integer(tags::INSTANCE_NUMBER),
        orientation: orientation.filter(|cosines| normal(cosines).is_some()),
        position: first(&values.numbers(tags::PLANE_POSITION_SEQUENCE, tags::IMAGE_POSITION_PATIENT)),
        location: values.numbers(tags::PLANE_POSITION_SEQUENCE, tags::SLICE_LOCATION).first().copied(),
        frames: Vec::new(),
    };
    if frames > 1
        && let Some(cosines) = &slice.orientation
    {
        slice.frames = offsets(outline, source, cosines, frames as usize, limits)?.unwrap_or_default();
    }
    Ok(Some(slice).filter(|slice| *slice != Slice::default()))
}

fn first<const N: usize>(numbers: &[f64]) -> Option<[f64; N]> {
    numbers.first_chunk().copied()
}

/// Gives how far along the normal each frame lies, to a thousandth of a millimetre; none where one lies otherwise than the
/// first, or does not say where it lies.
fn offsets(
    outline: &Outline,
    source: &mut dyn Source,
    cosines: &[f64; 6],
    frames: usize,
    limits: &Limits,
) -> Result<Option<Vec<f64>>, Fault> {
    if outline.frames.len() != frames || frames > FRAMES {
        return Ok(None);
    }
    let Some(normal) = normal(cosines) else { return Ok(None) };
    let mut offsets = Vec::with_capacity(frames);
    for range in &outline.frames {
        let Some(groups) = group(range, outline.encoding, source, limits)? else { return Ok(None) };
        let own: Option<[f64; 6]> =
            numbers(&groups, tags::PLANE_ORIENTATION_SEQUENCE, tags::IMAGE_ORIENTATION_PATIENT);
        let position = numbers(&groups, tags::PLANE_POSITION_SEQUENCE, tags::IMAGE_POSITION_PATIENT);
        match (position, own.is_none_or(|own| same_way(&own, cosines))) {
            (Some(position), true) => offsets.push((along(&position, &normal) * 1000.0).round() / 1000.0),
            _ => return Ok(None),
        }
    }
    Ok(Some(offsets))
}

/// Reads the finite numbers of a functional group.
fn numbers<const N: usize>(
    groups: &InMemDicomObject,
    sequence: dicom_core::Tag,
    name: dicom_core::Tag,
) -> Option<[f64; N]> {
    let item = groups.get(sequence)?.items()?.first()?;
    let numbers = item.get(name)?.to_multi_float64().ok()?;
    first(&numbers).filter(|numbers| numbers.iter().all(|number| number.is_finite()))
}
