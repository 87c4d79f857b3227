//! What a person has set: `config.toml`, and beside it `keys.toml` and `themes/NAME.toml`. Reads and checks all of it;
//! every fault of every file is told at once, with its line.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::args::{Cli, Color, Images};
use super::exit::{self, Failure};
use super::read_text;
use crate::domain::charter::words::nearest;
use crate::domain::settings::{Fault, Line, Setting, Source, read};
use crate::domain::text::Safe;
use crate::keymap::Keymap;
use crate::runtime;
use crate::theme::{self, Theme};

/// What `config.toml` may hold.
const SETTINGS: [&str; 5] = ["store", "theme", "images", "color", "mouse"];

/// What `config.toml` says.
#[derive(Debug, Default)]
pub struct Config {
    pub store: Option<PathBuf>,
    pub theme: Option<String>,
    pub images: Option<Images>,
    pub color: Option<Color>,
    /// Off unless it is switched on.
    pub mouse: bool,
}

/// Keys and looks: those that come with the program, with a person's own over them.
pub struct Looks {
    pub keymap: Keymap,
    /// Every theme there is, those that come with the program first.
    pub themes: Vec<Theme>,
    /// Files of a person's own that were read.
    pub files: Vec<PathBuf>,
}

impl Config {
    /// Reads the configuration that is meant; an empty one where a person has none.
    pub fn read(cli: &Cli) -> Result<Config, Failure> {
        let Some(path) = file(cli) else { return Ok(Config::default()) };
        if cli.config.is_none() && !path.exists() {
            return Ok(Config::default());
        }
        let source = source(&path)?;
        let lines = read(&source).map_err(|fault| told(&[fault]))?;
        let mut config = Config::default();
        let faults: Vec<Fault> = lines
            .iter()
            .filter_map(|line| {
                let why = config.take(line).err()?;
                Some(Fault { path: source.path.clone(), line: line.line, why })
            })
            .collect();
        if faults.is_empty() { Ok(config) } else { Err(told(&faults)) }
    }

    fn take(&mut self, line: &Line) -> Result<(), String> {
        let key = line.key.as_str();
        let known = line.table.is_empty() && SETTINGS.contains(&key);
        match (&line.setting, key) {
            _ if !known => {
                let name = if line.table.is_empty() { key } else { line.table.as_str() };
                let meant = nearest(name, SETTINGS);
                let meant = meant.map_or(String::new(), |near| format!("; did you mean {near}?"));
                return Err(format!("there is no setting {name}{meant} (known: {})", SETTINGS.join(", ")));
            }
            (Setting::Text(text), "store") => self.store = Some(text.into()),
            (Setting::Text(text), "theme") => self.theme = Some(text.clone()),
            (Setting::Text(text), "images") => self.images = Some(choice(key, text)?),
            (Setting::Flag(on), "mouse") => self.mouse = *on,
            (_, "mouse") => return Err("mouse must be true or false".to_owned()),
            (Setting::Text(text), _) => self.color = Some(choice(key, text)?),
            _ => return Err(format!("{key} must be a text in quotes")),
        }
        Ok(())
    }
}

fn choice<T: ValueEnum>(key: &str, text: &str) -> Result<T, String> {
    T::from_str(text, false).map_err(|_| {
        let known: Vec<String> = T::value_variants()
            .iter()
            .filter_map(|value| Some(value.to_possible_value()?.get_name().to_owned()))
            .collect();
        format!("{key} can't be {text} (known: {})", known.join(", "))
    })
}

impl Looks {
    /// Reads keys and themes.
    pub fn read(cli: &Cli) -> Result<Looks, Failure> {
        let folder = file(cli).and_then(|path| path.parent().map(Path::to_path_buf));
        let mut files = Vec::new();
        let mut own_keys = Vec::new();
        let mut own_themes = Vec::new();
        if let Some(folder) = &folder {
            let keys = folder.join("keys.toml");
            if keys.exists() {
                own_keys.push(source(&keys)?);
                files.push(keys);
            }
            for path in theme_files(&folder.join("themes"))? {
                let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
                own_themes.push((name.unwrap_or_default(), source(&path)?));
                files.push(path);
            }
        }
        let mut faults = Vec::new();
        let keymap = Keymap::load(&own_keys).unwrap_or_else(|more| {
            faults.extend(more);
            Keymap::default()
        });
        let mut themes = Vec::new();
        for name in theme::names(&own_themes) {
            match Theme::load(&name, &own_themes) {
                Ok(theme) => themes.push(theme),
                Err(more) => faults.extend(more),
            }
        }
        // A theme that others inherit tells its faults once.
        let mut seen = Vec::new();
        faults.retain(|fault| {
            !seen.contains(fault) && {
                seen.push(fault.clone());
                true
            }
        });
        if faults.is_empty() { Ok(Looks { keymap, themes, files }) } else { Err(told(&faults)) }
    }

    /// Gives a theme by its name.
    pub fn theme(&self, name: &str) -> Result<&Theme, Failure> {
        self.themes.iter().find(|theme| theme.name == name).ok_or_else(|| {
            let names: Vec<&str> = self.themes.iter().map(|theme| theme.name.as_str()).collect();
            let meant = nearest(name, names.iter().copied());
            let meant = meant.map_or(String::new(), |near| format!("; did you mean {near}?"));
            Failure::usage(format!(
                "there is no theme {}{meant} (known: {})",
                Safe::new(name),
                names.join(", ")
            ))
        })
    }
}

/// Gives where the configuration lies.
pub fn file(cli: &Cli) -> Option<PathBuf> {
    cli.config.clone().or_else(runtime::config_file)
}

fn source(path: &Path) -> Result<Source, Failure> {
    let text = read_text(path)
        .map_err(|failure| Failure::new(exit::BAD_CONFIG, format!("failed to read: {}", failure.words)))?;
    Ok(Source { path: path.to_string_lossy().into_owned(), text })
}

/// Gives a person's own themes, by name.
fn theme_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            let shown = Safe::new(&folder.to_string_lossy()).to_string();
            return Err(Failure::new(exit::BAD_CONFIG, format!("failed to read {shown}: {error}")));
        }
    };
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "toml"));
    files.sort();
    Ok(files)
}

fn told(faults: &[Fault]) -> Failure {
    let words: Vec<String> = faults.iter().map(Fault::to_string).collect();
    Failure::new(exit::BAD_CONFIG, words.join("\n"))
}
