//! From a draft to a decision, or to the words of a refusal: who may decide, and what the dispute takes now.

use super::answer::{self, Answered};
use super::{Actor, Answer, Decision, Draft, Refused, RefusedKind, Settles, form, short};
use crate::domain::authority::Deed;
use crate::domain::case::{Case, CaseItem, Decided, Kind, State, machine, persons_needed};
use crate::domain::charter::{Charter, Mode};
use crate::domain::event::Action;
use crate::domain::names::Names;
use crate::domain::taxonomy;
use crate::domain::text::Safe;

/// Version of the decisions that are written.
const VERSION: u32 = 1;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Checks a draft against the charter and the case as it stands, and completes it. `version` is the charter's, `now_ms`
/// milliseconds since 1970 UTC, `program` the program's name and version.
///
/// # Errors
/// The first rule that the draft breaks, in words for the person who made it.
pub fn settle(
    charter: &Charter,
    version: u32,
    case: &Case,
    draft: &Draft,
    actor: &Actor,
    now_ms: i64,
    program: &str,
) -> Result<(Action, Decision), Refused> {
    form::check_texts(draft)?;
    check_case(case, draft, actor)?;
    check_stale(case, draft)?;
    let entry = find(case, draft, actor)?;
    // What is read in an audit is an own look, whatever it is handed in as.
    let audit = entry.awaits_audit();
    let draft = &Draft { first_look: draft.first_look || audit, ..draft.clone() };
    let stage = entry.stage(&actor.name);
    let audits = |item: &CaseItem| actor.qa && case.is_audit_for(item, &actor.name, &actor.readers);
    let again =
        (actor.adjudicator || actor.arbiter) && case.is_asked_again(entry, &actor.name, &actor.readers);
    let blind = again || case.again.iter().any(audits);
    check_state(charter, entry, draft, actor, now_ms, blind)?;
    check_second(charter, case, entry, actor, now_ms)?;
    if !audit {
        check_person(charter, case, entry, draft, actor, stage)?;
    }
    let own = entry.answer_of(&actor.name).filter(|own| own.from == stage);
    check_look(charter, entry, draft, actor)?;
    if stage == State::Discussion || draft.answer == Answer::Discuss {
        check_anonymous(draft, actor)?;
    }
    let panel = panel(draft, actor, stage)?;
    let answered = answer::resolve(charter, case, entry, draft)?;
    let form = form::fill(charter, case, entry, draft, actor, &answered, own.is_some())?;
    let action = action(draft);
    let window = charter.review.undo_minutes.filter(|_| action == Action::Decide);
    let Answered { answer, settles, result, adopted } = answered;
    let decision = Decision {
        v: VERSION,
        slot: slot(case, entry, actor),
        round: entry.round,
        answer,
        settles,
        result,
        adopted,
        confidence: draft.confidence,
        uncertain: draft.uncertain,
        ambiguity: form.ambiguity,
        verdicts: form.verdicts,
        root_cause: form.root_cause,
        severity: form.severity,
        clause: form.clause,
        note: form.note,
        panel,
        seen: draft.seen.clone(),
        reads_hash: case.reads_hash.clone(),
        charter: version,
        program: program.to_owned(),
        supersedes: own.map(|own| own.seq).filter(|_| action != Action::FirstLook),
        final_at: window.map(|minutes| now_ms.saturating_add(i64::from(minutes) * 60_000)),
    };
    Ok((action, decision))
}

fn action(draft: &Draft) -> Action {
    match draft.answer {
        _ if draft.first_look => Action::FirstLook,
        Answer::Defer => Action::Defer,
        Answer::Return => Action::Return,
        Answer::Escalate => Action::Escalate,
        Answer::Discuss => Action::Discuss,
        _ => Action::Decide,
    }
}

fn not_permitted(why: impl Into<String>) -> Refused {
    Refused::new(RefusedKind::NotPermitted, why)
}

fn closed(why: impl Into<String>) -> Refused {
    Refused::new(RefusedKind::Closed, why)
}

fn check_case(case: &Case, draft: &Draft, actor: &Actor) -> Result<(), Refused> {
    let name = Safe::new(&case.name);
    if draft.case != case.name {
        return Err(Refused::invalid(format!("the decision is about another case than {name}")));
    }
    if !(actor.adjudicator || actor.arbiter || actor.qa) {
        return Err(not_permitted(
            "only adjudicators and arbiters decide; a lead gives roles with ‘people add’",
        ));
    }
    if case.unblinded.contains(&actor.name) {
        return Err(not_permitted(format!(
            "you unblinded {name} and can't decide it any more; somebody else must"
        )));
    }
    if !case.blocked.is_empty() {
        let reasons: Vec<String> = case.blocked.iter().map(|why| Safe::new(why).to_string()).collect();
        return Err(closed(format!("{name} is blocked: {}; unblock it first", reasons.join("; "))));
    }
    if case.awaiting > 0 {
        return Err(closed(format!("{name} awaits reads: {}", case.missing.join("; "))));
    }
    Ok(())
}

fn check_stale(case: &Case, draft: &Draft) -> Result<(), Refused> {
    let Some(expected) = draft.expect.as_deref().filter(|expected| *expected != case.reads_hash) else {
        return Ok(());
    };
    let name = Safe::new(&case.name);
    let known = case.earlier.iter().rfind(|(_, hash)| hash == expected);
    let changes = match known {
        Some((seq, _)) => {
            let changed = case.reads.iter().filter(|read| read.since > *seq).map(|read| match read.version {
                1 => format!("{} has been added", read.letter),
                version => format!("{} has been corrected (version {version})", read.letter),
            });
            changed.collect::<Vec<_>>().join(", ")
        }
        None => "no earlier state of its reads has that hash".into(),
    };
    Err(Refused::new(
        RefusedKind::Stale,
        format!(
            "the reads of {name} have changed since you looked: {changes}. Expected {}, now {}. Look again, then decide",
            short(expected),
            case.reads_hash
        ),
    ))
}

/// Tells whether a dispute is one of which the person isn't told: work that is read again, of theirs or of others.
fn is_hidden(case: &Case, entry: &CaseItem, actor: &Actor) -> bool {
    let told = entry.second.is_none() || actor.qa || actor.oversees;
    !told && !case.knows_of(entry, &actor.name, &actor.readers)
}

fn find<'c>(case: &'c Case, draft: &Draft, actor: &Actor) -> Result<&'c CaseItem, Refused> {
    case.item(&draft.dispute).filter(|entry| !is_hidden(case, entry, actor)).ok_or_else(|| {
        let name = Safe::new(&case.name);
        let gone = case.gone.iter().any(|entry| entry.id == draft.dispute);
        let meant = taxonomy::nearest(&draft.dispute, case.items.iter().map(|entry| entry.id.as_str()));
        let why = match meant {
            _ if gone => format!("no read of {name} speaks of {} any more", short(&draft.dispute)),
            Some(id) => {
                format!("{name} has no dispute {}; did you mean {}?", short(&draft.dispute), Safe::new(id))
            }
            None => format!("{name} has no dispute {}", short(&draft.dispute)),
        };
        Refused::new(RefusedKind::Unknown, why)
    })
}

fn check_state(
    charter: &Charter,
    entry: &CaseItem,
    draft: &Draft,
    actor: &Actor,
    now: i64,
    blind: bool,
) -> Result<(), Refused> {
    let id = Safe::new(&entry.id);
    // To whoever has yet to read the case blind, what stands is not told.
    let standing = |entry| if blind { String::new() } else { standing(entry) };
    let (action, rounds) = (action(draft), charter.review.rounds);
    let answered = entry.answer_of(&actor.name).is_some();
    // What was put off is taken up again by deciding.
    let state = match entry.state_at(now) {
        State::Deferred => entry.stage(&actor.name),
        state => state,
    };
    if machine::takes(entry.kind, state, action, answered).is_some() {
        return match action == Action::Discuss && entry.round >= rounds {
            true => {
                Err(closed(format!("{id} has been through all {rounds} rounds of discussion: escalate it")))
            }
            false => Ok(()),
        };
    }
    Err(closed(match state {
        State::Final => format!("{id} is final{}: a lead must reopen the case first", standing(entry)),
        State::Concordant => format!("the readers agree on {id}: there is nothing to decide"),
        State::Returned => format!("{id} was sent back and waits for a corrected read"),
        State::Provisional if draft.first_look => format!("{id} is decided: it is too late for a first look"),
        State::Provisional => format!(
            "{id} has been decided meanwhile{}; yours was {}. Your draft is not lost: a lead can reopen the case",
            standing(entry),
            draft_in_words(draft)
        ),
        State::Discussion => format!("{id} is under discussion already, in round {}", entry.round),
        _ => format!("{id} is escalated already"),
    }))
}

/// What stands, in words that follow a statement.
fn standing(entry: &CaseItem) -> String {
    entry.answers().last().map_or(String::new(), |Decided { who, decision, .. }| {
        let answer = answer::in_words(&decision.answer, decision.settles, decision.result.as_ref());
        let confidence =
            decision.confidence.map_or(String::new(), |confidence| format!(", confidence {confidence}"));
        format!(" ({}: {answer}{confidence})", Safe::new(who))
    })
}

fn draft_in_words(draft: &Draft) -> String {
    let confidence =
        draft.confidence.map_or(String::new(), |confidence| format!(", confidence {confidence}"));
    format!("{}{confidence}", answer::in_words(&draft.answer, Settles::Open, None))
}

fn check_person(
    charter: &Charter,
    case: &Case,
    entry: &CaseItem,
    draft: &Draft,
    actor: &Actor,
    stage: State,
) -> Result<(), Refused> {
    let id = Safe::new(&entry.id);
    let row = machine::takes(entry.kind, stage, action(draft), true);
    if row.is_some_and(|row| row.deed == Some(Deed::Arbitrate)) && !actor.arbiter {
        return Err(not_permitted(format!("{id} is escalated: an arbiter must settle it")));
    }
    if !(actor.adjudicator || actor.arbiter || charter.review.qa_may_decide) {
        return Err(not_permitted(
            "a QA specialist doesn't set clinical truth here: the charter's qa_may_decide is false",
        ));
    }
    let read_it = case.reads.iter().any(|read| actor.readers.contains(&read.read.reader));
    let puts_off = matches!(draft.answer, Answer::Defer | Answer::Escalate | Answer::Discuss);
    let alone = persons_needed(charter, stage) == 1 && draft.panel.iter().all(|name| *name == actor.name);
    if read_it && !puts_off && alone {
        return Err(not_permitted(format!(
            "you are a reader of {} and can't adjudicate it alone; escalate it, or ask for a discussion",
            Safe::new(&case.name)
        )));
    }
    let skills = entry.item.labels.iter().filter_map(|label| charter.label(label)?.skill.as_ref());
    match skills.into_iter().find(|skill| !actor.skills.contains(*skill)) {
        Some(skill) => Err(not_permitted(format!(
            "{id} needs the skill {}, which you don't have; a lead gives it with ‘people add’",
            Safe::new(skill)
        ))),
        None => Ok(()),
    }
}

/// Refuses a note of a discussion that names somebody: the others read it without names.
fn check_anonymous(draft: &Draft, actor: &Actor) -> Result<(), Refused> {
    let Some(note) = draft.note.as_deref() else { return Ok(()) };
    // Of the whole project: a refusal for the readers of this case alone would tell who they are.
    let people = actor.known.iter().chain([&actor.name]).chain(&actor.readers).chain(&actor.others);
    // A single letter is what readers are known by here, and a number may be a measure.
    let meant = people.filter(|name| name.chars().count() > 1 && name.chars().any(char::is_alphabetic));
    match Names::of(meant.map(String::as_str)).first_in(note) {
        Some((name, words)) => {
            let with = match words.to_lowercase() == name.to_lowercase() {
                true => String::new(),
                false => format!(" with ‘{}’", Safe::new(words)),
            };
            Err(Refused::invalid(format!(
                "the note names {}{with}, and rounds of a discussion are anonymous: say it by letter, or without a name",
                Safe::new(name)
            )))
        }
        None => Ok(()),
    }
}

/// Gives who attended beside the person who writes: known people, where something escalated is settled.
fn panel(draft: &Draft, actor: &Actor, stage: State) -> Result<Vec<String>, Refused> {
    let mut panel: Vec<String> = draft.panel.iter().map(|name| name.trim().to_owned()).collect();
    panel.sort();
    panel.dedup();
    panel.retain(|name| *name != actor.name);
    if let Some(name) = panel.iter().find(|name| !actor.known.contains(*name)) {
        let near = taxonomy::nearest(name, actor.known.iter().map(String::as_str));
        let meant = near.map_or(String::new(), |near| format!("; did you mean {}?", Safe::new(near)));
        return Err(Refused::invalid(format!("nobody here is called {}{meant}", short(name))));
    }
    if !panel.is_empty() && (stage != State::Escalated || draft.first_look || !draft.answer.is_clinical()) {
        return Err(Refused::invalid("a panel settles what is escalated: escalate it first"));
    }
    Ok(panel)
}

/// Checks that a second reading is somebody else's, and who may make an audit.
fn check_second(
    charter: &Charter,
    case: &Case,
    entry: &CaseItem,
    actor: &Actor,
    now: i64,
) -> Result<(), Refused> {
    let id = Safe::new(&entry.id);
    if let Some(by) = &entry.amended {
        return Err(closed(format!("{id} was amended by {}: decide there", Safe::new(by))));
    }
    let Some(second) = &entry.second else { return Ok(()) };
    if !entry.disputed {
        return Err(closed(format!("{id} is settled otherwise: there is nothing to decide any more")));
    }
    if entry.awaits_audit() {
        let read_it = case.reads.iter().any(|read| actor.readers.contains(&read.read.reader));
        return match &second.to {
            _ if !actor.qa => Err(not_permitted("this is for a QA specialist to read")),
            Some(to) if *to != actor.name && !case.unblinded.contains(to) => {
                Err(not_permitted(format!("{id} was given to {}", Safe::new(to))))
            }
            _ if read_it || second.by.contains(&actor.name) => {
                Err(not_permitted(format!("{id} is work of yours: somebody else must look at it")))
            }
            _ => Ok(()),
        };
    }
    // Who made an audit, or what it looks at, can't say who was right.
    let looked = entry.kind == Kind::Audit && entry.looks.first().is_some_and(|look| look.who == actor.name);
    let last = || {
        let of = case.item(&second.of).into_iter().flat_map(|of| &of.decisions);
        of.filter(|decided| decided.who == actor.name).map(|decided| decided.at).max()
    };
    let washout = i64::from(charter.sampling.washout_days) * DAY_MS;
    let own = second.by.contains(&actor.name);
    let rested = entry.kind == Kind::Recheck
        && entry.state == State::Queued
        && last().is_some_and(|at| at.saturating_add(washout) <= now);
    if looked || own && !rested {
        return Err(not_permitted(format!("{id} is work of yours: somebody else must look at it")));
    }
    Ok(())
}

fn check_look(charter: &Charter, entry: &CaseItem, draft: &Draft, actor: &Actor) -> Result<(), Refused> {
    let looked = entry.looks.iter().any(|look| look.who == actor.name);
    let id = Safe::new(&entry.id);
    if !draft.first_look {
        // Whatever is said of a dispute would else show the reads before the own look, but that it is put off.
        let needed = charter.review.mode == Mode::ThirdRead && draft.answer != Answer::Defer;
        return if needed && !looked {
            Err(Refused::missing(format!(
                "the charter asks for an own look at {id} first: hand one in with first_look"
            )))
        } else {
            Ok(())
        };
    }
    if looked {
        return Err(closed(format!("your first look at {id} is recorded, and stays as it was")));
    }
    if entry.has_decided(&actor.name) {
        return Err(closed(format!("you have decided on {id}: it is too late for a first look")));
    }
    match draft.answer {
        Answer::Value(_) | Answer::Geometry(_) | Answer::None | Answer::Exclude => Ok(()),
        _ => Err(Refused::invalid(
            "a first look is made without the reads: it answers with a value, a geometry, none or exclude",
        )),
    }
}

/// Gives the slot that the person decides in: the one held in this case before, or the first that is free here.
fn slot(case: &Case, entry: &CaseItem, actor: &Actor) -> u32 {
    if let Some(own) = entry.answer_of(&actor.name) {
        return own.decision.slot;
    }
    let taken: Vec<u32> = entry.answers().map(|decided| decided.decision.slot).collect();
    let held = case.items.iter().find_map(|other| other.answer_of(&actor.name)).map(|own| own.decision.slot);
    match held.filter(|slot| !taken.contains(slot)) {
        Some(slot) => slot,
        None => (1..u32::MAX).find(|slot| !taken.contains(slot)).unwrap_or(u32::MAX),
    }
}
