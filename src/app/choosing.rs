//! What a command means in the uppermost popup, and what is taken of it when it closes.

use super::case;
use super::causes;
use super::checks;
use super::event::{Ask, Effect};
use super::forms;
use super::layout::Layout;
use super::logbook;
use super::popup::{About, Popup, Question, matching, matching_clauses, step, stride};
use super::sampling;
use super::state::{Screen, State, Tone};
use super::update::run;
use super::worklist;
use crate::command::Command;

/// Does what a command means in the uppermost popup.
pub(super) fn command(state: &mut State, command: Command) -> Vec<Effect> {
    let now = state.now;
    let layout = Layout::compute(state);
    let page = isize::try_from(layout.popup_page()).unwrap_or(1);
    let room = layout.popups.last().map_or(0, |area| usize::from(area.width.saturating_sub(2)));
    let commands = state.commands();
    let by = stride(command, page);
    match state.popups.last_mut() {
        Some(Popup::Help { top, filter }) => {
            *top = step(*top, by, matching(&commands, &filter.text()).len());
            if command == Command::OpenSelected {
                state.popups.pop();
            }
        }
        Some(Popup::Palette { typed, selected }) => {
            let found = matching(&commands, &typed.text());
            *selected = step(*selected, by, found.len());
            if command == Command::OpenSelected {
                let chosen = found.get(*selected).copied();
                state.popups.pop();
                if let Some(chosen) = chosen {
                    return run(state, chosen);
                }
            }
        }
        Some(Popup::Clauses { typed, selected }) => {
            let clauses = state.open.as_ref().map(|open| std::sync::Arc::clone(&open.desk.clauses));
            let clauses = clauses.unwrap_or_default();
            let found = matching_clauses(&clauses, &typed.text());
            *selected = step(*selected, by, found.len());
            if command == Command::OpenSelected {
                let chosen = found.get(*selected).map(|clause| clause.map(|clause| clause.name.clone()));
                state.popups.pop();
                if let (Some(clause), Some(open)) = (chosen, &mut state.open) {
                    open.fill(now, |sheet| sheet.clause = clause);
                }
            }
        }
        Some(Popup::Header(header)) => {
            header.top = step(header.top, by, header.matching().len());
            if command == Command::OpenSelected {
                state.popups.pop();
            }
        }
        Some(Popup::Text(text)) => {
            // The last page stays whole.
            let shown = usize::try_from(page).unwrap_or(1) + 1;
            let last = text.wrapped(room).len().saturating_sub(shown);
            text.top = step(text.top, by, last + 1);
            if command == Command::OpenSelected {
                state.popups.pop();
            }
        }
        Some(Popup::Menu(menu)) => {
            menu.step(by);
            match command {
                Command::NextField => menu.step(1),
                Command::PreviousField => menu.step(-1),
                Command::ToggleValue => {
                    let at = menu.selected;
                    let several = menu.several;
                    for (n, entry) in menu.entries.iter_mut().enumerate() {
                        entry.marked = if n == at { !entry.marked } else { entry.marked && several };
                    }
                    menu.touched = true;
                    if !several {
                        return take_menu(state);
                    }
                }
                Command::OpenSelected | Command::EditValue => return take_menu(state),
                _ => {}
            }
        }
        Some(Popup::Prompt(_)) if matches!(command, Command::OpenSelected) => return take_prompt(state),
        Some(Popup::Prompt(prompt)) if prompt.about == Question::Find && by != 0 => {
            // The list moves under the line that is typed.
            return match state.screen {
                Screen::Log => logbook::command(state, command),
                Screen::Worklist => worklist::command(state, command),
                Screen::Checks => checks::command(state, command),
                _ => Vec::new(),
            };
        }
        Some(Popup::Form(_)) => forms::command(state, command),
        _ => {}
    }
    if let Some(open) = &mut state.open
        && now >= open.guard_until
    {
        open.guarded = false;
    }
    Vec::new()
}

/// Takes what was chosen of a menu and closes it.
fn take_menu(state: &mut State) -> Vec<Effect> {
    let now = state.now;
    let Some(Popup::Menu(menu)) = state.popups.pop() else { return Vec::new() };
    let selected = menu.entries.get(menu.selected).map(|entry| entry.value.clone());
    let mut chosen = menu.marked();
    if !menu.several || (chosen.is_empty() && !menu.touched) {
        chosen = selected.clone().into_iter().collect();
    }
    match (&menu.about, selected) {
        (_, None) => {}
        (About::Filter, Some(value)) => return worklist::filter_by(state, &value),
        (About::Sort, Some(value)) => {
            let sort = worklist::SORTS.iter().find(|(_, word, _)| *word == value).map(|(sort, _, _)| *sort);
            if let Some(sort) = sort {
                state.worklist.filter.sort = sort;
                return worklist::list_from_top(state);
            }
        }
        (About::Window, Some(value)) => {
            if let Some(open) = &mut state.open {
                open.picture.window = value.parse().ok();
                open.picture.windowing = true;
                open.picture.point = None;
                state.tell(Tone::Info, "left and right set the width, up and down the level; esc ends it");
            }
        }
        (about @ (About::Period | About::Split), Some(value)) => {
            let words = menu.entries.get(menu.selected).map(|entry| entry.words.clone());
            causes::take_menu(state, about, &value, words.unwrap_or_default());
        }
        (About::CodedPart, Some(value)) => case::choose_codes(state, &value),
        (About::Codes(letter), Some(_)) => return case::give_codes(state, letter.clone(), chosen),
        (About::Check, Some(value)) => checks::narrow(state, value),
        (About::OfSample(part), Some(value)) => return sampling::choose(state, *part, &value),
        (About::Beside, Some(value)) => case::compare_with(state, &value),
        (about, Some(_)) => {
            if let Some(open) = &mut state.open {
                open.fill(now, |sheet| forms::take_menu(sheet, about, chosen));
            }
        }
    }
    Vec::new()
}

/// Takes what was typed into a prompt and closes it.
fn take_prompt(state: &mut State) -> Vec<Effect> {
    let now = state.now;
    let Some(Popup::Prompt(prompt)) = state.popups.pop() else { return Vec::new() };
    match prompt.about {
        Question::NoteAndSave(answer) => {
            case::answer(state, answer);
            return case::save(state);
        }
        Question::OfSample(part) => return sampling::type_in(state, part, &prompt.editor.text()),
        Question::OfReview(taking) => return sampling::take_on(state, taking, &prompt.editor.text()),
        Question::Meaning(sample) => {
            let meaning = prompt.editor.text();
            return vec![Effect::Ask(Ask::SignLot { sample, meaning })];
        }
        Question::Why(wish) => {
            return vec![Effect::Ask(Ask::Act { wish, why: prompt.editor.text() })];
        }
        Question::Weight(number) => {
            if let Some(open) = &mut state.open
                && let Err(words) = forms::take_weight(open, now, number, &prompt.editor.text())
            {
                state.tell(Tone::Warning, words);
            }
        }
        Question::Waive { case, check, reader } => {
            let why = prompt.editor.text();
            return vec![Effect::Ask(Ask::Waive { case, check, reader, why })];
        }
        Question::Number => {
            let number = crate::domain::value::Value::from_cell(&prompt.editor.text());
            if let Some(open) = &mut state.open {
                match number.number() {
                    Some(_) => open.fill(now, |sheet| {
                        sheet.answer = Some(crate::domain::decision::Answer::Value(number));
                    }),
                    None => state.tell(Tone::Warning, "that is no number"),
                }
            }
        }
        _ => {}
    }
    Vec::new()
}
