//! Pictures in the terminal: what stands where, and the bytes that bring it in line with what should.
//!
//! Drawing into cells is not for here: what a picture stands on is left blank by whoever draws, with the terminal's own
//! ground. Sequences are written by hand, since they are few; the cursor is left wherever the last picture was drawn.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use ratatui::layout::Rect;

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
        let layer =
            |encoded: &Arc<Encoded>, z| Layer { id: encoded.id, rect: self.rect, z, kind: Kind::Kitty };
        match &self.shown.payload {
            Payload::Kitty { base, overlay } => {
                let mut layers = vec![layer(base, BASE)];
                layers.extend(overlay.iter().map(|overlay| layer(overlay, BASE + 1)));
                layers
            }
            Payload::Drawn(encoded) => {
                vec![Layer { id: encoded.id, rect: self.rect, z: 0, kind: Kind::Drawn }]
            }
            Payload::Cells(_) | Payload::Virtual(_) => Vec::new(),
        }
    }

    fn bytes(&self, id: u32) -> Option<&[u8]> {
        match &self.shown.payload {
            Payload::Kitty { base, .. } if base.id == id => Some(&base.bytes),
            Payload::Kitty { overlay: Some(overlay), .. } if overlay.id == id => Some(&overlay.bytes),
            Payload::Drawn(encoded) if encoded.id == id => Some(&encoded.bytes),
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
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Held by the terminal and placed by number.
    Kitty,
    /// Drawn onto the cells, and gone with them.
    Drawn,
}

/// What stands in the terminal.
#[derive(Debug, Default)]
pub struct Stage {
    layers: Vec<Layer>,
    /// Pictures that the terminal holds: their bytes, and when they stood last.
    held: BTreeMap<u32, (usize, u64)>,
    turn: u64,
}

impl Stage {
    /// Gives the cells that have to be written anew, blank ones too, since a picture that was drawn there goes.
    pub fn stale(&self, placements: &[Placement]) -> Vec<Rect> {
        let wanted: Vec<Layer> = placements.iter().flat_map(Placement::layers).collect();
        let gone = |layer: &&Layer| layer.kind == Kind::Drawn && !wanted.contains(layer);
        self.layers.iter().filter(gone).map(|layer| layer.rect).collect()
    }

    /// Writes what brings the terminal in line: nothing where nothing changed.
    pub fn reconcile(&mut self, placements: &[Placement], out: &mut Vec<u8>) {
        self.turn += 1;
        let wanted: Vec<Layer> = placements.iter().flat_map(Placement::layers).collect();
        // Writing to memory can't fail.
        for layer in self.layers.iter().filter(|layer| !wanted.contains(layer)) {
            if layer.kind == Kind::Kitty {
                let _ = write!(out, "\x1b_Ga=d,d=i,i={},q=2\x1b\\", layer.id);
            }
        }
        for layer in &wanted {
            let bytes = placements.iter().find_map(|placement| placement.bytes(layer.id)).unwrap_or(&[]);
            let here = format!("\x1b[{};{}H", layer.rect.y + 1, layer.rect.x + 1);
            match layer.kind {
                Kind::Kitty => {
                    if !self.held.contains_key(&layer.id) {
                        transmit(layer.id, bytes, out);
                    }
                    self.held.insert(layer.id, (bytes.len(), self.turn));
                    if !self.layers.contains(layer) {
                        let Rect { width, height, .. } = layer.rect;
                        let _ = write!(
                            out,
                            "{here}\x1b_Ga=p,i={},p=1,c={width},r={height},z={},C=1,q=2\x1b\\",
                            layer.id, layer.z
                        );
                    }
                }
                Kind::Drawn if !self.layers.contains(layer) => {
                    out.extend_from_slice(here.as_bytes());
                    out.extend_from_slice(bytes);
                }
                Kind::Drawn => {}
            }
        }
        self.layers = wanted;
        self.forget(out);
    }

    /// Lets the terminal free pictures that stood least lately.
    fn forget(&mut self, out: &mut Vec<u8>) {
        loop {
            let idle = self.held.iter().filter(|(id, _)| !self.layers.iter().any(|layer| layer.id == **id));
            let bytes: usize = idle.clone().map(|(_, (bytes, _))| bytes).sum();
            let Some(oldest) =
                idle.min_by_key(|(_, (_, turn))| *turn).map(|(id, _)| *id).filter(|_| bytes > KEPT)
            else {
                return;
            };
            self.held.remove(&oldest);
            let _ = write!(out, "\x1b_Ga=d,d=I,i={oldest},q=2\x1b\\");
        }
    }

    /// Takes every picture out of the terminal: when the program leaves, is suspended, or draws everything anew.
    pub fn clear(&mut self, out: &mut Vec<u8>) {
        for id in self.held.keys() {
            let _ = write!(out, "\x1b_Ga=d,d=I,i={id},q=2\x1b\\");
        }
        *self = Stage { turn: self.turn, ..Stage::default() };
    }
}

/// Hands a PNG to the terminal, in pieces.
fn transmit(id: u32, png: &[u8], out: &mut Vec<u8>) {
    let text = base64_simd::STANDARD.encode_to_string(png);
    let pieces: Vec<&[u8]> = text.as_bytes().chunks(CHUNK).collect();
    for (n, piece) in pieces.iter().enumerate() {
        let more = u8::from(n + 1 < pieces.len());
        let _ = match n {
            0 => write!(out, "\x1b_Ga=t,f=100,t=d,i={id},q=2,m={more};"),
            _ => write!(out, "\x1b_Gm={more},q=2;"),
        };
        out.extend_from_slice(piece);
        out.extend_from_slice(b"\x1b\\");
    }
}

#[cfg(test)]
mod tests;
