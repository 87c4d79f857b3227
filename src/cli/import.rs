//! `import`: what comes in, and what is said about it.

use serde_json::json;

use super::args::{self, Cli};
use super::exit::{self, Failure, Outcome};
use super::{Out, ProgressLine, counted, open, read_text, word};
use crate::domain::text::Safe;
use crate::formats::Format;
use crate::imaging::Decoder;
use crate::review::import::{self, LabelKind, NamedMap, Progress, Report, Request};
use crate::runtime;

pub fn import(cli: &Cli, out: &mut Out, wanted: &args::Import) -> Outcome {
    let format = wanted.format.as_deref().map(|format| word::<Format>("format", format)).transpose()?;
    let map = match &wanted.map {
        Some(path) => {
            let shown = Safe::new(&path.to_string_lossy());
            Some(
                NamedMap::parse(&read_text(path)?)
                    .map_err(|faults| Failure::new(exit::BAD_CONFIG, format!("{shown}: {faults}")))?,
            )
        }
        None => None,
    };
    let request = Request {
        paths: wanted.paths.clone(),
        images: wanted.images.clone(),
        format,
        reader: wanted.reader.clone(),
        model: wanted.model,
        map,
        skip_bad_rows: wanted.skip_bad_rows,
        site: wanted.site.clone(),
    };
    let mut session = open(cli)?;
    let mut decoder = decoder();
    let mut line = ProgressLine::begin();
    let mut progress = |progress: Progress<'_>| {
        line.say(|| match progress {
            Progress::Headers { done, of } => format!("images: {done} of {of}"),
            Progress::Rows { file, rows } => format!("{}: {rows} rows", file.to_string_lossy()),
            Progress::Triage { cases } => format!("comparing reads: {cases} cases"),
        });
    };
    let report = match wanted.dry_run {
        true => import::dry_run(&mut session, &request, &mut decoder, &mut progress),
        false => import::import(&mut session, &request, &mut decoder, &mut progress),
    };
    line.clear();
    let report = report?;
    match out.json {
        true => out.json(&json!(report))?,
        false => describe(out, &report, wanted.dry_run)?,
    }
    let went_in = report.findings + report.reads + report.images + report.unchanged > 0;
    // Where nothing at all was understood, that is a fault too, and not only of files that lie beside others.
    let left = !report.refused.is_empty() || !(went_in || report.skipped.is_empty());
    out.done(match (!left, went_in) {
        (true, _) => exit::FINE,
        (false, true) => exit::PROBLEMS,
        (false, false) => exit::BAD_DATA,
    })
}

/// Gives a decoder that runs in a process of its own.
pub fn decoder() -> Decoder {
    Decoder::new(runtime::program(), vec!["decode-worker".into()])
}

/// So many lines of a kind are enough for a person; --json has all.
const MOST: usize = 20;

fn describe(out: &mut Out, report: &Report, dry_run: bool) -> Result<(), Failure> {
    for file in report.imported.iter().take(MOST) {
        let left = match file.left_out {
            0 => String::new(),
            left => format!(", {} left out", counted(left, "row", "rows")),
        };
        let findings = counted(file.findings, "finding", "findings");
        out.line(format!("{}  {}, {findings}{left}", file.file, file.format))?;
        if dry_run {
            for (source, meaning) in &file.understood {
                out.line(format!("  {source} → {meaning}"))?;
            }
            if !file.ignored.is_empty() {
                out.line(format!("  not used: {}", file.ignored.join(", ")))?;
            }
        }
    }
    more(out, report.imported.len(), "files")?;
    if dry_run {
        for LabelKind { label, kind } in &report.labels {
            out.line(format!("  label {label}: {kind}"))?;
        }
    }
    let would = if dry_run { "would bring in" } else { "brought in" };
    out.line(format!(
        "{would} {} in {} of {} by {}, and {}",
        counted(report.findings, "finding", "findings"),
        counted(report.reads, "read", "reads"),
        counted(report.cases, "case", "cases"),
        counted(report.readers, "reader", "readers"),
        counted(report.images, "image", "images"),
    ))?;
    if report.images_missing > 0 {
        let cases = counted(report.images_missing, "case has", "cases have");
        out.line(format!("{cases} no image yet: import it with --images DIR"))?;
    }
    if !report.image_problems.is_empty() {
        let found: Vec<String> =
            report.image_problems.iter().map(|(check, n)| format!("{check} {n}")).collect();
        out.line(format!("found in these images: {} (`overread check` lists each)", found.join(" · ")))?;
    }
    if report.blocked > 0 {
        let cases = counted(report.blocked, "case is blocked", "cases are blocked");
        out.line(format!("{cases}: `overread check` says why"))?;
    }
    if report.unchanged > 0 {
        out.line(counted(report.unchanged, "file was there already", "files were there already"))?;
    }
    for file in report.skipped.iter().take(MOST) {
        out.line(format!("skipped {}: {}", file.file, file.why))?;
    }
    more(out, report.skipped.len(), "skipped files")?;
    for file in report.refused.iter().take(MOST) {
        let line = file.line.map(|line| format!(" line {line}")).unwrap_or_default();
        out.line(format!("✗ {}{line}: {}", file.file, file.why))?;
    }
    more(out, report.refused.len(), "refusals")?;
    if report.refused.iter().any(|file| file.row) && report.imported.iter().all(|file| file.left_out == 0) {
        out.line(
            "a file with a refused line is not taken: mend it, or take its good rows with --skip-bad-rows",
        )?;
    }
    Ok(())
}

fn more(out: &mut Out, listed: usize, what: &str) -> Result<(), Failure> {
    match listed.checked_sub(MOST) {
        None | Some(0) => Ok(()),
        Some(more) => out.line(format!("… and {more} more {what} (--json lists all)")),
    }
}
