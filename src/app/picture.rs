//! How the open case's picture is looked at, and what the screen wants to show of it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::State;
use super::ahead;
use super::case::{Open, shapes_of};
use super::layout::{Layout, Stage, Tile};
use super::stack::Stack;
use crate::domain::geometry::{Geometry, Shape};
use crate::domain::image::Image;
use crate::imaging::Window;
use crate::preview::plan::{Dash, Outline, Plan, Region, Rgb, View, Wanted};
use crate::preview::pool::Means;
use crate::review::desk::Desk;

/// Colour and stroke of a reader, by the place of the letter.
pub type Strokes<'a> = dyn Fn(usize) -> (Rgb, Dash) + 'a;

/// A frame of one of the case's images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pane {
    /// Which of the case's images, from 0.
    pub image: usize,
    pub frame: u32,
}

/// How a picture is looked at.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Look {
    /// Which of the case's images, from 0.
    pub image: usize,
    pub frame: u32,
    /// What stands beside it, seen in the same way.
    pub beside: Option<Pane>,
    /// Keys for frames and images, the cross and the ruler act on what stands beside.
    pub on_beside: bool,
    pub window: Option<Window>,
    pub inverted: bool,
    pub quarters: u8,
    pub flipped: bool,
    pub region: Option<Region>,
    /// The size of a stored pixel that was asked for; the region's middle tells where.
    pub exact: Option<Exact>,
    /// Letters of readers whose outlines are hidden.
    pub hidden: BTreeSet<String>,
    pub outlines_off: bool,
    /// The graphics of the file are not drawn.
    pub graphics_off: bool,
    pub grid: bool,
    /// Arrow keys set window and level.
    pub windowing: bool,
    /// Arrow keys move a cross.
    pub point: Option<Pointer>,
    /// Frames follow one another by themselves.
    pub cine: Option<Cine>,
}

/// A true size: pixels of the screen that a stored pixel takes along its finer direction, and its height over its width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exact {
    pub factor: u32,
    pub aspect: f64,
}

/// A cross on a stored pixel, and where a ruler begins that ends there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pointer {
    /// Column and row, from 0.
    pub at: [u32; 2],
    pub from: Option<[u32; 2]>,
}

/// Frames that follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cine {
    /// Milliseconds from one to the next.
    pub period: i64,
    /// When the one that was wanted last was due.
    pub last: i64,
    /// That one stands on the screen, so that the next may come: none is asked for before.
    pub stands: bool,
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
            beside: self.beside,
            on_beside: self.on_beside,
            hidden: std::mem::take(&mut self.hidden),
            outlines_off: self.outlines_off,
            graphics_off: self.graphics_off,
            ..Look::default()
        };
    }

    /// Gives the frame that the keys act on.
    pub fn pane(&self) -> Pane {
        match self.beside {
            Some(beside) if self.on_beside => beside,
            _ => Pane { image: self.image, frame: self.frame },
        }
    }

    /// Shows another frame where the keys act. Slices of one series are looked at as one picture; another image is shown as
    /// it came.
    pub fn go(&mut self, to: Pane, desk: &Desk) {
        if let (Some(beside), true) = (&mut self.beside, self.on_beside) {
            *beside = to;
            return;
        }
        let kind = |n: usize| {
            desk.images.get(n).map(|known| {
                let Image { series, rows, columns, .. } = &known.image;
                (series, rows, columns)
            })
        };
        let slices = kind(to.image).is_some_and(|(series, ..)| series.is_some());
        if to.image != self.image && !(slices && kind(to.image) == kind(self.image)) {
            *self = Look {
                hidden: std::mem::take(&mut self.hidden),
                outlines_off: self.outlines_off,
                graphics_off: self.graphics_off,
                grid: self.grid,
                beside: self.beside,
                ..Look::default()
            };
        }
        (self.image, self.frame) = (to.image, to.frame);
    }

    /// Makes what is shown smaller or larger around its middle.
    pub fn zoom(&mut self, factor: f64, image: &Image) {
        let whole = whole(image);
        self.exact = None;
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
        self.exact = None;
        self.region = if there { None } else { region };
        true
    }

    /// Shows stored pixels in their true size in a room of so many pixels, around the middle of what is shown.
    pub fn show_exact(&mut self, exact: Exact, image: &Image, room: (u32, u32)) {
        self.exact = Some(exact);
        self.region = Some(self.in_true_size(exact, image, room).0);
    }

    /// Gives the part of an image that a room of so many pixels shows in its true size, and the pixels that it takes.
    fn in_true_size(&self, exact: Exact, image: &Image, room: (u32, u32)) -> (Region, (u32, u32)) {
        let turned = self.quarters % 2 == 1;
        let room = if turned { (room.1, room.0) } else { room };
        let Exact { factor, aspect } = exact;
        let factor = f64::from(factor.max(1));
        let (wide, high) = if aspect >= 1.0 { (factor, factor * aspect) } else { (factor / aspect, factor) };
        let fits = |room: u32, pixel: f64, all: u32| {
            (f64::from(room) / pixel).floor().clamp(1.0, f64::from(all.max(1)))
        };
        let (columns, rows) = (fits(room.0, wide, image.columns), fits(room.1, high, image.rows));
        let [left, top, right, bottom] = self.region.unwrap_or(whole(image));
        // Whole pixels, since a part of one is shown whole.
        let from = |low: f64, high: f64, length: f64, all: u32| {
            ((low + high - length) / 2.0).round().clamp(0.0, f64::from(all.max(1)) - length)
        };
        let left = from(left, right, columns, image.columns);
        let top = from(top, bottom, rows, image.rows);
        let size = ((columns * wide).round() as u32, (rows * high).round() as u32);
        ([left, top, left + columns, top + rows], if turned { (size.1, size.0) } else { size })
    }

    /// Gives what is shown of an image, in stored pixels.
    pub fn visible(&self, image: &Image) -> Region {
        self.region.unwrap_or(whole(image))
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
    (image, frame): (&Image, u32),
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
        let here = |geometry: &&Geometry| geometry.image == image.id && geometry.frame == frame;
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
pub(super) fn of_stage(
    desk: &Desk,
    dispute: Option<&str>,
    look: &Look,
    (stage, means): (&Stage, Means),
    strokes: &Strokes<'_>,
) -> Vec<Wanted> {
    let Some(first) = desk.images.get(look.image) else { return Vec::new() };
    let main = Pane { image: look.image, frame: look.frame };
    let wanted = |tile: &Tile| {
        let pane = look.beside.filter(|_| tile.beside).unwrap_or(main);
        let known = desk.images.get(pane.image)?;
        let image = &known.image;
        let cells = (tile.area.width, tile.area.height);
        // What stands beside shows the same part: that of another size the same share.
        let share = |at: f64, of: u32, all: u32| at * f64::from(of.max(1)) / f64::from(all.max(1));
        let here = look.region.map(|[left, top, right, bottom]| {
            let (x, y) = ((image.columns, first.image.columns), (image.rows, first.image.rows));
            [share(left, x.0, x.1), share(top, y.0, y.1), share(right, x.0, x.1), share(bottom, y.0, y.1)]
        });
        let seen = Look { region: here, quarters: look.quarters, ..Look::default() };
        let exact = look.exact.map(|exact| seen.in_true_size(exact, image, means.room(cells)));
        let mut outlines =
            outlines(desk, dispute, look, (image, pane.frame), tile.reader.as_deref(), strokes);
        if tile.beside == look.on_beside
            && let Some(point) = look.point
        {
            let visible = exact.map(|(region, _)| region).or(here).unwrap_or(whole(image));
            outlines.push(pointed(point, visible, image));
        }
        Some(Wanted {
            case: desk.view.case.clone(),
            files: known.files.iter().map(PathBuf::clone).collect(),
            view: View {
                image: image.id.clone(),
                frame: pane.frame,
                // A window means something else for another kind of image.
                window: look.window.filter(|_| image.modality == first.image.modality),
                inverted: look.inverted,
                quarters: look.quarters,
                flipped: look.flipped,
                region: exact.map(|(region, _)| region).or(here),
                at_most: exact.map(|(_, size)| size),
            },
            outlines,
            graphics: !look.graphics_off,
            cells,
        })
    };
    stage.tiles.iter().filter_map(wanted).collect()
}

/// The colour of the cross and the ruler, which no reader has.
const CROSS: Rgb = [255, 235, 59];

/// Gives the cross, open in its middle, and the ruler as lines on the picture.
fn pointed(point: Pointer, [left, top, right, bottom]: Region, image: &Image) -> Outline {
    let centre = |[x, y]: [u32; 2]| [f64::from(x) + 0.5, f64::from(y) + 0.5];
    let reach = ((right - left).min(bottom - top) * 0.06).max(2.0);
    let gap = reach * 0.35;
    let cross = |at: [u32; 2]| {
        let [x, y] = centre(at);
        [
            [[x - reach, y], [x - gap, y]],
            [[x + gap, y], [x + reach, y]],
            [[x, y - reach], [x, y - gap]],
            [[x, y + gap], [x, y + reach]],
        ]
    };
    let mut lines: Vec<[[f64; 2]; 2]> = cross(point.at).into();
    lines.extend(point.from.map(|from| [centre(from), centre(point.at)]));
    let line = |points: [[f64; 2]; 2]| Geometry {
        shape: Shape::Line { points: points.into() },
        image: image.id.clone(),
        frame: 0,
    };
    Outline {
        letter: String::new(),
        colour: CROSS,
        dash: Dash::Solid,
        strong: false,
        shapes: lines.into_iter().map(line).collect(),
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

/// Gives how pictures get onto the screen.
pub fn means(state: &State) -> Means {
    Means { protocol: state.display.protocol, cell: state.display.cell }
}

/// Gives everything that the screen wants to show, and what is likely next.
pub fn plan(state: &State, layout: &Layout, strokes: &Strokes<'_>) -> Plan {
    if state.locked || !state.display.has_pictures() {
        return Plan::default();
    }
    let (stage, means) = (layout.stage.as_ref(), means(state));
    let mut plan = Plan { visible: Vec::new(), next: ahead::pictures(state, stage, means, strokes) };
    let Some(stage) = stage.map(|stage| (stage, means)) else { return plan };
    match (&state.open, &state.worklist.preview) {
        (Some(open), _) => {
            plan.visible = of_stage(&open.desk, open.dispute_id(), &open.picture, stage, strokes);
            plan.next.extend(neighbours(open, stage, strokes));
        }
        (None, Some(desk)) if state.worklist.previews(&desk.view.case) => {
            let dispute = desk.view.disputes.first().map(|dispute| dispute.id.as_str());
            plan.visible = of_stage(desk, dispute, &first_look(desk, dispute), stage, strokes);
        }
        _ => {}
    }
    plan
}

/// Frames ahead that are made ready while they follow one another.
const AHEAD: usize = 4;

/// Gives the frames and images beside the one that the keys act on.
fn neighbours(open: &Open, (stage, means): (&Stage, Means), strokes: &Strokes<'_>) -> Vec<Wanted> {
    let look = &open.picture;
    let desk = &open.desk;
    let pane = look.pane();
    let stack = Stack::of(desk, pane);
    let mut near: Vec<Pane> = match look.cine {
        Some(_) => (1..=AHEAD.min(stack.len - stack.len.min(1)))
            .map(|by| stack.get((stack.at + by) % stack.len))
            .collect(),
        None => {
            let after = (stack.at + 1 < stack.len).then(|| stack.get(stack.at + 1));
            let before = stack.at.checked_sub(1).map(|place| stack.get(place));
            after.into_iter().chain(before).collect()
        }
    };
    let image = Pane { image: pane.image + 1, frame: 0 };
    if look.cine.is_none() && image.image < desk.images.len() && !near.contains(&image) {
        near.push(image);
    }
    // In a place like the one where the keys act.
    let tiles = stage.tiles.iter().filter(|tile| tile.beside == look.on_beside).take(1).cloned().collect();
    let stage = Stage { tiles, ..stage.clone() };
    near.into_iter()
        .flat_map(|pane| {
            let mut other = look.clone();
            other.go(pane, desk);
            of_stage(desk, open.dispute_id(), &other, (&stage, means), strokes)
        })
        .collect()
}
