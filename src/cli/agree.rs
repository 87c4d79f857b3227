//! `agree`: agreement between readers as a table, or whole as JSON.

use serde_json::json;

use super::args::{self, Cli};
use super::exit::{self, Outcome};
use super::table::{Table, left, right};
use super::{Out, counted, open, say_within, word};
use crate::domain::origin::By;
use crate::domain::text::Safe;
use crate::domain::word::Word;
use crate::review::agree::names::{name_of, reasons};
use crate::review::agree::{Agreement, Measure, Measures, Request, agree as measure};
use crate::review::readings::Wanted;

/// What the table shows of a label, where it has it.
const SHOWN: [&str; 11] = [
    "percent_agreement",
    "fleiss_kappa",
    "brennan_prediger",
    "krippendorff_alpha_nominal",
    "krippendorff_alpha_ordinal",
    "krippendorff_alpha_interval",
    "gwet_ac1",
    "agreement_positive",
    "agreement_negative",
    "free_response_kappa",
    "icc_2_1",
];

/// Said where a figure stands alone.
const NO_INTERVAL: &str = "a figure stands without its interval where too few items were read, or all came out alike: that says nothing of the spread";

pub fn agree(cli: &Cli, out: &mut Out, wanted: &args::Agree) -> Outcome {
    let by = wanted.by.as_deref().map(|by| word::<By>("dimension", by)).transpose()?;
    let request = Request {
        wanted: Wanted {
            label: wanted.label.clone(),
            exclude_ambiguous: wanted.exclude_ambiguous,
            within: wanted.within.cases(),
            ..Wanted::default()
        },
        by,
        bootstrap: wanted.bootstrap.zip(wanted.seed).map(|(n, seed)| (n as usize, seed)),
    };
    let mut all = measure(&mut open(cli)?, &request)?;
    let found = all.len();
    all.truncate(wanted.limit.unwrap_or(usize::MAX));
    if out.json {
        out.json(&json!(all))?;
        return out.done(exit::FINE);
    }
    if found > 0 && all.is_empty() {
        let labels = counted(found as u64, "label has", "labels have");
        out.line(format!("no label is shown, as --limit 0 asks: {labels} figures"))?;
        return out.done(exit::FINE);
    }
    if all.is_empty() {
        out.line("no figure: no read states any label, and the charter declares none")?;
        return out.done(exit::FINE);
    }
    let shown: Vec<&str> = SHOWN
        .into_iter()
        .filter(|name| all.iter().any(|of| of.measures.get(name).is_some_and(|m| m.value.is_some())))
        .collect();
    let mut columns = vec![left("label").whole()];
    columns.extend(by.map(|by| left(by.word()).whole()));
    columns.extend([right("items"), right("readers"), right("prevalence")]);
    columns.extend(shown.iter().map(|name| right(name_of(name))));
    let mut table = Table::new(&columns);
    for agreement in &all {
        let mut row = vec![agreement.label.clone()];
        row.extend(by.map(|by| agreement.within.wanted(by).unwrap_or_default().to_owned()));
        row.extend([agreement.n_items.to_string(), agreement.n_readers.to_string(), commonest(agreement)]);
        row.extend(shown.iter().map(|name| figure(&agreement.measures, name)));
        table.row(row);
    }
    out.table(&table)?;
    say_within(out, &request.wanted.within)?;
    if all.iter().any(|agreement| agreement.n_items > 0) {
        out.line("")?;
        out.line("each with the interval that holds it at 95 % confidence; κ and α fall where one level prevails, so read them beside the rest")?;
        // Specific agreement has no formula of its error: draws alone give it an interval.
        let without = |of: &&Measure| of.value.is_some() && of.low.is_none() && (of.se.is_some() || of.n < 2);
        if all.iter().any(|of| shown.iter().filter_map(|name| of.measures.get(name)).any(|of| without(&of))) {
            out.line(NO_INTERVAL)?;
        }
    }
    if wanted.bootstrap.is_some() {
        for agreement in all.iter().filter(|agreement| agreement.n_items > 0) {
            out.line(format!("{}: intervals from draws by {}", named(&[agreement], &all), agreement.groups))?;
        }
    }
    for (words, of) in missing(&all) {
        out.line(format!("{}: {words}", named(&of, &all)))?;
    }
    out.done(exit::FINE)
}

/// What was left out and which figures aren't given, in words, each with what it is said of: a figure that isn't given
/// says why, also where its column is left out since no label has it.
fn missing<'a>(all: &'a [Agreement]) -> Vec<(String, Vec<&'a Agreement>)> {
    let mut said: Vec<(String, Vec<&'a Agreement>)> = Vec::new();
    let mut say = |words: String, of: &'a Agreement| {
        // What holds for one batch or site often holds for the others.
        let same = |(known, known_of): &&mut (String, Vec<&Agreement>)| {
            *known == words && known_of.iter().all(|known| known.label == of.label)
        };
        match said.iter_mut().find(same) {
            Some((_, known)) => known.push(of),
            None => said.push((words, vec![of])),
        }
    };
    for agreement in all {
        for (value, n) in &agreement.undeclared {
            let answers = counted(*n, &format!("answer {value} lies"), &format!("answers {value} lie"));
            say(format!("{answers} outside the declared levels: left out"), agreement);
        }
        // A figure that isn't given says why, also where its column is left out since no label has it.
        for why in reasons(agreement, &SHOWN) {
            say(why, agreement);
        }
    }
    said
}

/// Names a label, and where it is not of all its lines, of which cases.
fn named(of: &[&Agreement], all: &[Agreement]) -> String {
    let Some(first) = of.first() else { return String::new() };
    let lines = all.iter().filter(|one| one.label == first.label).count();
    let mut words = vec![Safe::new(&first.label).to_string()];
    if of.len() < lines {
        words.extend(of.iter().filter_map(|one| one.within.words()));
    }
    words.join(", ")
}

/// The level that most reads name, and its share.
fn commonest(agreement: &Agreement) -> String {
    let most = agreement.prevalence.iter().max_by(|a, b| a.1.total_cmp(b.1));
    most.map_or(String::new(), |(level, share)| format!("{level} {:.0} %", share * 100.0))
}

fn figure(measures: &Measures, name: &str) -> String {
    match measures.get(name) {
        None => String::new(),
        Some(Measure { value: None, .. }) => "undefined".into(),
        Some(Measure { value: Some(value), low: Some(low), high: Some(high), .. }) => {
            // No coefficient is above 1, even where so few items were read that the formula goes beyond.
            format!("{value:.2} [{:.2}–{:.2}]", low.max(-1.0), high.min(1.0))
        }
        Some(Measure { value: Some(value), .. }) => format!("{value:.2}"),
    }
}
