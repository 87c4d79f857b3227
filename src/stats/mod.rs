//! Numbers only: measures, matching and estimates. Imports nothing of the crate.

pub mod agreement;
pub mod boxes;
pub mod consensus;
pub mod continuous;
pub mod drift;
#[cfg(test)]
pub(crate) mod golden;
pub mod intervals;
pub mod landmarks;
pub mod masks;
pub mod matching;
pub mod overlap;
pub mod performance;
pub mod random;
pub mod sampling;
pub mod special;
