//! Writing a sample down, and asking for what it drew: one event that holds the lot, then one on each case, in short
//! transactions. What a crash keeps from being asked for is asked for by [`finish`].

use std::collections::BTreeMap;

use serde_json::json;

use super::super::lead::{find, project};
use super::super::{Result, ReviewError, Session};
use super::all;
use super::draw::{Order, VERSION, asks};
use crate::domain::authority::Role;
use crate::domain::case::{self, History, Kind};
use crate::domain::event::Action;
use crate::domain::sample::{Design, Drawn, Sample};
use crate::domain::word::Word;
use crate::store::history::AskedDetail;
use crate::store::{Entry, StoreError};

/// Cases that one transaction asks for: each is derived twice, and all of it takes some 10 ms.
const CHUNK: usize = 20;

/// Writes a sample into the log, and asks for what was drawn.
pub(super) fn record(session: &mut Session, sample: &Sample, role: Option<Role>) -> Result<()> {
    // A lot may hold a hundred thousand names: they are put into words before the store is taken.
    let detail = serde_json::to_string(sample)
        .map_err(|error| StoreError::Damaged(format!("{} can't be written: {error}", sample.id)))?;
    session.write(None, |tx, scene| {
        // Whoever drew first was first: the ids are counted, and the lot would be another.
        let number = tx.count_of_project(Action::Sample.word())? + 1;
        if sample.id != format!("S{number}") {
            return Err(ReviewError::Busy("somebody else drew a sample meanwhile: try again".into()));
        }
        let entry = scene.entry(role, Action::Sample, None, json!(null));
        tx.append(&Entry { object: Some(&sample.id), detail, ..entry })?;
        Ok(())
    })?;
    ask(session, sample, role)
}

/// Asks for second readings of what a sample drew, by the cases' names; what was asked for already isn't again.
fn ask(session: &mut Session, sample: &Sample, role: Option<Role>) -> Result<()> {
    let kind = if matches!(sample.design, Design::Recheck { .. }) { Kind::Recheck } else { Kind::Audit };
    let order = Order::of(sample);
    let mut by_case: BTreeMap<&str, Vec<&Drawn>> = BTreeMap::new();
    for unit in &sample.drawn {
        by_case.entry(&unit.case).or_default().push(unit);
    }
    let by_case: Vec<_> = by_case.into_iter().collect();
    for chunk in by_case.chunks(CHUNK) {
        session.write(None, |tx, scene| {
            for (name, units) in chunk {
                let (case_id, history) = find(tx, scene, name)?;
                if is_asked(&history, sample) {
                    continue;
                }
                let case = case::derive(&scene.setup.protocol, &history);
                let items =
                    units.iter().flat_map(|unit| asks(scene.charter(), &case, &order, unit, scene.now));
                let detail = AskedDetail {
                    v: VERSION,
                    sample: sample.id.clone(),
                    kind,
                    items: items.collect(),
                    to: sample.to.clone(),
                };
                let entry = scene.entry(role, Action::Sample, Some(name), json!(detail));
                tx.append(&Entry { object: Some(&sample.id), ..entry })?;
                project(tx, scene, case_id)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Tells whether a case was asked for what a sample drew of it.
pub(super) fn is_asked(history: &History, sample: &Sample) -> bool {
    history.acts.iter().filter_map(|act| act.asked.as_ref()).any(|asked| asked.sample == sample.id)
}

/// Asks for what samples drew and nobody has asked for: the program ended between. As cases are asked by their names, the
/// last of them tells whether all were.
pub(super) fn finish(session: &mut Session) -> Result<()> {
    let left = session.read(None, |tx, scene| {
        let mut left = Vec::new();
        for logged in all(tx)? {
            let Some(last) = logged.sample.drawn.iter().map(|unit| &unit.case).max() else { continue };
            let (_, history) = find(tx, scene, last)?;
            if !is_asked(&history, &logged.sample) {
                left.push(logged.sample);
            }
        }
        Ok(left)
    })?;
    left.iter().try_for_each(|sample| ask(session, sample, None))
}
