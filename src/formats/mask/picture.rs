//! A mask as a PNG: gray of up to 16 bits or numbers of a palette, each a label as it stands in the file.

use std::io::{Cursor, Read, Write};

use super::{Form, Labels, Mask, MaskError, counted};

/// Bytes of a file at most.
const FILE: u64 = 256 << 20;
/// Rows and columns at most.
const SIDE: u32 = 32_768;
/// Cells at most.
const AREA: u64 = 1 << 26;

pub(super) fn read(source: impl Read) -> Result<Mask, MaskError> {
    let mut bytes = Vec::new();
    source.take(FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE {
        return Err(MaskError::bad("is larger than 256 MiB"));
    }
    let broken = |error: png::DecodingError| match error {
        png::DecodingError::IoError(fault) => MaskError::of_reading(fault),
        _ => MaskError::bad("is a damaged PNG"),
    };
    let mut decoder = png::Decoder::new_with_limits(
        Cursor::new(bytes),
        png::Limits { bytes: usize::try_from(AREA * 2).unwrap_or(usize::MAX) },
    );
    decoder.set_transformations(png::Transformations::IDENTITY);
    let mut reader = decoder.read_info().map_err(broken)?;
    let (width, height) = reader.info().size();
    if width > SIDE || height > SIDE || u64::from(width) * u64::from(height) > AREA {
        return Err(MaskError::bad(format!(
            "would have {width}×{height} cells, more than the limit of {AREA}"
        )));
    }
    let (colour, depth) = reader.output_color_type();
    if !matches!(colour, png::ColorType::Grayscale | png::ColorType::Indexed) {
        return Err(MaskError::bad("is a picture in colours: a mask is gray, or has a palette"));
    }
    let shape = [1, height as usize, width as usize];
    let cells = counted(shape)?;
    let size = reader.output_buffer_size().ok_or_else(|| MaskError::bad("is too large"))?;
    let mut rows = vec![0u8; size];
    let frame = reader.next_frame(&mut rows).map_err(broken)?;
    let bits = depth as usize;
    let mut labels = Labels::default();
    labels.cells.reserve_exact(cells);
    for row in rows.chunks_exact(frame.line_size.max(1)).take(height as usize) {
        for column in 0..width as usize {
            let at = |byte: usize| i64::from(row.get(byte).copied().unwrap_or(0));
            let bit = column * bits;
            labels.push(match bits {
                16 => at(2 * column) << 8 | at(2 * column + 1),
                8 => at(column),
                // Cells of less than a byte stand in it from the highest bit on.
                _ => at(bit / 8) >> (8 - bits - bit % 8) & ((1 << bits) - 1),
            })?;
        }
    }
    let (cells, labels) = labels.sorted();
    Ok(Mask { shape, flat: true, spacing: None, placed: None, cells, labels, form: Form::Png })
}

pub(super) fn write(mask: &Mask, out: impl Write) -> Result<(), MaskError> {
    let [1, height, width] = mask.shape else {
        return Err(MaskError::bad("is a volume: a PNG holds one image"));
    };
    let highest = mask.labels.last().copied().unwrap_or(0);
    if mask.labels.first().is_some_and(|label| *label < 0) || highest > i64::from(u16::MAX) {
        return Err(MaskError::bad("has labels that a PNG can't hold"));
    }
    let wide = highest > i64::from(u8::MAX);
    let side = |side: usize| u32::try_from(side).map_err(|_| MaskError::bad("is too large for a PNG"));
    let mut encoder = png::Encoder::new(out, side(width)?, side(height)?);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(if wide { png::BitDepth::Sixteen } else { png::BitDepth::Eight });
    let value = |cell: &u8| mask.labels.get(usize::from(*cell).wrapping_sub(1)).copied().unwrap_or(0);
    let bytes: Vec<u8> = match wide {
        true => mask.cells.iter().flat_map(|cell| (value(cell) as u16).to_be_bytes()).collect(),
        false => mask.cells.iter().map(|cell| value(cell) as u8).collect(),
    };
    let failed = |error: png::EncodingError| match error {
        png::EncodingError::IoError(fault) => MaskError::Io(fault),
        other => MaskError::bad(format!("can't be written as a PNG: {other}")),
    };
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(&bytes).map_err(failed)?;
    writer.finish().map_err(failed)
}
