//! The proof: every link of the chain, every imported byte, every derived row, and the file itself. Writes nothing.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use rusqlite::{Connection, OptionalExtension};

use super::error::{Result, StoreError};
use super::history::{ImportDetail, Known, import_of};
use super::log::{Canonical, Chain, Event, hex};
use super::project::CaseRow;
use super::setup::KEY;
use super::stage::{StoredFinding, StoredImage, range};
use super::{Store, Tx, history, log, schema};
use crate::domain::case::{Protocol, RULES};
use crate::domain::charter::Unit;
use crate::domain::text::Safe;

/// What a check of the whole store found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    pub events: u64,
    /// Hash of the last event.
    pub head: String,
    pub cases: u64,
    pub findings: u64,
    pub problems: Vec<String>,
}

/// What is to be checked.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Only the chain, not what was derived from it.
    pub quick: bool,
    /// A head that was noted earlier and must be in the chain.
    pub head: Option<String>,
}

/// So many problems say enough; a damaged store could give millions.
const MOST: usize = 100;

/// Checks a store. The file is opened for reading alone.
pub fn verify(path: &Path, scope: &Scope) -> Result<Report> {
    let store = Store::open_unchecked(path, true)?;
    if store.is_older()? {
        return Err(StoreError::Older(path.into()));
    }
    let mut report = Report::default();
    if let Some(problem) = schema_problem(&store.db)? {
        report.problems.push(problem);
    }
    if scope.quick {
        store.read(|tx| tx.verify_chain(scope, &mut report))?;
    } else {
        // The replay takes the longest: it runs beside the rest.
        let replayed = std::thread::scope(|threads| -> Result<Report> {
            let cases = threads.spawn(|| verify_cases(path));
            let imports = store.read(|tx| tx.verify_chain(scope, &mut report))?;
            store.read(|tx| -> Result<()> {
                tx.verify_file(&mut report)?;
                tx.verify_imports(&imports, &mut report)
            })?;
            cases.join().unwrap_or_else(|_| Err(StoreError::Damaged("replaying the cases failed".into())))
        })?;
        report.cases = replayed.cases;
        report.problems.extend(replayed.problems);
    }
    report.problems.truncate(MOST);
    Ok(report)
}

/// Compares the tables, indexes and triggers with those that this program makes.
pub(crate) fn schema_problem(db: &Connection) -> Result<Option<String>> {
    let list = |db: &Connection| -> rusqlite::Result<Vec<(String, String)>> {
        let mut select = db.prepare(
            // SQLite's own are indexes without a statement, and what ANALYZE leaves.
            "SELECT type || ' ' || name, sql FROM sqlite_schema
             WHERE sql IS NOT NULL AND name NOT IN ('sqlite_stat1', 'sqlite_stat4') ORDER BY 1",
        )?;
        select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    };
    let fresh = Connection::open_in_memory()?;
    fresh.execute_batch(schema::TABLES)?;
    let (expected, found) = (list(&fresh)?, list(db)?);
    if let Some((missing, _)) = expected.iter().find(|entry| !found.contains(entry)) {
        return Ok(Some(format!("the {missing} of the store is missing or was changed")));
    }
    Ok(found
        .iter()
        .find(|entry| !expected.contains(entry))
        .map(|(surplus, _)| format!("the store holds a {surplus} that overread did not make")))
}

impl Tx<'_> {
    /// Follows the whole chain, and gives what the events say of imports.
    fn verify_chain(&self, scope: &Scope, report: &mut Report) -> Result<Vec<(u64, ImportDetail)>> {
        let mut imports = Vec::new();
        let mut chain = Chain::from_start();
        let wanted = scope.head.as_ref().map(|head| head.to_ascii_lowercase());
        let (mut head, mut head_found) = (Vec::new(), wanted.is_none());
        let mut statement = self.db.prepare(&format!("SELECT {} FROM event ORDER BY seq", log::COLUMNS))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            report.events += 1;
            let event = match Event::borrowed(row) {
                Ok(event) => event,
                Err(error) => {
                    let seq: i64 = row.get(0).unwrap_or(-1);
                    report.problems.push(format!("event {seq} can't be read: {error}"));
                    chain.pass();
                    continue;
                }
            };
            report.problems.extend(chain.follow(&event));
            head_found |= wanted.as_ref().is_some_and(|wanted| *wanted == hex(event.hash));
            if event.action == "import" && event.outcome == "ok" {
                match serde_json::from_str(event.detail) {
                    Ok(detail) => imports.push((event.seq, detail)),
                    Err(_) => {
                        report.problems.push(format!("event {} does not describe its import", event.seq))
                    }
                }
            }
            event.hash.clone_into(&mut head);
            if report.problems.len() > MOST {
                break;
            }
        }
        report.head = hex(&head);
        if report.events == 0 {
            report.problems.push("the log is empty".into());
        }
        if !head_found {
            report
                .problems
                .push("the head that you gave is not in the log: its tail was cut or rewritten".into());
        }
        report.problems.extend(self.key_problem()?);
        self.verify_meta(report)?;
        Ok(imports)
    }

    /// Looks for what was made with the store and is gone, or is more than that.
    fn verify_meta(&self, report: &mut Report) -> Result<()> {
        if self.derived_by()?.is_none() {
            report
                .problems
                .push("the store does not say any more by which rules its tables were derived".into());
        }
        let mut select = self.db.prepare("SELECT name FROM meta WHERE name NOT IN (?1, ?2)")?;
        for name in select.query_map([KEY, RULES_KEY], |row| row.get::<_, String>(0))? {
            report.problems.push(format!("meta holds a {} that overread did not make", Safe::new(&name?)));
        }
        Ok(())
    }

    fn verify_file(&self, report: &mut Report) -> Result<()> {
        let mut check = self.db.prepare("PRAGMA integrity_check(20)")?;
        let mut rows = check.query([])?;
        while let Some(row) = rows.next()? {
            let words: String = row.get(0)?;
            if words != "ok" {
                report.problems.push(format!("the file is damaged: {words}"));
            }
        }
        Ok(())
    }

    fn verify_imports(&self, imports: &[(u64, ImportDetail)], report: &mut Report) -> Result<()> {
        let mut known = Vec::new();
        for (seq, detail) in imports {
            let import: Option<(i64, String)> = self
                .db
                .prepare_cached("SELECT id, source FROM import WHERE seq = ?1")?
                .query_row([seq], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let Some((import, source)) = import else {
                report.problems.push(format!("what event {seq} imported is gone"));
                continue;
            };
            known.push(import);
            // The same source is not imported twice: another one here would let it in again.
            if source != history::source(&detail.sha256, &detail.options) {
                report
                    .problems
                    .push(format!("the import of event {seq} names another source than the event"));
            }
            match self.digest_of(import, report) {
                Ok(digest) if digest == detail.digest => {}
                Ok(_) => report.problems.push(format!("what event {seq} imported was changed afterwards")),
                Err(error) => {
                    report.problems.push(format!("what event {seq} imported can't be read: {error}"))
                }
            }
        }
        // Rows outside every import that the log knows were put in by hand.
        let mut select = self.db.prepare("SELECT id, seq FROM import")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let (import, seq): (i64, Option<i64>) = (row.get(0)?, row.get(1)?);
            match seq {
                Some(seq) if !known.contains(&import) => {
                    report.problems.push(format!("event {seq} is no import, and findings stand under it"));
                }
                Some(_) => {}
                None => known.push(import),
            }
        }
        self.verify_triage(report)?;
        known.sort_unstable();
        for table in ["finding", "image"] {
            let mut after = i64::MIN;
            let mut next = self.db.prepare(&format!("SELECT min(id) FROM {table} WHERE id > ?1"))?;
            while let Some(id) = next.query_row([after], |row| row.get::<_, Option<i64>>(0))? {
                let import = import_of(id);
                if known.binary_search(&import).is_err() {
                    report.problems.push(format!("{table} {id} came from no import"));
                }
                after = range(import).1;
            }
        }
        Ok(())
    }

    /// Looks for cases that wait for triage without an act that put them there: what stands in the tables of such
    /// cases would be taken for out of date.
    fn verify_triage(&self, report: &mut Report) -> Result<()> {
        let mut select = self.db.prepare(
            "SELECT seq FROM triage t WHERE NOT EXISTS (
               SELECT 1 FROM event e LEFT JOIN import i ON i.seq = e.seq
               WHERE e.seq = t.seq AND i.id IS t.import_id AND e.action IN ('import', 'charter', 're-derive'))",
        )?;
        for seq in select.query_map([], |row| row.get::<_, i64>(0))? {
            report.problems.push(format!("no event {} put cases into triage, and they wait for it", seq?));
        }
        Ok(())
    }

    /// Computes the digest of the rows that an import brought.
    pub(super) fn digest_of(&self, import: i64, report: &mut Report) -> Result<String> {
        let (first, last) = range(import);
        let mut digest = Canonical::new();
        let mut select = self.db.prepare_cached(
            "SELECT f.id, c.name, f.reader_id, f.label_id, occasion, flags, line, value, geometry, confidence, severity,
                    read_at, comment
             FROM finding f JOIN \"case\" c ON c.id = f.case_id WHERE f.id BETWEEN ?1 AND ?2 ORDER BY f.id",
        )?;
        let mut rows = select.query((first, last))?;
        while let Some(row) = rows.next()? {
            report.findings += 1;
            let case = row.get_ref(1)?.as_str().unwrap_or_default();
            let reader =
                row.get::<_, Option<i64>>(2)?.map(|id| self.names.reader(self.db, id)).transpose()?;
            let label = row.get::<_, Option<i64>>(3)?.map(|id| self.names.label(self.db, id)).transpose()?;
            StoredFinding {
                n: row.get::<_, i64>(0)? - first,
                case,
                reader: reader.as_deref(),
                label: label.as_deref(),
                occasion: row.get(4)?,
                flags: row.get(5)?,
                line: row.get(6)?,
                value: row.get(7)?,
                geometry: row.get(8)?,
                confidence: row.get(9)?,
                severity: row.get(10)?,
                read_at: row.get(11)?,
                comment: row.get(12)?,
            }
            .digest(&mut digest);
        }
        let mut select = self.db.prepare_cached(
            "SELECT id, uid, stem, series, study, locator, header FROM image WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
        )?;
        let mut rows = select.query((first, last))?;
        while let Some(row) = rows.next()? {
            StoredImage {
                n: row.get::<_, i64>(0)? - first,
                uid: row.get(1)?,
                stem: row.get(2)?,
                series: row.get(3)?,
                study: row.get(4)?,
                locator: row.get(5)?,
                header: row.get(6)?,
            }
            .digest(&mut digest);
        }
        Ok(hex(&digest.finish()))
    }

    /// Compares what the tables hold of cases with what their histories give.
    fn case_problems(
        &self,
        protocol: &Protocol,
        ids: &[i64],
        unit: Unit,
        known: Known,
    ) -> Result<Vec<String>> {
        let histories = self.histories(ids, unit, known)?;
        let stored = self.stored_cases(ids)?;
        let mut problems = Vec::new();
        for ((id, history), stored) in ids.iter().zip(histories).zip(stored) {
            let derived = (!history.imports.is_empty()).then(|| CaseRow::derive(protocol, &history));
            if stored != derived && !self.awaits_triage(*id)? {
                problems.push(format!("case number {id} does not stand as its history says"));
            }
        }
        Ok(problems)
    }
}

/// Replays every case, on all cores, and compares.
fn verify_cases(path: &Path) -> Result<Report> {
    let store = Store::open_unchecked(path, true)?;
    let mut report = Report::default();
    let (setup, last) = match store.read(|tx| -> Result<_> {
        let last: i64 = tx.db.query_row("SELECT coalesce(max(id), 0) FROM \"case\"", [], |row| row.get(0))?;
        Ok((tx.setup()?, last))
    }) {
        Ok(read) => read,
        Err(error) => {
            report.problems.push(format!("the protocol can't be read from the log: {error}"));
            return Ok(report);
        }
    };
    if let Some(rules) = store.read(|tx| tx.derived_by())?.filter(|rules| *rules != RULES) {
        report.problems.push(format!(
            "cases were derived by rules {rules}, and this program has rules {RULES}: nothing was tampered with, and \
             the next command that writes derives them anew"
        ));
        return Ok(report);
    }
    let unit = setup.charter().charter.reads.unit;
    let next = AtomicI64::new(1);
    let found = Mutex::new(Vec::new());
    // As many as stay in a core's cache.
    const SHARE: i64 = 64;
    let shares = usize::try_from(last / SHARE + 1).unwrap_or(1);
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(8).min(shares);
    let work = || -> Result<()> {
        let store = Store::open_unchecked(path, true)?;
        store.read(|tx| -> Result<()> {
            let known = tx.known()?;
            loop {
                let first = next.fetch_add(SHARE, Ordering::Relaxed);
                if first > last {
                    return Ok(());
                }
                let ids: Vec<i64> = (first..(first + SHARE).min(last + 1)).collect();
                let problems = match tx.case_problems(&setup.protocol, &ids, unit, known) {
                    Ok(problems) => problems,
                    // What can't be read is named case by case.
                    Err(_) => ids
                        .iter()
                        .flat_map(|id| match tx.case_problems(&setup.protocol, &[*id], unit, known) {
                            Ok(problems) => problems,
                            Err(error) => vec![error.to_string()],
                        })
                        .collect(),
                };
                if let Ok(mut found) = found.lock() {
                    found.extend(problems);
                    if found.len() > MOST {
                        return Ok(());
                    }
                }
            }
        })?;
        Ok(())
    };
    let results: Vec<Result<()>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    for result in results {
        result?;
    }
    let mut found = found.into_inner().unwrap_or_default();
    found.sort();
    report.problems.append(&mut found);
    store.read(|tx| tx.verify_counters(&mut report))?;
    Ok(report)
}

impl Tx<'_> {
    fn verify_counters(&self, report: &mut Report) -> Result<()> {
        report.cases =
            self.db
                .query_row("SELECT count(*) FROM \"case\" WHERE state IS NOT NULL", [], |row| row.get(0))?;
        let surplus: i64 = self.db.query_row(
            "SELECT count(*) FROM dispute WHERE case_id NOT IN (SELECT id FROM \"case\" WHERE state IS NOT NULL)",
            [],
            |row| row.get(0),
        )?;
        if surplus > 0 {
            report.problems.push(format!("{surplus} disputes belong to no case"));
        }
        let misnumbered: i64 = self.db.query_row(
            "SELECT count(*) FROM (SELECT 1 FROM dispute GROUP BY case_id HAVING max(n) <> count(*) - 1)",
            [],
            |row| row.get(0),
        )?;
        if misnumbered > 0 {
            report
                .problems
                .push(format!("the disputes of {misnumbered} cases are not numbered one after another"));
        }
        let mut select = self.db.prepare(
            "SELECT name, n, (SELECT count(*) FROM \"case\" c WHERE c.state = counter.name) FROM counter
             UNION SELECT state, 0, count(*) FROM \"case\" WHERE state IS NOT NULL
               AND state NOT IN (SELECT counter.name FROM counter) GROUP BY state",
        )?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let (name, kept, counted): (String, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            if kept != counted {
                report.problems.push(format!("the counter of {name} says {kept}, and there are {counted}"));
            }
        }
        Ok(())
    }

    /// Gives the version of the rules by which the tables were derived.
    pub fn derived_by(&self) -> Result<Option<u32>> {
        Ok(self.meta(RULES_KEY)?.and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes))
    }

    /// Notes by which rules the tables are derived from now on.
    pub fn set_derived_by(&self, rules: u32) -> Result<()> {
        self.db
            .prepare_cached(
                "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT(name) DO UPDATE SET value = excluded.value",
            )?
            .execute((RULES_KEY, rules.to_be_bytes().as_slice()))?;
        Ok(())
    }
}

const RULES_KEY: &str = "rules";
