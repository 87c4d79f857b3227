//! What one person may not learn of what another reads or decides.

use serde_json::{Value as Json, json};

use crate::program::{Outcome, Place, Ran};

const CHARTER: &str = "name = \"two\"\n[review]\nadjudicators = 2\nmode = \"open\"\n[labels.grade]\nkind = \"ordinal\"\n\
                       levels = [1, 2, 3, 4, 5]\n[labels.size]\nkind = \"ordinal\"\nlevels = [1, 2, 3]\n";
const READS: &str = "case,reader,label,value\nc1,rita,grade,1\nc1,rolf,grade,3\nc2,rita,grade,3\nc2,rolf,grade,1\n\
                     c3,rita,grade,1\nc3,rolf,grade,3\nc1,rita,size,2\n";

fn place() -> Result<Place, Box<dyn std::error::Error>> {
    let place = Place::new()?;
    place.write("charter.toml", CHARTER)?;
    place.run(&["init", "s.overread", "--charter", "charter.toml"])?.fine()?;
    place.import(READS)?;
    let account = place.account()?;
    for name in ["ann", "bob", "rita"] {
        place.run(&["people", "add", name, "adjudicator"])?.fine()?;
    }
    place.run(&["people", "add", "lena", "lead"])?.fine()?;
    place.run(&["people", "add", &account, "--shared"])?.fine()?;
    Ok(place)
}

fn decide_as(place: &Place, who: &str, decision: &Json) -> std::io::Result<Ran> {
    place.feed(&["decide", "--json", "--as", who], &decision.to_string())
}

#[test]
fn an_independent_decision_is_not_told_before_the_other_is_made() -> Outcome {
    let place = place()?;
    let grade =
        |value: u32| json!({"case": "c1", "dispute": "grade#1", "answer": {"value": value}, "confidence": 4});
    decide_as(&place, "ann", &grade(1))?.fine()?;
    let details = |who: &str| -> Result<Vec<Json>, Box<dyn std::error::Error>> {
        let log = place.run(&["log", "--case", "c1", "--json", "--as", who])?.fine()?.lines()?;
        let decided = log.into_iter().filter(|event| event.get("action") == Some(&json!("decide")));
        Ok(decided.filter_map(|mut event| event.get_mut("detail").map(Json::take)).collect())
    };
    let hidden = details("bob")?;
    assert_eq!(hidden.len(), 1);
    assert!(
        hidden.iter().all(|detail| detail.get("answer").is_none() && detail.get("hidden").is_some()),
        "{hidden:?}"
    );
    assert!(details("ann")?.iter().all(|detail| detail.get("answer").is_some()));
    decide_as(&place, "bob", &grade(1))?.fine()?;
    assert!(details("bob")?.iter().all(|detail| detail.get("answer").is_some()), "settled, and told");
    place.verified()
}

#[test]
fn nobody_learns_from_a_case_who_read_it() -> Outcome {
    let place = place()?;
    let alone = "name = \"one\"\n[review]\nmode = \"open\"\n[labels.grade]\nkind = \"ordinal\"\nlevels = [1, 2, 3, 4, 5]\n";
    place.write("alone.toml", alone)?;
    place.run(&["charter", "set", "alone.toml", "--why", "one is enough", "--as", "lena"])?.fine()?;
    let decision = json!({"case": "c3", "dispute": "grade#1", "answer": {"value": 1}, "confidence": 4});
    let refused = decide_as(&place, "rita", &decision)?;
    assert_eq!(refused.code, 77, "{refused:?}");
    let told = place.run(&["log", "--case", "c3", "--json", "--as", "ann"])?.fine()?;
    assert!(!told.out.contains("rita"), "{told:?}");
    assert!(place.run(&["log", "--case", "c3", "--json", "--as", "rita"])?.fine()?.out.contains("refuse"));

    // The same people saying the same in two cases must not show by equal hashes.
    let hash = |case: &str| -> Result<Option<Json>, Box<dyn std::error::Error>> {
        let shown = place.run(&["show", case, "--json", "--as", "ann"])?.fine()?.json()?;
        Ok(shown.get("reads_hash").cloned())
    };
    assert!(hash("c1")?.is_some());
    assert_ne!(hash("c2")?, hash("c3")?);
    assert_ne!(hash("c1")?, hash("c3")?);
    Ok(())
}

#[test]
fn one_readers_word_does_not_go_out_as_agreement() -> Outcome {
    let place = place()?;
    place.run(&["export", "--format", "jsonl", "-o", "t.jsonl", "--as", "lena"])?.fine()?;
    let text = std::fs::read_to_string(place.path("t.jsonl"))?;
    let size = text.lines().find(|line| line.contains("size#1")).ok_or("size#1 is not in the export")?;
    let size: Json = serde_json::from_str(size)?;
    assert_eq!(size.get("method"), Some(&json!("single-read")), "{size}");
    std::os::unix::fs::symlink(place.path("t.jsonl"), place.path("link.jsonl"))?;
    place
        .run(&["export", "--format", "jsonl", "-o", "link.jsonl", "--force", "--as", "lena"])?
        .refused(65, "no regular file")?;
    assert!(std::fs::symlink_metadata(place.path("link.jsonl"))?.is_symlink());
    Ok(())
}

#[test]
fn a_pipe_is_refused_and_not_waited_for() -> Outcome {
    let place = Place::with_store()?;
    let pipe = place.path("pipe.csv");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status()?;
    assert!(made.success());
    place.write("good.csv", READS)?;
    let report = place.run(&["import", "pipe.csv", "good.csv", "--json"])?;
    assert_eq!(report.code, 1, "{report:?}");
    let refused = report.json()?;
    let why = refused.pointer("/refused/0/why").and_then(Json::as_str).unwrap_or_default();
    assert!(why.contains("no regular file"), "{refused}");
    place.run(&["charter", "check", "pipe.csv"])?.refused(66, "no regular file")?;
    place.run(&["import", "good.csv", "--map", "pipe.csv"])?.refused(66, "no regular file")
}

#[test]
fn comments_and_reads_come_in_the_order_of_letters() -> Outcome {
    let place = Place::with_store()?;
    let mut reads = "case,reader,label,value,comment\n".to_owned();
    for (n, name) in ["ada", "ben", "cleo", "dan", "eve", "finn", "gus"].iter().enumerate() {
        reads.push_str(&format!("c1,{name},grade,{},word {n}\n", if n < 6 { 1 } else { 4 }));
    }
    place.import(&reads)?;
    let shown = place.shown("c1")?;
    let of = |read: &Json, pointer: &str| {
        read.pointer(pointer).and_then(Json::as_str).unwrap_or_default().to_owned()
    };
    let listed = shown.get("reads").and_then(Json::as_array).cloned().unwrap_or_default();
    let listed: Vec<(String, String)> =
        listed.iter().map(|read| (of(read, "/reader"), of(read, "/findings/0/comment"))).collect();
    assert_eq!(listed.len(), 7, "{shown}");
    assert!(listed.is_sorted(), "{listed:?}");
    let candidates = shown.pointer("/disputes/0/candidates").and_then(Json::as_array);
    for candidate in candidates.ok_or("no candidates")? {
        let readers = candidate.get("readers").and_then(Json::as_array).cloned().unwrap_or_default();
        let letters: Vec<&str> = readers.iter().filter_map(Json::as_str).collect();
        let theirs = listed.iter().filter(|(letter, _)| letters.contains(&letter.as_str()));
        let theirs: Vec<&str> = theirs.map(|(_, comment)| comment.as_str()).collect();
        assert_eq!(candidate.get("comments"), Some(&json!(theirs)), "{listed:?}");
    }
    Ok(())
}
