//! The reference standard goes out: every settled item, with how it was settled.

use crate::domain::word::{Word, words};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::readings::walk;
use super::{PROGRAM, Result, ReviewError, Scene, Session, origin};
use crate::domain::authority::Deed;
use crate::domain::case::{Case, CaseItem, Decided, Fate, State};
use crate::domain::charter::Ambiguous;
use crate::domain::decision::{Answer, Decision, Settles};
use crate::domain::event::Action;
use crate::domain::moment;
use crate::domain::origin::Within;
use crate::formats::export::{Csv, Truth, jsonl};
use crate::store::log;

/// The files that a reference standard is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    Jsonl,
    Csv,
}

words!(ExportFormat: Jsonl "jsonl", Csv "csv");

/// What is to be written.
#[derive(Debug, Clone)]
pub struct Request {
    pub format: ExportFormat,
    pub output: PathBuf,
    /// Of which cases.
    pub within: Within,
    /// Leave out what can still be undone.
    pub only_final: bool,
    /// With what each reader said, by name.
    pub reads: bool,
    /// Replace an existing file.
    pub force: bool,
}

/// What was written.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Written {
    pub format: &'static str,
    #[serde(flatten)]
    pub within: Within,
    pub files: Vec<String>,
    pub cases: u64,
    /// Settled items.
    pub findings: u64,
    /// Items that can still be undone and were left out.
    pub provisional_left_out: u64,
    /// Disputes that nobody has settled yet.
    pub open: u64,
    /// Ambiguous items that their decision excludes: left out.
    pub dropped: u64,
    /// Ambiguous items that are written and are to stay out of the test split.
    pub not_for_test: u64,
    /// Cases of lots that a sample rejected and no lead has signed: left out.
    pub held: u64,
    /// The samples that rejected them.
    pub held_by: Vec<String>,
    /// Cases that whoever exports has yet to read blind for a sample: left out.
    pub unread: u64,
    /// Hash of the last event before the export was read.
    pub log_head: String,
}

/// Writes every settled item to a file, and beside it where that came from.
pub fn export(session: &mut Session, request: &Request) -> Result<Written> {
    session.read(None, |tx, scene| {
        scene.allow(Deed::Export)?;
        // A batch or site that nobody knows is told before anything is written.
        origin::imports(tx, &request.within)
    })?;
    let provenance = beside(&request.output, "provenance.json");
    for file in [&request.output, &provenance] {
        // Replacing a pipe, a device or a link by a file is never meant.
        if std::fs::symlink_metadata(file).is_ok_and(|meta| !meta.is_file()) {
            return Err(ReviewError::Invalid(format!(
                "{} is no regular file: name another",
                super::shown(file)
            )));
        }
        if file.exists() && !request.force {
            return Err(ReviewError::Exists(file.clone()));
        }
    }
    let (part, mut file) = create_part(&request.output)?;
    let written = record_and_write(session, request, &mut file);
    let finished = written.and_then(|mut written| {
        let failed = |fault| ReviewError::Write { path: request.output.clone(), fault };
        file.flush().map_err(failed)?;
        file.inner.get_ref().sync_all().map_err(failed)?;
        let sha256 = log::hex(file.hash.finalize().as_slice());
        let notes = json!({
            "program": PROGRAM,
            "format": request.format.word(),
            "file": request.output.file_name().map(|name| name.to_string_lossy()),
            "sha256": sha256,
            "cases": written.cases,
            "findings": written.findings,
            "held": written.held,
            "unread": written.unread,
            "only_final": request.only_final,
            "within": request.within,
            "log_head": written.log_head,
            "charter": session.setup.charter().version,
            "exported_at": moment::rfc3339(session.now()),
        });
        std::fs::write(&provenance, format!("{notes:#}\n"))
            .map_err(|fault| ReviewError::Write { path: provenance.clone(), fault })?;
        std::fs::rename(&part, &request.output).map_err(failed)?;
        written.files =
            [&request.output, &provenance].map(|file| file.to_string_lossy().into_owned()).to_vec();
        Ok(written)
    });
    if finished.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    finished
}

fn beside(output: &Path, suffix: &str) -> PathBuf {
    let mut name = output.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{suffix}"));
    output.with_file_name(name)
}

/// Opens the file under another name, so that a reader never meets half of it.
fn create_part(output: &Path) -> Result<(PathBuf, HashedFile)> {
    let part = beside(output, &format!("{}.part", std::process::id()));
    let file = File::create(&part)
        .map_err(|fault| crate::store::StoreError::CannotCreate { path: output.into(), fault })?;
    Ok((part, HashedFile { inner: BufWriter::new(file), hash: Sha256::new() }))
}

fn record_and_write(session: &mut Session, request: &Request, file: &mut HashedFile) -> Result<Written> {
    let name = request.output.file_name().unwrap_or_default().to_string_lossy().into_owned();
    session.write(None, |tx, scene| {
        let role = scene.allow(Deed::Export)?;
        let detail = json!({
            "v": 1, "format": request.format.word(), "file": name, "only_final": request.only_final, "reads": request.reads,
            "within": request.within,
        });
        Ok(tx.append(&scene.entry(Some(role), Action::Export, None, detail))?)
    })?;
    let failed = |fault| ReviewError::Write { path: request.output.clone(), fault };
    session.read(None, |tx, scene| {
        let (_, log_head) = tx.head()?;
        let within = request.within.clone();
        let mut written = Written { format: request.format.word(), within, log_head, ..Written::default() };
        let mut sheet = match request.format {
            ExportFormat::Csv => Sheet::Csv(Box::new(Csv::new(file).map_err(failed)?)),
            ExportFormat::Jsonl => Sheet::Jsonl(file),
        };
        let held = super::sample::held(tx, scene)?;
        let blind = super::sample::blind(tx, scene)?;
        let mut held_by = BTreeSet::new();
        let mut wrote = Ok(());
        walk(tx, scene, &request.within, |_, looked| {
            for case in looked.iter().map(|looked| &looked.case) {
                if let Some(sample) = held.get(&case.name) {
                    written.held += 1;
                    held_by.insert(sample.clone());
                } else if blind.contains(&case.name) {
                    written.unread += 1;
                } else if wrote.is_ok() {
                    wrote = write_case(scene, request, case, &mut sheet, &mut written);
                }
            }
        })?;
        wrote.map_err(failed)?;
        written.held_by = held_by.into_iter().collect();
        sheet.finish().map_err(failed)?;
        Ok(written)
    })
}

fn write_case(
    scene: &Scene<'_>,
    request: &Request,
    case: &Case,
    sheet: &mut Sheet<'_>,
    written: &mut Written,
) -> std::io::Result<()> {
    let before = written.findings;
    for item in &case.items {
        if let Some(truth) = truth(scene, request, case, item, written) {
            sheet.write(&truth)?;
            written.findings += 1;
        }
    }
    written.cases += u64::from(written.findings > before);
    Ok(())
}

/// A file under way in its format.
enum Sheet<'a> {
    Csv(Box<Csv<&'a mut HashedFile>>),
    Jsonl(&'a mut HashedFile),
}

impl Sheet<'_> {
    fn write(&mut self, truth: &Truth) -> std::io::Result<()> {
        match self {
            Sheet::Csv(csv) => csv.write(truth),
            Sheet::Jsonl(file) => jsonl(file, truth),
        }
    }

    fn finish(self) -> std::io::Result<()> {
        match self {
            Sheet::Csv(csv) => csv.finish().map(drop),
            Sheet::Jsonl(_) => Ok(()),
        }
    }
}

/// Says what is true of an item; none where nothing is settled, or where it is not to go out.
fn truth(
    scene: &Scene<'_>,
    request: &Request,
    case: &Case,
    item: &CaseItem,
    written: &mut Written,
) -> Option<Truth> {
    let state = item.state_at(scene.now);
    let Some(outcome) =
        item.outcome.filter(|_| matches!(state, State::Provisional | State::Final | State::Concordant))
    else {
        written.open += u64::from(item.disputed);
        return None;
    };
    if request.only_final && state == State::Provisional {
        written.provisional_left_out += 1;
        return None;
    }
    let mut standing: Vec<&Decided> =
        item.decisions.iter().filter(|decided| decided.fate == Fate::Stands).collect();
    standing.sort_by_key(|decided| decided.seq);
    let decision = item.united();
    let decision = decision.as_deref();
    let ambiguity = decision.and_then(|decision| decision.ambiguity.clone());
    let handling = ambiguity.as_ref().and_then(|block| block.handling.as_deref());
    let handling = match (outcome, handling) {
        (Settles::Ambiguous, None) => Some(match scene.charter().export.ambiguous {
            Ambiguous::Soft => "soft",
            Ambiguous::Flag => "flag",
            Ambiguous::Drop => "drop",
        }),
        (Settles::Ambiguous, given) => given,
        _ => None,
    };
    match handling {
        Some("exclude") => {
            written.dropped += 1;
            return None;
        }
        Some("drop") => written.not_for_test += 1,
        _ => {}
    }
    let result = item.result.clone().unwrap_or_default();
    let mut truth = Truth {
        case: case.name.clone(),
        item: item.id.clone(),
        label: result.label.clone().unwrap_or_else(|| item.item.labels.join("/")),
        kind: item.item.difference.as_ref().map(|difference| difference.kind),
        state: Some(if state == State::Concordant { State::Final } else { state }),
        method: decision.map_or(item.method.map_or("", Word::word), method).to_owned(),
        outcome: match outcome {
            Settles::Resolved => "RESOLVED",
            Settles::Ambiguous => "AMBIGUOUS",
            Settles::Excluded => "EXCLUDED",
            Settles::Negative => "NEGATIVE",
            Settles::Open => return None,
        }
        .into(),
        handling: handling.map(str::to_owned),
        value: result.value,
        geometry: result.shapes,
        charter: case.charter.unwrap_or_default(),
        decided_by: standing.iter().map(|decided| decided.who.clone()).collect(),
        decided_at: standing.last().map(|decided| moment::rfc3339(decided.at)),
        reads: request.reads.then(|| {
            item.item
                .opinions
                .iter()
                .map(|opinion| (opinion.reader.clone(), opinion.choice.clone()))
                .collect()
        }),
        ..Truth::default()
    };
    // A shape without its image would be worth nothing: the source may have named only the case.
    if let [image] = case.images.as_slice() {
        for shape in truth.geometry.iter_mut().filter(|shape| shape.image == case.name) {
            shape.image.clone_from(&image.id);
        }
    }
    if let Some(decision) = decision {
        truth.confidence = decision.confidence;
        truth.uncertain = decision.uncertain || handling == Some("flag");
        truth.verdicts = decision.verdicts.clone();
        truth.root_cause = decision.root_cause.clone();
        truth.severity = decision.severity.clone();
        truth.clause = decision.clause.clone();
        truth.note = decision.note.clone();
        truth.panel = decision.panel.clone();
    }
    if let Some(block) = &ambiguity {
        for alternative in &block.alternatives {
            let key = alternative.value.as_str().map_or_else(|| alternative.value.to_string(), str::to_owned);
            match handling {
                // A hard label is the likeliest of the alternatives, and says that it is uncertain.
                Some("flag") => {}
                _ => *truth.soft.entry(key).or_default() += alternative.weight,
            }
        }
        let likeliest = block.alternatives.iter().max_by(|a, b| a.weight.total_cmp(&b.weight));
        if let (Some("flag"), Some(likeliest)) = (handling, likeliest) {
            match serde_json::from_value(likeliest.value.clone()) {
                Ok(shape) => truth.geometry = vec![shape],
                Err(_) => truth.value = serde_json::from_value(likeliest.value.clone()).ok(),
            }
        }
    }
    truth.ambiguity = ambiguity;
    Some(truth)
}

fn method(decision: &Decision) -> &'static str {
    match &decision.answer {
        Answer::Adopt(_) | Answer::AdoptReader(_) => "adopt",
        Answer::Merge(_) => "merge",
        Answer::Value(_) => "value",
        Answer::Geometry(_) => "geometry",
        Answer::None => "none",
        Answer::Ambiguous => "ambiguous",
        Answer::Exclude => "exclude",
        Answer::Defer | Answer::Return | Answer::Escalate | Answer::Discuss => "open",
    }
}

/// Hashes what is written through it.
struct HashedFile {
    inner: BufWriter<File>,
    hash: Sha256,
}

impl Write for HashedFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let n = self.inner.write(bytes)?;
        self.hash.update(&bytes[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}
