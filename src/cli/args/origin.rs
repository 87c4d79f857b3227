//! Which cases are looked at, by where they come from.

use clap::Args;

use crate::domain::origin;

/// Cases from one batch, from one site, or from both.
#[derive(Debug, Clone, Default, Args)]
pub struct Within {
    /// Cases alone whose first read came with the file of this name
    #[arg(long, value_name = "FILE")]
    pub batch: Option<String>,
    /// Cases alone of which the import said this --site; unknown for those of which none was said
    #[arg(long, value_name = "NAME")]
    pub site: Option<String>,
}

impl Within {
    /// Gives the same in the words of the domain.
    pub fn cases(&self) -> origin::Within {
        origin::Within { batch: self.batch.clone(), site: self.site.clone() }
    }
}
