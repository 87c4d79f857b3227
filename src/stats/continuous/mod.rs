//! Whether measurements agree: intraclass correlation of any number of readers, limits of agreement and concordance of
//! two. Values in any unit; missing values must be left out before, by whole items.

pub mod icc;
pub mod two;

/// Gives the mean of values; not-a-number of none.
pub(crate) fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (mut sum, mut n) = (0.0, 0.0);
    for value in values {
        sum += value;
        n += 1.0;
    }
    sum / n
}
