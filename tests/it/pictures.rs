//! Every way of packing pixels gives the pixels that were packed; what is reduced is near what is not.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;

use overread::imaging::measure::{Patch, Pixel};
use overread::imaging::picture::Room;
use overread::imaging::tags::TagValue;
use overread::imaging::{Decoder, ImagingError, Need};

use crate::made::{element, part10};

type Outcome = Result<(), Box<dyn Error>>;

const COLUMNS: u64 = 29;
const ROWS: u64 = 23;

fn decoder() -> Decoder {
    let wait = Duration::from_secs(120);
    Decoder::new(env!("CARGO_BIN_EXE_overread").into(), vec!["decode-worker".into()]).with_waits(wait, wait)
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/dicom").join(name)
}

/// What was packed into the files of `made/`: a ramp with noise, and an even field that makes runs.
fn made(bits: u32, x: u64, y: u64, colour: u64) -> u64 {
    if x < 9 && !y.is_multiple_of(5) {
        return (1 << (bits - 1)) / (colour + 1);
    }
    let noise = ((x * 73 + y * 151 + colour * 37) * 2_654_435_761) & 0xffff_ffff;
    ((x * y * (1 << bits) / (COLUMNS * ROWS)) + ((noise >> 22) & ((1 << (bits - 4)) - 1))) & ((1 << bits) - 1)
}

fn grays(bits: u32) -> Vec<f64> {
    (0..ROWS).flat_map(|y| (0..COLUMNS).map(move |x| made(bits, x, y, 0) as f64)).collect()
}

fn numbers(decoder: &mut Decoder, name: &str) -> Result<Vec<f64>, Box<dyn Error>> {
    let frame = decoder.frame(&data(&format!("made/{name}.dcm")), 0, &Need::default())?;
    Ok(frame.numbers().ok_or("no grays")?)
}

#[test]
fn imaging_lossless_packing_gives_every_value_back() -> Outcome {
    let mut decoder = decoder();
    for bits in [8, 10, 12, 16] {
        for packing in ["jpeg_lossless", "jpeg_ls", "jpeg_2000", "rle"] {
            if (bits, packing) != (8, "rle") {
                let name = format!("gray{bits}_{packing}");
                assert!(numbers(&mut decoder, &name)? == grays(bits), "{name}");
            }
        }
    }
    for predictor in 2..=7 {
        let name = format!("gray12_jpeg_lossless_{predictor}");
        assert!(numbers(&mut decoder, &name)? == grays(12), "{name}");
    }
    let colours = decoder.frame(&data("made/rgb_jpeg_ls.dcm"), 0, &Need::default())?.show(&Need::default());
    let places = (0..ROWS).flat_map(|y| (0..COLUMNS).map(move |x| (x, y)));
    let expected: Vec<u8> =
        places.flat_map(|(x, y)| [0, 1, 2].map(|colour| made(8, x, y, colour) as u8)).collect();
    assert!(colours.picture.pixels == expected);
    Ok(())
}

#[test]
fn imaging_lossy_packing_gives_what_other_decoders_give() -> Outcome {
    let mut decoder = decoder();
    // No value is further off than the stream was told to allow; the sums are those of DCMTK.
    let near = numbers(&mut decoder, "gray12_jpeg_ls_near_3")?;
    assert!(near.iter().zip(grays(12)).all(|(value, packed)| (value - packed).abs() <= 3.0));
    assert_eq!(near.iter().sum::<f64>(), 982_140.0);
    let extended = numbers(&mut decoder, "gray12_jpeg_extended")?;
    assert_eq!(extended.iter().sum::<f64>(), 982_148.0);
    assert_eq!([extended[0], extended[11 * 29 + 20], extended[22 * 29 + 28]], [0.0, 1490.0, 3905.0]);
    // The sums are those of pydicom, of 8-bit files without a window.
    let gray = decoder.frame(&data("JPEGLSNearLossless_08.dcm"), 0, &Need::default())?;
    assert_eq!(gray.numbers().ok_or("no grays")?.iter().sum::<f64>(), 25_000.0);
    for (name, sum) in [
        ("SC_rgb_jls_lossy_line.dcm", 3_840_000),
        ("SC_rgb_jls_lossy_sample.dcm", 3_840_000),
        ("SC_rgb_jpeg_gdcm.dcm", 3_831_000),
    ] {
        let seen = decoder.frame(&data(name), 0, &Need::default())?.show(&Need::default());
        assert_eq!(seen.picture.pixels.iter().map(|byte| u64::from(*byte)).sum::<u64>(), sum, "{name}");
    }
    Ok(())
}

/// A gray image of 12 bits with a window over 1,000 to 3,000, larger than what goes to the parent whole.
fn noisy(columns: u16, rows: u16) -> (Vec<u8>, Vec<f64>) {
    let short = |number, value: u16| element(0x28, number, b"US", &value.to_le_bytes());
    let value = |x: u64, y: u64| {
        let noise = ((x * 73 + y * 151) * 2_654_435_761) & 0xffff_ffff;
        ((x * 3 + y * 2 + (noise >> 23)) % 4096) as u16
    };
    let values: Vec<u16> =
        (0..u64::from(rows)).flat_map(|y| (0..u64::from(columns)).map(move |x| value(x, y))).collect();
    let pixels: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let set = [
        element(8, 0x18, b"UI", b"1.2.3\0"),
        short(2, 1),
        element(0x28, 4, b"CS", b"MONOCHROME2 "),
        short(0x10, rows),
        short(0x11, columns),
        short(0x100, 16),
        short(0x101, 12),
        short(0x102, 11),
        short(0x103, 0),
        element(0x28, 0x1050, b"DS", b"2000"),
        element(0x28, 0x1051, b"DS", b"2001"),
        element(0x7fe0, 0x10, b"OW", &pixels),
    ];
    (part10("1.2.840.10008.1.2.1", &set.concat()), values.into_iter().map(f64::from).collect())
}

/// The shape of the presentation goes before the name of the colours, as DCMTK has it.
#[test]
fn imaging_low_values_are_white_where_the_file_says_so() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("two.dcm");
    let mut decoder = decoder();
    let short = |number, value: u16| element(0x28, number, b"US", &value.to_le_bytes());
    for (colours, shape, first) in [
        (b"MONOCHROME2 ", &b""[..], 0),
        (b"MONOCHROME2 ", b"IDENTITY", 0),
        (b"MONOCHROME2 ", b"INVERSE ", 255),
        (b"MONOCHROME1 ", b"", 255),
        (b"MONOCHROME1 ", b"IDENTITY", 0),
        (b"MONOCHROME1 ", b"INVERSE ", 255),
    ] {
        let set = [
            element(8, 0x18, b"UI", b"1.2.3\0"),
            short(2, 1),
            element(0x28, 4, b"CS", colours),
            short(0x10, 1),
            short(0x11, 2),
            short(0x100, 8),
            short(0x103, 0),
            element(0x2050, 0x20, b"CS", shape),
            element(0x7fe0, 0x10, b"OB", &[3, 9]),
        ];
        std::fs::write(&path, part10("1.2.840.10008.1.2.1", &set.concat()))?;
        let seen = decoder.frame(&path, 0, &Need::default())?.show(&Need::default());
        assert_eq!(seen.picture.pixels, [first, 255 - first], "{colours:?} {shape:?}");
    }
    Ok(())
}

/// Averaging before the window is exact to a gray but for rounding; against averaging after it, it is so wherever the window
/// holds all of a pixel's area, and nowhere is it beyond the grays of that area.
#[test]
fn imaging_averages_before_the_window_are_near_those_after_it() -> Outcome {
    const BY: usize = 4;
    let (columns, rows) = (1600, 1200);
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("noisy.dcm");
    let (file, values) = noisy(1600, 1200);
    std::fs::write(&path, file)?;
    let room = Room::new((columns / BY) as u32, (rows / BY) as u32)?;
    let need = Need { room: Some(room), ..Need::default() };
    let frame = decoder().frame(&path, 0, &need)?;
    assert_eq!((frame.width, frame.height, frame.size()), (400, 300, 240_000));
    let picture = frame.show(&need).picture;
    // PS3.3 C.11.2.1.2.1 with a width of 2001 at 2000.
    let gray = |value: f64| ((value - 1999.5) / 2000.0 + 0.5).clamp(0.0, 1.0) * 255.0;
    for (at, seen) in picture.pixels.iter().enumerate() {
        let (x, y) = (at % (columns / BY) * BY, at / (columns / BY) * BY);
        let area: Vec<f64> = (0..BY * BY).map(|n| values[(y + n / BY) * columns + x + n % BY]).collect();
        let seen = f64::from(*seen);
        let mean =
            |of: &dyn Fn(f64) -> f64| area.iter().map(|value| of(*value)).sum::<f64>() / area.len() as f64;
        assert!((seen - gray(mean(&|value| value))).abs() <= 0.51, "{x} {y}");
        let grays = area.iter().map(|value| gray(*value));
        let (low, high) =
            grays.fold((255.0_f64, 0.0_f64), |(low, high), gray| (low.min(gray), high.max(gray)));
        assert!((low - 0.51..=high + 0.51).contains(&seen), "{x} {y}");
        if area.iter().all(|value| (1000.0..=2999.0).contains(value)) {
            assert!((seen - mean(&gray)).abs() <= 0.51, "{x} {y}");
        }
    }
    Ok(())
}

#[test]
fn imaging_a_part_at_full_size_is_exact_and_serves_what_lies_in_it() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("noisy.dcm");
    let (file, values) = noisy(1600, 1200);
    std::fs::write(&path, file)?;
    let need = Need {
        region: Some([100.5, 200.0, 400.0, 380.2]),
        room: Room::new(900, 800).ok(),
        ..Need::default()
    };
    let frame = decoder().frame(&path, 0, &need)?;
    assert_eq!((frame.part, frame.width, frame.height), ([100, 200, 400, 381], 300, 181));
    let expected: Vec<f64> =
        (200..381).flat_map(|y| values[y * 1600 + 100..y * 1600 + 400].to_vec()).collect();
    assert!(frame.numbers().ok_or("no grays")? == expected);
    assert!(frame.serves(&Need { region: Some([110.0, 210.0, 300.0, 300.0]), ..need.clone() }));
    assert!(!frame.serves(&Need { region: Some([90.0, 210.0, 300.0, 300.0]), ..need.clone() }));
    assert!(!frame.serves(&Need { region: None, ..need.clone() }));
    Ok(())
}

/// The waves are smooth, so that their mean over a small area is their value at its middle: a lower resolution that lay
/// half a pixel beside its place would show.
#[test]
fn imaging_lower_resolutions_of_jpeg_2000_lie_in_their_places() -> Outcome {
    let mut decoder = decoder();
    let wave = |x: f64, y: f64| 2000.0 + 1500.0 * (x / 70.0).sin() * (y / 55.0).cos();
    for (region, width, height) in [
        (None, 1300, 1000),
        (None, 640, 492),
        (None, 260, 200),
        (None, 100, 77),
        (Some([303.0, 201.0, 1103.0, 801.0]), 200, 150),
        (Some([41.0, 13.0, 1241.0, 913.0]), 300, 225),
    ] {
        let need = Need { region, room: Room::new(width, height).ok(), ..Need::default() };
        let frame = decoder.frame(&data("made/gray12_jpeg_2000_waves.dcm"), 0, &need)?;
        let [left, top, right, bottom] = frame.part.map(f64::from);
        let step = ((right - left) / f64::from(frame.width), (bottom - top) / f64::from(frame.height));
        let values = frame.numbers().ok_or("no grays")?;
        let (mut worst, mut rim) = (0.0_f64, 0.0_f64);
        for (at, value) in values.iter().enumerate() {
            let (x, y) = (at % frame.width as usize, at / frame.width as usize);
            let middle = wave(left + (x as f64 + 0.5) * step.0, top + (y as f64 + 0.5) * step.1);
            let inside = x + 1 < frame.width as usize && y + 1 < frame.height as usize;
            let off = if inside { &mut worst } else { &mut rim };
            *off = off.max((value - middle).abs());
        }
        // Of 3,000 between crest and trough; the compression alone is off by some 10, and a pixel's curve by some more.
        assert!(worst < 30.0, "{region:?} {width}x{height}: off by {worst}");
        // The last samples of a lower resolution stand up to a pixel before the picture's end.
        assert!(rim < 60.0, "{region:?} {width}x{height}: off by {rim} at the rim");
    }
    Ok(())
}

/// Streams that are cut or changed anywhere are answered; those of own decoders never cost a child.
#[test]
fn imaging_broken_streams_end_in_words() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("broken.dcm");
    let mut decoder = decoder();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below as u64) as usize
    };
    for name in [
        "gray12_jpeg_ls",
        "gray12_jpeg_ls_near_3",
        "rgb_jpeg_ls",
        "gray16_jpeg_lossless",
        "gray12_jpeg_extended",
        "gray12_rle",
        "gray8_jpeg_2000",
    ] {
        let whole = std::fs::read(data(&format!("made/{name}.dcm")))?;
        let stream = whole.windows(4).position(|four| four == [0xe0, 0x7f, 0x10, 0]).ok_or("no pixels")?;
        for round in 0..140 {
            let mut bytes = whole.clone();
            if round < 90 {
                bytes.truncate(stream + (whole.len() - stream) * round / 90);
            } else {
                for _ in 0..=round % 5 {
                    let at = stream + 8 + next(whole.len() - stream - 8);
                    bytes[at] = next(256) as u8;
                }
            }
            std::fs::write(&path, &bytes)?;
            let begun = std::time::Instant::now();
            let answer = decoder.frame(&path, 0, &Need::default());
            assert!(begun.elapsed() < Duration::from_secs(60), "{name} {round}");
            let own = name != "gray8_jpeg_2000";
            let fine = matches!(answer, Ok(_) | Err(ImagingError::File { .. }));
            assert!(fine || !own, "{name} {round}: {:?}", answer.err());
        }
    }
    Ok(())
}

/// Heads that promise what the data don't hold take no memory for it.
#[test]
fn imaging_giant_heads_end_in_words_at_once() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("giant.dcm");
    let mut decoder = decoder();
    let short = |number, value: u16| element(0x28, number, b"US", &value.to_le_bytes());
    // 12,000 × 12,000 of 8 bits by the header and by the stream, with hardly any data behind.
    let side = 12_000_u16.to_be_bytes();
    let ls = [
        &b"\xff\xd8\xff\xf7\0\x0b\x08"[..],
        &side,
        &side,
        b"\x01\x01\x11\0\xff\xda\0\x08\x01\x01\0\0\0\0\x55\x55\xff\xd9",
    ]
    .concat();
    let table = b"\xff\xc4\0\x15\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01";
    let lossless = [
        &b"\xff\xd8\xff\xc3\0\x0b\x08"[..],
        &side,
        &side,
        b"\x01\x01\x11\0",
        table,
        b"\xff\xda\0\x08\x01\x01\0\x01\0\0\x55\x55\xff\xd9",
    ]
    .concat();
    for (syntax, stream) in [("1.2.840.10008.1.2.4.80", ls), ("1.2.840.10008.1.2.4.70", lossless)] {
        let mut packed = b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\0\0\0\0\xfe\xff\0\xe0".to_vec();
        packed.extend((stream.len() as u32).to_le_bytes());
        packed.extend(stream);
        packed.extend(b"\xfe\xff\xdd\xe0\0\0\0\0");
        let set = [
            element(8, 0x18, b"UI", b"1.2.3\0"),
            short(2, 1),
            element(0x28, 4, b"CS", b"MONOCHROME2 "),
            short(0x10, 12_000),
            short(0x11, 12_000),
            short(0x100, 8),
            short(0x101, 8),
            short(0x102, 7),
            short(0x103, 0),
            packed,
        ];
        std::fs::write(&path, part10(syntax, &set.concat()))?;
        let answer = decoder.frame(&path, 0, &Need::default()).err().map(|error| error.to_string());
        assert!(
            answer.as_ref().is_some_and(|words| words.ends_with("the compressed picture is damaged")),
            "{answer:?}"
        );
    }
    Ok(())
}

/// Every file of the tests that is no hostile one.
fn files() -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    for folder in ["", "made"] {
        for entry in std::fs::read_dir(data(folder))? {
            let path = entry?.path();
            if path.extension().is_some_and(|end| end == "dcm") {
                files.push(path);
            }
        }
    }
    assert!(files.len() > 20);
    Ok(files)
}

#[test]
fn imaging_a_value_is_that_of_the_whole_frame_however_it_is_packed() -> Outcome {
    let mut decoder = decoder();
    let mut compared = 0;
    for path in files()? {
        let Ok(header) = decoder.header(&path) else { continue };
        let Ok(frame) = decoder.frame(&path, 0, &Need::default()) else { continue };
        let Some(numbers) = frame.numbers() else { continue };
        for [x, y] in [[0, 0], [frame.columns - 1, frame.rows - 1], [frame.columns / 2, frame.rows / 3]] {
            let part = Patch::around([x, y], frame.columns, frame.rows);
            let patch = decoder.patch(&path, &header.image.id, 0, part)?;
            let Some(Pixel::Gray { value, .. }) = patch.at([x, y]) else { return Err("no gray".into()) };
            let there = numbers.get((y * frame.columns + x) as usize).copied();
            assert_eq!(value, there.filter(|number| number.is_finite()), "{path:?} {x} {y}");
            compared += 1;
        }
        let other = decoder.patch(&path, "1.2.3.4.5", 0, [0, 0, 1, 1]);
        assert!(other.is_err_and(|error| error.to_string().contains("another image")));
    }
    assert!(compared > 60, "{compared}");
    Ok(())
}

#[test]
fn imaging_a_header_is_listed_in_every_encoding_and_tells_no_patient() -> Outcome {
    let mut decoder = decoder();
    let mut listed = 0;
    for path in files()? {
        let Ok(header) = decoder.header(&path) else { continue };
        let page = decoder.tags(&path, &header.image.id)?;
        assert_eq!(page.lines.len(), page.total, "{path:?}");
        let of = |tag| page.lines.iter().find(|line| line.tag == tag).map(|line| &line.value);
        if header.has_pixels {
            assert_eq!(of((0x28, 0x10)), Some(&TagValue::Shown(header.image.rows.to_string())), "{path:?}");
            assert!(page.lines.last().is_some_and(|line| line.tag.0 == 0x7fe0), "{path:?}");
        }
        for line in page.lines.iter().filter(|line| line.tag.0 == 0x10 || line.tag.0 % 2 == 1) {
            let hidden = matches!(line.value, TagValue::Masked | TagValue::Empty | TagValue::Items(_));
            assert!(hidden, "{path:?} {line:?}");
        }
        listed += 1;
    }
    assert!(listed > 20, "{listed}");
    Ok(())
}
