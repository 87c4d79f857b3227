//! The sequences that keys send: of xterm, rxvt, the Linux console, VT220, and kitty's and xterm's extended forms.

use crate::command::{Code, Key};

/// Final bytes of cursor and function keys in `ESC [` and `ESC O` (xterm's ctlseqs).
const FINALS: [(u8, Code); 12] = [
    (b'A', Code::Up),
    (b'B', Code::Down),
    (b'C', Code::Right),
    (b'D', Code::Left),
    (b'H', Code::Home),
    (b'F', Code::End),
    (b'P', Code::F(1)),
    (b'Q', Code::F(2)),
    (b'R', Code::F(3)),
    (b'S', Code::F(4)),
    (b'Z', Code::BackTab),
    (b'M', Code::Enter),
];

/// Numbers of keys that end in `~` (VT220, and what rxvt and the Linux console make of it).
const NUMBERS: [(u16, Code); 22] = [
    (1, Code::Home),
    (2, Code::Insert),
    (3, Code::Delete),
    (4, Code::End),
    (5, Code::PageUp),
    (6, Code::PageDown),
    (7, Code::Home),
    (8, Code::End),
    (11, Code::F(1)),
    (12, Code::F(2)),
    (13, Code::F(3)),
    (14, Code::F(4)),
    (15, Code::F(5)),
    (17, Code::F(6)),
    (18, Code::F(7)),
    (19, Code::F(8)),
    (20, Code::F(9)),
    (21, Code::F(10)),
    (23, Code::F(11)),
    (24, Code::F(12)),
    (25, Code::F(13)),
    (26, Code::F(14)),
];

/// Gives the key of a single byte that isn't part of a sequence.
pub fn plain(byte: u8) -> Option<Key> {
    let code = match byte {
        b'\r' | b'\n' => Code::Enter,
        b'\t' => Code::Tab,
        0x7f | 0x08 => Code::Backspace,
        // Ctrl and a letter; ctrl and space is NUL.
        0 => return Some(Key::ctrl(' ')),
        1..=26 => return Some(Key::ctrl(char::from(byte - 1 + b'a'))),
        0x1c..=0x1f => return Some(Key::ctrl(char::from(byte - 0x1c + b'\\'))),
        0x20..=0x7e => Code::Char(char::from(byte)),
        _ => return None,
    };
    Some(Key::of(code))
}

/// Gives the function key that the Linux console sends as `ESC [ [` and a letter.
pub fn console(byte: u8) -> Option<Key> {
    (b'A'..=b'E').contains(&byte).then(|| Key::of(Code::F(byte - b'A' + 1)))
}

/// Tells whether these are the digits of a key after which rxvt writes `$` for shift.
pub fn is_shifted_rxvt(kept: &[u8]) -> bool {
    !kept.is_empty() && kept.len() <= 2 && kept.iter().all(u8::is_ascii_digit)
}

/// Gives the key of `ESC [` and what follows, its final byte too.
pub fn control(kept: &[u8]) -> Option<Key> {
    let (last, parameters) = kept.split_last()?;
    let numbers = numbers(parameters);
    let modifiers = numbers.as_ref().and_then(|numbers| numbers.get(1)).copied();
    match last {
        b'~' | b'^' | b'@' => {
            let numbers = numbers?;
            let number = *numbers.first()?;
            // xterm's modifyOtherKeys: 27 ; modifiers ; character ~
            if let (27, [_, modifiers, character]) = (number, numbers.as_slice()) {
                return with(character_of(*character)?, *modifiers);
            }
            let code = NUMBERS.iter().find(|(known, _)| *known == number).map(|(_, code)| *code)?;
            // rxvt ends keys with ctrl in ^, with ctrl and shift in @.
            let rxvt = if *last == b'~' { modifiers.unwrap_or(1) } else { 5 };
            with(code, rxvt)
        }
        b'$' if is_shifted_rxvt(parameters) => {
            let number = numbers?.first().copied()?;
            NUMBERS.iter().find(|(known, _)| *known == number).map(|(_, code)| Key::of(*code))
        }
        b'u' => {
            let numbers = numbers?;
            with(character_of(*numbers.first()?)?, numbers.get(1).copied().unwrap_or(1))
        }
        // rxvt writes arrows with shift in small letters.
        b'a'..=b'd' if parameters.is_empty() => {
            let of = |(known, _): &&(u8, Code)| *known == last.to_ascii_uppercase();
            FINALS.iter().find(of).map(|(_, code)| Key::of(*code))
        }
        // A report of the cursor's place ends like F3, and has two numbers of which the first is never 1 with a
        // modifier's after it: `ESC [ 1 ; 5 R` is taken for the key, as xterm sends it.
        b'R' if !(parameters.is_empty()
            || numbers.as_deref().is_some_and(|n| n.first() == Some(&1) && n.len() == 2)) =>
        {
            None
        }
        b'M' => None,
        _ => {
            let code = FINALS.iter().find(|(known, _)| known == last).map(|(_, code)| *code)?;
            match numbers.as_deref() {
                Some([]) | Some([1]) => Some(Key::of(code)),
                Some([1, modifiers]) => with(code, *modifiers),
                // rxvt and others leave the first number out or write the modifiers alone.
                Some([modifiers]) => with(code, *modifiers),
                _ => None,
            }
        }
    }
}

/// Gives the key of `ESC O` and what follows, its final byte too.
pub fn single(kept: &[u8]) -> Option<Key> {
    let (last, parameters) = kept.split_last()?;
    let modifiers = numbers(parameters)?.last().copied().unwrap_or(1);
    if let Some((_, code)) = FINALS.iter().find(|(known, _)| known == last) {
        return with(*code, modifiers);
    }
    // The keypad in application mode: its characters are 0x40 further on (VT100).
    match last {
        b'a'..=b'd' => {
            let of = |(known, _): &&(u8, Code)| *known == last.to_ascii_uppercase();
            FINALS.iter().find(of).and_then(|(_, code)| with(*code, 5))
        }
        b'j'..=b'y' => with(Code::Char(char::from(last - 0x40)), modifiers),
        _ => None,
    }
}

/// Reads numbers set apart by `;`; of subparameters after `:` the first counts. None where anything else stands there.
fn numbers(parameters: &[u8]) -> Option<Vec<u16>> {
    let text = std::str::from_utf8(parameters).ok()?;
    if text.is_empty() {
        return Some(Vec::new());
    }
    text.split(';')
        .map(|part| match part.split(':').next().unwrap_or("") {
            "" => Some(1),
            digits => digits.parse().ok(),
        })
        .collect()
}

/// Puts modifiers on a key: 1 and the sum of shift 1, alt 2, ctrl 4; kitty adds super and locks, which mean nothing here.
fn with(code: Code, modifiers: u16) -> Option<Key> {
    let bits = modifiers.checked_sub(1)?;
    let (shift, alt, ctrl) = (bits & 1 > 0, bits & 2 > 0, bits & 4 > 0);
    let code = match code {
        Code::Tab if shift => Code::BackTab,
        Code::Char(letter) if shift && !ctrl => Code::Char(letter.to_uppercase().next().unwrap_or(letter)),
        Code::Char(letter) if ctrl => Code::Char(letter.to_ascii_lowercase()),
        code => code,
    };
    Some(Key { code, ctrl, alt })
}

/// Gives the key of a character's number, as extended forms write it.
fn character_of(number: u16) -> Option<Code> {
    match number {
        13 => Some(Code::Enter),
        27 => Some(Code::Esc),
        9 => Some(Code::Tab),
        8 | 127 => Some(Code::Backspace),
        // Keys of kitty's that have no character: media keys and modifiers by themselves.
        57344..=63743 => None,
        _ => char::from_u32(u32::from(number)).filter(|character| !character.is_control()).map(Code::Char),
    }
}
