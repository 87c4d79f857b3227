//! A terminal's answers, read. What isn't known is nothing.

use crate::preview::brand::Reply;
use crate::preview::plan::Rgb;

/// Reads an answer in `ESC [`: what follows it, the final byte too.
pub fn control(kept: &[u8]) -> Option<Reply> {
    let text = std::str::from_utf8(kept).ok()?;
    // A parameter that is left out is 0 (ECMA-48, 5.4.2): kitty says `?62;c`.
    let number = |part: &str| if part.is_empty() { Some(0) } else { part.parse().ok() };
    let numbers = |text: &str| -> Option<Vec<u16>> { text.split(';').map(number).collect() };
    if let Some(list) = text.strip_prefix('?').and_then(|rest| rest.strip_suffix('c')) {
        return numbers(list).map(Reply::Attributes);
    }
    if let Some(list) = text.strip_prefix('>').and_then(|rest| rest.strip_suffix('c')) {
        return numbers(list).map(Reply::Secondary);
    }
    if let Some(list) = text.strip_prefix('?').and_then(|rest| rest.strip_suffix("$y")) {
        return match numbers(list)?[..] {
            [mode, state] => Some(Reply::Mode { mode, state }),
            _ => None,
        };
    }
    if let Some(list) = text.strip_suffix('t') {
        return match numbers(list)?[..] {
            [6, height, width] => Some(Reply::Cell(width, height)),
            [4, height, width] => Some(Reply::Area(width, height)),
            [8, rows, columns] => Some(Reply::Cells(columns, rows)),
            _ => None,
        };
    }
    match numbers(text.strip_suffix('R')?)?[..] {
        [row, column] => Some(Reply::Cursor(row, column)),
        _ => None,
    }
}

/// Reads an answer in OSC.
pub fn command(kept: &[u8]) -> Option<Reply> {
    let text = std::str::from_utf8(kept).ok()?;
    match text.split_once(';')? {
        ("10", colour) => colour_of(colour).map(Reply::Foreground),
        ("11", colour) => colour_of(colour).map(Reply::Background),
        _ => None,
    }
}

/// Reads an answer in DCS: XTVERSION.
pub fn device(kept: &[u8]) -> Option<Reply> {
    let text = std::str::from_utf8(kept).ok()?;
    text.strip_prefix(">|").map(|version| Reply::Version(version.to_owned()))
}

/// Reads an answer in APC: kitty's about a picture.
pub fn application(kept: &[u8]) -> Option<Reply> {
    let text = std::str::from_utf8(kept).ok()?.strip_prefix('G')?;
    let (keys, answer) = text.split_once(';')?;
    let id = keys.split(',').find_map(|pair| pair.strip_prefix("i=")?.parse().ok())?;
    Some(Reply::Kitty { id, text: answer.to_owned() })
}

/// Reads `rgb:ffff/8080/0000`, with one to four digits a channel (XParseColor).
fn colour_of(text: &str) -> Option<Rgb> {
    let mut channels =
        text.strip_prefix("rgb:").or_else(|| text.strip_prefix("rgba:"))?.split('/').map(|digits| {
            let most = 16_u32.pow(u32::try_from(digits.len()).ok().filter(|n| (1..=4).contains(n))?) - 1;
            let value = u32::from_str_radix(digits, 16).ok()?;
            u8::try_from(value * 255 / most).ok()
        });
    Some([channels.next()??, channels.next()??, channels.next()??])
}
