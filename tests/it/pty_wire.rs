//! What goes over the wire: nothing while nothing happens, no colours and no letters that the terminal doesn't have, and
//! nothing of what came in with files that could steer it.

use std::time::Duration;

use crate::program::{Outcome, Place};
use crate::pty::{ANSWERS, Piece, Pty, Setting, pieces};

#[test]
fn idle_it_writes_nothing_and_does_next_to_nothing() -> Outcome {
    let place = Place::new()?;
    let mut pty = Pty::start(&place, &["demo", "--dir", "d"])?;
    pty.shows("12 open")?;
    pty.send(ANSWERS)?;
    pty.opens_selected()?;
    // Views are noted in the log a while after they were seen.
    pty.settles(Duration::from_secs(2))?;
    let (bytes, used) = (pty.bytes.len(), pty.processor()?);
    pty.settles(Duration::from_secs(3))?;
    let new = pty.bytes.get(bytes..).unwrap_or_default();
    assert!(new.is_empty(), "{:?}", String::from_utf8_lossy(new));
    let used = pty.processor()? - used;
    assert!(used <= Duration::from_millis(60), "{used:?} in 3 s");
    Ok(())
}

/// Goes through the screens, and gives all that was written.
fn walk(variables: &[(&str, &str)], answers: &str) -> Result<Pty, Box<dyn std::error::Error>> {
    let place = Place::new()?;
    let mut pty =
        Pty::start_in(&place, &["demo", "--dir", "d"], &Setting { variables, ..Setting::default() })?;
    pty.shows("12 open")?;
    pty.send(answers)?;
    pty.shows("LABEL-4")?;
    // A case with a picture.
    pty.send("/BOX-1")?;
    pty.hides("LABEL-4")?;
    pty.send("\r")?;
    // What is still being searched opens nothing, and says so.
    pty.settles(Duration::from_millis(300))?;
    pty.opens_selected()?;
    pty.shows("SYNTHETIC-BOX-1")?;
    pty.settles(Duration::from_millis(500))?;
    for (keys, words) in [
        ("?", "the keys that work here"),
        ("\x1b", "Candidates"),
        ("t", "Note"),
        ("\x1b", "Candidates"),
        (":", "enter does it"),
    ] {
        pty.send(keys)?;
        pty.shows(words)?;
        // An escape is only one where nothing follows.
        pty.settles(Duration::from_millis(60))?;
    }
    pty.send("\x1b")?;
    pty.settles(Duration::from_millis(60))?;
    pty.send("ol")?;
    pty.shows("log")?;
    pty.send("\x03")?;
    assert_eq!(pty.ends()?.code, Some(0), "{}", pty.text());
    Ok(pty)
}

#[test]
fn a_search_that_has_come_to_its_end_costs_nothing() -> Outcome {
    let place = Place::with_grades()?;
    let mut pty = Pty::start(&place, &[])?;
    pty.shows("c1")?;
    pty.send("/c1")?;
    pty.hides("c4")?;
    pty.settles(Duration::from_millis(500))?;
    let used = pty.processor()?;
    pty.settles(Duration::from_secs(1))?;
    let used = pty.processor()? - used;
    assert!(used <= Duration::from_millis(50), "{used:?} in 1 s");
    Ok(())
}

#[test]
fn no_colours_go_to_a_terminal_that_wants_none() -> Outcome {
    let pty = walk(&[("NO_COLOR", "1"), ("COLORTERM", "truecolor")], ANSWERS)?;
    let mut coloured = Vec::new();
    for piece in pieces(&pty.bytes) {
        let Piece::Control(sequence) = piece else { continue };
        let Some(numbers) = sequence.strip_suffix('m') else { continue };
        let is_colour = |number: &str| {
            number
                .parse::<u16>()
                .is_ok_and(|number| (30..50).contains(&number) || (90..108).contains(&number))
        };
        if numbers.split([';', ':']).any(is_colour) {
            coloured.push(sequence);
        }
    }
    assert!(coloured.is_empty(), "{} sequences, first {:?}", coloured.len(), coloured.first());
    // What colours would say is said otherwise: something is still set off.
    assert!(pieces(&pty.bytes).contains(&Piece::Control("7m".into())), "nothing is set off");
    Ok(())
}

#[test]
fn only_ascii_goes_to_a_terminal_without_utf8() -> Outcome {
    let pty = walk(&[("LC_ALL", "C"), ("LANG", "C")], ANSWERS)?;
    let at = pty.bytes.iter().position(|byte| !byte.is_ascii());
    let around = at.and_then(|at| pty.bytes.get(at.saturating_sub(60)..(at + 20).min(pty.bytes.len())));
    assert_eq!(around.map(String::from_utf8_lossy), None);
    Ok(())
}

#[test]
fn inside_tmux_nothing_is_passed_through_unasked() -> Outcome {
    let tmux = [("TMUX", "/tmp/tmux-0/default,1,0"), ("TERM", "tmux-256color")];
    let pty = walk(&tmux, "\x1bP>|tmux 3.4\x1b\\\x1b[?1;2;4c")?;
    for piece in pieces(&pty.bytes) {
        match piece {
            Piece::Text(text) => assert!(!text.contains(char::is_control), "{text:?}"),
            Piece::Control(_) => {}
            // Only the questions: about kitty's graphics, and the ground.
            Piece::Other(other) => {
                assert!(other.starts_with("_Gi=4207,") || other == "]11;?", "{other:?}");
            }
        }
    }
    Ok(())
}

/// Code points that steer, hide, join, take no room or take two.
const ODD: [&[u32]; 14] = [
    &[0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08],
    &[0x0b, 0x0c, 0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13, 0x14],
    &[0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x7f],
    &[0x80, 0x84, 0x85, 0x88, 0x8d, 0x8e, 0x8f, 0x90, 0x98, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f],
    &[0x061c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e],
    &[0x2066, 0x2067, 0x2068, 0x2069, 0x206a, 0x206f],
    &[0x200b, 0x200c, 0x200d, 0x2060, 0x2064, 0xfeff, 0x00ad, 0x034f, 0x180e],
    &[0xe0001, 0xe0020, 0xe0041, 0xe007f, 0xe0100, 0xfe00, 0xfe0f],
    &[0x2028, 0x2029, 0xfff9, 0xfffa, 0xfffb, 0xfffc, 0xfffd, 0xfffe],
    &[0x0301, 0x0323, 0x20e3, 0x0e33, 0x0eb3],
    &[0x6f22, 0xff21, 0xac00, 0x1100, 0x115f, 0x1160, 0x3164, 0xffa0],
    &[0xe000, 0xf8ff, 0xf0000, 0x10fffd],
    &[0x1f469, 0x200d, 0x1f469, 0x200d, 0x1f467, 0x1f3fd, 0x1f1e9, 0x1f1ea, 0x2764, 0xfe0f],
    &[0x0627, 0x0644, 0x05d0, 0x05d1, 0xfdfd, 0x12031],
];

/// Tells whether a character does more in a terminal than stand there.
fn steers(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(character, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[test]
fn nothing_from_files_steers_the_terminal_or_moves_its_frame() -> Outcome {
    let place = Place::with_store()?;
    let mut table = "case,reader,label,value,comment\n".to_owned();
    for (n, points) in ODD.iter().enumerate() {
        let odd = |joint: &str| -> String {
            points.iter().filter_map(|point| char::from_u32(*point)).map(|c| format!("{c}{joint}")).collect()
        };
        for (reader, value) in [("ann", 1), ("bob", 3)] {
            let (label, comment) = (odd("x"), odd(""));
            table.push_str(&format!(
                "s{n:02},{reader},\"l{label}l\",{value},\"c {comment} c \x1b]0;title\x07\x1b[31m\"\n"
            ));
        }
    }
    place.import(&table)?;
    let mut pty = Pty::start(&place, &[])?;
    pty.shows(&format!("{} open", ODD.len()))?;
    pty.send(ANSWERS)?;
    for n in 0..ODD.len() {
        let case = format!("s{n:02}");
        pty.shows(&case)?;
        pty.settles(Duration::from_millis(40))?;
        is_framed(&pty, &case)?;
        pty.send("\r")?;
        pty.shows("Candidates")?;
        pty.until(&case, |screen| screen.rows(0, 10).next().is_some_and(|row| row.contains(&case)))?;
        pty.settles(Duration::from_millis(40))?;
        is_framed(&pty, &case)?;
        pty.send("R")?;
        pty.shows("What readers wrote")?;
        pty.settles(Duration::from_millis(40))?;
        is_framed(&pty, &case)?;
        pty.send("q")?;
        pty.settles(Duration::from_millis(40))?;
        pty.send("q")?;
        pty.shows(" open")?;
        pty.hides("Candidates")?;
        pty.send("j")?;
        pty.settles(Duration::from_millis(40))?;
    }
    pty.send("\x03")?;
    assert_eq!(pty.ends()?.code, Some(0));
    // They are shown, not left out.
    for shown in ["^A", "^[[31m", "<U+0080>", "<U+061C>", "<U+2066>", "<U+200B>", "<U+2028>"] {
        assert!(pty.written().contains(shown), "{shown}");
    }
    for piece in pieces(&pty.bytes) {
        match piece {
            Piece::Text(text) => {
                // The words on the ground of the shell's own screen end in lines.
                let text = text.replace("\r\n", "");
                // The program's own marks keep what is written from the right in its cells.
                let text = text.replace('\u{200e}', "");
                assert!(!text.contains(steers), "{text:?}");
            }
            Piece::Control(_) => {}
            Piece::Other(other) => assert!(!other.starts_with("]0"), "{other:?}"),
        }
    }
    Ok(())
}

/// Requires that the frame's right side stands in the last column of each of its lines.
fn is_framed(pty: &Pty, what: &str) -> Outcome {
    let screen = pty.screen();
    let edge: Vec<String> = (1..28)
        .map(|row| screen.cell(row, 99).map(|cell| cell.contents().to_owned()).unwrap_or_default())
        .collect();
    match edge.iter().all(|cell| ["│", "┐", "┘", "┤"].contains(&cell.as_str())) {
        true => Ok(()),
        false => Err(format!("{what}: the edge is {edge:?}\n{}", pty.text()).into()),
    }
}
