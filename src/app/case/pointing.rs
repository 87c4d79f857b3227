//! A cross on the picture: where it goes, what is asked of the file for it, and the ruler that may hang on it.

use super::Open;
use crate::app::event::{Effect, Glance};
use crate::app::picture::{Pane, Pointer};
use crate::app::state::{State, Tone};
use crate::command::Command;
use crate::domain::image::Image;
use crate::imaging::about::{Holds, Spacing};
use crate::imaging::measure::{Patch, words};

/// A stretch is this share of what is visible.
const STRETCH: f64 = 1.0 / 24.0;

/// What the file said of the pixels around the cross, or why it said nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    pub image: String,
    pub frame: u32,
    pub part: [u32; 4],
    /// None while it is asked for.
    pub said: Option<Result<Patch, String>>,
}

/// Gives the image and frame under the cross.
fn under(open: &Open) -> Option<(&Image, Pane)> {
    let pane = open.picture.pane();
    open.desk.images.get(pane.image).map(|known| (&known.image, pane))
}

/// Does what a command means for the cross.
pub(super) fn command(state: &mut State, command: Command) {
    let Some(open) = &mut state.open else { return };
    let Some((image, pane)) = under(open) else { return };
    let image = image.clone();
    let visible = match open.facts_of(pane).map(|facts| facts.map) {
        Some(map) => map.part(),
        None => open.picture.visible(&image),
    };
    let look = &mut open.picture;
    let [left, top, right, bottom] = visible;
    let pixel = |x: f64, y: f64| {
        let side = |at: f64, all: u32| at.floor().clamp(0.0, f64::from(all.max(1) - 1)) as u32;
        [side(x, image.columns), side(y, image.rows)]
    };
    let share = |x: f64, y: f64| pixel(left + (right - left) * x, top + (bottom - top) * y);
    let Some(point) = &mut look.point else {
        // The first press shows it where one looks.
        look.windowing = false;
        match command {
            Command::PointAt => look.point = Some(Pointer { at: share(0.5, 0.5), from: None }),
            Command::MeasureLength => {
                look.point = Some(Pointer { at: share(0.65, 0.5), from: Some(share(0.35, 0.5)) });
            }
            _ => return,
        }
        state.tell(Tone::Info, "arrow keys move the cross, h j k l by one pixel; esc ends it");
        return;
    };
    let reach = |from: f64, to: f64| ((to - from) * STRETCH).round().max(1.0);
    let (wide, high) = (reach(left, right), reach(top, bottom));
    let (x, y) = match command {
        Command::PointAt => {
            look.point = None;
            return;
        }
        Command::MeasureLength => {
            point.from = match point.from {
                Some(_) => None,
                None => Some(point.at),
            };
            return;
        }
        Command::SwapEnds => {
            if let Some(from) = &mut point.from {
                std::mem::swap(from, &mut point.at);
            }
            return;
        }
        Command::PointLeft => (-wide, 0.0),
        Command::PointRight => (wide, 0.0),
        Command::PointUp => (0.0, -high),
        Command::PointDown => (0.0, high),
        Command::NudgeLeft => (-1.0, 0.0),
        Command::NudgeRight => (1.0, 0.0),
        Command::NudgeUp => (0.0, -1.0),
        _ => (0.0, 1.0),
    };
    // Keys move it as the picture lies on the screen: mirrored first and turned after, so undone in the reverse order.
    let (mut x, mut y) = (x, y);
    for _ in 0..look.quarters % 4 {
        (x, y) = (y, -x);
    }
    if look.flipped {
        x = -x;
    }
    let [column, row] = point.at;
    point.at = pixel(f64::from(column) + 0.5 + x, f64::from(row) + 0.5 + y);
    // A part that is shown goes along.
    let [x, y] = point.at.map(f64::from);
    if let Some([left, top, right, bottom]) = look.region {
        let past = |at: f64, from: f64, to: f64| (at + 1.0 - to).max(0.0) + (at - from).min(0.0);
        let (across, down) = (past(x, left, right), past(y, top, bottom));
        look.region = Some([left + across, top + down, right + across, bottom + down]);
    }
}

/// Gives what has to be asked of the file for the cross, which is remembered as asked.
pub(in crate::app) fn want(state: &mut State) -> Vec<Effect> {
    let Some(open) = &mut state.open else { return Vec::new() };
    let Some(point) = open.picture.point else {
        open.reading = None;
        return Vec::new();
    };
    let pane = open.picture.pane();
    let Some(known) = open.desk.images.get(pane.image) else { return Vec::new() };
    let part = Patch::around(point.at, known.image.columns, known.image.rows);
    let same = |reading: &Reading| {
        reading.image == known.image.id && reading.frame == pane.frame && reading.part == part
    };
    if open.reading.as_ref().is_some_and(same) {
        return Vec::new();
    }
    let (image, frame) = (known.image.id.clone(), pane.frame);
    let files = known.files.clone();
    open.reading = Some(Reading { image: image.clone(), frame, part, said: None });
    vec![Effect::Look(Glance::Patch { files, image, frame, part })]
}

/// Takes what the file said of some pixels.
pub(in crate::app) fn read(
    state: &mut State,
    image: &str,
    frame: u32,
    part: [u32; 4],
    said: Result<Patch, String>,
) {
    let Some(reading) = state.open.as_mut().and_then(|open| open.reading.as_mut()) else { return };
    // What was asked for before the cross went on means nothing any more.
    if reading.image == image && reading.frame == frame && reading.part == part {
        reading.said = Some(said);
    }
}

/// Says what lies under the cross, and how long the ruler is.
pub fn reading_words(open: &Open) -> Option<String> {
    if open.picture.windowing {
        let shown = open.facts_of(open.picture.pane()).and_then(|facts| facts.window);
        let window = open.picture.window.or(shown)?;
        return Some(format!("W {} L {}", window.width, window.level));
    }
    let point = open.picture.point?;
    let patch = open.reading.as_ref().and_then(|reading| reading.said.as_ref());
    let [x, y] = point.at;
    let value = match patch {
        None => "reading the value".to_owned(),
        Some(Err(words)) => words.clone(),
        Some(Ok(patch)) => match patch.at(point.at) {
            Some(pixel) => words(pixel, patch.about.unit.as_deref()),
            None => "no value".to_owned(),
        },
    };
    let Some(from) = point.from else { return Some(format!("{value} · x {x} y {y}")) };
    let patch = patch.and_then(|said| said.as_ref().ok());
    let facts = open.facts_of(open.picture.pane());
    let spacing = patch.map(|patch| patch.about.spacing).or_else(|| facts.map(|facts| facts.about.spacing));
    let aspect = patch.map(|patch| patch.aspect).or_else(|| facts.map(|facts| facts.aspect));
    let length = match spacing {
        Some(spacing) => length(from, point.at, spacing, aspect.unwrap_or(1.0)),
        None => "measuring".to_owned(),
    };
    Some(format!("{length} · {value} · x {x} y {y}"))
}

/// Says how far apart the centres of two pixels are: in millimetres where the file tells how large a pixel is, else in
/// pixels along their finer direction, said as such.
pub fn length(from: [u32; 2], to: [u32; 2], spacing: Option<Spacing>, aspect: f64) -> String {
    let [across, down] = [0, 1].map(|n| f64::from(to[n]) - f64::from(from[n]));
    let (y, x) = match spacing {
        Some(Spacing { mm: [y, x], .. }) => (y, x),
        None if aspect >= 1.0 => (aspect, 1.0),
        None => (1.0, 1.0 / aspect),
    };
    let length = (across * x).hypot(down * y);
    match spacing.map(|spacing| spacing.holds) {
        Some(Holds::Patient) => format!("{length:.1} mm"),
        Some(holds) => format!("{length:.1} mm {}", holds.words()),
        None => format!("{length:.1} px, spacing unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_honours_the_spacing_of_rows_and_of_columns() {
        let at = |holds| Some(Spacing { mm: [2.0, 0.5], holds });
        assert_eq!(length([10, 10], [16, 12], at(Holds::Patient), 4.0), "5.0 mm");
        assert_eq!(length([16, 12], [10, 10], at(Holds::Detector), 4.0), "5.0 mm at the detector");
        assert_eq!(length([0, 0], [0, 3], at(Holds::Film), 4.0), "6.0 mm on the film");
    }

    #[test]
    fn without_a_spacing_it_is_pixels_and_says_so() {
        assert_eq!(length([0, 0], [3, 4], None, 1.0), "5.0 px, spacing unknown");
        assert_eq!(length([0, 0], [3, 2], None, 2.0), "5.0 px, spacing unknown");
        assert_eq!(length([0, 0], [2, 3], None, 0.5), "5.0 px, spacing unknown");
    }
}
