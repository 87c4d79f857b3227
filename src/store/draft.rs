//! What people have filled in and not decided yet: working state, outside the chain, each person's own.

use rusqlite::params;

use super::Tx;
use super::error::Result;

/// Something half done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedDraft {
    pub dispute: String,
    /// Milliseconds since 1970 UTC.
    pub at: i64,
    /// As the program that wrote it understands it.
    pub body: String,
}

impl Tx<'_> {
    /// Gives a person's drafts on a case.
    pub fn drafts(&self, who: &str, case_id: i64) -> Result<Vec<SavedDraft>> {
        let mut select = self.db.prepare_cached(
            "SELECT dispute, at, body FROM draft WHERE who = ?1 AND case_id = ?2 ORDER BY dispute",
        )?;
        let drafts = select.query_map(params![who, case_id], |row| {
            Ok(SavedDraft { dispute: row.get(0)?, at: row.get(1)?, body: row.get(2)? })
        })?;
        Ok(drafts.collect::<rusqlite::Result<_>>()?)
    }

    /// Keeps a person's draft on a dispute, in place of the one before.
    pub fn put_draft(&self, who: &str, case_id: i64, draft: &SavedDraft) -> Result<()> {
        let SavedDraft { dispute, at, body } = draft;
        self.db
            .prepare_cached(
                "INSERT INTO draft VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT(who, case_id, dispute) DO UPDATE SET at = excluded.at, body = excluded.body",
            )?
            .execute(params![who, case_id, dispute, at, body])?;
        Ok(())
    }

    /// Removes a person's draft on a dispute.
    pub fn remove_draft(&self, who: &str, case_id: i64, dispute: &str) -> Result<()> {
        self.db
            .prepare_cached("DELETE FROM draft WHERE who = ?1 AND case_id = ?2 AND dispute = ?3")?
            .execute(params![who, case_id, dispute])?;
        Ok(())
    }
}
