//! The terminal as a device: raw mode and the alternate screen, a thread that reads, a thread that writes, a thread that
//! listens for signals. A terminal that has gone ends all of it at once, and costs nothing meanwhile.

use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::Signals;

use super::input::{Input, Parser};

/// Something that happened at the terminal.
#[derive(Debug, Clone, PartialEq)]
pub enum Happening {
    Input(Input),
    Signal(Signal),
    /// The bytes of a frame are on their way.
    Written,
    /// There is no terminal any more.
    Gone,
}

/// What the system wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    HangUp,
    Terminate,
    Suspend,
    Continue,
    Resize,
}

/// Enters: the alternate screen, pasted text in brackets, no cursor, lines that don't wrap by themselves.
pub const ENTER: &[u8] = b"\x1b[?1049h\x1b[?2004h\x1b[?25l\x1b[?7l\x1b[2J";
/// Leaves: everything as it was.
pub const LEAVE: &[u8] = b"\x1b[0m\x1b[?7h\x1b[?2004l\x1b[?25h\x1b[?1049l";
/// Around a frame: the terminal shows it at once, or knows nothing of it.
pub const BEGIN: &[u8] = b"\x1b[?2026h";
pub const END: &[u8] = b"\x1b[?2026l";

/// Puts the terminal into raw mode.
pub fn raw() -> std::io::Result<()> {
    crossterm::terminal::enable_raw_mode()
}

/// Puts the terminal's mode back as it was.
pub fn cooked() {
    // A terminal that has gone has no mode.
    let _ = crossterm::terminal::disable_raw_mode();
}

/// Writes frames from a thread of its own, so that a slow link never keeps a key waiting.
pub struct Output {
    frames: SyncSender<Vec<u8>>,
    done: Receiver<()>,
}

impl Output {
    /// Starts the thread, on what stdout is.
    pub fn start(tell: impl Fn(Happening) + Send + 'static) -> std::io::Result<Output> {
        let device = std::io::stdout().as_fd().try_clone_to_owned()?;
        let (frames, wanted) = sync_channel::<Vec<u8>>(1);
        let (finished, done) = channel();
        std::thread::spawn(move || write_all(device, &wanted, &finished, &tell));
        Ok(Output { frames, done })
    }

    /// Hands bytes over. One frame may wait while another is written.
    pub fn send(&self, bytes: Vec<u8>) {
        // A writer that has gone has said so.
        let _ = self.frames.send(bytes);
    }

    /// Waits until everything is written, or for so long.
    pub fn finish(self, patience: Duration) {
        drop(self.frames);
        let _ = self.done.recv_timeout(patience);
    }
}

fn write_all(device: OwnedFd, wanted: &Receiver<Vec<u8>>, finished: &Sender<()>, tell: &impl Fn(Happening)) {
    let mut device = std::fs::File::from(device);
    while let Ok(bytes) = wanted.recv() {
        match device.write_all(&bytes) {
            Ok(()) => tell(Happening::Written),
            Err(_) => {
                tell(Happening::Gone);
                break;
            }
        }
    }
    let _ = finished.send(());
}

/// Reads keys and answers from a thread of its own.
pub fn read(tell: impl Fn(Happening) + Send + 'static) {
    std::thread::spawn(move || {
        let mut parser = Parser::default();
        let mut bytes = vec![0; 16 * 1024];
        loop {
            let wait = parser.patience().and_then(|wait| Timespec::try_from(wait).ok());
            let stdin = std::io::stdin();
            let mut polled = [PollFd::new(&stdin, PollFlags::IN)];
            let inputs = match poll(&mut polled, wait.as_ref()) {
                Ok(0) => parser.flush(),
                Err(rustix::io::Errno::INTR) => continue,
                Err(_) => Vec::new(),
                Ok(_) => match rustix::io::read(&stdin, &mut bytes) {
                    // Nothing to read where something was promised: the other end is closed.
                    Ok(0) => {
                        tell(Happening::Gone);
                        return;
                    }
                    Ok(count) => parser.feed(bytes.get(..count).unwrap_or(&[])),
                    Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => continue,
                    Err(_) => {
                        tell(Happening::Gone);
                        return;
                    }
                },
            };
            inputs.into_iter().map(Happening::Input).for_each(&tell);
        }
    });
}

/// Listens for signals from a thread of its own.
pub fn listen(tell: impl Fn(Happening) + Send + 'static) -> std::io::Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGTERM, SIGINT, SIGTSTP, SIGCONT, SIGWINCH])?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            tell(Happening::Signal(match signal {
                SIGHUP => Signal::HangUp,
                SIGTSTP => Signal::Suspend,
                SIGCONT => Signal::Continue,
                SIGWINCH => Signal::Resize,
                _ => Signal::Terminate,
            }));
        }
    });
    Ok(())
}

/// Stops this process until somebody lets it go on.
pub fn stop() {
    // It comes back from here once it goes on.
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP);
}

/// While this is held, a fault of this thread gives the terminal back before it is told.
pub struct Restored;

impl Restored {
    /// Puts itself before what is told of a fault.
    pub fn on_panic() -> Restored {
        let told = std::panic::take_hook();
        let here = std::thread::current().id();
        std::panic::set_hook(Box::new(move |info| {
            // A fault of another thread leaves this one's screen alone; its words would only tear it.
            if std::thread::current().id() == here {
                let _ = std::io::stdout().write_all(LEAVE).and_then(|()| std::io::stdout().flush());
                cooked();
                told(info);
            }
        }));
        Restored
    }
}

impl Drop for Restored {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::panic::take_hook();
        }
    }
}
