//! `preview`: one picture of a file or a case, as a PNG.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::args::{self, Cli};
use super::exit::{self, Failure, Outcome};
use super::import::decoder;
use super::{Out, open};
use crate::domain::text::Safe;
use crate::imaging::picture::{CELL, Room, fit};
use crate::imaging::{Frame, Toning, Window};
use crate::review;

pub fn preview(cli: &Cli, out: &mut Out, wanted: &args::Preview) -> Outcome {
    let usage = |error: &dyn std::fmt::Display| Failure::usage(error.to_string());
    let window =
        wanted.window.as_deref().map(str::parse::<Window>).transpose().map_err(|error| usage(&error))?;
    let size = |text: &String| text.parse::<Room>().map_err(|error| usage(&error));
    let room = match (&wanted.size, &wanted.cells) {
        (Some(pixels), _) => Some(size(pixels)?),
        (None, Some(cells)) => Some(size(cells)?.of_cells(CELL).map_err(|error| usage(&error))?),
        (None, None) => None,
    };
    if wanted.output.exists() && !wanted.force {
        return Err(review::ReviewError::Exists(wanted.output.clone()).into());
    }
    let file = file_of(cli, &wanted.subject)?;
    let frame = decoder().frame(&file, wanted.frame, window)?;
    let about = Frame { pixels: Vec::new(), ..frame };
    let picture = fit(frame, room);
    let mut png = Vec::new();
    picture
        .write_png(&mut png)
        .map_err(|error| Failure::new(exit::IO, format!("failed to write the PNG: {error}")))?;
    std::fs::write(&wanted.output, &png)
        .map_err(|fault| review::ReviewError::Write { path: wanted.output.clone(), fault })?;
    if out.json {
        out.json(&json!({
            "rows": about.rows,
            "cols": about.columns,
            "frames": about.frames,
            "frame": wanted.frame,
            "window": about.window.map(|window| [window.width, window.level]),
            "bytes": png.len(),
            "encoding": "png",
            "width": picture.width,
            "height": picture.height,
            "lossy": about.lossy,
        }))?;
        return out.done(exit::FINE);
    }
    let toning = match (about.toning, about.window) {
        (Toning::Colour, _) => "colour".to_owned(),
        (Toning::Table, _) => "lookup table of the file".to_owned(),
        (_, Some(window)) => format!("W {} L {}", window.width, window.level),
        (_, None) => "full range".to_owned(),
    };
    let lossy = if about.lossy { " · lossy" } else { "" };
    out.line(format!(
        "{}: preview {}×{} of {}×{} · {toning} · frame {} of {}{lossy} · not for diagnosis",
        wanted.output.to_string_lossy(),
        picture.width,
        picture.height,
        about.columns,
        about.rows,
        wanted.frame + 1,
        about.frames,
    ))?;
    out.done(exit::FINE)
}

/// Finds the file: the one that is named, or that of the case's first image.
fn file_of(cli: &Cli, subject: &str) -> Result<PathBuf, Failure> {
    if Path::new(subject).is_file() {
        return Ok(subject.into());
    }
    let missing = |words: String| Failure::new(exit::NO_INPUT, words);
    let mut session = match open(cli) {
        Ok(session) => session,
        Err(failure) if failure.code == exit::NO_INPUT => {
            return Err(missing(format!(
                "there is no file {}, and no store in which a case could be called so",
                Safe::new(subject)
            )));
        }
        Err(failure) => return Err(failure),
    };
    let (image, locators) = review::show::image_of(&mut session, subject)?;
    locators.iter().find_map(|locator| review::import::file_at(locator)).ok_or_else(|| {
        missing(format!("the file of image {} is no longer where it was: import it again", Safe::new(&image)))
    })
}
