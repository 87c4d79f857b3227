//! Starts a program with a terminal of its own. A program can't be given a session and a controlling terminal from
//! outside without `unsafe`; so this test binary is started once more, takes both for itself, and then becomes it.

use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::program::Outcome;

/// Holds what the started test binary becomes: program and arguments, as JSON.
const BECOMES: &str = "OVERREAD_TESTS_BECOME";
/// The test that becomes it, as the test binary names it.
const BECOMING: &str = "pty::launch::becomes_the_program_that_is_named";

/// Opens a terminal: gives the side that a person sits at, and the program's.
pub fn open() -> Result<(OwnedFd, OwnedFd), Box<dyn std::error::Error>> {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let name = ptsname(&master, Vec::new())?;
    let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::CLOEXEC;
    let slave = rustix::fs::open(name.as_c_str(), flags, rustix::fs::Mode::empty())?;
    Ok((master, slave))
}

/// Starts `program` at the terminal `slave`, as the leader of a session. `command` says where, and in what environment.
pub fn start(
    mut command: Command,
    slave: OwnedFd,
    program: &str,
    arguments: &[&str],
) -> Result<Child, Box<dyn std::error::Error>> {
    let becomes: Vec<&str> = std::iter::once(program).chain(arguments.iter().copied()).collect();
    command.env(BECOMES, serde_json::to_string(&becomes)?);
    command.stdin(Stdio::from(slave)).stdout(Stdio::null()).stderr(Stdio::inherit());
    Ok(command.spawn()?)
}

/// Gives the command that `start` takes.
pub fn command() -> std::io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args([
        OsStr::new(BECOMING),
        "--exact".as_ref(),
        "--nocapture".as_ref(),
        "--test-threads=1".as_ref(),
    ]);
    command.env_clear();
    Ok(command)
}

/// Nothing is tested here: as a test, this does nothing.
#[test]
fn becomes_the_program_that_is_named() -> Outcome {
    let Ok(becomes) = std::env::var(BECOMES) else { return Ok(()) };
    let becomes: Vec<String> = serde_json::from_str(&becomes)?;
    let (program, arguments) = becomes.split_first().ok_or("no program is named")?;
    let terminal = std::io::stdin();
    rustix::process::setsid()?;
    rustix::process::ioctl_tiocsctty(terminal.as_fd())?;
    rustix::stdio::dup2_stdout(terminal.as_fd())?;
    rustix::stdio::dup2_stderr(terminal.as_fd())?;
    Err(Command::new(program).args(arguments).env_remove(BECOMES).exec().into())
}
