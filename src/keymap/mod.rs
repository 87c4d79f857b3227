//! Which key means which command where: the default file, and a person's own over it, key by key.

use std::collections::BTreeMap;

use crate::command::{COMMANDS, Command, Key, Scope, parse_sequence, show_sequence};
use crate::domain::charter::words::nearest;
use crate::domain::settings::{Fault, Setting, Source, read};
use crate::domain::word::Word;

/// The default keymap's text.
pub const DEFAULT: &str = include_str!("default.toml");
/// The default keymap's name in messages.
pub const DEFAULT_NAME: &str = "default keys";

/// What unbinds a key.
const NONE: &str = "none";

/// Keys and what they mean, by scope.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keymap {
    bindings: BTreeMap<Scope, BTreeMap<Vec<Key>, Command>>,
}

/// What some keys come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Command(Command),
    /// More keys are to come: which, and what they would mean.
    Pending(Vec<(Key, &'static str)>),
    Nothing,
}

/// A binding with where it stands.
struct Bound {
    scope: Scope,
    keys: Vec<Key>,
    /// None where the key is taken away.
    command: Option<Command>,
    line: usize,
}

impl Keymap {
    /// Reads the default keymap and some files over it, the later over the earlier.
    ///
    /// # Errors
    /// Everything that is wrong in any of them.
    pub fn load(sources: &[Source]) -> Result<Keymap, Vec<Fault>> {
        let default = Source { path: DEFAULT_NAME.into(), text: DEFAULT.into() };
        let mut keymap = Keymap::default();
        let mut faults = Vec::new();
        for source in std::iter::once(&default).chain(sources) {
            match bounds(source) {
                Ok(bounds) => keymap.merge(source, bounds, &mut faults),
                Err(more) => faults.extend(more),
            }
        }
        let ways = [Command::Quit, Command::Leave, Command::ShowPalette];
        let leaves = ways.iter().any(|way| !keymap.keys_of(*way, &[Scope::Global]).is_empty());
        if let (true, false, Some(last)) = (faults.is_empty(), leaves, sources.last()) {
            let why =
                "no key leaves the program any more: bind quit, leave or show-palette in [global]".into();
            faults.push(Fault { path: last.path.clone(), line: 1, why });
        }
        if faults.is_empty() { Ok(keymap) } else { Err(faults) }
    }

    /// Puts a file's bindings over what is there.
    fn merge(&mut self, source: &Source, bounds: Vec<Bound>, faults: &mut Vec<Fault>) {
        let mut here: BTreeMap<(Scope, Vec<Key>), (Command, usize)> = BTreeMap::new();
        for bound in bounds {
            let scope = self.bindings.entry(bound.scope).or_default();
            let Some(command) = bound.command else {
                scope.remove(&bound.keys);
                continue;
            };
            // One way to write a key may be another: `minus` and `-`.
            if let Some((other, line)) = here.insert((bound.scope, bound.keys.clone()), (command, bound.line))
                && other != command
            {
                faults.push(Fault {
                    path: source.path.clone(),
                    line: bound.line,
                    why: format!(
                        "{} means {} here and {} on line {line}: a key means one command",
                        show_sequence(&bound.keys),
                        command.name(),
                        other.name()
                    ),
                });
            }
            let clash = scope.iter().find(|(keys, _)| {
                keys.len() != bound.keys.len()
                    && (keys.starts_with(&bound.keys) || bound.keys.starts_with(keys))
            });
            if let Some((keys, other)) = clash {
                faults.push(Fault {
                    path: source.path.clone(),
                    line: bound.line,
                    why: format!(
                        "{} for {} and {} for {} can't both be: one begins the other; unbind one with \"{NONE}\"",
                        show_sequence(&bound.keys),
                        command.name(),
                        show_sequence(keys),
                        other.name()
                    ),
                });
                continue;
            }
            scope.insert(bound.keys, command);
        }
    }

    /// Finds what keys mean, in the innermost scope first.
    pub fn find(&self, scopes: &[Scope], keys: &[Key]) -> Found {
        for scope in scopes {
            let Some(bindings) = self.bindings.get(scope) else { continue };
            if let Some(command) = bindings.get(keys) {
                return Found::Command(*command);
            }
            let next: Vec<(Key, &'static str)> = bindings
                .iter()
                .filter(|(known, _)| known.len() > keys.len() && known.starts_with(keys))
                .filter_map(|(known, command)| Some((*known.get(keys.len())?, command.entry().short)))
                .collect();
            if !next.is_empty() {
                return Found::Pending(next);
            }
        }
        Found::Nothing
    }

    /// Gives the keys that mean a command in some scopes, as they are written; those that an inner scope takes are left
    /// out.
    pub fn keys_of(&self, command: Command, scopes: &[Scope]) -> Vec<String> {
        let mut found = Vec::new();
        for scope in scopes {
            for (keys, bound) in self.bindings.get(scope).into_iter().flatten() {
                if *bound == command && self.find(scopes, keys) == Found::Command(command) {
                    found.push(show_sequence(keys));
                }
            }
        }
        // The shortest and plainest first: what the footer shows.
        found.sort_by_key(|keys| (keys.len() > 1, keys.len()));
        found.dedup();
        found
    }

    /// Gives the keys that mean a command anywhere, the shortest first.
    pub fn all_keys_of(&self, command: Command) -> Vec<String> {
        let all = Scope::WORDS.iter().flat_map(|(scope, _)| self.bindings(*scope));
        let mut found: Vec<String> =
            all.filter(|(_, bound)| *bound == command).map(|(keys, _)| keys).collect();
        found.sort_by_key(|keys| (keys.contains(' '), keys.len()));
        found.dedup();
        found
    }

    /// Gives every binding of a scope.
    pub fn bindings(&self, scope: Scope) -> impl Iterator<Item = (String, Command)> + '_ {
        self.bindings.get(&scope).into_iter().flatten().map(|(keys, command)| (show_sequence(keys), *command))
    }
}

/// Says what a key that stands twice in a table means in both places, where a fault is about one: TOML itself only says
/// that it stands twice.
fn twice(source: &Source, fault: &Fault) -> Option<Fault> {
    let setting = |line: &str| {
        let (key, command) = line.split_once('=')?;
        let bare = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
        Some((bare(key), bare(command.split('#').next()?)))
    };
    let lines: Vec<&str> = source.text.lines().take(fault.line).collect();
    let (last, before) = lines.split_last()?;
    let (key, command) = setting(last)?;
    let same_table =
        before.iter().enumerate().rev().take_while(|(_, line)| !line.trim_start().starts_with('['));
    let (n, other) = same_table
        .filter_map(|(n, line)| Some((n + 1, setting(line).filter(|(known, _)| *known == key)?.1)))
        .next()?;
    let why = format!("{key} means {command} here and {other} on line {n}: a key means one command");
    Some(Fault { why, ..fault.clone() })
}

/// Reads a file's bindings.
fn bounds(source: &Source) -> Result<Vec<Bound>, Vec<Fault>> {
    let lines = read(source).map_err(|fault| vec![twice(source, &fault).unwrap_or(fault)])?;
    let mut bounds = Vec::new();
    let mut faults = Vec::new();
    for line in lines {
        let mut wrong = |why: String| faults.push(Fault { path: source.path.clone(), line: line.line, why });
        let meant = |word: &str, known: Vec<&'static str>| {
            nearest(word, known.iter().copied())
                .map_or(String::new(), |near| format!("; did you mean {near}?"))
        };
        let scopes: Vec<&'static str> = Scope::WORDS.iter().map(|(_, word)| *word).collect();
        let Some(scope) = Scope::from_word(&line.table) else {
            match line.table.as_str() {
                "" => wrong(format!(
                    "{} stands in no table: write [global], [case] or another before it",
                    line.key
                )),
                table => wrong(format!(
                    "there is no place [{table}]{} (known: {})",
                    meant(table, scopes.clone()),
                    scopes.join(", ")
                )),
            }
            continue;
        };
        let keys = match parse_sequence(&line.key) {
            Ok(keys) => keys,
            Err(error) => {
                wrong(error.to_string());
                continue;
            }
        };
        let Setting::Text(name) = &line.setting else {
            wrong(format!("{} must be the name of a command in quotes", line.key));
            continue;
        };
        let command = Command::from_name(name);
        if command.is_none() && name != NONE {
            let names: Vec<&'static str> = COMMANDS.iter().map(|entry| entry.name).collect();
            wrong(format!("there is no command {name}{}: see `overread keys`", meant(name, names)));
            continue;
        }
        bounds.push(Bound { scope, keys, command, line: line.line });
    }
    if faults.is_empty() { Ok(bounds) } else { Err(faults) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Keymap, Vec<String>> {
        let source = Source { path: "keys.toml".into(), text: text.into() };
        Keymap::load(&[source]).map_err(|faults| faults.iter().map(Fault::to_string).collect())
    }

    #[test]
    fn every_command_has_a_key() {
        let keymap = Keymap::load(&[]).unwrap_or_default();
        for entry in COMMANDS {
            let bound = Scope::WORDS
                .iter()
                .any(|(scope, _)| keymap.bindings(*scope).any(|(_, known)| known == entry.command));
            assert!(bound, "{} has no key", entry.name);
        }
    }

    #[test]
    fn own_keys_come_over_the_default_ones() {
        let keymap = load("[case]\nn = \"none\"\n\"ctrl-n\" = \"next-dispute\"\nw = \"zoom-in\"\n")
            .unwrap_or_default();
        let scopes = [Scope::Case, Scope::Global];
        assert_eq!(keymap.find(&scopes, &[Key::char('n')]), Found::Nothing);
        assert_eq!(keymap.find(&scopes, &[Key::ctrl('n')]), Found::Command(Command::NextDispute));
        assert_eq!(keymap.find(&scopes, &[Key::char('w')]), Found::Command(Command::ZoomIn));
        assert!(matches!(keymap.find(&scopes, &[Key::char('o')]), Found::Pending(next) if next.len() == 8));
        assert_eq!(keymap.keys_of(Command::ZoomIn, &scopes), ["+", "=", "w"]);
        // In a case, j moves the picture and not the list.
        let inner = [Scope::Case, Scope::List];
        assert_eq!(keymap.keys_of(Command::MoveDown, &inner), ["down"]);
    }

    #[test]
    fn faults_name_the_file_the_line_and_both_commands() {
        for (text, words) in [
            (
                "[case]\n\"-\" = \"zoom-in\"\nminus = \"zoom-out\"\n",
                "keys.toml:3: - means zoom-out here and zoom-in on line 2",
            ),
            ("[global]\no = \"quit\"\n", "keys.toml:2: o for quit and o a for open-agreement can't both be"),
            (
                "[case]\nj = \"zoom-inn\"\n",
                "keys.toml:2: there is no command zoom-inn; did you mean zoom-in?",
            ),
            ("[caze]\nj = \"zoom-in\"\n", "keys.toml:2: there is no place [caze]; did you mean case?"),
            ("[case]\nhyper-j = \"zoom-in\"\n", "keys.toml:2: \"hyper-j\" is no key"),
            ("[case]\nj = 3\n", "keys.toml:2: j must be the name of a command"),
            ("j = \"zoom-in\"\n", "keys.toml:1: j stands in no table"),
            (
                "[case]\nj = \"zoom-in\"\nk = \"none\"\n\"j\" = \"zoom-out\"\n",
                "keys.toml:4: j means zoom-out here and zoom-in on line 2: a key means one command",
            ),
            (
                "[global]\nq = \"none\"\nctrl-c = \"none\"\n\":\" = \"none\"\nctrl-p = \"none\"\n",
                "keys.toml:1: no key leaves the program any more",
            ),
            ("[case\n", "keys.toml:1: "),
        ] {
            let faults = load(text).err().unwrap_or_default();
            assert!(faults.iter().any(|fault| fault.starts_with(words)), "{words}: {faults:?}");
        }
    }
}
