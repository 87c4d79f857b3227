//! Single sampling plans: how likely they accept, and the smallest that keep two promises. Shares and chances are 0–1.

use crate::stats::special::{binomial_cdf, hypergeometric_cdf};

/// Look at `n`; accept with up to `accept` errors, reject with one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    pub n: u64,
    pub accept: u64,
}

/// Gives up searching beyond this size of sample.
const LARGEST: u64 = 10_000_000;

impl Plan {
    /// Gives the number of errors from which the lot is rejected.
    pub fn reject(&self) -> u64 {
        self.accept + 1
    }

    /// Tells whether the lot is accepted.
    pub fn accepts(&self, errors: u64) -> bool {
        errors <= self.accept
    }

    /// Gives how likely a process whose share of errors is `p` is accepted (binomial; a point of the operating
    /// characteristic).
    pub fn acceptance(&self, p: f64) -> f64 {
        binomial_cdf(self.accept, self.n, p)
    }

    /// Gives how likely a lot of `lot` that holds `errors` is accepted (hypergeometric).
    pub fn acceptance_of_lot(&self, errors: u64, lot: u64) -> f64 {
        hypergeometric_cdf(self.accept, self.n.min(lot), errors, lot)
    }

    /// Gives the operating characteristic at some shares of errors.
    pub fn characteristic(&self, shares: &[f64]) -> Vec<f64> {
        shares.iter().map(|p| self.acceptance(*p)).collect()
    }
}

/// Gives the smallest sample that shows, if no error is in it, a share under `p` at this confidence:
/// n ≥ ln(1 − confidence) / ln(1 − p). `None` where p or the confidence isn't strictly between 0 and 1.
pub fn without_errors(p: f64, confidence: f64) -> Option<u64> {
    if !(p > 0.0 && p < 1.0 && confidence > 0.0 && confidence < 1.0) {
        return None;
    }
    let chance = |n: u64| (n as f64 * (-p).ln_1p()).exp();
    let first = ((1.0 - confidence).ln() / (-p).ln_1p()).ceil().max(1.0) as u64;
    // Rounding may have gone one too far, or not far enough.
    (first.saturating_sub(1).max(1)..first + 2).find(|n| chance(*n) <= 1.0 - confidence)
}

/// Gives the plan with the smallest acceptance number, then the smallest sample, that accepts a process of share
/// `good` with a chance of at least 1 − alpha and one of share `bad` with at most beta (binomial).
///
/// `None` where the shares aren't 0 < good < bad < 1, the risks not 0–1, or ten million wouldn't be enough.
pub fn two_points(good: f64, alpha: f64, bad: f64, beta: f64) -> Option<Plan> {
    let share = |p: f64| p > 0.0 && p < 1.0;
    if !(share(good) && share(bad) && good < bad && share(alpha) && share(beta)) {
        return None;
    }
    let mut least = 1;
    for accept in 0.. {
        // The sample grows with the acceptance number.
        least = smallest(least.max(accept + 1), LARGEST, |n| Plan { n, accept }.acceptance(bad) <= beta)?;
        let plan = Plan { n: least, accept };
        if plan.acceptance(good) >= 1.0 - alpha {
            return Some(plan);
        }
    }
    None
}

/// Gives the smallest sample of a lot that stands alone, for an acceptance number: a lot whose share of errors is the
/// limiting quality `lq` is accepted with a chance of at most `beta` (ISO 2859-2 takes 0.1), exactly
/// (hypergeometric). The whole lot where nothing less is enough, and then no acceptance number with which a lot of that
/// share would pass; `None` for a share that is none.
pub fn isolated(lot: u64, lq: f64, beta: f64, accept: u64) -> Option<Plan> {
    if !(lq > 0.0 && lq <= 1.0 && beta > 0.0 && beta < 1.0 && lot > 0) {
        return None;
    }
    let errors = errors_at(lq, lot).max(1);
    let n = smallest(1, lot, |n| Plan { n, accept }.acceptance_of_lot(errors, lot) <= beta);
    Some(Plan { n: n.unwrap_or(lot), accept }.within(lot, lq))
}

/// Gives the least errors of a lot of which at least this share, 0–1, is wrong; a product that is whole but for rounding
/// isn't rounded up.
pub fn errors_at(share: f64, lot: u64) -> u64 {
    (share * lot as f64 - 1e-9).ceil().max(0.0) as u64
}

impl Plan {
    /// Gives the plan for a lot: of one that is read whole the share is known, and one with the share `bad` never passes.
    pub fn within(self, lot: u64, bad: f64) -> Plan {
        match self.n < lot {
            true => self,
            false => Plan { n: lot, accept: self.accept.min(errors_at(bad, lot).max(1) - 1) },
        }
    }
}

/// Finds the smallest n from which on something holds, by doubling and halving.
fn smallest(from: u64, to: u64, holds: impl Fn(u64) -> bool) -> Option<u64> {
    let (mut low, mut step) = (from, 1);
    if holds(low) {
        return Some(low);
    }
    let mut high = loop {
        let next = (low + step).min(to);
        if holds(next) {
            break next;
        }
        if next == to {
            return None;
        }
        (low, step) = (next, step * 2);
    };
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        match holds(middle) {
            true => high = middle,
            false => low = middle,
        }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::golden::{Outcome, case, list, meets, number, whole};
    use proptest::prelude::*;

    #[test]
    fn plans_are_those_of_the_reference() -> Outcome {
        let golden = case!("acceptance_sampling");
        for row in list(&golden["oc"]) {
            let plan = Plan { n: whole(&row["n"]) as u64, accept: whole(&row["c"]) as u64 };
            let p = number(&row["p"]);
            meets("binomial", plan.acceptance(p), &row["Pa_binom"], 1e-9);
            let errors = (p * 1000.0).round() as u64;
            meets("lot", plan.acceptance_of_lot(errors, 1000), &row["Pa_hypergeom_N1000"], 1e-9);
        }
        for row in list(&golden["zero_failure_n"]) {
            let n = without_errors(number(&row["p"]), number(&row["conf"]));
            assert_eq!(n, Some(whole(&row["n"]) as u64), "{row}");
        }
        for row in list(&golden["two_point_plans"]) {
            let of = |name: &str| number(&row[name]);
            let plan = two_points(of("PRQ"), of("alpha"), of("CRQ"), of("beta"));
            let want = Plan { n: whole(&row["n"]) as u64, accept: whole(&row["c"]) as u64 };
            assert_eq!(plan, Some(want));
        }
        Ok(())
    }

    #[test]
    fn what_cannot_be_promised_is_none() {
        assert_eq!((two_points(0.05, 0.05, 0.05, 0.1), without_errors(0.0, 0.95)), (None, None));
        assert_eq!((isolated(100, 0.0, 0.1, 0), isolated(0, 0.1, 0.1, 0)), (None, None));
        // With one error allowed and two in the lot, only the whole lot tells.
        assert_eq!(isolated(20, 0.1, 0.001, 1), Some(Plan { n: 20, accept: 1 }));
        // Two errors of 33 are above 5 %: no lot that is read whole passes with them.
        assert_eq!(isolated(33, 0.05, 0.1, 3), Some(Plan { n: 33, accept: 1 }));
    }

    proptest! {
        #[test]
        fn an_isolated_plan_is_the_smallest(lot in 2u64..300, lq in 0.01..0.5f64, accept in 0u64..3) {
            let Some(plan) = isolated(lot, lq, 0.1, accept) else { return Ok(()) };
            let errors = ((lq * lot as f64 - 1e-9).ceil() as u64).max(1);
            let chance = |n: u64| Plan { n, accept }.acceptance_of_lot(errors, lot);
            prop_assert!(plan.n == lot || chance(plan.n) <= 0.1);
            prop_assert!(plan.n == 1 || chance(plan.n - 1) > 0.1);
        }
    }
}
