//! Whoever changes a store behind the program's back is found out by `verify`: any byte of the log, of what was
//! imported, of the names, of what was derived, and of the tables' own making.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use overread::store::verify::{Report, Scope, verify};
use overread::store::{Store, log};
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
    // One file, without a journal beside it.
    db.query_row("PRAGMA journal_mode=DELETE", [], |_| Ok(()))?;
    db.close().map_err(|(_, error)| error)?;
    Ok(Original(std::fs::read(store)?))
}

impl Original {
    /// Makes a copy, and does to it what somebody could do for whom no trigger fires.
    fn tampered(
        &self,
        copy: &Path,
        tamper: impl FnOnce(&Connection) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let place = |error: std::io::Error| rusqlite::Error::ToSqlConversionFailure(error.into());
        std::fs::write(copy, &self.0).map_err(place)?;
        std::fs::set_permissions(copy, std::os::unix::fs::PermissionsExt::from_mode(0o660)).map_err(place)?;
        let db = Connection::open(copy)?;
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
        db.execute_batch("PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY; BEGIN")?;
        tamper(&db)?;
        db.execute_batch("COMMIT")?;
        db.close().map_err(|(_, error)| error)
    }

    /// Gives what is found in a copy that was tampered with by statements.
    fn report(&self, copy: &Path, statements: &str, scope: &Scope) -> Outcome<Report> {
        self.tampered(copy, |db| db.execute_batch(statements))?;
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
        Value::Null => {
            vec![Value::Text(String::new()), Value::Text("0".into()), Value::Integer(1), Value::Real(0.0)]
        }
        Value::Integer(number) => {
            let flipped = (0..8).map(|byte| Value::Integer(number ^ (1 << (8 * byte))));
            let near = [number.wrapping_sub(1), number.wrapping_add(1), 0].into_iter().map(Value::Integer);
            let typed = [Value::Null, Value::Real(*number as f64), Value::Text(number.to_string())];
            flipped.chain(near).chain(typed).collect()
        }
        Value::Real(number) => {
            let flipped =
                (0..8).map(|byte| Value::Real(f64::from_bits(number.to_bits() ^ (1 << (8 * byte)))));
            let near = [number.next_up(), number.next_down(), -number, number + 1.0].map(Value::Real);
            let typed = [Value::Null, Value::Integer(*number as i64), Value::Text(number.to_string())];
            flipped.chain(near).chain(typed).collect()
        }
        // Bytes are bound as a blob and cast, since a changed text need not be UTF-8.
        Value::Text(text) => bytes(text.as_bytes(), Value::Blob),
        Value::Blob(blob) => bytes(blob, Value::Blob),
    }
}

/// One cell that is to be given another value.
struct Change {
    table: &'static str,
    key: &'static str,
    row: i64,
    column: String,
    value: Value,
    other: Value,
    /// What a report must say of it.
    words: String,
}

impl Change {
    /// Makes the change. Tells whether the tables allowed it, and it was one.
    fn make(&self, db: &Connection) -> rusqlite::Result<bool> {
        let Change { table, key, row, column, value, other, .. } = self;
        let cast = if matches!(value, Value::Text(_)) { "CAST(?1 AS TEXT)" } else { "?1" };
        let made = db
            .execute(&format!("UPDATE {table} SET {column} = {cast} WHERE {key} = ?2"), params![other, row]);
        match made.as_ref().map_err(rusqlite::Error::sqlite_error_code) {
            Err(Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch)) => return Ok(false),
            _ => made?,
        };
        // What the column's type turned back into the same is no change.
        let as_before = format!(
            "SELECT EXISTS (SELECT 1 FROM {table}
             WHERE {key} = ?2 AND {column} IS ?1 AND typeof({column}) = typeof(?1))"
        );
        db.query_row(&as_before, params![value, row], |row| row.get::<_, bool>(0)).map(|same| !same)
    }
}

/// Makes every change of every cell of a table, those of different units of proof (an event, an import) at once, and
/// looks for each of them in the report. Gives how many there were. Of an import the first three rows are taken, or
/// all of them where OVERREAD_THOROUGH is set.
fn every_cell(store: &Path, table: &'static str, key: &'static str, scope: &Scope) -> Outcome<usize> {
    let original = original(store)?;
    let db = Connection::open(store)?;
    let mut select = db.prepare(&format!(
        "SELECT {}, * FROM {table}",
        match table {
            "event" => "seq",
            _ => "(SELECT seq FROM import WHERE import.id = {table}.id >> 32)",
        }
        .replace("{table}", table)
    ))?;
    let columns: Vec<String> = select.column_names().map(ToOwned::to_owned).collect();
    // By what can be told apart: rounds of which each takes one change of every unit.
    let mut rounds: BTreeMap<(String, i64), BTreeMap<i64, Vec<Change>>> = BTreeMap::new();
    let mut rows = select.query([])?;
    let mut taken: BTreeMap<i64, usize> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (unit, id): (i64, i64) = (row.get(0)?, row.get(1)?);
        // The rows of one import are all alike to their digest.
        let rows = taken.entry(unit).or_default();
        *rows += 1;
        if *rows > 3 && std::env::var_os("OVERREAD_THOROUGH").is_none() {
            continue;
        }
        for (n, column) in columns.iter().enumerate().skip(1) {
            let value: Value = row.get(n)?;
            let (apart, words) = match (table, column.as_str()) {
                // A changed number is told as a gap, or as a row of no import.
                (_, column) if column == key => ((column.to_owned(), id), String::new()),
                // A changed hash lets the next event not follow, whatever else is wrong with that.
                ("event", "hash") => ((column.clone(), unit % 2), format!("event {unit} was changed")),
                ("event", _) => ((String::new(), 0), format!("event {unit} ")),
                _ => ((String::new(), 0), format!("what event {unit} imported ")),
            };
            for other in others(&value) {
                let (column, value, words) = (column.clone(), value.clone(), words.clone());
                rounds.entry(apart.clone()).or_default().entry(unit).or_default().push(Change {
                    table,
                    key,
                    row: id,
                    column,
                    value,
                    other,
                    words,
                });
            }
        }
    }
    let copy = store.with_file_name("copy.overread");
    let mut found = 0;
    for mut lanes in rounds.into_values() {
        loop {
            let round: Vec<Change> = lanes.values_mut().filter_map(Vec::pop).collect();
            if round.is_empty() {
                break;
            }
            let mut made = Vec::new();
            original.tampered(&copy, |db| {
                for change in &round {
                    if change.make(db)? {
                        made.push(change);
                    }
                }
                Ok(())
            })?;
            if made.is_empty() {
                continue;
            }
            let problems = verify(&copy, scope)?.problems;
            for Change { row, column, value, other, words, .. } in made {
                assert!(
                    problems.iter().any(|problem| problem.contains(words)),
                    "{table} {row}: {column} was {value:?}, became {other:?}, unnoticed: {problems:?}"
                );
                found += 1;
            }
        }
    }
    Ok(found)
}

#[test]
fn every_changed_byte_of_the_log_is_found() -> Outcome {
    let place = Place::new()?;
    let store = worked_in(&place)?;
    assert_eq!(verify(&store, &Scope::default())?.problems, Vec::<String>::new());
    let made = every_cell(&store, "event", "seq", &Scope { quick: true, head: None })?;
    assert!(made > 5000, "{made} changes");
    Ok(())
}

#[test]
fn every_changed_byte_of_what_was_imported_is_found() -> Outcome {
    let place = Place::new()?;
    let store = worked_in(&place)?;
    for (table, least) in [("finding", 1000), ("image", 500)] {
        let made = every_cell(&store, table, "id", &Scope::default())?;
        assert!(made > least, "{made} changes of {table}");
    }
    Ok(())
}

/// What is done to a store by statements, and a part of what `verify` then says.
type Tampering = (String, &'static str);

fn assert_found(original: &Original, copy: &Path, tamperings: &[Tampering], scope: &Scope) -> Outcome {
    for (statements, words) in tamperings {
        let problems = original.report(copy, statements, scope)?.problems;
        assert!(
            problems.iter().any(|problem| problem.contains(words)),
            "{statements}\nfound {problems:?}, not {words:?}"
        );
    }
    Ok(())
}

#[test]
fn every_lost_or_swapped_row_is_found() -> Outcome {
    let place = Place::new()?;
    let store = worked_in(&place)?;
    let original = original(&store)?;
    let copy = place.join("copy.overread");
    let db = Connection::open(&store)?;
    let last: i64 = db.query_row("SELECT max(seq) FROM event", [], |row| row.get(0))?;
    let mut tamperings: Vec<Tampering> = Vec::new();
    for seq in 1..last {
        let next = seq + 1;
        tamperings.push((format!("DELETE FROM event WHERE seq = {seq}"), "is missing"));
        tamperings.push((
            format!(
                "DELETE FROM event WHERE seq = {seq}; UPDATE event SET seq = seq - 1 + 1000 WHERE seq > {seq};
                 UPDATE event SET seq = seq - 1000 WHERE seq >= 1000"
            ),
            "event ",
        ));
        tamperings.push((
            format!(
                "UPDATE event SET seq = -1 WHERE seq = {seq}; UPDATE event SET seq = {seq} WHERE seq = {next};
                 UPDATE event SET seq = {next} WHERE seq = -1"
            ),
            "does not follow",
        ));
        tamperings.push((
            format!(
                "INSERT INTO event SELECT {last} + 1, at, account, who, role, action, case_name, object, detail,
                 outcome, origin, rules, prev, hash FROM event WHERE seq = {seq}"
            ),
            "does not follow",
        ));
    }
    assert_found(&original, &copy, &tamperings, &Scope { quick: true, head: None })?;
    let mut tamperings: Vec<Tampering> = Vec::new();
    for table in ["finding", "image"] {
        let ids: Vec<i64> = db
            .prepare(&format!("SELECT id FROM {table} ORDER BY id"))?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for pair in ids.windows(2) {
            let &[a, b] = pair else { continue };
            tamperings.push((format!("DELETE FROM {table} WHERE id = {a}"), "was changed afterwards"));
            tamperings.push((
                format!(
                    "UPDATE {table} SET id = -1 WHERE id = {a}; UPDATE {table} SET id = {a} WHERE id = {b};
                     UPDATE {table} SET id = {b} WHERE id = -1"
                ),
                "was changed afterwards",
            ));
        }
        let last = ids.last().copied().unwrap_or_default();
        tamperings.push((format!("DELETE FROM {table} WHERE id = {last}"), "was changed afterwards"));
        tamperings.push((format!("DELETE FROM {table}"), "was changed afterwards"));
        tamperings.push((
            format!(
                "CREATE TEMP TABLE more AS SELECT * FROM {table} WHERE id = {last};
                 UPDATE more SET id = id + 1; INSERT INTO {table} SELECT * FROM more; DROP TABLE more"
            ),
            "was changed afterwards",
        ));
        tamperings.push((
            format!(
                "CREATE TEMP TABLE more AS SELECT * FROM {table} WHERE id = {last};
                 UPDATE more SET id = 77 << 32; INSERT INTO {table} SELECT * FROM more; DROP TABLE more"
            ),
            "came from no import",
        ));
    }
    assert_found(&original, &copy, &tamperings, &Scope::default())
}

#[test]
fn a_cut_tail_and_a_rewritten_log_are_found_by_a_head_that_was_noted() -> Outcome {
    let place = Place::new()?;
    let store = worked_in(&place)?;
    let head = verify(&store, &Scope::default())?.head;
    let original = original(&store)?;
    let copy = place.join("copy.overread");
    let noted = Scope { quick: true, head: Some(head.clone()) };
    assert_eq!(verify(&store, &noted)?.problems, Vec::<String>::new());
    let shouted = Scope { quick: true, head: Some(head.to_uppercase()) };
    assert_eq!(verify(&store, &shouted)?.problems, Vec::<String>::new());
    // The last event is the unblinding of one case, from which nothing was derived that could tell.
    let cut = "DELETE FROM event WHERE seq = (SELECT max(seq) FROM event)";
    let found = original.report(&copy, cut, &noted)?.problems;
    assert!(found.iter().any(|problem| problem.contains("its tail was cut")), "{found:?}");

    // Somebody who knows how the chain is made can make it anew; only who noted a head can tell.
    original.tampered(&copy, |db| {
        db.execute("UPDATE event SET who = 'mallory' WHERE action = 'decide'", [])?;
        let seqs: Vec<i64> = db
            .prepare("SELECT seq FROM event ORDER BY seq")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let mut prev = log::GENESIS.to_vec();
        for seq in seqs {
            let sql = format!("SELECT {} FROM event WHERE seq = ?1", log::COLUMNS);
            let mut event = db.query_row(&sql, [seq], log::Event::from_row)?;
            event.prev = prev;
            let hash = event.expected_hash().to_vec();
            db.execute(
                "UPDATE event SET prev = ?2, hash = ?3 WHERE seq = ?1",
                params![seq, event.prev, hash],
            )?;
            prev = hash;
        }
        Ok(())
    })?;
    assert_eq!(verify(&copy, &Scope { quick: true, head: None })?.problems, Vec::<String>::new());
    assert_eq!(verify(&copy, &noted)?.problems.len(), 1);
    Ok(())
}

#[test]
fn changed_names_keys_and_imports_are_found() -> Outcome {
    let place = Place::new()?;
    let store = worked_in(&place)?;
    let original = original(&store)?;
    let copy = place.join("copy.overread");
    let tamperings = [
        ("UPDATE reader SET name = 'eve' WHERE name = 'ann'", "was changed afterwards"),
        ("DELETE FROM reader WHERE name = 'ben'", "can't be read"),
        (
            "UPDATE reader SET name = '' WHERE name = 'ann'; UPDATE reader SET name = 'ann' WHERE name = 'ben';
             UPDATE reader SET name = 'ben' WHERE name = ''",
            "was changed afterwards",
        ),
        ("UPDATE label SET name = 'Grade' WHERE name = 'grade'", "was changed afterwards"),
        ("DELETE FROM label WHERE name = 'grade'", "can't be read"),
        ("UPDATE \"case\" SET name = 'c3' WHERE name = 'c1'", "was changed afterwards"),
        ("DELETE FROM \"case\" WHERE name = 'c2'", "was changed afterwards"),
        (
            "UPDATE \"case\" SET name = '' WHERE name = 'c1'; UPDATE \"case\" SET name = 'c1' WHERE name = 'c2';
             UPDATE \"case\" SET name = 'c2' WHERE name = ''",
            "was changed afterwards",
        ),
        ("UPDATE \"case\" SET id = 99 WHERE name = 'c2'", "was changed afterwards"),
        ("UPDATE meta SET value = zeroblob(32) WHERE name = 'key'", "key that shuffles"),
        ("DELETE FROM meta WHERE name = 'key'", "key that shuffles"),
        ("UPDATE meta SET value = x'00000000' WHERE name = 'rules'", "derived by rules 0"),
        ("UPDATE meta SET value = x'00' WHERE name = 'rules'", "by which rules"),
        ("DELETE FROM meta WHERE name = 'rules'", "by which rules"),
        ("INSERT INTO meta VALUES ('evil', x'00')", "evil"),
        ("UPDATE import SET seq = seq + 1 WHERE id = 1", "is no import"),
        ("UPDATE import SET seq = NULL WHERE id = 1", "is gone"),
        ("DELETE FROM import WHERE id = 1", "is gone"),
        ("UPDATE import SET id = 99 WHERE id = 1", "was changed afterwards"),
        (
            "UPDATE import SET seq = -1 WHERE id = 1; UPDATE import SET seq = (SELECT seq FROM import WHERE id = 2)
             WHERE id = 1; UPDATE import SET seq = 3 WHERE id = 2",
            "was changed afterwards",
        ),
        ("INSERT INTO import SELECT 99, 'more', pid, touched, seq FROM import WHERE id = 1", "is no import"),
        // A source that was imported would be taken again, and one that was not would be left out.
        ("UPDATE import SET source = source || ' ' WHERE id = 1", "names another source"),
        ("UPDATE import SET source = 'images:0' WHERE source LIKE 'images:%'", "names another source"),
        ("INSERT INTO triage VALUES (1, NULL, -1)", "triage"),
        ("INSERT INTO triage VALUES (77, NULL, -1)", "triage"),
    ];
    let tamperings: Vec<Tampering> = tamperings.map(|(sql, words)| (sql.to_owned(), words)).into();
    assert_found(&original, &copy, &tamperings, &Scope::default())
}

#[test]
fn changed_projections_are_found() -> Outcome {
    let place = Place::new()?;
    let store = worked_in(&place)?;
    let original = original(&store)?;
    let copy = place.join("copy.overread");
    let mut tamperings: Vec<String> = Vec::new();
    let cells = [
        ("\"case\"", "name = 'c1'", ["state", "kind", "priority", "gap", "since", "final_at"].as_slice()),
        ("\"case\"", "name = 'c2'", &["state", "kind", "priority", "gap", "since", "final_at"]),
        (
            "dispute",
            "n = 0",
            &["case_id", "n", "id", "kind", "type", "label", "gap", "words", "state", "final_at"],
        ),
    ];
    for (table, which, columns) in cells {
        for column in columns {
            // Another value of the same type, and none.
            tamperings.push(format!(
                "UPDATE {table} SET {column} = CASE typeof({column}) WHEN 'text' THEN 'QUEUED ' WHEN 'null' THEN 7
                 ELSE {column} + 90 END WHERE {which}"
            ));
            if !["case_id", "n", "id", "kind", "label", "gap", "words", "state"].contains(column) {
                tamperings
                    .push(format!("UPDATE {table} SET {column} = coalesce(NULL, NULL, NULL) WHERE {which}"));
            }
        }
    }
    tamperings.extend(
        [
            "UPDATE \"case\" SET state = 'FINAL' WHERE state = 'QUEUED'",
            "UPDATE \"case\" SET state = NULL",
            "UPDATE dispute SET state = 'FINAL'",
            "UPDATE dispute SET n = n + 90",
            "DELETE FROM dispute WHERE n = 0",
            "DELETE FROM dispute",
            "INSERT INTO dispute SELECT 99, n, id, kind, type, label, gap, words, state, final_at FROM dispute LIMIT 1",
            "INSERT INTO dispute SELECT case_id, 9, id, kind, type, label, gap, words, state, final_at FROM dispute LIMIT 1",
            "UPDATE counter SET n = n + 1",
            "DELETE FROM counter",
            "UPDATE counter SET name = name || '2'",
            "INSERT INTO counter VALUES ('ESCALATED', 3)",
        ]
        .map(String::from),
    );
    let db = Connection::open(&store)?;
    for statements in tamperings {
        // Whatever the statement leaves as it was is no change.
        let before = dump(&db)?;
        let scope = Scope::default();
        let problems = original.report(&copy, &statements, &scope)?.problems;
        let changed = dump(&Connection::open(&copy)?)? != before;
        assert_eq!(!problems.is_empty(), changed, "{statements}: {problems:?}");
    }
    Ok(())
}

/// Everything that is derived.
fn dump(db: &Connection) -> Outcome<Vec<Vec<Value>>> {
    let mut all = Vec::new();
    for table in ["\"case\"", "dispute", "counter"] {
        let mut select = db.prepare(&format!("SELECT * FROM {table}"))?;
        let columns = select.column_count();
        let rows = select.query_map([], |row| (0..columns).map(|n| row.get(n)).collect())?;
        all.extend(rows.collect::<Result<Vec<Vec<Value>>, _>>()?);
    }
    Ok(all)
}

#[test]
fn changed_tables_indexes_and_triggers_are_found() -> Outcome {
    let place = Place::new()?;
    let store = worked_in(&place)?;
    let original = original(&store)?;
    let copy = place.join("copy.overread");
    let db = Connection::open(&store)?;
    let mut tamperings: Vec<String> = Vec::new();
    let mut select =
        db.prepare("SELECT type, name, sql FROM sqlite_schema WHERE type IN ('trigger', 'index')")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let (kind, name, sql): (String, String, Option<String>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let Some(sql) = sql else { continue };
        tamperings.push(format!("DROP {kind} {name}"));
        if kind == "trigger" {
            tamperings.push(format!(
                "DROP TRIGGER {name}; {}",
                sql.replace("RAISE(ABORT", "RAISE(IGNORE); SELECT (1")
            ));
        }
    }
    assert!(tamperings.len() > 30, "{}", tamperings.len());
    tamperings.extend(
        [
            "CREATE TABLE evil(a)",
            "CREATE TRIGGER evil AFTER INSERT ON event BEGIN DELETE FROM claim; END",
            "CREATE VIEW evil AS SELECT 1",
            "CREATE INDEX evil ON event(who)",
            "ALTER TABLE event ADD COLUMN evil TEXT",
            "ALTER TABLE draft RENAME TO drafts",
            "PRAGMA writable_schema=ON; INSERT INTO sqlite_schema SELECT type, 'sqlite_evil', tbl_name, rootpage,
             replace(sql, 'draft', 'sqlite_evil') FROM sqlite_schema WHERE name = 'draft'",
            "PRAGMA writable_schema=ON; INSERT INTO sqlite_schema SELECT type, 'sqlite_evil', tbl_name, rootpage,
             replace(sql, 'event_delete', 'sqlite_evil') FROM sqlite_schema WHERE name = 'event_delete'",
        ]
        .map(String::from),
    );
    for statements in tamperings {
        let report = original.report(&copy, &statements, &Scope { quick: true, head: None });
        // What SQLite itself does not open any more is found, too.
        let found = report.as_ref().map_or(true, |report| !report.problems.is_empty());
        assert!(found, "{statements}: {report:?}");
        // Nor does any other command begin work on such a store.
        assert!(Store::open(&copy).is_err(), "{statements}");
    }
    // What a database administrator does to speed a file up is no tampering.
    let report = original.report(&copy, "ANALYZE", &Scope::default())?;
    assert_eq!(report.problems, Vec::<String>::new());
    Ok(())
}

#[test]
fn an_import_whose_triage_is_still_to_come_holds_together() -> Outcome {
    let place = Place::new()?;
    let store = worked_in(&place)?;
    let original = original(&store)?;
    let copy = place.join("copy.overread");
    // As if the program had been killed right after the event of the last import.
    let report = original.report(
        &copy,
        "INSERT INTO triage SELECT seq, id, id << 32 FROM import WHERE source NOT LIKE 'images:%' ORDER BY id DESC LIMIT 1;
         DELETE FROM dispute WHERE case_id IN (SELECT case_id FROM finding JOIN triage ON finding.id >> 32 = import_id);
         UPDATE counter SET n = n - (SELECT count(*) FROM \"case\" WHERE state = counter.name AND id IN
           (SELECT case_id FROM finding JOIN triage ON finding.id >> 32 = import_id));
         UPDATE \"case\" SET state = NULL, kind = NULL, priority = NULL, gap = NULL, since = NULL, final_at = NULL
         WHERE id IN (SELECT case_id FROM finding JOIN triage ON finding.id >> 32 = import_id)",
        &Scope::default(),
    )?;
    assert_eq!(report.problems, Vec::<String>::new());
    // The next command that writes does what is left.
    place.run(["queue", "--store", "copy.overread"])?.fine()?;
    let db = Connection::open(&copy)?;
    assert_eq!(db.query_row("SELECT count(*) FROM triage", [], |row| row.get::<_, i64>(0))?, 0);
    assert_eq!(dump(&db)?, dump(&Connection::open(&store)?)?);
    assert_eq!(verify(&copy, &Scope::default())?.problems, Vec::<String>::new());
    Ok(())
}
