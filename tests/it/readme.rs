//! README's table of commands is that of the program, and its first five minutes are run and compared with what they
//! print.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};

use clap::CommandFactory;
use overread::cli::args::Cli;
use overread::runtime;

use crate::markdown::{fenced, quoted, rows, section};

const README: &str = include_str!("../../README.md");

#[test]
fn every_command_and_flag_of_the_readme_exists_and_none_is_left_out() {
    let cli = Cli::command();
    let known: BTreeSet<&str> = cli
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .map(|command| command.get_name())
        .collect();
    let mut listed = BTreeSet::new();
    for row in rows(section(README, "Commands")) {
        let names: Vec<String> = row.first().map(|cell| quoted(cell)).unwrap_or_default();
        let names: Vec<&str> = names.iter().filter_map(|usage| usage.split_whitespace().next()).collect();
        let commands: Vec<_> = names.iter().filter_map(|name| cli.find_subcommand(name)).collect();
        assert_eq!(commands.len(), names.len(), "no such command: {names:?}");
        for flag in row.join(" ").split(|c: char| !(c.is_ascii_lowercase() || c == '-')) {
            let Some(flag) = flag.strip_prefix("--").filter(|flag| !flag.is_empty()) else { continue };
            let has = |command: &clap::Command| {
                command.get_arguments().any(|argument| argument.get_long() == Some(flag))
            };
            let there = commands.iter().any(|command| has(command) || command.get_subcommands().any(has))
                || has(&cli);
            assert!(there, "{names:?} has no --{flag}");
        }
        listed.extend(names.into_iter().map(str::to_owned));
    }
    let listed: BTreeSet<&str> = listed.iter().map(String::as_str).collect();
    assert_eq!(listed, known);
}

/// Runs a line of the README in the folder that its reader is in by then.
fn run(line: &str, home: &Path) -> Result<String, Box<dyn Error>> {
    let first = home.join("first");
    let program = Path::new(env!("CARGO_BIN_EXE_overread"));
    let folders = program.parent().into_iter().map(Path::to_path_buf);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let shell = Command::new("sh")
        .args(["-c", &format!("exec 2>&1\n{line}")])
        .current_dir(if first.is_dir() { &first } else { home })
        .env("PATH", std::env::join_paths(folders.chain(std::env::split_paths(&path)))?)
        .env("HOME", home)
        .env_remove("OVERREAD_STORE")
        .env_remove("XDG_CONFIG_HOME")
        .stdin(Stdio::null())
        .output()?;
    Ok(String::from_utf8(shell.stdout)?)
}

/// Lines without what a run may vary: spaces, the account and, where they are shuffled, letters and numbers.
fn plain(text: &str, account: &str, shuffled: bool) -> Vec<String> {
    let line = |line: &str| {
        let words = line.split_whitespace().enumerate().map(|(at, word)| match word {
            "ana" => account,
            "A" | "B" if shuffled => "R",
            "1" | "2" if shuffled && at == 0 => "n",
            word => word,
        });
        words.collect::<Vec<_>>().join(" ")
    };
    let mut lines: Vec<String> = text.lines().map(line).filter(|line| !line.is_empty()).collect();
    if shuffled {
        lines.sort();
    }
    lines
}

/// Compares lines; `…` stands for anything in a line, and alone for any number of lines.
fn fits(expected: &[String], found: &[String]) -> bool {
    match (expected.split_first(), found.split_first()) {
        (None, None) => true,
        (Some((any, rest)), _) if any == "…" => {
            (0..=found.len()).any(|skip| found.get(skip..).is_some_and(|left| fits(rest, left)))
        }
        (Some((line, rest)), Some((other, left))) => line_fits(line, other) && fits(rest, left),
        _ => false,
    }
}

fn line_fits(expected: &str, found: &str) -> bool {
    let Some((head, rest)) = expected.split_once('…') else { return expected == found };
    let Some(found) = found.strip_prefix(head) else { return false };
    let starts = found.char_indices().map(|(at, _)| at).chain([found.len()]);
    starts.filter_map(|at| found.get(at..)).any(|left| line_fits(rest, left))
}

#[test]
fn the_first_five_minutes_are_true_to_the_letter() -> Result<(), Box<dyn Error>> {
    let home = tempfile::tempdir()?;
    std::os::unix::fs::symlink(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"),
        home.path().join("tests"),
    )?;
    let account = runtime::account();
    let mut calls = 0;
    for (language, block) in fenced(section(README, "The first five minutes")) {
        if language == "sh" {
            assert_eq!(run(&block, home.path())?, "");
            continue;
        }
        for call in format!("\n{block}").split("\n$ ").skip(1) {
            let (line, expected) = call.split_once('\n').unwrap_or((call, ""));
            let found = run(line, home.path())?;
            let shuffled = line.starts_with("overread show");
            let (expected, given) = (plain(expected, &account, shuffled), plain(&found, &account, shuffled));
            assert!(
                fits(&expected, &given),
                "{line}\n\nREADME says\n{expected:#?}\n\nand it prints\n{found}"
            );
            calls += 1;
        }
    }
    assert!(calls > 10, "{calls} calls were run");
    Ok(())
}
