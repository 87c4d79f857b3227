//! From the samples of a frame to what a view needs of them.

use std::fs::File;

use super::about::About;
use super::colours::{colour, palette};
use super::fault::Fault;
use super::frame::{self, Frame, Need, Tones, Values};
use super::header;
use super::light::{self, Modality};
use super::limits::{Limits, within};
use super::open::Source;
use super::overlay;
use super::pixels::{self, Enough, Which};
use super::prescan::Outline;
use super::raster::{Colour, Raster};
use super::samples::Samples;
use super::still::{self, Kind};

/// A frame of at most as many pixels goes to the parent whole, so that no further view of it is decoded.
const SMALL: u64 = 1 << 20;

/// Decodes of one frame what is needed.
///
/// # Errors
/// Words where there are no pixels, no such frame, too few bytes, or a way of packing that cannot be decoded.
pub(super) fn frame(
    outline: &Outline,
    source: &mut dyn Source,
    values: &header::Values,
    number: u32,
    need: &Need,
    limits: &Limits,
) -> Result<Frame, Fault> {
    pixels::span(outline)?;
    let stored = Raster::read(values, limits)?;
    let decode = |enough| pixels::samples(outline, source, values, Which { number, enough }, limits);
    let (mut frame, samples) = made(&stored, values, need, decode)?;
    frame.marks = overlay::marks(outline, source, values, &samples, number, &frame, limits)?;
    bounded(frame, need, limits)
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
    let stored = still::raster(kind, file, limits)?;
    let decode = |_| still::samples(kind, file, number, limits);
    let (mut frame, _) = made(&stored, &header::Values::none(), need, decode)?;
    if let Some(tones) = frame.tones.as_mut().filter(|tones| tones.bits <= 8) {
        // Whoever wrote 8 bits meant them to be seen as they are.
        tones.range = (0.0, 255.0);
    }
    bounded(frame, need, limits)
}

/// Makes a frame of what is decoded: as much as is said to be enough, or all.
fn made(
    stored: &Raster,
    values: &header::Values,
    need: &Need,
    mut decode: impl FnMut(Option<Enough>) -> Result<(Samples, bool), Fault>,
) -> Result<(Frame, Samples), Fault> {
    let small = stored.pixels() <= SMALL;
    let (region, room) = if small { (None, None) } else { (need.region, need.room) };
    let aspect = values.aspect();
    let part = frame::part(region, stored.columns, stored.rows);
    let (width, height) = frame::needed(part, aspect, room);
    let modality = Modality::read(values, stored)?;
    // Places in a table have no mean, so that no lower resolution of them is any good.
    let averaged = stored.colour != Colour::Palette && !matches!(modality, Modality::Table(_));
    let enough = averaged.then_some(Enough { part, width, height });
    let (samples, lossy) = decode(enough)?;
    let (tones, pixels, covered) = parts(&samples, values, &modality, part)?;
    let raster = &samples.raster;
    let mut frame = Frame {
        rows: stored.rows,
        columns: stored.columns,
        frames: stored.frames,
        aspect,
        lossy,
        about: About::read(values),
        part: covered,
        width: if covered == samples.part { raster.columns } else { covered[2] - covered[0] },
        height: if covered == samples.part { raster.rows } else { covered[3] - covered[1] },
        tones,
        values: pixels,
        marks: None,
    };
    if let Some(tones) = &mut frame.tones {
        let whole = [0, 0, stored.columns, stored.rows];
        let silent = tones.windows.is_empty() && tones.table.is_none();
        let spread = if samples.halvings == 0 && samples.part == whole {
            Some(spread(&samples, values, &modality))
        } else if silent {
            // The range is the same whatever part is seen: that of the whole frame at the resolution of a small one.
            let side = f64::from(stored.columns.max(stored.rows)) / 1024.0;
            let (width, height) = (f64::from(stored.columns) / side, f64::from(stored.rows) / side);
            let enough = Enough { part: whole, width: width as u32, height: height as u32 };
            let (samples, _) = decode(Some(enough))?;
            Some(spread(&samples, values, &modality))
        } else {
            None
        };
        if let Some((range, percentiles)) = spread {
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
    Ok((frame, samples))
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
type Range = (f64, f64);

/// Gives the range of a frame's values and their first and 99th percentile where these differ, padding left out.
fn spread(samples: &Samples, values: &header::Values, modality: &Modality) -> (Range, Option<Range>) {
    let padding = light::padding(values, &samples.raster);
    let measured =
        |stored: f64| padding.is_none_or(|(low, high)| stored < low as f64 || stored > high as f64);
    if !samples.narrow() {
        let wide = || samples.wide().filter(|value| measured(*value)).map(|value| modality.apply(value));
        let mut sorted: Vec<f64> = wide().filter(|value| value.is_finite()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        return (extent(wide()), percentiles(sorted.into_iter().map(|value| (value, 1))));
    }
    let mut counts = vec![0_u64; 65_536];
    for code in samples.codes() {
        if let Some(count) = counts.get_mut(usize::from(code)) {
            *count += 1;
        }
    }
    let stored = (0_u64..).zip(&counts).filter(|(_, n)| **n > 0).map(|(code, n)| (samples.stored(code), *n));
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
