//! What the charter promises by itself: its share of what became concordant and its rechecks, once a week, drawn by
//! whoever writes next.

use super::super::{Result, Session};
use super::all;
use super::ask::{finish, record};
use super::draw::{DAY_MS, Order, lot, make, same_promise};
use crate::domain::sample::{Design, Of, Sample};

/// So long work is gathered before a lot is drawn of it.
const PERIOD_MS: i64 = 7 * DAY_MS;

/// Finishes what a crash left unasked, then draws the charter's share and the rechecks whose washout has passed, each
/// once a week at most. Gives the samples that were drawn; the log names nobody's role for them. It may go through all
/// cases: nobody should wait for it.
pub fn catch_up(session: &mut Session) -> Result<Vec<Sample>> {
    if session.store.is_read_only() || session.person().roles.is_empty() {
        return Ok(Vec::new());
    }
    finish(session)?;
    let sampling = session.charter().sampling.clone();
    let washout = i64::from(sampling.washout_days) * DAY_MS;
    let promised = [
        (Of::Concordant, Design::Share { share: sampling.share }, sampling.share, 0),
        (Of::Decided, Design::Recheck { share: sampling.recheck }, sampling.recheck, washout),
    ];
    let mut drawn = Vec::new();
    for (of, design, share, washout) in promised {
        let order = Order {
            of,
            unit: None,
            design,
            by: Vec::new(),
            in_proportion: true,
            label: None,
            seed: None,
            to: None,
        };
        let made = session.read(None, |tx, scene| {
            // A project that is younger than the washout holds nothing that has rested for so long.
            let since = scene.setup.protocol.charters.first().map_or(0, |first| first.at);
            if share <= 0.0 || scene.now < since.saturating_add(washout) {
                return Ok(None);
            }
            let samples = all(tx)?;
            let like = samples.iter().filter(|logged| same_promise(&logged.sample.design, &order.design));
            if like.map(|logged| logged.event.at).max().is_some_and(|at| scene.now < at + PERIOD_MS) {
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
