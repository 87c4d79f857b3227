//! Which pieces of compressed pixel data make up one frame (PS3.5 A.4).

use std::ops::Range;

use dicom_dictionary_std::tags;

use super::codestream;
use super::fault::Fault;
use super::header::Values;
use super::limits::{Limits, within};
use super::open::{self, Source};
use super::prescan::{self, Outline, PixelSpan};

/// Where the pieces of compressed pixels stand, and which of them begins each frame.
pub(super) struct Pieces {
    found: Vec<Range<u64>>,
    firsts: Firsts,
}

enum Firsts {
    /// There is one frame, which all pieces make.
    One,
    /// Each piece is a frame.
    Each,
    At(Vec<usize>),
}

impl Pieces {
    /// Finds the pieces, without reading them.
    pub fn read(
        outline: &Outline,
        pixels: &PixelSpan,
        source: &mut dyn Source,
        values: &Values,
        frames: u32,
        limits: &Limits,
    ) -> Result<Self, Fault> {
        let mut found = prescan::fragments(source, pixels, outline.encoding, limits)?;
        if found.is_empty() {
            return Err(Fault::broken("there are no compressed pixels"));
        }
        let table = found.remove(0);
        let firsts = match frames as usize {
            1 => Firsts::One,
            frames if found.len() == frames => Firsts::Each,
            _ => {
                let table =
                    open::slice(source, table.start, (table.end - table.start).min(u64::from(frames) * 4))?;
                let mut starts: Vec<u64> = table
                    .chunks_exact(4)
                    .map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]).into())
                    .collect();
                if let Some(extended) =
                    values.get(tags::EXTENDED_OFFSET_TABLE).and_then(|table| table.to_bytes().ok())
                {
                    starts = extended
                        .chunks_exact(8)
                        .filter_map(|eight| Some(u64::from_le_bytes(*eight.first_chunk()?)))
                        .collect();
                }
                Firsts::At(firsts(source, &found, &starts, frames as usize)?)
            }
        };
        Ok(Pieces { found, firsts })
    }

    /// Gathers the bytes of one compressed frame.
    pub fn gather(&self, source: &mut dyn Source, number: u32, limits: &Limits) -> Result<Vec<u8>, Fault> {
        let own = self.of(number as usize)?;
        let size: u64 = own.iter().map(|range| range.end - range.start).sum();
        within("the compressed frame", size, limits.frame)?;
        if let [range] = own {
            return open::slice(source, range.start, size);
        }
        let mut bytes = Vec::new();
        bytes
            .try_reserve_exact(size as usize)
            .map_err(|_| Fault::broken("the compressed frame is too large"))?;
        for range in own {
            bytes.extend(open::slice(source, range.start, range.end - range.start)?);
        }
        Ok(bytes)
    }

    fn of(&self, number: usize) -> Result<&[Range<u64>], Fault> {
        let missing = || Fault::broken("the compressed data of this frame are missing");
        let range = match &self.firsts {
            Firsts::One => 0..self.found.len(),
            Firsts::Each => number..number + 1,
            Firsts::At(firsts) => {
                let from = *firsts.get(number).ok_or_else(missing)?;
                from..firsts.get(number + 1).copied().unwrap_or(self.found.len())
            }
        };
        self.found.get(range).filter(|own| !own.is_empty()).ok_or_else(missing)
    }
}

/// Finds which fragment begins each frame: those that the offset table names, or those that begin a picture.
fn firsts(
    source: &mut dyn Source,
    found: &[Range<u64>],
    starts: &[u64],
    frames: usize,
) -> Result<Vec<usize>, Fault> {
    let first = found.first().map_or(0, |range| range.start);
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
    Ok(firsts)
}
