//! How much of the project an item that was read again stands for. What was adjudicated stands for itself; an item on which
//! all agreed stands for the lot that it was drawn from, so that what readers miss together counts as often as it occurs.

use std::collections::BTreeMap;

use super::super::{Result, Scene};
use super::all;
use super::result::strata_read;
use crate::domain::case::{Case, CaseItem, Kind};
use crate::domain::sample::{Design, Of};
use crate::store::Tx;

/// The weights of all samples of concordant work.
#[derive(Debug, Default)]
pub(in crate::review) struct StandsFor {
    samples: Vec<Weighted>,
}

#[derive(Debug)]
struct Weighted {
    id: String,
    label: Option<String>,
    /// The stratum of each unit of the lot.
    lot: BTreeMap<(String, Option<String>), usize>,
    /// Units of the lot that each unit read stands for, by stratum.
    each: Vec<Option<f64>>,
}

impl StandsFor {
    /// Reads all samples and what came of them.
    pub fn read(tx: &Tx<'_>, scene: &Scene<'_>) -> Result<StandsFor> {
        let mut samples = Vec::new();
        for logged in all(tx)? {
            let sample = logged.sample;
            // A recheck puts decisions to the test, and these count already.
            if sample.of != Of::Concordant || matches!(sample.design, Design::Recheck { .. }) {
                continue;
            }
            let strata = strata_read(tx, scene, &sample)?;
            samples.push(Weighted {
                each: strata.into_iter().map(|of| of.weight).collect(),
                id: sample.id,
                label: sample.label,
                lot: sample.lot.into_iter().map(|unit| ((unit.case, unit.item), unit.stratum)).collect(),
            });
        }
        Ok(StandsFor { samples })
    }

    /// Gives how many items one that was read again stands for; none where it wasn't, or nothing is known yet. Where
    /// several lots hold it, each speaks for its part: the sum of the weights is shared by the lots (Sirken 1970).
    pub fn of(&self, case: &Case, item: &CaseItem) -> Option<f64> {
        if case.again.is_empty() {
            return None;
        }
        let (mut lots, mut weight) = (0.0, 0.0);
        for of in &self.samples {
            let Some(each) = of.holds(case, item).and_then(|stratum| of.each.get(stratum).copied().flatten())
            else {
                continue;
            };
            lots += 1.0;
            let own: Vec<_> = case
                .again
                .iter()
                .filter(|entry| entry.kind == Kind::Audit)
                .filter_map(|entry| entry.second.as_deref())
                .filter(|second| second.sample == of.id)
                .collect();
            let read = own.iter().any(|second| second.of == item.id && second.came_to.says_something());
            // A unit counts once all of it is read.
            let whole = of.lot.contains_key(&(case.name.clone(), Some(item.id.clone())))
                || own.iter().all(|second| second.came_to.is_settled());
            weight += if read && whole { each } else { 0.0 };
        }
        (weight > 0.0).then(|| weight / lots)
    }
}

impl Weighted {
    /// Gives the stratum of an item of a case in this lot.
    fn holds(&self, case: &Case, item: &CaseItem) -> Option<usize> {
        if self.label.as_ref().is_some_and(|label| !item.item.labels.contains(label)) {
            return None;
        }
        let by = |item: Option<String>| self.lot.get(&(case.name.clone(), item)).copied();
        by(Some(item.id.clone())).or_else(|| by(None))
    }
}
