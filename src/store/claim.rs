//! Who is at work on which case: leases that end by themselves. Outside the chain; the use cases write what happens
//! to a claim into the log, in the same transaction.

use rusqlite::{OptionalExtension, params};

use super::Tx;
use super::error::Result;

/// A place at a case, for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub case_id: i64,
    /// From 1 to the charter's number of adjudicators.
    pub slot: u32,
    pub who: String,
    pub account: String,
    /// Shows that a save comes from the sitting that holds the claim.
    pub token: String,
    /// Milliseconds since 1970 UTC.
    pub since: i64,
    pub lease_until: i64,
}

/// A claim from further ahead than this was made before the clock was set back: it must not last until the clock is
/// there again. Smaller steps are those of a clock that is kept right, and end nobody's claim.
const STEP_MS: i64 = 60 * 60 * 1000;

impl Claim {
    /// Tells whether the lease still runs.
    pub fn holds(&self, now: i64) -> bool {
        now < self.lease_until && self.since <= now.saturating_add(STEP_MS)
    }
}

/// The same as [`Claim::holds`] for a statement: claims that run at the moment that `now` stands for.
pub(super) fn holds(now: &str) -> String {
    format!("({now} < lease_until AND since <= {now} + {STEP_MS})")
}

const SELECT: &str = "SELECT case_id, slot, who, account, token, since, lease_until FROM claim";

fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Claim> {
    Ok(Claim {
        case_id: row.get(0)?,
        slot: row.get(1)?,
        who: row.get(2)?,
        account: row.get(3)?,
        token: row.get(4)?,
        since: row.get(5)?,
        lease_until: row.get(6)?,
    })
}

impl Tx<'_> {
    /// Gives all claims on a case, ended ones too, by slot.
    pub fn claims(&self, case_id: i64) -> Result<Vec<Claim>> {
        let mut select = self.db.prepare_cached(&format!("{SELECT} WHERE case_id = ?1 ORDER BY slot"))?;
        let claims = select.query_map([case_id], from_row)?;
        Ok(claims.collect::<rusqlite::Result<_>>()?)
    }

    /// Gives the claims of a person.
    pub fn claims_of(&self, who: &str) -> Result<Vec<Claim>> {
        let mut select = self.db.prepare_cached(&format!("{SELECT} WHERE who = ?1 ORDER BY case_id"))?;
        let claims = select.query_map([who], from_row)?;
        Ok(claims.collect::<rusqlite::Result<_>>()?)
    }

    /// Writes a claim, or lengthens the one that the same person holds. The slot must be free.
    pub fn put_claim(&self, claim: &Claim) -> Result<()> {
        let Claim { case_id, slot, who, account, token, since, lease_until } = claim;
        self.db
            .prepare_cached(
                "INSERT INTO claim VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT(case_id, who) DO UPDATE
                 SET token = excluded.token, account = excluded.account, since = excluded.since,
                     lease_until = excluded.lease_until",
            )?
            .execute(params![case_id, slot, who, account, token, since, lease_until])?;
        Ok(())
    }

    /// Takes a claim away.
    pub fn remove_claim(&self, case_id: i64, slot: u32) -> Result<()> {
        self.db
            .prepare_cached("DELETE FROM claim WHERE case_id = ?1 AND slot = ?2")?
            .execute(params![case_id, slot])?;
        Ok(())
    }

    /// Gives the name of a case.
    pub fn case_name(&self, case_id: i64) -> Result<Option<String>> {
        Ok(self
            .db
            .prepare_cached("SELECT name FROM \"case\" WHERE id = ?1")?
            .query_row([case_id], |row| row.get(0))
            .optional()?)
    }
}
