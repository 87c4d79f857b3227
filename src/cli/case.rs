//! Commands about cases: the worklist, one case whole, decisions, and the lead's acts.

use std::io::{BufRead, Read, Write};
use std::path::Path;

use serde_json::{Value as Json, json};

use super::args::{self, Cli};
use super::exit::{self, Failure, Outcome};
use super::table::{Table, left, right};
use super::{Out, ProgressLine, asks_at_terminal, counted, open, word};
use crate::domain::case::State;
use crate::domain::decision::Draft;
use crate::domain::event::Action;
use crate::domain::finding::Finding;
use crate::domain::geometry::{Geometry, Shape};
use crate::domain::moment;
use crate::domain::text::Safe;
use crate::domain::word::Word;
use crate::review::queue::{Line, LineDispute};
use crate::review::show::{CaseView, DisputeView, decided_by};
use crate::review::{self, ReviewError, Session};
use crate::store::Event;
use crate::store::query::{QueueFilter, Sort};

pub fn queue(cli: &Cli, out: &mut Out, wanted: &args::Queue) -> Outcome {
    let filter = QueueFilter {
        state: wanted.state.as_deref().map(|state| word("state", state)).transpose()?,
        dispute_state: None,
        kind: wanted.kind.as_deref().map(|kind| word("kind", kind)).transpose()?,
        dispute_type: wanted.dispute_type.as_deref().map(|kind| word("type", kind)).transpose()?,
        label: wanted.label.clone(),
        within: wanted.within.cases(),
        imports: None,
        sort: match wanted.sort {
            args::Sort::Priority => Sort::Priority,
            args::Sort::Gap => Sort::Gap,
            args::Sort::Age => Sort::Age,
            args::Sort::Case => Sort::Case,
        },
        cases: None,
        aside: Box::default(),
        // That none is to be shown says nothing of how many there are.
        limit: wanted.limit.filter(|most| *most > 0),
        claimed_by: None,
        mine: wanted.mine,
        route: None,
    };
    let mut session = open(cli)?;
    finish_triage(&mut session)?;
    if let Some(label) = &wanted.label {
        review::readings::check_label(&mut session, label)?;
    }
    let mut lines = review::queue::queue(&mut session, &filter)?;
    if wanted.limit == Some(0) && !lines.is_empty() {
        let all = lines.len() as u64;
        lines.clear();
        if !out.json {
            let all = counted(all, "case is there", "cases are there");
            out.line(format!("no case is shown, as --limit 0 asks: {all}"))?;
            return out.done(exit::FINE);
        }
    }
    if out.json {
        lines.iter().try_for_each(|line| out.json(&json!(line)))?;
        return out.done(exit::FINE);
    }
    let left_out = match wanted.mine {
        true => review::queue::left_out(&mut session, &filter)?.words(),
        false => None,
    };
    if lines.is_empty() {
        out.line(match wanted.state {
            None if left_out.is_some() => "nothing waits for you",
            None => "nothing waits: no case has work in it (`--state FINAL` shows what is done)",
            Some(_) => "no case is in this state",
        })?;
    } else {
        out.table(&queue_table(&lines, wanted))?;
    }
    if let Some(words) = left_out {
        out.line(format!("left out: {words}"))?;
    }
    out.done(exit::FINE)
}

fn queue_table(lines: &[Line], wanted: &args::Queue) -> Table {
    let mut table = Table::new(&[
        left("case").by_its_end(),
        left("state").whole(),
        right("n").whole(),
        left("label"),
        left("type").whole(),
        right("gap"),
        right("priority").whole(),
        left("claimed by"),
    ]);
    for line in lines {
        let kind = |dispute: &LineDispute| dispute.dispute_type.map_or("", Word::word).to_owned();
        // What was asked for stands for the case; else what is still to be settled does.
        let asked = |dispute: &&LineDispute| {
            let same = |asked: &Option<String>, is: &str| {
                asked.as_ref().is_none_or(|asked| asked.eq_ignore_ascii_case(is))
            };
            same(&wanted.label, &dispute.label) && same(&wanted.dispute_type, &kind(dispute))
        };
        let open = |dispute: &&LineDispute| !matches!(dispute.state, State::Provisional | State::Final);
        let mut found = line.disputes.iter().filter(asked);
        let first = found.clone().find(open).or_else(|| found.next()).or(line.disputes.first());
        let of = |text: &dyn Fn(&LineDispute) -> String| first.map(text).unwrap_or_default();
        table.row([
            line.case.clone(),
            line.state.word().into(),
            Some(line.disputes.len()).filter(|n| *n > 0).map(|n| n.to_string()).unwrap_or_default(),
            of(&|dispute| dispute.label.clone()),
            of(&kind),
            of(&|dispute| dispute.words.clone()),
            format!("{:.2}", line.priority),
            line.claimed_by.clone().unwrap_or_default(),
        ]);
    }
    table
}

/// Does first what an import that was broken off left behind, so that what is listed is whole.
fn finish_triage(session: &mut Session) -> Result<(), Failure> {
    if !session.store().has_triage()? {
        return Ok(());
    }
    let mut line = ProgressLine::begin();
    session
        .triage(|cases| line.say(|| format!("finishing the triage of an earlier import: {cases} cases")))?;
    line.clear();
    Ok(())
}

pub fn show(cli: &Cli, out: &mut Out, case: &str, reveal: Option<&str>) -> Outcome {
    let shown = review::show::show(&mut open(cli)?, case, reveal)?;
    if out.json {
        out.json(&json!(shown))?;
        return out.done(exit::FINE);
    }
    describe(out, &shown)?;
    out.done(exit::FINE)
}

fn describe(out: &mut Out, shown: &CaseView) -> Result<(), Failure> {
    out.line(format!("{}  {}", shown.case, shown.state.word()))?;
    for why in &shown.why {
        out.line(format!("  {why}"))?;
    }
    if !shown.claimed_by.is_empty() {
        out.line(format!("  claimed by {}", shown.claimed_by.join(", ")))?;
    }
    for image in &shown.images {
        let text = |name: &str| match image.get(name) {
            Some(Json::String(text)) => text.clone(),
            Some(Json::Null) | None => String::new(),
            Some(other) => other.to_string(),
        };
        let size = format!("{}×{}", text("columns"), text("rows"));
        let frames = match text("frames").as_str() {
            "" | "1" => String::new(),
            frames => format!(", {frames} frames"),
        };
        out.line(format!("  image {}  {} {size}{frames}", text("id"), text("modality")))?;
    }
    for found in &shown.problems {
        let reader = found.reader.as_ref().map_or(String::new(), |reader| format!(" (reader {reader})"));
        let level = if found.waived.is_some() { "waived" } else { found.level };
        out.line(format!("  {level} {}: {}{reader}", found.check, found.message))?;
    }
    if shown.models_hidden {
        out.line("  a model has read this case too: what it said is shown after the choice")?;
    }
    if shown.disputes.iter().any(|dispute| dispute.audit) {
        out.line("  your own read of it, for a sample: `decide` takes it; what others said is not shown")?;
    } else if shown.own_look_first {
        out.line("  an own look comes first: look at the picture, then `decide` with \"first_look\": true")?;
    }
    for read in &shown.reads {
        let model = if read.model { "  (model)" } else { "" };
        let version = if read.version > 1 { format!("  version {}", read.version) } else { String::new() };
        out.text("")?;
        out.line(format!("{}{version}{model}", read.reader))?;
        let mut table = Table::new(&[left("label"), left("value"), left("comment").wrapped()]).indented(2);
        for finding in &read.findings {
            let comment = finding.comment.clone().unwrap_or_default();
            table.row([finding.label.clone(), finding_words(finding), comment]);
        }
        match table.is_empty() {
            true => out.line("  read, and nothing stated")?,
            false => out.table(&table)?,
        }
    }
    for dispute in &shown.disputes {
        out.line("")?;
        describe_dispute(out, dispute)?;
    }
    for item in &shown.agreed {
        if let Some(decided) = item.decided() {
            out.text("")?;
            out.line(format!("{}  {decided}", item.id))?;
        }
    }
    let agreed = shown.agreed.iter().filter(|item| item.decision.is_none());
    let agreed: Vec<String> =
        agreed.map(|item| format!("{} {}", item.label, value_words(&item.value))).collect();
    if !agreed.is_empty() {
        out.text("")?;
        out.line(format!("agreed: {}", agreed.join(" · ")))?;
    }
    Ok(())
}

fn describe_dispute(out: &mut Out, dispute: &DisputeView) -> Result<(), Failure> {
    let kind = dispute.dispute_type.map_or("", Word::word).to_owned();
    out.line(format!("{}  {kind}  {}  {}", dispute.id, dispute.state.word(), dispute.words))?;
    for candidate in &dispute.candidates {
        let readers = match (&candidate.readers, candidate.share) {
            (Some(readers), Some(share)) => format!("{} ({:.0} %)", readers.join(" · "), share * 100.0),
            _ => "shown after the choice".into(),
        };
        out.line(format!("  {}  {}  {readers}", candidate.n, value_words(&candidate.value)))?;
        for comment in &candidate.comments {
            out.line(format!("       “{comment}”"))?;
        }
    }
    if let Some(decision) = &dispute.decision {
        let text = |name: &str| decision.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
        // What has no single value says what it is instead: ambiguous, escalated, can't be graded.
        let value = decision.get("value").filter(|value| !value.is_null()).map(value_words);
        let value = value.unwrap_or_else(|| dispute.standing_words.clone());
        let confidence = decision.get("confidence").and_then(Json::as_u64);
        let confidence =
            confidence.map(|confidence| format!(", confidence {confidence} of 5")).unwrap_or_default();
        let uncertain = decision.get("uncertain").and_then(Json::as_bool).unwrap_or_default();
        let confidence = confidence + if uncertain { ", uncertain" } else { "" };
        let by = decided_by(decision);
        out.line(format!("  decided: {value}{confidence}, by {by} at {}", text("at")))?;
        let panel = decision.get("panel").and_then(Json::as_array).into_iter().flatten();
        let panel: Vec<&str> = panel.filter_map(Json::as_str).collect();
        if !panel.is_empty() {
            out.line(format!("  in a panel with {}", panel.join(", ")))?;
        }
        for line in super::reasons::lines(decision) {
            out.line(format!("  {line}"))?;
        }
        if !text("note").is_empty() {
            out.line(format!("  note: {}", text("note")))?;
        }
    }
    if let Some(round) = dispute.round_words() {
        out.line(format!("  {round}"))?;
    }
    for earlier in &dispute.earlier_rounds {
        out.line(format!("  {}", earlier.words()))?;
    }
    if let Some(words) = dispute.hidden_words() {
        let how = if dispute.look_shows_earlier { ": `decide` with \"first_look\": true" } else { "" };
        out.line(format!("  {words}{how}"))?;
    }
    if dispute.reads_changed {
        out.line("  the reads changed after this was final: a lead can reopen it")?;
    }
    Ok(())
}

fn finding_words(finding: &Finding) -> String {
    let value = finding.value.as_ref().map(ToString::to_string);
    let shape = finding.geometry.as_ref().map(geometry_words);
    let confidence = finding.confidence.map(|confidence| format!("confidence {confidence}"));
    let severity = finding.severity.clone().map(|severity| format!("severity {severity}"));
    [value, shape, confidence, severity].into_iter().flatten().collect::<Vec<_>>().join("  ")
}

/// Writes a value for people: a level, or what a shape is and where.
pub(super) fn value_words(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Object(_) => match serde_json::from_value::<Geometry>(value.clone()) {
            Ok(geometry) => geometry_words(&geometry),
            Err(_) => value.to_string(),
        },
        Json::Array(parts) => parts.iter().map(value_words).collect::<Vec<_>>().join(" and "),
        Json::Null => "–".into(),
        other => other.to_string(),
    }
}

fn geometry_words(geometry: &Geometry) -> String {
    let frame = if geometry.frame > 0 { format!(" on frame {}", geometry.frame) } else { String::new() };
    let [left, top, right, bottom] = geometry.shape.points().fold(
        [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY],
        |[left, top, right, bottom], [x, y]| [left.min(x), top.min(y), right.max(x), bottom.max(y)],
    );
    let place = match &geometry.shape {
        Shape::Mask { size: [rows, columns], .. } => format!(" of {columns}×{rows} pixels"),
        Shape::Point { points: [[x, y]] } => format!(" at {x:.1}, {y:.1}"),
        Shape::Line { points } => {
            let ends: Vec<String> = points.iter().map(|[x, y]| format!("{x:.1}, {y:.1}")).collect();
            format!(" {}", ends.join(" → "))
        }
        _ => format!(" {left:.1}, {top:.1} to {right:.1}, {bottom:.1}"),
    };
    format!("{}{place}{frame}", geometry.shape.name())
}

/// A line of JSON is never longer than this.
const LONGEST_LINE: u64 = 16 * 1024 * 1024;

pub fn decide(cli: &Cli, out: &mut Out, file: Option<&Path>) -> Outcome {
    let mut session = open(cli)?;
    let mut lines: Box<dyn BufRead> = match file.filter(|path| *path != Path::new("-")) {
        Some(path) => {
            let file = std::fs::File::open(path).map_err(|error| {
                Failure::new(
                    exit::NO_INPUT,
                    format!("failed to read {}: {error}", Safe::new(&path.to_string_lossy())),
                )
            })?;
            Box::new(std::io::BufReader::new(file))
        }
        None => {
            if asks_at_terminal() {
                let _ = writeln!(
                    std::io::stderr(),
                    "overread: reading decisions from the terminal, one JSON object a line; ctrl-d ends"
                );
            }
            Box::new(std::io::stdin().lock())
        }
    };
    let mut tally = Tally::default();
    let mut number = 0u64;
    loop {
        let mut line = Vec::new();
        number += 1;
        let read = lines.by_ref().take(LONGEST_LINE + 1).read_until(b'\n', &mut line);
        let read =
            read.map_err(|error| Failure::new(exit::IO, format!("failed to read decisions: {error}")))?;
        if read == 0 {
            break;
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        if read as u64 > LONGEST_LINE {
            // What follows the limit belongs to the same line and can't be told from the next one.
            return Err(Failure::new(
                exit::BAD_DATA,
                format!("line {number} is longer than 16 MiB: nothing of it was taken"),
            ));
        }
        let answer = answer_line(&mut session, &line, number, &mut tally)?;
        match out.json {
            true => out.json(&answer)?,
            false => out.line(answer_words(&answer))?,
        }
        out.flush()?;
    }
    out.done(tally.code())
}

#[derive(Default)]
struct Tally {
    decided: u64,
    refused: u64,
    busy: u64,
    not_permitted: u64,
}

impl Tally {
    fn code(&self) -> u8 {
        match self {
            Tally { not_permitted: 1.., .. } => exit::NOT_PERMITTED,
            Tally { refused: 0, busy: 1.., .. } => exit::BUSY,
            Tally { refused: 0, busy: 0, .. } => exit::FINE,
            Tally { decided: 0, .. } => exit::BAD_DATA,
            _ => exit::PROBLEMS,
        }
    }
}

/// Decides one line. Only what no further line can get past ends the command.
fn answer_line(session: &mut Session, line: &[u8], number: u64, tally: &mut Tally) -> Result<Json, Failure> {
    let is_object = line.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    let read = match serde_json::from_slice::<Json>(line) {
        Ok(given) if !is_object => {
            Err(format!("a decision is an object in {{braces}}, not {}", kind(&given)))
        }
        _ => serde_json::from_slice(line).map_err(|error| in_words(&error)),
    };
    let draft: Draft = match read {
        Ok(draft) => draft,
        Err(error) => {
            tally.refused += 1;
            let given: Json = serde_json::from_slice(line).unwrap_or_default();
            let error = format!("line {number} is not understood: {error}");
            return Ok(json!({
                "case": given.get("case"), "dispute": given.get("dispute"), "ok": false, "state": null,
                "error": Safe::new(&error).as_str(), "code": exit::BAD_DATA,
            }));
        }
    };
    let answered = review::decide::decide(session, &draft);
    let (ok, state, error, code) = match answered {
        Ok(settled) => {
            tally.decided += 1;
            (true, json!(settled.state), Json::Null, exit::FINE)
        }
        Err(error @ ReviewError::Store(_)) if exit::code(&error) != exit::BUSY => return Err(error.into()),
        Err(error) => {
            let code = exit::code(&error);
            *match code {
                exit::NOT_PERMITTED => &mut tally.not_permitted,
                exit::BUSY => &mut tally.busy,
                _ => &mut tally.refused,
            } += 1;
            (false, Json::Null, json!(error.to_string()), code)
        }
    };
    Ok(json!({
        "case": draft.case, "dispute": draft.dispute, "ok": ok, "state": state, "error": error, "code": code,
    }))
}

fn kind(of: &Json) -> &'static str {
    match of {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

/// Says what is wrong with a line without the words of the language that this is written in.
fn in_words(error: &serde_json::Error) -> String {
    // Each line is a document of its own, which is its line 1.
    let words = error.to_string().replace(" at line 1 column ", " at column ");
    let Some((found, wanted)) = words.rsplit_once(", expected ") else { return words };
    let (wanted, place) = wanted.split_once(" at column ").unwrap_or((wanted, ""));
    let wanted = match wanted {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0",
        "i64" | "i128" => "a whole number",
        "f32" | "f64" => "a number",
        "a sequence" => "a list",
        "a map" => "an object in {braces}",
        "a string" | "a borrowed string" => "a text in quotes",
        _ if wanted.starts_with("struct ") => "an object in {braces}",
        other => other,
    };
    let place = if place.is_empty() { String::new() } else { format!(" at column {place}") };
    format!("{found}, expected {wanted}{place}")
}

fn answer_words(answer: &Json) -> String {
    let text = |name: &str| answer.get(name).and_then(Json::as_str).unwrap_or_default();
    let ok = answer.get("ok") == Some(&Json::Bool(true));
    let (mark, said) = if ok { ("✓", text("state")) } else { ("✗", text("error")) };
    [mark, text("case"), text("dispute"), said]
        .into_iter()
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

pub fn finalise_all(cli: &Cli, out: &mut Out) -> Outcome {
    let mut events = Vec::new();
    let done = review::lead::finalise_all(&mut open(cli)?, |event| events.push(event));
    finalised(out, &events, done)
}

pub fn finalise(cli: &Cli, out: &mut Out, cases: &[String], dispute: Option<&str>) -> Outcome {
    let mut session = open(cli)?;
    let mut events = Vec::new();
    let done = cases.iter().try_for_each(|case| {
        events.push(review::lead::act(&mut session, Action::Finalise, case, dispute, "")?);
        Ok(())
    });
    match (events.as_slice(), cases) {
        ([only], [case]) => event(out, only, &format!("{} is final now", dispute.unwrap_or(case))),
        _ => finalised(out, &events, done),
    }
}

/// What is final stays so, and is told, whatever came after it.
fn finalised(out: &mut Out, events: &[Event], done: review::Result<()>) -> Outcome {
    match events {
        [] if done.is_err() => {}
        _ if out.json => {
            let lines: Vec<Json> = events.iter().map(review::log::to_json).collect();
            out.json(&json!(lines))?;
        }
        _ => out.line(counted(events.len() as u64, "case is final now", "cases are final now"))?,
    }
    out.flush()?;
    done?;
    Ok(exit::FINE)
}

/// Does what needs nothing but a reason at most.
pub fn act(
    cli: &Cli,
    out: &mut Out,
    action: Action,
    case: &str,
    dispute: Option<&str>,
    why: &str,
) -> Outcome {
    let done = review::lead::act(&mut open(cli)?, action, case, dispute, why)?;
    event(out, &done, &format!("{case}: {} is in the log", done.action))
}

pub fn sign(cli: &Cli, out: &mut Out, subject: &str, meaning: &str) -> Outcome {
    let done = review::sign::sign(&mut open(cli)?, subject, meaning)?;
    event(out, &done, &format!("{subject}: {} is in the log", done.action))
}

pub fn unblind(cli: &Cli, out: &mut Out, case: &str, why: &str) -> Outcome {
    let done = review::lead::unblind(&mut open(cli)?, case, why)?;
    event(out, &done, &format!("{case}: {} is in the log", done.action))
}

pub fn undo(cli: &Cli, out: &mut Out, case: &str, dispute: &str) -> Outcome {
    let undone = review::decide::undo(&mut open(cli)?, case, dispute)?;
    event(out, &undone.event, &format!("{case}: {dispute} is {} again", undone.state.word()))
}

pub fn claim(cli: &Cli, out: &mut Out, case: &str) -> Outcome {
    let held = review::decide::claim(&mut open(cli)?, case, "")?;
    let until = moment::rfc3339(held.lease_until);
    match out.json {
        true => out.json(&json!({ "case": held.case, "slot": held.slot, "until": until }))?,
        false => out.line(format!("{case} is claimed for you until {until}"))?,
    }
    out.done(exit::FINE)
}

pub fn release(cli: &Cli, out: &mut Out, case: &str) -> Outcome {
    if !review::decide::release(&mut open(cli)?, case)? {
        return Err(Failure::new(
            exit::BAD_DATA,
            format!("you hold no claim of {}: there is nothing to give back", Safe::new(case)),
        ));
    }
    match out.json {
        true => out.json(&json!({ "case": case }))?,
        false => out.line(format!("{case} is given back"))?,
    }
    out.done(exit::FINE)
}

/// Prints the event that an act wrote.
pub fn event(out: &mut Out, event: &Event, words: &str) -> Outcome {
    match out.json {
        true => out.json(&review::log::to_json(event))?,
        false => out.line(format!("{words} (event {})", event.seq))?,
    }
    out.done(exit::FINE)
}
