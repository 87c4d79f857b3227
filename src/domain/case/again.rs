//! Second readings of what is settled: an audit is somebody else's own blind read, a recheck a decision that is made
//! again without sight of the first. Neither changes an answer by itself: where it differs beyond the tolerance, a
//! third person decides, and only what that person finds wrong is an error and is amended.

use std::collections::BTreeSet;

use super::derive::Fold;
use super::{Act, Case, CaseItem, Decided, Fate, Kind, State};
use crate::domain::charter::Charter;
use crate::domain::decision::answer::alternative;
use crate::domain::decision::{Decision, Settles};
use crate::domain::event::Action;
use crate::domain::image::Image;
use crate::domain::item::{self, Candidate, Choice, Difference, DisputeType, Item, Opinion};
use crate::domain::value::Value;
use crate::domain::word::words;

/// What an event asks to be read again.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// The sample that the items were drawn into.
    pub sample: String,
    pub kind: Kind,
    pub items: Vec<String>,
    /// Who is to read it, where somebody is named.
    pub to: Option<String>,
}

/// What a second reading is of.
#[derive(Debug, Clone, PartialEq)]
pub struct Second {
    /// The item that is read again.
    pub of: String,
    /// There is no such item: nobody drew anything of the label but what the other items hold, and the question is
    /// whether there is more. The id is the one that it gets if there is.
    pub unseen: bool,
    pub sample: String,
    /// Number of the event that asked for it.
    pub asked: u64,
    pub to: Option<String>,
    /// The answer that is put to the test.
    pub standing: Standing,
    /// Whose work it is, so that somebody else looks at it.
    pub by: BTreeSet<String>,
    pub came_to: CameTo,
    /// A third person found it wrong and took that back: until somebody says again who is right, the lot stands as if it
    /// were wrong.
    pub taken_back: bool,
}

/// What a second reading came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CameTo {
    /// Nobody has read it yet.
    Open,
    /// The same, within the tolerance.
    Agrees,
    /// Something else: a third person has yet to say who is right.
    Differs,
    /// A third person kept the answer.
    Upheld,
    /// A third person found another: a confirmed error.
    Wrong,
    /// The item was opened again, or its reads changed, before anybody could tell.
    Withdrawn,
}

words!(CameTo: Open "open", Agrees "agrees", Differs "differs", Upheld "upheld", Wrong "wrong", Withdrawn "withdrawn");

impl CameTo {
    /// Tells whether it says whether the answer is right: what was withdrawn says nothing.
    pub fn says_something(self) -> bool {
        matches!(self, CameTo::Agrees | CameTo::Upheld | CameTo::Wrong)
    }

    /// Tells whether nothing more is to come.
    pub fn is_settled(self) -> bool {
        !matches!(self, CameTo::Open | CameTo::Differs)
    }
}

/// An answer that stands, with what else counts as not wrong.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Standing {
    pub settles: Option<Settles>,
    pub result: Option<Choice>,
    /// The alternatives of an ambiguous answer.
    pub variants: Vec<Choice>,
}

impl Standing {
    /// Takes the answer of an item as it stands.
    pub fn of(entry: &CaseItem) -> Standing {
        let mut entry = entry.clone();
        entry.conclude();
        let blocks = entry.answers().filter_map(|decided| decided.decision.ambiguity.as_ref());
        let alternatives = blocks.flat_map(|block| &block.alternatives);
        let variants = alternatives.filter_map(|other| alternative(&other.value).ok()).collect();
        Standing { settles: entry.outcome, result: entry.result, variants }
    }

    fn by(decision: &Decision) -> Standing {
        let block = decision.ambiguity.iter().flat_map(|block| &block.alternatives);
        Standing {
            settles: Some(decision.settles),
            result: decision.result.clone(),
            variants: block.filter_map(|other| alternative(&other.value).ok()).collect(),
        }
    }

    /// Gives whether two answers come to the same within the tolerance, and where they don't, how they differ if that
    /// can be measured. What an ambiguous answer names as an alternative is not wrong.
    fn compare(&self, other: &Standing, scene: &Scene<'_>) -> Result<(), Option<Difference>> {
        let differ = |one: &Choice, other: &Choice| {
            item::difference(scene.charter, scene.images, scene.labels, one, other)
        };
        let ambiguous = |standing: &Standing| standing.settles == Some(Settles::Ambiguous);
        let excluded = |standing: &Standing| standing.settles == Some(Settles::Excluded);
        match (&self.result, &other.result) {
            _ if ambiguous(self) && ambiguous(other) => Ok(()),
            (None, Some(said)) if ambiguous(self) => Standing::among(&self.variants, said, differ),
            (Some(said), None) if ambiguous(other) => Standing::among(&other.variants, said, differ),
            _ if excluded(self) != excluded(other) => Err(None),
            (Some(one), Some(other)) => differ(one, other).map_or(Ok(()), |found| Err(Some(found))),
            (one, other) if one == other => Ok(()),
            _ => Err(None),
        }
    }

    fn among(
        variants: &[Choice],
        said: &Choice,
        differ: impl Fn(&Choice, &Choice) -> Option<Difference>,
    ) -> Result<(), Option<Difference>> {
        match variants.iter().any(|variant| differ(variant, said).is_none()) {
            true => Ok(()),
            false => Err(None),
        }
    }
}

/// What answers are compared by.
struct Scene<'a> {
    charter: &'a Charter,
    images: &'a [Image],
    labels: &'a [String],
}

impl Fold<'_> {
    /// Puts items up for a second reading.
    pub(super) fn ask(&mut self, act: &Act) -> Result<(), &'static str> {
        let asked = act.asked.as_ref().ok_or("it does not say what is to be read again")?;
        let before = self.again.len();
        for id in &asked.items {
            let waits = |entry: &&CaseItem| entry.second.as_ref().is_some_and(|second| second.of == *id);
            if self.again.iter().filter(waits).any(|entry| entry.kind == asked.kind && entry.is_open()) {
                continue;
            }
            let known = self.items.iter().find(|entry| entry.id == *id).cloned();
            let unseen = known.is_none();
            let Some(mut entry) = known.or_else(|| self.nothing_more(id)) else { continue };
            if !matches!(entry.state, State::Final | State::Concordant) {
                continue;
            }
            entry.second = Some(Box::new(Second {
                of: entry.id.clone(),
                unseen,
                sample: asked.sample.clone(),
                asked: act.seq,
                to: asked.to.clone(),
                standing: Standing::of(&entry),
                by: entry.decisions.iter().chain(&entry.looks).map(|decided| decided.who.clone()).collect(),
                came_to: CameTo::Open,
                taken_back: false,
            }));
            // In the row of the others, so that it isn't told by its name.
            entry.id = self.next_id(&entry.item.labels.join("/"));
            entry.kind = asked.kind;
            entry.disputed = true;
            entry.state = State::Queued;
            (entry.round, entry.final_at, entry.amended) = (0, None, None);
            entry.reads_changed = false;
            entry.decisions.clear();
            entry.looks.clear();
            if asked.kind == Kind::Audit {
                entry.item.difference = None;
            }
            self.again.push(entry);
        }
        if self.again.len() == before { Err("nothing of it could be read again") } else { Ok(()) }
    }

    /// Makes an item of what all readers left out: that there is nothing more of a label that is drawn.
    fn nothing_more(&mut self, label: &str) -> Option<CaseItem> {
        let known = self.charter.label(label).filter(|label| label.kind.is_localised())?;
        let labels = vec![known.name.clone()];
        let absent = || Choice::of(Value::absent());
        let opinions: Vec<Opinion> = self
            .reads
            .iter()
            .map(|read| Opinion {
                reader: read.reader.clone(),
                model: read.model,
                choice: absent(),
                confidence: None,
                comments: Vec::new(),
            })
            .collect();
        let readers = opinions.iter().filter(|by| !by.model).map(|by| by.reader.clone()).collect();
        let candidates = vec![Candidate { choice: absent(), readers, share: 1.0 }];
        Some(self.first_triage(Item {
            labels,
            opinions,
            difference: None,
            candidates,
            consensus: Some(absent()),
        }))
    }

    /// Looks at what an act on a second reading comes to.
    pub(super) fn look_again(&mut self, act: &Act) {
        let Some(place) = self.again.iter().position(|entry| Some(&entry.id) == act.dispute.as_ref()) else {
            return;
        };
        let Some(entry) = self.again.get(place) else { return };
        let said = match (entry.kind, act.action) {
            (Kind::Audit, Action::FirstLook) if entry.looks.len() == 1 => entry.looks.first(),
            (Kind::Recheck, Action::Decide) if matches!(entry.state, State::Provisional | State::Final) => {
                entry.answer_of(&act.who).filter(|decided| decided.from == State::Queued)
            }
            _ => None,
        };
        let Some(decision) = said.map(|decided| decided.decision.clone()) else { return };
        let compared = self.compare(entry, &decision);
        let candidates = match (entry.kind, &compared) {
            (Kind::Audit, Err(_)) => self.with_answers(entry, &decision),
            _ => Vec::new(),
        };
        let Some(entry) = self.again.get_mut(place) else { return };
        match (entry.kind, compared) {
            (Kind::Audit, Ok(())) => entry.state = State::Final,
            (Kind::Audit, Err(difference)) => {
                entry.item.candidates = candidates;
                entry.item.difference = Some(difference.unwrap_or_else(|| Difference {
                    kind: DisputeType::Technical,
                    gap: 1.0,
                    weight: 1.0,
                    text: "can't be graded for one".into(),
                }));
                entry.item.consensus = None;
            }
            (_, Err(_)) => {
                entry.state = State::Escalated;
                entry.final_at = None;
            }
            _ => {}
        }
    }

    fn compare(&self, entry: &CaseItem, decision: &Decision) -> Result<(), Option<Difference>> {
        let Some(second) = &entry.second else { return Ok(()) };
        let scene = Scene { charter: &self.charter, images: &self.images, labels: &entry.item.labels };
        second.standing.compare(&Standing::by(decision), &scene)
    }

    /// Gives the candidates with the answer that stands and the one that was found beside it.
    fn with_answers(&self, entry: &CaseItem, decision: &Decision) -> Vec<Candidate> {
        let mut candidates = entry.item.candidates.clone();
        let standing = entry.second.as_ref().and_then(|second| second.standing.result.clone());
        for choice in standing.into_iter().chain(decision.result.clone()) {
            if !candidates.iter().any(|candidate| candidate.choice == choice) {
                candidates.push(Candidate { choice, readers: Vec::new(), share: 0.0 });
            }
        }
        self.shuffle_candidates(&entry.id, &mut candidates);
        candidates
    }

    /// Takes back what waits to be read again and isn't settled any more, or rests on other reads; `anew` where all
    /// reads were looked at anew.
    pub(super) fn withdraw(&mut self, anew: bool) {
        for entry in self.again.iter_mut().filter(|entry| entry.is_open()) {
            let Some(second) = entry.second.as_deref() else { continue };
            let holds = match second.unseen {
                true => !anew,
                false => self.items.iter().find(|item| item.id == second.of).is_some_and(|item| {
                    matches!(item.state, State::Final | State::Concordant) && item.hash() == entry.hash()
                }),
            };
            if !holds {
                entry.withdraw();
            }
        }
    }

    /// Opens what the readers agree on and a second reading amended; tells whether there was anything. What was adjudicated
    /// before it was amended is opened by its own decisions.
    pub(super) fn open_amended(&mut self, dispute: Option<&str>) -> bool {
        let amended: Vec<String> = self
            .again
            .iter()
            .filter(|entry| !entry.spent && entry.state >= State::Provisional && entry.disputed)
            .filter(|entry| {
                entry.answers().last().is_some_and(|answer| self.compare(entry, &answer.decision).is_err())
            })
            .filter_map(|entry| entry.second.as_deref())
            .filter(|second| dispute.is_none_or(|dispute| dispute == second.of))
            .map(|second| second.of.clone())
            .collect();
        let mut opened = false;
        for item in self.items.iter_mut().filter(|item| amended.contains(&item.id)) {
            if item.state == State::Concordant {
                (item.disputed, item.state, item.round) = (true, State::Queued, 0);
                opened = true;
            }
        }
        opened
    }

    /// Lets what second readings said of an item that a lead opens again rest.
    pub(super) fn open_again(&mut self, dispute: Option<&str>) {
        for entry in &mut self.again {
            let of = entry.second.as_ref().map(|second| second.of.as_str());
            if dispute.is_none() || of == dispute {
                entry.spent = true;
                if entry.is_open() {
                    entry.withdraw();
                }
            }
        }
    }

    /// Says what each second reading came to, and amends what a third person found wrong.
    pub(super) fn conclude_again(&mut self) {
        let mut amended: Vec<(Decided, usize)> = Vec::new();
        for place in 0..self.again.len() {
            let Some(entry) = self.again.get(place) else { continue };
            let answer = entry.answers().last().filter(|_| entry.state >= State::Provisional);
            let came_to = match (entry.disputed, answer) {
                (false, _) => CameTo::Withdrawn,
                (_, Some(answer)) if self.compare(entry, &answer.decision).is_err() => {
                    if !entry.spent {
                        amended.push((answer.clone(), place));
                    }
                    CameTo::Wrong
                }
                (_, Some(_))
                    if entry.kind == Kind::Recheck && entry.answers().count() == entry.decisions.len() =>
                {
                    CameTo::Agrees
                }
                (_, Some(_)) => CameTo::Upheld,
                _ if entry.state == State::Final => CameTo::Agrees,
                _ if entry.looks.is_empty() && entry.decisions.is_empty() => CameTo::Open,
                _ => CameTo::Differs,
            };
            // A recheck that its own adjudicator takes back found nothing.
            let thirds = |undone: &&Decided| {
                undone.fate == Fate::Undone && (entry.kind == Kind::Audit || undone.from == State::Escalated)
            };
            let mut undone = entry.decisions.iter().filter(thirds);
            let wrong = came_to == CameTo::Differs
                && undone.any(|undone| {
                    undone.decision.settles != Settles::Open && self.compare(entry, &undone.decision).is_err()
                });
            if let Some(second) = self.again.get_mut(place).and_then(|entry| entry.second.as_mut()) {
                second.came_to = came_to;
                second.taken_back &= wrong;
            }
        }
        amended.sort_by_key(|(answer, _)| answer.seq);
        for (answer, place) in amended {
            let Some(by) = self.again.get(place) else { continue };
            let Some(second) = by.second.as_deref() else { continue };
            match self.items.iter_mut().find(|item| item.id == second.of) {
                Some(entry) => entry.amend(answer, by),
                None if second.unseen => {
                    let mut entry = CaseItem { id: second.of.clone(), kind: Kind::Dispute, ..by.clone() };
                    (entry.second, entry.looks, entry.decisions) = (None, Vec::new(), Vec::new());
                    entry.amend(answer, by);
                    self.items.push(entry);
                }
                None => {}
            }
        }
    }
}

impl Case {
    /// Tells whether an audit is a person's to make: somebody else's work, which nobody gave to another. `readers` are
    /// the ids under which the person reads.
    pub fn is_audit_for(&self, item: &CaseItem, who: &str, readers: &BTreeSet<String>) -> bool {
        // Whoever was named and saw the readers' names can't read it blind any more: it is anybody's then.
        let given = |to: &str| to == who || self.unblinded.contains(to);
        let free = |second: &Second| !second.by.contains(who) && second.to.as_deref().is_none_or(given);
        item.awaits_audit()
            && item.second.as_deref().is_some_and(free)
            && !self.unblinded.contains(who)
            && !self.reads.iter().any(|read| readers.contains(&read.read.reader))
    }

    /// Tells whether a second reading that was made is a person's to answer: not of whoever made it, nor of whose work it
    /// looks at, but for a recheck, which its own adjudicator may meet again.
    /// Where nobody decided, the work is that of the readers: `readers` are the ids under which the person reads.
    pub fn is_second_for(&self, item: &CaseItem, who: &str, readers: &BTreeSet<String>) -> bool {
        let Some(second) = item.second.as_deref() else { return true };
        let read = || self.reads.iter().any(|read| readers.contains(&read.read.reader));
        let own = second.by.contains(who) || second.by.is_empty() && read();
        let looked = item.kind == Kind::Audit && item.looks.first().is_some_and(|look| look.who == who);
        item.disputed && !looked && (item.kind == Kind::Recheck || !own)
    }

    /// Tells whether a person who works on cases may know of a second reading: of one that waits only if it is theirs to
    /// answer, and of one that is over if they answered it. Of an audit that nobody has made nobody but auditors knows.
    pub fn knows_of(&self, item: &CaseItem, who: &str, readers: &BTreeSet<String>) -> bool {
        match item.is_open() {
            true => !item.awaits_audit() && self.is_second_for(item, who, readers),
            false => item.last_of(who).is_some(),
        }
    }

    /// Tells whether an item is read again now by a second reading that is a person's to answer: what stands would steer it.
    pub fn is_asked_again(&self, item: &CaseItem, who: &str, readers: &BTreeSet<String>) -> bool {
        self.again.iter().any(|other| {
            other.is_open()
                && !other.awaits_audit()
                && other.second.as_deref().is_some_and(|second| second.of == item.id)
                && self.is_second_for(other, who, readers)
        })
    }
}

impl CaseItem {
    /// Tells whether this is an audit that nobody has made yet: it shows to nobody but auditors.
    pub fn awaits_audit(&self) -> bool {
        self.kind == Kind::Audit && self.looks.is_empty() && self.is_open()
    }

    /// Tells whether somebody has yet to do something here.
    pub fn is_open(&self) -> bool {
        self.state < State::Provisional
    }

    fn withdraw(&mut self) {
        self.disputed = false;
        self.state = State::Concordant;
        self.final_at = None;
    }

    fn amend(&mut self, answer: Decided, by: &CaseItem) {
        self.set_aside(Fate::Overruled, Decided::is_answer);
        self.decisions.push(answer);
        self.disputed = true;
        self.state = by.state;
        self.final_at = by.final_at;
        self.amended = Some(by.id.clone());
    }
}

#[cfg(test)]
mod tests;
