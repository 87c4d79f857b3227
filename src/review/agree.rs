//! Agreement between readers, label by label: measures side by side, since none of them alone can be trusted, with how
//! much each was computed of. Which measures a label has follows from its levels; the measures themselves are in `stats`.

pub(super) mod figures;
pub mod names;
pub mod trend;

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::Serialize;

use self::figures::{
    Figure, Meeting, concordance, ends, many_numbers, meetings, named, near, numbers_alone, overlaps,
    pairs_of_numbers, shared_numbers,
};
use super::readings::{Readings, Wanted, collect, collect_by, levels};
use super::{Result, Session};
use crate::domain::charter::LabelKind;
use crate::domain::origin::{By, Within};
use crate::domain::value::Value;
use crate::stats::agreement::reads::{Grouped, NONE};
use crate::stats::agreement::{
    Patterns, Reads, Scale, Table, Undefined, Weights, brennan_prediger, chance, cohen_kappa, conger_kappa,
    fleiss_kappa, gwet_ac, krippendorff_alpha, pair, percent_agreement,
};
use crate::stats::intervals::bootstrap::clustered;

/// Of every interval, both sides together.
const CONFIDENCE: f64 = 0.95;

/// Different numbers of a label without levels on which α is computed; beyond them it takes too long.
const MOST_NUMBERS: usize = 2_000;

/// What is to be computed beside the formulas.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub wanted: Wanted,
    /// Replicates and seed; intervals follow from them in place of the formulas.
    pub bootstrap: Option<(usize, u64)>,
    /// Apart for each batch or site.
    pub by: Option<By>,
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measure {
    /// None where it is undefined: `why` says the reason.
    pub value: Option<f64>,
    pub se: Option<f64>,
    /// None where the error is 0, since all items came out alike.
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// Items, or pairs of shapes, that it was computed of.
    pub n: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

pub type Measures = BTreeMap<&'static str, Measure>;

/// Agreement of two readers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pair {
    pub a: String,
    pub b: String,
    /// Items that both read.
    pub n: u64,
    pub measures: Measures,
}

/// Agreement on one label.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Agreement {
    pub label: String,
    /// Of which cases.
    #[serde(flatten)]
    pub within: Within,
    pub scale: &'static str,
    pub levels: Vec<Value>,
    pub n_items: u64,
    /// People; models are in the pairs alone.
    pub n_readers: u64,
    /// The share of each level over all reads by people.
    pub prevalence: BTreeMap<String, f64>,
    pub measures: Measures,
    pub pairs: Vec<Pair>,
    /// Answers outside the declared levels, which are left out, and how often each was given.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub undeclared: BTreeMap<String, u64>,
    /// Answers that say the image can't be graded, which are left out.
    pub ungradable: u64,
    /// What was drawn again in a bootstrap.
    pub groups: &'static str,
}

/// Gives the agreement on each label; apart for each batch or site, those of one label follow each other.
///
/// # Errors
/// As [`collect`].
pub fn agree(session: &mut Session, request: &Request) -> Result<Vec<Agreement>> {
    let all = match request.by {
        None => collect(session, &request.wanted)?,
        Some(by) => collect_by(session, &request.wanted, by)?,
    };
    Ok(all.par_iter().map(|readings| of_label(readings, request.bootstrap)).collect())
}

/// How the levels of a label are compared.
struct Ground {
    names: Vec<Value>,
    /// The levels stand in an order.
    ordered: bool,
    /// Their numbers, where all are numbers.
    numbers: Option<Vec<f64>>,
    /// Numbers, or ranks from 1: what weights are made of.
    steps: Vec<f64>,
    /// What counts as the same answer: the same level, or of a continuous label numbers within the tolerance.
    same: Weights,
    /// The numbers are measured and not chosen from: a measure of levels says nothing of them.
    continuous: bool,
}

impl Ground {
    fn of(readings: &Readings) -> Ground {
        let mut names = levels(&readings.label);
        if names.is_empty() {
            names = readings.answers.iter().map(|answer| answer.value.clone()).collect();
            names.sort();
            names.dedup();
        }
        let numbers: Option<Vec<f64>> = names.iter().map(Value::number).collect();
        let kind = readings.label.kind;
        let steps = numbers.clone().unwrap_or_else(|| (1..=names.len()).map(|rank| rank as f64).collect());
        let continuous = kind == LabelKind::Continuous;
        let ordered = numbers.is_some() || kind == LabelKind::Ordinal;
        let same = match continuous {
            _ if names.len() > MOST_NUMBERS => Weights::identity(0),
            true => Weights::within(&steps, |a, b| near(&readings.label, a, b)),
            false => Weights::identity(names.len()),
        };
        let numbers = numbers.filter(|numbers| !numbers.is_empty());
        Ground { names, ordered, numbers, steps, same, continuous }
    }
}

fn scale_word(readings: &Readings, ground: &Ground) -> &'static str {
    match readings.label.kind {
        LabelKind::Continuous => "interval",
        LabelKind::Ordinal => "ordinal",
        _ if readings.label.kind.is_localised() => "object",
        _ if ground.names.len() == 2 => "binary",
        _ => "nominal",
    }
}

/// The answers as a matrix of level numbers, people's columns first.
fn matrix(readings: &Readings, ground: &Ground) -> Vec<u16> {
    let width = readings.readers.len();
    let mut codes = vec![NONE; readings.items.len() * width];
    // Numbers without levels are many: they are looked up in their order.
    let sorted = ground.names.is_sorted();
    for answer in &readings.answers {
        let level = match sorted {
            true => ground.names.binary_search(&answer.value).ok(),
            false => ground.names.iter().position(|known| *known == answer.value),
        };
        let place = answer.item as usize * width + answer.reader as usize;
        if let (Some(code), Some(level)) = (codes.get_mut(place), level.and_then(|n| u16::try_from(n).ok())) {
            *code = level;
        }
    }
    codes
}

/// Gives the agreement on one label.
pub(super) fn of_label(readings: &Readings, bootstrap: Option<(usize, u64)>) -> Agreement {
    let ground = Ground::of(readings);
    let width = readings.readers.len();
    let people = readings.people();
    let of_all = |reads: &Patterns| measures(reads, &ground);
    let mut agreement = Agreement {
        label: readings.label.name.clone(),
        within: readings.within.clone(),
        scale: scale_word(readings, &ground),
        levels: if levels(&readings.label).is_empty() { Vec::new() } else { ground.names.clone() },
        n_items: readings.items.len() as u64,
        n_readers: people as u64,
        prevalence: BTreeMap::new(),
        measures: Measures::new(),
        pairs: Vec::new(),
        undeclared: readings.undeclared.clone(),
        ungradable: readings.ungradable,
        groups: readings.groups().0,
    };
    let codes = matrix(readings, &ground);
    let many = ground.names.len() > MOST_NUMBERS;
    let reads = Reads::new(&codes, width.max(1), ground.names.len());
    let Ok(reads) = reads.map_err(|_| ()).and_then(|reads| if many { Err(()) } else { Ok(reads) }) else {
        agreement.measures = numbers_alone(readings, people);
        agreement.measures.extend(many_numbers(readings, |reader| reader < people));
        agreement.pairs = pairs_of_numbers(readings);
        return agreement;
    };
    let (patterns, of_items) = reads.patterns_of_items();
    let of_people = patterns.of_readers(&(0..people).collect::<Vec<_>>());
    // Of measured numbers each is rare.
    agreement.prevalence = match ground.continuous {
        true => BTreeMap::new(),
        false => ground.names.iter().map(Value::to_string).zip(chance::prevalence(&of_people)).collect(),
    };
    let figures = of_all(&of_people);
    let intervals = bootstrap.map(|(replicates, seed)| {
        let (_, groups) = readings.groups();
        let grouped = Grouped::new(&of_people, &of_items, &groups);
        let names: Vec<&str> = figures.iter().map(|(name, _)| *name).collect();
        let drawn = clustered(grouped.len(), replicates, seed, CONFIDENCE, |times| {
            let figures = of_all(&grouped.draw(times));
            names
                .iter()
                .map(|name| {
                    let found = figures.iter().find(|(known, _)| known == name);
                    found.and_then(|(_, figure)| figure.as_ref().ok().map(|(value, ..)| *value))
                })
                .collect()
        });
        names.into_iter().map(str::to_owned).zip(drawn).collect::<BTreeMap<_, _>>()
    });
    for (name, figure) in figures {
        let mut measure = named(name, figure);
        if let Some(drawn) = intervals.as_ref().and_then(|all| all.get(name)).copied().flatten() {
            // Draws that all gave the same say nothing of the spread.
            let ends = ends(measure.value.unwrap_or_default(), drawn.se).map(|_| drawn.interval);
            measure.se = Some(drawn.se);
            (measure.low, measure.high) = (ends.map(|ends| ends.low), ends.map(|ends| ends.high));
        }
        agreement.measures.insert(name, measure);
    }
    let shared = shared_numbers(readings);
    let met = if readings.label.kind.is_localised() { meetings(readings) } else { Vec::new() };
    agreement.pairs = shared
        .par_iter()
        .filter_map(|((a, b), numbers)| of_pair(readings, &patterns, &ground, (*a, *b), numbers, &met))
        .collect();
    if ground.numbers.is_some() || ground.continuous {
        agreement.measures.extend(numbers_alone(readings, people));
    }
    if readings.label.kind.is_localised() {
        let of_people = met.iter().filter(|one| one.readers.0.max(one.readers.1) < people);
        agreement.measures.extend(overlaps(readings.label.kind, of_people));
    }
    agreement
}

/// Gives every measure of any number of readers that the levels allow.
fn measures(reads: &Patterns, ground: &Ground) -> Vec<(&'static str, Figure)> {
    let (levels, same) = (ground.names.len(), &ground.same);
    let of = |measured: chance::Measured| measured.map(|found| (found.value, found.se, found.paired));
    let alpha =
        |scale: Scale<'_>| krippendorff_alpha(reads, scale).map(|found| (found.value, found.se, found.items));
    if ground.continuous {
        let numbers = ground.numbers.as_deref().unwrap_or_default();
        return vec![
            ("percent_agreement", of(percent_agreement(reads, same))),
            ("krippendorff_alpha_interval", alpha(Scale::Interval(numbers))),
            ("krippendorff_alpha_ratio", alpha(Scale::Ratio(numbers))),
        ];
    }
    let paired = percent_agreement(reads, same).map_or(0.0, |found| found.paired);
    let specific = |level: u16| match levels {
        2 => chance::specific_agreement(reads, level).map(|value| (value, None, paired)),
        _ => Err(Undefined::NotBinary),
    };
    let mut all = vec![
        ("percent_agreement", of(percent_agreement(reads, same))),
        ("brennan_prediger", of(brennan_prediger(reads, same))),
        ("fleiss_kappa", of(fleiss_kappa(reads, same))),
        ("conger_kappa", of(conger_kappa(reads, same))),
        ("gwet_ac1", of(gwet_ac(reads, same))),
        ("krippendorff_alpha_nominal", alpha(Scale::Nominal)),
        ("agreement_positive", specific(1)),
        ("agreement_negative", specific(0)),
    ];
    if ground.ordered {
        all.extend([
            ("gwet_ac2_linear", of(gwet_ac(reads, &Weights::linear(&ground.steps)))),
            ("gwet_ac2_quadratic", of(gwet_ac(reads, &Weights::quadratic(&ground.steps)))),
            ("gwet_ac2_ordinal", of(gwet_ac(reads, &Weights::ordinal(levels)))),
            ("krippendorff_alpha_ordinal", alpha(Scale::Ordinal)),
        ]);
    }
    if let Some(numbers) = &ground.numbers {
        all.extend([
            ("krippendorff_alpha_interval", alpha(Scale::Interval(numbers))),
            ("krippendorff_alpha_ratio", alpha(Scale::Ratio(numbers))),
        ]);
    }
    all
}

/// Gives the measures of two readers; none where they share no item.
fn of_pair(
    readings: &Readings,
    patterns: &Patterns,
    ground: &Ground,
    (a, b): (usize, usize),
    numbers: &[[f64; 2]],
    met: &[Meeting],
) -> Option<Pair> {
    let table = Table::of(patterns, a, b);
    let n = table.items();
    if n == 0.0 {
        return None;
    }
    let levels = ground.names.len();
    let of = |weights: &Weights| cohen_kappa(&table, weights).map(|found| (found.value, Some(found.se), n));
    let plain = |value: std::result::Result<f64, Undefined>| value.map(|value| (value, None, n));
    let two = patterns.of_readers(&[a, b]);
    let same = percent_agreement(&two, &ground.same).map(|found| (found.value, found.se, n));
    let name = |reader: usize| Some(readings.readers.get(reader)?.name.clone());
    if ground.continuous {
        let mut measures = concordance(numbers);
        measures.insert("percent_agreement", named("percent_agreement", same));
        return Some(Pair { a: name(a)?, b: name(b)?, n: n as u64, measures });
    }
    let mut figures: Vec<(&'static str, Figure)> = vec![
        ("percent_agreement", same),
        ("cohen_kappa", of(&Weights::identity(levels))),
        ("pabak", plain(pair::pabak(&table))),
        ("gwet_ac1", gwet_ac(&two, &Weights::identity(levels)).map(|found| (found.value, found.se, n))),
        (
            "krippendorff_alpha_nominal",
            krippendorff_alpha(&two, Scale::Nominal).map(|found| (found.value, found.se, n)),
        ),
        ("prevalence_index", plain(pair::prevalence_index(&table))),
        ("bias_index", plain(pair::bias_index(&table))),
    ];
    for (name, level) in [("agreement_positive", 1), ("agreement_negative", 0)] {
        let specific = match levels {
            2 => pair::specific_agreement(&table, level),
            _ => Err(Undefined::NotBinary),
        };
        figures.push((name, plain(specific)));
    }
    if ground.ordered {
        figures.push(("cohen_kappa_linear", of(&Weights::linear(&ground.steps))));
        figures.push(("cohen_kappa_quadratic", of(&Weights::quadratic(&ground.steps))));
    }
    let mut measures: Measures =
        figures.into_iter().map(|(name, figure)| (name, named(name, figure))).collect();
    if ground.numbers.is_some() {
        measures.extend(concordance(numbers));
    }
    if readings.label.kind.is_localised() {
        let of_both = met.iter().filter(|one| one.readers == (a, b));
        measures.extend(overlaps(readings.label.kind, of_both));
    }
    Some(Pair { a: name(a)?, b: name(b)?, n: n as u64, measures })
}
