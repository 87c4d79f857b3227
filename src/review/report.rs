//! Everything that a report shows of a project: who agrees with whom, how readers do, what became of the items, and
//! under which protocol and which head of the log.

use std::path::Path;

use serde_json::json;

use super::figures::{self, Figures, figures};
use super::readings::{Looked, walk};
use super::{PROGRAM, Result, Session};
use crate::domain::authority::Deed;
use crate::domain::case::{Case, State};
use crate::domain::charter::{self, Label};
use crate::domain::decision::Settles;
use crate::domain::event::Action;

/// A project at one moment.
#[derive(Debug, Clone)]
pub struct Report {
    pub project: String,
    pub program: &'static str,
    /// Milliseconds since 1970 UTC: when the report was made, and since when it looks at readers.
    pub at: i64,
    pub since: Option<i64>,
    pub charter_version: u32,
    /// The charter in force, as TOML.
    pub charter: String,
    /// Events of the log before the report, and the hash of the last.
    pub events: u64,
    pub head: String,
    pub cases: u64,
    pub reads: u64,
    pub images: u64,
    /// In the order of the charter's labels.
    pub outcomes: Vec<Outcomes>,
    /// They may be of a later event where somebody was at work meanwhile, which their `seq` tells.
    pub figures: Figures,
}

/// What became of the items of one label.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcomes {
    pub label: String,
    pub items: u64,
    /// Nobody had to decide.
    pub concordant: u64,
    pub open: u64,
    /// Decided, and can still be undone.
    pub provisional: u64,
    /// Of what is decided.
    pub resolved: u64,
    pub negative: u64,
    pub ambiguous: u64,
    pub excluded: u64,
    /// Of the ambiguous: more information, a clearer guideline or training would settle them.
    pub reducible: u64,
}

impl Outcomes {
    fn count(&mut self, label: &Label, case: &Case, now: i64) {
        for item in case.items.iter().filter(|item| item.item.labels.contains(&label.name)) {
            self.items += 1;
            let state = item.state_at(now);
            self.provisional += u64::from(state == State::Provisional);
            let decided = item.answers().last();
            let field = match (item.outcome, state) {
                (None | Some(Settles::Open), _) => &mut self.open,
                (_, State::Concordant) => &mut self.concordant,
                _ if decided.is_none() => &mut self.concordant,
                (Some(Settles::Resolved), _) => &mut self.resolved,
                (Some(Settles::Negative), _) => &mut self.negative,
                (Some(Settles::Ambiguous), _) => &mut self.ambiguous,
                (Some(Settles::Excluded), _) => &mut self.excluded,
            };
            *field += 1;
            let reducible =
                decided.and_then(|decided| decided.decision.ambiguity.as_ref()?.reducible.clone());
            if item.outcome == Some(Settles::Ambiguous) {
                self.reducible += u64::from(reducible.is_some_and(|word| word != "irreducible"));
            }
        }
    }
}

/// Collects what a report shows, and records that it goes out to a file.
///
/// # Errors
/// Whoever asks may not read statistics, or the store can't be read.
pub fn report(session: &mut Session, file: &Path, since: Option<i64>) -> Result<Report> {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    session.write(None, |tx, scene| {
        let role = scene.allow(Deed::ReadStatistics)?;
        let detail = json!({ "v": 1, "format": "report", "file": name });
        Ok(tx.append(&scene.entry(Some(role), Action::Export, None, detail))?)
    })?;
    let figures = figures(session, &figures::Request { label: None, since }, |_| ())?;
    session.read(None, |tx, scene| {
        let charter = scene.charter();
        let (events, head) = tx.head()?;
        let mut report = Report {
            project: charter.name.clone(),
            program: PROGRAM,
            at: scene.now,
            since,
            charter_version: scene.setup.charter().version,
            charter: charter::write(charter),
            events,
            head,
            cases: 0,
            reads: 0,
            images: 0,
            outcomes: charter
                .labels
                .iter()
                .map(|label| Outcomes { label: label.name.clone(), ..Outcomes::default() })
                .collect(),
            figures,
        };
        walk(tx, scene, |_, cases| {
            for Looked { case, .. } in cases {
                report.cases += 1;
                report.reads += case.reads.len() as u64;
                report.images += case.images.len() as u64;
                for (label, outcomes) in charter.labels.iter().zip(&mut report.outcomes) {
                    outcomes.count(label, case, scene.now);
                }
            }
        })?;
        Ok(report)
    })
}
