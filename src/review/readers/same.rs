//! Whether a reader said what the final answer says, within the label's tolerance.

use crate::domain::charter::{Label, LabelKind, Tolerance};
use crate::domain::item::{Choice, shared_area};
use crate::domain::value::Value;

/// Tells whether two choices come to the same on a label.
pub(in crate::review) fn same(label: &Label, said: &Choice, truth: &Choice) -> bool {
    if said == truth {
        return true;
    }
    if said.label != truth.label || said.is_absent() != truth.is_absent() {
        return false;
    }
    let values = match (&said.value, &truth.value) {
        (Some(a), Some(b)) => a == b || within(label, a, b),
        // A shape says that something is there, and no more.
        _ => true,
    };
    values
        && match (said.shapes.as_slice(), truth.shapes.as_slice()) {
            ([], _) | (_, []) => true,
            ([a], [b]) => {
                a == b
                    || shared_area(a, b).is_some_and(|shared| match label.kind {
                        LabelKind::Mask | LabelKind::Contour => shared.dice() >= label.dice,
                        _ => shared.iou() >= label.iou,
                    })
            }
            (a, b) => a == b,
        }
}

/// Tells whether two grades differ by no more than the tolerance: in levels where they are levels, else as numbers.
fn within(label: &Label, a: &Value, b: &Value) -> bool {
    let place = |value: &Value| label.levels.iter().position(|level| level == value);
    let gap = match (label.kind, place(a), place(b), a.number(), b.number()) {
        (LabelKind::Ordinal, Some(a), Some(b), ..) => a.abs_diff(b) as f64,
        (LabelKind::Continuous, _, _, Some(a), Some(b)) => (a - b).abs(),
        _ => return false,
    };
    match (label.tolerance, a.number(), b.number()) {
        (Tolerance::Absolute(most), ..) => gap <= most,
        (Tolerance::Percent(most), Some(a), Some(b)) => gap <= most / 100.0 * a.abs().max(b.abs()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grades_are_the_same_within_their_tolerance() {
        let grade = |value: f64| Choice::of(Value::Number(value));
        let ordinal = Label {
            levels: [0.0, 1.0, 2.0, 4.0].map(Value::Number).to_vec(),
            tolerance: Tolerance::Absolute(1.0),
            ..Label::of("grade", LabelKind::Ordinal)
        };
        assert!(same(&ordinal, &grade(2.0), &grade(4.0)) && !same(&ordinal, &grade(1.0), &grade(4.0)));
        let size = Label::of("size", LabelKind::Continuous);
        assert!(same(&size, &grade(91.0), &grade(100.0)) && !same(&size, &grade(89.0), &grade(100.0)));
        let absent = Choice::of(Value::absent());
        assert!(!same(&size, &absent, &grade(1.0)) && same(&size, &absent, &absent));
    }
}
