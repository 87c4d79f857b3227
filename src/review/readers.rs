//! How each reader does against the final answers, label by label, and what of it calls for somebody to look.
//!
//! Of rates only what was adjudicated or audited counts, weighted by how it was drawn: items on which all agreed and that
//! nobody read again would pass for proofs of skill. What was settled as ambiguous or can't be graded, and a difference that the adjudicator calls justifiable,
//! count for nobody and against nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use serde::Serialize;

use super::agree::Measure;
use super::agree::figures::ends;
use super::readings::{Looked, labels_of, levels, walk};
use super::sample::StandsFor;
use super::{Result, Scene, Session, origin};
use crate::domain::authority::Deed;
use crate::domain::case::History;
use crate::domain::charter::{Charter, Label, LabelKind};
use crate::domain::origin::{By, Origin, Within};
use crate::domain::value::Value;
use crate::stats::agreement::{Table, Undefined, Weights, cohen_kappa};
use crate::stats::intervals::bootstrap::quantile;
use crate::stats::performance::{Rate, disagreement_index, endorsement, false_positives_per_image};
use crate::store::Tx;

pub use self::look::Outcome;
pub(super) use self::look::settled_choice;
use self::look::{Course, Look, Shapes, Tallies, Tally, is_presence};
use self::triggers::Team;

#[cfg(test)]
mod alarms;
#[cfg(test)]
mod fairness;
mod look;
mod pace;
pub(super) mod same;
mod time;
mod triggers;

pub use time::{Alarm, Chart, Sample, week_of};
pub use triggers::Trigger;

/// Of every interval, both sides together.
const CONFIDENCE: f64 = 0.95;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub label: Option<String>,
    /// Milliseconds since 1970 UTC: what was read or decided before is left out.
    pub since: Option<i64>,
    pub within: Within,
    /// Apart for each batch or site.
    pub by: Option<By>,
}

/// One reader on one label.
#[derive(Debug, Clone, Serialize)]
pub struct Performance {
    pub reader: String,
    pub model: bool,
    pub label: String,
    /// Of which cases.
    #[serde(flatten)]
    pub within: Within,
    /// Cases that the reader read.
    pub n: u64,
    /// Of these, those whose outcome is known, and those that somebody still has to settle; the rest waits for reads.
    pub settled: u64,
    pub open: u64,
    /// Cases in which the final answer is another than the reader's, of the settled ones.
    pub disagreement_index: Option<f64>,
    /// The ends of its interval, and what the index can't be above if the reader is as the others, whatever the open
    /// cases come to.
    pub disagreement: Measure,
    pub disagreement_limit: Option<f64>,
    /// The index of the other people, without this reader.
    pub team_index: Option<f64>,
    /// By how much the reader moves the team: its index with them, less that without.
    pub team_effect: Option<f64>,
    /// Items adjudicated in the reader's favour, of those adjudicated.
    pub endorsement: Option<f64>,
    /// Items with a final answer that count.
    pub adjudicated: u64,
    /// Items that nobody disputed and that an audit read again.
    pub audited: u64,
    pub sensitivity: Measure,
    pub specificity: Measure,
    /// Against the final answer; of ordered levels with quadratic weights.
    pub kappa: Measure,
    pub kappa_weights: &'static str,
    /// Marks where the final answer says that nothing is there, on each image of the cases adjudicated.
    pub false_positives_per_image: Measure,
    pub geometry: Geometry,
    /// How often the reader says the same when they read an item again.
    pub self_consistency: Measure,
    /// Cohen's κ of what the reader said first and what they said again.
    pub self_kappa: Measure,
    /// Between one read of the reader and the next, of whatever label; breaks left out.
    pub seconds_per_read: Measure,
    /// Differences that the adjudicator calls justifiable.
    pub justifiable: u64,
    pub severity_2b: u64,
    pub severity_3b: u64,
    /// Items whose answer isn't final yet, which count once it is.
    pub provisional: u64,
    /// Reads that were made after the reader had seen who said what, and count for nothing.
    pub unblinded: u64,
    /// The disagreement index over time.
    pub chart: Chart,
    pub triggers: Vec<Trigger>,
    /// Cases that the reader read, by their places in [`Counted::cases`], and what they have come to: in the order of
    /// their reads, those that wait for reads last.
    #[serde(skip)]
    pub cases: Vec<(u32, Outcome)>,
    /// The same apart for each site, then for each batch, by name; none where all of the reader's cases come from one.
    #[serde(skip)]
    pub origins: Vec<OfOrigin>,
}

/// How a reader does on the cases of one site or batch.
#[derive(Debug, Clone, PartialEq)]
pub struct OfOrigin {
    pub by: By,
    pub key: String,
    pub disagreement: Measure,
    /// As [`Performance::cases`].
    pub cases: Vec<(u32, Outcome)>,
}

/// How the reader's shapes compare with the final ones.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Geometry {
    pub median_iou: Measure,
    pub median_dice: Measure,
    /// HD95 of areas, the distance of points, of the ends of lines, the mean distance of landmarks.
    pub median_distance: Measure,
    /// mm, or px where some image has no spacing.
    pub unit: &'static str,
}

/// What is counted of all readers, and the names of the cases that it was counted of.
#[derive(Debug, Clone, Default)]
pub struct Counted {
    pub readers: Vec<Performance>,
    pub cases: Vec<Arc<str>>,
}

/// Gives how every reader does on every label that they read; apart for each batch or site, those of one reader and label
/// follow each other.
///
/// # Errors
/// Whoever asks may not read statistics, there is no such label, batch or site, or the store can't be read.
pub fn readers(session: &mut Session, request: &Request) -> Result<Vec<Performance>> {
    session.read(None, |tx, scene| {
        scene.allow(Deed::ReadStatistics)?;
        let mut found = match request.by {
            None => count(tx, scene, request)?.readers,
            Some(by) => {
                let mut all = Vec::new();
                for within in origin::parts(tx, &request.within, by)? {
                    all.extend(count(tx, scene, &Request { within, ..request.clone() })?.readers);
                }
                all.sort_by(|a, b| a.order().cmp(&b.order()));
                all
            }
        };
        let blind = super::sample::blind(tx, scene)?;
        found.iter_mut().for_each(|of| of.leave_out(&blind));
        Ok(found)
    })
}

/// Counts all that a request is about.
pub(super) fn count(tx: &Tx<'_>, scene: &Scene<'_>, request: &Request) -> Result<Counted> {
    let mut counting = Counting::new(tx, scene, request)?;
    walk(tx, scene, &request.within, |histories, cases| counting.take(scene, histories, cases))?;
    Ok(counting.done(scene.charter()))
}

/// What to know of rates that no audit stands behind.
pub const UNAUDITED: &str =
    "no agreed item was audited: sensitivity, specificity and κ are too low to judge anybody by";

impl Performance {
    /// Says whether the reader has rates against final answers that come from disputes alone, and are too low by that.
    pub fn unaudited(&self) -> bool {
        let rates = [&self.sensitivity, &self.specificity, &self.kappa];
        self.audited == 0 && rates.iter().any(|rate| rate.value.is_some())
    }

    /// By what readers are ordered: people before models, by name and label.
    fn order(&self) -> (bool, &str, &str) {
        (self.model, &self.reader, &self.label)
    }

    /// Names none of these cases, which whoever asks has yet to read blind.
    pub(super) fn leave_out(&mut self, blind: &BTreeSet<String>) {
        for trigger in &mut self.triggers {
            trigger.cases.retain(|case| !blind.contains(case));
        }
    }
}

/// What is counted of all readers, while cases come in.
pub(super) struct Counting<'c> {
    labels: Vec<&'c Label>,
    since: Option<i64>,
    within: Within,
    weights: StandsFor,
    tallies: Vec<Tallies>,
    paces: pace::Paces,
    cases: Vec<Arc<str>>,
    /// Of each case.
    origins: Vec<Arc<Origin>>,
}

impl<'c> Counting<'c> {
    pub fn new(tx: &Tx<'_>, scene: &Scene<'c>, request: &Request) -> Result<Self> {
        let labels = labels_of(&scene.setup.charter().charter, request.label.as_deref())?;
        let tallies = labels.iter().map(|_| Tallies::new()).collect();
        let (since, within) = (request.since, request.within.clone());
        let weights = StandsFor::read(tx, scene)?;
        let paces = pace::Paces::default();
        Ok(Counting {
            labels,
            since,
            within,
            weights,
            tallies,
            paces,
            cases: Vec::new(),
            origins: Vec::new(),
        })
    }

    /// Takes cases in.
    pub fn take(&mut self, scene: &Scene<'_>, histories: &[History], cases: &[Looked]) {
        let (since, now, first) = (self.since, scene.now, self.cases.len());
        let weights = &self.weights;
        self.tallies.par_iter_mut().zip(&self.labels).for_each(|(tallies, label)| {
            for (n, (case, history)) in cases.iter().zip(histories).enumerate() {
                let look = Look {
                    charter: scene.charter(),
                    weights,
                    people: &scene.setup.people,
                    label,
                    case: &case.case,
                    history,
                    number: u32::try_from(first + n).unwrap_or(u32::MAX),
                    since,
                    now,
                };
                look.count(tallies);
            }
        });
        for case in cases {
            self.paces.take(&case.case, since);
            self.cases.push(case.name());
            self.origins.push(Arc::clone(&case.origin));
        }
    }

    /// Gives what was counted, people before models, by name and label.
    pub fn done(mut self, charter: &Charter) -> Counted {
        let paces = self.paces.of_readers();
        let labels = self.labels.par_iter().zip(self.tallies.par_iter_mut());
        let seen = (self.cases.as_slice(), self.origins.as_slice());
        let of_labels = labels.map(|(label, tallies)| of_label(charter, label, tallies, seen, &paces));
        let mut readers: Vec<Performance> = of_labels.flatten_iter().collect();
        readers.iter_mut().for_each(|of| of.within.clone_from(&self.within));
        readers.sort_by(|a, b| a.order().cmp(&b.order()));
        Counted { readers, cases: self.cases }
    }
}

fn of_label(
    charter: &Charter,
    label: &Label,
    tallies: &mut Tallies,
    (names, origins): (&[Arc<str>], &[Arc<Origin>]),
    paces: &pace::Medians,
) -> Vec<Performance> {
    let binary = is_presence(label) || label.levels.len() == 2;
    let people = tallies.iter().filter(|(reader, _)| !reader.model).map(|(_, tally)| tally);
    let team = Team::of(people, names.len() as u64 * u64::from(charter.reads.required));
    let all = tallies.iter_mut().filter(|(_, tally)| tally.cases + tally.provisional + tally.unblinded > 0);
    all.map(|(reader, tally)| {
        let rate = |rate: Option<Rate>| match (rate, binary) {
            (Some(rate), _) => measured(rate),
            (None, true) => undefined(Undefined::NoItems, "no item with such an answer was adjudicated"),
            (None, false) => undefined(Undefined::NotBinary, ""),
        };
        let disagreement = disagreement(tally.disagreed, tally.settled);
        let against_final = match tally.pairs.is_empty() {
            true => undefined(Undefined::NoItems, "no item with a level was adjudicated"),
            false => kappa_of(label, &tally.pairs),
        };
        tally.courses.sort_unstable_by_key(Course::order);
        let chart = time::chart(&tally.courses, u64::from(charter.triggers.min_n));
        let others = team.without(reader, tally);
        Performance {
            reader: reader.name.clone(),
            model: reader.model,
            label: label.name.clone(),
            within: Within::default(),
            n: tally.cases,
            settled: tally.settled,
            open: tally.open,
            disagreement_index: disagreement.value,
            disagreement_limit: others.limit(tally),
            team_index: others.index(),
            team_effect: team
                .index()
                .filter(|_| !reader.model)
                .zip(others.index())
                .map(|(all, rest)| all - rest),
            endorsement: endorsement(tally.favoured, tally.adjudicated, CONFIDENCE).map(|rate| rate.value),
            adjudicated: tally.adjudicated,
            audited: tally.audited,
            sensitivity: rate(tally.sensitivity()),
            specificity: rate(tally.specificity()),
            kappa_weights: if label.kind == LabelKind::Ordinal { "quadratic" } else { "none" },
            false_positives_per_image: match binary {
                true => false_positives(tally),
                false => undefined(Undefined::NotBinary, ""),
            },
            geometry: geometry(label, &tally.shapes),
            self_consistency: self_consistency(label, tally),
            self_kappa: match tally.repeats.is_empty() {
                true => undefined(Undefined::NoItems, not_repeated(label)),
                false => kappa(label, &tally.repeats),
            },
            seconds_per_read: paces.of(&reader.name),
            justifiable: tally.justifiable,
            severity_2b: tally.severe[0].len() as u64,
            severity_3b: tally.severe[1].len() as u64,
            provisional: tally.provisional,
            unblinded: tally.unblinded,
            triggers: match reader.model {
                true => Vec::new(),
                false => triggers::of(&charter.triggers, names, &others, tally, &against_final, &chart),
            },
            cases: tally.courses.iter().map(|course| (course.case, course.outcome)).collect(),
            origins: apart(&tally.courses, origins),
            chart,
            disagreement,
            kappa: against_final,
        }
    })
    .collect()
}

fn disagreement(disagreed: u64, settled: u64) -> Measure {
    let none = || undefined(Undefined::NoItems, "no case of the reader is settled yet");
    disagreement_index(disagreed, settled, CONFIDENCE).map_or_else(none, measured)
}

/// Counts a reader's cases apart for each site and each batch, by what each case comes from.
fn apart(courses: &[Course], origins: &[Arc<Origin>]) -> Vec<OfOrigin> {
    let mut all = Vec::new();
    for by in [By::Site, By::Batch] {
        let mut parts: BTreeMap<&str, Vec<(u32, Outcome)>> = BTreeMap::new();
        for course in courses {
            if let Some(origin) = origins.get(course.case as usize) {
                parts.entry(origin.key(by)).or_default().push((course.case, course.outcome));
            }
        }
        let count =
            |cases: &[(u32, Outcome)], wanted| cases.iter().filter(|(_, of)| *of == wanted).count() as u64;
        let part = |(key, cases): (&str, Vec<(u32, Outcome)>)| {
            let [with, against] = [Outcome::With, Outcome::Against].map(|wanted| count(&cases, wanted));
            OfOrigin { by, key: key.to_owned(), disagreement: disagreement(against, with + against), cases }
        };
        if parts.len() > 1 {
            all.extend(parts.into_iter().map(part));
        }
    }
    all
}

fn false_positives(tally: &Tally) -> Measure {
    match false_positives_per_image(tally.counts.false_positive, tally.images, CONFIDENCE) {
        Some((value, ends)) => Measure {
            value: Some(value),
            se: None,
            low: Some(ends.low),
            high: Some(ends.high),
            n: tally.images,
            why: None,
        },
        None => undefined(Undefined::NoItems, "no case of the reader was adjudicated"),
    }
}

fn geometry(label: &Label, shapes: &Shapes) -> Geometry {
    let median = |values: &[f64]| {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        match quantile(&sorted, 0.5) {
            Some(value) => {
                let n = values.len() as u64;
                Measure { value: Some(value), se: None, low: None, high: None, n, why: None }
            }
            None if label.kind.is_localised() => undefined(
                Undefined::NoItems,
                "no item was adjudicated on which reader and answer drew one shape each",
            ),
            None => undefined(Undefined::NoItems, "the label has no place"),
        }
    };
    Geometry {
        median_iou: median(&shapes.iou),
        median_dice: median(&shapes.dice),
        median_distance: median(&shapes.apart),
        unit: if shapes.pixels { "px" } else { "mm" },
    }
}

fn not_repeated(label: &Label) -> &'static str {
    match label.kind.is_localised() {
        true => "repeated reads are compared on labels without a place alone",
        false => "the reader read no case twice in one file",
    }
}

fn self_consistency(label: &Label, tally: &Tally) -> Measure {
    let same = tally.repeats.iter().filter(|(before, after)| before == after).count() as u64;
    let rate = Rate::of(same, tally.repeats.len() as u64, CONFIDENCE);
    rate.map_or_else(|| undefined(Undefined::NoItems, not_repeated(label)), measured)
}

/// Gives κ of pairs of levels, what was said and what holds; of ordered levels with quadratic weights. Where one level alone
/// holds, κ is 0 whatever was said, with no error at all: that would accuse everybody, and is told as undefined.
pub(super) fn kappa(label: &Label, pairs: &[(usize, usize)]) -> Measure {
    let each: Vec<_> = pairs.iter().map(|(said, holds)| (*said, *holds, 1.0)).collect();
    kappa_of(label, &each)
}

/// Gives the same of pairs that stand for more than themselves. The table is scaled to Kish's effective number of items,
/// (Σw)²/Σw², on which the error rests.
fn kappa_of(label: &Label, pairs: &[(usize, usize, f64)]) -> Measure {
    let levels = levels(label);
    if let [(_, first, _), rest @ ..] = pairs
        && rest.iter().all(|(_, holds, _)| holds == first)
    {
        let why = "one level alone holds for all items: nothing is left to agree on beyond chance";
        return Measure { n: pairs.len() as u64, ..undefined(Undefined::OneLevel, why) };
    }
    let size = levels.len();
    let mut cells = vec![0.0; size * size];
    let (sum, squares) = pairs
        .iter()
        .fold((0.0, 0.0), |(sum, squares), (.., weight)| (sum + weight, squares + weight * weight));
    for (said, truth, weight) in pairs {
        if let Some(cell) = cells.get_mut(said * size + truth) {
            *cell += weight * sum / squares;
        }
    }
    let numbers: Option<Vec<f64>> = levels.iter().map(Value::number).collect();
    let steps = numbers.unwrap_or_else(|| (1..=size).map(|rank| rank as f64).collect());
    let weights = match label.kind {
        LabelKind::Ordinal => Weights::quadratic(&steps),
        _ => Weights::identity(size),
    };
    let Some(table) = Table::from_counts(size, cells) else {
        return undefined(Undefined::OneLevel, "");
    };
    match cohen_kappa(&table, &weights) {
        Ok(found) => {
            let ends = ends(found.value, found.se);
            Measure {
                value: Some(found.value),
                se: Some(found.se),
                low: ends.map(|ends| ends.low),
                high: ends.map(|ends| ends.high),
                n: found.items as u64,
                why: None,
            }
        }
        Err(why) => Measure { n: pairs.len() as u64, ..undefined(why, "") },
    }
}

pub(super) fn measured(rate: Rate) -> Measure {
    Measure {
        value: Some(rate.value),
        se: None,
        low: Some(rate.interval.low),
        high: Some(rate.interval.high),
        n: rate.n as u64,
        why: None,
    }
}

pub(super) fn undefined(why: Undefined, words: &str) -> Measure {
    let why = if words.is_empty() { why.to_string() } else { words.to_owned() };
    Measure { value: None, se: None, low: None, high: None, n: 0, why: Some(why) }
}
