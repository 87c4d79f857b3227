//! JPEG 2000 by OpenJPEG as translated to Rust: at full resolution, or at the lower one that is enough for a small picture.

use std::ops::Range;

use jpeg2k::{DecodeArea, DecodeParameters, Image};

use super::{Rows, Shape, damaged};
use crate::imaging::fault::Fault;

/// What is wanted of a picture: a part of it, and how often both its sides are halved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub columns: Range<u32>,
    pub rows: Range<u32>,
    pub halvings: u32,
}

/// Samples of a part at its resolution.
#[derive(Debug)]
pub struct Part {
    pub columns: usize,
    pub rows: usize,
    /// Row by row, the colours of a pixel together: a byte each, or two in little endian if they have over 8 bits.
    pub bytes: Vec<u8>,
}

/// Decodes what is wanted of a stream whose head says `shape`.
pub fn decode(bytes: &[u8], shape: &Shape, wanted: &Wanted) -> Result<Part, Fault> {
    if shape.bits > 16 {
        return Err(Fault::unsupported("this program knows no JPEG 2000 of more than 16 bits"));
    }
    let whole = (0..shape.columns as u32, 0..shape.rows as u32);
    let area = ((wanted.columns.clone(), wanted.rows.clone()) != whole).then(|| {
        DecodeArea::new(wanted.columns.start, wanted.rows.start, wanted.columns.end, wanted.rows.end)
    });
    let parameters = DecodeParameters::new().reduce(wanted.halvings).decode_area(area);
    let image = Image::from_bytes_with(bytes, parameters).map_err(|_| damaged())?;
    let components = image.components();
    let first = components.first().ok_or_else(damaged)?;
    let (columns, rows) = (first.width() as usize, first.height() as usize);
    let side = |range: &Range<u32>| {
        (range.end.div_ceil(1 << wanted.halvings) - range.start.div_ceil(1 << wanted.halvings)) as usize
    };
    // An offset of the picture, which no DICOM file should have, may move a part by one sample; a whole is not cut.
    let sound = components.len() >= shape.samples
        && columns.abs_diff(side(&wanted.columns)) <= usize::from(wanted.halvings > 0)
        && rows.abs_diff(side(&wanted.rows)) <= usize::from(wanted.halvings > 0)
        && components
            .iter()
            .take(shape.samples)
            .all(|one| (one.width() as usize, one.height() as usize) == (columns, rows));
    if !sound || columns == 0 || rows == 0 {
        return Err(damaged());
    }
    let planes: Vec<&[i32]> = components.iter().take(shape.samples).map(|one| one.data()).collect();
    let mut out = Rows::of(shape);
    for row in 0..rows {
        let line = row * columns;
        match planes[..] {
            [plane] => {
                out.push(plane.get(line..line + columns).unwrap_or_default().iter().map(|one| *one as u16))?
            }
            _ => out.push((0..columns * planes.len()).map(|at| {
                let plane = planes.get(at % planes.len()).copied().unwrap_or_default();
                plane.get(line + at / planes.len()).copied().unwrap_or_default() as u16
            }))?,
        }
    }
    Ok(Part { columns, rows, bytes: out.bytes })
}
