//! Draws the log: one event a line, the selected one with what it holds.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Scene;
use super::text::{cut, cut_name, framed, on_ground, pad, put, row, safe};
use crate::domain::moment;
use crate::theme::{Mark, Role};

/// Draws the log.
pub fn draw(scene: &Scene<'_>, list: Rect, detail: Option<Rect>, buffer: &mut Buffer) {
    let Scene { state, theme, .. } = *scene;
    let book = &state.logbook;
    let shown = book.shown();
    let dot = theme.mark(Mark::Dot);
    let follow = if book.follow { format!(" {dot} follows") } else { String::new() };
    let of = book.case.as_deref().map_or_else(|| "the project".to_owned(), safe);
    let room = framed(buffer, list, &format!("Log of {of}{follow}"), true, theme);
    let wide = room.width >= 100;
    let page = usize::from(room.height.saturating_sub(1));
    let case_room = if book.case.is_some() {
        0
    } else if wide {
        28
    } else {
        14
    };
    let mut head = format!(
        "{} {} {} {} ",
        pad("seq", 8, theme),
        pad("at", if wide { 20 } else { 8 }, theme),
        pad("who", 12, theme),
        pad("action", 11, theme)
    );
    if case_room > 0 {
        head.push_str(&format!("{} ", pad("case", case_room, theme)));
    }
    head.push_str("what");
    put(buffer, row(room, 0), &[(format!(" {head}"), theme.style(Role::Dim))], theme);
    for (n, (place, line)) in shown.iter().enumerate().skip(book.top).take(page).enumerate() {
        let selected = place == book.selected;
        let area = row(room, n + 1);
        let ground = if selected { theme.style(Role::Selected) } else { Style::default() };
        if selected {
            buffer.set_style(area, ground);
        }
        let on = |role: Role| if selected { on_ground(theme.style(role), ground) } else { theme.style(role) };
        let at = moment::rfc3339(line.at);
        let at = if wide {
            at.get(..19).unwrap_or(&at).replace('T', " ")
        } else {
            at.get(11..19).unwrap_or(&at).to_owned()
        };
        let role = if line.refused { Role::Warning } else { Role::Text };
        let mut pieces = vec![
            (if selected { theme.mark(Mark::Cursor).to_owned() } else { " ".into() }, on(Role::Focus)),
            (format!("{} ", pad(&line.seq.to_string(), 8, theme)), on(Role::Dim)),
            (format!("{} ", pad(&at, if wide { 20 } else { 8 }, theme)), on(Role::Dim)),
            (format!("{} ", pad(&safe(&line.who), 12, theme)), on(Role::Text)),
            (format!("{} ", pad(&line.action, 11, theme)), on(role)),
        ];
        if case_room > 0 {
            let case = line.case.as_deref().map(safe).unwrap_or_default();
            pieces.push((
                format!("{} ", pad(&cut_name(&case, case_room, theme), case_room, theme)),
                on(Role::Text),
            ));
        }
        pieces.push((safe(&line.words), on(role)));
        put(buffer, area, &pieces, theme);
    }
    if shown.is_empty() {
        let words = match () {
            () if book.loading => "reading the log",
            () if !book.looked_for.is_empty() => "no event holds these letters",
            () => "nothing is in this log that you may read",
        };
        put(buffer, row(room, 2), &[(format!("  {words}"), theme.style(Role::Dim))], theme);
    }
    let looked =
        if book.looked_for.is_empty() { String::new() } else { format!(" / {} ", safe(&book.looked_for)) };
    let foot = Rect {
        x: list.x + 2,
        y: list.y + list.height.saturating_sub(1),
        width: list.width.saturating_sub(4),
        height: 1,
    };
    let more = if book.complete { "" } else { theme.mark(Mark::More) };
    let count = format!("{looked} {more}{} of {} ", (book.selected + 1).min(shown.len()), shown.len());
    put(buffer, foot, &[(count, theme.style(Role::Dim))], theme);
    if let Some(detail) = detail {
        let room = framed(buffer, detail, "Event", false, theme);
        if let Some(line) = shown.get(book.selected) {
            for (n, text) in line.full().iter().enumerate() {
                let text = cut(&safe(text), usize::from(room.width), theme);
                put(buffer, row(room, n), &[(text, theme.style(Role::Text))], theme);
            }
        }
    }
}
