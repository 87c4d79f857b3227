//! Resampling: the bootstrap by groups (patients), since findings of one patient resemble each other, and the
//! jackknife. The numbers follow from the seed alone, whatever the number of threads.

use rayon::prelude::*;

use super::Interval;
use crate::stats::random::Random;

/// What the replicates of a bootstrap say of one measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Replicates {
    /// Between the percentiles that leave half of 1 − confidence outside on each side (Efron 1979).
    pub interval: Interval,
    /// The standard deviation of the replicates.
    pub se: f64,
    /// In how many replicates the measure was defined; those in which it wasn't are left out.
    pub defined: usize,
}

/// Draws groups with replacement, as many as there are, and computes measures of each draw.
///
/// `statistics` is called once a replicate with how often each of the `groups` was drawn, and gives each measure or
/// `None` where it is undefined. A measure that was defined in fewer than two replicates has no result. Replicate r
/// takes stream r of the seed.
pub fn clustered<F>(
    groups: usize,
    replicates: usize,
    seed: u64,
    confidence: f64,
    statistics: F,
) -> Vec<Option<Replicates>>
where
    F: Fn(&[u32]) -> Vec<Option<f64>> + Sync,
{
    if groups == 0 {
        return Vec::new();
    }
    let drawn: Vec<Vec<Option<f64>>> = (0..replicates as u64)
        .into_par_iter()
        .map_init(
            || vec![0u32; groups],
            |times, replicate| {
                times.fill(0);
                let mut random = Random::new(seed, replicate);
                for _ in 0..groups {
                    times[random.below(groups as u64) as usize] += 1;
                }
                statistics(times)
            },
        )
        .collect();
    let measures = drawn.iter().map(Vec::len).max().unwrap_or(0);
    (0..measures)
        .map(|n| {
            let values = drawn.iter().filter_map(|measures| measures.get(n).copied().flatten());
            summary(values.filter(|value| value.is_finite()).collect(), confidence)
        })
        .collect()
}

fn summary(mut values: Vec<f64>, confidence: f64) -> Option<Replicates> {
    if values.len() < 2 {
        return None;
    }
    values.sort_unstable_by(f64::total_cmp);
    let outside = (1.0 - confidence) / 2.0;
    let interval = Interval { low: quantile(&values, outside)?, high: quantile(&values, 1.0 - outside)? };
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let spread: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some(Replicates { interval, se: (spread / (values.len() - 1) as f64).sqrt(), defined: values.len() })
}

/// Gives the quantile `p`, 0–1, of sorted values, linear between neighbours (Hyndman & Fan 1996, type 7); `None` of
/// none.
pub fn quantile(sorted: &[f64], p: f64) -> Option<f64> {
    let place = p.clamp(0.0, 1.0) * sorted.len().checked_sub(1)? as f64;
    let below = sorted.get(place.floor() as usize)?;
    let above = sorted.get(place.ceil() as usize)?;
    Some(below + (above - below) * place.fract())
}

/// Gives the standard error by leaving out one unit at a time (Tukey 1958): √((n − 1)/n · Σ(θᵢ − θ̄)²).
///
/// Each entry is an estimate without a unit and how many units give this same estimate. `None` for fewer than two
/// units.
pub fn jackknife(without: impl IntoIterator<Item = (f64, f64)> + Clone) -> Option<f64> {
    let (mut units, mut sum) = (0.0, 0.0);
    for (value, times) in without.clone() {
        units += times;
        sum += value * times;
    }
    if !(units >= 2.0 && sum.is_finite()) {
        return None;
    }
    let mean = sum / units;
    let spread: f64 = without.into_iter().map(|(value, times)| times * (value - mean).powi(2)).sum();
    Some(((units - 1.0) / units * spread).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::golden::{Outcome, near};

    #[test]
    fn a_bootstrap_covers_the_mean_and_does_not_depend_on_threads() -> Outcome {
        let values: Vec<f64> = (0..60).map(|n| f64::from(n % 7)).collect();
        let mean = |times: &[u32]| {
            let sum: f64 = times.iter().zip(&values).map(|(n, value)| f64::from(*n) * value).sum();
            vec![Some(sum / 60.0), None]
        };
        let run = |threads: usize| -> Result<_, Box<dyn std::error::Error>> {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
            Ok(pool.install(|| clustered(60, 2000, 11, 0.95, mean)))
        };
        let one = run(1)?;
        assert_eq!(one, run(3)?);
        let first = one[0].ok_or("no interval")?;
        let truth = values.iter().sum::<f64>() / 60.0;
        let sd = (values.iter().map(|value| (value - truth).powi(2)).sum::<f64>() / 60.0).sqrt();
        assert!(first.interval.holds(truth) && near(first.se, sd / 60f64.sqrt(), 0.02), "{first:?}");
        assert_eq!((one[1], first.defined), (None, 2000));
        Ok(())
    }

    #[test]
    fn the_jackknife_of_a_mean_is_its_standard_error() {
        let values = [3.0, 5.0, 5.0, 9.0];
        let without = |left: f64| (22.0 - left) / 3.0;
        let by_value = [(without(3.0), 1.0), (without(5.0), 2.0), (without(9.0), 1.0)];
        let spread: f64 = values.iter().map(|value| (value - 5.5f64).powi(2)).sum();
        assert!(jackknife(by_value).is_some_and(|se| near(se, (spread / 3.0 / 4.0).sqrt(), 1e-12)));
        assert_eq!(jackknife([(1.0, 1.0)]), None);
    }

    #[test]
    fn quantiles_lie_between_neighbours() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), Some(3.0));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
