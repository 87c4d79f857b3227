//! The terminal as a device: raw mode and the alternate screen, a thread that reads, a thread that writes, a thread that
//! listens for signals. A terminal that has gone ends all of it at once, and costs nothing meanwhile.

use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::{Duration, Instant};

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
pub const LEAVE: &[u8] = b"\x1b[?1002l\x1b[?1006l\x1b[0m\x1b[?7h\x1b[?2004l\x1b[?25h\x1b[?1049l";
/// Asks for presses and drags of the mouse (1002), as numbers without a bound (1006).
pub const MOUSE_ON: &[u8] = b"\x1b[?1006h\x1b[?1002h";
pub const MOUSE_OFF: &[u8] = b"\x1b[?1002l\x1b[?1006l";
/// Around a frame: the terminal shows it at once, or knows nothing of it.
pub const BEGIN: &[u8] = b"\x1b[?2026h";
pub const END: &[u8] = b"\x1b[?2026l";

/// What every terminal answers, once it has drawn all before it.
pub const FENCE: &[u8] = b"\x1b[c";

/// How long the terminal may take with the last bytes before somebody else writes to it.
pub const LAST: Duration = Duration::from_secs(2);
/// The same after a hang-up, when there may be no terminal to take them.
pub const GONE: Duration = Duration::from_millis(100);

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
///
/// Handing over never waits either: the loop has to hear of a signal while the terminal takes nothing.
pub struct Output {
    works: Sender<Work>,
    done: Receiver<()>,
    gate: Gate,
}

enum Work {
    Bytes(Vec<u8>),
    /// Tells that all before it is written.
    Tell(Sender<()>),
}

/// Whoever holds it may write. Once it is shut, what is still to be written is dropped.
type Gate = Arc<Mutex<bool>>;

impl Output {
    /// Starts the thread, on what stdout is.
    pub fn start(tell: impl Fn(Happening) + Send + 'static) -> std::io::Result<Output> {
        let device = std::io::stdout().as_fd().try_clone_to_owned()?;
        let (works, wanted) = channel::<Work>();
        let (finished, done) = channel();
        let gate = Gate::default();
        let held = Arc::clone(&gate);
        std::thread::spawn(move || {
            work(&device, &wanted, &held, &tell);
            let _ = finished.send(());
        });
        Ok(Output { works, done, gate })
    }

    /// Hands bytes over.
    pub fn send(&self, bytes: Vec<u8>) {
        // A writer that has gone has said so.
        let _ = self.works.send(Work::Bytes(bytes));
    }

    /// Waits until everything so far is written, or for so long.
    pub fn settle(&self, patience: Duration) {
        let (written, told) = channel();
        let _ = self.works.send(Work::Tell(written));
        let _ = told.recv_timeout(patience);
    }

    /// Waits until everything is written, or for so long. Tells whether it was.
    pub fn finish(self, patience: Duration) -> bool {
        drop(self.works);
        self.done.recv_timeout(patience).is_ok()
    }
}

fn work(device: &OwnedFd, wanted: &Receiver<Work>, gate: &Gate, tell: &impl Fn(Happening)) {
    while let Ok(work) = wanted.recv() {
        let bytes = match work {
            Work::Bytes(bytes) => bytes,
            Work::Tell(written) => {
                let _ = written.send(());
                continue;
            }
        };
        let shut = gate.lock().unwrap_or_else(PoisonError::into_inner);
        if *shut {
            return;
        }
        if write_all(device, &bytes).is_err() {
            tell(Happening::Gone);
            return;
        }
        tell(Happening::Written);
    }
}

/// Writes all of it, on a terminal that another program has set not to wait too.
fn write_all(device: &OwnedFd, mut bytes: &[u8]) -> rustix::io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(device, bytes) {
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::AGAIN) => match poll(&mut [PollFd::new(device, PollFlags::OUT)], None) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error),
            },
            Err(error) => return Err(error),
        }
    }
    Ok(())
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
                Err(_) => {
                    tell(Happening::Gone);
                    return;
                }
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

/// Stops this program until somebody lets it go on, and whatever started it as a part of the same job.
///
/// Where nobody could let it go on, as under SSH without a shell, the system takes no notice of this signal, unlike of
/// SIGSTOP, and this comes back at once.
pub fn stop() {
    let _ = rustix::process::kill_current_process_group(rustix::process::Signal::TTIN);
}

/// While this is held, a fault of this thread gives the terminal back before it is told.
pub struct Restored;

impl Restored {
    /// Puts itself before what is told of a fault.
    pub fn on_panic(output: &Output) -> Restored {
        let gate = Arc::clone(&output.gate);
        let told = std::panic::take_hook();
        let here = std::thread::current().id();
        std::panic::set_hook(Box::new(move |info| {
            // A fault of another thread leaves this one's screen alone; its words would only tear it.
            if std::thread::current().id() == here {
                shut(&gate);
                let _ = std::io::stdout().write_all(LEAVE).and_then(|()| std::io::stdout().flush());
                cooked();
                told(info);
            }
        }));
        Restored
    }
}

/// Keeps frames from being written from here on, and lets the one that is under way come to its end.
fn shut(gate: &Gate) {
    let until = Instant::now() + LAST;
    loop {
        match gate.try_lock() {
            Ok(mut shut) => return *shut = true,
            Err(TryLockError::Poisoned(shut)) => return *shut.into_inner() = true,
            Err(TryLockError::WouldBlock) if Instant::now() < until => {
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(TryLockError::WouldBlock) => return,
        }
    }
}

impl Drop for Restored {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::panic::take_hook();
        }
    }
}
