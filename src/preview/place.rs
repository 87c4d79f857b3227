//! Pictures in the terminal: what stands where, and the bytes that bring it in line with what should.
//!
//! Drawing into cells is not for here: what a picture stands on is left blank by whoever draws, with the terminal's own
//! ground. Sequences are written by hand, since they are few; the cursor is left wherever the last picture was drawn.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::Arc;

use ratatui::layout::Rect;

use super::plan::Detail;
use super::pool::{Encoded, Payload, Shown};

/// A picture and its place.
#[derive(Debug, Clone)]
pub struct Placement {
    pub shown: Arc<Shown>,
    rect: Rect,
}

impl Placement {
    /// Puts a picture into the middle of an area.
    pub fn within(shown: &Arc<Shown>, area: Rect) -> Placement {
        let (width, height) = (shown.cells.0.min(area.width), shown.cells.1.min(area.height));
        let x = area.x + (area.width - width) / 2;
        let y = area.y + (area.height - height) / 2;
        Placement { shown: Arc::clone(shown), rect: Rect { x, y, width, height } }
    }

    /// Gives the cells that it takes.
    pub fn rect(&self) -> Rect {
        self.rect
    }

    /// Gives the layers that are to stand there, the lowest first.
    fn layers(&self) -> Vec<Layer> {
        let layer = |encoded: &Encoded, z, kind| Layer { id: encoded.id, rect: self.rect, z, kind, nth: 1 };
        match &self.shown.payload {
            Payload::Kitty { base, overlay } => {
                let mut layers = vec![layer(base, BASE, Kind::Placed)];
                layers.extend(overlay.iter().map(|overlay| layer(overlay, BASE + 1, Kind::Placed)));
                layers
            }
            Payload::Placeholders(encoded) => vec![layer(encoded, BASE, Kind::Text)],
            Payload::Drawn(encoded) => vec![layer(encoded, BASE, Kind::Drawn)],
            Payload::Cells(_) => Vec::new(),
        }
    }

    fn bytes(&self, id: u32) -> Option<&[u8]> {
        match &self.shown.payload {
            Payload::Kitty { base, .. } if base.id == id => Some(&base.bytes),
            Payload::Kitty { overlay: Some(overlay), .. } if overlay.id == id => Some(&overlay.bytes),
            Payload::Drawn(encoded) | Payload::Placeholders(encoded) if encoded.id == id => {
                Some(&encoded.bytes)
            }
            _ => None,
        }
    }
}

/// Above the text. Where a picture lies below it, kitty 0.26 was seen to blend each frame with the one before, all over
/// the window; a popup over a picture takes the picture away for as long as it is open instead.
const BASE: i32 = 0;
/// Bytes of pictures that a terminal is asked to keep beside those on the screen.
const KEPT: usize = 32 << 20;
/// Most of one escape sequence of kitty's.
const CHUNK: usize = 4096;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Layer {
    id: u32,
    rect: Rect,
    z: i32,
    kind: Kind,
    /// Which of several places of the same picture, from 1.
    nth: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Held by kitty and placed by number.
    Placed,
    /// Held by kitty beyond tmux, and shown where placeholders stand as text.
    Text,
    /// Drawn onto the cells, and gone with them.
    Drawn,
}

/// A picture that the terminal holds.
#[derive(Debug)]
struct Held {
    bytes: usize,
    /// When it stood last.
    turn: u64,
    kind: Kind,
}

/// What stands in the terminal.
#[derive(Debug, Default)]
pub struct Stage {
    placements: Vec<Placement>,
    layers: Vec<Layer>,
    held: BTreeMap<u32, Held>,
    turn: u64,
}

fn layers(placements: &[Placement]) -> Vec<Layer> {
    let mut layers: Vec<Layer> = Vec::new();
    for mut layer in placements.iter().flat_map(Placement::layers) {
        let same = layers.iter().filter(|known| known.id == layer.id).count();
        layer.nth = u16::try_from(same).unwrap_or(u16::MAX).saturating_add(1);
        layers.push(layer);
    }
    layers
}

impl Stage {
    /// Gives the numbers of all that the terminal holds or shows.
    pub fn holds(&self) -> BTreeSet<u32> {
        let drawn = self.layers.iter().map(|layer| layer.id);
        self.held.keys().copied().chain(drawn).collect()
    }

    /// Gives the cells that have to be written anew, blank ones too, since a picture that was drawn there goes.
    pub fn stale(&self, placements: &[Placement]) -> Vec<Rect> {
        let wanted = layers(placements);
        // The same picture in another grade covers it to the pixel.
        let same: Vec<Rect> = self
            .placements
            .iter()
            .filter(|old| {
                let covers = |new: &Placement| new.rect == old.rect && new.shown.wanted == old.shown.wanted;
                placements.iter().any(covers)
            })
            .map(Placement::rect)
            .collect();
        let gone = |layer: &&Layer| {
            layer.kind == Kind::Drawn && !wanted.contains(layer) && !same.contains(&layer.rect)
        };
        self.layers.iter().filter(gone).map(|layer| layer.rect).collect()
    }

    /// Writes what brings the terminal in line: nothing where nothing changed.
    pub fn reconcile(&mut self, placements: &[Placement], out: &mut Vec<u8>) {
        self.turn += 1;
        let wanted = layers(placements);
        let mut cursor = None;
        // Writing to memory can't fail.
        for layer in &wanted {
            let bytes = placements.iter().find_map(|placement| placement.bytes(layer.id)).unwrap_or(&[]);
            if layer.kind != Kind::Drawn {
                if !self.held.contains_key(&layer.id) {
                    transmit(layer, bytes, out);
                }
                let held = Held { bytes: bytes.len(), turn: self.turn, kind: layer.kind };
                self.held.insert(layer.id, held);
            }
            if self.layers.contains(layer) || layer.kind == Kind::Text {
                continue;
            }
            let Rect { x, y, width, height } = layer.rect;
            // kitty leaves the cursor where it is.
            if cursor.replace((x, y)) != Some((x, y)) {
                let _ = write!(out, "\x1b[{};{}H", y + 1, x + 1);
            }
            if layer.kind == Kind::Drawn {
                out.extend_from_slice(bytes);
                cursor = None;
                continue;
            }
            let Layer { id, z, nth, .. } = layer;
            let _ = write!(out, "\x1b_Ga=p,i={id},p={nth},c={width},r={height},z={z},C=1,q=2\x1b\\");
        }
        // What goes goes after what comes stands, so that nothing is bare between.
        let stays = |layer: &Layer| wanted.iter().any(|other| (other.id, other.nth) == (layer.id, layer.nth));
        for layer in self.layers.iter().filter(|layer| layer.kind == Kind::Placed && !stays(layer)) {
            let _ = write!(out, "\x1b_Ga=d,d=i,i={},p={},q=2\x1b\\", layer.id, layer.nth);
        }
        for id in self.replaced(placements, &wanted) {
            self.free(id, out);
        }
        self.layers = wanted;
        self.placements = placements.to_vec();
        self.forget(out);
    }

    /// Gives what came first of pictures that stand as a whole now: nobody goes back to it.
    fn replaced(&self, placements: &[Placement], wanted: &[Layer]) -> Vec<u32> {
        let coarse = |old: &&Placement| old.shown.facts.detail == Detail::First;
        let finer = |old: &Placement| {
            placements
                .iter()
                .any(|new| new.shown.wanted == old.shown.wanted && new.shown.facts.detail != Detail::First)
        };
        let ids = self.placements.iter().filter(coarse).filter(|old| finer(old)).flat_map(Placement::layers);
        let gone =
            ids.filter(|layer| layer.kind != Kind::Drawn && !wanted.iter().any(|new| new.id == layer.id));
        gone.map(|layer| layer.id).collect()
    }

    /// Lets the terminal free pictures that stood least lately.
    fn forget(&mut self, out: &mut Vec<u8>) {
        loop {
            let idle = self.held.iter().filter(|(id, _)| !self.layers.iter().any(|layer| layer.id == **id));
            let bytes: usize = idle.clone().map(|(_, held)| held.bytes).sum();
            let Some(oldest) =
                idle.min_by_key(|(_, held)| held.turn).map(|(id, _)| *id).filter(|_| bytes > KEPT)
            else {
                return;
            };
            self.free(oldest, out);
        }
    }

    fn free(&mut self, id: u32, out: &mut Vec<u8>) {
        if let Some(held) = self.held.remove(&id) {
            command(held.kind, &format!("a=d,d=I,i={id},q=2"), &[], out);
        }
    }

    /// Takes every picture out of the terminal: when the program leaves, is suspended, or draws everything anew.
    pub fn clear(&mut self, out: &mut Vec<u8>) {
        let ids: Vec<u32> = self.held.keys().copied().collect();
        ids.into_iter().for_each(|id| self.free(id, out));
        *self = Stage { turn: self.turn, ..Stage::default() };
    }
}

/// Gives the bytes, or a few more, that a PNG of so many takes on its way to kitty and into its place.
pub fn carried(png: usize) -> usize {
    let text = png.div_ceil(3) * 4;
    text + text.div_ceil(CHUNK) * 32 + 160
}

/// Hands a PNG to the terminal, in pieces.
fn transmit(layer: &Layer, png: &[u8], out: &mut Vec<u8>) {
    let text = base64_simd::STANDARD.encode_to_string(png);
    let pieces: Vec<&[u8]> = text.as_bytes().chunks(CHUNK).collect();
    for (n, piece) in pieces.iter().enumerate() {
        let more = u8::from(n + 1 < pieces.len());
        let keys = match n {
            0 => format!("a=t,f=100,t=d,i={},q=2,m={more}", layer.id),
            _ => format!("m={more},q=2"),
        };
        command(layer.kind, &keys, piece, out);
    }
    if layer.kind == Kind::Text {
        let Layer { id, rect: Rect { width, height, .. }, .. } = layer;
        command(layer.kind, &format!("a=p,U=1,i={id},c={width},r={height},q=2"), &[], out);
    }
}

/// Writes a command of kitty's; where tmux stands between, wrapped so that it hands it on.
fn command(kind: Kind, keys: &str, body: &[u8], out: &mut Vec<u8>) {
    let (begin, end): (&[u8], &[u8]) = match kind {
        Kind::Text => (b"\x1bPtmux;\x1b\x1b_G", b"\x1b\x1b\\\x1b\\"),
        Kind::Placed | Kind::Drawn => (b"\x1b_G", b"\x1b\\"),
    };
    out.extend_from_slice(begin);
    out.extend_from_slice(keys.as_bytes());
    if !body.is_empty() {
        out.push(b';');
        out.extend_from_slice(body);
    }
    out.extend_from_slice(end);
}

#[cfg(test)]
mod tests;
