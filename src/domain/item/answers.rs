//! Whether two answers to the same item come to the same, by the tolerances that the reads are compared by.

use super::{Choice, Difference, items};
use crate::domain::charter::Charter;
use crate::domain::finding::{Finding, Read};
use crate::domain::image::Image;
use crate::domain::value::{UNGRADABLE, Value};

/// Gives how two answers to an item of these labels differ beyond the charter's tolerance, as if they were two persons'
/// reads; none where they come to the same. The order of the two does not matter.
pub fn difference(
    charter: &Charter,
    images: &[Image],
    labels: &[String],
    one: &Choice,
    other: &Choice,
) -> Option<Difference> {
    if one == other {
        return None;
    }
    let reads = [read("a", labels, one), read("b", labels, other)];
    let differences = items(charter, &reads, images).into_iter().filter_map(|item| item.difference);
    differences.max_by(|a, b| a.weight.total_cmp(&b.weight))
}

/// Tells whether a read says of a label what was settled of its items, beyond nothing: `settled` holds the answers, and
/// `read` nothing but findings of the label.
pub fn same_as_settled(
    charter: &Charter,
    images: &[Image],
    label: &str,
    settled: &[&Choice],
    own: &Read,
) -> bool {
    let labels = [label.to_owned()];
    let mut truth = read("", &labels, &Choice::of(Value::absent()));
    let there: Vec<Finding> = settled
        .iter()
        .filter(|choice| !choice.is_absent())
        .flat_map(|choice| read("", &labels, choice).findings)
        .collect();
    if !there.is_empty() {
        truth.findings = there;
    }
    let own = Read { reader: format!("{} again", truth.reader), ..own.clone() };
    items(charter, &[truth, own], images).into_iter().all(|item| item.difference.is_none())
}

/// Says an answer as a reader would have.
fn read(reader: &str, labels: &[String], choice: &Choice) -> Read {
    let label = choice.label.as_ref().or(labels.first()).cloned().unwrap_or_default();
    let said = |value: Option<Value>, geometry| Finding { value, geometry, ..Finding::of(label.clone()) };
    let findings = match choice {
        _ if choice.is_absent() => labels.iter().map(|label| absent(label)).collect(),
        _ if choice.is_ungradable() => vec![said(Some(Value::Text(UNGRADABLE.into())), None)],
        Choice { shapes, value, .. } if shapes.is_empty() => vec![said(value.clone(), None)],
        Choice { shapes, value, .. } => {
            shapes.iter().map(|shape| said(value.clone(), Some(shape.clone()))).collect()
        }
    };
    Read { reader: reader.into(), model: false, occasion: 1, read_at: None, marks: true, findings }
}

fn absent(label: &str) -> Finding {
    Finding { value: Some(Value::absent()), ..Finding::of(label) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::charter::parse;
    use crate::domain::geometry::{Geometry, Shape};

    fn charter() -> Charter {
        let text = "name = 't'\n[labels.nodule]\nkind = 'box'\niou = 0.5\n[labels.mass]\nkind = 'box'\n\
                    [labels.grade]\nkind = 'ordinal'\nlevels = [1, 2, 3]\ntolerance = 1\n\
                    [labels.opacity]\nkind = 'present'\n";
        parse(text).unwrap_or_else(|_| Charter::named("broken"))
    }

    fn boxed(label: Option<&str>, x: f64) -> Choice {
        let shape = Shape::Box { points: [[x, 0.0], [x + 10.0, 10.0]] };
        let shapes = vec![Geometry { image: "i".into(), frame: 0, shape }];
        Choice { label: label.map(Into::into), value: None, shapes }
    }

    #[test]
    fn answers_differ_where_reads_would() {
        let charter = charter();
        assert_eq!(charter.labels.len(), 4);
        let number = |n: f64| Choice::of(Value::Number(n));
        let gone = || Choice::of(Value::absent());
        for (labels, one, other, kind) in [
            (&["grade"][..], number(1.0), number(2.0), None),
            (&["grade"], number(1.0), number(3.0), Some("Grade")),
            (&["grade"], number(1.0), Choice::of(Value::Text(UNGRADABLE.into())), Some("Technical")),
            (&["opacity"], Choice::of(Value::present()), gone(), Some("Presence")),
            (&["opacity"], gone(), gone(), None),
            (&["nodule"], boxed(None, 0.0), boxed(None, 1.0), None),
            (&["nodule"], boxed(None, 0.0), boxed(None, 5.0), Some("Extent")),
            (&["nodule"], boxed(None, 0.0), boxed(None, 90.0), Some("Presence")),
            (&["nodule"], boxed(None, 0.0), gone(), Some("Presence")),
            (&["mass", "nodule"], boxed(Some("mass"), 0.0), boxed(Some("nodule"), 0.0), Some("Label")),
            (&["mass", "nodule"], boxed(Some("mass"), 0.0), boxed(Some("mass"), 0.0), None),
        ] {
            let labels: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
            for (a, b) in [(&one, &other), (&other, &one)] {
                let found = difference(&charter, &[], &labels, a, b).map(|found| format!("{:?}", found.kind));
                assert_eq!(found.as_deref(), kind, "{labels:?} {a:?} {b:?}");
            }
        }
    }
}
