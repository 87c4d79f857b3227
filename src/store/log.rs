//! The log: one event per act, each holding the hash of the one before. Only ever appended to.

use crate::domain::word::Word;
use rusqlite::{Connection, OptionalExtension, Row, params};
use sha2::{Digest, Sha256};

use super::error::{Result, StoreError};
use crate::domain::case::RULES;
pub use crate::domain::case::digest::hex;
use crate::domain::event::{Action, Outcome};

/// Who does something, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The account of the operating system, as the kernel says.
    pub account: String,
    /// The name that acts: the account, or who a shared account says that it is.
    pub who: String,
    /// Terminal and SSH source.
    pub origin: String,
}

/// What is to be written into the log.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// Milliseconds since 1970 UTC.
    pub at: i64,
    pub actor: &'a Actor,
    /// The role that allowed it, or that was not enough.
    pub role: &'a str,
    pub action: Action,
    pub case: Option<&'a str>,
    pub object: Option<&'a str>,
    /// JSON with a version `v`; stored and hashed as these bytes.
    pub detail: String,
    pub outcome: Outcome,
}

/// A line of the log; whoever reads all of them borrows the texts and bytes of each from its row.
#[derive(Debug, Clone, PartialEq)]
pub struct Event<T = String, B = Vec<u8>> {
    pub seq: u64,
    pub at: i64,
    pub account: T,
    pub who: T,
    pub role: T,
    pub action: T,
    pub case: Option<T>,
    pub object: Option<T>,
    pub detail: T,
    pub outcome: T,
    pub origin: T,
    pub rules: u32,
    pub prev: B,
    pub hash: B,
}

/// What stands before the first event.
pub const GENESIS: [u8; 32] = [0; 32];

/// The columns of `event` in the order in which [`Event::from_row`] reads them.
pub const COLUMNS: &str =
    "seq, at, account, who, role, action, case_name, object, detail, outcome, origin, rules, prev, hash";

impl Event {
    /// Reads a row of [`COLUMNS`].
    pub fn from_row(row: &Row<'_>) -> rusqlite::Result<Event> {
        Event::read(row, str::to_owned, <[u8]>::to_vec)
    }
}

impl<'r> Event<&'r str, &'r [u8]> {
    /// Reads a row of [`COLUMNS`] without copying it.
    pub fn borrowed(row: &'r Row<'_>) -> rusqlite::Result<Self> {
        Event::read(row, |text| text, |bytes| bytes)
    }
}

impl<T, B> Event<T, B> {
    fn read<'r>(
        row: &'r Row<'_>,
        text: impl Fn(&'r str) -> T,
        bytes: impl Fn(&'r [u8]) -> B,
    ) -> rusqlite::Result<Self> {
        let text_at = |column| Ok::<_, rusqlite::Error>(text(row.get_ref(column)?.as_str()?));
        let maybe_at = |column| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_str_or_null()?.map(&text));
        Ok(Event {
            seq: row.get(0)?,
            at: row.get(1)?,
            account: text_at(2)?,
            who: text_at(3)?,
            role: text_at(4)?,
            action: text_at(5)?,
            case: maybe_at(6)?,
            object: maybe_at(7)?,
            detail: text_at(8)?,
            outcome: text_at(9)?,
            origin: text_at(10)?,
            rules: row.get(11)?,
            prev: bytes(row.get_ref(12)?.as_blob()?),
            hash: bytes(row.get_ref(13)?.as_blob()?),
        })
    }
}

impl<T: AsRef<str>, B: AsRef<[u8]>> Event<T, B> {
    /// Computes the hash that the stored bytes of this event must have.
    pub fn expected_hash(&self) -> [u8; 32] {
        let mut chain = Canonical::new();
        chain.bytes(self.prev.as_ref());
        chain.number(self.seq as i64);
        chain.number(self.at);
        for text in [&self.account, &self.who, &self.role, &self.action] {
            chain.bytes(text.as_ref().as_bytes());
        }
        for text in [&self.case, &self.object] {
            chain.optional(text.as_ref().map(|text| text.as_ref().as_bytes()));
        }
        for text in [&self.detail, &self.outcome, &self.origin] {
            chain.bytes(text.as_ref().as_bytes());
        }
        chain.number(i64::from(self.rules));
        chain.finish()
    }
}

/// SHA-256 over length-prefixed fields, so that no two rows share their bytes.
pub struct Canonical(Sha256);

impl Canonical {
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Canonical(Sha256::new())
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    pub fn number(&mut self, number: i64) {
        self.bytes(&number.to_be_bytes());
    }

    /// A missing field is told from an empty one.
    pub fn optional(&mut self, bytes: Option<&[u8]>) {
        match bytes {
            Some(bytes) => {
                self.0.update([1]);
                self.bytes(bytes);
            }
            None => self.0.update([0]),
        }
    }

    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// Gives the number and hash of the last event; 0 and [`GENESIS`] in an empty log.
pub fn head(db: &Connection) -> Result<(u64, Vec<u8>)> {
    Ok(db
        .prepare_cached("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?
        .unwrap_or((0, GENESIS.to_vec())))
}

/// Appends an event. Must run inside a write transaction.
pub fn append(db: &Connection, entry: &Entry<'_>) -> Result<Event> {
    let (last, prev) = head(db)?;
    let mut event = Event {
        seq: last + 1,
        at: entry.at,
        account: entry.actor.account.clone(),
        who: entry.actor.who.clone(),
        role: entry.role.into(),
        action: entry.action.word().into(),
        case: entry.case.map(Into::into),
        object: entry.object.map(Into::into),
        detail: entry.detail.clone(),
        outcome: entry.outcome.word().into(),
        origin: entry.actor.origin.clone(),
        rules: RULES,
        prev,
        hash: Vec::new(),
    };
    event.hash = event.expected_hash().to_vec();
    db.prepare_cached(
        "INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?
    .execute(params![
        event.seq,
        event.at,
        event.account,
        event.who,
        event.role,
        event.action,
        event.case,
        event.object,
        event.detail,
        event.outcome,
        event.origin,
        event.rules,
        event.prev,
        event.hash,
    ])?;
    Ok(event)
}

/// Follows the chain over events in their order, and says at which one it breaks.
#[derive(Debug, Clone)]
pub struct Chain {
    next: u64,
    /// None after an event that can't be read.
    prev: Option<Vec<u8>>,
}

impl Chain {
    /// Starts before the first event.
    pub fn from_start() -> Self {
        Chain { next: 1, prev: Some(GENESIS.to_vec()) }
    }

    /// Starts at an event that is taken as given.
    pub fn after(event: &Event) -> Self {
        Chain { next: event.seq.saturating_add(1), prev: Some(event.hash.clone()) }
    }

    /// Takes the next event, and gives what is wrong with it, if anything.
    pub fn follow<T: AsRef<str>, B: AsRef<[u8]>>(&mut self, event: &Event<T, B>) -> Option<String> {
        let seq = event.seq;
        let problem = if seq != self.next {
            Some(format!("event {} is missing: {seq} comes in its place", self.next))
        } else if self.prev.as_ref().is_some_and(|prev| event.prev.as_ref() != *prev) {
            Some(format!("event {seq} does not follow from event {}", seq.saturating_sub(1)))
        } else if event.hash.as_ref() != event.expected_hash() {
            Some(format!("event {seq} was changed after it was written"))
        } else if Action::from_word(event.action.as_ref()).is_none() {
            Some(format!("event {seq} holds an action that this program does not know"))
        } else {
            None
        };
        self.next = seq.saturating_add(1);
        self.prev = Some(event.hash.as_ref().to_vec());
        problem
    }

    /// Passes over an event that can't be read, so that it does not hide what is wrong with the next.
    pub fn pass(&mut self) {
        self.next = self.next.saturating_add(1);
        self.prev = None;
    }
}

/// Checks the last `links` events, which is what opening a store can afford.
pub fn check_tail(db: &Connection, links: u32) -> Result<()> {
    let mut select = db.prepare(&format!(
        "SELECT {COLUMNS} FROM (SELECT * FROM event ORDER BY seq DESC LIMIT ?1) ORDER BY seq"
    ))?;
    let mut chain: Option<Chain> = None;
    for event in select.query_map([links], Event::from_row)? {
        let event = event.map_err(|error| StoreError::Damaged(format!("an event can't be read: {error}")))?;
        let problem = match chain.as_mut() {
            Some(chain) => chain.follow(&event),
            None if event.seq == 1 => Chain::from_start().follow(&event),
            // What lies before the tail is for `verify`: of the first one only its own bytes are checked.
            None => (event.hash != event.expected_hash())
                .then(|| format!("event {} was changed after it was written", event.seq)),
        };
        if let Some(problem) = problem {
            return Err(StoreError::Damaged(problem));
        }
        chain = Some(Chain::after(&event));
    }
    Ok(())
}
