//! Kinds of work from outside: who finds what, panels, own looks by slots, rounds of discussion, reads that come back
//! corrected.

use serde_json::{Value as Json, json};

use crate::program::{Outcome, Place, Ran, each};

const LABELS: &str = "[labels.grade]\nkind = \"ordinal\"\nlevels = [1, 2, 3, 4, 5]\n";
const READS: &str = "case,reader,label,value\nd1,rita,grade,1\nd1,rolf,grade,3\nd2,rita,grade,1\nd2,rolf,grade,4\n\
                     d3,rita,grade,2\nd3,rolf,grade,5\n";

/// A project whose people share an account; `rita` reads, and is an arbiter too.
fn project(review: &str, table: &str) -> Result<Place, Box<dyn std::error::Error>> {
    let place = Place::new()?;
    place.write("charter.toml", format!("name = \"work\"\n{LABELS}[review]\n{review}"))?;
    place.run(&["init", "s.overread", "--charter", "charter.toml"])?.fine()?;
    place.import(table)?;
    let account = place.account()?;
    for (name, role) in [
        ("ada", "adjudicator"),
        ("bea", "adjudicator"),
        ("abe", "arbiter"),
        ("rita", "arbiter"),
        ("lea", "lead"),
        ("quinn", "qa"),
    ] {
        place.run(&["people", "add", name, role])?.fine()?;
    }
    place.run(&["people", "add", &account, "--shared"])?.fine()?;
    Ok(place)
}

fn run_as(place: &Place, who: &str, arguments: &[&str]) -> std::io::Result<Ran> {
    place.run(&[&["--as", who], arguments].concat())
}

fn decide(place: &Place, who: &str, case: &str, fields: Json) -> Result<String, Box<dyn std::error::Error>> {
    let mut line = json!({ "case": case, "dispute": "grade#1", "confidence": 4 });
    for (name, value) in fields.as_object().into_iter().flatten() {
        line[name] = value.clone();
    }
    let answers = place.feed(&["--as", who, "--json", "decide"], &format!("{line}\n"))?.lines()?;
    let of = |name: &str| answers.first().and_then(|answer| answer.get(name)?.as_str()).map(str::to_owned);
    Ok(of("state").or_else(|| of("error")).unwrap_or_default())
}

fn answer(value: u32) -> Json {
    json!({ "answer": { "value": value } })
}

fn shown(place: &Place, who: &str, case: &str) -> Result<Json, Box<dyn std::error::Error>> {
    let shown = run_as(place, who, &["show", case, "--json"])?.fine()?.json()?;
    Ok(shown["disputes"][0].clone())
}

fn listed(place: &Place, who: &str, arguments: &[&str]) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let lines = run_as(place, who, &[&["queue", "--json"], arguments].concat())?.fine()?.lines()?;
    Ok(each(&lines, "case").into_iter().filter_map(|case| case.as_str().map(str::to_owned)).collect())
}

#[test]
fn a_panel_settles_what_is_escalated_and_a_reader_may_sit_in_it() -> Outcome {
    let place = project("undo_minutes = 60\n", READS)?;
    assert!(
        decide(&place, "abe", "d1", json!({ "answer": { "value": 1 }, "panel": ["ada"] }))?
            .contains("escalate it first")
    );
    assert_eq!(decide(&place, "ada", "d1", json!({ "answer": "escalate" }))?, "ESCALATED");
    assert!(decide(&place, "ada", "d1", answer(1))?.contains("an arbiter must settle it"));
    let unknown = json!({ "answer": { "value": 1 }, "panel": ["bee"] });
    assert!(decide(&place, "abe", "d1", unknown)?.contains("nobody here is called bee; did you mean bea?"));
    assert!(decide(&place, "rita", "d1", answer(1))?.contains("can't adjudicate it alone"));
    let alone = json!({ "answer": { "value": 1 }, "panel": ["rita"] });
    assert!(
        decide(&place, "rita", "d1", alone)?.contains("can't adjudicate it alone"),
        "oneself is no panel"
    );
    let panel = json!({ "answer": { "value": 1 }, "panel": ["bea", "abe", "rita"] });
    assert_eq!(decide(&place, "rita", "d1", panel)?, "PROVISIONAL");
    assert_eq!(shown(&place, "lea", "d1")?["decision"]["panel"], json!(["abe", "bea"]));
    assert!(run_as(&place, "lea", &["show", "d1"])?.fine()?.out.contains("in a panel with abe, bea"));
    run_as(&place, "lea", &["export", "--format", "jsonl", "-o", "t.jsonl"])?.fine()?;
    let truths = std::fs::read_to_string(place.path("t.jsonl"))?;
    let truth: Json = serde_json::from_str(truths.lines().next().unwrap_or_default())?;
    assert_eq!((&truth["panel"], &truth["decided_by"]), (&json!(["abe", "bea"]), &json!(["rita"])));
    place.run(&["verify"])?.fine()?;
    Ok(())
}

#[test]
fn an_arbiter_answers_before_the_earlier_answers_are_shown() -> Outcome {
    let place = project("adjudicators = 2\n", READS)?;
    decide(&place, "ada", "d1", json!({ "answer": { "value": 1 }, "note": "clear to me" }))?;
    assert_eq!(decide(&place, "bea", "d1", answer(3))?, "ESCALATED");
    let before = shown(&place, "abe", "d1")?;
    assert_eq!((&before["decision"], &before["hidden_decisions"]), (&Json::Null, &json!(2)));
    assert!(!before.to_string().contains("clear to me"));
    assert_eq!(decide(&place, "abe", "d1", answer(3))?, "PROVISIONAL");
    assert_eq!(shown(&place, "abe", "d1")?["decision"]["by"], "abe");
    Ok(())
}

#[test]
fn an_arbiters_own_look_shows_what_was_answered_before() -> Outcome {
    let said = |words: &str| -> Result<(String, String, Json), Box<dyn std::error::Error>> {
        let place = project(words, READS)?;
        if words.contains("third-read") {
            for who in ["ada", "bea"] {
                decide(&place, who, "d1", json!({ "answer": { "value": 2 }, "first_look": true }))?;
            }
        }
        decide(&place, "ada", "d1", json!({ "answer": { "value": 1 }, "note": "clear to me" }))?;
        let error = |code: &str| json!({ "A": { "verdict": "error", "severity": code, "cause": ["P"] } });
        let severe = json!({ "answer": { "value": 3 }, "verdicts": error("3b"), "note": "it will matter" });
        assert_eq!(decide(&place, "bea", "d1", severe)?, "ESCALATED");
        let told = |who: &str| run_as(&place, who, &["show", "d1"])?.fine().map(|ran| ran.out);
        let before = told("abe")?;
        assert_eq!(shown(&place, "abe", "d1")?["earlier_rounds"], json!([]));
        let look = json!({ "answer": { "value": 2 }, "first_look": true });
        assert_eq!(decide(&place, "abe", "d1", look)?, "ESCALATED", "a look settles nothing");
        let dispute = shown(&place, "abe", "d1")?;
        assert!(told("ada")?.contains("1 decision of somebody else is shown when it is settled"));
        assert_eq!(dispute["decision"], Json::Null);
        assert_eq!(decide(&place, "abe", "d1", answer(3))?, "PROVISIONAL");
        place.run(&["verify"])?.fine()?;
        Ok((before, dispute["earlier_rounds"].to_string(), dispute))
    };
    for mode in ["select", "open", "third-read"] {
        let (before, after, dispute) = said(&format!("adjudicators = 2\nmode = \"{mode}\"\n"))?;
        assert!(!before.contains("clear to me") && !before.contains("it will matter"), "{mode}: {before}");
        assert!(before.contains("2 decisions of others are shown after an own look"), "{mode}: {before}");
        for words in ["clear to me", "it will matter", "3b"] {
            assert!(after.contains(words), "{mode}: {words}: {after}");
        }
        assert!(!after.contains("ada") && !after.contains("bea"), "{mode}: {after}");
        assert_eq!(dispute["hidden_decisions"], 0, "{mode}");
    }
    // Who only sent it on has looked at nothing, and what they wrote is for the arbiter.
    let place = project("", READS)?;
    decide(&place, "abe", "d1", json!({ "answer": "escalate", "note": "mine" }))?;
    decide(&place, "ada", "d2", json!({ "answer": "escalate", "note": "is this a 3 at all?" }))?;
    let why = |first: bool| -> Result<Json, Box<dyn std::error::Error>> {
        if first {
            decide(&place, "abe", "d2", json!({ "answer": { "value": 1 }, "first_look": true }))?;
        }
        Ok(shown(&place, "abe", "d2")?["earlier_rounds"].clone())
    };
    assert_eq!(why(false)?, json!([]));
    let why = why(true)?;
    assert_eq!((&why[0]["escalates"], &why[0]["note"]), (&json!(true), &json!("is this a 3 at all?")));
    assert!(run_as(&place, "abe", &["show", "d2"])?.fine()?.out.contains("escalated: “is this a 3 at all?”"));
    Ok(())
}

#[test]
fn the_order_of_a_rounds_notes_is_not_that_of_the_log() -> Outcome {
    let mut reads = "case,reader,label,value\n".to_owned();
    for n in 0..12 {
        reads.push_str(&format!("r{n},rita,grade,1\nr{n},rolf,grade,3\n"));
    }
    let place = project("rounds = 2\n", &reads)?;
    let mut firsts = std::collections::BTreeSet::new();
    for n in 0..12 {
        let case = format!("r{n}");
        decide(&place, "ada", &case, json!({ "answer": "discuss", "note": "up" }))?;
        for (who, value) in [("ada", 1), ("bea", 3)] {
            decide(
                &place,
                who,
                &case,
                json!({ "answer": { "value": value }, "note": format!("said {value}") }),
            )?;
        }
        let rounds = shown(&place, "ada", &case)?["earlier_rounds"].clone();
        assert_eq!(rounds[0]["note"], "up", "what put it up comes first");
        assert_eq!(rounds, shown(&place, "bea", &case)?["earlier_rounds"], "the same to all");
        firsts.insert(rounds[1]["note"].to_string());
    }
    assert_eq!(firsts.len(), 2, "in some cases the first to answer stands first, in others the second");
    Ok(())
}

#[test]
fn what_only_an_arbiter_settles_and_what_one_unblinded_are_left_out_and_counted() -> Outcome {
    let place = project("undo_minutes = 60\n", READS)?;
    decide(&place, "ada", "d1", json!({ "answer": "escalate" }))?;
    let told = |who: &str, more: &[&str]| -> Result<(Vec<String>, String), Box<dyn std::error::Error>> {
        let arguments = [&["--mine", "--sort", "case"], more].concat();
        let out = run_as(&place, who, &[&["queue"], arguments.as_slice()].concat())?.fine()?.out;
        let words =
            out.lines().find_map(|line| line.strip_prefix("left out: ")).unwrap_or_default().to_owned();
        Ok((listed(&place, who, &arguments)?, words))
    };
    let of = |cases: &[&str], words: &str| {
        (cases.iter().map(|case| (*case).to_owned()).collect::<Vec<_>>(), words.to_owned())
    };
    for asked in [["--kind", "escalated"], ["--state", "ESCALATED"]] {
        assert_eq!(told("ada", &asked)?, of(&[], "1 for an arbiter"), "{asked:?}");
        assert_eq!(told("abe", &asked)?, of(&["d1"], ""), "{asked:?}");
    }
    assert_eq!(told("ada", &[])?, of(&["d2", "d3"], "1 for an arbiter"));
    // Who leads and decides, and saw the names, is done with the case.
    run_as(&place, "lea", &["people", "add", "lea", "adjudicator"])?.fine()?;
    assert_eq!(told("lea", &[])?, of(&["d2", "d3"], "1 for an arbiter"));
    run_as(&place, "lea", &["unblind", "d2", "--why", "a complaint"])?.fine()?;
    assert!(decide(&place, "lea", "d2", answer(1))?.contains("you unblinded"));
    assert_eq!(told("lea", &[])?, of(&["d3"], "1 you unblinded · 1 for an arbiter"));
    assert_eq!(told("lea", &["--state", "QUEUED"])?, of(&["d3"], "1 you unblinded"));
    assert_eq!(told("ada", &[])?, of(&["d2", "d3"], "1 for an arbiter"), "to others it waits as before");
    Ok(())
}

#[test]
fn own_looks_come_first_by_slots_and_both_answers_are_kept() -> Outcome {
    let reads = format!("{READS}d1,rolf,odd,7\n");
    let place = project("mode = \"third-read\"\nadjudicators = 2\n", &reads)?;
    assert!(decide(&place, "ada", "d1", answer(1))?.contains("asks for an own look"));
    let bare = shown(&place, "ada", "d1")?;
    assert_eq!((&bare["type"], &bare["gap"], &bare["candidates"]), (&Json::Null, &Json::Null, &json!([])));
    // Nor do the list's order, what it is narrowed by, or the checks tell what the reads say.
    for hidden in [["--sort", "gap"], ["--type", "GRADE"]] {
        run_as(&place, "ada", &[&["queue"], &hidden[..]].concat())?
            .refused(65, "asks for an own look first")?;
        run_as(&place, "lea", &[&["queue"], &hidden[..]].concat())?.fine()?;
    }
    let of_reads = |who: &str| -> Result<Vec<Json>, Box<dyn std::error::Error>> {
        let found = run_as(&place, who, &["check", "--json"])?.lines()?;
        let of = found.into_iter().filter(|of| !of["finding"].is_null()).map(|of| of["case"].clone());
        Ok(of.collect())
    };
    assert_eq!((of_reads("ada")?, of_reads("lea")?), (vec![], vec![json!("d1")]));
    let look = |value: u32| json!({ "answer": { "value": value }, "first_look": true });
    // What sends the dispute on rests on the reads as an answer does; who puts it off has seen nothing yet.
    let on = json!({ "answer": "escalate", "note": "hard" });
    assert!(decide(&place, "ada", "d1", on)?.contains("asks for an own look"));
    assert_eq!(decide(&place, "ada", "d1", json!({ "answer": "defer", "note": "tomorrow" }))?, "DEFERRED");
    let put_off = shown(&place, "ada", "d1")?;
    assert_eq!((&put_off["type"], &put_off["candidates"]), (&Json::Null, &json!([])));
    assert_eq!(decide(&place, "ada", "d1", look(2))?, "QUEUED");
    assert_eq!(decide(&place, "ada", "d1", answer(1))?, "QUEUED", "a second adjudicator has yet to answer");
    assert_eq!(
        shown(&place, "bea", "d1")?["candidates"],
        json!([]),
        "whoever hasn't looked sees nothing yet"
    );
    assert_eq!(decide(&place, "bea", "d1", look(1))?, "QUEUED");
    assert_eq!(decide(&place, "bea", "d1", answer(1))?, "PROVISIONAL");
    let log = run_as(&place, "lea", &["log", "--case", "d1", "--json"])?.fine()?.lines()?;
    let of = |action: &str| -> Vec<(Json, Json)> {
        let acts = log.iter().filter(|event| event["action"] == action);
        acts.map(|event| (event["who"].clone(), event["detail"]["slot"].clone())).collect()
    };
    let slots = vec![(json!("ada"), json!(1)), (json!("bea"), json!(2))];
    assert_eq!((of("first-look"), of("decide")), (slots.clone(), slots));
    assert!(decide(&place, "abe", "d1", look(1))?.contains("it is too late for a first look"));
    place.run(&["verify"])?.fine()?;
    Ok(())
}

#[test]
fn rounds_of_discussion_show_answers_and_notes_of_nobody() -> Outcome {
    let place = project("rounds = 2\n", READS)?;
    assert_eq!(
        decide(&place, "ada", "d1", json!({ "answer": "discuss", "note": "borderline" }))?,
        "DISCUSSION"
    );
    let said = |value: u32, note: &str| json!({ "answer": { "value": value }, "note": note });
    assert_eq!(decide(&place, "ada", "d1", said(1, "small"))?, "DISCUSSION");
    assert_eq!(decide(&place, "bea", "d1", said(3, "large"))?, "DISCUSSION", "the next round");
    let dispute = shown(&place, "bea", "d1")?;
    let rounds = dispute["earlier_rounds"].as_array().cloned().unwrap_or_default();
    let notes = each(&rounds, "note");
    assert!(notes.contains(&&json!("small")) && notes.contains(&&json!("large")), "{rounds:?}");
    let words = dispute["earlier_rounds"].to_string();
    assert!(!words.contains("ada") && !words.contains("bea"), "{words}");
    assert_eq!(dispute["round"], 2);
    assert_eq!((&rounds[0]["opens"], &rounds[0]["note"]), (&json!(true), &json!("borderline")));
    let said_of = |who: &str| run_as(&place, who, &["show", "d1"])?.fine().map(|ran| ran.out);
    let told = said_of("bea")?;
    for words in
        ["discussion, round 2 of 2", "put up for round 1: “borderline”", "round 1: 1", "“small”", "“large”"]
    {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(!told.contains("ada"), "{told}");
    assert!(
        decide(&place, "ada", "d1", json!({ "answer": "discuss", "note": "again" }))?
            .contains("under discussion")
    );
    assert_eq!(decide(&place, "ada", "d1", said(1, "still"))?, "DISCUSSION");
    assert_eq!(decide(&place, "bea", "d1", said(3, "still"))?, "ESCALATED", "the rounds are used up");
    let dispute = shown(&place, "lea", "d1")?;
    assert_eq!(
        (&dispute["state"], &dispute["round"]),
        (&json!("ESCALATED"), &json!(2)),
        "never a third of two"
    );
    Ok(())
}

#[test]
fn a_round_waits_for_whoever_answered_in_an_earlier_one() -> Outcome {
    let place = project("rounds = 3\nundo_minutes = 60\n", READS)?;
    run_as(&place, "lea", &["people", "add", "cyd", "adjudicator"])?.fine()?;
    run_as(&place, "lea", &["people", "add", "dot", "adjudicator"])?.fine()?;
    let said = |value: u32| json!({ "answer": { "value": value } });
    assert_eq!(decide(&place, "ada", "d1", json!({ "answer": "discuss", "note": "hm" }))?, "DISCUSSION");
    assert_eq!(decide(&place, "ada", "d1", said(1))?, "DISCUSSION");
    assert_eq!(decide(&place, "bea", "d1", said(3))?, "DISCUSSION", "the second round");
    // Two others agree: ada and bea have yet to say whether they do, and have their places.
    assert_eq!(decide(&place, "cyd", "d1", said(3))?, "DISCUSSION");
    assert_eq!(decide(&place, "dot", "d1", said(3))?, "DISCUSSION");
    assert_eq!(decide(&place, "ada", "d1", said(3))?, "DISCUSSION");
    assert_eq!(decide(&place, "bea", "d1", said(3))?, "PROVISIONAL");
    place.run(&["verify"])?.fine()?;
    Ok(())
}

#[test]
fn each_kind_of_work_is_listed_and_everybody_finds_what_is_theirs() -> Outcome {
    let place = project("undo_minutes = 60\n", READS)?;
    assert_eq!(decide(&place, "ada", "d2", json!({ "answer": "escalate" }))?, "ESCALATED");
    assert_eq!(decide(&place, "ada", "d3", json!({ "answer": "defer", "note": "later" }))?, "DEFERRED");
    for (kind, cases) in [
        ("escalated", vec!["d2"]),
        ("deferred", vec!["d3"]),
        ("returned", vec![]),
        ("discussion", vec![]),
        ("dispute", vec!["d1", "d2", "d3"]),
    ] {
        assert_eq!(listed(&place, "lea", &["--kind", kind, "--sort", "case"])?, cases, "{kind}");
    }
    run_as(&place, "ada", &["queue", "--kind", "recheck"])?.refused(77, "")?;
    assert_eq!(listed(&place, "ada", &["--sort", "case"])?, ["d1", "d2", "d3"]);
    assert_eq!(listed(&place, "ada", &["--mine", "--sort", "case"])?, ["d1", "d3"]);
    let arbiters = listed(&place, "abe", &["--mine"])?;
    assert_eq!((arbiters.len(), arbiters.first().map(String::as_str)), (3, Some("d2")));
    run_as(&place, "bea", &["resume", "d3"])?.fine()?;
    assert_eq!(listed(&place, "lea", &["--kind", "deferred"])?, [""; 0]);
    run_as(&place, "bea", &["resume", "d3"])?.refused(65, "nothing of this is deferred")?;
    run_as(&place, "lea", &["resume", "d3"])?.refused(77, "adjudicator or arbiter")?;

    let skilled = "skill = \"neuro\"\n[review]\n";
    place.write("skilled.toml", format!("name = \"work\"\n{LABELS}{skilled}"))?;
    run_as(&place, "lea", &["charter", "set", "skilled.toml", "--why", "heads"])?.fine()?;
    assert_eq!(listed(&place, "ada", &["--mine"])?, [""; 0]);
    run_as(&place, "lea", &["people", "add", "ada", "--skill", "neuro"])?.fine()?;
    assert_eq!(listed(&place, "ada", &["--mine", "--sort", "case"])?, ["d1", "d3"]);
    place.run(&["verify"])?.fine()?;
    Ok(())
}

#[test]
fn nobody_is_given_a_case_that_they_read_themselves() -> Outcome {
    let place = project("undo_minutes = 60\n", READS)?;
    for name in ["rolf", "rina"] {
        run_as(&place, "lea", &["people", "add", name, "adjudicator", "--reader", "rolf"])?.fine()?;
    }
    for name in ["rolf", "rina", "rita"] {
        assert_eq!(listed(&place, name, &["--mine"])?, [""; 0], "{name}");
        let words = run_as(&place, name, &["queue", "--mine"])?.fine()?.out;
        assert!(words.contains("left out: 3 you read yourself"), "{name}: {words}");
        assert!(decide(&place, name, "d1", answer(1))?.contains("can't adjudicate it alone"), "{name}");
    }
    assert_eq!(listed(&place, "rolf", &["--sort", "case"])?, ["d1", "d2", "d3"], "among all");
    assert!(!run_as(&place, "ada", &["queue", "--mine"])?.fine()?.out.contains("left out"));
    // Under discussion a reader is one of several.
    assert_eq!(decide(&place, "ada", "d2", json!({ "answer": "discuss", "note": "hm" }))?, "DISCUSSION");
    assert_eq!(listed(&place, "rolf", &["--mine"])?, ["d2"]);
    Ok(())
}

#[test]
fn a_read_that_was_sent_back_comes_back_corrected() -> Outcome {
    let place = project("undo_minutes = 60\n", READS)?;
    let slip = json!({ "answer": "return", "verdicts": { "A": { "verdict": "slip", "cause": ["S1"] },
        "B": { "verdict": "slip", "cause": ["S1"] } } });
    for case in ["d1", "d2", "d3"] {
        assert_eq!(decide(&place, "ada", case, slip.clone())?, "RETURNED");
    }
    assert_eq!(listed(&place, "lea", &["--kind", "returned", "--sort", "case"])?, ["d1", "d2", "d3"]);
    run_as(&place, "ada", &["waive", "d3", "--dispute", "grade#1", "--why", "gone"])?.refused(77, "lead")?;
    run_as(&place, "lea", &["waive", "d3", "--why", "gone"])?.refused(65, "waits for no read")?;
    run_as(&place, "lea", &["waive", "d3", "--dispute", "grade#1", "--why", "the reader left"])?.fine()?;
    place.write("corrected.csv", "case,reader,label,value\nd1,rolf,grade,2\nd2,rolf,grade,1\n")?;
    run_as(&place, "lea", &["import", "corrected.csv"])?.fine()?;
    let open = run_as(&place, "lea", &["queue", "--json", "--sort", "case"])?.fine()?.lines()?;
    let words: Vec<(&str, &str)> = open
        .iter()
        .filter_map(|line| Some((line["case"].as_str()?, line["disputes"][0]["words"].as_str()?)))
        .collect();
    assert_eq!(words, [("d1", "corrected, 1 level"), ("d3", "3 levels")], "d2 is agreed on now");
    let reads = run_as(&place, "lea", &["show", "d1", "--json"])?.fine()?.json()?["reads"].clone();
    let versions = each(reads.as_array().map_or(&[][..], Vec::as_slice), "version");
    assert!(versions.contains(&&json!(2)) && versions.contains(&&json!(1)), "{reads}");
    assert_eq!(listed(&place, "lea", &["--state", "CONCORDANT"])?, ["d2"]);
    place.run(&["verify"])?.fine()?;
    Ok(())
}

#[test]
fn a_claim_an_undo_and_one_dispute_are_within_reach_of_the_command_line() -> Outcome {
    let place = project("undo_minutes = 60\n", READS)?;
    run_as(&place, "ada", &["claim", "d1"])?.fine()?;
    run_as(&place, "bea", &["claim", "d1"])?.refused(75, "ada is at work on d1")?;
    run_as(&place, "quinn", &["claim", "d2"])?.refused(77, "adjudicator")?;
    run_as(&place, "ada", &["release", "d1"])?.fine()?;
    assert_eq!(decide(&place, "bea", "d1", answer(1))?, "PROVISIONAL");
    run_as(&place, "ada", &["undo", "d1", "grade#1"])?.refused(65, "no decision of yours")?;
    assert!(run_as(&place, "bea", &["undo", "d1", "grade#1"])?.fine()?.out.contains("QUEUED"));
    assert_eq!(decide(&place, "bea", "d1", answer(1))?, "PROVISIONAL");
    run_as(&place, "lea", &["finalise", "d1", "--dispute", "grade#7"])?.refused(66, "no dispute grade#7")?;
    run_as(&place, "lea", &["finalise", "d1", "--dispute", "grade#1"])?.fine()?;
    assert_eq!(shown(&place, "lea", "d1")?["state"], "FINAL");
    run_as(&place, "lea", &["reopen", "d1", "--dispute", "grade#1", "--why", "seen anew"])?.fine()?;
    assert_eq!(shown(&place, "lea", "d1")?["state"], "QUEUED");
    Ok(())
}

#[test]
fn what_makes_no_sense_is_refused_and_not_answered_with_nothing() -> Outcome {
    let place = project("", READS)?;
    run_as(&place, "ada", &["release", "d1"])?.refused(65, "you hold no claim of d1")?;
    run_as(&place, "ada", &["claim", "d1"])?.fine()?;
    run_as(&place, "bea", &["release", "d1"])?.refused(65, "you hold no claim of d1")?;
    run_as(&place, "ada", &["release", "d1"])?.fine()?;
    run_as(&place, "ada", &["show", ""])?.refused(66, "no case is named")?;
    // An unknown label is the same everywhere.
    for arguments in [
        &["queue", "--label", "nope"][..],
        &["agree", "--label", "nope"],
        &["ambiguity", "--label", "nope"],
        &["sample", "draw", "--size", "1", "--seed", "1", "--label", "nope"],
    ] {
        run_as(&place, "quinn", arguments)?.refused(66, "the charter has no label nope")?;
    }
    assert_eq!(listed(&place, "ada", &["--label", "grade"])?.len(), 3);
    let none = run_as(&place, "ada", &["queue", "--limit", "0"])?.fine()?.out;
    assert_eq!(none.trim(), "no case is shown, as --limit 0 asks: 3 cases are there");
    assert_eq!(listed(&place, "ada", &["--limit", "0"])?, Vec::<String>::new());
    run_as(&place, "quinn", &["causes", "--since", "2026-12-01", "--until", "2026-01-01"])?
        .refused(2, "--until is no later than --since")?;
    Ok(())
}
