//! The annotation guideline by its clauses: what stands under each heading of the file that the charter names.

use std::sync::Arc;

use crate::domain::taxonomy::nearest;
use crate::domain::text::Safe;

/// Longest guideline, in bytes: a book of some 300 pages. It is kept in the log.
pub const MOST_BYTES: usize = 1_000_000;

/// What stands under one heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// The heading: `3.2 Nodules`.
    pub name: String,
    /// How deep it lies: 1 for `#`.
    pub depth: usize,
    /// Up to the next heading, without the blank lines around.
    pub text: String,
}

impl Clause {
    /// Gives the number that the heading begins with: `3.2` of `3.2. Nodules`.
    fn number(&self) -> Option<&str> {
        let first = self.name.split_whitespace().next()?.trim_end_matches(['.', ')', ':']);
        first.starts_with(|letter: char| letter.is_ascii_digit() || letter == '§').then_some(first)
    }

    fn is(&self, cited: &str) -> bool {
        let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
        same(&self.name, cited)
            || self.number().is_some_and(|number| same(number, cited.trim_end_matches(['.', ')', ':'])))
    }
}

/// Takes a guideline apart: Markdown, of which only headings with `#` outside fenced blocks are understood. What stands
/// before the first heading belongs to no clause.
pub fn clauses(text: &str) -> Arc<[Clause]> {
    let mut all: Vec<Clause> = Vec::new();
    let mut fence: Option<&str> = None;
    for line in text.lines() {
        let trimmed = line.trim_start();
        let marker = ["```", "~~~"].into_iter().find(|marker| trimmed.starts_with(marker));
        match (fence, marker) {
            (None, Some(marker)) => fence = Some(marker),
            (Some(open), Some(marker)) if open == marker => fence = None,
            _ => {}
        }
        let depth = trimmed.bytes().take_while(|byte| *byte == b'#').count();
        let heading =
            trimmed.get(depth..).filter(|rest| (1..=6).contains(&depth) && rest.starts_with([' ', '\t']));
        match heading.map(|heading| heading.trim().trim_end_matches('#').trim_end()) {
            Some(name) if fence.is_none() && !name.is_empty() => {
                all.push(Clause { name: name.to_owned(), depth, text: String::new() });
            }
            _ => {
                if let Some(clause) = all.last_mut() {
                    clause.text.push_str(line);
                    clause.text.push('\n');
                }
            }
        }
    }
    for clause in &mut all {
        clause.text = clause.text.trim().to_owned();
    }
    all.into()
}

/// Finds a clause by its heading or the number that it begins with, in either case.
///
/// # Errors
/// There is no such clause; says which is the nearest.
pub fn find<'a>(clauses: &'a [Clause], cited: &str) -> Result<&'a Clause, String> {
    let cited = cited.trim();
    if let Some(found) = clauses.iter().find(|clause| clause.is(cited)) {
        return Ok(found);
    }
    let names = clauses.iter().map(|clause| clause.name.as_str());
    let meant = nearest(cited, names.clone().chain(clauses.iter().filter_map(Clause::number)));
    let shown: String = cited.chars().take(80).collect();
    Err(match meant {
        Some(meant) => format!(
            "‘{}’ is no clause of the guideline; did you mean {}?",
            Safe::new(&shown),
            Safe::new(meant)
        ),
        None => format!(
            "‘{}’ is no clause of the guideline: see `overread charter show --guideline`",
            Safe::new(&shown)
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "What this is for.\n\n# 1. Scope\nChests.\n\n## 1.2 Nodules ##\n\nRound.\n```\n# no heading\n```\n\
                        #tag\n# Grades\n";

    #[test]
    fn headings_outside_fences_are_clauses_with_what_follows() {
        let all = clauses(TEXT);
        let found: Vec<_> = all.iter().map(|of| (of.name.as_str(), of.depth, of.text.as_str())).collect();
        assert_eq!(
            found,
            [
                ("1. Scope", 1, "Chests."),
                ("1.2 Nodules", 2, "Round.\n```\n# no heading\n```\n#tag"),
                ("Grades", 1, ""),
            ]
        );
    }

    #[test]
    fn a_clause_is_cited_by_its_heading_or_its_number() {
        let all = clauses(TEXT);
        let name = |cited| find(&all, cited).map(|clause| clause.name.as_str());
        assert_eq!(name(" 1.2 "), Ok("1.2 Nodules"));
        assert_eq!(name("1"), Ok("1. Scope"));
        assert_eq!(name("grades"), Ok("Grades"));
        assert!(name("Gardes").is_err_and(|why| why.contains("did you mean Grades?")));
        assert!(name("\u{1b}[2J").is_err_and(|why| why.contains("charter show") && !why.contains('\u{1b}')));
    }
}
