//! Checks of whole reads: what one says in several places, and what several say.

use std::collections::BTreeSet;

use super::*;
use crate::domain::charter::LabelKind;
use crate::domain::moment;
use crate::domain::value::{ABSENT, PRESENT};

/// The labels that a read says hold, each with its first finding.
fn stated(read: &Read) -> BTreeMap<&str, Spot<'_>> {
    let mut stated = BTreeMap::new();
    for spot in spots(read).filter(|spot| spot.holds()) {
        stated.entry(spot.finding.label.as_str()).or_insert(spot);
    }
    stated
}

pub fn exclusive_labels<'s>(scene: &Scene<'s>, found: &mut Vec<Found<'s>>) {
    let pairs: BTreeSet<(&str, &str)> = scene
        .charter
        .labels
        .iter()
        .flat_map(|label| label.excludes.iter().map(|other| (label.name.as_str(), other.as_str())))
        .map(|(a, b)| (a.min(b), a.max(b)))
        .collect();
    for read in &scene.reads {
        let stated = stated(read);
        for (a, b) in &pairs {
            if let (Some(first), Some(second)) = (stated.get(a), stated.get(b)) {
                let message = format!("{} and {} can't hold together", first.label(), second.label());
                found.push(if first.at > second.at { first } else { second }.says(message));
            }
        }
    }
}

pub fn child_without_parent<'s>(scene: &Scene<'s>, found: &mut Vec<Found<'s>>) {
    let mut parents: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for label in &scene.charter.labels {
        for child in &label.children {
            parents.entry(child).or_default().push(&label.name);
        }
    }
    for read in &scene.reads {
        let stated = stated(read);
        for (child, above) in &parents {
            if let Some(spot) = stated.get(child)
                && !above.iter().any(|parent| stated.contains_key(parent))
            {
                let names: Vec<_> = above.iter().map(|name| Safe::new(name).to_string()).collect();
                found.push(spot.says(format!("{} without {}", spot.label(), names.join(" or "))));
            }
        }
    }
}

/// What a read drew, in an order that doesn't depend on the file's.
fn drawn(read: &Read) -> Vec<(&str, String)> {
    let mut drawn: Vec<_> = read
        .findings
        .iter()
        .filter_map(|finding| Some((finding.label.as_str(), format!("{:?}", finding.geometry.as_ref()?))))
        .collect();
    drawn.sort();
    drawn
}

pub fn identical_reads<'s>(scene: &Scene<'s>, found: &mut Vec<Found<'s>>) {
    let mut groups: BTreeMap<Vec<(&str, String)>, Vec<&'s Read>> = BTreeMap::new();
    for read in &scene.reads {
        groups.entry(drawn(read)).or_default().push(read);
    }
    for (shapes, reads) in groups.into_iter().filter(|(shapes, _)| !shapes.is_empty()) {
        let readers: BTreeSet<&str> = reads.iter().map(|read| read.reader.as_str()).collect();
        for read in reads.into_iter().filter(|_| readers.len() > 1) {
            let message = format!(
                "drew exactly the same {} as {} other {}",
                counted(shapes.len(), "shape"),
                readers.len() - 1,
                if readers.len() == 2 { "reader" } else { "readers" }
            );
            found.push(Found { read: Some(read), finding: None, label: None, message });
        }
    }
}

/// The findings of a read by their label.
fn by_label(read: &Read) -> BTreeMap<&str, Vec<Spot<'_>>> {
    let mut labels: BTreeMap<&str, Vec<Spot<'_>>> = BTreeMap::new();
    for spot in spots(read) {
        labels.entry(&spot.finding.label).or_default().push(spot);
    }
    labels
}

/// What a read says of a label, for comparing it with the same reader's next; none where it says nothing. Shapes
/// are counted only: no hand draws the same line twice.
fn said(read: &Read, findings: Option<&Vec<Spot<'_>>>, kind: LabelKind) -> Option<String> {
    let Some(findings) = findings else {
        // Silence says 'not there' only where the source lists what was marked.
        let absent = read.marks && (kind.is_localised() || kind == LabelKind::Present);
        return absent.then(|| ABSENT.to_owned());
    };
    if kind.is_localised() {
        let shapes = findings.iter().filter(|spot| spot.finding.geometry.is_some()).count();
        return Some(if shapes == 0 { ABSENT.to_owned() } else { counted(shapes, "shape") });
    }
    let value = |spot: &Spot<'_>| match &spot.finding.value {
        None => PRESENT.to_owned(),
        Some(value) if kind == LabelKind::Present => {
            presence(value).map_or(value.to_string(), |said| format!("{said:?}").to_lowercase())
        }
        Some(value) => value.to_string(),
    };
    let values: BTreeSet<String> = findings.iter().map(value).collect();
    Some(values.into_iter().collect::<Vec<_>>().join(", "))
}

pub fn repeated_read<'s>(scene: &Scene<'s>, found: &mut Vec<Found<'s>>) {
    for pair in scene.reads.windows(2) {
        let [before, after] = pair else { continue };
        if before.reader != after.reader {
            continue;
        }
        let (earlier, later) = (by_label(before), by_label(after));
        for label in &scene.charter.labels {
            let name = label.name.as_str();
            let first = said(before, earlier.get(name), label.kind);
            let second = said(after, later.get(name), label.kind);
            if let (Some(first), Some(second)) = (first, second)
                && first != second
            {
                let message = format!(
                    "{}: {} at read {}, {} at read {}",
                    Safe::new(name),
                    Safe::new(&first),
                    before.occasion,
                    Safe::new(&second),
                    after.occasion
                );
                found.push(Found { read: Some(after), finding: None, label: Some(name), message });
            }
        }
    }
}

pub fn image_missing<'s>(scene: &Scene<'s>, found: &mut Vec<Found<'s>>) {
    let mut missing: BTreeMap<&str, (Spot<'s>, usize)> = BTreeMap::new();
    for spot in scene.findings() {
        if let Some(geometry) = &spot.finding.geometry
            && geometry.image != scene.case
            && scene.image(geometry).is_none()
        {
            missing.entry(&geometry.image).or_insert((spot, 0)).1 += 1;
        }
    }
    if missing.is_empty() && scene.images.is_empty() {
        let message = "no file holds an image of the case".into();
        found.push(Found { read: None, finding: None, label: None, message });
    }
    // About the case and not a reader: whoever drew on it, it is the file that isn't there.
    for (image, (spot, times)) in missing {
        let message = format!("no file holds image {} ({})", Safe::new(image), counted(times, "finding"));
        found.push(Found { read: None, finding: None, label: Some(&spot.finding.label), message });
    }
}

pub fn after_unblinding<'s>(scene: &Scene<'s>, found: &mut Vec<Found<'s>>) {
    let Some(unblinded) = scene.unblinded else { return };
    for read in &scene.reads {
        if read.read_at.as_deref().and_then(|text| moment::parse(text, 0)).is_some_and(|at| at > unblinded) {
            let message = format!(
                "read at {}, after the readers' names were shown at {}",
                Safe::new(read.read_at.as_deref().unwrap_or_default()),
                moment::rfc3339(unblinded)
            );
            found.push(Found { read: Some(read), finding: None, label: None, message });
        }
    }
}
