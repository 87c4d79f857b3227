//! The arguments of `sample`.

use clap::{Args, Subcommand};

use super::origin::Within;

#[derive(Debug, Subcommand)]
pub enum SampleAction {
    /// Draw a sample: by size, by a plan, one after the other, or the charter's share
    Draw(Box<Draw>),
    /// List all samples with what came of them
    List {
        /// The first so many
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
    },
    /// What came of one sample: estimate, bound, accepted or rejected
    Result {
        /// The sample, as `sample list` names it
        id: String,
    },
    /// What waits for your own read, without what others said of it
    Mine {
        /// The first so many
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
    },
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("design").args(["size", "aql", "lq", "points", "sequential"]))]
pub struct Draw {
    /// So many, judged by the charter's tolerance
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub size: Option<u64>,
    /// A plan for a series of lots by an acceptable quality, in percent
    #[arg(long, value_name = "Q")]
    pub aql: Option<f64>,
    /// The level of inspection of --aql: S-1 to S-4, I, II, III; II where none is said
    #[arg(long, value_name = "L")]
    pub level: Option<String>,
    /// A plan for a lot that stands alone by its limiting quality, in percent
    #[arg(long, value_name = "Q")]
    pub lq: Option<f64>,
    /// Errors up to which --lq accepts; 0 where none is said
    #[arg(long, value_name = "N")]
    pub accept: Option<u64>,
    /// An exact plan: accept GOOD percent but for ALPHA, and BAD percent with BETA at most
    #[arg(long, value_name = "GOOD,ALPHA,BAD,BETA", value_delimiter = ',', num_args = 1)]
    pub points: Option<Vec<f64>>,
    /// One after the other, until the share of errors is under this percentage at 95 % confidence
    #[arg(long, value_name = "P")]
    pub sequential: Option<f64>,
    /// At which size --sequential gives up; 500 where none is said
    #[arg(long, value_name = "N")]
    pub most: Option<u64>,
    /// concordant or decided work: of what is decided, cases of which every item is final
    #[arg(long, value_name = "W", default_value = "concordant")]
    pub of: String,
    /// What is right or wrong as a whole: case or dispute; dispute with --label and strata by label, class or prevalence
    #[arg(long, value_name = "U")]
    pub unit: Option<String>,
    /// Strata: label, reader, finding, class, prevalence, priority, batch, site, modality
    #[arg(long, value_name = "S", value_delimiter = ',')]
    pub by: Vec<String>,
    /// In proportion to the strata, as plans by errors always are, in place of evenly, which reads more of what is rare
    #[arg(long, requires = "by")]
    pub in_proportion: bool,
    /// Items of this label alone
    #[arg(long, value_name = "L")]
    pub label: Option<String>,
    #[command(flatten)]
    pub within: Within,
    /// What the draw follows from, so that anybody can repeat it
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
    /// Who is to read it; without it, anybody in QA whose work it isn't
    #[arg(long, value_name = "NAME")]
    pub to: Option<String>,
    /// Say what a sample of this size can show, and draw nothing
    #[arg(long)]
    pub dry_run: bool,
}
