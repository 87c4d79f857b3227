//! What a picture is made of on its way to the terminal, no larger than it may be.

use std::collections::BTreeSet;
use std::sync::Arc;

use ratatui::layout::Size;
use ratatui_image::protocol::sixel::Sixel;

use super::cells::Cells;
use super::encode::{self, Above, Canvas, Effort};
use super::outline::Overlay;
use super::pace::Grade;
use super::place::carried;
use super::plan::Rgb;
use super::sixel;
use crate::imaging::Picture;

/// What a picture is made of.
#[derive(Debug)]
pub enum Payload {
    Cells(Cells),
    /// PNGs that kitty places: the picture, and its outlines above it.
    Kitty {
        base: Arc<Encoded>,
        overlay: Option<Arc<Encoded>>,
    },
    /// A PNG that kitty shows wherever its placeholders stand, which are text.
    Placeholders(Encoded),
    /// Bytes that draw it from where the cursor stands.
    Drawn(Encoded),
}

/// Encoded bytes under a number that no others have.
#[derive(Debug)]
pub struct Encoded {
    pub id: u32,
    pub bytes: Vec<u8>,
    /// Nothing was left out for the sake of bytes.
    pub whole: bool,
    /// Pixels of the picture itself.
    pub size: (u32, u32),
    pub grays: Option<u16>,
}

impl Payload {
    /// Gives the bytes that bringing it onto the screen takes, where the terminal holds some things already.
    pub fn cost(&self, held: &BTreeSet<u32>) -> usize {
        let png =
            |encoded: &Encoded| if held.contains(&encoded.id) { 0 } else { carried(encoded.bytes.len()) };
        match self {
            Payload::Cells(_) => 0,
            Payload::Kitty { base, overlay } => {
                png(base) + overlay.as_ref().map_or(0, |overlay| png(overlay))
            }
            Payload::Placeholders(encoded) => png(encoded),
            Payload::Drawn(encoded) if held.contains(&encoded.id) => 0,
            Payload::Drawn(encoded) => encoded.bytes.len(),
        }
    }

    /// Tells whether the terminal holds the picture itself.
    pub fn stands(&self, held: &BTreeSet<u32>) -> bool {
        match self {
            Payload::Cells(_) => true,
            Payload::Kitty { base, .. } => held.contains(&base.id),
            Payload::Placeholders(encoded) | Payload::Drawn(encoded) => held.contains(&encoded.id),
        }
    }

    /// Tells whether nothing was left out for the sake of bytes, of its outlines neither.
    pub fn is_whole(&self) -> bool {
        match self {
            Payload::Cells(_) => true,
            Payload::Kitty { base, overlay } => {
                base.whole && overlay.as_ref().is_none_or(|overlay| overlay.whole)
            }
            Payload::Placeholders(encoded) | Payload::Drawn(encoded) => encoded.whole,
        }
    }

    /// Gives the encoded picture without its outlines where these stand apart.
    pub fn picture(&self) -> Option<&Encoded> {
        match self {
            Payload::Cells(_) => None,
            Payload::Kitty { base, .. } => Some(base),
            Payload::Placeholders(encoded) | Payload::Drawn(encoded) => Some(encoded),
        }
    }
}

/// Gives the bytes that outlines may take where they stand apart.
pub fn for_outlines(grade: Grade) -> usize {
    (grade.bytes / 10).saturating_add(3_000).min(grade.bytes / 3)
}

/// Gives the bytes, or a few more, that a PNG of so many takes as an inline image of iTerm2.
pub fn in_iterm2(png: usize) -> usize {
    png.div_ceil(3) * 4 + 120
}

fn effort(most: usize) -> Effort {
    if most < 100_000 { Effort::High } else { Effort::Fast }
}

/// Encodes a picture for kitty, as many of its pixels as fit.
pub fn base(canvas: &Canvas, id: u32, grade: Grade) -> Encoded {
    let most = grade.bytes - for_outlines(grade);
    let (scale, (bytes, size)) = encode::fit(most, encode::likely(canvas.area(), most), |scale| {
        let reduced = canvas.reduced(scale);
        let bytes = encode::png(&reduced.picture, effort(most));
        (carried(bytes.len()), (bytes, reduced.size))
    });
    Encoded { id, bytes, whole: scale >= 1.0, size, grays: None }
}

/// Encodes outlines for kitty; none where none lies on the picture.
pub fn overlay(canvas: &Canvas, above: &Above<'_>, id: u32, grade: Grade) -> Option<Encoded> {
    if above.outlines.is_empty() && above.graphics.is_none() {
        return None;
    }
    let most = for_outlines(grade);
    let (scale, (bytes, size, drawn)) = encode::fit(most, 1.0, |scale| {
        let reduced = canvas.reduced(scale);
        let overlay = reduced.covered(above);
        let bytes = encode::overlay_png(&overlay);
        (carried(bytes.len()), (bytes, reduced.size, overlay.pixels.iter().any(Option::is_some)))
    });
    drawn.then_some(Encoded { id, bytes, whole: scale >= 1.0, size, grays: None })
}

/// Encodes a picture and its outlines as one PNG. `wire` says what a PNG of so many bytes takes.
pub fn composed(
    canvas: &Canvas,
    above: &Above<'_>,
    id: u32,
    grade: Grade,
    wire: impl Fn(usize) -> usize,
) -> Encoded {
    let most = grade.bytes;
    let (scale, (bytes, size)) = encode::fit(most, encode::likely(canvas.area(), most), |scale| {
        let reduced = canvas.reduced(scale);
        let overlay = reduced.covered(above);
        let bytes = encode::outlined_png(&reduced.picture, &overlay, effort(most));
        (wire(bytes.len()), (bytes, reduced.size))
    });
    Encoded { id, bytes, whole: scale >= 1.0, size, grays: None }
}

/// Encodes a picture and its outlines as sixel: fewer grays first, then larger blocks.
pub fn sixel(canvas: &Canvas, above: &Above<'_>, cells: (u16, u16), id: u32, grade: Grade) -> Encoded {
    let overlay = canvas.in_blocks((1, 1)).covered(above);
    if let Some(whole) = colour_sixel(canvas, &overlay, cells, id).filter(|of| of.bytes.len() <= grade.bytes)
    {
        return whole;
    }
    let first = likely_block(canvas.area(), grade.bytes);
    // As sharp as on the whole, over however large blocks, unless they alone are too much.
    let drawn = overlay.pixels;
    let encoded = |rough: sixel::Rough, drawn: &[Option<Rgb>]| {
        let reduced = canvas.in_blocks(rough.block);
        let bytes = sixel::encode(&reduced.picture, drawn, rough, canvas.size());
        let grays = (reduced.picture.channels == 1).then_some(rough.grays as u16);
        Encoded { id, bytes, whole: rough == sixel::WHOLE, size: reduced.size, grays }
    };
    let ladder = sixel::ladder().skip_while(|rough| rough.block.0 < first);
    for rough in ladder.take_while(|rough| rough.block.0 < 64) {
        let encoded = encoded(rough, &drawn);
        if encoded.bytes.len() <= grade.bytes {
            return encoded;
        }
    }
    // Without them, rather than without a picture: they follow with the whole.
    let rest = sixel::ladder().skip_while(|rough| rough.block.0 < first);
    let last = sixel::Rough { block: canvas.size(), grays: 2 };
    rest.take_while(|rough| rough.block.0 < canvas.size().0)
        .map(|rough| encoded(rough, &[]))
        .find(|encoded| encoded.bytes.len() <= grade.bytes)
        .unwrap_or_else(|| encoded(last, &[]))
}

/// Encodes a colour picture with a palette of its own, which is finer than the steps that all pictures share; none for a
/// gray one, whose grays would suffer.
fn colour_sixel(canvas: &Canvas, overlay: &Overlay, cells: (u16, u16), id: u32) -> Option<Encoded> {
    if canvas.picture().channels != 3 {
        return None;
    }
    let Picture { width, height, pixels, .. } = encode::compose(canvas.picture(), overlay);
    let image = image::RgbImage::from_raw(width, height, pixels)?;
    let size = Size { width: cells.0, height: cells.1 };
    let drawn = Sixel::new(image.into(), size, false).ok()?;
    Some(Encoded { id, bytes: drawn.data.into_bytes(), whole: true, size: (width, height), grays: None })
}

/// Gives a size of blocks that is worth trying first.
fn likely_block(area: f64, most: usize) -> u32 {
    // A pixel without blocks takes half a byte, a block of six rows two or three.
    if most as f64 > area / 8.0 { 1 } else { ((area / 6.0 * 0.6 / most as f64) as u32).clamp(2, 12) }
}
