//! How each reader does against the final answers, label by label, and what of it calls for somebody to look.
//!
//! Of rates only what was adjudicated counts: items on which all agreed and that nobody read again would pass for proofs
//! of skill. What was settled as ambiguous or can't be graded, and a difference that the adjudicator calls justifiable,
//! count for nobody and against nobody.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::agree::Measure;
use super::readings::{Reader, levels, silent, walk};
use super::{Result, Session};
use crate::domain::authority::Deed;
use crate::domain::case::{Case, CaseItem, History, State};
use crate::domain::charter::{Charter, Label, LabelKind};
use crate::domain::decision::{Settles, Verdict, VerdictKind};
use crate::domain::item::{Choice, Opinion};
use crate::domain::value::{PRESENT, Value};
use crate::stats::agreement::{Table, Undefined, Weights, cohen_kappa};
use crate::stats::intervals::Interval;
use crate::stats::performance::{Counts, Rate, disagreement_index, endorsement};

mod same;
mod triggers;

pub use triggers::Trigger;

/// Of every interval, both sides together.
const CONFIDENCE: f64 = 0.95;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub label: Option<String>,
    /// Milliseconds since 1970 UTC: what was read or decided before is left out.
    pub since: Option<i64>,
}

/// One reader on one label.
#[derive(Debug, Clone, Serialize)]
pub struct Performance {
    pub reader: String,
    pub model: bool,
    pub label: String,
    /// Cases that the reader read.
    pub n: u64,
    /// Cases in which the final answer is another than the reader's, of all that the reader read.
    pub disagreement_index: Option<f64>,
    /// The ends of its interval, and the limit that the reader's number of cases gives if the reader is as the team.
    pub disagreement: Measure,
    pub disagreement_limit: Option<f64>,
    /// Items adjudicated in the reader's favour, of those adjudicated.
    pub endorsement: Option<f64>,
    /// Items with a final answer that count.
    pub adjudicated: u64,
    pub sensitivity: Measure,
    pub specificity: Measure,
    /// Against the final answer; of ordered levels with quadratic weights.
    pub kappa: Measure,
    pub kappa_weights: &'static str,
    /// Differences that the adjudicator calls justifiable.
    pub justifiable: u64,
    pub severity_2b: u64,
    pub severity_3b: u64,
    /// Items whose answer isn't final yet, which count once it is.
    pub provisional: u64,
    pub triggers: Vec<Trigger>,
}

/// What is counted of one reader on one label.
#[derive(Default)]
struct Tally {
    cases: u64,
    disagreed: u64,
    adjudicated: u64,
    favoured: u64,
    justifiable: u64,
    provisional: u64,
    counts: Counts,
    /// Answer and final answer, as numbers of levels.
    pairs: Vec<(usize, usize)>,
    severe: [u64; 2],
    causes: BTreeMap<String, u64>,
}

type Tallies = BTreeMap<Reader, Tally>;

/// Gives how every reader does on every label that they read.
///
/// # Errors
/// Whoever asks may not read statistics, there is no such label, or the store can't be read.
pub fn readers(session: &mut Session, request: &Request) -> Result<Vec<Performance>> {
    session.read(None, |tx, scene| {
        scene.allow(Deed::ReadStatistics)?;
        let charter = scene.charter();
        let wanted = |label: &&Label| request.label.as_ref().is_none_or(|name| *name == label.name);
        let labels: Vec<&Label> = charter.labels.iter().filter(wanted).collect();
        if let (Some(name), true) = (&request.label, labels.is_empty()) {
            return Err(super::ReviewError::Missing(format!("the charter has no label {name}")));
        }
        let mut tallies: Vec<Tallies> = labels.iter().map(|_| Tallies::new()).collect();
        walk(tx, scene, |histories, cases| {
            for (case, history) in cases.iter().zip(histories) {
                for (label, tallies) in labels.iter().zip(&mut tallies) {
                    let look = Look { charter, label, case, history, since: request.since, now: scene.now };
                    look.count(tallies);
                }
            }
        })?;
        let mut all: Vec<Performance> = labels
            .iter()
            .zip(&tallies)
            .flat_map(|(label, tallies)| of_label(charter, label, tallies))
            .collect();
        all.sort_by(|a, b| (a.model, &a.reader, &a.label).cmp(&(b.model, &b.reader, &b.label)));
        Ok(all)
    })
}

/// One label of one case.
struct Look<'a> {
    charter: &'a Charter,
    label: &'a Label,
    case: &'a Case,
    history: &'a History,
    since: Option<i64>,
    now: i64,
}

impl Look<'_> {
    fn count(&self, tallies: &mut Tallies) {
        let items: Vec<&CaseItem> =
            self.case.items.iter().filter(|of| of.item.labels.contains(&self.label.name)).collect();
        let mut read: BTreeSet<Reader> = BTreeSet::new();
        let mut disagreed: BTreeSet<Reader> = BTreeSet::new();
        for item in &items {
            let opinions = item.item.opinions.iter().filter(|opinion| !opinion.choice.is_ungradable());
            for opinion in opinions {
                let reader = Reader { model: opinion.model, name: opinion.reader.clone() };
                let within = self.is_within(item, &reader.name);
                if within {
                    read.insert(reader.clone());
                }
                if within && self.judge(item, opinion, tallies.entry(reader.clone()).or_default()) {
                    disagreed.insert(reader);
                }
            }
        }
        if items.is_empty() {
            let silent = silent(self.case, self.history, self.charter, self.label);
            read.extend(silent.into_iter().filter(|reader| self.came_within(&reader.name)));
        }
        for reader in read {
            let differs = disagreed.contains(&reader);
            let tally = tallies.entry(reader).or_default();
            tally.cases += 1;
            tally.disagreed += u64::from(differs);
        }
    }

    /// Tells whether an item belongs to the window: by its answer, or by when the read came where there is none.
    fn is_within(&self, item: &CaseItem, reader: &str) -> bool {
        match (self.since, item.answers().last()) {
            (Some(since), Some(answer)) => answer.at >= since,
            _ => self.came_within(reader),
        }
    }

    fn came_within(&self, reader: &str) -> bool {
        let Some(since) = self.since else { return true };
        let read = self.case.reads.iter().find(|of| of.read.reader == reader);
        let came = read.and_then(|read| self.history.imports.iter().find(|import| import.seq == read.since));
        came.is_some_and(|import| import.at >= since)
    }

    /// Counts one reader's part in one item; tells whether the final answer is another than the reader's.
    fn judge(&self, item: &CaseItem, opinion: &Opinion, tally: &mut Tally) -> bool {
        let Some(answer) = item.answers().last() else { return false };
        match item.state_at(self.now) {
            State::Final => {}
            State::Provisional => {
                tally.provisional += 1;
                return false;
            }
            _ => return false,
        }
        // What was read again after the answer is not what the answer was about.
        if item.reads_changed {
            return false;
        }
        let decision = &answer.decision;
        let silent = Verdict::default();
        let verdict = decision.verdicts.get(&opinion.reader).unwrap_or(&silent);
        if verdict.verdict == VerdictKind::Justifiable {
            tally.justifiable += 1;
            return false;
        }
        let final_choice = match decision.settles {
            Settles::Resolved => decision.result.clone(),
            Settles::Negative => Some(Choice::of(Value::absent())),
            _ => None,
        };
        let Some(final_choice) = final_choice else { return false };
        if verdict.verdict.is_fault() {
            for (n, code) in ["2b", "3b"].into_iter().enumerate() {
                tally.severe[n] += u64::from(verdict.severity.as_deref() == Some(code));
            }
            for cause in &verdict.cause {
                *tally.causes.entry(cause.clone()).or_default() += 1;
            }
        }
        let favoured = match verdict.verdict {
            VerdictKind::Agree => true,
            VerdictKind::Error | VerdictKind::Slip => false,
            _ => {
                decision.adopted.contains(&opinion.reader)
                    || same::same(self.label, &opinion.choice, &final_choice)
            }
        };
        tally.adjudicated += 1;
        tally.favoured += u64::from(favoured);
        let (said, truth) = (self.level(&opinion.choice), self.level(&final_choice));
        if let (Some(said), Some(truth)) = (said, truth) {
            tally.pairs.push((said, truth));
        }
        let positive = |choice: &Choice| self.positive(choice);
        if let (Some(said), Some(truth)) = (positive(&opinion.choice), positive(&final_choice)) {
            let counts = &mut tally.counts;
            *match (said, truth) {
                (true, true) => &mut counts.true_positive,
                (false, true) => &mut counts.false_negative,
                (true, false) => &mut counts.false_positive,
                (false, false) => &mut counts.true_negative,
            } += 1;
        }
        !favoured
    }

    /// Gives what a choice says of this label.
    fn value(&self, choice: &Choice) -> Value {
        match (&choice.label, &choice.value) {
            (Some(other), _) if *other != self.label.name => Value::absent(),
            (_, Some(value)) if self.label.kind.is_localised() && !choice.is_absent() => match value {
                value if value.is(crate::domain::value::UNCERTAIN) => value.clone(),
                _ => Value::present(),
            },
            (_, Some(value)) => value.clone(),
            _ => Value::present(),
        }
    }

    fn level(&self, choice: &Choice) -> Option<usize> {
        let value = self.value(choice);
        levels(self.label).iter().position(|level| *level == value)
    }

    /// Tells whether a choice is the positive of two; none where the label has more, or the choice is neither.
    fn positive(&self, choice: &Choice) -> Option<bool> {
        let value = self.value(choice);
        if is_presence(self.label) {
            return match () {
                _ if value.is(PRESENT) => Some(true),
                _ if choice.is_absent() || value == Value::absent() => Some(false),
                _ => None,
            };
        }
        let place = self.level(choice)?;
        (self.label.levels.len() == 2).then_some(place == 1)
    }
}

fn is_presence(label: &Label) -> bool {
    label.kind == LabelKind::Present || label.kind.is_localised()
}

fn of_label(charter: &Charter, label: &Label, tallies: &Tallies) -> Vec<Performance> {
    let binary = is_presence(label) || label.levels.len() == 2;
    let team = triggers::Team::of(tallies.iter().filter(|(reader, _)| !reader.model).map(|(_, tally)| tally));
    let all = tallies.iter().filter(|(_, tally)| tally.cases > 0 || tally.provisional > 0);
    all.map(|(reader, tally)| {
        let rate = |rate: Option<Rate>| match (rate, binary) {
            (Some(rate), _) => measured(rate),
            (None, true) => undefined(Undefined::NoItems, "no item with such an answer was adjudicated"),
            (None, false) => undefined(Undefined::NotBinary, ""),
        };
        let index = disagreement_index(tally.disagreed, tally.cases, CONFIDENCE);
        let disagreement = index.map_or_else(|| undefined(Undefined::NoItems, "no case was read"), measured);
        let kappa = kappa(label, tally);
        Performance {
            reader: reader.name.clone(),
            model: reader.model,
            label: label.name.clone(),
            n: tally.cases,
            disagreement_index: disagreement.value,
            disagreement_limit: team.limit(tally.cases),
            endorsement: endorsement(tally.favoured, tally.adjudicated, CONFIDENCE).map(|rate| rate.value),
            adjudicated: tally.adjudicated,
            sensitivity: rate(tally.counts.sensitivity(CONFIDENCE)),
            specificity: rate(tally.counts.specificity(CONFIDENCE)),
            kappa_weights: if label.kind == LabelKind::Ordinal { "quadratic" } else { "none" },
            justifiable: tally.justifiable,
            severity_2b: tally.severe[0],
            severity_3b: tally.severe[1],
            provisional: tally.provisional,
            triggers: match reader.model {
                true => Vec::new(),
                false => triggers::of(&charter.triggers, &team, tally, &kappa),
            },
            disagreement,
            kappa,
        }
    })
    .collect()
}

fn kappa(label: &Label, tally: &Tally) -> Measure {
    let levels = levels(label);
    let size = levels.len();
    let mut cells = vec![0.0; size * size];
    for (said, truth) in &tally.pairs {
        if let Some(cell) = cells.get_mut(said * size + truth) {
            *cell += 1.0;
        }
    }
    let numbers: Option<Vec<f64>> = levels.iter().map(Value::number).collect();
    let steps = numbers.unwrap_or_else(|| (1..=size).map(|rank| rank as f64).collect());
    let weights = match label.kind {
        LabelKind::Ordinal => Weights::quadratic(&steps),
        _ => Weights::identity(size),
    };
    if tally.pairs.is_empty() {
        return undefined(Undefined::NoItems, "no item with a level was adjudicated");
    }
    let Some(table) = Table::from_counts(size, cells) else {
        return undefined(Undefined::OneLevel, "");
    };
    match cohen_kappa(&table, &weights) {
        Ok(found) => {
            let ends = Interval::normal(found.value, found.se, CONFIDENCE);
            Measure {
                value: Some(found.value),
                se: Some(found.se),
                low: Some(ends.low),
                high: Some(ends.high),
                n: found.items as u64,
                why: None,
            }
        }
        Err(why) => Measure { n: tally.pairs.len() as u64, ..undefined(why, "") },
    }
}

fn measured(rate: Rate) -> Measure {
    Measure {
        value: Some(rate.value),
        se: None,
        low: Some(rate.interval.low),
        high: Some(rate.interval.high),
        n: rate.n as u64,
        why: None,
    }
}

fn undefined(why: Undefined, words: &str) -> Measure {
    let why = if words.is_empty() { why.to_string() } else { words.to_owned() };
    Measure { value: None, se: None, low: None, high: None, n: 0, why: Some(why) }
}
