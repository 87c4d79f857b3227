//! Everything that the log and the imports say of one case, read back into the words of the domain.

use crate::domain::word::Word;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row};
use serde::{Deserialize, Serialize};

use super::Tx;
use super::error::{Result, StoreError};
use super::schema::IMPORT_SHIFT;
use crate::domain::case::{Act, Arrived, Asked, History, Imported, Kind, Waives};
use crate::domain::charter::Unit;
use crate::domain::decision::Decision;
use crate::domain::event::Action;
use crate::domain::finding::{Finding, Read};
use crate::domain::image::Image;
use crate::domain::value::Value;

/// The bits of `finding.flags`.
pub const MARKS: i64 = 1;
pub const MODEL: i64 = 2;

/// What the event of an import says, as far as cases need it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ImportDetail {
    pub v: u32,
    /// The file's name without its folders, or what was indexed.
    pub file: String,
    pub sha256: String,
    pub format: String,
    /// What changes how the file is understood: reader, map, skipped rows.
    #[serde(default)]
    pub options: serde_json::Value,
    pub counts: Counts,
    /// SHA-256 over the rows in their order.
    pub digest: String,
    /// Labels that the file speaks of.
    #[serde(default)]
    pub scope: Vec<String>,
    /// Since the first import: how many reads there were and how many of them marked each label.
    #[serde(default)]
    pub totals: Totals,
    /// Rows that were left out by request, with the reason of each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<(Option<u64>, String)>,
}

/// Names what is imported: a file by its hash and by what changes how it is understood, or images by theirs.
pub fn source(sha256: &str, options: &serde_json::Value) -> String {
    match options {
        serde_json::Value::Null => format!("images:{sha256}"),
        options => format!("{sha256}:{options}"),
    }
}

/// What an import brought.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub rows: u64,
    pub cases: u64,
    pub reads: u64,
    pub findings: u64,
    pub readers: u64,
    pub images: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    pub reads: u64,
    pub marked: BTreeMap<String, u64>,
}

/// A committed import, as cases see it.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    seq: u64,
    at: i64,
    scope: Arc<[String]>,
    prevalence: Arc<BTreeMap<String, f64>>,
}

/// What the store holds beside findings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    images: bool,
    acts: bool,
}

/// What numbers stand for. Names are never changed once given, so that what was read stays true.
#[derive(Debug, Default)]
pub struct Names {
    readers: RefCell<HashMap<i64, String>>,
    labels: RefCell<HashMap<i64, String>>,
    imports: RefCell<HashMap<i64, Source>>,
}

impl Names {
    fn name(db: &Connection, cache: &RefCell<HashMap<i64, String>>, table: &str, id: i64) -> Result<String> {
        if let Some(name) = cache.borrow().get(&id) {
            return Ok(name.clone());
        }
        let name: Option<String> = db
            .prepare_cached(&format!("SELECT name FROM {table} WHERE id = ?1"))?
            .query_row([id], |row| row.get(0))
            .optional()?;
        let name = name.ok_or_else(|| StoreError::Damaged(format!("the name of {table} {id} is gone")))?;
        cache.borrow_mut().insert(id, name.clone());
        Ok(name)
    }

    pub(crate) fn reader(&self, db: &Connection, id: i64) -> Result<String> {
        Names::name(db, &self.readers, "reader", id)
    }

    pub(crate) fn label(&self, db: &Connection, id: i64) -> Result<String> {
        Names::name(db, &self.labels, "label", id)
    }

    /// Gives a committed import; none for one that is only staged.
    fn import(&self, db: &Connection, id: i64) -> Result<Option<Source>> {
        if let Some(source) = self.imports.borrow().get(&id) {
            return Ok(Some(source.clone()));
        }
        let seq: Option<u64> = db
            .prepare_cached("SELECT seq FROM import WHERE id = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()?
            .flatten();
        let Some(seq) = seq else { return Ok(None) };
        let detail = import_detail(db, seq)?;
        let at =
            db.prepare_cached("SELECT at FROM event WHERE seq = ?1")?.query_row([seq], |row| row.get(0))?;
        let reads = detail.totals.reads.max(1) as f64;
        let prevalence =
            detail.totals.marked.iter().map(|(label, n)| (label.clone(), (*n as f64 / reads).min(1.0)));
        let source =
            Source { seq, at, prevalence: Arc::new(prevalence.collect()), scope: detail.scope.into() };
        self.imports.borrow_mut().insert(id, source.clone());
        Ok(Some(source))
    }
}

/// Reads what an import's event says.
pub(crate) fn import_detail(db: &Connection, seq: u64) -> Result<ImportDetail> {
    let detail: Option<String> = db
        .prepare_cached("SELECT detail FROM event WHERE seq = ?1")?
        .query_row([seq], |row| row.get(0))
        .optional()?;
    detail
        .and_then(|detail| serde_json::from_str(&detail).ok())
        .ok_or_else(|| StoreError::Damaged(format!("event {seq} does not describe the import that names it")))
}

/// Gives the number of the import that a stored row came with.
pub(crate) fn import_of(id: i64) -> i64 {
    id >> IMPORT_SHIFT
}

// What is read of many cases is read in one go: a statement for each case would take longer than what it reads. `asked`
// holds the numbers of the cases as a JSON list, and CROSS JOIN keeps SQLite to its order.
const CASES: &str =
    "SELECT asked.key, c.name FROM json_each(?1) asked CROSS JOIN \"case\" c ON c.id = asked.value";
const FINDINGS: &str = "SELECT asked.key, f.id, reader_id, label_id, occasion, flags, f.value, geometry, confidence, \
                        severity, read_at, comment
                        FROM json_each(?1) asked CROSS JOIN finding f ON f.case_id = asked.value ORDER BY asked.key, f.id";
const ACTS: &str = "SELECT asked.key, seq, at, who, action, object, detail
                    FROM json_each(?1) asked CROSS JOIN event e ON e.case_name = asked.value
                    WHERE outcome = 'ok'";

impl Tx<'_> {
    /// Finds a case by its name.
    pub fn case_id(&self, name: &str) -> Result<Option<i64>> {
        Ok(self
            .db
            .prepare_cached("SELECT id FROM \"case\" WHERE name = ?1")?
            .query_row([name], |row| row.get(0))
            .optional()?)
    }

    /// Reads the whole history of a case: what imports say of it, its images, and what people did.
    pub fn history(&self, case_id: i64, unit: Unit) -> Result<History> {
        let read = self.histories(&[case_id], unit, Known { images: true, acts: true })?;
        read.into_iter().next().ok_or_else(|| gone(case_id))
    }

    /// Tells what there is to be read of any case at all: many histories are read faster where that is little.
    pub(crate) fn known(&self) -> Result<Known> {
        let mut acts = self.db.prepare_cached("SELECT 1 FROM event WHERE case_name IS NOT NULL LIMIT 1")?;
        Ok(Known { images: !self.has_no_images()?, acts: acts.exists([])? })
    }

    /// Reads the histories of cases, in the order in which they are asked for.
    pub(crate) fn histories(&self, ids: &[i64], unit: Unit, known: Known) -> Result<Vec<History>> {
        let asked = json_list(ids);
        let mut names: Vec<Option<String>> = vec![None; ids.len()];
        self.of_each(CASES, &asked, &mut names, |name, row| {
            *name = row.get(1)?;
            Ok(())
        })?;
        let named = names.into_iter().zip(ids).map(|(name, id)| name.ok_or_else(|| gone(*id)));
        let names: Vec<String> = named.collect::<Result<_>>()?;
        let mut imports: Vec<Vec<(i64, Imported)>> = ids.iter().map(|_| Vec::new()).collect();
        self.of_each(FINDINGS, &asked, &mut imports, |imports, row| self.imported(imports, row))?;
        let mut acts: Vec<Vec<Act>> = ids.iter().map(|_| Vec::new()).collect();
        if known.acts {
            self.of_each(ACTS, &json_list(&names), &mut acts, |acts, row| {
                acts.extend(act(row)?);
                Ok(())
            })?;
        }
        let parts = names.into_iter().zip(imports).zip(acts);
        let whole = parts.map(|((case, imports), mut acts)| {
            let mut imports: Vec<Imported> = imports.into_iter().map(|(_, imported)| imported).collect();
            // Imports are numbered when they begin and take effect when their event is written.
            imports.sort_by_key(|imported| imported.seq);
            // Most acts say nothing of what a case has come to: it is faster to sort the few that do.
            acts.sort_by_key(|act| act.seq);
            let images = if known.images { self.arrived(&case, unit)? } else { Vec::new() };
            Ok(History { case, imports, images, acts })
        });
        whole.collect()
    }

    /// Hands each row on with what it belongs to: a statement gives the place of that in `each` first.
    pub(super) fn of_each<T>(
        &self,
        sql: &str,
        asked: &str,
        each: &mut [T],
        mut with: impl FnMut(&mut T, &Row<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut statement = self.db.prepare_cached(sql)?;
        let mut rows = statement.query([asked])?;
        while let Some(row) = rows.next()? {
            if let Some(one) = each.get_mut(row.get::<_, usize>(0)?) {
                with(one, row)?;
            }
        }
        Ok(())
    }

    /// Adds a stored row to what the imports say of its case.
    fn imported(&self, imports: &mut Vec<(i64, Imported)>, row: &Row<'_>) -> Result<()> {
        let import = import_of(row.get(1)?);
        if imports.last().is_none_or(|(last, _)| *last != import) {
            let Some(source) = self.names.import(self.db, import)? else { return Ok(()) };
            let Source { seq, at, scope, prevalence } = source;
            imports.push((import, Imported { seq, at, scope, prevalence, reads: Vec::new() }));
        }
        let Some((_, imported)) = imports.last_mut() else { return Ok(()) };
        let Some(reader_id) = row.get::<_, Option<i64>>(2)? else { return Ok(()) };
        let reader = self.names.reader(self.db, reader_id)?;
        let occasion: u32 = row.get(4)?;
        let flags: i64 = row.get(5)?;
        let known = imported.reads.iter().position(|read| read.occasion == occasion && read.reader == reader);
        let at = match known {
            Some(at) => at,
            None => {
                imported.reads.push(Read {
                    reader,
                    model: flags & MODEL != 0,
                    occasion,
                    read_at: row.get(10)?,
                    marks: false,
                    findings: Vec::new(),
                });
                imported.reads.len() - 1
            }
        };
        if let Some(read) = imported.reads.get_mut(at) {
            read.marks |= flags & MARKS != 0;
            if let Some(label_id) = row.get::<_, Option<i64>>(3)? {
                read.findings.push(finding(self.names.label(self.db, label_id)?, row)?);
            }
        }
        Ok(())
    }

    fn arrived(&self, case: &str, unit: Unit) -> Result<Vec<Arrived>> {
        let sql = match unit {
            Unit::Image => {
                "SELECT id, header FROM image WHERE uid = ?1 UNION SELECT id, header FROM image WHERE stem = ?1
                 UNION SELECT id, header FROM image WHERE stem = ?2 AND substr(locator, -length(?1) - 1) = '/' || ?1"
            }
            Unit::Series => "SELECT id, header FROM image WHERE series = ?1 AND ?2 NOT NULL ORDER BY id",
            Unit::Study => "SELECT id, header FROM image WHERE study = ?1 AND ?2 NOT NULL ORDER BY id",
        };
        let mut statement = self.db.prepare_cached(sql)?;
        let mut rows = statement.query([case, stem(case)])?;
        let mut images: Vec<Arrived> = Vec::new();
        while let Some(row) = rows.next()? {
            let Some(source) = self.names.import(self.db, import_of(row.get(0)?))? else { continue };
            let header: String = row.get(1)?;
            let image: Image = serde_json::from_str(&header)
                .map_err(|_| StoreError::Damaged("the header of an image can't be read back".into()))?;
            if !images.iter().any(|known| known.image.id == image.id) {
                images.push(Arrived { seq: source.seq, at: source.at, image });
            }
        }
        Ok(images)
    }
}

/// Gives a list as SQLite reads it.
pub(super) fn json_list<T: Serialize>(list: &[T]) -> String {
    serde_json::to_string(list).unwrap_or_default()
}

fn gone(case_id: i64) -> StoreError {
    StoreError::Damaged(format!("case number {case_id} is gone"))
}

/// Reads what somebody did; none for what leaves a case as it was.
fn act(row: &Row<'_>) -> Result<Option<Act>> {
    let Some(action) = row.get_ref(4)?.as_str().ok().and_then(Action::from_word) else { return Ok(None) };
    if matches!(action, Action::View | Action::Claim | Action::Release | Action::Expire | Action::LogRead) {
        return Ok(None);
    }
    let detail = row.get_ref(6)?.as_str().unwrap_or_default();
    let (decision, reason) = act_detail(action, detail);
    let asked = (action == Action::Sample).then(|| asked(detail)).flatten();
    let cause = (action == Action::Cause).then(|| serde_json::from_str(detail).ok()).flatten();
    Ok(Some(Act {
        seq: row.get(1)?,
        at: row.get(2)?,
        who: row.get(3)?,
        action,
        dispute: row.get(5)?,
        decision: decision.map(Arc::new),
        cause,
        why: reason.why,
        waives: reason.waives,
        asked,
    }))
}

/// Why somebody did something, and what of the checks' problems it lets pass.
#[derive(Default, Deserialize)]
struct Reason {
    why: Option<String>,
    waives: Option<Waives>,
}

/// Reads the detail of an act: a decision, or a reason.
fn act_detail(action: Action, detail: &str) -> (Option<Decision>, Reason) {
    match action {
        Action::Decide
        | Action::FirstLook
        | Action::Defer
        | Action::Return
        | Action::Escalate
        | Action::Discuss => (serde_json::from_str(detail).ok(), Reason::default()),
        _ => (None, serde_json::from_str(detail).unwrap_or_default()),
    }
}

/// What the event on one case of a sample says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AskedDetail {
    pub v: u32,
    pub sample: String,
    pub kind: Kind,
    pub items: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

fn asked(detail: &str) -> Option<Asked> {
    let AskedDetail { sample, kind, items, to, .. } = serde_json::from_str(detail).ok()?;
    Some(Asked { sample, kind, items, to })
}

fn finding(label: String, row: &Row<'_>) -> Result<Finding> {
    let value = match row.get_ref(6)? {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(Value::Number(number as f64)),
        ValueRef::Real(number) => Some(Value::Number(number)),
        ValueRef::Text(text) => Some(Value::Text(String::from_utf8_lossy(text).into_owned())),
        ValueRef::Blob(_) => {
            return Err(StoreError::Damaged("a finding holds bytes in place of a value".into()));
        }
    };
    let geometry = match row.get_ref(7)? {
        ValueRef::Text(text) => Some(
            serde_json::from_slice(text)
                .map_err(|_| StoreError::Damaged("a finding's shape can't be read back".into()))?,
        ),
        _ => None,
    };
    Ok(Finding {
        label,
        value,
        geometry,
        confidence: row.get(8)?,
        severity: row.get(9)?,
        comment: row.get(11)?,
    })
}

/// The name of a file without its ending: a table may name a case by its picture's file.
pub(crate) fn stem(case: &str) -> &str {
    match case.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => case,
    }
}
