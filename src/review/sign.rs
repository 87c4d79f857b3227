//! Signatures: a lead puts their name under a case as it is decided, or lets a lot go that a sample rejected.

use serde_json::json;

use super::lead::{find, record};
use super::{Result, ReviewError, Session, reason, sample};
use crate::domain::authority::Deed;
use crate::domain::case::{self, State};
use crate::domain::event::Action;
use crate::domain::text::Safe;
use crate::store::{Entry, Event};

/// Signs a case whose disputes are all settled, or the lot of a sample that nothing waits for any more.
pub fn sign(session: &mut Session, subject: &str, meaning: &str) -> Result<Event> {
    let meaning = reason(meaning)?.to_owned();
    let is_sample = session.read(None, |tx, _| {
        Ok(tx.case_id(subject)?.is_none()
            && sample::all(tx)?.iter().any(|of| of.sample.id.eq_ignore_ascii_case(subject)))
    })?;
    if is_sample {
        return sign_lot(session, subject, &meaning);
    }
    session.write(Some(subject), |tx, scene| {
        let role = scene.allow(Deed::Sign)?;
        let (case_id, history) = find(tx, scene, subject)?;
        let state = case::derive(&scene.setup.protocol, &history).state_at(scene.now, false);
        if !matches!(state, State::Final | State::Provisional | State::Concordant) {
            return Err(ReviewError::Invalid(format!(
                "{} is not settled yet: what is open can't be signed",
                Safe::new(subject)
            )));
        }
        record(tx, scene, role, Action::Sign, case_id, subject, Some(&meaning))
    })
}

fn sign_lot(session: &mut Session, id: &str, meaning: &str) -> Result<Event> {
    let found = sample::result(session, id)?;
    session.write(None, |tx, scene| {
        let role = scene.allow(Deed::Sign)?;
        if found.accepted.is_none() {
            return Err(ReviewError::Invalid(format!(
                "{} is open: {} to be read and {} to be settled by a third person before its lot can be signed",
                found.id, found.pending, found.suspected
            )));
        }
        let entry = scene.entry(Some(role), Action::Sign, None, json!({ "v": 1, "why": meaning }));
        Ok(tx.append(&Entry { object: Some(&found.id), ..entry })?)
    })
}
