//! Reading the log, which is itself logged.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::lead::find;
use super::{Result, Session, sample};
use crate::domain::authority::Deed;
use crate::domain::case;
use crate::domain::event::Action;
use crate::domain::moment;
use crate::domain::word::Word;
use crate::store::query::LogFilter;
use crate::store::{Event, log};

/// What somebody who doesn't oversee the project may know of one case's log.
struct Veil {
    who: String,
    /// By the reader's id.
    letters: BTreeMap<String, String>,
    /// Disputes on which others' answers would steer this person's own.
    unsettled: BTreeSet<String>,
    /// Second readings, which nobody is told of whose work is read again.
    again: BTreeSet<String>,
}

/// Gives each wanted event, in the order of the log. What concerns one case can be read by all who work on it, in
/// letters and without what would steer or unblind them; the project's log holds names and is for lead and QA.
pub fn read(
    session: &mut Session,
    filter: &LogFilter,
    mut each: impl FnMut(Value) -> Result<()>,
) -> Result<()> {
    let veil = veil(session, filter)?;
    let blind = to_read_blind(session)?;
    if !session.store().is_read_only() {
        session.write(filter.case.as_deref(), |tx, scene| {
            let role = scene.allow(if veil.is_some() { Deed::ReadCaseLog } else { Deed::ReadLog })?;
            let detail = json!({ "v": 1, "user": filter.who, "since": filter.since.map(moment::rfc3339) });
            Ok(tx.append(&scene.entry(Some(role), Action::LogRead, filter.case.as_deref(), detail))?)
        })?;
    }
    session.read(filter.case.as_deref(), |tx, _| {
        tx.log(filter, |event| {
            if blind.hides(&event) {
                return Ok(());
            }
            let Some(mut line) = covered(veil.as_ref(), &event) else { return Ok(()) };
            blind.cover(&event, &mut line);
            each(line)
        })
    })
}

/// Cases that wait for an own blind read of this person: what others did there would steer it.
struct Blind {
    who: String,
    cases: BTreeSet<String>,
    /// What is to be decided again without a look at the first answer, one's own too: by case and dispute.
    again: BTreeSet<(String, String)>,
}

impl Blind {
    fn hides(&self, event: &Event) -> bool {
        let Some(case) = event.case.as_ref().filter(|case| self.cases.contains(*case)) else { return false };
        let first = |dispute: &String| self.again.contains(&(case.clone(), dispute.clone()));
        event.who != self.who || event.object.as_ref().is_some_and(first)
    }
}

impl Blind {
    /// Leaves out of a sample's event what was drawn, as long as this person has yet to read some of it: the stratum that a
    /// case is of is made by its answers.
    fn cover(&self, event: &Event, line: &mut Value) {
        let Some(Value::Object(detail)) =
            line.get_mut("detail").filter(|_| event.action == Action::Sample.word() && event.case.is_none())
        else {
            return;
        };
        let drawn = detail.get("drawn").and_then(Value::as_array).into_iter().flatten();
        let mut cases = drawn.filter_map(|unit| unit.get("case")?.as_str());
        if cases.any(|case| self.cases.contains(case)) {
            detail.retain(|field, _| !matches!(field.as_str(), "drawn" | "lot"));
            detail.insert("hidden".into(), json!("until you have read what was drawn"));
        }
    }
}

fn to_read_blind(session: &mut Session) -> Result<Blind> {
    session.read(None, |tx, scene| {
        let (cases, again) = sample::blind_and_again(tx, scene)?;
        Ok(Blind { who: scene.actor.who.clone(), cases, again })
    })
}

/// Works out what this person may know of the log.
fn veil(session: &mut Session, filter: &LogFilter) -> Result<Option<Veil>> {
    session.read(filter.case.as_deref(), |tx, scene| {
        let Some(name) = filter.case.as_deref().filter(|_| !scene.may(Deed::ReadLog)) else {
            scene.allow(Deed::ReadLog)?;
            return Ok(None);
        };
        scene.allow(Deed::ReadCaseLog)?;
        let (_, history) = find(tx, scene, name)?;
        let case = case::derive(&scene.setup.protocol, &history);
        let letter = |read: &case::CurrentRead| (read.read.reader.clone(), read.letter.clone());
        let unsettled = |item: &&case::CaseItem| item.outcome.is_none();
        Ok(Some(Veil {
            who: scene.actor.who.clone(),
            letters: case.reads.iter().map(letter).collect(),
            unsettled: case.items.iter().filter(unsettled).map(|item| item.id.clone()).collect(),
            again: case.again.iter().map(|item| item.id.clone()).collect(),
        }))
    })
}

/// Gives an event as this person may see it; none where they may not know of it.
fn covered(veil: Option<&Veil>, event: &Event) -> Option<Value> {
    let mut line = to_json(event);
    if let Some(veil) = veil {
        // Whose attempt was refused, and why, can tell who read the case; and that it is read again is not told.
        if event.who != veil.who && (event.action == Action::Refuse.word() || veil.tells_of_a_sample(event)) {
            return None;
        }
        if let Some(detail) = line.get_mut("detail") {
            veil.cover(event, detail);
        }
    }
    Some(line)
}

/// What of the log a screen wants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogWish {
    /// Of one case; else of the project.
    pub case: Option<String>,
    /// Events before this number, or after it.
    pub before: Option<u64>,
    pub after: Option<u64>,
    /// The newest so many.
    pub limit: u32,
}

/// An event for a screen.
#[derive(Debug, Clone, PartialEq)]
pub struct LogLine {
    pub seq: u64,
    /// Milliseconds since 1970 UTC.
    pub at: i64,
    pub who: String,
    pub action: String,
    pub case: Option<String>,
    pub refused: bool,
    /// What it was about, in one line.
    pub words: String,
    whole: Value,
}

impl LogLine {
    /// Gives the event in full, a line each.
    pub fn full(&self) -> Vec<String> {
        serde_json::to_string_pretty(&self.whole).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// Gives what a search looks at, in lower case.
    pub fn text(&self) -> String {
        let case = self.case.as_deref().unwrap_or("");
        format!("{} {} {} {case} {}", self.seq, self.who, self.action, self.words).to_lowercase()
    }
}

/// Gives a stretch of the log for a screen. Reading it is written down once a sitting, by [`log_read`].
pub fn page(session: &mut Session, wish: &LogWish) -> Result<Vec<LogLine>> {
    let filter = LogFilter {
        case: wish.case.clone(),
        before: wish.before,
        after: wish.after,
        limit: Some(u64::from(wish.limit)),
        ..LogFilter::default()
    };
    let veil = veil(session, &filter)?;
    let blind = to_read_blind(session)?;
    let mut lines = Vec::new();
    session.read(filter.case.as_deref(), |tx, _| {
        tx.log(&filter, |event| {
            if blind.hides(&event) {
                return Ok(());
            }
            let Some(mut whole) = covered(veil.as_ref(), &event) else { return Ok(()) };
            blind.cover(&event, &mut whole);
            lines.push(LogLine {
                seq: event.seq,
                at: event.at,
                refused: event.action == Action::Refuse.word(),
                words: in_short(event.object.as_deref(), whole.get("detail")),
                who: event.who,
                action: event.action,
                case: event.case,
                whole,
            });
            Ok(())
        })
    })?;
    Ok(lines)
}

/// Writes down that the log is read.
pub fn log_read(session: &mut Session, case: Option<&str>) -> Result<()> {
    if session.store().is_read_only() {
        return Ok(());
    }
    session.write(case, |tx, scene| {
        let whole = scene.may(Deed::ReadLog);
        let role = scene.allow(if whole { Deed::ReadLog } else { Deed::ReadCaseLog })?;
        tx.append(&scene.entry(Some(role), Action::LogRead, case, json!({ "v": 1 })))?;
        Ok(())
    })
}

/// Says in one line what an event holds: its object, then what is short enough to tell.
fn in_short(object: Option<&str>, detail: Option<&Value>) -> String {
    let mut words: Vec<String> = object.map(str::to_owned).into_iter().collect();
    if let Some(Value::Object(fields)) = detail {
        for (name, value) in fields {
            let text = match value {
                _ if matches!(
                    name.as_str(),
                    "v" | "slot" | "round" | "charter" | "program" | "reads_hash" | "result" | "guideline"
                ) =>
                {
                    continue;
                }
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                Value::Bool(true) => "yes".into(),
                Value::Array(codes) if name == "codes" => {
                    codes.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
                }
                Value::Object(inner) if name == "answer" => {
                    inner.iter().map(|(word, value)| format!("{word} {value}")).collect::<Vec<_>>().join(" ")
                }
                _ => continue,
            };
            words.push(format!("{name} {text}"));
        }
    }
    words.join(" · ")
}

impl Veil {
    /// Tells whether an event of somebody else shows that the case was drawn into a sample. Coming and going does, where
    /// nothing else of the case waits: it is left out of every case, so that no gap tells of it either.
    fn tells_of_a_sample(&self, event: &Event) -> bool {
        let comes_and_goes =
            [Action::View, Action::Claim, Action::Release, Action::Expire, Action::LogRead].map(Action::word);
        event.action == Action::Sample.word()
            || event.object.as_ref().is_some_and(|object| self.again.contains(object))
            || comes_and_goes.contains(&event.action.as_str())
    }

    /// Leaves out of an event's detail what this person doesn't see yet, and puts letters in place of readers' ids.
    fn cover(&self, event: &Event, detail: &mut Value) {
        let open = event.object.as_ref().is_some_and(|dispute| self.unsettled.contains(dispute));
        match open && event.who != self.who {
            true => *detail = json!({ "v": 1, "hidden": "until the dispute is settled" }),
            false => blind(detail, &self.letters),
        }
    }
}

/// Gives an event as the command line prints it.
pub fn to_json(event: &Event) -> Value {
    json!({
        "seq": event.seq,
        "at": moment::rfc3339(event.at),
        "who": event.who,
        "account": event.account,
        "role": event.role,
        "action": event.action,
        "case": event.case,
        "object": event.object,
        "detail": serde_json::from_str::<Value>(&event.detail).unwrap_or_else(|_| json!(event.detail)),
        "outcome": event.outcome,
        "origin": event.origin,
        "hash": log::hex(&event.hash),
    })
}

/// Puts letters in the place of readers' ids, wherever a decision names one.
fn blind(detail: &mut Value, letters: &BTreeMap<String, String>) {
    match detail {
        Value::String(text) => {
            if let Some(letter) = letters.get(text) {
                text.clone_from(letter);
            }
        }
        Value::Array(parts) => parts.iter_mut().for_each(|part| blind(part, letters)),
        Value::Object(parts) => {
            for (name, mut part) in std::mem::take(parts) {
                // Free text is never taken for an id.
                if !matches!(name.as_str(), "note" | "why" | "clause" | "resolve" | "dissent") {
                    blind(&mut part, letters);
                }
                parts.insert(letters.get(&name).cloned().unwrap_or(name), part);
            }
        }
        _ => {}
    }
}
