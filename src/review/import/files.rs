//! Which files there are, and what each of them is.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::{RefusedFile, Report, Request, SkippedFile};
use crate::domain::text::Safe;
use crate::formats::{self, Format};
use crate::imaging;
use crate::review::{Result, ReviewError};

#[derive(Default)]
pub(super) struct Found {
    pub images: Vec<PathBuf>,
    pub reads: Vec<(PathBuf, Format)>,
}

/// How much of a file tells what it is.
const HEAD: usize = 64 * 1024;

pub(super) fn find_files(request: &Request, report: &mut Report) -> Result<Found> {
    let mut found = Found::default();
    for root in &request.images {
        for path in walk(root, report)? {
            match head_of(&path) {
                Ok(head) if imaging::looks_like_image(&head) => found.images.push(path),
                Ok(_) => report.skipped.push(skipped(&path, "is no DICOM, PNG, JPEG or TIFF file")),
                Err(error) => report.refused.push(refused(&path, None, error.to_string())),
            }
        }
    }
    for root in &request.paths {
        let named = root.is_file();
        for path in walk(root, report)? {
            let head = match head_of(&path) {
                Ok(head) => head,
                Err(error) => {
                    report.refused.push(refused(&path, None, error.to_string()));
                    continue;
                }
            };
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if let Some(format) = request.format {
                found.reads.push((path, format));
            } else if imaging::looks_like_dicom(&head) {
                found.images.push(path);
            } else if let Some(format) = recognised(request, &head, &name)
                .or_else(|| by_name(&path).filter(|_| named && !head.is_empty()))
            {
                found.reads.push((path, format));
            } else if named || head.is_empty() {
                let why = match head.is_empty() {
                    true => "the file is empty",
                    false => {
                        "this is no format that overread knows: name it with --format, or describe it with --map"
                    }
                };
                report.refused.push(refused(&path, None, why.into()));
            } else {
                report.skipped.push(skipped(&path, "is of no format that overread knows"));
            }
        }
    }
    found.images.sort();
    found.images.dedup();
    found.reads.dedup_by(|a, b| a.0 == b.0);
    Ok(found)
}

/// A map says what a table is; whatever is no table is what its content says.
fn recognised(request: &Request, head: &[u8], name: &str) -> Option<Format> {
    match (formats::recognise(head, name), &request.map) {
        (Some(Format::Aim), _) => Some(Format::Aim),
        (_, Some(map)) => Some(map.map.format()),
        (known, None) => known,
    }
}

/// What a file that was named is by its own name: reading it as that tells best what is wrong with it.
fn by_name(path: &Path) -> Option<Format> {
    let end = path.extension()?.to_str()?.to_ascii_lowercase();
    [("csv", Format::Long), ("tsv", Format::Long), ("xml", Format::Aim)]
        .into_iter()
        .find_map(|(known, format)| (known == end).then_some(format))
}

/// Gives a file itself, or all files of a folder and those below it, in the order of their names. Links to folders
/// are not followed, so that no loop can hold it; what can't be listed is refused, and the rest goes in.
fn walk(root: &Path, report: &mut Report) -> Result<Vec<PathBuf>> {
    let meta = std::fs::metadata(root).map_err(|fault| match fault.kind() {
        std::io::ErrorKind::NotFound => {
            ReviewError::Missing(format!("there is no file or folder {}", shown(root)))
        }
        _ => ReviewError::Read { path: root.into(), fault },
    })?;
    if meta.is_file() {
        return Ok(vec![root.into()]);
    }
    if !meta.is_dir() {
        // Reading a pipe or a device could wait for ever, and a pipe can't be read twice.
        report.refused.push(refused(root, None, "this is no regular file: write it to one first".into()));
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let mut list = || -> std::io::Result<()> {
            for entry in std::fs::read_dir(&folder)? {
                let entry = entry?;
                if entry.file_name().to_string_lossy().starts_with('.') {
                    continue;
                }
                if entry.file_type()?.is_dir() {
                    folders.push(entry.path());
                } else if entry.path().is_file() {
                    files.push(entry.path());
                }
            }
            Ok(())
        };
        if let Err(fault) = list() {
            report.refused.push(refused(&folder, None, fault.to_string()));
        }
    }
    files.sort();
    Ok(files)
}

fn head_of(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// Finds the file that a locator names, where it is still there.
pub fn file_at(locator: &str) -> Option<PathBuf> {
    locator.strip_prefix("file://").map(PathBuf::from).filter(|path| path.is_file())
}

pub(super) fn shown(path: &Path) -> String {
    Safe::new(&path.to_string_lossy()).to_string()
}

pub(super) fn refused(path: &Path, line: Option<u64>, why: String) -> RefusedFile {
    RefusedFile { file: shown(path), line, why, row: false }
}

pub(super) fn skipped(path: &Path, why: &str) -> SkippedFile {
    SkippedFile { file: shown(path), why: why.into() }
}
