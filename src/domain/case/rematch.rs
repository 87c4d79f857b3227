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
    let old_traits: Vec<Traits> = old.iter().map(|entry| Traits::of(&entry.item)).collect();
    let new_traits: Vec<Traits> = new.iter().map(Traits::of).collect();
    let mut pairs: Vec<(usize, f64, usize, usize)> = Vec::new();
    for (before, from) in old_traits.iter().enumerate() {
        for (now, to) in new_traits.iter().enumerate() {
            let (shared, likeness) = (from.findings.intersection(&to.findings).count(), from.likeness(to));
            if shared > 0 || likeness > 0.0 {
                pairs.push((shared, likeness, before, now));
            }
        }
    }
    pairs.sort_by(|a, b| {
        b.0.cmp(&a.0).then_with(|| b.1.total_cmp(&a.1)).then_with(|| (a.2, a.3).cmp(&(b.2, b.3)))
    });
    let mut taken = vec![false; old.len()];
    let mut heirs = vec![None; new.len()];
    for (_, _, before, now) in pairs {
        if let (Some(taken @ false), Some(heir @ None)) = (taken.get_mut(before), heirs.get_mut(now)) {
            *taken = true;
            *heir = Some(before);
        }
    }
    heirs
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
