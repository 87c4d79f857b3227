//! `compare` and `fuse` as somebody outside runs them: the masks of the reference sets go in as NIfTI and PNG, and what
//! MedPy and SimpleITK say of them comes out.

use std::io::Write;
use std::path::Path;

use serde_json::{Value as Json, json};

use crate::cli_agree::{golden, near};
use crate::common::{Answer, Outcome, Place};

const SETS: [&str; 3] = ["synthetic_mask_2d", "lidc_mask_1", "lidc_mask_2"];

fn list(value: &Json) -> &[Json] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn sides(set: &Json) -> Vec<usize> {
    list(&set["shape"]).iter().filter_map(|side| usize::try_from(side.as_u64()?).ok()).collect()
}

/// Writes cells as bytes of a NIfTI; sides and spacing are given as the sets have them, the last axis running fastest.
fn nifti(sides: &[usize], spacing: &[f64], cells: &[u8]) -> Outcome<Vec<u8>> {
    let mut file = vec![0u8; 352];
    let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &348i32.to_le_bytes());
    put(40, &i16::try_from(sides.len())?.to_le_bytes());
    for n in 1..8 {
        put(40 + 2 * n, &1i16.to_le_bytes());
    }
    for (n, side) in sides.iter().rev().enumerate() {
        put(42 + 2 * n, &i16::try_from(*side)?.to_le_bytes());
    }
    put(70, &2i16.to_le_bytes());
    put(72, &8i16.to_le_bytes());
    for (n, length) in spacing.iter().rev().enumerate() {
        put(80 + 4 * n, &(*length as f32).to_le_bytes());
    }
    put(108, &352f32.to_le_bytes());
    put(123, &[2]);
    put(148, b"Ana Patient");
    put(344, b"n+1\0");
    file.extend_from_slice(cells);
    Ok(file)
}

fn packed(file: &[u8]) -> Outcome<Vec<u8>> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(file)?;
    Ok(packed.finish()?)
}

fn png(width: usize, height: usize, cells: &[u8]) -> Outcome<Vec<u8>> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, u32::try_from(width)?, u32::try_from(height)?);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(cells)?;
    Ok(file)
}

/// Gives the cells of a set's masks.
fn masks(set: &Json) -> Vec<Vec<u8>> {
    let of = |runs: &Json| {
        let runs = list(runs).iter().enumerate();
        runs.flat_map(|(n, run)| vec![(n % 2) as u8; run.as_u64().unwrap_or(0) as usize]).collect()
    };
    list(&set["masks_rle_zero_first"]).iter().map(of).collect()
}

/// Writes a set's masks, every other one packed, and gives their names.
fn write_all(place: &Place, set: &Json) -> Outcome<Vec<String>> {
    let spacing: Vec<f64> = list(&set["spacing_mm_per_axis"]).iter().filter_map(Json::as_f64).collect();
    let mut names = Vec::new();
    for (n, cells) in masks(set).iter().enumerate() {
        let file = nifti(&sides(set), &spacing, cells)?;
        let (name, file) =
            if n % 2 == 0 { (format!("m{n}.nii"), file) } else { (format!("m{n}.nii.gz"), packed(&file)?) };
        place.write(&name, file)?;
        names.push(name);
    }
    Ok(names)
}

fn refused(answer: &Answer, code: i32, words: &str) {
    assert!(
        answer.code == Some(code) && answer.stderr.contains(words) && answer.stdout.is_empty(),
        "not {code} ‘{words}’: {answer:?}"
    );
}

#[test]
fn two_masks_are_as_far_apart_as_medpy_says() -> Outcome {
    let mut met = 0;
    for name in SETS {
        let set = golden(name)?;
        let place = Place::new()?;
        let names = write_all(&place, &set)?;
        for (a, b) in [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)] {
            let found = place.run(["compare", &names[a], &names[b], "--json"])?.json()?;
            assert_eq!(found["unit"], "mm");
            for (measure, reference) in [
                ("dice", "dice"),
                ("iou", "iou"),
                ("hd", "hd"),
                ("hd95_pooled", "hd95_pooled"),
                ("hd95_max_of_directed", "hd95_max_of_directed"),
                ("assd_pooled_mean", "assd_pooled_mean"),
                ("assd_mean_of_directed", "assd_mean_of_directed"),
                ("volume_difference", "vol_diff_fraction"),
            ] {
                let want = &set["metrics"][format!("{reference}_{}_{}", a + 1, b + 1)];
                let (got, want) = (found[measure].as_f64().ok_or("none")?, want.as_f64().ok_or("none")?);
                assert!(near(got, want, 1e-9), "{name} {a} {b} {measure}: {got}, not {want}");
                met += 1;
            }
            let wide = place.run(["compare", &names[a], &names[b], "--tolerance", "99", "--json"])?.json()?;
            assert_eq!(wide["surface_dice"], 1.0);
        }
    }
    assert_eq!(met, 144);
    Ok(())
}

#[test]
fn staple_and_majority_are_those_of_simple_itk() -> Outcome {
    for name in SETS {
        let set = golden(name)?;
        let place = Place::new()?;
        let names = write_all(&place, &set)?;
        let fuse = |method: &str, output: &str| {
            let names = names.iter().map(String::as_str);
            place.run(
                [&["fuse"], &names.collect::<Vec<_>>()[..], &["--method", method, "-o", output, "--json"]]
                    .concat(),
            )
        };
        let found = fuse("staple", "s.nii.gz")?.json()?;
        assert_eq!(found["voxels"], set["metrics"]["staple_voxels_ge_0_5"], "{name}");
        for (n, reader) in list(&found["readers"]).iter().enumerate() {
            for rate in ["sensitivity", "specificity"] {
                let want = &set["metrics"][format!("staple_{rate}")][n];
                let (got, want) = (reader[rate].as_f64().ok_or("none")?, want.as_f64().ok_or("none")?);
                assert!(near(got, want, 1e-6), "{name} {n} {rate}: {got}, not {want}");
            }
        }
        assert!(found["converged"] == true && found["region"]["from"][0] == 0, "{found}");
        let majority = fuse("majority", "m.nii")?.json()?;
        assert_eq!(majority["voxels"], set["metrics"]["mv_strict_voxels"], "{name}");
        assert_eq!(majority["tied"], set["metrics"]["mv_tie_voxels"], "{name}");
        // What went out is a mask on the same grid, without the words of the header.
        let written = std::fs::read(place.join("m.nii"))?;
        assert!(!String::from_utf8_lossy(&written).contains("Patient"));
        let same = place.run(["compare", "m.nii", "m.nii", "--json"])?.json()?;
        assert_eq!(
            (&same["cells_a"], &same["dice"], &same["hd"]),
            (&majority["voxels"], &1.0.into(), &0.0.into())
        );
        place.run(["compare", "m.nii", &names[0]])?.fine()?;
        let (union, both) = (fuse("union", "u.nii")?.json()?, fuse("intersection", "i.nii")?.json()?);
        let number = |found: &Json| found["voxels"].as_u64().unwrap_or(0);
        assert!(number(&union) > number(&majority) && number(&majority) > number(&both));
        assert_eq!(both["readers"][0]["sensitivity"], 1.0);
        assert_eq!(union["readers"][0]["specificity"], 1.0);
    }
    Ok(())
}

#[test]
fn maps_of_labels_are_fused_and_compared_label_by_label() -> Outcome {
    let set = golden("synthetic_mask_multilabel")?;
    let place = Place::new()?;
    let mut names = Vec::new();
    for (n, map) in list(&set["labels"]).iter().enumerate() {
        let cells: Vec<u8> = list(map).iter().map(|label| label.as_u64().unwrap_or(0) as u8).collect();
        names.push(format!("m{n}.png"));
        place.write(&format!("m{n}.png"), png(64, 48, &cells)?)?;
    }
    let fuse = |method: &str, output: &str| {
        let names = names.iter().map(String::as_str);
        place.run(
            [&["fuse"], &names.collect::<Vec<_>>()[..], &["--method", method, "-o", output, "--json"]]
                .concat(),
        )
    };
    let found = fuse("staple", "s.png")?.json()?;
    let counts = &set["metrics"]["multilabel_staple_counts"];
    assert_eq!((&found["labels"]["1"], &found["labels"]["2"]), (&counts["1"], &counts["2"]));
    assert_eq!(list(&found["readers"]).len(), 4);
    let found = fuse("majority", "m.png")?.json()?;
    let counts = &set["metrics"]["label_voting_counts"];
    assert_eq!((&found["labels"]["1"], &found["labels"]["2"]), (&counts["1"], &counts["2"]));
    assert_eq!(found["tied"], counts["255"]);
    refused(&fuse("union", "u.png")?, 65, "several labels");
    let compared = place.run(["compare", "m0.png", "m1.png", "--json"])?.json()?;
    assert_eq!(compared["unit"], "pixels");
    assert!(
        compared["spacing"].is_null() && compared["labels"]["2"]["dice"].as_f64().is_some(),
        "{compared}"
    );
    let scaled = place.run(["compare", "m0.png", "m1.png", "--spacing", "2,2", "--json"])?.json()?;
    let (hd, doubled) = (compared["hd"].as_f64().ok_or("none")?, scaled["hd"].as_f64().ok_or("none")?);
    assert!(near(doubled, 2.0 * hd, 1e-12) && scaled["unit"] == "mm", "{hd} {doubled}");
    place.run(["compare", "m0.png", "m1.png"])?.fine()?;
    Ok(())
}

#[test]
fn empty_masks_have_no_distance_and_say_so() -> Outcome {
    let place = Place::new()?;
    place.write("none.png", png(3, 2, &[0; 6])?)?;
    place.write("one.png", png(3, 2, &[0, 255, 0, 0, 0, 0])?)?;
    let found = place.run(["compare", "one.png", "none.png", "--json"])?.json()?;
    assert!(found["hd"].is_null() && found["surface_dice"].is_null() && found["dice"] == 0.0, "{found}");
    assert_eq!(found["why"], "the second mask is empty: there is no distance");
    let found = place.run(["compare", "none.png", "none.png", "--json"])?.json()?;
    assert!(found["dice"].is_null() && found["why"] == "both masks are empty", "{found}");
    assert!(place.run(["compare", "none.png", "none.png"])?.fine()?.contains("undefined"));
    let fused =
        place.run(["fuse", "none.png", "none.png", "--method", "staple", "-o", "o.png", "--json"])?.json()?;
    assert_eq!(fused["voxels"], 0);
    // Nothing is inside: nobody shows how much of it they find.
    let reader = &fused["readers"][1];
    assert!(reader["sensitivity"].is_null() && reader["specificity"] == 1.0, "{fused}");
    place.write("full.png", png(3, 2, &[255; 6])?)?;
    let fused =
        place.run(["fuse", "full.png", "full.png", "--method", "staple", "-o", "f.png", "--json"])?.json()?;
    let reader = &fused["readers"][0];
    assert!(reader["specificity"].is_null() && reader["sensitivity"] == 1.0, "{fused}");
    let said = place.run(["fuse", "full.png", "full.png", "--method", "staple", "-o", "g.png"])?.fine()?;
    assert!(said.contains("undefined"), "{said}");
    Ok(())
}

#[test]
fn what_is_no_mask_or_lies_elsewhere_is_refused_in_words() -> Outcome {
    let place = Place::new()?;
    let good = nifti(&[2, 2, 2], &[1.0, 1.0, 1.0], &[1, 0, 0, 0, 0, 0, 0, 1])?;
    let with = |at: usize, bytes: &[u8]| {
        let mut file = good.clone();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        file
    };
    place.write("good.nii", &good)?;
    place.write("other.nii", nifti(&[2, 2, 3], &[1.0, 1.0, 1.0], &[1; 12])?)?;
    place.write("cut.nii", &good[..356])?;
    place.write("cut.nii.gz", &packed(&good)?[..40])?;
    place.write("vast.nii", with(42, &[0xff, 0x7f, 0xff, 0x7f, 0xff, 0x7f]))?;
    place.write("vast.nii.gz", packed(&with(42, &[0xff, 0x7f, 0xff, 0x7f, 0x10, 0]))?)?;
    place.write("coarse.nii", with(80, &2f32.to_le_bytes()))?;
    place.write("turned.nii", {
        let mut file = with(254, &1i16.to_le_bytes());
        file[280..284].copy_from_slice(&(-1f32).to_le_bytes());
        file
    })?;
    place.write("placed.nii", with(254, &1i16.to_le_bytes()))?;
    place.write("text.nii", "once upon a time")?;
    place.write("small.png", png(2, 2, &[0, 1, 0, 1])?)?;
    place.write("evil\u{1b}[2J.nii", "no mask")?;
    let compare = |a: &str, b: &str| place.run(["compare", a, b]);
    for (name, words) in [
        ("other.nii", "are of other sizes: 2×2×2 and 3×2×2 cells"),
        ("cut.nii", "cut.nii is cut off: it holds fewer than the 8 cells"),
        ("cut.nii.gz", "cut.nii.gz is "),
        ("vast.nii", "more cells than the limit"),
        ("vast.nii.gz", "more cells than the limit"),
        ("coarse.nii", "have other spacings"),
        ("text.nii", "is neither NIfTI (.nii, .nii.gz) nor PNG"),
        ("small.png", "are of other sizes"),
    ] {
        refused(&compare("good.nii", name)?, 65, words);
    }
    refused(&compare("turned.nii", "placed.nii")?, 65, "lie elsewhere in the patient, or turned");
    refused(&compare("good.nii", "gone.nii")?, 66, "there is no file gone.nii");
    refused(&compare("good.nii", ".")?, 66, "no regular file");
    let evil = compare("good.nii", "evil\u{1b}[2J.nii")?;
    assert!(!evil.stderr.contains('\u{1b}'), "{evil:?}");
    // Who says the spacing means it of both.
    place.run(["compare", "good.nii", "coarse.nii", "--spacing", "1,1,2"])?.fine()?;
    refused(&place.run(["compare", "good.nii", "good.nii", "--spacing", "1,1"])?, 2, "three numbers");
    refused(&place.run(["compare", "good.nii", "good.nii", "--spacing", "1,0,1"])?, 2, "above 0");
    refused(&place.run(["compare", "good.nii", "good.nii", "--spacing", "-1,1,1"])?, 2, "above 0");
    refused(&place.run(["compare", "good.nii", "good.nii", "--tolerance", "-1"])?, 2, "a number from 0");
    Ok(())
}

#[test]
fn a_mask_that_is_there_stays_unless_it_is_to_be_replaced() -> Outcome {
    let place = Place::new()?;
    for name in ["a.png", "b.png"] {
        place.write(name, png(2, 2, &[0, 200, 0, 200])?)?;
    }
    place.write("a.nii", nifti(&[2, 2], &[1.0, 1.0], &[0, 1, 0, 1])?)?;
    place.write("out.png", "kept")?;
    let fuse = |arguments: &[&str]| {
        place.run([&["fuse", "a.png", "b.png", "--method", "union"], arguments].concat())
    };
    refused(&fuse(&["-o", "out.png"])?, 73, "out.png exists already");
    assert_eq!(std::fs::read_to_string(place.join("out.png"))?, "kept");
    refused(&fuse(&["-o", "out.nii"])?, 2, "the masks are PNG: call the output NAME.png");
    refused(&fuse(&["-o", "nowhere/out.png"])?, 73, "nowhere/out.png");
    refused(&place.run(["fuse", "a.png", "--method", "union", "-o", "x.png"])?, 2, "2");
    refused(
        &place.run(["fuse", "a.png", "b.png", "--method", "magic", "-o", "x.png"])?,
        2,
        "use one of staple",
    );
    refused(&place.run(["fuse", "a.png", "a.nii", "--method", "union", "-o", "x.png"])?, 65, "into one form");
    let said = fuse(&["-o", "out.png", "--force"])?.fine()?;
    assert!(said.contains("2 cells inside by union"), "{said}");
    // The label that the masks have is that of the result.
    assert_eq!(place.run(["compare", "out.png", "a.png", "--json"])?.json()?["dice"], 1.0);
    let names: Vec<_> =
        std::fs::read_dir(place.path())?.filter_map(|entry| Some(entry.ok()?.file_name())).collect();
    assert!(
        names.iter().all(|name| Path::new(name).extension().is_none_or(|end| end != "part")),
        "{names:?}"
    );
    Ok(())
}

/// A frame of a made segmentation: how far along the head it lies, its segment, and its cells.
type Plane = (f64, u16, [u8; 20]);

/// Writes a DICOM segmentation of 4 × 5 cells of 0.5 × 0.8 mm, as bits, or as shares of 200.
fn segmentation(planes: &[Plane], fractional: bool) -> Outcome<Vec<u8>> {
    segmented(planes, fractional, false)
}

/// Writes the same, or, of a projection, without places and spacing.
fn segmented(planes: &[Plane], fractional: bool, projection: bool) -> Outcome<Vec<u8>> {
    use dicom_core::value::{DataSetSequence, PrimitiveValue};
    use dicom_core::{DataElement, VR};
    use dicom_dictionary_std::{tags, uids};
    use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
    let text = |tag, vr, words: &str| DataElement::new(tag, vr, PrimitiveValue::from(words));
    let number = |tag, value: u16| DataElement::new(tag, VR::US, PrimitiveValue::from(value));
    let within = |tag, elements: Vec<DataElement<InMemDicomObject>>| {
        let item = InMemDicomObject::from_element_iter(elements);
        DataElement::new(tag, VR::SQ, DataSetSequence::from(vec![item]))
    };
    let shared = InMemDicomObject::from_element_iter(if projection {
        vec![]
    } else {
        vec![
            within(
                tags::PLANE_ORIENTATION_SEQUENCE,
                vec![text(tags::IMAGE_ORIENTATION_PATIENT, VR::DS, "1\\0\\0\\0\\1\\0")],
            ),
            within(
                tags::PIXEL_MEASURES_SEQUENCE,
                vec![
                    text(tags::PIXEL_SPACING, VR::DS, "0.8\\0.5"),
                    text(tags::SPACING_BETWEEN_SLICES, VR::DS, "2.5"),
                ],
            ),
        ]
    });
    let frames: Vec<InMemDicomObject> = planes
        .iter()
        .map(|(place, segment, _)| {
            let known = within(
                tags::SEGMENT_IDENTIFICATION_SEQUENCE,
                vec![number(tags::REFERENCED_SEGMENT_NUMBER, *segment)],
            );
            let lies = within(
                tags::PLANE_POSITION_SEQUENCE,
                vec![text(tags::IMAGE_POSITION_PATIENT, VR::DS, &format!("-10\\-20\\{place}"))],
            );
            InMemDicomObject::from_element_iter(std::iter::once(known).chain((!projection).then_some(lies)))
        })
        .collect();
    let cells: Vec<u8> = planes.iter().flat_map(|(.., cells)| *cells).collect();
    // Bits run on from one frame to the next, the lowest first.
    let bits = || {
        cells
            .chunks(8)
            .map(|eight| eight.iter().enumerate().fold(0, |byte, (n, cell)| byte | (cell & 1) << n))
    };
    let pixels: Vec<u8> = if fractional { cells.clone() } else { bits().collect() };
    let mut object = InMemDicomObject::new_empty();
    for element in [
        text(tags::SOP_CLASS_UID, VR::UI, uids::SEGMENTATION_STORAGE),
        text(tags::SOP_INSTANCE_UID, VR::UI, "2.25.77"),
        text(tags::MODALITY, VR::CS, "SEG"),
        text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2"),
        text(tags::SEGMENTATION_TYPE, VR::CS, if fractional { "FRACTIONAL" } else { "BINARY" }),
        text(tags::NUMBER_OF_FRAMES, VR::IS, &planes.len().to_string()),
        number(tags::SAMPLES_PER_PIXEL, 1),
        number(tags::ROWS, 4),
        number(tags::COLUMNS, 5),
        number(tags::BITS_ALLOCATED, if fractional { 8 } else { 1 }),
        number(tags::BITS_STORED, if fractional { 8 } else { 1 }),
        number(tags::HIGH_BIT, if fractional { 7 } else { 0 }),
        number(tags::PIXEL_REPRESENTATION, 0),
        number(tags::MAXIMUM_FRACTIONAL_VALUE, 200),
        DataElement::new(
            tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE,
            VR::SQ,
            DataSetSequence::from(vec![shared]),
        ),
        DataElement::new(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, VR::SQ, DataSetSequence::from(frames)),
        DataElement::new(tags::PIXEL_DATA, VR::OB, PrimitiveValue::U8(pixels.into())),
    ] {
        object.put(element);
    }
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN)
        .media_storage_sop_class_uid(uids::SEGMENTATION_STORAGE)
        .media_storage_sop_instance_uid("2.25.77");
    let mut bytes = Vec::new();
    object.with_meta(meta)?.write_all(&mut bytes)?;
    Ok(bytes)
}

/// Cells of a rectangle in 4 rows of 5 columns, with a value.
fn block(rows: std::ops::Range<usize>, columns: std::ops::Range<usize>, value: u8) -> [u8; 20] {
    std::array::from_fn(|n| if rows.contains(&(n / 5)) && columns.contains(&(n % 5)) { value } else { 0 })
}

#[test]
fn segmentations_are_put_together_by_the_places_of_their_frames() -> Outcome {
    let place = Place::new()?;
    let (full, part) = (block(0..4, 0..5, 1), block(1..3, 0..5, 1));
    // Out of order, with a slice that was left out since nothing is in it; the other file has none of the first.
    place.write("a.dcm", segmentation(&[(5.0, 1, full), (0.0, 1, full), (10.0, 1, full)], false)?)?;
    place.write("b.dcm", segmentation(&[(10.0, 1, part), (5.0, 1, full)], false)?)?;
    let found = place.run(["compare", "a.dcm", "b.dcm", "--json"])?.json()?;
    // 60 and 30 cells, 30 of them shared, of 2.5 × 0.8 × 0.5 mm.
    let near = |name: &str, want: f64| found[name].as_f64().is_some_and(|got| (got - want).abs() < 1e-9);
    assert!(near("dice", 60.0 / 90.0) && near("iou", 0.5), "{found}");
    assert!(near("volume_a", 60.0) && near("volume_b", 30.0), "{found}");
    assert_eq!((&found["spacing"], &found["unit"]), (&json!([0.5, 0.8, 2.5]), &json!("mm")));
    assert!(near("hd", 5.0), "{found}");
    let same = place.run(["compare", "a.dcm", "a.dcm", "--json"])?.json()?;
    assert_eq!((&same["dice"], &same["hd95_pooled"]), (&json!(1.0), &json!(0.0)));

    // Shares count from half of the whole on; 99 of 200 is less.
    place.write(
        "c.dcm",
        segmentation(&[(5.0, 1, block(0..4, 0..5, 100)), (10.0, 1, block(1..3, 0..5, 99))], true)?,
    )?;
    let found = place.run(["compare", "b.dcm", "c.dcm", "--json"])?.json()?;
    assert_eq!((&found["cells_b"], &found["inside_at"]), (&json!(20), &json!(0.5)));
    let table = place.run(["compare", "b.dcm", "c.dcm"])?.fine()?;
    assert!(table.contains("inside from 0.5 on"), "{table}");
    Ok(())
}

#[test]
fn one_segment_can_be_named_and_must_be_where_they_overlap() -> Outcome {
    let place = Place::new()?;
    let (left, right) = (block(0..4, 0..2, 1), block(0..4, 2..5, 1));
    place.write("two.dcm", segmentation(&[(0.0, 1, left), (0.0, 2, right), (2.5, 2, right)], false)?)?;
    place.write("one.dcm", segmentation(&[(0.0, 2, right), (2.5, 2, right)], false)?)?;
    let found = place.run(["compare", "two.dcm", "one.dcm", "--segment", "2", "--json"])?.json()?;
    assert_eq!((&found["dice"], &found["segment"]), (&json!(1.0), &json!(2)));
    let found = place.run(["compare", "two.dcm", "one.dcm", "--json"])?.json()?;
    assert_eq!((&found["labels"]["2"]["dice"], &found["labels"]["1"]["cells_b"]), (&json!(1.0), &json!(0)));
    let refused = |arguments: &[&str], code: i32, words: &str| -> Outcome {
        let answer = place.run([&["compare"], arguments].concat())?;
        assert!(answer.code == Some(code) && answer.stderr.contains(words), "{answer:?}");
        Ok(())
    };
    refused(&["two.dcm", "one.dcm", "--segment", "1"], 65, "one.dcm has no such segment: it has 2")?;
    place.write("over.dcm", segmentation(&[(0.0, 1, left), (0.0, 2, block(0..4, 1..3, 1))], false)?)?;
    refused(&["over.dcm", "one.dcm"], 65, "segments that overlap, 1 and 2: say which with --segment N")?;
    place.write("uneven.dcm", segmentation(&[(0.0, 1, left), (2.0, 1, left), (5.0, 1, left)], false)?)?;
    refused(&["uneven.dcm", "uneven.dcm"], 65, "lie unevenly")?;
    std::fs::copy(crate::common::data("dicom/CT_small.dcm"), place.join("ct.dcm"))?;
    refused(&["ct.dcm", "one.dcm"], 65, "no segmentation")?;
    std::fs::write(place.join("cut.dcm"), &segmentation(&[(0.0, 1, left)], false)?[..300])?;
    refused(&["cut.dcm", "one.dcm"], 65, "cut.dcm")?;
    place.write("plain.nii", "no mask")?;
    refused(&["plain.nii", "plain.nii", "--segment", "1"], 65, "is neither NIfTI")?;
    Ok(())
}

#[test]
fn segmentations_of_projections_are_compared_as_images() -> Outcome {
    let place = Place::new()?;
    let (left, right) = (block(0..4, 0..2, 1), block(0..4, 2..5, 1));
    place.write("a.dcm", segmented(&[(0.0, 1, left), (0.0, 2, right)], false, true)?)?;
    place.write("b.dcm", segmented(&[(0.0, 1, block(0..4, 0..3, 1))], false, true)?)?;
    let found = place.run(["compare", "a.dcm", "b.dcm", "--segment", "1", "--json"])?.json()?;
    assert_eq!((&found["unit"], &found["spacing"]), (&json!("pixels"), &Json::Null));
    let near = |found: &Json, name: &str, want: f64| {
        found[name].as_f64().is_some_and(|got| (got - want).abs() < 1e-9)
    };
    assert!(near(&found, "dice", 16.0 / 20.0) && near(&found, "hd", 1.0), "{found}");
    let scaled =
        place.run(["compare", "a.dcm", "b.dcm", "--label", "1", "--spacing", "0.5,2", "--json"])?.json()?;
    assert!(
        near(&scaled, "hd", 0.5) && near(&scaled, "volume_a", 8.0) && scaled["volume_unit"] == "mm²",
        "{scaled}"
    );
    // It lies upon a picture of its size.
    place.write("b.png", png(5, 4, &block(0..4, 0..3, 1))?)?;
    assert_eq!(place.run(["compare", "b.dcm", "b.png", "--json"])?.json()?["dice"], 1.0);
    place.write("two.dcm", segmented(&[(0.0, 1, left), (0.0, 1, right)], false, true)?)?;
    refused(
        &place.run(["compare", "two.dcm", "b.dcm"])?,
        65,
        "has several frames of segment 1 and doesn't say",
    );
    // One that lies in the patient is another thing than one that doesn't, where it has several slices.
    place.write("deep.dcm", segmentation(&[(0.0, 1, left), (2.5, 1, left)], false)?)?;
    refused(&place.run(["compare", "deep.dcm", "b.dcm"])?, 65, "are of other sizes: 5×4×2 and 5×4 cells");
    Ok(())
}

#[test]
fn one_label_of_several_is_compared_and_fused_alone() -> Outcome {
    let place = Place::new()?;
    place.write("a.png", png(4, 2, &[1, 1, 2, 2, 0, 1, 2, 9])?)?;
    place.write("b.png", png(4, 2, &[1, 2, 2, 2, 0, 1, 2, 0])?)?;
    let found = place.run(["compare", "a.png", "b.png", "--label", "2", "--json"])?.json()?;
    assert_eq!((&found["label"], &found["cells_a"], &found["cells_b"]), (&json!(2), &json!(3), &json!(4)));
    assert!(found.get("labels").is_none() && found.get("segment").is_none(), "{found}");
    assert!(place.run(["compare", "a.png", "b.png", "--label", "2"])?.fine()?.contains("label 2 alone"));
    // One mask has it and the other doesn't: that is a mask and an empty one.
    let found = place.run(["compare", "a.png", "b.png", "--label", "9", "--json"])?.json()?;
    assert_eq!((&found["dice"], &found["cells_b"]), (&json!(0.0), &json!(0)));
    refused(
        &place.run(["compare", "a.png", "b.png", "--label", "7"])?,
        65,
        "no mask has the label 7: there are 1, 2, 9",
    );
    let fused = place
        .run(["fuse", "a.png", "b.png", "--method", "union", "--label", "2", "-o", "o.png", "--json"])?
        .json()?;
    assert_eq!((&fused["voxels"], &fused["readers"][0]["sensitivity"]), (&json!(4), &json!(0.75)));
    // The result has the label that was asked for.
    let found = place.run(["compare", "o.png", "b.png", "--label", "2", "--json"])?.json()?;
    assert_eq!((&found["dice"], &found["cells_a"]), (&json!(1.0), &json!(4)));
    Ok(())
}

#[test]
fn bare_arrays_are_compared_and_fused_as_they_are_said_to_be() -> Outcome {
    let set = golden("lidc_mask_1")?;
    let place = Place::new()?;
    let spacing: Vec<String> = list(&set["spacing_mm_per_axis"])
        .iter()
        .rev()
        .filter_map(Json::as_f64)
        .map(|mm| mm.to_string())
        .collect();
    let sides: Vec<String> = sides(&set).iter().rev().map(usize::to_string).collect();
    let (spacing, bytes) = (spacing.join(","), sides.join("x"));
    let words = format!("{bytes}:u16");
    for (n, cells) in masks(&set).iter().enumerate() {
        place.write(&format!("m{n}.raw"), cells)?;
        let wide: Vec<u8> = cells.iter().flat_map(|cell| (u16::from(*cell) * 300).to_le_bytes()).collect();
        place.write(&format!("w{n}.bin"), wide)?;
    }
    for (kind, raw, file) in [("m", &bytes, "raw"), ("w", &words, "bin")] {
        let names: Vec<String> = (0..4).map(|n| format!("{kind}{n}.{file}")).collect();
        let found = place
            .run(["compare", &names[0], &names[1], "--raw", raw, "--spacing", &spacing, "--json"])?
            .json()?;
        for measure in ["dice", "hd", "hd95_pooled", "assd_pooled_mean"] {
            let want = set["metrics"][format!("{measure}_1_2")].as_f64().ok_or("none")?;
            assert!(found[measure].as_f64().is_some_and(|got| near(got, want, 1e-9)), "{measure}: {found}");
        }
        let names = names.iter().map(String::as_str);
        let wanted = ["--method", "staple", "--raw", raw, "-o", "out.raw", "--force", "--json"];
        let fused = place.run([&["fuse"], &names.collect::<Vec<_>>()[..], &wanted].concat())?.json()?;
        assert_eq!(fused["voxels"], set["metrics"]["staple_voxels_ge_0_5"]);
        // What goes out is an array of the same kind.
        let name = format!("{kind}0.{file}");
        assert_eq!(
            std::fs::metadata(place.join("out.raw"))?.len(),
            std::fs::metadata(place.join(&name))?.len()
        );
        let back = place.run(["compare", "out.raw", &name, "--raw", raw, "--json"])?.json()?;
        assert_eq!(back["cells_a"], fused["voxels"]);
    }
    // A file that says what it is needs no telling, and stands beside a bare one.
    place.write("a.nii", nifti(&[2, 1, 3], &[2.0, 1.0, 1.0], &[1, 0, 0, 1, 0, 0])?)?;
    place.write("a.raw", [1, 0, 0, 1, 0, 0])?;
    let found = place.run(["compare", "a.nii", "a.raw", "--raw", "3x1x2", "--json"])?.json()?;
    assert_eq!((&found["dice"], &found["unit"]), (&json!(1.0), &json!("mm")));
    refused(&place.run(["compare", "a.raw", "a.raw"])?, 65, "--raw");
    refused(&place.run(["compare", "a.raw", "a.raw", "--raw", "3x3"])?, 65, "the 9 bytes of 9 cells, but 6");
    refused(&place.run(["compare", "a.raw", "a.raw", "--raw", "6x1:u9"])?, 2, "type of a cell");
    let fuse = |output: &str| {
        place.run(["fuse", "a.raw", "a.raw", "--raw", "6x1", "--method", "union", "-o", output])
    };
    refused(&fuse("o.nii")?, 2, "bare arrays: call the output NAME.raw");
    refused(
        &place.run(["fuse", "a.nii", "a.raw", "--raw", "3x1x2", "--method", "union", "-o", "o.nii"])?,
        65,
        "into one form",
    );
    Ok(())
}

#[test]
fn what_is_taken_for_granted_is_said() -> Outcome {
    let place = Place::new()?;
    let (a, b) = ([1, 0, 0, 1, 0, 0], [255, 0, 0, 0, 0, 0]);
    place.write("a.nii", nifti(&[2, 1, 3], &[2.0, 1.0, 1.0], &a)?)?;
    place.write("b.nii", nifti(&[2, 1, 3], &[2.0, 1.0, 1.0], &b)?)?;
    place.write("b.raw", b)?;
    place.write("map.nii", nifti(&[2, 1, 3], &[2.0, 1.0, 1.0], &[1, 2, 0, 1, 0, 0])?)?;
    let found = place.run(["compare", "a.nii", "b.raw", "--raw", "3x1x2", "--json"])?.json()?;
    let notes = list(&found["notes"]);
    assert_eq!(
        notes,
        [
            json!("a.nii codes 1; b.raw codes 255: anything but 0 is inside"),
            json!("b.raw holds no spacing: that of a.nii is taken for both"),
        ]
    );
    assert_eq!((&found["unit"], &found["surface_dice_tolerance"]), (&json!("mm"), &json!(1.0)));
    assert!(found["surface_dice_convention"].as_str().is_some_and(|words| words.contains("cells of both")));
    let said = place.run(["compare", "a.nii", "b.raw", "--raw", "3x1x2", "--tolerance", "0.5"])?.fine()?;
    for words in ["note: b.raw holds no spacing", "surface Dice at a tolerance of 0.5 mm"] {
        assert!(said.contains(words), "{said}");
    }
    // A mask of one object beside maps of labels, and one that doesn't have the label that is asked for.
    let found = place.run(["compare", "map.nii", "b.nii", "--json"])?.json()?;
    let note = found["notes"][0].as_str().unwrap_or_default();
    assert!(
        note.starts_with("b.nii codes 255, which no map of labels has: it is a label of its own"),
        "{found}"
    );
    let found = place.run(["compare", "map.nii", "b.nii", "--label", "1", "--json"])?.json()?;
    assert_eq!(list(&found["notes"]), [json!("b.nii codes 255, and no 1: it is taken as empty")]);
    let fused =
        place.run(["fuse", "a.nii", "b.nii", "--method", "union", "-o", "o.nii", "--json"])?.json()?;
    assert_eq!(list(&fused["notes"]), [json!("a.nii codes 1; b.nii codes 255: anything but 0 is inside")]);
    // Nothing is said where nothing is taken for granted.
    let found = place.run(["compare", "a.nii", "a.nii", "--json"])?.json()?;
    assert!(found.get("notes").is_none(), "{found}");
    Ok(())
}

#[test]
fn a_spacing_that_is_said_holds_for_what_is_fused() -> Outcome {
    let place = Place::new()?;
    let cells = [1, 0, 0, 1, 0, 0];
    place.write("a.nii", nifti(&[2, 1, 3], &[2.0, 1.0, 1.0], &cells)?)?;
    place.write("b.nii", nifti(&[2, 1, 3], &[2.5, 1.0, 1.0], &cells)?)?;
    let fuse = |more: &[&str]| {
        place.run([&["fuse", "a.nii", "b.nii", "--method", "union", "-o", "o.nii"], more].concat())
    };
    refused(&fuse(&[])?, 65, "have other spacings");
    refused(&fuse(&["--spacing", "1,2"])?, 2, "a volume's spacing is of three numbers");
    refused(&fuse(&["--spacing", "0,1,2"])?, 2, "two or three numbers above 0");
    fuse(&["--spacing", "0.5,0.7,3"])?.fine()?;
    let found = place.run(["compare", "o.nii", "o.nii", "--json"])?.json()?;
    assert_eq!(found["spacing"], json!([0.5, 0.7, 3.0]));
    place.write("a.png", png(3, 2, &cells)?)?;
    refused(
        &place.run(["fuse", "a.png", "a.png", "--method", "union", "--spacing", "1,1", "-o", "o.png"])?,
        2,
        "hold no spacing",
    );
    Ok(())
}

#[test]
fn segmentations_are_fused_into_a_volume_that_lies_where_they_lie() -> Outcome {
    let place = Place::new()?;
    let (left, whole) = (block(0..4, 0..2, 1), block(0..4, 0..4, 1));
    place.write("a.dcm", segmentation(&[(0.0, 1, left), (2.5, 1, whole)], false)?)?;
    place.write("b.dcm", segmentation(&[(2.5, 1, left)], false)?)?;
    let fuse =
        |output: &str| place.run(["fuse", "a.dcm", "b.dcm", "--method", "union", "-o", output, "--json"]);
    refused(&fuse("o.dcm")?, 2, "call the output NAME.nii");
    let fused = fuse("o.nii.gz")?.json()?;
    assert_eq!((&fused["voxels"], &fused["region"]["to"]), (&json!(24), &json!([5, 4, 2])));
    // It is the first of them, in its place: comparing refuses what lies elsewhere.
    let found = place.run(["compare", "o.nii.gz", "a.dcm", "--json"])?.json()?;
    assert_eq!((&found["dice"], &found["spacing"]), (&json!(1.0), &json!([0.5, 0.8, 2.5])));
    place.write("c.dcm", segmentation(&[(7.5, 1, left), (10.0, 1, left)], false)?)?;
    refused(&place.run(["compare", "o.nii.gz", "c.dcm"])?, 65, "lie elsewhere in the patient");
    // Beside a file that can be written they are written as that.
    let both = place
        .run(["fuse", "o.nii.gz", "a.dcm", "--method", "intersection", "-o", "p.nii", "--json"])?
        .json()?;
    assert_eq!(both["voxels"], json!(24));
    Ok(())
}
