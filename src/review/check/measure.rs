//! How useful each check is: how often it found something, what became of that, and whether an adjudicator who looked at
//! it agreed that there was a fault. A check that finds much of which nothing is confirmed can be switched off.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{beside, each_page};
use crate::domain::case::{self, Case, CaseItem, Fate, History, Protocol};
use crate::domain::checks::{CHECKS, Problem};
use crate::domain::decision::{Decision, Settles};
use crate::domain::word::Word;
use crate::review::{Result, Session};
use crate::stats::intervals::share::wilson;

/// Confidence of the interval, both sides together.
const CONFIDENCE: f64 = 0.95;

/// What became of what one check found. A finding of a check is a case, a reader and a label, as far as it is about
/// one; however often the check tells of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Usefulness {
    pub check: &'static str,
    pub level: &'static str,
    /// Ever, as the reads and images came in: what is open, waived and fixed.
    pub found: u64,
    pub open: u64,
    pub waived: u64,
    /// Gone after a corrected read, or after an image came in.
    pub fixed: u64,
    /// Somebody decided on an item that it is about.
    pub decided: u64,
    /// Of these: the decision says that the reader was at fault, or names a technical cause.
    pub confirmed: u64,
    /// Confirmed of decided, with its 95 % interval (Wilson 1927); none where nothing is decided.
    pub share: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
}

/// What a finding of a check is about, within a case.
type Key = (&'static str, Option<String>, Option<String>);

fn key(problem: &Problem) -> Key {
    (problem.check, problem.reader.clone(), problem.label.clone())
}

/// Measures every check over all cases. `progress` is told how many cases are looked at.
pub fn measure(session: &mut Session, mut progress: impl FnMut(u64)) -> Result<Vec<Usefulness>> {
    let mut tallies: BTreeMap<&'static str, [u64; 6]> = BTreeMap::new();
    let mut done = 0;
    each_page(session, |tx, scene, ids| {
        for id in ids {
            let history = tx.history(*id, scene.charter().reads.unit)?;
            let case = case::derive(&scene.setup.protocol, &history);
            let beside = beside::of_case(scene, &case);
            tally(&scene.setup.protocol, &history, &case, &beside, &mut tallies);
        }
        done += ids.len() as u64;
        progress(done);
        Ok(())
    })?;
    let charter = session.charter();
    Ok(CHECKS
        .iter()
        .map(|check| {
            let [found, open, waived, fixed, decided, confirmed] =
                tallies.get(check.name).copied().unwrap_or_default();
            let interval = wilson(confirmed, decided, CONFIDENCE);
            Usefulness {
                check: check.name,
                level: check.level_in(charter).word(),
                found,
                open,
                waived,
                fixed,
                decided,
                confirmed,
                share: (decided > 0).then(|| confirmed as f64 / decided as f64),
                low: interval.map(|interval| interval.low),
                high: interval.map(|interval| interval.high),
            }
        })
        .collect())
}

fn tally(
    protocol: &Protocol,
    history: &History,
    case: &Case,
    beside: &[Problem],
    tallies: &mut BTreeMap<&'static str, [u64; 6]>,
) {
    // Open wherever one of several that count as one is.
    let mut now: BTreeMap<Key, bool> = BTreeMap::new();
    for problem in case.problems.iter().chain(beside) {
        *now.entry(key(problem)).or_default() |= problem.waived.is_none();
    }
    let before = earlier(protocol, history);
    let keys: BTreeSet<&Key> = before.iter().chain(now.keys()).collect();
    for key in keys {
        let [found, open, waived, fixed, decided, confirmed] = tallies.entry(key.0).or_default();
        *found += 1;
        match now.get(key) {
            Some(true) => *open += 1,
            Some(false) => *waived += 1,
            None => *fixed += 1,
        }
        let (looked_at, agreed) = judged(case, key);
        *decided += u64::from(looked_at);
        *confirmed += u64::from(agreed);
    }
}

/// Gives what the checks found at each moment at which reads or images had come in, but the last.
fn earlier(protocol: &Protocol, history: &History) -> BTreeSet<Key> {
    let imports = history.imports.iter().map(|imported| imported.seq);
    let mut moments: Vec<u64> = imports.chain(history.images.iter().map(|arrived| arrived.seq)).collect();
    moments.sort_unstable();
    moments.dedup();
    moments.pop();
    let mut found = BTreeSet::new();
    for upto in moments {
        let mut then = history.clone();
        then.imports.retain(|imported| imported.seq <= upto);
        then.images.retain(|arrived| arrived.seq <= upto);
        then.acts.retain(|act| act.seq <= upto);
        found.extend(case::derive(protocol, &then).problems.iter().map(key));
    }
    found
}

/// Tells whether somebody decided on an item that a finding is about, and whether a decision bears it out. One that was
/// overtaken by a corrected read counts, one that was taken back doesn't.
fn judged(case: &Case, (_, reader, label): &Key) -> (bool, bool) {
    let about = |item: &&CaseItem| label.as_ref().is_none_or(|label| item.item.labels.contains(label));
    let items = case.items.iter().chain(&case.gone).filter(about);
    let decisions = items.flat_map(|item| &item.decisions).filter(|decided| decided.fate != Fate::Undone);
    let mut judged = (false, false);
    for decision in decisions.map(|decided| &decided.decision) {
        let confirms = confirms(decision, reader.as_deref());
        judged.0 |= confirms || decision.settles != Settles::Open;
        judged.1 |= confirms;
    }
    judged
}

fn confirms(decision: &Decision, reader: Option<&str>) -> bool {
    let technical = |causes: &[String]| causes.iter().any(|code| code.starts_with('T'));
    let of_reader = reader.and_then(|reader| decision.verdicts.get(reader));
    technical(&decision.root_cause)
        || decision.verdicts.values().any(|verdict| technical(&verdict.cause))
        || of_reader.is_some_and(|verdict| verdict.verdict.is_fault())
}
