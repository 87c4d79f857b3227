//! `import`: every kind of file of the ground, what is said of it, and that nothing happens twice.

use serde_json::{Value as Json, json};

use crate::made::{element, part10};
use crate::program::{BOXES, GRADES, Outcome, Place, data, each, holds};

/// A gray image of one frame with this SOP Instance UID and a patient who must never be seen.
pub fn picture(uid: &str, rows: u16, columns: u16) -> Vec<u8> {
    let padded = |text: &str, pad: u8| {
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize(text.len().next_multiple_of(2), pad);
        bytes
    };
    let short = |number, value: u16| element(0x28, number, b"US", &value.to_le_bytes());
    let header = [
        element(8, 0x18, b"UI", &padded(uid, 0)),
        element(8, 0x50, b"SH", &padded("CANARY-ACCESSION", b' ')),
        element(8, 0x60, b"CS", b"CT"),
        element(8, 0x80, b"LO", &padded("CANARY HOSPITAL", b' ')),
        element(8, 0x90, b"PN", &padded("CANARY^REFERRER", b' ')),
        element(8, 0x1030, b"LO", &padded("CANARY STUDY", b' ')),
        element(0x10, 0x10, b"PN", &padded("CANARY^PATIENT", b' ')),
        element(0x10, 0x20, b"LO", &padded("CANARY-ID", b' ')),
        element(0x10, 0x30, b"DA", b"19010203"),
        element(0x10, 0x4000, b"LT", &padded("CANARY COMMENT", b' ')),
        short(2, 1),
        element(0x28, 4, b"CS", b"MONOCHROME2 "),
        short(0x10, rows),
        short(0x11, columns),
        short(0x100, 8),
        short(0x101, 8),
        short(0x102, 7),
        short(0x103, 0),
        element(0x7fe0, 0x10, b"OB", &vec![7; usize::from(rows) * usize::from(columns)]),
    ];
    part10("1.2.840.10008.1.2.1", &header.concat())
}

fn number(report: &Json, name: &str) -> Option<u64> {
    report.get(name)?.as_u64()
}

fn import(place: &Place, arguments: &[&str]) -> Result<(i32, Json), Box<dyn std::error::Error>> {
    let all: Vec<&str> = ["import", "--json"].iter().chain(arguments).copied().collect();
    let ran = place.run(&all)?;
    assert_eq!(ran.err, "", "{arguments:?}");
    Ok((ran.code, ran.json()?))
}

#[test]
fn real_reads_of_two_readers_meet_their_images_and_do_so_once() -> Outcome {
    let place = Place::with_store()?;
    for (n, uid) in ["10717", "10884", "11065", "11451"].iter().enumerate() {
        let uid = format!("1.3.6.1.4.1.9328.50.1.{uid}");
        place.write(&format!("dicom/deep/{n}"), picture(&uid, 512, 512))?;
    }
    let reads = data("aim").to_string_lossy().into_owned();
    let before = std::fs::read(place.path("s.overread"))?;
    let (code, dry) = import(&place, &[&reads, "--images", "dicom", "--dry-run"])?;
    assert_eq!(code, 0);
    assert_eq!(std::fs::read(place.path("s.overread"))?, before, "a dry run changes nothing");
    let (code, report) = import(&place, &[&reads, "--images", "dicom"])?;
    holds(
        &report,
        &["cases", "reads", "findings", "readers", "images", "images_missing", "unchanged", "refused"],
    )?;
    let expected = [
        ("cases", 4),
        ("reads", 8),
        ("findings", 67),
        ("readers", 2),
        ("images", 4),
        ("images_missing", 0),
        ("unchanged", 0),
    ];
    for (name, n) in expected {
        assert_eq!((number(&report, name), number(&dry, name)), (Some(n), Some(n)), "{name}");
    }
    assert_eq!((code, report.get("refused")), (0, Some(&json!([]))));
    let proof = |place: &Place| -> Result<Json, Box<dyn std::error::Error>> {
        place.run(&["verify", "--json"])?.fine()?.json()
    };
    let head = proof(&place)?;
    let (code, again) = import(&place, &[&reads, "--images", "dicom"])?;
    assert_eq!((code, number(&again, "unchanged"), number(&again, "findings")), (0, Some(12), Some(0)));
    assert_eq!(proof(&place)?, head, "importing again changes nothing");
    // Lines in mm, ordinal characteristics, and what a stray bar in a code must not hide.
    let queue = place.run(&["queue", "--json"])?.fine()?.lines()?;
    assert_eq!(queue.len(), 4);
    for line in &queue {
        let types = line.pointer("/disputes/0/type");
        assert_eq!(types, Some(&json!("POSITION")), "{line}");
    }
    let shown = place.shown("1.3.6.1.4.1.9328.50.1.11065")?;
    assert_eq!(
        shown.pointer("/disputes/0/candidates/0/value/image"),
        Some(&json!("1.3.6.1.4.1.9328.50.1.11065"))
    );
    Ok(())
}

#[test]
fn tables_come_in_any_order_separator_and_quoting() -> Outcome {
    let long = |text: &str| text.as_bytes().to_vec();
    let tables: [(&str, Vec<u8>); 6] = [
        ("columns.csv", long("VALUE,Label,Rater,Image_ID\n1,grade,ann,c1\n3,grade,bob,c1\n")),
        (
            "mark.csv",
            [
                b"\xef\xbb\xbf".to_vec(),
                long("case,reader,label,value\r\nc1,ann,grade,1\r\nc1,bob,grade,3\r\n"),
            ]
            .concat(),
        ),
        ("tabs.tsv", long("case\treader\tlabel\tvalue\nc1\tann\tgrade\t1\nc1\tbob\tgrade\t3\n")),
        ("semicolons.csv", long("case;reader;label;value\nc1;ann;grade;1\nc1;bob;grade;3\n")),
        (
            "quotes.csv",
            long(
                "case,reader,label,value,comment\n\"c1\",\"ann\",\"grade\",\"1\",\"a \"\"thin\"\" line,\nor two\"\nc1,bob,grade,3,\n",
            ),
        ),
        ("no_last_line_end.csv", long("case,reader,label,value\nc1,ann,grade,1\n\nc1,bob,grade,3")),
    ];
    for (name, bytes) in tables {
        let place = Place::with_store()?;
        place.write(name, bytes)?;
        let (code, report) = import(&place, &[name])?;
        assert_eq!(
            (code, number(&report, "findings"), number(&report, "readers")),
            (0, Some(2), Some(2)),
            "{name}: {report}"
        );
        let shown = place.shown("c1")?;
        assert_eq!(shown.pointer("/disputes/0/gap"), Some(&json!(2.0)), "{name}");
    }
    Ok(())
}

#[test]
fn a_wide_table_tells_a_blank_from_a_no() -> Outcome {
    let place = Place::with_store()?;
    place
        .write("reads.csv", "case,reader,Nodule,Effusion\nc1,ann,1,\nc1,bob,0,0\nc2,ann,1,0\nc2,bob,1,0\n")?;
    let (code, report) = import(&place, &["reads.csv"])?;
    assert_eq!(
        (code, number(&report, "findings"), number(&report, "reads")),
        (0, Some(7), Some(4)),
        "{report}"
    );
    let queue = place.run(&["queue", "--json"])?.fine()?.lines()?;
    assert_eq!(each(&queue, "case"), ["c1"]);
    assert_eq!(queue.first().and_then(|line| line.pointer("/disputes/0/label")), Some(&json!("Nodule")));
    assert_eq!(queue.first().and_then(|line| line.get("disputes")?.as_array()).map(Vec::len), Some(1));
    Ok(())
}

#[test]
fn the_reader_may_be_a_file_name_or_said() -> Outcome {
    let place = Place::with_store()?;
    place.write("wide/ann.csv", "case,Nodule\nc1,1\n")?;
    place.write("wide/bob.csv", "case,Nodule\nc1,0\n")?;
    place.write("wide/notes.txt", "not a table of reads")?;
    let (code, report) = import(&place, &["wide"])?;
    assert_eq!((code, number(&report, "readers")), (0, Some(2)), "{report}");
    assert_eq!(
        each(report.get("skipped").and_then(Json::as_array).ok_or("no list")?, "file"),
        ["wide/notes.txt"]
    );
    place.write("third.csv", "case,label,value\nc1,Nodule,1\n")?;
    let (code, report) = import(&place, &["third.csv", "--reader", "cleo"])?;
    assert_eq!((code, number(&report, "reads")), (0, Some(1)), "{report}");
    let revealed = place.run(&["show", "c1", "--reveal", "--why", "test", "--json"])?.fine()?.json()?;
    let readers = revealed.get("reads").and_then(Json::as_array).cloned().unwrap_or_default();
    let mut names = each(&readers, "reader");
    names.sort_by_key(|name| name.to_string());
    assert_eq!(names, ["ann", "bob", "cleo"]);
    Ok(())
}

#[test]
fn one_reader_reading_twice_is_one_reader() -> Outcome {
    let place = Place::with_store()?;
    place.write("reads.csv", "case,reader,label,value,read_at\nc1,ann,grade,1,2026-01-01T08:00:00Z\nc1,ann,grade,4,2026-03-01T08:00:00Z\nc1,bob,grade,1,\n")?;
    let (code, report) = import(&place, &["reads.csv"])?;
    assert_eq!((code, number(&report, "readers")), (0, Some(2)), "{report}");
    let shown = place.shown("c1")?;
    assert_eq!(shown.get("reads").and_then(Json::as_array).map(Vec::len), Some(2));
    assert_eq!(shown.pointer("/disputes/0/gap"), Some(&json!(3.0)), "the later read counts: {shown}");
    Ok(())
}

#[test]
fn a_file_with_a_broken_row_is_refused_whole_and_the_others_go_in() -> Outcome {
    let place = Place::with_store()?;
    place.write("reads/good.csv", GRADES)?;
    place.write(
        "reads/bad.csv",
        "case,reader,label,x_min,y_min,x_max,y_max\nd1,ann,lesion,10,10,50,50\nd1,bob,lesion,10,ten,50,50\n",
    )?;
    let (code, report) = import(&place, &["reads", "--dry-run"])?;
    assert_eq!((code, number(&report, "findings")), (1, Some(9)));
    let (code, report) = import(&place, &["reads"])?;
    assert_eq!((code, number(&report, "findings"), number(&report, "cases")), (1, Some(9), Some(5)));
    let refused = report.get("refused").and_then(Json::as_array).cloned().unwrap_or_default();
    assert_eq!(
        (each(&refused, "file"), each(&refused, "line")),
        (vec![&json!("reads/bad.csv")], vec![&json!(3)])
    );
    assert!(refused.iter().any(|fault| fault.get("why").is_some_and(|why| why.to_string().contains("ten"))));
    place.run(&["show", "d1"])?.refused(66, "there is no case d1")?;
    // By itself nothing goes in, which is another code; then its good rows do.
    assert_eq!(import(&place, &["reads/bad.csv"])?.0, 65);
    // Said in words for a person, with the file, the line and what to do.
    let words = place.run(&["import", "reads/bad.csv"])?;
    assert_eq!(words.err, "");
    assert!(words.out.contains("✗ reads/bad.csv line 3: "), "{words:?}");
    assert!(words.out.contains("--skip-bad-rows"), "{words:?}");
    let (code, report) = import(&place, &["reads", "--skip-bad-rows"])?;
    assert_eq!((code, number(&report, "findings")), (1, Some(1)), "{report}");
    place.shown("d1")?;
    let log = place.run(&["log", "--json", "--limit", "3"])?.fine()?.lines()?;
    assert!(
        log.first().is_some_and(|event| event.pointer("/detail/left_out/0/0") == Some(&json!(3))),
        "{log:?}"
    );
    // The good rows are in now, and the same file changes nothing more.
    assert_eq!(import(&place, &["reads", "--skip-bad-rows"])?.1.get("unchanged"), Some(&json!(2)));
    place.verified()
}

#[test]
fn what_is_not_there_or_not_known_is_named() -> Outcome {
    let place = Place::with_store()?;
    place.run(&["import", "absent"])?.refused(66, "there is no file or folder absent")?;
    place.run(&["import", "absent.csv", "--images", "absent"])?.refused(66, "absent")?;
    // A folder of nothing that is known is no success.
    place.write("folder/notes.txt", "nothing to import")?;
    assert_eq!(import(&place, &["folder"])?.0, 65);
    place.write("reads.csv", GRADES)?;
    place.run(&["import", "reads.csv", "--images", "absent"])?.refused(66, "absent")?;
    place.run(&["import", "reads.csv", "--format", "excel"])?.refused(2, "there is no format excel")?;
    place
        .run(&["import", "reads.csv", "--map", "absent.toml"])?
        .refused(66, "there is no file absent.toml")?;
    place.write("map.toml", "colums = 1\n")?;
    place.run(&["import", "reads.csv", "--map", "map.toml"])?.refused(78, "map.toml")?;
    // The option of the terminal and that of the command have the same name, and each its place.
    assert_eq!(place.run(&["--images", "off", "import", "reads.csv", "--images", "."])?.code, 0);
    assert_eq!(import(&place, &["reads.csv"])?.0, 0);
    Ok(())
}

#[test]
fn a_map_reads_a_table_that_nobody_knows() -> Outcome {
    let place = Place::with_store()?;
    let knee = data("tables/fastmri_knee_head.csv").to_string_lossy().into_owned();
    let (code, report) = import(&place, &[&knee, "--reader", "ann"])?;
    assert!(code == 0 || code == 65, "{report}");
    place.write("boxes.csv", BOXES)?;
    assert_eq!(import(&place, &["boxes.csv"])?.0, 0);
    place.verified()
}

#[test]
fn what_is_drawn_again_is_a_patient_where_headers_tell_patients_apart() -> Outcome {
    let place = Place::with_store()?;
    let reads = "case,reader,label,value\n9.1,ann,grade,1\n9.1,bob,grade,1\n9.2,ann,grade,2\n9.2,bob,grade,1\n\
                 9.3,ann,grade,2\n9.3,bob,grade,2\n";
    place.write("reads.csv", reads)?;
    assert_eq!(import(&place, &["reads.csv"])?.0, 0);
    let groups = || -> Result<Json, Box<dyn std::error::Error>> {
        let found = place.run(&["agree", "--bootstrap", "20", "--seed", "1", "--json"])?.json()?;
        Ok(found[0]["groups"].clone())
    };
    assert_eq!(groups()?, "case");
    // Two images of one patient, then one of another.
    for (uid, id) in [("9.1", b"CANARY-ID"), ("9.2", b"CANARY-ID"), ("9.3", b"CANARY-IX")] {
        if uid == "9.3" {
            assert_eq!(import(&place, &["9.1.dcm", "9.2.dcm"])?.0, 0);
            assert_eq!(groups()?, "patient or case");
        }
        let mut bytes = picture(uid, 4, 4);
        let at = bytes.windows(9).position(|part| part == b"CANARY-ID").ok_or("no id")?;
        bytes.splice(at..at + 9, id.iter().copied());
        place.write(&format!("{uid}.dcm"), &bytes)?;
    }
    assert_eq!(import(&place, &["9.3.dcm"])?.0, 0);
    assert_eq!(groups()?, "patient");
    let shown = place.run(&["show", "9.1", "--json"])?.json()?;
    assert!(shown["images"][0]["rows"] == 4 && shown["images"][0]["patient"].is_null(), "{shown}");
    Ok(())
}

#[test]
fn a_reader_is_a_person_or_a_model_and_not_both() -> Outcome {
    let place = Place::with_store()?;
    place.write("people.csv", "case,reader,label,value\nc1,ann,grade,1\nc1,net,grade,2\n")?;
    place.run(&["import", "people.csv"])?.fine()?;
    // In another file, by its own word and by --model.
    place.write(
        "kinds.csv",
        "case,reader,label,value,reader_kind\nc2,ann,grade,1,human\nc2,net,grade,2,model\n",
    )?;
    let other = place.run(&["import", "kinds.csv", "--json"])?;
    assert_eq!(other.code, 65, "{other:?}");
    let why = "net is a model here and a person in what came in before: a reader is one of them";
    assert!(other.out.contains(why) && other.out.contains("--model"), "{other:?}");
    let dry = place.run(&["import", "kinds.csv", "--dry-run", "--json"])?;
    assert!(dry.out.contains(why), "{dry:?}");
    place.write("net.csv", "case,reader,label,value\nc3,net,grade,2\n")?;
    let whole = place.run(&["import", "net.csv", "--model", "--json"])?;
    assert!(whole.code == 65 && whole.out.contains(why), "{whole:?}");
    // In one file, with the line.
    let both = "case,reader,label,value,reader_kind\nc4,cad,grade,2,model\nc5,cad,grade,3,human\n";
    place.write("both.csv", both)?;
    let same = place.run(&["import", "both.csv", "--json"])?;
    assert!(same.out.contains("cad is a person here and a model in the lines before"), "{same:?}");
    assert!(same.out.contains("\"line\":3"), "{same:?}");
    // Nothing of them went in, and under a name of its own the model's reads are taken.
    for case in ["c2", "c3", "c4", "c5"] {
        assert_eq!(place.run(&["show", case])?.code, 66, "{case}");
    }
    place.write(
        "cad.csv",
        "case,reader,label,value,reader_kind\nc4,cad,grade,2,model\nc4,ann,grade,2,human\n",
    )?;
    place.run(&["import", "cad.csv"])?.fine()?;
    place.run(&["import", "net.csv"])?.fine()?;
    place.verified()
}
