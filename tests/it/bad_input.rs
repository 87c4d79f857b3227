//! Files that are broken or hostile: each in `tests/data/bad` is named after its fault and refused by it, in words that
//! say where it lies and what to do; nothing of it goes in and the program never fails over it.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::cli_import::picture;
use crate::program::{GRADES, Outcome, Place, data, files_below};

/// File, line and what is said.
const FAULTS: [(&str, Option<u64>, &str); 39] = [
    ("aim-coordinate-nan.xml", Some(93), "“NaN” is not a finite number"),
    ("aim-without-image-uid.xml", Some(10), "names no image (sopInstanceUID)"),
    ("aim-without-reader.xml", Some(10), "give --reader NAME"),
    ("binary.csv", Some(1), "holds a NUL byte"),
    ("box-half.csv", Some(2), "“y_max” is empty, and the box's other coordinates are not"),
    ("box-words.csv", Some(2), "“left” is not a number"),
    ("case-blank.csv", Some(3), "“case” is empty"),
    ("column-twice.csv", Some(1), "two columns are called “value”: rename one"),
    ("confidence-nan.csv", Some(2), "“nan” is not a finite number"),
    ("empty.csv", None, "the file is empty"),
    ("frame-fraction.csv", Some(2), "“1.5” is not a frame's number"),
    ("frame-negative.csv", Some(2), "“-1” is not a frame's number"),
    ("header-only.csv", None, "holds a header and no lines"),
    ("json.csv", Some(1), "closing quote"),
    ("label-blank.csv", Some(3), "“label” is empty"),
    ("no-case-column.csv", Some(1), "no column names the case"),
    ("not-utf-8.csv", Some(3), "is not valid UTF-8: save the file again"),
    ("nul-in-a-cell.csv", Some(3), "holds a NUL byte"),
    ("number-too-large.csv", Some(2), "“1e999” is not a finite number"),
    ("prose.csv", Some(1), "no column names the case"),
    ("quote-unclosed.csv", Some(3), "opens a quote that never closes"),
    ("read-at-no-date.csv", Some(2), "“teatime” is no date"),
    ("reader-blank.csv", Some(3), "“reader” is empty: who read?"),
    ("row-too-long.csv", Some(3), "has 6 cells where the header has 4"),
    ("row-too-short.csv", Some(3), "has 2 cells where the header has 4"),
    ("utf-16.csv", None, "is UTF-16 text: save it again"),
    ("value-infinite.csv", Some(3), "“inf” is not a finite number"),
    ("value-nan.csv", Some(2), "“NaN” is not a finite number"),
    ("white-space-only.csv", None, "is empty"),
    ("width-negative.csv", Some(3), "-20 is negative"),
    ("xml-bomb.xml", Some(2), "declares a document type (DTD), which is never read"),
    ("xml-cut.xml", Some(48), "is broken XML"),
    ("xml-empty.xml", None, "the file is empty"),
    ("xml-external-entity.xml", Some(2), "declares a document type (DTD)"),
    ("xml-nothing-inside.xml", Some(2), "doesn't say who made it"),
    ("xml-prose.xml", None, "is XML without an element"),
    ("xml-tags-crossed.xml", Some(2), "is broken XML"),
    ("xml-too-deep.xml", Some(2), "is nested too deeply"),
    ("xml-wrong-root.xml", Some(2), "begins with “html”"),
];

/// What the program says of itself where it fails.
const OWN_FAULT: &str = "fault of its own";

#[test]
fn each_bad_file_is_refused_by_its_fault() -> Outcome {
    let place = Place::with_store()?;
    let head = || -> Result<Option<Json>, Box<dyn std::error::Error>> {
        Ok(place.run(&["verify", "--json"])?.fine()?.json()?.get("head").cloned())
    };
    let before = head()?;
    for (name, line, words) in FAULTS {
        place.write(name, std::fs::read(data("bad").join(name))?)?;
        let ran = place.run(&["import", name, "--json"])?;
        assert_eq!((ran.code, ran.err.as_str()), (65, ""), "{name}");
        let report = ran.json()?;
        let refused = report.pointer("/refused/0").cloned().unwrap_or_default();
        assert_eq!(refused.get("file"), Some(&json!(name)));
        assert_eq!(refused.get("line").and_then(Json::as_u64), line, "{name}: {refused}");
        let why = refused.get("why").and_then(Json::as_str).unwrap_or_default();
        assert!(why.contains(words), "{name}: {why}");
        let said = place.run(&["import", name])?;
        assert!(said.code == 65 && said.out.contains(words) && said.out.contains(name), "{name}: {said:?}");
    }
    assert_eq!(head()?, before, "nothing went in");
    let listed: BTreeSet<String> = FAULTS.iter().map(|(name, _, _)| (*name).to_owned()).collect();
    let there: BTreeSet<String> = files_below(&data("bad"))?
        .iter()
        .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
        .collect();
    assert_eq!(there, listed);
    Ok(())
}

#[test]
fn good_files_go_in_beside_all_bad_ones() -> Outcome {
    let place = Place::with_store()?;
    for (name, _, _) in FAULTS {
        place.write(&format!("reads/{name}"), std::fs::read(data("bad").join(name))?)?;
    }
    place.write("reads/good.csv", GRADES)?;
    let ran = place.run(&["import", "reads", "--json"])?;
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    let report = ran.json()?;
    let count = |name: &str| report.get(name).and_then(Json::as_array).map_or(0, Vec::len);
    assert_eq!((report.get("cases"), report.get("findings")), (Some(&json!(5)), Some(&json!(9))), "{report}");
    assert_eq!((count("imported"), count("refused") + count("skipped")), (1, FAULTS.len()), "{report}");
    place.run(&["queue"])?.fine()?;
    place.verified()?;
    // Taking the good rows of bad files is another thing, and holds together too.
    let ran = place.run(&["import", "reads", "--skip-bad-rows", "--json"])?;
    assert!(ran.code == 1 && ran.err.is_empty());
    assert!(!ran.out.contains(OWN_FAULT));
    place.verified()
}

#[test]
fn every_file_in_every_format_ends_in_words() -> Outcome {
    let place = Place::with_store()?;
    for path in files_below(&data("bad"))?.into_iter().chain(files_below(&data("aim"))?.into_iter().take(1)) {
        let path = path.to_string_lossy().into_owned();
        for format in ["long", "wide", "aim"] {
            let ran = place.run(&["import", &path, "--format", format, "--dry-run", "--json"])?;
            assert!(matches!(ran.code, 0 | 1 | 65), "{path} as {format}: {ran:?}");
            assert_eq!(ran.err, "", "{path} as {format}");
            ran.json()?;
        }
    }
    Ok(())
}

#[test]
fn an_image_cut_anywhere_is_refused_and_the_whole_one_goes_in() -> Outcome {
    let place = Place::with_store()?;
    let whole = std::fs::read(data("dicom/CT_small.dcm"))?;
    let cuts: Vec<usize> = (0..39_000).step_by(1_625).chain([131, 132, 133, 160]).collect();
    for cut in &cuts {
        place.write(&format!("cut/{cut}.dcm"), whole.get(..*cut).unwrap_or_default())?;
    }
    place.write("whole/ct.dcm", &whole)?;
    let ran = place.run(&["import", "whole", "cut", "--json"])?;
    assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{ran:?}");
    let report = ran.json()?;
    assert_eq!(report.get("images"), Some(&json!(1)), "{report}");
    for cut in &cuts {
        let ran = place.run(&["preview", &format!("cut/{cut}.dcm"), "-o", "p.png"])?;
        assert!(
            ran.code == 65 && !ran.err.contains(OWN_FAULT) && ran.err.contains(&cut.to_string()),
            "{ran:?}"
        );
    }
    assert!(!place.path("p.png").exists());
    place.verified()
}

#[test]
fn files_that_are_no_files_are_named() -> Outcome {
    let place = Place::with_store()?;
    std::fs::create_dir_all(place.path("reads/deep"))?;
    std::os::unix::fs::symlink(place.path("reads"), place.path("reads/deep/loop"))?;
    std::os::unix::fs::symlink(place.path("nowhere"), place.path("reads/dangling.csv"))?;
    place.write("reads/deep/good.csv", GRADES)?;
    place.write("reads/.hidden.csv", "not to be read")?;
    let report = place.run(&["import", "reads", "--json"])?.fine()?.json()?;
    assert_eq!(report.get("findings"), Some(&json!(9)), "{report}");
    place.run(&["import", "reads/dangling.csv"])?.refused(66, "dangling.csv")?;
    place.run(&["decide", "reads"])?.refused(74, "failed to read")?;
    place.run(&["charter", "check", "reads"])?.refused(66, "no regular file")?;
    place.run(&["--store", "reads", "queue"])?.refused(65, "reads")?;
    place.verified()
}

#[test]
fn shapes_of_every_wrong_kind_are_told_and_not_lost() -> Outcome {
    let place = Place::with_store()?;
    place.write("images/one.dcm", picture("9.1", 32, 32))?;
    place.write(
        "reads.csv",
        "case,reader,label,x_min,y_min,x_max,y_max,frame\n9.1,ann,lesion,1,1,9,9,0\n9.1,ann,lesion,9,9,1,1,0\n\
         9.1,bob,lesion,5,5,5,5,0\n9.1,bob,lesion,1,1,2,2,0\n9.1,bob,lesion,1,1,5000,9,0\n9.1,bob,lesion,1,1,9,9,7\n",
    )?;
    let report = place.run(&["import", "reads.csv", "--images", "images", "--json"])?.fine()?.json()?;
    assert_eq!(report.get("findings"), Some(&json!(6)));
    let found = place.run(&["check", "--json"])?;
    assert_eq!((found.code, found.err.as_str()), (1, ""));
    let checks: BTreeSet<String> =
        found.lines()?.iter().filter_map(|line| Some(line.get("check")?.as_str()?.to_owned())).collect();
    for check in ["box-outside-image", "box-inverted", "box-empty", "box-tiny"] {
        assert!(checks.contains(check), "{check} of {checks:?}");
    }
    place.run(&["show", "9.1"])?.fine()?;
    place.verified()
}
