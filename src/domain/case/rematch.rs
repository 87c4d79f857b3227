//! Which new item takes over the id of which old one after the reads were matched again.

use std::collections::{BTreeMap, BTreeSet};

use super::CaseItem;
use super::digest::Canonical;
use crate::domain::geometry::{Geometry, Shape};
use crate::domain::item::Item;

/// Points and thin lines have no area: two boxes grow by this much before their overlap is taken, in pixels.
const MARGIN: f64 = 2.0;

/// For each new item, gives the place of the old one whose id it takes: the one that it shares most findings with,
/// then the one that is most alike. Each old id is taken once.
pub(super) fn heirs(old: &[CaseItem], new: &[Item]) -> Vec<Option<usize>> {
    let old: Vec<Traits> = old.iter().map(|entry| Traits::of(&entry.item)).collect();
    let new: Vec<Traits> = new.iter().map(Traits::of).collect();
    let mut heirs = Heirs { taken: vec![false; old.len()], of: vec![None; new.len()] };
    heirs.hand_on(sharing(&old, &new));
    // What shares no finding with anything is left, and mostly that is little.
    let mut alike = Vec::new();
    for (before, from) in old.iter().enumerate().filter(|(before, _)| !heirs.is_taken(*before)) {
        for (now, to) in new.iter().enumerate().filter(|(now, _)| heirs.is_open(*now)) {
            let likeness = from.likeness(to);
            if likeness > 0.0 {
                alike.push(Pair { shared: 0, likeness, before, now });
            }
        }
    }
    heirs.hand_on(alike);
    heirs.of
}

/// An old item and a new one that have something in common.
struct Pair {
    shared: usize,
    likeness: f64,
    before: usize,
    now: usize,
}

/// Every pair that shares a finding.
fn sharing(old: &[Traits], new: &[Traits]) -> Vec<Pair> {
    let mut holders: BTreeMap<&Canonical, Vec<usize>> = BTreeMap::new();
    for (before, traits) in old.iter().enumerate() {
        traits.findings.iter().for_each(|finding| holders.entry(finding).or_default().push(before));
    }
    let mut shared: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for (now, traits) in new.iter().enumerate() {
        for before in traits.findings.iter().filter_map(|finding| holders.get(finding)).flatten() {
            *shared.entry((*before, now)).or_default() += 1;
        }
    }
    shared
        .into_iter()
        .filter_map(|((before, now), shared)| {
            let likeness = old.get(before)?.likeness(new.get(now)?);
            Some(Pair { shared, likeness, before, now })
        })
        .collect()
}

struct Heirs {
    taken: Vec<bool>,
    of: Vec<Option<usize>>,
}

impl Heirs {
    fn is_taken(&self, before: usize) -> bool {
        self.taken.get(before).copied().unwrap_or(true)
    }

    fn is_open(&self, now: usize) -> bool {
        self.of.get(now).is_some_and(Option::is_none)
    }

    /// Gives the ids away, the closest pairs first.
    fn hand_on(&mut self, mut pairs: Vec<Pair>) {
        pairs.sort_by(|a, b| {
            (b.shared.cmp(&a.shared))
                .then_with(|| b.likeness.total_cmp(&a.likeness))
                .then_with(|| (a.before, a.now).cmp(&(b.before, b.now)))
        });
        for pair in pairs {
            if let (Some(taken @ false), Some(heir @ None)) =
                (self.taken.get_mut(pair.before), self.of.get_mut(pair.now))
            {
                *taken = true;
                *heir = Some(pair.before);
            }
        }
    }
}

/// What makes two items the same.
struct Traits<'i> {
    labels: &'i [String],
    /// Who said what; where anything was drawn, only what was drawn.
    findings: BTreeSet<Canonical>,
    /// Around everything that was drawn, for each image and frame.
    bounds: BTreeMap<(&'i str, u32), [f64; 4]>,
}

impl<'i> Traits<'i> {
    fn of(item: &'i Item) -> Self {
        let shapes = || item.opinions.iter().flat_map(|opinion| &opinion.choice.shapes);
        let mut bounds: BTreeMap<(&str, u32), [f64; 4]> = BTreeMap::new();
        for shape in shapes() {
            if let Some(around) = bounds_of(shape) {
                bounds
                    .entry((shape.image.as_str(), shape.frame))
                    .and_modify(|all| *all = joined(*all, around))
                    .or_insert(around);
            }
        }
        let drawn = shapes().next().is_some();
        let mut findings = BTreeSet::new();
        for opinion in &item.opinions {
            for shape in &opinion.choice.shapes {
                let mut finding = Canonical::default();
                finding.text(&opinion.reader).geometry(shape);
                findings.insert(finding);
            }
            if !drawn {
                let mut finding = Canonical::default();
                item.labels.iter().for_each(|label| {
                    finding.text(label);
                });
                finding.text(&opinion.reader).choice(&opinion.choice);
                findings.insert(finding);
            }
        }
        Traits { labels: &item.labels, findings, bounds }
    }

    /// From 0, nothing in common, to 1.
    fn likeness(&self, other: &Traits) -> f64 {
        if !self.labels.iter().any(|label| other.labels.contains(label)) {
            return 0.0;
        }
        if self.bounds.is_empty() && other.bounds.is_empty() {
            return 1.0;
        }
        let overlaps = self.bounds.iter().filter_map(|(place, mine)| {
            let theirs = other.bounds.get(place)?;
            Some(overlap(*mine, *theirs))
        });
        overlaps.fold(0.0, f64::max)
    }
}

/// Left, top, right, bottom.
fn bounds_of(geometry: &Geometry) -> Option<[f64; 4]> {
    if let Shape::Mask { size: [_, columns], rle } = &geometry.shape {
        return bounds_of_mask(*columns, rle);
    }
    geometry.shape.points().map(|[x, y]| [x, y, x, y]).reduce(joined)
}

fn bounds_of_mask(columns: u32, rle: &[u32]) -> Option<[f64; 4]> {
    let columns = u64::from(columns);
    let mut position = 0u64;
    let mut all: Option<[f64; 4]> = None;
    for (place, run) in rle.iter().enumerate() {
        let (start, end) = (position, position + u64::from(*run));
        position = end;
        if place % 2 == 0 || start == end || columns == 0 {
            continue;
        }
        let (top, bottom) = (start / columns, (end - 1) / columns);
        let (left, right) =
            if top == bottom { (start % columns, (end - 1) % columns + 1) } else { (0, columns) };
        let around = [left as f64, top as f64, right as f64, bottom as f64 + 1.0];
        all = Some(all.map_or(around, |all| joined(all, around)));
    }
    all
}

fn joined(a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

/// Intersection over union of two boxes, each grown by [`MARGIN`].
fn overlap(a: [f64; 4], b: [f64; 4]) -> f64 {
    let grown =
        |[left, top, right, bottom]: [f64; 4]| [left - MARGIN, top - MARGIN, right + MARGIN, bottom + MARGIN];
    let area = |[left, top, right, bottom]: [f64; 4]| (right - left).max(0.0) * (bottom - top).max(0.0);
    let (a, b) = (grown(a), grown(b));
    let shared = area([a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])]);
    let all = area(a) + area(b) - shared;
    if shared > 0.0 && all.is_finite() && all > 0.0 { shared / all } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_is_bounded_by_its_runs() {
        // 3 rows of 4: nothing, then two pixels in the second row.
        assert_eq!(bounds_of_mask(4, &[5, 2, 5]), Some([1.0, 1.0, 3.0, 2.0]));
        assert_eq!(bounds_of_mask(4, &[3, 3, 6]), Some([0.0, 0.0, 4.0, 2.0]));
        assert_eq!(bounds_of_mask(4, &[12]), None);
        assert_eq!(bounds_of_mask(0, &[0, 3]), None);
    }

    #[test]
    fn boxes_overlap_from_none_to_whole() {
        let one = [0.0, 0.0, 10.0, 10.0];
        assert_eq!(overlap(one, one), 1.0);
        assert_eq!(overlap(one, [100.0, 100.0, 110.0, 110.0]), 0.0);
        assert!(overlap(one, [0.0, 0.0, 10.0, 8.0]) > overlap(one, [0.0, 0.0, 10.0, 4.0]));
    }
}
