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
}
