//! A person at a terminal of their own: types, sees what stands on the screen, hangs up. Nothing here waits for a time to
//! pass where it can wait for something to be seen.

mod launch;
mod wire;

use std::error::Error;
use std::num::NonZeroU16;
use std::os::fd::OwnedFd;
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use rustix::termios::{Winsize, tcsetwinsize};

pub use wire::{Piece, pieces};

use crate::program::{Outcome, Place};

/// How long anything may take on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(30);

/// What every xterm answers at least, and with which the questions end.
pub const ANSWERS: &str =
    "\x1bP>|XTerm(390)\x1b\\\x1b[6;20;10t\x1b]11;rgb:0000/0000/0000\x1b\\\x1b[?2026;0$y\x1b[?64;1;2;6c";

/// How a terminal is set up before the program starts in it.
pub struct Setting<'a> {
    /// Columns and rows.
    pub size: (u16, u16),
    /// What is in the environment beside a home and a locale.
    pub variables: &'a [(&'a str, &'a str)],
    /// Another program than this one's, found by its path.
    pub program: &'a str,
}

impl Default for Setting<'_> {
    fn default() -> Self {
        Setting { size: (100, 30), variables: &[], program: env!("CARGO_BIN_EXE_overread") }
    }
}

/// A terminal, the program in it, and all that the program has written.
pub struct Pty {
    master: Option<OwnedFd>,
    child: Child,
    screen: vt100::Parser,
    pub bytes: Vec<u8>,
}

/// How a program ended.
#[derive(Debug)]
pub struct End {
    /// None where a signal ended it.
    pub code: Option<i32>,
    pub took: Duration,
    /// What it used of the processor in all.
    pub processor: Duration,
}

impl Pty {
    /// Starts the program in a place, in a terminal of 100×30 that says nothing of itself.
    pub fn start(place: &Place, arguments: &[&str]) -> Result<Pty, Box<dyn Error>> {
        Pty::start_in(place, arguments, &Setting::default())
    }

    pub fn start_in(place: &Place, arguments: &[&str], setting: &Setting) -> Result<Pty, Box<dyn Error>> {
        let (master, slave) = launch::open()?;
        tcsetwinsize(&slave, winsize(setting.size))?;
        let mut command = launch::command()?;
        command.current_dir(place.path("")).env("HOME", place.path("")).env("LC_ALL", "C.UTF-8");
        command.env("TERM", "xterm-256color").envs(setting.variables.iter().copied());
        let child = launch::start(command, slave, setting.program, arguments)?;
        let (columns, rows) = setting.size;
        let screen = vt100::Parser::new(some(rows), some(columns), 0);
        Ok(Pty { master: Some(master), child, screen, bytes: Vec::new() })
    }

    pub fn screen(&self) -> &vt100::Screen {
        self.screen.screen()
    }

    /// Gives what stands on the screen, line by line.
    pub fn text(&self) -> String {
        self.screen().contents()
    }

    /// Gives everything that was written as text.
    pub fn written(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub fn send(&mut self, text: impl AsRef<[u8]>) -> Outcome {
        let master = self.master.as_ref().ok_or("the terminal is closed")?;
        let mut left = text.as_ref();
        while !left.is_empty() {
            let sent = rustix::io::write(master, left)?;
            left = left.get(sent..).unwrap_or_default();
        }
        Ok(())
    }

    /// Takes in what is written within so long at most. Tells whether anything was.
    pub fn take(&mut self, wait: Duration) -> Result<bool, Box<dyn Error>> {
        let Some(master) = &self.master else {
            std::thread::sleep(wait.min(Duration::from_millis(5)));
            return Ok(false);
        };
        let wait = Timespec::try_from(wait)?;
        match poll(&mut [PollFd::new(master, PollFlags::IN)], Some(&wait)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => return Ok(false),
            other => other?,
        };
        let mut bytes = [0; 16 * 1024];
        match rustix::io::read(master, &mut bytes) {
            Ok(count) if count > 0 => {
                let new = bytes.get(..count).unwrap_or_default();
                self.screen.process(new);
                self.bytes.extend_from_slice(new);
                Ok(true)
            }
            // Nobody has the other side open any more.
            Ok(_) | Err(rustix::io::Errno::IO) => {
                std::thread::sleep(Duration::from_millis(2));
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Waits until the screen is as wanted; else says what stands there.
    pub fn until(&mut self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) -> Outcome {
        let deadline = Instant::now() + PATIENCE;
        while !wanted(self.screen()) {
            if Instant::now() > deadline {
                return Err(format!("not seen: {what}. The screen:\n{}", self.text()).into());
            }
            self.take(Duration::from_millis(50))?;
        }
        Ok(())
    }

    /// Waits until words stand on the screen.
    pub fn shows(&mut self, words: &str) -> Outcome {
        self.until(words, |screen| screen.contents().contains(words))
    }

    /// Waits until something has come about that the screen doesn't tell.
    pub fn until_done(
        &mut self,
        what: &str,
        mut done: impl FnMut(&Pty) -> Result<bool, Box<dyn Error>>,
    ) -> Outcome {
        let deadline = Instant::now() + PATIENCE;
        while !done(self)? {
            if Instant::now() > deadline {
                return Err(format!("it never came to {what}. The screen:\n{}", self.text()).into());
            }
            self.take(Duration::from_millis(5))?;
        }
        Ok(())
    }

    /// Opens the case that is selected in the worklist, and waits until its keys decide.
    pub fn opens_selected(&mut self) -> Outcome {
        self.send("\r")?;
        self.shows("Candidates")?;
        self.hides(" wait ")
    }

    /// Waits until words no longer stand there.
    pub fn hides(&mut self, words: &str) -> Outcome {
        self.until(&format!("without {words}"), |screen| !screen.contents().contains(words))
    }

    /// Waits until nothing was written for so long.
    pub fn settles(&mut self, quiet: Duration) -> Outcome {
        let deadline = Instant::now() + PATIENCE;
        let mut since = Instant::now();
        while since.elapsed() < quiet {
            if Instant::now() > deadline {
                return Err(format!("it never settles:\n{}", self.text()).into());
            }
            if self.take(quiet.saturating_sub(since.elapsed()))? {
                since = Instant::now();
            }
        }
        Ok(())
    }

    /// Makes the terminal another size, as a window that is dragged.
    pub fn resize(&mut self, columns: u16, rows: u16) -> Outcome {
        self.screen.screen_mut().set_size(some(rows), some(columns));
        let master = self.master.as_ref().ok_or("the terminal is closed")?;
        Ok(tcsetwinsize(master, winsize((columns, rows)))?)
    }

    pub fn signal(&self, signal: Signal) -> Outcome {
        Ok(kill_process(self.id()?, signal)?)
    }

    /// Closes the terminal under the program, as a link that breaks.
    pub fn close(&mut self) {
        self.master = None;
    }

    pub fn id(&self) -> Result<Pid, Box<dyn Error>> {
        Ok(Pid::from_raw(i32::try_from(self.child.id())?).ok_or("no process has the number 0")?)
    }

    /// Gives what the program has used of the processor.
    pub fn processor(&self) -> Result<Duration, Box<dyn Error>> {
        processor(self.id()?)
    }

    /// Waits until the program has ended, and takes in what it writes.
    pub fn ends(&mut self) -> Result<End, Box<dyn Error>> {
        self.end(true)
    }

    /// Waits until the program has ended, and reads nothing of what it writes meanwhile.
    pub fn ends_unread(&mut self) -> Result<End, Box<dyn Error>> {
        self.end(false)
    }

    fn end(&mut self, reads: bool) -> Result<End, Box<dyn Error>> {
        let began = Instant::now();
        let id = self.id()?;
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        while waitid(WaitId::Pid(id), look)?.is_none() {
            if began.elapsed() > PATIENCE {
                return Err(format!("it does not end. The screen:\n{}", self.text()).into());
            }
            match reads {
                true => drop(self.take(Duration::from_millis(5))?),
                false => std::thread::sleep(Duration::from_millis(5)),
            }
        }
        let took = began.elapsed();
        while self.take(Duration::from_millis(1))? {}
        let processor = processor(id)?;
        let status = self.child.wait()?;
        Ok(End { code: status.code(), took, processor })
    }

    /// Gives the processes that the program has started and that are still there.
    pub fn children(&self) -> Result<Vec<Pid>, Box<dyn Error>> {
        let mut found = Vec::new();
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.child.id()))?;
        for thread in threads.flatten() {
            let children = std::fs::read_to_string(thread.path().join("children")).unwrap_or_default();
            found.extend(children.split_whitespace().filter_map(|id| Pid::from_raw(id.parse().ok()?)));
        }
        Ok(found)
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // A test that failed leaves nothing behind; one that went well has waited already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Tells whether a process is there and does anything.
pub fn is_alive(id: Pid) -> bool {
    stat(id).is_some_and(|fields| !matches!(fields.first().map(String::as_str), Some("Z" | "X")))
}

/// Waits until processes are gone.
pub fn are_gone(ids: &[Pid], within: Duration) -> Outcome {
    let deadline = Instant::now() + within;
    while let Some(id) = ids.iter().find(|id| is_alive(**id)) {
        if Instant::now() > deadline {
            return Err(format!("{id} is still there after {within:?}").into());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// Gives the fields of a process that follow its name: its state first (proc(5)).
fn stat(id: Pid) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(format!("/proc/{}/stat", id.as_raw_nonzero())).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}

fn processor(id: Pid) -> Result<Duration, Box<dyn Error>> {
    let fields = stat(id).ok_or("the process is gone")?;
    let ticks = |n: usize| fields.get(n).and_then(|field| field.parse::<u64>().ok()).unwrap_or_default();
    // utime and stime, in ticks of 10 ms.
    Ok(Duration::from_millis((ticks(11) + ticks(12)) * 10))
}

fn winsize((columns, rows): (u16, u16)) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

fn some(size: u16) -> NonZeroU16 {
    NonZeroU16::new(size).unwrap_or(NonZeroU16::MIN)
}
