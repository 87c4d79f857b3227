//! What a sample says of the lot that it was drawn from: the estimate and its bound, with strata that were drawn more
//! often than their share, and for a sample that may be looked at as it grows. Shares are 0–1.

use crate::stats::intervals::share::upper_bound;
use crate::stats::special::{beta_quantile, ln_factorial};

/// One stratum of a lot, and what was seen of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Units in the lot.
    pub size: u64,
    /// Units that were looked at.
    pub read: u64,
    pub wrong: u64,
}

/// Gives the estimated share of wrong units in the lot: Σ (Nₕ/N)·pₕ, unbiased whatever the strata were drawn by
/// (Cochran 1977, 5.1). `None` while a stratum that holds units was not looked at.
pub fn rate(strata: &[Seen]) -> Option<f64> {
    let all: u64 = strata.iter().map(|of| of.size).sum();
    let of = |of: &Seen| match of.read {
        0 => None,
        read => Some(of.size as f64 / all as f64 * of.wrong as f64 / read as f64),
    };
    (all > 0).then(|| strata.iter().filter(|of| of.size > 0).map(of).sum()).flatten()
}

/// Gives how many units of a simple sample would say as much: the least of what was looked at, Kish's (Σw)²/Σw², and
/// p(1 − p)/variance (Kish 1965; Korn & Graubard 1998). `None` as [`rate`].
pub fn effective(strata: &[Seen]) -> Option<f64> {
    let p = rate(strata)?;
    let all: u64 = strata.iter().map(|of| of.size).sum();
    let looked = || strata.iter().filter(|of| of.read > 0);
    let read: u64 = looked().map(|of| of.read).sum();
    let squares: f64 = looked().map(|of| (of.size as f64).powi(2) / of.read as f64).sum();
    let kish = (all as f64).powi(2) / squares;
    let variance: f64 = looked()
        .map(|of| {
            let share = of.wrong as f64 / of.read as f64;
            let others = (of.read as f64 - 1.0).max(1.0);
            (of.size as f64 / all as f64).powi(2) * share * (1.0 - share) / others
        })
        .sum();
    let seen = if variance > 0.0 { p * (1.0 - p) / variance } else { f64::INFINITY };
    Some((read as f64).min(kish).min(seen))
}

/// Gives the one-sided upper bound of the share of wrong units: exact (Clopper & Pearson 1934) for a simple sample; with
/// strata the same of the effective number of units (Korn & Graubard 1998). `None` as [`rate`].
pub fn upper(strata: &[Seen], confidence: f64) -> Option<f64> {
    if let [only] = strata {
        return upper_bound(only.wrong, only.read, confidence);
    }
    let (p, n) = (rate(strata)?, effective(strata)?);
    let wrong = p * n;
    match wrong < n {
        true => Some(beta_quantile(confidence, wrong + 1.0, n - wrong)),
        false => Some(1.0),
    }
}

/// Gives the upper bound before anything was looked at, if so many of what is drawn are wrong, spread over the strata as
/// these were drawn: exact for a simple sample, else of the effective number of units. `wrong` of `strata` is not used.
/// `None` where a stratum that holds units is not drawn from.
pub fn upper_if(wrong: u64, strata: &[Seen], confidence: f64) -> Option<f64> {
    if let [only] = strata {
        return upper_bound(wrong, only.read, confidence);
    }
    let clean: Vec<Seen> = strata.iter().map(|of| Seen { wrong: 0, ..*of }).collect();
    let (n, read) = (effective(&clean)?, clean.iter().map(|of| of.read).sum::<u64>());
    let wrong = wrong as f64 / read as f64 * n;
    match wrong < n {
        true => Some(beta_quantile(confidence, wrong + 1.0, n - wrong)),
        false => Some(1.0),
    }
}

/// Gives an upper bound that holds at whatever size one stops, even if one stops because of it: the largest share at
/// which the likelihood ratio of a uniform mixture stays under 1/(1 − confidence), by Ville's inequality (Robbins 1970).
/// `None` of nothing.
pub fn upper_whenever(wrong: u64, n: u64, confidence: f64) -> Option<f64> {
    if n == 0 || wrong > n {
        return None;
    }
    if wrong == n {
        return Some(1.0);
    }
    let (hits, rest) = (wrong as f64, (n - wrong) as f64);
    let mixture = ln_factorial(hits) + ln_factorial(rest) - ln_factorial(n as f64 + 1.0);
    let most = -(1.0 - confidence).ln();
    let excess = |p: f64| {
        let of_hits = if wrong == 0 { 0.0 } else { hits * p.ln() };
        mixture - of_hits - rest * (-p).ln_1p() - most
    };
    let (mut low, mut high) = (hits / n as f64, 1.0);
    for _ in 0..64 {
        let middle = 0.5 * (low + high);
        match excess(middle) < 0.0 {
            true => low = middle,
            false => high = middle,
        }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::random::Random;

    #[test]
    fn nothing_wrong_of_59_is_under_5_percent() {
        let simple = [Seen { size: 1000, read: 59, wrong: 0 }];
        let bound = upper(&simple, 0.95).unwrap_or(f64::NAN);
        assert!((bound - (1.0 - 0.05f64.powf(1.0 / 59.0))).abs() < 1e-12, "{bound}");
        assert_eq!(rate(&simple), Some(0.0));
        assert_eq!((rate(&[Seen { size: 9, read: 0, wrong: 0 }]), rate(&[])), (None, None));
        // Strata in proportion say what a simple sample says.
        let even = [Seen { size: 500, read: 30, wrong: 0 }, Seen { size: 500, read: 30, wrong: 0 }];
        let one = [Seen { size: 1000, read: 60, wrong: 0 }];
        let gap = upper(&even, 0.95).zip(upper(&one, 0.95)).map(|(a, b)| (a - b).abs());
        assert!(gap.is_some_and(|gap| gap < 1e-9), "{gap:?}");
    }

    #[test]
    fn a_bound_for_any_stop_is_wider_than_one_for_a_fixed_size() {
        for (wrong, n) in [(0, 10), (1, 59), (7, 200), (30, 31)] {
            let (fixed, any) = (upper_bound(wrong, n, 0.95), upper_whenever(wrong, n, 0.95));
            assert!(fixed.zip(any).is_some_and(|(fixed, any)| fixed < any), "{wrong} of {n}");
        }
        // (1 − p)ⁿ·20·(n + 1) = 1 where nothing was wrong.
        let exact = 1.0 - (20.0f64 * 60.0).powf(-1.0 / 59.0);
        assert!(upper_whenever(0, 59, 0.95).is_some_and(|bound| (bound - exact).abs() < 1e-9));
        assert_eq!((upper_whenever(0, 0, 0.95), upper_whenever(3, 3, 0.95)), (None, Some(1.0)));
    }

    /// How many of so many seeded lots have a share above what the bound said.
    fn misses(lots: u32, mut bound: impl FnMut(&mut Random) -> (f64, f64)) -> u32 {
        let mut random = Random::new(1, 0);
        (0..lots)
            .filter(|_| {
                let (share, bound) = bound(&mut random);
                share > bound
            })
            .count() as u32
    }

    fn wrong(random: &mut Random, n: u64, p: f64) -> u64 {
        (0..n).filter(|_| random.unit() < p).count() as u64
    }

    #[test]
    fn bounds_hold_as_often_as_they_say() {
        // 5,000 lots each: 5 % are 250, and five standard deviations more are 327.
        for shares in [[0.02, 0.02], [0.01, 0.2], [0.05, 0.5], [0.3, 0.01]] {
            let sizes = [900u64, 100];
            let share = (shares[0] * 900.0 + shares[1] * 100.0) / 1000.0;
            let mut known = std::collections::BTreeMap::new();
            let missed = misses(5000, |random| {
                let seen: Vec<Seen> = sizes
                    .iter()
                    .zip(shares)
                    .map(|(size, p)| Seen { size: *size, read: 40, wrong: wrong(random, 40, p) })
                    .collect();
                let key = (seen[0].wrong, seen[1].wrong);
                (share, *known.entry(key).or_insert_with(|| upper(&seen, 0.95).unwrap_or(0.0)))
            });
            assert!(missed <= 327, "{shares:?}: {missed}");
        }
        for share in [0.01, 0.05, 0.2] {
            // Stopped as soon as the bound says what was hoped for: a tenth of all errors less than there are.
            let missed = misses(2000, |random| {
                let (mut hits, mut bound) = (0, 1.0);
                for n in (5..=300).step_by(5) {
                    hits += wrong(random, 5, share);
                    bound = upper_whenever(hits, n, 0.95).unwrap_or(1.0);
                    if bound < share {
                        break;
                    }
                }
                (share, bound)
            });
            assert!(missed <= 149, "{share}: {missed}");
        }
    }
}
