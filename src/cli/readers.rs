//! `readers`: how each reader does against the final answers, as a table, or whole as JSON.

use serde_json::json;

use super::args::{self, Cli};
use super::exit::{self, Outcome};
use super::project::moment_of;
use super::table::{Table, left, right};
use super::{Out, counted, open, say_within, word};
use crate::app::readers::trigger_words;
use crate::domain::origin::By;
use crate::domain::text::Safe;
use crate::domain::word::Word;
use crate::review::adjudicators::{Adjudicators, adjudicators as of_adjudicators};
use crate::review::agree::Measure;
use crate::review::readers::{Performance, Request, Trigger, UNAUDITED, readers as measure};

pub fn readers(cli: &Cli, out: &mut Out, wanted: &args::Readers) -> Outcome {
    let mut session = open(cli)?;
    let limit = wanted.limit.unwrap_or(usize::MAX);
    if wanted.adjudicators {
        let mut all = of_adjudicators(&mut session, wanted.label.as_deref(), &wanted.within.cases())?;
        all.adjudicators.truncate(limit);
        all.pairs.truncate(limit);
        return adjudicators(out, &all);
    }
    let since = moment_of(wanted.window.as_deref(), session.now())?;
    let by = wanted.by.as_deref().map(|by| word::<By>("dimension", by)).transpose()?;
    let within = wanted.within.cases();
    let request = Request { label: wanted.label.clone(), since, within: within.clone(), by };
    let mut all = measure(&mut session, &request)?;
    all.truncate(limit);
    if out.json {
        out.json(&json!(all))?;
        return out.done(exit::FINE);
    }
    let mut columns = vec![left("reader").whole(), left("label")];
    columns.extend(by.map(|by| left(by.word()).whole()));
    columns.extend([
        right("cases"),
        right("settled"),
        right("index"),
        right("adjudicated"),
        right("endorsed"),
        right("sensitivity"),
        right("specificity"),
        right("false per image"),
        right("κ to final"),
        right("Dice"),
        right("distance"),
        right("with self"),
        right("s a read"),
        left("calls for a look").wrapped(),
    ]);
    let mut table = Table::new(&columns);
    for of in &all {
        let mut row = vec![of.reader.clone(), of.label.clone()];
        row.extend(by.map(|by| of.within.wanted(by).unwrap_or_default().to_owned()));
        row.extend([
            of.n.to_string(),
            of.settled.to_string(),
            figure(&of.disagreement),
            of.adjudicated.to_string(),
            of.endorsement.map_or(String::new(), |share| format!("{share:.2}")),
            figure(&of.sensitivity),
            figure(&of.specificity),
            plain(&of.false_positives_per_image),
            figure(&of.kappa),
            plain(&of.geometry.median_dice),
            match plain(&of.geometry.median_distance) {
                none if none.is_empty() => none,
                distance => format!("{distance} {}", of.geometry.unit),
            },
            plain(&of.self_consistency),
            of.seconds_per_read.value.map_or(String::new(), |seconds| format!("{seconds:.0}")),
            words(of),
        ]);
        table.row(row);
    }
    out.table(&table)?;
    say_within(out, &within)?;
    for of in &all {
        for trigger in of.triggers.iter().filter(|trigger| !trigger.cases.is_empty()) {
            out.line(format!(
                "{} on {}{}: {}",
                Safe::new(&of.reader),
                Safe::new(&of.label),
                of.within.words().map_or(String::new(), |words| format!(", {words}")),
                trigger_words(trigger)
            ))?;
        }
    }
    let provisional: u64 = all.iter().map(|of| of.provisional).max().unwrap_or(0);
    if provisional > 0 {
        out.line("")?;
        out.line(format!(
            "{} of a reader still can be undone, and count once final",
            counted(provisional, "answer", "answers")
        ))?;
    }
    if all.iter().any(|of| of.open > 0) {
        out.line("")?;
        out.line("the index is of settled cases; what is open is neither for a reader nor against them")?;
    }
    match all.is_empty() {
        true => out.line(
            "no figure: no case has all the reads that the charter requires, or none lies in the window",
        )?,
        false => out.line("")?,
    }
    if !all.is_empty() {
        out.line("of rates only what was adjudicated counts; each with the interval that holds it at 95 % confidence")?;
        if all.iter().any(Performance::unaudited) {
            out.line(about(&all, by))?;
        }
        let mut ordered: Vec<&str> = all
            .iter()
            .filter(|of| of.kappa.value.is_some() && of.kappa_weights == "quadratic")
            .map(|of| of.label.as_str())
            .collect();
        ordered.dedup();
        if !ordered.is_empty() {
            let names = ordered.iter().map(|name| Safe::new(name).to_string()).collect::<Vec<_>>().join(", ");
            out.line(format!("κ is Cohen κ, and κ quadratic on ordered levels: {names}"))?;
        }
    }
    out.done(exit::FINE)
}

/// Says of which labels nothing was audited, where it isn't all of them.
fn about(all: &[Performance], by: Option<By>) -> String {
    let mut labels: Vec<&str> = all.iter().filter(|of| of.unaudited()).map(|of| of.label.as_str()).collect();
    labels.sort_unstable();
    labels.dedup();
    let every = all.iter().all(|of| of.unaudited() || !labels.contains(&of.label.as_str()));
    let names: Vec<String> = labels.iter().map(|name| Safe::new(name).to_string()).collect();
    match every && by.is_none() {
        true => format!("{}: {UNAUDITED}", names.join(", ")),
        false => format!("of some rows of {}: {UNAUDITED}", names.join(", ")),
    }
}

fn figure(of: &Measure) -> String {
    match (of.value, of.low, of.high) {
        (Some(value), Some(low), Some(high)) => {
            format!("{value:.2} [{low:.2}–{high:.2}]")
        }
        (Some(value), ..) => format!("{value:.2}"),
        _ => String::new(),
    }
}

/// A figure that stands without its interval.
fn plain(of: &Measure) -> String {
    of.value.map_or(String::new(), |value| format!("{value:.2}"))
}

fn words(of: &Performance) -> String {
    of.triggers.iter().map(in_words).collect::<Vec<_>>().join(", ")
}

fn in_words(of: &Trigger) -> String {
    let what = match (&of.cause, &of.since) {
        (Some(cause), _) => format!("{} {cause}", of.trigger),
        (None, Some(week)) => format!("{} since the week of {week}", of.trigger),
        _ => of.trigger.to_owned(),
    };
    // Only an act asks for something.
    if of.level == "act" { what } else { format!("{what} (a warning)") }
}

fn adjudicators(out: &mut Out, all: &Adjudicators) -> Outcome {
    if out.json {
        out.json(&json!(all))?;
        return out.done(exit::FINE);
    }
    let mut table = Table::new(&[
        left("adjudicator").whole(),
        left("label"),
        right("decided"),
        right("own looks"),
        right("changed by the reveal"),
        right("to the readers"),
        right("same again"),
        right("κ with self"),
        right("s a decision"),
    ]);
    for of in &all.adjudicators {
        table.row(vec![
            of.adjudicator.clone(),
            of.label.clone(),
            of.decided.to_string(),
            of.looks.to_string(),
            figure(&of.changed),
            figure(&of.to_the_readers),
            figure(&of.self_agreement),
            figure(&of.self_kappa),
            of.seconds.value.map_or(String::new(), |seconds| format!("{seconds:.0}")),
        ]);
    }
    out.table(&table)?;
    say_within(out, &all.within)?;
    let mut pairs = Table::new(&[
        left("two").whole(),
        left("label"),
        right("both decided"),
        right("same"),
        right("κ of two"),
    ]);
    for of in &all.pairs {
        pairs.row(vec![
            format!("{} · {}", of.a, of.b),
            of.label.clone(),
            of.n.to_string(),
            figure(&of.agreement),
            figure(&of.kappa),
        ]);
    }
    if !pairs.is_empty() {
        out.line("")?;
        out.table(&pairs)?;
    }
    let given = all.adjudicators.iter().map(|of| &of.self_kappa).chain(all.pairs.iter().map(|of| &of.kappa));
    if given.into_iter().any(|of| of.value.is_some()) {
        out.line("")?;
        out.line("κ is Cohen κ, and κ quadratic on ordered levels")?;
    }
    // A figure that stands nowhere is told once.
    let whys = all.whys();
    if !whys.is_empty() {
        out.line("")?;
    }
    for why in whys {
        out.line(format!("left empty: {why}"))?;
    }
    if all.pairs.is_empty() && !all.adjudicators.is_empty() {
        out.line("nobody is compared with anybody else: no item was decided by two in places of their own")?;
    }
    out.done(exit::FINE)
}
