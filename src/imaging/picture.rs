//! A frame brought to the size at which it is shown, and its PNG.
//!
//! Shrinking averages over the area that falls on each pixel, so that thin lines fade and do not vanish; enlarging is
//! bilinear. Grays are averaged after the window, which differs from the reverse at the window's edges.

use std::io::Write;
use std::str::FromStr;

use thiserror::Error;

use super::wire::Frame;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// Shows a frame in its true proportions: as large as the room allows, or without a room one pixel for each stored one
/// along the finer direction.
pub fn fit(frame: Frame, room: Option<Room>) -> Picture {
    let (width, height) = shown_size(&frame, room);
    if (width, height) == (frame.columns, frame.rows) {
        return Picture { width, height, channels: frame.channels, pixels: frame.pixels };
    }
    resample(&frame, width, height)
}

fn shown_size(frame: &Frame, room: Option<Room>) -> (u32, u32) {
    let (columns, rows) = (f64::from(frame.columns), f64::from(frame.rows));
    let (wide, high) =
        if frame.aspect >= 1.0 { (columns, rows * frame.aspect) } else { (columns / frame.aspect, rows) };
    let scale = match room {
        None if frame.aspect == 1.0 => 1.0,
        Some(room) => (f64::from(room.width) / wide).min(f64::from(room.height) / high),
        // Pixels far from square could make a picture larger than memory.
        None => (f64::from(SIDE) / wide.max(high)).min((AREA as f64 / (wide * high)).sqrt()).min(1.0),
    };
    let side = |length: f64, most: u32| ((length * scale).round() as u32).clamp(1, most);
    let room = room.unwrap_or(Room { width: u32::MAX, height: u32::MAX });
    (side(wide, room.width), side(high, room.height))
}

/// The source places that make one place of the picture, and how much each counts.
struct Taps {
    first: usize,
    weights: Vec<f32>,
}

fn taps(source: u32, target: u32) -> Vec<Taps> {
    let step = f64::from(source) / f64::from(target);
    let last = f64::from(source) - 1.0;
    (0..target)
        .map(|place| {
            if step >= 1.0 {
                let (from, to) = (f64::from(place) * step, f64::from(place + 1) * step);
                let first = from.floor().min(last);
                let end = to.ceil().clamp(first + 1.0, last + 1.0);
                let cover =
                    |at: u32| ((f64::from(at) + 1.0).min(to) - f64::from(at).max(from)).max(0.0) / step;
                let weights = (first as u32..end as u32).map(|at| cover(at) as f32).collect();
                Taps { first: first as usize, weights }
            } else {
                let centre = ((f64::from(place) + 0.5) * step - 0.5).clamp(0.0, last);
                let share = (centre - centre.floor()) as f32;
                let weights = if share == 0.0 { vec![1.0] } else { vec![1.0 - share, share] };
                Taps { first: centre as usize, weights }
            }
        })
        .collect()
}

fn resample(frame: &Frame, width: u32, height: u32) -> Picture {
    let channels = usize::from(frame.channels);
    let across = taps(frame.columns, width);
    let line = frame.columns as usize * channels;
    let mut sums = vec![0.0_f32; line];
    let mut pixels = Vec::with_capacity(width as usize * height as usize * channels);
    for down in taps(frame.rows, height) {
        sums.fill(0.0);
        let rows = frame.pixels.chunks_exact(line.max(1)).skip(down.first);
        for (row, weight) in rows.zip(&down.weights) {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += f32::from(*value) * weight;
            }
        }
        for across in &across {
            for channel in 0..channels {
                let values = sums.iter().skip(across.first * channels + channel).step_by(channels);
                let sum: f32 = values.zip(&across.weights).map(|(value, weight)| value * weight).sum();
                pixels.push(sum.round() as u8);
            }
        }
    }
    Picture { width, height, channels: frame.channels, pixels }
}

impl Picture {
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
    use crate::imaging::Toning;
    use proptest::prelude::*;

    fn gray(columns: u32, rows: u32, aspect: f64, pixels: Vec<u8>) -> Frame {
        Frame {
            rows,
            columns,
            frames: 1,
            channels: 1,
            aspect,
            window: None,
            toning: Toning::Range,
            lossy: false,
            inverted: false,
            pixels,
        }
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
        assert_eq!(shown_size(&gray(200, 100, 1.0, vec![]), room), (100, 50));
        assert_eq!(shown_size(&gray(200, 100, 2.0, vec![]), room), (100, 100));
        assert_eq!(shown_size(&gray(200, 100, 0.5, vec![]), room), (100, 25));
        assert_eq!(shown_size(&gray(10, 10, 1.0, vec![]), room), (100, 100));
        assert_eq!(shown_size(&gray(200, 100, 2.0, vec![]), None), (200, 200));
        assert_eq!(shown_size(&gray(32_768, 1, 1.0, vec![]), room), (100, 1));
        assert_eq!(shown_size(&gray(12_000, 12_000, 1.0, vec![]), None), (12_000, 12_000));
        assert_eq!(shown_size(&gray(8_000, 8_000, 20.0, vec![]), None), (819, 16_384));
    }

    #[test]
    fn shrinking_averages_and_enlarging_blends_by_hand() {
        let wide = gray(4, 2, 1.0, vec![0, 100, 200, 40, 20, 80, 0, 0]);
        assert_eq!(resample(&wide, 2, 1).pixels, [50, 60]);
        // Three pixels on two: each takes one and a half.
        assert_eq!(resample(&gray(3, 1, 1.0, vec![0, 90, 240]), 2, 1).pixels, [30, 190]);
        // Centres at -0.25, 0.25, 0.75, 1.25 of two pixels.
        assert_eq!(resample(&gray(2, 1, 1.0, vec![0, 100]), 4, 1).pixels, [0, 25, 75, 100]);
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
            let frame = gray(columns, rows, 1.0, vec![value; (columns * rows) as usize]);
            let picture = resample(&frame, width, height);
            prop_assert_eq!(picture.pixels.len() as u32, width * height);
            prop_assert!(picture.pixels.iter().all(|pixel| *pixel == value));
        }
    }
}
