//! A charter from TOML: everything that is wrong with it at once, each with its line and the nearest name that was
//! meant. Opens no file: the text comes in, and the guideline that it names is somebody else's to find.

use crate::domain::word::Word;
use std::collections::BTreeSet;
use std::fmt;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{EXPORT, Key, LABEL, PARTS, READS, REVIEW, SAMPLING, TOP, TRIGGERS, home, names};
use super::node::{Node, Wrong, quoted};
use super::words::{means_no_finding, nearest};
use super::*;
use crate::domain::checks::{CHECKS, named};
use crate::domain::text::Safe;

/// Something that is wrong with a charter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// From 1; none where it is about the whole.
    pub line: Option<usize>,
    /// In words for a person, safe to print.
    pub why: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(out, "line {line}: {}", self.why),
            None => out.write_str(&self.why),
        }
    }
}

/// Larger than any protocol that a person wrote, in bytes.
pub const LARGEST: usize = 1 << 20;

/// More than anybody reads at a time.
const MOST_FAULTS: usize = 100;

/// Reads a charter. Every key but `name` has a default; what fits no key, no type, no bounds or no other part of
/// the charter is a fault, and all faults are given, in the order of their lines (the first 100 of them).
/// A label that others exclude, and whose name means 'no finding', is declared by that.
pub fn parse(text: &str) -> Result<Charter, Vec<Fault>> {
    if text.len() > LARGEST {
        let why = format!("the charter has {} bytes, and none is larger than {LARGEST}", text.len());
        return Err(vec![Fault { line: None, why }]);
    }
    let (root, errors) = DeTable::parse_recoverable(text);
    let twice = |error: &toml::de::Error| error.message() == "duplicate key";
    let mut wrongs: Vec<Wrong> =
        errors.iter().take(MOST_FAULTS).map(|error| syntax(text, error, twice(error))).collect();
    let unread = errors.len() - wrongs.len();
    let mut charter = Charter::named("");
    // Where the text is no TOML, what could be saved of it would bring faults that nobody made.
    if errors.iter().all(twice) {
        charter_of(root.get_ref(), &mut charter, &mut wrongs);
    }
    if wrongs.is_empty() { Ok(charter) } else { Err(faults(text, wrongs, unread)) }
}

/// Gives faults their lines and their order, and says how many more there are beside the `unread` ones.
fn faults(text: &str, mut wrongs: Vec<Wrong>, unread: usize) -> Vec<Fault> {
    wrongs.sort_by_key(|wrong| wrong.at);
    let more = wrongs.len().saturating_sub(MOST_FAULTS) + unread;
    wrongs.truncate(MOST_FAULTS);
    let (mut line, mut from) = (1, 0);
    let mut faults: Vec<Fault> = wrongs
        .into_iter()
        .map(|Wrong { at, why }| {
            let line = at.map(|at| {
                line += text.bytes().take(at).skip(from).filter(|byte| *byte == b'\n').count();
                from = from.max(at);
                line
            });
            Fault { line, why }
        })
        .collect();
    if more > 0 {
        faults.push(Fault { line: None, why: format!("and {more} more faults") });
    }
    faults
}

fn syntax(text: &str, error: &toml::de::Error, twice: bool) -> Wrong {
    let span = error.span().unwrap_or(0..0);
    let why = if twice {
        format!("{} is given twice", quoted(text.get(span.clone()).unwrap_or("a key").trim_matches('"')))
    } else {
        let before = text.get(..span.start).unwrap_or_default();
        let line = text.lines().nth(before.matches('\n').count()).unwrap_or_default();
        format!("{} is no TOML: {}", quoted(line.trim()), Safe::new(error.message()))
    };
    Wrong { at: Some(span.start), why }
}

fn charter_of(root: &DeTable<'_>, charter: &mut Charter, wrongs: &mut Vec<Wrong>) {
    fill(charter, TOP, root, &PARTS, wrongs);
    if !root.contains_key("name") {
        wrongs.push(Wrong {
            at: None,
            why: "`name` is missing: a charter says whose protocol it is, name = \"…\"".into(),
        });
    }
    section(root, "reads", READS, &mut charter.reads, wrongs);
    section(root, "review", REVIEW, &mut charter.review, wrongs);
    section(root, "sampling", SAMPLING, &mut charter.sampling, wrongs);
    section(root, "triggers", TRIGGERS, &mut charter.triggers, wrongs);
    section(root, "export", EXPORT, &mut charter.export, wrongs);
    if let Some(table) = table(root, "labels", wrongs) {
        labels(table, charter, wrongs);
    }
    if let Some(table) = table(root, "checks", wrongs) {
        checks(table, charter, wrongs);
    }
}

fn table<'t>(root: &'t DeTable<'t>, name: &str, wrongs: &mut Vec<Wrong>) -> Option<&'t DeTable<'t>> {
    let value = root.get(name)?;
    match value.get_ref() {
        DeValue::Table(table) => Some(table),
        _ => {
            let why = format!("`{name}` must be a table: a line [{name}], and its keys below it");
            wrongs.push(Wrong { at: Some(value.span().start), why });
            None
        }
    }
}

fn section<Part>(
    root: &DeTable<'_>,
    name: &str,
    keys: &'static [Key<Part>],
    part: &mut Part,
    wrongs: &mut Vec<Wrong>,
) {
    if let Some(table) = table(root, name, wrongs) {
        fill(part, keys, table, &[], wrongs);
    }
}

/// Reads every key of a table that is in the table of keys, and reports those that are neither there nor `others`.
fn fill<Part>(
    part: &mut Part,
    keys: &'static [Key<Part>],
    table: &DeTable<'_>,
    others: &[&'static str],
    wrongs: &mut Vec<Wrong>,
) {
    for (name, value) in table {
        match keys.iter().find(|key| key.name == name.get_ref()) {
            Some(key) => {
                let read = (key.read)(part, Node { key: key.name, value });
                wrongs.extend(read.err().into_iter().flatten());
            }
            None if others.contains(&name.get_ref().as_ref()) => {}
            None => {
                let known: Vec<&str> = names(keys).into_iter().chain(others.iter().copied()).collect();
                wrongs.push(unknown(name, &known));
            }
        }
    }
}

fn unknown(key: &Spanned<std::borrow::Cow<'_, str>>, known: &[&'static str]) -> Wrong {
    let name = key.get_ref();
    let help = match (nearest(name, known.iter().copied()), home(name)) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, Some(place)) => format!("it belongs in {place}"),
        (None, None) => format!("known here: {}", known.join(", ")),
    };
    Wrong { at: Some(key.span().start), why: format!("unknown key {}; {help}", quoted(name)) }
}

fn labels(table: &DeTable<'_>, charter: &mut Charter, wrongs: &mut Vec<Wrong>) {
    let mut declared: Vec<_> = table.iter().collect();
    // The map sorts by name; a charter's order is that of its lines.
    declared.sort_by_key(|(name, _)| name.span().start);
    let known: BTreeSet<&str> = declared.iter().map(|(name, _)| name.get_ref().as_ref()).collect();
    for (name, value) in &declared {
        let at = Some(name.span().start);
        match value.get_ref() {
            _ if name.get_ref().trim().is_empty() => {
                wrongs.push(Wrong { at, why: "a label without a name".into() })
            }
            DeValue::Table(keys) => {
                charter.labels.push(label(name.get_ref(), at, keys, wrongs));
                references(name.get_ref(), keys, &known, wrongs);
            }
            _ => {
                let why = format!("label {} must be a table that says its kind", quoted(name.get_ref()));
                wrongs.push(Wrong { at, why });
            }
        }
    }
    let circles = circles(&charter.labels);
    for (name, _) in declared.iter().filter(|(name, _)| circles.contains(name.get_ref().as_ref())) {
        let why = format!("label {} is, by way of its children, below itself", quoted(name.get_ref()));
        wrongs.push(Wrong { at: Some(name.span().start), why });
    }
    negations(charter);
}

fn label(name: &str, at: Option<usize>, table: &DeTable<'_>, wrongs: &mut Vec<Wrong>) -> Label {
    let kind = table.get("kind").and_then(|value| Node { key: "kind", value }.word::<LabelKind>().ok());
    if !table.contains_key("kind") {
        let kinds: Vec<_> = LabelKind::WORDS.iter().map(|(_, word)| *word).collect();
        let why = format!("label {} needs a kind: {}", quoted(name), kinds.join(", "));
        wrongs.push(Wrong { at, why });
    }
    let mut label = Label::of(name, kind.unwrap_or(LabelKind::Present));
    let before = wrongs.len();
    for (key, value) in table {
        let Some(known) = LABEL.iter().find(|known| known.key.name == key.get_ref()) else {
            wrongs.push(unknown(key, &LABEL.iter().map(|known| known.key.name).collect::<Vec<_>>()));
            continue;
        };
        if let Some(kind) = kind.filter(|kind| !(known.fits)(*kind)) {
            let kinds: Vec<_> =
                LabelKind::WORDS.iter().filter(|(k, _)| (known.fits)(*k)).map(|(_, w)| *w).collect();
            let why = format!(
                "`{}` is for labels of kind {}, and {} is {}",
                known.key.name,
                kinds.join(", "),
                quoted(name),
                kind.word()
            );
            wrongs.push(Wrong { at: Some(key.span().start), why });
            continue;
        }
        let read = (known.key.read)(&mut label, Node { key: known.key.name, value });
        wrongs.extend(read.err().into_iter().flatten());
    }
    if kind.is_some() && wrongs.len() == before {
        grades(&label, at, table, wrongs);
    }
    label
}

/// Checks that levels and tolerance of a label make sense together.
fn grades(label: &Label, at: Option<usize>, table: &DeTable<'_>, wrongs: &mut Vec<Wrong>) {
    let at_key = |key: &str| table.get(key).map(|value| value.span().start).or(at);
    let graded = matches!(label.kind, LabelKind::Ordinal | LabelKind::Categorical);
    if graded && label.levels.is_empty() {
        let why = format!("{} label {} needs its levels", label.kind.word(), quoted(&label.name));
        wrongs.push(Wrong { at: at_key("levels"), why });
    }
    for level in label.normal.iter().flatten().filter(|level| !label.levels.contains(level)) {
        let why = format!("`normal` names {}, which is none of the levels", quoted(&level.to_string()));
        wrongs.push(Wrong { at: at_key("normal"), why });
    }
    if label.kind != LabelKind::Ordinal {
        return;
    }
    let numbers: Vec<f64> = label.levels.iter().filter_map(Value::number).collect();
    if numbers.len() == label.levels.len() && !numbers.is_sorted() && !numbers.iter().rev().is_sorted() {
        let why =
            "`levels` of an ordinal label stand in their order, and these numbers go up and down".into();
        wrongs.push(Wrong { at: at_key("levels"), why });
    }
    if matches!(label.tolerance, Tolerance::Percent(_)) {
        let why = "`tolerance` of an ordinal label is a number of levels, not a share".into();
        wrongs.push(Wrong { at: at_key("tolerance"), why });
    }
}

/// Checks that the labels that a label excludes, or has as children, are there and are others.
fn references(name: &str, table: &DeTable<'_>, known: &BTreeSet<&str>, wrongs: &mut Vec<Wrong>) {
    for key in ["excludes", "children"] {
        let Some(DeValue::Array(parts)) = table.get(key).map(Spanned::get_ref) else { continue };
        for part in parts {
            let DeValue::String(other) = part.get_ref() else { continue };
            let why = if other.as_ref() == name {
                format!("`{key}` of {} names the label itself", quoted(name))
            } else if known.contains(other.as_ref()) || other.trim().is_empty() || is_negation(key, other) {
                continue;
            } else if wrongs.len() > MOST_FAULTS {
                // Nobody will read it, and looking for the nearest of many names takes long.
                format!("`{key}` names the unknown label {}", quoted(other))
            } else {
                let meant = nearest(other, known.iter().copied().filter(|label| *label != name))
                    .map_or(String::new(), |label| format!("; did you mean {}?", quoted(label)));
                format!("`{key}` names the unknown label {}{meant}", quoted(other))
            };
            wrongs.push(Wrong { at: Some(part.span().start), why });
        }
    }
}

/// Tells whether a name needs no declaration: that every label excludes 'No finding' says all that there is to it.
fn is_negation(key: &str, name: &str) -> bool {
    key == "excludes" && means_no_finding(name)
}

/// Declares what labels exclude as 'no finding', after the others, in the order in which it is named.
fn negations(charter: &mut Charter) {
    let mut known: BTreeSet<String> = charter.labels.iter().map(|label| label.name.clone()).collect();
    let excluded = charter.labels.iter().flat_map(|label| &label.excludes);
    let new: Vec<Label> = excluded
        .filter(|name| means_no_finding(name) && known.insert((*name).clone()))
        .map(|name| Label::of(name, LabelKind::Present))
        .collect();
    charter.labels.extend(new);
}

/// Finds labels that are, by way of their children, below themselves: one for each circle.
fn circles(labels: &[Label]) -> BTreeSet<&str> {
    let by_name: BTreeMap<&str, &Label> = labels.iter().map(|label| (label.name.as_str(), label)).collect();
    let (mut circles, mut done) = (BTreeSet::new(), BTreeSet::new());
    for start in labels {
        let (mut path, mut above) = (vec![(start, 0)], BTreeSet::from([start.name.as_str()]));
        while let Some((label, next)) = path.last_mut() {
            let (name, child) = (label.name.as_str(), label.children.get(*next).map(String::as_str));
            *next += 1;
            match child {
                None => {
                    above.remove(name);
                    done.insert(name);
                    path.pop();
                }
                // A label that names itself is reported where it does so.
                Some(child) if child == name || done.contains(child) => {}
                Some(child) if above.contains(child) => {
                    circles.insert(child);
                }
                Some(child) => {
                    if let Some(label) = by_name.get(child) {
                        above.insert(child);
                        path.push((label, 0));
                    }
                }
            }
        }
    }
    circles
}

fn checks(table: &DeTable<'_>, charter: &mut Charter, wrongs: &mut Vec<Wrong>) {
    for (name, value) in table {
        if let Some(check) = named(name.get_ref()) {
            match (Node { key: name.get_ref(), value }).word::<CheckLevel>() {
                Ok(CheckLevel::Block) if !check.may_block() => {
                    let why = format!(
                        "`{}` can't block: it needs more than the case to be seen; set it to warn or off",
                        check.name
                    );
                    wrongs.push(Wrong { at: Some(value.span().start), why });
                }
                Ok(level) => {
                    charter.checks.insert(name.get_ref().to_string(), level);
                }
                Err(more) => wrongs.extend(more),
            }
            continue;
        }
        let known: Vec<&str> = CHECKS.iter().map(|check| check.name).collect();
        let help = nearest(name.get_ref(), known.iter().copied())
            .map_or(format!("known: {}", known.join(", ")), |near| format!("did you mean `{near}`?"));
        let why = format!("unknown check {}; {help}", quoted(name.get_ref()));
        wrongs.push(Wrong { at: Some(name.span().start), why });
    }
}
