//! What a terminal sends, understood: bytes in, keys, pastes and answers out.
//!
//! Pure: knows no file and no clock. A sequence that isn't known is swallowed whole, so that no late or strange answer
//! ever becomes a key, let alone part of a note. Own, since crossterm 0.29 splits late answers into keys and spins after
//! the terminal has gone.

mod keys;
mod mouse;
mod reply;

#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::app::Mouse;
use crate::command::{Code, Key};
use crate::preview::brand::Reply;

/// Something that a terminal sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    Key(Key),
    /// Text that was pasted, with `\n` at the ends of lines. One that was cut ends in [`CUT`].
    Paste(String),
    Reply(Reply),
    /// The terminal's window got the keyboard, or lost it.
    Focus(bool),
    /// Something done with the mouse, where the terminal was asked to tell of it.
    Mouse(Mouse),
}

/// More of a paste is dropped.
pub const LARGEST_PASTE: usize = 1024 * 1024;

/// Stands at the end of a paste that was cut.
pub const CUT: char = '…';

/// More of a sequence is swallowed without being kept.
const LARGEST_KEPT: usize = 4096;

/// A string without an end beyond this is given up: the terminal lost its end.
const LARGEST_STRING: usize = 64 * 1024;

const ESC: u8 = 0x1b;
const PASTE_END: &[u8] = b"\x1b[201~";

/// Reads a terminal's bytes, however they are cut.
#[derive(Debug, Default)]
pub struct Parser {
    state: State,
    /// The sequence so far, without its introducer; or the text of a paste.
    kept: Vec<u8>,
    /// Bytes of the sequence that weren't kept.
    dropped: usize,
    /// The sequence came behind an ESC of its own, as alt does it in rxvt.
    alt: bool,
    /// An ESC was just taken for the key; what follows may show that it was the head of an answer.
    ghost: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Ground,
    /// Within a character of UTF-8.
    Character,
    Escape,
    /// Two ESC: the key twice, or alt with a sequence.
    EscapeTwice,
    /// `ESC [` … final byte.
    Control,
    /// `ESC [ [` …: F1–F5 of the Linux console.
    Console,
    /// `ESC [ M` and three bytes: a mouse's old report.
    Mouse,
    /// `ESC O` …
    Single,
    /// OSC, DCS, APC, PM, SOS until its end; `ESC` within may begin the end.
    String(Kind),
    StringEscape(Kind),
    Paste,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// OSC, which a BEL ends too.
    Command,
    /// DCS.
    Device,
    /// APC.
    Application,
    /// PM and SOS.
    Other,
}

impl Parser {
    /// Reads bytes and gives what is complete.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Input> {
        let mut out = Vec::new();
        // Nobody types three keys within one read; a terminal's answer that was cut behind its ESC looks so.
        let answer = matches!(
            bytes,
            [b'[', b'?' | b'>' | b'<' | b'=' | b'0'..=b'9', _, ..]
                | [b']' | b'P', b'0'..=b'9' | b'>', _, ..]
                | [b'_', b'G', _, ..]
        );
        if std::mem::take(&mut self.ghost) && answer && self.state == State::Ground {
            self.state = State::Escape;
        }
        for byte in bytes {
            self.byte(*byte, &mut out);
        }
        out
    }

    /// Gives how long to wait for more before [`Parser::flush`]; none where nothing is incomplete.
    pub fn patience(&self) -> Option<Duration> {
        let millis = match self.state {
            State::Ground => return None,
            // The sequences that keys send come in one piece; this is all the time that Esc costs.
            State::Escape | State::EscapeTwice => 30,
            State::Character | State::Single | State::Mouse | State::Console => 100,
            State::Control => 500,
            State::String(_) | State::StringEscape(_) => 2000,
            // What comes behind a paste that paused would be taken for commands.
            State::Paste => 5000,
        };
        Some(Duration::from_millis(millis))
    }

    /// Gives what incomplete bytes mean where nothing has followed them: ESC is the key, a paste ends, the rest of a
    /// sequence means nothing.
    pub fn flush(&mut self) -> Vec<Input> {
        let mut out = Vec::new();
        match self.state {
            State::Escape => out.push(key(Code::Esc)),
            State::EscapeTwice => out.extend([key(Code::Esc), key(Code::Esc)]),
            State::Single => out.push(Input::Key(Key { alt: true, ..Key::char('O') })),
            State::Paste => self.paste(&mut out),
            _ => {}
        }
        self.ghost = matches!(self.state, State::Escape | State::EscapeTwice);
        self.reset();
        out
    }

    fn reset(&mut self) {
        self.state = State::Ground;
        self.kept.clear();
        self.dropped = 0;
        self.alt = false;
    }

    fn enter(&mut self, state: State) {
        let alt = self.state == State::EscapeTwice;
        self.reset();
        (self.state, self.alt) = (state, alt);
    }

    fn keep(&mut self, byte: u8) {
        match self.kept.len() < LARGEST_KEPT {
            true => self.kept.push(byte),
            false => self.dropped += 1,
        }
    }

    fn byte(&mut self, byte: u8, out: &mut Vec<Input>) {
        match self.state {
            State::Ground => self.ground(byte, out),
            State::Character => self.character(byte, out),
            State::Escape => self.escape(byte, out),
            State::EscapeTwice => match byte {
                b'[' => self.enter(State::Control),
                b'O' => self.enter(State::Single),
                ESC => out.push(key(Code::Esc)),
                _ => {
                    out.push(key(Code::Esc));
                    self.enter(State::Escape);
                    self.escape(byte, out);
                }
            },
            State::Control => self.control(byte, out),
            State::Console => {
                out.extend(keys::console(byte).map(Input::Key));
                self.reset();
            }
            State::Mouse => {
                self.keep(byte);
                if self.kept.len() == 3 {
                    self.reset();
                }
            }
            State::Single => self.single(byte, out),
            State::String(kind) => self.string(kind, byte, out),
            State::StringEscape(kind) => {
                self.answer(kind, out);
                self.reset();
                if byte != b'\\' {
                    // Another sequence has cut it off.
                    self.enter(State::Escape);
                    self.escape(byte, out);
                }
            }
            State::Paste => {
                if self.kept.len() < LARGEST_PASTE + PASTE_END.len() {
                    self.kept.push(byte);
                } else {
                    // The end is looked for in a window that moves on behind the largest text.
                    self.kept.remove(LARGEST_PASTE);
                    self.kept.push(byte);
                    self.dropped += 1;
                }
                if self.kept.ends_with(PASTE_END) {
                    self.kept.truncate(self.kept.len() - PASTE_END.len());
                    self.paste(out);
                    self.reset();
                }
            }
        }
    }

    fn ground(&mut self, byte: u8, out: &mut Vec<Input>) {
        match byte {
            ESC => self.enter(State::Escape),
            0xc2..=0xf4 => {
                let alt = self.alt;
                self.enter(State::Character);
                self.alt = alt;
                self.keep(byte);
            }
            _ => out.extend(keys::plain(byte).map(|key| Input::Key(Key { alt: key.alt || self.alt, ..key }))),
        }
    }

    fn character(&mut self, byte: u8, out: &mut Vec<Input>) {
        if !(0x80..=0xbf).contains(&byte) {
            // It was no UTF-8, and means nothing.
            self.reset();
            return self.ground(byte, out);
        }
        self.keep(byte);
        let wanted = match self.kept.first() {
            Some(0xf0..) => 4,
            Some(0xe0..) => 3,
            _ => 2,
        };
        if self.kept.len() < wanted {
            return;
        }
        let character = std::str::from_utf8(&self.kept).ok().and_then(|text| text.chars().next());
        if let Some(character) = character.filter(|character| !character.is_control()) {
            out.push(Input::Key(Key { alt: self.alt, ..Key::char(character) }));
        }
        self.reset();
    }

    fn escape(&mut self, byte: u8, out: &mut Vec<Input>) {
        let string = match byte {
            b']' => Some(Kind::Command),
            b'P' => Some(Kind::Device),
            b'_' => Some(Kind::Application),
            b'^' | b'X' => Some(Kind::Other),
            _ => None,
        };
        match byte {
            _ if string.is_some() => self.enter(string.map_or(State::Ground, State::String)),
            ESC => self.enter(State::EscapeTwice),
            b'[' => self.enter(State::Control),
            b'O' => self.enter(State::Single),
            _ => {
                self.reset();
                self.alt = true;
                self.ground(byte, out);
                if self.state != State::Character {
                    self.alt = false;
                }
            }
        }
    }

    /// Reads on in `ESC [`: parameters 0x30–0x3f, intermediates 0x20–0x2f, one final byte (ECMA-48, 5.4).
    fn control(&mut self, byte: u8, out: &mut Vec<Input>) {
        match byte {
            b'[' if self.kept.is_empty() => self.enter(State::Console),
            b'M' if self.kept.is_empty() => self.enter(State::Mouse),
            // rxvt ends keys with shift in $, which elsewhere stands before the final byte.
            b'$' if keys::is_shifted_rxvt(&self.kept) => {
                self.keep(byte);
                self.controlled(out);
            }
            0x20..=0x3f => {
                self.keep(byte);
                if self.dropped > LARGEST_KEPT {
                    self.reset();
                }
            }
            0x40..=0x7e => {
                self.keep(byte);
                self.controlled(out);
            }
            ESC => self.enter(State::Escape),
            0x18 | 0x1a => self.reset(),
            // A control within a sequence acts at once, and the sequence goes on (VT500).
            0..0x20 => out.extend(keys::plain(byte).map(Input::Key)),
            _ => {
                self.reset();
                self.ground(byte, out);
            }
        }
    }

    fn controlled(&mut self, out: &mut Vec<Input>) {
        let (kept, alt, whole) = (std::mem::take(&mut self.kept), self.alt, self.dropped == 0);
        self.reset();
        if kept == b"200~" {
            self.state = State::Paste;
            return;
        }
        if let Some(key) = keys::control(&kept).filter(|_| whole) {
            out.push(Input::Key(Key { alt: key.alt || alt, ..key }));
            return;
        }
        if alt {
            // No key, so the first ESC was one of its own.
            out.push(key(Code::Esc));
        }
        match kept.as_slice() {
            [b'<', ..] if whole => out.extend(mouse::report(&kept).map(Input::Mouse)),
            b"I" => out.push(Input::Focus(true)),
            b"O" => out.push(Input::Focus(false)),
            _ if whole => out.extend(reply::control(&kept).map(Input::Reply)),
            _ => {}
        }
    }

    fn single(&mut self, byte: u8, out: &mut Vec<Input>) {
        match byte {
            // A modifier, as some send it: `ESC O 5 P`.
            b'0'..=b'9' | b';' if self.kept.len() < 8 => self.keep(byte),
            0x21..=0x7e => {
                self.keep(byte);
                let alt = self.alt;
                out.extend(
                    keys::single(&self.kept).map(|key| Input::Key(Key { alt: key.alt || alt, ..key })),
                );
                self.reset();
            }
            _ => {
                out.extend(self.flush());
                self.ghost = false;
                self.ground(byte, out);
            }
        }
    }

    fn string(&mut self, kind: Kind, byte: u8, out: &mut Vec<Input>) {
        match byte {
            ESC => self.state = State::StringEscape(kind),
            0x07 if kind == Kind::Command => {
                self.answer(kind, out);
                self.reset();
            }
            0x18 | 0x1a => self.reset(),
            _ => {
                self.keep(byte);
                if self.dropped > LARGEST_STRING {
                    self.reset();
                }
            }
        }
    }

    fn answer(&mut self, kind: Kind, out: &mut Vec<Input>) {
        if self.dropped > 0 {
            return;
        }
        let found = match kind {
            Kind::Command => reply::command(&self.kept),
            Kind::Device => reply::device(&self.kept),
            Kind::Application => reply::application(&self.kept),
            Kind::Other => None,
        };
        out.extend(found.map(Input::Reply));
    }

    fn paste(&mut self, out: &mut Vec<Input>) {
        let cut = self.dropped > 0 || self.kept.len() > LARGEST_PASTE;
        self.kept.truncate(LARGEST_PASTE);
        let mut text = String::from_utf8_lossy(&self.kept).replace("\r\n", "\n").replace('\r', "\n");
        if cut {
            text.push(CUT);
        }
        out.push(Input::Paste(text));
    }
}

fn key(code: Code) -> Input {
    Input::Key(Key::of(code))
}
