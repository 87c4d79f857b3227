//! How wide text is in cells, and how it breaks into lines: what places and what draws must agree on.

use unicode_width::UnicodeWidthStr;

/// Gives how many cells a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Breaks a text between words, into lines of so many cells.
pub fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let longer = width(&line) + usize::from(!line.is_empty()) + width(word);
            if longer > room && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
            // A word that is longer than a line, such as a UID, is broken.
            while width(&line) > room && room > 0 {
                let mut head = String::new();
                let mut rest = line.chars();
                for character in rest.by_ref() {
                    if width(&head) + width(&character.to_string()) >= room {
                        head.push(character);
                        break;
                    }
                    head.push(character);
                }
                let tail = rest.collect();
                lines.push(head);
                line = tail;
            }
        }
        lines.push(line);
    }
    lines
}
