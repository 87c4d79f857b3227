//! How sure an estimate is: intervals of shares by formula, and of anything by resampling.

pub mod bootstrap;
pub mod difference;
pub mod share;

/// The ends of an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

impl Interval {
    /// Gives the interval of a value by its standard error, under the normal distribution.
    ///
    /// `confidence` is 0–1, both sides together. Nothing is cut off: a coefficient of agreement may get an upper end
    /// above 1, which tells that the sample is too small for this kind of interval.
    pub fn normal(value: f64, se: f64, confidence: f64) -> Self {
        let reach = crate::stats::special::two_sided(confidence) * se;
        Interval { low: value - reach, high: value + reach }
    }

    /// Tells whether a value lies within, the ends included.
    pub fn holds(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}
