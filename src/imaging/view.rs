//! From the samples of a frame to what a view needs of them.

use std::fs::File;
use std::rc::Rc;

use super::about::About;
use super::colours::{colour, palette};
use super::fault::Fault;
use super::frame::{self, Frame, Need, Tones, Values};
use super::header;
use super::light::{self, Modality};
use super::limits::{Limits, within};
use super::opened::Opened;
use super::overlay;
use super::pixels::{self, Which};
use super::raster::{Colour, Raster};
use super::samples::Samples;
use super::still::{self, Kind};
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
    let (part, size) = needed(&stored, need, file.values.1.aspect());
    bounded(part_of(file, number, part, size, limits)?, need, limits)
}

/// Decodes of one frame of a picture that is no DICOM file what is needed.
///
/// # Errors
/// Words where there is no such frame, too few bytes, or something that cannot be decoded.
pub(super) fn still(
    kind: Kind,
    file: &mut File,
    number: u32,
    need: &Need,
    limits: &Limits,
) -> Result<Frame, Fault> {
    let values = header::Values::none();
    let stored = still::raster(kind, file, limits)?;
    let (part, size) = needed(&stored, need, values.aspect());
    let mut lossy = false;
    let decode = |_: [u32; 4], _: Option<(u32, u32)>| {
        let (samples, lost) = still::samples(kind, file, number, limits)?;
        lossy = lost;
        Ok(Rc::new(samples))
    };
    let (frame, ..) = made(&stored, &values, (part, size), None, decode)?;
    let mut frame = Frame { lossy, ..frame };
    if let Some(tones) = frame.tones.as_mut().filter(|tones| tones.bits <= 8) {
        // Whoever wrote 8 bits meant them to be seen as they are.
        tones.range = (0.0, 255.0);
    }
    bounded(frame, need, limits)
}

/// Gives the part that is decoded for a view, and how many values of it are enough.
fn needed(stored: &Raster, need: &Need, aspect: f64) -> ([u32; 4], (u32, u32)) {
    let small = stored.pixels() <= SMALL;
    let (region, room) = if small { (None, None) } else { (need.region, need.room) };
    let part = frame::part(region, stored.columns, stored.rows);
    (part, frame::needed(part, aspect, room))
}

/// Decodes a part of one stored frame, at a size of at most as many values as there are.
pub(super) fn part_of(
    file: &mut Opened,
    number: u32,
    part: [u32; 4],
    size: (u32, u32),
    limits: &Limits,
) -> Result<Frame, Fault> {
    file.values(number, limits)?;
    let Opened { outline, source, values: (_, values), kept, spread: known, .. } = file;
    let (source, values) = (&mut **source, &*values);
    let stored = Raster::read(values, limits)?;
    let before = known.filter(|(of, _)| *of == number).map(|(_, spread)| spread);
    let decode = |part, enough| {
        let which = Which { number, part, enough };
        pixels::samples(outline, source, values, kept, which, limits)
    };
    let (frame, spread, samples) = made(&stored, values, (part, size), before, decode)?;
    *known = spread.map(|spread| (number, spread));
    let mut frame = Frame { lossy: pixels::lossy(outline, values), ..frame };
    frame.marks = overlay::marks(outline, source, values, &samples, number, &frame, limits)?;
    Ok(frame)
}

/// Makes a frame of what is decoded of a part: as much as is said to be enough, or all. Gives it with the spread of the whole
/// frame's values, as far as it is known or needed.
fn made(
    stored: &Raster,
    values: &header::Values,
    (part, (width, height)): ([u32; 4], (u32, u32)),
    known: Option<Spread>,
    mut decode: impl FnMut([u32; 4], Option<(u32, u32)>) -> Result<Rc<Samples>, Fault>,
) -> Result<(Frame, Option<Spread>, Rc<Samples>), Fault> {
    let modality = Modality::read(values, stored)?;
    // Places in a table have no mean, so that no lower resolution of them is any good.
    let averaged = stored.colour != Colour::Palette && !matches!(modality, Modality::Table(_));
    let samples = decode(part, averaged.then_some((width, height)))?;
    let (tones, pixels, covered) = parts(&samples, values, &modality, part)?;
    let raster = &samples.raster;
    let mut frame = Frame {
        rows: stored.rows,
        columns: stored.columns,
        frames: stored.frames,
        aspect: values.aspect(),
        lossy: false,
        about: About::read(values),
        slide: None,
        part: covered,
        width: if covered == samples.part { raster.columns } else { covered[2] - covered[0] },
        height: if covered == samples.part { raster.rows } else { covered[3] - covered[1] },
        tones,
        values: pixels,
        marks: None,
    };
    let mut found = None;
    if let Some(tones) = &mut frame.tones {
        let whole = [0, 0, stored.columns, stored.rows];
        let silent = tones.windows.is_empty() && tones.table.is_none();
        found = if known.is_some() {
            known
        } else if samples.halvings == 0 && samples.part == whole {
            Some(spread(&samples, values, &modality))
        } else if silent {
            // The range is the same whatever part is seen: that of the whole frame at the resolution of a small one.
            let side = f64::from(stored.columns.max(stored.rows)) / 1024.0;
            let (width, height) = (f64::from(stored.columns) / side, f64::from(stored.rows) / side);
            Some(spread(&*decode(whole, Some((width as u32, height as u32)))?, values, &modality))
        } else {
            None
        };
        if let Some((range, percentiles)) = found {
            tones.range = range;
            tones.percentiles = percentiles;
        }
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
    Ok((frame, found, samples))
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

/// Lowest and highest value.
pub(super) type Range = (f64, f64);

/// The range of a frame's values, and their percentiles.
pub(super) type Spread = (Range, Option<Range>);

/// Gives the range of a frame's values and their first and 99th percentile where these differ, padding left out.
fn spread(samples: &Samples, values: &header::Values, modality: &Modality) -> Spread {
    let padding = light::padding(values, &samples.raster);
    let measured =
        |stored: f64| padding.is_none_or(|(low, high)| stored < low as f64 || stored > high as f64);
    if !samples.narrow() {
        let wide = || samples.wide().filter(|value| measured(*value)).map(|value| modality.apply(value));
        let mut sorted: Vec<f64> = wide().filter(|value| value.is_finite()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        return (extent(wide()), percentiles(sorted.into_iter().map(|value| (value, 1))));
    }
    let counts = samples.histogram();
    let stored = (0_u64..).zip(&counts).filter(|(_, n)| **n > 0);
    let stored = stored.map(|(code, n)| (samples.stored(code), u64::from(*n)));
    let all: Vec<(f64, u64)> = stored.collect();
    let mut kept: Vec<(f64, u64)> = all.iter().copied().filter(|(value, _)| measured(*value)).collect();
    // Where there is nothing but padding, that is what is shown.
    let shown = if kept.is_empty() { &all } else { &kept };
    let range = extent(shown.iter().map(|(value, _)| modality.apply(*value)));
    kept.iter_mut().for_each(|(value, _)| *value = modality.apply(*value));
    kept.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    (range, percentiles(kept.into_iter()))
}

/// Gives the first and the 99th percentile of values in their order, each with how often it occurs: the lowest value that at
/// least so many hundredths of all do not exceed (the inverse of the empirical distribution function).
fn percentiles(values: impl ExactSizeIterator<Item = (f64, u64)> + Clone) -> Option<Range> {
    let total: u64 = values.clone().map(|(_, count)| count).sum();
    let at = |share: u64| {
        let wanted = (total * share).div_ceil(100);
        let mut sum = 0;
        values.clone().find_map(|(value, count)| {
            sum += count;
            (sum >= wanted).then_some(value)
        })
    };
    at(1).zip(at(99)).filter(|(low, high)| low < high)
}

/// Gives the lowest and the highest finite value; turned round where there is none.
fn extent(values: impl Iterator<Item = f64>) -> Range {
    values
        .filter(|value| value.is_finite())
        .fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)))
}
