//! The automated checks from the command line: what is found of reads and pixels, what is let pass, how useful it is.

use serde_json::{Value as Json, json};

use crate::made::{EXPLICIT, element, part10, pixels, shorts};
use crate::program::{Outcome, Place, each, holds};

type Made<T> = Result<T, Box<dyn std::error::Error>>;

/// A gray image of 8 bits and 32 × 32, with its id.
fn gray(uid: &str, of: impl Fn(usize) -> u8) -> Vec<u8> {
    let mut id = uid.as_bytes().to_vec();
    id.resize(uid.len().next_multiple_of(2), 0);
    let header = [
        element(8, 0x18, b"UI", &id),
        element(8, 0x60, b"CS", b"CT"),
        shorts(0x28, 2, &[1]),
        element(0x28, 4, b"CS", b"MONOCHROME2 "),
        shorts(0x28, 0x10, &[32]),
        shorts(0x28, 0x11, &[32]),
        shorts(0x28, 0x100, &[8]),
        shorts(0x28, 0x101, &[8]),
        shorts(0x28, 0x102, &[7]),
        shorts(0x28, 0x103, &[0]),
    ];
    let data: Vec<u8> = (0..32 * 32).map(of).collect();
    part10(EXPLICIT, &[header.concat(), pixels(&data)].concat())
}

fn ramp(at: usize) -> u8 {
    (at % 200) as u8
}

/// Two readers of four cases with a picture each: one whose pixels are those of another, one that is empty, one that
/// ends early; and a box that is drawn the wrong way round.
fn place() -> Made<Place> {
    let place = Place::with_store()?;
    place.write("images/a.dcm", gray("9.1", ramp))?;
    place.write("images/b.dcm", gray("9.2", ramp))?;
    place.write("images/c.dcm", gray("9.3", |_| 5))?;
    let mut short = gray("9.4", |at| (at % 7) as u8);
    short.truncate(short.len() - 100);
    place.write("images/d.dcm", short)?;
    place.write("reads.csv", READS)?;
    Ok(place)
}

const READS: &str = "case,reader,label,x_min,y_min,x_max,y_max\n\
    9.1,ann,lesion,2,2,20,20\n9.1,bob,lesion,25,25,30,30\n9.2,ann,lesion,2,2,20,20\n9.2,bob,lesion,30,30,25,25\n\
    9.3,ann,lesion,2,2,20,20\n9.3,bob,lesion,2,3,20,20\n9.4,ann,lesion,2,2,20,20\n9.4,bob,lesion,2,3,20,20\n";

fn of_check(lines: &[Json], check: &str) -> Vec<Json> {
    lines.iter().filter(|line| line.get("check") == Some(&json!(check))).cloned().collect()
}

#[test]
fn an_import_looks_at_pixels_and_the_checks_tell_what_was_found() -> Outcome {
    let place = place()?;
    let brought = place.run(&["import", "reads.csv", "--images", "images", "--json"])?.fine()?.json()?;
    let found = json!({ "image-duplicate": 1, "image-empty": 1, "image-undecodable": 1, "image-size": 1 });
    assert_eq!((brought.get("image_problems"), brought.get("blocked")), (Some(&found), Some(&json!(1))));
    let lines = place.run(&["check", "--json"])?.lines()?;
    for line in &lines {
        holds(line, &["check", "level", "case", "reader", "finding", "message", "waived"])?;
    }
    let twin = of_check(&lines, "image-duplicate");
    assert_eq!(each(&twin, "case"), ["9.2"]);
    assert_eq!(each(&twin, "message"), ["the same pixels came in before, as image 9.1"]);
    assert_eq!(each(&of_check(&lines, "image-empty"), "case"), ["9.3"]);
    let broken = of_check(&lines, "image-undecodable");
    assert_eq!(each(&broken, "case"), ["9.4"]);
    assert!(broken[0].to_string().contains("the frame needs 1024 bytes of pixels"), "{broken:?}");
    // What came in later is compared with what is there.
    place.write("later/e.dcm", gray("9.5", ramp))?;
    let later = place.run(&["import", "later", "--json"])?.fine()?.json()?;
    assert_eq!(later.get("image_problems"), Some(&json!({ "image-duplicate": 1 })));
    // It is listed before anybody reads the image, and keeps nothing from being decided.
    let twins = of_check(&place.run(&["check", "--json"])?.lines()?, "image-duplicate");
    let words = "image 9.5, which nobody has read: the same pixels came in before, as image 9.1";
    assert!(twins.iter().any(|line| line["message"] == words && line["case"].is_null()), "{twins:?}");
    let only = place.run(&["check", "--only", "image-empty", "--json"])?.lines()?;
    assert_eq!(each(&only, "check"), ["image-empty"]);
    place.run(&["check", "--only", "image-emty"])?.refused(2, "there is no check image-emty")?;
    place.verified()
}

#[test]
fn a_waiver_lets_a_case_go_on_and_a_corrected_read_takes_its_problem_away() -> Outcome {
    let place = place()?;
    place.run(&["import", "reads.csv", "--images", "images"])?.fine()?;
    let blocked = || place.run(&["queue", "--state", "BLOCKED", "--json"])?.lines();
    assert_eq!(each(&blocked()?, "case"), ["9.2"]);
    place.run(&["check", "waive", "9.2", "box-inverted", "--why", " "])?.refused(65, "needs a reason")?;
    place
        .run(&["check", "waive", "9.2", "box-invertd", "--why", "x"])?
        .refused(65, "did you mean box-inverted?")?;
    place
        .run(&["check", "waive", "9.1", "box-inverted", "--why", "x"])?
        .refused(65, "finds nothing there")?;
    place
        .run(&["check", "waive", "9.2", "box-inverted", "--why", "x", "--reader", "Q"])?
        .refused(65, "no reader Q")?;
    let event =
        place.run(&["check", "waive", "9.2", "box-inverted", "--why", "known tool fault", "--json"])?;
    let event = event.fine()?.json()?;
    assert_eq!(event.get("action"), Some(&json!("waive")));
    assert_eq!(blocked()?.len(), 0);
    let lines = place.run(&["check", "--json"])?.lines()?;
    let waived = of_check(&lines, "box-inverted");
    assert_eq!(waived[0].pointer("/waived/why"), Some(&json!("known tool fault")));
    place.run(&["check", "waive", "9.2", "box-inverted", "--why", "x"])?.refused(65, "is waived already")?;
    let shown = place.shown("9.2")?;
    assert!(shown.pointer("/problems/0/check").is_some(), "{shown}");

    // The read comes again, the right way round.
    place.write("again.csv", "case,reader,label,x_min,y_min,x_max,y_max\n9.2,bob,lesion,25,25,30,30\n")?;
    place.run(&["import", "again.csv"])?.fine()?;
    let lines = place.run(&["check", "--json"])?.lines()?;
    assert_eq!(of_check(&lines, "box-inverted"), Vec::<Json>::new());
    place.verified()
}

#[test]
fn a_check_is_measured_by_what_became_of_what_it_found() -> Outcome {
    let place = place()?;
    place.run(&["import", "reads.csv", "--images", "images"])?.fine()?;
    let of = |check: &str| -> Made<Json> {
        let lines = place.run(&["check", "--measure", "--json"])?.fine()?.lines()?;
        Ok(of_check(&lines, check).first().cloned().unwrap_or_default())
    };
    let counts = |of: &Json| {
        ["found", "open", "waived", "fixed", "decided", "confirmed"]
            .map(|name| of.get(name).and_then(Json::as_u64))
    };
    let some = |numbers: [u64; 6]| numbers.map(Some);
    assert_eq!(counts(&of("box-inverted")?), some([1, 1, 0, 0, 0, 0]));
    // The adjudicator bears it out: the reader made an error.
    place.run(&["check", "waive", "9.2", "box-inverted", "--why", "to be decided on"])?.fine()?;
    let shown = place.shown("9.2")?;
    let lines = place.run(&["check", "--json"])?.lines()?;
    let letter = of_check(&lines, "box-inverted")[0].get("reader").cloned().unwrap_or_default();
    let letter = letter.as_str().unwrap_or_default();
    let disputes = shown.get("disputes").and_then(Json::as_array).cloned().unwrap_or_default();
    for dispute in &disputes {
        place.decide(&[json!({
            "case": "9.2", "dispute": dispute["id"], "answer": { "adopt": 1 }, "confidence": 4,
            "verdicts": { letter: { "verdict": "error", "cause": "S1" } },
        })])?;
    }
    let measured = of("box-inverted")?;
    assert_eq!(counts(&measured), some([1, 0, 1, 0, 1, 1]), "{measured} {disputes:?}");
    assert_eq!(measured.get("share"), Some(&json!(1.0)));
    // The read comes again: it is fixed now, and was confirmed all the same.
    place.write("again.csv", "case,reader,label,x_min,y_min,x_max,y_max\n9.2,bob,lesion,25,25,30,30\n")?;
    place.run(&["import", "again.csv"])?.fine()?;
    assert_eq!(counts(&of("box-inverted")?), some([1, 0, 0, 1, 1, 1]));
    // Nobody had to decide anything about the empty image.
    assert_eq!(counts(&of("image-empty")?), some([1, 1, 0, 0, 0, 0]));
    let table = place.run(&["check", "--measure"])?.fine()?.out;
    assert!(table.contains("box-inverted") && table.contains("confirmed"), "{table}");
    Ok(())
}

#[test]
fn reads_that_follow_too_fast_are_told_and_can_be_let_pass() -> Outcome {
    let place = Place::with_store()?;
    place.import(
        "case,reader,label,value,read_at\n\
         c1,ann,grade,1,2026-11-24T08:00:00Z\nc2,ann,grade,2,2026-11-24T08:00:00.400Z\n\
         c3,ann,grade,2,2026-11-24T08:01:00Z\nc4,ann,grade,2,2026-11-24T08:01:00Z\n\
         c1,bob,grade,1,2026-11-24T08:00:00.200Z\nc2,bob,grade,1,2026-11-24T08:00:30Z\n",
    )?;
    let hasty = || Made::Ok(of_check(&place.run(&["check", "--json"])?.lines()?, "reading-time"));
    let found = hasty()?;
    assert_eq!(each(&found, "case"), ["c2"]);
    assert_eq!(each(&found, "message"), ["read 0.4 s after the same reader's read before"]);
    place.run(&["check", "waive", "c2", "reading-time", "--why", "a test key"])?.fine()?;
    assert_eq!(hasty()?[0].pointer("/waived/why"), Some(&json!("a test key")));
    Ok(())
}

#[test]
fn a_case_of_which_every_adjudicator_is_a_reader_is_told() -> Outcome {
    let place = Place::with_grades()?;
    let own = |place: &Place| Made::Ok(of_check(&place.run(&["check", "--json"])?.lines()?, "own-case"));
    assert_eq!(own(&place)?.len(), 0);
    place.run(&["people", "add", "ann", "adjudicator"])?.fine()?;
    place.run(&["people", "add", &place.account()?, "lead", "--reader", "bob"])?.fine()?;
    let found = own(&place)?;
    assert!(!found.is_empty());
    assert!(
        found.iter().all(|line| line.to_string().contains("everybody who could decide this case")),
        "{found:?}"
    );
    place.run(&["people", "add", "zoe", "adjudicator"])?.fine()?;
    assert_eq!(own(&place)?.len(), 0);
    Ok(())
}

#[test]
fn what_a_model_said_is_hidden_until_the_answer_where_the_charter_says_so() -> Outcome {
    let place = Place::with_charter("[review]\nmodels = \"after-choice\"\n")?;
    place.write("net.csv", "case,label,value\nc1,grade,5\n")?;
    let import = ["import", "net.csv", "--reader", "net", "--model"];
    place.run(&import)?.fine()?;
    // A model's read is none of those that a case needs.
    place.write("only.csv", "case,label,value\nz9,grade,5\n")?;
    place.run(&["import", "only.csv", "--reader", "net", "--model"])?.fine()?;
    assert_eq!(place.shown("z9")?.get("state"), Some(&json!("AWAITING_READS")));
    let account = place.account()?;
    place.run(&["people", "add", "lea", "lead", "qa"])?.fine()?;
    place.run(&["people", "add", &account, "adjudicator"])?.fine()?;
    let before = place.shown("c1")?;
    let readers = |shown: &Json| shown["reads"].as_array().map(Vec::len);
    let values = |shown: &Json| -> Vec<Json> {
        let all =
            shown.pointer("/disputes/0/candidates").and_then(Json::as_array).cloned().unwrap_or_default();
        all.iter().map(|candidate| candidate["value"].clone()).collect()
    };
    assert_eq!((readers(&before), before.get("models_hidden")), (Some(2), Some(&json!(true))));
    assert!(!values(&before).contains(&json!(5)), "{before}");
    let numbers: Vec<_> = before["disputes"][0]["candidates"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|c| c["n"].clone())
        .collect();
    assert_eq!(numbers, [json!(1), json!(2)]);
    place.decide(&[
        json!({ "case": "c1", "dispute": "grade#1", "answer": { "adopt": 1 }, "confidence": 4 }),
    ])?;
    let after = place.shown("c1")?;
    assert_eq!((readers(&after), after.get("models_hidden")), (Some(3), Some(&json!(false))));
    assert!(values(&after).contains(&json!(5)), "{after}");
    place.verified()
}
