//! The files that reads come in, and the files that results go out in.
//!
//! An importer turns bytes into [`Row`]s in file order and hands each on at once; it holds no table in memory, and
//! knows nothing of the store. [`recognise`] says what a file is by its content, [`read`] reads it.

use crate::domain::word::words;
use std::fmt;
use std::io;

use crate::domain::charter::{LabelKind, Unit};
use crate::domain::finding::Finding;
use crate::domain::taxonomy::nearest;
use crate::domain::text::Safe;
use crate::domain::value::Value;

pub mod aim;
pub mod cell;
mod columns;
pub mod export;
pub mod map;
pub mod mask;
mod records;
mod scales;
mod shapes;
mod table;
#[cfg(test)]
mod tests;
mod xml;

pub use cell::presence;
pub use map::Map;

/// One statement of a source, or the bare fact that a reader read a case.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The line of the file, from 1; for files without lines, the number of the statement.
    pub line: u64,
    pub case: String,
    /// None where the line only says that the case exists: nobody read it there.
    pub reader: Option<String>,
    /// The reader is a program.
    pub model: bool,
    /// As the source gives it.
    pub read_at: Option<String>,
    /// The source lists only what was marked: silence of a reader who read the case means 'not there'.
    pub marks: bool,
    /// None where the reader read the case and this line states nothing.
    pub finding: Option<Finding>,
}

/// Why a line, or a whole file, was not taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// From 1; none where it is about the whole file.
    pub line: Option<u64>,
    /// In words for a person: what is wrong and what to do.
    pub why: String,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One statement a line.
    Long,
    /// One column a label.
    Wide,
    /// Annotation and Image Markup, 3.x or 4.x.
    Aim,
}

words!(Format: Long "long", Wide "wide", Aim "aim");

/// What the person who imports says about a file.
#[derive(Debug, Clone)]
pub struct Options {
    /// The file's name without its folder: a wide table without a reader column is by the reader of its stem.
    pub file_name: String,
    /// Who read what the file itself says nobody for.
    pub reader: Option<String>,
    /// What one case is, where the file names image, series and study.
    pub unit: Unit,
    pub map: Option<Map>,
}

/// What reading a file came to. Names are as the file writes them: only `Safe` makes them fit to print.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    /// Rows handed on.
    pub rows: u64,
    /// Lines or statements that were refused.
    pub refused: u64,
    /// What was taken for what, for `--dry-run`: the column, or another source, and its meaning.
    pub understood: Vec<(String, &'static str)>,
    /// Columns that nothing was taken from.
    pub ignored: Vec<String>,
    /// What the format itself says about its labels, where it does.
    pub hints: Vec<LabelHint>,
}

/// What a format says about one of its labels, for a charter that is inferred.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelHint {
    pub label: String,
    pub kind: LabelKind,
    /// In order where the kind is ordinal; empty where the format doesn't say.
    pub levels: Vec<Value>,
}

/// Why reading a file ended early. What was handed on before should be thrown away.
#[derive(Debug, thiserror::Error)]
pub enum FormatError<E> {
    /// The file as a whole is refused.
    #[error("{0}")]
    Refused(Refusal),
    /// The bytes could not be read.
    #[error("the file could not be read: {0}")]
    Io(#[source] io::Error),
    /// Whoever took the rows gave up; its own error, untouched.
    #[error(transparent)]
    Sink(E),
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(out, "line {line}: {}", self.why),
            None => out.write_str(&self.why),
        }
    }
}

impl Refusal {
    fn file(why: impl Into<String>) -> Self {
        Refusal { line: None, why: why.into() }
    }

    fn at(line: u64, why: impl Into<String>) -> Self {
        Refusal { line: Some(line), why: why.into() }
    }
}

/// Says what a file is by the first of its bytes; 64 KiB are plenty. Nothing for DICOM and whatever else is not known
/// here. The name matters only for a wide table, whose header is the weakest evidence: it must look like a table's.
pub fn recognise(head: &[u8], file_name: &str) -> Option<Format> {
    if xml::looks_like(head) {
        return aim::is_aim(head).then_some(Format::Aim);
    }
    columns::recognise(head, file_name)
}

/// Reads a file in one pass and hands each row on in the order of the file.
///
/// `refuse` hears of every line that is not taken, and reading goes on; whether the file then counts is the caller's
/// to say. Memory doesn't grow with a table's rows.
///
/// # Errors
/// The file as a whole makes no sense, can't be read, or `sink` gave up.
pub fn read<E>(
    format: Format,
    bytes: impl io::Read,
    options: &Options,
    sink: &mut dyn FnMut(Row) -> Result<(), E>,
    refuse: &mut dyn FnMut(Refusal),
) -> Result<Summary, FormatError<E>> {
    match format {
        Format::Long | Format::Wide => table::read(format, bytes, options, sink, refuse),
        Format::Aim => aim::read(bytes, options, sink, refuse),
    }
}

/// Quotes what a file says inside a message: safe to print, and short.
fn quoted(text: &str) -> String {
    const SHOWN: usize = 60;
    let short: String = text.chars().take(SHOWN).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    format!("“{}{more}”", Safe::new(&short))
}
