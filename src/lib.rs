//! overread: settle what annotators of medical images disagree about.
//!
//! ARCHITECTURE.md is the map. Layers point downwards and a test holds them.
#![forbid(unsafe_code)]

pub mod app;
pub mod cli;
pub mod command;
pub mod domain;
pub mod formats;
pub mod imaging;
pub mod keymap;
pub mod preview;
pub mod report;
pub mod review;
pub mod runtime;
pub mod stats;
pub mod store;
pub mod theme;
pub mod ui;
