//! Baseline and progressive JPEG of 8 bits, by its library.

use super::{Shape, damaged};
use crate::imaging::fault::Fault;

/// Reads a stream whose head says `shape`: gray, or red, green, blue where it holds or can be turned into such.
pub fn decode(bytes: &[u8], shape: &Shape) -> Result<Vec<u8>, Fault> {
    let size = shape.rows * shape.columns * shape.samples;
    let mut decoder = jpeg_decoder::Decoder::new(bytes);
    decoder.set_max_decoding_buffer_size(size);
    let pixels = decoder.decode().map_err(|_| damaged())?;
    if pixels.len() == size { Ok(pixels) } else { Err(damaged()) }
}
