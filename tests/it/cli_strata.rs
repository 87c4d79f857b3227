//! Strata from outside: what is abnormal or rare is drawn more often than its share, and the rates stay those of the lot.

use std::collections::BTreeMap;
use std::error::Error;

use serde_json::{Value as Json, json};

use overread::domain::sample::{Drawn, evenly, place as place_of};
use overread::stats::sampling::lot::{Seen, rate};

use crate::cli_sample::{decide_as, drawn, json_as, lines_as, logged, project, run_as, text};
use crate::program::{Outcome, Place, each};

const SETTINGS: &str =
    "name = \"strata\"\n[review]\nmode = \"open\"\nundo_minutes = 0\n[sampling]\nshare = 0.0\n";

/// Everybody has a grade; 1 is the lowest.
const GRADED: &str = "[labels.grade]\nkind = \"ordinal\"\nlevels = [1, 2, 3, 4, 5]\n";

const CASES: usize = 200;

/// The grade that both readers give: 170 cases have 1, 20 have 2 and 10 have 5.
fn grade(n: usize) -> u8 {
    match (n % 20, n % 10) {
        (0, _) => 5,
        (_, 5) => 2,
        _ => 1,
    }
}

/// Every grade 5 is wrong, and five of the grades 1.
fn is_wrong(n: usize) -> bool {
    grade(n) == 5 || grade(n) == 1 && n % 34 == 1
}

fn graded() -> String {
    let mut table = "case,reader,label,value\n".to_owned();
    for n in 0..CASES {
        for reader in ["ann", "bob"] {
            table += &format!("k{n:03},{reader},grade,{}\n", grade(n));
        }
    }
    table
}

fn number(case: &str) -> usize {
    case.trim_start_matches('k').parse().unwrap_or(usize::MAX)
}

/// Sizes of the strata and how many of each are drawn, by name.
fn strata(of: &Json) -> BTreeMap<String, (u64, u64)> {
    let number = |of: &Json, name: &str| of[name].as_u64().unwrap_or_default();
    let all = of["strata"].as_array().into_iter().flatten();
    all.map(|of| (text(&of["name"]), (number(of, "size"), number(of, "drawn")))).collect()
}

fn named(all: &[(&str, (u64, u64))]) -> BTreeMap<String, (u64, u64)> {
    all.iter().map(|(name, of)| ((*name).to_owned(), *of)).collect()
}

/// Answers every audit of quinn, and lets a third person confirm what differs.
fn audit_all(place: &Place, truth: impl Fn(&Json) -> Json) -> Outcome {
    let answer = |of: &Json, dispute: &Json, note: &str| json!({ "case": of["case"], "dispute": dispute, "answer": { "value": truth(of) }, "confidence": 4, "note": note });
    let mine = lines_as(place, "quinn", &["sample", "mine"])?;
    let answers: Vec<Json> = mine.iter().map(|of| answer(of, &of["dispute"], "")).collect();
    let told = decide_as(place, "quinn", &answers)?;
    assert!(!told.is_empty() && each(&told, "ok").iter().all(|ok| **ok == json!(true)), "{told:?}");
    for line in lines_as(place, "ada", &["queue"])? {
        let disputes: Vec<Json> = line["disputes"].as_array().cloned().unwrap_or_default();
        let of = |dispute: &Json| {
            let of = json!({ "case": line["case"], "label": dispute["label"] });
            answer(&of, &dispute["id"], "seen twice")
        };
        let told = decide_as(place, "ada", &disputes.iter().map(of).collect::<Vec<_>>())?;
        assert!(each(&told, "ok").iter().all(|ok| **ok == json!(true)), "{told:?}");
    }
    Ok(())
}

#[test]
fn a_grade_that_is_not_the_lowest_is_abnormal_and_drawn_more_often() -> Outcome {
    let place = project(&format!("{SETTINGS}{GRADED}"), &graded())?;
    let draw = ["sample", "draw", "--size", "40", "--seed", "7", "--by", "finding"];
    let dry = [&draw[..], &["--dry-run"]].concat();
    let outlook = json_as(&place, "quinn", &dry)?;
    let expected = named(&[("abnormal", (30, 20)), ("normal", (170, 20))]);
    assert_eq!(strata(&outlook), expected);
    let abnormal = json!([{ "label": "grade", "values": [2, 3, 4, 5] }]);
    assert_eq!(outlook["abnormal"], abnormal);
    // Six errors among the abnormal are within the tolerance, and two among the normal are not.
    assert_eq!((&outlook["accept"], &outlook["characteristic"]), (&Json::Null, &json!([])));
    // A plan counts errors: each stratum has its share, and a stratum that is named twice is one.
    let plan = ["sample", "draw", "--aql", "2.5", "--seed", "7", "--by", "finding,finding"];
    let planned = json_as(&place, "quinn", &[&plan[..], &["--dry-run"]].concat())?;
    assert_eq!(strata(&planned), named(&[("abnormal", (30, 5)), ("normal", (170, 27))]));
    let words = run_as(&place, "quinn", &dry)?.fine()?.out;
    assert!(words.contains("abnormal is grade 2, 3, 4, 5") && words.contains("170"), "{words}");
    assert!(words.contains("how many wrong that is depends on their strata"), "{words}");

    let found = json_as(&place, "quinn", &draw)?;
    assert_eq!((strata(&found), &found["abnormal"]), (expected, &abnormal));
    let event = logged(&place, "S1")?;
    assert_eq!(event["abnormal"], abnormal, "whoever holds the log knows what was meant");
    // Read as they are: the rate is that of the lot, and not that of what was read.
    audit_all(&place, |of| {
        let n = number(&text(&of["case"]));
        json!(if is_wrong(n) { 3 } else { grade(n) })
    })?;
    let found = json_as(&place, "quinn", &["sample", "result", "S1"])?;
    let wrong = |abnormal: bool| {
        let cases = drawn(&event).into_iter().map(|(case, _)| number(&case));
        cases.filter(|n| (grade(*n) > 1) == abnormal && is_wrong(*n)).count() as f64
    };
    assert!(wrong(true) > 0.0, "nothing that is wrong was drawn");
    let expected = 30.0 / 200.0 * wrong(true) / 20.0 + 170.0 / 200.0 * wrong(false) / 20.0;
    assert!(found["rate"].as_f64().is_some_and(|rate| (rate - expected).abs() < 1e-12), "{found}");
    assert_eq!((&found["strata"][0]["weight"], &found["strata"][1]["weight"]), (&json!(1.5), &json!(8.5)));
    let words = run_as(&place, "quinn", &["sample", "result", "S1"])?.fine()?.out;
    assert!(words.contains("abnormal is grade 2, 3, 4, 5"), "{words}");
    // The review of the lot goes by the same estimate, and not by how many of those read are wrong.
    assert_eq!(found["accepted"], json!(false));
    let reviews = json_as(&place, "lea", &["causes", "review", "list"])?;
    let before = reviews[0]["before"]["per_100"].as_f64();
    assert!(before.is_some_and(|before| (before - expected * 100.0).abs() < 1e-9), "{reviews}");
    place.run(&["--as", "lea", "verify"])?.fine()?;
    Ok(())
}

#[test]
fn over_many_seeds_the_weighted_rate_is_that_of_the_lot() -> Outcome {
    const SEEDS: u64 = 500;
    let place = project(&format!("{SETTINGS}{GRADED}"), &graded())?;
    json_as(&place, "quinn", &["sample", "draw", "--size", "40", "--seed", "7", "--by", "finding"])?;
    let event = logged(&place, "S1")?;
    let lot: Vec<Drawn> = serde_json::from_value(event["lot"].clone())?;
    let sizes: Vec<u64> = strata(&event).values().map(|(size, _)| *size).collect();
    assert_eq!((lot.len(), &*sizes), (CASES, &[30, 170][..]));
    let truth = (0..CASES).filter(|n| is_wrong(*n)).count() as f64 / CASES as f64;
    let (mut weighted, mut raw) = (Vec::new(), 0.0);
    for seed in 0..SEEDS {
        let mut order: Vec<&Drawn> = lot.iter().collect();
        order.sort_by_cached_key(|unit| place_of(seed, unit));
        let counts = evenly(&sizes, 40);
        let mut seen: Vec<Seen> = sizes.iter().map(|size| Seen { size: *size, read: 0, wrong: 0 }).collect();
        for unit in order {
            if let Some((seen, count)) = seen.get_mut(unit.stratum).zip(counts.get(unit.stratum))
                && seen.read < *count
            {
                seen.read += 1;
                seen.wrong += u64::from(is_wrong(number(&unit.case)));
            }
        }
        weighted.push(rate(&seen).ok_or("no rate")?);
        raw += seen.iter().map(|of| of.wrong).sum::<u64>() as f64 / 40.0 / SEEDS as f64;
    }
    let n = SEEDS as f64;
    let mean = weighted.iter().sum::<f64>() / n;
    let error = (weighted.iter().map(|rate| (rate - mean).powi(2)).sum::<f64>() / (n - 1.0) / n).sqrt();
    assert!((mean - truth).abs() < 4.0 * error, "{mean} ± {error}, truly {truth}");
    assert!(raw > truth + 20.0 * error, "{raw}: without weights it would be far off {truth}");
    Ok(())
}

#[test]
fn the_charter_says_which_levels_are_normal_and_no_finding_is_none() -> Outcome {
    let labels = "[labels.birads]\nkind = \"categorical\"\nlevels = [\"0\", \"1\", \"2\", \"4\"]\nnormal = [\"1\", \"2\"]\n\
                  [labels.\"No finding\"]\nkind = \"present\"\n[labels.ratio]\nkind = \"continuous\"\n";
    let mut table = "case,reader,label,value\n".to_owned();
    for (case, level, none) in [("a", "1", 1), ("b", "2", 1), ("c", "2", 1), ("d", "4", 0), ("e", "0", 0)] {
        for reader in ["ann", "bob"] {
            table += &format!(
                "{case},{reader},birads,{level}\n{case},{reader},No finding,{none}\n{case},{reader},ratio,0.4\n"
            );
        }
    }
    let place = project(&format!("{SETTINGS}{labels}"), &table)?;
    let draw = ["sample", "draw", "--size", "4", "--seed", "7", "--by", "finding", "--dry-run"];
    let outlook = json_as(&place, "quinn", &draw)?;
    assert_eq!(strata(&outlook), named(&[("abnormal", (2, 2)), ("normal", (3, 2))]), "{outlook}");
    assert_eq!(each(outlook["abnormal"].as_array().ok_or("none")?, "label"), [&json!("birads")]);
    Ok(())
}

/// Readers mark a mass in 4 of 100 cases, and an opacity in half of them.
fn rare() -> Result<Place, Box<dyn Error>> {
    let mut table = "case,reader,label,value\n".to_owned();
    for n in 0..100 {
        let word = |there: bool| if there { "present" } else { "absent" };
        for reader in ["ann", "bob"] {
            table += &format!("k{n:03},{reader},mass,{}\n", word(n % 25 == 0));
            table += &format!("k{n:03},{reader},opacity,{}\n", word(n % 2 == 0));
        }
    }
    let labels = "[labels.mass]\nkind = \"present\"\n[labels.opacity]\nkind = \"present\"\n";
    project(&format!("{SETTINGS}{labels}"), &table)
}

#[test]
fn a_rare_class_is_a_stratum_and_its_weight_goes_on_to_the_readers() -> Outcome {
    let place = rare()?;
    let draw = ["sample", "draw", "--seed", "3"];
    let by = |by: &str, size: &str| {
        let all = [&draw[..], &["--by", by, "--size", size, "--dry-run"]].concat();
        json_as(&place, "quinn", &all)
    };
    assert_eq!(
        strata(&by("class", "40")?),
        named(&[
            ("mass absent", (96, 12)),
            ("mass present", (4, 4)),
            ("opacity absent", (50, 12)),
            ("opacity present", (50, 12))
        ])
    );
    assert_eq!(strata(&by("prevalence", "40")?), named(&[("common", (100, 20)), ("rare", (100, 20))]));
    assert_eq!(
        strata(&by("prevalence,finding", "40")?),
        named(&[
            ("common · abnormal", (50, 12)),
            ("common · normal", (50, 12)),
            ("rare · abnormal", (4, 4)),
            ("rare · normal", (96, 12))
        ])
    );

    // One mass that both overlooked among 8 of 96, each of which stands for 12.
    json_as(&place, "quinn", &[&draw[..], &["--by", "class", "--label", "mass", "--size", "12"]].concat())?;
    let event = logged(&place, "S1")?;
    assert_eq!(strata(&event), named(&[("mass absent", (96, 8)), ("mass present", (4, 4))]));
    let missed =
        drawn(&event).into_iter().map(|(case, _)| case).find(|case| !number(case).is_multiple_of(25));
    let missed = missed.ok_or("nothing of what is absent was drawn")?;
    audit_all(&place, |of| {
        let case = text(&of["case"]);
        json!(if number(&case).is_multiple_of(25) || case == missed { "present" } else { "absent" })
    })?;
    let found = json_as(&place, "quinn", &["sample", "result", "S1"])?;
    let near = |value: &Json, wanted: f64| value.as_f64().is_some_and(|value| (value - wanted).abs() < 1e-12);
    assert!(near(&found["rate"], 0.96 / 8.0), "{found}");
    let readers = json_as(&place, "lea", &["readers", "--label", "mass"])?;
    let ann = readers.as_array().into_iter().flatten().find(|of| of["reader"] == "ann").ok_or("no ann")?;
    // 4 found of 4 + 12, and none of 84 marked that isn't there.
    assert!(
        near(&ann["sensitivity"]["value"], 4.0 / 16.0) && near(&ann["specificity"]["value"], 1.0),
        "{ann}"
    );
    Ok(())
}

#[test]
fn a_sample_that_leaves_a_stratum_out_is_refused() -> Outcome {
    let place = rare()?;
    let words = "nothing would be drawn of 2 of 4 strata";
    let draw = ["sample", "draw", "--seed", "3", "--by", "class", "--size", "2"];
    run_as(&place, "quinn", &draw)?.refused(65, words)?;
    let told = run_as(&place, "quinn", &[&draw[..], &["--dry-run"]].concat())?.fine()?.out;
    assert!(told.contains(words) && told.contains("draw 4 at least, and evenly"), "{told}");
    assert_eq!(json_as(&place, "quinn", &["sample", "list"])?, json!([]));
    Ok(())
}

#[test]
fn a_plan_that_the_table_does_not_hold_is_refused_with_those_that_it_holds() -> Outcome {
    let few: String = graded().lines().take(13).map(|line| format!("{line}\n")).collect();
    let place = project(&format!("{SETTINGS}{GRADED}"), &few)?;
    let draw = |aql: &str, level: &str| {
        run_as(
            &place,
            "quinn",
            &["sample", "draw", "--aql", aql, "--level", level, "--seed", "1", "--dry-run"],
        )
    };
    let refused = draw("10", "I")?;
    assert_eq!(refused.code, 65);
    let said = &refused.err;
    assert!(
        said.contains("for a lot of 6 at level I")
            && said.contains("before an acceptable quality of 10 percent"),
        "{said}"
    );
    assert!(said.contains("4, 6.5 percent, or an acceptable quality of 10 percent at level III"), "{said}");
    assert!(!said.contains("6.5, 10"), "what it hasn't is not among what it has: {said}");
    draw("6.5", "I")?.fine()?;
    draw("10", "III")?.fine()?;
    draw("3", "I")?.refused(65, "an acceptable quality of 3 percent: it knows 0.01,")?;
    Ok(())
}
