//! `sample`: draws of finished work for quality assurance, what waits to be read, and what came of it.

use serde_json::json;

use super::args::Cli;
use super::args::sample::{Draw, SampleAction};
use super::exit::{self, Failure, Outcome};
use super::table::{Table, left, right};
use super::{Out, counted, open, word};
use crate::domain::origin::Within;
use crate::domain::sample::{By, Design, Of, Sample, Unit};
use crate::domain::text::Safe;
use crate::domain::word::Word;
use crate::review::causes::reviews::how_to_plan;
use crate::review::sample::words::{self, percent};
use crate::review::sample::{self, Order, Outlook, SampleResult};

pub fn sample(cli: &Cli, out: &mut Out, action: &SampleAction) -> Outcome {
    match action {
        SampleAction::Draw(wanted) => draw(cli, out, wanted),
        SampleAction::List { limit } => list(cli, out, *limit),
        SampleAction::Result { id } => {
            let found = sample::result(&mut open(cli)?, id)?;
            told(out, &found)
        }
        SampleAction::Mine { limit } => mine(cli, out, *limit),
    }
}

/// At which size a sequential sample gives up where nothing else is said.
const MOST: u64 = 500;

fn draw(cli: &Cli, out: &mut Out, wanted: &Draw) -> Outcome {
    let mut session = open(cli)?;
    let order = order(wanted, session.charter().sampling.share)?;
    if wanted.dry_run {
        let found = sample::outlook(&mut session, &order)?;
        return match out.json {
            true => {
                out.json(&json!(found))?;
                out.done(exit::FINE)
            }
            false => outlook(out, &found, &order),
        };
    }
    let promised = sample::catch_up(&mut session)?;
    let share = promised.into_iter().find(|of| matches!(of.design, Design::Share { .. }));
    // The share of all that is due is what was asked for, unless it is of a part or for somebody.
    let of_all = order.of == Of::Concordant
        && order.by.is_empty()
        && order.label.is_none()
        && order.within == Within::default()
        && order.to.is_none()
        && order.unit.is_none();
    let drawn: Sample = match (share, &order.design) {
        (Some(share), Design::Share { .. }) if of_all => share,
        _ => sample::draw(&mut session, &order)?,
    };
    let found = sample::result(&mut session, &drawn.id)?;
    if let Some(words) = unit_words(&order, found.unit).filter(|_| !out.json) {
        out.line(words)?;
    }
    told(out, &found)
}

/// Says why the unit is the dispute where nobody said so.
fn unit_words(order: &Order, unit: Unit) -> Option<String> {
    let finer = sample::finer(&order.by);
    (order.unit.is_none() && unit == Unit::Dispute && !finer.is_empty()).then(|| {
        format!("the unit is the dispute and not the case: a case is of no one {}", finer.join(" or "))
    })
}

/// Makes an order of the arguments.
fn order(wanted: &Draw, share: f64) -> Result<Order, Failure> {
    // What belongs to another design would be taken for said and change nothing.
    for (given, applies, words) in [
        (wanted.level.is_some(), wanted.aql.is_some(), "--level is the level of inspection of --aql"),
        (wanted.accept.is_some(), wanted.lq.is_some(), "--accept is the number up to which --lq accepts"),
        (
            wanted.most.is_some(),
            wanted.sequential.is_some(),
            "--most is the size at which --sequential gives up",
        ),
    ] {
        if given && !applies {
            return Err(Failure::usage(format!("{words}, and says nothing of this sample")));
        }
    }
    let mut by: Vec<By> = Vec::new();
    for given in &wanted.by {
        let one = word("stratum", given)?;
        if !by.contains(&one) {
            by.push(one);
        }
    }
    let design = match wanted {
        Draw { size: Some(size), .. } => Design::Size { size: *size },
        Draw { aql: Some(aql), level, .. } => {
            Design::Aql { aql: *aql, level: level.clone().unwrap_or_else(|| "II".to_owned()) }
        }
        Draw { lq: Some(lq), accept, .. } => Design::Lq { lq: *lq, accept: accept.unwrap_or(0) },
        Draw { points: Some(points), .. } => match points.as_slice() {
            [good, alpha, bad, beta] => Design::Points { good: *good, alpha: *alpha, bad: *bad, beta: *beta },
            _ => return Err(Failure::usage("--points takes four numbers: GOOD,ALPHA,BAD,BETA".to_owned())),
        },
        Draw { sequential: Some(bound), most, .. } => {
            Design::Sequential { bound: *bound, most: most.unwrap_or(MOST) }
        }
        _ => Design::Share { share },
    };
    let seeded = !matches!(design, Design::Share { .. });
    match (seeded, wanted.seed) {
        (true, None) => {
            return Err(Failure::usage(
                "a sample needs a seed, so that anybody can draw it again: say one with --seed".to_owned(),
            ));
        }
        (false, Some(_)) => {
            return Err(Failure::usage(
                "the charter's share is drawn by a seed that nobody sees: with --seed, say --size, --aql, --lq, \
                 --points or --sequential too"
                    .to_owned(),
            ));
        }
        _ => {}
    }
    let unit = wanted.unit.as_deref().map(|given| word("unit", given)).transpose()?;
    Ok(Order {
        of: word::<Of>("kind of work", &wanted.of)?,
        unit,
        design,
        by,
        in_proportion: wanted.in_proportion,
        label: wanted.label.clone(),
        within: wanted.within.cases(),
        seed: wanted.seed,
        to: wanted.to.clone(),
    })
}

fn list(cli: &Cli, out: &mut Out, limit: Option<usize>) -> Outcome {
    let mut session = open(cli)?;
    sample::catch_up(&mut session)?;
    let mut all = sample::list(&mut session)?;
    all.truncate(limit.unwrap_or(usize::MAX));
    if out.json {
        out.json(&json!(all))?;
        return out.done(exit::FINE);
    }
    let mut table = Table::new(&[
        left("sample").whole(),
        left("of"),
        left("drawn by").wrapped(),
        right("lot"),
        right("size"),
        right("read"),
        right("wrong"),
        right("rate"),
        right("under, at 95 %"),
        left("result").wrapped(),
    ]);
    for of in &all {
        table.row(vec![
            of.id.clone(),
            format!("{} {}s", of.of.word(), of.unit.word()),
            words::design_words(&of.design),
            of.lot.to_string(),
            of.size.to_string(),
            of.read.to_string(),
            of.found.to_string(),
            of.rate.map_or(String::new(), percent),
            of.upper95.map_or(String::new(), percent),
            verdict(of),
        ]);
    }
    out.table(&table)?;
    for of in all.iter().filter(|of| of.overdue) {
        let to = Safe::new(of.to.as_deref().unwrap_or("the expert"));
        out.line(format!("{} is overdue: {} of {} wait for {to}", of.id, of.pending, of.size))?;
    }
    if all.is_empty() {
        out.line("no sample was drawn yet: `overread sample draw --size 59 --seed 7`")?;
    }
    out.done(exit::FINE)
}

fn mine(cli: &Cli, out: &mut Out, limit: Option<usize>) -> Outcome {
    let mut all = sample::mine(&mut open(cli)?)?;
    all.truncate(limit.unwrap_or(usize::MAX));
    if out.json {
        all.iter().try_for_each(|of| out.json(&json!(of)))?;
        return out.done(exit::FINE);
    }
    let mut table = Table::new(&[left("sample"), left("case").by_its_end(), left("dispute"), left("label")]);
    for of in &all {
        table.row(vec![of.sample.clone(), of.case.clone(), of.dispute.clone(), of.label.clone()]);
    }
    out.table(&table)?;
    match all.is_empty() {
        true => out.line("nothing waits for your own read")?,
        false => out.line(format!(
            "{} for your own read: answer with `overread decide`, by value, geometry, none or exclude",
            counted(all.len() as u64, "item waits", "items wait")
        ))?,
    }
    out.done(exit::FINE)
}

/// Tells of one sample whole.
fn told(out: &mut Out, found: &SampleResult) -> Outcome {
    if out.json {
        out.json(&json!(found))?;
        return out.done(exit::FINE);
    }
    let unit = found.unit.word();
    out.line(format!(
        "{}: {} of {} {}{}, {}, drawn by {} on {}",
        found.id,
        found.size,
        counted(found.lot, unit, &format!("{unit}s")),
        found.of.word(),
        found.within.words().map_or(String::new(), |words| format!(" of {words}")),
        words::design_words(&found.design),
        words::drawn_by(found),
        found.at
    ))?;
    out.line(words::rule_words(found.rule))?;
    let of_strata = found.strata.len() > 1;
    if of_strata {
        let mut table = Table::new(&[
            left("stratum").whole(),
            right("lot"),
            right("drawn"),
            right("read"),
            right("wrong"),
            right("each stands for"),
        ]);
        for of in &found.strata {
            table.row(vec![
                of.name.clone(),
                of.size.to_string(),
                of.drawn.to_string(),
                of.read.map_or(String::new(), |read| read.to_string()),
                of.wrong.map_or(String::new(), |wrong| wrong.to_string()),
                of.weight.map_or(String::new(), |weight| format!("{weight:.2}")),
            ]);
        }
        out.line("")?;
        out.table(&table)?;
    }
    if let Some(words) = words::abnormal(&found.abnormal) {
        out.line(words)?;
    }
    out.line("")?;
    out.line(words::finding(found))?;
    if found.withdrawn > 0 {
        out.line(format!("{} opened again before anybody could tell, and don't count", found.withdrawn))?;
    }
    out.line(verdict(found))?;
    if let Some(review) = &found.review {
        out.line(review.words())?;
    }
    if !found.wrong_cases.is_empty() {
        let cases: Vec<String> = found.wrong_cases.iter().map(|case| Safe::new(case).to_string()).collect();
        out.line(format!("wrong: {}", cases.join(", ")))?;
    }
    out.done(exit::FINE)
}

fn outlook(out: &mut Out, found: &Outlook, order: &Order) -> Outcome {
    let unit = found.unit.word();
    let whole =
        if found.size == found.lot { ", the whole lot: its share of errors is known then" } else { "" };
    let part = order.within.words().map_or(String::new(), |words| format!(" of {words}"));
    let of = counted(found.lot, unit, &format!("{unit}s"));
    out.line(format!("would draw {} of {of}{part}{whole}", found.size))?;
    if let Some(words) = unit_words(order, found.unit) {
        out.line(words)?;
    }
    if found.strata.len() > 1 {
        let mut table = Table::new(&[left("stratum").whole(), right("lot"), right("drawn")]);
        for of in &found.strata {
            table.row(vec![of.name.clone(), of.size.to_string(), of.drawn.to_string()]);
        }
        out.line("")?;
        out.table(&table)?;
    }
    for words in [words::abnormal(&found.abnormal), words::too_few(&found.strata)].into_iter().flatten() {
        out.line(words)?;
    }
    let bound = if whole.is_empty() { "under, at 95 %" } else { "of the lot" };
    let mut table = Table::new(&[right("if so many are wrong"), right(bound), left("")]);
    for (wrong, bound) in found.bounds.iter().enumerate() {
        let accepted =
            found.accept.map_or("", |accept| if wrong as u64 <= accept { "accepted" } else { "rejected" });
        table.row(vec![wrong.to_string(), percent(*bound), accepted.into()]);
    }
    out.line("")?;
    out.table(&table)?;
    out.line(words::judged(found))?;
    let mut table = Table::new(&[right("a lot with so much wrong"), right("is accepted")]);
    for (share, chance) in &found.characteristic {
        table.row(vec![percent(*share), percent(*chance)]);
    }
    if !table.is_empty() {
        out.line("")?;
        out.table(&table)?;
    }
    out.done(exit::FINE)
}

/// Says what a sample came to, and what a lead can do about it.
fn verdict(found: &SampleResult) -> String {
    let words = words::verdict(found, true);
    let taken = found.review.as_ref().is_none_or(|review| review.action.is_some());
    match (found.held, taken) {
        (true, true) => format!("{words}, `overread sign {} --meaning …`", found.id),
        (true, false) => {
            format!("{words}, who needs to know what is done about it: {}", how_to_plan(&found.id))
        }
        (false, _) => words,
    }
}
