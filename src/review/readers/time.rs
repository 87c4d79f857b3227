//! A reader's disagreement index over time: p-chart, EWMA and CUSUM, against the reader's own index over the whole
//! window, so that they tell of change. Where a reader stands among others is the funnel's to say.
//!
//! Only cases count of which nothing is open, in the order in which they were read: what still waits for an answer would
//! make the newest reads look good.

use serde::Serialize;

use super::look::Course;
use crate::domain::moment;
use crate::stats::drift::chart::{self, ewma, p_chart};
use crate::stats::drift::sums::{Steps, bernoulli_cusum};

/// Weight of the newest sample in the moving average, and its limit in standard deviations (Lucas & Saccucci 1990).
const LAMBDA: f64 = 0.2;
const REACH: f64 = 3.0;

/// The sum looks for errors whose odds have doubled; an unchanged reader crosses its limit once in so many windows as
/// long as this one.
const ODDS: f64 = 2.0;
const WINDOWS: f64 = 20.0;

const DAY: i64 = 86_400_000;
/// 1 January 1970 was a Thursday.
const MONDAY: i64 = -3 * DAY;

/// Gives the Monday, 0:00 UTC, of the week of a moment; both in milliseconds since 1970 UTC.
pub fn week_of(at: i64) -> i64 {
    (at - MONDAY).div_euclid(7 * DAY) * 7 * DAY + MONDAY
}

/// How bad a point is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Alarm {
    Quiet,
    /// Two of three in a row lie beyond two standard deviations.
    Warning,
    /// It lies beyond three.
    Beyond,
    /// Too few cases to be judged: the last weeks, which are not enough yet.
    Few,
}

/// Cases read in one week, or in as many weeks as it takes to have enough.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sample {
    /// The Monday of the first week: milliseconds since 1970 UTC.
    pub start: i64,
    /// The same as a day: `2026-11-23`.
    pub week: String,
    pub n: u64,
    pub disagreed: u64,
    /// 0–1
    pub share: f64,
    /// Three standard deviations around the centre, cut at 0 and 1.
    pub low: f64,
    pub high: f64,
    pub alarm: Alarm,
    /// Exponentially weighted mean of the shares, in standard deviations from the centre.
    pub ewma: f64,
    pub ewma_limit: f64,
    /// Sum of the log-likelihood ratios at the sample's end, and whether it crossed the chart's limit in it.
    pub cusum: f64,
    pub cusum_alarm: bool,
}

/// The index of one reader over time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Chart {
    /// The share over all samples that are judged, 0–1.
    pub centre: Option<f64>,
    pub samples: Vec<Sample>,
    pub cusum_limit: Option<f64>,
    /// Why nothing is judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Makes the chart of cases in the order of their moments; a sample needs `least` of them.
pub(super) fn chart(courses: &[Course], least: u64) -> Chart {
    let settled: Vec<Course> = courses.iter().filter(|course| course.settled).copied().collect();
    let samples = samples(&settled, least.max(1) as usize);
    let judged: Vec<&[Course]> =
        samples.iter().copied().filter(|sample| sample.len() as u64 >= least).collect();
    let counts: Vec<(u64, u64)> = judged.iter().map(|sample| counts(sample)).collect();
    let centre = chart::centre(&counts);
    let why = match (judged.len(), centre) {
        (0, _) => Some(format!("fewer than {least} settled cases")),
        (1, _) => Some(format!("all settled cases lie in one sample: a course needs two of {least} cases")),
        (_, Some(0.0)) => Some("no final answer is another than the reader's".to_owned()),
        (_, Some(1.0)) => Some("every final answer is another than the reader's".to_owned()),
        _ => None,
    };
    let Some(centre) = centre.filter(|_| why.is_none()) else {
        let plain = samples.iter().map(|sample| plain(sample)).collect();
        return Chart { centre, samples: plain, cusum_limit: None, why };
    };
    let points = p_chart(&counts, centre);
    let deviations: Vec<f64> = points
        .iter()
        .map(|point| (point.share - centre) / (centre * (1.0 - centre) / point.n as f64).sqrt())
        .collect();
    let means = ewma(&deviations, 0.0, 1.0, LAMBDA, REACH);
    let errors: Vec<bool> = judged.iter().flat_map(|sample| sample.iter().map(|one| one.disagreed)).collect();
    let raised = ODDS * centre / (1.0 - centre + ODDS * centre);
    let steps = Steps::between(centre, raised);
    let limit = steps.and_then(|steps| steps.limit(centre, WINDOWS * errors.len() as f64));
    let sums = match (steps, limit) {
        (Some(steps), Some(limit)) => bernoulli_cusum(&errors, steps, limit),
        _ => Vec::new(),
    };
    let mut sums = sums.into_iter();
    let mut drawn: Vec<Sample> = judged
        .iter()
        .zip(&points)
        .zip(&means)
        .map(|((sample, point), mean)| {
            let sums: Vec<(f64, bool)> = sums.by_ref().take(sample.len()).collect();
            // Better than before is no reason to look.
            let worse = point.share > centre;
            Sample {
                low: point.limits.low,
                high: point.limits.high,
                alarm: match point.alarm {
                    chart::Alarm::Beyond if worse => Alarm::Beyond,
                    chart::Alarm::Warning if worse => Alarm::Warning,
                    _ => Alarm::Quiet,
                },
                ewma: mean.mean,
                ewma_limit: mean.half_width,
                cusum: sums.last().map_or(0.0, |(sum, _)| *sum),
                cusum_alarm: sums.iter().any(|(_, alarm)| *alarm),
                ..plain(sample)
            }
        })
        .collect();
    drawn.extend(samples.iter().skip(judged.len()).map(|sample| plain(sample)));
    Chart { centre: Some(centre), samples: drawn, cusum_limit: limit, why }
}

/// Cuts cases into weeks; a week with too few goes on into the next.
fn samples(courses: &[Course], least: usize) -> Vec<&[Course]> {
    let mut samples = Vec::new();
    let mut rest = courses;
    let mut end = 0;
    for week in courses.chunk_by(|a, b| week_of(a.at) == week_of(b.at)) {
        end += week.len();
        if end >= least {
            let (sample, after) = rest.split_at(end);
            samples.push(sample);
            (rest, end) = (after, 0);
        }
    }
    if !rest.is_empty() {
        samples.push(rest);
    }
    samples
}

fn counts(sample: &[Course]) -> (u64, u64) {
    (sample.iter().filter(|course| course.disagreed).count() as u64, sample.len() as u64)
}

/// A sample that nothing is judged of.
fn plain(sample: &[Course]) -> Sample {
    let (disagreed, n) = counts(sample);
    let start = week_of(sample.first().map_or(0, |course| course.at));
    Sample {
        start,
        week: moment::rfc3339(start).chars().take(10).collect(),
        n,
        disagreed,
        share: disagreed as f64 / n.max(1) as f64,
        low: 0.0,
        high: 1.0,
        alarm: Alarm::Few,
        ewma: 0.0,
        ewma_limit: 0.0,
        cusum: 0.0,
        cusum_alarm: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Weeks with so many cases, of which so many went against the reader.
    fn weeks(counts: &[(u32, u32)]) -> Vec<Course> {
        let mut all = Vec::new();
        for (week, (disagreed, n)) in counts.iter().enumerate() {
            // Errors are spread over the week.
            all.extend((0..*n).map(|case| Course {
                at: week as i64 * 7 * DAY + i64::from(case),
                case,
                disagreed: (case + 1) * disagreed / n > case * disagreed / n,
                settled: true,
            }));
        }
        all
    }

    #[test]
    fn weeks_begin_on_mondays() {
        let week = |day: &str| moment::parse(day, 0).map(week_of).map(moment::rfc3339);
        assert_eq!(week("2026-11-23").as_deref(), Some("2026-11-23T00:00:00.000Z"));
        assert_eq!(week("2026-11-29T23:59:59Z").as_deref(), Some("2026-11-23T00:00:00.000Z"));
        assert_eq!(week("1969-12-31").as_deref(), Some("1969-12-29T00:00:00.000Z"));
    }

    #[test]
    fn a_reader_who_gets_worse_is_told_and_one_who_does_not_is_not() {
        let steady = chart(&weeks(&[(3, 30); 12]), 20);
        assert!(steady.samples.iter().all(|one| one.alarm == Alarm::Quiet && !one.cusum_alarm));
        assert!(steady.samples.iter().all(|one| one.ewma.abs() <= one.ewma_limit));
        let mut counts = [(2, 40); 12];
        counts[9..].fill((16, 40));
        let worse = chart(&weeks(&counts), 20);
        let last = worse.samples.last();
        assert!(last.is_some_and(|one| one.alarm == Alarm::Beyond && one.cusum_alarm), "{last:?}");
        assert!(last.is_some_and(|one| one.ewma > one.ewma_limit), "{last:?}");
        assert!(worse.samples.iter().take(9).all(|one| one.alarm == Alarm::Quiet && !one.cusum_alarm));
        // The other way round it is no reason to look at the end.
        counts.reverse();
        let better = chart(&weeks(&counts), 20);
        assert!(better.samples.iter().skip(3).all(|one| one.alarm == Alarm::Quiet));
    }

    #[test]
    fn weeks_with_few_cases_go_on_into_the_next_and_what_is_left_is_not_judged() {
        let found = chart(&weeks(&[(1, 8), (1, 8), (1, 8), (1, 30), (2, 5)]), 20);
        let sizes: Vec<(u64, Alarm)> = found.samples.iter().map(|one| (one.n, one.alarm)).collect();
        assert_eq!(sizes, [(24, Alarm::Quiet), (30, Alarm::Quiet), (5, Alarm::Few)]);
        assert_eq!(found.centre, Some(4.0 / 54.0));
    }

    #[test]
    fn what_tells_nothing_says_so() {
        let why = |counts: &[(u32, u32)]| chart(&weeks(counts), 20).why.unwrap_or_default();
        assert_eq!(why(&[]), "fewer than 20 settled cases");
        assert!(why(&[(3, 60)]).contains("one sample"));
        assert!(why(&[(0, 60), (0, 60)]).contains("no final answer"));
        let open: Vec<Course> =
            weeks(&[(3, 60); 3]).into_iter().map(|course| Course { settled: false, ..course }).collect();
        assert!(chart(&open, 20).samples.is_empty());
    }
}
