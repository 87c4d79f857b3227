//! The child that opens files: it limits itself first, then answers requests on its standard input one after the other
//! until that closes. It has no terminal, writes no words of its own anywhere, and may die on a file at any time.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::ExitCode;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

use super::fault::Fault;
use super::header::{self, Values};
use super::intake;
use super::limits::Limits;
use super::open;
use super::opened::{self, Opened, Warm};
use super::prescan;
use super::still;
use super::tags::{self, TagPage};
use super::wire::{self, Header, Reply, Request};
use crate::domain::image::Quality;

/// Answers requests until the parent is gone. Anything that goes wrong with the pipe ends it.
pub fn worker_main() -> ExitCode {
    let limits = Limits::STANDARD;
    let ended =
        confine(&limits).and_then(|()| serve(&mut std::io::stdin().lock(), &mut std::io::stdout(), &limits));
    match ended {
        Err(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    }
}

/// Takes away what decoding does not need, for good.
fn confine(limits: &Limits) -> std::io::Result<()> {
    for (resource, bound) in
        [(Resource::As, limits.memory), (Resource::Nofile, limits.open_files), (Resource::Core, 0)]
    {
        // A site may have set a lower bound already, which nobody may raise.
        let bound = Some(getrlimit(resource).maximum.map_or(bound, |held| held.min(bound)));
        setrlimit(resource, Rlimit { current: bound, maximum: bound })?;
    }
    // Whoever asked may be killed while a picture is decoded, which nobody wants any more then.
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    // Leaves the terminal. It fails for a process that leads a group, which a child of the program does not.
    let _ = rustix::process::setsid();
    Ok(())
}

/// Allows processor time for one more request. The limit counts for a process's whole life, so it has to move along.
fn allow_time(limits: &Limits) -> std::io::Result<()> {
    let used = u64::try_from(clock_gettime(ClockId::ProcessCPUTime).tv_sec).unwrap_or_default();
    let until = used + limits.cpu_seconds;
    let maximum = getrlimit(Resource::Cpu).maximum;
    let current = Some(maximum.map_or(until, |held| held.min(until)));
    Ok(setrlimit(Resource::Cpu, Rlimit { current, maximum })?)
}

fn serve(input: &mut impl Read, out: &mut impl Write, limits: &Limits) -> std::io::Result<()> {
    let mut warm = Warm::default();
    loop {
        let request = wire::receive(input)?;
        allow_time(limits)?;
        let reply = match request {
            Request::Header { path } => read_header(&path, limits).map(Reply::Header),
            Request::Frame { path, frame, need } => {
                warm.frame(place(&path), frame, &need, limits).map(Reply::Frame)
            }
            Request::Patch { path, image, frame, part } => {
                warm.patch(place(&path), &image, frame, part, limits).map(Reply::Patch)
            }
            Request::Tags { path, image, from } => read_tags(&path, &image, from, limits).map(Reply::Tags),
            Request::Assess { path } => assess(&path, limits).map(Reply::Quality),
            Request::Segment { path, frame } => warm.segment(place(&path), frame, limits).map(Reply::Segment),
        };
        let reply = reply.unwrap_or_else(Reply::Fault);
        let body = match &reply {
            Reply::Frame(frame) => wire::body(frame),
            _ => Vec::new(),
        };
        wire::send(out, &reply, &body)?;
    }
}

fn place(path: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(path))
}

fn read_header(path: &[u8], limits: &Limits) -> Result<Header, Fault> {
    let (mut file, kind) = opened::file(place(path), limits)?;
    if let Some(kind) = kind {
        let raster = still::raster(kind, &mut file, limits)?;
        return Ok(header::of_still(open::sha256(&mut file)?, &raster));
    }
    let (outline, mut source) = prescan::scan(Box::new(file.try_clone()?), limits)?;
    let values = Values::read(&outline, &mut *source, 0, limits)?;
    header::header(&outline, &mut *source, &values, limits, || open::sha256(&mut file))
}

fn assess(path: &[u8], limits: &Limits) -> Result<Quality, Fault> {
    let (mut file, kind) = opened::file(place(path), limits)?;
    if let Some(kind) = kind {
        let raster = still::raster(kind, &mut file, limits)?;
        let header = header::of_still(String::new(), &raster);
        return Ok(intake::still(kind, &mut file, &header.image, limits));
    }
    let mut opened = Opened::read(Box::new(file.try_clone()?), 0, limits)?;
    let Opened { outline, source, values: (_, values), .. } = &mut opened;
    let header = header::header(outline, &mut **source, values, limits, || Ok(String::new()))?;
    Ok(intake::assess(&mut opened, &header.image, limits))
}

fn read_tags(path: &[u8], image: &str, from: usize, limits: &Limits) -> Result<TagPage, Fault> {
    let (mut file, kind) = opened::file(place(path), limits)?;
    if kind.is_some() {
        return Err(Fault::unsupported("this picture is no DICOM file: it has no header"));
    }
    let (outline, mut source) = prescan::scan(Box::new(file.try_clone()?), limits)?;
    let values = Values::read(&outline, &mut *source, 0, limits)?;
    opened::is_wanted(Some(image), || header::id(&values, || open::sha256(&mut file)))?;
    tags::page(Box::new(file), from, limits)
}
