//! The parent's hold on a decoding child: started when first needed, kept warm, bounded in time, replaced when it dies.

use std::ffi::OsString;
use std::io::{ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use thiserror::Error;

use super::fault::Fault;
use super::frame::{Frame, Need};
use super::intake;
use super::limits::Limits;
use super::measure::Patch;
use super::tags::TagPage;
use super::wire::{self, Header, Reply, Request, Segment};
use crate::domain::image::{Looked, Quality};
use crate::domain::text::Safe;

/// Why a file has no header or no picture. Holds no value of any header.
#[derive(Debug, Error)]
pub enum ImagingError {
    /// The file itself is at fault.
    #[error("{path}: {fault}")]
    File { path: Safe, fault: Fault },
    /// The child died: of memory, of processor time, of a bug that the file brought out.
    #[error("{path}: the decoder stopped on this file; labels can still be adjudicated")]
    Stopped { path: Safe },
    #[error(
        "{path}: the decoder took longer than {seconds} s and was stopped; labels can still be adjudicated"
    )]
    Slow { path: Safe, seconds: f64 },
    #[error("{path}: the decoder gave an answer that makes no sense; labels can still be adjudicated")]
    Garbled { path: Safe },
    #[error("{path}: the path is too long")]
    Path { path: Safe },
    #[error("failed to start the decoder {program}: {source}")]
    Start { program: Safe, source: std::io::Error },
}

/// One child that decodes, and how to make another.
#[derive(Debug)]
pub struct Decoder {
    program: PathBuf,
    arguments: Vec<OsString>,
    header_wait: Duration,
    frame_wait: Duration,
    assess_wait: Duration,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both only fail for a child that is gone already; waiting leaves no zombie.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads what the child writes, up to a deadline.
struct Until<'a> {
    output: &'a mut ChildStdout,
    deadline: Instant,
}

impl Read for Until<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let left = self.deadline.saturating_duration_since(Instant::now());
            let wait = Timespec::try_from(left).map_err(|_| ErrorKind::InvalidInput)?;
            match poll(&mut [PollFd::new(&*self.output, PollFlags::IN)], Some(&wait)) {
                Ok(0) => return Err(ErrorKind::TimedOut.into()),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
                // What has come is there to be read without waiting.
                Ok(_) => return self.output.read(bytes),
            }
        }
    }
}

impl Decoder {
    /// Makes a decoder that runs `program` with `arguments` once it is needed.
    pub fn new(program: PathBuf, arguments: Vec<OsString>) -> Self {
        let (header_wait, frame_wait) = (Duration::from_secs(2), Duration::from_secs(20));
        // Many images come in one after the other: none may hold up the others for long.
        let assess_wait = Duration::from_secs(5);
        Decoder { program, arguments, header_wait, frame_wait, assess_wait, running: None }
    }

    /// Sets how long a header and a frame may take, 2 s and 20 s otherwise.
    pub fn with_waits(self, header_wait: Duration, frame_wait: Duration) -> Self {
        Decoder { header_wait, frame_wait, ..self }
    }

    /// Reads what the index of images needs, no further than the pixels.
    pub fn header(&mut self, path: &Path) -> Result<Header, ImagingError> {
        let request = Request::Header { path: path.as_os_str().as_bytes().to_vec() };
        match self.ask(path, &request, self.header_wait)? {
            Reply::Header(header) => Ok(header),
            _ => Err(self.garbled(path)),
        }
    }

    /// Decodes what is needed of one frame, counted from 0.
    pub fn frame(&mut self, path: &Path, frame: u32, need: &Need) -> Result<Frame, ImagingError> {
        let request =
            Request::Frame { path: path.as_os_str().as_bytes().to_vec(), frame, need: need.clone() };
        match self.ask(path, &request, self.frame_wait)? {
            Reply::Frame(frame) => Ok(frame),
            _ => Err(self.garbled(path)),
        }
    }

    /// Reads what stands in a few pixels of one frame of an image, counted from 0.
    pub fn patch(
        &mut self,
        path: &Path,
        image: &str,
        frame: u32,
        part: [u32; 4],
    ) -> Result<Patch, ImagingError> {
        let (path_bytes, image) = (path.as_os_str().as_bytes().to_vec(), image.to_owned());
        let request = Request::Patch { path: path_bytes, image, frame, part };
        match self.ask(path, &request, self.frame_wait)? {
            Reply::Patch(patch) if patch.part == part && patch.is_sound() => Ok(patch),
            _ => Err(self.garbled(path)),
        }
    }

    /// Reads what one frame of a segmentation shows, counted from 0.
    pub fn segment(&mut self, path: &Path, frame: u32) -> Result<Segment, ImagingError> {
        let request = Request::Segment { path: path.as_os_str().as_bytes().to_vec(), frame };
        match self.ask(path, &request, self.header_wait)? {
            Reply::Segment(segment) => Ok(segment),
            _ => Err(self.garbled(path)),
        }
    }

    /// Looks at the pixels of an image as it comes in. A look that fails is told as what was found: nobody has to know more
    /// of a file whose decoding stops the child than that it does.
    pub fn assess(&mut self, path: &Path) -> Result<Quality, ImagingError> {
        let request = Request::Assess { path: path.as_os_str().as_bytes().to_vec() };
        match self.ask(path, &request, self.assess_wait) {
            Ok(Reply::Quality(quality)) if intake::is_sound(&quality) => Ok(quality),
            Ok(_) => Err(self.garbled(path)),
            Err(ImagingError::File { fault, .. }) => Ok(Quality::of(Looked::Fault(fault.words))),
            Err(ImagingError::Stopped { .. }) => {
                Ok(Quality::of(Looked::Fault("the decoder stopped on this file".into())))
            }
            Err(ImagingError::Slow { seconds, .. }) => {
                Ok(Quality::unlooked(format!("decoding took longer than {seconds} s")))
            }
            Err(error) => Err(error),
        }
    }

    /// Reads the header of an image's file as a list, up to [`tags::LINES`](super::tags::LINES).
    pub fn tags(&mut self, path: &Path, image: &str) -> Result<TagPage, ImagingError> {
        let mut whole = TagPage { lines: Vec::new(), total: 0, cut: false };
        loop {
            let (path_bytes, image) = (path.as_os_str().as_bytes().to_vec(), image.to_owned());
            let request = Request::Tags { path: path_bytes, image, from: whole.lines.len() };
            let Reply::Tags(page) = self.ask(path, &request, self.header_wait)? else {
                return Err(self.garbled(path));
            };
            let more = !page.lines.is_empty();
            whole.lines.extend(page.lines);
            whole.lines.truncate(super::tags::LINES);
            (whole.total, whole.cut) = (page.total, page.cut);
            if !more || whole.lines.len() >= page.total {
                return Ok(whole);
            }
        }
    }

    fn garbled(&mut self, path: &Path) -> ImagingError {
        self.running = None;
        ImagingError::Garbled { path: safe(path) }
    }

    /// Asks the child and waits. After any answer but a sound one the child is gone, and the next call starts another.
    fn ask(&mut self, path: &Path, request: &Request, wait: Duration) -> Result<Reply, ImagingError> {
        if path.as_os_str().len() > 4096 {
            return Err(ImagingError::Path { path: safe(path) });
        }
        // A warm child may have died since; one that has just been started and does not listen will never do.
        let warm = self.running.take();
        let mut running = match warm.map(|mut running| running.send(request).map(|()| running)) {
            Some(Ok(running)) => running,
            _ => {
                let mut fresh = self.start()?;
                fresh.send(request).map_err(|_| ImagingError::Stopped { path: safe(path) })?;
                fresh
            }
        };
        match running.answer(wait) {
            Ok(Reply::Fault(fault)) => {
                self.running = Some(running);
                Err(ImagingError::File { path: safe(path), fault })
            }
            Ok(reply) => {
                self.running = Some(running);
                Ok(reply)
            }
            Err(error) => Err(match error.kind() {
                ErrorKind::TimedOut => ImagingError::Slow { path: safe(path), seconds: wait.as_secs_f64() },
                ErrorKind::InvalidData => ImagingError::Garbled { path: safe(path) },
                _ => ImagingError::Stopped { path: safe(path) },
            }),
        }
    }

    fn start(&self) -> Result<Running, ImagingError> {
        let failed = |source| ImagingError::Start { program: safe(&self.program), source };
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(failed)?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(input), Some(output)) => Ok(Running { child, input, output }),
            _ => Err(failed(ErrorKind::BrokenPipe.into())),
        }
    }
}

impl Running {
    /// Sends a request. It fits into the pipe, which the child has emptied before it answered, so this does not wait.
    fn send(&mut self, request: &Request) -> std::io::Result<()> {
        wire::send(&mut self.input, request, &[])
    }

    fn answer(&mut self, wait: Duration) -> std::io::Result<Reply> {
        let deadline = Instant::now() + wait;
        let mut output = Until { output: &mut self.output, deadline };
        let mut reply = wire::receive(&mut output)?;
        if let Reply::Frame(frame) = &mut reply {
            let [left, top, right, bottom] = frame.part;
            let table = frame.tones.iter().flat_map(|tones| &tones.table).map(|table| table.count).max();
            let sound = (1..=Limits::STANDARD.picture).contains(&frame.size())
                && left < right
                && top < bottom
                && right <= frame.columns
                && bottom <= frame.rows
                && frame.width <= right - left
                && frame.height <= bottom - top
                && table.is_none_or(|count| (1..=65_536).contains(&count))
                && frame.marks.as_ref().is_none_or(|marks| marks.size() == (frame.width, frame.height))
                && frame.aspect.is_finite()
                && frame.aspect > 0.0
                && frame.about.is_sound();
            if !sound {
                return Err(ErrorKind::InvalidData.into());
            }
            wire::read_body(frame, &mut output)?;
        }
        Ok(reply)
    }
}

fn safe(path: &Path) -> Safe {
    Safe::new(&path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A child that answers one request, whatever it is, and then dies.
    fn brief() -> Decoder {
        let reply = r#"{"fault":{"kind":"no-pixels","words":"none"}}"#;
        let script = format!("head -c 1 >&2; printf '\\{:03o}\\0\\0\\0{reply}'", reply.len());
        let wait = Duration::from_secs(60);
        Decoder::new("/bin/sh".into(), vec!["-c".into(), script.into()]).with_waits(wait, wait)
    }

    #[test]
    fn a_dead_child_is_replaced_and_leaves_no_zombie() -> Result<(), Box<dyn std::error::Error>> {
        let mut decoder = brief();
        let mut seen = Vec::new();
        for _ in 0..3 {
            let answer = decoder.header(Path::new("a"));
            assert!(answer.is_err_and(|error| error.to_string() == "a: none"));
            let running = decoder.running.as_mut().ok_or("the child was given up")?;
            running.child.wait()?;
            seen.push(running.child.id());
        }
        seen.dedup();
        assert_eq!(seen.len(), 3);
        drop(decoder);
        if cfg!(target_os = "linux") {
            assert!(seen.iter().all(|id| !Path::new(&format!("/proc/{id}")).exists()));
        }
        Ok(())
    }

    #[test]
    fn a_path_is_bounded_and_shown_safely() {
        let mut decoder = brief();
        let long = decoder.header(Path::new(&"x".repeat(4097)));
        assert!(long.is_err_and(|error| error.to_string().ends_with("the path is too long")));
        let steering = decoder.header(Path::new("\x1b[2Ja"));
        assert!(steering.is_err_and(|error| error.to_string() == "^[[2Ja: none"));
    }
}
