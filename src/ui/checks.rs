//! Draws what the automated checks find: one problem a line, the selected one in full.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Scene;
use super::text::{cut_name, framed, on_ground, pad, put, row, safe, wrap};
use crate::review::check::Found;
use crate::theme::{Mark, Role, Theme};

/// Draws the list and, where there is room, the selected problem.
pub fn draw(scene: &Scene<'_>, list: Rect, detail: Option<Rect>, buffer: &mut Buffer) {
    let Scene { state, theme, .. } = *scene;
    let book = &state.checks;
    let shown = book.shown();
    let stale = if book.stale { format!(" {} changed since", theme.mark(Mark::Dot)) } else { String::new() };
    let room = framed(buffer, list, &format!("{}{stale}", book.title()), true, theme);
    let wide = room.width >= 100;
    let (check_room, case_room) = if wide { (24, 30) } else { (22, 16) };
    let head = format!(
        "   {} {} {} what",
        pad("check", check_room, theme),
        pad("case", case_room, theme),
        pad("by", 3, theme)
    );
    put(buffer, row(room, 0), &[(head, theme.style(Role::Dim))], theme);
    let page = usize::from(room.height.saturating_sub(1));
    for (n, (place, found)) in shown.iter().enumerate().skip(book.top).take(page).enumerate() {
        let selected = place == book.selected;
        let area = row(room, n + 1);
        let ground = if selected { theme.style(Role::Selected) } else { Style::default() };
        if selected {
            buffer.set_style(area, ground);
        }
        let on = |role: Role| if selected { on_ground(theme.style(role), ground) } else { theme.style(role) };
        let (mark, role) = level(found, theme);
        let case = found.case.as_deref().map(safe).unwrap_or_default();
        let reader = found.reader.as_deref().map(safe).unwrap_or_default();
        let pieces = [
            (if selected { theme.mark(Mark::Cursor).to_owned() } else { " ".into() }, on(Role::Focus)),
            (format!("{} ", pad(mark, 1, theme)), on(role)),
            (format!("{} ", pad(&found.check, check_room, theme)), on(role)),
            (format!("{} ", pad(&cut_name(&case, case_room, theme), case_room, theme)), on(Role::Text)),
            (format!("{} ", pad(&reader, 3, theme)), on(Role::Text)),
            (safe(&found.message), on(Role::Text)),
        ];
        put(buffer, area, &pieces, theme);
    }
    if let Some(words) = book.words() {
        put(buffer, row(room, 2), &[(format!("  {}", safe(words)), theme.style(Role::Dim))], theme);
    }
    let looked =
        if book.looked_for.is_empty() { String::new() } else { format!(" / {} ", safe(&book.looked_for)) };
    let foot = Rect {
        x: list.x + 2,
        y: list.y + list.height.saturating_sub(1),
        width: list.width.saturating_sub(4),
        height: 1,
    };
    let count = format!("{looked} {} of {} ", (book.selected + 1).min(shown.len()), shown.len());
    put(buffer, foot, &[(count, theme.style(Role::Dim))], theme);
    if let Some(detail) = detail {
        let room = framed(buffer, detail, "Problem", false, theme);
        let Some(found) = shown.get(book.selected) else { return };
        for (n, (text, role)) in in_full(found, usize::from(room.width)).into_iter().enumerate() {
            put(buffer, row(room, n), &[(text, theme.style(role))], theme);
        }
    }
}

/// The mark and colour of what a problem does.
fn level<'t>(found: &Found, theme: &'t Theme) -> (&'t str, Role) {
    match () {
        () if found.waived.is_some() => (theme.mark(Mark::Saved), Role::Dim),
        () if found.blocks() => (theme.mark(Mark::Blocked), Role::Blocked),
        () => (theme.mark(Mark::Missing), Role::Warning),
    }
}

fn in_full(found: &Found, room: usize) -> Vec<(String, Role)> {
    let does = match (&found.waived, found.blocks()) {
        (Some(waiver), _) => format!("waived by {} at {}: {}", waiver.by, waiver.at, waiver.why),
        (None, true) => "blocks the case until the read is corrected, or a lead waives it".to_owned(),
        (None, false) => "a warning: the case can be decided".to_owned(),
    };
    let about =
        crate::domain::checks::named(&found.check).map_or(String::new(), |check| check.help.to_owned());
    let mut lines = Vec::new();
    for (text, role) in [
        (found.case.clone().unwrap_or_default(), Role::Strong),
        (found.message.clone(), Role::Text),
        (does, Role::Dim),
        (format!("{}: {about}", found.check), Role::Dim),
    ] {
        let text = safe(&text);
        lines.extend(wrap(&text, room).into_iter().filter(|line| !line.is_empty()).map(|line| (line, role)));
    }
    lines
}
