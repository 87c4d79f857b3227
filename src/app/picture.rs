//! How the open case's picture is looked at, and what the screen wants to show of it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::State;
use super::case::{Open, shapes_of};
use super::layout::{Layout, Stage};
use crate::domain::geometry::{Geometry, Shape};
use crate::domain::image::Image;
use crate::imaging::Window;
use crate::preview::plan::{Dash, Outline, Plan, Region, Rgb, View, Wanted};
use crate::review::desk::Desk;

/// Colour and stroke of a reader, by the place of the letter.
pub type Strokes<'a> = dyn Fn(usize) -> (Rgb, Dash) + 'a;

/// How a picture is looked at.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Look {
    /// Which of the case's images, from 0.
    pub image: usize,
    pub frame: u32,
    pub window: Option<Window>,
    pub inverted: bool,
    pub quarters: u8,
    pub flipped: bool,
    pub region: Option<Region>,
    /// Letters of readers whose outlines are hidden.
    pub hidden: BTreeSet<String>,
    pub outlines_off: bool,
    /// The graphics of the file are not drawn.
    pub graphics_off: bool,
    pub grid: bool,
    /// Arrow keys set window and level.
    pub windowing: bool,
}

/// Least side of what is shown at the closest, in stored pixels.
const CLOSEST: f64 = 8.0;
/// Room around a dispute, as a share of its size.
const MARGIN: f64 = 0.6;
/// Least side of what is shown of a dispute, in stored pixels.
const LEAST: f64 = 48.0;

impl Look {
    /// Shows the picture as it came; what is hidden stays hidden.
    pub fn reset(&mut self) {
        *self = Look {
            image: self.image,
            frame: self.frame,
            hidden: std::mem::take(&mut self.hidden),
            outlines_off: self.outlines_off,
            graphics_off: self.graphics_off,
            ..Look::default()
        };
    }

    /// Shows another image of the case, from its first frame.
    pub fn show_image(&mut self, image: usize) {
        if image != self.image {
            *self = Look {
                image,
                hidden: std::mem::take(&mut self.hidden),
                outlines_off: self.outlines_off,
                graphics_off: self.graphics_off,
                grid: self.grid,
                ..Look::default()
            };
        }
    }

    /// Goes by some frames, within the image.
    pub fn step_frame(&mut self, by: i64, frames: u32) {
        let last = i64::from(frames.max(1)) - 1;
        self.frame = u32::try_from(i64::from(self.frame).saturating_add(by).clamp(0, last)).unwrap_or(0);
    }

    /// Makes what is shown smaller or larger around its middle.
    pub fn zoom(&mut self, factor: f64, image: &Image) {
        let whole = whole(image);
        let [left, top, right, bottom] = self.region.unwrap_or(whole);
        let (middle_x, middle_y) = ((left + right) / 2.0, (top + bottom) / 2.0);
        let half = |from: f64, to: f64| ((to - from) * factor).max(CLOSEST) / 2.0;
        let (x, y) = (half(left, right), half(top, bottom));
        let region = [middle_x - x, middle_y - y, middle_x + x, middle_y + y];
        let all = region[2] - region[0] >= whole[2] && region[3] - region[1] >= whole[3];
        self.region = (!all).then(|| inside(region, whole));
    }

    /// Moves what is shown by a share of itself, as it lies on the screen.
    pub fn pan(&mut self, across: f64, down: f64, image: &Image) {
        let Some(region) = self.region else { return };
        let (mut x, mut y) = (across, down);
        // The picture is mirrored first and turned after, so a move is undone in the reverse order.
        for _ in 0..self.quarters {
            (x, y) = (y, -x);
        }
        if self.flipped {
            x = -x;
        }
        let (width, height) = (region[2] - region[0], region[3] - region[1]);
        let moved =
            [region[0] + x * width, region[1] + y * height, region[2] + x * width, region[3] + y * height];
        self.region = Some(inside(moved, whole(image)));
    }

    /// Shows the place of some shapes, or the whole frame again where that is shown already.
    pub fn zoom_to(&mut self, shapes: &[Geometry], image: &Image) -> bool {
        let here: Vec<&Geometry> = shapes.iter().filter(|shape| shape.image == image.id).collect();
        let frame = here.iter().map(|shape| shape.frame).min_by_key(|frame| frame.abs_diff(self.frame));
        let Some((frame, bounds)) = frame
            .and_then(|frame| Some((frame, bounds(here.into_iter().filter(|shape| shape.frame == frame))?)))
        else {
            return false;
        };
        let [left, top, right, bottom] = bounds;
        let side = |from: f64, to: f64| ((to - from) * (1.0 + 2.0 * MARGIN)).max(LEAST) / 2.0;
        let reach = side(left, right).max(side(top, bottom));
        let (x, y) = ((left + right) / 2.0, (top + bottom) / 2.0);
        let region = Some(inside([x - reach, y - reach, x + reach, y + reach], whole(image)));
        let there = self.region == region && self.frame == frame;
        self.frame = frame;
        self.region = if there { None } else { region };
        true
    }
}

fn whole(image: &Image) -> Region {
    [0.0, 0.0, f64::from(image.columns.max(1)), f64::from(image.rows.max(1))]
}

/// Moves a region so that it lies in another as far as it fits.
fn inside(region: Region, whole: Region) -> Region {
    let fit = |from: f64, to: f64, low: f64, high: f64| {
        let length = (to - from).min(high - low);
        let from = from.clamp(low, (high - length).max(low));
        (from, from + length)
    };
    let (left, right) = fit(region[0], region[2], whole[0], whole[2]);
    let (top, bottom) = fit(region[1], region[3], whole[1], whole[3]);
    [left, top, right, bottom]
}

/// Gives the smallest rectangle around shapes; none where there is nothing to see.
pub fn bounds<'a>(shapes: impl Iterator<Item = &'a Geometry>) -> Option<Region> {
    let mut found: Option<Region> = None;
    for geometry in shapes {
        let points: Box<dyn Iterator<Item = [f64; 2]>> = match &geometry.shape {
            Shape::Mask { size, rle } => Box::new(mask_corners(*size, rle)),
            shape => shape.points(),
        };
        for [x, y] in points.filter(|[x, y]| x.is_finite() && y.is_finite()) {
            let [left, top, right, bottom] = found.unwrap_or([x, y, x, y]);
            found = Some([left.min(x), top.min(y), right.max(x), bottom.max(y)]);
        }
    }
    found
}

/// Gives points whose rectangle holds what a mask fills.
fn mask_corners([_, columns]: [u32; 2], rle: &[u32]) -> impl Iterator<Item = [f64; 2]> + '_ {
    let columns = u64::from(columns.max(1));
    let mut at = 0_u64;
    rle.iter().enumerate().flat_map(move |(n, run)| {
        let (from, to) = (at, at + u64::from(*run));
        at = to;
        let corners = if n % 2 == 0 || *run == 0 {
            Vec::new()
        } else if from / columns == (to - 1) / columns {
            let row = (from / columns) as f64;
            vec![[(from % columns) as f64, row], [((to - 1) % columns + 1) as f64, row + 1.0]]
        } else {
            vec![[0.0, (from / columns) as f64], [columns as f64, ((to - 1) / columns + 1) as f64]]
        };
        corners.into_iter()
    })
}

/// Gives every shape of a dispute.
fn shapes_at(desk: &Desk, dispute: Option<&str>) -> Vec<Geometry> {
    let found = desk.view.disputes.iter().find(|known| Some(known.id.as_str()) == dispute);
    found.map(shapes_of).unwrap_or_default()
}

/// Gives the outlines on one frame: of every reader, those of the dispute at hand strong.
fn outlines(
    desk: &Desk,
    dispute: Option<&str>,
    look: &Look,
    image: &Image,
    only: Option<&str>,
    strokes: &Strokes<'_>,
) -> Vec<Outline> {
    if look.outlines_off {
        return Vec::new();
    }
    let labels: Vec<&str> = desk
        .view
        .disputes
        .iter()
        .find(|known| Some(known.id.as_str()) == dispute)
        .map(|dispute| dispute.label.split('/').collect())
        .unwrap_or_default();
    let at_hand = shapes_at(desk, dispute);
    let mut outlines = Vec::new();
    for (n, read) in desk.view.reads.iter().enumerate() {
        if look.hidden.contains(&read.reader) || only.is_some_and(|only| only != read.reader) {
            continue;
        }
        let (colour, dash) = strokes(n);
        let here = |geometry: &&Geometry| geometry.image == image.id && geometry.frame == look.frame;
        let shapes = read
            .findings
            .iter()
            .filter_map(|finding| finding.geometry.as_ref().map(|shape| (finding, shape)));
        let (strong, weak): (Vec<_>, Vec<_>) =
            shapes.filter(|(_, shape)| here(shape)).partition(|(finding, shape)| {
                at_hand.contains(shape) || (at_hand.is_empty() && labels.contains(&finding.label.as_str()))
            });
        for (strong, shapes) in [(false, weak), (true, strong)] {
            if !shapes.is_empty() {
                let shapes = shapes.into_iter().map(|(_, shape)| shape.clone()).collect();
                outlines.push(Outline { letter: read.reader.clone(), colour, dash, strong, shapes });
            }
        }
    }
    // What is at hand is drawn last, above the rest.
    outlines.sort_by_key(|outline| outline.strong);
    outlines
}

/// Gives the pictures that stand on one stage of the screen: one, or one for each reader.
fn of_stage(
    desk: &Desk,
    dispute: Option<&str>,
    look: &Look,
    stage: &Stage,
    strokes: &Strokes<'_>,
) -> Vec<Wanted> {
    let Some(known) = desk.images.get(look.image) else { return Vec::new() };
    let view = View {
        image: known.image.id.clone(),
        frame: look.frame,
        window: look.window,
        inverted: look.inverted,
        quarters: look.quarters,
        flipped: look.flipped,
        region: look.region,
    };
    let wanted = |only: Option<&str>, cells| Wanted {
        case: desk.view.case.clone(),
        files: known.files.iter().map(PathBuf::clone).collect(),
        view: view.clone(),
        outlines: outlines(desk, dispute, look, &known.image, only, strokes),
        graphics: !look.graphics_off,
        cells,
    };
    match stage.tiles.as_slice() {
        [] => Vec::new(),
        [tile] => vec![wanted(None, (tile.area.width, tile.area.height))],
        tiles => tiles
            .iter()
            .map(|tile| wanted(tile.reader.as_deref(), (tile.area.width, tile.area.height)))
            .collect(),
    }
}

/// Gives what the picture of a case that is opened should show at first: the first frame on which the dispute lies.
pub fn first_look(desk: &Desk, dispute: Option<&str>) -> Look {
    let shapes = shapes_at(desk, dispute);
    let mut look = Look::default();
    let found = shapes.iter().find_map(|shape| {
        let image = desk.images.iter().position(|known| known.image.id == shape.image)?;
        Some((image, shape.frame))
    });
    if let Some((image, frame)) = found {
        look.image = image;
        look.frame = frame;
    }
    look
}

/// Gives everything that the screen wants to show, and what is likely next.
pub fn plan(state: &State, layout: &Layout, strokes: &Strokes<'_>) -> Plan {
    if state.locked || !state.display.has_pictures() {
        return Plan::default();
    }
    let Some(stage) = &layout.stage else { return Plan::default() };
    match (&state.open, &state.worklist.preview) {
        (Some(open), _) => {
            let visible = of_stage(&open.desk, open.dispute_id(), &open.picture, stage, strokes);
            let next = neighbours(open, stage, strokes);
            Plan { visible, next }
        }
        (None, Some(desk)) if state.worklist.previews(&desk.view.case) => {
            let dispute = desk.view.disputes.first().map(|dispute| dispute.id.as_str());
            Plan {
                visible: of_stage(desk, dispute, &first_look(desk, dispute), stage, strokes),
                next: Vec::new(),
            }
        }
        _ => Plan::default(),
    }
}

/// Gives the frames and images beside the one that is shown.
fn neighbours(open: &Open, stage: &Stage, strokes: &Strokes<'_>) -> Vec<Wanted> {
    let look = &open.picture;
    let Some(known) = open.desk.images.get(look.image) else { return Vec::new() };
    let mut near: Vec<Look> = Vec::new();
    for by in [1, -1] {
        let mut other = look.clone();
        other.step_frame(by, known.image.frames);
        if other.frame != look.frame {
            near.push(other);
        }
    }
    if look.image + 1 < open.desk.images.len() {
        let mut other = look.clone();
        other.show_image(look.image + 1);
        near.push(other);
    }
    let stage = Stage { tiles: stage.tiles.iter().take(1).cloned().collect(), ..stage.clone() };
    near.iter().flat_map(|look| of_stage(&open.desk, open.dispute_id(), look, &stage, strokes)).collect()
}
