//! Reads the values that the outline of a file points to, and nothing else of its header.

use std::ops::Range;

use dicom_core::Tag as Name;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;
use dicom_object::mem::InMemElement;
use dicom_transfer_syntax_registry::entries::{
    EXPLICIT_VR_BIG_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN,
};
use sha2::{Digest, Sha256};

use super::fault::Fault;
use super::limits::{Limits, within};
use super::open::{self, Source};
use super::prescan::Outline;
use super::raster::{Colour, Raster};
use super::slice;
use super::syntax::Encoding;
use super::tiles;
use super::wire::{Header, Place, Segment};
use crate::domain::case::digest::hex;
use crate::domain::image::Image;

/// The values of one file. Where an enhanced file says something for one frame or for all, this comes first.
pub(super) struct Values {
    own: InMemDicomObject,
    /// The functional groups of the frame, then the shared ones.
    groups: Vec<InMemDicomObject>,
}

impl Values {
    /// Reads the noted elements, with the groups of one frame. One that cannot be parsed counts as missing.
    pub fn read(
        outline: &Outline,
        source: &mut dyn Source,
        frame: u32,
        limits: &Limits,
    ) -> Result<Self, Fault> {
        let own_groups = || outline.frames.get(frame as usize).into_iter().chain(&outline.shared);
        let ranges = || outline.elements.iter().chain(own_groups());
        within("the header", ranges().map(|range| range.end - range.start).sum::<u64>(), limits.header)?;
        let mut own = InMemDicomObject::new_empty();
        for range in &outline.elements {
            let bytes = open::slice(source, range.start, range.end - range.start)?;
            for element in parse(&bytes, outline.encoding).into_iter().flatten() {
                own.put(element);
            }
        }
        let mut groups = Vec::new();
        for range in own_groups() {
            groups.extend(group(range, outline.encoding, source, limits)?);
        }
        Ok(Values { own, groups })
    }

    /// Gives the values of a file that is no DICOM file: none.
    pub fn none() -> Self {
        Values { own: InMemDicomObject::new_empty(), groups: Vec::new() }
    }

    pub fn get(&self, name: Name) -> Option<&InMemElement> {
        self.own.get(name)
    }

    /// Looks in a functional group first, then at the top.
    fn grouped(&self, group: Name, name: Name) -> Option<&InMemElement> {
        self.groups
            .iter()
            .find_map(|all| all.get(group)?.items()?.first()?.get(name))
            .or_else(|| self.own.get(name))
    }

    /// The items of a sequence at the top.
    pub fn items(&self, name: Name) -> &[InMemDicomObject] {
        self.own.get(name).and_then(|element| element.items()).unwrap_or_default()
    }

    /// A short code or UID; what is longer than a UID or holds anything but visible ASCII and spaces is no such thing.
    pub fn code(&self, name: Name) -> Option<String> {
        code(self.own.get(name)?)
    }

    /// Several short codes, each as [`Values::code`] has one; none where any of them is no such thing.
    pub fn codes(&self, name: Name) -> Vec<String> {
        let text = self.own.get(name).and_then(|element| element.to_str().ok());
        let codes = text.as_deref().unwrap_or_default().split('\\').map(short);
        codes.collect::<Option<_>>().unwrap_or_default()
    }

    pub fn grouped_code(&self, group: Name, name: Name) -> Option<String> {
        code(self.grouped(group, name)?)
    }

    /// Short texts, as many as stand there; none for what is empty. They are the file's own words, and may say anything.
    pub fn grouped_texts(&self, group: Name, name: Name) -> Vec<Option<String>> {
        const LONGEST: usize = 64;
        let texts = self.grouped(group, name).and_then(|element| element.to_multi_str().ok());
        let short = |text: &String| text.trim_matches([' ', '\0']).chars().take(LONGEST).collect::<String>();
        let texts = texts.as_deref().unwrap_or_default().iter().map(short);
        texts.map(|text| Some(text).filter(|text| !text.is_empty())).collect()
    }

    /// A whole number.
    pub fn integer(&self, name: Name) -> Option<i64> {
        self.own.get(name)?.to_int().ok()
    }

    /// Finite numbers, as many as stand there.
    pub fn numbers(&self, group: Name, name: Name) -> Vec<f64> {
        let numbers = self.grouped(group, name).and_then(|element| element.to_multi_float64().ok());
        numbers.unwrap_or_default().into_iter().take_while(|number| number.is_finite()).collect()
    }

    /// Millimetres between pixels, `[rows, columns]`: in the patient, else at the detector, else of the film scanner.
    pub fn spacing(&self) -> Option<[f64; 2]> {
        [tags::PIXEL_SPACING, tags::IMAGER_PIXEL_SPACING, tags::NOMINAL_SCANNED_PIXEL_SPACING]
            .into_iter()
            .find_map(|name| positive_pair(&self.numbers(tags::PIXEL_MEASURES_SEQUENCE, name)))
    }

    /// Height of a pixel over its width: by the spacing, else by the aspect ratio, else 1.
    pub fn aspect(&self) -> f64 {
        let ratio = || positive_pair(&self.numbers(tags::PIXEL_MEASURES_SEQUENCE, tags::PIXEL_ASPECT_RATIO));
        // Beyond this it is a slip of the pen, and the picture would be a line.
        self.spacing().or_else(ratio).map_or(1.0, |[y, x]| (y / x).clamp(0.05, 20.0))
    }
}

/// Reads the functional groups that stand at a place; none where they cannot be parsed.
pub(super) fn group(
    range: &Range<u64>,
    encoding: Encoding,
    source: &mut dyn Source,
    limits: &Limits,
) -> Result<Option<InMemDicomObject>, Fault> {
    within("the header", range.end - range.start, limits.header)?;
    let bytes = open::slice(source, range.start, range.end - range.start)?;
    Ok(parse(&bytes, encoding))
}

fn positive_pair(numbers: &[f64]) -> Option<[f64; 2]> {
    match numbers {
        [y, x, ..] if *y > 0.0 && *x > 0.0 => Some([*y, *x]),
        _ => None,
    }
}

fn code(element: &InMemElement) -> Option<String> {
    short(element.to_str().ok()?.split('\\').next()?)
}

fn short(text: &str) -> Option<String> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    let fits = (1..=64).contains(&text.len()) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    fits.then(|| text.to_owned())
}

pub(super) fn parse(bytes: &[u8], encoding: Encoding) -> Option<InMemDicomObject> {
    let syntax = match encoding {
        Encoding { explicit: false, .. } => IMPLICIT_VR_LITTLE_ENDIAN.erased(),
        Encoding { big_endian: true, .. } => EXPLICIT_VR_BIG_ENDIAN.erased(),
        Encoding { .. } => EXPLICIT_VR_LITTLE_ENDIAN.erased(),
    };
    InMemDicomObject::read_dataset_with_ts(bytes, &syntax).ok()
}

/// Gives what the index of images keeps of a picture that is no DICOM file.
pub(super) fn of_still(id: String, raster: &Raster) -> Header {
    let image = Image {
        id,
        series: None,
        study: None,
        modality: None,
        rows: raster.rows,
        columns: raster.columns,
        frames: raster.frames,
        spacing: None,
        laterality: None,
        burned_in: None,
        slice: None,
        quality: None,
        patient: None,
    };
    Header {
        image,
        transfer_syntax: None,
        photometric: Some(raster.colour.name()),
        has_pixels: true,
        patient: None,
    }
}

/// Gives what the frame whose functional groups were read shows of a segmentation, and where it lies.
pub(super) fn segment(values: &Values, limits: &Limits) -> Result<Segment, Fault> {
    let raster = Raster::read(values, limits)?;
    let Some(kind) = values.code(tags::SEGMENTATION_TYPE) else {
        return Err(Fault::unsupported("the file is a DICOM file, and no segmentation"));
    };
    let whole = match kind.as_str() {
        "BINARY" => None,
        "FRACTIONAL" => Some(values.integer(tags::MAXIMUM_FRACTIONAL_VALUE).unwrap_or(255) as f64),
        _ => return Err(Fault::unsupported("the segmentation is neither BINARY nor FRACTIONAL")),
    };
    let lacks = |what: &str| Fault::broken(format!("the file doesn't say {what} of each frame"));
    let number = values.numbers(tags::SEGMENT_IDENTIFICATION_SEQUENCE, tags::REFERENCED_SEGMENT_NUMBER);
    let position = values.numbers(tags::PLANE_POSITION_SEQUENCE, tags::IMAGE_POSITION_PATIENT);
    let orientation = values.numbers(tags::PLANE_ORIENTATION_SEQUENCE, tags::IMAGE_ORIENTATION_PATIENT);
    let measures = |name| values.numbers(tags::PIXEL_MEASURES_SEQUENCE, name).first().copied();
    // A projection has neither; a frame with only one of them is broken, as is a volume's without a spacing.
    let place = match position.is_empty() && orientation.is_empty() {
        true => None,
        false => Some(Place {
            position: position.try_into().map_err(|_| lacks("the place"))?,
            orientation: orientation.try_into().map_err(|_| lacks("the direction"))?,
        }),
    };
    let spacing = values.spacing();
    if place.is_some() && spacing.is_none() {
        return Err(lacks("the spacing"));
    }
    let between = measures(tags::SPACING_BETWEEN_SLICES).or_else(|| measures(tags::SLICE_THICKNESS));
    Ok(Segment {
        number: number.first().map(|number| *number as i64).ok_or_else(|| lacks("the segment"))?,
        whole: whole.filter(|whole| *whole > 0.0),
        rows: raster.rows,
        columns: raster.columns,
        frames: raster.frames,
        place,
        spacing,
        between: between.filter(|between| *between > 0.0),
    })
}

/// Gives the id that an image has in the index: its UID, else what `hash` makes of its file.
pub(super) fn id(values: &Values, hash: impl FnOnce() -> Result<String, Fault>) -> Result<String, Fault> {
    values.code(tags::SOP_INSTANCE_UID).map_or_else(hash, Ok)
}

/// Gives what the index of images keeps. `hash` makes the name of a file that has no UID.
pub(super) fn header(
    outline: &Outline,
    source: &mut dyn Source,
    values: &Values,
    limits: &Limits,
    hash: impl FnOnce() -> Result<String, Fault>,
) -> Result<Header, Fault> {
    let raster = Raster::read(values, limits);
    let has_pixels = outline.pixels.is_some();
    // A report has no rows; an image whose rows make no sense is not let in as one of 0 × 0.
    let [rows, columns, frames] = match &raster {
        Ok(raster) => [raster.rows, raster.columns, raster.frames],
        Err(fault) if has_pixels => return Err(fault.clone()),
        Err(_) => [0, 0, 0],
    };
    // A slide is one image, however many tiles it is stored in.
    let slide = tiles::size(values, limits)?.filter(|_| has_pixels);
    let [rows, columns, frames] = slide.map_or([rows, columns, frames], |(columns, rows)| [rows, columns, 1]);
    let text = |name| values.code(name);
    let anatomy = tags::FRAME_ANATOMY_SEQUENCE;
    let image = Image {
        id: id(values, hash)?,
        series: text(tags::SERIES_INSTANCE_UID),
        study: text(tags::STUDY_INSTANCE_UID),
        modality: text(tags::MODALITY),
        rows,
        columns,
        frames,
        spacing: values.spacing(),
        laterality: text(tags::IMAGE_LATERALITY)
            .or_else(|| text(tags::LATERALITY))
            .or_else(|| values.grouped_code(anatomy, tags::FRAME_LATERALITY)),
        burned_in: text(tags::BURNED_IN_ANNOTATION),
        slice: slice::read(outline, source, values, frames, limits)?,
        quality: None,
        patient: None,
    };
    Ok(Header {
        image,
        transfer_syntax: outline.syntax.map(|syntax| syntax.uid.to_owned()),
        photometric: raster.ok().map(|raster| raster.colour).filter(|_| has_pixels).map(Colour::name),
        has_pixels,
        patient: patient(values),
    })
}

/// Gives the digest of the patient's id; none where there is none.
fn patient(values: &Values) -> Option<String> {
    let id = values.get(tags::PATIENT_ID)?.to_bytes().ok()?;
    let blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0;
    let from = id.iter().position(|byte| !blank(byte))?;
    let to = id.iter().rposition(|byte| !blank(byte))?;
    Some(hex(&Sha256::digest(id.get(from..=to)?)))
}
