//! The arguments of what measures: `agree`, `consensus`, `readers`, `ambiguity`, `balance`, `report`.

use std::path::PathBuf;

use clap::Args;

use super::origin::Within;

#[derive(Debug, Args)]
pub struct Agree {
    /// One label alone
    #[arg(long, value_name = "L")]
    pub label: Option<String>,
    #[command(flatten)]
    pub within: Within,
    /// A line for each batch or site, so that they can be compared: batch or site
    #[arg(long, value_name = "D")]
    pub by: Option<String>,
    /// Without items that were settled as ambiguous
    #[arg(long)]
    pub exclude_ambiguous: bool,
    /// Intervals from so many replicates that draw cases again, in place of the formulas
    #[arg(long, value_name = "N", requires = "seed", allow_hyphen_values = true, value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
    pub bootstrap: Option<u32>,
    /// What the replicates follow from
    #[arg(long, value_name = "S", requires = "bootstrap")]
    pub seed: Option<u64>,
    /// The first so many labels
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
}

#[derive(Debug, Args)]
pub struct Consensus {
    /// The label; may be left out where the charter has one alone
    #[arg(long, value_name = "L")]
    pub label: Option<String>,
    #[command(flatten)]
    pub within: Within,
    /// majority, weighted, dawid-skene, glad or mace
    #[arg(long, value_name = "M")]
    pub method: String,
    /// So many steps of a model, in place of going on until it stands still
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub iterations: Option<u32>,
    /// The first so many items
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
}

#[derive(Debug, Args)]
pub struct Readers {
    /// What was read since a moment (2026-11-23, 2026-11-23T08:00:00Z) or an age (90m, 12h, 7d)
    #[arg(long, value_name = "W")]
    pub window: Option<String>,
    /// One label alone
    #[arg(long, value_name = "L")]
    pub label: Option<String>,
    #[command(flatten)]
    pub within: Within,
    /// A line for each batch or site: batch or site
    #[arg(long, value_name = "D", conflicts_with = "adjudicators")]
    pub by: Option<String>,
    /// The adjudicators instead: with each other, with themselves, and what the reveal changed
    #[arg(long, conflicts_with = "window")]
    pub adjudicators: bool,
    /// The first so many lines
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
}

#[derive(Debug, Args)]
pub struct Ambiguity {
    /// One label alone
    #[arg(long, value_name = "L")]
    pub label: Option<String>,
    #[command(flatten)]
    pub within: Within,
    /// The first so many
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
}

#[derive(Debug, Args)]
pub struct Balance {
    /// One label alone
    #[arg(long, value_name = "L")]
    pub label: Option<String>,
    #[command(flatten)]
    pub within: Within,
    /// The first so many labels
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
}

#[derive(Debug, Args)]
pub struct Report {
    /// The page to write: whole in itself, to be read or printed without a network
    #[arg(short, long, value_name = "FILE.html")]
    pub output: PathBuf,
    /// A digest of what happened since a moment (2026-11-23, 2026-11-23T08:00:00Z) or an age (12h, 7d), and what is late
    #[arg(long, value_name = "T")]
    pub since: Option<String>,
    /// The whole report, with readers since that moment, in place of the digest
    #[arg(long, requires = "since")]
    pub whole: bool,
    #[command(flatten)]
    pub within: Within,
    /// Replace an existing file
    #[arg(long)]
    pub force: bool,
}
