//! The same state, line by line: for people who can't use the screen as drawn, for screen readers, for terminals that
//! can do nothing. Says what is before the person, and what can be done, in whole words.

mod causes;
mod figures;
mod samples;

use crate::app::State;
use crate::app::case::{Open, is_open, reading_words};
use crate::app::forms;
use crate::app::layout::Layout;
use crate::app::popup::{Popup, matching, matching_clauses};
use crate::app::sheet::Sheet;
use crate::app::state::Screen;
use crate::command::Command;
use crate::domain::decision::Answer;
use crate::domain::text::Safe;
use crate::domain::word::Word;
use crate::review::queue::LeftOut;

/// Lines of a list that are read out around the one that is selected.
const NEAR: usize = 5;

/// Says everything that is before the person.
pub fn lines(state: &State) -> Vec<String> {
    let mut lines = Vec::new();
    if state.locked {
        return vec!["locked: any line goes on".into()];
    }
    match (&state.open, state.screen) {
        (Some(open), _) => case(state, open, &mut lines),
        (None, Screen::Worklist) => worklist(state, &mut lines),
        (None, Screen::Agreement | Screen::Readers) => figures::lines(state, &mut lines),
        (None, Screen::Sampling) => samples::sampling(state, &mut lines),
        (None, Screen::Audits) => samples::audits(state, &mut lines),
        (None, Screen::Causes) => causes::lines(state, &mut lines),
        (None, Screen::Checks) => checks(state, &mut lines),
        (None, Screen::Log) => log(state, &mut lines),
    }
    if let Some(popup) = state.popups.last() {
        over(state, popup, &mut lines);
    }
    if let Some(trouble) = &state.trouble {
        lines.push(format!("nothing can be saved at present: {}", Safe::new(trouble)));
    }
    if let Some(notice) = &state.notice {
        lines.push(Safe::new(&notice.words).to_string());
    }
    lines
}

/// Says which keys work here, for `help`.
pub fn help(state: &State) -> Vec<String> {
    let scopes = state.subject_scopes();
    let line = |command: &Command| {
        let entry = command.entry();
        let keys = state.keymap.keys_of(*command, &scopes).join(" or ");
        let keys = if keys.is_empty() { "no key".to_owned() } else { keys };
        format!("{keys}: {} ({})", entry.help, entry.name)
    };
    state.commands().iter().map(line).collect()
}

fn worklist(state: &State, lines: &mut Vec<String>) {
    let list = &state.worklist;
    let counts = &list.counts;
    lines.push(format!(
        "worklist of {}: {} open, {} claimed, {} done today",
        Safe::new(&state.person.project),
        counts.open,
        counts.claimed,
        counts.done_today
    ));
    if counts.returned > 0 {
        lines.push(format!("returned to you: {}", counts.returned));
    }
    if let Some(left_out) = list.left_out.as_ref().and_then(LeftOut::words) {
        lines.push(left_out);
    }
    if let Some(drill) = &list.drill {
        lines.push(format!("listed are {}", drill.words));
    }
    if state.person.read_only {
        lines.push("the store can only be read: nothing can be claimed or decided".into());
    }
    if list.is_empty() {
        let words = match () {
            () if list.listing => "reading the list",
            () if state.person.roleless => super::worklist::NO_ROLE,
            () => "no case is listed",
        };
        lines.push(words.to_owned());
    }
    let last = (list.selected + NEAR).min(list.len());
    for place in list.selected..last {
        let Some(line) = list.line_at(place) else { continue };
        let disputes: Vec<String> = line
            .disputes
            .iter()
            .map(|dispute| {
                let kind = dispute.dispute_type.map_or("", |kind| kind.word());
                format!("{} {kind} {}", Safe::new(&dispute.label), Safe::new(&dispute.words))
                    .trim()
                    .to_owned()
            })
            .collect();
        let here = if place == list.selected { "selected, " } else { "" };
        let who =
            line.claimed_by.as_ref().map_or(String::new(), |who| format!(", {} is at it", Safe::new(who)));
        let disputes = match &list.drill {
            Some(_) => {
                let says = list.says(line);
                let word = says.state.word().to_lowercase().replace('_', " ");
                format!("{} {word}", Safe::new(says.label))
            }
            None => disputes.join("; "),
        };
        lines.push(format!(
            "{here}{} of {}: {}, {}{who}; {}",
            place + 1,
            list.len(),
            Safe::new(&line.case),
            line.state.word().to_lowercase().replace('_', " "),
            disputes
        ));
    }
}

fn checks(state: &State, lines: &mut Vec<String>) {
    let book = &state.checks;
    let shown = book.shown();
    lines.push(format!("{}, {} listed", book.title(), shown.len()));
    lines.extend(book.words().map(str::to_owned));
    for (place, found) in shown.iter().enumerate().skip(book.selected).take(NEAR) {
        let here = if place == book.selected { "selected, " } else { "" };
        let words = book_words(found);
        lines.push(format!("{here}{} of {}: {words}", place + 1, shown.len()));
    }
}

/// Says one problem in a line.
fn book_words(found: &crate::review::check::Found) -> String {
    let case = found.case.as_deref().map_or(String::new(), |case| format!("{}, ", Safe::new(case)));
    let reader =
        found.reader.as_deref().map_or(String::new(), |reader| format!(", reader {}", Safe::new(reader)));
    let level = if found.waived.is_some() { "waived" } else { found.level };
    format!("{case}{level} {}: {}{reader}", found.check, Safe::new(&found.message))
}

fn case(state: &State, open: &Open, lines: &mut Vec<String>) {
    let view = &open.desk.view;
    lines.push(format!(
        "case {}, {}",
        Safe::new(&view.case),
        view.state.word().to_lowercase().replace('_', " ")
    ));
    for why in &view.why {
        lines.push(Safe::new(why).to_string());
    }
    lines.extend(view.problems.iter().filter(|found| !found.blocks()).map(book_words));
    if let Some(known) = open.desk.images.get(open.picture.image) {
        let image = &known.image;
        let kind = image.modality.as_deref().map_or(String::new(), |kind| format!(" {}", Safe::new(kind)));
        let mut words =
            vec![format!("image {} of {}:{kind}", open.picture.image + 1, open.desk.images.len())];
        words.push(format!("{}×{}", image.columns, image.rows));
        words.extend(super::strip::words(open));
        words.extend(image.burnt_in().words().map(str::to_owned));
        lines.push(words.join(", "));
    }
    if let Some(words) = reading_words(open) {
        lines.push(Safe::new(&words).to_string());
    }
    let Some(dispute) = open.dispute() else {
        lines.push("the readers agree on everything here, within the tolerances".into());
        return;
    };
    let kind = dispute.dispute_type.map_or("", |kind| kind.word());
    lines.push(format!(
        "dispute {} of {}: {kind} {}, {}",
        open.at + 1,
        view.disputes.len(),
        Safe::new(&dispute.label),
        Safe::new(&dispute.words)
    ));
    if !is_open(dispute) {
        lines.push(format!("it is {}", dispute.state.word().to_lowercase()));
        lines.extend(dispute.reasons().map(|reasons| format!("because: {}", Safe::new(&reasons))));
    }
    if dispute.own_look {
        lines.push(super::case::own_look_words(dispute).into());
        for (n, value) in dispute.levels.iter().enumerate() {
            lines.push(format!("  {}: {}", n + 1, Safe::new(&value.to_string())));
        }
    }
    for candidate in &dispute.candidates {
        let who = match &candidate.readers {
            Some(readers) => format!("{}: ", readers.join(" and ")),
            None => String::new(),
        };
        lines.push(format!("  candidate {}: {who}{}", candidate.n, Safe::new(&candidate.words)));
        for comment in &candidate.comments {
            lines.push(format!("    comment: {}", Safe::new(comment)));
        }
    }
    lines.extend(dispute.round_words());
    lines.extend(dispute.earlier_rounds.iter().map(|earlier| Safe::new(&earlier.words()).to_string()));
    lines.extend(super::case::hidden_words(state, dispute).map(|words| Safe::new(&words).to_string()));
    lines.push(format!("answer: {}", answer(&open.sheet())));
    if let Some(lacks) = open.lacks(state.now) {
        lines.push(format!("before it can be saved: {}", Safe::new(&lacks)));
    }
}

fn answer(sheet: &Sheet) -> String {
    let words = match &sheet.answer {
        None => return "none yet".into(),
        Some(Answer::Adopt(n)) => format!("candidate {n}"),
        Some(Answer::AdoptReader(letter)) => format!("what {letter} says"),
        Some(Answer::Merge(way)) => format!("merge by {way}"),
        Some(Answer::Value(value)) => value.to_string(),
        Some(Answer::Geometry(shape)) => format!("a {}", shape.shape.name()),
        Some(Answer::None) => "nothing is there".into(),
        Some(Answer::Ambiguous) => "ambiguous".into(),
        Some(Answer::Exclude) => "can't be graded".into(),
        Some(Answer::Defer) => "defer".into(),
        Some(Answer::Return) => "send back".into(),
        Some(Answer::Escalate) => "escalate".into(),
        Some(Answer::Discuss) => "discuss".into(),
    };
    let confidence =
        sheet.confidence.map_or("no confidence yet".to_owned(), |n| format!("confidence {n} of 5"));
    let uncertain = if sheet.uncertain { ", uncertain" } else { "" };
    let note = sheet.note.as_ref().map_or(String::new(), |note| format!(", note: {note}"));
    Safe::new(&format!("{words}, {confidence}{uncertain}{note}")).to_string()
}

fn log(state: &State, lines: &mut Vec<String>) {
    let shown = state.logbook.shown();
    lines.push(format!("log, {} events", shown.len()));
    let from = state.logbook.selected.saturating_sub(NEAR);
    for line in shown.iter().skip(from).take(2 * NEAR) {
        let case = line.case.as_deref().map_or(String::new(), |case| format!(" {}", Safe::new(case)));
        lines.push(format!(
            "{}: {} {}{case} {}",
            line.seq,
            Safe::new(&line.who),
            line.action,
            Safe::new(&line.words)
        ));
    }
}

fn over(state: &State, popup: &Popup, lines: &mut Vec<String>) {
    let _ = Layout::compute;
    match popup {
        Popup::Help { filter, .. } => {
            let scopes = state.subject_scopes();
            for command in matching(&state.commands(), &filter.text()) {
                let entry = command.entry();
                lines.push(format!(
                    "{}: {}",
                    state.keymap.keys_of(command, &scopes).join(" or "),
                    entry.help
                ));
            }
        }
        Popup::Palette { typed, selected } => {
            lines.push(format!("command: {}", Safe::new(&typed.text())));
            for (n, command) in matching(&state.commands(), &typed.text()).iter().take(9).enumerate() {
                let here = if n == *selected { "selected, " } else { "" };
                lines.push(format!("  {here}{}: {}", command.name(), command.entry().help));
            }
        }
        Popup::Clauses { typed, selected } => {
            lines.push(format!("clause of the guideline: {}", Safe::new(&typed.text())));
            let clauses = state.open.as_ref().map(|open| &*open.desk.clauses).unwrap_or_default();
            for (n, clause) in matching_clauses(clauses, &typed.text()).into_iter().take(9).enumerate() {
                let here = if n == *selected { "selected, " } else { "" };
                let (name, text) =
                    clause.map_or(("none", ""), |of| (&of.name, if n == *selected { &of.text } else { "" }));
                lines.push(format!("  {here}{} {}", Safe::new(name), Safe::new(text)));
            }
        }
        Popup::Menu(menu) => {
            lines.push(Safe::new(&menu.title).to_string());
            for (n, entry) in menu.entries.iter().enumerate() {
                let here = if n == menu.selected { "selected, " } else { "" };
                let marked = if entry.marked { "marked, " } else { "" };
                lines.push(format!("  {here}{marked}{}", Safe::new(&entry.words)));
            }
        }
        Popup::Prompt(prompt) => {
            lines.push(format!("{}: {}", Safe::new(&prompt.title), Safe::new(&prompt.editor.text())));
        }
        Popup::Form(form) => {
            lines.push(form.title().to_owned());
            for (n, row) in forms::rows(state, form).iter().enumerate() {
                let here = if n == form.selected { "selected, " } else { "" };
                let missing = if row.missing { " (asked for)" } else { "" };
                lines.push(format!(
                    "  {here}{}: {}{missing}",
                    Safe::new(row.title.trim()),
                    Safe::new(&row.value)
                ));
            }
        }
        Popup::Text(text) => {
            lines.push(Safe::new(&text.title).to_string());
            lines.extend(text.lines.iter().map(Safe::to_string));
        }
        Popup::Letter(typed) => lines.push(super::popup::letter_words(typed)),
        Popup::Header(header) => {
            lines.push("header of the file, with patient data masked; say what to find, or esc".into());
            match &header.said {
                None => lines.push("reading the header".into()),
                Some(Err(words)) => lines.push(Safe::new(words).to_string()),
                Some(Ok(_)) => lines.extend(
                    header
                        .matching()
                        .iter()
                        .map(|line| format!("  {} {} {}: {}", line.tag, line.name, line.vr, line.value)),
                ),
            }
        }
    }
}
