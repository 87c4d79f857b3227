//! The only way into a terminal, a log, an error or stderr for text that somebody else wrote.

use std::fmt;

/// Text in which every character that could steer a terminal, or hide or turn other text, is shown as a visible
/// mark: `^[` for ESC, `<U+202E>` for a bidirectional override. Nothing is removed, since removing changes what a
/// radiologist reads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Safe(String);

impl Safe {
    /// Makes any text safe to print on one line; line ends and tabs are shown too.
    pub fn new(text: &str) -> Self {
        let mut shown = String::with_capacity(text.len());
        for character in text.chars() {
            match character {
                '\0'..='\x1f' => {
                    shown.push('^');
                    shown.push(char::from(character as u8 + b'@'));
                }
                '\x7f' => shown.push_str("^?"),
                _ if is_hidden(character) => shown.push_str(&format!("<U+{:04X}>", character as u32)),
                _ => shown.push(character),
            }
        }
        Safe(shown)
    }

    /// Makes any text safe and keeps its line ends.
    pub fn lines(text: &str) -> Self {
        Safe(text.split('\n').map(|line| Safe::new(line).0).collect::<Vec<_>>().join("\n"))
    }

    /// Gives the text as it may be printed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Safe {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&self.0)
    }
}

/// Tells whether a character steers a terminal, or hides, joins or turns text.
///
/// These are controls, format characters, variation selectors and language tags, line and paragraph separators, private
/// use and noncharacters (Unicode 17, general categories Cc, Cf, Zl, Zp, Co and the variation selectors; Arabic number
/// signs and the like, which are visible, stay).
pub fn is_hidden(character: char) -> bool {
    matches!(character as u32,
        0..=0x1f
        | 0x7f..=0x9f
        | 0xad
        | 0x034f
        | 0x061c
        | 0x115f..=0x1160
        | 0x17b4..=0x17b5
        | 0x180b..=0x180f
        | 0x200b..=0x200f
        | 0x2028..=0x202e
        | 0x2060..=0x206f
        | 0x3164
        | 0xe000..=0xf8ff
        | 0xfdd0..=0xfdef
        | 0xfe00..=0xfe0f
        | 0xfeff
        | 0xffa0
        | 0xfff0..=0xfffb
        | 0x1bca0..=0x1bca3
        | 0x1d173..=0x1d17a
        | 0xe0000..=0x10ffff)
        || (character as u32) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_shown_and_not_removed() {
        for (raw, shown) in [
            ("a\x1b[2Jb", "a^[[2Jb"),
            ("\u{202e}txt", "<U+202E>txt"),
            ("\u{9b}31m", "<U+009B>31m"),
            ("tag\u{e0041}", "tag<U+E0041>"),
            ("Müller 山田", "Müller 山田"),
            ("one\ntwo", "one^Jtwo"),
            ("\x7f", "^?"),
        ] {
            assert_eq!(Safe::new(raw).as_str(), shown);
        }
        assert_eq!(Safe::lines("one\ntwo\r").as_str(), "one\ntwo^M");
    }

    #[test]
    fn no_code_point_passes_that_a_terminal_acts_on() {
        for character in '\0'..=char::MAX {
            let shown = Safe::new(&character.to_string());
            assert!(!shown.as_str().chars().any(|c| c.is_control() || is_hidden(c)), "{character:?}");
        }
    }
}
