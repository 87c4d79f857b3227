//! Imports: rows are written in short batches under an import that nobody sees; one short transaction then appends
//! its event and makes it visible. An import that was broken off leaves rows that the next one clears away.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use rusqlite::types::Value as Sql;
use rusqlite::{OptionalExtension, params};

use super::error::Result;
use super::history::{Counts, MARKS, MODEL, Totals, import_detail};
use super::log::{Canonical, hex};
use super::schema::IMPORT_SHIFT;
use super::{Stopwatch, Store, StoreError, Tx};
use crate::domain::finding::Finding;
use crate::domain::image::Image;
use crate::domain::value::{ABSENT, Value};

/// One row of an import, before it has numbers.
#[derive(Debug, Clone)]
pub struct StagedRow {
    /// The line of the file, from 1.
    pub line: u64,
    pub case: String,
    pub reader: Option<String>,
    pub model: bool,
    pub marks: bool,
    pub read_at: Option<String>,
    pub finding: Option<Finding>,
}

/// One image of an index.
#[derive(Debug, Clone)]
pub struct StagedImage {
    pub image: Image,
    /// The file's name without folders and ending: tables often name cases so.
    pub stem: String,
    /// A URI.
    pub locator: String,
}

/// An import under way.
pub struct Staging {
    import: i64,
    n: u64,
    digest: Canonical,
    names: [HashMap<String, i64>; 3],
    /// By case and reader: the sitting that rows now belong to.
    sittings: HashMap<(i64, i64), Sitting>,
    cases: HashSet<i64>,
    readers: BTreeSet<i64>,
    /// Whether each reader is a model.
    kinds: BTreeMap<String, bool>,
    /// Readers with a higher number were not known when it began.
    last_reader: i64,
    /// The first that is a model in one row and a person in another: the line, and whether it is a model there.
    mixed: Option<OtherKind>,
    findings: u64,
    images: u64,
    /// By label: how many statements that are not negative.
    marked: BTreeMap<String, u64>,
}

/// A reader who is a model here and a person elsewhere, or the other way round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherKind {
    pub reader: String,
    /// The line of the file, from 1; none where the other is in what came in before.
    pub line: Option<u64>,
    /// A model in the rows that came first.
    pub model: bool,
}

#[derive(Default)]
struct Sitting {
    occasion: u32,
    occasions: u32,
    read_at: Option<String>,
    stated: Vec<(i64, u32)>,
}

const CASE: usize = 0;
const READER: usize = 1;
const LABEL: usize = 2;
/// The table of each kind of name, and what makes a new one.
const NAMES: [(&str, &str); 3] = [
    ("SELECT id FROM \"case\" WHERE name = ?1", "INSERT INTO \"case\"(name) VALUES (?1)"),
    ("SELECT id FROM reader WHERE name = ?1", "INSERT INTO reader(name) VALUES (?1)"),
    ("SELECT id FROM label WHERE name = ?1", "INSERT INTO label(name) VALUES (?1)"),
];

/// A staging that nobody has touched for so long is taken as broken off.
const ABANDONED_MS: i64 = 10 * 60 * 1000;

/// How long the lock is left alone between two batches, so that somebody who decides gets a turn at once.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(3);

impl Store {
    /// Gives the options with which a file of this hash was imported before.
    pub fn imported_with(&self, sha256: &str) -> Result<Vec<serde_json::Value>> {
        self.read(|tx| tx.imported_with(sha256))
    }

    /// Tells whether a source was imported before: its file's hash and whatever changes how it is understood.
    pub fn is_imported(&self, source: &str) -> Result<bool> {
        self.read(|tx| tx.is_imported(source))
    }

    /// Begins an import, and clears away what broken ones left.
    pub fn begin_import(&mut self, source: &str, now: i64) -> Result<Staging> {
        self.clear_abandoned(now)?;
        let pid = rustix::process::getpid().as_raw_nonzero().get();
        let (import, last_reader) = self.write(|tx| -> Result<(i64, i64)> {
            tx.db.execute(
                "INSERT INTO import(source, pid, touched) VALUES (?1, ?2, ?3)",
                params![source, pid, now],
            )?;
            let import = tx.db.last_insert_rowid();
            let last = "SELECT coalesce(max(id), 0) FROM reader";
            Ok((import, tx.db.query_row(last, [], |row| row.get(0))?))
        })?;
        Ok(Staging {
            import,
            n: 0,
            digest: Canonical::new(),
            names: Default::default(),
            sittings: HashMap::new(),
            cases: HashSet::new(),
            readers: BTreeSet::new(),
            kinds: BTreeMap::new(),
            last_reader,
            mixed: None,
            findings: 0,
            images: 0,
            marked: BTreeMap::new(),
        })
    }

    /// Writes rows under an import that nobody sees yet, in transactions of some 20 ms.
    pub fn stage(&mut self, staging: &mut Staging, rows: &[StagedRow], now: i64) -> Result<()> {
        self.in_batches(staging, rows, now, |tx, staging, row| staging.row(tx, row))
    }

    /// Writes images under an import that nobody sees yet.
    pub fn stage_images(&mut self, staging: &mut Staging, images: &[StagedImage], now: i64) -> Result<()> {
        self.in_batches(staging, images, now, |tx, staging, image| staging.image(tx, image))
    }

    fn in_batches<T>(
        &mut self,
        staging: &mut Staging,
        rows: &[T],
        now: i64,
        mut put: impl FnMut(&Tx<'_>, &mut Staging, &T) -> Result<()>,
    ) -> Result<()> {
        let mut rest = rows.iter();
        while rest.len() > 0 {
            self.write(|tx| -> Result<()> {
                let watch = Stopwatch::start();
                tx.db
                    .prepare_cached("UPDATE import SET touched = ?2 WHERE id = ?1")?
                    .execute(params![staging.import, now])?;
                for row in rest.by_ref() {
                    put(tx, staging, row)?;
                    if watch.is_over() {
                        break;
                    }
                }
                Ok(())
            })?;
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Gives a reader whom an import has as a model and as a person, or otherwise than what came into this store before: a
    /// reader is one of them. `own` where the import is one of this store, and not of one in memory.
    pub fn other_kind(&self, staging: &Staging, own: bool) -> Result<Option<OtherKind>> {
        if staging.mixed.is_some() {
            return Ok(staging.mixed.clone());
        }
        let (first, last_reader) =
            if own { (range(staging.import).0, staging.last_reader) } else { (i64::MAX, i64::MAX) };
        // From the newest row back: whoever reads now read lately. CROSS JOIN keeps SQLite to that order.
        const BEFORE: &str = "SELECT f.flags FROM finding f CROSS JOIN import i ON i.id = f.id >> 32
             WHERE f.reader_id = ?1 AND f.id < ?2 AND i.seq IS NOT NULL ORDER BY f.id DESC LIMIT 1";
        const KNOWN: &str = "SELECT id FROM reader WHERE name = ?1 AND id <= ?2";
        self.read(|tx| -> Result<_> {
            for (reader, model) in &staging.kinds {
                let mut known = tx.db.prepare_cached(KNOWN)?;
                let id: Option<i64> =
                    known.query_row(params![reader, last_reader], |row| row.get(0)).optional()?;
                let Some(id) = id else { continue };
                let mut newest = tx.db.prepare_cached(BEFORE)?;
                let flags: Option<i64> = newest.query_row([id, first], |row| row.get(0)).optional()?;
                let before = flags.map(|flags| flags & MODEL != 0);
                if let Some(before) = before.filter(|before| before != model) {
                    return Ok(Some(OtherKind { reader: reader.clone(), line: None, model: before }));
                }
            }
            Ok(None)
        })
    }

    /// Removes what was staged: the import never was.
    pub fn discard_import(&mut self, staging: Staging) -> Result<()> {
        self.clear(staging.import)
    }

    fn clear_abandoned(&mut self, now: i64) -> Result<()> {
        let staged: Vec<(i64, i32, i64)> = self.read(|tx| -> Result<_> {
            let mut select = tx.db.prepare("SELECT id, pid, touched FROM import WHERE seq IS NULL")?;
            let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })?;
        for (import, pid, touched) in staged {
            let gone = rustix::process::Pid::from_raw(pid)
                .is_none_or(|pid| rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH));
            if gone || now - touched > ABANDONED_MS {
                self.clear(import)?;
            }
        }
        Ok(())
    }

    fn clear(&mut self, import: i64) -> Result<()> {
        let (first, last) = range(import);
        for table in ["finding", "image"] {
            let sql = format!(
                "DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE id BETWEEN ?1 AND ?2 LIMIT 2000)"
            );
            while self.write(|tx| -> Result<_> { Ok(tx.db.prepare_cached(&sql)?.execute([first, last])?) })?
                > 0
            {
                std::thread::sleep(PAUSE);
            }
        }
        self.write(|tx| -> Result<_> {
            tx.db.execute("DELETE FROM import WHERE id = ?1", [import])?;
            Ok(())
        })
    }
}

/// The numbers of an import's rows.
pub(crate) fn range(import: i64) -> (i64, i64) {
    (import << IMPORT_SHIFT, ((import + 1) << IMPORT_SHIFT) - 1)
}

impl Tx<'_> {
    /// Tells whether a source was imported before.
    pub fn is_imported(&self, source: &str) -> Result<bool> {
        Ok(self
            .db
            .prepare_cached("SELECT 1 FROM import WHERE source = ?1 AND seq IS NOT NULL")?
            .exists([source])?)
    }

    /// Gives the options with which a file of this hash was imported before.
    pub fn imported_with(&self, sha256: &str) -> Result<Vec<serde_json::Value>> {
        let mut select = self.db.prepare_cached(
            "SELECT substr(source, length(?1) + 2) FROM import
             WHERE source >= ?1 || ':' AND source < ?1 || ';' AND seq IS NOT NULL",
        )?;
        let options = select.query_map([sha256], |row| row.get::<_, String>(0))?;
        let options = options.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(options.iter().filter_map(|options| serde_json::from_str(options).ok()).collect())
    }

    /// Gives how many reads there were up to now, and how many marked each label.
    pub fn totals(&self) -> Result<Totals> {
        let last: Option<u64> = self
            .db
            .prepare_cached("SELECT max(seq) FROM import")?
            .query_row([], |row| row.get(0))
            .optional()?
            .flatten();
        match last {
            Some(seq) => Ok(import_detail(self.db, seq)?.totals),
            None => Ok(Totals::default()),
        }
    }

    /// Makes a staged import visible as of the event `seq`, and notes that its cases wait for triage.
    pub fn publish(&self, staging: &Staging, seq: u64) -> Result<()> {
        let (first, _) = range(staging.import);
        self.db.execute(
            "UPDATE import SET seq = ?2 WHERE id = ?1 AND seq IS NULL",
            params![staging.import, seq],
        )?;
        if self.db.changes() != 1 {
            return Err(StoreError::Damaged("the staged import was cleared away by another process".into()));
        }
        self.db.execute("INSERT INTO triage VALUES (?1, ?2, ?3)", params![seq, staging.import, first])?;
        Ok(())
    }

    fn named(&self, kind: usize, cache: &mut HashMap<String, i64>, name: &str) -> Result<i64> {
        if let Some(id) = cache.get(name) {
            return Ok(*id);
        }
        let (select, insert) = NAMES[kind];
        let known = self.db.prepare_cached(select)?.query_row([name], |row| row.get(0)).optional()?;
        let id = match known {
            Some(id) => id,
            None => {
                self.db.prepare_cached(insert)?.execute([name])?;
                self.db.last_insert_rowid()
            }
        };
        cache.insert(name.to_owned(), id);
        Ok(id)
    }
}

impl Staging {
    /// Gives what was brought so far.
    pub fn counts(&self) -> Counts {
        Counts {
            rows: self.n,
            cases: self.cases.len() as u64,
            reads: self.sittings.values().map(|sitting| u64::from(sitting.occasions)).sum(),
            findings: self.findings,
            readers: self.readers.len() as u64,
            images: self.images,
        }
    }

    /// Gives how many rows were staged so far.
    pub fn rows(&self) -> u64 {
        self.n
    }

    /// Gives the numbers of the cases that the file names.
    pub fn cases(&self) -> &HashSet<i64> {
        &self.cases
    }

    /// Gives the numbers of the readers that the file names.
    pub fn readers(&self) -> &BTreeSet<i64> {
        &self.readers
    }

    /// Gives the labels that the file speaks of, in alphabetical order.
    pub fn scope(&self) -> Vec<String> {
        let mut labels: Vec<String> = self.names[LABEL].keys().cloned().collect();
        labels.sort();
        labels
    }

    /// Adds what this import brings to what there was before.
    pub fn add_to(&self, totals: &mut Totals) {
        totals.reads += self.counts().reads;
        for (label, n) in &self.marked {
            *totals.marked.entry(label.clone()).or_default() += n;
        }
    }

    /// Gives the digest of all rows in their order.
    pub fn digest(&mut self) -> String {
        hex(&std::mem::replace(&mut self.digest, Canonical::new()).finish())
    }

    fn row(&mut self, tx: &Tx<'_>, row: &StagedRow) -> Result<()> {
        let case_id = tx.named(CASE, &mut self.names[CASE], &row.case)?;
        self.cases.insert(case_id);
        let reader_id = match &row.reader {
            Some(reader) => Some(tx.named(READER, &mut self.names[READER], reader)?),
            None => None,
        };
        let label_id = match &row.finding {
            Some(finding) => Some(tx.named(LABEL, &mut self.names[LABEL], &finding.label)?),
            None => None,
        };
        let mut occasion = 0;
        if let Some(reader_id) = reader_id {
            self.readers.insert(reader_id);
            let reader = row.reader.as_deref().unwrap_or_default();
            match self.kinds.get(reader) {
                None => {
                    self.kinds.insert(reader.to_owned(), row.model);
                }
                Some(model) if *model != row.model && self.mixed.is_none() => {
                    let (reader, line) = (reader.to_owned(), Some(row.line));
                    self.mixed = Some(OtherKind { reader, line, model: *model });
                }
                Some(_) => {}
            }
            occasion = self.sittings.entry((case_id, reader_id)).or_default().take(row, label_id);
        }
        if let Some(finding) = &row.finding {
            self.findings += 1;
            if finding.value.as_ref().is_none_or(|value| !value.is(ABSENT) && value.number() != Some(0.0)) {
                match self.marked.get_mut(&finding.label) {
                    Some(n) => *n += 1,
                    None => {
                        self.marked.insert(finding.label.clone(), 1);
                    }
                }
            }
        }
        let flags = if row.marks { MARKS } else { 0 } | if row.model { MODEL } else { 0 };
        let finding = row.finding.as_ref();
        let stored = StoredFinding {
            n: self.n as i64,
            case: &row.case,
            reader: row.reader.as_deref(),
            label: finding.map(|finding| finding.label.as_str()),
            occasion: i64::from(occasion),
            flags,
            line: row.line as i64,
            value: match finding.and_then(|finding| finding.value.as_ref()) {
                None => Sql::Null,
                Some(Value::Number(number)) => Sql::Real(unsigned_zero(*number)),
                Some(Value::Text(text)) => Sql::Text(text.clone()),
            },
            geometry: finding
                .and_then(|finding| finding.geometry.as_ref())
                .and_then(|geometry| serde_json::to_string(geometry).ok()),
            confidence: finding.and_then(|finding| finding.confidence).map(unsigned_zero),
            severity: finding.and_then(|finding| finding.severity.clone()),
            read_at: row.read_at.clone(),
            comment: finding.and_then(|finding| finding.comment.clone()),
        };
        stored.digest(&mut self.digest);
        tx.db
            .prepare_cached(
                "INSERT INTO finding VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            )?
            .execute(params![
                self.import << IMPORT_SHIFT | stored.n,
                case_id,
                reader_id,
                label_id,
                stored.occasion,
                stored.flags,
                stored.line,
                stored.value,
                stored.geometry,
                stored.confidence,
                stored.severity,
                stored.read_at,
                stored.comment,
            ])?;
        self.n += 1;
        Ok(())
    }

    fn image(&mut self, tx: &Tx<'_>, staged: &StagedImage) -> Result<()> {
        let header = serde_json::to_string(&staged.image)
            .map_err(|error| StoreError::Damaged(format!("an image's header can't be written: {error}")))?;
        let stored = StoredImage {
            n: self.n as i64,
            uid: staged.image.id.clone(),
            stem: staged.stem.clone(),
            series: staged.image.series.clone(),
            study: staged.image.study.clone(),
            locator: staged.locator.clone(),
            header,
        };
        stored.digest(&mut self.digest);
        tx.db.prepare_cached("INSERT INTO image VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?.execute(params![
            self.import << IMPORT_SHIFT | stored.n,
            stored.uid,
            stored.stem,
            stored.series,
            stored.study,
            stored.locator,
            stored.header,
        ])?;
        self.images += 1;
        self.n += 1;
        Ok(())
    }
}

impl Sitting {
    /// Tells to which sitting of its reader a row belongs: a further one where its date is another, or where it says
    /// again what this sitting has said already.
    fn take(&mut self, row: &StagedRow, label: Option<i64>) -> u32 {
        let redated = row.read_at.is_some() && self.read_at.is_some() && row.read_at != self.read_at;
        if self.occasion == 0 || redated {
            self.occasion = self.occasions + 1;
            self.stated.clear();
        }
        if row.read_at.is_some() {
            self.read_at.clone_from(&row.read_at);
        }
        let mut occasion = self.occasion;
        // Several marks or shapes of one label are several objects; several grades are several readings.
        let graded = !row.marks && row.finding.as_ref().is_some_and(|finding| finding.geometry.is_none());
        if let (true, Some(label)) = (graded, label) {
            match self.stated.iter_mut().find(|(stated, _)| *stated == label) {
                Some((_, last)) => {
                    *last += 1;
                    occasion = *last;
                }
                None => self.stated.push((label, occasion)),
            }
        }
        self.occasions = self.occasions.max(occasion);
        occasion
    }
}

/// SQLite keeps no sign of a zero, and the digest is over what it keeps.
fn unsigned_zero(number: f64) -> f64 {
    number + 0.0
}

/// A row of `finding` with names in place of numbers: what its digest is made of.
pub(crate) struct StoredFinding<'a> {
    pub n: i64,
    pub case: &'a str,
    pub reader: Option<&'a str>,
    pub label: Option<&'a str>,
    pub occasion: i64,
    pub flags: i64,
    pub line: i64,
    pub value: Sql,
    pub geometry: Option<String>,
    pub confidence: Option<f64>,
    pub severity: Option<String>,
    pub read_at: Option<String>,
    pub comment: Option<String>,
}

impl StoredFinding<'_> {
    /// Adds the row to a digest.
    pub(crate) fn digest(&self, digest: &mut Canonical) {
        digest.number(self.n);
        digest.bytes(self.case.as_bytes());
        digest.optional(self.reader.map(str::as_bytes));
        digest.optional(self.label.map(str::as_bytes));
        for number in [self.occasion, self.flags, self.line] {
            digest.number(number);
        }
        match &self.value {
            Sql::Null => digest.number(0),
            Sql::Integer(number) => {
                digest.number(1);
                digest.number(*number);
            }
            Sql::Real(number) => {
                digest.number(2);
                digest.bytes(&number.to_bits().to_be_bytes());
            }
            Sql::Text(text) => {
                digest.number(3);
                digest.bytes(text.as_bytes());
            }
            Sql::Blob(bytes) => {
                digest.number(4);
                digest.bytes(bytes);
            }
        }
        digest.optional(self.geometry.as_deref().map(str::as_bytes));
        digest.optional(
            self.confidence.map(|number| number.to_bits().to_be_bytes()).as_ref().map(|bits| &bits[..]),
        );
        for text in [&self.severity, &self.read_at, &self.comment] {
            digest.optional(text.as_deref().map(str::as_bytes));
        }
    }
}

/// A row of `image`: what its digest is made of.
pub(crate) struct StoredImage {
    pub n: i64,
    pub uid: String,
    pub stem: String,
    pub series: Option<String>,
    pub study: Option<String>,
    pub locator: String,
    pub header: String,
}

impl StoredImage {
    /// Adds the row to a digest.
    pub(crate) fn digest(&self, digest: &mut Canonical) {
        digest.number(self.n);
        digest.bytes(self.uid.as_bytes());
        digest.bytes(self.stem.as_bytes());
        digest.optional(self.series.as_deref().map(str::as_bytes));
        digest.optional(self.study.as_deref().map(str::as_bytes));
        digest.bytes(self.locator.as_bytes());
        digest.bytes(self.header.as_bytes());
    }
}
