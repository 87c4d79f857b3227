//! Each reader confuses levels in an own way, which is estimated together with the truth (Dawid & Skene 1979).

use super::{Climb, Consensus, Stop, Votes, confusions, order, posteriors};
use crate::stats::agreement::Undefined;

/// In the likelihood a share counts as this at least, so that an answer that was never seen makes nothing impossible for
/// ever, and an item that nothing explains still has a posterior.
const FLOOR: f64 = 1e-10;

/// Estimates by expectation and maximisation from the shares of votes; several reads by one reader add up.
///
/// Nothing is added to what was counted; only where the likelihood takes logarithms, a share below 1e-10 counts as
/// 1e-10. A confusion that was never seen so ends as 0, or below that.
///
/// # Errors
/// No votes, or fewer than two levels.
pub fn dawid_skene(votes: &Votes, stop: Stop) -> Result<Consensus, Undefined> {
    votes.check()?;
    let (votes, order, _, alike) = order::sorted(votes);
    let votes = &votes;
    let levels = votes.levels();
    let mut posterior = votes.shares();
    let (mut prior, mut confusion) = confusions(votes, &posterior);
    let climb = Climb::up(stop, |first| {
        if !first {
            (prior, confusion) = confusions(votes, &posterior);
        }
        let log = |share: &f64| share.max(FLOOR).ln();
        let prior_logs: Vec<f64> = prior.iter().map(log).collect();
        // By reader, answer and truth, so that what one vote says of all levels stands together.
        let mut logs = vec![0.0; votes.readers() * levels * levels];
        for (of_reader, logs) in confusion.iter().zip(logs.chunks_exact_mut(levels * levels)) {
            for (n, share) in of_reader.iter().enumerate() {
                logs[n % levels * levels + n / levels] = log(share);
            }
        }
        posteriors(votes, &alike, &mut posterior, |pattern, row| {
            row.copy_from_slice(&prior_logs);
            for (reader, level) in votes.of(pattern) {
                let from = (*reader as usize * levels + usize::from(*level)) * levels;
                row.iter_mut().zip(&logs[from..from + levels]).for_each(|(sum, log)| *sum += log);
            }
        })
    });
    Ok(order.back(climb.to(votes, posterior, (prior, confusion))))
}
