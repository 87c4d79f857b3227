//! RLE lossless (PS3.5 annex G): byte planes packed as runs. Own code, since the library's stumbles over cut data and knows
//! no pixels of 32 bits.

use super::fault::Fault;

/// Unpacks one frame to samples in little endian, the colours of a pixel together.
pub(super) fn unpack(packed: &[u8], pixels: usize, samples: usize, bytes: usize) -> Result<Vec<u8>, Fault> {
    let damaged = || Fault::broken("the RLE data do not hold the segments that the picture needs");
    let (head, _) = packed.as_chunks::<4>();
    let head: Vec<usize> = head.iter().take(16).map(|word| u32::from_le_bytes(*word) as usize).collect();
    let (count, offsets) = head.split_first().ok_or_else(damaged)?;
    if *count != samples * bytes || *count > offsets.len() {
        return Err(damaged());
    }
    let stride = samples * bytes;
    // Two bytes become 128 at most, so that much is never taken for little.
    if packed.len().saturating_mul(64) < pixels * stride {
        return Err(damaged());
    }
    let mut whole = Vec::new();
    whole.try_reserve_exact(pixels * stride).map_err(|_| damaged())?;
    whole.resize(pixels * stride, 0);
    for segment in 0..*count {
        let from = *offsets.get(segment).ok_or_else(damaged)?;
        let to = if segment + 1 < *count { offsets.get(segment + 1).copied() } else { None };
        let runs = packed.get(from..to.unwrap_or(packed.len())).ok_or_else(damaged)?;
        // Each sample's most significant byte comes first.
        let (sample, byte) = (segment / bytes, bytes - 1 - segment % bytes);
        let places = whole.iter_mut().skip(sample * bytes + byte).step_by(stride);
        if !spread(runs, places) {
            return Err(damaged());
        }
    }
    Ok(whole)
}

/// Writes PackBits runs to the places given and says whether all were filled.
fn spread<'a>(mut runs: &[u8], mut places: impl ExactSizeIterator<Item = &'a mut u8>) -> bool {
    while places.len() > 0 {
        let Some((control, rest)) = runs.split_first() else { return false };
        let length = match *control {
            128 => {
                runs = rest;
                continue;
            }
            literal @ 0..128 => {
                let Some((bytes, after)) = rest.split_at_checked(usize::from(literal) + 1) else {
                    return false;
                };
                places.by_ref().zip(bytes).for_each(|(place, byte)| *place = *byte);
                runs = after;
                continue;
            }
            repeat => 257 - usize::from(repeat),
        };
        let Some((byte, after)) = rest.split_first() else { return false };
        places.by_ref().take(length).for_each(|place| *place = *byte);
        runs = after;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frame(segments: &[&[u8]]) -> Vec<u8> {
        let mut head = vec![segments.len() as u32];
        let mut at = 64;
        for segment in segments {
            head.push(at);
            at += segment.len() as u32;
        }
        head.resize(16, 0);
        let mut whole: Vec<u8> = head.into_iter().flat_map(u32::to_le_bytes).collect();
        segments.iter().for_each(|segment| whole.extend(*segment));
        whole
    }

    #[test]
    fn runs_and_literals_are_woven_by_hand() -> Result<(), Fault> {
        // High bytes 1, 1, 1; low bytes 7, 8, 9, with a no-op between and one byte too many.
        let packed = frame(&[&[0xfe, 1], &[0, 7, 128, 2, 8, 9, 10]]);
        assert_eq!(unpack(&packed, 3, 1, 2)?, [7, 1, 8, 1, 9, 1]);
        let colours = frame(&[&[0xff, 1], &[0xff, 2], &[1, 3, 4]]);
        assert_eq!(unpack(&colours, 2, 3, 1)?, [1, 2, 3, 1, 2, 4]);
        assert!((0..packed.len() - 1).all(|cut| unpack(&packed[..cut], 3, 1, 2).is_err()));
        assert!(unpack(&packed, 4, 1, 2).is_err());
        Ok(())
    }

    proptest! {
        #[test]
        fn no_bytes_trip_it(packed in proptest::collection::vec(any::<u8>(), 0..300), count in 0..4u8) {
            let mut packed = packed;
            if let Some(first) = packed.first_chunk_mut() {
                *first = u32::from(count).to_le_bytes();
            }
            let whole = unpack(&packed, 20, count.into(), 1);
            prop_assert!(whole.is_err() || count == 0 || whole.is_ok_and(|whole| whole.len() == 20 * usize::from(count)));
        }
    }
}
