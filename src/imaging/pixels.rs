//! One frame from where it stands in the file to 8-bit gray or RGB.

use dicom_core::value::{PixelFragmentSequence, PrimitiveValue};
use dicom_core::{DataElement, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use dicom_pixeldata::PixelDecoder;

use super::codestream::{self, Stream, StreamKind};
use super::fault::{Fault, FaultKind};
use super::fragments;
use super::header::Values;
use super::light::{self, Modality, Table, Voi};
use super::limits::Limits;
use super::open::{self, Source};
use super::prescan::{Outline, PixelSpan, Tag};
use super::raster::{Colour, Raster};
use super::rle;
use super::syntax::Packing;
use super::window::Window;
use super::wire::{Frame, Toning};

const FLOAT: Tag = (0x7fe0, 0x0008);
const DOUBLE: Tag = (0x7fe0, 0x0009);

/// The samples of one frame, uncompressed.
struct Samples {
    bytes: Vec<u8>,
    big_endian: bool,
    /// Whether they are floating-point numbers.
    float: bool,
    raster: Raster,
}

/// Decodes one frame and shows it through a window.
///
/// # Errors
/// Words where there are no pixels, no such frame, too few bytes, or a way of packing that cannot be decoded.
pub(super) fn frame(
    outline: &Outline,
    source: &mut dyn Source,
    values: &Values,
    number: u32,
    asked: Option<Window>,
    limits: &Limits,
) -> Result<Frame, Fault> {
    let pixels = outline
        .pixels
        .as_ref()
        .ok_or_else(|| Fault::new(FaultKind::NoPixels, "the file holds no picture"))?;
    let raster = Raster::read(values, limits)?;
    raster.check(limits)?;
    raster.has(number)?;
    let float = matches!(pixels.tag, FLOAT | DOUBLE);
    let samples = match pixels.declared {
        Some(_) => native(outline, pixels, source, raster, number, float)?,
        None => unpacked(outline, pixels, source, values, raster, number, limits)?,
    };
    let lossy = values.code(tags::LOSSY_IMAGE_COMPRESSION).as_deref() == Some("01")
        || (pixels.declared.is_none() && outline.syntax.is_some_and(|syntax| syntax.lossy));
    shown(&samples, values, asked, lossy)
}

/// Reads a frame that is stored as it is.
fn native(
    outline: &Outline,
    pixels: &PixelSpan,
    source: &mut dyn Source,
    raster: Raster,
    number: u32,
    float: bool,
) -> Result<Samples, Fault> {
    let declared = pixels.declared.unwrap_or_default();
    let bits = raster.frame_bits();
    // Frames of single bits follow each other without padding (PS3.5 8.1.1).
    let (start, end) = (bits * u64::from(number), bits * (u64::from(number) + 1));
    let (from, to) = (start / 8, end.div_ceil(8));
    let here = declared.min(pixels.left);
    if to > here {
        let why = if declared > pixels.left { "the file ends early" } else { "the pixel data are too short" };
        return Err(Fault::broken(format!(
            "{why}: the frame needs {to} bytes of pixels and there are {here}"
        )));
    }
    let big_endian = outline.encoding.big_endian;
    if big_endian && &pixels.vr == b"OW" && raster.allocated <= 8 {
        // Bytes that were written as words of 16 bits stand in pairs, turned round.
        let even = from - from % 2;
        let mut bytes = open::slice(source, pixels.offset + even, (to.next_multiple_of(2)).min(here) - even)?;
        bytes.as_chunks_mut::<2>().0.iter_mut().for_each(|pair| pair.reverse());
        bytes.drain(..(from - even) as usize);
        bytes.truncate((to - from) as usize);
        return Ok(Samples { bytes, big_endian, float, raster }.spread(start % 8));
    }
    let bytes = open::slice(source, pixels.offset + from, to - from)?;
    Ok(Samples { bytes, big_endian, float, raster }.spread(start % 8))
}

/// Reads and decodes a frame that is stored in fragments.
fn unpacked(
    outline: &Outline,
    pixels: &PixelSpan,
    source: &mut dyn Source,
    values: &Values,
    raster: Raster,
    number: u32,
    limits: &Limits,
) -> Result<Samples, Fault> {
    let syntax = outline
        .syntax
        .ok_or_else(|| Fault::unsupported("the pixels are compressed and the file does not say how"))?;
    let packed = fragments::gather(outline, pixels, source, values, raster.frames, number, limits)?;
    let stream = codestream::stream(&packed);
    let samples = |bytes, raster| Samples { bytes, big_endian: false, float: false, raster };
    match (syntax.packing, stream) {
        (Packing::Fragments | Packing::Native | Packing::Deflated, None) => {
            Ok(samples(packed, raster).spread(0))
        }
        (Packing::DeflatedFrames, None) => {
            let bytes = open::inflate(&packed[..], packed.len() as u64, limits)?;
            Ok(samples(bytes, raster).spread(0))
        }
        (Packing::Rle, None) => {
            if raster.allocated < 8 {
                return Err(unknown("RLE of single bits"));
            }
            let bytes = rle::unpack(
                &packed,
                raster.pixels() as usize,
                raster.samples as usize,
                raster.allocated as usize / 8,
            )?;
            // Chrominance is at full resolution and the planes are woven together, whatever the header says.
            let colour = if raster.colour == Colour::YbrFull422 { Colour::YbrFull } else { raster.colour };
            Ok(samples(bytes, Raster { planar: false, colour, ..raster }))
        }
        (Packing::Other, _) => Err(unknown(syntax.name)),
        (Packing::JpegLs, _) | (_, Some(Stream { kind: StreamKind::JpegLs, .. })) => Err(unknown("JPEG-LS")),
        (_, None) => Err(Fault::broken(format!("the {} stream has no readable head", syntax.name))),
        (_, Some(stream)) => Ok(compressed(packed, stream, raster)?),
    }
}

fn unknown(name: &str) -> Fault {
    Fault::unsupported(format!("the pixels are compressed as {name}, which this program cannot decode"))
}

/// Decodes JPEG and JPEG 2000 after their heads were found to agree with the header.
fn compressed(mut packed: Vec<u8>, stream: Stream, raster: Raster) -> Result<Samples, Fault> {
    if (stream.rows, stream.columns, stream.samples) != (raster.rows, raster.columns, raster.samples) {
        return Err(Fault::broken(
            "the compressed picture has another size or number of colours than the header says",
        ));
    }
    if stream.kind == StreamKind::Jpeg && stream.bits != 8 {
        return Err(unknown("JPEG with 12 bits"));
    }
    // The stream's own depth decides how its decoder writes.
    let allocated = if stream.bits <= 8 { 8 } else { 16 };
    let uid = if stream.kind == StreamKind::Jpeg2000 { uids::JPEG2000 } else { uids::JPEG_BASELINE8_BIT };
    let colour = match (stream.kind, raster.colour) {
        // These decoders turn luminance and chrominance into red, green, blue.
        (StreamKind::Jpeg | StreamKind::Jpeg2000, Colour::YbrFull422 | Colour::YbrStream) => Colour::Rgb,
        (StreamKind::Jpeg, Colour::YbrFull) => Colour::Rgb,
        // Chrominance is at full resolution once it is decoded.
        (_, Colour::YbrFull422) => Colour::YbrFull,
        (_, colour) => colour,
    };
    if stream.kind == StreamKind::Jpeg && raster.colour == Colour::Rgb {
        codestream::name_rgb(&mut packed);
    }
    let stored = raster.stored.min(allocated);
    let raster =
        Raster { allocated, stored, high: stored.saturating_sub(1), planar: false, colour, ..raster };
    let bytes = decode(uid, packed, &raster)?;
    Ok(Samples { bytes, big_endian: false, float: false, raster })
}

/// Has dicom-pixeldata decode one frame, given an object that holds nothing but what the frame needs.
fn decode(uid: &str, packed: Vec<u8>, raster: &Raster) -> Result<Vec<u8>, Fault> {
    let damaged = || Fault::broken("the compressed picture is damaged");
    let short = |value: u32| PrimitiveValue::from(u16::try_from(value).unwrap_or(u16::MAX));
    let colour = if raster.samples == 3 { "RGB" } else { "MONOCHROME2" };
    let elements = [
        (tags::SAMPLES_PER_PIXEL, short(raster.samples)),
        (tags::ROWS, short(raster.rows)),
        (tags::COLUMNS, short(raster.columns)),
        (tags::BITS_ALLOCATED, short(raster.allocated)),
        (tags::BITS_STORED, short(raster.stored)),
        (tags::HIGH_BIT, short(raster.high)),
        (tags::PIXEL_REPRESENTATION, short(u32::from(raster.signed))),
    ];
    let mut object = InMemDicomObject::from_element_iter(
        elements.into_iter().map(|(name, value)| DataElement::new(name, VR::US, value)),
    );
    object.put(DataElement::new(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, PrimitiveValue::from(colour)));
    let fragments = PixelFragmentSequence::new_fragments(vec![packed]);
    object.put(DataElement::new(tags::PIXEL_DATA, VR::OB, fragments));
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(uid)
        .media_storage_sop_class_uid(uids::SECONDARY_CAPTURE_IMAGE_STORAGE)
        .media_storage_sop_instance_uid("2.25.1")
        .build()
        .map_err(|_| damaged())?;
    let decoded = object.with_exact_meta(meta).decode_pixel_data_frame(0).map_err(|_| damaged())?.into_data();
    let needed = raster.pixels() * u64::from(raster.samples) * u64::from(raster.allocated / 8);
    if (decoded.len() as u64) < needed { Err(damaged()) } else { Ok(decoded) }
}

/// Turns samples into what is seen.
fn shown(samples: &Samples, values: &Values, asked: Option<Window>, lossy: bool) -> Result<Frame, Fault> {
    let raster = &samples.raster;
    let (channels, pixels, window, toning) = match raster.colour {
        Colour::Palette => (3, palette(samples, values)?, None, Toning::Colour),
        Colour::Gray | Colour::Inverted => {
            let (pixels, window, toning) = gray(samples, values, asked);
            (1, pixels, window, toning)
        }
        _ => (3, colour(samples), None, Toning::Colour),
    };
    let frame = Frame {
        rows: raster.rows,
        columns: raster.columns,
        frames: raster.frames,
        channels,
        aspect: values.aspect(),
        window,
        toning,
        lossy,
        inverted: raster.colour == Colour::Inverted,
        pixels,
    };
    if frame.pixels.len() as u64 != frame.size() {
        return Err(Fault::broken("there are fewer pixels than the header says"));
    }
    Ok(frame)
}

impl Samples {
    /// Spreads packed bits, the lowest first and the first `skip` left out, to bytes of 0 and 1.
    fn spread(self, skip: u64) -> Self {
        if self.raster.allocated != 1 {
            return self;
        }
        let bits = self.bytes.iter().flat_map(|byte| (0..8).map(move |bit| (byte >> bit) & 1));
        let bytes = bits.skip(skip as usize).take(self.raster.pixels() as usize).collect();
        let raster = Raster { allocated: 8, stored: 1, high: 0, signed: false, ..self.raster };
        Samples { bytes, raster, ..self }
    }

    /// Every sample as the bits that stand there; of at most 16 bits each.
    fn codes(&self) -> Box<dyn Iterator<Item = u16> + '_> {
        let count = (self.raster.pixels() * u64::from(self.raster.samples)) as usize;
        match (self.raster.allocated, self.big_endian) {
            (8, _) => Box::new(self.bytes.iter().map(|byte| u16::from(*byte)).take(count)),
            (_, false) => Box::new(self.words().map(u16::from_le_bytes).take(count)),
            (_, true) => Box::new(self.words().map(u16::from_be_bytes).take(count)),
        }
    }

    fn words<const N: usize>(&self) -> impl Iterator<Item = [u8; N]> + '_ {
        self.bytes.as_chunks().0.iter().copied()
    }

    /// Every sample as a number, of 32 or 64 bits each.
    fn wide(&self) -> Box<dyn Iterator<Item = f64> + '_> {
        let order = |mut word: [u8; 4]| {
            if self.big_endian {
                word.reverse();
            }
            word
        };
        let order_long = |mut word: [u8; 8]| {
            if self.big_endian {
                word.reverse();
            }
            word
        };
        match (self.raster.allocated, self.float) {
            (32, true) => Box::new(self.words().map(move |word| f32::from_le_bytes(order(word)).into())),
            (64, true) => Box::new(self.words().map(move |word| f64::from_le_bytes(order_long(word)))),
            (32, false) => {
                Box::new(self.words().map(move |word| self.stored(u32::from_le_bytes(order(word)).into())))
            }
            _ => Box::new(self.words().map(move |word| self.stored(u64::from_le_bytes(order_long(word))))),
        }
    }

    /// Takes the bits that count out of a sample, with their sign.
    fn stored(&self, code: u64) -> f64 {
        let Raster { stored, high, signed, .. } = self.raster;
        // Shifted up so that the highest bit that counts is the topmost, then down again with or without the sign.
        let top = code << (63 - high.min(63));
        let spare = 64 - stored.clamp(1, 64);
        if signed { ((top as i64) >> spare) as f64 } else { (top >> spare) as f64 }
    }
}

fn gray(samples: &Samples, values: &Values, asked: Option<Window>) -> (Vec<u8>, Option<Window>, Toning) {
    let raster = &samples.raster;
    let modality = Modality::read(values, raster);
    let padding = light::padding(values, raster);
    let measured =
        |stored: f64| padding.is_none_or(|(low, high)| stored < low as f64 || stored > high as f64);
    let narrow = raster.allocated <= 16 && !samples.float;

    let range = || {
        if !narrow {
            return extent(
                samples.wide().filter(|value| measured(*value)).map(|value| modality.apply(value)),
            );
        }
        let mut seen = vec![false; 65_536];
        for code in samples.codes() {
            if let Some(place) = seen.get_mut(usize::from(code)) {
                *place = true;
            }
        }
        let stored = || (0_u64..).zip(&seen).filter(|(_, seen)| **seen).map(|(code, _)| samples.stored(code));
        match extent(stored().filter(|value| measured(*value)).map(|value| modality.apply(value))) {
            // Nothing but padding.
            (low, high) if low > high => extent(stored().map(|value| modality.apply(value))),
            range => range,
        }
    };
    let (voi, toning) = Voi::choose(values, &modality, raster, asked, range);
    let tone = |stored: f64| light::polarity(raster.colour, voi.gray(modality.apply(stored)));
    let pixels = if narrow {
        let tones: Vec<u8> = (0..=u64::from(u16::MAX)).map(|code| tone(samples.stored(code))).collect();
        samples.codes().filter_map(|code| tones.get(usize::from(code)).copied()).collect()
    } else {
        samples.wide().map(tone).collect()
    };
    (pixels, voi.window(), toning)
}

/// Gives the lowest and the highest finite value; turned round where there is none.
fn extent(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values
        .filter(|value| value.is_finite())
        .fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)))
}

fn palette(samples: &Samples, values: &Values) -> Result<Vec<u8>, Fault> {
    if samples.raster.allocated > 16 || samples.float {
        return Err(Fault::unsupported("this program knows no palettes for pixels of this many bits"));
    }
    let one = |descriptor, data| {
        let descriptor: Vec<i64> = values.get(descriptor)?.to_multi_int().ok()?;
        let data = values.get(data)?.to_bytes().ok()?;
        Table::new(&descriptor, &data, samples.raster.signed)
    };
    let red = one(tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR, tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA);
    let green =
        one(tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR, tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA);
    let blue =
        one(tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR, tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA);
    let (Some(red), Some(green), Some(blue)) = (red, green, blue) else {
        return Err(if values.get(tags::SEGMENTED_RED_PALETTE_COLOR_LOOKUP_TABLE_DATA).is_some() {
            Fault::unsupported("the palette is segmented, which this program cannot read")
        } else {
            Fault::broken("the palette is missing or damaged")
        });
    };
    let colours: Vec<[u8; 3]> = (0..=u64::from(u16::MAX))
        .map(|code| samples.stored(code))
        .map(|value| [red.byte(value), green.byte(value), blue.byte(value)])
        .collect();
    Ok(samples.codes().filter_map(|code| colours.get(usize::from(code))).flatten().copied().collect())
}

fn colour(samples: &Samples) -> Vec<u8> {
    let raster = &samples.raster;
    if raster.colour == Colour::YbrFull422 {
        return from_422(&samples.bytes);
    }
    // The 8 highest bits that count; a sample of fewer is spread.
    let whole = ((1_u64 << raster.stored.min(8)) - 1) as f64;
    let unit = (1_u64 << raster.stored.saturating_sub(8)) as f64;
    let byte = |value: f64| ((value / unit).floor() / whole * 255.0).round() as u8;
    let mut bytes: Vec<u8> = match (raster.allocated, raster.stored) {
        (8, 8) => samples.codes().map(|code| code as u8).collect(),
        (8 | 16, _) => samples.codes().map(|code| byte(samples.stored(code.into()))).collect(),
        _ => samples.wide().map(byte).collect(),
    };
    if raster.planar {
        bytes = woven(&bytes);
    }
    if raster.colour == Colour::YbrFull {
        for pixel in bytes.as_chunks_mut().0 {
            *pixel = rgb(*pixel);
        }
    }
    bytes
}

/// Puts three colour planes pixel by pixel.
fn woven(planes: &[u8]) -> Vec<u8> {
    let size = planes.len() / 3;
    let (red, rest) = planes.split_at(size);
    let (green, blue) = rest.split_at(size);
    red.iter().zip(green).zip(blue).flat_map(|((red, green), blue)| [*red, *green, *blue]).collect()
}

/// Unfolds two luminances and one pair of chrominances to two pixels (PS3.3 C.7.6.3.1.2).
fn from_422(bytes: &[u8]) -> Vec<u8> {
    bytes
        .as_chunks()
        .0
        .iter()
        .flat_map(|[y0, y1, cb, cr]| [rgb([*y0, *cb, *cr]), rgb([*y1, *cb, *cr])])
        .flatten()
        .collect()
}

/// Turns luminance and chrominance into red, green, blue: PS3.3 C.7.6.3.1.2, ITU-R BT.601 at full range.
fn rgb([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (y, cb, cr) = (f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0);
    [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb].map(|value| value.round() as u8)
}
