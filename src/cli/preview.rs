//! `preview`: one picture of a file or a case, to the terminal or as a PNG.

use std::path::{Path, PathBuf};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::json;

use super::args::{self, Cli};
use super::exit::{self, Failure, Outcome};
use super::import::decoder;
use super::ui::depth;
use super::{Out, counted, open};
use crate::domain::text::Safe;
use crate::imaging::picture::{CELL, Picture, Room};
use crate::imaging::window::WindowError;
use crate::imaging::{Frame, Need, Tones, Toning, Window};
use crate::preview::outline::{self, Grain};
use crate::preview::plan::Depth;
use crate::preview::render::Map;
use crate::preview::{brand, cells};
use crate::review;
use crate::runtime::{self, probe};

pub fn preview(cli: &Cli, out: &mut Out, wanted: &args::Preview) -> Outcome {
    let usage = |error: &dyn std::fmt::Display| Failure::usage(error.to_string());
    // What is no window by itself may be the name of one of the file's.
    let (window, name) = match wanted.window.as_deref().map(|words| (words, words.parse::<Window>())) {
        None => (None, None),
        Some((_, Ok(window))) => (Some(window), None),
        Some((words, Err(WindowError::Unknown))) => (None, Some(words)),
        Some((_, Err(error))) => return Err(usage(&error)),
    };
    let size = |text: &String| text.parse::<Room>().map_err(|error| usage(&error));
    let room = match (&wanted.size, &wanted.cells) {
        (Some(pixels), _) => Some(size(pixels)?),
        (None, Some(cells)) => Some(size(cells)?.of_cells(CELL).map_err(|error| usage(&error))?),
        (None, None) => None,
    };
    if let Some(output) = wanted.output.as_ref().filter(|output| output.exists() && !wanted.force) {
        return Err(review::ReviewError::Exists(output.clone()).into());
    }
    let (file, image) = file_of(cli, &wanted.subject)?;
    let room = if wanted.output.is_some() { room } else { Some(half_block_room(room)) };
    let mut need = Need { image, region: None, room, window };
    let about = decoder().frame(&file, wanted.frame, &need)?;
    if let Some(name) = name {
        need.window = Some(named(&about, name)?);
    }
    let seen = about.show(&need);
    let picture = seen.picture;
    let encoded = match &wanted.output {
        Some(output) => {
            let png = png(&picture)?;
            std::fs::write(output, &png)
                .map_err(|fault| review::ReviewError::Write { path: output.clone(), fault })?;
            png
        }
        None => {
            let terminal =
                brand::judge(&brand::Answers::default(), &probe::surroundings(), None, depth(cli.color));
            match terminal.depth >= Depth::Ansi16 && terminal.utf8 {
                true => half_blocks(&picture),
                false => shades(&picture, terminal.utf8),
            }
        }
    };
    if out.json {
        out.json(&json!({
            "rows": about.rows,
            "cols": about.columns,
            "frames": about.frames,
            "frame": wanted.frame,
            "window": seen.window.map(|window| [window.width, window.level]),
            "bytes": encoded.len(),
            "encoding": if wanted.output.is_some() { "png" } else { "halfblocks" },
            "width": picture.width,
            "height": picture.height,
            "lossy": about.lossy,
        }))?;
        return out.done(exit::FINE);
    }
    let toning = match (seen.toning, seen.window) {
        (Toning::Colour, _) => "colour".to_owned(),
        (Toning::Table, _) => "lookup table of the file".to_owned(),
        (_, Some(window)) => format!("W {} L {}", window.width, window.level),
        (_, None) => "full range".to_owned(),
    };
    let lossy = if about.lossy { " · lossy" } else { "" };
    let missing = about.slide.map_or(0, |slide| slide.missing);
    let missing = match missing {
        0 => String::new(),
        tiles => format!(" · {} of the slide can't be read", counted(tiles.into(), "tile", "tiles")),
    };
    let place = match &wanted.output {
        Some(output) => Safe::new(&output.to_string_lossy()).to_string(),
        None => {
            out.bytes(&encoded)?;
            "half-blocks".to_owned()
        }
    };
    out.line(format!(
        "{place}: preview {}×{} of {}×{} · {toning} · frame {} of {}{lossy}{missing} · not for diagnosis",
        picture.width,
        picture.height,
        about.columns,
        about.rows,
        wanted.frame + 1,
        about.frames,
    ))?;
    out.done(exit::FINE)
}

/// Finds a window of the file by its name.
fn named(frame: &Frame, name: &str) -> Result<Window, Failure> {
    let windows = frame.tones.as_ref().map(Tones::windows).unwrap_or_default();
    let same = |known: &str| known.trim().eq_ignore_ascii_case(name.trim());
    if let Some(known) = windows.iter().find(|known| same(known.name.as_str())) {
        return Ok(known.window);
    }
    let known: Vec<String> = windows.iter().map(|known| known.name.to_string()).collect();
    let own = if known.is_empty() { "none of its own".to_owned() } else { known.join(", ") };
    Err(Failure::usage(format!("{}; this file has {own}", WindowError::Unknown)))
}

fn png(picture: &Picture) -> Result<Vec<u8>, Failure> {
    let mut png = Vec::new();
    let failed = |error| Failure::new(exit::IO, format!("failed to write the PNG: {error}"));
    picture.write_png(&mut png).map_err(failed)?;
    Ok(png)
}

/// Gives the room in half-blocks, of which a cell holds two, one above the other: as many as the asked pixels take, or
/// the terminal but for the caption's line and the prompt's.
fn half_block_room(asked: Option<Room>) -> Room {
    let (width, height) = match asked {
        Some(room) => (room.width / CELL.0, room.height * 2 / CELL.1),
        None => {
            let (columns, rows) = runtime::size().unwrap_or((80, 24));
            (columns.into(), u32::from(rows).saturating_sub(2) * 2)
        }
    };
    Room { width: width.max(1), height: height.max(1) }
}

/// Writes a picture in letters of different darkness, for terminals without colours or without block letters.
fn shades(picture: &Picture, utf8: bool) -> Vec<u8> {
    let map = Map::plain((f64::from(picture.width), f64::from(picture.height)));
    let bare = outline::draw(&[], &map, picture.width, picture.height, Grain::Coarse);
    let cells = cells::of(picture, &bare, Vec::new());
    let side = |length: u32| u16::try_from(length).unwrap_or(u16::MAX);
    let area = Rect { x: 0, y: 0, width: side(picture.width), height: side(picture.height.div_ceil(2)) };
    let mut buffer = Buffer::empty(area);
    cells::paint(&cells, area, &mut buffer, Depth::None, utf8);
    let lines = buffer.content.chunks(usize::from(area.width).max(1));
    let text = lines.map(|line| line.iter().map(|cell| cell.symbol()).collect::<String>() + "\n");
    text.collect::<String>().into_bytes()
}

/// Writes a picture with two pixels in each cell, the upper one as the colour of ▀ and the lower one behind it.
fn half_blocks(picture: &Picture) -> Vec<u8> {
    let pixel = |x: u32, y: u32| {
        let channels = usize::from(picture.channels);
        let at = (y as usize * picture.width as usize + x as usize) * channels;
        let channel = |n: usize| {
            picture.pixels.get(at + n.min(channels.saturating_sub(1))).copied().unwrap_or_default()
        };
        format!("2;{};{};{}", channel(0), channel(1), channel(2))
    };
    let mut text = String::new();
    for y in (0..picture.height).step_by(2) {
        for x in 0..picture.width {
            let below = if y + 1 < picture.height {
                format!("\x1b[48;{}m", pixel(x, y + 1))
            } else {
                "\x1b[49m".into()
            };
            text.push_str(&format!("\x1b[38;{}m{below}▀", pixel(x, y)));
        }
        text.push_str("\x1b[0m\n");
    }
    text.into_bytes()
}

/// Finds the file: the one that is named, or that of the case's first image, whose id is told with it.
fn file_of(cli: &Cli, subject: &str) -> Result<(PathBuf, Option<String>), Failure> {
    if Path::new(subject).is_file() {
        return Ok((subject.into(), None));
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
    let file = locators.iter().find_map(|locator| review::import::file_at(locator)).ok_or_else(|| {
        missing(format!("the file of image {} is no longer where it was: import it again", Safe::new(&image)))
    })?;
    Ok((file, Some(image)))
}
