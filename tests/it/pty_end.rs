//! How it ends: hung up, closed, told to, stopped and let go on, with its store gone. Each time the terminal is as it
//! was, nothing typed is lost, and nothing stays behind.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;

use crate::program::{Outcome, Place};
use crate::pty::{Pty, Setting, are_gone};

/// What has to be gone within so long when the terminal hangs up.
const GONE: Duration = Duration::from_secs(1);

/// Opens a case of a store of grades, and types a note that nobody has kept yet.
fn with_a_note(place: &Place) -> Result<Pty, Box<dyn std::error::Error>> {
    let mut pty = Pty::start(place, &[])?;
    pty.shows("c1")?;
    pty.opens_selected()?;
    pty.send("t")?;
    pty.shows("Note")?;
    pty.send("half a thou")?;
    pty.shows("half a thou")?;
    Ok(pty)
}

/// Requires that the note is there when the case is opened again.
fn note_is_kept(place: &Place) -> Outcome {
    let mut pty = Pty::start(place, &[])?;
    pty.shows("c1")?;
    pty.opens_selected()?;
    pty.shows("half a thou")?;
    pty.send("\x03")?;
    assert_eq!(pty.ends()?.code, Some(0));
    Ok(())
}

/// Ends it in some way, and requires that it is gone soon, has used little for it, and keeps the note.
fn ends_soon(way: impl Fn(&mut Pty) -> Outcome) -> Outcome {
    let place = Place::with_grades()?;
    let mut pty = with_a_note(&place)?;
    let before = pty.processor()?;
    way(&mut pty)?;
    let end = pty.ends()?;
    assert_eq!(end.code, Some(129), "{end:?}");
    assert!(end.took < GONE, "{end:?}");
    assert!(end.processor - before < Duration::from_millis(500), "{before:?} before: {end:?}");
    note_is_kept(&place)
}

#[test]
fn a_hang_up_ends_it_and_keeps_the_note() -> Outcome {
    ends_soon(|pty| pty.signal(Signal::HUP))
}

#[test]
fn a_hang_up_gives_a_terminal_back_that_is_still_there() -> Outcome {
    let place = Place::with_grades()?;
    let mut pty = with_a_note(&place)?;
    pty.signal(Signal::HUP)?;
    assert_eq!(pty.ends()?.code, Some(129));
    assert!(pty.written().ends_with("\x1b[?7h\x1b[?2004l\x1b[?25h\x1b[?1049l"));
    let screen = pty.screen();
    assert!(!(screen.alternate_screen() || screen.hide_cursor() || screen.bracketed_paste()));
    Ok(())
}

#[test]
fn a_closed_terminal_ends_it_and_keeps_the_note() -> Outcome {
    ends_soon(|pty| {
        pty.close();
        Ok(())
    })
}

#[test]
fn told_to_end_it_gives_the_terminal_back() -> Outcome {
    let place = Place::with_grades()?;
    let mut pty = with_a_note(&place)?;
    pty.signal(Signal::TERM)?;
    let end = pty.ends()?;
    assert_eq!(end.code, Some(130), "{end:?}");
    // Everything is put back before the shell's screen is, and the words stand there.
    let back = "\x1b[?7h\x1b[?2004l\x1b[?25h\x1b[?1049l";
    let written = pty.written();
    let (_, after) = written.rsplit_once(back).ok_or("the terminal was not given back")?;
    assert_eq!(after, "left open with a draft: 1 case\r\n");
    let screen = pty.screen();
    assert!(!(screen.alternate_screen() || screen.hide_cursor() || screen.bracketed_paste()));
    note_is_kept(&place)
}

#[test]
fn a_terminal_that_takes_nothing_holds_nobody() -> Outcome {
    let place = Place::with_grades()?;
    let mut pty = Pty::start(&place, &[])?;
    pty.shows("c1")?;
    pty.settles(Duration::from_millis(200))?;
    // Nobody reads from here on, so that frames get stuck.
    for n in 0..40 {
        pty.resize(100 + n, 30)?;
        pty.send("\x0c")?;
        std::thread::sleep(Duration::from_millis(20));
    }
    pty.signal(Signal::TERM)?;
    let end = pty.ends_unread()?;
    assert_eq!(end.code, Some(130), "{end:?}");
    Ok(())
}

#[test]
fn a_shell_gets_the_terminal_and_gives_it_back() -> Outcome {
    let place = Place::with_grades()?;
    let shell = Setting { program: "/bin/sh", variables: &[("PS1", "shell> ")], ..Setting::default() };
    let mut pty = Pty::start_in(&place, &["-i"], &shell)?;
    pty.shows("shell> ")?;
    pty.send(format!("{}\n", env!("CARGO_BIN_EXE_overread")))?;
    for (n, stop) in ["\x1bz", "from outside"].into_iter().enumerate() {
        pty.until("the list", |screen| screen.alternate_screen() && screen.contents().contains("c1"))?;
        pty.settles(Duration::from_millis(400))?;
        match stop {
            "from outside" => {
                pty.children()?.iter().try_for_each(|id| rustix::process::kill_process(*id, Signal::TSTP))?
            }
            keys => pty.send(keys)?,
        }
        pty.until("the shell", |screen| {
            !screen.alternate_screen() && screen.contents().matches("Stopped").count() == n + 1
        })?;
        assert!(!(pty.screen().hide_cursor() || pty.screen().bracketed_paste()));
        pty.send(format!("echo at the sh''ell {n}\n"))?;
        pty.shows(&format!("at the shell {n}"))?;
        pty.send("fg\n")?;
    }
    pty.until("the list", |screen| screen.alternate_screen() && screen.contents().contains("c1"))?;
    // Keys come one by one again, not by lines.
    pty.send("?")?;
    pty.shows("the keys that work here")?;
    pty.send("\x03")?;
    pty.until("the shell", |screen| {
        !screen.alternate_screen() && screen.contents().trim_end().ends_with("shell>")
    })?;
    // Its ends are the shell's affair.
    pty.send("echo the shell h''as it\n")?;
    pty.shows("the shell has it")?;
    Ok(())
}

#[test]
fn where_no_shell_could_let_it_go_on_it_does_not_stop() -> Outcome {
    let place = Place::with_grades()?;
    let mut pty = Pty::start(&place, &[])?;
    pty.shows("c1")?;
    pty.send("\x1bz")?;
    pty.until("the list again", |screen| screen.alternate_screen() && screen.contents().contains("c1"))?;
    pty.send("?")?;
    pty.shows("the keys that work here")?;
    Ok(())
}

#[test]
fn a_store_that_has_gone_is_said_and_stays_said() -> Outcome {
    let place = Place::with_grades()?;
    let mut pty = with_a_note(&place)?;
    std::fs::rename(place.path("s.overread"), place.path("elsewhere"))?;
    pty.shows("unsaved")?;
    pty.send("\r")?;
    pty.send("\x1b[200~nowhere\x1b[201~")?;
    pty.shows("unsaved")?;
    std::fs::rename(place.path("elsewhere"), place.path("s.overread"))?;
    pty.send("t and more\r")?;
    // Tried again by itself.
    pty.hides("unsaved")?;
    pty.send("\x03")?;
    assert_eq!(pty.ends()?.code, Some(0));
    place.verified()
}

#[test]
fn no_decoder_outlives_it() -> Outcome {
    for kill in [true, false] {
        let place = Place::new()?;
        let mut pty = Pty::start(&place, &["demo", "--dir", "d"])?;
        pty.shows("12 open")?;
        let mut decoders = Vec::new();
        pty.until_done("a decoder", |pty| {
            decoders = pty.children()?;
            Ok(!decoders.is_empty())
        })?;
        match kill {
            true => pty.signal(Signal::KILL)?,
            false => pty.close(),
        }
        let end = pty.ends()?;
        assert_eq!(end.code.is_none(), kill, "{end:?}");
        are_gone(&decoders, Duration::from_secs(5))?;
    }
    Ok(())
}

#[test]
fn a_decoder_at_work_keeps_nobody_waiting() -> Outcome {
    // A decoder that never answers: what is decoded is named by a pipe that nobody writes to.
    let place = Place::new()?;
    let mut pty = Pty::start(&place, &["demo", "--dir", "d"])?;
    pty.shows("12 open")?;
    let mut decoders = Vec::new();
    pty.until_done("a decoder", |pty| {
        decoders = pty.children()?;
        Ok(!decoders.is_empty())
    })?;
    for id in &decoders {
        rustix::process::kill_process(*id, Signal::STOP)?;
    }
    // Others are asked for now, and have no answer.
    pty.send("j")?;
    pty.take(Duration::from_millis(200))?;
    pty.close();
    let end = pty.ends()?;
    assert_eq!(end.code, Some(129), "{end:?}");
    assert!(end.took < GONE, "{end:?}");
    are_gone(&decoders, Duration::from_secs(5))?;
    let left = place.run(&["--store", "d/demo.overread", "verify", "--json"])?.fine()?.json()?;
    assert_eq!(left.get("ok"), Some(&json!(true)));
    Ok(())
}
