//! Which drawn shapes of a case are the same object. Readers are matched pair by pair by optimal assignment, and the
//! matched pairs are merged from the strongest; then one object against several, and one place under several labels,
//! become one cluster each. People are matched before models, so that a model never changes what people's reads make.

use super::order;
use super::place::{self, Family, Likeness, Mark, Scale};
use super::topic::{Basis, Stand, Topic};
use crate::domain::image::Image;
use crate::stats::matching::{Pair, assign};
use crate::stats::overlap;

/// Above this many neighbouring pairs of one label on one frame each shape is compared with few of each other reader's …
const CROWD: usize = 1 << 16;
/// … those whose bounds fit best.
const PARTNERS: usize = 8;
/// Points that the comparisons of one label on one frame may visit; above it outlines are taken with fewer points …
const WORK: usize = 1 << 22;
/// … but never fewer than this many.
const FEWEST: usize = 12;

/// All shapes of one case.
pub(super) struct Ground<'a> {
    /// By label, image, frame, family, reader, and then by content.
    pub marks: Vec<Mark<'a>>,
    /// By the number of the reader.
    pub models: &'a [bool],
    /// By the number of the mark.
    scales: Vec<Scale>,
    /// Marks that may be the same object, by their numbers, the lower first.
    pairs: Vec<(usize, usize, Likeness)>,
}

/// Clusters while they are being made.
struct Clusters {
    of: Vec<usize>,
    members: Vec<Vec<usize>>,
}

impl Clusters {
    fn merge(&mut self, a: usize, b: usize) {
        let (keep, gone) = (self.of[a].min(self.of[b]), self.of[a].max(self.of[b]));
        if keep == gone {
            return;
        }
        let moved = std::mem::take(&mut self.members[gone]);
        for mark in &moved {
            self.of[*mark] = keep;
        }
        self.members[keep].extend(moved);
    }

    fn with(&self, mark: usize) -> &[usize] {
        &self.members[self.of[mark]]
    }
}

impl<'a> Ground<'a> {
    pub fn new(mut marks: Vec<Mark<'a>>, models: &'a [bool], topics: &[Topic<'_>], images: &[Image]) -> Self {
        marks.sort_by(|a, b| {
            (a.topic, a.plane(), a.voice)
                .cmp(&(b.topic, b.plane(), b.voice))
                .then_with(|| order::finding(a.finding, b.finding))
        });
        let mut scales: Vec<Scale> = Vec::with_capacity(marks.len());
        for group in marks.chunk_by(together) {
            let Some(first) = group.first() else { continue };
            let spacing = match first.family() {
                Family::Area => None,
                _ => images
                    .iter()
                    .find(|image| image.id == first.geometry.image)
                    .and_then(|image| image.spacing),
            };
            let label = topics.get(first.topic).map(|topic| &*topic.label);
            let scale = label.map(|label| Scale::new(label, first.family(), spacing, usize::MAX));
            scales.extend(scale.into_iter().cycle().take(group.len()));
        }
        Ground { marks, models, scales, pairs: Vec::new() }
    }

    /// Gives the tolerances that hold for a mark.
    pub fn scale(&self, mark: usize) -> &Scale {
        &self.scales[mark]
    }

    /// Compares two marks of one label, image, frame and family; others have nothing in common.
    pub fn likeness(&self, a: usize, b: usize) -> Option<Likeness> {
        let (low, high) = (a.min(b), a.max(b));
        if !together(&self.marks[low], &self.marks[high]) {
            return None;
        }
        let known = self.pairs.binary_search_by_key(&(low, high), |(a, b, _)| (*a, *b));
        Some(match known {
            Ok(n) => self.pairs[n].2,
            Err(_) => self.compared(low, high),
        })
    }

    fn compared(&self, a: usize, b: usize) -> Likeness {
        place::compare(&self.scales[a], &self.marks[a], &self.marks[b])
    }

    fn is_model(&self, mark: usize) -> bool {
        self.models[self.marks[mark].voice]
    }

    fn by_model(&self, a: usize, b: usize) -> bool {
        self.is_model(a) || self.is_model(b)
    }

    /// Finds the clusters, each with its marks in rising order.
    pub fn clusters(&mut self, topics: &[Topic<'_>]) -> Vec<Vec<usize>> {
        let count = self.marks.len();
        let mut clusters =
            Clusters { of: (0..count).collect(), members: (0..count).map(|n| vec![n]).collect() };
        let mut start = 0;
        // People's marks come together first, under one label and then across labels: what models drew is added to what
        // stands then, and keeps nothing apart.
        let mut by_models = Vec::new();
        while start < count {
            let end = start
                + self.marks[start..].iter().take_while(|mark| together(&self.marks[start], mark)).count();
            let (people, models) =
                self.match_group(start, end).into_iter().partition(|(a, b, _)| !self.by_model(*a, *b));
            self.merge_from_strongest(people, &mut clusters);
            by_models.extend::<Vec<_>>(models);
            if topics[self.marks[start].topic].basis == Basis::Shape {
                self.join_parts(start, end, &mut clusters);
            }
            start = end;
        }
        let several = self.marks.windows(2).any(|two| two[0].topic != two[1].topic);
        if several {
            self.join_labels(topics, false, &mut clusters);
        }
        self.merge_from_strongest(by_models, &mut clusters);
        if several && self.models.contains(&true) {
            self.join_labels(topics, true, &mut clusters);
        }
        let mut found: Vec<Vec<usize>> =
            clusters.members.into_iter().filter(|marks| !marks.is_empty()).collect();
        found.iter_mut().for_each(|marks| marks.sort_unstable());
        found
    }

    /// Gives the pairs of marks of one label that are the same object, by optimal assignment for each two readers.
    fn match_group(&mut self, start: usize, end: usize) -> Vec<(usize, usize, Likeness)> {
        if end - start < 2 {
            return Vec::new();
        }
        let group: Vec<usize> = (start..end).collect();
        let near = self.near(&group, |a, b| a.voice != b.voice);
        let work: usize = near.iter().map(|(a, b)| self.marks[*a].points() + self.marks[*b].points()).sum();
        if work > WORK {
            let most = (WORK / near.len() / 2).max(FEWEST);
            self.scales[start..end].iter_mut().for_each(|scale| scale.take_at_most(most));
        }
        let from = self.pairs.len();
        for (a, b) in near {
            let likeness = self.compared(a, b);
            if likeness.same {
                self.pairs.push((a, b, likeness));
            }
        }
        let found = &mut self.pairs[from..];
        let marks = &self.marks;
        found.sort_unstable_by_key(|(a, b, _)| (marks[*a].voice, marks[*b].voice, *a, *b));
        let mut matched = Vec::new();
        for two in found
            .chunk_by(|x, y| (marks[x.0].voice, marks[x.1].voice) == (marks[y.0].voice, marks[y.1].voice))
        {
            let pair = |(a, b, likeness): &(usize, usize, Likeness)| Pair {
                row: a - start,
                column: b - start,
                within: likeness.within,
                similarity: likeness.similarity,
            };
            let chosen = assign(&two.iter().map(pair).collect::<Vec<_>>());
            matched.extend(chosen.into_iter().map(|n| two[n]));
        }
        self.pairs[from..].sort_unstable_by_key(|(a, b, _)| (*a, *b));
        matched
    }

    /// Merges matched pairs, at most one mark of a reader to a cluster. What joins two clusters of people is between
    /// people.
    fn merge_from_strongest(&self, mut matched: Vec<(usize, usize, Likeness)>, clusters: &mut Clusters) {
        matched.sort_unstable_by(|(a, b, x), (c, d, y)| {
            (self.by_model(*a, *b), !x.within)
                .cmp(&(self.by_model(*c, *d), !y.within))
                .then(y.similarity.total_cmp(&x.similarity))
                .then((a, b).cmp(&(c, d)))
        });
        for (a, b, _) in matched {
            let (left, right) = (clusters.with(a), clusters.with(b));
            let people = |marks: &[usize]| marks.iter().any(|mark| !self.is_model(*mark));
            let apart = |x: &usize| right.iter().all(|y| self.marks[*x].voice != self.marks[*y].voice);
            if left.iter().all(apart) && !(self.by_model(a, b) && people(left) && people(right)) {
                clusters.merge(a, b);
            }
        }
    }

    /// Joins the clusters in which one person's object stands for several of another.
    ///
    /// An object that is within tolerance of one of them stands for that one alone, and a part for which the first
    /// person drew a shape of its own stands beside that shape.
    fn join_parts(&self, start: usize, end: usize, clusters: &mut Clusters) {
        let from = self.pairs.partition_point(|(a, ..)| *a < start);
        let to = self.pairs.partition_point(|(a, ..)| *a < end);
        let mut covers: Vec<(usize, usize, bool)> = Vec::new();
        for (a, b, likeness) in &self.pairs[from..to] {
            if self.is_model(*a) || self.is_model(*b) {
                continue;
            }
            covers.extend(likeness.covers[0].then_some((*a, *b, likeness.within)));
            covers.extend(likeness.covers[1].then_some((*b, *a, likeness.within)));
        }
        covers.sort_unstable();
        let voice = |mark: usize| self.marks[mark].voice;
        for parts in covers.chunk_by(|x, y| (x.0, voice(x.1)) == (y.0, voice(y.1))) {
            let Some((whole, ..)) = parts.first().copied() else { continue };
            let free = |part: usize| {
                let mates = clusters.with(part).iter().filter(|mark| voice(**mark) == voice(whole));
                mates.into_iter().all(|mate| *mate == whole)
            };
            let parts: Vec<(usize, bool)> = parts
                .iter()
                .filter(|(_, part, _)| free(*part))
                .map(|(_, part, within)| (*part, *within))
                .collect();
            if parts.len() > 1 && parts.iter().all(|(_, within)| !within) {
                parts.iter().for_each(|(part, _)| clusters.merge(whole, *part));
            }
        }
    }

    /// Joins what different readers marked in one place under different labels, where it is left over: people's marks, or
    /// those of models with what they fit.
    fn join_labels(&self, topics: &[Topic<'_>], models: bool, clusters: &mut Clusters) {
        let people = self.models.iter().filter(|model| !**model).count();
        let left_over = |mark: &usize| {
            let cluster = clusters.with(*mark);
            let mut voices: Vec<usize> =
                cluster.iter().filter(|m| !self.is_model(**m)).map(|m| self.marks[*m].voice).collect();
            voices.sort_unstable();
            voices.dedup();
            let mark = &self.marks[*mark];
            voices.len() < people.max(1)
                && topics[mark.topic].basis == Basis::Shape
                && matches!(mark.said.stand, Stand::Present | Stand::Uncertain)
        };
        let wanted = |mark: &usize| models || !self.is_model(*mark);
        let mut loose: Vec<usize> = (0..self.marks.len()).filter(wanted).filter(left_over).collect();
        loose.sort_by(|a, b| self.marks[*a].plane().cmp(&self.marks[*b].plane()));
        let mut matched = Vec::new();
        for plane in loose.chunk_by(|a, b| self.marks[*a].plane() == self.marks[*b].plane()) {
            let near = self.near(plane, |a, b| a.topic != b.topic && a.voice != b.voice);
            let compared = near.into_iter().map(|(a, b)| (a, b, self.compared(a, b)));
            let asked = |a: usize, b: usize| self.by_model(a, b) == models;
            matched.extend(compared.filter(|(a, b, likeness)| likeness.same && asked(*a, *b)));
        }
        self.merge_from_strongest(matched, clusters);
    }

    /// Finds the pairs whose bounds come near enough, the lower number first. In a crowd each mark keeps only the few
    /// of each other reader and label that fit it best.
    fn near(&self, of: &[usize], wanted: impl Fn(&Spot, &Spot) -> bool) -> Vec<(usize, usize)> {
        let mut spots: Vec<Spot> = of.iter().map(|mark| self.spot(*mark)).collect();
        spots.sort_by(|a, b| a.bounds[0].total_cmp(&b.bounds[0]));
        let meets = |a: &Spot, b: &Spot| {
            let ([l, t, r, b_], [x0, y0, x1, y1]) = (a.bounds, b.bounds);
            l <= x1 && x0 <= r && t <= y1 && y0 <= b_ && wanted(a, b)
        };
        let ordered = |a: usize, b: usize| (a.min(b), a.max(b));
        let mut near = Vec::new();
        for (n, first) in spots.iter().enumerate() {
            let later = spots[n + 1..].iter().take_while(|second| second.bounds[0] <= first.bounds[2]);
            near.extend(
                later.filter(|second| meets(first, second)).map(|second| ordered(first.mark, second.mark)),
            );
            if near.len() > CROWD {
                break;
            }
        }
        if near.len() > CROWD {
            near.clear();
            spots.sort_by_key(|spot| spot.mark);
            for first in &spots {
                for others in spots.chunk_by(|a, b| (a.topic, a.voice) == (b.topic, b.voice)) {
                    let others = others.iter().filter(|second| meets(first, second));
                    near.extend(best(first, others).into_iter().map(|second| ordered(first.mark, second)));
                }
            }
        }
        near.sort_unstable();
        near.dedup();
        near
    }

    fn spot(&self, mark: usize) -> Spot {
        let Mark { topic, voice, bounds: [left, top, right, bottom], .. } = self.marks[mark];
        let reach = self.marks[mark].reach(&self.scales[mark]);
        let bounds = [left - reach, top - reach, right + reach, bottom + reach];
        let here = (topic, self.marks[mark].plane(), voice);
        let start = self.marks.partition_point(|other| (other.topic, other.plane(), other.voice) < here);
        Spot { mark, rank: mark - start, topic, voice, bounds }
    }
}

/// What it takes to see whether a mark comes near another.
struct Spot {
    mark: usize,
    /// Place among the marks of the same reader and label, in the order of contents.
    rank: usize,
    topic: usize,
    voice: usize,
    /// With the reach around them.
    bounds: overlap::Bounds,
}

/// Gives the few marks whose bounds fit best; of equal ones those of the same rank, so that two readers who drew the
/// same crowd keep their pairs.
fn best<'s>(of: &Spot, others: impl Iterator<Item = &'s Spot>) -> Vec<usize> {
    let [x0, y0, x1, y1] = of.bounds;
    let fit = |other: &Spot| {
        let [l, t, r, b] = other.bounds;
        let iou = overlap::box_iou([[x0, y0], [x1, y1]], [[l, t], [r, b]]);
        // Never negative, so that the bits are in the order of the numbers.
        (!iou.to_bits(), other.rank.abs_diff(of.rank), other.mark)
    };
    let mut fits: Vec<(u64, usize, usize)> = others.map(fit).collect();
    if fits.len() > PARTNERS {
        fits.select_nth_unstable(PARTNERS);
        fits.truncate(PARTNERS);
    }
    fits.into_iter().map(|(.., mark)| mark).collect()
}

/// Tells whether two marks are of one label, image, frame and family.
fn together(a: &Mark<'_>, b: &Mark<'_>) -> bool {
    a.topic == b.topic && a.plane() == b.plane()
}
