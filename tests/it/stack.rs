//! Images that lie on each other: one file a slice, and the frames of one file.

use overread::domain::stack::{frame_at, frame_order};
use overread::review::desk::{self, Hold};

use crate::common::{Outcome, Place};
use crate::imaging::decoder;
use crate::made::{element, part10};
use crate::story::*;

const EXPLICIT: &str = "1.2.840.10008.1.2.1";
/// A patient on the side: rows run to the back, columns to the feet, so that x alone orders slices.
const SAGITTAL: &str = "0\\1\\0\\0\\0\\-1";

fn text(group: u16, number: u16, vr: &[u8; 2], words: &str) -> Vec<u8> {
    let mut bytes = words.as_bytes().to_vec();
    if words.len() % 2 == 1 {
        bytes.push(if vr == b"UI" { 0 } else { b' ' });
    }
    element(group, number, vr, &bytes)
}

fn sequence(group: u16, number: u16, items: &[Vec<u8>]) -> Vec<u8> {
    let item = |inner: &Vec<u8>| {
        [&b"\xfe\xff\0\xe0"[..], &(inner.len() as u32).to_le_bytes(), inner.as_slice()].concat()
    };
    element(group, number, b"SQ", &items.iter().flat_map(item).collect::<Vec<u8>>())
}

/// A gray image of 8 bits and 4 × 4 pixels a frame, with elements of its own before the groups of frames.
fn image(uid: &str, frames: u16, own: &[u8], groups: &[u8]) -> Vec<u8> {
    let short = |number, value: u16| element(0x28, number, b"US", &value.to_le_bytes());
    let parts = [
        text(8, 0x18, b"UI", uid),
        text(8, 0x60, b"CS", "MR"),
        text(0x20, 0x0d, b"UI", "1.2"),
        text(0x20, 0x0e, b"UI", "1.2.7"),
        own.to_vec(),
        short(2, 1),
        text(0x28, 4, b"CS", "MONOCHROME2"),
        text(0x28, 8, b"IS", &frames.to_string()),
        short(0x10, 4),
        short(0x11, 4),
        short(0x100, 8),
        short(0x101, 8),
        short(0x102, 7),
        short(0x103, 0),
        groups.to_vec(),
        element(0x7fe0, 0x10, b"OB", &vec![7; 16 * usize::from(frames)]),
    ];
    part10(EXPLICIT, &parts.concat())
}

fn slice(uid: &str, number: u32, x: &str) -> Vec<u8> {
    let own = [
        text(0x20, 0x13, b"IS", &number.to_string()),
        text(0x20, 0x32, b"DS", &format!("{x}\\4\\5")),
        text(0x20, 0x37, b"DS", SAGITTAL),
    ];
    image(uid, 1, &own.concat(), &[])
}

/// Reads that differ on a series of three slices, whose files, numbers and positions are in three different orders.
fn series() -> Setting {
    Setting::of("name = \"s\"\n[reads]\nunit = \"series\"\n[labels.tear]\nkind = \"present\"\n")
        .reads("case,reader,label,value\n1.2.7,ann,tear,present\n1.2.7,bob,tear,absent\n")
        .file("a.dcm", slice("1.2.7.1", 1, "3.5"))
        .file("b.dcm", slice("1.2.7.3", 2, "9"))
        .file("c.dcm", slice("1.2.7.2", 3, "-12.25"))
}

/// Expects the image of this id before the person.
fn shown(id: &'static str) -> Expected {
    that(move |play| {
        let images: Vec<String> = play.wanted().into_iter().map(|wanted| wanted.view.image).collect();
        if images == [id] { Ok(()) } else { Err(format!("{images:?} instead of {id}")) }
    })
}

#[test]
fn keys_go_along_a_series_of_files_by_position() -> Outcome {
    // The normal of a sagittal orientation points to the patient's right: x falls along it.
    story(series())
        .opens()
        .expect(shown("1.2.7.3"))
        .keys(".")
        .expect(shown("1.2.7.1"))
        .keys("z")
        .keys(".")
        .expect(shown("1.2.7.2"))
        .keys(".")
        .expect(shown("1.2.7.2"))
        .keys(", ,")
        .expect(shown("1.2.7.3"))
        .ends()
}

#[test]
fn the_desk_says_where_each_slice_stands() -> Outcome {
    story(series())
        .then(|play| {
            play.elsewhere("max", |session| {
                let desk = desk::open(session, "1.2.7", Hold::Look, "")?;
                let places: Vec<_> =
                    desk.images.iter().map(|one| one.slice.map(|at| (at.number, at.of, at.at))).collect();
                assert_eq!(places, [Some((1, 3, -9.0)), Some((2, 3, -3.5)), Some((3, 3, 12.25))]);
                assert!((0..3).all(|image| desk.stack(image) == (0..3)));
                Ok(())
            })
        })
        .ends()
}

#[test]
fn frames_of_an_enhanced_file_have_positions_and_an_order() -> Outcome {
    let shared =
        sequence(0x5200, 0x9229, &[sequence(0x20, 0x9116, &[text(0x20, 0x37, b"DS", "1\\0\\0\\0\\1\\0")])]);
    let frame = |z: &str| sequence(0x20, 0x9113, &[text(0x20, 0x32, b"DS", &format!("0\\0\\{z}"))]);
    let place = Place::new()?;
    let mut decoder = decoder();
    for (depths, offsets, order) in [
        (["0", "7.5", "5"], vec![0.0, 7.5, 5.0], Some(vec![0, 2, 1])),
        (["9", "4", "-1"], vec![9.0, 4.0, -1.0], None),
        (["9", "4", "9"], vec![9.0, 4.0, 9.0], None),
        (["9", "4", "x"], vec![], None),
    ] {
        let frames = sequence(0x5200, 0x9230, &depths.map(frame));
        let path = place.write("a.dcm", image("1.2.3", 3, &[], &[shared.clone(), frames].concat()))?;
        let image = decoder.header(&path)?.image;
        let found = image.slice.as_ref().map(|slice| slice.frames.clone());
        assert_eq!(found, Some(offsets.clone()), "{depths:?}");
        assert_eq!(frame_order(&image), order, "{depths:?}");
        assert_eq!(frame_at(&image, 1), offsets.get(1).copied(), "{depths:?}");
    }
    Ok(())
}

#[test]
fn an_image_of_an_older_store_is_read_without_its_place() -> Outcome {
    let header = r#"{"id":"1.2","rows":4,"columns":4,"frames":1}"#;
    let image: overread::domain::image::Image = serde_json::from_str(header)?;
    assert_eq!(image.slice, None);
    assert_eq!(serde_json::to_string(&image)?, header);
    Ok(())
}
