//! Signatures: a lead puts their name under a case as it is decided, or lets a lot go that a sample rejected.

use serde_json::json;

use super::causes::reviews::how_to_plan;
use super::lead::{find, record};
use super::{Result, ReviewError, Session, sample};
use crate::domain::authority::Deed;
use crate::domain::case::{self, State};
use crate::domain::event::Action;
use crate::domain::text::Safe;
use crate::store::{Entry, Event};

/// Signs a case whose disputes are all settled, or the lot of a sample that nothing waits for any more.
pub fn sign(session: &mut Session, subject: &str, meaning: &str) -> Result<Event> {
    let meaning = match meaning.trim() {
        "" => {
            return Err(ReviewError::Invalid("a signature says what it means: say it with --meaning".into()));
        }
        meaning => meaning.to_owned(),
    };
    let is_case = session.read(Some(subject), |tx, scene| {
        scene.allow(Deed::Sign)?;
        Ok(tx.case_id(subject)?.is_some())
    })?;
    if !is_case && looks_like_a_sample(subject) {
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

fn looks_like_a_sample(subject: &str) -> bool {
    let number = subject.trim().strip_prefix(['S', 's']);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn sign_lot(session: &mut Session, id: &str, meaning: &str) -> Result<Event> {
    let found = sample::result(session, id)?;
    session.write(None, |tx, scene| {
        let role = scene.allow(Deed::Sign)?;
        if let Some(signed) = &found.signed {
            return Err(ReviewError::Invalid(format!(
                "{} is signed already, by {} at {} ({}): nothing changed",
                found.id,
                Safe::new(&signed.by),
                signed.at,
                Safe::new(&signed.meaning)
            )));
        }
        if found.accepted.is_none() {
            return Err(ReviewError::Invalid(format!(
                "{} is open: {} to be read and {} to be settled by a third person before its lot can be signed",
                found.id, found.pending, found.suspected
            )));
        }
        let review = found.review.as_ref();
        if let Some(review) = review.filter(|review| review.action.is_none()) {
            return Err(ReviewError::Invalid(format!(
                "the lot of {} was rejected, and nobody says yet what is done about its root causes (review {}): {} \
                 first, then sign",
                found.id,
                review.id,
                how_to_plan(&found.id)
            )));
        }
        let detail = json!({ "v": 1, "why": meaning, "review": review.map(|review| review.id) });
        let entry = scene.entry(Some(role), Action::Sign, None, detail);
        Ok(tx.append(&Entry { object: Some(&found.id), ..entry })?)
    })
}
