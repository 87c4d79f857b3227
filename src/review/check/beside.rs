//! The checks that need more than a case: who may decide in this project, and what else a reader read. They warn at most,
//! since what a case is follows from its history alone.

use std::collections::BTreeMap;

use super::{Found, Waiver};
use crate::domain::authority::{self, Deed};
use crate::domain::case::{Case, Fate, State};
use crate::domain::charter::{Charter, CheckLevel};
use crate::domain::checks::{self, Problem};
use crate::domain::decision::Settles;
use crate::domain::moment;
use crate::domain::text::Safe;
use crate::domain::word::Word;
use crate::review::Scene;

pub(super) const READING_TIME: &str = "reading-time";
const OWN_CASE: &str = "own-case";

fn is_on(charter: &Charter, name: &str) -> bool {
    checks::named(name).is_some_and(|check| check.level_in(charter) != CheckLevel::Off)
}

/// Gives what is found of one case beside what follows from its history.
pub(super) fn of_case(scene: &Scene<'_>, case: &Case) -> Vec<Problem> {
    if !is_on(scene.charter(), OWN_CASE) {
        return Vec::new();
    }
    let reads = |name: &str, ids: &std::collections::BTreeSet<String>| {
        let own = |reader: &str| reader == name || ids.contains(reader);
        case.reads.iter().any(|read| !read.read.model && own(&read.read.reader))
    };
    let people = scene.setup.people.all();
    let decides = |deed| move |roles: &_| authority::may(roles, deed, scene.charter()).is_ok();
    let deciders: Vec<_> = people
        .iter()
        .filter(|(_, person)| decides(Deed::Decide)(&person.roles) || decides(Deed::Arbitrate)(&person.roles))
        .collect();
    let mut messages = Vec::new();
    let open = case.disputes().any(|item| item.state < State::Provisional);
    if open && !deciders.is_empty() && deciders.iter().all(|(name, person)| reads(name, &person.readers)) {
        messages.push("everybody who could decide this case is one of its readers".to_owned());
    }
    for item in &case.items {
        let alone = item.decisions.iter().filter(|decided| decided.fate == Fate::Stands);
        let alone: Vec<_> = alone.filter(|decided| decided.decision.settles != Settles::Open).collect();
        // Who it was stands in the decision; which letter is theirs must not.
        if let [only] = alone.as_slice()
            && only.from != State::Discussion
            && people
                .get(&only.who)
                .map_or(reads(&only.who, &Default::default()), |who| reads(&only.who, &who.readers))
        {
            messages.push(format!("{} was decided by one of the case's readers alone", Safe::new(&item.id)));
        }
    }
    let waived = case.waiver(OWN_CASE, None);
    let problem = |message| Problem {
        check: OWN_CASE,
        level: CheckLevel::Warn,
        reader: None,
        occasion: None,
        finding: None,
        label: None,
        message,
        waived: waived.cloned(),
    };
    messages.into_iter().map(problem).collect()
}

/// A read whose source says when it was made.
struct Dated {
    at: i64,
    case: String,
    letter: String,
    waived: Option<Waiver>,
}

/// When each reader made their reads.
#[derive(Default)]
pub(super) struct Pace(BTreeMap<String, Vec<Dated>>);

impl Pace {
    /// Takes in the reads of one case by people.
    pub fn take(&mut self, charter: &Charter, case: &Case) {
        if !is_on(charter, READING_TIME) || charter.reads.least_seconds <= 0.0 {
            return;
        }
        for read in case.reads.iter().filter(|read| !read.read.model) {
            if let Some(at) = read.read.read_at.as_deref().and_then(|text| moment::parse(text, 0)) {
                let reader = &read.read.reader;
                let waived = case.waiver(READING_TIME, Some(reader)).map(Waiver::from);
                let (case, letter) = (case.name.clone(), read.letter.clone());
                self.0.entry(reader.clone()).or_default().push(Dated { at, case, letter, waived });
            }
        }
    }

    /// Gives the reads that came too soon after the same reader's read before. Reads of one moment were stamped by whoever
    /// wrote the file, and tell nothing.
    pub fn hasty(self, least_seconds: f64) -> Vec<Found> {
        let mut found = Vec::new();
        for mut reads in self.0.into_values() {
            reads.sort_by(|a, b| (a.at, &a.case).cmp(&(b.at, &b.case)));
            for pair in reads.windows(2) {
                let [before, after] = pair else { continue };
                let seconds = (after.at - before.at) as f64 / 1000.0;
                if seconds > 0.0 && seconds < least_seconds {
                    found.push(Found {
                        check: READING_TIME.into(),
                        level: CheckLevel::Warn.word(),
                        case: Some(after.case.clone()),
                        reader: Some(after.letter.clone()),
                        finding: None,
                        message: format!("read {seconds:.1} s after the same reader's read before"),
                        waived: after.waived.clone(),
                    });
                }
            }
        }
        // In the order of cases: in that of the readers' ids it would tell which letter is whose.
        found.sort_by(|a, b| (&a.case, &a.reader).cmp(&(&b.case, &b.reader)));
        found
    }
}
