//! Draws the place of pictures: the picture, or the right words; the caption is true to the pixels that are shown.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Scene;
use super::text::{cut, put, row, safe, wrap};
use crate::app::layout::Stage;
use crate::preview::caption::caption;
use crate::preview::cells;
use crate::preview::place::Placement;
use crate::preview::placeholder;
use crate::preview::plan::{Facts, Wanted};
use crate::preview::pool::{Found, Payload, Shown};
use crate::review::desk::Desk;
use crate::theme::{Role, Theme};

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
    for (tile, wanted) in stage.tiles.iter().zip(&plan.visible) {
        if let Some(reader) = &tile.reader {
            heading(scene, desk, tile.area, reader, buffer);
        }
        match gallery.find(wanted) {
            Found::Ready(shown) => {
                facts.get_or_insert((shown.facts.clone(), true));
                placements.extend(place(&shown, tile.area, buffer, scene));
            }
            Found::Instead(shown) => {
                facts.get_or_insert((shown.facts.clone(), false));
                placements.extend(place(&shown, tile.area, buffer, scene));
            }
            Found::Loading => say(buffer, tile.area, "reading the picture", Role::Dim, theme),
            Found::Failed(words) => {
                say(buffer, tile.area, &words, Role::Warning, theme);
                failed = Some(wanted);
            }
        }
    }
    let text = match (facts, failed) {
        (Some((facts, true)), _) => caption(&facts, state.display.protocol),
        (Some((facts, false)), _) => {
            format!("{} · more is being read", caption(&facts, state.display.protocol))
        }
        (None, Some(wanted)) => format!("no picture of {}", short(wanted)),
        (None, None) => String::new(),
    };
    put(
        buffer,
        stage.caption,
        &[(cut(&text, usize::from(stage.caption.width), theme), theme.style(Role::Dim))],
        theme,
    );
    placements
}

fn short(wanted: &Wanted) -> String {
    let id = safe(&wanted.view.image);
    let tail: String = id.chars().rev().take(16).collect::<Vec<_>>().into_iter().rev().collect();
    format!("…{tail}")
}

fn whole(stage: &Stage) -> Rect {
    stage.tiles.iter().map(|tile| tile.area).reduce(Rect::union).unwrap_or(stage.caption)
}

fn heading(scene: &Scene<'_>, desk: Option<&Desk>, area: Rect, reader: &str, buffer: &mut Buffer) {
    let theme = scene.theme;
    let place =
        desk.and_then(|desk| desk.view.reads.iter().position(|read| read.reader == reader)).unwrap_or(0);
    let above = Rect { y: area.y.saturating_sub(1), height: 1, ..area };
    put(buffer, above, &[(safe(reader), theme.style(super::case::reader_role(place)))], theme);
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
