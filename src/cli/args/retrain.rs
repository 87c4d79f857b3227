//! The arguments of `tickets` and `feedback`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::origin::Within;

#[derive(Debug, Args)]
pub struct Tickets {
    #[command(subcommand)]
    pub action: Option<TicketsAction>,
    /// The first so many
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
}

#[derive(Debug, Subcommand)]
pub enum TicketsAction {
    /// Give the reader the material: the ticket's own cases, or those that are named
    Assign {
        /// The ticket
        id: String,
        /// Cases in place of the ticket's own
        #[arg(value_name = "CASE")]
        cases: Vec<String>,
    },
    /// Draw a blind re-test of cases that the reader has not read
    Retest {
        /// The ticket
        id: String,
        /// What the draw follows from
        #[arg(long, value_name = "S")]
        seed: u64,
        /// A reader with this percentage of errors should pass; 5 without it
        #[arg(long, value_name = "P")]
        good: Option<f64>,
        /// A reader with this percentage should fail; without it, what opened the ticket
        #[arg(long, value_name = "P")]
        bad: Option<f64>,
        /// A table for the reader to fill in
        #[arg(short, long, value_name = "FILE.csv")]
        output: Option<PathBuf>,
        /// Replace an existing file
        #[arg(long)]
        force: bool,
    },
    /// Compare the reader's answers to the re-test with the settled ones
    Result {
        /// The ticket
        id: String,
        /// The answers, as a table of reads
        file: PathBuf,
    },
    /// End a ticket
    Close {
        /// The ticket
        id: String,
        /// Why it ends
        #[arg(long, value_name = "REASON")]
        why: String,
    },
}

#[derive(Debug, Args)]
pub struct Feedback {
    /// The reader, by name
    pub reader: String,
    /// The folder to write into
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    #[command(flatten)]
    pub within: Within,
    /// Replace what is there
    #[arg(long)]
    pub force: bool,
}
