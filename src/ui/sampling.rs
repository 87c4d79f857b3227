//! Draws samples: a line for each with what came of it, or the rows of one that is planned; beside them what it shows in
//! words, and how likely it accepts a lot.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Scene;
use super::chart::{self, POINT, Plot};
use super::figures::{Head, Line, foot, table};
use super::text::{framed, on_ground, pad, put, row, safe, width, wrap};
use crate::app::sampling::{PANELS, Panel, characteristic, samples, words};
use crate::domain::sample::Rule;
use crate::domain::word::Word;
use crate::review::sample::words::{chance_at, design_words, percent, verdict};
use crate::review::sample::{Board, SampleResult};
use crate::theme::{Mark, Role};

/// Draws the table and the pictures.
pub fn draw(scene: &Scene<'_>, area: Rect, panels: &[(usize, Rect)], buffer: &mut Buffer) {
    let Scene { state, theme, .. } = *scene;
    let of = &state.sampling;
    let focus = state.popups.is_empty();
    let dot = theme.mark(Mark::Dot);
    let title = match &of.plan {
        Some(plan) => {
            // Where not all rows have room, which one it is says that there are more.
            let (rows, room) = (plan.parts().len(), usize::from(area.height.saturating_sub(2)));
            let place =
                if rows > room { format!(" {dot} {} of {rows}", plan.row + 1) } else { String::new() };
            format!("Sampling {dot} a new sample {dot} D draws it{place}")
        }
        None => "Sampling".to_owned(),
    };
    let Some(board) = &of.board else {
        let whole = panels.iter().fold(area, |whole, (_, panel)| whole.union(*panel));
        let room = framed(buffer, whole, &title, focus, theme);
        let (words, role) = match &of.refused {
            Some(why) => (safe(why), Role::Warning),
            None => ("reading the samples".to_owned(), Role::Dim),
        };
        chart::words(buffer, indented(row_from(room, 1)), &words, theme.style(role), theme);
        return;
    };
    let room = framed(buffer, area, &title, focus, theme);
    match &of.plan {
        Some(_) => plan(scene, board, room, buffer),
        None => list(scene, board, room, buffer),
    }
    // Where one picture stands alone, its title leads to the other.
    let (to_words, to_curve) = match panels.len() < PANELS.len() {
        true => (format!(" {dot} tab: in words"), format!(" {dot} tab: its curve")),
        false => (String::new(), String::new()),
    };
    for (n, area) in panels {
        let title = match PANELS.get(*n) {
            Some(Panel::Words) if of.plan.is_some() => format!("What it can show{to_curve}"),
            Some(Panel::Words) => format!("Result{to_curve}"),
            Some(Panel::Characteristic) => format!("How likely a lot is accepted{to_words}"),
            None => continue,
        };
        let room = framed(buffer, *area, &title, false, theme);
        match PANELS.get(*n) {
            Some(Panel::Words) => in_words(scene, room, buffer),
            _ => curve(scene, room, buffer),
        }
    }
}

fn row_from(room: Rect, n: u16) -> Rect {
    let n = n.min(room.height);
    Rect { y: room.y + n, height: room.height - n, ..room }
}

fn indented(room: Rect) -> Rect {
    Rect { x: room.x + 2, width: room.width.saturating_sub(4), ..room }
}

fn list(scene: &Scene<'_>, board: &Board, room: Rect, buffer: &mut Buffer) {
    let Scene { state, theme, .. } = *scene;
    let columns = usize::from(room.width.saturating_sub(1));
    let lines: Vec<Line> =
        samples(board).enumerate().map(|(n, of)| line(of, n == state.sampling.selected)).collect();
    let wide = if columns >= 110 { 34 } else { 0 };
    let mut heads = vec![
        Head { words: "sample", room: 6, right: false },
        Head { words: "of", room: 18, right: false },
        Head { words: "drawn by", room: wide, right: false },
        Head { words: "lot", room: 6, right: true },
        Head { words: "read", room: 9, right: true },
        Head { words: "wrong", room: 5, right: true },
        Head { words: "under", room: 8, right: true },
    ];
    let taken: usize = heads.iter().filter(|head| head.room > 0).map(|head| head.room + 1).sum();
    heads.push(Head { words: "result", room: columns.saturating_sub(taken), right: false });
    table(buffer, room, &heads, &lines, theme);
    if lines.is_empty() {
        let words = "no sample was drawn yet: n plans one";
        put(buffer, row(room, 1), &[(format!("  {words}"), theme.style(Role::Dim))], theme);
    }
    let words = format!("tolerance {}, bounds at 95 %", percent(board.tolerance));
    foot(buffer, room, &words, Role::Dim, theme);
}

fn line(of: &SampleResult, selected: bool) -> Line {
    let role = match (of.accepted, of.held) {
        (Some(true), _) => Role::Success,
        (Some(false), true) => Role::Error,
        (Some(false), false) => Role::Warning,
        (None, _) => Role::Dim,
    };
    Line {
        cells: vec![
            (of.id.clone(), Role::Text),
            (format!("{} {}s", of.of.word(), of.unit.word()), Role::Text),
            (design_words(&of.design), Role::Dim),
            (of.lot.to_string(), Role::Text),
            (format!("{}/{}", of.read, of.size), Role::Text),
            (of.found.to_string(), if of.found > 0 { Role::Warning } else { Role::Text }),
            (of.upper95.map_or("–".to_owned(), percent), Role::Text),
            (verdict(of, false), role),
        ],
        selected,
    }
}

fn plan(scene: &Scene<'_>, board: &Board, room: Rect, buffer: &mut Buffer) {
    let Scene { state, theme, .. } = *scene;
    let Some(plan) = &state.sampling.plan else { return };
    let parts = plan.parts();
    let page = usize::from(room.height).max(1);
    let first = plan.row.saturating_sub(page / 2).min(parts.len().saturating_sub(page));
    for (n, part) in parts.iter().enumerate().skip(first).take(page) {
        let (name, value) = plan.row(*part, board);
        let area = row(room, n - first);
        let ground = theme.style(Role::Selected);
        let selected = n == plan.row;
        if selected {
            buffer.set_style(area, ground);
        }
        let on = |role: Role| match selected {
            true => on_ground(theme.style(role), ground),
            false => theme.style(role),
        };
        let cursor = if selected { theme.mark(Mark::Cursor) } else { " " };
        let pieces = [
            (cursor.to_owned(), on(Role::Focus)),
            (pad(name, 23, theme), on(Role::Dim)),
            (value, on(Role::Text)),
        ];
        put(buffer, area, &pieces, theme);
    }
}

fn in_words(scene: &Scene<'_>, room: Rect, buffer: &mut Buffer) {
    let Scene { state, theme, .. } = *scene;
    let all = words(state);
    let name_room = all.iter().map(|(name, _)| width(name)).max().unwrap_or(0).min(14);
    let text_room = usize::from(room.width).saturating_sub(name_room + 3).max(10);
    let mut at = 0;
    for (name, text) in &all {
        for (part, text) in wrap(text, text_room).into_iter().enumerate() {
            let name = if part == 0 { name.as_str() } else { "" };
            let role = if text.starts_with("rejected") { Role::Error } else { Role::Text };
            let pieces = [
                (format!(" {} ", pad(name, name_room, theme)), theme.style(Role::Dim)),
                (text, theme.style(role)),
            ];
            put(buffer, row(room, at), &pieces, theme);
            at += 1;
        }
    }
}

/// Draws the operating characteristic: the chance of being accepted against the share that is wrong.
fn curve(scene: &Scene<'_>, room: Rect, buffer: &mut Buffer) {
    let Scene { state, theme, .. } = *scene;
    let dim = theme.style(Role::Dim);
    let Some((points, rule)) = characteristic(state) else { return };
    if points.len() < 2 {
        let words = match rule {
            Rule::Bound { .. } => {
                "one after the other: reading ends as soon as the bound is met, and it holds at whatever size that is"
            }
            _ => "nothing is drawn, so nothing is judged",
        };
        chart::words(buffer, indented(row_from(room, 1)), words, dim, theme);
        return;
    }
    if room.height < 6 || room.width < 24 {
        return;
    }
    // Where nothing is accepted any more there is nothing to see.
    let last = points.iter().position(|(_, chance)| *chance < 0.005).unwrap_or(points.len() - 1);
    let most = points.get(last).map_or(1.0, |(share, _)| *share).max(0.01);
    let plot = Plot::new(buffer, Rect { height: room.height - 1, ..room }, (0.0, 1.0), theme);
    let across = plot.field.width.saturating_sub(2).max(1);
    for column in 0..across {
        let share = most * f64::from(column) / f64::from(across.saturating_sub(1).max(1));
        if let Some(chance) = chance_at(points, share) {
            plot.mark(buffer, plot.field.x + column, chance, "·", theme.style(Role::Info));
        }
    }
    for (share, chance) in points.iter().take(last + 1) {
        let column = (share / most * f64::from(across - 1)).round() as u16;
        plot.mark(buffer, plot.field.x + column, *chance, POINT, theme.style(Role::Strong));
    }
    let below = Rect { y: plot.field.bottom() + 1, height: 1, ..plot.field };
    for (share, right) in [(0.0, false), (most / 2.0, false), (most, true)] {
        let text = format!("{} %", trimmed(share * 100.0));
        let wide = u16::try_from(width(&text)).unwrap_or(0);
        let column = (share / most * f64::from(across - 1)).round() as u16;
        let x = below.x + if right { column.saturating_sub(wide) } else { column };
        put(buffer, Rect { x, width: wide, ..below }.intersection(room), &[(text, dim)], theme);
    }
    let words = " chance of being accepted, by the share of the lot that is wrong";
    let line = Rect { y: room.y + room.height - 1, height: 1, ..room };
    put(buffer, line, &[(words.to_owned(), dim)], theme);
}

fn trimmed(percent: f64) -> String {
    if percent.fract() == 0.0 { format!("{percent:.0}") } else { format!("{percent:.2}") }
}
