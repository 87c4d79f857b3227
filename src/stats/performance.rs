//! How a reader does against the final answers: rates with their intervals, and where a reader stands among others.
//! What counts as an error is the caller's; a difference is none until somebody says so.

use crate::stats::intervals::Interval;
use crate::stats::intervals::share::{poisson, wilson, wilson_of};
use crate::stats::special::{binomial, binomial_cdf};

/// A share with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// 0–1.
    pub value: f64,
    /// By Wilson's score.
    pub interval: Interval,
    /// How many observations it rests on; the effective number where they are weighted.
    pub n: f64,
}

impl Rate {
    /// Gives `hits` of `n` with an interval of 0–1 `confidence`; `None` where n is 0.
    pub fn of(hits: u64, n: u64, confidence: f64) -> Option<Self> {
        let interval = wilson(hits, n, confidence)?;
        Some(Rate { value: hits as f64 / n as f64, interval, n: n as f64 })
    }

    /// Gives the share of hits among items that stand for others by a weight, the inverse of the chance at which
    /// each was drawn; the interval is Wilson's at the effective number (Σw)² / Σw² (Kish 1965).
    ///
    /// Without it, items on which all agreed and that nobody looked at again would pass for proofs of skill.
    pub fn weighted(items: impl IntoIterator<Item = (bool, f64)>, confidence: f64) -> Option<Self> {
        let (mut hits, mut sum, mut squares) = (0.0, 0.0, 0.0);
        for (hit, weight) in items {
            hits += if hit { weight } else { 0.0 };
            sum += weight;
            squares += weight * weight;
        }
        let (value, n) = (hits / sum, sum * sum / squares);
        Some(Rate { value, interval: wilson_of(value, n, confidence)?, n })
    }
}

/// What a reader said where the final answer was yes, and where it was no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub true_positive: u64,
    pub false_negative: u64,
    pub false_positive: u64,
    pub true_negative: u64,
}

impl Counts {
    /// Gives how many of the findings that are there the reader marked; `None` where there are none.
    pub fn sensitivity(&self, confidence: f64) -> Option<Rate> {
        Rate::of(self.true_positive, self.true_positive + self.false_negative, confidence)
    }

    /// Gives how many of the items without the finding the reader left unmarked.
    pub fn specificity(&self, confidence: f64) -> Option<Rate> {
        Rate::of(self.true_negative, self.true_negative + self.false_positive, confidence)
    }

    /// Gives how many of the reader's marks are right.
    pub fn predictive_value(&self, confidence: f64) -> Option<Rate> {
        Rate::of(self.true_positive, self.true_positive + self.false_positive, confidence)
    }

    /// Gives the counts of somebody who saw the same and more.
    pub fn and(self, other: Self) -> Self {
        Counts {
            true_positive: self.true_positive + other.true_positive,
            false_negative: self.false_negative + other.false_negative,
            false_positive: self.false_positive + other.false_positive,
            true_negative: self.true_negative + other.true_negative,
        }
    }
}

/// Gives the false positives per image with an exact interval; more than one may lie in an image, so that this is no
/// share. `None` where there are no images.
pub fn false_positives_per_image(
    false_positives: u64,
    images: u64,
    confidence: f64,
) -> Option<(f64, Interval)> {
    let interval = poisson(false_positives, images as f64, confidence)?;
    Some((false_positives as f64 / images as f64, interval))
}

/// Gives the reader disagreement index: the cases in which the adjudicator disagreed with the reader, of all cases
/// that the reader read, 0–1.
pub fn disagreement_index(disagreed: u64, read: u64, confidence: f64) -> Option<Rate> {
    Rate::of(disagreed, read, confidence)
}

/// Gives the endorsement: what was adjudicated in the reader's favour, of what was adjudicated, 0–1.
pub fn endorsement(favoured: u64, adjudicated: u64, confidence: f64) -> Option<Rate> {
    Rate::of(favoured, adjudicated, confidence)
}

/// Gives the limits within which the rate of a reader with `n` items lies by chance, if the reader is as the team:
/// `team` ± z·√(team(1 − team)/n), cut at 0 and 1 (Spiegelhalter 2005). `z` is 3 to act, 2 to look.
pub fn funnel(team: f64, n: u64, z: f64) -> Option<Interval> {
    let reach = z * (team * (1.0 - team) / n as f64).sqrt();
    (n > 0 && (0.0..=1.0).contains(&team))
        .then(|| Interval { low: (team - reach).max(0.0), high: (team + reach).min(1.0) })
}

/// Gives the same limits from the binomial distribution, interpolated between counts (Spiegelhalter 2005), for the
/// few items and rare errors at which the normal one signals too often. `tail` is the chance left outside on each
/// side, 0.00135 for three standard deviations.
pub fn exact_funnel(team: f64, n: u64, tail: f64) -> Option<Interval> {
    if n == 0 || !(0.0..=1.0).contains(&team) {
        return None;
    }
    let end = |p: f64| {
        let cumulated = |k: u64| binomial_cdf(k, n, team);
        let (mut low, mut high) = (0, n);
        while low < high {
            let middle = low + (high - low) / 2;
            match cumulated(middle) >= p {
                true => high = middle,
                false => low = middle + 1,
            }
        }
        let own = binomial(low, n, team);
        let over = if own > 0.0 { (cumulated(low) - p) / own } else { 0.0 };
        ((low as f64 - over) / n as f64).clamp(0.0, 1.0)
    };
    Some(Interval { low: end(tail), high: end(1.0 - tail) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::golden::{Outcome, near};

    #[test]
    fn rates_come_from_counts() -> Outcome {
        let counts =
            Counts { true_positive: 81, false_negative: 182, false_positive: 15, true_negative: 133 };
        let sensitivity = counts.sensitivity(0.95).ok_or("none")?;
        // Newcombe 1998: 81 of 263, 0.2553 to 0.3662; 15 of 148, 0.0624 to 0.1605.
        assert!(near(sensitivity.value, 81.0 / 263.0, 1e-12));
        assert!(
            near(sensitivity.interval.low, 0.2553, 1e-4) && near(sensitivity.interval.high, 0.3662, 1e-4)
        );
        let specificity = counts.specificity(0.95).ok_or("none")?;
        assert!(near(1.0 - specificity.interval.high, 0.0624, 1e-4));
        assert_eq!(Counts::default().sensitivity(0.95), None);
        assert_eq!(counts.and(counts).true_negative, 266);
        Ok(())
    }

    #[test]
    fn weights_count_for_what_they_are() -> Outcome {
        let even = Rate::weighted((0..40).map(|n| (n % 4 > 0, 2.5)), 0.95).ok_or("none")?;
        assert!(near(even.n, 40.0, 1e-9));
        assert_eq!(
            Rate::of(30, 40, 0.95).map(|rate| near(rate.interval.low, even.interval.low, 1e-9)),
            Some(true)
        );
        // One item that stands for many makes the rest of little use.
        let one = Rate::weighted([(true, 100.0), (false, 1.0), (false, 1.0)], 0.95).ok_or("none")?;
        assert!(one.n < 1.1 && one.value > 0.98);
        assert_eq!(Rate::weighted([], 0.95), None);
        Ok(())
    }

    #[test]
    fn funnels_narrow_with_n() -> Outcome {
        let (few, many) = (funnel(0.1, 20, 3.0).ok_or("none")?, funnel(0.1, 2000, 3.0).ok_or("none")?);
        assert!(few.low == 0.0 && many.low > 0.07 && many.high < few.high);
        let exact = exact_funnel(0.1, 2000, 0.00135).ok_or("none")?;
        assert!(near(exact.low, many.low, 0.003) && near(exact.high, many.high, 0.003), "{exact:?} {many:?}");
        assert_eq!((funnel(0.1, 0, 3.0), exact_funnel(1.4, 9, 0.01)), (None, None));
        Ok(())
    }

    #[test]
    fn a_rate_of_what_was_disputed_is_biased_and_one_with_what_was_drawn_is_not() {
        use crate::stats::random::Random;
        let mut random = Random::new(31, 0);
        let truth = 0.9;
        let (projects, mut raw, mut weighted, mut missed) = (2000, 0.0, 0.0, 0u32);
        for _ in 0..projects {
            // Whether the reader found what is there, and whether the other did.
            let items: Vec<(bool, bool)> =
                (0..300).map(|_| (random.unit() < truth, random.unit() < 0.85)).collect();
            let disputed = items.iter().filter(|(own, other)| own != other).map(|(own, _)| (*own, 1.0));
            let agreed: Vec<bool> =
                items.iter().filter(|(own, other)| own == other).map(|(own, _)| *own).collect();
            // Forty of what both say alike are read again, without replacement.
            let mut places: Vec<usize> = (0..agreed.len()).collect();
            let drawn: Vec<bool> = (0..40)
                .filter_map(|_| {
                    let at = random.below(places.len() as u64) as usize;
                    agreed.get(places.swap_remove(at)).copied()
                })
                .collect();
            let each = agreed.len() as f64 / drawn.len() as f64;
            let alone = Rate::weighted(disputed.clone(), 0.95);
            let both = Rate::weighted(disputed.chain(drawn.into_iter().map(|own| (own, each))), 0.95);
            let Some((alone, both)) = alone.zip(both) else { unreachable!("nothing is there") };
            raw += alone.value / f64::from(projects);
            weighted += both.value / f64::from(projects);
            missed += u32::from(both.interval.low > truth || both.interval.high < truth);
        }
        assert!((weighted - truth).abs() < 0.004, "{weighted}");
        // By hand: 0.9·0.15 found of 0.9·0.15 + 0.1·0.85.
        assert!((raw - 0.135 / 0.22).abs() < 0.005, "{raw}");
        assert!(missed < projects / 10, "{missed} intervals miss the truth");
    }
}
