//! Annotation and Image Markup as XML: 3.x (`ImageAnnotation`) and 4.x (`ImageAnnotationCollection`). The two differ in
//! that 3.x writes properties as attributes and 4.x as child elements; what is read is otherwise the same.
//!
//! Coordinates are indices of pixels from 0, so half a pixel is added to each. The numbers of frames count from 1,
//! and 0 stands for the only frame. Circles and ellipses become polygons of 64 corners. A polyline that ends where it
//! began is a polygon; so is every one of three or more points in 4.x, where the programs that write it leave the last
//! side out.
//!
//! Never read: the person (the patient), the annotation's name (the patient's id in practice) and its comment.

use std::collections::{BTreeSet, HashMap};
use std::io::Read;

use super::scales::{Seen, grade};
use super::xml::{self, Element};
use super::{FormatError, Options, Refusal, Row, Summary, cell, quoted, shapes, table};
use crate::domain::charter::Unit;
use crate::domain::finding::Finding;
use crate::domain::geometry::{Geometry, Point, Shape};
use crate::domain::value::Value;

const LARGEST: u64 = 64 << 20;
/// Whoever the images are of.
const PATIENT: [&str; 2] = ["person", "Person"];

/// Tells whether an XML document is AIM, from its beginning.
pub fn is_aim(head: &[u8]) -> bool {
    xml::root_name(head)
        .is_some_and(|name| ["ImageAnnotation", "ImageAnnotationCollection"].contains(&name.as_str()))
}

/// Reads an AIM document, see [`super::read`].
pub fn read<E>(
    bytes: impl Read,
    options: &Options,
    sink: &mut dyn FnMut(Row) -> Result<(), E>,
    refuse: &mut dyn FnMut(Refusal),
) -> Result<Summary, FormatError<E>> {
    let mut text = Vec::new();
    bytes.take(LARGEST + 1).read_to_end(&mut text).map_err(FormatError::Io)?;
    let refused = FormatError::Refused;
    if text.len() as u64 > LARGEST {
        return Err(refused(Refusal::file("is larger than 64 MiB, more than any annotation")));
    }
    let root = xml::parse(&text, &PATIENT).map_err(refused)?;
    drop(text);
    let annotations = match root.name.as_str() {
        "ImageAnnotation" => vec![&root],
        "ImageAnnotationCollection" => root.all(&["ImageAnnotation"]),
        other => {
            let why = format!("is XML, but no image annotation of AIM: it begins with {}", quoted(other));
            return Err(refused(Refusal::at(root.line, why)));
        }
    };
    if annotations.is_empty() {
        return Err(refused(Refusal::at(root.line, "holds no image annotation")));
    }
    let mut summary = Summary::default();
    let mut seen = Seen::default();
    for annotation in annotations {
        let statements = match statements(&root, annotation, options) {
            Ok(statements) => statements,
            Err(refusal) => vec![Err(refusal)],
        };
        for statement in statements {
            match statement {
                Ok(row) => {
                    seen.add(&row);
                    summary.rows += 1;
                    sink(row).map_err(FormatError::Sink)?;
                }
                Err(refusal) => {
                    summary.refused += 1;
                    refuse(refusal);
                }
            }
        }
    }
    summary.hints = seen.hints();
    Ok(summary)
}

/// The images that an annotation refers to.
#[derive(Default)]
struct Places<'a> {
    /// In the order of the document.
    images: Vec<&'a str>,
    /// Series and study of each.
    around: HashMap<&'a str, (Option<&'a str>, Option<&'a str>)>,
}

/// Everything that one annotation states; a statement that can't be taken doesn't spoil the others.
fn statements(
    root: &Element,
    annotation: &Element,
    options: &Options,
) -> Result<Vec<Result<Row, Refusal>>, Refusal> {
    let line = annotation.line;
    let mut places = Places::default();
    find_places(annotation, None, None, &mut places);
    let reader = reader(root, annotation).or(options.reader.as_deref()).ok_or_else(|| {
        Refusal::at(line, "the annotation doesn't say who made it (User is missing): give --reader NAME")
    })?;
    table::fits(reader, "reader", table::LONGEST_NAME).map_err(|why| Refusal::at(line, why))?;
    let read_at = annotation.property("dateTime").or_else(|| root.property("dateTime"));
    let row = |line: u64, image: &str, finding: Option<Finding>| {
        let case = case(image, &places, options.unit).map_err(|why| Refusal::at(line, why))?;
        table::fits(case, "case", table::LONGEST_CASE).map_err(|why| Refusal::at(line, why))?;
        if let Some(finding) = &finding {
            table::fits(&finding.label, "label", table::LONGEST_NAME)
                .map_err(|why| Refusal::at(line, why))?;
        }
        Ok(Row {
            line,
            case: case.to_owned(),
            reader: Some(reader.to_owned()),
            model: false,
            read_at: read_at.filter(|text| cell::is_date(text)).map(str::to_owned),
            marks: false,
            finding,
        })
    };

    let mut rows = Vec::new();
    let mut drawn_on = None;
    let measured = measured(annotation).unwrap_or("line");
    let closed = root.name == "ImageAnnotationCollection";
    for markup in annotation.all(&["GeometricShape", "MarkupEntity"]) {
        match draw(markup, &places, closed) {
            Ok(drawn) => {
                for geometry in drawn {
                    drawn_on.get_or_insert_with(|| geometry.image.clone());
                    let label = match geometry.shape {
                        Shape::Line { .. } => measured,
                        ref shape => shape.name(),
                    };
                    let finding = Finding { geometry: Some(geometry.clone()), ..Finding::of(label) };
                    rows.push(row(markup.line, &geometry.image, Some(finding)));
                }
            }
            Err(why) => rows.push(Err(Refusal::at(markup.line, why))),
        }
    }
    let image = match (&drawn_on, places.images.as_slice()) {
        (Some(image), _) => image.as_str(),
        (None, [image, ..]) => image,
        (None, []) => {
            return Err(Refusal::at(
                line,
                "the annotation names no image (sopInstanceUID): it can't be placed",
            ));
        }
    };
    for observed in observations(annotation) {
        let made = match observed {
            Ok((line, finding)) => row(line, image, Some(finding)),
            Err(refusal) => Err(refusal),
        };
        rows.push(made);
    }
    if rows.is_empty() {
        rows.push(row(line, image, None));
    }
    Ok(rows)
}

/// In 3.x the name, in 4.x the login, of which the other may be blank.
fn reader<'a>(root: &'a Element, annotation: &'a Element) -> Option<&'a str> {
    let (first, second) = match root.name.as_str() {
        "ImageAnnotation" => ("name", "loginName"),
        _ => ("loginName", "name"),
    };
    [annotation, root].into_iter().find_map(|around| {
        let user = around.child("user")?;
        let user = user.child("User").unwrap_or(user);
        user.property(first).or_else(|| user.property(second))
    })
}

/// Gathers the images that the annotation refers to.
fn find_places<'a>(
    element: &'a Element,
    study: Option<&'a str>,
    series: Option<&'a str>,
    places: &mut Places<'a>,
) {
    for child in &element.children {
        let own = child.property("instanceUID");
        let study = if child.is("ImageStudy") { own.or(study) } else { study };
        let series = if child.is("ImageSeries") { own.or(series) } else { series };
        if child.is("Image")
            && let Some(image) = child.property("sopInstanceUID")
        {
            places.images.push(image);
            places.around.entry(image).or_insert((series, study));
        }
        find_places(child, study, series, places);
    }
}

fn case<'a>(image: &'a str, places: &Places<'a>, unit: Unit) -> Result<&'a str, String> {
    let (series, study) = places.around.get(image).copied().unwrap_or_default();
    let (uid, what) = match unit {
        Unit::Image => (Some(image), "image"),
        Unit::Series => (series, "series"),
        Unit::Study => (study, "study"),
    };
    uid.ok_or_else(|| {
        format!("the annotation doesn't say of which {what} its image is, and a case is one {what}")
    })
}

/// What was measured along the line: the meaning of the calculation, of several the one that is a length.
fn measured(annotation: &Element) -> Option<&str> {
    let meanings: BTreeSet<&str> =
        annotation.all(&["Calculation", "CalculationEntity"]).into_iter().filter_map(words).collect();
    match meanings.len() {
        1 => meanings.first().copied(),
        _ => meanings.into_iter().find(|meaning| meaning.to_lowercase().contains("length")),
    }
}

/// What a coded element means, in words.
fn words(element: &Element) -> Option<&str> {
    element.attribute("codeMeaning").or_else(|| element.child("typeCode")?.property("displayName"))
}

/// The code itself, for elements that have no words.
fn code(element: &Element) -> Option<&str> {
    element.child("typeCode")?.attribute("code")
}

/// Turns one markup into shapes: several where it is several points, none where it is a text.
fn draw(markup: &Element, places: &Places<'_>, closed: bool) -> Result<Vec<Geometry>, String> {
    let kind = markup.attribute("type").unwrap_or("");
    let kind = kind.rsplit(':').next().unwrap_or(kind);
    if kind.starts_with("TextAnnotation") {
        return Ok(Vec::new());
    }
    let coordinates = markup.all(&["SpatialCoordinate", "TwoDimensionSpatialCoordinate"]);
    let property = |name: &str| {
        markup.property(name).or_else(|| coordinates.first().and_then(|coordinate| coordinate.property(name)))
    };
    let image = property("imageReferenceUID")
        .or(match places.images.as_slice() {
            [only] => Some(*only),
            _ => None,
        })
        .ok_or("the shape doesn't say on which image it was drawn")?;
    let frame = match property("referencedFrameNumber") {
        Some("0") | None => 0,
        Some(number) => cell::frame(number, 1)?,
    };
    let points = points(&coordinates)?;
    let shapes = match (kind.trim_start_matches("TwoDimension"), points.as_slice()) {
        (_, []) => return Err("a shape without points".into()),
        ("Point", [point]) => vec![Shape::Point { points: [*point] }],
        ("Polyline" | "MultiPoint", [_, _]) => vec![Shape::Line { points }],
        ("MultiPoint", points) => points.iter().map(|point| Shape::Point { points: [*point] }).collect(),
        ("Polyline", [first, between @ .., last]) if first == last && between.len() > 1 => {
            vec![Shape::Polygon { rings: vec![points.iter().take(points.len() - 1).copied().collect()] }]
        }
        ("Polyline", [_, _, ..]) if closed => vec![Shape::Polygon { rings: vec![points] }],
        ("Polyline", _) => vec![Shape::Line { points }],
        ("Circle", [centre, on]) => vec![Shape::Polygon { rings: vec![shapes::circle(*centre, *on)] }],
        ("Ellipse", [a, b, c, d]) => vec![Shape::Polygon { rings: vec![shapes::ellipse([*a, *b, *c, *d])] }],
        _ => {
            return Err(format!(
                "a shape of type {} with {} points is not known here: points, polylines, circles and ellipses on one \
                 image are",
                quoted(kind),
                points.len()
            ));
        }
    };
    if let Some(fault) = shapes.iter().find_map(Shape::fault) {
        return Err(fault);
    }
    Ok(shapes.into_iter().map(|shape| Geometry { shape, image: image.to_owned(), frame }).collect())
}

/// The points in their order, moved from the indices of pixels to their centres.
fn points(coordinates: &[&Element]) -> Result<Vec<Point>, String> {
    let mut numbered = Vec::with_capacity(coordinates.len());
    for (position, coordinate) in coordinates.iter().enumerate() {
        let axis = |name: &str| {
            let text = coordinate.property(name).ok_or_else(|| format!("a point without {name}"))?;
            cell::finite(text, false).map_err(|why| format!("{name}: {why}"))
        };
        let index =
            coordinate.property("coordinateIndex").and_then(|text| text.parse().ok()).unwrap_or(position);
        numbered.push((index, [axis("x")? + 0.5, axis("y")? + 0.5]));
    }
    numbered.sort_by_key(|(index, _)| *index);
    Ok(numbered.into_iter().map(|(_, point)| point).collect())
}

/// One answer of the reader to one question.
struct Answer<'a> {
    label: &'a str,
    line: u64,
    confidence: Option<&'a str>,
    value: Value,
}

/// One finding for each thing that was observed, in the order of the document: answers to the same question are joined.
fn observations(annotation: &Element) -> Vec<Result<(u64, Finding), Refusal>> {
    let mut questions: Vec<(Answer<'_>, BTreeSet<Value>)> = Vec::new();
    let mut asked: HashMap<&str, usize> = HashMap::new();
    let mut refused = Vec::new();
    for observation in annotation.all(&["ImagingObservation", "ImagingObservationEntity"]) {
        for answer in answers(observation) {
            match answer {
                Err(refusal) => refused.push(Err(refusal)),
                Ok(answer) => {
                    let at = *asked.entry(answer.label).or_insert(questions.len());
                    match questions.get_mut(at) {
                        Some((_, values)) => {
                            values.insert(answer.value);
                        }
                        None => {
                            let values = BTreeSet::from([answer.value.clone()]);
                            questions.push((answer, values));
                        }
                    }
                }
            }
        }
    }
    let made = questions.into_iter().map(|(answer, values)| {
        let confidence = answer
            .confidence
            .map(|text| cell::confidence(text, false))
            .transpose()
            .map_err(|why| Refusal::at(answer.line, format!("annotatorConfidence: {why}")))?;
        Ok((answer.line, Finding { value: joined(values), confidence, ..Finding::of(answer.label) }))
    });
    made.chain(refused).collect()
}

fn answers(observation: &Element) -> Vec<Result<Answer<'_>, Refusal>> {
    let Some(name) =
        words(observation).or_else(|| observation.property("label")).or_else(|| code(observation))
    else {
        return vec![Err(Refusal::at(observation.line, "an observation that doesn't say of what"))];
    };
    let confidence = observation.property("annotatorConfidence");
    let characteristics = observation.all(&["ImagingObservationCharacteristic"]);
    if characteristics.is_empty() {
        let absent = observation.property("isPresent").is_some_and(|text| text.eq_ignore_ascii_case("false"));
        let value = if absent { Value::absent() } else { Value::present() };
        return vec![Ok(Answer { label: name, line: observation.line, confidence, value })];
    }
    characteristics
        .into_iter()
        .map(|characteristic| {
            let line = characteristic.line;
            let answer = words(characteristic)
                .or_else(|| code(characteristic))
                .ok_or_else(|| Refusal::at(line, "a characteristic that says nothing"))?;
            // 4.x keeps the question in the label of the answer; in 3.x the observation is the question.
            let label = characteristic.property("label").filter(|label| *label != answer).unwrap_or(name);
            Ok(Answer {
                label,
                line,
                confidence: characteristic.property("annotatorConfidence").or(confidence),
                value: grade(label, answer).map_err(|why| Refusal::at(line, why))?,
            })
        })
        .collect()
}

/// One value as it is, several as one text.
fn joined(values: BTreeSet<Value>) -> Option<Value> {
    if values.len() < 2 {
        return values.into_iter().next();
    }
    let words: Vec<String> = values.iter().map(Value::to_string).collect();
    Some(Value::Text(words.join(" + ")))
}
