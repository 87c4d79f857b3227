//! How long the store takes at a size that hurts: run it with `cargo bench`. Everything is made by code, in a folder
//! that is removed afterwards. The programs under measurement are whole processes, but for single decisions.
//!
//! `cargo bench -- 100000` takes so many findings in place of a million.

use std::error::Error;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use overread::domain::decision::Draft;
use overread::review::{self, Session};
use overread::runtime;

type Outcome<T> = Result<T, Box<dyn Error>>;

const PROGRAM: &str = env!("CARGO_BIN_EXE_overread");
const READERS: [&str; 3] = ["R1", "R2", "R3"];
const LABELS: [&str; 3] = ["malignancy", "margin", "spiculation"];
const DECISIONS: usize = 100_000;

fn main() -> Outcome<()> {
    let findings = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    let place = tempfile::tempdir()?;
    println!(
        "{findings} findings of {} readers, {} cores",
        READERS.len(),
        std::thread::available_parallelism()?
    );
    for (name, write) in [("grades", grades as fn(&Path, usize) -> Outcome<()>), ("boxes", boxes)] {
        let table = place.path().join(format!("{name}.csv"));
        write(&table, findings)?;
        measure(place.path(), name, &table, findings)?;
        std::fs::remove_file(&table)?;
    }
    Ok(())
}

fn measure(place: &Path, name: &str, table: &Path, findings: usize) -> Outcome<()> {
    println!("\n{name}");
    let store = place.join(format!("{name}.overread"));
    run(&store, &["init"])?;

    // A small table first, so that somebody has something to decide while the large one comes in.
    let first = place.join("first.csv");
    grades(&first, 9_000)?;
    run(&store, &["import", path(&first)])?;
    let (took, memory, beside) = import_while_deciding(&store, table)?;
    println!("  import                         {:8.2} s  (memory {} MiB)", took.as_secs_f64(), memory / 1024);
    println!(
        "  decisions beside the import    {:8}    (slowest {:.0} ms, refused as busy: {})",
        beside.made,
        beside.slowest.as_secs_f64() * 1e3,
        beside.busy
    );

    let bare = median(21, || timed(Command::new(PROGRAM).arg("--version")))?;
    let queue = median(21, || timed(command(&store, &["queue", "--limit", "50"]).stdout(Stdio::null())))?;
    println!("  bare start                     {:8.1} ms", bare.as_secs_f64() * 1e3);
    println!("  queue --limit 50               {:8.1} ms", queue.as_secs_f64() * 1e3);

    let (slow, typical) = single_decisions(&store, 300)?;
    println!("  a decision on disk, median     {:8.2} ms", typical.as_secs_f64() * 1e3);
    println!("  a decision on disk, p99        {:8.2} ms", slow.as_secs_f64() * 1e3);

    let wanted = DECISIONS.min(findings / 10);
    let (made, took) = many_decisions(&store, wanted)?;
    println!("  {made} decisions by `decide`  {:8.2} s", took.as_secs_f64());

    let verify = timed(command(&store, &["verify"]).stdout(Stdio::null()))?;
    println!("  verify                         {:8.2} s", verify.as_secs_f64());
    println!("  store                          {:8} MiB", std::fs::metadata(&store)?.len() / (1 << 20));
    Ok(())
}

/// Cases with three grades by three readers, of which three in ten differ.
fn grades(file: &Path, findings: usize) -> Outcome<()> {
    let mut out = BufWriter::new(std::fs::File::create(file)?);
    let mut chance = Chance(7);
    writeln!(out, "case,reader,label,value")?;
    let per_case = READERS.len() * LABELS.len();
    for n in 0..findings {
        let (case, reader, label) =
            (n / per_case, READERS[n / LABELS.len() % READERS.len()], LABELS[n % LABELS.len()]);
        let usual = (case * 7 + label.len()) % 5 + 1;
        let grade = if chance.below(10) < 3 { chance.below(5) as usize + 1 } else { usual };
        writeln!(
            out,
            "CT-{}-{case:06},{reader},{label},{grade}",
            file.file_stem().unwrap_or_default().to_string_lossy()
        )?;
    }
    Ok(out.flush()?)
}

/// Cases with one box by each of three readers, most of them in the same place.
fn boxes(file: &Path, findings: usize) -> Outcome<()> {
    let mut out = BufWriter::new(std::fs::File::create(file)?);
    let mut chance = Chance(11);
    writeln!(out, "image_id,class_name,rad_id,x_min,y_min,x_max,y_max")?;
    for n in 0..findings {
        let case = n / READERS.len();
        let (x, y) = (case * 13 % 900, case * 29 % 900);
        let shift = if chance.below(10) < 3 { chance.below(80) as usize } else { 2 };
        let (left, top) = (x + shift, y + shift);
        writeln!(
            out,
            "{case:032x},Nodule,{},{left},{top},{},{}",
            READERS[n % READERS.len()],
            left + 60,
            top + 50
        )?;
    }
    Ok(out.flush()?)
}

/// Numbers that are the same in every run (SplitMix64, Steele et al. 2014).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

#[derive(Default)]
struct Beside {
    made: usize,
    busy: usize,
    slowest: Duration,
}

/// Imports a table while this process decides on cases that were there before.
fn import_while_deciding(store: &Path, table: &Path) -> Outcome<(Duration, u64, Beside)> {
    let drafts = open_drafts(store, 1_000)?;
    let mut session = session(store)?;
    let started = Instant::now();
    let mut child = command(store, &["import", path(table)]).stdout(Stdio::null()).spawn()?;
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let over = AtomicBool::new(false);
    let (took, memory, beside) = std::thread::scope(|scope| {
        let decider = scope.spawn(|| {
            let mut beside = Beside::default();
            for draft in &drafts {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                let began = Instant::now();
                match review::decide::decide(&mut session, draft) {
                    Ok(_) => beside.made += 1,
                    Err(_) => beside.busy += 1,
                }
                beside.slowest = beside.slowest.max(began.elapsed());
                std::thread::sleep(Duration::from_millis(20));
            }
            beside
        });
        let mut memory = 0;
        let took = loop {
            memory = memory.max(peak_memory(&status));
            match child.try_wait() {
                Ok(None) => std::thread::sleep(Duration::from_millis(10)),
                Ok(Some(_)) | Err(_) => break started.elapsed(),
            }
        };
        over.store(true, Ordering::Relaxed);
        (took, memory, decider.join().unwrap_or_default())
    });
    Ok((took, memory, beside))
}

/// Reads the highest memory use of a process, in KiB; 0 where it is gone.
fn peak_memory(status: &Path) -> u64 {
    let text = std::fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()).and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Makes a decision for each of the first open disputes: the first candidate, with confidence.
fn open_drafts(store: &Path, most: usize) -> Outcome<Vec<Draft>> {
    Ok(open_lines(store, most)?.iter().map(|line| serde_json::from_str(line)).collect::<Result<_, _>>()?)
}

fn open_lines(store: &Path, most: usize) -> Outcome<Vec<String>> {
    let cases = most.to_string();
    let queue = command(store, &["queue", "--json", "--sort", "age", "--limit", &cases]).output()?;
    let mut lines = Vec::new();
    for case in String::from_utf8(queue.stdout)?.lines() {
        let case: serde_json::Value = serde_json::from_str(case)?;
        let open = |dispute: &&serde_json::Value| dispute["state"] == "QUEUED";
        for dispute in case["disputes"].as_array().into_iter().flatten().filter(open) {
            let draft = serde_json::json!({
                "case": case["case"], "dispute": dispute["id"], "answer": { "adopt": 1 }, "confidence": 4,
            });
            lines.push(draft.to_string());
        }
    }
    lines.truncate(most);
    Ok(lines)
}

/// Times decisions one by one, each on disk when it returns: the slowest of a hundred, and the median.
fn single_decisions(store: &Path, n: usize) -> Outcome<(Duration, Duration)> {
    let drafts = open_drafts(store, n)?;
    let mut session = session(store)?;
    let mut times = Vec::new();
    for draft in &drafts {
        let began = Instant::now();
        review::decide::decide(&mut session, draft)?;
        times.push(began.elapsed());
    }
    times.sort();
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    Ok((at(99), at(50)))
}

/// Hands many decisions to one `decide`, which answers each after it is on disk.
fn many_decisions(store: &Path, n: usize) -> Outcome<(usize, Duration)> {
    let lines = open_lines(store, n)?;
    let file = store.with_extension("jsonl");
    std::fs::write(&file, lines.join("\n"))?;
    let took = timed(command(store, &["decide", path(&file)]).stdout(Stdio::null()))?;
    Ok((lines.len(), took))
}

fn session(store: &Path) -> Outcome<Session> {
    Ok(Session::open(store, runtime::account(), None, String::new(), runtime::now)?)
}

fn path(file: &Path) -> &str {
    file.to_str().unwrap_or_default()
}

fn command(store: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    match arguments {
        ["init"] => command.arg("init").arg(store),
        others => command.args(others).arg("--store").arg(store),
    };
    command
}

fn run(store: &Path, arguments: &[&str]) -> Outcome<()> {
    timed(command(store, arguments).stdout(Stdio::null())).map(drop)
}

fn timed(command: &mut Command) -> Outcome<Duration> {
    let began = Instant::now();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status()?;
    let took = began.elapsed();
    match status.success() {
        true => Ok(took),
        false => Err(format!("{command:?} ended with {status}").into()),
    }
}

fn median(n: usize, mut once: impl FnMut() -> Outcome<Duration>) -> Outcome<Duration> {
    let mut times = (0..n).map(|_| once()).collect::<Outcome<Vec<_>>>()?;
    times.sort();
    Ok(times.get(n / 2).copied().unwrap_or_default())
}
