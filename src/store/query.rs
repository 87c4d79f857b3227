//! What lists are made of: the queue, the log, the counters.

mod route;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rusqlite::types::Value as Sql;
use rusqlite::{OptionalExtension, params_from_iter};

use super::error::{Result, StoreError};
use super::history::stem;
use super::log::{self, Event};
use super::{Tx, claim};
use crate::domain::case::{Kind, State};
use crate::domain::image::Image;
use crate::domain::item::DisputeType;
use crate::domain::origin::Within;
use crate::domain::word::{Word, words};

pub use route::{LeftOut, Route};

/// Which cases are wanted, and in which order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QueueFilter {
    pub state: Option<State>,
    /// Cases with a dispute in this stored state, whatever the state of the case.
    pub dispute_state: Option<State>,
    pub kind: Option<Work>,
    pub dispute_type: Option<DisputeType>,
    pub label: Option<String>,
    /// What this person can do now, where nothing else says which cases are wanted.
    pub mine: bool,
    /// What `mine` comes to for whoever asks.
    pub route: Option<Route>,
    /// Cases at which this person holds a claim that runs.
    pub claimed_by: Option<String>,
    /// Cases from here alone.
    pub within: Within,
    /// What `within` comes to: the imports that brought their first reads.
    pub imports: Option<Arc<[u64]>>,
    /// Only these cases, by name, whatever their state.
    pub cases: Option<Arc<[Arc<str>]>>,
    pub aside: Box<Aside>,
    pub sort: Sort,
    pub limit: Option<u64>,
}

/// What whoever asks isn't to know of: it is neither counted nor looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Aside {
    /// Cases that stand elsewhere without it than they are stored.
    pub leave: Arc<[i64]>,
    /// Those of them that stand, without it, where cases are wanted.
    pub take: Arc<[i64]>,
    /// The disputes, by the number of their case and their name.
    pub disputes: Arc<[(i64, String)]>,
    /// Cases that are found by the label of the audit that waits alone.
    pub blind: Arc<[i64]>,
    /// Second readings that are over.
    pub over: bool,
    pub among: Among,
}

/// Of which cases a part of a list is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Among {
    #[default]
    All,
    Only(Arc<[i64]>),
    AllBut(Arc<[i64]>),
}

/// A kind of work: what a dispute is, or what has become of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    Dispute,
    Audit,
    Recheck,
    Escalated,
    Discussion,
    Returned,
    Deferred,
}

words!(Work: Dispute "dispute", Audit "audit", Recheck "recheck", Escalated "escalated", Discussion "discussion",
    Returned "returned", Deferred "deferred");

impl Work {
    /// Gives the state of the disputes that it is, where it is known by one.
    pub fn state(self) -> Option<State> {
        self.known_by().1
    }

    /// Gives the kind of dispute or the state that it is known by.
    fn known_by(self) -> (Option<Kind>, Option<State>) {
        match self {
            Work::Dispute => (Some(Kind::Dispute), None),
            Work::Audit => (Some(Kind::Audit), None),
            Work::Recheck => (Some(Kind::Recheck), None),
            Work::Escalated => (None, Some(State::Escalated)),
            Work::Discussion => (None, Some(State::Discussion)),
            Work::Returned => (None, Some(State::Returned)),
            Work::Deferred => (None, Some(State::Deferred)),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    #[default]
    Priority,
    Gap,
    Age,
    Case,
}

/// A case as the queue shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueRow {
    pub case_id: i64,
    pub case: String,
    pub state: State,
    pub kind: Option<Kind>,
    pub priority: f64,
    /// Since when it is as it is, in milliseconds since 1970 UTC.
    pub since: Option<i64>,
    /// Who holds a claim that has not ended, by slot.
    pub claimed_by: Vec<String>,
    pub disputes: Vec<QueueDispute>,
}

/// A dispute as the queue shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueDispute {
    pub id: String,
    pub kind: Kind,
    pub dispute_type: Option<DisputeType>,
    pub label: String,
    pub gap: f64,
    /// The gap for people: `3 levels`, `Dice 0.31`.
    pub words: String,
    pub state: State,
}

/// A dispute by which a case may be found.
#[derive(Debug, Clone, Copy)]
pub struct Titled<'a> {
    pub id: &'a str,
    /// It is a second reading.
    pub second: bool,
    /// It is an audit that nobody has made.
    pub awaits_audit: bool,
    /// Nobody has to do anything about it any more.
    pub done: bool,
}

/// By what of a dispute its case is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundBy {
    Nothing,
    Label,
    LabelAndType,
}

/// What of the log is wanted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LogFilter {
    pub case: Option<String>,
    pub who: Option<String>,
    /// Milliseconds since 1970 UTC.
    pub since: Option<i64>,
    /// Events with a number below this one.
    pub before: Option<u64>,
    /// Events with a number above this one.
    pub after: Option<u64>,
    /// The newest so many, still in the order of the log.
    pub limit: Option<u64>,
}

/// Gives the state of a case or dispute at a moment: undo windows end, claims put work under review.
pub fn state_now(stored: State, final_at: Option<i64>, claimed: bool, now: i64) -> State {
    match stored {
        State::Provisional if final_at.is_some_and(|at| at <= now) => State::Final,
        State::Queued | State::Deferred if claimed => State::InReview,
        other => other,
    }
}

/// Cases that nobody has to look at any more; the partial index of the queue holds the others.
const DONE: &str = "'CONCORDANT', 'PROVISIONAL', 'FINAL'";

/// States of disputes that the partial index of work set apart holds: SQLite takes it where the words are the same.
const APART: &str = "state IN ('DEFERRED', 'DISCUSSION', 'ESCALATED', 'RETURNED')";

/// Disputes that are audits which nobody has made.
const AWAITS_AUDIT: &str = "kind = 'audit' AND state = 'QUEUED' AND type IS NULL";

const QUEUE_ROW: &str = "SELECT c.id, c.name, c.state, c.kind, c.priority, c.final_at,
     (SELECT at FROM event WHERE seq = c.since) FROM \"case\" c";

/// Gives the conditions and the order of the queue, and what they are bound to.
fn queue_sql(filter: &QueueFilter, now: i64) -> (String, Vec<Sql>) {
    let mut values: Vec<Sql> = Vec::new();
    let mut bind = |value: Sql| {
        values.push(value);
        format!("?{}", values.len())
    };
    let now_at = bind(Sql::Integer(now));
    let claimed = format!("EXISTS (SELECT 1 FROM claim WHERE case_id = c.id AND {})", claim::holds(&now_at));
    let mut terms = Vec::new();
    match filter.state {
        None if filter.dispute_state.is_some() || filter.cases.is_some() => {
            terms.push("c.state IS NOT NULL".into())
        }
        None => terms.push(format!("c.state NOT IN ({DONE})")),
        Some(State::InReview) => terms.push(format!("c.state IN ('QUEUED', 'DEFERRED') AND {claimed}")),
        Some(state @ (State::Queued | State::Deferred)) => {
            terms.push(format!("c.state = {} AND NOT {claimed}", bind(Sql::Text(state.word().into()))));
        }
        Some(State::Final) => {
            terms.push(format!("(c.state = 'FINAL' OR c.state = 'PROVISIONAL' AND c.final_at <= {now_at})"));
        }
        Some(State::Provisional) => {
            terms.push(format!("c.state = 'PROVISIONAL' AND (c.final_at IS NULL OR c.final_at > {now_at})"));
        }
        Some(state) => terms.push(format!("c.state = {}", bind(Sql::Text(state.word().into())))),
    }
    if !filter.aside.leave.is_empty()
        && let Some(state) = terms.pop()
    {
        let leave = bind(Sql::Text(serde_json::Value::from(&*filter.aside.leave).to_string()));
        let kept = format!("{state} AND c.id NOT IN (SELECT value FROM json_each({leave}))");
        terms.push(match filter.aside.take.is_empty() {
            true => kept,
            false => {
                let take = bind(Sql::Text(serde_json::Value::from(&*filter.aside.take).to_string()));
                format!("({kept} OR c.id IN (SELECT value FROM json_each({take})))")
            }
        });
    }
    let by_dispute = filter.kind.is_some()
        || filter.dispute_type.is_some()
        || filter.dispute_state.is_some()
        || filter.label.is_some();
    let aside = (by_dispute && !filter.aside.disputes.is_empty()).then(|| {
        let names = filter.aside.disputes.iter().map(|(case, name)| format!("{case} {name}"));
        bind(Sql::Text(serde_json::Value::from_iter(names).to_string()))
    });
    let mut aside = aside.map_or(String::new(), |names| {
        format!(" AND case_id || ' ' || id NOT IN (SELECT value FROM json_each({names}))")
    });
    if filter.aside.over {
        aside += &format!(" AND NOT (kind <> 'dispute' AND state IN ({DONE}))");
    }
    let mut ids = |ids: &[i64]| bind(Sql::Text(serde_json::Value::from(ids).to_string()));
    match &filter.aside.among {
        Among::All => {}
        Among::Only(only) => terms.push(format!("c.id IN (SELECT value FROM json_each({}))", ids(only))),
        Among::AllBut(but) => terms.push(format!("c.id NOT IN (SELECT value FROM json_each({}))", ids(but))),
    }
    if let Some(cases) = &filter.cases {
        let names = serde_json::Value::from_iter(cases.iter().map(|name| &**name));
        let names = bind(Sql::Text(names.to_string()));
        terms.push(format!("c.name IN (SELECT value FROM json_each({names}))"));
    }
    if let Some(imports) = &filter.imports {
        let imports = bind(Sql::Text(serde_json::Value::from(&**imports).to_string()));
        terms.push(format!("coalesce(c.since, 0) IN (SELECT value FROM json_each({imports}))"));
    }
    if let Some(state) = filter.kind.and_then(|work| work.known_by().1) {
        let state = bind(Sql::Text(state.word().into()));
        terms.push(format!("c.id IN (SELECT case_id FROM dispute WHERE {APART} AND state = {state}{aside})"));
    }
    if let Some(route) = filter.routes() {
        terms.extend(route::terms(filter, route, &mut bind));
    }
    let mut dispute_terms = Vec::new();
    let wanted = [
        ("kind", filter.kind.and_then(|work| work.known_by().0).map(Word::word)),
        ("type", filter.dispute_type.map(Word::word)),
        ("state", filter.dispute_state.map(Word::word)),
    ];
    for (column, wanted) in wanted {
        if let Some(wanted) = wanted {
            dispute_terms.push(format!("d.{column} = {}", bind(Sql::Text(wanted.into()))));
        }
    }
    if let Some(label) = &filter.label {
        let at = bind(Sql::Text(label.clone()));
        dispute_terms
            .push(format!("(d.label = {at} OR instr('/' || d.label || '/', '/' || {at} || '/') > 0)"));
    }
    if (filter.label.is_some() || filter.dispute_type.is_some()) && !filter.aside.blind.is_empty() {
        let blind = bind(Sql::Text(serde_json::Value::from(&*filter.aside.blind).to_string()));
        dispute_terms
            .push(format!("(d.case_id NOT IN (SELECT value FROM json_each({blind})) OR {AWAITS_AUDIT})"));
    }
    if !dispute_terms.is_empty() {
        terms.push(format!(
            "EXISTS (SELECT 1 FROM dispute d WHERE d.case_id = c.id AND {}{})",
            dispute_terms.join(" AND "),
            aside
        ));
    }
    if let Some(who) = &filter.claimed_by {
        let who = bind(Sql::Text(who.clone()));
        terms.push(format!(
            "EXISTS (SELECT 1 FROM claim WHERE case_id = c.id AND who = {who} AND {})",
            claim::holds(&now_at)
        ));
    }
    let order = match filter.sort {
        Sort::Priority => "c.priority DESC, c.id",
        Sort::Gap => "c.gap DESC, c.id",
        Sort::Age => "c.since, c.id",
        Sort::Case => "c.name",
    };
    let limit = match filter.limit {
        Some(limit) => format!(" LIMIT {}", bind(Sql::Integer(i64::try_from(limit).unwrap_or(i64::MAX)))),
        None => String::new(),
    };
    let tail = format!("WHERE {} AND {now_at} IS NOT NULL ORDER BY {order}{limit}", terms.join(" AND "));
    (tail, values)
}

impl Tx<'_> {
    /// Lists cases with work in them, or those in one state.
    pub fn queue(&self, filter: &QueueFilter, now: i64) -> Result<Vec<QueueRow>> {
        let (tail, values) = queue_sql(filter, now);
        let mut select = self.db.prepare_cached(&format!("{QUEUE_ROW} {tail}"))?;
        let mut rows = select.query(params_from_iter(values))?;
        let mut queue = Vec::new();
        while let Some(row) = rows.next()? {
            queue.push(self.queue_row(row, now)?);
        }
        Ok(queue)
    }

    /// Gives the numbers of the cases that the queue lists, in its order.
    pub fn queue_order(&self, filter: &QueueFilter, now: i64) -> Result<Vec<i64>> {
        let (tail, values) = queue_sql(filter, now);
        let mut select = self.db.prepare_cached(&format!("SELECT c.id FROM \"case\" c {tail}"))?;
        let ids = select.query_map(params_from_iter(values), |row| row.get(0))?;
        Ok(ids.collect::<rusqlite::Result<_>>()?)
    }

    /// Gives the numbers of the cases that the queue lists, in its order, each with what they are ordered by: priority or
    /// gap, or nothing.
    pub fn queue_places(&self, filter: &QueueFilter, now: i64) -> Result<Vec<(i64, f64)>> {
        let (tail, values) = queue_sql(filter, now);
        let by = match filter.sort {
            Sort::Priority => "coalesce(c.priority, 0.0)",
            Sort::Gap => "coalesce(c.gap, 0.0)",
            Sort::Age | Sort::Case => "0.0",
        };
        let mut select = self.db.prepare_cached(&format!("SELECT c.id, {by} FROM \"case\" c {tail}"))?;
        let places = select.query_map(params_from_iter(values), |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(places.collect::<rusqlite::Result<_>>()?)
    }

    /// Counts cases that the queue lists.
    pub fn queue_count(&self, filter: &QueueFilter, now: i64) -> Result<u64> {
        let (tail, values) = queue_sql(filter, now);
        let mut select =
            self.db.prepare_cached(&format!("SELECT count(*) FROM (SELECT 1 FROM \"case\" c {tail})"))?;
        Ok(select.query_row(params_from_iter(values), |row| row.get(0))?)
    }

    /// Counts cases with work of a kind.
    pub fn work(&self, work: Work) -> Result<u64> {
        let count = |sql: String, word: &str| -> Result<u64> {
            Ok(self.db.prepare_cached(&sql)?.query_row([word], |row| row.get(0))?)
        };
        match work.known_by() {
            // What waits and is nothing else is counted by cases.
            (Some(Kind::Dispute), _) => self.counter(State::Queued.word()),
            (Some(kind), _) => count(
                format!(
                    "SELECT count(DISTINCT case_id) FROM dispute WHERE kind <> 'dispute' AND kind = ?1 AND state NOT IN ({DONE})"
                ),
                kind.word(),
            ),
            (None, state) => count(
                format!("SELECT count(DISTINCT case_id) FROM dispute WHERE {APART} AND state = ?1"),
                state.map_or("", Word::word),
            ),
        }
    }

    /// Gives the queue's rows of some cases, in the given order; what isn't there is left out.
    pub fn queue_rows(&self, case_ids: &[i64], now: i64) -> Result<Vec<QueueRow>> {
        let mut select =
            self.db.prepare_cached(&format!("{QUEUE_ROW} WHERE c.id = ?1 AND c.state IS NOT NULL"))?;
        let mut queue = Vec::new();
        for case_id in case_ids {
            let mut rows = select.query([case_id])?;
            if let Some(row) = rows.next()? {
                queue.push(self.queue_row(row, now)?);
            }
        }
        Ok(queue)
    }

    /// Gives the texts by which cases are found: name, labels and types of disputes, for each case in the given order.
    /// `shown` says of a dispute of a case what it is found by.
    pub fn titles<E: From<super::StoreError>>(
        &self,
        case_ids: &[i64],
        shown: impl Fn(i64, &Titled<'_>) -> FoundBy,
        mut each: impl FnMut(&str) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let failed = |error: rusqlite::Error| E::from(super::StoreError::from(error));
        let mut name = self.db.prepare_cached("SELECT name FROM \"case\" WHERE id = ?1").map_err(failed)?;
        let mut of = self
            .db
            .prepare_cached(&format!(
                "SELECT label, type, id, kind <> 'dispute', {AWAITS_AUDIT}, state IN ({DONE}) FROM dispute
                 WHERE case_id = ?1 ORDER BY n"
            ))
            .map_err(failed)?;
        let mut text = String::new();
        for case_id in case_ids {
            text.clear();
            let found: Option<String> =
                name.query_row([case_id], |row| row.get(0)).optional().map_err(failed)?;
            text.push_str(&found.unwrap_or_default());
            let mut rows = of.query([case_id]).map_err(failed)?;
            while let Some(row) = rows.next().map_err(failed)? {
                let label = row.get_ref(0).map_err(failed)?;
                let titled = Titled {
                    id: row.get_ref(2).map_err(failed)?.as_str().unwrap_or_default(),
                    second: row.get(3).map_err(failed)?,
                    awaits_audit: row.get::<_, Option<bool>>(4).map_err(failed)?.unwrap_or_default(),
                    done: row.get(5).map_err(failed)?,
                };
                let by = shown(*case_id, &titled);
                if by == FoundBy::Nothing {
                    continue;
                }
                text.push(' ');
                text.push_str(label.as_str().unwrap_or_default());
                if let (FoundBy::LabelAndType, Ok(kind)) = (by, row.get_ref(1).map_err(failed)?.as_str()) {
                    text.push(' ');
                    text.push_str(kind);
                }
            }
            each(&text)?;
        }
        Ok(())
    }

    /// Gives how many claims run, of whoever.
    pub fn claims_running(&self, now: i64) -> Result<u64> {
        let sql = format!("SELECT count(DISTINCT case_id) FROM claim WHERE {}", claim::holds("?1"));
        Ok(self.db.prepare_cached(&sql)?.query_row([now], |row| row.get(0))?)
    }

    /// Gives how many events of one action a person made since a moment. Walks back from the log's end, so that it
    /// costs what was written since.
    pub fn acts_since(&self, who: &str, action: &str, since: i64) -> Result<u64> {
        let mut select = self.db.prepare_cached("SELECT at, who, action FROM event ORDER BY seq DESC")?;
        let mut rows = select.query([])?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            if row.get::<_, i64>(0)? < since {
                break;
            }
            count += u64::from(row.get_ref(1)?.as_str() == Ok(who) && row.get_ref(2)?.as_str() == Ok(action));
        }
        Ok(count)
    }

    /// Gives the case and dispute of a person's newest acts that answered something, the newest first: at most so many.
    pub fn answered_last(&self, who: &str, actions: &[&str], limit: usize) -> Result<Vec<(String, String)>> {
        let mut select = self
            .db
            .prepare_cached("SELECT case_name, object, action FROM event WHERE who = ?1 AND object IS NOT NULL ORDER BY seq DESC")?;
        let mut rows = select.query([who])?;
        let mut found: Vec<(String, String)> = Vec::new();
        while let Some(row) = rows.next()? {
            if !actions.contains(&row.get_ref(2)?.as_str().unwrap_or_default()) {
                continue;
            }
            let at = (row.get::<_, Option<String>>(0)?.unwrap_or_default(), row.get(1)?);
            if !found.contains(&at) {
                found.push(at);
            }
            if found.len() >= limit {
                break;
            }
        }
        Ok(found)
    }

    /// Gives the cases with a second reading that somebody has yet to do something about.
    pub fn read_again(&self) -> Result<Vec<i64>> {
        let mut select = self.db.prepare_cached(&format!(
            // Named, since SQLite would rather go through all disputes in the order of their cases.
            "SELECT DISTINCT case_id FROM dispute INDEXED BY dispute_again
             WHERE kind <> 'dispute' AND state NOT IN ({DONE})"
        ))?;
        let ids = select.query_map([], |row| row.get(0))?;
        Ok(ids.collect::<rusqlite::Result<_>>()?)
    }

    /// Gives the cases of which an audit waits that nobody has made.
    pub fn awaiting_audit(&self) -> Result<Vec<i64>> {
        let mut select = self.db.prepare_cached(&format!(
            "SELECT DISTINCT case_id FROM dispute INDEXED BY dispute_again WHERE kind <> 'dispute' AND {AWAITS_AUDIT}"
        ))?;
        let ids = select.query_map([], |row| row.get(0))?;
        Ok(ids.collect::<rusqlite::Result<_>>()?)
    }

    /// Gives the cases of which a second reading was contested, whether it is over or not.
    pub fn contested_ids(&self) -> Result<Vec<i64>> {
        let mut select = self.db.prepare_cached(
            "SELECT DISTINCT case_id FROM dispute INDEXED BY dispute_again
             WHERE kind <> 'dispute' AND type IS NOT NULL",
        )?;
        let ids = select.query_map([], |row| row.get(0))?;
        Ok(ids.collect::<rusqlite::Result<_>>()?)
    }

    /// Gives the names of the cases of which a second reading found something else, or is a decision made again: in no other
    /// can one have found an error.
    pub fn contested(&self) -> Result<HashSet<String>> {
        let mut select = self.db.prepare_cached(
            "SELECT DISTINCT c.name FROM dispute d INDEXED BY dispute_again CROSS JOIN \"case\" c ON c.id = d.case_id
             WHERE d.kind <> 'dispute' AND d.type IS NOT NULL",
        )?;
        let names = select.query_map([], |row| row.get(0))?;
        Ok(names.collect::<rusqlite::Result<_>>()?)
    }

    /// Gives the events of one action that concern the project and no case, in the order of the log.
    pub fn of_project(&self, action: &str) -> Result<Vec<Event>> {
        let mut select = self.db.prepare_cached(&format!(
            "SELECT {} FROM event WHERE action = ?1 AND case_name IS NULL ORDER BY seq",
            log::COLUMNS
        ))?;
        let events = select.query_map([action], Event::from_row)?;
        Ok(events.collect::<rusqlite::Result<_>>()?)
    }

    /// Counts these.
    pub fn count_of_project(&self, action: &str) -> Result<u64> {
        let mut count =
            self.db.prepare_cached("SELECT count(*) FROM event WHERE action = ?1 AND case_name IS NULL")?;
        Ok(count.query_row([action], |row| row.get(0))?)
    }

    /// Gives every reader of whom anything came in, by name.
    pub fn reader_names(&self) -> Result<Vec<String>> {
        let mut select = self.db.prepare_cached("SELECT name FROM reader ORDER BY name")?;
        let names = select.query_map([], |row| row.get(0))?;
        Ok(names.collect::<rusqlite::Result<_>>()?)
    }

    /// Gives every label that somebody used, by name.
    pub fn label_names(&self) -> Result<Vec<String>> {
        let mut select = self.db.prepare_cached("SELECT name FROM label ORDER BY name")?;
        let names = select.query_map([], |row| row.get(0))?;
        Ok(names.collect::<rusqlite::Result<_>>()?)
    }

    fn queue_row(&self, row: &rusqlite::Row<'_>, now: i64) -> Result<QueueRow> {
        let case_id: i64 = row.get(0)?;
        let claimed_by: Vec<String> = self
            .claims(case_id)?
            .into_iter()
            .filter(|claim| claim.holds(now))
            .map(|claim| claim.who)
            .collect();
        let stored = from_word(&row.get::<_, String>(2)?)?;
        Ok(QueueRow {
            case_id,
            case: row.get(1)?,
            state: state_now(stored, row.get(5)?, !claimed_by.is_empty(), now),
            kind: row.get::<_, Option<String>>(3)?.as_deref().map(from_word).transpose()?,
            priority: row.get::<_, Option<f64>>(4)?.unwrap_or(0.0),
            since: row.get(6)?,
            disputes: self.disputes(case_id, now, !claimed_by.is_empty())?,
            claimed_by,
        })
    }

    fn disputes(&self, case_id: i64, now: i64, claimed: bool) -> Result<Vec<QueueDispute>> {
        let mut select = self.db.prepare_cached(
            "SELECT id, kind, type, label, gap, words, state, final_at FROM dispute WHERE case_id = ?1 ORDER BY n",
        )?;
        let mut rows = select.query([case_id])?;
        let mut disputes = Vec::new();
        while let Some(row) = rows.next()? {
            let stored = from_word(&row.get::<_, String>(6)?)?;
            disputes.push(QueueDispute {
                id: row.get(0)?,
                kind: from_word(&row.get::<_, String>(1)?)?,
                dispute_type: row.get::<_, Option<String>>(2)?.as_deref().map(from_word).transpose()?,
                label: row.get(3)?,
                gap: row.get(4)?,
                words: row.get(5)?,
                state: state_now(stored, row.get(7)?, claimed, now),
            });
        }
        Ok(disputes)
    }

    /// Gives each event that is wanted, in the order of the log.
    pub fn log<E: From<super::StoreError>>(
        &self,
        filter: &LogFilter,
        mut each: impl FnMut(Event) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let mut values: Vec<Sql> = Vec::new();
        let mut terms = vec!["1".to_owned()];
        let wanted = [
            ("case_name =", filter.case.clone().map(Sql::Text)),
            ("who =", filter.who.clone().map(Sql::Text)),
            ("at >=", filter.since.map(Sql::Integer)),
            ("seq <", filter.before.map(|seq| Sql::Integer(i64::try_from(seq).unwrap_or(i64::MAX)))),
            ("seq >", filter.after.map(|seq| Sql::Integer(i64::try_from(seq).unwrap_or(i64::MAX)))),
        ];
        for (term, value) in wanted {
            if let Some(value) = value {
                values.push(value);
                terms.push(format!("{term} ?{}", values.len()));
            }
        }
        let newest = match filter.limit {
            Some(limit) => {
                values.push(Sql::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
                format!(" ORDER BY seq DESC LIMIT ?{}", values.len())
            }
            None => String::new(),
        };
        let sql = format!(
            "SELECT {} FROM (SELECT * FROM event WHERE {}{newest}) ORDER BY seq",
            log::COLUMNS,
            terms.join(" AND ")
        );
        let failed = |error: rusqlite::Error| E::from(super::StoreError::from(error));
        let mut select = self.db.prepare_cached(&sql).map_err(failed)?;
        let mut rows = select.query(params_from_iter(values)).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            each(Event::from_row(row).map_err(failed)?)?;
        }
        Ok(())
    }

    /// Gives a maintained counter, such as how many cases are in a state.
    pub fn counter(&self, name: &str) -> Result<u64> {
        Ok(self
            .db
            .prepare_cached("SELECT n FROM counter WHERE name = ?1")?
            .query_row([name], |row| row.get(0))
            .optional()?
            .unwrap_or(0))
    }

    /// Gives the numbers of all cases that triage has seen, from `after` on, in their order.
    pub fn case_ids(&self, after: i64, limit: u32) -> Result<Vec<i64>> {
        let mut select = self.db.prepare_cached(
            "SELECT id FROM \"case\" WHERE id > ?1 AND state IS NOT NULL ORDER BY id LIMIT ?2",
        )?;
        let ids = select.query_map((after, limit), |row| row.get(0))?;
        Ok(ids.collect::<rusqlite::Result<_>>()?)
    }

    /// Gives the locators under which an image was indexed, the newest first.
    pub fn locators(&self, uid: &str) -> Result<Vec<String>> {
        let mut select =
            self.db.prepare_cached("SELECT locator FROM image WHERE uid = ?1 ORDER BY id DESC")?;
        let locators = select.query_map([uid], |row| row.get(0))?;
        Ok(locators.collect::<rusqlite::Result<_>>()?)
    }

    /// Gives the hashes of the pixels of all images, each with the first image that had them.
    pub fn images_by_pixels(&self) -> Result<HashMap<String, String>> {
        let mut select = self.db.prepare_cached(
            "SELECT json_extract(header, '$.quality.pixels'), uid FROM image
             WHERE json_extract(header, '$.quality.pixels') IS NOT NULL
               AND (SELECT seq FROM import WHERE id = image.id >> 32) IS NOT NULL ORDER BY id DESC",
        )?;
        // Of several with the same the first comes last, and stays.
        let pairs = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(pairs.collect::<rusqlite::Result<_>>()?)
    }

    /// Counts the images that were indexed before anybody looked at pixels.
    pub fn images_without_quality(&self) -> Result<u64> {
        let sql = "SELECT count(*) FROM image WHERE json_extract(header, '$.quality') IS NULL
                   AND (SELECT seq FROM import WHERE id = image.id >> 32) IS NOT NULL";
        Ok(self.db.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
    }

    /// Gives the images that no case is made of.
    pub fn images_without_case(&self) -> Result<Vec<Image>> {
        let mut select = self.db.prepare_cached(
            "SELECT header FROM image i WHERE NOT EXISTS (
               SELECT 1 FROM \"case\" c WHERE c.name IN (i.uid, i.stem, i.series, i.study,
                 replace(i.locator, rtrim(i.locator, replace(i.locator, '/', '')), '')) AND c.state IS NOT NULL)
             ORDER BY uid",
        )?;
        let headers = select.query_map([], |row| row.get::<_, String>(0))?;
        headers
            .map(|header| {
                serde_json::from_str(&header?)
                    .map_err(|_| StoreError::Damaged("the header of an image can't be read back".into()))
            })
            .collect()
    }

    /// Tells whether no image is indexed at all.
    pub fn has_no_images(&self) -> Result<bool> {
        Ok(!self.db.prepare_cached("SELECT 1 FROM image LIMIT 1")?.exists([])?)
    }

    /// Tells whether any image is that of a case with this name.
    pub fn case_has_image(&self, case: &str) -> Result<bool> {
        let sql = "SELECT 1 FROM image WHERE uid = ?1 UNION ALL SELECT 1 FROM image WHERE stem = ?1
                   UNION ALL SELECT 1 FROM image WHERE series = ?1 UNION ALL SELECT 1 FROM image WHERE study = ?1
                   UNION ALL SELECT 1 FROM image WHERE stem = ?2 AND substr(locator, -length(?1) - 1) = '/' || ?1";
        Ok(self.db.prepare_cached(sql)?.exists([case, stem(case)])?)
    }

    /// Finds cases whose name ends as given, for those who type the end of a long UID.
    pub fn cases_ending(&self, end: &str, limit: u32) -> Result<Vec<String>> {
        let mut select = self.db.prepare_cached(
            "SELECT name FROM \"case\" WHERE substr(name, -length(?1)) = ?1 AND state IS NOT NULL LIMIT ?2",
        )?;
        let names = select.query_map((end, limit), |row| row.get(0))?;
        Ok(names.collect::<rusqlite::Result<_>>()?)
    }
}

/// Reads the word that a table holds.
pub(crate) fn from_word<T: Word>(word: &str) -> Result<T> {
    T::from_word(word)
        .ok_or_else(|| super::StoreError::Damaged(format!("a case holds the unknown word {word:?}")))
}
