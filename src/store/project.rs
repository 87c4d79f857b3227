//! The tables that serve the queue: what a case's history comes to, written down. The same rows come from the live
//! path, from triage after an import, and from the replay that `verify` makes.

use std::collections::{BTreeMap, HashSet};
use std::sync::mpsc::sync_channel;

use rayon::prelude::*;
use rusqlite::{OptionalExtension, Row, params};

use super::error::{Result, StoreError};
use super::history::json_list;
use super::query::{QueueDispute, from_word};
use super::settled::{self, Settled};
use super::stage::range;
use super::{Stopwatch, Store, Tx};
use crate::domain::case::{self, Case, History, Kind, Protocol, State};
use crate::domain::charter::Unit;
use crate::domain::word::Word;

/// What the tables hold of one case.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CaseRow {
    pub state: State,
    pub kind: Option<Kind>,
    pub priority: f64,
    /// The largest of its disputes, on the scale of 0 to 1 that types share.
    pub gap: f64,
    /// Number of the first import that speaks of it.
    pub since: Option<u64>,
    pub final_at: Option<i64>,
    pub disputes: Vec<DisputeRow>,
    /// Decisions whose root causes count.
    pub settled: Vec<Settled>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DisputeRow {
    pub shown: QueueDispute,
    pub final_at: Option<i64>,
}

impl CaseRow {
    /// Derives the rows of a case from its history.
    pub(crate) fn derive(protocol: &Protocol, history: &History) -> CaseRow {
        CaseRow::of(&case::derive(protocol, history), history)
    }

    /// Takes the rows of a case that was derived from this history.
    fn of(case: &Case, history: &History) -> CaseRow {
        let disputed = || case.disputes();
        let disputes = disputed()
            .map(|item| {
                let difference = item.item.difference.as_ref();
                DisputeRow {
                    shown: QueueDispute {
                        id: item.id.clone(),
                        kind: item.kind,
                        dispute_type: difference.map(|difference| difference.kind),
                        label: item.item.labels.join("/"),
                        gap: difference.map_or(0.0, |difference| difference.gap),
                        words: match difference.map(|difference| difference.text.clone()).unwrap_or_default()
                        {
                            words if item.is_corrected() => format!("corrected, {words}"),
                            words => words,
                        },
                        state: item.state,
                    },
                    final_at: item.final_at,
                }
            })
            .collect();
        let provisional = || disputed().filter(|item| item.state == State::Provisional);
        CaseRow {
            state: case.state,
            kind: disputed().map(|item| item.kind).max(),
            priority: case.priority,
            gap: disputed()
                .filter_map(|item| item.item.difference.as_ref())
                .map(|d| d.weight)
                .fold(0.0, f64::max),
            since: history.imports.first().map(|imported| imported.seq),
            // Final when the last of its disputes is, and never by itself where one is finalised by hand.
            final_at: match provisional().all(|item| item.final_at.is_some()) {
                true => provisional().filter_map(|item| item.final_at).max(),
                false => None,
            },
            disputes,
            settled: settled::of(case),
        }
    }
}

/// How many cases came into each state, and left it.
type Moved = BTreeMap<String, i64>;

/// What waits for triage: the cases of an import from one of its rows on, or all cases from one number on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Waiting {
    seq: u64,
    import: Option<i64>,
    next: i64,
}

/// Cases that were derived together.
struct Batch {
    waiting: Waiting,
    /// Where to go on after them; none where nothing is left.
    next: Option<i64>,
    /// The last event that they were derived from.
    head: u64,
    derived: Vec<(i64, CaseRow)>,
}

const CASES: &str = "SELECT asked.key, state, kind, priority, gap, since, final_at
                     FROM json_each(?1) asked CROSS JOIN \"case\" c ON c.id = asked.value WHERE state IS NOT NULL";
const DISPUTES: &str = "SELECT asked.key, d.id, kind, d.type, label, gap, words, state, final_at
                        FROM json_each(?1) asked CROSS JOIN dispute d ON d.case_id = asked.value
                        ORDER BY asked.key, n";

/// Cases that one batch derives: a few milliseconds of work, and of lock.
const CHUNK: u32 = 1500;
/// Batches that may wait to be written.
const AHEAD: usize = 2;

impl Store {
    /// Derives every case that an import or a charter put into triage, in transactions of some 20 ms. What another
    /// process left behind is done too.
    pub fn triage(&mut self, mut progress: impl FnMut(u64)) -> Result<()> {
        if self.read_only || !self.has_triage()? {
            return Ok(());
        }
        let mut cases = 0;
        let mut written = |store: &mut Store, batch: &Batch| {
            cases += batch.derived.len() as u64;
            progress(cases);
            store.write_batch(batch)
        };
        if self.is_in_memory() {
            let mut batches = Vec::new();
            self.derive_batches(|batch| {
                batches.push(batch);
                true
            })?;
            return batches.iter().try_for_each(|batch| written(self, batch));
        }
        // Reading and deriving take the longest: they are done on a connection of their own, without the lock, while
        // the batch before is written.
        let path = self.path.clone();
        let (to_writer, batches) = sync_channel::<Batch>(AHEAD);
        std::thread::scope(|scope| {
            let reader = scope.spawn(move || {
                Store::open_unchecked(&path, true)?.derive_batches(|batch| to_writer.send(batch).is_ok())
            });
            let done = batches.iter().try_for_each(|batch| written(self, &batch));
            // The reader stops at its next batch once nobody takes them.
            drop(batches);
            let read = reader.join();
            done?;
            read.unwrap_or_else(|_| Err(StoreError::Damaged("deriving the cases failed".into())))
        })
    }

    /// Tells whether cases wait for triage.
    pub fn has_triage(&self) -> Result<bool> {
        self.read(|tx| Ok(tx.waiting(0)?.is_some()))
    }

    /// Derives what waits, batch by batch, until nothing is left or nobody takes it.
    fn derive_batches(&self, mut take: impl FnMut(Batch) -> bool) -> Result<()> {
        let mut waiting = self.read(|tx| tx.waiting(0))?;
        let mut seen = HashSet::new();
        while let Some(now) = waiting {
            let batch = self.read(|tx| tx.derive_batch(now, &mut seen))?;
            waiting = match batch.next {
                Some(next) => Some(Waiting { next, ..now }),
                None => {
                    seen.clear();
                    self.read(|tx| tx.waiting(now.seq))?
                }
            };
            if !take(batch) {
                break;
            }
        }
        Ok(())
    }

    fn write_batch(&mut self, batch: &Batch) -> Result<()> {
        let mut rest = batch.derived.iter();
        while rest.len() > 0 {
            self.write(|tx| -> Result<()> {
                let watch = Stopwatch::start();
                let since = tx.happened_since(batch.head)?;
                let mut moved = Moved::default();
                for (id, row) in rest.by_ref() {
                    match &since {
                        Since::Acts(ids) if !ids.contains(id) => tx.put_case(*id, row, &mut moved)?,
                        // What was derived without what happened meanwhile must not replace what came of it.
                        _ => {
                            let protocol = tx.setup()?.protocol;
                            tx.put_case(
                                *id,
                                &CaseRow::derive(&protocol, &tx.history(*id, unit(&protocol))?),
                                &mut moved,
                            )?;
                        }
                    }
                    if watch.is_over() {
                        break;
                    }
                }
                tx.count(&moved)
            })?;
        }
        self.write(|tx| tx.advance(batch.waiting, batch.next))
    }
}

/// What one case is, by the charter that holds now.
fn unit(protocol: &Protocol) -> Unit {
    protocol.charters.last().map_or(Unit::Image, |version| version.charter.reads.unit)
}

/// What came into the log after a batch was derived.
enum Since {
    /// Acts on these cases.
    Acts(HashSet<i64>),
    /// Reads, images or a charter: any case may stand otherwise.
    Anything,
}

impl Tx<'_> {
    /// Puts all cases into triage, as of the event `seq`.
    pub fn retriage_all(&self, seq: u64) -> Result<()> {
        self.db.execute("INSERT INTO triage VALUES (?1, NULL, 0)", [seq])?;
        Ok(())
    }

    /// Writes what a case has come to.
    pub fn project(&self, case_id: i64, case: &Case, history: &History) -> Result<()> {
        let mut moved = Moved::default();
        self.put_case(case_id, &CaseRow::of(case, history), &mut moved)?;
        self.count(&moved)
    }

    /// Gives the first that waits of those after an event.
    fn waiting(&self, after: u64) -> Result<Option<Waiting>> {
        Ok(self
            .db
            .prepare_cached("SELECT seq, import_id, next FROM triage WHERE seq > ?1 ORDER BY seq LIMIT 1")?
            .query_row([after], |row| {
                Ok(Waiting { seq: row.get(0)?, import: row.get(1)?, next: row.get(2)? })
            })
            .optional()?)
    }

    /// Derives the next cases; those in `seen` were derived before, from the same import.
    fn derive_batch(&self, waiting: Waiting, seen: &mut HashSet<i64>) -> Result<Batch> {
        let protocol = self.setup()?.protocol;
        let (next, mut ids) = self.waiting_cases(waiting)?;
        let (head, _) = self.head()?;
        ids.retain(|id| seen.insert(*id));
        let known = self.known()?;
        let histories = self.histories(&ids, unit(&protocol), known)?;
        let pairs = ids.par_iter().zip(&histories);
        let derived = pairs.map(|(id, history)| (*id, CaseRow::derive(&protocol, history))).collect();
        Ok(Batch { waiting, next, head, derived })
    }

    /// Gives the next cases, and where to go on after them: none where nothing is left.
    fn waiting_cases(&self, waiting: Waiting) -> Result<(Option<i64>, Vec<i64>)> {
        let Some(import) = waiting.import else {
            let ids: Vec<i64> = self.case_ids(waiting.next, CHUNK)?;
            return Ok((ids.last().copied(), ids));
        };
        let (_, last) = range(import);
        let mut ids = Vec::new();
        let mut next = None;
        let mut select = self.db.prepare_cached(
            "SELECT id, case_id FROM finding WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3",
        )?;
        let mut rows = select.query((waiting.next, last, CHUNK * 3))?;
        while let Some(row) = rows.next()? {
            next = Some(row.get::<_, i64>(0)? + 1);
            let case_id: i64 = row.get(1)?;
            if ids.last() != Some(&case_id) {
                ids.push(case_id);
            }
        }
        // An import holds findings or images, never both.
        let upto: Option<i64> = self
            .db
            .prepare_cached(
                "SELECT max(id) FROM (SELECT id FROM image WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3)",
            )?
            .query_row((waiting.next, last, CHUNK), |row| row.get(0))?;
        if let Some(upto) = upto {
            next = Some(upto + 1);
            let mut select = self.db.prepare_cached(
                // What is taken from the locator is the name of the file.
                "SELECT DISTINCT c.id FROM image i JOIN \"case\" c ON c.name IN (i.uid, i.stem, i.series, i.study,
                   replace(i.locator, rtrim(i.locator, replace(i.locator, '/', '')), ''))
                 WHERE i.id BETWEEN ?1 AND ?2 AND c.state IS NOT NULL",
            )?;
            let cases = select.query_map((waiting.next, upto), |row| row.get(0))?;
            ids.extend(cases.collect::<rusqlite::Result<Vec<i64>>>()?);
        }
        Ok((next, ids))
    }

    fn advance(&self, waiting: Waiting, next: Option<i64>) -> Result<()> {
        // Another process may have done the same batch: whoever is ahead stays ahead.
        match next {
            Some(next) => self
                .db
                .prepare_cached("UPDATE triage SET next = ?2 WHERE seq = ?1 AND next < ?2")?
                .execute(params![waiting.seq, next])?,
            None => self.db.prepare_cached("DELETE FROM triage WHERE seq = ?1")?.execute([waiting.seq])?,
        };
        Ok(())
    }

    fn happened_since(&self, head: u64) -> Result<Since> {
        let (last, _) = self.head()?;
        if last == head {
            return Ok(Since::Acts(HashSet::new()));
        }
        let mut anything = self
            .db
            .prepare_cached("SELECT 1 FROM event WHERE seq > ?1 AND action IN ('import', 'charter')")?;
        if anything.exists([head])? {
            return Ok(Since::Anything);
        }
        let mut select = self.db.prepare_cached(
            "SELECT c.id FROM event e JOIN \"case\" c ON c.name = e.case_name WHERE e.seq > ?1 AND e.case_name IS NOT NULL",
        )?;
        let ids = select.query_map([head], |row| row.get(0))?;
        Ok(Since::Acts(ids.collect::<rusqlite::Result<_>>()?))
    }

    /// Tells whether what the tables hold of a case is out of date because its triage is still to come.
    pub(crate) fn awaits_triage(&self, case_id: i64) -> Result<bool> {
        let mut select = self.db.prepare_cached("SELECT import_id, next FROM triage")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let next: i64 = row.get(1)?;
            let Some(import) = row.get::<_, Option<i64>>(0)? else {
                if case_id > next {
                    return Ok(true);
                }
                continue;
            };
            let mut of_case = self
                .db
                .prepare_cached("SELECT 1 FROM finding WHERE case_id = ?1 AND id BETWEEN ?2 AND ?3")?;
            let (_, last) = range(import);
            let is_image = || -> Result<bool> {
                Ok(self
                    .db
                    .prepare_cached("SELECT 1 FROM image WHERE id BETWEEN ?1 AND ?2")?
                    .exists((next, last))?)
            };
            if of_case.exists((case_id, next, last))? || is_image()? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn put_case(&self, case_id: i64, row: &CaseRow, moved: &mut Moved) -> Result<()> {
        let before: Option<String> = self
            .db
            .prepare_cached("SELECT state FROM \"case\" WHERE id = ?1")?
            .query_row([case_id], |row| row.get(0))
            .optional()?
            .flatten();
        let state = row.state.word();
        self.db
            .prepare_cached(
                "UPDATE \"case\" SET state = ?2, kind = ?3, priority = ?4, gap = ?5, since = ?6, final_at = ?7 WHERE id = ?1",
            )?
            .execute(params![case_id, state, row.kind.map(Word::word), row.priority, row.gap, row.since, row.final_at])?;
        if before.is_some() {
            self.db.prepare_cached("DELETE FROM dispute WHERE case_id = ?1")?.execute([case_id])?;
        }
        let mut insert =
            self.db.prepare_cached("INSERT INTO dispute VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")?;
        for (n, dispute) in row.disputes.iter().enumerate() {
            let shown = &dispute.shown;
            insert.execute(params![
                case_id,
                n as i64,
                shown.id,
                shown.kind.word(),
                shown.dispute_type.map(Word::word),
                shown.label,
                shown.gap,
                shown.words,
                shown.state.word(),
                dispute.final_at,
            ])?;
        }
        self.put_settled(case_id, &row.settled, before.is_some())?;
        if before.as_deref() != Some(state) {
            *moved.entry(state.to_owned()).or_default() += 1;
            if let Some(before) = before {
                *moved.entry(before).or_default() -= 1;
            }
        }
        Ok(())
    }

    fn count(&self, moved: &Moved) -> Result<()> {
        let mut add = self.db.prepare_cached(
            "INSERT INTO counter VALUES (?1, ?2) ON CONFLICT(name) DO UPDATE SET n = n + ?2",
        )?;
        for (state, by) in moved {
            add.execute(params![state, by])?;
        }
        Ok(())
    }

    /// Reads what the tables hold of cases, in the order in which they are asked for: none where triage has not seen
    /// one yet.
    pub(crate) fn stored_cases(&self, ids: &[i64]) -> Result<Vec<Option<CaseRow>>> {
        let asked = json_list(ids);
        let mut cases: Vec<Option<CaseRow>> = vec![None; ids.len()];
        self.of_each(CASES, &asked, &mut cases, |case, row| {
            *case = Some(CaseRow {
                state: word(row, 1)?,
                kind: maybe_word(row, 2)?,
                priority: row.get::<_, Option<f64>>(3)?.unwrap_or(f64::NAN),
                gap: row.get::<_, Option<f64>>(4)?.unwrap_or(f64::NAN),
                since: row.get(5)?,
                final_at: row.get(6)?,
                disputes: Vec::new(),
                settled: Vec::new(),
            });
            Ok(())
        })?;
        self.of_each(DISPUTES, &asked, &mut cases, |case, row| {
            let Some(case) = case else { return Ok(()) };
            let shown = QueueDispute {
                id: row.get(1)?,
                kind: word(row, 2)?,
                dispute_type: maybe_word(row, 3)?,
                label: row.get(4)?,
                gap: row.get(5)?,
                words: row.get(6)?,
                state: word(row, 7)?,
            };
            case.disputes.push(DisputeRow { shown, final_at: row.get(8)? });
            Ok(())
        })?;
        self.settled_of(&asked, &mut cases)?;
        Ok(cases)
    }
}

fn word<T: Word>(row: &Row<'_>, column: usize) -> Result<T> {
    from_word(row.get_ref(column)?.as_str().unwrap_or_default())
}

pub(super) fn maybe_word<T: Word>(row: &Row<'_>, column: usize) -> Result<Option<T>> {
    row.get_ref(column)?.as_str_or_null().ok().flatten().map(from_word).transpose()
}
