//! What stands in the pixels of a few stored places, at full accuracy: for the value under a cross.

use std::fs::File;

use serde::{Deserialize, Serialize};

use super::about::About;
use super::fault::{Fault, FaultKind};
use super::frame::{Frame, Need};
use super::header;
use super::light::{self, Modality};
use super::limits::Limits;
use super::opened::Opened;
use super::pixels::{self, Which};
use super::raster::{Colour, Raster};
use super::samples::Samples;
use super::still::{self, Kind};
use super::tiles::Tiling;
use super::view;

/// Columns and rows of a patch at most: a message holds that many.
pub const PATCH: u32 = 12;

/// A small part of a frame, pixel by pixel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Patch {
    /// Left, top, right, bottom, in stored pixels.
    pub part: [u32; 4],
    /// Row by row.
    pub pixels: Vec<Pixel>,
    pub about: About,
    /// Height of a pixel over its width.
    pub aspect: f64,
}

/// What stands in one pixel.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pixel {
    Gray {
        /// As it is stored; none for what is no number.
        stored: Option<f64>,
        /// What windows speak of: after the modality's rescale or table.
        value: Option<f64>,
        /// It means that nothing was measured.
        padding: bool,
    },
    /// Red, green, blue, as shown.
    Colour([u8; 3]),
}

impl Patch {
    /// Tells whether this can be what a child says that is in order.
    pub(super) fn is_sound(&self) -> bool {
        let [left, top, right, bottom] = self.part;
        let count = u64::from(right.saturating_sub(left)) * u64::from(bottom.saturating_sub(top));
        self.pixels.len() as u64 == count
            && self.about.is_sound()
            && self.aspect.is_finite()
            && self.aspect > 0.0
    }

    /// Gives what stands in a pixel, by column and row.
    pub fn at(&self, [x, y]: [u32; 2]) -> Option<Pixel> {
        let [left, top, right, bottom] = self.part;
        let inside = (left..right).contains(&x) && (top..bottom).contains(&y);
        let place = || (y - top) as usize * (right - left) as usize + (x - left) as usize;
        inside.then(place).and_then(|place| self.pixels.get(place)).copied()
    }

    /// Gives the patch of a frame in which a pixel lies: patches lie side by side from the corner on.
    pub fn around([x, y]: [u32; 2], columns: u32, rows: u32) -> [u32; 4] {
        let side = |at: u32, all: u32| {
            let from = at.min(all.saturating_sub(1)) / PATCH * PATCH;
            (from, (from + PATCH).min(all.max(from + 1)))
        };
        let ((left, right), (top, bottom)) = (side(x, columns), side(y, rows));
        [left, top, right, bottom]
    }
}

/// Reads a patch of one frame.
///
/// # Errors
/// Words where the part doesn't lie in the frame, and those of decoding.
pub(super) fn patch(file: &mut Opened, number: u32, part: [u32; 4], limits: &Limits) -> Result<Patch, Fault> {
    pixels::span(&file.outline)?;
    let stored = Raster::read(file.values(number, limits)?, limits)?;
    let slide = file.tiling.as_ref().map(Tiling::sides);
    let sides = slide.unwrap_or((stored.columns, stored.rows));
    lies_in(part, sides)?;
    let pixels = if !is_gray(&stored) {
        colours(&view::frame(file, number, &needed(part), limits)?, part)
    } else if slide.is_some() {
        return Err(Fault::unsupported("values of a slide in gray can't be read pixel by pixel"));
    } else {
        let [left, top, right, bottom] = part;
        let Opened { outline, source, values: (_, values), kept, .. } = file;
        let which = Which { number, part, enough: Some((right - left, bottom - top)) };
        let samples = pixels::samples(outline, &mut **source, values, kept, which, limits)?;
        grays(&samples, values, &stored, part)?
    };
    let values = &file.values.1;
    Ok(Patch { part, pixels, about: About::read(values), aspect: values.aspect() })
}

/// Reads a patch of a picture that is no DICOM file.
///
/// # Errors
/// As [`patch`].
pub(super) fn still(
    kind: Kind,
    file: &mut File,
    number: u32,
    part: [u32; 4],
    limits: &Limits,
) -> Result<Patch, Fault> {
    let values = header::Values::none();
    let stored = still::raster(kind, file, limits)?;
    lies_in(part, (stored.columns, stored.rows))?;
    let pixels = if is_gray(&stored) {
        grays(&still::samples(kind, file, number, limits)?.0, &values, &stored, part)?
    } else {
        colours(&view::still(kind, file, number, &needed(part), limits)?, part)
    };
    Ok(Patch { part, pixels, about: About::read(&values), aspect: values.aspect() })
}

fn lies_in([left, top, right, bottom]: [u32; 4], (columns, rows): (u32, u32)) -> Result<(), Fault> {
    let inside = left < right && top < bottom && right <= columns && bottom <= rows;
    match inside && right - left <= PATCH && bottom - top <= PATCH {
        true => Ok(()),
        false => Err(Fault::new(FaultKind::NoFrame, "there is no such place in the picture")),
    }
}

fn is_gray(stored: &Raster) -> bool {
    matches!(stored.colour, Colour::Gray | Colour::Inverted)
}

fn needed(part: [u32; 4]) -> Need {
    Need { region: Some(part.map(f64::from)), ..Need::default() }
}

fn colours(frame: &Frame, part: [u32; 4]) -> Vec<Pixel> {
    frame.colours_of(part).into_iter().map(Pixel::Colour).collect()
}

fn grays(
    samples: &Samples,
    values: &header::Values,
    stored: &Raster,
    [left, top, right, bottom]: [u32; 4],
) -> Result<Vec<Pixel>, Fault> {
    let [from_x, from_y, ..] = samples.part;
    let here = [left - from_x, top - from_y, right - from_x, bottom - from_y];
    let modality = Modality::read(values, stored)?;
    let numbers: Vec<f64> = if samples.narrow() {
        let lowest = f64::from(samples.lowest());
        samples.counted(here).into_iter().map(|count| f64::from(count) + lowest).collect()
    } else {
        let columns = samples.raster.columns as usize;
        let wanted = |n: usize| {
            let (x, y) = ((n % columns.max(1)) as u32, (n / columns.max(1)) as u32);
            (here[0]..here[2]).contains(&x) && (here[1]..here[3]).contains(&y)
        };
        samples.wide().enumerate().filter(|(n, _)| wanted(*n)).map(|(_, number)| number).collect()
    };
    let padding = light::padding(values, stored);
    let pixel = |number: f64| {
        let finite = |number: f64| Some(number).filter(|number| number.is_finite());
        Pixel::Gray {
            stored: finite(number),
            value: finite(modality.apply(number)),
            padding: padding.is_some_and(|(low, high)| (low as f64..=high as f64).contains(&number)),
        }
    };
    Ok(numbers.into_iter().map(pixel).collect())
}

/// Says what stands in a pixel: the value in its unit, and what is stored where that is another number.
pub fn words(pixel: Pixel, unit: Option<&str>) -> String {
    let (stored, value, padding) = match pixel {
        Pixel::Colour([red, green, blue]) => return format!("red {red} green {green} blue {blue}"),
        Pixel::Gray { stored, value, padding } => (stored, value, padding),
    };
    let Some((stored, value)) = stored.zip(value) else { return "no number".to_owned() };
    let said = match unit {
        Some(unit) => format!("{} {unit}", short(value)),
        None => format!("value {}", short(value)),
    };
    let differs = if stored == value { String::new() } else { format!(" (stored {})", short(stored)) };
    let padding = if padding { ", which means not measured" } else { "" };
    format!("{said}{differs}{padding}")
}

/// Writes a number with at most six places behind the point and no zeros at the end.
fn short(number: f64) -> String {
    if number != 0.0 && (number.abs() < 1e-4 || number.abs() >= 1e12) {
        return format!("{number:.5e}");
    }
    let text = format!("{number:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_its_unit_and_what_is_stored_beside_it() {
        let gray = |stored, value, padding| Pixel::Gray { stored: Some(stored), value: Some(value), padding };
        assert_eq!(words(gray(24.0, -1000.0, false), Some("HU")), "-1000 HU (stored 24)");
        assert_eq!(words(gray(7.0, 7.0, false), None), "value 7");
        assert_eq!(
            words(gray(-2000.0, -3024.0, true), Some("HU")),
            "-3024 HU (stored -2000), which means not measured"
        );
        assert_eq!(words(gray(3.0, 0.30000000000000004, false), None), "value 0.3 (stored 3)");
        assert_eq!(words(Pixel::Colour([1, 2, 3]), None), "red 1 green 2 blue 3");
        assert_eq!(words(Pixel::Gray { stored: None, value: None, padding: false }, None), "no number");
    }

    #[test]
    fn patches_lie_side_by_side_and_hold_their_pixels() {
        assert_eq!(Patch::around([0, 13], 512, 512), [0, 12, 12, 24]);
        assert_eq!(Patch::around([99, 99], 13, 5), [12, 0, 13, 5]);
        let pixels: Vec<Pixel> = (0..6).map(|n| Pixel::Colour([n, 0, 0])).collect();
        let patch = Patch { part: [12, 0, 14, 3], pixels, about: About::default(), aspect: 1.0 };
        assert_eq!(patch.at([13, 2]), Some(Pixel::Colour([5, 0, 0])));
        assert_eq!((patch.at([14, 0]), patch.at([11, 0]), patch.at([12, 3])), (None, None, None));
    }
}
