//! The files that reads come in, and the files that results go out in.
//!
//! An importer turns bytes into [`Row`]s in file order and hands each on at once; it holds no table in memory, and
//! knows nothing of the store.

use crate::domain::finding::Finding;

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
