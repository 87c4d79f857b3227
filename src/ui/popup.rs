//! Draws what is open over the screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Scene;
use super::frame::clear;
use super::text::{cut, framed, pad, put, row, safe, wrap};
use crate::app::State;
use crate::app::editor::Editor;
use crate::app::forms;
use crate::app::popup::{Header, Menu, Popup, Prompt, Question, Text, matching, matching_clauses};
use crate::command::Command;
use crate::domain::word::Word;
use crate::theme::{Mark, Role, Theme};

/// Tells whether a popup lies wholly below another that is drawn after it.
pub fn is_covered(state: &State, at: usize) -> bool {
    matches!(state.popups.get(at + 1), Some(Popup::Help { .. } | Popup::Palette { .. }))
}

/// Draws one popup.
pub fn draw(scene: &Scene<'_>, popup: &Popup, area: Rect, buffer: &mut Buffer) {
    let theme = scene.theme;
    // The line that the list is searched by is typed where it is shown: in the list's own border.
    if let Popup::Prompt(Prompt { about: Question::Find, editor, title }) = popup {
        return find(scene, title, editor, buffer);
    }
    clear(buffer, area, theme.style(Role::Popup));
    match popup {
        Popup::Help { filter, top } => help(scene, filter, *top, area, buffer),
        Popup::Palette { typed, selected } => palette(scene, typed, *selected, area, buffer),
        Popup::Clauses { typed, selected } => clauses(scene, typed, *selected, area, buffer),
        Popup::Menu(menu) => draw_menu(menu, area, buffer, theme),
        Popup::Prompt(prompt) => draw_prompt(prompt, area, buffer, theme),
        Popup::Form(form) => {
            let room = framed(buffer, area, form.title(), true, theme);
            let rows = forms::rows(scene.state, form);
            let page = usize::from(room.height);
            let top = form.selected.saturating_sub(page.saturating_sub(1));
            let titles = rows.iter().map(|line| super::text::width(&safe(&line.title))).max().unwrap_or(0);
            let titles = titles.min(usize::from(room.width) / 2);
            for (n, (place, line)) in rows.iter().enumerate().skip(top).take(page).enumerate() {
                let selected = place == form.selected;
                let ground = if selected { theme.style(Role::Selected) } else { Style::default() };
                let at = row(room, n);
                if selected {
                    buffer.set_style(at, ground);
                }
                let value = match (line.value.is_empty(), line.missing) {
                    (true, true) => {
                        (format!("{} asked for", theme.mark(Mark::Missing)), theme.style(Role::Missing))
                    }
                    (true, false) if line.about != forms::Part::Done => {
                        ("–".to_owned(), theme.style(Role::Dim))
                    }
                    _ => (
                        line.value.clone(),
                        theme.style(if line.missing { Role::Missing } else { Role::Answer }),
                    ),
                };
                let cursor = if selected { theme.mark(Mark::Cursor) } else { " " };
                let pieces = [
                    (cursor.to_owned(), theme.style(Role::Focus).patch(ground)),
                    (
                        format!("{} ", pad(&safe(&line.title), titles, theme)),
                        theme.style(Role::Text).patch(ground),
                    ),
                    (value.0, value.1.patch(ground)),
                ];
                put(buffer, at, &pieces, theme);
            }
            let value = rows.get(form.selected).map_or("", |line| line.value.as_str());
            if super::text::width(value) + titles + 2 > usize::from(room.width) {
                let lines = wrap(value, usize::from(room.width.saturating_sub(1)).max(1));
                for (n, line) in lines.into_iter().enumerate().take(page.saturating_sub(rows.len())) {
                    let pieces = [(format!(" {line}"), theme.style(Role::Dim))];
                    put(buffer, row(room, rows.len() + n), &pieces, theme);
                }
            }
        }
        Popup::Text(text) => draw_text(text, area, buffer, theme),
        Popup::Header(header) => draw_header(header, area, buffer, theme),
        Popup::Letter(typed) => {
            let room = framed(buffer, area, "Outlines", true, theme);
            let words = letter_words(typed);
            for (n, line) in wrap(&words, usize::from(room.width)).into_iter().enumerate() {
                put(buffer, row(room, n), &[(line, theme.style(Role::Text))], theme);
            }
        }
    }
}

/// Draws a line that is typed, with its cursor as a turned cell.
fn typed_line(buffer: &mut Buffer, area: Rect, lead: &str, editor: &Editor, theme: &Theme) {
    let (before, after) = editor.around();
    let input = theme.style(Role::Input);
    let mut rest = after.chars();
    let under = rest.next().map_or_else(|| " ".to_owned(), |c| safe(&c.to_string()));
    let room = usize::from(area.width).saturating_sub(super::text::width(lead) + 2);
    // What is before the cursor is cut at its beginning: the cursor stays in sight.
    let before = safe(&before);
    let mut shown: Vec<char> = Vec::new();
    let mut taken = 0;
    for character in before.chars().rev() {
        taken += super::text::width(&character.to_string());
        if taken > room {
            break;
        }
        shown.push(character);
    }
    let shown: String = shown.into_iter().rev().collect();
    let turned = input.add_modifier(ratatui::style::Modifier::REVERSED);
    let pieces = [
        (lead.to_owned(), theme.style(Role::Key)),
        (shown, input),
        (under, turned),
        (safe(&rest.collect::<String>()), input),
    ];
    put(buffer, area, &pieces, theme);
}

fn find(scene: &Scene<'_>, title: &str, editor: &Editor, buffer: &mut Buffer) {
    let Scene { layout, theme, .. } = *scene;
    clear(buffer, layout.notice, theme.style(Role::Text));
    typed_line(buffer, layout.notice, &format!(" {title}: "), editor, theme);
}

fn help(scene: &Scene<'_>, filter: &Editor, top: usize, area: Rect, buffer: &mut Buffer) {
    let Scene { state, theme, .. } = *scene;
    let room =
        framed(buffer, area, "Help: the keys that work here; type to find, esc goes back", true, theme);
    typed_line(buffer, row(room, 0), "/ ", filter, theme);
    let scopes = state.subject_scopes();
    let found = told(&matching(&state.commands(), &filter.text()));
    let page = usize::from(room.height.saturating_sub(1));
    for (n, command) in found.iter().skip(top).take(page).enumerate() {
        let entry = command.entry();
        let keys = state.keymap.keys_of(*command, &scopes).join(" ");
        let keys = match command {
            Command::Choose(1) if keys == "1" => "1-9".to_owned(),
            _ if keys.is_empty() => "–".to_owned(),
            _ => keys,
        };
        let pieces = [
            (format!("{} ", pad(&keys, 14, theme)), theme.style(Role::Key)),
            (format!("{} ", pad(entry.scope.word(), 8, theme)), theme.style(Role::Dim)),
            (entry.help.to_owned(), theme.style(Role::Text)),
        ];
        put(buffer, row(room, n + 1), &pieces, theme);
    }
}

/// Leaves out what the first of nine lines says for all.
fn told(commands: &[Command]) -> Vec<Command> {
    commands.iter().copied().filter(|command| !matches!(command, Command::Choose(2..=9))).collect()
}

fn palette(scene: &Scene<'_>, typed: &Editor, selected: usize, area: Rect, buffer: &mut Buffer) {
    let Scene { state, theme, .. } = *scene;
    let room = framed(buffer, area, "Commands: type to find, enter does it", true, theme);
    typed_line(buffer, row(room, 0), ": ", typed, theme);
    let scopes = state.subject_scopes();
    let found = matching(&state.commands(), &typed.text());
    let page = usize::from(room.height.saturating_sub(1));
    let top = (selected + 1).saturating_sub(page);
    for (n, (place, command)) in found.iter().enumerate().skip(top).take(page).enumerate() {
        let entry = command.entry();
        let keys = state.keymap.keys_of(*command, &scopes).join(" ");
        let here = place == selected;
        let ground = if here { theme.style(Role::Selected) } else { Style::default() };
        let at = row(room, n + 1);
        if here {
            buffer.set_style(at, ground);
        }
        let pieces = [
            (
                format!(
                    "{}{} ",
                    if here { theme.mark(Mark::Cursor) } else { " " },
                    pad(entry.name, 22, theme)
                ),
                theme.style(Role::Text).patch(ground),
            ),
            (format!("{} ", pad(&keys, 12, theme)), theme.style(Role::Key).patch(ground)),
            (entry.help.to_owned(), theme.style(Role::Dim).patch(ground)),
        ];
        put(buffer, at, &pieces, theme);
    }
}

/// Draws the clauses that hold what is typed, and below them what the selected one says.
fn clauses(scene: &Scene<'_>, typed: &Editor, selected: usize, area: Rect, buffer: &mut Buffer) {
    let Scene { state, theme, .. } = *scene;
    let room = framed(buffer, area, "Clause of the guideline: type to find, enter takes it", true, theme);
    typed_line(buffer, row(room, 0), "/ ", typed, theme);
    let all = state.open.as_ref().map(|open| &*open.desk.clauses).unwrap_or_default();
    let found = matching_clauses(all, &typed.text());
    let text = found.get(selected).copied().flatten().map_or("", |clause| clause.text.as_str());
    let columns = usize::from(room.width.saturating_sub(2)).max(1);
    let text: Vec<String> = text.lines().flat_map(|line| wrap(&safe(line), columns)).collect();
    let rest = usize::from(room.height.saturating_sub(1));
    let page = rest.saturating_sub(text.len() + 1).max(rest / 2).max(1);
    let top = (selected + 1).saturating_sub(page);
    for (n, (place, clause)) in found.iter().enumerate().skip(top).take(page).enumerate() {
        let here = place == selected;
        let ground = if here { theme.style(Role::Selected) } else { Style::default() };
        let at = row(room, n + 1);
        if here {
            buffer.set_style(at, ground);
        }
        let name = clause.map_or_else(
            || "none".to_owned(),
            |clause| format!("{}{}", "  ".repeat(clause.depth.saturating_sub(1)), safe(&clause.name)),
        );
        let cursor = if here { theme.mark(Mark::Cursor) } else { " " };
        put(buffer, at, &[(format!("{cursor}{name}"), theme.style(Role::Text).patch(ground))], theme);
    }
    let from = found.len().min(page) + 2;
    for (n, line) in text.into_iter().enumerate() {
        put(buffer, row(room, from + n), &[(format!(" {line}"), theme.style(Role::Dim))], theme);
    }
}

fn draw_menu(menu: &Menu, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    let room = framed(buffer, area, &menu.title, true, theme);
    // Headings take lines too.
    let mut lines: Vec<(Option<usize>, String)> = Vec::new();
    for (n, entry) in menu.entries.iter().enumerate() {
        if let Some(heading) = entry.heading {
            lines.push((None, heading.to_owned()));
        }
        lines.push((Some(n), entry.words.clone()));
    }
    let words = menu.entries.get(menu.selected).map_or("", |entry| entry.words.as_str());
    let cut_off = usize::from(room.height) > 4 && super::text::width(words) + 4 > usize::from(room.width);
    let full =
        if cut_off { wrap(words, usize::from(room.width.saturating_sub(1)).max(1)) } else { Vec::new() };
    let page = usize::from(room.height) - full.len().min(2);
    for (n, line) in full.into_iter().take(2).enumerate() {
        put(buffer, row(room, page + n), &[(format!(" {line}"), theme.style(Role::Dim))], theme);
    }
    let at = lines.iter().position(|(n, _)| *n == Some(menu.selected)).unwrap_or(0);
    let top = (at + 1).saturating_sub(page);
    for (n, (entry, words)) in lines.iter().skip(top).take(page).enumerate() {
        let place = row(room, n);
        let Some(entry) = entry else {
            put(buffer, place, &[(words.clone(), theme.style(Role::Title))], theme);
            continue;
        };
        let selected = *entry == menu.selected;
        let ground = if selected { theme.style(Role::Selected) } else { Style::default() };
        if selected {
            buffer.set_style(place, ground);
        }
        let marked = menu.entries.get(*entry).is_some_and(|entry| entry.marked);
        let mark = theme.mark(if marked { Mark::Checked } else { Mark::Unchecked });
        let pieces = [
            (
                if selected { theme.mark(Mark::Cursor).to_owned() } else { " ".into() },
                theme.style(Role::Focus).patch(ground),
            ),
            (format!("{mark} "), theme.style(if marked { Role::Answer } else { Role::Dim }).patch(ground)),
            (
                cut(words, usize::from(room.width.saturating_sub(4)), theme),
                theme.style(Role::Text).patch(ground),
            ),
        ];
        put(buffer, place, &pieces, theme);
    }
}

fn draw_prompt(prompt: &Prompt, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    let room = framed(buffer, area, &prompt.title, true, theme);
    let (before, _) = prompt.editor.around();
    let width = usize::from(room.width.saturating_sub(1)).max(1);
    let lines = wrap(&safe(&prompt.editor.text()), width);
    // Long notes are shown by their end, where they are typed; the cursor's line stands below.
    let page = usize::from(room.height.saturating_sub(2));
    if lines.len() > 1 {
        let from = lines.len().saturating_sub(page + 1);
        for (n, line) in lines.iter().skip(from).take(page.min(lines.len() - 1)).enumerate() {
            put(buffer, row(room, n), &[(line.clone(), theme.style(Role::Dim))], theme);
        }
    }
    let _ = before;
    typed_line(buffer, row(room, usize::from(room.height.saturating_sub(1))), "", &prompt.editor, theme);
}

/// Says what a reader's letter is asked for.
pub fn letter_words(typed: &str) -> String {
    match typed {
        "" => "the letter of the reader whose outlines are hidden or shown".to_owned(),
        typed => format!("{typed} and a second letter, or enter for {typed} alone"),
    }
}

/// Draws what the header of a file says, an element a line.
fn draw_header(header: &Header, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    let title = "Header of the file: patient data are masked; type to find, esc goes back";
    let room = framed(buffer, area, title, true, theme);
    typed_line(buffer, row(room, 0), "/ ", &header.filter, theme);
    let text = |words: &str, role| vec![(words.to_owned(), theme.style(role))];
    let width = usize::from(room.width);
    let page = match &header.said {
        None => {
            put(buffer, row(room, 1), &text("reading the header", Role::Dim), theme);
            return;
        }
        Some(Err(words)) => {
            for (n, line) in wrap(&safe(words), width).iter().enumerate() {
                put(buffer, row(room, n + 1), &text(line, Role::Warning), theme);
            }
            return;
        }
        Some(Ok(page)) => page,
    };
    let found = header.matching();
    // The name gives way to the value, and needs no more than most names have.
    let names = (width / 3).clamp(12, 34);
    let room_for = usize::from(room.height.saturating_sub(2));
    for (n, line) in found.iter().skip(header.top).take(room_for).enumerate() {
        let role = if line.masked { Role::Dim } else { Role::Text };
        let pieces = [
            (format!("{} ", line.tag), theme.style(Role::Key)),
            (format!("{} ", pad(line.name.as_str(), names, theme)), theme.style(Role::Text)),
            (format!("{} ", pad(line.vr.as_str(), 2, theme)), theme.style(Role::Dim)),
            (cut(line.value.as_str(), width.saturating_sub(names + 16), theme), theme.style(role)),
        ];
        put(buffer, row(room, n + 1), &pieces, theme);
    }
    let masked = found.iter().filter(|line| line.masked).count();
    let more = if page.cut { ", and more that is not listed" } else { "" };
    let words = format!("{} of {} elements{more}, {masked} masked", found.len(), page.total);
    put(buffer, row(room, usize::from(room.height.saturating_sub(1))), &text(&words, Role::Dim), theme);
}

fn draw_text(text: &Text, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    let room = framed(buffer, area, &text.title, true, theme);
    let lines = text.wrapped(usize::from(room.width));
    let page = usize::from(room.height);
    let top = text.top.min(lines.len().saturating_sub(page));
    for (n, line) in lines.iter().skip(top).take(page).enumerate() {
        put(buffer, row(room, n), &[(line.clone(), theme.style(Role::Text))], theme);
    }
}
