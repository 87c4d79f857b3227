//! How things look: roles and marks, filled by TOML files.
//!
//! A role that a theme doesn't fill falls back to its parent, and at last to plain text. A mark has two forms, the second
//! in ASCII, and stands beside every colour that tells something.

mod load;
#[cfg(test)]
mod tests;
mod write;

use std::collections::BTreeMap;

use ratatui::style::{Color, Style};

pub use load::{THEMES, names};

use crate::domain::word::words;
use crate::preview::plan::{Dash, Rgb};

/// What a piece of the screen is; a theme says how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// What everything falls back to.
    Text,
    /// Less important text.
    Dim,
    Strong,
    Title,
    Border,
    /// The border of what has the keys.
    Focus,
    Header,
    Footer,
    /// A key in the footer, the help and menus.
    Key,
    /// The line that is selected.
    Selected,
    /// Letters that a search found.
    Match,
    /// A popup's ground.
    Popup,
    /// A prompt's text.
    Input,
    Info,
    Warning,
    Error,
    Success,
    /// What was answered.
    Answer,
    /// What is still asked for.
    Missing,
    /// Open work.
    Open,
    /// At work: mine.
    Mine,
    /// At work: somebody else's.
    Others,
    Deferred,
    Escalated,
    Blocked,
    Settled,
    Reader1,
    Reader2,
    Reader3,
    Reader4,
    Reader5,
    Reader6,
    Reader7,
    Reader8,
    /// A reader's outlines on pictures, which are dark and light whatever the theme's ground is.
    Outline1,
    Outline2,
    Outline3,
    Outline4,
    Outline5,
    Outline6,
    Outline7,
    Outline8,
}

words!(Role: Text "text", Dim "dim", Strong "strong", Title "title", Border "border", Focus "focus", Header "header",
    Footer "footer", Key "key", Selected "selected", Match "match", Popup "popup", Input "input", Info "info",
    Warning "warning", Error "error", Success "success", Answer "answer", Missing "missing", Open "open", Mine "mine",
    Others "others", Deferred "deferred", Escalated "escalated", Blocked "blocked", Settled "settled",
    Reader1 "reader-1", Reader2 "reader-2", Reader3 "reader-3", Reader4 "reader-4", Reader5 "reader-5",
    Reader6 "reader-6", Reader7 "reader-7", Reader8 "reader-8", Outline1 "outline-1", Outline2 "outline-2", Outline3 "outline-3", Outline4 "outline-4",
    Outline5 "outline-5", Outline6 "outline-6", Outline7 "outline-7", Outline8 "outline-8");

/// A symbol with a meaning, and its ASCII twin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// Before the selected line.
    Cursor,
    Queued,
    Mine,
    Others,
    Deferred,
    Escalated,
    Discussion,
    Returned,
    Blocked,
    Awaiting,
    Provisional,
    Final,
    Concordant,
    /// High priority.
    Urgent,
    Saved,
    Unsaved,
    /// Deciding keys are ignored for a moment.
    Guard,
    Checked,
    Unchecked,
    /// Stands between things in one line.
    Dot,
    /// Text goes on.
    More,
    /// The order of a list.
    Sorted,
    /// Something that is missing.
    Missing,
    Pencil,
}

words!(Mark: Cursor "cursor", Queued "queued", Mine "mine", Others "others", Deferred "deferred",
    Escalated "escalated", Discussion "discussion", Returned "returned", Blocked "blocked", Awaiting "awaiting",
    Provisional "provisional", Final "final", Concordant "concordant", Urgent "urgent", Saved "saved",
    Unsaved "unsaved", Guard "guard", Checked "checked", Unchecked "unchecked", Dot "dot", More "more",
    Sorted "sorted", Missing "missing", Pencil "pencil");

impl Role {
    /// Gives the role that a theme which leaves this one out shows in its place.
    pub fn parent(self) -> Option<Role> {
        Some(match self {
            Role::Text => return None,
            Role::Focus | Role::Title | Role::Key | Role::Match | Role::Input => Role::Strong,
            Role::Reader2 => Role::Reader1,
            Role::Reader3 => Role::Reader2,
            Role::Reader4 => Role::Reader3,
            Role::Reader5 => Role::Reader1,
            Role::Reader6 => Role::Reader2,
            Role::Reader7 => Role::Reader3,
            Role::Reader8 => Role::Reader4,
            Role::Outline1 => Role::Reader1,
            Role::Outline2 => Role::Reader2,
            Role::Outline3 => Role::Reader3,
            Role::Outline4 => Role::Reader4,
            Role::Outline5 => Role::Reader5,
            Role::Outline6 => Role::Reader6,
            Role::Outline7 => Role::Reader7,
            Role::Outline8 => Role::Reader8,
            Role::Answer | Role::Settled => Role::Success,
            Role::Missing | Role::Escalated => Role::Warning,
            Role::Blocked => Role::Error,
            Role::Deferred | Role::Others | Role::Footer | Role::Border => Role::Dim,
            Role::Mine => Role::Info,
            _ => Role::Text,
        })
    }
}

/// The roles of readers, in the order of their letters.
const READERS: [Role; 8] = [
    Role::Reader1,
    Role::Reader2,
    Role::Reader3,
    Role::Reader4,
    Role::Reader5,
    Role::Reader6,
    Role::Reader7,
    Role::Reader8,
];

/// The roles of their outlines.
const OUTLINES: [Role; 8] = [
    Role::Outline1,
    Role::Outline2,
    Role::Outline3,
    Role::Outline4,
    Role::Outline5,
    Role::Outline6,
    Role::Outline7,
    Role::Outline8,
];

/// The strokes of readers: with eight colours that repeat after four, no two of sixteen readers look alike.
const DASHES: [Dash; 4] = [Dash::Solid, Dash::Dashed, Dash::Dotted, Dash::DashDotted];

/// A theme that is ready to draw with.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Theme {
    pub name: String,
    /// Made for a light ground.
    pub light: bool,
    roles: BTreeMap<Role, Style>,
    marks: BTreeMap<Mark, [String; 2]>,
    ascii: bool,
}

impl Theme {
    /// Gives how a role looks.
    pub fn style(&self, role: Role) -> Style {
        let mut at = role;
        loop {
            match (self.roles.get(&at), at.parent()) {
                (Some(style), _) => return *style,
                (None, Some(parent)) => at = parent,
                (None, None) => return Style::default(),
            }
        }
    }

    /// Gives the ground that the theme is made for, where the terminal's own is another: nearly white or nearly black,
    /// and the terminal's own for a theme without colours.
    pub fn ground(&self) -> Color {
        match (self.style(Role::Text).fg, self.light) {
            (Some(Color::Rgb(..)), true) => Color::Rgb(250, 250, 250),
            (Some(Color::Rgb(..)), false) => Color::Rgb(16, 16, 16),
            _ => Color::Reset,
        }
    }

    /// Gives a mark, in ASCII where nothing else can be shown.
    pub fn mark(&self, mark: Mark) -> &str {
        self.marks.get(&mark).map_or("?", |forms| &forms[usize::from(self.ascii)])
    }

    /// The same with marks in ASCII, or not.
    pub fn with_ascii(self, ascii: bool) -> Self {
        Theme { ascii, ..self }
    }

    /// Gives the role of a reader, by the place of the letter.
    pub fn reader_role(n: usize) -> Role {
        READERS.get(n % READERS.len()).copied().unwrap_or(Role::Reader1)
    }

    /// Gives the colour and the stroke of a reader's outlines, by the place of the letter.
    pub fn reader(&self, n: usize) -> (Rgb, Dash) {
        let dash = DASHES.get((n + n / READERS.len()) % DASHES.len()).copied().unwrap_or(Dash::Solid);
        let outline = OUTLINES.get(n % OUTLINES.len()).copied().unwrap_or(Role::Outline1);
        let colour = match self.style(outline).fg {
            Some(Color::Rgb(red, green, blue)) => [red, green, blue],
            // Without colours outlines are white, with their dark border.
            _ => [255, 255, 255],
        };
        (colour, dash)
    }

    /// Gives a mark's two forms: the symbol, and its twin in ASCII.
    pub fn forms(&self, mark: Mark) -> [String; 2] {
        self.marks.get(&mark).cloned().unwrap_or_default()
    }
}
