//! What somebody has yet to read blind: no list, file or count that names the case may tell them its answer before.

use std::collections::BTreeSet;

use super::super::decide::actor;
use super::super::{Result, ReviewError, Scene};
use super::result::waiting;
use crate::domain::authority::Deed;
use crate::domain::case::{self, Case};
use crate::domain::text::Safe;
use crate::store::Tx;

/// Gives the cases of which this person has yet to say something without knowing what stands: those that wait for an audit
/// of theirs, and those with a second reading that is theirs to answer.
pub(in crate::review) fn blind(tx: &Tx<'_>, scene: &Scene<'_>) -> Result<BTreeSet<String>> {
    Ok(blind_and_again(tx, scene)?.0)
}

/// Cases, and of some of them disputes: each a case and a name.
type Unread = (BTreeSet<String>, BTreeSet<(String, String)>);

/// Gives the same, and the disputes among them whose answers are looked at again.
pub(in crate::review) fn blind_and_again(tx: &Tx<'_>, scene: &Scene<'_>) -> Result<Unread> {
    let open = read_again(tx, scene)?;
    let again = asked_again(scene, &open);
    let mut cases: BTreeSet<String> = again.iter().map(|(case, _)| case.clone()).collect();
    if scene.may(Deed::Audit) && !open.is_empty() {
        cases.extend(waiting(tx, scene, &open)?.into_iter().map(|of| of.case));
    }
    Ok((cases, again))
}

/// Gives the cases with a second reading that somebody has yet to do something about.
pub(super) fn read_again(tx: &Tx<'_>, scene: &Scene<'_>) -> Result<Vec<Case>> {
    let histories = tx.histories(&tx.read_again()?, scene.charter().reads.unit, tx.known()?)?;
    Ok(histories.iter().map(|history| case::derive(&scene.setup.protocol, history)).collect())
}

/// Gives what this person has yet to say again, or of others: the cases, and the disputes whose answers are looked at.
fn asked_again(scene: &Scene<'_>, open: &[Case]) -> BTreeSet<(String, String)> {
    let mut asked = BTreeSet::new();
    if scene.may(Deed::Decide) || scene.may(Deed::Arbitrate) {
        let (who, readers) = (scene.actor.who.as_str(), actor(scene).readers);
        for case in open {
            let open = case.again.iter().filter(|item| item.is_open() && !item.awaits_audit());
            let mine = open.filter(|item| case.is_second_for(item, who, &readers));
            let of = mine.filter_map(|item| Some(item.second.as_deref()?.of.clone()));
            asked.extend(of.map(|of| (case.name.clone(), of)));
        }
    }
    asked
}

/// Refuses what would answer to somebody who has yet to read a case blind.
pub(in crate::review) fn refuse_blind(tx: &Tx<'_>, scene: &Scene<'_>, name: &str) -> Result<()> {
    match blind(tx, scene)?.contains(name) {
        true => Err(ReviewError::Invalid(format!(
            "you have yet to read {} without knowing what stands there: answer it first",
            Safe::new(name)
        ))),
        false => Ok(()),
    }
}
