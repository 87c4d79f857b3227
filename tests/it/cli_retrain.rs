//! `tickets`, `feedback`, `ambiguity` and the digest: what a trigger opens, what a re-test asks and how it is judged, and
//! that a reader's page names nobody else.

use std::error::Error;

use serde_json::{Value as Json, json};

use crate::program::{Outcome, Place};

const CHARTER: &str = "name = \"t\"
[review]
mode = \"open\"
undo_minutes = 0
escalate_severity = []
[labels.opacity]
kind = \"present\"
[sampling]
share = 0.0
recheck = 0.0
[triggers]
min_n = 10
";

/// Ann marks too much in twelve of thirty cases that bob reads too, and is right alone in `great`. Cid and dan agree on
/// forty others, of which ten show something.
fn reads() -> String {
    let mut table = "case,reader,label,value\n".to_owned();
    let mut read = |case: &str, reader: &str, there: bool| {
        let value = if there { "present" } else { "absent" };
        table.push_str(&format!("{case},{reader},opacity,{value}\n"));
    };
    for n in 0..30 {
        read(&format!("c{n:02}"), "ann", n < 12 || n % 3 == 0);
        read(&format!("c{n:02}"), "bob", n >= 12 && n % 3 == 0);
    }
    read("great", "ann", true);
    read("great", "bob", false);
    read("great", "cid", false);
    for n in 0..40 {
        read(&format!("x{n:02}"), "cid", n % 4 == 0);
        read(&format!("x{n:02}"), "dan", n % 4 == 0);
    }
    table
}

fn project() -> Result<Place, Box<dyn Error>> {
    let place = Place::new()?;
    place.write("charter.toml", CHARTER)?;
    place.run(&["init", "s.overread", "--charter", "charter.toml"])?.fine()?;
    place.import(&reads())?;
    Ok(place)
}

fn letter(place: &Place, case: &str, there: bool) -> Result<String, Box<dyn Error>> {
    let value = if there { "present" } else { "absent" };
    let shown = place.run(&["show", case, "--json"])?.json()?;
    let reads = shown["reads"].as_array().cloned().unwrap_or_default();
    let found = reads.iter().find(|read| read["findings"][0]["value"] == value);
    Ok(found.and_then(|read| read["reader"].as_str()).ok_or_else(|| format!("{shown}"))?.to_owned())
}

fn settled() -> Result<Place, Box<dyn Error>> {
    let place = project()?;
    for n in 0..12 {
        let case = format!("c{n:02}");
        let ann = letter(&place, &case, true)?;
        let verdict = json!({ ann: { "verdict": "error", "severity": "2a", "cause": ["P4"] } });
        let decision = json!({
            "case": case, "dispute": "opacity#1", "answer": { "value": "absent" }, "confidence": 4, "verdicts": verdict,
            "note": "a vessel, as Bob and Cid say",
        });
        place.feed(&["decide"], &decision.to_string())?.fine()?;
    }
    let great =
        json!({ "case": "great", "dispute": "opacity#1", "answer": { "value": "present" }, "confidence": 5 });
    place.feed(&["decide"], &great.to_string())?.fine()?;
    Ok(place)
}

fn tickets(place: &Place) -> Result<Vec<Json>, Box<dyn Error>> {
    Ok(place.run(&["tickets", "--json"])?.fine()?.json()?.as_array().cloned().unwrap_or_default())
}

/// Answers a re-test as `says` has it.
fn answered(place: &Place, says: impl Fn(usize, bool) -> bool) -> Result<usize, Box<dyn Error>> {
    let asked = std::fs::read_to_string(place.path("retest.csv"))?;
    assert!(!asked.contains("present") && !asked.contains("absent"), "{asked}");
    let mut filled = String::new();
    for (n, line) in asked.lines().enumerate() {
        let number = line.get(1..3).and_then(|digits| digits.parse::<usize>().ok());
        match (n, number) {
            (0, _) => filled.push_str(line),
            (n, Some(case)) => {
                assert!(line.starts_with('x') && line.ends_with(",ann,opacity,"), "{line}");
                let there = says(n, case % 4 == 0);
                filled.push_str(&format!("{line}{}", if there { "present" } else { "absent" }));
            }
            (_, None) => return Err(line.into()),
        }
        filled.push('\n');
    }
    std::fs::write(place.path("filled.csv"), filled)?;
    Ok(asked.lines().count() - 1)
}

#[test]
fn a_trigger_opens_a_ticket_and_a_blind_test_of_a_justified_size_ends_it() -> Outcome {
    let place = settled()?;
    let open = tickets(&place)?;
    assert_eq!(open.len(), 1, "{open:?}");
    assert_eq!(
        (&open[0]["id"], &open[0]["reader"], &open[0]["state"]),
        (&json!("T1"), &json!("ann"), &json!("open"))
    );
    assert!(open[0]["trigger"].as_str().is_some_and(|words| words.contains("index-funnel")), "{}", open[0]);
    let cases = open[0]["cases"].as_array().cloned().unwrap_or_default();
    assert_eq!(cases.len(), 12);
    assert!(cases.iter().all(|case| case.as_str().is_some_and(|name| name < "c12")), "{cases:?}");
    assert_eq!(tickets(&place)?, open, "one at a time");

    place.run(&["tickets", "result", "T1", "nothing.csv"])?.refused(65, "no re-test was drawn")?;
    place
        .run(&["tickets", "retest", "T1", "--seed", "3", "--bad", "40"])?
        .refused(65, "T1 has no material yet: `overread tickets assign T1`")?;
    assert_eq!(tickets(&place)?, open, "nothing of it was taken");
    let assigned = place.run(&["tickets", "assign", "T1", "--json"])?.fine()?.json()?;
    assert_eq!(assigned["state"], "assigned");
    let retest =
        ["tickets", "retest", "T1", "--seed", "3", "--bad", "40", "-o", "retest.csv", "--force", "--json"];
    let drawn = place.run(&retest)?.fine()?.json()?;
    // The smallest plan that accepts 5 % at 90 % and 40 % at 10 %: of 9 one may be wrong.
    let accept = &drawn["retest"]["accept"];
    assert_eq!((accept, answered(&place, |_, there| there)?), (&json!(1), 9));
    let passed = place.run(&["tickets", "result", "T1", "filled.csv", "--json"])?.fine()?.json()?;
    assert_eq!((&passed["state"], &passed["result"]["unanswered"]), (&json!("passed"), &json!(0)));

    place.run(&["tickets", "close", "T1", "--why", " "])?.refused(65, "reason")?;
    place.run(&["tickets", "close", "T1", "--why", "learned"])?.fine()?;
    assert_eq!(tickets(&place)?.len(), 1, "what was seen before opens no other");
    place.run(&["tickets", "assign", "T1"])?.refused(65, "closed")?;
    place.run(&["verify"])?.fine()?;
    Ok(())
}

#[test]
fn who_has_learned_nothing_fails_and_is_tested_again() -> Outcome {
    let place = settled()?;
    tickets(&place)?;
    place.run(&["tickets", "assign", "T1"])?.fine()?;
    let retest = ["tickets", "retest", "T1", "--seed", "4", "--bad", "40", "-o", "retest.csv", "--force"];
    place.run(&retest)?.fine()?;
    answered(&place, |n, there| if n <= 3 { !there } else { there })?;
    let failed = place.run(&["tickets", "result", "T1", "filled.csv", "--json"])?.fine()?.json()?;
    assert_eq!(failed["state"], "failed");
    assert_eq!(failed["result"]["wrong"].as_array().map(Vec::len), Some(3));
    place.run(&retest)?.fine()?;
    // More than there are: said, and nothing is drawn.
    let small = ["tickets", "retest", "T1", "--seed", "4", "--good", "1", "--bad", "3"];
    place.run(&small)?.refused(65, "there are 40")?;
    Ok(())
}

#[test]
fn a_wrong_file_fails_nobody() -> Outcome {
    let place = settled()?;
    tickets(&place)?;
    place.run(&["tickets", "assign", "T1"])?.fine()?;
    for (good, bad) in [("50", "10"), ("5", "100"), ("-5", "30"), ("NaN", "30")] {
        let good = format!("--good={good}");
        place.run(&["tickets", "retest", "T1", "--seed", "4", &good, "--bad", bad])?.refused(
            65,
            &format!("{good} and --bad {bad} are no such percentages").replace("--good=", "--good "),
        )?;
    }
    let retest = ["tickets", "retest", "T1", "--seed", "4", "--bad", "40", "-o", "retest.csv", "--force"];
    place.run(&retest)?.fine()?;
    let before = tickets(&place)?;
    place.run(&["tickets", "result", "T1", "retest.csv"])?.refused(65, "is not filled in yet: ann writes")?;
    let asked = std::fs::read_to_string(place.path("retest.csv"))?;
    let first = asked.lines().nth(1).and_then(|line| line.split(',').next()).ok_or("no question")?;
    let other = "case,reader,label,value\nzzz,ann,opacity,present\n";
    place.write("other.csv", other)?;
    place.run(&["tickets", "result", "T1", "other.csv"])?.refused(
        65,
        &format!(
            "answers no question of the re-test of T1, and nothing was recorded: it asks ann for {first}, "
        ),
    )?;
    // The right cases, asked about something else.
    place.write("label.csv", other.replace("zzz", first).replace("opacity", "nodule"))?;
    place.run(&["tickets", "result", "T1", "label.csv"])?.refused(65, "answers no question")?;
    place.write("nobody.csv", other.replace("ann", "bob"))?;
    place.run(&["tickets", "result", "T1", "nobody.csv"])?.refused(65, "it holds no read by ann")?;
    assert_eq!(tickets(&place)?, before, "the right file can still come");

    answered(&place, |_, there| !there)?;
    let filled = std::fs::read_to_string(place.path("filled.csv"))?;
    place.write("filled.csv", format!("{filled}zzz,ann,opacity,present\n"))?;
    let told = place.run(&["tickets", "result", "T1", "filled.csv"])?.fine()?.out;
    assert!(told.contains("T1: ann on opacity, failed") && told.contains("9 wrong"), "{told}");
    assert!(told.contains("1 case of the file was not asked, and left alone: zzz"), "{told}");
    let again = place.run(&["tickets", "assign", "T1"])?.fine()?.out;
    assert_eq!(again.trim(), "T1: ann on opacity, assigned");
    Ok(())
}

#[test]
fn a_readers_page_holds_their_own_work_and_nobody_elses_name() -> Outcome {
    let place = settled()?;
    place.run(&["feedback", "ann", "-o", "out"])?.fine()?;
    let html = std::fs::read_to_string(place.path("out/index.html"))?;
    let data = std::fs::read_to_string(place.path("out/feedback.json"))?;
    for text in [&html, &data] {
        let low = text.to_lowercase();
        for name in ["bob", "cid", "dan"] {
            let alone = low.split(|letter: char| !letter.is_alphanumeric()).any(|word| word == name);
            assert!(!alone, "{name}");
        }
        assert!(low.contains("another reader"), "names in notes are taken out");
    }
    assert!(html.contains("a great call") && html.contains("P4 false positive"));
    // Whole in itself.
    assert!(!html.contains("http") && !html.contains("<script"));
    let entries = serde_json::from_str::<Json>(&data)?["entries"].as_array().cloned().unwrap_or_default();
    let calls = |call: &str| entries.iter().filter(|entry| entry["call"] == call).count();
    assert_eq!((calls("error"), calls("great"), entries.len()), (12, 1, 13));
    place.run(&["feedback", "ann", "-o", "out"])?.refused(73, "--force")?;
    place.run(&["feedback", "zoe", "-o", "other"])?.refused(66, "nobody reads")?;
    assert!(!place.path("other").exists());
    Ok(())
}

#[test]
fn a_readers_page_names_nobody_however_a_note_spells_it() -> Outcome {
    let place = Place::new()?;
    place.write("charter.toml", CHARTER)?;
    place.run(&["init", "s.overread", "--charter", "charter.toml"])?.fine()?;
    let notes = [
        ("Groß said; Jürgen too", "another reader said; another reader too"),
        ("JÜRGEN GROSS said; Juergen Gross, drmeyer", "another reader said; another reader, another reader"),
        ("R1s call, Bergs, mey\u{ad}er", "another reader call, another reader, another reader"),
        ("Steiner decided, as ann did", "another reader decided, as ann did"),
    ];
    let mut table = "case,reader,label,value\n".to_owned();
    for n in 0..notes.len() {
        table += &format!("c{n},ann,opacity,present\nc{n},meyer,opacity,absent\n");
    }
    place.write("a.csv", &table)?;
    place.run(&["import", "a.csv"])?.fine()?;
    // Who read none of her cases, and who only works here.
    place.write("b.csv", "case,reader,label,value\nz,Jürgen Groß,opacity,absent\nz,R1,opacity,absent\nz,van der Berg,opacity,absent\n")?;
    place.run(&["import", "b.csv"])?.fine()?;
    for (n, (note, _)) in notes.iter().enumerate() {
        let decision = json!({ "case": format!("c{n}"), "dispute": "opacity#1", "answer": { "value": "absent" },
            "confidence": 4, "note": note });
        place.feed(&["decide"], &decision.to_string())?.fine()?;
    }
    place.run(&["people", "add", "R. Steiner", "adjudicator"])?.fine()?;
    place.run(&["feedback", "ann", "--batch", "a.csv", "-o", "out"])?.fine()?;
    let data: Json = serde_json::from_str(&std::fs::read_to_string(place.path("out/feedback.json"))?)?;
    let entries = data["entries"].as_array().cloned().unwrap_or_default();
    let mut said: Vec<&str> = entries.iter().filter_map(|entry| entry["note"].as_str()).collect();
    said.sort_unstable();
    let mut expected = notes.map(|(_, left)| left);
    expected.sort_unstable();
    assert_eq!(said, expected);
    Ok(())
}

#[test]
fn what_is_ambiguous_is_counted_by_what_would_settle_it() -> Outcome {
    let place = project()?;
    for (case, by) in [("c00", "information"), ("c01", "irreducible"), ("c02", "information")] {
        let ambiguity = json!({
            "types": ["A2"], "reducible": by, "resolve": "a prior",
            "alternatives": [{ "value": "present", "weight": 0.5 }, { "value": "absent", "weight": 0.5 }],
        });
        let decision = json!({
            "case": case, "dispute": "opacity#1", "answer": "ambiguous", "confidence": 2, "ambiguity": ambiguity,
        });
        place.feed(&["decide"], &decision.to_string())?.fine()?;
    }
    let decision =
        json!({ "case": "c03", "dispute": "opacity#1", "answer": { "value": "absent" }, "confidence": 4 });
    place.feed(&["decide"], &decision.to_string())?.fine()?;
    let all = place.run(&["ambiguity", "--json"])?.fine()?.json()?;
    let of = &all[0];
    assert_eq!((&of["label"], &of["decided"], &of["ambiguous"]), (&json!("opacity"), &json!(4), &json!(3)));
    assert_eq!(of["reducible"], json!({ "information": 2, "irreducible": 1 }));
    assert!((of["reducible_share"].as_f64().unwrap_or_default() - 2.0 / 3.0).abs() < 1e-12);
    assert_eq!((&of["resolve"][0]["what"], &of["resolve"][0]["n"]), (&json!("a prior"), &json!(3)));
    place.run(&["ambiguity", "--label", "nothing"])?.refused(66, "no label")?;
    Ok(())
}

#[test]
fn what_stays_out_of_the_test_split_is_exported_and_says_so() -> Outcome {
    let place = project()?;
    for (case, handling) in [("c00", "drop"), ("c01", "exclude"), ("c02", "soft")] {
        let ambiguity = json!({
            "types": ["A2"], "handling": handling,
            "alternatives": [{ "value": "present", "weight": 0.25 }, { "value": "absent", "weight": 0.75 }],
        });
        let decision = json!({
            "case": case, "dispute": "opacity#1", "answer": "ambiguous", "confidence": 2, "ambiguity": ambiguity,
        });
        place.feed(&["decide"], &decision.to_string())?.fine()?;
    }
    let told = place.run(&["export", "--format", "jsonl", "-o", "out.jsonl", "--json"])?.fine()?.json()?;
    assert_eq!((&told["dropped"], &told["not_for_test"]), (&json!(1), &json!(1)));
    let text = std::fs::read_to_string(place.path("out.jsonl"))?;
    let rows: Vec<Json> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let of = |case: &str| rows.iter().find(|row| row["case"] == case);
    let dropped = of("c00").ok_or("it is good for training")?;
    assert_eq!((&dropped["handling"], &dropped["soft"]["absent"]), (&json!("drop"), &json!(0.75)));
    assert_eq!(of("c02").map(|row| &row["handling"]), Some(&json!("soft")));
    assert!(of("c01").is_none(), "what is excluded is in no export");
    let said = place.run(&["export", "--format", "csv", "-o", "out.csv"])?.fine()?.out;
    assert!(said.contains("1 ambiguous item is to stay out of the test split"), "{said}");
    assert!(said.contains("1 ambiguous item was left out: its decision excludes it"), "{said}");
    Ok(())
}

fn acts(of: &Json) -> bool {
    of["triggers"].as_array().into_iter().flatten().any(|trigger| trigger["level"] == "act")
}

#[test]
fn a_closed_ticket_hides_no_open_one_from_the_digest() -> Outcome {
    let place = Place::new()?;
    place.write("charter.toml", CHARTER)?;
    place.run(&["init", "s.overread", "--charter", "charter.toml"])?.fine()?;
    // Nine readers, each with one error that matters.
    let mut table = "case,reader,label,value\n".to_owned();
    for n in 1..=9 {
        table += &format!("c{n},r{n},opacity,present\nc{n},zoe,opacity,absent\n");
    }
    place.import(&table)?;
    for n in 1..=9 {
        let case = format!("c{n}");
        let verdict =
            json!({ letter(&place, &case, true)?: { "verdict": "error", "severity": "3b", "cause": "P1" } });
        let decision = json!({ "case": case, "dispute": "opacity#1", "answer": { "value": "absent" }, "confidence": 4,
            "verdicts": verdict, "note": "it matters" });
        place.feed(&["decide"], &decision.to_string())?.fine()?;
    }
    let open = tickets(&place)?;
    assert_eq!(open.len(), 9, "{open:?}");
    for id in ["T1", "T2", "T3"] {
        place.run(&["tickets", "close", id, "--why", "left"])?.fine()?;
    }
    place.run(&["report", "--since", "7d", "-o", "week.html"])?.fine()?;
    let page = std::fs::read_to_string(place.path("week.html"))?;
    for ticket in open {
        let id = ticket["id"].as_str().unwrap_or_default();
        let closed = ["T1", "T2", "T3"].contains(&id);
        assert_eq!(page.contains(&format!("<li>{id} <b>")), !closed, "{id}: {page}");
    }
    assert!(page.contains("and 3 more"), "{page}");
    place.run(&["tickets", "close", "T9", "--why", "left"])?.fine()?;
    place.run(&["report", "--since", "7d", "-o", "week.html", "--force"])?.fine()?;
    let page = std::fs::read_to_string(place.path("week.html"))?;
    let place_of = |id: &str| page.find(&format!("<li>{id} <b>"));
    assert!(place_of("T8").is_some() && place_of("T8") < place_of("T1"), "{page}");
    Ok(())
}

#[test]
fn a_digest_tells_what_happened_since_and_stays_short() -> Outcome {
    let place = settled()?;
    tickets(&place)?;
    let told = place.run(&["report", "--since", "7d", "-o", "week.html", "--json"])?.fine()?.json()?;
    assert_eq!((&told["decisions"], &told["overdue"]), (&json!(13), &json!([])));
    let page = std::fs::read_to_string(place.path("week.html"))?;
    for words in ["13 decisions on 13 cases by 1 person", "1 file came in", "P4 false positive", "T1", "ann"]
    {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("http") && !page.contains("<script"));
    let later =
        place.run(&["report", "--since", "2099-01-01", "-o", "none.html", "--json"])?.fine()?.json()?;
    assert_eq!(later["decisions"], 0);
    // Whoever is flagged now is named, however long ago it was read.
    let none = std::fs::read_to_string(place.path("none.html"))?;
    let readers = place.run(&["readers", "--json"])?.fine()?.json()?;
    let flagged: Vec<&Json> = readers.as_array().into_iter().flatten().filter(|of| acts(of)).collect();
    assert!(!flagged.is_empty(), "{readers}");
    for of in flagged {
        let reader = of["reader"].as_str().unwrap_or_default();
        assert!(none.contains(&format!("<b>{reader}</b> on opacity: ")), "{reader}: {none}");
    }
    assert!(!none.contains("calls for a look"), "{none}");
    let whole = ["report", "--since", "7d", "--whole", "-o", "whole.html", "--json"];
    assert_eq!(place.run(&whole)?.fine()?.json()?["cases"], 71);
    Ok(())
}
