//! Who may do what by the command line, who acts, and what the log keeps of an attempt.

use serde_json::{Value as Json, json};

use crate::cli_import::picture;
use crate::program::{Outcome, Place, Ran, each};

const ROLES: [&str; 5] = ["adjudicator", "arbiter", "qa", "lead", "observer"];

/// Each command and the roles that may, in the order of `ROLES`.
const COMMANDS: &[(&[&str], &str)] = &[
    (&["import", "more.csv"], "nnyyn"),
    (&["import", "more.csv", "--dry-run"], "nnyyn"),
    (&["queue"], "yyyyy"),
    (&["queue", "--kind", "audit"], "nnyyn"),
    (&["queue", "--site", "unknown"], "yyyyy"),
    (&["queue", "--batch", "reads.csv"], "nnyyn"),
    (&["show", "c5"], "yyyyy"),
    (&["show", "c5", "--reveal", "--why", "x"], "nnyyn"),
    (&["decide", "decision.jsonl"], "yynnn"),
    (&["finalise", "c1"], "nnnyn"),
    (&["finalise", "--all"], "nnnyn"),
    (&["reopen", "c1", "--why", "x"], "nnnyn"),
    (&["unblind", "c5", "--why", "x"], "nnnyn"),
    (&["block", "c5", "--why", "x"], "nnnyn"),
    (&["unblock", "c5", "--why", "x"], "nnnyn"),
    (&["export", "--format", "csv", "-o", "t.csv", "--force"], "nnyyn"),
    (&["export", "--format", "jsonl", "-o", "t.jsonl", "--force", "--reads"], "nnyyn"),
    (&["log"], "nnyyn"),
    (&["log", "--user", "x"], "nnyyn"),
    (&["log", "--case", "c5"], "yyyyn"),
    (&["agree"], "nnyyn"),
    (&["consensus", "--method", "majority"], "nnyyn"),
    (&["readers"], "nnyyn"),
    (&["report", "-o", "r.html", "--force"], "nnyyn"),
    (&["readers", "--adjudicators"], "nnyyn"),
    (&["balance"], "nnyyn"),
    (&["sign", "c1", "--meaning", "x"], "nnnyn"),
    (&["sample", "draw", "--size", "1", "--seed", "7", "--dry-run"], "nnyyn"),
    (&["sample", "draw", "--size", "1", "--seed", "7"], "nnyyn"),
    (&["sample", "list"], "nnyyn"),
    (&["sample", "mine"], "nnynn"),
    (&["tickets"], "nnyyn"),
    (&["tickets", "close", "T9", "--why", "x"], "nnyyn"),
    (&["feedback", "ann", "-o", "fb", "--force"], "nnyyn"),
    (&["ambiguity"], "nnyyn"),
    (&["causes"], "nnyyn"),
    (&["causes", "requests"], "nnyyn"),
    (&["causes", "set", "c1", "grade#1", "--code", "P1"], "nnyyn"),
    (&["causes", "review", "list"], "nnyyn"),
    (
        &["causes", "review", "open", "--by", "code=P1", "--owner", "x", "--action", "x", "--due", "7d"],
        "nnyyn",
    ),
    (&["causes", "review", "close", "1", "--why", "x"], "nnyyn"),
    (&["verify"], "yyyyy"),
    (&["backup", "kept/b"], "nnyyn"),
    (&["check"], "yyyyn"),
    (&["check", "--measure"], "yyyyn"),
    (&["check", "waive", "9.1", "image-empty", "--why", "x"], "nnnyn"),
    (&["charter", "show"], "yyyyy"),
    (&["charter", "set", "charter.toml", "--why", "x", "--dry-run"], "nnnyn"),
    (&["charter", "set", "charter.toml", "--why", "x"], "nnnyn"),
    (&["people", "list"], "nnyyn"),
    (&["people", "add", "zoe", "observer"], "nnnyn"),
    (&["people", "remove", "nobody"], "nnnyn"),
    (&["preview", "9.1", "-o", "p.png", "--force"], "yyyyy"),
];

/// Makes a place in which each role is held by the person of that name, at an account that they share.
fn shared() -> Result<Place, Box<dyn std::error::Error>> {
    let place = Place::with_grades()?;
    place.write("image.dcm", picture("9.1", 8, 8))?;
    place.write("seen.csv", "case,reader,label,value\n9.1,ann,grade,1\n")?;
    place.run(&["import", "seen.csv", "image.dcm"])?.fine()?;
    place.write("more.csv", "case,reader,label,value\nd1,ann,grade,1\nd1,bob,grade,2\n")?;
    place.write(
        "charter.toml",
        "name = \"other\"\n[labels.grade]\nkind = \"ordinal\"\nlevels = [1, 2, 3, 4, 5]\n",
    )?;
    let decision = json!({ "case": "c1", "dispute": "grade#1", "answer": { "value": 3 }, "confidence": 4 });
    place.write("decision.jsonl", decision.to_string())?;
    let account = place.account()?;
    for role in ROLES {
        place.run(&["people", "add", role, "--role", role])?.fine()?;
    }
    place.run(&["people", "add", &account, "--shared"])?.fine()?;
    std::fs::create_dir(place.path("kept"))?;
    Ok(place)
}

fn run_as(place: &Place, who: &str, arguments: &[&str]) -> std::io::Result<Ran> {
    place.run(&[arguments, &["--as", who]].concat())
}

fn refusals(place: &Place, who: &str) -> Result<Vec<Json>, Box<dyn std::error::Error>> {
    let log = run_as(place, "lead", &["log", "--json"])?.fine()?.lines()?;
    let of =
        |event: &Json| event.get("action") == Some(&json!("refuse")) && event.get("who") == Some(&json!(who));
    Ok(log.into_iter().filter(of).collect())
}

#[test]
fn every_role_meets_every_command() -> Outcome {
    for (at, role) in ROLES.into_iter().enumerate() {
        let place = shared()?;
        for (arguments, allowed) in COMMANDS {
            let before = refusals(&place, role)?.len();
            let ran = run_as(&place, role, arguments)?;
            let refused = refusals(&place, role)?;
            let may = allowed.chars().nth(at) == Some('y');
            assert_eq!(ran.code != 77, may, "{role} {arguments:?}: {ran:?}");
            assert_eq!(refused.len() - before, usize::from(!may), "{role} {arguments:?}: {refused:?}");
            if let (false, Some(event)) = (may, refused.last()) {
                assert_eq!(event.get("outcome"), Some(&json!("refused")));
                assert_eq!(event.get("role"), Some(&json!(role)));
                assert!(
                    event.pointer("/detail/why").is_some_and(|why| why.to_string().contains("role")),
                    "{event}"
                );
            }
        }
        run_as(&place, role, &["verify"])?.fine()?;
    }
    Ok(())
}

#[test]
fn only_a_lead_makes_a_store_of_a_backup() -> Outcome {
    let place = shared()?;
    run_as(&place, "qa", &["backup", "kept/b"])?.fine()?;
    for (role, code) in [("qa", 77), ("adjudicator", 77), ("lead", 0)] {
        let ran = run_as(&place, role, &["restore", "kept/b", "--store", "kept/n"])?;
        assert_eq!(ran.code, code, "{role}: {ran:?}");
        assert_eq!(place.path("kept/n").exists(), code == 0);
    }
    Ok(())
}

#[test]
fn who_acts_is_the_account_whatever_the_environment_says() -> Outcome {
    let place = Place::with_grades()?;
    let account = place.account()?;
    let mut command = place.command(&["show", "c1"]);
    command.env("USER", "alice").env("LOGNAME", "alice").env("USERNAME", "alice").env("SUDO_USER", "alice");
    assert!(command.output()?.status.success());
    let log = place.run(&["log", "--json"])?.fine()?.lines()?;
    assert!(each(&log, "who").iter().chain(&each(&log, "account")).all(|name| **name == json!(account)));
    assert!(!format!("{log:?}").contains("alice"));
    Ok(())
}

#[test]
fn only_a_shared_account_says_who_it_is_and_it_must() -> Outcome {
    let place = Place::with_grades()?;
    let account = place.account()?;
    for arguments in [&["queue", "--as", "ada"][..], &["--as", "ada", "queue"], &["--as", &account, "queue"]]
    {
        place.run(arguments)?.refused(77, "--as works only from an account that the lead marked shared")?;
    }
    let log = place.run(&["log", "--json"])?.fine()?.lines()?;
    let refused: Vec<&Json> =
        log.iter().filter(|event| event.get("action") == Some(&json!("refuse"))).collect();
    assert_eq!(refused.len(), 3);
    assert!(refused.iter().all(|event| event.get("who") == Some(&json!(account))), "{refused:?}");
    place.run(&["init", "t.overread", "--as", "ada"])?.refused(77, "leave --as out")?;

    place.run(&["people", "add", "ada", "adjudicator"])?.fine()?;
    place.run(&["people", "add", "lea", "lead", "qa"])?.fine()?;
    place.run(&["people", "add", &account, "--shared"])?.fine()?;
    place.run(&["queue"])?.refused(77, "say who you are with --as NAME")?;
    place.run(&["decide"])?.refused(77, "--as NAME")?;
    place.run(&["--as", "ada", "queue"])?.fine()?;
    place.run(&["queue", "--as", "nobody"])?.refused(77, "you hold none")?;
    let decision = json!({ "case": "c1", "dispute": "grade#1", "answer": { "value": 3 }, "confidence": 4 });
    let ran = place.feed(&["decide", "--json", "--as", "ada"], &decision.to_string())?;
    assert_eq!(ran.code, 0, "{ran:?}");
    let log = place.run(&["log", "--user", "ada", "--json", "--as", "lea"])?.fine()?.lines()?;
    let decided = log.iter().find(|event| event.get("action") == Some(&json!("decide")));
    let names = decided
        .map(|event| (event.get("who").cloned(), event.get("account").cloned(), event.get("role").cloned()));
    assert_eq!(names, Some((Some(json!("ada")), Some(json!(account)), Some(json!("adjudicator")))));
    let listed = place.run(&["people", "list", "--json", "--as", "lea"])?.fine()?.json()?;
    let of = |name: &str| {
        listed
            .as_array()
            .and_then(|all| all.iter().find(|person| person.get("name") == Some(&json!(name))).cloned())
    };
    assert_eq!(of(&account).and_then(|person| person.get("shared").cloned()), Some(json!(true)));
    assert_eq!(of("lea").and_then(|person| person.get("roles").cloned()), Some(json!(["lead", "qa"])));
    place.run(&["people", "remove", "ada", "--as", "lea"])?.fine()?;
    place.run(&["queue", "--as", "ada"])?.refused(77, "you hold none")?;
    place.run(&["people", "add", "bo", "king", "--as", "lea"])?.refused(2, "there is no role king")?;
    place.run(&["people", "add", "bo", "--as", "lea"])?.refused(65, "say what bo may do")?;
    place.run(&["people", "add", " ", "lead", "--as", "lea"])?.refused(65, "name")?;
    place.run(&["people", "remove", "bo", "--as", "lea"])?.refused(66, "nobody is called bo")?;
    Ok(())
}

#[test]
fn the_log_of_a_case_speaks_in_letters_to_whoever_works_on_it() -> Outcome {
    let place = shared()?;
    let decision = json!({ "case": "c1", "dispute": "grade#1", "answer": { "adopt_reader": "A" }, "confidence": 4,
        "verdicts": { "B": { "verdict": "error", "cause": "I2" } }, "note": "as written" });
    place.write("d.jsonl", decision.to_string())?;
    assert_eq!(run_as(&place, "adjudicator", &["decide", "d.jsonl"])?.code, 0);
    let log = run_as(&place, "adjudicator", &["log", "--case", "c1", "--json"])?.fine()?;
    assert!(!log.out.contains("\"ann\"") && !log.out.contains("\"bob\""), "{}", log.out);
    let decided = log.lines()?.into_iter().find(|event| event.get("action") == Some(&json!("decide")));
    assert_eq!(
        decided.as_ref().and_then(|event| event.pointer("/detail/answer/adopt_reader")),
        Some(&json!("A"))
    );
    assert!(decided.is_some_and(|event| event.pointer("/detail/verdicts/B").is_some()));
    let named = run_as(&place, "lead", &["log", "--case", "c1", "--json"])?.fine()?.out;
    assert!(named.contains("\"ann\"") && named.contains("\"bob\""), "{named}");
    Ok(())
}

#[test]
fn a_reader_of_a_case_does_not_decide_it_alone() -> Outcome {
    let place = Place::with_grades()?;
    let account = place.account()?;
    place.run(&["people", "add", &account, "adjudicator", "lead", "--reader", "ann"])?.fine()?;
    let (code, answers) = place.decide(&[
        json!({ "case": "c1", "dispute": "grade#1", "answer": { "value": 3 }, "confidence": 4 }),
    ])?;
    assert_eq!((code, each(&answers, "code")), (77, vec![&json!(77)]));
    let log = place.run(&["log", "--case", "c1", "--json"])?.fine()?.lines()?;
    assert!(each(&log, "action").contains(&&json!("refuse")));
    Ok(())
}
