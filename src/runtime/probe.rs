//! Asks the terminal what it is, in one write, and the environment what it says. The answers are read with the keys, and
//! judged in `preview::brand`; nothing ever waits for them.

use std::fmt::Write;

use super::variable;
use crate::preview::brand::{QUESTION_ID, Size, Surroundings};

/// Gives the questions: kitty's graphics by a picture of one pixel, the name, the size of a cell, the ground's colour,
/// synchronized updates, and at last what every terminal answers, behind which nothing more comes.
pub fn question() -> Vec<u8> {
    let mut text = String::new();
    // Writing to a string can't fail.
    let _ = write!(text, "\x1b_Gi={QUESTION_ID},s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\");
    text.push_str("\x1b[>q\x1b[16t\x1b]11;?\x1b\\\x1b[?2026$p\x1b[c");
    text.into_bytes()
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
