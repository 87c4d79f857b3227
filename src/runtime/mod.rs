//! The only part that asks the operating system who, when and where: the account, the clock, the environment, the
//! terminal's size, randomness.

pub mod clerk;
pub mod glance;
pub mod input;
pub mod plain;
pub mod probe;
mod screen;
pub mod terminal;
pub mod ui;

use std::io::IsTerminal;
use std::path::PathBuf;

/// Gives the account of the real uid, as the kernel and the system's user database say; never `$USER`.
pub fn account() -> String {
    let uid = nix::unistd::getuid();
    match nix::unistd::User::from_uid(uid) {
        Ok(Some(user)) => user.name,
        _ => format!("uid {uid}"),
    }
}

/// Gives the terminal and the SSH source, as far as they are known: for the log.
pub fn origin() -> String {
    let terminal = rustix::termios::ttyname(std::io::stdin(), Vec::new())
        .ok()
        .map(|name| format!("tty {}", name.to_string_lossy()));
    let ssh = variable("SSH_CONNECTION")
        .and_then(|connection| connection.split_whitespace().next().map(|source| format!("ssh {source}")));
    [terminal, ssh].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Reads the clock: milliseconds since 1970 UTC.
pub fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Gives 32 bytes that nobody can guess.
pub fn random_key() -> std::io::Result<[u8; 32]> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| std::io::Error::other(error.to_string()))?;
    Ok(key)
}

/// Reads a variable of the environment that is set and not empty.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Gives where a user's configuration lies.
pub fn config_file() -> Option<PathBuf> {
    let base = variable("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| variable("HOME").map(|home| PathBuf::from(home).join(".config")))?;
    Some(base.join("overread").join("config.toml"))
}

/// Gives this program's own file, of which decoders are started.
pub fn program() -> PathBuf {
    std::env::current_exe().unwrap_or_else(|_| "overread".into())
}

/// Gives the columns and rows of the terminal that stdout is; none where it is no terminal.
pub fn size() -> Option<(u16, u16)> {
    if !std::io::stdout().is_terminal() {
        return None;
    }
    crossterm::terminal::size().ok()
}

/// Tells whether a person sits before the program: what is typed and what is shown goes through a terminal.
pub fn has_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// Tells whether stderr is a terminal, where progress may be shown.
pub fn shows_progress() -> bool {
    std::io::stderr().is_terminal()
}

/// Tells whether the locale's characters are UTF-8.
pub fn speaks_utf8() -> bool {
    ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(variable)
        .is_some_and(|locale| locale.to_ascii_lowercase().replace('-', "").contains("utf8"))
}

/// Sees to it that a fault of the program itself is told in plain words: where it happened, and nothing of the data.
pub fn guard_panics() {
    let (panic, eyre) =
        color_eyre::config::HookBuilder::blank().display_env_section(false).panic_message(Plain).into_hooks();
    let _ = eyre.install();
    panic.install();
}

/// What is printed of a panic: never its message, which may hold what was being read.
struct Plain;

impl color_eyre::section::PanicMessage for Plain {
    fn display(
        &self,
        info: &std::panic::PanicHookInfo<'_>,
        out: &mut std::fmt::Formatter<'_>,
    ) -> std::fmt::Result {
        let place = info.location().map(|at| format!(" ({}:{})", at.file(), at.line())).unwrap_or_default();
        write!(
            out,
            "overread came upon a fault of its own{place}. Everything that it said was saved is saved. Please report \
             what you did, without patient data."
        )
    }
}
