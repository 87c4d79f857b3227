//! What a picture takes on the wire, by the way in which it is shown: for whoever chooses between them.

use super::encode::{Above, Canvas};
use super::pace::{FIRST, Grade, MOST};
use super::payload::{self, Encoded};
use super::place::carried;
use super::plan::Protocol;
use super::render::Map;
use crate::imaging::Picture;

/// The size of the picture that stands for others: a chest radiograph on a screen, in pixels.
pub const SIZE: (u32, u32) = (660, 800);

/// Bytes of a picture: what comes at once, and what replaces it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    pub protocol: Protocol,
    pub first: usize,
    pub full: usize,
}

/// Makes the picture that stands for others: broad shades as a chest has them, and the noise of a detector.
pub fn standard() -> Picture {
    let (width, height) = SIZE;
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut noise = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random >> 40) as f64 / f64::from(1 << 24)
    };
    let mut pixels = Vec::with_capacity(width as usize * height as usize);
    for y in 0..height {
        for x in 0..width {
            let (across, down) =
                (f64::from(x) / f64::from(width) - 0.5, f64::from(y) / f64::from(height) - 0.5);
            let lung = |middle: f64| (-((across - middle) / 0.16).powi(2) - (down / 0.34).powi(2)).exp();
            let ribs = 8.0 * (down * 60.0 + (across * 6.0).cos() * 4.0).sin();
            let value = 190.0 - 130.0 * (lung(-0.23) + lung(0.23)) + ribs + 1.5 * (noise() + noise() - 1.0);
            pixels.push(value.clamp(0.0, 255.0).round() as u8);
        }
    }
    Picture { width, height, channels: 1, pixels }
}

/// Encodes a picture without outlines for terminals with cells of a size, in each of the ways that send pixels.
pub fn of(picture: &Picture, cell: (u16, u16)) -> Vec<Cost> {
    let first = Grade { bytes: FIRST, first: true };
    let full = Grade { bytes: MOST, first: false };
    let map = Map::plain((f64::from(picture.width), f64::from(picture.height)));
    let above = Above { outlines: &[], map: &map, graphics: None };
    let png = |grade, wire: fn(usize) -> usize| {
        let encoded = payload::composed(&Canvas::of(picture, cell), &above, 1, grade, wire);
        wire(encoded.bytes.len())
    };
    let sixel = |grade| {
        let Encoded { bytes, .. } = payload::sixel(&Canvas::of(picture, (1, 1)), &above, (1, 1), 1, grade);
        bytes.len()
    };
    let kitty = |grade| carried(payload::base(&Canvas::of(picture, cell), 1, grade).bytes.len());
    vec![
        Cost { protocol: Protocol::Kitty, first: kitty(first), full: kitty(full) },
        Cost {
            protocol: Protocol::Iterm2,
            first: png(first, payload::in_iterm2),
            full: png(full, payload::in_iterm2),
        },
        Cost { protocol: Protocol::Sixel, first: sixel(first), full: sixel(full) },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_picture_keeps_to_the_bounds_and_is_whole() {
        let picture = standard();
        for cost in of(&picture, (10, 20)) {
            assert!(cost.first <= FIRST && cost.first > FIRST / 2, "{cost:?}");
            assert!(cost.full <= MOST && cost.full > MOST / 4, "{cost:?}");
        }
        // Gray PNGs of it need no reduction.
        let canvas = Canvas::of(&picture, (10, 20));
        assert!(payload::base(&canvas, 1, Grade { bytes: MOST, first: false }).whole);
    }
}
