//! What each plan and each bound promises, held against thousands of seeded lots.

use super::lot::{Seen, rate, upper, upper_whenever};
use super::plan::{Plan, isolated, two_points};
use super::standard::{LETTERS, QUALITIES, by_letter};
use crate::stats::intervals::share::most_in_lot;
use crate::stats::random::Random;

/// How often something may happen in so many lots if its chance is `p`: five standard deviations above that.
fn at_most(p: f64, lots: u32) -> u32 {
    let n = f64::from(lots);
    (n * p + 5.0 * (n * p * (1.0 - p)).sqrt()).ceil() as u32
}

/// The other side of that.
fn at_least(p: f64, lots: u32) -> u32 {
    let n = f64::from(lots);
    (n * p - 5.0 * (n * p * (1.0 - p)).sqrt()).floor().max(0.0) as u32
}

/// Units that are wrong in a sample of a process whose share of errors is `p`.
fn of_process(random: &mut Random, n: u64, p: f64) -> u64 {
    (0..n).filter(|_| random.unit() < p).count() as u64
}

/// Units that are wrong in a sample of a lot that holds so many, without replacement.
fn of_lot(random: &mut Random, n: u64, wrong: u64, lot: u64) -> u64 {
    let (mut wrong_left, mut found) = (wrong, 0);
    for drawn in 0..n.min(lot) {
        if random.below(lot - drawn) < wrong_left {
            wrong_left -= 1;
            found += 1;
        }
    }
    found
}

fn count(lots: u32, seed: u64, mut happens: impl FnMut(&mut Random) -> bool) -> u32 {
    let mut random = Random::new(seed, 0);
    (0..lots).filter(|_| happens(&mut random)).count() as u32
}

#[test]
fn a_series_at_its_acceptable_quality_is_rejected_as_rarely_as_docs_say() {
    let mut worst: f64 = 0.0;
    for letter in LETTERS {
        for quality in QUALITIES {
            let Some((_, plan)) = by_letter(letter, quality) else { continue };
            worst = worst.max(1.0 - plan.acceptance(quality / 100.0));
        }
    }
    // docs/sampling.md says 12.6 %: letter A at 6.5 %.
    assert!((worst - 0.125_775).abs() < 1e-6, "{worst}");
    for (letter, quality) in [('A', 6.5), ('F', 1.0), ('J', 1.0), ('K', 4.0), ('L', 0.65)] {
        let Some((_, plan)) = by_letter(letter, quality) else { unreachable!("{letter} {quality}") };
        let risk = 1.0 - plan.acceptance(quality / 100.0);
        let rejected = count(5000, 11, |random| !plan.accepts(of_process(random, plan.n, quality / 100.0)));
        assert!(
            (at_least(risk, 5000)..=at_most(risk, 5000)).contains(&rejected),
            "{letter} {quality}: {rejected}"
        );
        assert!(rejected <= at_most(0.126, 5000), "{letter} {quality}: {rejected}");
    }
}

#[test]
fn a_lot_at_the_limiting_quality_is_accepted_in_one_of_ten_at_most() {
    for (lot, lq, accept) in
        [(60u64, 0.05, 0), (500, 0.05, 0), (500, 0.08, 2), (1200, 0.0315, 1), (90, 0.2, 1)]
    {
        let Some(plan) = isolated(lot, lq, 0.1, accept) else { unreachable!("{lot} {lq}") };
        let wrong = (lq * lot as f64 - 1e-9).ceil() as u64;
        let accepted = count(5000, 12, |random| plan.accepts(of_lot(random, plan.n, wrong, lot)));
        let stated = plan.acceptance_of_lot(wrong, lot);
        assert!(stated <= 0.1 && accepted <= at_most(0.1, 5000), "{lot} {lq}: {accepted}");
        assert!(
            (at_least(stated, 5000)..=at_most(stated, 5000)).contains(&accepted),
            "{lot} {lq}: {accepted}"
        );
        // One unit less would promise too much.
        let smaller = Plan { n: plan.n - 1, ..plan };
        assert!(smaller.acceptance_of_lot(wrong, lot) > 0.1, "{lot} {lq}");
    }
}

#[test]
fn a_plan_of_two_points_holds_both_risks() {
    for (good, alpha, bad, beta) in
        [(0.01, 0.05, 0.05, 0.1), (0.02, 0.1, 0.1, 0.05), (0.005, 0.05, 0.03, 0.1)]
    {
        let Some(plan) = two_points(good, alpha, bad, beta) else { unreachable!("{good} {bad}") };
        let rejected = count(3000, 13, |random| !plan.accepts(of_process(random, plan.n, good)));
        let accepted = count(3000, 14, |random| plan.accepts(of_process(random, plan.n, bad)));
        assert!(rejected <= at_most(alpha, 3000), "{good} {bad}: {rejected} rejected");
        assert!(accepted <= at_most(beta, 3000), "{good} {bad}: {accepted} accepted");
    }
}

/// Gives from which size on a bound is met, by how many were wrong: the more are wrong, the later.
fn met_from(most: u64, is_met: impl Fn(u64, u64) -> bool) -> Vec<u64> {
    let mut sizes = Vec::new();
    let mut n = 1;
    for wrong in 0..=most {
        while n <= most && !is_met(wrong, n) {
            n += 1;
        }
        if n > most {
            break;
        }
        sizes.push(n);
    }
    sizes
}

/// Reads one after another until the bound is met; gives at which size, if it is.
fn stops(random: &mut Random, share: f64, most: u64, met: &[u64]) -> Option<u64> {
    let mut wrong = 0;
    (1..=most).find(|n| {
        wrong += usize::from(random.unit() < share);
        met.get(wrong).is_some_and(|size| n >= size)
    })
}

#[test]
fn whoever_stops_when_the_bound_is_met_is_wrong_in_one_of_twenty_at_most() {
    // The lot is just worse than what is promised: to accept it at any size is the error.
    for (share, bound) in [(0.0505, 0.05), (0.1, 0.099), (0.21, 0.2)] {
        let any =
            met_from(600, |wrong, n| upper_whenever(wrong, n, 0.95).is_some_and(|upper| upper <= bound));
        let accepted = count(3000, 15, |random| stops(random, share, 600, &any).is_some());
        assert!(accepted <= at_most(0.05, 3000), "{share}: {accepted}");
        // A bound for a fixed size, looked at as often, is wrong far more often.
        let fixed = met_from(600, |wrong, n| {
            upper(&[Seen { size: u64::MAX, read: n, wrong }], 0.95).is_some_and(|upper| upper <= bound)
        });
        let naive = count(3000, 15, |random| stops(random, share, 600, &fixed).is_some());
        assert!(naive > at_most(0.05, 3000), "{share}: {naive}");
    }
    // A good lot is accepted, and long before the end.
    let any = met_from(600, |wrong, n| upper_whenever(wrong, n, 0.95).is_some_and(|upper| upper <= 0.05));
    let ends: Vec<u64> = {
        let mut random = Random::new(16, 0);
        (0..1000).filter_map(|_| stops(&mut random, 0.005, 600, &any)).collect()
    };
    let mean = ends.iter().sum::<u64>() as f64 / ends.len() as f64;
    assert!(ends.len() > 990 && mean < 250.0, "{} of 1000 after {mean}", ends.len());
}

#[test]
fn the_bound_of_a_lot_of_just_this_size_holds() {
    for (lot, wrong, n) in [(60u64, 3u64, 20u64), (60, 1, 50), (300, 30, 59), (1000, 20, 100), (40, 0, 10)] {
        let missed = count(5000, 17, |random| {
            let found = of_lot(random, n, wrong, lot);
            most_in_lot(found, n, lot, 0.95).is_none_or(|most| wrong > most)
        });
        assert!(missed <= at_most(0.05, 5000), "{wrong} of {lot}: {missed}");
    }
}

#[test]
fn rates_of_strata_that_are_drawn_more_often_are_unbiased_and_their_bounds_hold() {
    // Sizes, shares of errors, and how many are drawn of each.
    let lots: [(&[u64], &[f64], &[u64]); 4] = [
        (&[950, 50], &[0.01, 0.3], &[40, 40]),
        (&[800, 150, 50], &[0.02, 0.05, 0.4], &[30, 30, 30]),
        (&[500, 500], &[0.05, 0.05], &[20, 80]),
        (&[990, 10], &[0.03, 0.5], &[50, 10]),
    ];
    for (sizes, shares, read) in lots {
        let wrong: Vec<u64> =
            sizes.iter().zip(shares).map(|(size, share)| (*size as f64 * share).round() as u64).collect();
        let all: u64 = sizes.iter().sum();
        let truth = wrong.iter().sum::<u64>() as f64 / all as f64;
        let (mut sum, mut raw) = (0.0, 0.0);
        let missed = count(4000, 18, |random| {
            let seen: Vec<Seen> = sizes
                .iter()
                .zip(&wrong)
                .zip(read)
                .map(|((size, wrong), n)| Seen {
                    size: *size,
                    read: *n,
                    wrong: of_lot(random, *n, *wrong, *size),
                })
                .collect();
            sum += rate(&seen).unwrap_or(f64::NAN);
            raw += seen.iter().map(|of| of.wrong).sum::<u64>() as f64 / read.iter().sum::<u64>() as f64;
            upper(&seen, 0.95).is_none_or(|upper| upper < truth)
        });
        let (mean, raw) = (sum / 4000.0, raw / 4000.0);
        // The mean of 4,000 estimates lies within a hundredth of a standard deviation or two of one of them.
        assert!((mean - truth).abs() < 0.002, "{sizes:?}: {mean}, not {truth}");
        // Without weights what is rare would count for as much as what is common.
        assert!(shares[0] == shares[1] || (raw - truth).abs() > 0.02, "{sizes:?}: {raw} beside {truth}");
        assert!(missed <= at_most(0.05, 4000), "{sizes:?}: {missed}");
    }
}
