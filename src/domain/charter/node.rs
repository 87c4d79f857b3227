//! One value of a charter's TOML, read as what its key asks for; what it is instead is said in words.

use std::collections::BTreeSet;
use std::ops::{Bound, RangeBounds, RangeInclusive};

use toml::Spanned;
use toml::de::DeValue;

use super::Tolerance;
use super::words::{SEVERITIES, nearest};
use crate::domain::text::Safe;
use crate::domain::value::{UNGRADABLE, Value};
use crate::domain::word::Word;

/// Something wrong, and the byte of the text at which it stands; none where it is about the whole.
#[derive(Debug)]
pub(super) struct Wrong {
    pub at: Option<usize>,
    pub why: String,
}

pub(super) type Reading<T> = Result<T, Vec<Wrong>>;

/// A value with the key that it stands under.
#[derive(Clone, Copy)]
pub(super) struct Node<'t> {
    pub key: &'t str,
    pub value: &'t Spanned<DeValue<'t>>,
}

/// Quotes text of the file for a message: safe for a terminal, and no longer than a line.
pub(super) fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    let end = text.char_indices().nth(LONGEST);
    let short = end.and_then(|(at, _)| text.get(..at)).unwrap_or(text);
    format!("\"{}{}\"", Safe::new(short), if end.is_some() { "…" } else { "" })
}

impl<'t> Node<'t> {
    /// Says that the value is wrong; `why` goes on after the key's name.
    pub fn wrong<T>(self, why: impl std::fmt::Display) -> Reading<T> {
        Err(vec![Wrong {
            at: Some(self.value.span().start),
            why: format!("`{}` {why}", Safe::new(self.key)),
        }])
    }

    fn mismatch<T>(self, wanted: impl std::fmt::Display) -> Reading<T> {
        let found = match self.value.get_ref() {
            DeValue::String(text) => format!("the text {}", quoted(text)),
            DeValue::Integer(number) => Safe::new(number.as_str()).to_string(),
            DeValue::Float(number) => Safe::new(number.as_str()).to_string(),
            DeValue::Boolean(flag) => flag.to_string(),
            DeValue::Datetime(_) => "a date".into(),
            DeValue::Array(_) => "a list".into(),
            DeValue::Table(_) => "a table".into(),
        };
        self.wrong(format_args!("must be {wanted}, not {found}"))
    }

    /// Reads text that says something.
    pub fn text(self) -> Reading<String> {
        match self.value.get_ref() {
            DeValue::String(text) if text.trim().is_empty() => self.wrong("is empty"),
            DeValue::String(text) => Ok(text.to_string()),
            _ => self.mismatch("text in quotes"),
        }
    }

    /// Reads text that may be empty: then nobody and nothing is meant.
    pub fn text_or_none(self) -> Reading<String> {
        match self.value.get_ref() {
            DeValue::String(text) => Ok(text.trim().to_owned()),
            _ => self.mismatch("text in quotes"),
        }
    }

    pub fn flag(self) -> Reading<bool> {
        match self.value.get_ref() {
            DeValue::Boolean(flag) => Ok(*flag),
            _ => self.mismatch("true or false"),
        }
    }

    /// Reads a whole number within bounds.
    pub fn whole(self, allowed: RangeInclusive<u32>) -> Reading<u32> {
        let number = match self.value.get_ref() {
            DeValue::Integer(number) => {
                i128::from_str_radix(number.as_str(), number.radix()).unwrap_or(i128::MAX)
            }
            _ => return self.mismatch(format_args!("a whole number{}", bounds(&allowed))),
        };
        match u32::try_from(number) {
            Ok(number) if allowed.contains(&number) => Ok(number),
            // What no bound was put to has one all the same.
            _ if number > i128::from(*allowed.end()) => {
                self.mismatch(format_args!("a whole number from {} to {}", allowed.start(), allowed.end()))
            }
            _ => self.mismatch(format_args!("a whole number{}", bounds(&allowed))),
        }
    }

    /// Reads a confidence on the scale of 1 to 5, or 0 where none is meant.
    pub fn confidence(self) -> Reading<u8> {
        self.whole(0..=5).map(|number| number as u8)
    }

    /// Reads a finite number within bounds.
    pub fn number(self, allowed: impl RangeBounds<f64>) -> Reading<f64> {
        let number = match self.value.get_ref() {
            DeValue::Integer(number) => {
                i128::from_str_radix(number.as_str(), number.radix()).map_or(f64::INFINITY, |n| n as f64)
            }
            DeValue::Float(number) => number.as_str().parse().unwrap_or(f64::NAN),
            _ => return self.mismatch(format_args!("a number{}", bounds(&allowed))),
        };
        if number.is_finite() && allowed.contains(&number) {
            // Adding zero folds -0.0 into 0.0.
            Ok(number + 0.0)
        } else {
            self.mismatch(format_args!("a finite number{}", bounds(&allowed)))
        }
    }

    /// Reads one word of a closed set.
    pub fn word<W: Word>(self) -> Reading<W> {
        let DeValue::String(text) = self.value.get_ref() else {
            return self.mismatch(one_of(W::WORDS.iter().map(|(_, word)| *word)));
        };
        W::from_word(text).map_or_else(|| self.not_among(text, W::WORDS.iter().map(|(_, word)| *word)), Ok)
    }

    /// Reads a code of the RADPEER scale.
    pub fn severity(self) -> Reading<String> {
        let text = self.text()?;
        if SEVERITIES.contains(&text.as_str()) { Ok(text) } else { self.not_among(&text, SEVERITIES) }
    }

    fn not_among<T>(self, text: &str, words: impl IntoIterator<Item = &'static str> + Clone) -> Reading<T> {
        let meant =
            nearest(text, words.clone()).map_or(String::new(), |word| format!("; did you mean \"{word}\"?"));
        self.mismatch(one_of(words)).map_err(|mut wrongs: Vec<Wrong>| {
            wrongs.iter_mut().for_each(|wrong| wrong.why.push_str(&meant));
            wrongs
        })
    }

    /// Reads a list in which nothing stands twice; every wrong part is said.
    pub fn list<T: Ord + Clone>(self, read: fn(Node<'t>) -> Reading<T>) -> Reading<Vec<T>> {
        let DeValue::Array(parts) = self.value.get_ref() else {
            return self.mismatch("a list in [brackets]");
        };
        let (mut list, mut seen, mut wrongs) = (Vec::new(), BTreeSet::new(), Vec::new());
        for value in parts {
            let part = Node { key: self.key, value };
            match read(part) {
                Ok(read) if seen.insert(read.clone()) => list.push(read),
                Ok(_) => wrongs.extend(part.wrong::<()>("holds the same twice").err().into_iter().flatten()),
                Err(more) => wrongs.extend(more),
            }
        }
        if wrongs.is_empty() { Ok(list) } else { Err(wrongs) }
    }

    /// Reads a level: a number, or a word. Digits in quotes are the number, since that is what a table's cell
    /// with the same digits is read as.
    pub fn level(self) -> Reading<Value> {
        let level = match self.value.get_ref() {
            DeValue::String(_) => Value::from_cell(&self.text()?),
            DeValue::Integer(_) | DeValue::Float(_) => Value::Number(self.number(..)?),
            _ => return self.mismatch("numbers and words"),
        };
        if level.is(UNGRADABLE) {
            return self.wrong("can't hold \"ungradable\": any reader may say that of any label");
        }
        Ok(level)
    }

    /// Reads a tolerance: a number, or text like `10%`.
    pub fn tolerance(self) -> Reading<Tolerance> {
        let wanted = "a number from 0, or text like \"10%\" from 0% to 100%";
        match self.value.get_ref() {
            DeValue::String(text) => match text.strip_suffix('%').and_then(|share| share.trim().parse().ok())
            {
                Some(share) if (0.0..=100.0).contains(&share) => Ok(Tolerance::Percent(share + 0.0)),
                _ => self.mismatch(wanted),
            },
            DeValue::Integer(_) | DeValue::Float(_) => self.number(0.0..).map(Tolerance::Absolute),
            _ => self.mismatch(wanted),
        }
    }

    /// Reads the lowest and the highest value of a label.
    pub fn low_and_high(self) -> Reading<[f64; 2]> {
        let wanted = "a list of two numbers, the lower first";
        let DeValue::Array(parts) = self.value.get_ref() else { return self.mismatch(wanted) };
        let numbers: Vec<f64> =
            parts.iter().map(|value| Node { key: self.key, value }.number(..)).collect::<Reading<_>>()?;
        match numbers.as_slice() {
            [low, high] if low < high => Ok([*low, *high]),
            _ => self.wrong(format_args!("must be {wanted}")),
        }
    }

    /// Reads minutes, or `never` as none.
    pub fn minutes_or_never(self) -> Reading<Option<u32>> {
        match self.value.get_ref() {
            DeValue::String(text) if text == "never" => Ok(None),
            DeValue::Integer(_) => self.whole(0..=u32::MAX).map(Some),
            _ => self.mismatch("a whole number of minutes, or \"never\""),
        }
    }
}

/// Lists words as a choice: `"a", "b" or "c"`.
fn one_of(words: impl IntoIterator<Item = &'static str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("\"{word}\"")).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// Says bounds in words, to follow a noun: ` from 1 to 5`, ` above 0`. The largest whole number is no bound that a person would meet.
fn bounds<T: ToString + PartialOrd>(allowed: &impl RangeBounds<T>) -> String {
    let low = match allowed.start_bound() {
        Bound::Included(low) => format!(" from {}", low.to_string()),
        Bound::Excluded(low) => format!(" above {}", low.to_string()),
        Bound::Unbounded => String::new(),
    };
    match allowed.end_bound() {
        Bound::Included(high) | Bound::Excluded(high) if high.to_string() != u32::MAX.to_string() => {
            format!("{low} to {}", high.to_string())
        }
        _ => low,
    }
}
