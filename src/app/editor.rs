//! One line of text that is typed: a prompt's, a search's. Knows characters and a cursor, nothing else.

use crate::command::{Code, Key};

/// Longest text that a prompt takes, in characters: that of a decision's note.
pub const LONGEST: usize = crate::domain::decision::MAX_NOTE;

/// Text with a cursor between its characters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Editor {
    text: Vec<char>,
    /// Number of characters before the cursor.
    cursor: usize,
}

impl Editor {
    /// Makes an editor that holds a text, the cursor at its end.
    pub fn holding(text: &str) -> Self {
        let text: Vec<char> = text.chars().collect();
        Editor { cursor: text.len(), text }
    }

    /// Gives the text.
    pub fn text(&self) -> String {
        self.text.iter().collect()
    }

    /// Gives the text before and after the cursor.
    pub fn around(&self) -> (String, String) {
        let (before, after) = self.text.split_at(self.cursor.min(self.text.len()));
        (before.iter().collect(), after.iter().collect())
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Takes a key that types or edits; tells whether it was one.
    pub fn take(&mut self, key: Key) -> bool {
        if let Some(character) = key.typed() {
            self.insert(character);
            return true;
        }
        let end = self.text.len();
        match (key.code, key.ctrl) {
            (Code::Backspace, false) if self.cursor > 0 => {
                self.cursor -= 1;
                self.text.remove(self.cursor);
            }
            (Code::Backspace, false) => {}
            (Code::Delete, false) if self.cursor < end => {
                self.text.remove(self.cursor);
            }
            (Code::Delete, false) => {}
            (Code::Left, false) => self.cursor = self.cursor.saturating_sub(1),
            (Code::Right, false) => self.cursor = (self.cursor + 1).min(end),
            (Code::Home, false) | (Code::Char('a'), true) => self.cursor = 0,
            (Code::End, false) | (Code::Char('e'), true) => self.cursor = end,
            (Code::Char('u'), true) => {
                self.text.drain(..self.cursor);
                self.cursor = 0;
            }
            (Code::Char('k'), true) => self.text.truncate(self.cursor),
            (Code::Char('w'), true) => {
                let blank = |at: &usize| self.text.get(at - 1).is_none_or(|c| c.is_whitespace());
                let mut from = self.cursor;
                while from > 0 && blank(&from) {
                    from -= 1;
                }
                while from > 0 && !blank(&from) {
                    from -= 1;
                }
                self.text.drain(from..self.cursor);
                self.cursor = from;
            }
            _ => return false,
        }
        true
    }

    /// Takes a piece of text, line ends as spaces.
    pub fn paste(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '\r' | '\n' | '\t' => self.insert(' '),
                _ if character.is_control() => {}
                _ => self.insert(character),
            }
        }
    }

    fn insert(&mut self, character: char) {
        if self.text.len() < LONGEST {
            self.text.insert(self.cursor, character);
            self.cursor += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_typed_and_edited() {
        let mut editor = Editor::default();
        editor.paste("a long\nnote\u{1b}");
        for key in
            ["ctrl-w", "x", "home", "delete", "b", "left", "left", "end", "y", "ctrl-a", "right", "ctrl-k"]
        {
            assert!(editor.take(key.parse().unwrap_or(Key::of(Code::Esc))), "{key}");
        }
        assert_eq!(editor.around(), ("b".to_owned(), String::new()));
        assert!(!editor.take(Key::of(Code::Enter)) && !editor.take(Key::ctrl('p')));
        let mut full = Editor::holding(&"x".repeat(LONGEST));
        full.take(Key::char('y'));
        assert_eq!(full.text().len(), LONGEST);
    }
}
