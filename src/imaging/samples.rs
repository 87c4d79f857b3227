//! The samples of one frame, uncompressed, and what number each of them is.

use super::raster::Raster;

/// The samples of one frame as they are stored.
pub(super) struct Samples {
    pub bytes: Vec<u8>,
    pub big_endian: bool,
    /// Whether they are floating-point numbers.
    pub float: bool,
    /// Of the samples that are here.
    pub raster: Raster,
    /// The part of the frame that they cover: left, top, right, bottom.
    pub part: [u32; 4],
    /// How often both sides of it were halved.
    pub halvings: u32,
}

impl Samples {
    /// Spreads packed bits, the lowest first and the first `skip` left out, to bytes of 0 and 1.
    pub fn spread(self, skip: u64) -> Self {
        if self.raster.allocated != 1 {
            return self;
        }
        let bits = self.bytes.iter().flat_map(|byte| (0..8).map(move |bit| (byte >> bit) & 1));
        let bytes = bits.skip(skip as usize).take(self.raster.pixels() as usize).collect();
        let raster = Raster { allocated: 8, stored: 1, high: 0, signed: false, ..self.raster };
        Samples { bytes, raster, ..self }
    }

    /// Says whether every sample is a whole number of at most 16 bits.
    pub fn narrow(&self) -> bool {
        self.raster.allocated <= 16 && !self.float
    }

    fn words<const N: usize>(&self) -> impl Iterator<Item = [u8; N]> + '_ {
        self.bytes.as_chunks().0.iter().copied()
    }

    /// Every sample as the bits that stand there; of at most 16 bits each.
    pub fn codes(&self) -> Box<dyn Iterator<Item = u16> + '_> {
        let count = (self.raster.pixels() * u64::from(self.raster.samples)) as usize;
        match (self.raster.allocated, self.big_endian) {
            (8, _) => Box::new(self.bytes.iter().map(|byte| u16::from(*byte)).take(count)),
            (_, false) => Box::new(self.words().map(u16::from_le_bytes).take(count)),
            (_, true) => Box::new(self.words().map(u16::from_be_bytes).take(count)),
        }
    }

    /// How often each code occurs, by the code; of at most 16 bits each.
    pub fn histogram(&self) -> Vec<u32> {
        let count = (self.raster.pixels() * u64::from(self.raster.samples)) as usize;
        let bytes = &self.bytes;
        let mut tables = [vec![0_u32; 1 << 16], vec![0_u32; 1 << 16]];
        // Two tables in turn: neighbours are often equal, and a count waits for the one before it.
        let mut tally = |pair: [u16; 2]| {
            for (table, code) in tables.iter_mut().zip(pair) {
                if let Some(count) = table.get_mut(usize::from(code)) {
                    *count += 1;
                }
            }
        };
        let all = self.raster.allocated as usize / 8 * count;
        let whole = bytes.get(..all.min(bytes.len())).unwrap_or_default();
        let rest: Vec<u16> = match (self.raster.allocated, self.big_endian) {
            (8, _) => {
                let (pairs, rest) = whole.as_chunks::<2>();
                pairs.iter().for_each(|pair| tally(pair.map(u16::from)));
                rest.iter().map(|byte| u16::from(*byte)).collect()
            }
            (_, big_endian) => {
                let code =
                    |pair| if big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) };
                let (pairs, rest) = whole.as_chunks::<4>();
                pairs.iter().for_each(|[a, b, c, d]| tally([code([*a, *b]), code([*c, *d])]));
                rest.as_chunks::<2>().0.iter().map(|pair| code(*pair)).collect()
            }
        };
        let [mut sums, other] = tables;
        sums.iter_mut().zip(other).for_each(|(sum, count)| *sum += count);
        for code in rest {
            if let Some(count) = sums.get_mut(usize::from(code)) {
                *count += 1;
            }
        }
        sums
    }

    /// The lowest number that a sample can be.
    pub fn lowest(&self) -> i32 {
        if self.raster.signed { -(1 << (self.raster.stored.clamp(1, 31) - 1)) } else { 0 }
    }

    /// The samples of some rows and columns, counted from [`Samples::lowest`]; of gray of at most 16 bits each.
    pub fn counted(&self, [left, top, right, bottom]: [u32; 4]) -> Vec<u16> {
        let Raster { stored, high, signed, .. } = self.raster;
        let shift = (high + 1).saturating_sub(stored).min(15);
        let mask = ((1_u32 << stored.clamp(1, 16)) - 1) as u16;
        // Turning the sign's bit round counts from the lowest number.
        let turn = if signed { 1 << (stored.clamp(1, 16) - 1) } else { 0 };
        let count = |code: u16| (code >> shift & mask) ^ turn;
        let bytes = self.raster.allocated as usize / 8;
        let line = self.raster.columns as usize * bytes;
        let mut counted = Vec::with_capacity((right - left) as usize * (bottom - top) as usize);
        for row in self.bytes.chunks_exact(line.max(1)).skip(top as usize).take((bottom - top) as usize) {
            let row = row.get(left as usize * bytes..right as usize * bytes).unwrap_or_default();
            match (bytes, self.big_endian) {
                (1, _) => counted.extend(row.iter().map(|byte| count((*byte).into()))),
                (_, false) => {
                    counted.extend(row.as_chunks().0.iter().map(|pair| count(u16::from_le_bytes(*pair))))
                }
                (_, true) => {
                    counted.extend(row.as_chunks().0.iter().map(|pair| count(u16::from_be_bytes(*pair))))
                }
            }
        }
        counted
    }

    /// Every sample as a number, of 32 or 64 bits each.
    pub fn wide(&self) -> Box<dyn Iterator<Item = f64> + '_> {
        let order = |mut word: [u8; 4]| {
            if self.big_endian {
                word.reverse();
            }
            word
        };
        let order_long = |mut word: [u8; 8]| {
            if self.big_endian {
                word.reverse();
            }
            word
        };
        match (self.raster.allocated, self.float) {
            (32, true) => Box::new(self.words().map(move |word| f32::from_le_bytes(order(word)).into())),
            (64, true) => Box::new(self.words().map(move |word| f64::from_le_bytes(order_long(word)))),
            (32, false) => {
                Box::new(self.words().map(move |word| self.stored(u32::from_le_bytes(order(word)).into())))
            }
            _ => Box::new(self.words().map(move |word| self.stored(u64::from_le_bytes(order_long(word))))),
        }
    }

    /// Takes the bits that count out of a sample, with their sign.
    pub fn stored(&self, code: u64) -> f64 {
        let Raster { stored, high, signed, .. } = self.raster;
        // Shifted up so that the highest bit that counts is the topmost, then down again with or without the sign.
        let top = code << (63 - high.min(63));
        let spare = 64 - stored.clamp(1, 64);
        if signed { ((top as i64) >> spare) as f64 } else { (top >> spare) as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::raster::Colour;
    use proptest::prelude::*;

    proptest! {
        /// Counting from the lowest number gives what taking each sample out by itself gives.
        #[test]
        fn samples_are_counted_as_they_are_stored(
            bytes in proptest::collection::vec(any::<u8>(), 24), wide: bool, stored in 1..17u32, spare in 0..16u32, signed: bool,
            big_endian: bool,
        ) {
            let allocated = if wide { 16 } else { 8 };
            let stored = stored.min(allocated);
            let high = (stored - 1 + spare).min(allocated - 1);
            let raster = Raster {
                rows: 3, columns: if wide { 4 } else { 8 }, frames: 1, samples: 1, allocated, stored, high, signed,
                planar: false, colour: Colour::Gray,
            };
            let columns = raster.columns;
            let samples = Samples { bytes, big_endian, float: false, raster, part: [0, 0, columns, 3], halvings: 0 };
            let expected: Vec<f64> = samples.codes().map(|code| samples.stored(code.into())).collect();
            let mut tally = vec![0; 1 << 16];
            samples.codes().for_each(|code| tally[usize::from(code)] += 1);
            prop_assert_eq!(samples.histogram(), tally);
            let counted: Vec<f64> = samples
                .counted([1, 1, columns, 3])
                .iter()
                .map(|count| f64::from(*count) + f64::from(samples.lowest()))
                .collect();
            let line = columns as usize;
            let part: Vec<f64> = expected.chunks(line).skip(1).flat_map(|row| row[1..].to_vec()).collect();
            prop_assert_eq!(counted, part);
        }
    }
}
