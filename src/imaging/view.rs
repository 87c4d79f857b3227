//! From the samples of a frame to what a view needs of them.

use super::colours::{colour, palette};
use super::fault::Fault;
use super::frame::{self, Frame, Need, Tones, Values};
use super::header;
use super::light::{self, Modality};
use super::limits::{Limits, within};
use super::opened::Opened;
use super::pixels::{self, Which};
use super::raster::{Colour, Raster};
use super::samples::Samples;
use super::tiles;

/// A frame of at most as many pixels goes to the parent whole, so that no further view of it is decoded.
pub(super) const SMALL: u64 = 1 << 20;

/// Decodes of one frame what is needed.
///
/// # Errors
/// Words where there are no pixels, no such frame, too few bytes, or a way of packing that cannot be decoded.
pub(super) fn frame(file: &mut Opened, number: u32, need: &Need, limits: &Limits) -> Result<Frame, Fault> {
    pixels::span(&file.outline)?;
    if file.tiling.is_some() {
        return bounded(tiles::frame(file, number, need, limits)?, need, limits);
    }
    let stored = Raster::read(file.values(number, limits)?, limits)?;
    let small = stored.pixels() <= SMALL;
    let (region, room) = if small { (None, None) } else { (need.region, need.room) };
    let part = frame::part(region, stored.columns, stored.rows);
    let size = frame::needed(part, file.values.1.aspect(), room);
    bounded(part_of(file, number, part, size, limits)?, need, limits)
}

/// Decodes a part of one stored frame, at a size of at most as many values as there are.
pub(super) fn part_of(
    file: &mut Opened,
    number: u32,
    part: [u32; 4],
    (width, height): (u32, u32),
    limits: &Limits,
) -> Result<Frame, Fault> {
    file.values(number, limits)?;
    let Opened { outline, source, values: (_, values), kept, range: known, .. } = file;
    let (source, values) = (&mut **source, &*values);
    let stored = Raster::read(values, limits)?;
    let aspect = values.aspect();
    let modality = Modality::read(values, &stored);
    // Places in a table have no mean, so that no lower resolution of them is any good.
    let averaged = stored.colour != Colour::Palette && !matches!(modality, Modality::Table(_));
    let which = Which { number, part, enough: averaged.then_some((width, height)) };
    let samples = pixels::samples(outline, source, values, kept, which, limits)?;
    let (tones, pixels, covered) = parts(&samples, values, &modality, part)?;
    let raster = &samples.raster;
    let mut frame = Frame {
        rows: stored.rows,
        columns: stored.columns,
        frames: stored.frames,
        aspect,
        lossy: pixels::lossy(outline, values),
        slide: None,
        part: covered,
        width: if covered == samples.part { raster.columns } else { covered[2] - covered[0] },
        height: if covered == samples.part { raster.rows } else { covered[3] - covered[1] },
        tones,
        values: pixels,
    };
    if let Some(tones) =
        frame.tones.as_mut().filter(|tones| tones.windows.is_empty() && tones.table.is_none())
    {
        let whole = [0, 0, stored.columns, stored.rows];
        tones.range = if let Some((_, range)) = known.filter(|(of, _)| *of == number) {
            range
        } else if samples.halvings == 0 && samples.part == whole {
            range(&samples, values, &modality)
        } else {
            // The range is the same whatever part is seen: that of the whole frame at the resolution of a small one.
            let side = f64::from(stored.columns.max(stored.rows)) / 1024.0;
            let (width, height) = (f64::from(stored.columns) / side, f64::from(stored.rows) / side);
            let which = Which { number, part: whole, enough: Some((width as u32, height as u32)) };
            let samples = pixels::samples(outline, source, values, kept, which, limits)?;
            range(&samples, values, &modality)
        };
        *known = Some((number, tones.range));
    }
    if samples.halvings > 0 {
        // A sample of a lower resolution lies where the first of those that it stands for lies, not amid them.
        let place = |at: u32, from: u32| {
            (f64::from(at) - f64::from(from) - 0.5) / f64::from(1_u32 << samples.halvings) + 0.5
        };
        let across = (place(part[0], covered[0]), place(part[2], covered[0]));
        let down = (place(part[1], covered[1]), place(part[3], covered[1]));
        frame = frame.resampled(part, across, down, width, height);
    } else if (covered, frame.width, frame.height) != (part, width, height) {
        frame = frame.reduced(part, width, height);
    }
    Ok(frame)
}

/// Gives the values at the resolution that was decoded, and the part of the frame that they cover.
fn parts(
    samples: &Samples,
    values: &header::Values,
    modality: &Modality,
    part: [u32; 4],
) -> Result<(Option<Tones>, Values, [u32; 4]), Fault> {
    let raster = &samples.raster;
    let here = [0, 0, raster.columns, raster.rows];
    let gray = matches!(raster.colour, Colour::Gray | Colour::Inverted);
    let (tones, pixels, covered) = if gray && samples.narrow() {
        let covered = if samples.halvings == 0 { part } else { samples.part };
        let [left, top, ..] = samples.part;
        let inside = match samples.halvings {
            0 => [part[0] - left, part[1] - top, part[2] - left, part[3] - top],
            _ => here,
        };
        let mut counts = samples.counted(inside);
        if let Modality::Table(table) = modality {
            let lowest = f64::from(samples.lowest());
            let entries: Vec<u16> =
                (0..=u16::MAX).map(|count| table.entry(f64::from(count) + lowest)).collect();
            for count in &mut counts {
                *count = entries.get(usize::from(*count)).copied().unwrap_or_default();
            }
        }
        let tones = light::tones(values, raster, modality, samples.lowest(), true);
        (Some(tones), Values::Counts(counts), covered)
    } else if gray {
        let wide = samples.wide().map(|value| modality.apply(value)).collect();
        (Some(light::tones(values, raster, modality, 0, false)), Values::Wide(wide), samples.part)
    } else if raster.colour == Colour::Palette {
        (None, Values::Colours(palette(samples, values)?), samples.part)
    } else {
        (None, Values::Colours(colour(samples)), samples.part)
    };
    let count = match &pixels {
        Values::Counts(counts) => counts.len(),
        Values::Wide(wide) => wide.len(),
        Values::Colours(bytes) | Values::Grays { grays: bytes, .. } => bytes.len() / 3,
    };
    let expected = match covered == samples.part {
        true => raster.pixels(),
        false => u64::from(covered[2] - covered[0]) * u64::from(covered[3] - covered[1]),
    };
    if count as u64 == expected {
        Ok((tones, pixels, covered))
    } else {
        Err(Fault::broken("there are fewer pixels than the header says"))
    }
}

/// Gives grays instead of values where the parent may not take so many of these.
fn bounded(frame: Frame, need: &Need, limits: &Limits) -> Result<Frame, Fault> {
    if frame.tones.is_none() || frame.size() <= limits.values {
        within("the 8-bit picture", frame.size(), limits.picture)?;
        return Ok(frame);
    }
    let (picture, used, toning) = frame.toned(need.window);
    let values = Values::Grays { asked: need.window, used, toning, grays: picture.pixels };
    let frame = Frame { values, tones: None, ..frame };
    within("the 8-bit picture", frame.size(), limits.picture)?;
    Ok(frame)
}

/// Gives the lowest and the highest value of a frame, padding left out.
fn range(samples: &Samples, values: &header::Values, modality: &Modality) -> (f64, f64) {
    let padding = light::padding(values, &samples.raster);
    let measured =
        |stored: f64| padding.is_none_or(|(low, high)| stored < low as f64 || stored > high as f64);
    if !samples.narrow() {
        return extent(samples.wide().filter(|value| measured(*value)).map(|value| modality.apply(value)));
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
}

/// Gives the lowest and the highest finite value; turned round where there is none.
fn extent(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values
        .filter(|value| value.is_finite())
        .fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)))
}
