//! The state machine: one table of every way from a state to another, by what, and by which deed of whom. The fold asks
//! it whether an act fits, `decision::settle` whether it would; docs/states.md is drawn from it.
//!
//! How an act weighs (whether answers agree, how many are needed) is said in `acts`, `again` and `triage`. That they
//! never leave this table is a property that the tests hold for every history.

use super::{Kind, State};
use crate::domain::authority::Deed;
use crate::domain::event::Action;

use Action::*;
use By::*;
use Kind::*;
use State::*;

/// What brings a dispute, or a case, into another state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum By {
    /// Somebody does something, which is an event of the log.
    Act(Action),
    /// Reads, images or another charter come in, and what the readers say is looked at anew.
    Triage,
    /// No event: it is true from a moment on.
    Time,
    /// What becomes of its second reading, or of the item that it reads again.
    Beside,
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// Kinds of disputes; none where it is the case as a whole.
    pub kinds: &'static [Kind],
    /// None where there was nothing before.
    pub from: &'static [State],
    pub by: By,
    /// Which roles may: see `authority`. None where it is nobody's deed.
    pub deed: Option<Deed>,
    /// Only who gave the answer that stands.
    pub own: bool,
    /// One of these; none where it stays as it is.
    pub to: &'static [State],
    pub when: &'static str,
}

const CASE: &[Kind] = &[];
const DISPUTE: &[Kind] = &[Dispute];
const AUDIT: &[Kind] = &[Audit];
const AGAIN: &[Kind] = &[Audit, Recheck];
const ANY: &[Kind] = &[Dispute, Audit, Recheck];

/// Where there was nothing before, or where it stays.
const NONE: &[State] = &[];
/// Whatever the disputes of a case are in: a case shows the first that holds.
pub const HOLDS: &[State] =
    &[Escalated, Discussion, Returned, InReview, Queued, Deferred, Provisional, Final, Concordant];
const ANYWHERE: &[State] = &[
    Blocked,
    AwaitingReads,
    Escalated,
    Discussion,
    Returned,
    InReview,
    Queued,
    Deferred,
    Provisional,
    Final,
    Concordant,
];
/// Stages: by whose rules a decision is made.
const STAGES: &[State] = &[Queued, Discussion, Escalated];
const OPEN: &[State] = &[Queued, Discussion, Escalated, Deferred, Returned];
const SETTLED: &[State] = &[Provisional, Final];

const fn row(
    kinds: &'static [Kind],
    from: &'static [State],
    by: By,
    deed: Deed,
    to: &'static [State],
    when: &'static str,
) -> Transition {
    Transition { kinds, from, by, deed: Some(deed), own: false, to, when }
}

const fn own(by: By, deed: Deed, to: &'static [State], when: &'static str) -> Transition {
    Transition { own: true, ..row(ANY, &[Provisional], by, deed, to, when) }
}

const fn nobodys(
    kinds: &'static [Kind],
    from: &'static [State],
    by: By,
    to: &'static [State],
    when: &'static str,
) -> Transition {
    Transition { kinds, from, by, deed: None, own: false, to, when }
}

/// Every transition.
pub const TRANSITIONS: &[Transition] = &[
    // The case as a whole.
    row(CASE, HOLDS, Triage, Deed::Import, &[AwaitingReads], "reads that the case needs are missing"),
    row(CASE, &[AwaitingReads], Triage, Deed::Import, HOLDS, "the last read that it needs comes in"),
    row(
        CASE,
        &[AwaitingReads],
        Act(Waive),
        Deed::Waive,
        HOLDS,
        "it goes on without the reads that are missing",
    ),
    row(CASE, HOLDS, Triage, Deed::Import, &[Blocked], "a check that blocks finds something"),
    row(CASE, &[Blocked], Triage, Deed::Import, HOLDS, "a corrected read takes what blocked it away"),
    row(CASE, ANYWHERE, Act(Block), Deed::Block, &[Blocked], "with a reason; it may have several"),
    row(CASE, &[Blocked], Act(Unblock), Deed::Unblock, HOLDS, "with a reason"),
    row(
        CASE,
        &[Queued, Deferred, Provisional],
        Act(Claim),
        Deed::Claim,
        &[InReview],
        "a place at it is free; QA may where an audit of it waits for them",
    ),
    row(
        CASE,
        &[Escalated, Discussion, Returned, InReview],
        Act(Claim),
        Deed::Claim,
        NONE,
        "the same: it shows what holds first",
    ),
    row(
        CASE,
        &[Concordant, Final],
        Act(Claim),
        Deed::Audit,
        &[InReview],
        "an audit of it waits for whoever claims it",
    ),
    nobodys(CASE, &[InReview], Act(Release), HOLDS, "whoever is at it leaves"),
    nobodys(CASE, &[InReview], Time, HOLDS, "the lease ends; the next to come records it as `expire`"),
    // Triage.
    row(DISPUTE, NONE, Triage, Deed::Import, &[Queued], "the reads differ beyond the tolerance"),
    row(DISPUTE, NONE, Triage, Deed::Import, &[Concordant], "the readers agree"),
    row(DISPUTE, &[Concordant], Triage, Deed::Import, &[Queued], "the reads differ now"),
    row(
        DISPUTE,
        &[Queued, Discussion, Escalated, Deferred, Returned, Provisional],
        Triage,
        Deed::Import,
        &[Concordant],
        "the readers agree now",
    ),
    row(DISPUTE, &[Returned], Triage, Deed::Import, &[Queued], "the corrected read is in"),
    row(DISPUTE, &[Provisional], Triage, Deed::Import, &[Queued], "the reads changed before it was final"),
    // In the queue.
    row(
        ANY,
        &[Queued],
        Act(Decide),
        Deed::Decide,
        &[Provisional],
        "as many answers as the charter wants agree",
    ),
    row(ANY, &[Queued], Act(Decide), Deed::Decide, &[Final], "the same, and there is no undo window"),
    row(ANY, &[Queued], Act(Decide), Deed::Decide, NONE, "more adjudicators have to answer"),
    row(
        ANY,
        &[Queued],
        Act(Decide),
        Deed::Decide,
        &[Escalated],
        "the answers differ, or severity or confidence is an arbiter's matter",
    ),
    row(ANY, &[Queued, Discussion], Act(Defer), Deed::Decide, &[Deferred], "with a reason"),
    row(ANY, &[Queued, Discussion], Act(Return), Deed::Decide, &[Returned], "a reader slipped"),
    row(ANY, &[Queued, Discussion], Act(Escalate), Deed::Decide, &[Escalated], "it is an arbiter's matter"),
    row(ANY, &[Queued], Act(Discuss), Deed::Decide, &[Discussion], "a round is left"),
    row(
        &[Dispute, Recheck],
        &[Queued, Discussion],
        Act(FirstLook),
        Deed::FirstLook,
        NONE,
        "an own look comes first",
    ),
    row(
        ANY,
        &[Deferred],
        Act(Resume),
        Deed::Decide,
        STAGES,
        "back to where it was put off; deciding does it too",
    ),
    row(ANY, &[Returned], Act(Waive), Deed::Waive, &[Queued], "it goes on without a corrected read"),
    // In discussion.
    row(
        ANY,
        &[Discussion],
        Act(Decide),
        Deed::Decide,
        &[Provisional],
        "all answers of the round agree, and nobody who answered before is missing",
    ),
    row(ANY, &[Discussion], Act(Decide), Deed::Decide, &[Final], "the same, and there is no undo window"),
    row(ANY, &[Discussion], Act(Decide), Deed::Decide, NONE, "more have to answer, or the next round begins"),
    row(
        ANY,
        &[Discussion],
        Act(Decide),
        Deed::Decide,
        &[Escalated],
        "the answers of the last round differ, or severity or confidence is an arbiter's matter",
    ),
    // Before an arbiter.
    row(ANY, &[Escalated], Act(Decide), Deed::Arbitrate, &[Provisional], "whatever was answered before"),
    row(ANY, &[Escalated], Act(Decide), Deed::Arbitrate, &[Final], "the same, and there is no undo window"),
    row(ANY, &[Escalated], Act(Defer), Deed::Arbitrate, &[Deferred], "with a reason"),
    row(ANY, &[Escalated], Act(Return), Deed::Arbitrate, &[Returned], "a reader slipped"),
    row(ANY, &[Escalated], Act(Discuss), Deed::Arbitrate, &[Discussion], "a round is left"),
    row(&[Dispute, Recheck], &[Escalated], Act(FirstLook), Deed::Arbitrate, NONE, "an own look comes first"),
    // While it can be undone.
    own(
        Act(Decide),
        Deed::Decide,
        &[Provisional, Final, Escalated, Queued, Discussion],
        "the answer is changed",
    ),
    own(Act(Defer), Deed::Decide, &[Deferred], "the answer is taken back, with a reason"),
    own(Act(Return), Deed::Decide, &[Returned], "the answer is taken back: a reader slipped"),
    own(Act(Escalate), Deed::Decide, &[Escalated], "the answer is taken back"),
    own(Act(Discuss), Deed::Decide, &[Discussion], "the answer is taken back, and a round is left"),
    row(
        ANY,
        &[Queued, Discussion, Escalated, Deferred, Returned, Provisional],
        Act(Undo),
        Deed::Undo,
        STAGES,
        "back to where it was before the decision that is taken back",
    ),
    row(
        ANY,
        &[Discussion, Escalated, Deferred, Returned],
        Act(Undo),
        Deed::Undo,
        NONE,
        "somebody else put it off or sent it on",
    ),
    nobodys(ANY, &[Provisional], Time, &[Final], "the undo window ends"),
    row(ANY, &[Provisional], Act(Finalise), Deed::Finalise, &[Final], "the undo window is ended by hand"),
    // What was settled, looked at again.
    row(DISPUTE, SETTLED, Act(Reopen), Deed::Reopen, &[Queued, Concordant], "with a reason"),
    row(AGAIN, NONE, Act(Sample), Deed::Sample, &[Queued], "it is drawn from what is concordant or final"),
    row(AUDIT, &[Queued], Act(FirstLook), Deed::Audit, &[Final], "the auditor sees the same"),
    row(
        AUDIT,
        &[Queued],
        Act(FirstLook),
        Deed::Audit,
        NONE,
        "the auditor sees something else: for a third person",
    ),
    row(
        AUDIT,
        &[Queued, Discussion],
        Act(FirstLook),
        Deed::FirstLook,
        NONE,
        "an own look of that third person",
    ),
    row(AUDIT, &[Escalated], Act(FirstLook), Deed::Arbitrate, NONE, "an own look of that third person"),
    nobodys(
        AGAIN,
        OPEN,
        Beside,
        &[Concordant],
        "what it reads again is open again, or its reads change: withdrawn",
    ),
    nobodys(DISPUTE, NONE, Beside, SETTLED, "a third person finds what all had missed"),
    nobodys(DISPUTE, &[Concordant, Final], Beside, SETTLED, "a third person finds it wrong: amended"),
    nobodys(DISPUTE, &[Provisional], Beside, &[Concordant, Final], "that person takes it back"),
];

/// Gives the rows by which an act moves a dispute of a kind, or a case, on from a state: none where it fits nothing.
pub fn rows(kind: Option<Kind>, from: State, by: By) -> impl Iterator<Item = &'static Transition> {
    TRANSITIONS.iter().filter(move |row| {
        let of = kind.map_or(row.kinds.is_empty(), |kind| row.kinds.contains(&kind));
        of && row.by == by && row.from.contains(&from)
    })
}

/// Gives the row by which an act of a person fits a dispute; `answered` where an answer of theirs stands.
pub fn takes(kind: Kind, from: State, action: Action, answered: bool) -> Option<&'static Transition> {
    rows(Some(kind), from, Act(action)).find(|row| answered || !row.own)
}

/// Tells whether some row leads from one state to another; from nothing where there was none before.
pub fn leads(kind: Kind, from: Option<State>, by: By, to: State) -> bool {
    TRANSITIONS.iter().any(|row| {
        let starts = from.map_or(row.from.is_empty(), |from| row.from.contains(&from));
        let ends = row.to.contains(&to) || row.to.is_empty() && from == Some(to);
        row.kinds.contains(&kind) && row.by == by && starts && ends
    })
}

/// Says why an act fits nothing.
pub(super) fn misfit(from: State, action: Action) -> &'static str {
    match (action, from) {
        (Resume, _) => "the dispute was not deferred",
        (Waive, _) => "the dispute waited for no read",
        (Finalise, _) => "nothing was provisional",
        (Reopen, _) => "nothing was settled",
        (Undo, Final) | (_, Final) => "the dispute was final",
        (Undo, _) => "there was nothing to take back",
        (_, Concordant) => "the readers agree",
        (FirstLook, Provisional) => "the dispute was decided",
        (_, Provisional) => "somebody else's answer stood",
        (_, Returned) => "the dispute waited for a corrected read",
        (_, Deferred) => "the dispute was deferred and not taken up again",
        _ => "the dispute was there already",
    }
}
