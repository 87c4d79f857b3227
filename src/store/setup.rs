//! What holds for the whole project, read from the log: who made the store, the versions of the charter, the people.

use std::sync::Arc;

use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};

use super::error::{Result, StoreError};
use super::{Tx, log};
use crate::domain::case::{CharterVersion, Protocol};
use crate::domain::charter::{guideline, parse};
use crate::domain::people::{People, PeopleDetail};

/// Detail of `init`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InitDetail {
    pub v: u32,
    /// SHA-256 of the key that shuffles letters, so that an exchanged key shows.
    pub key_sha256: String,
    pub program: String,
}

/// Detail of `charter`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct CharterDetail {
    pub v: u32,
    pub version: u32,
    /// The whole charter as TOML.
    pub text: String,
    /// An import added labels to a charter that was made from the data.
    #[serde(default)]
    pub inferred: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The whole guideline that the charter names; none where it names none, and where `inferred`, since it is as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guideline: Option<String>,
    /// Clauses of which what was asked before is answered by this version.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closes: Vec<String>,
}

/// The project's protocol and people as of one point of the log.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The last event that this was read from.
    pub seq: u64,
    pub protocol: Protocol,
    pub people: People,
    /// The text of the newest charter.
    pub charter_text: String,
    /// The text of its guideline.
    pub guideline: Option<String>,
    /// Clauses whose requests a version closed: clause, version, milliseconds since 1970 UTC; the newest first.
    pub closed: Vec<(String, u32, i64)>,
}

impl Setup {
    /// Gives the charter that holds now.
    pub fn charter(&self) -> &CharterVersion {
        // A store begins with its charter, and `setup` refuses one that has none.
        &self.protocol.charters[self.protocol.charters.len() - 1]
    }
}

/// The name under which the key that shuffles letters and candidates is kept.
pub const KEY: &str = "key";

impl Tx<'_> {
    /// Gives the number of the last event that changed the charter or the people.
    pub fn setup_seq(&self) -> Result<u64> {
        Ok(self
            .db
            .prepare_cached(
                "SELECT coalesce(max(seq), 0) FROM event
                 WHERE action IN ('init', 'charter', 'people') AND case_name IS NULL",
            )?
            .query_row([], |row| row.get(0))?)
    }

    /// Reads the protocol and the people from the log.
    pub fn setup(&self) -> Result<Setup> {
        let damaged = |words: String| StoreError::Damaged(words);
        let key: Vec<u8> = self.meta(KEY)?.unwrap_or_default();
        let key: [u8; 32] =
            key.try_into().map_err(|_| damaged("the key that shuffles readers' letters is gone".into()))?;
        let mut setup = Setup {
            seq: 0,
            protocol: Protocol { charters: Vec::new(), key },
            people: People::default(),
            charter_text: String::new(),
            guideline: None,
            closed: Vec::new(),
        };
        let mut select = self.db.prepare_cached(
            "SELECT seq, who, action, detail, at FROM event
             WHERE action IN ('init', 'charter', 'people') AND case_name IS NULL AND outcome = 'ok' ORDER BY seq",
        )?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let seq: u64 = row.get(0)?;
            let (who, action, detail): (String, String, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
            let unreadable = || damaged(format!("event {seq} ({action}) can't be read back"));
            match action.as_str() {
                "init" => setup.people = People::of_creator(who),
                "people" => {
                    let detail: PeopleDetail = serde_json::from_str(&detail).map_err(|_| unreadable())?;
                    setup.people.apply(detail);
                }
                _ => {
                    let detail: CharterDetail = serde_json::from_str(&detail).map_err(|_| unreadable())?;
                    let mut charter = parse::parse(&detail.text).map_err(|_| unreadable())?;
                    if !detail.inferred {
                        setup.guideline = detail.guideline;
                    }
                    charter.clauses = setup.guideline.as_deref().map(guideline::clauses).unwrap_or_default();
                    let at: i64 = row.get(4)?;
                    let closed = detail.closes.into_iter().map(|clause| (clause, detail.version, at));
                    setup.closed.splice(0..0, closed);
                    setup.protocol.charters.push(CharterVersion {
                        seq,
                        at,
                        version: detail.version,
                        charter: Arc::new(charter),
                        retriage: !detail.inferred,
                    });
                    setup.charter_text = detail.text;
                }
            }
            setup.seq = seq;
        }
        if setup.protocol.charters.is_empty() {
            return Err(damaged("the log holds no charter".into()));
        }
        // Refused attempts at the set-up count for the number that tells whether it changed.
        setup.seq = self.setup_seq()?;
        Ok(setup)
    }

    /// Compares the key with what the first event says of it.
    pub(crate) fn key_problem(&self) -> Result<Option<String>> {
        use sha2::{Digest, Sha256};
        let detail: Option<String> = self
            .db
            .prepare_cached("SELECT detail FROM event WHERE seq = 1 AND action = 'init'")?
            .query_row([], |row| row.get(0))
            .optional()?;
        let told = detail.and_then(|detail| serde_json::from_str::<InitDetail>(&detail).ok());
        let Some(told) = told else {
            return Ok(Some("the log does not begin with the making of the store".into()));
        };
        let key = self.meta(KEY)?.unwrap_or_default();
        let found = log::hex(Sha256::digest(&key).as_slice());
        Ok((found != told.key_sha256).then(|| "the key that shuffles readers' letters was changed".into()))
    }
}
