//! Baseline and progressive JPEG of 8 bits, by dicom-pixeldata: one frame, in an object that holds nothing but what the
//! frame needs.

use dicom_core::value::{PixelFragmentSequence, PrimitiveValue};
use dicom_core::{DataElement, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use dicom_pixeldata::PixelDecoder;

use super::{Shape, damaged};
use crate::imaging::fault::Fault;

/// Reads a stream whose head says `shape`: gray, or red, green, blue where it holds or can be turned into such.
pub fn decode(bytes: Vec<u8>, shape: &Shape) -> Result<Vec<u8>, Fault> {
    let size = shape.rows * shape.columns * shape.samples;
    let short = |value: usize| PrimitiveValue::from(u16::try_from(value).unwrap_or(u16::MAX));
    let colour = if shape.samples == 3 { "RGB" } else { "MONOCHROME2" };
    let elements = [
        (tags::SAMPLES_PER_PIXEL, short(shape.samples)),
        (tags::ROWS, short(shape.rows)),
        (tags::COLUMNS, short(shape.columns)),
        (tags::BITS_ALLOCATED, short(8)),
        (tags::BITS_STORED, short(8)),
        (tags::HIGH_BIT, short(7)),
        (tags::PIXEL_REPRESENTATION, short(0)),
    ];
    let mut object = InMemDicomObject::from_element_iter(
        elements.into_iter().map(|(name, value)| DataElement::new(name, VR::US, value)),
    );
    object.put(DataElement::new(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, PrimitiveValue::from(colour)));
    object.put(DataElement::new(tags::PIXEL_DATA, VR::OB, PixelFragmentSequence::new_fragments(vec![bytes])));
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(uids::JPEG_BASELINE8_BIT)
        .media_storage_sop_class_uid(uids::SECONDARY_CAPTURE_IMAGE_STORAGE)
        .media_storage_sop_instance_uid("2.25.1")
        .build()
        .map_err(|_| damaged())?;
    let mut pixels =
        object.with_exact_meta(meta).decode_pixel_data_frame(0).map_err(|_| damaged())?.into_data();
    // A byte may have been added to make their number even.
    if pixels.len() < size || pixels.len() > size + 1 {
        return Err(damaged());
    }
    pixels.truncate(size);
    Ok(pixels)
}
