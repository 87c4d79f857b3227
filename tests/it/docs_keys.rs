//! Keys and looks as the documents tell them are those of the program: docs/keys.md is made of the table of commands,
//! README's short table and the list of themes are compared.

use std::collections::BTreeSet;
use std::path::Path;

use overread::command::{COMMANDS, Command, Scope};
use overread::domain::word::Word;
use overread::keymap::Keymap;
use overread::theme::THEMES;

use crate::markdown::{quoted, rows, section};
use crate::program::Outcome;

const README: &str = include_str!("../../README.md");
const TERMINAL: &str = include_str!("../../docs/terminal.md");
const THEME_LIST: &str = include_str!("../../themes/README.md");

/// Where a command means something, in words.
fn place(scope: Scope) -> &'static str {
    match scope {
        Scope::Global => "Everywhere",
        Scope::List => "In lists",
        Scope::Worklist => "In the worklist",
        Scope::Case => "In a case",
        Scope::Window => "While setting the window",
        Scope::Point => "While pointing",
        Scope::Log => "In the log",
        Scope::Figures => "On the screens of figures",
        Scope::Sampling => "On the screen Sampling",
        Scope::Causes => "On the screen Causes",
        Scope::Checks => "On the screen of checks",
        Scope::Form => "In forms and menus",
    }
}

/// Writes docs/keys.md.
fn keys_document(keymap: &Keymap) -> String {
    let mut text = "# Keys\n\nMade from the table of commands; `overread keys` lists the same with your own keys. What is \
                    marked ◷ decides, and is\nignored for a moment after the subject has changed.\n"
        .to_owned();
    for (scope, _) in Scope::WORDS {
        text.push_str(&format!(
            "\n## {}\n\n| keys | command | what it does |\n|---|---|---|\n",
            place(*scope)
        ));
        for entry in COMMANDS.iter().filter(|entry| entry.scope == *scope) {
            let keys: Vec<String> =
                keymap.all_keys_of(entry.command).iter().map(|keys| format!("`{keys}`")).collect();
            let mark = if entry.decides { " ◷" } else { "" };
            text.push_str(&format!("| {} | `{}`{mark} | {} |\n", keys.join(" "), entry.name, entry.help));
        }
    }
    text
}

fn keymap() -> Result<Keymap, String> {
    Keymap::load(&[]).map_err(|faults| format!("{faults:?}"))
}

#[test]
fn the_list_of_keys_is_made_of_the_table_of_commands() -> Outcome {
    let made = keys_document(&keymap()?);
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/keys.md");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&kept, &made)?;
    }
    assert!(
        std::fs::read_to_string(&kept)? == made,
        "the keys have changed: run this test with UPDATE_SNAPSHOTS=1, and look at docs/keys.md"
    );
    Ok(())
}

#[test]
fn the_keys_of_the_readme_do_what_it_says() -> Outcome {
    let keymap = keymap()?;
    let table = rows(section(README, "The keys that matter"));
    assert!(table.len() > 10);
    for row in table {
        let [keys, does] = row.as_slice() else { return Err(format!("{row:?}").into()) };
        let entry = COMMANDS.iter().find(|entry| entry.help == does).ok_or_else(|| does.clone())?;
        let bound = keymap.all_keys_of(entry.command);
        for key in quoted(keys) {
            assert!(bound.contains(&key), "{key}: {does}");
        }
    }
    Ok(())
}

#[test]
fn keys_in_the_text_of_the_terminals_document_are_bound() -> Outcome {
    let keymap = keymap()?;
    let all: BTreeSet<String> = COMMANDS.iter().flat_map(|entry| keymap.all_keys_of(entry.command)).collect();
    for (key, name) in [
        ("enter", "open-selected"),
        ("space", "look-at-case"),
        ("backspace", "step-back"),
        ("tab", "next-field"),
        ("ctrl-z", "undo-decision"),
        ("ctrl-g", "next-picture-protocol"),
        ("v", "toggle-outline"),
        ("V", "toggle-outlines"),
        ("O", "toggle-graphics"),
        ("g", "show-grid"),
        ("w", "choose-window"),
        ("ctrl-l", "redraw-screen"),
        ("alt-z", "suspend"),
    ] {
        assert!(TERMINAL.contains(&format!("`{key}`")), "{key}");
        let command = Command::from_name(name).ok_or(name)?;
        assert!(keymap.all_keys_of(command).contains(&key.to_owned()) && all.contains(key), "{key}: {name}");
    }
    Ok(())
}

#[test]
fn the_list_of_themes_is_that_of_the_program() {
    let told: BTreeSet<String> = rows(THEME_LIST)
        .iter()
        .filter_map(|row| row.first().map(|cell| quoted(cell)))
        .filter(|names| names.len() == 1)
        .flatten()
        .filter(|name| !name.starts_with('['))
        .collect();
    let known: BTreeSet<String> = THEMES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(told, known);
}
