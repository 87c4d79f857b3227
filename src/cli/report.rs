//! `report`: the project on one page.

use std::path::Path;

use serde_json::json;

use super::args::{self, Cli};
use super::exit::{self, Failure, Outcome};
use super::project::moment_of;
use super::{Out, counted, open};
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
    let report = collect(&mut session, &wanted.output, since)?;
    let html = page(&report);
    write(&wanted.output, &html)?;
    if out.json {
        out.json(&json!({
            "file": wanted.output.to_string_lossy(), "bytes": html.len(), "cases": report.cases, "events": report.figures.seq,
            "log_head": report.figures.head,
        }))?;
        return out.done(exit::FINE);
    }
    out.line(format!(
        "wrote {} of {} to {}",
        counted(report.cases, "case", "cases"),
        report.project,
        wanted.output.display()
    ))?;
    out.line(format!("log head {}", report.figures.head))?;
    out.done(exit::FINE)
}

fn write(file: &Path, html: &str) -> Result<(), Failure> {
    std::fs::write(file, html).map_err(|error| {
        let file = Safe::new(&file.to_string_lossy()).to_string();
        Failure::new(exit::CANNOT_CREATE, format!("failed to write {file}: {error}"))
    })
}
