//! The child that opens files: it limits itself first, then answers requests on its standard input one after the other
//! until that closes. It has no terminal, writes no words of its own anywhere, and may die on a file at any time.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::ExitCode;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

use super::fault::{Fault, FaultKind};
use super::frame::{Frame, Need};
use super::header::{self, Values};
use super::limits::Limits;
use super::measure::{self, Patch};
use super::open::{self, Source};
use super::prescan::{self, Outline};
use super::probe;
use super::still::{self, Kind};
use super::tags::{self, TagPage};
use super::view;
use super::wire::{self, Header, Reply, Request};

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
    loop {
        let request = wire::receive(input)?;
        allow_time(limits)?;
        let reply = match request {
            Request::Header { path } => read_header(&path, limits).map(Reply::Header),
            Request::Frame { path, frame, need } => read_frame(&path, frame, &need, limits).map(Reply::Frame),
            Request::Patch { path, image, frame, part } => {
                read_patch(&path, &image, frame, part, limits).map(Reply::Patch)
            }
            Request::Tags { path, image, from } => read_tags(&path, &image, from, limits).map(Reply::Tags),
        };
        let reply = reply.unwrap_or_else(Reply::Fault);
        let body = match &reply {
            Reply::Frame(frame) => wire::body(frame),
            _ => Vec::new(),
        };
        wire::send(out, &reply, &body)?;
    }
}

/// Opens a file, and tells by its first bytes whether it is a picture that is no DICOM file.
fn opened(path: &[u8], limits: &Limits) -> Result<(File, Option<Kind>), Fault> {
    let (mut file, _) = open::file(Path::new(OsStr::from_bytes(path)), limits)?;
    let mut head = Vec::with_capacity(probe::HEAD);
    (&mut file).take(probe::HEAD as u64).read_to_end(&mut head)?;
    let kind = if probe::looks_like_dicom(&head) { None } else { still::kind(&head) };
    file.seek(SeekFrom::Start(0))?;
    Ok((file, kind))
}

/// Finds out what stands where in a DICOM file that has to hold an image, and reads what is known of one of its frames.
fn scanned(
    file: &mut File,
    image: Option<&str>,
    frame: u32,
    limits: &Limits,
) -> Result<(Outline, Box<dyn Source>, Values), Fault> {
    let (outline, mut source) = prescan::scan(Box::new(file.try_clone()?), limits)?;
    let values = Values::read(&outline, &mut *source, frame, limits)?;
    is_wanted(image, || header::id(&values, || open::sha256(file)))?;
    Ok((outline, source, values))
}

/// Refuses a file that holds another image than the one that is wanted.
fn is_wanted(wanted: Option<&str>, id: impl FnOnce() -> Result<String, Fault>) -> Result<(), Fault> {
    match wanted {
        Some(wanted) if id()? != *wanted => Err(Fault::new(
            FaultKind::OtherImage,
            "this file holds another image than it did: import it again",
        )),
        _ => Ok(()),
    }
}

fn read_header(path: &[u8], limits: &Limits) -> Result<Header, Fault> {
    let (mut file, kind) = opened(path, limits)?;
    if let Some(kind) = kind {
        let raster = still::raster(kind, &mut file, limits)?;
        return Ok(header::of_still(open::sha256(&mut file)?, &raster));
    }
    let (outline, mut source, values) = scanned(&mut file, None, 0, limits)?;
    header::header(&outline, &mut *source, &values, limits, || open::sha256(&mut file))
}

fn read_frame(path: &[u8], frame: u32, need: &Need, limits: &Limits) -> Result<Frame, Fault> {
    let (mut file, kind) = opened(path, limits)?;
    if let Some(kind) = kind {
        is_wanted(need.image.as_deref(), || open::sha256(&mut file))?;
        return view::still(kind, &mut file, frame, need, limits);
    }
    let (outline, mut source, values) = scanned(&mut file, need.image.as_deref(), frame, limits)?;
    view::frame(&outline, &mut *source, &values, frame, need, limits)
}

fn read_patch(path: &[u8], image: &str, frame: u32, part: [u32; 4], limits: &Limits) -> Result<Patch, Fault> {
    let (mut file, kind) = opened(path, limits)?;
    if let Some(kind) = kind {
        is_wanted(Some(image), || open::sha256(&mut file))?;
        return measure::still(kind, &mut file, frame, part, limits);
    }
    let (outline, mut source, values) = scanned(&mut file, Some(image), frame, limits)?;
    measure::patch(&outline, &mut *source, &values, frame, part, limits)
}

fn read_tags(path: &[u8], image: &str, from: usize, limits: &Limits) -> Result<TagPage, Fault> {
    let (mut file, kind) = opened(path, limits)?;
    if kind.is_some() {
        return Err(Fault::unsupported("this picture is no DICOM file: it has no header"));
    }
    scanned(&mut file, Some(image), 0, limits)?;
    tags::page(Box::new(file), from, limits)
}
