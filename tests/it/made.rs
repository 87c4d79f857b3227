//! DICOM files made by code, element by element, so that they can say what no library would write. The bench of pictures
//! takes this file in too.

use std::io::Write;

use flate2::{Compression, write::DeflateEncoder};

pub const EXPLICIT: &str = "1.2.840.10008.1.2.1";
pub const IMPLICIT: &str = "1.2.840.10008.1.2";
pub const DEFLATED: &str = "1.2.840.10008.1.2.1.99";
pub const RLE: &str = "1.2.840.10008.1.2.5";
pub const JPEG: &str = "1.2.840.10008.1.2.4.50";
pub const JPEG_LOSSLESS: &str = "1.2.840.10008.1.2.4.70";
pub const JPEG_LS: &str = "1.2.840.10008.1.2.4.80";
pub const JPEG_2000: &str = "1.2.840.10008.1.2.4.90";

/// One element in explicit little endian.
pub fn element(group: u16, number: u16, vr: &[u8; 2], value: &[u8]) -> Vec<u8> {
    let mut bytes = [group.to_le_bytes(), number.to_le_bytes(), *vr].concat();
    if [b"OB", b"OW", b"OF", b"OD", b"SQ", b"UN"].contains(&vr) {
        bytes.extend([0, 0]);
        bytes.extend((value.len() as u32).to_le_bytes());
    } else {
        bytes.extend((value.len() as u16).to_le_bytes());
    }
    bytes.extend(value);
    bytes
}

/// One element in implicit little endian.
pub fn implicit(group: u16, number: u16, value: &[u8]) -> Vec<u8> {
    [&group.to_le_bytes()[..], &number.to_le_bytes(), &(value.len() as u32).to_le_bytes(), value].concat()
}

/// Numbers of 16 bits.
pub fn shorts(group: u16, number: u16, values: &[u16]) -> Vec<u8> {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    element(group, number, b"US", &bytes)
}

/// One item of a sequence.
pub fn item(inner: &[u8]) -> Vec<u8> {
    [&b"\xfe\xff\0\xe0"[..], &(inner.len() as u32).to_le_bytes(), inner].concat()
}

/// A sequence of one item.
pub fn sequence(group: u16, number: u16, inner: &[u8]) -> Vec<u8> {
    element(group, number, b"SQ", &item(inner))
}

/// A file of a data set.
pub fn part10(syntax: &str, data_set: &[u8]) -> Vec<u8> {
    let mut uid = syntax.as_bytes().to_vec();
    uid.resize(syntax.len().next_multiple_of(2), 0);
    [&[0; 128][..], b"DICM", &element(2, 0x10, b"UI", &uid), data_set].concat()
}

/// A header of a gray image with names of a patient who must never be seen; `rest` follows it.
pub fn image(rows: u16, columns: u16, bits: u16, rest: &[u8]) -> Vec<u8> {
    described(rows, columns, bits, b"MONOCHROME2 ", rest)
}

/// The same with another name for its colours.
pub fn described(rows: u16, columns: u16, bits: u16, colours: &[u8], rest: &[u8]) -> Vec<u8> {
    [
        element(8, 0x18, b"UI", b"1.2.3\0"),
        element(8, 0x50, b"SH", b"CANARY-ACCESSION"),
        element(8, 0x60, b"CS", b"CT"),
        element(0x10, 0x10, b"PN", b"CANARY^PATIENT"),
        element(0x10, 0x20, b"LO", b"CANARY-ID "),
        element(0x10, 0x30, b"DA", b"19010101"),
        shorts(0x28, 2, &[if colours.starts_with(b"RGB") { 3 } else { 1 }]),
        element(0x28, 4, b"CS", colours),
        shorts(0x28, 0x10, &[rows]),
        shorts(0x28, 0x11, &[columns]),
        shorts(0x28, 0x100, &[bits]),
        shorts(0x28, 0x101, &[bits]),
        shorts(0x28, 0x102, &[bits.saturating_sub(1)]),
        shorts(0x28, 0x103, &[0]),
        rest.to_vec(),
    ]
    .concat()
}

/// Pixels as they are.
pub fn pixels(bytes: &[u8]) -> Vec<u8> {
    element(0x7fe0, 0x10, b"OW", bytes)
}

/// Pixels in fragments, behind an empty offset table.
pub fn fragments(fragments: &[&[u8]]) -> Vec<u8> {
    let mut bytes = b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\0\0\0\0".to_vec();
    for fragment in fragments {
        bytes.extend(item(fragment));
    }
    bytes.extend(b"\xfe\xff\xdd\xe0\0\0\0\0");
    bytes
}

/// Raw deflate data (PS3.5 A.5).
pub fn deflated(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes)?;
    packed.finish()
}

/// Raw deflate data of so many mebibytes of zeros, made without holding these: the second block again and again.
pub fn bomb(mebibytes: usize) -> std::io::Result<Vec<u8>> {
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::best());
    let mut block = || {
        packed.write_all(&[0; 1 << 20])?;
        // A flush ends at a whole byte.
        packed.flush()?;
        Ok::<_, std::io::Error>(std::mem::take(packed.get_mut()))
    };
    let (mut whole, again) = (block()?, block()?);
    (1..mebibytes).for_each(|_| whole.extend(&again));
    whole.extend(deflated(&[])?);
    Ok(whole)
}
