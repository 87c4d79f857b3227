//! Reading the log, which is itself logged.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::lead::find;
use super::{Result, Session};
use crate::domain::authority::Deed;
use crate::domain::case;
use crate::domain::event::Action;
use crate::domain::moment;
use crate::domain::word::Word;
use crate::store::query::LogFilter;
use crate::store::{Event, log};

/// What somebody who doesn't oversee the project may know of one case's log.
struct Veil {
    who: String,
    /// By the reader's id.
    letters: BTreeMap<String, String>,
    /// Disputes on which others' answers would steer this person's own.
    unsettled: BTreeSet<String>,
}

/// Gives each wanted event, in the order of the log. What concerns one case can be read by all who work on it, in
/// letters and without what would steer or unblind them; the project's log holds names and is for lead and QA.
pub fn read(
    session: &mut Session,
    filter: &LogFilter,
    mut each: impl FnMut(Value) -> Result<()>,
) -> Result<()> {
    let veil = session.read(filter.case.as_deref(), |tx, scene| {
        let Some(name) = filter.case.as_deref().filter(|_| !scene.may(Deed::ReadLog)) else {
            scene.allow(Deed::ReadLog)?;
            return Ok(None);
        };
        scene.allow(Deed::ReadCaseLog)?;
        let (_, history) = find(tx, scene, name)?;
        let case = case::derive(&scene.setup.protocol, &history);
        let letter = |read: &case::CurrentRead| (read.read.reader.clone(), read.letter.clone());
        let unsettled = |item: &&case::CaseItem| item.outcome.is_none();
        Ok(Some(Veil {
            who: scene.actor.who.clone(),
            letters: case.reads.iter().map(letter).collect(),
            unsettled: case.items.iter().filter(unsettled).map(|item| item.id.clone()).collect(),
        }))
    })?;
    if !session.store().is_read_only() {
        session.write(filter.case.as_deref(), |tx, scene| {
            let role = scene.allow(if veil.is_some() { Deed::ReadCaseLog } else { Deed::ReadLog })?;
            let detail = json!({ "v": 1, "user": filter.who, "since": filter.since.map(moment::rfc3339) });
            Ok(tx.append(&scene.entry(Some(role), Action::LogRead, filter.case.as_deref(), detail))?)
        })?;
    }
    session.read(filter.case.as_deref(), |tx, _| {
        tx.log(filter, |event| {
            let mut line = to_json(&event);
            if let Some(veil) = &veil {
                // Whose attempt was refused, and why, can tell who read the case.
                if event.action == Action::Refuse.word() && event.who != veil.who {
                    return Ok(());
                }
                if let Some(detail) = line.get_mut("detail") {
                    veil.cover(&event, detail);
                }
            }
            each(line)
        })
    })
}

impl Veil {
    /// Leaves out of an event's detail what this person doesn't see yet, and puts letters in place of readers' ids.
    fn cover(&self, event: &Event, detail: &mut Value) {
        let open = event.object.as_ref().is_some_and(|dispute| self.unsettled.contains(dispute));
        match open && event.who != self.who {
            true => *detail = json!({ "v": 1, "hidden": "until the dispute is settled" }),
            false => blind(detail, &self.letters),
        }
    }
}

/// Gives an event as the command line prints it.
pub fn to_json(event: &Event) -> Value {
    json!({
        "seq": event.seq,
        "at": moment::rfc3339(event.at),
        "who": event.who,
        "account": event.account,
        "role": event.role,
        "action": event.action,
        "case": event.case,
        "object": event.object,
        "detail": serde_json::from_str::<Value>(&event.detail).unwrap_or_else(|_| json!(event.detail)),
        "outcome": event.outcome,
        "origin": event.origin,
        "hash": log::hex(&event.hash),
    })
}

/// Puts letters in the place of readers' ids, wherever a decision names one.
fn blind(detail: &mut Value, letters: &BTreeMap<String, String>) {
    match detail {
        Value::String(text) => {
            if let Some(letter) = letters.get(text) {
                text.clone_from(letter);
            }
        }
        Value::Array(parts) => parts.iter_mut().for_each(|part| blind(part, letters)),
        Value::Object(parts) => {
            for (name, mut part) in std::mem::take(parts) {
                // Free text is never taken for an id.
                if !matches!(name.as_str(), "note" | "why" | "clause" | "resolve" | "dissent") {
                    blind(&mut part, letters);
                }
                parts.insert(letters.get(&name).cloned().unwrap_or(name), part);
            }
        }
        _ => {}
    }
}
