//! What of a reader's figures calls for somebody to look, by the limits of the charter.

use serde::Serialize;

use super::Measure;
use super::look::Tally;
use super::time::{Alarm, Chart, Sample};
use crate::domain::charter::Triggers;
use crate::review::readings::Reader;
use crate::stats::performance::funnel;

/// Standard deviations of the funnel's limit.
const FUNNEL: f64 = 3.0;

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
    /// The week in which a chart first crossed its limit: `2026-11-23`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

/// Of a reader's expected reads, so many must be in before the reader is held against the mean of the others.
const EXPECTED: f64 = 0.1;

/// The people who read a label.
pub(super) struct Team {
    disagreed: u64,
    cases: u64,
    /// The index of each who read anything.
    indices: Vec<f64>,
    /// Reads that each of them is to make, by the charter and the number of cases.
    expected: f64,
}

impl Team {
    /// `expected` is the number of reads that all are to make together.
    pub fn of<'a>(tallies: impl Iterator<Item = &'a Tally>, expected: u64) -> Team {
        let mut team = Team { disagreed: 0, cases: 0, indices: Vec::new(), expected: 0.0 };
        for tally in tallies.filter(|tally| tally.cases > 0) {
            team.disagreed += tally.disagreed;
            team.cases += tally.cases;
            team.indices.push(tally.disagreed as f64 / tally.cases as f64);
        }
        team.expected = expected as f64 / team.indices.len().max(1) as f64;
        team
    }

    /// Gives the others: nobody is held against a team that they are part of themselves. A model never is.
    pub fn without(&self, reader: &Reader, own: &Tally) -> Team {
        let mut indices = self.indices.clone();
        if reader.model || own.cases == 0 {
            return Team { indices, ..*self };
        }
        let index = own.disagreed as f64 / own.cases as f64;
        if let Some(place) = indices.iter().position(|other| *other == index) {
            indices.swap_remove(place);
        }
        Team {
            disagreed: self.disagreed - own.disagreed,
            cases: self.cases - own.cases,
            indices,
            expected: self.expected,
        }
    }

    /// Gives the share of all cases in which the final answer is another than the reader's.
    pub fn index(&self) -> Option<f64> {
        (self.cases > 0).then(|| self.disagreed as f64 / self.cases as f64)
    }

    /// Gives the funnel's upper limit of the index of a reader with so many cases. The team's index is taken as the
    /// middle of what its cases allow, so that a team without any disagreement in few cases is not taken for perfect.
    pub fn limit(&self, n: u64) -> Option<f64> {
        let team = (self.cases > 0).then(|| (self.disagreed as f64 + 0.5) / (self.cases as f64 + 1.0))?;
        funnel(team, n, FUNNEL).map(|limits| limits.high)
    }

    /// Gives the mean of the readers' indices, so many standard deviations up; none for fewer than two readers.
    fn above_mean(&self, deviations: f64) -> Option<f64> {
        let n = self.indices.len() as f64;
        if n < 2.0 {
            return None;
        }
        let mean = self.indices.iter().sum::<f64>() / n;
        let spread: f64 = self.indices.iter().map(|index| (index - mean).powi(2)).sum();
        Some(mean + deviations * (spread / (n - 1.0)).sqrt())
    }
}

/// Gives what a reader's figures set off against the others. The index, κ and the charts need the charter's least
/// number; what the adjudicator said of the reader stands for itself.
pub(super) fn of(
    limits: &Triggers,
    others: &Team,
    tally: &Tally,
    kappa: &Measure,
    chart: &Chart,
) -> Vec<Trigger> {
    let mut all = Vec::new();
    let mut set_off = |trigger, level, value, limit, n, cause| {
        all.push(Trigger { trigger, level, value, limit, n, cause, since: None });
    };
    let least = u64::from(limits.min_n);
    if tally.cases > 0 && tally.cases >= least {
        let index = tally.disagreed as f64 / tally.cases as f64;
        if let Some(limit) = others.limit(tally.cases).filter(|limit| index > *limit) {
            set_off("index-funnel", "act", index, limit, tally.cases, None);
        }
        let under_way = tally.cases as f64 >= EXPECTED * others.expected;
        let mean = others.above_mean(limits.index_sd).filter(|limit| under_way && index > *limit);
        if let Some(limit) = mean {
            set_off("index-sd", "warn", index, limit, tally.cases, None);
        }
    }
    // Of disputed items alone κ is near 0 for the best of readers: one of two is wrong in each. It accuses somebody only once
    // enough of what nobody disputed was read again.
    let sound = kappa.n >= least && tally.audited >= least;
    if let Some(high) = kappa.high.filter(|high| sound && *high < limits.kappa_floor) {
        set_off("kappa-floor", "act", high, limits.kappa_floor, kappa.n, None);
    }
    let [_, severe] = tally.severe;
    if severe > 0 {
        set_off("severity-3b", "act", severe as f64, 0.0, tally.adjudicated, None);
    }
    for (cause, times) in tally.causes.iter().filter(|(_, times)| **times >= u64::from(limits.same_cause)) {
        let limit = f64::from(limits.same_cause);
        set_off("same-cause", "act", *times as f64, limit, tally.adjudicated, Some(cause.clone()));
    }
    all.extend(drift(chart));
    all
}

/// A chart: its name, whether a sample crosses its limit, what was seen, and the limit.
type Crossed = (&'static str, fn(&Sample) -> bool, fn(&Sample) -> f64, fn(&Sample) -> f64);

/// Gives the charts that cross their limits, each with its worst sample and the week in which it began.
fn drift(chart: &Chart) -> Vec<Trigger> {
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
            since: Some(first.week.clone()),
        })
    };
    charts.into_iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(disagreed: u64, cases: u64) -> Tally {
        Tally { disagreed, cases, ..Tally::default() }
    }

    fn names(of: &Tally, team: &[&Tally], high: f64) -> Vec<&'static str> {
        let limits = Triggers { min_n: 20, index_sd: 1.0, kappa_floor: 0.6, same_cause: 3 };
        let kappa =
            Measure { value: Some(0.2), se: None, low: None, high: Some(high), n: of.cases, why: None };
        let chart = super::super::time::chart(&[], 20);
        let reader = Reader { model: false, name: "ann".into() };
        let others = Team::of(team.iter().copied(), 300).without(&reader, of);
        super::of(&limits, &others, of, &kappa, &chart).into_iter().map(|trigger| trigger.trigger).collect()
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
            severe: [0, 1],
            causes: [("P1".to_owned(), 3), ("I2".to_owned(), 2)].into(),
            ..tally(1, 5)
        };
        assert_eq!(names(&said, &team, 0.9), ["severity-3b", "same-cause"]);
    }
}
