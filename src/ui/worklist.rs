//! Draws the worklist: as many columns as fit the width, and beside it what the selected case is about.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Scene;
use super::text::{cut, cut_name, framed, on_ground, pad, put, row, safe, width, wrap};
use crate::app::layout::Preview;
use crate::app::state::State;
use crate::app::worklist::{SORTS, filter_words, is_open};
use crate::domain::case::State as CaseState;
use crate::domain::word::Word;
use crate::preview::place::Placement;
use crate::review::queue::{LeftOut, Line};
use crate::review::show::DisputeView;
use crate::theme::{Mark, Role, Theme};

/// What is said where a person may not see any case.
pub const NO_ROLE: &str = "you have no role in this project, so no case is listed: ask a lead for one";

/// From this priority on a case is urgent.
const URGENT: f64 = 2.0;

/// Gives a state's mark and role.
pub fn look_of(line: &Line, state: &State) -> (Mark, Role) {
    let mine =
        line.claimed_by.as_deref().is_some_and(|who| who.split(", ").any(|who| who == state.person.name));
    match state.worklist.says(line).state {
        of @ (CaseState::Final | CaseState::Provisional | CaseState::Concordant) => of_state(of),
        CaseState::InReview if mine => (Mark::Mine, Role::Mine),
        _ if line.claimed_by.is_some() && !mine => (Mark::Others, Role::Others),
        state => of_state(state),
    }
}

/// Gives the mark and role of a state of which nobody's claim is known.
pub fn of_state(state: CaseState) -> (Mark, Role) {
    match state {
        CaseState::Blocked => (Mark::Blocked, Role::Blocked),
        CaseState::AwaitingReads => (Mark::Awaiting, Role::Dim),
        CaseState::Escalated => (Mark::Escalated, Role::Escalated),
        CaseState::Discussion => (Mark::Discussion, Role::Escalated),
        CaseState::Returned => (Mark::Returned, Role::Deferred),
        CaseState::InReview => (Mark::Mine, Role::Mine),
        CaseState::Queued => (Mark::Queued, Role::Open),
        CaseState::Deferred => (Mark::Deferred, Role::Deferred),
        CaseState::Provisional => (Mark::Provisional, Role::Settled),
        CaseState::Final => (Mark::Final, Role::Settled),
        CaseState::Concordant => (Mark::Concordant, Role::Settled),
    }
}

/// Which columns there are, and how wide.
struct Columns {
    case: usize,
    label: usize,
    kind: usize,
    gap: usize,
    age: usize,
    who: usize,
}

impl Columns {
    fn of(room: usize, widest: usize) -> Self {
        // Before the case stand the cursor, the urgency and the state; after it the number of disputes.
        let mut left = room.saturating_sub(9);
        let mut take = |wanted: usize, least_left: usize| {
            if left >= wanted + 1 + least_left {
                left -= wanted + 1;
                wanted
            } else {
                0
            }
        };
        let kind = take(9, 22);
        let gap = take(12, 22);
        let who = take(9, 34);
        let age = take(4, 34);
        let case = widest.clamp(8, (left * 3 / 5).max(8)).min(left);
        Columns { case, label: left.saturating_sub(case + 1), kind, gap, age, who }
    }
}

/// Says how long ago something was, in one unit.
pub fn age(now: i64, since: i64) -> String {
    let minutes = (now - since).max(0) / 60_000;
    match minutes {
        0..60 => format!("{minutes}m"),
        60..1_440 => format!("{}h", minutes / 60),
        1_440..525_600 => format!("{}d", minutes / 1_440),
        _ => format!("{}y", minutes / 525_600),
    }
}

/// Draws the worklist.
pub fn draw(scene: &Scene<'_>, list: Rect, preview: Option<&Preview>, buffer: &mut Buffer) -> Vec<Placement> {
    let Scene { state, theme, .. } = *scene;
    let of = &state.worklist;
    let sort = SORTS.iter().find(|(sort, ..)| *sort == of.filter.sort).map_or("", |(_, word, _)| word);
    let title = match of.drill {
        Some(_) => filter_words(state),
        None => format!(
            "Worklist {} {} {} {sort} {}",
            dash(theme),
            filter_words(state),
            theme.mark(Mark::Dot),
            theme.mark(Mark::Sorted)
        ),
    };
    let room = framed(buffer, list, &title, state.popups.is_empty(), theme);
    let page = usize::from(room.height.saturating_sub(1));
    let places: Vec<usize> = (of.top..(of.top + page).min(of.len())).collect();
    let widest = places
        .iter()
        .filter_map(|place| of.line_at(*place))
        .map(|line| width(&safe(&line.case)))
        .max()
        .unwrap_or(8);
    let columns = Columns::of(usize::from(room.width), widest);
    headings(buffer, row(room, 0), &columns, of.drill.is_some(), theme);
    for (n, place) in places.iter().enumerate() {
        let area = row(room, n + 1);
        let selected = *place == of.selected;
        match of.line_at(*place) {
            Some(line) => line_of(state, buffer, area, line, selected, &columns, theme),
            None => {
                put(
                    buffer,
                    area,
                    &[(format!("    {}", theme.mark(Mark::More)), theme.style(Role::Dim))],
                    theme,
                );
            }
        }
    }
    if of.is_empty() {
        empty(state, buffer, room, theme);
    }
    foot(state, buffer, list, page, theme);
    preview.map(|preview| beside(scene, preview, buffer)).unwrap_or_default()
}

fn dash(theme: &Theme) -> &str {
    theme.mark(Mark::Dot)
}

fn headings(buffer: &mut Buffer, area: Rect, columns: &Columns, drilled: bool, theme: &Theme) {
    let style = theme.style(Role::Dim);
    let mut text = format!("     {}   ", pad("case", columns.case, theme));
    let rest = [
        ("label", columns.label),
        ("type", columns.kind),
        (if drilled { "state" } else { "gap" }, columns.gap),
        ("age", columns.age),
        ("who", columns.who),
    ];
    for (word, room) in rest.into_iter().filter(|(_, room)| *room > 0) {
        text.push_str(&pad(word, room, theme));
        text.push(' ');
    }
    put(buffer, area, &[(text, style)], theme);
}

fn line_of(
    state: &State,
    buffer: &mut Buffer,
    area: Rect,
    line: &Line,
    selected: bool,
    columns: &Columns,
    theme: &Theme,
) {
    let ground = if selected { theme.style(Role::Selected) } else { Style::default() };
    if selected {
        buffer.set_style(area, ground);
    }
    let on = |role: Role| if selected { on_ground(theme.style(role), ground) } else { theme.style(role) };
    let (mark, role) = look_of(line, state);
    let says = state.worklist.says(line);
    let (first, count) = (says.dispute, says.count);
    let cursor = if selected { theme.mark(Mark::Cursor) } else { " " };
    let urgent = if line.priority >= URGENT { theme.mark(Mark::Urgent) } else { " " };
    let more = if count > 1 { format!("{:>2}", count.min(99)) } else { "  ".to_owned() };
    let mut pieces = vec![
        (cursor.to_owned(), on(Role::Focus)),
        (urgent.to_owned(), on(Role::Warning)),
        (" ".to_owned(), ground),
        (theme.mark(mark).to_owned(), on(role)),
        (" ".to_owned(), ground),
    ];
    let found =
        |text: &str, room: usize, role: Role| lit(state, text, room, on(role), on(Role::Match), theme);
    pieces.extend(found(&cut_name(&safe(&line.case), columns.case, theme), columns.case, Role::Text));
    pieces.push((format!("{more} "), on(Role::Dim)));
    let label = safe(says.label);
    if columns.label > 0 {
        pieces.extend(found(&label, columns.label, Role::Text));
        pieces.push((" ".into(), ground));
    }
    let kind = first.and_then(|dispute| dispute.dispute_type).map_or("", |kind| kind.word());
    if columns.kind > 0 {
        pieces.extend(found(kind, columns.kind, Role::Text));
        pieces.push((" ".into(), ground));
    }
    // Behind a figure one looks for what has become of it.
    let gap = match first {
        Some(dispute) if state.worklist.drill.is_none() && is_open(dispute.state) => dispute.words.clone(),
        _ => says.state.word().to_lowercase().replace('_', " "),
    };
    let since = line.since.map_or(String::new(), |since| age(state.now, since));
    let who = line.claimed_by.clone().unwrap_or_default();
    for (text, room, role) in
        [(gap, columns.gap, Role::Text), (since, columns.age, Role::Dim), (who, columns.who, Role::Others)]
    {
        if room > 0 {
            pieces.push((format!("{} ", pad(&safe(&text), room, theme)), on(role)));
        }
    }
    put(buffer, area, &pieces, theme);
}

/// Gives a text with the letters that are looked for lit.
fn lit(
    state: &State,
    text: &str,
    room: usize,
    plain: Style,
    lit: Style,
    theme: &Theme,
) -> Vec<(String, Style)> {
    let text = pad(text, room, theme);
    if state.worklist.looked_for.is_empty() {
        return vec![(text, plain)];
    }
    let marks = crate::review::find::marks(&state.worklist.looked_for, &text);
    let mut pieces: Vec<(String, Style)> = Vec::new();
    for (n, character) in text.chars().enumerate() {
        let style = if marks.contains(&n) { plain.patch(lit) } else { plain };
        match pieces.last_mut() {
            Some((held, of)) if *of == style => held.push(character),
            _ => pieces.push((character.to_string(), style)),
        }
    }
    pieces
}

fn empty(state: &State, buffer: &mut Buffer, room: Rect, theme: &Theme) {
    let of = &state.worklist;
    let words = match () {
        () if of.listing => "reading the list",
        () if of.finding => "searching",
        () if state.person.roleless => NO_ROLE,
        () if !of.looked_for.is_empty() => "nothing found: esc ends the search",
        () if of.drill.is_some() => "none of these cases is like that: q leads back to the figures",
        () if of.filter.mine && !of.is_filtered() && of.counts.open > 0 => {
            "nothing waits for you: m lists all open cases"
        }
        () if of.is_filtered() => "no case is like that: F lists all open cases again",
        () => "nothing is open: every dispute is settled, or nothing was imported yet (`overread import`)",
    };
    for (n, line) in wrap(words, usize::from(room.width.saturating_sub(4))).into_iter().enumerate() {
        put(buffer, row(room, n + 2), &[(format!("  {line}"), theme.style(Role::Dim))], theme);
    }
}

/// Draws where one is into the lower border.
fn foot(state: &State, buffer: &mut Buffer, list: Rect, page: usize, theme: &Theme) {
    let of = &state.worklist;
    let (from, to) = (of.top + 1, (of.top + page).min(of.len()));
    let more = if of.listing || of.finding { theme.mark(Mark::More) } else { "" };
    let counts = if of.is_empty() { String::new() } else { format!(" {from}–{to} of {}{more} ", of.len()) };
    let looked = match of.left_out.as_ref().and_then(LeftOut::words) {
        _ if !of.looked_for.is_empty() => format!(" / {} ", safe(&of.looked_for)),
        Some(left_out) => format!(" {left_out} "),
        None => String::new(),
    };
    let y = list.y + list.height.saturating_sub(1);
    let right = u16::try_from(width(&counts)).unwrap_or(0);
    let area = Rect { x: list.x + 2, y, width: list.width.saturating_sub(4 + right), height: 1 };
    put(buffer, area, &[(looked, theme.style(Role::Input))], theme);
    let x = list.x + list.width.saturating_sub(right + 2);
    put(buffer, Rect { x, y, width: right, height: 1 }, &[(counts, theme.style(Role::Dim))], theme);
}

/// Draws what the selected case is about.
fn beside(scene: &Scene<'_>, preview: &Preview, buffer: &mut Buffer) -> Vec<Placement> {
    let Scene { state, theme, .. } = *scene;
    let of = &state.worklist;
    let Some(line) = of.selected_line() else {
        if let Some(picture) = preview.picture {
            framed(buffer, picture, "Preview", false, theme);
        }
        framed(buffer, preview.disputes, "Disputes", false, theme);
        return Vec::new();
    };
    let desk = of.preview.as_ref().filter(|desk| desk.view.case == line.case);
    let mut placements = Vec::new();
    if let Some(picture) = preview.picture {
        framed(
            buffer,
            picture,
            &format!("Preview {} {}", theme.mark(Mark::Dot), safe(&line.case)),
            false,
            theme,
        );
        let trouble = of
            .preview_trouble
            .as_ref()
            .filter(|(case, _)| *case == line.case)
            .map(|(_, words)| words.as_str());
        placements = super::picture::draw(scene, desk.map(|desk| &**desk), trouble, buffer);
    }
    let room = framed(buffer, preview.disputes, "Disputes", false, theme);
    match desk {
        Some(desk) => {
            let mut n = 0;
            for dispute in &desk.view.disputes {
                let mut lines = about(dispute, usize::from(room.width), theme);
                if let Some(text) = dispute.reasons().filter(|_| of.drill.is_some()) {
                    let parts = wrap(&safe(&text), usize::from(room.width.saturating_sub(2)).max(1));
                    lines.extend(parts.into_iter().map(|part| (format!("  {part}"), Role::Answer)));
                }
                for (text, role) in lines {
                    put(buffer, row(room, n), &[(text, theme.style(role))], theme);
                    n += 1;
                }
            }
            for words in &desk.view.why {
                put(buffer, row(room, n), &[(safe(words), theme.style(Role::Blocked))], theme);
                n += 1;
            }
        }
        None => {
            for (n, dispute) in line.disputes.iter().enumerate() {
                let kind = dispute.dispute_type.map_or("", |kind| kind.word());
                let text = format!("{}  {kind}  {}", safe(&dispute.label), safe(&dispute.words));
                put(buffer, row(room, n), &[(text, theme.style(Role::Text))], theme);
            }
        }
    }
    placements
}

/// Says what a dispute is, on one line and one more for who says what.
fn about(dispute: &DisputeView, room: usize, theme: &Theme) -> Vec<(String, Role)> {
    let (mark, role) = of_state(dispute.state);
    let kind = dispute.dispute_type.map_or("", |kind| kind.word());
    let head = format!("{} {}  {kind}  {}", theme.mark(mark), safe(&dispute.label), safe(&dispute.words));
    let says = dispute.candidates.iter().map(|candidate| {
        let who = candidate
            .readers
            .as_ref()
            .map_or(String::new(), |readers| format!("{}: ", readers.join(theme.mark(Mark::Dot))));
        format!("{who}{}", safe(&candidate.words))
    });
    let says = says.collect::<Vec<_>>().join("   ");
    let mut lines = vec![(cut(&head, room, theme), role)];
    if !says.is_empty() {
        lines.push((format!("  {}", cut(&says, room.saturating_sub(2), theme)), Role::Dim));
    }
    lines
}
