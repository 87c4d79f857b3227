//! Where things stand on the screen: a pure function of the size and the state. Geometry never flows back from drawing.

use ratatui::layout::Rect;

use super::State;
use super::forms;
use super::lines::width;
use super::picture::{Look, first_look};
use super::popup::Popup;
use super::sheet::FIELDS;
use super::stack::Stack;
use super::state::Screen;
use crate::review::desk::Desk;

/// Below this nothing can be read; words say so.
pub const LEAST: (u16, u16) = (40, 10);
/// From this width on the worklist has its preview beside it.
const PREVIEW_FROM: u16 = 100;
/// Columns and lines that a picture of figures needs, border and all.
const PANEL: (u16, u16) = (64, 12);
/// Columns of the case's right side.
const SIDE: (u16, u16) = (38, 66);
/// Lines of the decision strip with its border.
const STRIP: u16 = FIELDS.len() as u16 + 2;

/// Everything's place.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    pub header: Rect,
    pub body: Body,
    /// The line of notices and of text that is typed.
    pub notice: Rect,
    pub footer: Rect,
    /// Where pictures stand.
    pub stage: Option<Stage>,
    /// Places of the popups, in their order.
    pub popups: Vec<Rect>,
}

/// The middle of the screen.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    TooSmall(Rect),
    Worklist {
        list: Rect,
        preview: Option<Preview>,
    },
    Case {
        picture: Option<Rect>,
        candidates: Rect,
        decision: Rect,
    },
    Log {
        list: Rect,
        detail: Option<Rect>,
    },
    Audits(Rect),
    /// A table, and pictures of its selected line: which, and where.
    Figures {
        table: Rect,
        panels: Vec<(usize, Rect)>,
    },
}

/// The worklist's right side.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// With its border; none where pictures are off.
    pub picture: Option<Rect>,
    pub disputes: Rect,
}

/// Pictures side by side, and the lines that say what they are.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    pub tiles: Vec<Tile>,
    pub caption: Rect,
    /// Where one is in a stack of frames; none where there is but one.
    pub strip: Option<Rect>,
    /// What lies under the cross; none where there is no cross.
    pub reading: Option<Rect>,
}

/// The place of one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Tile {
    pub area: Rect,
    /// Whose outlines stand on it, where each reader has a picture; the heading is the line above the area.
    pub reader: Option<String>,
    /// The second of two pictures.
    pub beside: bool,
}

/// What stands on a stage.
enum Shows<'a> {
    One,
    /// The picture and another beside it.
    Two,
    /// A picture for each reader.
    Readers(&'a [&'a str]),
}

impl Layout {
    /// Works out everything's place.
    pub fn compute(state: &State) -> Layout {
        let (width, height) = state.size;
        let whole = Rect { x: 0, y: 0, width, height };
        if width < LEAST.0 || height < LEAST.1 {
            let nowhere = Rect { x: 0, y: 0, width: 0, height: 0 };
            return Layout {
                header: nowhere,
                body: Body::TooSmall(whole),
                notice: nowhere,
                footer: nowhere,
                stage: None,
                popups: Vec::new(),
            };
        }
        let line = |y| Rect { y, height: 1, ..whole };
        let middle = Rect { y: 1, height: height - 3, ..whole };
        let (body, stage) = match (&state.open, state.screen) {
            (Some(open), _) => case(state, &open.desk, &open.picture, middle),
            (None, Screen::Worklist) => worklist(state, middle),
            (None, Screen::Log | Screen::Checks) => (log(middle), None),
            (None, Screen::Agreement) => {
                let (lines, of) = (super::agreement::lines(state), &state.agreement);
                (figures(middle, lines, super::agreement::panels(state).len(), of.panels.at), None)
            }
            (None, Screen::Causes) => {
                let of = &state.causes;
                (figures(middle, of.bars.len(), super::causes::PANELS.len(), of.panel), None)
            }
            (None, Screen::Sampling) => {
                let (lines, of) = (super::sampling::lines(state), &state.sampling);
                (figures(middle, lines, super::sampling::PANELS.len(), of.panel), None)
            }
            (None, Screen::Audits) => (Body::Audits(middle), None),
            (None, Screen::Readers) => {
                let (lines, of) = (super::readers::lines(state), &state.readers);
                (figures(middle, lines, super::readers::PANELS.len(), of.panels.at), None)
            }
        };
        let ground = popup_ground(&body, middle);
        let place = |popup: &Popup| match (&body, popup) {
            // What a plan can show stays in sight while its numbers are typed.
            (Body::Figures { table, panels }, Popup::Prompt(_)) if !panels.is_empty() => {
                popup_place(state, popup, *table, middle)
            }
            _ => popup_place(state, popup, ground, middle),
        };
        let popups = state.popups.iter().map(place).collect();
        Layout { header: line(0), body, notice: line(height - 2), footer: line(height - 1), stage, popups }
    }

    /// Gives where the pictures of a case would stand once it is opened.
    pub fn stage_of(state: &State, desk: &Desk, dispute: Option<&str>) -> Option<Stage> {
        let (width, height) = state.size;
        let middle = Rect { x: 0, y: 1, width, height: height.saturating_sub(3) };
        (width >= LEAST.0 && height >= LEAST.1)
            .then(|| case(state, desk, &first_look(desk, dispute), middle).1)
            .flatten()
    }

    /// Gives how many lines of the list are on the screen.
    pub fn page(&self) -> usize {
        let lines = match &self.body {
            // The border and the line of headings.
            Body::Worklist { list, .. }
            | Body::Log { list, .. }
            | Body::Audits(list)
            | Body::Figures { table: list, .. } => list.height.saturating_sub(3),
            Body::TooSmall(area) => area.height,
            Body::Case { candidates, .. } => candidates.height.saturating_sub(2),
        };
        usize::from(lines.max(1))
    }

    /// Gives how many lines the uppermost popup shows.
    pub fn popup_page(&self) -> usize {
        usize::from(self.popups.last().map_or(1, |area| area.height.saturating_sub(3).max(1)))
    }
}

/// Leaves the border out.
pub fn inner(area: Rect) -> Rect {
    Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    }
}

fn worklist(state: &State, area: Rect) -> (Body, Option<Stage>) {
    if area.width < PREVIEW_FROM {
        return (Body::Worklist { list: area, preview: None }, None);
    }
    // Half and half, but a list needs no more than its columns hold.
    let list_width = (area.width / 2).clamp(60, 84);
    let list = Rect { width: list_width, ..area };
    let side = Rect { x: area.x + list_width, width: area.width - list_width, ..area };
    if !state.display.has_pictures() {
        return (Body::Worklist { list, preview: Some(Preview { picture: None, disputes: side }) }, None);
    }
    let below = (side.height / 3).clamp(5, 14);
    let picture = Rect { height: side.height - below, ..side };
    let disputes = Rect { y: side.y + picture.height, height: below, ..side };
    let stage = stage(picture, &Shows::One, false, false);
    (Body::Worklist { list, preview: Some(Preview { picture: Some(picture), disputes }) }, Some(stage))
}

fn case(state: &State, desk: &Desk, look: &Look, area: Rect) -> (Body, Option<Stage>) {
    let side = (area.width / 3).clamp(SIDE.0, SIDE.1).min(area.width);
    let strip = STRIP.min(area.height.saturating_sub(4));
    let shown = state.display.has_pictures() && !desk.images.is_empty() && area.width >= side + 16;
    if !shown {
        // Where there is no picture the candidates take its place.
        let wide = area.width >= 2 * SIDE.0;
        let (candidates, decision) = if wide {
            let left = area.width - side;
            (Rect { width: left, ..area }, Rect { x: area.x + left, width: side, ..area })
        } else {
            let above = area.height - strip;
            (Rect { height: above, ..area }, Rect { y: area.y + above, height: strip, ..area })
        };
        return (Body::Case { picture: None, candidates, decision }, None);
    }
    let left = area.width - side;
    let picture = Rect { width: left, ..area };
    let right = Rect { x: area.x + left, width: side, ..area };
    let above = right.height - strip;
    let candidates = Rect { height: above, ..right };
    let decision = Rect { y: right.y + above, height: strip, ..right };
    let readers: Vec<&str> = match look.grid {
        true => desk.view.reads.iter().map(|read| read.reader.as_str()).collect(),
        false => Vec::new(),
    };
    let shows = match (look.beside, readers.len()) {
        (Some(_), _) => Shows::Two,
        (None, 2..) => Shows::Readers(&readers),
        (None, _) => Shows::One,
    };
    let deep = Stack::of(desk, look.pane()).len > 1;
    let stage = stage(picture, &shows, deep, look.point.is_some() || look.windowing);
    (Body::Case { picture: Some(picture), candidates, decision }, Some(stage))
}

/// Gives the places of pictures within a border, above the lines of words.
fn stage(frame: Rect, shows: &Shows<'_>, deep: bool, pointing: bool) -> Stage {
    let mut room = inner(frame);
    // The lowest lines are words, as long as there is room for a picture above them.
    let mut line = |wanted: bool| {
        let least = 4;
        let taken = wanted && room.height > least;
        room.height -= u16::from(taken);
        taken.then_some(Rect { y: room.y + room.height, height: 1, ..room })
    };
    let caption = line(true);
    let strip = line(deep);
    let reading = line(pointing);
    let caption = caption.unwrap_or(Rect { height: 0, ..room });
    let (count, names) = match shows {
        Shows::One => {
            let tile = Tile { area: room, reader: None, beside: false };
            return Stage { tiles: vec![tile], caption, strip, reading };
        }
        Shows::Two => (2, &[][..]),
        Shows::Readers(readers) => (u16::try_from(readers.len()).unwrap_or(u16::MAX), *readers),
    };
    // Cells are twice as high as wide: the number of columns that gives the largest squares.
    let fit = |across: u16| {
        let down = count.div_ceil(across);
        (room.width / across).min((room.height / down).saturating_sub(1) * 2)
    };
    let across = (1..=count).max_by_key(|across| (fit(*across), u16::MAX - across)).unwrap_or(1);
    let down = count.div_ceil(across);
    let (width, height) = (room.width / across, room.height / down);
    let tiles = (0..count).map(|n| Tile {
        area: Rect {
            x: room.x + (n % across) * width,
            y: room.y + (n / across) * height + 1,
            width: width.saturating_sub(1).max(1),
            height: height.saturating_sub(1),
        },
        reader: names.get(usize::from(n)).map(|name| (*name).to_owned()),
        beside: n > 0 && matches!(shows, Shows::Two),
    });
    Stage { tiles: tiles.filter(|tile| tile.area.height > 0).collect(), caption, strip, reading }
}

fn log(area: Rect) -> Body {
    if area.height < 20 {
        return Body::Log { list: area, detail: None };
    }
    let below = (area.height / 3).min(16);
    let list = Rect { height: area.height - below, ..area };
    Body::Log { list, detail: Some(Rect { y: area.y + list.height, height: below, ..area }) }
}

/// Gives a table the lines that it needs, and shares the rest among as many pictures as are read with ease, among them
/// the one that is looked at.
fn figures(area: Rect, lines: usize, count: usize, at: usize) -> Body {
    // Where there is no line, a line says so.
    let wanted = u16::try_from(lines.max(1)).unwrap_or(u16::MAX).saturating_add(3);
    let most = area.height.saturating_sub(PANEL.1).max(area.height * 2 / 5);
    let table = Rect { height: wanted.min(most).min(area.height), ..area };
    let rest = Rect { y: area.y + table.height, height: area.height - table.height, ..area };
    if rest.height < PANEL.1.min(6) || count == 0 {
        return Body::Figures { table: area, panels: Vec::new() };
    }
    let count = u16::try_from(count).unwrap_or(1);
    let down = (rest.height / PANEL.1).clamp(1, 2).min(count);
    let across = (rest.width / PANEL.0).max(1).min(count.div_ceil(down));
    let each = across * down;
    let first = u16::try_from(at).unwrap_or(0) / each * each;
    let (width, height) = (rest.width / across, rest.height / down);
    let place = |n: u16| {
        let (column, row) = (n % across, n / across);
        // What can't be shared evenly goes to the last.
        let is_last = column + 1 == across || n + 1 == each || first + n + 1 == count;
        let right = if is_last { rest.width } else { (column + 1) * width };
        let below = if row + 1 == down { rest.height } else { (row + 1) * height };
        let (x, y) = (column * width, row * height);
        Rect { x: rest.x + x, y: rest.y + y, width: right - x, height: below - y }
    };
    let panels = (0..each).filter(|n| first + n < count).map(|n| (usize::from(first + n), place(n)));
    Body::Figures { table, panels: panels.collect() }
}

/// Gives where popups open: beside the picture where they fit.
fn popup_ground(body: &Body, middle: Rect) -> Rect {
    match body {
        Body::Case { picture: Some(_), candidates, decision } => {
            Rect { height: candidates.height + decision.height, ..*candidates }
        }
        Body::Worklist { list, preview: Some(_) } => *list,
        _ => middle,
    }
}

fn popup_place(state: &State, popup: &Popup, ground: Rect, middle: Rect) -> Rect {
    let lines = |n: usize| u16::try_from(n).unwrap_or(u16::MAX).saturating_add(2);
    // A popup that would be cramped beside the picture may cover it: whole sentences need their room.
    let sentences = matches!(
        popup,
        Popup::Help { .. }
            | Popup::Palette { .. }
            | Popup::Clauses { .. }
            | Popup::Text(_)
            | Popup::Header(_)
    );
    let ground = if (sentences && ground.width < 76) || ground.width < 36 { middle } else { ground };
    let (columns, rows) = match popup {
        Popup::Help { .. } | Popup::Palette { .. } | Popup::Header(_) | Popup::Clauses { .. } => {
            (100, middle.height)
        }
        Popup::Menu(menu) => {
            let headings = menu.entries.iter().filter(|entry| entry.heading.is_some()).count();
            // Below the entries there is room for what the selected one says in full.
            let cut =
                menu.entries.iter().any(|entry| width(&entry.words) + 6 > usize::from(ground.width.min(60)));
            (60, lines(menu.entries.len() + headings + if cut { 2 } else { 0 }))
        }
        Popup::Prompt(_) => (70, 7),
        // Below the rows there is room for what the selected one holds in full.
        Popup::Form(form) => (70, lines(forms::rows(state, form).len() + 3)),
        Popup::Text(text) => {
            (90, lines(text.wrapped(usize::from(ground.width.min(90)).saturating_sub(2)).len()))
        }
        Popup::Letter(_) => (40, 4),
    };
    let (width, height) = (columns.min(ground.width), rows.clamp(3, ground.height));
    Rect {
        x: ground.x + (ground.width - width) / 2,
        y: ground.y + (ground.height - height) / 2,
        width,
        height,
    }
}
