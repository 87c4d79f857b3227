//! The checks of masks, of what stands beside a read, and of images as they came in.

use super::*;
use crate::domain::image::{Looked, Orientation, Quality};

/// A mask drawn by letters: `#` inside, anything else outside.
fn mask(rows: &[&str]) -> Finding {
    let columns = rows.first().map_or(0, |row| row.chars().count());
    let mut rle = vec![0];
    let mut inside = false;
    for letter in rows.iter().flat_map(|row| row.chars()) {
        if (letter == '#') != inside {
            inside = !inside;
            rle.push(0);
        }
        if let Some(last) = rle.last_mut() {
            *last += 1;
        }
    }
    draws("organ", Shape::Mask { size: [rows.len() as u32, columns as u32], rle })
}

fn in_masks(rows: &[&str]) -> Vec<(&'static str, String)> {
    let size = Image { rows: rows.len() as u32, columns: rows[0].len() as u32, ..image("1") };
    let found = found(&[read("ann", vec![mask(rows)])], &[size]);
    found.into_iter().map(|problem| (problem.check, problem.message)).collect()
}

#[test]
fn a_mask_with_specks_or_pinholes_is_told_and_one_with_large_parts_is_not() {
    // A corner holds the part together; the two pixels on the right lie apart.
    let specks = in_masks(&["####....", "####..#.", "####..#.", "....#...", "........"]);
    assert_eq!(
        specks,
        [(
            "mask-islands",
            "organ: 1 part of at most 3 pixels, beside the largest of 13 pixels; the smallest has 2".into()
        )]
    );
    let pinhole = in_masks(&["........", ".######.", ".##.###.", ".######.", "........"]);
    assert_eq!(pinhole, [("mask-holes", "organ: 1 small hole of 1 pixel together".into())]);
    // A ring is meant, as are two organs side by side, and a notch at the edge is no hole.
    assert_eq!(in_masks(&["#####...", "#...#...", "#...#...", "#####..."]), []);
    assert_eq!(in_masks(&["####.###", "####.###", ".###.###"]), []);
    assert_eq!(in_masks(&["##.#####", "########", "########", "########"]), []);
    // A hole that is closed by corners alone is closed.
    assert_eq!(in_masks(&["........", "..##....", ".#.#....", "..#.....", "..####..", "..####.."]).len(), 1);
    assert_eq!(in_masks(&["........", "........"]), []);
}

#[test]
fn parts_of_a_large_mask_are_counted_by_the_pixel() {
    // Every other column of 200, joined by the last row: one part, and no hole.
    let comb: Vec<String> =
        (0..50).map(|row| if row == 49 { "#".repeat(200) } else { "#.".repeat(100) }).collect();
    let rows: Vec<&str> = comb.iter().map(String::as_str).collect();
    assert_eq!(in_masks(&rows), []);
    // Without it a hundred parts of the same size, none of them a speck.
    assert_eq!(in_masks(&rows[..49]), []);
}

#[test]
fn a_read_dated_after_the_names_were_shown_is_told() {
    let dated = |at: &str| Read { read_at: Some(at.into()), ..read("ann", vec![says("edema", "1")]) };
    let reads = [dated("2026-11-24T08:00:00Z")];
    let images = [image("1")];
    let of =
        |unblinded| check(&charter(), &Subject { case: "case", reads: &reads, images: &images, unblinded });
    let noon = |day: &str| crate::domain::moment::parse(&format!("2026-11-{day}T12:00:00Z"), 0);
    assert_eq!((of(None), of(noon("24"))), (vec![], vec![]));
    let late: Vec<_> = of(noon("23")).into_iter().map(|p| (p.check, p.reader, p.message)).collect();
    let words =
        "read at 2026-11-24T08:00:00Z, after the readers' names were shown at 2026-11-23T12:00:00.000Z";
    assert_eq!(late, [("read-after-unblinding", Some("ann".to_owned()), words.to_owned())]);
}

#[test]
fn a_label_that_needs_no_confidence_is_not_asked_for_one() {
    let mut charter = charter();
    charter.checks.insert("confidence-missing".into(), CheckLevel::Warn);
    for label in &mut charter.labels {
        label.no_confidence = label.name == "edema";
    }
    let reads = [read("ann", vec![says("edema", "1"), says("grade", "2")])];
    let subject = Subject { case: "case", reads: &reads, images: &[image("1")], unblinded: None };
    let labels: Vec<_> = check(&charter, &subject).into_iter().map(|problem| problem.label).collect();
    assert_eq!(labels, [Some("grade".to_owned())]);
}

/// What is found of an image whose pixels were like this.
fn of(quality: Quality) -> Vec<(&'static str, String)> {
    let image = Image { quality: Some(quality), ..image("1") };
    found(&[read("ann", vec![says("edema", "1")])], &[image])
        .into_iter()
        .map(|p| (p.check, p.message))
        .collect()
}

fn seen() -> Quality {
    Quality {
        orientation: Orientation::Known,
        lowest: Some([0.0, 0.3]),
        highest: Some([4095.0, 0.01]),
        bytes: Some([40_000, 40_000]),
        ..Quality::of(Looked::Frames(1))
    }
}

#[test]
fn an_image_is_told_of_by_what_its_pixels_were_like() {
    assert_eq!(of(seen()), []);
    let told = |quality, check, words: &str| {
        assert_eq!(of(quality), [(check, words.to_owned())]);
    };
    let fault = Looked::Fault("the file ends early\u{1b}".into());
    told(Quality { looked: fault, ..seen() }, "image-undecodable", "can't be decoded: the file ends early^[");
    let not = Looked::Not("decoding took longer than 5 s".into());
    told(
        Quality { looked: not, ..seen() },
        "image-not-looked-at",
        "its pixels were not looked at: decoding took longer than 5 s",
    );
    told(
        Quality { bytes: Some([50_000, 40_000]), ..seen() },
        "image-size",
        "its file holds 50000 bytes of pixels, and 200×100 pixels in 1 frame take 40000",
    );
    // An odd number is made even by one byte more.
    assert_eq!(of(Quality { bytes: Some([40_002, 40_001]), ..seen() }), []);
    told(Quality { empty: true, ..seen() }, "image-empty", "every pixel has the same value");
    told(
        Quality { highest: Some([4095.0, 0.12]), ..seen() },
        "image-clipped",
        "12 % of its pixels are white: they have the highest value, 4095",
    );
    // Where low values are white, the highest is the black ground.
    assert_eq!(
        of(Quality { highest: Some([4095.0, 0.5]), inverted: true, lowest: Some([0.0, 0.01]), ..seen() }),
        []
    );
    // A map of few values is no measurement.
    assert_eq!(of(Quality { highest: Some([3.0, 0.5]), ..seen() }), []);
    told(
        Quality { twin: Some("1.2".into()), ..seen() },
        "image-duplicate",
        "the same pixels came in before, as image 1.2",
    );
    told(
        Quality { orientation: Orientation::Implausible, ..seen() },
        "orientation-implausible",
        "its header says an orientation that no image can have",
    );
    // Many files are silent, so that this is told only where the charter asks for it.
    assert_eq!(of(Quality { orientation: Orientation::Unknown, ..seen() }), []);
}

#[test]
fn burnt_in_text_is_suspected_only_where_marks_like_letters_were_seen() {
    let told = |modality: &str, flag: Option<&str>, text_rows| {
        let image = Image {
            modality: Some(modality.into()),
            burned_in: flag.map(str::to_owned),
            quality: Some(Quality { text_rows, ..seen() }),
            ..image("1")
        };
        let found = found(&[read("ann", vec![says("edema", "1")])], &[image]);
        found.into_iter().map(|problem| (problem.check, problem.message)).collect::<Vec<_>>()
    };
    let suspected = ("burnt-in-text", "burnt-in text suspected: 2 rows of marks like letters".to_owned());
    assert_eq!(told("US", None, 2), [suspected]);
    assert_eq!(
        told("CT", Some("YES"), 0),
        [("burnt-in-text", "its header says that text is burnt in".into())]
    );
    assert_eq!(
        (told("US", None, 0), told("US", Some("NO"), 2), told("CT", None, 2)),
        (vec![], vec![], vec![])
    );
}
