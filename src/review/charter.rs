//! The protocol: what it says now, and how it is changed.

use serde_json::json;

use super::{Result, ReviewError, Session, reason};
use crate::domain::authority::Deed;
use crate::domain::charter::parse::{self, Fault};
use crate::domain::event::Action;
use crate::store::Event;
use crate::store::setup::CharterDetail;

/// Gives the text of the charter that holds now, and its version.
pub fn show(session: &mut Session) -> Result<(String, u32)> {
    session.read(None, |_, scene| {
        scene.allow(Deed::ShowCharter)?;
        Ok((scene.setup.charter_text.clone(), scene.setup.charter().version))
    })
}

/// Puts another charter in force: all cases are triaged anew by it.
pub fn set(session: &mut Session, text: &str, why: &str) -> Result<Event> {
    parse::parse(text).map_err(|faults| ReviewError::Config(fault_lines(&faults)))?;
    let why = reason(why)?;
    let event = session.write(None, |tx, scene| {
        let role = scene.allow(Deed::SetCharter)?;
        if scene.setup.charter_text == text {
            return Err(ReviewError::Invalid("this charter is in force already".into()));
        }
        let detail = CharterDetail {
            v: 1,
            version: scene.setup.charter().version + 1,
            text: text.to_owned(),
            inferred: false,
            why: Some(why.to_owned()),
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
