//! Records of delimited text, one at a time, with the line on which each begins. Knows nothing of what columns mean.
//!
//! Quotes follow RFC 4180. What a lenient reader swallows in silence is a fault here: a quote that never closes (it
//! would take the rest of the file for one cell), text after a closing quote, bytes that are no UTF-8, NUL.

use std::io::{self, BufRead, BufReader, Read};

use super::Refusal;

/// Bytes that one record may have. Longer ones come from a quote that never closes, or are no table.
pub const LIMIT: usize = 16 << 20;

/// Cells of a record that are told apart; more than any table's columns, few enough to keep memory bounded.
pub const MOST_CELLS: usize = 4096;

pub struct Records<R> {
    input: BufReader<R>,
    pub delimiter: u8,
    /// Physical lines read so far.
    lines: u64,
    /// `raw` already holds the next line.
    peeked: bool,
    raw: Vec<u8>,
    plain: Vec<u8>,
    spans: Vec<(usize, usize)>,
}

pub struct Record<'a> {
    /// Where it begins, from 1.
    pub line: u64,
    text: &'a str,
    spans: &'a [(usize, usize)],
}

pub enum Fault {
    /// This record is not taken; the next one can be.
    Line(Refusal),
    /// Nothing after this can be trusted.
    File(Refusal),
    Io(io::Error),
}

impl Record<'_> {
    /// Gives a cell without the spaces around it; nothing where the record is too short.
    pub fn cell(&self, column: usize) -> &str {
        self.spans.get(column).and_then(|(start, end)| self.text.get(*start..*end)).unwrap_or("").trim()
    }

    pub fn len(&self) -> usize {
        self.spans.len()
    }

    pub fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|column| self.cell(column))
    }
}

/// Where in a record the next byte stands.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    CellStart,
    Bare,
    Quoted,
    /// After a quote that closes, unless another follows at once.
    QuoteEnd,
    /// Spaces after a closing quote.
    Trail,
}

impl<R: Read> Records<R> {
    pub fn new(input: R) -> Self {
        Records {
            input: BufReader::with_capacity(64 << 10, input),
            delimiter: b',',
            lines: 0,
            peeked: false,
            raw: Vec::new(),
            plain: Vec::new(),
            spans: Vec::new(),
        }
    }

    /// Gives the first line that isn't blank, which is still to come as a record; nothing in an empty file.
    pub fn peek(&mut self) -> Result<Option<&[u8]>, Fault> {
        while !self.peeked {
            self.raw.clear();
            if !self.read_line()? {
                return Ok(None);
            }
            self.peeked = !self.raw.trim_ascii().is_empty();
        }
        Ok(self.raw.get(..self.raw.len() - line_end(&self.raw)))
    }

    /// Drops the line that [`Records::peek`] gave.
    pub fn skip_peeked(&mut self) {
        self.peeked = false;
    }

    /// Gives the next record; blank lines are none.
    pub fn next(&mut self) -> Option<Result<Record<'_>, Fault>> {
        match self.peek() {
            Ok(Some(_)) => self.peeked = false,
            Ok(None) => return None,
            Err(fault) => return Some(Err(fault)),
        }
        let line = self.lines;
        Some(self.split(line))
    }

    fn split(&mut self, line: u64) -> Result<Record<'_>, Fault> {
        self.spans.clear();
        let quoted = self.raw.contains(&b'"');
        if quoted {
            self.split_quoted(line)?;
        } else {
            self.split_bare();
        }
        let bytes = if quoted { &self.plain } else { &self.raw };
        if bytes.contains(&0) {
            return Err(Fault::Line(Refusal::at(
                line,
                "holds a NUL byte: the file is damaged, or no text; export it again",
            )));
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Record { line, text, spans: &self.spans }),
            Err(_) => Err(Fault::Line(Refusal::at(
                line,
                "is not valid UTF-8: save the file again as CSV in UTF-8, so that no name is misread",
            ))),
        }
    }

    /// The common case, without a copy: cells are spans of the line itself.
    fn split_bare(&mut self) {
        let end = self.raw.len() - line_end(&self.raw);
        let mut start = 0;
        for cell in self.raw[..end].split(|byte| *byte == self.delimiter).take(MOST_CELLS) {
            self.spans.push((start, start + cell.len()));
            start += cell.len() + 1;
        }
    }

    /// Cells without their quotes go to `plain`; lines are added for as long as a quote is open.
    fn split_quoted(&mut self, line: u64) -> Result<(), Fault> {
        self.plain.clear();
        let (mut place, mut done, mut start, mut stray) = (Place::CellStart, 0, 0, false);
        loop {
            let end = self.raw.len() - line_end(&self.raw);
            for &byte in self.raw.get(done..end).unwrap_or_default() {
                place = match (place, byte) {
                    (Place::CellStart, b'"') => Place::Quoted,
                    (Place::Quoted, b'"') => Place::QuoteEnd,
                    (Place::QuoteEnd, b'"') => {
                        self.plain.push(byte);
                        Place::Quoted
                    }
                    (Place::Quoted, _) => {
                        self.plain.push(byte);
                        Place::Quoted
                    }
                    (_, byte) if byte == self.delimiter => {
                        if self.spans.len() < MOST_CELLS {
                            self.spans.push((start, self.plain.len()));
                        }
                        start = self.plain.len();
                        Place::CellStart
                    }
                    (Place::QuoteEnd | Place::Trail, b' ' | b'\t') => Place::Trail,
                    (Place::QuoteEnd | Place::Trail, _) => {
                        stray = true;
                        Place::Bare
                    }
                    (Place::CellStart | Place::Bare, _) => {
                        self.plain.push(byte);
                        Place::Bare
                    }
                };
            }
            if place != Place::Quoted {
                self.spans.push((start, self.plain.len()));
                return if stray { Err(Fault::Line(Refusal::at(line, STRAY))) } else { Ok(()) };
            }
            self.plain.extend_from_slice(self.raw.get(end..).unwrap_or_default());
            done = self.raw.len();
            match self.read_line() {
                Ok(true) => {}
                Ok(false) => return Err(Fault::File(Refusal::at(line, NEVER_CLOSES))),
                Err(Fault::File(_)) => return Err(Fault::File(Refusal::at(line, TOO_LONG))),
                Err(fault) => return Err(fault),
            }
        }
    }

    /// Appends one physical line to `raw`; false at the end of the file.
    fn read_line(&mut self) -> Result<bool, Fault> {
        let before = self.raw.len();
        let room = (LIMIT + 1).saturating_sub(before) as u64;
        let read = (&mut self.input).take(room).read_until(b'\n', &mut self.raw).map_err(Fault::Io)?;
        if read == 0 {
            return Ok(false);
        }
        self.lines += 1;
        if self.raw.len() > LIMIT {
            return Err(Fault::File(Refusal::at(self.lines, TOO_LONG)));
        }
        if self.lines == 1 {
            if self.raw.starts_with(&[0xff, 0xfe]) || self.raw.starts_with(&[0xfe, 0xff]) {
                return Err(Fault::File(Refusal::file(
                    "is UTF-16 text: save it again as ‘CSV UTF-8’, which is what is read here",
                )));
            }
            if self.raw.starts_with(b"\xef\xbb\xbf") {
                self.raw.drain(..3);
            }
        }
        Ok(true)
    }
}

const STRAY: &str = "has text after a closing quote: double the quotes that belong to the text";
const TOO_LONG: &str = "is longer than 16 MiB: a quote that never closes, or not a table";
const NEVER_CLOSES: &str = "opens a quote that never closes: everything after it would be one cell";

/// How many bytes end the line: 2 for CR LF, 1 for LF, 0 at the end of a file that ends without.
fn line_end(line: &[u8]) -> usize {
    match line {
        [.., b'\r', b'\n'] => 2,
        [.., b'\n'] => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines and cells of every record, or the words of its fault.
    fn all(bytes: &[u8]) -> Vec<Result<(u64, Vec<String>), String>> {
        let mut records = Records::new(bytes);
        let mut found = Vec::new();
        while let Some(next) = records.next() {
            match next {
                Ok(record) => found.push(Ok((record.line, record.cells().map(String::from).collect()))),
                Err(Fault::Line(refusal)) => found.push(Err(refusal.to_string())),
                Err(Fault::File(refusal)) => {
                    found.push(Err(refusal.to_string()));
                    break;
                }
                Err(Fault::Io(error)) => found.push(Err(error.to_string())),
            }
        }
        found
    }

    fn row(line: u64, cells: &[&str]) -> Result<(u64, Vec<String>), String> {
        Ok((line, cells.iter().map(|cell| (*cell).to_owned()).collect()))
    }

    #[test]
    fn lines_are_those_on_which_records_begin() {
        let text = "\u{feff}a,b\r\n\r\n\n1,\"x\r\ny \"\"q\"\"\" \r\n2,\n3,last";
        assert_eq!(
            all(text.as_bytes()),
            [row(1, &["a", "b"]), row(4, &["1", "x\r\ny \"q\""]), row(6, &["2", ""]), row(7, &["3", "last"])]
        );
    }

    #[test]
    fn a_quote_inside_a_bare_cell_is_text() {
        assert_eq!(all(b"5\" disc,\"a\"\n"), [row(1, &["5\" disc", "a"])]);
    }

    #[test]
    fn what_would_lose_text_is_a_fault_with_its_line() {
        for (bytes, words) in [
            (&b"a,b\n\"x\"y,1\n"[..], "line 2: has text after a closing quote"),
            (b"a,b\n1,\"x\n2,y\n", "line 2: opens a quote that never closes"),
            (b"a,b\n1,\xff\n", "line 2: is not valid UTF-8"),
            (b"a,b\n1,\0\n", "line 2: holds a NUL byte"),
            (b"\xff\xfea\0,\0", "is UTF-16 text"),
        ] {
            let found = all(bytes);
            assert!(
                found.iter().any(|record| record.as_ref().is_err_and(|why| why.starts_with(words))),
                "{found:?}"
            );
        }
    }

    #[test]
    fn a_record_without_end_is_given_up_at_the_limit() {
        let endless = io::repeat(b'x').take(LIMIT as u64 * 2);
        let mut records = Records::new(endless);
        assert!(matches!(records.next(), Some(Err(Fault::File(refusal))) if refusal.line == Some(1)));

        let quoted = (&b"a\n\"x\n\n"[..]).chain(io::repeat(b'x').take(LIMIT as u64 * 2));
        let mut records = Records::new(quoted);
        assert!(matches!(records.next(), Some(Ok(_))));
        assert!(matches!(records.next(), Some(Err(Fault::File(refusal))) if refusal.line == Some(2)));
    }

    #[test]
    fn a_bad_line_does_not_spoil_the_next() {
        let found = all(b"1,\xff\n2,b\n\"x\"y,1\n3,c\n");
        assert_eq!(found.get(1), Some(&row(2, &["2", "b"])));
        assert_eq!(found.get(3), Some(&row(4, &["3", "c"])));
    }
}
