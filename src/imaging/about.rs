//! What a file says of a frame beside its pixels, for what is written around the picture and for measures: which way the
//! patient lies, how large a pixel is, what its numbers are, how fast frames follow. Nothing is guessed: what the header
//! leaves out, or says in a way that makes no sense, is none. Nothing here tells who the patient is.

use dicom_dictionary_std::{tags, uids};
use serde::{Deserialize, Serialize};

use super::header::Values;

/// What is known of a frame beside its pixels.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct About {
    pub sides: Option<Sides>,
    pub spacing: Option<Spacing>,
    /// What the values are that windows speak of, such as `HU`; none where they are plain numbers.
    pub unit: Option<String>,
    /// Milliseconds from one frame to the next, 1 to 60,000.
    pub frame_ms: Option<f64>,
}

/// Which side of the patient lies at the right and at the bottom edge of the stored matrix: up to three letters each, of
/// `L` `R` left and right, `A` `P` front and back, `H` `F` head and feet, the nearest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sides {
    pub right: String,
    pub bottom: String,
}

/// Millimetres between the centres of pixels, and where they hold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spacing {
    /// Between rows (y), between columns (x).
    pub mm: [f64; 2],
    pub holds: Holds,
}

/// Where millimetres hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holds {
    /// In the patient, as far as the file tells.
    Patient,
    /// On the detector, which shows the patient enlarged.
    Detector,
    /// On the film that was scanned.
    Film,
}

impl Holds {
    /// Says where, for what is read beside a length; nothing where it goes without saying.
    pub fn words(self) -> &'static str {
        match self {
            Holds::Patient => "",
            Holds::Detector => "at the detector",
            Holds::Film => "on the film",
        }
    }
}

impl About {
    /// Tells whether this can be what a child says that is in order: letters, a short unit, lengths and times that are any.
    pub(super) fn is_sound(&self) -> bool {
        let visible = |unit: &String| {
            (1..=16).contains(&unit.len()) && unit.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        };
        let positive = |number: f64| number.is_finite() && number > 0.0;
        let letters = |sides: &Sides| named(&sides.right).is_some() && named(&sides.bottom).is_some();
        self.sides.as_ref().is_none_or(letters)
            && self.unit.as_ref().is_none_or(visible)
            && self.spacing.is_none_or(|spacing| spacing.mm.into_iter().all(positive))
            && self.frame_ms.is_none_or(positive)
    }

    /// Reads what the values of a file, with the functional groups of one frame, say.
    pub(super) fn read(values: &Values) -> Self {
        About {
            sides: sides(values),
            spacing: spacing(values),
            unit: unit(values),
            frame_ms: frame_ms(values),
        }
    }
}

/// The six directions in the patient's coordinates, x to the left, y to the back, z to the head (PS3.3 C.7.6.2.1.1).
const LETTERS: [[char; 2]; 3] = [['R', 'L'], ['A', 'P'], ['F', 'H']];
/// A direction that is this far along an axis has its letter: 1 for straight along it, so this is 15 degrees off.
const ALONG: f64 = 0.26;

fn sides(values: &Values) -> Option<Sides> {
    let six = values.numbers(tags::PLANE_ORIENTATION_SEQUENCE, tags::IMAGE_ORIENTATION_PATIENT);
    if let [a, b, c, d, e, f] = six[..] {
        return cosines([a, b, c], [d, e, f]);
    }
    let both = values.codes(tags::PATIENT_ORIENTATION);
    match both.as_slice() {
        [right, bottom] => named(right).zip(named(bottom)).map(|(right, bottom)| Sides { right, bottom }),
        _ => None,
    }
}

/// Gives the sides of two direction cosines: those along which columns and rows rise. None where they are no two unit
/// vectors at a right angle.
fn cosines(across: [f64; 3], down: [f64; 3]) -> Option<Sides> {
    let dot = |a: [f64; 3], b: [f64; 3]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let unit = |v| (dot(v, v) - 1.0).abs() < 0.02;
    if !unit(across) || !unit(down) || dot(across, down).abs() > 0.02 {
        return None;
    }
    let letters = |v: [f64; 3]| -> String {
        let mut axes: Vec<(f64, char)> =
            v.iter().zip(LETTERS).map(|(c, both)| (c.abs(), both[usize::from(*c > 0.0)])).collect();
        axes.sort_by(|a, b| b.0.total_cmp(&a.0));
        axes.into_iter().filter(|(c, _)| *c > ALONG).map(|(_, letter)| letter).collect()
    };
    Some(Sides { right: letters(across), bottom: letters(down) })
}

/// Takes the letters of a value of Patient Orientation (PS3.3 C.7.6.1.1.1); those of animals have others.
fn named(word: &str) -> Option<String> {
    let known = |letter: char| LETTERS.iter().flatten().any(|known| *known == letter);
    ((1..=3).contains(&word.len()) && word.chars().all(known)).then(|| word.to_owned())
}

/// Gives the letters of the opposite side.
pub fn opposite(letters: &str) -> String {
    let turned = |letter: char| {
        let pair = LETTERS.iter().find(|pair| pair.contains(&letter));
        pair.map_or(letter, |pair| if pair[0] == letter { pair[1] } else { pair[0] })
    };
    letters.chars().map(turned).collect()
}

/// Pixel Spacing that is that of the detector was not corrected for enlargement (PS3.3 10.7.1.3).
fn spacing(values: &Values) -> Option<Spacing> {
    let group = tags::PIXEL_MEASURES_SEQUENCE;
    let pair = |name| match values.numbers(group, name)[..] {
        [y, x, ..] if y > 0.0 && x > 0.0 => Some([y, x]),
        _ => None,
    };
    let (patient, detector) = (pair(tags::PIXEL_SPACING), pair(tags::IMAGER_PIXEL_SPACING));
    match (patient, detector) {
        (Some(mm), Some(same)) if mm == same => Some(Spacing { mm, holds: Holds::Detector }),
        (Some(mm), _) => Some(Spacing { mm, holds: Holds::Patient }),
        (None, Some(mm)) => Some(Spacing { mm, holds: Holds::Detector }),
        (None, None) => {
            pair(tags::NOMINAL_SCANNED_PIXEL_SPACING).map(|mm| Spacing { mm, holds: Holds::Film })
        }
    }
}

/// What a CT says of its values is Hounsfield units unless it says otherwise (PS3.3 C.8.2.1).
fn unit(values: &Values) -> Option<String> {
    let group = tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE;
    let rescaled = !values.numbers(group, tags::RESCALE_SLOPE).is_empty();
    let kind = values.grouped_code(group, tags::RESCALE_TYPE).filter(|kind| kind != "US");
    let scanner = values.code(tags::MODALITY).as_deref() == Some("CT")
        && values.code(tags::SOP_CLASS_UID).as_deref() != Some(uids::SECONDARY_CAPTURE_IMAGE_STORAGE);
    let kind = kind.or_else(|| (scanner && rescaled).then(|| "HU".to_owned()));
    let kind = kind.or_else(|| values.code(tags::UNITS)).filter(|_| rescaled)?;
    // 16 characters hold every defined term.
    (kind.len() <= 16).then_some(kind)
}

fn frame_ms(values: &Values) -> Option<f64> {
    let number = |name| values.numbers(tags::CT_ACQUISITION_DETAILS_SEQUENCE, name).first().copied();
    let rate = |name| number(name).filter(|rate| *rate > 0.0).map(|rate| 1000.0 / rate);
    let steps = || {
        let steps = values.numbers(tags::CT_ACQUISITION_DETAILS_SEQUENCE, tags::FRAME_TIME_VECTOR);
        let steps = steps.get(1..).filter(|steps| !steps.is_empty())?;
        Some(steps.iter().sum::<f64>() / steps.len() as f64)
    };
    rate(tags::RECOMMENDED_DISPLAY_FRAME_RATE)
        .or_else(|| number(tags::FRAME_TIME))
        .or_else(|| rate(tags::CINE_RATE))
        .or_else(steps)
        .filter(|ms| (1.0..=60_000.0).contains(ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(across: [f64; 3], down: [f64; 3]) -> Option<(String, String)> {
        cosines(across, down).map(|sides| (sides.right, sides.bottom))
    }

    #[test]
    fn directions_have_the_letters_of_the_sides_they_lead_to() {
        let of = |right: &str, bottom: &str| Some((right.to_owned(), bottom.to_owned()));
        assert_eq!(letters([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]), of("L", "P"));
        assert_eq!(letters([0.0, 1.0, 0.0], [0.0, 0.0, -1.0]), of("P", "F"));
        assert_eq!(letters([1.0, 0.0, 0.0], [0.0, 0.0, -1.0]), of("L", "F"));
        // A gantry that is tilted by 30 degrees.
        assert_eq!(letters([1.0, 0.0, 0.0], [0.0, 0.866, -0.5]), of("L", "PF"));
    }

    #[test]
    fn directions_that_are_none_have_no_letters() {
        assert_eq!(letters([0.0, 0.0, 0.0], [0.0, 1.0, 0.0]), None);
        assert_eq!(letters([1.0, 0.0, 0.0], [1.0, 0.0, 0.0]), None);
        assert_eq!(letters([5.0, 0.0, 0.0], [0.0, 5.0, 0.0]), None);
        assert_eq!(
            (named("LE"), named("lr"), named(""), named("AFR")),
            (None, None, None, Some("AFR".into()))
        );
    }

    #[test]
    fn what_no_file_says_is_not_believed_of_a_child() {
        let sides = |right: &str| Some(Sides { right: right.into(), bottom: "P".into() });
        let unit = |unit: &str| Some(unit.to_owned());
        let spacing = |y| Some(Spacing { mm: [y, 1.0], holds: Holds::Patient });
        assert!(About::default().is_sound());
        assert!(
            About { sides: sides("L"), unit: unit("HU"), spacing: spacing(0.5), frame_ms: Some(40.0) }
                .is_sound()
        );
        for false_one in [
            About { sides: sides("\u{1b}[2J"), ..About::default() },
            About { sides: sides(""), ..About::default() },
            About { unit: unit("H\u{9b}U"), ..About::default() },
            About { spacing: spacing(f64::INFINITY), ..About::default() },
            About { frame_ms: Some(-1.0), ..About::default() },
        ] {
            assert!(!false_one.is_sound(), "{false_one:?}");
        }
    }

    #[test]
    fn the_opposite_of_a_side_is_letter_by_letter() {
        assert_eq!(opposite("PFL"), "AHR");
        assert_eq!(opposite(&opposite("RAH")), "RAH");
    }
}
