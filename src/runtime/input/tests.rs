//! Real byte strings of real terminals, however they are cut.

use proptest::prelude::*;

use super::*;

fn read(bytes: &[u8]) -> Vec<Input> {
    let mut parser = Parser::default();
    let mut inputs = parser.feed(bytes);
    inputs.extend(parser.flush());
    inputs
}

fn keys(bytes: &[u8]) -> String {
    read(bytes)
        .into_iter()
        .map(|input| match input {
            Input::Key(key) => key.to_string(),
            other => format!("{other:?}"),
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn keys_of_many_terminals_are_known() {
    for (bytes, wanted) in [
        ("j2\r\t\x7f", "j 2 enter tab backspace"),
        ("\x1b", "esc"),
        ("\x1b\x1b", "esc esc"),
        ("\x1bz", "alt-z"),
        ("\x1a\x10\x03", "ctrl-z ctrl-p ctrl-c"),
        ("ß山", "ß 山"),
        // xterm, normal and application mode.
        ("\x1b[A\x1b[B\x1b[C\x1b[D", "up down right left"),
        ("\x1bOA\x1bOB\x1bOC\x1bOD", "up down right left"),
        ("\x1b[H\x1b[F\x1b[1~\x1b[4~\x1b[7~\x1b[8~", "home end home end home end"),
        ("\x1b[5~\x1b[6~\x1b[2~\x1b[3~\x1b[Z", "pageup pagedown insert delete backtab"),
        ("\x1bOP\x1b[11~\x1b[[A\x1b[15~\x1b[24~\x1bOS", "f1 f1 f1 f5 f12 f4"),
        ("\x1b[1;5C\x1b[1;3D\x1b[3;5~", "ctrl-right alt-left ctrl-delete"),
        // rxvt.
        ("\x1b[a\x1bOa\x1b[3$\x1b[3^", "up ctrl-up delete ctrl-delete"),
        // kitty's CSI u, and xterm's modifyOtherKeys.
        ("\x1b[97;5u\x1b[27u\x1b[13;1u\x1b[27;5;122~\x1b[9;2u", "ctrl-a esc enter ctrl-z backtab"),
    ] {
        assert_eq!(keys(bytes.as_bytes()), wanted, "{bytes:?}");
    }
}

#[test]
fn the_mouse_is_told_and_no_key_follows_from_it() {
    let press = crate::app::Mouse { column: 2, row: 3, deed: crate::app::MouseDeed::Press };
    assert_eq!(read(b"\x1b[<0;3;4Mj"), [Input::Mouse(press), Input::Key(Key::char('j'))]);
    assert_eq!(keys(b"\x1b[<2;3;4Mj"), "j");
}

#[test]
fn answers_never_become_keys() {
    let answers = "\x1b[?62;4;22c\x1b[>41;354;0c\x1bP>|kitty(0.41.1)\x1b\\\x1b_Gi=4207;OK\x1b\\\x1b[6;18;9t\x1b[4;600;800t\
                   \x1b]11;rgb:1e1e/2020/30ff\x1b\\\x1b]10;rgb:ff/ff/ff\x07\x1b[?2026;2$y\x1b[12;40R";
    let all = read(answers.as_bytes());
    assert_eq!(
        all,
        [
            Input::Reply(Reply::Attributes(vec![62, 4, 22])),
            Input::Reply(Reply::Secondary(vec![41, 354, 0])),
            Input::Reply(Reply::Version("kitty(0.41.1)".into())),
            Input::Reply(Reply::Kitty { id: 4207, text: "OK".into() }),
            Input::Reply(Reply::Cell(9, 18)),
            Input::Reply(Reply::Area(800, 600)),
            Input::Reply(Reply::Background([30, 32, 48])),
            Input::Reply(Reply::Foreground([255, 255, 255])),
            Input::Reply(Reply::Mode { mode: 2026, state: 2 }),
            Input::Reply(Reply::Cursor(12, 40)),
        ]
    );
    // Unknown ones are swallowed whole, and the key after them is not.
    for strange in
        ["\x1b]52;c;aGVsbG8=\x07", "\x1bP1$r0m\x1b\\", "\x1b^private\x1b\\", "\x1b[?1;2;3y", "\x1b[M !!"]
    {
        assert_eq!(keys(format!("{strange}j").as_bytes()), "j", "{strange:?}");
    }
}

#[test]
fn a_late_answer_that_was_cut_behind_its_escape_is_no_key() {
    let mut parser = Parser::default();
    assert_eq!(parser.feed(b"\x1b"), []);
    assert!(parser.patience().is_some());
    assert_eq!(parser.flush(), [Input::Key(Key::of(Code::Esc))]);
    assert_eq!(parser.feed(b"[?62;4c"), [Input::Reply(Reply::Attributes(vec![62, 4]))]);
}

#[test]
fn pasted_text_comes_in_one_piece() {
    assert_eq!(
        read(b"\x1b[200~2 4\r\nq\x1b[201~x"),
        [Input::Paste("2 4\nq".into()), Input::Key(Key::char('x'))]
    );
    assert_eq!(read(b"\x1b[200~no end"), [Input::Paste("no end".into())]);
    let mut long = b"\x1b[200~".to_vec();
    long.extend(std::iter::repeat_n(b'a', LARGEST_PASTE + 10));
    long.extend_from_slice(b"\x1b[201~k");
    match read(&long).as_slice() {
        [Input::Paste(text), Input::Key(key)] => {
            assert_eq!(
                (text.chars().count(), text.ends_with(CUT), *key),
                (LARGEST_PASTE + 1, true, Key::char('k'))
            );
        }
        other => unreachable!("{} inputs", other.len()),
    }
}

proptest! {
    /// However a stream is cut, it means the same, and nothing in it brings the parser down.
    #[test]
    fn cuts_change_nothing(
        pieces in prop::collection::vec(prop_oneof![
            prop::collection::vec(any::<u8>(), 0..6),
            Just(b"\x1b[A".to_vec()), Just(b"\x1b]11;rgb:00/00/00\x07".to_vec()), Just(b"\x1b[200~a".to_vec()),
            Just(b"\x1b[201~".to_vec()), Just(b"\x1bP>|x\x1b\\".to_vec()), Just(b"\x1b_Gi=1;OK\x1b\\".to_vec()),
        ], 0..12),
        cuts in prop::collection::vec(0_usize..80, 0..6),
    ) {
        let bytes: Vec<u8> = pieces.concat();
        let whole = read(&bytes);
        let mut parser = Parser::default();
        let mut seen = Vec::new();
        let mut at = 0;
        let mut cuts = cuts;
        cuts.sort_unstable();
        for cut in cuts.into_iter().filter(|cut| *cut <= bytes.len()).chain([bytes.len()]) {
            seen.extend(parser.feed(&bytes[at..cut.max(at)]));
            at = cut.max(at);
        }
        seen.extend(parser.flush());
        prop_assert_eq!(seen, whole);
    }
}
