//! Which cases a use case looks at, by where they come from: what somebody names is looked for among what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Result, ReviewError};
use crate::domain::origin::{By, Origin, UNKNOWN, Within};
use crate::domain::text::Safe;
use crate::domain::word::Word;
use crate::store::Tx;
use crate::store::origin;

/// Names that a refusal lists at most.
const LISTED: usize = 20;

/// Gives the imports whose cases are wanted; none where all are.
///
/// # Errors
/// No case comes from the batch or the site that is named.
pub(super) fn imports(tx: &Tx<'_>, within: &Within) -> Result<Option<Vec<u64>>> {
    if within.is_all() {
        return Ok(None);
    }
    Ok(Some(origin::within(&firsts(tx, within)?, within)))
}

/// Gives each batch or site from which a wanted case comes, in the order of names.
///
/// # Errors
/// As [`imports`].
pub(super) fn parts(tx: &Tx<'_>, within: &Within, by: By) -> Result<Vec<Within>> {
    let firsts = firsts(tx, within)?;
    let wanted = firsts.values().filter(|origin| within.holds(origin));
    let names: BTreeSet<&str> = wanted.map(|origin| origin.key(by)).collect();
    Ok(names.into_iter().map(|name| within.and(by, name)).collect())
}

/// Gives the batches or sites that cases come from, by name; none where all come from one, or nobody named any.
pub(super) fn names(tx: &Tx<'_>, by: By) -> Result<Vec<String>> {
    let firsts = tx.first_imports(&tx.origins()?)?;
    let names: BTreeSet<&str> = firsts.values().map(|origin| origin.key(by)).collect();
    Ok(if names.len() < 2 { Vec::new() } else { names.into_iter().map(str::to_owned).collect() })
}

fn firsts(tx: &Tx<'_>, within: &Within) -> Result<BTreeMap<u64, Arc<Origin>>> {
    let firsts = tx.first_imports(&tx.origins()?)?;
    for (by, word) in By::WORDS {
        let Some(name) = within.wanted(*by) else { continue };
        let known: BTreeSet<&str> = firsts.values().map(|origin| origin.key(*by)).collect();
        if !known.contains(name) {
            let name = Safe::new(name);
            return Err(ReviewError::Missing(format!(
                "no case comes from the {word} {name}: {}",
                list(*by, &known)
            )));
        }
    }
    Ok(firsts)
}

fn list(by: By, known: &BTreeSet<&str>) -> String {
    let named: Vec<&str> = known.iter().copied().filter(|name| *name != UNKNOWN).collect();
    match (by, named.len()) {
        (_, 0) if known.is_empty() => "no case is here yet".into(),
        (By::Site, 0) => "no import named one with --site".into(),
        (By::Batch, 0) => "no import says of which file it is".into(),
        (_, count) => {
            let more = if count > LISTED { format!(" and {} more", count - LISTED) } else { String::new() };
            let names: Vec<String> =
                named.iter().take(LISTED).map(|name| Safe::new(name).to_string()).collect();
            format!("there is {}{more}", names.join(", "))
        }
    }
}
