//! The use cases: what people do with a store. Each checks the authority of who asks, runs in one transaction, and
//! writes what happened into the log. The command line and the terminal UI call these and nothing below.

use crate::domain::word::Word;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::domain::authority::{self, Deed, Role};
use crate::domain::charter::Charter;
use crate::domain::event::{Action, Outcome};
use crate::domain::people::Person;
use crate::domain::text::Safe;
use crate::store::setup::Setup;
use crate::store::{Actor, Entry, Store, StoreError, Tx};

pub mod adjudicators;
pub mod agree;
pub mod ambiguity;
pub mod amend;
pub mod backup;
pub mod balance;
pub mod causes;
pub mod charter;
pub mod check;
pub mod consensus;
pub mod decide;
pub mod desk;
pub mod digest;
pub mod export;
pub mod feedback;
pub mod figures;
pub mod find;
pub mod import;
pub mod init;
pub mod lead;
pub mod log;
pub mod masks;
mod origin;
pub mod people;
pub mod queue;
pub mod readers;
pub mod readings;
pub mod report;
pub mod sample;
pub mod show;
pub mod sign;
pub mod sitting;
pub mod tickets;
pub mod watch;
mod words;

/// Why a use case did not happen. Nothing of it was saved.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    #[error(transparent)]
    Store(StoreError),
    /// The role or the protocol forbids it; the attempt is in the log.
    #[error("{0}")]
    NotPermitted(String),
    /// Somebody else is at it; it may work later.
    #[error("{0}")]
    Busy(String),
    /// The request itself doesn't fit what stands in the store.
    #[error("{0}")]
    Invalid(String),
    /// The request doesn't say which of several is meant.
    #[error("{0}")]
    Unclear(String),
    /// The request names something that isn't there.
    #[error("{0}")]
    Missing(String),
    /// A file can't be read.
    #[error("failed to read {}: {fault}", shown(.path))]
    Read { path: PathBuf, fault: std::io::Error },
    /// A file can't be written.
    #[error("failed to write {}: {fault}", shown(.path))]
    Write { path: PathBuf, fault: std::io::Error },
    /// A file is there already, and stays.
    #[error("{} exists already: name another, or say --force to replace it", shown(.0))]
    Exists(PathBuf),
    /// A charter or a map holds faults, one a line.
    #[error("{0}")]
    Config(String),
}

impl From<StoreError> for ReviewError {
    fn from(error: StoreError) -> Self {
        ReviewError::Store(error)
    }
}

pub type Result<T> = std::result::Result<T, ReviewError>;

/// Reads the time: milliseconds since 1970 UTC.
pub type Clock = fn() -> i64;

/// The version that decisions and exports name.
pub const PROGRAM: &str = concat!("overread ", env!("CARGO_PKG_VERSION"));

/// Somebody at work on a store.
pub struct Session {
    store: Store,
    setup: Setup,
    actor: Actor,
    clock: Clock,
}

/// Who acts, when, and under which protocol: what every use case needs inside its transaction.
pub struct Scene<'a> {
    pub setup: &'a Setup,
    pub actor: &'a Actor,
    pub now: i64,
}

impl Session {
    /// Opens a store for a person: the account that the kernel names, or who a shared account says that it is.
    pub fn open(
        path: &Path,
        account: String,
        speaks_as: Option<String>,
        origin: String,
        clock: Clock,
    ) -> Result<Session> {
        let store = Store::open(path)?;
        Session::over(store, account, speaks_as, origin, clock)
    }

    /// Begins a session over a store that is open already.
    pub fn over(
        store: Store,
        account: String,
        speaks_as: Option<String>,
        origin: String,
        clock: Clock,
    ) -> Result<Session> {
        let setup = store.read(|tx| tx.setup())?;
        let shared = setup.people.is_shared(&account);
        let who = speaks_as.clone().unwrap_or_else(|| account.clone());
        let mut session = Session { store, setup, actor: Actor { account, who, origin }, clock };
        let refusal = match (shared, speaks_as) {
            (false, Some(_)) => {
                "--as works only from an account that the lead marked shared: `overread people add \
                                 ACCOUNT --shared`"
                    .to_owned()
            }
            (true, None) => "several people use this account: say who you are with --as NAME".to_owned(),
            _ => {
                session.derive_anew()?;
                return Ok(session);
            }
        };
        // Whoever tries is written down by the account alone.
        session.actor.who.clone_from(&session.actor.account);
        Err(session.refuse(None, ReviewError::NotPermitted(refusal)))
    }

    /// Gives the store, for what the UI asks of it between use cases.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Gives the store back, for somebody else to sit down at it.
    pub fn into_store(self) -> Store {
        self.store
    }

    /// Gives the name that acts.
    pub fn who(&self) -> &str {
        &self.actor.who
    }

    /// Gives the charter that holds now.
    pub fn charter(&self) -> &Charter {
        &self.setup.charter().charter
    }

    /// Gives the version of the charter in force.
    pub fn charter_version(&self) -> u32 {
        self.setup.charter().version
    }

    /// Gives the person who acts, with their roles.
    pub fn person(&self) -> Person {
        self.setup.people.person(&self.actor.who)
    }

    /// Gives the present moment.
    pub fn now(&self) -> i64 {
        (self.clock)()
    }

    /// Reads the protocol and the people again where they changed.
    fn refresh(&mut self) -> Result<()> {
        let Session { store, setup, .. } = self;
        Ok(store.read(|tx| renew(tx, setup))?)
    }

    /// Runs a use case in one write transaction. A refused attempt is written into the log by itself.
    fn write<T>(
        &mut self,
        case: Option<&str>,
        work: impl FnOnce(&Tx<'_>, &Scene<'_>) -> Result<T>,
    ) -> Result<T> {
        let now = self.now();
        let Session { store, setup, actor, .. } = self;
        let result = store.write(|tx| {
            renew(tx, setup)?;
            work(tx, &Scene { setup, actor, now })
        });
        result.map_err(|error| self.refuse(case, error))
    }

    /// Runs a use case on one unchanging view. A refused attempt is written into the log.
    fn read<T>(
        &mut self,
        case: Option<&str>,
        work: impl FnOnce(&Tx<'_>, &Scene<'_>) -> Result<T>,
    ) -> Result<T> {
        let now = self.now();
        let Session { store, setup, actor, .. } = self;
        let result = store.read(|tx| {
            renew(tx, setup)?;
            work(tx, &Scene { setup, actor, now })
        });
        result.map_err(|error| self.refuse(case, error))
    }

    /// Writes an attempt that was not permitted into the log, and gives the error back.
    fn refuse(&mut self, case: Option<&str>, error: ReviewError) -> ReviewError {
        if let ReviewError::NotPermitted(why) = &error {
            let detail = serde_json::json!({ "v": 1, "why": why }).to_string();
            let Session { store, setup, actor, clock } = self;
            let roles = words(&setup.people.person(&actor.who).roles);
            let entry = Entry {
                at: clock(),
                actor,
                role: &roles,
                action: Action::Refuse,
                case,
                object: None,
                detail,
                outcome: Outcome::Refused,
            };
            // The refusal holds whether or not it can be written down, as in a store that is only read.
            let _ = store.write(|tx| tx.append(&entry));
        }
        error
    }

    /// Derives what the tables hold anew where an older program's rules made them.
    fn derive_anew(&mut self) -> Result<()> {
        use crate::domain::case::RULES;
        if self.store.is_read_only()
            || self.store.read(|tx| tx.derived_by())?.is_none_or(|rules| rules >= RULES)
        {
            return Ok(());
        }
        self.write(None, |tx, scene| {
            let event = tx.append(&scene.entry(
                None,
                Action::ReDerive,
                None,
                serde_json::json!({ "v": 1, "rules": RULES }),
            ))?;
            tx.set_derived_by(RULES)?;
            Ok(tx.retriage_all(event.seq)?)
        })
    }

    /// Finishes the triage of whatever waits for it, which another process may have left behind.
    pub fn triage(&mut self, progress: impl FnMut(u64)) -> Result<()> {
        Ok(self.store.triage(progress)?)
    }
}

impl Scene<'_> {
    /// Checks that the person may do it, and gives the role that allows it.
    pub fn allow(&self, deed: Deed) -> Result<Role> {
        authority::may(&self.person().roles, deed, self.charter())
            .map_err(|denied| ReviewError::NotPermitted(denied.to_string()))
    }

    /// Tells whether the person may do it.
    pub fn may(&self, deed: Deed) -> bool {
        authority::may(&self.person().roles, deed, self.charter()).is_ok()
    }

    /// Gives the person who acts, with their roles.
    pub fn person(&self) -> Person {
        self.setup.people.person(&self.actor.who)
    }

    /// Gives the charter that holds now.
    pub fn charter(&self) -> &Charter {
        &self.setup.charter().charter
    }

    /// Prepares a line of the log.
    pub fn entry<'b>(
        &'b self,
        role: Option<Role>,
        action: Action,
        case: Option<&'b str>,
        detail: serde_json::Value,
    ) -> Entry<'b> {
        Entry {
            at: self.now,
            actor: self.actor,
            role: role.map_or("", Role::word),
            action,
            case,
            object: None,
            detail: detail.to_string(),
            outcome: Outcome::Ok,
        }
    }
}

/// Where something new was to be, and the folder isn't there, it is that which is missing.
fn to_create(error: StoreError) -> ReviewError {
    match error {
        StoreError::Missing(path) => {
            StoreError::CannotCreate { path, fault: std::io::ErrorKind::NotFound.into() }.into()
        }
        other => other.into(),
    }
}

fn shown(path: &Path) -> Safe {
    Safe::new(&path.to_string_lossy())
}

/// Reads the protocol and the people again where they changed.
fn renew(tx: &Tx<'_>, setup: &mut Setup) -> std::result::Result<(), StoreError> {
    if tx.setup_seq()? != setup.seq {
        *setup = tx.setup()?;
    }
    Ok(())
}

/// Lists roles for the log.
fn words(roles: &BTreeSet<Role>) -> String {
    roles.iter().map(|role| role.word()).collect::<Vec<_>>().join(",")
}

/// A reason that a person gave, which must not be empty.
fn reason(why: &str) -> Result<&str> {
    match why.trim() {
        "" => Err(ReviewError::Invalid("this needs a reason: say it with --why".into())),
        why => Ok(why),
    }
}
