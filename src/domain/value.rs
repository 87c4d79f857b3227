//! What a reader says of a label without drawing: a level, a number, or one of the reserved words.

use std::cmp::Ordering;
use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// The label holds.
pub const PRESENT: &str = "present";
/// The label does not hold: an explicit negative, never a blank.
pub const ABSENT: &str = "absent";
/// The reader could not decide between present and absent.
pub const UNCERTAIN: &str = "uncertain";
/// The reader says that the image can't be graded.
pub const UNGRADABLE: &str = "ungradable";

/// A level, a number or a reserved word. Which of them is allowed follows from the label's kind.
#[derive(Debug, Clone)]
pub enum Value {
    /// A finite number; whole numbers are written without a decimal point.
    Number(f64),
    /// A level's name, or `present`, `absent`, `uncertain`, `ungradable`.
    Text(String),
}

impl Value {
    /// Makes the explicit positive.
    pub fn present() -> Self {
        Value::Text(PRESENT.into())
    }

    /// Makes the explicit negative.
    pub fn absent() -> Self {
        Value::Text(ABSENT.into())
    }

    /// Tells whether this is the given reserved word or level name.
    pub fn is(&self, word: &str) -> bool {
        matches!(self, Value::Text(text) if text == word)
    }

    /// Gives the number, where the value is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Value::Number(number) => Some(*number),
            Value::Text(_) => None,
        }
    }

    /// Reads a value from a table's cell: a finite number where it is one, else the trimmed text.
    pub fn from_cell(cell: &str) -> Self {
        let cell = cell.trim();
        match cell.parse::<f64>() {
            Ok(number) if number.is_finite() => Value::Number(number),
            _ => Value::Text(cell.to_owned()),
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Value {}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            // Adding zero folds -0.0 into 0.0, which a reader means alike.
            (Value::Number(a), Value::Number(b)) => (a + 0.0).total_cmp(&(b + 0.0)),
            (Value::Text(a), Value::Text(b)) => a.cmp(b),
            (Value::Number(_), Value::Text(_)) => Ordering::Less,
            (Value::Text(_), Value::Number(_)) => Ordering::Greater,
        }
    }
}

impl std::hash::Hash for Value {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        match self {
            Value::Number(number) => (0u8, (number + 0.0).to_bits()).hash(state),
            Value::Text(text) => (1u8, text).hash(state),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(number) => write!(out, "{number}"),
            Value::Text(text) => out.write_str(text),
        }
    }
}

/// Whole numbers of this size and below are exact in a double.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Number(number) if number.fract() == 0.0 && number.abs() < EXACT => {
                serializer.serialize_i64(*number as i64)
            }
            Value::Number(number) => serializer.serialize_f64(*number),
            Value::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsValue;
        impl Visitor<'_> for AsValue {
            type Value = Value;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a level: a number or a word")
            }
            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
                Ok(if value { Value::present() } else { Value::absent() })
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
                Ok(Value::Number(value as f64))
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
                Ok(Value::Number(value as f64))
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
                if value.is_finite() {
                    Ok(Value::Number(value))
                } else {
                    Err(E::custom("a level must be a finite number"))
                }
            }
            fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
                Ok(Value::Text(value.to_owned()))
            }
        }
        deserializer.deserialize_any(AsValue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_written_without_a_point_and_read_back_alike() {
        for (value, json) in
            [(Value::Number(3.0), "3"), (Value::Number(2.5), "2.5"), (Value::Text("IVa".into()), "\"IVa\"")]
        {
            assert_eq!(serde_json::to_string(&value).ok().as_deref(), Some(json));
            assert_eq!(serde_json::from_str::<Value>(json).ok(), Some(value));
        }
    }

    #[test]
    fn a_cell_that_is_no_finite_number_stays_a_word() {
        assert_eq!(Value::from_cell(" 4 "), Value::Number(4.0));
        assert_eq!(Value::from_cell("NaN"), Value::Text("NaN".into()));
        assert_eq!(Value::from_cell("inf"), Value::Text("inf".into()));
        assert_eq!(Value::Number(-0.0), Value::Number(0.0));
    }
}
