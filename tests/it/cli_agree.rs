//! `agree` against published tables and other tools: each reference set of `tests/data/golden` goes in as a table of
//! reads, and comes out as measures.

use std::error::Error;

use serde_json::Value as Json;

use crate::common::{Outcome, Place, data};

/// The categorical sets.
const SETS: [&str; 10] = [
    "cohen1968_weighted",
    "dawid_skene1979_anaesthesia_readings",
    "edge_perfect3",
    "edge_systematic_disagree",
    "fleiss1971_diagnoses",
    "gwet_raw4raters",
    "krippendorff2011_binary",
    "krippendorff2011_missing",
    "krippendorff2011_nominal5",
    "paradox_feinstein_1",
];

/// A measure's name, and that of its reference value.
const ALL: [(&str, &str); 12] = [
    ("percent_agreement", "percent_agreement"),
    ("brennan_prediger", "brennan_prediger"),
    ("fleiss_kappa", "fleiss_gwet"),
    ("conger_kappa", "conger_kappa"),
    ("gwet_ac1", "AC1"),
    ("gwet_ac2_linear", "AC2_linear"),
    ("gwet_ac2_quadratic", "AC2_quadratic"),
    ("gwet_ac2_ordinal", "AC2_ordinal"),
    ("krippendorff_alpha_nominal", "alpha_nominal"),
    ("krippendorff_alpha_ordinal", "alpha_ordinal"),
    ("krippendorff_alpha_interval", "alpha_interval"),
    ("krippendorff_alpha_ratio", "alpha_ratio"),
];

const PAIRS: [(&str, &str); 4] = [
    ("cohen_kappa", "cohen_kappa"),
    ("cohen_kappa_linear", "cohen_linear"),
    ("cohen_kappa_quadratic", "cohen_quadratic"),
    ("pabak", "pabak"),
];

pub fn golden(name: &str) -> Result<Json, Box<dyn Error>> {
    Ok(serde_json::from_slice(&std::fs::read(data("golden").join(format!("{name}.json")))?)?)
}

/// Tells whether two numbers differ by no more than `by`, or by no more than that share of the larger.
pub fn near(a: f64, b: f64, by: f64) -> bool {
    (a - b).abs() <= by * a.abs().max(b.abs()).max(1.0)
}

fn list(value: &Json) -> &[Json] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Makes a store of one label with a set's levels and reads.
fn stored(set: &Json) -> Result<Place, Box<dyn Error>> {
    let mut table = "item,rater,label,rating\n".to_owned();
    for (item, row) in list(&set["data"]).iter().enumerate() {
        for (reader, value) in list(row).iter().enumerate().filter(|(_, value)| !value.is_null()) {
            table.push_str(&format!("i{item:03},r{},grade,{value}\n", reader + 1));
        }
    }
    let kind = if set["scale"] == "nominal" { "categorical" } else { "ordinal" };
    let charter = format!("name = \"t\"\n[labels.grade]\nkind = \"{kind}\"\nlevels = {}\n", set["levels"]);
    project(&charter, &table)
}

/// Makes a store by a charter, and brings a table in.
pub fn project(charter: &str, table: &str) -> Result<Place, Box<dyn Error>> {
    let place = Place::new()?;
    place.write("charter.toml", charter)?;
    place.write("reads.csv", table)?;
    place.run(["init", "s.overread", "--charter", "charter.toml"])?.fine()?;
    place.run(["import", "reads.csv"])?.fine()?;
    Ok(place)
}

/// Compares one figure where the set has a value for it, and tells whether it had.
fn meets(what: &str, figure: &Json, set: &Json, name: &str, ends: &str) -> Outcome<bool> {
    let want = &set["metrics"][format!("{name}{ends}")];
    let Some(want) = want.as_f64() else { return Ok(false) };
    let got = figure["value"].as_f64().ok_or_else(|| format!("{what}: {figure}, not {want}"))?;
    assert!(near(got, want, 1e-9), "{what}: {got}, not {want}");
    let error = ["_se", "_jackknife_se"].map(|se| set["metrics"][format!("{name}{se}{ends}")].as_f64());
    if let Some(want) = error.into_iter().flatten().next() {
        let got = figure["se"].as_f64().ok_or_else(|| format!("{what}: no error in {figure}"))?;
        // The square root of a variance that is 0 but for rounding is some 1e-8.
        assert!(near(got, want, if got < 1e-6 { 1e-7 } else { 1e-9 }), "{what}: error {got}, not {want}");
    }
    Ok(true)
}

#[test]
fn every_measure_is_that_of_the_reference() -> Outcome {
    let mut met = 0;
    for name in SETS {
        let set = golden(name)?;
        let place = stored(&set)?;
        let all = place.run(["agree", "--label", "grade", "--json"])?.json()?;
        let found = &all[0];
        assert_eq!((&found["n_items"], &found["n_readers"]), (&set["n_items"], &set["n_raters"]), "{name}");
        assert_eq!(found["levels"], set["levels"], "{name}");
        for (measure, reference) in ALL {
            let what = format!("{name}: {measure}");
            met += usize::from(meets(&what, &found["measures"][measure], &set, reference, "")?);
        }
        for pair in list(&found["pairs"]) {
            let ends = ["a", "b"].map(|end| pair[end].as_str().unwrap_or_default().replace('r', "_"));
            let ends = ends.concat();
            for (measure, reference) in PAIRS {
                let what = format!("{name}: {measure}{ends}");
                met += usize::from(meets(&what, &pair["measures"][measure], &set, reference, &ends)?);
            }
            if let Some(n) = set["metrics"][format!("pair_n{ends}")].as_u64() {
                assert_eq!(pair["n"].as_u64(), Some(n), "{name}{ends}");
            }
        }
    }
    assert!(met > 250, "{met} figures were compared");
    Ok(())
}

#[test]
fn correlations_and_concordance_are_those_of_the_reference() -> Outcome {
    let set = golden("shrout_fleiss1979_icc")?;
    let mut table = "item,rater,label,rating\n".to_owned();
    for (item, row) in list(&set["data"]).iter().enumerate() {
        for (reader, value) in list(row).iter().enumerate() {
            table.push_str(&format!("i{item},r{reader},size,{value}\n"));
        }
    }
    let place = project("name = \"t\"\n[labels.size]\nkind = \"continuous\"\n", &table)?;
    let found = place.run(["agree", "--json"])?.json()?;
    for form in ["1_1", "1_k", "2_1", "2_k", "3_1", "3_k"] {
        let measure = &found[0]["measures"][format!("icc_{form}")];
        let want = &set["metrics"][format!("ICC{form}")];
        let (got, want) = (measure["value"].as_f64().ok_or("none")?, want.as_f64().ok_or("none")?);
        assert!(near(got, want, 1e-9), "{form}: {got}, not {want}");
        for (n, end) in ["low", "high"].into_iter().enumerate() {
            if let Some(want) = set["metrics"][format!("ICC{form}_ci")][n].as_f64() {
                let got = measure[end].as_f64().ok_or("none")?;
                assert!(near(got, want, 1e-6), "{form} {end}: {got}, not {want}");
            }
        }
    }
    Ok(())
}

const GRADES: &str = "name = \"t\"\n[labels.grade]\nkind = \"ordinal\"\nlevels = [1, 2, 3]\n";

#[test]
fn what_is_undefined_is_null_and_says_why() -> Outcome {
    for (what, table, measure, why) in [
        (
            "one reader",
            "case,reader,label,value\na,x,grade,1\nb,x,grade,2\n",
            "fleiss_kappa",
            "no item has two reads",
        ),
        (
            "no overlap",
            "case,reader,label,value\na,x,grade,1\nb,y,grade,2\n",
            "gwet_ac1",
            "no item has two reads",
        ),
        (
            "one category",
            "case,reader,label,value\na,x,grade,2\na,y,grade,2\nb,x,grade,2\nb,y,grade,2\n",
            "krippendorff_alpha_ordinal",
            "the answers don't vary (0/0)",
        ),
        (
            "all missing",
            "case,reader,label,value\na,x,grade,ungradable\na,y,grade,ungradable\n",
            "percent_agreement",
            "nobody read any item",
        ),
        (
            "outside the charter",
            "case,reader,label,value\na,x,grade,7\na,y,grade,8\n",
            "percent_agreement",
            "nobody read any item",
        ),
    ] {
        let place = project(GRADES, table)?;
        let found = place.run(["agree", "--json"])?.json()?;
        let figure = &found[0]["measures"][measure];
        assert!(figure["value"].is_null(), "{what}: {figure}");
        assert!(figure["why"].as_str().is_some_and(|said| said.contains(why)), "{what}: {figure}");
        let table = place.run(["agree"])?.fine()?;
        assert!(!table.contains("NaN"), "{what}: {table}");
    }
    let place = project(GRADES, "case,reader,label,value\na,x,grade,7\na,y,grade,2\n")?;
    let found = place.run(["agree", "--json"])?.json()?;
    assert_eq!(found[0]["undeclared"]["7"], 1);
    let unknown = place.run(["agree", "--label", "size\u{1b}[2J"])?;
    assert!(unknown.code == Some(66) && !unknown.stderr.contains('\u{1b}'), "{unknown:?}");
    Ok(())
}

#[test]
fn percent_agreement_says_what_happened_where_kappa_cannot() -> Outcome {
    let place =
        project(GRADES, "case,reader,label,value\na,x,grade,2\na,y,grade,2\nb,x,grade,2\nb,y,grade,2\n")?;
    let found = place.run(["agree", "--json"])?.json()?;
    assert_eq!(found[0]["measures"]["percent_agreement"]["value"], 1.0);
    assert_eq!(found[0]["measures"]["gwet_ac1"]["value"], 1.0);
    Ok(())
}
