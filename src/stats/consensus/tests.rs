//! The models against published data and simulated readers, and the laws that they keep.

use proptest::prelude::*;
use serde_json::Value;

use super::dawid_skene::dawid_skene;
use super::glad::glad;
use super::mace::{Priors, mace};
use super::vote::{majority, weighted};
use super::votes::{Read, Votes};
use super::*;
use crate::stats::agreement::reads::Malformed;
use crate::stats::agreement::{Reads, Undefined};
use crate::stats::golden::{Outcome, case, list, meets, numbers};
use crate::stats::random::Random;

const CLOSE: f64 = 1e-6;

/// Gives the reads of Dawid & Skene's anaesthetists, numbered from 0.
fn anaesthetists(golden: &serde_json::Value) -> Vec<Read> {
    let number = |value: &f64| *value as u32 - 1;
    list(&golden["data_long_item_rater_label"])
        .iter()
        .map(numbers)
        .map(|row| Read { item: number(&row[0]), reader: number(&row[1]), level: number(&row[2]) as u16 })
        .collect()
}

#[test]
fn the_anaesthetists_are_those_of_dawid_and_skene() -> Outcome {
    let golden = case!("dawid_skene1979_anaesthesia_em");
    let reads = anaesthetists(&golden);
    let (votes, of_items) = Votes::of_reads(&reads, [45, 5, 4])?;
    for iterations in [1, 10, 2000] {
        let found = dawid_skene(&votes, Stop { iterations, tolerance: 0.0 })?;
        let golden = |what: &str| &golden["metrics"][format!("ds_{what}_iter{iterations}")];
        meets("likelihood", found.log_likelihood, golden("loglik"), CLOSE);
        for (level, share) in found.prior.iter().enumerate() {
            meets("prior", *share, &golden("prior")[level], CLOSE);
        }
        for (item, pattern) in of_items.iter().enumerate() {
            for (level, share) in found.of(*pattern as usize).iter().enumerate() {
                meets("posterior", *share, &golden("posterior")[item][level], CLOSE);
            }
            let label = found.answer(*pattern as usize, Tie::Undecided);
            assert_eq!(label.map(u64::from), golden("labels")[item].as_u64());
        }
        if iterations == 2000 {
            check_confusion(&found, &case!("dawid_skene1979_anaesthesia_em")["metrics"]);
        }
    }
    Ok(())
}

#[test]
fn what_has_converged_stands_at_its_limit() -> Outcome {
    let golden = case!("dawid_skene1979_anaesthesia_em");
    let reads = anaesthetists(&golden);
    let (votes, _) = Votes::of_reads(&reads, [45, 5, 4])?;
    let one = Priors { starts: 1, ..Priors::default() };
    let far = Stop { iterations: 4000, tolerance: 0.0 };
    for (found, limit) in [
        (dawid_skene(&votes, Stop::default())?, dawid_skene(&votes, far)?),
        (mace(&votes, one, Stop::default())?.consensus, mace(&votes, one, far)?.consensus),
    ] {
        assert!(found.converged && found.iterations < 4000, "{} {}", found.iterations, found.moved);
        for (share, limit) in found.posterior.iter().zip(&limit.posterior) {
            assert!((share - limit).abs() < 1e-6, "{share} {limit}");
        }
    }
    Ok(())
}

#[test]
fn a_level_that_nobody_says_was_never_met() -> Outcome {
    let reads: Vec<Read> = (0..18).map(|n| Read { item: n / 2, reader: n % 2, level: 0 }).collect();
    let (votes, _) = Votes::of_reads(&reads, [9, 2, 3])?;
    let stop = Stop::default();
    for found in [
        dawid_skene(&votes, stop)?,
        glad(&votes, stop)?.consensus,
        mace(&votes, Priors::default(), stop)?.consensus,
    ] {
        for confusion in &found.confusion {
            assert!((confusion[0] - 1.0).abs() < 1e-9 && confusion[3..].iter().all(|share| *share == 0.0));
        }
    }
    Ok(())
}

fn check_confusion(found: &Consensus, golden: &Value) {
    for (reader, confusion) in found.confusion.iter().enumerate() {
        for (n, share) in confusion.iter().enumerate() {
            meets("confusion", *share, &golden["ds_error_rates_final"][reader][n / 4][n % 4], CLOSE);
        }
    }
}

/// Items whose truth is known, each read by five readers who are right as often as said.
fn simulated(items: u32, levels: u16, right: [f64; 5]) -> (Vec<Read>, Vec<u16>) {
    let mut random = Random::new(3, 0);
    let truth: Vec<u16> = (0..items).map(|_| random.below(u64::from(levels)) as u16).collect();
    let mut reads = Vec::new();
    for (item, truth) in truth.iter().enumerate() {
        for (reader, right) in right.iter().enumerate() {
            let other = (u64::from(*truth) + 1 + random.below(u64::from(levels) - 1)) % u64::from(levels);
            let level = if random.unit() < *right { *truth } else { other as u16 };
            reads.push(Read { item: item as u32, reader: reader as u32, level });
        }
    }
    (reads, truth)
}

#[test]
fn models_beat_the_majority_where_readers_differ() -> Outcome {
    let right = [0.95, 0.9, 0.45, 0.4, 0.35];
    let (reads, truth) = simulated(2000, 3, right);
    let (votes, of_items) = Votes::of_reads(&reads, [2000, 5, 3])?;
    let share = |answer: &dyn Fn(usize) -> Option<u16>| {
        let hits = of_items.iter().zip(&truth).filter(|(n, truth)| answer(**n as usize) == Some(**truth));
        hits.count() as f64 / 2000.0
    };
    let ballots = majority(&votes, Tie::First);
    let by_vote = share(&|pattern| ballots[pattern].winner);
    let stop = Stop { iterations: 500, tolerance: 1e-8 };
    let by_matrix = dawid_skene(&votes, stop)?;
    let by_ability = glad(&votes, stop)?;
    let by_knowledge = mace(&votes, Priors::default(), stop)?;
    for consensus in [&by_matrix, &by_ability.consensus, &by_knowledge.consensus] {
        let accuracy = share(&|pattern| consensus.answer(pattern, Tie::First));
        assert!(accuracy > 0.93 && accuracy > by_vote + 0.1, "{accuracy} {by_vote}");
        assert!(consensus.converged, "{}", consensus.iterations);
    }
    let falls = |values: &[f64]| values.windows(2).all(|two| two[0] > two[1]);
    assert!(falls(&by_ability.ability) && falls(&by_knowledge.competence), "{by_knowledge:?}");
    for (reader, right) in right.iter().enumerate() {
        let diagonal = by_matrix.confusion[reader].iter().step_by(4).sum::<f64>() / 3.0;
        assert!((diagonal - right).abs() < 0.05, "{reader} {diagonal}");
    }
    // Weights that know the readers do as well as a model.
    let ballots = weighted(&votes, &right.map(|right| (2.0 * right / (1.0 - right)).ln()), Tie::First);
    assert!(share(&|pattern| ballots[pattern].winner) > 0.93);
    Ok(())
}

#[test]
fn who_always_says_the_same_is_found_out() -> Outcome {
    let (mut reads, _) = simulated(500, 4, [0.9, 0.9, 0.9, 0.9, 0.5]);
    reads.iter_mut().filter(|read| read.reader == 4).for_each(|read| read.level = 2);
    let (votes, _) = Votes::of_reads(&reads, [500, 5, 4])?;
    let found = mace(&votes, Priors::default(), Stop::default())?;
    assert!(found.competence[4] < 0.05 && found.competence[0] > 0.8, "{:?}", found.competence);
    assert!(found.habits[4][2] > 0.9);
    Ok(())
}

#[test]
fn a_tie_is_told_and_the_rule_decides() -> Outcome {
    let reads = Reads::new(&[0u8, 2, 1, 1, 2, 255, 255, 255], 2, 3)?;
    let (patterns, of_items) = reads.patterns_of_items();
    let votes = Votes::of_patterns(&patterns, None);
    let winners = |tie| {
        let ballots = majority(&votes, tie);
        of_items.iter().map(|n| ballots[*n as usize].winner).collect::<Vec<_>>()
    };
    assert_eq!(winners(Tie::Undecided), [None, Some(1), Some(2), None]);
    assert_eq!(winners(Tie::First), [Some(0), Some(1), Some(2), None]);
    assert_eq!(winners(Tie::Last), [Some(2), Some(1), Some(2), None]);
    assert_eq!(majority(&votes, Tie::First)[of_items[0] as usize].leading, [0, 2]);
    // The second reader counts twice.
    assert_eq!(weighted(&votes, &[1.0, 2.0], Tie::Undecided)[of_items[0] as usize].winner, Some(2));
    Ok(())
}

#[test]
fn nothing_read_is_nothing_known() -> Outcome {
    let none = Votes::of_patterns(&Reads::new(&[255u8; 6], 3, 2)?.patterns(), None);
    assert_eq!(dawid_skene(&none, Stop::default()).err(), Some(Undefined::NoItems));
    let beyond = Read { item: 0, reader: 9, level: 0 };
    assert_eq!(Votes::of_reads(&[beyond], [1, 2, 2]).err(), Some(Malformed::Beyond { read: 0 }));
    // An unread item takes part in nothing, and has the prior.
    let reads = Reads::new(&[0u8, 0, 0, 0, 1, 1, 255, 255], 2, 2)?;
    let (patterns, of_items) = reads.patterns_of_items();
    let found = dawid_skene(&Votes::of_patterns(&patterns, None), Stop::default())?;
    assert_eq!(found.of(of_items[3] as usize), found.prior);
    assert!((found.prior[0] - 2.0 / 3.0).abs() < 1e-9);
    Ok(())
}

#[test]
fn columns_may_be_of_one_reader() -> Outcome {
    let reads = Reads::new(&[0u8, 0, 1, 1, 1, 0], 3, 2)?;
    let votes = Votes::of_patterns(&reads.patterns(), Some(&[0, 0, 1]));
    assert_eq!((votes.readers(), votes.len()), (2, 2));
    assert_eq!(votes.of(0), [(0, 0), (0, 0), (1, 1)]);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn likelihood_never_falls(codes in proptest::collection::vec(0u8..3, 60)) {
        let Ok(reads) = Reads::new(&codes, 4, 3) else { return Ok(()) };
        let votes = Votes::of_patterns(&reads.patterns(), None);
        let mut before = f64::NEG_INFINITY;
        for iterations in 1..12 {
            let Ok(found) = dawid_skene(&votes, Stop { iterations, tolerance: 0.0 }) else { return Ok(()) };
            prop_assert!(found.log_likelihood >= before - 1e-6);
            before = found.log_likelihood;
            for pattern in 0..votes.len() {
                prop_assert!((found.of(pattern).iter().sum::<f64>() - 1.0).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn names_and_order_are_nothing(
        (wide, codes) in (2usize..5).prop_flat_map(|wide| {
            (Just(wide), proptest::collection::vec(prop_oneof![8 => 0u8..3, 1 => Just(255u8)], wide * 12))
        }),
        seed in 0u64..1000,
    ) {
        // Items, readers and levels in another order each.
        let mut random = Random::new(seed, 0);
        let mut shuffled = |length: usize| {
            let mut order: Vec<usize> = (0..length).collect();
            (1..length).rev().for_each(|n| order.swap(n, random.below(n as u64 + 1) as usize));
            order
        };
        let (items, readers, levels) = (shuffled(12), shuffled(wide), shuffled(3));
        let other: Vec<u8> = items
            .iter()
            .flat_map(|item| readers.iter().map(move |reader| item * wide + reader))
            .map(|at| levels.get(usize::from(codes[at])).map_or(255, |level| *level as u8))
            .collect();
        let (Ok(a), Ok(b)) = (Reads::new(&codes, wide, 3), Reads::new(&other, wide, 3)) else { return Ok(()) };
        let ((a, of_a), (b, of_b)) = (a.patterns_of_items(), b.patterns_of_items());
        let (a, b) = (Votes::of_patterns(&a, None), Votes::of_patterns(&b, None));
        let all = |votes: &Votes| {
            let (stop, few) = (Stop::default(), Stop { iterations: 5, tolerance: 0.0 });
            let found = [dawid_skene(votes, stop), glad(votes, few).map(|glad| glad.consensus),
                         mace(votes, Priors::default(), stop).map(|mace| mace.consensus)];
            found.into_iter().flatten().collect::<Vec<_>>()
        };
        for (model, (a, b)) in all(&a).iter().zip(&all(&b)).enumerate() {
            prop_assert!((a.log_likelihood - b.log_likelihood).abs() < 1e-9);
            for (n, item) in items.iter().enumerate() {
                let (a, b) = (a.of(of_a[*item] as usize), b.of(of_b[n] as usize));
                for (level, other) in levels.iter().enumerate() {
                    prop_assert!((a[level] - b[*other]).abs() < 1e-9, "{model}: {a:?} {b:?}");
                }
            }
            for (n, reader) in readers.iter().enumerate() {
                for (row, to) in levels.iter().enumerate() {
                    for (column, other) in levels.iter().enumerate() {
                        let (a, b) = (a.confusion[*reader][row * 3 + column], b.confusion[n][to * 3 + other]);
                        prop_assert!((a - b).abs() < 1e-9, "{model}: {a} {b}");
                    }
                }
            }
        }
    }
}
