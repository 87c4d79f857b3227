//! How long the statistics take at a size that hurts: a million items × three readers × five levels with and without
//! missing reads, four masks of 64×512×512, boxes of four readers on ten thousand images. Run it with
//! `cargo bench --bench stats`. Everything is made by code; the best of some runs is printed, and nothing asserted.
//!
//! A folder as argument holds raw inputs in place of those made here, bytes in rows: `labels_1000000x3.i8`,
//! `labels_missing_1000000x3.i8` and `mask_0_64x512x512.u8` to `mask_3_64x512x512.u8`; −1 is a missing read.
//!
//! `--peers COMMAND` runs other programs first, through the shell, which may fill that folder: of each figure they print a
//! line `{"metric": NAME, "seconds_min": S}` (or `seconds`), and what they took stands beside ours. `--small` only tells whether it runs.
//!
//! `--memory` prints, in place of the time, how much memory a run took at its peak beside what was there before it, and
//! how much that is against the arrays that it is given.

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use overread::stats::agreement::reads::Grouped;
use overread::stats::agreement::{
    Reads, Scale, Table, Weights, alpha_value, brennan_prediger, cohen_kappa, conger_kappa, fleiss_kappa,
    gwet_ac, krippendorff_alpha,
};
use overread::stats::boxes::detection::{Marked, detect};
use overread::stats::boxes::fusion::{Fusion, Scored, fuse};
use overread::stats::consensus::dawid_skene::dawid_skene;
use overread::stats::consensus::glad::glad;
use overread::stats::consensus::mace::{Priors, mace};
use overread::stats::consensus::vote::majority;
use overread::stats::consensus::votes::Read;
use overread::stats::consensus::{Stop, Tie, Votes};
use overread::stats::intervals::bootstrap::clustered;
use overread::stats::masks::combine::{Rule, combine};
use overread::stats::masks::staple::{Region, staple};
use overread::stats::masks::surface::distances;
use overread::stats::masks::{Grid, overlap};
use overread::stats::random::Random;
use peak_alloc::PeakAlloc;

type Outcome<T> = Result<T, Box<dyn Error>>;

const READERS: usize = 3;
const LEVELS: usize = 5;

/// How much there is of everything.
#[derive(Clone, Copy)]
struct Size {
    items: usize,
    images: usize,
    shape: [usize; 3],
    /// Cases of the store, and drawn groups of the bootstrap.
    cases: usize,
    replicates: usize,
}

const FULL: Size =
    Size { items: 1_000_000, images: 10_000, shape: [64, 512, 512], cases: 100_000, replicates: 1000 };
const SMALL: Size = Size { items: 20_000, images: 100, shape: [8, 64, 64], cases: 1000, replicates: 20 };
const RUNS: usize = 5;

/// Counts what is held; it costs each allocation a few nanoseconds.
#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// Says that memory is measured in place of time.
static MEMORY: AtomicBool = AtomicBool::new(false);

/// What other programs took: the name of the figure and seconds.
static PEERS: OnceLock<Vec<(String, f64)>> = OnceLock::new();

/// Which figures of others are the same work as ours.
const BESIDE: [(&str, &[&str]); 18] = [
    ("Fleiss", &["fleiss"]),
    ("Cohen, 3 pairs", &["kappa"]),
    ("Cohen, linear, 3 pairs", &["kappa_linear"]),
    ("Cohen, quadratic, 3 pairs", &["kappa_quadratic"]),
    ("alpha nominal", &["alpha_nominal"]),
    ("alpha ordinal", &["alpha_ordinal"]),
    ("alpha interval", &["alpha_interval"]),
    ("alpha nominal, missing", &["alpha_nominal_missing"]),
    ("AC1", &["ac1"]),
    ("majority vote", &["mv"]),
    ("Dawid and Skene, 10 iterations", &["ds10", "ds10_numpy"]),
    ("MACE, 10 iterations", &["mace"]),
    ("Dice, 6 pairs", &["dice6"]),
    ("STAPLE with its mask", &["staple"]),
    ("majority", &["majority"]),
    ("HD95", &["hd95_medpy"]),
    ("weighted boxes fusion", &["wbf"]),
    ("assignment, 6 pairs", &["hungarian_6_pairs"]),
];

fn main() -> Outcome<()> {
    // Cargo hands on an argument of its own, --bench.
    let mut arguments = std::env::args().skip(1);
    let (mut folder, mut size) = (None, FULL);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--peers" => {
                let command = arguments.next().ok_or("say which command: --peers COMMAND")?;
                PEERS.get_or_init(|| peers(&command));
            }
            "--small" => size = SMALL,
            "--memory" => MEMORY.store(true, Ordering::Relaxed),
            other if !other.starts_with('-') => folder = Some(argument),
            _ => {}
        }
    }
    let folder = folder.as_deref().map(Path::new);
    println!("{} cores, the best of {RUNS} runs\n", std::thread::available_parallelism()?);
    let mut random = Random::new(42, 0);
    let truth: Vec<u8> = (0..size.items).map(|_| level(random.unit())).collect();
    let (labels, missing) = match folder {
        Some(folder) => (
            std::fs::read(folder.join("labels_1000000x3.i8"))?,
            std::fs::read(folder.join("labels_missing_1000000x3.i8"))?,
        ),
        None => labels(&truth, &mut random),
    };
    println!("{} items, {READERS} readers, {LEVELS} levels", labels.len() / READERS);
    agreement(&labels, &missing, size)?;
    consensus(&labels, size)?;
    println!("\nmasks of {:?}", size.shape);
    masks(folder, size)?;
    println!("\n{} images, 4 readers", size.images);
    boxes(&mut random, size);
    Ok(())
}

/// Gives how much memory a run takes at its peak beside what was held before it, in bytes.
fn peak<T>(run: impl FnOnce() -> T) -> usize {
    HEAP.reset_peak_usage();
    let before = HEAP.current_usage();
    let result = black_box(run());
    let most = HEAP.peak_usage();
    drop(result);
    most.saturating_sub(before)
}

/// Runs other programs, and gives what they say that they took; what they print on stderr is shown.
fn peers(command: &str) -> Vec<(String, f64)> {
    let ran = Command::new("sh").args(["-c", command]).stderr(Stdio::inherit()).output();
    let Ok(ran) = ran else {
        eprintln!("the peers can't be run: {command}");
        return Vec::new();
    };
    let figure = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        Some((
            line["metric"].as_str()?.to_owned(),
            line["seconds_min"].as_f64().or(line["seconds"].as_f64())?,
        ))
    };
    String::from_utf8_lossy(&ran.stdout).lines().filter_map(figure).collect()
}

/// Says what others took for the same, and how many times as long that is.
fn beside(what: &str, own: f64) -> String {
    let names = BESIDE.iter().find(|(name, _)| *name == what).map_or(&[][..], |(_, names)| names);
    let of = |name: &&str| {
        let (name, seconds) = PEERS.get()?.iter().find(|(known, _)| known == name)?;
        Some(format!("   {name} {seconds:.3} s, {:.1} times", seconds / own))
    };
    names.iter().filter_map(of).collect()
}

/// Prints the best time of some runs, and what came out; or the memory of one, against the bytes that it is given.
fn timed<T: std::fmt::Debug>(what: &str, given: usize, mut run: impl FnMut() -> T) {
    if MEMORY.load(Ordering::Relaxed) {
        // What a first run sets up for all others stays.
        black_box(run());
        let (most, mib) = (peak(run), f64::from(1 << 20));
        let times = most as f64 / given as f64;
        println!(
            "  {what:34} {:9.2} MiB of {:.2} MiB given, {times:.2} times",
            most as f64 / mib,
            given as f64 / mib
        );
        return;
    }
    let mut best = f64::INFINITY;
    let mut result = None;
    for _ in 0..RUNS {
        let start = Instant::now();
        result = Some(black_box(run()));
        best = best.min(start.elapsed().as_secs_f64());
    }
    let result = result.map(|result| format!("{result:.6?}")).unwrap_or_default();
    let result: String = result.chars().take(72).collect();
    println!("  {what:34} {best:9.5} s   {result}{}", beside(what, best));
}

fn level(at: f64) -> u8 {
    [0.55, 0.75, 0.87, 0.95].iter().filter(|end| at >= **end).count() as u8
}

fn labels(truth: &[u8], random: &mut Random) -> (Vec<u8>, Vec<u8>) {
    let mut labels = Vec::with_capacity(truth.len() * READERS);
    for truth in truth {
        for right in [0.9, 0.8, 0.7] {
            labels.push(if random.unit() < right { *truth } else { random.below(LEVELS as u64) as u8 });
        }
    }
    let missing = labels.iter().map(|label| if random.unit() < 0.1 { u8::MAX } else { *label }).collect();
    (labels, missing)
}

fn agreement(labels: &[u8], missing: &[u8], size: Size) -> Outcome<()> {
    let plain = Weights::identity(LEVELS);
    let values = [1.0, 2.0, 3.0, 4.0, 5.0];
    let count = |codes: &[u8]| Reads::new(codes, READERS, LEVELS).map(|reads| reads.patterns());
    let value = |of: &dyn Fn() -> Option<f64>| of();
    timed("counting patterns", labels.len(), || count(labels).map(|patterns| patterns.counts().len()));
    timed("Fleiss", labels.len(), || {
        count(labels).ok().and_then(|all| fleiss_kappa(&all, &plain).ok()).map(|one| one.value)
    });
    for (name, weights) in [
        ("", plain.clone()),
        (", linear", Weights::linear(&values)),
        (", quadratic", Weights::quadratic(&values)),
    ] {
        timed(&format!("Cohen{name}, 3 pairs"), labels.len(), || {
            let all = count(labels).ok()?;
            let pair = |a, b| cohen_kappa(&Table::of(&all, a, b), &weights).ok().map(|one| one.value);
            Some([pair(0, 1)?, pair(0, 2)?, pair(1, 2)?])
        });
    }
    for (name, codes) in [("", labels), (", missing", missing)] {
        for (scale, of) in
            [("nominal", Scale::Nominal), ("ordinal", Scale::Ordinal), ("interval", Scale::Interval(&values))]
        {
            timed(&format!("alpha {scale}{name}"), codes.len(), || {
                value(&|| alpha_value(&count(codes).ok()?, of).ok())
            });
        }
    }
    timed("alpha nominal with jackknife", labels.len(), || {
        count(missing)
            .ok()
            .and_then(|all| krippendorff_alpha(&all, Scale::Nominal).ok())
            .map(|one| (one.value, one.se))
    });
    timed("AC1", labels.len(), || {
        count(labels).ok().and_then(|all| gwet_ac(&all, &plain).ok()).map(|one| one.value)
    });
    timed("Conger and Brennan-Prediger", labels.len(), || {
        let all = count(labels).ok()?;
        Some((conger_kappa(&all, &plain).ok()?.value, brennan_prediger(&all, &plain).ok()?.value))
    });
    let few = labels.get(..size.cases * READERS).unwrap_or(labels);
    let (patterns, of_items) = Reads::new(few, READERS, LEVELS)?.patterns_of_items();
    let groups: Vec<u32> = (0..of_items.len() as u32).collect();
    let given = few.len() + size_of_val(&of_items[..]) + size_of_val(&groups[..]);
    timed(&format!("bootstrap of alpha, {} × {}", size.replicates, groups.len()), given, || {
        let grouped = Grouped::new(&patterns, &of_items, &groups);
        let drawn = clustered(grouped.len(), size.replicates, 1, 0.95, |times| {
            vec![alpha_value(&grouped.draw(times), Scale::Nominal).ok()]
        });
        drawn.first().copied().flatten().map(|one| one.interval)
    });
    Ok(())
}

fn consensus(labels: &[u8], size: Size) -> Outcome<()> {
    // As they come from a store: reads, one by one.
    let stored: Vec<Read> = labels
        .iter()
        .take(size.cases * READERS)
        .enumerate()
        .map(|(n, level)| Read {
            item: (n / READERS) as u32,
            reader: (n % READERS) as u32,
            level: u16::from(*level),
        })
        .collect();
    timed(&format!("majority and Dawid–Skene, {} cases", size.cases), size_of_val(&stored[..]), || {
        let (votes, _) = Votes::of_reads(&stored, [size.cases, READERS, LEVELS]).ok()?;
        let ballots = majority(&votes, Tie::Undecided);
        Some((ballots.len(), dawid_skene(&votes, Stop::default()).ok()?.log_likelihood))
    });
    let reads = Reads::new(labels, READERS, LEVELS)?;
    let all = || {
        let (patterns, of_items) = reads.patterns_of_items();
        (Votes::of_patterns(&patterns, None), of_items)
    };
    // With the answer to each item, as other programs give it.
    timed("majority vote", labels.len(), || {
        let (votes, of_items) = all();
        let ballots = majority(&votes, Tie::First);
        of_items.iter().filter(|n| ballots[**n as usize].winner == Some(0)).count()
    });
    let ten = Stop { iterations: 10, tolerance: 0.0 };
    timed("Dawid and Skene, 10 iterations", labels.len(), || {
        let (votes, of_items) = all();
        let found = dawid_skene(&votes, ten).ok()?;
        Some((found.log_likelihood, of_items.len()))
    });
    timed("MACE, 10 iterations", labels.len(), || {
        let (votes, of_items) = all();
        let found = mace(&votes, Priors { starts: 1, ..Priors::default() }, ten).ok()?;
        Some((found.competence, of_items.len()))
    });
    timed("GLAD, 10 iterations", labels.len(), || {
        let (votes, of_items) = all();
        let found = glad(&votes, ten).ok()?;
        Some((found.ability, of_items.len()))
    });
    Ok(())
}

fn masks(folder: Option<&Path>, size: Size) -> Outcome<()> {
    let grid = Grid::volume(size.shape, [2.5, 0.7, 0.7]);
    let balls = [[32, 256, 256, 120], [33, 260, 250, 115], [31, 250, 262, 125], [32, 262, 258, 110]];
    let masks = balls.iter().enumerate().map(|(n, ball)| match folder {
        Some(folder) => Ok(std::fs::read(folder.join(format!("mask_{n}_64x512x512.u8")))?),
        None => Ok(ball_with_noise(&grid, *ball, n as u64)),
    });
    let masks: Vec<Vec<u8>> = masks.collect::<Outcome<_>>()?;
    let all: Vec<&[u8]> = masks.iter().map(Vec::as_slice).collect();
    let cells = all.iter().map(|mask| mask.len()).sum();
    timed("Dice, 6 pairs", cells, || {
        let pairs = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)];
        pairs.map(|(a, b)| overlap(all[a], all[b]).dice().unwrap_or(f64::NAN))
    });
    timed("majority", cells, || {
        combine(&all, Rule::Majority).iter().map(|cell| usize::from(*cell)).sum::<usize>()
    });
    timed("STAPLE with its mask", cells, || {
        let found = staple(&grid, &all, Region::whole(&grid), 100)?;
        let mask = found.mask(&grid, &all, 0.5);
        Some((found.count(0.5), found.iterations, mask.len()))
    });
    timed("HD95", all[0].len() + all[1].len(), || {
        let apart = distances(&grid, all[0], all[1])?;
        Some((apart.hd95_pooled(), apart.hd95_max_of_directed(), apart.assd_pooled_mean()))
    });
    Ok(())
}

fn ball_with_noise(grid: &Grid, [cz, cy, cx, radius]: [i64; 4], stream: u64) -> Vec<u8> {
    let mut random = Random::new(42, stream + 1);
    (0..grid.len())
        .map(|cell| {
            let [z, y, x] = grid.place(cell).map(|at| at as i64);
            let inside = (4 * (z - cz)).pow(2) + (y - cy).pow(2) + (x - cx).pow(2) <= radius * radius;
            u8::from(inside != (random.unit() < 0.002))
        })
        .collect()
}

fn boxes(random: &mut Random, size: Size) {
    let images: Vec<Vec<Vec<Scored>>> = (0..size.images).map(|_| image(random)).collect();
    let given = images.iter().flatten().map(|boxes| size_of_val(&boxes[..])).sum();
    timed("weighted boxes fusion", given, || {
        let fused = images.iter().map(|image| fuse(&image.concat(), &[1.0; 4], Fusion::default()).len());
        fused.sum::<usize>()
    });
    let marked = |of: &Vec<Scored>| -> Vec<Marked> {
        of.iter().map(|one| Marked { bounds: one.bounds, class: one.class }).collect()
    };
    timed("assignment, 6 pairs", given, || {
        let mut matches = 0;
        for image in &images {
            let readers: Vec<Vec<Marked>> = image.iter().map(marked).collect();
            for a in 0..4 {
                for b in a + 1..4 {
                    matches += detect(&readers[a], &readers[b], 0.5).matched.len();
                }
            }
        }
        matches
    });
}

/// One to eight objects, of which each reader marks four of five.
fn image(random: &mut Random) -> Vec<Vec<Scored>> {
    let objects: Vec<[f64; 4]> = (0..1 + random.below(8))
        .map(|_| {
            let (x, y) = (random.unit() * 0.8, random.unit() * 0.8);
            [x, y, x + 0.05 + random.unit() * 0.15, y + 0.05 + random.unit() * 0.15]
        })
        .collect();
    let mut readers = Vec::new();
    for reader in 0..4 {
        let mut boxes = Vec::new();
        for object in &objects {
            if random.unit() < 0.8 {
                let mut at = object.map(|at| {
                    // Nearly normal: twelve uniform numbers, of which the variance adds up to one.
                    let normal = (0..12).map(|_| random.unit()).sum::<f64>() - 6.0;
                    (at + 0.01 * normal).clamp(0.0, 1.0)
                });
                at[2] = at[2].max(at[0] + 1e-4);
                at[3] = at[3].max(at[1] + 1e-4);
                boxes.push(Scored { bounds: at, score: 0.5 + random.unit() / 2.0, class: 1, reader });
            }
        }
        readers.push(boxes);
    }
    readers
}
