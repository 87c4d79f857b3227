//! `consensus` as somebody outside asks for it: the published readings of 45 patients by five observers, of whom one
//! read each form three times.

use std::error::Error;

use serde_json::Value as Json;

use crate::cli_agree::{golden, near, project};
use crate::common::{Outcome, Place};

const LEVELS: &str = "name = \"t\"\n[labels.rating]\nkind = \"ordinal\"\nlevels = [1, 2, 3, 4]\n";

fn list(value: &Json) -> &[Json] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Makes a store of the readings, as they are printed: item, rater and rating, and nothing of a label.
fn anaesthesia(set: &Json) -> Result<Place, Box<dyn Error>> {
    let mut table = "item,rater,rating\n".to_owned();
    for read in list(&set["data_long_item_rater_label"]) {
        let cells: Vec<String> = list(read).iter().map(Json::to_string).collect();
        table.push_str(&format!("{}\n", cells.join(",")));
    }
    let place = Place::new()?;
    place.write("reads.csv", table)?;
    place.run(["init", "s.overread"])?.fine()?;
    place.run(["import", "reads.csv"])?.fine()?;
    Ok(place)
}

/// Gives the posteriors by the number of the item, level by level.
fn posteriors(found: &Json) -> Outcome<Vec<(usize, Vec<f64>)>> {
    let mut all = Vec::new();
    for item in list(&found["items"]) {
        let case = item["case"].as_str().ok_or("no case")?.parse()?;
        let of = |level: usize| item["posterior"][level.to_string()].as_f64().unwrap_or(f64::NAN);
        all.push((case, (1..=4).map(of).collect()));
    }
    all.sort_by_key(|(case, _)| *case);
    Ok(all)
}

#[test]
fn dawid_and_skene_come_to_what_they_published() -> Outcome {
    let set = golden("dawid_skene1979_anaesthesia_em")?;
    let place = anaesthesia(&set)?;
    for (steps, end) in [("1", "iter1"), ("10", "iter10"), ("2000", "iter2000")] {
        let found = place
            .run([
                "consensus",
                "--label",
                "rating",
                "--method",
                "dawid-skene",
                "--iterations",
                steps,
                "--json",
            ])?
            .json()?;
        assert_eq!(found["method"], "dawid-skene");
        let got = posteriors(&found)?;
        assert_eq!(got.len(), 45);
        for ((case, row), want) in got.iter().zip(list(&set["metrics"][format!("ds_posterior_{end}")])) {
            for (level, share) in row.iter().enumerate() {
                let want = want[level].as_f64().ok_or("none")?;
                assert!(near(*share, want, 1e-6), "{end}: {case} {level}: {share}, not {want}");
            }
        }
        for (level, want) in list(&set["metrics"][format!("ds_prior_{end}")]).iter().enumerate() {
            let got = found["prior"][(level + 1).to_string()].as_f64().ok_or("none")?;
            assert!(near(got, want.as_f64().ok_or("none")?, 1e-6), "{end}: prior of {level}: {got}");
        }
        let labels = &set["metrics"][format!("ds_labels_{end}")];
        let mut values: Vec<(usize, u64)> = Vec::new();
        for item in list(&found["items"]) {
            let value = item["value"].as_u64().ok_or("no value")?;
            values.push((item["case"].as_str().ok_or("no case")?.parse()?, value - 1));
        }
        values.sort_unstable();
        let values: Vec<u64> = values.into_iter().map(|(_, value)| value).collect();
        assert_eq!(serde_json::to_value(values)?, *labels, "{end}");
    }
    let found =
        place.run(["consensus", "--method", "dawid-skene", "--iterations", "2000", "--json"])?.json()?;
    assert_eq!(found["converged"], true);
    let readers = list(&found["readers"]);
    let votes: Vec<u64> = readers.iter().filter_map(|reader| reader["votes"].as_u64()).collect();
    assert_eq!(votes, [135, 45, 45, 45, 45], "the first observer read each form three times");
    for (reader, want) in readers.iter().zip(list(&set["metrics"]["ds_error_rates_final"])) {
        for (truth, row) in list(&reader["confusion"]).iter().enumerate() {
            for (said, share) in list(row).iter().enumerate() {
                let (share, want) =
                    (share.as_f64().ok_or("none")?, want[truth][said].as_f64().ok_or("none")?);
                assert!(near(share, want, 1e-6), "{}: {truth} {said}: {share}, not {want}", reader["reader"]);
            }
        }
    }
    Ok(())
}

#[test]
fn every_method_gives_shares_that_add_up() -> Outcome {
    let place = anaesthesia(&golden("dawid_skene1979_anaesthesia_em")?)?;
    for (method, own) in [
        ("majority", None),
        ("weighted", Some("weight")),
        ("dawid-skene", None),
        ("glad", Some("ability")),
        ("mace", Some("competence")),
    ] {
        let found = place.run(["consensus", "--method", method, "--json"])?.json()?;
        assert_eq!((&found["method"], &found["label"]), (&method.into(), &"rating".into()));
        assert!(found["tie_rule"].as_str().is_some_and(|rule| rule.starts_with("undecided")));
        for (case, row) in posteriors(&found)? {
            assert!(near(row.iter().sum(), 1.0, 1e-9), "{method}: {case}: {row:?}");
        }
        for reader in list(&found["readers"]) {
            for row in list(&reader["confusion"]) {
                let sum: f64 = list(row).iter().filter_map(Json::as_f64).sum();
                assert!(sum == 0.0 || near(sum, 1.0, 1e-9), "{method}: {reader}");
            }
            assert!(own.is_none_or(|own| reader[own].is_number()), "{method}: {reader}");
        }
        assert_eq!(found["iterations"].is_null(), matches!(method, "majority" | "weighted"), "{method}");
        let table = place.run(["consensus", "--method", method])?.fine()?;
        assert!(table.contains("a proposal by this method, no decision"), "{table}");
        match found["vote_rule"].as_str() {
            Some(rule) => {
                assert!(table.contains(rule) && rule.contains("weight") == (method == "weighted"), "{table}")
            }
            None => assert!(!matches!(method, "majority" | "weighted"), "{found}"),
        }
    }
    Ok(())
}

#[test]
fn a_tie_is_undecided_and_a_correction_is_no_second_vote() -> Outcome {
    let place =
        project(LEVELS, "case,reader,label,value\na,x,rating,1\na,y,rating,2\nb,x,rating,3\nb,y,rating,3\n")?;
    let item = |found: &Json, n: usize| found["items"][n].clone();
    let found = place.run(["consensus", "--method", "majority", "--json"])?.json()?;
    let tied = item(&found, 0);
    assert!(tied["value"].is_null() && tied["posterior"]["1"] == 0.5 && tied["votes"] == 2, "{tied}");
    assert_eq!(item(&found, 1)["value"], 3);
    // What a reader says in a later file takes the place of what the earlier one says.
    place.write("corrected.csv", "case,reader,label,value\na,y,rating,1\n")?;
    place.run(["import", "corrected.csv"])?.fine()?;
    let found = place.run(["consensus", "--method", "majority", "--json"])?.json()?;
    let settled = item(&found, 0);
    assert!(settled["value"] == 1 && settled["votes"] == 2 && settled["posterior"]["1"] == 1.0, "{settled}");
    Ok(())
}

#[test]
fn what_cannot_be_answered_is_said_in_words() -> Outcome {
    let place = project(LEVELS, "case,reader,label,value\na,x,rating,ungradable\na,y,rating,7\n")?;
    let refused = |place: &Place, arguments: &[&str], code: i32, words: &str| -> Outcome {
        let answer = place.run([&["consensus"], arguments].concat())?;
        assert_eq!((answer.code, answer.stdout.as_str()), (Some(code), ""), "{answer:?}");
        assert!(answer.stderr.contains(words), "{answer:?}");
        Ok(())
    };
    refused(&place, &["--method", "glad"], 65, "no consensus on rating: nobody read any item")?;
    refused(&place, &["--method", "oracle"], 2, "use one of majority, weighted, dawid-skene, glad, mace")?;
    refused(&place, &["--method", "majority", "--iterations", "9"], 2, "a vote takes no steps")?;
    refused(&place, &["--method", "mace", "--label", "size"], 66, "no label size")?;
    let two = format!("{LEVELS}[labels.size]\nkind = \"continuous\"\n");
    let place = project(&two, "case,reader,label,value\na,x,size,1\na,y,size,2\n")?;
    refused(&place, &["--method", "majority"], 2, "say which with --label: rating, size")?;
    refused(&place, &["--method", "majority", "--label", "size"], 65, "it has no levels to vote on")?;
    let one = "name = \"t\"\n[labels.rating]\nkind = \"ordinal\"\nlevels = [1]\n";
    if let Ok(place) = project(one, "case,reader,label,value\na,x,rating,1\na,y,rating,1\n") {
        refused(&place, &["--method", "dawid-skene"], 65, "fewer than two levels")?;
    }
    // One reader alone is one's own consensus.
    let place = project(LEVELS, "case,reader,label,value\na,x,rating,2\nb,x,rating,3\n")?;
    let found = place.run(["consensus", "--method", "dawid-skene", "--json"])?.json()?;
    assert_eq!((&found["items"][0]["value"], &found["items"][1]["value"]), (&2.into(), &3.into()));
    Ok(())
}

#[test]
fn a_model_that_gives_a_rare_level_too_often_says_so() -> Outcome {
    // One item of twenty is a nodule; three readers miss and invent a few, each others.
    let mut table = "case,reader,label,value\n".to_owned();
    for case in 0..400u32 {
        let truth = case % 20 == 0;
        for (n, reader) in ["x", "y", "z"].into_iter().enumerate() {
            let wrong = (case * 7 + n as u32 * 31).is_multiple_of(17);
            let value = if truth != wrong { "present" } else { "absent" };
            table.push_str(&format!("c{case},{reader},nodule,{value}\n"));
        }
    }
    let place = project("name = \"t\"\n[labels.nodule]\nkind = \"present\"\n", &table)?;
    let of = |method: &str| place.run(["consensus", "--method", method, "--json"])?.json();
    let share = |found: &Json| {
        let items = list(&found["items"]);
        items.iter().filter(|item| item["value"] == "present").count() as f64 / items.len() as f64
    };
    let (mace, majority) = (of("mace")?, of("majority")?);
    assert!(share(&mace) > 1.5 * share(&majority), "{} {}", share(&mace), share(&majority));
    let note = mace["notes"][0].as_str().unwrap_or_default();
    assert!(note.starts_with("mace gives another share of the levels") && note.contains("present"), "{note}");
    assert!(majority.get("notes").is_none(), "{majority}");
    let said = place.run(["consensus", "--method", "mace"])?.fine()?;
    assert!(said.contains("note: mace gives another share"), "{said}");
    assert!(said.contains("hold the reader's own votes"), "{said}");
    Ok(())
}
