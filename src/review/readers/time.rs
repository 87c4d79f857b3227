//! A reader's disagreement index over time: p-chart, EWMA and CUSUM, against the reader's own index over the whole
//! window, so that they tell of change. Where a reader stands among others is the funnel's to say.
//!
//! Cases count in the order in which they were read. What is settled at once is what all agree on, so that leaving out
//! what is open would make the newest reads look good, and the older ones bad beside them. Nothing therefore alarms that
//! an open case could take back: in its sample it counts as agreed on, and in the centre as gone against the reader.

use serde::Serialize;

use super::look::{Course, Outcome};
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
    /// Too few settled cases to be judged: the last weeks, which are not enough yet.
    Few,
}

/// Cases read in one week, or in as many weeks as it takes to have enough.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sample {
    /// The Monday of the first week: milliseconds since 1970 UTC.
    pub start: i64,
    /// The same as a day: `2026-11-23`.
    pub week: String,
    /// Settled cases.
    pub n: u64,
    pub disagreed: u64,
    /// Cases of the same time that somebody still has to settle.
    pub open: u64,
    /// Of the settled ones, 0–1.
    pub share: f64,
    /// Three standard deviations around the centre, cut at 0 and 1; with open cases farther away, by as much as these
    /// could bring the share back.
    pub low: f64,
    pub high: f64,
    pub alarm: Alarm,
    /// Exponentially weighted mean of the shares, in standard deviations from the centre.
    pub ewma: f64,
    pub ewma_limit: f64,
    /// Sum of the log-likelihood ratios at the sample's end, and whether it crossed the chart's limit in it.
    pub cusum: f64,
    pub cusum_alarm: bool,
    /// Place of the first of its `n` + `open` cases in [`Performance::cases`](super::Performance::cases).
    #[serde(skip)]
    pub first: usize,
}

impl Sample {
    /// Tells whether the moving mean lies beyond its limits on either side; above them it alarms.
    pub fn mean_is_beyond(&self) -> bool {
        self.ewma.abs() > self.ewma_limit
    }

    /// Tells whether the share lies below its limit, or the moving mean: a change for the better, which alarms nobody.
    pub fn is_below(&self) -> (bool, bool) {
        (self.share < self.low, self.ewma < -self.ewma_limit)
    }
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

/// Makes the chart of cases in the order of [`Course::order`]; a sample needs `least` settled ones.
pub(super) fn chart(courses: &[Course], least: u64) -> Chart {
    let known = courses.partition_point(|course| course.outcome != Outcome::Early);
    let samples = samples(courses.get(..known).unwrap_or_default(), least.max(1) as usize);
    let is_judged = |sample: &&&[Course]| Counts::of(sample).settled >= least.max(1);
    let judged: Vec<&[Course]> = samples.iter().take_while(is_judged).copied().collect();
    let counts: Vec<Counts> = judged.iter().map(|sample| Counts::of(sample)).collect();
    let settled: Vec<(u64, u64)> = counts.iter().map(|of| (of.against, of.settled)).collect();
    let centre = chart::centre(&settled);
    // Were all that is open settled for the reader in a sample, and against them everywhere else.
    let best: Vec<(u64, u64)> = counts.iter().map(|of| (of.against, of.settled + of.open)).collect();
    let worst: Vec<(u64, u64)> =
        counts.iter().map(|of| (of.against + of.open, of.settled + of.open)).collect();
    let highest = chart::centre(&worst);
    let why = match (judged.len(), centre, highest) {
        (0, ..) => Some(format!("fewer than {least} settled cases")),
        (1, ..) => Some(format!("all settled cases lie in one sample: a course needs two of {least} cases")),
        (_, Some(0.0), _) => Some("no final answer is another than the reader's".to_owned()),
        (_, Some(1.0), _) => Some("every final answer is another than the reader's".to_owned()),
        (.., Some(1.0)) => Some("so much is open that all could go against the reader".to_owned()),
        _ => None,
    };
    let mut drawn: Vec<Sample> = Vec::with_capacity(samples.len());
    for sample in &samples {
        let first = drawn.iter().map(|sample| (sample.n + sample.open) as usize).sum();
        drawn.push(Sample { first, ..plain(sample) });
    }
    let ends = centre.zip(highest).filter(|_| why.is_none());
    let Some((centre, highest)) = ends else {
        return Chart { centre, samples: drawn, cusum_limit: None, why };
    };
    let points = p_chart(&best, highest);
    let deviations: Vec<f64> = points
        .iter()
        .map(|point| (point.share - highest) / (highest * (1.0 - highest) / point.n as f64).sqrt())
        .collect();
    let means = ewma(&deviations, 0.0, 1.0, LAMBDA, REACH);
    let errors: Vec<bool> =
        judged.iter().flat_map(|sample| sample.iter().map(|one| one.outcome == Outcome::Against)).collect();
    let steps = Steps::between(highest, raised(highest));
    let limit = limit_of_sums(chart::centre(&best).unwrap_or(centre), highest, errors.len());
    let sums = match (steps, limit) {
        (Some(steps), Some(limit)) => bernoulli_cusum(&errors, steps, limit),
        _ => Vec::new(),
    };
    let mut sums = sums.into_iter();
    for (((sample, point), mean), of) in drawn.iter_mut().zip(&points).zip(&means).zip(&counts) {
        let sums: Vec<(f64, bool)> = sums.by_ref().take((of.settled + of.open) as usize).collect();
        // Better than before is no reason to look.
        let worse = point.share > highest;
        // Beyond it lies just what no open case can bring back within three standard deviations.
        let reach = (of.settled + of.open) as f64 / of.settled.max(1) as f64;
        sample.low = (3.0f64.mul_add(-deviation(centre, of.settled), centre)).max(0.0);
        sample.high = (point.limits.high * reach).min(1.0);
        sample.alarm = match point.alarm {
            chart::Alarm::Beyond if worse => Alarm::Beyond,
            chart::Alarm::Warning if worse => Alarm::Warning,
            _ => Alarm::Quiet,
        };
        sample.ewma = mean.mean;
        sample.ewma_limit = mean.half_width;
        sample.cusum = sums.last().map_or(0.0, |(sum, _)| *sum);
        sample.cusum_alarm = sums.iter().any(|(_, alarm)| *alarm);
    }
    Chart { centre: Some(centre), samples: drawn, cusum_limit: limit, why }
}

/// The standard deviation of a share of n cases.
fn deviation(share: f64, n: u64) -> f64 {
    (share * (1.0 - share) / n as f64).sqrt()
}

/// The share of errors that the sum looks for.
fn raised(share: f64) -> f64 {
    ODDS * share / (1.0 - share + ODDS * share)
}

/// Gives the limit of the sum: the highest of those of all shares that the open cases leave possible. It rises with the
/// share up to 1 / ln 2 − 1 and falls from there on, as −(mean step) = ln(1 + p) − p ln 2 does.
fn limit_of_sums(lowest: f64, highest: f64, n: usize) -> Option<f64> {
    let steepest = (ODDS.ln().recip() - 1.0).clamp(lowest, highest);
    Steps::between(steepest, raised(steepest))?.limit(steepest, WINDOWS * n as f64)
}

/// Cuts cases into weeks; a week with too few settled ones goes on into the next.
fn samples(courses: &[Course], least: usize) -> Vec<&[Course]> {
    let mut samples = Vec::new();
    let mut rest = courses;
    let (mut end, mut settled) = (0, 0);
    for week in courses.chunk_by(|a, b| week_of(a.at) == week_of(b.at)) {
        end += week.len();
        settled += Counts::of(week).settled as usize;
        if settled >= least {
            let (sample, after) = rest.split_at(end);
            samples.push(sample);
            (rest, end, settled) = (after, 0, 0);
        }
    }
    if !rest.is_empty() {
        samples.push(rest);
    }
    samples
}

/// What the cases of a sample have come to.
struct Counts {
    settled: u64,
    /// Of the settled ones.
    against: u64,
    open: u64,
}

impl Counts {
    fn of(sample: &[Course]) -> Counts {
        let count = |wanted| sample.iter().filter(|course| course.outcome == wanted).count() as u64;
        let against = count(Outcome::Against);
        Counts { settled: against + count(Outcome::With), against, open: count(Outcome::Open) }
    }
}

/// A sample that nothing is judged of.
fn plain(sample: &[Course]) -> Sample {
    let Counts { settled, against, open } = Counts::of(sample);
    let start = week_of(sample.first().map_or(0, |course| course.at));
    Sample {
        start,
        week: moment::rfc3339(start).chars().take(10).collect(),
        n: settled,
        disagreed: against,
        open,
        share: against as f64 / settled.max(1) as f64,
        low: 0.0,
        high: 1.0,
        alarm: Alarm::Few,
        ewma: 0.0,
        ewma_limit: 0.0,
        cusum: 0.0,
        cusum_alarm: false,
        first: 0,
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
                outcome: match (case + 1) * disagreed / n > case * disagreed / n {
                    true => Outcome::Against,
                    false => Outcome::With,
                },
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
        // It is seen on the chart all the same.
        let last = better.samples.last();
        assert!(last.is_some_and(|one| one.mean_is_beyond() && one.is_below().1), "{last:?}");
        assert!(steady.samples.iter().all(|one| !one.mean_is_beyond() && one.is_below() == (false, false)));
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
        let as_all = |outcome| -> Chart {
            let courses = weeks(&[(3, 60); 3]);
            chart(&courses.into_iter().map(|course| Course { outcome, ..course }).collect::<Vec<_>>(), 20)
        };
        let open = as_all(Outcome::Open);
        let sizes: Vec<(u64, u64, Alarm)> =
            open.samples.iter().map(|one| (one.n, one.open, one.alarm)).collect();
        assert_eq!(
            (sizes, open.why.as_deref()),
            (vec![(0, 180, Alarm::Few)], Some("fewer than 20 settled cases"))
        );
        assert!(as_all(Outcome::Early).samples.is_empty());
    }

    #[test]
    fn a_backlog_makes_no_earlier_week_look_bad() {
        // A reader with 12 of 60 a week; of the last six weeks only what all agree on is settled.
        let all = weeks(&[(12, 60); 12]);
        let backlog: Vec<Course> = all
            .iter()
            .map(|course| match course.outcome {
                Outcome::Against if course.at >= 6 * 7 * DAY => Course { outcome: Outcome::Open, ..*course },
                _ => *course,
            })
            .collect();
        let alarms = |chart: &Chart| -> usize {
            let alarm = |one: &&Sample| {
                matches!(one.alarm, Alarm::Warning | Alarm::Beyond)
                    || one.cusum_alarm
                    || one.ewma > one.ewma_limit
            };
            chart.samples.iter().filter(alarm).count()
        };
        let judged = chart(&backlog, 20);
        assert_eq!((alarms(&judged), judged.samples.len()), (0, 12));
        // Without what is open, the moving mean would accuse the weeks that are settled.
        let without: Vec<Course> =
            backlog.iter().filter(|course| course.outcome != Outcome::Open).copied().collect();
        assert!(alarms(&chart(&without, 20)) > 0);
        // What nothing open can take back is told before all is settled.
        let mut worse = backlog;
        worse.extend(
            weeks(&[(40, 60)]).into_iter().map(|course| Course { at: course.at + 12 * 7 * DAY, ..course }),
        );
        let last = chart(&worse, 20).samples.pop();
        assert!(last.is_some_and(|one| one.alarm == Alarm::Beyond && one.share > one.high));
    }
}
