//! Giving codes to the decision that stands: whose part, then which codes.

use crate::app::event::{Ask, Effect, Failure};
use crate::app::forms;
use crate::app::popup::{About, Entry, Menu, Popup};
use crate::app::state::{State, Tone};
use crate::domain::text::Safe;
use crate::review::causes::write::Codes;
use crate::review::show::DisputeView;

/// What stands for the decision itself in the menu of parts.
const DECISION: &str = "";

/// Opens the menu of parts, or at once that of codes where the decision names nobody's fault.
pub(super) fn begin(state: &mut State) {
    let Some(dispute) = state.open.as_ref().and_then(|open| open.dispute()) else { return };
    if dispute.decision.is_none() {
        state.tell(Tone::Info, "no decision stands here: causes are those of a decision");
        return;
    }
    let faults = faults(dispute);
    if faults.is_empty() {
        return choose_codes(state, DECISION);
    }
    let entry =
        |value: &str, words: String| Entry { value: value.to_owned(), words, marked: false, heading: None };
    let mut entries: Vec<Entry> = faults
        .iter()
        .map(|(letter, verdict, codes)| {
            entry(letter, format!("{} {verdict}  {}", Safe::new(letter), codes.join(" ")))
        })
        .collect();
    entries.push(entry(DECISION, "the decision itself".into()));
    let (title, about) = ("Codes of whose part".to_owned(), About::CodedPart);
    state.popups.push(Popup::Menu(Menu {
        title,
        about,
        entries,
        selected: 0,
        several: false,
        touched: false,
    }));
}

/// Gives the readers whose part is to be explained, with verdict and codes.
fn faults(dispute: &DisputeView) -> Vec<(String, String, Vec<String>)> {
    let verdicts = dispute.decision.as_ref().and_then(|decision| decision.get("verdicts")?.as_object());
    let of = |(letter, verdict): (&String, &serde_json::Value)| {
        let word = verdict.get("verdict")?.as_str()?;
        let faulty = matches!(word, "error" | "slip" | "justifiable");
        faulty.then(|| (letter.clone(), word.to_owned(), words(verdict.get("cause"))))
    };
    verdicts.into_iter().flatten().filter_map(of).collect()
}

fn words(list: Option<&serde_json::Value>) -> Vec<String> {
    let list = list.and_then(serde_json::Value::as_array);
    list.into_iter().flatten().filter_map(|word| word.as_str().map(str::to_owned)).collect()
}

/// Opens the menu of codes for a part.
pub(in crate::app) fn choose_codes(state: &mut State, part: &str) {
    let Some(open) = &state.open else { return };
    let Some(dispute) = open.dispute() else { return };
    let of_reader = faults(dispute).into_iter().find(|(letter, ..)| letter == part);
    let held = match of_reader {
        Some((_, _, codes)) => codes,
        None => words(dispute.decision.as_ref().and_then(|decision| decision.get("root_cause"))),
    };
    let letter = (part != DECISION).then(|| part.to_owned());
    let mut menu = forms::causes(open, letter.as_ref());
    for entry in &mut menu.entries {
        entry.marked = held.contains(&entry.value);
    }
    menu.selected = menu.entries.iter().position(|entry| entry.marked).unwrap_or(0);
    menu.about = About::Codes(letter);
    state.popups.push(Popup::Menu(menu));
}

/// Hands the codes over.
pub(in crate::app) fn give_codes(
    state: &mut State,
    reader: Option<String>,
    codes: Vec<String>,
) -> Vec<Effect> {
    let Some(open) = &state.open else { return Vec::new() };
    let Some(dispute) = open.dispute() else { return Vec::new() };
    let (case, dispute) = (open.desk.view.case.clone(), dispute.id.clone());
    vec![Effect::Ask(Ask::WriteCodes(Box::new(Codes { case, dispute, reader, codes, ..Codes::default() })))]
}

/// Says that the codes stand, and looks at the case again.
pub(in crate::app) fn coded(state: &mut State, case: &str, result: Result<(), Failure>) -> Vec<Effect> {
    match result {
        Ok(()) => {
            state.causes.stale = true;
            state.figures.stale = true;
            state.tell(Tone::Good, "the codes stand");
            vec![Effect::Ask(Ask::Peek { case: case.to_owned() })]
        }
        Err(failure) => {
            crate::app::update::failed(state, failure);
            Vec::new()
        }
    }
}
