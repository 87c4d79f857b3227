//! `report`: the project on one page.

use std::path::Path;

use serde_json::json;

use super::args::{self, Cli};
use super::exit::{self, Failure, Outcome};
use super::project::moment_of;
use super::{Out, counted, open, put_within, say_within};
use crate::domain::text::Safe;
use crate::report::digest::page as digest_page;
use crate::report::page;
use crate::review::ReviewError;
use crate::review::digest::digest;
use crate::review::report::report as collect;

pub fn report(cli: &Cli, out: &mut Out, wanted: &args::Report) -> Outcome {
    if wanted.output.exists() && !wanted.force {
        return Err(ReviewError::Exists(wanted.output.clone()).into());
    }
    let mut session = open(cli)?;
    let since = moment_of(wanted.since.as_deref(), session.now())?;
    let within = wanted.within.cases();
    if since.is_some() && !wanted.whole && !within.is_all() {
        return Err(Failure::usage(
            "a digest is of the whole project: with --batch or --site, say --whole too, for the report"
                .to_owned(),
        ));
    }
    if let Some(since) = since.filter(|_| !wanted.whole) {
        let digest = digest(&mut session, &wanted.output, since)?;
        let html = digest_page(&digest);
        write(&wanted.output, &html)?;
        if out.json {
            out.json(&json!({
                "file": wanted.output.to_string_lossy(), "bytes": html.len(), "events": digest.events,
                "decisions": digest.work.decisions, "overdue": digest.overdue, "log_head": digest.head,
            }))?;
            return out.done(exit::FINE);
        }
        out.line(format!(
            "wrote {} of {} to {}",
            counted(digest.work.decisions, "decision", "decisions"),
            Safe::new(&digest.project),
            Safe::new(&wanted.output.to_string_lossy())
        ))?;
        digest.overdue.iter().try_for_each(|words| out.line(format!("late: {}", Safe::new(words))))?;
        return out.done(exit::FINE);
    }
    let report = collect(&mut session, &wanted.output, since, &within)?;
    let html = page(&report);
    write(&wanted.output, &html)?;
    if out.json {
        let mut written = json!({
            "file": wanted.output.to_string_lossy(), "bytes": html.len(), "cases": report.cases, "events": report.figures.seq,
            "log_head": report.figures.head,
        });
        put_within(&mut written, &report.within);
        out.json(&written)?;
        return out.done(exit::FINE);
    }
    out.line(format!(
        "wrote {} of {} to {}",
        counted(report.cases, "case", "cases"),
        report.project,
        wanted.output.display()
    ))?;
    say_within(out, &report.within)?;
    out.line(format!("log head {}", report.figures.head))?;
    out.done(exit::FINE)
}

fn write(file: &Path, html: &str) -> Result<(), Failure> {
    std::fs::write(file, html).map_err(|error| {
        let file = Safe::new(&file.to_string_lossy()).to_string();
        Failure::new(exit::CANNOT_CREATE, format!("failed to write {file}: {error}"))
    })
}
