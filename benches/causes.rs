//! How long the root causes of a large project take: run it with `cargo bench --bench causes`. A log of a million events is
//! made by code, in a folder that is removed afterwards: claims, decisions with verdicts and causes, releases.
//!
//! `cargo bench --bench causes -- 100000` takes so many events in place of a million. With `OVERREAD_BENCH=FOLDER` the
//! store is made there, stays there, and is taken again the next time.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use overread::domain::event::{Action, Outcome as Ended};
use overread::review::causes::{Dimension, Split, Window, causes};
use overread::review::{self, Session};
use overread::runtime;
use overread::store::{Actor, Entry, Store, StoreError};
use serde_json::{Value as Json, json};

type Outcome<T> = Result<T, Box<dyn Error>>;

const PROGRAM: &str = env!("CARGO_BIN_EXE_overread");
const CHARTER: &str = "name = \"made\"\n[review]\nundo_minutes = 0\nmode = \"open\"\n[labels.grade]\nkind = \"ordinal\"\n\
                       levels = [1, 2, 3, 4, 5]\n";
const CODES: [&str; 8] = ["P1", "P2", "I2", "I3", "G1", "O1", "S1", "unknown"];
/// Events of a case: its claim, decision and release.
const EACH: usize = 3;
/// Events that go into one transaction.
const BATCH: usize = 9_000;

fn main() -> Outcome<()> {
    let events = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    let temporary;
    let folder = match std::env::var_os("OVERREAD_BENCH") {
        Some(folder) => PathBuf::from(folder),
        None => {
            temporary = tempfile::tempdir()?;
            temporary.path().to_owned()
        }
    };
    let cases = events / EACH;
    let path = folder.join(format!("{events}-events.overread"));
    println!("{events} events of {cases} cases");
    if !path.exists() {
        let (_, took) = timed(|| make(&folder, &path, cases))?;
        println!("  (the store was made in {:.0} s)", took.as_secs_f64());
    }

    let (_, took) = timed(|| {
        let done =
            Command::new(PROGRAM).args(["verify", "--store"]).arg(&path).stdout(Stdio::null()).status()?;
        if done.success() { Ok(()) } else { Err("verify found problems".into()) }
    })?;
    println!("  replay of the whole log (verify)       {:8.2} s", took.as_secs_f64());

    let mut session = open(&path)?;
    let (all, first) = timed(|| Ok(causes(&mut session)?))?;
    let (_, again) = timed(|| Ok(causes(&mut session)?))?;
    println!("  causes read, first                     {:8.0} ms", first.as_secs_f64() * 1e3);
    println!("  causes read, again                     {:8.0} ms", again.as_secs_f64() * 1e3);
    for by in [Dimension::Family, Dimension::Reader, Dimension::Week] {
        let (bars, took) = timed(|| Ok(all.bars(by, Window::default(), None)))?;
        println!("  {:3} bars by {by:<12?}              {:8.0} ms", bars.len(), took.as_secs_f64() * 1e3);
    }
    let split = Some(Split::Moment(runtime::now() - 1));
    let (_, took) = timed(|| Ok(all.bars(Dimension::Code, Window::default(), split)))?;
    println!("  bars of two periods                    {:8.0} ms", took.as_secs_f64() * 1e3);
    let screen = first + timed(|| Ok(all.bars(Dimension::Family, Window::default(), None)))?.1;
    println!("  the screen Causes opens in             {:8.0} ms (bound 1000)", screen.as_secs_f64() * 1e3);
    Ok(())
}

fn open(path: &Path) -> Outcome<Session> {
    Ok(Session::open(path, runtime::account(), None, "bench".into(), runtime::now)?)
}

fn timed<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<(T, Duration)> {
    let start = Instant::now();
    let done = work()?;
    Ok((done, start.elapsed()))
}

/// Makes a store of cases on which two readers differ, all of them decided.
fn make(folder: &Path, path: &Path, cases: usize) -> Outcome<()> {
    let account = runtime::account();
    let actor = Actor { who: account.clone(), account, origin: "bench".into() };
    review::init::init(path, Some(CHARTER), &actor, [7; 32], runtime::now)?;
    let mut table = String::from("case,reader,label,value\n");
    for n in 0..cases {
        let (a, b) = (n % 5 + 1, (n + 2) % 5 + 1);
        let (first, second) = (n % 7, n % 7 + 1);
        write!(table, "CT-{n:07},R{first},grade,{a}\nCT-{n:07},R{second},grade,{b}\n")?;
    }
    let file = folder.join("reads.csv");
    std::fs::write(&file, table)?;
    let run = Command::new(PROGRAM)
        .args(["import", "--store"])
        .arg(path)
        .arg(&file)
        .stdout(Stdio::null())
        .status()?;
    if !run.success() {
        return Err("the import failed".into());
    }
    let mut store = Store::open(path)?;
    let mut at = runtime::now() - 200 * 24 * 3_600_000;
    let mut seq = 0;
    for first in (0..cases).step_by(BATCH / EACH) {
        store.write(|tx| -> Result<(), StoreError> {
            for n in first..(first + BATCH / EACH).min(cases) {
                at += 17_000;
                let name = format!("CT-{n:07}");
                let acts = [
                    (Action::Claim, json!({ "v": 1, "slot": 1 })),
                    (Action::Decide, decision(n)),
                    (Action::Release, json!({ "v": 1, "slot": 1 })),
                ];
                for (action, detail) in acts {
                    let object = (action == Action::Decide).then_some("grade#1");
                    let event = tx.append(&Entry {
                        at,
                        actor: &actor,
                        role: "adjudicator",
                        action,
                        case: Some(&name),
                        object,
                        detail: detail.to_string(),
                        outcome: Ended::Ok,
                    })?;
                    seq = event.seq;
                }
            }
            Ok(())
        })?;
    }
    store.write(|tx| tx.retriage_all(seq))?;
    store.triage(|_| {})?;
    Ok(())
}

/// A decision as the log holds it, three in five of them with a cause.
fn decision(n: usize) -> Json {
    let code = CODES[n % CODES.len()];
    let mut decision = json!({
        "v": 1, "slot": 1, "round": 0, "answer": { "value": n % 5 + 1 }, "settles": "resolved",
        "result": { "value": n % 5 + 1 }, "confidence": 4, "uncertain": false, "reads_hash": "", "charter": 1,
        "program": "bench", "final_at": 0,
    });
    if n % 5 < 3 {
        let reader = format!("R{}", n % 7);
        decision["verdicts"] = json!({ reader: { "verdict": "error", "cause": [code] } });
        decision["root_cause"] = json!([code]);
        decision["clause"] = json!(format!("{} Clause", n % 12));
    }
    decision
}
