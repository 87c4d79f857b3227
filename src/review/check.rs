//! The automated checks over everything that was imported.

use serde::Serialize;
use serde_json::json;

use super::{Result, Session};
use crate::domain::authority::Deed;
use crate::domain::case;
use crate::domain::word::Word;

/// One thing that a check found.
#[derive(Debug, Clone, Serialize)]
pub struct Found {
    pub check: String,
    pub level: &'static str,
    pub case: Option<String>,
    /// By letter.
    pub reader: Option<String>,
    pub finding: Option<String>,
    pub message: String,
}

/// Cases that one view of the store is held for.
const PAGE: u32 = 2000;

/// Gives everything that the checks find, case by case.
pub fn check(session: &mut Session, mut each: impl FnMut(Found) -> Result<()>) -> Result<()> {
    let mut after = 0;
    loop {
        let found = session.read(None, |tx, scene| {
            scene.allow(Deed::Check)?;
            let mut found = Vec::new();
            let ids = tx.case_ids(after, PAGE)?;
            for id in &ids {
                let history = tx.history(*id, scene.charter().reads.unit)?;
                let case = case::derive(&scene.setup.protocol, &history);
                found.extend(case_findings(&case));
            }
            Ok((ids.last().copied(), found))
        })?;
        let (last, found) = found;
        found.into_iter().try_for_each(&mut each)?;
        match last {
            Some(last) => after = last,
            None => break,
        }
    }
    let unread = session.read(None, |tx, _| Ok(tx.images_without_case()?))?;
    for image in unread {
        each(Found {
            check: "image-without-read".into(),
            level: "warn",
            case: None,
            reader: None,
            finding: None,
            message: format!("nobody has read image {image}: import the reads that belong to it"),
        })?;
    }
    Ok(())
}

fn case_findings(case: &case::Case) -> Vec<Found> {
    let letter =
        |id: &String| case.reads.iter().find(|read| read.read.reader == *id).map(|read| read.letter.clone());
    case.problems
        .iter()
        .map(|problem| Found {
            check: problem.check.to_string(),
            level: problem.level.word(),
            case: Some(case.name.clone()),
            reader: problem.reader.as_ref().and_then(letter),
            finding: problem.label.clone(),
            message: problem.message.clone(),
        })
        .collect()
}

/// Gives a finding of a check as the command line prints it.
pub fn to_json(found: &Found) -> serde_json::Value {
    json!(found)
}
