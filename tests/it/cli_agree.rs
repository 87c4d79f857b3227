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
    // That of the agreement is another where an item has one read; the estimate's own tests hold it elsewhere.
    let error = error.into_iter().flatten().next().filter(|_| name != "percent_agreement");
    if let Some(want) = error {
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

#[test]
fn measured_numbers_have_no_measures_of_levels() -> Outcome {
    let table = "case,reader,label,value\na,x,size,10\na,y,size,10.5\nb,x,size,20\nb,y,size,23\nc,x,size,31\nc,y,size,30\n";
    let charter = "name = \"t\"\n[labels.size]\nkind = \"continuous\"\ntolerance = 1\n";
    let found = project(charter, table)?.run(["agree", "--json"])?.json()?;
    let names = |of: &Json| {
        let names = of.as_object().map(|all| all.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
        names.into_iter().filter(|name| !name.starts_with("icc_")).collect::<Vec<_>>()
    };
    let all = &found[0]["measures"];
    let of_all = ["krippendorff_alpha_interval", "krippendorff_alpha_ratio", "percent_agreement"];
    assert_eq!(names(all), of_all);
    assert!(all["icc_2_1"]["value"].as_f64().is_some_and(|value| value > 0.9), "{all}");
    // The second item is beyond the tolerance of 1, the third just on it.
    assert!(all["percent_agreement"]["value"].as_f64().is_some_and(|value| near(value, 2.0 / 3.0, 1e-12)));
    let pair = &found[0]["pairs"][0]["measures"];
    let of_pair =
        ["bland_altman_bias", "bland_altman_lower", "bland_altman_upper", "lin_ccc", "percent_agreement"];
    assert_eq!(names(pair), of_pair);
    // −0.5, −3 and 1: their mean, and ± 1.96 standard deviations of √(49/12).
    let limits = of_pair.map(|name| pair[name]["value"].as_f64().unwrap_or(f64::NAN));
    let reach = 1.96 * (49.0_f64 / 12.0).sqrt();
    let want = [-2.5 / 3.0, -2.5 / 3.0 - reach, -2.5 / 3.0 + reach];
    assert!(want.iter().zip(limits).all(|(want, got)| near(*want, got, 1e-9)), "{limits:?} {want:?}");
    assert!(found[0]["prevalence"].as_object().is_some_and(|levels| levels.is_empty()), "{found}");
    // Levels that are numbers keep everything.
    let ordinal = project(
        "name = \"t\"\n[labels.size]\nkind = \"ordinal\"\nlevels = [1, 2, 3]\n",
        "case,reader,label,value\na,x,size,1\na,y,size,2\nb,x,size,3\nb,y,size,3\n",
    )?;
    let found = ordinal.run(["agree", "--json"])?.json()?;
    for name in ["gwet_ac1", "fleiss_kappa", "krippendorff_alpha_ratio", "icc_2_1"] {
        assert!(found[0]["measures"][name]["value"].is_number(), "{name}: {found}");
    }
    Ok(())
}

#[test]
fn numbers_that_differ_too_much_to_be_counted_are_compared_all_the_same() -> Outcome {
    let mut table = "case,reader,label,value\n".to_owned();
    let (mut observed, mut all) = (0.0, Vec::new());
    for case in 0..1100 {
        let (a, b) = (f64::from(case), f64::from(case) + if case % 2 == 0 { 0.25 } else { 2.5 });
        table.push_str(&format!("c{case},x,size,{a}\nc{case},y,size,{b}\n"));
        observed += 2.0 * (a - b) * (a - b);
        all.extend([a, b]);
    }
    let charter = "name = \"t\"\n[labels.size]\nkind = \"continuous\"\ntolerance = 1\n";
    let place = project(charter, &table)?;
    let found = place.run(["agree", "--json"])?.json()?;
    let (measures, pair) = (&found[0]["measures"], &found[0]["pairs"][0]["measures"]);
    assert_eq!(
        (&measures["percent_agreement"]["value"], &pair["percent_agreement"]["value"]),
        (&0.5.into(), &0.5.into())
    );
    let expected: f64 = all.iter().flat_map(|a| all.iter().map(move |b| (a - b) * (a - b))).sum();
    let n = all.len() as f64;
    let want = 1.0 - (observed / n) / (expected / (n * (n - 1.0)));
    let got = measures["krippendorff_alpha_interval"]["value"].as_f64().ok_or("none")?;
    assert!(near(got, want, 1e-9), "{got} {want}");
    assert!(measures["krippendorff_alpha_ratio"]["why"].is_string(), "{measures}");
    Ok(())
}

#[test]
fn huge_numbers_give_a_figure_or_words() -> Outcome {
    let table = "case,reader,label,value\na,x,size,1e308\na,y,size,-1e308\nb,x,size,-1e308\nb,y,size,1.5e308\nc,x,size,1e308\nc,y,size,1e308\n";
    let place = project("name = \"t\"\n[labels.size]\nkind = \"continuous\"\n", table)?;
    let found = place.run(["agree", "--json"])?.json()?;
    let mut met = 0;
    figures(&found, &mut |figure| {
        met += 1;
        assert!(
            figure["value"].as_f64().is_some_and(f64::is_finite) || figure["why"].is_string(),
            "{figure}"
        );
    });
    assert!(met > 10, "{found}");
    // A coefficient has no unit; limits in the unit of the numbers are beyond what a number can be.
    assert!(found[0]["measures"]["icc_3_1"]["value"].is_number(), "{found}");
    let limits = &found[0]["pairs"][0]["measures"]["bland_altman_upper"];
    assert!(limits["why"].as_str().is_some_and(|why| why.contains("too large")), "{limits}");
    let table = place.run(["agree"])?.fine()?;
    assert!(!table.contains("NaN") && !table.contains("inf"), "{table}");
    Ok(())
}

#[test]
fn where_nobody_says_anything_that_is_said() -> Outcome {
    let place = Place::new()?;
    place.write("reads.csv", "case,reader,label,value\na,x,grade,\nb,y,grade,\n")?;
    place.run(["init", "s.overread"])?.fine()?;
    place.run(["import", "reads.csv"])?;
    let said = place.run(["agree"])?.fine()?;
    assert!(said.contains("no figure: no read states any label"), "{said}");
    place.write(
        "charter.toml",
        "name = \"t\"\n[labels.grade]\nkind = \"categorical\"\nlevels = [\"a\", \"b\"]\n",
    )?;
    let place = project(
        "name = \"t\"\n[labels.grade]\nkind = \"categorical\"\nlevels = [\"a\", \"b\"]\n",
        "case,reader,label,value\na,x,grade,\nb,y,grade,\n",
    )?;
    let said = place.run(["agree"])?.fine()?;
    assert!(said.contains("grade: no measure, since nobody read any item"), "{said}");
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
fn an_answer_that_nobody_can_share_or_nobody_gives_has_its_own_words() -> Outcome {
    let of = |table: &str| -> Result<Json, Box<dyn Error>> {
        let place = project("name = \"t\"\n[labels.nodule]\nkind = \"present\"\n", table)?;
        Ok(place.run(["agree", "--json"])?.json()?[0]["measures"].take())
    };
    let alone = of("case,reader,label,value\na,x,nodule,present\nb,x,nodule,absent\n")?;
    for name in ["agreement_positive", "agreement_negative"] {
        assert_eq!(alone[name]["why"], "no item has two reads", "{name}");
    }
    let never = of("case,reader,label,value\na,x,nodule,absent\na,y,nodule,absent\n")?;
    assert_eq!(never["agreement_positive"]["why"], "nobody says this level where two read");
    assert_eq!(never["agreement_negative"]["value"], 1.0);
    Ok(())
}

#[test]
fn no_interval_is_made_of_an_error_of_nothing() -> Outcome {
    let table = "case,reader,label,value\na,x,grade,1\na,y,grade,2\nb,x,grade,2\nb,y,grade,3\n";
    let place = project(GRADES, table)?;
    for more in [&["agree", "--json"][..], &["agree", "--bootstrap", "50", "--seed", "1", "--json"]] {
        let found = place.run(more)?.json()?;
        let figure = &found[0]["measures"]["percent_agreement"];
        assert_eq!(
            (&figure["value"], &figure["low"], &figure["high"]),
            (&0.0.into(), &Json::Null, &Json::Null)
        );
    }
    let said = place.run(["agree"])?.fine()?;
    assert!(!said.contains("[0.00–0.00]") && said.contains("stands without its interval"), "{said}");
    // A formula that has no error is no reason to say so.
    let table = "case,reader,label,value\na,x,n,present\na,y,n,present\nb,x,n,absent\nb,y,n,present\nc,x,n,absent\nc,y,n,absent\n";
    let other = project("name = \"t\"\n[labels.n]\nkind = \"present\"\n", table)?.run(["agree"])?.fine()?;
    assert!(
        other.contains("positive agreement") && !other.contains("stands without its interval"),
        "{other}"
    );
    let said = place.run(["agree", "--limit", "0"])?.fine()?;
    assert_eq!(said.trim(), "no label is shown, as --limit 0 asks: 1 label has figures");
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

#[test]
fn shapes_are_measured_where_their_kind_and_their_images_allow() -> Outcome {
    let charter = "name = \"t\"\n[labels.lesion]\nkind = \"box\"\n[labels.grade]\nkind = \"ordinal\"\nlevels = [1, 2]\n";
    let table = "case,reader,label,x_min,y_min,x_max,y_max
p1,ann,lesion,0,0,10,10
p1,bob,lesion,0,0,10,5
p2,ann,lesion,0,0,10,10
p2,bob,,,,,
";
    let place = project(charter, table)?;
    let found = place.run(["agree", "--label", "lesion", "--json"])?.json()?;
    let measures = &found[0]["measures"];
    let value = |name: &str| measures[name]["value"].as_f64();
    assert_eq!(
        (value("mean_iou"), value("mean_dice"), value("free_response_kappa")),
        (Some(0.5), Some(2.0 / 3.0), Some(2.0 / 3.0))
    );
    for (name, why) in [
        ("median_hd95", "only defined for masks and contours"),
        ("mean_radial_error", "only defined for points and landmarks"),
    ] {
        assert!(measures[name]["value"].is_null() && measures[name]["why"] == why, "{name}: {measures}");
    }
    let grade = place.run(["agree", "--label", "grade", "--json"])?.json()?;
    assert!(grade[0]["measures"]["mean_iou"].is_null(), "{grade}");

    // Without an image nobody knows how long a pixel is.
    let contour = charter.replace("\"box\"", "\"contour\"");
    let place = project(&contour, table)?;
    let found = place.run(["agree", "--label", "lesion", "--json"])?.json()?;
    let why = &found[0]["measures"]["median_hd95"]["why"];
    assert!(why.as_str().is_some_and(|why| why.contains("no image with a spacing")), "{found}");
    Ok(())
}

/// Whatever comes in, each command says in words why there is no figure, and none prints a number that is none.
#[test]
fn bad_input_gets_words_from_every_command() -> Outcome {
    let charter = "name = \"t\"\n[review]\nmode = \"open\"\nundo_minutes = 0\n[labels.grade]\nkind = \"ordinal\"\nlevels = [1, 2, 3]\n";
    let head = "case,reader,label,value\n";
    for (what, rows) in [
        ("one reader", "a,x,grade,1\nb,x,grade,2\n"),
        ("no overlap", "a,x,grade,1\nb,y,grade,2\n"),
        ("one category", "a,x,grade,2\na,y,grade,2\nb,x,grade,2\nb,y,grade,2\n"),
        ("all missing", "a,x,grade,ungradable\na,y,grade,ungradable\n"),
        ("outside the charter", "a,x,grade,7\na,y,grade,8\n"),
        ("two items", "a,x,grade,1\na,y,grade,2\nb,x,grade,2\nb,y,grade,2\n"),
    ] {
        let place = project(charter, &format!("{head}{rows}"))?;
        for arguments in [
            &["agree", "--json"][..],
            &["agree", "--bootstrap", "20", "--seed", "1", "--json"],
            &["readers", "--json"],
            &["readers", "--adjudicators", "--json"],
            &["balance", "--json"],
        ] {
            let text =
                place.run(arguments)?.fine().map_err(|error| format!("{what}: {arguments:?}: {error}"))?;
            let all: Json = serde_json::from_str(&text)?;
            let mut told = 0;
            figures(&all, &mut |figure| {
                told += 1;
                let said = figure["why"].as_str().is_some_and(|why| !why.is_empty());
                assert!(figure["value"].is_number() != said, "{what}: {arguments:?}: {figure}");
                for end in ["value", "se", "low", "high"] {
                    assert!(figure[end].as_f64().is_none_or(f64::is_finite), "{what}: {figure}");
                }
            });
            let measured = matches!(arguments[0], "agree" | "balance");
            assert!(told > 0 || !measured, "{what}: {arguments:?}");
        }
        for command in ["agree", "readers", "balance"] {
            let table = place.run([command])?.fine()?;
            assert!(!table.contains("NaN") && !table.contains("inf"), "{what}: {table}");
            let lone = command == "readers" && (what == "one reader" || what == "no overlap");
            assert!(!lone || table.contains("no case has all the reads"), "{what}: {table}");
        }
        let consensus = place.run(["consensus", "--method", "dawid-skene", "--json"])?;
        match what {
            "all missing" | "outside the charter" => {
                assert!(
                    consensus.code == Some(65) && consensus.stderr.contains("no consensus on grade"),
                    "{consensus:?}"
                );
            }
            _ => assert_eq!(consensus.code, Some(0), "{what}: {consensus:?}"),
        }
    }
    // What is no finite number is no grade, and is refused as it comes in.
    for value in ["nan", "inf", "-Infinity", "1e999"] {
        let place = Place::new()?;
        place.write("charter.toml", "name = \"t\"\n[labels.size]\nkind = \"continuous\"\n")?;
        place.write("reads.csv", format!("{head}a,x,size,{value}\na,y,size,1\n"))?;
        place.run(["init", "s.overread", "--charter", "charter.toml"])?.fine()?;
        let refused = place.run(["import", "reads.csv"])?;
        let found = place.run(["agree", "--json"])?.json()?;
        let told = refused.code != Some(0) || found[0]["undeclared"].is_object() || found[0]["n_items"] == 1;
        assert!(told, "{value}: {refused:?} {found}");
        figures(&found, &mut |figure| {
            assert!(figure["value"].as_f64().is_none_or(f64::is_finite), "{value}: {figure}");
        });
    }
    Ok(())
}

/// Calls with everything that is a figure: an object with a value and a number of items.
fn figures(of: &Json, with: &mut impl FnMut(&Json)) {
    if of.get("value").is_some() && of.get("n").is_some() {
        with(of);
    }
    match of {
        Json::Object(fields) => fields.values().for_each(|field| figures(field, with)),
        Json::Array(all) => all.iter().for_each(|one| figures(one, with)),
        _ => {}
    }
}
