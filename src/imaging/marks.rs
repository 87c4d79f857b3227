//! Graphics over a picture, one bit a pixel. Where a picture shrinks, a pixel is marked if anything that it stands for is:
//! thin lines stay.

use serde::{Deserialize, Serialize};

/// Marked pixels, row by row, the lowest bit of a byte first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks {
    width: u32,
    height: u32,
    #[serde(skip)]
    pub(super) bits: Vec<u8>,
}

impl Marks {
    /// Makes a picture in which nothing is marked.
    pub fn new(width: u32, height: u32) -> Self {
        let mut marks = Marks { width, height, bits: Vec::new() };
        marks.bits = vec![0; marks.bytes()];
        marks
    }

    /// Gives width and height.
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// Gives how many bytes the marks take.
    pub(super) fn bytes(&self) -> usize {
        (self.width as usize * self.height as usize).div_ceil(8)
    }

    /// Marks a pixel; one beyond the picture is left out.
    pub fn set(&mut self, x: u32, y: u32) {
        if x < self.width && y < self.height {
            let at = y as usize * self.width as usize + x as usize;
            if let Some(byte) = self.bits.get_mut(at / 8) {
                *byte |= 1 << (at % 8);
            }
        }
    }

    /// Tells whether a pixel is marked.
    pub fn has(&self, x: u32, y: u32) -> bool {
        let at = y as usize * self.width as usize + x as usize;
        x < self.width
            && y < self.height
            && self.bits.get(at / 8).is_some_and(|byte| byte >> (at % 8) & 1 == 1)
    }

    /// Tells whether anything is marked.
    pub fn any(&self) -> bool {
        self.bits.iter().any(|byte| *byte != 0)
    }

    /// Mirrors them from left to right.
    pub fn mirrored(&self) -> Marks {
        self.moved(self.width, self.height, |x, y| (self.width - 1 - x, y))
    }

    /// Turns them by a quarter to the right: what was at the bottom left comes to the top left.
    pub fn turned(&self) -> Marks {
        self.moved(self.height, self.width, |x, y| (y, self.height - 1 - x))
    }

    fn moved(&self, width: u32, height: u32, from: impl Fn(u32, u32) -> (u32, u32)) -> Marks {
        let mut marks = Marks::new(width, height);
        for y in 0..height {
            for x in 0..width {
                let (old_x, old_y) = from(x, y);
                if self.has(old_x, old_y) {
                    marks.set(x, y);
                }
            }
        }
        marks
    }

    /// Brings them to another size.
    pub fn scaled(&self, width: u32, height: u32) -> Marks {
        self.resampled((0.0, self.width.into()), (0.0, self.height.into()), width, height)
    }

    /// Gives `width` × `height` marks of the stretches named: set where any mark lies in a pixel's share of them.
    pub(super) fn resampled(&self, across: (f64, f64), down: (f64, f64), width: u32, height: u32) -> Marks {
        let columns = shares(across, self.width, width);
        let rows = shares(down, self.height, height);
        let mut marks = Marks::new(width, height);
        for (y, (top, bottom)) in (0..).zip(rows) {
            for (x, (left, right)) in (0..).zip(&columns) {
                if (top..bottom).any(|row| (*left..*right).any(|column| self.has(column, row))) {
                    marks.set(x, y);
                }
            }
        }
        marks
    }
}

/// Divides a stretch of so many pixels into shares: all pixels that each touches, of which there is at least one.
fn shares((from, to): (f64, f64), pixels: u32, count: u32) -> Vec<(u32, u32)> {
    let step = (to - from) / f64::from(count.max(1));
    let last = pixels.saturating_sub(1);
    (0..count)
        .map(|n| {
            let (low, high) = (from + step * f64::from(n), from + step * f64::from(n + 1));
            // Where a picture grows, a pixel shows the one in which its middle lies. A hair on either side, which
            // rounding leaves, is no part.
            let middle = ((low + high) / 2.0).max(0.0) as u32;
            if step <= 1.0 {
                return (middle.min(last), middle.min(last) + 1);
            }
            let low = ((low + 1e-6).floor().max(0.0) as u32).min(last);
            (low, ((high - 1e-6).ceil().max(0.0) as u32).clamp(low + 1, last + 1))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// However a picture is brought to another size, nothing that is marked is lost, and nothing is marked from afar.
        #[test]
        fn every_mark_stays_and_none_comes(
            width in 1..30_u32, height in 1..30_u32, to in (1..60_u32, 1..60_u32), at in (0..30_u32, 0..30_u32),
        ) {
            let (x, y) = (at.0 % width, at.1 % height);
            let mut one = Marks::new(width, height);
            one.set(x, y);
            let other = one.resampled((0.0, width.into()), (0.0, height.into()), to.0, to.1);
            let marked: Vec<(u32, u32)> =
                (0..to.1).flat_map(|y| (0..to.0).map(move |x| (x, y))).filter(|(x, y)| other.has(*x, *y)).collect();
            prop_assert!(!marked.is_empty());
            for (far_x, far_y) in marked {
                let near = |far: u32, to: u32, at: u32, of: u32| {
                    let (low, high) = (far * of / to, ((far + 1) * of).div_ceil(to));
                    (low..high).contains(&at)
                };
                prop_assert!(near(far_x, to.0, x, width) && near(far_y, to.1, y, height));
            }
        }
    }
}
