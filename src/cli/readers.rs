//! `readers`: how each reader does against the final answers, as a table, or whole as JSON.

use serde_json::json;

use super::args::{self, Cli};
use super::exit::{self, Outcome};
use super::project::moment_of;
use super::table::{Table, left, right};
use super::{Out, counted, open};
use crate::review::agree::Measure;
use crate::review::readers::{Performance, Request, readers as measure};

pub fn readers(cli: &Cli, out: &mut Out, wanted: &args::Readers) -> Outcome {
    let mut session = open(cli)?;
    let since = moment_of(wanted.window.as_deref(), session.now())?;
    let all = measure(&mut session, &Request { label: wanted.label.clone(), since })?;
    if out.json {
        out.json(&json!(all))?;
        return out.done(exit::FINE);
    }
    let mut table = Table::new(&[
        left("reader").whole(),
        left("label"),
        right("cases"),
        right("index"),
        right("adjudicated"),
        right("endorsed"),
        right("sensitivity"),
        right("specificity"),
        right("κ"),
        left("calls for a look"),
    ]);
    for of in &all {
        table.row(vec![
            of.reader.clone(),
            of.label.clone(),
            of.n.to_string(),
            figure(&of.disagreement),
            of.adjudicated.to_string(),
            of.endorsement.map_or(String::new(), |share| format!("{share:.2}")),
            figure(&of.sensitivity),
            figure(&of.specificity),
            figure(&of.kappa),
            words(of),
        ]);
    }
    out.table(&table)?;
    let provisional: u64 = all.iter().map(|of| of.provisional).max().unwrap_or(0);
    if provisional > 0 {
        out.line("")?;
        out.line(format!(
            "{} of a reader still can be undone, and count once final",
            counted(provisional, "answer", "answers")
        ))?;
    }
    if !all.is_empty() {
        out.line("")?;
        out.line("of rates only what was adjudicated counts; each with the interval that holds it at 95 % confidence")?;
    }
    out.done(exit::FINE)
}

fn figure(of: &Measure) -> String {
    match (of.value, of.low, of.high) {
        (Some(value), Some(low), Some(high)) => {
            format!("{value:.2} [{:.2}–{:.2}]", low.max(-1.0), high.min(1.0))
        }
        (Some(value), ..) => format!("{value:.2}"),
        _ => String::new(),
    }
}

fn words(of: &Performance) -> String {
    let one = |trigger: &crate::review::readers::Trigger| match &trigger.cause {
        Some(cause) => format!("{} {cause}", trigger.trigger),
        None => trigger.trigger.to_owned(),
    };
    of.triggers.iter().map(one).collect::<Vec<_>>().join(", ")
}
