//! The command line: reads arguments, calls one use case, prints what came of it. Holds no rule of the protocol.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

mod agree;
mod amend;
pub mod args;
mod balance;
mod case;
mod causes;
mod check;
mod config;
mod consensus;
mod demo;
mod doctor;
pub mod exit;
mod export;
mod import;
mod keys;
mod masks;
pub mod out;
mod preview;
mod project;
mod readers;
mod reasons;
mod report;
mod retrain;
mod sample;
pub mod table;
mod ui;

use args::{Cli, Command};
use config::Config;
use exit::{Failure, Outcome};
use out::{Out, ProgressLine, counted};

use crate::domain::event::Action;
use crate::domain::origin::Within;
use crate::domain::text::Safe;
use crate::domain::word::Word;
use crate::imaging;
use crate::review::Session;
use crate::runtime;

/// Runs the program: gives what it ends with.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => {
            // What was typed is quoted in it.
            let _ = write!(std::io::stderr(), "{}", Safe::lines(&error.render().to_string()));
            return ExitCode::from(exit::USAGE);
        }
        Err(help) => {
            let _ = help.print();
            return ExitCode::from(exit::FINE);
        }
    };
    if matches!(cli.command, Some(Command::DecodeWorker)) {
        return imaging::worker_main();
    }
    match run(&cli) {
        Ok(code) => ExitCode::from(code),
        Err(Failure { code, words }) => {
            if !words.is_empty() {
                let _ = writeln!(std::io::stderr(), "overread: {}", Safe::lines(&words));
            }
            ExitCode::from(code)
        }
    }
}

fn run(cli: &Cli) -> Outcome {
    let out = &mut Out::new(cli.json);
    let Some(command) = &cli.command else { return ui::start(cli) };
    match command {
        Command::Demo { dir, images } => ui::demo(cli, dir.as_deref(), *images),
        Command::Init { new, charter } => project::init(cli, out, new, charter.as_deref()),
        Command::Import(wanted) => import::import(cli, out, wanted),
        Command::Queue(wanted) => case::queue(cli, out, wanted),
        Command::Show { case, reveal, why } => case::show(cli, out, case, why.as_deref().filter(|_| *reveal)),
        Command::Decide { file } => case::decide(cli, out, file.as_deref()),
        Command::Finalise { cases: _, all: true, .. } => case::finalise_all(cli, out),
        Command::Finalise { cases, dispute, .. } => case::finalise(cli, out, cases, dispute.as_deref()),
        Command::Reopen { case, dispute, why } => {
            case::act(cli, out, Action::Reopen, case, dispute.as_deref(), why)
        }
        Command::Undo { case, dispute } => case::undo(cli, out, case, dispute),
        Command::Resume { case, dispute } => {
            case::act(cli, out, Action::Resume, case, dispute.as_deref(), "")
        }
        Command::Waive { case, dispute, why } => {
            case::act(cli, out, Action::Waive, case, dispute.as_deref(), why)
        }
        Command::Claim { case } => case::claim(cli, out, case),
        Command::Release { case } => case::release(cli, out, case),
        Command::Unblind { case, why } => case::unblind(cli, out, case, why),
        Command::Block { case, why } => case::act(cli, out, Action::Block, case, None, why),
        Command::Unblock { case, why } => case::act(cli, out, Action::Unblock, case, None, why),
        Command::Sign { subject, meaning } => case::sign(cli, out, subject, meaning),
        Command::Sample { action } => sample::sample(cli, out, action),
        Command::Agree(wanted) => agree::agree(cli, out, wanted),
        Command::Consensus(wanted) => consensus::consensus(cli, out, wanted),
        Command::Causes(wanted) => causes::causes(cli, out, wanted),
        Command::Readers(wanted) => readers::readers(cli, out, wanted),
        Command::Report(wanted) => report::report(cli, out, wanted),
        Command::Tickets(wanted) => retrain::tickets(cli, out, wanted),
        Command::Feedback(wanted) => retrain::feedback(cli, out, wanted),
        Command::Ambiguity(wanted) => retrain::ambiguity(cli, out, wanted),
        Command::Balance(wanted) => balance::balance(cli, out, wanted),
        Command::Compare(wanted) => masks::compare(out, wanted),
        Command::Fuse(wanted) => masks::fuse(out, wanted),
        Command::Export(wanted) => export::export(cli, out, wanted),
        Command::Log { case, user, since, limit } => {
            project::log(cli, out, case.as_deref(), user.as_deref(), since.as_deref(), *limit)
        }
        Command::Verify { quick, head } => project::verify(cli, out, *quick, head.as_deref()),
        Command::Backup { file } => project::backup(cli, out, file),
        Command::Restore { file } => project::restore(cli, out, file),
        Command::Check(wanted) => check::check(cli, out, wanted),
        Command::Charter { action } => project::charter(cli, out, action),
        Command::People { action } => project::people(cli, out, action),
        Command::Preview(wanted) => preview::preview(cli, out, wanted),
        Command::Doctor { link } => doctor::doctor(cli, out, *link),
        Command::Keys => keys::keys(cli, out),
        Command::Themes { name } => keys::themes(cli, out, name.as_deref()),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut offered(), "overread", &mut script);
            out.raw(&script)
        }
        Command::Man => out.raw(&manual()?),
        Command::DecodeWorker => Ok(exit::FINE),
    }
}

/// Gives the command line as people may use it: completions know nothing of hiding.
fn offered() -> clap::Command {
    let all = Cli::command();
    let commands = all.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
    clap::Command::new("overread")
        .version(crate::review::PROGRAM)
        .disable_help_subcommand(true)
        .args(all.get_arguments().cloned())
        .subcommands(commands)
}

/// Writes the manual page: the program, then each of its commands.
fn manual() -> Result<Vec<u8>, Failure> {
    let mut program = Cli::command();
    program.build();
    let mut page = Vec::new();
    let man = clap_mangen::Man::new(program.clone());
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    let mut commands: Vec<clap::Command> = program.get_subcommands().cloned().collect();
    commands.retain(|command| !command.is_hide_set());
    while !commands.is_empty() {
        // What every command takes was said above.
        let command = commands.remove(0).mut_args(|option| {
            let said = option.is_global_set();
            option.hide(said)
        });
        let mut part = Vec::new();
        let man = clap_mangen::Man::new(command.clone());
        man.render_synopsis_section(&mut part)?;
        man.render_description_section(&mut part)?;
        man.render_options_section(&mut part)?;
        let name = command.get_bin_name().unwrap_or_default().to_uppercase();
        writeln!(page, ".SH \"{name}\"")?;
        // Its sections stand one level below its name.
        page.extend(String::from_utf8_lossy(&part).replace(".SH ", ".SS ").into_bytes());
        let below: Vec<clap::Command> = command.get_subcommands().cloned().collect();
        commands.splice(0..0, below);
    }
    man.render_extra_section(&mut page)?;
    Ok(page)
}

/// Finds the store that is meant.
fn store_path(cli: &Cli) -> Result<PathBuf, Failure> {
    // A configuration with a fault is told even where it isn't needed for the store.
    let configured = Config::read(cli)?.store;
    if let Some(path) = &cli.store {
        return Ok(path.clone());
    }
    if let Some(path) = runtime::variable("OVERREAD_STORE") {
        return Ok(path.into());
    }
    let mut here: Vec<PathBuf> = std::fs::read_dir(".")
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    here.retain(|path| path.extension().is_some_and(|end| end == "overread") && path.is_file());
    match here.as_slice() {
        [only] => Ok(only.strip_prefix(".").unwrap_or(only).to_path_buf()),
        [] => configured.ok_or_else(|| {
            Failure::new(
                exit::NO_INPUT,
                "no store is named, and none lies here: say --store PATH, set OVERREAD_STORE, or make one with \
                 `overread init NAME.overread`",
            )
        }),
        several => Err(Failure::usage(format!(
            "{} stores lie here: say which one with --store PATH",
            several.len()
        ))),
    }
}

/// Opens the store that is meant, for whoever runs the program.
fn open(cli: &Cli) -> Result<Session, Failure> {
    Ok(Session::open(
        &store_path(cli)?,
        runtime::account(),
        cli.speaks_as.clone(),
        runtime::origin(),
        runtime::now,
    )?)
}

/// More than any charter or map holds.
const LARGEST_TEXT: u64 = 16 * 1024 * 1024;

/// Reads a text file that was named on the command line.
fn read_text(path: &Path) -> Result<String, Failure> {
    let shown = Safe::new(&path.to_string_lossy()).to_string();
    match std::fs::metadata(path) {
        Ok(meta) if !meta.is_file() => {
            return Err(Failure::new(exit::NO_INPUT, format!("{shown} is no regular file")));
        }
        Ok(meta) if meta.len() > LARGEST_TEXT => {
            return Err(Failure::new(exit::BAD_DATA, format!("{shown} is larger than 16 MiB")));
        }
        _ => {}
    }
    std::fs::read_to_string(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidData => Failure::new(exit::BAD_DATA, format!("{shown} is no UTF-8 text")),
        std::io::ErrorKind::NotFound => Failure::new(exit::NO_INPUT, format!("there is no file {shown}")),
        _ => Failure::new(exit::NO_INPUT, format!("failed to read {shown}: {error}")),
    })
}

/// Reads a word of a closed list, in whatever case, or says which there are.
fn word<T: Word>(what: &str, given: &str) -> Result<T, Failure> {
    let plain = |word: &str| word.to_lowercase().replace('_', "-");
    let known = T::WORDS.iter().find(|(_, word)| plain(word) == plain(given));
    known.map(|(member, _)| *member).ok_or_else(|| {
        Failure::usage(format!("there is no {what} {}: use one of {}", Safe::new(given), T::all_words()))
    })
}

/// Says of which cases alone the figures are.
fn say_within(out: &mut Out, within: &Within) -> Result<(), Failure> {
    match within.words() {
        Some(words) => out.line(format!("of cases from {words} alone")),
        None => Ok(()),
    }
}

/// Names in a JSON object the batch and the site that what it says is of.
fn put_within(object: &mut serde_json::Value, within: &Within) {
    if let (Some(fields), serde_json::Value::Object(named)) =
        (object.as_object_mut(), serde_json::json!(within))
    {
        fields.extend(named);
    }
}

/// Tells whether a person sits before stdin.
fn asks_at_terminal() -> bool {
    std::io::stdin().is_terminal()
}
