//! The closed lists that decisions choose from, each word with one line of meaning. What a decision does with them is
//! in `decision`.

use super::item::DisputeType;
use super::text::Safe;

/// A word of a closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    pub code: &'static str,
    pub meaning: &'static str,
}

const fn term(code: &'static str, meaning: &'static str) -> Term {
    Term { code, meaning }
}

/// The RADPEER scale, from the least to the most severe. 2 and 3 without a suffix leave open whether it matters.
pub const SEVERITIES: [Term; 7] = [
    term("1", "concur"),
    term("2", "an understandable miss"),
    term("2a", "an understandable miss, unlikely to matter clinically"),
    term("2b", "an understandable miss, likely to matter clinically"),
    term("3", "should be made most of the time"),
    term("3a", "should be made most of the time, unlikely to matter clinically"),
    term("3b", "should be made most of the time, likely to matter clinically"),
];

/// Severities that a decision must explain in a note.
pub const SEVERE: [&str; 3] = ["2b", "3a", "3b"];

/// Why an item may have no single right answer.
pub const AMBIGUITIES: [Term; 11] = [
    term("A0", "other"),
    term("A1", "on the threshold between grades"),
    term("A2", "subtle"),
    term("A3", "superimposed or obscured"),
    term("A4", "indistinct margin"),
    term("A5", "one or many"),
    term("A6", "differential (competing labels)"),
    term("A7", "missing context (prior, view, history)"),
    term("A8", "technical quality"),
    term("A9", "guideline silent, conflicting or overlapping"),
    term("A10", "age of the finding"),
];

/// Families of root causes.
pub const FAMILIES: [Term; 7] = [
    term("P", "perceptual"),
    term("I", "interpretive"),
    term("G", "geometric"),
    term("O", "ontology and guideline"),
    term("T", "technical and data"),
    term("S", "slip and process"),
    term("J", "justifiable: no error, points to the ambiguity types"),
];

/// What stands for a cause that nobody knows.
pub const UNKNOWN: Term = term("unknown", "nobody can tell");

/// Root causes; the first letter is the family.
pub const CAUSES: [Term; 29] = [
    term("P1", "not searched"),
    term("P2", "seen, not recognised"),
    term("P3", "satisfaction of search"),
    term("P4", "false positive (artefact, normal variant)"),
    term("I1", "mischaracterised"),
    term("I2", "threshold or grade"),
    term("I3", "knowledge gap"),
    term("I4", "faulty reasoning"),
    term("I5", "prior or context ignored"),
    term("G1", "boundary convention"),
    term("G2", "window or partial volume"),
    term("G3", "split or merge"),
    term("G4", "wrong frame, side or series"),
    term("G5", "tool imprecision"),
    term("O1", "gap"),
    term("O2", "conflict"),
    term("O3", "overlapping labels"),
    term("O4", "version drift"),
    term("O5", "not trained on it"),
    term("T1", "image quality"),
    term("T2", "display or decoding"),
    term("T3", "missing view or prior"),
    term("T4", "orientation or laterality"),
    term("T5", "import or mapping"),
    term("S1", "key or entry slip"),
    term("S2", "item skipped"),
    term("S3", "fatigue or time pressure"),
    term("S4", "anchored on a pre-label"),
    term("S5", "assignment or blinding breach"),
];

/// What would make an ambiguity go away.
pub const REDUCIBLE: [Term; 4] = [
    term("information", "more information would settle it"),
    term("guideline", "a clearer guideline would settle it"),
    term("training", "training would settle it"),
    term("irreducible", "nothing would settle it"),
];

/// What an export does with an ambiguous item.
pub const HANDLING: [Term; 4] = [
    term("soft", "a soft label: the alternatives with their weights"),
    term("flag", "a hard label with a flag"),
    term("drop", "out of the test split"),
    term("exclude", "excluded"),
];

/// Finds a severity by its code, in either case.
pub fn severity(word: &str) -> Result<Term, String> {
    find("severity", word, SEVERITIES.iter())
}

/// Gives the place of a severity on the scale, from 0; none for a word that is no severity.
pub fn severity_rank(code: &str) -> Option<usize> {
    SEVERITIES.iter().position(|known| known.code == code)
}

/// Finds a type of ambiguity by its code, in either case.
pub fn ambiguity(word: &str) -> Result<Term, String> {
    find("type of ambiguity", word, AMBIGUITIES.iter())
}

/// Finds a root cause, a family of causes or `unknown`, in either case.
pub fn cause(word: &str) -> Result<Term, String> {
    find("root cause", word, FAMILIES.iter().chain(&CAUSES).chain([&UNKNOWN]))
}

/// Gives a root cause with its words: `P2 seen, not recognised`; a code that isn't known as it is.
pub fn cause_in_words(code: &str) -> String {
    match cause(code) {
        Ok(known) => format!("{} {}", known.code, known.meaning),
        Err(_) => code.to_owned(),
    }
}

/// Finds what would make an ambiguity go away.
pub fn reducible(word: &str) -> Result<Term, String> {
    find("word for `reducible`", word, REDUCIBLE.iter())
}

/// Finds what an export does with an ambiguous item.
pub fn handling(word: &str) -> Result<Term, String> {
    find("word for `handling`", word, HANDLING.iter())
}

/// Proposes families or codes of root causes from the type of a dispute; a person confirms or changes them.
pub fn proposed_family(kind: DisputeType) -> &'static [&'static str] {
    match kind {
        DisputeType::Presence => &["P"],
        DisputeType::Label => &["I", "O"],
        DisputeType::Extent | DisputeType::Position => &["G"],
        DisputeType::Topology => &["G3"],
        DisputeType::Grade => &["I2"],
        DisputeType::Technical => &["T"],
        DisputeType::Confidence => &[],
    }
}

/// Proposes a type of ambiguity from the type of a dispute, where one suggests itself.
pub fn proposed_ambiguity(kind: DisputeType) -> Option<&'static str> {
    match kind {
        DisputeType::Grade => Some("A1"),
        DisputeType::Topology => Some("A5"),
        DisputeType::Label => Some("A6"),
        DisputeType::Technical => Some("A8"),
        DisputeType::Presence | DisputeType::Extent | DisputeType::Position | DisputeType::Confidence => None,
    }
}

/// Finds the known word that a mistyped one was most likely meant to be; none where nothing is near.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A word of a few thousand characters is no typing error, and comparing it would take long.
    if word.chars().count() > 200 {
        return None;
    }
    let word = word.to_lowercase();
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&word, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|(a, first), (b, second)| a.total_cmp(b).then_with(|| second.cmp(first)))
        .map(|(_, candidate)| candidate)
}

fn find<'a>(what: &str, word: &str, list: impl Iterator<Item = &'a Term> + Clone) -> Result<Term, String> {
    let wanted = word.trim();
    if let Some(found) = list.clone().find(|known| known.code.eq_ignore_ascii_case(wanted)) {
        return Ok(*found);
    }
    let known = list.clone().map(|known| known.code).collect::<Vec<_>>().join(", ");
    let meant = nearest(wanted, list.map(|known| known.code));
    let meant = meant.map_or(String::new(), |code| format!("; did you mean {code}?"));
    let shown: String = wanted.chars().take(40).collect();
    Err(format!("\u{2018}{}\u{2019} is no {what}{meant} (known: {known})", Safe::new(&shown)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_stand_in_the_order_of_the_scale() {
        let ranks: Vec<_> = ["1", "2", "2a", "2b", "3", "3a", "3b"].map(severity_rank).to_vec();
        assert_eq!(ranks, (0..7).map(Some).collect::<Vec<_>>());
        assert_eq!(severity_rank("4"), None);
        assert!(SEVERE.iter().all(|code| severity_rank(code).is_some()));
    }

    #[test]
    fn every_cause_belongs_to_a_family_and_codes_are_unique() {
        for cause in &CAUSES {
            assert!(FAMILIES.iter().any(|family| cause.code.starts_with(family.code)), "{}", cause.code);
        }
        let mut codes: Vec<_> = CAUSES.iter().chain(&FAMILIES).map(|term| term.code).collect();
        codes.sort_unstable();
        let all = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), all);
    }

    #[test]
    fn every_proposal_is_a_known_word() {
        use DisputeType::*;
        for kind in [Presence, Label, Extent, Topology, Position, Grade, Technical, Confidence] {
            assert!(proposed_family(kind).iter().all(|code| cause(code).is_ok()), "{kind:?}");
            assert!(proposed_ambiguity(kind).is_none_or(|code| ambiguity(code).is_ok()), "{kind:?}");
        }
    }

    #[test]
    fn words_are_taken_in_either_case_and_errors_name_the_nearest() {
        assert_eq!(cause(" p2 ").map(|term| term.code), Ok("P2"));
        assert_eq!(cause("Unknown").map(|term| term.code), Ok("unknown"));
        assert_eq!(severity("3B").map(|term| term.code), Ok("3b"));
        assert!(handling("sofft").is_err_and(|why| why.contains("did you mean soft?")));
        assert!(reducible("guidline").is_err_and(|why| why.contains("did you mean guideline?")));
        assert!(ambiguity("A1\u{1b}[2J").is_err_and(|why| !why.contains('\u{1b}')));
        assert!(severity(&"9".repeat(100_000)).is_err_and(|why| why.len() < 200));
    }
}
