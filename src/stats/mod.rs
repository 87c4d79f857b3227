//! Numbers only: measures, matching and estimates. Imports nothing of the crate.

pub mod matching;
pub mod overlap;
