//! The decisions whose root causes count, one row each: what a case's history comes to, written down beside its disputes,
//! so that a chart of a whole project reads a table and derives no case.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use rusqlite::types::ValueRef;
use rusqlite::{Row, params};

use super::Tx;
use super::error::{Result, StoreError};
use super::log::{self, Event};
use super::project::{CaseRow, maybe_word};
use crate::domain::case::causes::{Account, Counted};
use crate::domain::case::{Case, CaseItem};
use crate::domain::item::DisputeType;
use crate::domain::origin::Origin;
use crate::domain::word::Word;

/// A decision, as far as its causes need it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settled {
    /// The decision's number in the log.
    pub seq: u64,
    pub dispute: String,
    pub label: String,
    pub dispute_type: Option<DisputeType>,
    /// It answers the dispute; else it sent a read back.
    pub answers: bool,
    /// When the dispute was settled by it and those that it agrees with, or a read sent back: milliseconds since 1970 UTC.
    pub at: i64,
    pub who: String,
    /// Version of the charter that this was done under.
    pub charter: u32,
    pub clause: Option<String>,
    /// Of the case's images.
    pub modality: Option<String>,
    pub causes: Arc<[Counted]>,
    /// What the decision wants changed in the guideline, as JSON.
    pub wish: Option<String>,
}

/// Gives the rows of a case, in the order of the log.
pub(crate) fn of(case: &Case) -> Vec<Settled> {
    let items = || case.items.iter().chain(&case.gone).filter(|item| !item.decisions.is_empty());
    if items().next().is_none() {
        return Vec::new();
    }
    let modalities: BTreeSet<&str> =
        case.images.iter().filter_map(|image| image.modality.as_deref()).collect();
    let modality = modalities.into_iter().collect::<Vec<_>>().join("/");
    let row = |item: &CaseItem, account: Account<'_>| {
        let Account { decided, decision, causes, at, charter } = account;
        let wish = decision.ambiguity.as_ref().and_then(|block| block.guideline.as_ref());
        Settled {
            seq: decided.seq,
            dispute: item.id.clone(),
            label: item.item.labels.join("/"),
            dispute_type: item.item.difference.as_ref().map(|difference| difference.kind),
            answers: !decided.is_sent_back(),
            at,
            who: decided.who.clone(),
            charter,
            clause: decision.clause.clone(),
            modality: Some(modality.clone()).filter(|modality| !modality.is_empty()),
            causes: causes.into(),
            wish: wish.filter(|wish| !wish.is_null()).map(ToString::to_string),
        }
    };
    let mut rows: Vec<Settled> = items()
        .flat_map(|item| item.accounts().into_iter().map(move |account| (item, account)))
        .map(|(item, account)| row(item, account))
        .collect();
    rows.sort_by_key(|row| row.seq);
    rows
}

const COLUMNS: &str =
    "seq, dispute, label, s.type, answers, at, who, charter, clause, modality, causes, wish";

impl Tx<'_> {
    pub(super) fn put_settled(&self, case_id: i64, rows: &[Settled], before: bool) -> Result<()> {
        if before || !rows.is_empty() {
            self.db.prepare_cached("DELETE FROM settled WHERE case_id = ?1")?.execute([case_id])?;
        }
        let mut insert = self.db.prepare_cached(
            "INSERT INTO settled VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?;
        for row in rows {
            let causes = serde_json::to_string(&*row.causes).unwrap_or_default();
            insert.execute(params![
                case_id,
                row.seq,
                row.dispute,
                row.label,
                row.dispute_type.map(Word::word),
                row.answers,
                row.at,
                row.who,
                row.charter,
                row.clause,
                row.modality,
                (!row.causes.is_empty()).then_some(causes),
                row.wish,
            ])?;
        }
        Ok(())
    }

    /// Adds what was settled to the cases of which `asked` lists the numbers.
    pub(super) fn settled_of(&self, asked: &str, cases: &mut [Option<CaseRow>]) -> Result<()> {
        let sql = format!(
            "SELECT asked.key, {COLUMNS} FROM json_each(?1) asked CROSS JOIN settled s ON s.case_id = asked.value
             ORDER BY asked.key, seq"
        );
        let mut reading = Reading::default();
        self.of_each(&sql, asked, cases, |case, row| {
            if let Some(case) = case {
                case.settled.push(reading.next(row, 1)?.clone());
            }
            Ok(())
        })
    }

    /// Gives every decision whose causes count, with the name of its case and where that came from, in the order of
    /// the cases.
    pub fn settled(&self, mut each: impl FnMut(&str, &Origin, &Settled)) -> Result<()> {
        // CROSS JOIN keeps SQLite to the order of the table, in which nothing has to be sorted.
        let sql = format!(
            "SELECT c.name, c.since, {COLUMNS} FROM settled s CROSS JOIN \"case\" c ON c.id = s.case_id ORDER BY case_id, seq"
        );
        let origins = self.origins()?;
        let mut select = self.db.prepare_cached(&sql)?;
        let mut rows = select.query([])?;
        let mut reading = Reading::default();
        while let Some(row) = rows.next()? {
            let since: Option<u64> = row.get(1)?;
            each(row.get_ref(0)?.as_str().unwrap_or_default(), origins.of(since), reading.next(row, 2)?);
        }
        Ok(())
    }

    /// Gives the events of reviews, in the order of the log.
    pub fn reviews(&self) -> Result<Vec<Event>> {
        // The words of the index, so that a log of a million events is not read for a few.
        let sql = format!(
            "SELECT {} FROM event WHERE action = 'review' AND outcome = 'ok' ORDER BY seq",
            log::COLUMNS
        );
        let mut select = self.db.prepare_cached(&sql)?;
        let events = select.query_map([], Event::from_row)?;
        Ok(events.collect::<rusqlite::Result<_>>()?)
    }
}

/// Decisions while they are read, each into the place of the one before: there are millions of them, and few that name
/// causes which none before has named.
#[derive(Default)]
struct Reading {
    row: Settled,
    causes: HashMap<String, Arc<[Counted]>>,
}

impl Reading {
    /// Reads the columns of a decision, of which the first is at `first`.
    fn next(&mut self, row: &Row<'_>, first: usize) -> Result<&Settled> {
        let to = &mut self.row;
        to.seq = row.get(first)?;
        text(row, first + 1, &mut to.dispute)?;
        text(row, first + 2, &mut to.label)?;
        to.dispute_type = maybe_word(row, first + 3)?;
        to.answers = row.get(first + 4)?;
        to.at = row.get(first + 5)?;
        text(row, first + 6, &mut to.who)?;
        to.charter = row.get(first + 7)?;
        maybe_text(row, first + 8, &mut to.clause)?;
        maybe_text(row, first + 9, &mut to.modality)?;
        to.causes = match words(row, first + 10)? {
            None => Arc::default(),
            Some(words) => match self.causes.get(words) {
                Some(known) => Arc::clone(known),
                None => {
                    let read: Vec<Counted> = serde_json::from_str(words).map_err(|_| {
                        StoreError::Damaged("the causes of a decision can't be read back".into())
                    })?;
                    Arc::clone(self.causes.entry(words.to_owned()).or_insert(read.into()))
                }
            },
        };
        maybe_text(row, first + 11, &mut to.wish)?;
        Ok(&self.row)
    }
}

fn words<'a>(row: &'a Row<'_>, at: usize) -> Result<Option<&'a str>> {
    match row.get_ref(at)? {
        ValueRef::Null => Ok(None),
        value => match value.as_str() {
            Ok(words) => Ok(Some(words)),
            Err(_) => Err(StoreError::Damaged("a row of a decision can't be read back".into())),
        },
    }
}

fn text(row: &Row<'_>, at: usize, to: &mut String) -> Result<()> {
    words(row, at)?.unwrap_or_default().clone_into(to);
    Ok(())
}

fn maybe_text(row: &Row<'_>, at: usize, to: &mut Option<String>) -> Result<()> {
    match words(row, at)? {
        None => *to = None,
        Some(words) => words.clone_into(to.get_or_insert_default()),
    }
    Ok(())
}
