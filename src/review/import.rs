//! Reads and images come in: files are recognised by content, staged in short batches, and each becomes visible by one
//! event. A file with a refused row is refused whole, unless its good rows are asked for.

use crate::domain::word::Word;
use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Result, ReviewError, Session};
use crate::domain::authority::Deed;
use crate::domain::charter::infer::{Evidence, infer};
use crate::domain::charter::{self, Charter};
use crate::domain::event::Action;
use crate::domain::text::Safe;
use crate::formats::{self, Format, FormatError, Refusal, Row};
use crate::imaging::{self, Decoder};
use crate::store::history::{self, ImportDetail};
use crate::store::setup::CharterDetail;
use crate::store::stage::{StagedImage, StagedRow, Staging};
use crate::store::{Store, log};

/// What is to be imported, and how.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Files and folders with reads, images or both.
    pub paths: Vec<PathBuf>,
    /// Folders in which only images are looked for.
    pub images: Vec<PathBuf>,
    pub format: Option<Format>,
    /// Who read, where the file doesn't say.
    pub reader: Option<String>,
    pub map: Option<NamedMap>,
    pub skip_bad_rows: bool,
}

/// What the columns of a table mean, and the hash of the file that says so.
#[derive(Debug, Clone)]
pub struct NamedMap {
    pub map: formats::Map,
    pub sha256: String,
}

impl NamedMap {
    /// Reads a map from its text.
    pub fn parse(text: &str) -> std::result::Result<NamedMap, formats::map::MapError> {
        Ok(NamedMap { map: formats::Map::parse(text)?, sha256: log::hex(Sha256::digest(text).as_slice()) })
    }
}

/// What an import brought.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    pub cases: u64,
    pub reads: u64,
    pub findings: u64,
    pub readers: u64,
    pub images: u64,
    /// Cases of this import without an image.
    pub images_missing: u64,
    /// Files and images that were there already.
    pub unchanged: u64,
    pub refused: Vec<RefusedFile>,
    /// Files of other kinds that lie in the folders.
    pub skipped: Vec<SkippedFile>,
    /// Files that went in.
    pub imported: Vec<ImportedFile>,
    /// Labels as the charter has them now, with their kind.
    pub labels: Vec<LabelKind>,
}

/// What a label's values are.
#[derive(Debug, Clone, Serialize)]
pub struct LabelKind {
    pub label: String,
    pub kind: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub struct RefusedFile {
    pub file: String,
    pub line: Option<u64>,
    pub why: String,
    /// It is about one row, which can be left out, and not about the file.
    #[serde(skip)]
    pub row: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct SkippedFile {
    pub file: String,
    pub why: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct ImportedFile {
    pub file: String,
    pub format: String,
    pub findings: u64,
    /// Rows that were left out by request.
    pub left_out: u64,
    /// What was taken for what: a column, or another source, and its meaning.
    pub understood: Vec<(String, &'static str)>,
    /// Columns that nothing was taken from.
    pub ignored: Vec<String>,
}

/// How far an import has come.
#[derive(Debug, Clone, Copy)]
pub enum Progress<'a> {
    Headers { done: usize, of: usize },
    Rows { file: &'a Path, rows: u64 },
    Triage { cases: u64 },
}

/// So many refused lines of one file say enough.
const MOST_REFUSALS: usize = 100;
/// Rows that travel together from the parser to the store.
const BATCH: usize = 2000;
/// Batches that may wait between them: memory stays bounded however long the file is.
const WAITING: usize = 8;

/// Imports files and folders.
pub fn import(
    session: &mut Session,
    request: &Request,
    decoder: &mut Decoder,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Report> {
    session.read(None, |_, scene| scene.allow(Deed::Import))?;
    run(session, None, request, decoder, progress)
}

/// An import under way.
struct Run<'a> {
    session: &'a mut Session,
    /// Where to look for what was imported before, if not in the session's store.
    known: Option<&'a Store>,
    request: &'a Request,
    report: Report,
    met: Met,
}

/// Imports into the session's store what `known`, or else that store, doesn't hold yet.
fn run(
    session: &mut Session,
    known: Option<&Store>,
    request: &Request,
    decoder: &mut Decoder,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Report> {
    let mut run = Run { session, known, request, report: Report::default(), met: Met::default() };
    let found = find_files(request, &mut run.report)?;
    run.images(&found.dicom, decoder, progress)?;
    for (path, format) in &found.reads {
        run.reads_file(path, *format, progress)?;
    }
    let Run { session, mut report, met, .. } = run;
    session.triage(|cases| progress(Progress::Triage { cases }))?;
    report.cases = met.cases.len() as u64;
    report.readers = met.readers.len() as u64;
    report.images_missing = session.store.read(|tx| -> Result<u64> {
        if tx.has_no_images()? {
            return Ok(met.cases.len() as u64);
        }
        let mut missing = 0;
        for case_id in &met.cases {
            if let Some(name) = tx.case_name(*case_id)? {
                missing += u64::from(!tx.case_has_image(&name)?);
            }
        }
        Ok(missing)
    })?;
    let charter = session.charter();
    let kinds = charter.labels.iter();
    report.labels =
        kinds.map(|label| LabelKind { label: label.name.clone(), kind: label.kind.word() }).collect();
    Ok(report)
}

/// Says what an import would bring, and changes nothing: it goes into a store in memory under the same charter.
pub fn dry_run(
    session: &mut Session,
    request: &Request,
    decoder: &mut Decoder,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Report> {
    session.read(None, |_, scene| scene.allow(Deed::Import))?;
    let store =
        super::init::scratch(Some(&session.setup.charter_text), &session.actor, [0; 32], session.clock)?;
    let mut scratch = Session {
        setup: store.read(|tx| tx.setup())?,
        store,
        actor: session.actor.clone(),
        clock: session.clock,
    };
    run(&mut scratch, Some(&session.store), request, decoder, progress)
}

/// Cases and readers of all files of an import.
#[derive(Default)]
struct Met {
    cases: HashSet<i64>,
    readers: BTreeSet<i64>,
}

#[derive(Default)]
struct Found {
    dicom: Vec<PathBuf>,
    reads: Vec<(PathBuf, Format)>,
}

/// How much of a file tells what it is.
const HEAD: usize = 64 * 1024;

fn find_files(request: &Request, report: &mut Report) -> Result<Found> {
    let mut found = Found::default();
    for root in &request.images {
        for path in walk(root)? {
            match head_of(&path) {
                Ok(head) if imaging::looks_like_dicom(&head) => found.dicom.push(path),
                Ok(_) => report.skipped.push(skipped(&path, "is no DICOM file")),
                Err(error) => report.refused.push(refused(&path, None, error.to_string())),
            }
        }
    }
    for root in &request.paths {
        let named = root.is_file();
        for path in walk(root)? {
            let head = match head_of(&path) {
                Ok(head) => head,
                Err(error) => {
                    report.refused.push(refused(&path, None, error.to_string()));
                    continue;
                }
            };
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if let Some(format) = request.format {
                found.reads.push((path, format));
            } else if imaging::looks_like_dicom(&head) {
                found.dicom.push(path);
            } else if let Some(format) = recognised(request, &head, &name)
                .or_else(|| by_name(&path).filter(|_| named && !head.is_empty()))
            {
                found.reads.push((path, format));
            } else if named || head.is_empty() {
                let why = match head.is_empty() {
                    true => "the file is empty",
                    false => {
                        "this is no format that overread knows: name it with --format, or describe it with --map"
                    }
                };
                report.refused.push(refused(&path, None, why.into()));
            } else {
                report.skipped.push(skipped(&path, "is of no format that overread knows"));
            }
        }
    }
    found.dicom.sort();
    found.dicom.dedup();
    found.reads.dedup_by(|a, b| a.0 == b.0);
    Ok(found)
}

/// A map says what a table is; whatever is no table is what its content says.
fn recognised(request: &Request, head: &[u8], name: &str) -> Option<Format> {
    match (formats::recognise(head, name), &request.map) {
        (Some(Format::Aim), _) => Some(Format::Aim),
        (_, Some(map)) => Some(map.map.format()),
        (known, None) => known,
    }
}

/// What a file that was named is by its own name: reading it as that tells best what is wrong with it.
fn by_name(path: &Path) -> Option<Format> {
    let end = path.extension()?.to_str()?.to_ascii_lowercase();
    [("csv", Format::Long), ("tsv", Format::Long), ("xml", Format::Aim)]
        .into_iter()
        .find_map(|(known, format)| (known == end).then_some(format))
}

/// Gives a file itself, or all files of a folder and those below it, in the order of their names. Links to folders
/// are not followed, so that no loop can hold it.
fn walk(root: &Path) -> Result<Vec<PathBuf>> {
    let failed = |error| match std::io::Error::kind(&error) {
        std::io::ErrorKind::NotFound => {
            ReviewError::Missing(format!("there is no file or folder {}", Safe::new(&root.to_string_lossy())))
        }
        _ => ReviewError::Read { path: root.into(), fault: error },
    };
    if !std::fs::metadata(root).map_err(failed)?.is_dir() {
        return Ok(vec![root.into()]);
    }
    let mut files = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries =
            std::fs::read_dir(&folder).map_err(|fault| ReviewError::Read { path: folder.clone(), fault })?;
        for entry in entries {
            let entry = entry.map_err(|fault| ReviewError::Read { path: folder.clone(), fault })?;
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            let kind = entry.file_type().map_err(|fault| ReviewError::Read { path: entry.path(), fault })?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if entry.path().is_file() {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

fn head_of(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// Finds the file that a locator names, where it is still there.
pub fn file_at(locator: &str) -> Option<PathBuf> {
    locator.strip_prefix("file://").map(PathBuf::from).filter(|path| path.is_file())
}

fn shown(path: &Path) -> String {
    Safe::new(&path.to_string_lossy()).to_string()
}

fn refused(path: &Path, line: Option<u64>, why: String) -> RefusedFile {
    RefusedFile { file: shown(path), line, why, row: false }
}

fn skipped(path: &Path, why: &str) -> SkippedFile {
    SkippedFile { file: shown(path), why: why.into() }
}

/// Everything that the parser has to say when a file is through.
struct Parsed {
    summary: std::result::Result<formats::Summary, Refusal>,
    refusals: Vec<Refusal>,
    refused_rows: u64,
    evidence: Evidence,
    sha256: String,
}

impl Run<'_> {
    /// The store that tells what was imported before.
    fn store_before(&self) -> &Store {
        self.known.unwrap_or(&self.session.store)
    }

    /// Indexes the images whose headers can be read: one import for all of them.
    fn images(
        &mut self,
        files: &[PathBuf],
        decoder: &mut Decoder,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<()> {
        let mut fresh: Vec<StagedImage> = Vec::new();
        let mut uids = HashSet::new();
        for (done, path) in files.iter().enumerate() {
            progress(Progress::Headers { done, of: files.len() });
            match decoder.header(path) {
                Ok(header) if !header.has_pixels => {
                    self.report.skipped.push(skipped(path, "is a DICOM file without pixels"))
                }
                Ok(header) => {
                    let image = header.image;
                    // An image whose file was moved is indexed again, under its new place.
                    let places = self.store_before().read(|tx| tx.locators(&image.id))?;
                    if !uids.insert(image.id.clone()) || places.iter().any(|place| file_at(place).is_some()) {
                        self.report.unchanged += 1;
                        continue;
                    }
                    let full = std::fs::canonicalize(path).unwrap_or_else(|_| path.clone());
                    fresh.push(StagedImage {
                        image,
                        stem: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
                        locator: format!("file://{}", full.to_string_lossy()),
                    });
                }
                Err(error) => {
                    // The file is named beside its fault already.
                    let words = error.to_string();
                    let why = words.strip_prefix(&format!("{}: ", shown(path))).unwrap_or(&words);
                    self.report.refused.push(refused(path, None, why.to_owned()));
                }
            }
        }
        if fresh.is_empty() {
            return Ok(());
        }
        let mut hash = Sha256::new();
        for staged in &fresh {
            for part in [&staged.image.id, &staged.locator] {
                hash.update(part.as_bytes());
                hash.update([0]);
            }
        }
        let sha256 = log::hex(hash.finalize().as_slice());
        let source = history::source(&sha256, &serde_json::Value::Null);
        let now = self.session.now();
        let mut staging = self.session.store.begin_import(&source, now)?;
        let staged = self.session.store.stage_images(&mut staging, &fresh, now);
        self.report.images = fresh.len() as u64;
        let detail = ImportDetail {
            v: 1,
            file: format!("{} images", fresh.len()),
            sha256,
            format: "dicom".into(),
            ..ImportDetail::default()
        };
        finish(self.session, staging, staged.map_err(Into::into), &source, detail, None)?;
        Ok(())
    }

    /// Takes one file of reads.
    fn reads_file(
        &mut self,
        path: &Path,
        format: Format,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<()> {
        let sha256 = match hash_of(path) {
            Ok(sha256) => sha256,
            Err(error) => {
                self.report.refused.push(refused(path, None, error.to_string()));
                return Ok(());
            }
        };
        let options = options(self.request, self.session.charter(), path);
        // Whatever makes other reads of the same bytes. Leaving bad rows out doesn't: what went in, went in.
        let described = json!({
            "format": format.word(),
            "reader": options.reader,
            "map": self.request.map.as_ref().map(|map| &map.sha256),
            // A wide table without a reader column is by the reader of its name.
            "file": (format == Format::Wide && options.reader.is_none()).then_some(&options.file_name),
            "unit": options.unit.word(),
        });
        let source = history::source(&sha256, &described);
        if self.store_before().is_imported(&source)? {
            self.report.unchanged += 1;
            return Ok(());
        }
        let now = self.session.now();
        let mut staging = self.session.store.begin_import(&source, now)?;
        let (to_store, from_parser) = sync_channel::<Vec<StagedRow>>(WAITING);
        let (staged, parsed) = std::thread::scope(|scope| {
            let parser = scope.spawn(|| parse_file(path, format, &options, to_store));
            let staged = stage_all(&mut self.session.store, &mut staging, from_parser, now, |rows| {
                progress(Progress::Rows { file: path, rows });
            });
            (staged, parser.join())
        });
        let parsed = parsed
            .map_err(|_| ReviewError::Invalid(format!("{}: the reader of this format failed", shown(path))));
        let parsed = match (staged, parsed) {
            (Ok(()), Ok(parsed)) => parsed,
            (Err(error), _) | (_, Err(error)) => {
                // Nothing was visible; what was staged goes, or the next import clears it.
                let _ = self.session.store.discard_import(staging);
                return Err(error);
            }
        };
        let whole = |why: &str| Some(Refusal { line: None, why: why.into() });
        let whole_file = match &parsed.summary {
            Err(refusal) => Some(refusal.clone()),
            Ok(_) if parsed.sha256 != sha256 => whole("the file changed while it was read: import it again"),
            Ok(_) if staging.rows() == 0 && parsed.refused_rows == 0 => whole("the file holds no reads"),
            Ok(_) => None,
        };
        for refusal in &parsed.refusals {
            let fault = refused(path, refusal.line, refusal.why.clone());
            self.report.refused.push(RefusedFile { row: true, ..fault });
        }
        if parsed.refused_rows > parsed.refusals.len() as u64 {
            let more = parsed.refused_rows - parsed.refusals.len() as u64;
            self.report.refused.push(refused(path, None, format!("and {more} more lines")));
        }
        if let Some(Refusal { line, why }) = &whole_file {
            self.report.refused.push(refused(path, *line, why.clone()));
        }
        let keep = whole_file.is_none()
            && staging.rows() > 0
            && (parsed.refused_rows == 0 || self.request.skip_bad_rows);
        if !keep {
            self.session.store.discard_import(staging)?;
            return Ok(());
        }
        let mut evidence = parsed.evidence;
        let summary = parsed.summary.unwrap_or_default();
        for hint in &summary.hints {
            evidence.hint(&hint.label, hint.kind, &hint.levels);
        }
        let detail = ImportDetail {
            v: 1,
            file: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            sha256,
            format: format.word().into(),
            options: described,
            left_out: parsed.refusals.iter().map(|refusal| (refusal.line, refusal.why.clone())).collect(),
            ..ImportDetail::default()
        };
        let counts = staging.counts();
        let (cases, readers) = (staging.cases().clone(), staging.readers().clone());
        match finish(self.session, staging, Ok(()), &source, detail, Some(&evidence))? {
            Finished::Visible => {
                self.met.cases.extend(cases);
                self.met.readers.extend(readers);
                self.report.reads += counts.reads;
                self.report.findings += counts.findings;
                self.report.imported.push(ImportedFile {
                    file: shown(path),
                    format: format.word().into(),
                    findings: counts.findings,
                    left_out: parsed.refused_rows,
                    understood: summary.understood,
                    ignored: summary.ignored,
                });
            }
            Finished::KnownMeanwhile => self.report.unchanged += 1,
        }
        Ok(())
    }
}

fn options(request: &Request, charter: &Charter, path: &Path) -> formats::Options {
    formats::Options {
        reader: request.reader.clone(),
        map: request.map.as_ref().map(|map| map.map.clone()),
        unit: charter.reads.unit,
        file_name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
    }
}

/// Runs in a thread of its own, so that reading the file and writing the store overlap.
fn parse_file(
    path: &Path,
    format: Format,
    options: &formats::Options,
    to_store: SyncSender<Vec<StagedRow>>,
) -> Parsed {
    let mut parsed = Parsed {
        summary: Err(Refusal { line: None, why: String::new() }),
        refusals: Vec::new(),
        refused_rows: 0,
        evidence: Evidence::default(),
        sha256: String::new(),
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) => {
            parsed.summary = Err(unread(&error));
            return parsed;
        }
    };
    let mut hashing = Hashing { inner: file, hash: Sha256::new() };
    let mut batch = Vec::with_capacity(BATCH);
    let Parsed { refusals, refused_rows, evidence, .. } = &mut parsed;
    let mut sink = |row: Row| -> std::result::Result<(), String> {
        if let Some(finding) = &row.finding {
            evidence.observe(finding);
        }
        let Row { line, case, reader, model, read_at, marks, finding } = row;
        batch.push(StagedRow { line, case, reader, model, marks, read_at, finding });
        if batch.len() == BATCH {
            // The other end is gone only where the store failed, which is reported there.
            to_store
                .send(std::mem::replace(&mut batch, Vec::with_capacity(BATCH)))
                .map_err(|_| "the store stopped taking rows".to_owned())?;
        }
        Ok(())
    };
    let mut refuse = |refusal: Refusal| {
        *refused_rows += 1;
        if refusals.len() < MOST_REFUSALS {
            refusals.push(refusal);
        }
    };
    let summary = formats::read(format, &mut hashing, options, &mut sink, &mut refuse);
    if !batch.is_empty() {
        let _ = to_store.send(batch);
    }
    // What the format did not need to read belongs to the file all the same.
    let rest = std::io::copy(&mut hashing, &mut std::io::sink());
    parsed.summary = match summary {
        Ok(summary) => rest.map(|_| summary).map_err(|error| unread(&error)),
        Err(FormatError::Refused(refusal)) => Err(refusal),
        Err(other) => Err(Refusal { line: None, why: other.to_string() }),
    };
    parsed.sha256 = log::hex(hashing.hash.finalize().as_slice());
    parsed
}

fn unread(error: &std::io::Error) -> Refusal {
    Refusal { line: None, why: format!("the file could not be read: {error}") }
}

fn stage_all(
    store: &mut Store,
    staging: &mut Staging,
    rows: Receiver<Vec<StagedRow>>,
    now: i64,
    mut progress: impl FnMut(u64),
) -> Result<()> {
    for batch in rows {
        store.stage(staging, &batch, now)?;
        progress(staging.rows());
    }
    Ok(())
}

enum Finished {
    Visible,
    /// Another process imported the same file while this one was reading it.
    KnownMeanwhile,
}

/// Makes a staged import visible: one short transaction with its event, and a further version of an inferred charter
/// before it where the file brought new labels.
fn finish(
    session: &mut Session,
    mut staging: Staging,
    staged: Result<()>,
    source: &str,
    mut detail: ImportDetail,
    evidence: Option<&Evidence>,
) -> Result<Finished> {
    detail.counts = staging.counts();
    detail.scope = staging.scope();
    detail.digest = staging.digest();
    let published = staged.and_then(|()| {
        session.write(None, |tx, scene| {
            let role = scene.allow(Deed::Import)?;
            if tx.is_imported(source)? {
                return Ok(false);
            }
            let charter = scene.charter();
            if let Some(wider) =
                evidence.filter(|_| charter.infer).and_then(|evidence| infer(charter, evidence))
            {
                let charter = CharterDetail {
                    v: 1,
                    version: scene.setup.charter().version + 1,
                    text: charter::write(&wider),
                    inferred: true,
                    why: None,
                };
                tx.append(&scene.entry(Some(role), Action::Charter, None, json!(charter)))?;
            }
            detail.totals = tx.totals()?;
            staging.add_to(&mut detail.totals);
            let event = tx.append(&scene.entry(Some(role), Action::Import, None, json!(detail)))?;
            tx.publish(&staging, event.seq)?;
            Ok(true)
        })
    });
    match published {
        Ok(true) => {
            session.refresh()?;
            Ok(Finished::Visible)
        }
        Ok(false) => {
            session.store.discard_import(staging)?;
            Ok(Finished::KnownMeanwhile)
        }
        Err(error) => {
            let _ = session.store.discard_import(staging);
            Err(error)
        }
    }
}

fn hash_of(path: &Path) -> std::io::Result<String> {
    let mut hashing = Hashing { inner: File::open(path)?, hash: Sha256::new() };
    std::io::copy(&mut hashing, &mut std::io::sink())?;
    Ok(log::hex(hashing.hash.finalize().as_slice()))
}

/// Hashes what is read through it.
struct Hashing<R> {
    inner: R,
    hash: Sha256,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.hash.update(&buffer[..n]);
        Ok(n)
    }
}
