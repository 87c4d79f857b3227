//! Where a command's answer goes: lines and tables for people, JSON for programs, progress for whoever watches. Nothing
//! that somebody else wrote gets past here raw.

use std::io::{BufWriter, StdoutLock, Write};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value as Json;

use super::exit::{self, Failure, Outcome};
use super::table::Table;
use crate::domain::text::{Safe, is_hidden};
use crate::runtime;

/// Where a command's answer goes.
pub struct Out {
    /// Programs read it.
    pub json: bool,
    stdout: BufWriter<StdoutLock<'static>>,
}

impl Out {
    pub fn new(json: bool) -> Self {
        Out { json, stdout: BufWriter::new(std::io::stdout().lock()) }
    }

    /// Prints one line for a program.
    pub fn json(&mut self, value: &Json) -> Result<(), Failure> {
        let mut line = serde_json::Serializer::with_formatter(&mut self.stdout, Visible);
        value.serialize(&mut line).map_err(std::io::Error::from)?;
        self.stdout.write_all(b"\n")?;
        Ok(())
    }

    /// Prints one line for a person; its foreign parts are made safe, line ends too.
    pub fn line(&mut self, line: impl AsRef<str>) -> Result<(), Failure> {
        writeln!(self.stdout, "{}", Safe::new(line.as_ref()))?;
        Ok(())
    }

    /// Prints a text of several lines for a person.
    pub fn text(&mut self, text: impl AsRef<str>) -> Result<(), Failure> {
        writeln!(self.stdout, "{}", Safe::lines(text.as_ref().trim_end()))?;
        Ok(())
    }

    /// Prints a table for a person.
    pub fn table(&mut self, table: &Table) -> Result<(), Failure> {
        self.stdout.write_all(table.draw(runtime::size().map(|(columns, _)| columns.into())).as_bytes())?;
        Ok(())
    }

    /// Prints what the program itself has made, as it is: no text of anybody else.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        Ok(self.stdout.write_all(bytes)?)
    }

    /// Prints what the program itself has made, as it is, and ends the command.
    pub fn raw(&mut self, bytes: &[u8]) -> Outcome {
        self.bytes(bytes)?;
        self.done(exit::FINE)
    }

    /// Hands on what was printed so far.
    pub fn flush(&mut self) -> Result<(), Failure> {
        Ok(self.stdout.flush()?)
    }

    /// Ends a command.
    pub fn done(&mut self, code: u8) -> Outcome {
        self.flush()?;
        Ok(code)
    }
}

/// Says how many of something there are.
pub fn counted(n: u64, one: &str, several: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { several })
}

/// JSON on one line, in which every character that could steer a terminal, or hide or turn other text, is an escape.
struct Visible;

impl serde_json::ser::Formatter for Visible {
    fn write_string_fragment<W: Write + ?Sized>(&mut self, out: &mut W, text: &str) -> std::io::Result<()> {
        let mut rest = text;
        while let Some((at, hidden)) = rest.char_indices().find(|(_, character)| is_hidden(*character)) {
            let (before, from) = rest.split_at(at);
            out.write_all(before.as_bytes())?;
            for unit in hidden.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = from.strip_prefix(hidden).unwrap_or_default();
        }
        out.write_all(rest.as_bytes())
    }
}

/// A line of progress on stderr, rewritten in place; nothing where stderr is no terminal.
pub struct ProgressLine {
    shown: bool,
    last: Instant,
}

impl ProgressLine {
    pub fn begin() -> Self {
        ProgressLine { shown: false, last: Instant::now() }
    }

    pub fn say(&mut self, words: impl FnOnce() -> String) {
        const PACE: Duration = Duration::from_millis(100);
        if runtime::shows_progress() && (!self.shown || self.last.elapsed() >= PACE) {
            let _ = write!(std::io::stderr(), "\r\x1b[K{}", Safe::new(&words()));
            self.shown = true;
            self.last = Instant::now();
        }
    }

    pub fn clear(&mut self) {
        if self.shown {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
            self.shown = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_shows_no_character_that_a_terminal_acts_on_and_says_the_same()
    -> Result<(), Box<dyn std::error::Error>> {
        let text = "Müller \u{1b}[2J \u{9b}31m \u{7f} \u{202e}txt \u{e0041} 山田";
        let mut line = serde_json::Serializer::with_formatter(Vec::new(), Visible);
        text.serialize(&mut line)?;
        let printed = String::from_utf8(line.into_inner())?;
        assert_eq!(printed, r#""Müller \u001b[2J \u009b31m \u007f \u202etxt \udb40\udc41 山田""#);
        assert_eq!(serde_json::from_str::<String>(&printed)?, text);
        Ok(())
    }
}
