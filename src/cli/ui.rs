//! Opens the terminal UI: on the store that is meant, or on the demonstration.

use std::io::Write;
use std::path::Path;

use super::args::{Cli, Color, Images};
use super::config::{Config, Looks};
use super::demo;
use super::exit::{self, Failure, Outcome};
use crate::app::state::Leaving;
use crate::domain::text::Safe;
use crate::preview::plan::{Depth, Protocol};
use crate::review::{self, Session};
use crate::runtime;
use crate::runtime::ui::{Ended, Setup};

/// Makes the demonstration's store, and opens the terminal UI on it.
pub fn demo(cli: &Cli, folder: Option<&Path>, shown: Option<Images>) -> Outcome {
    let kept;
    let folder = match folder {
        Some(folder) => folder,
        None => {
            kept = tempfile::Builder::new().prefix("overread-demo-").tempdir().map_err(|error| {
                Failure::new(exit::CANNOT_CREATE, format!("failed to make a temporary folder: {error}"))
            })?;
            kept.path()
        }
    };
    std::fs::create_dir_all(folder)
        .map_err(|fault| Failure::from(review::ReviewError::Write { path: folder.to_owned(), fault }))?;
    let store = demo::build(folder)?;
    open(cli, &store, shown.or(cli.images))
}

/// Opens the terminal UI on the store that is meant.
pub fn start(cli: &Cli) -> Outcome {
    open(cli, &super::store_path(cli)?, cli.images)
}

fn open(cli: &Cli, store: &Path, shown: Option<Images>) -> Outcome {
    if !cli.plain && !runtime::has_terminal() {
        return Err(Failure::usage(format!(
            "the terminal UI needs a terminal; the commands of `overread --help` need none, such as `overread --store \
             {} queue`",
            Safe::new(&store.to_string_lossy())
        )));
    }
    let session = || {
        Session::open(store, runtime::account(), cli.speaks_as.clone(), runtime::origin(), runtime::now)
            .map_err(Failure::from)
    };
    let config = Config::read(cli)?;
    let looks = Looks::read(cli)?;
    let theme = cli.theme.clone().or(config.theme);
    if let Some(name) = &theme {
        let from_file = cli.theme.is_none();
        looks.theme(name).map_err(|failure| match super::config::file(cli).filter(|_| from_file) {
            Some(path) => {
                Failure::new(exit::BAD_CONFIG, format!("{}: {}", path.to_string_lossy(), failure.words))
            }
            None => failure,
        })?;
    }
    let token = runtime::random_key().map_err(|error| {
        Failure::new(exit::IO, format!("failed to get random bytes from the system: {error}"))
    })?;
    let token = crate::store::log::hex(&token);
    let places_text = runtime::probe::places_text(&runtime::probe::surroundings());
    if !(cli.plain || places_text) {
        let words =
            "overread: this terminal places no text (TERM is dumb or not set), so all is said line by line";
        let _ = writeln!(std::io::stderr(), "{words}");
    }
    if cli.plain || !places_text {
        let ended = runtime::plain::run(session()?, token, looks.keymap)
            .map_err(|error| Failure::new(exit::IO, format!("failed to read or write a line: {error}")))?;
        return tell(&ended);
    }
    let ended = runtime::ui::run(Setup {
        sessions: [session()?, session()?, session()?, session()?],
        token,
        keymap: looks.keymap,
        themes: looks.themes,
        theme,
        images: images(shown.or(config.images)),
        depth: depth(cli.color.or(config.color)),
        mouse: config.mouse,
        program: runtime::program(),
    })
    .map_err(|error| Failure::new(exit::IO, format!("failed to take the terminal: {error}")))?;
    tell(&ended)
}

/// Says what was done, and gives what the program ends with.
fn tell(ended: &Ended) -> Outcome {
    if ended.how == Leaving::HungUp {
        return Ok(exit::HANG_UP);
    }
    let mut lines = ended.tally.lines();
    lines.extend(ended.trouble.as_ref().map(|words| format!("not saved: {words}")));
    if !ended.hears {
        // A terminal that takes nothing would hold the program here.
        lines.clear();
    }
    for line in lines {
        let _ = writeln!(std::io::stderr(), "{}", Safe::new(&line));
    }
    Ok(if ended.how == Leaving::Terminated { exit::INTERRUPTED } else { exit::FINE })
}

/// Gives how pictures are to be shown; none where the terminal says it.
pub fn images(asked: Option<Images>) -> Option<Protocol> {
    match asked? {
        Images::Auto => None,
        Images::Kitty => Some(Protocol::Kitty),
        Images::Iterm2 => Some(Protocol::Iterm2),
        Images::Sixel => Some(Protocol::Sixel),
        Images::Halfblocks => Some(Protocol::HalfBlocks),
        Images::Off => Some(Protocol::Off),
    }
}

/// Gives how many colours are to be used; none where the terminal says it.
pub fn depth(asked: Option<Color>) -> Option<Depth> {
    match asked? {
        Color::Auto => None,
        Color::True => Some(Depth::True),
        Color::Ansi256 => Some(Depth::Ansi256),
        Color::Ansi16 => Some(Depth::Ansi16),
        Color::None => Some(Depth::None),
    }
}
