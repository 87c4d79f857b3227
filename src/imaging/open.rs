//! Opens what a path names as bytes that can be read and sought: the file, or its inflated content.
//!
//! Only regular files are read: a pipe or device that a hostile folder holds would block.

use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use sha2::{Digest, Sha256};

use super::fault::{Fault, FaultKind};
use super::limits::{Limits, within};

/// Bytes that can be read from anywhere.
pub(super) trait Source: Read + Seek {
    /// Says whether the bytes lie in a file, and take no memory.
    fn is_file(&self) -> bool {
        false
    }
}

impl Source for File {
    fn is_file(&self) -> bool {
        true
    }
}

impl Source for Cursor<Vec<u8>> {}

/// Opens a regular file within the limits and gives its length.
pub(super) fn file(path: &Path, limits: &Limits) -> Result<(File, u64), Fault> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let opened = rustix::fs::open(path, flags, Mode::empty()).map_err(std::io::Error::from)?;
    let file = File::from(opened);
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(Fault::new(FaultKind::Unreadable, "this is no regular file"));
    }
    within("the file", about.len(), limits.file)?;
    Ok((file, about.len()))
}

/// Gives `sha256:` and the hash of a file, its name where it has no UID.
pub(super) fn sha256(file: &mut File) -> Result<String, Fault> {
    file.seek(SeekFrom::Start(0))?;
    let mut hash = Sha256::new();
    let mut block = vec![0; 1 << 18];
    loop {
        match file.read(&mut block)? {
            0 => break,
            read => hash.update(block.get(..read).unwrap_or_default()),
        }
    }
    let digits: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("sha256:{digits}"))
}

/// Inflates raw deflate data (PS3.5 A.5) of `stored` bytes; more than the limits allow is refused before it is held.
pub(super) fn inflate(packed: impl Read, stored: u64, limits: &Limits) -> Result<Vec<u8>, Fault> {
    const STEP: usize = 1 << 20;
    let allowed = limits.inflated(stored);
    let mut inflater = flate2::read::DeflateDecoder::new(packed);
    let mut whole = Vec::new();
    loop {
        // Growing by doubling would need three times the size at the worst moment.
        let more = STEP.max(whole.len() / 4);
        whole.try_reserve_exact(more).map_err(|_| too_large_for_memory())?;
        let read = inflater
            .by_ref()
            .take(more as u64)
            .read_to_end(&mut whole)
            .map_err(|_| Fault::broken("the deflated part of the file is damaged"))?;
        within("the inflated content", whole.len() as u64, allowed)?;
        if read < more {
            return Ok(whole);
        }
    }
}

/// Reads exactly `length` bytes at `offset`.
pub(super) fn slice(source: &mut dyn Source, offset: u64, length: u64) -> Result<Vec<u8>, Fault> {
    let size = usize::try_from(length).map_err(|_| too_large_for_memory())?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(size).map_err(|_| too_large_for_memory())?;
    source.seek(SeekFrom::Start(offset))?;
    source.take(length).read_to_end(&mut bytes)?;
    if bytes.len() < size { Err(Fault::broken("the file ends early")) } else { Ok(bytes) }
}

/// Makes inflated bytes a source.
pub(super) fn memory(bytes: Vec<u8>) -> Box<dyn Source> {
    Box::new(Cursor::new(bytes))
}

fn too_large_for_memory() -> Fault {
    Fault::new(FaultKind::TooLarge, "the picture needs more memory than a decoder may take")
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::DeflateEncoder};
    use std::io::Write;

    fn deflated(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::best());
        packed.write_all(bytes)?;
        packed.finish()
    }

    #[test]
    fn inflated_data_is_bounded_at_its_edge() -> Result<(), Box<dyn std::error::Error>> {
        let limits = Limits { inflate_free: 0, inflate_ratio: u64::MAX, inflate: 5000, ..Limits::STANDARD };
        for (size, fits) in [(4999, true), (5000, true), (5001, false)] {
            let packed = deflated(&vec![7; size])?;
            let inflated = inflate(&packed[..], packed.len() as u64, &limits);
            assert_eq!(inflated.map(|whole| whole.len()).ok(), fits.then_some(size));
        }
        Ok(())
    }

    #[test]
    fn a_bomb_is_refused_by_its_ratio() -> Result<(), Box<dyn std::error::Error>> {
        let packed = deflated(&vec![0; 8 << 20])?;
        let refused = inflate(&packed[..], packed.len() as u64, &Limits::STANDARD);
        assert_eq!(refused.err().map(|fault| fault.kind), Some(FaultKind::TooLarge));
        Ok(())
    }

    #[test]
    fn only_regular_files_are_opened() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let refused = file(folder.path(), &Limits::STANDARD);
        assert_eq!(refused.err().map(|fault| fault.kind), Some(FaultKind::Unreadable));
        for (size, fits) in [(9, true), (10, true), (11, false)] {
            let path = folder.path().join("a");
            std::fs::write(&path, vec![0; size])?;
            let opened = file(&path, &Limits { file: 10, ..Limits::STANDARD });
            assert_eq!(opened.is_ok(), fits);
        }
        Ok(())
    }
}
