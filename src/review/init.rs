//! A new store with its first charter.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::{Clock, PROGRAM, Result, ReviewError};
use crate::domain::case::RULES;
use crate::domain::charter::{self, Charter, parse};
use crate::domain::event::{Action, Outcome};
use crate::store::setup::{CharterDetail, InitDetail, KEY};
use crate::store::{Actor, Entry, Store, StoreError, Tx, log};

/// Makes a store. Without a charter, labels are inferred from what is imported. Gives the charter's version.
///
/// `key` is random: it shuffles readers' letters and candidates, and stays in the store.
pub fn init(path: &Path, charter: Option<&str>, actor: &Actor, key: [u8; 32], clock: Clock) -> Result<u32> {
    init_with(path, charter, None, actor, key, clock)
}

/// Makes a store, with the text of the guideline that the charter names.
pub fn init_with(
    path: &Path,
    charter: Option<&str>,
    guideline: Option<&str>,
    actor: &Actor,
    key: [u8; 32],
    clock: Clock,
) -> Result<u32> {
    let text = charter_text(path, charter)?;
    super::charter::check_guideline(guideline)?;
    let mut store = Store::create(path).map_err(super::to_create)?;
    let filled = store.write(|tx| fill(tx, (&text, guideline), actor, key, clock()));
    if filled.is_err() {
        // Without its first events the file is no store, and would only be in the way.
        let _ = std::fs::remove_file(path);
    }
    filled?;
    Ok(1)
}

/// Makes a store in memory under a charter: a dry run's, or a test's.
pub fn scratch(charter: Option<&str>, actor: &Actor, key: [u8; 32], clock: Clock) -> Result<Store> {
    let text = charter_text(Path::new("scratch"), charter)?;
    let mut store = Store::in_memory()?;
    store.write(|tx| fill(tx, (&text, None), actor, key, clock()))?;
    Ok(store)
}

fn charter_text(path: &Path, charter: Option<&str>) -> Result<String> {
    match charter {
        Some(text) => {
            parse::parse(text).map_err(|faults| ReviewError::Config(super::charter::fault_lines(&faults)))?;
            Ok(text.to_owned())
        }
        None => {
            let stem = path.file_stem().map_or_else(|| "overread".into(), |stem| stem.to_string_lossy());
            Ok(charter::write(&Charter { infer: true, ..Charter::named(stem) }))
        }
    }
}

fn fill(
    tx: &Tx<'_>,
    (text, guideline): (&str, Option<&str>),
    actor: &Actor,
    key: [u8; 32],
    now: i64,
) -> std::result::Result<(), StoreError> {
    tx.set_meta(KEY, &key)?;
    tx.set_derived_by(RULES)?;
    let init =
        InitDetail { v: 1, key_sha256: log::hex(Sha256::digest(key).as_slice()), program: PROGRAM.into() };
    let charter = CharterDetail {
        v: 1,
        version: 1,
        text: text.to_owned(),
        guideline: guideline.map(String::from),
        ..CharterDetail::default()
    };
    for (action, detail) in
        [(Action::Init, serde_json::json!(init)), (Action::Charter, serde_json::json!(charter))]
    {
        tx.append(&Entry {
            at: now,
            actor,
            role: "lead",
            action,
            case: None,
            object: None,
            detail: detail.to_string(),
            outcome: Outcome::Ok,
        })?;
    }
    Ok(())
}
