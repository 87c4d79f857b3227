//! Each command by its contract: names, fields, exit codes, what stands on stdout and what on stderr.

use std::io::Read;
use std::process::Stdio;

use serde_json::{Value as Json, json};

use crate::program::{Outcome, Place, Ran, data, each, holds};

#[test]
fn init_says_what_it_made_and_replaces_nothing() -> Outcome {
    let place = Place::new()?;
    let made = place.run(&["init", "s.overread", "--json"])?.fine()?.json()?;
    assert_eq!(made, json!({ "path": "s.overread", "charter_version": 1 }));
    let before = std::fs::read(place.path("s.overread"))?;
    place.run(&["init", "s.overread"])?.refused(73, "exists already")?;
    assert_eq!(std::fs::read(place.path("s.overread"))?, before);
    place.run(&["init", "none/s.overread"])?.refused(73, "failed to create")?;
    place.run(&["init", "t.overread", "--charter", "absent.toml"])?.refused(66, "there is no file")?;
    place.write("charter.toml", "name = \"x\"\n[review]\nmood = \"select\"\n")?;
    place.run(&["init", "t.overread", "--charter", "charter.toml"])?.refused(78, "charter.toml: line 3: ")?;
    assert!(!place.path("t.overread").exists());
    place.run(&["init"])?.usage("<STORE>")?;
    Ok(())
}

#[test]
fn the_store_is_looked_for_in_the_order_that_is_promised() -> Outcome {
    let place = Place::new()?;
    let name = |ran: Ran| -> Result<String, Box<dyn std::error::Error>> {
        let shown = ran.fine()?.json()?;
        Ok(shown.pointer("/charter").and_then(Json::as_str).unwrap_or_default().to_owned())
    };
    place.run(&["charter", "show"])?.refused(66, "no store is named")?;
    // The configuration is asked last.
    std::fs::create_dir(place.path("far"))?;
    place.run(&["init", "far/config.overread"])?.fine()?;
    let configured = format!("store = {:?}\n", place.path("far/config.overread"));
    place.write(".config/overread/config.toml", &configured)?;
    assert!(name(place.run(&["charter", "show", "--json"])?)?.contains("name = \"config\""));
    place.write("other.toml", &configured)?;
    place.run(&["--config", "absent.toml", "charter", "show"])?.refused(78, "failed to read")?;
    place.write("broken.toml", "stor = 1\n")?;
    place
        .run(&["--config", "broken.toml", "charter", "show"])?
        .refused(78, "broken.toml:1: there is no setting stor; did you mean store?")?;
    place.write("mouse.toml", "mouse = \"on\"\n")?;
    place
        .run(&["--config", "mouse.toml", "charter", "show"])?
        .refused(78, "mouse.toml:1: mouse must be true or false")?;
    place.write("mouse.toml", "mouse = true\n")?;
    place.run(&["--config", "mouse.toml", "--store", "far/config.overread", "charter", "show"])?.fine()?;
    // Then the only store of the folder, then the environment, then what was said.
    place.run(&["init", "here.overread"])?.fine()?;
    assert!(name(place.run(&["charter", "show", "--json"])?)?.contains("name = \"here\""));
    place.run(&["init", "far/env.overread"])?.fine()?;
    let mut by_environment = place.command(&["charter", "show", "--json"]);
    let output = by_environment.env("OVERREAD_STORE", place.path("far/env.overread")).output()?;
    assert!(String::from_utf8(output.stdout)?.contains("name = \\\"env\\\""));
    for arguments in [
        ["--store", "far/config.overread", "charter", "show", "--json"],
        ["charter", "show", "--json", "--store", "far/config.overread"],
    ] {
        let mut said = place.command(&arguments);
        let output = said.env("OVERREAD_STORE", place.path("far/env.overread")).output()?;
        assert!(String::from_utf8(output.stdout)?.contains("name = \\\"config\\\""));
    }
    place.run(&["init", "second.overread"])?.fine()?;
    place.run(&["charter", "show"])?.refused(2, "2 stores lie here")?;
    place.run(&["charter", "show", "--store", "absent.overread"])?.refused(66, "there is no store at")?;
    Ok(())
}

#[test]
fn the_worklist_holds_what_waits_and_filters_and_sorts_it() -> Outcome {
    let place = Place::with_charter("")?;
    let cases = |arguments: &[&str]| -> Result<Vec<String>, Box<dyn std::error::Error>> {
        let all: Vec<&str> = ["queue", "--json"].iter().chain(arguments).copied().collect();
        let lines = place.run(&all)?.fine()?.lines()?;
        Ok(each(&lines, "case").into_iter().filter_map(Json::as_str).map(str::to_owned).collect())
    };
    let lines = place.run(&["--json", "queue"])?.fine()?.lines()?;
    for line in &lines {
        holds(line, &["case", "state", "kind", "priority", "claimed_by", "disputes"])?;
        for dispute in line.get("disputes").and_then(Json::as_array).into_iter().flatten() {
            holds(dispute, &["id", "type", "label", "gap"])?;
        }
    }
    let c1 = lines.iter().find(|line| line.get("case") == Some(&json!("c1")));
    assert_eq!(
        c1.and_then(|line| line.get("disputes")),
        Some(&json!([{ "id": "grade#1", "type": "GRADE", "label": "grade", "gap": 2.0, "kind": "dispute",
            "state": "QUEUED", "words": "2 levels" }]))
    );
    // What all agree on is no work; what waits for a read is.
    assert_eq!(cases(&["--sort", "case"])?, ["b1", "b2", "c1", "c3", "c4", "c5"]);
    assert_eq!(cases(&["--state", "CONCORDANT"])?, ["c2"]);
    assert_eq!(cases(&["--state", "awaiting-reads"])?, ["c3"]);
    assert_eq!(cases(&["--type", "extent", "--sort", "case"])?, ["b1", "b2"]);
    assert_eq!(cases(&["--label", "grade", "--sort", "gap", "--limit", "1"])?, ["c4"]);
    place.run(&["queue", "--kind", "dispute", "--label", "nothing"])?.refused(66, "no label nothing")?;
    assert_eq!(cases(&["--kind", "audit"])?, [""; 0]);
    assert_eq!(cases(&["--sort", "age", "--limit", "2"])?.len(), 2);
    assert_eq!(cases(&["--limit", "0"])?, [""; 0]);
    // The cases of the highest priority come first unless something else is asked for.
    let priorities: Vec<f64> = each(&lines, "priority").into_iter().filter_map(Json::as_f64).collect();
    assert!(priorities.len() == 6 && priorities.is_sorted_by(|a, b| a >= b), "{priorities:?}");
    place.decide(&[
        json!({ "case": "c1", "dispute": "grade#1", "answer": { "value": 3 }, "confidence": 4 }),
    ])?;
    assert_eq!(cases(&["--sort", "case"])?, ["b1", "b2", "c3", "c4", "c5"]);
    assert_eq!(cases(&["--state", "PROVISIONAL"])?, ["c1"]);
    place.run(&["finalise", "c1"])?.fine()?;
    assert_eq!(cases(&["--state", "FINAL"])?, ["c1"]);
    for (option, word) in [("--state", "DONE"), ("--kind", "x"), ("--type", "SHAPE")] {
        place.run(&["queue", option, word])?.refused(2, &format!("there is no {} {word}", &option[2..]))?;
    }
    place.run(&["queue", "--sort", "colour"])?.usage("possible values: priority, gap, age, case")?;
    Ok(())
}

#[test]
fn a_case_is_shown_whole_in_letters() -> Outcome {
    let place = Place::with_grades()?;
    let shown = place.shown("c1")?;
    holds(&shown, &["case", "state", "images", "reads_hash", "reads", "disputes"])?;
    let reads = shown.get("reads").and_then(Json::as_array).cloned().unwrap_or_default();
    assert_eq!(each(&reads, "reader"), ["A", "B"]);
    assert_eq!(each(&reads, "findings").len(), 2);
    let dispute = shown.pointer("/disputes/0").cloned().unwrap_or_default();
    holds(&dispute, &["id", "type", "label", "candidates", "consensus", "decision"])?;
    for candidate in dispute.get("candidates").and_then(Json::as_array).into_iter().flatten() {
        holds(candidate, &["n", "value", "readers", "share"])?;
    }
    assert!(!shown.to_string().contains("ann") && !shown.to_string().contains("bob"));
    place.run(&["show", "cX"])?.refused(66, "there is no case cX")?;
    place.run(&["show", "c1", "--reveal"])?.usage("--why")?;
    place.run(&["show", "c1", "--why", "curious"])?.usage("--reveal")?;
    place.run(&["show", "c1", "--reveal", "--why", " "])?.refused(65, "needs a reason")?;
    Ok(())
}

#[test]
fn who_reveals_a_case_is_in_the_log_and_cannot_decide_it() -> Outcome {
    let place = Place::with_grades()?;
    let revealed = place.run(&["show", "c1", "--reveal", "--why", "a question of the sponsor", "--json"])?;
    let revealed = revealed.fine()?.json()?;
    let reads = revealed.get("reads").and_then(Json::as_array).cloned().unwrap_or_default();
    let mut readers = each(&reads, "reader");
    readers.sort_by_key(|reader| reader.to_string());
    assert_eq!(readers, ["ann", "bob"]);
    let log = place.run(&["log", "--case", "c1", "--json"])?.fine()?.lines()?;
    let unblind = log.iter().find(|event| event.get("action") == Some(&json!("unblind")));
    assert_eq!(
        unblind.and_then(|event| event.pointer("/detail/why")),
        Some(&json!("a question of the sponsor"))
    );
    let (code, answers) = place.decide(&[
        json!({ "case": "c1", "dispute": "grade#1", "answer": { "value": 3 }, "confidence": 4 }),
    ])?;
    assert_eq!((code, each(&answers, "ok")), (77, vec![&json!(false)]));
    // Another case is not concerned.
    place.run(&["unblind", "c4", "--why", "x"])?.fine()?;
    assert_eq!(
        place.answer(
            json!({ "case": "c5", "dispute": "grade#1", "answer": { "value": 4 }, "confidence": 4 })
        )?,
        "PROVISIONAL"
    );
    let refused = place
        .answer(json!({ "case": "c4", "dispute": "grade#1", "answer": { "value": 4 }, "confidence": 4 }))?;
    assert!(refused.contains("unblinded"), "{refused}");
    place.verified()
}

#[test]
fn the_leads_acts_write_the_event_that_they_print() -> Outcome {
    let place = Place::with_grades()?;
    for case in ["c1", "c4"] {
        let value = if case == "c1" { 3 } else { 4 };
        place.decide(&[
            json!({ "case": case, "dispute": "grade#1", "answer": { "value": value }, "confidence": 4 }),
        ])?;
    }
    let names = ["seq", "at", "who", "role", "action", "case", "object", "detail", "outcome", "hash"];
    let finalised = place.run(&["finalise", "c1", "--json"])?.fine()?.json()?;
    holds(&finalised, &names)?;
    assert_eq!(
        (finalised.get("action"), finalised.get("case")),
        (Some(&json!("finalise")), Some(&json!("c1")))
    );
    place.run(&["finalise", "c1"])?.refused(65, "nothing of this case is provisional")?;
    let all = place.run(&["finalise", "--all", "--json"])?.fine()?.json()?;
    assert_eq!(each(all.as_array().ok_or("no list")?, "case"), ["c4"]);
    assert_eq!(place.run(&["finalise", "--all", "--json"])?.fine()?.json()?, json!([]));
    let reopened = place.run(&["reopen", "c1", "--why", "second thoughts", "--json"])?.fine()?.json()?;
    assert_eq!(reopened.pointer("/detail/why"), Some(&json!("second thoughts")));
    place.run(&["reopen", "c1", "--why", "again"])?.refused(65, "nothing to reopen")?;
    place.run(&["reopen", "c4", "--why", ""])?.refused(65, "needs a reason")?;
    place.run(&["reopen", "c4"])?.usage("--why")?;
    place.run(&["block", "c5", "--why", "the wrong patient", "--json"])?.fine()?;
    let blocked = place.run(&["queue", "--state", "BLOCKED", "--json"])?.fine()?.lines()?;
    assert_eq!(each(&blocked, "case"), ["c5"]);
    place.run(&["unblock", "c5", "--why", "it was right", "--json"])?.fine()?;
    place.run(&["unblock", "c5", "--why", "x"])?.refused(65, "is not blocked")?;
    // What is final is told although a later case is refused.
    place.decide(&[
        json!({ "case": "c5", "dispute": "grade#1", "answer": { "value": 2 }, "confidence": 4 }),
    ])?;
    let half = place.run(&["finalise", "c5", "cX", "--json"])?;
    assert_eq!(
        (half.code, each(half.json()?.as_array().ok_or("no list")?, "case")),
        (66, vec![&json!("c5")])
    );
    place.verified()
}

#[test]
fn the_log_is_read_by_case_person_and_time_and_reading_it_is_logged() -> Outcome {
    let place = Place::with_grades()?;
    let account = place.account()?;
    place.run(&["show", "c1"])?.fine()?;
    let log = |arguments: &[&str]| -> Result<Vec<Json>, Box<dyn std::error::Error>> {
        let all: Vec<&str> = ["log", "--json"].iter().chain(arguments).copied().collect();
        place.run(&all)?.fine()?.lines()
    };
    let all = log(&[])?;
    for event in &all {
        holds(event, &["seq", "at", "who", "role", "action", "case", "object", "detail", "outcome", "hash"])?;
    }
    let seqs: Vec<u64> = each(&all, "seq").into_iter().filter_map(Json::as_u64).collect();
    assert_eq!(seqs, (1..=all.len() as u64).collect::<Vec<_>>());
    assert_eq!(all.last().and_then(|event| event.get("action")), Some(&json!("log-read")));
    assert!(each(&all, "who").iter().all(|who| **who == json!(account)));
    assert!(log(&["--case", "c1"])?.iter().all(|event| event.get("case") == Some(&json!("c1"))));
    assert_eq!(log(&["--user", "nobody"])?, [Json::Null; 0]);
    assert_eq!(each(&log(&["--user", &account, "--limit", "1"])?, "action"), ["log-read"]);
    assert_eq!(log(&["--since", "2199-01-01"])?, [Json::Null; 0]);
    assert!(log(&["--since", "1h"])?.len() > all.len());
    place.run(&["log", "--since", "yesterday"])?.refused(2, "is no moment")?;
    place.verified()
}

#[test]
fn verify_tells_a_cut_tail_by_a_head_that_was_noted() -> Outcome {
    let place = Place::with_grades()?;
    let early = place.run(&["verify", "--json"])?.fine()?.json()?;
    holds(&early, &["ok", "events", "head", "problems"])?;
    assert_eq!((early.get("ok"), early.get("problems")), (Some(&json!(true)), Some(&json!([]))));
    let head = early.get("head").and_then(Json::as_str).unwrap_or_default().to_owned();
    let saved = place.run(&["backup", "old.overread", "--json"])?.fine()?.json()?;
    let later = saved.get("head").and_then(Json::as_str).unwrap_or_default().to_owned();
    assert!(saved.get("bytes").and_then(Json::as_u64) > Some(0) && later != head);
    place.run(&["--store", "s.overread", "verify", "--head", &head, "--json"])?.fine()?;
    let absent = place.run(&["--store", "s.overread", "verify", "--head", &"0".repeat(64), "--json"])?;
    assert_eq!((absent.code, absent.json()?.get("ok")), (1, Some(&json!(false))));
    let quick = place.run(&["--store", "s.overread", "verify", "--quick", "--json"])?.fine()?.json()?;
    assert_eq!((quick.get("ok"), quick.get("findings")), (Some(&json!(true)), Some(&Json::Null)));
    place.write("text.overread", "this is no store")?;
    place.set_mode("text.overread", 0o600)?;
    place.run(&["verify", "--store", "text.overread"])?.refused(65, "is not an overread store")?;
    Ok(())
}

#[test]
fn a_backup_becomes_a_store_that_goes_on() -> Outcome {
    let place = Place::with_grades()?;
    let decided = json!({ "case": "c1", "dispute": "grade#1", "answer": { "value": 3 }, "confidence": 4 });
    place.decide(&[decided])?;
    std::fs::create_dir(place.path("kept"))?;
    place.run(&["backup", "kept/b"])?.fine()?;
    place.run(&["backup", "kept/b"])?.refused(73, "exists already")?;
    place.run(&["restore", "kept/b"])?.refused(2, "--store NEW")?;
    place.run(&["restore", "kept/b", "--store", "s.overread"])?.refused(73, "exists already")?;
    place.run(&["restore", "kept/absent", "--store", "kept/n"])?.refused(66, "there is no backup")?;
    let restored = place.run(&["restore", "kept/b", "--store", "kept/n", "--json"])?.fine()?.json()?;
    holds(&restored, &["bytes", "head"])?;
    place.run(&["verify", "--store", "kept/n"])?.fine()?;
    let provisional = place.run(&["queue", "--store", "kept/n", "--state", "PROVISIONAL", "--json"])?;
    assert_eq!(each(&provisional.fine()?.lines()?, "case"), ["c1"]);
    let log = place.run(&["log", "--store", "kept/n", "--json", "--limit", "2"])?.fine()?.lines()?;
    assert_eq!(each(&log, "action"), ["restore", "log-read"]);
    // A backup that was changed is not made a store of.
    let mut bytes = std::fs::read(place.path("kept/b"))?;
    let at = bytes.windows(6).position(|text| text == b"grade#").ok_or("no dispute in the backup")?;
    bytes.splice(at..at + 6, *b"GRADE#");
    place.write("kept/changed", bytes)?;
    place.set_mode("kept/changed", 0o600)?;
    place.run(&["restore", "kept/changed", "--store", "kept/m"])?.refused(65, "nothing was restored")?;
    assert!(!place.path("kept/m").exists());
    Ok(())
}

#[test]
fn checks_name_what_is_broken_case_by_case() -> Outcome {
    let place = Place::with_store()?;
    assert_eq!(place.run(&["check", "--json"])?.fine()?.out, "");
    place.write("images/one.dcm", crate::cli_import::picture("9.1", 64, 64))?;
    place.write("images/lonely.dcm", crate::cli_import::picture("9.2", 64, 64))?;
    place.write(
        "reads.csv",
        "case,reader,label,x_min,y_min,x_max,y_max\n9.1,ann,lesion,10,10,500,50\n9.1,bob,lesion,10,10,50,50\n\
         9.3,ann,lesion,10,10,50,50\n9.3,bob,lesion,10,10,50,50\n",
    )?;
    place.run(&["import", "reads.csv", "--images", "images"])?.fine()?;
    let ran = place.run(&["check", "--json"])?;
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    let found = ran.lines()?;
    for line in &found {
        holds(line, &["check", "level", "case", "reader", "finding", "message"])?;
    }
    let of = |check: &str| found.iter().find(|line| line.get("check") == Some(&json!(check))).cloned();
    let outside = of("box-outside-image").ok_or("no box outside")?;
    assert_eq!((outside.get("level"), outside.get("case")), (Some(&json!("block")), Some(&json!("9.1"))));
    assert!(["A", "B"].contains(&outside.get("reader").and_then(Json::as_str).unwrap_or_default()));
    assert_eq!(of("image-missing").and_then(|line| line.get("case").cloned()), Some(json!("9.3")));
    assert!(of("image-without-read").is_some_and(|line| line.to_string().contains("9.2")));
    let blocked = place.run(&["queue", "--state", "BLOCKED", "--json"])?.fine()?.lines()?;
    assert_eq!(each(&blocked, "case"), ["9.1"]);
    assert_eq!(place.run(&["check", "--limit", "1", "--json"])?.lines()?.len(), 1);
    Ok(())
}

#[test]
fn the_reference_standard_goes_out_in_its_formats() -> Outcome {
    let place = Place::with_grades()?;
    place.decide(&[
        json!({ "case": "c1", "dispute": "grade#1", "answer": { "value": 3 }, "confidence": 4 }),
        json!({ "case": "c4", "dispute": "grade#1", "answer": { "value": 1 }, "confidence": 2,
            "ambiguity": { "types": "A1" }, "note": "=1+1" }),
    ])?;
    place.run(&["finalise", "c1"])?.fine()?;
    let written = place.run(&["export", "--format", "jsonl", "-o", "all.jsonl", "--json"])?.fine()?.json()?;
    holds(&written, &["format", "files", "cases", "findings", "log_head"])?;
    assert_eq!((written.get("cases"), written.get("findings")), (Some(&json!(3)), Some(&json!(3))));
    let read = |name: &str| -> Result<Vec<Json>, Box<dyn std::error::Error>> {
        let text = std::fs::read_to_string(place.path(name))?;
        text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
    };
    let all = read("all.jsonl")?;
    let state_of = |line: &Json| (line.get("case").cloned(), line.get("state").cloned());
    let of = |case: &str, state: &str| (Some(json!(case)), Some(json!(state)));
    assert_eq!(
        all.iter().map(state_of).collect::<Vec<_>>(),
        [of("c1", "FINAL"), of("c2", "FINAL"), of("c4", "PROVISIONAL")]
    );
    assert!(!std::fs::read_to_string(place.path("all.jsonl"))?.contains("ann"));
    let few = ["export", "--format", "jsonl", "-o", "final.jsonl", "--state", "final", "--reads", "--json"];
    let few = place.run(&few)?.fine()?.json()?;
    assert_eq!((few.get("findings"), few.get("provisional_left_out")), (Some(&json!(2)), Some(&json!(1))));
    assert!(std::fs::read_to_string(place.path("final.jsonl"))?.contains("\"ann\""));
    place.run(&["export", "--format", "csv", "-o", "t.csv"])?.fine()?;
    let sheet = std::fs::read_to_string(place.path("t.csv"))?;
    assert!(sheet.lines().count() == 4 && sheet.contains(",'=1+1,"), "{sheet}");
    place.run(&["export", "--format", "csv", "-o", "t.csv"])?.refused(73, "--force")?;
    place.run(&["export", "--format", "csv", "-o", "t.csv", "--force"])?.fine()?;
    place.run(&["export", "--format", "csv", "-o", "none/t.csv"])?.refused(73, "failed to create")?;
    place.run(&["export", "--format", "xls", "-o", "t.xls"])?.refused(2, "jsonl, csv")?;
    place.run(&["export", "--format", "csv", "-o", "u.csv", "--state", "open"])?.usage("final")?;
    let left: Vec<_> = std::fs::read_dir(place.path(""))?
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().contains(".part"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    place.verified()
}

#[test]
fn the_protocol_is_shown_checked_and_changed() -> Outcome {
    let place = Place::with_grades()?;
    let shown = place.run(&["charter", "show", "--json"])?.fine()?.json()?;
    assert_eq!(shown.get("version"), Some(&json!(2)));
    let printed = place.run(&["charter", "show"])?.fine()?.out;
    place.write("same.toml", &printed)?;
    assert_eq!(place.run(&["charter", "check", "same.toml"])?.fine()?.out, "same.toml: fine\n");
    place.write("bad.toml", "name = \"x\"\n[reviews]\nmode = \"open\"\n")?;
    let checked = place.run(&["charter", "check", "bad.toml", "--json"])?;
    assert_eq!(checked.code, 78);
    assert_eq!(checked.json()?.pointer("/problems/0/line"), Some(&json!(2)));
    let named = "name = \"t\"\nguideline = \"gone.md\"\n[labels.grade]\nkind = \"continuous\"\n";
    place.write("named.toml", named)?;
    for action in [&["charter", "check", "named.toml"][..], &["charter", "set", "named.toml", "--why", "x"]] {
        let ran = place.run(action)?;
        assert!(
            ran.code != 0 && format!("{}{}", ran.out, ran.err).contains("it names the guideline gone.md")
        );
    }
    let huge = "name = \"t\"\n[review]\nadjudicators = 99999999999\n[labels.grade]\nkind = \"continuous\"\n";
    place.write("huge.toml", huge)?;
    let told = place.run(&["charter", "check", "huge.toml"])?.out;
    assert!(told.contains("must be a whole number from 1 to 4294967295, not 99999999999"), "{told}");
    place.run(&["charter", "check", "absent.toml"])?.refused(66, "there is no file")?;
    place.run(&["charter", "set", "bad.toml", "--why", "x"])?.refused(78, "bad.toml: line 2")?;
    // A wider tolerance settles what was a dispute.
    place.write(
        "wide.toml",
        "name = \"x\"\n[labels.grade]\nkind = \"ordinal\"\nlevels = [1, 2, 3, 4, 5]\ntolerance = 2\n",
    )?;
    let set = place.run(&["charter", "set", "wide.toml", "--why", "one step is noise", "--json"])?;
    let set = set.fine()?.json()?;
    assert_eq!(
        (set.get("action"), set.pointer("/detail/version")),
        (Some(&json!("charter")), Some(&json!(3)))
    );
    let left = place.run(&["queue", "--json", "--state", "QUEUED"])?.fine()?.lines()?;
    assert_eq!(each(&left, "case"), ["c4"]);
    place.run(&["charter", "set", "wide.toml", "--why", "x"])?.refused(65, "in force already")?;
    place.run(&["charter", "set", "wide.toml"])?.usage("--why")?;
    place.verified()
}

#[test]
fn a_picture_of_a_file_or_a_case_becomes_a_png() -> Outcome {
    let place = Place::with_store()?;
    let file = data("dicom/MR_small_RLE.dcm").to_string_lossy().into_owned();
    let shown = place.run(&["preview", &file, "-o", "p.png", "--json"])?.fine()?.json()?;
    holds(&shown, &["rows", "cols", "frames", "window", "bytes", "encoding"])?;
    let size = std::fs::metadata(place.path("p.png"))?.len();
    assert_eq!((shown.get("rows"), shown.get("bytes")), (Some(&json!(64)), Some(&json!(size))));
    assert!(std::fs::read(place.path("p.png"))?.starts_with(b"\x89PNG"));
    place.run(&["preview", &file, "-o", "p.png"])?.refused(73, "exists already")?;
    // Without a file it goes to the terminal: two pixels a cell, so 16 by 8 here, and a caption that says so.
    let cells = place.run(&["preview", &file, "--cells", "20x8", "--color", "true"])?.fine()?.out;
    assert_eq!((cells.lines().count(), cells.matches('▀').count()), (9, 128));
    // Where there are no colours it is shades, and nothing that such a terminal would have to understand.
    let shades = place.run(&["preview", &file, "--cells", "20x8"])?.fine()?.out;
    assert!(shades.lines().count() == 9 && !shades.contains('\x1b') && !shades.contains('▀'), "{shades}");
    assert!(
        cells
            .lines()
            .last()
            .is_some_and(|caption| caption.starts_with("half-blocks: preview 16×16 of 64×64"))
    );
    let said = place.run(&["preview", &file, "--cells", "20x8", "--json"])?.fine()?.json()?;
    assert_eq!((said.get("encoding"), said.get("width")), (Some(&json!("halfblocks")), Some(&json!(16))));
    for (arguments, width) in [
        (&["--size", "32x20"][..], 20),
        (&["--cells", "8x2"], 40),
        (&["--window", "300,40"], 64),
        (&["--window", "300,-40"], 64),
        (&["--window", "bone"], 64),
        (&["--frame", "0"], 64),
    ] {
        let all: Vec<&str> =
            ["preview", &file, "-o", "p.png", "--force", "--json"].iter().chain(arguments).copied().collect();
        let shown = place.run(&all)?.fine()?.json()?;
        assert_eq!(shown.get("width"), Some(&json!(width)), "{arguments:?}");
    }
    for (option, wrong) in [("--window", "narrow"), ("--size", "0x0"), ("--cells", "8")] {
        place.run(&["preview", &file, "-o", "q.png", option, wrong])?.refused(2, "")?;
    }
    place.run(&["preview", &file, "-o", "q.png", "--frame", "7"])?.refused(66, "frame")?;
    place.run(&["preview", "absent.dcm", "-o", "q.png"])?.refused(66, "there is no case absent.dcm")?;
    place.write("text.dcm", "no image")?;
    place
        .run(&["preview", "text.dcm", "-o", "q.png"])?
        .refused(65, "this is no DICOM, PNG, JPEG or TIFF file")?;
    assert!(!place.path("q.png").exists());

    place
        .write("reads.csv", "case,reader,label,value\n9.1,ann,grade,1\n9.1,bob,grade,2\n9.2,ann,grade,1\n")?;
    place.write("images/one.dcm", crate::cli_import::picture("9.1", 8, 16))?;
    place.run(&["import", "reads.csv", "--images", "images"])?.fine()?;
    let shown = place.run(&["preview", "9.1", "-o", "case.png", "--json"])?.fine()?.json()?;
    assert_eq!((shown.get("rows"), shown.get("cols")), (Some(&json!(8)), Some(&json!(16))));
    let log = place.run(&["log", "--case", "9.1", "--json"])?.fine()?.lines()?;
    let view = log.iter().find(|event| event.get("action") == Some(&json!("view")));
    assert_eq!(view.and_then(|event| event.get("object")), Some(&json!("9.1")));
    place.run(&["preview", "9.2", "-o", "q.png"])?.refused(66, "no image of case 9.2 is known")?;
    // An image that was moved is found again once its new place is imported.
    std::fs::rename(place.path("images"), place.path("moved"))?;
    place.run(&["preview", "9.1", "-o", "q.png"])?.refused(66, "import it again")?;
    place.run(&["import", "moved"])?.fine()?;
    place.run(&["preview", "9.1", "-o", "q.png"])?.fine()?;
    let images = place.shown("9.1")?.get("images").and_then(Json::as_array).map(Vec::len);
    assert_eq!(images, Some(1));
    // Another image in the same place is not shown under this case's name.
    place.write("moved/one.dcm", crate::cli_import::picture("9.9", 8, 16))?;
    place.run(&["preview", "9.1", "-o", "other.png"])?.refused(66, "holds another image than it did")?;
    assert!(!place.path("other.png").exists());
    place.verified()
}

#[test]
fn doctor_completions_and_the_manual_say_what_they_should() -> Outcome {
    let place = Place::with_store()?;
    let ran = place.run(&["doctor", "--json"])?.fine()?;
    let found = ran.json()?.as_array().cloned().unwrap_or_default();
    for finding in &found {
        holds(finding, &["what", "found", "ok", "advice"])?;
    }
    assert!(each(&found, "what").contains(&&json!("store file mode")));
    place.set_mode("s.overread", 0o664)?;
    assert_eq!(place.run(&["doctor", "--json"])?.code, 1);
    place.run(&["queue"])?.refused(77, "chmod")?;
    for shell in ["bash", "zsh", "fish"] {
        let script = place.run(&["completions", shell])?.fine()?.out;
        assert!(script.contains("finalise") && script.contains("dry-run"), "{shell}");
        assert!(!script.contains("decode-worker"), "{shell}");
    }
    let page = place.run(&["man"])?.fine()?.out;
    assert!(page.starts_with(".ie") || page.starts_with(".TH"), "{}", &page[..page.len().min(80)]);
    for word in ["dry\\-run", "skip\\-bad\\-rows", "Exit codes"] {
        assert!(page.contains(word), "{word}");
    }
    Ok(())
}

#[test]
fn a_reader_of_the_output_may_go_away() -> Outcome {
    let place = Place::with_store()?;
    let table: String =
        (0..3000).flat_map(|n| [format!("c{n},ann,grade,1\n"), format!("c{n},bob,grade,3\n")]).collect();
    place.import(&format!("case,reader,label,value\n{table}"))?;
    for arguments in
        [&["queue", "--json"][..], &["queue"], &["log", "--json"], &["check", "--json"], &["man"]]
    {
        let mut child = place.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let mut first = [0];
        if let Some(mut stdout) = child.stdout.take() {
            stdout.read_exact(&mut first)?;
        }
        let output = child.wait_with_output()?;
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
        assert!(matches!(output.status.code(), Some(0 | 1)), "{arguments:?}: {:?}", output.status);
    }
    Ok(())
}

#[test]
fn what_was_typed_is_quoted_safely() -> Outcome {
    let place = Place::with_grades()?;
    for arguments in [
        &["\u{1b}[2Jqueue"][..],
        &["queue", "--sort", "\u{1b}]0;x\u{7}"],
        &["show", "\u{202e}c1\u{9b}2J"],
        &["import", "no\u{1b}[31mwhere"],
        &["queue", "--state", "\u{1b}c"],
        &["--store", "\u{1b}c.overread", "queue"],
    ] {
        let ran = place.run(arguments)?;
        assert!(ran.code != 0 && !ran.err.is_empty(), "{arguments:?}");
        let raw = |text: &str| text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}');
        assert!(!raw(&ran.err) && !raw(&ran.out), "{ran:?}");
    }
    Ok(())
}

impl Ran {
    /// Requires a refusal of the arguments, which says what is expected.
    fn usage(&self, words: &str) -> Outcome {
        match self.code == 2 && self.err.contains(words) && self.out.is_empty() {
            true => Ok(()),
            false => Err(format!("{self:?}").into()),
        }
    }
}
