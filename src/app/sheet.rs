//! A decision as it is being filled in: digits choose, fields follow, and a draft comes of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::decision::{Ambiguity, Answer, Draft, Seen, Verdict};
use crate::domain::value::Value;

/// What is filled in for one dispute. Kept in the store as a draft, so that a hang-up loses nothing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Sheet {
    pub answer: Option<Answer>,
    pub confidence: Option<u8>,
    pub uncertain: bool,
    pub ambiguity: Option<Ambiguity>,
    /// By the reader's letter.
    pub verdicts: BTreeMap<String, Verdict>,
    pub root_cause: Vec<String>,
    pub severity: Option<String>,
    pub clause: Option<String>,
    pub note: Option<String>,
    /// Who else attended.
    pub panel: Vec<String>,
}

/// What digits choose from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Choices {
    /// How many candidates there are.
    pub candidates: u8,
    /// Declared levels, or the values that an own look may give; empty where only candidates are to be had.
    pub values: Vec<Value>,
    /// The charter asks for a confidence, or takes one.
    pub confidence: bool,
}

impl Choices {
    /// Gives the value that a digit stands for, where all values are single digits.
    fn level(&self, digit: u8) -> Option<&Value> {
        let is = |value: &&Value| value.to_string() == digit.to_string();
        self.by_digit().then(|| self.values.iter().find(is)).flatten()
    }

    /// Tells whether digits are levels themselves.
    pub fn by_digit(&self) -> bool {
        let single =
            |value: &Value| value.to_string().len() == 1 && value.to_string().starts_with(char::is_numeric);
        !self.values.is_empty() && self.values.iter().all(single)
    }

    /// Tells whether zero chooses.
    pub fn has_zero(&self) -> bool {
        self.level(0).is_some()
    }
}

/// A row of the decision strip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    Answer,
    Confidence,
    Uncertain,
    Ambiguity,
    Verdicts,
    Cause,
    Severity,
    Clause,
    Note,
}

/// The rows in their order.
pub const FIELDS: [Field; 9] = [
    Field::Answer,
    Field::Confidence,
    Field::Uncertain,
    Field::Ambiguity,
    Field::Verdicts,
    Field::Cause,
    Field::Severity,
    Field::Clause,
    Field::Note,
];

impl Sheet {
    /// Fills a sheet with a decision that was made.
    pub fn of(draft: &Draft) -> Self {
        let draft = draft.clone();
        Sheet {
            answer: Some(draft.answer),
            confidence: draft.confidence,
            uncertain: draft.uncertain,
            ambiguity: draft.ambiguity,
            verdicts: draft.verdicts,
            root_cause: draft.root_cause,
            severity: draft.severity,
            clause: draft.clause,
            note: draft.note,
            panel: draft.panel,
        }
    }

    /// Tells whether nothing was filled in yet.
    pub fn is_empty(&self) -> bool {
        *self == Sheet::default()
    }

    /// Takes a digit: the first chooses, the second is the confidence, a third is refused.
    pub fn choose(&mut self, digit: u8, choices: &Choices) -> Result<(), String> {
        if self.answer.is_none() {
            self.answer = Some(answer(digit, choices)?);
            return Ok(());
        }
        match (self.confidence, choices.confidence) {
            (None, true) if (1..=5).contains(&digit) => {
                self.confidence = Some(digit);
                Ok(())
            }
            (None, true) => Err("confidence is 1 (a guess) to 5 (certain)".into()),
            _ => Err("answer and confidence are there: enter saves, backspace steps back".into()),
        }
    }

    /// Takes the last step back; tells whether there was one.
    pub fn step_back(&mut self) -> bool {
        if self.confidence.take().is_some() {
            return true;
        }
        self.answer.take().is_some()
    }

    /// Makes the draft of a decision; none without an answer.
    pub fn draft(&self, case: &str, dispute: &str) -> Option<Draft> {
        let mut sheet = self.clone();
        // What was filled in under another answer or verdict stays on the sheet, and out of the decision.
        if sheet.answer != Some(Answer::Ambiguous)
            && let Some(block) = &mut sheet.ambiguity
        {
            block.alternatives.clear();
        }
        let ambiguity = sheet.ambiguity.filter(|block| *block != Ambiguity::default());
        for verdict in sheet.verdicts.values_mut().filter(|known| !known.verdict.is_fault()) {
            verdict.severity = None;
            verdict.cause.clear();
        }
        Some(Draft {
            case: case.to_owned(),
            dispute: dispute.to_owned(),
            answer: sheet.answer?,
            confidence: sheet.confidence,
            uncertain: sheet.uncertain,
            ambiguity,
            verdicts: sheet.verdicts,
            root_cause: sheet.root_cause,
            severity: sheet.severity,
            clause: sheet.clause,
            note: sheet.note,
            panel: sheet.panel,
            expect: None,
            first_look: false,
            seen: None::<Seen>,
        })
    }
}

fn answer(digit: u8, choices: &Choices) -> Result<Answer, String> {
    let listed =
        |what: &str, words: Vec<String>| Err(format!("there is no {what} {digit}: {}", words.join(" ")));
    if choices.by_digit() {
        return match choices.level(digit) {
            Some(level) => Ok(Answer::Value(level.clone())),
            None => listed("level", choices.values.iter().map(Value::to_string).collect()),
        };
    }
    if choices.candidates == 0 && !choices.values.is_empty() {
        let at = usize::from(digit).checked_sub(1);
        return match at.and_then(|at| choices.values.get(at)) {
            Some(value) => Ok(Answer::Value(value.clone())),
            None => listed("choice", (1..=choices.values.len()).map(|n| n.to_string()).collect()),
        };
    }
    match (1..=choices.candidates).contains(&digit) {
        true => Ok(Answer::Adopt(u32::from(digit))),
        false => listed("candidate", (1..=choices.candidates).map(|n| n.to_string()).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_digits_decide_and_a_third_is_refused() {
        let choices = Choices { candidates: 2, values: Vec::new(), confidence: true };
        let mut sheet = Sheet::default();
        assert!(sheet.choose(3, &choices).is_err_and(|why| why == "there is no candidate 3: 1 2"));
        assert!(sheet.choose(2, &choices).is_ok() && sheet.choose(6, &choices).is_err());
        assert!(sheet.choose(4, &choices).is_ok() && sheet.choose(4, &choices).is_err());
        assert_eq!((sheet.answer.clone(), sheet.confidence), (Some(Answer::Adopt(2)), Some(4)));
        assert!(sheet.step_back() && sheet.confidence.is_none() && sheet.answer.is_some());
        assert!(sheet.step_back() && !sheet.step_back() && sheet.is_empty());
    }

    #[test]
    fn a_digit_is_the_level_where_levels_are_digits() {
        let values = (0..=4).map(|n| Value::Number(f64::from(n))).collect();
        let choices = Choices { candidates: 2, values, confidence: true };
        assert!(choices.has_zero());
        let mut sheet = Sheet::default();
        assert!(sheet.choose(5, &choices).is_err());
        assert!(sheet.choose(0, &choices).is_ok());
        assert_eq!(sheet.answer, Some(Answer::Value(Value::Number(0.0))));
        let named = Choices { values: vec![Value::Text("I".into()), Value::Text("II".into())], ..choices };
        let mut sheet = Sheet::default();
        assert!(sheet.choose(2, &named).is_ok());
        assert_eq!(sheet.answer, Some(Answer::Adopt(2)));
    }
}
