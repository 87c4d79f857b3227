//! What the text of one cell means: numbers, values, words for presence, dates. Blank cells never get here.

use std::collections::BTreeMap;

use super::quoted;
use crate::domain::value::{ABSENT, PRESENT, UNCERTAIN, UNGRADABLE, Value};

/// A level's name that is longer is a text, not a level.
const LONGEST_VALUE: usize = 1024;

/// Words of sources for the reserved values, in lower case and without anything but letters.
const WORDS: [(&str, &str); 18] = [
    ("yes", PRESENT),
    ("y", PRESENT),
    ("true", PRESENT),
    ("present", PRESENT),
    ("positive", PRESENT),
    ("no", ABSENT),
    ("n", ABSENT),
    ("false", ABSENT),
    ("absent", ABSENT),
    ("negative", ABSENT),
    ("uncertain", UNCERTAIN),
    ("hedge", UNCERTAIN),
    ("cantsee", UNGRADABLE),
    ("cannotsee", UNGRADABLE),
    ("ungradable", UNGRADABLE),
    ("ungradeable", UNGRADABLE),
    ("notgradable", UNGRADABLE),
    ("notgradeable", UNGRADABLE),
];

/// Gives the reserved value that a source's word stands for, whatever its case: `YES` is present, `HEDGE` uncertain,
/// `can't see` ungradable.
fn reserved(word: &str) -> Option<&'static str> {
    const LONGEST: usize = 16;
    if word.len() > LONGEST {
        return None;
    }
    let letters: String = word
        .chars()
        .filter(|character| !matches!(character, ' ' | '-' | '_' | '\'' | '’'))
        .map(|character| character.to_ascii_lowercase())
        .collect();
    WORDS.iter().find(|(known, _)| *known == letters).map(|(_, value)| *value)
}

/// Reads a value as one of presence, for labels whose kind is `present`: 1 is present, 0 absent, −1 uncertain
/// (CheXpert's convention), and the reserved words are themselves. Nothing where it is none of these.
pub fn presence(value: &Value) -> Option<Value> {
    let word = match value {
        Value::Number(number) if *number == 1.0 => PRESENT,
        Value::Number(number) if *number == 0.0 => ABSENT,
        Value::Number(number) if *number == -1.0 => UNCERTAIN,
        Value::Number(_) => return None,
        Value::Text(text) => reserved(text)?,
    };
    Some(Value::Text(word.into()))
}

/// Reads a number; a comma is its decimal point where the table says so and the number has no other.
pub(super) fn number(cell: &str, decimal_comma: bool) -> Option<f64> {
    if decimal_comma && cell.contains(',') && !cell.contains('.') {
        return cell.replace(',', ".").parse().ok();
    }
    cell.parse().ok()
}

/// Reads a number that must be finite.
pub(super) fn finite(cell: &str, decimal_comma: bool) -> Result<f64, String> {
    match number(cell, decimal_comma) {
        Some(number) if number.is_finite() => Ok(number),
        Some(_) => Err(format!("{} is not a finite number", quoted(cell))),
        None => Err(format!("{} is not a number", quoted(cell))),
    }
}

/// Reads a confidence in the source's own range; `80%` is 0.8.
pub(super) fn confidence(cell: &str, decimal_comma: bool) -> Result<f64, String> {
    match cell.strip_suffix('%') {
        Some(percent) => finite(percent.trim_end(), decimal_comma).map(|percent| percent / 100.0),
        None => finite(cell, decimal_comma),
    }
}

/// Reads a value: the map's word for it, else a number, else a reserved word, else the text itself. Numbers stay
/// numbers even where 1 and 0 may mean present and absent, see [`presence`].
pub(super) fn value(
    cell: &str,
    decimal_comma: bool,
    words: &BTreeMap<String, Value>,
) -> Result<Value, String> {
    if let Some(value) = words.get(cell) {
        return Ok(value.clone());
    }
    match number(cell, decimal_comma) {
        Some(number) if number.is_finite() => return Ok(Value::Number(number)),
        Some(_) => {
            return Err(format!(
                "{} is not a finite number: leave the cell empty where nothing was stated, or give the word a \
                 meaning under [values] in a map",
                quoted(cell)
            ));
        }
        None => {}
    }
    if cell.len() > LONGEST_VALUE {
        return Err(format!(
            "{} is too long for a value (more than {LONGEST_VALUE} bytes): a column of remarks is called ‘comment’",
            quoted(cell)
        ));
    }
    Ok(Value::Text(reserved(cell).unwrap_or(cell).to_owned()))
}

/// Reads the number of a frame, of which the source calls the first `first`; gives it counted from 0.
pub(super) fn frame(cell: &str, first: u32) -> Result<u32, String> {
    let number = finite(cell, false)?;
    let counted = number - f64::from(first);
    if number.fract() != 0.0 || counted < 0.0 || counted > f64::from(u32::MAX) {
        return Err(format!("{} is not a frame's number: whole, from {first}", quoted(cell)));
    }
    Ok(counted as u32)
}

/// Tells whether a text is a date, or a date with a time, as ISO 8601 and RFC 3339 write them.
pub(super) fn is_date(cell: &str) -> bool {
    cell.parse::<jiff::Timestamp>().is_ok()
        || cell.parse::<jiff::civil::DateTime>().is_ok()
        || cell.parse::<jiff::civil::Date>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_sources_become_reserved_values_and_numbers_stay() {
        let words = BTreeMap::from([("IVa".to_owned(), Value::Number(4.5))]);
        for (cell, expected) in [
            ("YES", Value::present()),
            ("False", Value::absent()),
            ("HEDGE", Value::Text(UNCERTAIN.into())),
            ("Can't see", Value::Text(UNGRADABLE.into())),
            ("not gradable", Value::Text(UNGRADABLE.into())),
            ("1", Value::Number(1.0)),
            ("-1", Value::Number(-1.0)),
            ("2.50", Value::Number(2.5)),
            ("IVa", Value::Number(4.5)),
            ("IVb", Value::Text("IVb".into())),
            ("Nodule or mass", Value::Text("Nodule or mass".into())),
        ] {
            assert_eq!(value(cell, false, &words), Ok(expected), "{cell}");
        }
        for cell in ["NaN", "inf", "-Infinity", "1e999"] {
            assert!(value(cell, false, &words).is_err_and(|why| why.contains("finite")), "{cell}");
        }
    }

    #[test]
    fn presence_is_read_from_numbers_and_words_alone() {
        for (given, expected) in [
            (Value::Number(1.0), Some(Value::present())),
            (Value::Number(0.0), Some(Value::absent())),
            (Value::Number(-1.0), Some(Value::Text(UNCERTAIN.into()))),
            (Value::Number(2.0), None),
            (Value::Text("Yes".into()), Some(Value::present())),
            (Value::Text("mild".into()), None),
        ] {
            assert_eq!(presence(&given), expected);
        }
    }

    #[test]
    fn a_comma_is_a_decimal_point_only_where_the_table_says_so() {
        assert_eq!(number("2,5", true), Some(2.5));
        assert_eq!(number("2.5", true), Some(2.5));
        assert_eq!(number("2,5", false), None);
        assert_eq!(number("1.234,5", true), None);
        assert_eq!(confidence("80 %", false), Ok(0.8));
    }

    #[test]
    fn frames_count_from_zero() {
        assert_eq!(frame("3", 0), Ok(3));
        assert_eq!(frame("3.0", 1), Ok(2));
        for cell in ["-1", "1.5", "1e20", "x", "NaN"] {
            assert!(frame(cell, 0).is_err(), "{cell}");
        }
        assert!(frame("0", 1).is_err());
    }

    #[test]
    fn dates_are_iso_dates_with_or_without_a_time() {
        for good in [
            "2024-02-29",
            "2024-02-29T12:00:00",
            "2024-02-29 12:00",
            "2024-02-29T12:00:00Z",
            "2024-02-29T12:00:00+02:00",
        ] {
            assert!(is_date(good), "{good}");
        }
        for bad in ["2023-02-29", "29.02.2024", "yesterday", "12:00"] {
            assert!(!is_date(bad), "{bad}");
        }
    }
}
