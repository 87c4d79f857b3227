//! What is known of an image from its header alone.

use serde::{Deserialize, Serialize};

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
