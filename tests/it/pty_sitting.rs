//! A sitting at a terminal: start, decide, leave, come back; and what the terminal itself sends meanwhile.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::program::{Outcome, Place};
use crate::pty::{ANSWERS, Pty};

/// Gives the decisions that the log of a store holds.
fn decided(place: &Place, store: &str) -> Result<Vec<Json>, Box<dyn std::error::Error>> {
    let log = place.run(&["--store", store, "log", "--json"])?.fine()?.lines()?;
    Ok(log.into_iter().filter(|event| event.get("action") == Some(&json!("decide"))).collect())
}

#[test]
fn what_was_decided_is_there_after_coming_back() -> Outcome {
    let place = Place::new()?;
    let mut pty = Pty::start(&place, &["demo", "--dir", "d"])?;
    pty.shows("12 open")?;
    pty.opens_selected()?;
    pty.shows("dispute 1 of 3")?;
    pty.send("2")?;
    pty.shows("answer      2  ")?;
    pty.send("4")?;
    pty.shows("4 of 5  sure")?;
    pty.send("\r")?;
    let unseen = "the picture wasn't shown";
    let next = "dispute 2 of 3";
    pty.until("an answer", |screen| screen.contents().contains(next) || screen.contents().contains(unseen))?;
    if pty.text().contains(unseen) {
        pty.send("\r")?;
    }
    // The next dispute comes up by itself, once this one is on disk.
    pty.shows(next)?;
    pty.send("\x1b")?;
    pty.shows("1 done today")?;
    pty.send("q")?;
    let end = pty.ends()?;
    assert_eq!(end.code, Some(0), "{}", pty.text());
    assert!(pty.written().ends_with("1 dispute settled\r\n"), "{:?}", pty.text());
    assert!(!pty.screen().alternate_screen() && !pty.screen().hide_cursor());

    let decisions = decided(&place, "d/demo.overread")?;
    let [decision] = decisions.as_slice() else { return Err(format!("{decisions:?}").into()) };
    let case = decision.get("case").and_then(Json::as_str).ok_or("no case")?;
    let shown = place.run(&["--store", "d/demo.overread", "show", case, "--json"])?.fine()?.json()?;
    let disputes = shown.get("disputes").and_then(Json::as_array).cloned().unwrap_or_default();
    let settled: Vec<&Json> = disputes.iter().filter_map(|of| of.pointer("/decision/confidence")).collect();
    assert_eq!(settled, [&json!(4)], "{shown}");
    let mut again = Pty::start(&place, &["demo", "--dir", "d"])?;
    again.shows("1 done today")?;
    again.send("\x03")?;
    assert_eq!(again.ends()?.code, Some(0));
    Ok(())
}

#[test]
fn a_key_before_a_silent_terminal_has_answered_is_not_lost() -> Outcome {
    let place = Place::with_grades()?;
    let mut pty = Pty::start(&place, &[])?;
    // As soon as the terminal takes keys, long before anything stands on the screen.
    pty.until("the alternate screen", vt100::Screen::alternate_screen)?;
    pty.send("?")?;
    pty.shows("the keys that work here")?;
    pty.until_done("the questions", |pty| Ok(pty.written().contains("\x1b[c")))?;
    Ok(())
}

#[test]
fn late_answers_are_no_keys_and_no_text() -> Outcome {
    let place = Place::with_grades()?;
    let mut pty = Pty::start(&place, &[])?;
    pty.shows("c1")?;
    pty.settles(Duration::from_millis(300))?;
    let before = pty.text();
    pty.send(ANSWERS)?;
    // Byte by byte, as a slow link delivers them.
    for byte in ANSWERS.bytes() {
        pty.send([byte])?;
        pty.take(Duration::from_millis(1))?;
    }
    pty.settles(Duration::from_millis(300))?;
    assert_eq!(pty.text(), before);

    pty.opens_selected()?;
    pty.send("t")?;
    pty.shows("Note")?;
    pty.send("before ")?;
    pty.shows("before")?;
    for piece in ANSWERS.as_bytes().chunks(3) {
        pty.send(piece)?;
        pty.take(Duration::from_millis(1))?;
    }
    pty.send("\x1b[?62;4c")?;
    pty.send("after\r")?;
    pty.shows("before after")?;
    pty.hides("Note ")?;
    let note = pty.text();
    assert!(!["XTerm", "rgb", "[6;", "62;"].iter().any(|piece| note.contains(piece)), "{note}");
    Ok(())
}

#[test]
fn pasted_text_is_text_and_never_commands() -> Outcome {
    let place = Place::with_grades()?;
    let mut pty = Pty::start(&place, &[])?;
    pty.shows("c1")?;
    pty.opens_selected()?;
    pty.send("\x1b[200~13\rq\x1b[201~")?;
    pty.shows("pasted text is taken only where something is typed")?;
    assert!(pty.text().contains("Candidates") && !pty.text().contains("of 5"), "{}", pty.text());
    pty.send("t")?;
    pty.shows("Note")?;
    pty.send("\x1b[200~seen\rq 1 3\x1b[31m\x1b[201~")?;
    pty.shows("q 1 3")?;
    pty.send("\r")?;
    pty.shows("seen")?;
    pty.send("\x03")?;
    assert_eq!(pty.ends()?.code, Some(0));
    assert!(decided(&place, "s.overread")?.is_empty());
    assert!(!pty.written().contains("\x1b[31m"), "what was pasted went out raw");
    Ok(())
}

#[test]
fn the_screen_follows_a_storm_of_sizes() -> Outcome {
    let place = Place::with_grades()?;
    let mut pty = Pty::start(&place, &[])?;
    pty.shows("c1")?;
    for n in 0..200_u16 {
        pty.resize(20 + n * 7 % 150, 5 + n * 3 % 50)?;
        pty.take(Duration::ZERO)?;
    }
    pty.resize(120, 40)?;
    pty.shows("4 open")?;
    pty.settles(Duration::from_millis(400))?;
    let storm = pty.text();
    let corner = |screen: &vt100::Screen, row, column| {
        screen.cell(row, column).map(|cell| cell.contents().to_owned()).unwrap_or_default()
    };
    assert_eq!(corner(pty.screen(), 1, 119), "┐", "{storm}");
    // A terminal that was this size from the beginning shows the same.
    pty.send("\x0c")?;
    pty.settles(Duration::from_millis(400))?;
    assert_eq!(pty.text(), storm);

    pty.resize(10, 3)?;
    pty.shows("small")?;
    pty.resize(100, 30)?;
    pty.shows("4 open")?;
    pty.until("the frame", |screen| corner(screen, 1, 99) == "┐")?;
    pty.send("q")?;
    assert_eq!(pty.ends()?.code, Some(0));
    Ok(())
}
