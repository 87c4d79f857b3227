//! Which pieces of compressed pixel data make up one frame (PS3.5 A.4).

use std::ops::Range;

use dicom_dictionary_std::tags;

use super::codestream;
use super::fault::Fault;
use super::header::Values;
use super::limits::{Limits, within};
use super::open::{self, Source};
use super::prescan::{self, Outline, PixelSpan};

/// Gathers the bytes of one compressed frame.
pub(super) fn gather(
    outline: &Outline,
    pixels: &PixelSpan,
    source: &mut dyn Source,
    values: &Values,
    frames: u32,
    number: u32,
    limits: &Limits,
) -> Result<Vec<u8>, Fault> {
    let found = prescan::fragments(source, pixels, outline.encoding, limits)?;
    let (table, found) =
        found.split_first().ok_or_else(|| Fault::broken("there are no compressed pixels"))?;
    let table = open::slice(source, table.start, (table.end - table.start).min(u64::from(frames) * 4))?;
    let mut starts: Vec<u64> = table
        .chunks_exact(4)
        .map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]).into())
        .collect();
    if let Some(extended) = values.get(tags::EXTENDED_OFFSET_TABLE).and_then(|table| table.to_bytes().ok()) {
        starts = extended
            .chunks_exact(8)
            .filter_map(|eight| Some(u64::from_le_bytes(*eight.first_chunk()?)))
            .collect();
    }
    let own = choose(source, found, &starts, frames as usize, number as usize)?;
    let size: u64 = own.iter().map(|range| range.end - range.start).sum();
    within("the compressed frame", size, limits.frame)?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(size as usize).map_err(|_| Fault::broken("the compressed frame is too large"))?;
    for range in own {
        bytes.extend(open::slice(source, range.start, range.end - range.start)?);
    }
    Ok(bytes)
}

/// Finds which fragments make a frame: all, one, those that the offset table names, or those up to the next fragment
/// that begins a picture.
fn choose<'a>(
    source: &mut dyn Source,
    found: &'a [Range<u64>],
    starts: &[u64],
    frames: usize,
    number: usize,
) -> Result<&'a [Range<u64>], Fault> {
    let missing = || Fault::broken("the compressed data of this frame are missing");
    if frames == 1 {
        return Ok(found);
    }
    if found.len() == frames {
        return found.get(number..=number).ok_or_else(missing);
    }
    let first = found.first().ok_or_else(missing)?.start;
    let firsts: Vec<usize> = if starts.len() == frames {
        // Offsets count from the first fragment's tag, 8 bytes before its content.
        starts
            .iter()
            .filter_map(|start| {
                found.binary_search_by_key(&first.saturating_add(*start), |range| range.start).ok()
            })
            .collect()
    } else {
        let mut firsts = Vec::new();
        for (place, range) in found.iter().enumerate() {
            let head = open::slice(source, range.start, (range.end - range.start).min(4))?;
            if codestream::begins(&head) {
                firsts.push(place);
            }
        }
        firsts
    };
    if firsts.len() != frames {
        return Err(Fault::broken("which compressed data belong to which frame cannot be told"));
    }
    let from = *firsts.get(number).ok_or_else(missing)?;
    let to = firsts.get(number + 1).copied().unwrap_or(found.len());
    found.get(from..to).filter(|own| !own.is_empty()).ok_or_else(missing)
}
