//! Makes the pictures of a plan, and lets go of what has left it.
//!
//! One worker serves what is visible alone, so that what is only likely never keeps it waiting. Two caches: decoded
//! frames, as far as views need them, so that windows, turning and outlines decode nothing, and finished pictures. A result carries what was
//! wanted, whole; another case's or image's pixels can't be found under it.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::cache::Cache;
use super::cells::{self, Cells};
use super::encode;
use super::outline::{self, Grain};
use super::plan::{Facts, Plan, Protocol, View, Wanted};
use super::render::{Rendered, need, render};
use crate::imaging::{Decoder, Frame, ImagingError, Need, Tones, Window};

/// Bytes of decoded frames that are kept.
const FRAMES: usize = 96 << 20;
/// Bytes of finished pictures that are kept.
const PICTURES: usize = 64 << 20;
/// Faults that are remembered.
const FAULTS: usize = 64;
/// Where numbers of pictures begin: high, so that they are seldom another program's.
const FIRST_NUMBER: u32 = 0x6f76_0000;
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
    pub payload: Payload,
}

/// What a picture is made of.
#[derive(Debug)]
pub enum Payload {
    Cells(Cells),
    /// PNGs that kitty places: the picture, and its outlines above it.
    Kitty {
        base: Arc<Encoded>,
        overlay: Option<Arc<Encoded>>,
    },
    /// Bytes that draw it from where the cursor stands.
    Drawn(Encoded),
    /// kitty's placeholders.
    Virtual(Virtual),
}

/// A picture that ratatui-image puts into cells.
pub struct Virtual(ratatui_image::protocol::Protocol);

impl std::fmt::Debug for Virtual {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Virtual")
    }
}

impl Virtual {
    /// Puts the picture into cells; the first of them carries its bytes, once.
    pub fn paint(&self, area: ratatui::layout::Rect, buffer: &mut ratatui::buffer::Buffer) {
        use ratatui::widgets::Widget;
        ratatui_image::Image::new(&self.0).render(area, buffer);
    }
}

/// Encoded bytes under a number that no others have.
#[derive(Debug)]
pub struct Encoded {
    pub id: u32,
    pub bytes: Vec<u8>,
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
    png: Option<Arc<Encoded>>,
}

type BaseKey = (String, View, (u16, u16), Means);

struct Shared {
    visible: VecDeque<Wanted>,
    next: VecDeque<Wanted>,
    means: Means,
    /// What is being worked on.
    busy: Vec<(Wanted, Means)>,
    frames: Cache<FrameKey, Frame>,
    bases: Cache<BaseKey, Base>,
    pictures: Cache<(Wanted, Means), Shown>,
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

    fn over(source: Arc<Source>, notify: Arc<dyn Fn() + Send + Sync>) -> Pool {
        let gallery = Gallery::empty();
        for serves_next in [false, true] {
            let (gallery, source, notify) = (gallery.clone(), Arc::clone(&source), Arc::clone(&notify));
            std::thread::spawn(move || {
                let mut decode = source();
                while let Some((wanted, means)) = gallery.take(serves_next) {
                    // A picture that brings this down stays the only one.
                    let make = AssertUnwindSafe(|| gallery.make(&wanted, means, &mut *decode));
                    let made = catch_unwind(make).unwrap_or_else(|_| {
                        Err("overread came upon a fault of its own; labels can still be adjudicated".into())
                    });
                    gallery.finish(wanted, means, made);
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
    pub fn reconcile(&self, plan: &Plan, means: Means) {
        let mut shared = self.gallery.lock();
        shared.means = means;
        let drawn = means.protocol != Protocol::Off;
        shared.visible = plan.visible.iter().filter(|_| drawn).cloned().collect();
        shared.next = plan.next.iter().filter(|_| drawn).cloned().collect();
        drop(shared);
        self.gallery.shared.1.notify_all();
    }

    /// Forgets finished pictures and faults, so that both are made anew: the terminal may have lost what it held.
    pub fn renew(&self) {
        let mut shared = self.gallery.lock();
        shared.faults.clear();
        shared.pictures.drop_where(|shown| matches!(shown.payload, Payload::Virtual(_)));
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
            busy: Vec::new(),
            frames: Cache::of(FRAMES),
            bases: Cache::of(PICTURES),
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

    /// Gives what there is of a picture.
    pub fn find(&self, wanted: &Wanted) -> Found {
        let mut shared = self.lock();
        let means = shared.means;
        if let Some(shown) = shared.pictures.get(|(known, with)| known == wanted && *with == means) {
            return Found::Ready(shown);
        }
        if let Some((_, words)) = shared.faults.iter().find(|(known, _)| same_source(known, wanted)) {
            return Found::Failed(words.clone());
        }
        let like = |(known, with): &(Wanted, Means), _: &Shown| {
            *with == means
                && known.case == wanted.case
                && known.view.image == wanted.view.image
                && known.view.frame == wanted.view.frame
                && known.cells == wanted.cells
        };
        shared.pictures.find(like).map_or(Found::Loading, Found::Instead)
    }

    /// Gives the picture of the same image that was made last for a place like this, whatever frame it shows.
    pub fn last_of(&self, wanted: &Wanted) -> Option<Arc<Shown>> {
        let shared = self.lock();
        let means = shared.means;
        shared.pictures.find(|(known, with), _| {
            *with == means
                && known.case == wanted.case
                && known.view.image == wanted.view.image
                && known.cells == wanted.cells
        })
    }

    /// Waits for something to do; none when all is over.
    fn take(&self, serves_next: bool) -> Option<(Wanted, Means)> {
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

    fn finish(&self, wanted: Wanted, means: Means, made: Result<Arc<Shown>, String>) {
        let mut shared = self.lock();
        shared.busy.retain(|work| *work != (wanted.clone(), means));
        match made {
            Ok(shown) => {
                let bytes = shown.bytes();
                shared.pictures.put((wanted, means), shown, bytes);
            }
            Err(words) => {
                shared.faults.push_back((wanted, words));
                while shared.faults.len() > FAULTS {
                    shared.faults.pop_front();
                }
            }
        }
        drop(shared);
        self.shared.1.notify_all();
    }

    fn make(&self, wanted: &Wanted, means: Means, decode: &mut Decode) -> Result<Arc<Shown>, String> {
        let base = self.base(wanted, means, decode)?;
        let (picture, map) = (&base.rendered.picture, &base.rendered.map);
        let grain = if means.protocol == Protocol::HalfBlocks { Grain::Coarse } else { Grain::Fine };
        let mut overlay = outline::draw(&wanted.outlines, map, picture.width, picture.height, grain);
        if let Some(graphics) = base.rendered.graphics.as_ref().filter(|_| wanted.graphics) {
            overlay.lay_below(graphics);
        }
        let graphics = base.facts.graphics.map(|_| wanted.graphics);
        let facts = Facts { graphics, ..base.facts.clone() };
        let cells = means.cells_of((picture.width, picture.height));
        let payload =
            match means.protocol {
                Protocol::HalfBlocks | Protocol::Off => {
                    // What is no reader's, a cross or a ruler, is told from shades too.
                    let letter = |letter: &str| if letter.is_empty() { "+" } else { letter }.to_owned();
                    let letters = wanted.outlines.iter().map(|outline| letter(&outline.letter)).collect();
                    Payload::Cells(cells::of(picture, &overlay, letters))
                }
                Protocol::Kitty => {
                    let (canvas, at) = encode::on_canvas(picture, means.cell);
                    let base = base.png.clone().unwrap_or_else(|| {
                        Arc::new(Encoded { id: self.number(), bytes: encode::png(&canvas) })
                    });
                    let drawn = overlay.pixels.iter().any(Option::is_some);
                    let overlay = drawn.then(|| {
                        let bytes = encode::overlay_png(&overlay, (canvas.width, canvas.height), at);
                        Arc::new(Encoded { id: self.number(), bytes })
                    });
                    Payload::Kitty { base, overlay }
                }
                Protocol::KittyPlaceholders => {
                    let (canvas, _) = encode::on_canvas(&encode::compose(picture, &overlay), means.cell);
                    let image = match canvas.channels {
                        1 => image::GrayImage::from_raw(canvas.width, canvas.height, canvas.pixels)
                            .map(Into::into),
                        _ => image::RgbImage::from_raw(canvas.width, canvas.height, canvas.pixels)
                            .map(Into::into),
                    };
                    let image: image::DynamicImage = image.ok_or("a picture of no size")?;
                    let size = ratatui::layout::Size { width: cells.0, height: cells.1 };
                    let kitty =
                        ratatui_image::protocol::kitty::Kitty::new(image, size, self.number(), true, true);
                    let kitty = kitty.map_err(|error| format!("failed to encode the picture: {error}"))?;
                    Payload::Virtual(Virtual(ratatui_image::protocol::Protocol::Kitty(kitty)))
                }
                Protocol::Iterm2 => {
                    let (canvas, _) = encode::on_canvas(&encode::compose(picture, &overlay), means.cell);
                    Payload::Drawn(Encoded {
                        id: self.number(),
                        bytes: encode::iterm2(&encode::png(&canvas), cells),
                    })
                }
                Protocol::Sixel => Payload::Drawn(Encoded {
                    id: self.number(),
                    bytes: super::sixel::encode(picture, &overlay.pixels),
                }),
            };
        Ok(Arc::new(Shown { wanted: wanted.clone(), means, facts, cells, payload }))
    }

    /// Gives the picture without outlines: from before, or decoded and rendered.
    fn base(&self, wanted: &Wanted, means: Means, decode: &mut Decode) -> Result<Arc<Base>, String> {
        let key: BaseKey = (wanted.case.clone(), wanted.view.clone(), wanted.cells, means);
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
        };
        let png = (means.protocol == Protocol::Kitty).then(|| {
            let (canvas, _) = encode::on_canvas(&rendered.picture, means.cell);
            Arc::new(Encoded { id: self.number(), bytes: encode::png(&canvas) })
        });
        let bytes = rendered.picture.pixels.len() + png.as_ref().map_or(0, |png| png.bytes.len());
        let base = Arc::new(Base { rendered, facts, png });
        self.lock().bases.put(key, Arc::clone(&base), bytes);
        Ok(base)
    }
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
    /// Chooses what is to be made: the visible first, and nothing that is there, failed, or under way.
    fn choose(&self, serves_next: bool) -> Option<(Wanted, Means)> {
        let means = self.means;
        let missing = |wanted: &&Wanted| {
            let ready = self.pictures.find(|(known, with), _| known == *wanted && *with == means).is_some();
            let failed = self.faults.iter().any(|(known, _)| same_source(known, wanted));
            // Two pictures of one frame decode it once.
            let busy = self.busy.iter().any(|(known, _)| known == *wanted || same_source(known, wanted));
            !(ready || failed || busy)
        };
        let next = self.next.iter().filter(|_| serves_next);
        self.visible.iter().chain(next).find(missing).map(|wanted| (wanted.clone(), means))
    }
}

impl Shown {
    /// About how many bytes it takes.
    fn bytes(&self) -> usize {
        match &self.payload {
            Payload::Cells(cells) => cells.pixels.len() * 7,
            // The picture below is counted with the one before its outlines.
            Payload::Kitty { overlay, .. } => overlay.as_ref().map_or(64, |overlay| overlay.bytes.len()),
            Payload::Drawn(encoded) => encoded.bytes.len(),
            Payload::Virtual(_) => {
                let (width, height) = self.facts.size;
                width as usize * height as usize * 4
            }
        }
    }
}

#[cfg(test)]
mod tests;
