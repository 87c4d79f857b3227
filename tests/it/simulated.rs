//! A whole project with seeded readers of known error rates, worked through by the use cases: the program finds the reader
//! who errs most, the clause of the guideline on which they differ, and how many agreed answers are wrong, within its bound.

use std::collections::BTreeMap;

use overread::domain::authority::Role;
use overread::domain::decision::Draft;
use overread::domain::sample::{Design, Of};
use overread::review::causes::{Dimension, Window, causes};
use overread::review::decide::decide;
use overread::review::people::{Addition, add};
use overread::review::queue::{QueueFilter, lines, order};
use overread::review::readers::{Performance, Request, readers};
use overread::review::sample::{Order, SampleResult, draw, mine, result};
use overread::review::{Session, init};
use overread::stats::random::Random;
use overread::store::Actor;
use overread::store::verify::{Scope, verify};
use serde_json::{Value as Json, json};

use crate::common::{Outcome, Place};
use crate::story::take_in;

const CHARTER: &str = "name = \"simulated\"
[review]
mode = \"open\"
undo_minutes = 0
escalate_severity = []
[sampling]
share = 0.0
recheck = 0.0
tolerance = 0.01
[labels.opacity]
kind = \"present\"
";

/// Whether something is there, in how many of a hundred.
const THERE: f64 = 0.4;
/// Each reader, how often they miss what is there, and how often they mark what isn't. The last is the bad one.
const READERS: [(&str, f64, f64); 4] =
    [("ann", 0.1, 0.05), ("ben", 0.12, 0.06), ("cleo", 0.1, 0.05), ("dan", 0.35, 0.2)];
const CASES: usize = 900;

fn clock() -> i64 {
    1_795_411_020_000
}

fn session(place: &Place, who: &str) -> Outcome<Session> {
    Ok(Session::open(&place.join("s.overread"), who.to_owned(), None, "a simulation".to_owned(), clock)?)
}

/// Makes the project, and gives what is true of each case.
fn project(place: &Place, random: &mut Random) -> Outcome<BTreeMap<String, bool>> {
    let actor = Actor { account: "lea".into(), who: "lea".into(), origin: "a simulation".into() };
    init::init(&place.join("s.overread"), Some(CHARTER), &actor, [3; 32], clock)?;
    let mut lead = session(place, "lea")?;
    let mut truth = BTreeMap::new();
    let mut table = "case,reader,label,value\n".to_owned();
    for n in 0..CASES {
        let case = format!("c{n:04}");
        let there = random.unit() < THERE;
        // Two of the four, each pair as often.
        let first = random.below(4) as usize;
        let second = (first + 1 + random.below(3) as usize) % 4;
        for (name, misses, marks) in [READERS[first], READERS[second]] {
            let errs = random.unit() < if there { misses } else { marks };
            let said = if there != errs { "present" } else { "absent" };
            table += &format!("{case},{name},opacity,{said}\n");
        }
        truth.insert(case, there);
    }
    let reads = place.write("reads.csv", table)?;
    take_in(&mut lead, vec![reads])?;
    for (name, role) in [("lea", Role::Lead), ("ada", Role::Adjudicator), ("quinn", Role::Qa)] {
        add(&mut lead, name, &Addition { roles: [role].into(), ..Addition::default() })?;
    }
    Ok(truth)
}

fn hand_in(session: &mut Session, mut draft: Json, there: bool) -> Outcome {
    draft["answer"] = json!({ "value": if there { "present" } else { "absent" } });
    draft["confidence"] = json!(4);
    let draft: Draft = serde_json::from_value(draft)?;
    Ok(decide(session, &draft).map(drop)?)
}

/// Settles every dispute as it is; most of those on what is there are for want of one clause.
fn adjudicate(place: &Place, truth: &BTreeMap<String, bool>, random: &mut Random) -> Outcome<usize> {
    let mut ada = session(place, "ada")?;
    let ids = order(&mut ada, &QueueFilter::default())?;
    let mut settled = 0;
    for line in lines(&mut ada, &ids)? {
        let there = truth.get(&line.case).copied().ok_or("an unknown case")?;
        for dispute in &line.disputes {
            let (clause, cause) = match random.unit() {
                share if share < 0.6 => ("4.1", "O1"),
                share if share < 0.8 => ("2.2", "P2"),
                _ => ("3.5", "I2"),
            };
            let draft = json!({ "case": line.case, "dispute": dispute.id, "clause": clause,
                "root_cause": [cause], "severity": "2a", "note": "seen again" });
            hand_in(&mut ada, draft, there)?;
            settled += 1;
        }
    }
    Ok(settled)
}

/// Draws so many concordant cases, reads them as they are, and lets a third person settle what differs.
fn audit(place: &Place, truth: &BTreeMap<String, bool>, size: u64) -> Outcome<SampleResult> {
    let mut quinn = session(place, "quinn")?;
    let order = Order {
        of: Of::Concordant,
        unit: None,
        design: Design::Size { size },
        by: Vec::new(),
        in_proportion: false,
        label: None,
        within: Default::default(),
        seed: Some(11),
        to: None,
    };
    let sample = draw(&mut quinn, &order)?;
    for item in mine(&mut quinn)? {
        let there = truth.get(&item.case).copied().ok_or("an unknown case")?;
        hand_in(&mut quinn, json!({ "case": item.case, "dispute": item.dispute }), there)?;
    }
    let mut ada = session(place, "ada")?;
    let ids = overread::review::queue::order(&mut ada, &QueueFilter::default())?;
    for line in lines(&mut ada, &ids)? {
        let there = truth.get(&line.case).copied().ok_or("an unknown case")?;
        for dispute in &line.disputes {
            let draft = json!({ "case": line.case, "dispute": dispute.id, "note": "both were wrong" });
            hand_in(&mut ada, draft, there)?;
        }
    }
    Ok(result(&mut quinn, &sample.id)?)
}

fn of<'a>(all: &'a [Performance], reader: &str) -> Outcome<&'a Performance> {
    Ok(all.iter().find(|of| of.reader == reader).ok_or_else(|| format!("no {reader}"))?)
}

#[test]
fn the_bad_reader_the_bad_clause_and_the_true_error_rate_are_found() -> Outcome {
    let place = Place::new()?;
    let mut random = Random::new(2026, 1);
    let truth = project(&place, &mut random)?;
    let settled = adjudicate(&place, &truth, &mut random)?;
    assert!(settled > 100, "{settled} disputes");
    let mut lead = session(&place, "lea")?;

    // The reader who errs most sets off the index, and nobody else does.
    let before = readers(&mut lead, &Request::default())?;
    let act = |of: &Performance| of.triggers.iter().any(|trigger| trigger.trigger == "index-funnel");
    let found: Vec<&str> = before.iter().filter(|of| act(of)).map(|of| of.reader.as_str()).collect();
    assert_eq!(found, ["dan"]);

    // The clause that most causes are for comes first.
    let bars = causes(&mut lead)?.bars(Dimension::Clause, Window::default(), None);
    assert_eq!(bars.first().map(|bar| &*bar.key), Some("4.1"), "{bars:?}");

    // What two readers miss together nobody sees but a sample: its bound holds the truth.
    let sample = audit(&place, &truth, 150)?;
    assert_eq!((sample.read, sample.pending, sample.suspected), (150, 0, 0));
    let lot = lot_of(&place)?;
    assert_eq!(lot.len() as u64, sample.lot);
    let wrong =
        lot.iter().filter(|(case, said)| truth.get(*case).is_some_and(|there| there != *said)).count();
    let true_rate = wrong as f64 / lot.len() as f64;
    assert!(wrong > 5, "{wrong} of {} agreed answers are wrong: too few to be found", lot.len());
    let (rate, bound) = sample.rate.zip(sample.upper95).ok_or("no rate")?;
    let of_lot = sample.upper95_of_lot.ok_or("no bound of this lot")?;
    assert!(
        true_rate <= bound && true_rate <= of_lot && rate < bound,
        "{rate} under {bound}, truly {true_rate}"
    );
    assert_eq!((sample.accepted, sample.held), (Some(rate <= 0.01), rate > 0.01));

    // What was disputed alone makes everybody look worse than they are; with audits, weighted, nobody does.
    let after = readers(&mut lead, &Request::default())?;
    for (name, misses, marks) in READERS {
        let value = |all: &[Performance], of_what: fn(&Performance) -> Option<f64>| -> Outcome<f64> {
            Ok(of_what(of(all, name)?).ok_or_else(|| format!("{name}: no figure"))?)
        };
        let sensitivity = |of: &Performance| of.sensitivity.value;
        let specificity = |of: &Performance| of.specificity.value;
        let (raw, weighted) = (value(&before, sensitivity)?, value(&after, sensitivity)?);
        assert!((weighted - (1.0 - misses)).abs() < 0.09, "{name}: {weighted}, truly {}", 1.0 - misses);
        assert!((raw - (1.0 - misses)).abs() > 0.1, "{name}: {raw} of disputed items alone");
        let (raw, weighted) = (value(&before, specificity)?, value(&after, specificity)?);
        assert!((weighted - (1.0 - marks)).abs() < 0.09, "{name}: {weighted}, truly {}", 1.0 - marks);
        assert!((raw - (1.0 - marks)).abs() > 0.1, "{name}: {raw} of disputed items alone");
        let ends = of(&after, name)?;
        let (low, high) = ends.sensitivity.low.zip(ends.sensitivity.high).ok_or("no interval")?;
        assert!(low < 1.0 - misses && 1.0 - misses < high, "{name}: {low}–{high}");
    }
    assert_eq!(verify(&place.join("s.overread"), &Scope::default())?.problems, Vec::<String>::new());
    Ok(())
}

/// Gives what the readers of each case agreed on, from the table that they came in.
fn lot_of(place: &Place) -> Outcome<BTreeMap<String, bool>> {
    let table = std::fs::read_to_string(place.join("reads.csv"))?;
    let mut said: BTreeMap<String, Vec<bool>> = BTreeMap::new();
    for line in table.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        if let [case, _, _, value] = cells.as_slice() {
            said.entry((*case).to_owned()).or_default().push(*value == "present");
        }
    }
    let agreed = said.into_iter().filter(|(_, said)| said.iter().all(|one| Some(one) == said.first()));
    Ok(agreed.map(|(case, said)| (case, said.first() == Some(&true))).collect())
}
