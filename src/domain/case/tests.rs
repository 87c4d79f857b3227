//! Stories of cases: what happened, and what each case comes to by it.

use std::error::Error;

use serde_json::json;

use super::story::*;
use super::{Fate, Method, State};
use crate::domain::charter::{Policy, Review};
use crate::domain::decision::{Answer, Settles};
use crate::domain::event::Action;
use crate::domain::finding::Read;
use crate::domain::value::Value;

type Done = Result<(), Box<dyn Error>>;

const ID: Option<&str> = Some("opacity#1");

fn review(change: impl FnOnce(&mut Review)) -> crate::domain::charter::Charter {
    with(|charter| change(&mut charter.review))
}

/// Three steps of a decision: who, and the draft as a line.
fn decided(story: Story, steps: &[(&str, serde_json::Value)]) -> Result<Story, Box<dyn Error>> {
    steps.iter().try_fold(story, |story, (who, draft)| {
        let actor = if who.starts_with("arbiter") { arbiter(who) } else { adjudicator(who) };
        Ok(story.decide(&actor, line(draft.clone())?)?)
    })
}

#[test]
fn a_case_awaits_the_reads_it_needs_and_says_for_whom() {
    let one = Story::new(charter()).import([read("ann", vec![says("opacity", "present")])]);
    assert_eq!((one.case().state, one.case().awaiting), (State::AwaitingReads, 1));
    assert_eq!(one.case().missing, ["1 more read by people needed"]);
    let mut model = read("net", vec![says("opacity", "absent")]);
    model.model = true;
    let one = one.import([model]);
    assert_eq!(one.case().awaiting, 1, "a model's read is no required read");
    let two = one.import([read("bob", vec![says("opacity", "absent")])]);
    assert_eq!((two.case().state, two.case().awaiting), (State::Queued, 0));
    assert_eq!(Story::new(charter()).case().state, State::AwaitingReads);
}

#[test]
fn a_required_label_that_is_not_stated_is_a_missing_read() {
    let required = with(|charter| {
        charter
            .labels
            .iter_mut()
            .filter(|label| label.name == "grade")
            .for_each(|label| label.required = true);
    });
    let story = Story::two(required).import_about(&["grade"], vec![read("ann", vec![says("grade", 3)])]);
    let case = story.case();
    assert_eq!((case.state, case.awaiting), (State::AwaitingReads, 1));
    let letter = case.letter_of("bob").unwrap_or_default();
    assert!(case.missing.contains(&format!("{letter} has not stated the required label grade")));
    let waived = story.act("lea", Action::Waive, None);
    assert_eq!(waived.case().state, State::Queued, "somebody let it go on without");
}

#[test]
fn the_newest_file_speaks_for_its_labels_and_older_ones_for_theirs() -> Done {
    let story = Story::two(charter())
        .import_about(&["grade"], vec![read("ann", vec![says("grade", 3)])])
        .import_about(&["opacity"], vec![read("ann", vec![])]);
    let case = story.case();
    let ann = case.reads.iter().find(|read| read.read.reader == "ann").ok_or("ann")?;
    assert_eq!(ann.version, 3);
    assert_eq!(ann.read.findings, [says("grade", 3)], "what the newest file is silent on is taken back");
    let again = story.import_about(&["opacity"], vec![read("ann", vec![])]);
    let same = again.case().reads.iter().find(|read| read.read.reader == "ann").map(|read| read.version);
    assert_eq!(same, Some(3), "the same said again is no new version");
    assert_eq!(again.case().reads_hash, case.reads_hash);
    Ok(())
}

#[test]
fn within_a_file_the_last_occasion_stands() -> Done {
    let first = read("ann", vec![says("opacity", "present")]);
    let second = Read { occasion: 2, ..read("ann", vec![says("opacity", "absent")]) };
    let story = Story::new(charter()).import([second, first, read("bob", vec![says("opacity", "absent")])]);
    let case = story.case();
    let ann = case.reads.iter().find(|read| read.read.reader == "ann").ok_or("ann")?;
    assert_eq!((ann.read.occasion, ann.version), (2, 2));
    assert_eq!(case.state, State::Concordant);
    Ok(())
}

#[test]
fn silence_keeps_its_meaning_when_files_are_joined() -> Done {
    let marks = |findings| Read { marks: true, ..read("ann", findings) };
    let bob = read("bob", vec![says("opacity", "present"), says("grade", 3)]);
    let story = Story::new(charter())
        .import_about(&["opacity"], vec![marks(vec![])])
        .import_about(&["opacity", "grade"], vec![bob])
        .import_about(&["grade"], vec![read("ann", vec![says("grade", 3)])]);
    let case = story.case();
    let opacity = case.item("opacity#1").ok_or("opacity")?;
    assert!(opacity.disputed, "the list of marks in which it doesn't stand still means 'not there'");
    let ann = case.reads.iter().find(|read| read.read.reader == "ann").ok_or("ann")?;
    assert!(!ann.read.marks, "and the newer file's silence means nothing");
    Ok(())
}

#[test]
fn letters_stay_and_a_late_reader_takes_the_next() -> Done {
    let story = Story::two(charter());
    let before: Vec<_> =
        story.case().reads.iter().map(|r| (r.read.reader.clone(), r.letter.clone())).collect();
    assert_eq!(before.iter().map(|(_, letter)| letter.as_str()).collect::<Vec<_>>(), ["A", "B"]);
    for late in ["aaa", "zoe", "m"] {
        let case = Story::two(charter()).import([read(late, vec![says("opacity", "absent")])]).case();
        assert_eq!(case.letter_of(late), Some("C"));
        assert!(before.iter().all(|(reader, letter)| case.letter_of(reader) == Some(letter)));
    }
    let orders: std::collections::BTreeSet<_> = (0..20u8)
        .map(|case| {
            let mut story = Story::two(charter());
            story.history.case = format!("case {case}");
            story.case().letter_of("ann").map(String::from)
        })
        .collect();
    assert_eq!(orders.len(), 2, "A in one case is not A in the next");
    Ok(())
}

#[test]
fn ids_stay_with_the_object_and_no_number_comes_twice() -> Done {
    let near = |x| draws("lesion", rectangle(x, 10.0, x + 30.0, 40.0));
    let story = Story::new(charter())
        .import([read("ann", vec![near(10.0), near(200.0)]), read("bob", vec![near(11.0), near(201.0)])]);
    let ids = |story: &Story| -> Vec<(String, Option<f64>)> {
        let left = |entry: &super::CaseItem| {
            let shape = entry.item.opinions.iter().flat_map(|o| &o.choice.shapes).next()?;
            shape.shape.points().next().map(|[x, _]| x)
        };
        story.case().items.iter().map(|entry| (entry.id.clone(), left(entry))).collect()
    };
    assert_eq!(ids(&story), [("lesion#1".into(), Some(10.0)), ("lesion#2".into(), Some(200.0))]);
    // The first is taken back by both, a new one appears before the second.
    let story = story
        .import([read("ann", vec![near(120.0), near(200.0)]), read("bob", vec![near(121.0), near(201.0)])]);
    assert_eq!(ids(&story), [("lesion#3".into(), Some(120.0)), ("lesion#2".into(), Some(200.0))]);
    // Both move the second a little: no finding is shared, but it is the same object.
    let story = story
        .import([read("ann", vec![near(120.0), near(203.0)]), read("bob", vec![near(121.0), near(204.0)])]);
    assert_eq!(ids(&story), [("lesion#3".into(), Some(120.0)), ("lesion#2".into(), Some(203.0))]);
    // What comes back takes its old id.
    let story = story
        .import([read("ann", vec![near(10.0), near(203.0)]), read("bob", vec![near(11.0), near(204.0)])]);
    assert_eq!(ids(&story), [("lesion#1".into(), Some(10.0)), ("lesion#2".into(), Some(203.0))]);
    Ok(())
}

#[test]
fn the_policy_says_what_is_looked_at() {
    for (policy, value, state) in [
        (Policy::Discordant, "present", State::Concordant),
        (Policy::AllPositive, "present", State::Queued),
        (Policy::AllPositive, "absent", State::Concordant),
        (Policy::All, "absent", State::Queued),
    ] {
        let story = Story::new(with(|charter| charter.reads.policy = policy))
            .import(["ann", "bob"].map(|reader| read(reader, vec![says("opacity", value)])));
        assert_eq!(story.case().state, state, "{policy:?} {value}");
    }
    // The lowest of levels is normal, where the charter says nothing else.
    for (grade, state) in [(1, State::Concordant), (2, State::Queued)] {
        let story = Story::new(with(|charter| charter.reads.policy = Policy::AllPositive))
            .import(["ann", "bob"].map(|reader| read(reader, vec![says("grade", grade)])));
        assert_eq!(story.case().state, state, "{grade}");
    }
}

#[test]
fn what_readers_agree_on_is_settled_by_them() -> Done {
    let story = Story::new(charter())
        .import(["ann", "bob"].map(|reader| read(reader, vec![says("opacity", "absent"), says("grade", 2)])));
    let case = story.case();
    let [grade, opacity] = case.items.as_slice() else { return Err("two items".into()) };
    assert_eq!((opacity.outcome, opacity.method), (Some(Settles::Negative), Some(Method::Unanimous)));
    assert_eq!(grade.outcome, Some(Settles::Resolved));
    assert_eq!(grade.result.as_ref().and_then(|r| r.value.clone()), Some(Value::Number(2.0)));
    Ok(())
}

/// Each line: what it is about, the charter's review, who does what, and where the dispute then stands.
#[test]
fn a_dispute_goes_the_way_that_the_protocol_draws() -> Done {
    let adopt = || json!({"answer": {"value": "present"}});
    let against = || json!({"answer": {"value": "absent"}});
    let noted = |mut draft: serde_json::Value, extra: serde_json::Value| {
        if let (Some(fields), Some(more)) = (draft.as_object_mut(), extra.as_object()) {
            fields.extend(more.clone());
        }
        draft
    };
    let note = || json!({"note": "why"});
    let two = || review(|review| review.adjudicators = 2);
    let severe = || noted(adopt(), json!({"note": "x", "severity": "3a"}));
    let open = |answer: &str| json!({"answer": answer, "note": "why", "confidence": null});
    type Steps = Vec<(&'static str, serde_json::Value)>;
    let table: Vec<(&str, _, Steps, State)> = vec![
        ("one decision", charter(), vec![("dan", adopt())], State::Provisional),
        ("no undo window", review(|r| r.undo_minutes = Some(0)), vec![("dan", adopt())], State::Final),
        ("one of two", two(), vec![("dan", adopt())], State::Queued),
        ("two agree", two(), vec![("dan", adopt()), ("eve", adopt())], State::Provisional),
        ("two differ", two(), vec![("dan", adopt()), ("eve", against())], State::Escalated),
        (
            "an arbiter settles",
            two(),
            vec![("dan", adopt()), ("eve", against()), ("arbiter", adopt())],
            State::Provisional,
        ),
        (
            "an own amendment",
            charter(),
            vec![("dan", adopt()), ("dan", noted(against(), note()))],
            State::Provisional,
        ),
        (
            "an amendment that breaks the agreement",
            two(),
            vec![("dan", adopt()), ("eve", adopt()), ("dan", noted(against(), note()))],
            State::Escalated,
        ),
        ("severity escalates", charter(), vec![("dan", severe())], State::Escalated),
        (
            "but not an arbiter's",
            charter(),
            vec![("dan", severe()), ("arbiter", severe())],
            State::Provisional,
        ),
        (
            "an arbiter's amendment stays an arbiter's",
            two(),
            vec![("dan", severe()), ("arbiter", severe()), ("arbiter", noted(against(), note()))],
            State::Provisional,
        ),
        (
            "doubt escalates",
            review(|r| (r.escalate_confidence, r.ambiguity_at) = (2, 0)),
            vec![("dan", noted(adopt(), json!({"confidence": 2})))],
            State::Escalated,
        ),
        ("deferred", charter(), vec![("dan", open("defer"))], State::Deferred),
        (
            "deferred, then decided",
            charter(),
            vec![("dan", open("defer")), ("eve", adopt())],
            State::Provisional,
        ),
        ("escalated by hand", charter(), vec![("dan", open("escalate"))], State::Escalated),
        ("up for discussion", charter(), vec![("dan", open("discuss"))], State::Discussion),
        ("one has spoken", charter(), vec![("dan", open("discuss")), ("dan", adopt())], State::Discussion),
        (
            "two agree in discussion",
            charter(),
            vec![("dan", open("discuss")), ("dan", adopt()), ("eve", adopt())],
            State::Provisional,
        ),
        (
            "two differ in discussion",
            charter(),
            vec![("dan", open("discuss")), ("dan", adopt()), ("eve", against())],
            State::Discussion,
        ),
        (
            "two differ in the last round",
            review(|review| review.rounds = 1),
            vec![("dan", open("discuss")), ("dan", adopt()), ("eve", against())],
            State::Escalated,
        ),
        (
            "an arbiter defers",
            charter(),
            vec![("dan", severe()), ("arbiter", open("defer"))],
            State::Deferred,
        ),
        (
            "ambiguous",
            charter(),
            vec![(
                "dan",
                json!({"answer": "ambiguous", "ambiguity": {"types": ["A2"], "alternatives":
                    [{"value": "present", "weight": 0.5}, {"value": "absent", "weight": 0.5}]}}),
            )],
            State::Provisional,
        ),
    ];
    for (what, charter, steps, state) in table {
        let story = decided(Story::two(charter), &steps).map_err(|error| format!("{what}: {error}"))?;
        assert_eq!(story.state("opacity#1"), Some(state), "{what}");
        assert_eq!(story.case().stray, [], "{what}");
    }
    Ok(())
}

#[test]
fn an_arbiter_overrules_and_a_round_ends_what_was_said_in_it() -> Done {
    let fates = |story: &Story| -> Vec<Fate> {
        story.case().items.iter().flat_map(|entry| &entry.decisions).map(|decided| decided.fate).collect()
    };
    let (adopt, against) = (json!({"answer": {"value": "present"}}), json!({"answer": {"value": "absent"}}));
    let two = review(|review| review.adjudicators = 2);
    let settled = decided(
        Story::two(two),
        &[("dan", adopt.clone()), ("eve", against.clone()), ("arbiter", against.clone())],
    )?;
    assert_eq!(fates(&settled), [Fate::Overruled, Fate::Overruled, Fate::Stands]);
    let case = settled.case();
    assert_eq!(case.item("opacity#1").and_then(|entry| entry.method), Some(Method::Arbitrated));
    let talk = json!({"answer": "discuss", "confidence": null});
    let round = decided(Story::two(charter()), &[("dan", talk), ("dan", adopt.clone()), ("eve", against)])?;
    assert_eq!(fates(&round), [Fate::Superseded, Fate::Discussed, Fate::Discussed]);
    let next = decided(round, &[("eve", adopt.clone()), ("dan", adopt)])?;
    assert_eq!(next.state("opacity#1"), Some(State::Provisional));
    let case = next.case();
    let entry = case.item("opacity#1").ok_or("opacity")?;
    assert_eq!((entry.round, entry.method), (2, Some(Method::Discussed)));
    Ok(())
}

#[test]
fn an_undo_window_ends_without_an_event() -> Done {
    let story = decided(Story::two(charter()), &[("dan", json!({"answer": {"value": "present"}}))])?;
    let case = story.case();
    let end = story.now + 60 * MINUTE;
    assert_eq!(case.state, State::Provisional);
    assert_eq!(case.state_at(end - 1, false), State::Provisional);
    assert_eq!(case.state_at(end, false), State::Final);
    assert_eq!(case.state_at(end, true), State::InReview);
    let by_hand = decided(
        Story::two(review(|review| review.undo_minutes = None)),
        &[("dan", json!({"answer": {"value": "present"}}))],
    )?;
    assert_eq!(by_hand.case().state_at(i64::MAX, false), State::Provisional);
    assert_eq!(by_hand.act("lea", Action::Finalise, None).case().state, State::Final);
    Ok(())
}

#[test]
fn outcomes_follow_from_what_was_answered() -> Done {
    for (answer, outcome) in [
        (json!({"value": "present"}), Settles::Resolved),
        (json!({"value": "absent"}), Settles::Negative),
        (json!("exclude"), Settles::Excluded),
    ] {
        let story = decided(Story::two(charter()), &[("dan", json!({"answer": answer}))])?;
        let case = story.case();
        let entry = case.item("opacity#1").ok_or("opacity")?;
        assert_eq!((entry.outcome, entry.method), (Some(outcome), Some(Method::Adjudicated)));
    }
    Ok(())
}

#[test]
fn new_reads_overtake_what_is_provisional_and_mark_what_is_final() -> Done {
    let decide = || decided(Story::two(charter()), &[("dan", json!({"answer": {"value": "present"}}))]);
    let corrected = || [read("bob", vec![says("opacity", "uncertain")])];
    let provisional = decide()?.import(corrected());
    let case = provisional.case();
    let entry = case.item("opacity#1").ok_or("opacity")?;
    assert_eq!(entry.state, State::Queued);
    assert_eq!(entry.decisions.iter().map(|d| d.fate).collect::<Vec<_>>(), [Fate::Overtaken]);

    for late in [decide()?.later(61 * MINUTE), decide()?.act("lea", Action::Finalise, ID)] {
        let case = late.import(corrected()).case();
        let entry = case.item("opacity#1").ok_or("opacity")?;
        assert_eq!((entry.state, entry.reads_changed), (State::Final, true));
        assert_eq!(entry.decisions.iter().map(|d| d.fate).collect::<Vec<_>>(), [Fate::Stands]);
    }

    let agreed = decide()?.import([read("bob", vec![says("opacity", "present")])]);
    assert_eq!(agreed.state("opacity#1"), Some(State::Concordant));
    let untouched = decide()?.import_about(&["grade"], vec![read("bob", vec![says("grade", 1)])]);
    assert_eq!(untouched.state("opacity#1"), Some(State::Provisional), "it was about another label");
    Ok(())
}

#[test]
fn a_final_item_that_no_read_speaks_of_any_more_stays() -> Done {
    let lesion = |reader: &str| read(reader, vec![draws("lesion", rectangle(1.0, 1.0, 9.0, 9.0))]);
    let story = Story::new(charter()).import([lesion("ann"), read("bob", vec![])]);
    let story = story.decide(&adjudicator("dan"), draft("lesion#1", Answer::Adopt(1)))?;
    let gone = |story: Story| story.import_about(&["lesion"], vec![read("ann", vec![])]).case();
    let kept = gone(Story { now: story.now + 61 * MINUTE, ..story });
    let entry = kept.item("lesion#1").ok_or("kept")?;
    assert_eq!((entry.state, entry.reads_changed), (State::Final, true));
    Ok(())
}

#[test]
fn a_slip_that_was_sent_back_comes_back_with_the_corrected_read() -> Done {
    let ann = Story::two(charter()).case().letter_of("ann").unwrap_or_default().to_owned();
    let back = json!({"answer": "return", "confidence": null,
        "verdicts": {ann: {"verdict": "slip", "cause": ["S1"]}}});
    let returned = || decided(Story::two(charter()), &[("dan", back.clone())]);
    assert_eq!(returned()?.state("opacity#1"), Some(State::Returned));
    let other = returned()?.import_about(&["grade"], vec![read("bob", vec![says("grade", 1)])]);
    assert_eq!(other.state("opacity#1"), Some(State::Returned), "another reader's read changes nothing");
    let confirmed = returned()?.import_about(
        &["opacity"],
        vec![Read { occasion: 2, ..read("ann", vec![says("opacity", "present")]) }],
    );
    assert_eq!(confirmed.state("opacity#1"), Some(State::Queued));
    let agreed = returned()?.import([read("ann", vec![says("opacity", "absent")])]);
    assert_eq!(agreed.state("opacity#1"), Some(State::Concordant));
    assert_eq!(returned()?.act("lea", Action::Waive, ID).state("opacity#1"), Some(State::Queued));
    Ok(())
}

#[test]
fn undo_takes_back_the_last_own_decision() -> Done {
    let adopt = json!({"answer": {"value": "present"}});
    let story = decided(Story::two(charter()), &[("dan", adopt.clone())])?.act("dan", Action::Undo, ID);
    assert_eq!(story.state("opacity#1"), Some(State::Queued));
    assert_eq!(story.case().stray, []);
    let nobody = decided(Story::two(charter()), &[("dan", adopt.clone())])?.act("eve", Action::Undo, ID);
    assert_eq!(nobody.state("opacity#1"), Some(State::Provisional));
    assert_eq!(nobody.case().stray.len(), 1);

    let up = json!({"answer": "escalate", "confidence": null});
    let arbiter = decided(Story::two(charter()), &[("dan", up.clone()), ("arbiter", adopt.clone())])?;
    assert_eq!(arbiter.state("opacity#1"), Some(State::Provisional));
    let arbiter = arbiter.act("arbiter", Action::Undo, ID);
    assert_eq!(arbiter.state("opacity#1"), Some(State::Escalated), "what was escalated is so again");

    let two = review(|review| review.adjudicators = 2);
    let sent_up = decided(Story::two(two), &[("dan", adopt), ("eve", up)])?.act("dan", Action::Undo, ID);
    assert_eq!(sent_up.state("opacity#1"), Some(State::Escalated), "what somebody else sent up stays there");
    Ok(())
}

#[test]
fn resuming_leads_back_to_where_the_dispute_was() -> Done {
    let defer = json!({"answer": "defer", "note": "tired", "confidence": null});
    let queued = decided(Story::two(charter()), &[("dan", defer.clone())])?.act("eve", Action::Resume, ID);
    assert_eq!(queued.state("opacity#1"), Some(State::Queued));
    let up = json!({"answer": "escalate", "confidence": null});
    let escalated = decided(Story::two(charter()), &[("dan", up), ("arbiter", defer)])?;
    assert_eq!(escalated.act("eve", Action::Resume, ID).state("opacity#1"), Some(State::Escalated));
    Ok(())
}

#[test]
fn reopening_keeps_what_was_decided_and_voids_the_signature() -> Done {
    let adopt = json!({"answer": {"value": "present"}});
    let signed = decided(Story::two(charter()), &[("dan", adopt.clone())])?
        .act("lea", Action::Finalise, None)
        .act("lea", Action::Sign, None);
    assert_eq!(signed.case().signatures.iter().map(|s| s.void).collect::<Vec<_>>(), [false]);
    let reopened = signed.act("lea", Action::Reopen, None);
    let case = reopened.case();
    assert_eq!(case.state, State::Queued);
    assert_eq!(
        case.items.iter().flat_map(|e| &e.decisions).map(|d| d.fate).collect::<Vec<_>>(),
        [Fate::Reopened]
    );
    assert_eq!(case.signatures.iter().map(|s| s.void).collect::<Vec<_>>(), [true]);
    let again = decided(reopened, &[("eve", adopt)])?;
    assert_eq!(again.state("opacity#1"), Some(State::Provisional));
    assert!(
        again.case().signatures.iter().all(|signature| signature.void),
        "the same answer is another decision"
    );
    Ok(())
}

#[test]
fn a_blocked_case_comes_back_when_somebody_lets_it_pass() {
    let inverted = draws("lesion", rectangle(30.0, 10.0, 10.0, 40.0));
    let story = Story::two(charter()).import_about(&["lesion"], vec![read("ann", vec![inverted.clone()])]);
    assert_eq!(story.case().state, State::Blocked);
    assert_eq!(story.case().blocked.len(), 1);
    let passed = story.act("lea", Action::Unblock, None);
    assert_eq!(passed.case().state, State::Queued);
    let again = passed.import_about(&["lesion"], vec![read("bob", vec![inverted])]);
    assert_eq!(again.case().state, State::Blocked, "a new problem blocks anew");
    let by_hand = Story::two(charter()).act("lea", Action::Block, None);
    assert_eq!(by_hand.case().blocked, ["because"]);
    assert_eq!(by_hand.act("lea", Action::Unblock, None).case().state, State::Queued);
}

#[test]
fn a_new_charter_counts_where_it_says_so() {
    let strict = with(|charter| charter.reads.required = 3);
    assert_eq!(Story::two(charter()).charter(strict.clone(), true).case().state, State::AwaitingReads);
    let quiet = Story::two(charter()).charter(strict, false);
    assert_eq!((quiet.case().state, quiet.case().charter), (State::Queued, Some(1)));
    let all = with(|charter| charter.reads.policy = Policy::All);
    let agreed = Story::new(charter())
        .import(["ann", "bob"].map(|reader| read(reader, vec![says("opacity", "absent")])));
    assert_eq!(agreed.charter(all, true).case().state, State::Queued);
}

#[test]
fn the_proposal_weighs_what_people_say() {
    let story = Story::two(charter()).import([read("cyd", vec![says("opacity", "absent")])]);
    let mut proposal: Vec<(String, f64)> = story
        .case()
        .proposal("opacity#1")
        .into_iter()
        .map(|alternative| (alternative.value.to_string(), alternative.weight))
        .collect();
    proposal.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(
        proposal.iter().map(|(value, _)| value.as_str()).collect::<Vec<_>>(),
        ["\"absent\"", "\"present\""]
    );
    assert!(
        proposal.iter().zip([2.0 / 3.0, 1.0 / 3.0]).all(|((_, weight), want)| (weight - want).abs() < 1e-9)
    );
    assert_eq!(story.case().proposal("nothing#1"), []);
}

#[test]
fn a_waived_problem_blocks_no_more_and_a_corrected_read_takes_its_problem_away() {
    let inverted = draws("lesion", rectangle(30.0, 30.0, 10.0, 10.0));
    let sound = draws("lesion", rectangle(10.0, 10.0, 30.0, 30.0));
    let story = || {
        Story::new(charter()).import([read("ann", vec![inverted.clone()]), read("bob", vec![sound.clone()])])
    };
    let blocked = story().case();
    assert_eq!((blocked.state, blocked.blocked.len()), (State::Blocked, 1));
    let of = |case: &super::Case| -> Vec<(&'static str, bool)> {
        case.problems.iter().map(|problem| (problem.check, problem.waived.is_some())).collect()
    };
    assert_eq!(of(&blocked), [("box-inverted", false), ("image-missing", false)]);

    let waived = story().waive("lea", "box-inverted", Some("ann")).case();
    assert_ne!(waived.state, State::Blocked);
    assert_eq!(of(&waived), [("box-inverted", true), ("image-missing", false)]);
    let by = waived.problems.first().and_then(|problem| problem.waived.clone());
    assert_eq!(by.map(|by| (by.who, by.why)), Some(("lea".into(), "because".into())));
    // What another check finds, or the same one of another reader, isn't waived with it.
    for stray in [story().waive("lea", "box-inverted", Some("bob")), story().waive("lea", "box-tiny", None)] {
        let case = stray.case();
        assert_eq!((case.state, case.stray.len()), (State::Blocked, 1));
    }
    // Nor is what comes in later: the same check finds something else.
    let worse = draws("lesion", rectangle(90.0, 90.0, 10.0, 10.0));
    let again = story().waive("lea", "box-inverted", None).import([read("ann", vec![worse])]).case();
    assert_eq!(
        (again.state, of(&again)),
        (State::Blocked, vec![("box-inverted", false), ("image-missing", false)])
    );

    let corrected = story().import([read("ann", vec![sound.clone()])]).case();
    assert_eq!(
        of(&corrected),
        [("identical-reads", false), ("identical-reads", false), ("image-missing", false)]
    );
    assert!(corrected.blocked.is_empty());
}

#[test]
fn who_unblocks_a_case_waives_what_blocks_it_and_no_warning() {
    let inverted = draws("lesion", rectangle(30.0, 30.0, 10.0, 10.0));
    let story = Story::new(charter()).import([read("ann", vec![inverted]), read("bob", vec![])]);
    let case = story.act("lea", Action::Unblock, None).case();
    let waived: Vec<_> = case.problems.iter().map(|p| (p.check, p.waived.is_some())).collect();
    assert_eq!(waived, [("box-inverted", true), ("image-missing", false)]);
}
