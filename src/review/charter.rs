//! The protocol: what it says now, and how it is changed.

use serde_json::json;

use super::{Result, ReviewError, Session, reason};
use crate::domain::authority::Deed;
use crate::domain::charter::Charter;
use crate::domain::charter::guideline::{self, Clause};
use crate::domain::charter::parse::{self, Fault};
use crate::domain::event::Action;
use crate::domain::text::Safe;
use crate::store::Event;
use crate::store::setup::CharterDetail;

/// Gives the text of the charter that holds now, and its version.
pub fn show(session: &mut Session) -> Result<(String, u32)> {
    session.read(None, |_, scene| {
        scene.allow(Deed::ShowCharter)?;
        Ok((scene.setup.charter_text.clone(), scene.setup.charter().version))
    })
}

/// Gives the text of the guideline by its clauses: all of it, or one clause.
///
/// # Errors
/// Whoever asks may not read the charter, it has no guideline with text, or no such clause.
pub fn guideline(session: &mut Session, clause: Option<&str>) -> Result<Vec<Clause>> {
    session.read(None, |_, scene| {
        scene.allow(Deed::ShowCharter)?;
        let charter = scene.charter();
        if charter.clauses.is_empty() {
            return Err(ReviewError::Missing(match &charter.guideline {
                Some(file) => format!(
                    "the charter names the guideline {}, but the store holds no text of it: put the charter in force again from a folder where the file lies",
                    Safe::new(file)
                ),
                None => "the charter names no guideline: guideline = \"guideline.md\"".into(),
            }));
        }
        match clause {
            None => Ok(charter.clauses.to_vec()),
            Some(cited) => {
                let found = guideline::find(&charter.clauses, cited).map_err(ReviewError::Missing)?;
                Ok(vec![found.clone()])
            }
        }
    })
}

/// Another charter, and why.
#[derive(Debug, Clone, Copy, Default)]
pub struct Change<'a> {
    /// TOML.
    pub text: &'a str,
    /// The text of the guideline that the charter names, where it names one.
    pub guideline: Option<&'a str>,
    pub why: &'a str,
    /// Clauses of which what was asked before is answered now.
    pub closes: &'a [String],
}

impl Change<'_> {
    /// Reads the charter, with its clauses.
    pub(super) fn charter(&self) -> Result<Charter> {
        let mut charter =
            parse::parse(self.text).map_err(|faults| ReviewError::Config(fault_lines(&faults)))?;
        check_guideline(self.guideline)?;
        charter.clauses = self.guideline.map(guideline::clauses).unwrap_or_default();
        Ok(charter)
    }
}

/// Refuses a guideline that is no text for people.
pub fn check_guideline(text: Option<&str>) -> Result<()> {
    match text.map_or(0, str::len) {
        length if length > guideline::MOST_BYTES => Err(ReviewError::Config(format!(
            "the guideline has {length} bytes; at most {} are kept in the log",
            guideline::MOST_BYTES
        ))),
        _ => Ok(()),
    }
}

/// Puts another charter in force: all cases are triaged anew by it.
pub fn set(session: &mut Session, change: &Change<'_>) -> Result<Event> {
    let charter = change.charter()?;
    let why = reason(change.why)?;
    let closes = change.closes.iter().map(|clause| charter.check_clause(clause.trim()));
    let closes: Vec<String> = closes.collect::<std::result::Result<_, _>>().map_err(ReviewError::Invalid)?;
    let event = session.write(None, |tx, scene| {
        let role = scene.allow(Deed::SetCharter)?;
        let same_text = scene.setup.guideline.as_deref() == change.guideline;
        if scene.setup.charter_text == change.text && same_text && closes.is_empty() {
            return Err(ReviewError::Invalid("this charter is in force already".into()));
        }
        let detail = CharterDetail {
            v: 1,
            version: scene.setup.charter().version + 1,
            text: change.text.to_owned(),
            inferred: false,
            why: Some(why.to_owned()),
            guideline: change.guideline.map(String::from),
            closes,
        };
        let event = tx.append(&scene.entry(Some(role), Action::Charter, None, json!(detail)))?;
        tx.retriage_all(event.seq)?;
        Ok(event)
    })?;
    session.refresh()?;
    session.triage(|_| {})?;
    Ok(event)
}

/// Writes faults a line each, with the line of the file.
pub fn fault_lines(faults: &[Fault]) -> String {
    faults
        .iter()
        .map(|fault| match fault.line {
            Some(line) => format!("line {line}: {}", fault.why),
            None => fault.why.clone(),
        })
        .collect::<Vec<_>>()
        .join("\n")
}
