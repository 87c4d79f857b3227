//! How long the terminal UI takes at a size that hurts: run it with `cargo bench --bench ui`. The program under
//! measurement is the real one in a pseudo-terminal, with all its threads; the search is measured beside it, at the clerk.
//!
//! `cargo bench --bench ui -- 100000` takes so many cases in place of a million. With `OVERREAD_BENCH=FOLDER` the store is
//! made there, stays there, and is taken again the next time.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use overread::app::{Answer, Ask};
use overread::review::Session;
use overread::review::consensus::{self, Method, consensus};
use overread::review::figures::{Request, figures};
use overread::runtime;
use overread::runtime::clerk::Clerk;
use overread::store::query::QueueFilter;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

type Outcome<T> = Result<T, Box<dyn Error>>;

const PROGRAM: &str = env!("CARGO_BIN_EXE_overread");
/// How the program ends a frame.
const FRAME_END: &[u8] = b"\x1b[?2026l";
/// Stands in every case's name.
const CASE: &[u8] = b"CT-";
const LABELS: [&str; 6] = ["nodule", "margin", "spiculation", "calcification", "effusion", "lesion"];
/// What is looked for, and whether some of it is found while the search still runs: else there is nothing to go through,
/// and a key that moves nothing draws nothing.
const WORDS: [(&str, bool); 5] =
    [("nodule 0042", true), ("spi 99", true), ("GRADE calc", true), ("lsn 123", false), ("zzzz", false)];
/// A key is pressed as soon as nothing was drawn for so long: as a held key repeats.
const REPEAT: Duration = Duration::from_millis(20);
/// Between two letters, as a quick typist leaves it.
const TYPIST: Duration = Duration::from_millis(100);
/// What is not there by then does not come.
const NEVER: Duration = Duration::from_secs(2);
/// The same of figures of all cases.
const FIGURES: Duration = Duration::from_secs(120);

fn main() -> Outcome<()> {
    let cases = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    let temporary;
    let folder = match std::env::var_os("OVERREAD_BENCH") {
        Some(folder) => PathBuf::from(folder),
        None => {
            temporary = tempfile::tempdir()?;
            temporary.path().to_owned()
        }
    };
    let store = folder.join(format!("{cases}.overread"));
    println!("{cases} cases with a dispute each, {} cores", std::thread::available_parallelism()?);
    if !store.exists() {
        let began = Instant::now();
        make(&folder, &store, cases)?;
        println!("  (the store was made in {:.0} s)", began.elapsed().as_secs_f64());
    }
    starts(&store)?;
    let mut screen = Screen::start(&store)?;
    screen.rest(Duration::from_millis(1500));
    scroll(&mut screen)?;
    filter(&mut screen)?;
    screens_of_figures(&mut screen)?;
    decide(&mut screen)?;
    idle(&mut screen)?;
    println!("  peak memory of the program          {:7} MiB", screen.peak_memory() / 1024);
    screen.leave()?;
    println!("\nfirst hits of a search, at the clerk, ms (all hits in brackets)");
    for titles in [100_000, cases] {
        search(&store, titles.min(cases))?;
    }
    println!("\nstatistics of the whole store, ms");
    statistics(&store)
}

/// Works out everything that the screens of statistics draw, and a consensus.
fn statistics(store: &Path) -> Outcome<()> {
    let (mut all, mut first, mut one) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..3 {
        let mut session = Session::open(store, runtime::account(), None, String::new(), runtime::now)?;
        let began = Instant::now();
        let told = Mutex::new(None);
        figures(&mut session, &Request::default(), |_| {
            if let Ok(mut told) = told.lock() {
                told.get_or_insert_with(|| began.elapsed());
            }
        })?;
        all.push(began.elapsed());
        first.extend(told.into_inner().ok().flatten());
        let began = Instant::now();
        let label = Some(LABELS[0].to_owned());
        consensus(
            &mut session,
            &consensus::Request {
                label,
                method: Method::Majority,
                iterations: None,
                within: Default::default(),
            },
        )?;
        one.push(began.elapsed());
    }
    tell("progress of all figures is told first", &first);
    tell("all figures", &all);
    tell("a majority on one label", &one);
    Ok(())
}

/// Makes a store in which two readers differ on every case.
fn make(folder: &Path, store: &Path, cases: usize) -> Outcome<()> {
    let table = folder.join("reads.csv");
    let mut out = BufWriter::new(File::create(&table)?);
    writeln!(out, "case,reader,label,value")?;
    for case in 0..cases {
        let label = LABELS[case * 7 % LABELS.len()];
        // Scattered, so that the order by priority is not that of the names.
        let first = case.wrapping_mul(2_654_435_761) % 4 + 1;
        let second = first + 1 + case.wrapping_mul(40_503) / 7 % (5 - first);
        writeln!(out, "CT-{case:07},R1,{label},{first}\nCT-{case:07},R2,{label},{second}")?;
    }
    out.flush()?;
    drop(out);
    let run = |arguments: &[&Path]| -> Outcome<()> {
        let status =
            Command::new(PROGRAM).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).status()?;
        if status.success() { Ok(()) } else { Err(format!("{arguments:?} ended with {status}").into()) }
    };
    run(&[Path::new("init"), store])?;
    run(&[Path::new("import"), &table, Path::new("--store"), store])?;
    Ok(std::fs::remove_file(&table)?)
}

/// The program in a pseudo-terminal.
struct Screen {
    child: Child,
    keys: File,
    drawn: Receiver<(Instant, Vec<u8>)>,
    began: Instant,
}

impl Screen {
    fn start(store: &Path) -> Outcome<Screen> {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&terminal)?;
        unlockpt(&terminal)?;
        tcsetwinsize(&terminal, Winsize { ws_row: 60, ws_col: 200, ws_xpixel: 0, ws_ypixel: 0 })?;
        let name = ptsname(&terminal, Vec::new())?.into_string()?;
        let inner: OwnedFd = File::options().read(true).write(true).open(name)?.into();
        let mut command = Command::new(PROGRAM);
        command.arg("--store").arg(store).env("TERM", "xterm-256color").env("LC_ALL", "C.UTF-8");
        command.env("XDG_CONFIG_HOME", store.with_extension("no-config")).env_remove("OVERREAD_STORE");
        command.stdin(inner.try_clone()?).stdout(inner.try_clone()?).stderr(inner);
        let began = Instant::now();
        let child = command.spawn()?;
        drop(command);
        let keys = File::from(terminal);
        let mut screen = keys.try_clone()?;
        let (tell, drawn) = channel();
        std::thread::spawn(move || {
            let mut bytes = vec![0; 256 * 1024];
            while let Ok(count @ 1..) = screen.read(&mut bytes) {
                if tell.send((Instant::now(), bytes[..count].to_vec())).is_err() {
                    break;
                }
            }
        });
        Ok(Screen { child, keys, drawn, began })
    }

    /// Waits until something stands in what is drawn from now on; none where it never comes.
    fn until(&mut self, wanted: &[u8]) -> Option<Instant> {
        self.until_within(wanted, NEVER)
    }

    /// The same, where nothing at all may be drawn for so long.
    fn until_within(&mut self, wanted: &[u8], patience: Duration) -> Option<Instant> {
        let mut seen: Vec<u8> = Vec::new();
        loop {
            let (at, bytes) = self.drawn.recv_timeout(patience).ok()?;
            seen.extend(bytes);
            if seen.windows(wanted.len()).any(|window| window == wanted) {
                return Some(at);
            }
            seen.drain(..seen.len().saturating_sub(wanted.len()));
        }
    }

    /// Waits until nothing was drawn for so long; gives when the last was.
    fn rest(&mut self, quiet: Duration) -> Option<Instant> {
        let mut last = None;
        while let Ok((at, _)) = self.drawn.recv_timeout(quiet) {
            last = Some(at);
        }
        last
    }

    /// Lets so long pass, whatever is drawn.
    fn pass(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while self.drawn.recv_timeout(end.saturating_duration_since(Instant::now())).is_ok() {}
    }

    /// Presses a key; gives how long it took until a frame was drawn, none where none was.
    fn press(&mut self, key: &str) -> Outcome<Option<Duration>> {
        while self.drawn.try_recv().is_ok() {}
        let began = Instant::now();
        self.keys.write_all(key.as_bytes())?;
        Ok(self.until(FRAME_END).map(|at| at - began))
    }

    fn status(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).unwrap_or_default()
    }

    /// Reads the highest memory use, in KiB.
    fn peak_memory(&self) -> u64 {
        let status = self.status("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        line.and_then(|line| line.split_whitespace().next())
            .and_then(|number| number.parse().ok())
            .unwrap_or(0)
    }

    /// Reads how long all threads together had a core.
    fn on_core(&self) -> Duration {
        let threads =
            std::fs::read_dir(format!("/proc/{}/task", self.child.id())).into_iter().flatten().flatten();
        let of = |thread: std::fs::DirEntry| -> Option<u64> {
            let times = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
            times.split_whitespace().next()?.parse().ok()
        };
        Duration::from_nanos(threads.filter_map(of).sum())
    }

    fn leave(mut self) -> Outcome<()> {
        self.keys.write_all(b"\x03")?;
        self.rest(Duration::from_millis(100));
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(format!("the program ended with {status}").into()) }
    }
}

/// From the start of the process to its first frame, and to the first lines of the list.
fn starts(store: &Path) -> Outcome<()> {
    let (mut frames, mut lists) = (Vec::new(), Vec::new());
    for _ in 0..11 {
        let mut screen = Screen::start(store)?;
        let began = screen.began;
        frames.extend(screen.until(FRAME_END).map(|at| at - began));
        lists.extend(screen.until(CASE).map(|at| at - began));
        screen.rest(Duration::from_millis(500));
        screen.leave()?;
    }
    println!("\nfrom the start of the process, ms                 median      p99      max   (n)");
    tell("first frame", &frames);
    tell("first lines of the list", &lists);
    Ok(())
}

/// Presses a key often, each time after all is drawn.
fn often(screen: &mut Screen, key: &str, times: usize) -> Outcome<Vec<Duration>> {
    let mut took = Vec::new();
    for _ in 0..times {
        took.extend(screen.press(key)?);
        screen.rest(REPEAT);
    }
    Ok(took)
}

fn scroll(screen: &mut Screen) -> Outcome<()> {
    println!("\nkey to frame, 200×60 cells, ms                    median      p99      max   (n)");
    for (what, key, times) in [("down", "j", 200), ("page down", "\x1b[6~", 100)] {
        let before = screen.on_core();
        let took = often(screen, key, times)?;
        tell(what, &took);
        // What other programs take of the machine is not in this.
        let each = (screen.on_core() - before).as_secs_f64() * 1e3 / took.len() as f64;
        println!("    of which a core was held for {each:.2}, all threads together");
    }
    let mut ends = Vec::new();
    for _ in 0..20 {
        ends.extend(often(screen, "G", 1)?);
        ends.extend(often(screen, "\x1b[H", 1)?);
    }
    tell("last and first", &ends);
    Ok(())
}

/// Types words letter by letter while the search runs, and takes them back.
fn filter(screen: &mut Screen) -> Outcome<()> {
    let mut letters = Vec::new();
    let mut first = Vec::new();
    for (words, found) in WORDS {
        screen.press("/")?;
        screen.rest(REPEAT);
        for (n, letter) in words.chars().enumerate() {
            let took = screen.press(&letter.to_string())?;
            if n == 0 {
                first.extend(took)
            } else {
                letters.extend(took)
            }
            screen.pass(TYPIST);
        }
        screen.rest(Duration::from_millis(200));
        if found {
            letters.extend(often(screen, "\x1b[B", 5)?);
        }
        screen.press("\x1b")?;
        screen.rest(Duration::from_millis(200));
    }
    tell("first letter of a search", &first);
    tell("further letters, and down in what is found", &letters);
    Ok(())
}

/// Opens the screens of figures, and presses keys while they are worked out.
fn screens_of_figures(screen: &mut Screen) -> Outcome<()> {
    println!("\nscreens of figures, 200×60 cells, ms               median      p99      max   (n)");
    for (name, key) in [("Agreement", "\x1bOS"), ("Readers", "\x1b[15~")] {
        let (mut frames, mut there, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        // The first opening works the figures out.
        screen.keys.write_all(key.as_bytes())?;
        screen.until_within(b"as of", FIGURES);
        screen.rest(REPEAT);
        for _ in 0..5 {
            while screen.drawn.try_recv().is_ok() {}
            // As an opening does where something was written since.
            let began = Instant::now();
            screen.keys.write_all(b"r")?;
            frames.extend(screen.until(FRAME_END).map(|at| at - began));
            there.extend(screen.until_within(b"as of", FIGURES).map(|at| at - began));
            screen.rest(REPEAT);
            keys.extend(screen.press("\t")?);
            screen.rest(REPEAT);
        }
        tell(&format!("{name}: first frame"), &frames);
        tell(&format!("{name}: until the figures stand"), &there);
        tell(&format!("{name}: to the next picture"), &keys);
        // Whole frames follow one another while figures are worked out: a key is among them all the same.
        let mut during = Vec::new();
        for _ in 0..5 {
            screen.press("r")?;
            during.extend(screen.press("\t")?);
            screen.until_within(b"as of", FIGURES);
            screen.rest(REPEAT);
        }
        tell(&format!("{name}: key to frame while they are worked out"), &during);
    }
    screen.press("\x1bOP")?;
    screen.rest(Duration::from_millis(500));
    Ok(())
}

/// Decides, at the top of the list and at its end: the save itself is on the clerk's thread.
fn decide(screen: &mut Screen) -> Outcome<()> {
    for (place, go_to) in [("at the top", "\x1b[H"), ("at the end", "G")] {
        screen.press(go_to)?;
        screen.rest(Duration::from_millis(200));
        if go_to == "G" {
            often(screen, "\x1b[5~", 1)?;
        }
        screen.press("\r")?;
        let (mut digits, mut saves, mut nexts) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..12 {
            // Deciding keys count only after a moment, and the end of that is drawn.
            screen.pass(Duration::from_millis(1200));
            digits.extend(screen.press("x")?);
            screen.rest(REPEAT);
            digits.extend(screen.press("4")?);
            screen.rest(REPEAT);
            // No picture was seen: the first Enter says so.
            digits.extend(screen.press("\r")?);
            screen.rest(REPEAT);
            let began = Instant::now();
            saves.extend(screen.press("\r")?);
            nexts.extend(screen.rest(Duration::from_millis(150)).map(|at| at - began));
        }
        screen.press("\x1b")?;
        screen.rest(Duration::from_millis(500));
        tell(&format!("choosing, {place}"), &digits);
        tell(&format!("Enter that saves, {place}"), &saves);
        tell(&format!("until saved and the next case stands, {place}"), &nexts);
    }
    Ok(())
}

/// What it costs to sit before it and do nothing.
fn idle(screen: &mut Screen) -> Outcome<()> {
    screen.rest(Duration::from_secs(3));
    let (began, on_core) = (Instant::now(), screen.on_core());
    let mut bytes = 0;
    let end = began + Duration::from_secs(10);
    loop {
        match screen.drawn.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok((_, drawn)) => bytes += drawn.len(),
            Err(RecvTimeoutError::Timeout) => break,
            Err(RecvTimeoutError::Disconnected) => return Err("the program has ended".into()),
        }
    }
    let share = (screen.on_core() - on_core).as_secs_f64() / began.elapsed().as_secs_f64();
    println!("\n  idle for ten seconds                {bytes:7} bytes, {:.3} % of a core", share * 100.0);
    Ok(())
}

/// Searches among so many titles: a word letter by letter, each to its first hits and to its end.
fn search(store: &Path, titles: usize) -> Outcome<()> {
    let (mut cold, mut letters) = (Vec::new(), Vec::new());
    let mut shown = Vec::new();
    for round in 0..5 {
        let session = Session::open(store, runtime::account(), None, String::new(), runtime::now)?;
        let mut clerk = Clerk::new(session, String::new());
        let limit = Some(u64::try_from(titles)?);
        clerk.perform(
            Ask::List { ticket: 1, filter: QueueFilter { limit, ..QueueFilter::default() } },
            &mut |_| {},
        );
        let word = "spi 99";
        for n in 1..=word.len() {
            let (first, all, hits) = find(&mut clerk, n as u64 + 1, &word[..n]);
            if n == 1 {
                cold.extend(first)
            } else {
                letters.extend(first)
            }
            if round == 0 {
                let ms = |time: Option<Duration>| time.map_or(f64::NAN, |time| time.as_secs_f64() * 1e3);
                shown.push(format!("{:?} {:.1} ({:.0}: {hits})", &word[..n], ms(first), ms(Some(all))));
            }
        }
    }
    println!("  among {titles}: {}", shown.join(", "));
    tell("first hits of the first letter", &cold);
    tell("first hits of the letters after it", &letters);
    Ok(())
}

/// Searches to the end; gives when the first hits were told, when it ended, and how many there were.
fn find(clerk: &mut Clerk, ticket: u64, words: &str) -> (Option<Duration>, Duration, usize) {
    let began = Instant::now();
    let (mut first, mut hits, mut over) = (None, 0, false);
    let mut take = |answer| {
        if let Answer::Found { hits: found, whole, .. } = answer {
            (hits, over) = (found.len(), whole);
            if !found.is_empty() && first.is_none() {
                first = Some(began.elapsed());
            }
        }
        over
    };
    let mut ended = false;
    clerk
        .perform(Ask::Find { ticket, list: 1, words: words.to_owned() }, &mut |answer| ended |= take(answer));
    while !ended {
        clerk.search_on(&mut |answer| ended |= take(answer));
    }
    (first, began.elapsed(), hits)
}

fn tell(what: &str, times: &[Duration]) {
    let mut times: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1e3).collect();
    times.sort_by(f64::total_cmp);
    let at =
        |share: usize| times.get((times.len() * share / 100).min(times.len().saturating_sub(1))).copied();
    let [median, slow, most] = [at(50), at(99), times.last().copied()].map(|time| time.unwrap_or(f64::NAN));
    println!("  {what:<46} {median:8.2} {slow:8.2} {most:8.2}   ({})", times.len());
}
