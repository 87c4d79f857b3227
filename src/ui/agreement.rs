//! Draws agreement: a line for each label, and of the selected one the forest plot, the matrix, the trend and the gaps.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Scene;
use super::chart::{self, BESIDE, Course, Meant, POINT, Point, interval, shade};
use super::figures::{Head, Line, foot, table};
use super::text::{cut, framed, on_ground, pad, put, row, safe, width};
use crate::app::agreement::{
    self, Column, ONE_ORIGIN, Panel, alpha_of, bar_words, bars, columns, forest, measure_of_pairs,
    measure_of_weeks, of_group, prevalence, reasons, selected, weeks,
};
use crate::app::readers::measure_words;
use crate::domain::word::Word;
use crate::review::agree::names::name_of;
use crate::review::agree::{Agreement, Measure};
use crate::review::figures::{Figures, OfLabel};
use crate::theme::{Mark, Role, Theme};

/// Everything here lies between these.
const RANGE: (f64, f64) = (-1.0, 1.0);

/// Columns of a table's figure: alone, and with its interval.
const ALONE: usize = 6;
/// Columns of what the α is of: `interval`.
const SCALE: usize = 8;
const WITH_ENDS: usize = 15;

/// Draws the table into its room, and the pictures.
pub fn draw(scene: &Scene<'_>, all: &Figures, room: Rect, panels: &[(usize, Rect)], buffer: &mut Buffer) {
    let Scene { state, theme, .. } = *scene;
    let of = &state.agreement;
    let columns_room = usize::from(room.width.saturating_sub(1));
    let each = match columns_room {
        150.. => WITH_ENDS + 2,
        124.. => WITH_ENDS,
        _ => ALONE,
    };
    let fixed = 7 + 4 + 12 + 5 * (each + 1) + SCALE + 1;
    let label = columns_room.saturating_sub(fixed + 1).clamp(9, 26);
    let left = columns_room.saturating_sub(fixed + label + 1);
    let axis = if left >= 22 { left - 1 } else { 0 };
    let figure = |words| Head { words, room: each, right: each == ALONE };
    let heads = [
        Head { words: "label", room: label, right: false },
        Head { words: "items", room: 6, right: true },
        Head { words: "by", room: 3, right: true },
        Head { words: "prevalence", room: 11, right: false },
        figure("agree"),
        figure(if each == ALONE { "Fleiss" } else { "Fleiss κ" }),
        figure("B–P"),
        figure("AC1"),
        figure("α"),
        Head { words: "of scale", room: SCALE, right: false },
        Head { words: "α from -1 to 1", room: axis, right: false },
    ];
    let mut lines = Vec::new();
    let mut drawn: Vec<Option<&Agreement>> = Vec::new();
    for (n, label) in all.labels.iter().enumerate() {
        let selected = n == of.selected;
        lines.push(line(&label.agreement, safe(&label.label), selected, each, Role::Text));
        drawn.push(Some(&label.agreement));
        if let Some(without) = label.without_ambiguous.as_ref().filter(|_| !of.alone) {
            lines.push(line(without, "  unambiguous".to_owned(), false, each, Role::Dim));
            drawn.push(Some(without));
        }
    }
    table(buffer, room, &heads, &lines, theme);
    if all.labels.is_empty() {
        let words = "the charter has no label yet: bring reads in with overread import FILES";
        put(buffer, row(room, 1), &[(format!(" {words}"), theme.style(Role::Dim))], theme);
    }
    if axis > 0 && lines.len() < usize::from(room.height) {
        let x = room.x + room.width - u16::try_from(axis).unwrap_or(0);
        for (n, of) in drawn.iter().enumerate() {
            let Some((_, Some(measure))) = of.map(|of| columns(of)[4]) else { continue };
            let area = Rect { x, width: room.x + room.width - x, ..row(room, n + 1) };
            drawn_interval(buffer, area, measure, n, &lines, theme);
        }
    }
    let Some(label) = selected(state) else { return };
    let words = match all.labels.iter().all(|of| of.agreement.n_readers == 0) {
        true => "nobody has read anything yet: bring reads in with overread import FILES".to_owned(),
        false => reasons(&label.agreement).join("; "),
    };
    foot(buffer, room, &words, Role::Warning, theme);
    for (n, area) in panels {
        let Some(panel) = agreement::panels(state).get(*n) else { continue };
        let here = of.panels.at == *n;
        let focus = here && of.panels.within && state.popups.is_empty();
        let at = (here && of.panels.within).then_some(of.at);
        let dot = theme.mark(Mark::Dot);
        let title = match panel {
            Panel::Forest => format!("Forest {dot} {}", safe(&label.label)),
            Panel::Matrix => format!("Matrix {dot} {}", name_of(measure_of_pairs(state, label))),
            Panel::Trend => {
                let when = if of.settled { "settled" } else { "read" };
                format!("Trend {dot} {} by the week {when}", name_of(measure_of_weeks(state, label)))
            }
            Panel::Gap => format!("Gap {dot} how far apart the reads are"),
            Panel::Origin => {
                format!("Sites and batches {dot} {}", name_of(measure_of_weeks(state, label)))
            }
        };
        let room = framed(buffer, *area, &title, focus, theme);
        match panel {
            Panel::Forest => forest_plot(label, !of.alone, room, at, buffer, theme),
            Panel::Matrix => matrix(label, measure_of_pairs(state, label), room, at, buffer, theme),
            Panel::Trend => trend(scene, label, room, at, buffer),
            Panel::Gap => gap(label, room, at, buffer, theme),
            Panel::Origin => origins(label, measure_of_weeks(state, label), room, at, buffer, theme),
        }
    }
}

fn line(of: &Agreement, name: String, selected: bool, each: usize, role: Role) -> Line {
    let figure = |(_, measure): Column<'_>| match measure {
        Some(Measure { value: Some(value), low, high, .. }) => {
            let ends = low.zip(*high).filter(|_| each > ALONE);
            let text = ends.map(|(low, high)| format!("{value:.2} {low:.2}–{high:.2}"));
            // A number is never cut.
            let text = text.filter(|text| width(text) <= each);
            (text.unwrap_or_else(|| format!("{value:.2}")), role)
        }
        Some(_) => ("undef".to_owned(), Role::Warning),
        None => ("–".to_owned(), Role::Dim),
    };
    let mut cells = vec![
        (name, role),
        (of.n_items.to_string(), role),
        (of.n_readers.to_string(), role),
        (prevalence(&of.levels, &of.prevalence), role),
    ];
    cells.extend(columns(of).map(figure));
    cells.push((alpha_of(of).to_owned(), Role::Dim));
    Line { cells, selected }
}

fn drawn_interval(
    buffer: &mut Buffer,
    area: Rect,
    measure: &Measure,
    n: usize,
    lines: &[Line],
    theme: &Theme,
) {
    let Some(value) = measure.value else { return };
    let selected = lines.get(n).is_some_and(|line| line.selected);
    let first =
        lines.get(n).is_some_and(|line| line.cells.first().is_none_or(|(_, role)| *role == Role::Text));
    let style = theme.style(if first { Role::Info } else { Role::Dim });
    let style = if selected { on_ground(style, theme.style(Role::Selected)) } else { style };
    let mark = if first { POINT } else { BESIDE };
    interval(buffer, area, RANGE, (value, measure.low.zip(measure.high)), (mark, style), theme);
}

/// Draws every measure on one axis, and beside it the same without what is ambiguous.
fn forest_plot(
    label: &OfLabel,
    beside: bool,
    room: Rect,
    at: Option<(usize, usize)>,
    buffer: &mut Buffer,
    theme: &Theme,
) {
    let all = forest(&label.agreement);
    let without = label.without_ambiguous.as_ref().filter(|_| beside).map(forest).unwrap_or_default();
    let each = if without.is_empty() { 1 } else { 2 };
    let name_room = 18usize.min(usize::from(room.width) / 4);
    let text_room = 18usize;
    let left = u16::try_from(name_room + text_room + 3).unwrap_or(u16::MAX);
    let axis = Rect { x: room.x + left, width: room.width.saturating_sub(left + 1), ..room };
    let page = (usize::from(room.height.saturating_sub(1)) / each).max(1);
    let chosen = at.map_or(0, |(row, _)| row);
    let first = chosen.saturating_sub(page / 2).min(all.len().saturating_sub(page));
    for (n, (key, measure)) in all.iter().enumerate().skip(first).take(page) {
        let line = row(room, (n - first) * each);
        let is_selected = at.is_some_and(|(row, _)| row == n);
        let ground = if is_selected { theme.style(Role::Selected) } else { Style::default() };
        if is_selected {
            buffer.set_style(line, ground);
        }
        let on = |role: Role| match is_selected {
            true => on_ground(theme.style(role), ground),
            false => theme.style(role),
        };
        let name = pad(name_of(key), name_room, theme);
        match measure.value {
            Some(value) => {
                let text = pad(&with_ends(value, measure), text_room, theme);
                put(buffer, line, &[(format!(" {name} "), on(Role::Text)), (text, on(Role::Strong))], theme);
                let ends = measure.low.zip(measure.high);
                let area = Rect { y: line.y, height: line.height, ..axis };
                interval(buffer, area, RANGE, (value, ends), (POINT, on(Role::Info)), theme);
            }
            None => {
                let why = measure.why.as_deref().unwrap_or("undefined");
                let pieces =
                    [(format!(" {name} "), on(Role::Dim)), (format!("undefined: {why}"), on(Role::Warning))];
                put(buffer, line, &pieces, theme);
            }
        }
        let other = without.iter().find(|(of, _)| of == key).map(|(_, measure)| *measure);
        if let Some((measure, value)) = other.and_then(|measure| Some((measure, measure.value?))) {
            let line = row(room, (n - first) * each + 1);
            let name = pad("  unambiguous", name_room, theme);
            let text = pad(&with_ends(value, measure), text_room, theme);
            let dim = theme.style(Role::Dim);
            put(buffer, line, &[(format!(" {name} "), dim), (text, dim)], theme);
            let area = Rect { y: line.y, height: line.height, ..axis };
            interval(buffer, area, RANGE, (value, measure.low.zip(measure.high)), (BESIDE, dim), theme);
        }
    }
    let last = Rect { y: room.y + room.height.saturating_sub(1), height: room.height.min(1), ..axis };
    chart::axis(buffer, last, RANGE, theme);
    let more = all.len().saturating_sub(first + page);
    if more > 0 {
        let line = Rect { y: last.y, height: last.height, ..room };
        put(
            buffer,
            Rect { width: left, ..line },
            &[(format!(" {more} more below"), theme.style(Role::Dim))],
            theme,
        );
    }
}

fn with_ends(value: f64, measure: &Measure) -> String {
    match (measure.low, measure.high) {
        (Some(low), Some(high)) => format!("{value:.2} {low:.2}–{high:.2}"),
        _ => format!("{value:.2}"),
    }
}

/// Draws the readers against one another: each cell shaded, with its number.
fn matrix(
    label: &OfLabel,
    key: &str,
    room: Rect,
    at: Option<(usize, usize)>,
    buffer: &mut Buffer,
    theme: &Theme,
) {
    let people = &label.people;
    let dim = theme.style(Role::Dim);
    if people.len() < 2 {
        let why = "agreement needs two readers who share items";
        chart::words(buffer, row(room, 1), why, dim, theme);
        return;
    }
    let widest = people.iter().map(|name| width(&safe(name))).max().unwrap_or(4);
    let name_room = widest.clamp(4, 14);
    let (down, across) = (usize::from(room.height.saturating_sub(2)), usize::from(room.width));
    // Cells grow with the room, so that shades are seen from afar.
    let wide = (across.saturating_sub(name_room + 2) / people.len().max(1)).clamp(8, 14);
    let high = (down / people.len().max(1)).clamp(1, 3);
    let (columns, rows) = ((across.saturating_sub(name_room + 2) / wide).max(1), (down / high).max(1));
    let (chosen_row, chosen_column) = at.unwrap_or((0, 0));
    let first =
        |chosen: usize, page: usize| chosen.saturating_sub(page / 2).min(people.len().saturating_sub(page));
    let (first_row, first_column) = (first(chosen_row, rows), first(chosen_column, columns));
    let x_of = |n: usize| room.x + u16::try_from(name_room + 2 + n * wide).unwrap_or(u16::MAX);
    let cell_width = u16::try_from(wide).unwrap_or(1).saturating_sub(1);
    for (n, name) in people.iter().skip(first_column).take(columns).enumerate() {
        let area = Rect { x: x_of(n), width: cell_width, ..row(room, 0) };
        put(buffer, area.intersection(room), &[(cut(&safe(name), wide - 1, theme), dim)], theme);
    }
    for (n, a) in people.iter().enumerate().skip(first_row).take(rows) {
        let top = (n - first_row) * high + 1;
        put(
            buffer,
            row(room, top),
            &[(format!(" {}", pad(&safe(a), name_room, theme)), theme.style(Role::Text))],
            theme,
        );
        for (m, b) in people.iter().enumerate().skip(first_column).take(columns) {
            let is_selected = at == Some((n, m));
            let pair = label.pair(a, b).filter(|_| n != m);
            let measure = pair.and_then(|pair| pair.measures.get(key));
            let value = measure.and_then(|measure| measure.value);
            let (symbol, role) = match value {
                Some(value) => shade(value),
                None => (" ", Role::Dim),
            };
            let text = match value {
                Some(value) => format!("{value:.2}"),
                None if n == m => theme.mark(Mark::Dot).to_owned(),
                None => "–".to_owned(),
            };
            for line in 0..high {
                let area = Rect { x: x_of(m - first_column), width: cell_width, ..row(room, top + line) };
                let area = area.intersection(room);
                let number = if line == 0 { format!(" {text}") } else { String::new() };
                let fill = usize::from(cell_width).saturating_sub(width(&number));
                let fill = match (value, is_selected && line == 0) {
                    (Some(_), false) => symbol.repeat(fill),
                    (Some(_), true) => {
                        format!("{}{}", theme.mark(Mark::Cursor), symbol.repeat(fill.saturating_sub(1)))
                    }
                    (None, true) => theme.mark(Mark::Cursor).to_owned(),
                    (None, false) => String::new(),
                };
                // A shade is read by its fill: nothing may turn or underline it.
                let shade = Style { fg: theme.style(role).fg, ..Style::default() };
                let text = match is_selected {
                    true => on_ground(theme.style(Role::Text), theme.style(Role::Selected)),
                    false => theme.style(Role::Text),
                };
                put(buffer, area, &[(fill, shade), (number, text)], theme);
            }
        }
    }
    let words = match at.and_then(|(n, m)| people.get(n).zip(people.get(m))) {
        Some((a, b)) if a != b => match label.pair(a, b) {
            Some(pair) => {
                let measure = pair.measures.get(key).map_or("–".to_owned(), measure_words);
                let share = pair.measures.get("percent_agreement").and_then(|measure| measure.value);
                let share = share.map_or(String::new(), |share| format!(", agree on {:.0} %", share * 100.0));
                format!(" {} and {}: {measure}{share}", safe(a), safe(b))
            }
            None => format!(" {} and {} share no item", safe(a), safe(b)),
        },
        _ => " ░ 0.2  ▒ 0.4  ▓ 0.6  █ 0.8 and more".to_owned(),
    };
    caption(buffer, room, &words, theme);
}

/// Writes what is said of the selected cell into the last line.
fn caption(buffer: &mut Buffer, room: Rect, words: &str, theme: &Theme) {
    let line = Rect { y: room.y + room.height.saturating_sub(1), height: room.height.min(1), ..room };
    put(buffer, line, &[(words.to_owned(), theme.style(Role::Dim))], theme);
}

/// Draws a measure week by week, with its interval, and beside it the plain share of agreement.
fn trend(scene: &Scene<'_>, label: &OfLabel, room: Rect, at: Option<(usize, usize)>, buffer: &mut Buffer) {
    let Scene { state, theme, .. } = *scene;
    let weeks = weeks(state, label);
    let key = measure_of_weeks(state, label);
    if weeks.is_empty() {
        let words = match state.agreement.settled {
            true => "nothing is settled yet",
            false => "no item has a moment at which it was read",
        };
        chart::words(buffer, row(room, 1), words, theme.style(Role::Dim), theme);
        return;
    }
    let point = |week: &crate::review::agree::trend::Week| {
        let of = of_group(&week.of, key);
        let ends = of.low.zip(of.high).map(|(low, high)| (low.max(-1.0), high.min(1.0)));
        Point {
            value: of.value,
            beside: (key != "percent_agreement").then_some(week.of.percent_agreement.value).flatten(),
            ends,
            meant: Meant::Quiet,
            name: week.week.get(5..).unwrap_or_default().to_owned(),
        }
    };
    let course = Course {
        points: weeks.iter().map(point).collect(),
        centre: None,
        limits: false,
        range: (0.0, 1.0),
        at: at.map(|(_, column)| column),
    };
    let above = Rect { height: room.height.saturating_sub(1), ..room };
    chart::course(buffer, above, &course, theme);
    let words = match at.and_then(|(_, column)| weeks.get(column)) {
        Some(week) => {
            let of = measure_words(of_group(&week.of, key));
            format!(" week of {}: {} {of}", week.week, name_of(key))
        }
        None => format!(" {POINT} {} with its interval  {BESIDE} share that agrees", name_of(key)),
    };
    caption(buffer, room, &words, theme);
}

/// Draws how far apart the reads are, a histogram for each type of dispute.
fn gap(label: &OfLabel, room: Rect, at: Option<(usize, usize)>, buffer: &mut Buffer, theme: &Theme) {
    let all = bars(label);
    let dim = theme.style(Role::Dim);
    if all.is_empty() {
        chart::words(buffer, row(room, 1), "no reads differ beyond the tolerance", dim, theme);
        return;
    }
    // Each histogram has a heading.
    let mut lines: Vec<(Option<usize>, String)> = Vec::new();
    let mut n = 0;
    for gaps in &label.gaps {
        let heading = format!(
            "{}: {} items, in {}, median {:.2}, largest {:.2}",
            gaps.kind.word(),
            gaps.n,
            gaps.unit,
            gaps.median,
            gaps.largest
        );
        lines.push((None, heading));
        for bar in &gaps.bars {
            lines.push((Some(n), bar_words(bar)));
            n += 1;
        }
    }
    let page = usize::from(room.height).max(1);
    let chosen = lines.iter().position(|(bar, _)| at.is_some_and(|(row, _)| *bar == Some(row))).unwrap_or(0);
    let first = chosen.saturating_sub(page / 2).min(lines.len().saturating_sub(page));
    let bar_room = usize::from(room.width).saturating_sub(22);
    for (place, (bar, words)) in lines.iter().enumerate().skip(first).take(page) {
        let area = row(room, place - first);
        let Some((gaps, of)) = bar.and_then(|bar| all.get(bar)) else {
            put(buffer, area, &[(format!(" {words}"), theme.style(Role::Title))], theme);
            continue;
        };
        let is_selected = place == chosen && at.is_some();
        let ground = if is_selected { theme.style(Role::Selected) } else { Style::default() };
        if is_selected {
            buffer.set_style(area, ground);
        }
        let on = |role: Role| match is_selected {
            true => on_ground(theme.style(role), ground),
            false => theme.style(role),
        };
        let most = gaps.bars.iter().map(|bar| bar.n).max().unwrap_or(1).max(1);
        let drawn = chart::bar(of.n as f64 / most as f64, bar_room);
        let pieces = [
            (format!("  {} ", pad(words, 10, theme)), on(Role::Text)),
            (drawn, on(Role::Info)),
            (format!(" {}", of.n), on(Role::Strong)),
        ];
        put(buffer, area, &pieces, theme);
    }
}

/// Draws a line for each site and each batch: how many items it has, how common the levels are, and a measure with its
/// interval on one axis.
fn origins(
    label: &OfLabel,
    key: &str,
    room: Rect,
    at: Option<(usize, usize)>,
    buffer: &mut Buffer,
    theme: &Theme,
) {
    let all = &label.origins;
    if all.is_empty() {
        chart::words(buffer, row(room, 1), ONE_ORIGIN, theme.style(Role::Dim), theme);
        return;
    }
    // Sites and batches have a heading each.
    let mut lines: Vec<Option<usize>> = Vec::new();
    for (n, part) in all.iter().enumerate() {
        if n == 0 || all.get(n - 1).is_some_and(|before| before.by != part.by) {
            lines.push(None);
        }
        lines.push(Some(n));
    }
    let wide = usize::from(room.width);
    let (items_room, text_room) = (6usize, 17usize);
    let name_room = (wide / 4).clamp(8, 24);
    let common_room = if wide >= 76 { 12usize } else { 0 };
    let left = 1 + name_room + 1 + items_room + 1 + common_room + 1 + text_room + 1;
    let axis = Rect {
        x: room.x + u16::try_from(left).unwrap_or(u16::MAX),
        width: room.width.saturating_sub(u16::try_from(left + 1).unwrap_or(u16::MAX)),
        ..room
    };
    let page = usize::from(room.height.saturating_sub(1)).max(1);
    let chosen = at.and_then(|(row, _)| lines.iter().position(|line| *line == Some(row))).unwrap_or(0);
    let first = chosen.saturating_sub(page / 2).min(lines.len().saturating_sub(page));
    for (place, line) in lines.iter().enumerate().skip(first).take(page) {
        let area = row(room, place - first);
        let Some(n) = line else {
            let by = lines.get(place + 1).copied().flatten().and_then(|n| all.get(n)).map(|part| part.by);
            let mut heading =
                vec![(format!(" {}", pad(by.map_or("", Word::word), name_room, theme)), Role::Title)];
            heading.push((format!(" {:>items_room$} ", "items"), Role::Dim));
            heading
                .push((pad(if common_room > 0 { "prevalence" } else { "" }, common_room, theme), Role::Dim));
            let pieces: Vec<_> = heading.into_iter().map(|(text, role)| (text, theme.style(role))).collect();
            put(buffer, area, &pieces, theme);
            continue;
        };
        let Some(part) = all.get(*n) else { continue };
        let is_selected = at.is_some_and(|(row, _)| row == *n);
        let ground = if is_selected { theme.style(Role::Selected) } else { Style::default() };
        if is_selected {
            buffer.set_style(area, ground);
        }
        let on = |role: Role| match is_selected {
            true => on_ground(theme.style(role), ground),
            false => theme.style(role),
        };
        let measure = of_group(&part.of, key);
        let (text, role) = match measure.value {
            Some(value) => (with_ends(value, measure), Role::Strong),
            None => ("undef".to_owned(), Role::Warning),
        };
        let common = prevalence(&label.agreement.levels, &part.prevalence);
        let pieces = [
            (format!(" {}", pad(&safe(&part.key), name_room, theme)), on(Role::Text)),
            (format!(" {:>items_room$} ", part.of.n_items), on(Role::Text)),
            (pad(&common, common_room, theme), on(Role::Dim)),
            (format!(" {}", pad(&text, text_room, theme)), on(role)),
        ];
        put(buffer, area, &pieces, theme);
        if let Some(value) = measure.value.filter(|_| axis.width >= 12) {
            let area = Rect { y: area.y, height: area.height, ..axis };
            let ends = measure.low.zip(measure.high);
            interval(buffer, area, RANGE, (value, ends), (POINT, on(Role::Info)), theme);
        }
    }
    let last = Rect { y: room.y + room.height.saturating_sub(1), height: room.height.min(1), ..room };
    match at.and_then(|(row, _)| all.get(row)) {
        Some(part) => {
            let measure = measure_words(of_group(&part.of, key));
            let words = format!(" {} {}: {measure}", part.by.word(), safe(&part.key));
            caption(buffer, room, &words, theme);
        }
        None if axis.width >= 12 => {
            chart::axis(buffer, Rect { y: last.y, height: last.height, ..axis }, RANGE, theme);
        }
        None => {}
    }
}
