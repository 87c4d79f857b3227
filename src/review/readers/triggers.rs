//! What of a reader's figures calls for somebody to look, by the limits of the charter.

use serde::Serialize;

use super::{Measure, Tally};
use crate::domain::charter::Triggers;
use crate::stats::performance::funnel;

/// Standard deviations of the funnel's limit.
const FUNNEL: f64 = 3.0;

/// Something that calls for a look.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trigger {
    /// index-funnel, index-sd, kappa-floor, severity-3b or same-cause
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
}

/// The people who read a label.
pub(super) struct Team {
    disagreed: u64,
    cases: u64,
    /// The index of each who read anything.
    indices: Vec<f64>,
}

impl Team {
    pub fn of<'a>(tallies: impl Iterator<Item = &'a Tally>) -> Team {
        let mut team = Team { disagreed: 0, cases: 0, indices: Vec::new() };
        for tally in tallies.filter(|tally| tally.cases > 0) {
            team.disagreed += tally.disagreed;
            team.cases += tally.cases;
            team.indices.push(tally.disagreed as f64 / tally.cases as f64);
        }
        team
    }

    /// Gives the funnel's upper limit of the index of a reader with so many cases.
    pub fn limit(&self, n: u64) -> Option<f64> {
        let team = (self.cases > 0).then(|| self.disagreed as f64 / self.cases as f64)?;
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

/// Gives what a reader's figures set off. The index and κ need the charter's least number; what the adjudicator said of
/// the reader stands for itself.
pub(super) fn of(limits: &Triggers, team: &Team, tally: &Tally, kappa: &Measure) -> Vec<Trigger> {
    let mut all = Vec::new();
    let mut set_off = |trigger, level, value, limit, n, cause| {
        all.push(Trigger { trigger, level, value, limit, n, cause });
    };
    let least = u64::from(limits.min_n);
    if tally.cases > 0 && tally.cases >= least {
        let index = tally.disagreed as f64 / tally.cases as f64;
        if let Some(limit) = team.limit(tally.cases).filter(|limit| index > *limit) {
            set_off("index-funnel", "act", index, limit, tally.cases, None);
        }
        if let Some(limit) = team.above_mean(limits.index_sd).filter(|limit| index > *limit) {
            set_off("index-sd", "warn", index, limit, tally.cases, None);
        }
    }
    if let Some(high) = kappa.high.filter(|high| kappa.n >= least && *high < limits.kappa_floor) {
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
    all
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
        let team = Team::of(team.iter().copied());
        super::of(&limits, &team, of, &kappa).into_iter().map(|trigger| trigger.trigger).collect()
    }

    #[test]
    fn a_limit_needs_enough_cases_and_what_was_said_does_not() {
        let (good, also, bad) = (tally(5, 100), tally(6, 100), tally(60, 100));
        let team = [&good, &also, &bad];
        assert_eq!(names(&bad, &team, 0.5), ["index-funnel", "index-sd", "kappa-floor"]);
        assert_eq!(names(&good, &team, 0.9), [""; 0]);
        // A few cases tell nothing, however bad they are.
        assert_eq!(names(&tally(5, 5), &team, 0.1), [""; 0]);
        let said = Tally {
            severe: [0, 1],
            causes: [("P1".to_owned(), 3), ("I2".to_owned(), 2)].into(),
            ..tally(1, 5)
        };
        assert_eq!(names(&said, &team, 0.9), ["severity-3b", "same-cause"]);
    }
}
