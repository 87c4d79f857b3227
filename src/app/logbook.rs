//! The log on the screen: the newest first page, further back on demand, following its end, one event in full.

use super::editor::Editor;
use super::event::{Ask, Effect, Failure};
use super::layout::Layout;
use super::popup::{Popup, Prompt, Question, Text, step};
use super::state::{Screen, State, Tone};
use crate::command::Command;
use crate::domain::text::Safe;
use crate::review::log::{LogLine, LogWish};

/// Lines that are asked for at once.
const STRETCH: u32 = 500;

/// Where one is in the log.
#[derive(Debug, Clone, Default)]
pub struct Logbook {
    /// Of one case, or of the project.
    pub case: Option<String>,
    /// The oldest first.
    pub lines: Vec<LogLine>,
    /// Nothing older is left.
    pub complete: bool,
    pub loading: bool,
    pub follow: bool,
    pub looked_for: String,
    /// Place in what is listed.
    pub selected: usize,
    pub top: usize,
    ticket: u64,
    read: bool,
    /// The case that it was opened from, which stays claimed and to which going back leads; and whether to decide it.
    pub from: Option<(String, bool)>,
}

impl Logbook {
    /// Gives the lines that hold what is looked for, each word of it.
    pub fn shown(&self) -> Vec<&LogLine> {
        let words: Vec<String> =
            self.looked_for.to_lowercase().split_whitespace().map(str::to_owned).collect();
        let holds = |line: &&LogLine| {
            let text = line.text();
            words.iter().all(|word| text.contains(word.as_str()))
        };
        self.lines.iter().filter(holds).collect()
    }
}

/// Opens the log, of the open case or of the project.
pub(super) fn open(state: &mut State) -> Vec<Effect> {
    let case = match (&state.open, state.screen) {
        (Some(open), _) => Some(open.desk.view.case.clone()),
        // Who doesn't oversee the project reads the log of one case at a time.
        (None, _) if !state.person.oversees => state.worklist.selected_line().map(|line| line.case.clone()),
        _ => None,
    };
    let from = state.open.as_ref().map(|open| (open.desk.view.case.clone(), open.to_decide));
    let mut effects = super::case::close(state);
    // Who reads the log of a case has not gone away from it.
    effects.retain(|effect| !matches!(effect, Effect::Ask(Ask::Release { .. })));
    let from = from.or_else(|| state.logbook.from.take().filter(|_| state.screen == Screen::Log));
    state.screen = Screen::Log;
    let ticket = state.ticket();
    state.logbook =
        Logbook { case: case.clone(), ticket, loading: true, follow: true, from, ..Logbook::default() };
    effects.push(Effect::Ask(Ask::RecordLogRead { case: case.clone() }));
    effects
        .push(Effect::Ask(Ask::Log { ticket, wish: LogWish { case, limit: STRETCH, ..LogWish::default() } }));
    effects
}

/// Gives back the claim on the case that the log was opened from, where the way doesn't lead back to it.
pub(super) fn let_go(state: &mut State) -> Vec<Effect> {
    let held = state.logbook.from.take().filter(|(_, to_decide)| *to_decide);
    held.map(|(case, _)| Effect::Ask(Ask::Release { case })).into_iter().collect()
}

/// Asks for what came after the last line.
pub(super) fn more(state: &State) -> Vec<Effect> {
    let book = &state.logbook;
    if state.screen != Screen::Log || book.loading || !book.read {
        return Vec::new();
    }
    let after = book.lines.last().map(|line| line.seq).unwrap_or(0);
    let wish = LogWish { case: book.case.clone(), after: Some(after), limit: STRETCH, ..LogWish::default() };
    vec![Effect::Ask(Ask::Log { ticket: book.ticket, wish })]
}

/// Takes lines of the log.
pub(super) fn take(state: &mut State, ticket: u64, lines: Result<Vec<LogLine>, Failure>) -> Vec<Effect> {
    if ticket != state.logbook.ticket {
        return Vec::new();
    }
    let book = &mut state.logbook;
    book.loading = false;
    let mut lines = match lines {
        Ok(lines) => lines,
        Err(failure) => {
            super::update::failed(state, failure);
            return Vec::new();
        }
    };
    lines.sort_by_key(|line| line.seq);
    let first = book.lines.first().map(|line| line.seq);
    let last = book.lines.last().map(|line| line.seq);
    let newer: Vec<LogLine> =
        lines.iter().filter(|line| last.is_none_or(|last| line.seq > last)).cloned().collect();
    let older: Vec<LogLine> =
        lines.into_iter().filter(|line| first.is_some_and(|first| line.seq < first)).collect();
    if first.is_none() {
        book.complete = newer.len() < STRETCH as usize;
    } else if newer.is_empty() {
        book.complete = older.len() < STRETCH as usize;
    }
    book.selected += older.len();
    book.top += older.len();
    book.lines.splice(0..0, older);
    book.lines.extend(newer);
    book.read = true;
    if book.follow {
        let last = book.shown().len().saturating_sub(1);
        book.selected = last;
    }
    scroll(state);
    Vec::new()
}

fn scroll(state: &mut State) {
    let page = Layout::compute(state).page();
    let book = &mut state.logbook;
    let count = book.shown().len();
    book.selected = book.selected.min(count.saturating_sub(1));
    book.top = book.top.min(book.selected).min(count.saturating_sub(page));
    if book.selected >= book.top + page {
        book.top = book.selected + 1 - page;
    }
}

/// Does what a command means in the log.
pub(super) fn command(state: &mut State, command: Command) -> Vec<Effect> {
    let page = isize::try_from(Layout::compute(state).page()).unwrap_or(1);
    let count = state.logbook.shown().len();
    let book = &mut state.logbook;
    let before = book.selected;
    match command {
        Command::MoveDown => book.selected = step(before, 1, count),
        Command::MoveUp => book.selected = step(before, -1, count),
        Command::PageDown => book.selected = step(before, page, count),
        Command::PageUp => book.selected = step(before, -page, count),
        Command::MoveFirst => book.selected = 0,
        Command::MoveLast => book.selected = count.saturating_sub(1),
        Command::FollowLog => {
            book.follow = !book.follow;
            let words = if book.follow { "follows the end of the log" } else { "stays where it is" };
            if book.follow {
                book.selected = count.saturating_sub(1);
            }
            state.tell(Tone::Info, words);
        }
        Command::FindText => {
            let editor = Editor::holding(&book.looked_for);
            state.popups.push(Popup::Prompt(Prompt {
                title: "Find in the log".into(),
                about: Question::Find,
                editor,
            }));
        }
        Command::OpenSelected => {
            let Some(line) = book.shown().get(book.selected).map(|line| (*line).clone()) else {
                return Vec::new();
            };
            let lines = line.full().iter().map(|line| Safe::new(line)).collect();
            state.popups.push(Popup::Text(Text { title: format!("Event {}", line.seq), lines, top: 0 }));
        }
        _ => {}
    }
    let book = &mut state.logbook;
    if book.selected < before {
        book.follow = false;
    }
    let older = book.selected == 0 && !book.complete && !book.loading && !book.lines.is_empty();
    let (ticket, case) = (book.ticket, book.case.clone());
    let before = book.lines.first().map(|line| line.seq);
    if older {
        book.loading = true;
    }
    scroll(state);
    if older {
        let wish = LogWish { case, before, limit: STRETCH, ..LogWish::default() };
        return vec![Effect::Ask(Ask::Log { ticket, wish })];
    }
    Vec::new()
}
