//! The fold over a case's history, in the order of the log.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::digest::{self, Shuffle};
use super::reads::{self, Standing};
use super::{
    Arrived, Case, CaseItem, CurrentRead, History, Imported, Protocol, Signature, State, Stray, Waives,
};
use crate::domain::charter::{Charter, CheckLevel};
use crate::domain::checks::{self, Problem, Subject, Waived};
use crate::domain::image::Image;
use crate::domain::item;

/// Derives a case from everything that the log says of it. Depends on nothing else: no clock, no order of readers.
pub fn derive(protocol: &Protocol, history: &History) -> Case {
    let mut fold = Fold::new(protocol, history);
    let mut imports = history.imports.iter().peekable();
    let mut images = history.images.iter().peekable();
    let mut acts = history.acts.iter().peekable();
    let mut charters = protocol.charters.iter().filter(|version| version.retriage).peekable();
    loop {
        let heads = [
            charters.peek().map(|next| next.seq),
            images.peek().map(|next| next.seq),
            imports.peek().map(|next| next.seq),
            acts.peek().map(|next| next.seq),
        ];
        let Some(seq) = heads.into_iter().flatten().min() else { break };
        // What came with one event is taken together, and triaged once.
        let mut news = News::default();
        while let Some(version) = charters.next_if(|next| next.seq == seq) {
            if !fold.reads.is_empty() {
                news.at(version.at);
            }
        }
        while let Some(arrived) = images.next_if(|next| next.seq == seq) {
            fold.arrive(arrived, &mut news);
        }
        while let Some(imported) = imports.next_if(|next| next.seq == seq) {
            fold.import(imported, &mut news);
        }
        if let Some(at) = news.at {
            fold.triage(seq, at, &news.corrected);
        }
        while let Some(act) = acts.next_if(|next| next.seq == seq) {
            fold.act(act);
        }
    }
    fold.finish()
}

/// What one event brings that triage must look at.
#[derive(Default)]
pub(super) struct News {
    /// When, where there is anything.
    at: Option<i64>,
    /// Readers who said something else than before.
    corrected: BTreeSet<String>,
}

impl News {
    fn at(&mut self, at: i64) {
        self.at = self.at.max(Some(at));
    }
}

/// The case while it is being derived.
pub(super) struct Fold<'h> {
    pub protocol: &'h Protocol,
    pub history: &'h History,
    pub shuffle: Shuffle,
    /// That the case was last looked at by.
    pub charter: Arc<Charter>,
    pub triaged: Option<u32>,
    /// In the order of the readers' ids.
    pub reads: Vec<crate::domain::finding::Read>,
    /// About each of `reads`.
    pub standing: Vec<Standing>,
    /// Readers in the order of their letters, from first triage on.
    pub letters: Vec<String>,
    pub images: Vec<Image>,
    pub items: Vec<CaseItem>,
    /// Items that no read speaks of any more.
    pub gone: Vec<CaseItem>,
    /// Second readings of what is settled.
    pub again: Vec<CaseItem>,
    /// The last number given for each label.
    pub numbers: BTreeMap<String, u32>,
    pub hashes: Vec<(u64, String)>,
    pub prevalence: Option<Arc<BTreeMap<String, f64>>>,
    /// Reasons of people.
    pub blocks: Vec<String>,
    /// Problems that somebody looked at and let pass.
    pub passed: BTreeMap<(&'static str, Option<String>, String), Waived>,
    pub waived: bool,
    /// Of checks that need more than the case.
    pub waivers: Vec<(Waives, Waived)>,
    pub unblinded: BTreeSet<String>,
    /// When somebody first was.
    pub unblinded_at: Option<i64>,
    pub signatures: Vec<Signature>,
    pub stray: Vec<Stray>,
}

impl<'h> Fold<'h> {
    fn new(protocol: &'h Protocol, history: &'h History) -> Self {
        Fold {
            protocol,
            history,
            shuffle: Shuffle::new(&protocol.key),
            charter: protocol.charter_at(u64::MAX).1,
            triaged: None,
            reads: Vec::new(),
            standing: Vec::new(),
            letters: Vec::new(),
            images: Vec::new(),
            items: Vec::new(),
            gone: Vec::new(),
            again: Vec::new(),
            numbers: BTreeMap::new(),
            hashes: Vec::new(),
            prevalence: None,
            blocks: Vec::new(),
            passed: BTreeMap::new(),
            waived: false,
            waivers: Vec::new(),
            unblinded: BTreeSet::new(),
            unblinded_at: None,
            signatures: Vec::new(),
            stray: Vec::new(),
        }
    }

    /// Takes an image in. It can change how shapes compare only where a shape lies on it.
    fn arrive(&mut self, arrived: &Arrived, news: &mut News) {
        let image = &arrived.image;
        match self.images.iter_mut().find(|known| known.id == image.id) {
            Some(known) if known == image => return,
            Some(known) => known.clone_from(image),
            None => self.images.push(image.clone()),
        }
        let mut shapes =
            self.reads.iter().flat_map(|read| &read.findings).filter_map(|finding| finding.geometry.as_ref());
        if shapes.any(|shape| shape.image == image.id || shape.image == self.history.case) {
            news.at(arrived.at);
        }
    }

    fn import(&mut self, imported: &'h Imported, news: &mut News) {
        let charter = self.protocol.charter_at(imported.seq).1;
        for read in reads::in_order(&imported.reads) {
            if self.take(&charter, imported, read) {
                news.corrected.insert(read.reader.clone());
            }
        }
        self.prevalence = Some(Arc::clone(&imported.prevalence));
        news.at(imported.at);
        let hash = digest::of_reads(&self.protocol.key, &self.history.case, self.reads.iter());
        if self.hashes.last().is_none_or(|(_, last)| *last != hash) {
            self.hashes.push((imported.seq, hash));
        }
    }

    /// Lets a read stand in the place of what its reader said before of the same labels; tells whether it says
    /// anything else.
    fn take(&mut self, charter: &Charter, imported: &Imported, read: &crate::domain::finding::Read) -> bool {
        match self.reads.binary_search_by(|known| known.reader.cmp(&read.reader)) {
            Err(place) => {
                self.reads.insert(place, read.clone());
                self.standing.insert(place, Standing { version: 1, since: imported.seq });
                true
            }
            Ok(place) => {
                let (Some(old), Some(standing)) = (self.reads.get_mut(place), self.standing.get_mut(place))
                else {
                    return false;
                };
                let again = imported
                    .reads
                    .iter()
                    .any(|other| other.reader == read.reader && other.occasion < read.occasion);
                let before = reads::scope_before(self.history, &read.reader, imported.seq);
                let new = reads::merged(charter, old, &before, read, &imported.scope, again);
                if new == *old {
                    return false;
                }
                *old = new;
                *standing = Standing { version: standing.version.saturating_add(1), since: imported.seq };
                true
            }
        }
    }

    /// Runs the automated checks on the case as it is.
    pub fn check(&self) -> Vec<Problem> {
        if self.reads.is_empty() && self.images.is_empty() {
            return Vec::new();
        }
        let subject = Subject {
            case: &self.history.case,
            reads: &self.reads,
            images: &self.images,
            unblinded: self.unblinded_at,
        };
        let mut problems = checks::check(&self.charter, &subject);
        for problem in &mut problems {
            // Who unblocks a case has looked at all of it, and lets pass what blocks.
            let passed = self.passed.get(&key(problem));
            problem.waived = passed.filter(|by| by.named || problem.level == CheckLevel::Block).cloned();
        }
        problems
    }

    fn finish(mut self) -> Case {
        if self.letters.is_empty() {
            self.give_letters();
        }
        let waits = reads::waits(&self.charter, &self.reads);
        let awaiting = if self.waived { 0 } else { waits.more };
        let missing = if awaiting == 0 { Vec::new() } else { waits.in_words(&self.reads, &self.letters) };
        let problems = self.check();
        let blocked: Vec<String> = self
            .blocks
            .iter()
            .cloned()
            .chain(problems.iter().filter(|found| found.blocks()).map(|found| found.message.clone()))
            .collect();
        self.conclude_again();
        let none = BTreeMap::new();
        let prevalence = self.prevalence.as_deref().unwrap_or(&none);
        for entry in self.items.iter_mut().chain(&mut self.again) {
            entry.conclude();
            if entry.disputed && entry.state < State::Provisional {
                entry.priority = item::priority(&self.charter, &entry.item, prevalence);
            }
        }
        if !self.signatures.is_empty() {
            let now = what_stands(&self.items);
            self.signatures.iter_mut().for_each(|signature| signature.void = signature.hash != now);
        }
        self.gone.retain(|entry| !entry.decisions.is_empty() || !entry.looks.is_empty());
        let priorities: Vec<f64> = self
            .items
            .iter()
            .chain(self.again.iter().filter(|entry| !entry.awaits_audit()))
            .filter(|entry| entry.disputed && entry.state < State::Provisional)
            .map(|entry| entry.priority)
            .collect();
        let hash = self.hashes.pop().map_or_else(
            || digest::of_reads(&self.protocol.key, &self.history.case, [].iter()),
            |(_, hash)| hash,
        );
        let letters = &self.letters;
        let mut reads: Vec<(usize, CurrentRead)> = self
            .reads
            .into_iter()
            .zip(self.standing)
            .map(|(read, standing)| {
                let place = letters.iter().position(|reader| *reader == read.reader).unwrap_or(letters.len());
                let letter = reads::letter(place);
                (place, CurrentRead { letter, version: standing.version, since: standing.since, read })
            })
            .collect();
        reads.sort_by_key(|(place, _)| *place);
        let mut case = Case {
            name: self.history.case.clone(),
            state: State::Concordant,
            charter: self.triaged,
            awaiting,
            missing,
            problems,
            blocked,
            images: self.images,
            reads: reads.into_iter().map(|(_, read)| read).collect(),
            reads_hash: hash,
            earlier: self.hashes,
            priority: item::case_priority(&priorities),
            items: self.items,
            gone: self.gone,
            again: self.again,
            unblinded: self.unblinded,
            waived: self.waived,
            waivers: self.waivers,
            signatures: self.signatures,
            stray: self.stray,
        };
        case.state = case.state_at(i64::MIN, false);
        case
    }
}

/// What makes one problem the same as another.
pub(super) fn key(problem: &Problem) -> (&'static str, Option<String>, String) {
    (problem.check, problem.reader.clone(), problem.message.clone())
}

/// Hashes the exact decisions that stand, for a signature.
pub(super) fn what_stands(items: &[CaseItem]) -> String {
    let mut all = digest::Canonical::default();
    for entry in items {
        all.text(&entry.id);
        let standing = || entry.decisions.iter().filter(|decided| decided.is_answer());
        all.count(standing().count());
        standing().for_each(|decided| {
            all.count(usize::try_from(decided.seq).unwrap_or(usize::MAX));
        });
        if standing().next().is_none() {
            all.text(&entry.hash());
        }
    }
    all.sha256()
}
