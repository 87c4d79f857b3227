//! The same program line by line, without the alternate screen, pictures or colours: what is before the person is said,
//! a line is read, and so on. A line holds keys set apart by spaces (`2 4 enter`), the name of a command
//! (`next-dispute`), or text where a question is open.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::{BufRead, Write};

use super::clerk::Clerk;
use super::ui::{Ended, person};
use super::{glance, now};
use crate::app::popup::Popup;
use crate::app::state::{Display, Leaving};
use crate::app::{Answer, Effect, Event, State, update};
use crate::command::{Code, Command, Key};
use crate::keymap::Keymap;
use crate::preview::plan::{Depth, Protocol};
use crate::review::{Session, sample, sitting};
use crate::ui::plain;

/// Columns and rows that a line by line screen is laid out for; nobody sees them.
const SIZE: (u16, u16) = (120, 40);

/// Runs on stdin and stdout until it is left or no line is left to read.
///
/// # Errors
/// Where a line can't be read or written.
pub fn run(session: Session, token: String, keymap: Keymap) -> std::io::Result<Ended> {
    let utf8 = super::speaks_utf8();
    talk(session, token, keymap, utf8, std::io::stdin().lock(), std::io::stdout().lock())
}

fn talk(
    mut session: Session,
    token: String,
    keymap: Keymap,
    utf8: bool,
    mut input: impl BufRead,
    mut output: impl Write,
) -> std::io::Result<Ended> {
    let display = Display {
        protocol: Protocol::Off,
        protocols: vec![Protocol::Off],
        depth: Depth::None,
        ..Display::plain()
    };
    let mut state = State::new(now(), SIZE, display, keymap.into(), person(&session));
    // A store that can't take it says so with the first act.
    let _ = sitting::start(&mut session, "line by line");
    let _ = sample::catch_up(&mut session);
    let mut clerk = Clerk::new(session, token);
    let effects = state.begin();
    perform(&mut state, &mut clerk, effects);
    let mut line = String::new();
    while state.leaving.is_none() {
        for words in plain::lines(&state) {
            writeln!(output, "{}", told(&words, utf8))?;
        }
        write!(output, "> ")?;
        output.flush()?;
        line.clear();
        if input.read_line(&mut line)? == 0 {
            happen(&mut state, &mut clerk, Event::Command(Command::Quit));
            break;
        }
        // What was said of an earlier line is not said of this one.
        if let Some(open) = &mut state.open {
            open.guarded = false;
        }
        match line.trim() {
            "help" if !asks(&state) => {
                for words in plain::help(&state) {
                    writeln!(output, "{}", told(&words, utf8))?;
                }
            }
            words => {
                if let Some(trouble) = take(&mut state, &mut clerk, words) {
                    writeln!(output, "{}", told(&trouble, utf8))?;
                }
            }
        }
        if state.open.as_ref().is_some_and(|open| open.guarded) {
            writeln!(output, "too soon: the subject has just changed, say it again")?;
        }
        happen(&mut state, &mut clerk, Event::Time);
    }
    writeln!(output)?;
    Ok(Ended {
        how: state.leaving.unwrap_or(Leaving::Asked),
        tally: state.tally,
        trouble: state.trouble,
        hears: true,
    })
}

/// Gives words as they can be written: where the locale is not UTF-8, what is no ASCII by its number.
fn told(words: &str, utf8: bool) -> Cow<'_, str> {
    if utf8 || words.is_ascii() {
        return words.into();
    }
    let mut text = String::with_capacity(words.len() * 2);
    for character in words.chars() {
        if character.is_ascii() {
            text.push(character);
        } else {
            text.push_str(&format!("<U+{:04X}>", u32::from(character)));
        }
    }
    text.into()
}

/// Tells whether text is asked for.
fn asks(state: &State) -> bool {
    matches!(
        state.popups.last(),
        Some(
            Popup::Prompt(_)
                | Popup::Palette { .. }
                | Popup::Clauses { .. }
                | Popup::Help { .. }
                | Popup::Header(_)
        )
    )
}

/// Takes a line; gives words where it means nothing.
fn take(state: &mut State, clerk: &mut Clerk, words: &str) -> Option<String> {
    if asks(state) && !matches!(words, "esc" | "enter") {
        // What was there is said anew: a line can't be edited.
        happen(state, clerk, Event::Key(Key::of(Code::End)));
        happen(state, clerk, Event::Key(Key::ctrl('u')));
        happen(state, clerk, Event::Paste(words.to_owned()));
        // What is found in a header is said first.
        if !matches!(state.popups.last(), Some(Popup::Header(_))) {
            happen(state, clerk, Event::Key(Key::of(Code::Enter)));
        }
        return None;
    }
    if let Some(command) = Command::from_name(words) {
        happen(state, clerk, Event::Command(command));
        return None;
    }
    for word in words.split_whitespace() {
        match word.parse::<Key>() {
            Ok(key) => happen(state, clerk, Event::Key(key)),
            Err(error) => {
                return Some(format!("{error}, and no command has this name: `help` lists what works here"));
            }
        }
    }
    None
}

fn happen(state: &mut State, clerk: &mut Clerk, event: Event) {
    let effects = update(state, now(), event);
    perform(state, clerk, effects);
}

/// Does what is to be done, and what follows from it, until nothing does.
fn perform(state: &mut State, clerk: &mut Clerk, effects: Vec<Effect>) {
    let mut effects: VecDeque<Effect> = effects.into();
    loop {
        let mut answers: Vec<Answer> = Vec::new();
        match effects.pop_front() {
            Some(Effect::Ask(ask)) => clerk.perform(ask, &mut |answer| answers.push(answer)),
            Some(Effect::Look(wish)) => {
                let seen = glance::answer(&mut glance::decoder(super::program()), &wish);
                effects.extend(update(state, now(), seen));
            }
            Some(_) => {}
            None if clerk.is_searching() => clerk.search_on(&mut |answer| answers.push(answer)),
            None => return,
        }
        for answer in answers {
            effects.extend(update(state, now(), Event::Answer(Box::new(answer))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn without_utf8_all_is_ascii() {
        assert_eq!(told("caf\u{e9} \u{1f4a1} a", false), "caf<U+00E9> <U+1F4A1> a");
        assert_eq!(told("caf\u{e9}", true), "caf\u{e9}");
    }
}
