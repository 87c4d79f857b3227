//! A patient's name in an image's header is nowhere afterwards, and no text of a file reaches a terminal raw.

use serde_json::json;

use crate::cli_import::picture;
use crate::program::{Outcome, Place, Ran, files_below};

fn any_case(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

#[test]
fn the_patient_of_an_image_is_nowhere() -> Outcome {
    let place = Place::new()?;
    let picture = picture("9.1", 32, 32);
    for folder in ["source/dicom", "source/cut"] {
        std::fs::create_dir_all(place.path(folder))?;
    }
    place.write("source/dicom/one.dcm", &picture)?;
    // Broken after the patient's name, in the pixels and in the header, and with a name of an impossible length.
    place.write("source/cut/pixels.dcm", picture.get(..picture.len() - 700).unwrap_or_default())?;
    let name = picture.windows(6).position(|part| part == b"CANARY").unwrap_or(0);
    place.write("source/cut/header.dcm", picture.get(..name + 90).unwrap_or_default())?;
    let mut long = picture.clone();
    long.splice(name - 2..name, [0xff, 0xff]);
    place.write("source/cut/length.dcm", long)?;
    place.write("reads.csv", "case,reader,label,value\n9.1,ann,grade,1\n9.1,bob,grade,3\n")?;
    let mut said: Vec<Ran> = Vec::new();
    let decision = json!({ "case": "9.1", "dispute": "grade#1", "answer": { "value": 3 }, "confidence": 4 });
    for arguments in [
        &["init", "s.overread"][..],
        &["import", "reads.csv", "--images", "source", "--dry-run"],
        &["import", "reads.csv", "source"],
        &["import", "source/cut", "--json"],
        &["import", "source/cut/length.dcm", "--format", "long"],
        &["queue"],
        &["show", "9.1"],
        &["show", "9.1", "--json"],
        &["show", "9.1", "--reveal", "--why", "test"],
        &["preview", "9.1", "-o", "p.png"],
        &["preview", "source/dicom/one.dcm", "-o", "q.png", "--json"],
        &["preview", "source/dicom/one.dcm", "-o", "q.png", "--force", "--frame", "9"],
        &["preview", "source/cut/pixels.dcm", "-o", "r.png"],
        &["preview", "source/cut/header.dcm", "-o", "r.png"],
        &["preview", "source/cut/length.dcm", "-o", "r.png"],
        &["check"],
        &["check", "--json"],
        &["finalise", "--all"],
        &["export", "--format", "jsonl", "-o", "t.jsonl", "--reads"],
        &["export", "--format", "csv", "-o", "t.csv", "--reads"],
        &["log", "--json"],
        &["log"],
        &["verify", "--json"],
        &["backup", "b"],
        &["doctor"],
    ] {
        said.push(place.run(arguments)?);
    }
    said.push(place.feed(&["decide"], &decision.to_string())?);
    // Where something is wrong with a file or a picture, 1 says so.
    assert!(said.iter().any(|ran| ran.code == 65) && said.iter().filter(|ran| ran.code <= 1).count() > 15);
    for ran in &said {
        assert!(!any_case(format!("{ran:?}").as_bytes(), "canary"), "{ran:?}");
        assert!(!ran.err.contains("fault of its own"), "{ran:?}");
    }
    let source = place.path("source");
    let mut looked_at = 0;
    for file in files_below(&place.path(""))?.iter().filter(|file| !file.starts_with(&source)) {
        looked_at += 1;
        let bytes = std::fs::read(file)?;
        assert!(!any_case(&bytes, "canary") && !any_case(&bytes, "19010203"), "{}", file.display());
    }
    assert!(looked_at >= 9, "the store, its backup, pictures and exports are there: {looked_at}");
    Ok(())
}

/// What a hostile file might hold: escape sequences of both kinds, an override of direction, a tag, line ends.
const HOSTILE: &str = "x\u{1b}]0;t\u{7}\u{1b}[2J\u{9b}31m\u{202e}y\u{e0041}\u{7f}";

fn is_raw(text: &str) -> bool {
    text.chars().any(|character| {
        (character.is_control() && character != '\n')
            || matches!(character as u32, 0x202a..=0x202e | 0x2066..=0x2069 | 0x200b..=0x200f | 0xe0000..=0xe007f)
    })
}

#[test]
fn text_of_files_is_shown_and_never_acts() -> Outcome {
    let place = Place::new()?;
    let store = format!("{HOSTILE}.overread");
    let mut said = Vec::new();
    said.push(place.run(&["init", &store])?);
    let quoted = |text: &str| format!("\"{text}\n\"");
    let (case, reader, label, note) =
        (quoted(HOSTILE), quoted(&format!("r{HOSTILE}")), quoted(&format!("l{HOSTILE}")), quoted(HOSTILE));
    place.write(
        "reads.csv",
        format!(
            "case,reader,label,value,comment\n{case},{reader},{label},1,{note}\n{case},bob,{label},3,{note}\n\
             d,{reader},{label},\"{HOSTILE}\",\nd,bob,{label},3,\n"
        ),
    )?;
    let file = format!("bad{HOSTILE}.csv");
    place.write(&file, format!("case,reader,label,value,{HOSTILE}\nc,ann,{label},1,x,{HOSTILE}\n"))?;
    place.write(&format!("folder/{HOSTILE}.dcm"), picture("9.1", 4, 4).get(..200).unwrap_or_default())?;
    // Line ends at the edges of a cell are no part of a name.
    let name = HOSTILE;
    for arguments in [
        &["import", "reads.csv", &file, "folder"][..],
        &["import", "reads.csv", &file, "folder", "--json"],
        &["import", "reads.csv", "--dry-run"],
        &["queue"],
        &["queue", "--json"],
        &["show", name],
        &["show", name, "--json"],
        &["show", name, "--reveal", "--why", HOSTILE],
        &["show", HOSTILE],
        &["check"],
        &["check", "--json"],
        &["people", "add", "zoe", "--skill", HOSTILE, "--reader", HOSTILE],
        &["people", "add", "zo\u{202e}e", "lead"],
        &["people", "list"],
        &["block", name, "--why", HOSTILE],
        &["charter", "show"],
        &["charter", "show", "--json"],
        &["export", "--format", "csv", "-o", &format!("{HOSTILE}.csv")],
        &["export", "--format", "csv", "-o", &format!("{HOSTILE}/none.csv")],
        &["preview", name, "-o", "p.png"],
        &["preview", &format!("folder/{HOSTILE}.dcm"), "-o", "p.png"],
        &["backup", &format!("b{HOSTILE}")],
        &["log"],
        &["log", "--json"],
        &["log", "--user", HOSTILE, "--since", HOSTILE],
        &["verify"],
        &["doctor"],
        &["doctor", "--json"],
    ] {
        said.push(place.run(arguments)?);
    }
    for decision in [
        json!({ "case": name, "dispute": HOSTILE, "answer": "none", "confidence": 4 }),
        json!({ "case": "d", "dispute": HOSTILE, "answer": { "merge": HOSTILE }, "note": HOSTILE }),
        json!({ HOSTILE: 1 }),
    ] {
        said.push(place.feed(&["decide"], &decision.to_string())?);
        said.push(place.feed(&["decide", "--json"], &decision.to_string())?);
    }
    let shown = said.iter().filter(|ran| ran.out.contains("^[[2J") || ran.out.contains("\\u001b[2J")).count();
    assert!(shown > 8, "what is in the files is shown: {shown}");
    for ran in &said {
        assert!(!is_raw(&ran.out) && !is_raw(&ran.err), "{ran:?}");
    }
    Ok(())
}
