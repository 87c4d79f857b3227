//! Opens the terminal UI: on the store that is meant, or on the demonstration.

use std::path::Path;

use super::args::Cli;
use super::demo;
use super::exit::{self, Failure, Outcome};
use crate::review;

/// Makes the demonstration's store, and opens the terminal UI on it.
pub fn demo(cli: &Cli, folder: Option<&Path>) -> Outcome {
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
    open(cli, &store)
}

fn open(_cli: &Cli, store: &Path) -> Outcome {
    Err(Failure::usage(format!("no UI yet for {}", store.display())))
}
