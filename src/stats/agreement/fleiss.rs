//! What Fleiss' κ has beside its value where each item has equally many reads: κ of each level, and standard errors
//! under the hypothesis that readers agree by chance alone.

use super::reads::{Patterns, Undefined};

/// Fleiss' κ by level, with errors for tests against 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Fleiss {
    /// How many reads each item has.
    pub readers: f64,
    pub items: f64,
    /// The standard error of κ if there is no agreement beyond chance (Fleiss, Nee & Landis 1979).
    pub se_by_chance: f64,
    /// κ of each declared level against all others; undefined for a level that nobody or everybody chose.
    pub by_level: Vec<Result<f64, Undefined>>,
    /// The standard error of each level's κ if there is no agreement beyond chance.
    pub level_se_by_chance: f64,
}

/// Gives κ of each level (Fleiss 1971), and the errors under chance.
///
/// # Errors
/// Items with different numbers of reads, no item with two, or a single level in use.
pub fn fleiss(reads: &Patterns) -> Result<Fleiss, Undefined> {
    let (mut items, mut each, mut equal) = (0.0, 0.0, true);
    let levels = reads.levels();
    let (mut chosen_in_all, mut split) = (vec![0.0; levels], vec![0.0; levels]);
    reads.each_profile(|chosen, readers, count| {
        equal &= items == 0.0 || readers == each;
        each = readers;
        items += count;
        for (level, chosen) in chosen.iter().enumerate() {
            chosen_in_all[level] += count * chosen;
            split[level] += count * chosen * (readers - chosen);
        }
    });
    match (items > 0.0, equal, each >= 2.0) {
        (false, ..) => return Err(Undefined::NoItems),
        (_, false, _) => return Err(Undefined::Unequal),
        (.., false) => return Err(Undefined::NoPairs),
        _ => {}
    }
    let pairs = items * each * (each - 1.0);
    let share = |level: usize| chosen_in_all[level] / (items * each);
    let both = |level: usize| share(level) * (1.0 - share(level));
    let spread: f64 = (0..levels).map(both).sum();
    if spread <= 0.0 {
        return Err(Undefined::NoVariation);
    }
    let skew: f64 = (0..levels).map(|level| both(level) * (1.0 - 2.0 * share(level))).sum();
    let by_level = |level: usize| match both(level) > 0.0 {
        true => Ok(1.0 - split[level] / (pairs * both(level))),
        false => Err(Undefined::NoVariation),
    };
    Ok(Fleiss {
        readers: each,
        items,
        se_by_chance: (2.0 / (spread * spread * pairs) * (spread * spread - skew)).max(0.0).sqrt(),
        by_level: (0..levels).map(by_level).collect(),
        level_se_by_chance: (2.0 / pairs).sqrt(),
    })
}
