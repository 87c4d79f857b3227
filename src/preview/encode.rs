//! From a picture and its outlines to what a terminal takes.

use std::collections::BTreeSet;
use std::io::Write;

use super::outline::{self, Grain, Overlay};
use super::plan::{Outline, Rgb};
use super::render::Map;
use crate::imaging::{Marks, Picture};

/// How hard a PNG is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// A millisecond for a screen.
    Fast,
    /// Worth it for a few thousand pixels that a slow link waits for.
    High,
}

/// A picture in the middle of whole cells, so that a terminal which scales to cells keeps its proportions.
#[derive(Debug, Clone)]
pub struct Canvas {
    picture: Picture,
    /// Where the picture lies on it, and its size.
    at: (u32, u32),
    size: (u32, u32),
}

/// A canvas in another size.
#[derive(Debug, Clone)]
pub struct Reduced {
    pub picture: Picture,
    /// Pixels of it for one of the whole, across and down.
    pub scale: (f64, f64),
    begin: (f64, f64),
    /// Pixels of the picture itself, without what lies around it.
    pub size: (u32, u32),
}

/// What lies above a picture.
#[derive(Debug, Clone, Copy)]
pub struct Above<'a> {
    pub outlines: &'a [Outline],
    /// From the image to the picture.
    pub map: &'a Map,
    /// The graphics of the file, as large as the picture.
    pub graphics: Option<&'a Marks>,
}

impl Canvas {
    /// Lays a picture on as many cells as it needs; a cell of 1×1 leaves nothing around it.
    pub fn of(picture: &Picture, cell: (u16, u16)) -> Canvas {
        let whole = |pixels: u32, cell: u16| pixels.div_ceil(u32::from(cell.max(1))) * u32::from(cell.max(1));
        let (width, height) = (whole(picture.width, cell.0), whole(picture.height, cell.1));
        let at = ((width - picture.width) / 2, (height - picture.height) / 2);
        let size = (picture.width, picture.height);
        if (width, height) == size {
            return Canvas { picture: picture.clone(), at, size };
        }
        let channels = usize::from(picture.channels);
        let mut pixels = vec![0; width as usize * height as usize * channels];
        let line = picture.width as usize * channels;
        for (n, row) in picture.pixels.chunks_exact(line.max(1)).enumerate() {
            let at = ((at.1 as usize + n) * width as usize + at.0 as usize) * channels;
            if let Some(place) = pixels.get_mut(at..at + line) {
                place.copy_from_slice(row);
            }
        }
        Canvas { picture: Picture { width, height, channels: picture.channels, pixels }, at, size }
    }

    /// Gives the picture with what lies around it.
    pub fn picture(&self) -> &Picture {
        &self.picture
    }

    /// Gives its width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.picture.width, self.picture.height)
    }

    /// Gives how many pixels it has.
    pub fn area(&self) -> f64 {
        f64::from(self.picture.width) * f64::from(self.picture.height)
    }

    /// Brings it to a share of its sides, above 0 and at most 1.
    pub fn reduced(&self, scale: f64) -> Reduced {
        let side = |length: u32| ((f64::from(length) * scale).round() as u32).clamp(1, length.max(1));
        let (width, height) = (side(self.picture.width), side(self.picture.height));
        let picture = self.picture.resized(width, height);
        let share = |part: u32, whole: u32| f64::from(part) / f64::from(whole.max(1));
        self.as_reduced(picture, (share(width, self.picture.width), share(height, self.picture.height)))
    }

    /// Takes the mean of each block of so many pixels across and down; at the right and at the bottom of what is left.
    pub fn in_blocks(&self, block: (u32, u32)) -> Reduced {
        let Picture { width, height, channels, pixels } = &self.picture;
        let block = (block.0.max(1), block.1.max(1));
        if block == (1, 1) {
            return self.as_reduced(self.picture.clone(), (1.0, 1.0));
        }
        let (across, down) = (width.div_ceil(block.0), height.div_ceil(block.1));
        let channels_wide = usize::from(*channels);
        let mut small = Vec::with_capacity(across as usize * down as usize * channels_wide);
        for row in 0..down {
            for column in 0..across {
                for channel in 0..channels_wide {
                    let (mut sum, mut count) = (0_u32, 0_u32);
                    for y in row * block.1..((row + 1) * block.1).min(*height) {
                        for x in column * block.0..((column + 1) * block.0).min(*width) {
                            let at = (y as usize * *width as usize + x as usize) * channels_wide + channel;
                            sum += u32::from(pixels.get(at).copied().unwrap_or(0));
                            count += 1;
                        }
                    }
                    small.push(((sum + count / 2) / count.max(1)) as u8);
                }
            }
        }
        let picture = Picture { width: across, height: down, channels: *channels, pixels: small };
        self.as_reduced(picture, (1.0 / f64::from(block.0), 1.0 / f64::from(block.1)))
    }

    fn as_reduced(&self, picture: Picture, scale: (f64, f64)) -> Reduced {
        let side = |length: u32, scale: f64| ((f64::from(length) * scale).round() as u32).max(1);
        Reduced {
            picture,
            scale,
            begin: (f64::from(self.at.0) * scale.0, f64::from(self.at.1) * scale.1),
            size: (side(self.size.0, scale.0), side(self.size.1, scale.1)),
        }
    }
}

impl Reduced {
    /// Draws for it what lies above: where it lies on the image, outlines as thick as they would be on the whole.
    pub fn covered(&self, above: &Above<'_>) -> Overlay {
        let map = above.map.onto(self.scale, self.begin);
        let grain = Grain::Fine(self.scale.0.min(self.scale.1));
        let mut overlay = outline::draw(above.outlines, &map, self.picture.width, self.picture.height, grain);
        if let Some(graphics) = above.graphics {
            let begin = (self.begin.0.round() as u32, self.begin.1.round() as u32);
            overlay.lay_below(graphics, begin, self.size);
        }
        overlay
    }
}

/// Finds the largest share of a picture's sides at which it takes at most so many bytes. `encode` gives the bytes that a
/// share takes, and what it made; `first` is the share that is tried first. What is left at a single pixel is given
/// whatever it takes.
pub fn fit<T>(most: usize, first: f64, mut encode: impl FnMut(f64) -> (usize, T)) -> (f64, T) {
    const LEAST: f64 = 1.0 / 8192.0;
    let mut scale = first.clamp(LEAST, 1.0);
    let mut best: Option<(f64, T)> = None;
    loop {
        let (bytes, made) = encode(scale);
        // Bytes follow the area.
        let towards = (most as f64 * 0.96 / bytes.max(1) as f64).sqrt();
        if bytes > most {
            match best {
                Some(best) => return best,
                None if scale <= LEAST => return (scale, made),
                None => scale = (scale * towards.min(0.9)).max(LEAST),
            }
        } else if scale >= 1.0 || best.is_some() || towards < 1.06 {
            return (scale, made);
        } else {
            best = Some((scale, made));
            scale = (scale * towards).min(1.0);
        }
    }
}

/// Gives a share to begin with for a picture of so many pixels that may take so many bytes.
pub fn likely(area: f64, most: usize) -> f64 {
    // A radiograph takes about half a byte a pixel, a little less than it may where little is allowed.
    if most >= 64 << 10 { 1.0 } else { (most as f64 / (area * 0.7).max(1.0)).sqrt().min(1.0) }
}

/// How the bytes of a PNG are meant.
struct Kind<'a> {
    colour: png::ColorType,
    depth: png::BitDepth,
    palette: Option<&'a [Rgb]>,
    /// The first colour of the palette is none.
    transparent: bool,
}

fn write(size: (u32, u32), kind: &Kind<'_>, data: &[u8], effort: Effort) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, size.0, size.1);
    encoder.set_color(kind.colour);
    encoder.set_depth(kind.depth);
    if let Some(palette) = kind.palette {
        encoder.set_palette(palette.concat());
    }
    if kind.transparent {
        encoder.set_trns(&[0][..]);
    }
    let (compression, filter) = match (effort, kind.transparent) {
        // Large empty stretches.
        (_, true) => (png::Compression::Balanced, png::Filter::NoFilter),
        (Effort::Fast, false) => (png::Compression::Fast, png::Filter::Adaptive),
        (Effort::High, false) => (png::Compression::High, png::Filter::Adaptive),
    };
    encoder.set_compression(compression);
    encoder.set_filter(filter);
    // Writing to memory can't fail; a picture of no size is never made.
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(data));
    if written.is_err() {
        out.clear();
    }
    out
}

/// Writes a picture as a PNG.
pub fn png(picture: &Picture, effort: Effort) -> Vec<u8> {
    let colour = if picture.channels == 3 { png::ColorType::Rgb } else { png::ColorType::Grayscale };
    let kind = Kind { colour, depth: png::BitDepth::Eight, palette: None, transparent: false };
    write((picture.width, picture.height), &kind, &picture.pixels, effort)
}

/// Writes an overlay as a PNG that is mostly transparent: as few bits a pixel as its colours need.
pub fn overlay_png(overlay: &Overlay) -> Vec<u8> {
    let own: BTreeSet<Rgb> = overlay.pixels.iter().flatten().copied().collect();
    let palette: Vec<Rgb> = std::iter::once([0; 3]).chain(own).take(256).collect();
    let (depth, bits) = match palette.len() {
        0..=2 => (png::BitDepth::One, 1),
        3..=4 => (png::BitDepth::Two, 2),
        5..=16 => (png::BitDepth::Four, 4),
        _ => (png::BitDepth::Eight, 8),
    };
    let width = overlay.width.max(1) as usize;
    let line = (width * bits).div_ceil(8);
    let mut data = vec![0_u8; line * overlay.height as usize];
    for (at, colour) in overlay.pixels.iter().enumerate() {
        let Some(colour) = colour else { continue };
        // The first is none, so that black as a colour is looked for behind it.
        let Some(index) = palette.iter().skip(1).position(|known| known == colour) else { continue };
        let (x, y) = (at % width, at / width);
        let shift = 8 - bits - x * bits % 8;
        if let Some(byte) = data.get_mut(y * line + x * bits / 8) {
            *byte |= ((index + 1) as u8) << shift;
        }
    }
    let kind = Kind { colour: png::ColorType::Indexed, depth, palette: Some(&palette), transparent: true };
    write((overlay.width, overlay.height), &kind, &data, Effort::High)
}

/// Writes a picture with its outlines as one PNG. A gray one stays at a byte a pixel: its outlines take the places of the
/// grays that it has least of, which become their neighbours.
pub fn outlined_png(picture: &Picture, overlay: &Overlay, effort: Effort) -> Vec<u8> {
    const OWN: usize = 64;
    let own: BTreeSet<Rgb> = overlay.pixels.iter().flatten().copied().collect();
    if own.is_empty() || picture.channels != 1 || own.len() > OWN {
        return png(&compose(picture, overlay), effort);
    }
    let mut counts = [0_u32; 256];
    for value in &picture.pixels {
        counts[usize::from(*value)] += 1;
    }
    let mut rarest: Vec<usize> = (0..256).collect();
    rarest.sort_by_key(|value| counts[*value]);
    rarest.truncate(own.len());
    let mut palette: Vec<Rgb> = (0..=255).map(|value| [value; 3]).collect();
    let mut places: Vec<(Rgb, u8)> = Vec::new();
    for (colour, place) in own.into_iter().zip(&rarest) {
        palette[*place] = colour;
        places.push((colour, *place as u8));
    }
    let nearest = |value: usize| {
        let beside = (0..256).flat_map(|by| [value.checked_sub(by), Some(value + by).filter(|n| *n < 256)]);
        beside.flatten().find(|near| !rarest.contains(near)).unwrap_or(value) as u8
    };
    let grays: Vec<u8> = (0..256).map(nearest).collect();
    let data: Vec<u8> = picture
        .pixels
        .iter()
        .zip(&overlay.pixels)
        .map(|(value, colour)| match colour {
            Some(colour) => places.iter().find(|(known, _)| known == colour).map_or(0, |(_, place)| *place),
            None => grays[usize::from(*value)],
        })
        .collect();
    let kind = Kind {
        colour: png::ColorType::Indexed,
        depth: png::BitDepth::Eight,
        palette: Some(&palette),
        transparent: false,
    };
    write((picture.width, picture.height), &kind, &data, effort)
}

/// Draws an overlay into a picture, which becomes a colour picture where the overlay shows anything.
pub fn compose(picture: &Picture, overlay: &Overlay) -> Picture {
    if overlay.pixels.iter().all(Option::is_none) {
        return picture.clone();
    }
    let channels = usize::from(picture.channels);
    let mut pixels = Vec::with_capacity(overlay.pixels.len() * 3);
    for (at, colour) in overlay.pixels.iter().enumerate() {
        let below = |n: usize| picture.pixels.get(at * channels + n.min(channels - 1)).copied().unwrap_or(0);
        pixels.extend_from_slice(&colour.unwrap_or_else(|| [below(0), below(1), below(2)]));
    }
    Picture { channels: 3, pixels, ..picture.clone() }
}

/// Writes a PNG as an inline image of iTerm2, for so many cells.
pub fn iterm2(png: &[u8], cells: (u16, u16)) -> Vec<u8> {
    let mut out = Vec::new();
    let _ = write!(
        out,
        "\x1b]1337;File=inline=1;size={};width={};height={};preserveAspectRatio=0;doNotMoveCursor=1:",
        png.len(),
        cells.0,
        cells.1
    );
    out.extend_from_slice(base64_simd::STANDARD.encode_to_string(png).as_bytes());
    out.push(0x07);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read = Result<(png::ColorType, Vec<[u8; 4]>), Box<dyn std::error::Error>>;

    fn back(png: &[u8]) -> Read {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
        let stored = decoder.read_header_info()?.color_type;
        decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::ALPHA);
        let mut reader = decoder.read_info()?;
        let mut bytes = vec![0; reader.output_buffer_size().ok_or("too large")?];
        let info = reader.next_frame(&mut bytes)?;
        let pixels = match info.color_type {
            png::ColorType::Rgba => bytes.chunks_exact(4).map(|p| [p[0], p[1], p[2], p[3]]).collect(),
            png::ColorType::GrayscaleAlpha => {
                bytes.chunks_exact(2).map(|p| [p[0], p[0], p[0], p[1]]).collect()
            }
            other => return Err(format!("{other:?}").into()),
        };
        Ok((stored, pixels))
    }

    fn overlay(width: u32, height: u32, colours: usize) -> Overlay {
        let pixels: Vec<Option<Rgb>> = (0..(width * height) as usize)
            .map(|n| (n % 3 == 0).then(|| [(n / 3 % colours) as u8, 200, 7]))
            .collect();
        let owners = vec![0; pixels.len()];
        Overlay { width, height, pixels, owners, labels: Vec::new() }
    }

    #[test]
    fn outlines_come_back_as_they_were_drawn() -> Result<(), Box<dyn std::error::Error>> {
        for colours in [1, 2, 7, 40] {
            let overlay = overlay(37, 9, colours);
            let (_, seen) = back(&overlay_png(&overlay))?;
            let expected = overlay.pixels.iter().map(|colour| match colour {
                Some([red, green, blue]) => [*red, *green, *blue, 255],
                None => [0; 4],
            });
            assert!(seen.into_iter().eq(expected), "{colours}");
        }
        Ok(())
    }

    #[test]
    fn a_gray_picture_with_outlines_stays_at_a_byte_a_pixel() -> Result<(), Box<dyn std::error::Error>> {
        let (width, height) = (64, 32);
        let pixels: Vec<u8> = (0..width * height).map(|n| (n * 7 % 256) as u8).collect();
        let picture = Picture { width, height, channels: 1, pixels };
        let overlay = overlay(width, height, 5);
        let (stored, seen) = back(&outlined_png(&picture, &overlay, Effort::Fast))?;
        assert_eq!(stored, png::ColorType::Indexed);
        for ((seen, colour), value) in seen.iter().zip(&overlay.pixels).zip(&picture.pixels) {
            match colour {
                Some([red, green, blue]) => assert_eq!(seen, &[*red, *green, *blue, 255]),
                None => assert!(seen[0] == seen[1] && seen[0].abs_diff(*value) <= 5, "{seen:?} {value}"),
            }
        }
        Ok(())
    }

    #[test]
    fn what_is_found_never_takes_more_than_it_may() {
        for (density, most) in [(1.3, 10_000), (0.01, 10_000), (4.0, 700), (0.4, 200_000)] {
            let area = 660.0 * 800.0;
            let (scale, bytes) = fit(most, likely(area, most), |scale| {
                let bytes = (area * scale * scale * density) as usize + 60;
                (bytes, bytes)
            });
            assert!(bytes <= most, "{bytes} of {most}");
            assert!(scale >= 1.0 || bytes * 10 >= most * 7, "{bytes} of {most} at {scale}");
        }
        // Nothing is small enough.
        assert_eq!(fit(10, 1.0, |_| (100, ())).1, ());
    }

    #[test]
    fn blocks_are_means_of_what_lies_in_them() {
        let picture = Picture { width: 3, height: 3, channels: 1, pixels: vec![0, 4, 9, 8, 8, 11, 1, 3, 7] };
        let reduced = Canvas::of(&picture, (1, 1)).in_blocks((2, 2));
        assert_eq!((reduced.picture.pixels, reduced.size), (vec![5, 10, 2, 7], (2, 2)));
    }
}
