//! What was written to a terminal, taken apart (ECMA-48).

/// One piece of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// What is printed, and controls of a single character.
    Text(String),
    /// `ESC [` …, without these.
    Control(String),
    /// OSC, DCS, APC and the like, without their ESC and their end; other sequences without their ESC.
    Other(String),
}

/// Takes bytes apart.
pub fn pieces(bytes: &[u8]) -> Vec<Piece> {
    let text = String::from_utf8_lossy(bytes);
    let mut found = Vec::new();
    let mut rest = text.as_ref();
    while let Some(at) = rest.find('\x1b') {
        let (before, after) = rest.split_at(at);
        if !before.is_empty() {
            found.push(Piece::Text(before.to_owned()));
        }
        let after = after.get(1..).unwrap_or_default();
        let (piece, left) = match after.chars().next() {
            Some('[') => {
                let body = after.get(1..).unwrap_or_default();
                let end = body.find(|c: char| ('\x40'..='\x7e').contains(&c)).map_or(body.len(), |at| at + 1);
                let (sequence, left) = body.split_at(end);
                (Piece::Control(sequence.to_owned()), left)
            }
            Some(']' | 'P' | '_' | '^' | 'X') => {
                let end = [after.find('\x07'), after.find("\x1b\\")].into_iter().flatten().min();
                let (string, left) = after.split_at(end.unwrap_or(after.len()));
                let left = left.strip_prefix("\x1b\\").or(left.strip_prefix('\x07')).unwrap_or(left);
                (Piece::Other(string.to_owned()), left)
            }
            Some(other) => {
                let (one, left) = after.split_at(other.len_utf8());
                (Piece::Other(one.to_owned()), left)
            }
            None => break,
        };
        found.push(piece);
        rest = left;
    }
    if !rest.is_empty() {
        found.push(Piece::Text(rest.to_owned()));
    }
    found
}

#[test]
fn pieces_are_told_apart() {
    let text = |text: &str| Piece::Text(text.to_owned());
    let control = |text: &str| Piece::Control(text.to_owned());
    let other = |text: &str| Piece::Other(text.to_owned());
    assert_eq!(
        pieces("a\x1b[1;2mb\x1b]0;t\x07c\x1b_Gi=1;\x1b\\\x1bcd".as_bytes()),
        [
            text("a"),
            control("1;2m"),
            text("b"),
            other("]0;t"),
            text("c"),
            other("_Gi=1;"),
            other("c"),
            text("d")
        ]
    );
}
