//! Pictures of 8 bits: the size at which a frame is shown, and a picture's PNG.

use std::io::Write;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::resample::{resample, taps};

/// Pixels of a terminal cell where the terminal does not say.
pub const CELL: (u32, u32) = (10, 20);

/// Pixels on a side of a picture at most.
const SIDE: u32 = 16_384;
/// Pixels of a resampled picture at most: with the frame it is made of it has to stay under 300 MB.
const AREA: u64 = 1 << 25;

/// An 8-bit picture, row by row; 1 channel is gray, 3 are red, green, blue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub width: u32,
    pub height: u32,
    pub channels: u8,
    pub pixels: Vec<u8>,
}

/// Width and height that a picture has to fit into, in pixels: each 1 to 16,384, both together at most 33 megapixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    pub width: u32,
    pub height: u32,
}

/// Words that are no size.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a size is WIDTHxHEIGHT, such as 1000x800, each from 1 to {SIDE} and of {} megapixels at most", AREA / 1_000_000)]
pub struct RoomError;

impl Room {
    /// Makes a room of pixels.
    pub fn new(width: u32, height: u32) -> Result<Self, RoomError> {
        let fits = |side| (1..=SIDE).contains(&side);
        let area = u64::from(width) * u64::from(height);
        if fits(width) && fits(height) && area <= AREA { Ok(Room { width, height }) } else { Err(RoomError) }
    }

    /// Turns cells into pixels, given the size of one cell in pixels, such as [`CELL`].
    pub fn of_cells(self, cell: (u32, u32)) -> Result<Self, RoomError> {
        Room::new(self.width.saturating_mul(cell.0), self.height.saturating_mul(cell.1))
    }
}

impl FromStr for Room {
    type Err = RoomError;

    fn from_str(words: &str) -> Result<Self, RoomError> {
        let (width, height) = words.trim().split_once(['x', 'X', '×']).ok_or(RoomError)?;
        Room::new(width.parse().map_err(|_| RoomError)?, height.parse().map_err(|_| RoomError)?)
    }
}

/// Gives width and height of a picture of so many columns and rows in its true proportions: as large as the room allows, or
/// without a room one pixel for each stored one along the finer direction.
pub(super) fn shown_size(columns: u32, rows: u32, aspect: f64, room: Option<Room>) -> (u32, u32) {
    let (columns, rows) = (f64::from(columns), f64::from(rows));
    let (wide, high) = if aspect >= 1.0 { (columns, rows * aspect) } else { (columns / aspect, rows) };
    let scale = match room {
        None if aspect == 1.0 => 1.0,
        Some(room) => (f64::from(room.width) / wide).min(f64::from(room.height) / high),
        // Pixels far from square could make a picture larger than memory.
        None => (f64::from(SIDE) / wide.max(high)).min((AREA as f64 / (wide * high)).sqrt()).min(1.0),
    };
    let side = |length: f64, most: u32| ((length * scale).round() as u32).clamp(1, most);
    let room = room.unwrap_or(Room { width: u32::MAX, height: u32::MAX });
    (side(wide, room.width), side(high, room.height))
}

/// Brings a picture to a size.
pub(super) fn grown(picture: Picture, width: u32, height: u32) -> Picture {
    if (picture.width, picture.height) == (width, height) {
        return picture;
    }
    let channels = usize::from(picture.channels);
    let across = taps::<f32>((0.0, picture.width.into()), picture.width, width);
    let down = taps::<f32>((0.0, picture.height.into()), picture.height, height);
    let mut pixels = Vec::with_capacity(width as usize * height as usize * channels);
    let size = (picture.width as usize, channels);
    resample(&picture.pixels, size, &across, &down, f32::from, |value| {
        // Rounds as `round` does what is not negative, without a call.
        pixels.push((value + 0.5) as u8);
    });
    Picture { width, height, channels: picture.channels, pixels }
}

impl Picture {
    /// Gives the picture in another size, in pixels and each side at least 1: the mean of the area that falls on each pixel
    /// where it shrinks.
    pub fn resized(&self, width: u32, height: u32) -> Picture {
        grown(self.clone(), width.max(1), height.max(1))
    }

    /// Writes the picture as a PNG, and nothing but the picture: no text, no time.
    pub fn write_png(&self, out: impl Write) -> Result<(), png::EncodingError> {
        let mut encoder = png::Encoder::new(out, self.width, self.height);
        encoder.set_color(if self.channels == 3 { png::ColorType::Rgb } else { png::ColorType::Grayscale });
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Fast);
        encoder.set_filter(png::Filter::Adaptive);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixels)?;
        writer.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn gray(columns: u32, rows: u32, pixels: Vec<u8>) -> Picture {
        Picture { width: columns, height: rows, channels: 1, pixels }
    }

    #[test]
    fn sizes_are_read_and_bounded() {
        assert_eq!("1000x800".parse(), Ok(Room { width: 1000, height: 800 }));
        assert_eq!("80×24".parse::<Room>().and_then(|room| room.of_cells(CELL)), Room::new(800, 480));
        for bad in ["", "x", "0x5", "5", "-1x4", "16385x1", "4294967296x1", "6000x6000"] {
            assert_eq!(bad.parse::<Room>(), Err(RoomError), "{bad}");
        }
        assert_eq!(Room { width: 9000, height: 9000 }.of_cells(CELL), Err(RoomError));
    }

    #[test]
    fn proportions_follow_the_spacing() {
        let room = Room::new(100, 100).ok();
        assert_eq!(shown_size(200, 100, 1.0, room), (100, 50));
        assert_eq!(shown_size(200, 100, 2.0, room), (100, 100));
        assert_eq!(shown_size(200, 100, 0.5, room), (100, 25));
        assert_eq!(shown_size(10, 10, 1.0, room), (100, 100));
        assert_eq!(shown_size(200, 100, 2.0, None), (200, 200));
        assert_eq!(shown_size(32_768, 1, 1.0, room), (100, 1));
        assert_eq!(shown_size(12_000, 12_000, 1.0, None), (12_000, 12_000));
        assert_eq!(shown_size(8_000, 8_000, 20.0, None), (819, 16_384));
    }

    #[test]
    fn shrinking_averages_and_enlarging_blends_by_hand() {
        let wide = gray(4, 2, vec![0, 100, 200, 40, 20, 80, 0, 0]);
        assert_eq!(grown(wide, 2, 1).pixels, [50, 60]);
        // Three pixels on two: each takes one and a half.
        assert_eq!(grown(gray(3, 1, vec![0, 90, 240]), 2, 1).pixels, [30, 190]);
        // Centres at -0.25, 0.25, 0.75, 1.25 of two pixels.
        assert_eq!(grown(gray(2, 1, vec![0, 100]), 4, 1).pixels, [0, 25, 75, 100]);
    }

    #[test]
    fn a_png_comes_back_as_it_went() -> Result<(), Box<dyn std::error::Error>> {
        let picture = Picture { width: 2, height: 1, channels: 3, pixels: vec![1, 2, 3, 250, 251, 252] };
        let mut file = Vec::new();
        picture.write_png(&mut file)?;
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info()?;
        let mut back = vec![0; 6];
        reader.next_frame(&mut back)?;
        assert_eq!(back, picture.pixels);
        Ok(())
    }

    proptest! {
        #[test]
        fn an_even_picture_stays_even(columns in 1..40u32, rows in 1..40u32, width in 1..60u32, height in 1..60u32, value: u8) {
            let even = gray(columns, rows, vec![value; (columns * rows) as usize]);
            let picture = grown(even, width, height);
            prop_assert_eq!(picture.pixels.len() as u32, width * height);
            prop_assert!(picture.pixels.iter().all(|pixel| *pixel == value));
        }
    }
}
