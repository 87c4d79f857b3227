//! Extended sequential JPEG: blocks of 8 × 8 cosine coefficients (ISO 10918-1 annex F), of 8 or 12 bits.

use super::bits::Bits;
use super::damaged;
use super::huffman::{Huffman, extended};
use super::jpeg::Scan;
use crate::imaging::fault::Fault;

/// Where the coefficients of a block stand, in the order in which they are coded (figure A.6).
const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39,
    46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// One colour while it is read.
struct Plane<'a> {
    across: usize,
    down: usize,
    dc: &'a Huffman,
    ac: &'a Huffman,
    quantization: &'a [u16; 64],
    last: i32,
    /// One row of units.
    samples: Vec<u16>,
    line: usize,
}

/// Reads a scan and hands on its rows, the colours of a pixel together. Coarser colours are repeated.
pub fn read(
    scan: &Scan,
    bits: &mut Bits,
    done: &mut dyn FnMut(&[u16]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let (rows, columns) = (scan.shape.rows, scan.shape.columns);
    if !matches!(scan.shape.bits, 8 | 12) {
        return Err(damaged());
    }
    // A scan of one colour has units of one block (A.2.2).
    let alone = scan.components.len() == 1;
    let most = |side: fn(usize, usize) -> usize| {
        scan.components
            .iter()
            .map(|one| if alone { 1 } else { side(one.across, one.down) })
            .max()
            .unwrap_or(1)
    };
    let (wide, high) = (most(|across, _| across), most(|_, down| down));
    let units = columns.div_ceil(8 * wide);
    let planes: Option<Vec<Plane>> = scan
        .components
        .iter()
        .map(|one| {
            let (across, down) = if alone { (1, 1) } else { (one.across, one.down) };
            let line = units * across * 8;
            Some(Plane {
                across,
                down,
                dc: scan.huffman(&scan.tables.dc, one.dc)?,
                ac: scan.huffman(&scan.tables.ac, one.ac)?,
                quantization: scan.quantization(one)?,
                last: 0,
                samples: vec![0; line * down * 8],
                line,
            })
        })
        .collect();
    let mut planes = planes.ok_or_else(damaged)?;
    if planes.iter().any(|plane| !wide.is_multiple_of(plane.across) || !high.is_multiple_of(plane.down)) {
        return Err(Fault::unsupported("this program cannot read JPEG with colours of such different sizes"));
    }
    let mut row = vec![0_u16; columns * planes.len()];
    let mut since = 0;
    for top in (0..rows).step_by(8 * high) {
        for unit in 0..units {
            if scan.tables.interval > 0 && since == scan.tables.interval {
                if !bits.restart() {
                    return Err(damaged());
                }
                since = 0;
                planes.iter_mut().for_each(|plane| plane.last = 0);
            }
            since += 1;
            for plane in &mut planes {
                for place in 0..plane.across * plane.down {
                    let block = block(plane, bits).ok_or_else(damaged)?;
                    let (x, y) = ((unit * plane.across + place % plane.across) * 8, place / plane.across * 8);
                    put(plane, x, y, &inverse(&block, scan.shape.bits));
                }
            }
        }
        if bits.overrun() {
            return Err(damaged());
        }
        for y in 0..(8 * high).min(rows - top) {
            let count = planes.len();
            for (which, plane) in planes.iter().enumerate() {
                let from = plane.samples.get(y * plane.down / high * plane.line..).unwrap_or_default();
                let step = wide / plane.across;
                for (place, to) in row.iter_mut().skip(which).step_by(count).enumerate() {
                    *to = from.get(place / step).copied().unwrap_or_default();
                }
            }
            done(&row)?;
        }
    }
    Ok(())
}

/// Reads the coefficients of one block, in the order of rows, and undoes their quantization (F.2.2).
fn block(plane: &mut Plane, bits: &mut Bits) -> Option<[i32; 64]> {
    let mut block = [0; 64];
    let size = u32::from(plane.dc.read(bits)?);
    if size > 16 {
        return None;
    }
    plane.last = plane.last.wrapping_add(extended(bits, size));
    // What is larger than any picture gives makes no sense, and would be too large for what follows.
    let scaled = |value: i32, place: usize| {
        let factor = i32::from(plane.quantization[place]);
        value.checked_mul(factor).map(|value| value.clamp(-(1 << 16), 1 << 16))
    };
    block[0] = scaled(plane.last, 0)?;
    let mut place = 1;
    while place < 64 {
        let code = plane.ac.read(bits)?;
        let (zeros, size) = (usize::from(code >> 4), u32::from(code & 0x0f));
        if size == 0 {
            if zeros < 15 {
                break;
            }
            place += 16;
            continue;
        }
        place += zeros;
        if place > 63 {
            return None;
        }
        block[usize::from(ZIGZAG[place]) & 63] = scaled(extended(bits, size), place)?;
        place += 1;
    }
    Some(block)
}

fn put(plane: &mut Plane, x: usize, y: usize, block: &[u16; 64]) {
    for (row, values) in block.as_chunks::<8>().0.iter().enumerate() {
        let at = (y + row) * plane.line + x;
        if let Some(place) = plane.samples.get_mut(at..at + 8) {
            place.copy_from_slice(values);
        }
    }
}

/// Turns coefficients into samples: the accurate integer transform of Loeffler, Ligtenberg and Moschytz (1989) with the
/// constants and the rounding of the Independent JPEG Group's `jidctint`, so that pixels are the same as those of DCMTK.
fn inverse(block: &[i32; 64], bits: u32) -> [u16; 64] {
    // Of the first pass, bits below one that are kept; fewer for 12 bits, whose sums are larger.
    let kept = if bits == 8 { 2 } else { 1 };
    let mut first = [0_i64; 64];
    for column in 0..8 {
        let input = [0, 1, 2, 3, 4, 5, 6, 7].map(|row| i64::from(block[row * 8 + column]));
        for (row, value) in one_pass(input).into_iter().enumerate() {
            first[row * 8 + column] = descaled(value, CONST_BITS - kept);
        }
    }
    let (middle, top) = (1_i64 << (bits - 1), (1_i64 << bits) - 1);
    let mut samples = [0; 64];
    for (row, out) in first.as_chunks::<8>().0.iter().zip(samples.as_chunks_mut::<8>().0) {
        for (value, sample) in one_pass(*row).into_iter().zip(out) {
            *sample = (descaled(value, CONST_BITS + kept + 3) + middle).clamp(0, top) as u16;
        }
    }
    samples
}

const CONST_BITS: u32 = 13;

fn descaled(value: i64, by: u32) -> i64 {
    (value + (1 << (by - 1))) >> by
}

/// One dimension; the result is scaled up by [`CONST_BITS`]. Constants are cosines times 2^13.
fn one_pass(input: [i64; 8]) -> [i64; 8] {
    // Even part.
    let z1 = (input[2] + input[6]) * 4433;
    let (t2, t3) = (z1 - input[6] * 15137, z1 + input[2] * 6270);
    let (t0, t1) = ((input[0] + input[4]) << CONST_BITS, (input[0] - input[4]) << CONST_BITS);
    let even = [t0 + t3, t1 + t2, t1 - t2, t0 - t3];
    // Odd part.
    let [t0, t1, t2, t3] = [input[7], input[5], input[3], input[1]];
    let (z1, z2, z3, z4) = (t0 + t3, t1 + t2, t0 + t2, t1 + t3);
    let z5 = (z3 + z4) * 9633;
    let (z1, z2) = (-z1 * 7373, -z2 * 20995);
    let (z3, z4) = (z5 - z3 * 16069, z5 - z4 * 3196);
    let odd = [t3 * 12299 + z1 + z4, t2 * 25172 + z2 + z3, t1 * 16819 + z2 + z4, t0 * 2446 + z1 + z3];
    let mut out = [0; 8];
    for place in 0..4 {
        out[place] = even[place] + odd[place];
        out[7 - place] = even[place] - odd[place];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The transform agrees with the definition (A.3.3) to within the rounding.
        #[test]
        fn the_transform_is_that_of_the_standard(coefficients in proptest::collection::vec(-900..900_i32, 64)) {
            let mut block = [0; 64];
            block.copy_from_slice(&coefficients);
            let samples = inverse(&block, 12);
            let scale = |n: usize| if n == 0 { std::f64::consts::FRAC_1_SQRT_2 } else { 1.0 };
            let cosine = |x: usize, u: usize| ((2 * x + 1) as f64 * u as f64 * std::f64::consts::PI / 16.0).cos();
            for (place, sample) in samples.iter().enumerate() {
                let (y, x) = (place / 8, place % 8);
                let sum: f64 = (0..64)
                    .map(|at| {
                        let (v, u) = (at / 8, at % 8);
                        scale(u) * scale(v) * f64::from(block[at]) * cosine(x, u) * cosine(y, v) / 4.0
                    })
                    .sum();
                let exact = (sum + 2048.0).clamp(0.0, 4095.0);
                prop_assert!((f64::from(*sample) - exact).abs() <= 1.0, "{sample} {exact}");
            }
        }
    }
}
