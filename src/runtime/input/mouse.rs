//! Reports of the mouse: `ESC [ < button ; column ; row M`, with `m` at the end where a button was let go (xterm's mode 1006).

use crate::app::{Mouse, MouseDeed};

/// Gives what a report says, from `<` on, its final byte too; none for buttons that mean nothing here.
pub fn report(kept: &[u8]) -> Option<Mouse> {
    let text = std::str::from_utf8(kept).ok()?.strip_prefix('<')?;
    let (numbers, pressed) = match text.strip_suffix('M') {
        Some(numbers) => (numbers, true),
        None => (text.strip_suffix('m')?, false),
    };
    let mut numbers = numbers.split(';').map(str::parse::<u16>);
    let mut next = || numbers.next()?.ok();
    let (button, column, row) = (next()?, next()?, next()?);
    if numbers.next().is_some() {
        return None;
    }
    // 4, 8 and 16 are shift, alt and ctrl; 32 is a move with the button held; 64 and up is the wheel.
    let deed = match (button & !0b1_1100, pressed) {
        (0, true) => MouseDeed::Press,
        (0 | 32, false) => MouseDeed::Release,
        (32, true) => MouseDeed::Drag,
        (64, true) => MouseDeed::WheelUp,
        (65, true) => MouseDeed::WheelDown,
        _ => return None,
    };
    // The first cell is 1.
    Some(Mouse { column: column.checked_sub(1)?, row: row.checked_sub(1)?, deed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_read_and_others_mean_nothing() {
        let of = |column, row, deed| Some(Mouse { column, row, deed });
        for (bytes, found) in [
            (&b"<0;1;1M"[..], of(0, 0, MouseDeed::Press)),
            (b"<32;300;20M", of(299, 19, MouseDeed::Drag)),
            (b"<0;3;4m", of(2, 3, MouseDeed::Release)),
            (b"<20;3;4M", of(2, 3, MouseDeed::Press)),
            (b"<64;3;4M", of(2, 3, MouseDeed::WheelUp)),
            (b"<65;3;4M", of(2, 3, MouseDeed::WheelDown)),
            (b"<2;3;4M", None),
            (b"<0;0;4M", None),
            (b"<0;3M", None),
            (b"<0;3;4;5M", None),
            (b"<x;3;4M", None),
            (b"<0;3;99999M", None),
        ] {
            assert_eq!(report(bytes), found, "{}", String::from_utf8_lossy(bytes));
        }
    }
}
