//! A charter as TOML: what `charter show` prints and what the log holds of an inferred one. What it writes reads back
//! equal.

use super::keys::{EXPORT, Key, LABEL, LabelKey, READS, REVIEW, SAMPLING, Setting, TOP, TRIGGERS};
use super::*;

/// Writes a charter out, every setting with its value; for labels, those that are set and fit the kind.
pub fn write(charter: &Charter) -> String {
    let mut text = String::new();
    lines(&mut text, TOP, charter);
    part(&mut text, "reads", READS, &charter.reads);
    part(&mut text, "review", REVIEW, &charter.review);
    for label in &charter.labels {
        text.push_str(&format!("\n[labels.{}]\n", bare_or_quoted(&label.name)));
        for LabelKey { key, .. } in LABEL.iter().filter(|key| (key.fits)(label.kind)) {
            line(&mut text, key.name, (key.write)(label).filter(|value| value != "false" && value != "[]"));
        }
    }
    if !charter.checks.is_empty() {
        text.push_str("\n[checks]\n");
    }
    for (check, level) in &charter.checks {
        line(&mut text, check, level.toml());
    }
    part(&mut text, "sampling", SAMPLING, &charter.sampling);
    part(&mut text, "triggers", TRIGGERS, &charter.triggers);
    part(&mut text, "export", EXPORT, &charter.export);
    text
}

fn part<Part>(text: &mut String, name: &str, keys: &[Key<Part>], part: &Part) {
    text.push_str(&format!("\n[{name}]\n"));
    lines(text, keys, part);
}

fn lines<Part>(text: &mut String, keys: &[Key<Part>], part: &Part) {
    for key in keys {
        line(text, key.name, (key.write)(part));
    }
}

fn line(text: &mut String, name: &str, value: Option<String>) {
    if let Some(value) = value {
        text.push_str(&format!("{name} = {value}\n"));
    }
}

fn bare_or_quoted(name: &str) -> String {
    let bare = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    let quoted = || name.to_owned().toml().unwrap_or_default();
    if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { quoted() }
}
