//! What the mouse does on a case's picture, where it is switched on: it sets the window, moves the cross and the ends of the
//! ruler, and turns frames. It never decides anything, and everything that it does there is a key for.

use super::viewer;
use crate::app::event::{Mouse, MouseDeed};
use crate::app::layout::Layout;
use crate::app::picture::{Pane, means};
use crate::app::state::{State, Tone};
use crate::command::Command;
use crate::imaging::Window;

/// Cells of a drag that change the width by itself, and the level by as much.
const WHOLE: f64 = 40.0;

/// What a button that is held does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Drag {
    /// The window as it was at a column and row.
    Window {
        column: u16,
        row: u16,
        from: Window,
    },
    Cross,
}

/// A place on one of the pictures.
struct Place {
    beside: bool,
    /// In stored pixels.
    point: [f64; 2],
    window: Option<Window>,
}

/// Gives the place on a picture that a cell shows; within a picture alone where `near` doesn't say otherwise.
fn place(state: &State, column: u16, row: u16, near: Option<bool>) -> Option<Place> {
    let layout = Layout::compute(state);
    let open = state.open.as_ref()?;
    let look = &open.picture;
    let means = means(state);
    for tile in &layout.stage.as_ref()?.tiles {
        let pane = match (tile.beside, look.beside) {
            (true, Some(beside)) => beside,
            _ => Pane { image: look.image, frame: look.frame },
        };
        let Some(facts) = open.facts_of(pane) else { continue };
        let (width, height) = means.cells_of(facts.size);
        let (width, height) = (width.min(tile.area.width), height.min(tile.area.height));
        let left = tile.area.x + (tile.area.width - width) / 2;
        let top = tile.area.y + (tile.area.height - height) / 2;
        let inside = (left..left + width).contains(&column) && (top..top + height).contains(&row);
        if near.map_or(!inside, |beside| beside != tile.beside) {
            continue;
        }
        let (across, down) = means.room((1, 1));
        // The middle of the cell; a drag that leaves the picture stays at its edge.
        let at = |cell: u16, from: u16, pixels: u32, most: u32| {
            ((f64::from(cell) - f64::from(from) + 0.5) * f64::from(pixels)).clamp(0.0, f64::from(most))
        };
        let (x, y) = (at(column, left, across, facts.size.0), at(row, top, down, facts.size.1));
        return Some(Place {
            beside: tile.beside,
            point: facts.map.image_point((x, y)),
            window: facts.window,
        });
    }
    None
}

/// Gives on which side a cell lies: on one where no picture is yet, or none can be, too.
fn side(state: &State, column: u16, row: u16) -> Option<bool> {
    let layout = Layout::compute(state);
    let tiles = &layout.stage.as_ref()?.tiles;
    tiles.iter().find(|tile| tile.area.contains((column, row).into())).map(|tile| tile.beside)
}

/// Takes what was done with the mouse.
pub(in crate::app) fn on_mouse(state: &mut State, mouse: Mouse) {
    let Mouse { column, row, deed } = mouse;
    let held = state.open.as_mut().and_then(|open| match deed {
        MouseDeed::Drag => open.drag,
        _ => open.drag.take(),
    });
    match (deed, held) {
        (MouseDeed::Press, _) => press(state, column, row),
        (MouseDeed::Drag, Some(Drag::Window { column: c, row: r, from })) => {
            let by = |now: u16, then: u16| (f64::from(now) - f64::from(then)) * from.width / WHOLE;
            let (width, level) = (from.width + by(column, c), from.level - by(row, r));
            // Small windows are of numbers with places behind the point.
            let fine = if from.width < 20.0 { 1000.0 } else { 1.0 };
            let round = |number: f64| (number * fine).round() / fine;
            if let Some(open) = &mut state.open {
                open.picture.window =
                    Window::new(round(width).max(1.0 / fine), round(level)).or(open.picture.window);
            }
        }
        (MouseDeed::Drag, Some(Drag::Cross)) => {
            let beside = state.open.as_ref().is_some_and(|open| open.picture.on_beside);
            if let Some(place) = place(state, column, row, Some(beside)) {
                cross(state, place.point);
            }
        }
        (MouseDeed::WheelUp | MouseDeed::WheelDown, _) => {
            if let Some(beside) = side(state, column, row) {
                turn_to(state, beside);
                let command =
                    if deed == MouseDeed::WheelUp { Command::PreviousFrame } else { Command::NextFrame };
                viewer::picture_command(state, command);
            }
        }
        (MouseDeed::Drag | MouseDeed::Release, _) => {}
    }
}

fn press(state: &mut State, column: u16, row: u16) {
    let Some(found) = place(state, column, row, None) else { return };
    turn_to(state, found.beside);
    let Some(open) = &mut state.open else { return };
    match (&mut open.picture.point, found.window) {
        (Some(point), _) => {
            // The end that is nearer to the mouse moves.
            let far = |[x, y]: [u32; 2]| {
                (f64::from(x) + 0.5 - found.point[0]).hypot(f64::from(y) + 0.5 - found.point[1])
            };
            if let Some(from) = &mut point.from
                && far(*from) < far(point.at)
            {
                std::mem::swap(from, &mut point.at);
            }
            open.drag = Some(Drag::Cross);
            cross(state, found.point);
        }
        (None, Some(from)) => open.drag = Some(Drag::Window { column, row, from }),
        (None, None) => state.tell(Tone::Info, "this picture has no window to set"),
    }
}

fn turn_to(state: &mut State, beside: bool) {
    if let Some(open) = &mut state.open {
        open.picture.on_beside = beside && open.picture.beside.is_some();
    }
}

/// Puts the cross on the pixel that holds a point.
fn cross(state: &mut State, [x, y]: [f64; 2]) {
    let Some(open) = &mut state.open else { return };
    let pane = open.picture.pane();
    let Some(known) = open.desk.images.get(pane.image) else { return };
    let side = |at: f64, all: u32| at.floor().clamp(0.0, f64::from(all.max(1) - 1)) as u32;
    let at = [side(x, known.image.columns), side(y, known.image.rows)];
    if let Some(point) = &mut open.picture.point {
        point.at = at;
    }
}
