//! Where the cases of a store come from, read once for as many cases as are looked at.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::Tx;
use super::error::Result;
use crate::domain::origin::{Origin, Within};

/// What every import said of where its cases come from, by the number of its event.
#[derive(Debug, Default)]
pub struct Origins {
    of: HashMap<u64, Arc<Origin>>,
    unknown: Arc<Origin>,
}

impl Origins {
    /// Gives where a case comes from whose first read came with this import.
    pub fn of(&self, import: Option<u64>) -> &Arc<Origin> {
        import.and_then(|seq| self.of.get(&seq)).unwrap_or(&self.unknown)
    }
}

impl Tx<'_> {
    /// Reads where imports say that their cases come from.
    pub fn origins(&self) -> Result<Origins> {
        // The words of the index, so that a log of a million events is not read for a few.
        let mut select = self.db.prepare_cached(
            "SELECT seq, json_extract(detail, '$.file'), json_extract(detail, '$.options.site') FROM event
             WHERE action = 'import' AND case_name IS NULL AND outcome = 'ok'",
        )?;
        let rows = select.query_map([], |row| {
            let batch: Option<String> = row.get(1)?;
            let origin = Origin { batch: batch.filter(|file| !file.is_empty()), site: row.get(2)? };
            Ok((row.get(0)?, Arc::new(origin)))
        })?;
        Ok(Origins { of: rows.collect::<rusqlite::Result<_>>()?, unknown: Arc::default() })
    }

    /// Gives the imports that brought the first read of some case, each with where that comes from.
    pub fn first_imports(&self, origins: &Origins) -> Result<BTreeMap<u64, Arc<Origin>>> {
        let mut select =
            self.db.prepare_cached("SELECT DISTINCT since FROM \"case\" WHERE state IS NOT NULL")?;
        let firsts = select.query_map([], |row| row.get::<_, Option<u64>>(0))?;
        let of = |since: Option<u64>| (since.unwrap_or(0), Arc::clone(origins.of(since)));
        Ok(firsts.map(|since| since.map(of)).collect::<rusqlite::Result<_>>()?)
    }

    /// Gives the numbers of the cases that triage has seen, from `after` on, in their order: all, or those whose first
    /// read came with one of these imports.
    pub fn case_ids_of(&self, after: i64, limit: u32, imports: Option<&[u64]>) -> Result<Vec<i64>> {
        let Some(imports) = imports else { return self.case_ids(after, limit) };
        let mut select = self.db.prepare_cached(
            "SELECT id FROM \"case\" WHERE id > ?1 AND state IS NOT NULL
             AND coalesce(since, 0) IN (SELECT value FROM json_each(?3)) ORDER BY id LIMIT ?2",
        )?;
        let imports = serde_json::Value::from(imports).to_string();
        let ids = select.query_map((after, limit, imports), |row| row.get(0))?;
        Ok(ids.collect::<rusqlite::Result<_>>()?)
    }
}

/// Gives the imports whose cases are wanted.
pub fn within(firsts: &BTreeMap<u64, Arc<Origin>>, within: &Within) -> Vec<u64> {
    firsts.iter().filter(|(_, origin)| within.holds(origin)).map(|(seq, _)| *seq).collect()
}
