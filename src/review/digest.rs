//! What happened in a project since a moment, and what waits: enough for one page, made for a weekly look.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value as Json, json};

use super::causes::reviews::ReviewState;
use super::causes::{Bar, Dimension, Split, Window, causes};
use super::readers::{Performance, Request, readers};
use super::sample::{SampleResult, list as samples};
use super::{PROGRAM, Result, Session, ambiguity, tickets};
use crate::domain::authority::Deed;
use crate::domain::case::State;
use crate::domain::event::{Action, Outcome};
use crate::domain::origin::Within;
use crate::domain::ticket::{Ticket, TicketState};
use crate::domain::word::Word;
use crate::store::query::LogFilter;

/// A digest.
#[derive(Debug, Clone)]
pub struct Digest {
    pub project: String,
    pub program: &'static str,
    /// Milliseconds since 1970 UTC.
    pub since: i64,
    pub at: i64,
    pub charter_version: u32,
    /// Versions of the charter that came into force.
    pub charters: u64,
    pub events: u64,
    pub head: String,
    pub work: Work,
    /// Cases by state now, those that there are.
    pub states: Vec<(State, u64)>,
    /// The codes that cost most in this time, each with its rate before and now.
    pub causes: Vec<Bar>,
    pub ambiguous: Vec<ambiguity::OfLabel>,
    /// Readers whose figures call for a look now, whenever what they rest on was read.
    pub alarms: Vec<Performance>,
    /// Others of whom a trigger warns, as chance alone often does: a reader on a label each.
    pub warned: u64,
    /// Tickets that are not closed, and after them those that were closed in this time.
    pub tickets: Vec<Ticket>,
    /// Samples that are not finished or are held, and after them those that were drawn in this time.
    pub samples: Vec<SampleResult>,
    /// What is late, in words.
    pub overdue: Vec<String>,
}

/// What people did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Work {
    pub files: u64,
    pub reads: u64,
    pub images: u64,
    pub decisions: u64,
    /// Cases on which somebody decided.
    pub cases: u64,
    pub people: u64,
    pub first_looks: u64,
    pub put_off: u64,
    pub sent_back: u64,
    pub escalated: u64,
    pub reopened: u64,
    pub undone: u64,
    pub exports: u64,
    pub refused: u64,
}

/// Lines of each list at most, so that all stays on one page.
pub const LINES: usize = 6;

/// Collects what happened since a moment, and records that it goes out to a file.
///
/// # Errors
/// Whoever asks may not read statistics, or the store can't be read.
pub fn digest(session: &mut Session, file: &Path, since: i64) -> Result<Digest> {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    session.write(None, |tx, scene| {
        let role = scene.allow(Deed::ReadStatistics)?;
        let detail = json!({ "v": 1, "format": "digest", "file": name });
        Ok(tx.append(&scene.entry(Some(role), Action::Export, None, detail))?)
    })?;
    let (work, charters, states, events, head) = session.read(None, |tx, _| {
        let (mut work, mut charters) = (Work::default(), 0);
        let (mut people, mut cases) = (BTreeSet::new(), BTreeSet::new());
        let filter = LogFilter { since: Some(since), ..LogFilter::default() };
        tx.log(&filter, |event| {
            work.count(&event, &mut people, &mut cases);
            charters += u64::from(event.action == Action::Charter.word());
            Ok::<(), super::ReviewError>(())
        })?;
        (work.people, work.cases) = (people.len() as u64, cases.len() as u64);
        let mut states = Vec::new();
        for (state, word) in State::WORDS {
            let n = tx.counter(word)?;
            if n > 0 {
                states.push((*state, n));
            }
        }
        let (events, head) = tx.head()?;
        Ok((work, charters, states, events, head))
    })?;
    let all = causes(session)?;
    let window = Window { since: Some(since), ..Window::default() };
    let now: BTreeMap<_, _> =
        all.bars(Dimension::Code, window, None).into_iter().map(|bar| (bar.key.clone(), bar.n)).collect();
    let mut bars = all.bars(Dimension::Code, Window::default(), Some(Split::Moment(since)));
    bars.retain(|bar| now.contains_key(&bar.key));
    bars.sort_by(|a, b| now.get(&b.key).cmp(&now.get(&a.key)).then_with(|| a.key.cmp(&b.key)));
    bars.truncate(LINES);
    let mut overdue: Vec<String> = all
        .reviews
        .iter()
        .filter(|review| review.state == ReviewState::Overdue)
        .map(|review| format!("the review of {} by {}", review.subject(), review.owner_words()))
        .collect();
    // Whoever is flagged now is named, as `readers` does: reads are often older than what is found in them, or have no day.
    let mut alarms = readers(session, &Request::default())?;
    let flagged = alarms.iter().filter(|of| !of.triggers.is_empty()).count();
    alarms.retain(|of| of.triggers.iter().any(|trigger| trigger.level == "act"));
    let mut open = tickets::list(session)?;
    open.retain(|ticket| ticket.state != TicketState::Closed || ticket.changed >= since);
    // What is done hides nothing that waits.
    open.sort_by_key(|ticket| ticket.state == TicketState::Closed);
    let now_ms = session.now();
    let mut drawn = samples(session)?;
    let from = crate::domain::moment::rfc3339(since);
    let waits = |of: &SampleResult| of.held || of.overdue || of.accepted.is_none();
    drawn.retain(|of| waits(of) || of.at >= from);
    drawn.sort_by_key(|of| !waits(of));
    overdue.extend(drawn.iter().filter(|of| of.held).map(|of| {
        let review = of.review.as_ref().map_or(String::new(), |review| format!(" ({})", review.words()));
        format!("the root causes of {}, whose lot is held until a lead signs it{review}", of.id)
    }));
    overdue.extend(drawn.iter().filter(|of| of.overdue).map(|of| {
        let to = of.to.as_deref().unwrap_or_default();
        format!("the checkpoint {}: {} of {} wait for {to}", of.id, of.pending, of.size)
    }));
    let mut ambiguous = ambiguity::ambiguity(session, None, &Within::default())?;
    ambiguous.retain(|of| of.ambiguous > 0);
    ambiguous.sort_by_key(|of| std::cmp::Reverse(of.ambiguous));
    let version = session.setup.charter();
    Ok(Digest {
        project: version.charter.name.clone(),
        program: PROGRAM,
        since,
        at: now_ms,
        charter_version: version.version,
        charters,
        events,
        head,
        work,
        states,
        causes: bars,
        ambiguous,
        warned: (flagged - alarms.len()) as u64,
        alarms,
        tickets: open,
        samples: drawn,
        overdue,
    })
}

impl Work {
    fn count(
        &mut self,
        event: &crate::store::Event,
        people: &mut BTreeSet<String>,
        cases: &mut BTreeSet<String>,
    ) {
        if event.outcome == Outcome::Refused.word() {
            self.refused += 1;
            return;
        }
        let Some(action) = Action::from_word(&event.action) else { return };
        let counted = |name: &str| {
            let detail: Option<Json> = serde_json::from_str(&event.detail).ok();
            detail.and_then(|detail| detail.pointer(&format!("/counts/{name}"))?.as_u64()).unwrap_or_default()
        };
        match action {
            Action::Import => {
                self.files += 1;
                self.reads += counted("reads");
                self.images += counted("images");
            }
            Action::Decide => {
                self.decisions += 1;
                people.insert(event.who.clone());
                cases.extend(event.case.clone());
            }
            Action::FirstLook => self.first_looks += 1,
            Action::Defer => self.put_off += 1,
            Action::Return => self.sent_back += 1,
            Action::Escalate => self.escalated += 1,
            Action::Reopen => self.reopened += 1,
            Action::Undo => self.undone += 1,
            Action::Export => self.exports += 1,
            _ => {}
        }
    }
}
