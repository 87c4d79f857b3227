//! Reads the reference values of `tests/data/golden` for the tests of this layer, and compares with them.

use serde_json::Value;

pub type Outcome = Result<(), Box<dyn std::error::Error>>;

/// The reference values of a case, by the name of its file.
macro_rules! case {
    ($name:literal) => {
        serde_json::from_str::<serde_json::Value>(include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/data/golden/",
            $name,
            ".json"
        )))?
    };
}
pub(crate) use case;

/// Gives a number, or not-a-number where there is none, which is near nothing.
pub fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

/// Gives the numbers of a list.
pub fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().map(|list| list.iter().map(number).collect()).unwrap_or_default()
}

/// Gives the items of a list.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Gives a whole number, 0 where there is none.
pub fn whole(value: &Value) -> usize {
    value.as_u64().unwrap_or(0) as usize
}

/// Tells whether two numbers differ by no more than `by`, or by no more than that share of the larger.
pub fn near(a: f64, b: f64, by: f64) -> bool {
    (a - b).abs() <= by * a.abs().max(b.abs()).max(1.0)
}

/// Checks a number against a reference value.
pub fn meets(what: &str, got: f64, reference: &Value, by: f64) {
    let want = number(reference);
    assert!(near(got, want, by), "{what}: {got} where the reference has {want}");
}
