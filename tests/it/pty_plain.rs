//! The program line by line, at a terminal and through pipes; and without a terminal where it needs one.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;
use std::time::Duration;

use serde_json::json;

use crate::program::{Outcome, Place};
use crate::pty::{Pty, Setting};

/// Says the decision again while the case has only just come up, as a person would.
const DECISION: &str = "1 4 enter\n";
const AGAIN: Duration = Duration::from_millis(600);

/// Requires that exactly one decision stands in the log, of that confidence.
fn decided_once(place: &Place) -> Outcome {
    let log = place.run(&["log", "--json"])?.fine()?.lines()?;
    let decisions: Vec<_> =
        log.iter().filter(|event| event.get("action") == Some(&json!("decide"))).collect();
    assert_eq!(decisions.len(), 1, "{log:?}");
    assert_eq!(decisions[0].pointer("/detail/confidence"), Some(&json!(4)), "{decisions:?}");
    place.verified()
}

#[test]
fn at_a_terminal_a_decision_is_said_line_by_line() -> Outcome {
    let place = Place::with_grades()?;
    let mut pty = Pty::start(&place, &["--plain"])?;
    decides_by_lines(&mut pty)?;
    assert!(!pty.bytes.contains(&0x1b), "{:?}", pty.written());
    decided_once(&place)
}

#[test]
fn a_terminal_that_places_no_text_is_told_everything_line_by_line() -> Outcome {
    let place = Place::with_grades()?;
    let dumb = Setting { variables: &[("TERM", "dumb")], ..Setting::default() };
    let mut pty = Pty::start_in(&place, &[], &dumb)?;
    pty.shows("all is said line by line")?;
    decides_by_lines(&mut pty)?;
    assert!(!pty.bytes.contains(&0x1b), "{:?}", pty.written());
    decided_once(&place)
}

fn decides_by_lines(pty: &mut Pty) -> Outcome {
    pty.shows("> ")?;
    pty.send("enter\n")?;
    pty.until_done("the case", |pty| Ok(pty.written().contains("dispute 1 of")))?;
    for _ in 0..100 {
        let from = pty.bytes.len();
        pty.send(DECISION)?;
        pty.until_done("an answer", |pty| {
            Ok(pty.bytes.get(from..).is_some_and(|new| new.ends_with(b"> ") && new.contains(&b'\n')))
        })?;
        // The case after it comes up by itself.
        if pty.written().contains("case c1") {
            break;
        }
        std::thread::sleep(AGAIN);
    }
    pty.send("quit\n")?;
    assert_eq!(pty.ends()?.code, Some(0), "{}", pty.text());
    assert!(pty.written().ends_with("1 dispute settled\r\n"), "{}", pty.written());
    Ok(())
}

#[test]
fn through_pipes_a_decision_is_said_line_by_line() -> Outcome {
    let place = Place::with_grades()?;
    let mut command = place.command(&["--plain"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut input = child.stdin.take().ok_or("no stdin")?;
    let mut output = BufReader::new(child.stdout.take().ok_or("no stdout")?);
    let mut heard = String::new();
    let mut hear = |until: &str| -> Result<bool, Box<dyn std::error::Error>> {
        // What is asked for ends in no line's end.
        let mut new = String::new();
        while !new.ends_with("> ") {
            let mut byte = [0; 1];
            if output.read(&mut byte)? == 0 {
                break;
            }
            new.push(char::from(byte[0]));
        }
        heard.push_str(&new);
        Ok(new.contains(until))
    };
    assert!(hear("c1")?);
    input.write_all(b"enter\n")?;
    assert!(hear("case c4")?);
    for _ in 0..100 {
        input.write_all(DECISION.as_bytes())?;
        if hear("case c1")? {
            break;
        }
        std::thread::sleep(AGAIN);
    }
    drop(input);
    let mut rest = String::new();
    output.read_to_string(&mut rest)?;
    assert_eq!(child.wait()?.code(), Some(0));
    let mut told = String::new();
    BufReader::new(child.stderr.take().ok_or("no stderr")?).read_line(&mut told)?;
    assert_eq!(told, "1 dispute settled\n");
    decided_once(&place)
}

#[test]
fn line_by_line_a_search_comes_to_its_end() -> Outcome {
    let place = Place::with_grades()?;
    let ran = place.feed(&["--plain"], "find-text\nc1\nquit\n")?;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("selected, 1 of 1: c1"), "{}", ran.out);
    Ok(())
}

#[test]
fn without_a_terminal_it_says_what_needs_none() -> Outcome {
    let place = Place::new()?;
    let ran = place.run(&["demo", "--dir", "d"])?;
    ran.refused(2, "the terminal UI needs a terminal; the commands of `overread --help` need none")?;
    // What it names works.
    place.run(&["--store", "d/demo.overread", "queue", "--json"])?.fine()?;
    Ok(())
}
