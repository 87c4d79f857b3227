//! One file that holds a project: the log, what was imported, and the tables that are derived from both. The only
//! place that speaks SQL; knows no rule of the protocol and no role.

use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior};

pub mod backup;
pub mod claim;
pub mod draft;
pub mod error;
pub mod history;
pub mod log;
pub mod origin;
pub mod project;
pub mod query;
pub mod schema;
pub mod settled;
pub mod setup;
pub mod stage;
pub mod verify;

pub use error::{Result, StoreError};
pub use log::{Actor, Entry, Event};

/// An open store.
pub struct Store {
    db: Connection,
    path: PathBuf,
    read_only: bool,
    /// Length and time of the file, where it is read without the locks that others would see.
    unlocked: Option<(u64, i64, i64)>,
    /// Device and number of the file that was opened; none in memory.
    file: Option<(u64, u64)>,
    /// What SQLite said last when asked whether others wrote.
    version_seen: i64,
    /// Names of readers and labels and committed imports, filled as they are met.
    names: history::Names,
}

/// How many links of the chain are followed when a store is opened; the rest is `verify`.
const TAIL: u32 = 1000;

impl Store {
    /// Creates an empty store that only its owner and group can read.
    ///
    /// The first event is the caller's to append: see [`Store::write`].
    pub fn create(path: &Path) -> Result<Store> {
        check_sqlite()?;
        check_place(path).map_err(StoreError::of_new)?;
        let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o660).open(path);
        let file = file.map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => StoreError::Exists(path.into()),
            _ => StoreError::CannotCreate { path: path.into(), fault: error },
        })?;
        // The umask may have taken the group's bits, and -wal and -shm inherit what stands here.
        file.set_permissions(std::fs::Permissions::from_mode(0o660))
            .map_err(|fault| StoreError::CannotCreate { path: path.into(), fault })?;
        drop(file);
        let made = Store::make(path);
        if made.is_err() {
            // A half-made store would only be in the way of the next try.
            let _ = std::fs::remove_file(path);
        }
        made
    }

    fn make(path: &Path) -> Result<Store> {
        let mut store = Store::connect(path, false)?;
        let fill = || -> rusqlite::Result<()> {
            store.db.pragma_update(None, "journal_mode", "WAL")?;
            let tx = store.db.unchecked_transaction()?;
            tx.execute_batch(schema::TABLES)?;
            tx.pragma_update(None, "application_id", schema::APPLICATION_ID)?;
            tx.pragma_update(None, "user_version", schema::VERSION)?;
            tx.commit()
        };
        fill().map_err(|error| StoreError::from_sqlite(path, error))?;
        store.changed_elsewhere()?;
        Ok(store)
    }

    /// Opens a store, for writing where the account may write.
    ///
    /// Refuses a file that everybody can read, a network file system, a newer store, and a log whose tail is broken.
    pub fn open(path: &Path) -> Result<Store> {
        let store = Store::open_unchecked(path, !may_write(path))?;
        store.bring_up_to_date()?;
        store.check_schema()?;
        log::check_tail(&store.db, TAIL)?;
        Ok(store)
    }

    /// Opens a store for reading alone and leaves the checks of its content to the caller.
    pub fn open_unchecked(path: &Path, read_only: bool) -> Result<Store> {
        check_sqlite()?;
        check_place(path)?;
        let meta = std::fs::metadata(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => StoreError::Missing(path.into()),
            std::io::ErrorKind::PermissionDenied => StoreError::Unreadable(path.into()),
            _ => StoreError::Io { path: path.into(), fault: error.to_string() },
        })?;
        if !meta.is_file() {
            return Err(StoreError::NotAStore(path.into()));
        }
        if meta.mode() & 0o007 != 0 {
            return Err(StoreError::OpenToOthers {
                path: path.into(),
                mode: meta.mode() & 0o777,
                fix: "o-rwx",
            });
        }
        if rustix::fs::access(path, rustix::fs::Access::READ_OK).is_err() {
            return Err(StoreError::Unreadable(path.into()));
        }
        let mut store = Store::connect(path, read_only)?;
        let identity = |name: &str| -> Result<i32> {
            let value = store.db.pragma_query_value(None, name, |row| row.get(0));
            value.map_err(|error| cannot_open(path, error))
        };
        if identity("application_id")? != schema::APPLICATION_ID {
            return Err(StoreError::NotAStore(path.into()));
        }
        let found = identity("user_version")?;
        if found > schema::VERSION {
            return Err(StoreError::Newer { path: path.into(), found, known: schema::VERSION });
        }
        store.changed_elsewhere()?;
        Ok(store)
    }

    /// Makes an empty store in memory: a dry run's, or a test's.
    pub fn in_memory() -> Result<Store> {
        check_sqlite()?;
        let db = Connection::open_in_memory()?;
        db.execute_batch("PRAGMA recursive_triggers=ON; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;")?;
        db.execute_batch(schema::TABLES)?;
        let mut store = Store {
            db,
            path: "memory".into(),
            read_only: false,
            unlocked: None,
            file: None,
            version_seen: 0,
            names: history::Names::default(),
        };
        store.changed_elsewhere()?;
        Ok(store)
    }

    fn connect(path: &Path, read_only: bool) -> Result<Store> {
        // Beside a file that it can't write, SQLite would put a journal of this account's own, which nobody else could
        // use; in a folder that can't be written it would give up. Where nobody has a journal open, the file is whole
        // by itself, and read as it lies.
        let alone = read_only && !may_write(path) && !backup::suffixed(path, "-wal").exists();
        let access = match read_only {
            true => OpenFlags::SQLITE_OPEN_READ_ONLY,
            false => OpenFlags::SQLITE_OPEN_READ_WRITE,
        };
        let open = || -> rusqlite::Result<Connection> {
            let access = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let mut db = match alone {
                true => Connection::open_with_flags(immutable(path), access | OpenFlags::SQLITE_OPEN_URI)?,
                false => Connection::open_with_flags(path, access)?,
            };
            db.busy_handler(Some(wait_for_turn))?;
            db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
            // Without it SQLite plans a statement anew whenever another value is bound, to see whether a partial index
            // fits: a third of the time of an import went there.
            db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
            db.set_prepared_statement_cache_capacity(64);
            db.execute_batch(
                "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON;
                 PRAGMA trusted_schema=OFF; PRAGMA mmap_size=0; PRAGMA cache_size=-32000; PRAGMA temp_store=MEMORY;",
            )?;
            Ok(db)
        };
        let unlocked = match alone {
            true => Some(stamp(path)?),
            false => None,
        };
        let db = open().map_err(|error| cannot_open(path, error))?;
        Ok(Store {
            db,
            path: path.into(),
            read_only,
            unlocked,
            file: Some(number_of(path)?),
            version_seen: 0,
            names: history::Names::default(),
        })
    }

    /// Sets how long a writer waits for its turn, in place of some 20 seconds.
    pub fn set_patience(&self, patience: Duration) -> Result<()> {
        Ok(self.db.busy_timeout(patience)?)
    }

    /// Gives the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Tells whether this account can only read.
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    fn is_in_memory(&self) -> bool {
        self.db.path().is_none_or(str::is_empty)
    }

    /// Tells whether another process has written since this was asked last.
    pub fn changed_elsewhere(&mut self) -> Result<bool> {
        self.check_file()?;
        let version: i64 = self.db.pragma_query_value(None, "data_version", |row| row.get(0))?;
        Ok(std::mem::replace(&mut self.version_seen, version) != version)
    }

    /// Refuses to go on with a file that nobody finds any more: what is written into it would be lost with this process,
    /// and SQLite doesn't notice in WAL mode.
    fn check_file(&self) -> Result<()> {
        match self.file {
            Some(opened) if number_of(&self.path).ok() != Some(opened) => {
                Err(StoreError::Moved(self.path.clone()))
            }
            _ => Ok(()),
        }
    }

    /// Runs `work` in one write transaction that is committed, on disk, when this returns Ok.
    ///
    /// The transaction takes its lock at the start, so that nothing that `work` read can change under it.
    pub fn write<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&Tx<'_>) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        if self.read_only {
            return Err(StoreError::ReadOnly(self.path.clone()).into());
        }
        self.check_file()?;
        let path = self.path.clone();
        let words = |error| StoreError::from_sqlite(&path, error);
        let tx = Transaction::new_unchecked(&self.db, TransactionBehavior::Immediate).map_err(words)?;
        let result = work(&Tx { db: &tx, names: &self.names })?;
        tx.commit().map_err(words)?;
        Ok(result)
    }

    /// Runs `work` on one unchanging view of the store.
    pub fn read<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let words = |error| StoreError::from_sqlite(&self.path, error);
        let tx = Transaction::new_unchecked(&self.db, TransactionBehavior::Deferred).map_err(words)?;
        let result = work(&Tx { db: &tx, names: &self.names });
        tx.finish().map_err(words)?;
        if let Some(before) = self.unlocked
            && (stamp(&self.path)? != before || backup::suffixed(&self.path, "-wal").exists())
        {
            return Err(StoreError::Unsteady(self.path.clone()).into());
        }
        result
    }

    /// Tells whether an older program made the tables.
    fn is_older(&self) -> Result<bool> {
        let found: i32 = self.db.pragma_query_value(None, "user_version", |row| row.get(0))?;
        Ok(found < schema::VERSION)
    }

    /// Adds what tables an older program did not make, and removes what is no longer kept; tables are filled when the cases
    /// are derived anew.
    fn bring_up_to_date(&self) -> Result<()> {
        if !self.is_older()? {
            return Ok(());
        }
        if self.read_only {
            return Err(StoreError::Older(self.path.clone()));
        }
        let tx = Transaction::new_unchecked(&self.db, TransactionBehavior::Immediate)?;
        // Another process may have done the same meanwhile.
        let found: i32 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if found < schema::VERSION {
            if found < 2 {
                tx.execute_batch(schema::SINCE_2)?;
            }
            tx.execute_batch(schema::SINCE_3)?;
            tx.execute_batch(schema::SINCE_4)?;
            tx.pragma_update(None, "user_version", schema::VERSION)?;
        }
        Ok(tx.commit()?)
    }

    fn check_schema(&self) -> Result<()> {
        match verify::schema_problem(&self.db)? {
            Some(problem) => Err(StoreError::Damaged(problem)),
            None => Ok(()),
        }
    }
}

/// A transaction, and the names that it needs to read what is stored under numbers.
pub struct Tx<'a> {
    pub(crate) db: &'a Connection,
    pub(crate) names: &'a history::Names,
}

impl Tx<'_> {
    /// Appends an event to the log.
    pub fn append(&self, entry: &Entry<'_>) -> Result<Event> {
        log::append(self.db, entry)
    }

    /// Gives the number and the hash of the last event.
    pub fn head(&self) -> Result<(u64, String)> {
        let (seq, hash) = log::head(self.db)?;
        Ok((seq, log::hex(&hash)))
    }

    /// Reads a value that the store was made with.
    pub fn meta(&self, name: &str) -> Result<Option<Vec<u8>>> {
        Ok(self
            .db
            .prepare_cached("SELECT value FROM meta WHERE name = ?1")?
            .query_row([name], |row| row.get(0))
            .optional()?)
    }

    /// Notes a value that the store is made with: it can't be changed later.
    pub fn set_meta(&self, name: &str, value: &[u8]) -> Result<()> {
        self.db
            .prepare_cached("INSERT INTO meta VALUES (?1, ?2)")?
            .execute(rusqlite::params![name, value])?;
        Ok(())
    }
}

/// How long a batch may hold the write lock: half of what anybody should ever wait for one.
pub(crate) const BATCH: Duration = Duration::from_millis(20);

/// Tells when a batch has taken long enough.
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Stopwatch(Instant::now())
    }

    pub(crate) fn is_over(&self) -> bool {
        self.0.elapsed() >= BATCH
    }
}

/// Gives the version of the SQLite inside this program, and whether several people may use it: versions before 3.51.3
/// can damage a store.
pub fn sqlite_version() -> (&'static str, bool) {
    (rusqlite::version(), rusqlite::version_number() >= 3_051_003)
}

fn check_sqlite() -> Result<()> {
    match sqlite_version() {
        (_, true) => Ok(()),
        (version, false) => Err(StoreError::OldSqlite(version)),
    }
}

/// Waits a moment for another writer, and tells whether to try again: for some 20 seconds.
///
/// The handler of SQLite soon sleeps a tenth of a second at a time, and hardly ever wakes in the short while that
/// somebody who writes line after line leaves. Moments of uneven length keep waiters out of each other's step.
fn wait_for_turn(tries: i32) -> bool {
    let uneven = rustix::process::getpid().as_raw_nonzero().get().wrapping_add(tries).unsigned_abs() % 7;
    std::thread::sleep(Duration::from_millis(u64::from(uneven) + 1));
    tries < 5000
}

/// Tells whether this account may write to a store: to its file, and beside it.
fn may_write(path: &Path) -> bool {
    let writable = |path: &Path| rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok();
    writable(path) && parent(path).is_none_or(writable)
}

/// Finds the words for a store that SQLite does not begin to read. What a stopped program left in the journal can only
/// be put in order by an account that may write.
fn cannot_open(path: &Path, error: rusqlite::Error) -> StoreError {
    match StoreError::from_sqlite(path, error) {
        StoreError::ReadOnly(path) | StoreError::Io { path, .. } if !may_write(&path) => {
            StoreError::Unfinished(path)
        }
        other => other,
    }
}

/// Names a file for SQLite as one that nobody changes.
fn immutable(path: &Path) -> String {
    use std::fmt::Write;
    use std::os::unix::ffi::OsStrExt;
    // After an empty authority, so that none is read into a path that begins with two slashes.
    let mut uri = if path.is_absolute() { "file://".to_owned() } else { "file:".to_owned() };
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                uri.push(char::from(*byte))
            }
            _ => {
                let _ = write!(uri, "%{byte:02x}");
            }
        }
    }
    uri + "?immutable=1"
}

/// Gives what changes with a file: its length, and the second and nanosecond of its last change.
fn stamp(path: &Path) -> Result<(u64, i64, i64)> {
    let meta = std::fs::metadata(path)
        .map_err(|error| StoreError::Io { path: path.into(), fault: error.to_string() })?;
    Ok((meta.len(), meta.mtime(), meta.mtime_nsec()))
}

/// Gives what a file is known by, whatever it is called.
fn number_of(path: &Path) -> Result<(u64, u64)> {
    let meta = std::fs::metadata(path)
        .map_err(|error| StoreError::Io { path: path.into(), fault: error.to_string() })?;
    Ok((meta.dev(), meta.ino()))
}

fn parent(path: &Path) -> Option<&Path> {
    match path.parent() {
        Some(dir) if dir.as_os_str().is_empty() => Some(Path::new(".")),
        other => other,
    }
}

/// Refuses a folder in which anybody could put another file in the store's place, and a network file system.
fn check_place(path: &Path) -> Result<()> {
    let Some(dir) = parent(path) else { return Err(StoreError::NotAStore(path.into())) };
    let meta = std::fs::metadata(dir).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => StoreError::Missing(path.into()),
        _ => StoreError::Io { path: dir.into(), fault: error.to_string() },
    })?;
    const STICKY: u32 = 0o1000;
    if meta.mode() & 0o002 != 0 && meta.mode() & STICKY == 0 {
        return Err(StoreError::OpenToOthers { path: dir.into(), mode: meta.mode() & 0o7777, fix: "o-w" });
    }
    let stat = rustix::fs::statfs(dir)
        .map_err(|error| StoreError::Io { path: dir.into(), fault: error.to_string() })?;
    match network_file_system(stat.f_type as u64 & 0xffff_ffff) {
        Some(kind) => Err(StoreError::NetworkFileSystem { path: path.into(), kind }),
        None => Ok(()),
    }
}

/// Names the network file system behind a type number of statfs(2), if it is one.
pub fn network_file_system(magic: u64) -> Option<&'static str> {
    const KINDS: [(u64, &str); 11] = [
        (0x6969, "NFS"),
        (0x517b, "SMB"),
        (0xff53_4d42, "CIFS"),
        (0xfe53_4d42, "SMB2"),
        (0x5346_414f, "AFS"),
        (0x6b41_4653, "AFS"),
        (0x0102_1997, "9P"),
        (0x6573_5546, "FUSE, such as sshfs"),
        (0x00c3_6400, "Ceph"),
        (0x0bd0_0bd0, "Lustre"),
        (0x4750_4653, "GPFS"),
    ];
    KINDS.iter().find(|(known, _)| *known == magic).map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests;
