//! What both screens of figures are drawn with: the frame, the table, and the words that stand where there is nothing yet.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Scene;
use super::text::{cut, framed, on_ground, pad, put, row, width, wrap};
use crate::app::state::Screen;
use crate::domain::moment;
use crate::theme::{Mark, Role, Theme};

/// A column of a table.
pub struct Head {
    pub words: &'static str,
    pub room: usize,
    /// Numbers stand at the right.
    pub right: bool,
}

/// A line of a table: what each column holds, and how it looks.
pub struct Line {
    pub cells: Vec<(String, Role)>,
    pub selected: bool,
}

/// Draws a screen: the table and the pictures beside or below it.
pub fn draw(scene: &Scene<'_>, table: Rect, panels: &[(usize, Rect)], buffer: &mut Buffer) {
    let Scene { state, theme, .. } = *scene;
    let agreement = state.screen == Screen::Agreement;
    let title = if agreement { "Agreement" } else { "Readers" };
    let within = if agreement { state.agreement.panels.within } else { state.readers.panels.within };
    let focus = state.popups.is_empty() && !within;
    let Some(all) = &state.figures.all else {
        let whole = panels.iter().fold(table, |whole, (_, area)| whole.union(*area));
        let room = framed(buffer, whole, title, focus, theme);
        let (words, role) = match &state.figures.refused {
            Some(why) => (super::text::safe(why), Role::Warning),
            None => (state.figures.progress_words(), Role::Dim),
        };
        for (n, line) in wrap(&words, usize::from(room.width.saturating_sub(4))).into_iter().enumerate() {
            put(buffer, row(room, n + 1), &[(format!("  {line}"), theme.style(role))], theme);
        }
        let (done, of) = state.figures.progress;
        if state.figures.is_working() && of > 0 {
            let wide = usize::from(room.width.saturating_sub(4)).min(60);
            let bar = super::chart::bar(done as f64 / of as f64, wide);
            let rest = "░".repeat(wide.saturating_sub(width(&bar)));
            let pieces = [(format!("  {bar}"), theme.style(Role::Info)), (rest, theme.style(Role::Dim))];
            put(buffer, row(room, 3), &pieces, theme);
        }
        return;
    };
    let at = moment::rfc3339(all.at);
    let (dot, at) = (theme.mark(Mark::Dot), at.get(11..16).unwrap_or_default());
    let state_words = match () {
        () if state.figures.is_working() => state.figures.progress_words(),
        () if state.figures.stale => format!("as of {at} UTC; somebody wrote since: r takes it anew"),
        () => format!("as of {at} UTC"),
    };
    let room = framed(buffer, table, &format!("{title} {dot} {state_words}"), focus, theme);
    match agreement {
        true => super::agreement::draw(scene, all, room, panels, buffer),
        false => super::readers::draw(scene, all, room, panels, buffer),
    }
}

/// Draws a table; where not all lines fit, those around the selected one.
pub fn table(buffer: &mut Buffer, room: Rect, heads: &[Head], lines: &[Line], theme: &Theme) {
    let put_line = |buffer: &mut Buffer, area: Rect, cells: &[(String, Style)]| {
        let mut pieces = Vec::new();
        let last = heads.iter().rposition(|head| head.room > 0);
        for (n, (head, (text, style))) in
            heads.iter().zip(cells).enumerate().filter(|(_, (head, _))| head.room > 0)
        {
            let text = match head.right {
                false if Some(n) == last => cut(text, head.room, theme),
                true => {
                    let text = cut(text, head.room, theme);
                    format!("{}{text}", " ".repeat(head.room.saturating_sub(width(&text))))
                }
                false => pad(text, head.room, theme),
            };
            // Nothing stands after the last one.
            let after = if Some(n) == last { "" } else { " " };
            pieces.push((format!("{text}{after}"), *style));
        }
        put(buffer, area, &pieces, theme);
    };
    let dim = theme.style(Role::Dim);
    let names: Vec<(String, Style)> = heads.iter().map(|head| (head.words.to_owned(), dim)).collect();
    put_line(buffer, Rect { x: room.x + 1, width: room.width.saturating_sub(1), ..row(room, 0) }, &names);
    let page = usize::from(room.height.saturating_sub(1)).max(1);
    let selected = lines.iter().position(|line| line.selected).unwrap_or(0);
    let first = selected.saturating_sub(page / 2).min(lines.len().saturating_sub(page));
    if lines.len() > page {
        let words = format!(" {}–{} of {} ", first + 1, first + page, lines.len());
        let wide = u16::try_from(width(&words)).unwrap_or(0);
        let x = (room.x + room.width).saturating_sub(wide + 1);
        put(buffer, Rect { x, y: room.y + room.height, width: wide, height: 1 }, &[(words, dim)], theme);
    }
    for (n, line) in lines.iter().skip(first).take(page).enumerate() {
        let area = row(room, n + 1);
        let ground = if line.selected { theme.style(Role::Selected) } else { Style::default() };
        if line.selected {
            buffer.set_style(area, ground);
            put(
                buffer,
                area,
                &[(theme.mark(Mark::Cursor).to_owned(), on_ground(theme.style(Role::Focus), ground))],
                theme,
            );
        }
        let style = |role| match line.selected {
            true => on_ground(theme.style(role), ground),
            false => theme.style(role),
        };
        let cells: Vec<(String, Style)> =
            line.cells.iter().map(|(text, role)| (text.clone(), style(*role))).collect();
        put_line(buffer, Rect { x: area.x + 1, width: area.width.saturating_sub(1), ..area }, &cells);
    }
}

/// Writes words into the lower border of an area.
pub fn foot(buffer: &mut Buffer, room: Rect, words: &str, role: Role, theme: &Theme) {
    if words.is_empty() {
        return;
    }
    let line =
        Rect { x: room.x + 1, y: room.y + room.height, width: room.width.saturating_sub(16), height: 1 };
    let text = format!(" {} ", cut(words, usize::from(line.width).saturating_sub(2), theme));
    put(buffer, line, &[(text, theme.style(role))], theme);
}
