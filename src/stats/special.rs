//! Probabilities and quantiles that the measures stand on. What `statrs` holds is taken from there; the binomial
//! family is computed here, since samples and lots run to a million, where its continued fraction ends too early.

use statrs::function::{erf, gamma};

/// Gives the standard normal quantile of `p`, 0–1; ±∞ at the ends.
pub fn normal_quantile(p: f64) -> f64 {
    -std::f64::consts::SQRT_2 * erf::erfc_inv(2.0 * p)
}

/// Gives the z that leaves `1 − confidence` outside on both sides together: 1.96 for 0.95.
pub fn two_sided(confidence: f64) -> f64 {
    normal_quantile(0.5 + confidence / 2.0)
}

/// Gives the logarithm of n!.
pub fn ln_factorial(n: f64) -> f64 {
    gamma::ln_gamma(n + 1.0)
}

/// Gives the derivative of ln Γ.
pub fn digamma(x: f64) -> f64 {
    gamma::digamma(x)
}

/// Gives what Stirling's formula leaves out of ln x!, by its series (Abramowitz & Stegun 6.1.41) where that is exact.
fn stirling_rest(x: f64) -> f64 {
    if x < 16.0 {
        let half_ln_tau = 0.5 * std::f64::consts::TAU.ln();
        return gamma::ln_gamma(x + 1.0) - ((x + 0.5) * x.ln() - x + half_ln_tau);
    }
    let square = x * x;
    let tail = (1.0 / 1260.0 - (1.0 / 1680.0 - (1.0 / 1188.0) / square) / square) / square;
    (1.0 / 12.0 - (1.0 / 360.0 - tail) / square) / x
}

/// Gives x·ln(x/m) + m − x without loss where both are close (Loader 2000).
fn deviance(x: f64, m: f64) -> f64 {
    if (x - m).abs() < 0.1 * (x + m) {
        let v = (x - m) / (x + m);
        let mut sum = (x - m) * v;
        let mut term = 2.0 * x * v;
        for n in 1..1000 {
            term *= v * v;
            let next = sum + term / f64::from(2 * n + 1);
            if next == sum {
                return next;
            }
            sum = next;
        }
        return sum;
    }
    x * (x / m).ln() + m - x
}

/// Gives C(a + b, a)·p^a·q^b for real a and b, q being 1 − p (Loader 2000, Fast and Accurate Computation of Binomial
/// Probabilities), 0–1.
fn binomial_raw(a: f64, b: f64, [p, q]: [f64; 2]) -> f64 {
    let n = a + b;
    if p <= 0.0 || q <= 0.0 {
        let sure = if p <= 0.0 { a } else { b };
        return if sure == 0.0 { 1.0 } else { 0.0 };
    }
    if a == 0.0 {
        return (n * if p < 0.5 { (-p).ln_1p() } else { q.ln() }).exp();
    }
    if b == 0.0 {
        return (n * if q < 0.5 { (-q).ln_1p() } else { p.ln() }).exp();
    }
    let rest = stirling_rest(n) - stirling_rest(a) - stirling_rest(b);
    let exponent = rest - deviance(a, n * p) - deviance(b, n * q);
    exponent.exp() * (n / (std::f64::consts::TAU * a * b)).sqrt()
}

/// Gives the probability of exactly `k` of `n` where each has probability `p`.
pub fn binomial(k: u64, n: u64, p: f64) -> f64 {
    if k > n { 0.0 } else { binomial_raw(k as f64, (n - k) as f64, [p, 1.0 - p]) }
}

/// Gives the probability of at most `k` of `n` where each has probability `p`.
pub fn binomial_cdf(k: u64, n: u64, p: f64) -> f64 {
    if k >= n { 1.0 } else { regularised((n - k) as f64, k as f64 + 1.0, [1.0 - p, p]) }
}

/// Gives the probability of exactly `k` in `n` draws without replacement from a lot of `lot` that holds `marked`:
/// three binomial probabilities whose p cancels (Loader 2000). 0 where that cannot be.
pub fn hypergeometric(k: u64, n: u64, marked: u64, lot: u64) -> f64 {
    if k > n || k > marked || n > lot || marked > lot || n - k > lot - marked {
        return 0.0;
    }
    if n == 0 || n == lot {
        return 1.0;
    }
    let p = n as f64 / lot as f64;
    binomial(k, marked, p) * binomial(n - k, lot - marked, p) / binomial(n, lot, p)
}

/// Gives the probability of at most `k` in `n` draws without replacement.
pub fn hypergeometric_cdf(k: u64, n: u64, marked: u64, lot: u64) -> f64 {
    let least = (n + marked).saturating_sub(lot);
    let most = n.min(marked);
    if k >= most {
        return 1.0;
    }
    if k < least {
        return 0.0;
    }
    // The shorter tail is added, from its large end to where nothing changes.
    let mode = ((n as f64 + 1.0) * (marked as f64 + 1.0) / (lot as f64 + 2.0)) as u64;
    let sum = |terms: &mut dyn Iterator<Item = u64>| {
        let mut sum = 0.0;
        for i in terms {
            let term = hypergeometric(i, n, marked, lot);
            sum += term;
            if term < sum * 1e-18 {
                break;
            }
        }
        sum
    };
    match k < mode {
        true => sum(&mut (least..=k).rev()).min(1.0),
        false => (1.0 - sum(&mut (k + 1..=most))).clamp(0.0, 1.0),
    }
}

/// Gives the regularised incomplete beta function I_x(a, b), 0–1, by its continued fraction (DLMF 8.17.22, by Lentz's
/// method); a and b above 0.
pub fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    regularised(a, b, [x, 1.0 - x])
}

/// The same with x and 1 − x, of which the smaller one would be lost in the larger.
fn regularised(a: f64, b: f64, [x, rest]: [f64; 2]) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if rest <= 0.0 {
        return 1.0;
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - fraction(b, a, [rest, x]);
    }
    fraction(a, b, [x, rest])
}

fn fraction(a: f64, b: f64, [x, rest]: [f64; 2]) -> f64 {
    const TINY: f64 = 1e-300;
    let away = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut h = d;
    for m in 1..20_000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away(1.0 + even * d);
        c = away(1.0 + even / c);
        h *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away(1.0 + odd * d);
        c = away(1.0 + odd / c);
        let step = d * c;
        h *= step;
        if (step - 1.0).abs() < 1e-16 {
            break;
        }
    }
    // x^a·(1 − x)^b / (a·B(a, b)), by way of the binomial so that large a and b lose nothing.
    b / (a + b) * binomial_raw(a, b, [x, rest]) * h
}

/// Gives the x at which I_x(a, b) is `p`: the quantile of the beta distribution, 0–1.
pub fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    if p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return 1.0;
    }
    let (mut low, mut high) = (0.0f64, 1.0f64);
    let mut x = a / (a + b);
    for _ in 0..200 {
        let above = incomplete_beta(a, b, x) - p;
        match above > 0.0 {
            true => high = x,
            false => low = x,
        }
        let slope = a * b / (a + b) * binomial_raw(a, b, [x, 1.0 - x]) / (x * (1.0 - x));
        let newton = x - above / slope;
        let next = if newton > low && newton < high { newton } else { low + (high - low) / 2.0 };
        if (next - x).abs() <= 1e-17 + 1e-16 * x || high - low <= 1e-17 {
            return next;
        }
        x = next;
    }
    x
}

/// Gives the quantile of the F distribution with `d1` and `d2` degrees of freedom.
pub fn f_quantile(p: f64, d1: f64, d2: f64) -> f64 {
    let x = beta_quantile(p, d1 / 2.0, d2 / 2.0);
    let (x, rest) = match x < 0.5 {
        true => (x, 1.0 - x),
        false => {
            let rest = beta_quantile(1.0 - p, d2 / 2.0, d1 / 2.0);
            (1.0 - rest, rest)
        }
    };
    d2 * x / (d1 * rest)
}

/// Gives the quantile of Student's t with `freedom` degrees of freedom.
pub fn t_quantile(p: f64, freedom: f64) -> f64 {
    match p < 0.5 {
        true => -t_quantile(1.0 - p, freedom),
        false => f_quantile(2.0 * p - 1.0, 1.0, freedom).sqrt(),
    }
}

/// Gives the mean at which a Poisson count has probability `p` of being under `count` complemented, that is the gamma
/// quantile of `p` at shape `count`, by bisection.
pub fn gamma_quantile(p: f64, shape: f64) -> f64 {
    if shape <= 0.0 || p <= 0.0 {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, shape + 1.0);
    while gamma::gamma_lr(shape, high) < p && high < 1e15 {
        (low, high) = (high, high * 2.0);
    }
    for _ in 0..200 {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        match gamma::gamma_lr(shape, middle) < p {
            true => low = middle,
            false => high = middle,
        }
    }
    low + (high - low) / 2.0
}

/// Gives a power of two, by which all values divided lie within −1 and 1 and the largest not far below; 1 where all are
/// 0. `None` where some aren't finite.
pub fn power_of_two_above(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut most = 0.0f64;
    for value in values {
        if !value.is_finite() {
            return None;
        }
        most = most.max(value.abs());
    }
    // Within the powers that a number can be divided by without losing digits.
    Some(if most > 0.0 { most.log2().ceil().clamp(-1000.0, 1023.0).exp2() } else { 1.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::golden::near;

    #[test]
    fn quantiles_are_those_of_tables() {
        // R: qnorm(.975), qt(.975, 16), qf(.95, 1, 10).
        assert!(near(normal_quantile(0.975), 1.959963984540054, 1e-14));
        assert!(near(t_quantile(0.975, 16.0), 2.1199052992212, 1e-12));
        assert!(near(t_quantile(0.025, 16.0), -2.1199052992212, 1e-12));
        assert!(near(f_quantile(0.95, 1.0, 10.0), 4.9646027437307, 1e-12));
        assert!(near(gamma_quantile(0.5, 1.0), std::f64::consts::LN_2, 1e-12));
    }

    #[test]
    fn large_samples_lose_nothing() {
        // A symmetric case whose value is known at any size, and a sum that must be one.
        assert!(near(incomplete_beta(500_000.0, 500_000.0, 0.5), 0.5, 1e-12));
        assert!(near(binomial_cdf(0, 1_000_000, 1e-6), (1e6 * (-1e-6f64).ln_1p()).exp(), 1e-12));
        let all: f64 = (0..=200).map(|k| hypergeometric(k, 200, 3_000, 1_000_000)).sum();
        assert!(near(all, 1.0, 1e-12));
        for p in [1e-6, 0.025, 0.5, 0.975] {
            assert!(near(incomplete_beta(7.5, 90_000.0, beta_quantile(p, 7.5, 90_000.0)), p, 1e-12));
        }
    }

    #[test]
    fn tails_add_up() {
        for k in 0..=12 {
            let sum: f64 = (0..=k).map(|i| hypergeometric(i, 12, 30, 80)).sum();
            assert!(near(hypergeometric_cdf(k, 12, 30, 80), sum, 1e-13));
            let sum: f64 = (0..=k).map(|i| binomial(i, 12, 0.3)).sum();
            assert!(near(binomial_cdf(k, 12, 0.3), sum, 1e-13));
        }
        assert_eq!(hypergeometric_cdf(0, 10, 5, 12), 0.0);
    }
}
