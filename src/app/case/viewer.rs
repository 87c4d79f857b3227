//! What commands of the case mean for its picture: window, zoom, frames, outlines.

use super::{Open, shapes_of};
use crate::app::event::Effect;
use crate::app::popup::{About, Entry, Menu, Popup, step};
use crate::app::state::{State, Tone};
use crate::command::Command;
use crate::domain::text::Safe;

/// The windows to choose from: the file's own, those that it names, that of the percentiles, then the presets.
fn windows(open: &Open) -> Menu {
    let held = open.picture.window;
    let mut entries = vec![Entry {
        value: String::new(),
        words: "the file's own".into(),
        marked: held.is_none(),
        heading: None,
    }];
    let image = open.desk.images.get(open.picture.image).map(|known| &known.image.id);
    let facts = open.facts.as_ref().filter(|facts| Some(&facts.view.image) == image);
    for named in facts.iter().flat_map(|facts| &facts.windows) {
        let (width, level) = (named.window.width, named.window.level);
        let name = named.name.as_str();
        entries.push(Entry {
            value: format!("{width},{level}"),
            words: format!("{name:<14} W {width} L {level}"),
            marked: held == Some(named.window),
            heading: None,
        });
    }
    for (name, width, level) in crate::imaging::window::PRESETS {
        let same = held.is_some_and(|window| window.width == *width && window.level == *level);
        let marked = same && !entries.iter().any(|entry| entry.marked);
        let words = format!("{name:<14} W {width} L {level}");
        entries.push(Entry { value: (*name).to_owned(), words, marked, heading: None });
    }
    let selected = entries.iter().position(|entry| entry.marked).unwrap_or(0);
    Menu {
        title: "Window; then arrow keys set it".into(),
        about: About::Window,
        entries,
        selected,
        several: false,
        touched: false,
    }
}

/// Does what a command means for the picture.
pub(super) fn picture_command(state: &mut State, command: Command) -> Vec<Effect> {
    const CLOSER: f64 = 0.8;
    const PAN: f64 = 0.2;
    let Some(open) = &mut state.open else { return Vec::new() };
    let Some(image) = open.desk.images.get(open.picture.image).map(|known| known.image.clone()) else {
        state.tell(
            Tone::Warning,
            "no image of this case is known: import its DICOM files with `overread import DIR`",
        );
        return Vec::new();
    };
    let images = open.desk.images.len();
    let shapes = open.dispute().map(shapes_of).unwrap_or_default();
    let shown =
        open.facts.as_ref().filter(|facts| facts.view.image == image.id).and_then(|facts| facts.window);
    let look = &mut open.picture;
    match command {
        Command::ChooseWindow => {
            let menu = windows(open);
            state.popups.push(Popup::Menu(menu));
        }
        Command::WidenWindow | Command::NarrowWindow | Command::RaiseLevel | Command::LowerLevel => {
            let Some(window) = look.window.or(shown) else {
                state.tell(Tone::Info, "this picture has no window to set");
                return Vec::new();
            };
            let by = (window.width / 20.0).max(1.0);
            let (width, level) = match command {
                Command::WidenWindow => (window.width + by, window.level),
                Command::NarrowWindow => ((window.width - by).max(1.0), window.level),
                Command::RaiseLevel => (window.width, window.level + by),
                _ => (window.width, window.level - by),
            };
            look.window = crate::imaging::Window::new(width.round(), level.round());
        }
        Command::ZoomToDispute => {
            let found = look.zoom_to(&shapes, &image);
            match (found, shapes.is_empty()) {
                (true, _) => {}
                (false, true) => state.tell(Tone::Info, "this dispute has no place in the picture"),
                (false, false) => state.tell(Tone::Info, "the dispute lies on another image of the case"),
            }
        }
        Command::ZoomIn => look.zoom(CLOSER, &image),
        Command::ZoomOut => look.zoom(1.0 / CLOSER, &image),
        Command::PanLeft => look.pan(-PAN, 0.0, &image),
        Command::PanRight => look.pan(PAN, 0.0, &image),
        Command::PanUp => look.pan(0.0, -PAN, &image),
        Command::PanDown => look.pan(0.0, PAN, &image),
        // A series is often one file a slice: there, frames are the case's images.
        Command::NextFrame if image.frames <= 1 => look.show_image(step(look.image, 1, images)),
        Command::PreviousFrame if image.frames <= 1 => look.show_image(step(look.image, -1, images)),
        Command::FirstFrame if image.frames <= 1 => look.show_image(0),
        Command::LastFrame if image.frames <= 1 => look.show_image(images.saturating_sub(1)),
        Command::NextFrame => look.step_frame(1, image.frames),
        Command::PreviousFrame => look.step_frame(-1, image.frames),
        Command::FirstFrame => look.frame = 0,
        Command::LastFrame => look.frame = image.frames.saturating_sub(1),
        Command::NextImage => look.show_image(step(look.image, 1, images)),
        Command::PreviousImage => look.show_image(step(look.image, -1, images)),
        Command::InvertPicture => look.inverted = !look.inverted,
        Command::TurnPicture => look.quarters = (look.quarters + 1) % 4,
        Command::FlipPicture => look.flipped = !look.flipped,
        Command::ResetPicture => look.reset(),
        Command::ToggleOutlines => look.outlines_off = !look.outlines_off,
        Command::ToggleGraphics => look.graphics_off = !look.graphics_off,
        Command::ToggleOutline => state.popups.push(Popup::Letter),
        Command::ShowGrid => look.grid = !look.grid,
        _ => {}
    }
    Vec::new()
}

/// Hides or shows one reader's outlines.
pub(in crate::app) fn toggle_letter(state: &mut State, letter: char) {
    let Some(open) = &mut state.open else { return };
    let wanted = letter.to_ascii_uppercase().to_string();
    if !open.desk.view.reads.iter().any(|read| read.reader == wanted) {
        let letters: Vec<&str> = open.desk.view.reads.iter().map(|read| read.reader.as_str()).collect();
        let words = format!("no reader of this case is {}: {}", Safe::new(&wanted), letters.join(" "));
        state.tell(Tone::Warning, words);
        return;
    }
    if !open.picture.hidden.remove(&wanted) {
        open.picture.hidden.insert(wanted);
    }
    open.picture.outlines_off = false;
}
