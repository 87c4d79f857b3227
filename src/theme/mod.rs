//! How things look: roles and marks, filled by TOML files.

use crate::domain::word::words;

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
}

words!(Role: Text "text", Dim "dim", Strong "strong", Title "title", Border "border", Focus "focus", Header "header",
    Footer "footer", Key "key", Selected "selected", Match "match", Popup "popup", Input "input", Info "info",
    Warning "warning", Error "error", Success "success", Answer "answer", Missing "missing", Open "open", Mine "mine",
    Others "others", Deferred "deferred", Escalated "escalated", Blocked "blocked", Settled "settled",
    Reader1 "reader-1", Reader2 "reader-2", Reader3 "reader-3", Reader4 "reader-4", Reader5 "reader-5",
    Reader6 "reader-6", Reader7 "reader-7", Reader8 "reader-8");

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
