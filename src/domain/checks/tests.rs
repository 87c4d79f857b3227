//! Each check on a case that has the fault, and on its neighbours that don't.

use std::collections::BTreeSet;

use super::*;
use crate::domain::charter::LabelKind;
use crate::domain::geometry::{Point, Shape};

mod intake;

/// A charter with a label of every kind that the cases below speak of.
fn charter() -> Charter {
    let mut charter = Charter::named("t");
    let graded = |name, kind, levels: &[f64]| Label {
        levels: levels.iter().copied().map(Value::Number).collect(),
        ..Label::of(name, kind)
    };
    charter.labels = vec![
        Label { children: vec!["segment".into()], ..Label::of("lesion", LabelKind::Box) },
        Label { levels: vec![Value::Text("IVa".into())], ..Label::of("segment", LabelKind::Categorical) },
        Label { excludes: vec!["lesion".into()], ..Label::of("No finding", LabelKind::Present) },
        Label { uncertain: true, ..Label::of("edema", LabelKind::Present) },
        graded("grade", LabelKind::Ordinal, &[0.0, 1.0, 2.0]),
        Label {
            range: Some([0.0, 300.0]),
            unit: Some("mm".into()),
            ..Label::of("size", LabelKind::Continuous)
        },
        Label::of("spine", LabelKind::Landmarks),
        Label::of("organ", LabelKind::Mask),
    ];
    charter
}

fn image(id: &str) -> Image {
    Image {
        id: id.into(),
        series: None,
        study: None,
        modality: None,
        rows: 100,
        columns: 200,
        frames: 1,
        spacing: None,
        laterality: None,
        burned_in: None,
        slice: None,
        quality: None,
        patient: None,
    }
}

fn sided(id: &str, side: &str) -> Image {
    Image { laterality: Some(side.into()), ..image(id) }
}

fn read(reader: &str, findings: Vec<Finding>) -> Read {
    Read { reader: reader.into(), model: false, occasion: 1, read_at: None, marks: false, findings }
}

fn says(label: &str, value: &str) -> Finding {
    Finding { value: Some(Value::from_cell(value)), ..Finding::of(label) }
}

fn draws(label: &str, shape: Shape) -> Finding {
    Finding { geometry: Some(Geometry { shape, image: "1".into(), frame: 0 }), ..Finding::of(label) }
}

fn boxed(x0: f64, y0: f64, x1: f64, y1: f64) -> Finding {
    draws("lesion", Shape::Box { points: [[x0, y0], [x1, y1]] })
}

fn landmarks(names: &[&str], points: &[Point]) -> Finding {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    draws("spine", Shape::Landmarks { points: points.to_vec(), names })
}

fn on(frame: u32, finding: Finding) -> Finding {
    Finding { geometry: finding.geometry.map(|geometry| Geometry { frame, ..geometry }), ..finding }
}

fn of_image(id: &str, finding: Finding) -> Finding {
    Finding {
        geometry: finding.geometry.map(|geometry| Geometry { image: id.into(), ..geometry }),
        ..finding
    }
}

fn commented(comment: &str, finding: Finding) -> Finding {
    Finding { comment: Some(comment.into()), ..finding }
}

fn found(reads: &[Read], images: &[Image]) -> Vec<Problem> {
    check(&charter(), &Subject { case: "case", reads, images, unblinded: None })
}

/// Checks and messages of what is found in one read on one image.
fn in_one(findings: Vec<Finding>) -> Vec<(&'static str, String)> {
    found(&[read("ann", findings)], &[image("1")]).into_iter().map(|p| (p.check, p.message)).collect()
}

#[test]
fn a_sound_case_has_no_problem() {
    let reads = [
        read("ann", vec![boxed(10.0, 10.0, 50.0, 50.0), says("segment", "IVa"), says("grade", "2")]),
        read(
            "ben",
            vec![says("No finding", "present"), says("lesion", "absent"), says("grade", "ungradable")],
        ),
        read("cat", vec![says("edema", "uncertain"), says("size", "12.5"), says("No finding", "0")]),
        read("dan", vec![]),
    ];
    assert_eq!(found(&reads, &[image("1")]), []);
}

#[test]
fn each_fault_of_one_read_is_found_and_said() {
    let run = |rle: &[u32], size| Shape::Mask { size, rle: rle.to_vec() };
    for (findings, check, message) in [
        (
            vec![boxed(10.0, 10.0, 201.5, 50.0)],
            "box-outside-image",
            "lesion: box reaches (201.5, 50.0), outside the image of 200×100 pixels",
        ),
        (
            vec![boxed(-5.0, 10.0, 50.0, 50.0)],
            "box-outside-image",
            "lesion: box reaches (-5.0, 10.0), outside the image of 200×100 pixels",
        ),
        (
            vec![on(3, boxed(10.0, 10.0, 50.0, 50.0))],
            "box-outside-image",
            "lesion: box on frame 3 of an image with 1 frame, counted from 0",
        ),
        (
            vec![boxed(50.0, 10.0, 10.0, 50.0)],
            "box-inverted",
            "lesion: box from (50.0, 10.0) to (10.0, 50.0) is inverted",
        ),
        (vec![boxed(10.0, 10.0, 10.0, 50.0)], "box-empty", "lesion: box of 0.0×40.0 pixels"),
        (vec![boxed(10.0, 10.0, 50.0, 12.5)], "box-tiny", "lesion: box of only 40.0×2.5 pixels"),
        (
            vec![draws("organ", run(&[0, 50, 50], [10, 10]))],
            "mask-geometry",
            "organ: mask of 10×10 on an image of 100×200 (rows×columns)",
        ),
        (
            vec![draws("organ", run(&[7], [100, 200]))],
            "mask-geometry",
            "organ: a mask of 100×200 whose runs fill 7 pixels",
        ),
        (
            vec![landmarks(&["L1", "L2", "L1"], &[[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])],
            "landmarks-order",
            "spine: landmark L1 is placed twice",
        ),
        (
            vec![boxed(10.0, 10.0, 50.0, 50.0), boxed(10.0, 10.0, 51.0, 50.0)],
            "duplicate-objects",
            "lesion: the same box is drawn twice (IoU 0.98)",
        ),
        (
            vec![draws("lesion", Shape::Point { points: [[5.0, 5.0]] })],
            "shape-outside-kind",
            "lesion: point drawn for a label of kind box: the shape is not compared",
        ),
        (
            vec![says("edma", "1"), says("edma", "1")],
            "label-outside-charter",
            "edma is not a label of the charter (2 findings); did you mean edema?",
        ),
        (vec![says("grade", "7")], "value-outside-levels", "grade: 7 is none of its levels 0, 1, 2"),
        (vec![says("size", "large")], "value-outside-levels", "size: large is no number"),
        (
            vec![says("No finding", "-1")],
            "value-outside-levels",
            "No finding: -1 is neither present nor absent",
        ),
        (vec![says("lesion", "4")], "value-outside-levels", "lesion: 4 is neither present nor absent"),
        (
            vec![says("edema", "2")],
            "value-outside-levels",
            "edema: 2 is none of present, absent and uncertain",
        ),
        (vec![says("size", "-0.5")], "score-out-of-range", "size: -0.5 is outside 0 to 300 mm"),
        (
            vec![boxed(10.0, 10.0, 50.0, 50.0), says("No finding", "1")],
            "exclusive-labels",
            "No finding and lesion can't hold together",
        ),
        (vec![says("segment", "IVa")], "child-without-parent", "segment without lesion"),
        (
            vec![of_image("2", boxed(10.0, 10.0, 50.0, 50.0))],
            "image-missing",
            "no file holds image 2 (1 finding)",
        ),
        (vec![says("\u{1b}[2J", "1")], "label-outside-charter", "^[[2J is not a label of the charter"),
    ] {
        assert_eq!(in_one(findings), [(check, message.to_owned())]);
    }
}

#[test]
fn what_lies_within_the_margins_is_left_alone() {
    for finding in [
        boxed(0.0, 0.0, 200.0, 100.0),
        boxed(-1.0, -1.0, 201.0, 101.0),
        boxed(10.0, 10.0, 13.0, 13.0),
        landmarks(&["a", "b"], &[[1.0, 1.0], [2.0, 2.0]]),
        says("size", "300"),
    ] {
        assert_eq!(in_one(vec![finding]), []);
    }
    // Boxes of one object overlap above 0.9: 40×40 against 40×36 is just 0.9.
    assert_eq!(in_one(vec![boxed(10.0, 10.0, 50.0, 50.0), boxed(10.0, 10.0, 50.0, 46.0)]), []);
    // The same box for two labels is no duplicate, and neither is one on another frame.
    let other = Image { frames: 2, ..image("1") };
    let twice = vec![boxed(10.0, 10.0, 50.0, 50.0), on(1, boxed(10.0, 10.0, 50.0, 50.0))];
    assert_eq!(found(&[read("ann", twice)], &[other]), []);
}

#[test]
fn a_coordinate_that_is_no_number_is_outside() {
    let problems = in_one(vec![boxed(f64::NAN, 10.0, 50.0, 50.0)]);
    assert_eq!(problems.iter().map(|(check, _)| *check).collect::<Vec<_>>(), ["box-outside-image"]);
}

#[test]
fn laterality_goes_by_whole_words_and_by_the_image_drawn_on() {
    let messages = |findings, images: &[Image]| {
        let problems = found(&[read("ann", findings)], images);
        problems.into_iter().map(|problem| (problem.check, problem.message)).collect::<Vec<_>>()
    };
    let left = [sided("1", "L")];
    let wrong = [("laterality", "edema: the finding says right, the image's header says left".to_owned())];
    assert_eq!(messages(vec![commented("Right side", says("edema", "1"))], &left), wrong);
    for comment in ["left side", "bright", "right, unlike left", ""] {
        assert_eq!(messages(vec![commented(comment, says("edema", "1"))], &left), [], "{comment}");
    }
    // Where the case shows both sides only the image drawn on counts.
    let both = [sided("1", "L"), sided("2", "R")];
    assert_eq!(messages(vec![commented("right side", says("edema", "1"))], &both), []);
    let drawn = |id| vec![commented("right side", of_image(id, boxed(10.0, 10.0, 50.0, 50.0)))];
    assert_eq!(messages(drawn("1"), &both).len(), 1);
    assert_eq!(messages(drawn("2"), &both), []);
    // A header that is silent, or says both, says nothing.
    assert_eq!(messages(vec![commented("right", says("edema", "1"))], &[sided("1", "B")]), []);
}

#[test]
fn landmarks_that_run_the_other_way_are_found_between_readers() {
    let names = ["L1", "L2", "L3", "L4"];
    let points = [[50.0, 10.0], [50.0, 30.0], [50.0, 50.0], [50.0, 70.0]];
    let near = [[52.0, 11.0], [51.0, 29.0], [50.0, 52.0], [49.0, 70.0]];
    let mut reversed = near;
    reversed.reverse();
    let two = |points: &[Point]| {
        [
            read("ann", vec![landmarks(&names, &[[50.0, 10.0], [50.0, 30.0], [50.0, 50.0], [50.0, 70.0]])]),
            read("ben", vec![landmarks(&names, points)]),
        ]
    };
    assert_eq!(found(&two(&near), &[image("1")]), []);
    let problems = found(&two(&reversed), &[image("1")]);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].message, "spine: 4 landmarks run the other way than another reader's");
    // The same points under the same names are the same set, in whatever order they are listed.
    let listed = [read("ann", vec![landmarks(&names, &points)]), {
        let (mut names, mut points) = (names, near);
        names.reverse();
        points.reverse();
        read("ben", vec![landmarks(&names, &points)])
    }];
    assert_eq!(found(&listed, &[image("1")]), []);
}

#[test]
fn identical_reads_are_said_of_both_and_by_no_name() {
    let same = || vec![boxed(10.0, 10.0, 50.0, 50.0), says("edema", "1")];
    let problems = found(&[read("ann", same()), read("ben", same())], &[image("1")]);
    let of: Vec<_> = problems.iter().map(|problem| (problem.check, problem.reader.as_deref())).collect();
    assert_eq!(of, [("identical-reads", Some("ann")), ("identical-reads", Some("ben"))]);
    assert!(
        problems.iter().all(|p| p.message == "drew exactly the same 1 shape as 1 other reader"),
        "{problems:?}"
    );
    // To agree on labels alone is nothing to wonder at, and one reader may repeat himself.
    let agree = [read("ann", vec![says("edema", "1")]), read("ben", vec![says("edema", "1")])];
    assert_eq!(found(&agree, &[image("1")]), []);
    let again = [read("ann", same()), Read { occasion: 2, ..read("ann", same()) }];
    assert_eq!(found(&again, &[image("1")]), []);
}

#[test]
fn repeats_that_differ_are_said_with_what_they_say() {
    let twice = |first: Vec<Finding>, second: Vec<Finding>, marks| {
        let second = Read { occasion: 2, marks, ..read("ann", second) };
        let first = Read { marks, ..read("ann", first) };
        let problems = found(&[second, first], &[image("1")]);
        problems
            .into_iter()
            .map(|problem| (problem.check, problem.occasion, problem.message))
            .collect::<Vec<_>>()
    };
    let said = |message: &str| vec![("repeated-read", Some(2), message.to_owned())];
    assert_eq!(
        twice(vec![says("grade", "1")], vec![says("grade", "2")], false),
        said("grade: 1 at read 1, 2 at read 2")
    );
    assert_eq!(twice(vec![says("edema", "1")], vec![says("edema", "present")], false), []);
    let drawn = || vec![boxed(10.0, 10.0, 50.0, 50.0)];
    assert_eq!(twice(drawn(), vec![boxed(11.0, 10.0, 50.0, 50.0)], true), []);
    assert_eq!(twice(drawn(), vec![], true), said("lesion: 1 shape at read 1, absent at read 2"));
    // A missing read is never a negative one.
    assert_eq!(twice(drawn(), vec![], false), []);
}

#[test]
fn a_case_without_an_image_says_so_once() {
    let reads = [
        read("ann", vec![of_image("case", boxed(10.0, 10.0, 50.0, 50.0))]),
        read("ben", vec![says("edema", "1")]),
    ];
    let problems = found(&reads, &[]);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].message, "no file holds an image of the case");
    assert_eq!((problems[0].reader.as_deref(), problems[0].level), (None, CheckLevel::Warn));
    // A shape that names no image lies on the case's only one.
    let outside = [read("ann", vec![of_image("case", boxed(10.0, 10.0, 500.0, 50.0))])];
    assert_eq!(found(&outside, &[image("1")]).len(), 1);
    assert_eq!(found(&outside, &[image("1"), image("2")]).len(), 0);
}

#[test]
fn the_charter_sets_what_a_check_does() {
    let mut charter = charter();
    let reads = [read("ann", vec![boxed(10.0, 10.0, 10.0, 50.0)])];
    let levels = |charter: &Charter| -> Vec<_> {
        let subject = Subject { case: "case", reads: &reads, images: &[image("1")], unblinded: None };
        let problems = check(charter, &subject);
        problems.into_iter().map(|problem| (problem.check, problem.level)).collect()
    };
    assert_eq!(levels(&charter), [("box-empty", CheckLevel::Block)]);
    charter.checks.insert("box-empty".into(), CheckLevel::Warn);
    charter.checks.insert("confidence-missing".into(), CheckLevel::Warn);
    assert_eq!(levels(&charter), [("box-empty", CheckLevel::Warn), ("confidence-missing", CheckLevel::Warn)]);
    for known in &CHECKS {
        charter.checks.insert(known.name.into(), CheckLevel::Off);
    }
    assert_eq!(levels(&charter), []);
}

#[test]
fn the_order_of_reads_makes_no_difference_and_no_message_names_a_reader() {
    let mut reads = vec![
        read("zebedee", vec![boxed(10.0, 10.0, 50.0, 50.0), says("zzz", "1"), says("grade", "9")]),
        read("yolanda", vec![boxed(10.0, 10.0, 50.0, 50.0), says("segment", "V"), says("No finding", "1")]),
        Read { occasion: 2, ..read("yolanda", vec![says("grade", "8"), boxed(0.0, 0.0, 999.0, 0.0)]) },
    ];
    let first = found(&reads, &[image("1")]);
    assert!(first.len() > 6, "{first:?}");
    assert!(
        !first.iter().any(|p| p.message.contains("zebedee") || p.message.contains("yolanda")),
        "{first:?}"
    );
    for _ in 0..reads.len() {
        reads.rotate_left(1);
        assert_eq!(found(&reads, &[image("1")]), first);
    }
}

#[test]
fn names_of_checks_are_one_each_and_each_has_its_line_of_help() {
    let names: BTreeSet<&str> = CHECKS.iter().map(|check| check.name).collect();
    assert_eq!(names.len(), CHECKS.len());
    assert!(CHECKS.iter().all(|check| !check.help.is_empty() && !check.help.contains('\n')));
    let off: Vec<&str> = CHECKS.iter().filter(|c| c.level == CheckLevel::Off).map(|c| c.name).collect();
    assert_eq!(off, ["confidence-missing", "orientation-unknown"]);
}

#[test]
fn a_reader_with_very_many_shapes_is_checked_all_the_same() {
    // All begin at the same x, which is the worst order to look for pairs in.
    let stacked = |n: i32| boxed(10.0, f64::from(n) * 1e-3, 50.0, f64::from(n) * 1e-3 + 10.0);
    let problems = found(&[read("ann", (0..20_000).map(stacked).collect())], &[image("1")]);
    assert!(problems.iter().filter(|problem| problem.check == "duplicate-objects").count() > 10_000);
}
