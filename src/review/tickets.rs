//! Retraining: triggers open tickets, a ticket carries the reader's own cases as material, a blind re-test whose size is
//! justified, and its result.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::json;
use sha2::{Digest, Sha256};

use super::readers::{Counted, Performance, Request};
use super::readings::walk;
use super::{Result, ReviewError, Scene, Session, readers, reason};
use crate::domain::authority::Deed;
use crate::domain::case::{Case, CaseItem, State};
use crate::domain::charter::{Charter, Label};
use crate::domain::event::Action;
use crate::domain::finding::Read;
use crate::domain::item::{self, Choice};
use crate::domain::origin::Within;
use crate::domain::sample::{Drawn, evenly, place};
use crate::domain::text::Safe;
use crate::domain::ticket::{Question, Retest, Seen, Step, Tested, Ticket, TicketDetail, TicketState};
use crate::domain::word::Word;
use crate::formats;
use crate::stats::sampling::plan::{Plan, two_points};
use crate::store::log::hex;
use crate::store::{self, StoreError, Tx};

/// Version of the events that are written.
const VERSION: u32 = 1;

/// Cases of material at most: the newest of the reader's errors.
const MATERIAL: usize = 50;

/// The risks of a re-test: that a good reader fails, and that one who has learned nothing passes.
const RISK: f64 = 0.1;

/// Shares of errors that a re-test tells apart, where the ticket's own figures don't say.
const GOOD: f64 = 0.05;
const BAD: f64 = 0.25;

/// What a re-test is to tell apart; what is left out follows from the ticket.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Wanted {
    pub good: Option<f64>,
    pub bad: Option<f64>,
    pub seed: u64,
}

/// Gives all tickets, in the order in which they were opened, as whoever asks may see them.
pub fn list(session: &mut Session) -> Result<Vec<Ticket>> {
    session.read(None, |tx, scene| {
        scene.allow(Deed::ReadStatistics)?;
        let blind = super::sample::blind(tx, scene)?;
        Ok(all(tx)?.into_iter().map(|ticket| without(ticket, &blind)).collect())
    })
}

/// Leaves out cases in which a reader was wrong, where that would tell somebody the answer before they read it.
fn without(mut ticket: Ticket, blind: &BTreeSet<String>) -> Ticket {
    let named = ticket.cases.len();
    ticket.cases.retain(|case| !blind.contains(case));
    ticket.unread = (named - ticket.cases.len()) as u64;
    if let Some(tested) = &mut ticket.result {
        tested.wrong.retain(|question| !blind.contains(&question.case));
    }
    ticket
}

/// Gives all tickets whole.
fn whole(session: &mut Session) -> Result<Vec<Ticket>> {
    session.read(None, |tx, scene| {
        scene.allow(Deed::ReadStatistics)?;
        all(tx)
    })
}

/// Opens a ticket for each reader and label that a trigger calls for and that has none under way. What a ticket that
/// was closed had seen opens no other: only what was read or decided since does.
pub fn open_due(session: &mut Session) -> Result<Vec<Ticket>> {
    if session.store.is_read_only() {
        return Ok(Vec::new());
    }
    let known = whole(session)?;
    let due = count(session, None)?;
    let mut later: BTreeMap<i64, Counted> = BTreeMap::new();
    let mut opened = Vec::new();
    for place in 0..due.readers.len() {
        let Some(of) = due.readers.get(place) else { continue };
        let of_reader =
            |ticket: &&Ticket| ticket.reader == of.reader && ticket.label.as_ref() == Some(&of.label);
        let last = known.iter().rfind(of_reader);
        let (of, cases) = match last {
            Some(ticket) if ticket.state != TicketState::Closed => continue,
            Some(ticket) => {
                let since = match later.entry(ticket.changed) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(place) => place.insert(count(session, Some(ticket.changed))?),
                };
                let same = |other: &&Performance| other.reader == of.reader && other.label == of.label;
                let Some(of) = since.readers.iter().find(same) else { continue };
                (of, &since.cases)
            }
            None => (of, &due.cases),
        };
        let seen: Vec<Seen> = of
            .triggers
            .iter()
            .filter(|trigger| trigger.level == "act")
            .map(|trigger| Seen {
                trigger: trigger.trigger.to_owned(),
                value: trigger.value,
                limit: trigger.limit,
                n: trigger.n,
                cause: trigger.cause.clone(),
            })
            .collect();
        if seen.is_empty() {
            continue;
        }
        let disagreed = of.cases.iter().rev().filter(|(_, outcome)| *outcome == readers::Outcome::Against);
        let named = disagreed.filter_map(|(place, _)| cases.get(*place as usize));
        let step = Step::Open {
            reader: of.reader.clone(),
            label: Some(of.label.clone()),
            seen,
            cases: named.take(MATERIAL).map(|name| name.to_string()).collect(),
        };
        opened.push(append(session, None, step)?);
    }
    Ok(opened)
}

/// Gives the material to the reader: the ticket's own cases, or those that are named.
pub fn assign(session: &mut Session, id: &str, cases: &[String]) -> Result<Ticket> {
    let ticket = find(session, id)?;
    let cases = match cases {
        [] if ticket.cases.is_empty() => {
            return Err(ReviewError::Invalid(format!(
                "{} has no case of its own: name the cases that are the material",
                ticket.id
            )));
        }
        [] => ticket.cases.clone(),
        named => {
            session.read(None, |tx, scene| {
                scene.allow(Deed::ReadStatistics)?;
                named.iter().try_for_each(|case| super::lead::find(tx, scene, case).map(drop))
            })?;
            named.to_vec()
        }
    };
    append(session, Some(&ticket.id), Step::Assign { cases })
}

/// Draws a blind re-test: cases whose answer is settled and that the reader has not read, evenly over the answers, as
/// many as tell a good reader from one who has learned nothing.
pub fn retest(session: &mut Session, id: &str, wanted: Wanted) -> Result<Ticket> {
    let ticket = find(session, id)?;
    if ticket.state == TicketState::Open {
        return Err(ReviewError::Invalid(format!(
            "{0} has no material yet: `overread tickets assign {0}` gives the reader its cases to learn from, and the \
             re-test comes after it",
            ticket.id
        )));
    }
    let index = ticket.seen.iter().find(|seen| seen.trigger.starts_with("index"));
    let good = wanted.good.unwrap_or(GOOD);
    let seen = index.map_or(BAD, |seen| seen.value).max((good * 2.0).min(0.5));
    let bad = wanted.bad.unwrap_or(seen);
    let plan = two_points(good, RISK, bad, RISK).ok_or_else(|| {
        ReviewError::Invalid(format!(
            "a re-test tells a good share of errors from a larger, bad one: --good {} and --bad {} are no such \
             percentages, which lie between 0 and 100",
            percent(good),
            percent(bad)
        ))
    })?;
    let label =
        ticket.label.clone().ok_or_else(|| ReviewError::Invalid("the ticket names no label".into()))?;
    let strata = session.read(None, |tx, scene| {
        scene.allow(Deed::ReadStatistics)?;
        settled(tx, scene, &ticket.reader, &label)
    })?;
    let available: u64 = strata.values().map(|cases| cases.len() as u64).sum();
    if available < plan.n {
        return Err(ReviewError::Invalid(format!(
            "telling {:.0} % of errors from {:.0} % takes {} cases that {} has not read and whose answer on {} is \
             settled; there are {available}. Settle more, or say a larger --bad",
            good * 100.0,
            bad * 100.0,
            plan.n,
            Safe::new(&ticket.reader),
            Safe::new(&label)
        )));
    }
    let sizes: Vec<u64> = strata.values().map(|cases| cases.len() as u64).collect();
    let mut questions = Vec::new();
    for (cases, n) in strata.into_values().zip(evenly(&sizes, plan.n)) {
        let mut cases = cases;
        cases.sort_by_cached_key(|case| {
            place(wanted.seed, &Drawn { case: case.clone(), item: None, stratum: 0 })
        });
        let chosen = cases.into_iter().take(n as usize);
        questions.extend(chosen.map(|case| Question { case, label: label.clone() }));
    }
    questions.sort();
    let Plan { accept, .. } = plan;
    let retest = Retest { seed: wanted.seed, good, alpha: RISK, bad, beta: RISK, accept, questions };
    append(session, Some(&ticket.id), Step::Retest(retest))
}

/// Compares a file of answers with the settled ones: reads of the questions by the reader, in any table that `import`
/// knows. Nothing of it becomes a read of a case. Gives the ticket, and the cases of the file that were not asked.
///
/// # Errors
/// No re-test waits for answers, the file can't be read or answers none of its questions, or the store fails.
pub fn tested(session: &mut Session, id: &str, file: &Path) -> Result<(Ticket, Vec<String>)> {
    let ticket = find(session, id)?;
    let retest = ticket.retest.clone().ok_or_else(|| {
        ReviewError::Invalid(format!("no re-test was drawn for {}: `overread tickets retest`", ticket.id))
    })?;
    let bytes = std::fs::read(file).map_err(|fault| ReviewError::Read { path: file.into(), fault })?;
    let unit = session.charter().reads.unit;
    let reads = reads_of(file, &bytes, &ticket, &retest, unit)?;
    let of = |question: &Question| {
        let says = |read: &&Read| {
            read.findings.is_empty() || read.findings.iter().any(|finding| finding.label == question.label)
        };
        reads.get(&question.case).filter(says)
    };
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    // Another file, most likely: a reader doesn't fail by it.
    if retest.questions.iter().all(|question| of(question).is_none()) {
        return Err(ReviewError::Invalid(format!(
            "{} answers no question of the re-test of {}, and nothing was recorded: it asks {} for {}",
            Safe::new(&name),
            ticket.id,
            Safe::new(&ticket.reader),
            asked(&retest)
        )));
    }
    let questions: BTreeSet<&str> = retest.questions.iter().map(|question| question.case.as_str()).collect();
    let unasked = reads.keys().filter(|case| !questions.contains(case.as_str())).cloned().collect();
    let (wrong, unanswered) = session.read(None, |tx, scene| {
        scene.allow(Deed::ReadStatistics)?;
        let (mut wrong, mut unanswered) = (Vec::new(), 0);
        for question in &retest.questions {
            let (_, history) = super::lead::find(tx, scene, &question.case)?;
            let case = crate::domain::case::derive(&scene.setup.protocol, &history);
            let answered = of(question);
            unanswered += u64::from(answered.is_none());
            let right = answered.is_some_and(|read| agrees(scene.charter(), &case, &question.label, read));
            if !right {
                wrong.push(question.clone());
            }
        }
        Ok((wrong, unanswered))
    })?;
    let passed = wrong.len() as u64 <= retest.accept;
    let sha256 = hex(Sha256::digest(&bytes).as_slice());
    let step = Step::Result(Tested { file: name, sha256, wrong, unanswered, passed });
    Ok((append(session, Some(&ticket.id), step)?, unasked))
}

/// Names the cases of a re-test, the first so many.
fn asked(retest: &Retest) -> String {
    const MOST: usize = 12;
    let named: Vec<String> =
        retest.questions.iter().take(MOST).map(|of| Safe::new(&of.case).to_string()).collect();
    let more = retest.questions.len().saturating_sub(MOST);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", named.join(", "))
}

/// Ends a ticket.
pub fn close(session: &mut Session, id: &str, why: &str) -> Result<Ticket> {
    let why = reason(why)?.to_owned();
    let ticket = find(session, id)?;
    append(session, Some(&ticket.id), Step::Close { why })
}

/// Reads all tickets from the log.
pub(super) fn all(tx: &Tx<'_>) -> Result<Vec<Ticket>> {
    let mut tickets: Vec<Ticket> = Vec::new();
    for event in tx.of_project(Action::Ticket.word())? {
        let damaged =
            || StoreError::Damaged(format!("event {} is no step of a ticket that can be read", event.seq));
        let detail: TicketDetail = serde_json::from_str(&event.detail).map_err(|_| damaged())?;
        let id = event.object.clone().ok_or_else(damaged)?;
        match tickets.iter_mut().find(|ticket| ticket.id == id) {
            Some(ticket) => ticket.take(detail.step, event.at),
            None => tickets.push(Ticket::opened(id, detail.step, event.at).ok_or_else(damaged)?),
        }
    }
    Ok(tickets)
}

fn count(session: &mut Session, since: Option<i64>) -> Result<Counted> {
    session.read(None, |tx, scene| {
        scene.allow(Deed::ReadStatistics)?;
        readers::count(tx, scene, &Request { since, ..Request::default() })
    })
}

fn find(session: &mut Session, id: &str) -> Result<Ticket> {
    let all = whole(session)?;
    let known: Vec<String> = all.iter().map(|ticket| ticket.id.clone()).collect();
    all.into_iter().find(|ticket| ticket.id.eq_ignore_ascii_case(id.trim())).ok_or_else(|| {
        let known =
            if known.is_empty() { "none is open".into() } else { format!("there is {}", known.join(", ")) };
        ReviewError::Missing(format!("there is no ticket {}: {known}", Safe::new(id)))
    })
}

/// Writes a step, of a ticket or of a new one, and gives what the ticket has come to.
fn append(session: &mut Session, id: Option<&str>, step: Step) -> Result<Ticket> {
    session.write(None, |tx, scene| {
        let role = scene.allow(Deed::Retrain)?;
        let tickets = all(tx)?;
        let id = id.map_or_else(|| format!("T{}", tickets.len() + 1), str::to_owned);
        let known = tickets.into_iter().find(|ticket| ticket.id == id);
        if let Some(why) = known.as_ref().and_then(|ticket| ticket.refuses(&step)) {
            return Err(ReviewError::Invalid(format!("{id}: {why}")));
        }
        let detail = json!(TicketDetail { v: VERSION, step });
        let entry = scene.entry(Some(role), Action::Ticket, None, detail);
        tx.append(&store::Entry { object: Some(&id), ..entry })?;
        let blind = super::sample::blind(tx, scene)?;
        all(tx)?
            .into_iter()
            .find(|ticket| ticket.id == id)
            .map(|ticket| without(ticket, &blind))
            .ok_or_else(|| ReviewError::Missing(format!("the ticket {id} was not written")))
    })
}

/// Gives the cases whose answer on a label is settled and that a reader has not read, by what the answer is.
fn settled(
    tx: &Tx<'_>,
    scene: &Scene<'_>,
    reader: &str,
    label: &str,
) -> Result<BTreeMap<String, Vec<String>>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    walk(tx, scene, &Within::default(), |_, cases| {
        for looked in cases {
            let case = &looked.case;
            if case.reads.iter().any(|read| read.read.reader == reader) {
                continue;
            }
            let items: Vec<&CaseItem> = of_label(case, label).collect();
            let usable = |item: &&&CaseItem| {
                matches!(item.state_at(scene.now), State::Final | State::Concordant)
                    && item.result.as_ref().is_some_and(|result| !result.is_ungradable())
            };
            if items.is_empty() || items.iter().filter(usable).count() < items.len() {
                continue;
            }
            let answers: BTreeSet<String> =
                items.iter().filter_map(|item| item.result.as_ref()).map(kind).collect();
            let name = if answers.contains("present") {
                "present".into()
            } else {
                answers.into_iter().collect::<Vec<_>>().join("+")
            };
            found.entry(name).or_default().push(case.name.clone());
        }
    })?;
    Ok(found)
}

/// What an answer is, as far as a re-test is to hold as many of one kind as of another.
fn kind(choice: &Choice) -> String {
    match (&choice.value, choice.is_absent()) {
        (_, true) => "absent".into(),
        (Some(value), _) if choice.shapes.is_empty() => value.to_string(),
        _ => "present".into(),
    }
}

fn of_label<'c>(case: &'c Case, label: &'c str) -> impl Iterator<Item = &'c CaseItem> {
    case.items.iter().filter(move |item| item.item.labels.iter().any(|of| of == label))
}

/// Tells whether a read says of a label what was settled, by the charter's tolerances.
fn agrees(charter: &Charter, case: &Case, label: &str, read: &Read) -> bool {
    let known: Option<&Label> = charter.label(label);
    let truth: Vec<&Choice> = of_label(case, label).filter_map(|item| item.result.as_ref()).collect();
    let own = |read: &Read| Read {
        findings: read.findings.iter().filter(|finding| finding.label == label).cloned().collect(),
        marks: true,
        ..read.clone()
    };
    known.is_some() && item::same_as_settled(charter, &case.images, label, &truth, &own(read))
}

/// Reads a file of answers, by case.
fn reads_of(
    file: &Path,
    bytes: &[u8],
    ticket: &Ticket,
    retest: &Retest,
    unit: crate::domain::charter::Unit,
) -> Result<BTreeMap<String, Read>> {
    let reader = ticket.reader.as_str();
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let refused = |why: String| ReviewError::Invalid(format!("{}: {why}", Safe::new(&name)));
    let head = bytes.get(..bytes.len().min(65_536)).unwrap_or_default();
    let format = formats::recognise(head, &name)
        .ok_or_else(|| refused("it is no table of reads: case, reader, label, value".into()))?;
    let options =
        formats::Options { file_name: name.clone(), reader: Some(reader.to_owned()), unit, map: None };
    let mut reads: BTreeMap<String, Read> = BTreeMap::new();
    let mut faults = Vec::new();
    let mut take = |row: formats::Row| {
        if row.reader.as_deref() == Some(reader) {
            let read = reads.entry(row.case).or_insert_with(|| Read {
                reader: reader.to_owned(),
                model: false,
                occasion: 1,
                read_at: row.read_at,
                marks: row.marks,
                findings: Vec::new(),
            });
            read.findings.extend(row.finding);
        }
        Ok::<(), std::convert::Infallible>(())
    };
    formats::read(format, bytes, &options, &mut take, &mut |fault| faults.push(fault.to_string()))
        .map_err(|error| refused(error.to_string()))?;
    match faults.first() {
        Some(first) => Err(refused(format!("{first}; nothing was recorded"))),
        None if reads.is_empty() && asks(bytes, reader, retest) => Err(refused(format!(
            "the table of the re-test is not filled in yet: {} writes an answer to each case into the column `value`; \
             nothing was recorded",
            Safe::new(reader)
        ))),
        None if reads.is_empty() => Err(refused(format!("it holds no read by {}", Safe::new(reader)))),
        None => Ok(reads),
    }
}

/// Tells whether a table holds questions of a re-test to a reader, answered or not.
fn asks(bytes: &[u8], reader: &str, retest: &Retest) -> bool {
    let rows = String::from_utf8_lossy(bytes);
    let asked = |case: &str| retest.questions.iter().any(|question| question.case == case);
    rows.lines().any(|row| {
        let cells = || row.split([',', ';', '\t']).map(|cell| cell.trim().trim_matches('"'));
        cells().any(|cell| cell == reader) && cells().any(asked)
    })
}

/// Writes a share as the percentage that somebody gave.
fn percent(share: f64) -> f64 {
    (share * 1e8).round() / 1e6
}
