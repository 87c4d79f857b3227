//! Questions that a case answers about itself.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Case, CaseItem, CurrentRead, Decided, Fate, Method, Protocol, State, Waives};
use super::{digest, reads};
use crate::domain::charter::{Charter, Support};
use crate::domain::checks::Waived;
use crate::domain::decision::{Alternative, Answer, Settles, VerdictKind, merge};
use crate::domain::item::{Choice, Item};

impl Protocol {
    /// Gives the version of the charter that is in force at a number of the log, and the charter.
    pub fn charter_at(&self, seq: u64) -> (u32, Arc<Charter>) {
        let after = self.charters.partition_point(|version| version.seq <= seq);
        let found = self.charters.get(after.saturating_sub(1));
        found.map_or_else(
            || (0, Arc::new(Charter::named(""))),
            |version| (version.version, Arc::clone(&version.charter)),
        )
    }
}

impl Case {
    /// Gives the case's state at a time, in milliseconds since 1970 UTC, and under a claim or not: the first that holds.
    pub fn state_at(&self, now: i64, claimed: bool) -> State {
        self.state_with(now, claimed, |_| true)
    }

    /// Gives the same with those second readings alone that count: not those of which somebody isn't to know.
    pub fn state_with(&self, now: i64, claimed: bool, counts: impl Fn(&CaseItem) -> bool) -> State {
        if !self.blocked.is_empty() {
            return State::Blocked;
        }
        if self.awaiting > 0 {
            return State::AwaitingReads;
        }
        let claim = claimed.then_some(State::InReview);
        let again =
            self.again.iter().filter(|entry| entry.is_open() && !entry.awaits_audit() && counts(entry));
        let states = self.items.iter().chain(again).map(|entry| entry.state_at(now));
        states.chain(claim).min().unwrap_or(State::Concordant)
    }

    /// Finds an item, or a second reading of one, by its id.
    pub fn item(&self, id: &str) -> Option<&CaseItem> {
        self.items.iter().chain(&self.again).find(|entry| entry.id == id)
    }

    /// Gives the items that are to be settled, and the second readings after them.
    pub fn disputes(&self) -> impl Iterator<Item = &CaseItem> {
        self.items.iter().chain(&self.again).filter(|entry| entry.disputed)
    }

    /// Finds the read of the reader with a letter, in either case.
    pub fn read_of(&self, letter: &str) -> Option<&CurrentRead> {
        let letter = letter.trim();
        self.reads.iter().find(|read| read.letter.eq_ignore_ascii_case(letter))
    }

    /// Gives who let pass what a check finds that needs more than the case, of this reader or of all.
    pub fn waiver(&self, check: &str, reader: Option<&str>) -> Option<&Waived> {
        let meant = |waives: &Waives| {
            waives.check == check && (waives.reader.is_none() || waives.reader.as_deref() == reader)
        };
        self.waivers.iter().find(|(waives, _)| meant(waives)).map(|(_, waived)| waived)
    }

    /// Gives the letter of a reader.
    pub fn letter_of(&self, reader: &str) -> Option<&str> {
        self.reads.iter().find(|read| read.read.reader == reader).map(|read| read.letter.as_str())
    }

    /// Gives the letters of the answers of a second reading that none of the readers gave, by their candidates' places: the
    /// letters after those of the reads, as if somebody else had come in later. So whoever says who is right finds voices
    /// beside voices, and nothing tells an auditor's answer, or the one that stands, from a read.
    pub fn voices(&self, item: &CaseItem) -> Vec<(usize, String)> {
        if item.second.is_none() || item.awaits_audit() {
            return Vec::new();
        }
        let unread = item.item.candidates.iter().enumerate().filter(|(_, of)| of.readers.is_empty());
        (self.reads.len()..).zip(unread).map(|(next, (place, _))| (place, reads::letter(next))).collect()
    }

    /// Proposes the alternatives of an ambiguous dispute: what people said, weighted by how many said it. Empty for an
    /// unknown dispute.
    pub fn proposal(&self, dispute: &str) -> Vec<Alternative> {
        let Some(entry) = self.item(dispute) else { return Vec::new() };
        let backed: Vec<_> = entry.item.candidates.iter().filter(|candidate| candidate.share > 0.0).collect();
        let all: f64 = backed.iter().map(|candidate| candidate.share).sum();
        backed
            .into_iter()
            .map(|candidate| Alternative {
                value: alternative(&candidate.choice),
                weight: candidate.share / all,
            })
            .collect()
    }
}

/// Writes a choice as the value of an alternative: as short as it can be said.
fn alternative(choice: &Choice) -> serde_json::Value {
    let short = match choice {
        Choice { label: None, value: Some(value), shapes } if shapes.is_empty() => {
            serde_json::to_value(value)
        }
        Choice { label: Some(label), value: None, shapes } if shapes.is_empty() => {
            serde_json::to_value(label)
        }
        _ => serde_json::to_value(choice),
    };
    short.unwrap_or_default()
}

impl CaseItem {
    /// Gives the item's state at a time, in milliseconds since 1970 UTC.
    pub fn state_at(&self, now: i64) -> State {
        match (self.state, self.final_at) {
            (State::Provisional, Some(end)) if end <= now => State::Final,
            (state, _) => state,
        }
    }

    /// Hashes what the readers say of the item: hex SHA-256.
    pub fn hash(&self) -> String {
        digest::of_opinions(&self.item)
    }

    /// Gives the answers that stand, of whoever.
    pub fn answers(&self) -> impl Iterator<Item = &Decided> {
        self.decisions.iter().filter(|decided| decided.is_answer())
    }

    /// Gives the answer of a person that stands.
    pub fn answer_of(&self, who: &str) -> Option<&Decided> {
        self.answers().filter(|decided| decided.who == who).last()
    }

    /// Gives what was said in the discussion so far, in the order of the log: the notes that put it up for discussion, and
    /// the answers of its earlier rounds. What was said before it was opened again belongs to no round of this one.
    pub fn discussed(&self) -> impl Iterator<Item = &Decided> {
        let anew = |decided: &&Decided| matches!(decided.fate, Fate::Reopened | Fate::Overtaken);
        let since = self.decisions.iter().filter(anew).map(|decided| decided.seq).max();
        let opens = |decided: &Decided| {
            decided.decision.answer == Answer::Discuss
                && matches!(decided.fate, Fate::Stands | Fate::Superseded)
        };
        self.decisions
            .iter()
            .filter(move |decided| since.is_none_or(|since| decided.seq > since))
            .filter(move |decided| decided.fate == Fate::Discussed || opens(decided))
    }

    /// Gives those whose answer a round of the discussion has yet to hear again.
    pub fn heard_before(&self) -> BTreeSet<&str> {
        let answered = self.discussed().filter(|decided| decided.fate == Fate::Discussed);
        answered.map(|decided| decided.who.as_str()).collect()
    }

    /// Tells whether somebody decided on it in any way; who put it off has not.
    pub fn has_decided(&self, who: &str) -> bool {
        self.decisions.iter().any(|of| of.who == who && of.decision.answer != Answer::Defer)
    }

    /// Tells whether somebody looked at it themself, or answered it, at some time: who sent it on or put it off has done
    /// neither.
    pub fn has_answered_blind(&self, who: &str) -> bool {
        let mut said = self.decisions.iter().filter(|decided| decided.decision.settles != Settles::Open);
        self.looks.iter().any(|look| look.who == who) || said.any(|decided| decided.who == who)
    }

    /// Tells whether what models said of it is kept from a person, until they have answered: where the charter says so.
    pub fn hides_models(&self, charter: &Charter, who: &str, oversees: bool) -> bool {
        let settled = matches!(self.state, State::Provisional | State::Final);
        charter.review.models == Support::AfterChoice && !oversees && !settled && self.last_of(who).is_none()
    }

    /// Gives the decision that an undo by this person takes back.
    pub fn last_of(&self, who: &str) -> Option<&Decided> {
        self.decisions.iter().rfind(|decided| decided.who == who && decided.fate == Fate::Stands)
    }

    /// Tells whether a read of one of these readers was sent back here and hasn't come in corrected.
    pub fn is_returned_to(&self, readers: &BTreeSet<String>) -> bool {
        let slips = |decided: &Decided| {
            let mut verdicts = decided.decision.verdicts.iter();
            verdicts.any(|(reader, of)| of.verdict == VerdictKind::Slip && readers.contains(reader))
        };
        self.state == State::Returned
            && self.decisions.iter().any(|decided| decided.fate == Fate::Stands && slips(decided))
    }

    /// Tells whether it waits again since a read that was sent back came in corrected.
    pub fn is_corrected(&self) -> bool {
        let sent_back = |decided: &Decided| {
            decided.fate == Fate::Overtaken && matches!(decided.decision.answer, Answer::Return)
        };
        self.state == State::Queued && self.decisions.last().is_some_and(sent_back)
    }

    /// Tells by which rules a decision of this person is made now: in the queue, in discussion, or as an arbiter's.
    pub fn stage(&self, who: &str) -> State {
        let from = match self.state {
            State::Deferred => self.decisions.iter().rfind(|d| d.fate == Fate::Stands && !d.is_answer()),
            State::Provisional | State::Final => self.answer_of(who),
            _ => None,
        };
        match from.map_or(self.state, |decided| decided.from) {
            stage @ (State::Escalated | State::Discussion) => stage,
            _ => State::Queued,
        }
    }

    /// Tells whether a concordant item is agreed on, or said by one person alone.
    fn agreed_by(&self) -> Method {
        let people = self.item.opinions.iter().filter(|opinion| !opinion.model).count();
        if people > 1 { Method::Unanimous } else { Method::SingleRead }
    }

    /// Works out what the item comes to.
    pub(super) fn conclude(&mut self) {
        (self.outcome, self.result, self.method) = match self.state {
            State::Concordant => {
                let common = common(&self.item);
                (Some(common.as_ref().map_or(Settles::Resolved, Settles::of)), common, Some(self.agreed_by()))
            }
            State::Provisional | State::Final => match self.answers().last() {
                Some(decided) => {
                    let method = match decided.from {
                        State::Escalated => Method::Arbitrated,
                        State::Discussion => Method::Discussed,
                        _ => Method::Adjudicated,
                    };
                    (Some(decided.decision.settles), decided.decision.result.clone(), Some(method))
                }
                None => (None, None, None),
            },
            _ => (None, None, None),
        };
    }
}

impl Decided {
    /// Tells whether this stands and answers the dispute.
    pub fn is_answer(&self) -> bool {
        self.fate == Fate::Stands && self.decision.settles != Settles::Open
    }
}

/// What readers say who agree within the tolerance.
fn common(item: &Item) -> Option<Choice> {
    if let Some(consensus) = &item.consensus {
        return Some(consensus.clone());
    }
    match item.candidates.as_slice() {
        [only] => Some(only.choice.clone()),
        _ => merge::middle(item),
    }
}
