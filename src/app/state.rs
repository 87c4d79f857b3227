//! What the terminal UI holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::agreement::Agreement;
use super::ahead::Ahead;
use super::audits::Audits;
use super::case::Open;
use super::causes::Causes;
use super::checks::Checks;
use super::figures::Shelf;
use super::logbook::Logbook;
use super::popup::Popup;
use super::readers::Readers;
use super::sampling::Sampling;
use super::worklist::Worklist;
use crate::command::{Command, Key, Scope};
use crate::domain::word::Word;
use crate::keymap::Keymap;
use crate::preview::plan::{Depth, Facts, Protocol, Quality};
use crate::review::desk::Viewed;

/// Everything that the screen is made of.
#[derive(Debug, Clone)]
pub struct State {
    /// The moment of the last event: milliseconds since 1970 UTC.
    pub now: i64,
    /// Columns and rows.
    pub size: (u16, u16),
    pub display: Display,
    /// How much of pictures goes over the wire.
    pub quality: Quality,
    pub keymap: Arc<Keymap>,
    pub person: Person,
    pub screen: Screen,
    pub worklist: Worklist,
    pub logbook: Logbook,
    pub ahead: Ahead,
    pub figures: Shelf,
    pub agreement: Agreement,
    pub readers: Readers,
    pub sampling: Sampling,
    pub audits: Audits,
    pub causes: Causes,
    pub checks: Checks,
    pub open: Option<Open>,
    /// A case that was asked for and is not here yet.
    pub opening: Option<Opening>,
    /// The uppermost is the last.
    pub popups: Vec<Popup>,
    /// Keys of a sequence that is not finished.
    pub pending: Vec<Key>,
    pub notice: Option<Notice>,
    /// Why nothing can be saved at present.
    pub trouble: Option<String>,
    /// The person was told that going away now loses what is not saved; the next time they may.
    pub warned: bool,
    pub tally: Tally,
    /// What is on the screen as pictures.
    pub shown: Vec<Facts>,
    /// Views that the log does not hold yet.
    pub views: Vec<Viewed>,
    /// Views that were handed over in this sitting: each is logged once.
    pub viewed: std::collections::BTreeSet<(String, String)>,
    pub locked: bool,
    /// The terminal tells of the mouse.
    pub mouse: bool,
    pub last_key: i64,
    pub leaving: Option<Leaving>,
    /// Wishes are numbered, so that late answers are known.
    pub tickets: u64,
}

/// Who sits before the screen, and under which protocol.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Person {
    pub name: String,
    /// In words, for the header.
    pub roles: String,
    /// Holds no role at all, so that nothing is listed.
    pub roleless: bool,
    pub project: String,
    pub blind: bool,
    /// Looks at a case before its reads are shown: cases are listed neither by type nor by gap.
    pub looks_first: bool,
    /// The store takes nothing from this person.
    pub read_only: bool,
    /// 0 for never.
    pub idle_lock_minutes: u32,
    /// May decide at all, so that opening a case claims it.
    pub decides: bool,
    /// May see kinds of work apart and the log of the project.
    pub oversees: bool,
    /// May see how readers do.
    pub figures: bool,
    /// May draw samples and see what came of them.
    pub samples: bool,
    /// Reads again what was drawn.
    pub audits: bool,
    /// May see what the checks find.
    pub checks: bool,
    /// May let problems pass.
    pub waives: bool,
}

/// What is known of the terminal.
#[derive(Debug, Clone, PartialEq)]
pub struct Display {
    pub protocol: Protocol,
    /// The protocols that a person may go through by key.
    pub protocols: Vec<Protocol>,
    pub depth: Depth,
    pub utf8: bool,
    /// Pixels of a cell.
    pub cell: (u16, u16),
    /// The terminal's own ground is light; none where it was not told.
    pub light: Option<bool>,
    /// The terminal's name, for captions and messages.
    pub words: String,
}

/// The screens that fill the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    Worklist,
    /// What waits for an own read.
    Audits,
    Sampling,
    Agreement,
    Readers,
    Causes,
    Checks,
    Log,
}

/// A case that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Opening {
    pub case: String,
    /// What to fill in once it is here: a dispute and its sheet, after an undo.
    pub refill: Option<(String, super::sheet::Sheet)>,
    /// How many more cases may be tried where somebody else is at this one.
    pub tries: u8,
}

/// How the program comes to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    /// As the person wished.
    Asked,
    HungUp,
    Terminated,
}

/// Words that stay until the next command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub tone: Tone,
    pub words: String,
}

/// How a notice is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Info,
    Good,
    Warning,
    Error,
}

/// What was done in this sitting: for the summary.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    pub settled: u32,
    pub deferred: u32,
    pub escalated: u32,
    pub returned: u32,
    pub discussed: u32,
    pub undone: u32,
    /// Own reads of what was drawn.
    pub audited: u32,
    /// Disputes with something filled in that was not saved as a decision, by case.
    pub drafts: BTreeMap<String, u32>,
}

impl State {
    /// Makes the state of a program that has just begun.
    pub fn new(now: i64, size: (u16, u16), display: Display, keymap: Arc<Keymap>, person: Person) -> Self {
        let worklist = Worklist::of(&person);
        State {
            now,
            size,
            display,
            quality: Quality::Auto,
            keymap,
            person,
            screen: Screen::Worklist,
            worklist,
            ahead: Ahead::default(),
            logbook: Logbook::default(),
            figures: Shelf::default(),
            agreement: Agreement::default(),
            readers: Readers::default(),
            sampling: Sampling::default(),
            audits: Audits::default(),
            causes: Causes::default(),
            checks: Checks::default(),
            open: None,
            opening: None,
            popups: Vec::new(),
            pending: Vec::new(),
            notice: None,
            trouble: None,
            warned: false,
            tally: Tally::default(),
            shown: Vec::new(),
            views: Vec::new(),
            viewed: std::collections::BTreeSet::new(),
            locked: false,
            mouse: false,
            last_key: now,
            leaving: None,
            tickets: 0,
        }
    }

    /// Gives where keys are looked up, the innermost first.
    pub fn scopes(&self) -> Vec<Scope> {
        self.popups.last().map_or_else(|| self.ground_scopes(), |popup| popup.scopes().to_vec())
    }

    /// Gives where keys are looked up below a help or palette: what these are about.
    pub fn subject_scopes(&self) -> Vec<Scope> {
        let subject =
            self.popups.iter().rfind(|popup| !matches!(popup, Popup::Palette { .. } | Popup::Help { .. }));
        subject.map_or_else(|| self.ground_scopes(), |popup| popup.scopes().to_vec())
    }

    /// Gives where keys are looked for when nothing lies above the screen.
    pub fn ground_scopes(&self) -> Vec<Scope> {
        match (&self.open, self.screen) {
            (Some(open), _) if open.picture.windowing => {
                vec![Scope::Window, Scope::Case, Scope::Form, Scope::Global]
            }
            (Some(open), _) if open.picture.point.is_some() => {
                vec![Scope::Point, Scope::Case, Scope::Form, Scope::Global]
            }
            (Some(_), _) => vec![Scope::Case, Scope::Form, Scope::Global],
            (None, Screen::Worklist) => vec![Scope::Worklist, Scope::List, Scope::Global],
            (None, Screen::Sampling) => {
                vec![Scope::Sampling, Scope::Figures, Scope::List, Scope::Global]
            }
            (None, Screen::Audits) => vec![Scope::List, Scope::Global],
            (None, Screen::Agreement | Screen::Readers) => vec![Scope::Figures, Scope::List, Scope::Global],
            (None, Screen::Causes) => vec![Scope::Causes, Scope::Figures, Scope::List, Scope::Global],
            (None, Screen::Checks) => vec![Scope::Checks, Scope::List, Scope::Global],
            (None, Screen::Log) => vec![Scope::Log, Scope::List, Scope::Global],
        }
    }

    /// Gives the commands that mean something here, the nearest first: for the palette and the help.
    pub fn commands(&self) -> Vec<Command> {
        let scopes = self.subject_scopes();
        let of = |scope: Scope| {
            crate::command::COMMANDS.iter().filter(move |entry| entry.scope == scope).map(|e| e.command)
        };
        scopes.into_iter().flat_map(of).collect()
    }

    /// Gives when something changes by itself next: the moment for the next [`Event::Time`](super::Event::Time).
    pub fn wake(&self) -> Option<i64> {
        let lock = i64::from(self.person.idle_lock_minutes) * 60_000;
        let lock = (lock > 0 && !self.locked).then_some(self.last_key + lock);
        let open = self.open.as_ref().and_then(|open| open.wake(self.now));
        let views = (!self.views.is_empty()).then_some(self.now + super::case::VIEWS_MS);
        [lock, open, views].into_iter().flatten().min()
    }

    /// Says something to the person.
    pub(super) fn tell(&mut self, tone: Tone, words: impl Into<String>) {
        self.notice = Some(Notice { tone, words: words.into() });
    }

    /// Says something more beside what was said of a save just now.
    pub(super) fn tell_too(&mut self, tone: Tone, words: &str) {
        let before = self.notice.take().filter(|notice| matches!(notice.tone, Tone::Good | Tone::Error));
        let before = before.map_or(String::new(), |notice| format!("{}; ", notice.words));
        self.tell(tone, format!("{before}{words}"));
    }

    pub(super) fn ticket(&mut self) -> u64 {
        self.tickets += 1;
        self.tickets
    }
}

impl Tally {
    /// Says what was done, a line each; nothing where nothing was.
    pub fn lines(&self) -> Vec<String> {
        let count = |n: u32, one: &str, several: &str| match n {
            0 => None,
            1 => Some(format!("1 {one}")),
            n => Some(format!("{n} {several}")),
        };
        let done = [
            count(self.settled, "dispute settled", "disputes settled"),
            count(self.deferred, "deferred", "deferred"),
            count(self.escalated, "escalated", "escalated"),
            count(self.returned, "sent back", "sent back"),
            count(self.discussed, "put up for discussion", "put up for discussion"),
            count(self.undone, "decision taken back", "decisions taken back"),
            count(self.audited, "item read again", "items read again"),
        ];
        let done: Vec<String> = done.into_iter().flatten().collect();
        let mut lines = Vec::new();
        if !done.is_empty() {
            lines.push(done.join(" · "));
        }
        // What stays in the terminal's scrollback names no case.
        let left = self.drafts.values().filter(|n| **n > 0).count();
        if let Some(words) = count(u32::try_from(left).unwrap_or(u32::MAX), "case", "cases") {
            lines.push(format!("left open with a draft: {words}"));
        }
        lines
    }
}

impl Display {
    /// What is assumed before the terminal has said anything.
    pub fn plain() -> Self {
        Display {
            protocol: Protocol::HalfBlocks,
            protocols: vec![Protocol::HalfBlocks, Protocol::Off],
            depth: Depth::Ansi256,
            utf8: true,
            cell: (10, 20),
            light: None,
            words: String::new(),
        }
    }

    /// Gives the next protocol that the person may try.
    pub fn next_protocol(&self) -> Protocol {
        let at = self.protocols.iter().position(|known| *known == self.protocol);
        let next = at.map_or(0, |at| at + 1);
        self.protocols.get(next).or(self.protocols.first()).copied().unwrap_or(self.protocol)
    }

    /// Tells whether pictures are shown at all.
    pub fn has_pictures(&self) -> bool {
        self.protocol != Protocol::Off
    }

    /// Names the way in which pictures are shown.
    pub fn protocol_word(&self) -> &'static str {
        self.protocol.word()
    }
}
