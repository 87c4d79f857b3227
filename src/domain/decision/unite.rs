//! Several adjudicators' answers to one item as one: they agree on the answer, and each may know something else about why.
//! Causes are united and the highest severity holds, so that nothing depends on who answered last.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{Alternative, Ambiguity, Decision, Verdict, VerdictKind};
use crate::domain::taxonomy;

impl Decision {
    /// Unites the answers that settled an item, given in the order of the log; none where there is none. What only one can
    /// say (who, when, in which slot) is the last one's.
    ///
    /// Of each reader the strictest verdict and the highest severity hold, and all causes; of the answer the lowest
    /// confidence, every clause and every note once.
    pub fn united<'d>(all: Vec<Cow<'d, Decision>>) -> Option<Cow<'d, Decision>> {
        if all.len() < 2 {
            return all.into_iter().next();
        }
        let mut one = all.last()?.clone().into_owned();
        one.adopted = union(all.iter().map(|of| &of.adopted));
        one.root_cause = union(all.iter().map(|of| &of.root_cause));
        one.panel = union(all.iter().map(|of| &of.panel));
        one.confidence = all.iter().filter_map(|of| of.confidence).min();
        one.uncertain = all.iter().any(|of| of.uncertain);
        one.severity = highest(all.iter().map(|of| &of.severity));
        one.clause = joined(all.iter().map(|of| &of.clause), "; ");
        one.note = joined(all.iter().map(|of| &of.note), " · ");
        let readers: BTreeSet<&String> = all.iter().flat_map(|of| of.verdicts.keys()).collect();
        one.verdicts = readers
            .into_iter()
            .map(|reader| {
                let verdicts = all.iter().filter_map(|of| of.verdicts.get(reader)).collect::<Vec<_>>();
                (reader.clone(), verdict(&verdicts))
            })
            .collect();
        let blocks: Vec<&Ambiguity> = all.iter().filter_map(|of| of.ambiguity.as_ref()).collect();
        one.ambiguity = (!blocks.is_empty()).then(|| ambiguity(&blocks));
        Some(Cow::Owned(one))
    }
}

/// Unites what is said of one reader.
fn verdict(all: &[&Verdict]) -> Verdict {
    let strictness = |kind: &VerdictKind| match kind {
        VerdictKind::NotAssessed => 0,
        VerdictKind::Agree => 1,
        VerdictKind::Justifiable => 2,
        VerdictKind::Slip => 3,
        VerdictKind::Error => 4,
    };
    Verdict {
        verdict: all.iter().map(|of| of.verdict).max_by_key(strictness).unwrap_or_default(),
        severity: highest(all.iter().map(|of| &of.severity)),
        cause: union(all.iter().map(|of| &of.cause)),
        note: joined(all.iter().map(|of| &of.note), " · "),
    }
}

fn ambiguity(all: &[&Ambiguity]) -> Ambiguity {
    let place = |terms: &[taxonomy::Term], code: &str| terms.iter().position(|term| term.code == code);
    let mut wishes: Vec<serde_json::Value> = Vec::new();
    for wish in all.iter().filter_map(|of| of.guideline.as_ref()).filter(|wish| !wish.is_null()) {
        if !wishes.contains(wish) {
            wishes.push(wish.clone());
        }
    }
    Ambiguity {
        types: union(all.iter().map(|of| &of.types)),
        alternatives: alternatives(all),
        resolve: joined(all.iter().map(|of| &of.resolve), " · "),
        // What could settle it stands before that nothing could.
        reducible: all
            .iter()
            .filter_map(|of| of.reducible.clone())
            .min_by_key(|code| place(&taxonomy::REDUCIBLE, code)),
        variants: union(all.iter().map(|of| &of.variants)),
        dissent: joined(all.iter().map(|of| &of.dissent), " · "),
        // Whoever wants it kept out is heard: leaving in what one of them doubts would be the greater harm.
        handling: all
            .iter()
            .filter_map(|of| of.handling.clone())
            .max_by_key(|code| place(&taxonomy::HANDLING, code)),
        guideline: match wishes.len() {
            0 | 1 => wishes.pop(),
            _ => Some(wishes.into()),
        },
    }
}

/// Gives each alternative with the mean of the weights that it was given; who left it out gave it none.
fn alternatives(all: &[&Ambiguity]) -> Vec<Alternative> {
    let given: Vec<&Vec<Alternative>> =
        all.iter().map(|of| &of.alternatives).filter(|of| !of.is_empty()).collect();
    let mut mean: Vec<Alternative> = Vec::new();
    for other in given.iter().copied().flatten() {
        let weight = other.weight / given.len() as f64;
        match mean.iter_mut().find(|known| known.value == other.value) {
            Some(known) => known.weight += weight,
            None => mean.push(Alternative { value: other.value.clone(), weight }),
        }
    }
    mean
}

fn union<'a>(lists: impl Iterator<Item = &'a Vec<String>>) -> Vec<String> {
    lists.flatten().collect::<BTreeSet<_>>().into_iter().cloned().collect()
}

fn highest<'a>(severities: impl Iterator<Item = &'a Option<String>>) -> Option<String> {
    severities.flatten().max_by_key(|code| taxonomy::severity_rank(code)).cloned()
}

/// Joins texts, each once, in the order of the log.
fn joined<'a>(texts: impl Iterator<Item = &'a Option<String>>, between: &str) -> Option<String> {
    let mut each: Vec<&str> = Vec::new();
    for text in texts.flatten() {
        if !each.contains(&text.as_str()) {
            each.push(text);
        }
    }
    (!each.is_empty()).then(|| each.join(between))
}
