//! Whether a process changes over time: charts of shares, of smoothed values and of sums, and the sequential test.
//! All take observations in the order in which they came.

pub mod chart;
pub mod sums;
