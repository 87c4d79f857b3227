//! From a decoded frame to the picture that is shown: the part that is wanted, mirrored and turned, fitted into its room;
//! and where a point of the image lies on it.

use super::plan::{Region, View};
use crate::imaging::picture::{Room, fit};
use crate::imaging::{Frame, Picture};

/// A picture, and how image coordinates lie on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    pub picture: Picture,
    pub map: Map,
    /// Stored pixels that it covers, across and down.
    pub covers: (u32, u32),
}

/// From continuous pixel coordinates of the stored matrix to those of the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Map {
    /// The part of the matrix that is shown.
    part: Region,
    /// Of the picture before it is turned.
    size: (f64, f64),
    flipped: bool,
    quarters: u8,
}

impl Map {
    /// Gives where a point of the image lies on the picture.
    pub fn point(&self, [x, y]: [f64; 2]) -> (f64, f64) {
        let [left, top, right, bottom] = self.part;
        let (mut width, mut height) = self.size;
        let mut x = (x - left) / (right - left) * width;
        let mut y = (y - top) / (bottom - top) * height;
        if self.flipped {
            x = width - x;
        }
        for _ in 0..self.quarters % 4 {
            (x, y) = (height - y, x);
            (width, height) = (height, width);
        }
        (x, y)
    }
}

/// Shows what is wanted of a frame, as large as the room allows: width and height in pixels, both at least 1.
pub fn render(frame: &Frame, view: &View, room: (u32, u32)) -> Rendered {
    let [left, top, right, bottom] = part(view.region, frame);
    let cut = Frame {
        rows: bottom - top,
        columns: right - left,
        pixels: crop(frame, left, top, right, bottom),
        frames: frame.frames,
        channels: frame.channels,
        aspect: frame.aspect,
        window: frame.window,
        toning: frame.toning,
        lossy: frame.lossy,
        inverted: frame.inverted,
    };
    let quarters = view.quarters % 4;
    let (width, height) = if quarters % 2 == 1 { (room.1, room.0) } else { room };
    let covers = (cut.columns, cut.rows);
    // A room that is no room was never on a screen; the picture then has a pixel.
    let room = Room::new(width.max(1), height.max(1)).ok();
    let mut picture = fit(cut, room);
    if view.inverted {
        picture.pixels.iter_mut().for_each(|value| *value = 255 - *value);
    }
    let size = (f64::from(picture.width), f64::from(picture.height));
    let map = Map { part: [left, top, right, bottom].map(f64::from), size, flipped: view.flipped, quarters };
    if view.flipped {
        picture = remap(&picture, picture.width, picture.height, |x, y, width, _| (width - 1 - x, y));
    }
    for _ in 0..quarters {
        // What was at the bottom left comes to the top left.
        picture = remap(&picture, picture.height, picture.width, |x, y, _, height| (y, height - 1 - x));
    }
    Rendered { picture, map, covers }
}

/// Gives the whole pixels that are shown: at least one.
fn part(region: Option<Region>, frame: &Frame) -> [u32; 4] {
    let Some([left, top, right, bottom]) = region else { return [0, 0, frame.columns, frame.rows] };
    let side = |from: f64, to: f64, most: u32| {
        let low = (from.floor().max(0.0) as u32).min(most.saturating_sub(1));
        let high = (to.ceil().max(0.0) as u32).clamp(low + 1, most.max(1));
        (low, high)
    };
    let (left, right) = side(left, right, frame.columns);
    let (top, bottom) = side(top, bottom, frame.rows);
    [left, top, right, bottom]
}

fn crop(frame: &Frame, left: u32, top: u32, right: u32, bottom: u32) -> Vec<u8> {
    let channels = usize::from(frame.channels);
    let line = frame.columns as usize * channels;
    let (from, to) = (left as usize * channels, right as usize * channels);
    let rows = frame.pixels.chunks_exact(line.max(1)).skip(top as usize).take((bottom - top) as usize);
    rows.flat_map(|row| row.get(from..to).unwrap_or(&[])).copied().collect()
}

/// Makes a picture in which each pixel is taken from another place of the old one.
fn remap(
    picture: &Picture,
    width: u32,
    height: u32,
    from: impl Fn(u32, u32, u32, u32) -> (u32, u32),
) -> Picture {
    let channels = usize::from(picture.channels);
    let mut pixels = Vec::with_capacity(picture.pixels.len());
    for y in 0..height {
        for x in 0..width {
            let (x, y) = from(x, y, picture.width, picture.height);
            let at = (y as usize * picture.width as usize + x as usize) * channels;
            pixels.extend_from_slice(picture.pixels.get(at..at + channels).unwrap_or(&[]));
        }
    }
    Picture { width, height, channels: picture.channels, pixels }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::Toning;
    use proptest::prelude::*;

    fn frame(columns: u32, rows: u32) -> Frame {
        let pixels = (0..columns * rows).map(|n| (n * 7 % 251) as u8).collect();
        Frame {
            rows,
            columns,
            frames: 1,
            channels: 1,
            aspect: 1.0,
            window: None,
            toning: Toning::Range,
            lossy: false,
            inverted: false,
            pixels,
        }
    }

    fn view(region: Option<Region>, quarters: u8, flipped: bool) -> View {
        View { image: "i".into(), frame: 0, window: None, inverted: false, quarters, flipped, region }
    }

    proptest! {
        /// At one pixel for one, the map leads each stored pixel's centre to the pixel that holds its value.
        #[test]
        fn the_map_leads_to_the_pixels(
            columns in 1_u32..12, rows in 1_u32..12, quarters in 0_u8..4, flipped: bool,
            cut in (0.0_f64..1.0, 0.0_f64..1.0, 0.0_f64..1.0, 0.0_f64..1.0), whole: bool,
        ) {
            let frame = frame(columns, rows);
            let (width, height) = (f64::from(columns), f64::from(rows));
            let region = [
                (cut.0.min(cut.2) * width).floor(), (cut.1.min(cut.3) * height).floor(),
                (cut.0.max(cut.2) * width).ceil(), (cut.1.max(cut.3) * height).ceil(),
            ];
            let view = view((!whole).then_some(region), quarters, flipped);
            let [left, top, right, bottom] = part(view.region, &frame);
            let (across, down) = if quarters % 2 == 1 { (bottom - top, right - left) } else { (right - left, bottom - top) };
            let Rendered { picture, map, covers } = render(&frame, &view, (across, down));
            prop_assert_eq!((picture.width, picture.height), (across, down));
            prop_assert_eq!(covers, (right - left, bottom - top));
            for y in top..bottom {
                for x in left..right {
                    let (px, py) = map.point([f64::from(x) + 0.5, f64::from(y) + 0.5]);
                    let at = py.floor() as u32 * picture.width + px.floor() as u32;
                    prop_assert_eq!(picture.pixels[at as usize], frame.pixels[(y * columns + x) as usize]);
                }
            }
        }
    }

    #[test]
    fn a_quarter_to_the_right_brings_the_left_to_the_top() {
        let picture = render(&frame(3, 2), &view(None, 1, false), (2, 3)).picture;
        assert_eq!(picture.pixels, [21, 0, 28, 7, 35, 14]);
        let mirrored = render(&frame(3, 2), &view(None, 0, true), (3, 2)).picture;
        assert_eq!(mirrored.pixels, [14, 7, 0, 35, 28, 21]);
    }
}
