//! From a decoded frame to the picture that is shown: the part that is wanted, mirrored and turned, fitted into its room;
//! and where a point of the image lies on it.

use super::plan::{Region, View};
use crate::imaging::picture::Room;
use crate::imaging::{Frame, Marks, Need, Picture, Seen, Toning, Window};

/// A picture, and how image coordinates lie on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    pub picture: Picture,
    pub map: Map,
    /// Stored pixels that it covers, across and down.
    pub covers: (u32, u32),
    /// The window that was used; none for colours and for lookup tables.
    pub window: Option<Window>,
    pub toning: Toning,
    /// The graphics of the file, as large as the picture; none where it has none here.
    pub graphics: Option<Marks>,
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
    /// From there to a canvas: pixels of it for one of the picture, and where the picture begins.
    canvas: ((f64, f64), (f64, f64)),
}

impl Map {
    /// Makes the map of a picture of so many pixels that shows a part of an image, mirrored first and turned after.
    pub fn of(part: Region, size: (f64, f64), flipped: bool, quarters: u8) -> Map {
        Map { part, size, flipped, quarters, canvas: ((1.0, 1.0), (0.0, 0.0)) }
    }

    /// Gives the part of the image that the picture shows.
    pub fn part(&self) -> Region {
        self.part
    }

    /// Gives which point of the image lies at a point of the picture.
    pub fn image_point(&self, (x, y): (f64, f64)) -> [f64; 2] {
        let [left, top, right, bottom] = self.part;
        let (width, height) = self.size;
        let (mut x, mut y) = (x, y);
        let (mut across, mut down) = if self.quarters % 2 == 1 { (height, width) } else { (width, height) };
        for _ in 0..self.quarters % 4 {
            (x, y) = (y, across - x);
            (across, down) = (down, across);
        }
        if self.flipped {
            x = width - x;
        }
        [left + x / width * (right - left), top + y / height * (bottom - top)]
    }

    /// Gives the map of an image that is shown as it is.
    pub fn plain(size: (f64, f64)) -> Map {
        let canvas = ((1.0, 1.0), (0.0, 0.0));
        Map { part: [0.0, 0.0, size.0, size.1], size, flipped: false, quarters: 0, canvas }
    }

    /// Gives the same on a canvas that holds the picture at a place of its own, in pixels of the canvas.
    pub fn onto(&self, scale: (f64, f64), begin: (f64, f64)) -> Map {
        Map { canvas: (scale, begin), ..*self }
    }

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
        let (scale, begin) = self.canvas;
        (x * scale.0 + begin.0, y * scale.1 + begin.1)
    }
}

/// Gives what a view needs of its frame to be as large as the room allows: width and height in pixels, both at least 1.
pub fn need(view: &View, room: (u32, u32)) -> Need {
    let room = view.at_most.map_or(room, |most| (room.0.min(most.0), room.1.min(most.1)));
    let (width, height) = if view.quarters % 2 == 1 { (room.1, room.0) } else { room };
    // A room that is no room was never on a screen; the picture then has the size that is stored.
    let room = Room::new(width.max(1), height.max(1)).ok();
    Need { image: Some(view.image.clone()), region: view.region, room, window: view.window }
}

/// Shows what is wanted of a frame, as large as the room allows.
pub fn render(frame: &Frame, view: &View, room: (u32, u32)) -> Rendered {
    let quarters = view.quarters % 4;
    let Seen { mut picture, window, toning, part, marks } = frame.show(&need(view, room));
    let [left, top, right, bottom] = part;
    if view.inverted {
        picture.pixels.iter_mut().for_each(|value| *value = 255 - *value);
    }
    let mut graphics = marks.filter(Marks::any);
    let size = (f64::from(picture.width), f64::from(picture.height));
    let map = Map {
        part: part.map(f64::from),
        size,
        flipped: view.flipped,
        quarters,
        canvas: ((1.0, 1.0), (0.0, 0.0)),
    };
    if view.flipped {
        picture = remap(&picture, picture.width, picture.height, |x, y, width, _| (width - 1 - x, y));
        graphics = graphics.map(|marks| marks.mirrored());
    }
    for _ in 0..quarters {
        // What was at the bottom left comes to the top left.
        picture = remap(&picture, picture.height, picture.width, |x, y, _, height| (y, height - 1 - x));
        graphics = graphics.map(|marks| marks.turned());
    }
    Rendered { picture, map, covers: (right - left, bottom - top), window, toning, graphics }
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
    use proptest::prelude::*;

    fn grays(columns: u32, rows: u32) -> Vec<u8> {
        (0..columns * rows).map(|n| (n * 7 % 251) as u8).collect()
    }

    fn frame(columns: u32, rows: u32) -> Frame {
        Frame::of_grays(columns, rows, &grays(columns, rows))
    }

    fn view(region: Option<Region>, quarters: u8, flipped: bool) -> View {
        View {
            image: "i".into(),
            frame: 0,
            window: None,
            inverted: false,
            quarters,
            flipped,
            region,
            at_most: None,
        }
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
            let region = view.region.unwrap_or([0.0, 0.0, width, height]);
            let side = |from: f64, to: f64, most: u32| {
                let low = (from as u32).min(most - 1);
                (low, (to as u32).clamp(low + 1, most))
            };
            let ((left, right), (top, bottom)) = (side(region[0], region[2], columns), side(region[1], region[3], rows));
            let (across, down) = if quarters % 2 == 1 { (bottom - top, right - left) } else { (right - left, bottom - top) };
            let Rendered { picture, map, covers, .. } = render(&frame, &view, (across, down));
            prop_assert_eq!((picture.width, picture.height), (across, down));
            prop_assert_eq!(covers, (right - left, bottom - top));
            for y in top..bottom {
                for x in left..right {
                    let (px, py) = map.point([f64::from(x) + 0.5, f64::from(y) + 0.5]);
                    let back = map.image_point((px, py));
                    prop_assert!((back[0] - f64::from(x) - 0.5).abs() < 1e-6 && (back[1] - f64::from(y) - 0.5).abs() < 1e-6);
                    let at = py.floor() as u32 * picture.width + px.floor() as u32;
                    prop_assert_eq!(picture.pixels[at as usize], grays(columns, rows)[(y * columns + x) as usize]);
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
