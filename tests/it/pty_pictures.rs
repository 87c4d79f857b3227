//! What pictures cost on the wire, by terminal: as bytes of the program in a terminal that answers as each does.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::program::{Outcome, Place};
use crate::pty::{Piece, Pty, Setting, pieces};

/// One terminal, and the most that each step may take of pictures, in bytes.
struct Persona {
    name: &'static str,
    variables: &'static [(&'static str, &'static str)],
    arguments: &'static [&'static str],
    answers: &'static str,
    /// A popup over the picture, and the picture after it.
    popup: usize,
    after: usize,
    /// Outlines off.
    toggle: usize,
    /// Back to a picture that stood before.
    back: usize,
}

const FIRST: usize = 14_000;
const WHOLE: usize = 300_000;
/// What is drawn onto cells comes again: first small, then whole.
const AGAIN: usize = FIRST + WHOLE;

const PERSONAS: [Persona; 6] = [
    Persona {
        name: "kitty",
        variables: &[("TERM", "xterm-kitty"), ("COLORTERM", "truecolor")],
        arguments: &[],
        answers: "\x1b_Gi=4207;OK\x1b\\\x1bP>|kitty(0.26.5)\x1b\\\x1b[6;20;10t\x1b[?2026;2$y\x1b[>1;4000;26c\x1b[?62;c",
        popup: 100,
        after: 200,
        toggle: 100,
        back: 200,
    },
    Persona {
        name: "WezTerm",
        variables: &[("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22")],
        arguments: &[],
        answers: "\x1b_Gi=4207;OK\x1b\\\x1bP>|WezTerm 20240203\x1b\\\x1b[6;20;10t\x1b[?2026;2$y\x1b[?65;4;6;18;22c",
        popup: 0,
        after: AGAIN,
        toggle: AGAIN,
        back: AGAIN,
    },
    Persona {
        name: "xterm",
        variables: &[],
        arguments: &[],
        answers: "\x1bP>|XTerm(390)\x1b\\\x1b[6;20;10t\x1b[?2026;0$y\x1b[?63;1;2;4;6;9;15;16;22;28c",
        popup: 0,
        after: AGAIN,
        toggle: AGAIN,
        back: AGAIN,
    },
    Persona {
        name: "tmux, asked",
        variables: &[("TERM", "tmux-256color"), ("TMUX", "/tmp/tmux-0/default,1,0")],
        arguments: &["--images", "kitty"],
        answers: "\x1bP>|tmux 3.4\x1b\\\x1b[6;20;10t\x1b[?1;2;4c",
        popup: 0,
        after: 0,
        toggle: AGAIN,
        back: 0,
    },
    Persona {
        name: "mosh",
        variables: &[("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22")],
        arguments: &[],
        answers: "\x1b[>1;10;0c\x1b[?62c",
        popup: 0,
        after: 0,
        toggle: 0,
        back: 0,
    },
    Persona {
        name: "silent",
        variables: &[],
        arguments: &[],
        answers: "",
        popup: 0,
        after: 0,
        toggle: 0,
        back: 0,
    },
];

/// Gives the bytes of pictures in what was written, and of them the most in one frame.
fn pictures(bytes: &[u8]) -> (usize, Vec<usize>) {
    let text = String::from_utf8_lossy(bytes);
    let of = |frame: &str| -> usize {
        pieces(frame.as_bytes())
            .iter()
            .map(|piece| match piece {
                Piece::Other(other)
                    if ["_Ga=", "_Gm=", "]1337;", "P0;1q", "Ptmux;"].iter().any(|p| other.starts_with(p)) =>
                {
                    other.len() + 3
                }
                _ => 0,
            })
            .sum()
    };
    let frames: Vec<usize> = text.split("\x1b[?2026h").map(of).filter(|bytes| *bytes > 0).collect();
    (frames.iter().sum(), frames)
}

/// Waits until nothing more is written, answering what the terminal is asked behind pictures; gives the new bytes.
fn settled(
    pty: &mut Pty,
    attributes: &str,
    answered: &mut usize,
    from: usize,
) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut quiet = 0;
    let until = std::time::Instant::now() + Duration::from_secs(30);
    // A popup may hide what is said of the picture.
    let stands = |pty: &Pty| {
        let text = pty.text();
        let waits =
            ["coarse", "more is being read", "reading the picture"].iter().any(|words| text.contains(words));
        text.contains("enter does it") || text.contains("keys that work here") || !waits
    };
    while quiet < 30 || (!stands(pty) && std::time::Instant::now() < until) {
        let before = pty.bytes.len();
        pty.settles(Duration::from_millis(30))?;
        quiet = if pty.bytes.len() == before { quiet + 1 } else { 0 };
        // At once, or the link would be taken for a slow one.
        let asked = pty.written().matches("\x1b[?2026l\x1b[c").count();
        pty.send(attributes.repeat(asked - *answered))?;
        *answered = asked;
    }
    Ok(pty.bytes.get(from..).unwrap_or_default().to_vec())
}

#[test]
fn every_terminal_is_sent_no_more_than_its_way_needs() -> Outcome {
    for persona in &PERSONAS {
        let name = persona.name;
        let place = Place::new()?;
        let arguments = [persona.arguments, &["demo", "--dir", "d"]].concat();
        let setting = Setting { variables: persona.variables, ..Setting::default() };
        let mut pty = Pty::start_in(&place, &arguments, &setting)?;
        pty.shows("12 open")?;
        pty.send(persona.answers)?;
        pty.shows("LABEL-4")?;
        pty.send("/BOX-1")?;
        pty.hides("LABEL-4")?;
        pty.send("\r")?;
        let mut answered = 0;
        // What it is comes last of its answers, and is what it answers behind pictures too.
        let attributes =
            persona.answers.rsplit_once("\x1b[?").map_or(String::new(), |(_, own)| format!("\x1b[?{own}"));
        let begun = settled(&mut pty, &attributes, &mut answered, 0)?;
        // The first picture comes before anything is known of the link.
        let (_, frames) = pictures(&begun);
        assert!(frames.first().is_none_or(|first| *first <= FIRST), "{name}: {frames:?}");
        let mut step = |keys: &str, pty: &mut Pty| {
            let from = pty.bytes.len();
            pty.send(keys)?;
            match keys {
                "\r" => pty.shows("Candidates")?,
                "?" => pty.shows("the keys that work here")?,
                "\x1b" => pty.hides("the keys that work here")?,
                _ => {}
            }
            settled(pty, &attributes, &mut answered, from).map(|bytes| pictures(&bytes))
        };
        let graphical = !matches!(name, "mosh" | "silent");
        let (_, frames) = step("\r", &mut pty)?;
        let first = frames.iter().find(|bytes| **bytes > 500);
        assert_eq!(first.is_some(), graphical, "{name}: {frames:?} {}", pty.text());
        assert!(frames.iter().all(|frame| *frame <= WHOLE), "{name}: {frames:?}");
        for (what, keys, most) in [
            ("popup", "?", persona.popup),
            ("after the popup", "\x1b", persona.after),
            ("outlines off", "V", persona.toggle),
            ("outlines on", "V", persona.back),
            ("nothing", "", 0),
        ] {
            let (bytes, frames) = step(keys, &mut pty)?;
            assert!(bytes <= most, "{name}: {what} takes {frames:?}");
        }
        pty.send("\x03")?;
        assert_eq!(pty.ends()?.code, Some(0), "{name}: {}", pty.text());
        // kitty is left with nothing.
        let text = pty.written();
        let numbers = |begin: &str| -> BTreeSet<String> {
            let number = |rest: &str| rest.chars().take_while(char::is_ascii_digit).collect::<String>();
            text.split(begin).skip(1).map(number).collect()
        };
        let (sent, gone) = (numbers("a=t,f=100,t=d,i="), numbers("a=d,d=I,i="));
        assert_eq!(sent, gone, "{name}");
        assert_eq!(sent.is_empty(), !name.contains("kitty") && !name.contains("tmux"), "{name}");
    }
    Ok(())
}
