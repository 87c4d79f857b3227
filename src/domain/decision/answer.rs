//! What an answer comes to: the candidate, value or shape that it means, and whether it fits the label.

use super::{Answer, Draft, Refused, Settles, merge, short};
use crate::domain::case::{Case, CaseItem};
use crate::domain::charter::{Charter, Label, LabelKind, Mode};
use crate::domain::geometry::{Geometry, Shape};
use crate::domain::item::{Choice, Item};
use crate::domain::text::Safe;
use crate::domain::value::{ABSENT, PRESENT, UNCERTAIN, UNGRADABLE, Value};
use crate::domain::word::Word;

/// An answer with what it comes to.
pub(super) struct Answered {
    /// In the words of the log: readers by id.
    pub answer: Answer,
    pub settles: Settles,
    pub result: Option<Choice>,
    /// Readers who said just that.
    pub adopted: Vec<String>,
}

/// Works out what a draft's answer comes to.
pub(super) fn resolve(
    charter: &Charter,
    case: &Case,
    entry: &CaseItem,
    draft: &Draft,
) -> Result<Answered, Refused> {
    let item = &entry.item;
    // An own look is made without the candidates, so that it can't be held to them.
    let select = charter.review.mode == Mode::Select && !draft.first_look;
    let answer = draft.answer.clone();
    match &draft.answer {
        Answer::Adopt(number) => adopt(entry, *number),
        Answer::AdoptReader(letter) => adopt_reader(case, entry, letter),
        Answer::Merge(method) => {
            let choice = merge::merge(charter, item, method).map_err(Refused::invalid)?;
            Ok(chosen(item, answer, choice))
        }
        Answer::Value(value) => match candidate_saying(entry, value, draft.first_look)? {
            Some(number) if select => adopt(entry, number),
            Some(number) => adopt(entry, number).map(|adopted| Answered { answer, ..adopted }),
            None if select => Err(Refused::invalid(format!(
                "no candidate says {}, and the charter's mode is ‘select’: adopt a candidate, merge, or answer none, \
                 ambiguous or exclude",
                short(&value.to_string())
            ))),
            None => Ok(chosen(item, answer, value_choice(charter, item, value).map_err(Refused::invalid)?)),
        },
        Answer::Geometry(geometry) => {
            let same = item.candidates.iter().position(
                |candidate| matches!(candidate.choice.shapes.as_slice(), [only] if only == geometry),
            );
            match same {
                Some(place) if !draft.first_look => {
                    let adopted = adopt(entry, number_of(place))?;
                    Ok(if select { adopted } else { Answered { answer, ..adopted } })
                }
                None if select => Err(Refused::invalid(
                    "no candidate has this shape, and the charter's mode is ‘select’: adopt a candidate, merge, or \
                     answer none, ambiguous or exclude",
                )),
                _ => {
                    check_geometry(charter, case, item, geometry).map_err(Refused::invalid)?;
                    let label = item.candidates.first().and_then(|candidate| candidate.choice.label.clone());
                    if label.is_some() && !draft.first_look {
                        return Err(Refused::invalid(
                            "the class is in dispute here, and a shape alone doesn't say it: adopt a candidate",
                        ));
                    }
                    Ok(chosen(item, answer, Choice { shapes: vec![geometry.clone()], ..Choice::default() }))
                }
            }
        }
        Answer::None => {
            let absent = item.candidates.iter().position(|candidate| candidate.choice.is_absent());
            match absent {
                Some(place) if !draft.first_look => Err(Refused::invalid(format!(
                    "candidate {} already says that nothing is there: adopt it",
                    number_of(place)
                ))),
                _ => Ok(chosen(item, answer, Choice::of(Value::absent()))),
            }
        }
        Answer::Ambiguous => Ok(unsettled(answer, Settles::Ambiguous)),
        Answer::Exclude => Ok(unsettled(answer, Settles::Excluded)),
        Answer::Defer | Answer::Return | Answer::Escalate | Answer::Discuss => {
            Ok(unsettled(answer, Settles::Open))
        }
    }
}

/// Says an answer in a few words that are safe to print.
pub fn in_words(answer: &Answer, settles: Settles, result: Option<&Choice>) -> String {
    let result = result.map(choice_in_words);
    match (answer, result) {
        (_, Some(result)) => result,
        (Answer::Adopt(number), _) => format!("candidate {number}"),
        (Answer::AdoptReader(letter), _) => format!("what {} says", short(letter)),
        (Answer::Merge(method), _) => format!("merge by {}", short(method)),
        (Answer::Value(value), _) => short(&value.to_string()).to_string(),
        (Answer::Geometry(geometry), _) => format!("a {}", geometry.shape.name()),
        (Answer::None, _) => "none".into(),
        (Answer::Ambiguous, _) => "ambiguous".into(),
        (Answer::Exclude, _) => "exclude".into(),
        (Answer::Defer, _) => "defer".into(),
        (Answer::Return, _) => "return".into(),
        (Answer::Escalate, _) => "escalate".into(),
        (Answer::Discuss, _) if settles == Settles::Open => "discuss".into(),
        (Answer::Discuss, _) => "discussed".into(),
    }
}

/// Says a choice in a few words that are safe to print.
pub fn choice_in_words(choice: &Choice) -> String {
    let mut words: Vec<String> = Vec::new();
    words.extend(choice.label.as_deref().map(|label| short(label).to_string()));
    words.extend(choice.value.as_ref().map(|value| short(&value.to_string()).to_string()));
    match choice.shapes.as_slice() {
        [] => {}
        [only] => words.push(format!("a {}", only.shape.name())),
        several => words.push(format!("{} shapes", several.len())),
    }
    words.join(" ")
}

/// Reads the value of an alternative: a word, a number, a geometry, or a choice of several of them.
///
/// # Errors
/// In words, where it is none of these.
pub fn alternative(value: &serde_json::Value) -> Result<Choice, String> {
    let choice = match value {
        serde_json::Value::Object(fields) if fields.contains_key("type") => {
            serde_json::from_value::<Geometry>(value.clone())
                .map(|shape| Choice { shapes: vec![shape], ..Choice::default() })
        }
        serde_json::Value::Object(_) => serde_json::from_value(value.clone()),
        _ => serde_json::from_value(value.clone()).map(Choice::of),
    };
    choice
        .ok()
        .filter(|choice| *choice != Choice::default())
        .ok_or_else(|| "is no word, number, geometry or choice of them".into())
}

/// Checks that an alternative is one that the item can have.
pub(super) fn check_alternative(
    charter: &Charter,
    case: &Case,
    item: &Item,
    choice: &Choice,
) -> Result<(), String> {
    let said = item.candidates.iter().any(|candidate| {
        candidate.choice == *choice
            || (choice.value.is_some() && choice.shapes.is_empty() && candidate.choice.value == choice.value)
    });
    if said {
        return Ok(());
    }
    for shape in &choice.shapes {
        check_geometry(charter, case, item, shape)?;
    }
    if let Some(label) = &choice.label {
        charter
            .label(label)
            .map(|_| ())
            .ok_or_else(|| format!("names {}, a label outside the charter", short(label)))?;
    }
    match &choice.value {
        // A localised item is there or not, whatever its shape.
        Some(value) if value.is(PRESENT) || value.is(ABSENT) => Ok(()),
        Some(value) => value_choice(charter, item, value).map(|_| ()),
        None => Ok(()),
    }
}

fn number_of(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX).saturating_add(1)
}

fn unsettled(answer: Answer, settles: Settles) -> Answered {
    Answered { answer, settles, result: None, adopted: Vec::new() }
}

fn chosen(item: &Item, answer: Answer, choice: Choice) -> Answered {
    let adopted = item
        .opinions
        .iter()
        .filter(|opinion| opinion.choice == choice)
        .map(|opinion| opinion.reader.clone())
        .collect();
    Answered { answer, settles: Settles::of(&choice), result: Some(choice), adopted }
}

fn adopt(entry: &CaseItem, number: u32) -> Result<Answered, Refused> {
    let place = number.checked_sub(1).and_then(|place| usize::try_from(place).ok());
    match place.and_then(|place| entry.item.candidates.get(place)) {
        Some(candidate) => Ok(Answered {
            answer: Answer::Adopt(number),
            settles: Settles::of(&candidate.choice),
            result: Some(candidate.choice.clone()),
            adopted: candidate.readers.clone(),
        }),
        None => Err(Refused::invalid(format!(
            "{} has no candidate {number}; its candidates are 1 to {}",
            Safe::new(&entry.id),
            entry.item.candidates.len()
        ))),
    }
}

fn adopt_reader(case: &Case, entry: &CaseItem, letter: &str) -> Result<Answered, Refused> {
    let voices = case.voices(entry);
    if let Some((place, _)) = voices.iter().find(|(_, voice)| voice.eq_ignore_ascii_case(letter.trim())) {
        return adopt(entry, number_of(*place));
    }
    let read = case.read_of(letter).ok_or_else(|| super::form::unknown_letter(case, letter))?;
    let reader = &read.read.reader;
    let opinion = entry.item.opinions.iter().find(|opinion| opinion.reader == *reader).ok_or_else(|| {
        Refused::invalid(format!("{} says nothing of {}", read.letter, Safe::new(&entry.id)))
    })?;
    let answered = chosen(&entry.item, Answer::AdoptReader(reader.clone()), opinion.choice.clone());
    Ok(answered)
}

/// Finds the only candidate that says a value, by its number: a level, or a class where classes are in dispute.
fn candidate_saying(entry: &CaseItem, value: &Value, first_look: bool) -> Result<Option<u32>, Refused> {
    if first_look {
        return Ok(None);
    }
    let says = |choice: &Choice| {
        choice.value.as_ref() == Some(value)
            || (choice.value.is_none() && choice.label.as_deref().is_some_and(|label| value.is(label)))
    };
    let places: Vec<u32> = (1..)
        .zip(&entry.item.candidates)
        .filter(|(_, candidate)| says(&candidate.choice))
        .map(|(number, _)| number)
        .collect();
    match places.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(*only)),
        several => {
            let numbers: Vec<String> = several.iter().map(u32::to_string).collect();
            Err(Refused::invalid(format!(
                "candidates {} all say {}: adopt one by its number",
                numbers.join(", "),
                short(&value.to_string())
            )))
        }
    }
}

/// Makes a choice of a value that no candidate says, where it is one that the item can have.
fn value_choice(charter: &Charter, item: &Item, value: &Value) -> Result<Choice, String> {
    let labels: Vec<&Label> = item.labels.iter().filter_map(|label| charter.label(label)).collect();
    let classes =
        item.candidates.iter().any(|candidate| candidate.choice.label.is_some()) || labels.len() > 1;
    if classes {
        let class = charter.labels.iter().find(|label| value.is(&label.name)).ok_or_else(|| {
            format!(
                "{} is no label of the charter, and the class is what is in dispute",
                short(&value.to_string())
            )
        })?;
        let shapes = item.candidates.first().map(|candidate| candidate.choice.shapes.clone());
        return Ok(Choice {
            label: Some(class.name.clone()),
            value: None,
            shapes: shapes.unwrap_or_default(),
        });
    }
    match labels.first() {
        Some(label) => check_value(label, value)?,
        // The charter lost the label: all that can be said is whether it is there.
        None if value.is(PRESENT) || value.is(ABSENT) => {}
        None => return Err("the label is not in the charter: adopt a candidate".into()),
    }
    Ok(Choice::of(value.clone()))
}

/// Checks that a label can have a value.
fn check_value(label: &Label, value: &Value) -> Result<(), String> {
    let name = Safe::new(&label.name);
    let shown = short(&value.to_string()).to_string();
    if value.number().is_some_and(|number| !number.is_finite()) {
        return Err(format!("{shown} is no finite number"));
    }
    if value.is(UNGRADABLE) {
        return Err("where the image can't be graded, answer exclude".into());
    }
    if value.is(UNCERTAIN) {
        return if label.uncertain {
            Ok(())
        } else {
            Err(format!(
                "{name} has no ‘uncertain’ in the charter; answer ambiguous, or set the flag uncertain"
            ))
        };
    }
    match label.kind {
        LabelKind::Present if value.is(PRESENT) || value.is(ABSENT) => Ok(()),
        LabelKind::Present => {
            let uncertain = if label.uncertain { ", absent or uncertain" } else { " or absent" };
            Err(format!("{name} is present{uncertain}, not {shown}"))
        }
        LabelKind::Categorical | LabelKind::Ordinal if label.levels.contains(value) => Ok(()),
        _ if value.is(ABSENT) => Err("where nothing is there, answer none".into()),
        LabelKind::Categorical | LabelKind::Ordinal => {
            let levels: Vec<String> =
                label.levels.iter().map(|level| Safe::new(&level.to_string()).to_string()).collect();
            Err(format!("{shown} is no level of {name} ({})", levels.join(", ")))
        }
        LabelKind::Continuous => {
            let number = value.number().ok_or_else(|| format!("{name} is a number, not {shown}"))?;
            match label.range {
                Some([low, high]) if !(low..=high).contains(&number) => {
                    Err(format!("{shown} is outside the range of {name}, {low} to {high}"))
                }
                _ => Ok(()),
            }
        }
        _ => Err(format!(
            "{name} is drawn, and {shown} is no {}: adopt a candidate, draw one, or answer none",
            label.kind.word()
        )),
    }
}

/// Which shapes a label of a kind can have.
fn fits(kind: LabelKind, shape: &Shape) -> bool {
    match kind {
        LabelKind::Box => matches!(shape, Shape::Box { .. } | Shape::RotatedBox { .. }),
        LabelKind::Mask => {
            matches!(shape, Shape::Mask { .. } | Shape::Polygon { .. } | Shape::Contour { .. })
        }
        LabelKind::Contour => matches!(shape, Shape::Contour { .. } | Shape::Polygon { .. }),
        LabelKind::Point => matches!(shape, Shape::Point { .. }),
        LabelKind::Landmarks => matches!(shape, Shape::Landmarks { .. }),
        LabelKind::Line => matches!(shape, Shape::Line { .. }),
        LabelKind::Present | LabelKind::Categorical | LabelKind::Ordinal | LabelKind::Continuous => false,
    }
}

/// Checks that a shape is possible, fits the label, and lies on an image of the case.
fn check_geometry(charter: &Charter, case: &Case, item: &Item, geometry: &Geometry) -> Result<(), String> {
    if let Some(fault) = geometry.shape.fault() {
        return Err(fault);
    }
    let shape = &geometry.shape;
    let kinds: Vec<LabelKind> =
        item.labels.iter().filter_map(|label| charter.label(label)).map(|label| label.kind).collect();
    if let (Some(kind), false) = (kinds.first(), kinds.iter().any(|kind| fits(*kind, shape))) {
        return Err(format!("a {} doesn't fit a label of kind {}", shape.name(), kind.word()));
    }
    if matches!(shape, Shape::Box { points: [[left, top], [right, bottom]] } if left >= right || top >= bottom)
    {
        return Err("the box is inverted or empty: left top comes first, then right bottom".into());
    }
    let image = case.images.iter().find(|image| image.id == geometry.image);
    let Some(image) = image else {
        let drawn_on = case
            .reads
            .iter()
            .flat_map(|read| &read.read.findings)
            .filter_map(|finding| finding.geometry.as_ref())
            .any(|other| other.image == geometry.image);
        return if drawn_on || geometry.image == case.name {
            Ok(())
        } else {
            Err(format!("{} is no image of the case", short(&geometry.image)))
        };
    };
    if geometry.frame >= image.frames.max(1) {
        return Err(format!(
            "the image has {} frames, counted from 0: no frame {}",
            image.frames, geometry.frame
        ));
    }
    let (right, bottom) = (f64::from(image.columns), f64::from(image.rows));
    let outside = |[x, y]: [f64; 2]| x < 0.0 || y < 0.0 || x > right || y > bottom;
    let wrong_size = matches!(shape, Shape::Mask { size, .. } if *size != [image.rows, image.columns]);
    if wrong_size || (image.rows > 0 && image.columns > 0 && shape.points().any(outside)) {
        return Err(format!("the {} lies outside its image of {right}×{bottom} pixels", shape.name()));
    }
    Ok(())
}
