//! What came of a sample: how many of its units were read and found wrong, what that says of the lot, and whether the
//! lot is accepted.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::super::causes::reviews::{LotReview, Record, records};
use super::super::lead::find as find_case;
use super::super::{Result, ReviewError, Scene, Session, origin};
use super::ask::is_asked;
use super::blind::read_again;
use super::draw::{accept, characteristic};
use super::{Logged, all, find};
use crate::domain::authority::{Deed, Role};
use crate::domain::case::{self, CameTo, Case};
use crate::domain::charter::normal::Abnormal;
use crate::domain::event::Action;
use crate::domain::moment;
use crate::domain::origin::{By, Within};
use crate::domain::sample::{self, Design, Drawn, Of, Rule, Sample, Unit};
use crate::domain::text::Safe;
use crate::domain::word::Word;
use crate::stats::intervals::share::most_in_lot;
use crate::stats::sampling::lot::{self, Seen, upper, upper_whenever};
use crate::store::Tx;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// One stratum of a lot, and what was seen of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StratumResult {
    pub name: String,
    pub size: u64,
    pub drawn: u64,
    /// None for whoever has yet to read some of the sample: what is left of a stratum would tell what is in it.
    pub read: Option<u64>,
    pub wrong: Option<u64>,
    /// Units of the lot that each unit read stands for.
    pub weight: Option<f64>,
}

/// A sample and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SampleResult {
    pub id: String,
    /// Units in the lot.
    pub lot: u64,
    pub size: u64,
    /// Errors up to which the lot is accepted; none for a sequential sample.
    pub accept: Option<u64>,
    pub reject: Option<u64>,
    pub cases: Vec<String>,
    /// Units that were confirmed to be wrong.
    pub found: u64,
    /// Estimated share of wrong units in the lot, 0–1; none before anything was read.
    pub rate: Option<f64>,
    /// The one-sided bound that holds at 95 %, 0–1.
    pub upper95: Option<f64>,
    /// The same, of a lot of just this size; none with strata.
    pub upper95_of_lot: Option<f64>,
    /// None while that is open.
    pub accepted: Option<bool>,
    pub of: Of,
    pub unit: Unit,
    /// Of which cases the lot is.
    #[serde(flatten)]
    pub within: Within,
    /// The only label that was read again, where it was one.
    pub label: Option<String>,
    pub design: Design,
    pub rule: Rule,
    pub seed: Option<u64>,
    /// The seed of the charter's share, once the lot is closed.
    pub share_seed: Option<String>,
    pub at: String,
    /// Who drew it; none where the charter did, by whoever worked next.
    pub by: Option<String>,
    pub to: Option<String>,
    /// Units that were read, and came to something.
    pub read: u64,
    /// Units that differ, on which a third person has yet to decide.
    pub suspected: u64,
    /// Those of them that a third person found wrong and took back: until somebody decides again, the lot stands as if they
    /// were wrong, so that nothing is let go by an undo.
    pub taken_back: u64,
    pub pending: u64,
    /// Units that were opened again or whose reads changed, before anybody could tell.
    pub withdrawn: u64,
    pub strata: Vec<StratumResult>,
    /// What counted as a finding when it was drawn, where strata were made by it.
    pub abnormal: Vec<Abnormal>,
    /// How likely a lot is accepted by its share of wrong units: pairs of shares, 0–1.
    pub characteristic: Vec<(f64, f64)>,
    /// Cases in which something was confirmed to be wrong.
    pub wrong_cases: Vec<String>,
    /// The lot was rejected, and what it holds isn't exported before a lead signs it.
    pub held: bool,
    /// Of its root causes, which opens where it is rejected.
    pub review: Option<LotReview>,
    pub signed: Option<Signed>,
    /// A checkpoint that wasn't read whole within its period.
    pub overdue: bool,
}

/// Who let a lot go.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Signed {
    pub by: String,
    pub at: String,
    pub meaning: String,
}

/// A line of the list of samples.
pub type Progress = SampleResult;

/// Something that waits for this person's own read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReadAgain {
    pub sample: String,
    pub case: String,
    pub dispute: String,
    pub label: String,
}

/// All samples, and what another can be drawn by.
#[derive(Debug, Clone, PartialEq)]
pub struct Board {
    /// In the order in which they were drawn.
    pub samples: Vec<SampleResult>,
    /// Of the charter.
    pub labels: Vec<String>,
    /// Where cases come from, by name; none where it is one place for all.
    pub sites: Vec<String>,
    pub batches: Vec<String>,
    /// Who may read a sample.
    pub auditors: Vec<String>,
    /// The charter's share and tolerance, 0–1.
    pub share: f64,
    pub tolerance: f64,
}

/// Gives all samples, and what another can be drawn by.
pub fn board(session: &mut Session) -> Result<Board> {
    let samples = list(session)?;
    session.read(None, |tx, scene| {
        let people = scene.setup.people.all().into_iter();
        let charter = scene.charter();
        Ok(Board {
            samples,
            labels: charter.labels.iter().map(|label| label.name.clone()).collect(),
            sites: origin::names(tx, By::Site)?,
            batches: origin::names(tx, By::Batch)?,
            auditors: people
                .filter(|(_, person)| person.roles.contains(&Role::Qa))
                .map(|(name, _)| name)
                .collect(),
            share: charter.sampling.share,
            tolerance: charter.sampling.tolerance,
        })
    })
}

/// Gives every sample with what came of it, in the order in which they were drawn.
pub fn list(session: &mut Session) -> Result<Vec<Progress>> {
    session.read(None, |tx, scene| {
        scene.allow(Deed::Sample)?;
        covered(tx, scene, results(tx, scene)?)
    })
}

/// Gives every sample with what came of it, for whoever was allowed to ask.
pub(in crate::review) fn results(tx: &Tx<'_>, scene: &Scene<'_>) -> Result<Vec<SampleResult>> {
    let acts = Acts::of(tx)?;
    all(tx)?.iter().map(|logged| of_sample(tx, scene, logged, &acts)).collect()
}

/// Gives the samples whose lots were rejected, or whose review somebody took on.
pub(in crate::review) fn rejected(tx: &Tx<'_>, scene: &Scene<'_>) -> Result<Vec<SampleResult>> {
    Ok(reviewed(tx, scene)?.into_iter().map(|(_, of)| of).collect())
}

/// Gives the same with how they were drawn: samples in which nobody found anything else aren't gone through.
fn reviewed(tx: &Tx<'_>, scene: &Scene<'_>) -> Result<Vec<(Logged, SampleResult)>> {
    let acts = Acts::of(tx)?;
    let contested = tx.contested()?;
    let mut reviewed = Vec::new();
    for logged in all(tx)? {
        let sample = &logged.sample;
        let may_be = acts.reviews.contains_key(&logged.event.seq)
            || matches!(sample.rule, Rule::Bound { .. })
            || sample.drawn.iter().any(|unit| contested.contains(&unit.case));
        if may_be {
            let of = of_sample(tx, scene, &logged, &acts)?;
            reviewed.extend(of.review.is_some().then_some((logged, of)));
        }
    }
    Ok(reviewed)
}

/// Gives the checkpoints that the expert didn't read within their period.
pub fn overdue(session: &mut Session) -> Result<Vec<SampleResult>> {
    Ok(list(session)?.into_iter().filter(|of| of.overdue).collect())
}

/// Gives what came of one sample.
pub fn result(session: &mut Session, id: &str) -> Result<SampleResult> {
    session.read(None, |tx, scene| {
        scene.allow(Deed::Sample)?;
        let logged = find(all(tx)?, id)?;
        let of = covered(tx, scene, vec![of_sample(tx, scene, &logged, &Acts::of(tx)?)?])?;
        of.into_iter()
            .next()
            .ok_or_else(|| ReviewError::Missing(format!("there is no sample {}", Safe::new(id))))
    })
}

/// Gives the audits that wait for this person, in the order in which their samples were drawn.
pub fn mine(session: &mut Session) -> Result<Vec<ReadAgain>> {
    session.read(None, |tx, scene| {
        scene.allow(Deed::Audit)?;
        waiting_for(tx, scene)
    })
}

/// Gives the audits that wait for whoever asks.
pub(in crate::review) fn waiting_for(tx: &Tx<'_>, scene: &Scene<'_>) -> Result<Vec<ReadAgain>> {
    waiting(tx, scene, &read_again(tx, scene)?)
}

/// Gives the audits among cases that are read again that wait for whoever asks.
pub(super) fn waiting(tx: &Tx<'_>, scene: &Scene<'_>, again: &[Case]) -> Result<Vec<ReadAgain>> {
    let samples = all(tx)?;
    let done: BTreeSet<String> = samples
        .iter()
        .filter(|logged| matches!(logged.sample.design, Design::Sequential { .. }))
        .map(|logged| of_sample(tx, scene, logged, &Acts::default()))
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .filter(|of| of.accepted.is_some())
        .map(|of| of.id)
        .collect();
    let mut order: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let drawn = samples.iter().flat_map(|of| of.sample.drawn.iter().map(move |unit| (of, unit)));
    for (n, (of, unit)) in drawn.enumerate() {
        order.entry((&of.sample.id, &unit.case)).or_insert(n);
    }
    let readers = super::super::decide::actor(scene).readers;
    let mut mine = Vec::new();
    for case in again {
        for item in &case.again {
            let Some(second) = item.second.as_deref() else { continue };
            if case.is_audit_for(item, &scene.actor.who, &readers) && !done.contains(&second.sample) {
                mine.push(ReadAgain {
                    sample: second.sample.clone(),
                    case: case.name.clone(),
                    dispute: item.id.clone(),
                    label: item.item.labels.join("/"),
                });
            }
        }
    }
    mine.sort_by_key(|of| order.get(&(of.sample.as_str(), of.case.as_str())).copied());
    Ok(mine)
}

/// Gives the cases that aren't exported because their lot was rejected and nobody signed it, each with its sample.
pub(in crate::review) fn held(tx: &Tx<'_>, scene: &Scene<'_>) -> Result<BTreeMap<String, String>> {
    let mut held = BTreeMap::new();
    for (logged, of) in reviewed(tx, scene)?.into_iter().filter(|(_, of)| of.held) {
        let cases = logged.sample.lot.into_iter().map(|unit| unit.case);
        held.extend(cases.map(|case| (case, of.id.clone())));
    }
    Ok(held)
}

/// What people did about lots.
#[derive(Default)]
struct Acts {
    signed: BTreeMap<String, (i64, Signed)>,
    /// By the number of the event that drew the sample.
    reviews: BTreeMap<u64, Record>,
}

impl Acts {
    fn of(tx: &Tx<'_>) -> Result<Acts> {
        Ok(Acts { signed: signatures(tx)?, reviews: records(tx)? })
    }
}

/// Gives the last signature under each sample, with its moment: milliseconds since 1970 UTC.
fn signatures(tx: &Tx<'_>) -> Result<BTreeMap<String, (i64, Signed)>> {
    #[derive(serde::Deserialize)]
    struct Detail {
        why: Option<String>,
    }
    let signed = tx.of_project(Action::Sign.word())?.into_iter().filter_map(|event| {
        let meaning = serde_json::from_str::<Detail>(&event.detail).ok()?.why.unwrap_or_default();
        Some((event.object?, (event.at, Signed { by: event.who, at: moment::rfc3339(event.at), meaning })))
    });
    Ok(signed.collect())
}

/// What one unit came to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum UnitState {
    Pending,
    Suspected,
    Right,
    Wrong,
    Withdrawn,
}

impl UnitState {
    fn of(parts: &[CameTo]) -> UnitState {
        let any = |wanted| parts.contains(&wanted);
        if any(CameTo::Wrong) {
            UnitState::Wrong
        } else if any(CameTo::Differs) {
            UnitState::Suspected
        } else if any(CameTo::Open) || parts.is_empty() {
            UnitState::Pending
        } else if any(CameTo::Withdrawn) {
            // What nobody read can't be said to be right.
            UnitState::Withdrawn
        } else {
            UnitState::Right
        }
    }
}

/// One unit that was drawn, what it came to, and when somebody last said something of it: milliseconds since 1970 UTC.
struct Came<'s> {
    unit: &'s Drawn,
    state: UnitState,
    /// It is suspected, and a third person found it wrong before they took that back.
    taken_back: bool,
    at: Option<i64>,
}

/// Gives each unit that was drawn with what it came to.
fn units_of<'s>(tx: &Tx<'_>, scene: &Scene<'_>, sample: &'s Sample) -> Result<Vec<Came<'s>>> {
    sample.drawn.iter().map(|unit| came(tx, scene, sample, unit)).collect()
}

/// Gives the moment at which so many units were wrong that the plan rejects, or at which the last was settled.
fn rejected_at(rule: Rule, units: &[Came<'_>]) -> Option<i64> {
    match rule {
        Rule::Plan { accept } => {
            let wrong = units.iter().filter(|came| came.state == UnitState::Wrong || came.taken_back);
            let mut at: Vec<i64> = wrong.filter_map(|came| came.at).collect();
            at.sort_unstable();
            at.get(usize::try_from(accept).ok()?).copied()
        }
        Rule::Tolerance { .. } | Rule::Bound { .. } => units.iter().filter_map(|came| came.at).max(),
    }
}

fn strata_of(sample: &Sample, units: &[Came<'_>]) -> Vec<StratumResult> {
    let count = |place: usize, wanted: &[UnitState]| {
        let of = |came: &&Came<'_>| came.unit.stratum == place && wanted.contains(&came.state);
        units.iter().filter(of).count() as u64
    };
    let of = |(place, stratum): (usize, &sample::Stratum)| {
        let read = count(place, &[UnitState::Right, UnitState::Wrong]);
        StratumResult {
            name: stratum.name.clone(),
            size: stratum.size,
            drawn: stratum.drawn,
            read: Some(read),
            wrong: Some(count(place, &[UnitState::Wrong])),
            weight: (read > 0).then(|| stratum.size as f64 / read as f64),
        }
    };
    sample.strata.iter().enumerate().map(of).collect()
}

/// Gives what was seen of strata.
pub(in crate::review) fn seen_of(strata: &[StratumResult]) -> Vec<Seen> {
    let of = |of: &StratumResult| Seen {
        size: of.size,
        read: of.read.unwrap_or_default(),
        wrong: of.wrong.unwrap_or_default(),
    };
    strata.iter().map(of).collect()
}

/// Leaves out what would tell this person of cases that they have yet to read.
fn covered(tx: &Tx<'_>, scene: &Scene<'_>, mut all: Vec<SampleResult>) -> Result<Vec<SampleResult>> {
    if scene.may(Deed::Audit) {
        let left: BTreeSet<String> = waiting_for(tx, scene)?.into_iter().map(|of| of.sample).collect();
        for stratum in all.iter_mut().filter(|of| left.contains(&of.id)).flat_map(|of| &mut of.strata) {
            (stratum.read, stratum.wrong, stratum.weight) = (None, None, None);
        }
    }
    Ok(all)
}

/// Gives the strata of a sample with what was read of each.
pub(super) fn strata_read(tx: &Tx<'_>, scene: &Scene<'_>, sample: &Sample) -> Result<Vec<StratumResult>> {
    Ok(strata_of(sample, &units_of(tx, scene, sample)?))
}

fn of_sample(tx: &Tx<'_>, scene: &Scene<'_>, logged: &Logged, acts: &Acts) -> Result<SampleResult> {
    let sample = &logged.sample;
    let units = units_of(tx, scene, sample)?;
    let count = |wanted| units.iter().filter(|came| came.state == wanted).count() as u64;
    let (right, found) = (count(UnitState::Right), count(UnitState::Wrong));
    let (suspected, pending, withdrawn) =
        (count(UnitState::Suspected), count(UnitState::Pending), count(UnitState::Withdrawn));
    let read = right + found;
    let strata = strata_of(sample, &units);
    let seen = seen_of(&strata);
    // What differs and waits for a third person may be wrong: no bound and no lot may rest on its being right.
    let with_wrong = |which: &dyn Fn(&Came<'_>) -> bool| {
        let mut with = seen.clone();
        for came in units.iter().filter(|came| which(came)) {
            if let Some(of) = with.get_mut(came.unit.stratum) {
                (of.read, of.wrong) = (of.read + 1, of.wrong + 1);
            }
        }
        with
    };
    let feared = with_wrong(&|came| came.state == UnitState::Suspected);
    let taken_back = units.iter().filter(|came| came.taken_back).count() as u64;
    let size = sample.drawn.len() as u64;
    let rate = lot::rate(&seen);
    let upper95 = match sample.rule {
        // What was read whole leaves no doubt, whatever it is judged by.
        _ if read > 0 && read == sample.lot.len() as u64 => rate,
        Rule::Bound { .. } => {
            // In their order: whoever picks what they read would pick the result.
            let settled = units.iter().take_while(|came| came.state != UnitState::Pending);
            let (mut wrong, mut read) = (0, 0);
            for came in settled.filter(|came| came.state != UnitState::Withdrawn) {
                read += 1;
                wrong += u64::from(came.state != UnitState::Right);
            }
            upper_whenever(wrong, read, 0.95)
        }
        _ => upper(&feared, 0.95),
    };
    let size_of_lot = sample.lot.len() as u64;
    let upper95_of_lot = match (feared.as_slice(), sample.rule) {
        ([only], Rule::Plan { .. } | Rule::Tolerance { .. }) if only.read > 0 => {
            most_in_lot(only.wrong, only.read, only.size, 0.95).map(|most| most as f64 / size_of_lot as f64)
        }
        _ => None,
    };
    let open = suspected + pending;
    // What was taken back rejects a lot as before, and lets none go.
    let (settled, all_read) = (open == 0 && read > 0, open == taken_back && read + taken_back > 0);
    let accepted = match sample.rule {
        Rule::Plan { accept } if found + taken_back > accept => Some(false),
        Rule::Plan { .. } => settled.then_some(true),
        Rule::Tolerance { share } => {
            let worst = lot::rate(&with_wrong(&|came| came.taken_back)).filter(|_| all_read);
            match worst.map(|worst| worst > share + 1e-12) {
                Some(true) => Some(false),
                _ => (settled && rate.is_some()).then_some(true),
            }
        }
        Rule::Bound { share } => match upper95 {
            Some(bound) if bound <= share => Some(true),
            _ => all_read.then_some(false),
        },
    };
    let rejected_at = rejected_at(sample.rule, &units).unwrap_or(logged.event.at);
    // A signature is under what was known then: a lot that is rejected afterwards, or of which more is found wrong, needs
    // another.
    let last_wrong =
        units.iter().filter(|came| came.state == UnitState::Wrong).filter_map(|came| came.at).max();
    let holds = |at: i64| {
        accepted != Some(false) || at >= last_wrong.map_or(rejected_at, |wrong| wrong.max(rejected_at))
    };
    let signed = acts.signed.get(&sample.id).filter(|(at, _)| holds(*at)).map(|(_, signed)| signed.clone());
    let record = acts.reviews.get(&logged.event.seq);
    let review = (accepted == Some(false) || record.is_some())
        .then(|| LotReview::new(scene, logged.event.seq, rejected_at, record));
    let wrong = units.iter().filter(|came| came.state == UnitState::Wrong);
    let wrong_cases: BTreeSet<String> = wrong.map(|came| came.unit.case.clone()).collect();
    let mut cases: Vec<String> = sample.drawn.iter().map(|unit| unit.case.clone()).collect();
    cases.dedup();
    let accept = accept(sample.rule, size, &sample.strata);
    let closed = open == 0 && sample.seed.is_none();
    Ok(SampleResult {
        id: sample.id.clone(),
        lot: size_of_lot,
        size,
        accept,
        reject: accept.map(|accept| accept + 1),
        cases,
        found,
        rate,
        upper95,
        upper95_of_lot,
        accepted,
        of: sample.of,
        unit: sample.unit,
        within: sample.within.clone(),
        label: sample.label.clone(),
        design: sample.design.clone(),
        rule: sample.rule,
        seed: sample.seed,
        share_seed: closed.then(|| sample::shown(&sample::seed_of(&scene.setup.protocol.key, &sample.id))),
        at: moment::rfc3339(logged.event.at),
        by: Some(logged.event.who.clone()).filter(|_| !logged.event.role.is_empty()),
        to: sample.to.clone(),
        read,
        suspected,
        taken_back,
        pending,
        withdrawn,
        strata,
        abnormal: sample.abnormal.clone(),
        characteristic: characteristic(&sample.design, accept, size, size_of_lot),
        wrong_cases: wrong_cases.into_iter().collect(),
        held: accepted == Some(false) && signed.is_none(),
        review,
        overdue: match sample.design {
            Design::Checkpoint { days, .. } => {
                pending > 0 && logged.event.at.saturating_add(i64::from(days) * DAY_MS) <= scene.now
            }
            _ => false,
        },
        signed,
    })
}

fn came<'s>(tx: &Tx<'_>, scene: &Scene<'_>, sample: &Sample, unit: &'s Drawn) -> Result<Came<'s>> {
    let (_, history) = find_case(tx, scene, &unit.case)?;
    let case = case::derive(&scene.setup.protocol, &history);
    let parts = case.again.iter().filter_map(|item| {
        let second = item.second.as_deref().filter(|second| second.sample == sample.id)?;
        let of_unit = unit.item.as_ref().is_none_or(|item| second.of == *item);
        of_unit.then_some((second, came_at(item)))
    });
    let (seconds, at): (Vec<&case::Second>, Vec<Option<i64>>) = parts.unzip();
    let parts: Vec<CameTo> = seconds.iter().map(|second| second.came_to).collect();
    let state = match parts.as_slice() {
        // It was opened again, or its reads changed, before it was asked for.
        [] if is_asked(&history, sample) => UnitState::Withdrawn,
        parts => UnitState::of(parts),
    };
    let taken_back = state == UnitState::Suspected && seconds.iter().any(|second| second.taken_back);
    // One error is enough: what is said of the rest of the unit afterwards makes it no later.
    let wrong = parts.iter().zip(&at).filter(|(part, _)| **part == CameTo::Wrong);
    let first = wrong.filter_map(|(_, at)| *at).min();
    Ok(Came { unit, state, taken_back, at: first.or_else(|| at.iter().copied().flatten().max()) })
}

/// Gives when a second reading came to what it is: with the answer that settled it, else with the last that was said.
fn came_at(item: &case::CaseItem) -> Option<i64> {
    let said = item.looks.iter().chain(&item.decisions).map(|said| said.at).max();
    item.answers().last().map(|answer| answer.at).or(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_right_only_where_all_of_it_was_read() {
        use CameTo::{Agrees, Differs, Open, Upheld, Withdrawn, Wrong};
        for (parts, state) in [
            (&[Agrees, Upheld][..], UnitState::Right),
            (&[Agrees, Withdrawn], UnitState::Withdrawn),
            (&[Withdrawn], UnitState::Withdrawn),
            (&[Open, Withdrawn], UnitState::Pending),
            (&[Differs, Withdrawn], UnitState::Suspected),
            (&[Wrong, Withdrawn, Open], UnitState::Wrong),
            (&[], UnitState::Pending),
        ] {
            assert!(UnitState::of(parts) == state, "{parts:?}");
        }
    }
}
