//! How often the charts over time alarm for readers who don't change: by chance alone, in thousands of seeded courses. The
//! figures stand in docs/statistics.md.

use std::collections::BTreeMap;

use super::look::{Course, Outcome};
use super::time::chart;
use super::triggers::drift;
use crate::stats::random::Random;

const WEEK: i64 = 7 * 24 * 60 * 60 * 1000;

/// Gives in how many of so many courses each chart alarms: `weeks` samples of `n` cases, of which a share goes against
/// the reader, and from `since` on another.
fn alarms(
    courses: u64,
    (weeks, n): (i64, u32),
    share: f64,
    (since, then): (i64, f64),
) -> BTreeMap<&'static str, u64> {
    let mut alarms = BTreeMap::new();
    for stream in 0..courses {
        let mut random = Random::new(41, stream);
        let course: Vec<Course> = (0..weeks)
            .flat_map(|week| (0..n).map(move |case| (week, case)))
            .map(|(week, case)| {
                let against = random.unit() < if week < since { share } else { then };
                Course {
                    // From a Monday on.
                    at: (week + 2900) * WEEK - 3 * WEEK / 7 + i64::from(case),
                    case: week as u32 * n + case,
                    outcome: if against { Outcome::Against } else { Outcome::With },
                }
            })
            .collect();
        for trigger in drift(&chart(&course, 20)) {
            *alarms.entry(trigger.trigger).or_default() += 1;
        }
    }
    alarms
}

#[test]
fn a_reader_who_does_not_change_sets_charts_off_as_rarely_as_docs_say() {
    // Twelve weeks of forty cases at 10 %, and half a year of twenty at 5 %.
    for (weeks, share, stated) in [
        ((12, 40), 0.1, [("p-chart", 0.04), ("ewma", 0.004), ("cusum", 0.007)]),
        ((26, 20), 0.05, [("p-chart", 0.225), ("ewma", 0.032), ("cusum", 0.004)]),
    ] {
        let found = alarms(2000, weeks, share, (weeks.0, share));
        for (name, chance) in stated {
            let times = found.get(name).copied().unwrap_or(0) as f64 / 2000.0;
            // Five standard deviations of what is seen and of what is stated.
            let reach = 5.0 * (chance * (1.0 - chance) / 1000.0f64).sqrt();
            assert!((times - chance).abs() < reach, "{name} in {weeks:?}: {times}, not {chance}");
        }
        // The sum was to alarm once in twenty such windows, and does so less often.
        assert!(found.get("cusum").is_none_or(|times| *times < 100), "{found:?}");
    }
}

#[test]
fn a_reader_who_becomes_worse_is_found() {
    let found = alarms(200, (12, 40), 0.05, (6, 0.3));
    let times = |name: &str| found.get(name).copied().unwrap_or(0);
    assert!(times("ewma") > 140 && times("cusum") > 190 && times("p-chart") > 150, "{found:?}");
}
