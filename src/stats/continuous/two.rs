//! Two measurements of the same items: limits of agreement (Bland & Altman 1986, 1999) and the concordance correlation
//! (Lin 1989). Pairs are (first reader, second reader).

use super::{constant, mean, scaled};
use crate::stats::agreement::Undefined;
use crate::stats::intervals::Interval;
use crate::stats::special::{t_quantile, two_sided};

/// How many standard deviations the limits lie from the bias, as published.
pub const LIMITS: f64 = 1.96;

/// Limits of agreement in the unit of the values; differences are first minus second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlandAltman {
    pub pairs: usize,
    pub bias: f64,
    pub bias_interval: Interval,
    /// The standard deviation of the differences.
    pub sd: f64,
    pub lower: f64,
    pub lower_interval: Interval,
    pub upper: f64,
    pub upper_interval: Interval,
    /// The standard error of either limit (1999: SD·√(1/n + 1.96²/(2(n − 1)))).
    pub limit_se: f64,
}

/// Gives the limits between which 95 % of differences lie, bias ± 1.96 SD, with intervals by Student's t.
///
/// # Errors
/// Fewer than two pairs, or numbers that aren't finite or of which the limits wouldn't be.
pub fn bland_altman(pairs: &[[f64; 2]], confidence: f64) -> Result<BlandAltman, Undefined> {
    if pairs.len() < 2 {
        return Err(Undefined::TooFew);
    }
    let n = pairs.len() as f64;
    let (values, unit) = scaled(pairs.iter().flatten().copied())?;
    let differences = || values.as_chunks().0.iter().map(|[a, b]| a - b);
    let bias = mean(differences());
    let sd = (differences().map(|d| (d - bias).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    let t = t_quantile((1.0 + confidence) / 2.0, n - 1.0);
    let limit_se = sd * (1.0 / n + LIMITS * LIMITS / (2.0 * (n - 1.0))).sqrt();
    let around =
        |value: f64, se: f64| Interval { low: (value - t * se) * unit, high: (value + t * se) * unit };
    let (lower, upper) = (bias - LIMITS * sd, bias + LIMITS * sd);
    let limits = BlandAltman {
        pairs: pairs.len(),
        bias: bias * unit,
        bias_interval: around(bias, sd / n.sqrt()),
        sd: sd * unit,
        lower: lower * unit,
        lower_interval: around(lower, limit_se),
        upper: upper * unit,
        upper_interval: around(upper, limit_se),
        limit_se: limit_se * unit,
    };
    // The outermost ends hold all the rest between them.
    let ends = [limits.lower_interval.low, limits.upper_interval.high, limits.sd, limits.limit_se];
    match ends.iter().all(|end| end.is_finite()) {
        true => Ok(limits),
        false => Err(Undefined::TooLarge),
    }
}

/// The concordance correlation and what it is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Concordance {
    /// −1–1; 1 is the same values throughout.
    pub value: f64,
    /// Through Fisher's z with Lin's variance (corrected 2000); `None` for fewer than three pairs, and at ±1 or a
    /// correlation of 0, where the variance is 0/0.
    pub interval: Option<Interval>,
    /// Pearson's correlation: how well the points follow a line.
    pub pearson: f64,
    /// How far that line is from the diagonal, 0–1; 1 is on it.
    pub accuracy: f64,
}

/// Gives the concordance correlation 2·s₁₂ / (s₁² + s₂² + (m₁ − m₂)²) with variances over n (Lin 1989).
///
/// # Errors
/// Fewer than two pairs, a reader whose values don't vary, or values that aren't finite.
pub fn lin_ccc(pairs: &[[f64; 2]], confidence: f64) -> Result<Concordance, Undefined> {
    if pairs.len() < 2 {
        return Err(Undefined::TooFew);
    }
    let n = pairs.len() as f64;
    if [0, 1].iter().any(|of| constant(pairs.iter().map(|pair| pair[*of]))) {
        return Err(Undefined::NoVariation);
    }
    let (values, _) = scaled(pairs.iter().flatten().copied())?;
    let pairs = values.as_chunks::<2>().0;
    let means = [0, 1].map(|of| mean(pairs.iter().map(|pair| pair[of])));
    let moment =
        |a: usize, b: usize| mean(pairs.iter().map(|pair| (pair[a] - means[a]) * (pair[b] - means[b])));
    let (first, second, both) = (moment(0, 0), moment(1, 1), moment(0, 1));
    if !(first > 0.0 && second > 0.0) {
        return Err(Undefined::NoVariation);
    }
    let scale = first.sqrt() * second.sqrt();
    let shift = (means[0] - means[1]).powi(2);
    let value = 2.0 * both / (first + second + shift);
    let pearson = both / scale;
    let accuracy = 2.0 * scale / (first + second + shift);
    let (c, r, u) = (value * value, pearson * pearson, shift / scale);
    let variance = ((1.0 - r) * c / ((1.0 - c) * r)
        + 2.0 * value.powi(3) * (1.0 - value) * u / (pearson * (1.0 - c).powi(2))
        - c * c * u * u / (2.0 * r * (1.0 - c).powi(2)))
        / (n - 2.0);
    let interval = (n > 2.0 && c < 1.0 && variance.is_finite() && variance >= 0.0).then(|| {
        let reach = two_sided(confidence) * variance.sqrt();
        Interval { low: (value.atanh() - reach).tanh(), high: (value.atanh() + reach).tanh() }
    });
    let interval = interval.filter(|ends| ends.low.is_finite() && ends.high.is_finite());
    Ok(Concordance { value, interval, pearson, accuracy })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::golden::{Outcome, case, list, meets, near, numbers};

    #[test]
    fn limits_are_those_of_bland_and_altman() -> Outcome {
        let golden = case!("bland_altman1986_pefr");
        let pairs: Vec<[f64; 2]> =
            list(&golden["data"]).iter().map(numbers).map(|row| [row[0], row[1]]).collect();
        let limits = bland_altman(&pairs, 0.95)?;
        let golden = &golden["metrics"];
        for (name, got) in [
            ("bias", limits.bias),
            ("sd", limits.sd),
            ("loa_lower", limits.lower),
            ("loa_upper", limits.upper),
            ("loa_se_1999", limits.limit_se),
        ] {
            meets(name, got, &golden[name], 1e-9);
        }
        for (name, got) in [
            ("bias_ci", limits.bias_interval),
            ("loa_lower_ci", limits.lower_interval),
            ("loa_upper_ci", limits.upper_interval),
        ] {
            meets(name, got.low, &golden[name][0], 1e-9);
            meets(name, got.high, &golden[name][1], 1e-9);
        }
        let concordance = lin_ccc(&pairs, 0.95)?;
        meets("lin_ccc", concordance.value, &golden["lin_ccc"], 1e-9);
        meets("pearson", concordance.pearson, &golden["pearson"], 1e-9);
        assert!(near(concordance.accuracy * concordance.pearson, concordance.value, 1e-12));
        // Of the size that the intraclass correlation's has.
        let interval = concordance.interval.ok_or("no interval")?;
        assert!(near(interval.low, 0.85, 0.01) && near(interval.high, 0.98, 0.005), "{interval:?}");
        Ok(())
    }

    #[test]
    fn two_points_of_a_reader_who_never_varies_tell_nothing() {
        assert_eq!(lin_ccc(&[[1.0, 2.0], [1.0, 3.0]], 0.95).err(), Some(Undefined::NoVariation));
        assert_eq!(bland_altman(&[[1.0, 2.0]], 0.95).err(), Some(Undefined::TooFew));
        assert_eq!(lin_ccc(&[[1.0, 1.0], [2.0, 2.0], [4.0, 4.0]], 0.95).map(|ccc| ccc.interval), Ok(None));
    }

    proptest! {
        #[test]
        fn a_unit_moves_nothing_and_large_numbers_break_nothing(
            values in proptest::collection::vec(-9i32..9, 12),
            exponent in -1000i32..1010,
            wild in proptest::collection::vec(any::<f64>(), 12),
        ) {
            let unit = f64::from(exponent).exp2();
            let pairs = |values: &[f64]| values.as_chunks::<2>().0.to_vec();
            let small: Vec<f64> = values.iter().map(|value| f64::from(*value)).collect();
            let large: Vec<f64> = small.iter().map(|value| value * unit).collect();
            prop_assert_eq!(lin_ccc(&pairs(&small), 0.95), lin_ccc(&pairs(&large), 0.95));
            let [a, b] = [&small, &large].map(|values| bland_altman(&pairs(values), 0.95));
            if let (Ok(a), Ok(b)) = (a, b) {
                prop_assert!(near(a.upper_interval.high, b.upper_interval.high / unit, 1e-12));
                prop_assert!(near(a.bias, b.bias / unit, 1e-12));
            } else {
                prop_assert!(false, "no limits");
            }
            if let Ok(found) = bland_altman(&pairs(&wild), 0.95) {
                let Interval { low, high } = found.bias_interval;
                prop_assert!([found.bias, found.lower, found.upper, low, high].iter().all(|end| end.is_finite()));
            }
            if let Ok(found) = lin_ccc(&pairs(&wild), 0.95) {
                prop_assert!([found.value, found.pearson, found.accuracy].iter().all(|part| part.is_finite()));
            }
        }
    }
}
