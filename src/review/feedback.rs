//! What a reader gets back of their own work: each of their reads that was adjudicated, with the final answer and why,
//! and the great calls. It names nobody else: neither other readers nor who decided.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::json;

use super::readings::walk;
use super::show::choice_json;
use super::{PROGRAM, Result, ReviewError, Scene, Session, words};
use crate::domain::authority::Deed;
use crate::domain::case::{Case, CaseItem, State};
use crate::domain::decision::{Settles, VerdictKind};
use crate::domain::event::Action;
use crate::domain::geometry::Geometry;
use crate::domain::item::{self, Choice, Opinion};
use crate::domain::names::Names;
use crate::domain::origin::Within;
use crate::domain::taxonomy;
use crate::domain::text::Safe;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Call {
    Error,
    Slip,
    /// Another answer was found, and nobody said that the reader was at fault.
    Different,
    Justifiable,
    /// The item has no single right answer.
    Ambiguous,
    /// Right where most others were not.
    Great,
    Right,
}

/// One of the reader's own reads and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    pub case: String,
    pub label: String,
    pub call: Call,
    /// In words.
    pub own: String,
    pub answer: String,
    /// Codes with their words.
    pub causes: Vec<String>,
    pub severity: Option<String>,
    pub clause: Option<String>,
    pub note: Option<String>,
    #[serde(skip)]
    pub picture: Option<Pictured>,
}

/// What is drawn beside an entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Pictured {
    pub image: String,
    pub frame: u32,
    /// Where the file may lie, the likeliest first.
    pub files: Vec<PathBuf>,
    pub own: Vec<Geometry>,
    pub answer: Vec<Geometry>,
}

/// Everything that a reader gets back.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Packet {
    pub project: String,
    pub reader: String,
    /// Of which cases.
    #[serde(flatten)]
    pub within: Within,
    pub program: &'static str,
    /// Milliseconds since 1970 UTC.
    pub at: i64,
    /// Cases that the reader read, and items of them that were adjudicated.
    pub cases: u64,
    pub adjudicated: u64,
    /// What is to be learned first, great calls after it.
    pub entries: Vec<Entry>,
    /// Entries that were left out because there are so many.
    pub left_out: u64,
    /// Cases that whoever writes this has yet to read blind for a sample: nothing of them is in it, and it doesn't say so.
    #[serde(skip)]
    pub unread: u64,
}

/// Entries of a packet at most, of what is to be learned and of great calls each.
const MOST: usize = 60;

/// Collects a reader's feedback, and records that it goes out.
///
/// # Errors
/// Whoever asks may not write feedback, nobody reads under that name, no case comes from where it is asked about, or the
/// store can't be read.
pub fn feedback(session: &mut Session, reader: &str, within: &Within) -> Result<Packet> {
    let mut entries = Vec::new();
    let (mut cases, mut adjudicated, mut unread) = (0, 0, 0);
    let mut names: BTreeSet<String> = BTreeSet::new();
    let packet = session.read(None, |tx, scene| {
        scene.allow(Deed::Retrain)?;
        let blind = super::sample::blind(tx, scene)?;
        walk(tx, scene, within, |_, looked| {
            for looked in looked {
                let case = &looked.case;
                names.extend(case.reads.iter().map(|read| read.read.reader.clone()));
                if !case.reads.iter().any(|read| read.read.reader == reader) {
                    continue;
                }
                cases += 1;
                if blind.contains(&case.name) {
                    unread += 1;
                    continue;
                }
                for item in &case.items {
                    let Some(entry) = entry(scene, case, item, reader) else { continue };
                    adjudicated += 1;
                    entries.push(entry);
                }
            }
        })?;
        if !names.contains(reader) {
            let part = within.words().map_or(String::new(), |words| format!(" in cases from {words}"));
            return Err(ReviewError::Missing(format!(
                "nobody reads under the name {}{part}: `overread readers` names them",
                Safe::new(reader)
            )));
        }
        // Of the whole project: a note may name somebody who read none of these cases.
        names.extend(tx.reader_names()?);
        names.extend(scene.setup.people.names().map(str::to_owned));
        let others = names.iter().filter(|name| *name != reader).map(String::as_str);
        let names = Names::of(others).but(reader);
        let unnamed = |text: String| names.replaced(&text, "another reader");
        let (kept, left_out) = chosen(entries);
        let mut entries = kept;
        for entry in &mut entries {
            if let Some(picture) = &mut entry.picture {
                let found = tx.locators(&picture.image)?;
                picture.files = found.iter().filter_map(|locator| super::import::file_at(locator)).collect();
            }
            entry.note = entry.note.take().map(unnamed);
            let is_heading = |cited: &str| scene.charter().clauses.iter().any(|clause| clause.name == cited);
            entry.clause =
                entry.clause.take().map(|cited| if is_heading(&cited) { cited } else { unnamed(cited) });
        }
        Ok(Packet {
            project: scene.charter().name.clone(),
            reader: reader.to_owned(),
            within: within.clone(),
            program: PROGRAM,
            at: scene.now,
            cases,
            adjudicated,
            entries,
            left_out,
            unread,
        })
    })?;
    session.write(None, |tx, scene| {
        let role = scene.allow(Deed::Retrain)?;
        let mut detail =
            json!({ "v": 1, "format": "feedback", "reader": reader, "entries": packet.entries.len() });
        if !within.is_all() {
            detail["within"] = json!(within);
        }
        Ok(tx.append(&scene.entry(Some(role), Action::Export, None, detail))?)
    })?;
    Ok(packet)
}

/// Keeps what is to be learned first, and as many great calls; what was simply right comes last.
fn chosen(mut entries: Vec<Entry>) -> (Vec<Entry>, u64) {
    entries.sort_by(|a, b| (a.call, worst(b), &a.case, &a.label).cmp(&(b.call, worst(a), &b.case, &b.label)));
    let all = entries.len();
    let (mut learned, mut great) = (0, 0);
    entries.retain(|entry| {
        let count = match entry.call {
            Call::Right => return false,
            Call::Great => &mut great,
            _ => &mut learned,
        };
        *count += 1;
        *count <= MOST
    });
    let left_out = (all - entries.len()) as u64;
    (entries, left_out)
}

fn worst(entry: &Entry) -> Option<&str> {
    entry.severity.as_deref()
}

fn entry(scene: &Scene<'_>, case: &Case, item: &CaseItem, reader: &str) -> Option<Entry> {
    if item.state_at(scene.now) != State::Final {
        return None;
    }
    let decision = &*item.united()?;
    let opinion = item.item.opinions.iter().find(|opinion| opinion.reader == reader)?;
    let verdict = decision.verdicts.get(reader);
    let charter = scene.charter();
    let same = |opinion: &Opinion, answer: &Choice| {
        item::difference(charter, &case.images, &item.item.labels, &opinion.choice, answer).is_none()
    };
    let answer = item.result.as_ref();
    let right = answer.is_some_and(|answer| same(opinion, answer));
    let variant =
        decision.ambiguity.as_ref().is_some_and(|block| block.variants.iter().any(|of| of == reader));
    let others = || item.item.opinions.iter().filter(|other| !other.model && other.reader != reader);
    let misled = answer.map_or(0, |answer| others().filter(|other| !same(other, answer)).count());
    let call = match verdict.map(|verdict| verdict.verdict) {
        Some(VerdictKind::Error) => Call::Error,
        Some(VerdictKind::Slip) => Call::Slip,
        Some(VerdictKind::Justifiable) => Call::Justifiable,
        _ if item.outcome == Some(Settles::Ambiguous) => Call::Ambiguous,
        _ if right && misled * 2 > others().count() => Call::Great,
        _ if right || variant => Call::Right,
        _ => Call::Different,
    };
    let faults = matches!(call, Call::Error | Call::Slip | Call::Different);
    let own_causes = verdict.map(|verdict| verdict.cause.clone()).filter(|cause| !cause.is_empty());
    let causes = own_causes.unwrap_or_else(|| if faults { decision.root_cause.clone() } else { Vec::new() });
    let severity = verdict.and_then(|verdict| verdict.severity.clone()).or(decision.severity.clone());
    let shapes = |choice: Option<&Choice>| choice.map(|choice| choice.shapes.clone()).unwrap_or_default();
    let (own, given) = (shapes(Some(&opinion.choice)), shapes(answer));
    let place = own.first().or(given.first());
    let frame = place.map_or(0, |shape| shape.frame);
    let image = place
        .and_then(|shape| case.images.iter().find(|image| image.id == shape.image))
        .or(case.images.first());
    let said = verdict.and_then(|verdict| verdict.note.clone());
    let note: Vec<String> = said.into_iter().chain(decision.note.clone()).collect();
    Some(Entry {
        case: case.name.clone(),
        label: item.item.labels.join("/"),
        call,
        own: words::of_choice(&opinion.choice, &case.images),
        answer: match (answer, item.outcome) {
            (Some(answer), _) => words::of_choice(answer, &case.images),
            (None, Some(Settles::Ambiguous)) => alternatives(decision),
            (None, Some(Settles::Excluded)) => "can't be graded".into(),
            _ => String::new(),
        },
        causes: causes.iter().map(|code| taxonomy::cause_in_words(code)).collect(),
        severity: severity.filter(|_| faults),
        clause: decision.clause.clone(),
        note: (!note.is_empty()).then(|| note.join(" · ")),
        picture: image.map(|image| Pictured {
            image: image.id.clone(),
            frame,
            files: Vec::new(),
            own,
            answer: given,
        }),
    })
}

fn alternatives(decision: &crate::domain::decision::Decision) -> String {
    let block = decision.ambiguity.iter().flat_map(|block| &block.alternatives);
    let words: Vec<String> = block
        .map(|other| {
            let value = match &other.value {
                serde_json::Value::String(word) => word.clone(),
                value => crate::domain::decision::answer::alternative(value)
                    .map_or_else(|_| value.to_string(), |choice| choice_json(&choice).to_string()),
            };
            format!("{value} {:.0} %", other.weight * 100.0)
        })
        .collect();
    format!("several may be right: {}", words.join(", "))
}
