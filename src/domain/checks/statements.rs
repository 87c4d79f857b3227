//! Checks of what was said of a label.

use super::*;
use crate::domain::charter::LabelKind;
use crate::domain::charter::words::nearest;
use crate::domain::value::ABSENT;

/// Reads a header's laterality.
fn side(image: &Image) -> Option<&'static str> {
    match image.laterality.as_deref().map(str::trim) {
        Some("L") => Some("left"),
        Some("R") => Some("right"),
        _ => None,
    }
}

pub fn laterality<'s>(scene: &Scene<'s>, found: &mut Vec<Found<'s>>) {
    // Of a case whose images show both sides, a finding without a place may mean either.
    let mut sides = scene.images.iter().map(side);
    let of_case = sides.next().flatten().filter(|first| sides.all(|side| side == Some(*first)));
    for spot in scene.findings() {
        let of_image = match &spot.finding.geometry {
            Some(geometry) => scene.image(geometry).and_then(side),
            None => of_case,
        };
        let Some(side) = of_image else { continue };
        let other = if side == "left" { "right" } else { "left" };
        let says = |text: &str, word: &str| {
            text.split(|letter: char| !letter.is_alphanumeric()).any(|part| part.eq_ignore_ascii_case(word))
        };
        let value = spot.finding.value.as_ref().map(ToString::to_string);
        let texts = [Some(spot.finding.label.as_str()), value.as_deref(), spot.finding.comment.as_deref()];
        // Whoever names both sides compares them.
        let named = |word| texts.iter().flatten().any(|text| says(text, word));
        if named(other) && !named(side) {
            found.push(
                spot.says(format!(
                    "{}: the finding says {other}, the image's header says {side}",
                    spot.label()
                )),
            );
        }
    }
}

pub fn label_outside_charter<'s>(scene: &Scene<'s>, found: &mut Vec<Found<'s>>) {
    let known: BTreeMap<&str, ()> =
        scene.charter.labels.iter().map(|label| (label.name.as_str(), ())).collect();
    for read in &scene.reads {
        // Once for each read and label, with the first finding.
        let mut unknown: BTreeMap<&str, (Spot<'s>, usize)> = BTreeMap::new();
        for spot in spots(read).filter(|spot| !known.contains_key(spot.finding.label.as_str())) {
            unknown.entry(&spot.finding.label).or_insert((spot, 0)).1 += 1;
        }
        for (spot, times) in unknown.into_values() {
            let near = nearest(&spot.finding.label, known.keys().copied())
                .map_or(String::new(), |label| format!("; did you mean {}?", Safe::new(label)));
            let times = if times > 1 { format!(" ({times} findings)") } else { String::new() };
            found.push(spot.says(format!("{} is not a label of the charter{times}{near}", spot.label())));
        }
    }
}

pub fn value_outside_levels<'s>(scene: &Scene<'s>, found: &mut Vec<Found<'s>>) {
    for (spot, label) in scene.labelled() {
        let Some(value) = spot.finding.value.as_ref().filter(|value| !fits(label, value)) else { continue };
        let levels = match label.kind {
            LabelKind::Categorical | LabelKind::Ordinal => {
                let levels: Vec<_> =
                    label.levels.iter().map(|level| Safe::new(&level.to_string()).to_string()).collect();
                format!("is none of its levels {}", levels.join(", "))
            }
            LabelKind::Continuous => "is no number".into(),
            LabelKind::Present if label.uncertain => "is none of present, absent and uncertain".into(),
            _ => "is neither present nor absent".into(),
        };
        found.push(spot.says(format!("{}: {} {levels}", spot.label(), Safe::new(&value.to_string()))));
    }
}

/// Tells whether a reader may say this of the label. Any image may be ungradable, and anything may be absent. What range
/// a number lies in is asked elsewhere.
pub fn fits(label: &Label, value: &Value) -> bool {
    if value.is(UNGRADABLE) || value.is(ABSENT) {
        return true;
    }
    match label.kind {
        LabelKind::Categorical | LabelKind::Ordinal => label.levels.contains(value),
        LabelKind::Continuous => value.number().is_some(),
        LabelKind::Present => {
            presence(value).is_some_and(|said| label.uncertain || said != Presence::Uncertain)
        }
        // A shape may be marked as sure or unsure.
        _ => presence(value).is_some(),
    }
}

pub fn score_out_of_range<'s>(scene: &Scene<'s>, found: &mut Vec<Found<'s>>) {
    for (spot, label) in scene.labelled() {
        if let (Some([low, high]), Some(number)) =
            (label.range, spot.finding.value.as_ref().and_then(Value::number))
            && !(low..=high).contains(&number)
        {
            let unit = label.unit.as_deref().map_or(String::new(), |unit| format!(" {}", Safe::new(unit)));
            let message = format!("{}: {number} is outside {low} to {high}{unit}", spot.label());
            found.push(spot.says(message));
        }
    }
}

pub fn confidence_missing<'s>(scene: &Scene<'s>, found: &mut Vec<Found<'s>>) {
    let none = |name: &str| scene.charter.label(name).is_some_and(|label| label.no_confidence);
    let silent = scene.findings().filter(|spot| spot.finding.confidence.is_none());
    for spot in silent.filter(|spot| !none(&spot.finding.label)) {
        found.push(spot.says(format!("{}: stated without a confidence", spot.label())));
    }
}
