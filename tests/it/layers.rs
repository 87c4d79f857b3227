//! The layers of ARCHITECTURE.md, read off the sources: arrows point down.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::program::{Outcome, files_below};

/// Each layer and those that it may know.
const LAYERS: [(&str, &[&str]); 15] = [
    ("stats", &[]),
    ("domain", &["stats"]),
    ("command", &["domain"]),
    ("formats", &["domain", "stats"]),
    ("imaging", &["domain", "stats"]),
    ("store", &["domain", "stats"]),
    ("keymap", &["domain", "command"]),
    ("preview", &["domain", "stats", "imaging"]),
    ("theme", &["domain", "preview"]),
    ("review", &["domain", "stats", "formats", "imaging", "store"]),
    ("report", &["domain", "review"]),
    ("app", &["domain", "stats", "command", "keymap", "imaging", "preview", "review"]),
    ("ui", &["domain", "command", "keymap", "theme", "imaging", "preview", "review", "app"]),
    (
        "runtime",
        &[
            "domain", "stats", "command", "formats", "imaging", "store", "keymap", "theme", "preview",
            "review", "app", "ui",
        ],
    ),
    (
        "cli",
        &[
            "domain", "stats", "command", "formats", "imaging", "store", "keymap", "theme", "preview",
            "report", "review", "app", "ui", "runtime",
        ],
    ),
];

/// Words that stand only in some places, given as the beginnings of paths below `src`.
const KEPT: [(&str, &[&str]); 20] = [
    ("crossterm", &["runtime/"]),
    ("std::env", &["runtime/"]),
    ("SystemTime", &["runtime/"]),
    ("UNIX_EPOCH", &["runtime/"]),
    ("Timestamp::now", &[]),
    // A decoder asks to be ended with whoever asked it.
    ("signal", &["runtime/", "imaging/worker"]),
    ("getrandom", &["runtime/"]),
    ("nix::unistd", &["runtime/"]),
    ("color_eyre", &["runtime/"]),
    ("Instant", &["store/", "imaging/decoder", "cli/out", "preview/", "runtime/"]),
    ("rusqlite", &["store/"]),
    ("SELECT ", &["store/"]),
    ("INSERT ", &["store/"]),
    ("dicom_", &["imaging/"]),
    ("process::Command", &["imaging/decoder"]),
    ("clap", &["cli/"]),
    // Everything that is printed goes through one place, which makes it safe.
    ("println!", &[]),
    ("print!", &[]),
    ("dbg!", &[]),
    ("stdout()", &["cli/out", "runtime/", "imaging/worker"]),
];

/// What pure rules know nothing of.
const IMPURE: [&str; 7] =
    ["std::fs", "std::io", "std::net", "std::process", "std::thread", "std::time", "std::path"];

/// A file of the program, without comments and without what only tests see.
struct Source {
    /// Below `src`, with slashes.
    name: String,
    text: String,
    code: String,
}

fn sources() -> Result<Vec<Source>, Box<dyn std::error::Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut read = Vec::new();
    let mut tests: BTreeSet<PathBuf> = BTreeSet::new();
    for path in files_below(&root)?.into_iter().filter(|path| path.extension().is_some_and(|end| end == "rs"))
    {
        let text = std::fs::read_to_string(&path)?;
        let (code, modules) = without_tests(&text);
        // `mod.rs` and `lib.rs` have their modules beside them, `x.rs` in the folder `x`.
        let folder = match path.file_name().is_some_and(|name| name == "mod.rs" || name == "lib.rs") {
            true => path.parent().map(Path::to_path_buf).unwrap_or_default(),
            false => path.with_extension(""),
        };
        tests.extend(modules.iter().map(|module| folder.join(module)));
        read.push((path, text, code));
    }
    let in_tests =
        |path: &Path| tests.iter().any(|test| path.starts_with(test) || path.with_extension("") == *test);
    let name = |path: &Path| path.strip_prefix(&root).unwrap_or(path).to_string_lossy().replace('\\', "/");
    Ok(read
        .into_iter()
        .map(|(path, text, code)| {
            let code = if in_tests(&path) { String::new() } else { code };
            Source { name: name(&path), text, code }
        })
        .collect())
}

/// Takes out comments and everything under `#[cfg(test)]`, and gives the names of the modules that stand there.
fn without_tests(text: &str) -> (String, Vec<String>) {
    let (mut code, mut modules) = (String::new(), Vec::new());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let bare = line.trim_start();
        if bare != "#[cfg(test)]" {
            if !bare.starts_with("//") {
                code.push_str(line);
                code.push('\n');
            }
            continue;
        }
        let Some(next) = lines.find(|line| !line.trim_start().starts_with("#[")) else { break };
        if let Some(module) =
            next.trim().trim_start_matches("pub ").trim_start_matches("pub(crate) ").strip_prefix("mod ")
        {
            modules.extend(module.strip_suffix(';').map(str::to_owned));
        }
        if next.trim_end().ends_with('{') {
            let end = format!("{}}}", " ".repeat(next.len() - next.trim_start().len()));
            for skipped in lines.by_ref() {
                if skipped == end {
                    break;
                }
            }
        }
    }
    (code, modules)
}

#[test]
fn arrows_point_down() -> Outcome {
    let mut wrong = Vec::new();
    for source in sources()? {
        let Some((layer, rest)) = source.name.split_once('/') else { continue };
        let Some((_, below)) = LAYERS.iter().find(|(known, _)| *known == layer) else {
            wrong.push(format!("{layer} is no layer: say here what it may know"));
            continue;
        };
        for used in source.code.split("crate::").skip(1) {
            let used = used.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
            if used != layer && !below.contains(&used) {
                wrong.push(format!("{} knows {used}", source.name));
            }
        }
        // Nor round the corner: the root is named by `crate` alone.
        let climbs = match rest {
            "mod.rs" => "super::",
            _ if !rest.contains('/') => "super::super::",
            _ => "super::super::super::",
        };
        if source.code.contains(climbs) {
            wrong.push(format!("{} climbs with {climbs}", source.name));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

#[test]
fn what_belongs_to_one_place_stands_there() -> Outcome {
    let mut wrong = Vec::new();
    for source in sources()? {
        for (word, places) in KEPT {
            if source.code.contains(word) && !places.iter().any(|place| source.name.starts_with(place)) {
                wrong.push(format!("{} has {word}", source.name));
            }
        }
        if source.name.starts_with("domain/") || source.name.starts_with("stats/") {
            wrong.extend(
                IMPURE
                    .iter()
                    .filter(|word| source.code.contains(*word))
                    .map(|word| format!("{} has {word}", source.name)),
            );
        }
        for word in [".unwrap()", ".expect(", "panic!(", "todo!(", "unsafe "] {
            if source.code.contains(word) {
                wrong.push(format!("{} has {word}", source.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

#[test]
fn each_file_says_what_it_is_for_and_holds_one_idea() -> Outcome {
    let sources = sources()?;
    assert!(sources.len() > 60 && sources.iter().any(|source| source.name == "store/mod.rs"));
    let silent: Vec<&str> = sources
        .iter()
        .filter(|source| !source.text.starts_with("//! "))
        .map(|source| source.name.as_str())
        .collect();
    assert!(silent.is_empty(), "{silent:?}");
    let long: Vec<(&str, usize)> = sources
        .iter()
        .map(|source| (source.name.as_str(), source.text.lines().count()))
        .filter(|(_, lines)| *lines > 800)
        .collect();
    assert!(long.is_empty(), "{long:?}");
    Ok(())
}

#[test]
fn the_reader_of_sources_sees_code_and_not_tests() {
    let (code, modules) = without_tests(
        "//! Head.\nuse a;\n#[cfg(test)]\nmod far;\n#[cfg(test)]\nmod near {\n    use b;\n}\nuse c; // d\n",
    );
    assert_eq!((code.as_str(), modules), ("use a;\nuse c; // d\n", vec!["far".to_owned()]));
}
