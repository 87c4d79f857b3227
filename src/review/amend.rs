//! What another charter would change, before it is set: every case is derived under both.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use serde::Serialize;

use super::charter::Change;
use super::{Result, Session, words};
use crate::domain::authority::Deed;
use crate::domain::case::{self, Case, CaseItem, CharterVersion, History, Protocol, State};
use crate::domain::charter::Charter;
use crate::domain::checks;
use crate::domain::item::{Choice, DisputeType};
use crate::domain::value::Value;
use crate::domain::word::Word;

/// Cases that are derived in one go.
const PAGE: u32 = 500;

/// What would change.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Effects {
    /// Cases that were looked at, and those of which anything would change.
    pub cases: u64,
    pub changed: u64,
    /// Disputes that wait for somebody, before and after.
    pub open: [u64; 2],
    /// Cases that await reads, before and after.
    pub awaiting: [u64; 2],
    /// Items that would become disputes.
    pub appear: Vec<Affected>,
    /// Disputes that would be none any more; settled ones are not among them.
    pub vanish: Vec<Affected>,
    /// Disputes that would be of another type.
    pub retype: Vec<Affected>,
    /// Answers that would not stand any more.
    pub overtaken: Vec<Affected>,
    /// Provisional and final items whose reads would no longer differ: their answers stay.
    pub settled_undisputed: Vec<Affected>,
    /// Items whose answer or reads the charter would not know any more: their label is gone, or the value is none that it
    /// may have. They stay as they are, in exports too.
    pub unknown: Vec<Unknown>,
    /// Labels of the reads that the charter would not know.
    pub labels_outside: Vec<Outside>,
}

/// An item that would stand otherwise.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Affected {
    pub case: String,
    pub dispute: String,
    #[serde(rename = "type")]
    pub before: Option<DisputeType>,
    #[serde(rename = "becomes")]
    pub after: Option<DisputeType>,
}

/// An item that no longer fits the charter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unknown {
    pub case: String,
    pub dispute: String,
    /// Where it stands now.
    pub state: &'static str,
    pub label: String,
    /// The answer, in words, where the charter doesn't know it.
    pub answer: Option<String>,
    /// Reads that it doesn't know.
    pub reads: u64,
}

/// A label outside the charter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outside {
    pub label: String,
    pub cases: u64,
    pub findings: u64,
}

/// Says what another charter would change. Changes nothing.
///
/// # Errors
/// The charter has faults, whoever asks may not set it, or the store can't be read.
pub fn effects(session: &mut Session, change: &Change<'_>) -> Result<Effects> {
    let charter = change.charter()?;
    session.read(None, |tx, scene| {
        scene.allow(Deed::SetCharter)?;
        let before = &scene.setup.protocol;
        let (head, _) = tx.head()?;
        let mut after = before.clone();
        after.charters.push(CharterVersion {
            seq: head + 1,
            at: scene.now,
            version: scene.setup.charter().version + 1,
            charter: Arc::new(charter.clone()),
            retriage: true,
        });
        let known = tx.known()?;
        let units = [scene.charter().reads.unit, charter.reads.unit];
        let mut effects = Effects::default();
        let mut outside: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        let mut last = 0;
        loop {
            let ids = tx.case_ids(last, PAGE)?;
            let Some(end) = ids.last() else { break };
            last = *end;
            let histories = tx.histories(&ids, units[0], known)?;
            // Which images a case is made of depends on what the charter calls a case.
            let others = if units[0] == units[1] { None } else { Some(tx.histories(&ids, units[1], known)?) };
            let pairs = histories.par_iter().zip(others.as_ref().unwrap_or(&histories));
            let parts: Vec<(Effects, BTreeMap<String, u64>)> =
                pairs.map(|(old, new)| compare((before, old), (&after, new), &charter, scene.now)).collect();
            for (part, labels) in parts {
                effects.add(part);
                for (label, findings) in labels {
                    let of = outside.entry(label).or_default();
                    *of = (of.0 + 1, of.1 + findings);
                }
            }
        }
        let of = |(label, (cases, findings))| Outside { label, cases, findings };
        effects.labels_outside = outside.into_iter().map(of).collect();
        Ok(effects)
    })
}

fn compare(
    before: (&Protocol, &History),
    after: (&Protocol, &History),
    charter: &Charter,
    now: i64,
) -> (Effects, BTreeMap<String, u64>) {
    let (old, new) = (case::derive(before.0, before.1), case::derive(after.0, after.1));
    let open =
        |case: &Case| case.disputes().filter(|item| item.state_at(now) < State::Provisional).count() as u64;
    let waits = |case: &Case| u64::from(case.awaiting > 0);
    let mut effects = Effects {
        cases: 1,
        open: [open(&old), open(&new)],
        awaiting: [waits(&old), waits(&new)],
        ..Effects::default()
    };
    let kind = |item: Option<&CaseItem>| {
        item.filter(|item| item.disputed).and_then(|item| Some(item.item.difference.as_ref()?.kind))
    };
    let ids: BTreeSet<&str> = old.items.iter().chain(&new.items).map(|item| item.id.as_str()).collect();
    for id in ids {
        let (was, is) = (old.item(id), new.item(id));
        let disputed = |item: Option<&CaseItem>| item.is_some_and(|item| item.disputed);
        let affected =
            Affected { case: old.name.clone(), dispute: id.to_owned(), before: kind(was), after: kind(is) };
        // An answer stays where the reads are the same; whether they would still differ is what is asked.
        let differs = |item: Option<&CaseItem>| item.is_some_and(|item| item.item.difference.is_some());
        let settled = |item: &CaseItem| matches!(item.state_at(now), State::Provisional | State::Final);
        let list = match (disputed(was), disputed(is)) {
            _ if was.is_some_and(settled) => match () {
                () if !is.is_some_and(settled) => &mut effects.overtaken,
                () if differs(was) && !differs(is) => &mut effects.settled_undisputed,
                () => continue,
            },
            (false, true) => &mut effects.appear,
            (true, false) => &mut effects.vanish,
            (true, true) if affected.before != affected.after => &mut effects.retype,
            _ => continue,
        };
        list.push(affected);
    }
    let known = [before.0.charters.last().map(|of| &*of.charter), Some(charter)];
    if let [Some(before), Some(after)] = known {
        effects.unknown =
            old.items.iter().filter_map(|item| unknown(&old, item, before, after, now)).collect();
    }
    let mut outside: BTreeMap<String, u64> = BTreeMap::new();
    if !charter.infer {
        let findings = new.reads.iter().flat_map(|read| &read.read.findings);
        for finding in findings.filter(|finding| charter.label(&finding.label).is_none()) {
            *outside.entry(finding.label.clone()).or_default() += 1;
        }
    }
    let lists =
        [&effects.appear, &effects.vanish, &effects.retype, &effects.overtaken, &effects.settled_undisputed];
    let touched = lists.iter().any(|list| !list.is_empty())
        || !effects.unknown.is_empty()
        || effects.awaiting[0] != effects.awaiting[1];
    effects.changed = u64::from(touched);
    (effects, outside)
}

/// Tells what of an item one charter knows and another doesn't.
fn unknown(case: &Case, item: &CaseItem, before: &Charter, after: &Charter, now: i64) -> Option<Unknown> {
    let lost = |choice: &Choice| knows(before, item, choice) && !knows(after, item, choice);
    let answer = item.result.as_ref().filter(|answer| lost(answer));
    let reads = item.item.opinions.iter().filter(|opinion| lost(&opinion.choice)).count() as u64;
    (answer.is_some() || reads > 0).then(|| Unknown {
        case: case.name.clone(),
        dispute: item.id.clone(),
        state: item.state_at(now).word(),
        label: item.item.labels.join("/"),
        answer: answer.map(|answer| words::of_choice(answer, &case.images)),
        reads,
    })
}

/// Tells whether an answer is one that a charter has for the item's label.
fn knows(charter: &Charter, item: &CaseItem, choice: &Choice) -> bool {
    let Some(name) = choice.label.as_ref().or(item.item.labels.first()) else { return true };
    // An inferred charter takes labels in as they come.
    let Some(label) = charter.label(name) else { return charter.infer };
    let within = |value: &Value| match (label.range, value.number()) {
        (Some([low, high]), Some(number)) => (low..=high).contains(&number),
        _ => true,
    };
    choice.value.as_ref().is_none_or(|value| checks::fits(label, value) && within(value))
        && (choice.shapes.is_empty() || label.kind.is_localised())
}

impl Effects {
    fn add(&mut self, other: Effects) {
        self.cases += other.cases;
        self.changed += other.changed;
        for n in 0..2 {
            self.open[n] += other.open[n];
            self.awaiting[n] += other.awaiting[n];
        }
        self.appear.extend(other.appear);
        self.vanish.extend(other.vanish);
        self.retype.extend(other.retype);
        self.overtaken.extend(other.overtaken);
        self.settled_undisputed.extend(other.settled_undisputed);
        self.unknown.extend(other.unknown);
    }

    /// Gives the lists with the words for what they hold: what would be, or what has come of it once it is done.
    pub fn lists(&self, done: bool) -> [(&'static str, &[Affected]); 5] {
        let words = |would, became| if done { became } else { would };
        [
            (words("would become a dispute", "became a dispute"), &self.appear),
            (words("would cease to be a dispute", "ceased to be a dispute"), &self.vanish),
            (words("would be of another type", "became of another type"), &self.retype),
            (words("would lose the answer that stands", "lost the answer that stood"), &self.overtaken),
            (
                words(
                    "settled already, with reads that would no longer differ",
                    "settled already, with reads that no longer differ",
                ),
                &self.settled_undisputed,
            ),
        ]
    }
}
