//! What must be filled in beside the answer, and what it may hold: confidence, ambiguity, verdicts, causes,
//! severities, notes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::answer::{self, Answered};
use super::{Actor, Ambiguity, Answer, Draft, Refused, RefusedKind, Verdict, VerdictKind, short};
use crate::domain::case::{Case, CaseItem};
use crate::domain::charter::{Charter, Confidence, Verdicts};
use crate::domain::taxonomy;
use crate::domain::text::Safe;
use crate::domain::value::Value;

/// Longest note, in characters; the other long texts of a decision too.
pub const MAX_NOTE: usize = 10_000;
/// Longest short text: a clause, a code, an image's id.
const MAX_WORD: usize = 1_000;
/// Longest list of types, causes, variants or verdicts.
const MAX_LIST: usize = 100;
/// All alternatives together, shapes and all, in bytes of JSON.
const MAX_SHAPES: usize = 4_000_000;
/// Weights of alternatives sum to 1 within this.
const WEIGHT_SLACK: f64 = 1e-6;

/// What a decision holds beside its answer, readers by id.
pub(super) struct Form {
    pub ambiguity: Option<Ambiguity>,
    pub verdicts: BTreeMap<String, Verdict>,
    pub root_cause: Vec<String>,
    pub severity: Option<String>,
    pub clause: Option<String>,
    pub note: Option<String>,
}

/// Checks that no text or list of a draft is longer than a person would make it, and that no number is broken.
pub(super) fn check_texts(draft: &Draft) -> Result<(), Refused> {
    let ambiguity = draft.ambiguity.as_ref();
    let long = [
        ("the note", draft.note.as_ref()),
        ("ambiguity.resolve", ambiguity.and_then(|a| a.resolve.as_ref())),
        ("ambiguity.dissent", ambiguity.and_then(|a| a.dissent.as_ref())),
    ];
    let short = [
        ("the clause", draft.clause.as_ref()),
        ("the dispute's id", Some(&draft.dispute)),
        ("the severity", draft.severity.as_ref()),
        ("expect", draft.expect.as_ref()),
        ("seen.image", draft.seen.as_ref().and_then(|seen| seen.image.as_ref())),
        ("the value", if let Answer::Value(Value::Text(text)) = &draft.answer { Some(text) } else { None }),
        ("the image", if let Answer::Geometry(shape) = &draft.answer { Some(&shape.image) } else { None }),
    ];
    let notes =
        draft.verdicts.values().filter_map(|v| v.note.as_ref()).map(|n| ("a verdict's note", Some(n)));
    let limits = long.into_iter().chain(notes).map(|(what, text)| (what, text, MAX_NOTE));
    for (what, text, most) in limits.chain(short.into_iter().map(|(what, text)| (what, text, MAX_WORD))) {
        let length = text.map_or(0, |text| text.chars().count());
        if length > most {
            return Err(Refused::invalid(format!("{what} has {length} characters; at most {most} are kept")));
        }
    }
    let lists = [
        ("verdicts", draft.verdicts.len()),
        ("root causes", draft.root_cause.len()),
        ("root causes of a verdict", draft.verdicts.values().map(|v| v.cause.len()).max().unwrap_or(0)),
        ("types of ambiguity", ambiguity.map_or(0, |a| a.types.len())),
        ("alternatives", ambiguity.map_or(0, |a| a.alternatives.len())),
        ("variants", ambiguity.map_or(0, |a| a.variants.len())),
    ];
    if let Some((what, length)) = lists.into_iter().find(|(_, length)| *length > MAX_LIST) {
        return Err(Refused::invalid(format!("{length} {what}; at most {MAX_LIST} are kept")));
    }
    let guideline = ambiguity.and_then(|a| a.guideline.as_ref()).map_or(0, |wish| wish.to_string().len());
    if guideline > MAX_NOTE {
        return Err(Refused::invalid(format!("ambiguity.guideline is longer than {MAX_NOTE} bytes")));
    }
    let alternatives = ambiguity.iter().flat_map(|a| &a.alternatives);
    if alternatives.map(|alternative| alternative.value.to_string().len()).sum::<usize>() > MAX_SHAPES {
        return Err(Refused::invalid(format!("the alternatives are longer than {MAX_SHAPES} bytes")));
    }
    let seen = draft
        .seen
        .iter()
        .flat_map(|seen| seen.window.into_iter().flatten().chain(seen.zoom).chain(seen.seconds));
    match seen.into_iter().find(|number| !number.is_finite()) {
        Some(_) => Err(Refused::invalid("a number of ‘seen’ is not finite")),
        None => Ok(()),
    }
}

/// Checks what stands beside the answer and completes it.
pub(super) fn fill(
    charter: &Charter,
    case: &Case,
    entry: &CaseItem,
    draft: &Draft,
    actor: &Actor,
    answered: &Answered,
    amends: bool,
) -> Result<Form, Refused> {
    check_confidence(charter, draft)?;
    let ambiguity = ambiguity(charter, case, entry, draft)?;
    let top_causes = causes(&draft.root_cause)?;
    let top_severity = severity(draft.severity.as_deref())?;
    let verdicts = verdicts(charter, case, draft, &top_causes, top_severity.as_deref())?;
    check_assessed(charter, case, entry, draft, actor, &verdicts)?;
    let note = text(&draft.note);
    let severities = || top_severity.iter().chain(verdicts.values().filter_map(|v| v.severity.as_ref()));
    let severe = severities().find(|code| taxonomy::SEVERE.contains(&code.as_str()));
    check_note(entry, draft, answered, amends, severe.map(String::as_str), note.is_some())?;
    let root_cause: BTreeSet<&String> =
        top_causes.iter().chain(verdicts.values().flat_map(|verdict| &verdict.cause)).collect();
    Ok(Form {
        root_cause: root_cause.into_iter().cloned().collect(),
        severity: severities().max_by_key(|code| taxonomy::severity_rank(code)).cloned(),
        ambiguity,
        verdicts,
        clause: clause(charter, draft)?,
        note,
    })
}

/// Refuses a letter that no reader of the case has.
pub(super) fn unknown_letter(case: &Case, letter: &str) -> Refused {
    let letters: Vec<&str> = case.reads.iter().map(|read| read.letter.as_str()).collect();
    Refused::invalid(format!(
        "‘{}’ is no reader of {}; its readers are {}",
        short(letter),
        Safe::new(&case.name),
        letters.join(", ")
    ))
}

/// A text with something in it.
fn text(text: &Option<String>) -> Option<String> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(String::from)
}

/// The clause as the guideline names it.
fn clause(charter: &Charter, draft: &Draft) -> Result<Option<String>, Refused> {
    text(&draft.clause).map(|cited| charter.check_clause(&cited).map_err(Refused::invalid)).transpose()
}

fn check_confidence(charter: &Charter, draft: &Draft) -> Result<(), Refused> {
    match draft.confidence {
        Some(1..=5) => Ok(()),
        Some(other) => Err(Refused::invalid(format!("confidence is 1 to 5, not {other}"))),
        None if draft.answer.is_clinical() && charter.review.confidence == Confidence::Required => {
            Err(Refused::missing("confidence is missing: 1 (a guess) to 5 (certain)"))
        }
        None => Ok(()),
    }
}

fn causes(words: &[String]) -> Result<Vec<String>, Refused> {
    let mut codes: Vec<String> = Vec::new();
    for word in words {
        let code = taxonomy::cause(word).map_err(Refused::invalid)?.code;
        if !codes.iter().any(|known| known == code) {
            codes.push(code.into());
        }
    }
    Ok(codes)
}

fn severity(word: Option<&str>) -> Result<Option<String>, Refused> {
    word.map(|word| taxonomy::severity(word).map(|term| term.code.into()).map_err(Refused::invalid))
        .transpose()
}

fn ambiguity(
    charter: &Charter,
    case: &Case,
    entry: &CaseItem,
    draft: &Draft,
) -> Result<Option<Ambiguity>, Refused> {
    let ambiguous = matches!(draft.answer, Answer::Ambiguous);
    let unsure = draft.answer.is_clinical()
        && !draft.first_look
        && draft.confidence.is_some_and(|confidence| confidence <= charter.review.ambiguity_at);
    let Some(given) = &draft.ambiguity else {
        return match (ambiguous, unsure) {
            (true, _) => Err(Refused::missing(
                "an ambiguous answer needs its block: ambiguity with types and at least two alternatives",
            )),
            (_, true) => Err(needs_type(charter)),
            _ => Ok(None),
        };
    };
    let mut types: Vec<String> = Vec::new();
    for word in &given.types {
        let code = taxonomy::ambiguity(word).map_err(Refused::invalid)?.code;
        if !types.iter().any(|known| known == code) {
            types.push(code.into());
        }
    }
    if types.is_empty() && ambiguous {
        return Err(Refused::missing("an ambiguous answer needs at least one type, A0 to A10"));
    }
    if types.is_empty() && unsure {
        return Err(needs_type(charter));
    }
    if ambiguous || !given.alternatives.is_empty() {
        check_alternatives(charter, case, entry, given)?;
    }
    let mut variants = Vec::new();
    for letter in &given.variants {
        let read = case.read_of(letter).ok_or_else(|| unknown_letter(case, letter))?;
        if !variants.contains(&read.read.reader) {
            variants.push(read.read.reader.clone());
        }
    }
    let reducible =
        given.reducible.as_deref().map(taxonomy::reducible).transpose().map_err(Refused::invalid)?;
    let handling = given.handling.as_deref().map(taxonomy::handling).transpose().map_err(Refused::invalid)?;
    Ok(Some(Ambiguity {
        types,
        alternatives: given.alternatives.clone(),
        resolve: text(&given.resolve),
        reducible: reducible.map(|term| term.code.into()),
        variants,
        dissent: text(&given.dissent),
        handling: handling.map(|term| term.code.into()),
        guideline: wish(charter, given.guideline.as_ref())?,
    }))
}

/// What is asked of the guideline: a text, or a clause and its text; the clause as the guideline names it.
fn wish(charter: &Charter, given: Option<&Json>) -> Result<Option<Json>, Refused> {
    let form = || Refused::invalid("ambiguity.guideline is a text, or {\"clause\": C, \"text\": T}");
    let Some(mut wish) = given.filter(|wish| !wish.is_null()).cloned() else { return Ok(None) };
    match &mut wish {
        Json::String(_) => {}
        Json::Object(fields) => match fields.get_mut("clause") {
            None | Some(Json::Null) => {}
            Some(Json::String(clause)) => {
                *clause = charter
                    .check_clause(clause.trim())
                    .map_err(|why| Refused::invalid(format!("ambiguity.guideline: {why}")))?;
            }
            Some(_) => return Err(form()),
        },
        _ => return Err(form()),
    }
    Ok(Some(wish))
}

fn needs_type(charter: &Charter) -> Refused {
    Refused::missing(format!(
        "at confidence {} or below a type of ambiguity is asked for: ambiguity.types, A0 to A10",
        charter.review.ambiguity_at
    ))
}

fn check_alternatives(
    charter: &Charter,
    case: &Case,
    entry: &CaseItem,
    given: &Ambiguity,
) -> Result<(), Refused> {
    let alternatives = &given.alternatives;
    if alternatives.len() < 2 {
        return Err(Refused::missing("an ambiguous answer needs at least two alternatives with weights"));
    }
    let mut choices = Vec::new();
    for (number, alternative) in (1..).zip(alternatives) {
        let fault = |why: String| Refused::invalid(format!("alternative {number} {why}"));
        if !(alternative.weight.is_finite() && alternative.weight > 0.0) {
            return Err(fault("has a weight that is not above 0".into()));
        }
        let choice = answer::alternative(&alternative.value).map_err(fault)?;
        answer::check_alternative(charter, case, &entry.item, &choice)
            .map_err(|why| Refused::invalid(format!("alternative {number}: {why}")))?;
        if choices.contains(&choice) {
            return Err(fault("says the same as one before it".into()));
        }
        choices.push(choice);
    }
    let sum: f64 = alternatives.iter().map(|alternative| alternative.weight).sum();
    if (sum - 1.0).abs() > WEIGHT_SLACK {
        return Err(Refused::invalid(format!("the weights of the alternatives sum to {sum}, not to 1")));
    }
    Ok(())
}

fn verdicts(
    charter: &Charter,
    case: &Case,
    draft: &Draft,
    top_causes: &[String],
    top_severity: Option<&str>,
) -> Result<BTreeMap<String, Verdict>, Refused> {
    let returns = matches!(draft.answer, Answer::Return);
    if draft.first_look && !draft.verdicts.is_empty() {
        return Err(Refused::invalid("a first look is made without the reads, so it holds no verdicts"));
    }
    // Sending back is about somebody's slip, so that there a verdict must be given all the same.
    if charter.review.verdicts == Verdicts::Never && !draft.verdicts.is_empty() && !returns {
        return Err(Refused::invalid("the charter asks for no verdicts on readers"));
    }
    let mut verdicts = BTreeMap::new();
    for (letter, given) in &draft.verdicts {
        let read = case.read_of(letter).ok_or_else(|| unknown_letter(case, letter))?;
        let at_fault = given.verdict.is_fault();
        let mut verdict = Verdict {
            verdict: given.verdict,
            severity: severity(given.severity.as_deref())?,
            cause: causes(&given.cause)?,
            note: text(&given.note),
        };
        if at_fault {
            verdict.severity = verdict.severity.or_else(|| top_severity.map(String::from));
            if verdict.cause.is_empty() {
                verdict.cause = top_causes.to_vec();
            }
        }
        if at_fault && verdict.cause.is_empty() {
            return Err(Refused::missing(format!(
                "{}’s verdict needs a cause: a code, a family ({}) or ‘unknown’",
                read.letter,
                taxonomy::FAMILIES.map(|family| family.code).join(", ")
            )));
        }
        if verdicts.insert(read.read.reader.clone(), verdict).is_some() {
            return Err(Refused::invalid(format!("{} has two verdicts", read.letter)));
        }
    }
    if returns && !verdicts.values().any(|verdict| verdict.verdict == VerdictKind::Slip) {
        return Err(Refused::missing(
            "only slips are sent back: give at least one reader the verdict ‘slip’ with its cause",
        ));
    }
    Ok(verdicts)
}

/// Checks that something is said of every reader, where the charter asks for it: that they aren't assessed is said too. Of
/// a model whose read isn't shown yet nothing is asked, and it isn't named.
fn check_assessed(
    charter: &Charter,
    case: &Case,
    entry: &CaseItem,
    draft: &Draft,
    actor: &Actor,
    verdicts: &BTreeMap<String, Verdict>,
) -> Result<(), Refused> {
    if charter.review.verdicts != Verdicts::Always || !draft.answer.is_clinical() || draft.first_look {
        return Ok(());
    }
    let hides = entry.hides_models(charter, &actor.name, actor.oversees);
    let speaks = |reader: &String| {
        let mut opinions = entry.item.opinions.iter();
        opinions.any(|opinion| opinion.reader == *reader && !(hides && opinion.model))
    };
    let unsaid = case.reads.iter().map(|read| (&read.read.reader, read.letter.as_str()));
    let unsaid = unsaid.filter(|(reader, _)| speaks(reader) && !verdicts.contains_key(*reader));
    let missing: Vec<&str> = unsaid.map(|(_, letter)| letter).collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Refused::missing(format!(
            "the charter asks for a verdict on every reader, be it ‘not-assessed’: {} missing",
            missing.join(", ")
        ))),
    }
}

fn check_note(
    entry: &CaseItem,
    draft: &Draft,
    answered: &Answered,
    amends: bool,
    severe: Option<&str>,
    given: bool,
) -> Result<(), Refused> {
    if given {
        return Ok(());
    }
    // An audit that differs is no longer unanimous: a note asked for of one answer alone would tell which one stands.
    let unanimous = entry.item.difference.is_none() && !draft.first_look && draft.answer.is_clinical();
    let overrides = unanimous
        && !entry.item.candidates.iter().any(|candidate| answered.result.as_ref() == Some(&candidate.choice));
    let reasons = [
        (amends, "it amends your earlier decision".to_owned()),
        (matches!(draft.answer, Answer::Defer), "deferring needs its reason".to_owned()),
        (severe.is_some(), format!("severity {} needs one", severe.unwrap_or_default())),
        (overrides, "it overrides what all readers say".to_owned()),
    ];
    match reasons.into_iter().find(|(holds, _)| *holds) {
        Some((_, why)) => Err(Refused::new(RefusedKind::Missing, format!("a note is missing: {why}"))),
        None => Ok(()),
    }
}
