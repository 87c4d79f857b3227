//! `charter set`: what another charter changes, said before it is in force.

use std::path::Path;

use serde_json::{Value as Json, json};

use super::args::Cli;
use super::exit::{self, Outcome};
use super::project::{guideline_of, named};
use super::{Out, counted, open, read_text};
use crate::domain::word::Word;
use crate::review::amend::{Affected, Effects, Unknown, effects};
use crate::review::charter::{Change, set as put};

/// Lines of each list that people are shown; JSON holds all.
const MOST: usize = 20;

pub fn set(cli: &Cli, out: &mut Out, file: &Path, why: &str, dry_run: bool, closes: &[String]) -> Outcome {
    let text = read_text(file)?;
    let guideline = guideline_of(file, &text)?;
    let change = Change { text: &text, guideline: guideline.as_deref(), why, closes };
    let mut session = open(cli)?;
    let found = effects(&mut session, &change).map_err(|error| named(Some(file), error))?;
    if dry_run {
        match out.json {
            true => out.json(&json!(found))?,
            false => say(out, &found, false)?,
        }
        return out.done(exit::FINE);
    }
    let event = put(&mut session, &change).map_err(|error| named(Some(file), error))?;
    if out.json {
        let mut json = crate::review::log::to_json(&event);
        if let Json::Object(fields) = &mut json {
            fields.insert("effects".into(), json!(found));
        }
        out.json(&json)?;
        return out.done(exit::FINE);
    }
    say(out, &found, true)?;
    super::case::event(out, &event, "the charter is in force, and all cases were triaged by it")
}

/// Says what changes, or what has changed once it is `done`.
fn say(out: &mut Out, found: &Effects, done: bool) -> Result<(), exit::Failure> {
    let changed = match done {
        true => counted(found.changed, "case changed", "cases changed"),
        false => counted(found.changed, "case changes", "cases change"),
    };
    out.line(format!("{changed}, of {}", found.cases))?;
    let [before, after] = found.open;
    out.line(format!("open disputes: {before} before, {after} after"))?;
    let [before, after] = found.awaiting;
    if before != after {
        out.line(format!("cases that await reads: {before} before, {after} after"))?;
    }
    for (words, all) in found.lists(done).into_iter().filter(|(_, all)| !all.is_empty()) {
        out.line(format!("{} {words}:", counted(all.len() as u64, "item", "items")))?;
        some(out, all, line)?;
    }
    if !found.unknown.is_empty() {
        let known = if done { "doesn't know any more" } else { "would not know any more" };
        let mut states: Vec<(&str, usize)> = Vec::new();
        for of in &found.unknown {
            match states.iter_mut().find(|(state, _)| *state == of.state) {
                Some((_, n)) => *n += 1,
                None => states.push((of.state, 1)),
            }
        }
        let states: Vec<String> = states.iter().map(|(state, n)| format!("{n} {state}")).collect();
        out.line(format!(
            "{} an answer or reads that the charter {known} ({}); answers stay as they are, in exports too:",
            counted(found.unknown.len() as u64, "item has", "items have"),
            states.join(", ")
        ))?;
        some(out, &found.unknown, unknown)?;
    }
    for of in &found.labels_outside {
        let cases = counted(of.cases, "case", "cases");
        out.line(format!(
            "the label {} is outside the charter: {} findings in {cases}",
            of.label, of.findings
        ))?;
    }
    Ok(())
}

/// Writes the first lines of a list.
fn some<T>(out: &mut Out, all: &[T], line: fn(&T) -> String) -> Result<(), exit::Failure> {
    for of in all.iter().take(MOST) {
        out.line(format!("    {}", line(of)))?;
    }
    if all.len() > MOST {
        out.line(format!("    … and {} more, which --json lists", all.len() - MOST))?;
    }
    Ok(())
}

fn unknown(of: &Unknown) -> String {
    let answer = of.answer.as_ref().map(|answer| format!("answer {answer}"));
    let reads = (of.reads > 0).then(|| counted(of.reads, "read", "reads"));
    let what: Vec<String> = answer.into_iter().chain(reads).collect();
    format!("{} {}  {}  {}", of.case, of.dispute, of.state, what.join(", "))
}

fn line(of: &Affected) -> String {
    let head = format!("{} {}", of.case, of.dispute);
    match (of.before.map(Word::word), of.after.map(Word::word)) {
        (Some(before), Some(after)) if before != after => format!("{head}  {before} → {after}"),
        (Some(kind), _) | (None, Some(kind)) => format!("{head}  {kind}"),
        (None, None) => head,
    }
}
