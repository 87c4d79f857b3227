//! The only writer of the state.

use super::acts;
use super::agreement;
use super::ahead;
use super::answers;
use super::audits;
use super::case;
use super::causes;
use super::checks;
use super::choosing;
use super::event::{Ask, Effect, Event, Failure, Mouse, Sight};
use super::figures;
use super::forms;
use super::logbook;
use super::popup::{Popup, Question};
use super::readers;
use super::sampling;
use super::state::{Leaving, Screen, State, Tone};
use super::worklist;
use crate::command::{Code, Command, Key};
use crate::keymap::Found;
use crate::preview::plan::Quality;

/// Takes what happened at a moment (milliseconds since 1970 UTC), and gives what is to be done.
pub fn update(state: &mut State, now: i64, event: Event) -> Vec<Effect> {
    // A clock that is set back must not hold deciding keys for an hour.
    if now < state.now
        && let Some(open) = &mut state.open
    {
        open.guard_until = open.guard_until.min(now + i64::from(open.desk.rules.key_guard_ms));
        open.since = open.since.min(now);
    }
    state.last_key = state.last_key.min(now);
    state.now = now;
    let mut effects = match event {
        Event::Key(key) => on_key(state, key),
        Event::Command(command) => {
            state.last_key = state.now;
            run(state, command)
        }
        Event::Paste(text) => on_paste(state, &text),
        Event::Resized(columns, rows) => {
            state.size = (columns, rows);
            Vec::new()
        }
        Event::Display(display) => {
            state.display = display;
            Vec::new()
        }
        Event::Answer(answer) => answers::take(state, *answer),
        Event::Pictures => Vec::new(),
        Event::Shown(facts) => {
            case::shown(state, facts);
            Vec::new()
        }
        Event::Seen(sight) => {
            match *sight {
                Sight::Patch { image, frame, part, said } => case::read(state, &image, frame, part, said),
                Sight::Header { image, said } => case::header_seen(state, &image, said),
            }
            Vec::new()
        }
        Event::Mouse(mouse) => on_mouse(state, mouse),
        Event::Time => on_time(state),
        Event::Resumed => vec![Effect::Redraw],
        Event::HungUp => leave(state, Leaving::HungUp),
        Event::Terminated => leave(state, Leaving::Terminated),
        Event::Told(words) => {
            state.tell(Tone::Info, words);
            Vec::new()
        }
    };
    if state.leaving.is_none() {
        effects.extend(worklist::want(state));
        effects.extend(case::want(state));
        effects.extend(ahead::want(state));
    }
    effects
}

/// Begins: what the first screen needs.
impl State {
    /// Gives what is to be asked when the program begins.
    pub fn begin(&mut self) -> Vec<Effect> {
        worklist::relist(self)
    }
}

/// Takes a failure: words for the person, which stay where the store itself is at fault.
pub(super) fn failed(state: &mut State, failure: Failure) {
    if failure.store {
        state.trouble = Some(failure.words.clone());
    }
    state.tell(Tone::Error, failure.words);
}

fn on_key(state: &mut State, key: Key) -> Vec<Effect> {
    state.last_key = state.now;
    if state.locked {
        // The key that wakes the screen means nothing else.
        state.locked = false;
        return vec![Effect::Ask(Ask::Unlock), Effect::Redraw];
    }
    let mut effects = case::stay(state);
    if let Some(open) = &mut state.open
        && open.picture.cine.take().is_some()
    {
        // The key that stops the frames means nothing else.
        state.tell(Tone::Info, "stopped");
        return effects;
    }
    if let Some(Popup::Letter(typed)) = state.popups.last() {
        let typed = typed.clone();
        state.popups.pop();
        case::letter_typed(state, typed, key);
        return effects;
    }
    if state.pending.is_empty()
        && let Some(editor) = state.popups.last_mut().and_then(Popup::editor)
        && editor.take(key)
    {
        effects.extend(typed(state));
        return effects;
    }
    state.pending.push(key);
    let pending = std::mem::take(&mut state.pending);
    match state.keymap.find(&state.scopes(), &pending) {
        Found::Command(command) => effects.extend(run(state, command)),
        Found::Pending(_) => state.pending = pending,
        Found::Nothing => {
            // A key that means nothing here destroys nothing, and takes no words away.
            if pending.len() > 1 && key.code != Code::Esc {
                let keys = crate::command::show_sequence(&pending);
                state.tell(Tone::Info, format!("{keys} means nothing here: ? shows the keys"));
            }
        }
    }
    effects
}

fn on_mouse(state: &mut State, mouse: Mouse) -> Vec<Effect> {
    state.last_key = state.now;
    // A locked screen is woken by a key: a mouse moves by accident.
    if state.locked || !state.mouse || !state.popups.is_empty() {
        return Vec::new();
    }
    let effects = case::stay(state);
    case::on_mouse(state, mouse);
    effects
}

fn on_paste(state: &mut State, text: &str) -> Vec<Effect> {
    state.last_key = state.now;
    if state.locked {
        return Vec::new();
    }
    match state.popups.last_mut().and_then(Popup::editor) {
        Some(editor) => {
            editor.paste(text);
            typed(state)
        }
        None => {
            state.tell(Tone::Info, "pasted text is taken only where something is typed");
            Vec::new()
        }
    }
}

/// What is typed is taken as it is typed.
fn typed(state: &mut State) -> Vec<Effect> {
    let now = state.now;
    match state.popups.last_mut() {
        Some(Popup::Help { top, .. }) => *top = 0,
        Some(Popup::Header(header)) => header.top = 0,
        Some(Popup::Palette { selected, .. } | Popup::Clauses { selected, .. }) => *selected = 0,
        Some(Popup::Prompt(prompt)) => {
            let (about, text) = (prompt.about.clone(), prompt.editor.text());
            match about {
                Question::Find if state.screen == Screen::Log => {
                    state.logbook.looked_for = text;
                    return logbook::command(state, Command::MoveLast);
                }
                Question::Find if state.screen == Screen::Checks => {
                    state.checks.looked_for = text;
                    return checks::command(state, Command::MoveFirst);
                }
                Question::Find => {
                    state.worklist.looked_for = text;
                    state.worklist.selected = 0;
                    state.worklist.top = 0;
                    return worklist::find(state);
                }
                Question::OfSample(part) => return sampling::type_in(state, part, &text),
                about => {
                    if let Some(open) = &mut state.open {
                        open.fill(now, |sheet| forms::take_text(sheet, &about, &text));
                    }
                }
            }
        }
        _ => {}
    }
    Vec::new()
}

/// Does what a command means, where one is.
pub(super) fn run(state: &mut State, command: Command) -> Vec<Effect> {
    if state.popups.is_empty() && case::comes_too_soon(state, command) {
        return Vec::new();
    }
    state.notice = None;
    if loses(state, command) {
        return Vec::new();
    }
    match command {
        Command::Back => return back(state, false),
        Command::Leave => return back(state, true),
        Command::Quit => return leave(state, Leaving::Asked),
        Command::ShowHelp => state.popups.push(Popup::Help { filter: Default::default(), top: 0 }),
        Command::ShowPalette => state.popups.push(Popup::Palette { typed: Default::default(), selected: 0 }),
        Command::Undo => {
            let mut effects = case::keep_drafts(state, true);
            effects.extend(logbook::let_go(state));
            effects.push(Effect::Ask(Ask::Undo));
            return effects;
        }
        Command::Redraw => return vec![Effect::Redraw, Effect::RetryPictures],
        Command::Suspend => {
            let mut effects = case::keep_drafts(state, true);
            effects.push(Effect::Suspend);
            return effects;
        }
        Command::NextTheme => return vec![Effect::NextTheme],
        Command::ToggleMouse => {
            state.mouse = !state.mouse;
            let words = match state.mouse {
                true => "the mouse is on: drag sets the window or moves the cross, the wheel turns frames",
                false => "the mouse is off: the terminal selects text with it",
            };
            state.tell(Tone::Info, words);
            return vec![Effect::Mouse(state.mouse)];
        }
        Command::NextPictures => {
            state.display.protocol = state.display.next_protocol();
            let words = format!("pictures: {}", state.display.protocol_word());
            state.tell(Tone::Info, words);
            return vec![Effect::Redraw];
        }
        Command::PictureQuality => {
            let (next, words) = match state.quality {
                Quality::Auto => {
                    (Quality::Low, "low: no more than comes at once, for a link that carries little")
                }
                Quality::Low => (Quality::Full, "full: everything, however long it takes"),
                Quality::Full => (Quality::Auto, "auto: what the link carries in about a second"),
            };
            state.quality = next;
            state.tell(Tone::Info, format!("picture quality {words}"));
        }
        Command::OpenWorklist => {
            let mut effects = case::close(state);
            effects.extend(logbook::let_go(state));
            state.popups.clear();
            worklist::end_drill(state);
            state.screen = Screen::Worklist;
            effects.extend(worklist::relist(state));
            return effects;
        }
        Command::OpenAgreement => return figures::open(state, Screen::Agreement),
        Command::OpenReaders => return figures::open(state, Screen::Readers),
        Command::OpenSampling => return sampling::open(state),
        Command::OpenAudits if state.person.audits => return audits::open(state),
        Command::OpenAudits => {
            state.tell(Tone::Info, "an own read of what was drawn is for QA");
            return Vec::new();
        }
        Command::OpenCauses => return causes::open(state),
        Command::OpenChecks => return checks::open(state),
        Command::OpenLog => {
            state.popups.clear();
            return logbook::open(state);
        }
        _ => {}
    }
    if !state.popups.is_empty() {
        return choosing::command(state, command);
    }
    if let Some(effects) = acts::command(state, command) {
        return effects;
    }
    match (&state.open, state.screen) {
        (Some(_), _) => case::command(state, command),
        (None, Screen::Worklist) => worklist::command(state, command),
        (None, Screen::Log) => logbook::command(state, command),
        (None, Screen::Checks) => checks::command(state, command),
        (None, Screen::Agreement) => agreement::command(state, command),
        (None, Screen::Readers) => readers::command(state, command),
        (None, Screen::Sampling) => sampling::command(state, command),
        (None, Screen::Audits) => audits::command(state, command),
        (None, Screen::Causes) => causes::command(state, command),
    }
}

/// Tells whether a command would go away from what the store doesn't take, and warns of it, once.
fn loses(state: &mut State, command: Command) -> bool {
    let goes = match command {
        Command::Quit
        | Command::OpenWorklist
        | Command::OpenLog
        | Command::OpenAgreement
        | Command::OpenReaders
        | Command::OpenSampling
        | Command::OpenAudits
        | Command::OpenChecks
        | Command::OpenCauses => true,
        Command::SkipCase | Command::Undo => state.popups.is_empty(),
        Command::Back | Command::Leave => {
            let stays = |open: &case::Open| {
                open.picture.windowing || open.picture.point.is_some() || open.field.is_some()
            };
            state.popups.is_empty() && !state.open.as_ref().is_some_and(stays)
        }
        _ => false,
    };
    let unsaved = state.open.as_ref().is_some_and(|open| !open.unsaved.is_empty());
    let Some(trouble) = state.trouble.clone().filter(|_| goes && unsaved && !state.warned) else {
        state.warned = false;
        return false;
    };
    state.warned = true;
    state.tell(
        Tone::Error,
        format!("what is filled in here is not saved: {trouble}; the same key once more goes all the same"),
    );
    true
}

/// Goes back one level; out of the program only where that is asked for.
fn back(state: &mut State, leaves: bool) -> Vec<Effect> {
    if let Some(popup) = state.popups.pop() {
        return match popup {
            Popup::Prompt(prompt) if prompt.about == Question::Find && state.screen == Screen::Log => {
                state.logbook.looked_for.clear();
                Vec::new()
            }
            Popup::Prompt(prompt) if prompt.about == Question::Find && state.screen == Screen::Checks => {
                state.checks.looked_for.clear();
                Vec::new()
            }
            Popup::Prompt(prompt) if prompt.about == Question::Find => {
                state.worklist.looked_for.clear();
                worklist::find(state)
            }
            Popup::Form(form) if form.kind == forms::FormKind::Ambiguity => {
                case::take_back_offer(state);
                Vec::new()
            }
            _ => Vec::new(),
        };
    }
    if let Some(open) = &mut state.open {
        if open.picture.windowing {
            open.picture.windowing = false;
            return Vec::new();
        }
        if open.picture.point.take().is_some() {
            return Vec::new();
        }
        if open.field.take().is_some() {
            return Vec::new();
        }
        return case::close(state);
    }
    if state.opening.take().is_some() {
        return Vec::new();
    }
    match state.screen {
        Screen::Log if !state.logbook.looked_for.is_empty() => {
            state.logbook.looked_for.clear();
            logbook::command(state, Command::MoveLast)
        }
        Screen::Log => {
            state.screen = Screen::Worklist;
            let from = state.logbook.from.take();
            let mut effects = worklist::relist(state);
            if let Some((case, to_decide)) = from {
                effects.extend(case::ask_for(state, case, to_decide, 0));
            }
            effects
        }
        Screen::Worklist if !state.worklist.looked_for.is_empty() => {
            state.worklist.looked_for.clear();
            worklist::find(state)
        }
        // Out of a picture, to the table.
        Screen::Agreement if state.agreement.panels.within => {
            state.agreement.panels.within = false;
            Vec::new()
        }
        Screen::Readers if state.readers.panels.within => {
            state.readers.panels.within = false;
            Vec::new()
        }
        // Out of a plan, to the list.
        Screen::Sampling if state.sampling.plan.is_some() => {
            state.sampling.plan = None;
            Vec::new()
        }
        Screen::Checks if state.checks.is_narrowed() => {
            checks::widen(state);
            Vec::new()
        }
        Screen::Audits => {
            state.tell(Tone::Info, audits::left_words(audits::left(state)));
            state.screen = Screen::Worklist;
            worklist::relist(state)
        }
        Screen::Causes if state.causes.within => {
            state.causes.within = false;
            Vec::new()
        }
        Screen::Agreement | Screen::Readers | Screen::Sampling | Screen::Causes | Screen::Checks => {
            state.screen = Screen::Worklist;
            worklist::relist(state)
        }
        Screen::Worklist if state.worklist.drill.is_some() => match worklist::end_drill(state) {
            Some(Screen::Sampling) => sampling::open(state),
            Some(Screen::Causes) => causes::open(state),
            back => figures::open(state, back.unwrap_or(Screen::Worklist)),
        },
        Screen::Worklist if leaves => leave(state, Leaving::Asked),
        Screen::Worklist => {
            state.tell(Tone::Info, "this is the worklist: q leaves the program");
            Vec::new()
        }
    }
}

fn leave(state: &mut State, how: Leaving) -> Vec<Effect> {
    let mut effects = case::close(state);
    effects.extend(logbook::let_go(state));
    effects.extend(record_views(state));
    effects.retain(|effect| matches!(effect, Effect::Ask(ask) if ask.is_act()));
    state.leaving = Some(how);
    effects.push(Effect::Leave);
    effects
}

fn record_views(state: &mut State) -> Vec<Effect> {
    let views = std::mem::take(&mut state.views);
    if views.is_empty() { Vec::new() } else { vec![Effect::Ask(Ask::RecordViews(views))] }
}

fn on_time(state: &mut State) -> Vec<Effect> {
    let now = state.now;
    let mut effects = case::keep_drafts(state, false);
    effects.extend(record_views(state));
    case::step_cine(state);
    if let Some(open) = &mut state.open
        && now >= open.guard_until
        && std::mem::take(&mut open.guarded)
    {
        let ignored = "what was pressed too soon was ignored: press it again";
        match &mut state.notice {
            Some(notice) => notice.words = format!("{}; {ignored}", notice.words),
            None => state.tell(Tone::Info, ignored),
        }
    }
    let lock_after = i64::from(state.person.idle_lock_minutes) * 60_000;
    if lock_after > 0 && !state.locked && now - state.last_key >= lock_after {
        effects.extend(case::keep_drafts(state, true));
        state.locked = true;
        if let Some(open) = &mut state.open {
            open.picture.cine = None;
        }
        effects.push(Effect::Ask(Ask::Lock));
        effects.push(Effect::Redraw);
    }
    effects
}
