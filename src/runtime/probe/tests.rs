//! Terminals as byte tables: what each answers to the questions, read by the parser that reads keys, and judged.
//!
//! The bytes are those that the terminals' documents and sources give, or that people recorded: xterm's ctlseqs, kitty's
//! graphics protocol, and the sources of foot, mosh, tmux, screen and VTE.

use super::*;
use crate::command::{Code, Key};
use crate::preview::brand::{Answers, Brand, Terminal, guess, judge};
use crate::preview::plan::{Depth, Protocol, Rgb};
use crate::runtime::input::{Input, Parser};

/// One terminal: what the environment says in it, what it answers, and what it has to be taken for.
struct Persona {
    name: &'static str,
    variables: &'static [(&'static str, &'static str)],
    /// Pixels of a window of 120×40 cells.
    pixels: Option<(u16, u16)>,
    asked: Option<Protocol>,
    answers: &'static [&'static str],
    brand: Brand,
    version: &'static str,
    protocol: Protocol,
    depth: Depth,
    cell: (u16, u16),
    background: Option<Rgb>,
    synchronized: bool,
    /// How each note begins.
    notes: &'static [&'static str],
}

/// A terminal that says nothing, from which the others differ.
const SILENT: Persona = Persona {
    name: "silent",
    variables: &[("TERM", "xterm-256color")],
    pixels: None,
    asked: None,
    answers: &[],
    brand: Brand::Unknown,
    version: "",
    protocol: Protocol::HalfBlocks,
    depth: Depth::Ansi256,
    cell: (10, 20),
    background: None,
    synchronized: true,
    notes: &["it did not answer"],
};

const OVER_SSH: &[(&str, &str)] =
    &[("TERM", "xterm-256color"), ("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22")];

const PERSONAS: [Persona; 27] = [
    Persona {
        name: "kitty 0.26",
        variables: &[("TERM", "xterm-kitty"), ("COLORTERM", "truecolor")],
        pixels: Some((1080, 760)),
        answers: &[
            "\x1b_Gi=4207;OK\x1b\\",
            "\x1bP>|kitty(0.26.5)\x1b\\",
            "\x1b[6;19;9t",
            "\x1b]11;rgb:0000/0000/0000\x1b\\",
            "\x1b[?2026;2$y",
            "\x1b[>1;4000;26c",
            "\x1b[?62;c",
        ],
        brand: Brand::Kitty,
        version: "0.26.5",
        protocol: Protocol::Kitty,
        depth: Depth::True,
        cell: (9, 19),
        background: Some([0, 0, 0]),
        notes: &[],
        ..SILENT
    },
    Persona {
        name: "kitty 0.41 over SSH",
        variables: OVER_SSH,
        answers: &[
            "\x1b_Gi=4207;OK\x1b\\",
            "\x1bP>|kitty(0.41.1)\x1b\\",
            "\x1b[6;38;18t",
            "\x1b]11;rgb:2828/2c2c/3434\x1b\\",
            "\x1b[?2026;2$y",
            "\x1b[>1;4000;41c",
            "\x1b[?62;52;c",
        ],
        brand: Brand::Kitty,
        version: "0.41.1",
        protocol: Protocol::Kitty,
        depth: Depth::True,
        cell: (18, 38),
        background: Some([0x28, 0x2c, 0x34]),
        notes: &[],
        ..SILENT
    },
    Persona {
        name: "Ghostty",
        variables: &[("TERM", "xterm-ghostty"), ("TERM_PROGRAM", "ghostty"), ("COLORTERM", "truecolor")],
        pixels: Some((1200, 840)),
        answers: &[
            "\x1b_Gi=4207;OK\x1b\\",
            "\x1bP>|ghostty 1.1.3\x1b\\",
            "\x1b[6;21;10t",
            "\x1b]11;rgb:2828/2c2c/3434\x1b\\",
            "\x1b[?2026;2$y",
            // The same as mosh's, which must not count.
            "\x1b[>1;10;0c",
            "\x1b[?62;22;52c",
        ],
        brand: Brand::Ghostty,
        version: "1.1.3",
        protocol: Protocol::Kitty,
        depth: Depth::True,
        cell: (10, 21),
        background: Some([0x28, 0x2c, 0x34]),
        notes: &[],
        ..SILENT
    },
    Persona {
        name: "WezTerm over SSH",
        variables: OVER_SSH,
        answers: &[
            "\x1b_Gi=4207;OK\x1b\\",
            "\x1bP>|WezTerm 20240203-110809-5046fc22\x1b\\",
            "\x1b[6;22;10t",
            "\x1b]11;rgb:0000/0000/0000\x1b\\",
            "\x1b[?2026;2$y",
            "\x1b[>1;277;0c",
            "\x1b[?65;4;6;18;22c",
        ],
        brand: Brand::WezTerm,
        version: "20240203-110809-5046fc22",
        protocol: Protocol::Iterm2,
        depth: Depth::True,
        cell: (10, 22),
        background: Some([0, 0, 0]),
        notes: &[],
        ..SILENT
    },
    Persona {
        name: "Konsole",
        variables: &[("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("KONSOLE_VERSION", "230805")],
        pixels: Some((960, 680)),
        answers: &[
            "\x1b_Gi=4207;OK\x1b\\",
            "\x1bP>|Konsole 23.08.5\x1b\\",
            "\x1b]11;rgb:2323/2626/2727\x1b\\",
            "\x1b[?2026;0$y",
            "\x1b[>1;115;0c",
            "\x1b[?62;1;4c",
        ],
        brand: Brand::Konsole,
        version: "23.08.5",
        protocol: Protocol::Kitty,
        depth: Depth::True,
        cell: (8, 17),
        background: Some([0x23, 0x26, 0x27]),
        synchronized: false,
        notes: &[],
        ..SILENT
    },
    Persona {
        name: "Konsole before it had graphics, over SSH",
        variables: OVER_SSH,
        answers: &["\x1b[>1;115;0c", "\x1b[?62;1;4c"],
        brand: Brand::Konsole,
        depth: Depth::True,
        notes: &[],
        ..SILENT
    },
    Persona {
        name: "iTerm2",
        variables: &[
            ("TERM", "xterm-256color"),
            ("TERM_PROGRAM", "iTerm.app"),
            ("LC_TERMINAL", "iTerm2"),
            ("COLORTERM", "truecolor"),
        ],
        pixels: Some((1680, 1360)),
        answers: &[
            // It has kitty's graphics since 3.6; its own are what is asked of it.
            "\x1b_Gi=4207;OK\x1b\\",
            "\x1bP>|iTerm2 3.6.5\x1b\\",
            "\x1b]11;rgb:ffff/ffff/ffff\x07",
            "\x1b[?2026;2$y",
            "\x1b[>64;2500;0c",
            "\x1b[?64;1;2;4;6;17;18;21;22;52c",
        ],
        brand: Brand::Iterm2,
        version: "3.6.5",
        protocol: Protocol::Iterm2,
        depth: Depth::True,
        cell: (14, 34),
        background: Some([255, 255, 255]),
        notes: &[],
        ..SILENT
    },
    Persona {
        name: "foot",
        variables: &[("TERM", "foot"), ("COLORTERM", "truecolor")],
        pixels: Some((720, 520)),
        answers: &[
            "\x1bP>|foot(1.16.2)\x1b\\",
            "\x1b[6;13;6t",
            "\x1b]11;rgb:24/24/24\x1b\\",
            "\x1b[?2026;2$y",
            "\x1b[>1;011602;0c",
            "\x1b[?62;4;22c",
        ],
        brand: Brand::Foot,
        version: "1.16.2",
        protocol: Protocol::Sixel,
        depth: Depth::True,
        cell: (6, 13),
        background: Some([0x24, 0x24, 0x24]),
        notes: &[],
        ..SILENT
    },
    Persona {
        name: "foot with sixel off",
        variables: &[("TERM", "foot"), ("COLORTERM", "truecolor")],
        answers: &["\x1bP>|foot(1.25.0)\x1b\\", "\x1b[?2026;2$y", "\x1b[?62;22;28;52c"],
        brand: Brand::Foot,
        version: "1.25.0",
        depth: Depth::True,
        notes: &[],
        ..SILENT
    },
    Persona {
        name: "xterm -ti vt340",
        answers: &[
            "\x1bP>|XTerm(390)\x1b\\",
            "\x1b[6;13;6t",
            "\x1b]11;rgb:ffff/ffff/ffff\x1b\\",
            "\x1b[?2026;0$y",
            "\x1b[>19;390;0c",
            "\x1b[?63;1;2;4;6;9;15;16;22;28c",
        ],
        brand: Brand::Xterm,
        version: "390",
        protocol: Protocol::Sixel,
        depth: Depth::True,
        cell: (6, 13),
        background: Some([255, 255, 255]),
        synchronized: false,
        notes: &[],
        ..SILENT
    },
    Persona {
        name: "xterm",
        answers: &[
            "\x1bP>|XTerm(390)\x1b\\",
            "\x1b[6;13;6t",
            "\x1b]11;rgb:ffff/ffff/ffff\x1b\\",
            "\x1b[?2026;0$y",
            "\x1b[>41;390;0c",
            "\x1b[?64;1;2;6;9;15;16;17;18;21;22;28c",
        ],
        brand: Brand::Xterm,
        version: "390",
        depth: Depth::True,
        cell: (6, 13),
        background: Some([255, 255, 255]),
        synchronized: false,
        notes: &["xterm: for pictures start it as `xterm -ti vt340`"],
        ..SILENT
    },
    Persona {
        name: "mlterm",
        variables: &[("TERM", "mlterm"), ("COLORTERM", "truecolor")],
        answers: &[
            "\x1bP>|mlterm(3.9.3)\x1b\\",
            "\x1b[6;16;10t",
            "\x1b]11;rgb:0000/0000/0000\x1b\\",
            "\x1b[>24;279;0c",
            "\x1b[?63;1;2;3;4;6;7;15;18;22;29c",
        ],
        brand: Brand::Mlterm,
        version: "3.9.3",
        protocol: Protocol::Sixel,
        depth: Depth::True,
        cell: (10, 16),
        background: Some([0, 0, 0]),
        notes: &[],
        ..SILENT
    },
    Persona {
        name: "Windows Terminal 1.22 over SSH",
        variables: OVER_SSH,
        answers: &[
            "\x1b[6;20;10t",
            "\x1b]11;rgb:0c0c/0c0c/0c0c\x1b\\",
            "\x1b[?2026;0$y",
            "\x1b[>0;10;1c",
            "\x1b[?61;4;6;7;14;21;22;23;24;28;32;42;52c",
        ],
        brand: Brand::WindowsTerminal,
        protocol: Protocol::Sixel,
        depth: Depth::True,
        background: Some([12, 12, 12]),
        synchronized: false,
        notes: &[],
        ..SILENT
    },
    Persona {
        name: "Windows Terminal 1.21, in WSL",
        variables: &[("TERM", "xterm-256color"), ("WT_SESSION", "2c7a")],
        answers: &["\x1b[>0;10;1c", "\x1b[?61;6;7;14;21;22;23;24;28;32;42c"],
        brand: Brand::WindowsTerminal,
        depth: Depth::True,
        notes: &["Windows Terminal: pictures need version 1.22"],
        ..SILENT
    },
    Persona {
        name: "VTE",
        variables: &[("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("VTE_VERSION", "7600")],
        pixels: Some((1080, 760)),
        answers: &[
            "\x1bP>|VTE(7600)\x1b\\",
            "\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\",
            "\x1b[?2026;2$y",
            "\x1b[>61;7600;1c",
            "\x1b[?61;1;21;22c",
        ],
        brand: Brand::Vte,
        version: "7600",
        depth: Depth::True,
        cell: (9, 19),
        background: Some([0x1e, 0x1e, 0x1e]),
        notes: &[],
        ..SILENT
    },
    Persona {
        name: "VTE of old, over SSH",
        variables: OVER_SSH,
        answers: &["\x1b]11;rgb:0000/0000/0000\x1b\\", "\x1b[>65;5402;1c", "\x1b[?65;1;9c"],
        brand: Brand::Vte,
        depth: Depth::True,
        background: Some([0, 0, 0]),
        notes: &[],
        ..SILENT
    },
    Persona {
        name: "Apple Terminal",
        variables: &[("TERM", "xterm-256color"), ("TERM_PROGRAM", "Apple_Terminal")],
        answers: &["\x1b]11;rgb:ffff/ffff/ffff\x1b\\", "\x1b[>1;95;0c", "\x1b[?1;2c"],
        brand: Brand::AppleTerminal,
        background: Some([255, 255, 255]),
        notes: &[],
        ..SILENT
    },
    Persona {
        name: "Alacritty over SSH",
        variables: OVER_SSH,
        answers: &["\x1b]11;rgb:1818/1818/1818\x1b\\", "\x1b[?2026;2$y", "\x1b[>0;1501;1c", "\x1b[?6c"],
        brand: Brand::Alacritty,
        depth: Depth::True,
        background: Some([0x18, 0x18, 0x18]),
        notes: &[],
        ..SILENT
    },
    Persona {
        name: "tmux",
        variables: &[
            ("TERM", "tmux-256color"),
            ("TMUX", "/tmp/tmux-1000/default,1,0"),
            ("TERM_PROGRAM", "tmux"),
        ],
        answers: &[
            "\x1bP>|tmux 3.4\x1b\\",
            "\x1b[6;21;10t",
            "\x1b]11;rgb:2828/2c2c/3434\x1b\\",
            "\x1b[>84;0;0c",
            "\x1b[?1;2;4c",
        ],
        brand: Brand::Tmux,
        version: "3.4",
        cell: (10, 21),
        background: Some([0x28, 0x2c, 0x34]),
        notes: &["tmux: for pictures in kitty or Ghostty"],
        ..SILENT
    },
    Persona {
        name: "tmux with passthrough, by wish",
        variables: &[
            ("TERM", "tmux-256color"),
            ("TMUX", "/tmp/tmux-1000/default,1,0"),
            ("COLORTERM", "truecolor"),
        ],
        asked: Some(Protocol::Kitty),
        answers: &["\x1bP>|tmux 3.4\x1b\\", "\x1b[6;21;10t", "\x1b[>84;0;0c", "\x1b[?1;2c"],
        brand: Brand::Tmux,
        version: "3.4",
        protocol: Protocol::KittyPlaceholders,
        depth: Depth::True,
        cell: (10, 21),
        notes: &["tmux: pictures pass only with"],
        ..SILENT
    },
    Persona {
        name: "tmux of old, over SSH",
        variables: &[("TERM", "screen-256color"), ("SSH_TTY", "/dev/pts/1")],
        answers: &["\x1b[>84;0;0c", "\x1b[?1;2c"],
        brand: Brand::Tmux,
        notes: &["tmux: for pictures in kitty or Ghostty"],
        ..SILENT
    },
    Persona {
        name: "screen",
        variables: &[("TERM", "screen"), ("STY", "1234.pts-0.host"), ("COLORTERM", "truecolor")],
        answers: &["\x1b[>83;40900;0c", "\x1b[?1;2c"],
        brand: Brand::Screen,
        depth: Depth::Ansi16,
        notes: &["screen: pictures are half-blocks"],
        ..SILENT
    },
    Persona {
        name: "mosh",
        variables: &[
            ("TERM", "xterm-256color"),
            ("COLORTERM", "truecolor"),
            ("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22"),
        ],
        answers: &["\x1b[>1;10;0c", "\x1b[?62c"],
        brand: Brand::Mosh,
        notes: &["mosh: pictures are half-blocks"],
        ..SILENT
    },
    Persona {
        name: "Linux console",
        variables: &[("TERM", "linux")],
        brand: Brand::Linux,
        depth: Depth::Ansi16,
        synchronized: false,
        notes: &["the console shows 16 colours"],
        ..SILENT
    },
    Persona {
        name: "dumb",
        variables: &[("TERM", "dumb")],
        brand: Brand::Dumb,
        protocol: Protocol::Off,
        depth: Depth::None,
        synchronized: false,
        notes: &[],
        ..SILENT
    },
    SILENT,
    Persona {
        name: "garbage",
        answers: &[
            "\x1b[?;;c",
            "\x1bP>|\x1b\\",
            "\x1bP>|\x01\x02(\x1b\\",
            "\x1b_Gi=;OK\x1b\\",
            "\x1b_Gi=7;OK\x1b\\",
            "\x1b]11;rgb:zz/0/0\x07",
            "\x1b]11;#102030\x07",
            "\x1b[6;65535;1t",
            "\x1b[6;99999;9t",
            "\x1b[?2026$y",
            "\x1b[>999999;1c",
        ],
        notes: &[],
        ..SILENT
    },
];

fn surroundings(persona: &Persona) -> Surroundings {
    let of = |name: &str| {
        persona.variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    };
    told_by(&of, true, Size { columns: 120, rows: 40, pixels: persona.pixels })
}

/// Reads bytes as they come in, each piece by itself: the answers, and everything else.
fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Answers, Vec<Input>) {
    let mut parser = Parser::default();
    let mut inputs: Vec<Input> = pieces.into_iter().flat_map(|piece| parser.feed(piece)).collect();
    inputs.extend(parser.flush());
    take(inputs)
}

fn take(inputs: Vec<Input>) -> (Answers, Vec<Input>) {
    let mut answers = Answers::default();
    let mut others = Vec::new();
    for input in inputs {
        match input {
            Input::Reply(reply) => answers.take(&reply),
            other => others.push(other),
        }
    }
    (answers, others)
}

fn judged(persona: &Persona, answers: &Answers) -> Terminal {
    judge(answers, &surroundings(persona), persona.asked, None)
}

#[test]
fn every_terminal_is_taken_for_what_it_is() {
    for persona in &PERSONAS {
        let name = persona.name;
        let (answers, others) = read([persona.answers.concat().as_bytes()]);
        assert_eq!(others, [], "{name}");
        let found = judged(persona, &answers);
        assert_eq!((found.brand, found.version.as_str()), (persona.brand, persona.version), "{name}");
        assert_eq!((found.protocol, found.depth), (persona.protocol, persona.depth), "{name}: {}", found.why);
        assert_eq!((found.cell, found.background), (persona.cell, persona.background), "{name}");
        assert_eq!(found.synchronized, persona.synchronized, "{name}");
        let begin = |(note, wanted): (&String, &&str)| note.starts_with(wanted);
        assert!(
            found.notes.len() == persona.notes.len() && found.notes.iter().zip(persona.notes).all(begin),
            "{name}: {:?}",
            found.notes
        );
    }
}

#[test]
fn no_terminal_is_asked_what_it_would_print() {
    let asked = |name: &str| {
        let persona = PERSONAS.iter().find(|persona| persona.name == name);
        persona.map(|persona| String::from_utf8_lossy(&question(&surroundings(persona))).into_owned())
    };
    let holds = |name: &str, words: &str| asked(name).is_some_and(|text| text.contains(words));
    for name in ["Linux console", "dumb"] {
        assert_eq!(asked(name).as_deref(), Some(""), "{name}");
    }
    for name in ["tmux", "tmux of old, over SSH", "screen"] {
        assert!(holds(name, "\x1b[>q") && !holds(name, "\x1b_G"), "{name}");
    }
    assert!(holds("Apple Terminal", "\x1b[c") && !holds("Apple Terminal", "$p"));
    for name in ["kitty 0.41 over SSH", "silent"] {
        assert!(holds(name, "\x1b_Gi=4207,") && holds(name, "\x1b[?2026$p"), "{name}");
    }
    // What every terminal answers comes last.
    for persona in &PERSONAS {
        let text = question(&surroundings(persona));
        assert!(text.is_empty() || text.ends_with(b"\x1b[c"), "{}", persona.name);
    }
}

#[test]
fn before_any_answer_nothing_is_promised() {
    for persona in PERSONAS.iter().filter(|persona| persona.asked.is_none()) {
        let found = guess(&surroundings(persona), None, None);
        assert!(matches!(found.protocol, Protocol::HalfBlocks | Protocol::Off), "{}", persona.name);
    }
}

#[test]
fn answers_may_come_in_any_pieces() {
    for persona in &PERSONAS {
        let bytes = persona.answers.concat().into_bytes();
        let whole = read([bytes.as_slice()]);
        assert_eq!(read(bytes.chunks(1)), whole, "{}", persona.name);
        for at in 0..bytes.len() {
            let (head, tail) = bytes.split_at(at);
            assert_eq!(read([head, tail]), whole, "{} cut at {at}", persona.name);
        }
    }
}

#[test]
fn an_answer_that_comes_late_is_never_taken_for_keys() {
    let esc = Input::Key(Key::of(Code::Esc));
    for persona in PERSONAS.iter().filter(|persona| persona.name != "garbage") {
        let whole = read([persona.answers.concat().as_bytes()]).0;
        for late in 0..persona.answers.len() {
            let head = persona.answers[..late].concat();
            let tail = persona.answers[late..].concat();
            // Nobody waits for the rest: the first byte of it is taken for the key, and nothing else is.
            let mut parser = Parser::default();
            let mut inputs = parser.feed(format!("{head}\x1b").as_bytes());
            inputs.extend(parser.flush());
            inputs.extend(parser.feed(&tail.as_bytes()[1..]));
            let (answers, others) = take(inputs);
            assert_eq!(others, std::slice::from_ref(&esc), "{} late at {late}", persona.name);
            assert_eq!(answers, whole, "{} late at {late}", persona.name);
            // A key that was pressed between two answers is that key.
            let (answers, others) = read([head.as_bytes(), b"j", tail.as_bytes()]);
            assert_eq!(
                (answers, others),
                (whole.clone(), vec![Input::Key(Key::char('j'))]),
                "{}",
                persona.name
            );
        }
    }
}

#[test]
fn what_is_not_answered_is_not_claimed() {
    for persona in &PERSONAS {
        for missing in 0..persona.answers.len() {
            let kept = persona.answers.iter().enumerate().filter(|(n, _)| *n != missing);
            let bytes: String = kept.map(|(_, answer)| *answer).collect();
            let found = judged(persona, &read([bytes.as_bytes()]).0);
            let own = found.protocol == persona.protocol || found.protocol == Protocol::HalfBlocks;
            // Without its name a terminal is held to what it answers for.
            let unnamed = found.brand != persona.brand
                && matches!(found.protocol, Protocol::Kitty | Protocol::Sixel)
                && persona.answers.len() > 1;
            assert!(own || unnamed, "{} without {:?}: {found:?}", persona.name, persona.answers[missing]);
        }
    }
}

#[test]
fn without_utf8_pictures_are_shades_in_ascii() {
    for persona in PERSONAS.iter().filter(|persona| persona.asked.is_none()) {
        let surroundings = Surroundings { utf8: false, ..surroundings(persona) };
        let found = guess(&surroundings, None, None);
        let expected = if found.brand == Brand::Dumb { Protocol::Off } else { Protocol::HalfBlocks };
        assert_eq!(found.protocol, expected, "{}", persona.name);
        assert!(!found.utf8);
    }
}
