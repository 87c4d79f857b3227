//! Whole slides whose stored frames are tiles of one large matrix (PS3.3 C.7.6.17.3, C.8.12.14): only the tiles that a view
//! meets are decoded.
//!
//! The slide is one image of one frame, with the rows and columns of the total pixel matrix, in whose coordinates all
//! geometry stands. Each value of a view is taken from the tile in which its centre lies. Where a view would need more
//! pixels of tiles than [`Limits::tiles`], one tile is decoded of each square of n × n, and its mean stands for all of them.
//! Of several focal planes or optical paths the first is shown. Places without a tile are white, in gray black.

use std::collections::{BTreeMap, HashSet};

use dicom_dictionary_std::{tags, uids};

use super::fault::{Fault, FaultKind};
use super::frame::{self, Frame, Need, Slide, Tones, Values};
use super::header::{self, group};
use super::limits::{Limits, within};
use super::open::Source;
use super::opened::Opened;
use super::prescan::Outline;
use super::raster::Raster;
use super::view;

/// Tiles from which the range of a slide without a window is taken.
const RANGED: usize = 64;

/// Where a tile lies in the slide, and which stored frame it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tile {
    left: u32,
    top: u32,
    frame: u32,
}

/// How the stored frames make up a slide.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tiling {
    columns: u32,
    rows: u32,
    /// Columns and rows of a tile.
    tile: (u32, u32),
    /// Those of the first plane, in the order of the file.
    tiles: Vec<Tile>,
    planes: u32,
}

/// Gives the columns and rows of a whole slide; none for any other image.
pub(super) fn size(values: &header::Values, limits: &Limits) -> Result<Option<(u32, u32)>, Fault> {
    if values.code(tags::SOP_CLASS_UID).as_deref() != Some(uids::VL_WHOLE_SLIDE_MICROSCOPY_IMAGE_STORAGE) {
        return Ok(None);
    }
    let side = |name| values.integer(name).and_then(|side| u32::try_from(side).ok()).filter(|side| *side > 0);
    let sides = (side(tags::TOTAL_PIXEL_MATRIX_COLUMNS), side(tags::TOTAL_PIXEL_MATRIX_ROWS));
    let (Some(columns), Some(rows)) = sides else { return Ok(None) };
    within("a side of the slide", columns.max(rows), limits.slide)?;
    Ok(Some((columns, rows)))
}

impl Tiling {
    /// Reads how frames make up a slide; none where they do not.
    ///
    /// # Errors
    /// Words where a tile does not say where it lies, or the first plane is not whole.
    pub fn read(
        outline: &Outline,
        source: &mut dyn Source,
        values: &header::Values,
        limits: &Limits,
    ) -> Result<Option<Self>, Fault> {
        let Some((columns, rows)) = size(values, limits)? else { return Ok(None) };
        let raster = Raster::read(values, limits)?;
        let tile = (raster.columns, raster.rows);
        let (across, down) = (columns.div_ceil(tile.0), rows.div_ceil(tile.1));
        let count = u64::from(across) * u64::from(down);
        within("the number of tiles", count, limits.frames)?;
        let full = match values.code(tags::DIMENSION_ORGANIZATION_TYPE).as_deref() {
            Some("TILED_FULL") => true,
            Some(_) => false,
            // Files from before there was such a word say where each tile lies, or have as many as it takes.
            None => outline.frames.is_empty(),
        };
        let tiles: Vec<Tile> = if full {
            if u64::from(raster.frames) < count {
                return Err(Fault::broken("the slide has fewer tiles than its size needs"));
            }
            let place =
                |frame: u32| Tile { left: frame % across * tile.0, top: frame / across * tile.1, frame };
            (0..count as u32).map(place).collect()
        } else {
            sparse(outline, source, raster.frames, limits)?
        };
        let mut places = HashSet::new();
        let mut tiles = tiles;
        // At a place that has several tiles, the first is of the first plane.
        tiles.retain(|tile| tile.left < columns && tile.top < rows && places.insert((tile.left, tile.top)));
        if tiles.is_empty() {
            return Err(Fault::broken("no tile lies within the slide"));
        }
        let planes = raster.frames.div_ceil(tiles.len() as u32);
        Ok(Some(Tiling { columns, rows, tile, tiles, planes }))
    }

    /// Gives the columns and rows of the whole slide.
    pub fn sides(&self) -> (u32, u32) {
        (self.columns, self.rows)
    }

    /// Gives the part of a tile that lies in the slide.
    fn area(&self, tile: &Tile) -> [u32; 4] {
        let end = |from: u32, side: u32, most: u32| from.saturating_add(side).min(most);
        [
            tile.left,
            tile.top,
            end(tile.left, self.tile.0, self.columns),
            end(tile.top, self.tile.1, self.rows),
        ]
    }

    /// Gives which tiles are decoded for a part, each with the area for which it stands, and how many stand side by side for
    /// one.
    fn chosen(&self, part: [u32; 4], most: u64) -> (u32, Vec<(Tile, [u32; 4])>) {
        let met: Vec<&Tile> =
            self.tiles.iter().filter(|tile| overlap(self.area(tile), part).is_some()).collect();
        let pixels = u64::from(self.tile.0) * u64::from(self.tile.1);
        let fits = |count: usize| count as u64 * pixels <= most || count <= 1;
        if fits(met.len()) {
            return (1, met.into_iter().map(|tile| (*tile, self.area(tile))).collect());
        }
        let mut every = 2;
        loop {
            let (width, height) = (self.tile.0.saturating_mul(every), self.tile.1.saturating_mul(every));
            let mut squares = BTreeMap::new();
            for tile in &met {
                squares.entry((tile.top / height, tile.left / width)).or_insert(**tile);
            }
            if fits(squares.len()) {
                let area = |row: u32, column: u32| {
                    let (left, top) = (column * width, row * height);
                    let end = |from: u32, side: u32, most: u32| from.saturating_add(side).min(most);
                    [left, top, end(left, width, self.columns), end(top, height, self.rows)]
                };
                let squares = squares.into_iter();
                return (every, squares.map(|((row, column), tile)| (tile, area(row, column))).collect());
            }
            every += 1;
        }
    }
}

/// Reads where each tile lies: places count from 1.
fn sparse(
    outline: &Outline,
    source: &mut dyn Source,
    frames: u32,
    limits: &Limits,
) -> Result<Vec<Tile>, Fault> {
    let silent = || Fault::broken("a tile of the slide does not say where it lies");
    if outline.frames.len() != frames as usize {
        return Err(silent());
    }
    let mut tiles = Vec::with_capacity(frames as usize);
    for (frame, range) in (0..).zip(&outline.frames) {
        let groups = group(range, outline.encoding, source, limits)?.ok_or_else(silent)?;
        let place = |name| {
            let item = groups.get(tags::PLANE_POSITION_SLIDE_SEQUENCE)?.items()?.first()?;
            u32::try_from(item.get(name)?.to_int::<i64>().ok()?.checked_sub(1)?).ok()
        };
        let left = place(tags::COLUMN_POSITION_IN_TOTAL_IMAGE_PIXEL_MATRIX).ok_or_else(silent)?;
        let top = place(tags::ROW_POSITION_IN_TOTAL_IMAGE_PIXEL_MATRIX).ok_or_else(silent)?;
        tiles.push(Tile { left, top, frame });
    }
    Ok(tiles)
}

/// Gives what two rectangles share; none where that is nothing.
fn overlap(a: [u32; 4], b: [u32; 4]) -> Option<[u32; 4]> {
    let both = [a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])];
    (both[0] < both[2] && both[1] < both[3]).then_some(both)
}

/// A stretch of values, and of the pixels that they stand for.
struct Stretch {
    from: u32,
    to: u32,
    pixels: (f64, f64),
}

/// Gives the values whose centres lie between two pixels of a stretch that has `values` for the pixels from `low` to `high`.
fn stretch((low, high): (u32, u32), values: u32, (from, to): (u32, u32)) -> Option<Stretch> {
    let step = f64::from(high - low) / f64::from(values.max(1));
    let first =
        |pixel: u32| ((f64::from(pixel) - f64::from(low)) / step - 0.5).ceil().clamp(0.0, values.into());
    let (first, last) = (first(from) as u32, first(to) as u32);
    let pixel = |value: u32| f64::from(low) + f64::from(value) * step;
    (first < last).then(|| Stretch { from: first, to: last, pixels: (pixel(first), pixel(last)) })
}

/// Decodes of a slide what is needed.
pub(super) fn frame(file: &mut Opened, number: u32, need: &Need, limits: &Limits) -> Result<Frame, Fault> {
    let Some(tiling) = file.tiling.take() else { return Err(Fault::broken("the frames are no tiles")) };
    let made = if number == 0 {
        view(file, &tiling, need, limits)
    } else {
        Err(Fault::new(FaultKind::NoFrame, "a slide has one frame, number 0"))
    };
    file.tiling = Some(tiling);
    made
}

fn view(file: &mut Opened, tiling: &Tiling, need: &Need, limits: &Limits) -> Result<Frame, Fault> {
    let Tiling { columns, rows, .. } = *tiling;
    let small = u64::from(columns) * u64::from(rows) <= view::SMALL;
    let (region, room) = if small { (None, None) } else { (need.region, need.room) };
    let part = frame::part(region, columns, rows);
    let (width, height) = frame::needed(part, file.values.1.aspect(), room);
    let (every, chosen) = tiling.chosen(part, limits.tiles);
    let mut whole: Option<Frame> = None;
    let (mut missing, mut why) = (0_u32, None);
    // The first of those that lie on each other comes last, above the others.
    for (tile, area) in chosen.iter().rev() {
        let Some(area) = overlap(*area, part) else { continue };
        let across = stretch((part[0], part[2]), width, (area[0], area[2]));
        let down = stretch((part[1], part[3]), height, (area[1], area[3]));
        let (Some(across), Some(down)) = (across, down) else { continue };
        let piece = if every > 1 {
            mean(file, tiling, tile, limits)
        } else {
            piece(file, tiling, tile, (&across, &down), limits)
        };
        // One that is damaged takes nothing from the others; it is told, so that its blank place is no finding.
        let piece = match piece {
            Ok(piece) => piece,
            Err(fault) => {
                missing += 1;
                why = Some(fault);
                continue;
            }
        };
        let whole = match &mut whole {
            Some(whole) => whole,
            None => {
                let size = u64::from(width) * u64::from(height) * piece.values.width();
                within("the picture", size, limits.frame)?;
                whole.insert(blank(&piece, (width, height)))
            }
        };
        paint(whole, &piece, &across, &down)?;
    }
    let mut whole = match whole {
        Some(whole) => whole,
        None if missing > 0 => return Err(why.unwrap_or_else(|| Fault::broken("no tile can be decoded"))),
        // Nothing lies here, and any tile tells what kind of nothing.
        None => {
            let tile = tiling.tiles.first().ok_or_else(|| Fault::broken("the slide has no tiles"))?;
            blank(&mean(file, tiling, tile, limits)?, (width, height))
        }
    };
    if let Some(tones) = whole.tones.as_mut().filter(|tones| unlit(tones)) {
        tones.range = range(file, tiling, limits)?;
    }
    let slide = Some(Slide { planes: tiling.planes, every, missing });
    Ok(Frame { rows, columns, frames: 1, slide, part, ..whole })
}

/// Says whether a file has neither window nor table.
fn unlit(tones: &Tones) -> bool {
    tones.windows.is_empty() && tones.table.is_none()
}

/// Gives the lowest and the highest value of tiles from all over the slide, whatever part of it is seen.
fn range(file: &mut Opened, tiling: &Tiling, limits: &Limits) -> Result<(f64, f64), Fault> {
    if let Some(range) = file.of_slide {
        return Ok(range);
    }
    let mut range = (f64::MAX, f64::MIN);
    for tile in tiling.tiles.iter().step_by(tiling.tiles.len().div_ceil(RANGED)) {
        let tones = mean(file, tiling, tile, limits)?.tones;
        range = tones.map_or(range, |tones| (range.0.min(tones.range.0), range.1.max(tones.range.1)));
    }
    file.of_slide = Some(range);
    Ok(range)
}

/// Decodes a tile to a single value.
fn mean(file: &mut Opened, tiling: &Tiling, tile: &Tile, limits: &Limits) -> Result<Frame, Fault> {
    let [left, top, right, bottom] = tiling.area(tile);
    view::part_of(file, tile.frame, [0, 0, right - left, bottom - top], (1, 1), limits)
}

/// Decodes of a tile the values of some stretches of the view.
fn piece(
    file: &mut Opened,
    tiling: &Tiling,
    tile: &Tile,
    (across, down): (&Stretch, &Stretch),
    limits: &Limits,
) -> Result<Frame, Fault> {
    let [left, top, right, bottom] = tiling.area(tile);
    let whole = [0, 0, right - left, bottom - top];
    // Twice as many values as are needed: they are filtered again, to where the view has them.
    let enough = |stretch: &Stretch, side: u32| {
        let step = (stretch.pixels.1 - stretch.pixels.0) / f64::from(stretch.to - stretch.from);
        ((f64::from(side) / step * 2.0).ceil() as u32).clamp(1, side)
    };
    let size = (enough(across, whole[2]), enough(down, whole[3]));
    let decoded = view::part_of(file, tile.frame, whole, size, limits)?;
    let place = |stretch: &Stretch, from: u32, side: u32, values: u32| {
        let scale = f64::from(values) / f64::from(side);
        ((stretch.pixels.0 - f64::from(from)) * scale, (stretch.pixels.1 - f64::from(from)) * scale)
    };
    let across_there = place(across, left, whole[2], size.0);
    let down_there = place(down, top, whole[3], size.1);
    let (width, height) = (across.to - across.from, down.to - down.from);
    let whole_way = |way: (f64, f64), values: u32| way == (0.0, f64::from(values));
    if size == (width, height) && whole_way(across_there, width) && whole_way(down_there, height) {
        return Ok(decoded);
    }
    Ok(decoded.resampled(whole, across_there, down_there, width, height))
}

/// Gives a view on which nothing is painted yet, of values like those of a piece.
fn blank(piece: &Frame, (width, height): (u32, u32)) -> Frame {
    let count = width as usize * height as usize;
    let mut tones = piece.tones.clone();
    let values = match &piece.values {
        Values::Colours(_) => Values::Colours(vec![255; count * 3]),
        Values::Wide(_) => Values::Wide(vec![0.0; count]),
        _ => {
            if let Some(tones) = &mut tones {
                tones.fraction = 16_u32.saturating_sub(tones.bits);
            }
            Values::Counts(vec![0; count])
        }
    };
    Frame { width, height, tones, values, about: piece.about.clone(), marks: None, ..*piece }
}

/// Paints a piece over the stretches for which it was made: value by value, or one value over all.
fn paint(whole: &mut Frame, piece: &Frame, across: &Stretch, down: &Stretch) -> Result<(), Fault> {
    let line = whole.width as usize;
    let place = |row: u32| row as usize * line + across.from as usize;
    let width = (across.to - across.from) as usize;
    let single = (piece.width, piece.height) == (1, 1);
    let fits = single || (piece.width as usize == width && piece.height == down.to - down.from);
    let shift = |frame: &Frame| frame.tones.as_ref().map_or(0, |tones| tones.fraction);
    let shift = shift(whole).saturating_sub(shift(piece));
    let unlike = || Fault::broken("the tiles of the slide are not of one kind");
    if !fits {
        return Err(unlike());
    }
    for (n, row) in (down.from..down.to).enumerate() {
        let source = if single { 0 } else { n * width };
        let copied = match (&mut whole.values, &piece.values) {
            (Values::Colours(to), Values::Colours(from)) => copy(
                to,
                place(row) * 3,
                from,
                source * 3,
                (width * 3, if single { 3 } else { width * 3 }),
                |v| v,
            ),
            (Values::Counts(to), Values::Counts(from)) => {
                copy(to, place(row), from, source, (width, if single { 1 } else { width }), |v| v << shift)
            }
            (Values::Wide(to), Values::Wide(from)) => {
                copy(to, place(row), from, source, (width, if single { 1 } else { width }), |v| v)
            }
            _ => None,
        };
        copied.ok_or_else(unlike)?;
    }
    Ok(())
}

/// Copies values from one place to another, over and over where there are fewer than are needed.
fn copy<T: Copy>(
    to: &mut [T],
    at: usize,
    from: &[T],
    source: usize,
    (needed, there): (usize, usize),
    of: impl Fn(T) -> T,
) -> Option<()> {
    let from = from.get(source..source + there)?;
    let to = to.get_mut(at..at + needed)?;
    to.iter_mut().zip(from.iter().cycle()).for_each(|(to, from)| *to = of(*from));
    Some(())
}

#[cfg(test)]
mod tests;
