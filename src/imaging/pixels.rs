//! One frame from where it stands in the file to 8-bit gray or RGB.

use dicom_dictionary_std::tags;

use super::codec::{self, Shape};
use super::codestream::{self, Stream, StreamKind};
use super::colours::{colour, palette};
use super::fault::{Fault, FaultKind};
use super::fragments;
use super::header::Values;
use super::light::{self, Modality, Voi};
use super::limits::Limits;
use super::open::{self, Source};
use super::prescan::{Outline, PixelSpan, Tag};
use super::raster::{Colour, Raster};
use super::rle;
use super::samples::Samples;
use super::syntax::Packing;
use super::window::Window;
use super::wire::{Frame, Toning};

const FLOAT: Tag = (0x7fe0, 0x0008);
const DOUBLE: Tag = (0x7fe0, 0x0009);

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
    let (samples, lossy) = samples(outline, source, values, number, limits)?;
    shown(&samples, values, asked, lossy)
}

/// Decodes one frame, and tells whether it has lost detail to compression.
pub(super) fn samples(
    outline: &Outline,
    source: &mut dyn Source,
    values: &Values,
    number: u32,
    limits: &Limits,
) -> Result<(Samples, bool), Fault> {
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
    Ok((samples, lossy))
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
        (_, None) => Err(Fault::broken(format!("the {} stream has no readable head", syntax.name))),
        (_, Some(stream)) => Ok(compressed(packed, stream, raster)?),
    }
}

fn unknown(name: &str) -> Fault {
    Fault::unsupported(format!("the pixels are compressed as {name}, which this program cannot decode"))
}

/// Decodes JPEG, JPEG-LS and JPEG 2000 after their heads were found to agree with the header.
fn compressed(mut packed: Vec<u8>, stream: Stream, raster: Raster) -> Result<Samples, Fault> {
    if (stream.rows, stream.columns, stream.samples) != (raster.rows, raster.columns, raster.samples) {
        return Err(Fault::broken(
            "the compressed picture has another size or number of colours than the header says",
        ));
    }
    let library = stream.kind == StreamKind::Jpeg && stream.bits == 8;
    let colour = match (stream.kind, raster.colour) {
        // These decoders turn luminance and chrominance into red, green, blue.
        (StreamKind::Jpeg2000, Colour::YbrFull422 | Colour::YbrStream) => Colour::Rgb,
        (StreamKind::Jpeg, Colour::YbrFull | Colour::YbrFull422 | Colour::YbrStream) if library => {
            Colour::Rgb
        }
        // Chrominance is at full resolution once it is decoded.
        (_, Colour::YbrFull422 | Colour::YbrStream) => Colour::YbrFull,
        (_, colour) => colour,
    };
    if library && raster.colour == Colour::Rgb {
        codestream::name_rgb(&mut packed);
    }
    let shape = Shape {
        rows: raster.rows as usize,
        columns: raster.columns as usize,
        samples: raster.samples as usize,
        bits: stream.bits,
    };
    if !(1..=16).contains(&stream.bits) {
        return Err(Fault::unsupported("this program knows no compressed pixels of more than 16 bits"));
    }
    let bytes = match stream.kind {
        StreamKind::Jpeg if library => codec::baseline::decode(&packed, &shape)?,
        StreamKind::Jpeg | StreamKind::JpegLossless => codec::jpeg::decode(&packed, &shape)?,
        StreamKind::JpegLs => codec::jpeg_ls::decode(&packed, &shape)?,
        StreamKind::Jpeg2000 => {
            codec::jpeg_2000::decode(&packed, &shape, &codec::jpeg_2000::Wanted::whole(&shape))?.bytes
        }
    };
    // The stream's own depth decides how its decoder writes. Bits above those that the header counts are no part of a
    // sample where it is signed; an unsigned one has them all.
    let allocated = if stream.bits <= 8 { 8 } else { 16 };
    let stored = if raster.signed { raster.stored.min(allocated) } else { stream.bits };
    let raster =
        Raster { allocated, stored, high: stored.saturating_sub(1), planar: false, colour, ..raster };
    Ok(Samples { bytes, big_endian: false, float: false, raster })
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

fn gray(samples: &Samples, values: &Values, asked: Option<Window>) -> (Vec<u8>, Option<Window>, Toning) {
    let raster = &samples.raster;
    let modality = Modality::read(values, raster);
    let padding = light::padding(values, raster);
    let measured =
        |stored: f64| padding.is_none_or(|(low, high)| stored < low as f64 || stored > high as f64);
    let narrow = samples.narrow();

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
