//! Decoders of compressed pixels: the bytes of one frame in, its samples out, with nothing known of the file.
//!
//! What a stream says of its own size has been compared with the header before ([`super::codestream`]). Every decoder here
//! answers cut, false and hostile streams with a fault, and takes no more memory than the picture needs.

pub mod baseline;
mod bits;
mod dct;
mod huffman;
pub mod jpeg;
pub mod jpeg_2000;
pub mod jpeg_ls;
mod jpeg_ls_model;
mod lossless;

use super::fault::Fault;

/// The size of a decoded picture, of which [`super::codestream`] is sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    pub rows: usize,
    pub columns: usize,
    /// 1 to 4.
    pub samples: usize,
    /// Bits of a sample as the stream has it.
    pub bits: u32,
}

/// What a decoder says of a stream that is cut or makes no sense.
fn damaged() -> Fault {
    Fault::broken("the compressed picture is damaged")
}

/// Samples row by row, the colours of a pixel together: a byte each, or two in little endian where they have over 8 bits.
struct Rows {
    bytes: Vec<u8>,
    wide: bool,
}

impl Rows {
    /// Takes no memory yet beyond what rows that have been decoded need.
    fn of(shape: &Shape) -> Self {
        Rows { bytes: Vec::new(), wide: shape.bits > 8 }
    }

    fn push(&mut self, row: impl ExactSizeIterator<Item = u16>) -> Result<(), Fault> {
        let size = if self.wide { row.len() * 2 } else { row.len() };
        self.bytes.try_reserve(size).map_err(|_| damaged())?;
        if self.wide {
            self.bytes.extend(row.flat_map(u16::to_le_bytes));
        } else {
            self.bytes.extend(row.map(|sample| sample as u8));
        }
        Ok(())
    }
}
