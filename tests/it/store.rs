//! What goes wrong around a store: accounts that may only read, full disks, files that are no stores, damaged backups.
//! Each is told in words, with its exit code, and what was there before is there afterwards.

use std::cell::Cell;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use overread::domain::decision::{Answer as Choice, Draft};
use overread::domain::value::Value;
use overread::imaging::Decoder;
use overread::review::{self, ReviewError, Session, decide, lead};
use overread::store::Actor;
use overread::store::query::QueueFilter;
use overread::store::verify::{Scope, verify};
use proptest::prelude::*;
use rusqlite::Connection;

use crate::common::{Answer, Outcome, PROGRAM, Place};
use crate::race::table;

const CHARTER: &str = "name = \"faults\"\n[labels.grade]\nkind = \"ordinal\"\nlevels = [1, 2, 3, 4, 5]\n";

/// A store with some cases that two readers disagree about.
fn made(place: &Place, cases: usize) -> Outcome<PathBuf> {
    place.write("charter.toml", CHARTER)?;
    place.write("table.csv", table(cases, "c"))?;
    place.run(["init", "s.overread", "--charter", "charter.toml"])?.fine()?;
    place.run(["import", "table.csv"])?.fine()?;
    Ok(place.join("s.overread"))
}

fn mode(path: &Path, mode: u32) -> Outcome {
    Ok(std::fs::set_permissions(path, PermissionsExt::from_mode(mode))?)
}

fn decision(case: &str) -> String {
    format!("{{\"case\":\"{case}\",\"dispute\":\"grade#1\",\"answer\":{{\"adopt\":1}},\"confidence\":4}}\n")
}

/// Asserts what a command that can't work ends with, and a part of what it says.
fn assert_refused(answer: &Answer, code: i32, words: &str) {
    assert_eq!(answer.code, Some(code), "{answer:?}");
    assert!(answer.stderr.contains(words) && answer.stderr.starts_with("overread: "), "{answer:?}");
    assert!(!answer.stderr.contains("panicked"), "{answer:?}");
}

#[test]
fn what_is_no_store_for_this_program_is_refused_by_every_command() -> Outcome {
    let place = Place::new()?;
    let store = made(&place, 2)?;
    let whole = std::fs::read(&store)?;
    let put = |name: &str, bytes: &[u8], bits: u32| -> Outcome<PathBuf> {
        let path = place.write(name, bytes)?;
        mode(&path, bits)?;
        Ok(path)
    };
    let newer = put("newer", &whole, 0o660)?;
    Connection::open(&newer)?.pragma_update(None, "user_version", 99)?;
    std::fs::create_dir(place.join("open"))?;
    let beside = put("open/s.overread", &whole, 0o660)?;
    mode(&place.join("open"), 0o777)?;
    std::fs::create_dir(place.join("folder"))?;
    let cases = [
        (newer, 65, "written by a newer overread"),
        (put("empty", b"", 0o660)?, 65, "is not an overread store"),
        (put("text", b"not a database", 0o660)?, 65, "is not an overread store"),
        (put("cut", whole.get(..5000).unwrap_or_default(), 0o660)?, 65, "damaged"),
        (place.join("folder"), 65, "is not an overread store"),
        (place.join("none"), 66, "there is no store"),
        (put("readable", &whole, 0o664)?, 77, "`chmod o-rwx`"),
        (beside, 77, "`chmod o-w`"),
    ];
    for (path, code, words) in cases {
        let before = std::fs::read(&path).ok();
        for command in
            [&["queue"][..], &["show", "c0"], &["verify"], &["import", "table.csv"], &["decide"], &["log"]]
        {
            let answer =
                place.run(command.iter().map(AsRef::as_ref).chain(["--store".as_ref(), path.as_os_str()]))?;
            // What a cut file still holds decides on which of the words of damage it is.
            assert_refused(&answer, code, words);
        }
        assert_eq!(std::fs::read(&path).ok(), before, "{path:?} was changed");
    }
    assert_refused(&place.run(["init", "none/s.overread"])?, 73, "failed to create");
    assert_refused(&place.run(["init", "s.overread"])?, 73, "exists already");
    assert_refused(&place.run(["init", "open/t.overread"])?, 77, "`chmod o-w`");
    assert_eq!(verify(&store, &Scope::default())?.problems, Vec::<String>::new());
    Ok(())
}

/// Somebody of a group who does not own the store: another account where the test may be one, else this account, which
/// takes the permission from itself.
struct Colleague {
    other: bool,
}

const NOBODY: u32 = 65534;

impl Colleague {
    fn new() -> Self {
        Colleague { other: rustix::process::getuid().is_root() }
    }

    /// Gives the group of what lies in a place to the colleague's.
    fn share(&self, place: &Place) -> Outcome {
        if self.other {
            chown(place.path(), None, Some(NOBODY))?;
            for entry in std::fs::read_dir(place.path())?.flatten() {
                chown(entry.path(), None, Some(NOBODY))?;
            }
        }
        Ok(())
    }

    /// Gives the mode bits under which the colleague has those of `of_group`.
    fn bits(&self, of_group: u32) -> u32 {
        match self.other {
            true => 0o600 | (of_group << 3),
            false => (of_group << 6) | (of_group << 3),
        }
    }

    fn run(&self, place: &Place, program: &Path, arguments: &[&str]) -> Outcome<Answer> {
        let mut command = Command::new(if self.other { program } else { Path::new(PROGRAM) });
        command
            .args(arguments)
            .current_dir(place.path())
            .env("XDG_CONFIG_HOME", place.join("config"))
            .env_remove("OVERREAD_STORE");
        if self.other {
            command.uid(NOBODY).gid(NOBODY);
        }
        Ok(command.output()?.into())
    }
}

#[test]
fn who_may_only_read_reads_and_is_told_whom_to_ask() -> Outcome {
    let place = Place::new()?;
    let store = made(&place, 3)?;
    // Where tests are built need not be open to others.
    let tools = tempfile::tempdir()?;
    mode(tools.path(), 0o755)?;
    let program = tools.path().join("overread");
    std::fs::copy(PROGRAM, &program)?;
    place.write("more.csv", table(1, "more"))?;
    place.write("line.jsonl", decision("c0"))?;
    let colleague = Colleague::new();
    if colleague.other {
        mode(place.path(), 0o755)?;
        let name = account(&colleague, &place, &program)?;
        for name in [name, overread::runtime::account()] {
            place.run(["people", "add", &name, "adjudicator", "lead"])?.fine()?;
        }
    }
    place.run(["verify", "--quick"])?.fine()?;
    for suffix in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(place.join(format!("s.overread{suffix}")));
    }
    colleague.share(&place)?;
    let names = || -> Outcome<Vec<String>> {
        let mut names: Vec<String> = std::fs::read_dir(place.path())?
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        Ok(names)
    };
    let (before, listed) = (std::fs::read(&store)?, names()?);
    // The file, the folder, or both can't be written.
    for (file, folder) in [(4, 5), (4, 7), (6, 5)] {
        mode(&store, colleague.bits(file))?;
        mode(place.path(), colleague.bits(folder) | 0o100)?;
        for command in [&["queue"][..], &["show", "c0"], &["verify"], &["queue", "--json"]] {
            let answer = colleague.run(&place, &program, command)?;
            assert_eq!((answer.code, answer.stderr.as_str()), (Some(0), ""), "{file} {folder} {command:?}");
            assert!(answer.stdout.contains("c0") || command == ["verify"], "{answer:?}");
        }
        // What is written down can't be, and is not done: the file is in the way, and its owner can help.
        for command in [
            &["import", "more.csv"][..],
            &["block", "c0", "--why", "x"],
            &["decide", "line.jsonl"],
            &["backup", "b"],
        ] {
            let answer = colleague.run(&place, &program, command)?;
            assert_refused(&answer, 77, "ask its owner for write permission");
        }
        mode(place.path(), 0o770)?;
        assert_eq!(std::fs::read(&store)?, before);
        assert_eq!(names()?, listed, "{file} {folder}: something was put beside the store");
    }
    if !colleague.other {
        return Ok(());
    }
    mode(&store, 0o640)?;
    mode(place.path(), 0o750)?;
    // While somebody writes, the colleague sees what is in the journal too.
    let writer = Connection::open(&store)?;
    writer.execute_batch("BEGIN IMMEDIATE; INSERT INTO draft VALUES ('a', 1, 'd', 0, ''); COMMIT")?;
    for suffix in ["-wal", "-shm"] {
        let path = place.join(format!("s.overread{suffix}"));
        chown(&path, None, Some(NOBODY))?;
        assert_eq!(std::fs::metadata(path)?.mode() & 0o777, 0o640);
    }
    place.run(["decide", "line.jsonl"])?.fine()?;
    let shown = colleague.run(&place, &program, &["queue", "--state", "PROVISIONAL"])?;
    assert!(shown.stdout.contains("c0"), "{shown:?}");
    // The same journal left by a program that was killed: read, or told who can put it in order; never wrong.
    let left: Vec<(PathBuf, Vec<u8>)> = ["s.overread", "s.overread-wal", "s.overread-shm"]
        .into_iter()
        .map(|name| Ok((place.join(name), std::fs::read(place.join(name))?)))
        .collect::<Outcome<_>>()?;
    drop(writer);
    for (path, bytes) in &left {
        std::fs::write(path, bytes)?;
        mode(path, 0o640)?;
        chown(path, None, Some(NOBODY))?;
    }
    for gone in ["", "s.overread-shm"] {
        let _ = std::fs::remove_file(place.join(gone));
        let shown = colleague.run(&place, &program, &["queue", "--state", "PROVISIONAL"])?;
        match shown.code {
            Some(0) => assert!(shown.stdout.contains("c0"), "{shown:?}"),
            _ => assert_refused(&shown, 77, "ask somebody who may write"),
        }
    }
    // And one who may not even read.
    mode(&store, 0o600)?;
    assert_refused(&colleague.run(&place, &program, &["queue"])?, 77, "can't be read by this account");
    mode(place.path(), 0o700)?;
    let inside = colleague.run(&place, &program, &["queue", "--store", &store.to_string_lossy()]);
    assert!(inside.map_or(true, |answer| answer.code == Some(77) && answer.stderr.contains("can't be read")));
    Ok(())
}

/// The name that the log would hold of the colleague.
fn account(colleague: &Colleague, place: &Place, program: &Path) -> Outcome<String> {
    let answer = colleague.run(place, program, &["doctor", "--json"])?;
    let found = answer.json()?;
    let account = found.as_array().into_iter().flatten().find(|finding| finding["what"] == "account");
    Ok(account.and_then(|finding| finding["found"].as_str()).ok_or("doctor names no account")?.to_owned())
}

/// A small disk, unmounted when the test ends.
struct Disk(PathBuf);

impl Disk {
    /// None where this account may not mount.
    fn mount(at: &Path, bytes: usize) -> Outcome<Option<Disk>> {
        std::fs::create_dir(at)?;
        let options = format!("size={bytes},mode=0700");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(at).output();
        Ok(mounted.is_ok_and(|output| output.status.success()).then(|| Disk(at.into())))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).output();
    }
}

/// Takes all the room that there is.
fn fill(path: &Path) -> Outcome {
    use std::io::Write;
    let mut file = std::fs::File::create(path)?;
    let mut size = 1 << 20;
    while size > 0 {
        if file.write_all(&vec![0; size]).is_err() {
            size /= 2;
        }
    }
    Ok(())
}

#[test]
fn a_full_disk_ends_a_command_in_words_and_harms_nothing() -> Outcome {
    let place = Place::new()?;
    let at = place.join("disk");
    let Some(_disk) = Disk::mount(&at, 2 << 20)? else {
        eprintln!("skipped: this account can't mount a small disk");
        return Ok(());
    };
    let store = at.join("s.overread");
    let named = ["--store".as_ref(), store.as_os_str()];
    let run = |arguments: &[&str]| place.run(arguments.iter().map(AsRef::as_ref).chain(named));
    place.write("charter.toml", CHARTER)?;
    place.write("small.csv", table(20, "c"))?;
    place.write("large.csv", table(4000, "d"))?;
    place.write("lines.jsonl", (0..20).map(|n| decision(&format!("c{n}"))).collect::<String>())?;
    place.run(["init".as_ref(), store.as_os_str(), "--charter".as_ref(), "charter.toml".as_ref()])?.fine()?;
    run(&["import", "small.csv"])?.fine()?;
    std::fs::write(at.join("filler"), vec![0; 1 << 20])?;
    let noted = Scope { quick: false, head: Some(verify(&store, &Scope::default())?.head) };
    assert_refused(&run(&["import", "large.csv"])?, 74, "the disk is full");
    assert_eq!(verify(&store, &noted)?.problems, Vec::<String>::new());
    let listed = run(&["queue", "--json"])?;
    match listed.code {
        Some(0) => assert_eq!(listed.lines()?.len(), 20, "{listed:?}"),
        // Even a reader needs a little room, for the index of the journal that it shares with others.
        _ => assert_refused(&listed, 74, ""),
    }
    assert_refused(&run(&["backup", &at.join("copy").to_string_lossy()])?, 74, "the disk is full");
    assert!(!at.join("copy").exists());

    // Not a byte is left: whatever is answered before is in the log, and no more.
    fill(&at.join("rest"))?;
    let full = run(&["decide", "lines.jsonl", "--json"])?;
    assert_refused(&full, 74, "the disk is full");
    let answered = full.lines()?.len();
    assert!(answered < 20);
    assert_eq!(verify(&store, &noted)?.problems, Vec::<String>::new());

    // Somebody makes room.
    std::fs::remove_file(at.join("filler"))?;
    assert_eq!(run(&["queue", "--state", "PROVISIONAL", "--json"])?.lines()?.len(), answered);
    let decided = run(&["decide", "lines.jsonl", "--json"])?;
    let fine = decided.lines()?.iter().filter(|line| line["ok"] == true).count();
    assert_eq!(fine, 20 - answered, "{decided:?}");
    assert_eq!(verify(&store, &noted)?.problems, Vec::<String>::new());
    // Nothing of the large file is left to be in the way of a smaller one.
    place.write("next.csv", table(50, "e"))?;
    run(&["import", "next.csv"])?.fine()?;
    let db = Connection::open(&store)?;
    let staged: i64 = db.query_row("SELECT count(*) FROM import WHERE seq IS NULL", [], |row| row.get(0))?;
    assert_eq!(staged, 0);
    assert_eq!(verify(&store, &noted)?.problems, Vec::<String>::new());
    Ok(())
}

#[test]
fn a_write_that_fails_ends_a_command_in_words_and_harms_nothing() -> Outcome {
    let place = Place::new()?;
    let store = made(&place, 20)?;
    place.write("large.csv", table(3000, "d"))?;
    place.write("lines.jsonl", (0..20).map(|n| decision(&format!("c{n}"))).collect::<String>())?;
    let noted = Scope { quick: false, head: Some(verify(&store, &Scope::default())?.head) };
    // The kernel refuses writes beyond so many blocks of 512 bytes, at one place after another.
    for blocks in (0..400).step_by(40) {
        for command in [["import", "large.csv"], ["decide", "lines.jsonl"]] {
            let limited = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
            let output = Command::new("sh")
                .args(["-c", &limited, PROGRAM])
                .args(command)
                .current_dir(place.path())
                .env_remove("OVERREAD_STORE")
                .output()?;
            let answer = Answer::from(output);
            if answer.code != Some(0) && !(command[0] == "decide" && answer.code == Some(65)) {
                assert_refused(&answer, 74, "nothing of this was saved");
            }
            assert_eq!(verify(&store, &noted)?.problems, Vec::<String>::new(), "{blocks} {command:?}");
        }
    }
    place.run(["import", "large.csv"])?.fine()?;
    assert_eq!(verify(&store, &noted)?.problems, Vec::<String>::new());
    Ok(())
}

#[test]
fn a_backup_made_under_load_restores_and_a_damaged_one_is_refused() -> Outcome {
    let place = Place::new()?;
    let store = made(&place, 200)?;
    place.write("lines.jsonl", (0..200).map(|n| decision(&format!("c{n}"))).collect::<String>())?;
    let mut deciding = place.command(["decide", "lines.jsonl", "--json"]).spawn()?;
    let copied = place.run(["backup", "copy.overread", "--json", "--store", "s.overread"])?;
    let second = place.run(["backup", "copy2.overread", "--json", "--store", "s.overread"])?;
    let mut answers = deciding.stdout.take().ok_or("no answers")?;
    std::io::copy(&mut answers, &mut std::io::sink())?;
    assert!(deciding.wait()?.success());
    second.fine()?;
    let head = copied.json()?["head"].as_str().unwrap_or_default().to_owned();
    assert_eq!(copied.code, Some(0), "{copied:?}");
    assert_eq!(verify(&place.join("copy.overread"), &Scope::default())?.head, head);
    assert_eq!(verify(&store, &Scope { quick: true, head: Some(head) })?.problems, Vec::<String>::new());

    place.run(["restore", "copy.overread", "--store", "restored.overread"])?.fine()?;
    assert_eq!(verify(&place.join("restored.overread"), &Scope::default())?.problems, Vec::<String>::new());
    let log = place.run(["log", "--json", "--limit", "2", "--store", "restored.overread"])?.lines()?;
    assert_eq!(log.first().map(|line| line["action"].clone()), Some("restore".into()));
    for name in ["copy.overread", "restored.overread"] {
        assert_eq!(std::fs::metadata(place.join(name))?.mode() & 0o777, 0o660, "{name}");
    }
    let again = place.run(["backup", "copy.overread", "--store", "s.overread"])?;
    assert_refused(&again, 73, "exists already");
    let over = place.run(["restore", "copy.overread", "--store", "s.overread"])?;
    assert_refused(&over, 73, "exists already");

    let db = Connection::open(place.join("copy2.overread"))?;
    db.execute_batch("DROP TRIGGER finding_update; UPDATE finding SET value = 2.0 WHERE value = 4.0")?;
    db.close().map_err(|(_, error)| error)?;
    let damaged = place.run(["restore", "copy2.overread", "--store", "new.overread"])?;
    assert_refused(&damaged, 65, "does not hold together");
    let bytes = std::fs::read(place.join("copy.overread"))?;
    mode(&place.write("cut.overread", bytes.get(..bytes.len() / 2).unwrap_or_default())?, 0o660)?;
    let cut = place.run(["restore", "cut.overread", "--store", "new.overread"])?;
    assert_eq!(cut.code, Some(65), "{cut:?}");
    assert!(!place.join("new.overread").exists());
    Ok(())
}

thread_local! {
    static NOW: Cell<i64> = const { Cell::new(0) };
}

fn now() -> i64 {
    NOW.get()
}

/// What somebody may do next.
#[derive(Debug, Clone)]
enum Step {
    Decide {
        case: usize,
        answer: Choice,
        confidence: u8,
        note: bool,
    },
    Undo(usize),
    Finalise(usize),
    FinaliseAll,
    Reopen(usize),
    Block(usize),
    Unblock(usize),
    Unblind(usize),
    Claim(usize),
    Release(usize),
    Import(usize),
    Charter(u32),
    Triage,
    /// The clock goes on, or is set back, by minutes.
    Wait(i64),
}

fn any_step() -> impl Strategy<Value = (usize, Step)> {
    let case = || 0..4usize;
    let answer = prop_oneof![
        3 => (1..3u32).prop_map(Choice::Adopt),
        1 => (1..6u8).prop_map(|grade| Choice::Value(Value::Number(f64::from(grade)))),
        1 => Just(Choice::Defer),
        1 => Just(Choice::Return),
        1 => Just(Choice::Escalate),
        1 => Just(Choice::Discuss),
        1 => Just(Choice::None),
    ];
    let step = prop_oneof![
        8 => (case(), answer, 1..6u8, any::<bool>())
            .prop_map(|(case, answer, confidence, note)| Step::Decide { case, answer, confidence, note }),
        2 => case().prop_map(Step::Undo),
        1 => case().prop_map(Step::Finalise),
        1 => Just(Step::FinaliseAll),
        1 => case().prop_map(Step::Reopen),
        1 => case().prop_map(Step::Block),
        1 => case().prop_map(Step::Unblock),
        1 => case().prop_map(Step::Unblind),
        2 => case().prop_map(Step::Claim),
        1 => case().prop_map(Step::Release),
        2 => (0..3usize).prop_map(Step::Import),
        1 => (0..3u32).prop_map(Step::Charter),
        1 => Just(Step::Triage),
        2 => (-3000..3000i64).prop_map(Step::Wait),
    ];
    (0..3usize, step)
}

fn take(session: &mut Session, place: &Place, step: &Step) -> Result<(), ReviewError> {
    let case = |n: &usize| format!("c{n}");
    match step {
        Step::Decide { case: n, answer, confidence, note } => {
            let draft: Draft = serde_json::from_value(serde_json::json!({
                "case": case(n), "dispute": "grade#1", "answer": answer, "confidence": confidence,
                "note": note.then_some("looked again"),
                "ambiguity": (*confidence <= 2).then(|| serde_json::json!({"types": ["A1"]})),
            }))
            .map_err(|error| ReviewError::Invalid(error.to_string()))?;
            decide::decide(session, &draft).map(drop)
        }
        Step::Undo(n) => decide::undo(session, &case(n), "grade#1").map(drop),
        Step::Finalise(n) => lead::finalise(session, &case(n)).map(drop),
        Step::FinaliseAll => lead::finalise_all(session, drop),
        Step::Reopen(n) => lead::reopen(session, &case(n), "seen anew").map(drop),
        Step::Block(n) => lead::block(session, &case(n), "wrong patient").map(drop),
        Step::Unblock(n) => lead::unblock(session, &case(n), "mended").map(drop),
        Step::Unblind(n) => lead::unblind(session, &case(n), "asked").map(drop),
        Step::Claim(n) => decide::claim(session, &case(n), "token").map(drop),
        Step::Release(n) => decide::release(session, &case(n)).map(drop),
        Step::Import(n) => {
            let request = review::import::Request {
                paths: vec![place.join(format!("more{n}.csv"))],
                ..Default::default()
            };
            let mut decoder = Decoder::new(PROGRAM.into(), vec!["decode-worker".into()]);
            review::import::import(session, &request, &mut decoder, &mut |_| {}).map(drop)
        }
        Step::Charter(n) => {
            let text =
                CHARTER.replace("[labels", &format!("[review]\nadjudicators = {}\n[labels", n % 2 + 1));
            let text = if *n == 2 { text.replace("levels", "tolerance = 3\nlevels") } else { text };
            review::charter::set(
                session,
                &review::charter::Change { text: &text, why: "agreed on", ..Default::default() },
            )
            .map(drop)
        }
        Step::Triage => session.triage(|_| {}),
        Step::Wait(minutes) => {
            NOW.set(NOW.get() + minutes * 60_000);
            Ok(())
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever people do, in whatever order, on whatever clock: what the tables hold is what the log gives.
    #[test]
    fn what_is_derived_as_people_work_is_what_the_log_gives(steps in proptest::collection::vec(any_step(), 1..40)) {
        let replayed = replayed(&steps).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(replayed, Vec::<String>::new());
    }
}

fn replayed(steps: &[(usize, Step)]) -> Outcome<Vec<String>> {
    let place = Place::new()?;
    let path = place.join("s.overread");
    NOW.set(1_700_000_000_000);
    let actor = Actor { account: "lead".into(), who: "lead".into(), origin: String::new() };
    review::init::init(&path, Some(CHARTER), &actor, [3; 32], now)?;
    place.write("more0.csv", table(4, "c"))?;
    // Another reader of a case, and another sitting of one who read it before.
    place.write("more1.csv", "case,reader,label,value\nc0,r3,grade,2\nc1,r3,grade,4\nc9,r1,grade,1\n")?;
    place.write("more2.csv", "case,reader,label,value\nc0,r1,grade,4\nc2,r2,grade,1\n")?;
    let open = |who: &str| Session::open(&path, who.into(), None, String::new(), now);
    let mut sessions = vec![open("lead")?];
    take(&mut sessions[0], &place, &Step::Import(0))?;
    for (who, role) in [("lead", "lead"), ("ann", "adjudicator"), ("ben", "arbiter")] {
        let roles = [role, if who == "lead" { "adjudicator" } else { role }];
        let addition = review::people::Addition {
            roles: roles
                .iter()
                .filter_map(|role| {
                    <overread::domain::authority::Role as overread::domain::word::Word>::from_word(role)
                })
                .collect(),
            ..Default::default()
        };
        review::people::add(&mut sessions[0], who, &addition)?;
    }
    sessions.push(open("ann")?);
    sessions.push(open("ben")?);
    for (who, step) in steps {
        let Some(session) = sessions.get_mut(*who) else { continue };
        match take(session, &place, step) {
            Err(ReviewError::Store(error)) => return Err(format!("{step:?}: {error}").into()),
            // What the protocol refuses is refused whole.
            _ => continue,
        }
    }
    // Nothing is hidden from the queue for ever, wherever the clock went.
    review::queue::queue(&mut sessions[0], &QueueFilter::default())?;
    Ok(verify(&path, &Scope::default())?.problems)
}
