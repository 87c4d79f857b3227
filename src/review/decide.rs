//! Deciding: claim, decision and release in one transaction.

use serde_json::json;

use super::desk::Undone;
use super::lead::{find, project};
use super::{PROGRAM, Result, ReviewError, Scene, Session};
use crate::domain::authority::{Deed, Role};
use crate::domain::case::machine::{self, By};
use crate::domain::case::{self, Case, CaseItem, Fate, State};
use crate::domain::decision::{self, Actor, Ambiguity, Answer, Decision, Draft, Refused, RefusedKind};
use crate::domain::event::Action;
use crate::domain::moment;
use crate::domain::text::Safe;
use crate::domain::word::Word;
use crate::store::claim::Claim;
use crate::store::{Event, Tx};

/// Where a dispute stands after a decision.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    pub state: State,
    pub event: Event,
}

/// A place at a case that somebody holds while it is open before them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub case: String,
    pub slot: u32,
    pub token: String,
    pub lease_until: i64,
}

/// Takes a place at a case, or lengthens the one that this person holds. Any other case is let go: one at a time.
pub fn claim(session: &mut Session, name: &str, token: &str) -> Result<Held> {
    session.write(Some(name), |tx, scene| {
        let decides = match may_decide(scene) {
            Err(denied) if !scene.may(Deed::Audit) => return Err(denied),
            decides => decides,
        };
        let (case_id, history) = find(tx, scene, name)?;
        let case = case::derive(&scene.setup.protocol, &history);
        let readers = actor(scene).readers;
        // Whoever audits comes to a case of which an audit waits for them, and to no other.
        let audits = scene.may(Deed::Audit)
            && case.again.iter().any(|item| case.is_audit_for(item, &scene.actor.who, &readers));
        let role = match decides {
            Err(_) if audits => scene.allow(Deed::Audit)?,
            decides => decides?,
        };
        // What is read again is another's to answer: whose work it looks at would only be in the way.
        let who = scene.actor.who.as_str();
        let open = || case.disputes().filter(|item| item.is_open() && !item.awaits_audit());
        let own = |item: &CaseItem| item.second.is_none() || case.is_second_for(item, who, &readers);
        // The same is said of every case that is done, so that nobody learns by it whether theirs is read again.
        let done = case.items.iter().all(|item| item.state_at(scene.now) >= State::Final);
        if done && !audits && !open().any(own) {
            return Err(ReviewError::Invalid(format!("nothing of {} waits for you", Safe::new(name))));
        }
        let state = case.state_at(scene.now, false);
        if machine::rows(None, state, By::Act(Action::Claim)).next().is_none() {
            let why = case.blocked.iter().chain(&case.missing).map(|why| Safe::new(why).to_string());
            let what = if state == State::Blocked { "is blocked" } else { "awaits reads" };
            return Err(ReviewError::Invalid(format!(
                "{} {what}: {}; nobody can decide it before",
                Safe::new(name),
                why.collect::<Vec<_>>().join("; ")
            )));
        }
        for other in tx.claims_of(&scene.actor.who)?.into_iter().filter(|claim| claim.case_id != case_id) {
            let_go(tx, scene, &other)?;
        }
        let (claim, _) = take_place(tx, scene, role, case_id, &case, None, token)?;
        Ok(Held {
            case: name.to_owned(),
            slot: claim.slot,
            token: claim.token,
            lease_until: claim.lease_until,
        })
    })
}

/// Gives a place at a case back.
pub fn release(session: &mut Session, name: &str) -> Result<bool> {
    session.write(Some(name), |tx, scene| {
        let (case_id, _) = find(tx, scene, name)?;
        let mut held = false;
        for claim in tx.claims(case_id)?.into_iter().filter(|claim| claim.who == scene.actor.who) {
            let_go(tx, scene, &claim)?;
            held = true;
        }
        Ok(held)
    })
}

/// Decides on a dispute. A claim that this call had to take is given back in the same transaction.
pub fn decide(session: &mut Session, draft: &Draft) -> Result<Settled> {
    session.write(Some(&draft.case), |tx, scene| {
        let audits = scene.may(Deed::Audit);
        let role = if audits { Ok(None) } else { may_decide(scene).map(Some) }?;
        let (case_id, history) = find(tx, scene, &draft.case)?;
        let case = case::derive(&scene.setup.protocol, &history);
        let role = match (role, case.item(&draft.dispute).is_some_and(CaseItem::awaits_audit)) {
            (Some(role), _) => role,
            (None, true) => scene.allow(Deed::Audit)?,
            (None, false) => may_decide(scene)?,
        };
        let version = scene.setup.charter();
        let mut actor = actor(scene);
        if draft.note.is_some() {
            actor.others = tx.reader_names()?.into_iter().collect();
        }
        let settled =
            decision::settle(&version.charter, version.version, &case, draft, &actor, scene.now, PROGRAM);
        let (action, mut decision) = settled.map_err(from_refused)?;
        let (claim, taken) = take_place(tx, scene, role, case_id, &case, Some(&draft.dispute), "")?;
        decision.slot = claim.slot;
        if case.item(&draft.dispute).is_some_and(|item| item.state == State::Deferred) {
            let resume = scene.entry(Some(role), Action::Resume, Some(&draft.case), json!({ "v": 1 }));
            tx.append(&crate::store::Entry { object: Some(&draft.dispute), ..resume })?;
        }
        let entry = scene.entry(Some(role), action, Some(&draft.case), json!(decision));
        let event = tx.append(&crate::store::Entry { object: Some(&draft.dispute), ..entry })?;
        tx.remove_draft(&scene.actor.who, case_id, &draft.dispute)?;
        if taken {
            let_go(tx, scene, &claim)?;
        }
        let state = outcome(tx, scene, case_id, &draft.dispute)?;
        Ok(Settled { state, event })
    })
}

/// Takes back this person's last decision on a dispute.
pub fn undo(session: &mut Session, name: &str, dispute: &str) -> Result<Settled> {
    session.write(Some(name), |tx, scene| {
        let role = scene.allow(Deed::Undo)?;
        let (case_id, history) = find(tx, scene, name)?;
        let case = case::derive(&scene.setup.protocol, &history);
        let who = scene.actor.who.as_str();
        let told = |item: &&CaseItem| {
            item.second.is_none() || item.last_of(who).is_some() || scene.may(Deed::Reveal)
        };
        let find = |dispute: &str| {
            case.item(dispute).filter(told).ok_or_else(|| {
                ReviewError::Missing(format!("{} has no dispute {}", Safe::new(name), Safe::new(dispute)))
            })
        };
        // What amended an item was decided on its second reading.
        let dispute = find(dispute)?.amended.as_deref().unwrap_or(dispute);
        let item = find(dispute)?;
        let own = |decided: &&case::Decided| decided.who == scene.actor.who && decided.fate == Fate::Stands;
        if item.state_at(scene.now) == State::Final {
            return Err(ReviewError::Invalid("this decision is final: a lead can reopen it".into()));
        }
        let last = item.decisions.iter().rev().find(own);
        let last =
            last.ok_or_else(|| ReviewError::Invalid("there is no decision of yours to take back".into()))?;
        let detail = json!({ "v": 1, "undoes": last.seq });
        let entry = scene.entry(Some(role), Action::Undo, Some(name), detail);
        let event = tx.append(&crate::store::Entry { object: Some(dispute), ..entry })?;
        let state = outcome(tx, scene, case_id, dispute)?;
        Ok(Settled { state, event })
    })
}

/// Acts that an undo takes back.
const ANSWERS: [Action; 5] =
    [Action::Decide, Action::Defer, Action::Escalate, Action::Return, Action::Discuss];
/// So many of a person's newest acts are looked through for one that can be taken back.
const NEWEST: usize = 100;

/// Takes back this person's newest decision that is not final, wherever it was made. Gives it as it was.
pub fn undo_last(session: &mut Session) -> Result<Undone> {
    let found = session.read(None, |tx, scene| {
        let who = &scene.actor.who;
        let actions = ANSWERS.map(Action::word);
        for (name, dispute) in tx.answered_last(who, &actions, NEWEST)? {
            let Some(case_id) = tx.case_id(&name)? else { continue };
            let history = tx.history(case_id, scene.charter().reads.unit)?;
            let case = case::derive(&scene.setup.protocol, &history);
            let Some(item) = case.item(&dispute) else { continue };
            if let Some(last) = item.last_of(who).filter(|_| item.state_at(scene.now) != State::Final) {
                let draft = as_draft(&case, &dispute, &last.decision);
                return Ok(Some(Undone { case: name, dispute, draft }));
            }
        }
        Ok(None)
    })?;
    let undone = found.ok_or_else(|| {
        ReviewError::Invalid(
            "there is no decision of yours to take back: what is final, a lead can reopen".into(),
        )
    })?;
    undo(session, &undone.case, &undone.dispute)?;
    Ok(undone)
}

/// Gives a decision as it was handed in: readers by letter.
fn as_draft(case: &Case, dispute: &str, decision: &Decision) -> Draft {
    let letter = |id: &String| case.letter_of(id).map_or_else(|| "?".to_owned(), str::to_owned);
    let answer = match &decision.answer {
        Answer::AdoptReader(id) => Answer::AdoptReader(letter(id)),
        other => other.clone(),
    };
    let ambiguity = decision.ambiguity.clone().map(|block| {
        let variants = block.variants.iter().map(letter).collect();
        Ambiguity { variants, ..block }
    });
    Draft {
        case: case.name.clone(),
        dispute: dispute.to_owned(),
        answer,
        confidence: decision.confidence,
        uncertain: decision.uncertain,
        ambiguity,
        verdicts: decision.verdicts.iter().map(|(id, verdict)| (letter(id), verdict.clone())).collect(),
        root_cause: decision.root_cause.clone(),
        severity: decision.severity.clone(),
        clause: decision.clause.clone(),
        note: decision.note.clone(),
        expect: None,
        panel: decision.panel.clone(),
        first_look: false,
        seen: None,
    }
}

/// Gives who acts, as far as the rules of decisions must know.
pub(super) fn actor(scene: &Scene<'_>) -> Actor {
    let person = scene.person();
    let people = scene.setup.people.all();
    // Whoever reads under their own name need not be told to.
    let mut readers = person.readers;
    readers.insert(scene.actor.who.clone());
    Actor {
        name: scene.actor.who.clone(),
        adjudicator: scene.may(Deed::Decide),
        arbiter: scene.may(Deed::Arbitrate),
        qa: person.roles.contains(&Role::Qa),
        oversees: scene.may(Deed::Reveal),
        readers,
        skills: person.skills,
        known: people.into_iter().filter(|(_, of)| !of.roles.is_empty()).map(|(name, _)| name).collect(),
        others: Default::default(),
    }
}

fn may_decide(scene: &Scene<'_>) -> Result<Role> {
    // An arbiter decides as an arbiter; whether this dispute is theirs is for the rules of decisions to say.
    match scene.may(Deed::Arbitrate) && !scene.may(Deed::Decide) {
        true => scene.allow(Deed::Arbitrate),
        false => scene.allow(Deed::Decide),
    }
}

fn from_refused(refused: Refused) -> ReviewError {
    match refused.kind {
        RefusedKind::NotPermitted => ReviewError::NotPermitted(refused.why),
        _ => ReviewError::Invalid(refused.why),
    }
}

/// Writes what the case has come to, and gives where one of its disputes stands.
fn outcome(tx: &Tx<'_>, scene: &Scene<'_>, case_id: i64, dispute: &str) -> Result<State> {
    let case = project(tx, scene, case_id)?;
    Ok(case.item(dispute).map_or(case.state, |item| item.state_at(scene.now)))
}

/// Finds this person's place at a case: the one they hold, the one they decided from before, or a free one. A place
/// from which somebody else decided on `dispute` isn't free for it. Claims that ended are cleared away. Tells whether
/// the place was taken just now.
fn take_place(
    tx: &Tx<'_>,
    scene: &Scene<'_>,
    role: Role,
    case_id: i64,
    case: &Case,
    dispute: Option<&str>,
    token: &str,
) -> Result<(Claim, bool)> {
    let who = &scene.actor.who;
    let mut held = tx.claims(case_id)?;
    for ended in held.iter().filter(|claim| !claim.holds(scene.now) && claim.who != *who) {
        tx.remove_claim(case_id, ended.slot)?;
        let detail = json!({ "v": 1, "slot": ended.slot, "of": ended.who });
        tx.append(&scene.entry(None, Action::Expire, Some(&case.name), detail))?;
    }
    held.retain(|claim| claim.holds(scene.now) || claim.who == *who);
    let lease_until = scene.now + i64::from(scene.charter().review.lease_minutes) * 60_000;
    if let Some(mine) = held.iter().find(|claim| claim.who == *who) {
        let longer = Claim {
            lease_until,
            since: mine.since.min(scene.now),
            token: if token.is_empty() { mine.token.clone() } else { token.to_owned() },
            ..mine.clone()
        };
        tx.put_claim(&longer)?;
        return Ok((longer, false));
    }
    let standing = |slot: u32, mine: bool| {
        let on = |item: &&case::CaseItem| mine || dispute.is_some_and(|dispute| item.id == dispute);
        let decisions = case.items.iter().chain(&case.again).filter(on).flat_map(|item| &item.decisions);
        // Who put it off or sent it on doesn't keep others from answering.
        decisions
            .filter(|decided| decided.decision.slot == slot && decided.fate == Fate::Stands)
            .filter(|decided| mine || decided.is_answer())
            .any(|decided| (decided.who == *who) == mine)
    };
    // A discussion takes two, even where one decides alone, and whoever answered in an earlier round has a place beside
    // those who came since.
    let discussed = case
        .disputes()
        .filter(|item| item.state == State::Discussion && dispute.is_none_or(|dispute| item.id == dispute));
    let voices = discussed.map(|item| {
        let mut voices = item.heard_before();
        if !voices.is_empty() {
            voices.extend(item.answers().map(|decided| decided.who.as_str()));
        }
        u32::try_from(voices.len()).unwrap_or(u32::MAX).max(2)
    });
    let slots = scene.charter().review.adjudicators.max(voices.max().unwrap_or(1));
    // An arbiter settles alone what several disagree about, whoever decided before.
    let arbitrates = case.state == State::Escalated && scene.may(Deed::Arbitrate);
    let free =
        |slot: &u32| held.iter().all(|claim| claim.slot != *slot) && (arbitrates || !standing(*slot, false));
    let mine_before = (1..=slots).find(|slot| standing(*slot, true)).filter(|slot| free(slot));
    let Some(slot) = mine_before.or_else(|| (1..=slots).find(free)) else {
        let words = match held.iter().min_by_key(|claim| claim.lease_until) {
            Some(first) => format!(
                "{} is at work on {} until {}: choose another case, or try again then",
                Safe::new(&first.who),
                Safe::new(&case.name),
                moment::rfc3339(first.lease_until)
            ),
            None => format!(
                "all {slots} places at {} are taken by others who decided on it",
                Safe::new(&case.name)
            ),
        };
        return Err(ReviewError::Busy(words));
    };
    let claim = Claim {
        case_id,
        slot,
        who: who.clone(),
        account: scene.actor.account.clone(),
        token: token.to_owned(),
        since: scene.now,
        lease_until,
    };
    tx.put_claim(&claim)?;
    let detail = json!({ "v": 1, "slot": slot, "until": moment::rfc3339(lease_until) });
    tx.append(&scene.entry(Some(role), Action::Claim, Some(&case.name), detail))?;
    Ok((claim, true))
}

fn let_go(tx: &Tx<'_>, scene: &Scene<'_>, claim: &Claim) -> Result<()> {
    tx.remove_claim(claim.case_id, claim.slot)?;
    let name = tx.case_name(claim.case_id)?.unwrap_or_default();
    tx.append(&scene.entry(None, Action::Release, Some(&name), json!({ "v": 1, "slot": claim.slot })))?;
    Ok(())
}
