//! What the screen wants to show, as data.

use std::path::PathBuf;

use super::render::Map;
use crate::domain::geometry::Geometry;
use crate::domain::word::words;
pub use crate::imaging::Region;
use crate::imaging::{About, NamedWindow, Slide, Toning, Window};

/// Red, green, blue.
pub type Rgb = [u8; 3];

/// Which pixels of an image are shown, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// The image's id: a UID or a hash, never a path.
    pub image: String,
    /// Counted from 0.
    pub frame: u32,
    /// None for the file's own.
    pub window: Option<Window>,
    pub inverted: bool,
    /// Quarters of a turn to the right, 0–3, made after mirroring.
    pub quarters: u8,
    /// Mirrored from left to right.
    pub flipped: bool,
    /// None for the whole frame. The part of it that lies in the frame is shown, with what else the room allows.
    pub region: Option<Region>,
    /// Pixels that the picture takes at most, across and down as it stands on the screen: for true pixel sizes, where it
    /// doesn't fill its room.
    pub at_most: Option<(u32, u32)>,
}

/// How an outline is drawn, so that colour alone tells nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dash {
    Solid,
    Dashed,
    Dotted,
    DashDotted,
}

/// One reader's shapes on the frame that is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    /// Drawn beside the shapes: the reader's letter; none for what is no reader's.
    pub letter: String,
    pub colour: Rgb,
    pub dash: Dash,
    /// Shapes of the dispute at hand are drawn thicker.
    pub strong: bool,
    pub shapes: Vec<Geometry>,
}

/// One picture on the screen.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// For the files of this case alone may this picture stand.
    pub case: String,
    /// Where the file may lie, the likeliest first.
    pub files: Vec<PathBuf>,
    pub view: View,
    pub outlines: Vec<Outline>,
    /// Whether the graphics of the file are drawn, below the outlines.
    pub graphics: bool,
    /// Columns and rows of cells.
    pub cells: (u16, u16),
}

/// Everything that is wanted, the visible first, then what is likely next. What has left the plan is given up.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    pub visible: Vec<Wanted>,
    pub next: Vec<Wanted>,
}

/// What is true of the pixels of one picture: for its caption.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    pub view: View,
    /// Of the whole frame as it is stored.
    pub rows: u32,
    pub columns: u32,
    pub frames: u32,
    /// The window that was used.
    pub window: Option<Window>,
    /// The windows of the file by name, and that of the percentiles.
    pub windows: Vec<NamedWindow>,
    /// Whether the graphics of the file are drawn; none where it has none on this part of the frame.
    pub graphics: Option<bool>,
    pub toning: Toning,
    pub lossy: bool,
    /// What the file says of the frame beside its pixels.
    pub about: About,
    /// Height of a stored pixel over its width.
    pub aspect: f64,
    /// How a slide is shown that is stored in tiles.
    pub slide: Option<Slide>,
    /// Stored pixels that the picture covers, across and down.
    pub covers: (u32, u32),
    /// Where a point of the image lies on the picture.
    pub map: Map,
    /// Pixels of the picture itself; in half-blocks a cell is one across and two down.
    pub size: (u32, u32),
    pub detail: Detail,
    /// Steps of gray that are left of 256, where the way to the terminal or the link holds fewer.
    pub grays: Option<u16>,
}

impl Facts {
    /// Gives how many pixels of the picture one stored pixel takes, along the finer direction.
    pub fn scale(&self) -> f64 {
        let (width, height) = match self.view.quarters % 2 {
            0 => self.size,
            _ => (self.size.1, self.size.0),
        };
        let (shown, stored) =
            if self.aspect >= 1.0 { (width, self.covers.0) } else { (height, self.covers.1) };
        f64::from(shown) / f64::from(stored.max(1))
    }
}

/// How much of what its place could show a picture holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// A pixel for each of the screen's.
    Whole,
    /// What comes at once; more follows when the selection rests.
    First,
    /// As much as the link takes, or as was asked for.
    Reduced,
}

/// How much of a picture goes over the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Quality {
    /// What the link takes in about a second.
    #[default]
    Auto,
    /// No more than what comes at once.
    Low,
    /// Everything, however long it takes.
    Full,
}

words!(Quality: Auto "auto", Low "low", Full "full");

/// How pictures get onto the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// kitty's own placements: transmitted once, placed by id.
    Kitty,
    /// kitty's unicode placeholders, which tmux can move.
    KittyPlaceholders,
    Iterm2,
    Sixel,
    /// Two pixels in each cell, as text.
    HalfBlocks,
    Off,
}

words!(Protocol: Kitty "kitty", KittyPlaceholders "kitty-placeholders", Iterm2 "iterm2", Sixel "sixel",
    HalfBlocks "halfblocks", Off "off");

/// How many colours the terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Depth {
    /// No colour: bold, reverse, underline alone.
    None,
    Ansi16,
    Ansi256,
    True,
}

words!(Depth: None "none", Ansi16 "16", Ansi256 "256", True "true");
