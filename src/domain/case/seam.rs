//! Stand-ins for the rules that belong to `domain::item` and `domain::checks`, with their signatures.
//!
//! TODO(seam): swap for `item::{items, priority, case_priority}` and `checks::{check, Problem}`.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::charter::{Charter, CheckLevel};
use crate::domain::finding::Read;
use crate::domain::geometry::Geometry;
use crate::domain::image::Image;
use crate::domain::item::{Candidate, Choice, Difference, DisputeType, Item, Opinion};
use crate::domain::value::Value;

/// What an automated check found.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    pub check: String,
    pub level: CheckLevel,
    pub reader: Option<String>,
    pub finding: Option<usize>,
    pub message: String,
}

/// Runs the automated checks over one case.
pub fn check(_charter: &Charter, case: &str, reads: &[Read], _images: &[Image]) -> Vec<Problem> {
    let inverted = |shape: &Geometry| match shape.shape {
        crate::domain::geometry::Shape::Box { points: [[left, _], [right, _]] } => left > right,
        _ => false,
    };
    let found = |read: &Read| read.findings.iter().filter_map(|f| f.geometry.as_ref()).any(inverted);
    reads
        .iter()
        .filter(|read| found(read))
        .map(|read| Problem {
            check: "box-inverted".into(),
            level: CheckLevel::Block,
            reader: Some(read.reader.clone()),
            finding: None,
            message: format!("a box of {case} is inverted"),
        })
        .collect()
}

/// Matches findings into items: equal values, and shapes whose first points lie within 20 pixels.
pub fn items(charter: &Charter, reads: &[Read], _images: &[Image]) -> Vec<Item> {
    let mut reads: Vec<&Read> = reads.iter().collect();
    reads.sort_by(|a, b| a.reader.cmp(&b.reader));
    let labels: BTreeSet<&str> =
        reads.iter().flat_map(|read| &read.findings).map(|finding| finding.label.as_str()).collect();
    labels
        .into_iter()
        .flat_map(|label| {
            let mut anchors: Vec<[f64; 2]> = Vec::new();
            let findings = || reads.iter().flat_map(|read| &read.findings).filter(|f| f.label == label);
            for first in findings().filter_map(|f| f.geometry.as_ref()).filter_map(first_point) {
                if !anchors.iter().any(|anchor| near(*anchor, first)) {
                    anchors.push(first);
                }
            }
            anchors.sort_by(|a, b| {
                a.iter()
                    .zip(b)
                    .map(|(a, b)| a.total_cmp(b))
                    .find(|o| o.is_ne())
                    .unwrap_or(std::cmp::Ordering::Equal)
            });
            let places: Vec<Option<[f64; 2]>> =
                if anchors.is_empty() { vec![None] } else { anchors.into_iter().map(Some).collect() };
            places.into_iter().map(|place| item(charter, &reads, label, place)).collect::<Vec<_>>()
        })
        .filter(|item| !item.opinions.is_empty())
        .collect()
}

fn first_point(geometry: &Geometry) -> Option<[f64; 2]> {
    geometry.shape.points().next()
}

fn near(a: [f64; 2], b: [f64; 2]) -> bool {
    (a[0] - b[0]).hypot(a[1] - b[1]) <= 20.0
}

fn item(charter: &Charter, reads: &[&Read], label: &str, place: Option<[f64; 2]>) -> Item {
    let localised = charter.label(label).is_some_and(|label| label.kind.is_localised());
    let opinions: Vec<Opinion> = reads
        .iter()
        .filter_map(|read| {
            let mine = |f: &&crate::domain::finding::Finding| {
                f.label == label
                    && match (place, f.geometry.as_ref().and_then(first_point)) {
                        (Some(place), Some(point)) => near(place, point),
                        (None, None) => true,
                        _ => false,
                    }
            };
            let choice = match read.findings.iter().find(mine) {
                Some(found) => Choice {
                    label: None,
                    value: found.value.clone(),
                    shapes: found.geometry.iter().cloned().collect(),
                },
                None if read.marks || localised => Choice::of(Value::absent()),
                None => return None,
            };
            Some(Opinion {
                reader: read.reader.clone(),
                model: read.model,
                choice,
                confidence: None,
                comments: Vec::new(),
            })
        })
        .collect();
    let mut candidates: Vec<Candidate> = Vec::new();
    for opinion in &opinions {
        match candidates.iter_mut().find(|candidate| candidate.choice == opinion.choice) {
            Some(candidate) => candidate.readers.push(opinion.reader.clone()),
            None => candidates.push(Candidate {
                choice: opinion.choice.clone(),
                readers: vec![opinion.reader.clone()],
                share: 0.0,
            }),
        }
    }
    for candidate in &mut candidates {
        candidate.share = candidate.readers.len() as f64 / opinions.len() as f64;
    }
    let consensus = candidates.iter().find(|candidate| candidate.share > 0.5);
    Item {
        labels: vec![label.into()],
        difference: (candidates.len() > 1).then(|| Difference {
            kind: DisputeType::Presence,
            gap: 1.0,
            weight: 1.0,
            text: format!("{} opinions", candidates.len()),
        }),
        consensus: consensus.map(|candidate| candidate.choice.clone()),
        opinions,
        candidates,
    }
}

/// Ranks a dispute by weight, gap and rarity.
pub fn priority(charter: &Charter, item: &Item, prevalence: &BTreeMap<String, f64>) -> f64 {
    let gap = item.difference.as_ref().map_or(0.0, |difference| difference.weight);
    item.labels
        .iter()
        .map(|label| {
            let weight = charter.label(label).map_or(1.0, |label| label.weight);
            weight * gap * (2.0 - prevalence.get(label).copied().unwrap_or(1.0))
        })
        .fold(0.0, f64::max)
}

/// Ranks a case by the priorities of its disputes.
pub fn case_priority(disputes: &[f64]) -> f64 {
    disputes.iter().copied().fold(0.0, f64::max)
}
