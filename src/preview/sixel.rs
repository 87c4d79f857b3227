//! Sixel (DEC STD 070, chapter 9): bands of six rows, one colour after another, runs by count. Grays in 64 steps, so that
//! a radiograph keeps its shades; colour pictures in a cube of six steps each way.

use std::collections::BTreeMap;
use std::io::Write;

use super::plan::Rgb;
use crate::imaging::Picture;

/// Steps of gray. A colour register holds hundredths, so that 101 are all there can be.
const GRAYS: usize = 64;
/// Steps of each channel of a colour picture.
const CUBE: usize = 6;

/// How a picture is reduced: a pixel stands for a block, a gray for several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rough {
    /// Pixels of the screen for one of the picture, across and down.
    pub block: (u32, u32),
    /// Steps of gray, 2 to 64, among the 64 that there are.
    pub grays: usize,
}

/// Nothing is left out.
pub const WHOLE: Rough = Rough { block: (1, 1), grays: GRAYS };

/// Writes a picture as sixel of a size in pixels of the screen, and over it an overlay of that size. A colour has the same
/// register in every picture, since some terminals have one set of registers for all; only those that are used are named.
pub fn encode(picture: &Picture, overlay: &[Option<Rgb>], rough: Rough, size: (u32, u32)) -> Vec<u8> {
    let (width, height) = (size.0 as usize, size.1 as usize);
    let across = picture.width as usize;
    let block = (rough.block.0.max(1) as usize, rough.block.1.max(1) as usize);
    let mut palette: Vec<Rgb> = Vec::new();
    let gray = picture.channels == 1;
    match gray {
        true => palette.extend((0..GRAYS).map(|n| [(n * 255 / (GRAYS - 1)) as u8; 3])),
        false => {
            let step = |n: usize| (n * 255 / (CUBE - 1)) as u8;
            palette.extend((0..CUBE.pow(3)).map(|n| [step(n / 36), step(n / 6 % 6), step(n % 6)]));
        }
    }
    let near = |value: usize, steps: usize| (value * (steps - 1) + 127) / 255;
    let grays = rough.grays.clamp(2, GRAYS);
    let register = |at: usize| -> u8 {
        let value = |n: usize| {
            usize::from(picture.pixels.get(at * usize::from(picture.channels) + n).copied().unwrap_or(0))
        };
        match gray {
            true => ((near(value(0), grays) * (GRAYS - 1) + (grays - 1) / 2) / (grays - 1)) as u8,
            false => {
                ((near(value(0), CUBE) * CUBE + near(value(1), CUBE)) * CUBE + near(value(2), CUBE)) as u8
            }
        }
    };
    let registers: Vec<u8> = (0..across * picture.height as usize).map(register).collect();
    let mut used = [false; 256];
    registers.iter().for_each(|register| used[usize::from(*register)] = true);
    // Outlines keep their own colours, as far as there are registers.
    let mut own: BTreeMap<Rgb, u8> = BTreeMap::new();
    for colour in overlay.iter().flatten() {
        if !own.contains_key(colour) && palette.len() < 256 {
            used[palette.len()] = true;
            own.insert(*colour, palette.len() as u8);
            palette.push(*colour);
        }
    }
    let index =
        |x: usize, y: usize| Some(registers.get(y / block.1 * across + x / block.0).copied().unwrap_or(0));
    let above = |x: usize, y: usize| {
        overlay.get(y * width + x).copied().flatten().and_then(|colour| own.get(&colour).copied())
    };
    let mut out = Vec::with_capacity(width * height / 2);
    // Writing to memory can't fail.
    let _ = write!(out, "\x1bP0;1q\"1;1;{width};{height}");
    for (n, colour) in palette.iter().enumerate().filter(|(n, _)| used[*n]) {
        let [red, green, blue] = colour.map(|value| (u32::from(value) * 100 + 127) / 255);
        let _ = write!(out, "#{n};2;{red};{green};{blue}");
    }
    for top in (0..height).step_by(6) {
        let rows = (top, height.min(top + 6));
        let ground = Band::of(width, rows, &index);
        let apart = ground.written(false);
        // What is painted later hides what was painted before: brighter on darker takes fewer runs where shades are broad.
        let stacked = if gray { ground.written(true) } else { apart.clone() };
        out.extend(if stacked.len() < apart.len() { stacked } else { apart });
        let outlines = Band::of(width, rows, &above).written(false);
        if !outlines.is_empty() {
            out.push(b'$');
            out.extend(outlines);
        }
        out.push(b'-');
    }
    out.extend_from_slice(b"\x1b\\");
    out
}

/// Gives the ways to write a picture of so many pixels, the finest first. A band of six rows costs the same whether it
/// repeats the one above or not, so that blocks are no higher until little is left.
pub fn ladder() -> impl Iterator<Item = Rough> {
    const FINE: [((u32, u32), usize); 14] = [
        ((1, 1), 64),
        ((1, 1), 32),
        ((1, 1), 16),
        ((2, 2), 32),
        ((2, 2), 16),
        ((3, 3), 16),
        ((3, 6), 16),
        ((4, 6), 16),
        ((5, 6), 16),
        ((6, 6), 16),
        ((6, 6), 12),
        ((8, 6), 12),
        ((10, 6), 12),
        ((10, 6), 8),
    ];
    let rest = std::iter::successors(Some(12_u32), |block| block.checked_add(block / 3));
    let rest = rest.map(|across| ((across, if across < 100 { 6 } else { across }), 8));
    FINE.into_iter().chain(rest).map(|(block, grays)| Rough { block, grays })
}

/// Six rows: for each register that stands in them the columns, a bit for each row.
struct Band(BTreeMap<u8, Vec<u8>>);

impl Band {
    fn of(width: usize, (top, bottom): (usize, usize), index: &impl Fn(usize, usize) -> Option<u8>) -> Band {
        let mut columns: Vec<Option<Vec<u8>>> = vec![None; 256];
        for y in top..bottom {
            for x in 0..width {
                if let Some(of) = index(x, y).and_then(|register| columns.get_mut(usize::from(register))) {
                    of.get_or_insert_with(|| vec![0; width])[x] |= 1 << (y - top);
                }
            }
        }
        Band((0_u8..=255).zip(columns).filter_map(|(register, bits)| Some((register, bits?))).collect())
    }

    /// Writes the band, each register by itself or, `stacked`, with all above it.
    fn written(&self, stacked: bool) -> Vec<u8> {
        let mut passes: Vec<(u8, Vec<u8>)> = Vec::new();
        for (register, bits) in self.0.iter().rev() {
            let mut bits = bits.clone();
            if let Some((_, above)) = passes.last().filter(|_| stacked) {
                bits.iter_mut().zip(above).for_each(|(bits, above)| *bits |= above);
            }
            passes.push((*register, bits));
        }
        let mut out = Vec::new();
        for (register, bits) in passes.iter().rev() {
            if !out.is_empty() {
                out.push(b'$');
            }
            // Writing to memory can't fail.
            let _ = write!(out, "#{register}");
            let end = bits.iter().rposition(|bits| *bits != 0).map_or(0, |at| at + 1);
            for run in bits[..end].chunk_by(|a, b| a == b) {
                let symbol = run[0] + 0x3f;
                match run.len() {
                    length if length > 3 => {
                        let _ = write!(out, "!{length}{}", char::from(symbol));
                    }
                    length => out.extend(std::iter::repeat_n(symbol, length)),
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads sixel back to colours: a small terminal.
    fn decode(bytes: &[u8]) -> Option<(usize, usize, Vec<Rgb>)> {
        let text =
            std::str::from_utf8(bytes).ok()?.strip_prefix("\x1bP0;1q\"1;1;")?.strip_suffix("\x1b\\")?;
        let numbers = |text: &str| -> Vec<usize> { text.split(';').filter_map(|n| n.parse().ok()).collect() };
        let head = text.find('#')?;
        let [width, height] = numbers(&text[..head])[..] else { return None };
        let mut palette: BTreeMap<usize, Rgb> = BTreeMap::new();
        let mut pixels = vec![[1, 2, 3]; width * height];
        let (mut x, mut top, mut colour) = (0, 0, 0);
        let mut at = head;
        let symbols: Vec<char> = text.chars().collect();
        let number = |at: &mut usize| {
            let from = *at;
            while symbols.get(*at).is_some_and(char::is_ascii_digit) {
                *at += 1;
            }
            symbols[from..*at].iter().collect::<String>().parse::<usize>().unwrap_or(0)
        };
        while at < symbols.len() {
            let symbol = symbols[at];
            at += 1;
            let (count, symbol) = match symbol {
                '#' => {
                    colour = number(&mut at);
                    if symbols.get(at) == Some(&';') {
                        let mut parts = Vec::new();
                        while symbols.get(at) == Some(&';') {
                            at += 1;
                            parts.push(number(&mut at));
                        }
                        palette.insert(colour, [1, 2, 3].map(|n| (parts[n] * 255 / 100) as u8));
                    }
                    continue;
                }
                '$' => {
                    x = 0;
                    continue;
                }
                '-' => {
                    (x, top) = (0, top + 6);
                    continue;
                }
                '!' => {
                    let count = number(&mut at);
                    at += 1;
                    (count, symbols[at - 1])
                }
                symbol => (1, symbol),
            };
            for _ in 0..count {
                for bit in 0..6 {
                    if (symbol as u32 - 0x3f) >> bit & 1 == 1 {
                        pixels[(top + bit) * width + x] = palette[&colour];
                    }
                }
                x += 1;
            }
        }
        Some((width, height, pixels))
    }

    #[test]
    fn what_is_written_is_read_back_to_within_a_step() {
        for (channels, step) in [(1_u8, 255 / 63 / 2 + 4), (3, 255 / 5 / 2 + 4)] {
            let (width, height) = (37_u32, 20_u32);
            let pixels: Vec<u8> =
                (0..width * height * u32::from(channels)).map(|n| (n * 31 % 256) as u8).collect();
            let picture = Picture { width, height, channels, pixels };
            let mut overlay = vec![None; (width * height) as usize];
            overlay[41] = Some([255, 210, 74]);
            let bytes = encode(&picture, &overlay, WHOLE, (37, 20));
            let (w, h, seen) = decode(&bytes).unwrap_or_default();
            assert_eq!((w, h), (37, 20));
            for (at, colour) in seen.iter().enumerate() {
                let wanted = match (overlay[at], channels) {
                    (Some(colour), _) => colour,
                    (None, 1) => [picture.pixels[at]; 3],
                    (None, _) => [0, 1, 2].map(|n| picture.pixels[at * 3 + n]),
                };
                let off = colour.iter().zip(wanted).map(|(a, b)| a.abs_diff(b)).max();
                assert!(off <= Some(step), "{at}: {colour:?} for {wanted:?}");
            }
        }
    }

    #[test]
    fn a_block_is_drawn_where_its_pixels_were() {
        let picture = Picture { width: 4, height: 3, channels: 1, pixels: (0..12).map(|n| n * 23).collect() };
        let rough = Rough { block: (3, 3), grays: 16 };
        let (w, h, seen) = decode(&encode(&picture, &[], rough, (10, 8))).unwrap_or_default();
        assert_eq!((w, h), (10, 8));
        for (at, [red, ..]) in seen.iter().enumerate() {
            let of = picture.pixels[at / 10 / 3 * 4 + at % 10 / 3];
            assert!(red.abs_diff(of) <= 255 / 15 / 2 + 4, "{at}: {red} for {of}");
        }
    }
}
