//! Draws readers: a line for each reader and label, by name, and of the selected one what calls for a look, the charts
//! over time, and where everybody lies by chance.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Scene;
use super::chart::{self, BESIDE, Course, Meant, POINT, Plot, Point};
use super::figures::{Head, Line, foot, table};
use super::text::{cut, framed, on_ground, pad, put, row, safe, width, wrap};
use crate::app::readers::{PANELS, Panel, adjudicator_words, rows, selected, triggers, words};
use crate::review::agree::Measure;
use crate::review::figures::{Figures, Limits, OfLabel};
use crate::review::readers::{Alarm, Performance, Sample};
use crate::theme::{Mark, Role, Theme};

/// Draws the table into its room, and the pictures.
pub fn draw(scene: &Scene<'_>, all: &Figures, room: Rect, panels: &[(usize, Rect)], buffer: &mut Buffer) {
    let Scene { state, theme, .. } = *scene;
    let of = &state.readers;
    let rows = rows(all);
    let columns = usize::from(room.width.saturating_sub(1));
    let ends = columns >= 150;
    let figure = if ends { 17 } else { 5 };
    let widest = |text: &dyn Fn(&(&OfLabel, &Performance)) -> String| {
        rows.iter().map(|row| width(&text(row))).max().unwrap_or(0)
    };
    let most = if columns >= 100 { 20 } else { 9 };
    let name = widest(&|(_, reader)| safe(&reader.reader)).clamp(6, most);
    let label = widest(&|(label, _)| safe(&label.label)).clamp(5, most + 2);
    let head = |words, room| Head { words, room, right: !ends };
    let mut heads = vec![
        Head { words: "reader", room: name, right: false },
        Head { words: "label", room: label, right: false },
        Head { words: "cases", room: 5, right: true },
        head("index", figure),
        Head { words: "limit", room: 5, right: true },
        head("sens.", figure),
        head("spec.", figure),
        head("κ", figure),
        Head { words: "FP/im", room: 5, right: true },
        Head { words: "s/read", room: 6, right: true },
    ];
    let lines: Vec<Line> = rows
        .iter()
        .enumerate()
        .map(|(n, (label, reader))| line(label, reader, n == of.selected, ends, theme))
        .collect();
    // A column in which nobody has a figure gives its room to what is said.
    for (n, head) in heads.iter_mut().enumerate().skip(3) {
        let has = |line: &Line| line.cells.get(n).is_some_and(|(text, _)| text != "–");
        head.room = if lines.iter().any(has) { head.room } else { 0 };
    }
    let taken: usize = heads.iter().filter(|head| head.room > 0).map(|head| head.room + 1).sum();
    heads.push(Head { words: "triggers", room: columns.saturating_sub(taken), right: false });
    table(buffer, room, &heads, &lines, theme);
    if lines.is_empty() {
        let words = " nobody has read anything yet: bring reads in with overread import FILES";
        put(buffer, row(room, 1), &[(words.to_owned(), theme.style(Role::Dim))], theme);
    }
    let Some((label, reader)) = selected(state) else { return };
    foot(buffer, room, "who calls for a look first, then by name: no ranking", Role::Dim, theme);
    let dot = theme.mark(Mark::Dot);
    let who = format!("{} on {}", safe(&reader.reader), safe(&label.label));
    for (n, area) in panels {
        let Some(panel) = PANELS.get(*n) else { continue };
        let here = of.panels.at == *n && of.panels.within;
        let title = match panel {
            Panel::Words => who.clone(),
            Panel::Shares => format!("p-chart {dot} share of cases with another final answer"),
            Panel::Means => format!("EWMA {dot} moving mean, in standard deviations"),
            Panel::Sums => format!("CUSUM {dot} what speaks for twice the odds"),
            Panel::Adjudicators => format!("Adjudicators {dot} {}", safe(&label.label)),
            Panel::Funnel => format!("Funnel {dot} index against settled cases"),
        };
        let room = framed(buffer, *area, &title, here && state.popups.is_empty(), theme);
        let at = here.then_some(of.at);
        match panel {
            Panel::Words => {
                let owned = |(name, words): (&str, String)| (name.to_owned(), words);
                in_words(&words(reader).into_iter().map(owned).collect::<Vec<_>>(), room, at, buffer, theme);
            }
            Panel::Adjudicators => {
                in_words(&adjudicator_words(&label.adjudicators), room, at, buffer, theme);
            }
            Panel::Funnel => funnel(label, reader, room, at, buffer, theme),
            panel => over_time(*panel, reader, room, at, buffer, theme),
        }
    }
}

fn line(label: &OfLabel, reader: &Performance, selected: bool, ends: bool, theme: &Theme) -> Line {
    let figure = |of: &Measure| match of.value {
        Some(value) => {
            let ends = of.low.zip(of.high).filter(|_| ends);
            let ends = ends.map_or(String::new(), |(low, high)| format!(" {low:.2}–{high:.2}"));
            (format!("{value:.2}{ends}"), Role::Text)
        }
        None => ("–".to_owned(), Role::Dim),
    };
    let alone = |value: Option<f64>, text: fn(f64) -> String| match value {
        Some(value) => (text(value), Role::Text),
        None => ("–".to_owned(), Role::Dim),
    };
    let acts = reader.triggers.iter().any(|trigger| trigger.level == "act");
    let triggers = triggers(reader);
    let triggers = match (triggers.as_str(), acts) {
        ("", _) => (String::new(), Role::Dim),
        (_, true) => (format!("{} {triggers}", theme.mark(Mark::Urgent)), Role::Error),
        (_, false) => (format!("  {triggers}"), Role::Warning),
    };
    let name = if reader.model { format!("{} (model)", safe(&reader.reader)) } else { safe(&reader.reader) };
    Line {
        cells: vec![
            (name, Role::Text),
            (safe(&label.label), Role::Text),
            (reader.n.to_string(), Role::Text),
            figure(&reader.disagreement),
            alone(reader.disagreement_limit, |value| format!("{value:.2}")),
            figure(&reader.sensitivity),
            figure(&reader.specificity),
            figure(&reader.kappa),
            alone(reader.false_positives_per_image.value, |value| format!("{value:.2}")),
            alone(reader.seconds_per_read.value, |value| format!("{value:.0}")),
            triggers,
        ],
        selected,
    }
}

/// Says everything in words, what calls for a look first.
fn in_words(all: &[(String, String)], room: Rect, at: Option<usize>, buffer: &mut Buffer, theme: &Theme) {
    let name_room = 16;
    let text_room = usize::from(room.width).saturating_sub(name_room + 3).max(10);
    // Sentences may take more than a line.
    let mut lines: Vec<(usize, &str, String, Role)> = Vec::new();
    for (n, (name, text)) in all.iter().enumerate() {
        let role = match name.as_str() {
            "look into it" => Role::Error,
            "may be chance" => Role::Warning,
            _ => Role::Text,
        };
        for (part, text) in wrap(&safe(text), text_room).into_iter().enumerate() {
            lines.push((n, if part == 0 { name } else { "" }, text, role));
        }
    }
    let page = usize::from(room.height).max(1);
    let chosen = at.and_then(|at| lines.iter().position(|(n, ..)| *n == at)).unwrap_or(0);
    let first = chosen.saturating_sub(page / 2).min(lines.len().saturating_sub(page));
    for (place, (n, name, text, role)) in lines.iter().enumerate().skip(first).take(page) {
        let area = row(room, place - first);
        let ground = theme.style(Role::Selected);
        let is_selected = at == Some(*n);
        if is_selected {
            buffer.set_style(area, ground);
        }
        let on = |role: Role| match is_selected {
            true => on_ground(theme.style(role), ground),
            false => theme.style(role),
        };
        let head = if *role == Role::Text { Role::Dim } else { *role };
        let pieces = [
            (format!(" {} ", pad(&cut(&safe(name), name_room, theme), name_room, theme)), on(head)),
            (text.clone(), on(*role)),
        ];
        put(buffer, area, &pieces, theme);
    }
}

/// Draws one of the charts over time.
fn over_time(
    panel: Panel,
    reader: &Performance,
    room: Rect,
    at: Option<usize>,
    buffer: &mut Buffer,
    theme: &Theme,
) {
    let chart = &reader.chart;
    let mut room = room;
    if let Some(why) = &chart.why {
        let words = format!(" nothing is judged: {why}");
        put(buffer, row(room, 0), &[(words, theme.style(Role::Warning))], theme);
        room = Rect { y: room.y + 1, height: room.height.saturating_sub(1), ..room };
        if panel != Panel::Shares {
            return;
        }
    }
    if chart.samples.is_empty() {
        return;
    }
    let judged = |sample: &Sample| chart.why.is_none() && sample.alarm != Alarm::Few;
    let point = |sample: &Sample| {
        let (value, ends, beyond) = match panel {
            Panel::Shares => (
                sample.share,
                (sample.low, sample.high),
                matches!(sample.alarm, Alarm::Beyond | Alarm::Warning) || sample.is_below().0,
            ),
            Panel::Means => (sample.ewma, (-sample.ewma_limit, sample.ewma_limit), sample.mean_is_beyond()),
            _ => (sample.cusum, (f64::NAN, chart.cusum_limit.unwrap_or(f64::NAN)), sample.cusum_alarm),
        };
        let judged = judged(sample);
        Point {
            value: (judged || panel == Panel::Shares).then_some(value),
            beside: None,
            ends: judged.then_some(ends),
            meant: match (judged, beyond) {
                (false, _) => Meant::Little,
                (true, true) => Meant::Beyond,
                (true, false) => Meant::Quiet,
            },
            name: sample.week.get(5..).unwrap_or_default().to_owned(),
        }
    };
    let course = Course {
        points: chart.samples.iter().map(point).collect(),
        centre: match panel {
            Panel::Shares => chart.centre,
            Panel::Means => Some(0.0),
            _ => None,
        },
        limits: true,
        range: (0.0, if panel == Panel::Shares { 0.1 } else { 1.0 }),
        at,
    };
    chart::course(buffer, Rect { height: room.height.saturating_sub(1), ..room }, &course, theme);
    let words = match at.and_then(|at| chart.samples.get(at)) {
        Some(sample) => sample_words(panel, sample, chart.cusum_limit, judged(sample)),
        None => " ● sample  ■ beyond its limit  ╌ limits  · too few cases to be judged".to_owned(),
    };
    let line = Rect { y: room.y + room.height.saturating_sub(1), height: room.height.min(1), ..room };
    put(buffer, line, &[(words, theme.style(Role::Dim))], theme);
}

fn sample_words(panel: Panel, of: &Sample, limit: Option<f64>, judged: bool) -> String {
    let open = if of.open > 0 { format!(", {} open", of.open) } else { String::new() };
    let head = format!(" from {}: {} of {} cases{open}", of.week, of.disagreed, of.n);
    if !judged {
        return format!("{head}, too few to be judged");
    }
    const BETTER: &str = ", below: better than before";
    let below = |is: bool| if is { BETTER } else { "" };
    let (share, mean) = of.is_below();
    match panel {
        Panel::Means => format!("{head}, mean {:.2} SD, limit {:.2}{}", of.ewma, of.ewma_limit, below(mean)),
        Panel::Sums => format!("{head}, sum {:.2}, limit {:.2}", of.cusum, limit.unwrap_or(f64::NAN)),
        _ => format!("{head}, {:.2}, limits {:.2}–{:.2}{}", of.share, of.low, of.high, below(share)),
    }
}

/// Takes one pair of limits.
type OfLimits = fn(&Limits) -> [f64; 2];

/// Draws everybody's index against how much they read, with this reader marked.
fn funnel(
    label: &OfLabel,
    reader: &Performance,
    room: Rect,
    at: Option<usize>,
    buffer: &mut Buffer,
    theme: &Theme,
) {
    let dim = theme.style(Role::Dim);
    let Some(of) = label.funnel.as_ref().filter(|of| !of.points.is_empty()) else {
        chart::words(buffer, row(room, 1), " no person has a case with a final answer yet", dim, theme);
        return;
    };
    if room.height < 5 || room.width < 20 {
        return;
    }
    let least = of.points.iter().map(|(_, n, _)| *n).min().unwrap_or(1);
    let most = of.points.iter().map(|(_, n, _)| *n).max().unwrap_or(1).max(1);
    let limit = of.limits.iter().find(|limits| limits.n >= least).map_or(1.0, |limits| limits.three[1]);
    let highest = of.points.iter().map(|(.., index)| *index).fold(limit, f64::max);
    let above = Rect { height: room.height.saturating_sub(1), ..room };
    let plot = Plot::new(buffer, above, (0.0, (highest * 1.15).clamp(0.02, 1.0)), theme);
    let across = plot.field.width.saturating_sub(2);
    let x_of = |n: u64| {
        plot.field.x + ((n as f64 / (most as f64 * 1.05)).min(1.0) * f64::from(across)).round() as u16
    };
    plot.across(buffer, of.team, "─", dim);
    let lines: [(&str, Role, OfLimits); 2] =
        [("·", Role::Dim, |limits| limits.two), ("╌", Role::Warning, |limits| limits.three)];
    for (symbol, role, of_limits) in lines {
        for side in [0, 1] {
            let mut before: Option<(u16, u16)> = None;
            for limits in &of.limits {
                let value = of_limits(limits)[side];
                // Above the scale there is nothing to see.
                if value > highest * 1.15 || (side == 0 && value <= 0.0) {
                    continue;
                }
                let (x, y) = (x_of(limits.n), plot.y(value));
                let (from_x, from_y) = before.unwrap_or((x, y));
                // What lies between two of them is drawn straight.
                for step in from_x.min(x)..=x {
                    let share = match x - from_x {
                        0 => 1.0,
                        wide => f64::from(step - from_x) / f64::from(wide),
                    };
                    let y = (f64::from(from_y) + (f64::from(y) - f64::from(from_y)) * share).round() as u16;
                    if let Some(cell) = buffer.cell_mut((step, y)) {
                        cell.set_symbol(symbol).set_style(theme.style(role));
                    }
                }
                before = Some((x, y));
            }
        }
    }
    // The reader of the line, or whose point is selected.
    let chosen = at.and_then(|at| of.points.get(at)).map_or(&reader.reader, |(name, ..)| name);
    let own = of.points.iter().find(|(name, ..)| name == chosen);
    for (name, n, index) in &of.points {
        if *name != *chosen {
            plot.mark(buffer, x_of(*n), *index, BESIDE, theme.style(Role::Text));
        }
    }
    if let Some((name, n, index)) = own {
        let x = x_of(*n);
        plot.mark(buffer, x, *index, POINT, theme.style(Role::Strong));
        // Its name stands on the side where there is room.
        let name = cut(&safe(name), 14, theme);
        let wide = u16::try_from(width(&name)).unwrap_or(0);
        let x = if x + wide + 2 < plot.field.right() { x + 2 } else { x.saturating_sub(wide + 1) };
        let area = Rect { x, y: plot.y(*index), width: wide, height: 1 };
        put(buffer, area.intersection(room), &[(name, theme.style(Role::Strong))], theme);
    }
    let last = Rect { y: plot.field.bottom() + 1, height: 1, ..plot.field };
    for (n, right) in [(0, false), (most, true)] {
        let text = n.to_string();
        let wide = u16::try_from(width(&text)).unwrap_or(0);
        let x = if right { x_of(n).saturating_sub(wide / 2) } else { last.x };
        put(buffer, Rect { x, width: wide, ..last }.intersection(room), &[(text, dim)], theme);
    }
    let words = match own.filter(|_| at.is_some()) {
        Some((name, n, index)) => {
            format!(" {}: {index:.2} of {n} settled cases, all {:.2}", safe(name), of.team)
        }
        None => format!(" ● {}  ○ others  ─ all together {:.2}  · 2 SD  ╌ 3 SD", safe(chosen), of.team),
    };
    let line = Rect { y: room.y + room.height.saturating_sub(1), height: 1, ..room };
    put(buffer, line, &[(words, dim)], theme);
}
