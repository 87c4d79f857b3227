//! Asks the terminal what it is, in one write, and the environment what it says. The answers are read with the keys, and
//! judged in `preview::brand`; nothing ever waits for them.

use std::io::Write;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::input::{Input, Parser};
use super::terminal::FENCE;
use super::variable;
use crate::preview::brand::{Answers, QUESTION_ID, Size, Surroundings};
use crate::preview::pace::Link;

#[cfg(test)]
mod tests;

/// Gives the questions: kitty's graphics by a picture of one pixel, the name, the size of a cell, the ground's colour,
/// synchronized updates, type and version, and at last what every terminal answers, behind which nothing more comes.
/// Empty where nothing may be asked.
pub fn question(surroundings: &Surroundings) -> Vec<u8> {
    let term = surroundings.term.as_str();
    // These would print the questions.
    if matches!(term, "" | "dumb" | "linux") {
        return Vec::new();
    }
    let mut text = String::new();
    // tmux takes this one for the title of its pane, and neither it nor screen would hand it on.
    if !(surroundings.tmux || surroundings.screen || term.starts_with("tmux") || term.starts_with("screen")) {
        text.push_str(&format!("\x1b_Gi={QUESTION_ID},s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"));
    }
    text.push_str("\x1b[>q\x1b[16t\x1b]11;?\x1b\\");
    // Apple's terminal takes the sequence to end before its last letter, and prints that (jline/jline3#1729).
    if surroundings.term_program != "Apple_Terminal" {
        text.push_str("\x1b[?2026$p");
    }
    text.push_str("\x1b[>c\x1b[c");
    text.into_bytes()
}

/// Asks the terminal and waits for its answers until the last has come, but no longer than `patience`. For commands
/// beside the terminal UI, which itself never waits. One that can't be asked has answered nothing.
///
/// # Errors
/// Where the terminal can't be taken, read or written.
pub fn ask(surroundings: &Surroundings, patience: Duration) -> std::io::Result<Answers> {
    let question = question(surroundings);
    if question.is_empty() {
        return Ok(Answers::default());
    }
    super::terminal::raw()?;
    let asked = ask_raw(&question, patience);
    super::terminal::cooked();
    asked
}

/// Bytes that are sent to find out how fast the link is, in turn for as long as each takes little.
const LOADS: [usize; 4] = [0, 16 << 10, 64 << 10, 256 << 10];
/// A load that took so long told enough.
const ENOUGH: Duration = Duration::from_millis(250);

/// Finds out how fast the link is to a terminal that answers, by colours that nothing is written in. For commands beside
/// the terminal UI, which learns it from its pictures.
///
/// # Errors
/// Where the terminal can't be taken, read or written.
pub fn measure(patience: Duration) -> std::io::Result<Link> {
    super::terminal::raw()?;
    let measured = measure_raw(patience);
    super::terminal::cooked();
    measured
}

fn measure_raw(patience: Duration) -> std::io::Result<Link> {
    let mut link = Link::default();
    // One that was never drawn before takes a while.
    ask_raw(FENCE, patience)?;
    for load in LOADS {
        let mut bytes = Vec::with_capacity(load + 16);
        // A link that packs what it carries packs this too, but not to nothing.
        let mut random = 0x9e37_79b9_u32;
        while bytes.len() < load {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            write!(bytes, "\x1b[38;5;{}m", random >> 24)?;
        }
        bytes.extend_from_slice(b"\x1b[0m");
        bytes.extend_from_slice(FENCE);
        let begun = Instant::now();
        if !ask_raw(&bytes, patience)?.complete() {
            break;
        }
        link.took(load, begun.elapsed());
        if begun.elapsed() > ENOUGH {
            break;
        }
    }
    Ok(link)
}

fn ask_raw(question: &[u8], patience: Duration) -> std::io::Result<Answers> {
    let (mut stdout, stdin) = (std::io::stdout(), std::io::stdin());
    stdout.write_all(question)?;
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

/// Tells whether this terminal puts text where it is told to.
pub fn places_text(surroundings: &Surroundings) -> bool {
    !matches!(surroundings.term.as_str(), "" | "dumb")
}

/// Reads what the environment says of the terminal.
pub fn surroundings() -> Surroundings {
    told_by(&variable, super::speaks_utf8(), size())
}

fn told_by(variable: &dyn Fn(&str) -> Option<String>, utf8: bool, size: Size) -> Surroundings {
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
        utf8,
        no_color: is("NO_COLOR"),
        size,
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
