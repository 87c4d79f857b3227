//! Drawing: the lot, its strata, the size by the design, and the events that ask for second readings.

use std::collections::BTreeSet;

use serde::Serialize;

use super::super::readings::{Looked, no_label, says, walk};
use super::super::{Result, ReviewError, Scene, Session};
use super::ask::record;
use super::{Logged, all, words};
use crate::domain::authority::{Deed, Role};
use crate::domain::case::{Case, CaseItem, History, State};
use crate::domain::charter::normal::Abnormal;
use crate::domain::charter::{Charter, Label, LabelKind};
use crate::domain::event::Action;
use crate::domain::origin::{self, Within};
use crate::domain::sample::{self, By, Design, Drawn, Of, Rule, Sample, Stratum, Unit};
use crate::domain::text::Safe;
use crate::domain::word::Word;
use crate::stats::sampling::lot::{Seen, upper_if, upper_whenever};
use crate::stats::sampling::plan::{Plan, errors_at, isolated, two_points};
use crate::stats::sampling::standard::{Level, QUALITIES, single};
use crate::store::Tx;

/// Version of the events that are written.
pub(super) const VERSION: u32 = 1;

/// Labels that fewer than this share of cases bear are rare.
const RARE: f64 = 0.1;

pub(super) const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What is to be drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    pub of: Of,
    /// None for what the strata ask for: disputes by label, else cases.
    pub unit: Option<Unit>,
    pub design: Design,
    pub by: Vec<By>,
    /// In proportion to the strata's sizes, in place of evenly; a plan that counts errors always is.
    pub in_proportion: bool,
    pub label: Option<String>,
    pub within: Within,
    pub seed: Option<u64>,
    pub to: Option<String>,
}

impl Order {
    /// Gives the order that a sample was drawn by, as far as what is read again follows from it.
    pub(super) fn of(sample: &Sample) -> Order {
        Order {
            of: sample.of,
            unit: Some(sample.unit),
            design: sample.design.clone(),
            by: Vec::new(),
            in_proportion: false,
            label: sample.label.clone(),
            within: sample.within.clone(),
            seed: sample.seed,
            to: sample.to.clone(),
        }
    }
}

/// What a sample can show, before it is drawn.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outlook {
    pub of: Of,
    pub unit: Unit,
    /// Units of the lot.
    pub lot: u64,
    pub size: u64,
    pub strata: Vec<Stratum>,
    /// What counts as a finding, where strata are made by it.
    pub abnormal: Vec<Abnormal>,
    pub rule: Rule,
    /// Errors up to which the lot is accepted; none for a sequential sample.
    pub accept: Option<u64>,
    /// The bound at 95 % if nothing, one, two … wrong are found.
    pub bounds: Vec<f64>,
    /// How likely the lot is accepted if this share of it is wrong: pairs of shares, 0–1.
    pub characteristic: Vec<(f64, f64)>,
}

/// A lot as it is counted before anything is drawn of it.
#[derive(Debug, Clone)]
pub struct Measured {
    order: Order,
    /// The last event that it rests on.
    upto: u64,
    strata: Vec<Stratum>,
}

/// Counts the lot of an order. It goes through all cases.
pub fn measure(session: &mut Session, order: &Order) -> Result<Measured> {
    session.read(None, |tx, scene| {
        scene.allow(Deed::Sample)?;
        may_read(scene, order)?;
        makes_sense(order)?;
        let (upto, _) = tx.head()?;
        let lot = lot(tx, scene, order)?;
        Ok(Measured { order: order.clone(), upto, strata: strata(&lot, &vec![0; lot.strata.len()]) })
    })
}

/// Says what a sample would be like, without drawing it.
pub fn outlook(session: &mut Session, order: &Order) -> Result<Outlook> {
    let measured = measure(session, order)?;
    if measured.strata.is_empty() {
        return Err(ReviewError::Invalid(nothing(order)));
    }
    measured.outlook(session.charter(), order)
}

impl Measured {
    /// Tells whether it is the lot of an order, and nothing was written since.
    pub fn is_of(&self, session: &mut Session, order: &Order) -> bool {
        let promised = |design: &Design| {
            matches!(design, Design::Share { .. } | Design::Recheck { .. }).then(|| design.clone())
        };
        let same = |a: &Order, b: &Order| {
            (a.of, unit_of(a), &a.by, &a.label, &a.within) == (b.of, unit_of(b), &b.by, &b.label, &b.within)
                && promised(&a.design) == promised(&b.design)
        };
        same(&self.order, order)
            && session.read(None, |tx, _| Ok(tx.head()?.0)).is_ok_and(|head| head == self.upto)
    }

    /// Says what a sample of it would be like.
    pub fn outlook(&self, charter: &Charter, order: &Order) -> Result<Outlook> {
        let sizes: Vec<u64> = self.strata.iter().map(|stratum| stratum.size).collect();
        let lot = sizes.iter().sum();
        let (size, rule) = size_and_rule(charter, order, lot)?;
        let drawn = split(order, &sizes, size);
        let strata = self.strata.iter().zip(&drawn);
        let seen: Vec<Seen> = sizes
            .iter()
            .zip(&drawn)
            .map(|(size, read)| Seen { size: *size, read: *read, wrong: 0 })
            .collect();
        let size = drawn.iter().sum();
        let strata: Vec<Stratum> =
            strata.map(|(of, drawn)| Stratum { drawn: *drawn, ..of.clone() }).collect();
        let accept = accept(rule, size, &strata);
        Ok(Outlook {
            of: order.of,
            unit: unit_of(order),
            lot,
            size,
            strata,
            abnormal: abnormal(charter, &order.by),
            rule,
            accept,
            bounds: (0..=5.min(size)).filter_map(|wrong| bound(rule, wrong, size, &seen)).collect(),
            characteristic: characteristic(&order.design, accept, size, lot),
        })
    }
}

/// Draws a sample: the lot and what was drawn of it in one event, then a second reading of each unit.
pub fn draw(session: &mut Session, order: &Order) -> Result<Sample> {
    let (sample, role) = session.read(None, |tx, scene| {
        let role = scene.allow(Deed::Sample)?;
        makes_sense(order)?;
        let lot = lot(tx, scene, order)?;
        if lot.units.is_empty() {
            return Err(ReviewError::Invalid(nothing(order)));
        }
        may_read(scene, order)?;
        Ok((make(scene, tx, order, lot)?, role))
    })?;
    record(session, &sample, Some(role))?;
    Ok(sample)
}

/// Refuses an order for somebody who may not audit.
fn may_read(scene: &Scene<'_>, order: &Order) -> Result<()> {
    match &order.to {
        Some(to) if !scene.setup.people.person(to).roles.contains(&Role::Qa) => Err(ReviewError::Invalid(
            format!("{} holds no role of QA: `overread people add {} qa`", Safe::new(to), Safe::new(to)),
        )),
        _ => Ok(()),
    }
}

/// Gives the strata that tell apart what one case holds together.
pub fn finer(by: &[By]) -> Vec<&'static str> {
    let of_items = |by: &&By| matches!(by, By::Label | By::Class | By::Prevalence);
    by.iter().filter(of_items).map(|by| by.word()).collect()
}

/// Refuses an order whose parts don't go together.
fn makes_sense(order: &Order) -> Result<()> {
    let finer = finer(&order.by);
    let words = match (&order.design, order.by.as_slice()) {
        (Design::Share { share }, _) if *share <= 0.0 => {
            "the charter's share is 0, so that nothing would be drawn: say how many, or by which plan"
                .to_owned()
        }
        (Design::Sequential { .. }, [_, ..]) => {
            "a sample that is read until its bound is met is a simple one: its bound knows no strata"
                .to_owned()
        }
        _ if order.unit == Some(Unit::Case) && !finer.is_empty() => format!(
            "a case is of no one {}: strata by it are of disputes, `--unit dispute`",
            finer.join(" or ")
        ),
        _ => return Ok(()),
    };
    Err(ReviewError::Invalid(words))
}

fn nothing(order: &Order) -> String {
    let what = match order.of {
        Of::Concordant => "no case is concordant",
        Of::Decided => "nothing that was adjudicated is final",
    };
    match order.design {
        Design::Share { .. } => format!("{what} that the charter's share was not drawn from yet"),
        Design::Recheck { .. } => {
            format!("{what} for longer than the washout, or all of it was drawn for a recheck before")
        }
        _ => format!("{what} and waits for no audit, so there is nothing to draw from"),
    }
}

/// What can be drawn.
pub(super) struct Lot {
    /// By case and item; each names its stratum.
    pub units: Vec<Drawn>,
    strata: Vec<String>,
}

fn unit_of(order: &Order) -> Unit {
    let items = !finer(&order.by).is_empty() || order.label.is_some();
    let recheck = matches!(order.design, Design::Recheck { .. });
    order.unit.unwrap_or(if items || recheck { Unit::Dispute } else { Unit::Case })
}

/// Goes through all cases, and gives what can be drawn with its strata.
pub(super) fn lot(tx: &Tx<'_>, scene: &Scene<'_>, order: &Order) -> Result<Lot> {
    let charter = scene.charter();
    if let Some(label) = &order.label
        && charter.label(label).is_none()
    {
        return Err(no_label(label));
    }
    let samples = all(tx)?;
    let before = drawn_before(&samples, order);
    let unit = unit_of(order);
    let mut found: Vec<(Drawn, String)> = Vec::new();
    walk(tx, scene, &order.within, |histories, cases| {
        for (history, looked) in histories.iter().zip(cases) {
            let case = &looked.case;
            if !is_of(case, order.of, scene.now) || case.again.iter().any(CaseItem::awaits_audit) {
                continue;
            }
            let of_case = |item| Drawn { case: case.name.clone(), item, stratum: 0 };
            match unit {
                Unit::Case if before.contains(&(case.name.as_str(), None)) => {}
                // Of a case in which nobody says anything there is nothing to read again.
                Unit::Case if asks(charter, case, order, &of_case(None), scene.now).is_empty() => {}
                Unit::Case => {
                    let name = stratum(charter, order, history, looked, None);
                    found.push((of_case(None), name));
                }
                Unit::Dispute => {
                    for item in items_of(charter, case, order, scene.now) {
                        if !before.contains(&(case.name.as_str(), Some(item.id.as_str()))) {
                            let name = stratum(charter, order, history, looked, Some(item));
                            found.push((of_case(Some(item.id.clone())), name));
                        }
                    }
                }
            }
        }
    })?;
    let names: BTreeSet<String> = found.iter().map(|(_, name)| name.clone()).collect();
    let strata: Vec<String> = names.into_iter().collect();
    let mut units: Vec<Drawn> = found
        .into_iter()
        .map(|(unit, name)| Drawn { stratum: strata.binary_search(&name).unwrap_or_default(), ..unit })
        .collect();
    units.sort();
    Ok(Lot { units, strata })
}

/// Tells whether two samples are of the same kind of those that the charter promises.
pub(super) fn same_promise(one: &Design, other: &Design) -> bool {
    matches!(
        (one, other),
        (Design::Share { .. }, Design::Share { .. })
            | (Design::Recheck { .. }, Design::Recheck { .. })
            | (Design::Checkpoint { .. }, Design::Checkpoint { .. })
    )
}

/// What the charter's share was drawn from before, or what was rechecked: nothing of it is drawn twice.
fn drawn_before<'s>(samples: &'s [Logged], order: &Order) -> BTreeSet<(&'s str, Option<&'s str>)> {
    let like = samples
        .iter()
        .filter(|logged| logged.sample.of == order.of && same_promise(&logged.sample.design, &order.design));
    like.flat_map(|logged| &logged.sample.lot)
        .map(|unit| (unit.case.as_str(), unit.item.as_deref()))
        .collect()
}

fn is_of(case: &Case, of: Of, now: i64) -> bool {
    matches!(
        (case.state_at(now, false), of),
        (State::Concordant, Of::Concordant) | (State::Final, Of::Decided)
    )
}

/// Gives the items of a case that are drawn, or read where the case is.
fn items_of<'c>(
    charter: &Charter,
    case: &'c Case,
    order: &'c Order,
    now: i64,
) -> impl Iterator<Item = &'c CaseItem> {
    let labelled =
        |item: &&CaseItem| order.label.as_ref().is_none_or(|label| item.item.labels.contains(label));
    let washout = i64::from(charter.sampling.washout_days) * DAY_MS;
    let rested = move |item: &&CaseItem| match order.design {
        Design::Recheck { .. } => {
            item.answers().last().is_none_or(|answer| answer.at.saturating_add(washout) <= now)
        }
        _ => true,
    };
    let of = move |item: &&CaseItem| match order.of {
        Of::Concordant => item.state == State::Concordant,
        Of::Decided => item.disputed && item.state_at(now) == State::Final,
    };
    case.items.iter().filter(of).filter(labelled).filter(rested)
}

/// Gives what counts as a finding, where strata are made by it.
fn abnormal(charter: &Charter, by: &[By]) -> Vec<Abnormal> {
    if by.contains(&By::Finding) { charter.abnormal() } else { Vec::new() }
}

/// Tells whether anybody says something of an item that isn't normal.
fn is_abnormal(charter: &Charter, item: &CaseItem) -> bool {
    let choices = || item.item.opinions.iter().map(|opinion| &opinion.choice);
    let of = |label: &Label| {
        choices().any(|choice| !choice.is_ungradable() && label.is_abnormal(&says(label, choice)))
    };
    item.item.labels.iter().filter_map(|name| charter.label(name)).any(of)
}

/// Gives the class of an item: its label and the level or the mark that it came to. Every number is of one class.
fn class(charter: &Charter, item: &CaseItem) -> String {
    let name = item.item.labels.join("/");
    let Some(result) = &item.result else { return format!("{name} unsettled") };
    let label = result.label.as_ref().or(item.item.labels.first()).and_then(|name| charter.label(name));
    match label {
        Some(label) if label.kind == LabelKind::Continuous && !result.is_ungradable() => name,
        Some(label) if !result.is_ungradable() => format!("{} {}", label.name, says(label, result)),
        _ => format!("{name} ungradable"),
    }
}

fn stratum(
    charter: &Charter,
    order: &Order,
    history: &History,
    looked: &Looked,
    item: Option<&CaseItem>,
) -> String {
    let case = &looked.case;
    let part = |by: &By| match by {
        By::Label => item.map_or_else(String::new, |item| item.item.labels.join("/")),
        By::Class => item.map_or_else(String::new, |item| class(charter, item)),
        By::Reader => {
            let people = case.reads.iter().filter(|read| !read.read.model);
            let names: BTreeSet<&str> = people.map(|read| read.read.reader.as_str()).collect();
            names.into_iter().collect::<Vec<_>>().join("+")
        }
        By::Finding => {
            let found = match item {
                Some(item) => is_abnormal(charter, item),
                None => case.items.iter().any(|item| is_abnormal(charter, item)),
            };
            if found { "abnormal" } else { "normal" }.to_owned()
        }
        By::Prevalence => {
            let prevalence = history.imports.last().map(|imported| &imported.prevalence);
            let of = |label: &String| prevalence.and_then(|all| all.get(label)).copied().unwrap_or(1.0);
            let rare = item.is_some_and(|item| item.item.labels.iter().any(|label| of(label) < RARE));
            if rare { "rare" } else { "common" }.to_owned()
        }
        By::Priority => {
            let gap = case.items.iter().filter_map(|item| item.item.difference.as_ref()).map(|of| of.weight);
            match gap.fold(0.0, f64::max) {
                high if high > 2.0 / 3.0 => "wide gap",
                some if some > 1.0 / 3.0 => "some gap",
                _ => "small gap",
            }
            .to_owned()
        }
        By::Batch => looked.origin.key(origin::By::Batch).to_owned(),
        By::Site => looked.origin.key(origin::By::Site).to_owned(),
        By::Modality => {
            let all: BTreeSet<&str> =
                case.images.iter().filter_map(|image| image.modality.as_deref()).collect();
            if all.is_empty() { "unknown".into() } else { all.into_iter().collect::<Vec<_>>().join("+") }
        }
    };
    order.by.iter().map(part).collect::<Vec<_>>().join(" · ")
}

fn sizes(lot: &Lot) -> Vec<u64> {
    let mut sizes = vec![0; lot.strata.len()];
    for unit in &lot.units {
        if let Some(size) = sizes.get_mut(unit.stratum) {
            *size += 1;
        }
    }
    sizes
}

fn split(order: &Order, sizes: &[u64], n: u64) -> Vec<u64> {
    // A plan's number of errors is of a sample in which each unit is as likely as any other.
    let planned = matches!(order.design, Design::Aql { .. } | Design::Lq { .. } | Design::Points { .. });
    match order.in_proportion || planned {
        true => sample::in_proportion(sizes, n),
        false => sample::evenly(sizes, n),
    }
}

fn strata(lot: &Lot, drawn: &[u64]) -> Vec<Stratum> {
    let each = lot.strata.iter().zip(sizes(lot)).zip(drawn);
    each.map(|((name, size), drawn)| Stratum { name: name.clone(), size, drawn: *drawn }).collect()
}

/// Gives how many are drawn of a lot, and the rule that it is judged by.
fn size_and_rule(charter: &Charter, order: &Order, lot: u64) -> Result<(u64, Rule)> {
    let tolerance = Rule::Tolerance { share: charter.sampling.tolerance };
    let share = |percent: f64| percent / 100.0;
    let plan = |plan: Plan| (plan.n.min(lot), Rule::Plan { accept: plan.accept });
    let invalid = |words: String| Err(ReviewError::Invalid(words));
    Ok(match &order.design {
        Design::Size { size } => ((*size).min(lot), tolerance),
        // As many as are to be expected: each unit is drawn by itself.
        Design::Share { share } | Design::Recheck { share } => {
            ((share * lot as f64).round() as u64, tolerance)
        }
        Design::Checkpoint { share, .. } => ((share * lot as f64).ceil() as u64, tolerance),
        Design::Aql { aql, level } => {
            let Some(level) = Level::named(level) else {
                let known: Vec<&str> = Level::ALL.iter().map(|(_, word)| *word).collect();
                return invalid(format!(
                    "{} is no level of inspection: {}",
                    Safe::new(level),
                    known.join(", ")
                ));
            };
            match single(lot, level, *aql) {
                Some(standard) => plan(standard.plan),
                None if lot < 2 => plan(Plan { n: lot, accept: 0 }),
                None => return invalid(no_plan(lot, level, *aql)),
            }
        }
        Design::Lq { lq, accept } => match isolated(lot, share(*lq), 0.1, *accept) {
            Some(found) => plan(found),
            None if lot == 0 && (0.0..100.0).contains(lq) && *lq > 0.0 => {
                plan(Plan { n: 0, accept: *accept })
            }
            None => return invalid(format!("a limiting quality is a percentage above 0, not {lq}")),
        },
        Design::Points { good, alpha, bad, beta } => {
            match two_points(share(*good), *alpha, share(*bad), *beta) {
                Some(found) => plan(found.within(lot, share(*bad))),
                None => {
                    return invalid(
                        "a plan of two points needs 0 < good < bad < 100 percent, and risks between 0 and 1"
                            .into(),
                    );
                }
            }
        }
        Design::Sequential { bound, .. } if !(*bound > 0.0 && *bound < 100.0) => {
            return invalid(format!("a bound is a percentage between 0 and 100, not {bound}"));
        }
        Design::Sequential { most: 0, .. } => {
            return invalid("a sample of nothing says nothing: --most is 1 at least".to_owned());
        }
        Design::Sequential { bound, most } => ((*most).min(lot), Rule::Bound { share: share(*bound) }),
    })
}

/// Says why the standard has no plan, and which it has.
fn no_plan(lot: u64, level: Level, aql: f64) -> String {
    if !QUALITIES.contains(&aql) {
        return format!(
            "the standard has no plan for an acceptable quality of {aql} percent: it knows {} percent",
            listed(QUALITIES.iter())
        );
    }
    let qualities = QUALITIES.iter().filter(|quality| single(lot, level, **quality).is_some());
    let levels: Vec<&str> = Level::ALL
        .iter()
        .filter(|(level, _)| single(lot, *level, aql).is_some())
        .map(|(_, word)| *word)
        .collect();
    let other = match levels.is_empty() {
        true => String::new(),
        false => format!(", or an acceptable quality of {aql} percent at level {}", levels.join(", ")),
    };
    format!(
        "for a lot of {lot} at level {} the table of the standard ends before an acceptable quality of {aql} percent: \
         for this lot it has plans at that level for {} percent{other}",
        Level::ALL.iter().find(|(of, _)| *of == level).map_or("", |(_, word)| word),
        listed(qualities),
    )
}

fn listed<'n>(numbers: impl Iterator<Item = &'n f64>) -> String {
    numbers.map(f64::to_string).collect::<Vec<_>>().join(", ")
}

/// Gives the errors up to which a sample is accepted; none where that depends on which strata they are in.
pub(super) fn accept(rule: Rule, size: u64, strata: &[Stratum]) -> Option<u64> {
    match rule {
        Rule::Plan { accept } => Some(accept),
        Rule::Tolerance { share } if strata.len() > 1 => by_number(share, strata),
        // A product that is whole but for rounding counts as whole.
        Rule::Tolerance { share } => Some((share * size as f64 + 1e-9).floor() as u64),
        Rule::Bound { .. } => None,
    }
}

/// Gives the number of errors up to which the weighted estimate is within a share, wherever they are; none where more of them
/// may be within it as well.
fn by_number(share: f64, strata: &[Stratum]) -> Option<u64> {
    let lot: u64 = strata.iter().map(|of| of.size).sum();
    // What one error adds to the estimate, and how many there can be of it.
    let mut each: Vec<(f64, u64)> = strata
        .iter()
        .filter(|of| of.drawn > 0)
        .map(|of| (of.size as f64 / of.drawn as f64 / lot as f64, of.drawn))
        .collect();
    each.sort_by(|a, b| b.0.total_cmp(&a.0));
    let up_to = |each: &mut dyn Iterator<Item = (f64, u64)>| {
        let (mut number, mut left) = (0, share + 1e-9);
        for (adds, most) in each {
            let fit = ((left / adds).floor() as u64).min(most);
            number += fit;
            left -= fit as f64 * adds;
            if fit < most {
                break;
            }
        }
        number
    };
    let heaviest = up_to(&mut each.iter().copied());
    let lightest = up_to(&mut each.iter().rev().copied());
    (heaviest == lightest).then_some(heaviest)
}

/// Gives the bound at 95 % if so many of a sample are wrong, wherever in the strata they are.
fn bound(rule: Rule, wrong: u64, size: u64, strata: &[Seen]) -> Option<f64> {
    let whole = size > 0 && strata.iter().all(|of| of.read >= of.size);
    match rule {
        // What is read whole leaves no doubt, whatever it is judged by.
        _ if whole => Some(wrong as f64 / size as f64),
        Rule::Bound { .. } => upper_whenever(wrong, size, 0.95),
        _ => upper_if(wrong, strata, 0.95),
    }
}

/// Gives the operating characteristic of a rule that accepts by a number of errors: of the process behind a series of
/// lots (binomial), else of a lot of this size (hypergeometric), as the design promises it.
pub(super) fn characteristic(design: &Design, accept: Option<u64>, size: u64, lot: u64) -> Vec<(f64, f64)> {
    const SHARES: [f64; 12] = [0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5];
    let Some(accept) = accept.filter(|_| size > 0) else { return Vec::new() };
    let plan = Plan { n: size, accept };
    let of_process = matches!(design, Design::Aql { .. } | Design::Points { .. }) && size < lot;
    let chance = |share: f64| match of_process {
        true => plan.acceptance(share),
        false => plan.acceptance_of_lot(errors_at(share, lot), lot),
    };
    SHARES.iter().map(|share| (*share, chance(*share))).collect()
}

/// Draws from a lot.
pub(super) fn make(scene: &Scene<'_>, tx: &Tx<'_>, order: &Order, lot: Lot) -> Result<Sample> {
    let charter = scene.charter();
    let (size, rule) = size_and_rule(charter, order, lot.units.len() as u64)?;
    let id = format!("S{}", tx.count_of_project(Action::Sample.word())? + 1);
    let mut order_of: Vec<&Drawn> = lot.units.iter().collect();
    let secret = sample::seed_of(&scene.setup.protocol.key, &id);
    let seed = match order.design {
        // As many as the share comes to, by a seed that nobody foresees.
        Design::Checkpoint { .. } => secret.first_chunk().map(|head| u64::from_be_bytes(*head)),
        _ => order.seed,
    };
    let (drawn, counts): (Vec<Drawn>, Vec<u64>) = match (&order.design, seed) {
        (Design::Share { share } | Design::Recheck { share }, _) => {
            order_of.retain(|unit| sample::takes(&secret, unit, *share));
            (order_of.into_iter().cloned().collect(), Vec::new())
        }
        (_, None) => {
            return Err(ReviewError::Invalid(
                "a sample needs a seed, so that it can be drawn again: --seed".into(),
            ));
        }
        (_, Some(seed)) => {
            let counts = split(order, &sizes(&lot), size);
            // An estimate that can never be made would leave the lot open for good.
            if let (Rule::Tolerance { .. }, Some(words)) = (rule, words::too_few(&strata(&lot, &counts))) {
                return Err(ReviewError::Invalid(words));
            }
            let mut left = counts.clone();
            order_of.sort_by_cached_key(|unit| sample::place(seed, unit));
            order_of.retain(|unit| match left.get_mut(unit.stratum) {
                Some(left) if *left > 0 => {
                    *left -= 1;
                    true
                }
                _ => false,
            });
            (order_of.into_iter().cloned().collect(), counts)
        }
    };
    let counts = match counts.is_empty() {
        false => counts,
        true => (0..lot.strata.len())
            .map(|place| drawn.iter().filter(|unit| unit.stratum == place).count() as u64)
            .collect(),
    };
    let (upto, _) = tx.head()?;
    Ok(Sample {
        v: VERSION,
        id,
        of: order.of,
        unit: unit_of(order),
        design: order.design.clone(),
        rule,
        by: order.by.clone(),
        label: order.label.clone(),
        abnormal: abnormal(charter, &order.by),
        within: order.within.clone(),
        seed: order.seed.filter(|_| !matches!(order.design, Design::Share { .. } | Design::Recheck { .. })),
        to: order.to.clone(),
        tolerance: charter.sampling.tolerance,
        upto,
        strata: strata(&lot, &counts),
        lot: lot.units,
        drawn,
    })
}

/// Gives what of a unit is read again: its item, or all items of the case that are of the kind, and of a concordant case
/// whether there is more of what is drawn.
pub(super) fn asks(charter: &Charter, case: &Case, order: &Order, unit: &Drawn, now: i64) -> Vec<String> {
    if let Some(item) = &unit.item {
        return vec![item.clone()];
    }
    let mut ids: Vec<String> = items_of(charter, case, order, now).map(|item| item.id.clone()).collect();
    if order.of == Of::Concordant {
        let drawn = charter.labels.iter().filter(|label| label.kind.is_localised());
        ids.extend(drawn.map(|label| label.name.clone()));
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_errors_decides_only_where_it_does_wherever_they_are() {
        let strata = |all: &[(u64, u64)]| -> Vec<Stratum> {
            all.iter()
                .map(|(size, drawn)| Stratum { name: String::new(), size: *size, drawn: *drawn })
                .collect()
        };
        for (share, all, number) in [
            (0.05, &[(30, 20), (170, 20)][..], None),
            (0.05, &[(100, 20), (100, 20)], Some(2)),
            (0.05, &[(100, 20), (100, 20), (0, 0)], Some(2)),
            // So far apart that not one is allowed in either.
            (0.001, &[(30, 20), (170, 20)], Some(0)),
            (0.05, &[(30, 30), (170, 170)], Some(10)),
        ] {
            assert_eq!(by_number(share, &strata(all)), number, "{share} {all:?}");
        }
    }
}
