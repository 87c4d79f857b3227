//! What parent and child say to each other: a length, JSON, and the bytes of a picture. Both sides bound what they accept.

use std::io::{Read, Write};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::fault::Fault;
use super::window::Window;
use crate::domain::image::Image;

/// Bytes of JSON in one message at most; a path of 4,096 bytes takes 20,000.
pub(super) const MESSAGE: u32 = 1 << 16;

/// What the parent asks. A path travels as bytes, since not every path is UTF-8.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Request {
    Header { path: Vec<u8> },
    Frame { path: Vec<u8>, frame: u32, window: Option<Window> },
}

/// What the child answers; the pixels follow a frame.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Reply {
    Header(Header),
    Frame(Frame),
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
}

/// One frame, ready to be seen: 8-bit gray or RGB at its full size, row by row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    pub rows: u32,
    pub columns: u32,
    /// How many frames the image has.
    pub frames: u32,
    /// 1 for gray, 3 for red, green, blue.
    pub channels: u8,
    /// Height of a pixel over its width; 1 where the file does not say.
    pub aspect: f64,
    /// The window that was used; none for colour and for lookup tables.
    pub window: Option<Window>,
    pub toning: Toning,
    /// Whether the image has lost detail to compression at any time, as far as the file tells.
    pub lossy: bool,
    /// Whether the low values are white (MONOCHROME1).
    pub inverted: bool,
    #[serde(skip)]
    pub pixels: Vec<u8>,
}

impl Frame {
    /// How many bytes the pixels take.
    pub fn size(&self) -> u64 {
        u64::from(self.rows) * u64::from(self.columns) * u64::from(self.channels)
    }
}

/// Where the grays of a frame come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Toning {
    /// The window asked for.
    Asked,
    /// The window in the file.
    File,
    /// The lookup table in the file.
    Table,
    /// The lowest and highest value of the frame, padding left out.
    Range,
    /// Colours as stored.
    Colour,
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
