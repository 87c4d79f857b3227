//! Tables for people: columns as wide as they need to be; where the terminal is narrow, each gives way as it was told
//! to. A column that nothing stands in is left out.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::domain::text::Safe;

/// Where a column's text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Align {
    Left,
    Right,
}

/// How a column gives way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Yields {
    /// Its end is cut.
    End,
    /// Its start is cut: ids differ at their end.
    Start,
    /// It goes on in the next line.
    Wraps,
    Never,
}

/// A column with its name.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    name: &'static str,
    align: Align,
    yields: Yields,
}

/// Makes a column of text.
pub const fn left(name: &'static str) -> Column {
    Column { name, align: Align::Left, yields: Yields::End }
}

/// Makes a column of numbers.
pub const fn right(name: &'static str) -> Column {
    Column { name, align: Align::Right, yields: Yields::End }
}

impl Column {
    /// Keeps the column whole.
    pub const fn whole(self) -> Self {
        Column { yields: Yields::Never, ..self }
    }

    /// Keeps the end of what stands in the column.
    pub const fn by_its_end(self) -> Self {
        Column { yields: Yields::Start, ..self }
    }

    /// Lets what stands in the column go on in further lines.
    pub const fn wrapped(self) -> Self {
        Column { yields: Yields::Wraps, ..self }
    }

    /// How narrow the column may get.
    fn least(&self) -> usize {
        let least = match self.yields {
            Yields::Never => usize::MAX,
            Yields::End => 6,
            Yields::Start => 12,
            Yields::Wraps => 30,
        };
        least.max(self.name.width())
    }
}

/// A table under way.
#[derive(Debug)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
    indent: usize,
}

impl Table {
    pub fn new(columns: &[Column]) -> Self {
        Table { columns: columns.to_vec(), rows: Vec::new(), indent: 0 }
    }

    /// Moves the table to the right.
    pub fn indented(self, indent: usize) -> Self {
        Table { indent, ..self }
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
        let room = room.map(|room| room.saturating_sub(self.indent));
        let widths = self.widths(room);
        let mut drawn = String::new();
        let names = self.columns.iter().map(|column| column.name.to_owned()).collect();
        let shown = || self.columns.iter().zip(&widths).enumerate().filter(|(_, (_, width))| **width > 0);
        for row in std::iter::once(&names).chain(&self.rows) {
            let cells: Vec<Vec<String>> = shown()
                .map(|(at, (column, width))| fitted(row.get(at).map_or("", String::as_str), column, *width))
                .collect();
            for line in 0..cells.iter().map(Vec::len).max().unwrap_or(0) {
                let mut text = " ".repeat(self.indent);
                for ((_, (column, width)), cell) in shown().zip(&cells) {
                    let cell = cell.get(line).map_or("", String::as_str);
                    let pad = " ".repeat(width.saturating_sub(cell.width()));
                    let (before, after) = match column.align {
                        Align::Left => ("", pad.as_str()),
                        Align::Right => (pad.as_str(), ""),
                    };
                    text.extend([before, cell, after, GAP]);
                }
                drawn.push_str(text.trim_end());
                drawn.push('\n');
            }
        }
        drawn
    }

    /// Gives each column's width; 0 for one that is left out.
    fn widths(&self, room: Option<usize>) -> Vec<usize> {
        let widest = |at: usize| {
            self.rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.width()).max().unwrap_or(0)
        };
        let mut widths: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| match widest(at) {
                0 if !self.rows.is_empty() => 0,
                cells => cells.max(column.name.width()),
            })
            .collect();
        let Some(room) = room else { return widths };
        let gaps = GAP.len() * widths.iter().filter(|width| **width > 0).count().saturating_sub(1);
        while widths.iter().sum::<usize>() + gaps > room {
            // Text that can go on below gives way first, then the widest, so that short ones stay whole.
            let able =
                widths.iter_mut().zip(&self.columns).filter(|(width, column)| **width > column.least());
            let Some((width, _)) =
                able.max_by_key(|(width, column)| (column.yields == Yields::Wraps, **width))
            else {
                break;
            };
            *width -= 1;
        }
        widths
    }
}

/// What stands between two columns.
const GAP: &str = "  ";

/// Brings a cell to a width, as its column gives way.
fn fitted(text: &str, column: &Column, width: usize) -> Vec<String> {
    match column.yields {
        _ if text.width() <= width => vec![text.to_owned()],
        Yields::Wraps => wrapped(text, width),
        Yields::Start => {
            let end: String = shortened(text.chars().rev(), width).chars().rev().collect();
            vec![format!("…{end}")]
        }
        Yields::End | Yields::Never => vec![format!("{}…", shortened(text.chars(), width))],
    }
}

/// Takes so many characters as leave room for a mark that something was cut.
fn shortened(characters: impl Iterator<Item = char>, width: usize) -> String {
    let mut used = 1;
    characters
        .take_while(|character| {
            used += character.width().unwrap_or(0);
            used <= width
        })
        .collect()
}

/// Breaks text between words, and inside a word where it alone is too long.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        if !line.is_empty() && line.width() + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for character in word.chars() {
            if !line.is_empty() && line.width() + character.width().unwrap_or(0) > width {
                lines.push(std::mem::take(&mut line));
            }
            line.push(character);
        }
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_give_way_where_the_room_is_small() {
        let mut table = Table::new(&[left("case"), right("gap")]);
        table.row(["CT-1", "0.31"]);
        table.row(["山田の長い名前です", "3"]);
        assert_eq!(
            table.draw(None),
            "case                 gap\nCT-1                0.31\n山田の長い名前です     3\n"
        );
        assert_eq!(table.draw(Some(14)), "case       gap\nCT-1      0.31\n山田の…      3\n");
    }

    #[test]
    fn ids_keep_their_end_and_words_go_on_below() {
        let mut table =
            Table::new(&[right("seq").whole(), left("case").by_its_end(), left("why").wrapped()]).indented(1);
        table.row(["1", "1.3.6.1.4.1.9328.50.1.11065", "two readers drew it on another slice altogether"]);
        assert_eq!(
            table.draw(Some(50)),
            concat!(
                " seq  case          why\n",
                "   1  ….50.1.11065  two readers drew it on another\n",
                "                    slice altogether\n",
            )
        );
        assert_eq!(wrapped("aaaaaaa bb", 3), ["aaa", "aaa", "a", "bb"]);
    }

    #[test]
    fn a_column_that_nothing_stands_in_is_left_out() {
        let mut table = Table::new(&[left("name"), left("skills"), right("n")]);
        table.row(["ann", "", "1"]);
        assert_eq!(table.draw(None), "name  n\nann   1\n");
    }

    #[test]
    fn cells_are_safe_to_print() {
        let mut table = Table::new(&[left("note")]);
        table.row(["\u{1b}[2J"]);
        assert_eq!(table.draw(None), "note\n^[[2J\n");
    }
}
