//! What an hour of review takes of a link of 10 Mbit/s with 50 ms a round trip, beside plain ratatui-image: its kitty and
//! sixel encodings of the same pictures at the same size, each sent as it is wanted.
//!
//! `cargo bench --bench link` makes its DICOM files by code; OVERREAD_PICTURES may name a folder of others. The link is
//! reckoned, the time of decoding and encoding is that of this run. Nothing is asserted.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use dicom_core::value::PrimitiveValue;
use dicom_core::{DataElement, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use overread::domain::geometry::{Geometry, Shape};
use overread::imaging::{Decoder, Window};
use overread::preview::pace::{Pace, REST};
use overread::preview::place::{Placement, Stage};
use overread::preview::plan::{Dash, Detail, Outline, Plan, Protocol, View, Wanted};
use overread::preview::pool::{Found, Means, Pool};
use overread::preview::render::{need, render};
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Bytes a second, and half a round trip.
const RATE: f64 = 10e6 / 8.0;
const WAY: Duration = Duration::from_millis(25);
const CASES: usize = 50;
/// The picture's place: 660×800 pixels.
const CELLS: (u16, u16) = (66, 40);
const CELL: (u16, u16) = (10, 20);
const PROGRAM: &str = env!("CARGO_BIN_EXE_overread");

fn main() -> Outcome<()> {
    let made = tempfile::tempdir()?;
    let folder = match std::env::var_os("OVERREAD_PICTURES") {
        Some(folder) => PathBuf::from(folder),
        None => {
            for seed in 0..3 {
                write(&made.path().join(format!("dx{seed}.dcm")), 2500, 3000, seed)?;
                write(&made.path().join(format!("ct{seed}.dcm")), 512, 512, seed)?;
            }
            made.path().to_owned()
        }
    };
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "dcm"));
    files.sort();
    bounds(&files)?;
    println!("\n{CASES} cases over 10 Mbit/s, 50 ms a round trip; ms from the key to the picture\n");
    println!("{:<24} {:>9} {:>16} {:>16}", "", "MB", "first p50 p95", "whole p50 p95");
    for protocol in [Protocol::Kitty, Protocol::Sixel] {
        let mut ours = Ours::of(protocol);
        let mut plain = Plain::of(protocol);
        for step in review(&files) {
            ours.show(&step)?;
            plain.show(&step)?;
        }
        ours.tally.print(&format!("overread, {protocol:?}"));
        plain.tally.print(&format!("ratatui-image, {protocol:?}"));
    }
    Ok(())
}

/// What somebody does who reviews: cases are opened, windowed, zoomed into and back, looked at with and without outlines,
/// and now and then again. None is a popup over the picture.
fn review(files: &[PathBuf]) -> Vec<Option<Wanted>> {
    let mut steps = Vec::new();
    for (case, file) in (0..CASES).zip(files.iter().cycle()) {
        let wanted = wanted(case, file);
        let with = |change: &dyn Fn(&mut View)| {
            let mut changed = wanted.clone();
            change(&mut changed.view);
            Some(changed)
        };
        steps.push(Some(wanted.clone()));
        for n in 1..=3 {
            steps.push(with(&|view| view.window = Window::new(1600.0 - 200.0 * f64::from(n), 1000.0)));
        }
        steps.push(Some(wanted.clone()));
        for n in 1..=2 {
            let half = 200.0 / f64::from(n);
            steps.push(with(&|view| {
                view.region = Some([256.0 - half, 256.0 - half, 256.0 + half, 256.0 + half])
            }));
        }
        steps.push(Some(wanted.clone()));
        steps.push(Some(Wanted { outlines: Vec::new(), ..wanted.clone() }));
        steps.push(Some(wanted.clone()));
        steps.extend([None, Some(wanted.clone())]);
        if case % 5 == 4 {
            let before = self::wanted(case - 1, &files[(case - 1) % files.len()]);
            steps.extend([Some(before), Some(wanted)]);
        }
    }
    steps
}

fn wanted(case: usize, file: &Path) -> Wanted {
    let view = View {
        image: uid(file),
        frame: 0,
        window: None,
        inverted: false,
        quarters: 0,
        flipped: false,
        region: None,
        at_most: None,
    };
    let outlines = (0..3_u8).map(|n| {
        let from = 150.0 + 20.0 * f64::from(n);
        let shape = Shape::Box { points: [[from, from], [from + 120.0, from + 90.0]] };
        Outline {
            letter: char::from(b'A' + n).to_string(),
            colour: [250, 80 * n, 60],
            dash: Dash::Solid,
            strong: n == 0,
            shapes: vec![Geometry { shape, image: view.image.clone(), frame: 0 }],
        }
    });
    Wanted {
        case: format!("case {case}"),
        files: vec![file.to_owned()],
        outlines: outlines.collect(),
        view: view.clone(),
        graphics: true,
        cells: CELLS,
    }
}

/// Gives what a file says that its image is.
fn uid(file: &Path) -> String {
    let read = dicom_object::OpenFileOptions::new().read_until(tags::ROWS).open_file(file);
    read.map(|object| object.meta().media_storage_sop_instance_uid().to_owned()).unwrap_or_default()
}

/// A link that carries one thing after another.
#[derive(Default)]
struct Link {
    free: Duration,
}

impl Link {
    /// Sends bytes, and gives when they are there.
    fn send(&mut self, bytes: usize, now: Duration) -> Duration {
        self.free = self.free.max(now) + Duration::from_secs_f64(bytes as f64 / RATE);
        self.free + WAY
    }
}

#[derive(Default)]
struct Tally {
    bytes: usize,
    first: Vec<Duration>,
    whole: Vec<Duration>,
}

impl Tally {
    fn print(&mut self, name: &str) {
        let mut of = |times: fn(&mut Tally) -> &mut Vec<Duration>| {
            let times = times(self);
            times.sort();
            let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_millis();
            format!("{:>8} {:>7}", at(0.5), at(0.95))
        };
        let (first, whole) = (of(|tally| &mut tally.first), of(|tally| &mut tally.whole));
        println!("{name:<24} {:>9.1} {first:>16} {whole:>16}", self.bytes as f64 / 1e6);
    }
}

struct Ours {
    pool: Pool,
    told: Receiver<()>,
    stage: Stage,
    pace: Pace,
    means: Means,
    link: Link,
    now: Duration,
    tally: Tally,
    /// Bytes of each frame of what was shown last.
    frames: Vec<usize>,
}

impl Ours {
    fn of(protocol: Protocol) -> Ours {
        let (tell, told) = channel();
        let tell = std::sync::Mutex::new(tell);
        let pool = Pool::new(PROGRAM.into(), move || {
            if let Ok(tell) = tell.lock() {
                let _ = tell.send(());
            }
        });
        Ours {
            pool,
            told,
            stage: Stage::default(),
            pace: Pace::default(),
            means: Means { protocol, cell: CELL },
            link: Link::default(),
            now: Duration::ZERO,
            tally: Tally::default(),
            frames: Vec::new(),
        }
    }

    fn show(&mut self, step: &Option<Wanted>) -> Outcome<()> {
        let pressed = self.now;
        // What somebody looks at for a while.
        self.now += WAY;
        self.frames.clear();
        let Some(wanted) = step else {
            let mut out = Vec::new();
            self.stage.reconcile(&[], &mut out);
            self.tally.bytes += out.len();
            self.now += Duration::from_secs(2);
            return Ok(());
        };
        let plan = Plan { visible: vec![wanted.clone()], next: Vec::new() };
        let mut first = None;
        loop {
            self.pace.sees(&plan, self.now);
            let allowance = self.pace.allowance(self.now);
            self.pool.reconcile(&plan, self.means, allowance, self.stage.holds());
            let begun = Instant::now();
            let shown = loop {
                match self.pool.gallery().find(wanted) {
                    Found::Ready(shown) if first.is_none() || shown.facts.detail != Detail::First => {
                        break shown;
                    }
                    Found::Failed(words) => return Err(words.into()),
                    _ => self.told.recv()?,
                }
            };
            self.now += begun.elapsed();
            let mut out = Vec::new();
            let area = Rect { x: 0, y: 0, width: CELLS.0, height: CELLS.1 };
            self.stage.reconcile(&[Placement::within(&shown, area)], &mut out);
            self.frames.push(out.len());
            self.tally.bytes += out.len();
            let there = self.link.send(out.len(), self.now);
            first.get_or_insert(there - pressed);
            if self.pace.would_ask(out.len()) {
                self.pace.asks(out.len(), self.now);
                self.now = there + WAY;
                self.pace.answered(self.now);
            }
            if shown.facts.detail != Detail::First {
                self.tally.whole.push(there - pressed);
                self.now = there;
                break;
            }
            self.now = self.now.max(pressed + WAY + REST);
        }
        self.tally.first.extend(first);
        self.now += Duration::from_secs(2);
        Ok(())
    }
}

/// Every picture decoded, encoded and sent when it is wanted.
struct Plain {
    decoder: Decoder,
    protocol: Protocol,
    link: Link,
    now: Duration,
    tally: Tally,
}

impl Plain {
    fn of(protocol: Protocol) -> Plain {
        let wait = Duration::from_secs(120);
        let decoder = Decoder::new(PROGRAM.into(), vec!["decode-worker".into()]).with_waits(wait, wait);
        Plain { decoder, protocol, link: Link::default(), now: Duration::ZERO, tally: Tally::default() }
    }

    fn show(&mut self, step: &Option<Wanted>) -> Outcome<()> {
        let Some(wanted) = step else { return Ok(()) };
        let pressed = self.now;
        let begun = Instant::now();
        let room = (u32::from(CELLS.0 * CELL.0), u32::from(CELLS.1 * CELL.1));
        let file = wanted.files.first().ok_or("no file")?;
        let frame = self.decoder.frame(file, 0, &need(&wanted.view, room))?;
        let picture = render(&frame, &wanted.view, room).picture;
        let image = image::GrayImage::from_raw(picture.width, picture.height, picture.pixels);
        let image: image::DynamicImage = image.ok_or("too few pixels")?.into();
        let size = Size { width: CELLS.0, height: CELLS.1 };
        use ratatui_image::protocol::{Protocol as Drawn, kitty::Kitty, sixel::Sixel};
        let drawn = match self.protocol {
            Protocol::Kitty => Drawn::Kitty(Kitty::new(image, size, 1, false, false)?),
            _ => Drawn::Sixel(Sixel::new(image, size, false)?),
        };
        let area = Rect { x: 0, y: 0, width: CELLS.0, height: CELLS.1 };
        let mut buffer = Buffer::empty(area);
        ratatui::widgets::Widget::render(ratatui_image::Image::new(&drawn), area, &mut buffer);
        let blank = Buffer::empty(area);
        let bytes: usize = blank.diff(&buffer).iter().map(|(.., cell)| cell.symbol().len()).sum();
        let there = self.link.send(bytes, pressed + WAY + begun.elapsed());
        self.tally.bytes += bytes;
        self.tally.first.push(there - pressed);
        self.tally.whole.push(there - pressed);
        self.now = there + Duration::from_secs(2);
        Ok(())
    }
}

/// Says what one picture takes: at once, whole, and when it is gone back to.
fn bounds(files: &[PathBuf]) -> Outcome<()> {
    println!("{:<24} {:>12} {:>9} {:>9} {:>9}", "660×800, bytes", "", "first", "whole", "back");
    let mut names = BTreeSet::new();
    for file in files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if !names.insert(name.trim_end_matches(char::is_numeric).to_owned()) {
            continue;
        }
        for protocol in [Protocol::Kitty, Protocol::Iterm2, Protocol::Sixel] {
            let mut ours = Ours::of(protocol);
            ours.show(&Some(wanted(0, file)))?;
            let [first, whole] = [ours.frames.first(), ours.frames.last()].map(|n| n.copied().unwrap_or(0));
            ours.show(&Some(wanted(1, file)))?;
            ours.show(&Some(wanted(0, file)))?;
            let back: usize = ours.frames.iter().sum();
            println!("{name:<24} {:>12} {first:>9} {whole:>9} {back:>9}", format!("{protocol:?}"));
        }
    }
    Ok(())
}

/// Writes a radiograph of waves and noise: 12 bits, raw.
fn write(path: &Path, columns: u16, rows: u16, seed: u64) -> Outcome<()> {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64 ^ (seed << 17);
    let mut values = Vec::with_capacity(usize::from(columns) * usize::from(rows));
    // As large a shape on each size of picture, so that windows and regions mean the same.
    let (wide, high) = (f64::from(columns) / 28.0, f64::from(rows) / 43.0);
    for y in 0..rows {
        for x in 0..columns {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let wave = (f64::from(x) / wide).sin() * (f64::from(y) / high).cos();
            values.push((1000.0 + 700.0 * wave) as u16 + (random >> 57) as u16);
        }
    }
    let text = |tag, vr, words: &str| DataElement::new(tag, vr, PrimitiveValue::from(words));
    let number = |tag, value: u16| DataElement::new(tag, VR::US, PrimitiveValue::from(value));
    let object = InMemDicomObject::from_element_iter([
        text(tags::SOP_CLASS_UID, VR::UI, uids::SECONDARY_CAPTURE_IMAGE_STORAGE),
        text(tags::SOP_INSTANCE_UID, VR::UI, "2.25.1"),
        text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2"),
        text(tags::WINDOW_CENTER, VR::DS, "1000"),
        text(tags::WINDOW_WIDTH, VR::DS, "1600"),
        number(tags::SAMPLES_PER_PIXEL, 1),
        number(tags::ROWS, rows),
        number(tags::COLUMNS, columns),
        number(tags::BITS_ALLOCATED, 16),
        number(tags::BITS_STORED, 12),
        number(tags::HIGH_BIT, 11),
        number(tags::PIXEL_REPRESENTATION, 0),
        DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(values.into())),
    ]);
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN)
        .media_storage_sop_class_uid(uids::SECONDARY_CAPTURE_IMAGE_STORAGE)
        .media_storage_sop_instance_uid("2.25.1");
    object.with_meta(meta)?.write_to_file(path)?;
    Ok(())
}
