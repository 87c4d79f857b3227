//! Root causes of the whole project: which codes, of whom, on which label, under which clause, where and when. One read of
//! the decisions whose causes count serves the command line, the screen and the report.
//!
//! What one count is, and what a rate is of, is said in docs/causes.md. `write` gives codes afterwards, `reviews` keeps
//! what was done about a cause, `requests` collects what the guideline should say.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde::Serialize;

use super::readers::week_of;
use super::{Result, ReviewError, Scene, Session, origin};
use crate::domain::authority::Deed;
use crate::domain::moment;
use crate::domain::origin::{By, Origin, Within};
use crate::domain::word::{Word, words};
use crate::stats::intervals::Interval;
use crate::stats::intervals::difference::squared_and_added;
use crate::stats::intervals::share::{wilson, wilson_of};
use crate::stats::sampling::lot::{self, Seen};
use crate::store::Tx;
use crate::store::settled::Settled;

pub mod requests;
pub mod reviews;
mod subject;
pub mod write;

/// Of every interval, both sides together.
const CONFIDENCE: f64 = 0.95;

/// What stands for a key that nobody knows, and for one that there is not.
pub use crate::domain::origin::UNKNOWN;
pub const NONE: &str = "none";

/// By what causes are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Dimension {
    Family,
    Code,
    Label,
    Reader,
    Clause,
    Modality,
    Site,
    Batch,
    Week,
    Adjudicator,
    Charter,
    Type,
}

words!(Dimension: Family "family", Code "code", Label "label", Reader "reader", Clause "clause", Modality "modality",
    Site "site", Batch "batch", Week "week", Adjudicator "adjudicator", Charter "charter", Type "type");

impl Dimension {
    /// Tells whether keys follow each other by themselves, so that bars stand in their order and not by their height.
    pub fn is_ordered(self) -> bool {
        matches!(self, Dimension::Week | Dimension::Charter)
    }
}

/// Which decisions are looked at: by when they were made, or by the version of the charter that they were made under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    /// Milliseconds since 1970 UTC, this moment included.
    pub since: Option<i64>,
    /// The same, not included.
    pub until: Option<i64>,
    pub from_charter: Option<u32>,
    pub before_charter: Option<u32>,
}

/// Where two periods meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    Moment(i64),
    /// The first version of the charter that counts as after.
    Charter(u32),
}

impl Split {
    /// Refuses a version of the charter that there isn't, and the first, before which nothing was decided: `newest` is the one
    /// in force.
    pub fn check(self, newest: u32) -> Result<()> {
        let wrong = |words: String| Err(ReviewError::Invalid(words));
        match self {
            Split::Charter(version) if version > newest => {
                wrong(format!("there is no version {version} of the charter: the newest is {newest}"))
            }
            Split::Charter(..=1) => {
                wrong("nothing was decided before the charter's first version: compare from v2 on".into())
            }
            _ => Ok(()),
        }
    }

    /// Gives the two periods within a window.
    pub fn of(self, window: Window) -> [Window; 2] {
        match self {
            Split::Moment(at) => [
                Window { until: Some(window.until.map_or(at, |end| end.min(at))), ..window },
                Window { since: Some(window.since.map_or(at, |start| start.max(at))), ..window },
            ],
            Split::Charter(version) => [
                Window { before_charter: Some(version), ..window },
                Window { from_charter: Some(version), ..window },
            ],
        }
    }
}

impl Window {
    fn holds(&self, decision: &Decision) -> bool {
        self.since.is_none_or(|since| decision.at >= since)
            && self.until.is_none_or(|until| decision.at < until)
            && self.from_charter.is_none_or(|from| decision.charter >= from)
            && self.before_charter.is_none_or(|before| decision.charter < before)
    }
}

/// A decision whose causes count. Words are places in [`Causes::words`].
#[derive(Debug, Clone)]
struct Decision {
    at: i64,
    charter: u32,
    /// The same for all decisions on one dispute.
    dispute: u32,
    keys: [u32; KEYS],
}

/// The keys that a decision has as a whole, in the order of [`Decision::keys`].
const OF_DECISIONS: [Dimension; KEYS] = [
    Dimension::Label,
    Dimension::Clause,
    Dimension::Modality,
    Dimension::Site,
    Dimension::Batch,
    Dimension::Week,
    Dimension::Adjudicator,
    Dimension::Charter,
    Dimension::Type,
];
const KEYS: usize = 9;

/// One code of one decision for one reader.
#[derive(Debug, Clone)]
struct Count {
    decision: u32,
    /// Place in [`Causes::cases`].
    case: u32,
    /// The decision's number in the log.
    seq: u64,
    reader: u32,
    code: u32,
    family: u32,
    named: Named,
}

/// Whether another of the adjudicators who settled an item names the same code for the same reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    First,
    /// By somebody before, under another clause.
    Otherwise,
    /// By somebody before, under the same clause.
    Again,
}

impl Named {
    /// Tells whether it counts: an item has a code once, each clause that it was given under has, and each adjudicator.
    fn counts(self, by: Dimension) -> bool {
        match by {
            Dimension::Adjudicator => true,
            Dimension::Clause => self != Named::Again,
            _ => self == Named::First,
        }
    }
}

/// All root causes of a project at one moment.
#[derive(Debug, Clone, Default)]
pub struct Causes {
    /// When: milliseconds since 1970 UTC.
    pub at: i64,
    /// Versions of the charter: when each came into force, and why.
    pub charters: Vec<CharterChange>,
    pub requests: Vec<requests::Request>,
    pub reviews: Vec<reviews::Review>,
    words: Vec<Arc<str>>,
    /// Those with a count.
    cases: Vec<Arc<str>>,
    /// Cases that whoever asked has yet to read blind: they count, and no list names them.
    blind: BTreeSet<String>,
    decisions: Vec<Decision>,
    counts: Vec<Count>,
}

/// A version of the charter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CharterChange {
    pub version: u32,
    pub at: i64,
}

/// A bar of the chart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bar {
    #[serde(serialize_with = "shown")]
    pub key: Arc<str>,
    /// Counts.
    pub n: u64,
    /// Of all counts of the chart, 0–1.
    pub share: f64,
    /// The cases behind it, each once, in the order in which they came in.
    #[serde(serialize_with = "all_shown")]
    pub cases: Vec<Arc<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Rate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Rate>,
    /// After less before, in disputes of 100; none where either period has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<Difference>,
}

fn shown<S: serde::Serializer>(text: &Arc<str>, to: S) -> std::result::Result<S::Ok, S::Error> {
    to.serialize_str(text)
}

fn all_shown<S: serde::Serializer>(all: &[Arc<str>], to: S) -> std::result::Result<S::Ok, S::Error> {
    to.collect_seq(all.iter().map(|text| &**text))
}

/// How often something is found in one period.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rate {
    /// Counts.
    pub n: u64,
    /// Disputes with at least one.
    pub disputes: u64,
    /// Disputes that were decided or sent back.
    pub of: u64,
    /// Disputes with at least one of 100, with Wilson's interval at 95 %; none where nothing was decided.
    pub per_100: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
}

/// Of two rates, with Newcombe's interval at 95 %: in disputes of 100.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Difference {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Rate {
    fn new(n: u64, disputes: u64, of: u64) -> Rate {
        let interval = wilson(disputes, of, CONFIDENCE);
        Rate {
            n,
            disputes,
            of,
            per_100: (of > 0).then(|| disputes as f64 / of as f64 * 100.0),
            low: interval.map(|interval| interval.low * 100.0),
            high: interval.map(|interval| interval.high * 100.0),
        }
    }

    /// Gives the rate of samples that were drawn by strata: their estimates, each by as many units of a simple sample as would
    /// say as much, which Wilson's interval goes by as well (Korn & Graubard 1998).
    fn of_samples(samples: &[Vec<Seen>]) -> Rate {
        let units = |seen: &[Seen]| match seen {
            [only] => Some(only.read as f64),
            _ => lot::effective(seen),
        };
        let each = || samples.iter().filter_map(|seen| Some((lot::rate(seen)?, units(seen)?)));
        let sum = |number: fn(&Seen) -> u64| samples.iter().flatten().map(number).sum::<u64>();
        let (found, n) = (sum(|of| of.wrong), each().map(|(_, n)| n).sum::<f64>());
        let share = each().map(|(share, of)| share * of).sum::<f64>() / n;
        let interval = wilson_of(share, n, CONFIDENCE);
        Rate {
            n: found,
            disputes: found,
            of: sum(|of| of.read),
            per_100: (n > 0.0).then_some(share * 100.0),
            low: interval.map(|interval| interval.low * 100.0),
            high: interval.map(|interval| interval.high * 100.0),
        }
    }

    /// Gives another rate less this one.
    pub fn to(&self, after: &Rate) -> Option<Difference> {
        let part = |of: &Rate| {
            let interval = Interval { low: of.low? / 100.0, high: of.high? / 100.0 };
            Some((of.per_100? / 100.0, interval))
        };
        let interval = squared_and_added(part(self)?, part(after)?);
        let value = after.per_100? - self.per_100?;
        Some(Difference { value, low: interval.low * 100.0, high: interval.high * 100.0 })
    }
}

/// Reads all root causes.
///
/// # Errors
/// Whoever asks may not read statistics, or the store can't be read.
pub fn causes(session: &mut Session) -> Result<Causes> {
    causes_within(session, &Within::default())
}

/// Reads the root causes of cases from one batch or site. They hold no reviews: what one is about is the whole project.
///
/// # Errors
/// As [`causes`], and where no case comes from there.
pub fn causes_within(session: &mut Session, within: &Within) -> Result<Causes> {
    // What a charter or another program's rules put into triage isn't counted by half.
    session.triage(|_| {})?;
    session.read(None, |tx, scene| {
        scene.allow(Deed::ReadStatistics)?;
        collect(tx, scene, within)
    })
}

pub(super) fn collect(tx: &Tx<'_>, scene: &Scene<'_>, within: &Within) -> Result<Causes> {
    // Refused where no case comes from there, before all decisions are gone through.
    origin::imports(tx, within)?;
    let mut collecting = Collecting::default();
    let mut wishes = requests::Collecting::new(scene);
    let blind = super::sample::blind(tx, scene)?;
    // A count of few cases would tell what one of them holds to whoever has yet to read it.
    let counts = |case: &str| within.is_all() || !blind.contains(case);
    tx.settled(|case, origin, row| {
        if within.holds(origin) && counts(case) {
            wishes.take(case, row);
            collecting.take(case, origin, row);
        }
    })?;
    let mut causes = collecting.causes;
    causes.at = scene.now;
    let versions = scene.setup.protocol.charters.iter();
    causes.charters =
        versions.map(|version| CharterChange { version: version.version, at: version.at }).collect();
    causes.requests = wishes.done();
    causes.blind = blind;
    for request in &mut causes.requests {
        request.wishes.retain(|wish| !causes.blind.contains(&wish.case));
        request.cases.retain(|case| !causes.blind.contains(case));
    }
    if within.is_all() {
        causes.reviews = reviews::of(tx, scene, &causes)?;
    }
    Ok(causes)
}

/// Causes while decisions come in, case by case.
#[derive(Default)]
struct Collecting {
    causes: Causes,
    places: HashMap<Arc<str>, u32>,
    weeks: HashMap<i64, u32>,
    charters: HashMap<u32, u32>,
    case: String,
    /// Those of the case that is being taken in.
    disputes: Vec<(String, u32)>,
    /// What answers of the case named so far: dispute, reader, code and clause.
    named: Vec<[u32; 4]>,
    last_dispute: u32,
}

impl Collecting {
    fn word(&mut self, word: &str) -> u32 {
        if let Some(place) = self.places.get(word) {
            return *place;
        }
        let (word, place) = (Arc::<str>::from(word), place(self.causes.words.len()));
        self.causes.words.push(Arc::clone(&word));
        self.places.insert(word, place);
        place
    }

    /// Gives the place of a word that is likely to be the one at `last`.
    fn same_or(&mut self, last: u32, word: &str) -> u32 {
        match self.causes.words.get(last as usize) {
            Some(known) if **known == *word => last,
            _ => self.word(word),
        }
    }

    fn take(&mut self, case: &str, origin: &Origin, row: &Settled) {
        let new_case = self.case != case;
        if new_case {
            case.clone_into(&mut self.case);
            self.disputes.clear();
            self.named.clear();
        }
        let known = self.disputes.iter().find(|(id, _)| *id == row.dispute).map(|(_, place)| *place);
        let dispute = known.unwrap_or_else(|| {
            self.last_dispute += 1;
            self.disputes.push((row.dispute.clone(), self.last_dispute));
            self.last_dispute
        });
        let start = week_of(row.at);
        let week = match self.weeks.get(&start) {
            Some(week) => *week,
            None => {
                let week = self.word(moment::rfc3339(start).get(..10).unwrap_or_default());
                self.weeks.insert(start, week);
                week
            }
        };
        let charter = match self.charters.get(&row.charter) {
            Some(charter) => *charter,
            None => {
                let charter = self.word(&row.charter.to_string());
                self.charters.insert(row.charter, charter);
                charter
            }
        };
        // Most of them are those of the decision before.
        let [label, clause, modality, site, batch, _, who, _, kind] =
            self.causes.decisions.last().map(|last| last.keys).unwrap_or_default();
        let clause = self.same_or(clause, row.clause.as_deref().unwrap_or(NONE));
        let keys = [
            self.same_or(label, &row.label),
            clause,
            self.same_or(modality, row.modality.as_deref().unwrap_or(UNKNOWN)),
            self.same_or(site, origin.key(By::Site)),
            self.same_or(batch, origin.key(By::Batch)),
            week,
            self.same_or(who, &row.who),
            charter,
            self.same_or(kind, row.dispute_type.map_or(NONE, Word::word)),
        ];
        let decision = place(self.causes.decisions.len());
        self.causes.decisions.push(Decision { at: row.at, charter: row.charter, dispute, keys });
        if row.causes.is_empty() {
            return;
        }
        if self.causes.cases.last().is_none_or(|last| **last != *case) {
            self.causes.cases.push(case.into());
        }
        let case = place(self.causes.cases.len() - 1);
        for counted in row.causes.iter() {
            let reader = self.word(counted.reader.as_deref().unwrap_or(NONE));
            let code = self.word(&counted.code);
            let family = self.word(family_of(&counted.code));
            let named = match row.answers {
                true => self.name([dispute, reader, code, clause]),
                false => Named::First,
            };
            self.causes.counts.push(Count { decision, case, seq: row.seq, reader, code, family, named });
        }
    }

    /// Tells whether another answer named this before, and keeps it.
    fn name(&mut self, what: [u32; 4]) -> Named {
        let same = |known: &&[u32; 4]| known[..3] == what[..3];
        let named = match self.named.iter().filter(same).any(|known| *known == what) {
            true => Named::Again,
            false if self.named.iter().any(|known| same(&known)) => Named::Otherwise,
            false => Named::First,
        };
        self.named.push(what);
        named
    }
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Gives the family that a code belongs to; `unknown` is one of its own.
pub fn family_of(code: &str) -> &str {
    match code {
        UNKNOWN => UNKNOWN,
        code => code.get(..1).unwrap_or(code),
    }
}

/// What is counted for a bar; cases and disputes each once, in their order.
#[derive(Default)]
struct Tally {
    n: u64,
    cases: Vec<u32>,
    disputes: Vec<u32>,
}

/// Leaves each number once, in their order: they come nearly in it, and sets of so many would take longer.
fn each_once(numbers: &mut Vec<u32>) {
    numbers.sort_unstable();
    numbers.dedup();
}

impl Causes {
    fn word(&self, place: u32) -> Arc<str> {
        self.words.get(place as usize).cloned().unwrap_or_else(|| Arc::from(UNKNOWN))
    }

    fn key(&self, count: &Count, by: Dimension) -> u32 {
        match by {
            Dimension::Family => count.family,
            Dimension::Code => count.code,
            Dimension::Reader => count.reader,
            other => {
                let place = OF_DECISIONS.iter().position(|known| *known == other);
                let decision = self.decisions.get(count.decision as usize);
                place
                    .zip(decision)
                    .and_then(|(place, decision)| decision.keys.get(place))
                    .copied()
                    .unwrap_or(0)
            }
        }
    }

    fn tallies(&self, by: Dimension, window: Window) -> BTreeMap<u32, Tally> {
        let mut tallies: BTreeMap<u32, Tally> = BTreeMap::new();
        for count in self.counts.iter().filter(|count| count.named.counts(by)) {
            let Some(decision) = self.decisions.get(count.decision as usize).filter(|of| window.holds(of))
            else {
                continue;
            };
            let tally = tallies.entry(self.key(count, by)).or_default();
            tally.n += 1;
            tally.cases.push(count.case);
            tally.disputes.push(decision.dispute);
        }
        for tally in tallies.values_mut() {
            each_once(&mut tally.cases);
            each_once(&mut tally.disputes);
        }
        tallies
    }

    /// Gives how many disputes were decided or sent back in a window.
    pub fn decided(&self, window: Window) -> u64 {
        let mut disputes: Vec<u32> =
            self.decisions.iter().filter(|decision| window.holds(decision)).map(|of| of.dispute).collect();
        each_once(&mut disputes);
        disputes.len() as u64
    }

    /// Counts the counts of a window by a dimension.
    pub fn total(&self, by: Dimension, window: Window) -> u64 {
        let within = |count: &&Count| {
            let decision = self.decisions.get(count.decision as usize);
            count.named.counts(by) && decision.is_some_and(|decision| window.holds(decision))
        };
        self.counts.iter().filter(within).count() as u64
    }

    /// Gives the bars by a dimension: the highest first, or in the order of their keys; with both periods where they are
    /// compared.
    pub fn bars(&self, by: Dimension, window: Window, split: Option<Split>) -> Vec<Bar> {
        let tallies = self.tallies(by, window);
        let all: u64 = tallies.values().map(|tally| tally.n).sum();
        let sides = split
            .map(|split| split.of(window).map(|window| (self.tallies(by, window), self.decided(window))));
        let mut bars: Vec<Bar> = tallies
            .iter()
            .map(|(key, tally)| {
                let rates = sides.as_ref().map(|sides| {
                    sides.each_ref().map(|(tallies, of)| {
                        let side = tallies.get(key);
                        Rate::new(
                            side.map_or(0, |side| side.n),
                            side.map_or(0, |side| side.disputes.len() as u64),
                            *of,
                        )
                    })
                });
                Bar {
                    key: self.word(*key),
                    n: tally.n,
                    share: tally.n as f64 / all.max(1) as f64,
                    cases: tally
                        .cases
                        .iter()
                        .filter_map(|case| self.cases.get(*case as usize).cloned())
                        .filter(|case| !self.blind.contains(&**case))
                        .collect(),
                    before: rates.map(|[before, _]| before),
                    after: rates.map(|[_, after]| after),
                    difference: rates.and_then(|[before, after]| before.to(&after)),
                }
            })
            .collect();
        match by {
            Dimension::Charter => bars.sort_by_key(|bar| bar.key.parse::<u32>().unwrap_or(u32::MAX)),
            by if by.is_ordered() => bars.sort_by(|a, b| a.key.cmp(&b.key)),
            _ => bars.sort_by(|a, b| b.n.cmp(&a.n).then_with(|| a.key.cmp(&b.key))),
        }
        bars
    }

    /// Gives how often a key is found in a window.
    pub fn rate(&self, by: Dimension, key: &str, window: Window) -> Rate {
        let tallies = self.tallies(by, window);
        let tally = tallies.iter().find(|(place, _)| *self.word(**place) == *key).map(|(_, tally)| tally);
        let (n, disputes) = tally.map_or((0, 0), |tally| (tally.n, tally.disputes.len() as u64));
        Rate::new(n, disputes, self.decided(window))
    }

    /// Gives the decisions behind a bar: case, its number in the log, reader and code; in the order of the cases, so many of
    /// them.
    pub fn behind(&self, by: Dimension, key: &str, window: Window, most: usize) -> Vec<Behind> {
        let Some(wanted) = self.words.iter().position(|word| **word == *key).map(place) else {
            return Vec::new();
        };
        let within = |count: &&Count| {
            let decision = self.decisions.get(count.decision as usize);
            count.named.counts(by)
                && self.key(count, by) == wanted
                && decision.is_some_and(|decision| window.holds(decision))
        };
        let of = |count: &Count| Behind {
            case: self.cases.get(count.case as usize).cloned().unwrap_or_else(|| Arc::from("")),
            seq: count.seq,
            reader: self.word(count.reader),
            code: self.word(count.code),
        };
        let behind = self.counts.iter().filter(within).map(of);
        behind.filter(|one| !self.blind.contains(&*one.case)).take(most).collect()
    }
}

/// A count, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    pub case: Arc<str>,
    pub seq: u64,
    pub reader: Arc<str>,
    pub code: Arc<str>,
}
