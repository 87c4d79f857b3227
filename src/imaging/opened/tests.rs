//! What a warm file reads and decodes again, and what not.

use std::cell::Cell;
use std::io::{Cursor, Read};
use std::rc::Rc;
use std::time::Duration;

use super::*;
use crate::imaging::picture::Room;

pub(in crate::imaging) type Outcome = Result<(), Box<dyn std::error::Error>>;

/// One element in explicit little endian.
pub(in crate::imaging) fn element(group: u16, number: u16, vr: &[u8; 2], value: &[u8]) -> Vec<u8> {
    let mut bytes = [group.to_le_bytes(), number.to_le_bytes(), *vr].concat();
    if [b"OB", b"OW", b"SQ"].contains(&vr) {
        bytes.extend([0, 0]);
        bytes.extend((value.len() as u32).to_le_bytes());
    } else {
        bytes.extend((value.len() as u16).to_le_bytes());
    }
    bytes.extend(value);
    bytes
}

/// Columns, rows, frames, bits, samples of a pixel.
pub(in crate::imaging) type Shape = (u16, u16, u32, u16, u16);

/// A file of this shape, with elements of its own before and behind those of the pixels.
pub(in crate::imaging) fn file(
    syntax: &str,
    (columns, rows, frames, bits, samples): Shape,
    own: [&[u8]; 2],
    pixels: &[u8],
) -> Vec<u8> {
    let short = |number, value: u16| element(0x28, number, b"US", &value.to_le_bytes());
    let even = |text: &str| format!("{text}{}", if text.len() % 2 == 1 { "\0" } else { "" }).into_bytes();
    [
        &[0; 128][..],
        b"DICM",
        &element(2, 0x10, b"UI", &even(syntax)),
        own[0],
        &short(2, samples),
        &element(0x28, 4, b"CS", if samples == 3 { b"RGB " } else { b"MONOCHROME2 " }),
        &element(0x28, 8, b"IS", format!("{frames:08}").as_bytes()),
        &short(0x10, rows),
        &short(0x11, columns),
        &short(0x100, bits),
        &short(0x101, bits),
        &short(0x102, bits - 1),
        &short(0x103, 0),
        &element(0x28, 0x1050, b"DS", b"128 "),
        &element(0x28, 0x1051, b"DS", b"256 "),
        own[1],
        pixels,
    ]
    .concat()
}

pub(in crate::imaging) const RAW: &str = "1.2.840.10008.1.2.1";
pub(in crate::imaging) const RLE: &str = "1.2.840.10008.1.2.5";

/// Frames of 8 bits that hold one value each, in RLE.
pub(in crate::imaging) fn packed(values: &[u8], pixels: usize) -> Vec<u8> {
    let mut bytes = b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\0\0\0\0".to_vec();
    for value in values {
        let mut frame = vec![0; 64];
        frame[0] = 1;
        frame[4] = 64;
        frame.extend([129, *value].repeat(pixels.div_ceil(128)));
        bytes.extend(b"\xfe\xff\0\xe0");
        bytes.extend((frame.len() as u32).to_le_bytes());
        bytes.extend(frame);
    }
    bytes.extend(b"\xfe\xff\xdd\xe0\0\0\0\0");
    bytes
}

/// Tells how many bytes were read.
struct Counted {
    inner: Cursor<Vec<u8>>,
    read: Rc<Cell<u64>>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(into)?;
        self.read.set(self.read.get() + read as u64);
        Ok(read)
    }
}

impl Seek for Counted {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.inner.seek(to)
    }
}

impl Source for Counted {}

#[test]
fn of_uncompressed_pixels_only_the_rows_that_are_needed_are_read() -> Outcome {
    let (columns, rows) = (1500_u16, 1000_u16);
    let frame: Vec<u8> = (0..rows).flat_map(|row| vec![(row % 251) as u8; usize::from(columns)]).collect();
    let pixels = element(0x7fe0, 0x10, b"OB", &[vec![0; frame.len()], frame].concat());
    let bytes = file(RAW, (columns, rows, 2, 8, 1), [&[], &[]], &pixels);
    let read = Rc::new(Cell::new(0));
    let source = Box::new(Counted { inner: Cursor::new(bytes), read: Rc::clone(&read) });
    let mut opened = Opened::read(source, 1, &Limits::STANDARD)?;
    // A block behind the header at most, and the header's values.
    assert!(read.get() < 32 << 10, "{} bytes for a header", read.get());
    for (region, lines) in [([100.0, 500.0, 140.0, 530.0], 30), ([0.0, 990.0, 4.0, 1000.0], 10)] {
        let before = read.get();
        let need = Need { region: Some(region), ..Need::default() };
        let frame = view::frame(&mut opened, 1, &need, &Limits::STANDARD)?;
        assert_eq!(read.get() - before, lines * u64::from(columns), "{region:?}");
        let expected: Vec<f64> = (region[1] as u32..region[3] as u32)
            .flat_map(|row| vec![f64::from(row % 251); (region[2] - region[0]) as usize])
            .collect();
        assert_eq!(frame.numbers(), Some(expected), "{region:?}");
    }
    Ok(())
}

#[test]
fn a_file_that_stays_the_same_is_decoded_once_and_a_changed_one_anew() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("a.dcm");
    let shape = (1200, 1000, 1, 8, 1);
    let write = |value: u8| -> std::io::Result<()> {
        std::fs::write(&path, file(RLE, shape, [&[], &[]], &packed(&[value], 1_200_000)))
    };
    let date = |at| File::options().write(true).open(&path)?.set_modified(at);
    let mut warm = Warm::default();
    let region = |left: f64| Need { region: Some([left, 0.0, left + 2.0, 1.0]), ..Need::default() };
    let whole = Need { room: Room::new(100, 100).ok(), ..Need::default() };
    let mut look = |need: &Need| -> Result<Option<f64>, Fault> {
        let frame = warm.frame(&path, 0, need, &Limits::STANDARD)?;
        Ok(frame.numbers().and_then(|numbers| numbers.first().copied()))
    };
    write(7)?;
    let then = std::fs::metadata(&path)?.modified()?;
    assert_eq!(look(&whole)?, Some(7.0));
    // The pixels change behind its back, and whoever still gives the old ones has read and decoded nothing again.
    write(9)?;
    date(then)?;
    assert_eq!(
        (look(&region(0.0))?, look(&region(900.0))?, look(&whole)?),
        (Some(7.0), Some(7.0), Some(7.0))
    );
    date(then + Duration::from_secs(1))?;
    assert_eq!(look(&region(0.0))?, Some(9.0));
    Ok(())
}

#[test]
fn another_frame_of_a_warm_file_is_another_picture() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("a.dcm");
    std::fs::write(&path, file(RLE, (1200, 1000, 3, 8, 1), [&[], &[]], &packed(&[1, 2, 3], 1_200_000)))?;
    let mut warm = Warm::default();
    let need = Need { region: Some([0.0, 0.0, 1.0, 1.0]), ..Need::default() };
    for number in [0, 2, 1, 2, 0] {
        let frame = warm.frame(&path, number, &need, &Limits::STANDARD)?;
        assert_eq!(frame.numbers(), Some(vec![f64::from(number + 1)]));
    }
    assert!(warm.frame(&path, 3, &need, &Limits::STANDARD).is_err());
    Ok(())
}
