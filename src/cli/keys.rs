//! `keys` and `themes`: what the terminal UI is steered by and looks like, a person's own files included.

use serde_json::json;

use super::args::Cli;
use super::config::{self, Looks};
use super::exit::{self, Outcome};
use super::out::Out;
use super::table::{Table, left};
use crate::command::{COMMANDS, Entry, Scope};
use crate::domain::word::Word;

/// Lists every command with its keys, by the place where it means something.
pub fn keys(cli: &Cli, out: &mut Out) -> Outcome {
    let looks = Looks::read(cli)?;
    let keys_of = |entry: &Entry| -> Vec<String> { looks.keymap.all_keys_of(entry.command) };
    if out.json {
        let of = |entry: &Entry| {
            json!({
                "scope": entry.scope.word(),
                "keys": keys_of(entry),
                "command": entry.name,
                "help": entry.help,
                "decides": entry.decides,
            })
        };
        out.json(&json!(COMMANDS.iter().map(of).collect::<Vec<_>>()))?;
        return out.done(exit::FINE);
    }
    for (scope, word) in Scope::WORDS {
        out.line(*word)?;
        let mut table =
            Table::new(&[left("key").whole(), left("command").whole(), left("what it does").wrapped()])
                .indented(2);
        for entry in COMMANDS.iter().filter(|entry| entry.scope == *scope) {
            table.row([keys_of(entry).join("  ").as_str(), entry.name, entry.help]);
        }
        out.table(&table)?;
        out.line("")?;
    }
    let own = config::file(cli).and_then(|path| Some(path.parent()?.join("keys.toml")));
    if let Some(own) = own {
        let here =
            if looks.files.contains(&own) { "comes over the default keys" } else { "would come over them" };
        out.line(format!("{} {here}, key by key", own.to_string_lossy()))?;
    }
    out.done(exit::FINE)
}

/// Lists the themes, or prints one as TOML.
pub fn themes(cli: &Cli, out: &mut Out, name: Option<&str>) -> Outcome {
    let looks = Looks::read(cli)?;
    if let Some(name) = name {
        let theme = looks.theme(name)?;
        if out.json {
            out.json(&json!({ "name": theme.name, "ground": theme.ground_word(), "toml": theme.to_toml() }))?;
        } else {
            out.text(theme.to_toml())?;
        }
        return out.done(exit::FINE);
    }
    if out.json {
        let of = |theme: &crate::theme::Theme| json!({ "name": theme.name, "ground": theme.ground_word() });
        out.json(&json!(looks.themes.iter().map(of).collect::<Vec<_>>()))?;
        return out.done(exit::FINE);
    }
    let mut table = Table::new(&[left("theme").whole(), left("for a ground that is").whole()]);
    for theme in &looks.themes {
        table.row([theme.name.as_str(), theme.ground_word()]);
    }
    out.table(&table)?;
    out.done(exit::FINE)
}
