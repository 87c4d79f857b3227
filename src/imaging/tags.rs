//! The header of a file as a list to read: each element's tag, name and value, where it may be shown.
//!
//! What is shown is allowed one by one: codes, numbers and well-known UIDs of groups that describe the image, and a few
//! texts that name a device. Everything else is masked and its bytes are never read: whatever says who the patient is, who
//! treated them, where and when; every private element; every kind of text that a person types. A value that is no code or
//! number although its element is one is masked too.

use std::ops::Range;

use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_core::{Tag as Name, VR};
use dicom_dictionary_std::StandardDataDictionary;
use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::header::parse;
use super::limits::Limits;
use super::open::{self, Source};
use super::prescan::{self, Noted, Tag};

/// Lines of a header at most.
pub const LINES: usize = 2_000;
/// Bytes of a value that is read.
const LONGEST: u64 = 512;
/// Characters of a value that is shown.
const SHOWN: usize = 96;
/// Lines in one message.
const PAGE: usize = 150;

/// One element of a header.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TagLine {
    pub tag: Tag,
    /// As the standard names it; empty where it doesn't.
    pub name: String,
    /// Two letters, `??` where nobody knows.
    pub vr: String,
    pub value: TagValue,
}

/// What is said of an element's value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TagValue {
    Empty,
    Shown(String),
    /// It may say who the patient is, or nobody knows what it says.
    Masked,
    /// A sequence of so many items.
    Items(u32),
    /// Too long, or no text: so many bytes.
    Bytes(u64),
}

/// A part of the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TagPage {
    pub lines: Vec<TagLine>,
    /// Lines of the whole list.
    pub total: usize,
    /// There are more elements than a list holds.
    pub cut: bool,
}

/// Groups whose codes and numbers describe the image, the device or how the picture was taken.
const GROUPS: &[u16] = &[0x0008, 0x0018, 0x0020, 0x0028, 0x0054, 0x2050, 0x5200, 0x7fe0];

/// Texts that name a device or how it works, and are not among those that de-identification takes out (PS3.15 E.1).
const TEXTS: &[Tag] = &[
    (0x0008, 0x0070), // manufacturer
    (0x0008, 0x1090), // model
    (0x0018, 0x0024), // sequence name
    (0x0018, 0x1160), // filter type
    (0x0018, 0x1210), // convolution kernel
    (0x0018, 0x1250), // receive coil
    (0x0028, 0x1055), // explanation of a window
];

/// Where UIDs that the standard gives begin; others may be traced.
const STANDARD: &str = "1.2.840.10008.";

/// Reads a part of the list, from a line on.
pub(super) fn page(file: Box<dyn Source>, from: usize, limits: &Limits) -> Result<TagPage, Fault> {
    let list = prescan::list(file, LINES, limits)?;
    let mut source = list.source;
    let mut lines = Vec::new();
    for noted in list.elements.iter().skip(from).take(PAGE) {
        lines.push(line(noted, &mut *source, list.encoding)?);
    }
    Ok(TagPage { lines, total: list.elements.len(), cut: list.cut })
}

fn line(noted: &Noted, source: &mut dyn Source, encoding: super::syntax::Encoding) -> Result<TagLine, Fault> {
    let (group, element) = noted.tag;
    let name = Name(group, element);
    let private = group % 2 == 1;
    let entry = if private { None } else { StandardDataDictionary.by_tag(name) };
    let vr = match VR::from_binary(noted.vr) {
        Some(vr) => Some(vr),
        // Implicit files leave it to the dictionary.
        None => entry.map(|entry| entry.vr().relaxed()),
    };
    let Range { start, end } = noted.value;
    let length = end - start;
    let value = match vr {
        _ if noted.items.is_some() => TagValue::Items(noted.items.unwrap_or_default()),
        _ if length == 0 => TagValue::Empty,
        Some(VR::OB | VR::OW | VR::OD | VR::OF | VR::OL | VR::OV) if !private => TagValue::Bytes(length),
        Some(vr) if entry.is_some() && may_show(noted.tag, vr) => {
            if length > LONGEST {
                TagValue::Bytes(length)
            } else {
                let bytes = open::slice(source, noted.start, end - noted.start)?;
                let object = parse(&bytes, encoding);
                let element = object.as_ref().and_then(|object| object.get(name));
                let text = element.and_then(|element| element.to_str().ok());
                text.and_then(|text| shown(noted.tag, vr, &text)).map_or(TagValue::Masked, TagValue::Shown)
            }
        }
        _ => TagValue::Masked,
    };
    Ok(TagLine {
        tag: noted.tag,
        name: match (entry, private) {
            (Some(entry), _) => entry.alias().to_owned(),
            (None, true) => "private".to_owned(),
            (None, false) => String::new(),
        },
        vr: vr.map_or("??".to_owned(), |vr| vr.to_string().to_owned()),
        value,
    })
}

/// Says whether a value may be shown by what it is.
fn may_show(tag: Tag, vr: VR) -> bool {
    let described = GROUPS.contains(&tag.0) || (0x6000..0x6100).contains(&tag.0);
    match vr {
        VR::CS | VR::DS | VR::IS => described,
        VR::US | VR::SS | VR::UL | VR::SL | VR::FL | VR::FD | VR::SV | VR::UV | VR::AT => described,
        VR::UI => described,
        _ => TEXTS.contains(&tag),
    }
}

/// Gives a value as it is shown; none where it is not what its element says, since it may be anything then.
fn shown(tag: Tag, vr: VR, text: &str) -> Option<String> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    let of = |fits: fn(char) -> bool| text.chars().all(|c| c == '\\' || fits(c));
    let fits = match vr {
        VR::CS => {
            of(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == ' ' || c == '_')
                && text.split('\\').all(|code| code.len() <= 16)
        }
        VR::DS | VR::IS => of(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E' | ' ')),
        VR::UI => text.split('\\').all(|uid| uid.starts_with(STANDARD)),
        _ if TEXTS.contains(&tag) => of(|c| (' '..='~').contains(&c)),
        _ => true,
    };
    let mut words: String = text.chars().take(SHOWN).collect();
    if text.chars().count() > SHOWN {
        words.push('…');
    }
    fits.then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dicom_dictionary_std::tags;

    #[test]
    fn nothing_that_tells_the_patient_may_be_shown() {
        for tag in [
            tags::PATIENT_NAME,
            tags::PATIENT_ID,
            tags::PATIENT_BIRTH_DATE,
            tags::PATIENT_SEX,
            tags::PATIENT_AGE,
            tags::PATIENT_SIZE,
            tags::ACCESSION_NUMBER,
            tags::STUDY_DATE,
            tags::STUDY_TIME,
            tags::STUDY_DESCRIPTION,
            tags::SERIES_DESCRIPTION,
            tags::PROTOCOL_NAME,
            tags::IMAGE_COMMENTS,
            tags::STUDY_ID,
            tags::INSTITUTION_NAME,
            tags::STATION_NAME,
            tags::REFERRING_PHYSICIAN_NAME,
            tags::OPERATORS_NAME,
            tags::DEVICE_SERIAL_NUMBER,
            tags::REQUESTED_PROCEDURE_ID,
        ] {
            let vr = StandardDataDictionary.by_tag(tag).map(|entry| entry.vr().relaxed());
            let may = vr.is_some_and(|vr| may_show((tag.group(), tag.element()), vr));
            assert!(!may, "{tag}");
        }
        for tag in [tags::MODALITY, tags::KVP, tags::ROWS, tags::PIXEL_SPACING, tags::MANUFACTURER] {
            let vr = StandardDataDictionary.by_tag(tag).map(|entry| entry.vr().relaxed());
            assert!(vr.is_some_and(|vr| may_show((tag.group(), tag.element()), vr)), "{tag}");
        }
    }

    #[test]
    fn a_name_in_the_place_of_a_code_is_masked() {
        let code = (0x0018, 0x0015);
        assert_eq!(shown(code, VR::CS, "CHEST "), Some("CHEST".into()));
        assert_eq!(shown(code, VR::CS, "Doe^Jane"), None);
        assert_eq!(shown((0x0018, 0x0060), VR::DS, "120"), Some("120".into()));
        assert_eq!(shown((0x0018, 0x0060), VR::DS, "DOE"), None);
        assert_eq!(shown((0x0008, 0x0018), VR::UI, "1.2.3.4"), None);
        assert_eq!(
            shown((0x0008, 0x0016), VR::UI, "1.2.840.10008.5.1.4.1.1.2"),
            Some("1.2.840.10008.5.1.4.1.1.2".into())
        );
    }
}
