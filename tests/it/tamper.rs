//! Whoever changes a store behind the program's back is found out by `verify`: any byte of the log, of what was
//! imported, of the names, of what was derived, and of the tables' own making.

use std::path::{Path, PathBuf};

use overread::store::verify::{Report, Scope, verify};
use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, params};
use serde_json::json;

use crate::common::{Outcome, Place, data};

const CHARTER: &str = r#"
name = "tampering"
[review]
undo_minutes = "never"
[labels.nodule]
kind = "box"
[labels.grade]
kind = "ordinal"
levels = [1, 2, 3]
[labels.side]
kind = "categorical"
levels = ["left", "right"]
[labels.Length]
kind = "line"
"#;

const TABLE: &str = "\
case,reader,label,value,x_min,y_min,x_max,y_max,confidence,severity,read_at,comment
c1,ann,grade,1,,,,,0.5,mild,2024-03-01T10:00:00Z,\"unsure, see 2\"
c1,ben,grade,3,,,,,-0.0,,2024-03-02T10:00:00Z,
c1,ann,nodule,,1.5,2,30,40,1,,2024-03-01T10:00:00Z,
c1,ben,nodule,,100,100,130,140.25,0.25,2a,2024-03-02T10:00:00Z,größer
c2,ann,side,left,,,,,,,,
c2,ben,side,right,,,,,,,,
c2,ann,grade,2,,,,,,,,
c2,ben,grade,2,,,,,,,,
";

/// A store in which something of everything happened.
fn worked_in(place: &Place) -> Outcome<PathBuf> {
    let charter = place.write("charter.toml", CHARTER)?;
    let table = place.write("table.csv", TABLE)?;
    let store = place.join("s.overread");
    place.run(["init", "s.overread", "--charter", &charter.to_string_lossy()])?.fine()?;
    let files = [
        data("aim/0022BaselineA.xml"),
        data("aim/0022BaselineB.xml"),
        table,
        data("dicom/CT_small.dcm"),
        data("dicom/MR_small_RLE.dcm"),
    ];
    place.run([Path::new("import")].into_iter().chain(files.iter().map(PathBuf::as_path)))?.fine()?;
    let mut lines = String::new();
    for case in place.run(["queue", "--json"])?.lines()? {
        for dispute in case["disputes"].as_array().into_iter().flatten() {
            let decision = json!({
                "case": case["case"], "dispute": dispute["id"], "answer": {"adopt": 1}, "confidence": 4,
                "note": "as the first says",
            });
            lines += &format!("{decision}\n");
        }
    }
    assert!(lines.lines().count() >= 4, "too little is disputed: {lines}");
    place.feed(["decide"], &lines)?.fine()?;
    // A second decision of the same person amends the first, and says why.
    place.feed(["decide"], lines.lines().next().unwrap_or_default())?.fine()?;
    place.run(["people", "add", "carol", "adjudicator", "--skill", "neuro"])?.fine()?;
    place.run(["finalise", "c1"])?.fine()?;
    place.run(["reopen", "c1", "--why", "seen anew"])?.fine()?;
    place.run(["finalise", "c2"])?.fine()?;
    assert_eq!(place.run(["queue", "--as", "carol"])?.code, Some(77));
    place.run(["unblind", "c2", "--why", "asked by the reader"])?.fine()?;
    Ok(store)
}

/// What stands in a store's file, to be changed in a copy as often as is wanted.
struct Original(Vec<u8>);

fn original(store: &Path) -> Outcome<Original> {
    let db = Connection::open(store)?;
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    db.close().map_err(|(_, error)| error)?;
    Ok(Original(std::fs::read(store)?))
}

impl Original {
    /// Makes a copy, and does to it what somebody could do for whom no trigger fires. Tells whether the tables
    /// themselves allowed it.
    fn tampered(
        &self,
        copy: &Path,
        tamper: impl FnOnce(&Connection) -> rusqlite::Result<()>,
    ) -> Outcome<bool> {
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", copy.display()));
        }
        std::fs::write(copy, &self.0)?;
        std::fs::set_permissions(copy, std::os::unix::fs::PermissionsExt::from_mode(0o660))?;
        let db = Connection::open(copy)?;
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
        db.execute_batch("PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE")?;
        let done = tamper(&db);
        db.close().map_err(|(_, error)| error)?;
        match done {
            Ok(()) => Ok(true),
            Err(error)
                if matches!(
                    error.sqlite_error_code(),
                    Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch)
                ) =>
            {
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Gives what is found in a copy that was tampered with by statements.
    fn report(&self, copy: &Path, statements: &str, scope: &Scope) -> Outcome<Report> {
        assert!(self.tampered(copy, |db| db.execute_batch(statements))?, "refused: {statements}");
        Ok(verify(copy, scope)?)
    }
}

/// Other values that a cell could be given by somebody with an editor: each byte another, one more, one less, nothing.
fn others(value: &Value) -> Vec<Value> {
    let bytes = |bytes: &[u8], make: fn(Vec<u8>) -> Value| -> Vec<Value> {
        let mut others: Vec<Vec<u8>> = (0..bytes.len())
            .map(|at| bytes.iter().enumerate().map(|(n, byte)| byte ^ u8::from(n == at)).collect())
            .collect();
        others.extend(bytes.split_last().map(|(_, rest)| rest.to_vec()));
        others.push([bytes, b"0"].concat());
        let mut values: Vec<Value> = others.into_iter().map(make).collect();
        values.push(Value::Null);
        values
    };
    match value {
        Value::Null => vec![Value::Text(String::new()), Value::Text("0".into()), Value::Integer(1), Value::Real(0.0)],
        Value::Integer(number) => {
            let flipped = (0..8).map(|byte| Value::Integer(number ^ (1 << (8 * byte))));
            let near = [number.wrapping_sub(1), number.wrapping_add(1), 0].into_iter().map(Value::Integer);
            let typed = [Value::Null, Value::Real(*number as f64), Value::Text(number.to_string())];
            flipped.chain(near).chain(typed).collect()
        }
        Value::Real(number) => {
            let flipped = (0..8).map(|byte| Value::Real(f64::from_bits(number.to_bits() ^ (1 << (8 * byte)))));
            let near = [number.next_up(), number.next_down(), -number, number + 1.0].map(Value::Real);
            let typed = [Value::Null, Value::Integer(*number as i64), Value::Text(number.to_string())];
            flipped.chain(near).chain(typed).collect()
        }
        // Bytes are bound as a blob and cast, since a changed text need not be UTF-8.
        Value::Text(text) => bytes(text.as_bytes(), Value::Blob),
        Value::Blob(blob) => bytes(blob, Value::Blob),
    }
}

/// Every change of every cell of a table: what it is, and how many were really made.
fn every_cell(store: &Path, table: &str, scope: &Scope) -> Outcome<usize> {
    let original = original(store)?;
    let db = Connection::open(store)?;
    let mut select = db.prepare(&format!("SELECT * FROM {table}"))?;
    let columns: Vec<String> = select.column_names().map(ToOwned::to_owned).collect();
    let key = columns.first().cloned().unwrap_or_default();
    let mut changes: Vec<(i64, String, Value, Value)> = Vec::new();
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        for (n, column) in columns.iter().enumerate() {
            let value: Value = row.get(n)?;
            for other in others(&value) {
                changes.push((row.get(0)?, column.clone(), value.clone(), other));
            }
        }
    }
    assert!(!changes.is_empty(), "{table} is empty");
    let halves: Vec<Outcome<usize>> = std::thread::scope(|scope_of_threads| {
        let threads: Vec<_> = changes
            .chunks(changes.len().div_ceil(2))
            .enumerate()
            .map(|(n, changes)| {
                let (original, key) = (&original, &key);
                scope_of_threads.spawn(move || {
                    let copy = store.with_file_name(format!("{table}{n}.overread"));
                    every_change(original, &copy, table, key, changes, scope).map_err(|error| error.to_string())
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| Ok(thread.join().map_err(|_| "a thread failed")??))
            .collect()
    });
    let mut made = 0;
    for half in halves {
        made += half?;
    }
    Ok(made)
}

fn every_change(
    original: &Original,
    copy: &Path,
    table: &str,
    key: &str,
    changes: &[(i64, String, Value, Value)],
    scope: &Scope,
) -> Outcome<usize> {
    let mut made = 0;
    for (row, column, value, other) in changes {
        let cast = if matches!(value, Value::Text(_)) { "CAST(?1 AS TEXT)" } else { "?1" };
        let mut same = false;
        let done = original.tampered(copy, |db| {
            let sql = format!("UPDATE {table} SET {column} = {cast} WHERE {key} = ?2");
            db.execute(&sql, params![other, row])?;
            // What the column's type turned back into the same is no change.
            let as_before = format!(
                "SELECT EXISTS (SELECT 1 FROM {table}
                 WHERE {key} = ?2 AND {column} IS ?1 AND typeof({column}) = typeof(?1))"
            );
            same = db.query_row(&as_before, params![value, row], |row| row.get(0))?;
            Ok(())
        })?;
        if !done || same {
            continue;
        }
        made += 1;
        let report = verify(copy, scope)?;
        assert!(!report.problems.is_empty(), "{table} {row}: {column} was {value:?}, became {other:?}, unnoticed");
    }
    Ok(made)
}

#[test]
fn every_changed_byte_of_the_log_is_found() -> Outcome {
    let place = Place::new()?;
    let store = worked_in(&place)?;
    assert_eq!(verify(&store, &Scope::default())?.problems, Vec::<String>::new());
    let made = every_cell(&store, "event", &Scope { quick: true, head: None })?;
    assert!(made > 5000, "{made} changes");
    Ok(())
}

#[test]
fn every_changed_byte_of_what_was_imported_is_found() -> Outcome {
    let place = Place::new()?;
    let store = worked_in(&place)?;
    for (table, least) in [("finding", 1000), ("image", 500)] {
        let made = every_cell(&store, table, &Scope::default())?;
        assert!(made > least, "{made} changes of {table}");
    }
    Ok(())
}
