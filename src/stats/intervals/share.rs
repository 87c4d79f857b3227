//! Intervals of a share, `hits` of `n`, and of what is left in a lot after a sample. Shares are 0–1, `confidence` 0–1
//! and of both sides together unless one-sided is said.

use super::Interval;
use crate::stats::special::{beta_quantile, gamma_quantile, hypergeometric_cdf, two_sided};

/// Gives the score interval of a share (Wilson 1927), cut at 0 and 1; `None` where n is 0.
pub fn wilson(hits: u64, n: u64, confidence: f64) -> Option<Interval> {
    wilson_of(hits as f64 / n as f64, n as f64, confidence)
}

/// Gives the score interval of a share that rests on `n` effective observations, which need be no whole number:
/// weighted items count by their effective number (Kish 1965, Korn & Graubard 1998).
pub fn wilson_of(share: f64, n: f64, confidence: f64) -> Option<Interval> {
    if !(n > 0.0 && (0.0..=1.0).contains(&share)) {
        return None;
    }
    let z = two_sided(confidence);
    let square = z * z / n;
    let middle = (share + square / 2.0) / (1.0 + square);
    let reach = z * (share * (1.0 - share) / n + square / (4.0 * n)).sqrt() / (1.0 + square);
    Some(Interval {
        low: if share == 0.0 { 0.0 } else { (middle - reach).max(0.0) },
        high: if share == 1.0 { 1.0 } else { (middle + reach).min(1.0) },
    })
}

/// Gives the exact interval of a share (Clopper & Pearson 1934); `None` where n is 0 or hits exceed it.
pub fn clopper_pearson(hits: u64, n: u64, confidence: f64) -> Option<Interval> {
    let outside = (1.0 - confidence) / 2.0;
    Some(Interval { low: lower(hits, n, outside)?, high: upper(hits, n, outside)? })
}

/// Gives the one-sided exact upper bound of a share: 0 of 59 gives 0.0495 at 95 %.
pub fn upper_bound(hits: u64, n: u64, confidence: f64) -> Option<f64> {
    upper(hits, n, 1.0 - confidence)
}

/// Gives the one-sided exact lower bound of a share.
pub fn lower_bound(hits: u64, n: u64, confidence: f64) -> Option<f64> {
    lower(hits, n, 1.0 - confidence)
}

fn lower(hits: u64, n: u64, outside: f64) -> Option<f64> {
    match hits {
        _ if n == 0 || hits > n => None,
        0 => Some(0.0),
        _ => Some(beta_quantile(outside, hits as f64, (n - hits) as f64 + 1.0)),
    }
}

fn upper(hits: u64, n: u64, outside: f64) -> Option<f64> {
    match hits {
        _ if n == 0 || hits > n => None,
        _ if hits == n => Some(1.0),
        // From the other end, where a small bound keeps its digits.
        _ => Some(1.0 - beta_quantile(outside, (n - hits) as f64, hits as f64 + 1.0)),
    }
}

/// Gives the largest number of marked units that a lot may hold, if a sample of `n` showed `hits`, at one-sided
/// `confidence`: the last at which so few would still have been seen with a probability above 1 − confidence.
///
/// Without replacement (hypergeometric), so that a lot that was seen whole leaves no doubt. `None` where the numbers
/// contradict each other.
pub fn most_in_lot(hits: u64, n: u64, lot: u64, confidence: f64) -> Option<u64> {
    if hits > n || n > lot {
        return None;
    }
    let (mut low, mut high) = (hits, lot - (n - hits));
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        match hypergeometric_cdf(hits, n, middle, lot) > 1.0 - confidence {
            true => low = middle,
            false => high = middle - 1,
        }
    }
    Some(low)
}

/// Gives the smallest number of marked units that a lot may hold, as [`most_in_lot`].
pub fn least_in_lot(hits: u64, n: u64, lot: u64, confidence: f64) -> Option<u64> {
    most_in_lot(n.checked_sub(hits)?, n, lot, confidence).map(|rest| lot - rest)
}

/// Gives the exact interval of a rate, `count` events in `exposure` units (Garwood 1936); for what may occur more than
/// once in a unit, as false positives in an image. `None` where the exposure isn't above 0.
pub fn poisson(count: u64, exposure: f64, confidence: f64) -> Option<Interval> {
    let outside = (1.0 - confidence) / 2.0;
    (exposure > 0.0).then(|| Interval {
        low: gamma_quantile(outside, count as f64) / exposure,
        high: gamma_quantile(1.0 - outside, count as f64 + 1.0) / exposure,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::golden::{Outcome, case, list, meets, near, whole};
    use crate::stats::special::hypergeometric;

    #[test]
    fn intervals_are_those_of_statsmodels_and_r() -> Outcome {
        let golden = case!("binomial_ci");
        for row in list(&golden["rows"]) {
            let (hits, n) = (whole(&row["x"]) as u64, whole(&row["n"]) as u64);
            let (score, exact) = (wilson(hits, n, 0.95), clopper_pearson(hits, n, 0.95));
            let (score, exact) = (score.ok_or("wilson")?, exact.ok_or("exact")?);
            meets("wilson", score.low, &row["wilson"][0], 1e-9);
            meets("wilson", score.high, &row["wilson"][1], 1e-9);
            meets("exact", exact.low, &row["clopper_pearson"][0], 1e-9);
            meets("exact", exact.high, &row["clopper_pearson"][1], 1e-9);
            let upper = upper_bound(hits, n, 0.95).ok_or("upper")?;
            meets("one-sided", upper, &row["clopper_pearson_one_sided_upper95"], 1e-9);
            // R's prop.test and binom.test.
            meets("R, wilson", score.low, &row["R_prop.test_wilson"][0], 1e-9);
            meets("R, wilson", score.high, &row["R_prop.test_wilson"][1], 1e-9);
            meets("R, exact", exact.low, &row["R_binom.test_cp"][0], 1e-9);
            meets("R, exact", exact.high, &row["R_binom.test_cp"][1], 1e-9);
        }
        // As printed, to four digits.
        let printed = golden["published"].as_object().ok_or("nothing published")?;
        assert_eq!(printed.len(), 3);
        for (name, want) in printed {
            let (counts, method) = name.split_once(' ').ok_or("no method")?;
            let (hits, n) = counts.split_once('/').ok_or("no counts")?;
            let of = if method == "wilson" { wilson } else { clopper_pearson };
            let found = of(hits.parse()?, n.parse()?, 0.95).ok_or("no interval")?;
            meets(name, found.low, &want[0], 5e-5);
            meets(name, found.high, &want[1], 5e-5);
        }
        Ok(())
    }

    #[test]
    fn nothing_follows_from_nothing() {
        assert_eq!(
            (wilson(0, 0, 0.95), clopper_pearson(0, 0, 0.95), upper_bound(3, 2, 0.95)),
            (None, None, None)
        );
        assert_eq!((most_in_lot(3, 2, 9, 0.95), poisson(3, 0.0, 0.95)), (None, None));
    }

    #[test]
    fn a_lot_seen_whole_leaves_no_doubt() {
        assert_eq!(most_in_lot(2, 50, 50, 0.95), Some(2));
        assert_eq!(least_in_lot(2, 50, 50, 0.95), Some(2));
        // By hand: 0 of 10 out of 20, D marked: C(20 − D, 10) / C(20, 10) is 0.105 at 3 and 0.043 at 4.
        assert_eq!(most_in_lot(0, 10, 20, 0.95), Some(3));
        for marked in 0..=20u64 {
            let seen: f64 = (0..=1).map(|k| hypergeometric(k, 10, marked, 20)).sum();
            let within = most_in_lot(1, 10, 20, 0.95).is_some_and(|most| marked <= most);
            assert!(marked < 1 || within == (seen > 0.05), "{marked} {seen}");
        }
    }

    #[test]
    fn rates_have_the_exact_bounds_of_tables() -> Outcome {
        // Garwood 1936: 0 events, up to 3.6889; 5 events, 1.6235 to 11.6683.
        let none = poisson(0, 1.0, 0.95).ok_or("none")?;
        assert!(none.low == 0.0 && near(none.high, 3.688879454113936, 1e-9), "{none:?}");
        let five = poisson(5, 2.0, 0.95).ok_or("five")?;
        assert!(near(five.low * 2.0, 1.623486, 1e-5) && near(five.high * 2.0, 11.668332, 1e-5), "{five:?}");
        Ok(())
    }
}
