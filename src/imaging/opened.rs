//! The file that was opened last: a child keeps what it has read and decoded of it, so that the next view of the same file
//! reads and decodes little or nothing. A file that was changed or replaced is opened anew.

use std::fs::{File, Metadata};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::fault::{Fault, FaultKind};
use super::frame::{Frame, Need};
use super::header::{self, Values};
use super::limits::Limits;
use super::measure::{self, Patch};
use super::open::{self, Source};
use super::pixels::Kept;
use super::prescan::{self, Outline};
use super::probe;
use super::still::{self, Kind};
use super::tiles::Tiling;
use super::view::{self, Range, Spread};
use super::wire::Segment;

/// What is known of an open file.
pub(super) struct Opened {
    pub outline: Outline,
    pub source: Box<dyn Source>,
    /// Of which frame, and the values for it.
    pub values: (u32, Values),
    /// None where frames are no tiles.
    pub tiling: Option<Tiling>,
    pub kept: Kept,
    /// How the values of a frame are spread, and of which.
    pub spread: Option<(u32, Spread)>,
    /// The lowest and the highest value of a slide that has no window.
    pub of_slide: Option<Range>,
}

impl Opened {
    /// Reads what stands where, and the values for one frame.
    pub fn read(source: Box<dyn Source>, frame: u32, limits: &Limits) -> Result<Self, Fault> {
        let (outline, mut source) = prescan::scan(source, limits)?;
        let values = Values::read(&outline, &mut *source, frame, limits)?;
        let tiling = Tiling::read(&outline, &mut *source, &values, limits)?;
        let kept = Kept::default();
        Ok(Opened { outline, source, values: (frame, values), tiling, kept, spread: None, of_slide: None })
    }

    /// Gives the values for one frame.
    pub fn values(&mut self, frame: u32, limits: &Limits) -> Result<&Values, Fault> {
        // Where no frame has groups of its own, all have the same values.
        if self.values.0 != frame && !self.outline.frames.is_empty() {
            self.values = (frame, Values::read(&self.outline, &mut *self.source, frame, limits)?);
        }
        Ok(&self.values.1)
    }
}

/// What tells a file from what may stand at its path later.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    path: PathBuf,
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

impl Stamp {
    fn of(path: &Path, about: &Metadata) -> Self {
        let modified = (about.mtime(), about.mtime_nsec());
        Stamp { path: path.to_owned(), device: about.dev(), inode: about.ino(), size: about.len(), modified }
    }
}

/// Opens a file, and tells by its first bytes whether it is a picture that is no DICOM file.
pub(super) fn file(path: &Path, limits: &Limits) -> Result<(File, Option<Kind>), Fault> {
    let (mut file, _) = open::file(path, limits)?;
    let mut head = Vec::with_capacity(probe::HEAD);
    (&mut file).take(probe::HEAD as u64).read_to_end(&mut head)?;
    let kind = if probe::looks_like_dicom(&head) { None } else { still::kind(&head) };
    file.seek(SeekFrom::Start(0))?;
    Ok((file, kind))
}

/// Refuses a file that holds another image than the one that is wanted.
pub(super) fn is_wanted(
    wanted: Option<&str>,
    id: impl FnOnce() -> Result<String, Fault>,
) -> Result<(), Fault> {
    match wanted {
        Some(wanted) if id()? != *wanted => Err(Fault::new(
            FaultKind::OtherImage,
            "this file holds another image than it did: import it again",
        )),
        _ => Ok(()),
    }
}

/// A file that is about to be looked into.
enum Found {
    Still(Kind, File),
    Dicom(Box<(Stamp, File, Opened)>),
}

/// The file that was opened last, if it may be kept.
#[derive(Default)]
pub(super) struct Warm {
    last: Option<Box<(Stamp, File, Opened)>>,
}

impl Warm {
    /// Gives what is needed of a frame of a file. After a fault nothing of the file is kept.
    pub fn frame(&mut self, path: &Path, number: u32, need: &Need, limits: &Limits) -> Result<Frame, Fault> {
        match self.find(path, number, need.image.as_deref(), limits)? {
            Found::Still(kind, mut file) => view::still(kind, &mut file, number, need, limits),
            Found::Dicom(mut found) => {
                let frame = view::frame(&mut found.2, number, need, limits)?;
                self.keep(found, limits)?;
                Ok(frame)
            }
        }
    }

    /// Gives what stands in some pixels of a frame of a file.
    pub fn patch(
        &mut self,
        path: &Path,
        image: &str,
        number: u32,
        part: [u32; 4],
        limits: &Limits,
    ) -> Result<Patch, Fault> {
        match self.find(path, number, Some(image), limits)? {
            Found::Still(kind, mut file) => measure::still(kind, &mut file, number, part, limits),
            Found::Dicom(mut found) => {
                let patch = measure::patch(&mut found.2, number, part, limits)?;
                self.keep(found, limits)?;
                Ok(patch)
            }
        }
    }

    /// Gives what a frame of a segmentation shows, and where it lies.
    pub fn segment(&mut self, path: &Path, number: u32, limits: &Limits) -> Result<Segment, Fault> {
        match self.find(path, number, None, limits)? {
            Found::Still(..) => Err(Fault::unsupported("the file is no DICOM file")),
            Found::Dicom(mut found) => {
                let segment = header::segment(found.2.values(number, limits)?, limits)?;
                self.keep(found, limits)?;
                Ok(segment)
            }
        }
    }

    fn find(
        &mut self,
        path: &Path,
        number: u32,
        image: Option<&str>,
        limits: &Limits,
    ) -> Result<Found, Fault> {
        let mut found = match self.last.take() {
            Some(last) if std::fs::metadata(path).is_ok_and(|about| last.0 == Stamp::of(path, &about)) => {
                last
            }
            // What was kept is let go before anything else takes memory.
            stale => {
                drop(stale);
                let (mut file, kind) = file(path, limits)?;
                if let Some(kind) = kind {
                    is_wanted(image, || open::sha256(&mut file))?;
                    return Ok(Found::Still(kind, file));
                }
                let stamp = Stamp::of(path, &file.metadata()?);
                let opened = Opened::read(Box::new(file.try_clone()?), number, limits)?;
                Box::new((stamp, file, opened))
            }
        };
        let (_, file, opened) = &mut *found;
        is_wanted(image, || header::id(&opened.values.1, || open::sha256(file)))?;
        Ok(Found::Dicom(found))
    }

    fn keep(&mut self, mut found: Box<(Stamp, File, Opened)>, limits: &Limits) -> Result<(), Fault> {
        let source = &mut found.2.source;
        // An inflated file may be large, and is read anew then.
        if source.seek(SeekFrom::End(0))? <= limits.kept || source.is_file() {
            self.last = Some(found);
        }
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests;
