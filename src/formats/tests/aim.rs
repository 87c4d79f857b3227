//! Annotation and Image Markup: eight real reads, and a file of the newer version made here.

use super::*;
use crate::domain::charter::LabelKind;
use crate::formats::LabelHint;

/// A read; the spacing in mm that the DICOM header of its image gives (PixelSpacing, alike in both directions); the
/// length in mm that the file records; and the spacing that the recorded length was made with.
const READS: [(&str, &[u8], f64, f64, f64); 8] = [
    (
        "0022BaselineA",
        include_bytes!("../../../tests/data/aim/0022BaselineA.xml"),
        0.691406,
        39.5795974731445,
        0.691406,
    ),
    (
        "0022BaselineB",
        include_bytes!("../../../tests/data/aim/0022BaselineB.xml"),
        0.691406,
        34.9826850891113,
        0.691406,
    ),
    (
        "0022FollowupA",
        include_bytes!("../../../tests/data/aim/0022FollowupA.xml"),
        0.742188,
        42.221248626709,
        0.677735,
    ),
    (
        "0022FollowupB",
        include_bytes!("../../../tests/data/aim/0022FollowupB.xml"),
        0.742188,
        37.2198791503906,
        0.677735,
    ),
    (
        "0023BaselineA",
        include_bytes!("../../../tests/data/aim/0023BaselineA.xml"),
        0.621094,
        36.6118927001953,
        0.691406,
    ),
    (
        "0023BaselineB",
        include_bytes!("../../../tests/data/aim/0023BaselineB.xml"),
        0.621094,
        34.9895172119141,
        0.691406,
    ),
    (
        "0023FollowupA",
        include_bytes!("../../../tests/data/aim/0023FollowupA.xml"),
        0.611328,
        49.1345481872559,
        0.677735,
    ),
    (
        "0023FollowupB",
        include_bytes!("../../../tests/data/aim/0023FollowupB.xml"),
        0.611328,
        57.3676948547363,
        0.677735,
    ),
];

fn read_of(name: &str) -> Result<Vec<Row>, Box<dyn Error>> {
    let (_, bytes, ..) = READS.iter().find(|(known, ..)| *known == name).ok_or("no such read")?;
    rows(Format::Aim, bytes, &options("a.xml"))
}

fn said(rows: &[Row]) -> Vec<(&str, String)> {
    rows.iter()
        .filter_map(|row| row.finding.as_ref())
        .filter_map(|finding| Some((finding.label.as_str(), finding.value.as_ref()?.to_string())))
        .collect()
}

#[test]
fn a_line_and_its_characteristics() -> Done {
    let rows = read_of("0022BaselineA")?;
    let line = rows.first().ok_or("no rows")?;
    assert_eq!((line.case.as_str(), line.reader.as_deref()), ("1.3.6.1.4.1.9328.50.1.10717", Some("A")));
    assert_eq!(line.read_at.as_deref(), Some("2008-04-11T15:32:15"));
    let finding = line.finding.as_ref().ok_or("no finding")?;
    let geometry = finding.geometry.as_ref().ok_or("no shape")?;
    // Indices of pixels in the file, (143, 300) and (92, 326); their centres here.
    assert_eq!(geometry.shape, Shape::Line { points: vec![[143.5, 300.5], [92.5, 326.5]] });
    assert_eq!(
        (finding.label.as_str(), geometry.image.as_str(), geometry.frame),
        ("Length", line.case.as_str(), 0)
    );
    assert_eq!(
        said(&rows),
        [
            ("Conspicuity", "Extremely Obvious".to_owned()),
            ("Internal Structure", "Soft Tissue".to_owned()),
            ("Calcification", "1".to_owned()),
            ("Sphericity", "4".to_owned()),
            ("Margin", "4".to_owned()),
            ("Spiculation", "2".to_owned()),
            ("Texture", "1".to_owned()),
        ]
    );
    assert!(rows.iter().all(|row| !row.marks && !row.model));
    Ok(())
}

#[test]
fn the_traps_of_the_eight_reads() -> Done {
    // What was said three times over is said once; what is missing stays missing.
    let twice = read_of("0022BaselineB")?;
    let answers = said(&twice);
    assert_eq!(answers.iter().filter(|(label, _)| *label == "Conspicuity").count(), 1);
    assert!(!answers.iter().any(|(label, _)| *label == "Margin" || *label == "Texture"));
    // Codes with a stray bar are the same grades.
    let barred = read_of("0022FollowupB")?;
    let answers = said(&barred);
    for (label, value) in
        [("Margin", "3"), ("Spiculation", "3"), ("Texture", "2"), ("Malignancy", "Malignant")]
    {
        assert!(answers.contains(&(label, value.to_owned())), "{answers:?}");
    }
    // Two answers to one question are both kept.
    let both = read_of("0023FollowupA")?;
    assert!(said(&both).contains(&("Internal Structure", "Air + Soft Tissue".to_owned())));
    Ok(())
}

#[test]
fn lines_are_as_long_as_the_files_say() -> Done {
    for (name, bytes, spacing, recorded, used) in READS {
        let rows = rows(Format::Aim, bytes, &options("a.xml"))?;
        let shape = rows.first().and_then(|row| row.finding.as_ref()?.geometry.as_ref()).map(|g| &g.shape);
        let Some(Shape::Line { points }) = shape else { return Err(format!("{name}: no line").into()) };
        let [a, b] = points.as_slice() else { return Err(format!("{name}: not two points").into()) };
        let pixels = (a[0] - b[0]).hypot(a[1] - b[1]);
        assert!((pixels * used - recorded).abs() < 2e-4, "{name}: {} for {recorded}", pixels * used);
        // Only the baseline of patient 0022 was measured with its own image's spacing; the program that wrote the files
        // took another image's for the rest. So a length is measured on the image and never taken from the file.
        let own = (pixels * spacing - recorded).abs() < 2e-4;
        assert_eq!(own, name.starts_with("0022Baseline"), "{name}");
    }
    Ok(())
}

#[test]
fn a_case_may_be_the_series_or_the_study() -> Done {
    let (_, bytes, ..) = READS[0];
    for (unit, uid) in [
        (Unit::Image, "1.3.6.1.4.1.9328.50.1.10717"),
        (Unit::Series, "1.3.6.1.4.1.9328.50.1.10697"),
        (Unit::Study, "1.3.6.1.4.1.9328.50.1.10607"),
    ] {
        let rows = rows(Format::Aim, bytes, &Options { unit, ..options("a.xml") })?;
        assert!(!rows.is_empty() && rows.iter().all(|row| row.case == uid));
        let image =
            rows.first().and_then(|row| row.finding.as_ref()?.geometry.as_ref()).map(|g| g.image.as_str());
        assert_eq!(image, Some("1.3.6.1.4.1.9328.50.1.10717"));
    }
    Ok(())
}

#[test]
fn nothing_of_the_patient_is_taken() -> Done {
    for (name, bytes, ..) in READS {
        let rows = format!("{:?}", rows(Format::Aim, bytes, &options("a.xml"))?);
        for patient in ["409978", "9328.50.1.0022", "9328.50.1.0023", "\"0022\"", "\"0023\""] {
            assert!(!rows.contains(patient), "{name}: {patient}");
        }
    }
    Ok(())
}

#[test]
fn scales_that_the_format_knows_are_hinted() -> Done {
    let (_, bytes, ..) = READS[3];
    let hints = run(Format::Aim, bytes, &options("a.xml")).end?.hints;
    let hint = |label: &str| {
        hints.iter().find(|hint| hint.label == label).map(|hint| (hint.kind, hint.levels.len()))
    };
    assert_eq!(hint("Margin"), Some((LabelKind::Ordinal, 5)));
    assert_eq!(hint("Conspicuity"), Some((LabelKind::Ordinal, 5)));
    assert_eq!(hint("Calcification"), Some((LabelKind::Categorical, 6)));
    assert_eq!(hint("Malignancy"), Some((LabelKind::Categorical, 0)));
    assert_eq!(hint("Length"), Some((LabelKind::Line, 0)));
    let margin = hints.iter().find(|hint| hint.label == "Margin");
    let levels = (1..=5).map(|level| Value::Number(f64::from(level))).collect();
    assert_eq!(margin, Some(&LabelHint { label: "Margin".into(), kind: LabelKind::Ordinal, levels }));
    Ok(())
}

/// A collection of version 4 with the given shape and observations.
fn newer(markup: &str, observations: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<ImageAnnotationCollection xmlns="gme://caCORE.caCORE/4.4/edu.northwestern.radiology.AIM" aimVersion="AIMv4_0"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <dateTime value="2024-01-01T00:00:00"/>
 <user><name value="Doe^J"/><loginName value="jdoe"/><roleInTrial value="Reader 1"/></user>
 <person><name value="Roe^R"/><id value="patient-17"/></person>
 <imageAnnotations><ImageAnnotation><name value="patient-17"/><comment value="patient-17"/>
  <imagingObservationEntityCollection>{observations}</imagingObservationEntityCollection>
  <markupEntityCollection>{markup}</markupEntityCollection>
  <imageReferenceEntityCollection><ImageReferenceEntity xsi:type="DicomImageReferenceEntity">
   <imageStudy><instanceUid root="1.2.1"/><imageSeries><instanceUid root="1.2.2"/><imageCollection>
    <Image><sopClassUid root="1.2.840.10008.5.1.4.1.1.2"/><sopInstanceUid root="1.2.3"/></Image>
   </imageCollection></imageSeries></imageStudy></ImageReferenceEntity></imageReferenceEntityCollection>
 </ImageAnnotation></imageAnnotations></ImageAnnotationCollection>"#
    )
}

fn markup(kind: &str, frame: &str, points: &[[f64; 2]]) -> String {
    let coordinates: String = points
        .iter()
        .enumerate()
        .rev()
        .map(|(index, [x, y])| {
            format!(
                "<TwoDimensionSpatialCoordinate><coordinateIndex value=\"{index}\"/><x value=\"{x}\"/>\
                 <y value=\"{y}\"/></TwoDimensionSpatialCoordinate>"
            )
        })
        .collect();
    format!(
        "<MarkupEntity xsi:type=\"{kind}\"><imageReferenceUid root=\"1.2.3\"/>\
         <referencedFrameNumber value=\"{frame}\"/><twoDimensionSpatialCoordinateCollection>{coordinates}\
         </twoDimensionSpatialCoordinateCollection></MarkupEntity>"
    )
}

#[test]
fn shapes_of_the_newer_version() -> Done {
    let square = [[1.0, 1.0], [5.0, 1.0], [5.0, 5.0], [1.0, 5.0]];
    let closed = [[1.0, 1.0], [5.0, 1.0], [5.0, 5.0], [1.0, 1.0]];
    for (kind, frame, points, name, count, counted) in [
        ("TwoDimensionPolyline", "1", &square[..2], "line", 2, 0),
        ("TwoDimensionMultiPoint", "3", &square[..2], "line", 2, 2),
        ("TwoDimensionPolyline", "1", &square[..], "polygon", 4, 0),
        ("TwoDimensionPolyline", "1", &closed[..], "polygon", 3, 0),
        ("TwoDimensionPoint", "0", &square[..1], "point", 1, 0),
        ("TwoDimensionCircle", "1", &square[..2], "polygon", 64, 0),
        ("TwoDimensionEllipse", "1", &square[..], "polygon", 64, 0),
    ] {
        let text = newer(&markup(kind, frame, points), "");
        assert_eq!(recognise(text.as_bytes(), "a.xml"), Some(Format::Aim));
        let rows = rows(Format::Aim, text.as_bytes(), &options("a.xml"))?;
        let row = rows.first().ok_or("no row")?;
        assert_eq!((row.reader.as_deref(), row.case.as_str(), rows.len()), (Some("jdoe"), "1.2.3", 1));
        assert_eq!(row.read_at.as_deref(), Some("2024-01-01T00:00:00"));
        let finding = row.finding.as_ref().ok_or("no finding")?;
        let geometry = finding.geometry.as_ref().ok_or("no shape")?;
        assert_eq!((geometry.shape.name(), geometry.frame), (name, counted), "{kind}");
        assert_eq!((finding.label.as_str(), geometry.shape.points().count()), (name, count), "{kind}");
        if count < 64 {
            assert_eq!(geometry.shape.points().next(), Some([1.5, 1.5]), "{kind}");
        }
    }
    Ok(())
}

#[test]
fn answers_of_the_newer_version() -> Done {
    let observations = r#"
      <ImagingObservationEntity><typeCode code="RID50149" codeSystemName="RadLex"/><annotatorConfidence value="0.8"/>
       <label value="Nodule"/>
       <imagingObservationCharacteristicCollection>
        <ImagingObservationCharacteristic><typeCode code="RID5799"/><label value="Nodule Shape"/></ImagingObservationCharacteristic>
        <ImagingObservationCharacteristic><annotatorConfidence value="0.4"/>
         <typeCode code="X"><displayName value="4"/></typeCode><label value="Margin"/></ImagingObservationCharacteristic>
       </imagingObservationCharacteristicCollection></ImagingObservationEntity>
      <ImagingObservationEntity><typeCode code="R"><displayName value="Effusion"/></typeCode><isPresent value="false"/>
      </ImagingObservationEntity>"#;
    let text = newer("", observations);
    let rows = rows(Format::Aim, text.as_bytes(), &options("a.xml"))?;
    assert_eq!(
        said(&rows),
        [
            ("Nodule Shape", "RID5799".to_owned()),
            ("Margin", "4".to_owned()),
            ("Effusion", "absent".to_owned()),
        ]
    );
    let confidences: Vec<_> = rows.iter().filter_map(|row| row.finding.as_ref()?.confidence).collect();
    assert_eq!(confidences, [0.8, 0.4]);
    assert!(!format!("{rows:?}").contains("patient-17") && !format!("{rows:?}").contains("Roe"));
    Ok(())
}

#[test]
fn a_reader_who_found_nothing_read_the_image() -> Done {
    let rows = rows(Format::Aim, newer("", "").as_bytes(), &options("a.xml"))?;
    assert_eq!(rows.iter().map(short).collect::<Vec<_>>(), [(Some("jdoe"), "", None, false)]);
    Ok(())
}

#[test]
fn statements_that_can_not_be_taken_do_not_spoil_the_others() {
    let good = markup("TwoDimensionPoint", "1", &[[1.0, 1.0]]);
    for (bad, words) in [
        (markup("TwoDimensionSpline", "1", &[[1.0, 1.0], [2.0, 2.0]]), "“TwoDimensionSpline”"),
        (markup("ThreeDimensionPoint", "1", &[[1.0, 1.0]]), "“ThreeDimensionPoint”"),
        (markup("TwoDimensionPoint", "1", &[]), "without points"),
        (markup("TwoDimensionPoint", "-3", &[[1.0, 1.0]]), "frame"),
        (markup("TwoDimensionPoint", "1", &[[f64::NAN, 1.0]]), "x: “NaN”"),
        (markup("TwoDimensionPoint", "1", &[[1e12, 1.0]]), "further out than any image"),
        (good.replace("<x value=\"1\"/>", ""), "a point without x"),
    ] {
        let outcome = run(Format::Aim, newer(&format!("{bad}{good}"), "").as_bytes(), &options("a.xml"));
        assert_eq!((outcome.rows.len(), outcome.refusals.len()), (1, 1), "{bad}");
        let why = outcome.refusals.first().map(Refusal::to_string).unwrap_or_default();
        assert!(why.starts_with("line 9: ") && why.contains(words), "{why}");
    }
    let nobody = newer(&good, "").replace("jdoe", "").replace("Doe^J", " ");
    assert!(refusal(Format::Aim, nobody.as_bytes(), &options("a.xml")).contains("--reader"));
    let named = Options { reader: Some("B".into()), ..options("a.xml") };
    assert_eq!(
        run(Format::Aim, nobody.as_bytes(), &named).rows.first().and_then(|row| row.reader.clone()),
        Some("B".into())
    );
}

proptest::proptest! {
    #[test]
    fn damage_anywhere_is_refused_or_read_but_never_a_panic(cut in 0usize..7000, at in 0usize..7000, byte in 32u8..127) {
        let (_, bytes, ..) = READS[0];
        let mut damaged = bytes.to_vec();
        if let Some(place) = damaged.get_mut(at) {
            *place = byte;
        }
        run(Format::Aim, &damaged, &options("a.xml"));
        damaged.truncate(cut);
        run(Format::Aim, &damaged, &options("a.xml"));
    }
}
