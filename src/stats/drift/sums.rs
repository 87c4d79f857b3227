//! Sums that grow while something is wrong: CUSUM (Page 1954; for yes and no, Reynolds & Stoumbos 1999) and the
//! sequential probability ratio test (Wald 1945).

/// The sums above and below a target after an observation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SumPoint {
    pub above: f64,
    pub below: f64,
    /// Either sum lies above the limit.
    pub alarm: bool,
}

/// Gives both sums after one more observation.
fn next_sums(before: SumPoint, value: f64, target: f64, k: f64, h: f64) -> SumPoint {
    let above = (before.above + value - target - k).max(0.0);
    let below = (before.below + target - k - value).max(0.0);
    SumPoint { above, below, alarm: above > h || below > h }
}

/// Gives the two sums of the tabular CUSUM: what observations lie over target + k, and under target − k, never under
/// 0. `k` is half of the shift to be found, `h` the limit, both in the unit of the values. It goes on after a alarm.
pub fn cusum(values: &[f64], target: f64, k: f64, h: f64) -> Vec<SumPoint> {
    let mut sums = SumPoint { above: 0.0, below: 0.0, alarm: false };
    values
        .iter()
        .map(|value| {
            sums = next_sums(sums, *value, target, k, h);
            sums
        })
        .collect()
}

/// What an error adds to a sum of log-likelihood ratios, and what none adds: share `p1` against share `p0`, both
/// strictly between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Steps {
    pub error: f64,
    pub none: f64,
}

impl Steps {
    /// Gives the steps; `None` where the shares are no shares, or the same.
    pub fn between(p0: f64, p1: f64) -> Option<Self> {
        let inside = |p: f64| p > 0.0 && p < 1.0;
        (inside(p0) && inside(p1) && p0 != p1)
            .then(|| Steps { error: (p1 / p0).ln(), none: ((1.0 - p1) / (1.0 - p0)).ln() })
    }

    /// Gives the limit of the Bernoulli CUSUM that is crossed once in `run_length` observations while the share of errors
    /// stays at `p0`: Wald's approximation (eʰ − h − 1) / |mean step| without the overshoot (Reynolds & Stoumbos 1999),
    /// so that it is crossed a little less often than that. `None` where the sum grows by itself.
    pub fn limit(&self, p0: f64, run_length: f64) -> Option<f64> {
        let mean = p0 * self.error + (1.0 - p0) * self.none;
        if !(mean < 0.0 && run_length > 0.0 && run_length.is_finite()) {
            return None;
        }
        let wanted = run_length * -mean;
        let (mut low, mut high) = (0.0f64, 1.0f64);
        while high.exp() - high - 1.0 < wanted {
            high *= 2.0;
        }
        for _ in 0..60 {
            let middle = low / 2.0 + high / 2.0;
            match middle.exp() - middle - 1.0 < wanted {
                true => low = middle,
                false => high = middle,
            }
        }
        Some(high)
    }

    fn of(&self, error: bool) -> f64 {
        if error { self.error } else { self.none }
    }
}

/// Gives the Bernoulli CUSUM of errors (yes or no): the sum of steps, never under 0, and whether it is above the limit
/// `h`. It goes on after a alarm.
pub fn bernoulli_cusum(errors: &[bool], steps: Steps, h: f64) -> Vec<(f64, bool)> {
    let mut sum = 0.0f64;
    errors
        .iter()
        .map(|error| {
            sum = (sum + steps.of(*error)).max(0.0);
            (sum, sum > h)
        })
        .collect()
}

/// What the sequential test says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// More observations are needed.
    Open,
    /// The share is p0.
    Good,
    /// The share is p1.
    Bad,
}

/// The course of the sequential test.
#[derive(Debug, Clone, PartialEq)]
pub struct Sequential {
    /// The sums of log-likelihood ratios after each observation, beyond the decision too.
    pub sums: Vec<f64>,
    /// At or above this the share is p1: ln((1 − β)/α).
    pub bad_at: f64,
    /// At or below this it is p0: ln(β/(1 − α)).
    pub good_at: f64,
    /// The first decision, which stands.
    pub verdict: Verdict,
    /// After how many observations it fell.
    pub after: Option<usize>,
}

/// Gives the sequential probability ratio test of errors: `alpha` is the chance of taking p0 for p1, `beta` that of
/// taking p1 for p0.
pub fn sprt(errors: &[bool], steps: Steps, alpha: f64, beta: f64) -> Sequential {
    let (bad_at, good_at) = (((1.0 - beta) / alpha).ln(), (beta / (1.0 - alpha)).ln());
    let mut sum = 0.0;
    let sums: Vec<f64> = errors
        .iter()
        .map(|error| {
            sum += steps.of(*error);
            sum
        })
        .collect();
    let first = sums.iter().position(|sum| *sum >= bad_at || *sum <= good_at);
    let verdict = match first.and_then(|n| sums.get(n)) {
        None => Verdict::Open,
        Some(sum) if *sum >= bad_at => Verdict::Bad,
        Some(_) => Verdict::Good,
    };
    Sequential { sums, bad_at, good_at, verdict, after: first.map(|n| n + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::golden::{Outcome, case, meets, number, numbers, whole};

    #[test]
    fn sums_are_those_of_the_reference() -> Outcome {
        let golden = case!("drift_charts");
        let chart = &golden["cusum"];
        let got = cusum(
            &numbers(&golden["series_normal"]),
            number(&chart["mu0"]),
            number(&chart["k"]),
            number(&chart["h"]),
        );
        for (n, point) in got.iter().enumerate() {
            meets("above", point.above, &chart["c_plus"][n], 1e-9);
            meets("below", point.below, &chart["c_minus"][n], 1e-9);
        }
        assert_eq!(
            got.iter().position(|point| point.alarm).map(|n| n + 1),
            Some(whole(&chart["first_signal"]))
        );

        let errors: Vec<bool> =
            numbers(&golden["series_bernoulli"]).iter().map(|error| *error > 0.0).collect();
        let chart = &golden["bernoulli_cusum"];
        let steps = Steps::between(number(&chart["p0"]), number(&chart["p1"])).ok_or("no steps")?;
        let got = bernoulli_cusum(&errors, steps, number(&chart["h"]));
        for (n, (sum, _)) in got.iter().enumerate() {
            meets("sum", *sum, &chart["S"][n], 1e-9);
        }
        assert_eq!(
            got.iter().position(|(_, alarm)| *alarm).map(|n| n + 1),
            Some(whole(&chart["first_signal"]))
        );

        let test = &golden["sprt"];
        let got = sprt(&errors, steps, number(&test["alpha"]), number(&test["beta"]));
        for (n, sum) in got.sums.iter().enumerate() {
            meets("ratio", *sum, &test["llr"][n], 1e-9);
        }
        meets("bad at", got.bad_at, &test["lnA"], 1e-9);
        meets("good at", got.good_at, &test["lnB"], 1e-9);
        assert_eq!((got.verdict, got.after), (Verdict::Good, Some(whole(&test["decision"]["at"]))));
        Ok(())
    }

    /// Gives the mean number of observations until a chart of standard normal ones, shifted, alarms.
    fn run_length(runs: u32, shift: f64, alarms: impl Fn(&mut dyn FnMut() -> f64) -> u32) -> f64 {
        let mut random = crate::stats::random::Random::new(9, (shift * 10.0) as u64);
        // Box and Muller 1958.
        let mut normal = || {
            let (a, b) = (1.0 - random.unit(), random.unit());
            (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos() + shift
        };
        (0..runs).map(|_| f64::from(alarms(&mut normal))).sum::<f64>() / f64::from(runs)
    }

    #[test]
    fn charts_alarm_by_chance_as_rarely_as_tables_say() -> Outcome {
        let golden = case!("drift_charts");
        let meets_run = |name: &str, found: f64, want: &serde_json::Value, runs: u32| {
            let want = number(want);
            // A run length scatters about as much as it is long.
            let reach = 5.0 * want / f64::from(runs).sqrt();
            assert!((found - want).abs() < reach.max(0.02 * want), "{name}: {found}, not {want}");
        };
        for (name, want) in golden["arl"]["cusum_two_sided"].as_object().ok_or("no lengths")? {
            let parts: Vec<&str> = name.split(' ').collect();
            let of = |n: usize, head: &str| -> Option<f64> { parts.get(n)?.strip_prefix(head)?.parse().ok() };
            let (k, h, shift) =
                (of(0, "k").ok_or("k")?, of(1, "h").ok_or("h")?, of(2, "shift").ok_or("shift")?);
            let runs = if shift == 0.0 { 1000 } else { 4000 };
            let found = run_length(runs, shift, |normal| {
                let (mut above, mut below, mut n) = (0.0f64, 0.0f64, 0);
                while above <= h && below <= h {
                    let point = SumPoint { above, below, alarm: false };
                    let next = next_sums(point, normal(), 0.0, k, h);
                    (above, below, n) = (next.above, next.below, n + 1);
                }
                n
            });
            meets_run(name, found, want, runs);
        }
        Ok(())
    }

    #[test]
    fn a_limit_is_crossed_about_as_rarely_as_it_was_asked_for() -> Outcome {
        let mut random = crate::stats::random::Random::new(5, 0);
        for (p0, p1) in [(0.05, 0.1), (0.2, 1.0 / 3.0)] {
            let steps = Steps::between(p0, p1).ok_or("no steps")?;
            let limit = steps.limit(p0, 500.0).ok_or("no limit")?;
            let mut observed = 0.0;
            for _ in 0..400 {
                let (mut sum, mut n) = (0.0f64, 0);
                while sum <= limit {
                    sum = (sum + steps.of(random.unit() < p0)).max(0.0);
                    n += 1;
                }
                observed += f64::from(n) / 400.0;
            }
            assert!((450.0..1200.0).contains(&observed), "{p0}: {observed} at {limit}");
        }
        let steps = Steps::between(0.1, 0.05).ok_or("no steps")?;
        assert!(steps.limit(0.05, 100.0).is_none());
        Ok(())
    }

    #[test]
    fn shares_must_be_shares() {
        assert_eq!(
            (Steps::between(0.0, 0.1), Steps::between(0.1, 0.1), Steps::between(0.1, 1.0)),
            (None, None, None)
        );
        let open = Steps::between(0.05, 0.15).map(|steps| sprt(&[false], steps, 0.05, 0.1).verdict);
        assert_eq!(open, Some(Verdict::Open));
    }
}
