//! The case that is open: its disputes, what is filled in for each, and the way from a keypress to a saved decision.
//!
//! `visit` is coming and going, `decide` what is filled in and saved, `codes` what is given to
//! a decision that stands, `viewer` what happens to the picture, with `pointing`,
//! `cine` and `mouse` for what each of their names says.

mod cine;
mod codes;
mod decide;
mod mouse;
mod pointing;
mod viewer;
mod visit;

use std::collections::{BTreeMap, BTreeSet};

use super::layout::{Body, Layout};
use super::picture::{self, Look, Pane};
use super::sheet::{Choices, Field, Sheet};
use super::state::State;
use crate::command::Command;
use crate::domain::case::State as CaseState;
use crate::domain::decision::{Answer, Draft, Seen};
use crate::domain::geometry::Geometry;
use crate::domain::item::Choice;
use crate::domain::value::Value;
use crate::preview::plan::Facts;
use crate::review::desk::{Desk, Standing};
use crate::review::show::DisputeView;

pub(super) use cine::step as step_cine;
pub(super) use codes::{choose_codes, coded, give_codes};
pub(super) use decide::{answer, command, prompt, save, take_back_offer};
pub use decide::{comment_lines, proposed_causes};
pub(super) use mouse::{Drag, on_mouse};
pub use pointing::{Reading, reading_words};
pub(super) use pointing::{read, want};
pub(super) use viewer::{compare_with, header_seen, letter_typed};
pub use visit::first_dispute;
pub(super) use visit::{ask_for, close, decided, keep_drafts, opened, peeked, renewed, shown, stay, undone};

/// What was typed is kept in the store after so long, in milliseconds.
pub const DRAFT_MS: i64 = 500;

/// Views are handed to the log after so long, in milliseconds: several in one go.
pub const VIEWS_MS: i64 = 2_000;

/// After a deciding key that came too soon, others are ignored until nothing was pressed for so long, in milliseconds.
const QUIET_MS: i64 = 400;
/// A claim shows its minutes in the last five.
const LAST_MS: i64 = 5 * 60_000;

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
    /// What is saved is an own look, and no answer yet.
    looking: bool,
    /// What was filled in before the form of ambiguity was offered, and what the offer made of it: going back from a
    /// form that was left as it came takes the offer back.
    offered: Option<(Sheet, Sheet)>,
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
    /// Of every picture on the screen.
    all_facts: Vec<Facts>,
    /// What the file said of the pixels around the cross.
    pub reading: Option<Reading>,
    drag: Option<Drag>,
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

    /// Gives what is true of the picture of a frame, where it stands on the screen.
    pub fn facts_of(&self, pane: Pane) -> Option<&Facts> {
        let image = self.desk.images.get(pane.image).map(|known| known.image.id.as_str());
        let here =
            |facts: &&Facts| Some(facts.view.image.as_str()) == image && facts.view.frame == pane.frame;
        self.all_facts.iter().find(here)
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
        let mut draft = self.sheet().draft(&self.desk.view.case, &dispute.id)?;
        if self.looking {
            draft.answer = without_reads(draft.answer, dispute);
        }
        Some(Draft {
            expect: Some(self.desk.view.reads_hash.clone()),
            first_look: dispute.own_look || self.looking,
            seen: Some(Seen {
                image: facts.map(|facts| facts.view.image.clone()),
                frame: facts.map(|facts| facts.view.frame),
                window: facts.and_then(|facts| facts.window).map(|window| [window.width, window.level]),
                zoom: facts.map(Facts::scale),
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
        [guard, drafts, cine::due(self), claim.filter(|at| *at != i64::MAX).map(|at| at.max(now + 1))]
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
            self.looking = false;
            self.unsaved.entry(id).or_insert(now);
        }
    }

    fn turn_to(&mut self, at: usize, now: i64) {
        self.at = at;
        self.top = 0;
        self.field = None;
        self.armed = false;
        self.looking = false;
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
            self.picture.on_beside = false;
            self.picture.go(Pane { image: look.image, frame: look.frame }, &self.desk);
            self.picture.region = None;
            self.picture.exact = None;
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

/// Says what a candidate says, as somebody does who looks without the reads: the look is an answer of their own.
fn without_reads(answer: Answer, dispute: &DisputeView) -> Answer {
    let Answer::Adopt(n) = answer else { return answer };
    let candidate = dispute.candidates.iter().find(|of| u32::try_from(of.n).is_ok_and(|of| of == n));
    match candidate.map(|of| &of.choice) {
        Some(choice) if choice.is_absent() => Answer::None,
        Some(Choice { label: Some(label), .. }) => Answer::Value(Value::Text(label.clone())),
        Some(Choice { value: Some(value), shapes, .. }) if shapes.is_empty() => Answer::Value(value.clone()),
        Some(Choice { shapes, .. }) if shapes.len() == 1 => {
            shapes.first().cloned().map_or(answer, Answer::Geometry)
        }
        _ => answer,
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
    if soon {
        open.guarded = true;
        // What is typed on without a pause belongs to the key that was ignored: half a decision is never taken.
        let pause = QUIET_MS.min(i64::from(open.desk.rules.key_guard_ms));
        open.guard_until = open.guard_until.max(now + pause);
    }
    soon
}
