//! The automated checks over everything that was imported: what they find, what a lead lets pass, and how useful each is.
//!
//! What a check finds follows from a case's history, in `domain::checks`. Here are the two that need more, and whatever
//! goes over all cases.

use serde::Serialize;
use serde_json::json;

use super::lead::{find, project};
use super::{Result, ReviewError, Scene, Session, reason, sample};
use crate::domain::authority::Deed;
use crate::domain::case::{self, Case, Waives};
use crate::domain::charter::{CheckLevel, words::nearest};
use crate::domain::checks::{self, CHECKS, Problem, Subject, Waived};
use crate::domain::event::Action;
use crate::domain::moment;
use crate::domain::text::Safe;
use crate::domain::word::Word;
use crate::store::{Event, Tx};

mod beside;
mod measure;

pub use measure::{Usefulness, measure};

/// One thing that a check found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Found {
    pub check: String,
    pub level: &'static str,
    pub case: Option<String>,
    /// By letter.
    pub reader: Option<String>,
    pub finding: Option<String>,
    pub message: String,
    /// A lead let it pass.
    pub waived: Option<Waiver>,
}

/// Who let a problem pass, when and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiver {
    pub by: String,
    pub at: String,
    pub why: String,
}

impl From<&Waived> for Waiver {
    fn from(waived: &Waived) -> Self {
        Waiver { by: waived.who.clone(), at: moment::rfc3339(waived.at), why: waived.why.clone() }
    }
}

impl Found {
    /// Tells whether it keeps its case from being decided.
    pub fn blocks(&self) -> bool {
        self.level == CheckLevel::Block.word() && self.waived.is_none()
    }
}

/// Cases that one view of the store is held for.
const PAGE: u32 = 2000;

/// Goes over every case, page by page, each page on one unchanging view.
fn each_page(
    session: &mut Session,
    mut page: impl FnMut(&Tx<'_>, &Scene<'_>, &[i64]) -> Result<()>,
) -> Result<()> {
    let mut after = Some(0);
    while let Some(last) = after {
        after = session.read(None, |tx, scene| {
            scene.allow(Deed::Check)?;
            let ids = tx.case_ids(last, PAGE)?;
            page(tx, scene, &ids)?;
            Ok(ids.last().copied())
        })?;
    }
    Ok(())
}

/// Gives everything that the checks find: case by case, then what is found between them. `progress` is told how many
/// cases are looked at.
pub fn check(
    session: &mut Session,
    mut progress: impl FnMut(u64),
    mut each: impl FnMut(Found) -> Result<()>,
) -> Result<()> {
    let mut pace = beside::Pace::default();
    let mut done = 0;
    // What is wrong with a read says what was read.
    let blind = session.read(None, |tx, scene| {
        scene.allow(Deed::Check)?;
        sample::blind(tx, scene)
    })?;
    each_page(session, |tx, scene, ids| {
        for id in ids {
            let history = tx.history(*id, scene.charter().reads.unit)?;
            let case = case::derive(&scene.setup.protocol, &history);
            pace.take(scene.charter(), &case);
            let hidden = blind.contains(&case.name) || super::show::looks_first(scene, &case);
            let of_reads = |found: &Found| found.reader.is_some() || found.finding.is_some();
            let told = findings(scene, &case).into_iter();
            told.filter(|found| !(hidden && of_reads(found))).try_for_each(&mut each)?;
        }
        done += ids.len() as u64;
        progress(done);
        Ok(())
    })?;
    let least = session.charter().reads.least_seconds;
    pace.hasty(least).into_iter().try_for_each(&mut each)?;
    let (unread, unlooked) =
        session.read(None, |tx, _| Ok((tx.images_without_case()?, tx.images_without_quality()?)))?;
    let of_project = |check: &str, message: String| Found {
        check: check.into(),
        level: CheckLevel::Warn.word(),
        case: None,
        reader: None,
        finding: None,
        message,
        waived: None,
    };
    for image in unread {
        let id = Safe::new(&image.id);
        let message = format!("nobody has read image {id}: import the reads that belong to it");
        each(of_project("image-without-read", message))?;
        // What is wrong with it is wrong before anybody reads it; there is no case yet to be blocked.
        let alone = Subject { case: "", reads: &[], images: std::slice::from_ref(&image), unblinded: None };
        for problem in checks::check(session.charter(), &alone) {
            each(of_project(
                problem.check,
                format!("image {id}, which nobody has read: {}", problem.message),
            ))?;
        }
    }
    if unlooked > 0 {
        let message = format!(
            "{unlooked} images came in before pixels were looked at: nothing is known of their quality"
        );
        each(of_project("image-without-quality", message))?;
    }
    Ok(())
}

/// Gives what the checks find in one case, in the order of the checks and of the letters: in that of the readers' ids it
/// would tell which letter is whose.
pub(super) fn findings(scene: &Scene<'_>, case: &Case) -> Vec<Found> {
    let letter = |id: &String| case.letter_of(id).map(str::to_owned);
    let beside = beside::of_case(scene, case);
    let mut found: Vec<(usize, Found)> = case
        .problems
        .iter()
        .chain(&beside)
        .map(|problem| {
            let place = CHECKS.iter().position(|check| check.name == problem.check).unwrap_or(CHECKS.len());
            let found = of_problem(case, problem, problem.reader.as_ref().and_then(letter));
            (place, found)
        })
        .collect();
    // Stable: findings of one reader stay in their order.
    found.sort_by(|(a, one), (b, other)| (a, &one.reader).cmp(&(b, &other.reader)));
    found.into_iter().map(|(_, found)| found).collect()
}

fn of_problem(case: &Case, problem: &Problem, reader: Option<String>) -> Found {
    Found {
        check: problem.check.to_string(),
        level: problem.level.word(),
        case: Some(case.name.clone()),
        reader,
        finding: problem.label.clone(),
        message: problem.message.clone(),
        waived: problem.waived.as_ref().map(Waiver::from),
    }
}

/// Lets pass what a check finds in a case now, of one reader (by letter) or of all. What it finds later isn't meant.
pub fn waive(
    session: &mut Session,
    name: &str,
    check: &str,
    reader: Option<&str>,
    why: &str,
) -> Result<Event> {
    let why = reason(why)?;
    session.write(Some(name), |tx, scene| {
        let role = scene.allow(Deed::Waive)?;
        let invalid = |words: String| ReviewError::Invalid(words);
        let Some(known) = checks::named(check) else {
            let near = nearest(check, CHECKS.iter().map(|check| check.name));
            let near = near.map_or(String::new(), |near| format!(": did you mean {near}?"));
            return Err(invalid(format!("there is no check {}{near}", Safe::new(check))));
        };
        let (case_id, history) = find(tx, scene, name)?;
        let case = case::derive(&scene.setup.protocol, &history);
        let reader = match reader {
            Some(letter) => match case.read_of(letter) {
                Some(read) => Some(read.read.reader.clone()),
                None => {
                    return Err(invalid(format!("{} has no reader {}", Safe::new(name), Safe::new(letter))));
                }
            },
            None => None,
        };
        let of = |problem: &Problem| {
            problem.check == known.name
                && reader.as_ref().is_none_or(|id| problem.reader.as_ref() == Some(id))
        };
        // How fast a reader reads is seen only beside their other reads, and can be waived beforehand.
        let all = case
            .problems
            .iter()
            .chain(&beside::of_case(scene, &case))
            .filter(|p| of(p))
            .cloned()
            .collect::<Vec<_>>();
        if known.name != beside::READING_TIME {
            match all.as_slice() {
                [] => return Err(invalid(format!("{}: {check} finds nothing there", Safe::new(name)))),
                found if found.iter().all(|problem| problem.waived.is_some()) => {
                    return Err(invalid(format!("{}: {check} is waived already", Safe::new(name))));
                }
                _ => {}
            }
        }
        let waives = Waives { check: known.name.into(), reader };
        let detail = json!({ "v": 1, "why": why, "waives": waives });
        let event = tx.append(&scene.entry(Some(role), Action::Waive, Some(name), detail))?;
        project(tx, scene, case_id)?;
        Ok(event)
    })
}
