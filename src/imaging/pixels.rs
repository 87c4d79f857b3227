//! One frame from where it stands in the file to its samples.

use std::rc::Rc;

use dicom_dictionary_std::tags;

use super::codec::jpeg_2000::Wanted;
use super::codec::{self, Shape};
use super::codestream::{self, Stream, StreamKind};
use super::fault::{Fault, FaultKind};
use super::fragments::Pieces;
use super::header::Values;
use super::limits::{Limits, within};
use super::open::{self, Source};
use super::prescan::{Outline, PixelSpan, Tag};
use super::raster::{Colour, Raster};
use super::rle;
use super::samples::Samples;
use super::syntax::Packing;

const FLOAT: Tag = (0x7fe0, 0x0008);
const DOUBLE: Tag = (0x7fe0, 0x0009);

/// What is needed of which frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Which {
    pub number: u32,
    /// Left, top, right, bottom.
    pub part: [u32; 4],
    /// How many samples of the part are enough, across and down; none for as many as there are.
    pub enough: Option<(u32, u32)>,
}

/// Gives where the pixels stand, if there are any.
pub(super) fn span(outline: &Outline) -> Result<&PixelSpan, Fault> {
    outline.pixels.as_ref().ok_or_else(|| Fault::new(FaultKind::NoPixels, "the file holds no picture"))
}

/// What is kept of a file's pixels from one request to the next.
#[derive(Default)]
pub(super) struct Kept {
    pieces: Option<Pieces>,
    /// The frame that was decoded last; uncompressed ones are not kept, since their file is as good.
    samples: Option<(u32, Rc<Samples>)>,
}

impl Kept {
    /// Gives what was decoded, if it serves.
    fn found(&self, which: &Which) -> Option<Rc<Samples>> {
        let (number, samples) = self.samples.as_ref()?;
        let ([left, top, right, bottom], part) = (samples.part, which.part);
        let within = left <= part[0] && top <= part[1] && part[2] <= right && part[3] <= bottom;
        (*number == which.number && within && which.bears(samples.halvings)).then(|| Rc::clone(samples))
    }
}

/// Says whether the frame has lost detail to compression.
pub(super) fn lossy(outline: &Outline, values: &Values) -> bool {
    let packed = outline.pixels.as_ref().is_some_and(|pixels| pixels.declared.is_none());
    values.code(tags::LOSSY_IMAGE_COMPRESSION).as_deref() == Some("01")
        || (packed && outline.syntax.is_some_and(|syntax| syntax.lossy))
}

/// Gives what is needed of one frame: what was decoded before, if it serves. Where it costs less, no more is read and decoded
/// than is needed.
///
/// # Errors
/// Words where there are no pixels, no such frame, too few bytes, or a way of packing that cannot be decoded.
pub(super) fn samples(
    outline: &Outline,
    source: &mut dyn Source,
    values: &Values,
    kept: &mut Kept,
    which: Which,
    limits: &Limits,
) -> Result<Rc<Samples>, Fault> {
    let pixels = span(outline)?;
    let raster = Raster::read(values, limits)?;
    raster.check(limits)?;
    raster.has(which.number)?;
    if pixels.declared.is_some() {
        return Ok(Rc::new(native(outline, pixels, source, raster, &which)?));
    }
    if let Some(samples) = kept.found(&which) {
        return Ok(samples);
    }
    // Two frames are never held at once.
    kept.samples = None;
    let pieces = match kept.pieces.take() {
        Some(pieces) => pieces,
        None => Pieces::read(outline, pixels, source, values, raster.frames, limits)?,
    };
    let packed = pieces.gather(source, which.number, limits);
    kept.pieces = Some(pieces);
    let samples = Rc::new(unpacked(outline, packed?, raster, &which, limits)?);
    if samples.bytes.len() as u64 <= limits.kept {
        kept.samples = Some((which.number, Rc::clone(&samples)));
    }
    Ok(samples)
}

/// Reads of a frame that is stored as it is the rows that are needed.
fn native(
    outline: &Outline,
    pixels: &PixelSpan,
    source: &mut dyn Source,
    raster: Raster,
    which: &Which,
) -> Result<Samples, Fault> {
    let number = which.number;
    let float = matches!(pixels.tag, FLOAT | DOUBLE);
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
    let [_, top, _, bottom] = which.part;
    let rowwise = raster.allocated >= 8 && !raster.planar && bottom <= raster.rows && top < bottom;
    let (top, bottom) = if rowwise { (top, bottom) } else { (0, raster.rows) };
    let line = (to - from) / u64::from(raster.rows);
    let (from, to) =
        if rowwise { (from + line * u64::from(top), from + line * u64::from(bottom)) } else { (from, to) };
    let part = [0, top, raster.columns, bottom];
    let raster = Raster { rows: bottom - top, ..raster };
    let samples = |bytes, big_endian| {
        Samples { bytes, big_endian, float, raster: raster.clone(), part, halvings: 0 }.spread(start % 8)
    };
    let big_endian = outline.encoding.big_endian;
    if big_endian && &pixels.vr == b"OW" && raster.allocated <= 8 {
        // Bytes that were written as words of 16 bits stand in pairs, turned round.
        let even = from - from % 2;
        let mut bytes = open::slice(source, pixels.offset + even, (to.next_multiple_of(2)).min(here) - even)?;
        bytes.as_chunks_mut::<2>().0.iter_mut().for_each(|pair| pair.reverse());
        bytes.drain(..(from - even) as usize);
        bytes.truncate((to - from) as usize);
        return Ok(samples(bytes, big_endian));
    }
    let bytes = open::slice(source, pixels.offset + from, to - from)?;
    Ok(samples(bytes, big_endian))
}

/// Decodes a frame that is stored in fragments.
fn unpacked(
    outline: &Outline,
    packed: Vec<u8>,
    raster: Raster,
    which: &Which,
    limits: &Limits,
) -> Result<Samples, Fault> {
    let syntax = outline
        .syntax
        .ok_or_else(|| Fault::unsupported("the pixels are compressed and the file does not say how"))?;
    let stream = codestream::stream(&packed);
    let samples = all;
    match (syntax.packing, stream) {
        (Packing::Fragments | Packing::Native | Packing::Deflated, None) => {
            Ok(samples(packed, raster).spread(0))
        }
        (Packing::DeflatedFrames, None) => {
            // Another byte may make the number even.
            let frame = raster.frame_bits().div_ceil(8) + 1;
            let limits = Limits { inflate: limits.inflate.min(frame), ..limits.clone() };
            let bytes = open::inflate(&packed[..], packed.len() as u64, &limits)?;
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
        (_, Some(stream)) => compressed(packed, stream, raster, Some(which), limits),
    }
}

/// Samples of a whole frame.
fn all(bytes: Vec<u8>, raster: Raster) -> Samples {
    let part = [0, 0, raster.columns, raster.rows];
    Samples { bytes, big_endian: false, float: false, raster, part, halvings: 0 }
}

fn unknown(name: &str) -> Fault {
    Fault::unsupported(format!("the pixels are compressed as {name}, which this program cannot decode"))
}

/// Decodes JPEG, JPEG-LS and JPEG 2000 after their heads were found to agree with the header.
pub(super) fn compressed(
    mut packed: Vec<u8>,
    stream: Stream,
    raster: Raster,
    which: Option<&Which>,
    limits: &Limits,
) -> Result<Samples, Fault> {
    within("the tiles of the compressed picture", stream.tiles, limits.codestream_tiles)?;
    within("the scans of the compressed picture", stream.scans, limits.scans)?;
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
    let (mut part, mut halvings) = ([0, 0, raster.columns, raster.rows], 0);
    let (mut columns, mut rows) = (raster.columns, raster.rows);
    let bytes = match stream.kind {
        StreamKind::Jpeg if library => codec::baseline::decode(packed, &shape)?,
        StreamKind::Jpeg | StreamKind::JpegLossless => codec::jpeg::decode(&packed, &shape)?,
        StreamKind::JpegLs => codec::jpeg_ls::decode(&packed, &shape)?,
        StreamKind::Jpeg2000 => {
            if let Some(which) = which.filter(|which| which.enough.is_some()) {
                (part, halvings) = which.aligned(&raster, stream.levels);
            }
            let [left, top, right, bottom] = part;
            let wanted = Wanted { columns: left..right, rows: top..bottom, halvings };
            let decoded = codec::jpeg_2000::decode(&packed, &shape, &wanted)?;
            (columns, rows) = (decoded.columns as u32, decoded.rows as u32);
            decoded.bytes
        }
    };
    // The stream's own depth decides how its decoder writes. Bits above those that the header counts are no part of a
    // sample where it is signed; an unsigned one has them all.
    let allocated = if stream.bits <= 8 { 8 } else { 16 };
    let stored = if raster.signed { raster.stored.min(allocated) } else { stream.bits };
    let high = stored.saturating_sub(1);
    let raster = Raster { rows, columns, allocated, stored, high, planar: false, colour, ..raster };
    Ok(Samples { bytes, big_endian: false, float: false, raster, part, halvings })
}

impl Which {
    /// Says whether enough is left where sides are halved so often. A ninth too few are enough: what the eye would gain costs
    /// four times the work.
    fn bears(&self, halvings: u32) -> bool {
        let [left, top, right, bottom] = self.part;
        let fits = |side: u32, enough: u32| {
            f64::from(side) / f64::from(1_u32 << halvings) * 1.125 >= f64::from(enough)
        };
        halvings == 0
            || self
                .enough
                .is_some_and(|(width, height)| fits(right - left, width) && fits(bottom - top, height))
    }

    /// Gives how often sides can be halved so that enough is left, and the part that then has to be decoded.
    fn aligned(&self, raster: &Raster, levels: u32) -> ([u32; 4], u32) {
        let [left, top, right, bottom] = self.part;
        let halvings = (1..=levels.min(8)).take_while(|n| self.bears(*n)).last().unwrap_or_default();
        let step = 1 << halvings;
        let up = |side: u32, most: u32| side.next_multiple_of(step).min(most);
        let part =
            [left / step * step, top / step * step, up(right, raster.columns), up(bottom, raster.rows)];
        (part, halvings)
    }
}
