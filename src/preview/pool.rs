//! Makes the pictures of a plan, and lets go of what has left it.
//!
//! One worker serves what is visible alone, so that what is only likely never keeps it waiting. Two caches: decoded
//! frames, as far as views need them, so that windows, turning and outlines decode nothing, and finished pictures. A result carries what was
//! wanted, whole; another case's or image's pixels can't be found under it.

use std::collections::{BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::cache::Cache;
use super::cells;
use super::encode::{self, Above, Canvas};
use super::outline::{self, Grain};
use super::pace::{Allowance, Grade, MOST, MOST_AS_SIXEL};
pub use super::payload::{Encoded, Payload};
use super::plan::{Detail, Facts, Plan, Protocol, View, Wanted};
use super::render::{Rendered, need, render};
use super::{payload, place};
use crate::imaging::{Decoder, Frame, ImagingError, Need, Tones, Window};

/// Bytes of decoded frames that are kept.
const FRAMES: usize = 96 << 20;
/// Bytes of finished pictures that are kept.
const PICTURES: usize = 64 << 20;
/// Faults that are remembered.
const FAULTS: usize = 64;
/// Where numbers of pictures begin: high, so that they are seldom another program's.
const FIRST_NUMBER: u32 = 0x6f_7600;
/// Pixels on a side of a picture at most, whatever the terminal says of itself.
const LARGEST_SIDE: u32 = 4096;

/// How pictures get onto this terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Means {
    pub protocol: Protocol,
    /// Pixels of a cell.
    pub cell: (u16, u16),
}

impl Means {
    /// Gives the pixels that a picture has in so many cells, across and down.
    pub fn room(self, cells: (u16, u16)) -> (u32, u32) {
        let (across, down) = match self.protocol {
            Protocol::HalfBlocks => (1, 2),
            _ => (self.cell.0.max(1), self.cell.1.max(1)),
        };
        let side = |cells: u16, pixels: u16| (u32::from(cells) * u32::from(pixels)).clamp(1, LARGEST_SIDE);
        (side(cells.0, across), side(cells.1, down))
    }

    /// Gives the cells that a picture of so many pixels takes.
    pub fn cells_of(self, size: (u32, u32)) -> (u16, u16) {
        let (across, down) = match self.protocol {
            Protocol::HalfBlocks => (1, 2),
            _ => (self.cell.0.max(1), self.cell.1.max(1)),
        };
        let side =
            |pixels: u32, cell: u16| u16::try_from(pixels.div_ceil(u32::from(cell))).unwrap_or(u16::MAX);
        (side(size.0, across), side(size.1, down))
    }
}

/// A finished picture.
#[derive(Debug)]
pub struct Shown {
    pub wanted: Wanted,
    pub means: Means,
    pub facts: Facts,
    /// Columns and rows that it takes.
    pub cells: (u16, u16),
    /// How many bytes it was allowed.
    pub grade: Grade,
    pub payload: Payload,
}

/// What there is of a picture.
#[derive(Debug, Clone)]
pub enum Found {
    Ready(Arc<Shown>),
    /// The same frame of the same image, seen otherwise: its facts say how.
    Instead(Arc<Shown>),
    Loading,
    Failed(String),
}

/// What decodes: a file, a frame's number, what is needed of it.
type Decode = dyn FnMut(&Path, u32, &Need) -> Result<Frame, ImagingError> + Send;

/// What makes something that decodes: one for each worker.
type Source = dyn Fn() -> Box<Decode> + Send + Sync;

/// What a decoded frame is known by. Of one frame there may be several parts and sizes, each of which says what it is.
#[derive(Debug, Clone, PartialEq)]
struct FrameKey {
    case: String,
    image: String,
    frame: u32,
    part: [u32; 4],
    size: (u32, u32),
    /// Of frames that came as grays.
    window: Option<Window>,
}

/// A picture before its outlines.
struct Base {
    rendered: Rendered,
    facts: Facts,
}

type BaseKey = (String, View, (u16, u16), Means);

/// A picture to be made.
type Work = (Wanted, Means, Grade);

struct Shared {
    visible: VecDeque<Wanted>,
    next: VecDeque<Wanted>,
    means: Means,
    allowance: Allowance,
    /// Numbers of what the terminal holds.
    held: BTreeSet<u32>,
    /// What is being worked on.
    busy: Vec<Work>,
    frames: Cache<FrameKey, Frame>,
    bases: Cache<BaseKey, Base>,
    /// Encoded for kitty, without outlines.
    grounds: Cache<(BaseKey, Grade), Encoded>,
    pictures: Cache<Work, Shown>,
    faults: VecDeque<(Wanted, String)>,
    /// Of the last encoded picture.
    number: u32,
    stopping: bool,
}

/// The workers.
pub struct Pool {
    gallery: Gallery,
}

/// What is ready.
#[derive(Clone)]
pub struct Gallery {
    shared: Arc<(Mutex<Shared>, Condvar)>,
}

impl Pool {
    /// Starts workers that decode in children of `program`. `notify` is called whenever something is ready or failed.
    pub fn new(program: PathBuf, notify: impl Fn() + Send + Sync + 'static) -> Pool {
        let source = move || {
            let mut decoder = Decoder::new(program.clone(), vec!["decode-worker".into()]);
            let decode = move |path: &Path, frame: u32, need: &Need| decoder.frame(path, frame, need);
            Box::new(decode) as Box<Decode>
        };
        Pool::over(Arc::new(source), Arc::new(notify))
    }

    /// Starts workers that decode by other means.
    fn over(source: Arc<Source>, notify: Arc<dyn Fn() + Send + Sync>) -> Pool {
        let gallery = Gallery::empty();
        for serves_next in [false, true] {
            let (gallery, source, notify) = (gallery.clone(), Arc::clone(&source), Arc::clone(&notify));
            std::thread::spawn(move || {
                let mut decode = source();
                while let Some(work) = gallery.take(serves_next) {
                    // A picture that brings this down stays the only one.
                    let make = AssertUnwindSafe(|| gallery.make(&work, &mut *decode));
                    let made = catch_unwind(make).unwrap_or_else(|_| {
                        Err("overread came upon a fault of its own; labels can still be adjudicated".into())
                    });
                    gallery.finish(work, made);
                    notify();
                }
            });
        }
        Pool { gallery }
    }

    /// Gives what is ready.
    pub fn gallery(&self) -> Gallery {
        self.gallery.clone()
    }

    /// Brings the work in line with a plan: what left it is given up, what is missing is begun.
    /// `held` are the numbers of what the terminal holds.
    pub fn reconcile(&self, plan: &Plan, means: Means, allowance: Allowance, held: BTreeSet<u32>) {
        let mut shared = self.gallery.lock();
        shared.means = means;
        shared.allowance = allowance;
        shared.held = held;
        let drawn = means.protocol != Protocol::Off;
        shared.visible = plan.visible.iter().filter(|_| drawn).cloned().collect();
        shared.next = plan.next.iter().filter(|_| drawn).cloned().collect();
        drop(shared);
        self.gallery.shared.1.notify_all();
    }

    /// Forgets faults, so that what failed is tried anew.
    pub fn renew(&self) {
        let mut shared = self.gallery.lock();
        shared.faults.clear();
        drop(shared);
        self.gallery.shared.1.notify_all();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.gallery.lock().stopping = true;
        // A worker ends with its picture at the latest. Nobody waits for it: that may take as long as decoding may.
        self.gallery.shared.1.notify_all();
    }
}

impl Gallery {
    /// Makes a gallery in which nothing hangs.
    pub fn empty() -> Gallery {
        let means = Means { protocol: Protocol::Off, cell: (10, 20) };
        let shared = Shared {
            visible: VecDeque::new(),
            next: VecDeque::new(),
            means,
            allowance: Allowance::EVERYTHING,
            held: BTreeSet::new(),
            busy: Vec::new(),
            frames: Cache::of(FRAMES),
            bases: Cache::of(PICTURES),
            grounds: Cache::of(PICTURES),
            pictures: Cache::of(PICTURES),
            faults: VecDeque::new(),
            number: FIRST_NUMBER,
            stopping: false,
        };
        Gallery { shared: Arc::new((Mutex::new(shared), Condvar::new())) }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        // What a thread that came to grief left is still whole: nothing is changed half-way.
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a number that no picture of this program has yet.
    fn number(&self) -> u32 {
        let mut shared = self.lock();
        shared.number += 1;
        shared.number
    }

    /// Gives what there is of a picture: the finest that may be sent now.
    pub fn find(&self, wanted: &Wanted) -> Found {
        let mut shared = self.lock();
        if let Some(work) = shared.finest(wanted)
            && let Some(shown) = shared.pictures.get(|known| *known == work)
        {
            return Found::Ready(shown);
        }
        if let Some((_, words)) = shared.faults.iter().find(|(known, _)| same_source(known, wanted)) {
            return Found::Failed(words.clone());
        }
        let like = |(known, with, _): &Work, shown: &Shown| {
            *with == shared.means
                && known.case == wanted.case
                && known.view.image == wanted.view.image
                && known.view.frame == wanted.view.frame
                && known.cells == wanted.cells
                && shown.payload.cost(&shared.held) <= shared.allowance.at_once
        };
        shared.pictures.find(like).map_or(Found::Loading, Found::Instead)
    }

    /// Gives the picture of the same image that was made last for a place like this, whatever frame it shows.
    pub fn last_of(&self, wanted: &Wanted) -> Option<Arc<Shown>> {
        let shared = self.lock();
        let means = shared.means;
        shared.pictures.find(|(known, with, _), _| {
            *with == means
                && known.case == wanted.case
                && known.view.image == wanted.view.image
                && known.cells == wanted.cells
        })
    }

    /// Waits for something to do; none when all is over.
    fn take(&self, serves_next: bool) -> Option<Work> {
        let mut shared = self.lock();
        loop {
            if shared.stopping {
                return None;
            }
            if let Some(work) = shared.choose(serves_next) {
                shared.busy.push(work.clone());
                return Some(work);
            }
            shared = self.shared.1.wait(shared).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn finish(&self, work: Work, made: Result<Arc<Shown>, String>) {
        let mut shared = self.lock();
        shared.busy.retain(|known| *known != work);
        match made {
            Ok(shown) => {
                let bytes = shown.bytes();
                shared.pictures.put(work, shown, bytes);
            }
            Err(words) => {
                shared.faults.push_back((work.0, words));
                while shared.faults.len() > FAULTS {
                    shared.faults.pop_front();
                }
            }
        }
        drop(shared);
        self.shared.1.notify_all();
    }

    fn make(&self, (wanted, means, grade): &Work, decode: &mut Decode) -> Result<Arc<Shown>, String> {
        let (means, grade) = (*means, *grade);
        let base = self.base(wanted, means, decode)?;
        let Rendered { picture, map, .. } = &base.rendered;
        let cells = means.cells_of((picture.width, picture.height));
        let canvas = |cell| Canvas::of(picture, cell);
        let graphics = base.rendered.graphics.as_ref().filter(|_| wanted.graphics);
        let above = Above { outlines: &wanted.outlines, map, graphics };
        let payload = match means.protocol {
            Protocol::HalfBlocks | Protocol::Off => {
                let mut overlay =
                    outline::draw(&wanted.outlines, map, picture.width, picture.height, Grain::Coarse);
                if let Some(graphics) = graphics {
                    overlay.lay_below(graphics, (0, 0), (picture.width, picture.height));
                }
                // What is no reader's, a cross or a ruler, is told from shades too.
                let letter = |letter: &str| if letter.is_empty() { "+" } else { letter }.to_owned();
                let letters = wanted.outlines.iter().map(|outline| letter(&outline.letter)).collect();
                Payload::Cells(cells::of(picture, &overlay, letters))
            }
            Protocol::Kitty => {
                let canvas = canvas(means.cell);
                let base = self.ground(wanted, means, grade, &canvas);
                let overlay = self
                    .overlay_of(wanted, means)
                    .or_else(|| payload::overlay(&canvas, &above, self.number(), grade).map(Arc::new));
                Payload::Kitty { base, overlay }
            }
            Protocol::KittyPlaceholders => {
                let id = placeholder_number(self.number());
                let canvas = canvas(means.cell);
                Payload::Placeholders(payload::composed(&canvas, &above, id, grade, place::carried))
            }
            Protocol::Iterm2 => {
                let canvas = canvas(means.cell);
                let mut encoded =
                    payload::composed(&canvas, &above, self.number(), grade, payload::in_iterm2);
                encoded.bytes = encode::iterm2(&encoded.bytes, cells);
                Payload::Drawn(encoded)
            }
            Protocol::Sixel => {
                let bytes = if grade.bytes == MOST { MOST_AS_SIXEL } else { grade.bytes };
                let grade = Grade { bytes, ..grade };
                Payload::Drawn(payload::sixel(&canvas((1, 1)), &above, cells, self.number(), grade))
            }
        };
        let drawn = Facts { graphics: base.facts.graphics.map(|_| wanted.graphics), ..base.facts.clone() };
        let facts = match payload.picture() {
            None => drawn,
            Some(Encoded { whole, size, grays, bytes, .. }) => {
                // What the terminal holds already may be finer than what comes first.
                let first = grade.first && bytes.len() <= grade.bytes;
                let detail = match (whole, first) {
                    (true, _) => Detail::Whole,
                    (false, true) => Detail::First,
                    (false, false) => Detail::Reduced,
                };
                Facts { size: *size, detail, grays: *grays, ..drawn }
            }
        };
        Ok(Arc::new(Shown { wanted: wanted.clone(), means, facts, cells, grade, payload }))
    }

    /// Gives a picture encoded for kitty without its outlines, the same one whatever outlines lie above it.
    fn ground(&self, wanted: &Wanted, means: Means, grade: Grade, canvas: &Canvas) -> Arc<Encoded> {
        let key = (base_key(wanted, means), grade);
        // One that is whole and small enough is as good under every grade, and one that the terminal holds costs nothing.
        let most = grade.bytes - payload::for_outlines(grade);
        let held = self.lock().held.clone();
        let here = |(known, of): &(BaseKey, Grade), encoded: &Encoded| {
            let finer = encoded.whole || of.bytes > grade.bytes;
            *known == key.0 && finer && held.contains(&encoded.id)
        };
        let serves = |(known, of): &(BaseKey, Grade), encoded: &Encoded| {
            let fits = encoded.whole && place::carried(encoded.bytes.len()) <= most;
            *known == key.0 && (*of == grade || fits)
        };
        let mut shared = self.lock();
        if let Some(known) = shared.grounds.take(here).or_else(|| shared.grounds.take(serves)) {
            return known;
        }
        drop(shared);
        let encoded = Arc::new(payload::base(canvas, self.number(), grade));
        self.lock().grounds.put(key, Arc::clone(&encoded), encoded.bytes.len());
        encoded
    }

    /// Gives the outlines of a picture that was made in another grade already: they stay when the picture below changes.
    fn overlay_of(&self, wanted: &Wanted, means: Means) -> Option<Arc<Encoded>> {
        let whole = |(known, with, _): &Work, shown: &Shown| match &shown.payload {
            Payload::Kitty { overlay: Some(overlay), .. } => {
                known == wanted && *with == means && overlay.whole
            }
            _ => false,
        };
        match &self.lock().pictures.find(whole)?.payload {
            Payload::Kitty { overlay, .. } => overlay.clone(),
            _ => None,
        }
    }

    /// Gives the picture without outlines: from before, or decoded and rendered.
    fn base(&self, wanted: &Wanted, means: Means, decode: &mut Decode) -> Result<Arc<Base>, String> {
        let key = base_key(wanted, means);
        if let Some(base) = self.lock().bases.get(|known| *known == key) {
            return Ok(base);
        }
        let view = &wanted.view;
        let room = means.room(wanted.cells);
        let need = need(view, room);
        let same = |known: &FrameKey, frame: &Frame| {
            known.case == wanted.case
                && known.image == view.image
                && known.frame == view.frame
                && frame.serves(&need)
        };
        let known = self.lock().frames.take(same);
        let frame = match known {
            Some(frame) => frame,
            None => {
                let frame = Arc::new(decoded(wanted, &need, decode)?);
                let frame_key = FrameKey {
                    case: wanted.case.clone(),
                    image: view.image.clone(),
                    frame: view.frame,
                    part: frame.part,
                    size: (frame.width, frame.height),
                    window: frame.grays_of(),
                };
                let bytes = usize::try_from(frame.size()).unwrap_or(usize::MAX);
                self.lock().frames.put(frame_key, Arc::clone(&frame), bytes);
                frame
            }
        };
        let rendered = render(&frame, view, room);
        let facts = Facts {
            view: view.clone(),
            rows: frame.rows,
            columns: frame.columns,
            frames: frame.frames,
            window: rendered.window,
            windows: frame.tones.as_ref().map(Tones::windows).unwrap_or_default(),
            graphics: rendered.graphics.as_ref().map(|_| true),
            toning: rendered.toning,
            lossy: frame.lossy,
            about: frame.about.clone(),
            aspect: frame.aspect,
            slide: frame.slide,
            covers: rendered.covers,
            map: rendered.map,
            size: (rendered.picture.width, rendered.picture.height),
            detail: Detail::Whole,
            grays: None,
        };
        let bytes = rendered.picture.pixels.len();
        let base = Arc::new(Base { rendered, facts });
        self.lock().bases.put(key, Arc::clone(&base), bytes);
        Ok(base)
    }
}

fn base_key(wanted: &Wanted, means: Means) -> BaseKey {
    (wanted.case.clone(), wanted.view.clone(), wanted.cells, means)
}

/// Gives a number that placeholders can carry in 256 colours: the first byte beside the colour, the last as the colour, and
/// neither of them 0.
fn placeholder_number(n: u32) -> u32 {
    ((n / 255 % 254 + 1) << 24) | (n % 255 + 1)
}

/// Tells whether two pictures come from the same pixels, so that what failed for one fails for the other.
fn same_source(a: &Wanted, b: &Wanted) -> bool {
    a.case == b.case && a.files == b.files && a.view.image == b.view.image && a.view.frame == b.view.frame
}

/// Decodes a frame from the first of its files that has it.
fn decoded(wanted: &Wanted, need: &Need, decode: &mut Decode) -> Result<Frame, String> {
    let mut words = "the file of this image is no longer where it was: import it again".to_owned();
    for file in &wanted.files {
        match decode(file, wanted.view.frame, need) {
            Ok(frame) => return Ok(frame),
            // The path is left out: it may tell more than the person should see.
            Err(ImagingError::File { fault, .. }) => {
                words = format!("{fault}; labels can still be adjudicated")
            }
            Err(ImagingError::Stopped { .. }) => {
                words = "the decoder stopped on this file; labels can still be adjudicated".into();
            }
            Err(ImagingError::Slow { seconds, .. }) => {
                words = format!("the decoder took longer than {seconds} s; labels can still be adjudicated");
            }
            Err(error) => words = error.to_string(),
        }
    }
    Err(words)
}

impl Shared {
    /// Chooses what is to be made: the visible before what is likely, what comes first before the whole, and nothing that
    /// is there, failed, or under way.
    fn choose(&self, serves_next: bool) -> Option<Work> {
        let means = self.means;
        let Allowance { first, full, .. } = self.allowance;
        // Text is drawn as it is.
        let first = first.filter(|_| means.protocol != Protocol::HalfBlocks);
        let missing = |(wanted, grade): &(&Wanted, Grade)| {
            let ready = |(known, with, _): &Work, shown: &Shown| {
                let (fine, cost) = (shown.fineness(), shown.payload.cost(&self.held));
                known == *wanted
                    && *with == means
                    && (shown.grade == *grade || (fine >= grade.bytes && cost <= grade.bytes))
            };
            let failed = self.faults.iter().any(|(known, _)| same_source(known, wanted));
            // Two pictures of one frame decode it once.
            let busy = self.busy.iter().any(|(known, ..)| known == *wanted || same_source(known, wanted));
            !(failed || busy || self.pictures.find(ready).is_some())
        };
        let next = self.next.iter().filter(|_| serves_next);
        let visible = self.visible.iter();
        let firsts = visible.clone().filter_map(|wanted| Some((wanted, first?)));
        let likely =
            next.flat_map(|wanted| first.into_iter().chain([full]).map(move |grade| (wanted, grade)));
        let mut all = firsts.chain(visible.map(|wanted| (wanted, full))).chain(likely);
        all.find(missing).map(|(wanted, grade)| (wanted.clone(), means, grade))
    }

    /// Gives the finest picture of all that may be sent now.
    fn finest(&self, wanted: &Wanted) -> Option<Work> {
        let means = self.means;
        let mine: Vec<(&Work, &Arc<Shown>)> =
            self.pictures.iter().filter(|((known, with, _), _)| known == wanted && *with == means).collect();
        let stands = mine.iter().any(|(_, shown)| shown.payload.stands(&self.held));
        let most = if self.allowance.rested && stands { usize::MAX } else { self.allowance.at_once };
        // What was made for more than is allowed by now is not sent, but stays where it stands.
        let full = self.allowance.full.bytes;
        let may = |shown: &Shown| {
            let cost = shown.payload.cost(&self.held);
            cost <= most && (cost <= full || shown.grade.bytes <= full)
        };
        mine.into_iter()
            .filter(|(_, shown)| may(shown))
            .max_by_key(|(_, shown)| shown.fineness())
            .map(|(work, _)| work.clone())
    }
}

impl Shown {
    /// Gives the bytes that it might have taken and is as good as.
    fn fineness(&self) -> usize {
        if self.payload.is_whole() { usize::MAX } else { self.grade.bytes }
    }

    /// About how many bytes it takes.
    fn bytes(&self) -> usize {
        match &self.payload {
            Payload::Cells(cells) => cells.pixels.len() * 7,
            // The picture below is counted with the one before its outlines.
            Payload::Kitty { overlay, .. } => overlay.as_ref().map_or(64, |overlay| overlay.bytes.len()),
            Payload::Drawn(encoded) | Payload::Placeholders(encoded) => encoded.bytes.len(),
        }
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod wire_tests;
