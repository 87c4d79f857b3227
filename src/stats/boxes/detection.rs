//! Agreement on objects where nobody counts what isn't there: boxes are matched first, then the matches counted.

use crate::stats::matching::{Pair, assign};
use crate::stats::overlap::{Bounds, box_iou};

/// A box with the number of its class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Marked {
    pub bounds: Bounds,
    pub class: u32,
}

/// What two readers have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct Detection {
    /// Number of the first reader's box, of the second's, and their intersection over union.
    pub matched: Vec<(usize, usize, f64)>,
    /// How many boxes only the first reader has.
    pub only_first: usize,
    /// How many only the second has.
    pub only_second: usize,
}

/// Matches the boxes of two readers, one to one, so that the sum of overlaps is largest. Only boxes of one class that
/// overlap by at least `threshold` may be matched: the threshold comes before the choice, else a bad pair could
/// take the place of two good ones.
pub fn detect(first: &[Marked], second: &[Marked], threshold: f64) -> Detection {
    let mut pairs = Vec::new();
    for (row, a) in first.iter().enumerate() {
        for (column, b) in second.iter().enumerate().filter(|(_, b)| b.class == a.class) {
            let similarity = iou(a.bounds, b.bounds);
            if similarity > 0.0 && similarity >= threshold {
                pairs.push(Pair { row, column, within: false, similarity });
            }
        }
    }
    let chosen = assign(&pairs).into_iter().map(|n| &pairs[n]);
    let matched: Vec<_> = chosen.map(|pair| (pair.row, pair.column, pair.similarity)).collect();
    Detection { only_first: first.len() - matched.len(), only_second: second.len() - matched.len(), matched }
}

/// The intersection over union of two boxes; most don't touch, which is seen at once.
pub(super) fn iou(a: Bounds, b: Bounds) -> f64 {
    let apart = |axis: usize| a[axis + 2] < b[axis] || b[axis + 2] < a[axis];
    if apart(0) || apart(1) {
        return 0.0;
    }
    let corners = |[left, top, right, bottom]: Bounds| [[left, top], [right, bottom]];
    box_iou(corners(a), corners(b))
}

impl Detection {
    /// Gives the free-response κ = 2d / (b + c + 2d) (Carpentier 2017), 0–1: κ in the limit of very many places where
    /// nothing is. `None` where neither reader marked anything.
    pub fn free_response_kappa(&self) -> Option<f64> {
        let both = 2 * self.matched.len();
        let all = both + self.only_first + self.only_second;
        (all > 0).then(|| both as f64 / all as f64)
    }

    /// Gives the mean overlap of what was matched, 0–1; `None` where nothing was.
    pub fn mean_iou(&self) -> Option<f64> {
        let sum: f64 = self.matched.iter().map(|(.., iou)| iou).sum();
        (!self.matched.is_empty()).then(|| sum / self.matched.len() as f64)
    }

    /// Gives the panoptic quality (Kirillov 2019): the sum of overlaps over d + (b + c)/2, 0–1. `None` where neither
    /// reader marked anything.
    pub fn panoptic_quality(&self) -> Option<f64> {
        let sum: f64 = self.matched.iter().map(|(.., iou)| iou).sum();
        let all = self.matched.len() as f64 + (self.only_first + self.only_second) as f64 / 2.0;
        (all > 0.0).then(|| sum / all)
    }

    /// Gives the counts of both, for κ over all images.
    pub fn counts(&self) -> [usize; 3] {
        [self.matched.len(), self.only_first, self.only_second]
    }
}

/// Gives the free-response κ over several images, from the sums of their counts: matched, only first, only second.
pub fn pooled_kappa(counts: impl IntoIterator<Item = [usize; 3]>) -> Option<f64> {
    let [both, first, second] =
        counts.into_iter().fold([0; 3], |sum, one| std::array::from_fn(|n| sum[n] + one[n]));
    let all = 2 * both + first + second;
    (all > 0).then(|| (2 * both) as f64 / all as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::golden::{Outcome, case, list, meets, numbers, whole};
    use serde_json::Value;

    pub fn boxes(of: &Value) -> Vec<Vec<Marked>> {
        let readers = list(&of["boxes"]).iter().zip(list(&of["labels"]));
        let one = |(bounds, class): (&Value, &Value)| {
            let bounds = numbers(bounds);
            Marked { bounds: [bounds[0], bounds[1], bounds[2], bounds[3]], class: whole(class) as u32 }
        };
        readers.map(|(boxes, labels)| list(boxes).iter().zip(list(labels)).map(one).collect()).collect()
    }

    #[test]
    fn matches_are_those_of_the_reference() -> Outcome {
        let golden = case!("boxes_wbf_matching");
        let readers = boxes(&golden["inputs"]["synthetic"]);
        for (a, b) in [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)] {
            let golden = &golden["matching_iou_0_5"][format!("{}_{}", a + 1, b + 1)];
            let found = detect(&readers[a], &readers[b], 0.5);
            let matched = list(&golden["matched"]);
            assert_eq!(found.counts(), [whole(&golden["d"]), whole(&golden["b"]), whole(&golden["c"])]);
            for ((first, second, iou), want) in found.matched.iter().zip(matched) {
                assert_eq!([*first, *second], [whole(&want[0]), whole(&want[1])]);
                meets("iou", *iou, &want[2], 1e-9);
            }
            meets("kappa", found.free_response_kappa().ok_or("none")?, &golden["free_response_kappa"], 1e-9);
            meets("mean", found.mean_iou().ok_or("none")?, &golden["mean_iou_matched"], 1e-9);
            meets("quality", found.panoptic_quality().ok_or("none")?, &golden["panoptic_quality"], 1e-9);
        }
        Ok(())
    }

    #[test]
    fn nothing_marked_is_no_agreement() {
        let none = detect(&[], &[], 0.5);
        assert_eq!(
            (none.free_response_kappa(), none.mean_iou(), none.panoptic_quality()),
            (None, None, None)
        );
        assert_eq!(pooled_kappa([none.counts(), [3, 1, 1]]), Some(0.75));
        assert_eq!(pooled_kappa([[0; 3]]), None);
    }

    #[test]
    fn two_good_pairs_beat_one_better() {
        let across = |left: f64| Marked { bounds: [left, 0.0, left + 10.0, 10.0], class: 0 };
        let (first, second) = ([across(0.0), across(2.0)], [across(1.0), across(-1.5)]);
        assert_eq!(detect(&first, &second, 0.5).counts(), [2, 0, 0]);
        let other = Marked { class: 1, ..across(0.0) };
        assert_eq!(detect(&[across(0.0)], &[other], 0.5).counts(), [0, 1, 1]);
    }
}
