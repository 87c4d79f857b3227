//! Commands about the project as a whole: its making, its log, its proof, its protocol, its people.

use crate::domain::word::Word;
use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value as Json, json};

use super::args::{CharterAction, Cli, PeopleAction};
use super::exit::{self, Failure, Outcome};
use super::table::{Table, left, right};
use super::{Out, counted, open, read_text, store_path, word};
use crate::domain::authority::Role;
use crate::domain::charter::guideline::Clause;
use crate::domain::charter::parse::{self, Fault};
use crate::domain::moment;
use crate::domain::text::Safe;
use crate::review;
use crate::review::people::Addition;
use crate::runtime;
use crate::store::Actor;
use crate::store::query::LogFilter;
use crate::store::verify::{Scope, verify as prove};

pub fn init(cli: &Cli, out: &mut Out, new: &Path, charter: Option<&Path>) -> Outcome {
    if cli.speaks_as.is_some() {
        return Err(Failure::new(
            exit::NOT_PERMITTED,
            "a new store has no shared accounts yet: leave --as out",
        ));
    }
    let text = charter.map(read_text).transpose()?;
    let guideline =
        charter.zip(text.as_deref()).map(|(file, text)| guideline_of(file, text)).transpose()?.flatten();
    let account = runtime::account();
    let actor = Actor { who: account.clone(), account, origin: runtime::origin() };
    let key = runtime::random_key()?;
    let version =
        review::init::init_with(new, text.as_deref(), guideline.as_deref(), &actor, key, runtime::now)
            .map_err(|error| named(charter, error))?;
    if out.json {
        out.json(&json!({ "path": new.to_string_lossy(), "charter_version": version }))?;
    } else {
        let shown = new.to_string_lossy();
        out.line(format!("made {shown} with version {version} of its charter"))?;
        out.line(match charter {
            Some(_) => format!("next: overread import READS --images DICOM --store {shown}"),
            None => {
                format!("labels will be inferred; next: overread import READS --images DICOM --store {shown}")
            }
        })?;
    }
    out.done(exit::FINE)
}

/// Reads the guideline that a charter names, which lies beside it; none where it names none, or has faults that are told
/// later.
pub(super) fn guideline_of(file: &Path, text: &str) -> Result<Option<String>, Failure> {
    let Some(name) = parse::parse(text).ok().and_then(|charter| charter.guideline) else { return Ok(None) };
    let path = file.parent().unwrap_or(Path::new("")).join(&name);
    read_text(&path).map(Some).map_err(|failure| Failure {
        words: format!(
            "{}: it names the guideline {}, which lies beside it: {}",
            Safe::new(&file.to_string_lossy()),
            Safe::new(&name),
            failure.words
        ),
        ..failure
    })
}

/// Tells what is wrong with the guideline that a charter names.
fn guideline_within(file: &Path, text: &str) -> Result<(), String> {
    let Some(name) = parse::parse(text).ok().and_then(|charter| charter.guideline) else { return Ok(()) };
    let path = file.parent().unwrap_or(Path::new("")).join(&name);
    let named =
        |why: String| format!("it names the guideline {}, which lies beside it: {why}", Safe::new(&name));
    let read = read_text(&path).map_err(|failure| named(failure.words))?;
    review::charter::check_guideline(Some(&read)).map_err(|error| error.to_string())
}

/// Puts the file's name before what is wrong with it.
pub(super) fn named(file: Option<&Path>, error: review::ReviewError) -> Failure {
    let failure = Failure::from(error);
    match file.filter(|_| failure.code == exit::BAD_CONFIG) {
        Some(file) => Failure {
            words: failure
                .words
                .lines()
                .map(|line| format!("{}: {line}", Safe::new(&file.to_string_lossy())))
                .collect::<Vec<_>>()
                .join("\n"),
            ..failure
        },
        None => failure,
    }
}

/// Reads a moment that was named on the command line.
pub(super) fn moment_of(text: Option<&str>, now: i64) -> Result<Option<i64>, Failure> {
    let Some(text) = text else { return Ok(None) };
    match moment::parse(text, now) {
        Some(moment) => Ok(Some(moment)),
        None => Err(Failure::usage(format!(
            "{} is no moment: say 2026-11-23, 2026-11-23T08:00:00Z, or an age such as 7d",
            Safe::new(text)
        ))),
    }
}

pub fn log(
    cli: &Cli,
    out: &mut Out,
    case: Option<&str>,
    user: Option<&str>,
    since: Option<&str>,
    limit: Option<u64>,
) -> Outcome {
    let mut session = open(cli)?;
    let since = moment_of(since, session.now())?;
    let filter = LogFilter {
        case: case.map(Into::into),
        who: user.map(Into::into),
        since,
        limit,
        ..LogFilter::default()
    };
    let mut table = Table::new(&[
        right("seq").whole(),
        left("at (UTC)").whole(),
        left("who"),
        left("role"),
        left("action").whole(),
        left("case").by_its_end(),
        left("object"),
        left("outcome").whole(),
        left("why").wrapped(),
    ]);
    let mut failed = None;
    review::log::read(&mut session, &filter, |line| {
        if out.json {
            // The reader of the output may have gone, which ends the listing and is no fault of the log.
            if let Err(failure) = out.json(&line) {
                failed = Some(failure);
                return Err(review::ReviewError::Busy(String::new()));
            }
            return Ok(());
        }
        let text = |name: &str| match line.get(name) {
            Some(Json::String(text)) => text.clone(),
            Some(Json::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        let detail = |name: &str| {
            line.pointer(&format!("/detail/{name}")).and_then(Json::as_str).unwrap_or_default().to_owned()
        };
        let why = [detail("why"), detail("note"), detail("file")]
            .into_iter()
            .find(|why| !why.is_empty())
            .unwrap_or_default();
        table.row([
            text("seq"),
            text("at").get(..19).unwrap_or_default().replace('T', " "),
            text("who"),
            text("role"),
            text("action"),
            text("case"),
            text("object"),
            // What went as it should needs no word.
            Some(text("outcome")).filter(|outcome| outcome != "ok").unwrap_or_default(),
            why,
        ]);
        Ok(())
    })
    .map_err(|error| failed.unwrap_or_else(|| error.into()))?;
    if !out.json {
        out.table(&table)?;
    }
    out.done(exit::FINE)
}

pub fn verify(cli: &Cli, out: &mut Out, quick: bool, head: Option<&str>) -> Outcome {
    if head.is_some_and(|head| head.len() != 64 || !head.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        return Err(Failure::usage(
            "a head is 64 hexadecimal digits, as `verify`, `export` and `backup` print it",
        ));
    }
    let scope = Scope { quick, head: head.map(Into::into) };
    let report = prove(&store_path(cli)?, &scope)?;
    let ok = report.problems.is_empty();
    if out.json {
        out.json(&json!({
            "ok": ok,
            "events": report.events,
            "head": report.head,
            // Not counted where only the chain was read.
            "cases": (!quick).then_some(report.cases),
            "findings": (!quick).then_some(report.findings),
            "problems": report.problems,
        }))?;
    } else {
        for problem in &report.problems {
            out.line(format!("✗ {problem}"))?;
        }
        let scope = if quick {
            "the chain of the log"
        } else {
            "the log, what was imported, and what follows from both"
        };
        out.line(match ok {
            true => format!("{scope}: whole and unchanged"),
            false => format!("{scope}: {}", counted(report.problems.len() as u64, "problem", "problems")),
        })?;
        let events = counted(report.events, "event", "events");
        out.line(match quick {
            true => format!("{events}; head {}", report.head),
            false => format!(
                "{events}, {}, {}; head {}",
                counted(report.findings, "finding", "findings"),
                counted(report.cases, "case", "cases"),
                report.head
            ),
        })?;
    }
    out.done(if ok { exit::FINE } else { exit::PROBLEMS })
}

pub fn backup(cli: &Cli, out: &mut Out, file: &Path) -> Outcome {
    let copied = review::backup::backup(&mut open(cli)?, file)?;
    copied_to(out, "saved", file, &copied)
}

pub fn restore(cli: &Cli, out: &mut Out, file: &Path) -> Outcome {
    let Some(new) = &cli.store else {
        return Err(Failure::usage("say which store to make of the backup: --store NEW"));
    };
    if !file.is_file() {
        return Err(Failure::new(
            exit::NO_INPUT,
            format!("there is no backup {}", Safe::new(&file.to_string_lossy())),
        ));
    }
    let copied = review::backup::restore(
        file,
        new,
        runtime::account(),
        cli.speaks_as.clone(),
        runtime::origin(),
        runtime::now,
    )
    .map_err(|error| match error {
        review::ReviewError::Config(words) => Failure::new(exit::BAD_DATA, words),
        other => other.into(),
    })?;
    copied_to(out, "restored", new, &copied)
}

fn copied_to(out: &mut Out, done: &str, file: &Path, copied: &review::backup::Copied) -> Outcome {
    if out.json {
        out.json(&json!(copied))?;
    } else {
        out.line(format!(
            "{done} {} ({} bytes); head {}",
            file.to_string_lossy(),
            copied.bytes,
            copied.head
        ))?;
    }
    out.done(exit::FINE)
}

pub fn charter(cli: &Cli, out: &mut Out, action: &CharterAction) -> Outcome {
    match action {
        CharterAction::Show { guideline: Some(clause) } => {
            let clauses = review::charter::guideline(&mut open(cli)?, clause.as_deref())?;
            if out.json {
                let of = |of: &Clause| json!({ "clause": of.name, "depth": of.depth, "text": of.text });
                out.json(&json!(clauses.iter().map(of).collect::<Vec<_>>()))?;
            } else {
                for (n, of) in clauses.iter().enumerate() {
                    let gap = if n == 0 { "" } else { "\n" };
                    let head = format!("{gap}{} {}", "#".repeat(of.depth), of.name);
                    out.text(if of.text.is_empty() { head } else { format!("{head}\n{}", of.text) })?;
                }
            }
            out.done(exit::FINE)
        }
        CharterAction::Show { guideline: None } => {
            let (text, version) = review::charter::show(&mut open(cli)?)?;
            match out.json {
                true => out.json(&json!({ "version": version, "charter": text }))?,
                false => out.text(format!("# version {version}\n{text}"))?,
            }
            out.done(exit::FINE)
        }
        CharterAction::Check { file } => {
            let text = read_text(file)?;
            let mut faults = parse::parse(&text).err().unwrap_or_default();
            // Whoever sets it needs the guideline too.
            if let Err(why) = guideline_within(file, &text) {
                faults.push(Fault { line: None, why });
            }
            if out.json {
                let lines: Vec<Json> =
                    faults.iter().map(|fault| json!({ "line": fault.line, "why": fault.why })).collect();
                out.json(&json!({ "ok": faults.is_empty(), "problems": lines }))?;
            } else if faults.is_empty() {
                out.line(format!("{}: fine", file.to_string_lossy()))?;
            } else {
                for line in review::charter::fault_lines(&faults).lines() {
                    out.line(format!("{}: {line}", file.to_string_lossy()))?;
                }
            }
            out.done(if faults.is_empty() { exit::FINE } else { exit::BAD_CONFIG })
        }
        CharterAction::Set { file, why, dry_run, closes } => {
            super::amend::set(cli, out, file, why, *dry_run, closes)
        }
    }
}

pub fn people(cli: &Cli, out: &mut Out, action: &PeopleAction) -> Outcome {
    let mut session = open(cli)?;
    match action {
        PeopleAction::Add { name, roles, role, skill, reader, shared } => {
            let roles: BTreeSet<Role> =
                roles.iter().chain(role).map(|role| word::<Role>("role", role)).collect::<Result<_, _>>()?;
            let addition = Addition {
                roles,
                skills: skill.iter().cloned().collect(),
                readers: reader.iter().cloned().collect(),
                shared: *shared,
            };
            let event = review::people::add(&mut session, name, &addition)?;
            super::case::event(out, &event, &format!("{name} was added"))
        }
        PeopleAction::Remove { name } => {
            let event = review::people::remove(&mut session, name)?;
            super::case::event(out, &event, &format!("{name} was removed"))
        }
        PeopleAction::List { limit } => {
            let people = review::people::list(&mut session)?;
            let mut table = Table::new(&[
                left("name"),
                left("roles"),
                left("skills"),
                left("reads as"),
                left("shared").whole(),
            ]);
            let mut listed = Vec::new();
            for (name, person) in people.iter().take(limit.unwrap_or(usize::MAX)) {
                let roles: Vec<&str> = person.roles.iter().map(|role| role.word()).collect();
                let skills: Vec<&str> = person.skills.iter().map(String::as_str).collect();
                let readers: Vec<&str> = person.readers.iter().map(String::as_str).collect();
                listed.push(json!({ "name": name, "roles": roles, "skills": skills, "readers": readers, "shared": person.shared }));
                let shared = if person.shared { "yes" } else { "" };
                table.row([
                    name.clone(),
                    roles.join(" "),
                    skills.join(" "),
                    readers.join(" "),
                    shared.into(),
                ]);
            }
            match out.json {
                true => out.json(&json!(listed))?,
                false => out.table(&table)?,
            }
            out.done(exit::FINE)
        }
    }
}
