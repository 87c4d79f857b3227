//! Coming to a case and leaving it: what is asked of the store, and what its answers change.

use super::Open;
use super::{DRAFT_MS, is_open};
use crate::app::audits;
use crate::app::event::{Ask, Effect, Failure};
use crate::app::picture;
use crate::app::sheet::Sheet;
use crate::app::state::{Opening, Screen, State, Tone};
use crate::command::{Command, Scope};
use crate::domain::case::State as CaseState;
use crate::domain::decision::Answer;
use crate::domain::text::Safe;
use crate::domain::word::Word;
use crate::preview::plan::{Detail, Facts};
use crate::review::desk::{Desk, Hold, Standing, Undone};
use std::collections::BTreeMap;

/// Cases that are tried where others were quicker.
const TRIES: u8 = 8;

/// Asks for a case. The one that is open stays on the screen until the other is here.
pub(in crate::app) fn ask_for(state: &mut State, case: String, to_decide: bool, tries: u8) -> Vec<Effect> {
    let mut effects = keep_drafts(state, true);
    let hold = if to_decide && works(state) { Hold::Claim } else { Hold::Look };
    if hold == Hold::Look {
        effects.extend(release(state));
    }
    state.opening = Some(Opening { case: case.clone(), refill: None, tries });
    effects.push(Effect::Ask(Ask::Open { case, hold }));
    effects
}

/// Tells whether this person answers here: decides, or reads again what was drawn.
pub(super) fn works(state: &State) -> bool {
    state.person.decides || state.person.audits && state.screen == Screen::Audits
}

/// Takes a case that was asked for.
pub(in crate::app) fn opened(
    state: &mut State,
    case: &str,
    result: Result<Box<Desk>, Failure>,
) -> Vec<Effect> {
    let Some(opening) = state.opening.take_if(|opening| opening.case == case) else { return Vec::new() };
    let desk = match result {
        Ok(desk) => desk,
        Err(failure) => {
            crate::app::update::failed(state, failure);
            return Vec::new();
        }
    };
    let standing_on = match &desk.held {
        Standing::LookingOn { why } if opening.tries > 0 => Some(why.clone()),
        _ => None,
    };
    if standing_on.is_some()
        && let Some(next) = after(state, case)
    {
        return ask_for(state, next, true, opening.tries - 1);
    }
    let mut sheets = kept_sheets(&desk);
    let restored = !sheets.is_empty();
    let mut at = first_dispute(&desk);
    let mut unsaved = BTreeMap::new();
    if let Some((dispute, sheet)) = opening.refill {
        at = desk.view.disputes.iter().position(|known| known.id == dispute).unwrap_or(at);
        sheets.insert(dispute.clone(), sheet);
        unsaved.insert(dispute, state.now);
    }
    let words = match &desk.held {
        Standing::LookingOn { why } if !why.is_empty() => Some((Tone::Warning, why.clone())),
        _ if restored && unsaved.is_empty() => {
            Some((Tone::Info, "what you had filled in before is filled in again".to_owned()))
        }
        _ => None,
    };
    let same = state.open.as_ref().is_some_and(|open| open.desk.view.case == desk.view.case);
    let look = match (&state.open, same) {
        (Some(open), true) => open.picture.clone(),
        _ => picture::first_look(&desk, desk.view.disputes.get(at).map(|dispute| dispute.id.as_str())),
    };
    let to_decide = matches!(desk.held, Standing::Held(_));
    let mut open = Open {
        desk,
        at,
        sheets,
        field: None,
        guard_until: 0,
        guarded: false,
        since: state.now,
        saving: false,
        armed: false,
        looking: false,
        offered: None,
        picture: look,
        top: 0,
        unsaved,
        to_decide,
        renewing: false,
        seen: state.open.take().filter(|_| same).map(|open| open.seen).unwrap_or_default(),
        facts: None,
        all_facts: Vec::new(),
        reading: None,
        drag: None,
    };
    open.turn_to(at, state.now);
    state.worklist.select_case(&open.desk.view.case);
    crate::app::audits::select(state, &open.desk.view.case);
    state.open = Some(open);
    state.popups.clear();
    state.pending.clear();
    if let Some((tone, words)) = words {
        state.tell(tone, words);
    }
    Vec::new()
}

/// Gives what was filled in before; a draft that a newer program wrote is left alone in the store.
fn kept_sheets(desk: &Desk) -> BTreeMap<String, Sheet> {
    let drafts = desk.drafts.iter();
    drafts
        .filter_map(|(dispute, saved)| Some((dispute.clone(), serde_json::from_str(&saved.body).ok()?)))
        .collect()
}

/// Gives the dispute at which a case is opened: one that is filled in, else one that is open.
pub fn first_dispute(desk: &Desk) -> usize {
    let sheets = kept_sheets(desk);
    let disputes = || desk.view.disputes.iter();
    let filled = disputes().position(|known| sheets.contains_key(&known.id));
    filled.or_else(|| disputes().position(is_open)).unwrap_or(0)
}

/// Gives the effects that keep in the store what it does not hold yet: all of it, or what has waited long enough.
pub(in crate::app) fn keep_drafts(state: &mut State, all: bool) -> Vec<Effect> {
    let now = state.now;
    let Some(open) = &mut state.open else { return Vec::new() };
    let due: Vec<String> = open
        .unsaved
        .iter()
        .filter(|(_, since)| all || **since + DRAFT_MS <= now)
        .map(|(dispute, _)| dispute.clone())
        .collect();
    let case = open.desk.view.case.clone();
    let mut effects = Vec::new();
    for dispute in due {
        open.unsaved.remove(&dispute);
        let sheet = open.sheets.get(&dispute).cloned().unwrap_or_default();
        let case = case.clone();
        effects.push(Effect::Ask(match (sheet.is_empty(), serde_json::to_string(&sheet)) {
            (false, Ok(body)) => Ask::KeepDraft { case, dispute, body },
            _ => Ask::DropDraft { case, dispute },
        }));
    }
    effects
}

/// Gives the claim back, where there is one.
pub(super) fn release(state: &State) -> Vec<Effect> {
    let held = state.open.as_ref().filter(|open| open.claim_until().is_some());
    held.map(|open| Effect::Ask(Ask::Release { case: open.desk.view.case.clone() })).into_iter().collect()
}

/// Closes the case: what is filled in is kept, the claim is given back.
pub(in crate::app) fn close(state: &mut State) -> Vec<Effect> {
    let mut effects = keep_drafts(state, true);
    effects.extend(release(state));
    if let Some(open) = state.open.take() {
        let left = open.sheets.values().filter(|sheet| !sheet.is_empty()).count();
        let left = u32::try_from(left).unwrap_or(u32::MAX);
        state.tally.drafts.insert(open.desk.view.case.clone(), left);
        effects.extend(crate::app::worklist::refresh(state));
        if state.screen == Screen::Audits {
            effects.extend(audits::ask(state));
            state.tell(Tone::Info, audits::left_words(audits::left(state)));
        }
    }
    effects
}

/// Takes what became of the open case meanwhile.
pub(in crate::app) fn peeked(
    state: &mut State,
    case: &str,
    result: Result<Box<Desk>, Failure>,
) -> Vec<Effect> {
    let me = state.person.name.clone();
    let Some(open) = state.open.as_mut().filter(|open| open.desk.view.case == case) else {
        return Vec::new();
    };
    let mut desk = match result {
        Ok(desk) => desk,
        Err(failure) => {
            crate::app::update::failed(state, failure);
            return Vec::new();
        }
    };
    let mut words: Vec<String> = Vec::new();
    if desk.view.reads_hash != open.desk.view.reads_hash {
        words.push(
            "the reads of this case have changed: look again, your answers to candidates are taken out"
                .into(),
        );
        for sheet in open.sheets.values_mut() {
            if matches!(sheet.answer, Some(Answer::Adopt(_) | Answer::Ambiguous)) {
                sheet.answer = None;
                sheet.ambiguity = None;
            }
        }
    }
    for now in &desk.view.disputes {
        let before = open.desk.view.disputes.iter().find(|known| known.id == now.id);
        if !before.is_some_and(|before| before.state != now.state && is_open(before)) {
            continue;
        }
        let by = now.decision.as_ref().and_then(|decision| decision.get("by")).and_then(|by| by.as_str());
        if !is_open(now) && by.is_none_or(|by| by != me) && !now.answered {
            let by = by.map_or(String::new(), |by| format!(" by {}", Safe::new(by)));
            words.push(format!(
                "{} is {} now{by}: theirs is shown beside yours, and yours is kept",
                Safe::new(&now.id),
                now.state.word()
            ));
        }
    }
    let mine = desk.view.claimed_by.contains(&me);
    desk.held = match (&open.desk.held, mine) {
        (Standing::Held(held), true) => Standing::Held(held.clone()),
        (Standing::Held(_), false) if !open.saving => {
            let why = "your claim on this case has ended: any key that decides claims it again";
            words.push(why.into());
            Standing::LookingOn { why: why.into() }
        }
        (held, _) => held.clone(),
    };
    let id = open.dispute_id().map(str::to_owned);
    desk.drafts = std::mem::take(&mut open.desk.drafts);
    open.desk = desk;
    open.at = open.desk.view.disputes.iter().position(|known| Some(&known.id) == id.as_ref()).unwrap_or(0);
    if !words.is_empty() {
        state.tell_too(Tone::Warning, &words.join("; "));
    }
    Vec::new()
}

/// Takes the answer to a decision.
pub(in crate::app) fn decided(
    state: &mut State,
    case: &str,
    dispute: &str,
    result: Result<CaseState, Failure>,
) -> Vec<Effect> {
    let now = state.now;
    let mut effects = vec![Effect::Ask(Ask::Counts)];
    if let Some(line) = state.worklist.lines.values().find(|line| line.case == case) {
        effects.push(Effect::Ask(Ask::Lines { ids: vec![line.case_id] }));
    }
    let Some(open) = state.open.as_mut().filter(|open| open.desk.view.case == case) else {
        if let Err(failure) = result {
            crate::app::update::failed(state, failure);
        }
        return effects;
    };
    open.saving = false;
    let settled = match result {
        Ok(settled) => settled,
        Err(failure) => {
            open.looking = false;
            // What was filled in stays, on the screen and in the store; what stands now is shown.
            open.unsaved.entry(dispute.to_owned()).or_insert(now);
            effects.push(Effect::Ask(Ask::Peek { case: case.to_owned() }));
            let words = format!("not saved: {}", failure.words);
            crate::app::update::failed(state, failure);
            state.tell(Tone::Error, words);
            return effects;
        }
    };
    let sheet = open.sheets.remove(dispute).unwrap_or_default();
    open.unsaved.remove(dispute);
    let mut early = std::mem::take(&mut open.looking);
    let mut looked = false;
    for known in open.desk.view.disputes.iter_mut().filter(|known| known.id == dispute) {
        looked = known.own_look || early;
        early &= !known.own_look;
        known.state = settled;
        known.answered = !looked;
    }
    if looked && state.screen == Screen::Audits {
        // Nothing is shown after it: whoever looks at the case anew would see what others said.
        let more = open.next_open().is_some();
        audits::made(state, case, more);
        state.tally.audited += 1;
        let left = audits::left_words(audits::left(state));
        state.tell(Tone::Good, format!("saved: your own read of {}; {left}", Safe::new(dispute)));
        effects.extend(advance(state));
        return effects;
    }
    effects.push(Effect::Ask(Ask::Peek { case: case.to_owned() }));
    let tally = &mut state.tally;
    match sheet.answer {
        _ if looked => {}
        Some(Answer::Defer) => tally.deferred += 1,
        Some(Answer::Escalate) => tally.escalated += 1,
        Some(Answer::Return) => tally.returned += 1,
        Some(Answer::Discuss) => tally.discussed += 1,
        _ => tally.settled += 1,
    }
    if looked {
        // Now the reads are shown, and the same dispute is decided.
        open.since = now;
        open.guard_until = now + i64::from(open.desk.rules.key_guard_ms);
        let shown = if early { "what was answered before" } else { "the readers' answers" };
        let are = if early { "is" } else { "are" };
        state.tell(Tone::Good, format!("your own look is recorded: now {shown} {are} shown"));
        return effects;
    }
    let undo = state.keymap.keys_of(Command::Undo, &[Scope::Global]).into_iter().next();
    let undo = undo.filter(|_| settled != CaseState::Final);
    let undo = undo.map_or(String::new(), |key| format!("; {key} takes it back"));
    state.tell(
        Tone::Good,
        format!("saved: {} is {}{undo}", Safe::new(dispute), settled.word().to_lowercase()),
    );
    effects.extend(advance(state));
    effects
}

/// Goes on: to the next dispute of the case, to the next case, or back to the worklist.
fn advance(state: &mut State) -> Vec<Effect> {
    let now = state.now;
    let Some(open) = &mut state.open else { return Vec::new() };
    if let Some(next) = open.next_open() {
        open.turn_to(next, now);
        return Vec::new();
    }
    next_case(state)
}

pub(super) fn next_case(state: &mut State) -> Vec<Effect> {
    let Some(open) = &state.open else { return Vec::new() };
    let case = open.desk.view.case.clone();
    match after(state, &case) {
        Some(next) => {
            let notice = state.notice.clone();
            let effects = ask_for(state, next, true, TRIES);
            state.notice = notice;
            effects
        }
        None => {
            let effects = close(state);
            if state.screen != Screen::Audits {
                let before =
                    state.notice.take().map(|notice| format!("{}; ", notice.words)).unwrap_or_default();
                state.tell(Tone::Good, format!("{before}that was the last open case of this list"));
            }
            effects
        }
    }
}

/// Gives the case that comes after one: of the audits where one makes these, else of the worklist.
fn after(state: &State, case: &str) -> Option<String> {
    match state.screen {
        Screen::Audits => audits::after(state, case),
        _ => state.worklist.next_open(case),
    }
}

/// Takes the answer to an undo: the case is opened again, filled in as it was.
pub(in crate::app) fn undone(state: &mut State, result: Result<Box<Undone>, Failure>) -> Vec<Effect> {
    match result {
        Ok(undone) => {
            state.tally.undone += 1;
            let counted = match undone.draft.answer {
                Answer::Defer => &mut state.tally.deferred,
                Answer::Escalate => &mut state.tally.escalated,
                Answer::Return => &mut state.tally.returned,
                Answer::Discuss => &mut state.tally.discussed,
                _ => &mut state.tally.settled,
            };
            *counted = counted.saturating_sub(1);
            let mut effects = ask_for(state, undone.case.clone(), true, 0);
            if let Some(opening) = &mut state.opening {
                opening.refill = Some((undone.dispute.clone(), Sheet::of(&undone.draft)));
            }
            state.tell(
                Tone::Good,
                format!("{} is open again, filled in as you had decided", Safe::new(&undone.dispute)),
            );
            effects.push(Effect::Ask(Ask::Counts));
            effects
        }
        Err(failure) => {
            crate::app::update::failed(state, failure);
            Vec::new()
        }
    }
}

/// Takes the answer to a claim that was to be lengthened.
pub(in crate::app) fn renewed(state: &mut State, case: &str, until: Result<i64, Failure>) {
    let Some(open) = state.open.as_mut().filter(|open| open.desk.view.case == case) else { return };
    open.renewing = false;
    match until {
        Ok(until) => {
            if let Standing::Held(held) = &mut open.desk.held {
                held.lease_until = until;
            }
        }
        Err(failure) if failure.store => crate::app::update::failed(state, failure),
        Err(failure) => {
            open.desk.held = Standing::LookingOn { why: failure.words.clone() };
            state.tell(Tone::Error, format!("{}; what you filled in is kept", failure.words));
        }
    }
}

/// A key was pressed: a claim that has come to its second half is lengthened.
pub(in crate::app) fn stay(state: &mut State) -> Vec<Effect> {
    let now = state.now;
    let Some(open) = &mut state.open else { return Vec::new() };
    let lease = i64::from(open.desk.rules.lease_minutes) * 60_000;
    match open.claim_until() {
        Some(until) if until - now < lease / 2 && !open.renewing => {
            open.renewing = true;
            vec![Effect::Ask(Ask::Renew { case: open.desk.view.case.clone() })]
        }
        _ => Vec::new(),
    }
}

/// Pictures stand on the screen: what was seen is remembered and told to the log.
pub(in crate::app) fn shown(state: &mut State, facts: Vec<Facts>) {
    let desk = match (&state.open, &state.worklist.preview) {
        (Some(open), _) => Some(&open.desk),
        (None, preview) => preview.as_ref(),
    };
    let Some(desk) = desk else {
        state.shown = facts;
        return;
    };
    let case = desk.view.case.clone();
    let known: Vec<Facts> = facts
        .iter()
        .filter(|facts| desk.images.iter().any(|image| image.image.id == facts.view.image))
        .cloned()
        .collect();
    // What comes first is a promise of the picture, and no look at it.
    let seen = |facts: &&Facts| facts.detail != Detail::First;
    if let (Some(open), Some(first)) = (&mut state.open, known.first()) {
        open.seen.extend(known.iter().filter(seen).map(|facts| facts.view.image.clone()));
        open.facts = Some(first.clone());
    }
    if let Some(open) = &mut state.open {
        super::cine::shown(open, &known);
        open.all_facts.clone_from(&known);
    }
    let images: Vec<String> = known
        .iter()
        .filter(seen)
        .map(|facts| facts.view.image.clone())
        .filter(|image| state.viewed.insert((case.clone(), image.clone())))
        .collect();
    if !images.is_empty() {
        state.views.push(crate::review::desk::Viewed { case, images });
    }
    state.shown = facts;
}
