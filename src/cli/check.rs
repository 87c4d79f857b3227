//! `check`: what the automated checks find, what a lead lets pass, and how useful each check is.

use serde_json::json;

use super::args::{self, CheckAction, Cli};
use super::exit::{self, Failure, Outcome};
use super::table::{Table, left, right};
use super::{Out, ProgressLine, case, counted, open};
use crate::domain::checks;
use crate::domain::text::Safe;
use crate::review::check::{Found, Usefulness};
use crate::review::{self, ReviewError};

pub fn check(cli: &Cli, out: &mut Out, wanted: &args::Check) -> Outcome {
    if let Some(CheckAction::Waive { case, check, reader, why }) = &wanted.action {
        let done = review::check::waive(&mut open(cli)?, case, check, reader.as_deref(), why)?;
        return case::event(out, &done, &format!("{case}: {check} is waived"));
    }
    if wanted.measure { measure(cli, out) } else { list(cli, out, wanted) }
}

fn list(cli: &Cli, out: &mut Out, wanted: &args::Check) -> Outcome {
    if let Some(only) = wanted.only.as_deref().filter(|only| checks::named(only).is_none()) {
        let words = format!("there is no check {}: docs/checks.md lists them", Safe::new(only));
        return Err(Failure::new(exit::USAGE, words));
    }
    let mut session = open(cli)?;
    let mut table = Table::new(&[
        left("level").whole(),
        left("check").whole(),
        left("case").by_its_end(),
        left("reader").whole(),
        left("finding"),
        left("message").wrapped(),
    ]);
    let (mut found, mut open, mut failed) = (0, 0, None);
    let mut line = ProgressLine::begin();
    let progress = |cases| line.say(|| format!("checking: {cases} cases"));
    let done = review::check::check(&mut session, progress, |problem| {
        if wanted.only.as_ref().is_some_and(|only| *only != problem.check) {
            return Ok(());
        }
        found += 1;
        open += u64::from(problem.waived.is_none());
        if wanted.limit.is_some_and(|limit| found > limit) {
            return Ok(());
        }
        if out.json {
            if let Err(failure) = out.json(&json!(problem)) {
                failed = Some(failure);
                return Err(ReviewError::Busy(String::new()));
            }
        } else {
            table.row(cells(&problem));
        }
        Ok(())
    });
    line.clear();
    done.map_err(|error| failed.unwrap_or_else(|| error.into()))?;
    if !out.json {
        if !table.is_empty() {
            out.table(&table)?;
        }
        out.line(match (found, found - open) {
            (0, _) => "nothing found".to_owned(),
            (found, 0) => format!("{found} found"),
            (found, waived) => format!("{found} found, {waived} of them waived"),
        })?;
    }
    out.done(if open == 0 { exit::FINE } else { exit::PROBLEMS })
}

fn cells(found: &Found) -> [String; 6] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (level, message) = match &found.waived {
        Some(waiver) => {
            ("waived".to_owned(), format!("{} (waived by {}: {})", found.message, waiver.by, waiver.why))
        }
        None => (found.level.to_owned(), found.message.clone()),
    };
    [level, found.check.clone(), text(&found.case), text(&found.reader), text(&found.finding), message]
}

fn measure(cli: &Cli, out: &mut Out) -> Outcome {
    let mut line = ProgressLine::begin();
    let measured =
        review::check::measure(&mut open(cli)?, |cases| line.say(|| format!("measuring: {cases} cases")));
    line.clear();
    let measured = measured?;
    if out.json {
        measured.iter().try_for_each(|check| out.json(&json!(check)))?;
        return out.done(exit::FINE);
    }
    let mut table = Table::new(&[
        left("check").whole(),
        left("level").whole(),
        right("found").whole(),
        right("open").whole(),
        right("waived").whole(),
        right("fixed").whole(),
        right("decided").whole(),
        right("confirmed").whole(),
        right("share").whole(),
        left("95 %").whole(),
    ]);
    let quiet = measured.iter().filter(|check| check.found == 0 && check.level != "off").count();
    for of in measured.iter().filter(|check| check.found > 0) {
        table.row(figures(of));
    }
    if !table.is_empty() {
        out.table(&table)?;
    }
    out.line(match table.is_empty() {
        true => "no check has found anything".to_owned(),
        false => counted(quiet as u64, "other check has found nothing", "other checks have found nothing"),
    })?;
    out.done(exit::FINE)
}

fn figures(of: &Usefulness) -> [String; 10] {
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    let interval = of.low.zip(of.high).map(|(low, high)| format!("{} to {}", percent(low), percent(high)));
    [
        of.check.into(),
        of.level.into(),
        of.found.to_string(),
        of.open.to_string(),
        of.waived.to_string(),
        of.fixed.to_string(),
        of.decided.to_string(),
        of.confirmed.to_string(),
        of.share.map_or("–".into(), percent),
        interval.unwrap_or_default(),
    ]
}
