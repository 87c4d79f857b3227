//! The closed sets of words that a charter chooses from, each as one table, and the nearest of several names to a
//! misspelt one.

use super::*;
use crate::domain::value::{ABSENT, PRESENT, UNCERTAIN};
use crate::domain::word::words;

words!(Unit: Image "image", Series "series", Study "study");
words!(Policy: Discordant "discordant", AllPositive "all-positive", All "all");
words!(Mode: Select "select", ThirdRead "third-read", Open "open");
words!(Confidence: Required "required", Optional "optional");
words!(Support: Shown "shown", AfterChoice "after-choice");
words!(Verdicts: Always "always", Optional "optional", Never "never");
words!(Ambiguous: Soft "soft", Flag "flag", Drop "drop");
words!(CheckLevel: Block "block", Warn "warn", Off "off");

words!(LabelKind: Present "present", Categorical "categorical", Ordinal "ordinal", Continuous "continuous", Box "box",
    Mask "mask", Contour "contour", Point "point", Landmarks "landmarks", Line "line");

/// The codes of the current RADPEER scale: 1 concur, 2 an understandable miss, 3 should be made most of the time;
/// a is unlikely and b likely to matter clinically.
pub const SEVERITIES: [&str; 5] = ["1", "2a", "2b", "3a", "3b"];

/// What data sets call the label that says that nothing is there.
const NO_FINDING: [&str; 5] = ["no finding", "no findings", "normal", "no abnormality", "none"];

/// Tells whether a label's name means that nothing is there, whatever its case and whatever parts its words.
pub fn means_no_finding(name: &str) -> bool {
    let plain = name
        .split(|letter: char| letter.is_whitespace() || letter == '_' || letter == '-')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect::<Vec<_>>()
        .join(" ");
    NO_FINDING.contains(&plain.as_str())
}

/// What data sets call the level at which nothing is wrong, beside these.
const NORMAL: [&str; 3] = ["absent", "negative", "no"];

/// Tells whether a level's name means that nothing is wrong.
pub fn means_normal(level: &Value) -> bool {
    let Value::Text(name) = level else { return false };
    means_no_finding(name) || NORMAL.contains(&name.trim().to_lowercase().as_str())
}

/// What a value says of a label that is there or isn't.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Presence {
    Present,
    Absent,
    Uncertain,
}

/// Reads a value as presence: the reserved words, or 1, 0 and -1 as label tables write them.
pub fn presence(value: &Value) -> Option<Presence> {
    let table = [
        (PRESENT, 1.0, Presence::Present),
        (ABSENT, 0.0, Presence::Absent),
        (UNCERTAIN, -1.0, Presence::Uncertain),
    ];
    table
        .into_iter()
        .find(|(word, number, _)| value.is(word) || value.number() == Some(*number))
        .map(|(_, _, presence)| presence)
}

/// Names longer than this are no misspelling of anything, and comparing them would take long.
const LONGEST_NAME: usize = 64;

/// Names beyond this many are not looked at.
const MOST_NAMES: usize = 1_000;

/// Finds the name that somebody most likely meant: the fewest slips of the keyboard away, and no more than two
/// in five letters.
pub fn nearest<'n>(meant: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    if meant.len() > LONGEST_NAME {
        return None;
    }
    let plain = meant.to_lowercase();
    names
        .into_iter()
        .take(MOST_NAMES)
        .filter(|name| name.len() <= LONGEST_NAME)
        .map(|name| (strsim::damerau_levenshtein(&plain, &name.to_lowercase()), name))
        .filter(|(slips, name)| slips * 5 <= 2 * name.chars().count().max(plain.chars().count()).max(3))
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_mean_no_finding_are_known_however_they_are_written() {
        for name in ["No finding", "NO_FINDINGS", "no-abnormality", " Normal ", "none", "No  Finding"] {
            assert!(means_no_finding(name), "{name}");
        }
        for name in ["Nonefound", "abnormal", "", "normal variant", "no"] {
            assert!(!means_no_finding(name), "{name}");
        }
    }

    #[test]
    fn a_slip_finds_its_name_and_nonsense_finds_none() {
        let names = ["required", "unit", "policy"];
        for (meant, found) in [
            ("requierd", Some("required")),
            ("Unit", Some("unit")),
            ("polcy", Some("policy")),
            ("zebra", None),
            ("", None),
        ] {
            assert_eq!(nearest(meant, names), found, "{meant}");
        }
        assert_eq!(nearest(&"unit".repeat(1_000_000), names), None);
    }
}
