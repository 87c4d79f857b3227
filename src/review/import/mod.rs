//! Reads and images come in: files are recognised by content, staged in short batches, and each becomes visible by one
//! event. A file with a refused row is refused whole, unless its good rows are asked for.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Result, Session};
use crate::domain::authority::Deed;
use crate::domain::case::State;
use crate::domain::charter;
use crate::domain::charter::infer::{Evidence, infer};
use crate::domain::event::Action;
use crate::domain::word::Word;
use crate::formats::{self, Format};
use crate::imaging::Decoder;
use crate::store::history::ImportDetail;
use crate::store::setup::CharterDetail;
use crate::store::stage::Staging;
use crate::store::{Store, log};

mod files;
mod images;
mod reads;

pub use files::file_at;
use files::find_files;

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
    /// Whoever read is a model, whatever the files say.
    pub model: bool,
    pub map: Option<NamedMap>,
    pub skip_bad_rows: bool,
    /// Where the cases come from.
    pub site: Option<String>,
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
    /// What was found of the new images' pixels, by the name of the check that tells of it; see `check`.
    pub image_problems: BTreeMap<&'static str, u64>,
    /// Cases of the project that are blocked now, by a check or by a person.
    pub blocked: u64,
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
    run.images(&found.images, decoder, progress)?;
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
    report.blocked = session.store.read(|tx| tx.counter(State::Blocked.word()))?;
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

impl Run<'_> {
    /// The store that tells what was imported before.
    pub(super) fn store_before(&self) -> &Store {
        self.known.unwrap_or(&self.session.store)
    }
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
                    ..CharterDetail::default()
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
