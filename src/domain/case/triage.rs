//! From reads to items: what is disputed, under which id, with which candidates, and what new reads do to what was
//! already decided.

use std::collections::BTreeSet;

use super::derive::Fold;
use super::{CaseItem, Fate, Kind, State, reads, rematch};
use crate::domain::charter::{Charter, Policy, Support};
use crate::domain::decision::{Settles, VerdictKind};
use crate::domain::item::{self, Candidate, Item, Opinion};
use crate::domain::value::Value;

impl Fold<'_> {
    /// Looks at the reads anew, once the required ones are in. `corrected` are the readers who said something else.
    pub fn triage(&mut self, seq: u64, at: i64, corrected: &BTreeSet<String>) {
        let (version, charter) = self.protocol.charter_at(seq);
        self.charter = charter;
        let awaiting = !self.waived && reads::waits(&self.charter, &self.reads).more > 0;
        if awaiting || self.reads.is_empty() {
            return;
        }
        self.ripen(at);
        self.triaged = Some(version);
        self.give_letters();
        let items = item::items(&self.charter, &self.reads, &self.images);
        if self.items.is_empty() && self.gone.is_empty() {
            self.items.reserve_exact(items.len());
            for item in items {
                let entry = self.first_triage(item);
                self.items.push(entry);
            }
        } else {
            self.match_again(items, corrected);
        }
        let mut items = std::mem::take(&mut self.items);
        for entry in items.iter_mut().filter(|entry| entry.disputed) {
            self.shuffle_candidates(&entry.id, &mut entry.item.candidates);
        }
        self.items = items;
        self.withdraw(true);
    }

    /// Brings candidates into an order that tells nothing of who holds them.
    pub(super) fn shuffle_candidates(&self, id: &str, candidates: &mut [Candidate]) {
        let (shuffle, case) = (&self.shuffle, &self.history.case);
        // What models alone said comes last where it is hidden at first, so that no number is missing.
        let hidden = self.charter.review.models == Support::AfterChoice;
        let of_model = |reader: &String| self.reads.iter().any(|read| read.model && read.reader == *reader);
        if candidates.len() > 1 {
            candidates.sort_by_cached_key(|candidate| {
                let content = serde_json::to_string(&candidate.choice).unwrap_or_default();
                let readers = &candidate.readers;
                let last = hidden && !readers.is_empty() && readers.iter().all(of_model);
                (last, shuffle.place(&[case, id, &content]), content)
            });
        }
    }

    /// Makes final what is provisional and whose undo window has ended.
    pub fn ripen(&mut self, at: i64) {
        for entry in self.items.iter_mut().chain(&mut self.gone).chain(&mut self.again) {
            entry.state = entry.state_at(at);
        }
    }

    /// Numbers an item of these labels.
    pub(super) fn next_id(&mut self, name: &str) -> String {
        match self.numbers.get_mut(name) {
            Some(number) => {
                *number = number.saturating_add(1);
                format!("{name}#{number}")
            }
            None => {
                self.numbers.insert(name.to_owned(), 1);
                format!("{name}#1")
            }
        }
    }

    pub(super) fn first_triage(&mut self, item: Item) -> CaseItem {
        let id = self.next_id(&item.labels.join("/"));
        let disputed = is_disputed(&self.charter, &item);
        CaseItem {
            id,
            disputed,
            kind: Kind::Dispute,
            state: fresh(disputed),
            round: 0,
            decisions: Vec::new(),
            looks: Vec::new(),
            coded: Vec::new(),
            reads_changed: false,
            final_at: None,
            outcome: None,
            result: None,
            method: None,
            priority: 0.0,
            second: None,
            amended: None,
            spent: false,
            item,
        }
    }

    fn match_again(&mut self, items: Vec<Item>, corrected: &BTreeSet<String>) {
        let mut old: Vec<CaseItem> = std::mem::take(&mut self.items);
        old.append(&mut self.gone);
        let heirs = rematch::heirs(&old, &items);
        let mut old: Vec<Option<CaseItem>> = old.into_iter().map(Some).collect();
        for (item, heir) in items.into_iter().zip(heirs) {
            let inherited = heir.and_then(|place| old.get_mut(place)).and_then(Option::take);
            let entry = match inherited {
                Some(mut entry) => {
                    let disputed = is_disputed(&self.charter, &item);
                    let changed = entry.hash() != super::digest::of_opinions(&item);
                    entry.item = item;
                    entry.reconsider(disputed, changed, corrected);
                    entry
                }
                None => self.first_triage(item),
            };
            self.items.push(entry);
        }
        for mut entry in old.into_iter().flatten() {
            // What is final stays, even where no read speaks of it any more.
            entry.reconsider(true, true, corrected);
            if entry.state == State::Final {
                self.items.push(entry);
            } else {
                self.gone.push(entry);
            }
        }
    }
}

impl CaseItem {
    /// Moves on after a triage: the item is now disputed or not, its opinions have changed or not.
    fn reconsider(&mut self, disputed: bool, changed: bool, corrected: &BTreeSet<String>) {
        self.disputed = disputed;
        if self.state == State::Final {
            self.reads_changed |= changed;
            return;
        }
        if self.state == State::Provisional && !changed {
            return;
        }
        if !disputed || self.state == State::Concordant {
            self.overtake(|_| true);
            self.state = fresh(disputed);
            self.round = 0;
            return;
        }
        let sent_back = self.state == State::Returned && (changed || self.blames(corrected));
        if sent_back || self.state == State::Provisional {
            self.overtake(|_| true);
            self.state = State::Queued;
        } else if changed {
            self.overtake(|settles| settles != Settles::Open);
        }
    }

    fn overtake(&mut self, which: impl Fn(Settles) -> bool) {
        self.final_at = None;
        for decided in &mut self.decisions {
            if decided.fate == Fate::Stands && which(decided.decision.settles) {
                decided.fate = Fate::Overtaken;
            }
        }
    }

    /// Tells whether the read that was sent back is one of the corrected ones.
    fn blames(&self, corrected: &BTreeSet<String>) -> bool {
        self.decisions.iter().filter(|decided| decided.fate == Fate::Stands).any(|decided| {
            decided
                .decision
                .verdicts
                .iter()
                .any(|(reader, verdict)| verdict.verdict == VerdictKind::Slip && corrected.contains(reader))
        })
    }
}

/// Where an item stands that nobody has touched.
pub(super) fn fresh(disputed: bool) -> State {
    if disputed { State::Queued } else { State::Concordant }
}

fn is_disputed(charter: &Charter, item: &Item) -> bool {
    item.difference.is_some()
        || match charter.reads.policy {
            Policy::Discordant => false,
            Policy::AllPositive => item.opinions.iter().any(|opinion| is_positive(charter, item, opinion)),
            Policy::All => true,
        }
}

/// Tells whether a reader found something: a mark, or a level that the charter doesn't know to be normal.
fn is_positive(charter: &Charter, item: &Item, opinion: &Opinion) -> bool {
    let is_normal = |value: &Value| {
        let mut labels = item.labels.iter().filter_map(|name| charter.label(name));
        labels.any(|label| label.normal_levels().contains(value))
    };
    !opinion.choice.is_absent() && !opinion.choice.value.as_ref().is_some_and(is_normal)
}
