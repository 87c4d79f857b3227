//! Charts with limits: shares by sample (Shewhart's p-chart) and the exponentially weighted mean (Roberts 1959).

use crate::stats::intervals::Interval;

/// What a point of a chart tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alarm {
    /// Nothing.
    Quiet,
    /// Two of three points in a row lie beyond two standard deviations on the same side.
    Warning,
    /// The point lies beyond three.
    Beyond,
}

/// A sample of a p-chart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SharePoint {
    pub n: u64,
    pub hits: u64,
    /// 0–1; not-a-number for an empty sample, which alarms nothing.
    pub share: f64,
    /// Three standard deviations at this sample's size, cut at 0 and 1.
    pub limits: Interval,
    pub alarm: Alarm,
}

/// Gives the overall share of samples (hits, n), 0–1; `None` where all are empty.
pub fn centre(samples: &[(u64, u64)]) -> Option<f64> {
    let (hits, n) = samples.iter().fold((0, 0), |(hits, n), (h, m)| (hits + h, n + m));
    (n > 0).then(|| hits as f64 / n as f64)
}

/// Gives the p-chart of samples (hits, n) around a share, which is the [`centre`] of these or of an earlier, quiet
/// time.
pub fn p_chart(samples: &[(u64, u64)], centre: f64) -> Vec<SharePoint> {
    let mut sides: Vec<i8> = Vec::with_capacity(samples.len());
    samples
        .iter()
        .map(|(hits, n)| {
            let (share, sd) = (*hits as f64 / *n as f64, (centre * (1.0 - centre) / *n as f64).sqrt());
            let from_centre = share - centre;
            sides.push(if from_centre.abs() > 2.0 * sd { from_centre.signum() as i8 } else { 0 });
            let side = sides.last().copied().unwrap_or(0);
            let same = sides.iter().rev().take(3).filter(|before| side != 0 && **before == side).count();
            let alarm = match from_centre.abs() > 3.0 * sd {
                true => Alarm::Beyond,
                false if same >= 2 => Alarm::Warning,
                false => Alarm::Quiet,
            };
            let limits = match *n > 0 {
                true => Interval { low: (centre - 3.0 * sd).max(0.0), high: (centre + 3.0 * sd).min(1.0) },
                false => Interval { low: 0.0, high: 1.0 },
            };
            SharePoint { n: *n, hits: *hits, share, limits, alarm }
        })
        .collect()
}

/// A point of the chart of weighted means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanPoint {
    pub mean: f64,
    /// How far from the target the limits lie at this point.
    pub half_width: f64,
    /// The mean lies beyond.
    pub alarm: bool,
}

/// Gives the exponentially weighted moving average z = λx + (1 − λ)z from the target on, with limits that widen as
/// observations come in: L·σ·√(λ/(2 − λ)·(1 − (1 − λ)^2t)) (Roberts 1959; Lucas & Saccucci 1990).
///
/// `lambda` is above 0 and up to 1; `sigma` is the standard deviation of one observation.
pub fn ewma(values: &[f64], target: f64, sigma: f64, lambda: f64, l: f64) -> Vec<MeanPoint> {
    let (mut mean, mut kept) = (target, 1.0);
    values
        .iter()
        .map(|value| {
            mean = lambda * value + (1.0 - lambda) * mean;
            kept *= (1.0 - lambda) * (1.0 - lambda);
            let half_width = l * sigma * (lambda / (2.0 - lambda) * (1.0 - kept)).sqrt();
            MeanPoint { mean, half_width, alarm: (mean - target).abs() > half_width }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::golden::{Outcome, case, list, meets, number, numbers, whole};

    #[test]
    fn charts_are_those_of_the_reference() -> Outcome {
        let golden = case!("drift_charts");
        let points = list(&golden["p_chart"]["points"]);
        let samples: Vec<(u64, u64)> =
            points.iter().map(|point| (whole(&point["d"]) as u64, whole(&point["n"]) as u64)).collect();
        let middle = centre(&samples).ok_or("no centre")?;
        meets("centre", middle, &golden["p_chart"]["pbar"], 1e-9);
        for (got, want) in p_chart(&samples, middle).iter().zip(points) {
            meets("share", got.share, &want["p"], 1e-9);
            meets("upper", got.limits.high, &want["ucl"], 1e-9);
            meets("lower", got.limits.low, &want["lcl"], 1e-9);
            assert_eq!(got.alarm == Alarm::Beyond, got.share > number(&want["ucl"]));
        }
        let chart = &golden["ewma"];
        let got =
            ewma(&numbers(&golden["series_normal"]), 10.0, 1.0, number(&chart["lam"]), number(&chart["L"]));
        for (n, point) in got.iter().enumerate() {
            meets("mean", point.mean, &chart["z"][n], 1e-9);
            meets("half width", point.half_width, &chart["half_width"][n], 1e-9);
        }
        // The reference counts from 1.
        assert_eq!(
            got.iter().position(|point| point.alarm).map(|n| n + 1),
            Some(whole(&chart["first_signal"]))
        );
        Ok(())
    }

    #[test]
    fn two_of_three_far_out_on_one_side_warn() {
        let alarms =
            |hits: [u64; 4]| p_chart(&hits.map(|hits| (hits, 100)), 0.1).last().map(|point| point.alarm);
        assert_eq!(alarms([10, 17, 10, 17]), Some(Alarm::Warning));
        assert_eq!(alarms([17, 10, 10, 17]), Some(Alarm::Quiet));
        assert_eq!(alarms([10, 3, 10, 17]), Some(Alarm::Quiet));
        assert_eq!(alarms([10, 17, 17, 10]), Some(Alarm::Quiet));
        assert_eq!(alarms([10, 10, 10, 20]), Some(Alarm::Beyond));
        assert_eq!(p_chart(&[(0, 0)], 0.1).first().map(|point| point.alarm), Some(Alarm::Quiet));
        assert_eq!(centre(&[(0, 0)]), None);
    }
}
