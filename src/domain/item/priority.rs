//! How soon an item should be looked at: what it means clinically, how far the reads are apart, and how rare it is.

use std::collections::BTreeMap;

use super::Item;
use crate::domain::charter::Charter;

/// Labels rarer than this, 0–1, count as this rare.
const RAREST: f64 = 0.001;

/// What the number of disputes can add to a case's priority at most.
const BY_NUMBER: f64 = 0.05;

/// Gives the product of the label's clinical weight, the normalised gap (0–1) and the rarity (1–4) of the item; 0
/// without a dispute, always finite. Of several labels the highest weight and the rarest count.
pub fn priority(charter: &Charter, item: &Item, prevalence: &BTreeMap<String, f64>) -> f64 {
    let Some(difference) = &item.difference else { return 0.0 };
    let clinical = item.labels.iter().map(|name| charter.label(name).map_or(1.0, |label| label.weight));
    let rarest = item.labels.iter().filter_map(|name| prevalence.get(name)).copied().map(rarity);
    let clinical = clinical.filter(|weight| weight.is_finite()).fold(0.0, f64::max);
    (clinical * difference.weight.clamp(0.0, 1.0) * rarest.fold(1.0, f64::max)).min(f64::MAX)
}

/// Gives 1 + log10(1 / prevalence), from 1 for what everybody has to 4 for one in a thousand and rarer. The logarithm
/// lifts what is rare and never lets rarity alone outweigh a tenfold clinical weight.
fn rarity(prevalence: f64) -> f64 {
    if prevalence.is_nan() { 1.0 } else { 1.0 - prevalence.clamp(RAREST, 1.0).log10() }
}

/// Gives a case's priority: that of its most urgent dispute, and a little for how many there are, which settles the
/// order between cases that are otherwise alike.
pub fn case_priority(disputes: &[f64]) -> f64 {
    if disputes.is_empty() {
        return 0.0;
    }
    let highest = disputes.iter().copied().fold(0.0, f64::max);
    (highest + BY_NUMBER * (1.0 - 1.0 / disputes.len() as f64)).min(f64::MAX)
}
