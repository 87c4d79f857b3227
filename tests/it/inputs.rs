//! What a file can say of its pixels, one thing at a time, in files made by code: graphics, windows, values, other formats.

use std::error::Error;
use std::io::Cursor;
use std::path::Path;
use std::time::Duration;

use overread::imaging::picture::Room;
use overread::imaging::{Decoder, FaultKind, Frame, ImagingError, Need, Seen, Toning, Window};

use crate::made::{EXPLICIT, described, element, image, part10, pixels, sequence, shorts};

type Outcome = Result<(), Box<dyn Error>>;
type Made<T> = Result<T, Box<dyn Error>>;

fn decoder() -> Decoder {
    let wait = Duration::from_secs(120);
    Decoder::new(env!("CARGO_BIN_EXE_overread").into(), vec!["decode-worker".into()]).with_waits(wait, wait)
}

/// Decodes a frame of a file of these bytes.
fn frame_of(bytes: &[u8], number: u32, need: &Need) -> Result<Frame, ImagingError> {
    let folder = tempfile::tempdir().map_err(|source| ImagingError::Start {
        program: overread::domain::text::Safe::new("tempdir"),
        source,
    })?;
    let path = folder.path().join("a");
    std::fs::write(&path, bytes).map_err(|source| ImagingError::Start {
        program: overread::domain::text::Safe::new("write"),
        source,
    })?;
    decoder().frame(&path, number, need)
}

fn words(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// Grays of a small picture, in which `rest` stands before the pixels.
fn seen(bits: u16, rest: &[Vec<u8>], pixel_data: &[u8], columns: u16) -> Made<(Vec<f64>, Seen)> {
    let bytes = usize::from(bits.max(8) / 8);
    let rows = (pixel_data.len() / bytes / usize::from(columns)) as u16;
    let all = [rest.concat(), pixels(pixel_data)].concat();
    let frame = frame_of(&part10(EXPLICIT, &image(rows, columns, bits, &all)), 0, &Need::default())?;
    Ok((frame.numbers().ok_or("no grays")?, frame.show(&Need::default())))
}

/// The places that graphics mark.
fn marked(seen: &Seen) -> Vec<(u32, u32)> {
    let (width, height) = (seen.picture.width, seen.picture.height);
    let Some(marks) = &seen.marks else { return Vec::new() };
    (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).filter(|(x, y)| marks.has(*x, *y)).collect()
}

/// A plane of graphics: its group, rows and columns, origin (row, column), and bits row by row, the lowest first.
fn plane(group: u16, [rows, columns]: [u16; 2], origin: [i16; 2], bits: &[u8]) -> Vec<u8> {
    let origin: Vec<u8> = origin.iter().flat_map(|place| place.to_le_bytes()).collect();
    [
        shorts(group, 0x10, &[rows]),
        shorts(group, 0x11, &[columns]),
        element(group, 0x40, b"CS", b"G "),
        element(group, 0x50, b"SS", &origin),
        shorts(group, 0x100, &[1]),
        shorts(group, 0x102, &[0]),
        element(group, 0x3000, b"OW", bits),
    ]
    .concat()
}

#[test]
fn imaging_graphics_lie_where_their_origin_says() -> Outcome {
    // Three rows of three: a corner, the middle, a corner. Bits 0, 4, 8.
    let diagonal = [0b0001_0001, 0b1];
    for (origin, expected) in [
        ([1, 1], vec![(0, 0), (1, 1), (2, 2)]),
        ([2, 3], vec![(2, 1), (3, 2)]),
        ([0, 0], vec![(0, 0), (1, 1)]),
        ([-5, 1], vec![]),
    ] {
        let (_, seen) = seen(8, &[plane(0x6000, [3, 3], origin, &diagonal)], &[7; 12], 4)?;
        assert_eq!(marked(&seen), expected, "{origin:?}");
        // The pixels below know nothing of it.
        assert_eq!((seen.picture.channels, seen.picture.pixels.len()), (1, 12));
    }
    let two = [plane(0x6000, [1, 1], [1, 2], &[1, 0]), plane(0x601e, [1, 1], [3, 4], &[1, 0])];
    assert_eq!(marked(&seen(8, &two, &[7; 12], 4)?.1), [(1, 0), (3, 2)]);
    // A group of an odd number is somebody's own, and bits that are not there draw nothing.
    let none = [plane(0x6001, [1, 1], [1, 1], &[1, 0]), plane(0x6002, [60_000, 60_000], [1, 1], &[255, 255])];
    assert_eq!(marked(&seen(8, &none, &[7; 12], 4)?.1), []);
    Ok(())
}

#[test]
fn imaging_graphics_stand_in_spare_bits_of_samples() -> Outcome {
    let rest = [
        shorts(0x28, 0x101, &[12]),
        shorts(0x28, 0x102, &[11]),
        shorts(0x6000, 0x10, &[2]),
        shorts(0x6000, 0x11, &[2]),
        shorts(0x6000, 0x102, &[15]),
    ];
    let data = words(&[5, 0x8000 | 6, 7, 0x8000 | 8]);
    let (numbers, seen) = seen(16, &rest, &data, 2)?;
    assert_eq!((numbers, marked(&seen)), (vec![5.0, 6.0, 7.0, 8.0], vec![(1, 0), (1, 1)]));
    Ok(())
}

#[test]
fn imaging_graphics_of_several_frames_follow_the_frame() -> Outcome {
    // Planes for the second and third of three frames, two rows of three bits each without padding between them: the first
    // of one, the last of the other.
    let rest = [
        element(0x28, 8, b"IS", b"3 "),
        plane(0x6000, [2, 3], [1, 1], &[0b0000_0001, 0b0000_1000]),
        element(0x6000, 0x15, b"IS", b"2 "),
        shorts(0x6000, 0x51, &[2]),
        pixels(&[1; 18]),
    ];
    let file = part10(EXPLICIT, &image(2, 3, 8, &rest.concat()));
    for (number, expected) in [(0, vec![]), (1, vec![(0, 0)]), (2, vec![(2, 1)])] {
        let frame = frame_of(&file, number, &Need::default())?;
        assert_eq!(marked(&frame.show(&Need::default())), expected, "{number}");
    }
    Ok(())
}

#[test]
fn imaging_graphics_stay_where_a_picture_shrinks() -> Outcome {
    let (columns, rows) = (1600_u16, 1200_u16);
    let mut bits = vec![0; usize::from(columns) * usize::from(rows) / 8];
    let mut mark = |x: usize, y: usize| bits[(y * 1600 + x) / 8] |= 1 << ((y * 1600 + x) % 8);
    mark(777, 555);
    mark(1599, 1199);
    let mut all = plane(0x6000, [rows, columns], [1, 1], &bits);
    all.extend(pixels(&vec![3; 1600 * 1200]));
    let file = part10(EXPLICIT, &image(rows, columns, 8, &all));
    for (region, width, height, expected) in [
        (None, 400, 300, vec![(194, 138), (399, 299)]),
        (None, 16, 12, vec![(7, 5), (15, 11)]),
        (Some([700.0, 500.0, 800.0, 600.0]), 100, 100, vec![(77, 55)]),
        (Some([776.0, 554.0, 778.0, 556.0]), 4, 4, vec![(2, 2), (3, 2), (2, 3), (3, 3)]),
    ] {
        let need = Need { region, room: Room::new(width, height).ok(), ..Need::default() };
        assert_eq!(marked(&frame_of(&file, 0, &need)?.show(&need)), expected, "{region:?}");
    }
    Ok(())
}

#[test]
fn imaging_windows_have_the_names_that_the_file_gives() -> Outcome {
    let rest = [
        element(0x28, 0x1050, b"DS", b"40\\300\\-600 "),
        element(0x28, 0x1051, b"DS", b"400\\1500\\1700 "),
        element(0x28, 0x1055, b"LO", b"SOFT\\\\LUNG\x1b[2J "),
        pixels(&words(&[0, 1, 2, 3])),
    ];
    let frame = frame_of(&part10(EXPLICIT, &image(2, 2, 16, &rest.concat())), 0, &Need::default())?;
    let windows = frame.tones.as_ref().ok_or("no tones")?.windows();
    let told: Vec<(String, f64, f64)> = windows
        .iter()
        .map(|named| (named.name.to_string(), named.window.width, named.window.level))
        .collect();
    let expected = [
        ("SOFT", 400.0, 40.0),
        ("window 2 of the file", 1500.0, 300.0),
        ("LUNG^[[2J", 1700.0, -600.0),
        ("percentiles 1-99", 4.0, 2.0),
    ];
    assert_eq!(told, expected.map(|(name, width, level)| (name.to_owned(), width, level)));
    Ok(())
}

#[test]
fn imaging_percentiles_are_shown_where_values_mean_nothing_by_themselves() -> Outcome {
    // 100 to 299 once each, and two padding values far off, of which nothing is measured.
    let values: Vec<u16> = (100..300).chain([60_000, 60_000]).collect();
    for (modality, toning, low, high) in
        [(b"MR", Toning::Percentiles, 101.0, 297.0), (b"CT", Toning::Range, 100.0, 299.0)]
    {
        let set = [
            element(8, 0x60, b"CS", modality),
            shorts(0x28, 2, &[1]),
            element(0x28, 4, b"CS", b"MONOCHROME2 "),
            shorts(0x28, 0x10, &[1]),
            shorts(0x28, 0x11, &[202]),
            shorts(0x28, 0x100, &[16]),
            shorts(0x28, 0x103, &[0]),
            shorts(0x28, 0x120, &[60_000]),
            pixels(&words(&values)),
        ];
        let seen = frame_of(&part10(EXPLICIT, &set.concat()), 0, &Need::default())?.show(&Need::default());
        assert_eq!((seen.toning, seen.window), (toning, Some(Window::spanning(low, high))), "{modality:?}");
        // The lowest and highest hundredth are black and white.
        let cut = usize::from(toning == Toning::Percentiles);
        assert_eq!((seen.picture.pixels[cut], seen.picture.pixels[199 - 2 * cut]), (0, 255));
        assert!(seen.picture.pixels[cut + 2] > 0);
    }
    Ok(())
}

#[test]
fn imaging_curves_and_padding_are_those_of_the_file() -> Outcome {
    let window = |curve: &[u8]| {
        [
            element(0x28, 0x1050, b"DS", b"10"),
            element(0x28, 0x1051, b"DS", b"4 "),
            element(0x28, 0x1056, b"CS", curve),
        ]
    };
    // PS3.3 C.11.2.1.2 and C.11.2.1.3 by hand, of 9 and 10: (9 - 9.5) / 3 + 0.5, (9 - 10) / 4 + 0.5, 1 / (1 + e).
    for (curve, grays) in
        [(&b"LINEAR"[..], [85, 170]), (b"LINEAR_EXACT", [64, 128]), (b"SIGMOID ", [69, 128])]
    {
        let (_, seen) = seen(16, &window(curve), &words(&[9, 10]), 2)?;
        assert_eq!((seen.toning, &seen.picture.pixels[..]), (Toning::File, &grays[..]), "{curve:?}");
    }
    // Values of the padding's range count for nothing where the frame's range is what is shown.
    let padding = [shorts(0x28, 0x120, &[900]), shorts(0x28, 0x121, &[1000])];
    let (_, padded) = seen(16, &padding, &words(&[0, 50, 100, 950]), 2)?;
    assert_eq!(padded.picture.pixels, [0, 128, 255, 255]);
    Ok(())
}

#[test]
fn imaging_each_frame_has_its_own_rescale_and_window() -> Outcome {
    let group = |slope: &[u8], level: &[u8]| {
        let rescale = [element(0x28, 0x1052, b"DS", b"-8"), element(0x28, 0x1053, b"DS", slope)].concat();
        let window = [element(0x28, 0x1050, b"DS", level), element(0x28, 0x1051, b"DS", b"64")].concat();
        crate::made::item(&[sequence(0x28, 0x9132, &window), sequence(0x28, 0x9145, &rescale)].concat())
    };
    let groups = [group(b"2 ", b"40"), group(b"10", b"70")].concat();
    let rest = [
        element(0x28, 8, b"IS", b"2 "),
        element(0x5200, 0x9230, b"SQ", &groups),
        pixels(&words(&[5, 6, 5, 6])),
    ];
    let file = part10(EXPLICIT, &image(1, 2, 16, &rest.concat()));
    for (number, values, level) in [(0, [2.0, 4.0], 40.0), (1, [42.0, 52.0], 70.0)] {
        let frame = frame_of(&file, number, &Need::default())?;
        assert_eq!(frame.numbers().ok_or("no grays")?, values);
        let window = frame.show(&Need::default()).window;
        assert_eq!(window, Some(Window { width: 64.0, level }));
    }
    Ok(())
}

#[test]
fn imaging_values_of_every_width_and_sign_are_read() -> Outcome {
    let described = |stored: u16, high: u16, signed: u16| {
        [shorts(0x28, 0x101, &[stored]), shorts(0x28, 0x102, &[high]), shorts(0x28, 0x103, &[signed])]
    };
    for (bits, rest, data, expected) in [
        (8, described(8, 7, 1), vec![0x80, 0x7f], vec![-128.0, 127.0]),
        (8, described(3, 2, 1), vec![0b1111_1100, 0b0000_0011], vec![-4.0, 3.0]),
        (16, described(12, 11, 1), words(&[0xf800, 0x07ff]), vec![-2048.0, 2047.0]),
        (16, described(12, 15, 0), words(&[0xfff0, 0x001f]), vec![4095.0, 1.0]),
        (16, described(1, 0, 0), words(&[1, 2]), vec![1.0, 0.0]),
        (32, described(32, 31, 1), words(&[0, 0x8000, 0xffff, 0x7fff]), vec![-2147483648.0, 2147483647.0]),
        (32, described(20, 19, 0), words(&[0xffff, 0xffff, 1, 0]), vec![1_048_575.0, 1.0]),
        (32, described(20, 19, 1), words(&[0, 8, 1, 0]), vec![-524_288.0, 1.0]),
    ] {
        let (numbers, seen) = seen(bits, &rest, &data, 2)?;
        assert_eq!(numbers, expected, "{bits} bits");
        // The lower is black, the higher white.
        let grays = if expected[0] < expected[1] { [0, 255] } else { [255, 0] };
        assert_eq!(seen.picture.pixels, grays, "{bits} bits");
    }
    let single = [0.25_f32, -1.5].map(f32::to_le_bytes).concat();
    let double = [1e100_f64, -0.5].map(f64::to_le_bytes).concat();
    for (bits, number, vr, data, expected) in
        [(32, 8, b"OF", single, [0.25, -1.5]), (64, 9, b"OD", double, [1e100, -0.5])]
    {
        let file = part10(EXPLICIT, &image(1, 2, bits, &element(0x7fe0, number, vr, &data)));
        let frame = frame_of(&file, 0, &Need::default())?;
        assert_eq!(frame.numbers().ok_or("no grays")?, expected);
        assert_eq!(frame.show(&Need::default()).picture.pixels, [255, 0]);
    }
    Ok(())
}

#[test]
fn imaging_pixels_that_are_not_square_keep_their_proportions() -> Outcome {
    for (rest, expected) in [
        (element(0x28, 0x34, b"IS", b"2\\1 "), (4, 8)),
        (element(0x28, 0x30, b"DS", b"0.5\\1.0 "), (8, 4)),
        (Vec::new(), (4, 4)),
    ] {
        let all = [rest, pixels(&[1; 16])].concat();
        let frame = frame_of(&part10(EXPLICIT, &image(4, 4, 8, &all)), 0, &Need::default())?;
        let picture = frame.show(&Need::default()).picture;
        assert_eq!((picture.width, picture.height), expected);
    }
    Ok(())
}

#[test]
fn imaging_a_palette_gives_its_colours() -> Outcome {
    let table = |number: u16, entries: [u16; 3]| {
        [shorts(0x28, 0x1100 + number, &[3, 4, 16]), element(0x28, 0x1200 + number, b"OW", &words(&entries))]
            .concat()
    };
    let all = [
        table(1, [0xffff, 0, 0]),
        table(2, [0, 0xffff, 0x8080]),
        table(3, [0, 0, 0xffff]),
        pixels(&[0, 4, 5, 6, 9, 9]),
    ];
    let frame = frame_of(
        &part10(EXPLICIT, &described(2, 3, 8, b"PALETTE COLOR ", &all.concat())),
        0,
        &Need::default(),
    )?;
    let seen = frame.show(&Need::default());
    let [red, green, blue] = [[255, 0, 0], [0, 255, 0], [0, 128, 255]];
    // What lies beyond either end takes the entry there.
    assert_eq!(seen.picture.pixels, [red, red, green, blue, blue, blue].concat());
    Ok(())
}

/// A PNG of so many channels and bits.
fn png(width: u32, height: u32, colour: png::ColorType, depth: png::BitDepth, data: &[u8]) -> Made<Vec<u8>> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    if colour == png::ColorType::Indexed {
        encoder.set_palette(vec![10, 20, 30, 200, 100, 0, 1, 2, 3]);
    }
    encoder.add_text_chunk("Author".into(), "CANARY".into())?;
    encoder.write_header()?.write_image_data(data)?;
    Ok(file)
}

fn tiff<C: tiff::encoder::colortype::ColorType>(width: u32, height: u32, data: &[C::Inner]) -> Made<Vec<u8>>
where
    [C::Inner]: tiff::encoder::TiffValue,
{
    let mut file = Cursor::new(Vec::new());
    tiff::encoder::TiffEncoder::new(&mut file)?.write_image::<C>(width, height, data)?;
    Ok(file.into_inner())
}

#[test]
fn imaging_png_jpeg_and_tiff_are_shown_as_they_are_stored() -> Outcome {
    use png::BitDepth::{Eight, Four, One, Sixteen};
    use png::ColorType::{Grayscale, GrayscaleAlpha, Indexed, Rgb, Rgba};
    use tiff::encoder::colortype::{Gray16, Gray32Float, GrayI16, RGB8, RGBA8};
    let grays: [(&str, Vec<u8>, &[f64]); 9] = [
        ("8", png(2, 1, Grayscale, Eight, &[3, 250])?, &[3.0, 250.0]),
        ("16", png(2, 1, Grayscale, Sixteen, &[1, 2, 255, 254])?, &[258.0, 65534.0]),
        ("alpha", png(2, 1, GrayscaleAlpha, Eight, &[3, 0, 250, 255])?, &[3.0, 250.0]),
        ("4", png(2, 1, Grayscale, Four, &[0x1f])?, &[17.0, 255.0]),
        ("1", png(3, 1, Grayscale, One, &[0b0110_0000])?, &[0.0, 255.0, 255.0]),
        ("tiff 16", tiff::<Gray16>(2, 1, &[258, 65534])?, &[258.0, 65534.0]),
        ("tiff signed", tiff::<GrayI16>(2, 1, &[-5, 7])?, &[-5.0, 7.0]),
        ("tiff float", tiff::<Gray32Float>(2, 1, &[-0.5, 1.25])?, &[-0.5, 1.25]),
        ("jpeg", jpeg(8, 8)?, &[128.0; 64]),
    ];
    for (name, file, expected) in grays {
        let frame = frame_of(&file, 0, &Need::default())?;
        assert_eq!(frame.numbers().ok_or("no grays")?, expected, "{name}");
    }
    // 8 bits are seen as they are, more are spread over all grays.
    let seen = |file: &[u8]| -> Made<Vec<u8>> {
        Ok(frame_of(file, 0, &Need::default())?.show(&Need::default()).picture.pixels)
    };
    assert_eq!(seen(&png(2, 1, Grayscale, Eight, &[3, 250])?)?, [3, 250]);
    assert_eq!(seen(&tiff::<Gray16>(2, 1, &[258, 65534])?)?, [0, 255]);
    for (name, file) in [
        ("rgb", png(2, 1, Rgb, Eight, &[10, 20, 30, 200, 100, 0])?),
        ("rgba", png(2, 1, Rgba, Eight, &[10, 20, 30, 0, 200, 100, 0, 9])?),
        ("rgb 16", png(2, 1, Rgb, Sixteen, &[10, 9, 20, 9, 30, 9, 200, 9, 100, 9, 0, 9])?),
        ("palette", png(2, 1, Indexed, Eight, &[0, 1])?),
        ("palette 4", png(2, 1, Indexed, Four, &[0x01])?),
        ("tiff rgb", tiff::<RGB8>(2, 1, &[10, 20, 30, 200, 100, 0])?),
        ("tiff rgba", tiff::<RGBA8>(2, 1, &[10, 20, 30, 0, 200, 100, 0, 9])?),
    ] {
        assert_eq!(seen(&file)?, [10, 20, 30, 200, 100, 0], "{name}");
    }
    Ok(())
}

/// A gray JPEG of even gray by hand: one table of ones, DC differences of 0 and ends of block, a bit each.
fn jpeg(width: u16, height: u16) -> Made<Vec<u8>> {
    let sizes = [height.to_be_bytes(), width.to_be_bytes()].concat();
    let table = |class: u8| [&[0xff, 0xc4, 0, 20, class, 1][..], &[0; 15], &[0]].concat();
    let blocks = usize::from(width.div_ceil(8)) * usize::from(height.div_ceil(8));
    Ok([
        &b"\xff\xd8\xff\xdb\0\x43\0"[..],
        &[1; 64],
        b"\xff\xc0\0\x0b\x08",
        &sizes,
        b"\x01\x01\x11\0",
        &table(0),
        &table(0x10),
        b"\xff\xda\0\x08\x01\x01\0\0\x3f\0",
        &vec![0; (blocks * 2).div_ceil(8)],
        b"\xff\xd9",
    ]
    .concat())
}

#[test]
fn imaging_pages_of_a_tiff_are_frames() -> Outcome {
    use tiff::encoder::colortype::Gray8;
    let mut file = Cursor::new(Vec::new());
    let mut encoder = tiff::encoder::TiffEncoder::new(&mut file)?;
    encoder.write_image::<Gray8>(2, 1, &[1, 2])?;
    encoder.write_image::<Gray8>(2, 1, &[3, 4])?;
    encoder.write_image::<Gray8>(1, 1, &[5])?;
    let file = file.into_inner();
    for (number, expected) in [(0, [1.0, 2.0]), (1, [3.0, 4.0])] {
        let frame = frame_of(&file, number, &Need::default())?;
        assert_eq!((frame.frames, frame.numbers().ok_or("no grays")?), (3, expected.to_vec()));
    }
    let told = |number| frame_of(&file, number, &Need::default()).err().map(|error| error.to_string());
    assert!(told(2).is_some_and(|words| words.ends_with("the pages of this TIFF have different sizes")));
    assert!(told(3).is_some_and(|words| words.ends_with("the image has frames 0 to 2")));
    Ok(())
}

#[test]
fn imaging_a_picture_is_known_by_its_hash_and_tells_nothing_else() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("a.png");
    std::fs::write(&path, png(2, 1, png::ColorType::Grayscale, png::BitDepth::Eight, &[3, 250])?)?;
    let mut decoder = decoder();
    let header = decoder.header(&path)?;
    assert!(header.image.id.starts_with("sha256:") && header.image.id.len() == 71);
    assert_eq!((header.image.rows, header.image.columns, header.image.frames), (1, 2, 1));
    assert!(header.has_pixels && !format!("{header:?}").contains("CANARY"));
    let other = Need { image: Some("1.2.3".into()), ..Need::default() };
    match decoder.frame(&path, 0, &other) {
        Err(ImagingError::File { fault, .. }) => assert_eq!(fault.kind, FaultKind::OtherImage),
        other => return Err(format!("{other:?}").into()),
    }
    let own = Need { image: Some(header.image.id), ..Need::default() };
    assert_eq!(decoder.frame(&path, 0, &own)?.columns, 2);
    Ok(())
}

#[test]
fn imaging_pictures_cut_or_changed_anywhere_end_in_words() -> Outcome {
    use tiff::encoder::colortype::{Gray16, RGB8};
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("a");
    let mut decoder = decoder();
    let bytes: Vec<u8> = (0..768).map(|n| (n * 37 % 251) as u8).collect();
    let wide: Vec<u16> = (0..256).map(|n| n * 199).collect();
    for (name, file) in [
        ("png", png(16, 16, png::ColorType::Rgb, png::BitDepth::Eight, &bytes)?),
        ("tiff", tiff::<RGB8>(16, 16, &bytes)?),
        ("tiff 16", tiff::<Gray16>(16, 16, &wide)?),
        ("jpeg", jpeg(64, 64)?),
    ] {
        let mut refused = 0;
        for at in (0..file.len()).step_by(file.len() / 90 + 1) {
            let mut changed = file.clone();
            changed[at] ^= 0xff;
            for hurt in [&file[..at], &changed] {
                std::fs::write(&path, hurt)?;
                for answer in
                    [decoder.header(&path).map(drop), decoder.frame(&path, 0, &Need::default()).map(drop)]
                {
                    refused += u32::from(answer.is_err());
                    let told = matches!(answer, Ok(()) | Err(ImagingError::File { .. }));
                    assert!(told, "{name} at {at}: {answer:?}");
                }
            }
        }
        assert!(refused > 40, "{name}: {refused}");
    }
    Ok(())
}

#[test]
fn a_case_named_by_its_file_finds_its_picture() -> Outcome {
    let folder = tempfile::tempdir()?;
    let images = folder.path().join("images");
    std::fs::create_dir(&images)?;
    let gray = png(4, 4, png::ColorType::Grayscale, png::BitDepth::Eight, &[9; 16])?;
    for (name, file) in [
        ("one.png", gray.clone()),
        // The same name with another ending is another file.
        ("two.jpg", jpeg(8, 8)?),
        ("notes.txt", b"none".to_vec()),
    ] {
        std::fs::write(images.join(name), file)?;
    }
    let table = "file_name,reader,label,value\none.png,A,nodule,1\ntwo,A,nodule,0\ntwo.png,A,nodule,1\n";
    std::fs::write(folder.path().join("reads.csv"), table)?;
    let run = |arguments: &[&str]| -> Made<String> {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_overread"))
            .current_dir(folder.path())
            .env("OVERREAD_STORE", "s.overread")
            .args(arguments)
            .output()?;
        assert!(
            output.status.code() == Some(0),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8(output.stdout)?)
    };
    run(&["init", "s.overread"])?;
    for order in [["reads.csv", "--images", "images"], ["reads.csv", "--images", "images"]] {
        let told: serde_json::Value =
            serde_json::from_str(&run(&[&["--json", "import"], &order[..]].concat())?)?;
        assert_eq!(told["refused"], serde_json::json!([]));
    }
    let images_of = |case: &str| -> Made<usize> {
        let shown: serde_json::Value = serde_json::from_str(&run(&["--json", "show", case])?)?;
        Ok(shown["images"].as_array().map_or(0, Vec::len))
    };
    assert_eq!((images_of("one.png")?, images_of("two")?, images_of("two.png")?), (1, 1, 0));
    let picture = folder.path().join("p.png");
    run(&["preview", "one.png", "-o", "p.png"])?;
    assert!(Path::new(&picture).is_file());
    run(&["verify"])?;
    Ok(())
}
