//! Text on cells: cut to the width, never in the middle of a wide character, with a mark where it goes on.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Span;

use crate::app::layout::inner;
pub use crate::app::lines::{width, wrap};
use crate::domain::text::Safe;
use crate::theme::{Mark, Role, Theme};

/// Makes text from outside fit to be drawn.
pub fn safe(text: &str) -> String {
    Safe::new(text).to_string()
}

/// Cuts a text to a width, with a mark at its end where it goes on.
pub fn cut(text: &str, room: usize, theme: &Theme) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let more = theme.mark(Mark::More);
    let span = Span::raw(text);
    let mut short = String::new();
    let mut taken = width(more);
    for grapheme in span.styled_graphemes(Style::default()) {
        taken += width(grapheme.symbol);
        if taken > room {
            break;
        }
        short.push_str(grapheme.symbol);
    }
    if room >= width(more) {
        short.push_str(more);
    }
    short
}

/// Cuts a name to a width and keeps its end, which tells long UIDs apart.
pub fn cut_name(text: &str, room: usize, theme: &Theme) -> String {
    if width(text) <= room || room < 12 {
        return cut(text, room, theme);
    }
    let more = theme.mark(Mark::More);
    let head: String = cut(text, 4, theme).chars().take(3).collect();
    let span = Span::raw(text);
    let graphemes: Vec<&str> =
        span.styled_graphemes(Style::default()).map(|grapheme| grapheme.symbol).collect();
    let mut taken = width(&head) + width(more);
    let mut tail: Vec<&str> = Vec::new();
    for symbol in graphemes.iter().rev() {
        taken += width(symbol);
        if taken > room {
            break;
        }
        tail.push(symbol);
    }
    tail.reverse();
    format!("{head}{more}{}", tail.concat())
}

/// Fills a text up to a width.
pub fn pad(text: &str, room: usize, theme: &Theme) -> String {
    let text = cut(text, room, theme);
    let left = room.saturating_sub(width(&text));
    format!("{text}{}", " ".repeat(left))
}

/// Draws pieces of text one after another on the first line of an area; gives the column after them.
pub fn put(buffer: &mut Buffer, area: Rect, pieces: &[(String, Style)], theme: &Theme) -> u16 {
    let mut x = area.x;
    let end = area.x.saturating_add(area.width);
    if area.height == 0 {
        return x;
    }
    for (text, style) in pieces {
        let room = usize::from(end.saturating_sub(x));
        if room == 0 {
            break;
        }
        let text = cut(text, room, theme);
        // The terminal's own ground is what is there already: a popup or a selected line keeps its own.
        let style = Style { bg: style.bg.filter(|ground| *ground != Color::Reset), ..*style };
        x = buffer.set_stringn(x, area.y, &text, room, style).0;
    }
    x
}

/// Draws a border with a title, and gives the room within.
pub fn framed(buffer: &mut Buffer, area: Rect, title: &str, focus: bool, theme: &Theme) -> Rect {
    use ratatui::widgets::{Block, Widget};
    let border = theme.style(if focus { Role::Focus } else { Role::Border });
    Block::bordered().border_style(border).render(area, buffer);
    if !title.is_empty() && area.width > 4 {
        let room = usize::from(area.width) - 4;
        let title = format!(" {} ", cut(title, room.saturating_sub(2), theme));
        buffer.set_stringn(area.x + 1, area.y, &title, room, theme.style(Role::Title));
    }
    inner(area)
}

/// Puts a style on the ground of a selected line, where nothing may be too faint to read.
pub fn on_ground(style: Style, ground: Style) -> Style {
    style.remove_modifier(Modifier::DIM).patch(ground)
}

/// Gives one line of an area, from 0; an empty one below it.
pub fn row(area: Rect, n: usize) -> Rect {
    let n = u16::try_from(n).unwrap_or(u16::MAX);
    match n < area.height {
        true => Rect { y: area.y + n, height: 1, ..area },
        false => Rect { y: area.y + area.height, height: 0, ..area },
    }
}
