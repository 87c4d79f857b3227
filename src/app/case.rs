//! The case that is open: its disputes, what is filled in for each, and the way from a keypress to a saved decision.

use std::collections::{BTreeMap, BTreeSet};

use super::event::{Ask, Effect, Failure};
use super::forms::{self, Form};
use super::layout::{Body, Layout};
use super::picture::{self, Look};
use super::popup::{About, Entry, Menu, Popup, Prompt, Question, Text, step};
use super::sheet::{Choices, FIELDS, Field, Sheet};
use super::state::{Opening, State, Tone};
use crate::app::editor::Editor;
use crate::command::{Command, Scope};
use crate::domain::case::State as CaseState;
use crate::domain::decision::{Answer, Draft, Seen};
use crate::domain::geometry::Geometry;
use crate::domain::taxonomy;
use crate::domain::text::Safe;
use crate::domain::word::Word;
use crate::preview::plan::Facts;
use crate::review::desk::{Desk, Hold, Standing, Undone};
use crate::review::show::DisputeView;

/// What was typed is kept in the store after so long, in milliseconds.
pub const DRAFT_MS: i64 = 500;
/// Views are handed to the log after so long, in milliseconds: several in one go.
pub const VIEWS_MS: i64 = 2_000;
/// A claim shows its minutes in the last five.
const LAST_MS: i64 = 5 * 60_000;
/// Cases that are tried where others were quicker.
const TRIES: u8 = 8;

/// The open case.
#[derive(Debug, Clone)]
pub struct Open {
    pub desk: Box<Desk>,
    /// Which of its disputes, from 0.
    pub at: usize,
    /// By dispute.
    pub sheets: BTreeMap<String, Sheet>,
    /// The field that `tab` has come to.
    pub field: Option<Field>,
    /// Deciding keys are ignored until then.
    pub guard_until: i64,
    /// A deciding key was ignored just now.
    pub guarded: bool,
    /// Since when this dispute is before the person.
    pub since: i64,
    pub saving: bool,
    /// A second Enter saves a decision on what was not seen.
    armed: bool,
    pub picture: Look,
    /// First line of the candidates that is shown.
    pub top: usize,
    /// Disputes with something that the store does not hold yet, and since when.
    pub unsaved: BTreeMap<String, i64>,
    /// The person opened it to decide.
    pub to_decide: bool,
    renewing: bool,
    /// Images of the case that stood on the screen.
    seen: BTreeSet<String>,
    facts: Option<Facts>,
}

impl Open {
    /// Gives the dispute that is before the person.
    pub fn dispute(&self) -> Option<&DisputeView> {
        self.desk.view.disputes.get(self.at)
    }

    pub fn dispute_id(&self) -> Option<&str> {
        self.dispute().map(|dispute| dispute.id.as_str())
    }

    /// Gives what is filled in for the dispute.
    pub fn sheet(&self) -> Sheet {
        self.dispute_id().and_then(|id| self.sheets.get(id)).cloned().unwrap_or_default()
    }

    /// Gives when the claim ends; none where this is only a look.
    pub fn claim_until(&self) -> Option<i64> {
        match &self.desk.held {
            Standing::Held(held) => Some(held.lease_until),
            Standing::LookingOn { .. } => None,
        }
    }

    /// Gives what digits choose from.
    pub fn choices(&self) -> Choices {
        let Some(dispute) = self.dispute() else { return Choices::default() };
        Choices {
            candidates: u8::try_from(dispute.candidates.len()).unwrap_or(9).min(9),
            values: dispute.levels.clone(),
            confidence: true,
        }
    }

    /// Makes the draft of the decision on this dispute, as it stands.
    pub fn draft(&self, now: i64, unseen: bool) -> Option<Draft> {
        let dispute = self.dispute()?;
        let facts = self.facts.as_ref();
        let draft = self.sheet().draft(&self.desk.view.case, &dispute.id)?;
        Some(Draft {
            expect: Some(self.desk.view.reads_hash.clone()),
            first_look: dispute.own_look,
            seen: Some(Seen {
                image: facts.map(|facts| facts.view.image.clone()),
                frame: facts.map(|facts| facts.view.frame),
                window: facts.and_then(|facts| facts.window).map(|window| [window.width, window.level]),
                zoom: facts.map(|facts| f64::from(facts.size.0) / f64::from(facts.covers.0.max(1))),
                seconds: Some((now - self.since).max(0) as f64 / 1000.0),
                unseen,
            }),
            ..draft
        })
    }

    /// Says what keeps the decision from being saved, in words; none where nothing does.
    pub fn lacks(&self, now: i64) -> Option<String> {
        let draft = self.draft(now, false)?;
        self.desk.rules.refusal(&draft, now).map(|refused| refused.why)
    }

    /// Tells whether the picture that the dispute is about stood on the screen.
    pub fn was_seen(&self) -> bool {
        let about = self.dispute().map(shapes_of).unwrap_or_default();
        let mut about = about
            .iter()
            .map(|shape| &shape.image)
            .filter(|id| self.desk.images.iter().any(|i| i.image.id == **id));
        match about.next() {
            Some(first) => self.seen.contains(first) || about.any(|id| self.seen.contains(id)),
            None => !self.seen.is_empty(),
        }
    }

    /// Gives when something changes by itself next.
    pub fn wake(&self, now: i64) -> Option<i64> {
        let guard = (self.guard_until > now).then_some(self.guard_until);
        let drafts = self.unsaved.values().map(|since| since + DRAFT_MS).min();
        let claim = self.claim_until().map(|until| {
            let left = until - now;
            match left {
                _ if left > LAST_MS => until - LAST_MS,
                _ if left > 0 => until - (left - 1) / 60_000 * 60_000,
                _ => i64::MAX,
            }
        });
        [guard, drafts, claim.filter(|at| *at != i64::MAX).map(|at| at.max(now + 1))]
            .into_iter()
            .flatten()
            .min()
    }

    /// Gives the minutes that the claim has left, in its last five.
    pub fn claim_minutes(&self, now: i64) -> Option<i64> {
        let left = self.claim_until()? - now;
        (left <= LAST_MS).then_some((left.max(0) + 59_999) / 60_000)
    }

    /// Changes what is filled in for the dispute, and notes that the store does not hold it yet.
    pub fn fill(&mut self, now: i64, change: impl FnOnce(&mut Sheet)) {
        let Some(id) = self.dispute_id().map(str::to_owned) else { return };
        let sheet = self.sheets.entry(id.clone()).or_default();
        let before = sheet.clone();
        change(sheet);
        if *sheet != before {
            self.armed = false;
            self.unsaved.entry(id).or_insert(now);
        }
    }

    fn turn_to(&mut self, at: usize, now: i64) {
        self.at = at;
        self.top = 0;
        self.field = None;
        self.armed = false;
        self.guarded = false;
        self.since = now;
        self.guard_until = now + i64::from(self.desk.rules.key_guard_ms);
        let shapes = self.dispute().map(shapes_of).unwrap_or_default();
        let here = self.desk.images.get(self.picture.image).map(|known| known.image.id.clone());
        // A dispute that lies elsewhere is shown; else nothing moves.
        if !shapes.is_empty()
            && !shapes
                .iter()
                .any(|shape| Some(&shape.image) == here.as_ref() && shape.frame == self.picture.frame)
        {
            let look = picture::first_look(&self.desk, self.dispute_id());
            self.picture.show_image(look.image);
            self.picture.frame = look.frame;
            self.picture.region = None;
        }
    }

    /// Gives the next dispute that waits for this person's answer; the one at hand not.
    fn next_open(&self) -> Option<usize> {
        let count = self.desk.view.disputes.len();
        (1..count)
            .map(|by| (self.at + by) % count)
            .find(|at| self.desk.view.disputes.get(*at).is_some_and(is_open))
    }
}

/// Gives every shape that a dispute is about.
pub fn shapes_of(dispute: &DisputeView) -> Vec<Geometry> {
    let of = |candidate: &crate::review::show::CandidateView| {
        let mut shapes = candidate.choice.shapes.clone();
        shapes.extend(candidate.geometry.iter().cloned());
        shapes
    };
    dispute.candidates.iter().flat_map(of).collect()
}

/// Tells whether a dispute waits for an answer.
pub fn is_open(dispute: &DisputeView) -> bool {
    matches!(
        dispute.state,
        CaseState::Queued
            | CaseState::InReview
            | CaseState::Deferred
            | CaseState::Escalated
            | CaseState::Discussion
    ) && !dispute.answered
}

/// Asks for a case. The one that is open stays on the screen until the other is here.
pub(super) fn ask_for(state: &mut State, case: String, to_decide: bool, tries: u8) -> Vec<Effect> {
    let mut effects = keep_drafts(state, true);
    let hold = if to_decide && state.person.decides { Hold::Claim } else { Hold::Look };
    if hold == Hold::Look {
        effects.extend(release(state));
    }
    state.opening = Some(Opening { case: case.clone(), refill: None, tries });
    effects.push(Effect::Ask(Ask::Open { case, hold }));
    effects
}

/// Takes a case that was asked for.
pub(super) fn opened(state: &mut State, case: &str, result: Result<Box<Desk>, Failure>) -> Vec<Effect> {
    let Some(opening) = state.opening.take_if(|opening| opening.case == case) else { return Vec::new() };
    let desk = match result {
        Ok(desk) => desk,
        Err(failure) => {
            super::update::failed(state, failure);
            return Vec::new();
        }
    };
    let standing_on = match &desk.held {
        Standing::LookingOn { why } if opening.tries > 0 => Some(why.clone()),
        _ => None,
    };
    if standing_on.is_some()
        && let Some(next) = state.worklist.next_open(case)
    {
        return ask_for(state, next, true, opening.tries - 1);
    }
    let mut sheets: BTreeMap<String, Sheet> = BTreeMap::new();
    for (dispute, saved) in &desk.drafts {
        // A draft that a newer program wrote is left alone in the store.
        if let Ok(sheet) = serde_json::from_str(&saved.body) {
            sheets.insert(dispute.clone(), sheet);
        }
    }
    let restored = !sheets.is_empty();
    let mut at = desk.view.disputes.iter().position(is_open).unwrap_or(0);
    let mut unsaved = BTreeMap::new();
    if let Some((dispute, sheet)) = opening.refill {
        at = desk.view.disputes.iter().position(|known| known.id == dispute).unwrap_or(at);
        sheets.insert(dispute.clone(), sheet);
        unsaved.insert(dispute, state.now);
    } else if let Some(place) = desk.view.disputes.iter().position(|known| sheets.contains_key(&known.id)) {
        at = place;
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
        picture: look,
        top: 0,
        unsaved,
        to_decide,
        renewing: false,
        seen: state.open.take().filter(|_| same).map(|open| open.seen).unwrap_or_default(),
        facts: None,
    };
    open.turn_to(at, state.now);
    state.worklist.select_case(&open.desk.view.case);
    state.open = Some(open);
    state.popups.clear();
    state.pending.clear();
    if let Some((tone, words)) = words {
        state.tell(tone, words);
    }
    Vec::new()
}

/// Gives the effects that keep in the store what it does not hold yet: all of it, or what has waited long enough.
pub(super) fn keep_drafts(state: &mut State, all: bool) -> Vec<Effect> {
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
fn release(state: &State) -> Vec<Effect> {
    let held = state.open.as_ref().filter(|open| open.claim_until().is_some());
    held.map(|open| Effect::Ask(Ask::Release { case: open.desk.view.case.clone() })).into_iter().collect()
}

/// Closes the case: what is filled in is kept, the claim is given back.
pub(super) fn close(state: &mut State) -> Vec<Effect> {
    let mut effects = keep_drafts(state, true);
    effects.extend(release(state));
    if let Some(open) = state.open.take() {
        let left = open.sheets.values().filter(|sheet| !sheet.is_empty()).count();
        let left = u32::try_from(left).unwrap_or(u32::MAX);
        state.tally.drafts.insert(open.desk.view.case.clone(), left);
        effects.extend(super::worklist::refresh(state));
    }
    effects
}

/// Takes what became of the open case meanwhile.
pub(super) fn peeked(state: &mut State, case: &str, result: Result<Box<Desk>, Failure>) -> Vec<Effect> {
    let me = state.person.name.clone();
    let Some(open) = state.open.as_mut().filter(|open| open.desk.view.case == case) else {
        return Vec::new();
    };
    let mut desk = match result {
        Ok(desk) => desk,
        Err(failure) => {
            super::update::failed(state, failure);
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
pub(super) fn decided(
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
            super::update::failed(state, failure);
        }
        return effects;
    };
    open.saving = false;
    let settled = match result {
        Ok(settled) => settled,
        Err(failure) => {
            // What was filled in stays, on the screen and in the store; what stands now is shown.
            open.unsaved.entry(dispute.to_owned()).or_insert(now);
            effects.push(Effect::Ask(Ask::Peek { case: case.to_owned() }));
            let words = format!("not saved: {}", failure.words);
            super::update::failed(state, failure);
            state.tell(Tone::Error, words);
            return effects;
        }
    };
    let sheet = open.sheets.remove(dispute).unwrap_or_default();
    open.unsaved.remove(dispute);
    let mut looked = false;
    for known in open.desk.view.disputes.iter_mut().filter(|known| known.id == dispute) {
        looked = known.own_look;
        known.state = settled;
        known.answered = !known.own_look;
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
        state.tell(Tone::Good, "your own look is recorded: now the readers' answers are shown");
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

fn next_case(state: &mut State) -> Vec<Effect> {
    let Some(open) = &state.open else { return Vec::new() };
    let case = open.desk.view.case.clone();
    match state.worklist.next_open(&case) {
        Some(next) => {
            let notice = state.notice.clone();
            let effects = ask_for(state, next, true, TRIES);
            state.notice = notice;
            effects
        }
        None => {
            let effects = close(state);
            let before = state.notice.take().map(|notice| format!("{}; ", notice.words)).unwrap_or_default();
            state.tell(Tone::Good, format!("{before}that was the last open case of this list"));
            effects
        }
    }
}

/// Takes the answer to an undo: the case is opened again, filled in as it was.
pub(super) fn undone(state: &mut State, result: Result<Box<Undone>, Failure>) -> Vec<Effect> {
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
            super::update::failed(state, failure);
            Vec::new()
        }
    }
}

/// Takes the answer to a claim that was to be lengthened.
pub(super) fn renewed(state: &mut State, case: &str, until: Result<i64, Failure>) {
    let Some(open) = state.open.as_mut().filter(|open| open.desk.view.case == case) else { return };
    open.renewing = false;
    match until {
        Ok(until) => {
            if let Standing::Held(held) = &mut open.desk.held {
                held.lease_until = until;
            }
        }
        Err(failure) if failure.store => super::update::failed(state, failure),
        Err(failure) => {
            open.desk.held = Standing::LookingOn { why: failure.words.clone() };
            state.tell(Tone::Error, format!("{}; what you filled in is kept", failure.words));
        }
    }
}

/// A key was pressed: a claim that has come to its second half is lengthened.
pub(super) fn stay(state: &mut State) -> Vec<Effect> {
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
pub(super) fn shown(state: &mut State, facts: Vec<Facts>) {
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
    if let (Some(open), Some(first)) = (&mut state.open, known.first()) {
        open.seen.extend(known.iter().map(|facts| facts.view.image.clone()));
        open.facts = Some(first.clone());
    }
    let images: Vec<String> = known
        .iter()
        .map(|facts| facts.view.image.clone())
        .filter(|image| state.viewed.insert((case.clone(), image.clone())))
        .collect();
    if !images.is_empty() {
        state.views.push(crate::review::desk::Viewed { case, images });
    }
    state.shown = facts;
}

/// Tells whether a digit shows the picture as it came, since it is no level here.
fn resets(open: &Open, command: Command) -> bool {
    command == Command::Choose(0) && !open.choices().has_zero()
}

/// Tells whether a deciding key comes too soon: the subject has just changed, is about to, or can't be seen in a terminal
/// this small. It is noted, and the words that stand are left standing.
pub(super) fn comes_too_soon(state: &mut State, command: Command) -> bool {
    let (now, opening) = (state.now, state.opening.is_some());
    let hidden = matches!(Layout::compute(state).body, Body::TooSmall(_));
    let Some(open) = &mut state.open else { return false };
    let soon = command.entry().decides
        && !resets(open, command)
        && (now < open.guard_until || open.saving || opening || hidden);
    open.guarded |= soon;
    soon
}

/// Does what a command means in an open case.
pub(super) fn command(state: &mut State, command: Command) -> Vec<Effect> {
    let now = state.now;
    let Some(open) = &mut state.open else { return Vec::new() };
    let resets = resets(open, command);
    if command.entry().decides && !resets {
        open.guarded = false;
        if open.claim_until().is_none_or(|until| until <= now) {
            return claim_first(state);
        }
    }
    match command {
        Command::Choose(0) if resets => open.picture.reset(),
        Command::Choose(digit) => {
            let choices = open.choices();
            let mut said = Ok(());
            open.fill(now, |sheet| said = sheet.choose(digit, &choices));
            if let Err(words) = said {
                state.tell(Tone::Warning, words);
            }
        }
        Command::StepBack => {
            let mut stepped = false;
            open.fill(now, |sheet| stepped = sheet.step_back());
            if !stepped {
                state.tell(Tone::Info, "nothing is answered yet");
            }
        }
        Command::SaveDecision => return save(state),
        Command::AnswerNone if open.dispute().is_some_and(|dispute| !dispute.can_none) => state
            .tell(Tone::Warning, "a candidate says already that nothing is there: choose it by its number"),
        Command::AnswerNone => answer(state, Answer::None),
        Command::AnswerExclude => answer(state, Answer::Exclude),
        Command::AnswerMerge => {
            let ways = open.dispute().map(|dispute| dispute.merges.clone()).unwrap_or_default();
            let held = match open.sheet().answer {
                Some(Answer::Merge(way)) => ways.iter().position(|known| *known == way).map(|at| at + 1),
                _ => None,
            };
            match ways.get(held.unwrap_or(0) % ways.len().max(1)) {
                Some(way) => answer(state, Answer::Merge((*way).to_owned())),
                None => state
                    .tell(Tone::Warning, "these candidates can't be merged: adopt one, or answer otherwise"),
            }
        }
        Command::AnswerAmbiguous if open.dispute().is_some_and(|dispute| dispute.own_look) => state.tell(
            Tone::Warning,
            "your own look is one answer: say that several may be right once the readers' answers are shown",
        ),
        Command::AnswerAmbiguous => {
            let proposed = forms::proposed(open);
            open.fill(now, |sheet| {
                sheet.answer = Some(Answer::Ambiguous);
                if sheet.ambiguity.as_ref().is_none_or(|block| block.alternatives.is_empty()) {
                    let held = sheet.ambiguity.take().unwrap_or_default();
                    sheet.ambiguity = Some(forms::with_proposal(held, proposed));
                }
            });
            state.popups.push(Popup::Form(Form::ambiguity()));
        }
        Command::DeferDispute => {
            prompt(state, "Why is it put off?", Question::NoteAndSave(Answer::Defer));
        }
        Command::EscalateDispute => {
            let title = "Escalate: what should the arbiter know?";
            prompt(state, title, Question::NoteAndSave(Answer::Escalate));
        }
        Command::AnswerDiscuss => {
            prompt(state, "Discuss: your note for the others", Question::NoteAndSave(Answer::Discuss));
        }
        Command::ReturnRead => {
            answer(state, Answer::Return);
            state.popups.push(Popup::Form(Form::verdicts()));
            state.tell(Tone::Info, "say whose slip it is and its cause, go back, then enter sends it back");
        }
        Command::SkipCase => {
            let mut effects = keep_drafts(state, true);
            effects.extend(release(state));
            effects.extend(next_case(state));
            return effects;
        }
        Command::NextDispute | Command::PreviousDispute => {
            let count = open.desk.view.disputes.len();
            let by = if command == Command::NextDispute { 1 } else { count.saturating_sub(1) };
            if count > 1 {
                open.turn_to((open.at + by) % count, now);
                // Only a subject that changes by itself is guarded; who goes there knows where they are.
                open.guard_until = now;
            } else {
                state.tell(Tone::Info, "this case has one dispute");
            }
        }
        Command::NextField | Command::PreviousField => {
            let at = open.field.and_then(|field| FIELDS.iter().position(|known| *known == field));
            let next = match (at, command) {
                (None, Command::NextField) => Some(0),
                (None, _) => Some(FIELDS.len() - 1),
                (Some(at), Command::NextField) => Some(at + 1),
                (Some(at), _) => at.checked_sub(1),
            };
            open.field = next.and_then(|at| FIELDS.get(at)).copied();
        }
        Command::NextValue | Command::PreviousValue | Command::ToggleValue | Command::EditValue => {
            return field_command(state, command);
        }
        Command::ToggleUncertain => open.fill(now, |sheet| sheet.uncertain = !sheet.uncertain),
        Command::EditNote => prompt(state, "Note", Question::Note),
        Command::EditClause => prompt(state, "Clause of the guideline", Question::Clause),
        Command::AssessReaders => state.popups.push(Popup::Form(Form::verdicts())),
        Command::ChooseCause => {
            let menu = forms::causes(open, None);
            state.popups.push(Popup::Menu(menu));
        }
        Command::ChooseSeverity => {
            let menu = forms::severities(open, None);
            state.popups.push(Popup::Menu(menu));
        }
        Command::CopyUid => {
            let Some(image) = open.desk.images.get(open.picture.image).map(|known| known.image.id.clone())
            else {
                state.tell(Tone::Warning, "no image of this case is known, so there is no UID to copy");
                return Vec::new();
            };
            let case = open.desk.view.case.clone();
            state.tell(Tone::Good, format!("copied {}", Safe::new(&image)));
            return vec![Effect::Copy(image.clone()), Effect::Ask(Ask::RecordCopy { case, image })];
        }
        Command::ReadComments => {
            let lines = comment_lines(open);
            state.popups.push(Popup::Text(Text { title: "What readers wrote".into(), lines, top: 0 }));
        }
        _ => return picture_command(state, command),
    }
    Vec::new()
}

/// A deciding key where there is no claim: the claim comes first.
fn claim_first(state: &mut State) -> Vec<Effect> {
    let Some(open) = &state.open else { return Vec::new() };
    if !state.person.decides {
        state.tell(Tone::Warning, format!("as {} you look on and don't decide", state.person.roles));
        return Vec::new();
    }
    let case = open.desk.view.case.clone();
    let refill =
        open.dispute_id().map(|id| (id.to_owned(), open.sheet())).filter(|(_, sheet)| !sheet.is_empty());
    let mut effects = keep_drafts(state, true);
    state.opening = Some(Opening { case: case.clone(), refill, tries: 0 });
    state.tell(Tone::Info, "claimed: choose again");
    effects.push(Effect::Ask(Ask::Open { case, hold: Hold::Claim }));
    effects
}

pub(super) fn answer(state: &mut State, answer: Answer) {
    let now = state.now;
    if let Some(open) = &mut state.open {
        open.fill(now, |sheet| sheet.answer = Some(answer));
    }
}

/// Opens a prompt for a text of the decision, holding what is there.
pub(super) fn prompt(state: &mut State, title: &str, about: Question) {
    let Some(open) = &state.open else { return };
    let held = forms::text_of(&open.sheet(), &about);
    let editor = Editor::holding(&held);
    state.popups.push(Popup::Prompt(Prompt { title: title.to_owned(), about, editor }));
}

/// Saves the decision, or says what it lacks.
pub(super) fn save(state: &mut State) -> Vec<Effect> {
    let now = state.now;
    let Some(open) = &mut state.open else { return Vec::new() };
    if open.saving {
        return Vec::new();
    }
    let Some(draft) = open.draft(now, false) else {
        state.tell(
            Tone::Warning,
            "nothing is answered yet: choose a candidate by its number, then a confidence 1–5",
        );
        return Vec::new();
    };
    if let Some(words) = open.lacks(now) {
        let asks_type = draft.answer != Answer::Ambiguous
            && draft.confidence.is_some_and(|confidence| confidence <= open.desk.rules.ambiguity_at)
            && draft.ambiguity.as_ref().is_none_or(|block| block.types.is_empty());
        if draft.answer == Answer::Ambiguous {
            state.popups.push(Popup::Form(Form::ambiguity()));
        } else if asks_type {
            let menu = forms::ambiguity_types(open);
            state.popups.push(Popup::Menu(menu));
        }
        state.tell(Tone::Warning, words);
        return Vec::new();
    }
    let unseen = !open.was_seen() && draft.answer.is_clinical();
    if unseen && !open.armed {
        open.armed = true;
        state.tell(
            Tone::Warning,
            "the picture wasn't shown: enter once more saves, and the decision is marked ‘unseen’",
        );
        return Vec::new();
    }
    let Some(draft) = open.draft(now, unseen) else { return Vec::new() };
    open.saving = true;
    open.armed = false;
    vec![Effect::Ask(Ask::Decide { draft: Box::new(draft) })]
}

/// Changes the field that `tab` has come to.
fn field_command(state: &mut State, command: Command) -> Vec<Effect> {
    let now = state.now;
    let Some(open) = &mut state.open else { return Vec::new() };
    let Some(field) = open.field else { return Vec::new() };
    let by: isize = match command {
        Command::NextValue => 1,
        Command::PreviousValue => -1,
        _ => 0,
    };
    if open.claim_until().is_none_or(|until| until <= now) {
        return claim_first(state);
    }
    match field {
        Field::Answer => {
            let candidates = open.choices().candidates;
            open.fill(now, |sheet| {
                let at = match sheet.answer {
                    Some(Answer::Adopt(n)) => usize::try_from(n).unwrap_or(1) - 1,
                    _ => usize::from(candidates),
                };
                let at =
                    if at >= usize::from(candidates) { 0 } else { step(at, by, usize::from(candidates)) };
                sheet.answer = u32::try_from(at + 1).ok().filter(|_| candidates > 0).map(Answer::Adopt);
            });
        }
        Field::Confidence => open.fill(now, |sheet| {
            let held = usize::from(sheet.confidence.unwrap_or(3)) - 1;
            sheet.confidence = u8::try_from(step(held, by, 5) + 1).ok();
        }),
        Field::Uncertain => open.fill(now, |sheet| sheet.uncertain = !sheet.uncertain),
        Field::Severity if by != 0 => open.fill(now, |sheet| forms::turn_severity(&mut sheet.severity, by)),
        Field::Severity => return self::command(state, Command::ChooseSeverity),
        Field::Ambiguity => {
            let ambiguous = open.sheet().answer == Some(Answer::Ambiguous);
            let menu = forms::ambiguity_types(open);
            state.popups.push(if ambiguous { Popup::Form(Form::ambiguity()) } else { Popup::Menu(menu) });
        }
        Field::Verdicts => return self::command(state, Command::AssessReaders),
        Field::Cause => return self::command(state, Command::ChooseCause),
        Field::Clause => return self::command(state, Command::EditClause),
        Field::Note => return self::command(state, Command::EditNote),
    }
    Vec::new()
}

/// Gives everything that readers wrote on the dispute, as lines.
pub fn comment_lines(open: &Open) -> Vec<Safe> {
    let Some(dispute) = open.dispute() else { return Vec::new() };
    let mut lines: Vec<Safe> = Vec::new();
    for (letter, comment) in &dispute.comments {
        let letter = letter.as_deref().unwrap_or("a reader");
        lines.extend(Safe::lines(&format!("{letter}: {comment}")).as_str().lines().map(Safe::new));
    }
    if lines.is_empty() {
        lines.push(Safe::new("no reader wrote anything on this dispute"));
    }
    lines
}

/// The window presets, with the file's own first.
fn windows(open: &Open) -> Menu {
    let held = open.picture.window;
    let mut entries = vec![Entry {
        value: String::new(),
        words: "the file's own".into(),
        marked: held.is_none(),
        heading: None,
    }];
    for (name, width, level) in crate::imaging::window::PRESETS {
        let marked = held.is_some_and(|window| window.width == *width && window.level == *level);
        let words = format!("{name:<14} W {width} L {level}");
        entries.push(Entry { value: (*name).to_owned(), words, marked, heading: None });
    }
    let selected = entries.iter().position(|entry| entry.marked).unwrap_or(0);
    Menu {
        title: "Window; then arrow keys set it".into(),
        about: About::Window,
        entries,
        selected,
        several: false,
        touched: false,
    }
}

/// Does what a command means for the picture.
fn picture_command(state: &mut State, command: Command) -> Vec<Effect> {
    const CLOSER: f64 = 0.8;
    const PAN: f64 = 0.2;
    let Some(open) = &mut state.open else { return Vec::new() };
    let Some(image) = open.desk.images.get(open.picture.image).map(|known| known.image.clone()) else {
        state.tell(
            Tone::Warning,
            "no image of this case is known: import its DICOM files with `overread import DIR`",
        );
        return Vec::new();
    };
    let images = open.desk.images.len();
    let shapes = open.dispute().map(shapes_of).unwrap_or_default();
    let shown =
        open.facts.as_ref().filter(|facts| facts.view.image == image.id).and_then(|facts| facts.window);
    let look = &mut open.picture;
    match command {
        Command::ChooseWindow => {
            let menu = windows(open);
            state.popups.push(Popup::Menu(menu));
        }
        Command::WidenWindow | Command::NarrowWindow | Command::RaiseLevel | Command::LowerLevel => {
            let Some(window) = look.window.or(shown) else {
                state.tell(Tone::Info, "this picture has no window to set");
                return Vec::new();
            };
            let by = (window.width / 20.0).max(1.0);
            let (width, level) = match command {
                Command::WidenWindow => (window.width + by, window.level),
                Command::NarrowWindow => ((window.width - by).max(1.0), window.level),
                Command::RaiseLevel => (window.width, window.level + by),
                _ => (window.width, window.level - by),
            };
            look.window = crate::imaging::Window::new(width.round(), level.round());
        }
        Command::ZoomToDispute => {
            let found = look.zoom_to(&shapes, &image);
            match (found, shapes.is_empty()) {
                (true, _) => {}
                (false, true) => state.tell(Tone::Info, "this dispute has no place in the picture"),
                (false, false) => state.tell(Tone::Info, "the dispute lies on another image of the case"),
            }
        }
        Command::ZoomIn => look.zoom(CLOSER, &image),
        Command::ZoomOut => look.zoom(1.0 / CLOSER, &image),
        Command::PanLeft => look.pan(-PAN, 0.0, &image),
        Command::PanRight => look.pan(PAN, 0.0, &image),
        Command::PanUp => look.pan(0.0, -PAN, &image),
        Command::PanDown => look.pan(0.0, PAN, &image),
        // A series is often one file a slice: there, frames are the case's images.
        Command::NextFrame if image.frames <= 1 => look.show_image(step(look.image, 1, images)),
        Command::PreviousFrame if image.frames <= 1 => look.show_image(step(look.image, -1, images)),
        Command::FirstFrame if image.frames <= 1 => look.show_image(0),
        Command::LastFrame if image.frames <= 1 => look.show_image(images.saturating_sub(1)),
        Command::NextFrame => look.step_frame(1, image.frames),
        Command::PreviousFrame => look.step_frame(-1, image.frames),
        Command::FirstFrame => look.frame = 0,
        Command::LastFrame => look.frame = image.frames.saturating_sub(1),
        Command::NextImage => look.show_image(step(look.image, 1, images)),
        Command::PreviousImage => look.show_image(step(look.image, -1, images)),
        Command::InvertPicture => look.inverted = !look.inverted,
        Command::TurnPicture => look.quarters = (look.quarters + 1) % 4,
        Command::FlipPicture => look.flipped = !look.flipped,
        Command::ResetPicture => look.reset(),
        Command::ToggleOutlines => look.outlines_off = !look.outlines_off,
        Command::ToggleOutline => state.popups.push(Popup::Letter),
        Command::ShowGrid => look.grid = !look.grid,
        _ => {}
    }
    Vec::new()
}

/// Hides or shows one reader's outlines.
pub(super) fn toggle_letter(state: &mut State, letter: char) {
    let Some(open) = &mut state.open else { return };
    let wanted = letter.to_ascii_uppercase().to_string();
    if !open.desk.view.reads.iter().any(|read| read.reader == wanted) {
        let letters: Vec<&str> = open.desk.view.reads.iter().map(|read| read.reader.as_str()).collect();
        let words = format!("no reader of this case is {}: {}", Safe::new(&wanted), letters.join(" "));
        state.tell(Tone::Warning, words);
        return;
    }
    if !open.picture.hidden.remove(&wanted) {
        open.picture.hidden.insert(wanted);
    }
    open.picture.outlines_off = false;
}

/// Proposes root causes from the dispute's type, as words.
pub fn proposed_causes(dispute: &DisputeView) -> Vec<&'static str> {
    dispute.dispute_type.map(|kind| taxonomy::proposed_family(kind).to_vec()).unwrap_or_default()
}
