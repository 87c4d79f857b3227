//! Where cases come from: the file that brought the first read of a case, and the site that was named when it came in.

use serde::{Deserialize, Serialize};

use super::text::Safe;
use super::word::words;

/// By what cases are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    /// The file that the case's first read came with.
    Batch,
    /// What its import was told.
    Site,
}

words!(By: Batch "batch", Site "site");

/// What stands for a batch or a site that nobody named.
pub const UNKNOWN: &str = "unknown";

/// Where the first read of a case came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The file's name without its folders.
    pub batch: Option<String>,
    /// What the import was told.
    pub site: Option<String>,
}

impl Origin {
    /// Gives the batch or the site; [`UNKNOWN`] where nobody named one.
    pub fn key(&self, by: By) -> &str {
        let named = match by {
            By::Batch => &self.batch,
            By::Site => &self.site,
        };
        named.as_deref().unwrap_or(UNKNOWN)
    }
}

/// Which cases are looked at, by where they come from; without a batch and a site, all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Within {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
}

impl Within {
    /// Gives what is wanted of each of the two.
    pub fn wanted(&self, by: By) -> Option<&str> {
        match by {
            By::Batch => self.batch.as_deref(),
            By::Site => self.site.as_deref(),
        }
    }

    /// Gives the same, and of this batch or site alone.
    pub fn and(&self, by: By, key: &str) -> Within {
        let mut own = self.clone();
        match by {
            By::Batch => own.batch = Some(key.to_owned()),
            By::Site => own.site = Some(key.to_owned()),
        }
        own
    }

    /// Tells whether cases from here are wanted.
    pub fn holds(&self, origin: &Origin) -> bool {
        [By::Batch, By::Site].into_iter().all(|by| self.wanted(by).is_none_or(|name| name == origin.key(by)))
    }

    /// Tells whether all cases are wanted, wherever they come from.
    pub fn is_all(&self) -> bool {
        self.batch.is_none() && self.site.is_none()
    }

    /// Says which cases are wanted: `site north, batch reads.csv`; nothing where it is all.
    pub fn words(&self) -> Option<String> {
        let named = |by, word: &str| self.wanted(by).map(|name| format!("{word} {}", Safe::new(name)));
        let words: Vec<String> =
            [named(By::Site, "site"), named(By::Batch, "batch")].into_iter().flatten().collect();
        (!words.is_empty()).then(|| words.join(", "))
    }
}
