//! A frame as it goes from the child to the parent: stored values of the part and at the size that a view needs, with all that
//! makes grays of them. So a window moves without anything being decoded.
//!
//! Where a picture shrinks, the values are averaged before the window, at full accuracy where it does not. This differs from
//! the reverse only where a pixel's area holds values on both sides of an end of the window (`tests/it/pictures.rs` bounds it).

use serde::{Deserialize, Serialize};

use super::about::About;
use super::light::{self, Table};
use super::marks::Marks;
use super::picture::{self, Picture, Room};
use super::resample::{resample, taps};
use super::window::{Curve, Window};
use crate::domain::text::Safe;

/// A rectangle of the stored matrix in continuous pixel coordinates: left, top, right, bottom.
pub type Region = [f64; 4];

/// What is needed of a frame. The default is all of it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Need {
    /// The id of the image that the file has to hold; none for whatever it holds.
    #[serde(default)]
    pub image: Option<String>,
    /// None for the whole frame.
    #[serde(default)]
    pub region: Option<Region>,
    /// The pixels that the region has to fit into; none for as many as are stored.
    #[serde(default)]
    pub room: Option<Room>,
    /// Only heeded where the values would be too large for the parent, and grays come instead.
    #[serde(default)]
    pub window: Option<Window>,
}

/// Where the grays of a picture come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Toning {
    /// The window asked for.
    Asked,
    /// The window in the file.
    File,
    /// The lookup table in the file.
    Table,
    /// The lowest and highest value of the frame, padding left out.
    Range,
    /// All but the lowest and the highest hundredth of the frame's values, padding left out.
    Percentiles,
    /// Colours as stored.
    Colour,
}

/// What makes grays of values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tones {
    /// What a count of 0 stands for.
    pub(super) lowest: i32,
    /// Bits of a value at most.
    pub(super) bits: u32,
    /// How many of a count's lowest bits are behind the point: averages lie between whole numbers.
    pub(super) fraction: u32,
    /// From stored values to those of which windows speak.
    pub(super) slope: f64,
    pub(super) intercept: f64,
    /// Whether low values are white.
    pub(super) inverted: bool,
    /// Those of the file, the first to be shown first.
    pub(super) windows: Vec<Window>,
    /// What each of them is for, as the file has it, where it says so.
    pub(super) names: Vec<Option<String>>,
    pub(super) curve: Curve,
    /// The table of the file; its entries follow the values.
    pub(super) table: Option<Table>,
    /// The lowest and the highest value of the whole frame, where the file has neither window nor table.
    pub(super) range: (f64, f64),
    /// The first and the 99th percentile of the whole frame's values, padding left out, where they are known and differ.
    pub(super) percentiles: Option<(f64, f64)>,
    /// Whether the percentiles are what is shown where the file says nothing.
    pub(super) by_percentiles: bool,
}

/// A window that has a name.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedWindow {
    pub name: Safe,
    pub window: Window,
}

/// What the window of the percentiles is called.
pub const PERCENTILES: &str = "percentiles 1-99";

/// How many bytes a value takes, and what it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Values {
    /// Counts from the lowest value on.
    Counts(#[serde(skip)] Vec<u16>),
    /// Values of which windows speak.
    Wide(#[serde(skip)] Vec<f64>),
    /// Red, green, blue.
    Colours(#[serde(skip)] Vec<u8>),
    /// Grays through the window that was asked for: more values than the parent may take.
    Grays {
        asked: Option<Window>,
        used: Option<Window>,
        toning: Toning,
        #[serde(skip)]
        grays: Vec<u8>,
    },
}

impl Values {
    /// Bytes of a pixel.
    pub fn width(&self) -> u64 {
        match self {
            Values::Counts(_) => 2,
            Values::Wide(_) => 8,
            Values::Colours(_) => 3,
            Values::Grays { .. } => 1,
        }
    }
}

/// How a slide is shown that is stored in tiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slide {
    /// Planes, by focus and light, of which the first is shown.
    pub planes: u32,
    /// 1 where all tiles were decoded; else one tile stands, by its mean, for a square of so many on a side.
    pub every: u32,
    /// Tiles of this view that can't be decoded: their places are left blank.
    #[serde(default)]
    pub missing: u32,
}

/// One frame, or what is needed of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Of the whole frame as it is stored.
    pub rows: u32,
    pub columns: u32,
    /// How many frames the image has.
    pub frames: u32,
    /// Height of a pixel over its width; 1 where the file does not say.
    pub aspect: f64,
    /// Whether the image has lost detail to compression at any time, as far as the file tells.
    pub lossy: bool,
    #[serde(default)]
    pub about: About,
    /// What is true of a slide whose stored frames are tiles; `rows` and `columns` are those of the whole slide then.
    #[serde(default)]
    pub slide: Option<Slide>,
    /// The whole pixels that the values cover: left, top, right, bottom.
    pub part: [u32; 4],
    /// How many values there are, across and down: as many as pixels, or fewer.
    pub width: u32,
    pub height: u32,
    /// None for colours.
    pub tones: Option<Tones>,
    pub(super) values: Values,
    /// The graphics of the file over the frame, of as many pixels as there are values; none where it has none.
    #[serde(default)]
    pub(super) marks: Option<Marks>,
}

/// A picture, and what is true of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    pub picture: Picture,
    /// The window that was used; none for colours and for lookup tables.
    pub window: Option<Window>,
    pub toning: Toning,
    /// The whole pixels that it covers: left, top, right, bottom.
    pub part: [u32; 4],
    /// The graphics of the file, to be drawn above it.
    pub marks: Option<Marks>,
}

/// Gives the whole pixels that are shown of a region: at least one.
pub(super) fn part(region: Option<Region>, columns: u32, rows: u32) -> [u32; 4] {
    let Some([left, top, right, bottom]) = region else { return [0, 0, columns, rows] };
    let side = |from: f64, to: f64, most: u32| {
        let low = (from.floor().max(0.0) as u32).min(most.saturating_sub(1));
        let high = (to.ceil().max(0.0) as u32).clamp(low + 1, most.max(1));
        (low, high)
    };
    let (left, right) = side(left, right, columns);
    let (top, bottom) = side(top, bottom, rows);
    [left, top, right, bottom]
}

/// Gives how many values a picture of a part needs: never more than there are.
pub(super) fn needed([left, top, right, bottom]: [u32; 4], aspect: f64, room: Option<Room>) -> (u32, u32) {
    let (columns, rows) = (right - left, bottom - top);
    let (width, height) = picture::shown_size(columns, rows, aspect, room);
    (width.min(columns), height.min(rows))
}

impl Frame {
    /// How many bytes the values take.
    pub fn size(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height) * self.values.width()
    }

    /// Gives the window of values that came as finished grays.
    pub fn grays_of(&self) -> Option<Window> {
        match &self.values {
            Values::Grays { asked, .. } => *asked,
            _ => None,
        }
    }

    fn whole(&self) -> bool {
        let [left, top, right, bottom] = self.part;
        (self.width, self.height) == (right - left, bottom - top)
    }

    /// Says whether a view can be made of this as well as of the file itself.
    pub fn serves(&self, need: &Need) -> bool {
        if matches!(&self.values, Values::Grays { asked, .. } if *asked != need.window) {
            return false;
        }
        let part = part(need.region, self.columns, self.rows);
        let [left, top, right, bottom] = self.part;
        let within = left <= part[0] && top <= part[1] && part[2] <= right && part[3] <= bottom;
        let same = || self.part == part && (self.width, self.height) == needed(part, self.aspect, need.room);
        within && (self.whole() || same())
    }

    /// Shows a region of the frame in its true proportions: as large as the room allows, or without a room one pixel for
    /// each stored one along the finer direction.
    pub fn show(&self, need: &Need) -> Seen {
        let part = part(need.region, self.columns, self.rows);
        let [left, top, right, bottom] = part;
        let (width, height) = picture::shown_size(right - left, bottom - top, self.aspect, need.room);
        let fits = self.part == part && self.width <= width && self.height <= height;
        let small = (!fits).then(|| self.reduced(part, width.min(right - left), height.min(bottom - top)));
        let small = small.as_ref().unwrap_or(self);
        let (grays, window, toning) = small.toned(need.window);
        let marks = small.marks.as_ref().map(|marks| marks.scaled(width, height));
        Seen { picture: picture::grown(grays, width, height), window, toning, part, marks }
    }

    /// Gives the values of a part at a size of at most as many values as there are.
    pub(super) fn reduced(&self, part: [u32; 4], width: u32, height: u32) -> Frame {
        let [left, top, right, bottom] = self.part;
        let scale = |from: u32, to: u32, values: u32| f64::from(values) / f64::from((to - from).max(1));
        let (x, y) = (scale(left, right, self.width), scale(top, bottom, self.height));
        let place = |at: u32, from: u32, scale: f64| (f64::from(at) - f64::from(from)) * scale;
        let across = (place(part[0], left, x), place(part[2], left, x));
        let down = (place(part[1], top, y), place(part[3], top, y));
        self.resampled(part, across, down, width, height)
    }

    /// Gives `width` × `height` values of the stretches named, which stand for a part.
    pub(super) fn resampled(
        &self,
        part: [u32; 4],
        across: (f64, f64),
        down: (f64, f64),
        width: u32,
        height: u32,
    ) -> Frame {
        let line = self.width as usize;
        let count = width as usize * height as usize;
        let fine = || (taps::<f64>(across, self.width, width), taps::<f64>(down, self.height, height));
        let quick = || (taps::<f32>(across, self.width, width), taps::<f32>(down, self.height, height));
        let mut tones = self.tones.clone();
        let values = match &self.values {
            Values::Counts(counts) => {
                let mut values = Vec::with_capacity(count);
                let (across, down) = quick();
                let mut shift = 0;
                if let Some(tones) = tones.as_mut().filter(|_| (width, height) != (self.width, self.height)) {
                    shift = 16_u32.saturating_sub(tones.bits + tones.fraction);
                    tones.fraction += shift;
                }
                let factor = f32::from(1_u16 << shift.min(15));
                resample(counts, (line, 1), &across, &down, f32::from, |value| {
                    values.push((value * factor + 0.5) as u16);
                });
                Values::Counts(values)
            }
            Values::Wide(wide) => {
                let mut values = Vec::with_capacity(count);
                let (across, down) = fine();
                resample(wide, (line, 1), &across, &down, |value| value, |value| values.push(value));
                Values::Wide(values)
            }
            Values::Colours(bytes) => {
                let mut values = Vec::with_capacity(count * 3);
                let (across, down) = quick();
                resample(bytes, (line, 3), &across, &down, f32::from, |value| {
                    values.push((value + 0.5) as u8)
                });
                Values::Colours(values)
            }
            Values::Grays { asked, used, toning, grays } => {
                let mut values = Vec::with_capacity(count);
                let (across, down) = quick();
                resample(grays, (line, 1), &across, &down, f32::from, |value| {
                    values.push((value + 0.5) as u8)
                });
                Values::Grays { asked: *asked, used: *used, toning: *toning, grays: values }
            }
        };
        let marks = self.marks.as_ref().map(|marks| marks.resampled(across, down, width, height));
        Frame { part, width, height, tones, values, marks, about: self.about.clone(), ..*self }
    }

    /// Gives all values as a picture of 8 bits, with the window that made it.
    pub(super) fn toned(&self, asked: Option<Window>) -> (Picture, Option<Window>, Toning) {
        let picture = |channels, pixels| Picture { width: self.width, height: self.height, channels, pixels };
        let (tones, values) = match (&self.tones, &self.values) {
            (_, Values::Colours(bytes)) => return (picture(3, bytes.clone()), None, Toning::Colour),
            (_, Values::Grays { used, toning, grays, .. }) => {
                return (picture(1, grays.clone()), *used, *toning);
            }
            (None, _) => {
                let black = vec![0; self.width as usize * self.height as usize];
                return (picture(1, black), None, Toning::Range);
            }
            (Some(tones), values) => (tones, values),
        };
        let (voi, toning) = tones.chosen(asked);
        let gray = |value: f64| light::polarity(tones.inverted, voi.gray(value));
        let pixels = match values {
            Values::Counts(counts) => {
                let most = counts.iter().copied().max().unwrap_or_default();
                let least = counts.iter().copied().min().unwrap_or_default();
                let mut table = vec![0; usize::from(most) + 1];
                for (count, place) in (0_u32..).zip(&mut table).skip(least.into()) {
                    *place = gray(tones.value(count));
                }
                counts
                    .iter()
                    .map(|count| table.get(usize::from(*count)).copied().unwrap_or_default())
                    .collect()
            }
            Values::Wide(wide) => wide.iter().map(|value| gray(*value)).collect(),
            _ => Vec::new(),
        };
        (picture(1, pixels), voi.window(), toning)
    }

    /// Gives the colours of a part, row by row; none for grays.
    pub(super) fn colours_of(&self, [left, top, right, bottom]: [u32; 4]) -> Vec<[u8; 3]> {
        let Values::Colours(bytes) = &self.values else { return Vec::new() };
        let [from_x, from_y, ..] = self.part;
        let line = self.width as usize;
        let colour = |(x, y): (u32, u32)| {
            let at = (y - from_y) as usize * line + (x - from_x) as usize;
            bytes.as_chunks().0.get(at).copied().unwrap_or_default()
        };
        (top..bottom).flat_map(|y| (left..right).map(move |x| (x, y))).map(colour).collect()
    }

    /// Gives the values of which windows speak, row by row; none for colours and finished grays.
    pub fn numbers(&self) -> Option<Vec<f64>> {
        match (&self.values, &self.tones) {
            (Values::Counts(counts), Some(tones)) => {
                Some(counts.iter().map(|count| tones.value((*count).into())).collect())
            }
            (Values::Wide(wide), _) => Some(wide.clone()),
            _ => None,
        }
    }
}

impl Tones {
    /// Gives the value that a count stands for.
    fn value(&self, count: u32) -> f64 {
        // Dividing by a power of two loses nothing.
        let stored = f64::from(count) / f64::from(1_u32 << self.fraction.min(16)) + f64::from(self.lowest);
        stored * self.slope + self.intercept
    }

    /// Gives the windows of the file by name, then that of the percentiles.
    pub fn windows(&self) -> Vec<NamedWindow> {
        let names = self.names.iter().map(Option::as_deref).chain(std::iter::repeat(None));
        let own = (1..).zip(&self.windows).zip(names).map(|((n, window), name)| NamedWindow {
            name: name.map_or_else(|| Safe::new(&format!("window {n} of the file")), Safe::new),
            window: *window,
        });
        let spread = self.percentiles.map(|(low, high)| NamedWindow {
            name: Safe::new(PERCENTILES),
            window: Window::spanning(low, high),
        });
        own.chain(spread).collect()
    }

    /// Chooses what is shown: the window asked for, the file's window, the file's table, or else the frame's percentiles
    /// or range.
    fn chosen(&self, asked: Option<Window>) -> (Voi<'_>, Toning) {
        let percentiles = self.percentiles.filter(|_| self.by_percentiles);
        match (asked, self.windows.first(), &self.table, percentiles) {
            (Some(window), ..) => (Voi::Window(window, self.curve), Toning::Asked),
            (_, Some(window), ..) => (Voi::Window(*window, self.curve), Toning::File),
            (_, _, Some(table), _) => (Voi::Table(table), Toning::Table),
            (.., Some((low, high))) => {
                (Voi::Window(Window::spanning(low, high), Curve::Linear), Toning::Percentiles)
            }
            _ => (Voi::Window(Window::spanning(self.range.0, self.range.1), Curve::Linear), Toning::Range),
        }
    }
}

/// From values to gray.
enum Voi<'a> {
    Window(Window, Curve),
    Table(&'a Table),
}

impl Voi<'_> {
    fn gray(&self, value: f64) -> u8 {
        match self {
            Voi::Window(window, curve) => curve.gray(*window, value),
            Voi::Table(table) => table.byte(value),
        }
    }

    fn window(&self) -> Option<Window> {
        match self {
            Voi::Window(window, _) => Some(*window),
            Voi::Table(_) => None,
        }
    }
}

#[cfg(test)]
impl Frame {
    /// A gray frame of 8 bits, for tests.
    pub fn of_grays(columns: u32, rows: u32, grays: &[u8]) -> Frame {
        let tones = Tones {
            lowest: 0,
            bits: 8,
            fraction: 0,
            slope: 1.0,
            intercept: 0.0,
            inverted: false,
            windows: Vec::new(),
            names: Vec::new(),
            curve: Curve::Linear,
            table: None,
            range: (0.0, 255.0),
            percentiles: None,
            by_percentiles: false,
        };
        Frame {
            rows,
            columns,
            frames: 1,
            aspect: 1.0,
            lossy: false,
            about: About::default(),
            slide: None,
            part: [0, 0, columns, rows],
            width: columns,
            height: rows,
            tones: Some(tones),
            values: Values::Counts(grays.iter().map(|gray| (*gray).into()).collect()),
            marks: None,
        }
    }
}
