//! Pictures as text: two pixels in each cell, by colour where there is some, else by shades.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

use super::outline::Overlay;
use super::plan::{Depth, Rgb};
use crate::imaging::Picture;

/// A picture as cells.
#[derive(Debug, Clone, PartialEq)]
pub struct Cells {
    pub columns: u16,
    pub rows: u16,
    /// The upper and the lower pixel of each cell, row by row.
    pub pixels: Vec<[Rgb; 2]>,
    /// The outline that a cell belongs to, from 1; 0 for none.
    pub owners: Vec<u8>,
    /// The letter of each outline.
    pub letters: Vec<String>,
    /// Letters beside outlines: column, row, letter, colour.
    pub labels: Vec<(u16, u16, String, Rgb)>,
}

/// Shades from black to white, as ASCII and as blocks.
const ASCII: [&str; 10] = [" ", ".", ":", "-", "=", "+", "*", "#", "%", "@"];
const BLOCKS: [&str; 5] = [" ", "░", "▒", "▓", "█"];

/// Makes cells of a picture: a column is one pixel wide, a row two high.
pub fn of(picture: &Picture, overlay: &Overlay, letters: Vec<String>) -> Cells {
    let (width, height) = (picture.width, picture.height);
    let rows = height.div_ceil(2);
    let channels = usize::from(picture.channels);
    let place = |x: u32, y: u32| (y < height).then(|| y as usize * width as usize + x as usize);
    let colour = |x: u32, y: u32| -> Rgb {
        // Below the last row of an odd number stands what is above it.
        let Some(at) = place(x, y).or_else(|| place(x, y.saturating_sub(1))) else { return [0; 3] };
        let below = |n: usize| picture.pixels.get(at * channels + n.min(channels - 1)).copied().unwrap_or(0);
        overlay.pixels.get(at).copied().flatten().unwrap_or_else(|| [below(0), below(1), below(2)])
    };
    let owner = |x: u32, y: u32| place(x, y).and_then(|at| overlay.owners.get(at)).copied().unwrap_or(0);
    let mut pixels = Vec::with_capacity((width * rows) as usize);
    let mut owners = Vec::with_capacity((width * rows) as usize);
    for row in 0..rows {
        for x in 0..width {
            pixels.push([colour(x, row * 2), colour(x, row * 2 + 1)]);
            owners.push(owner(x, row * 2).max(owner(x, row * 2 + 1)));
        }
    }
    let small = |n: u32| u16::try_from(n).unwrap_or(u16::MAX);
    let labels = overlay
        .labels
        .iter()
        .map(|(x, y, letter, colour)| (small(*x), small(y / 2), letter.clone(), *colour));
    Cells { columns: small(width), rows: small(rows), pixels, owners, letters, labels: labels.collect() }
}

/// Draws cells in the middle of an area.
pub fn paint(cells: &Cells, area: Rect, buffer: &mut Buffer, depth: Depth, utf8: bool) {
    let left = area.x + area.width.saturating_sub(cells.columns) / 2;
    let top = area.y + area.height.saturating_sub(cells.rows) / 2;
    let within = area.intersection(buffer.area);
    let colour = |[red, green, blue]: Rgb| Color::Rgb(red, green, blue);
    for row in 0..cells.rows {
        for column in 0..cells.columns {
            let (x, y) = (left + column, top + row);
            let at = usize::from(row) * usize::from(cells.columns) + usize::from(column);
            let (Some([upper, lower]), true) = (cells.pixels.get(at), within.contains((x, y).into())) else {
                continue;
            };
            let Some(cell) = buffer.cell_mut((x, y)) else { continue };
            if depth >= Depth::Ansi16 && utf8 {
                cell.set_symbol("▀").set_style(Style::new().fg(colour(*upper)).bg(colour(*lower)));
                continue;
            }
            let gray = |[red, green, blue]: Rgb| {
                (u32::from(red) * 30 + u32::from(green) * 59 + u32::from(blue) * 11) / 100
            };
            let mean = ((gray(*upper) + gray(*lower)) / 2) as usize;
            let owner = cells.owners.get(at).copied().filter(|owner| *owner > 0);
            let letter =
                owner.and_then(|owner| cells.letters.get(usize::from(owner) - 1)).and_then(|l| l.get(..1));
            let symbol = match letter {
                Some(letter) => letter,
                None if utf8 => BLOCKS[(mean * (BLOCKS.len() - 1) + 127) / 255],
                None => ASCII[(mean * (ASCII.len() - 1) + 127) / 255],
            };
            cell.set_symbol(symbol);
            if depth >= Depth::Ansi16 && letter.is_some() {
                cell.set_style(Style::new().fg(colour(*upper)));
            }
        }
    }
    for (column, row, letter, of) in &cells.labels {
        let (x, y) = (left + column, top + row);
        if within.contains((x, y).into()) {
            let style = if depth >= Depth::Ansi16 {
                Style::new().fg(colour(*of)).bg(Color::Rgb(0, 0, 0))
            } else {
                Style::new()
            };
            buffer.set_stringn(x, y, letter, usize::from(within.right().saturating_sub(x)), style);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells() -> Cells {
        let picture =
            Picture { width: 3, height: 3, channels: 1, pixels: vec![0, 128, 255, 255, 128, 0, 9, 9, 9] };
        let mut overlay =
            Overlay { width: 3, height: 3, pixels: vec![None; 9], owners: vec![0; 9], labels: Vec::new() };
        overlay.pixels[4] = Some([255, 0, 0]);
        overlay.owners[4] = 1;
        of(&picture, &overlay, vec!["B".into()])
    }

    #[test]
    fn two_pixels_stand_in_a_cell() {
        let cells = cells();
        assert_eq!((cells.columns, cells.rows), (3, 2));
        assert_eq!(cells.pixels[0], [[0; 3], [255; 3]]);
        assert_eq!(cells.pixels[1], [[128; 3], [255, 0, 0]]);
        assert_eq!(cells.pixels[3], [[9; 3], [9; 3]]);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 5, 2));
        paint(&cells, buffer.area, &mut buffer, Depth::True, true);
        assert_eq!(buffer[(2, 0)].fg, Color::Rgb(128, 128, 128));
        assert_eq!(buffer[(2, 0)].bg, Color::Rgb(255, 0, 0));
        assert_eq!(buffer[(0, 0)].symbol(), " ");
    }

    #[test]
    fn without_colours_shades_and_letters_tell() {
        for (utf8, line) in [(true, "▒B▒"), (false, "=B=")] {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 3, 2));
            paint(&cells(), buffer.area, &mut buffer, Depth::None, utf8);
            let seen: String = (0..3).map(|x| buffer[(x, 0)].symbol()).collect();
            assert_eq!(seen, line);
            assert_eq!(buffer[(0, 0)].fg, Color::Reset);
        }
        // One that is too large is cut to its place.
        let mut buffer = Buffer::empty(Rect::new(0, 0, 2, 1));
        paint(&cells(), Rect::new(0, 0, 2, 1), &mut buffer, Depth::True, true);
    }
}
