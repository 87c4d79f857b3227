//! `causes`: why readers and adjudicators differed, as a table with a Pareto's sum, or whole as JSON; codes given later,
//! reviews of causes, and what the guideline should say otherwise.

use serde_json::json;

use super::args::causes::{CausesAction, ReviewAction};
use super::args::{self, Cli};
use super::exit::{self, Failure, Outcome};
use super::project::moment_of;
use super::table::{Table, left, right};
use super::{Out, counted, open, put_within, say_within, word};
use crate::domain::origin::Within;
use crate::domain::taxonomy;
use crate::domain::text::Safe;
use crate::domain::word::Word;
use crate::review::causes::reviews::{self, Opening, Planning};
use crate::review::causes::write::{Codes, write};
use crate::review::causes::{Bar, Dimension, Rate, Split, Window, causes as read, causes_within};

pub fn causes(cli: &Cli, out: &mut Out, wanted: &args::causes::Causes) -> Outcome {
    if wanted.action.is_some() && !wanted.within.cases().is_all() {
        return Err(Failure::usage(
            "--batch and --site before a word such as `requests` say nothing of it: `causes requests --site NAME`",
        ));
    }
    match &wanted.action {
        None => bars(cli, out, wanted),
        Some(CausesAction::Set { case, dispute, reader, code, clause, note }) => {
            let codes = Codes {
                case: case.clone(),
                dispute: dispute.clone(),
                reader: reader.clone(),
                codes: code.clone(),
                clause: clause.clone(),
                note: note.clone(),
            };
            let event = write(&mut open(cli)?, &codes)?;
            super::case::event(out, &event, "the codes stand")
        }
        Some(CausesAction::Requests { within, limit }) => requests(cli, out, &within.cases(), *limit),
        Some(CausesAction::Review { action }) => review(cli, out, action),
    }
}

fn bars(cli: &Cli, out: &mut Out, wanted: &args::causes::Causes) -> Outcome {
    let by: Dimension = word("dimension", &wanted.by)?;
    let mut session = open(cli)?;
    let now = session.now();
    let window = Window {
        since: moment_of(wanted.since.as_deref(), now)?,
        until: moment_of(wanted.until.as_deref(), now)?,
        ..Window::default()
    };
    if let (Some(since), Some(until)) = (window.since, window.until)
        && until <= since
    {
        return Err(Failure::usage("--until is no later than --since: nothing lies between them"));
    }
    let split = wanted.compare.as_deref().map(|text| split(text, now)).transpose()?;
    let within = wanted.within.cases();
    let causes = causes_within(&mut session, &within)?;
    if let Some(split) = split {
        split.check(session.charter_version())?;
    }
    let all = causes.bars(by, window, split);
    let most = wanted.limit.unwrap_or(usize::MAX);
    if out.json {
        let mut bars = json!(all.iter().take(most).collect::<Vec<_>>());
        bars.as_array_mut().into_iter().flatten().for_each(|bar| put_within(bar, &within));
        out.json(&bars)?;
        return out.done(exit::FINE);
    }
    let mut columns =
        vec![left(by.word()), left("meaning"), right("n"), right("share"), right("sum"), right("cases")];
    if split.is_some() {
        columns.extend([right("before, of 100"), right("after, of 100"), right("difference")]);
    }
    let mut table = Table::new(&columns);
    let mut sum = 0.0;
    for bar in all.iter().take(most) {
        sum += bar.share;
        let mut row = vec![
            bar.key.to_string(),
            meaning(by, &bar.key).to_owned(),
            bar.n.to_string(),
            format!("{:.0} %", bar.share * 100.0),
            format!("{:.0} %", sum * 100.0),
            bar.cases.len().to_string(),
        ];
        row.extend(compared(bar));
        table.row(row);
    }
    if all.is_empty() {
        out.line("no cause is given in any decision that stands")?;
    } else {
        out.table(&table)?;
        let n = counted(causes.total(by, window), "code", "codes");
        out.line("")?;
        out.line(format!("{n} in {} decided", counted(causes.decided(window), "dispute", "disputes")))?;
    }
    say_within(out, &within)?;
    out.done(exit::FINE)
}

/// Gives what a family or a code means.
fn meaning(by: Dimension, key: &str) -> &'static str {
    match by {
        Dimension::Family | Dimension::Code => taxonomy::cause(key).map_or("", |term| term.meaning),
        _ => "",
    }
}

fn compared(bar: &Bar) -> Vec<String> {
    let rate = |rate: &Rate| match (rate.per_100, rate.low, rate.high) {
        (Some(value), Some(low), Some(high)) => format!("{value:.1} [{low:.1}–{high:.1}]"),
        _ => "nothing decided".to_owned(),
    };
    let Some((before, after)) = bar.before.as_ref().zip(bar.after.as_ref()) else { return Vec::new() };
    let difference = bar
        .difference
        .map_or("–".to_owned(), |of| format!("{:+.1} [{:+.1} to {:+.1}]", of.value, of.low, of.high));
    vec![rate(before), rate(after), difference]
}

/// Reads where two periods meet: a moment, or a version of the charter.
fn split(text: &str, now: i64) -> Result<Split, Failure> {
    match text.strip_prefix('v').and_then(|version| version.parse().ok()) {
        Some(version) => Ok(Split::Charter(version)),
        None => moment_of(Some(text), now)?.map(Split::Moment).ok_or_else(|| Failure::usage("say when")),
    }
}

fn requests(cli: &Cli, out: &mut Out, within: &Within, limit: Option<usize>) -> Outcome {
    let mut all = causes_within(&mut open(cli)?, within)?.requests;
    all.truncate(limit.unwrap_or(usize::MAX));
    if out.json {
        let mut requests = json!(all);
        requests.as_array_mut().into_iter().flatten().for_each(|request| put_within(request, within));
        out.json(&requests)?;
        return out.done(exit::FINE);
    }
    for request in &all {
        let codes: Vec<String> = request.codes.iter().map(|(code, n)| format!("{code} ×{n}")).collect();
        let closed =
            request.closed_by.map_or(String::new(), |version| format!(" · closed by charter {version}"));
        out.line(format!(
            "{}  {}{}{closed}",
            request.clause,
            counted(request.cases.len() as u64, "case", "cases"),
            if codes.is_empty() { String::new() } else { format!(" · {}", codes.join(" ")) }
        ))?;
        for wish in &request.wishes {
            out.line(format!("    {} {}: {}", wish.case, wish.dispute, wish.text))?;
        }
    }
    if all.is_empty() {
        out.line(
            "nobody asks for anything: no decision holds a request, and none has a code of the family O",
        )?;
    }
    say_within(out, within)?;
    out.done(exit::FINE)
}

fn review(cli: &Cli, out: &mut Out, action: &ReviewAction) -> Outcome {
    let mut session = open(cli)?;
    let now = session.now();
    match action {
        ReviewAction::Open { by, owner, action, due, from } => {
            let Some((by, key)) = by.split_once('=') else {
                return Err(Failure::usage(format!(
                    "say what the review is about as KEY=VALUE, such as code=P2; {} has no ‘=’",
                    Safe::new(by)
                )));
            };
            let opening = Opening {
                by: word("dimension", by)?,
                key: key.to_owned(),
                owner: owner.clone(),
                action: action.clone(),
                due: moment_of(Some(due), now)?.unwrap_or(now),
                since: moment_of(from.as_deref(), now)?,
            };
            let event = reviews::open(&mut session, &opening)?;
            let words = format!("review {} is open", event.seq);
            super::case::event(out, &event, &words)
        }
        ReviewAction::Plan { id, owner, action, due, from } => {
            let planning = Planning {
                owner: owner.clone(),
                action: action.clone(),
                due: moment_of(due.as_deref(), now)?,
                since: moment_of(from.as_deref(), now)?,
            };
            let event = reviews::plan(&mut session, id, &planning)?;
            super::case::event(out, &event, &format!("{} sees to it", Safe::new(owner)))
        }
        ReviewAction::Close { id, why } => {
            let event = reviews::close(&mut session, id, why)?;
            super::case::event(out, &event, &format!("review {} is closed", Safe::new(id)))
        }
        ReviewAction::List { limit } => {
            let mut all = read(&mut session)?.reviews;
            let skip = all.len().saturating_sub(limit.unwrap_or(usize::MAX));
            all.drain(..skip);
            if out.json {
                out.json(&json!(all))?;
                return out.done(exit::FINE);
            }
            let mut table = Table::new(&[
                right("id").whole(),
                left("about"),
                left("state").whole(),
                left("due").whole(),
                left("owner"),
                left("action").wrapped(),
                left("rate").wrapped(),
            ]);
            for review in &all {
                table.row([
                    review.id.to_string(),
                    review.subject(),
                    review.state.word().to_owned(),
                    review.due.clone(),
                    review.owner_words(),
                    review.action_words(),
                    review.words(),
                ]);
            }
            match all.is_empty() {
                true => out.line("no review was opened")?,
                false => out.table(&table)?,
            }
            out.done(exit::FINE)
        }
    }
}
