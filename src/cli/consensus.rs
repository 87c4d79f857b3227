//! `consensus`: one answer for every item as a table, or whole as JSON.

use serde_json::json;

use super::args::{self, Cli};
use super::exit::{self, Failure, Outcome};
use super::table::{Table, left, right};
use super::{Out, counted, open, say_within, word};
use crate::domain::value::Value;
use crate::review::consensus::{Judged, Method, Request, consensus as find};

pub fn consensus(cli: &Cli, out: &mut Out, wanted: &args::Consensus) -> Outcome {
    let method = word::<Method>("method", &wanted.method)?;
    let request = Request {
        label: wanted.label.clone(),
        method,
        iterations: wanted.iterations.map(|iterations| iterations as usize),
        within: wanted.within.cases(),
    };
    if request.iterations.is_some() && matches!(method, Method::Majority | Method::Weighted) {
        return Err(Failure::usage("a vote takes no steps: --iterations is for dawid-skene, glad and mace"));
    }
    let mut found = find(&mut open(cli)?, &request)?;
    found.items.truncate(wanted.limit.unwrap_or(usize::MAX));
    if out.json {
        out.json(&json!(found))?;
        return out.done(exit::FINE);
    }
    let mut items =
        Table::new(&[left("case").whole(), left("item"), left("value"), right("sure"), right("votes")]);
    for item in &found.items {
        let sure = item.posterior.values().copied().fold(0.0, f64::max);
        items.row(vec![
            item.case.clone(),
            item.item.clone(),
            item.value.as_ref().map_or_else(|| "undecided".into(), Value::to_string),
            if item.votes > 0 { format!("{:.1} %", sure * 100.0) } else { String::new() },
            item.votes.to_string(),
        ]);
    }
    out.table(&items)?;
    say_within(out, &found.within)?;
    out.line("")?;
    let mut readers = Table::new(&[
        left("reader").whole(),
        right("votes"),
        right("right, mean of the levels"),
        right(measure(method)),
    ]);
    for reader in &found.readers {
        let own = reader.weight.or(reader.ability).or(reader.competence);
        readers.row(vec![
            reader.reader.clone(),
            reader.votes.to_string(),
            right_share(reader).map_or(String::new(), |share| format!("{:.1} %", share * 100.0)),
            own.map_or(String::new(), |own| format!("{own:.3}")),
        ]);
    }
    out.table(&readers)?;
    out.line("")?;
    let steps = counted(found.iterations.unwrap_or_default() as u64, "step", "steps");
    out.line(match (found.vote_rule, found.converged, request.iterations) {
        (Some(rule), ..) => format!("{rule}; a tie is undecided"),
        (_, Some(true), _) => format!("stands still after {steps}"),
        (_, _, Some(_)) => format!("still changes after {steps}: more --iterations would give another answer"),
        _ => format!(
            "still changes after {steps}, the most that are taken unasked: a larger --iterations may give another answer"
        ),
    })?;
    for (value, n) in &found.undeclared {
        out.line(format!("{n} answers {value} lie outside the declared levels and are left out"))?;
    }
    for note in &found.notes {
        out.line(format!("note: {note}"))?;
    }
    out.line("right: by this method's own shares, which hold the reader's own votes; it is no rate against the truth")?;
    out.line("a proposal by this method, no decision")?;
    out.done(exit::FINE)
}

fn measure(method: Method) -> &'static str {
    match method {
        Method::Weighted => "weight",
        Method::Glad => "ability",
        Method::Mace => "competence",
        _ => "",
    }
}

/// The mean of how likely the reader says each level where it is true, over the levels that the reader met.
fn right_share(reader: &Judged) -> Option<f64> {
    let rows = reader.confusion.iter().enumerate().filter(|(_, row)| row.iter().any(|share| *share > 0.0));
    let (sum, n) = rows
        .fold((0.0, 0u32), |(sum, n), (level, row)| (sum + row.get(level).copied().unwrap_or(0.0), n + 1));
    (n > 0).then(|| sum / f64::from(n))
}
