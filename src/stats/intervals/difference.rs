//! The interval of a difference of two shares of independent samples.

use super::Interval;
use super::share::wilson;

/// Gives the interval of the second share less the first, each `(hits, n)`, by Newcombe's method 10: the score intervals
/// of both, squared and added (Newcombe 1998, Statistics in Medicine 17:873–890).
///
/// `confidence` is 0–1, both sides together. `None` where either n is 0, or hits exceed it.
pub fn newcombe(first: (u64, u64), second: (u64, u64), confidence: f64) -> Option<Interval> {
    let part = |(hits, n): (u64, u64)| Some((hits as f64 / n as f64, wilson(hits, n, confidence)?));
    Some(squared_and_added(part(first)?, part(second)?))
}

/// Gives the same of two shares with their score intervals, however these were come by: of weighted samples by their
/// effective number of units.
pub fn squared_and_added((p, of_p): (f64, Interval), (q, of_q): (f64, Interval)) -> Interval {
    let difference = q - p;
    Interval {
        low: difference - (q - of_q.low).hypot(of_p.high - p),
        high: difference + (of_q.high - q).hypot(p - of_p.low),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_newcombes_table_ii() {
        // The second less the first, so that his pairs stand the other way round.
        for (first, second, low, high) in [
            ((48, 80), (56, 70), 0.0524, 0.3339),
            ((3, 10), (9, 10), 0.1705, 0.8090),
            ((2, 7), (6, 7), 0.0582, 0.8062),
            ((0, 29), (5, 56), -0.0381, 0.1926),
            ((0, 20), (0, 10), -0.1611, 0.2775),
            ((0, 10), (0, 10), -0.2775, 0.2775),
            ((0, 20), (10, 10), 0.6791, 1.0),
            ((0, 10), (10, 10), 0.6075, 1.0),
        ] {
            let found = newcombe(first, second, 0.95);
            let near = |of: Interval| (of.low - low).abs() < 5e-5 && (of.high - high).abs() < 5e-5;
            assert!(found.is_some_and(near), "{first:?} {second:?}: {found:?}");
        }
        assert_eq!(newcombe((0, 0), (1, 2), 0.95), None);
    }
}
