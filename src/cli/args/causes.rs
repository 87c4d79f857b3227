//! The arguments of `causes`.

use clap::{Args, Subcommand};

use super::origin::Within;

#[derive(Debug, Args)]
pub struct Causes {
    /// family, code, label, reader, clause, modality, site, batch, week, adjudicator, charter or type
    #[arg(long, value_name = "D", default_value = "family")]
    pub by: String,
    /// What was decided since a moment (2026-11-23, 2026-11-23T08:00:00Z) or an age (90m, 12h, 7d)
    #[arg(long, value_name = "T")]
    pub since: Option<String>,
    /// What was decided before a moment
    #[arg(long, value_name = "T")]
    pub until: Option<String>,
    /// Before and after a moment, or a version of the charter (v3): how often in 100 disputes, with intervals
    #[arg(long, value_name = "T")]
    pub compare: Option<String>,
    #[command(flatten)]
    pub within: Within,
    /// The first so many
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    #[command(subcommand)]
    pub action: Option<CausesAction>,
}

#[derive(Debug, Subcommand)]
pub enum CausesAction {
    /// Give codes to a decision that stands, in the place of those that it has
    Set {
        /// The case, as the queue names it
        case: String,
        /// The dispute, as `show` names it
        dispute: String,
        /// Whose part the codes explain, by letter; without it, the decision's own
        #[arg(long, value_name = "LETTER")]
        reader: Option<String>,
        /// A code, a family or unknown; may be given several times
        #[arg(long, value_name = "CODE", value_delimiter = ',', required = true)]
        code: Vec<String>,
        /// The clause of the guideline that it is about
        #[arg(long, value_name = "C")]
        clause: Option<String>,
        /// What else there is to say
        #[arg(long, value_name = "N")]
        note: Option<String>,
    },
    /// What the guideline should say otherwise, clause by clause
    Requests {
        #[command(flatten)]
        within: Within,
        /// The first so many
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
    },
    /// What is done about a cause, by whom and until when, and whether it helped
    Review {
        #[command(subcommand)]
        action: ReviewAction,
    },
}

#[derive(Debug, Subcommand)]
pub enum ReviewAction {
    /// Begin to do something about a cause
    Open {
        /// What it is about, such as code=P2, label=nodule or clause='3.2 Nodules'
        #[arg(long, value_name = "K=V")]
        by: String,
        /// Who sees to it
        #[arg(long, value_name = "NAME")]
        owner: String,
        /// What is done
        #[arg(long, value_name = "TEXT")]
        action: String,
        /// Until when: 2026-12-24
        #[arg(long, value_name = "DATE")]
        due: String,
        /// When it takes effect; without it, now
        #[arg(long, value_name = "T")]
        from: Option<String>,
    },
    /// Say who does what about it: of a rejected lot, which nobody took on yet, or otherwise than before
    Plan {
        /// Its number, as `list` prints it, or the sample whose lot it is
        id: String,
        /// Who sees to it
        #[arg(long, value_name = "NAME")]
        owner: String,
        /// What is done
        #[arg(long, value_name = "TEXT")]
        action: String,
        /// Until when: 2026-12-24; without it, the day that stands
        #[arg(long, value_name = "DATE")]
        due: Option<String>,
        /// When it takes effect; without it, now
        #[arg(long, value_name = "T")]
        from: Option<String>,
    },
    /// List all reviews: what was before, what is since, and whether that can be chance
    List {
        /// The newest so many
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
    },
    /// End a review
    Close {
        /// Its number, as `list` prints it, or the sample whose lot it is
        id: String,
        /// What came of it
        #[arg(long, value_name = "REASON")]
        why: String,
    },
}
