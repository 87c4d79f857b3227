//! The tables of a store, and what the database itself refuses.
//!
//! `event` is the truth. `finding` and `image` are what imports brought: rows are staged under an import that nobody
//! sees, and become unchangeable when its event is in the log. `case`, `dispute`, `settled` and `counter` are projections;
//! `claim`, `draft` and `triage` are working state outside the chain.

/// 'ovrd': tells a store from any other SQLite file.
pub const APPLICATION_ID: i32 = 0x6f76_7264;

/// Raised when an older program could misread the tables.
pub const VERSION: i32 = 4;

/// Rows of an import are numbered within it: `id = import << 32 | n`, so that an import is one range of the table.
pub const IMPORT_SHIFT: u32 = 32;

/// What version 2 added.
macro_rules! since_2 {
    () => {
        r#"
CREATE TABLE settled(
  case_id INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  dispute TEXT NOT NULL,
  label TEXT NOT NULL,
  type TEXT,
  answers INTEGER NOT NULL,
  at INTEGER NOT NULL,
  who TEXT NOT NULL,
  charter INTEGER NOT NULL,
  clause TEXT,
  modality TEXT,
  causes TEXT,
  wish TEXT,
  PRIMARY KEY(case_id, seq)
) STRICT, WITHOUT ROWID;
DROP INDEX IF EXISTS case_priority;
CREATE INDEX case_priority ON "case"(priority DESC, id, state) WHERE state NOT IN ('CONCORDANT', 'PROVISIONAL', 'FINAL');
CREATE INDEX dispute_apart ON dispute(state, case_id) WHERE state IN ('DEFERRED', 'DISCUSSION', 'ESCALATED', 'RETURNED');
CREATE INDEX dispute_again ON dispute(kind, state, case_id) WHERE kind <> 'dispute';
CREATE INDEX event_review ON event(action) WHERE action = 'review';
CREATE INDEX event_project ON event(action, seq) WHERE case_name IS NULL;
"#
    };
}

/// What a store of version 1 lacks.
pub const SINCE_2: &str = since_2!();

/// What version 3 left out: `event_project` finds the same, and no condition on a list is looked at for each event.
pub const SINCE_3: &str = "DROP INDEX IF EXISTS event_setup;";

/// What version 4 added: who saw the names of which case's readers, for what they can do is asked with each list.
macro_rules! since_4 {
    () => {
        "CREATE INDEX IF NOT EXISTS event_unblind ON event(who, case_name) WHERE action = 'unblind';\n"
    };
}

/// What a store of version 3 lacks.
pub const SINCE_4: &str = since_4!();

pub const TABLES: &str = concat!(
    r#"
CREATE TABLE meta(name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE event(
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  account TEXT NOT NULL,
  who TEXT NOT NULL,
  role TEXT NOT NULL,
  action TEXT NOT NULL,
  case_name TEXT,
  object TEXT,
  detail TEXT NOT NULL,
  outcome TEXT NOT NULL,
  origin TEXT NOT NULL,
  rules INTEGER NOT NULL,
  prev BLOB NOT NULL,
  hash BLOB NOT NULL
) STRICT;
CREATE INDEX event_case ON event(case_name) WHERE case_name IS NOT NULL;

CREATE TABLE import(
  id INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  pid INTEGER NOT NULL,
  touched INTEGER NOT NULL,
  seq INTEGER
) STRICT;
CREATE UNIQUE INDEX import_source ON import(source) WHERE seq IS NOT NULL;

CREATE TABLE finding(
  id INTEGER PRIMARY KEY,
  case_id INTEGER NOT NULL,
  reader_id INTEGER,
  label_id INTEGER,
  occasion INTEGER NOT NULL,
  flags INTEGER NOT NULL,
  line INTEGER NOT NULL,
  value ANY,
  geometry TEXT,
  confidence REAL,
  severity TEXT,
  read_at TEXT,
  comment TEXT
) STRICT;
CREATE INDEX finding_case ON finding(case_id);

CREATE TABLE image(
  id INTEGER PRIMARY KEY,
  uid TEXT NOT NULL,
  stem TEXT NOT NULL,
  series TEXT,
  study TEXT,
  locator TEXT NOT NULL,
  header TEXT NOT NULL
) STRICT;
CREATE INDEX image_uid ON image(uid);
CREATE INDEX image_stem ON image(stem);
CREATE INDEX image_series ON image(series) WHERE series IS NOT NULL;
CREATE INDEX image_study ON image(study) WHERE study IS NOT NULL;

CREATE TABLE reader(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE label(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

CREATE TABLE "case"(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  state TEXT,
  kind TEXT,
  priority REAL,
  gap REAL,
  since INTEGER,
  final_at INTEGER
) STRICT;

CREATE TABLE dispute(
  case_id INTEGER NOT NULL,
  n INTEGER NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  type TEXT,
  label TEXT NOT NULL,
  gap REAL NOT NULL,
  words TEXT NOT NULL,
  state TEXT NOT NULL,
  final_at INTEGER,
  PRIMARY KEY(case_id, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE counter(name TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE claim(
  case_id INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  who TEXT NOT NULL,
  account TEXT NOT NULL,
  token TEXT NOT NULL,
  since INTEGER NOT NULL,
  lease_until INTEGER NOT NULL,
  PRIMARY KEY(case_id, slot)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX claim_who ON claim(case_id, who);

CREATE TABLE draft(
  who TEXT NOT NULL,
  case_id INTEGER NOT NULL,
  dispute TEXT NOT NULL,
  at INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY(who, case_id, dispute)
) STRICT, WITHOUT ROWID;

CREATE TABLE triage(
  seq INTEGER PRIMARY KEY,
  import_id INTEGER,
  next INTEGER NOT NULL
) STRICT;

CREATE TRIGGER event_insert BEFORE INSERT ON event
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM event)
BEGIN SELECT RAISE(ABORT, 'the log only grows at its end'); END;
CREATE TRIGGER event_update BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER event_delete BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;

CREATE TRIGGER finding_insert BEFORE INSERT ON finding
WHEN (SELECT seq FROM import WHERE id = NEW.id >> 32) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'imported findings are append-only'); END;
CREATE TRIGGER finding_update BEFORE UPDATE ON finding
BEGIN SELECT RAISE(ABORT, 'imported findings are never edited'); END;
CREATE TRIGGER finding_delete BEFORE DELETE ON finding
WHEN (SELECT seq FROM import WHERE id = OLD.id >> 32) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'imported findings are append-only'); END;

CREATE TRIGGER image_insert BEFORE INSERT ON image
WHEN (SELECT seq FROM import WHERE id = NEW.id >> 32) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'indexed images are append-only'); END;
CREATE TRIGGER image_update BEFORE UPDATE ON image
BEGIN SELECT RAISE(ABORT, 'indexed images are never edited'); END;
CREATE TRIGGER image_delete BEFORE DELETE ON image
WHEN (SELECT seq FROM import WHERE id = OLD.id >> 32) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'indexed images are append-only'); END;

CREATE TRIGGER import_insert BEFORE INSERT ON import
WHEN NEW.seq IS NOT NULL OR EXISTS (SELECT 1 FROM import WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'an import is staged before it is seen'); END;
CREATE TRIGGER import_update BEFORE UPDATE ON import
WHEN OLD.seq IS NOT NULL OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'a finished import is never edited'); END;
CREATE TRIGGER import_delete BEFORE DELETE ON import
WHEN OLD.seq IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a finished import is never removed'); END;

CREATE TRIGGER reader_insert BEFORE INSERT ON reader
WHEN EXISTS (SELECT 1 FROM reader WHERE id = NEW.id OR name = NEW.name)
BEGIN SELECT RAISE(ABORT, 'names of readers are append-only'); END;
CREATE TRIGGER reader_update BEFORE UPDATE ON reader
BEGIN SELECT RAISE(ABORT, 'names of readers are append-only'); END;
CREATE TRIGGER reader_delete BEFORE DELETE ON reader
BEGIN SELECT RAISE(ABORT, 'names of readers are append-only'); END;
CREATE TRIGGER label_insert BEFORE INSERT ON label
WHEN EXISTS (SELECT 1 FROM label WHERE id = NEW.id OR name = NEW.name)
BEGIN SELECT RAISE(ABORT, 'names of labels are append-only'); END;
CREATE TRIGGER label_update BEFORE UPDATE ON label
BEGIN SELECT RAISE(ABORT, 'names of labels are append-only'); END;
CREATE TRIGGER label_delete BEFORE DELETE ON label
BEGIN SELECT RAISE(ABORT, 'names of labels are append-only'); END;
CREATE TRIGGER case_insert BEFORE INSERT ON "case"
WHEN EXISTS (SELECT 1 FROM "case" WHERE id = NEW.id OR name = NEW.name)
BEGIN SELECT RAISE(ABORT, 'names of cases are append-only'); END;
CREATE TRIGGER case_delete BEFORE DELETE ON "case"
BEGIN SELECT RAISE(ABORT, 'names of cases are append-only'); END;
CREATE TRIGGER case_name BEFORE UPDATE OF id, name ON "case"
BEGIN SELECT RAISE(ABORT, 'names of cases are append-only'); END;
CREATE TRIGGER meta_insert BEFORE INSERT ON meta WHEN NEW.name <> 'rules' AND EXISTS (SELECT 1 FROM meta WHERE name = NEW.name)
BEGIN SELECT RAISE(ABORT, 'what a store was made with stays'); END;
CREATE TRIGGER meta_update BEFORE UPDATE ON meta WHEN OLD.name <> 'rules'
BEGIN SELECT RAISE(ABORT, 'what a store was made with stays'); END;
CREATE TRIGGER meta_delete BEFORE DELETE ON meta
BEGIN SELECT RAISE(ABORT, 'what a store was made with stays'); END;
"#,
    since_2!(),
    since_4!()
);
