//! The worklist.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;
use serde_json::json;

use super::{Result, ReviewError, Scene, Session, origin};
use crate::domain::authority::Deed;
use crate::domain::case::{self, CaseItem, Kind, State, persons_needed};
use crate::domain::charter::{Label, Mode};
use crate::domain::event::Action;
use crate::domain::item::DisputeType;
use crate::domain::origin::By;
use crate::domain::text::Safe;
use crate::domain::word::Word;
use crate::store::Tx;
use crate::store::query::{self, Aside, QueueDispute, QueueRow, Route};
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
        let unseen = unseen(tx, scene, &veil)?;
        let filter = past(&filter, &unseen);
        let mut rows = Vec::new();
        for filter in stretches(&filter) {
            let left = filter.limit.map(|limit| limit.saturating_sub(rows.len() as u64));
            rows.extend(tx.queue(&QueueFilter { limit: left, ..filter }, scene.now)?);
        }
        let lines = rows.into_iter().map(|row| {
            let unseen = unseen.get(&row.case_id);
            veil.line(row).without(unseen)
        });
        Ok(lines.map(|line| if audits { line.into_audit() } else { line }).collect())
    })
}

/// Gives the numbers of the cases that are wanted, in the queue's order.
pub fn order(session: &mut Session, filter: &QueueFilter) -> Result<Vec<i64>> {
    session.read(None, |tx, scene| {
        let (veil, filter) = Veil::over(tx, scene, filter)?;
        let filter = past(&filter, &unseen(tx, scene, &veil)?);
        let mut ids = Vec::new();
        for filter in stretches(&filter) {
            let left = filter.limit.map(|limit| limit.saturating_sub(ids.len() as u64));
            ids.extend(tx.queue_order(&QueueFilter { limit: left, ..filter }, scene.now)?);
        }
        Ok(ids)
    })
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
}

impl LeftOut {
    /// Says it in a few words; none where nothing is left out.
    pub fn words(&self) -> Option<String> {
        let lacking = (self.lacking > 0).then(|| {
            let need = if self.lacking == 1 { "needs" } else { "need" };
            format!("{} {need} a skill: {}", self.lacking, Safe::new(&self.skills.join(", ")))
        });
        let own = (self.own > 0).then(|| format!("{} you read yourself", self.own));
        let all: Vec<String> = [lacking, own].into_iter().flatten().collect();
        (!all.is_empty()).then(|| all.join(" · "))
    }
}

/// Counts what `mine` leaves out, and says why.
pub fn left_out(session: &mut Session, filter: &QueueFilter) -> Result<LeftOut> {
    session.read(None, |tx, scene| {
        let (veil, filter) = Veil::over(tx, scene, filter)?;
        let filter = QueueFilter { limit: None, ..past(&filter, &unseen(tx, scene, &veil)?) };
        let Some(route) = filter.route.clone() else { return Ok(LeftOut::default()) };
        let count = |why| {
            let route = Route { left_out: Some(why), ..route.clone() };
            tx.queue_count(&QueueFilter { route: Some(route), ..filter.clone() }, scene.now)
        };
        let skills: BTreeSet<String> = lacking(scene).filter_map(|label| label.skill.clone()).collect();
        Ok(LeftOut {
            lacking: if route.lacking.is_empty() { 0 } else { count(query::LeftOut::Skill)? },
            skills: skills.into_iter().collect(),
            own: count(query::LeftOut::OwnRead)?,
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
        let (veil, _) = Veil::over(tx, scene, &QueueFilter::default())?;
        let unseen = unseen(tx, scene, &veil)?;
        let rows = tx.queue_rows(case_ids, scene.now)?.into_iter();
        Ok(rows
            .map(|row| (row.case_id, veil.line(row)))
            .map(|(id, line)| line.without(unseen.get(&id)))
            .collect())
    })
}

/// Counts the work.
pub fn counts(session: &mut Session) -> Result<Counts> {
    session.read(None, |tx, scene| {
        scene.allow(Deed::ReadQueue)?;
        let (veil, _) = Veil::over(tx, scene, &QueueFilter::default())?;
        let unseen = unseen(tx, scene, &veil)?;
        let mut open = 0;
        for state in OPEN {
            open += tx.counter(state.word())?;
        }
        // What is read again of somebody's work is no work of theirs, and isn't told by a number either.
        open = open.saturating_sub(unseen.values().filter(|of| of.is_all()).count() as u64);
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
        let (veil, _) = Veil::over(tx, scene, &QueueFilter::default())?;
        let unseen = unseen(tx, scene, &veil)?;
        let mut states = Vec::new();
        for (state, word) in State::WORDS {
            let shown = unseen.values().filter(|of| of.state == *state).count() as u64;
            let stored = unseen.values().filter(|of| of.stored == *state).count() as u64;
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
            kinds.push(((*word).to_owned(), Some(tx.work(*work)?)));
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
struct Unseen {
    ids: BTreeSet<String>,
    state: State,
    /// Somebody is at the case.
    claimed: bool,
    /// Where it stands with them, as it is counted.
    stored: State,
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

/// Narrows the worklist by where the cases stand for this person, not by where they are stored.
fn past(filter: &QueueFilter, unseen: &BTreeMap<i64, Unseen>) -> QueueFilter {
    let cases = |is: &dyn Fn(&Unseen) -> bool| -> Arc<[i64]> {
        unseen.iter().filter(|(_, of)| is(of)).map(|(id, _)| *id).collect()
    };
    let (leave, take) = match filter.state {
        Some(state) => (cases(&|_| true), cases(&|of| of.shown() == state)),
        None if filter.cases.is_some() => Default::default(),
        None => (cases(&Unseen::is_all), Arc::default()),
    };
    let disputes = unseen.iter().flat_map(|(id, of)| of.ids.iter().map(|name| (*id, name.clone()))).collect();
    QueueFilter { aside: Aside { leave, take, disputes }, ..filter.clone() }
}

/// Gives what isn't told of cases that are read again: second readings that aren't this person's to answer, since nobody is
/// told whose work was drawn, and, of those that are theirs, what they look at.
fn unseen(tx: &Tx<'_>, scene: &Scene<'_>, veil: &Veil) -> Result<BTreeMap<i64, Unseen>> {
    let mut unseen = BTreeMap::new();
    if veil.oversees {
        return Ok(unseen);
    }
    let (who, readers) = (scene.actor.who.as_str(), super::decide::actor(scene).readers);
    let works = scene.may(Deed::Decide) || scene.may(Deed::Arbitrate);
    let again = tx.read_again()?;
    let histories = tx.histories(&again, scene.charter().reads.unit, tx.known()?)?;
    for (id, history) in again.into_iter().zip(histories) {
        let case = case::derive(&scene.setup.protocol, &history);
        let known = |item: &CaseItem| works && case.is_second_for(item, who, &readers);
        let hidden = case.again.iter().filter(|item| item.is_open() && !known(item));
        let asked = case.items.iter().filter(|item| works && case.is_asked_again(item, who, &readers));
        let ids: BTreeSet<String> = hidden.chain(asked).map(|item| item.id.clone()).collect();
        if !ids.is_empty() {
            let state = case.state_with(scene.now, false, known);
            let claimed = tx.claims(id)?.iter().any(|claim| claim.holds(scene.now));
            unseen.insert(id, Unseen { ids, state, claimed, stored: case.state });
        }
    }
    Ok(unseen)
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
        if filter.mine && !decides && scene.person().readers.is_empty() {
            filter.cases = Some([].into());
        }
        filter.route = filter.mine.then(|| Route {
            arbiter: scene.may(Deed::Arbitrate),
            lacking: lacking(scene).map(|label| label.name.clone()).collect(),
            own: super::decide::actor(scene).readers.into_iter().collect(),
            alone: persons_needed(scene.charter(), State::Queued) == 1,
            ..Route::default()
        });
        // An audit that waits shows in no case's state, so that nobody is told that their work was drawn.
        if filter.kind == Some(Work::Audit) && filter.state.is_none() {
            filter.dispute_state = filter.dispute_state.or(Some(State::Queued));
        }
        if filter.within.batch.is_some() {
            // A file is often named after who read.
            scene.allow(Deed::Reveal)?;
        }
        filter.imports = origin::imports(tx, &filter.within)?.map(Into::into);
        let bare = scene.charter().review.mode == Mode::ThirdRead && !oversees;
        if bare && (filter.dispute_type.is_some() || filter.sort == Sort::Gap) {
            return Err(ReviewError::Invalid(
                "the charter asks for an own look first: cases are listed neither by type nor by gap".into(),
            ));
        }
        Ok((Veil { bare, oversees, audits: scene.may(Deed::Audit) }, filter))
    }

    fn line(&self, row: QueueRow) -> Line {
        let awaits = |of: &QueueDispute| is_quiet(of) && of.state == State::Queued;
        let bare = self.bare || self.audits && row.disputes.iter().any(awaits);
        line(row, bare, self.oversees)
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

impl Line {
    /// Leaves out what the person isn't to know of.
    fn without(mut self, unseen: Option<&Unseen>) -> Line {
        if let Some(unseen) = unseen {
            self.disputes.retain(|dispute| !unseen.ids.contains(&dispute.id));
            self.state = unseen.shown();
            self.claimed_by = self.claimed_by.filter(|_| !unseen.is_all());
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
        disputes: row.disputes.into_iter().filter(|of| oversees || !is_quiet(of)).map(dispute).collect(),
    }
}

/// Gives the worklist's line as the command line prints it.
pub fn to_json(line: &Line) -> serde_json::Value {
    json!(line)
}
