//! The help of every command, as `snapshots/help.txt` keeps it. Run with UPDATE_SNAPSHOTS=1 to write it anew.

use std::path::Path;

use crate::program::{Outcome, Place};

fn commands_of(help: &str) -> Vec<&str> {
    let listed =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    listed
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next().filter(|word| !word.is_empty()))
        .collect()
}

fn describe(place: &Place, command: &[&str], all: &mut String) -> Outcome {
    let help = place.run(&[command, &["--help"]].concat())?.fine()?.out;
    let name = [&["overread"], command].concat().join(" ");
    // Whatever is to be filled in or chosen is said in words.
    let lines: Vec<&str> = help.lines().collect();
    for pair in lines.windows(2) {
        let [line, next] = pair else { continue };
        assert!(line.chars().count() <= 100, "{name}: {line}");
        let said_below = next.trim_start().len() + 10 <= next.len();
        let is_bare = line.starts_with(' ') && line.ends_with('>');
        assert!(!is_bare || said_below, "{name}: no words for {line}");
    }
    all.push_str(&format!("$ {name} --help\n{help}\n"));
    for below in commands_of(&help) {
        describe(place, &[command, &[below]].concat(), all)?;
    }
    Ok(())
}

#[test]
fn the_help_of_every_command_is_as_it_was() -> Outcome {
    let place = Place::new()?;
    let mut all = String::new();
    describe(&place, &[], &mut all)?;
    assert!(all.matches("\n$ overread ").count() > 25, "{all}");
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/snapshots/help.txt");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::create_dir_all(kept.parent().ok_or("no folder")?)?;
        std::fs::write(&kept, &all)?;
    }
    assert!(
        std::fs::read_to_string(&kept)? == all,
        "the help has changed: look at it, then run this test with UPDATE_SNAPSHOTS=1"
    );
    Ok(())
}

#[test]
fn every_command_of_the_contract_is_there() -> Outcome {
    let place = Place::new()?;
    let help = place.run(&["--help"])?.fine()?.out;
    let commands = commands_of(&help);
    for command in [
        "demo",
        "init",
        "import",
        "queue",
        "show",
        "decide",
        "finalise",
        "reopen",
        "unblind",
        "agree",
        "consensus",
        "readers",
        "compare",
        "fuse",
        "export",
        "log",
        "verify",
        "backup",
        "restore",
        "check",
        "charter",
        "people",
        "preview",
        "doctor",
        "keys",
        "themes",
        "completions",
        "man",
    ] {
        assert!(commands.contains(&command), "{command}");
    }
    let version = place.run(&["--version"])?.fine()?.out;
    assert_eq!(version, format!("overread {}\n", env!("CARGO_PKG_VERSION")));
    // The terminal UI, which needs a terminal and a store.
    place.run(&[])?.refused(66, "no store is named")?;
    Ok(())
}
