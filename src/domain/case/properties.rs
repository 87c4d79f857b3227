//! Properties of the derivation of cases that hold for every history.

use crate::domain::word::Word;
use proptest::prelude::*;

use super::machine::{By, leads};
use super::story::*;
use super::{Act, Asked, Case, CaseItem, History, Kind, derive};
use crate::domain::decision::{Answer, Decision, Settles};
use crate::domain::event::Action;
use crate::domain::finding::{Finding, Read};
use crate::domain::item::Choice;
use crate::domain::value::Value;

fn finding() -> impl Strategy<Value = Finding> {
    prop_oneof![
        prop_oneof![Just("present"), Just("absent"), Just("uncertain")].prop_map(|v| says("opacity", v)),
        (1..6).prop_map(|level| says("grade", level)),
        (0..4).prop_map(|x| {
            let x = f64::from(x) * 60.0;
            draws("lesion", rectangle(x, 0.0, x + 30.0, 30.0))
        }),
    ]
}

fn some_read() -> impl Strategy<Value = Read> {
    (0..4, 1..3u32, any::<bool>(), any::<bool>(), prop::collection::vec(finding(), 0..4)).prop_map(
        |(reader, occasion, marks, model, findings)| Read {
            reader: format!("r{reader}"),
            model: model && reader == 3,
            occasion,
            read_at: None,
            marks,
            findings,
        },
    )
}

fn decision() -> impl Strategy<Value = Decision> {
    (0..4u32, 0..3u32, 0..5u8, prop::option::of(1..40u64), prop::option::of(0..6i64)).prop_map(
        |(slot, round, settles, supersedes, final_at)| {
            let settles =
                [Settles::Resolved, Settles::Negative, Settles::Open, Settles::Ambiguous, Settles::Excluded]
                    .into_iter()
                    .cycle()
                    .nth(settles.into())
                    .unwrap_or(Settles::Open);
            Decision {
                v: 1,
                slot,
                round,
                answer: Answer::None,
                settles,
                result: (round > 0).then(|| Choice::of(Value::absent())),
                adopted: Vec::new(),
                confidence: Some(3),
                uncertain: false,
                ambiguity: None,
                verdicts: Default::default(),
                root_cause: Vec::new(),
                severity: (slot == 3).then(|| "3a".into()),
                clause: None,
                note: None,
                panel: Vec::new(),
                seen: None,
                reads_hash: String::new(),
                charter: 1,
                program: String::new(),
                supersedes,
                final_at: final_at.map(|minutes| minutes * MINUTE),
            }
        },
    )
}

#[derive(Debug, Clone)]
enum Step {
    Import(Vec<Read>),
    Image,
    Charter(u32, bool),
    Act {
        who: u8,
        action: usize,
        dispute: Option<&'static str>,
        decision: Option<Box<Decision>>,
        audit: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let dispute = prop::option::of(prop_oneof![
        Just("opacity#1"),
        Just("grade#1"),
        Just("lesion#1"),
        Just("opacity#2"),
        Just("nothing#7")
    ]);
    prop_oneof![
        2 => prop::collection::vec(some_read(), 0..5).prop_map(Step::Import),
        1 => Just(Step::Image),
        1 => (0..4u32, any::<bool>()).prop_map(|(required, again)| Step::Charter(required, again)),
        8 => (
            0..3u8,
            0..Action::WORDS.len(),
            dispute,
            prop::option::weighted(0.8, decision().prop_map(Box::new)),
            any::<bool>(),
        )
            .prop_map(|(who, action, dispute, decision, audit)| {
                Step::Act { who, action, dispute, decision, audit }
            }),
    ]
}

fn told(steps: &[Step]) -> Story {
    let start = Story::two(with(|charter| charter.review.adjudicators = 2));
    steps.iter().cloned().fold(start, |story, step| match step {
        Step::Import(reads) => story.import(reads),
        Step::Image => story.image(),
        Step::Charter(required, again) => {
            story.charter(with(|charter| charter.reads.required = required), again)
        }
        Step::Act { who, action, dispute, decision, audit } => {
            let action = Action::WORDS.get(action).map_or(Action::View, |(action, _)| *action);
            let mut story = story.act(&format!("p{who}"), action, dispute);
            if let Some(act) = story.history.acts.last_mut() {
                act.decision = decision.map(std::sync::Arc::from);
                act.asked = (action == Action::Sample).then(|| Asked {
                    sample: "S1".into(),
                    kind: if audit { Kind::Audit } else { Kind::Recheck },
                    items: dispute.into_iter().map(String::from).collect(),
                    to: None,
                });
            }
            story
        }
    })
}

/// The history up to a number of the log.
fn until(history: &History, seq: u64) -> History {
    let mut cut = history.clone();
    cut.imports.retain(|imported| imported.seq <= seq);
    cut.images.retain(|arrived| arrived.seq <= seq);
    cut.acts.retain(|act| act.seq <= seq);
    cut
}

fn all(case: &Case) -> impl Iterator<Item = &CaseItem> {
    case.items.iter().chain(&case.gone).chain(&case.again)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_history_gives_the_same_case(steps in prop::collection::vec(step(), 0..25)) {
        let story = told(&steps);
        prop_assert_eq!(story.case(), story.case());
    }

    #[test]
    fn the_order_of_reads_in_a_file_means_nothing(
        reads in prop::collection::vec(some_read(), 2..6), turn in 0..6usize
    ) {
        // Two reads of one reader on one occasion are told apart by nothing but their order.
        let mut seen = std::collections::BTreeSet::new();
        let reads: Vec<Read> =
            reads.into_iter().filter(|read| seen.insert((read.reader.clone(), read.occasion))).collect();
        let mut turned = reads.clone();
        turned.rotate_left(turn % reads.len().max(1));
        let one = Story::new(charter()).import(reads).case();
        let other = Story::new(charter()).import(turned).case();
        prop_assert_eq!(one, other);
    }

    #[test]
    fn letters_ids_and_decisions_of_a_shorter_log_stand_in_a_longer_one(
        steps in prop::collection::vec(step(), 1..25), cut in 0..25u64
    ) {
        let story = told(&steps);
        let before = derive(&story.protocol, &until(&story.history, 2 + cut));
        let after = story.case();
        if before.charter.is_some() {
            for read in &before.reads {
                prop_assert_eq!(after.letter_of(&read.read.reader), Some(read.letter.as_str()));
            }
        }
        for entry in &before.items {
            let now = after.items.iter().chain(&after.gone).find(|other| other.id == entry.id);
            for decided in &entry.decisions {
                let kept = now.map(|now| now.decisions.iter().any(|other| other.seq == decided.seq));
                prop_assert_eq!(kept, Some(true), "{} of {}", decided.seq, &entry.id);
            }
            if let Some(now) = now {
                prop_assert_eq!(&now.item.labels.join("/"), entry.id.split('#').next().unwrap_or_default());
            }
        }
    }

    #[test]
    fn a_case_is_whole_whatever_happened(steps in prop::collection::vec(step(), 0..40)) {
        let case = told(&steps).case();
        let mut ids: Vec<&str> = case.items.iter().chain(&case.gone).map(|entry| entry.id.as_str()).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        prop_assert_eq!(ids.len(), all, "an id stands twice");
        for entry in &case.items {
            use super::State::*;
            let settled = matches!(entry.state, Provisional | Final | Concordant);
            prop_assert_eq!(entry.outcome.is_some(), settled, "{:?}", entry.state);
            prop_assert!(!matches!(entry.state, Blocked | AwaitingReads | InReview));
            let answers: Vec<_> = entry.answers().map(|decided| &decided.who).collect();
            let persons: std::collections::BTreeSet<_> = answers.iter().collect();
            prop_assert_eq!(answers.len(), persons.len(), "somebody answers twice");
        }
        let decided: usize = case.items.iter().chain(&case.gone).map(|entry| entry.decisions.len()).sum();
        prop_assert!(decided <= steps.len());
    }

    #[test]
    fn acts_in_any_order_of_numbers_bring_no_panic(
        steps in prop::collection::vec(step(), 0..20), numbers in prop::collection::vec(any::<u64>(), 20)
    ) {
        let mut story = told(&steps);
        for (act, number) in story.history.acts.iter_mut().zip(&numbers) {
            *act = Act { seq: *number, at: *number as i64, ..act.clone() };
        }
        prop_assert_eq!(story.case(), story.case());
    }
}

proptest! {
    // Each prefix of each history is derived anew.
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_step_is_a_row_of_the_table(steps in prop::collection::vec(step(), 1..30)) {
        let story = told(&steps);
        let mut before = derive(&story.protocol, &until(&story.history, 1));
        for seq in 2..=story.seq {
            let act = story.history.acts.iter().find(|act| act.seq == seq);
            let at = act.map_or(seq as i64 * MINUTE, |act| act.at);
            let protocol = super::Protocol {
                charters: story.protocol.charters.iter().filter(|version| version.seq <= seq).cloned().collect(),
                ..story.protocol.clone()
            };
            let after = derive(&protocol, &until(&story.history, seq));
            for entry in all(&after) {
                let known = all(&before).find(|known| known.id == entry.id);
                let from = known.map(|known| known.state_at(at));
                let to = entry.state;
                if from == Some(to) {
                    continue;
                }
                let mut by = vec![By::Beside];
                match act {
                    Some(act) if act.dispute.is_none() && act.action == Action::Waive => by.push(By::Triage),
                    Some(act) => by.push(By::Act(act.action)),
                    None => by.push(By::Triage),
                }
                prop_assert!(
                    by.iter().any(|by| leads(entry.kind, from, *by, to)),
                    "{:?} {}: {from:?} to {to:?} by {by:?}", entry.kind, entry.id
                );
            }
            before = after;
        }
    }
}
