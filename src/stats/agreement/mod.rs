//! Whether readers agree, on levels that were declared. Matrix and patterns in `reads`; two readers in `pair`; any
//! number of them in `chance`, `fleiss` and `alpha`.
//!
//! What is 0/0 is an error with its reason, never 0 or 1. κ falls where one level prevails, however often readers
//! agree, so that it never stands alone: see `gwet_ac`, `prevalence` and `specific_agreement`.

pub mod alpha;
pub mod chance;
pub mod fleiss;
pub mod pair;
pub mod reads;
#[cfg(test)]
mod tests;
pub mod weights;

pub use alpha::{Scale, alpha_of_numbers, alpha_value, krippendorff_alpha};
pub use chance::{brennan_prediger, conger_kappa, fleiss_kappa, gwet_ac, percent_agreement};
pub use pair::{Table, cohen_kappa};
pub use reads::{Patterns, Reads, Undefined};
pub use weights::Weights;
