//! Masks and maps of labels as files: one volume of NIfTI, one PNG, or a bare array. A file is known by its content but
//! for the array, and nothing is made room for before it was found to ask for no more than it may.

use std::collections::HashMap;
use std::io::{self, Cursor, Read, Write};

pub mod nifti;
mod picture;
pub mod raw;
#[cfg(test)]
mod tests;

/// Cells of a mask at most: 512 × 512 × 1,024.
pub const MOST_CELLS: usize = 1 << 28;
/// Labels of a map at most, the ground left out.
pub const MOST_LABELS: usize = 254;

/// A mask, or a map of labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Mask {
    /// Slices, rows, columns; the last runs fastest.
    pub shape: [usize; 3],
    /// An image, which has no neighbours across slices.
    pub flat: bool,
    /// How far neighbours lie apart along each axis, in mm; none where the file doesn't say.
    pub spacing: Option<[f64; 3]>,
    /// Where the cells lie in the patient, row by row of a 3 × 4 matrix, where the file says so.
    pub placed: Option<[f32; 12]>,
    /// 0 outside, else the place of the cell's label among `labels`, from 1.
    pub cells: Vec<u8>,
    /// In rising order, without 0.
    pub labels: Vec<i64>,
    pub form: Form,
}

/// What kind of file a mask came from, and what a copy needs of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Form {
    Nifti(Box<nifti::Header>),
    Png,
    /// A bare array.
    Raw(raw::Layout),
    /// A DICOM segmentation, which is read and never written.
    Seg,
}

/// Why a file is no mask.
#[derive(Debug, thiserror::Error)]
pub enum MaskError {
    /// What is wrong, in words that go on after the file's name.
    #[error("{0}")]
    Bad(String),
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl MaskError {
    fn bad(why: impl Into<String>) -> Self {
        MaskError::Bad(why.into())
    }

    /// Takes the end of a file, or a fault in how it is packed, for a fault of the file.
    fn of_reading(fault: io::Error) -> Self {
        match fault.kind() {
            io::ErrorKind::UnexpectedEof => MaskError::bad("is cut off"),
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                MaskError::bad("is damaged: it can't be unpacked")
            }
            _ => MaskError::Io(fault),
        }
    }
}

/// So many of its first bytes say what a file is.
pub const HEAD: u64 = 348;

/// Tells of a file's first [`HEAD`] bytes whether they say what it is, so that it is no bare array.
pub fn says_what_it_is(head: &[u8]) -> bool {
    let nifti = matches!(head.get(344..348), Some(b"n+1\0" | b"ni1\0"));
    // A packed file has more to it than two bytes that labels could have too: deflate, and no flag that isn't known.
    let packed = matches!(head, [0x1f, 0x8b, 8, flags, ..] if *flags < 0x20);
    nifti || packed || head.starts_with(b"\x89PNG\r\n\x1a\n") || head.get(128..132) == Some(b"DICM")
}

/// Reads a mask from a file's bytes, by what they are.
///
/// # Errors
/// The file is of no kind that is known, broken, or larger than it may be; it holds no labels, or it can't be read.
pub fn read(mut source: impl Read) -> Result<Mask, MaskError> {
    let mut head = Vec::new();
    source.by_ref().take(8).read_to_end(&mut head)?;
    let all = Cursor::new(head.clone()).chain(source);
    match head.as_slice() {
        [] => Err(MaskError::bad("is empty")),
        [0x1f, 0x8b, ..] => nifti::read(flate2::read::MultiGzDecoder::new(all)),
        [0x89, b'P', b'N', b'G', ..] => picture::read(all),
        _ => nifti::read(all),
    }
}

/// Writes a mask as a PNG.
///
/// # Errors
/// The mask is no image, its labels don't fit into 16 bits, or it can't be written.
pub fn write_png(mask: &Mask, out: impl Write) -> Result<(), MaskError> {
    picture::write(mask, out)
}

impl Mask {
    /// Gives the number of cells.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Says how large it is, in columns, rows and slices, as people do.
    pub fn size(&self) -> String {
        let [slices, rows, columns] = self.shape;
        if self.flat { format!("{columns}×{rows}") } else { format!("{columns}×{rows}×{slices}") }
    }

    /// Keeps one label alone; the mask is empty where it doesn't have it.
    pub fn keep(&mut self, label: i64) {
        self.cells = self.of(Some(label));
        self.labels = vec![label];
    }

    /// Gives the mask of one label, or of all where none is named, as 0 and 1.
    pub fn of(&self, label: Option<i64>) -> Vec<u8> {
        let code = label.map(|label| self.labels.iter().position(|known| *known == label).map(|n| n + 1));
        let inside = |cell: &u8| match code {
            None => *cell != 0,
            Some(code) => code == Some(usize::from(*cell)),
        };
        self.cells.iter().map(|cell| u8::from(inside(cell))).collect()
    }
}

/// Refuses more cells than a mask may have, and gives how many there are.
pub fn counted(shape: [usize; 3]) -> Result<usize, MaskError> {
    let cells = shape.iter().try_fold(1usize, |all, side| all.checked_mul(*side));
    match cells {
        Some(0) => Err(MaskError::bad("has no cells")),
        Some(cells) if cells <= MOST_CELLS => Ok(cells),
        _ => Err(MaskError::bad(format!("would have more cells than the limit of {MOST_CELLS}"))),
    }
}

/// Gathers the labels of cells as they come.
#[derive(Default)]
struct Labels {
    cells: Vec<u8>,
    codes: HashMap<i64, u8>,
    last: Option<(i64, u8)>,
}

impl Labels {
    fn push(&mut self, label: i64) -> Result<(), MaskError> {
        let code = match (label, self.last) {
            (0, _) => 0,
            (_, Some((last, code))) if last == label => code,
            _ => {
                let next = self.codes.len() + 1;
                let code = *self.codes.entry(label).or_insert(next.min(usize::from(u8::MAX)) as u8);
                if usize::from(code) > MOST_LABELS {
                    return Err(MaskError::bad(format!(
                        "holds more than {MOST_LABELS} different values: is it an image, and no mask?"
                    )));
                }
                self.last = Some((label, code));
                code
            }
        };
        self.cells.push(code);
        Ok(())
    }

    /// Takes a value that must be a whole number.
    fn push_value(&mut self, value: f64) -> Result<(), MaskError> {
        /// Rounding of 32 bits.
        const NEAR: f64 = 1e-4;
        const MOST: f64 = 2_147_483_648.0;
        let whole = value.round();
        // A value that is no number is near nothing.
        if (value - whole).abs() <= NEAR && whole.abs() <= MOST {
            return self.push(whole as i64);
        }
        Err(MaskError::bad(format!(
            "holds {value}, which is no label: make a mask of it by a threshold first"
        )))
    }

    /// Gives cells and labels, numbered in the order of the labels.
    fn sorted(mut self) -> (Vec<u8>, Vec<i64>) {
        let mut labels: Vec<i64> = self.codes.keys().copied().collect();
        labels.sort_unstable();
        let mut renumbered = [0u8; 256];
        for (n, label) in labels.iter().enumerate() {
            if let Some(code) = self.codes.get(label) {
                renumbered[usize::from(*code)] = (n + 1) as u8;
            }
        }
        self.cells.iter_mut().for_each(|cell| *cell = renumbered[usize::from(*cell)]);
        (self.cells, labels)
    }
}
