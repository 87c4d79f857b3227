//! What a review of causes can be about: a key of a dimension that there is.

use std::collections::BTreeSet;

use super::{Causes, Collecting, Count, Dimension, NONE, OF_DECISIONS, UNKNOWN};
use crate::domain::item::DisputeType;
use crate::domain::taxonomy;
use crate::domain::text::Safe;
use crate::domain::word::Word;
use crate::review::{Result, ReviewError, Scene};
use crate::store::Tx;

/// Keys that a refusal names.
const MOST: usize = 30;

/// Gives a key as it is written, whatever case it was given in, and a clause by its number too.
///
/// # Errors
/// The dimension has no such key, in words that name those that there are; or the store can't be read.
pub(super) fn key(tx: &Tx<'_>, scene: &Scene<'_>, by: Dimension, given: &str) -> Result<String> {
    let charter = scene.charter();
    let own = |words: &mut dyn Iterator<Item = &str>| words.map(str::to_owned).collect::<BTreeSet<_>>();
    let mut known: BTreeSet<String> = match by {
        Dimension::Code => {
            let found = taxonomy::cause(given).map_err(ReviewError::Invalid)?;
            return Ok(found.code.to_owned());
        }
        // Where the text of the guideline isn't known, any word may be a clause.
        Dimension::Clause if given == NONE || charter.clauses.is_empty() => return Ok(given.to_owned()),
        Dimension::Clause => return charter.check_clause(given).map_err(ReviewError::Invalid),
        Dimension::Family => own(&mut taxonomy::FAMILIES.iter().map(|family| family.code).chain([UNKNOWN])),
        Dimension::Type => own(&mut DisputeType::WORDS.iter().map(|(_, word)| *word).chain([NONE])),
        Dimension::Charter => {
            scene.setup.protocol.charters.iter().map(|version| version.version.to_string()).collect()
        }
        Dimension::Label => own(&mut charter.labels.iter().map(|label| label.name.as_str())),
        Dimension::Reader => tx.reader_names()?.into_iter().chain([NONE.to_owned()]).collect(),
        Dimension::Adjudicator => own(&mut scene.setup.people.names()),
        Dimension::Modality | Dimension::Site | Dimension::Batch | Dimension::Week => BTreeSet::new(),
    };
    // Several labels are joined in what they dispute, and where cases come from is told by them alone.
    if OF_DECISIONS.contains(&by) {
        let mut all = Collecting::default();
        tx.settled(|case, origin, row| all.take(case, origin, row))?;
        known.extend(all.causes.keys(by));
    }
    let same = |known: &&String| known.eq_ignore_ascii_case(given);
    if let Some(found) = known.get(given).or_else(|| known.iter().find(same)) {
        return Ok(found.clone());
    }
    let near = taxonomy::nearest(given, known.iter().map(String::as_str));
    let meant = near.map_or(String::new(), |near| format!("; did you mean {}?", Safe::new(near)));
    let mut words: Vec<String> = known.iter().take(MOST).map(|key| Safe::new(key).to_string()).collect();
    if known.len() > MOST {
        words.push(format!("and {} more", known.len() - MOST));
    }
    let there = if words.is_empty() { "none yet".to_owned() } else { words.join(", ") };
    let (by, given) = (by.word(), Safe::new(given));
    Err(ReviewError::Invalid(format!("there is no {by} {given} to review{meant} (known: {there})")))
}

impl Causes {
    /// Gives the keys that decisions have in a dimension, whether they name a cause or not.
    fn keys(&self, by: Dimension) -> BTreeSet<String> {
        let Some(place) = OF_DECISIONS.iter().position(|known| *known == by) else {
            let of = |count: &Count| self.word(self.key(count, by)).to_string();
            return self.counts.iter().map(of).collect();
        };
        let places: BTreeSet<u32> =
            self.decisions.iter().filter_map(|decision| decision.keys.get(place)).copied().collect();
        places.into_iter().map(|place| self.word(place).to_string()).collect()
    }
}
