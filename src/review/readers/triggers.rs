//! What of a reader's figures calls for somebody to look, by the limits of the charter.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;

use super::Measure;
use super::look::{Fault, Tally};
use super::time::{Alarm, Chart, Sample};
use crate::domain::charter::Triggers;
use crate::domain::moment;
use crate::review::readings::Reader;
use crate::stats::performance::funnel;

/// Standard deviations of the funnel's limit.
const FUNNEL: f64 = 3.0;

const DAY: i64 = 86_400_000;

/// Something that calls for a look.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trigger {
    /// index-funnel, index-sd, p-chart, ewma, cusum, kappa-floor, severity-3b or same-cause
    pub trigger: &'static str,
    /// `act`, or `warn` where chance alone often points at somebody.
    pub level: &'static str,
    /// What was seen, and the limit that it is beyond.
    pub value: f64,
    pub limit: f64,
    pub n: u64,
    /// The code that came again and again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// From the first to the last of the reads in which it came: `["2026-11-23", "2026-12-02"]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<[String; 2]>,
    /// The cases that it is about, where it is about some and not about a rate.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<String>,
    /// The week in which a chart first crossed its limit: `2026-11-23`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

/// Of a reader's expected reads, so many must be in before the reader is held against the mean of the others.
const EXPECTED: f64 = 0.1;

/// The people who read a label.
#[derive(Debug, Clone, Default)]
pub(super) struct Team {
    members: Vec<Member>,
    /// Reads that each of them is to make, by the charter and the number of cases.
    expected: f64,
}

/// What is known of one of them.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Member {
    disagreed: u64,
    settled: u64,
    open: u64,
}

impl Member {
    fn of(tally: &Tally) -> Member {
        Member { disagreed: tally.disagreed, settled: tally.settled, open: tally.open }
    }

    /// Gives the index if all that is open goes with them, and if all goes against them; none where no case is known.
    fn ends(&self) -> Option<(f64, f64)> {
        let n = (self.settled + self.open) as f64;
        (n > 0.0).then(|| (self.disagreed as f64 / n, (self.disagreed + self.open) as f64 / n))
    }
}

impl Team {
    /// `expected` is the number of reads that all are to make together.
    pub fn of<'a>(tallies: impl Iterator<Item = &'a Tally>, expected: u64) -> Team {
        let members: Vec<Member> = tallies.filter(|tally| tally.cases > 0).map(Member::of).collect();
        let expected = expected as f64 / members.len().max(1) as f64;
        Team { members, expected }
    }

    /// Gives the others: nobody is held against a team that they are part of themselves. A model never is.
    pub fn without(&self, reader: &Reader, own: &Tally) -> Team {
        let mut others = self.clone();
        let place = others.members.iter().position(|member| *member == Member::of(own));
        if let Some(place) = place.filter(|_| !reader.model) {
            others.members.swap_remove(place);
        }
        others
    }

    fn together(&self) -> Member {
        let nobody = Member { disagreed: 0, settled: 0, open: 0 };
        self.members.iter().fold(nobody, |all, member| Member {
            disagreed: all.disagreed + member.disagreed,
            settled: all.settled + member.settled,
            open: all.open + member.open,
        })
    }

    /// Gives the share of all settled cases in which the final answer is another than the reader's.
    pub fn index(&self) -> Option<f64> {
        let all = self.together();
        (all.settled > 0).then(|| all.disagreed as f64 / all.settled as f64)
    }

    /// Gives the funnel's upper limit of a reader's index. The team's index is taken as the middle of what its cases
    /// allow, so that a team without any disagreement in few cases is not taken for perfect.
    ///
    /// Whose disputes are settled first is chance or somebody's choice, and makes nobody a worse reader. So what is open
    /// counts against the others, and for the reader: above the limit is who would be above the funnel's whatever it
    /// comes to.
    pub fn limit(&self, own: &Tally) -> Option<f64> {
        let all = self.together();
        let cases = all.settled + all.open;
        let worst = (cases > 0).then(|| ((all.disagreed + all.open) as f64 + 0.5) / (cases as f64 + 1.0))?;
        let high = funnel(worst, own.settled + own.open, FUNNEL)?.high;
        Some((high * open_too(own)).min(1.0))
    }

    /// Gives the mean of the others' indices, so many standard deviations up, in the same way: with what is open against
    /// them, and with the largest spread that it could bring. None for fewer than two readers.
    fn above_mean(&self, deviations: f64, own: &Tally) -> Option<f64> {
        let ends: Vec<(f64, f64)> = self.members.iter().filter_map(Member::ends).collect();
        let n = ends.len() as f64;
        if n < 2.0 {
            return None;
        }
        let mean = |of: fn(&(f64, f64)) -> f64| ends.iter().map(of).sum::<f64>() / n;
        let (low, high) = (mean(|(low, _)| *low), mean(|(_, high)| *high));
        let spread: f64 = ends.iter().map(|(index, _)| (index - low).powi(2)).sum();
        // A standard deviation is a norm: what moves the indices adds no more to it than its own length.
        let moved: f64 = ends.iter().map(|(low, high)| (high - low).powi(2)).sum();
        let spread = (spread / (n - 1.0)).sqrt() + (moved / (n - 1.0)).sqrt();
        Some((high + deviations * spread) * open_too(own))
    }
}

/// How many cases a reader has for each settled one: an index of settled cases lies above a limit times this just where
/// the index with all that is open as agreed on lies above the limit.
fn open_too(own: &Tally) -> f64 {
    (own.settled + own.open) as f64 / own.settled.max(1) as f64
}

/// Gives what a reader's figures set off against the others. The index, κ and the charts need the charter's least
/// number; what the adjudicator said of the reader stands for itself.
pub(super) fn of(
    limits: &Triggers,
    names: &[Arc<str>],
    others: &Team,
    tally: &Tally,
    kappa: &Measure,
    chart: &Chart,
) -> Vec<Trigger> {
    let mut all = Vec::new();
    let mut set_off = |trigger, level, value, limit, n| {
        let (cause, days, cases, since) = (None, None, Vec::new(), None);
        all.push(Trigger { trigger, level, value, limit, n, cause, days, cases, since });
    };
    let least = u64::from(limits.min_n);
    if let Some(index) = tally.index().filter(|_| tally.settled >= least) {
        if let Some(limit) = others.limit(tally).filter(|limit| index > *limit) {
            set_off("index-funnel", "act", index, limit, tally.settled);
        }
        let under_way = tally.cases as f64 >= EXPECTED * others.expected;
        let mean = others.above_mean(limits.index_sd, tally).filter(|limit| under_way && index > *limit);
        if let Some(limit) = mean {
            set_off("index-sd", "warn", index, limit, tally.settled);
        }
    }
    // Of disputed items alone κ is near 0 for the best of readers: one of two is wrong in each. It accuses somebody only once
    // enough of what nobody disputed was read again.
    let sound = kappa.n >= least && tally.audited >= least;
    // Of a reader who always says the same κ is 0 without any error, and without an interval.
    let high = kappa.high.or(kappa.value);
    if let Some(high) = high.filter(|high| sound && *high < limits.kappa_floor) {
        set_off("kappa-floor", "act", high, limits.kappa_floor, kappa.n);
    }
    let of_faults = |trigger, faults: &[Fault], limit: u32, cause, days| Trigger {
        trigger,
        level: "act",
        value: faults.len() as f64,
        limit: f64::from(limit),
        n: tally.adjudicated,
        cause,
        days,
        cases: named(faults, names),
        since: None,
    };
    let [_, severe] = &tally.severe;
    if !severe.is_empty() {
        all.push(of_faults("severity-3b", severe, 0, None, None));
    }
    for (cause, faults) in &tally.causes {
        let fullest = fullest(faults, i64::from(limits.window_days) * DAY);
        if let (Some(first), Some(last)) = (fullest.first(), fullest.last())
            && fullest.len() >= limits.same_cause as usize
        {
            let days = Some([day(first.at), day(last.at)]);
            all.push(of_faults("same-cause", &fullest, limits.same_cause, Some(cause.clone()), days));
        }
    }
    all.extend(drift(chart));
    all
}

/// Gives the faults of the window of this many milliseconds in which most of them lie, of equal ones the latest.
fn fullest(faults: &[Fault], window: i64) -> Vec<Fault> {
    let mut sorted = faults.to_vec();
    sorted.sort_unstable();
    let mut best: &[Fault] = &[];
    let mut from = 0;
    for (n, last) in sorted.iter().enumerate() {
        while sorted.get(from).is_some_and(|first| last.at - first.at >= window) {
            from += 1;
        }
        let within = sorted.get(from..=n).unwrap_or_default();
        if within.len() >= best.len() {
            best = within;
        }
    }
    best.to_vec()
}

/// Gives the names of the cases, each once.
fn named(faults: &[Fault], names: &[Arc<str>]) -> Vec<String> {
    let cases: BTreeSet<u32> = faults.iter().map(|fault| fault.case).collect();
    cases.iter().filter_map(|case| names.get(*case as usize).map(|name| name.to_string())).collect()
}

/// The day of a moment: `2026-11-23`.
fn day(at: i64) -> String {
    moment::rfc3339(at).chars().take(10).collect()
}

/// A chart: its name, whether a sample crosses its limit, what was seen, and the limit.
type Crossed = (&'static str, fn(&Sample) -> bool, fn(&Sample) -> f64, fn(&Sample) -> f64);

/// Gives the charts that cross their limits, each with its worst sample and the week in which it began.
pub(super) fn drift(chart: &Chart) -> Vec<Trigger> {
    if chart.why.is_some() {
        return Vec::new();
    }
    let limit = chart.cusum_limit.unwrap_or(f64::INFINITY);
    let charts: [Crossed; 3] = [
        ("p-chart", |of| matches!(of.alarm, Alarm::Warning | Alarm::Beyond), |of| of.share, |of| of.high),
        ("ewma", |of| of.alarm != Alarm::Few && of.ewma > of.ewma_limit, |of| of.ewma, |of| of.ewma_limit),
        ("cusum", |of| of.cusum_alarm, |of| of.cusum, |_| f64::NAN),
    ];
    let of = |(trigger, crosses, value, own): Crossed| {
        let mut beyond = chart.samples.iter().filter(|sample| crosses(sample));
        let first = beyond.next()?;
        let worst = beyond.fold(first, |worst, one| if value(one) > value(worst) { one } else { worst });
        Some(Trigger {
            trigger,
            level: "act",
            value: value(worst),
            limit: if trigger == "cusum" { limit } else { own(worst) },
            n: worst.n,
            cause: None,
            days: None,
            cases: Vec::new(),
            since: Some(first.week.clone()),
        })
    };
    charts.into_iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(disagreed: u64, cases: u64) -> Tally {
        Tally { disagreed, cases, settled: cases, ..Tally::default() }
    }

    fn names(of: &Tally, team: &[&Tally], high: f64) -> Vec<&'static str> {
        let limits = Triggers { min_n: 20, index_sd: 1.0, kappa_floor: 0.6, same_cause: 3, window_days: 28 };
        let kappa =
            Measure { value: Some(0.2), se: None, low: None, high: Some(high), n: of.cases, why: None };
        let chart = super::super::time::chart(&[], 20);
        let reader = Reader { model: false, name: "ann".into() };
        let others = Team::of(team.iter().copied(), 300).without(&reader, of);
        super::of(&limits, &[], &others, of, &kappa, &chart)
            .into_iter()
            .map(|trigger| trigger.trigger)
            .collect()
    }

    fn on(day: i64, case: u32) -> Fault {
        Fault { at: day * DAY, case }
    }

    #[test]
    fn a_cause_counts_in_the_window_in_which_it_came_most_often_and_names_its_cases() {
        let faults = [on(90, 2), on(0, 0), on(95, 1), on(10, 3), on(96, 1)];
        assert_eq!(fullest(&faults, 28 * DAY), [on(90, 2), on(95, 1), on(96, 1)]);
        assert_eq!(fullest(&faults, DAY), [on(96, 1)]);
        assert_eq!(fullest(&[], DAY), []);
        let names: Vec<Arc<str>> = ["a", "b", "c"].map(Arc::from).to_vec();
        assert_eq!(named(&fullest(&faults, 28 * DAY), &names), ["b", "c"]);
        assert_eq!(day(95 * DAY), "1970-04-06");
    }

    #[test]
    fn a_limit_needs_enough_cases_and_what_was_said_does_not() {
        let (good, also, bad) = (tally(5, 100), tally(6, 100), tally(60, 100));
        let team = [&good, &also, &bad];
        assert_eq!(names(&bad, &team, 0.5), ["index-funnel", "index-sd"]);
        // κ of disputed items alone accuses nobody.
        let audited = Tally { audited: 20, ..tally(60, 100) };
        assert_eq!(names(&audited, &team, 0.5), ["index-funnel", "index-sd", "kappa-floor"]);
        assert_eq!(names(&good, &team, 0.9), [""; 0]);
        // A few cases tell nothing, however bad they are.
        assert_eq!(names(&tally(5, 5), &team, 0.1), [""; 0]);
        // Nor do a hundred of ten thousand that are expected, against the mean alone.
        let early =
            Team::of(team.into_iter(), 30_000).without(&Reader { model: false, name: "a".into() }, &bad);
        assert!((early.expected - 10_000.0).abs() < 1e-9 && early.index() == Some(0.055));
        let said = Tally {
            severe: [Vec::new(), vec![on(0, 1)]],
            causes: [
                ("P1".to_owned(), vec![on(0, 1), on(27, 2), on(4, 3)]),
                ("I2".to_owned(), vec![on(0, 1), on(1, 2)]),
                // Three times, but never three within the window.
                ("G1".to_owned(), vec![on(0, 1), on(14, 2), on(28, 3)]),
            ]
            .into(),
            ..tally(1, 5)
        };
        assert_eq!(names(&said, &team, 0.9), ["severity-3b", "same-cause"]);
    }
}
