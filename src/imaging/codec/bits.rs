//! Bits of entropy-coded data, the highest of a byte first, up to the next marker.

/// How a byte that follows 0xff tells data from a marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stuffing {
    /// A zero byte stands behind it and is no data (ISO 10918-1 F.1.2.3).
    Byte,
    /// A zero bit stands behind it and is no data (ISO 14495-1 A.1).
    Bit,
}

/// Reads bits. Behind the end there are zeros, of which [`Bits::overrun`] tells.
#[derive(Debug)]
pub struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    stuffing: Stuffing,
    /// The next bits, the first of them topmost; zeros below them.
    held: u64,
    count: u32,
    /// Bits that were made up behind the end.
    made_up: u32,
    after_ff: bool,
}

impl<'a> Bits<'a> {
    pub fn new(bytes: &'a [u8], stuffing: Stuffing) -> Self {
        Bits { bytes, at: 0, stuffing, held: 0, count: 0, made_up: 0, after_ff: false }
    }

    /// Makes sure that at least 48 bits are held.
    #[inline]
    fn fill(&mut self) {
        if self.count < 48 {
            self.refill();
        }
    }

    fn refill(&mut self) {
        // Eight bytes without 0xff among them need no looking for markers.
        if !self.after_ff
            && let Some(next) = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<8>())
        {
            let next = u64::from_be_bytes(*next);
            let inverted = !next;
            let has_ff = inverted.wrapping_sub(0x0101_0101_0101_0101) & next & 0x8080_8080_8080_8080 != 0;
            if !has_ff {
                let whole = (64 - self.count) / 8;
                let taken = if whole == 8 { next } else { next >> (64 - whole * 8) << (64 - whole * 8) };
                self.held |= taken >> self.count;
                self.count += whole * 8;
                self.at += whole as usize;
                return;
            }
        }
        while self.count <= 56 {
            let (byte, bits) = match self.next() {
                Some(next) => next,
                None => {
                    self.made_up += 8;
                    (0, 8)
                }
            };
            self.held |= u64::from(byte) << (64 - bits) >> self.count;
            self.count += bits;
        }
    }

    /// Gives the next byte of data and how many of its bits are data; none at a marker and at the end.
    fn next(&mut self) -> Option<(u8, u32)> {
        let byte = *self.bytes.get(self.at)?;
        if self.after_ff {
            if byte & 0x80 != 0 {
                return None;
            }
            self.after_ff = false;
            self.at += 1;
            return Some((byte, 7));
        }
        if byte == 0xff {
            match (self.stuffing, self.bytes.get(self.at + 1)) {
                (Stuffing::Byte, Some(0)) => {
                    self.at += 2;
                    return Some((0xff, 8));
                }
                (Stuffing::Bit, Some(after)) if after & 0x80 == 0 => self.after_ff = true,
                _ => return None,
            }
        }
        self.at += 1;
        Some((byte, 8))
    }

    /// Gives the next 32 bits without taking them.
    #[inline]
    pub fn peek(&mut self) -> u32 {
        self.fill();
        (self.held >> 32) as u32
    }

    /// Takes up to 32 bits that were peeked at.
    #[inline]
    pub fn skip(&mut self, bits: u32) {
        self.held <<= bits;
        self.count = self.count.saturating_sub(bits);
    }

    /// Takes up to 32 bits.
    #[inline]
    pub fn take(&mut self, bits: u32) -> u32 {
        if bits == 0 {
            return 0;
        }
        let value = self.peek() >> (32 - bits);
        self.skip(bits);
        value
    }

    /// Says whether more bits were taken than there are.
    pub fn overrun(&self) -> bool {
        self.made_up > self.count
    }

    /// Goes on behind the next restart marker, and says whether one stands there.
    pub fn restart(&mut self) -> bool {
        self.held = 0;
        (self.count, self.made_up, self.after_ff) = (0, 0, false);
        // What was read ahead never goes beyond a marker, but fill bytes may stand before it.
        while let Some(byte) = self.bytes.get(self.at) {
            match (byte, self.bytes.get(self.at + 1)) {
                (0xff, Some(0xd0..=0xd7)) => {
                    self.at += 2;
                    return true;
                }
                (0xff, Some(0xff)) => self.at += 1,
                _ => return false,
            }
        }
        false
    }

    /// Gives where the next marker is looked for once the data are read.
    pub fn position(&self) -> usize {
        self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn stuffing_is_left_out_and_a_marker_ends_the_data() {
        let mut bits = Bits::new(&[0x12, 0xff, 0x00, 0x34, 0xff, 0xd9], Stuffing::Byte);
        assert_eq!((bits.take(16), bits.take(8), bits.overrun()), (0x12ff, 0x34, false));
        assert_eq!((bits.take(1), bits.overrun()), (0, true));
        // The zero bit behind 0xff is no data: 7 bits of 0x7f follow.
        let mut bits = Bits::new(&[0xff, 0x7f, 0x80, 0xff, 0xd9], Stuffing::Bit);
        assert_eq!((bits.take(15), bits.take(8), bits.overrun()), (0x7fff, 0x80, false));
        let mut bits = Bits::new(&[0xab, 0xff, 0xd3, 0xcd, 0xff, 0xd9], Stuffing::Byte);
        assert_eq!((bits.take(8), bits.restart(), bits.take(8), bits.restart()), (0xab, true, 0xcd, false));
    }

    proptest! {
        /// The quick way gives the same bits as reading byte by byte.
        #[test]
        fn reading_ahead_changes_nothing(bytes in proptest::collection::vec(any::<u8>(), 0..60), steps in proptest::collection::vec(0..33u32, 1..40)) {
            let plain: Vec<u8> = bytes.iter().map(|byte| byte & 0x7f).collect();
            let mut bits = Bits::new(&plain, Stuffing::Byte);
            let mut at = 0;
            for step in steps {
                let expected = (at..at + step).fold(0_u32, |value, bit| {
                    let byte = plain.get(bit as usize / 8).copied().unwrap_or_default();
                    value << 1 | u32::from(byte >> (7 - bit % 8) & 1)
                });
                prop_assert_eq!(bits.take(step), expected);
                at += step;
                prop_assert_eq!(bits.overrun(), at as usize > plain.len() * 8);
            }
        }
    }
}
