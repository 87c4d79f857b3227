//! A charter read, refused and written.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;

use super::words::SEVERITIES;
use super::*;
use crate::domain::checks::{CHECKS, Check, named};
use crate::domain::word::Word;

fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/charters").join(name)
}

fn faults(text: &str) -> Vec<String> {
    parse(text).err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

#[test]
fn the_example_holds_what_it_says() -> Result<(), Box<dyn Error>> {
    let charter =
        parse(&fs::read_to_string(data("example.toml"))?).map_err(|faults| format!("{faults:?}"))?;
    let mut expected = Charter::named("liver lesions, batch 7");
    expected.guideline = Some("guideline.md".into());
    let named = |name: &str, kind, set: fn(&mut Label)| {
        let mut label = Label::of(name, kind);
        set(&mut label);
        label
    };
    expected.labels = vec![
        named("Lung Opacity", LabelKind::Present, |label| {
            label.uncertain = true;
            label.excludes = vec!["No finding".into()];
            label.weight = 2.0;
        }),
        named("malignancy", LabelKind::Ordinal, |label| {
            label.levels = [1.0, 2.0, 3.0, 4.0, 5.0].map(Value::Number).to_vec();
            label.tolerance = Tolerance::Absolute(1.0);
        }),
        named("lesion", LabelKind::Mask, |label| {
            label.dice = 0.8;
            label.children = vec!["lesion/segment".into()];
        }),
        named("lesion/segment", LabelKind::Categorical, |label| {
            label.levels = ["I", "II", "III", "IVa", "IVb", "V", "VI", "VII", "VIII"]
                .map(|level| Value::Text(level.into()))
                .to_vec();
        }),
        named("diameter", LabelKind::Continuous, |label| {
            label.unit = Some("mm".into());
            label.range = Some([0.0, 300.0]);
            label.tolerance = Tolerance::Percent(10.0);
        }),
        named("long axis", LabelKind::Line, |label| label.mm = 3.0),
        // Declared by being excluded.
        named("No finding", LabelKind::Present, |_| ()),
    ];
    expected.checks.insert("box-outside-image".into(), CheckLevel::Block);
    expected.checks.insert("exclusive-labels".into(), CheckLevel::Warn);
    assert_eq!(charter, expected);
    assert!(charter.is_negation("No finding"));
    Ok(())
}

#[test]
fn a_name_is_all_that_a_charter_needs() {
    assert_eq!(parse("name = \"t\""), Ok(Charter::named("t")));
    assert_eq!(parse("\u{feff}name = \"t\"\r\n[reads]\r\n"), Ok(Charter::named("t")));
}

#[test]
fn settings_that_are_no_defaults_are_read() -> Result<(), Box<dyn Error>> {
    let text = r#"
        name = "t"
        infer = true
        [reads]
        required = 3
        unit = "study"
        policy = "all-positive"
        [review]
        mode = "third-read"
        undo_minutes = "never"
        support = "after-choice"
        escalate_severity = []
        [labels.a]
        kind = "ordinal"
        levels = ["0", 1, "2a", 3.5]
        required = true
        skill = "neuro"
        [labels.b]
        kind = "contour"
        hd95_mm = 2
    "#;
    let charter = parse(text).map_err(|faults| format!("{faults:?}"))?;
    assert!(charter.infer);
    assert_eq!(
        charter.reads,
        Reads { required: 3, unit: Unit::Study, policy: Policy::AllPositive, least_seconds: 2.0 }
    );
    assert_eq!(charter.review.mode, Mode::ThirdRead);
    assert_eq!(charter.review.undo_minutes, None);
    assert_eq!(charter.review.support, Support::AfterChoice);
    assert!(charter.review.escalate_severity.is_empty());
    let a = charter.label("a").ok_or("no label a")?;
    assert_eq!(
        a.levels,
        [Value::Number(0.0), Value::Number(1.0), Value::Text("2a".into()), Value::Number(3.5)]
    );
    assert!(a.required && a.skill.as_deref() == Some("neuro"));
    assert_eq!(charter.label("b").ok_or("no label b")?.hd95_mm, Some(2.0));
    Ok(())
}

/// Each file of the corpus with the line of its fault and what is said of it.
#[rustfmt::skip]
const BAD: &[(&str, Option<usize>, &[&str])] = &[
    ("adjudicators-zero", Some(3), &["`adjudicators` must be a whole number from 1"]),
    ("check-that-can-not-block", Some(3), &["`reading-time` can't block", "warn or off"]),
    ("check-level-unknown", Some(3), &[r#"`box-tiny` must be "block", "warn" or "off""#]),
    ("check-unknown", Some(3), &[r#"unknown check "box-outside-imge""#, "did you mean `box-outside-image`?"]),
    ("children-in-a-circle", Some(2), &[r#"label "a" is, by way of its children, below itself"#]),
    ("children-unknown-label", Some(4), &[r#"`children` names the unknown label "lesion/segmnt""#, r#"did you mean "lesion/segment"?"#]),
    ("confidence-above-five", Some(3), &["`ambiguity_at` must be a whole number from 0 to 5, not 6"]),
    ("dice-negative", Some(4), &["`dice`", "from 0 to 1, not -0.1"]),
    ("dice-on-an-ordinal-label", Some(5), &["`dice` is for labels of kind mask, contour", r#""grade" is ordinal"#]),
    ("duplicate-key", Some(5), &[r#""required" is given twice"#]),
    ("duplicate-label", Some(4), &["given twice"]),
    ("excludes-itself", Some(4), &[r#"`excludes` of "lesion" names the label itself"#]),
    ("excludes-unknown-label", Some(4), &[r#"`excludes` names the unknown label "cist""#, r#"did you mean "cyst"?"#]),
    ("guard-too-long", Some(3), &["`key_guard_ms` must be a whole number from 0 to 60000"]),
    ("index-infinite", Some(3), &["`index_sd` must be a finite number from 0, not inf"]),
    ("iou-above-one", Some(4), &["`iou` must be a finite number from 0 to 1, not 50"]),
    ("kappa-above-one", Some(3), &["`kappa_floor`", "from -1 to 1"]),
    ("key-in-the-wrong-section", Some(3), &[r#"unknown key "mode""#, "it belongs in [review]"]),
    ("key-that-steers-a-terminal", Some(2), &[r#"unknown key "^[[2J""#]),
    ("kind-missing", Some(2), &[r#"label "lesion" needs a kind: present, categorical"#]),
    ("kind-unknown", Some(3), &["`kind` must be", r#"did you mean "box"?"#]),
    ("label-key-unknown", Some(4), &[r#"unknown key "wieght""#, "did you mean `weight`?"]),
    ("label-no-table", Some(3), &[r#"label "lesion" must be a table"#]),
    ("label-without-a-name", Some(2), &["a label without a name"]),
    ("lease-zero", Some(3), &["`lease_minutes` must be a whole number from 1"]),
    ("level-ungradable", Some(4), &[r#"`levels` can't hold "ungradable""#]),
    ("levels-a-table", Some(4), &["`levels` must be numbers and words, not a table"]),
    ("levels-empty", Some(4), &[r#"categorical label "grade" needs its levels"#]),
    ("levels-missing", Some(2), &[r#"ordinal label "grade" needs its levels"#]),
    ("levels-nan", Some(4), &["`levels` must be a finite number, not nan"]),
    ("levels-on-a-box", Some(3), &["`levels` is for labels of kind categorical, ordinal", r#""grade" is box"#]),
    ("levels-out-of-order", Some(4), &["go up and down"]),
    ("levels-twice", Some(4), &["`levels` holds the same twice"]),
    ("mm-infinite", Some(4), &["`mm` must be a finite number from 0, not inf"]),
    ("name-empty", Some(1), &["`name` is empty"]),
    ("name-missing", None, &["`name` is missing"]),
    ("name-no-text", Some(1), &["`name` must be text in quotes, not 7"]),
    ("normal-is-no-level", Some(5), &[r#"`normal` names "3", which is none of the levels"#]),
    ("normal-on-a-box", Some(4), &["`normal` is for labels of kind categorical, ordinal"]),
    ("range-of-three", Some(4), &["`range` must be a list of two numbers"]),
    ("range-upside-down", Some(4), &["`range` must be a list of two numbers, the lower first"]),
    ("required-huge", Some(3), &["`required`", "99999"]),
    ("required-negative", Some(3), &["`required`", "not -1"]),
    ("required-zero", Some(3), &["`required` must be a whole number from 1, not 0"]),
    ("rounds-zero", Some(3), &["`rounds` must be a whole number from 1"]),
    ("section-no-table", Some(1), &["`reads` must be a table"]),
    ("severity-no-text", Some(3), &["`escalate_severity` must be text in quotes, not 1"]),
    ("severity-twice", Some(4), &["holds the same twice"]),
    ("severity-unknown", Some(3), &[r#"`escalate_severity` must be "1", "2a", "2b", "3a" or "3b""#, r#""4a""#]),
    ("share-above-one", Some(3), &["`share` must be a finite number from 0 to 1, not 1.5"]),
    ("share-nan", Some(3), &["`share` must be a finite number", "not nan"]),
    ("share-negative", Some(3), &["`recheck`", "from 0 to 1, not -0.1"]),
    ("syntax-no-value", Some(3), &[r#""required =" is no TOML"#]),
    ("syntax-unclosed-string", Some(2), &["is no TOML"]),
    ("syntax-unclosed-table", Some(2), &["is no TOML"]),
    ("text-that-steers-a-terminal", Some(3), &["^[[2J<U+202E>"]),
    ("tolerance-nan-share", Some(4), &["`tolerance`", r#""NaN%""#]),
    ("tolerance-negative", Some(4), &["`tolerance` must be a finite number from 0, not -1"]),
    ("tolerance-no-share", Some(4), &[r#"`tolerance` must be a number from 0, or text like "10%""#]),
    ("tolerance-share-of-an-ordinal", Some(5), &["`tolerance` of an ordinal label is a number of levels"]),
    ("uncertain-on-a-line", Some(4), &["`uncertain` is for labels of kind present"]),
    ("undo-a-word", Some(3), &[r#"`undo_minutes` must be a whole number of minutes, or "never""#]),
    ("undo-negative", Some(3), &["`undo_minutes`", "-5"]),
    ("unknown-key", Some(4), &[r#"unknown key "requierd""#, "did you mean `required`?"]),
    ("unknown-key-far-from-all", Some(3), &[r#"unknown key "zebra""#, "known here: ambiguous"]),
    ("unknown-section", Some(2), &[r#"unknown key "reveiw""#, "did you mean `review`?"]),
    ("weight-infinite", Some(4), &["`weight` must be a finite number above 0, not 1e999"]),
    ("weight-zero", Some(4), &["`weight` must be a finite number above 0, not 0"]),
    ("whole-number-with-a-point", Some(3), &["`rounds` must be a whole number from 1, not 5.0"]),
    ("word-misspelt", Some(3), &[r#"`mode` must be "select", "third-read" or "open""#, r#"did you mean "third-read"?"#]),
    ("wrong-type-date", Some(3), &["`share` must be a number from 0 to 1, not a date"]),
    ("wrong-type-flag", Some(3), &[r#"`blind` must be true or false, not the text "yes""#]),
    ("wrong-type-list", Some(4), &["`excludes` must be a list"]),
    ("wrong-type-number", Some(3), &[r#"`required` must be a whole number from 1, not the text "two""#]),
];

#[test]
fn every_bad_charter_is_refused_in_words_with_its_line() -> Result<(), Box<dyn Error>> {
    for (name, line, fragments) in BAD {
        let text = fs::read_to_string(data(&format!("bad/{name}.toml")))?;
        let faults = parse(&text).err().ok_or(format!("{name} was taken"))?;
        let found = faults.iter().any(|fault| {
            fault.line == *line && fragments.iter().all(|fragment| fault.why.contains(fragment))
        });
        assert!(found, "{name}: {faults:?}");
        assert_eq!(faults.len(), 1, "{name}: {faults:?}");
        assert!(faults.iter().all(|fault| !fault.why.chars().any(char::is_control)), "{name}: {faults:?}");
    }
    let listed: BTreeSet<String> = BAD.iter().map(|(name, ..)| format!("{name}.toml")).collect();
    let files: BTreeSet<String> = fs::read_dir(data("bad"))?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<_, std::io::Error>>()?;
    assert_eq!(listed, files);
    Ok(())
}

#[test]
fn all_faults_come_at_once_in_the_order_of_their_lines() {
    let text = "nmae = \"t\"\n[reads]\nrequired = 0\nunit = 3\n[labels.a]\nkind = \"box\"\ndice = 2\niou = 2\n\
                excludes = [\"b\", 4]\n[checks]\nzebra = \"warn\"\n";
    let faults = faults(text);
    let starts: Vec<&str> =
        faults.iter().map(|fault| fault.split([':', ';']).next().unwrap_or_default()).collect();
    assert_eq!(
        starts,
        [
            "`name` is missing",
            "line 1",
            "line 3",
            "line 4",
            "line 7",
            "line 8",
            "line 9",
            "line 9",
            "line 11"
        ],
        "{faults:#?}"
    );
}

#[test]
fn a_key_given_twice_hides_no_other_fault() {
    let faults = faults("name = \"t\"\nname = \"u\"\n[reads]\nrequired = 0\n");
    assert_eq!(faults.len(), 2, "{faults:?}");
}

#[test]
fn no_text_keeps_the_reader_busy_or_fills_the_screen() {
    let many: String = (0..20_000).map(|n| format!("key{n} = 1\n")).collect();
    let faults_of_many = faults(&many);
    assert_eq!(faults_of_many.len(), 101);
    assert!(faults_of_many.last().is_some_and(|last| last == "and 19901 more faults"), "{faults_of_many:?}");
    for broken in
        ["= \n".repeat(100_000), "a = 1\n".repeat(100_000), "[a]\n".repeat(100_000), "\"".repeat(300_000)]
    {
        assert!((1..=101).contains(&faults(&broken).len()));
    }
    let long = format!("name = \"t\"\n{} = 1\n", "k".repeat(500_000));
    assert!(faults(&long).iter().all(|fault| fault.len() < 300));
    for deep in ["[".repeat(100_000), format!("a{}", ".a".repeat(100_000)), "{a=".repeat(100_000)] {
        assert!(parse(&format!("name = \"t\"\nx = {deep}")).is_err());
        assert!(parse(&format!("{deep} = 1")).is_err());
    }
    let chain: String =
        (0..8_000).map(|n| format!("[labels.l{n}]\nkind = \"box\"\nchildren = [\"l{}\"]\n", n + 1)).collect();
    assert_eq!(faults(&format!("name = \"t\"\n{chain}")).len(), 1);
    assert!(faults(&" ".repeat(parse::LARGEST + 1)).concat().contains("bytes"));
    assert_eq!(parse(&format!("name = \"t\"{}", " ".repeat(parse::LARGEST - 10))), Ok(Charter::named("t")));
}

#[test]
fn exclusion_holds_both_ways_and_a_negation_is_known() {
    let mut charter = Charter::named("t");
    let mut opacity = Label::of("Lung Opacity", LabelKind::Box);
    opacity.excludes = vec!["No finding".into(), "Other".into()];
    charter.labels = vec![
        opacity,
        Label::of("No finding", LabelKind::Present),
        Label::of("Other", LabelKind::Present),
        Label::of("Normal", LabelKind::Present),
    ];
    assert!(charter.excluded("Lung Opacity", "No finding") && charter.excluded("No finding", "Lung Opacity"));
    assert!(!charter.excluded("No finding", "Other") && !charter.excluded("x", "y"));
    let negations: Vec<&str> = ["Lung Opacity", "No finding", "Other", "Normal", "x"]
        .into_iter()
        .filter(|label| charter.is_negation(label))
        .collect();
    // `Other` has no such name, and `Normal` is excluded by nothing.
    assert_eq!(negations, ["No finding"]);
}

fn word<W: Word + std::fmt::Debug>() -> impl Strategy<Value = W> {
    proptest::sample::select(W::WORDS.iter().map(|(choice, _)| *choice).collect::<Vec<W>>())
}

fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(any::<char>(), 1..8)
        .prop_map(String::from_iter)
        .prop_filter("says something", |text| !text.trim().is_empty())
}

fn level() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i32>().prop_map(|n| Value::Number(f64::from(n))),
        (-1e300..1e300).prop_map(Value::Number),
        text()
            .prop_map(|text| Value::from_cell(&text))
            .prop_filter("a level", |level| !level.is("ungradable")),
    ]
}

fn label() -> impl Strategy<Value = Label> {
    let of_all = (text(), word::<LabelKind>(), 1e-9..1e9, any::<bool>(), proptest::option::of(text()));
    let of_some = (
        proptest::collection::btree_set(level(), 1..6),
        any::<bool>(),
        [0.0..=1.0, 0.0..=1.0, 0.0..=100.0, 0.0..=1e300],
        proptest::option::of((-1e9..0.0, 0.0..1e9)),
        (any::<bool>(), proptest::option::of(text())),
    );
    (of_all, of_some).prop_map(
        |((name, kind, weight, required, skill), (levels, flag, [a, b, c, d], range, more))| {
            let set = more.0;
            let mut label =
                Label { weight, required, skill, no_confidence: !required, ..Label::of(name, kind) };
            match kind {
                LabelKind::Present => label.uncertain = flag,
                LabelKind::Categorical => {
                    label.levels = levels.into_iter().collect();
                    label.normal = flag.then(|| label.levels.iter().take(1).cloned().collect());
                }
                LabelKind::Ordinal => {
                    label.levels = levels.into_iter().collect();
                    label.tolerance = Tolerance::Absolute(c);
                }
                LabelKind::Continuous => {
                    label.tolerance = if flag { Tolerance::Absolute(d) } else { Tolerance::Percent(c) };
                    label.range = range.map(|(low, high)| [low, high]);
                    label.unit = more.1;
                }
                LabelKind::Box => label.iou = a,
                LabelKind::Mask | LabelKind::Contour => {
                    label.dice = b;
                    label.hd95_mm = set.then_some(d);
                }
                LabelKind::Point | LabelKind::Landmarks => label.mm = d,
                LabelKind::Line => {
                    label.mm = d;
                    label.percent = set.then_some(c);
                }
            }
            label
        },
    )
}

fn charter() -> impl Strategy<Value = Charter> {
    let top = (text(), proptest::option::of(text()), any::<bool>());
    let reads = (1..=u32::MAX, word(), word(), 0.0..1e6)
        .prop_map(|(required, unit, policy, least_seconds)| Reads { required, unit, policy, least_seconds });
    let review = (
        (word(), any::<bool>(), 1..=u32::MAX, word(), 0..=5u8, [word(), word()], word(), 0..=5u8),
        (any::<bool>(), any::<Option<u32>>(), 0..=60_000u32, [1..=u32::MAX, 1..=u32::MAX, 1..=u32::MAX]),
        proptest::sample::subsequence(SEVERITIES.to_vec(), 0..=5),
    )
        .prop_map(|(first, second, severities)| Review {
            mode: first.0,
            blind: first.1,
            adjudicators: first.2,
            confidence: first.3,
            ambiguity_at: first.4,
            support: first.5[0],
            models: first.5[1],
            verdicts: first.6,
            escalate_confidence: first.7,
            qa_may_decide: second.0,
            undo_minutes: second.1,
            key_guard_ms: second.2,
            lease_minutes: second.3[0],
            idle_lock_minutes: second.3[1],
            rounds: second.3[2],
            escalate_severity: severities.into_iter().map(String::from).collect(),
        });
    let labels = proptest::collection::vec(label(), 0..5);
    let checks = proptest::collection::btree_map(
        proptest::sample::select(CHECKS.iter().map(|check| check.name.to_owned()).collect::<Vec<_>>()),
        word(),
        0..4,
    )
    .prop_map(|mut levels| {
        levels.retain(|name, level| *level != CheckLevel::Block || named(name).is_some_and(Check::may_block));
        levels
    });
    let numbers = (
        [0.0..=1.0, 0.0..=1.0, 0.0..=1.0],
        -1.0..=1.0,
        0.0..=1e9,
        any::<u32>(),
        [1..=u32::MAX, 1..=u32::MAX, 1..=u32::MAX],
    );
    (top, reads, review, labels, checks, numbers, word()).prop_map(
        |((name, guideline, infer), reads, review, mut labels, checks, numbers, ambiguous)| {
            let mut names = BTreeSet::new();
            labels.retain(|label| names.insert(label.name.clone()));
            // Each excludes the next and has it as a child, so that there is no circle.
            let next: Vec<String> = labels.iter().skip(1).map(|label| label.name.clone()).collect();
            for (label, next) in labels.iter_mut().zip(next) {
                label.excludes = vec![next.clone()];
                label.children = vec![next];
            }
            let ([share, recheck, tolerance], kappa_floor, index_sd, washout_days, whole) = numbers;
            let [min_n, same_cause, window_days] = whole;
            Charter {
                clauses: std::sync::Arc::default(),
                name,
                guideline,
                infer,
                reads,
                review,
                labels,
                checks,
                sampling: Sampling {
                    share,
                    recheck,
                    tolerance,
                    review_days: same_cause,
                    washout_days,
                    checkpoint: share,
                    checkpoint_days: min_n,
                    expert: "eva".into(),
                },
                triggers: Triggers { min_n, index_sd, kappa_floor, same_cause, window_days },
                export: Export { ambiguous },
            }
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_reads_back_equal(charter in charter()) {
        let text = write(&charter);
        prop_assert_eq!(parse(&text), Ok(charter), "{}", text);
    }

    #[test]
    fn no_text_is_too_odd_to_be_read_or_refused(text in ".{0,200}") {
        if let Err(faults) = parse(&text) {
            prop_assert!(!faults.is_empty());
        }
    }

    /// A byte of a good charter is lost, doubled or changed.
    #[test]
    fn a_damaged_charter_is_read_or_refused(at in any::<proptest::sample::Index>(), by in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = write(&Charter::named("t")).into_bytes();
        bytes.extend(b"[labels.a]\nkind = \"ordinal\"\nlevels = [1, 2]\ntolerance = 1\n");
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] = by }
        if let Err(faults) = parse(&String::from_utf8_lossy(&bytes)) {
            prop_assert!(faults.iter().all(|fault| !fault.why.chars().any(char::is_control)));
        }
    }
}
