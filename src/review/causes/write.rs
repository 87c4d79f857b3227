//! Giving codes to a decision that stands: whoever settled it needed to give no more than a family.

use serde_json::json;

use super::super::lead::{find, project};
use super::super::{Result, ReviewError, Session, sample};
use crate::domain::authority::Deed;
use crate::domain::case::causes::{CauseDetail, explains};
use crate::domain::case::{self, CaseItem};
use crate::domain::charter::Charter;
use crate::domain::event::Action;
use crate::domain::taxonomy;
use crate::domain::text::Safe;
use crate::store::{Entry, Event};

/// What is to be written: the reader by letter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Codes {
    pub case: String,
    pub dispute: String,
    /// None where the codes are of the decision.
    pub reader: Option<String>,
    pub codes: Vec<String>,
    pub clause: Option<String>,
    pub note: Option<String>,
}

/// Gives codes to a reader's part in the decision that stands, or to the decision, in the place of those that were there.
///
/// # Errors
/// Whoever asks may not, nothing stands there, nobody said that the reader was at fault, or a code isn't known.
pub fn write(session: &mut Session, codes: &Codes) -> Result<Event> {
    session.write(Some(&codes.case), |tx, scene| {
        let role = scene.allow(Deed::WriteCause)?;
        let (case_id, history) = find(tx, scene, &codes.case)?;
        sample::refuse_blind(tx, scene, &codes.case)?;
        let case = case::derive(&scene.setup.protocol, &history);
        let mut all = case.items.iter().chain(&case.gone);
        let item = all.find(|item| item.id == codes.dispute).ok_or_else(|| {
            let (name, dispute) = (Safe::new(&codes.case), Safe::new(&codes.dispute));
            ReviewError::Missing(format!("{name} has no dispute {dispute}: see `overread show {name}`"))
        })?;
        let reader = match &codes.reader {
            None => None,
            Some(letter) => {
                Some(case.read_of(letter).map(|read| read.read.reader.clone()).ok_or_else(|| {
                    let letters: Vec<&str> = case.reads.iter().map(|read| read.letter.as_str()).collect();
                    ReviewError::Invalid(format!(
                        "{} is no reader of {}; its readers are {}",
                        Safe::new(letter),
                        Safe::new(&codes.case),
                        letters.join(", ")
                    ))
                })?)
            }
        };
        let detail = detail(scene.charter(), item, reader, codes)?;
        let entry = scene.entry(Some(role), Action::Cause, Some(&codes.case), json!(detail));
        let event = tx.append(&Entry { object: Some(&codes.dispute), ..entry })?;
        project(tx, scene, case_id)?;
        Ok(event)
    })
}

fn detail(charter: &Charter, item: &CaseItem, reader: Option<String>, codes: &Codes) -> Result<CauseDetail> {
    let shown = Safe::new(&codes.dispute);
    let decided = item.accountable().max_by_key(|decided| decided.seq).ok_or_else(|| {
        ReviewError::Invalid(format!("{shown} has no decision that stands: causes are those of a decision"))
    })?;
    // Of several answers, the codes are of one that says what there is to explain.
    let faulted = |reader: &String| {
        let answers = item.answers().filter(|other| explains(&other.decision, reader));
        match decided.is_answer() {
            true => answers.last(),
            false => Some(decided).filter(|sent_back| explains(&sent_back.decision, reader)),
        }
    };
    let explained = reader.as_ref().map(faulted);
    if let (Some(None), Some(letter)) = (explained, &codes.reader) {
        return Err(ReviewError::Invalid(format!(
            "the decision on {shown} doesn't say that {} was at fault: give the codes to the decision, without a reader",
            Safe::new(letter)
        )));
    }
    let mut known: Vec<String> = Vec::new();
    for code in &codes.codes {
        let code = taxonomy::cause(code).map_err(ReviewError::Invalid)?.code.to_owned();
        if !known.contains(&code) {
            known.push(code);
        }
    }
    if known.is_empty() {
        return Err(ReviewError::Invalid("no code is given: a code, a family or ‘unknown’".into()));
    }
    let text = |text: &Option<String>| {
        text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(String::from)
    };
    let clause = text(&codes.clause)
        .map(|cited| charter.check_clause(&cited).map_err(ReviewError::Invalid))
        .transpose()?;
    let of = explained.flatten().unwrap_or(decided).seq;
    Ok(CauseDetail { v: 1, of, reader, codes: known, clause, note: text(&codes.note) })
}
