//! Reads the size that a compressed stream itself claims, before its decoder takes memory for it or writes beyond a
//! buffer made for another size.

use std::ops::Range;

/// What the head of a compressed picture says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stream {
    pub kind: StreamKind,
    pub rows: u32,
    pub columns: u32,
    pub samples: u32,
    /// Bits of a sample.
    pub bits: u32,
    /// How often its sides can be halved without more being decoded: of JPEG 2000 alone.
    pub levels: u32,
    /// Tiles of JPEG 2000; 1 otherwise.
    pub tiles: u64,
    /// Scans of JPEG, each of which goes over the whole picture; 1 of JPEG 2000.
    pub scans: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StreamKind {
    /// Baseline, extended or progressive: 8 or 12 bits.
    Jpeg,
    JpegLossless,
    JpegLs,
    Jpeg2000,
}

/// Tells the kind of a stream and the size of its picture; none if it is neither JPEG nor JPEG 2000, or is cut.
pub(super) fn stream(bytes: &[u8]) -> Option<Stream> {
    if bytes.starts_with(&[0xff, 0xd8]) { jpeg(bytes) } else { jpeg_2000(bytes) }
}

/// Says whether a fragment begins a new picture.
pub(super) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xd8, 0xff]) || bytes.starts_with(&[0xff, 0x4f, 0xff, 0x51])
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|pair| u16::from_be_bytes(*pair).into())
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|four| u32::from_be_bytes(*four))
}

/// Gives the next segment of a JPEG stream at or behind a place: its marker and where its content stands.
pub(super) fn segment(bytes: &[u8], mut at: usize) -> Option<(u8, Range<usize>)> {
    loop {
        let marker = *bytes.get(at + 1)?;
        // Compressed data escape 0xff by 0x00; 0x01 and 0xd0 to 0xd9 have no content.
        if *bytes.get(at)? != 0xff || marker == 0xff {
            at += 1;
        } else if matches!(marker, 0x00 | 0x01 | 0xd0..=0xd9) {
            at += 2;
        } else {
            let start = at + 4;
            return Some((marker, start..start.max(at + 2 + u16_at(bytes, at + 2)? as usize)));
        }
    }
}

/// Gives all segments, up to the end of the data.
fn segments(bytes: &[u8]) -> impl Iterator<Item = (u8, Range<usize>)> + '_ {
    let mut at = 2;
    std::iter::from_fn(move || {
        let found = segment(bytes, at)?;
        at = found.1.end;
        Some(found)
    })
}

fn frame_kind(marker: u8) -> Option<StreamKind> {
    match marker {
        0xc4 | 0xc8 | 0xcc => None,
        0xc3 | 0xc7 | 0xcb | 0xcf => Some(StreamKind::JpegLossless),
        0xc0..=0xcf => Some(StreamKind::Jpeg),
        0xf7 => Some(StreamKind::JpegLs),
        _ => None,
    }
}

const SCAN: u8 = 0xda;

/// ISO 10918-1 B.2.2: the frame header stands before the first scan.
fn jpeg(bytes: &[u8]) -> Option<Stream> {
    let mut heads = segments(bytes).take_while(|(marker, _)| *marker != SCAN);
    let (kind, content) = heads.find_map(|(marker, content)| Some((frame_kind(marker)?, content)))?;
    let head = bytes.get(content)?;
    Some(Stream {
        kind,
        bits: (*head.first()?).into(),
        rows: u16_at(head, 1)?,
        columns: u16_at(head, 3)?,
        samples: (*head.get(5)?).into(),
        levels: 0,
        tiles: 1,
        scans: segments(bytes).filter(|(marker, _)| *marker == SCAN).count() as u64,
    })
}

/// Names the colours of a JPEG stream R, G, B if it holds such, which its decoder otherwise only believes of streams that
/// say so: there is no JFIF mark, the Adobe mark if any says so, and no colour is coarser than another. Called where the
/// DICOM header says RGB, which many files do that hold luminance and chrominance.
pub(super) fn name_rgb(bytes: &mut [u8]) {
    let holds =
        |place: &Range<usize>, text: &[u8]| bytes.get(place.clone()).is_some_and(|all| all.starts_with(text));
    let found: Vec<_> = segments(bytes).collect();
    let mut names: Vec<(usize, [u8; 3])> = Vec::new();
    for (marker, place) in &found {
        let content = bytes.get(place.clone()).unwrap_or_default();
        match *marker {
            0xe0 if holds(place, b"JFIF") => return,
            0xee if holds(place, b"Adobe") && content.get(11).is_some_and(|transform| *transform != 0) => {
                return;
            }
            marker if frame_kind(marker).is_some() => {
                let (components, _) = content.get(6..).unwrap_or_default().as_chunks::<3>();
                let even = components.windows(2).all(|pair| pair[0][1] == pair[1][1]);
                if components.len() != 3 || !even {
                    return;
                }
                let ids = [components[0][0], components[1][0], components[2][0]];
                names.extend((0..3).map(|place_of| (place.start + 6 + 3 * place_of, ids)));
            }
            SCAN => {
                let count = content.first().copied().unwrap_or_default();
                let ids = names.first().map(|(_, ids)| *ids).unwrap_or_default();
                names.extend((0..usize::from(count)).map(|place_of| (place.start + 1 + 2 * place_of, ids)));
            }
            _ => {}
        }
    }
    for (place, ids) in names {
        if let Some(name) = bytes.get_mut(place)
            && let Some(which) = ids.iter().position(|id| id == name)
        {
            *name = [b'R', b'G', b'B'][which];
        }
    }
}

/// ISO 15444-1 A.5.1: the SIZ segment stands first, in a JP2 file behind some boxes.
fn jpeg_2000(bytes: &[u8]) -> Option<Stream> {
    const SIZ: [u8; 4] = [0xff, 0x4f, 0xff, 0x51];
    let head = bytes.get(..bytes.len().min(4096))?;
    let at = if bytes.starts_with(&[0, 0, 0, 12, b'j', b'P']) {
        head.windows(4).position(|four| four == SIZ)?
    } else {
        bytes.starts_with(&SIZ).then_some(0)?
    };
    let siz = bytes.get(at + 4..)?;
    let tiles = |end: usize, origin: usize, side: usize| {
        let length = u32_at(siz, end)?.checked_sub(u32_at(siz, origin)?)?;
        Some(u64::from(length).div_ceil(u64::from(u32_at(siz, side)?).max(1)))
    };
    Some(Stream {
        kind: StreamKind::Jpeg2000,
        columns: u32_at(siz, 4)?.checked_sub(u32_at(siz, 12)?)?,
        rows: u32_at(siz, 8)?.checked_sub(u32_at(siz, 16)?)?,
        samples: u16_at(siz, 36)?,
        bits: u32::from(siz.get(38)? & 0x7f) + 1,
        levels: levels(bytes, at + 2).unwrap_or_default(),
        // From the origin of the tiles on, which may lie before that of the picture.
        tiles: tiles(4, 28, 20)? * tiles(8, 32, 24)?,
        scans: 1,
    })
}

/// ISO 15444-1 A.6.1: how many times the picture was split, which stands before its first tile.
fn levels(bytes: &[u8], from: usize) -> Option<u32> {
    const COD: u32 = 0xff52;
    const SOT: u32 = 0xff90;
    let mut at = from;
    // Some twenty segments may stand there; each of them has a length.
    for _ in 0..64 {
        match u16_at(bytes, at)? {
            COD => return bytes.get(at + 9).map(|levels| u32::from(*levels).min(32)),
            SOT => return None,
            _ => at += 2 + u16_at(bytes, at + 2)? as usize,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_header_of_65535_by_65535_is_read_and_not_believed() {
        let bytes =
            [0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 1, 0xff, 0xc0, 0, 11, 8, 0xff, 0xff, 0xff, 0xff, 3, 1, 0x11, 0];
        let expected = Stream {
            kind: StreamKind::Jpeg,
            rows: 65535,
            columns: 65535,
            samples: 3,
            bits: 8,
            levels: 0,
            tiles: 1,
            scans: 0,
        };
        assert_eq!(stream(&bytes), Some(expected));
        assert!((0..bytes.len()).all(|cut| stream(&bytes[..cut]).is_none()));
    }

    #[test]
    fn colours_are_named_only_where_nothing_speaks_against_it() {
        let head = [0xff, 0xc0, 0, 17, 8, 0, 1, 0, 1, 3, 0, 0x11, 0, 1, 0x11, 0, 2, 0x11, 0];
        let scan = [0xff, 0xda, 0, 12, 3, 0, 0, 1, 0, 2, 0, 0, 63, 0, 0x55, 0xff, 0x00, 0xff, 0xd9];
        let named = |first: &[u8], head: &[u8]| {
            let mut bytes = [&[0xff, 0xd8], first, head, &scan].concat();
            name_rgb(&mut bytes);
            bytes.iter().filter(|byte| b"RGB".contains(byte)).count()
        };
        assert_eq!(named(&[], &head), 6);
        assert_eq!(named(b"\xff\xee\0\x0eAdobe\0d\0\0\0\0\0", &head), 6);
        assert_eq!(named(b"\xff\xee\0\x0eAdobe\0d\0\0\0\0\x01", &head), 0);
        assert_eq!(named(b"\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0", &head), 0);
        let mut coarse = head;
        coarse[11] = 0x22;
        assert_eq!(named(&[], &coarse), 0);
    }

    proptest! {
        #[test]
        fn no_bytes_trip_it(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), start in 0..4usize) {
            let starts: [&[u8]; 4] = [&[], &[0xff, 0xd8, 0xff], &[0xff, 0x4f, 0xff, 0x51], &[0, 0, 0, 12, b'j', b'P']];
            bytes.splice(0..0, starts[start].iter().copied());
            stream(&bytes);
            begins(&bytes);
            name_rgb(&mut bytes);
        }
    }
}
