//! Draws root causes: a Pareto chart lying on its side, and beside it the decisions behind the selected bar, its rate in two
//! periods, what is asked of the guideline, and what is done.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Scene;
use super::chart;
use super::figures::{Head, Line, foot, table};
use super::text::{cut, framed, on_ground, pad, put, row, safe, width, wrap};
use crate::app::causes::{PANELS, Panel, meaning, period_lines};
use crate::domain::word::Word;
use crate::review::causes::Causes as All;
use crate::review::causes::reviews::ReviewState;
use crate::theme::{Mark, Role, Theme};

/// Draws the chart and the panels, or why there are none.
pub fn draw(scene: &Scene<'_>, area: Rect, panels: &[(usize, Rect)], buffer: &mut Buffer) {
    let Scene { state, theme, .. } = *scene;
    let of = &state.causes;
    let focus = state.popups.is_empty() && !of.within;
    let Some(all) = &of.all else {
        let whole = panels.iter().fold(area, |whole, (_, area)| whole.union(*area));
        let room = framed(buffer, whole, "Causes", focus, theme);
        let (words, role) = match &of.refused {
            Some(why) => (safe(why), Role::Warning),
            None => ("reading the root causes".to_owned(), Role::Dim),
        };
        for (n, line) in wrap(&words, usize::from(room.width.saturating_sub(4))).into_iter().enumerate() {
            put(buffer, row(room, n + 1), &[(format!("  {line}"), theme.style(role))], theme);
        }
        return;
    };
    let dot = theme.mark(Mark::Dot);
    let mut title = format!("Causes by {}", of.dimension().word());
    for words in [&of.window_words, &of.split_words].into_iter().filter(|words| !words.is_empty()) {
        title.push_str(&format!(" {dot} {words}"));
    }
    if of.stale {
        title.push_str(&format!(" {dot} somebody wrote since: r takes it anew"));
    }
    let room = framed(buffer, area, &title, focus, theme);
    pareto(scene, room, buffer);
    let words = format!("{} codes in {} decided disputes", of.total, of.decided);
    foot(buffer, room, &words, Role::Dim, theme);
    for (n, area) in panels {
        let Some(panel) = PANELS.get(*n) else { continue };
        let here = of.panel == *n && of.within;
        let key = of.bars.get(of.selected).map_or(String::new(), |bar| safe(&bar.key));
        let title = match panel {
            Panel::Behind => format!("Decisions with {key}"),
            Panel::Periods => format!("{key} in two periods"),
            Panel::Requests => "Asked of the guideline".to_owned(),
            Panel::Reviews => "Reviews".to_owned(),
        };
        let room = framed(buffer, *area, &title, here && state.popups.is_empty(), theme);
        let at = here.then_some(of.at);
        let lines = match panel {
            Panel::Behind => behind(scene, usize::from(room.width)),
            Panel::Periods => periods(scene, usize::from(room.width)),
            Panel::Requests => requests(all, usize::from(room.width), theme),
            Panel::Reviews => reviews(all, usize::from(room.width), theme),
        };
        listed(buffer, room, &lines, at, theme);
    }
}

/// Draws a bar for each key, and how much of all the bars down to it hold: both on one axis, which ends at all of them.
fn pareto(scene: &Scene<'_>, room: Rect, buffer: &mut Buffer) {
    let Scene { state, theme, .. } = *scene;
    let of = &state.causes;
    if of.bars.is_empty() {
        let words =
            " no cause is given in any decision that stands: an adjudicator gives them with c, QA with K";
        for (n, line) in wrap(words, usize::from(room.width)).into_iter().enumerate() {
            put(buffer, row(room, n + 1), &[(line, theme.style(Role::Dim))], theme);
        }
        return;
    }
    let by = of.dimension();
    let columns = usize::from(room.width.saturating_sub(1));
    let named = |key: &str| match meaning(by, key) {
        "" => safe(key),
        meaning => format!("{} {meaning}", safe(key)),
    };
    let widest = of.bars.iter().map(|bar| width(&named(&bar.key))).max().unwrap_or(0);
    let name = widest.clamp(by.word().len(), if columns >= 100 { 44 } else { 28 });
    let heads = [
        Head { words: by.word(), room: name, right: false },
        Head { words: "n", room: 6, right: true },
        Head { words: "share", room: 5, right: true },
        Head { words: "sum", room: 5, right: true },
        Head { words: "cases", room: 6, right: true },
        Head { words: "█ share  ● sum", room: columns.saturating_sub(name + 27), right: false },
    ];
    let chart_room = heads.last().map_or(0, |head| head.room);
    let mut sum = 0.0;
    let lines: Vec<Line> = of
        .bars
        .iter()
        .enumerate()
        .map(|(n, bar)| {
            sum += bar.share;
            let percent = |share: f64| format!("{:.0} %", share * 100.0);
            Line {
                cells: vec![
                    (named(&bar.key), Role::Text),
                    (bar.n.to_string(), Role::Text),
                    (percent(bar.share), Role::Text),
                    (percent(sum), Role::Dim),
                    (bar.cases.len().to_string(), Role::Text),
                    (chart::pareto(bar.share, sum, chart_room), Role::Info),
                ],
                selected: n == of.selected,
            }
        })
        .collect();
    table(buffer, room, &heads, &lines, theme);
}

/// A line of a panel: which entry it belongs to, its words, and how they look.
type Piece = (usize, String, Role);

/// Draws lines, those around the selected entry where not all fit.
fn listed(buffer: &mut Buffer, room: Rect, lines: &[Piece], at: Option<usize>, theme: &Theme) {
    let page = usize::from(room.height).max(1);
    let chosen = at.and_then(|at| lines.iter().position(|(n, ..)| *n == at)).unwrap_or(0);
    let first = chosen.saturating_sub(page / 2).min(lines.len().saturating_sub(page));
    for (place, (n, text, role)) in lines.iter().enumerate().skip(first).take(page) {
        let area = row(room, place - first);
        let ground = theme.style(Role::Selected);
        let style = match at == Some(*n) {
            true => {
                buffer.set_style(area, ground);
                on_ground(theme.style(*role), ground)
            }
            false => theme.style(*role),
        };
        put(buffer, area, &[(format!(" {text}"), style)], theme);
    }
}

fn behind(scene: &Scene<'_>, columns: usize) -> Vec<Piece> {
    let Scene { state, theme, .. } = *scene;
    let of = &state.causes;
    let name = columns.saturating_sub(26).clamp(12, 40);
    let lines = of.behind.iter().enumerate().map(|(n, one)| {
        let case = super::text::cut_name(&safe(&one.case), name, theme);
        (
            n,
            format!("{} {} {}", pad(&case, name, theme), pad(&one.code, 7, theme), safe(&one.reader)),
            Role::Text,
        )
    });
    lines.collect()
}

fn periods(scene: &Scene<'_>, columns: usize) -> Vec<Piece> {
    let of = &scene.state.causes;
    let mut lines: Vec<Piece> = Vec::new();
    for (name, words) in period_lines(of) {
        for (n, part) in wrap(&words, columns.saturating_sub(13).max(10)).into_iter().enumerate() {
            let head = if n == 0 { name } else { "" };
            lines.push((0, format!("{} {part}", pad(head, 10, scene.theme)), Role::Text));
        }
    }
    let bar = of.bars.get(of.selected);
    if let Some((before, after)) = bar.and_then(|bar| bar.before.as_ref().zip(bar.after.as_ref())) {
        let most = [before, after].iter().filter_map(|rate| rate.high).fold(1.0, f64::max);
        let room = columns.saturating_sub(13);
        lines.push((0, String::new(), Role::Dim));
        for (name, rate) in [("before", before), ("after", after)] {
            let bar = chart::bar(rate.per_100.unwrap_or(0.0) / most, room);
            lines.push((0, format!("{} {bar}", pad(name, 10, scene.theme)), Role::Info));
        }
    }
    lines
}

fn requests(all: &All, columns: usize, theme: &Theme) -> Vec<Piece> {
    let mut lines: Vec<Piece> = Vec::new();
    for (n, request) in all.requests.iter().enumerate() {
        let codes: Vec<String> = request.codes.iter().map(|(code, n)| format!("{code} ×{n}")).collect();
        let (closed, role) = match request.closed_by {
            Some(version) => (format!("  closed by version {version}"), Role::Dim),
            None => (String::new(), Role::Strong),
        };
        let head =
            format!("{}  {} cases  {}{closed}", safe(&request.clause), request.cases.len(), codes.join(" "));
        lines.push((n, head, role));
        for wish in &request.wishes {
            lines.push((
                n,
                format!("  {}", cut(&safe(&wish.text), columns.saturating_sub(4), theme)),
                Role::Dim,
            ));
        }
    }
    if lines.is_empty() {
        lines.push((0, "nobody asks for anything".into(), Role::Dim));
    }
    lines
}

fn reviews(all: &All, columns: usize, theme: &Theme) -> Vec<Piece> {
    let mut lines: Vec<Piece> = Vec::new();
    for (n, review) in all.reviews.iter().enumerate() {
        let role = match review.state {
            ReviewState::Overdue => Role::Error,
            ReviewState::Open => Role::Strong,
            ReviewState::Closed => Role::Dim,
        };
        let head = format!(
            "{} {}  {}, due {}, {}: {}",
            review.id,
            review.subject(),
            review.state.word(),
            review.due,
            review.owner_words(),
            review.action_words()
        );
        lines.push((n, cut(&head, columns.saturating_sub(2), theme), role));
        for part in wrap(&review.words(), columns.saturating_sub(4).max(20)) {
            lines.push((n, format!("  {part}"), Role::Dim));
        }
    }
    if lines.is_empty() {
        lines.push((0, "no review is open: overread causes review open --by code=P2 …".into(), Role::Dim));
    }
    lines
}
