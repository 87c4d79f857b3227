//! Everything that a report shows of a project: who agrees with whom, how readers do, what became of the items, and
//! under which protocol and which head of the log.

use std::path::Path;

use serde_json::json;

use super::causes::Causes;
use super::figures::{self, Figures, figures_and};
use super::readings::Looked;
use super::{PROGRAM, Result, Session, origin};
use crate::domain::authority::Deed;
use crate::domain::case::{Case, State};
use crate::domain::charter::{self, Label};
use crate::domain::decision::Settles;
use crate::domain::event::Action;
use crate::domain::origin::Within;

/// A project at one moment.
#[derive(Debug, Clone)]
pub struct Report {
    pub project: String,
    pub program: &'static str,
    /// Since when readers are looked at: milliseconds since 1970 UTC.
    pub since: Option<i64>,
    /// Of which cases.
    pub within: Within,
    pub charter_version: u32,
    /// The charter in force, as TOML.
    pub charter: String,
    pub cases: u64,
    pub reads: u64,
    pub images: u64,
    /// In the order of the charter's labels.
    pub outcomes: Vec<Outcomes>,
    /// Of the same moment, which they name with the event and the head of the log.
    pub figures: Figures,
    pub causes: Causes,
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
            let decided = item.united();
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
            let reducible = decided.and_then(|decision| decision.ambiguity.as_ref()?.reducible.clone());
            if item.outcome == Some(Settles::Ambiguous) {
                self.reducible += u64::from(reducible.is_some_and(|word| word != "irreducible"));
            }
        }
    }
}

/// Collects what a report shows, and records that it goes out to a file.
///
/// # Errors
/// Whoever asks may not read statistics, no case comes from where it is asked about, or the store can't be read.
pub fn report(session: &mut Session, file: &Path, since: Option<i64>, within: &Within) -> Result<Report> {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    session.write(None, |tx, scene| {
        let role = scene.allow(Deed::ReadStatistics)?;
        // Refused before it is written down that anything went out.
        origin::imports(tx, within)?;
        let mut detail = json!({ "v": 1, "format": "report", "file": name });
        if !within.is_all() {
            detail["within"] = json!(within);
        }
        Ok(tx.append(&scene.entry(Some(role), Action::Export, None, detail))?)
    })?;
    let (mut cases, mut reads, mut images) = (0, 0, 0);
    let mut outcomes: Vec<Outcomes> = Vec::new();
    let request = figures::Request { since, within: within.clone(), ..Default::default() };
    let figures = figures_and(
        session,
        &request,
        |_| (),
        |scene, looked| {
            let labels = &scene.charter().labels;
            outcomes.resize_with(labels.len(), Outcomes::default);
            for Looked { case, .. } in looked {
                cases += 1;
                reads += case.reads.len() as u64;
                images += case.images.len() as u64;
                for (label, outcomes) in labels.iter().zip(&mut outcomes) {
                    outcomes.count(label, case, scene.now);
                }
            }
        },
    )?;
    let causes = session.read(None, |tx, scene| super::causes::collect(tx, scene, within))?;
    // The charter under which the cases were looked at: a session reads it again with each transaction.
    let version = session.setup.charter();
    let labels = &version.charter.labels;
    outcomes.resize_with(labels.len(), Outcomes::default);
    for (label, outcomes) in labels.iter().zip(&mut outcomes) {
        outcomes.label.clone_from(&label.name);
    }
    Ok(Report {
        project: version.charter.name.clone(),
        program: PROGRAM,
        since,
        within: within.clone(),
        charter_version: version.version,
        charter: charter::write(&version.charter),
        cases,
        reads,
        images,
        outcomes,
        figures,
        causes,
    })
}
