//! What parent and child say to each other: a length, JSON, and the bytes of a picture. Both sides bound what they accept.

use std::io::{Read, Write};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::fault::Fault;
use super::frame::{Frame, Need, Values};
use super::measure::Patch;
use super::tags::TagPage;
use crate::domain::image::{Image, Quality};

/// Bytes of JSON in one message at most; a path of 4,096 bytes takes 20,000.
pub(super) const MESSAGE: u32 = 1 << 16;

/// What the parent asks. A path travels as bytes, since not every path is UTF-8.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Request {
    Header {
        path: Vec<u8>,
    },
    Frame {
        path: Vec<u8>,
        frame: u32,
        #[serde(flatten)]
        need: Need,
    },
    /// What stands in a few pixels of a frame.
    Patch {
        path: Vec<u8>,
        /// The id of the image that the file has to hold.
        image: String,
        frame: u32,
        part: [u32; 4],
    },
    /// The header as a list to read, from a line on.
    Tags {
        path: Vec<u8>,
        image: String,
        from: usize,
    },
    Segment {
        path: Vec<u8>,
        frame: u32,
    },
    /// What the pixels are like, as the image comes in.
    Assess {
        path: Vec<u8>,
    },
}

/// What the child answers; the pixels follow a frame.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Reply {
    Header(Header),
    Frame(Frame),
    Patch(Patch),
    Tags(TagPage),
    Segment(Segment),
    Quality(Quality),
    Fault(Fault),
}

/// What is known of a file without its pixels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    pub image: Image,
    /// The UID, where the file names one that is known.
    #[serde(default)]
    pub transfer_syntax: Option<String>,
    #[serde(default)]
    pub photometric: Option<String>,
    /// Whether there is pixel data at all; a report or a plan has none.
    pub has_pixels: bool,
    /// SHA-256 of the patient's id, as hex: the id itself doesn't leave the child. It is kept by nobody as it is.
    #[serde(default)]
    pub patient: Option<String>,
}

/// What one frame of a segmentation shows, and where it lies in the patient (PS3.3 C.8.20).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// From 1.
    pub number: i64,
    /// What the value of a cell is a fraction of; none where 1 is inside and 0 outside.
    #[serde(default)]
    pub whole: Option<f64>,
    pub rows: u32,
    pub columns: u32,
    pub frames: u32,
    /// None for a frame of a projection, which lies nowhere in the patient.
    pub place: Option<Place>,
    /// Millimetres between rows, between columns; of a projection maybe none.
    pub spacing: Option<[f64; 2]>,
    /// Millimetres between slices, or of a slice, where the file says so.
    #[serde(default)]
    pub between: Option<f64>,
}

/// Where a frame lies in the patient.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// The centre of the first cell: millimetres to the left, back and head.
    pub position: [f64; 3],
    /// The direction in which columns follow each other, then that of rows.
    pub orientation: [f64; 6],
}

/// Gives the bytes that follow a frame: its values in little endian, the entries of its table, the bits of its graphics.
pub(super) fn body(frame: &Frame) -> Vec<u8> {
    let entries = frame.tones.iter().flat_map(|tones| &tones.table).flat_map(|table| &table.entries);
    let entries = entries.flat_map(|entry| entry.to_le_bytes());
    let mut bytes: Vec<u8> = match &frame.values {
        Values::Counts(counts) => counts.iter().flat_map(|count| count.to_le_bytes()).collect(),
        Values::Wide(wide) => wide.iter().flat_map(|value| value.to_le_bytes()).collect(),
        Values::Colours(bytes) | Values::Grays { grays: bytes, .. } => bytes.clone(),
    };
    bytes.extend(entries);
    bytes.extend(frame.marks.iter().flat_map(|marks| &marks.bits));
    bytes
}

/// Reads the bytes that follow a frame into it, whose size has been found sound.
pub(super) fn read_body(frame: &mut Frame, input: &mut impl Read) -> std::io::Result<()> {
    let count = u64::from(frame.width) * u64::from(frame.height);
    match &mut frame.values {
        Values::Counts(counts) => *counts = numbers(input, count, u16::from_le_bytes)?,
        Values::Wide(wide) => *wide = numbers(input, count, f64::from_le_bytes)?,
        Values::Colours(bytes) => *bytes = numbers(input, count * 3, |[byte]| byte)?,
        Values::Grays { grays, .. } => *grays = numbers(input, count, |[byte]| byte)?,
    }
    if let Some(table) = frame.tones.as_mut().and_then(|tones| tones.table.as_mut()) {
        table.entries = numbers(input, table.count.into(), u16::from_le_bytes)?;
    }
    if let Some(marks) = &mut frame.marks {
        marks.bits = numbers(input, marks.bytes() as u64, |[byte]| byte)?;
    }
    Ok(())
}

/// Reads so many numbers, a block at a time, so that nothing is held twice.
fn numbers<T, const N: usize>(
    input: &mut impl Read,
    count: u64,
    of: impl Fn([u8; N]) -> T,
) -> std::io::Result<Vec<T>> {
    const BLOCK: usize = 1 << 17;
    let mut left = usize::try_from(count).map_err(|_| std::io::ErrorKind::InvalidData)?;
    let mut whole = Vec::with_capacity(left);
    let mut block = vec![0; BLOCK.min(left) * N];
    while left > 0 {
        let part = block.get_mut(..left.min(BLOCK) * N).unwrap_or_default();
        input.read_exact(part)?;
        whole.extend(part.as_chunks().0.iter().map(|bytes| of(*bytes)));
        left -= left.min(BLOCK);
    }
    Ok(whole)
}

/// Writes one message.
pub(super) fn send(out: &mut impl Write, message: &impl Serialize, body: &[u8]) -> std::io::Result<()> {
    let json = serde_json::to_vec(message)?;
    let length = u32::try_from(json.len()).ok().filter(|length| *length <= MESSAGE);
    let length = length.ok_or(std::io::ErrorKind::InvalidData)?;
    let mut head = length.to_le_bytes().to_vec();
    head.extend(json);
    out.write_all(&head)?;
    out.write_all(body)?;
    out.flush()
}

/// Reads one message, without the bytes that may follow it.
pub(super) fn receive<M: DeserializeOwned>(input: &mut impl Read) -> std::io::Result<M> {
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    if length > MESSAGE {
        return Err(std::io::ErrorKind::InvalidData.into());
    }
    let mut json = vec![0; length as usize];
    input.read_exact(&mut json)?;
    serde_json::from_slice(&json).map_err(|_| std::io::ErrorKind::InvalidData.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_back_and_an_overlong_one_does_not() -> Result<(), Box<dyn std::error::Error>> {
        let mut pipe = Vec::new();
        send(&mut pipe, &Request::Header { path: vec![b'a', 0xff] }, b"")?;
        let back: Request = receive(&mut &pipe[..])?;
        assert!(matches!(back, Request::Header { path } if path == [b'a', 0xff]));

        for (length, readable) in [(MESSAGE - 2, true), (MESSAGE - 1, false)] {
            let mut pipe = Vec::new();
            // Two quotes surround the text.
            assert_eq!(send(&mut pipe, &"x".repeat(length as usize), b"").is_ok(), readable);
        }
        let claimed = (MESSAGE + 1).to_le_bytes();
        assert!(receive::<Request>(&mut &claimed[..]).is_err());
        Ok(())
    }
}
