//! The form of a draw: what a sample that is planned is to be, row by row, and the order that it comes to.

use super::super::popup::step;
use crate::domain::origin::Within;
use crate::domain::sample::{By, Design, Of};
use crate::domain::text::Safe;
use crate::domain::word::Word;
use crate::review::sample::{Board, Order, Outlook};
use crate::stats::sampling::standard::{Level, QUALITIES};

/// How the size comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Size,
    Aql,
    Lq,
    Points,
    Sequential,
    Share,
}

const WAYS: [(Way, &str); 6] = [
    (Way::Size, "so many"),
    (Way::Aql, "AQL: a plan for a series of lots"),
    (Way::Lq, "LQ: a plan for a lot that stands alone"),
    (Way::Points, "two points: good is accepted, bad is not"),
    (Way::Sequential, "one after the other, until the bound is met"),
    (Way::Share, "the charter's share"),
];

/// What is said of a row where there is nothing to choose from.
const ONE: &str = "all: there is but one";

/// What the plan asks, a row each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Work,
    Way,
    Size,
    Quality,
    Level,
    Limit,
    Accept,
    Good,
    Alpha,
    Bad,
    Beta,
    Bound,
    Most,
    Strata,
    Split,
    Label,
    Site,
    Batch,
    Seed,
    For,
}

/// A sample before it is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub row: usize,
    of: Of,
    way: usize,
    size: u64,
    quality: usize,
    level: usize,
    limit: f64,
    accept: u64,
    good: f64,
    alpha: f64,
    bad: f64,
    beta: f64,
    bound: f64,
    most: u64,
    /// 0 for none, else one more than the place in [`By`]'s words.
    by: usize,
    in_proportion: bool,
    /// 0 for all, else one more than the place among the charter's labels.
    label: usize,
    /// 0 for all, else one more than the place among the sites, and the batches, that cases come from.
    site: usize,
    batch: usize,
    seed: u64,
    /// 0 for anybody, else one more than the place among those who may read it.
    who: usize,
    pub outlook: Option<Result<Box<Outlook>, String>>,
    pub(super) awaited: Option<u64>,
}

impl Plan {
    pub(super) fn new(seed: u64) -> Plan {
        Plan {
            row: 0,
            of: Of::Concordant,
            way: 0,
            size: 59,
            quality: QUALITIES.iter().position(|quality| *quality == 1.0).unwrap_or(0),
            level: Level::ALL.iter().position(|(_, word)| *word == "II").unwrap_or(0),
            limit: 5.0,
            accept: 0,
            good: 1.0,
            alpha: 0.05,
            bad: 5.0,
            beta: 0.1,
            bound: 5.0,
            most: 500,
            by: 0,
            in_proportion: false,
            label: 0,
            site: 0,
            batch: 0,
            seed,
            who: 0,
            outlook: None,
            awaited: None,
        }
    }

    fn way(&self) -> Way {
        WAYS.get(self.way).map_or(Way::Size, |(way, _)| *way)
    }

    /// Gives what is asked, in its order: each way of coming to a size has numbers of its own.
    pub fn parts(&self) -> Vec<Part> {
        let mut parts = vec![Part::Work, Part::Way];
        parts.extend(match self.way() {
            Way::Size => &[Part::Size][..],
            Way::Aql => &[Part::Quality, Part::Level],
            Way::Lq => &[Part::Limit, Part::Accept],
            Way::Points => &[Part::Good, Part::Alpha, Part::Bad, Part::Beta],
            Way::Sequential => &[Part::Bound, Part::Most],
            Way::Share => &[],
        });
        if self.way() == Way::Share {
            return parts;
        }
        if self.way() != Way::Sequential {
            parts.push(Part::Strata);
        }
        if self.by > 0 && self.way() == Way::Size {
            parts.push(Part::Split);
        }
        parts.extend([Part::Label, Part::Site, Part::Batch, Part::Seed, Part::For]);
        parts
    }

    /// Gives a row: what it asks, and what is chosen.
    pub fn row(&self, part: Part, board: &Board) -> (&'static str, String) {
        let percent = |share: f64| format!("{share} %");
        match part {
            Part::Work => ("work", format!("{} cases", self.of.word())),
            Part::Way => ("size by", WAYS.get(self.way).map_or("", |(_, words)| words).to_owned()),
            Part::Size => ("size", self.size.to_string()),
            Part::Quality => (
                "acceptable quality",
                QUALITIES.get(self.quality).map_or(String::new(), |quality| percent(*quality)),
            ),
            Part::Level => (
                "level of inspection",
                Level::ALL.get(self.level).map_or(String::new(), |(_, word)| (*word).into()),
            ),
            Part::Limit => ("limiting quality", percent(self.limit)),
            Part::Accept => ("accepted with up to", format!("{} wrong", self.accept)),
            Part::Good => ("good", percent(self.good)),
            Part::Alpha => ("risk of rejecting it", self.alpha.to_string()),
            Part::Bad => ("bad", percent(self.bad)),
            Part::Beta => ("risk of accepting it", self.beta.to_string()),
            Part::Bound => ("until the bound is", percent(self.bound)),
            Part::Most => ("at most", self.most.to_string()),
            Part::Strata => {
                let split = if self.way() == Way::Size { "" } else { ", in proportion" };
                ("strata", self.strata().map_or("none".to_owned(), |by| format!("by {}{split}", by.word())))
            }
            Part::Split => {
                let words = if self.in_proportion {
                    "in proportion"
                } else {
                    "evenly: more of what is rare, with its weight"
                };
                ("shared among them", words.to_owned())
            }
            Part::Label => ("label", named(self.label(board), "all")),
            Part::Site if board.sites.is_empty() => ("site", ONE.to_owned()),
            Part::Site => ("site", named(self.site(board), "all")),
            Part::Batch if board.batches.is_empty() => ("batch", ONE.to_owned()),
            Part::Batch => ("batch", named(self.batch(board), "all")),
            Part::Seed => ("seed", self.seed.to_string()),
            Part::For => ("for", named(self.person(board), "anybody of QA")),
        }
    }

    fn strata(&self) -> Option<By> {
        let place = self.by.checked_sub(1)?;
        By::WORDS.get(place).map(|(by, _)| *by)
    }

    fn label<'b>(&self, board: &'b Board) -> Option<&'b String> {
        board.labels.get(self.label.checked_sub(1)?)
    }

    fn site<'b>(&self, board: &'b Board) -> Option<&'b String> {
        board.sites.get(self.site.checked_sub(1)?)
    }

    fn batch<'b>(&self, board: &'b Board) -> Option<&'b String> {
        board.batches.get(self.batch.checked_sub(1)?)
    }

    fn person<'b>(&self, board: &'b Board) -> Option<&'b String> {
        board.auditors.get(self.who.checked_sub(1)?)
    }

    /// Gives the order that is filled in.
    pub fn order(&self, board: &Board) -> Order {
        let design = match self.way() {
            Way::Size => Design::Size { size: self.size },
            Way::Aql => Design::Aql {
                aql: QUALITIES.get(self.quality).copied().unwrap_or(1.0),
                level: Level::ALL.get(self.level).map_or("II", |(_, word)| word).to_owned(),
            },
            Way::Lq => Design::Lq { lq: self.limit, accept: self.accept },
            Way::Points => {
                Design::Points { good: self.good, alpha: self.alpha, bad: self.bad, beta: self.beta }
            }
            Way::Sequential => Design::Sequential { bound: self.bound, most: self.most },
            Way::Share => Design::Share { share: board.share },
        };
        let by_hand = self.way() != Way::Share;
        Order {
            of: self.of,
            unit: None,
            design,
            by: self.strata().filter(|_| by_hand && self.way() != Way::Sequential).into_iter().collect(),
            in_proportion: self.in_proportion,
            label: self.label(board).filter(|_| by_hand).cloned(),
            within: match by_hand {
                true => Within { batch: self.batch(board).cloned(), site: self.site(board).cloned() },
                false => Within::default(),
            },
            seed: by_hand.then_some(self.seed),
            to: self.person(board).filter(|_| by_hand).cloned(),
        }
    }

    /// Gives the number of a row as it is typed; none where a row is chosen.
    pub(super) fn number(&self, part: Part) -> Option<String> {
        Some(match part {
            Part::Size => self.size.to_string(),
            Part::Limit => self.limit.to_string(),
            Part::Accept => self.accept.to_string(),
            Part::Good => self.good.to_string(),
            Part::Alpha => self.alpha.to_string(),
            Part::Bad => self.bad.to_string(),
            Part::Beta => self.beta.to_string(),
            Part::Bound => self.bound.to_string(),
            Part::Most => self.most.to_string(),
            Part::Seed => self.seed.to_string(),
            _ => return None,
        })
    }

    /// Takes a number that is typed; tells whether it is one.
    pub(super) fn take(&mut self, part: Part, text: &str) -> bool {
        let real = text.trim().parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
        let whole = text.trim().parse::<u64>().ok();
        let set = |field: &mut f64| real.map(|number| *field = number).is_some();
        match part {
            Part::Limit => set(&mut self.limit),
            Part::Good => set(&mut self.good),
            Part::Alpha => set(&mut self.alpha),
            Part::Bad => set(&mut self.bad),
            Part::Beta => set(&mut self.beta),
            Part::Bound => set(&mut self.bound),
            Part::Accept => whole.map(|number| self.accept = number).is_some(),
            Part::Seed => whole.map(|number| self.seed = number).is_some(),
            Part::Size => whole.filter(|number| *number > 0).map(|number| self.size = number).is_some(),
            Part::Most => whole.filter(|number| *number > 0).map(|number| self.most = number).is_some(),
            _ => false,
        }
    }

    /// Gives the names that a row is chosen from, with how none of them is called and which is chosen: 0 for none, else
    /// one more than its place; nothing where a row has no names.
    pub(super) fn names<'b>(
        &self,
        part: Part,
        board: &'b Board,
    ) -> Option<(&'static str, &'b [String], usize)> {
        Some(match part {
            Part::Label => ("all", &board.labels, self.label),
            Part::Site => ("all", &board.sites, self.site),
            Part::Batch => ("all", &board.batches, self.batch),
            Part::For => ("anybody of QA", &board.auditors, self.who),
            _ => return None,
        })
    }

    /// Takes the name that was chosen for a row, as [`Plan::names`] counts it.
    pub(super) fn choose(&mut self, part: Part, place: usize) {
        match part {
            Part::Label => self.label = place,
            Part::Site => self.site = place,
            Part::Batch => self.batch = place,
            Part::For => self.who = place,
            _ => {}
        }
    }

    /// Changes a row by a step.
    pub(super) fn turn(&mut self, part: Part, by: isize, board: &Board) {
        let count = |n: u64| n.saturating_add_signed(by as i64).max(1);
        match part {
            Part::Work => self.of = if self.of == Of::Concordant { Of::Decided } else { Of::Concordant },
            Part::Way => self.way = step(self.way, by, WAYS.len()),
            Part::Quality => self.quality = step(self.quality, by, QUALITIES.len()),
            Part::Level => self.level = step(self.level, by, Level::ALL.len()),
            Part::Strata => self.by = step(self.by, by, By::WORDS.len() + 1),
            Part::Split => self.in_proportion = !self.in_proportion,
            Part::Label => self.label = step(self.label, by, board.labels.len() + 1),
            Part::Site => self.site = step(self.site, by, board.sites.len() + 1),
            Part::Batch => self.batch = step(self.batch, by, board.batches.len() + 1),
            Part::For => self.who = step(self.who, by, board.auditors.len() + 1),
            Part::Size => self.size = count(self.size),
            Part::Most => self.most = count(self.most),
            Part::Accept => self.accept = self.accept.saturating_add_signed(by as i64),
            Part::Seed => self.seed = self.seed.saturating_add_signed(by as i64),
            Part::Limit | Part::Bound | Part::Good | Part::Bad => {
                let field = match part {
                    Part::Limit => &mut self.limit,
                    Part::Bound => &mut self.bound,
                    Part::Good => &mut self.good,
                    _ => &mut self.bad,
                };
                *field = ((*field + 0.5 * by as f64).clamp(0.5, 99.5) * 10.0).round() / 10.0;
            }
            Part::Alpha | Part::Beta => {
                let field = if part == Part::Alpha { &mut self.alpha } else { &mut self.beta };
                *field = ((*field + 0.01 * by as f64).clamp(0.01, 0.5) * 100.0).round() / 100.0;
            }
        }
    }
}

fn named(name: Option<&String>, none: &str) -> String {
    name.map_or(none.to_owned(), |name| Safe::new(name).to_string())
}
