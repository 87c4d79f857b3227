//! overread: settle what annotators of medical images disagree about.
//!
//! ARCHITECTURE.md is the map. Layers point downwards and a test holds them.

pub mod domain;
pub mod formats;
pub mod imaging;
pub mod stats;
