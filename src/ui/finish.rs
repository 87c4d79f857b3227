//! The last pass over a finished buffer: colours brought to the depth that the terminal has, characters to ASCII where
//! it has no others, and right-to-left names kept from turning what stands beside them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;

use crate::app::state::Display;
use crate::preview::placeholder::PLACEHOLDER;
use crate::preview::plan::Depth;

/// Brings a buffer to what the terminal can show.
pub fn finish(buffer: &mut Buffer, display: &Display) {
    let width = usize::from(buffer.area.width.max(1));
    let mut after_turned = false;
    for (at, cell) in buffer.content.iter_mut().enumerate() {
        if at % width == 0 {
            after_turned = false;
        }
        if display.depth != Depth::True {
            cell.fg = quantised(cell.fg, display.depth);
            cell.bg = quantised(cell.bg, display.depth);
        }
        if cell.symbol().is_ascii() {
            if after_turned && cell.symbol() != " " {
                mark_left(cell, &mut after_turned);
            }
            continue;
        }
        // The marks of a placeholder are numbers, of whatever script.
        if cell.symbol().starts_with(PLACEHOLDER) {
            continue;
        }
        if !display.utf8 {
            let twin = twin(cell.symbol());
            cell.set_symbol(twin);
            continue;
        }
        let turned = cell.symbol().chars().any(is_right_to_left);
        if after_turned && !turned {
            mark_left(cell, &mut after_turned);
        }
        after_turned |= turned;
    }
}

/// Gives every cell on the terminal's own ground another, but for those under pictures.
pub fn lay_ground(buffer: &mut Buffer, ground: Color, under: &[Rect]) {
    let area = buffer.area;
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            if under.iter().any(|rect| rect.contains((x, y).into())) {
                continue;
            }
            if let Some(cell) = buffer.cell_mut((x, y)).filter(|cell| cell.bg == Color::Reset) {
                cell.bg = ground;
            }
        }
    }
}

/// Puts a left-to-right mark before what follows right-to-left text, so that a terminal that orders lines by
/// Unicode's rules (UAX #9) leaves it where it is.
fn mark_left(cell: &mut ratatui::buffer::Cell, after_turned: &mut bool) {
    let symbol = format!("\u{200e}{}", cell.symbol());
    cell.set_symbol(&symbol);
    *after_turned = false;
}

/// Tells whether a character is written from right to left: Hebrew, Arabic and their kin (blocks of Unicode).
fn is_right_to_left(character: char) -> bool {
    matches!(character as u32, 0x0590..=0x08ff | 0xfb1d..=0xfdff | 0xfe70..=0xfeff | 0x10800..=0x10fff | 0x1e800..=0x1efff)
}

/// Gives what stands for a character where only ASCII is shown.
fn twin(symbol: &str) -> &'static str {
    match symbol.chars().next() {
        Some('─' | '━' | '═' | '—' | '–' | '┄' | '−') => "-",
        Some('│' | '┃' | '║' | '▌' | '▐' | '┊') => "|",
        Some('┌' | '┐' | '└' | '┘' | '├' | '┤' | '┬' | '┴' | '┼' | '╭' | '╮' | '╰' | '╯') => {
            "+"
        }
        // A limit is told from the line of the middle.
        Some('╌') => "=",
        Some('●') => "*",
        Some('○') => "o",
        Some('■') => "#",
        Some('κ') => "k",
        Some('α') => "a",
        Some('…') => "~",
        Some('·' | '•') => ".",
        Some('×') => "x",
        Some('‘' | '’') => "'",
        Some('“' | '”') => "\"",
        Some('▀' | '▄' | '█') => "#",
        Some('░') => ".",
        Some('▒') => ":",
        Some('▓') => "%",
        Some('²') => "2",
        Some('°') => "o",
        Some('→') => ">",
        Some('←') => "<",
        Some('≥') => ">",
        Some('≤') => "<",
        Some(character) if character.is_whitespace() => " ",
        _ => "?",
    }
}

/// Gives the nearest colour that the terminal has.
fn quantised(colour: Color, depth: Depth) -> Color {
    let Color::Rgb(red, green, blue) = colour else {
        return if depth == Depth::None { Color::Reset } else { colour };
    };
    match depth {
        Depth::True => colour,
        Depth::None => Color::Reset,
        Depth::Ansi256 => Color::Indexed(to_256([red, green, blue])),
        Depth::Ansi16 => to_16([red, green, blue]),
    }
}

/// The levels of the colour cube of 256 colours (xterm).
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

fn to_256(colour: [u8; 3]) -> u8 {
    let nearest = |value: u8| {
        let by = |(_, level): &(usize, &u8)| level.abs_diff(value);
        CUBE.iter().enumerate().min_by_key(by).map_or(0, |(n, _)| n)
    };
    let cube = colour.map(nearest);
    let cube_colour = cube.map(|n| CUBE.get(n).copied().unwrap_or(0));
    let mean = (u16::from(colour[0]) + u16::from(colour[1]) + u16::from(colour[2])) / 3;
    let step = (mean.saturating_sub(3) / 10).min(23);
    let gray = u8::try_from(8 + 10 * step).unwrap_or(238);
    let distance = |other: [u8; 3]| -> u32 {
        colour.iter().zip(other).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
    };
    let step = u8::try_from(step).unwrap_or(23);
    if distance([gray; 3]) < distance(cube_colour) {
        return 232 + step;
    }
    let index = cube.iter().fold(0, |index, n| index * 6 + n);
    16 + u8::try_from(index).unwrap_or(0)
}

/// The sixteen colours as most terminals show them (xterm's defaults).
const SIXTEEN: [(Color, [u8; 3]); 16] = [
    (Color::Black, [0, 0, 0]),
    (Color::Red, [205, 0, 0]),
    (Color::Green, [0, 205, 0]),
    (Color::Yellow, [205, 205, 0]),
    (Color::Blue, [0, 0, 238]),
    (Color::Magenta, [205, 0, 205]),
    (Color::Cyan, [0, 205, 205]),
    (Color::Gray, [229, 229, 229]),
    (Color::DarkGray, [127, 127, 127]),
    (Color::LightRed, [255, 0, 0]),
    (Color::LightGreen, [0, 255, 0]),
    (Color::LightYellow, [255, 255, 0]),
    (Color::LightBlue, [92, 92, 255]),
    (Color::LightMagenta, [255, 0, 255]),
    (Color::LightCyan, [0, 255, 255]),
    (Color::White, [255, 255, 255]),
];

fn to_16(colour: [u8; 3]) -> Color {
    let distance = |other: &[u8; 3]| -> u32 {
        colour.iter().zip(other).map(|(a, b)| u32::from(a.abs_diff(*b)).pow(2)).sum()
    };
    SIXTEEN.iter().min_by_key(|(_, known)| distance(known)).map_or(Color::Reset, |(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_come_to_the_nearest_that_there_is() {
        assert_eq!(quantised(Color::Rgb(255, 0, 0), Depth::Ansi256), Color::Indexed(196));
        assert_eq!(quantised(Color::Rgb(128, 128, 128), Depth::Ansi256), Color::Indexed(244));
        assert_eq!(quantised(Color::Rgb(0, 0, 0), Depth::Ansi256), Color::Indexed(16));
        assert_eq!(quantised(Color::Rgb(250, 10, 10), Depth::Ansi16), Color::LightRed);
        assert_eq!(quantised(Color::Rgb(1, 2, 3), Depth::None), Color::Reset);
        assert_eq!(quantised(Color::Red, Depth::None), Color::Reset);
    }

    #[test]
    fn names_from_right_to_left_do_not_turn_their_neighbours() {
        let mut buffer = Buffer::with_lines(["אב 12 x"]);
        finish(&mut buffer, &Display::plain());
        let line: String = buffer.content.iter().map(|cell| cell.symbol()).collect();
        assert_eq!(line, "אב \u{200e}12 x");
    }

    #[test]
    fn without_utf8_every_cell_is_ascii() {
        let mut buffer = Buffer::with_lines(["┌─ Müller · 2×3 ─┐", "山田 …"]);
        finish(&mut buffer, &Display { utf8: false, ..Display::plain() });
        assert!(buffer.content.iter().all(|cell| cell.symbol().is_ascii()), "{buffer:?}");
        assert!(
            buffer
                .content
                .iter()
                .map(|cell| cell.symbol())
                .collect::<String>()
                .starts_with("+- M?ller . 2x3 -+")
        );
    }
}
