//! The program killed at any moment: what it said is in the log, what it did not finish was never there, and the next
//! command goes on as if nothing had been.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

use overread::store::verify::{Scope, verify};
use rusqlite::Connection;
use serde_json::{Value as Json, json};

use crate::common::{Outcome, Place};
use crate::race::{number_from, table};

const CHARTER: &str = "name = \"crash\"\n[labels.grade]\nkind = \"ordinal\"\nlevels = [1, 2, 3, 4, 5]\n";
const CASES: usize = 250;

/// Numbers that nobody chose, the same for the same seed.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, below: u64) -> u64 {
        // Steele and others' SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below.max(1)
    }
}

fn count(store: &Path, sql: &str) -> Outcome<usize> {
    Ok(Connection::open(store)?.query_row(sql, [], |row| row.get(0))?)
}

/// OVERREAD_KILLS sets how many moments; the figure of record is 200. OVERREAD_SEED sets which.
#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_half_there_when_it_is_killed() -> Outcome {
    let kills = number_from("OVERREAD_KILLS", 25);
    let seed = number_from("OVERREAD_SEED", std::process::id() as usize);
    let mut dice = Dice(seed as u64);
    let place = Place::new()?;
    let store = place.join("s.overread");
    place.write("charter.toml", CHARTER)?;
    place.run(["init", "s.overread", "--charter", "charter.toml"])?.fine()?;
    place.write("first.csv", table(CASES, "c"))?;
    let begun = Instant::now();
    place.run(["import", "first.csv"])?.fine()?;
    // How long an import takes here, which says where its moments are; beside another program it takes longer.
    let span = begun.elapsed();
    Connection::open(&store)?.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    let pristine = std::fs::read(&store)?;

    let mut tally = [0usize; 3];
    let mut decided = 0;
    for n in 0..kills {
        std::fs::write(&store, &pristine)?;
        let told = |what: &str| format!("{what} (kill {n}, OVERREAD_SEED={seed})");
        let file = format!("t{n}.csv");
        place.write(&file, table(CASES, &format!("k{n}-")))?;
        let lines: String = (0..CASES)
            .map(|at| {
                let case = format!("c{at}");
                let note = format!("{n}-{at}");
                json!({"case": case, "dispute": "grade#1", "answer": {"adopt": 1}, "confidence": 4, "note": note})
                    .to_string()
                    + "\n"
            })
            .collect();
        place.write("lines.jsonl", lines)?;
        let mut importing = place.command(["import", &file]).spawn()?;
        let mut deciding = place.command(["decide", "lines.jsonl", "--json"]).spawn()?;
        std::thread::sleep(Duration::from_micros(dice.throw(2 * span.as_micros() as u64)));
        importing.kill()?;
        std::thread::sleep(Duration::from_micros(dice.throw(20_000)));
        deciding.kill()?;
        importing.wait()?;
        deciding.wait()?;
        let mut answers = String::new();
        deciding.stdout.take().ok_or("no answers")?.read_to_string(&mut answers)?;

        // What was answered is there; what was not may be there, whole.
        let report = verify(&store, &Scope::default())?;
        assert_eq!(report.problems, Vec::<String>::new(), "{}", told("verify"));
        let db = Connection::open(&store)?;
        let logged: BTreeSet<String> = db
            .prepare("SELECT detail ->> 'note' FROM event WHERE action = 'decide'")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        drop(db);
        let mut acknowledged = 0;
        for (at, line) in answers.split_inclusive('\n').filter(|line| line.ends_with('\n')).enumerate() {
            let line: Json = serde_json::from_str(line)?;
            assert_eq!(line["ok"], json!(true), "{}: {line}", told("answer"));
            assert!(
                logged.contains(&format!("{n}-{at}")),
                "{}: {line}",
                told("an acknowledged decision is lost")
            );
            acknowledged += 1;
        }
        let of_this = logged.iter().filter(|note| note.starts_with(&format!("{n}-"))).count();
        assert!(of_this <= acknowledged + 1, "{}", told("decisions went on without an answer"));
        decided += of_this;

        // The import is seen whole or not at all, also where its comparing was cut off.
        let queue = place.run(["queue", "--json"])?;
        assert_eq!((queue.code, queue.stderr.as_str()), (Some(0), ""), "{}", told("queue"));
        let queued = queue
            .lines()?
            .iter()
            .filter(|line| line["case"].as_str().is_some_and(|case| case.starts_with(&format!("k{n}-"))))
            .count();
        assert!(queued == 0 || queued == CASES, "{}: {queued}", told("half an import"));
        let staged = count(
            &store,
            "SELECT count(*) FROM finding f JOIN import i ON i.id = f.id >> 32 WHERE i.seq IS NULL",
        )?;
        tally[usize::from(queued > 0) * 2 + usize::from(staged > 0 && queued == 0)] += 1;

        // The same import again does what is left to do, and clears away what was staged.
        let again = place.run(["import", &file, "--json"])?;
        assert_eq!(again.code, Some(0), "{}: {}", told("import again"), again.stderr);
        let (findings, unchanged) = (again.json()?["findings"].clone(), again.json()?["unchanged"].clone());
        match queued {
            0 => assert_eq!((findings, unchanged), (json!(2 * CASES), json!(0)), "{}", told("import again")),
            _ => assert_eq!((findings, unchanged), (json!(0), json!(1)), "{}", told("import again")),
        }
        for left in [
            "SELECT count(*) FROM import WHERE seq IS NULL",
            "SELECT count(*) FROM finding WHERE id >> 32 NOT IN (SELECT id FROM import)",
            "SELECT count(*) FROM triage",
            "SELECT count(*) FROM claim",
        ] {
            // A file that went in before does not clear up after others: the next one that goes in does.
            let staged = queued > 0 && left.contains("import");
            assert!(count(&store, left)? == 0 || staged, "{}: {left}", told("left over"));
        }
        assert_eq!(verify(&store, &Scope::default())?.problems, Vec::<String>::new(), "{}", told("verify"));
        for suffix in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(place.join(format!("s.overread{suffix}")));
        }
    }
    println!(
        "{kills} kills: {} before anything was staged, {} with rows staged, {} after the import's event; {decided} decisions",
        tally[0], tally[1], tally[2]
    );
    Ok(())
}
