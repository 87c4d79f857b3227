//! The file that was opened last: a child keeps what it has read and decoded of it, so that the next view of the same file
//! reads and decodes little or nothing. A file that was changed or replaced is opened anew.

use std::fs::{File, Metadata};
use std::io::{Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::fault::{Fault, FaultKind};
use super::frame::{Frame, Need};
use super::header::{self, Values};
use super::limits::Limits;
use super::open::{self, Source};
use super::pixels::Kept;
use super::prescan::{self, Outline};
use super::tiles::Tiling;
use super::view;

/// What is known of an open file.
pub(super) struct Opened {
    pub outline: Outline,
    pub source: Box<dyn Source>,
    /// Of which frame, and the values for it.
    pub values: (u32, Values),
    /// None where frames are no tiles.
    pub tiling: Option<Tiling>,
    pub kept: Kept,
    /// The lowest and the highest value of a frame that has no window, and of which; of a slide for all tiles.
    pub range: Option<(u32, (f64, f64))>,
}

impl Opened {
    /// Reads what stands where, and the values for one frame.
    pub fn read(source: Box<dyn Source>, frame: u32, limits: &Limits) -> Result<Self, Fault> {
        let (outline, mut source) = prescan::scan(source, limits)?;
        let values = Values::read(&outline, &mut *source, frame, limits)?;
        let tiling = Tiling::read(&outline, &mut *source, &values, limits)?;
        let kept = Kept::default();
        Ok(Opened { outline, source, values: (frame, values), tiling, kept, range: None })
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

/// The file that was opened last, if it may be kept.
#[derive(Default)]
pub(super) struct Warm {
    last: Option<(Stamp, File, Opened)>,
}

impl Warm {
    /// Gives what is needed of a frame of a file. After a fault nothing of the file is kept.
    pub fn frame(&mut self, path: &Path, number: u32, need: &Need, limits: &Limits) -> Result<Frame, Fault> {
        let (stamp, mut file, mut opened) = match self.last.take() {
            Some(last) if std::fs::metadata(path).is_ok_and(|about| last.0 == Stamp::of(path, &about)) => {
                last
            }
            // What was kept is let go before anything else takes memory.
            stale => {
                drop(stale);
                let (file, _) = open::file(path, limits)?;
                let stamp = Stamp::of(path, &file.metadata()?);
                let opened = Opened::read(Box::new(file.try_clone()?), number, limits)?;
                (stamp, file, opened)
            }
        };
        if let Some(wanted) = &need.image
            && header::id(&opened.values.1, || open::sha256(&mut file))? != *wanted
        {
            return Err(Fault::new(
                FaultKind::OtherImage,
                "this file holds another image than it did: import it again",
            ));
        }
        let frame = view::frame(&mut opened, number, need, limits)?;
        // An inflated file may be large, and is read anew then.
        if opened.source.seek(SeekFrom::End(0))? <= limits.kept || opened.source.is_file() {
            self.last = Some((stamp, file, opened));
        }
        Ok(frame)
    }
}

#[cfg(test)]
pub(super) mod tests;
