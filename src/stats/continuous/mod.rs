//! Whether measurements agree: intraclass correlation of any number of readers, limits of agreement and concordance of
//! two. Values in any unit; missing values must be left out before, by whole items.

pub mod icc;
pub mod two;

use crate::stats::agreement::Undefined;
use crate::stats::special::power_of_two_above;

/// Brings values to within −1 and 1 by a power of two, which loses no digit, so that no square of them is too large or
/// too small; gives that power too.
///
/// # Errors
/// Some aren't finite.
pub(crate) fn scaled(values: impl IntoIterator<Item = f64> + Clone) -> Result<(Vec<f64>, f64), Undefined> {
    let unit = power_of_two_above(values.clone()).ok_or(Undefined::TooLarge)?;
    Ok((values.into_iter().map(|value| value / unit).collect(), unit))
}

/// Tells whether all values are the same one.
pub(crate) fn constant(values: impl IntoIterator<Item = f64>) -> bool {
    let mut values = values.into_iter();
    let first = values.next();
    values.all(|value| Some(value) == first)
}

/// Gives the mean of values; not-a-number of none.
pub(crate) fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (mut sum, mut n) = (0.0, 0.0);
    for value in values {
        sum += value;
        n += 1.0;
    }
    sum / n
}
