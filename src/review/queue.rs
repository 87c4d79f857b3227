//! The worklist.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;
use serde_json::json;

use super::{Result, ReviewError, Scene, Session, origin, sample};
use crate::domain::authority::{self, Deed};
use crate::domain::case::{self, CaseItem, Kind, State, persons_needed};
use crate::domain::charter::Label;
use crate::domain::event::Action;
use crate::domain::item::{DisputeType, case_priority};
use crate::domain::origin::By;
use crate::domain::text::Safe;
use crate::domain::word::Word;
use crate::store::Tx;
use crate::store::query::{self, Among, Aside, FoundBy, QueueDispute, QueueRow, Route, Titled};
pub use crate::store::query::{QueueFilter, Sort, Work};

/// A line of the worklist.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    #[serde(skip)]
    pub case_id: i64,
    pub case: String,
    pub state: State,
    pub kind: Option<Kind>,
    pub priority: f64,
    /// Since when it is as it is, in milliseconds since 1970 UTC.
    #[serde(skip)]
    pub since: Option<i64>,
    pub claimed_by: Option<String>,
    pub disputes: Vec<LineDispute>,
}

/// A dispute of a line. Type and gap are empty where an own look comes first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LineDispute {
    pub id: String,
    #[serde(rename = "type")]
    pub dispute_type: Option<DisputeType>,
    pub label: String,
    pub gap: Option<f64>,
    /// The gap for people.
    pub words: String,
    pub kind: Kind,
    pub state: State,
}

/// How much work there is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// Cases with work in them, whoever is at it.
    pub open: u64,
    /// Cases at which somebody is.
    pub claimed: u64,
    /// Decisions of this person since midnight UTC.
    pub done_today: u64,
    /// Cases in which a read of this person was sent back to be corrected.
    pub returned: u64,
}

/// By what the worklist can be narrowed; with the number of cases where it is kept anyway.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facets {
    pub states: Vec<(String, Option<u64>)>,
    pub kinds: Vec<(String, Option<u64>)>,
    pub types: Vec<(String, Option<u64>)>,
    pub labels: Vec<(String, Option<u64>)>,
    pub sites: Vec<(String, Option<u64>)>,
    pub batches: Vec<(String, Option<u64>)>,
}

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Lists the cases that are wanted.
pub fn queue(session: &mut Session, filter: &QueueFilter) -> Result<Vec<Line>> {
    session.read(None, |tx, scene| {
        let (veil, filter) = Veil::over(tx, scene, filter)?;
        let audits = filter.kind == Some(Work::Audit);
        let hidden = hidden(tx, scene, &veil, &filter)?;
        let ids = places(tx, &hidden.past(&filter), &hidden, scene.now)?;
        let lines = tx.queue_rows(&ids, scene.now)?.into_iter().map(|row| {
            let unseen = hidden.unseen.get(&row.case_id);
            veil.line(row).without(unseen, veil.oversees)
        });
        Ok(lines.map(|line| if audits { line.into_audit() } else { line }).collect())
    })
}

/// Gives the numbers of the cases that are wanted, in the queue's order.
pub fn order(session: &mut Session, filter: &QueueFilter) -> Result<Vec<i64>> {
    session.read(None, |tx, scene| {
        let (veil, filter) = Veil::over(tx, scene, filter)?;
        let hidden = hidden(tx, scene, &veil, &filter)?;
        places(tx, &hidden.past(&filter), &hidden, scene.now)
    })
}

/// Gives the numbers of the cases that are listed, stretch by stretch.
fn places(tx: &Tx<'_>, filter: &QueueFilter, hidden: &Hidden, now: i64) -> Result<Vec<i64>> {
    let mut ids = Vec::new();
    for filter in stretches(filter) {
        let left = filter.limit.map(|limit| limit.saturating_sub(ids.len() as u64));
        ids.extend(placed(tx, &QueueFilter { limit: left, ..filter }, hidden, now)?);
    }
    Ok(ids)
}

/// Gives the cases of a stretch, each where it stands for this person: a place in the order would tell what isn't told.
fn placed(tx: &Tx<'_>, filter: &QueueFilter, hidden: &Hidden, now: i64) -> Result<Vec<i64>> {
    if hidden.weights && filter.sort == Sort::Priority {
        // Cases come as they arrived.
        return Ok(tx.queue_order(&QueueFilter { sort: Sort::Age, ..filter.clone() }, now)?);
    }
    let moved = hidden.moved(filter.sort);
    if moved.is_empty() {
        return Ok(tx.queue_order(filter, now)?);
    }
    let ids: Arc<[i64]> = moved.keys().copied().collect();
    let part =
        |among| QueueFilter { aside: Box::new(Aside { among, ..(*filter.aside).clone() }), ..filter.clone() };
    let mut all = tx.queue_places(&part(Among::AllBut(Arc::clone(&ids))), now)?;
    let others = tx.queue_order(&QueueFilter { limit: None, ..part(Among::Only(ids)) }, now)?;
    all.extend(others.into_iter().filter_map(|id| Some((id, *moved.get(&id)?))));
    all.sort_by(|(a, of_a), (b, of_b)| of_b.total_cmp(of_a).then(a.cmp(b)));
    let most = filter.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    Ok(all.into_iter().take(most).map(|(id, _)| id).collect())
}

/// What is listed after another: an arbiter finds first what only an arbiter settles.
fn stretches(filter: &QueueFilter) -> Vec<QueueFilter> {
    let unnamed = filter.state.is_none() && filter.kind.is_none() && filter.cases.is_none();
    match &filter.route {
        Some(route) if route.arbiter && unnamed && filter.sort == Sort::Priority => {
            let (state, kind) = (Some(State::Escalated), Some(Work::Escalated));
            let rest = Route { past_escalated: true, ..route.clone() };
            vec![
                QueueFilter { state, kind, ..filter.clone() },
                QueueFilter { route: Some(rest), ..filter.clone() },
            ]
        }
        _ => vec![filter.clone()],
    }
}

/// What `mine` leaves out that is open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LeftOut {
    /// Cases of which each open dispute needs a skill that the person lacks.
    pub lacking: u64,
    /// The skills.
    pub skills: Vec<String>,
    /// Cases that the person read, and can't decide alone.
    pub own: u64,
    /// Cases whose readers' names the person saw.
    pub unblinded: u64,
    /// Cases of which only an arbiter can settle what is open.
    pub escalated: u64,
}

impl LeftOut {
    /// Says it in a few words; none where nothing is left out.
    pub fn words(&self) -> Option<String> {
        let lacking = (self.lacking > 0).then(|| {
            let need = if self.lacking == 1 { "needs" } else { "need" };
            format!("{} {need} a skill: {}", self.lacking, Safe::new(&self.skills.join(", ")))
        });
        let own = (self.own > 0).then(|| format!("{} you read yourself", self.own));
        let unblinded = (self.unblinded > 0).then(|| format!("{} you unblinded", self.unblinded));
        let escalated = (self.escalated > 0).then(|| format!("{} for an arbiter", self.escalated));
        let all: Vec<String> = [lacking, own, unblinded, escalated].into_iter().flatten().collect();
        (!all.is_empty()).then(|| all.join(" · "))
    }
}

/// Counts what `mine` leaves out, and says why.
pub fn left_out(session: &mut Session, filter: &QueueFilter) -> Result<LeftOut> {
    session.read(None, |tx, scene| {
        let (veil, filter) = Veil::over(tx, scene, filter)?;
        let hidden = hidden(tx, scene, &veil, &filter)?;
        let filter = QueueFilter { limit: None, ..hidden.past(&filter) };
        // Where something else says which cases are wanted, nothing is left out.
        let Some(route) = filter.routes().cloned() else { return Ok(LeftOut::default()) };
        let count = |why| {
            let route = Route { left_out: Some(why), ..route.clone() };
            tx.queue_count(&QueueFilter { route: Some(route), ..filter.clone() }, scene.now)
        };
        let skills: BTreeSet<String> = lacking(scene).filter_map(|label| label.skill.clone()).collect();
        Ok(LeftOut {
            lacking: if route.lacking.is_empty() { 0 } else { count(query::LeftOut::Skill)? },
            skills: skills.into_iter().collect(),
            own: count(query::LeftOut::OwnRead)?,
            unblinded: count(query::LeftOut::Unblinded)?,
            escalated: if route.arbiter { 0 } else { count(query::LeftOut::Escalated)? },
        })
    })
}

/// Labels that need a skill which the person lacks.
fn lacking<'s>(scene: &'s Scene<'_>) -> impl Iterator<Item = &'s Label> {
    let skills = scene.person().skills;
    scene
        .charter()
        .labels
        .iter()
        .filter(move |label| label.skill.as_ref().is_some_and(|of| !skills.contains(of)))
}

/// So many cases are looked into for what was sent back to somebody.
const SENT_BACK: u64 = 200;

/// Counts the cases in which a read of this person was sent back to be corrected.
fn returned_to(tx: &Tx<'_>, scene: &Scene<'_>) -> Result<u64> {
    let readers = super::decide::actor(scene).readers;
    let wanted = QueueFilter {
        kind: Some(Work::Returned),
        dispute_state: Some(State::Returned),
        limit: Some(SENT_BACK),
        ..QueueFilter::default()
    };
    let mut count = 0;
    for case_id in tx.queue_order(&wanted, scene.now)? {
        let history = tx.history(case_id, scene.charter().reads.unit)?;
        let case = case::derive(&scene.setup.protocol, &history);
        count += u64::from(case.disputes().any(|item| item.is_returned_to(&readers)));
    }
    Ok(count)
}

/// Gives the lines of some cases, in the given order; what isn't there is left out.
pub fn lines(session: &mut Session, case_ids: &[i64]) -> Result<Vec<Line>> {
    session.read(None, |tx, scene| {
        let (veil, filter) = Veil::over(tx, scene, &QueueFilter::default())?;
        let hidden = hidden(tx, scene, &veil, &filter)?;
        let rows = tx.queue_rows(case_ids, scene.now)?.into_iter();
        Ok(rows
            .map(|row| (row.case_id, veil.line(row)))
            .map(|(id, line)| line.without(hidden.unseen.get(&id), veil.oversees))
            .collect())
    })
}

/// Counts the work.
pub fn counts(session: &mut Session) -> Result<Counts> {
    session.read(None, |tx, scene| {
        scene.allow(Deed::ReadQueue)?;
        let (veil, filter) = Veil::over(tx, scene, &QueueFilter::default())?;
        let unseen = hidden(tx, scene, &veil, &filter)?.unseen;
        let mut open = 0;
        for state in OPEN {
            open += tx.counter(state.word())?;
        }
        // What is read again of somebody's work is no work of theirs, and isn't told by a number either.
        let quiet = unseen.values().filter(|of| of.is_all() && OPEN.contains(&of.stored)).count();
        open = open.saturating_sub(quiet as u64);
        // Nor is that somebody is at it.
        let quiet = unseen.values().filter(|of| of.is_all() && of.claimed).count() as u64;
        let midnight = scene.now - scene.now.rem_euclid(DAY_MS);
        Ok(Counts {
            open,
            claimed: tx.claims_running(scene.now)?.saturating_sub(quiet),
            done_today: tx.acts_since(&scene.actor.who, Action::Decide.word(), midnight)?,
            returned: returned_to(tx, scene)?,
        })
    })
}

/// Counts all cases, whatever their state.
pub fn total(session: &mut Session) -> Result<u64> {
    session.read(None, |tx, scene| {
        scene.allow(Deed::ReadQueue)?;
        State::WORDS.iter().map(|(_, word)| Ok(tx.counter(word)?)).sum()
    })
}

/// States of cases with work in them, as they are stored.
const OPEN: [State; 7] = [
    State::Blocked,
    State::AwaitingReads,
    State::Escalated,
    State::Discussion,
    State::Returned,
    State::Queued,
    State::Deferred,
];

/// Gives by what the worklist can be narrowed.
pub fn facets(session: &mut Session) -> Result<Facets> {
    session.read(None, |tx, scene| {
        let (veil, filter) = Veil::over(tx, scene, &QueueFilter::default())?;
        let unseen = hidden(tx, scene, &veil, &filter)?.unseen;
        let times = |is: &dyn Fn(&Unseen) -> bool| unseen.values().filter(|of| is(of)).count() as u64;
        let mut states = Vec::new();
        for (state, word) in State::WORDS {
            let shown = times(&|of| of.counted == *state);
            let stored = times(&|of| of.stored == *state);
            // Who is at a case now is known by claims alone, which nobody counts by state.
            let count = match state {
                State::InReview => None,
                _ => Some((tx.counter(word)? + shown).saturating_sub(stored)),
            };
            if count != Some(0) {
                states.push(((*word).to_owned(), count));
            }
        }
        let plain = |words: Vec<&str>| words.into_iter().map(|word| (word.to_owned(), None)).collect();
        let types = DisputeType::WORDS.iter().map(|(_, word)| *word).filter(|_| !veil.bare).collect();
        let mut kinds = Vec::new();
        for (work, word) in Work::WORDS.iter().filter(|(work, _)| veil.oversees || !is_blind(*work)) {
            let (shown, stored) = match work.state() {
                Some(state) => (0, times(&|of| of.apart.contains(&state))),
                None if *work == Work::Dispute => {
                    (times(&|of| of.counted == State::Queued), times(&|of| of.stored == State::Queued))
                }
                None => (0, 0),
            };
            kinds.push(((*word).to_owned(), Some((tx.work(*work)? + shown).saturating_sub(stored))));
        }
        let labels = tx.label_names()?.into_iter().map(|label| (label, None)).collect();
        let names =
            |by| Ok::<_, ReviewError>(origin::names(tx, by)?.into_iter().map(|name| (name, None)).collect());
        // A file is often named after who read.
        let (sites, batches) = (names(By::Site)?, if veil.oversees { names(By::Batch)? } else { Vec::new() });
        Ok(Facets { states, kinds, types: plain(types), labels, sites, batches })
    })
}

/// Disputes of a case that somebody isn't to know of, and where the case stands without them.
#[derive(Debug, Clone)]
struct Unseen {
    ids: BTreeSet<String>,
    state: State,
    /// Somebody is at the case.
    claimed: bool,
    /// Where it stands with them, as it is counted, and where it would be counted without them.
    stored: State,
    counted: State,
    /// States in which they alone of the case's disputes stand.
    apart: BTreeSet<State>,
    /// By what the case is sorted without them.
    priority: f64,
    gap: f64,
}

impl Unseen {
    /// Tells whether nothing else of the case waits for anybody.
    fn is_all(&self) -> bool {
        self.state >= State::Provisional
    }

    /// Gives where the case stands now for whoever isn't to know of them.
    fn shown(&self) -> State {
        query::state_now(self.state, None, self.claimed && !self.is_all(), 0)
    }
}

/// What a person isn't told of the worklist, neither by a word nor by a number or a place in it.
#[derive(Debug, Clone, Default)]
pub(super) struct Hidden {
    /// Second readings that aren't this person's to answer, since nobody is told whose work was drawn, and, of those that
    /// are theirs, what they look at: by the number of their case.
    unseen: BTreeMap<i64, Unseen>,
    /// Cases that wait for an audit, for whoever may make it: how their readers differ would steer it.
    blind: BTreeSet<i64>,
    /// Nor what second readings that are over came to.
    over: bool,
    /// Nor what cases weigh, since that tells how far the reads differ.
    weights: bool,
}

/// Finds out what isn't told to whoever asks for a list.
pub(super) fn hidden(tx: &Tx<'_>, scene: &Scene<'_>, veil: &Veil, filter: &QueueFilter) -> Result<Hidden> {
    let mut hidden = Hidden { over: !veil.oversees, weights: veil.bare, ..Hidden::default() };
    if veil.audits {
        hidden.blind = tx.awaiting_audit()?.into_iter().collect();
    }
    if veil.oversees {
        return Ok(hidden);
    }
    let (who, readers) = (scene.actor.who.as_str(), super::decide::actor(scene).readers);
    let works = scene.may(Deed::Decide) || scene.may(Deed::Arbitrate);
    let mut again: BTreeSet<i64> = tx.read_again()?.into_iter().collect();
    if filter.sort == Sort::Gap {
        // The widest gap of a case is that of its second readings too, as long as they are kept.
        again.extend(tx.contested_ids()?);
    }
    let again: Vec<i64> = again.into_iter().collect();
    let histories = tx.histories(&again, scene.charter().reads.unit, tx.known()?)?;
    for (id, history) in again.into_iter().zip(histories) {
        let case = case::derive(&scene.setup.protocol, &history);
        let known = |item: &CaseItem| works && case.knows_of(item, who, &readers);
        let others = case.again.iter().filter(|item| !known(item));
        let asked = case.items.iter().filter(|item| works && case.is_asked_again(item, who, &readers));
        let ids: BTreeSet<String> = others.chain(asked).map(|item| item.id.clone()).collect();
        if ids.is_empty() {
            continue;
        }
        let seen = || case.disputes().filter(|item| !ids.contains(&item.id));
        let open: Vec<f64> = seen().filter(|item| item.is_open()).map(|item| item.priority).collect();
        let weights = seen().filter_map(|item| item.item.difference.as_ref()).map(|of| of.weight);
        let of_seen: BTreeSet<State> = seen().map(|item| item.state).collect();
        let apart = case.disputes().map(|item| item.state).filter(|state| !of_seen.contains(state));
        let claimed = tx.claims(id)?.iter().any(|claim| claim.holds(scene.now));
        let unseen = Unseen {
            state: case.state_with(scene.now, false, known),
            claimed,
            stored: case.state,
            counted: case.state_with(i64::MIN, false, known),
            apart: apart.collect(),
            priority: if veil.bare { 0.0 } else { case_priority(&open) },
            gap: weights.fold(0.0, f64::max),
            ids,
        };
        hidden.unseen.insert(id, unseen);
    }
    Ok(hidden)
}

impl Hidden {
    /// Narrows the worklist by where the cases stand for this person, not by where they are stored.
    fn past(&self, filter: &QueueFilter) -> QueueFilter {
        let cases = |is: &dyn Fn(&Unseen) -> bool| -> Arc<[i64]> {
            self.unseen.iter().filter(|(_, of)| is(of)).map(|(id, _)| *id).collect()
        };
        let (leave, take) = match filter.state {
            Some(state) => (cases(&|_| true), cases(&|of| of.shown() == state)),
            None if filter.cases.is_some() => Default::default(),
            None => (cases(&Unseen::is_all), Arc::default()),
        };
        let named = self.unseen.iter().flat_map(|(id, of)| of.ids.iter().map(|name| (*id, name.clone())));
        let (disputes, blind) = (named.collect(), self.blind.iter().copied().collect());
        let aside = Aside { leave, take, disputes, blind, over: self.over, ..Aside::default() };
        QueueFilter { aside: Box::new(aside), ..filter.clone() }
    }

    /// Gives the cases that stand elsewhere in an order than they are stored, and by what: last, where nothing is told.
    fn moved(&self, sort: Sort) -> BTreeMap<i64, f64> {
        let by = |of: &Unseen| if sort == Sort::Gap { of.gap } else { of.priority };
        match sort {
            Sort::Age | Sort::Case => BTreeMap::new(),
            Sort::Priority | Sort::Gap => {
                let unseen = self.unseen.iter().map(|(id, of)| (*id, by(of)));
                unseen.chain(self.blind.iter().map(|id| (*id, 0.0))).collect()
            }
        }
    }

    /// Tells by what of a dispute its case is found by this person.
    pub(super) fn found_by(&self, veil: &Veil, case: i64, of: &Titled<'_>) -> FoundBy {
        let is_unseen = || self.unseen.get(&case).is_some_and(|unseen| unseen.ids.contains(of.id));
        match self.blind.contains(&case) {
            true if of.awaits_audit => FoundBy::Label,
            true => FoundBy::Nothing,
            false if self.over && of.second && of.done || is_unseen() => FoundBy::Nothing,
            false if veil.bare => FoundBy::Label,
            false => FoundBy::LabelAndType,
        }
    }
}

/// What a person may know of the worklist.
pub(super) struct Veil {
    /// What the reads differ in would steer an own look.
    pub bare: bool,
    pub oversees: bool,
    /// May make audits: what is known of a case that waits for one would steer it.
    pub audits: bool,
}

impl Veil {
    /// Checks that the person may read the worklist in this way.
    pub(super) fn over(tx: &Tx<'_>, scene: &Scene<'_>, filter: &QueueFilter) -> Result<(Veil, QueueFilter)> {
        scene.allow(Deed::ReadQueue)?;
        let oversees = scene.may(Deed::Reveal);
        if !oversees && filter.kind.is_some_and(is_blind) {
            // Who works on a sampled case or a recheck isn't to know that it is one.
            scene.allow(Deed::Reveal)?;
        }
        // To whoever may not know kinds apart, everything is a dispute.
        let kind = filter.kind.filter(|kind| oversees || *kind != Work::Dispute);
        let mut filter = QueueFilter { kind, ..filter.clone() };
        // Whoever decides nothing finds nothing of their own there.
        let decides = scene.may(Deed::Decide) || scene.may(Deed::Arbitrate);
        let audits = filter.kind == Some(Work::Audit);
        if filter.mine && !audits && !decides && scene.person().readers.is_empty() {
            filter.cases = Some([].into());
        }
        filter.route = filter.mine.then(|| Route {
            arbiter: scene.may(Deed::Arbitrate),
            lacking: lacking(scene).map(|label| label.name.clone()).collect(),
            own: super::decide::actor(scene).readers.into_iter().collect(),
            alone: persons_needed(scene.charter(), State::Queued) == 1,
            who: scene.actor.who.clone(),
            ..Route::default()
        });
        // Of audits that is theirs which waits for their own read.
        if filter.mine && filter.kind == Some(Work::Audit) {
            let named = filter.cases.take();
            let waits = if scene.may(Deed::Audit) { sample::waiting_for(tx, scene)? } else { Vec::new() };
            let mine: BTreeSet<Arc<str>> = waits.into_iter().map(|of| Arc::from(of.case)).collect();
            let wanted = |case: &Arc<str>| named.as_ref().is_none_or(|named| named.contains(case));
            filter.cases = Some(mine.into_iter().filter(wanted).collect());
        }
        // An audit that waits shows in no case's state, so that nobody is told that their work was drawn.
        if filter.kind == Some(Work::Audit) && filter.state.is_none() {
            filter.dispute_state = filter.dispute_state.or(Some(State::Queued));
        }
        if filter.within.batch.is_some() {
            // A file is often named after who read.
            scene.allow(Deed::Reveal)?;
        }
        filter.imports = origin::imports(tx, &filter.within)?.map(Into::into);
        let bare = authority::looks_first(&scene.person().roles, scene.charter());
        if bare && (filter.dispute_type.is_some() || filter.sort == Sort::Gap) {
            return Err(ReviewError::Invalid(
                "the charter asks for an own look first: cases are listed neither by type nor by gap".into(),
            ));
        }
        Ok((Veil { bare, oversees, audits: scene.may(Deed::Audit) }, filter))
    }

    fn line(&self, mut row: QueueRow) -> Line {
        // Somebody may be at it.
        let awaits = |of: &QueueDispute| is_quiet(of) && matches!(of.state, State::Queued | State::InReview);
        let blind = self.audits && row.disputes.iter().any(awaits);
        if blind {
            row.disputes.retain(awaits);
        }
        // It weighs by how far the reads differ.
        if self.bare || blind {
            row.priority = 0.0;
        }
        line(row, self.bare || blind, self.oversees)
    }
}

/// Tells what isn't shown to be one to whoever works on it.
fn is_blind(work: Work) -> bool {
    matches!(work, Work::Audit | Work::Recheck)
}

/// Tells an audit that nobody has made, or that agreed: it holds no difference.
fn is_quiet(dispute: &QueueDispute) -> bool {
    dispute.kind == Kind::Audit && dispute.dispute_type.is_none()
}

/// Tells whether whoever works on cases is told of a dispute: not of a second reading that nobody made or that is over.
fn is_told(dispute: &QueueDispute) -> bool {
    dispute.kind == Kind::Dispute || !is_quiet(dispute) && dispute.state < State::Provisional
}

impl Line {
    /// Leaves out what the person isn't to know of: second readings show in nothing, unless the person oversees them.
    fn without(mut self, unseen: Option<&Unseen>, oversees: bool) -> Line {
        if let Some(unseen) = unseen {
            self.disputes.retain(|dispute| !unseen.ids.contains(&dispute.id));
            self.priority = unseen.priority;
            self.state = unseen.shown();
            self.claimed_by = self.claimed_by.filter(|_| !unseen.is_all());
        }
        if !oversees {
            self.kind = (!self.disputes.is_empty()).then_some(Kind::Dispute);
        }
        self
    }

    /// Shows a case as the audit that it waits for.
    fn into_audit(self) -> Line {
        let open = self.disputes.iter().filter(|of| of.kind == Kind::Audit).map(|of| of.state).min();
        Line { state: open.unwrap_or(self.state), kind: Some(Kind::Audit), ..self }
    }
}

fn line(row: QueueRow, bare: bool, oversees: bool) -> Line {
    let shown_kind = |kind| if oversees { kind } else { Kind::Dispute };
    let dispute = |dispute: QueueDispute| LineDispute {
        dispute_type: dispute.dispute_type.filter(|_| !bare),
        gap: (!bare).then_some(dispute.gap),
        words: if bare { String::new() } else { dispute.words },
        id: dispute.id,
        label: dispute.label,
        kind: shown_kind(dispute.kind),
        state: dispute.state,
    };
    Line {
        case_id: row.case_id,
        case: row.case,
        state: row.state,
        kind: row.kind.map(shown_kind),
        priority: row.priority,
        since: row.since,
        claimed_by: (!row.claimed_by.is_empty()).then(|| row.claimed_by.join(", ")),
        disputes: row.disputes.into_iter().filter(|of| oversees || is_told(of)).map(dispute).collect(),
    }
}

/// Gives the worklist's line as the command line prints it.
pub fn to_json(line: &Line) -> serde_json::Value {
    json!(line)
}
