//! Draws what waits for an own read: cases and what of them is asked, and nothing of what others said.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Scene;
use super::chart;
use super::figures::{Head, Line, foot, table};
use super::text::{framed, row, safe};
use crate::app::audits::{asked_words, left_words};
use crate::theme::Role;

/// Draws the list.
pub fn draw(scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
    let Scene { state, theme, .. } = *scene;
    let of = &state.audits;
    let room = framed(buffer, area, "Audits", state.popups.is_empty(), theme);
    let Some(cases) = of.cases.as_ref().filter(|cases| !cases.is_empty()) else {
        let (words, role) = match (&of.refused, &of.cases) {
            (Some(why), _) => (safe(why), Role::Warning),
            (None, Some(_)) => (left_words(0), Role::Dim),
            (None, None) => ("looking for what waits".to_owned(), Role::Dim),
        };
        let line = Rect { x: room.x + 2, width: room.width.saturating_sub(4), ..row(room, 1) };
        chart::words(
            buffer,
            Rect { height: room.height.saturating_sub(1), ..line },
            &words,
            theme.style(role),
            theme,
        );
        return;
    };
    let columns = usize::from(room.width.saturating_sub(1));
    let name = cases.iter().map(|known| super::text::width(&safe(&known.case))).max().unwrap_or(4);
    let name = name.clamp(4, columns / 2);
    let heads = [
        Head { words: "case", room: name, right: false },
        Head { words: "sample", room: 6, right: false },
        Head { words: "your own read of", room: columns.saturating_sub(name + 8), right: false },
    ];
    let lines: Vec<Line> = cases
        .iter()
        .enumerate()
        .map(|(n, known)| Line {
            cells: vec![
                (safe(&known.case), Role::Text),
                (known.sample.clone(), Role::Dim),
                (asked_words(known), Role::Text),
            ],
            selected: n == of.selected,
        })
        .collect();
    table(buffer, room, &heads, &lines, theme);
    foot(buffer, room, &left_words(cases.len()), Role::Dim, theme);
}
