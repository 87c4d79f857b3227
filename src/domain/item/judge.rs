//! Whether what people say of one item differs beyond the tolerance: the type of the dispute, how far apart they are,
//! and that in words. Models have no voice here.

use super::cluster::Ground;
use super::place::{Likeness, ROUNDING};
use super::topic::{Basis, Stand, Topic};
use super::{Difference, DisputeType};
use crate::domain::charter::{LabelKind, Tolerance};
use crate::domain::finding::Finding;
use crate::domain::text::Safe;
use crate::domain::value::Value;

/// What one reader says of one item.
pub(super) struct Say<'a> {
    pub voice: usize,
    pub topic: usize,
    pub stand: Stand,
    pub value: Option<Value>,
    /// Numbers of the shapes that were drawn for it.
    pub marks: Vec<usize>,
    pub findings: Vec<&'a Finding>,
}

/// One case while it is being judged.
pub(super) struct Scene<'a, 's> {
    pub topics: &'s [Topic<'a>],
    pub ground: &'s Ground<'a>,
}

/// Gives how the people behind an item differ, by the first rule that finds a difference.
pub(super) fn difference(scene: &Scene<'_, '_>, says: &[Say<'_>]) -> Option<Difference> {
    let people: Vec<&Say<'_>> = says.iter().filter(|say| !scene.ground.models[say.voice]).collect();
    if people.len() < 2 {
        return None;
    }
    let rules = [technical, presence, label, topology, spread];
    rules.iter().find_map(|rule| rule(scene, &people))
}

/// Counts how many say the same, the largest camp first.
fn camps<K: PartialEq>(says: impl IntoIterator<Item = K>) -> Vec<usize> {
    let mut camps: Vec<(K, usize)> = Vec::new();
    for key in says {
        match camps.iter_mut().find(|(known, _)| *known == key) {
            Some((_, count)) => *count += 1,
            None => camps.push((key, 1)),
        }
    }
    let mut counts: Vec<usize> = camps.into_iter().map(|(_, count)| count).collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    counts
}

/// Makes a difference of camps, where there is more than one. The weight is 1 where at least half stand against the
/// largest camp.
fn divided(kind: DisputeType, camps: &[usize], text: impl FnOnce(usize) -> String) -> Option<Difference> {
    let (largest, count) = (*camps.first()?, camps.iter().sum::<usize>());
    let gap = (count - largest) as f64 / count as f64;
    (camps.len() > 1).then(|| Difference { kind, gap, weight: (2.0 * gap).min(1.0), text: text(count) })
}

fn ratio(camps: &[usize]) -> String {
    camps.iter().map(usize::to_string).collect::<Vec<_>>().join(":")
}

fn count(people: &[&Say<'_>], stand: Stand) -> usize {
    people.iter().filter(|say| say.stand == stand).count()
}

fn technical(_: &Scene<'_, '_>, people: &[&Say<'_>]) -> Option<Difference> {
    let ungradable = count(people, Stand::Ungradable);
    let camps = camps(people.iter().map(|say| say.stand == Stand::Ungradable));
    divided(DisputeType::Technical, &camps, |of| format!("{ungradable} of {of}"))
}

fn presence(_: &Scene<'_, '_>, people: &[&Say<'_>]) -> Option<Difference> {
    let camps = camps(people.iter().map(|say| say.stand));
    divided(DisputeType::Presence, &camps, |of| match count(people, Stand::Present) {
        0 => format!("{} of {of} uncertain", count(people, Stand::Uncertain)),
        present => format!("{present} of {of}"),
    })
}

/// From here on all people take the same stand.
fn label(scene: &Scene<'_, '_>, people: &[&Say<'_>]) -> Option<Difference> {
    if people.iter().any(|say| matches!(say.stand, Stand::Absent | Stand::Ungradable)) {
        return None;
    }
    let labels = camps(people.iter().map(|say| say.topic));
    divided(DisputeType::Label, &labels, |_| ratio(&labels)).or_else(|| {
        let classes = people.iter().filter(|say| !is_scale(&scene.topics[say.topic], say.value.as_ref()));
        let classes = camps(classes.filter_map(|say| say.value.as_ref()));
        divided(DisputeType::Label, &classes, |_| ratio(&classes))
    })
}

fn topology(scene: &Scene<'_, '_>, people: &[&Say<'_>]) -> Option<Difference> {
    let drawn =
        people.iter().filter(|say| scene.topics[say.topic].basis == Basis::Shape && !say.marks.is_empty());
    let counts: Vec<usize> = drawn.map(|say| say.marks.len()).collect();
    let (fewest, most) = (counts.iter().min()?, counts.iter().max()?);
    divided(DisputeType::Topology, &camps(&counts), |_| format!("{fewest} against {most}"))
}

/// Finds the two people who are furthest apart in shape or in grade.
fn spread(scene: &Scene<'_, '_>, people: &[&Say<'_>]) -> Option<Difference> {
    let mut shape: Option<(usize, Likeness)> = None;
    let mut grade: Option<(&Topic<'_>, Gap)> = None;
    for (n, a) in people.iter().enumerate() {
        for b in people.iter().skip(n + 1).filter(|b| b.topic == a.topic) {
            let topic = &scene.topics[a.topic];
            if topic.basis == Basis::Shape
                && let Some(found) = shapes_apart(scene.ground, &a.marks, &b.marks)
                && shape.is_none_or(|(_, worst)| found.1.gap > worst.gap)
            {
                shape = Some(found);
            }
            if let (Some(a), Some(b)) = (&a.value, &b.value)
                && let Some(found) = grades_apart(topic, a, b)
                && grade.is_none_or(|(_, worst)| found.gap > worst.gap)
            {
                grade = Some((topic, found));
            }
        }
    }
    let shape = shape.map(|(mark, worst)| {
        let scale = scene.ground.scale(mark);
        let kind = if scale.is_distance() { DisputeType::Position } else { DisputeType::Extent };
        Difference { kind, gap: worst.gap, weight: scale.weight(worst.gap), text: scale.text(&worst) }
    });
    let grade = grade.map(|(topic, Gap { gap, weight })| Difference {
        kind: DisputeType::Grade,
        gap,
        weight,
        text: grade_text(topic, gap),
    });
    match (shape, grade) {
        (Some(shape), Some(grade)) => Some(if grade.weight > shape.weight { grade } else { shape }),
        (shape, grade) => shape.or(grade),
    }
}

/// More parts than this of one object are not compared with as many of another reader.
const PARTS: usize = 64;

/// Pairs the shapes of two readers, as many of one as of the other, the most alike first.
pub(super) fn paired(ground: &Ground<'_>, a: &[usize], b: &[usize]) -> Option<Vec<(usize, Likeness)>> {
    match (a, b) {
        ([first], [second]) => return Some(vec![(*first, ground.likeness(*first, *second)?)]),
        _ if a.len() != b.len() || a.len() > PARTS => return None,
        _ => {}
    }
    let mut all: Vec<(usize, usize, Likeness)> = Vec::with_capacity(a.len() * b.len());
    for first in a {
        all.extend(b.iter().filter_map(|second| Some((*first, *second, ground.likeness(*first, *second)?))));
    }
    all.sort_by(|(.., x), (.., y)| y.similarity.total_cmp(&x.similarity));
    let (mut used, mut pairs): (Vec<usize>, Vec<(usize, Likeness)>) = Default::default();
    for (first, second, likeness) in all {
        if !used.contains(&first) && !used.contains(&second) {
            used.extend([first, second]);
            pairs.push((first, likeness));
        }
    }
    (pairs.len() == a.len()).then_some(pairs)
}

/// Gives the pair of shapes beyond tolerance that is furthest apart.
fn shapes_apart(ground: &Ground<'_>, a: &[usize], b: &[usize]) -> Option<(usize, Likeness)> {
    let apart = paired(ground, a, b)?.into_iter().filter(|(_, likeness)| !likeness.within);
    apart.max_by(|(_, x), (_, y)| x.gap.total_cmp(&y.gap))
}

/// Tells whether a value lies on a scale, where the gap counts, and is no class.
fn is_scale(topic: &Topic<'_>, value: Option<&Value>) -> bool {
    match topic.label.kind {
        LabelKind::Ordinal | LabelKind::Continuous => true,
        LabelKind::Categorical | LabelKind::Present => false,
        _ => value.is_some_and(|value| value.number().is_some() || topic.level(value).is_some()),
    }
}

/// How far two grades are apart, as they are and on a scale of 0 to 1.
#[derive(Debug, Clone, Copy)]
struct Gap {
    gap: f64,
    weight: f64,
}

fn grades_apart(topic: &Topic<'_>, a: &Value, b: &Value) -> Option<Gap> {
    if a == b || !is_scale(topic, Some(a)) || !is_scale(topic, Some(b)) {
        return None;
    }
    let label = &topic.label;
    let numbers = a.number().zip(b.number());
    let larger = numbers.map_or(0.0, |(a, b)| a.abs().max(b.abs()));
    let continuous = label.kind == LabelKind::Continuous;
    let steps = topic.level(a).zip(topic.level(b)).filter(|_| !continuous);
    let gap = match (steps, numbers) {
        (Some((a, b)), _) => a.abs_diff(b) as f64,
        (None, Some((a, b))) => (a - b).abs().min(f64::MAX),
        // A level that the scale does not hold is as far off as any.
        (None, None) => label.levels.len().max(1) as f64,
    };
    let allowed = match label.tolerance {
        Tolerance::Absolute(most) => most,
        Tolerance::Percent(percent) => percent / 100.0 * larger,
    };
    if (numbers.is_some() || steps.is_some()) && gap <= allowed + ROUNDING * larger.max(1.0) {
        return None;
    }
    let whole = match label.range {
        Some([low, high]) if continuous && high > low => high - low,
        _ if label.levels.len() > 1 && !continuous => (label.levels.len() - 1) as f64,
        _ => larger,
    };
    let weight = if whole > 0.0 { (gap / whole).min(1.0) } else { 1.0 };
    Some(Gap { gap, weight })
}

fn grade_text(topic: &Topic<'_>, gap: f64) -> String {
    if topic.label.kind == LabelKind::Continuous {
        // Two digits that count, and never fewer than one decimal.
        let decimals = if gap > 0.0 { (1.0 - gap.log10().floor()).clamp(1.0, 9.0) as usize } else { 1 };
        let unit = topic.label.unit.as_deref().map(Safe::new).unwrap_or_default();
        return format!("{gap:.decimals$} {unit}").trim_end().to_owned();
    }
    let rounded = (gap * 10.0).round() / 10.0;
    format!("{rounded} {}", if rounded == 1.0 { "level" } else { "levels" })
}
