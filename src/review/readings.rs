//! What every reader said of every item, label by label: what agreement and consensus are computed of.
//!
//! A label of a kind with levels or numbers is compared case by case, and findings with a place object by object. A read
//! that is missing, or that says the image can't be graded, is no answer; silence is one only where it means 'not there'.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::{Result, ReviewError, Scene, Session, origin};
use crate::domain::authority::Deed;
use crate::domain::case::{self, Case, CaseItem, History, Imported, State};
use crate::domain::charter::{Charter, Label, LabelKind};
use crate::domain::decision::Settles;
use crate::domain::finding::{Finding, Read};
use crate::domain::geometry::Geometry;
use crate::domain::image::Image;
use crate::domain::item::{self, Choice, DisputeType, Item};
use crate::domain::moment;
use crate::domain::origin::{By, Origin, Within};
use crate::domain::text::Safe;
use crate::domain::value::{ABSENT, PRESENT, UNCERTAIN, UNGRADABLE, Value};
use crate::store::Tx;

/// Cases that are derived in one go.
const PAGE: u32 = 500;

/// What is left out.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// One label alone.
    pub label: Option<String>,
    /// Items that were settled as ambiguous are left out.
    pub exclude_ambiguous: bool,
    /// What a reader said at earlier occasions counts too.
    pub repeats: bool,
    pub within: Within,
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

/// Whose images a case is of, as far as their headers tell.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Subject {
    /// A pseudonym within the store.
    pub patient: Option<Arc<str>>,
    pub study: Option<Arc<str>>,
}

impl Subject {
    fn of(case: &Case) -> Subject {
        let first =
            |of: fn(&Image) -> Option<&String>| case.images.iter().find_map(of).map(|id| id.as_str().into());
        Subject { patient: first(|image| image.patient.as_ref()), study: first(|image| image.study.as_ref()) }
    }
}

/// What is compared across readers, and what has become of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadItem {
    pub case: Arc<str>,
    pub origin: Arc<Origin>,
    /// Whose images they are, where that is known.
    pub subject: Subject,
    /// `lesion#2`; the label alone where everybody's silence is the answer.
    pub item: String,
    /// When the last read of the case was made, as its source says, else when it came in: milliseconds since 1970 UTC.
    pub read_at: i64,
    /// When the answer was given that stands.
    pub settled_at: Option<i64>,
    /// What the item came to, by all readers' agreement or by an answer that stands; none where nothing did, and where
    /// it is ambiguous or can't be graded.
    pub truth: Option<Value>,
    /// It was settled as ambiguous.
    pub ambiguous: bool,
    /// It waits for somebody.
    pub open: bool,
    /// In which way and how far apart the reads are, in the type's natural unit; none where they agree.
    pub gap: Option<(DisputeType, f64)>,
    /// Of what is open.
    pub priority: f64,
    /// Of the image that somebody drew on: millimetres between rows, between columns.
    pub spacing: Option<[f64; 2]>,
}

/// All answers on one label.
#[derive(Debug, Clone, PartialEq)]
pub struct Readings {
    pub label: Label,
    /// Of which cases.
    pub within: Within,
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
    /// Cases in which nobody drew anything, of a label with a place: there is no object to compare in them.
    pub empty_cases: u64,
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

/// What the readers said of one label, as it comes in: before readers have their places.
#[derive(Default)]
struct Gathered {
    items: Vec<ReadItem>,
    answers: Vec<(u32, Reader, Value, Vec<Geometry>)>,
    repeats: Vec<(u32, Reader, Value, Vec<Geometry>)>,
    ungradable: u64,
    empty_cases: u64,
}

/// A case with what is compared in it.
pub(super) struct Looked {
    pub case: Case,
    pub origin: Arc<Origin>,
    name: Arc<str>,
    subject: Subject,
    read_at: i64,
    /// Where reads are still missing no items were made: what is there is compared all the same, since an item with one
    /// read tells how often readers choose each level.
    early: Vec<(String, Item)>,
}

impl Looked {
    fn at(case: Case, history: &History, origin: Arc<Origin>, charter: &Charter) -> Looked {
        let mut early = Vec::new();
        if case.items.is_empty() && case.awaiting > 0 {
            let reads: Vec<Read> = case.reads.iter().map(|current| current.read.clone()).collect();
            let mut numbers: BTreeMap<String, u32> = BTreeMap::new();
            early.extend(item::items(charter, &reads, &case.images).into_iter().map(|item| {
                let name = item.labels.join("/");
                let number = numbers.entry(name.clone()).or_default();
                *number += 1;
                (format!("{name}#{number}"), item)
            }));
        }
        let read_at = case.reads.iter().filter_map(|read| made_at(read, history)).max().unwrap_or(0);
        Looked { origin, name: case.name.as_str().into(), subject: Subject::of(&case), read_at, early, case }
    }

    /// Gives the case's name.
    pub fn name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    /// Gives the items by their ids, with what became of those that the case has.
    fn compared(&self) -> impl Iterator<Item = (&str, &Item, Option<&CaseItem>)> {
        let of_case = self.case.items.iter().map(|of| (of.id.as_str(), &of.item, Some(of)));
        of_case.chain(self.early.iter().map(|(id, item)| (id.as_str(), item, None)))
    }
}

/// Gives when a read was made, as its source says, else when it came in: milliseconds since 1970 UTC.
pub(super) fn made_at(read: &case::CurrentRead, history: &History) -> Option<i64> {
    let said = read.read.read_at.as_deref().and_then(|text| moment::parse(text, 0));
    said.or_else(|| history.imports.iter().find(|import| import.seq == read.since).map(|import| import.at))
}

/// Gives what a choice says of a label: one of its levels, or a number. That it is another label is no.
pub(super) fn says(label: &Label, choice: &Choice) -> Value {
    let other = choice.label.as_ref().is_some_and(|named| *named != label.name);
    match &choice.value {
        _ if other => Value::absent(),
        Some(value) if label.kind.is_localised() && !choice.is_absent() && !value.is(UNCERTAIN) => {
            Value::present()
        }
        Some(value) => value.clone(),
        None => Value::present(),
    }
}

/// Gives the spacing of the image that a shape lies on: millimetres between rows, between columns.
pub(super) fn spacing(case: &Case, of: &Geometry) -> Option<[f64; 2]> {
    let own = case.images.iter().find(|image| image.id == of.image);
    own.or(case.images.first().filter(|_| of.image == case.name)).and_then(|image| image.spacing)
}

/// Gives the labels that are asked for.
pub(super) fn labels_of<'c>(charter: &'c Charter, wanted: Option<&str>) -> Result<Vec<&'c Label>> {
    let labels: Vec<&Label> =
        charter.labels.iter().filter(|label| wanted.is_none_or(|name| name == label.name)).collect();
    match wanted {
        Some(name) if labels.is_empty() => Err(no_label(name)),
        _ => Ok(labels),
    }
}

/// Says that there is no such label, wherever one is named.
pub(super) fn no_label(name: &str) -> ReviewError {
    ReviewError::Missing(format!("the charter has no label {}", Safe::new(name)))
}

/// Refuses a label that neither the charter knows nor anybody used: under one that a charter no longer knows there may be
/// disputes still.
pub fn check_label(session: &mut Session, name: &str) -> Result<()> {
    session.read(None, |tx, scene| {
        let known = scene.charter().label(name).is_some()
            || tx.label_names()?.iter().any(|of| of.eq_ignore_ascii_case(name));
        // Where classes are in dispute, a dispute is of several labels.
        let part = |part: &str| scene.charter().label(part).is_some();
        if known || name.split('/').all(part) { Ok(()) } else { Err(no_label(name)) }
    })
}

/// What all readers say of some labels, while cases come in.
pub(super) struct Gathering<'c> {
    charter: &'c Charter,
    labels: Vec<&'c Label>,
    wanted: Wanted,
    gathered: Vec<Gathered>,
}

impl<'c> Gathering<'c> {
    pub fn new(charter: &'c Charter, wanted: &Wanted) -> Result<Self> {
        let labels = labels_of(charter, wanted.label.as_deref())?;
        let gathered = labels.iter().map(|_| Gathered::default()).collect();
        Ok(Gathering { charter, labels, wanted: wanted.clone(), gathered })
    }

    /// Takes cases in.
    pub fn take(&mut self, histories: &[History], cases: &[Looked]) {
        let (charter, wanted) = (self.charter, &self.wanted);
        self.gathered.par_iter_mut().zip(&self.labels).for_each(|(into, label)| {
            for (case, history) in cases.iter().zip(histories) {
                take(into, charter, label, (case, history), wanted);
            }
        });
    }

    /// Gives what came together, label by label.
    pub fn done(self) -> Vec<Readings> {
        let Gathering { gathered, labels, wanted, .. } = self;
        let each = gathered.into_par_iter().zip(labels);
        each.map(|(gathered, label)| placed(gathered, label, &wanted.within)).collect()
    }
}

/// Collects what every reader said, label by label.
///
/// # Errors
/// Whoever asks may not read statistics, no case comes from where it is asked about, or the store can't be read.
pub fn collect(session: &mut Session, wanted: &Wanted) -> Result<Vec<Readings>> {
    session.read(None, |tx, scene| {
        scene.allow(Deed::ReadStatistics)?;
        gather(tx, scene, wanted)
    })
}

/// Collects the same apart for each batch or site: those of one label follow each other, by name.
///
/// # Errors
/// As [`collect`].
pub fn collect_by(session: &mut Session, wanted: &Wanted, by: By) -> Result<Vec<Readings>> {
    session.read(None, |tx, scene| {
        scene.allow(Deed::ReadStatistics)?;
        let mut all = Vec::new();
        for within in origin::parts(tx, &wanted.within, by)? {
            all.extend(gather(tx, scene, &Wanted { within, ..wanted.clone() })?.into_iter().enumerate());
        }
        all.sort_by_key(|(label, _)| *label);
        Ok(all.into_iter().map(|(_, readings)| readings).collect())
    })
}

fn gather(tx: &Tx<'_>, scene: &Scene<'_>, wanted: &Wanted) -> Result<Vec<Readings>> {
    let mut gathering = Gathering::new(scene.charter(), wanted)?;
    walk(tx, scene, &wanted.within, |histories, cases| gathering.take(histories, cases))?;
    Ok(gathering.done())
}

/// Derives every case that is wanted, a page at a time, and hands the page on with what the log says of each. While
/// one page is worked on, the next is read.
pub(super) fn walk(
    tx: &Tx<'_>,
    scene: &Scene<'_>,
    within: &Within,
    mut with: impl FnMut(&[History], &[Looked]) + Send,
) -> Result<()> {
    let charter = scene.charter();
    let known = tx.known()?;
    let origins = tx.origins()?;
    let imports = origin::imports(tx, within)?;
    // A figure of few cases would tell what one of them holds to whoever has yet to read it.
    let blind = if within.is_all() { BTreeSet::new() } else { super::sample::blind(tx, scene)? };
    let read = |after: &mut i64| -> Result<Vec<History>> {
        let ids = tx.case_ids_of(*after, PAGE, imports.as_deref())?;
        *after = ids.last().copied().unwrap_or(i64::MAX);
        let mut page = tx.histories(&ids, charter.reads.unit, known)?;
        page.retain(|history| !blind.contains(&history.case));
        Ok(page)
    };
    let look = |history: &History| {
        let origin = Arc::clone(origins.of(history.imports.first().map(|first| first.seq)));
        Looked::at(case::derive(&scene.setup.protocol, history), history, origin, charter)
    };
    let mut after = 0;
    let mut page = read(&mut after)?;
    while !page.is_empty() {
        // A transaction stays on its thread.
        page = rayon::in_place_scope(|scope| {
            let with = &mut with;
            scope.spawn(move |_| {
                let cases: Vec<Looked> = page.par_iter().map(look).collect();
                with(&page, &cases);
                rayon::join(|| drop(cases), || drop(page));
            });
            read(&mut after)
        })?;
    }
    Ok(())
}

/// Gives the readers whose silence says that a label isn't there, in a case in which nobody states it.
pub(super) fn silent(case: &Case, history: &History, charter: &Charter, label: &Label) -> Vec<Reader> {
    // Who never spoke of the label in any case says nothing by leaving it out here.
    let speaks = |read: &&Read| {
        history.imports.iter().any(|imported| {
            imported.scope.contains(&label.name)
                && imported.reads.iter().any(|known| known.reader == read.reader)
        })
    };
    // Of most labels silence means nothing, which is quickly told.
    let silent = item::unsaid(charter, &label.name, case.reads.iter().map(|of| &of.read));
    silent
        .into_iter()
        .filter(speaks)
        .map(|read| Reader { model: read.model, name: read.reader.clone() })
        .collect()
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
    let of_label = looked.compared().filter(|(_, item, _)| item.labels.contains(&label.name));
    let repeated = wanted.repeats
        && !label.kind.is_localised()
        && history.imports.iter().any(|imported| imported.reads.iter().any(|read| read.occasion > 1));
    let mut stated = false;
    for (id, item, entry) in of_label {
        stated = true;
        let opened = looked.item(label, id, item, entry);
        if wanted.exclude_ambiguous && opened.ambiguous {
            continue;
        }
        let place = into.open(opened);
        for opinion in &item.opinions {
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
    if stated {
        return;
    }
    // Where nobody states anything there is no object to compare; a case can be negative all the same.
    let silent = silent(case, history, charter, label);
    match silent.is_empty() {
        true => {}
        false if label.kind.is_localised() => into.empty_cases += 1,
        false => {
            let place = into.open(looked.silence(label));
            let absent = silent.into_iter().map(|reader| (place, reader, Value::absent(), Vec::new()));
            into.answers.extend(absent);
        }
    }
}

impl Looked {
    fn item(&self, label: &Label, id: &str, item: &Item, entry: Option<&CaseItem>) -> ReadItem {
        let outcome = entry.and_then(|entry| entry.outcome);
        ReadItem {
            case: Arc::clone(&self.name),
            origin: Arc::clone(&self.origin),
            subject: self.subject.clone(),
            item: id.to_owned(),
            read_at: self.read_at,
            settled_at: entry.and_then(|entry| entry.answers().last()).map(|answer| answer.at),
            truth: match outcome {
                Some(Settles::Resolved) => entry
                    .and_then(|entry| entry.result.as_ref())
                    .filter(|choice| !choice.is_ungradable())
                    .map(|choice| says(label, choice)),
                Some(Settles::Negative) => Some(Value::absent()),
                _ => None,
            },
            ambiguous: outcome == Some(Settles::Ambiguous),
            open: entry.is_some_and(|entry| entry.disputed && entry.state < State::Provisional),
            gap: item.difference.as_ref().map(|difference| (difference.kind, difference.gap)),
            priority: entry.map_or(0.0, |entry| entry.priority),
            spacing: item
                .opinions
                .iter()
                .find_map(|opinion| opinion.choice.shapes.first())
                .and_then(|shape| spacing(&self.case, shape)),
        }
    }

    /// The item of a label that nobody states: it isn't there, as soon as the reads are in.
    fn silence(&self, label: &Label) -> ReadItem {
        ReadItem {
            case: Arc::clone(&self.name),
            origin: Arc::clone(&self.origin),
            subject: self.subject.clone(),
            item: label.name.clone(),
            read_at: self.read_at,
            settled_at: None,
            truth: (self.case.awaiting == 0).then(Value::absent),
            ambiguous: false,
            open: false,
            gap: None,
            priority: 0.0,
            spacing: None,
        }
    }
}

/// Gives what a reader said of a case-level label before the read that stands, in the file that stands: a later file
/// takes the place of an earlier one, whose reads it corrects.
pub(super) fn earlier(history: &History, label: &Label, reader: &str) -> Vec<Value> {
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
    fn open(&mut self, item: ReadItem) -> u32 {
        self.items.push(item);
        u32::try_from(self.items.len() - 1).unwrap_or(u32::MAX)
    }
}

/// Gives readers their places, and leaves out what the charter doesn't declare.
fn placed(gathered: Gathered, label: &Label, within: &Within) -> Readings {
    let Gathered { items, answers, repeats, ungradable, empty_cases } = gathered;
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
        within: within.clone(),
        readers,
        items,
        answers: kept,
        repeats: kept_repeats,
        undeclared,
        ungradable,
        empty_cases,
    }
}

impl Readings {
    /// Gives how many of the readers are people: they come first.
    pub fn people(&self) -> usize {
        self.readers.iter().take_while(|reader| !reader.model).count()
    }

    /// Numbers what is drawn whole in a bootstrap, item by item, and says what it is: findings of one patient resemble
    /// each other. By patient where the header names one, else by study, else by case.
    pub fn groups(&self) -> (&'static str, Vec<u32>) {
        // A set without ids often gives all patients the same one: of a single group nothing can be drawn.
        [0, 1, 2]
            .into_iter()
            .map(|from| self.grouped(from))
            .find(|(_, _, n)| *n > 1)
            .map_or_else(|| ("case", vec![0; self.items.len()]), |(words, groups, _)| (words, groups))
    }

    /// Groups by patient, study and case, or from a later one of them on; with how many groups there are.
    fn grouped(&self, from: usize) -> (&'static str, Vec<u32>, usize) {
        let mut numbers: BTreeMap<(usize, &str), u32> = BTreeMap::new();
        let mut groups = Vec::with_capacity(self.items.len());
        for item in &self.items {
            let ids = [item.subject.patient.as_deref(), item.subject.study.as_deref(), Some(&*item.case)];
            let known = ids.into_iter().enumerate().skip(from).find_map(|(n, id)| Some((n, id?)));
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            groups.extend(known.map(|known| *numbers.entry(known).or_insert(next)));
        }
        let has = |unit| numbers.keys().any(|(of, _)| *of == unit);
        let words = match (has(0), has(1), has(2)) {
            (true, false, false) => "patient",
            (false, true, false) => "study",
            (true, true, false) => "patient or study",
            (true, false, true) => "patient or case",
            (false, true, true) => "study or case",
            (true, true, true) => "patient, study or case",
            (false, false, _) => "case",
        };
        (words, groups, numbers.len())
    }

    /// Gives the same without the items that were settled as ambiguous; none where there is no such item.
    pub fn without_ambiguous(&self) -> Option<Readings> {
        if !self.items.iter().any(|item| item.ambiguous) {
            return None;
        }
        let keep =
            |answer: &&Answer| self.items.get(answer.item as usize).is_some_and(|item| !item.ambiguous);
        let kept = self.items.iter().scan(0, |next, item| {
            let place = *next;
            *next += u32::from(!item.ambiguous);
            Some(place)
        });
        let places: Vec<u32> = kept.collect();
        let moved = |answer: &Answer| Answer {
            item: places.get(answer.item as usize).copied().unwrap_or(0),
            ..answer.clone()
        };
        Some(Readings {
            label: self.label.clone(),
            within: self.within.clone(),
            readers: self.readers.clone(),
            items: self.items.iter().filter(|item| !item.ambiguous).cloned().collect(),
            answers: self.answers.iter().filter(keep).map(moved).collect(),
            repeats: self.repeats.iter().filter(keep).map(moved).collect(),
            undeclared: self.undeclared.clone(),
            ungradable: self.ungradable,
            empty_cases: self.empty_cases,
        })
    }
}
