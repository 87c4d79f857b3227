//! What is known of an image from its header alone.

use serde::{Deserialize, Serialize};

use super::case::digest::{Shuffle, hex};

/// The part of a DICOM header that rules and captions need. Holds no patient data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Image {
    /// The SOP Instance UID, or `sha256:` and the file's hash where there is none.
    pub id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub study: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modality: Option<String>,
    pub rows: u32,
    pub columns: u32,
    pub frames: u32,
    /// Millimetres between the centres of pixels: between rows (y), between columns (x).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spacing: Option<[f64; 2]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub laterality: Option<String>,
    /// `YES`, `NO`, or none where the header is silent, which is not taken as clean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burned_in: Option<String>,
    /// Where it lies among others; none of images that were indexed before this was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slice: Option<Slice>,
    /// Tells images of one patient from those of another, and nothing else: see [`pseudonym`]. None where the header
    /// names no patient, and of images that were indexed before this was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<String>,
    /// What its pixels were like when it came in; none of images that were indexed before anybody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<Quality>,
}

/// What was found when the pixels of an image were looked at as it came in: a few of its frames, each whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    pub looked: Looked,
    /// Bytes of pixels that the file holds, and how many its size takes; none where they are compressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<[u64; 2]>,
    #[serde(default)]
    pub orientation: Orientation,
    /// The lowest stored value of the frames looked at, padding left out, and the share of pixels (0–1) that have it;
    /// none of colours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lowest: Option<[f64; 2]>,
    /// The same of the highest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub highest: Option<[f64; 2]>,
    /// Low values are white.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inverted: bool,
    /// Every pixel of the frames looked at has the same value.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub empty: bool,
    /// Rows of small, bright, sharp marks that stand side by side as letters do.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub text_rows: u32,
    /// Hex SHA-256 of the frames looked at as they are decoded, whatever packed them; none where they are empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pixels: Option<String>,
    /// The id of another image with the same pixels that came in before this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub twin: Option<String>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Whether pixels were looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Looked {
    /// So many frames were decoded.
    Frames(u32),
    /// They can't be decoded: why, in words.
    Fault(String),
    /// Nobody looked: why, in words.
    Not(String),
}

/// Whether a header says which way the patient lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Orientation {
    Known,
    #[default]
    Unknown,
    /// It says something that no image can have.
    Implausible,
}

impl Quality {
    /// Says that nobody looked at the pixels, and why.
    pub fn unlooked(why: impl Into<String>) -> Self {
        Quality::of(Looked::Not(why.into()))
    }

    /// Begins with nothing found.
    pub fn of(looked: Looked) -> Self {
        Quality {
            looked,
            bytes: None,
            orientation: Orientation::Unknown,
            lowest: None,
            highest: None,
            inverted: false,
            empty: false,
            text_rows: 0,
            pixels: None,
            twin: None,
        }
    }
}

/// Gives what stands for a patient within one store, of the digest of the patient's id: the first 16 hex digits of its
/// HMAC-SHA256 under the store's key. Another store gives the same patient another one.
pub fn pseudonym(key: &[u8; 32], patient: &str) -> String {
    hex(&Shuffle::new(key).place(&["patient", patient])).chars().take(16).collect()
}

/// What a header says of where an image lies: numbers alone, lengths in millimetres of the patient's coordinates
/// (PS3.3 C.7.6.2).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Slice {
    /// The number of the series in its study.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<i64>,
    /// The number of the image in its series.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<i64>,
    /// Direction cosines of a row, then of a column; of the first frame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orientation: Option<[f64; 6]>,
    /// Of the centre of the first pixel; of the first frame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<[f64; 3]>,
    /// What the scanner calls its location: only good for an order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<f64>,
    /// Of each frame, how far along the normal of the orientation it lies; empty where frames do not lie on each other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frames: Vec<f64>,
}

/// Whether text may be part of the pixels, where it may name the patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BurntIn {
    /// The file says so.
    Yes,
    /// The file says nothing, and pictures of this kind often hold text.
    Possible,
    /// The file says nothing, which is not taken as clean.
    Untold,
    /// The file says that there is none.
    No,
}

/// Kinds of pictures that often hold text: ultrasound, captures of a screen, angiography and fluoroscopy, endoscopy,
/// photographs, documents, and what has no kind.
const WITH_TEXT: [&str; 16] =
    ["US", "IVUS", "ECHO", "SC", "OT", "XA", "XF", "RF", "ES", "GM", "XC", "OP", "DOC", "HC", "SM", "ECG"];

impl Image {
    /// Tells whether text may be burnt into the pixels, as far as the header says.
    pub fn burnt_in(&self) -> BurntIn {
        let risky = |kind: &str| WITH_TEXT.contains(&kind);
        match self.burned_in.as_deref() {
            Some("YES") => BurntIn::Yes,
            Some("NO") => BurntIn::No,
            _ if self.modality.as_deref().is_none_or(risky) => BurntIn::Possible,
            _ => BurntIn::Untold,
        }
    }
}

impl BurntIn {
    /// Says it in a few words, with a question mark where nobody has said; nothing where the file says that there is no text.
    pub fn words(self) -> Option<&'static str> {
        match self {
            BurntIn::Yes => Some("burnt-in text"),
            BurntIn::Possible => Some("burnt-in text possible"),
            BurntIn::Untold => Some("burnt-in text?"),
            BurntIn::No => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pseudonym_is_of_one_store_alone() {
        let of = |key: u8, patient| pseudonym(&[key; 32], patient);
        assert_eq!(of(7, "a"), of(7, "a"));
        assert_ne!(of(7, "a"), of(7, "b"));
        assert_ne!(of(7, "a"), of(8, "a"));
        assert!(of(7, "a").len() == 16 && of(7, "a").bytes().all(|byte| byte.is_ascii_hexdigit()));
    }

    #[test]
    fn a_header_that_is_silent_is_not_taken_as_clean() {
        let image = |modality: Option<&str>, burned_in: Option<&str>| Image {
            id: "1".into(),
            series: None,
            study: None,
            modality: modality.map(str::to_owned),
            rows: 1,
            columns: 1,
            frames: 1,
            spacing: None,
            laterality: None,
            burned_in: burned_in.map(str::to_owned),
            slice: None,
            quality: None,
            patient: None,
        };
        for (modality, flag, found) in [
            (Some("CT"), Some("YES"), BurntIn::Yes),
            (Some("US"), Some("NO"), BurntIn::No),
            (Some("US"), None, BurntIn::Possible),
            (Some("SC"), Some("MAYBE"), BurntIn::Possible),
            (None, None, BurntIn::Possible),
            (Some("CT"), None, BurntIn::Untold),
        ] {
            assert_eq!(image(modality, flag).burnt_in(), found, "{modality:?} {flag:?}");
        }
        assert_eq!(BurntIn::No.words(), None);
    }
}
