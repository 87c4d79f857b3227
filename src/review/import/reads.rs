//! One file of reads: parsed in a thread of its own while the rows before are staged.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use serde_json::json;
use sha2::{Digest, Sha256};

use super::files::{refused, shown};
use super::{Finished, ImportedFile, Progress, RefusedFile, Request, Run, finish};
use crate::domain::charter::Charter;
use crate::domain::charter::infer::Evidence;
use crate::domain::text::Safe;
use crate::domain::word::Word;
use crate::formats::{self, Format, FormatError, Refusal, Row};
use crate::review::{Result, ReviewError};
use crate::store::history::{self, ImportDetail};
use crate::store::stage::{OtherKind, StagedRow, Staging};
use crate::store::{Store, log};

/// So many refused lines of one file say enough.
const MOST_REFUSALS: usize = 100;
/// Rows that travel together from the parser to the store.
const BATCH: usize = 2000;
/// Batches that may wait between them: memory stays bounded however long the file is.
const WAITING: usize = 8;

/// Everything that the parser has to say when a file is through.
struct Parsed {
    summary: std::result::Result<formats::Summary, Refusal>,
    refusals: Vec<Refusal>,
    refused_rows: u64,
    evidence: Evidence,
    sha256: String,
}

impl Run<'_> {
    /// Takes one file of reads.
    pub(super) fn reads_file(
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
        let mut described = json!({
            "format": format.word(),
            "reader": options.reader,
            "map": self.request.map.as_ref().map(|map| &map.sha256),
            // A wide table without a reader column is by the reader of its name.
            "file": (format == Format::Wide && options.reader.is_none()).then_some(&options.file_name),
            "unit": options.unit.word(),
        });
        // Files that came in before sites were told stay the same.
        if let Some(site) = self.request.site.as_deref().map(str::trim).filter(|site| !site.is_empty()) {
            described["site"] = json!(site);
        }
        if self.request.model {
            described["model"] = json!(true);
        }
        let model = self.request.model;
        let source = history::source(&sha256, &described);
        if self.store_before().is_imported(&source)? {
            self.report.unchanged += 1;
            return Ok(());
        }
        let apart = |options: &serde_json::Value| {
            let mut options = options.clone();
            options.as_object_mut().map(|fields| [fields.remove("site"), fields.remove("model")]);
            options
        };
        if self.store_before().imported_with(&sha256)?.iter().any(|with| apart(with) == apart(&described)) {
            let why = "was imported before, with another --site or --model: a second time its reads would count twice. \
                       Nothing changed";
            self.report.refused.push(refused(path, None, why.to_owned()));
            return Ok(());
        }
        let now = self.session.now();
        let mut staging = self.session.store.begin_import(&source, now)?;
        let (to_store, from_parser) = sync_channel::<Vec<StagedRow>>(WAITING);
        let (staged, parsed) = std::thread::scope(|scope| {
            let parser = scope.spawn(|| parse_file(path, format, &options, model, to_store));
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
        let other_kind = match &whole_file {
            None => match (self.session.store.other_kind(&staging, true)?, self.known) {
                (None, Some(known)) => known.other_kind(&staging, false)?,
                (other, _) => other,
            },
            Some(_) => None,
        };
        let other_kind = other_kind.map(|other| one_kind(&other));
        let whole_file = whole_file.or(other_kind);
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

/// Says that a reader is a model and a person under one name.
fn one_kind(other: &OtherKind) -> Refusal {
    let kind = |model: bool| if model { "a model" } else { "a person" };
    let first = if other.line.is_some() { "in the lines before" } else { "in what came in before" };
    let why = format!(
        "{} is {} here and {} {first}: a reader is one of them. Say it alike (reader_kind, --model), or give the model a name \
         of its own. Nothing of the file went in",
        Safe::new(&other.reader),
        kind(!other.model),
        kind(other.model),
    );
    Refusal { line: other.line, why }
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
    by_model: bool,
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
        batch.push(StagedRow { line, case, reader, model: model || by_model, marks, read_at, finding });
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
