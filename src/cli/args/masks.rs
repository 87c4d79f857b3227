//! The arguments of `compare` and `fuse`.

use std::path::PathBuf;

use clap::Args;

use crate::formats::mask::raw::Layout;

#[derive(Debug, Args)]
pub struct Compare {
    /// A mask: NIfTI (.nii, .nii.gz), PNG, a DICOM segmentation or, with --raw, a bare array
    pub a: PathBuf,
    /// The mask that it is compared with
    pub b: PathBuf,
    /// mm between columns, rows and slices, in place of what the files say
    #[arg(long, value_name = "X,Y,Z", value_delimiter = ',', num_args = 1, allow_hyphen_values = true)]
    pub spacing: Option<Vec<f64>>,
    /// How far surfaces may lie apart for the surface Dice, in mm, or in pixels where the spacing is unknown
    #[arg(long, value_name = "T", default_value_t = 1.0, allow_hyphen_values = true)]
    pub tolerance: f64,
    /// One label of maps with several alone, or one segment of DICOM segmentations
    #[arg(long, visible_alias = "segment", value_name = "N", allow_hyphen_values = true)]
    pub label: Option<i64>,
    /// Bare arrays are of this size: COLUMNSxROWS[xSLICES][:u8|u16|i16|i32], columns fastest, little endian
    #[arg(long, value_name = "SIZE[:TYPE]")]
    pub raw: Option<Layout>,
}

#[derive(Debug, Args)]
pub struct Fuse {
    /// Masks of the same size: NIfTI (.nii, .nii.gz), PNG, DICOM segmentations or, with --raw, bare arrays
    #[arg(required = true, num_args = 2.., value_name = "MASK")]
    pub masks: Vec<PathBuf>,
    /// staple, majority, union or intersection
    #[arg(long, value_name = "M")]
    pub method: String,
    /// mm between columns, rows and slices, in place of what NIfTI files say, and written to the output
    #[arg(long, value_name = "X,Y,Z", value_delimiter = ',', num_args = 1, allow_hyphen_values = true)]
    pub spacing: Option<Vec<f64>>,
    /// One label of maps with several alone, or one segment of DICOM segmentations
    #[arg(long, visible_alias = "segment", value_name = "N", allow_hyphen_values = true)]
    pub label: Option<i64>,
    /// Bare arrays are of this size: COLUMNSxROWS[xSLICES][:u8|u16|i16|i32], columns fastest, little endian
    #[arg(long, value_name = "SIZE[:TYPE]")]
    pub raw: Option<Layout>,
    /// The mask to write, of the same kind by its name; of DICOM segmentations NIfTI
    #[arg(short, long, value_name = "OUT")]
    pub output: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    pub force: bool,
}
