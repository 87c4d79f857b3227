//! The shape of the stored pixels, checked once, so that what reads them later cannot stumble.

use dicom_dictionary_std::tags;

use super::fault::{Fault, FaultKind};
use super::header::Values;
use super::limits::{Limits, within};

/// How samples are to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    /// Low values are black.
    Gray,
    /// Low values are white.
    Inverted,
    Palette,
    Rgb,
    YbrFull,
    YbrFull422,
    /// Luminance and chrominance inside a JPEG 2000 stream, which its decoder turns into red, green, blue.
    YbrStream,
    Other,
}

const NAMES: &[(&str, Colour)] = &[
    ("MONOCHROME2", Colour::Gray),
    ("MONOCHROME1", Colour::Inverted),
    ("PALETTE COLOR", Colour::Palette),
    ("RGB", Colour::Rgb),
    ("YBR_FULL", Colour::YbrFull),
    ("YBR_FULL_422", Colour::YbrFull422),
    ("YBR_RCT", Colour::YbrStream),
    ("YBR_ICT", Colour::YbrStream),
];

impl Colour {
    pub fn name(self) -> String {
        NAMES.iter().find(|(_, colour)| *colour == self).map_or("other", |(name, _)| name).to_owned()
    }
}

/// The matrix of stored samples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Raster {
    pub rows: u32,
    pub columns: u32,
    pub frames: u32,
    /// 1 or 3 where it can be shown.
    pub samples: u32,
    /// Bits that a sample takes: 1, or a multiple of 8 up to 64.
    pub allocated: u32,
    /// Bits of a sample that count, at most `allocated`.
    pub stored: u32,
    /// The place of the highest bit that counts.
    pub high: u32,
    pub signed: bool,
    /// Whether the colours stand one after the other, each as a whole picture.
    pub planar: bool,
    pub colour: Colour,
}

impl Raster {
    /// Reads and checks the image pixel module (PS3.3 C.7.6.3).
    pub fn read(values: &Values, limits: &Limits) -> Result<Self, Fault> {
        let side = |name, missing: &str, what| match values.integer(name) {
            None => Err(Fault::broken(missing)),
            Some(side) if side < 1 => Err(Fault::broken(format!("{what} are none"))),
            Some(side) => {
                within(what, side.unsigned_abs(), limits.side)?;
                Ok(u32::try_from(side).unwrap_or(u32::MAX))
            }
        };
        let rows = side(tags::ROWS, "the header does not say how many rows the image has", "the rows")?;
        let columns =
            side(tags::COLUMNS, "the header does not say how many columns the image has", "the columns")?;
        // Some files have none or no number here, and one frame.
        let frames = values.integer(tags::NUMBER_OF_FRAMES).filter(|frames| *frames > 0).unwrap_or(1);
        within("the number of frames", frames.unsigned_abs(), limits.frames)?;
        let small = |name, otherwise: i64| {
            u32::try_from(values.integer(name).unwrap_or(otherwise).clamp(0, 255)).unwrap_or_default()
        };
        let allocated = small(tags::BITS_ALLOCATED, 0);
        let stored = match small(tags::BITS_STORED, allocated.into()) {
            0 => allocated,
            stored => stored.min(allocated),
        };
        let high = small(tags::HIGH_BIT, i64::from(stored) - 1);
        let fits = high < allocated && high + 1 >= stored;
        let samples = small(tags::SAMPLES_PER_PIXEL, 1);
        let photometric = values.code(tags::PHOTOMETRIC_INTERPRETATION).unwrap_or_default();
        let named = NAMES.iter().find(|(name, _)| *name == photometric).map(|(_, colour)| *colour);
        let colour = match (named, samples) {
            // The header's word only stands if there are as many samples as it needs.
            (Some(Colour::Gray | Colour::Inverted | Colour::Palette), 1) => named,
            (Some(Colour::Rgb | Colour::YbrFull | Colour::YbrFull422 | Colour::YbrStream), 3) => named,
            (_, 1) => Some(Colour::Gray),
            (None, 3) if photometric.is_empty() => Some(Colour::Rgb),
            _ => None,
        };
        let raster = Raster {
            rows,
            columns,
            frames: u32::try_from(frames).unwrap_or(u32::MAX),
            samples,
            allocated,
            stored,
            high: if fits { high } else { stored.saturating_sub(1) },
            signed: values.integer(tags::PIXEL_REPRESENTATION) == Some(1),
            planar: samples == 3 && values.integer(tags::PLANAR_CONFIGURATION) == Some(1),
            colour: colour.unwrap_or(Colour::Other),
        };
        Ok(raster)
    }

    /// Refuses what no picture can be made of.
    pub fn check(&self, limits: &Limits) -> Result<(), Fault> {
        if self.allocated == 0 {
            return Err(Fault::broken("the header does not say how many bits a pixel takes"));
        }
        if !matches!(self.allocated, 1 | 8 | 16 | 32 | 64)
            || (self.samples == 3 && !matches!(self.allocated, 8 | 16 | 32))
        {
            return Err(Fault::unsupported("this program knows no pixels of this many bits"));
        }
        if self.colour == Colour::Other || !matches!(self.samples, 1 | 3) {
            return Err(Fault::unsupported("this program does not know the colour model of this file"));
        }
        if self.colour == Colour::YbrFull422 && (self.allocated != 8 || self.columns % 2 == 1) {
            return Err(Fault::unsupported(
                "this program knows no YBR_FULL_422 of this width or this many bits",
            ));
        }
        within("the frame", self.frame_bits().div_ceil(8), limits.frame)?;
        within("the 8-bit picture", self.pixels() * self.shown_channels(), limits.picture)?;
        Ok(())
    }

    /// Refuses a frame that the image does not have.
    pub fn has(&self, frame: u32) -> Result<(), Fault> {
        if frame < self.frames {
            return Ok(());
        }
        let words = match self.frames {
            1 => "the image has one frame, number 0".to_owned(),
            frames => format!("the image has frames 0 to {}", frames - 1),
        };
        Err(Fault::new(FaultKind::NoFrame, words))
    }

    pub fn pixels(&self) -> u64 {
        u64::from(self.rows) * u64::from(self.columns)
    }

    pub fn shown_channels(&self) -> u64 {
        if self.samples == 3 || self.colour == Colour::Palette { 3 } else { 1 }
    }

    /// Bits of one frame as it is stored without compression.
    pub fn frame_bits(&self) -> u64 {
        let samples = match self.colour {
            // Two pixels share one pair of chrominance samples.
            Colour::YbrFull422 => 2,
            _ => u64::from(self.samples),
        };
        self.pixels() * samples * u64::from(self.allocated)
    }
}
