//! Draws the place of pictures: the picture, or the right words; the caption is true to the pixels that are shown.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Scene;
use super::text::{cut, put, row, safe, wrap};
use crate::app::case::reading_words;
use crate::app::layout::{Stage, Tile};
use crate::domain::stack::frame_at;
use crate::preview::caption::caption;
use crate::preview::cells;
use crate::preview::edges::edges;
use crate::preview::place::Placement;
use crate::preview::placeholder;
use crate::preview::plan::{Facts, Wanted};
use crate::preview::pool::{Found, Payload, Shown};
use crate::review::desk::Desk;
use crate::theme::{Mark, Role, Theme};

/// What is said where a case has no image.
pub const NO_IMAGE: &str = "no image of this case is known: labels can be adjudicated without it, or import its DICOM \
                            files with `overread import DIR`";

/// Draws what stands on the stage, and gives the pictures that the terminal has to place.
pub fn draw(
    scene: &Scene<'_>,
    desk: Option<&Desk>,
    trouble: Option<&str>,
    buffer: &mut Buffer,
) -> Vec<Placement> {
    let Scene { state, layout, plan, gallery, theme } = *scene;
    let Some(stage) = &layout.stage else { return Vec::new() };
    let words = match (desk, trouble) {
        (_, Some(trouble)) => Some(trouble.to_owned()),
        (None, None) => Some("reading the case".to_owned()),
        (Some(desk), None) if desk.images.is_empty() => Some(NO_IMAGE.to_owned()),
        (Some(desk), None) if plan.visible.first().is_none_or(|wanted| wanted.case != desk.view.case) => {
            Some("reading the picture".to_owned())
        }
        _ => None,
    };
    if let Some(words) = words {
        say(buffer, whole(stage), &words, Role::Dim, theme);
        return Vec::new();
    }
    let mut placements = Vec::new();
    let mut facts: Option<(Facts, bool)> = None;
    let mut failed = None;
    let look = state.open.as_ref().map(|open| &open.picture);
    let playing = look.is_some_and(|look| look.cine.is_some());
    // What is said of one picture is said of the one on which the keys act.
    let acts = |tile: &Tile| stage.tiles.len() < 2 || look.is_none_or(|look| look.on_beside == tile.beside);
    for (tile, wanted) in stage.tiles.iter().zip(&plan.visible) {
        let found = match gallery.find(wanted) {
            // While frames follow one another the last one stands until the next is there.
            Found::Loading if playing => gallery.last_of(wanted).map_or(Found::Loading, Found::Instead),
            found => found,
        };
        let shown = match &found {
            Found::Ready(shown) | Found::Instead(shown) => Some(&shown.facts),
            Found::Loading | Found::Failed(_) => None,
        };
        heading(scene, desk, tile, shown, buffer);
        match &found {
            Found::Ready(shown) | Found::Instead(shown) => {
                if facts.is_none() || (tile.beside && acts(tile)) {
                    facts = Some((shown.facts.clone(), matches!(found, Found::Ready(_))));
                }
                let placement = Placement::within(shown, tile.area);
                if stage.tiles.len() < 2 {
                    letters(scene, &shown.facts, placement.rect(), tile.area, buffer);
                }
                placements.extend(place(shown, tile.area, buffer, scene));
            }
            Found::Loading => say(buffer, tile.area, "reading the picture", Role::Dim, theme),
            Found::Failed(words) => {
                say(buffer, tile.area, words, Role::Warning, theme);
                failed = Some(wanted);
            }
        }
    }
    let text = match (facts, failed) {
        (Some((facts, ready)), _) => {
            let place = desk.and_then(|desk| slice(desk, &facts));
            let words = caption(&facts, place.as_deref(), state.display.protocol);
            if ready { words } else { format!("{words} · more is being read") }
        }
        (None, Some(wanted)) => format!("no picture of {}", short(wanted)),
        (None, None) => String::new(),
    };
    let mut line = |area: Rect, text: &str, role| {
        put(buffer, area, &[(cut(text, usize::from(area.width), theme), theme.style(role))], theme);
    };
    line(stage.caption, &text, Role::Dim);
    if let (Some(area), Some(open)) = (stage.strip, &state.open) {
        line(area, &super::strip::strip(open, usize::from(area.width), state.display.utf8), Role::Text);
    }
    if let (Some(area), Some(words)) = (stage.reading, state.open.as_ref().and_then(reading_words)) {
        line(area, &safe(&words), Role::Answer);
    }
    placements
}

/// Writes which side of the patient lies where, on the border around the picture.
fn letters(scene: &Scene<'_>, facts: &Facts, rect: Rect, area: Rect, buffer: &mut Buffer) {
    let Some(edges) = edges(facts) else { return };
    let style = scene.theme.style(Role::Strong);
    let letter_at = |buffer: &mut Buffer, x: u16, y: u16, letters: &str| {
        let row = Rect { x, y, width: u16::try_from(letters.len()).unwrap_or(0), height: 1 };
        put(buffer, row.intersection(buffer.area), &[(letters.to_owned(), style)], scene.theme);
    };
    let wide = |letters: &str| u16::try_from(letters.len()).unwrap_or(0);
    let (middle_x, middle_y) = (rect.x + rect.width / 2, rect.y + rect.height / 2);
    // The border has one column on either side: the nearest side alone there, and all of it above and below.
    let first = |letters: &str| letters.chars().take(1).collect::<String>();
    let frame = scene.layout.stage.as_ref().map_or(area.bottom(), |stage| stage.caption.bottom());
    // The title stands on the left of the upper border: beside it where it reaches the middle.
    let y = area.y.saturating_sub(1);
    let far = area.right().saturating_sub(wide(&edges.top) + 2).max(area.x);
    let symbol = |x: u16| buffer.cell((x, y)).map(|cell| cell.symbol());
    let border = symbol(area.right().saturating_sub(1));
    let middle = middle_x.saturating_sub(wide(&edges.top) / 2);
    let free = (middle..=middle + wide(&edges.top)).all(|x| symbol(x) == border);
    letter_at(buffer, if free { middle } else { far }, y, &edges.top);
    letter_at(buffer, area.x.saturating_sub(1), middle_y, &first(&edges.left));
    letter_at(buffer, area.right(), middle_y, &first(&edges.right));
    letter_at(buffer, middle_x.saturating_sub(wide(&edges.bottom) / 2), frame, &edges.bottom);
}

/// Says where what is shown lies in its stack.
fn slice(desk: &Desk, facts: &Facts) -> Option<String> {
    let known = desk.images.iter().find(|known| known.image.id == facts.view.image)?;
    // Adding zero makes no -0.0.
    let millimetres = |at: f64| format!("{:.1} mm", (at * 10.0).round() / 10.0 + 0.0);
    match (known.slice, frame_at(&known.image, facts.view.frame)) {
        (_, Some(at)) => Some(format!("at {}", millimetres(at))),
        (Some(slice), None) => {
            Some(format!("slice {}/{} at {}", slice.number, slice.of, millimetres(slice.at)))
        }
        (None, None) => None,
    }
}

fn short(wanted: &Wanted) -> String {
    let id = safe(&wanted.view.image);
    let tail: String = id.chars().rev().take(16).collect::<Vec<_>>().into_iter().rev().collect();
    format!("…{tail}")
}

fn whole(stage: &Stage) -> Rect {
    stage.tiles.iter().map(|tile| tile.area).reduce(Rect::union).unwrap_or(stage.caption)
}

/// Writes above one of several pictures whose outlines or which frame it shows.
fn heading(scene: &Scene<'_>, desk: Option<&Desk>, tile: &Tile, shown: Option<&Facts>, buffer: &mut Buffer) {
    let theme = scene.theme;
    let above = Rect { y: tile.area.y.saturating_sub(1), height: 1, ..tile.area };
    if let Some(reader) = &tile.reader {
        let place =
            desk.and_then(|desk| desk.view.reads.iter().position(|read| read.reader == *reader)).unwrap_or(0);
        put(buffer, above, &[(safe(reader), theme.style(super::case::reader_role(place)))], theme);
        return;
    }
    let Some(look) = scene.state.open.as_ref().map(|open| &open.picture) else { return };
    let (Some(beside), Some(desk)) = (look.beside, desk) else { return };
    let acts = look.on_beside == tile.beside;
    let here = if acts { theme.mark(Mark::Cursor) } else { " " };
    let wanted = if tile.beside { beside.image } else { look.image };
    let mut words = Vec::new();
    if beside.image != look.image {
        words.push(format!("image {}", wanted + 1));
    }
    if let Some(facts) = shown {
        if facts.frames > 1 {
            words.push(format!("frame {}/{}", facts.view.frame + 1, facts.frames));
        }
        words.extend(edges(facts).map(|edges| format!("{} up, {} right", edges.top, edges.right)));
    }
    let image = |n: usize| desk.images.get(n).map(|known| &known.image);
    if image(beside.image).is_some_and(|other| image(look.image).is_some_and(|one| one.study != other.study))
        && tile.beside
    {
        words.push("another study".to_owned());
    }
    let role = if acts { Role::Focus } else { Role::Dim };
    let text = cut(&format!("{here} {}", words.join(" · ")), usize::from(above.width), theme);
    put(buffer, above, &[(text, theme.style(role))], theme);
}

/// Puts a picture into its place: as cells, or as a placement for the terminal.
fn place(
    shown: &std::sync::Arc<Shown>,
    area: Rect,
    buffer: &mut Buffer,
    scene: &Scene<'_>,
) -> Option<Placement> {
    let placement = Placement::within(shown, area);
    let rect = placement.rect();
    match &shown.payload {
        Payload::Cells(drawn) => {
            cells::paint(drawn, area, buffer, scene.state.display.depth, scene.state.display.utf8);
            return None;
        }
        Payload::Placeholders(drawn) if !scene.layout.popups.iter().any(|popup| popup.intersects(rect)) => {
            placeholder::paint(drawn.id, rect, buffer);
            return Some(placement);
        }
        Payload::Placeholders(_) | Payload::Kitty { .. } | Payload::Drawn(_) => {}
    }
    // Blank cells on the terminal's own ground: what stood there is written over before the picture comes, and what is
    // blank already is left alone, so that nothing is written over the picture.
    super::frame::clear(buffer, rect, Style::default());
    Some(placement)
}

/// Draws words in the middle of a picture's place.
fn say(buffer: &mut Buffer, area: Rect, words: &str, role: Role, theme: &Theme) {
    let lines = wrap(&safe(words), usize::from(area.width.saturating_sub(4)).max(8));
    let top = usize::from(area.height).saturating_sub(lines.len()) / 2;
    for (n, line) in lines.iter().enumerate() {
        let at = row(area, top + n);
        let indent = usize::from(at.width).saturating_sub(super::text::width(line)) / 2;
        put(
            buffer,
            at,
            &[(" ".repeat(indent), theme.style(Role::Text)), (line.clone(), theme.style(role))],
            theme,
        );
    }
}
