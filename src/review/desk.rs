//! One case before a person who may decide it: what they may see, whether it is theirs, what they had filled in, and
//! the rules by which a decision would be refused.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use serde_json::json;

use super::decide::{Held, actor};
use super::lead::find;
use super::show::{CaseView, view};
use super::{PROGRAM, Result, ReviewError, Scene, Session};
use crate::domain::authority::Deed;
use crate::domain::case::{self, Case};
use crate::domain::charter::guideline::Clause;
use crate::domain::charter::{Charter, Confidence, Mode, Verdicts};
use crate::domain::decision::{self, Actor, Draft, Refused};
use crate::domain::event::Action;
use crate::domain::image::Image;
use crate::domain::stack::{self, InStack};
use crate::domain::text::Safe;
use crate::store::draft::SavedDraft;
use crate::store::{Entry, Tx};

/// Longest draft that is kept, in bytes: room for a note and every form.
const LONGEST_DRAFT: usize = 256 * 1024;

/// An open case.
#[derive(Debug, Clone)]
pub struct Desk {
    pub view: CaseView,
    /// Stack after stack, those of a stack by their positions.
    pub images: Vec<DeskImage>,
    pub held: Standing,
    /// By dispute; this person's own.
    pub drafts: BTreeMap<String, SavedDraft>,
    pub rules: Rules,
    /// Of the guideline; empty where the charter's has no text.
    pub clauses: std::sync::Arc<[Clause]>,
}

/// An image of the case, and the files in which it may lie.
#[derive(Debug, Clone, PartialEq)]
pub struct DeskImage {
    pub image: Image,
    /// Where it stands among the others of its stack, if it is one of several.
    pub slice: Option<InStack>,
    /// Those that are there, the newest first; none where all are gone.
    pub files: Vec<PathBuf>,
}

impl Desk {
    /// Gives which images make a stack with one of them: all that do not, where it stands in none.
    pub fn stack(&self, image: usize) -> Range<usize> {
        match self.images.get(image).and_then(|known| known.slice) {
            Some(slice) => {
                (image + 1).saturating_sub(slice.number)..(image + 1 + slice.of).saturating_sub(slice.number)
            }
            None => 0..self.images.len(),
        }
    }
}

/// How a case is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// To decide: a place at it is taken, where there is one.
    Claim,
    Look,
}

/// Whether the case is the person's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    Held(Held),
    /// Somebody else is at it, or this person may not decide it; empty where they only wanted to look.
    LookingOn {
        why: String,
    },
}

/// What of a case somebody saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewed {
    pub case: String,
    /// Ids of images.
    pub images: Vec<String>,
}

/// What an undo brought back.
#[derive(Debug, Clone)]
pub struct Undone {
    pub case: String,
    pub dispute: String,
    /// The decision as it was, readers by letter.
    pub draft: Draft,
}

/// The rules as they hold for this person on this case, as it was read. Asking them changes nothing.
#[derive(Clone)]
pub struct Rules {
    case: std::sync::Arc<Case>,
    charter: std::sync::Arc<Charter>,
    version: u32,
    actor: Actor,
    pub key_guard_ms: u32,
    pub ambiguity_at: u8,
    pub confidence_required: bool,
    pub verdicts: Verdicts,
    pub mode: Mode,
    pub lease_minutes: u32,
}

impl fmt::Debug for Rules {
    // The case holds readers' names.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Rules").field("charter", &self.version).finish_non_exhaustive()
    }
}

impl Rules {
    /// Says why a decision would be refused now, if it would.
    pub fn refusal(&self, draft: &Draft, now: i64) -> Option<Refused> {
        decision::settle(&self.charter, self.version, &self.case, draft, &self.actor, now, PROGRAM).err()
    }
}

/// Opens a case. That it can't be claimed is no failure: the person looks on, and is told why.
///
/// No view is written into the log: see [`record_views`].
pub fn open(session: &mut Session, name: &str, hold: Hold, token: &str) -> Result<Desk> {
    let held = match hold {
        Hold::Look => Standing::LookingOn { why: String::new() },
        Hold::Claim => match claim_to_decide(session, name, token) {
            Ok(held) => Standing::Held(held),
            Err(ReviewError::Busy(why) | ReviewError::Invalid(why)) => Standing::LookingOn { why },
            Err(error) => return Err(error),
        },
    };
    session.read(Some(name), |tx, scene| {
        scene.allow(Deed::ShowCase)?;
        read(tx, scene, name, held)
    })
}

/// Claims a case where this person may decide it; says why not without the log, which nobody tried to go round.
fn claim_to_decide(session: &mut Session, name: &str, token: &str) -> Result<Held> {
    let why_not = session.read(Some(name), |tx, scene| {
        let (_, history) = find(tx, scene, name)?;
        let case = case::derive(&scene.setup.protocol, &history);
        let who = &scene.actor.who;
        let audits = scene.may(Deed::Audit) && {
            let readers = actor(scene).readers;
            case.again.iter().any(|item| case.is_audit_for(item, who, &readers))
        };
        if !(scene.may(Deed::Decide) || scene.may(Deed::Arbitrate) || audits) {
            return Ok(Some("your role looks on and doesn't decide".to_owned()));
        }
        let own = |read: &case::CurrentRead| actor(scene).readers.contains(&read.read.reader);
        Ok(match () {
            () if case.unblinded.contains(who) => {
                Some("you saw the readers' names of this case, so somebody else decides it".to_owned())
            }
            // In a panel a reader may.
            () if case.reads.iter().any(own)
                && !(scene.may(Deed::Arbitrate) && case.state == case::State::Escalated) =>
            {
                Some("you are one of the readers of this case, so somebody else decides it".to_owned())
            }
            () if !case.blocked.is_empty() => Some(format!("it is blocked: {}", case.blocked.join("; "))),
            () if case.awaiting > 0 => Some(format!("it awaits reads: {}", case.missing.join("; "))),
            () => None,
        })
    })?;
    match why_not {
        Some(why) => Err(ReviewError::Invalid(why)),
        None if session.store.is_read_only() => {
            Err(ReviewError::Invalid("this store can only be read from this account".into()))
        }
        None => super::decide::claim(session, name, token),
    }
}

fn read(tx: &Tx<'_>, scene: &Scene<'_>, name: &str, held: Standing) -> Result<Desk> {
    let (case_id, history) = find(tx, scene, name)?;
    let case = case::derive(&scene.setup.protocol, &history);
    let mut images = Vec::with_capacity(case.images.len());
    for (index, slice) in stack::order(&case.images.iter().collect::<Vec<_>>()) {
        let Some(image) = case.images.get(index) else { continue };
        let places = tx.locators(&image.id)?;
        let files = places.iter().filter_map(|place| super::import::file_at(place)).collect();
        images.push(DeskImage { image: image.clone(), slice, files });
    }
    let drafts = tx.drafts(&scene.actor.who, case_id)?;
    let version = scene.setup.charter();
    let review = &version.charter.review;
    let rules = Rules {
        charter: std::sync::Arc::clone(&version.charter),
        version: version.version,
        actor: actor(scene),
        key_guard_ms: review.key_guard_ms,
        ambiguity_at: review.ambiguity_at,
        confidence_required: review.confidence == Confidence::Required,
        verdicts: review.verdicts,
        mode: review.mode,
        lease_minutes: review.lease_minutes,
        case: std::sync::Arc::new(case),
    };
    Ok(Desk {
        view: view(tx, scene, name)?,
        images,
        held,
        drafts: drafts.into_iter().map(|draft| (draft.dispute.clone(), draft)).collect(),
        rules,
        clauses: std::sync::Arc::clone(&scene.charter().clauses),
    })
}

/// Lengthens a claim that this person holds. One that was lost is not taken anew where somebody else holds the place.
pub fn renew(session: &mut Session, name: &str, token: &str) -> Result<Held> {
    super::decide::claim(session, name, token)
}

/// Writes into the log what of which cases was seen: one event a case.
pub fn record_views(session: &mut Session, views: &[Viewed]) -> Result<()> {
    if session.store.is_read_only() {
        return Ok(());
    }
    session.write(None, |tx, scene| {
        let role = scene.allow(Deed::ShowCase)?;
        for viewed in views {
            let detail = json!({ "v": 1, "images": viewed.images });
            let entry = scene.entry(Some(role), Action::View, Some(&viewed.case), detail);
            let object = viewed.images.first().filter(|_| viewed.images.len() == 1);
            tx.append(&Entry { object: object.map(String::as_str), ..entry })?;
        }
        Ok(())
    })
}

/// Keeps what this person has filled in for a dispute.
pub fn keep_draft(session: &mut Session, name: &str, dispute: &str, body: &str) -> Result<()> {
    if body.len() > LONGEST_DRAFT {
        return Err(ReviewError::Invalid(format!(
            "a draft of more than {} KiB is not kept",
            LONGEST_DRAFT / 1024
        )));
    }
    session.write(Some(name), |tx, scene| {
        let case_id = case_id(tx, name)?;
        let draft = SavedDraft { dispute: dispute.to_owned(), at: scene.now, body: body.to_owned() };
        Ok(tx.put_draft(&scene.actor.who, case_id, &draft)?)
    })
}

/// Lets go of what this person had filled in for a dispute.
pub fn drop_draft(session: &mut Session, name: &str, dispute: &str) -> Result<()> {
    session.write(Some(name), |tx, scene| {
        let case_id = case_id(tx, name)?;
        Ok(tx.remove_draft(&scene.actor.who, case_id, dispute)?)
    })
}

fn case_id(tx: &Tx<'_>, name: &str) -> Result<i64> {
    tx.case_id(name)?
        .ok_or_else(|| ReviewError::Missing(format!("there is no case {} in this store", Safe::new(name))))
}
