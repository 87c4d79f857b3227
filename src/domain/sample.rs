//! Samples for quality assurance: what may be drawn, in which order, and how many of which stratum. Pure functions of
//! the seed and the names, so that whoever holds the log draws the same again.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::case::digest::hex;
use super::charter::normal::Abnormal;
use super::origin::Within;
use super::word::words;

/// Which work is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Of {
    /// Cases in which the readers agree on everything.
    Concordant,
    /// What was adjudicated and is final.
    Decided,
}

words!(Of: Concordant "concordant", Decided "decided");

/// What is drawn, and what is right or wrong as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    Case,
    /// One item of a case.
    Dispute,
}

words!(Unit: Case "case", Dispute "dispute");

/// What strata are made by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// The item's label; units are disputes.
    Label,
    /// Who read the case, together.
    Reader,
    /// Whether anybody found anything: a mark, or a level that the charter doesn't hold for normal.
    Finding,
    /// The item's label and what it came to; units are disputes.
    Class,
    /// Whether the item's label is rare; units are disputes.
    Prevalence,
    /// The case's priority when it was triaged, by thirds.
    Priority,
    /// The file that the case's first read came with.
    Batch,
    /// What the import of the case's first read was told.
    Site,
    Modality,
}

words!(By: Label "label", Reader "reader", Finding "finding", Class "class", Prevalence "prevalence", Priority "priority",
    Batch "batch", Site "site", Modality "modality");

/// How the size of a sample comes about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Design {
    /// The charter's share, case by case, by a seed that nobody sees.
    Share { share: f64 },
    /// So many, judged by the charter's tolerance.
    Size { size: u64 },
    /// A plan of the standard for a series of lots: an acceptable quality in percent, at a level of inspection.
    Aql { aql: f64, level: String },
    /// A lot that stands alone: a share of errors, in percent, that is accepted with a chance of 10 % at most.
    Lq { lq: f64, accept: u64 },
    /// The smallest plan that accepts a share `good` but for alpha and a share `bad` with beta at most, in percent.
    Points { good: f64, alpha: f64, bad: f64, beta: f64 },
    /// One after the other until the bound lies at or below a share in percent, or so many were read.
    Sequential { bound: f64, most: u64 },
    /// The charter's share of final decisions, once the washout has passed: decided again without sight of the first.
    Recheck { share: f64 },
    /// The charter's share of a period's final work for a named expert.
    Checkpoint { share: f64, days: u32 },
}

/// By what a lot is accepted: one rule, never two.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Rule {
    /// Up to so many errors in the sample.
    Plan { accept: u64 },
    /// A share of errors, 0–1, that the estimate must not exceed.
    Tolerance { share: f64 },
    /// A share, 0–1, that the bound must reach.
    Bound { share: f64 },
}

/// One part of the work that is sampled by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stratum {
    pub name: String,
    /// Units in the lot.
    pub size: u64,
    /// Units that were drawn.
    pub drawn: u64,
}

/// One unit of the lot, in the words of the log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Drawn {
    pub case: String,
    /// None where the case is the unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// Place of its stratum.
    #[serde(default, skip_serializing_if = "is_first")]
    pub stratum: usize,
}

fn is_first(place: &usize) -> bool {
    *place == 0
}

/// What the event of a sample says: enough to draw it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    pub v: u32,
    pub id: String,
    pub of: Of,
    pub unit: Unit,
    pub design: Design,
    pub rule: Rule,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<By>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What counted as a finding, where strata are made by it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub abnormal: Vec<Abnormal>,
    /// Of which cases the lot is.
    #[serde(default, skip_serializing_if = "Within::is_all")]
    pub within: Within,
    /// None for the charter's share, whose seed follows from the store's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Who is to read it, where somebody is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Of the charter, when it was drawn: a share of errors, 0–1.
    pub tolerance: f64,
    /// The last event before it was drawn.
    pub upto: u64,
    /// Every unit that could have been drawn.
    pub lot: Vec<Drawn>,
    pub strata: Vec<Stratum>,
    /// In the order in which they are read.
    pub drawn: Vec<Drawn>,
}

/// Gives the place of a unit in the order of a seed: those that come first are drawn. SHA-256 over the seed as a decimal
/// number, the case and, where the unit is one item, its id, each after a line feed.
pub fn place(seed: u64, unit: &Drawn) -> [u8; 32] {
    let mut all = Sha256::new();
    all.update(format!("{seed}\n{}", unit.case));
    if let Some(item) = &unit.item {
        all.update(format!("\n{item}"));
    }
    all.finalize().into()
}

/// Tells whether the charter's share takes a unit: from HMAC-SHA-256 of the lot's seed, so that it depends on no other.
pub fn takes(seed: &[u8; 32], unit: &Drawn, share: f64) -> bool {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(seed) else { return false };
    mac.update(format!("{}\n{}", unit.case, unit.item.as_deref().unwrap_or_default()).as_bytes());
    let bytes: [u8; 32] = mac.finalize().into_bytes().into();
    let head = bytes.iter().take(7).fold(0u64, |all, byte| all << 8 | u64::from(*byte));
    (head as f64) < share * (1u64 << 56) as f64
}

/// Gives the seed of a lot of the charter's share: it follows from the store's key, and tells nothing of it.
pub fn seed_of(key: &[u8; 32], lot: &str) -> [u8; 32] {
    let mut seed = [0; 32];
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) {
        mac.update(format!("sample\n{lot}").as_bytes());
        seed = mac.finalize().into_bytes().into();
    }
    seed
}

/// Writes a seed of the charter's share once its lot is closed.
pub fn shown(seed: &[u8; 32]) -> String {
    hex(seed)
}

/// Splits a sample over strata of these sizes: as evenly as they allow, so that small ones, which hold what is rare,
/// are drawn more often than their share. Every stratum gets one at least while there are enough.
pub fn evenly(sizes: &[u64], n: u64) -> Vec<u64> {
    let mut drawn = vec![0; sizes.len()];
    let mut left = n.min(sizes.iter().sum());
    while left > 0 {
        let open = sizes.iter().zip(&drawn).filter(|(size, drawn)| drawn < size).count() as u64;
        let each = (left / open.max(1)).max(1);
        for (size, drawn) in sizes.iter().zip(&mut drawn) {
            let more = each.min(size - *drawn).min(left);
            *drawn += more;
            left -= more;
        }
    }
    drawn
}

/// Splits a sample over strata in proportion to their sizes, by largest remainders.
pub fn in_proportion(sizes: &[u64], n: u64) -> Vec<u64> {
    let all: u64 = sizes.iter().sum();
    let n = n.min(all);
    let exact = |size: u64| u128::from(n) * u128::from(size);
    let whole = u128::from(all.max(1));
    let mut drawn: Vec<u64> = sizes.iter().map(|size| (exact(*size) / whole) as u64).collect();
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|place| std::cmp::Reverse(sizes.get(*place).map(|size| exact(*size) % whole)));
    let left = n - drawn.iter().sum::<u64>();
    for place in order.into_iter().take(left as usize) {
        if let Some(drawn) = drawn.get_mut(place) {
            *drawn += 1;
        }
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unit(case: &str) -> Drawn {
        Drawn { case: case.into(), item: None, stratum: 0 }
    }

    #[test]
    fn the_order_is_what_anybody_can_compute() {
        // printf '7\nc1' | sha256sum
        assert_eq!(
            hex(&place(7, &unit("c1"))),
            "dc4e635c37f2943e26ecf799537dab5ef783d2aed5044d2a29f42a00389c09bb"
        );
    }

    #[test]
    fn a_share_takes_about_its_part_and_every_seed_another() {
        let taken = |key: u8| {
            let seed = seed_of(&[key; 32], "S1");
            (0..20_000).filter(|n| takes(&seed, &unit(&n.to_string()), 0.05)).count()
        };
        // Five standard deviations of 20,000 draws at 5 %.
        assert!((845..=1155).contains(&taken(1)), "{}", taken(1));
        let seeds = [seed_of(&[1; 32], "S1"), seed_of(&[1; 32], "S2"), seed_of(&[2; 32], "S1")];
        assert!(seeds[0] != seeds[1] && seeds[0] != seeds[2] && seeds[1] != seeds[2]);
        assert!((0..100).all(|n| takes(&seeds[0], &unit(&n.to_string()), 1.0)));
        assert!(!(0..100).any(|n| takes(&seeds[0], &unit(&n.to_string()), 0.0)));
    }

    proptest! {
        #[test]
        fn what_is_split_over_strata_adds_up(sizes in prop::collection::vec(0u64..200, 1..8), n in 0u64..400) {
            let all: u64 = sizes.iter().sum();
            for split in [evenly(&sizes, n), in_proportion(&sizes, n)] {
                prop_assert_eq!(split.iter().sum::<u64>(), n.min(all));
                prop_assert!(split.iter().zip(&sizes).all(|(drawn, size)| drawn <= size));
            }
            let even = evenly(&sizes, n);
            // Nobody gets two more than another who could have had more.
            for (a, size) in even.iter().zip(&sizes) {
                prop_assert!(even.iter().all(|b| a == size || *b <= a + 1), "{even:?} of {sizes:?}");
            }
        }
    }
}
