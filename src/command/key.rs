//! Keys, and how keymaps write them: `j`, `ctrl-p`, `enter`, `f1`, and sequences such as `o w`.

use std::fmt;
use std::str::FromStr;

/// A key that was pressed. Letters carry their shift in the letter: `N`, never `shift-n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    pub code: Code,
    pub ctrl: bool,
    pub alt: bool,
}

/// Which key it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// A character that can be typed; a space too.
    Char(char),
    Enter,
    Esc,
    Tab,
    BackTab,
    Backspace,
    Delete,
    Insert,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    F(u8),
}

/// Words that are no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no key: write one such as j, ?, enter, esc, space, tab, backtab, f1, ctrl-p or alt-z")]
pub struct KeyError(pub String);

/// Keys that have names, which are theirs in keymaps and on the screen.
const NAMED: [(Code, &str); 17] = [
    (Code::Enter, "enter"),
    (Code::Esc, "esc"),
    (Code::Tab, "tab"),
    (Code::BackTab, "backtab"),
    (Code::Backspace, "backspace"),
    (Code::Delete, "delete"),
    (Code::Insert, "insert"),
    (Code::Up, "up"),
    (Code::Down, "down"),
    (Code::Left, "left"),
    (Code::Right, "right"),
    (Code::Home, "home"),
    (Code::End, "end"),
    (Code::PageUp, "pageup"),
    (Code::PageDown, "pagedown"),
    (Code::Char(' '), "space"),
    (Code::Char('-'), "minus"),
];

impl Key {
    /// Makes a key without modifiers.
    pub const fn of(code: Code) -> Self {
        Key { code, ctrl: false, alt: false }
    }

    /// Makes the key of a character.
    pub const fn char(character: char) -> Self {
        Key::of(Code::Char(character))
    }

    /// Makes a character with the control key.
    pub const fn ctrl(character: char) -> Self {
        Key { code: Code::Char(character), ctrl: true, alt: false }
    }

    /// Gives the character that a prompt takes from this key.
    pub fn typed(self) -> Option<char> {
        match self.code {
            Code::Char(character) if !self.ctrl && !self.alt => Some(character),
            _ => None,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            out.write_str("ctrl-")?;
        }
        if self.alt {
            out.write_str("alt-")?;
        }
        match (self.code, NAMED.iter().find(|(code, _)| *code == self.code)) {
            (Code::Char('-'), _) if !self.ctrl && !self.alt => out.write_str("-"),
            (_, Some((_, name))) => out.write_str(name),
            (Code::Char(character), None) => write!(out, "{character}"),
            (Code::F(n), None) => write!(out, "f{n}"),
            (_, None) => Ok(()),
        }
    }
}

impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let wrong = || KeyError(text.to_owned());
        let (mut rest, mut ctrl, mut alt) = (text, false, false);
        loop {
            if let Some(plain) = rest.strip_prefix("ctrl-") {
                (rest, ctrl) = (plain, true);
            } else if let Some(plain) = rest.strip_prefix("alt-") {
                (rest, alt) = (plain, true);
            } else {
                break;
            }
        }
        let named = NAMED.iter().find(|(_, name)| name.eq_ignore_ascii_case(rest)).map(|(code, _)| *code);
        let function = || {
            let n = rest.strip_prefix(['f', 'F'])?.parse().ok()?;
            (1..=24).contains(&n).then_some(Code::F(n))
        };
        let mut characters = rest.chars();
        let single = match (characters.next(), characters.next()) {
            (Some(character), None) if !character.is_control() && character != ' ' => {
                Some(Code::Char(character))
            }
            _ => None,
        };
        let code = named.or(single).or_else(function).ok_or_else(wrong)?;
        Ok(Key { code, ctrl, alt })
    }
}

/// Reads keys that are pressed one after another, set apart by spaces.
pub fn parse_sequence(text: &str) -> Result<Vec<Key>, KeyError> {
    let keys: Vec<Key> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    if keys.is_empty() { Err(KeyError(text.to_owned())) } else { Ok(keys) }
}

/// Writes keys that are pressed one after another.
pub fn show_sequence(keys: &[Key]) -> String {
    keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_read_again() {
        let codes =
            NAMED.iter().map(|(code, _)| *code).chain([Code::Char('N'), Code::Char('ß'), Code::F(12)]);
        for code in codes {
            for (ctrl, alt) in [(false, false), (true, false), (false, true), (true, true)] {
                let key = Key { code, ctrl, alt };
                assert_eq!(key.to_string().parse(), Ok(key), "{key}");
            }
        }
        for wrong in ["", "ctrl-", "f25", "f0", "shift-n", "ab", "\u{1b}"] {
            assert!(wrong.parse::<Key>().is_err(), "{wrong:?}");
        }
        assert_eq!(parse_sequence("o w").map(|keys| show_sequence(&keys)).as_deref(), Ok("o w"));
        assert!(parse_sequence(" ").is_err());
    }
}
