//! `export`: the reference standard as a file.

use serde_json::json;

use super::args::{self, Cli};
use super::exit::{self, Outcome};
use super::{Out, counted, open, say_within, word};
use crate::review::export::{ExportFormat, Request, export as write};

pub fn export(cli: &Cli, out: &mut Out, wanted: &args::Export) -> Outcome {
    let format: ExportFormat = word("export format", &wanted.format)?;

    let request = Request {
        format,
        output: wanted.output.clone(),
        within: wanted.within.cases(),
        only_final: wanted.state.is_some(),
        reads: wanted.reads,
        force: wanted.force,
    };
    let written = write(&mut open(cli)?, &request)?;
    if out.json {
        out.json(&json!(written))?;
        return out.done(exit::FINE);
    }
    out.line(format!(
        "wrote {} of {} to {}",
        counted(written.findings, "settled item", "settled items"),
        counted(written.cases, "case", "cases"),
        written.files.join(" and ")
    ))?;
    say_within(out, &written.within)?;
    for (n, one, several) in [
        (written.provisional_left_out, "provisional item was left out", "provisional items were left out"),
        (written.open, "dispute is still open", "disputes are still open"),
        (
            written.dropped,
            "ambiguous item was left out: its decision excludes it",
            "ambiguous items were left out: their decisions exclude them",
        ),
        (
            written.not_for_test,
            "ambiguous item is to stay out of the test split (`handling` is drop)",
            "ambiguous items are to stay out of the test split (`handling` is drop)",
        ),
    ] {
        if n > 0 {
            out.line(counted(n, one, several))?;
        }
    }
    if written.held > 0 {
        out.line(format!(
            "{} rejected by {} left out: a lead lets a lot go with `overread sign SAMPLE --meaning …`",
            counted(written.held, "case of a lot", "cases of lots"),
            written.held_by.join(", ")
        ))?;
    }
    if written.unread > 0 {
        out.line(format!(
            "{} left out: you have yet to read {} for a sample, without knowing the answer; somebody else can export now",
            counted(written.unread, "case", "cases"),
            if written.unread == 1 { "it" } else { "them" }
        ))?;
    }
    out.line(format!("log head {}", written.log_head))?;
    out.done(exit::FINE)
}
