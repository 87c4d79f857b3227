//! The rules by example, and the properties that hold whatever is said.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::domain::charter::{Label, LabelKind, Tolerance};
use crate::domain::geometry::{Point, Shape};

fn read(reader: &str, findings: Vec<Finding>) -> Read {
    Read { reader: reader.into(), model: false, occasion: 1, read_at: None, marks: true, findings }
}

fn model(reader: &str, findings: Vec<Finding>) -> Read {
    Read { model: true, ..read(reader, findings) }
}

fn on(label: &str, shape: Shape) -> Finding {
    Finding { geometry: Some(Geometry { shape, image: "1.2.3".into(), frame: 0 }), ..Finding::of(label) }
}

fn boxed(label: &str, x: f64, y: f64, side: f64) -> Finding {
    on(label, Shape::Box { points: [[x, y], [x + side, y + side]] })
}

fn outline(label: &str, x: f64, y: f64, side: f64) -> Finding {
    on(label, Shape::Contour { points: vec![[x, y], [x + side, y], [x + side, y + side], [x, y + side]] })
}

fn line(label: &str, from: Point, to: Point) -> Finding {
    on(label, Shape::Line { points: vec![from, to] })
}

fn valued(label: &str, value: &str) -> Finding {
    Finding { value: Some(Value::from_cell(value)), ..Finding::of(label) }
}

fn charter(labels: Vec<Label>) -> Charter {
    Charter { labels, ..Charter::named("test") }
}

fn image(spacing: Option<[f64; 2]>) -> Image {
    Image {
        id: "1.2.3".into(),
        series: None,
        study: None,
        modality: None,
        rows: 512,
        columns: 512,
        frames: 1,
        spacing,
        laterality: None,
        burned_in: None,
        slice: None,
        quality: None,
        patient: None,
    }
}

/// Type, text and number of candidates of each item, by labels.
fn told(items: &[Item]) -> Vec<String> {
    let told = |item: &Item| {
        let difference = item.difference.as_ref().map(|difference| {
            let kind = format!("{:?}", difference.kind).to_uppercase();
            format!("{kind} {}", difference.text)
        });
        format!(
            "{} {} /{}",
            item.labels.join("+"),
            difference.unwrap_or("agreed".into()),
            item.candidates.len()
        )
    };
    items.iter().map(told).collect()
}

fn shown(labels: Vec<Label>, reads: Vec<Read>) -> Vec<String> {
    told(&items(&charter(labels), &reads, &[]))
}

fn lesion(kind: LabelKind) -> Vec<Label> {
    vec![Label::of("lesion", kind)]
}

#[test]
fn whoever_read_and_drew_nothing_says_that_nothing_is_there() {
    let reads =
        vec![read("a", vec![boxed("lesion", 10.0, 10.0, 20.0)]), read("b", vec![]), read("c", vec![])];
    let found = items(&charter(lesion(LabelKind::Box)), &reads, &[]);
    assert_eq!(told(&found), ["lesion PRESENCE 1 of 3 /2"]);
    let absent = Choice::of(Value::absent());
    assert_eq!(found.first().and_then(|item| item.consensus.clone()), Some(absent.clone()));
    let held =
        found.first().and_then(|item| item.candidates.iter().find(|held| held.choice == absent)).cloned();
    assert_eq!(held.map(|held| (held.readers, held.share)), Some((vec!["b".into(), "c".into()], 2.0 / 3.0)));
    // One reader alone disputes nothing.
    assert_eq!(
        shown(lesion(LabelKind::Box), vec![read("a", vec![boxed("lesion", 10.0, 10.0, 20.0)])]),
        ["lesion agreed /1"]
    );
}

#[test]
fn silence_about_a_present_label_counts_only_where_marks_are_listed() {
    let labels = || {
        let opacity =
            Label { excludes: vec!["No finding".into()], ..Label::of("Opacity", LabelKind::Present) };
        vec![opacity, Label::of("No finding", LabelKind::Present), Label::of("grade", LabelKind::Ordinal)]
    };
    let said = || vec![Finding::of("Opacity"), valued("grade", "3")];
    let silent = || read("b", vec![Finding::of("No finding")]);
    assert_eq!(
        shown(labels(), vec![read("a", said()), silent()]),
        ["No finding agreed /1", "Opacity PRESENCE 1 of 2 /2", "grade agreed /1"]
    );
    assert_eq!(
        shown(labels(), vec![read("a", said()), Read { marks: false, ..silent() }]),
        ["No finding agreed /1", "Opacity agreed /1", "grade agreed /1"]
    );
    let required = vec![Label { required: true, ..Label::of("Opacity", LabelKind::Present) }];
    assert_eq!(
        shown(required, vec![read("a", vec![Finding::of("Opacity")]), read("b", vec![])]),
        ["Opacity agreed /1"]
    );
}

#[test]
fn presence_is_told_by_numbers_and_by_words() {
    let opacity = || vec![Label { uncertain: true, ..Label::of("Opacity", LabelKind::Present) }];
    for (values, expected) in [
        (["1", "present"], "Opacity agreed /1"),
        (["0", "absent"], "Opacity agreed /1"),
        (["1", "0"], "Opacity PRESENCE 1 of 2 /2"),
        (["-1", "0"], "Opacity PRESENCE 1 of 2 uncertain /2"),
        (["uncertain", "-1"], "Opacity agreed /1"),
        (["ungradable", "1"], "Opacity TECHNICAL 1 of 2 /2"),
        (["ungradable", "ungradable"], "Opacity agreed /1"),
    ] {
        let reads = values.map(|value| read(value, vec![valued("Opacity", value)]));
        assert_eq!(shown(opacity(), reads.to_vec()), [expected], "{values:?}");
    }
}

#[test]
fn grades_are_counted_in_steps_of_declared_levels() {
    let levels = ["I", "II", "III", "IVa", "IVb", "V"].map(Value::from_cell).to_vec();
    let segment = Label { levels, tolerance: Tolerance::Absolute(1.0), ..Label::of("g", LabelKind::Ordinal) };
    let size = Label { unit: Some("mm".into()), ..Label::of("g", LabelKind::Continuous) };
    let class = Label::of("g", LabelKind::Categorical);
    for (label, values, expected) in [
        (&segment, ["I", "II", "II"], "g agreed /2"),
        (&segment, ["I", "IVa", "IVa"], "g GRADE 3 levels /2"),
        (&segment, ["I", "odd", "I"], "g GRADE 6 levels /2"),
        (&segment, ["I", "absent", "I"], "g PRESENCE 2 of 3 /2"),
        (&size, ["100", "90", "95"], "g agreed /3"),
        (&size, ["100", "87.6", "95"], "g GRADE 12.4 mm /3"),
        (&size, ["0.001", "0.002", "0.002"], "g GRADE 0.0010 mm /2"),
        (&class, ["b", "a", "a"], "g LABEL 2:1 /2"),
        (&class, ["c", "a", "b"], "g LABEL 1:1:1 /3"),
    ] {
        let reads = [0, 1, 2].map(|n| read(&n.to_string(), vec![valued("g", values[n])]));
        assert_eq!(shown(vec![label.clone()], reads.to_vec()), [expected], "{values:?}");
    }
}

#[test]
fn shapes_are_compared_by_what_the_kind_is_measured_in() {
    let wide = [10.0, 20.0];
    for (kind, a, b, expected) in [
        // 20×20 shifted by 5: 300 of 500, by 10: 200 of 600.
        (LabelKind::Box, boxed("lesion", 0.0, 0.0, 20.0), boxed("lesion", 5.0, 0.0, 20.0), "agreed /1"),
        (
            LabelKind::Box,
            boxed("lesion", 0.0, 0.0, 20.0),
            boxed("lesion", 10.0, 0.0, 20.0),
            "EXTENT IoU 0.33 /2",
        ),
        (
            LabelKind::Contour,
            outline("lesion", 0.0, 0.0, 20.0),
            outline("lesion", 4.0, 0.0, 20.0),
            "agreed /1",
        ),
        (
            LabelKind::Contour,
            outline("lesion", 0.0, 0.0, 20.0),
            boxed("lesion", 10.0, 0.0, 20.0),
            "EXTENT Dice 0.50 /2",
        ),
        (
            LabelKind::Line,
            line("lesion", [0.0, 0.0], wide),
            line("lesion", [10.0, 22.0], [0.0, 0.0]),
            "agreed /1",
        ),
        (
            LabelKind::Line,
            line("lesion", [0.0, 0.0], wide),
            line("lesion", [0.0, 0.0], [10.0, 24.0]),
            "POSITION 4.0 px /2",
        ),
    ] {
        let reads = vec![read("a", vec![a]), read("b", vec![b])];
        assert_eq!(shown(lesion(kind), reads), [format!("lesion {expected}")]);
    }
    // Half a millimetre between rows, one between columns.
    let images = [image(Some([0.5, 1.0]))];
    let point = |x, y| vec![on("lesion", Shape::Point { points: [[x, y]] })];
    let of = |a, b| told(&items(&charter(lesion(LabelKind::Point)), &[read("a", a), read("b", b)], &images));
    assert_eq!(of(point(0.0, 0.0), point(0.0, 6.0)), ["lesion agreed /1"]);
    assert_eq!(of(point(0.0, 0.0), point(6.0, 0.0)), ["lesion POSITION 6.0 mm /2"]);
    assert_eq!(of(point(0.0, 0.0), point(60.0, 0.0)), ["lesion PRESENCE 1 of 2 /2"; 2]);
}

#[test]
fn lines_are_also_held_to_their_length() {
    let label = Label { percent: Some(10.0), mm: 5.0, ..Label::of("lesion", LabelKind::Line) };
    let of = |end| {
        let reads = vec![
            read("a", vec![line("lesion", [0.0, 0.0], [20.0, 0.0])]),
            read("b", vec![line("lesion", [0.0, 0.0], [end, 0.0])]),
        ];
        shown(vec![label.clone()], reads)
    };
    assert_eq!(of(18.0), ["lesion agreed /1"]);
    assert_eq!(of(17.0), ["lesion POSITION 3.0 px, other length /2"]);
}

#[test]
fn landmarks_are_compared_name_by_name() {
    let set = |names: &[&str], x: f64| {
        let points = names.iter().enumerate().map(|(n, _)| [x, n as f64 * 50.0]).collect();
        vec![on(
            "lesion",
            Shape::Landmarks { points, names: names.iter().map(|name| (*name).into()).collect() },
        )]
    };
    let of = |a, b| shown(lesion(LabelKind::Landmarks), vec![read("a", a), read("b", b)]);
    assert_eq!(of(set(&["S", "N"], 0.0), set(&["S", "N"], 2.0)), ["lesion agreed /1"]);
    assert_eq!(of(set(&["S", "N"], 0.0), set(&["S", "N"], 4.0)), ["lesion POSITION 4.0 px /2"]);
    assert_eq!(of(set(&["S", "N"], 0.0), set(&["S"], 1.0)), ["lesion POSITION 1.0 px, other names /2"]);
}

#[test]
fn what_is_within_tolerance_is_matched_before_what_is_merely_near() {
    let reads = vec![
        read("a", vec![boxed("lesion", 0.0, 0.0, 20.0), boxed("lesion", 12.0, 0.0, 20.0)]),
        read("b", vec![boxed("lesion", 5.0, 0.0, 20.0)]),
    ];
    assert_eq!(shown(lesion(LabelKind::Box), reads), ["lesion agreed /1", "lesion PRESENCE 1 of 2 /2"]);
    // Nothing on another frame is the same object.
    let mut other = boxed("lesion", 0.0, 0.0, 20.0);
    other.geometry.iter_mut().for_each(|geometry| geometry.frame = 1);
    let reads = vec![read("a", vec![boxed("lesion", 0.0, 0.0, 20.0)]), read("b", vec![other])];
    assert_eq!(shown(lesion(LabelKind::Box), reads), ["lesion PRESENCE 1 of 2 /2"; 2]);
}

#[test]
fn one_place_under_two_labels_is_one_item() {
    let labels = || vec![Label::of("cyst", LabelKind::Box), Label::of("tumour", LabelKind::Box)];
    let cyst = || boxed("cyst", 0.0, 0.0, 20.0);
    let tumour = || boxed("tumour", 2.0, 0.0, 20.0);
    let found = items(
        &charter(labels()),
        &[read("a", vec![cyst()]), read("b", vec![tumour()]), read("c", vec![cyst()])],
        &[],
    );
    assert_eq!(told(&found), ["cyst+tumour LABEL 2:1 /2"]);
    let consensus = found.first().and_then(|item| item.consensus.as_ref());
    assert_eq!(consensus.and_then(|choice| choice.label.as_deref()), Some("cyst"));
    // A third who marked neither makes it a question of presence; one who marked both made two statements.
    assert_eq!(
        shown(labels(), vec![read("a", vec![cyst()]), read("b", vec![tumour()]), read("c", vec![])]),
        ["cyst+tumour PRESENCE 2 of 3 /3"]
    );
    assert_eq!(
        shown(labels(), vec![read("a", vec![cyst(), tumour()]), read("b", vec![tumour()])]),
        ["cyst PRESENCE 1 of 2 /2", "tumour agreed /1"]
    );
}

#[test]
fn one_object_against_several_is_one_item() {
    let whole = || vec![boxed("lesion", 0.0, 0.0, 40.0)];
    let parts = || vec![boxed("lesion", 0.0, 0.0, 18.0), boxed("lesion", 20.0, 20.0, 18.0)];
    let of = |reads: Vec<Read>| items(&charter(lesion(LabelKind::Box)), &reads, &[]);
    let found = of(vec![read("a", whole()), read("b", parts()), read("c", parts())]);
    assert_eq!(told(&found), ["lesion TOPOLOGY 1 against 2 /2"]);
    let most = found.first().and_then(|item| item.consensus.as_ref());
    assert_eq!(most.map(|choice| choice.shapes.len()), Some(2));
    // An object that fits the whole leaves the small one beside it a question of its own.
    let nested = vec![boxed("lesion", 1.0, 1.0, 38.0), boxed("lesion", 20.0, 20.0, 10.0)];
    let found = of(vec![read("a", whole()), read("b", nested)]);
    assert_eq!(told(&found), ["lesion agreed /1", "lesion PRESENCE 1 of 2 /2"]);
}

#[test]
fn somewhere_is_no_other_place() {
    let somewhere = || vec![valued("lesion", "present")];
    let drawn = || vec![boxed("lesion", 0.0, 0.0, 20.0)];
    let of = |reads| shown(lesion(LabelKind::Box), reads);
    assert_eq!(of(vec![read("a", somewhere()), read("b", drawn())]), ["lesion agreed /2"]);
    assert_eq!(of(vec![read("a", somewhere()), read("b", vec![])]), ["lesion PRESENCE 1 of 2 /2"]);
    assert_eq!(
        of(vec![read("a", vec![valued("lesion", "absent")]), read("b", drawn())]),
        ["lesion PRESENCE 1 of 2 /2"]
    );
}

#[test]
fn who_cannot_grade_says_nothing_of_what_is_there() {
    let drawn = || vec![boxed("lesion", 0.0, 0.0, 20.0)];
    let reads = |label: &str| {
        vec![read("a", drawn()), read("b", vec![valued(label, "ungradable")]), read("c", drawn())]
    };
    assert_eq!(shown(lesion(LabelKind::Box), reads("lesion")), ["lesion TECHNICAL 1 of 3 /2"]);
    assert_eq!(
        shown(lesion(LabelKind::Box), reads("ungradable")),
        ["lesion agreed /1", "ungradable TECHNICAL 1 of 3 /2"]
    );
}

#[test]
fn labels_that_the_charter_does_not_know_do_not_vanish() {
    let reads = vec![
        read("a", vec![valued("odd", "x"), boxed("new", 0.0, 0.0, 9.0)]),
        read("b", vec![valued("odd", "y"), boxed("new", 1.0, 0.0, 9.0)]),
    ];
    assert_eq!(shown(vec![], reads), ["new agreed /1", "odd LABEL 1:1 /2"]);
}

#[test]
fn graded_objects_are_compared_where_they_are() {
    let graded = |value: &str, x: f64| Finding {
        value: Some(Value::from_cell(value)),
        ..boxed("grade", x, 0.0, 20.0)
    };
    let label = Label::of("grade", LabelKind::Ordinal);
    let reads = vec![
        read("a", vec![graded("1", 0.0), graded("5", 100.0)]),
        read("b", vec![graded("1", 2.0), graded("3", 101.0)]),
    ];
    assert_eq!(shown(vec![label], reads), ["grade agreed /1", "grade GRADE 2 levels /2"]);
}

#[test]
fn models_add_candidates_and_no_disputes() {
    let drawn = |x| vec![boxed("lesion", x, 0.0, 20.0)];
    let of = |reads| shown(lesion(LabelKind::Box), reads);
    assert_eq!(of(vec![read("a", drawn(0.0)), model("m", drawn(10.0))]), ["lesion agreed /2"]);
    assert_eq!(
        of(vec![read("a", drawn(0.0)), read("b", drawn(1.0)), model("m", vec![])]),
        ["lesion agreed /2"]
    );
    // A model between two people who do not meet is no bridge.
    assert_eq!(
        of(vec![read("a", drawn(0.0)), read("b", drawn(20.0)), model("m", drawn(10.0))]),
        ["lesion PRESENCE 1 of 2 /3", "lesion PRESENCE 1 of 2 /2"]
    );
}

#[test]
fn a_candidate_is_shown_by_a_shape_that_somebody_drew() {
    let reads: Vec<Read> = [("a", 0.0), ("b", 1.0), ("c", 2.0)]
        .map(|(reader, x)| read(reader, vec![boxed("lesion", x, 0.0, 20.0)]))
        .to_vec();
    let found = items(&charter(lesion(LabelKind::Box)), &reads, &[]);
    let shapes =
        found.first().and_then(|item| item.candidates.first()).map(|held| held.choice.shapes.clone());
    let middle = boxed("lesion", 1.0, 0.0, 20.0).geometry.into_iter().collect();
    assert_eq!(shapes, Some(middle));
}

#[test]
fn the_rare_and_the_grave_come_first() {
    let charter = charter(vec![Label { weight: 2.0, ..Label::of("lesion", LabelKind::Box) }]);
    let reads = vec![read("a", vec![boxed("lesion", 10.0, 10.0, 20.0)]), read("b", vec![])];
    let found = items(&charter, &reads, &[]);
    let at = |prevalence: f64| {
        let prevalence = BTreeMap::from([("lesion".to_owned(), prevalence)]);
        found.first().map_or(-1.0, |item| priority(&charter, item, &prevalence))
    };
    for (prevalence, expected) in
        [(1.0, 2.0), (0.1, 4.0), (0.0, 8.0), (-1.0, 8.0), (f64::NAN, 2.0), (7.0, 2.0)]
    {
        assert!((at(prevalence) - expected).abs() < 1e-9, "{prevalence} {}", at(prevalence));
    }
    let common = BTreeMap::new();
    assert_eq!(case_priority(&[2.0]), 2.0);
    assert!(case_priority(&[2.0, 2.0]) > 2.0);
    assert_eq!(case_priority(&[]), 0.0);
    let heavy = Charter {
        labels: vec![Label { weight: f64::MAX, ..Label::of("lesion", LabelKind::Box) }],
        ..Charter::named("heavy")
    };
    assert!(found.first().is_some_and(|item| priority(&heavy, item, &common).is_finite()));
}

fn coordinate() -> BoxedStrategy<f64> {
    prop_oneof![
        20 => (0u8..12).prop_map(|n| f64::from(n) * 5.0),
        1 => prop_oneof![Just(f64::MAX), Just(f64::MIN), Just(-0.0), Just(1e-310), -1e6..1e6f64],
    ]
    .boxed()
}

fn point() -> impl Strategy<Value = Point> {
    [coordinate(), coordinate()]
}

fn shape() -> BoxedStrategy<Shape> {
    let names = |points: Vec<Point>| {
        let names = points.iter().enumerate().map(|(n, _)| format!("n{}", n % 3)).collect();
        Shape::Landmarks { points, names }
    };
    prop_oneof![
        4 => (point(), 1u8..5).prop_map(|([x, y], n)| {
            Shape::Box { points: [[x, y], [x + f64::from(n) * 5.0, y + 20.0]] }
        }),
        1 => [point(), point()].prop_map(|points| Shape::Box { points }),
        1 => [point(), point(), point(), point()].prop_map(|points| Shape::RotatedBox { points }),
        1 => proptest::collection::vec(point(), 0..6).prop_map(|points| Shape::Contour { points }),
        1 => proptest::collection::vec(proptest::collection::vec(point(), 0..5), 0..3)
            .prop_map(|rings| Shape::Polygon { rings }),
        1 => proptest::collection::vec(point(), 0..4).prop_map(|points| Shape::Line { points }),
        1 => point().prop_map(|point| Shape::Point { points: [point] }),
        1 => proptest::collection::vec(point(), 0..4).prop_map(names),
        1 => proptest::collection::vec(0u32..9, 0..7).prop_map(|rle| Shape::Mask { size: [4, 8], rle }),
    ]
    .boxed()
}

fn some_finding() -> impl Strategy<Value = Finding> {
    let label = prop_oneof!["(box|contour|line|present|ordinal|size|class|new)", Just("box".to_owned())];
    let value = proptest::option::weighted(
        0.3,
        prop_oneof![
            Just("present"),
            Just("absent"),
            Just("uncertain"),
            Just("ungradable"),
            Just("1"),
            Just("0"),
            Just("3"),
            Just("-1e308"),
            Just("1e308"),
            Just("word")
        ],
    );
    let geometry = proptest::option::weighted(0.8, (shape(), 0u32..2));
    (label, value, geometry, proptest::option::weighted(0.2, 0u8..3)).prop_map(
        |(label, value, geometry, comment)| Finding {
            value: value.map(Value::from_cell),
            geometry: geometry.map(|(shape, frame)| Geometry {
                shape,
                image: "1.2.3".into(),
                frame: frame / 2,
            }),
            comment: comment.map(|n| n.to_string()),
            ..Finding::of(label)
        },
    )
}

fn some_reads() -> impl Strategy<Value = Vec<Read>> {
    let one = (proptest::collection::vec(some_finding(), 0..6), any::<bool>(), proptest::bool::weighted(0.2));
    proptest::collection::vec(one, 1..5).prop_map(|reads| {
        let mut reads: Vec<Read> = reads
            .into_iter()
            .enumerate()
            .map(|(n, (findings, marks, model))| Read { marks, model, ..read(&format!("r{n}"), findings) })
            .collect();
        // Readers who said exactly the same are where order could leak in.
        if let [first, .., last] = reads.as_mut_slice()
            && first.marks
        {
            last.findings = first.findings.iter().rev().cloned().collect();
            (last.marks, last.model) = (first.marks, first.model);
        }
        reads
    })
}

fn mixed() -> Charter {
    let levels = vec![Value::Number(1.0), Value::Number(3.0)];
    charter(vec![
        Label::of("box", LabelKind::Box),
        Label::of("contour", LabelKind::Contour),
        Label { percent: Some(10.0), ..Label::of("line", LabelKind::Line) },
        Label::of("present", LabelKind::Present),
        Label { levels, ..Label::of("ordinal", LabelKind::Ordinal) },
        Label { range: Some([0.0, 9.0]), ..Label::of("size", LabelKind::Continuous) },
        Label::of("class", LabelKind::Categorical),
    ])
}

/// Items as a set, with readers under other names.
fn renamed(items: Vec<Item>, name: impl Fn(&str) -> String) -> Vec<String> {
    let mut told: Vec<String> = items
        .into_iter()
        .map(|mut item| {
            for opinion in &mut item.opinions {
                opinion.reader = name(&opinion.reader);
            }
            item.opinions.sort_by(|a, b| a.reader.cmp(&b.reader));
            for candidate in &mut item.candidates {
                candidate.readers = candidate.readers.iter().map(|reader| name(reader)).collect();
                candidate.readers.sort();
            }
            format!("{item:?}")
        })
        .collect();
    told.sort();
    told
}

proptest! {
    #[test]
    fn neither_order_nor_names_of_readers_matter(reads in some_reads(), turn in 0usize..5, swap in any::<bool>()) {
        let images = [image(Some([0.7, 0.5]))];
        let before = items(&mixed(), &reads, &images);
        let mut other = reads;
        let by = turn % other.len();
        other.rotate_left(by);
        if swap {
            other.reverse();
        }
        for read in &mut other {
            read.findings.reverse();
        }
        prop_assert_eq!(&items(&mixed(), &other, &images), &before);

        let name = |reader: &str| format!("{}x", reader.bytes().rev().map(|b| char::from(250 - b)).collect::<String>());
        for read in &mut other {
            read.reader = name(&read.reader);
        }
        let after = items(&mixed(), &other, &images);
        prop_assert_eq!(renamed(after, |reader| reader.to_owned()), renamed(before, name));
    }

    #[test]
    fn every_item_is_whole(reads in some_reads()) {
        for item in items(&mixed(), &reads, &[]) {
            let people = item.opinions.iter().filter(|opinion| !opinion.model).count();
            let held: usize = item.candidates.iter().map(|candidate| candidate.readers.len()).sum();
            prop_assert_eq!(held, item.opinions.len());
            let shares: f64 = item.candidates.iter().map(|candidate| candidate.share).sum();
            prop_assert!(people == 0 || (shares - 1.0).abs() < 1e-9);
            prop_assert!(item.opinions.windows(2).all(|two| two[0].reader < two[1].reader));
            if let Some(difference) = &item.difference {
                prop_assert!(people > 1);
                prop_assert!((0.0..=1.0).contains(&difference.weight), "{:?}", difference);
                prop_assert!(difference.gap.is_finite() && difference.gap >= 0.0, "{:?}", difference);
                prop_assert!(item.candidates.len() > 1, "{:?}", item);
            }
            let priority = priority(&mixed(), &item, &BTreeMap::new());
            prop_assert!(priority.is_finite() && priority >= 0.0);
        }
    }

    #[test]
    fn nothing_drawn_is_lost_or_doubled(reads in some_reads()) {
        let found = items(&mixed(), &reads, &[]);
        for label in ["box", "contour", "line"] {
            let drawn = reads.iter().flat_map(|read| &read.findings).filter(|finding| {
                let stand = finding.value.as_ref();
                let there = |value: &Value| !value.is("absent") && !value.is("ungradable") && value.number() != Some(0.0);
                finding.label == label && finding.geometry.is_some() && stand.is_none_or(there)
            });
            let opinions = found.iter().flat_map(|item| {
                let one = item.labels.len() == 1;
                let name = item.labels.first().cloned();
                item.opinions.iter().map(move |opinion| {
                    (opinion.choice.label.clone().or(name.clone().filter(|_| one)), opinion.choice.shapes.len())
                })
            });
            let kept: usize = opinions.filter(|(name, _)| name.as_deref() == Some(label)).map(|(_, n)| n).sum();
            prop_assert_eq!(kept, drawn.count());
        }
    }

    #[test]
    fn a_model_changes_nothing_between_people(reads in some_reads()) {
        let people: Vec<Read> = reads.iter().filter(|read| !read.model).cloned().collect();
        let disputes = |items: Vec<Item>| {
            let mut told: Vec<String> = items.into_iter().filter_map(|item| {
                let opinions: Vec<_> = item.opinions.into_iter().filter(|opinion| !opinion.model)
                    .map(|opinion| (opinion.reader, Choice { label: None, ..opinion.choice })).collect();
                Some(format!("{:?} {opinions:?}", item.difference?))
            }).collect();
            told.sort();
            told
        };
        prop_assert_eq!(disputes(items(&mixed(), &reads, &[])), disputes(items(&mixed(), &people, &[])));
    }
}
