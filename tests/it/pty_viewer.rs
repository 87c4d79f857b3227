//! Looking at a picture at a terminal: what is asked of files beside the pictures, frames that play, and the mouse.

use crate::program::{Outcome, Place};
use crate::pty::Pty;

/// Gives the line below the picture.
fn caption(screen: &vt100::Screen) -> Option<String> {
    let text = screen.contents();
    let line = text.lines().find(|line| line.contains("not for diagnosis"))?;
    Some(line.split('│').nth(1)?.to_owned())
}

#[test]
fn values_and_headers_are_asked_of_the_file_and_the_mouse_sets_the_window() -> Outcome {
    let place = Place::new()?;
    let mut pty = Pty::start(&place, &["demo", "--dir", "d", "--images", "halfblocks"])?;
    pty.shows("12 open")?;
    pty.opens_selected()?;
    pty.shows("not for diagnosis")?;
    pty.send("p")?;
    pty.shows(" HU (stored ")?;
    pty.send("\x1b")?;
    // The place stands there for as long as the cross does, whatever is read of the file.
    pty.hides(" · x ")?;
    pty.send("H")?;
    pty.shows("PatientName")?;
    pty.shows(" masked")?;
    pty.send("\x1b")?;
    pty.hides("PatientName")?;
    pty.shows("not for diagnosis")?;
    let before = caption(pty.screen()).ok_or("no caption")?;
    assert!(before.contains(" W "), "{before}");
    // A report that nobody asked for does nothing.
    pty.send("\x1b[<0;20;12M\x1b[<32;30;12M\x1b[<0;30;12m")?;
    assert!(!pty.written().contains("\x1b[?1002h"));
    pty.send("\x0f")?;
    pty.shows("the mouse is on")?;
    assert!(pty.written().contains("\x1b[?1002h"));
    assert_eq!(caption(pty.screen()).as_ref(), Some(&before));
    pty.send("\x1b[<0;20;12M\x1b[<32;30;12M\x1b[<0;30;12m")?;
    pty.until("another window", |screen| {
        caption(screen).is_some_and(|line| line.contains(" W ") && line != before)
    })?;
    pty.send("\x0f")?;
    pty.shows("the mouse is off")?;
    assert!(pty.written().contains("\x1b[?1002l"));
    pty.send("\x03")?;
    assert_eq!(pty.ends()?.code, Some(0), "{}", pty.text());
    Ok(())
}
