//! What commands of the case mean for its picture: window, zoom, frames, outlines, a second picture, the file's header.

use super::{Open, cine, pointing, shapes_of};
use crate::app::event::{Effect, Glance};
use crate::app::layout::Layout;
use crate::app::picture::{Exact, Pane, means};
use crate::app::popup::{About, Entry, Header, Menu, Popup, step};
use crate::app::stack::Stack;
use crate::app::state::{State, Tone};
use crate::command::{Code, Command, Key};
use crate::domain::text::Safe;
use crate::imaging::tags::TagPage;

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
    let pane = open.picture.pane();
    let Some(image) = open.desk.images.get(open.picture.image).map(|known| known.image.clone()) else {
        state.tell(
            Tone::Warning,
            "no image of this case is known: import its DICOM files with `overread import DIR`",
        );
        return Vec::new();
    };
    let images = open.desk.images.len();
    let shapes = open.dispute().map(shapes_of).unwrap_or_default();
    let stack = Stack::of(&open.desk, pane);
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
        // A series is often one file a slice: there, frames are the images of the series.
        Command::NextFrame => look.go(stack.get(step(stack.at, 1, stack.len)), &open.desk),
        Command::PreviousFrame => look.go(stack.get(step(stack.at, -1, stack.len)), &open.desk),
        Command::FirstFrame => look.go(stack.get(0), &open.desk),
        Command::LastFrame => look.go(stack.get(stack.len.saturating_sub(1)), &open.desk),
        Command::NextImage | Command::PreviousImage => {
            let by = if command == Command::NextImage { 1 } else { -1 };
            let to = step(pane.image, by, images);
            if to != pane.image {
                look.go(Pane { image: to, frame: 0 }, &open.desk);
            }
        }
        Command::PlayCine => cine::play(state),
        Command::TrueSize => true_size(state),
        Command::CompareImages if look.beside.is_some() => {
            look.beside = None;
            look.on_beside = false;
        }
        Command::CompareImages => {
            let menu = others(open);
            if menu.entries.is_empty() {
                state.tell(Tone::Info, "this is the only picture of the case: nothing can stand beside it");
                return Vec::new();
            }
            state.popups.push(Popup::Menu(menu));
            state.tell(Tone::Info, "earlier studies of a patient can't be found: no patient's id is kept");
        }
        Command::SwitchSide => match look.beside {
            Some(_) => look.on_beside = !look.on_beside,
            None => state.tell(Tone::Info, "there is one picture only"),
        },
        Command::ShowHeader => return show_header(state),
        Command::PointAt
        | Command::MeasureLength
        | Command::SwapEnds
        | Command::PointLeft
        | Command::PointDown
        | Command::PointUp
        | Command::PointRight
        | Command::NudgeLeft
        | Command::NudgeDown
        | Command::NudgeUp
        | Command::NudgeRight => pointing::command(state, command),
        Command::InvertPicture => look.inverted = !look.inverted,
        Command::TurnPicture => look.quarters = (look.quarters + 1) % 4,
        Command::FlipPicture => look.flipped = !look.flipped,
        Command::ResetPicture => look.reset(),
        Command::ToggleOutlines => look.outlines_off = !look.outlines_off,
        Command::ToggleGraphics => look.graphics_off = !look.graphics_off,
        Command::ToggleOutline => state.popups.push(Popup::Letter(String::new())),
        Command::ShowGrid => {
            look.grid = !look.grid;
            look.beside = None;
            look.on_beside = false;
        }
        _ => {}
    }
    Vec::new()
}

/// The largest true size: pixels of the screen on a side of a stored one.
const LARGEST: u32 = 4;

/// Goes from what is shown to true sizes, each twice as large as the one before, and back to the whole picture.
fn true_size(state: &mut State) {
    let layout = Layout::compute(state);
    let means = means(state);
    let Some(open) = &mut state.open else { return };
    let Some(known) = open.desk.images.get(open.picture.image) else { return };
    let tile = layout.stage.as_ref().and_then(|stage| stage.tiles.first());
    let Some(tile) = tile.filter(|_| state.display.has_pictures()) else {
        return state.tell(Tone::Info, "pictures are off");
    };
    let image = &known.image;
    let aspect = open.facts.as_ref().filter(|facts| facts.view.image == image.id).map(|facts| facts.aspect);
    let aspect = aspect.or_else(|| image.spacing.map(|[y, x]| y / x)).filter(|aspect| aspect.is_normal());
    let look = &mut open.picture;
    let factor = look.exact.map_or(1, |exact| exact.factor * 2);
    if factor > LARGEST {
        (look.exact, look.region) = (None, None);
        return;
    }
    let exact = Exact { factor, aspect: aspect.unwrap_or(1.0) };
    look.show_exact(exact, image, means.room((tile.area.width, tile.area.height)));
    state.tell(Tone::Info, crate::preview::caption::scale(f64::from(factor)));
}

/// What may stand beside the picture: the case's own images alone, since no patient's id is kept by which to find others.
fn others(open: &Open) -> Menu {
    let pane = open.picture.pane();
    let mut entries = Vec::new();
    let mut add = |image: usize, words: String, heading| {
        entries.push(Entry { value: image.to_string(), words, marked: false, heading });
    };
    let study = open.desk.images.get(pane.image).and_then(|known| known.image.study.as_ref());
    let stack = Stack::of(&open.desk, pane);
    if stack.len > 1 && !stack.loose {
        add(pane.image, "another frame of this stack".into(), None);
    }
    for (n, known) in open.desk.images.iter().enumerate().filter(|(n, _)| *n != pane.image) {
        let image = &known.image;
        let modality = image.modality.as_deref().map(|kind| format!(" · {}", Safe::new(kind)));
        let frames = if image.frames > 1 { format!(" · {} frames", image.frames) } else { String::new() };
        let other = if image.study.as_ref() == study { "" } else { " · another study" };
        let words = format!("image {}{}{frames}{other}", n + 1, modality.unwrap_or_default());
        let first = n == usize::from(pane.image == 0);
        add(n, words, first.then_some("Images of this case"));
    }
    Menu {
        title: "Beside this picture".into(),
        about: About::Beside,
        entries,
        selected: 0,
        several: false,
        touched: false,
    }
}

/// Puts an image beside the picture, and lets the keys act on it.
pub(in crate::app) fn compare_with(state: &mut State, image: &str) {
    let Some(open) = &mut state.open else { return };
    let look = &mut open.picture;
    let Ok(image) = image.parse() else { return };
    let frame = if image == look.image { look.frame } else { 0 };
    look.beside = Some(Pane { image, frame });
    look.on_beside = true;
    look.grid = false;
    let keys = |command| {
        let scopes = [crate::command::Scope::Case];
        state.keymap.keys_of(command, &scopes).into_iter().next().unwrap_or_default()
    };
    let (switch, alone) = (keys(Command::SwitchSide), keys(Command::CompareImages));
    state.tell(
        Tone::Info,
        format!("frames change on the right; {switch} changes sides, {alone} shows one picture alone"),
    );
}

/// Asks for the header of the file that is shown.
fn show_header(state: &mut State) -> Vec<Effect> {
    let Some(open) = &state.open else { return Vec::new() };
    let Some(known) = open.desk.images.get(open.picture.pane().image) else { return Vec::new() };
    let (image, files) = (known.image.id.clone(), known.files.clone());
    state.popups.push(Popup::Header(Header {
        image: image.clone(),
        filter: Default::default(),
        top: 0,
        said: None,
    }));
    vec![Effect::Look(Glance::Header { files, image })]
}

/// Takes what the header of a file says, where it is still looked at.
pub(in crate::app) fn header_seen(state: &mut State, image: &str, said: Result<TagPage, String>) {
    for popup in &mut state.popups {
        if let Popup::Header(header) = popup
            && header.image == image
        {
            header.said = Some(said.clone());
        }
    }
}

/// Takes one more letter of a reader's: beyond Z readers have two.
pub(in crate::app) fn letter_typed(state: &mut State, typed: String, key: Key) {
    let Some(open) = &state.open else { return };
    let mut wanted = typed;
    match (key.typed(), key.code) {
        (Some(letter), _) if letter.is_ascii_alphabetic() => wanted.push(letter.to_ascii_uppercase()),
        // What may go on is what is meant.
        (_, Code::Enter) if !wanted.is_empty() => return toggle(state, wanted),
        _ => return,
    }
    let goes_on = |read: &crate::review::show::ReadView| {
        read.reader.len() > wanted.len() && read.reader.starts_with(&wanted)
    };
    if open.desk.view.reads.iter().any(goes_on) {
        state.popups.push(Popup::Letter(wanted));
    } else {
        toggle(state, wanted);
    }
}

/// Hides or shows one reader's outlines.
fn toggle(state: &mut State, wanted: String) {
    let Some(open) = &mut state.open else { return };
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
