//! Overlay planes (PS3.3 C.9.2): graphics of one bit a pixel in the repeating groups 6000 to 601E, with data of their own or
//! in bits of the pixel data that no sample uses. What makes no sense is left out: the picture below is whole without it.

use dicom_core::Tag as Name;
use dicom_object::mem::InMemElement;

use super::fault::Fault;
use super::frame::Frame;
use super::header::Values;
use super::limits::Limits;
use super::marks::Marks;
use super::open::{self, Source};
use super::prescan::{Outline, Tag};
use super::samples::Samples;

/// Elements of a plane that are read: rows, columns, frames, origin, first frame, place of its bit.
const DESCRIBING: [u16; 6] = [0x0010, 0x0011, 0x0015, 0x0050, 0x0051, 0x0102];
const DATA: u16 = 0x3000;

/// Says whether an element describes a plane.
pub(super) fn describes((group, number): Tag) -> bool {
    is_plane(group) && DESCRIBING.contains(&number)
}

/// Says whether an element holds a plane's bits.
pub(super) fn is_data((group, number): Tag) -> bool {
    is_plane(group) && number == DATA
}

fn is_plane(group: u16) -> bool {
    (0x6000..=0x601e).contains(&group) && group.is_multiple_of(2)
}

/// Where the bits of a plane stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BitSpan {
    pub group: u16,
    pub vr: [u8; 2],
    pub offset: u64,
    pub length: u64,
}

/// What a header says of a plane.
struct Plane {
    rows: u32,
    columns: u32,
    /// Where its first pixel lies on the image, from 0: right, down.
    left: i64,
    top: i64,
    /// Which of its frames lies over the frame that is shown.
    frame: u64,
    /// The bit of a sample in which it stands where it has no data of its own.
    bit: u32,
}

fn plane(values: &Values, group: u16, frame: u32, limits: &Limits) -> Option<Plane> {
    let get = |number: u16| values.get(Name(group, number));
    let number = |number: u16| get(number).and_then(|element: &InMemElement| element.to_int::<i64>().ok());
    let side =
        |element: u16| u32::try_from(number(element)?).ok().filter(|side| (1..=limits.side).contains(side));
    let origin: Vec<i64> = get(0x50).and_then(|element| element.to_multi_int().ok()).unwrap_or_default();
    let [top, left] = *origin.first_chunk().unwrap_or(&[1, 1]);
    // Some files say it in numbers without a sign.
    let signed = |place: i64| if place > 32_767 { place - 65_536 } else { place };
    let (frames, first) = (number(0x15), number(0x51));
    let frame = match (frames, first) {
        // One plane for all frames.
        (None, None) => 0,
        _ => {
            let frame = i64::from(frame) - (first.unwrap_or(1) - 1);
            u64::try_from(frame).ok().filter(|frame| *frame < frames.unwrap_or(1).max(1).unsigned_abs())?
        }
    };
    Some(Plane {
        rows: side(0x10)?,
        columns: side(0x11)?,
        left: signed(left) - 1,
        top: signed(top) - 1,
        frame,
        bit: u32::try_from(number(0x102).unwrap_or(0)).ok()?,
    })
}

/// Gives what the planes of a file mark on what was decoded of a frame; none where they mark nothing.
///
/// # Errors
/// Only where the file cannot be read.
pub(super) fn marks(
    outline: &Outline,
    source: &mut dyn Source,
    values: &Values,
    samples: &Samples,
    number: u32,
    frame: &Frame,
    limits: &Limits,
) -> Result<Option<Marks>, Fault> {
    let mut marks: Option<Marks> = None;
    let [left, top, right, bottom] = frame.part.map(i64::from);
    let (width, height) = (i64::from(frame.width), i64::from(frame.height));
    for group in (0x6000..=0x601e).step_by(2) {
        let Some(plane) = plane(values, group, number, limits) else { continue };
        let span = outline.overlays.iter().find(|span| span.group == group);
        let Some(bits) = bits(&plane, span, source, outline.encoding.big_endian, samples)? else { continue };
        for place in bits {
            let (row, column) = (place / u64::from(plane.columns), place % u64::from(plane.columns));
            let (x, y) = (plane.left + column as i64, plane.top + row as i64);
            if (left..right).contains(&x) && (top..bottom).contains(&y) {
                // The pixel in which the middle of the stored one lies.
                let (x, y) = ((2 * (x - left) + 1) * width, (2 * (y - top) + 1) * height);
                let (x, y) = (x / (2 * (right - left)), y / (2 * (bottom - top)));
                let marks = marks.get_or_insert_with(|| Marks::new(frame.width, frame.height));
                marks.set(x as u32, y as u32);
            }
        }
    }
    Ok(marks)
}

/// Gives the places of the bits that are set, counted row by row; none for a plane whose bits are not there.
fn bits(
    plane: &Plane,
    span: Option<&BitSpan>,
    source: &mut dyn Source,
    big_endian: bool,
    samples: &Samples,
) -> Result<Option<Vec<u64>>, Fault> {
    let count = u64::from(plane.rows) * u64::from(plane.columns);
    let Some(span) = span else { return Ok(embedded(plane, samples)) };
    // Frames follow each other without padding.
    let start = count.saturating_mul(plane.frame);
    let end = start.saturating_add(count);
    let (from, to) = (start / 8 / 2 * 2, end.div_ceil(8).next_multiple_of(2).min(span.length));
    if end.div_ceil(8) > span.length {
        return Ok(None);
    }
    let mut bytes = open::slice(source, span.offset + from, to - from)?;
    if big_endian && &span.vr == b"OW" {
        bytes.as_chunks_mut::<2>().0.iter_mut().for_each(|pair| pair.reverse());
    }
    let places = (0_u64..).zip(bytes).filter(|(_, byte)| *byte != 0).flat_map(|(at, byte)| {
        (0..8).filter(move |bit| byte >> bit & 1 == 1).map(move |bit| (from + at) * 8 + bit)
    });
    Ok(Some(places.filter(|place| (start..end).contains(place)).map(|place| place - start).collect()))
}

/// Gives the places of a plane that stands in bits of the samples which these do not use.
fn embedded(plane: &Plane, samples: &Samples) -> Option<Vec<u64>> {
    let raster = &samples.raster;
    let used = (raster.high + 1).saturating_sub(raster.stored)..=raster.high;
    let whole = samples.halvings == 0 && samples.part == [0, 0, raster.columns, raster.rows];
    let fits = whole
        && samples.narrow()
        && raster.samples == 1
        && plane.bit < raster.allocated
        && !used.contains(&plane.bit)
        && (plane.rows, plane.columns) == (raster.rows, raster.columns);
    fits.then(|| {
        let codes = (0_u64..).zip(samples.codes());
        codes.filter(|(_, code)| code >> plane.bit & 1 == 1).map(|(place, _)| place).collect()
    })
}
