//! How long a read takes, as far as the moments of reads tell: the time between one read of a reader and the next.

use std::collections::BTreeMap;

use super::{Measure, undefined};
use crate::domain::case::Case;
use crate::domain::moment;
use crate::stats::agreement::Undefined;
use crate::stats::intervals::bootstrap::quantile;

/// Longer than this between two reads is a break and no read: milliseconds.
const BREAK: i64 = 30 * 60_000;

/// When each reader made their reads.
#[derive(Default)]
pub(super) struct Paces(BTreeMap<String, Vec<i64>>);

/// The median time between the reads of each reader.
pub(super) struct Medians(BTreeMap<String, Measure>);

impl Paces {
    /// Takes the reads of one case whose source says when they were made.
    pub fn take(&mut self, case: &Case, since: Option<i64>) {
        for read in case.reads.iter().map(|current| &current.read) {
            let at = read.read_at.as_deref().and_then(|text| moment::parse(text, 0));
            if let Some(at) = at.filter(|at| since.is_none_or(|since| *at >= since)) {
                match self.0.get_mut(&read.reader) {
                    Some(times) => times.push(at),
                    None => drop(self.0.insert(read.reader.clone(), vec![at])),
                }
            }
        }
    }

    pub fn of_readers(self) -> Medians {
        Medians(self.0.into_iter().map(|(reader, times)| (reader, median(times))).collect())
    }
}

impl Medians {
    pub fn of(&self, reader: &str) -> Measure {
        let none = || undefined(Undefined::NoItems, "the reads don't say when they were made");
        self.0.get(reader).cloned().unwrap_or_else(none)
    }
}

/// Gives the median of the gaps in seconds. Reads of one moment were made by whoever wrote the file, not by reading.
fn median(mut times: Vec<i64>) -> Measure {
    times.sort_unstable();
    let gaps = times.windows(2).filter_map(|pair| Some(pair.get(1)? - pair.first()?));
    let mut seconds: Vec<f64> =
        gaps.filter(|gap| (1..=BREAK).contains(gap)).map(|gap| gap as f64 / 1000.0).collect();
    seconds.sort_unstable_by(f64::total_cmp);
    match quantile(&seconds, 0.5) {
        Some(value) => Measure {
            value: Some(value),
            n: seconds.len() as u64,
            se: None,
            low: None,
            high: None,
            why: None,
        },
        None => undefined(Undefined::NoItems, "no two reads of the reader follow within half an hour"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_and_files_written_at_once_are_no_reads() {
        let minute = 60_000;
        let found = median(vec![0, minute, 3 * minute, 3 * minute, 300 * minute, 303 * minute]);
        assert_eq!((found.value, found.n), (Some(120.0), 3));
        assert_eq!(median(vec![0, 0, 0]).value, None);
    }
}
