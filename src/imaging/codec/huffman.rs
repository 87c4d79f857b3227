//! Huffman codes of JPEG (ISO 10918-1 annex C and F.2.2).

use super::bits::Bits;

/// Codes of up to this many bits are found at once.
const QUICK: u32 = 9;

/// One table of codes.
pub struct Huffman {
    /// For each start of [`QUICK`] bits: the value and the length of its code, 0 for a longer one.
    quick: Vec<(u8, u8)>,
    /// For each length from 1 to 16: the first code beyond those of this length, aligned to 16 bits, and what to add to
    /// a code to find its value.
    ends: [(u32, i32); 17],
    values: Vec<u8>,
}

impl Huffman {
    /// Makes a table of how many codes each length has, and their values in order. None if there are more than fit.
    pub fn new(counts: &[u8; 16], values: &[u8]) -> Option<Self> {
        let total: usize = counts.iter().map(|count| usize::from(*count)).sum();
        let values = values.get(..total)?.to_vec();
        let mut quick = vec![(0, 0); 1 << QUICK];
        let mut ends = [(0, 0); 17];
        let (mut code, mut place) = (0_u32, 0_usize);
        for length in 1..=16_u32 {
            let count = usize::from(counts[length as usize - 1]);
            ends[length as usize].1 = place as i32 - code as i32;
            for value in values.get(place..place + count)? {
                if length <= QUICK {
                    let from = (code as usize) << (QUICK - length);
                    quick.get_mut(from..from + (1 << (QUICK - length)))?.fill((*value, length as u8));
                }
                code += 1;
            }
            place += count;
            if code > 1 << length {
                return None;
            }
            ends[length as usize].0 = code << (16 - length);
            code <<= 1;
        }
        Some(Huffman { quick, ends, values })
    }

    /// Reads one value; none if the bits are no code.
    #[inline]
    pub fn read(&self, bits: &mut Bits) -> Option<u8> {
        let ahead = bits.peek();
        if let Some((value, length @ 1..)) = self.quick.get((ahead >> (32 - QUICK)) as usize) {
            bits.skip(u32::from(*length));
            return Some(*value);
        }
        let start = ahead >> 16;
        let (length, (_, add)) = self
            .ends
            .iter()
            .enumerate()
            .skip(1)
            .find(|(_, (end, _))| start < *end)
            .map(|(at, end)| (at as u32, *end))?;
        bits.skip(length);
        let code = (start >> (16 - length)) as i32;
        self.values.get(usize::try_from(code + add).ok()?).copied()
    }
}

/// Reads a number of so many bits whose first bit is its sign (F.2.2.1, EXTEND).
#[inline]
pub fn extended(bits: &mut Bits, size: u32) -> i32 {
    if size == 0 {
        return 0;
    }
    let value = bits.take(size) as i32;
    if value >> (size - 1) == 0 { value - (1 << size) + 1 } else { value }
}

#[cfg(test)]
mod tests {
    use super::super::bits::Stuffing;
    use super::*;

    #[test]
    fn codes_are_found_by_hand() {
        // Codes 0, 10, and 1100000000 (10 bits) by length 1, 2 and 10.
        let mut counts = [0; 16];
        (counts[0], counts[1], counts[9]) = (1, 1, 1);
        let table = Huffman::new(&counts, &[7, 8, 9]).unwrap_or_else(|| unreachable!("three codes"));
        let mut bits = Bits::new(&[0b0101_1000, 0b0000_0100], Stuffing::Byte);
        assert_eq!([table.read(&mut bits), table.read(&mut bits)], [Some(7), Some(8)]);
        assert_eq!(table.read(&mut bits), Some(9));
        assert_eq!(table.read(&mut Bits::new(&[0xfe; 4], Stuffing::Byte)), None);
        counts[0] = 3;
        assert!(Huffman::new(&counts, &[1, 2, 3, 4, 5]).is_none());
        assert!(Huffman::new(&[255; 16], &[0; 16]).is_none());
    }

    #[test]
    fn signs_are_those_of_the_standard() {
        // Table F.1: of 3 bits, 000 is -7, 011 is -4, 100 is 4, 111 is 7.
        let mut bits = Bits::new(&[0b0000_1110, 0b0111_0000], Stuffing::Byte);
        assert_eq!([0; 4].map(|_| extended(&mut bits, 3)), [-7, -4, 4, 7]);
    }
}
