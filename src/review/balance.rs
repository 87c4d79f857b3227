//! Class balance: how often each level of a label was said and how often it is the final answer, which ones are rare,
//! what more items of a rare one would buy, and which waiting cases to settle next for it.
//!
//! A level is rare where fewer than [`RARE_SHARE`] of the final answers, or fewer than [`RARE_ITEMS`] of them, are of it.
//! A label with a place is counted by cases: whether anything is there at all.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::agree::Measure;
use super::readers::{measured, undefined};
use super::readings::{Readings, Wanted, collect, levels};
use super::{Result, Session};
use crate::domain::charter::LabelKind;
use crate::domain::origin::Within;
use crate::domain::value::{PRESENT, Value};
use crate::stats::agreement::Undefined;
use crate::stats::intervals::share::wilson_of;
use crate::stats::performance::Rate;

/// A level with a smaller share of the final answers is rare …
pub const RARE_SHARE: f64 = 0.05;
/// … and so is one with fewer of them: with 30 an interval of a share is still some 0.2 wide.
pub const RARE_ITEMS: u64 = 30;

/// How many times as many items are looked at.
const TIMES: [u64; 3] = [1, 2, 4];

/// The sensitivity at which it is told how narrow its interval would get.
const SENSITIVITY: f64 = 0.9;

/// Cases that are proposed for each label at most.
const PROPOSED: usize = 20;

/// Of every interval, both sides together.
const CONFIDENCE: f64 = 0.95;

/// Prevalence on one label.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Balance {
    pub label: String,
    /// Of which cases.
    #[serde(flatten)]
    pub within: Within,
    /// item, or case where the label has a place.
    pub unit: &'static str,
    /// Answers by people.
    pub reads: u64,
    /// Items, or cases, that are settled: by all readers' agreement, or by an answer that stands.
    pub settled: u64,
    /// Settled as ambiguous, or not to be graded: of no class.
    pub unclassed: u64,
    pub open: u64,
    /// In the order of the levels.
    pub classes: Vec<Class>,
    /// Waiting items in which somebody says a rare level, those first that most likely are of it.
    pub next: Vec<Next>,
    /// Why there is no balance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// One level.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Class {
    pub level: Value,
    pub reads: u64,
    /// Of all answers by people, 0–1; without an interval, since reads of one item resemble each other.
    pub read_share: Option<f64>,
    pub settled: u64,
    /// Of what is settled, by Wilson 1927.
    pub prevalence: Measure,
    pub rare: bool,
    /// Waiting items in which somebody says it.
    pub waiting: u64,
    /// What so many times the items would buy, the share being the same.
    pub more: Vec<More>,
}

/// The intervals that so many times as many items would give.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct More {
    pub times: u64,
    /// Settled items of the level.
    pub n: u64,
    /// How wide the interval of the prevalence is.
    pub prevalence_width: Option<f64>,
    /// How wide that of a sensitivity of 0.9 for this level is, if all its items were adjudicated.
    pub sensitivity_width: Option<f64>,
}

/// A case to settle next.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Next {
    #[serde(serialize_with = "text")]
    pub case: Arc<str>,
    pub item: String,
    pub level: Value,
    /// Of the people who have a say, so many say the level: 0–1.
    pub share: f64,
    pub priority: f64,
}

/// Writes a name that is shared as the text that it is.
fn text<S: serde::Serializer>(name: &Arc<str>, out: S) -> std::result::Result<S::Ok, S::Error> {
    out.serialize_str(name)
}

/// Gives the balance of every label, or of one.
///
/// # Errors
/// As [`collect`].
pub fn balance(session: &mut Session, label: Option<String>, within: Within) -> Result<Vec<Balance>> {
    let all = collect(session, &Wanted { label, within, ..Wanted::default() })?;
    Ok(all.iter().map(of_readings).collect())
}

/// What is counted of one unit.
#[derive(Default, Clone)]
struct Unit {
    truth: Option<usize>,
    unclassed: bool,
    open: bool,
}

/// Gives the balance of one label.
pub fn of_readings(readings: &Readings) -> Balance {
    let label = &readings.label;
    let levels = levels(label);
    let placed = label.kind.is_localised();
    let mut balance = Balance {
        label: label.name.clone(),
        within: readings.within.clone(),
        unit: if placed { "case" } else { "item" },
        reads: 0,
        settled: 0,
        unclassed: 0,
        open: 0,
        classes: Vec::new(),
        next: Vec::new(),
        why: None,
    };
    if levels.is_empty() || label.kind == LabelKind::Continuous {
        balance.why = Some("the label has no levels to count".into());
        return balance;
    }
    let place = |value: &Value| levels.iter().position(|level| level == value);
    let people = readings.people();
    // How many people say each level of each item.
    let mut said = vec![0u32; readings.items.len() * levels.len()];
    let mut reads = vec![0u64; levels.len()];
    for answer in readings.answers.iter().filter(|answer| (answer.reader as usize) < people) {
        let Some(level) = place(&answer.value) else { continue };
        reads[level] += 1;
        if let Some(count) = said.get_mut(answer.item as usize * levels.len() + level) {
            *count += 1;
        }
    }
    let mut settled = vec![0u64; levels.len()];
    for unit in units(readings, place, placed) {
        balance.open += u64::from(unit.open);
        balance.unclassed += u64::from(unit.unclassed);
        if let Some(count) = unit.truth.and_then(|level| settled.get_mut(level)) {
            *count += 1;
        }
    }
    if placed && let Some(absent) = settled.first_mut() {
        *absent += readings.empty_cases;
    }
    let (n_reads, n_settled) = (reads.iter().sum::<u64>(), settled.iter().sum::<u64>());
    (balance.reads, balance.settled) = (n_reads, n_settled);
    let rare: Vec<bool> = settled.iter().map(|n| is_rare(*n, n_settled)).collect();
    let mut waiting = vec![0u64; levels.len()];
    for (n, item) in readings.items.iter().enumerate().filter(|(_, item)| item.open) {
        let own = said.get(n * levels.len()..(n + 1) * levels.len()).unwrap_or_default();
        let all: u32 = own.iter().sum();
        for (level, votes) in own.iter().enumerate().filter(|(_, votes)| **votes > 0) {
            waiting[level] += 1;
            // That nothing is there is no class to look for in an object.
            if rare[level] && !(placed && level == 0) {
                balance.next.push(Next {
                    case: Arc::clone(&item.case),
                    item: item.item.clone(),
                    level: levels[level].clone(),
                    share: f64::from(*votes) / f64::from(all),
                    priority: item.priority,
                });
            }
        }
    }
    balance.next.sort_by(|a, b| {
        b.share.total_cmp(&a.share).then(b.priority.total_cmp(&a.priority)).then(a.case.cmp(&b.case))
    });
    balance.next.truncate(PROPOSED);
    balance.classes = levels
        .iter()
        .enumerate()
        .map(|(level, value)| Class {
            level: value.clone(),
            reads: reads[level],
            read_share: (n_reads > 0).then(|| reads[level] as f64 / n_reads as f64),
            settled: settled[level],
            prevalence: Rate::of(settled[level], n_settled, CONFIDENCE)
                .map_or_else(|| undefined(Undefined::NoItems, "nothing is settled"), measured),
            rare: rare[level],
            waiting: waiting[level],
            more: TIMES.map(|times| more(settled[level], n_settled, times)).to_vec(),
        })
        .collect();
    balance
}

fn is_rare(n: u64, all: u64) -> bool {
    all > 0 && (n < RARE_ITEMS || (n as f64) < RARE_SHARE * all as f64)
}

/// Gives what the items came to; of a label with a place, what the cases came to.
fn units(readings: &Readings, place: impl Fn(&Value) -> Option<usize>, placed: bool) -> Vec<Unit> {
    let of = |item: &super::readings::ReadItem| Unit {
        truth: item.truth.as_ref().and_then(&place),
        // An answer that stands and is of no level: ambiguous, excluded, or beyond those declared.
        unclassed: item.ambiguous || item.settled_at.is_some() && item.truth.is_none(),
        open: item.open,
    };
    if !placed {
        return readings.items.iter().map(of).collect();
    }
    let present = place(&Value::Text(PRESENT.into()));
    let mut cases: BTreeMap<&str, Unit> = BTreeMap::new();
    for item in &readings.items {
        let own = of(item);
        match cases.get_mut(item.case.as_ref()) {
            None => drop(cases.insert(&item.case, own)),
            Some(case) => {
                // One object that is there is enough; else all must be known not to be.
                let there = case.truth == present || own.truth == present;
                case.truth = if there { present } else { case.truth.and(own.truth) };
                case.open = case.open || own.open;
                case.unclassed = case.unclassed || own.unclassed;
            }
        }
    }
    cases.into_values().collect()
}

fn more(n: u64, all: u64, times: u64) -> More {
    let width = |share: f64, n: u64| {
        let ends = wilson_of(share, n as f64, CONFIDENCE)?;
        Some(ends.high - ends.low)
    };
    More {
        times,
        n: n * times,
        prevalence_width: (all > 0).then(|| width(n as f64 / all as f64, all * times)).flatten(),
        sensitivity_width: width(SENSITIVITY, n * times),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_times_the_items_halve_the_interval() {
        let (once, four) = (more(40, 1000, 1), more(40, 1000, 4));
        let ratio = |a: Option<f64>, b: Option<f64>| a.zip(b).map(|(a, b)| a / b);
        let narrower = ratio(four.prevalence_width, once.prevalence_width);
        assert!(narrower.is_some_and(|ratio| (ratio - 0.5).abs() < 0.02), "{narrower:?}");
        assert_eq!(
            (four.n, more(0, 0, 2).prevalence_width, more(0, 9, 2).sensitivity_width),
            (160, None, None)
        );
        assert!(is_rare(29, 60) && is_rare(40, 1000) && !is_rare(50, 1000) && !is_rare(0, 0));
    }
}
