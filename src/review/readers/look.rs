//! What counts for and against a reader in one case: the fold from a case and its answers to a reader's tally.

use std::collections::{BTreeMap, BTreeSet};

use super::{CONFIDENCE, same};
use crate::domain::case::{Case, CaseItem, Decided, History, State};
use crate::domain::charter::{Charter, Label, LabelKind};
use crate::domain::decision::{Settles, Verdict, VerdictKind};
use crate::domain::event::Action;
use crate::domain::item::{Choice, Opinion, distance, shared_area};
use crate::domain::people::People;
use crate::domain::value::{PRESENT, Value};
use crate::review::readings::{Reader, earlier, levels, made_at, says, silent, spacing};
use crate::review::sample::StandsFor;
use crate::stats::performance::{Counts, Rate};

/// What is counted of one reader on one label.
#[derive(Default)]
pub(super) struct Tally {
    /// Cases that the reader read.
    pub cases: u64,
    /// Of these, those whose outcome is known, and those that somebody still has to settle: the rest waits for reads.
    pub settled: u64,
    pub open: u64,
    /// Of the settled ones, those in which the final answer is another than the reader's.
    pub disagreed: u64,
    pub adjudicated: u64,
    /// Of these, what was read again though nobody disagreed.
    pub audited: u64,
    pub favoured: u64,
    pub justifiable: u64,
    pub provisional: u64,
    /// Reads that were made after their reader had seen who said what.
    pub unblinded: u64,
    /// Images of the cases in which something was adjudicated.
    pub images: u64,
    /// Of what was adjudicated.
    pub counts: Counts,
    /// Of what was adjudicated or read again: whether the reader found it, whether it is there, and how many items that
    /// one stands for.
    pub found: Vec<(bool, bool, f64)>,
    /// Of the same, answer and final answer as numbers of levels, and how many items that one stands for.
    pub pairs: Vec<(usize, usize, f64)>,
    /// Faults of severity 2b, and those of 3b.
    pub severe: [Vec<Fault>; 2],
    /// Faults by their causes.
    pub causes: BTreeMap<String, Vec<Fault>>,
    /// One for each case that the reader read.
    pub courses: Vec<Course>,
    pub shapes: Shapes,
    /// What the reader said of an item earlier and what stands, as numbers of levels.
    pub repeats: Vec<(usize, usize)>,
}

/// What a case has come to for one of its readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// All is settled, and nothing went against the reader.
    With,
    /// All is settled, and some final answer is another than the reader's.
    Against,
    /// Somebody still has to settle something of the label: neither for the reader nor against them.
    Open,
    /// It waits for reads: nobody knows yet whether there is anything to settle.
    Early,
}

/// How one case went for a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Course {
    /// When the read was made: milliseconds since 1970 UTC.
    pub at: i64,
    /// The case's place in the order in which cases were looked at.
    pub case: u32,
    pub outcome: Outcome,
}

impl Course {
    /// By what courses are ordered: those of which something can be known first, in the order of their reads.
    pub fn order(&self) -> (bool, i64, u32) {
        (self.outcome == Outcome::Early, self.at, self.case)
    }
}

/// Something that went against a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fault {
    /// When the read was made: milliseconds since 1970 UTC.
    pub at: i64,
    /// The case's place in the order in which cases were looked at.
    pub case: u32,
}

/// How a reader's shapes compare with the final ones, where each side drew one.
#[derive(Default)]
pub(super) struct Shapes {
    pub iou: Vec<f64>,
    pub dice: Vec<f64>,
    /// HD95 of areas, the distance of points, of the ends of lines, of landmarks: in mm, or in pixels.
    pub apart: Vec<f64>,
    /// Some image has no spacing, so that distances are in pixels.
    pub pixels: bool,
}

impl Tally {
    /// Takes in how a case went.
    pub fn take(&mut self, course: Course) {
        self.cases += 1;
        self.open += u64::from(course.outcome == Outcome::Open);
        self.settled += u64::from(matches!(course.outcome, Outcome::With | Outcome::Against));
        self.disagreed += u64::from(course.outcome == Outcome::Against);
        self.courses.push(course);
    }

    /// Gives the share of what is there that the reader found; none where nothing is.
    pub fn sensitivity(&self) -> Option<Rate> {
        let there = self.found.iter().filter(|(_, there, _)| *there);
        Rate::weighted(there.map(|(found, _, weight)| (*found, *weight)), CONFIDENCE)
    }

    /// Gives the share of what isn't there that the reader left unmarked.
    pub fn specificity(&self) -> Option<Rate> {
        let absent = self.found.iter().filter(|(_, there, _)| !there);
        Rate::weighted(absent.map(|(found, _, weight)| (!found, *weight)), CONFIDENCE)
    }

    /// Gives the share of the settled cases that went against the reader, 0–1; none where nothing is settled.
    pub fn index(&self) -> Option<f64> {
        (self.settled > 0).then(|| self.disagreed as f64 / self.settled as f64)
    }
}

pub(super) type Tallies = BTreeMap<Reader, Tally>;

/// One label of one case.
pub(super) struct Look<'a> {
    pub charter: &'a Charter,
    pub people: &'a People,
    pub label: &'a Label,
    pub case: &'a Case,
    pub history: &'a History,
    pub weights: &'a StandsFor,
    /// The case's place in the order in which cases are looked at.
    pub number: u32,
    pub since: Option<i64>,
    pub now: i64,
}

impl Look<'_> {
    pub fn count(&self, tallies: &mut Tallies) {
        let items: Vec<&CaseItem> =
            self.case.items.iter().filter(|of| of.item.labels.contains(&self.label.name)).collect();
        let mut read: BTreeSet<Reader> = BTreeSet::new();
        let mut disagreed: BTreeSet<Reader> = BTreeSet::new();
        let mut judged: BTreeSet<Reader> = BTreeSet::new();
        for item in &items {
            let opinions = item.item.opinions.iter().filter(|opinion| !opinion.choice.is_ungradable());
            for opinion in opinions {
                let reader = Reader { model: opinion.model, name: opinion.reader.clone() };
                if !self.came_within(&reader.name) {
                    continue;
                }
                let tally = tallies.entry(reader.clone()).or_default();
                if !self.is_blind(&reader.name) {
                    tally.unblinded += 1;
                    continue;
                }
                self.repeat(opinion, tally);
                let before = tally.adjudicated;
                if self.judge(item, opinion, tally) {
                    disagreed.insert(reader.clone());
                }
                if tally.adjudicated > before {
                    judged.insert(reader.clone());
                }
                read.insert(reader);
            }
        }
        if items.is_empty() {
            let silent = silent(self.case, self.history, self.charter, self.label);
            let counts = |reader: &Reader| self.came_within(&reader.name) && self.is_blind(&reader.name);
            read.extend(silent.into_iter().filter(counts));
        }
        // An answer to reads that were changed since says nothing of those that stand.
        let ended = |item: &&CaseItem| {
            matches!(item.state_at(self.now), State::Final | State::Concordant) && !item.reads_changed
        };
        let settled = items.iter().all(ended);
        for reader in read {
            let outcome = match settled {
                _ if self.case.awaiting > 0 => Outcome::Early,
                false => Outcome::Open,
                true if disagreed.contains(&reader) => Outcome::Against,
                true => Outcome::With,
            };
            let at = self.made_at(&reader.name).unwrap_or(0);
            let tally = tallies.entry(reader.clone()).or_default();
            if judged.contains(&reader) {
                tally.images += (self.case.images.len() as u64).max(1);
            }
            tally.take(Course { at, case: self.number, outcome });
        }
    }

    /// Tells whether a reader's read came before they saw who said what.
    fn is_blind(&self, reader: &str) -> bool {
        if self.case.unblinded.is_empty() {
            return true;
        }
        let own = |who: &str| {
            who == reader || self.people.named(who).is_some_and(|person| person.readers.contains(reader))
        };
        let saw = self.history.acts.iter().filter(|act| act.action == Action::Unblind && own(&act.who));
        match (saw.map(|act| act.at).min(), self.made_at(reader)) {
            (Some(saw), Some(made)) => made < saw,
            _ => true,
        }
    }

    fn made_at(&self, reader: &str) -> Option<i64> {
        let read = self.case.reads.iter().find(|of| of.read.reader == reader)?;
        made_at(read, self.history)
    }

    /// Takes what a reader said of a label before the read that stands.
    fn repeat(&self, opinion: &Opinion, tally: &mut Tally) {
        let again =
            self.history.imports.iter().any(|import| {
                import.reads.iter().any(|read| read.occasion > 1 && read.reader == opinion.reader)
            });
        if !again || self.label.kind.is_localised() {
            return;
        }
        let place = |value: &Value| levels(self.label).iter().position(|level| level == value);
        let Some(stands) = place(&says(self.label, &opinion.choice)) else { return };
        let before = earlier(self.history, self.label, &opinion.reader);
        tally.repeats.extend(before.iter().filter_map(place).map(|before| (before, stands)));
    }

    /// Tells whether a read was made within the window: the one clock for what counts and for what it is counted of.
    fn came_within(&self, reader: &str) -> bool {
        let Some(since) = self.since else { return true };
        self.made_at(reader).is_some_and(|at| at >= since)
    }

    /// Counts one reader's part in one item; tells whether the final answer is another than the reader's.
    fn judge(&self, item: &CaseItem, opinion: &Opinion, tally: &mut Tally) -> bool {
        let Some(answer) = item.answers().last() else {
            self.take_audited(item, opinion, tally);
            return false;
        };
        match item.state_at(self.now) {
            State::Final => {}
            State::Provisional => {
                tally.provisional += 1;
                return false;
            }
            _ => return false,
        }
        // What was read again after the answer is not what the answer was about.
        if item.reads_changed {
            return false;
        }
        let Some(decision) = item.united() else { return false };
        let silent = Verdict::default();
        let verdict = decision.verdicts.get(&opinion.reader).unwrap_or(&silent);
        // What is named as an acceptable variant is not wrong, whatever answer stands.
        let variant =
            decision.ambiguity.as_ref().is_some_and(|block| block.variants.contains(&opinion.reader));
        if verdict.verdict == VerdictKind::Justifiable || variant {
            tally.justifiable += 1;
            return false;
        }
        let Some(final_choice) = settled_choice(answer) else { return false };
        if verdict.verdict.is_fault() {
            let fault = Fault { at: self.made_at(&opinion.reader).unwrap_or(0), case: self.number };
            for (code, severe) in ["2b", "3b"].into_iter().zip(&mut tally.severe) {
                severe.extend((verdict.severity.as_deref() == Some(code)).then_some(fault));
            }
            for cause in &verdict.cause {
                tally.causes.entry(cause.clone()).or_default().push(fault);
            }
        }
        let favoured = match verdict.verdict {
            VerdictKind::Agree => true,
            VerdictKind::Error | VerdictKind::Slip => false,
            _ => {
                decision.adopted.contains(&opinion.reader)
                    || same::same(self.label, &opinion.choice, &final_choice)
            }
        };
        tally.adjudicated += 1;
        tally.audited += u64::from(item.amended.is_some());
        tally.favoured += u64::from(favoured);
        self.compare(&opinion.choice, &final_choice, &mut tally.shapes);
        // What an audit amended was drawn; what readers disputed was adjudicated, all of it.
        let weight = match item.amended {
            Some(_) => self.weights.of(self.case, item).unwrap_or(1.0),
            None => 1.0,
        };
        self.weigh(&opinion.choice, &final_choice, weight, tally);
        let positive = |choice: &Choice| self.positive(choice);
        if let (Some(said), Some(truth)) = (positive(&opinion.choice), positive(&final_choice)) {
            let counts = &mut tally.counts;
            *match (said, truth) {
                (true, true) => &mut counts.true_positive,
                (false, true) => &mut counts.false_negative,
                (true, false) => &mut counts.false_positive,
                (false, false) => &mut counts.true_negative,
            } += 1;
        }
        !favoured
    }

    /// Takes an item on which all agreed and that an audit found right.
    fn take_audited(&self, item: &CaseItem, opinion: &Opinion, tally: &mut Tally) {
        if item.state != State::Concordant {
            return;
        }
        let Some((weight, truth)) = self.weights.of(self.case, item).zip(item.result.as_ref()) else {
            return;
        };
        tally.audited += 1;
        self.weigh(&opinion.choice, truth, weight, tally);
    }

    /// Counts an answer against the final one, for as many items as it stands for.
    fn weigh(&self, said: &Choice, truth: &Choice, weight: f64, tally: &mut Tally) {
        if let (Some(said), Some(truth)) = (self.level(said), self.level(truth)) {
            tally.pairs.push((said, truth, weight));
        }
        if let (Some(said), Some(truth)) = (self.positive(said), self.positive(truth)) {
            tally.found.push((said, truth, weight));
        }
    }

    /// Measures the reader's one shape against the final one.
    fn compare(&self, said: &Choice, truth: &Choice, into: &mut Shapes) {
        let ([said], [truth]) = (said.shapes.as_slice(), truth.shapes.as_slice()) else { return };
        let spacing = spacing(self.case, said);
        if let Some(shared) = shared_area(said, truth) {
            into.iou.push(shared.iou());
            into.dice.push(shared.dice());
        }
        if let Some(apart) = distance(said, truth, spacing.unwrap_or([1.0; 2])) {
            into.apart.push(apart);
            into.pixels |= spacing.is_none();
        }
    }

    fn level(&self, choice: &Choice) -> Option<usize> {
        let value = says(self.label, choice);
        levels(self.label).iter().position(|level| *level == value)
    }

    /// Tells whether a choice is the positive of two; none where the label has more, or the choice is neither.
    fn positive(&self, choice: &Choice) -> Option<bool> {
        let value = says(self.label, choice);
        if is_presence(self.label) {
            return match () {
                _ if value.is(PRESENT) => Some(true),
                _ if choice.is_absent() || value == Value::absent() => Some(false),
                _ => None,
            };
        }
        let place = self.level(choice)?;
        (self.label.levels.len() == 2).then_some(place == 1)
    }
}

pub(super) fn is_presence(label: &Label) -> bool {
    label.kind == LabelKind::Present || label.kind.is_localised()
}

/// Gives what an answer comes to; none where nothing is right or wrong by it.
pub(in crate::review) fn settled_choice(answer: &Decided) -> Option<Choice> {
    match answer.decision.settles {
        Settles::Resolved => answer.decision.result.clone(),
        Settles::Negative => Some(Choice::of(Value::absent())),
        _ => None,
    }
}
