//! Settings that people write as TOML: what stands in a file, each with its line, and faults that name file and line.
//! What a setting means is for themes and keymaps to say.

use std::fmt;

use toml::de::{DeTable, DeValue};

use super::text::Safe;

/// A file with its text, as it is called in messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub path: String,
    pub text: String,
}

/// Something wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Fault {
    pub path: String,
    /// From 1.
    pub line: usize,
    pub why: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", Safe::new(&self.path), self.line, Safe::new(&self.why))
    }
}

/// What stands under a key.
#[derive(Debug, Clone, PartialEq)]
pub enum Setting {
    Text(String),
    Flag(bool),
    List(Vec<Setting>),
    /// An inline table, in the order of its keys.
    Group(Vec<(String, Setting)>),
    /// A number or a date, which no setting is.
    Other,
}

/// One setting: the table it stands in, empty for none, its key, its line.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub table: String,
    pub key: String,
    pub line: usize,
    pub setting: Setting,
}

/// Reads what stands in a file, in the order of its lines.
///
/// # Errors
/// What keeps it from being TOML.
pub fn read(source: &Source) -> Result<Vec<Line>, Fault> {
    let fault =
        |at: usize, why: String| Fault { path: source.path.clone(), line: line_of(&source.text, at), why };
    let root = DeTable::parse(&source.text)
        .map_err(|error| fault(error.span().map_or(0, |span| span.start), error.message().to_owned()))?;
    let mut lines = Vec::new();
    for (key, value) in root.get_ref() {
        let at = |key: &toml::Spanned<std::borrow::Cow<'_, str>>| line_of(&source.text, key.span().start);
        match value.get_ref() {
            DeValue::Table(table) => lines.extend(table.iter().map(|(inner, value)| Line {
                table: key.get_ref().to_string(),
                key: inner.get_ref().to_string(),
                line: at(inner),
                setting: setting(value.get_ref()),
            })),
            value => lines.push(Line {
                table: String::new(),
                key: key.get_ref().to_string(),
                line: at(key),
                setting: setting(value),
            }),
        }
    }
    lines.sort_by_key(|line| line.line);
    Ok(lines)
}

fn setting(value: &DeValue<'_>) -> Setting {
    match value {
        DeValue::String(text) => Setting::Text(text.to_string()),
        DeValue::Boolean(flag) => Setting::Flag(*flag),
        DeValue::Array(parts) => Setting::List(parts.iter().map(|part| setting(part.get_ref())).collect()),
        DeValue::Table(table) => {
            let of =
                |(key, value): (&toml::Spanned<std::borrow::Cow<'_, str>>, &toml::Spanned<DeValue<'_>>)| {
                    (key.get_ref().to_string(), setting(value.get_ref()))
                };
            Setting::Group(table.iter().map(of).collect())
        }
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_) => Setting::Other,
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_has_its_line() {
        let source = Source {
            path: "a.toml".into(),
            text: "x = \"1\"\n\n[t]\n\"o w\" = \"go\"\nb = { c = true }\n".into(),
        };
        let lines = read(&source).unwrap_or_default();
        let at: Vec<(&str, &str, usize)> =
            lines.iter().map(|line| (line.table.as_str(), line.key.as_str(), line.line)).collect();
        assert_eq!(at, [("", "x", 1), ("t", "o w", 4), ("t", "b", 5)]);
        let broken = Source { path: "a.toml".into(), text: "x = \"1\"\ny = \n".into() };
        assert!(read(&broken).is_err_and(|fault| fault.to_string().starts_with("a.toml:2: ")));
    }
}
