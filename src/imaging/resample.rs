//! One filter for all pictures: where they shrink, the mean of the area that falls on each pixel, so that thin lines fade and
//! do not vanish; where they grow, bilinear.

use std::ops::{AddAssign, Mul};

/// Numbers that are summed up: of 32 bits for samples of up to 16, of 64 bits for wider ones.
pub(super) trait Real: Copy + Default + AddAssign + Mul<Output = Self> {
    fn of(number: f64) -> Self;
}

impl Real for f32 {
    fn of(number: f64) -> Self {
        number as f32
    }
}

impl Real for f64 {
    fn of(number: f64) -> Self {
        number
    }
}

/// The source places that make one place of the picture, and how much each counts.
pub(super) struct Taps<F> {
    first: usize,
    weights: Vec<F>,
}

/// Spreads a stretch of `source` places, at least one and not always whole ones, on `target` places.
pub(super) fn taps<F: Real>((from, to): (f64, f64), source: u32, target: u32) -> Vec<Taps<F>> {
    let step = (to - from) / f64::from(target.max(1));
    let last = f64::from(source.max(1)) - 1.0;
    (0..target)
        .map(|place| {
            if step >= 1.0 {
                let (low, high) = (from + f64::from(place) * step, from + f64::from(place + 1) * step);
                let first = low.floor().clamp(0.0, last);
                let end = high.ceil().clamp(first + 1.0, last + 1.0);
                let cover = |at: u32| ((f64::from(at) + 1.0).min(high) - f64::from(at).max(low)).max(0.0);
                let covers: Vec<f64> = (first as u32..end as u32).map(cover).collect();
                let whole: f64 = covers.iter().sum();
                let weights = match whole > 0.0 {
                    true => covers.iter().map(|cover| F::of(cover / whole)).collect(),
                    // Rounding left nothing of the last place.
                    false => vec![F::of(1.0)],
                };
                Taps { first: first as usize, weights }
            } else {
                let centre = (from + (f64::from(place) + 0.5) * step - 0.5).clamp(0.0, last);
                let share = centre - centre.floor();
                let weights =
                    if share == 0.0 { vec![F::of(1.0)] } else { vec![F::of(1.0 - share), F::of(share)] };
                Taps { first: centre as usize, weights }
            }
        })
        .collect()
}

/// Makes a picture of another, row by row, the channels of a pixel together. `put` gets each value in that order.
pub(super) fn resample<T: Copy, F: Real>(
    pixels: &[T],
    (columns, channels): (usize, usize),
    across: &[Taps<F>],
    down: &[Taps<F>],
    number: impl Fn(T) -> F,
    mut put: impl FnMut(F),
) {
    let line = columns * channels;
    let mut sums = vec![F::default(); line];
    for down in down {
        let rows = pixels.get(down.first * line..).unwrap_or_default().chunks_exact(line.max(1));
        let mut rows = rows.zip(&down.weights);
        if let Some((row, weight)) = rows.next() {
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum = number(*value) * *weight);
        }
        for (row, weight) in rows {
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += number(*value) * *weight);
        }
        for across in across {
            for channel in 0..channels {
                let mut whole = F::default();
                if channels == 1 {
                    let values = sums.get(across.first..).unwrap_or_default();
                    match (values, &across.weights[..]) {
                        // Where pictures grow: most of the work on small ones.
                        ([left, right, ..], [near, far]) => {
                            whole = *left * *near;
                            whole += *right * *far;
                        }
                        (values, weights) => {
                            values.iter().zip(weights).for_each(|(value, weight)| whole += *value * *weight);
                        }
                    }
                } else {
                    let values = sums.iter().skip(across.first * channels + channel).step_by(channels);
                    values.zip(&across.weights).for_each(|(value, weight)| whole += *value * *weight);
                }
                put(whole);
            }
        }
    }
}
