//! How far apart points of the same name lie: mean radial error and success rates (Wang 2016). Distances in the unit
//! of the spacing; pixels become millimetres by axis before a distance is taken.

use crate::stats::continuous::mean;
use crate::stats::intervals::bootstrap::quantile;
use crate::stats::overlap::{Point, distance};

/// The distances within which a landmark counts as found, in mm, as the cephalometric challenges have them.
pub const SUCCESS: [f64; 4] = [2.0, 2.5, 3.0, 4.0];

/// How far apart two sets of landmarks are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RadialError {
    pub points: usize,
    pub mean: f64,
    /// The standard deviation over n − 1; `None` of one point.
    pub sd: Option<f64>,
    pub median: f64,
    pub largest: f64,
    /// The shares, 0–1, of landmarks that lie within each of [`SUCCESS`], the limit included.
    pub within: [f64; 4],
}

/// Gives the distances of points to points of the same name, that stand at the same place of the other list; the
/// spacing is between rows (y), then between columns (x).
pub fn distances(a: &[Point], b: &[Point], spacing: [f64; 2]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| distance(*a, *b, spacing)).collect()
}

/// Sums up distances; `None` of none.
pub fn radial_error(distances: &[f64]) -> Option<RadialError> {
    let mut sorted = distances.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let (n, mean) = (sorted.len() as f64, mean(sorted.iter().copied()));
    let squares: f64 = sorted.iter().map(|one| (one - mean).powi(2)).sum();
    Some(RadialError {
        points: sorted.len(),
        mean,
        sd: (sorted.len() > 1).then(|| (squares / (n - 1.0)).sqrt()),
        median: quantile(&sorted, 0.5)?,
        largest: *sorted.last()?,
        within: SUCCESS.map(|limit| sorted.partition_point(|one| *one <= limit) as f64 / n),
    })
}

/// How several readers' points of the same name become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Middle {
    /// The mean of each coordinate, which one far point pulls away.
    Mean,
    /// The median of each coordinate, the mean of the middle two for an even number.
    Median,
}

/// Gives one point for each name from the readers' lists, as far as all lists reach; empty without readers.
pub fn consensus(readers: &[&[Point]], middle: Middle) -> Vec<Point> {
    let names = readers.iter().map(|points| points.len()).min().unwrap_or(0);
    let coordinate = |name: usize, axis: usize| {
        let mut values: Vec<f64> = readers.iter().map(|points| points[name][axis]).collect();
        values.sort_unstable_by(f64::total_cmp);
        match middle {
            Middle::Mean => mean(values),
            Middle::Median => quantile(&values, 0.5).unwrap_or(f64::NAN),
        }
    };
    (0..names).map(|name| [coordinate(name, 0), coordinate(name, 1)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::golden::{Outcome, case, list, meets, near, numbers};
    use serde_json::Value;

    #[test]
    fn errors_are_those_of_the_reference() -> Outcome {
        let golden = case!("landmarks");
        let points = |value: &Value| -> Vec<Point> {
            list(value).iter().map(numbers).map(|point| [point[0], point[1]]).collect()
        };
        let reference = points(&golden["reference_mm"]);
        let readers: Vec<Vec<Point>> = list(&golden["readers_mm"]).iter().map(points).collect();
        let check = |a: &[Point], b: &[Point], golden: &Value| -> Outcome {
            let error = radial_error(&distances(a, b, [1.0, 1.0])).ok_or("nothing")?;
            meets("mean", error.mean, &golden["MRE"], 1e-9);
            meets("sd", error.sd.ok_or("no sd")?, &golden["SD_sample"], 1e-9);
            meets("median", error.median, &golden["median"], 1e-9);
            meets("largest", error.largest, &golden["max"], 1e-9);
            for (share, limit) in error.within.iter().zip(["2", "2.5", "3", "4"]) {
                meets(limit, *share, &golden[format!("SDR_{limit}mm")], 1e-9);
            }
            Ok(())
        };
        for (reader, golden) in readers.iter().zip(list(&golden["metrics"]["vs_reference"])) {
            check(reader, &reference, golden)?;
        }
        for (a, b) in [(0, 1), (0, 2), (1, 2)] {
            let golden = &golden["metrics"]["pairwise"][format!("{}_{}", a + 1, b + 1)];
            check(&readers[a], &readers[b], golden)?;
        }
        let lists: Vec<&[Point]> = readers.iter().map(Vec::as_slice).collect();
        for (middle, name) in [(Middle::Mean, "mean_consensus"), (Middle::Median, "coordinate_median")] {
            let want = points(&golden["metrics"][name]);
            let got = consensus(&lists, middle);
            assert_eq!(got.len(), want.len());
            assert!(
                got.iter().flatten().zip(want.iter().flatten()).all(|(got, want)| near(*got, *want, 1e-9))
            );
        }
        let centroid = consensus(&lists, Middle::Mean);
        let apart = mean(readers.iter().flat_map(|reader| distances(reader, &centroid, [1.0, 1.0])));
        meets("to centroid", apart, &golden["metrics"]["mean_distance_to_centroid"], 1e-9);
        Ok(())
    }

    #[test]
    fn the_spacing_comes_before_the_distance() {
        assert_eq!(distances(&[[0.0, 0.0]], &[[6.0, 4.0]], [1.0, 0.5]), [5.0]);
        assert_eq!(radial_error(&[]), None);
        let exact = radial_error(&[2.0, 4.0]).map(|error| error.within);
        assert_eq!(exact, Some([0.5, 0.5, 0.5, 1.0]));
    }
}
