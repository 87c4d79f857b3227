//! `report`: the project on one page.

use serde_json::json;

use super::args::{self, Cli};
use super::exit::{self, Failure, Outcome};
use super::project::moment_of;
use super::{Out, counted, open};
use crate::domain::text::Safe;
use crate::report::page;
use crate::review::ReviewError;
use crate::review::report::report as collect;

pub fn report(cli: &Cli, out: &mut Out, wanted: &args::Report) -> Outcome {
    if wanted.output.exists() && !wanted.force {
        return Err(ReviewError::Exists(wanted.output.clone()).into());
    }
    let mut session = open(cli)?;
    let since = moment_of(wanted.since.as_deref(), session.now())?;
    let report = collect(&mut session, &wanted.output, since)?;
    let html = page(&report);
    std::fs::write(&wanted.output, &html).map_err(|error| {
        let file = Safe::new(&wanted.output.to_string_lossy()).to_string();
        Failure::new(exit::CANNOT_CREATE, format!("failed to write {file}: {error}"))
    })?;
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
