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

/// OVERREAD_KILLS and OVERREAD_SEED as above.
#[test]
fn a_sample_that_was_cut_off_is_asked_for_whole_by_the_next_who_looks_at_samples() -> Outcome {
    let kills = number_from("OVERREAD_KILLS", 12);
    let seed = number_from("OVERREAD_SEED", std::process::id() as usize);
    let mut dice = Dice(seed as u64);
    let place = Place::new()?;
    let store = place.join("s.overread");
    place.write("charter.toml", format!("{CHARTER}[sampling]\nshare = 0.0\nrecheck = 0.0\n"))?;
    place.run(["init", "s.overread", "--charter", "charter.toml"])?.fine()?;
    let reads: String = (0..CASES).map(|n| format!("c{n},ann,grade,3\nc{n},bob,grade,3\n")).collect();
    place.write("reads.csv", format!("case,reader,label,value\n{reads}"))?;
    place.run(["import", "reads.csv"])?.fine()?;
    Connection::open(&store)?.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    let pristine = std::fs::read(&store)?;
    let draw = ["sample", "draw", "--size", "200", "--seed", "5"];
    let begun = Instant::now();
    place.run(draw)?.fine()?;
    let span = begun.elapsed();
    let units = "SELECT count(*) FROM event WHERE action = 'sample' AND case_name IS NOT NULL";
    let cases =
        "SELECT count(DISTINCT case_name) FROM event WHERE action = 'sample' AND case_name IS NOT NULL";
    let lots = "SELECT count(*) FROM event WHERE action = 'sample' AND case_name IS NULL";
    assert_eq!((count(&store, units)?, count(&store, lots)?), (200, 1));
    let mut tally = [0usize; 3];
    for n in 0..kills {
        for suffix in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(place.join(format!("s.overread{suffix}")));
        }
        std::fs::write(&store, &pristine)?;
        let told = |what: &str| format!("{what} (kill {n}, OVERREAD_SEED={seed})");
        let mut drawing = place.command(draw).spawn()?;
        std::thread::sleep(Duration::from_micros(dice.throw(span.as_micros() as u64)));
        drawing.kill()?;
        drawing.wait()?;
        let (drawn, asked) = (count(&store, lots)?, count(&store, units)?);
        tally[usize::from(drawn > 0) + usize::from(asked == 200)] += 1;
        assert!(drawn <= 1 && asked <= 200 * drawn, "{}: {drawn}, {asked}", told("half a sample"));
        assert_eq!(verify(&store, &Scope::default())?.problems, Vec::<String>::new(), "{}", told("verify"));

        // Two at once finish it no more than one.
        let both = [place.command(["sample", "list"]).spawn()?, place.command(["sample", "list"]).spawn()?];
        for mut list in both {
            assert!(list.wait()?.success(), "{}", told("list"));
        }
        let asked = (count(&store, units)?, count(&store, cases)?);
        assert_eq!(asked, (200 * drawn, 200 * drawn), "{}", told("asked for"));
        let listed = place.run(["sample", "list", "--json"])?.json()?;
        assert_eq!(listed.as_array().map(Vec::len), Some(drawn), "{}", told("listed"));
        if drawn == 1 {
            assert_eq!((&listed[0]["pending"], &listed[0]["size"]), (&json!(200), &json!(200)));
            assert_eq!(place.run(["sample", "mine", "--json"])?.lines()?.len(), 200, "{}", told("mine"));
        }
        assert_eq!(verify(&store, &Scope::default())?.problems, Vec::<String>::new(), "{}", told("verify"));
    }
    println!(
        "{kills} kills: {} before the draw, {} before all was asked for, {} after",
        tally[0], tally[1], tally[2]
    );
    Ok(())
}
