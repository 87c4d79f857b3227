//! Pictures that are no DICOM files: PNG, JPEG and TIFF, as data sets ship them. Their samples go the same way as those of a
//! DICOM file from here on; of their metadata nothing but the shape of the matrix is read.
//!
//! Annotations are in coordinates of the stored matrix, so that an orientation which EXIF names is not heeded, as with most
//! tools that annotate; transparency is left out. Sizes are compared with the limits before anything is taken for them.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use tiff::ColorType as Hue;
use tiff::TiffError;
use tiff::decoder::{Decoder as Pages, DecodingResult as Numbers, Limits as PageLimits};
use tiff::tags::Tag as Field;

use super::codestream::{self, Stream, StreamKind};
use super::fault::{Fault, FaultKind};
use super::limits::{Limits, within};
use super::pixels;
use super::raster::{Colour, Raster};
use super::samples::Samples;

/// What a picture is stored as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Png,
    Jpeg,
    Tiff,
}

/// How files begin.
const BEGINNINGS: [(&[u8], Kind); 6] = [
    (b"\x89PNG\r\n\x1a\n", Kind::Png),
    (b"\xff\xd8\xff", Kind::Jpeg),
    (b"II\x2a\0", Kind::Tiff),
    (b"MM\0\x2a", Kind::Tiff),
    (b"II\x2b\0", Kind::Tiff),
    (b"MM\0\x2b", Kind::Tiff),
];

/// Tells a picture by its first bytes.
pub(super) fn kind(head: &[u8]) -> Option<Kind> {
    BEGINNINGS.iter().find(|(beginning, _)| head.starts_with(beginning)).map(|(_, kind)| *kind)
}

/// Reads the shape of a picture.
///
/// # Errors
/// Words for a picture that is damaged, too large, or of a kind that is not known.
pub(super) fn raster(kind: Kind, file: &mut File, limits: &Limits) -> Result<Raster, Fault> {
    file.seek(SeekFrom::Start(0))?;
    match kind {
        Kind::Png => Ok(rows_of_png(file, limits)?.1),
        Kind::Jpeg => Ok(stream(file, limits)?.2),
        Kind::Tiff => {
            let mut pages = pages(file, limits)?;
            let raster = page(&mut pages, limits)?.0;
            let mut frames = 1_u32;
            while pages.more_images() {
                pages.next_image().map_err(tiff_fault)?;
                frames += 1;
                within("the number of frames", frames, limits.frames)?;
            }
            Ok(Raster { frames, ..raster })
        }
    }
}

/// Decodes one frame, which is a page of a TIFF, and tells whether detail was lost.
///
/// # Errors
/// Words for a picture that is damaged, too large, or of a kind that is not known.
pub(super) fn samples(
    kind: Kind,
    file: &mut File,
    number: u32,
    limits: &Limits,
) -> Result<(Samples, bool), Fault> {
    let whole = raster(kind, file, limits)?;
    whole.has(number)?;
    file.seek(SeekFrom::Start(0))?;
    match kind {
        Kind::Png => Ok((png(file, limits)?, false)),
        Kind::Jpeg => {
            let (bytes, stream, raster) = stream(file, limits)?;
            let lossy = stream.kind == StreamKind::Jpeg;
            Ok((pixels::compressed(bytes, stream, raster, None, limits)?, lossy))
        }
        Kind::Tiff => {
            let mut pages = pages(file, limits)?;
            for _ in 0..number {
                pages.next_image().map_err(tiff_fault)?;
            }
            let samples = numbers(&mut pages, limits)?;
            if (samples.raster.rows, samples.raster.columns) != (whole.rows, whole.columns) {
                return Err(Fault::unsupported("the pages of this TIFF have different sizes"));
            }
            Ok((samples, false))
        }
    }
}

/// Makes a raster of whole samples and holds it against the limits.
fn checked(
    columns: u32,
    rows: u32,
    (samples, allocated): (u32, u32),
    colour: Colour,
    limits: &Limits,
) -> Result<Raster, Fault> {
    within("the rows", rows, limits.side)?;
    within("the columns", columns, limits.side)?;
    if rows == 0 || columns == 0 {
        return Err(Fault::broken("the picture has no pixels"));
    }
    let (stored, high) = (allocated, allocated.saturating_sub(1));
    let raster = Raster {
        rows,
        columns,
        frames: 1,
        samples,
        allocated,
        stored,
        high,
        signed: false,
        planar: false,
        colour,
    };
    raster.check(limits)?;
    Ok(raster)
}

/// Samples of a whole picture.
fn whole(bytes: Vec<u8>, big_endian: bool, float: bool, raster: Raster) -> Result<Samples, Fault> {
    let size = raster.frame_bits().div_ceil(8);
    if (bytes.len() as u64) < size {
        return Err(Fault::broken("the picture has fewer pixels than it says"));
    }
    let part = [0, 0, raster.columns, raster.rows];
    Ok(Samples { bytes, big_endian, float, raster, part, halvings: 0 })
}

fn bad_png(error: png::DecodingError) -> Fault {
    match error {
        png::DecodingError::LimitsExceeded => {
            Fault::new(FaultKind::TooLarge, "the PNG asks for too much memory")
        }
        png::DecodingError::IoError(fault) if fault.kind() != std::io::ErrorKind::UnexpectedEof => {
            fault.into()
        }
        _ => Fault::broken("the PNG is damaged"),
    }
}

type Rows<'a> = png::Reader<BufReader<&'a mut File>>;

fn rows_of_png<'a>(file: &'a mut File, limits: &Limits) -> Result<(Rows<'a>, Raster), Fault> {
    let bytes = usize::try_from(limits.frame).unwrap_or(usize::MAX);
    let mut decoder = png::Decoder::new_with_limits(BufReader::new(file), png::Limits { bytes });
    // Nobody reads what is written beside the pixels, which may be large, or say who the patient is.
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(png::Transformations::EXPAND);
    let reader = decoder.read_info().map_err(bad_png)?;
    let (columns, rows) = reader.info().size();
    let shape = match reader.output_color_type() {
        (png::ColorType::Grayscale | png::ColorType::GrayscaleAlpha, png::BitDepth::Sixteen) => {
            ((1, 16), Colour::Gray)
        }
        (png::ColorType::Grayscale | png::ColorType::GrayscaleAlpha, _) => ((1, 8), Colour::Gray),
        _ => ((3, 8), Colour::Rgb),
    };
    let raster = checked(columns, rows, shape.0, shape.1, limits)?;
    Ok((reader, raster))
}

fn png(file: &mut File, limits: &Limits) -> Result<Samples, Fault> {
    let (mut reader, raster) = rows_of_png(file, limits)?;
    let (hue, depth) = reader.output_color_type();
    let size = reader.output_buffer_size().ok_or_else(|| Fault::broken("the PNG is damaged"))?;
    within("the frame", size as u64, limits.frame)?;
    // Memory that is asked for as zeros is not taken before something is written there.
    let mut bytes = vec![0; size];
    reader.next_frame(&mut bytes).map_err(bad_png)?;
    let wide = depth == png::BitDepth::Sixteen;
    let bytes = match raster.samples {
        1 => kept(bytes, hue.samples() * if wide { 2 } else { 1 }, if wide { &[0, 1] } else { &[0] }),
        // Of colours of 16 bits, the higher byte is what is seen.
        _ if wide => kept(bytes, hue.samples() * 2, &[0, 2, 4]),
        _ => kept(bytes, hue.samples(), &[0, 1, 2]),
    };
    whole(bytes, true, false, raster)
}

/// Keeps of each pixel, so many bytes long, the bytes named.
fn kept(bytes: Vec<u8>, length: usize, wanted: &[usize]) -> Vec<u8> {
    if length == wanted.len() {
        return bytes;
    }
    let pixels = bytes.chunks_exact(length.max(1));
    pixels.flat_map(|pixel| wanted.iter().filter_map(|at| pixel.get(*at)).copied()).collect()
}

/// Reads a JPEG, what its head says, and what its samples are.
fn stream(file: &mut File, limits: &Limits) -> Result<(Vec<u8>, Stream, Raster), Fault> {
    within("the compressed frame", file.metadata()?.len(), limits.frame)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let stream = codestream::stream(&bytes).ok_or_else(|| Fault::broken("the JPEG has no readable head"))?;
    let colour = match stream.samples {
        1 => Colour::Gray,
        3 => Colour::YbrFull,
        _ => return Err(Fault::unsupported("this program knows no JPEG of as many colours")),
    };
    let allocated = if stream.bits <= 8 { 8 } else { 16 };
    let raster = checked(stream.columns, stream.rows, (stream.samples, allocated), colour, limits)?;
    Ok((bytes, stream, raster))
}

fn tiff_fault(error: TiffError) -> Fault {
    match error {
        TiffError::LimitsExceeded | TiffError::IntSizeError => {
            Fault::new(FaultKind::TooLarge, "the TIFF asks for too much memory")
        }
        TiffError::UnsupportedError(_) => Fault::unsupported("this program cannot decode this kind of TIFF"),
        _ => Fault::broken("the TIFF is damaged"),
    }
}

fn pages<'a>(file: &'a mut File, limits: &Limits) -> Result<Pages<BufReader<&'a mut File>>, Fault> {
    let mut bounds = PageLimits::default();
    bounds.decoding_buffer_size = usize::try_from(limits.frame).unwrap_or(usize::MAX);
    bounds.intermediate_buffer_size = bounds.decoding_buffer_size;
    bounds.ifd_value_size = usize::try_from(limits.header).unwrap_or(usize::MAX);
    Ok(Pages::new(BufReader::new(file)).map_err(tiff_fault)?.with_limits(bounds))
}

/// Gives the shape of a page and how its samples stand in it: how many to a pixel, of how many bits.
fn page(pages: &mut Pages<BufReader<&mut File>>, limits: &Limits) -> Result<(Raster, (usize, u32)), Fault> {
    let (columns, rows) = pages.dimensions().map_err(tiff_fault)?;
    let (stored, colour) = match pages.colortype().map_err(tiff_fault)? {
        Hue::Gray(bits) => ((1, bits), Colour::Gray),
        Hue::GrayA(bits) => ((2, bits), Colour::Gray),
        Hue::RGB(bits) => ((3, bits), Colour::Rgb),
        Hue::RGBA(bits) => ((4, bits), Colour::Rgb),
        Hue::Palette(bits) => ((1, bits), Colour::Palette),
        _ => return Err(Fault::unsupported("this program does not know the colour model of this TIFF")),
    };
    let bits = u32::from(stored.1);
    let known = match colour {
        Colour::Gray => matches!(bits, 1 | 2 | 4 | 8 | 16 | 32 | 64) && (bits >= 8 || stored.0 == 1),
        Colour::Palette => matches!(bits, 1 | 2 | 4 | 8),
        _ => matches!(bits, 8 | 16),
    };
    if !known {
        return Err(Fault::unsupported("this program knows no TIFF of this many bits"));
    }
    let shape = if colour == Colour::Gray { (1, bits.max(8)) } else { (3, 8) };
    let shown = if colour == Colour::Gray { colour } else { Colour::Rgb };
    Ok((checked(columns, rows, shape, shown, limits)?, (stored.0, bits)))
}

/// Decodes a page.
fn numbers(pages: &mut Pages<BufReader<&mut File>>, limits: &Limits) -> Result<Samples, Fault> {
    let (mut raster, (per_pixel, bits)) = page(pages, limits)?;
    let palette = matches!(pages.colortype(), Ok(Hue::Palette(_)));
    let mut read = pages.read_image().map_err(tiff_fault)?;
    raster.signed = matches!(read, Numbers::I8(_) | Numbers::I16(_) | Numbers::I32(_) | Numbers::I64(_));
    let float = matches!(read, Numbers::F32(_) | Numbers::F64(_));
    if matches!(read, Numbers::F16(_)) {
        return Err(Fault::unsupported("this program knows no TIFF of this many bits"));
    }
    // The library gives numbers as this machine writes them.
    let big_endian = cfg!(target_endian = "big");
    let mut bytes = read.as_buffer(0).as_bytes().to_vec();
    drop(read);
    if bits < 8 {
        bytes = unpacked(&bytes, &raster, bits, palette);
    }
    if palette {
        let map = pages.get_tag_u16_vec(Field::ColorMap).map_err(tiff_fault)?;
        let entries = 1 << bits;
        if map.len() < 3 * entries {
            return Err(Fault::broken("the palette is missing or damaged"));
        }
        let colour =
            |entry: usize, of: usize| map.get(of * entries + entry).map_or(0, |value| (value >> 8) as u8);
        let colours = bytes.iter().flat_map(|byte| [0, 1, 2].map(|of| colour(usize::from(*byte), of)));
        return whole(colours.collect(), big_endian, false, raster);
    }
    let size = (bits.max(8) / 8) as usize;
    let length = per_pixel * size;
    let high = if big_endian { 0 } else { size - 1 };
    let wanted: Vec<usize> = match raster.samples {
        1 => (0..size).collect(),
        // Of colours of 16 bits, the higher byte is what is seen.
        _ => (0..3).map(|of| of * size + high).collect(),
    };
    whole(kept(bytes, length, &wanted), big_endian, float, raster)
}

/// Spreads samples of fewer than 8 bits, the highest bits of a byte first and each row from a byte of its own: grays over
/// all of 8 bits, places in a palette as they are.
fn unpacked(bytes: &[u8], raster: &Raster, bits: u32, palette: bool) -> Vec<u8> {
    let line = (raster.columns as usize * bits as usize).div_ceil(8);
    let most = (1_u32 << bits) - 1;
    let factor = if palette { 1 } else { 255 / most };
    let mut spread = Vec::with_capacity(raster.pixels() as usize);
    for row in bytes.chunks_exact(line.max(1)).take(raster.rows as usize) {
        spread.extend((0..raster.columns).map(|column| {
            let at = column * bits;
            let byte = row.get(at as usize / 8).copied().unwrap_or_default();
            (u32::from(byte) >> (8 - bits - at % 8) & most) as u8 * factor as u8
        }));
    }
    spread
}
