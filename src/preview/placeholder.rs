//! kitty's unicode placeholders: text that a picture shows through, so that tmux can move it. A row says itself and the
//! picture in its first cell; the cells after it go on from there.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

/// The character that a picture shows through.
pub const PLACEHOLDER: char = '\u{10eeee}';

/// The marks that stand for the numbers from 0 on, as first characters and lengths of runs: those of combining class 230
/// in Unicode 6.0 without decomposition (kitty's rowcolumn-diacritics.txt).
#[rustfmt::skip]
const MARKS: [(u32, u32); 86] = [
    (0x305, 1), (0x30d, 2), (0x310, 1), (0x312, 1), (0x33d, 3), (0x346, 1), (0x34a, 3), (0x350, 3), (0x357, 1),
    (0x35b, 1), (0x363, 13), (0x483, 5), (0x592, 4), (0x597, 3), (0x59c, 6), (0x5a8, 2), (0x5ab, 2), (0x5af, 1),
    (0x5c4, 1), (0x610, 8), (0x657, 5), (0x65d, 2), (0x6d6, 7), (0x6df, 4), (0x6e4, 1), (0x6e7, 2), (0x6eb, 2),
    (0x730, 1), (0x732, 2), (0x735, 2), (0x73a, 1), (0x73d, 1), (0x73f, 3), (0x743, 1), (0x745, 1), (0x747, 1),
    (0x749, 2), (0x7eb, 7), (0x7f3, 1), (0x816, 4), (0x81b, 9), (0x825, 3), (0x829, 5), (0x951, 1), (0x953, 2),
    (0xf82, 2), (0xf86, 2), (0x135d, 3), (0x17dd, 1), (0x193a, 1), (0x1a17, 1), (0x1a75, 8), (0x1b6b, 1),
    (0x1b6d, 7), (0x1cd0, 3), (0x1cda, 2), (0x1ce0, 1), (0x1dc0, 2), (0x1dc3, 7), (0x1dcb, 2), (0x1dd1, 22),
    (0x1dfe, 1), (0x20d0, 2), (0x20d4, 4), (0x20db, 2), (0x20e1, 1), (0x20e7, 1), (0x20e9, 1), (0x20f0, 1),
    (0x2cef, 3), (0x2de0, 32), (0xa66f, 1), (0xa67c, 2), (0xa6f0, 2), (0xa8e0, 18), (0xaab0, 1), (0xaab2, 2),
    (0xaab7, 2), (0xaabe, 2), (0xaac1, 1), (0xfe20, 7), (0x10a0f, 1), (0x10a38, 1), (0x1d185, 5), (0x1d1aa, 4),
    (0x1d242, 3),
];

fn mark(number: u32) -> Option<char> {
    let mut left = number;
    for (first, length) in MARKS {
        if left < length {
            return char::from_u32(first + left);
        }
        left -= length;
    }
    None
}

/// Fills cells with the placeholders of a picture. The number's last byte is the colour of the text, so that 256 colours
/// are enough; its first byte stands beside it.
pub fn paint(id: u32, rect: Rect, buffer: &mut Buffer) {
    let [high, .., low] = id.to_be_bytes();
    let style = Style::reset().fg(Color::Indexed(low));
    let within = rect.intersection(buffer.area);
    for (row, y) in (0..).zip(within.top()..within.bottom()) {
        for x in within.left()..within.right() {
            let mut symbol = String::from(PLACEHOLDER);
            if x == within.left() {
                symbol.extend([mark(row), mark(0), mark(u32::from(high))].into_iter().flatten());
            }
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.set_symbol(&symbol).set_style(style);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_marks_of_their_own() {
        let marks: std::collections::BTreeSet<char> = (0..297).filter_map(mark).collect();
        assert_eq!(marks.len(), 297);
        assert_eq!(
            (mark(0), mark(1), mark(296), mark(297)),
            (Some('\u{305}'), Some('\u{30d}'), Some('\u{1d244}'), None)
        );
    }

    #[test]
    fn a_row_says_what_it_is_in_its_first_cell() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 5, 3));
        paint(0x0200_0007, Rect::new(1, 1, 3, 2), &mut buffer);
        assert_eq!(buffer[(1, 2)].symbol(), "\u{10eeee}\u{30d}\u{305}\u{30e}");
        assert_eq!((buffer[(2, 2)].symbol(), buffer[(2, 2)].fg), ("\u{10eeee}", Color::Indexed(7)));
        assert_eq!((buffer[(0, 1)].symbol(), buffer[(4, 1)].symbol()), (" ", " "));
    }
}
