//! From TOML to a theme: the files that come with the program, and a person's own over them.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use unicode_width::UnicodeWidthStr;

use super::{Mark, Role, Theme};
use crate::domain::charter::words::nearest;
use crate::domain::settings::{Fault, Line, Setting, Source, read};
use crate::domain::word::Word;

/// The themes that come with the program, by name.
pub const THEMES: [(&str, &str); 5] = [
    ("dark", include_str!("../../themes/dark.toml")),
    ("light", include_str!("../../themes/light.toml")),
    ("high-contrast", include_str!("../../themes/high-contrast.toml")),
    ("colour-safe", include_str!("../../themes/colour-safe.toml")),
    ("mono", include_str!("../../themes/mono.toml")),
];

/// Themes that stand on one another at most.
const DEEPEST: usize = 8;

/// Gives the names of all themes, those of a person's own files last.
pub fn names(own: &[(String, Source)]) -> Vec<String> {
    let mut names: Vec<String> = THEMES.iter().map(|(name, _)| (*name).to_owned()).collect();
    names.extend(
        own.iter()
            .map(|(name, _)| name.clone())
            .filter(|name| !THEMES.iter().any(|(known, _)| known == name)),
    );
    names
}

/// What a file says.
#[derive(Default)]
struct File {
    inherits: Option<(String, usize)>,
    light: Option<bool>,
    roles: BTreeMap<Role, Style>,
    marks: BTreeMap<Mark, [String; 2]>,
}

impl Theme {
    /// Reads a theme by its name. A person's own file of a name that comes with the program is put over it, role by
    /// role.
    ///
    /// # Errors
    /// Everything that is wrong in the files that it is made of.
    pub fn load(name: &str, own: &[(String, Source)]) -> Result<Theme, Vec<Fault>> {
        let mut theme = Theme {
            name: name.to_owned(),
            light: false,
            roles: BTreeMap::new(),
            marks: BTreeMap::new(),
            ascii: false,
        };
        let mut chain: Vec<File> = Vec::new();
        let mut next = Some((name.to_owned(), None::<(String, usize)>));
        let mut seen: Vec<(String, bool)> = Vec::new();
        while let Some((name, from)) = next.take() {
            let mine = own
                .iter()
                .find(|(known, _)| *known == name)
                .filter(|_| !seen.contains(&(name.clone(), true)));
            let known = THEMES
                .iter()
                .find(|(known, _)| *known == name)
                .filter(|_| !seen.contains(&(name.clone(), false)));
            let wrong = |why: String| {
                let (path, line) = from.clone().unwrap_or_else(|| (format!("theme {name}"), 1));
                vec![Fault { path, line, why }]
            };
            let (source, is_mine) = match (mine, known) {
                (Some((_, source)), _) => (source.clone(), true),
                (None, Some((name, text))) => {
                    (Source { path: format!("themes/{name}.toml"), text: (*text).to_owned() }, false)
                }
                (None, None) if seen.iter().any(|(known, _)| *known == name) => {
                    return Err(wrong(format!("{name} inherits itself")));
                }
                (None, None) => {
                    let names = names(own);
                    let meant = nearest(&name, names.iter().map(String::as_str));
                    let meant = meant.map_or(String::new(), |near| format!("; did you mean {near}?"));
                    return Err(wrong(format!(
                        "there is no theme {name}{meant} (known: {})",
                        names.join(", ")
                    )));
                }
            };
            seen.push((name.clone(), is_mine));
            if seen.len() > DEEPEST {
                return Err(wrong(format!("more than {DEEPEST} themes stand on one another")));
            }
            let file = file(&source)?;
            next = match &file.inherits {
                Some((parent, line)) => Some((parent.clone(), Some((source.path.clone(), *line)))),
                // An own file with a known name is over the one that comes with the program.
                None if is_mine => {
                    THEMES.iter().any(|(known, _)| *known == name).then(|| (name.clone(), None))
                }
                None => None,
            };
            chain.push(file);
        }
        for file in chain.into_iter().rev() {
            theme.light = file.light.unwrap_or(theme.light);
            theme.roles.extend(file.roles);
            theme.marks.extend(file.marks);
        }
        Ok(theme)
    }
}

fn file(source: &Source) -> Result<File, Vec<Fault>> {
    let lines = read(source).map_err(|fault| vec![fault])?;
    let mut file = File::default();
    let mut faults = Vec::new();
    let mut palette: BTreeMap<String, Color> = BTreeMap::new();
    // Colours have their names wherever in the file these stand.
    for line in lines.iter().filter(|line| line.table == "palette") {
        match &line.setting {
            Setting::Text(text) => match hex(text) {
                Some(colour) => {
                    palette.insert(line.key.clone(), colour);
                }
                None => {
                    faults.push(fault(source, line, format!("{text} is no colour: write it as \"#rrggbb\"")))
                }
            },
            _ => {
                faults.push(fault(source, line, format!("{} must be a colour such as \"#rrggbb\"", line.key)))
            }
        }
    }
    for line in lines.iter().filter(|line| line.table != "palette") {
        if let Err(why) = take(&mut file, line, &palette) {
            faults.push(fault(source, line, why));
        }
    }
    if faults.is_empty() { Ok(file) } else { Err(faults) }
}

fn fault(source: &Source, line: &Line, why: String) -> Fault {
    Fault { path: source.path.clone(), line: line.line, why }
}

fn take(file: &mut File, line: &Line, palette: &BTreeMap<String, Color>) -> Result<(), String> {
    match (line.table.as_str(), line.key.as_str(), &line.setting) {
        ("", "inherits", Setting::Text(name)) => file.inherits = Some((name.clone(), line.line)),
        ("", "ground", Setting::Text(ground)) if ground == "light" || ground == "dark" => {
            file.light = Some(ground == "light");
        }
        ("", "inherits", _) => return Err("inherits must be the name of a theme".into()),
        ("", "ground", _) => return Err("ground must be \"light\" or \"dark\"".into()),
        ("roles", name, setting) => {
            let role = word::<Role>("role", name)?;
            file.roles.insert(role, style(setting, palette)?);
        }
        ("marks", name, setting) => {
            let mark = word::<Mark>("mark", name)?;
            file.marks.insert(mark, mark_of(setting)?);
        }
        (table, key, _) => {
            let what = if table.is_empty() { key.to_owned() } else { format!("[{table}] {key}") };
            return Err(format!(
                "{what} is no setting of a theme (known: inherits, ground, [palette], [roles], [marks])"
            ));
        }
    }
    Ok(())
}

fn word<W: Word>(what: &str, name: &str) -> Result<W, String> {
    W::from_word(name).ok_or_else(|| {
        let meant = nearest(name, W::WORDS.iter().map(|(_, word)| *word));
        let meant = meant.map_or(String::new(), |near| format!("; did you mean {near}?"));
        format!("there is no {what} {name}{meant} (known: {})", W::all_words())
    })
}

fn style(setting: &Setting, palette: &BTreeMap<String, Color>) -> Result<Style, String> {
    const MODIFIERS: [(&str, Modifier); 5] = [
        ("bold", Modifier::BOLD),
        ("dim", Modifier::DIM),
        ("italic", Modifier::ITALIC),
        ("underline", Modifier::UNDERLINED),
        ("reverse", Modifier::REVERSED),
    ];
    let Setting::Group(parts) = setting else {
        return Err("a role is written as { fg = \"#rrggbb\", bg = \"default\", bold = true }".into());
    };
    let mut style = Style::default();
    for (key, value) in parts {
        match (key.as_str(), value, MODIFIERS.iter().find(|(word, _)| word == key)) {
            ("fg", Setting::Text(text), _) => style.fg = Some(colour(text, palette)?),
            ("bg", Setting::Text(text), _) => style.bg = Some(colour(text, palette)?),
            (_, Setting::Flag(true), Some((_, modifier))) => style = style.add_modifier(*modifier),
            (_, Setting::Flag(false), Some(_)) => {}
            (_, _, Some(_)) => return Err(format!("{key} must be true or false")),
            _ => {
                return Err(format!(
                    "{key} is nothing that a role has (known: fg, bg, bold, dim, italic, underline, reverse)"
                ));
            }
        }
    }
    Ok(style)
}

fn colour(text: &str, palette: &BTreeMap<String, Color>) -> Result<Color, String> {
    match text {
        "default" => Ok(Color::Reset),
        _ => hex(text).or_else(|| palette.get(text).copied()).ok_or_else(|| {
            let meant = nearest(text, palette.keys().map(String::as_str));
            let meant = meant.map_or(String::new(), |near| format!("; did you mean {near}?"));
            format!("{text} is no colour{meant}: write \"#rrggbb\", \"default\" or a name of [palette]")
        }),
    }
}

fn hex(text: &str) -> Option<Color> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    let part = |from: usize| u8::from_str_radix(digits.get(from..from + 2)?, 16).ok();
    Some(Color::Rgb(part(0)?, part(2)?, part(4)?))
}

fn mark_of(setting: &Setting) -> Result<[String; 2], String> {
    let Setting::List(forms) = setting else {
        return Err("a mark is written as [\"●\", \"*\"]: the symbol, and its twin in ASCII".into());
    };
    let [Setting::Text(symbol), Setting::Text(twin)] = forms.as_slice() else {
        return Err("a mark has two forms: the symbol, and its twin in ASCII".into());
    };
    if symbol.width() != 1 || twin.width() != 1 {
        return Err(format!("{symbol} and {twin} must each take one cell"));
    }
    if !twin.is_ascii() {
        return Err(format!("{twin} is no ASCII: it is shown where nothing else can be"));
    }
    Ok([symbol.clone(), twin.clone()])
}
