//! The worklist.

use serde::Serialize;
use serde_json::json;

use super::{Result, Session};
use crate::domain::authority::Deed;
use crate::domain::case::{Kind, State};
use crate::domain::charter::Mode;
use crate::domain::item::DisputeType;
use crate::store::query::{QueueDispute, QueueFilter, QueueRow};

/// A line of the worklist.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    pub case: String,
    pub state: State,
    pub kind: Option<Kind>,
    pub priority: f64,
    pub claimed_by: Option<String>,
    pub disputes: Vec<LineDispute>,
}

/// A dispute of a line. Type and gap are empty where an own look comes first.
#[derive(Debug, Clone, Serialize)]
pub struct LineDispute {
    pub id: String,
    #[serde(rename = "type")]
    pub dispute_type: Option<DisputeType>,
    pub label: String,
    pub gap: Option<f64>,
    /// The gap for people.
    pub words: String,
    pub kind: Kind,
    pub state: State,
}

/// Lists the cases that are wanted.
pub fn queue(session: &mut Session, filter: &QueueFilter) -> Result<Vec<Line>> {
    session.read(None, |tx, scene| {
        scene.allow(Deed::ReadQueue)?;
        let oversees = scene.may(Deed::Reveal);
        if !oversees && filter.kind.is_some_and(|kind| kind != Kind::Dispute) {
            // Who works on a sampled case or a recheck isn't to know that it is one.
            scene.allow(Deed::Reveal)?;
        }
        // To whoever may not know kinds apart, everything is a dispute.
        let filter = QueueFilter { kind: filter.kind.filter(|_| oversees), ..filter.clone() };
        // What the reads differ in would steer an own look.
        let bare = scene.charter().review.mode == Mode::ThirdRead && !oversees;
        Ok(tx.queue(&filter, scene.now)?.into_iter().map(|row| line(row, bare, oversees)).collect())
    })
}

fn line(row: QueueRow, bare: bool, oversees: bool) -> Line {
    let shown_kind = |kind| if oversees { kind } else { Kind::Dispute };
    let dispute = |dispute: QueueDispute| LineDispute {
        dispute_type: dispute.dispute_type.filter(|_| !bare),
        gap: (!bare).then_some(dispute.gap),
        words: if bare { String::new() } else { dispute.words },
        id: dispute.id,
        label: dispute.label,
        kind: shown_kind(dispute.kind),
        state: dispute.state,
    };
    Line {
        case: row.case,
        state: row.state,
        kind: row.kind.map(shown_kind),
        priority: row.priority,
        claimed_by: (!row.claimed_by.is_empty()).then(|| row.claimed_by.join(", ")),
        disputes: row.disputes.into_iter().map(dispute).collect(),
    }
}

/// Gives the worklist's line as the command line prints it.
pub fn to_json(line: &Line) -> serde_json::Value {
    json!(line)
}
