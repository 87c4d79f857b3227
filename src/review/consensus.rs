//! One answer for every item of a label from what all people said of it, and how reliable each of them is by the
//! method's own account. A proposal with its probability, never a decision.

use std::collections::BTreeMap;

use serde::Serialize;

use super::readings::{Readings, Wanted, collect, levels};
use super::{Result, ReviewError, Session};
use crate::domain::authority::Deed;
use crate::domain::charter::LabelKind;
use crate::domain::origin::Within;
use crate::domain::text::Safe;
use crate::domain::value::Value;
use crate::domain::word::words;
use crate::stats::agreement::Undefined;
use crate::stats::consensus::vote::{Ballot, majority, weighted, winner};
use crate::stats::consensus::votes::Read;
use crate::stats::consensus::{
    Consensus as Model, Stop, Tie, Votes, confusions, dawid_skene::dawid_skene, glad::glad, mace,
};

/// How one answer is made of many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Majority,
    Weighted,
    DawidSkene,
    Glad,
    Mace,
}

words!(Method: Majority "majority", Weighted "weighted", DawidSkene "dawid-skene", Glad "glad", Mace "mace");

/// What several levels with equally many votes give.
const TIE: Tie = Tie::Undecided;
const TIE_RULE: &str = "undecided: the value is null where levels share the highest probability";

const MAJORITY_RULE: &str = "each vote counts one, and most votes win";
const WEIGHTED_RULE: &str = "each vote counts the weight of its reader, which is the share of the reader's votes that say what \
                             the majority says, and the largest sum wins";

/// A model's share of a level is told of where it is this many times the majority's, or so many times less.
const DEPARTS: f64 = 1.5;
/// And by this many standard errors of the majority's share, so that a few items are no reason.
const ERRORS: f64 = 3.0;

/// What is to be computed.
#[derive(Debug, Clone)]
pub struct Request {
    pub label: Option<String>,
    pub method: Method,
    /// Steps of a model, taken all; without, until a step changes next to nothing.
    pub iterations: Option<usize>,
    pub within: Within,
}

/// The consensus on a label.
#[derive(Debug, Clone, Serialize)]
pub struct Consensus {
    pub method: &'static str,
    pub label: String,
    /// Of which cases.
    #[serde(flatten)]
    pub within: Within,
    pub levels: Vec<Value>,
    pub items: Vec<Settled>,
    /// People; models have no vote.
    pub readers: Vec<Judged>,
    /// Null for a vote, which takes no steps.
    pub iterations: Option<usize>,
    pub converged: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prior: Option<BTreeMap<String, f64>>,
    /// How votes are counted; a model doesn't count them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vote_rule: Option<&'static str>,
    pub tie_rule: &'static str,
    /// What to know before it is believed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Answers outside the declared levels, which are left out, and how often each was given.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub undeclared: BTreeMap<String, u64>,
    /// Answers that say the image can't be graded, which are left out.
    pub ungradable: u64,
}

/// What an item comes to.
#[derive(Debug, Clone, Serialize)]
pub struct Settled {
    pub case: String,
    pub item: String,
    /// None in a tie, and where nobody has a vote.
    pub value: Option<Value>,
    /// By level; empty where nobody has a vote.
    pub posterior: BTreeMap<String, f64>,
    /// Votes, repeated reads included.
    pub votes: usize,
    /// By GLAD: large is hard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difficulty: Option<f64>,
}

/// A reader as the method sees them.
#[derive(Debug, Clone, Serialize)]
pub struct Judged {
    pub reader: String,
    /// How likely each answer (column) is where each level (row) is true, in the order of the levels; a row of zeros
    /// where no item of the level was read.
    pub confusion: Vec<Vec<f64>>,
    pub votes: usize,
    /// Of a weighted vote: how often the reader says what the majority says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// By GLAD: 0 guesses, negative misleads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ability: Option<f64>,
    /// By MACE: how often the reader knows, 0–1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub competence: Option<f64>,
}

/// What a method finds, by pattern of votes and by reader.
struct Found {
    posterior: Vec<f64>,
    confusion: Vec<Vec<f64>>,
    prior: Option<Vec<f64>>,
    steps: Option<(usize, bool)>,
    weight: Option<Vec<f64>>,
    ability: Option<Vec<f64>>,
    competence: Option<Vec<f64>>,
    difficulty: Option<Vec<f64>>,
}

/// Gives the consensus on a label.
///
/// # Errors
/// Whoever asks may not read statistics; no such label, or several and none named; a label without levels, or on which
/// nobody has a vote.
pub fn consensus(session: &mut Session, request: &Request) -> Result<Consensus> {
    let label = session.read(None, |_, scene| {
        scene.allow(Deed::ReadStatistics)?;
        let names: Vec<&str> = scene.charter().labels.iter().map(|label| label.name.as_str()).collect();
        match (&request.label, names.as_slice()) {
            (Some(label), _) => Ok(label.clone()),
            (None, [only]) => Ok((*only).to_owned()),
            (None, []) => Err(ReviewError::Missing("the charter has no label yet".into())),
            (None, several) => Err(ReviewError::Unclear(format!(
                "a consensus is of one label: say which with --label: {}",
                several.iter().map(|name| Safe::new(name).to_string()).collect::<Vec<_>>().join(", ")
            ))),
        }
    })?;
    let within = request.within.clone();
    let wanted = Wanted { label: Some(label), repeats: true, within, ..Wanted::default() };
    let all = collect(session, &wanted)?;
    let readings = all.first().ok_or_else(|| ReviewError::Missing("the charter has no such label".into()))?;
    let mut found = of_readings(readings, request)?;
    let blind = session.read(None, super::sample::blind)?;
    found.items.retain(|item| !blind.contains(&item.case));
    Ok(found)
}

fn of_readings(readings: &Readings, request: &Request) -> Result<Consensus> {
    let label = &readings.label;
    let levels = levels(label);
    let undefined = |why: &dyn std::fmt::Display| {
        ReviewError::Invalid(format!("there is no consensus on {}: {why}", Safe::new(&label.name)))
    };
    if label.kind == LabelKind::Continuous || levels.is_empty() {
        return Err(undefined(&"it has no levels to vote on"));
    }
    let people = readings.people();
    let mut reads: Vec<Read> = readings
        .answers
        .iter()
        .chain(&readings.repeats)
        .filter(|answer| (answer.reader as usize) < people)
        .filter_map(|answer| {
            let level = levels.iter().position(|level| *level == answer.value)?;
            Some(Read { item: answer.item, reader: answer.reader, level: u16::try_from(level).ok()? })
        })
        .collect();
    reads.sort_unstable_by_key(|read| (read.item, read.reader, read.level));
    let (votes, of_items) = Votes::of_reads(&reads, [readings.items.len(), people, levels.len()])
        .map_err(|error| undefined(&error))?;
    if reads.is_empty() {
        return Err(undefined(&Undefined::NoItems));
    }
    let found = find(&votes, request).map_err(|why| undefined(&why))?;
    let names: Vec<String> = levels.iter().map(Value::to_string).collect();
    let by_level = |shares: &[f64]| names.iter().cloned().zip(shares.iter().copied()).collect();
    let notes = match request.method {
        Method::Majority | Method::Weighted => Vec::new(),
        _ => departures(&votes, &found.posterior, &names, request.method),
    };
    let items = readings.items.iter().zip(&of_items).map(|(item, pattern)| {
        let pattern = *pattern as usize;
        let cast = votes.of(pattern).len();
        let shares = match cast {
            0 => &[],
            _ => {
                found.posterior.get(pattern * levels.len()..(pattern + 1) * levels.len()).unwrap_or_default()
            }
        };
        Settled {
            case: item.case.to_string(),
            item: item.item.clone(),
            value: winner(shares, TIE).and_then(|level| levels.get(usize::from(level)).cloned()),
            posterior: by_level(shares),
            votes: cast,
            difficulty: found.difficulty.as_ref().and_then(|all| all.get(pattern)).copied(),
        }
    });
    let of_reader = |all: &Option<Vec<f64>>, n: usize| all.as_ref().and_then(|all| all.get(n)).copied();
    let readers = readings.readers.iter().take(people).enumerate().map(|(n, reader)| Judged {
        reader: reader.name.clone(),
        confusion: found
            .confusion
            .get(n)
            .map(|cells| cells.chunks(levels.len()).map(<[f64]>::to_vec).collect())
            .unwrap_or_default(),
        votes: reads.iter().filter(|read| read.reader as usize == n).count(),
        weight: of_reader(&found.weight, n),
        ability: of_reader(&found.ability, n),
        competence: of_reader(&found.competence, n),
    });
    Ok(Consensus {
        method: crate::domain::word::Word::word(request.method),
        label: label.name.clone(),
        within: readings.within.clone(),
        items: items.collect(),
        readers: readers.collect(),
        iterations: found.steps.map(|(steps, _)| steps),
        converged: found.steps.map(|(_, converged)| converged),
        prior: found.prior.as_deref().map(by_level),
        levels,
        vote_rule: match request.method {
            Method::Majority => Some(MAJORITY_RULE),
            Method::Weighted => Some(WEIGHTED_RULE),
            _ => None,
        },
        tie_rule: TIE_RULE,
        notes,
        undeclared: readings.undeclared.clone(),
        ungradable: readings.ungradable,
    })
}

/// Says of which levels a model makes another share of the items than most votes do. A model that takes every level for as
/// likely beforehand, as MACE does, takes votes for guesses where one level is rare, and gives it too often.
fn departures(votes: &Votes, posterior: &[f64], names: &[String], method: Method) -> Vec<String> {
    let levels = names.len();
    let (mut by_model, mut by_most, mut all) = (vec![0.0; levels], vec![0.0; levels], 0.0);
    for ((shares, ballot), (pattern, count)) in
        posterior.chunks(levels).zip(majority(votes, TIE)).zip(votes.counts().iter().enumerate())
    {
        // A tie says nothing of how rare a level is.
        let (Some(most), false) = (ballot.winner, votes.of(pattern).is_empty()) else { continue };
        all += count;
        if let Some(own) = by_most.get_mut(usize::from(most)) {
            *own += count;
        }
        let own = winner(shares, TIE).and_then(|level| by_model.get_mut(usize::from(level)));
        own.into_iter().for_each(|own| *own += count);
    }
    if all == 0.0 {
        return Vec::new();
    }
    let departs = |n: usize| {
        let (model, most) = (by_model.get(n)? / all, by_most.get(n)? / all);
        // Of what nobody's majority says the error is that of one item.
        let one = (1.0 / all).min(0.5);
        let share = most.clamp(one, 1.0 - one);
        let error = (share * (1.0 - share) / all).sqrt();
        let (less, more) = (model.min(most), model.max(most));
        ((model - most).abs() > ERRORS * error && more > DEPARTS * less).then(|| {
            let name = names.get(n).map(String::as_str).unwrap_or_default();
            format!("{name} {:.1} % and not {:.1} %", model * 100.0, most * 100.0)
        })
    };
    let told: Vec<String> = (0..levels).filter_map(departs).collect();
    if told.is_empty() {
        return told;
    }
    let why = match method {
        Method::Mace => {
            "MACE takes all levels for as likely beforehand, so that it takes votes for guesses where a level is rare"
        }
        _ => "the model explains the votes by other readers and levels than most votes do",
    };
    let others = if method == Method::DawidSkene { "majority" } else { "majority and dawid-skene" };
    let method = crate::domain::word::Word::word(method);
    vec![format!(
        "{method} gives another share of the levels than the majority of the votes: {}. {why}: compare it with {others} \
         before it is believed",
        told.join(", ")
    )]
}

fn find(votes: &Votes, request: &Request) -> std::result::Result<Found, Undefined> {
    let usual = Stop::default();
    let stop = match request.iterations {
        // As many as asked for: it ends early only where a step changes nothing at all.
        Some(iterations) => Stop { iterations, tolerance: f64::MIN_POSITIVE },
        None => usual,
    };
    let of_model = |model: Model| Found {
        steps: Some((model.iterations, usual.at(model.moved, model.change))),
        prior: Some(model.prior),
        posterior: model.posterior,
        confusion: model.confusion,
        weight: None,
        ability: None,
        competence: None,
        difficulty: None,
    };
    Ok(match request.method {
        Method::Majority => of_vote(votes, &majority(votes, TIE)),
        Method::Weighted => {
            let weights = weights(votes);
            let found = of_vote(votes, &weighted(votes, &weights, TIE));
            Found { weight: Some(weights), ..found }
        }
        Method::DawidSkene => of_model(dawid_skene(votes, stop)?),
        Method::Glad => {
            let found = glad(votes, stop)?;
            Found {
                ability: Some(found.ability),
                difficulty: Some(found.difficulty),
                ..of_model(found.consensus)
            }
        }
        Method::Mace => {
            let found = mace::mace(votes, mace::Priors::default(), stop)?;
            Found { competence: Some(found.competence), ..of_model(found.consensus) }
        }
    })
}

fn of_vote(votes: &Votes, ballots: &[Ballot]) -> Found {
    let posterior: Vec<f64> = ballots.iter().flat_map(|ballot| ballot.shares.iter().copied()).collect();
    let (_, confusion) = confusions(votes, &posterior);
    Found {
        posterior,
        confusion,
        prior: None,
        steps: None,
        weight: None,
        ability: None,
        competence: None,
        difficulty: None,
    }
}

/// Gives each reader the share of own votes that say what the majority of all says, of the items that have one; whoever
/// has none counts as the mean of the others, and all count one where nobody has.
fn weights(votes: &Votes) -> Vec<f64> {
    let mut of = vec![(0.0, 0.0); votes.readers()];
    for (pattern, ballot) in majority(votes, TIE).iter().enumerate() {
        let Some(winner) = ballot.winner else { continue };
        for (reader, level) in votes.of(pattern) {
            if let Some((same, all)) = of.get_mut(*reader as usize) {
                *all += votes.counts()[pattern];
                *same += if *level == winner { votes.counts()[pattern] } else { 0.0 };
            }
        }
    }
    let shares: Vec<Option<f64>> = of.iter().map(|(same, all)| (*all > 0.0).then(|| same / all)).collect();
    let known: Vec<f64> = shares.iter().flatten().copied().collect();
    let mean = if known.is_empty() { 1.0 } else { known.iter().sum::<f64>() / known.len() as f64 };
    shares.into_iter().map(|share| share.unwrap_or(mean)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_model_is_to_be_compared_with_itself()
    -> std::result::Result<(), crate::stats::agreement::reads::Malformed> {
        let reads: Vec<Read> = (0..100).map(|item| Read { item, reader: 0, level: 0 }).collect();
        let (votes, _) = Votes::of_reads(&reads, [100, 1, 2])?;
        let names = ["a".to_owned(), "b".to_owned()];
        for (method, others) in [
            (Method::DawidSkene, "compare it with majority before"),
            (Method::Mace, "compare it with majority and dawid-skene before"),
        ] {
            let told = departures(&votes, &[0.0, 1.0].repeat(votes.len()), &names, method);
            assert!(told.iter().any(|note| note.contains(others)), "{told:?}");
        }
        Ok(())
    }

    #[test]
    fn who_differs_from_the_majority_counts_less() {
        let read = |item, reader, level| Read { item, reader, level };
        let reads: Vec<Read> = (0..4)
            .flat_map(|item| [read(item, 0, 0), read(item, 1, 0), read(item, 2, u16::from(item > 0))])
            .collect();
        let weights_of = |reads: &[Read]| Votes::of_reads(reads, [4, 3, 2]).map(|(votes, _)| weights(&votes));
        assert_eq!(weights_of(&reads), Ok(vec![1.0, 1.0, 0.25]));
        // Two who never agree have no majority: all count alike.
        assert_eq!(weights_of(&[read(0, 0, 0), read(0, 1, 1)]), Ok(vec![1.0; 3]));
    }
}
