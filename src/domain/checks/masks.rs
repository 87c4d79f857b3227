//! Checks of what a mask is made of: parts that lie apart, and holes, far smaller than what was meant. Works on runs,
//! so that it costs what the mask costs to hold, and not what its image has pixels.

use super::*;
use crate::domain::geometry::Shape;

/// A part or hole of at most this share of the mask's largest part is a slip of the tool.
const SPECK: f64 = 0.01;
/// So many pixels are a speck whatever the mask's size.
const FEW: u64 = 3;
/// Masks of more stretches of rows are not looked at.
const MOST: usize = 1 << 20;

pub fn islands<'s>(scene: &Scene<'s>, found: &mut Vec<Found<'s>>) {
    each(scene, found, |mask| {
        let parts = mask.parts(true);
        let specks = mask.specks(&parts);
        (!specks.is_empty()).then(|| {
            let least = specks.iter().map(|part| part.pixels).min().unwrap_or_default();
            format!(
                "{} of at most {}, beside the largest of {}; the smallest has {least}",
                counted(specks.len(), "part"),
                counted(mask.speck(&parts) as usize, "pixel"),
                counted(largest(&parts) as usize, "pixel"),
            )
        })
    });
}

pub fn holes<'s>(scene: &Scene<'s>, found: &mut Vec<Found<'s>>) {
    each(scene, found, |mask| {
        let speck = mask.speck(&mask.parts(true));
        // What touches the mask by a corner alone lets nothing through.
        let ground = mask.parts(false);
        let holes: Vec<&Part> = ground.iter().filter(|part| !part.at_edge && part.pixels <= speck).collect();
        (!holes.is_empty()).then(|| {
            let pixels: u64 = holes.iter().map(|hole| hole.pixels).sum();
            format!(
                "{} of {} together",
                counted(holes.len(), "small hole"),
                counted(pixels as usize, "pixel")
            )
        })
    });
}

/// Looks at every mask that is sound and has anything in it.
fn each<'s>(scene: &Scene<'s>, found: &mut Vec<Found<'s>>, says: impl Fn(&Mask<'_>) -> Option<String>) {
    for spot in scene.findings() {
        let Some(Shape::Mask { size: [rows, columns], rle }) =
            spot.finding.geometry.as_ref().map(|geometry| &geometry.shape)
        else {
            continue;
        };
        let sound = spot.finding.geometry.as_ref().is_some_and(|geometry| geometry.shape.fault().is_none());
        if !sound || (*rows as usize).saturating_add(rle.len()) > MOST {
            continue;
        }
        if let Some(words) = says(&Mask { rows: *rows, columns: *columns, rle }) {
            found.push(spot.says(format!("{}: {words}", spot.label())));
        }
    }
}

struct Mask<'s> {
    rows: u32,
    columns: u32,
    rle: &'s [u32],
}

/// Pixels that hang together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    pixels: u64,
    /// Some of them lie at the edge of the image.
    at_edge: bool,
}

/// A stretch of a row: row, first column, column behind the last.
type Stretch = (u32, u32, u32);

fn largest(parts: &[Part]) -> u64 {
    parts.iter().map(|part| part.pixels).max().unwrap_or_default()
}

impl Mask<'_> {
    /// Up to how many pixels a part is a speck beside the largest.
    fn speck(&self, parts: &[Part]) -> u64 {
        ((largest(parts) as f64 * SPECK) as u64).max(FEW)
    }

    fn specks<'p>(&self, parts: &'p [Part]) -> Vec<&'p Part> {
        let (speck, most) = (self.speck(parts), largest(parts));
        parts.iter().filter(|part| part.pixels <= speck && part.pixels < most).collect()
    }

    /// Gives the stretches of the mask, or of the ground around it, row by row.
    fn stretches(&self, inside: bool) -> Vec<Stretch> {
        let columns = u64::from(self.columns.max(1));
        let mut stretches = Vec::new();
        let mut at = 0_u64;
        for (n, run) in self.rle.iter().enumerate() {
            let end = at + u64::from(*run);
            if (n % 2 == 1) == inside {
                while at < end {
                    let (row, column) = (at / columns, at % columns);
                    let stop = end.min((row + 1) * columns);
                    let behind = column + (stop - at);
                    stretches.push((row as u32, column as u32, behind as u32));
                    at = stop;
                }
            }
            at = end;
        }
        stretches
    }

    /// Gives the parts of the mask, whose pixels meet at sides or corners; or of its ground, whose pixels meet at sides.
    fn parts(&self, inside: bool) -> Vec<Part> {
        let stretches = self.stretches(inside);
        let reach = u32::from(inside);
        let mut above: Vec<usize> = (0..stretches.len()).collect();
        // Both rows are walked from the left at once; whichever stretch ends first is done.
        let mut before = 0;
        for (at, (row, from, to)) in stretches.iter().enumerate() {
            while stretches.get(before).is_some_and(|(other, _, end)| {
                other + 1 < *row || (other + 1 == *row && end + reach <= *from)
            }) {
                before += 1;
            }
            let mut other = before;
            while let Some((_, start, end)) =
                stretches.get(other).filter(|(above, start, _)| above + 1 == *row && *start < to + reach)
            {
                debug_assert!(start < end);
                let (a, b) = (root(&mut above, at), root(&mut above, other));
                if let Some(slot) = above.get_mut(a.max(b)) {
                    *slot = a.min(b);
                }
                other += 1;
            }
        }
        let mut parts = vec![Part { pixels: 0, at_edge: false }; stretches.len()];
        for (at, (row, from, to)) in stretches.iter().enumerate() {
            let root = root(&mut above, at);
            if let Some(part) = parts.get_mut(root) {
                part.pixels += u64::from(to - from);
                part.at_edge |= *row == 0 || row + 1 == self.rows || *from == 0 || *to == self.columns;
            }
        }
        parts.retain(|part| part.pixels > 0);
        parts
    }
}

/// Finds what a stretch hangs on to, and shortens the way there.
fn root(above: &mut [usize], at: usize) -> usize {
    let mut at = at;
    while let Some(next) = above.get(at).copied().filter(|next| *next != at) {
        let further = above.get(next).copied().unwrap_or(next);
        if let Some(slot) = above.get_mut(at) {
            *slot = further;
        }
        at = next;
    }
    at
}
