//! One box of several: weighted boxes fusion (Solovyev, Wang & Gabruseva 2021). Boxes join the first cluster whose
//! running mean they overlap best; coordinates are means weighted by score.
//!
//! The published method takes boxes by falling score and says nothing of equal ones, which people's boxes have
//! throughout. Here equal scores go by their coordinates, so that no order of readers or rows matters.

use std::cmp::Ordering;

use super::detection::iou;
use crate::stats::overlap::Bounds;

/// A reader's box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    pub bounds: Bounds,
    /// 0–1; 1 for each where readers give none.
    pub score: f64,
    pub class: u32,
    pub reader: usize,
}

/// What the score of a fused box is, from those of its members times their readers' weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Score {
    /// The mean, less where fewer boxes than readers: · min(boxes, readers) / sum of weights.
    Mean,
    /// The largest / the largest weight.
    Largest,
    /// The mean by weight · the weights of the readers who have it / sum of weights.
    BoxAndReader,
    /// The sum / the weights of the members and of the readers who have it not.
    AbsentAware,
}

/// How to fuse.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fusion {
    /// Boxes join where their intersection over union is above this.
    pub iou: f64,
    /// Boxes of a lower score are left out.
    pub least_score: f64,
    pub score: Score,
}

impl Default for Fusion {
    fn default() -> Self {
        Fusion { iou: 0.55, least_score: 0.0, score: Score::Mean }
    }
}

/// A box of several.
#[derive(Debug, Clone, PartialEq)]
pub struct Fused {
    pub bounds: Bounds,
    pub score: f64,
    pub class: u32,
    /// The numbers of the boxes that it is made of, best first.
    pub members: Vec<usize>,
}

/// A cluster that grows.
struct Cluster {
    fused: Fused,
    /// Sums over the members: coordinates by score, scores, weights.
    sum: Bounds,
    scores: f64,
    weights: f64,
    largest: f64,
}

/// Fuses the boxes of all readers in an image, each class by itself; `weights` has one for each reader, 1 for all
/// where none is better. Boxes without an area are left out. Falling by score, equal ones by coordinates.
pub fn fuse(boxes: &[Scored], weights: &[f64], fusion: Fusion) -> Vec<Fused> {
    let weight = |one: &Scored| weights.get(one.reader).copied().unwrap_or(0.0);
    let has_area = |[left, top, right, bottom]: Bounds| right > left && bottom > top;
    let mut order: Vec<(f64, usize)> = boxes
        .iter()
        .enumerate()
        .filter(|(_, one)| one.score >= fusion.least_score && has_area(one.bounds))
        .map(|(n, one)| (one.score * weight(one), n))
        .collect();
    order.sort_unstable_by(|(score_a, a), (score_b, b)| {
        let (one, other) = (&boxes[*a], &boxes[*b]);
        (one.class.cmp(&other.class))
            .then(score_b.total_cmp(score_a))
            .then_with(|| by_place(&one.bounds, &other.bounds))
            .then(one.reader.cmp(&other.reader))
    });
    let mut all = Vec::with_capacity(order.len());
    for class in order.chunk_by(|a, b| boxes[a.1].class == boxes[b.1].class) {
        let mut clusters: Vec<Cluster> = Vec::new();
        for (score, n) in class {
            let one = &boxes[*n];
            let mut best: Option<(usize, f64)> = None;
            for (place, cluster) in clusters.iter().enumerate() {
                let shared = iou(cluster.fused.bounds, one.bounds);
                if shared > best.map_or(fusion.iou, |(_, most)| most) {
                    best = Some((place, shared));
                }
            }
            match best.and_then(|(place, _)| clusters.get_mut(place)) {
                Some(cluster) => cluster.join(*n, one, *score, weight(one)),
                None => clusters.push(Cluster::of(*n, one, *score, weight(one))),
            }
        }
        all.extend(clusters.into_iter().map(|cluster| cluster.finish(boxes, weights, fusion.score)));
    }
    all.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| by_place(&a.bounds, &b.bounds)));
    all
}

fn by_place(a: &Bounds, b: &Bounds) -> Ordering {
    a.iter().zip(b).map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

impl Cluster {
    fn of(n: usize, one: &Scored, score: f64, weight: f64) -> Self {
        Cluster {
            fused: Fused { bounds: one.bounds, score: 0.0, class: one.class, members: vec![n] },
            sum: one.bounds.map(|at| at * score),
            scores: score,
            weights: weight,
            largest: score,
        }
    }

    fn join(&mut self, n: usize, one: &Scored, score: f64, weight: f64) {
        let members = self.fused.members.len() as f64;
        self.fused.members.push(n);
        self.scores += score;
        self.weights += weight;
        self.largest = self.largest.max(score);
        for axis in 0..4 {
            self.sum[axis] += one.bounds[axis] * score;
            self.fused.bounds[axis] = match self.scores > 0.0 {
                true => self.sum[axis] / self.scores,
                // Scores of 0 weigh nothing, so that all weigh the same.
                false => (self.fused.bounds[axis] * members + one.bounds[axis]) / (members + 1.0),
            };
        }
    }

    fn finish(self, boxes: &[Scored], weights: &[f64], score: Score) -> Fused {
        let members = self.fused.members.len();
        let all: f64 = weights.iter().sum();
        let has = |reader: usize| self.fused.members.iter().any(|n| boxes[*n].reader == reader);
        let of = |having: bool| -> f64 {
            let readers = weights.iter().enumerate().filter(|(reader, _)| has(*reader) == having);
            readers.map(|(_, weight)| weight).sum()
        };
        let value = match score {
            Score::Mean => self.scores / members as f64 * members.min(weights.len()) as f64 / all,
            Score::Largest => self.largest / weights.iter().copied().fold(0.0, f64::max),
            Score::BoxAndReader => self.scores / self.weights * of(true) / all,
            Score::AbsentAware => self.scores / (self.weights + of(false)),
        };
        Fused { score: value, ..self.fused }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::golden::{Outcome, case, list, meets, number, numbers, whole};
    use proptest::prelude::*;
    use serde_json::Value;

    fn boxes(of: &Value) -> Vec<Scored> {
        let mut all = Vec::new();
        for (reader, of_reader) in list(&of["boxes"]).iter().enumerate() {
            for (n, bounds) in list(of_reader).iter().enumerate() {
                let bounds = numbers(bounds);
                all.push(Scored {
                    bounds: [bounds[0], bounds[1], bounds[2], bounds[3]],
                    score: number(&of["scores"][reader][n]),
                    class: whole(&of["labels"][reader][n]) as u32,
                    reader,
                });
            }
        }
        all
    }

    #[test]
    fn boxes_are_fused_as_by_the_authors() -> Outcome {
        let golden = case!("boxes_wbf_matching");
        let mut met = 0;
        for (name, input, weights) in [
            ("unit_test_example", "unit_test_example", vec![2.0, 1.0]),
            ("synthetic_4_readers", "synthetic", vec![1.0; 4]),
        ] {
            let boxes = boxes(&golden["inputs"][input]);
            for (score, kind) in [
                (Score::Mean, "avg"),
                (Score::Largest, "max"),
                (Score::BoxAndReader, "box_and_model_avg"),
                (Score::AbsentAware, "absent_model_aware_avg"),
            ] {
                for iou in [0.5, 0.55] {
                    let want = &golden["wbf"][format!("{name}|{kind}|iou{iou}")];
                    let fused = fuse(&boxes, &weights, Fusion { iou, score, ..Fusion::default() });
                    assert_eq!(fused.len(), list(&want["boxes"]).len(), "{name} {kind} {iou}");
                    for (n, fused) in fused.iter().enumerate() {
                        // The reference computes in single precision.
                        meets("score", fused.score, &want["scores"][n], 1e-6);
                        for axis in 0..4 {
                            meets("place", fused.bounds[axis], &want["boxes"][n][axis], 1e-6);
                        }
                        assert_eq!(f64::from(fused.class), number(&want["labels"][n]));
                        met += 1;
                    }
                }
            }
        }
        assert!(met > 70, "{met}");
        Ok(())
    }

    fn some_boxes() -> impl Strategy<Value = Vec<Scored>> {
        let one = ((0u8..6, 0u8..6, 2u8..6, 2u8..6), 0u8..3, 0u32..2, 0usize..3).prop_map(
            |((x, y, wide, high), score, class, reader)| {
                let [x, y, wide, high] = [x, y, wide, high].map(f64::from);
                Scored { bounds: [x, y, x + wide, y + high], score: f64::from(score) / 2.0, class, reader }
            },
        );
        proptest::collection::vec(one, 0..12)
    }

    proptest! {
        #[test]
        fn order_of_readers_and_rows_is_nothing(boxes in some_boxes()) {
            let plain = |boxes: &[Scored]| {
                let fused = fuse(boxes, &[1.0; 3], Fusion::default());
                fused.into_iter().map(|one| (one.bounds, one.score, one.class, one.members.len())).collect::<Vec<_>>()
            };
            let mut other = boxes.clone();
            other.reverse();
            other.iter_mut().for_each(|one| one.reader = 2 - one.reader);
            let (there, back) = (plain(&boxes), plain(&other));
            prop_assert_eq!(there.len(), back.len());
            for (a, b) in there.iter().zip(&back) {
                prop_assert!((a.1 - b.1).abs() < 1e-9 && a.3 == b.3 && a.0.iter().zip(b.0).all(|(a, b)| (a - b).abs() < 1e-9));
            }
            // Each box is in one cluster, and no cluster reaches beyond its members.
            let fused = fuse(&boxes, &[1.0; 3], Fusion::default());
            prop_assert_eq!(fused.iter().map(|one| one.members.len()).sum::<usize>(), boxes.len());
            for one in fused {
                for axis in 0..4 {
                    let at = one.members.iter().map(|n| boxes[*n].bounds[axis]);
                    let (low, high) = at.fold((f64::MAX, f64::MIN), |(low, high), at| (low.min(at), high.max(at)));
                    prop_assert!((low - 1e-9..=high + 1e-9).contains(&one.bounds[axis]));
                }
            }
        }
    }
}
