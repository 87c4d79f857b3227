//! From stored samples of several colours, or of a palette, to red, green, blue of 8 bits (PS3.3 C.7.6.3.1.2, C.7.9.2).

use dicom_core::Tag as Name;
use dicom_dictionary_std::tags;

use super::fault::Fault;
use super::header::Values;
use super::light::Table;
use super::raster::Colour;
use super::samples::Samples;

/// Entries of a palette at most, by its descriptor's 16 bits.
const ENTRIES: usize = 65_536;

/// Looks every sample up in the palette.
pub(super) fn palette(samples: &Samples, values: &Values) -> Result<Vec<u8>, Fault> {
    if !samples.narrow() {
        return Err(Fault::unsupported("this program knows no palettes for pixels of this many bits"));
    }
    let one = |descriptor: Name, data: Name, segments: Name| {
        let descriptor: Vec<i64> = values.get(descriptor)?.to_multi_int().ok()?;
        let data = match values.get(data) {
            Some(data) => data.to_bytes().ok()?.into_owned(),
            None => expanded(&values.get(segments)?.to_bytes().ok()?, *descriptor.get(2)? <= 8)?,
        };
        Table::new(&descriptor, &data, samples.raster.signed)
    };
    let red = one(
        tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
        tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA,
        tags::SEGMENTED_RED_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    );
    let green = one(
        tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
        tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA,
        tags::SEGMENTED_GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    );
    let blue = one(
        tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
        tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA,
        tags::SEGMENTED_BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    );
    let (Some(red), Some(green), Some(blue)) = (red, green, blue) else {
        return Err(Fault::broken("the palette is missing or damaged"));
    };
    let colours: Vec<[u8; 3]> = (0..=u64::from(u16::MAX))
        .map(|code| samples.stored(code))
        .map(|value| [red.byte(value), green.byte(value), blue.byte(value)])
        .collect();
    Ok(samples.codes().filter_map(|code| colours.get(usize::from(code))).flatten().copied().collect())
}

/// Writes out the segments of a palette as its entries, two bytes or, of 8 bits, one byte each (PS3.3 C.7.9.2.2).
fn expanded(segments: &[u8], bytes: bool) -> Option<Vec<u8>> {
    let words: Vec<u16> = if bytes {
        segments.iter().map(|byte| u16::from(*byte)).collect()
    } else {
        segments.as_chunks().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect()
    };
    let mut entries: Vec<u16> = Vec::new();
    segment(&words, bytes, &mut entries, usize::MAX, true)?;
    Some(if bytes {
        entries.iter().map(|entry| *entry as u8).collect()
    } else {
        entries.into_iter().flat_map(u16::to_le_bytes).collect()
    })
}

/// Writes out so many segments. Those that point back to others must not point to such again.
fn segment(
    mut words: &[u16],
    bytes: bool,
    entries: &mut Vec<u16>,
    count: usize,
    may_point: bool,
) -> Option<()> {
    let whole = words;
    for _ in 0..count {
        // An odd number of bytes has one more behind it.
        let [kind, length, rest @ ..] = words else { return Some(()) };
        let length = usize::from(*length);
        if entries.len() + length > ENTRIES {
            return None;
        }
        match kind {
            0 => {
                let (own, after) = rest.split_at_checked(length)?;
                entries.extend(own);
                words = after;
            }
            1 => {
                let (end, after) = rest.split_first()?;
                let start = f64::from(*entries.last()?);
                let step = (f64::from(*end) - start) / length.max(1) as f64;
                entries.extend((1..=length).map(|place| (start + step * place as f64).round() as u16));
                words = after;
            }
            2 if may_point => {
                // The offset is in bytes, in two words or four bytes, the lowest first.
                let size = if bytes { 4 } else { 2 };
                let (offset, after) = rest.split_at_checked(size)?;
                let shift = if bytes { 8 } else { 16 };
                let offset = offset.iter().rev().fold(0_usize, |sum, word| sum << shift | usize::from(*word));
                let from = if bytes { offset } else { offset / 2 };
                segment(whole.get(from..)?, bytes, entries, length, false)?;
                words = after;
            }
            _ => return None,
        }
    }
    Some(())
}

/// Turns samples of three colours into red, green, blue.
pub(super) fn colour(samples: &Samples) -> Vec<u8> {
    let raster = &samples.raster;
    if raster.colour == Colour::YbrFull422 {
        return from_422(&samples.bytes);
    }
    // The 8 highest bits that count; a sample of fewer is spread.
    let whole = ((1_u64 << raster.stored.min(8)) - 1) as f64;
    let unit = (1_u64 << raster.stored.saturating_sub(8)) as f64;
    let byte = |value: f64| ((value / unit).floor() / whole * 255.0).round() as u8;
    let mut bytes: Vec<u8> = match (raster.allocated, raster.stored) {
        (8, 8) => samples.codes().map(|code| code as u8).collect(),
        (8 | 16, _) => samples.codes().map(|code| byte(samples.stored(code.into()))).collect(),
        _ => samples.wide().map(byte).collect(),
    };
    if raster.planar {
        bytes = woven(&bytes);
    }
    if raster.colour == Colour::YbrFull {
        for pixel in bytes.as_chunks_mut().0 {
            *pixel = rgb(*pixel);
        }
    }
    bytes
}

/// Puts three colour planes pixel by pixel.
fn woven(planes: &[u8]) -> Vec<u8> {
    let size = planes.len() / 3;
    let (red, rest) = planes.split_at(size);
    let (green, blue) = rest.split_at(size);
    red.iter().zip(green).zip(blue).flat_map(|((red, green), blue)| [*red, *green, *blue]).collect()
}

/// Unfolds two luminances and one pair of chrominances to two pixels (PS3.3 C.7.6.3.1.2).
fn from_422(bytes: &[u8]) -> Vec<u8> {
    bytes
        .as_chunks()
        .0
        .iter()
        .flat_map(|[y0, y1, cb, cr]| [rgb([*y0, *cb, *cr]), rgb([*y1, *cb, *cr])])
        .flatten()
        .collect()
}

/// Turns luminance and chrominance into red, green, blue: PS3.3 C.7.6.3.1.2, ITU-R BT.601 at full range.
fn rgb([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (y, cb, cr) = (f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0);
    [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb].map(|value| value.round() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn segments_are_written_out_by_hand() {
        // Three entries as they are, four on a line from 30 to 70, then the first segment again.
        let words = [0, 3, 10, 20, 30, 1, 4, 70, 2, 1, 0, 0];
        let bytes: Vec<u8> = words.iter().flat_map(|word: &u16| word.to_le_bytes()).collect();
        let entries = expanded(&bytes, false);
        let expected: Vec<u8> =
            [10_u16, 20, 30, 40, 50, 60, 70, 10, 20, 30].iter().flat_map(|word| word.to_le_bytes()).collect();
        assert_eq!(entries, Some(expected));
        assert_eq!(expanded(&[0, 2, 5, 9, 1, 2, 13, 2, 1, 0, 0, 0, 0], true), Some(vec![5, 9, 11, 13, 5, 9]));
        // A segment that points to itself, and one that has nothing to begin with.
        assert_eq!(expanded(&[2, 1, 0, 0, 0, 0], true), None);
        assert_eq!(expanded(&[1, 2, 13], true), None);
    }

    proptest! {
        #[test]
        fn no_segments_trip_it(bytes in proptest::collection::vec(0..6u8, 0..200), narrow: bool) {
            let entries = expanded(&bytes, narrow).unwrap_or_default();
            prop_assert!(entries.len() <= ENTRIES * 2);
        }
    }
}
