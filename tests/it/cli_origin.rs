//! Where cases come from, by the command line: figures, samples and the queue of one batch or one site, and of each apart.

use std::error::Error;

use serde_json::{Value as Json, json};

use crate::program::{Outcome, Place};

const CHARTER: &str = "name = \"grades\"\n[review]\nundo_minutes = 0\nmode = \"open\"\n[sampling]\nshare = 0.0\nrecheck = 0.0\n[labels.grade]\nkind = \"ordinal\"\n\
                       levels = [1, 2, 3, 4, 5]\n[labels.effusion]\nkind = \"present\"\n";

/// Cases with the grade that each of two readers gives.
type Grades = &'static [(&'static str, i64, i64)];

/// What a file says: two grades of each case, and of some whether there is an effusion.
fn table(cases: &[(&str, i64, i64)]) -> String {
    let mut table = "case,reader,label,value\n".to_owned();
    for (case, ann, bob) in cases {
        table.push_str(&format!("{case},ann,grade,{ann}\n{case},bob,grade,{bob}\n"));
        if ann == bob {
            table.push_str(&format!("{case},ann,effusion,present\n{case},bob,effusion,absent\n"));
        }
    }
    table
}

/// In the north readers agree mostly, in the south they don't; of one case nobody said where it is from.
const FILES: [(&str, Option<&str>, Grades); 4] = [
    ("mon.csv", Some("north"), &[("n1", 1, 1), ("n2", 2, 2), ("n3", 2, 3)]),
    ("tue.csv", Some("north"), &[("n4", 4, 4), ("n5", 5, 5)]),
    ("wed.csv", Some("south"), &[("s1", 1, 4), ("s2", 2, 2), ("s3", 5, 1)]),
    ("thu.csv", None, &[("u1", 3, 3)]),
];

fn place_of(wanted: impl Fn(Option<&str>) -> bool) -> Result<Place, Box<dyn Error>> {
    let place = Place::new()?;
    place.write("charter.toml", CHARTER)?;
    place.run(&["init", "s.overread", "--charter", "charter.toml"])?.fine()?;
    for (file, site, cases) in FILES.into_iter().filter(|(_, site, _)| wanted(*site)) {
        place.write(file, table(cases))?;
        let site = site.map(|site| ["--site", site]);
        place.run(&[&["import", file][..], site.as_ref().map_or(&[], |all| &all[..])].concat())?.fine()?;
    }
    Ok(place)
}

fn place() -> Result<Place, Box<dyn Error>> {
    place_of(|_| true)
}

fn found(place: &Place, arguments: &[&str]) -> Result<Json, Box<dyn Error>> {
    place.run(&[arguments, &["--json"]].concat())?.fine()?.json()
}

fn lines(place: &Place, arguments: &[&str]) -> Result<Vec<String>, Box<dyn Error>> {
    let lines = place.run(&[arguments, &["--json"]].concat())?.fine()?.lines()?;
    let case = |line: &Json| line.get("case").and_then(Json::as_str).unwrap_or_default().to_owned();
    Ok(lines.iter().map(case).collect())
}

/// Takes out where figures are from, so that they can be compared with those of a store that holds nothing else.
fn bare(mut found: Json, name: &str, wanted: Option<&str>) -> Result<Json, Box<dyn Error>> {
    let all = match &mut found {
        Json::Array(all) => all.iter_mut().collect(),
        one => vec![one],
    };
    for one in all {
        let said = one.as_object_mut().and_then(|fields| fields.remove(name));
        assert_eq!(said.as_ref().and_then(Json::as_str), wanted, "{one}");
    }
    Ok(found)
}

const FIGURES: [&[&str]; 8] = [
    &["agree"],
    &["readers"],
    &["readers", "--adjudicators"],
    &["consensus", "--method", "dawid-skene", "--label", "grade"],
    &["balance"],
    &["ambiguity"],
    &["causes", "--by", "label"],
    &["causes", "requests"],
];

#[test]
fn figures_of_a_site_are_those_of_a_store_that_holds_nothing_else() -> Outcome {
    let (all, north) = (place()?, place_of(|site| site == Some("north"))?);
    let decided = json!({ "case": "n3", "dispute": "grade#1", "answer": { "value": 3 }, "confidence": 4,
        "root_cause": ["O1"], "clause": "3.1" });
    let elsewhere = json!({ "case": "s1", "dispute": "grade#1", "answer": "ambiguous", "confidence": 4,
        "root_cause": ["O2"], "clause": "3.2",
        "ambiguity": { "types": ["A1"], "alternatives": [{ "value": 1, "weight": 0.5 }, { "value": 4, "weight": 0.5 }],
        "resolve": "a second view", "reducible": "information" } });
    all.decide(&[decided.clone(), elsewhere])?;
    north.decide(&[decided])?;
    for arguments in FIGURES {
        let part = found(&all, &[arguments, &["--site", "north"]].concat())?;
        let whole = found(&north, arguments)?;
        assert_ne!(whole, json!([]), "{arguments:?}");
        let (part, whole) = (bare(part, "site", Some("north"))?, bare(whole, "site", None)?);
        assert_eq!(timeless(part), timeless(whole), "{arguments:?}");
        assert_ne!(found(&all, arguments)?, found(&north, arguments)?, "{arguments:?}: nothing is left out");
    }
    Ok(())
}

#[test]
fn a_file_that_came_in_is_not_counted_again_under_another_site() -> Outcome {
    let place = place()?;
    let before = found(&place, &["verify"])?;
    for otherwise in [&["--site", "south"][..], &["--model"], &[]] {
        let told = place.run(&[&["import", "mon.csv", "--json"][..], otherwise].concat())?.json()?;
        let why = told["refused"][0]["why"].as_str().unwrap_or_default();
        assert!(why.contains("was imported before, with another --site"), "{told}");
    }
    assert_eq!(found(&place, &["verify"])?, before);
    let same = found(&place, &["import", "mon.csv", "--site", "north"])?;
    assert_eq!((&same["unchanged"], &same["refused"]), (&json!(1), &json!([])));
    Ok(())
}

#[test]
fn the_reference_standard_of_a_site_is_exported_alone() -> Outcome {
    let (all, north) = (place()?, place_of(|site| site == Some("north"))?);
    let cases = |place: &Place, arguments: &[&str]| -> Result<Vec<String>, Box<dyn Error>> {
        let export = ["export", "--format", "jsonl", "--force", "-o", "truth.jsonl"];
        place.run(&[&export[..], arguments].concat())?.fine()?;
        let text = std::fs::read_to_string(place.path("truth.jsonl"))?;
        let case = |line: &str| Ok(serde_json::from_str::<Json>(line)?["case"].to_string());
        text.lines().map(case).collect()
    };
    let part = cases(&all, &["--site", "north"])?;
    assert_eq!(part, cases(&north, &[])?);
    assert!(part.len() < cases(&all, &[])?.len() && part.iter().any(|case| case == "\"n1\""), "{part:?}");
    let of_file = cases(&all, &["--batch", "tue.csv"])?;
    assert!(!of_file.is_empty() && of_file.iter().all(|case| ["\"n4\"", "\"n5\""].contains(&&**case)));
    let notes: Json =
        serde_json::from_str(&std::fs::read_to_string(all.path("truth.jsonl.provenance.json"))?)?;
    assert_eq!(notes["within"], json!({ "batch": "tue.csv" }));
    // Refused before anything is written.
    all.run(&["export", "--format", "csv", "-o", "west.csv", "--site", "west"])?
        .refused(66, "north, south")?;
    assert!(!all.path("west.csv").exists());
    Ok(())
}

/// What was timed differs from run to run.
fn timeless(mut found: Json) -> Json {
    match &mut found {
        Json::Array(all) => all.iter_mut().for_each(|one| *one = timeless(one.take())),
        Json::Object(fields) => {
            fields.retain(|name, _| name != "seconds" && name != "chart");
            fields.values_mut().for_each(|one| *one = timeless(one.take()));
        }
        _ => {}
    }
    found
}

#[test]
fn a_line_apart_is_what_the_filter_gives() -> Outcome {
    let place = place()?;
    for (by, names) in [
        ("site", &["north", "south", "unknown"][..]),
        ("batch", &["mon.csv", "thu.csv", "tue.csv", "wed.csv"]),
    ] {
        let option = format!("--{by}");
        for command in ["agree", "readers"] {
            let apart = found(&place, &[command, "--by", by])?;
            let apart = apart.as_array().cloned().unwrap_or_default();
            let key = |one: &Json| one.get(by).and_then(Json::as_str).unwrap_or_default().to_owned();
            for name in names {
                let own: Vec<Json> = apart.iter().filter(|one| key(one) == *name).cloned().collect();
                assert_eq!(json!(own), found(&place, &[command, &option, name])?, "{command} {name}");
                assert!(!own.is_empty(), "{command} {name}");
            }
            assert!(apart.iter().all(|one| names.contains(&key(one).as_str())), "{apart:?}");
        }
        let agreed = found(&place, &["agree", "--by", by, "--label", "grade"])?;
        let keys: Vec<&str> =
            agreed.as_array().into_iter().flatten().filter_map(|one| one.get(by)?.as_str()).collect();
        assert_eq!(keys, names, "the lines of a label follow each other by name");
    }
    // One dimension within a part of the other.
    let agreed = found(&place, &["agree", "--by", "batch", "--site", "north", "--label", "grade"])?;
    let of =
        |name: &str| agreed.as_array().into_iter().flatten().map(|one| one[name].clone()).collect::<Vec<_>>();
    assert_eq!(
        (of("batch"), of("site")),
        (vec![json!("mon.csv"), json!("tue.csv")], vec![json!("north"); 2])
    );
    assert_eq!(of("n_items"), [3, 2]);
    let shares: Vec<Json> = found(&place, &["agree", "--by", "site", "--label", "grade"])?
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| one["measures"]["percent_agreement"]["value"].clone())
        .collect();
    assert_eq!(shares, [json!(0.8), json!(1.0 / 3.0), json!(1.0)]);
    let words = place.run(&["agree", "--by", "site"])?.fine()?.out;
    assert!(words.contains("grade     south "), "{words}");
    Ok(())
}

#[test]
fn a_case_is_of_where_its_first_read_came_from() -> Outcome {
    let place = place()?;
    place.write("late.csv", "case,reader,label,value\nn1,cyd,grade,5\ns9,cyd,grade,1\ns9,ann,grade,2\n")?;
    place.run(&["import", "late.csv", "--site", "south"])?.fine()?;
    assert_eq!(
        lines(&place, &["queue", "--site", "north", "--sort", "case"])?,
        ["n1", "n2", "n3", "n4", "n5"]
    );
    assert_eq!(lines(&place, &["queue", "--batch", "late.csv"])?, ["s9"]);
    assert_eq!(lines(&place, &["queue", "--batch", "mon.csv", "--site", "south"])?, [] as [&str; 0]);
    let said = place.run(&["agree", "--site", "north", "--label", "grade"])?.fine()?.out;
    assert!(said.contains("of cases from site north alone"), "{said}");
    Ok(())
}

/// Gives what a report says between its head, which names the log, and the protocol.
fn body(place: &Place, arguments: &[&str]) -> Result<String, Box<dyn Error>> {
    place.run(&[&["report", "--force", "-o", "r.html"][..], arguments].concat())?.fine()?;
    let page = std::fs::read_to_string(place.path("r.html"))?;
    let (_, rest) = page.split_once("</p>").ok_or("the page has no head")?;
    let (body, _) = rest.split_once("<h2>Protocol and provenance").ok_or("the page has no protocol")?;
    Ok(body.to_owned())
}

#[test]
fn a_report_and_feedback_of_a_site_are_those_of_a_store_that_holds_nothing_else() -> Outcome {
    let (all, north) = (place()?, place_of(|site| site == Some("north"))?);
    let decided = |case: &str, value: i64| {
        let verdicts = json!({ "A": { "verdict": "error", "cause": ["O1"], "severity": "2a" },
            "B": { "verdict": "error", "cause": ["O1"], "severity": "2a" } });
        json!({ "case": case, "dispute": "grade#1", "answer": { "value": value }, "confidence": 4, "verdicts": verdicts })
    };
    all.decide(&[decided("n3", 5), decided("s1", 3)])?;
    north.decide(&[decided("n3", 5)])?;

    let (part, whole) = (body(&all, &["--site", "north"])?, body(&north, &[])?);
    assert!(part.contains("grade") && part.len() > 5_000, "{part}");
    assert_eq!(part, whole);
    assert_ne!(part, body(&all, &[])?, "nothing is left out");
    let page = std::fs::read_to_string(all.path("r.html"))?;
    assert!(!page.contains("of cases from"), "{page}");
    let told = found(&all, &["report", "--force", "-o", "r.html", "--site", "north", "--batch", "mon.csv"])?;
    assert_eq!(
        (&told["site"], &told["batch"], &told["cases"]),
        (&json!("north"), &json!("mon.csv"), &json!(3))
    );
    let page = std::fs::read_to_string(all.path("r.html"))?;
    assert!(page.contains("of cases from site north, batch mon.csv alone"), "{page}");
    let log = all.run(&["log", "--json"])?.fine()?.lines()?;
    let within: Vec<&Json> =
        log.iter().map(|event| &event["detail"]["within"]).filter(|of| !of.is_null()).collect();
    assert!(within.contains(&&json!({ "site": "north", "batch": "mon.csv" })), "{within:?}");
    let week = ["report", "--since", "7d", "-o", "w.html", "--site", "north"];
    all.run(&week)?.refused(2, "a digest is of the whole project")?;
    assert!(!all.path("w.html").exists());
    all.run(&[&week[..], &["--whole"]].concat())?.fine()?;

    let packet = |place: &Place, arguments: &[&str]| -> Result<Json, Box<dyn Error>> {
        place.run(&[&["feedback", "ann", "--force", "-o", "ann"][..], arguments].concat())?.fine()?;
        let mut packet: Json =
            serde_json::from_str(&std::fs::read_to_string(place.path("ann/feedback.json"))?)?;
        packet.as_object_mut().and_then(|fields| fields.remove("at"));
        Ok(packet)
    };
    let part = bare(packet(&all, &["--site", "north"])?, "site", Some("north"))?;
    let html = std::fs::read_to_string(all.path("ann/index.html"))?;
    assert!(html.contains("of cases from site north alone"), "{html}");
    assert_eq!(part, packet(&north, &[])?);
    assert_eq!((&part["cases"], &part["entries"][0]["case"]), (&json!(5), &json!("n3")));
    assert_eq!(packet(&all, &[])?["cases"], json!(9));
    for command in [&["report", "-o", "x.html"][..], &["feedback", "ann", "-o", "x"]] {
        all.run(&[command, &["--site", "nroth"]].concat())?.refused(66, "there is north, south")?;
    }
    assert!(!all.path("x.html").exists() && !all.path("x").exists());
    let log = all.run(&["log", "--json"])?.fine()?.lines()?;
    assert!(log.iter().all(|event| event["detail"]["file"] != "x.html"), "what is refused goes nowhere");
    all.run(&["causes", "--site", "north", "review", "list"])?.refused(2, "say nothing of it")?;
    Ok(())
}

#[test]
fn a_name_that_is_not_there_lists_those_that_are() -> Outcome {
    let place = place()?;
    for arguments in FIGURES {
        let ran = place.run(&[arguments, &["--site", "nroth"]].concat())?;
        ran.refused(66, "no case comes from the site nroth: there is north, south")?;
    }
    let files = "no case comes from the batch x.csv: there is mon.csv, thu.csv, tue.csv, wed.csv";
    place.run(&["queue", "--batch", "x.csv"])?.refused(66, files)?;
    place
        .run(&["sample", "draw", "--site", "x", "--size", "1", "--seed", "1"])?
        .refused(66, "north, south")?;
    place.run(&["agree", "--by", "region"])?.refused(2, "use one of batch, site")?;
    let nowhere = Place::with_grades()?;
    nowhere.run(&["agree", "--site", "x"])?.refused(66, "no import named one with --site")?;
    let empty = Place::with_store()?;
    empty.run(&["balance", "--batch", "x"])?.refused(66, "no case is here yet")?;
    Ok(())
}

#[test]
fn a_lot_is_of_a_site_and_strata_are_sites() -> Outcome {
    let place = place_of(|_| true)?;
    // Without effusions these are concordant.
    let cases: Vec<(&str, i64, i64)> = vec![("e1", 1, 1), ("e2", 2, 2)];
    let plain = |cases: &[(&str, i64, i64)]| table(cases).replace("effusion,present", "effusion,absent");
    place.write("fri.csv", plain(&cases))?;
    place.run(&["import", "fri.csv", "--site", "east"])?.fine()?;
    place.write("sat.csv", plain(&[("w1", 3, 3)]))?;
    place.run(&["import", "sat.csv", "--site", "west"])?.fine()?;
    let drawn = ["sample", "draw", "--size", "2", "--seed", "7"];
    let outlook = found(&place, &[&drawn[..], &["--by", "site", "--dry-run"]].concat())?;
    assert_eq!(
        outlook["strata"],
        json!([{ "name": "east", "size": 2, "drawn": 1 }, { "name": "west", "size": 1, "drawn": 1 }])
    );
    let outlook = found(&place, &[&drawn[..], &["--by", "batch,site", "--dry-run"]].concat())?;
    assert_eq!(outlook["strata"][0]["name"], "fri.csv · east");
    let words = place.run(&[&drawn[..], &["--site", "east", "--dry-run"]].concat())?.fine()?.out;
    assert!(words.contains("would draw 2 of 2 cases of site east"), "{words}");
    let sample = found(&place, &[&drawn[..], &["--site", "east"]].concat())?;
    assert_eq!((&sample["site"], &sample["lot"], &sample["size"]), (&json!("east"), &json!(2), &json!(2)));
    let log = place.run(&["log", "--json"])?.fine()?.lines()?;
    let event =
        log.iter().filter(|event| event["action"] == "sample").find(|event| event["object"] == sample["id"]);
    let event = event.ok_or("the sample is not in the log")?;
    assert_eq!(event["detail"]["within"], json!({ "site": "east" }));
    let words = place.run(&["sample", "result", sample["id"].as_str().unwrap_or_default()])?.fine()?.out;
    assert!(words.contains("2 of 2 cases concordant of site east"), "{words}");
    Ok(())
}
