//! Asks the terminal what it is, in one write, and the environment what it says. The answers are read with the keys, and
//! judged in `preview::brand`; nothing ever waits for them.

use std::io::Write;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::input::{Input, Parser};
use super::variable;
use crate::preview::brand::{Answers, QUESTION_ID, Size, Surroundings};

/// Gives the questions: kitty's graphics by a picture of one pixel, the name, the size of a cell, the ground's colour,
/// synchronized updates, and at last what every terminal answers, behind which nothing more comes.
pub fn question() -> Vec<u8> {
    let mut text = format!("\x1b_Gi={QUESTION_ID},s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\");
    text.push_str("\x1b[>q\x1b[16t\x1b]11;?\x1b\\\x1b[?2026$p\x1b[c");
    text.into_bytes()
}

/// Asks the terminal and waits for its answers until the last has come, but no longer than `patience`. For commands
/// beside the terminal UI, which itself never waits.
///
/// # Errors
/// Where the terminal can't be taken, read or written.
pub fn ask(patience: Duration) -> std::io::Result<Answers> {
    super::terminal::raw()?;
    let asked = ask_raw(patience);
    super::terminal::cooked();
    asked
}

fn ask_raw(patience: Duration) -> std::io::Result<Answers> {
    let (mut stdout, stdin) = (std::io::stdout(), std::io::stdin());
    stdout.write_all(&question())?;
    stdout.flush()?;
    let until = Instant::now() + patience;
    let mut answers = Answers::default();
    let mut parser = Parser::default();
    let mut bytes = [0; 4096];
    while !answers.complete() {
        let left = until.saturating_duration_since(Instant::now());
        let wait = Timespec::try_from(left).ok();
        if left.is_zero() || poll(&mut [PollFd::new(&stdin, PollFlags::IN)], wait.as_ref())? == 0 {
            break;
        }
        let count = rustix::io::read(&stdin, &mut bytes)?;
        if count == 0 {
            break;
        }
        for input in parser.feed(bytes.get(..count).unwrap_or_default()) {
            if let Input::Reply(reply) = input {
                answers.take(&reply);
            }
        }
    }
    Ok(answers)
}

/// Tells whether this terminal can be asked at all: others would print the questions.
pub fn can_be_asked(surroundings: &Surroundings) -> bool {
    !matches!(surroundings.term.as_str(), "" | "dumb" | "linux")
}

/// Tells whether this terminal puts text where it is told to.
pub fn places_text(surroundings: &Surroundings) -> bool {
    !matches!(surroundings.term.as_str(), "" | "dumb")
}

/// Reads what the environment says of the terminal.
pub fn surroundings() -> Surroundings {
    let of = |name: &str| variable(name).unwrap_or_default();
    let is = |name: &str| variable(name).is_some();
    Surroundings {
        term: of("TERM"),
        term_program: of("TERM_PROGRAM"),
        colorterm: of("COLORTERM"),
        lc_terminal: of("LC_TERMINAL"),
        vte: is("VTE_VERSION"),
        windows_terminal: is("WT_SESSION"),
        konsole: is("KONSOLE_VERSION"),
        tmux: is("TMUX"),
        screen: is("STY"),
        ssh: is("SSH_CONNECTION") || is("SSH_TTY"),
        utf8: super::speaks_utf8(),
        no_color: is("NO_COLOR"),
        size: size(),
    }
}

/// Reads how large the terminal is: 80×24 where nobody knows.
pub fn size() -> Size {
    match rustix::termios::tcgetwinsize(std::io::stdout()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => Size {
            columns: size.ws_col,
            rows: size.ws_row,
            pixels: (size.ws_xpixel > 0 && size.ws_ypixel > 0).then_some((size.ws_xpixel, size.ws_ypixel)),
        },
        _ => Size { columns: 80, rows: 24, pixels: None },
    }
}
