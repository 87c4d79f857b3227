//! Single sampling plans for normal inspection by size of lot, level of inspection and acceptable quality, of
//! MIL-STD-105E (public domain), whose tables ISO 2859-1 and ANSI/ASQ Z1.4 share; for qualities of 0.010 to 10 percent.
//!
//! For series of lots. A lot that stands alone is judged by its limiting quality: see `plan::isolated`.

use super::plan::Plan;

/// Levels of inspection: `II` unless there is a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    S1,
    S2,
    S3,
    S4,
    I,
    II,
    III,
}

impl Level {
    /// All levels with the words for them, from few to many.
    pub const ALL: [(Level, &str); 7] = [
        (Level::S1, "S-1"),
        (Level::S2, "S-2"),
        (Level::S3, "S-3"),
        (Level::S4, "S-4"),
        (Level::I, "I"),
        (Level::II, "II"),
        (Level::III, "III"),
    ];

    /// Gives the level of a word.
    pub fn named(word: &str) -> Option<Level> {
        Level::ALL.iter().find(|(_, name)| *name == word).map(|(level, _)| *level)
    }
}

/// The letters of sizes of samples, which leave out I and O.
pub const LETTERS: [char; 16] =
    ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J', 'K', 'L', 'M', 'N', 'P', 'Q', 'R'];

/// The size of the sample of each letter.
const SIZES: [u64; 16] = [2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000];

/// The acceptable qualities, in percent.
pub const QUALITIES: [f64; 16] =
    [0.01, 0.015, 0.025, 0.04, 0.065, 0.1, 0.15, 0.25, 0.4, 0.65, 1.0, 1.5, 2.5, 4.0, 6.5, 10.0];

/// The largest lot of each row of the table of letters; the last row has no end.
const LOTS: [u64; 14] = [8, 15, 25, 50, 90, 150, 280, 500, 1200, 3200, 10_000, 35_000, 150_000, 500_000];

/// The letters by level (S-1 to III) and row.
const BY_LEVEL: [&str; 7] = [
    "AAAABBBBCCCCDDD",
    "AAABBBCCCDDDEEE",
    "AABBCCDDEEFFGGH",
    "AABCCDEEFGGHJJK",
    "AABCCDEFGHJKLMN",
    "ABCDEFGHJKLMNPQ",
    "BCDEFGHJKLMNPQR",
];

/// What a letter and a quality together give: the table is the same along its diagonals.
const DIAGONALS: [(usize, u64); 9] =
    [(14, 0), (17, 1), (18, 2), (19, 3), (20, 5), (21, 7), (22, 10), (23, 14), (24, 21)];

/// A plan of the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standard {
    /// The letter whose sample is taken: another than the lot's where an arrow of the table leads there.
    pub letter: char,
    pub plan: Plan,
    /// The sample would be as large as the lot: look at all of it.
    pub whole: bool,
}

/// Gives the letter of a lot; `None` for a lot under two.
pub fn letter(lot: u64, level: Level) -> Option<char> {
    let row = LOTS.partition_point(|largest| *largest < lot);
    let of = Level::ALL.iter().position(|(one, _)| *one == level)?;
    (lot >= 2).then(|| BY_LEVEL[of].chars().nth(row)).flatten()
}

/// Gives the plan of a letter at an acceptable quality in percent, one of [`QUALITIES`], following the arrows of the
/// table. `None` for another quality, another letter, and where the arrows lead out of the table.
pub fn by_letter(letter: char, quality: f64) -> Option<(char, Plan)> {
    let across = QUALITIES.iter().position(|one| (one - quality).abs() <= 1e-9 * quality)?;
    let mut row = LETTERS.iter().position(|one| *one == letter)?;
    loop {
        let diagonal = row + across;
        if let Some((_, accept)) = DIAGONALS.iter().find(|(one, _)| *one == diagonal) {
            return Some((LETTERS[row], Plan { n: SIZES[row], accept: *accept }));
        }
        // Between the plans that accept none and those that accept one stand an arrow up and an arrow down.
        row = match diagonal < 14 || diagonal == 16 {
            true => row + 1,
            false => row.checked_sub(1)?,
        };
        if row >= LETTERS.len() {
            return None;
        }
    }
}

/// Gives the plan for a lot: its letter by the level, then the plan by letter and acceptable quality in percent.
///
/// `None` where [`letter`] or [`by_letter`] has none; a lot without a plan is looked at whole.
pub fn single(lot: u64, level: Level, quality: f64) -> Option<Standard> {
    let (letter, plan) = by_letter(letter(lot, level)?, quality)?;
    let whole = plan.n >= lot;
    Some(Standard { letter, plan: Plan { n: plan.n.min(lot), ..plan }, whole })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::golden::{Outcome, case, list, number, whole};

    #[test]
    fn plans_are_those_of_the_tables() -> Outcome {
        let golden = case!("acceptance_sampling");
        for (level, name) in Level::ALL {
            for (range, want) in list(&golden["lot_ranges"]).iter().zip(list(&golden["levels"][name])) {
                let ends = [&range[0], &range[1]].map(|end| end.as_u64().unwrap_or(10_000_000));
                for lot in ends {
                    assert_eq!(
                        letter(lot, level).map(String::from).as_deref(),
                        want.as_str(),
                        "{lot} {name}"
                    );
                }
            }
            assert_eq!(Level::named(name), Some(level));
        }
        let plans = golden["resolved_plans"].as_object().ok_or("no plans")?;
        assert_eq!(plans.len(), LETTERS.len() * QUALITIES.len());
        for (name, want) in plans {
            let (letter, quality) = name.split_once('|').ok_or("no name")?;
            let got = by_letter(letter.chars().next().ok_or("no letter")?, quality.parse()?);
            let want = want.as_object().map(|plan| {
                let letter = plan["use_letter"].as_str().and_then(|letter| letter.chars().next());
                (letter, whole(&plan["n"]) as u64, whole(&plan["Ac"]) as u64, whole(&plan["Re"]) as u64)
            });
            assert_eq!(
                got.map(|(letter, plan)| (Some(letter), plan.n, plan.accept, plan.reject())),
                want,
                "{name}"
            );
        }
        assert!(list(&golden["AQL_percent"]).iter().map(number).eq(QUALITIES));
        Ok(())
    }

    #[test]
    fn a_small_lot_is_seen_whole() {
        let plan = single(40, Level::II, 0.25);
        assert_eq!(plan, Some(Standard { letter: 'H', plan: Plan { n: 40, accept: 0 }, whole: true }));
        assert_eq!(
            single(1000, Level::II, 1.0).map(|one| (one.letter, one.plan.n, one.plan.accept)),
            Some(('J', 80, 2))
        );
        assert_eq!((single(1, Level::II, 1.0), single(1000, Level::II, 1.1)), (None, None));
    }
}
