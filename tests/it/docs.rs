//! The documents say what the code does: their tables are compared with the code's, and their examples are read.

use overread::domain::word::Word;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;

use clap::Parser;
use overread::cli::args::Cli;
use overread::domain::authority::{Deed, Role, may};
use overread::domain::charter::{self, Charter, CheckLevel, Label, LabelKind, Tolerance};
use overread::domain::checks::CHECKS;
use overread::domain::decision::{Answer, Draft};
use overread::domain::event::Action;
use overread::domain::taxonomy::{
    AMBIGUITIES, CAUSES, FAMILIES, HANDLING, REDUCIBLE, SEVERITIES, Term, UNKNOWN,
};
use overread::domain::value::Value;
use overread::formats::{self, Format, Options};
use overread::store;

use crate::markdown::{blocks, fenced, quoted, rows, section};

type Tested = Result<(), Box<dyn Error>>;

const README: &str = include_str!("../../README.md");
const CAUSE_LIST: &str = include_str!("../../docs/causes.md");
const CHARTER: &str = include_str!("../../docs/charter.md");
const CHECK_LIST: &str = include_str!("../../docs/checks.md");
const DECISIONS: &str = include_str!("../../docs/decisions.md");
const FORMATS: &str = include_str!("../../docs/formats.md");
const ROLES: &str = include_str!("../../docs/roles.md");
const STATISTICS: &str = include_str!("../../docs/statistics.md");
const STATES: &str = include_str!("../../docs/states.md");
const STORE: &str = include_str!("../../docs/store.md");
const DOCUMENTS: [&str; 10] =
    [README, CAUSE_LIST, CHARTER, CHECK_LIST, DECISIONS, FORMATS, ROLES, STATES, STATISTICS, STORE];

#[test]
fn every_measure_that_the_documents_name_is_one_of_the_code() {
    let code = [
        include_str!("../../src/review/agree.rs"),
        include_str!("../../src/review/agree/figures.rs"),
        include_str!("../../src/review/masks.rs"),
        include_str!("../../src/review/adjudicators.rs"),
        include_str!("../../src/review/balance.rs"),
        include_str!("../../src/review/readers.rs"),
        include_str!("../../src/review/readers/time.rs"),
    ]
    .concat();
    let mut names = 0;
    for name in rows(STATISTICS).iter().filter_map(|row| row.first()).flat_map(|cell| quoted(cell)) {
        // The ends of names, and the methods of consensus, which the command line itself tests.
        if name.starts_with('_')
            || ["majority", "weighted", "dawid-skene", "glad", "mace"].contains(&name.as_str())
        {
            continue;
        }
        let name = name.trim_end_matches('*');
        let field = format!("pub {name}:");
        assert!(code.contains(&format!("\"{name}")) || code.contains(&field), "{name}");
        names += 1;
    }
    assert!(names > 30, "{names}");
}

fn terms(text: &str, head: &str) -> BTreeMap<String, String> {
    let start = format!("| {head} | means |\n|---|---|\n");
    let below = text.split_once(start.as_str()).map_or("", |(_, below)| below);
    let table = below.split_once("\n\n").map_or(below, |(table, _)| table);
    rows(table)
        .into_iter()
        .filter_map(|row| Some((quoted(row.first()?).first()?.clone(), row.get(1)?.clone())))
        .collect()
}

#[test]
fn every_call_in_the_documents_is_understood() {
    let mut calls = 0;
    for (language, block) in DOCUMENTS.iter().flat_map(|text| fenced(text)) {
        for line in block.lines().filter(|_| language == "sh" || language == "console") {
            let line = line.strip_prefix("$ ").unwrap_or(line);
            let words = line.split("  #").next().unwrap_or_default().split_whitespace();
            if line.starts_with("overread ") {
                calls += 1;
                let parsed = Cli::try_parse_from(words).map_err(|error| error.to_string());
                assert!(parsed.is_ok(), "{line}: {:?}", parsed.err());
            }
        }
    }
    assert!(calls > 15, "{calls} calls were found");
}

#[test]
fn the_list_of_checks_is_that_of_the_code() {
    let listed: Vec<Vec<String>> = rows(CHECK_LIST);
    let known: Vec<Vec<String>> = CHECKS
        .iter()
        .map(|check| {
            let level = match check.level {
                CheckLevel::Block => "block",
                CheckLevel::Warn => "warn",
                CheckLevel::Off => "off",
            };
            vec![format!("`{}`", check.name), level.to_owned(), check.help.to_owned()]
        })
        .collect();
    assert_eq!(listed, known);
}

#[test]
fn the_dimensions_of_causes_are_those_of_the_code() {
    use overread::review::causes::Dimension;
    let below = CAUSE_LIST.split_once("| dimension | key |\n|---|---|\n").map_or("", |(_, below)| below);
    let table = below.split_once("\n\n").map_or(below, |(table, _)| table);
    let listed: Vec<String> =
        rows(table).iter().filter_map(|row| row.first()).flat_map(|cell| quoted(cell)).collect();
    let known: Vec<&str> = Dimension::WORDS.iter().map(|(_, word)| *word).collect();
    assert_eq!(listed, known);
}

#[test]
fn the_table_of_roles_is_that_of_the_code() {
    use Deed::*;
    let deeds = [
        InitStore,
        Import,
        ReadQueue,
        ShowCase,
        Preview,
        Reveal,
        Claim,
        FirstLook,
        Decide,
        Arbitrate,
        Undo,
        Finalise,
        Reopen,
        Sign,
        Unblind,
        Block,
        Unblock,
        Waive,
        WriteCause,
        Sample,
        Audit,
        Retrain,
        Check,
        Export,
        ExportPhi,
        ReadLog,
        ReadCaseLog,
        ReadStatistics,
        Verify,
        Backup,
        Restore,
        ShowCharter,
        SetCharter,
        ListPeople,
        ManagePeople,
    ];
    assert_eq!(deeds.len(), ManagePeople as usize + 1);
    let roles = [Role::Adjudicator, Role::Arbiter, Role::Qa, Role::Lead, Role::Observer];
    let mut granting = Charter::named("t");
    granting.review.qa_may_decide = true;
    let strict = Charter::named("t");
    let known: Vec<Vec<String>> = deeds
        .iter()
        .map(|deed| {
            let cell = |role: &Role| {
                let held = BTreeSet::from([*role]);
                match (may(&held, *deed, &strict), may(&held, *deed, &granting)) {
                    (Ok(_), _) => "yes",
                    (_, Ok(_)) => "charter",
                    _ => "–",
                }
                .to_owned()
            };
            [format!("`{deed:?}`")].into_iter().chain(roles.iter().map(cell)).collect()
        })
        .collect();
    let listed: Vec<Vec<String>> = rows(ROLES)
        .into_iter()
        .map(|row| row.into_iter().enumerate().filter(|(at, _)| *at != 1).map(|(_, cell)| cell).collect())
        .collect();
    assert_eq!(listed, known);
}

#[test]
fn the_codes_of_decisions_are_those_of_the_code() {
    let as_map = |terms: &[&Term]| -> BTreeMap<String, String> {
        terms.iter().map(|term| (term.code.to_owned(), term.meaning.to_owned())).collect()
    };
    let causes: Vec<&Term> = FAMILIES.iter().chain(&CAUSES).chain([&UNKNOWN]).collect();
    for (head, known) in [
        ("type", AMBIGUITIES.iter().collect::<Vec<_>>()),
        ("`reducible`", REDUCIBLE.iter().collect()),
        ("`handling`", HANDLING.iter().collect()),
        ("severity", SEVERITIES.iter().collect()),
        ("cause", causes),
    ] {
        assert_eq!(terms(DECISIONS, head), as_map(&known), "{head}");
    }
}

#[test]
fn the_fields_of_decisions_are_those_of_the_code_and_the_examples_are_read() -> Tested {
    let example = blocks(DECISIONS, "json").concat();
    let drafts: Vec<Draft> = example.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    assert!(drafts.len() > 2);
    let listed = |heading: &str| -> BTreeSet<String> {
        rows(section(DECISIONS, heading))
            .iter()
            .filter_map(|row| quoted(row.first()?).into_iter().next())
            .collect()
    };
    let named = |value: serde_json::Value| -> BTreeSet<String> {
        value.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
    };
    let draft = drafts.first().ok_or("no example")?;
    assert_eq!(listed("Fields"), named(serde_json::to_value(draft)?));
    let answers: BTreeSet<String> = listed("Answers").iter().map(|answer| answer.replace('…', "")).collect();
    for answer in answers.iter().filter(|answer| !answer.contains("geometry")) {
        serde_json::from_str::<Answer>(answer).map_err(|error| format!("{answer}: {error}"))?;
    }
    Ok(())
}

/// A label in which everything is set that can be.
fn full(kind: LabelKind) -> Label {
    let one = || vec!["x".to_owned()];
    Label {
        uncertain: true,
        excludes: one(),
        children: one(),
        levels: vec![Value::Number(1.0)],
        normal: Some(vec![Value::Number(1.0)]),
        tolerance: Tolerance::Absolute(1.0),
        hd95_mm: Some(1.0),
        percent: Some(1.0),
        unit: Some("mm".into()),
        range: Some([0.0, 1.0]),
        required: true,
        skill: Some("neuro".into()),
        no_confidence: true,
        ..Label::of(kind.word(), kind)
    }
}

#[test]
fn the_keys_of_the_charter_and_their_defaults_are_those_of_the_code() -> Tested {
    let written: toml::Table = charter::write(&Charter::named("t")).parse()?;
    for (part, keys) in written.iter().filter_map(|(part, keys)| Some((part, keys.as_table()?))) {
        let mut listed = toml::Table::new();
        for row in rows(section(CHARTER, &format!("[{part}]"))) {
            let (name, default) = (row.first().ok_or("no key")?, row.get(1).ok_or("no default")?);
            let line = format!("{} = {}", name.trim_matches('`'), default.trim_matches('`'));
            listed.extend(line.parse::<toml::Table>().map_err(|error| format!("{line}: {error}"))?);
        }
        assert_eq!(&listed, keys, "[{part}]");
    }
    let labels = rows(section(CHARTER, "[labels.NAME]"));
    for (kind, word) in LabelKind::WORDS.iter().copied() {
        let text = charter::write(&Charter { labels: vec![full(kind)], ..Charter::named("t") });
        let table: toml::Table = text.parse()?;
        let label = table.get("labels").and_then(|labels| labels.get(word)).and_then(toml::Value::as_table);
        let known: BTreeSet<String> = label.into_iter().flatten().map(|(name, _)| name.clone()).collect();
        let listed: BTreeSet<String> = labels
            .iter()
            .filter(|row| {
                row.get(2).is_some_and(|kinds| kinds == "all" || kinds.split(", ").any(|one| one == word))
            })
            .filter_map(|row| quoted(row.first()?).into_iter().next())
            .collect();
        assert_eq!(listed, known, "{word}");
    }
    for example in blocks(CHARTER, "toml") {
        let faults = charter::parse(&example).err().unwrap_or_default();
        assert!(faults.is_empty(), "{faults:?}");
    }
    Ok(())
}

#[test]
fn the_map_in_the_documents_is_that_of_the_code() {
    let code: String = include_str!("../../src/formats/map.rs")
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line)))
        .collect();
    assert!(!blocks(&code, "toml").is_empty());
    assert_eq!(blocks(FORMATS, "toml"), blocks(&code, "toml"));
}

#[test]
fn every_name_of_a_column_in_the_documents_is_understood() -> Tested {
    let options = Options { file_name: "t.csv".into(), reader: None, unit: charter::Unit::Image, map: None };
    let usual = [("case", "c"), ("reader", "r"), ("label", "l"), ("value", "1")];
    let cells = [("read_at", "2024-02-29"), ("reader_kind", "human")];
    let mut names = 0;
    for row in rows(section(FORMATS, "Long tables")) {
        let (role, known) = (row.first().ok_or("no role")?, row.get(1).ok_or("no names")?);
        for name in quoted(known).iter().filter(|_| role != "box") {
            let others = usual.iter().filter(|(usual, _)| usual != role);
            let cell = usual.iter().chain(&cells).find(|(of, _)| of == role).map_or("1", |(_, cell)| *cell);
            let columns: Vec<(&str, &str)> = others.copied().chain([(name.as_str(), cell)]).collect();
            let line =
                |part: fn(&(&str, &str)) -> String| columns.iter().map(part).collect::<Vec<_>>().join(",");
            let table =
                format!("{}\n{}\n", line(|(name, _)| name.to_string()), line(|(_, cell)| cell.to_string()));
            let summary = formats::read::<std::fmt::Error>(
                Format::Long,
                table.as_bytes(),
                &options,
                &mut |_| Ok(()),
                &mut |_| {},
            )?;
            let taken = summary.understood.iter().any(|(column, meaning)| column == name && meaning == role);
            assert!(taken && summary.refused == 0, "{name} as {role}: {summary:?}");
            names += 1;
        }
    }
    assert!(names > 20, "{names} names were found");
    Ok(())
}

#[test]
fn every_table_and_every_action_of_the_store_is_described() {
    let described: BTreeSet<String> = rows(section(STORE, "Tables"))
        .iter()
        .filter_map(|row| row.first())
        .flat_map(|cell| quoted(cell))
        .collect();
    let made: BTreeSet<String> = store::schema::TABLES
        .lines()
        .filter_map(|line| line.strip_prefix("CREATE TABLE "))
        .filter_map(|line| line.split_once('('))
        .map(|(name, _)| name.trim_matches('"').to_owned())
        .collect();
    assert_eq!(described, made);
    let named: BTreeSet<String> = quoted(section(STORE, "The log")).into_iter().collect();
    let missing: Vec<&str> =
        Action::WORDS.iter().map(|(_, word)| *word).filter(|word| !named.contains(*word)).collect();
    assert_eq!(missing, [""; 0]);
}
