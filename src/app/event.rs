//! What happens to the UI, and what it wants done: plain data, so that a test can say what it expects.

use std::path::PathBuf;
use std::sync::Arc;

use super::acts::Wish;
use super::state::Display;
use crate::command::{Command, Key};
use crate::domain::decision::Draft;
use crate::imaging::measure::Patch;
use crate::imaging::tags::TagPage;
use crate::preview::plan::Facts;
use crate::review::causes::Causes;
use crate::review::causes::reviews::Planning;
use crate::review::causes::write::Codes;
use crate::review::check::Found;
use crate::review::desk::{Desk, Hold, Undone, Viewed};
use crate::review::figures::Figures;
use crate::review::log::{LogLine, LogWish};
use crate::review::queue::QueueFilter;
use crate::review::queue::{Counts, Facets, LeftOut, Line};
use crate::review::sample::{Board, Order, Outlook, ReadAgain};

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Event {
    Key(Key),
    /// What a person means, said by its name.
    Command(Command),
    /// Text that came in one piece, which is never taken for keys.
    Paste(String),
    /// Columns and rows.
    Resized(u16, u16),
    /// What is known of the terminal by now.
    Display(Display),
    Answer(Box<Answer>),
    /// A picture is ready, or has failed.
    Pictures,
    /// These pictures are on the screen now.
    Shown(Vec<Facts>),
    /// What a file said when it was looked into.
    Seen(Box<Sight>),
    Mouse(Mouse),
    /// A moment has come that [`State::wake`](super::State::wake) named.
    Time,
    /// The program goes on after it was suspended.
    Resumed,
    /// The terminal is gone.
    HungUp,
    /// The system asks the program to end.
    Terminated,
    /// The search thread or another part of the program has words for the person.
    Told(String),
}

/// Something to be done outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    Ask(Ask),
    /// Puts text on the person's clipboard, by way of the terminal.
    Copy(String),
    /// Draws everything anew, whatever the terminal holds.
    Redraw,
    Suspend,
    NextTheme,
    /// Tries pictures again that failed.
    RetryPictures,
    /// Looks into a file of the case; answered by an [`Event::Seen`], unless a newer look of its kind overtakes it.
    Look(Glance),
    /// Whether the terminal tells of the mouse.
    Mouse(bool),
    /// Ends the program; the summary is in the state.
    Leave,
}

/// A look into a file, which lies where the first of its files is that has it.
#[derive(Debug, Clone, PartialEq)]
pub enum Glance {
    /// At a few stored pixels: left, top, right, bottom.
    Patch { files: Vec<PathBuf>, image: String, frame: u32, part: [u32; 4] },
    /// At the header.
    Header { files: Vec<PathBuf>, image: String },
}

/// What a file said, or why it said nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum Sight {
    Patch { image: String, frame: u32, part: [u32; 4], said: Result<Patch, String> },
    Header { image: String, said: Result<TagPage, String> },
}

/// Something done with the mouse, on a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mouse {
    pub column: u16,
    pub row: u16,
    pub deed: MouseDeed,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MouseDeed {
    /// The left button went down, was held while the mouse moved, was let go.
    Press,
    Drag,
    Release,
    WheelUp,
    WheelDown,
}

/// A wish to the store. Each is answered by one [`Answer`] or more.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    Open {
        case: String,
        hold: Hold,
    },
    Decide {
        draft: Box<Draft>,
    },
    Undo,
    /// An act besides deciding, with its reason where it needs one.
    Act {
        wish: Wish,
        why: String,
    },
    Claim {
        case: String,
    },
    Release {
        case: String,
    },
    Renew {
        case: String,
    },
    KeepDraft {
        case: String,
        dispute: String,
        body: String,
    },
    DropDraft {
        case: String,
        dispute: String,
    },
    RecordViews(Vec<Viewed>),
    RecordCopy {
        case: String,
        image: String,
    },
    RecordLogRead {
        case: Option<String>,
    },
    Lock,
    Unlock,
    /// The first page, then the whole list.
    List {
        ticket: u64,
        filter: QueueFilter,
    },
    Lines {
        ids: Vec<i64>,
    },
    /// Searches the list of this ticket; the newest wish wins, and an empty one ends the search.
    Find {
        ticket: u64,
        list: u64,
        words: String,
    },
    /// A look at a case for the worklist's preview; no claim, no event.
    Preview {
        case: String,
    },
    /// A look at a case that is likely next, so that its pictures are made: no claim, no event.
    Ahead {
        case: String,
    },
    /// What became of the open case meanwhile.
    Peek {
        case: String,
    },
    Counts,
    Facets,
    Log {
        ticket: u64,
        wish: LogWish,
    },
    /// All root causes of the project.
    Causes {
        ticket: u64,
    },
    /// Codes of a decision that stands.
    WriteCodes(Box<Codes>),
    /// All figures of the project; told how far it is, since it takes every case there is.
    Figures {
        ticket: u64,
    },
    /// All samples with what came of them.
    Samples {
        ticket: u64,
    },
    /// What a sample could show, before it is drawn.
    Outlook {
        ticket: u64,
        order: Box<Order>,
    },
    DrawSample {
        order: Box<Order>,
    },
    SignLot {
        sample: String,
        meaning: String,
    },
    /// Says who does what about the root causes of a rejected lot.
    PlanReview {
        sample: String,
        planning: Planning,
    },
    /// What waits for this person's own read.
    Audits {
        ticket: u64,
    },
    /// All that the automated checks find; told how far it is.
    Problems {
        ticket: u64,
    },
    /// Lets pass what a check finds in a case, of one reader (by letter) or of all.
    Waive {
        case: String,
        check: String,
        reader: Option<String>,
        why: String,
    },
}

impl Ask {
    /// Tells whether this changes something, so that it must keep its order among other acts.
    pub fn is_act(&self) -> bool {
        !matches!(
            self,
            Ask::List { .. }
                | Ask::Lines { .. }
                | Ask::Find { .. }
                | Ask::Preview { .. }
                | Ask::Ahead { .. }
                | Ask::Peek { .. }
                | Ask::Counts
                | Ask::Facets
                | Ask::Log { .. }
                | Ask::Figures { .. }
                | Ask::Samples { .. }
                | Ask::Outlook { .. }
                | Ask::Audits { .. }
                | Ask::Causes { .. }
                | Ask::Problems { .. }
        )
    }
}

/// Why something could not be done, in words for the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub words: String,
    /// The store itself is at fault: nothing can be saved at present.
    pub store: bool,
}

/// What the store says.
#[derive(Debug, Clone)]
pub enum Answer {
    Opened {
        case: String,
        result: Result<Box<Desk>, Failure>,
    },
    Decided {
        case: String,
        dispute: String,
        state: Result<crate::domain::case::State, Failure>,
    },
    Undone(Result<Box<Undone>, Failure>),
    Acted {
        wish: Wish,
        result: Result<(), Failure>,
    },
    Claimed {
        case: String,
        result: Result<(), Failure>,
    },
    Released {
        case: String,
        result: Result<(), Failure>,
    },
    /// Until when the claim holds now.
    Renewed {
        case: String,
        until: Result<i64, Failure>,
    },
    DraftKept {
        case: String,
        dispute: String,
        result: Result<(), Failure>,
    },
    /// An act that has nothing to tell but a failure.
    Done(Result<(), Failure>),
    Listed {
        ticket: u64,
        ids: Result<Arc<[i64]>, Failure>,
        whole: bool,
    },
    /// Cases that the list leaves out, and why.
    LeftOut {
        ticket: u64,
        left_out: LeftOut,
    },
    Lines(Result<Vec<Line>, Failure>),
    /// Positions in the list, in its order within each kind of hit.
    Found {
        ticket: u64,
        hits: Vec<u32>,
        whole: bool,
    },
    Previewed {
        case: String,
        result: Result<Box<Desk>, Failure>,
    },
    Ahead {
        case: String,
        result: Result<Box<Desk>, Failure>,
    },
    Peeked {
        case: String,
        result: Result<Box<Desk>, Failure>,
    },
    Counts(Result<Counts, Failure>),
    Facets(Result<Facets, Failure>),
    Log {
        ticket: u64,
        lines: Result<Vec<LogLine>, Failure>,
    },
    /// So many cases are looked at, of so many.
    Figuring {
        ticket: u64,
        done: u64,
        of: u64,
    },
    Figured {
        ticket: u64,
        result: Result<Arc<Figures>, Failure>,
    },
    Samples {
        ticket: u64,
        result: Result<Arc<Board>, Failure>,
    },
    Foreseen {
        ticket: u64,
        result: Result<Box<Outlook>, Failure>,
    },
    /// The sample that was drawn.
    Drawn(Result<String, Failure>),
    Signed {
        sample: String,
        result: Result<(), Failure>,
    },
    Planned {
        sample: String,
        result: Result<(), Failure>,
    },
    Audits {
        ticket: u64,
        result: Result<Vec<ReadAgain>, Failure>,
    },
    Caused {
        ticket: u64,
        result: Result<Arc<Causes>, Failure>,
    },
    /// Codes were written, or not.
    Coded {
        case: String,
        result: Result<(), Failure>,
    },
    /// So many cases are checked, of so many.
    Checking {
        ticket: u64,
        done: u64,
        of: u64,
    },
    Problems {
        ticket: u64,
        result: Result<Arc<[Found]>, Failure>,
    },
    Waived {
        check: String,
        result: Result<(), Failure>,
    },
    /// Somebody else wrote into the store.
    Changed,
}
