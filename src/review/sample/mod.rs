//! Samples for quality assurance: drawn here, read as audits and rechecks by `decide`, and judged by what came of
//! these. A sample is an event of the project that holds its lot, and one event on each case that was drawn.

mod ask;
mod blind;
mod draw;
mod promise;
mod result;
mod weight;
pub mod words;

pub(super) use blind::{blind, blind_and_again, refuse_blind};
pub use draw::{Measured, Order, Outlook, draw, finer, measure, outlook};
pub use promise::catch_up;
pub use result::{Board, Progress, ReadAgain, SampleResult, board, list, mine, overdue, result};
pub(super) use result::{held, rejected, results, seen_of, waiting_for};
pub(super) use weight::StandsFor;

use super::{Result, ReviewError};
use crate::domain::event::Action;
use crate::domain::sample::Sample;
use crate::domain::text::Safe;
use crate::domain::word::Word;
use crate::store::{Event, StoreError, Tx};

/// A sample as the log holds it.
pub(super) struct Logged {
    pub event: Event,
    pub sample: Sample,
}

/// Reads all samples, in the order in which they were drawn.
pub(super) fn all(tx: &Tx<'_>) -> Result<Vec<Logged>> {
    let events = tx.of_project(Action::Sample.word())?;
    let read = |event: Event| match serde_json::from_str(&event.detail) {
        Ok(sample) => Ok(Logged { sample, event }),
        Err(_) => {
            Err(StoreError::Damaged(format!("event {} is no sample that can be read", event.seq)).into())
        }
    };
    events.into_iter().map(read).collect()
}

/// Finds a sample by its id, whatever its letters' case.
pub(super) fn find(samples: Vec<Logged>, id: &str) -> Result<Logged> {
    let known: Vec<String> = samples.iter().map(|of| of.sample.id.clone()).collect();
    samples.into_iter().find(|of| of.sample.id.eq_ignore_ascii_case(id.trim())).ok_or_else(|| {
        let known = match known.as_slice() {
            [] => "none was drawn yet: `overread sample draw`".to_owned(),
            known => format!("there is {}", known.join(", ")),
        };
        ReviewError::Missing(format!("there is no sample {}: {known}", Safe::new(id)))
    })
}
