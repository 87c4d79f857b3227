//! Tables: real ones, every spelling of one table, and what is wrong with a line.

use crate::domain::word::Word;
use proptest::prelude::*;

use super::*;

const VINDR: &str = "image_id,class_name,class_id,rad_id,x_min,y_min,x_max,y_max\n\
    img1,No finding,14,R11,,,,\n\
    img2,Cardiomegaly,3,R10,691.0,1375.0,1653.0,1831.0\n\
    img3,Infiltration,6,R10,10,20,30,40\n\
    img3,Lung Opacity,7,R10,10,20,30,40\n";

#[test]
fn boxes_and_the_read_that_found_nothing() -> Done {
    let rows = rows(Format::Long, VINDR.as_bytes(), &options("train.csv"))?;
    let shorts: Vec<_> = rows.iter().map(short).collect();
    assert_eq!(
        shorts,
        [
            (Some("R11"), "No finding", Some(Value::present()), true),
            (Some("R10"), "Cardiomegaly", None, true),
            (Some("R10"), "Infiltration", None, true),
            (Some("R10"), "Lung Opacity", None, true),
        ]
    );
    // Continuous coordinates, as they stand.
    assert_eq!(rows.get(1).and_then(box_of), Some([[691.0, 1375.0], [1653.0, 1831.0]]));
    assert_eq!(rows.first().and_then(box_of), None);
    assert_eq!(rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 3, 4, 5]);
    Ok(())
}

#[test]
fn a_value_column_names_the_label_where_nothing_else_does() -> Done {
    // The shape of the anaesthetists' table: one reader reads the same item three times.
    let rows =
        rows(Format::Long, b"item,rater,rating\n1,1,1\n1,1,1\n1,1,2\n1,2,1\n7,2,\n", &options("a.csv"))?;
    let shorts: Vec<_> = rows.iter().map(short).collect();
    let one = Some(Value::Number(1.0));
    assert_eq!(
        shorts,
        [
            (Some("1"), "rating", one.clone(), false),
            (Some("1"), "rating", one.clone(), false),
            (Some("1"), "rating", Some(Value::Number(2.0)), false),
            (Some("2"), "rating", one, false),
            (None, "", None, false),
        ]
    );
    assert_eq!(rows.last().map(|row| row.case.as_str()), Some("7"));
    Ok(())
}

#[test]
fn a_blank_is_not_read_and_an_explicit_negative_is() -> Done {
    let table =
        b"case,reader,label,value\n1,A,Edema,0\n1,B,Edema,\n2,A,,\n3,,,\n4,A,Edema,NO\n5,A,Edema,can't see\n";
    let rows = rows(Format::Long, table, &options("a.csv"))?;
    let shorts: Vec<_> = rows.iter().map(short).collect();
    assert_eq!(
        shorts,
        [
            (Some("A"), "Edema", Some(Value::Number(0.0)), false),
            (None, "", None, false),
            (Some("A"), "", None, false),
            (None, "", None, false),
            (Some("A"), "Edema", Some(Value::absent()), false),
            (Some("A"), "Edema", Some(Value::Text("ungradable".into())), false),
        ]
    );
    Ok(())
}

#[test]
fn a_blank_box_of_the_one_label_is_a_reader_who_drew_nothing() -> Done {
    let table = b"patientId,x,y,width,height,Target\np1,,,,,0\np2,264,152,213,379,1\n";
    let reader = Some("A".to_owned());
    let by = |map: &str| -> Result<Vec<Row>, Box<dyn Error>> {
        let map = Some(Map::parse(map)?);
        rows(Format::Long, table, &Options { reader: reader.clone(), map, ..options("train.csv") })
    };
    let marked = by("[constants]\nlabel = \"Lung Opacity\"\n")?;
    let shorts: Vec<_> = marked.iter().map(short).collect();
    assert_eq!(shorts, [(Some("A"), "", None, true), (Some("A"), "Lung Opacity", None, true)]);
    assert_eq!(marked.get(1).and_then(box_of), Some([[264.0, 152.0], [477.0, 531.0]]));

    let valued = by("[constants]\nlabel = \"Lung Opacity\"\n[columns]\nvalue = \"Target\"\n")?;
    assert_eq!(
        valued.iter().map(short).map(|(_, _, value, _)| value).collect::<Vec<_>>(),
        [Some(Value::Number(0.0)), Some(Value::Number(1.0))]
    );
    Ok(())
}

#[test]
fn an_inverted_box_is_kept_for_the_check_that_reports_it() -> Done {
    let table = b"case,reader,label,x_min,y_min,x_max,y_max\n1,A,l,9,9,2,2\n2,A,,,,,\n";
    let rows = rows(Format::Long, table, &options("a"))?;
    assert_eq!(rows.first().and_then(box_of), Some([[9.0, 9.0], [2.0, 2.0]]));
    assert_eq!(rows.get(1).map(short), Some((Some("A"), "", None, true)));
    Ok(())
}

#[test]
fn more_columns_than_a_table_has_are_refused_at_once() {
    let wide = format!("case{}\n1\n", ",x".repeat(100_000));
    assert!(refusal(Format::Wide, wide.as_bytes(), &options("a.csv")).contains("4096 columns or more"));
    let line = format!("case,Edema\n1,\"1\"{}\n", ",x".repeat(100_000));
    assert!(refusal(Format::Wide, line.as_bytes(), &options("a.csv")).contains("where the header has 2"));
}

#[test]
fn one_file_a_radiologist() -> Done {
    let table = "Study,No Finding,Edema,Support Devices\ns1,0.0,1.0,\ns2,,,\n";
    let rows = rows(Format::Wide, table.as_bytes(), &options("bc1_gt.csv"))?;
    let shorts: Vec<_> = rows.iter().map(short).collect();
    assert_eq!(
        shorts,
        [
            (Some("bc1_gt"), "No Finding", Some(Value::Number(0.0)), false),
            (Some("bc1_gt"), "Edema", Some(Value::Number(1.0)), false),
            (None, "", None, false),
        ]
    );
    let named = Options { reader: Some("Dr A".into()), ..options("bc1_gt.csv") };
    let outcome = run(Format::Wide, table.as_bytes(), &named);
    assert_eq!(outcome.rows.first().and_then(|row| row.reader.as_deref()), Some("Dr A"));
    Ok(())
}

#[test]
fn a_wide_table_with_readers_confidences_and_programs() -> Done {
    let table = "Reader,image_id,Fracture,Nodule or mass,confidence,reader_kind,read_at,comment\n\
        r1,i1,YES,HEDGE,80%,,2024-01-02,seen twice\n\
        net,i1,NO,,0.5,Model,,\n";
    let rows = rows(Format::Wide, table.as_bytes(), &options("readers.csv"))?;
    let shorts: Vec<_> = rows.iter().map(short).collect();
    assert_eq!(
        shorts,
        [
            (Some("r1"), "Fracture", Some(Value::present()), false),
            (Some("r1"), "Nodule or mass", Some(Value::Text("uncertain".into())), false),
            (Some("net"), "Fracture", Some(Value::absent()), false),
        ]
    );
    assert_eq!(rows.iter().map(|row| row.model).collect::<Vec<_>>(), [false, false, true]);
    let first = rows.first().and_then(|row| row.finding.as_ref());
    assert_eq!(first.and_then(|finding| finding.confidence), Some(0.8));
    assert_eq!(first.and_then(|finding| finding.comment.as_deref()), Some("seen twice"));
    assert_eq!(rows.first().and_then(|row| row.read_at.as_deref()), Some("2024-01-02"));
    Ok(())
}

#[test]
fn boxes_of_one_reader_by_a_map() -> Done {
    let bytes = include_bytes!("../../../tests/data/tables/fastmri_knee_head.csv");
    let map = Map::parse("ignore = [\"study_level\"]\n[columns]\ncase = \"file\"\nframe = \"slice\"\n")?;
    assert!(map.fits(bytes) && !map.fits(VINDR.as_bytes()));
    let options = Options { reader: Some("radiologist".into()), map: Some(map), ..options("knee.csv") };
    let rows = rows(Format::Long, bytes, &options)?;
    let (first, last) = (rows.first().ok_or("no rows")?, rows.last().ok_or("no rows")?);
    assert_eq!((rows.len(), first.case.as_str()), (13, "file1000001"));
    assert_eq!(box_of(first), Some([[90.0, 173.0], [125.0, 183.0]]));
    let geometry = first.finding.as_ref().and_then(|finding| finding.geometry.as_ref()).ok_or("no shape")?;
    assert_eq!((geometry.frame, geometry.image.as_str()), (14, "file1000001"));
    // A label of the whole study has no place.
    assert_eq!(short(last), (Some("radiologist"), "artifact", Some(Value::present()), true));
    // The space that the source writes after a label is no part of it.
    assert!(rows.iter().any(|row| short(row).1 == "Joint Effusion"));
    Ok(())
}

#[test]
fn numbers_of_many_workers_by_a_map() -> Done {
    let bytes = include_bytes!("../../../tests/data/tables/crowdairway_results_head.csv");
    assert_eq!(recognise(bytes, "results.csv"), None);
    let map = Map::parse(
        "wide = [\"outer\", \"inner\"]\n[columns]\ncase = \"task_id\"\nreader = \"result_creator\"\n",
    )?;
    assert!(map.fits(bytes));
    let options = Options { map: Some(map), ..options("results.csv") };
    let outcome = run(Format::Wide, bytes, &options);
    let summary = outcome.end?;
    assert_eq!((outcome.refusals.len(), summary.refused), (0, 0));
    assert_eq!(
        outcome.rows.first().map(short),
        Some((Some("essatetig"), "outer", Some(Value::Number(33.395_128_074_131_55)), false))
    );
    // A worker without a measurement read nothing there.
    assert_eq!(outcome.rows.get(2).map(|row| (row.line, row.reader.clone())), Some((3, None)));
    assert!(summary.ignored.iter().any(|column| column == "cantsee"));
    assert!(summary.understood.contains(&("task_id".into(), "case")));
    Ok(())
}

#[test]
fn one_column_a_reader_by_a_map() -> Done {
    let map = Map::parse(
        "readers = [\"Ben\", \"Gerry\"]\n[columns]\ncase = \"Units\"\n[constants]\nlabel = \"grade\"\n\
         [values]\n\"a\" = 1\n[reader_kinds]\nGerry = \"model\"\n",
    )?;
    assert_eq!(map.format(), Format::Wide);
    let options = Options { map: Some(map), ..options("x.csv") };
    let rows = rows(Format::Wide, b"Group,Units,Ben,Gerry\nG1,1,a,b\nG1,2,,a\nG1,3,,\n", &options)?;
    let shorts: Vec<_> = rows.iter().map(short).collect();
    assert_eq!(
        shorts,
        [
            (Some("Ben"), "grade", Some(Value::Number(1.0)), false),
            (Some("Gerry"), "grade", Some(Value::Text("b".into())), false),
            (Some("Gerry"), "grade", Some(Value::Number(1.0)), false),
            (None, "", None, false),
        ]
    );
    assert_eq!(rows.iter().map(|row| row.model).collect::<Vec<_>>(), [false, true, true, false]);
    Ok(())
}

#[test]
fn a_map_moves_pixels_and_frames() -> Done {
    let map = Map::parse(
        "box = \"xywh\"\npixel_centres = true\nfirst_frame = 1\ndelimiter = \"|\"\ndecimal = \",\"\n\
         [columns]\nbox = [\"l\", \"t\", \"w\", \"h\"]\n[constants]\nlabel = \"nodule\"\nreader = \"A\"\n",
    )?;
    let options = Options { map: Some(map), ..options("x.csv") };
    let rows = rows(Format::Long, b"case|frame|l|t|w|h\nc|3|1,5|2|10|0\n", &options)?;
    let row = rows.first().ok_or("no row")?;
    assert_eq!((box_of(row), short(row).1), (Some([[2.0, 2.5], [12.0, 2.5]]), "nodule"));
    assert_eq!(row.finding.as_ref().and_then(|f| f.geometry.as_ref()).map(|g| g.frame), Some(2));
    Ok(())
}

#[test]
fn what_is_wrong_with_a_line_is_said_and_reading_goes_on() {
    const HEADER: &str = "case,reader,label,value,x,y,width,height,frame,confidence,read_at,reader_kind\n";
    for (line, words) in [
        (",A,l,1,,,,,,,,", "line 2: “case” is empty"),
        ("c,,l,1,,,,,,,,", "line 2: “reader” is empty: who read? --reader"),
        ("c,A,,1,,,,,,,,", "line 2: “label” is empty, and there is a value"),
        ("c,A,,,1,1,1,1,,,,", "line 2: “label” is empty, and there is a box"),
        ("c,A,l,NaN,,,,,,,,", "line 2: “value”: “NaN” is not a finite number"),
        ("c,A,l,1,1,1,1,,,,,", "line 2: “height” is empty"),
        ("c,A,l,1,1,one,1,1,,,,", "line 2: “y”: “one” is not a number"),
        ("c,A,l,1,1,inf,1,1,,,,", "line 2: “y”: “inf” is not a finite"),
        ("c,A,l,1,1,1e999,1,1,,,,", "line 2: “y”: “1e999” is not a finite"),
        ("c,A,l,1,1,1,-1,1,,,,", "line 2: “width”: -1 is negative"),
        ("c,A,l,1,1,1,1e300,1,,,,", "line 2: a coordinate is beyond"),
        ("c,A,l,1,1,1,1,1,-1,,,", "line 2: “frame”: “-1”"),
        ("c,A,l,1,1,1,1,1,0.5,,,", "line 2: “frame”: “0.5”"),
        ("c,A,l,1,,,,,,high,,", "line 2: “confidence”: “high”"),
        ("c,A,l,1,,,,,,,yesterday,", "line 2: “read_at”: “yesterday” is no date"),
        ("c,A,l,1,,,,,,,,robot", "line 2: “reader_kind”: “robot” is neither"),
        ("c,A,l,1", "line 2: has 4 cells where the header has 12"),
        ("c,A,l,1,,,,,,,,,", "line 2: has 13 cells"),
        ("c,A,\u{1b}[2J,1,1,1,1,x,,,,", "line 2: “height”: “x”"),
        ("c,A,l,1,1,1,\u{1b}[2J,1,,,,", "line 2: “width”: “^[[2J”"),
    ] {
        let outcome =
            run(Format::Long, format!("{HEADER}{line}\nok,A,l,1,,,,,,,,\n").as_bytes(), &options("a.csv"));
        let why = outcome.refusals.first().map(Refusal::to_string).unwrap_or_default();
        assert!(why.starts_with(words), "{line}: {why}");
        assert_eq!(outcome.rows.iter().map(|row| row.case.as_str()).collect::<Vec<_>>(), ["ok"], "{line}");
    }
    let long = "n".repeat(2000);
    for line in
        [format!("{long},A,l,1,,,,,,,,"), format!("c,{long},l,1,,,,,,,,"), format!("c,A,{long},1,,,,,,,,")]
    {
        let why = refusal(Format::Long, format!("{HEADER}{line}\n").as_bytes(), &options("a.csv"));
        assert!(why.contains("is longer than") && why.len() < 400, "{why}");
    }
}

#[test]
fn what_is_wrong_with_a_file_is_said() {
    for (format, text, words) in [
        (Format::Long, "", "is empty"),
        (Format::Long, "\n \n", "is empty"),
        (Format::Long, "case,reader,label\n", "holds a header and no lines"),
        (Format::Long, "case,Label, label \n1,a,b\n", "two columns are called"),
        (Format::Long, "case,image_id,study,label\n", "says nowhere who read"),
        (Format::Long, "image_id,study,label\n1,2,a\n", "two columns could be the case: image_id and study"),
        (Format::Long, "case,rater,rating,score\n1,2,3,4\n", "two columns could be the value"),
        (Format::Long, "name,reader,label\n1,2,3\n", "no column names the case"),
        (Format::Long, "case,reader,x_min,y_min\n1,2,3,4\n", "a box needs x_min"),
        (Format::Long, "case,reader,x,y,label\n1,2,3,4,5\n", "only part of them (x)"),
        (Format::Long, "case,reader,x,y,width,height\n1,2,3,4,5,6\n", "the boxes have no label"),
        (Format::Wide, "case,reader\n1,2\n", "a wide table needs a column for each label"),
        (Format::Long, "case,reader,label\r1,2,3\r", "old Macs"),
        (Format::Aim, "case,reader", "without an element"),
        (Format::Aim, "<LidcReadMessage/>", "no image annotation of AIM"),
    ] {
        let why = refusal(format, text.as_bytes(), &options("a.csv"));
        assert!(why.contains(words), "{text}: {why}");
    }
    assert!(refusal(Format::Long, b"\xff\xfec\0a\0", &options("a")).contains("UTF-16"));
    assert!(refusal(Format::Long, b"\x89PNG\r\n\x1a\n\0\0\0", &options("a")).contains("line 1"));
    let map = Map { wide: vec!["Edma".into()], ..Map::default() };
    let why = refusal(Format::Wide, b"case,Edema\n1,1\n", &Options { map: Some(map), ..options("a") });
    assert!(why.contains("did you mean “Edema”?"), "{why}");
}

#[test]
fn a_column_with_the_plain_name_wins_and_images_sizes_are_no_boxes() -> Done {
    let rows =
        rows(Format::Long, b"case,image_id,reader,label,width,height\n1,x,A,l,512,512\n", &options("a"))?;
    assert_eq!(
        rows.first().map(|row| (row.case.as_str(), short(row))),
        Some(("1", (Some("A"), "l", Some(Value::present()), true)))
    );
    Ok(())
}

#[test]
fn empty_lines_of_spreadsheets_and_guarded_text() -> Done {
    let rows = rows(Format::Long, b"case,reader,label,,\n'=1+1,A,l,,\n,,,,\n\n", &options("a"))?;
    assert_eq!(rows.iter().map(|row| row.case.as_str()).collect::<Vec<_>>(), ["'=1+1"]);
    Ok(())
}

/// One cell of each column in `COLUMNS`.
type Line = [String; 10];
const COLUMNS: [&str; 10] =
    ["case", "Reader", "label", "value", "X_MIN", "y_min", "x_max", "y_max", "confidence", "comment"];

fn lines() -> impl Strategy<Value = Vec<Line>> {
    let text = "[a-zé ,;\"'\t\n-]{0,6}";
    let number = prop_oneof![Just(String::new()), "-?[0-9]{1,3}", "[0-9]{1,2}\\.[0-9]"];
    let corners = prop_oneof![
        Just([String::new(), String::new(), String::new(), String::new()]),
        ["[0-9]{1,3}", "[0-9]{1,3}\\.5", "[0-9]{1,3}", "[0-9]{1,3}"],
    ];
    let line = ("c[0-9]{1,2}", "[AB]", text, number.clone(), corners, number, text).prop_map(
        |(case, reader, label, value, [a, b, c, d], confidence, comment)| {
            [case, reader, label, value, a, b, c, d, confidence, comment]
        },
    );
    prop::collection::vec(line, 1..12)
}

/// Writes the table with columns in some order, by another hand than the one that reads it.
fn write(lines: &[Line], order: &[usize], delimiter: u8, decimal: &str) -> Result<Vec<u8>, csv::Error> {
    let mut out = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    out.write_record(order.iter().filter_map(|column| COLUMNS.get(*column)))?;
    for line in lines {
        out.write_record(order.iter().map(|column| {
            let cell = line.get(*column).cloned().unwrap_or_default();
            if (3..9).contains(column) { cell.replace('.', decimal) } else { cell }
        }))?;
    }
    out.into_inner().map_err(|error| error.into_error().into())
}

fn with_line(mut outcome: Outcome) -> Outcome {
    // Which columns were understood comes in the order of the header.
    if let Ok(summary) = &mut outcome.end {
        summary.understood.sort();
    }
    outcome
}

proptest! {
    #[test]
    fn neither_the_order_of_columns_nor_the_delimiter_matters(
        lines in lines(),
        order in Just((0..COLUMNS.len()).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let plain: Vec<usize> = (0..COLUMNS.len()).collect();
        let read = |bytes: Result<Vec<u8>, csv::Error>| {
            bytes.map(|bytes| with_line(run(Format::Long, &bytes, &options("a")))).map_err(|error| error.to_string())
        };
        let expected = read(write(&lines, &plain, b',', "."));
        prop_assert!(expected.as_ref().is_ok_and(|outcome| outcome.end.is_ok()), "{:?}", expected);
        for delimiter in [b',', b'\t', b';'] {
            let decimal = if delimiter == b';' { "," } else { "." };
            prop_assert_eq!(&read(write(&lines, &order, delimiter, decimal)), &expected);
        }
    }

    #[test]
    fn every_line_is_a_row_or_a_refusal(lines in lines()) {
        let plain: Vec<usize> = (0..COLUMNS.len()).collect();
        let bytes = write(&lines, &plain, b',', ".").unwrap_or_default();
        let outcome = run(Format::Long, &bytes, &options("a"));
        prop_assert_eq!(outcome.rows.len() + outcome.refusals.len(), lines.len());
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), header in any::<bool>()) {
        let mut whole = if header { b"case,reader,label,value,x,y,width,height\n".to_vec() } else { Vec::new() };
        whole.extend(&bytes);
        recognise(&whole, "a.csv");
        for (format, _) in Format::WORDS.iter().copied() {
            run(format, &whole, &options("a.csv"));
        }
    }

    #[test]
    fn no_text_of_table_signs_panics(text in "[a,;\t\"\r\n0. \u{feff}<>=/'é-]{0,200}") {
        recognise(text.as_bytes(), "a.csv");
        for (format, _) in Format::WORDS.iter().copied() {
            for start in ["", "case,reader,value\n", "case;x_min;y_min;x_max;y_max;label;reader\n", "<ImageAnnotation "] {
                run(format, format!("{start}{text}").as_bytes(), &options("a.csv"));
            }
        }
        let _ = Map::parse(&text);
    }
}
