//! Reads the size that a compressed stream itself claims, before its decoder takes memory for it or writes beyond a
//! buffer made for another size.

/// What the head of a compressed picture says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stream {
    pub kind: StreamKind,
    pub rows: u32,
    pub columns: u32,
    pub samples: u32,
    /// Bits of a sample.
    pub bits: u32,
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

/// ISO 10918-1 B.2.2: the frame header stands before the first scan.
fn jpeg(bytes: &[u8]) -> Option<Stream> {
    let mut at = 2;
    loop {
        let marker = *bytes.get(at + 1)?;
        if *bytes.get(at)? != 0xff || marker == 0xff {
            at += 1;
            continue;
        }
        let kind = match marker {
            0xc4 | 0xc8 | 0xcc => None,
            0xc3 | 0xc7 | 0xcb | 0xcf => Some(StreamKind::JpegLossless),
            0xc0..=0xcf => Some(StreamKind::Jpeg),
            0xf7 => Some(StreamKind::JpegLs),
            // The scan or the end, and no frame header before it.
            0xda | 0xd9 => return None,
            // Markers without a length.
            0x00 | 0x01 | 0xd0..=0xd8 => {
                at += 2;
                continue;
            }
            _ => None,
        };
        let body = bytes.get(at + 4..)?;
        if let Some(kind) = kind {
            return Some(Stream {
                kind,
                bits: (*body.first()?).into(),
                rows: u16_at(body, 1)?,
                columns: u16_at(body, 3)?,
                samples: (*body.get(5)?).into(),
            });
        }
        at += 2 + u16_at(bytes, at + 2)? as usize;
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
    Some(Stream {
        kind: StreamKind::Jpeg2000,
        columns: u32_at(siz, 4)?.checked_sub(u32_at(siz, 12)?)?,
        rows: u32_at(siz, 8)?.checked_sub(u32_at(siz, 16)?)?,
        samples: u16_at(siz, 36)?,
        bits: u32::from(siz.get(38)? & 0x7f) + 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_header_of_65535_by_65535_is_read_and_not_believed() {
        let bytes =
            [0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 1, 0xff, 0xc0, 0, 17, 8, 0xff, 0xff, 0xff, 0xff, 3, 1, 0x11, 0];
        let expected = Stream { kind: StreamKind::Jpeg, rows: 65535, columns: 65535, samples: 3, bits: 8 };
        assert_eq!(stream(&bytes), Some(expected));
        assert!((0..17).all(|cut| stream(&bytes[..cut]).is_none()));
    }

    proptest! {
        #[test]
        fn no_bytes_trip_it(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), start in 0..4usize) {
            let starts: [&[u8]; 4] = [&[], &[0xff, 0xd8, 0xff], &[0xff, 0x4f, 0xff, 0x51], &[0, 0, 0, 12, b'j', b'P']];
            bytes.splice(0..0, starts[start].iter().copied());
            stream(&bytes);
            begins(&bytes);
        }
    }
}
