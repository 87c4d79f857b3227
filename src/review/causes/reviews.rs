//! Reviews of root causes: what is to be done about one, by whom and until when, and whether it helped. Somebody opens one
//! about a cause; that of a lot is open as soon as its sample rejects it, without an event of its own, and waits for
//! somebody who says what is done.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Causes, Difference, Dimension, Rate, Split, Window};
use crate::domain::authority::Deed;
use crate::domain::event::Action;
use crate::domain::moment;
use crate::domain::taxonomy;
use crate::domain::text::Safe;
use crate::domain::word::Word;
use crate::review::sample::{self, SampleResult};
use crate::review::{Result, ReviewError, Scene, Session, reason};
use crate::store::{Entry, Event, Tx};

/// What a review of a rejected lot is about, beside the dimensions of causes.
pub const LOT: &str = "lot";

/// A review as it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Review {
    /// The number of the event that opened it; of a lot's, that by which the sample was drawn.
    pub id: u64,
    /// What it is about: a dimension and a key, or `lot` and a sample.
    pub by: &'static str,
    pub key: String,
    /// None as long as nobody took it on.
    pub owner: Option<String>,
    pub action: Option<String>,
    /// The day until which it is to be done: `2026-12-24`.
    pub due: String,
    /// None where it opened by itself.
    pub opened_by: Option<String>,
    pub opened_at: String,
    /// When the action takes effect: decisions from then on are after it. None as long as there is none.
    pub since: Option<String>,
    pub state: ReviewState,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Of a lot, the cases in which something was wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<String>,
    pub before: Rate,
    pub after: Rate,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<Difference>,
    /// What the interval of the difference says.
    pub helped: Helped,
}

/// How far a review is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ReviewState {
    Open,
    /// Open, and its day is past.
    Overdue,
    Closed,
}

/// Whether the rate fell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Helped {
    /// The whole interval lies below 0.
    Yes,
    /// The whole interval lies above 0: it rose.
    Worse,
    /// Chance alone could have done it, or nothing was decided since.
    Unclear,
}

crate::domain::word::words!(ReviewState: Open "open", Overdue "overdue", Closed "closed");
crate::domain::word::words!(Helped: Yes "yes", Worse "worse", Unclear "unclear");

/// Detail of `review`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
enum Detail {
    Open {
        v: u32,
        by: String,
        key: String,
        owner: String,
        action: String,
        /// Milliseconds since 1970 UTC: the end of the day.
        due: i64,
        since: i64,
    },
    /// Who does what until when, of a review that is open.
    Planned {
        v: u32,
        review: u64,
        owner: String,
        action: String,
        due: i64,
        since: i64,
        /// When the lot was rejected, as it was known then: later answers don't move it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opened: Option<i64>,
    },
    Closed {
        v: u32,
        review: u64,
        why: String,
    },
}

/// Who does what about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::review) struct Plan {
    pub owner: String,
    pub action: String,
    /// Milliseconds since 1970 UTC: the end of the day.
    pub due: i64,
    pub since: i64,
}

/// What the log says of one review.
#[derive(Debug, Clone, Default)]
pub(in crate::review) struct Record {
    /// What it is about, by whom and when it was opened; none where it opened by itself.
    opened: Option<(Dimension, String, String, i64)>,
    pub plan: Option<Plan>,
    /// When the lot was rejected, since somebody took its review on: milliseconds since 1970 UTC.
    rejected: Option<i64>,
    /// When, and what came of it.
    pub closed: Option<(i64, String)>,
}

/// The review of a rejected lot, as its sample shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LotReview {
    pub id: u64,
    pub state: ReviewState,
    /// None as long as nobody took it on.
    pub owner: Option<String>,
    pub action: Option<String>,
    /// The day until which it is to be done: `2026-12-24`.
    pub due: String,
    /// When the lot was rejected.
    pub opened_at: String,
    #[serde(skip)]
    since: Option<i64>,
    #[serde(skip)]
    closed: Option<(i64, String)>,
}

/// What is to be done about something that is reviewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planning {
    pub owner: String,
    pub action: String,
    /// A moment of the day until which it is to be done, milliseconds since 1970 UTC; none for the day that stands.
    pub due: Option<i64>,
    /// When the action takes effect; none for now.
    pub since: Option<i64>,
}

/// What is to be opened.
#[derive(Debug, Clone)]
pub struct Opening {
    pub by: Dimension,
    pub key: String,
    pub owner: String,
    pub action: String,
    /// A moment of the day until which it is to be done: milliseconds since 1970 UTC.
    pub due: i64,
    /// When the action takes effect; none for now.
    pub since: Option<i64>,
}

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Gives the last moment of a day.
fn end_of_day(at: i64) -> i64 {
    at - at.rem_euclid(DAY_MS) + DAY_MS - 1
}

fn day(at: i64) -> String {
    moment::rfc3339(at).get(..10).unwrap_or_default().to_owned()
}

fn filled(what: &str, text: &str) -> Result<String> {
    match text.trim() {
        "" => Err(ReviewError::Invalid(format!("a review needs {what}"))),
        text => Ok(text.to_owned()),
    }
}

/// Checks that somebody whom the store knows sees to it, on a day that isn't past.
fn plan_of(tx: &Tx<'_>, scene: &Scene<'_>, planning: &Planning, due: i64) -> Result<Plan> {
    let (owner, action) = (filled("an owner", &planning.owner)?, filled("an action", &planning.action)?);
    let mut known: BTreeSet<String> = tx.reader_names()?.into_iter().collect();
    known.extend(scene.setup.people.names().map(str::to_owned));
    if !known.contains(&owner) {
        let near = taxonomy::nearest(&owner, known.iter().map(String::as_str));
        let meant = near.map_or(String::new(), |near| format!(" (did you mean {}?)", Safe::new(near)));
        return Err(ReviewError::Invalid(format!(
            "nobody here is called {}{meant}; the owner of a review is a reader, or somebody of `overread people list`",
            Safe::new(&owner)
        )));
    }
    let due = end_of_day(due);
    if due < scene.now {
        return Err(ReviewError::Invalid(format!(
            "{} is past: say a day from today on until which it is done",
            day(due)
        )));
    }
    Ok(Plan { owner, action, due, since: planning.since.unwrap_or(scene.now) })
}

/// Opens a review.
///
/// # Errors
/// Whoever asks may not, or something is missing.
pub fn open(session: &mut Session, opening: &Opening) -> Result<Event> {
    let given = filled("a key: say what it is about as code=P2", &opening.key)?;
    // Before the store is taken for writing: it may go through all decisions. Whether somebody may is asked there.
    let key = session.read(None, |tx, scene| match scene.may(Deed::WriteCause) {
        true => super::subject::key(tx, scene, opening.by, &given),
        false => Ok(given.clone()),
    })?;
    session.write(None, |tx, scene| {
        let role = scene.allow(Deed::WriteCause)?;
        let planning = Planning {
            owner: opening.owner.clone(),
            action: opening.action.clone(),
            due: Some(opening.due),
            since: opening.since,
        };
        let Plan { owner, action, due, since } = plan_of(tx, scene, &planning, opening.due)?;
        let by = opening.by.word().to_owned();
        let detail = Detail::Open { v: 1, by, key, owner, action, due, since };
        Ok(tx.append(&scene.entry(Some(role), Action::Review, None, json!(detail)))?)
    })
}

/// Says who does what until when about something that is reviewed: of a rejected lot, which nobody took on yet, or otherwise
/// than before. `id` is the review's number, or the sample's whose lot it is.
///
/// # Errors
/// Whoever asks may not, there is no such review, it is closed, or something is missing.
pub fn plan(session: &mut Session, id: &str, planning: &Planning) -> Result<Event> {
    let review = find(session, id)?;
    session.write(None, |tx, scene| {
        let role = scene.allow(Deed::WriteCause)?;
        still_open(tx, &review)?;
        let stands = moment::parse(&review.due, scene.now).unwrap_or(scene.now);
        let plan = plan_of(tx, scene, planning, planning.due.unwrap_or(stands))?;
        let Plan { owner, action, due, since } = plan;
        let opened = (review.by == LOT).then(|| moment::parse(&review.opened_at, scene.now)).flatten();
        let detail = Detail::Planned { v: 1, review: review.id, owner, action, due, since, opened };
        let entry = scene.entry(Some(role), Action::Review, None, json!(detail));
        Ok(tx.append(&Entry { object: Some(&review.id.to_string()), ..entry })?)
    })
}

/// Closes a review.
///
/// # Errors
/// Whoever asks may not, there is no such review, nobody said what is done, or it is closed.
pub fn close(session: &mut Session, id: &str, why: &str) -> Result<Event> {
    let why = reason(why)?.to_owned();
    let review = find(session, id)?;
    session.write(None, |tx, scene| {
        let role = scene.allow(Deed::WriteCause)?;
        still_open(tx, &review)?;
        if review.action.is_none() {
            return Err(ReviewError::Invalid(format!(
                "nobody says yet what is done about {}: {}",
                review.subject(),
                how_to_plan(&review.key)
            )));
        }
        let detail = Detail::Closed { v: 1, review: review.id, why };
        let entry = scene.entry(Some(role), Action::Review, None, json!(detail));
        Ok(tx.append(&Entry { object: Some(&review.id.to_string()), ..entry })?)
    })
}

/// Says how somebody takes the review of a lot on.
pub fn how_to_plan(sample: &str) -> String {
    format!("`overread causes review plan {sample} --owner NAME --action TEXT`")
}

fn find(session: &mut Session, id: &str) -> Result<Review> {
    let id = id.trim();
    let all = session.read(None, |tx, scene| {
        scene.allow(Deed::WriteCause)?;
        of(tx, scene, &Causes { at: scene.now, ..Causes::default() })
    })?;
    let named = |review: &Review| {
        review.id.to_string() == id || review.by == LOT && review.key.eq_ignore_ascii_case(id)
    };
    all.into_iter().find(named).ok_or_else(|| {
        ReviewError::Missing(format!(
            "there is no review {}: see `overread causes review list`",
            Safe::new(id)
        ))
    })
}

fn still_open(tx: &Tx<'_>, review: &Review) -> Result<()> {
    match records(tx)?.get(&review.id).is_some_and(|record| record.closed.is_some()) {
        true => Err(ReviewError::Invalid(format!("review {} is closed already", review.id))),
        false => Ok(()),
    }
}

/// Reads what the log says of each review, by its number.
pub(in crate::review) fn records(tx: &Tx<'_>) -> Result<BTreeMap<u64, Record>> {
    let mut all: BTreeMap<u64, Record> = BTreeMap::new();
    for event in tx.reviews()? {
        match serde_json::from_str(&event.detail) {
            Ok(Detail::Open { by, key, owner, action, due, since, .. }) => {
                let Some(by) = Dimension::from_word(&by) else { continue };
                let plan = Some(Plan { owner, action, due, since });
                let opened = Some((by, key, event.who, event.at));
                all.insert(event.seq, Record { opened, plan, ..Record::default() });
            }
            Ok(Detail::Planned { review, owner, action, due, since, opened, .. }) => {
                let record = all.entry(review).or_default();
                record.plan = Some(Plan { owner, action, due, since });
                record.rejected = record.rejected.or(opened);
            }
            Ok(Detail::Closed { review, why, .. }) => {
                all.entry(review).or_default().closed = Some((event.at, why));
            }
            Err(_) => {
                return Err(ReviewError::Invalid(format!("event {} (review) can't be read back", event.seq)));
            }
        }
    }
    Ok(all)
}

fn state_of(closed: bool, due: i64, now: i64) -> ReviewState {
    match closed {
        true => ReviewState::Closed,
        false if due < now => ReviewState::Overdue,
        false => ReviewState::Open,
    }
}

impl LotReview {
    /// Makes the review of a lot that was rejected at a moment, or whose review somebody took on before.
    pub(in crate::review) fn new(
        scene: &Scene<'_>,
        drawn: u64,
        rejected_at: i64,
        record: Option<&Record>,
    ) -> LotReview {
        let plan = record.and_then(|record| record.plan.clone());
        let closed = record.and_then(|record| record.closed.clone());
        let rejected_at = record.and_then(|record| record.rejected).unwrap_or(rejected_at);
        let days = i64::from(scene.charter().sampling.review_days);
        let by_charter = end_of_day(rejected_at.saturating_add(days.saturating_mul(DAY_MS)));
        let due = plan.as_ref().map_or(by_charter, |plan| plan.due);
        LotReview {
            id: drawn,
            state: state_of(closed.is_some(), due, scene.now),
            due: day(due),
            opened_at: moment::rfc3339(rejected_at),
            since: plan.as_ref().map(|plan| plan.since),
            owner: plan.as_ref().map(|plan| plan.owner.clone()),
            action: plan.map(|plan| plan.action),
            closed,
        }
    }

    /// Says who sees to it and what is done, or that nobody does.
    pub fn words(&self) -> String {
        let who = match (&self.owner, &self.action) {
            (Some(owner), Some(action)) => format!("{}: {}", Safe::new(owner), Safe::new(action)),
            _ => "nobody's yet".to_owned(),
        };
        format!("review {}, {}, due {}, {who}", self.id, self.state.word(), self.due)
    }
}

/// Gives all reviews, in the order in which they were opened, with what the causes come to before and after; those of lots
/// with what the sample found, and what later samples of the same work did.
pub(super) fn of(tx: &Tx<'_>, scene: &Scene<'_>, causes: &Causes) -> Result<Vec<Review>> {
    let mut all: Vec<Review> = Vec::new();
    for (id, record) in records(tx)? {
        let Record { opened: Some((by, key, opened_by, at)), plan: Some(plan), closed, .. } = record else {
            continue;
        };
        let [before, after] = Split::Moment(plan.since).of(Window::default());
        let (before, after) = (causes.rate(by, &key, before), causes.rate(by, &key, after));
        all.push(Review {
            id,
            by: by.word(),
            key,
            owner: Some(plan.owner),
            action: Some(plan.action),
            due: day(plan.due),
            opened_by: Some(opened_by),
            opened_at: moment::rfc3339(at),
            since: Some(moment::rfc3339(plan.since)),
            state: state_of(closed.is_some(), plan.due, causes.at),
            closed_at: closed.as_ref().map(|(at, _)| moment::rfc3339(*at)),
            why: closed.map(|(_, why)| why),
            cases: Vec::new(),
            before,
            after,
            difference: None,
            helped: Helped::Unclear,
        });
    }
    let lots = sample::rejected(tx, scene)?;
    // What later samples found is asked for where something was done before them.
    let acted_on = lots.iter().any(|of| of.review.as_ref().is_some_and(|review| review.since.is_some()));
    let samples = if acted_on { sample::results(tx, scene)? } else { Vec::new() };
    all.extend(lots.iter().filter_map(|of| of_lot(of, &samples)));
    for review in &mut all {
        review.difference = review.before.to(&review.after);
        review.helped = helped(review.difference);
    }
    all.sort_by(|a, b| (&a.opened_at, a.id).cmp(&(&b.opened_at, b.id)));
    Ok(all)
}

fn of_lot(of: &SampleResult, samples: &[SampleResult]) -> Option<Review> {
    let review = of.review.clone()?;
    let since = review.since.map(moment::rfc3339);
    let after = |other: &&SampleResult| {
        (other.of, other.unit, &other.label) == (of.of, of.unit, &of.label)
            && since.as_ref().is_some_and(|since| other.at >= *since)
    };
    let seen = |of: &SampleResult| sample::seen_of(&of.strata);
    let later: Vec<_> = samples.iter().filter(after).map(seen).collect();
    Some(Review {
        id: review.id,
        by: LOT,
        key: of.id.clone(),
        owner: review.owner,
        action: review.action,
        due: review.due,
        opened_by: None,
        opened_at: review.opened_at,
        since,
        state: review.state,
        closed_at: review.closed.as_ref().map(|(at, _)| moment::rfc3339(*at)),
        why: review.closed.map(|(_, why)| why),
        cases: of.wrong_cases.clone(),
        before: Rate::of_samples(&[seen(of)]),
        after: Rate::of_samples(&later),
        difference: None,
        helped: Helped::Unclear,
    })
}

fn helped(difference: Option<Difference>) -> Helped {
    match difference {
        Some(Difference { high, .. }) if high < 0.0 => Helped::Yes,
        Some(Difference { low, .. }) if low > 0.0 => Helped::Worse,
        _ => Helped::Unclear,
    }
}

impl Review {
    /// Says what became of the rate, in words.
    pub fn words(&self) -> String {
        let (of, none) = match self.by {
            LOT => ("read again are wrong", "nothing read again"),
            _ => ("disputes", "nothing decided"),
        };
        let rate = |rate: &Rate| match (rate.per_100, rate.low, rate.high) {
            (Some(value), Some(low), Some(high)) => {
                format!("{value:.1} of 100 {of} ({low:.1}–{high:.1}, {} of {})", rate.disputes, rate.of)
            }
            _ => none.to_owned(),
        };
        let by = match (&self.difference, self.helped) {
            (None, _) => "nothing can be said yet".to_owned(),
            (Some(of), helped) => {
                let verdict = match helped {
                    Helped::Yes => "it helped",
                    Helped::Worse => "it rose",
                    Helped::Unclear => "chance alone could have done it",
                };
                format!("{:+.1} ({:+.1} to {:+.1}): {verdict}", of.value, of.low, of.high)
            }
        };
        format!("before {}; after {}; {by}", rate(&self.before), rate(&self.after))
    }

    /// Says what the review is about.
    pub fn subject(&self) -> String {
        format!("{} {}", self.by, Safe::new(&self.key))
    }

    /// Says who sees to it.
    pub fn owner_words(&self) -> String {
        self.owner.as_ref().map_or_else(|| "nobody yet".to_owned(), |owner| Safe::new(owner).to_string())
    }

    /// Says what is done.
    pub fn action_words(&self) -> String {
        match &self.action {
            Some(action) => Safe::new(action).to_string(),
            None => "nothing yet: somebody has to take it on".to_owned(),
        }
    }
}
