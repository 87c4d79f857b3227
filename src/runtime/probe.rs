//! Asks the terminal what it is, in one write, and the environment what it says. The answers are read with the keys, and
//! judged in `preview::brand`; nothing ever waits for them.

use std::fmt::Write;

use super::variable;
use crate::preview::brand::{QUESTION_ID, Size, Surroundings};

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
        // Writing to a string can't fail.
        let _ = write!(text, "\x1b_Gi={QUESTION_ID},s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\");
    }
    text.push_str("\x1b[>q\x1b[16t\x1b]11;?\x1b\\");
    // Apple's terminal takes the sequence to end before its last letter, and prints that (jline/jline3#1729).
    if surroundings.term_program != "Apple_Terminal" {
        text.push_str("\x1b[?2026$p");
    }
    text.push_str("\x1b[>c\x1b[c");
    text.into_bytes()
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
