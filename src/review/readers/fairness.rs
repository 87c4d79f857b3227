//! Whether equal readers are treated as equals, whoever's disputes are settled first: by simulation.

use super::look::{Course, Outcome, Tally};
use super::triggers::Team;
use crate::review::readings::Reader;
use crate::stats::random::Random;

const READERS: usize = 4;
const CASES: usize = 600;
const PROJECTS: u64 = 400;
/// What three standard deviations leave outside on one side.
const PROMISED: f64 = 0.001_35;

/// The readers of each case, and whether each of them errs.
type Case = Vec<(usize, bool)>;

/// Tells which disputes are settled first.
type Order = fn(&Case) -> bool;

/// A project: each case is read by some of the readers, the first of whom errs with a chance of their own.
fn project(random: &mut Random, reads: usize, first: f64, others: f64) -> Vec<Case> {
    let case = |_| {
        let from = random.below(READERS as u64) as usize;
        let of = |n: usize| {
            let reader = (from + n) % READERS;
            (reader, random.unit() < if reader == 0 { first } else { others })
        };
        (0..reads).map(of).collect()
    };
    (0..CASES).map(case).collect()
}

/// What is known once those disputes are settled that `order` takes: what all agree on is settled at once, right or not.
fn tallies(cases: &[Case], order: impl Fn(&Case) -> bool) -> Vec<Tally> {
    let mut all: Vec<Tally> = (0..READERS).map(|_| Tally::default()).collect();
    for (n, case) in cases.iter().enumerate() {
        let agreed = case.iter().all(|(_, errs)| *errs == case[0].1);
        for (reader, errs) in case {
            let outcome = match () {
                () if agreed => Outcome::With,
                () if !order(case) => Outcome::Open,
                () if *errs => Outcome::Against,
                () => Outcome::With,
            };
            all[*reader].take(Course { at: 0, case: n as u32, outcome });
        }
    }
    all
}

/// Who is above the limit.
fn flagged(all: &[Tally]) -> Vec<usize> {
    let team = Team::of(all.iter(), (CASES * 2) as u64);
    let is = |(n, tally): (usize, &Tally)| {
        let reader = Reader { model: false, name: n.to_string() };
        let limit = team.without(&reader, tally).limit(tally)?;
        (tally.index()? > limit).then_some(n)
    };
    all.iter().enumerate().filter_map(is).collect()
}

/// The same, without a thought of what is open.
fn flagged_by_settled_cases(all: &[Tally]) -> Vec<usize> {
    let alone = |tally: &Tally| Tally { open: 0, courses: Vec::new(), ..counts(tally) };
    flagged(&all.iter().map(alone).collect::<Vec<_>>())
}

fn counts(of: &Tally) -> Tally {
    let Tally { cases, settled, open, disagreed, .. } = *of;
    Tally { cases, settled, open, disagreed, ..Tally::default() }
}

/// Settles every dispute that the first reader takes part in.
fn of_the_first(case: &Case) -> bool {
    case.iter().any(|(reader, _)| *reader == 0)
}

/// Settles every dispute in which the first reader stands alone.
fn where_the_first_is_alone(case: &Case) -> bool {
    let own = case.iter().find(|(reader, _)| *reader == 0);
    own.is_some_and(|own| case.iter().filter(|(_, errs)| *errs == own.1).count() == 1)
}

#[test]
fn equal_readers_are_flagged_as_rarely_as_promised_whoever_s_disputes_are_settled_first() {
    let orders: [(usize, Order); 2] = [(2, of_the_first), (3, where_the_first_is_alone)];
    for (reads, order) in orders {
        let (mut early, mut naive, mut only_early) = (0, 0, 0);
        for stream in 0..PROJECTS {
            let cases = project(&mut Random::new(7, stream), reads, 0.1, 0.1);
            let by_then = tallies(&cases, order);
            let (now, at_last) = (flagged(&by_then), flagged(&tallies(&cases, |_| true)));
            only_early += now.iter().filter(|reader| !at_last.contains(reader)).count();
            early += now.len();
            naive += usize::from(flagged_by_settled_cases(&by_then).contains(&0));
        }
        let chances = (PROJECTS as usize * READERS) as f64;
        assert!(early as f64 <= PROMISED * chances, "{reads} reads: {early} of {chances}");
        assert_eq!(only_early, 0, "{reads} reads: what comes later took it back");
        // The order is one that would accuse the first reader if the settled cases were all that counts.
        assert!(naive as f64 > 0.1 * PROJECTS as f64, "{reads} reads: {naive}");
    }
}

#[test]
fn a_reader_who_is_worse_is_told_of_before_the_others_disputes_are_settled() {
    let told = (0..50).filter(|stream| {
        let cases = project(&mut Random::new(8, *stream), 2, 0.35, 0.1);
        flagged(&tallies(&cases, of_the_first)) == [0]
    });
    let told = told.count();
    assert!(told >= 40, "{told} of 50");
}
