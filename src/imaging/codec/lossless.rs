//! Lossless JPEG: each sample as its difference from what its neighbours foretell (ISO 10918-1 annex H).

use super::bits::Bits;
use super::damaged;
use super::huffman::{Huffman, extended};
use super::jpeg::Scan;
use crate::imaging::fault::Fault;

/// Reads a scan and hands on its rows, the colours of a pixel together.
pub fn read(
    scan: &Scan,
    bits: &mut Bits,
    done: &mut dyn FnMut(&[u16]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let samples = scan.components.len();
    if scan.components.iter().any(|component| (component.across, component.down) != (1, 1)) {
        return Err(Fault::unsupported("this program cannot read lossless JPEG with coarser colours"));
    }
    let precision = scan.shape.bits;
    if !(1..=7).contains(&scan.first) || scan.low >= precision {
        return Err(damaged());
    }
    let tables: Option<Vec<&Huffman>> =
        scan.components.iter().map(|component| scan.huffman(&scan.tables.dc, component.dc)).collect();
    let tables = tables.ok_or_else(damaged)?;
    let middle = 1_u16 << (precision - scan.low - 1);
    let line = scan.shape.columns * samples;
    let (mut above, mut row) = (vec![0_u16; line], vec![0_u16; line]);
    let mut shifted = vec![0_u16; line];
    // Restarts fall between rows (H.1.1), so that an interval is a number of whole rows.
    let interval = scan.tables.interval / scan.shape.columns.max(1);
    if !scan.tables.interval.is_multiple_of(scan.shape.columns.max(1)) {
        return Err(Fault::unsupported(
            "this lossless JPEG file restarts within rows, which this program cannot read",
        ));
    }
    let mut first = true;
    for number in 0..scan.shape.rows {
        if interval > 0 && number > 0 && number.is_multiple_of(interval) {
            if !bits.restart() {
                return Err(damaged());
            }
            first = true;
        }
        let read = match (samples, first) {
            (1, false) => single(scan.first, tables[0], bits, &above, &mut row),
            _ => several(scan.first, &tables, bits, &above, &mut row, first.then_some(middle)),
        };
        if read.is_none() || bits.overrun() {
            return Err(damaged());
        }
        first = false;
        if scan.low == 0 {
            done(&row)?;
        } else {
            shifted.iter_mut().zip(&row).for_each(|(to, from)| *to = from << scan.low);
            done(&shifted)?;
        }
        std::mem::swap(&mut above, &mut row);
    }
    Ok(())
}

/// Reads a difference (H.1.2.2); category 16 stands alone for 32,768.
#[inline]
fn difference(table: &Huffman, bits: &mut Bits) -> Option<u16> {
    match table.read(bits)? {
        size @ 0..=15 => Some(extended(bits, size.into()) as u16),
        16 => Some(32_768),
        _ => None,
    }
}

/// Table H.1; sums may go beyond 16 bits on the way.
#[inline]
fn foretold(predictor: u8, left: u16, up: u16, corner: u16) -> u16 {
    let (a, b, c) = (i32::from(left), i32::from(up), i32::from(corner));
    let value = match predictor {
        1 => a,
        2 => b,
        3 => c,
        4 => a + b - c,
        5 => a + ((b - c) >> 1),
        6 => b + ((a - c) >> 1),
        _ => (a + b) >> 1,
    };
    value as u16
}

/// Reads a row of one colour that has one above.
fn single(predictor: u8, table: &Huffman, bits: &mut Bits, above: &[u16], row: &mut [u16]) -> Option<()> {
    // The first of a row is foretold by the one above it.
    let mut left = *above.first()?;
    let mut corner = left;
    for (place, (sample, up)) in row.iter_mut().zip(above).enumerate() {
        let expected = if place == 0 { left } else { foretold(predictor, left, *up, corner) };
        left = expected.wrapping_add(difference(table, bits)?);
        corner = *up;
        *sample = left;
    }
    Some(())
}

/// Reads a row of any number of colours. In the first row, `middle` foretells the first sample and the left one the rest.
fn several(
    predictor: u8,
    tables: &[&Huffman],
    bits: &mut Bits,
    above: &[u16],
    row: &mut [u16],
    middle: Option<u16>,
) -> Option<()> {
    let samples = tables.len();
    for place in 0..row.len() {
        let table = tables.get(place % samples)?;
        let at = |row: &[u16], place: usize| row.get(place).copied();
        let expected = match (middle, place.checked_sub(samples)) {
            (Some(middle), None) => middle,
            (Some(_), Some(left)) => at(row, left)?,
            (None, None) => at(above, place)?,
            (None, Some(left)) => foretold(predictor, at(row, left)?, at(above, place)?, at(above, left)?),
        };
        *row.get_mut(place)? = expected.wrapping_add(difference(table, bits)?);
    }
    Some(())
}
