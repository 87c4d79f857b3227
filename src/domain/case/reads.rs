//! Which reads of a case stand, whether they are enough, and what letters their readers have.

use std::collections::BTreeSet;

use super::History;
use super::derive::Fold;
use crate::domain::charter::{Charter, Label};
use crate::domain::finding::{Finding, Read};
use crate::domain::value::Value;

/// About a read that stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    pub version: u32,
    pub since: u64,
}

/// Gives the reads of one file so that the one that stands comes last for each reader.
pub(super) fn in_order(reads: &[Read]) -> Vec<&Read> {
    let mut reads: Vec<&Read> = reads.iter().collect();
    reads.sort_by(|a, b| (&a.reader, a.occasion).cmp(&(&b.reader, b.occasion)));
    reads
}

/// Gives the labels that earlier files with reads by this reader speak of.
pub(super) fn scope_before<'h>(history: &'h History, reader: &str, seq: u64) -> BTreeSet<&'h str> {
    history
        .imports
        .iter()
        .filter(|imported| imported.seq <= seq && imported.reads.iter().any(|read| read.reader == reader))
        .flat_map(|imported| imported.scope.iter().map(String::as_str))
        .collect()
}

/// Joins what a reader said before with what a newer file says: of the newer file's labels the newer read speaks
/// alone, of the others the older one. Where the same file holds an earlier sitting of the reader (`again`), a later
/// one that only grades speaks of what it states and no more.
pub(super) fn merged(
    charter: &Charter,
    old: &Read,
    before: &BTreeSet<&str>,
    new: &Read,
    scope: &[String],
    again: bool,
) -> Read {
    let spoken: BTreeSet<&str> = scope
        .iter()
        .filter(|_| !again || new.marks)
        .map(String::as_str)
        .chain(new.findings.iter().map(|finding| finding.label.as_str()))
        .collect();
    let kept = old.findings.iter().filter(|finding| !spoken.contains(finding.label.as_str()));
    let mut findings: Vec<Finding> = kept.cloned().collect();
    let untouched: BTreeSet<&str> = before.difference(&spoken).copied().collect();
    // Only one of the two files means 'not there' by silence. Its silence is written out, since the read as a whole
    // can't mean both.
    let silent = match (old.marks, new.marks) {
        (true, false) => unspoken(charter, &untouched, &old.findings),
        (false, true) if !untouched.is_empty() => unspoken(charter, &spoken, &new.findings),
        _ => Vec::new(),
    };
    findings.extend(new.findings.iter().cloned());
    findings.extend(silent);
    Read { marks: new.marks && (old.marks || untouched.is_empty()), findings, ..meta(new) }
}

/// A copy of the read without its findings.
fn meta(read: &Read) -> Read {
    Read { reader: read.reader.clone(), read_at: read.read_at.clone(), findings: Vec::new(), ..*read }
}

/// Writes out 'not there' for the labels that a source lists only where they were marked. Silence on a required
/// label stays a missing read, and a shape's absence needs no word.
fn unspoken(charter: &Charter, labels: &BTreeSet<&str>, findings: &[Finding]) -> Vec<Finding> {
    labels
        .iter()
        .filter(|name| !findings.iter().any(|finding| finding.label == **name))
        .filter(|name| charter.label(name).is_none_or(|label| !label.required && !label.kind.is_localised()))
        .map(|name| Finding { value: Some(Value::absent()), ..Finding::of(*name) })
        .collect()
}

/// What a case waits for.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Waits {
    /// Reads by people.
    pub more: u32,
    /// Readers by place, with the first required label that they didn't state.
    silent: Vec<(usize, String)>,
}

/// Tells how many reads by people are missing. A read that is silent on a required label is one of them.
pub(super) fn waits(charter: &Charter, reads: &[Read]) -> Waits {
    let required: Vec<&Label> = charter.labels.iter().filter(|label| label.required).collect();
    let mut waits = Waits::default();
    let mut complete = 0u32;
    for (place, read) in reads.iter().enumerate().filter(|(_, read)| !read.model) {
        let unstated =
            required.iter().find(|label| !read.findings.iter().any(|finding| finding.label == label.name));
        match unstated {
            Some(label) => waits.silent.push((place, label.name.clone())),
            None => complete = complete.saturating_add(1),
        }
    }
    waits.more = charter.reads.required.saturating_sub(complete);
    waits
}

impl Waits {
    /// Says for whom and what the case waits, by letter.
    pub fn in_words(&self, reads: &[Read], letters: &[String]) -> Vec<String> {
        let plural = if self.more == 1 { "read" } else { "reads" };
        let mut words = vec![format!("{} more {plural} by people needed", self.more)];
        words.extend(self.silent.iter().filter_map(|(place, label)| {
            let reader = &reads.get(*place)?.reader;
            let place = letters.iter().position(|known| known == reader)?;
            let label = crate::domain::text::Safe::new(label);
            Some(format!("{} has not stated the required label {label}", letter(place)))
        }));
        words
    }
}

impl Fold<'_> {
    /// Gives a letter to each reader who has none, in the key's order; letters once given stay.
    pub fn give_letters(&mut self) {
        let mut late: Vec<&Read> =
            self.reads.iter().filter(|read| !self.letters.contains(&read.reader)).collect();
        if late.len() > 1 {
            late.sort_by_cached_key(|read| self.shuffle.place(&[&self.history.case, &read.reader]));
        }
        let late: Vec<String> = late.into_iter().map(|read| read.reader.clone()).collect();
        self.letters.extend(late);
    }
}

/// Gives the letter of a place from 0: A … Z, AA, AB …
pub(super) fn letter(place: usize) -> String {
    let mut rest = place;
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'A' + (rest % 26) as u8));
        if rest < 26 {
            break;
        }
        rest = rest / 26 - 1;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_go_on_after_z() {
        let letters: Vec<_> = [0, 1, 25, 26, 27, 51, 52, 701, 702].map(letter).to_vec();
        assert_eq!(letters, ["A", "B", "Z", "AA", "AB", "AZ", "BA", "ZZ", "AAA"]);
    }
}
