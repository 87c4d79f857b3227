//! Numbers only: measures, matching and estimates. Imports nothing of the crate.

pub mod agreement;
#[cfg(test)]
pub(crate) mod golden;
pub mod intervals;
pub mod matching;
pub mod overlap;
pub mod random;
pub mod special;
