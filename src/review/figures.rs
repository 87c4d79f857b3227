//! Everything that the screens Agreement and Readers and the report draw, from one walk over the store: measures with
//! intervals, the matrix of readers, the trend by week, how far apart reads are, the readers' charts, the funnel, the
//! class balance. And for each of them the cases behind it.
//!
//! Ask once, off the thread that draws: [`figures`] tells how far it is, and takes long with many cases. What it gives
//! is plain data, made to be kept and drawn from:
//!
//! - a row of the table and of the forest plot: [`OfLabel::agreement`], and [`OfLabel::without_ambiguous`] beside it;
//! - the heat map: [`OfLabel::people`] on both sides, [`OfLabel::pair`] for a cell;
//! - the trend: [`OfLabel::weeks`] by when items were read, [`OfLabel::settled_weeks`] by when they were settled;
//! - where cases come from: [`OfLabel::origins`], a line for each site and each batch;
//! - the gap: [`OfLabel::gaps`], one histogram for each type of dispute;
//! - a reader: [`OfLabel::readers`], whose `chart` is the p-chart with EWMA and CUSUM;
//! - the funnel: [`OfLabel::funnel`]; prevalence: [`OfLabel::balance`]; who decides: [`OfLabel::adjudicators`].
//!
//! [`Figures::cases`] gives the cases behind a [`Cell`] of any of these, by name, without asking the store again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use serde::Serialize;

use super::adjudicators::{Adjudicators, Ledger};
use super::agree::trend::{Part, Parted, Week};
use super::agree::{Agreement, Pair, of_label};
use super::balance::{self, Balance};
use super::readers::{Counted, Counting, Outcome, Performance, week_of};
use super::readings::{Gathering, Looked, ReadItem, Readings, Wanted, labels_of, walk};
use super::{Result, Scene, Session, readers};
use crate::domain::authority::Deed;
use crate::domain::item::DisputeType;
use crate::domain::origin::{By, Within};
use crate::domain::value::Value;
use crate::stats::intervals::bootstrap::quantile;
use crate::stats::performance::funnel;

/// Bars of a histogram at most.
const BARS: usize = 10;

/// Points of each line of the funnel.
const FUNNEL_POINTS: u64 = 40;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub label: Option<String>,
    /// Milliseconds since 1970 UTC: of readers, what was read or decided before is left out.
    pub since: Option<i64>,
    pub within: Within,
}

/// All figures of a project at one moment.
#[derive(Debug, Clone)]
pub struct Figures {
    /// When: milliseconds since 1970 UTC.
    pub at: i64,
    /// The last event of the log that they are of.
    pub seq: u64,
    /// Its hash.
    pub head: String,
    /// In the order of the charter.
    pub labels: Vec<OfLabel>,
    /// The names of all cases, for [`Performance::cases`].
    cases: Vec<Arc<str>>,
    /// Cases that whoever asked has yet to read blind: no list names them, as the lists tell what stands.
    blind: BTreeSet<String>,
}

/// The figures of one label.
#[derive(Debug, Clone)]
pub struct OfLabel {
    pub label: String,
    pub agreement: Agreement,
    /// The same without what was settled as ambiguous; none where nothing was.
    pub without_ambiguous: Option<Agreement>,
    /// The people on both sides of the matrix.
    pub people: Vec<String>,
    pub weeks: Vec<Week>,
    pub settled_weeks: Vec<Week>,
    /// By where the cases come from; not where all come from one site, or one batch.
    pub origins: Vec<Part>,
    pub gaps: Vec<Gaps>,
    /// People first, by name.
    pub readers: Vec<Performance>,
    pub funnel: Option<Funnel>,
    pub adjudicators: Adjudicators,
    pub balance: Balance,
    readings: Readings,
}

/// How far apart the reads are where they differ in one way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gaps {
    #[serde(rename = "type")]
    pub kind: DisputeType,
    /// What the gap is counted in: levels or the label's unit, 1 − overlap, a distance, a share of readers.
    pub unit: &'static str,
    pub n: u64,
    pub median: f64,
    pub largest: f64,
    /// From left to right.
    pub bars: Vec<Bar>,
}

/// Items whose gap lies from `low` up to `high`, which only the last bar includes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bar {
    pub low: f64,
    pub high: f64,
    pub n: u64,
}

/// The disagreement index of people against how much they read, and where it lies by chance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Funnel {
    /// The index of all people together, 0–1.
    pub team: f64,
    /// From small n to large.
    pub limits: Vec<Limits>,
    /// Reader, settled cases, index.
    pub points: Vec<(String, u64, f64)>,
}

/// Two and three standard deviations around the team at one n, cut at 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Limits {
    pub n: u64,
    pub two: [f64; 2],
    pub three: [f64; 2],
}

/// Part of a picture whose cases are wanted.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Items that two readers both read, or those alone on which they differ.
    Pair { label: String, a: String, b: String, differ: bool },
    /// Cases that a reader read.
    Reader { label: String, reader: String, which: Which },
    /// Those of them that come from one of the places in [`Performance::origins`].
    ReaderOrigin { label: String, reader: String, origin: usize, which: Which },
    /// Those of one of the samples over time.
    Sample { label: String, reader: String, sample: usize, which: Which },
    /// The cases that one of a reader's triggers names.
    Trigger { label: String, reader: String, trigger: usize },
    /// Items read in the week of a moment, or those alone on which the reads differ beyond the tolerance.
    Week { label: String, at: i64, differ: bool },
    /// Items settled in the week of a moment.
    SettledWeek { label: String, at: i64 },
    /// A bar of a histogram.
    Gap { label: String, kind: DisputeType, low: f64, high: f64 },
    /// Items whose final answer is a level.
    Level { label: String, level: Value },
    /// Waiting items in which somebody says a level.
    Waiting { label: String, level: Value },
    /// Items settled as ambiguous.
    Ambiguous { label: String },
    /// Items of cases from a batch or a site, or those alone on which the reads differ beyond the tolerance.
    Origin { label: String, by: By, key: String, differ: bool },
}

impl Cell {
    /// Gives the label that is asked about.
    pub fn label(&self) -> &str {
        match self {
            Cell::Pair { label, .. }
            | Cell::Reader { label, .. }
            | Cell::ReaderOrigin { label, .. }
            | Cell::Sample { label, .. }
            | Cell::Trigger { label, .. }
            | Cell::Week { label, .. }
            | Cell::SettledWeek { label, .. }
            | Cell::Gap { label, .. }
            | Cell::Level { label, .. }
            | Cell::Waiting { label, .. }
            | Cell::Ambiguous { label }
            | Cell::Origin { label, .. } => label,
        }
    }
}

/// Which cases of a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All of them.
    Read,
    /// Those whose outcome is known.
    Settled,
    /// Of these, those in which the final answer is another.
    Against,
}

impl Which {
    fn holds(self, outcome: Outcome) -> bool {
        match self {
            Which::Read => true,
            Which::Settled => matches!(outcome, Outcome::With | Outcome::Against),
            Which::Against => outcome == Outcome::Against,
        }
    }
}

/// Works everything out. `progress` is told how many cases have been looked at, page by page.
///
/// # Errors
/// Whoever asks may not read statistics, there is no such label, or the store can't be read.
pub fn figures(
    session: &mut Session,
    request: &Request,
    progress: impl FnMut(u64) + Send,
) -> Result<Figures> {
    figures_and(session, request, progress, |_, _| ())
}

/// The same, and hands on the cases that the figures are of, page by page: for whoever counts something else of them.
pub(super) fn figures_and(
    session: &mut Session,
    request: &Request,
    mut progress: impl FnMut(u64) + Send,
    mut also: impl FnMut(&Scene<'_>, &[Looked]) + Send,
) -> Result<Figures> {
    let (readings, (counted, adjudicators), blind, at, (seq, head)) = session.read(None, |tx, scene| {
        scene.allow(Deed::ReadStatistics)?;
        let wanted =
            Wanted { label: request.label.clone(), within: request.within.clone(), ..Wanted::default() };
        let mut gathering = Gathering::new(&scene.setup.charter().charter, &wanted)?;
        let of_readers = readers::Request {
            label: request.label.clone(),
            since: request.since,
            within: request.within.clone(),
            by: None,
        };
        let mut counting = Counting::new(tx, scene, &of_readers)?;
        let charter = scene.charter();
        let named = labels_of(charter, request.label.as_deref())?;
        let mut ledger = Ledger::default();
        let mut done = 0;
        walk(tx, scene, &wanted.within, |histories, cases| {
            rayon::join(|| gathering.take(histories, cases), || counting.take(scene, histories, cases));
            ledger.count(charter, &named, cases);
            also(scene, cases);
            done += cases.len() as u64;
            progress(done);
        })?;
        let counted = (counting.done(charter), ledger.finish(charter, &named));
        let blind = super::sample::blind(tx, scene)?;
        Ok((gathering.done(), counted, blind, scene.now, tx.head()?))
    })?;
    let Counted { readers, cases } = counted;
    let mut by_label: BTreeMap<String, Vec<Performance>> = BTreeMap::new();
    for mut reader in readers {
        reader.leave_out(&blind);
        by_label.entry(reader.label.clone()).or_default().push(reader);
    }
    let labels: Vec<(Readings, Vec<Performance>)> = readings
        .into_iter()
        .map(|readings| {
            let readers = by_label.remove(&readings.label.name).unwrap_or_default();
            (readings, readers)
        })
        .collect();
    let of = |(readings, readers)| OfLabel::of(readings, readers, &adjudicators);
    let labels = labels.into_par_iter().map(of).collect();
    Ok(Figures { at, seq, head, labels, cases, blind })
}

impl OfLabel {
    fn of(readings: Readings, readers: Vec<Performance>, adjudicators: &Adjudicators) -> OfLabel {
        let ((agreement, without_ambiguous), (weeks, settled_weeks, origins)) = rayon::join(
            || {
                let without = readings.without_ambiguous();
                (of_label(&readings, None), without.map(|readings| of_label(&readings, None)))
            },
            || {
                let read = |item: &ReadItem| (item.read_at > 0).then_some(item.read_at);
                let parted = Parted::new(&readings);
                let of = |parted: Parted<'_>| {
                    (parted.weeks(read), parted.weeks(|item| item.settled_at), parted.origins())
                };
                parted.map(of).unwrap_or_default()
            },
        );
        let people = readings.readers.iter().take(readings.people());
        OfLabel {
            label: readings.label.name.clone(),
            agreement,
            without_ambiguous,
            people: people.map(|reader| reader.name.clone()).collect(),
            weeks,
            settled_weeks,
            origins,
            gaps: gaps(&readings),
            funnel: of_team(&readers),
            adjudicators: adjudicators.of_label(&readings.label.name),
            readers,
            balance: balance::of_readings(&readings),
            readings,
        }
    }

    /// Gives the agreement of two readers, in whichever order; none where they share no item, and for a reader alone.
    pub fn pair(&self, a: &str, b: &str) -> Option<&Pair> {
        let is = |pair: &&Pair| (pair.a == a && pair.b == b) || (pair.a == b && pair.b == a);
        self.agreement.pairs.iter().find(is)
    }
}

fn gaps(readings: &Readings) -> Vec<Gaps> {
    let mut by_kind: BTreeMap<DisputeType, Vec<f64>> = BTreeMap::new();
    for (kind, gap) in readings.items.iter().filter_map(|item| item.gap) {
        by_kind.entry(kind).or_default().push(gap);
    }
    by_kind.into_iter().filter_map(|(kind, gaps)| histogram(kind, gaps)).collect()
}

fn histogram(kind: DisputeType, mut gaps: Vec<f64>) -> Option<Gaps> {
    gaps.retain(|gap| gap.is_finite());
    gaps.sort_unstable_by(f64::total_cmp);
    let largest = *gaps.last()?;
    let unit = match kind {
        DisputeType::Grade => "levels or unit",
        DisputeType::Extent => "1 − overlap",
        DisputeType::Position => "mm or px",
        _ => "share of the readers",
    };
    let whole = gaps.iter().all(|gap| gap.fract() == 0.0) && largest < BARS as f64;
    // Levels have a bar each; shares lie between 0 and 1 whatever the largest is.
    let (from, width, bars) = match kind {
        DisputeType::Grade if whole => (0.5, 1.0, largest.max(1.0) as usize),
        DisputeType::Grade | DisputeType::Position => {
            (0.0, (largest / BARS as f64).max(f64::MIN_POSITIVE), BARS)
        }
        _ => (0.0, 1.0 / BARS as f64, BARS),
    };
    let end = |n: usize| from + width * n as f64;
    let bars = (0..bars).map(|n| {
        let last = n + 1 == bars;
        let (low, high) = (end(n), if last { end(n + 1).max(largest) } else { end(n + 1) });
        let n = gaps.iter().filter(|gap| within(**gap, low, high, last)).count() as u64;
        Bar { low, high, n }
    });
    Some(Gaps {
        kind,
        unit,
        n: gaps.len() as u64,
        median: quantile(&gaps, 0.5)?,
        largest,
        bars: bars.collect(),
    })
}

fn within(gap: f64, low: f64, high: f64, last: bool) -> bool {
    low <= gap && (gap < high || last && gap <= high)
}

fn of_team(readers: &[Performance]) -> Option<Funnel> {
    let people: Vec<&Performance> = readers.iter().filter(|of| !of.model && of.settled > 0).collect();
    let against = |of: &Performance| of.cases.iter().filter(|(_, of)| *of == Outcome::Against).count() as u64;
    let (hits, n) = people.iter().fold((0, 0), |(hits, n), of| (hits + against(of), n + of.settled));
    let team = (n > 0).then(|| hits as f64 / n as f64)?;
    let largest = people.iter().map(|of| of.settled).max()?;
    // Closer together where the limits bend most.
    let place = |step: u64| (largest as f64 * (step as f64 / FUNNEL_POINTS as f64).powi(2)).ceil() as u64;
    let places: BTreeSet<u64> = (1..=FUNNEL_POINTS).map(place).collect();
    let limits = places.into_iter().filter_map(|n| {
        let (two, three) = (funnel(team, n, 2.0)?, funnel(team, n, 3.0)?);
        Some(Limits { n, two: [two.low, two.high], three: [three.low, three.high] })
    });
    let points = people.iter().filter_map(|of| Some((of.reader.clone(), of.settled, of.disagreement_index?)));
    Some(Funnel { team, limits: limits.collect(), points: points.collect() })
}

impl Figures {
    /// Finds a label.
    pub fn label(&self, name: &str) -> Option<&OfLabel> {
        self.labels.iter().find(|label| label.label == name)
    }

    /// Gives the names of the cases behind a part of a picture, each once, in the order in which they came in; none for
    /// a label or reader that isn't there.
    pub fn cases(&self, cell: &Cell) -> Vec<Arc<str>> {
        let names = match cell {
            Cell::Reader { label, reader, which } => {
                let found = self.reader(label, reader).map(|of| of.cases.as_slice());
                self.named(found.unwrap_or_default(), *which)
            }
            Cell::ReaderOrigin { label, reader, origin, which } => {
                let found = self.reader(label, reader).and_then(|of| of.origins.get(*origin));
                self.named(found.map(|of| of.cases.as_slice()).unwrap_or_default(), *which)
            }
            Cell::Sample { label, reader, sample, which } => {
                let found = self.reader(label, reader).and_then(|of| {
                    let sample = of.chart.samples.get(*sample)?;
                    of.cases.get(sample.first..)?.get(..(sample.n + sample.open) as usize)
                });
                self.named(found.unwrap_or_default(), *which)
            }
            Cell::Trigger { label, reader, trigger } => {
                let found = self.reader(label, reader).and_then(|of| of.triggers.get(*trigger));
                found.map(|of| of.cases.iter().map(|case| case.as_str().into()).collect()).unwrap_or_default()
            }
            Cell::Pair { label, a, b, differ } => {
                self.label(label).map(|of| of.both(a, b, *differ)).unwrap_or_default()
            }
            Cell::Week { label, at, differ } => self.items(label, |item| {
                item.read_at > 0 && week_of(item.read_at) == week_of(*at) && (!differ || item.gap.is_some())
            }),
            Cell::SettledWeek { label, at } => self
                .items(label, |item| item.settled_at.is_some_and(|settled| week_of(settled) == week_of(*at))),
            Cell::Gap { label, kind, low, high } => {
                let last = self.label(label).and_then(|of| of.gaps.iter().find(|gaps| gaps.kind == *kind));
                let last = last.and_then(|gaps| gaps.bars.last()).is_some_and(|bar| bar.high == *high);
                self.items(label, |item| {
                    item.gap.is_some_and(|(own, gap)| own == *kind && within(gap, *low, *high, last))
                })
            }
            Cell::Level { label, level } => self.items(label, |item| item.truth.as_ref() == Some(level)),
            Cell::Waiting { label, level } => {
                self.label(label).map(|of| of.waiting(level)).unwrap_or_default()
            }
            Cell::Ambiguous { label } => self.items(label, |item| item.ambiguous),
            Cell::Origin { label, by, key, differ } => {
                self.items(label, |item| item.origin.key(*by) == key && (!differ || item.gap.is_some()))
            }
        };
        let mut seen = BTreeSet::new();
        let told = names.into_iter().filter(|name| !self.blind.contains(&**name));
        told.filter(|name| seen.insert(Arc::clone(name))).collect()
    }

    fn reader(&self, label: &str, reader: &str) -> Option<&Performance> {
        self.label(label)?.readers.iter().find(|of| of.reader == reader)
    }

    fn named(&self, cases: &[(u32, Outcome)], which: Which) -> Vec<Arc<str>> {
        let mut cases: Vec<u32> =
            cases.iter().filter(|(_, outcome)| which.holds(*outcome)).map(|(case, _)| *case).collect();
        cases.sort_unstable();
        cases.iter().filter_map(|case| self.cases.get(*case as usize).cloned()).collect()
    }

    fn items(&self, label: &str, wanted: impl Fn(&ReadItem) -> bool) -> Vec<Arc<str>> {
        let items = self.label(label).map(|of| of.readings.items.as_slice()).unwrap_or_default();
        items.iter().filter(|item| wanted(item)).map(|item| Arc::clone(&item.case)).collect()
    }
}

impl OfLabel {
    fn both(&self, a: &str, b: &str, differ: bool) -> Vec<Arc<str>> {
        let place = |name: &str| self.readings.readers.iter().position(|reader| reader.name == name);
        let (Some(a), Some(b)) = (place(a), place(b)) else { return Vec::new() };
        let mut found = Vec::new();
        for answers in self.readings.answers.chunk_by(|x, y| x.item == y.item) {
            let of = |reader: usize| answers.iter().find(|answer| answer.reader as usize == reader);
            if let (Some(x), Some(y)) = (of(a), of(b))
                && (!differ || x.value != y.value)
                && let Some(item) = self.readings.items.get(x.item as usize)
            {
                found.push(Arc::clone(&item.case));
            }
        }
        found
    }

    fn waiting(&self, level: &Value) -> Vec<Arc<str>> {
        let says = self.readings.answers.iter().filter(|answer| answer.value == *level);
        let items = says.filter_map(|answer| self.readings.items.get(answer.item as usize));
        items.filter(|item| item.open).map(|item| Arc::clone(&item.case)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_gap_lies_in_one_bar() {
        let of = |kind, gaps: &[f64]| histogram(kind, gaps.to_vec());
        for (kind, gaps) in [
            (DisputeType::Grade, vec![1.0, 1.0, 3.0]),
            (DisputeType::Grade, vec![0.3, 40.0, 12.5]),
            (DisputeType::Extent, vec![0.0, 0.1, 0.95, 1.0]),
            (DisputeType::Position, vec![0.0, 0.0]),
        ] {
            let found = of(kind, &gaps).map(|found| found.bars.iter().map(|bar| bar.n).sum::<u64>());
            assert_eq!(found, Some(gaps.len() as u64), "{kind:?} {gaps:?}");
        }
        let levels = of(DisputeType::Grade, &[1.0, 1.0, 3.0]);
        let bars = levels.map(|found| found.bars.iter().map(|bar| bar.n).collect::<Vec<_>>());
        assert_eq!(bars, Some(vec![2, 0, 1]));
        assert_eq!(of(DisputeType::Grade, &[]), None);
    }
}
