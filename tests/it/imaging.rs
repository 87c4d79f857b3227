//! The decoder with its real child, on real files and on hostile ones.

use std::error::Error;
use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use overread::domain::image::{Looked, Orientation};
use overread::imaging::{Decoder, FaultKind, ImagingError, Need, Seen, Toning, Window};

use crate::hostile::{Ends, Hostile, files};
use crate::made::{EXPLICIT, element, image, part10, pixels};

type Outcome = Result<(), Box<dyn Error>>;

pub fn decoder() -> Decoder {
    // Machines that test may be slow; what is tested is the answer.
    let wait = Duration::from_secs(120);
    Decoder::new(env!("CARGO_BIN_EXE_overread").into(), vec!["decode-worker".into()]).with_waits(wait, wait)
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/dicom").join(name)
}

/// A whole frame at its own size, as it is seen.
struct Whole {
    rows: u32,
    columns: u32,
    channels: u8,
    pixels: Vec<u8>,
    window: Option<Window>,
    toning: Toning,
    lossy: bool,
}

trait Look {
    fn look(&mut self, path: &Path, frame: u32, window: Option<Window>) -> Result<Whole, ImagingError>;
}

impl Look for Decoder {
    fn look(&mut self, path: &Path, frame: u32, window: Option<Window>) -> Result<Whole, ImagingError> {
        let need = Need { window, ..Need::default() };
        let frame = self.frame(path, frame, &need)?;
        let Seen { picture, window, toning, .. } = frame.show(&need);
        let (rows, columns, lossy) = (frame.rows, frame.columns, frame.lossy);
        Ok(Whole { rows, columns, channels: picture.channels, pixels: picture.pixels, window, toning, lossy })
    }
}

fn pixel(frame: &Whole, x: u32, y: u32) -> &[u8] {
    let channels = usize::from(frame.channels);
    let at = (y * frame.columns + x) as usize * channels;
    frame.pixels.get(at..at + channels).unwrap_or_default()
}

#[test]
fn grays_are_those_of_the_standard_on_the_values_that_pydicom_reads() -> Outcome {
    let mut decoder = decoder();
    // Stored 175, 180 and, in the middle, 1928 of 128 to 2191: 47, 52 and 1800 of 2063 parts of 255.
    let ct = decoder.look(&data("CT_small.dcm"), 0, None)?;
    assert_eq!((ct.rows, ct.columns, ct.channels, ct.toning), (128, 128, 1, Toning::Range));
    assert_eq!([pixel(&ct, 0, 0), pixel(&ct, 1, 0), pixel(&ct, 64, 64)], [&[6][..], &[6], &[222]]);
    assert_eq!(ct.window, Some(Window { width: 2064.0, level: 136.0 }));
    // The middle is 904 HU: white in a window for soft tissue, and -849 HU is black.
    let soft = decoder.look(&data("CT_small.dcm"), 0, Window::preset("soft-tissue"))?;
    assert_eq!(
        (soft.toning, pixel(&soft, 0, 0), pixel(&soft, 64, 64)),
        (Toning::Asked, &[0][..], &[255][..])
    );

    // Stored 905, 1019 and 182 under the file's window of 1600 at 600: (v - 599.5) / 1599 + 0.5.
    for name in ["MR_small_RLE.dcm", "MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm"] {
        let mr = decoder.look(&data(name), 0, None)?;
        assert_eq!((mr.toning, mr.window), (Toning::File, Some(Window { width: 1600.0, level: 600.0 })));
        assert_eq!(
            [pixel(&mr, 0, 0), pixel(&mr, 1, 0), pixel(&mr, 32, 32)],
            [&[176][..], &[194], &[61]],
            "{name}"
        );
    }
    let deflated = decoder.look(&data("image_dfl.dcm"), 0, None)?;
    assert_eq!([pixel(&deflated, 0, 0), pixel(&deflated, 256, 256)], [&[213][..], &[65]]);
    Ok(())
}

#[test]
fn colours_are_those_that_pydicom_reads() -> Outcome {
    let mut decoder = decoder();
    let jpeg = decoder.look(&data("SC_rgb_jpeg_dcmtk.dcm"), 0, None)?;
    assert_eq!([pixel(&jpeg, 0, 0), pixel(&jpeg, 99, 99)], [[254, 0, 0], [255, 255, 255]]);
    assert!(jpeg.lossy);
    let words = decoder.look(&data("SC_rgb_small_odd_big_endian.dcm"), 0, None)?;
    assert_eq!(
        [pixel(&words, 0, 0), pixel(&words, 1, 1), pixel(&words, 2, 2)],
        [[166, 141, 52], [63, 87, 176], [158, 158, 158]]
    );
    let [first, second] = [0, 1]
        .map(|frame| decoder.look(&data("SC_rgb_rle_2frame.dcm"), frame, None).map(|frame| frame.pixels));
    let sum = [first?, second?].concat().into_iter().map(u64::from).sum::<u64>();
    assert_eq!(sum, 7_650_000);
    let beyond = decoder.look(&data("SC_rgb_rle_2frame.dcm"), 2, None);
    assert!(beyond.is_err_and(|error| error.to_string().ends_with("the image has frames 0 to 1")));
    Ok(())
}

#[test]
fn headers_hold_what_the_index_needs() -> Outcome {
    let mut decoder = decoder();
    let header = decoder.header(&data("CT_small.dcm"))?;
    assert_eq!(header.image.id, "1.3.6.1.4.1.5962.1.1.1.1.1.20040119072730.12322");
    assert_eq!(header.image.modality.as_deref(), Some("CT"));
    assert_eq!((header.image.rows, header.image.columns, header.image.frames), (128, 128, 1));
    assert_eq!(header.image.spacing, Some([0.661468, 0.661468]));
    assert_eq!(header.image.burned_in, None);
    assert_eq!(header.transfer_syntax.as_deref(), Some(EXPLICIT));
    assert!(header.has_pixels);
    // Short pixels do not keep an image out of the index.
    assert_eq!(decoder.header(&data("MR_truncated.dcm"))?.image.rows, 64);
    Ok(())
}

#[test]
fn a_file_without_a_uid_is_known_by_its_hash() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("bare");
    let whole = image(1, 2, 8, &element(0x7fe0, 0x10, b"OB", &[0, 9]));
    // Without the first element there is no UID, and without the preamble the file begins with group 0008.
    std::fs::write(&path, whole.get(14..).unwrap_or_default())?;
    let header = decoder().header(&path)?;
    assert!(header.image.id.starts_with("sha256:") && header.image.id.len() == 71, "{}", header.image.id);
    assert_eq!(decoder().look(&path, 0, None)?.pixels, [0, 255]);
    Ok(())
}

#[test]
fn what_cannot_be_shown_is_said_in_words() -> Outcome {
    let mut decoder = decoder();
    for (name, words) in [
        ("MR_truncated.dcm", "the file ends early: the frame needs 8192 bytes of pixels and there are 8130"),
        ("README.md", "this is no DICOM, PNG, JPEG or TIFF file"),
        ("nowhere.dcm", "the file cannot be read: entity not found"),
    ] {
        let said = decoder.look(&data(name), 0, None).err().map(|error| error.to_string());
        assert_eq!(said, Some(format!("{}: {words}", data(name).display())));
    }
    let colour = decoder.look(Path::new("/dev/zero"), 0, None);
    assert!(colour.is_err_and(|error| error.to_string() == "/dev/zero: this is no regular file"));
    Ok(())
}

#[test]
fn hostile_files_end_in_words_by_a_child_that_lives() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut decoder = decoder();
    for Hostile { name, bytes, ends } in files()? {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes)?;
        // What the header says in vain is no concern of this test, only that it is answered.
        let header = decoder.header(&path);
        assert!(matches!(header, Ok(_) | Err(ImagingError::File { .. })), "{name}: {header:?}");
        let answer = decoder.look(&path, 0, None);
        let came_to = match &answer {
            Ok(seen) => Some(Ends::Shown(seen.toning)),
            Err(ImagingError::File { fault, .. }) => Some(Ends::Words(fault.kind)),
            Err(_) => None,
        };
        assert_eq!(came_to, Some(ends), "{name}: {:?}", answer.err());
    }
    Ok(())
}

#[test]
fn a_file_cut_anywhere_is_answered() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut decoder = decoder();
    for name in [
        "CT_small.dcm",
        "MR_small_RLE.dcm",
        "MR_small_jp2klossless.dcm",
        "MR_small_jpeg_ls_lossless.dcm",
        "SC_rgb_jpeg_dcmtk.dcm",
        "image_dfl.dcm",
    ] {
        let whole = std::fs::read(data(name))?;
        for part in 0..16 {
            let path = folder.path().join(format!("{part}-{name}"));
            std::fs::write(&path, whole.get(..whole.len() * part / 16).unwrap_or_default())?;
            for answer in [decoder.header(&path).map(drop), decoder.look(&path, 0, None).map(drop)] {
                assert!(
                    matches!(answer, Ok(()) | Err(ImagingError::File { .. })),
                    "{name} {part}/16: {answer:?}"
                );
            }
        }
    }
    Ok(())
}

#[test]
fn the_patient_is_named_nowhere() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut decoder = decoder();
    let mut seen = String::new();
    let sound = part10(EXPLICIT, &image(2, 2, 16, &pixels(&[0; 8])));
    let files = files()?.into_iter().map(|hostile| (hostile.name, hostile.bytes));
    for (name, bytes) in files.chain([("sound.dcm", sound)]) {
        let path = folder.path().join(name);
        std::fs::write(&path, &bytes)?;
        seen += &format!("{:?}", decoder.header(&path));
        for frame in [0, 7] {
            let answer = decoder.frame(&path, frame, &Need::default());
            seen += &answer.as_ref().err().map(ToString::to_string).unwrap_or_default();
            seen += &format!("{answer:?}");
        }
        let (words, errors) = raw(&path)?;
        assert!(errors.is_empty(), "the child wrote to its standard error");
        seen += &String::from_utf8_lossy(&words);
    }
    assert!(seen.contains("1.2.3"), "the sound file was not read");
    assert!(!seen.contains("CANARY") && !seen.contains("19010101"), "{seen}");
    Ok(())
}

/// What the child itself writes when it is asked for a header and a frame.
fn raw(path: &Path) -> Result<(Vec<u8>, Vec<u8>), Box<dyn Error>> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_overread"))
        .arg("decode-worker")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        let bytes = path.as_os_str().as_encoded_bytes();
        for request in [
            format!("{{\"header\":{{\"path\":{bytes:?}}}}}"),
            format!("{{\"frame\":{{\"path\":{bytes:?},\"frame\":0,\"window\":null}}}}"),
        ] {
            input.write_all(&(request.len() as u32).to_le_bytes())?;
            input.write_all(request.as_bytes())?;
        }
    }
    let output = child.wait_with_output()?;
    Ok((output.stdout, output.stderr))
}

#[test]
fn the_child_has_bound_itself_before_it_answers() -> Outcome {
    let mut child = Command::new(env!("CARGO_BIN_EXE_overread"))
        .arg("decode-worker")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let request = br#"{"header":{"path":[]}}"#;
    if let (Some(input), Some(output)) = (&mut child.stdin, &mut child.stdout) {
        input.write_all(&(request.len() as u32).to_le_bytes())?;
        input.write_all(request)?;
        output.read_exact(&mut [0; 4])?;
    }
    if cfg!(target_os = "linux") {
        let bounds = std::fs::read_to_string(format!("/proc/{}/limits", child.id()))?;
        for (what, bound) in [
            ("Max address space", "1610612736 1610612736"),
            ("Max open files", "16 16"),
            ("Max core file size", "0 0"),
            ("Max cpu time", "20 unlimited"),
        ] {
            let line = bounds.lines().find(|line| line.starts_with(what)).unwrap_or_default();
            let held = line.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(held.contains(bound), "{line}");
        }
    }
    drop(child.stdin.take());
    assert!(child.wait()?.success());
    Ok(())
}

#[test]
fn bounds_that_a_site_has_set_are_kept() -> Outcome {
    let script = format!("ulimit -t 300 -n 12; exec '{}' decode-worker", env!("CARGO_BIN_EXE_overread"));
    let wait = Duration::from_secs(120);
    let mut decoder = Decoder::new("/bin/sh".into(), vec!["-c".into(), script.into()]).with_waits(wait, wait);
    assert_eq!(decoder.header(&data("CT_small.dcm"))?.image.rows, 128);
    Ok(())
}

#[test]
fn a_child_that_fails_is_told_of_and_left_behind() -> Outcome {
    let path = data("CT_small.dcm");
    let wait = Duration::from_millis(200);
    let ask = |program: &str, arguments: &[&str]| {
        let arguments = arguments.iter().map(OsString::from).collect();
        let mut decoder = Decoder::new(program.into(), arguments).with_waits(wait, wait);
        decoder.header(&path).err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert!(
        ask("/bin/sleep", &["60"])
            .ends_with("took longer than 0.2 s and was stopped; labels can still be adjudicated")
    );
    assert!(
        ask("/bin/sh", &["-c", "exit 3"])
            .ends_with("the decoder stopped on this file; labels can still be adjudicated")
    );
    // An echo of the request is no answer, nor is a claim of 4 GiB.
    assert!(ask("/bin/cat", &[]).contains("makes no sense"));
    assert!(
        ask("/bin/sh", &["-c", "printf '\\377\\377\\377\\377'; exec sleep 60"]).contains("makes no sense")
    );
    assert!(ask("/nowhere/overread", &[]).starts_with("failed to start the decoder /nowhere/overread"));
    Ok(())
}

#[test]
fn a_file_that_holds_another_image_gives_no_picture() -> Outcome {
    let mut decoder = decoder();
    let path = data("CT_small.dcm");
    let own = decoder.header(&path)?.image.id;
    let need = |image: &str| Need { image: Some(image.to_owned()), ..Need::default() };
    assert_eq!(decoder.frame(&path, 0, &need(&own))?.rows, 128);
    let other = decoder.header(&data("MR_small_RLE.dcm"))?.image.id;
    match decoder.frame(&path, 0, &need(&other)) {
        Err(ImagingError::File { fault, .. }) => assert_eq!(fault.kind, FaultKind::OtherImage),
        other => return Err(format!("{other:?}").into()),
    }
    Ok(())
}

#[test]
fn the_same_pixels_have_the_same_hash_however_they_are_packed() -> Outcome {
    let mut decoder = decoder();
    let files = ["MR_small_RLE.dcm", "MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm"];
    let seen = files.map(|name| decoder.assess(&data(name)));
    let seen = seen.into_iter().collect::<Result<Vec<_>, _>>()?;
    let hashes: Vec<_> = seen.iter().map(|quality| quality.pixels.clone()).collect();
    assert!(hashes.iter().all(|hash| hash.is_some() && *hash == hashes[0]), "{hashes:?}");
    assert!(seen.iter().all(|quality| quality.looked == Looked::Frames(1) && !quality.empty));
    // pydicom reads 129 … 2191 from CT_small, and 32768 bytes of pixels of 128 × 128 in 16 bits.
    let ct = decoder.assess(&data("CT_small.dcm"))?;
    assert_eq!((ct.bytes, ct.orientation), (Some([32_768, 32_768]), Orientation::Known));
    assert_eq!(
        (ct.lowest.map(|[value, _]| value), ct.highest.map(|[value, _]| value)),
        (Some(128.0), Some(2191.0))
    );
    assert_ne!(ct.pixels, hashes[0]);
    let two = decoder.assess(&data("SC_rgb_rle_2frame.dcm"))?;
    assert_eq!((two.looked, two.lowest, two.orientation), (Looked::Frames(2), None, Orientation::Unknown));
    Ok(())
}

#[test]
fn what_is_wrong_with_pixels_is_found_and_is_no_error() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut decoder = decoder();
    let mut of = |name: &str, bytes: Vec<u8>| -> Result<_, Box<dyn Error>> {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes)?;
        Ok(decoder.assess(&path)?)
    };
    let short = of("short.dcm", std::fs::read(data("MR_truncated.dcm"))?)?;
    assert!(matches!(&short.looked, Looked::Fault(why) if why.contains("bytes of pixels")), "{short:?}");
    assert_eq!((short.pixels, short.empty), (None, false));
    let square = |pixel: fn(usize) -> u8| (0..64 * 64).map(pixel).collect::<Vec<u8>>();
    let gray = |data: Vec<u8>| part10(EXPLICIT, &image(64, 64, 8, &pixels(&data)));
    let empty = of("empty.dcm", gray(square(|_| 7)))?;
    assert_eq!((empty.empty, empty.pixels), (true, None));
    let half = of("half.dcm", gray(square(|at| if at < 64 * 32 { 255 } else { (at % 100) as u8 })))?;
    assert_eq!((half.empty, half.highest), (false, Some([255.0, 0.5])));
    let long = of("long.dcm", gray(vec![1; 64 * 64 + 100]))?;
    assert_eq!(long.bytes, Some([64 * 64 + 100, 64 * 64]));
    Ok(())
}
