//! How many to look at so that a lot may be accepted, and what that proves: plans of the standards in `standard`,
//! exact ones in `plan`; what a sample says of its lot in `lot`.

pub mod lot;
pub mod plan;
pub mod standard;

#[cfg(test)]
mod simulation;
