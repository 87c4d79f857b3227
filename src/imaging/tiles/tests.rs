//! Slides made by code, of which every pixel is known.

use super::*;
use crate::imaging::open::memory;
use crate::imaging::opened::tests::{Outcome, RAW, RLE, Shape, element, file, packed};
use crate::imaging::picture::Room;

const SLIDE: &str = "1.2.840.10008.5.1.4.1.1.77.1.6";

fn sequence(group: u16, number: u16, items: &[Vec<u8>]) -> Vec<u8> {
    let item = |inner: &Vec<u8>| {
        [&b"\xfe\xff\0\xe0"[..], &(inner.len() as u32).to_le_bytes(), inner.as_slice()].concat()
    };
    element(group, number, b"SQ", &items.iter().flat_map(item).collect::<Vec<u8>>())
}

/// A slide of these columns and rows; each tile says where it lies, counted from 1, or lies where its number says.
fn slide(
    syntax: &str,
    shape: Shape,
    (columns, rows): (u32, u32),
    places: Option<&[(i32, i32)]>,
    pixels: &[u8],
) -> Vec<u8> {
    let (kind, groups) = match places {
        None => (&b"TILED_FULL"[..], Vec::new()),
        Some(places) => {
            let of = |(left, top): &(i32, i32)| {
                let position = [
                    element(0x48, 0x21e, b"SL", &left.to_le_bytes()),
                    element(0x48, 0x21f, b"SL", &top.to_le_bytes()),
                ];
                sequence(0x48, 0x21a, &[position.concat()])
            };
            let items: Vec<Vec<u8>> = places.iter().map(of).collect();
            (&b"TILED_SPARSE"[..], sequence(0x5200, 0x9230, &items))
        }
    };
    let own = [
        element(8, 0x16, b"UI", SLIDE.as_bytes()),
        element(8, 0x18, b"UI", b"1.2.3\0"),
        element(0x20, 0x9311, b"CS", kind),
    ];
    let matrix = [
        element(0x48, 6, b"UL", &columns.to_le_bytes()),
        element(0x48, 7, b"UL", &rows.to_le_bytes()),
        groups,
    ];
    file(syntax, shape, [&own.concat(), &matrix.concat()], pixels)
}

/// What the slides of these tests hold at a place.
fn value(x: u32, y: u32) -> u8 {
    (x * 7 + y * 31) as u8
}

/// Tiles of 4 × 4 pixels, cut from such a slide; beyond its edge they hold 255.
fn cut(places: &[(i32, i32)], (columns, rows): (u32, u32), samples: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (left, top) in places {
        for (y, x) in (0..4).flat_map(|y| (0..4).map(move |x| (y, x))) {
            let (x, y) = (*left as u32 - 1 + x, *top as u32 - 1 + y);
            let inside = x < columns && y < rows;
            bytes.extend((0..samples).map(|n| if inside { value(x, y).wrapping_add(n) } else { 255 }));
        }
    }
    element(0x7fe0, 0x10, b"OB", &bytes)
}

/// The places of the tiles of a slide of 10 × 7 pixels, row by row.
const GRID: [(i32, i32); 6] = [(1, 1), (5, 1), (9, 1), (1, 5), (5, 5), (9, 5)];
const WHOLE: (u32, u32) = (10, 7);

fn look(bytes: Vec<u8>, need: &Need, limits: &Limits) -> Result<Frame, Fault> {
    view::frame(&mut Opened::read(memory(bytes), 0, limits)?, 0, need, limits)
}

fn numbers(frame: &Frame) -> Vec<u8> {
    frame.numbers().unwrap_or_default().into_iter().map(|number| number as u8).collect()
}

fn expected() -> Vec<u8> {
    (0..7).flat_map(|y| (0..10).map(move |x| value(x, y))).collect()
}

#[test]
fn a_slide_is_one_image_of_the_size_of_all_its_tiles() -> Outcome {
    let full = slide(RAW, (4, 4, 6, 8, 1), WHOLE, None, &cut(&GRID, WHOLE, 1));
    let mut mixed = GRID;
    mixed.reverse();
    let sparse = slide(RAW, (4, 4, 6, 8, 1), WHOLE, Some(&mixed), &cut(&mixed, WHOLE, 1));
    for bytes in [full, sparse] {
        let (outline, mut source) = crate::imaging::prescan::scan(memory(bytes.clone()), &Limits::STANDARD)?;
        let values = header::Values::read(&outline, &mut *source, 0, &Limits::STANDARD)?;
        let hash = || Err(Fault::broken("it has a UID"));
        let image = header::header(&outline, &mut *source, &values, &Limits::STANDARD, hash)?.image;
        assert_eq!((image.columns, image.rows, image.frames), (10, 7, 1));
        let frame = look(bytes, &Need::default(), &Limits::STANDARD)?;
        assert_eq!((frame.columns, frame.rows, frame.frames), (10, 7, 1));
        assert_eq!(frame.part, [0, 0, 10, 7]);
        // A pixel stands where its coordinates in the whole slide say.
        assert_eq!(numbers(&frame), expected());
        assert_eq!(frame.slide, Some(Slide { planes: 1, every: 1, missing: 0 }));
    }
    Ok(())
}

#[test]
fn colours_keep_their_order_and_places_without_a_tile_are_white() -> Outcome {
    let there = [GRID[0], GRID[4]];
    let bytes = slide(RAW, (4, 4, 2, 8, 3), WHOLE, Some(&there), &cut(&there, WHOLE, 3));
    let frame = look(bytes, &Need::default(), &Limits::STANDARD)?;
    let seen = frame.show(&Need::default()).picture;
    let pixel = |x: usize, y: usize| &seen.pixels[(y * 10 + x) * 3..][..3];
    assert_eq!(pixel(3, 2), [value(3, 2), value(3, 2).wrapping_add(1), value(3, 2).wrapping_add(2)]);
    assert_eq!(pixel(7, 6), [value(7, 6), value(7, 6).wrapping_add(1), value(7, 6).wrapping_add(2)]);
    assert_eq!(pixel(5, 2), [255; 3]);
    Ok(())
}

#[test]
fn of_several_planes_the_first_is_shown_and_said() -> Outcome {
    let twice: Vec<(i32, i32)> = [GRID, GRID].concat();
    let second = vec![200; 6 * 16];
    let planes = [cut(&GRID, WHOLE, 1)[12..].to_vec(), second].concat();
    let pixels = element(0x7fe0, 0x10, b"OB", &planes);
    for places in [None, Some(&twice[..])] {
        let frame =
            look(slide(RAW, (4, 4, 12, 8, 1), WHOLE, places, &pixels), &Need::default(), &Limits::STANDARD)?;
        assert_eq!(numbers(&frame), expected());
        assert_eq!(frame.slide, Some(Slide { planes: 2, every: 1, missing: 0 }));
    }
    Ok(())
}

/// A slide of 1,536 × 1,024 pixels in six tiles, each of one value: 10, 20 … 60.
fn large(spoil: Option<usize>) -> Vec<u8> {
    let mut pixels = packed(&[10, 20, 30, 40, 50, 60], 512 * 512);
    let length = 64 + 2 * (512 * 512 / 128);
    if let Some(tile) = spoil {
        // No segment where one should be.
        pixels[20 + tile * (8 + length) + 8] = 9;
    }
    slide(RLE, (512, 512, 6, 8, 1), (1536, 1024), None, &pixels)
}

#[test]
fn only_tiles_that_a_view_meets_are_decoded() -> Outcome {
    let region = |region| Need { region: Some(region), ..Need::default() };
    let spoilt = large(Some(5));
    let frame = look(spoilt.clone(), &region([500.0, 500.0, 530.0, 520.0]), &Limits::STANDARD)?;
    let across: Vec<f64> = frame.numbers().unwrap_or_default().into_iter().take(30).collect();
    assert_eq!(across, [vec![10.0; 12], vec![20.0; 18]].concat());
    assert_eq!(frame.numbers().and_then(|numbers| numbers.last().copied()), Some(50.0));
    // A damaged tile leaves its place blank and takes nothing from the others; alone it is words.
    let beside = look(spoilt.clone(), &region([1020.0, 510.0, 1030.0, 520.0]), &Limits::STANDARD)?;
    assert_eq!(beside.slide.map(|slide| slide.missing), Some(1));
    let corners = |numbers: Vec<f64>| [0, 9, 90, 99].map(|at| numbers.get(at).copied().unwrap_or(-1.0));
    assert_eq!(corners(beside.numbers().unwrap_or_default()), [20.0, 30.0, 50.0, 0.0]);
    assert!(look(spoilt, &region([1100.0, 600.0, 1130.0, 620.0]), &Limits::STANDARD).is_err());
    Ok(())
}

#[test]
fn a_view_is_reduced_tile_by_tile_without_seams() -> Outcome {
    let need = Need { room: Room::new(96, 64).ok(), ..Need::default() };
    let frame = look(large(None), &need, &Limits::STANDARD)?;
    assert_eq!((frame.width, frame.height), (96, 64));
    let expected: Vec<f64> =
        (0..64 * 96).map(|at| f64::from((at / 96 / 32 * 3 + at % 96 / 32 + 1) * 10)).collect();
    assert_eq!(frame.numbers(), Some(expected));
    Ok(())
}

#[test]
fn where_a_view_needs_too_many_tiles_one_stands_for_a_square_of_them() -> Outcome {
    let need = Need { room: Room::new(12, 8).ok(), ..Need::default() };
    let tile = 512 * 512;
    for (most, every) in [(6 * tile, 1), (6 * tile - 1, 2), (2 * tile, 2), (tile, 3), (1, 3)] {
        let limits = Limits { tiles: most, ..Limits::STANDARD };
        let frame = look(large(None), &need, &limits)?;
        assert_eq!(frame.slide.map(|slide| slide.every), Some(every), "{most}");
        let row: Vec<f64> = frame.numbers().unwrap_or_default().into_iter().take(12).collect();
        let expected = match every {
            1 => [[10.0; 4], [20.0; 4], [30.0; 4]].concat(),
            2 => [vec![10.0; 8], vec![30.0; 4]].concat(),
            _ => vec![10.0; 12],
        };
        assert_eq!(row, expected, "{most}");
    }
    Ok(())
}

#[test]
fn a_slide_that_contradicts_itself_is_refused_in_words() {
    let pixels = cut(&GRID, WHOLE, 1);
    for (bytes, words) in [
        (slide(RAW, (4, 4, 5, 8, 1), WHOLE, None, &pixels), "fewer tiles"),
        (slide(RAW, (4, 4, 6, 8, 1), (1 << 21, 7), None, &pixels), "limit"),
        (slide(RAW, (4, 4, 6, 8, 1), (1 << 20, 1 << 20), None, &pixels), "limit"),
        (slide(RAW, (4, 4, 1, 8, 1), WHOLE, Some(&[(0, 1)]), &pixels), "where it lies"),
        (slide(RAW, (4, 4, 1, 8, 1), WHOLE, Some(&[(99, 1)]), &pixels), "no tile"),
        (slide(RAW, (4, 4, 2, 8, 1), WHOLE, Some(&[(1, 1)]), &pixels), "where it lies"),
    ] {
        let refused = look(bytes, &Need::default(), &Limits::STANDARD);
        assert!(refused.as_ref().is_err_and(|fault| fault.words.contains(words)), "{words}: {refused:?}");
    }
}
