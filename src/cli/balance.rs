//! `balance`: how often each level occurs, which are rare and what to settle next for them, as tables or whole as JSON.

use serde_json::json;

use super::args::{self, Cli};
use super::exit::{self, Outcome};
use super::table::{Table, left, right};
use super::{Out, open, say_within};
use crate::review::balance::{Class, RARE_ITEMS, RARE_SHARE, balance as measure};

pub fn balance(cli: &Cli, out: &mut Out, wanted: &args::Balance) -> Outcome {
    let mut all = measure(&mut open(cli)?, wanted.label.clone(), wanted.within.cases())?;
    all.truncate(wanted.limit.unwrap_or(usize::MAX));
    if out.json {
        out.json(&json!(all))?;
        return out.done(exit::FINE);
    }
    let mut table = Table::new(&[
        left("label").whole(),
        left("level"),
        right("reads"),
        right("settled"),
        right("prevalence"),
        left("rare"),
        right("waiting"),
        right("width of a sensitivity of 0.9, now · ×2 · ×4"),
    ]);
    for of in &all {
        for class in &of.classes {
            table.row(vec![
                of.label.clone(),
                class.level.to_string(),
                class.read_share.map_or(String::new(), |share| format!("{:.1} %", share * 100.0)),
                class.settled.to_string(),
                prevalence(class),
                if class.rare { "rare".into() } else { String::new() },
                class.waiting.to_string(),
                if class.rare { widths(class) } else { String::new() },
            ]);
        }
    }
    out.table(&table)?;
    say_within(out, &wanted.within.cases())?;
    let mut next = Table::new(&[
        left("label").whole(),
        left("settle next").by_its_end(),
        left("item"),
        left("level"),
        right("say so"),
    ]);
    for (of, case) in all.iter().flat_map(|of| of.next.iter().map(move |case| (of, case))) {
        next.row(vec![
            of.label.clone(),
            case.case.to_string(),
            case.item.clone(),
            case.level.to_string(),
            format!("{:.0} %", case.share * 100.0),
        ]);
    }
    if !next.is_empty() {
        out.line("")?;
        out.table(&next)?;
    }
    if !table.is_empty() {
        out.line("")?;
        out.line(format!(
            "rare: fewer than {:.0} % of the final answers, or fewer than {RARE_ITEMS} of them; intervals at 95 % confidence",
            RARE_SHARE * 100.0
        ))?;
    }
    for of in &all {
        if let Some(why) = &of.why {
            out.line(format!("{}: no balance, since {why}", of.label))?;
        }
        if of.unclassed > 0 {
            out.line(format!(
                "{}: {} {} ambiguous or can't be graded, and of no level",
                of.label,
                of.unclassed,
                if of.unclassed == 1 { "is" } else { "are" }
            ))?;
        }
    }
    out.done(exit::FINE)
}

fn prevalence(class: &Class) -> String {
    match (class.prevalence.value, class.prevalence.low, class.prevalence.high) {
        (Some(share), Some(low), Some(high)) => {
            format!("{:.1} % [{:.1}–{:.1}]", share * 100.0, low * 100.0, high * 100.0)
        }
        _ => String::new(),
    }
}

/// What more items of a rare level would buy.
fn widths(class: &Class) -> String {
    let width = |width: Option<f64>| width.map_or_else(|| "–".into(), |width| format!("{width:.2}"));
    class.more.iter().map(|more| width(more.sensitivity_width)).collect::<Vec<_>>().join(" · ")
}
