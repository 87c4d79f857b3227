//! The store against what it must refuse, what the disk may do to it, and what other connections do beside it.

use std::error::Error;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use proptest::prelude::*;

use super::claim::{self, Claim};
use super::verify::{Scope, verify};
use super::*;
use crate::domain::event::{Action, Outcome};
use crate::store::stage::StagedRow;

type Checked = std::result::Result<(), Box<dyn Error>>;

const CHARTER: &str = "name = \"small\"\n[labels.grade]\nkind = \"ordinal\"\nlevels = [1, 2, 3, 4, 5]\n";

fn actor() -> Actor {
    Actor { account: "ann".into(), who: "ann".into(), origin: String::new() }
}

fn folder() -> std::io::Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700))?;
    Ok(folder)
}

fn entry<'a>(actor: &'a Actor, action: Action, detail: &str) -> Entry<'a> {
    Entry {
        at: 0,
        actor,
        role: "lead",
        action,
        case: None,
        object: None,
        detail: detail.into(),
        outcome: Outcome::Ok,
    }
}

/// A store on disk with one import of some cases that two readers grade apart, not yet triaged.
fn filled(path: &Path, cases: u32) -> std::result::Result<Store, Box<dyn Error>> {
    crate::review::init::init(path, Some(CHARTER), &actor(), [7; 32], || 0)?;
    let mut store = Store::open(path)?;
    import(&mut store, "a file", cases)?;
    Ok(store)
}

fn row(case: &str, reader: &str, grade: f64) -> StagedRow {
    use crate::domain::finding::Finding;
    use crate::domain::value::Value;
    StagedRow {
        line: 1,
        case: case.into(),
        reader: Some(reader.into()),
        model: false,
        marks: false,
        read_at: None,
        finding: Some(Finding {
            label: "grade".into(),
            value: Some(Value::Number(grade)),
            geometry: None,
            confidence: Some(-0.0),
            severity: None,
            comment: None,
        }),
    }
}

fn import(store: &mut Store, source: &str, cases: u32) -> Result<()> {
    let rows: Vec<StagedRow> = (0..cases)
        .flat_map(|n| {
            let case = format!("c{n}");
            [row(&case, "r1", 1.0), row(&case, "r2", 4.0)]
        })
        .collect();
    let options = serde_json::json!({ "reader": null });
    let mut staging = store.begin_import(&history::source(source, &options), 0)?;
    store.stage(&mut staging, &rows, 0)?;
    let mut detail = history::ImportDetail {
        v: 1,
        sha256: source.into(),
        options,
        counts: staging.counts(),
        scope: staging.scope(),
        digest: staging.digest(),
        ..Default::default()
    };
    store.write(|tx| {
        detail.totals = tx.totals()?;
        staging.add_to(&mut detail.totals);
        let event = tx.append(&entry(&actor(), Action::Import, &serde_json::json!(detail).to_string()))?;
        tx.publish(&staging, event.seq)
    })
}

fn triage(store: &mut Store) -> Result<()> {
    store.triage(|_| {})
}

fn assert_whole(path: &Path) -> Checked {
    let report = verify(path, &Scope::default())?;
    assert_eq!(report.problems, Vec::<String>::new());
    Ok(())
}

#[test]
fn the_database_itself_refuses_to_rewrite_what_was_written() -> Checked {
    let folder = folder()?;
    let path = folder.path().join("s");
    let mut store = filled(&path, 2)?;
    triage(&mut store)?;
    let image = "INSERT INTO image VALUES (1 << 32 | 99, 'u', 's', NULL, NULL, 'l', '{}')";
    // An image can't be put under a finished import either; one is staged, to be there when it is finished.
    store.db.execute_batch(
        "INSERT INTO import VALUES (50, 'images:x', 1, 0, NULL);
         INSERT INTO image VALUES (50 << 32, 'u', 's', NULL, NULL, 'l', '{}');
         UPDATE import SET seq = 3000 WHERE id = 50;",
    )?;
    drop(store);
    // Another program's connection, with none of what ours sets: REPLACE deletes without a trigger's knowing.
    let plain = Connection::open(&path)?;
    plain.execute_batch("PRAGMA recursive_triggers=OFF; PRAGMA foreign_keys=OFF;")?;
    let event =
        "at, account, who, role, action, case_name, object, detail, outcome, origin, rules, prev, hash";
    let finding = "case_id, reader_id, label_id, occasion, flags, line, value, geometry, confidence, severity, read_at, comment";
    let statements = [
        "UPDATE event SET detail = '{}' WHERE seq = 1".to_owned(),
        "UPDATE event SET seq = 99 WHERE seq = 1".into(),
        "UPDATE OR REPLACE event SET seq = 1 WHERE seq = 2".into(),
        "DELETE FROM event".into(),
        "DELETE FROM event WHERE seq = (SELECT max(seq) FROM event)".into(),
        format!("INSERT INTO event SELECT 1, {event} FROM event WHERE seq = 2"),
        format!("INSERT INTO event SELECT 99, {event} FROM event WHERE seq = 2"),
        format!("INSERT INTO event SELECT -1, {event} FROM event WHERE seq = 2"),
        format!("REPLACE INTO event SELECT 1, {event} FROM event WHERE seq = 2"),
        format!("INSERT OR REPLACE INTO event SELECT seq, {event} FROM event WHERE seq = 3"),
        format!(
            "INSERT INTO event SELECT 1, {event} FROM event WHERE seq = 2 ON CONFLICT(seq) DO UPDATE SET who = 'eve'"
        ),
        "UPDATE finding SET value = 5".into(),
        "UPDATE finding SET case_id = 2".into(),
        "DELETE FROM finding".into(),
        format!("REPLACE INTO finding SELECT id, {finding} FROM finding LIMIT 1"),
        format!("INSERT INTO finding SELECT id + 100, {finding} FROM finding LIMIT 1"),
        format!(
            "INSERT INTO finding SELECT id, {finding} FROM finding WHERE true ON CONFLICT(id) DO UPDATE SET value = 5"
        ),
        "UPDATE image SET uid = 'v'".into(),
        "DELETE FROM image".into(),
        "REPLACE INTO image SELECT id, 'v', stem, series, study, locator, header FROM image".into(),
        "INSERT INTO image SELECT id + 1, 'v', stem, series, study, locator, header FROM image".into(),
        image.into(),
        "UPDATE import SET source = 'other'".into(),
        "UPDATE import SET seq = 1".into(),
        "UPDATE import SET id = id + 1000".into(),
        "DELETE FROM import".into(),
        "REPLACE INTO import SELECT id, 'other', pid, touched, NULL FROM import LIMIT 1".into(),
        "INSERT INTO import VALUES (60, 'other', 1, 0, 1)".into(),
        "INSERT INTO import SELECT id, source, pid, touched, NULL FROM import WHERE true ON CONFLICT(id) DO UPDATE
         SET source = 'other'"
            .into(),
        "UPDATE reader SET name = 'eve'".into(),
        "DELETE FROM reader".into(),
        "REPLACE INTO reader VALUES (1, 'eve')".into(),
        "REPLACE INTO reader VALUES (77, 'r1')".into(),
        "INSERT INTO reader VALUES (1, 'x') ON CONFLICT DO UPDATE SET name = 'eve'".into(),
        "UPDATE label SET name = 'eve'".into(),
        "DELETE FROM label".into(),
        "REPLACE INTO label VALUES (1, 'eve')".into(),
        "UPDATE \"case\" SET name = 'eve' WHERE id = 1".into(),
        "UPDATE \"case\" SET id = 77 WHERE id = 1".into(),
        "DELETE FROM \"case\"".into(),
        "REPLACE INTO \"case\"(id, name) VALUES (1, 'eve')".into(),
        "REPLACE INTO \"case\"(name) VALUES ('c0')".into(),
        "UPDATE meta SET value = x'00' WHERE name = 'key'".into(),
        "DELETE FROM meta".into(),
        "REPLACE INTO meta VALUES ('key', x'00')".into(),
    ];
    let ours = Store::open_unchecked(&path, false)?;
    for statement in statements {
        for (whose, db) in [("a plain", &plain), ("our", &ours.db)] {
            let refused = db.execute(&statement, []);
            let code = refused.as_ref().map_err(rusqlite::Error::sqlite_error_code);
            assert_eq!(
                code,
                Err(Some(rusqlite::ErrorCode::ConstraintViolation)),
                "{whose} connection: {statement}: {refused:?}"
            );
        }
    }
    // What our own connections can't do even to the tables' making.
    let written =
        ours.db.execute_batch("PRAGMA writable_schema=ON; DELETE FROM sqlite_schema WHERE type = 'trigger'");
    assert!(written.is_err());
    Ok(())
}

#[test]
fn a_locked_store_is_told_in_words_after_its_patience() -> Checked {
    let folder = folder()?;
    let path = folder.path().join("s");
    let mut store = filled(&path, 1)?;
    let other = Connection::open(&path)?;
    other.execute_batch("BEGIN IMMEDIATE")?;
    store.set_patience(Duration::from_millis(20))?;
    let before = store.read(|tx| tx.head())?;
    let busy = store.write(|tx| tx.append(&entry(&actor(), Action::Lock, "{}")));
    assert!(matches!(busy, Err(StoreError::Busy)), "{busy:?}");
    let words = StoreError::Busy.to_string();
    assert!(words.contains("in use by another program") && words.contains("nothing was saved"), "{words}");
    assert_eq!(crate::cli::exit::code(&StoreError::Busy.into()), crate::cli::exit::BUSY);
    // Reading goes on beside a writer, and so does writing when it has let go.
    assert_eq!(store.read(|tx| tx.head())?, before);
    other.execute_batch("ROLLBACK")?;
    store.write(|tx| tx.append(&entry(&actor(), Action::Lock, "{}")))?;
    triage(&mut store)?;
    assert_whole(&path)
}

#[test]
fn a_full_disk_leaves_everything_before_it_intact() -> Checked {
    let folder = folder()?;
    let path = folder.path().join("s");
    let mut store = filled(&path, 20)?;
    triage(&mut store)?;
    let head = store.read(|tx| tx.head())?;
    let pages: i64 = store.db.pragma_query_value(None, "page_count", |row| row.get(0))?;
    let limit = |store: &Store, pages: i64| {
        store.db.query_row(&format!("PRAGMA max_page_count={pages}"), [], |row| row.get::<_, i64>(0))
    };
    for room in [0, 1, 2, 5, 20] {
        limit(&store, pages + room)?;
        let full = import(&mut store, "a large file", 1500);
        assert!(matches!(full, Err(StoreError::Full)), "{room}: {full:?}");
        let full = store.write(|tx| tx.append(&entry(&actor(), Action::Lock, &" ".repeat(1 << 20))));
        assert!(matches!(full, Err(StoreError::Full)), "{room}: {full:?}");
        assert_eq!(store.read(|tx| tx.head())?, head);
        assert_whole(&path)?;
    }
    assert_eq!(crate::cli::exit::code(&StoreError::Full.into()), crate::cli::exit::IO);
    limit(&store, 1 << 30)?;
    import(&mut store, "a large file", 1500)?;
    triage(&mut store)?;
    assert_whole(&path)
}

#[test]
fn other_files_are_told_from_stores() -> Checked {
    let folder = folder()?;
    let path = folder.path().join("s");
    drop(filled(&path, 300)?);
    let whole = std::fs::read(&path)?;
    let refused = |path: &Path| Store::open(path).err().map(|error| error.to_string()).unwrap_or_default();

    let newer = folder.path().join("newer");
    std::fs::copy(&path, &newer)?;
    Connection::open(&newer)?.pragma_update(None, "user_version", schema::VERSION + 1)?;
    let before = std::fs::read(&newer)?;
    let words = refused(&newer);
    assert!(
        words.contains("written by a newer overread") && words.contains("nothing was changed"),
        "{words}"
    );
    assert_eq!(std::fs::read(&newer)?, before);

    let put = |name: &str, content: &[u8]| -> std::io::Result<PathBuf> {
        let path = folder.path().join(name);
        std::fs::write(&path, content)?;
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o660))?;
        Ok(path)
    };
    for (name, content) in [("empty", &b""[..]), ("text", b"case,reader\n"), ("zeros", &[0; 8192])] {
        let words = refused(&put(name, content)?);
        assert!(words.contains("is not an overread store"), "{name}: {words}");
    }
    let foreign = put("foreign", b"")?;
    Connection::open(&foreign)?.execute_batch("CREATE TABLE t(a)")?;
    assert!(refused(&foreign).contains("is not an overread store"));
    assert!(refused(folder.path()).contains("is not an overread store"));
    assert!(refused(&folder.path().join("none")).contains("there is no store at"));
    assert!(refused(&folder.path().join("none/s")).contains("there is no store at"));
    let words = refused(&path.join("s"));
    assert!(words.to_lowercase().contains("not a directory"), "{words}");

    // Cut anywhere, or with a page of nothing: never fine, never a panic.
    for cut in [100].into_iter().chain((512..whole.len()).step_by(7 * 512)) {
        let path = put("cut", whole.get(..cut).unwrap_or_default())?;
        let report = verify(&path, &Scope::default());
        assert!(report.as_ref().map_or(true, |report| !report.problems.is_empty()), "{cut}: {report:?}");
        let words = report.err().map(|error| error.to_string()).unwrap_or_else(|| "store".into());
        assert!(words.contains("store") || words.contains("damaged"), "{cut}: {words}");
    }
    for page in 0..whole.len() / 4096 {
        let mut hurt = whole.clone();
        hurt.iter_mut().skip(page * 4096).take(4096).for_each(|byte| *byte = 0);
        let path = put("hurt", &hurt)?;
        let report = verify(&path, &Scope::default());
        assert!(report.as_ref().map_or(true, |report| !report.problems.is_empty()), "{page}: {report:?}");
    }
    Ok(())
}

#[test]
fn a_store_that_others_can_read_is_refused_with_the_fix() -> Checked {
    let folder = folder()?;
    let path = folder.path().join("s");
    drop(filled(&path, 1)?);
    let mode = |path: &Path| std::fs::metadata(path).map(|meta| meta.permissions().mode() & 0o7777);
    assert_eq!(mode(&path)?, 0o660);
    for bits in [0o664, 0o661, 0o602, 0o777] {
        std::fs::set_permissions(&path, PermissionsExt::from_mode(bits))?;
        let words = Store::open(&path).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(words.contains("`chmod o-rwx`") && words.contains(&format!("{bits:o}")), "{words}");
        assert!(verify(&path, &Scope::default()).is_err());
    }
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o660))?;
    // A folder in which anybody may put another file in this one's place; the sticky bit forbids that.
    for (bits, fine) in [(0o777, false), (0o702, false), (0o1777, true), (0o755, true), (0o2770, true)] {
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(bits))?;
        let opened = Store::open(&path).map(drop);
        assert_eq!(opened.is_ok(), fine, "{bits:o}: {opened:?}");
        let made = Store::create(&folder.path().join(format!("{bits:o}"))).map(drop);
        assert_eq!(made.is_ok(), fine, "{bits:o}: {made:?}");
    }
    let words = Store::create(&folder.path().join("none/s")).err().map(|error| error.to_string());
    assert!(words.as_ref().is_some_and(|words| words.starts_with("failed to create")), "{words:?}");
    // What SQLite puts beside the store can be read by no more people than the store.
    let store = Store::open(&path)?;
    store.db.execute_batch("BEGIN IMMEDIATE; COMMIT")?;
    for suffix in ["-wal", "-shm"] {
        assert_eq!(mode(&backup::suffixed(&path, suffix))?, 0o660, "{suffix}");
    }
    Ok(())
}

#[test]
fn network_file_systems_are_known_by_their_numbers() {
    // From linux/magic.h and the headers of the file systems.
    let network = [
        0x6969,
        0x517b,
        0xff53_4d42,
        0xfe53_4d42,
        0x5346_414f,
        0x6b41_4653,
        0x0102_1997,
        0x6573_5546,
        0x00c3_6400,
        0x0bd0_0bd0,
        0x4750_4653,
    ];
    for magic in network {
        assert!(network_file_system(magic).is_some(), "{magic:x}");
    }
    // ext4, XFS, btrfs, tmpfs, overlayfs, ZFS, F2FS.
    for magic in [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994, 0x794c_7630, 0x2fc1_2fc1, 0xf2f5_2010] {
        assert_eq!(network_file_system(magic), None, "{magic:x}");
    }
    let words = StoreError::NetworkFileSystem { path: "/net/s".into(), kind: "NFS" }.to_string();
    assert!(words.contains("NFS") && words.contains("move the store"), "{words}");
}

#[test]
fn writes_of_others_are_noticed_once_and_own_ones_not() -> Checked {
    let folder = folder()?;
    let path = folder.path().join("s");
    let mut store = filled(&path, 1)?;
    triage(&mut store)?;
    let mut one = Store::open(&path)?;
    let mut two = Store::open(&path)?;
    assert!(!one.changed_elsewhere()?, "nothing was written yet");
    one.write(|tx| tx.append(&entry(&actor(), Action::Lock, "{}")))?;
    assert!(!one.changed_elsewhere()?);
    assert!(two.changed_elsewhere()?);
    assert!(!two.changed_elsewhere()?);
    // Another process that is no overread counts as well.
    Connection::open(&path)?.execute("INSERT INTO draft VALUES ('a', 1, 'd', 0, '')", [])?;
    assert!(one.changed_elsewhere()?);
    assert!(!Store::in_memory()?.changed_elsewhere()?);
    Ok(())
}

#[test]
fn a_lease_ends_by_itself_and_when_the_clock_was_set_back() -> Checked {
    const HOUR: i64 = 3_600_000;
    let claim = Claim {
        case_id: 1,
        slot: 1,
        who: "ann".into(),
        account: "ann".into(),
        token: String::new(),
        since: 100 * HOUR,
        lease_until: 101 * HOUR,
    };
    let mut store = Store::in_memory()?;
    store.write(|tx| tx.put_claim(&claim))?;
    for (now, holds) in [
        (100 * HOUR, true),
        (101 * HOUR - 1, true),
        (101 * HOUR, false),
        (100 * HOUR - 1000, true),
        (99 * HOUR, true),
        (99 * HOUR - 1, false),
        (0, false),
        (i64::MAX, false),
    ] {
        assert_eq!(claim.holds(now), holds, "{now}");
        let sql = format!("SELECT count(*) FROM claim WHERE {}", claim::holds("?1"));
        let found: i64 = store.db.query_row(&sql, [now], |row| row.get(0))?;
        assert_eq!(found == 1, holds, "{now} in SQL");
    }
    Ok(())
}

#[test]
fn a_copy_made_while_others_write_is_whole() -> Checked {
    let folder = folder()?;
    let path = folder.path().join("s");
    let mut store = filled(&path, 300)?;
    triage(&mut store)?;
    let (count, _) = store.read(|tx| tx.head())?;
    let (written, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| -> Checked {
        let writer = scope.spawn(|| -> Result<()> {
            let mut other = Store::open(&path)?;
            while !stop.load(Relaxed) {
                other.write(|tx| tx.append(&entry(&actor(), Action::Lock, &"x".repeat(5000))))?;
                written.fetch_add(1, Relaxed);
            }
            Ok(())
        });
        let copied = (0..3u64).try_for_each(|n| -> Result<()> {
            let before = written.load(Relaxed);
            while written.load(Relaxed) == before && !writer.is_finished() {
                std::thread::yield_now();
            }
            backup::copy(&store, &folder.path().join(format!("copy{n}"))).map(drop)
        });
        stop.store(true, Relaxed);
        writer.join().map_err(|_| "the writer failed")??;
        Ok(copied?)
    })?;
    let written = written.load(Relaxed);
    for n in 0..3u64 {
        let copy = folder.path().join(format!("copy{n}"));
        let report = verify(&copy, &Scope::default())?;
        assert_eq!(report.problems, Vec::<String>::new());
        assert!(report.events > count + n && report.events <= count + written);
        // It is one of the log's own heads.
        let of_log = Scope { quick: true, head: Some(report.head) };
        assert_eq!(verify(&path, &of_log)?.problems, Vec::<String>::new());
        assert_eq!(std::fs::metadata(&copy)?.permissions().mode() & 0o777, 0o660);
    }
    let again = backup::copy(&store, &folder.path().join("copy0"));
    assert!(matches!(again, Err(StoreError::Exists(_))), "{again:?}");
    let nowhere = backup::copy(&store, &folder.path().join("none/copy"));
    assert!(matches!(nowhere, Err(StoreError::CannotCreate { .. })), "{nowhere:?}");
    // Nothing but the store and its copies lies there afterwards.
    let parts = std::fs::read_dir(folder.path())?.flatten().filter(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.contains("part")
    });
    assert_eq!(parts.count(), 0);
    Ok(())
}

#[test]
fn what_was_read_without_locks_while_somebody_wrote_is_not_handed_on() -> Checked {
    let folder = folder()?;
    let path = folder.path().join("s");
    let mut writer = filled(&path, 1)?;
    let mut reader = Store::open_unchecked(&path, true)?;
    // As it is for an account that can't write beside the store.
    reader.unlocked = Some(stamp(&path)?);
    let journal = backup::suffixed(&path, "-wal");
    assert!(journal.exists());
    assert!(matches!(reader.read(|tx| tx.head()), Err(StoreError::Unsteady(_))));
    drop(reader);
    writer.write(|tx| tx.append(&entry(&actor(), Action::Lock, "{}")))?;
    drop(writer);
    std::fs::remove_file(&journal).or_else(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    })?;
    let mut reader = Store::open_unchecked(&path, true)?;
    std::fs::remove_file(&journal)?;
    reader.unlocked = Some(stamp(&path)?);
    reader.read(|tx| tx.head())?;
    let (length, ..) = stamp(&path)?;
    std::fs::OpenOptions::new().write(true).open(&path)?.set_len(length + 4096)?;
    assert!(matches!(reader.read(|tx| tx.head()), Err(StoreError::Unsteady(_))));
    Ok(())
}

#[test]
fn a_store_in_a_folder_with_any_name_can_be_read_without_locks() -> Checked {
    let folder = folder()?;
    for name in ["a b", "50%?#", "größe", "a//b&c=d"] {
        let dir = folder.path().join(name);
        std::fs::create_dir_all(&dir)?;
        let path = dir.join("s?immutable=0");
        drop(filled(&path, 1)?);
        let db = Connection::open_with_flags(
            immutable(&path),
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI,
        )?;
        assert_eq!(db.query_row("SELECT count(*) FROM finding", [], |row| row.get::<_, i64>(0))?, 2);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// What is stored is what was hashed, whatever stands in a row.
    #[test]
    fn the_digest_of_rows_is_that_of_what_the_database_gives_back(
        rows in proptest::collection::vec(any_row(), 1..12)
    ) {
        let digests = || -> Result<(String, String)> {
            let mut store = Store::in_memory()?;
            let mut staging = store.begin_import("source", 0)?;
            store.stage(&mut staging, &rows, 0)?;
            let staged = staging.digest();
            let mut report = verify::Report::default();
            Ok((staged, store.read(|tx| tx.digest_of(1, &mut report))?))
        };
        let (staged, stored) = digests().map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(staged, stored);
    }
}

fn any_row() -> impl Strategy<Value = StagedRow> {
    use crate::domain::finding::Finding;
    use crate::domain::value::Value;
    let number = || prop_oneof![any::<f64>(), Just(-0.0), Just(1e300), Just(9007199254740993.0), Just(0.1)];
    let text = || proptest::option::of(".{0,8}");
    let value = prop_oneof![
        Just(None),
        number().prop_map(|number| Some(Value::Number(number))),
        ".{0,8}".prop_map(|text| Some(Value::Text(text)))
    ];
    let finding = (".{0,4}", value, proptest::option::of(number()), text(), text()).prop_map(
        |(label, value, confidence, severity, comment)| Finding {
            label,
            value,
            geometry: None,
            confidence,
            severity,
            comment,
        },
    );
    (0..i64::MAX as u64, ".{0,4}", text(), any::<(bool, bool)>(), text(), proptest::option::of(finding))
        .prop_map(|(line, case, reader, (model, marks), read_at, finding)| StagedRow {
            line,
            case,
            reader,
            model,
            marks,
            read_at,
            finding,
        })
}
