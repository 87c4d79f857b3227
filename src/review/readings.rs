//! What every reader said of every item, label by label: what agreement and consensus are computed of.
//!
//! A label of a kind with levels or numbers is compared case by case, and findings with a place object by object. A read
//! that is missing, or that says the image can't be graded, is no answer; silence is one only where it means 'not there'.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::{Result, Scene, Session};
use crate::domain::authority::Deed;
use crate::domain::case::{self, Case, History, Imported};
use crate::domain::charter::{Charter, Label, LabelKind};
use crate::domain::decision::Settles;
use crate::domain::finding::{Finding, Read};
use crate::domain::geometry::Geometry;
use crate::domain::item::{self, Item};
use crate::domain::value::{ABSENT, PRESENT, UNCERTAIN, UNGRADABLE, Value};
use crate::store::Tx;

/// Cases that are derived in one go.
const PAGE: u32 = 2_000;

/// What is left out.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// One label alone.
    pub label: Option<String>,
    /// Items that were settled as ambiguous are left out.
    pub exclude_ambiguous: bool,
    /// What a reader said at earlier occasions counts too.
    pub repeats: bool,
}

/// A reader of the project.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reader {
    /// Models come after people.
    pub model: bool,
    pub name: String,
}

/// One answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Place in [`Readings::items`].
    pub item: u32,
    /// Place in [`Readings::readers`].
    pub reader: u32,
    pub value: Value,
    /// What was drawn, where the label has a place.
    pub shapes: Vec<Geometry>,
}

/// What is compared across readers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadItem {
    pub case: String,
    /// `lesion#2`; the label alone where everybody's silence is the answer.
    pub item: String,
}

/// All answers on one label.
#[derive(Debug, Clone, PartialEq)]
pub struct Readings {
    pub label: Label,
    /// People first, by name; those with an answer alone.
    pub readers: Vec<Reader>,
    pub items: Vec<ReadItem>,
    /// In the order of items, then readers.
    pub answers: Vec<Answer>,
    /// What the same readers said of the same items at earlier occasions; empty unless asked for.
    pub repeats: Vec<Answer>,
    /// Answers that the charter's levels don't hold, and how often each was given.
    pub undeclared: BTreeMap<String, u64>,
    /// Answers that say the image can't be graded.
    pub ungradable: u64,
}

/// Gives the levels of a label in their order: those that the charter declares, and what presence can be.
pub fn levels(label: &Label) -> Vec<Value> {
    let presence = label.kind == LabelKind::Present || label.kind.is_localised();
    match presence {
        true => {
            let mut levels = vec![Value::absent(), Value::present()];
            if label.uncertain {
                levels.insert(1, Value::Text(UNCERTAIN.into()));
            }
            levels
        }
        false => label.levels.clone(),
    }
}

/// Answers as they come in, before readers and items have their places.
#[derive(Default)]
struct Gathered {
    items: Vec<ReadItem>,
    answers: Vec<(u32, Reader, Value, Vec<Geometry>)>,
    repeats: Vec<(u32, Reader, Value, Vec<Geometry>)>,
    ungradable: u64,
}

/// A case with what is compared in it.
struct Looked {
    case: Case,
    items: Vec<Compared>,
}

/// An item, by its id.
struct Compared {
    id: String,
    item: Item,
    ambiguous: bool,
}

/// Takes the items out of a case. Where reads are still missing none were made: what is there is compared all the
/// same, since an item with one read tells how often readers choose each level.
fn looked(mut case: Case, charter: &Charter) -> Looked {
    let mut items: Vec<Compared> = std::mem::take(&mut case.items)
        .into_iter()
        .map(|of| Compared { ambiguous: of.outcome == Some(Settles::Ambiguous), id: of.id, item: of.item })
        .collect();
    if items.is_empty() && case.awaiting > 0 {
        let reads: Vec<Read> = case.reads.iter().map(|current| current.read.clone()).collect();
        let mut numbers: BTreeMap<String, u32> = BTreeMap::new();
        items.extend(item::items(charter, &reads, &case.images).into_iter().map(|item| {
            let name = item.labels.join("/");
            let number = numbers.entry(name.clone()).or_default();
            *number += 1;
            Compared { id: format!("{name}#{number}"), item, ambiguous: false }
        }));
    }
    Looked { case, items }
}

/// Collects what every reader said.
///
/// # Errors
/// Whoever asks may not read statistics, or the store can't be read.
pub fn collect(session: &mut Session, wanted: &Wanted) -> Result<Vec<Readings>> {
    session.read(None, |tx, scene| {
        scene.allow(Deed::ReadStatistics)?;
        let charter = scene.charter();
        let labels: Vec<&Label> = charter
            .labels
            .iter()
            .filter(|label| wanted.label.as_ref().is_none_or(|name| *name == label.name))
            .collect();
        if let (Some(name), true) = (&wanted.label, labels.is_empty()) {
            return Err(super::ReviewError::Missing(format!("the charter has no label {name}")));
        }
        let mut gathered: Vec<Gathered> = labels.iter().map(|_| Gathered::default()).collect();
        walk(tx, scene, |histories, cases| {
            let cases: Vec<Looked> = cases.into_par_iter().map(|case| looked(case, charter)).collect();
            gathered.par_iter_mut().zip(&labels).for_each(|(into, label)| {
                for (case, history) in cases.iter().zip(histories) {
                    take(into, charter, label, (case, history), wanted);
                }
            });
        })?;
        Ok(gathered.into_iter().zip(labels).map(|(gathered, label)| placed(gathered, label)).collect())
    })
}

/// Derives every case of the project, a page at a time, and hands the page on with what the log says of each.
pub(super) fn walk(
    tx: &Tx<'_>,
    scene: &Scene<'_>,
    mut with: impl FnMut(&[History], Vec<Case>),
) -> Result<()> {
    let unit = scene.charter().reads.unit;
    let mut after = 0;
    loop {
        let ids = tx.case_ids(after, PAGE)?;
        let Some(last) = ids.last() else { return Ok(()) };
        after = *last;
        let histories: Vec<History> =
            ids.iter().map(|id| tx.history(*id, unit)).collect::<std::result::Result<_, _>>()?;
        let cases =
            histories.par_iter().map(|history| case::derive(&scene.setup.protocol, history)).collect();
        with(&histories, cases);
    }
}

/// Gives the readers whose silence says that a label isn't there, in a case in which nobody states it.
pub(super) fn silent(case: &Case, history: &History, charter: &Charter, label: &Label) -> Vec<Reader> {
    // Who never spoke of the label in any case says nothing by leaving it out here.
    let speaks = |reader: &str| {
        history.imports.iter().any(|imported| {
            imported.scope.contains(&label.name) && imported.reads.iter().any(|read| read.reader == reader)
        })
    };
    let reads: Vec<Read> =
        case.reads.iter().map(|of| &of.read).filter(|read| speaks(&read.reader)).cloned().collect();
    let silent = item::unsaid(charter, &label.name, &reads);
    silent.into_iter().map(|read| Reader { model: read.model, name: read.reader.clone() }).collect()
}

/// Takes what the readers of one case say of a label.
fn take(
    into: &mut Gathered,
    charter: &Charter,
    label: &Label,
    (looked, history): (&Looked, &History),
    wanted: &Wanted,
) {
    let case = &looked.case;
    let of_label = looked.items.iter().filter(|item| item.item.labels.contains(&label.name));
    let repeated = wanted.repeats
        && !label.kind.is_localised()
        && history.imports.iter().any(|imported| imported.reads.iter().any(|read| read.occasion > 1));
    let mut stated = false;
    for item in of_label {
        stated = true;
        if wanted.exclude_ambiguous && item.ambiguous {
            continue;
        }
        let place = into.open(&case.name, &item.id);
        for opinion in &item.item.opinions {
            if repeated {
                let reader = Reader { model: opinion.model, name: opinion.reader.clone() };
                let earlier = earlier(history, label, &opinion.reader);
                into.repeats
                    .extend(earlier.into_iter().map(|value| (place, reader.clone(), value, Vec::new())));
            }
            let choice = &opinion.choice;
            if choice.is_ungradable() {
                into.ungradable += 1;
                continue;
            }
            let other = choice.label.as_ref().is_some_and(|named| *named != label.name);
            let value = match &choice.value {
                _ if other => Value::absent(),
                Some(value) => value.clone(),
                None => Value::present(),
            };
            let reader = Reader { model: opinion.model, name: opinion.reader.clone() };
            let shapes = if other { Vec::new() } else { choice.shapes.clone() };
            into.answers.push((place, reader, value, shapes));
        }
    }
    // Where nobody states anything there is no object to compare; a case can be negative all the same.
    if !stated && !label.kind.is_localised() {
        let silent = silent(case, history, charter, label);
        if !silent.is_empty() {
            let place = into.open(&case.name, &label.name);
            let absent = silent.into_iter().map(|reader| (place, reader, Value::absent(), Vec::new()));
            into.answers.extend(absent);
        }
    }
}

/// Gives what a reader said of a case-level label before the read that stands, in the file that stands: a later file
/// takes the place of an earlier one, whose reads it corrects.
fn earlier(history: &History, label: &Label, reader: &str) -> Vec<Value> {
    let stated = |read: &Read| {
        let of_label = |finding: &&Finding| finding.label == label.name && finding.geometry.is_none();
        read.findings.iter().find(of_label).map(|finding| item::plainly(label, finding))
    };
    let own = |imported: &Imported| {
        let mut own: Vec<Read> =
            imported.reads.iter().filter(|read| read.reader == reader).cloned().collect();
        own.sort_by_key(|read| read.occasion);
        own.iter().any(|read| stated(read).is_some()).then_some(own)
    };
    let Some(reads) = history.imports.iter().rev().find_map(own) else { return Vec::new() };
    let silent_at_last = reads.last().is_some_and(|read| read.marks && stated(read).is_none());
    let mut values: Vec<Value> = reads.iter().filter_map(stated).collect();
    if !silent_at_last {
        values.pop();
    }
    values.retain(|value| !value.is(UNGRADABLE));
    values
}

impl Gathered {
    fn open(&mut self, case: &str, item: &str) -> u32 {
        self.items.push(ReadItem { case: case.to_owned(), item: item.to_owned() });
        u32::try_from(self.items.len() - 1).unwrap_or(u32::MAX)
    }
}

/// Gives readers their places, and leaves out what the charter doesn't declare.
fn placed(gathered: Gathered, label: &Label) -> Readings {
    let Gathered { items, answers, repeats, ungradable } = gathered;
    let levels = levels(label);
    let open = levels.is_empty();
    let localised = label.kind.is_localised();
    let declared = |value: &Value| {
        open || levels.contains(value) || (localised && !value.is(ABSENT) && !value.is(UNGRADABLE))
    };
    let both = || answers.iter().chain(&repeats);
    let readers: BTreeSet<&Reader> =
        both().filter(|(_, _, value, _)| declared(value)).map(|(_, reader, ..)| reader).collect();
    let places: BTreeMap<&Reader, u32> = readers.iter().copied().zip(0..).collect();
    let mut undeclared = BTreeMap::new();
    let mut keep = |all: &[(u32, Reader, Value, Vec<Geometry>)]| {
        let mut kept: Vec<Answer> = Vec::with_capacity(all.len());
        for (item, reader, value, shapes) in all {
            match places.get(reader).filter(|_| declared(value)) {
                Some(reader) => kept.push(Answer {
                    item: *item,
                    reader: *reader,
                    value: if localised && !value.is(ABSENT) && !value.is(UNCERTAIN) {
                        Value::Text(PRESENT.into())
                    } else {
                        value.clone()
                    },
                    shapes: shapes.clone(),
                }),
                None => *undeclared.entry(value.to_string()).or_insert(0) += 1,
            }
        }
        kept.sort_by_key(|answer| (answer.item, answer.reader));
        kept
    };
    let (kept, kept_repeats) = (keep(&answers), keep(&repeats));
    let readers = readers.into_iter().cloned().collect();
    Readings {
        label: label.clone(),
        readers,
        items,
        answers: kept,
        repeats: kept_repeats,
        undeclared,
        ungradable,
    }
}

impl Readings {
    /// Gives how many of the readers are people: they come first.
    pub fn people(&self) -> usize {
        self.readers.iter().take_while(|reader| !reader.model).count()
    }
}
