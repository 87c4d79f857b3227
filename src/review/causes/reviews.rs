//! Reviews of root causes: what is to be done about one, by whom and until when, and whether it helped.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Causes, Difference, Dimension, Rate, Split, Window};
use crate::domain::authority::Deed;
use crate::domain::event::Action;
use crate::domain::moment;
use crate::domain::text::Safe;
use crate::domain::word::Word;
use crate::review::{Result, ReviewError, Session, reason};
use crate::store::{Entry, Event, Tx};

/// A review as it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Review {
    /// The number of the event that opened it.
    pub id: u64,
    /// What it is about: a dimension and a key.
    pub by: &'static str,
    pub key: String,
    pub owner: String,
    pub action: String,
    /// The day until which it is to be done: `2026-12-24`.
    pub due: String,
    pub opened_by: String,
    pub opened_at: String,
    /// When the action takes effect: decisions from then on are after it.
    pub since: String,
    pub state: ReviewState,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    pub before: Rate,
    pub after: Rate,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<Difference>,
    /// What the interval of the difference says.
    pub helped: Helped,
}

/// How far a review is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ReviewState {
    Open,
    /// Open, and its day is past.
    Overdue,
    Closed,
}

/// Whether the rate fell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Helped {
    /// The whole interval lies below 0.
    Yes,
    /// The whole interval lies above 0: it rose.
    Worse,
    /// Chance alone could have done it, or nothing was decided since.
    Unclear,
}

crate::domain::word::words!(ReviewState: Open "open", Overdue "overdue", Closed "closed");
crate::domain::word::words!(Helped: Yes "yes", Worse "worse", Unclear "unclear");

/// Detail of `review`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
enum Detail {
    Open {
        v: u32,
        by: String,
        key: String,
        owner: String,
        action: String,
        /// Milliseconds since 1970 UTC: the end of the day.
        due: i64,
        since: i64,
    },
    Closed {
        v: u32,
        review: u64,
        why: String,
    },
}

/// What is to be opened.
#[derive(Debug, Clone)]
pub struct Opening {
    pub by: Dimension,
    pub key: String,
    pub owner: String,
    pub action: String,
    /// A moment of the day until which it is to be done: milliseconds since 1970 UTC.
    pub due: i64,
    /// When the action takes effect; none for now.
    pub since: Option<i64>,
}

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Opens a review.
///
/// # Errors
/// Whoever asks may not, or something is missing.
pub fn open(session: &mut Session, opening: &Opening) -> Result<Event> {
    let filled = |what: &str, text: &str| match text.trim() {
        "" => Err(ReviewError::Invalid(format!("a review needs {what}"))),
        text => Ok(text.to_owned()),
    };
    let (owner, action) = (filled("an owner", &opening.owner)?, filled("an action", &opening.action)?);
    let key = filled("a key: say what it is about as code=P2", &opening.key)?;
    session.write(None, |tx, scene| {
        let role = scene.allow(Deed::WriteCause)?;
        let due = opening.due - opening.due.rem_euclid(DAY_MS) + DAY_MS - 1;
        let by = opening.by.word().to_owned();
        let since = opening.since.unwrap_or(scene.now);
        let detail = Detail::Open { v: 1, by, key, owner, action, due, since };
        Ok(tx.append(&scene.entry(Some(role), Action::Review, None, json!(detail)))?)
    })
}

/// Closes a review.
///
/// # Errors
/// Whoever asks may not, there is no such review, or it is closed.
pub fn close(session: &mut Session, id: u64, why: &str) -> Result<Event> {
    let why = reason(why)?.to_owned();
    session.write(None, |tx, scene| {
        let role = scene.allow(Deed::WriteCause)?;
        let all = of(tx, &Causes { at: scene.now, ..Causes::default() })?;
        match all.iter().find(|review| review.id == id) {
            None => {
                return Err(ReviewError::Missing(format!(
                    "there is no review {id}: see `overread causes review list`"
                )));
            }
            Some(review) if review.state == ReviewState::Closed => {
                return Err(ReviewError::Invalid(format!("review {id} is closed already")));
            }
            Some(_) => {}
        }
        let object = id.to_string();
        let detail = Detail::Closed { v: 1, review: id, why };
        let entry = scene.entry(Some(role), Action::Review, None, json!(detail));
        Ok(tx.append(&Entry { object: Some(&object), ..entry })?)
    })
}

/// Gives all reviews, in the order in which they were opened, with what the causes come to before and after.
pub(super) fn of(tx: &Tx<'_>, causes: &Causes) -> Result<Vec<Review>> {
    let mut all: Vec<Review> = Vec::new();
    for event in tx.reviews()? {
        match serde_json::from_str(&event.detail) {
            Ok(Detail::Open { by, key, owner, action, due, since, .. }) => {
                let Some(by) = Dimension::from_word(&by) else { continue };
                let [before, after] = Split::Moment(since).of(Window::default());
                let (before, after) = (causes.rate(by, &key, before), causes.rate(by, &key, after));
                let difference = before.to(&after);
                let overdue = due < causes.at;
                all.push(Review {
                    id: event.seq,
                    by: by.word(),
                    key,
                    owner,
                    action,
                    due: moment::rfc3339(due).get(..10).unwrap_or_default().to_owned(),
                    opened_by: event.who,
                    opened_at: moment::rfc3339(event.at),
                    since: moment::rfc3339(since),
                    state: if overdue { ReviewState::Overdue } else { ReviewState::Open },
                    closed_at: None,
                    why: None,
                    before,
                    after,
                    difference,
                    helped: helped(difference),
                });
            }
            Ok(Detail::Closed { review, why, .. }) => {
                if let Some(known) = all.iter_mut().find(|known| known.id == review) {
                    known.state = ReviewState::Closed;
                    known.closed_at = Some(moment::rfc3339(event.at));
                    known.why = Some(why);
                }
            }
            Err(_) => {
                return Err(ReviewError::Invalid(format!("event {} (review) can't be read back", event.seq)));
            }
        }
    }
    Ok(all)
}

fn helped(difference: Option<Difference>) -> Helped {
    match difference {
        Some(Difference { high, .. }) if high < 0.0 => Helped::Yes,
        Some(Difference { low, .. }) if low > 0.0 => Helped::Worse,
        _ => Helped::Unclear,
    }
}

impl Review {
    /// Says what became of the rate, in words.
    pub fn words(&self) -> String {
        let rate = |rate: &Rate| match (rate.per_100, rate.low, rate.high) {
            (Some(value), Some(low), Some(high)) => {
                format!("{value:.1} of 100 disputes ({low:.1}–{high:.1}, {} of {})", rate.disputes, rate.of)
            }
            _ => "nothing decided".to_owned(),
        };
        let by = match (&self.difference, self.helped) {
            (None, _) => "nothing can be said yet".to_owned(),
            (Some(of), helped) => {
                let verdict = match helped {
                    Helped::Yes => "it helped",
                    Helped::Worse => "it rose",
                    Helped::Unclear => "chance alone could have done it",
                };
                format!("{:+.1} ({:+.1} to {:+.1}): {verdict}", of.value, of.low, of.high)
            }
        };
        format!("before {}; after {}; {by}", rate(&self.before), rate(&self.after))
    }

    /// Says what the review is about.
    pub fn subject(&self) -> String {
        format!("{} {}", self.by, Safe::new(&self.key))
    }
}
