//! How long it takes from a DICOM file to the picture that fits 1000 × 800: through the decoding child as the program does
//! it, and the plain way of dicom-pixeldata, windowing the whole and `image::imageops::resize`.
//!
//! `cargo bench --bench pictures` makes raw and RLE files by code. With OVERREAD_PICTURES naming a folder of DICOM files,
//! these are measured instead: so other ways of packing are. With OVERREAD_PYDICOM naming a Python that has pydicom, NumPy
//! and Pillow, these are measured beside. `cold` is with another file opened before, `warm` and `again` without. Figures are the best of several rounds, and only ratios within
//! one run mean anything. Nothing is asserted.
//!
//! `cargo bench --bench pictures -- hostile` measures instead, for each hostile file of the tests, how long the slower of
//! header and frame takes to words, and how much memory parent and child held at their peaks (Linux alone tells).
//!
//! `cargo bench --bench pictures -- values` reads lines of a file, a frame and a place, and writes what was decoded there:
//! the values before windowing, or red, green, blue, then the graphics. `benches/against_pydicom.py` compares them.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use dicom_core::value::{PixelFragmentSequence, PrimitiveValue};
use dicom_core::{DataElement, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use dicom_pixeldata::{ConvertOptions, ModalityLutOption, PixelDecoder};
use overread::imaging::picture::Room;
use overread::imaging::{Decoder, Need, Window};

#[path = "../tests/it/hostile.rs"]
mod hostile;
#[path = "../tests/it/made.rs"]
mod made;

type Outcome<T> = Result<T, Box<dyn Error>>;

const ROUNDS: usize = 5;

fn main() -> Outcome<()> {
    if std::env::args().any(|word| word == "hostile") {
        return measure_hostile();
    }
    if std::env::args().any(|word| word == "values") {
        return write_values();
    }
    let made = tempfile::tempdir()?;
    let folder = match std::env::var_os("OVERREAD_PICTURES") {
        Some(folder) => PathBuf::from(folder),
        None => {
            make(made.path())?;
            made.path().to_owned()
        }
    };
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "dcm"));
    files.sort();
    let mut decoder = decoder();
    let mut peer = Peer::start()?;
    // A file between two rounds, so that the child has nothing left of the one that is measured.
    let other = made.path().join("other.dcm");
    write(&other, uids::EXPLICIT_VR_LITTLE_ENDIAN, 64, 64, |object| {
        let values = vec![0_u16; 64 * 64];
        object.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(values.into())));
    })?;
    println!(
        "{:<20} {:>9} {:>9} {:>9} {:>7} {:>9} {:>7} {:>9} {:>9} {:>9}",
        "file",
        "plain ms",
        "cold ms",
        "warm ms",
        "plain/",
        "pydicom",
        "/cold",
        "zoom ms",
        "again ms",
        "window ms"
    );
    let (mut over_plain, mut over_peer) = (Vec::new(), Vec::new());
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let fitted = Need { room: Room::new(1000, 800).ok(), ..Need::default() };
        let frame = match decoder.frame(&file, 0, &fitted) {
            Ok(frame) => frame,
            Err(error) => {
                println!("{name:<20} {error}");
                continue;
            }
        };
        let (x, y) = (f64::from(frame.columns), f64::from(frame.rows));
        let region = Some([x / 4.0, y / 4.0, x * 0.5, y * 0.5]);
        let zoomed = Need { region, ..fitted.clone() };
        let windowed = Need { window: Window::new(700.0, 900.0), ..fitted.clone() };
        let (mut cold, mut plain_of, mut peers) = (Vec::new(), Vec::new(), Vec::new());
        // One after another, round by round, so that a busy moment hits all.
        for _ in 0..ROUNDS {
            decoder.frame(&other, 0, &Need::default())?;
            cold.push(timed(|| Ok(decoder.frame(&file, 0, &fitted)?.show(&fitted)))?);
            // A way of packing that the library does not know has no plain figure.
            plain_of.extend(timed(|| plain(&file)).ok());
            peers.extend(peer.as_mut().and_then(|peer| peer.ask(&file)));
        }
        let least = |times: &[f64]| times.iter().copied().min_by(f64::total_cmp);
        let warm = best(|| Ok(decoder.frame(&file, 0, &fitted)?.show(&fitted)))?;
        let again = best(|| Ok(decoder.frame(&file, 0, &zoomed)?.show(&zoomed)))?;
        decoder.frame(&other, 0, &Need::default())?;
        let zoom = timed(|| Ok(decoder.frame(&file, 0, &zoomed)?.show(&zoomed)))?;
        let window = best(|| Ok(frame.show(&windowed)))?;
        let cold = least(&cold).unwrap_or(f64::NAN);
        let ratio = |of: Option<f64>| of.map_or("-".into(), |of| format!("{:.1}", of / cold));
        let shown = |of: Option<f64>| of.map_or("-".into(), |of| format!("{of:.1}"));
        let (plain, pydicom) = (least(&plain_of), least(&peers));
        over_plain.extend(plain.map(|plain| plain / cold));
        over_peer.extend(pydicom.map(|peer| peer / cold));
        println!(
            "{name:<20} {:>9} {cold:>9.1} {warm:>9.1} {:>7} {:>9} {:>7} {zoom:>9.1} {again:>9.1} {window:>9.1}",
            shown(plain),
            ratio(plain),
            shown(pydicom),
            ratio(pydicom),
        );
    }
    let mean =
        |ratios: &[f64]| (ratios.iter().map(|of| of.ln()).sum::<f64>() / ratios.len().max(1) as f64).exp();
    println!(
        "geometric means: plain / cold {:.1}, pydicom / cold {:.1}",
        mean(&over_plain),
        mean(&over_peer)
    );
    Ok(())
}

/// pydicom in a process of its own, where OVERREAD_PYDICOM names a Python that has it.
struct Peer {
    child: std::process::Child,
    answers: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Peer {
    fn start() -> Outcome<Option<Peer>> {
        let Some(python) = std::env::var_os("OVERREAD_PYDICOM") else { return Ok(None) };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/with_pydicom.py");
        let mut child =
            Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let answers = BufReader::new(child.stdout.take().ok_or("no answers")?).lines();
        Ok(Some(Peer { child, answers }))
    }

    /// Gives the milliseconds that a file takes; none where it can't be shown.
    fn ask(&mut self, file: &Path) -> Option<f64> {
        writeln!(self.child.stdin.as_mut()?, "{}", file.display()).ok()?;
        self.answers.next()?.ok()?.parse().ok()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn decoder() -> Decoder {
    let wait = Duration::from_secs(120);
    let child = vec!["decode-worker".into()];
    Decoder::new(env!("CARGO_BIN_EXE_overread").into(), child).with_waits(wait, wait)
}

/// Writes values as 64-bit floats, colours as bytes, each with a byte a pixel of graphics behind it, and says what it wrote.
fn write_values() -> Outcome<()> {
    let mut decoder = decoder();
    for line in std::io::stdin().lines() {
        let line = line?;
        let [file, number, place] = line.split('\t').collect::<Vec<_>>()[..] else { continue };
        let frame = match decoder.frame(Path::new(file), number.parse()?, &Need::default()) {
            Ok(frame) => frame,
            Err(error) => {
                println!("words\t{}", error.to_string().trim_start_matches(file));
                continue;
            }
        };
        let seen = frame.show(&Need::default());
        let (width, height) = (seen.picture.width, seen.picture.height);
        let (kind, mut bytes) = match frame.numbers() {
            Some(numbers) => ("values", numbers.into_iter().flat_map(f64::to_le_bytes).collect()),
            None if seen.picture.channels == 3 => ("colours", seen.picture.pixels),
            None => ("grays", seen.picture.pixels),
        };
        let marks = seen.marks.filter(|marks| marks.any());
        if let Some(marks) = &marks {
            bytes.extend((0..height).flat_map(|y| (0..width).map(move |x| u8::from(marks.has(x, y)))));
        }
        std::fs::write(place, bytes)?;
        let marked = if marks.is_some() { "graphics" } else { "none" };
        println!("{kind}\t{}\t{}\t{width}\t{height}\t{marked}", frame.rows, frame.columns);
    }
    Ok(())
}

/// Asks a child of its own for the header and the frame of each hostile file.
fn measure_hostile() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    println!(
        "{:<34} {:>9} {:>9} {:>10} {:>9}  comes to (and should)",
        "file", "bytes", "ms", "parent MB", "child MB"
    );
    for hostile in hostile::files()? {
        let path = folder.path().join(hostile.name);
        std::fs::write(&path, &hostile.bytes)?;
        // Only what this file takes counts.
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        let mut decoder = decoder();
        let begun = Instant::now();
        // Its answer is that of the frame, or comes before it.
        let _ = decoder.header(&path);
        let header = begun.elapsed();
        let frame = decoder.frame(&path, 0, &Need::default()).map(|frame| frame.show(&Need::default()));
        let milliseconds = header.max(begun.elapsed() - header).as_secs_f64() * 1000.0;
        let peaks = [peak(std::process::id()), child().and_then(peak)];
        let [own, child] = peaks.map(|peak| peak.map_or("-".into(), |peak| format!("{:.0}", peak / 1024.0)));
        let comes_to = match frame {
            Ok(seen) => format!("a picture ({:?})", seen.toning),
            Err(error) => error.to_string().trim_start_matches(&*path.to_string_lossy()).to_owned(),
        };
        println!(
            "{:<34} {:>9} {milliseconds:>9.1} {own:>10} {child:>9}  {comes_to} ({:?})",
            hostile.name,
            hostile.bytes.len(),
            hostile.ends,
        );
    }
    Ok(())
}

/// Gives the most memory that a process has held at once, in KiB.
fn peak(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Finds this process's child, of which there is one, if it lives.
fn child() -> Option<u32> {
    let own = std::process::id().to_string();
    std::fs::read_dir("/proc").ok()?.flatten().find_map(|entry| {
        let process: u32 = entry.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?;
        (parent == own).then_some(process)
    })
}

/// Gives the milliseconds that something takes.
fn timed<T>(mut work: impl FnMut() -> Outcome<T>) -> Outcome<f64> {
    let begun = Instant::now();
    std::hint::black_box(work()?);
    Ok(begun.elapsed().as_secs_f64() * 1000.0)
}

fn best<T>(mut work: impl FnMut() -> Outcome<T>) -> Outcome<f64> {
    let mut least = f64::MAX;
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        std::hint::black_box(work()?);
        least = least.min(begun.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(least)
}

/// Decodes everything, windows everything, then shrinks it.
fn plain(file: &Path) -> Outcome<image::GrayImage> {
    let object = dicom_object::open_file(file)?;
    let decoded = object.decode_pixel_data_frame(0)?;
    let options = ConvertOptions::new().with_modality_lut(ModalityLutOption::None);
    let values: Vec<u16> = decoded.to_vec_frame_with_options(0, &options)?;
    let gray = |value: u16| ((f64::from(value) / 4095.0).clamp(0.0, 1.0) * 255.0) as u8;
    let whole = values.into_iter().map(gray).collect();
    let (columns, rows) = (decoded.columns(), decoded.rows());
    let whole = image::GrayImage::from_raw(columns, rows, whole).ok_or("too few pixels")?;
    let scale = (1000.0 / f64::from(columns)).min(800.0 / f64::from(rows));
    let side = |side: u32| (f64::from(side) * scale).round() as u32;
    Ok(image::imageops::resize(&whole, side(columns), side(rows), image::imageops::FilterType::Triangle))
}

/// Writes a CT, a DX and an MG of noise over waves, raw and in RLE.
fn make(folder: &Path) -> Outcome<()> {
    for (name, columns, rows) in [("ct", 512_u16, 512_u16), ("dx", 2500, 3000), ("mg", 3328, 4096)] {
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        let mut values = Vec::with_capacity(usize::from(columns) * usize::from(rows));
        for y in 0..rows {
            for x in 0..columns {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                let wave = (f64::from(x) / 90.0).sin() * (f64::from(y) / 70.0).cos();
                values.push((2000.0 + 1500.0 * wave) as u16 + (random >> 59) as u16);
            }
        }
        let packed = PixelFragmentSequence::new_fragments(vec![rle(&values)]);
        write(&folder.join(format!("{name}_rle.dcm")), uids::RLE_LOSSLESS, columns, rows, |object| {
            object.put(DataElement::new(tags::PIXEL_DATA, VR::OB, packed));
        })?;
        write(
            &folder.join(format!("{name}_raw.dcm")),
            uids::EXPLICIT_VR_LITTLE_ENDIAN,
            columns,
            rows,
            |object| {
                object.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(values.into())));
            },
        )?;
    }
    Ok(())
}

fn write(
    path: &Path,
    syntax: &str,
    columns: u16,
    rows: u16,
    put: impl FnOnce(&mut InMemDicomObject),
) -> Outcome<()> {
    let text = |tag, vr, words: &str| DataElement::new(tag, vr, PrimitiveValue::from(words));
    let number = |tag, value: u16| DataElement::new(tag, VR::US, PrimitiveValue::from(value));
    let mut object = InMemDicomObject::from_element_iter([
        text(tags::SOP_CLASS_UID, VR::UI, uids::SECONDARY_CAPTURE_IMAGE_STORAGE),
        text(tags::SOP_INSTANCE_UID, VR::UI, "2.25.1"),
        text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2"),
        text(tags::WINDOW_CENTER, VR::DS, "2048"),
        text(tags::WINDOW_WIDTH, VR::DS, "4096"),
        number(tags::SAMPLES_PER_PIXEL, 1),
        number(tags::ROWS, rows),
        number(tags::COLUMNS, columns),
        number(tags::BITS_ALLOCATED, 16),
        number(tags::BITS_STORED, 12),
        number(tags::HIGH_BIT, 11),
        number(tags::PIXEL_REPRESENTATION, 0),
    ]);
    put(&mut object);
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(syntax)
        .media_storage_sop_class_uid(uids::SECONDARY_CAPTURE_IMAGE_STORAGE)
        .media_storage_sop_instance_uid("2.25.1");
    object.with_meta(meta)?.write_to_file(path)?;
    Ok(())
}

/// Packs the high bytes, then the low ones, as runs where bytes repeat (PS3.5 annex G).
fn rle(values: &[u16]) -> Vec<u8> {
    let planes = [8, 0].map(|shift| {
        let bytes: Vec<u8> = values.iter().map(|value| (value >> shift) as u8).collect();
        let mut packed = Vec::new();
        let mut rest = &bytes[..];
        while let Some(first) = rest.first() {
            let run = rest.iter().take(128).take_while(|byte| *byte == first).count();
            let literal = rest.windows(2).take(127).take_while(|pair| pair[0] != pair[1]).count().max(1);
            let length = if run > 1 { run } else { literal };
            if run > 1 {
                packed.extend([(257 - run) as u8, *first]);
            } else {
                packed.push(literal as u8 - 1);
                packed.extend(&rest[..literal]);
            }
            rest = &rest[length..];
        }
        packed.resize(packed.len().next_multiple_of(2), 0);
        packed
    });
    let mut head = vec![2, 64, 64 + planes[0].len() as u32];
    head.resize(16, 0);
    let mut whole: Vec<u8> = head.into_iter().flat_map(u32::to_le_bytes).collect();
    planes.iter().for_each(|plane| whole.extend(plane));
    whole
}
