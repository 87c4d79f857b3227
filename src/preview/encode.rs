//! From a picture and its outlines to what a terminal takes.

use std::io::Write;

use super::outline::Overlay;
use crate::imaging::Picture;

/// The picture in the middle of a canvas of whole cells, so that a terminal which scales to cells keeps its proportions.
/// Gives the canvas and where the picture lies on it.
pub fn on_canvas(picture: &Picture, cell: (u16, u16)) -> (Picture, (u32, u32)) {
    let whole = |pixels: u32, cell: u16| pixels.div_ceil(u32::from(cell.max(1))) * u32::from(cell.max(1));
    let (width, height) = (whole(picture.width, cell.0), whole(picture.height, cell.1));
    let (left, top) = ((width - picture.width) / 2, (height - picture.height) / 2);
    if (width, height) == (picture.width, picture.height) {
        return (picture.clone(), (0, 0));
    }
    let channels = usize::from(picture.channels);
    let mut pixels = vec![0; width as usize * height as usize * channels];
    let line = picture.width as usize * channels;
    for (n, row) in picture.pixels.chunks_exact(line.max(1)).enumerate() {
        let at = ((top as usize + n) * width as usize + left as usize) * channels;
        if let Some(place) = pixels.get_mut(at..at + line) {
            place.copy_from_slice(row);
        }
    }
    (Picture { width, height, channels: picture.channels, pixels }, (left, top))
}

/// Writes an overlay as a PNG that is mostly transparent, on a canvas.
pub fn overlay_png(overlay: &Overlay, canvas: (u32, u32), at: (u32, u32)) -> Vec<u8> {
    let mut pixels = vec![0; canvas.0 as usize * canvas.1 as usize * 4];
    for (n, colour) in overlay.pixels.iter().enumerate() {
        let Some([red, green, blue]) = colour else { continue };
        let (x, y) = (n as u32 % overlay.width.max(1) + at.0, n as u32 / overlay.width.max(1) + at.1);
        let place = (y as usize * canvas.0 as usize + x as usize) * 4;
        if let Some(pixel) = pixels.get_mut(place..place + 4) {
            pixel.copy_from_slice(&[*red, *green, *blue, 255]);
        }
    }
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, canvas.0, canvas.1);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_compression(png::Compression::Fast);
    // Writing to memory can't fail; a picture of no size is never made.
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&pixels));
    if written.is_err() {
        out.clear();
    }
    out
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

/// Writes a picture as a PNG.
pub fn png(picture: &Picture) -> Vec<u8> {
    let mut out = Vec::new();
    if picture.write_png(&mut out).is_err() {
        out.clear();
    }
    out
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
