//! Several people at once: no case is decided twice, nobody is told that the store is busy, and nothing is lost.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Child;

use overread::review::decide::{claim, release};
use overread::review::{ReviewError, Session};
use overread::store::query::LogFilter;
use overread::store::verify::{Scope, verify};
use overread::store::{Event, Store, StoreError};
use serde_json::{Value as Json, json};

use crate::common::{Answer, Outcome, Place};

/// Cases that two readers grade far apart, as a table.
pub fn table(cases: usize, prefix: &str) -> String {
    let mut table = "case,reader,label,value\n".to_owned();
    for n in 0..cases {
        table += &format!("{prefix}{n},r1,grade,1\n{prefix}{n},r2,grade,4\n");
    }
    table
}

const CHARTER: &str = "name = \"race\"\n[labels.grade]\nkind = \"ordinal\"\nlevels = [1, 2, 3, 4, 5]\n";

/// Makes a store that everybody of a shared account works on as one of `people`.
pub fn shared(place: &Place, charter: &str, people: &[&str]) -> Outcome {
    place.write("charter.toml", charter)?;
    place.run(["init", "s.overread", "--charter", "charter.toml"])?.fine()?;
    let account = overread::runtime::account();
    place.run(["people", "add", "lead", "lead", "adjudicator"])?.fine()?;
    for person in people {
        place.run(["people", "add", person, "adjudicator"])?.fine()?;
    }
    place.run(["people", "add", &account, "--shared"])?.fine()?;
    Ok(())
}

fn decision(case: &str) -> String {
    json!({"case": case, "dispute": "grade#1", "answer": {"adopt": 1}, "confidence": 4}).to_string() + "\n"
}

fn finished(children: Vec<(String, Child)>) -> Outcome<Vec<(String, Answer)>> {
    let threads: Vec<_> = children
        .into_iter()
        // Each is read in a thread of its own, so that none waits for a full pipe.
        .map(|(who, child)| (who, std::thread::spawn(move || child.wait_with_output())))
        .collect();
    threads
        .into_iter()
        .map(|(who, thread)| Ok((who, thread.join().map_err(|_| "a thread failed")??.into())))
        .collect()
}

pub fn number_from(variable: &str, usual: usize) -> usize {
    std::env::var(variable).ok().and_then(|number| number.parse().ok()).unwrap_or(usual)
}

/// OVERREAD_RACE sets the number of cases.
#[test]
fn eight_processes_decide_each_case_once() -> Outcome {
    let place = Place::new()?;
    let people = ["p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7"];
    let cases = number_from("OVERREAD_RACE", 2000);
    shared(&place, CHARTER, &people)?;
    place.write("table.csv", table(cases, "c"))?;
    place.run(["import", "table.csv", "--as", "lead"])?.fine()?;

    let mut children = Vec::new();
    for (n, person) in people.iter().enumerate() {
        // Each wants half of the cases, so that four want each case; every second begins where the one before does.
        let first = n / 2 * cases / 4;
        let lines: String = (0..cases / 2).map(|n| decision(&format!("c{}", (first + n) % cases))).collect();
        let file = place.write(&format!("{person}.jsonl"), lines)?;
        let arguments =
            ["decide".as_ref(), file.as_os_str(), "--json".as_ref(), "--as".as_ref(), person.as_ref()];
        children.push(((*person).to_owned(), place.command(arguments).spawn()?));
    }
    let mut decided: BTreeMap<String, String> = BTreeMap::new();
    for (who, answer) in finished(children)? {
        assert_eq!(answer.stderr, "", "{who}");
        let lines = answer.lines()?;
        assert_eq!(lines.len(), cases / 2, "{who} got an answer to each line");
        for line in lines {
            let case = line["case"].as_str().unwrap_or_default().to_owned();
            if line["ok"] == json!(true) {
                assert_eq!(decided.insert(case.clone(), who.clone()), None, "{case} was decided twice");
                continue;
            }
            let why = line["error"].as_str().unwrap_or_default();
            assert!(!why.contains("in use by another program"), "{who}: {line}");
        }
    }
    assert_eq!(decided.len(), cases, "each case was decided");

    let store = place.join("s.overread");
    let report = verify(&store, &Scope::default())?;
    assert_eq!(report.problems, Vec::<String>::new());
    // The log says the same as the answers did.
    let mut logged = BTreeMap::new();
    for event in events(&store)? {
        if event.action == "decide" {
            let case = event.case.clone().unwrap_or_default();
            assert_eq!(
                logged.insert(case.clone(), event.who),
                None,
                "{case} stands decided twice in the log"
            );
        }
    }
    assert_eq!(logged, decided);
    Ok(())
}

fn events(path: &Path) -> Outcome<Vec<Event>> {
    let store = Store::open(path)?;
    let mut events = Vec::new();
    store.read(|tx| {
        tx.log(&LogFilter::default(), |event| {
            events.push(event);
            Ok::<_, StoreError>(())
        })
    })?;
    Ok(events)
}

thread_local! {
    /// What this thread's sessions take for the present: milliseconds since 1970 UTC.
    static NOW: Cell<i64> = const { Cell::new(0) };
}

const HOUR: i64 = 3_600_000;

fn now() -> i64 {
    NOW.get()
}

fn session(place: &Place, who: &str) -> Outcome<Session> {
    let account = overread::runtime::account();
    Ok(Session::open(&place.join("s.overread"), account, Some(who.into()), String::new(), now)?)
}

/// Lets eight people claim the cases from all sides, each keeping the last one only. Gives who holds which slot.
fn claimed(place: &Place, people: &[&str], case: &str) -> Outcome<Vec<(String, u32)>> {
    let claims: Vec<Result<Option<(String, u32)>, String>> = std::thread::scope(|scope| {
        let threads: Vec<_> = people
            .iter()
            .map(|who| {
                scope.spawn(move || {
                    let mut session = session(place, who).map_err(|error| error.to_string())?;
                    match claim(&mut session, case, who) {
                        Ok(held) => Ok(Some(((*who).to_owned(), held.slot))),
                        Err(ReviewError::Busy(_)) => Ok(None),
                        Err(error) => Err(error.to_string()),
                    }
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err("a thread failed".into())))
            .collect()
    });
    Ok(claims.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

#[test]
fn eight_people_never_claim_more_places_than_there_are() -> Outcome {
    let people = ["p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7"];
    for adjudicators in [1, 2] {
        let place = Place::new()?;
        let charter =
            CHARTER.replace("[labels", &format!("[review]\nadjudicators = {adjudicators}\n[labels"));
        shared(&place, &charter, &people)?;
        place.write("table.csv", table(3, "c"))?;
        place.run(["import", "table.csv", "--as", "lead"])?.fine()?;
        for case in ["c0", "c1", "c2"] {
            let held = claimed(&place, &people, case)?;
            let slots: BTreeSet<u32> = held.iter().map(|(_, slot)| *slot).collect();
            assert_eq!(slots, (1..=adjudicators).collect(), "{case}: {held:?}");
            assert_eq!(held.len(), slots.len(), "{case}: {held:?}");
            for (who, _) in held {
                release(&mut session(&place, &who)?, case)?;
            }
        }
        assert_eq!(verify(&place.join("s.overread"), &Scope::default())?.problems, Vec::<String>::new());
    }
    Ok(())
}

#[test]
fn a_lease_that_ends_lets_somebody_else_in_and_is_an_event() -> Outcome {
    let place = Place::new()?;
    shared(&place, CHARTER, &["ann", "ben"])?;
    place.write("table.csv", table(2, "c"))?;
    place.run(["import", "table.csv", "--as", "lead"])?.fine()?;
    let (mut ann, mut ben) = (session(&place, "ann")?, session(&place, "ben")?);
    let start = 500_000 * HOUR;
    NOW.set(start);
    let first = claim(&mut ann, "c0", "a sitting")?;
    assert_eq!(first.lease_until, start + HOUR / 2);
    // The same person resumes at once, from another terminal too, and keeps the place.
    NOW.set(start + HOUR / 4);
    let again = claim(&mut ann, "c0", "another sitting")?;
    assert_eq!((again.slot, again.lease_until), (first.slot, start + HOUR / 4 + HOUR / 2));
    NOW.set(again.lease_until - 1);
    assert!(matches!(claim(&mut ben, "c0", "b"), Err(ReviewError::Busy(_))));
    NOW.set(again.lease_until);
    assert_eq!(claim(&mut ben, "c0", "b")?.slot, first.slot);
    assert!(matches!(claim(&mut ann, "c0", "a"), Err(ReviewError::Busy(_))));
    // Whoever takes another case lets the first one go.
    claim(&mut ben, "c1", "b")?;
    claim(&mut ann, "c0", "a")?;

    // The clock is set back by a year: nobody is kept from work for so long, and everything still fits.
    NOW.set(start - 8766 * HOUR);
    assert_eq!(claim(&mut ben, "c0", "b")?.slot, first.slot);
    // A step of a second is none.
    NOW.set(start - 8766 * HOUR - 1000);
    assert!(matches!(claim(&mut ann, "c0", "a"), Err(ReviewError::Busy(_))));
    let store = place.join("s.overread");
    let expired: Vec<String> = events(&store)?
        .into_iter()
        .filter(|event| event.action == "expire")
        .map(|event| event.detail)
        .collect();
    let of: Vec<Json> = expired
        .iter()
        .map(|detail| serde_json::from_str::<Json>(detail).map(|detail| detail["of"].clone()))
        .collect::<Result<_, _>>()?;
    assert_eq!(of, [json!("ann"), json!("ann")]);
    assert_eq!(verify(&store, &Scope::default())?.problems, Vec::<String>::new());
    Ok(())
}

#[test]
fn imports_and_decisions_go_on_side_by_side() -> Outcome {
    let place = Place::new()?;
    shared(&place, CHARTER, &["ann"])?;
    place.write("first.csv", table(120, "c"))?;
    place.run(["import", "first.csv", "--as", "lead"])?.fine()?;
    for (name, prefix) in [("one.csv", "d"), ("two.csv", "e"), ("same.csv", "f")] {
        place.write(name, table(1500, prefix))?;
    }
    let lines: String = (0..120).map(|n| decision(&format!("c{n}"))).collect();
    place.write("lines.jsonl", lines)?;
    let start = |arguments: &[&str]| -> Outcome<(String, Child)> {
        Ok((arguments.join(" "), place.command(arguments).spawn()?))
    };
    let answers = finished(vec![
        start(&["import", "one.csv", "--json", "--as", "lead"])?,
        start(&["import", "two.csv", "--json", "--as", "lead"])?,
        start(&["import", "same.csv", "--json", "--as", "lead"])?,
        start(&["import", "same.csv", "--json", "--as", "lead"])?,
        start(&["decide", "lines.jsonl", "--json", "--as", "ann"])?,
    ])?;
    let mut unchanged = 0;
    let mut findings = 0;
    for (what, answer) in answers {
        assert_eq!((answer.code, answer.stderr.as_str()), (Some(0), ""), "{what}: {}", answer.stdout);
        for line in answer.lines()? {
            unchanged += line["unchanged"].as_u64().unwrap_or_default();
            findings += line["findings"].as_u64().unwrap_or_default();
        }
    }
    assert_eq!((findings, unchanged), (3 * 3000, 1), "the same file went in once");
    let store = place.join("s.overread");
    let report = verify(&store, &Scope::default())?;
    assert_eq!(report.problems, Vec::<String>::new());
    assert_eq!(report.cases, 120 + 3 * 1500);
    assert_eq!(events(&store)?.iter().filter(|event| event.action == "import").count(), 4);
    let queue = place.run(["queue", "--json", "--as", "ann"])?.lines()?;
    assert_eq!(queue.len(), 3 * 1500);
    // Nothing that was staged is left behind.
    let db = rusqlite::Connection::open(&store)?;
    let staged: i64 = db.query_row("SELECT count(*) FROM import WHERE seq IS NULL", [], |row| row.get(0))?;
    assert_eq!(staged, 0);
    Ok(())
}
