//! What is said of a sample that is planned, and of one that was drawn: a name and its words each.

use super::form::Plan;
use super::selected;
use crate::app::State;
use crate::domain::text::Safe;
use crate::domain::word::Word;
use crate::review::sample::{SampleResult, words};

/// Says everything of the plan or of the selected sample: a name and its words each.
pub fn words(state: &State) -> Vec<(String, String)> {
    match (&state.sampling.plan, selected(state)) {
        (Some(plan), _) => outlook_words(plan),
        (None, Some(of)) => result_words(of),
        (None, None) => Vec::new(),
    }
}

fn outlook_words(plan: &Plan) -> Vec<(String, String)> {
    let line = |name: &str, words: String| (name.to_owned(), words);
    let outlook = match &plan.outlook {
        None => return vec![line("", "counting what can be drawn".to_owned())],
        Some(Err(why)) => return vec![line("not so", why.clone())],
        Some(Ok(outlook)) => outlook,
    };
    if outlook.lot == 0 {
        let words = "nothing of it is there, or all of it waits for an audit: there is nothing to draw from";
        return vec![line("", words.to_owned())];
    }
    let unit = outlook.unit.word();
    let mut lines = vec![
        line("would draw", format!("{} of {} {unit}s", outlook.size, outlook.lot)),
        line("", words::judged(outlook)),
    ];
    lines.extend(words::too_few(&outlook.strata).map(|words| line("too few", words)));
    lines.extend(words::abnormal(&outlook.abnormal).map(|words| line("strata", words)));
    lines.extend(words::accepts(&outlook.characteristic).map(|words| line("chance to pass", words)));
    for (wrong, bound) in outlook.bounds.iter().enumerate() {
        let accepted = outlook.accept.map_or("", |accept| match wrong as u64 <= accept {
            true => ", accepted",
            false => ", rejected",
        });
        lines
            .push(line(&format!("if {wrong} wrong"), format!("{}{accepted}", words::bound(outlook, *bound))));
    }
    if outlook.strata.len() > 1 {
        for of in &outlook.strata {
            let name = if of.name.is_empty() { "none" } else { &of.name };
            lines.push(line("stratum", format!("{}: {} of {}", Safe::new(name), of.drawn, of.size)));
        }
    }
    lines
}

fn result_words(of: &SampleResult) -> Vec<(String, String)> {
    let line = |name: &str, words: String| (name.to_owned(), words);
    let unit = of.unit.word();
    let mut lines = vec![
        line(&of.id, words::verdict(of, true)),
        line("found", words::finding(of)),
        line(
            "drawn",
            format!(
                "{} of {} {} {unit}s{}",
                of.size,
                of.lot,
                of.of.word(),
                of.within.words().map_or(String::new(), |words| format!(" of {words}"))
            ),
        ),
        line("by", words::design_words(&of.design)),
        line("", words::rule_words(of.rule)),
    ];
    if let Some(bound) = of.upper95_of_lot.filter(|_| of.read < of.lot) {
        lines.push(line(
            "of this lot",
            format!("under {} at 95 %, as it has no more than {}", words::percent(bound), of.lot),
        ));
    }
    if let Some(review) = &of.review {
        lines.push(line("review", review.words()));
    }
    if of.withdrawn > 0 {
        let words = format!("{} opened again before anybody could tell: they don't count", of.withdrawn);
        lines.push(line("withdrawn", words));
    }
    let seed = match (of.seed, &of.share_seed) {
        (Some(seed), _) => seed.to_string(),
        (None, Some(seed)) => seed.clone(),
        (None, None) => "shown once all is read".to_owned(),
    };
    lines.push(line("seed", seed));
    let to = of.to.as_ref().map_or(String::new(), |to| format!(", for {}", Safe::new(to)));
    lines.push(line("who", format!("{} on {}{to}", words::drawn_by(of), of.at)));
    if of.strata.len() > 1 {
        for stratum in &of.strata {
            let name = if stratum.name.is_empty() { "none" } else { &stratum.name };
            let weight =
                stratum.weight.map_or(String::new(), |weight| format!(", each stands for {weight:.2}"));
            let read = match (stratum.wrong, stratum.read) {
                (Some(wrong), Some(read)) => format!("{wrong} wrong of {read} read, "),
                _ => String::new(),
            };
            lines.push(line(
                "stratum",
                format!("{}: {read}{} in the lot{weight}", Safe::new(name), stratum.size),
            ));
        }
    }
    lines.extend(words::abnormal(&of.abnormal).map(|words| line("", words)));
    lines
}
