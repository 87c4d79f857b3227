//! Adjudicators are measured too: whether they agree with each other and with themselves, and how often seeing the reads
//! changed an own first look. For leads and QA, who have to know what the final answers are worth.
//!
//! With each other: items that several decided independently, each in a place of their own and before any discussion or
//! escalation. With themselves: rechecks, and items that the same person decided again after the charter's washout.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::agree::Measure;
use super::readers::same::same;
use super::readers::{kappa, measured, settled_choice, undefined};
use super::readings::{Looked, labels_of, levels, says, walk};
use super::{Result, Session};
use crate::domain::authority::Deed;
use crate::domain::case::{CaseItem, Decided, Fate, Kind, State};
use crate::domain::charter::{Charter, Label, Mode};
use crate::domain::decision::Settles;
use crate::domain::origin::Within;
use crate::domain::value::Value;
use crate::stats::agreement::Undefined;
use crate::stats::intervals::bootstrap::quantile;
use crate::stats::performance::Rate;

/// Of every interval, both sides together.
const CONFIDENCE: f64 = 0.95;

const DAY: i64 = 86_400_000;

/// All adjudicators of a project.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Adjudicators {
    /// Of which cases.
    #[serde(flatten)]
    pub within: Within,
    /// By name and label.
    pub adjudicators: Vec<Adjudicator>,
    /// Every two who decided an item of a label independently.
    pub pairs: Vec<Between>,
}

impl Adjudicators {
    /// Gives what is of one label.
    pub fn of_label(&self, label: &str) -> Adjudicators {
        let own = self.adjudicators.iter().filter(|of| of.label == label);
        let pairs = self.pairs.iter().filter(|of| of.label == label);
        Adjudicators {
            within: self.within.clone(),
            adjudicators: own.cloned().collect(),
            pairs: pairs.cloned().collect(),
        }
    }

    /// Gives the reasons why figures stand nowhere, each once.
    pub fn whys(&self) -> BTreeSet<&str> {
        let own = self.adjudicators.iter().flat_map(|of| [&of.changed, &of.self_agreement, &of.self_kappa]);
        own.chain(self.pairs.iter().map(|of| &of.kappa)).filter_map(|of| of.why.as_deref()).collect()
    }
}

/// One adjudicator on one label.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Adjudicator {
    pub adjudicator: String,
    pub label: String,
    /// Answers that weren't taken back.
    pub decided: u64,
    /// Own first looks that an answer followed.
    pub looks: u64,
    /// How many of them the reveal changed, 0–1.
    pub changed: Measure,
    /// Of the changed ones, those that went to what most readers said.
    pub to_the_readers: Measure,
    /// How often the person says the same again, 0–1.
    pub self_agreement: Measure,
    pub self_kappa: Measure,
    /// Median time spent on a decision.
    pub seconds: Measure,
}

/// Two adjudicators on one label.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Between {
    pub a: String,
    pub b: String,
    pub label: String,
    /// Items that both decided.
    pub n: u64,
    pub agreement: Measure,
    pub kappa: Measure,
}

/// What two answers come to, beside each other.
#[derive(Default)]
struct Compared {
    same: u64,
    n: u64,
    /// As numbers of levels, where both are levels.
    pairs: Vec<(usize, usize)>,
}

#[derive(Default)]
struct Own {
    decided: u64,
    looks: u64,
    changed: u64,
    /// Of the changed ones, those in which most readers say one thing.
    with_a_majority: u64,
    to_the_readers: u64,
    again: Compared,
    seconds: Vec<f64>,
}

/// Gives how adjudicators do, label by label.
///
/// # Errors
/// Whoever asks may not read statistics, there is no such label, batch or site, or the store can't be read.
pub fn adjudicators(session: &mut Session, label: Option<&str>, within: &Within) -> Result<Adjudicators> {
    session.read(None, |tx, scene| {
        scene.allow(Deed::ReadStatistics)?;
        let charter = scene.charter();
        let labels = labels_of(charter, label)?;
        let mut ledger = Ledger::default();
        walk(tx, scene, within, |_, cases| ledger.count(charter, &labels, cases))?;
        Ok(Adjudicators { within: within.clone(), ..ledger.finish(charter, &labels) })
    })
}

/// What is counted of all adjudicators, by the places of labels.
#[derive(Default)]
pub(super) struct Ledger {
    own: BTreeMap<(String, usize), Own>,
    between: BTreeMap<(String, String, usize), Compared>,
}

/// Answers that were meant: not taken back, and not about other reads than those that stood then.
fn answers(item: &CaseItem) -> impl Iterator<Item = &Decided> {
    item.decisions
        .iter()
        .filter(|one| one.decision.settles != Settles::Open && !matches!(one.fate, Fate::Undone))
}

impl Ledger {
    /// Takes cases in.
    pub fn count(&mut self, charter: &Charter, labels: &[&Label], cases: &[Looked]) {
        let items = cases.iter().flat_map(|case| case.case.items.iter().chain(&case.case.gone));
        // Most items are nobody's work.
        for item in items.filter(|item| !item.decisions.is_empty()) {
            for (n, label) in labels.iter().enumerate() {
                if item.item.labels.contains(&label.name) {
                    self.take(charter, (n, label), item);
                }
            }
        }
    }

    fn take(&mut self, charter: &Charter, (n, label): (usize, &Label), item: &CaseItem) {
        self.alone(charter, (n, label), item);
        let firsts = independent(item);
        for (place, a) in firsts.iter().enumerate() {
            for b in firsts.iter().skip(place + 1).filter(|b| b.decision.slot != a.decision.slot) {
                self.between.entry((a.who.clone(), b.who.clone(), n)).or_default().take(label, a, b);
            }
        }
    }

    /// Counts what each person did with an item by themselves.
    fn alone(&mut self, charter: &Charter, (n, label): (usize, &Label), item: &CaseItem) {
        let washout = i64::from(charter.sampling.washout_days) * DAY;
        let mut last: BTreeMap<&str, &Decided> = BTreeMap::new();
        for answer in answers(item) {
            let own = self.own.entry((answer.who.clone(), n)).or_default();
            own.decided += 1;
            own.seconds.extend(answer.decision.seen.as_ref().and_then(|seen| seen.seconds));
            if let Some(before) = last.insert(&answer.who, answer) {
                let again = item.kind == Kind::Recheck || answer.at - before.at >= washout.max(1);
                if again && before.decision.reads_hash == answer.decision.reads_hash {
                    own.again.take(label, before, answer);
                }
            }
        }
        for look in &item.looks {
            let after = |one: &&Decided| one.who == look.who && one.seq > look.seq;
            let Some(answer) = answers(item).find(after) else { continue };
            let own = self.own.entry((look.who.clone(), n)).or_default();
            own.looks += 1;
            if !alike(label, look, answer) {
                own.changed += 1;
                let said = item.item.consensus.as_ref().zip(settled_choice(answer));
                // Where the readers are even, nobody could go to most of them.
                if let Some((most, said)) = said {
                    own.with_a_majority += 1;
                    own.to_the_readers += u64::from(same(label, &said, most));
                }
            }
        }
    }

    /// Gives what was counted.
    pub fn finish(self, charter: &Charter, labels: &[&Label]) -> Adjudicators {
        let of = |n: usize| labels.get(n).copied();
        let alone = |((who, n), own): ((String, usize), Own)| Some(finished(charter, of(n)?, who, own));
        let both = |((a, b, n), both): ((String, String, usize), Compared)| {
            let label = of(n)?;
            Some(Between {
                a,
                b,
                label: label.name.clone(),
                n: both.n,
                agreement: both.agreement("no item was decided by both"),
                kappa: both.kappa(label),
            })
        };
        Adjudicators {
            within: Within::default(),
            adjudicators: self.own.into_iter().filter_map(alone).collect(),
            pairs: self.between.into_iter().filter_map(both).collect(),
        }
    }
}

/// Gives each person's first answer that was made without sight of anybody else's, by name.
fn independent(item: &CaseItem) -> Vec<&Decided> {
    let alone = |one: &&Decided| {
        one.from_round == 0
            && !matches!(one.from, State::Escalated | State::Discussion)
            && !matches!(one.fate, Fate::Superseded | Fate::Overtaken)
    };
    let mut firsts: BTreeMap<&str, &Decided> = BTreeMap::new();
    for answer in answers(item).filter(alone) {
        // What came after a reopening was made in sight of what was reopened.
        let reopened = firsts.values().any(|one| one.fate == Fate::Reopened);
        if !reopened || answer.fate == Fate::Reopened {
            firsts.entry(&answer.who).or_insert(answer);
        }
    }
    firsts.into_values().collect()
}

/// Tells whether two answers come to the same: to the same choice within the tolerance, or both to no single one.
fn alike(label: &Label, a: &Decided, b: &Decided) -> bool {
    match (settled_choice(a), settled_choice(b)) {
        (Some(a), Some(b)) => same(label, &a, &b),
        (None, None) => a.decision.settles == b.decision.settles,
        _ => false,
    }
}

impl Compared {
    fn take(&mut self, label: &Label, a: &Decided, b: &Decided) {
        self.n += 1;
        self.same += u64::from(alike(label, a, b));
        let place = |value: Value| levels(label).iter().position(|level| *level == value);
        let level = |of: &Decided| settled_choice(of).and_then(|choice| place(says(label, &choice)));
        self.pairs.extend(level(a).zip(level(b)));
    }

    fn agreement(&self, why: &str) -> Measure {
        Rate::of(self.same, self.n, CONFIDENCE).map_or_else(|| undefined(Undefined::NoItems, why), measured)
    }

    fn kappa(&self, label: &Label) -> Measure {
        match (self.n, self.pairs.is_empty()) {
            (0, _) => undefined(Undefined::NoItems, "nothing was decided twice"),
            (_, true) => undefined(Undefined::NoItems, "no two answers are levels of the label"),
            _ => kappa(label, &self.pairs),
        }
    }
}

fn finished(charter: &Charter, label: &Label, who: String, own: Own) -> Adjudicator {
    let share = |hits: u64, n: u64, why: &str| {
        Rate::of(hits, n, CONFIDENCE).map_or_else(|| undefined(Undefined::NoItems, why), measured)
    };
    let no_look = match charter.review.mode {
        Mode::ThirdRead => "no own look that an answer followed",
        _ => "the charter asks for no own look before the reads are shown",
    };
    let no_change = if own.looks == 0 { no_look } else { "no look was changed" };
    let once =
        format!("nothing was rechecked, or decided again after {} days", charter.sampling.washout_days);
    let mut seconds = own.seconds;
    seconds.retain(|one| one.is_finite());
    seconds.sort_unstable_by(f64::total_cmp);
    Adjudicator {
        adjudicator: who,
        label: label.name.clone(),
        decided: own.decided,
        looks: own.looks,
        changed: share(own.changed, own.looks, no_look),
        to_the_readers: share(own.to_the_readers, own.with_a_majority, no_change),
        self_agreement: own.again.agreement(&once),
        self_kappa: match own.again.n {
            0 => undefined(Undefined::NoItems, &once),
            _ => own.again.kappa(label),
        },
        seconds: match quantile(&seconds, 0.5) {
            Some(value) => Measure {
                value: Some(value),
                n: seconds.len() as u64,
                se: None,
                low: None,
                high: None,
                why: None,
            },
            None => undefined(Undefined::NoItems, "the decisions don't say how long they took"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::case::story::{Story, adjudicator, arbiter, draft, with};
    use crate::domain::decision::{Answer, Draft};

    type Outcome = std::result::Result<(), Box<dyn std::error::Error>>;

    fn is(value: Value) -> Draft {
        draft("opacity#1", Answer::Value(value))
    }

    fn measured_of(story: &Story) -> Adjudicators {
        let (_, charter) = story.protocol.charter_at(u64::MAX);
        let mut ledger = Ledger::default();
        let labels: Vec<&Label> = charter.labels.iter().collect();
        for item in &story.case().items {
            ledger.take(&charter, (0, labels[0]), item);
        }
        ledger.finish(&charter, &labels)
    }

    #[test]
    fn two_who_decide_in_places_of_their_own_are_compared_and_an_arbiter_is_not() -> Outcome {
        let charter = with(|charter| {
            charter.review.mode = Mode::Open;
            charter.review.adjudicators = 2;
        });
        let story = Story::two(charter)
            .decide(&adjudicator("kim"), is(Value::present()))?
            .decide(&adjudicator("lee"), is(Value::absent()))?
            .decide(&arbiter("zoe"), is(Value::absent()))?;
        let found = measured_of(&story);
        let pairs: Vec<(&str, &str, u64, Option<f64>)> =
            found.pairs.iter().map(|of| (of.a.as_str(), of.b.as_str(), of.n, of.agreement.value)).collect();
        assert_eq!(pairs, [("kim", "lee", 1, Some(0.0))]);
        let why = found.adjudicators.first().and_then(|of| of.changed.why.clone());
        assert_eq!(why.as_deref(), Some("the charter asks for no own look before the reads are shown"));
        Ok(())
    }

    #[test]
    fn a_look_that_the_reveal_changed_is_told_and_so_is_where_it_went() -> Outcome {
        let charter = with(|charter| charter.review.mode = Mode::ThirdRead);
        let look = |value: Value| Draft { first_look: true, ..is(value) };
        let changed = Story::two(charter.clone())
            .decide(&adjudicator("kim"), look(Value::absent()))?
            .decide(&adjudicator("kim"), is(Value::present()))?;
        let of = measured_of(&changed).adjudicators;
        let first = of.first().ok_or("nobody")?;
        assert_eq!((first.looks, first.changed.value, first.to_the_readers.value), (1, Some(1.0), None));
        let kept = Story::two(charter)
            .decide(&adjudicator("kim"), look(Value::present()))?
            .decide(&adjudicator("kim"), is(Value::present()))?;
        let of = measured_of(&kept).adjudicators;
        assert_eq!(of.first().and_then(|of| of.changed.value), Some(0.0));
        assert_eq!(
            of.first().and_then(|of| of.to_the_readers.why.clone()).as_deref(),
            Some("no look was changed")
        );
        Ok(())
    }

    #[test]
    fn a_correction_is_no_recheck_and_a_decision_after_the_washout_is_one() -> Outcome {
        let charter = with(|charter| charter.review.mode = Mode::Open);
        let kim = adjudicator("kim");
        let amended = |value: Value| Draft { note: Some("on second thought".into()), ..is(value) };
        let soon = Story::two(charter.clone())
            .decide(&kim, is(Value::present()))?
            .decide(&kim, amended(Value::absent()))?;
        let again =
            |story: &Story| measured_of(story).adjudicators.first().map(|of| of.self_agreement.clone());
        let why = again(&soon).and_then(|of| of.why);
        assert_eq!(why.as_deref(), Some("nothing was rechecked, or decided again after 28 days"));
        let late = Story::two(charter)
            .decide(&kim, is(Value::present()))?
            .later(30 * DAY)
            .act("lea", crate::domain::event::Action::Reopen, Some("opacity#1"))
            .decide(&kim, amended(Value::present()))?;
        let of = again(&late).ok_or("nobody")?;
        assert_eq!((of.value, of.n), (Some(1.0), 1));
        Ok(())
    }
}
