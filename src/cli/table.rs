//! Tables for people: columns as wide as they need to be, the last ones shortened where the terminal is narrow.

use std::fmt::Write;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::domain::text::Safe;

/// Where a column's text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// A table under way.
#[derive(Debug)]
pub struct Table {
    head: Vec<(&'static str, Align)>,
    rows: Vec<Vec<String>>,
}

/// A column never gets narrower than this.
const LEAST: usize = 6;

impl Table {
    pub fn new(head: &[(&'static str, Align)]) -> Self {
        Table { head: head.to_vec(), rows: Vec::new() }
    }

    /// Adds a row; whatever its cells hold is made safe to print.
    pub fn row<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.rows.push(cells.into_iter().map(|cell| Safe::new(cell.as_ref()).to_string()).collect());
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Draws the table into at most `room` columns; none is as wide as it likes.
    pub fn draw(&self, room: Option<usize>) -> String {
        let mut widths: Vec<usize> = self
            .head
            .iter()
            .enumerate()
            .map(|(at, (name, _))| {
                self.rows
                    .iter()
                    .filter_map(|row| row.get(at))
                    .map(|cell| cell.width())
                    .max()
                    .unwrap_or(0)
                    .max(name.width())
            })
            .collect();
        let gaps = 2 * widths.len().saturating_sub(1);
        if let Some(room) = room {
            // The widest column gives way first, so that short ones stay whole.
            while widths.iter().sum::<usize>() + gaps > room {
                let Some(widest) =
                    widths.iter_mut().max_by_key(|width| **width).filter(|width| **width > LEAST)
                else {
                    break;
                };
                *widest -= 1;
            }
        }
        let mut drawn = String::new();
        let names = self.head.iter().map(|(name, _)| (*name).to_owned()).collect();
        for row in std::iter::once(&names).chain(&self.rows) {
            let mut line = String::new();
            for (at, ((_, align), width)) in self.head.iter().zip(&widths).enumerate() {
                let cell = shortened(row.get(at).map_or("", String::as_str), *width);
                let pad = " ".repeat(width.saturating_sub(cell.width()));
                let gap = if at == 0 { "" } else { "  " };
                let _ = match align {
                    Align::Left => write!(line, "{gap}{cell}{pad}"),
                    Align::Right => write!(line, "{gap}{pad}{cell}"),
                };
            }
            drawn.push_str(line.trim_end());
            drawn.push('\n');
        }
        drawn
    }
}

/// Cuts text to a width in columns, with a mark where something was cut.
fn shortened(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut used = 1;
    for character in text.chars() {
        used += character.width().unwrap_or(0);
        if used > width {
            break;
        }
        short.push(character);
    }
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_give_way_where_the_room_is_small() {
        let mut table = Table::new(&[("case", Align::Left), ("gap", Align::Right)]);
        table.row(["CT-1", "0.31"]);
        table.row(["山田の長い名前です", "3"]);
        assert_eq!(
            table.draw(None),
            "case                 gap\nCT-1                0.31\n山田の長い名前です     3\n"
        );
        assert_eq!(table.draw(Some(14)), "case       gap\nCT-1      0.31\n山田の…      3\n");
    }

    #[test]
    fn cells_are_safe_to_print() {
        let mut table = Table::new(&[("note", Align::Left)]);
        table.row(["\u{1b}[2J"]);
        assert_eq!(table.draw(None), "note\n^[[2J\n");
    }
}
