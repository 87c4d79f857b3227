//! Pictures made by code, for the demonstration: a chest-like phantom with discs of known place. Nobody's data.

use dicom_core::value::PrimitiveValue;
use dicom_core::{DataElement, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};

/// A disc of the phantom: its middle and radius in pixels, and how much brighter it is than what lies around it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Disc {
    pub x: f64,
    pub y: f64,
    pub radius: f64,
    pub above: f64,
}

/// Rows and columns of a phantom.
pub const SIDE: u16 = 512;
/// Millimetres between the centres of its pixels.
const SPACING: &str = "0.7";

/// Makes a DICOM file of a phantom with discs on it. The same number gives the same noise.
///
/// # Errors
/// In words, where the file can't be put together.
pub fn phantom(uid: &str, seed: u64, discs: &[Disc]) -> Result<Vec<u8>, String> {
    let side = usize::from(SIDE);
    let mut pixels = Vec::with_capacity(side * side);
    let mut noise = Noise(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    for y in 0..side {
        for x in 0..side {
            // The centre of the pixel.
            let (x, y) = (x as f64 + 0.5, y as f64 + 0.5);
            let mut value = ground(x, y) + 12.0 * (noise.next() + noise.next() - 1.0);
            for disc in discs {
                let from = ((x - disc.x).powi(2) + (y - disc.y).powi(2)).sqrt();
                // Falls off over three pixels, as a real margin does.
                value += disc.above * ((disc.radius - from) / 3.0 + 0.5).clamp(0.0, 1.0);
            }
            pixels.push(value.clamp(0.0, 4095.0) as u16);
        }
    }
    let text = |tag, vr, words: &str| DataElement::new(tag, vr, PrimitiveValue::from(words));
    let number = |tag, value: u16| DataElement::new(tag, VR::US, PrimitiveValue::from(value));
    let mut object = InMemDicomObject::new_empty();
    for element in [
        text(tags::SOP_CLASS_UID, VR::UI, uids::SECONDARY_CAPTURE_IMAGE_STORAGE),
        text(tags::SOP_INSTANCE_UID, VR::UI, uid),
        text(tags::STUDY_INSTANCE_UID, VR::UI, &format!("{uid}.1")),
        text(tags::SERIES_INSTANCE_UID, VR::UI, &format!("{uid}.2")),
        text(tags::MODALITY, VR::CS, "OT"),
        text(tags::BURNED_IN_ANNOTATION, VR::CS, "NO"),
        text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2"),
        text(tags::PIXEL_SPACING, VR::DS, &format!("{SPACING}\\{SPACING}")),
        text(tags::WINDOW_CENTER, VR::DS, "900"),
        text(tags::WINDOW_WIDTH, VR::DS, "1600"),
        number(tags::SAMPLES_PER_PIXEL, 1),
        number(tags::ROWS, SIDE),
        number(tags::COLUMNS, SIDE),
        number(tags::BITS_ALLOCATED, 16),
        number(tags::BITS_STORED, 12),
        number(tags::HIGH_BIT, 11),
        number(tags::PIXEL_REPRESENTATION, 0),
        DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(pixels.into())),
    ] {
        object.put(element);
    }
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN)
        .media_storage_sop_class_uid(uids::SECONDARY_CAPTURE_IMAGE_STORAGE)
        .media_storage_sop_instance_uid(uid);
    let file = object.with_meta(meta).map_err(|error| format!("failed to describe a phantom: {error}"))?;
    let mut bytes = Vec::new();
    file.write_all(&mut bytes).map_err(|error| format!("failed to write a phantom: {error}"))?;
    Ok(bytes)
}

/// Two dark fields in a brighter body, on black.
fn ground(x: f64, y: f64) -> f64 {
    let inside = |cx: f64, cy: f64, rx: f64, ry: f64| {
        let distance = (((x - cx) / rx).powi(2) + ((y - cy) / ry).powi(2)).sqrt();
        ((1.0 - distance) * 12.0 + 0.5).clamp(0.0, 1.0)
    };
    let body = inside(256.0, 262.0, 226.0, 205.0);
    let lungs = inside(160.0, 250.0, 82.0, 148.0).max(inside(352.0, 250.0, 82.0, 148.0));
    60.0 + 900.0 * body - 620.0 * lungs
}

/// Even noise that replays: xorshift64 (Marsaglia 2003, 13-7-17).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dicom_pixeldata::PixelDecoder;

    #[test]
    fn a_disc_lies_where_it_was_put() -> Result<(), Box<dyn std::error::Error>> {
        let disc = Disc { x: 160.0, y: 200.0, radius: 20.0, above: 400.0 };
        let [plain, marked] = [phantom("2.25.1", 7, &[])?, phantom("2.25.1", 7, &[disc])?];
        let pixels = |bytes: &[u8]| -> Result<Vec<u16>, Box<dyn std::error::Error>> {
            Ok(dicom_object::from_reader(bytes)?.decode_pixel_data()?.to_vec()?)
        };
        let (plain, marked) = (pixels(&plain)?, pixels(&marked)?);
        let brighter: Vec<usize> = (0..plain.len()).filter(|at| marked[*at] > plain[*at]).collect();
        let side = usize::from(SIDE);
        let xs = brighter.iter().map(|at| at % side);
        let ys = brighter.iter().map(|at| at / side);
        assert_eq!((xs.clone().min(), xs.max()), (Some(139), Some(180)));
        assert_eq!((ys.clone().min(), ys.max()), (Some(179), Some(220)));
        assert_eq!(marked[200 * side + 160] - plain[200 * side + 160], 400);
        Ok(())
    }
}
