//! What stays ambiguous, label by label: how much of it could be settled, by what, and which clauses people ask to change.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::readings::{no_label, walk};
use super::{Result, Session};
use crate::domain::authority::Deed;
use crate::domain::case::{Case, CaseItem, State};
use crate::domain::charter::Charter;
use crate::domain::decision::Settles;
use crate::domain::origin::Within;
use crate::stats::intervals::share::wilson;

/// The ambiguity of one label.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct OfLabel {
    pub label: String,
    /// Of which cases.
    #[serde(flatten)]
    pub within: Within,
    /// Items that were adjudicated.
    pub decided: u64,
    pub ambiguous: u64,
    /// Of those adjudicated, with its interval at 95 %.
    pub share: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// How often each type was named, A0 to A10.
    pub types: BTreeMap<String, u64>,
    /// information, guideline, training, irreducible, or unsaid.
    pub reducible: BTreeMap<String, u64>,
    /// Of the ambiguous items: more information, a clearer guideline or training would settle them.
    pub reducible_share: Option<f64>,
    /// What would resolve it, in people's own words, the most frequent first.
    pub resolve: Vec<Counted>,
    /// Answers that settled an item and name reads that count as acceptable variants.
    pub variants: u64,
    /// Cases with an ambiguous item.
    pub cases: Vec<String>,
}

/// Words and how often they were said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counted {
    pub what: String,
    pub n: u64,
    pub cases: Vec<String>,
}

/// Gives the ambiguity of every label, or of one, in the order of the charter.
///
/// # Errors
/// Whoever asks may not read statistics, there is no such label, batch or site, or the store can't be read.
pub fn ambiguity(session: &mut Session, label: Option<&str>, within: &Within) -> Result<Vec<OfLabel>> {
    session.read(None, |tx, scene| {
        scene.allow(Deed::ReadStatistics)?;
        let mut all = labels(scene.charter(), label)?;
        let now = scene.now;
        walk(tx, scene, within, |_, cases| {
            for looked in cases {
                all.iter_mut().for_each(|of| of.take(&looked.case, now));
            }
        })?;
        let blind = super::sample::blind(tx, scene)?;
        for of in &mut all {
            of.finish();
            of.within.clone_from(within);
            let lists = of.resolve.iter_mut().map(|known| &mut known.cases).chain([&mut of.cases]);
            lists.for_each(|cases| cases.retain(|case| !blind.contains(case)));
        }
        Ok(all)
    })
}

fn labels(charter: &Charter, wanted: Option<&str>) -> Result<Vec<OfLabel>> {
    let of = |name: &String| OfLabel { label: name.clone(), ..OfLabel::default() };
    match wanted {
        None => Ok(charter.labels.iter().map(|label| of(&label.name)).collect()),
        Some(name) => match charter.label(name) {
            Some(label) => Ok(vec![of(&label.name)]),
            None => Err(no_label(name)),
        },
    }
}

impl OfLabel {
    fn take(&mut self, case: &Case, now: i64) {
        for item in &case.items {
            if item.item.labels.contains(&self.label) {
                self.item(case, item, now);
            }
        }
    }

    fn item(&mut self, case: &Case, item: &CaseItem, now: i64) {
        if !matches!(item.state_at(now), State::Provisional | State::Final) {
            return;
        }
        let Some(decision) = item.united() else { return };
        self.decided += 1;
        let block = decision.ambiguity.as_ref();
        self.variants += u64::from(block.is_some_and(|block| !block.variants.is_empty()));
        if item.outcome != Some(Settles::Ambiguous) {
            return;
        }
        self.ambiguous += 1;
        if self.cases.last() != Some(&case.name) {
            self.cases.push(case.name.clone());
        }
        for code in block.into_iter().flat_map(|block| &block.types) {
            *self.types.entry(code.clone()).or_default() += 1;
        }
        let by = block.and_then(|block| block.reducible.clone()).unwrap_or_else(|| "unsaid".into());
        *self.reducible.entry(by).or_default() += 1;
        // What two adjudicators say alike counts once for the item.
        let said: BTreeSet<String> = item
            .answers()
            .filter_map(|decided| decided.decision.ambiguity.as_ref()?.resolve.as_deref())
            .map(|words| words.trim().to_lowercase())
            .filter(|words| !words.is_empty())
            .collect();
        for words in said {
            match self.resolve.iter_mut().find(|known| known.what == words) {
                Some(known) => {
                    known.n += 1;
                    known.cases.push(case.name.clone());
                }
                None => self.resolve.push(Counted { what: words, n: 1, cases: vec![case.name.clone()] }),
            }
        }
    }

    fn finish(&mut self) {
        if let Some(ends) = wilson(self.ambiguous, self.decided, 0.95) {
            self.share = Some(self.ambiguous as f64 / self.decided as f64);
            (self.low, self.high) = (Some(ends.low), Some(ends.high));
        }
        let said = |by: &str| self.reducible.get(by).copied().unwrap_or_default();
        let known = self.ambiguous - said("unsaid");
        if known > 0 {
            self.reducible_share = Some((known - said("irreducible")) as f64 / known as f64);
        }
        self.resolve.sort_by(|a, b| b.n.cmp(&a.n).then_with(|| a.what.cmp(&b.what)));
    }
}
