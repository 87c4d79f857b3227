//! The forms over a case: ambiguity, and what is said of each reader's part. Rows are made of what is filled in, and
//! what is changed is in the sheet at once, so that going back loses nothing.

use super::State;
use super::case::{Open, proposed_causes};
use super::popup::{About, Entry, Menu, Popup, Prompt, Question, step};
use super::sheet::Sheet;
use crate::app::editor::Editor;
use crate::command::Command;
use crate::domain::charter::Verdicts;
use crate::domain::decision::{Alternative, Ambiguity, Verdict, VerdictKind};
use crate::domain::taxonomy::{self, Term};
use crate::domain::text::Safe;

/// An open form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    pub kind: FormKind,
    pub selected: usize,
}

/// What a form is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormKind {
    Ambiguity,
    Verdicts,
}

/// One row: what it asks, what is filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub about: Part,
    pub title: String,
    pub value: String,
    /// It must be filled in before the decision can be saved.
    pub missing: bool,
}

/// What a row changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Types,
    /// One of the candidates as an alternative, by its number from 1.
    Alternative(usize),
    Resolve,
    Reducible,
    Variants,
    Dissent,
    Handling,
    Guideline,
    Verdict(String),
    Severity(String),
    Cause(String),
    VerdictNote(String),
    Done,
}

/// How far one step moves a weight.
const WEIGHT_STEP: f64 = 0.05;

const VERDICTS: [(VerdictKind, &str); 5] = [
    (VerdictKind::NotAssessed, "not assessed"),
    (VerdictKind::Agree, "agree"),
    (VerdictKind::Error, "error"),
    (VerdictKind::Justifiable, "justifiable difference"),
    (VerdictKind::Slip, "slip"),
];

impl Form {
    pub fn ambiguity() -> Self {
        Form { kind: FormKind::Ambiguity, selected: 0 }
    }

    pub fn verdicts() -> Self {
        Form { kind: FormKind::Verdicts, selected: 0 }
    }

    /// Gives the form's heading.
    pub fn title(&self) -> &'static str {
        match self.kind {
            FormKind::Ambiguity => "Ambiguous: several may be right",
            FormKind::Verdicts => "What each reader did",
        }
    }
}

/// Says a verdict in a word.
pub fn verdict_word(kind: VerdictKind) -> &'static str {
    VERDICTS.iter().find(|(known, _)| *known == kind).map_or("", |(_, word)| word)
}

/// Gives the rows of a form as they stand.
pub fn rows(state: &State, form: &Form) -> Vec<Row> {
    state.open.as_ref().map(|open| of_case(open, form.kind)).unwrap_or_default()
}

fn of_case(open: &Open, kind: FormKind) -> Vec<Row> {
    let sheet = open.sheet();
    match kind {
        FormKind::Ambiguity => ambiguity_rows(open, &sheet.ambiguity.unwrap_or_default()),
        FormKind::Verdicts => verdict_rows(open, &sheet),
    }
}

fn row(about: Part, title: impl Into<String>, value: impl Into<String>, missing: bool) -> Row {
    Row { about, title: title.into(), value: value.into(), missing }
}

fn shown(text: Option<&String>) -> String {
    text.map(|text| Safe::new(text).to_string()).unwrap_or_default()
}

fn ambiguity_rows(open: &Open, block: &Ambiguity) -> Vec<Row> {
    let mut rows = vec![row(
        Part::Types,
        "why",
        with_meaning(&block.types, &taxonomy::AMBIGUITIES),
        block.types.is_empty(),
    )];
    let alternatives = open.dispute().map(|dispute| dispute.candidates.as_slice()).unwrap_or_default();
    let few = block.alternatives.len() < 2;
    for candidate in alternatives {
        let weight = block.alternatives.iter().find(|known| known.value == candidate.value);
        let value = match weight {
            Some(known) => format!("{:.2}  {}", known.weight, Safe::new(&candidate.words)),
            None => format!("left out  {}", Safe::new(&candidate.words)),
        };
        rows.push(row(
            Part::Alternative(candidate.n),
            format!("weight of {}", candidate.n),
            value,
            few && weight.is_none(),
        ));
    }
    let word = |code: Option<&String>, terms: &[Term]| {
        code.map(|code| with_meaning(std::slice::from_ref(code), terms)).unwrap_or_default()
    };
    let guideline =
        block.guideline.as_ref().and_then(|wish| wish.get("request")).and_then(|text| text.as_str());
    rows.extend([
        row(Part::Resolve, "would resolve it", shown(block.resolve.as_ref()), false),
        row(Part::Reducible, "reducible by", word(block.reducible.as_ref(), &taxonomy::REDUCIBLE), false),
        row(Part::Variants, "acceptable reads", block.variants.join(" "), false),
        row(Part::Dissent, "dissent", shown(block.dissent.as_ref()), false),
        row(Part::Handling, "downstream", word(block.handling.as_ref(), &taxonomy::HANDLING), false),
        row(
            Part::Guideline,
            "change guideline",
            guideline.map(|text| Safe::new(text).to_string()).unwrap_or_default(),
            false,
        ),
        row(Part::Done, "done", "", false),
    ]);
    rows
}

fn verdict_rows(open: &Open, sheet: &Sheet) -> Vec<Row> {
    let mut rows = Vec::new();
    for read in &open.desk.view.reads {
        let letter = &read.reader;
        let said = sheet.verdicts.get(letter).cloned();
        let unsaid = said.is_none() && asks_all(open);
        let held = said.unwrap_or_default();
        let fault = held.verdict.is_fault();
        let word = if unsaid { "" } else { verdict_word(held.verdict) };
        rows.push(row(Part::Verdict(letter.clone()), letter.clone(), word, false));
        if fault {
            let severity = held.severity.iter().cloned().collect::<Vec<_>>();
            rows.push(row(
                Part::Severity(letter.clone()),
                "  severity",
                with_meaning(&severity, &taxonomy::SEVERITIES),
                false,
            ));
            let missing = held.cause.is_empty() && sheet.root_cause.is_empty();
            rows.push(row(
                Part::Cause(letter.clone()),
                "  cause",
                with_meaning(&held.cause, &all_causes()),
                missing,
            ));
        }
        if held.verdict != VerdictKind::NotAssessed {
            rows.push(row(Part::VerdictNote(letter.clone()), "  note", shown(held.note.as_ref()), false));
        }
    }
    rows.push(row(Part::Done, "done", "", false));
    rows
}

/// Says codes with what they mean.
pub fn with_meaning(codes: &[String], terms: &[Term]) -> String {
    let one = |code: &String| match terms.iter().find(|term| term.code == code) {
        Some(term) if codes.len() == 1 => format!("{} {}", term.code, term.meaning),
        _ => Safe::new(code).to_string(),
    };
    codes.iter().map(one).collect::<Vec<_>>().join(" ")
}

fn all_causes() -> Vec<Term> {
    taxonomy::FAMILIES.iter().chain(&taxonomy::CAUSES).chain([&taxonomy::UNKNOWN]).copied().collect()
}

/// Gives the candidates with the weights that the reads give them.
pub fn proposed(open: &Open) -> Vec<Alternative> {
    let Some(dispute) = open.dispute() else { return Vec::new() };
    let shares: Vec<f64> =
        dispute.candidates.iter().map(|candidate| candidate.share.unwrap_or(1.0).max(0.0)).collect();
    let all: f64 = shares.iter().sum();
    let weight = |share: f64| if all > 0.0 { share / all } else { 1.0 / shares.len() as f64 };
    let alternative = |(candidate, share): (&crate::review::show::CandidateView, &f64)| Alternative {
        value: candidate.value.clone(),
        weight: weight(*share),
    };
    let mut proposed: Vec<Alternative> = dispute.candidates.iter().zip(&shares).map(alternative).collect();
    proposed.retain(|known| known.weight > 0.0);
    proposed
}

/// Fills a block with proposed alternatives.
pub fn with_proposal(block: Ambiguity, alternatives: Vec<Alternative>) -> Ambiguity {
    Ambiguity { alternatives, ..block }
}

/// Sets one weight, and brings the others into proportion so that all sum to 1.
fn set_weight(block: &mut Ambiguity, value: &serde_json::Value, weight: f64) {
    let weight = if weight.is_finite() { weight.clamp(0.0, 1.0) } else { return };
    let others: f64 =
        block.alternatives.iter().filter(|known| known.value != *value).map(|known| known.weight).sum();
    let count = block.alternatives.iter().filter(|known| known.value != *value).count();
    // One that stands alone holds all.
    let weight = if count == 0 { 1.0 } else { weight.clamp(0.01, 0.99) };
    for known in &mut block.alternatives {
        known.weight = match known.value == *value {
            true => weight,
            false if others > 0.0 => known.weight / others * (1.0 - weight),
            false => (1.0 - weight) / count as f64,
        };
    }
}

/// Takes an alternative in or leaves it out.
fn toggle_alternative(block: &mut Ambiguity, value: &serde_json::Value) {
    if block.alternatives.iter().any(|known| known.value == *value) {
        block.alternatives.retain(|known| known.value != *value);
        let left: f64 = block.alternatives.iter().map(|known| known.weight).sum();
        let count = block.alternatives.len().max(1) as f64;
        for known in &mut block.alternatives {
            known.weight = if left > 0.0 { known.weight / left } else { 1.0 / count };
        }
    } else {
        let share = 1.0 / (block.alternatives.len() + 1) as f64;
        block.alternatives.push(Alternative { value: value.clone(), weight: share });
        set_weight(block, value, share);
    }
}

fn turn(held: &mut Option<String>, terms: &[Term], by: isize) {
    let at = held.as_ref().and_then(|code| terms.iter().position(|term| term.code == code));
    // Before the first stands nothing.
    let place = at.map_or(0, |at| at + 1);
    let next = if by == 0 { (place + 1) % (terms.len() + 1) } else { step(place, by, terms.len() + 1) };
    *held = next.checked_sub(1).and_then(|at| terms.get(at)).map(|term| term.code.to_owned());
}

/// Takes the next severity, or the one before.
pub fn turn_severity(held: &mut Option<String>, by: isize) {
    turn(held, &taxonomy::SEVERITIES, by);
}

/// Does what a command means in a form.
pub(super) fn command(state: &mut State, command: Command) {
    let now = state.now;
    let Some(Popup::Form(form)) = state.popups.last() else { return };
    let (form, rows) = (form.clone(), rows(state, form));
    let by: isize = match command {
        Command::NextField | Command::MoveDown => return select(state, step(form.selected, 1, rows.len())),
        Command::PreviousField | Command::MoveUp => {
            return select(state, step(form.selected, -1, rows.len()));
        }
        Command::MoveFirst => return select(state, 0),
        Command::MoveLast => return select(state, rows.len().saturating_sub(1)),
        Command::NextValue => 1,
        Command::PreviousValue => -1,
        Command::ToggleValue | Command::EditValue | Command::OpenSelected => 0,
        _ => return,
    };
    let edits = matches!(command, Command::EditValue | Command::OpenSelected);
    let Some(about) = rows.get(form.selected).map(|row| row.about.clone()) else { return };
    let Some(open) = &mut state.open else { return };
    let block = |sheet: &mut Sheet, change: &mut dyn FnMut(&mut Ambiguity)| {
        change(sheet.ambiguity.get_or_insert_with(Ambiguity::default))
    };
    let menu = match &about {
        Part::Done => {
            if by == 0 {
                state.popups.pop();
            }
            return;
        }
        Part::Types => Some(ambiguity_types(open)),
        Part::Variants => Some(variants(open)),
        Part::Cause(letter) => Some(causes(open, Some(letter))),
        Part::Severity(letter) if edits => Some(severities(open, Some(letter))),
        Part::Severity(letter) => {
            open.fill(now, |sheet| {
                turn_severity(&mut sheet.verdicts.entry(letter.clone()).or_default().severity, by)
            });
            None
        }
        Part::Verdict(letter) => {
            let all = asks_all(open);
            open.fill(now, |sheet| turn_verdict(sheet, letter, by, all));
            None
        }
        Part::Reducible => {
            open.fill(now, |sheet| {
                block(sheet, &mut |known| turn(&mut known.reducible, &taxonomy::REDUCIBLE, by))
            });
            None
        }
        Part::Handling => {
            open.fill(now, |sheet| {
                block(sheet, &mut |known| turn(&mut known.handling, &taxonomy::HANDLING, by))
            });
            None
        }
        Part::Alternative(number) => {
            let value = open
                .dispute()
                .and_then(|dispute| dispute.candidates.get(number - 1))
                .map(|known| known.value.clone());
            let Some(value) = value else { return };
            if edits {
                let held = open.sheet().ambiguity.unwrap_or_default();
                let weight = held
                    .alternatives
                    .iter()
                    .find(|known| known.value == value)
                    .map_or(0.0, |known| known.weight);
                let editor = Editor::holding(&format!("{weight:.2}"));
                let title = format!("Weight of candidate {number}, 0 to 1");
                state.popups.push(Popup::Prompt(Prompt { title, about: Question::Weight(*number), editor }));
                return;
            }
            open.fill(now, |sheet| {
                block(sheet, &mut |known| {
                    let held = known
                        .alternatives
                        .iter()
                        .find(|known| known.value == value)
                        .map(|known| known.weight);
                    match held {
                        Some(weight) if by != 0 => {
                            set_weight(known, &value, weight + WEIGHT_STEP * by as f64)
                        }
                        _ => toggle_alternative(known, &value),
                    }
                });
            });
            None
        }
        Part::Resolve => return super::case::prompt(state, "What would resolve it?", Question::Resolve),
        Part::Dissent => {
            return super::case::prompt(state, "Who dissents, on what, and why?", Question::Dissent);
        }
        Part::Guideline => {
            return super::case::prompt(state, "What should the guideline say?", Question::Guideline);
        }
        Part::VerdictNote(letter) => {
            let title = format!("Note on {letter}");
            return super::case::prompt(state, &title, Question::VerdictNote(letter.clone()));
        }
    };
    if let Some(menu) = menu {
        state.popups.push(Popup::Menu(menu));
    }
    // A verdict may have brought rows or taken some away.
    let count = self::rows(state, &form).len();
    if let Some(Popup::Form(form)) = state.popups.iter_mut().rfind(|popup| matches!(popup, Popup::Form(_))) {
        form.selected = form.selected.min(count.saturating_sub(1));
    }
}

fn select(state: &mut State, at: usize) {
    if let Some(Popup::Form(form)) = state.popups.last_mut() {
        form.selected = at;
    }
}

/// Tells whether the charter wants something said of every reader, be it that they aren't assessed.
fn asks_all(open: &Open) -> bool {
    open.desk.rules.verdicts == Verdicts::Always
}

/// Takes the next verdict. Where `all` are asked for, that somebody isn't assessed is said too: one step back from nothing.
fn turn_verdict(sheet: &mut Sheet, letter: &str, by: isize, all: bool) {
    let held = sheet.verdicts.get(letter).map(|known| known.verdict);
    let at = VERDICTS.iter().position(|(kind, _)| held.is_some_and(|held| held == *kind)).unwrap_or(0);
    let next = match held {
        None if all && by < 0 => 0,
        _ if by == 0 => (at + 1) % VERDICTS.len(),
        _ => step(at, by, VERDICTS.len()),
    };
    let kind = VERDICTS.get(next).map(|(kind, _)| *kind).unwrap_or_default();
    if kind == VerdictKind::NotAssessed {
        sheet.verdicts.remove(letter);
        if all {
            sheet.verdicts.insert(letter.to_owned(), Verdict::default());
        }
    } else {
        sheet.verdicts.entry(letter.to_owned()).or_default().verdict = kind;
    }
}

fn menu_of(title: String, about: About, terms: &[Term], marked: &[String], several: bool) -> Menu {
    let codes = terms.iter().map(|term| term.code.len()).max().unwrap_or(0) + 1;
    let entries: Vec<Entry> = terms
        .iter()
        .map(|term| Entry {
            value: term.code.to_owned(),
            words: format!("{:<codes$}{}", term.code, term.meaning),
            marked: marked.iter().any(|code| code == term.code),
            heading: None,
        })
        .collect();
    let selected = entries.iter().position(|entry| entry.marked).unwrap_or(0);
    Menu { title, about, entries, selected, several, touched: false }
}

/// The menu of root causes, the proposed family first.
pub fn causes(open: &Open, letter: Option<&String>) -> Menu {
    let sheet = open.sheet();
    let held = match letter {
        Some(letter) => sheet.verdicts.get(letter).map(|known| known.cause.clone()).unwrap_or_default(),
        None => sheet.root_cause,
    };
    let proposed = open.dispute().map(proposed_causes).unwrap_or_default();
    let near = |term: &Term| !proposed.iter().any(|code| term.code.starts_with(code.get(..1).unwrap_or("")));
    let mut terms = all_causes();
    // Stable: the family that the dispute suggests comes first, the rest as they stand.
    terms.sort_by_key(|term| (near(term), term.code == taxonomy::UNKNOWN.code));
    let of = letter.map_or(String::new(), |letter| format!(" of {letter}"));
    menu_of(format!("Root cause{of}"), About::Causes(letter.cloned()), &terms, &held, true)
}

/// The menu of severities.
pub fn severities(open: &Open, letter: Option<&String>) -> Menu {
    let sheet = open.sheet();
    let held = match letter {
        Some(letter) => sheet.verdicts.get(letter).and_then(|known| known.severity.clone()),
        None => sheet.severity,
    };
    let held: Vec<String> = held.into_iter().collect();
    menu_of(
        "Severity (RADPEER)".into(),
        About::Severity(letter.cloned()),
        &taxonomy::SEVERITIES,
        &held,
        false,
    )
}

/// The menu of the types of ambiguity, the proposed one first.
pub fn ambiguity_types(open: &Open) -> Menu {
    let held = open.sheet().ambiguity.map(|block| block.types).unwrap_or_default();
    let proposed =
        open.dispute().and_then(|dispute| dispute.dispute_type).and_then(taxonomy::proposed_ambiguity);
    let mut terms = taxonomy::AMBIGUITIES.to_vec();
    terms.sort_by_key(|term| (Some(term.code) != proposed, term.code == "A0"));
    menu_of("Why it is ambiguous".into(), About::AmbiguityTypes, &terms, &held, true)
}

fn variants(open: &Open) -> Menu {
    let held = open.sheet().ambiguity.map(|block| block.variants).unwrap_or_default();
    let entries = open.desk.view.reads.iter().map(|read| Entry {
        value: read.reader.clone(),
        words: format!("what {} says is acceptable", read.reader),
        marked: held.contains(&read.reader),
        heading: None,
    });
    Menu {
        title: "Acceptable reads".into(),
        about: About::Variants,
        entries: entries.collect(),
        selected: 0,
        several: true,
        touched: false,
    }
}

/// Takes what a menu of the case has come to.
pub(super) fn take_menu(sheet: &mut Sheet, about: &About, chosen: Vec<String>) {
    let block = |sheet: &mut Sheet| std::mem::take(sheet.ambiguity.get_or_insert_with(Ambiguity::default));
    match about {
        About::Causes(None) => sheet.root_cause = chosen,
        About::Causes(Some(letter)) => sheet.verdicts.entry(letter.clone()).or_default().cause = chosen,
        About::Severity(None) => sheet.severity = chosen.into_iter().next(),
        About::Severity(Some(letter)) => {
            sheet.verdicts.entry(letter.clone()).or_default().severity = chosen.into_iter().next();
        }
        About::AmbiguityTypes => sheet.ambiguity = Some(Ambiguity { types: chosen, ..block(sheet) }),
        About::Variants => sheet.ambiguity = Some(Ambiguity { variants: chosen, ..block(sheet) }),
        About::Filter
        | About::Sort
        | About::Window
        | About::Beside
        | About::Period
        | About::Split
        | About::CodedPart
        | About::Codes(_)
        | About::Check
        | About::OfSample(_) => {}
    }
}

/// Gives the text that a prompt is about.
pub(super) fn text_of(sheet: &Sheet, about: &Question) -> String {
    let block = sheet.ambiguity.as_ref();
    let text = match about {
        Question::Note | Question::NoteAndSave(_) => sheet.note.clone(),
        Question::Clause => sheet.clause.clone(),
        Question::Panel => Some(sheet.panel.join(", ")),
        Question::Resolve => block.and_then(|block| block.resolve.clone()),
        Question::Dissent => block.and_then(|block| block.dissent.clone()),
        Question::Guideline => block
            .and_then(|block| block.guideline.as_ref())
            .and_then(|wish| wish.get("request"))
            .and_then(|text| text.as_str())
            .map(str::to_owned),
        Question::VerdictNote(letter) => sheet.verdicts.get(letter).and_then(|known| known.note.clone()),
        Question::Find
        | Question::Weight(_)
        | Question::Number
        | Question::OfSample(_)
        | Question::Meaning(_)
        | Question::OfReview(_)
        | Question::Why(_)
        | Question::Waive { .. } => None,
    };
    text.unwrap_or_default()
}

/// Writes what is typed into the sheet, as it is typed.
pub(super) fn take_text(sheet: &mut Sheet, about: &Question, text: &str) {
    let text = (!text.is_empty()).then(|| text.to_owned());
    let block = |sheet: &mut Sheet| std::mem::take(sheet.ambiguity.get_or_insert_with(Ambiguity::default));
    match about {
        Question::Note | Question::NoteAndSave(_) => sheet.note = text,
        Question::Clause => sheet.clause = text,
        Question::Panel => {
            let names = text.iter().flat_map(|text| text.split(',')).map(|name| name.trim().to_owned());
            sheet.panel = names.filter(|name| !name.is_empty()).collect();
        }
        Question::Resolve => sheet.ambiguity = Some(Ambiguity { resolve: text, ..block(sheet) }),
        Question::Dissent => sheet.ambiguity = Some(Ambiguity { dissent: text, ..block(sheet) }),
        Question::Guideline => {
            let guideline = text.map(|text| serde_json::json!({ "request": text }));
            sheet.ambiguity = Some(Ambiguity { guideline, ..block(sheet) });
        }
        Question::VerdictNote(letter) => sheet.verdicts.entry(letter.clone()).or_default().note = text,
        Question::Find
        | Question::Weight(_)
        | Question::Number
        | Question::OfSample(_)
        | Question::Meaning(_)
        | Question::OfReview(_)
        | Question::Why(_)
        | Question::Waive { .. } => {}
    }
}

/// Takes a weight that was typed; gives words where it is none.
pub(super) fn take_weight(open: &mut Open, now: i64, number: usize, text: &str) -> Result<(), String> {
    let weight: f64 = text
        .trim()
        .replace(',', ".")
        .parse()
        .ok()
        .filter(|weight| (0.0..=1.0).contains(weight))
        .ok_or_else(|| "a weight is a number from 0 to 1, such as 0.6".to_owned())?;
    let value = open
        .dispute()
        .and_then(|dispute| dispute.candidates.get(number - 1))
        .map(|known| known.value.clone());
    let Some(value) = value else { return Ok(()) };
    open.fill(now, |sheet| {
        let block = sheet.ambiguity.get_or_insert_with(Ambiguity::default);
        if !block.alternatives.iter().any(|known| known.value == value) {
            toggle_alternative(block, &value);
        }
        set_weight(block, &value, weight);
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(weights: &[f64]) -> Ambiguity {
        let alternative =
            |(n, weight): (usize, &f64)| Alternative { value: serde_json::json!(n), weight: *weight };
        Ambiguity {
            alternatives: weights.iter().enumerate().map(alternative).collect(),
            ..Ambiguity::default()
        }
    }

    #[test]
    fn weights_always_sum_to_one() {
        let mut block = block(&[0.5, 0.25, 0.25]);
        let sum = |block: &Ambiguity| block.alternatives.iter().map(|known| known.weight).sum::<f64>();
        for (at, weight) in [(0, 0.9), (1, 0.0), (2, 1.0), (0, f64::NAN), (1, 0.3)] {
            set_weight(&mut block, &serde_json::json!(at), weight);
            assert!((sum(&block) - 1.0).abs() < 1e-9, "{block:?}");
            assert!(block.alternatives.iter().all(|known| known.weight > 0.0));
        }
        for at in [0, 1, 0, 7, 2, 1] {
            toggle_alternative(&mut block, &serde_json::json!(at));
            assert!((sum(&block) - 1.0).abs() < 1e-9, "{block:?}");
        }
    }
}
