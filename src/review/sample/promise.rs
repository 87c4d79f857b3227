//! What the charter promises by itself: its share of what became concordant and its rechecks, once a week, and the
//! expert's checkpoint once a period, drawn by whoever writes next.

use super::super::{Result, Session};
use super::all;
use super::ask::{finish, record};
use super::draw::{DAY_MS, Order, lot, make, same_promise};
use crate::domain::authority::Role;
use crate::domain::case::State;
use crate::domain::origin::Within;
use crate::domain::sample::{Design, Of, Sample};
use crate::domain::word::Word;

/// So long work is gathered before a lot is drawn of it.
const PERIOD_MS: i64 = 7 * DAY_MS;

/// Finishes what a crash left unasked, then draws the charter's share and the rechecks whose washout has passed, each
/// once a week at most, and a checkpoint where a period has passed. Gives the samples that were drawn; the log names nobody's role for them. It may go through all
/// cases: nobody should wait for it.
pub fn catch_up(session: &mut Session) -> Result<Vec<Sample>> {
    if session.store.is_read_only() || session.person().roles.is_empty() {
        return Ok(Vec::new());
    }
    finish(session)?;
    let sampling = session.charter().sampling.clone();
    let washout = i64::from(sampling.washout_days) * DAY_MS;
    let period = i64::from(sampling.checkpoint_days) * DAY_MS;
    let checkpoint = Design::Checkpoint { share: sampling.checkpoint, days: sampling.checkpoint_days };
    let share_of_checkpoint = if sampling.expert.is_empty() { 0.0 } else { sampling.checkpoint };
    let promised = [
        (Of::Concordant, Design::Share { share: sampling.share }, sampling.share, 0, PERIOD_MS),
        (Of::Decided, Design::Recheck { share: sampling.recheck }, sampling.recheck, washout, PERIOD_MS),
        (Of::Decided, checkpoint, share_of_checkpoint, period, period),
    ];
    let mut drawn = Vec::new();
    for (of, design, share, rest, period) in promised {
        let to = matches!(design, Design::Checkpoint { .. }).then(|| sampling.expert.clone());
        let order = Order {
            of,
            unit: None,
            design,
            by: Vec::new(),
            in_proportion: true,
            label: None,
            within: Within::default(),
            seed: None,
            to,
        };
        let made = session.read(None, |tx, scene| {
            // A project that is younger than the washout holds nothing that has rested for so long, and one that is
            // younger than a period has no checkpoint yet.
            let since = scene.setup.protocol.charters.first().map_or(0, |first| first.at);
            if share <= 0.0 || scene.now < since.saturating_add(rest) {
                return Ok(None);
            }
            // An expert who can't audit would never be done: it waits until a lead gives them the role.
            let audits = |to: &String| scene.setup.people.person(to).roles.contains(&Role::Qa);
            if order.to.as_ref().is_some_and(|to| !audits(to)) {
                return Ok(None);
            }
            let samples = all(tx)?;
            let like = samples.iter().filter(|logged| same_promise(&logged.sample.design, &order.design));
            if like.map(|logged| logged.event.at).max().is_some_and(|at| scene.now < at + period) {
                return Ok(None);
            }
            // Looking at every case is for projects in which one stands so; what is provisional becomes final by time.
            let stand: &[State] = match of {
                Of::Concordant => &[State::Concordant],
                Of::Decided => &[State::Final, State::Provisional],
            };
            let mut counts = stand.iter().map(|state| tx.counter(state.word()));
            if counts.try_fold(0, |sum, count| count.map(|count| sum + count))? == 0 {
                return Ok(None);
            }
            let lot = lot(tx, scene, &order)?;
            match lot.units.is_empty() {
                true => Ok(None),
                false => make(scene, tx, &order, lot).map(Some),
            }
        })?;
        if let Some(sample) = made {
            record(session, &sample, None)?;
            drawn.push(sample);
        }
    }
    Ok(drawn)
}
