//! What somebody has yet to read blind: no list, file or count that names the case may tell them its answer before.

use std::collections::BTreeSet;

use super::super::Result;
use super::super::Scene;
use super::super::decide::actor;
use super::result::waiting;
use crate::domain::authority::Deed;
use crate::domain::case;
use crate::store::Tx;

/// Gives the cases of which this person has yet to say something without knowing what stands: those that wait for an audit
/// of theirs, and those with a second reading that is theirs to answer.
pub(in crate::review) fn blind(tx: &Tx<'_>, scene: &Scene<'_>) -> Result<BTreeSet<String>> {
    let mut cases = BTreeSet::new();
    if scene.may(Deed::Audit) {
        cases.extend(waiting(tx, scene)?.into_iter().map(|of| of.case));
    }
    if scene.may(Deed::Decide) || scene.may(Deed::Arbitrate) {
        let (who, readers) = (scene.actor.who.as_str(), actor(scene).readers);
        let again = tx.read_again()?;
        for history in tx.histories(&again, scene.charter().reads.unit, tx.known()?)? {
            let case = case::derive(&scene.setup.protocol, &history);
            let mut open = case.again.iter().filter(|item| item.is_open() && !item.awaits_audit());
            if open.any(|item| case.is_second_for(item, who, &readers)) {
                cases.insert(case.name);
            }
        }
    }
    Ok(cases)
}
