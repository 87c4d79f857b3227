//! What the formats make of real files, of tables in every spelling, and of rubbish.

use crate::domain::word::Word;
use std::convert::Infallible;
use std::error::Error;

use super::{Format, FormatError, Map, Options, Refusal, Row, Summary, read, recognise};
use crate::domain::charter::Unit;
use crate::domain::geometry::Shape;
use crate::domain::value::Value;

mod aim;
mod export;
mod tables;

type Done = Result<(), Box<dyn Error>>;

fn options(file_name: &str) -> Options {
    Options { file_name: file_name.into(), reader: None, unit: Unit::Image, map: None }
}

/// Everything that reading comes to.
#[derive(Debug, PartialEq)]
struct Outcome {
    rows: Vec<Row>,
    refusals: Vec<Refusal>,
    end: Result<Summary, String>,
}

fn run(format: Format, bytes: &[u8], options: &Options) -> Outcome {
    let (mut rows, mut refusals) = (Vec::new(), Vec::new());
    let end = read::<Infallible>(
        format,
        bytes,
        options,
        &mut |row| {
            rows.push(row);
            Ok(())
        },
        &mut |refusal| refusals.push(refusal),
    );
    Outcome { rows, refusals, end: end.map_err(|error| error.to_string()) }
}

/// The rows of a file that nothing is wrong with.
fn rows(format: Format, bytes: &[u8], options: &Options) -> Result<Vec<Row>, Box<dyn Error>> {
    let outcome = run(format, bytes, options);
    outcome.end?;
    match outcome.refusals.first() {
        Some(refusal) => Err(refusal.to_string().into()),
        None => Ok(outcome.rows),
    }
}

/// Why a file, or the first of its lines that isn't taken, is refused.
fn refusal(format: Format, bytes: &[u8], options: &Options) -> String {
    let outcome = run(format, bytes, options);
    match (outcome.end, outcome.refusals.first()) {
        (Err(why), _) => why,
        (Ok(_), Some(refusal)) => refusal.to_string(),
        (Ok(_), None) => String::new(),
    }
}

/// A row in short: reader, label, value, marks.
fn short(row: &Row) -> (Option<&str>, &str, Option<Value>, bool) {
    let finding = row.finding.as_ref();
    (
        row.reader.as_deref(),
        finding.map_or("", |finding| finding.label.as_str()),
        finding.and_then(|finding| finding.value.clone()),
        row.marks,
    )
}

fn box_of(row: &Row) -> Option<[[f64; 2]; 2]> {
    match row.finding.as_ref()?.geometry.as_ref()?.shape {
        Shape::Box { points } => Some(points),
        _ => None,
    }
}

#[test]
fn a_sink_that_gives_up_gets_its_own_error_back() {
    let ended = read(
        Format::Long,
        &b"case,reader,label\n1,A,x\n"[..],
        &options("a.csv"),
        &mut |_| Err("full"),
        &mut |_| (),
    );
    assert!(matches!(ended, Err(FormatError::Sink("full"))));
}

#[test]
fn bytes_that_can_not_be_read_are_told_from_bad_ones() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::TimedOut.into())
        }
    }
    for (format, _) in Format::WORDS.iter().copied() {
        let bytes = std::io::Read::chain(&b"case,reader,label,Edema\n1,A,x,1\n"[..], Broken);
        let ended = read::<Infallible>(format, bytes, &options("a.csv"), &mut |_| Ok(()), &mut |_| ());
        assert!(matches!(ended, Err(FormatError::Io(_))), "{format:?}");
    }
}

#[test]
fn formats_have_words() {
    for (format, word) in Format::WORDS.iter().copied() {
        assert_eq!((format.word(), Format::from_word(word)), (word, Some(format)));
    }
    assert_eq!(Format::from_word("csv"), None);
}

#[test]
fn files_are_known_by_their_content() {
    for (head, name, expected) in [
        ("image_id,class_name,class_id,rad_id,x_min,y_min,x_max,y_max\n", "train.csv", Some(Format::Long)),
        ("\u{feff}Rating;ITEM ; rater\r\n", "x", Some(Format::Long)),
        ("item\trater\trating", "x.dat", Some(Format::Long)),
        ("patientId,x,y,width,height,Target\n", "stage_2.csv", Some(Format::Long)),
        ("sep=;\nStudy;No Finding;Edema\n", "bc1_gt.csv", Some(Format::Wide)),
        ("sep=\t\nStudy\tNo Finding, or none\tEdema\n", "bc1_gt.csv", Some(Format::Wide)),
        ("\"Study\",\"No Finding\",\"Pleural, other\"\n", "bc1_gt.csv", Some(Format::Wide)),
        ("study,some words of prose\n", "README.md", None),
        ("Units,Rater1,Rater2\n", "cac.csv", None),
        ("case\n1\n", "cases.csv", None),
        ("<?xml version=\"1.0\"?>\n<!-- x -->\n<ImageAnnotation xmlns=\"gme\">", "a.xml", Some(Format::Aim)),
        ("<aim:ImageAnnotationCollection xmlns:aim='x'>", "a", Some(Format::Aim)),
        ("<annotations><version>", "a.xml", None),
        ("{\"case\": 1}", "a.json", None),
        ("", "a.csv", None),
        ("\0\0\0\0case,label", "a.csv", None),
    ] {
        assert_eq!(recognise(head.as_bytes(), name), expected, "{head}");
    }
}
