//! Tells a DICOM file by its first bytes, with and without the preamble, without opening it further.

use super::still;
use super::syntax::is_vr;

/// How many bytes [`looks_like_dicom`] wants to see.
pub const HEAD: usize = 160;

/// Says whether a file that begins with `head` (its first [`HEAD`] bytes or more) is a DICOM file. Conservative: a file
/// without `DICM` counts only if it begins with an element of group 0002 or 0008 that makes sense.
pub fn looks_like_dicom(head: &[u8]) -> bool {
    start(head).is_some()
}

/// Says whether a file that begins with `head` is one that a decoder may know: DICOM, PNG, JPEG or TIFF. What a preamble
/// before DICOM's mark says counts for nothing.
pub fn looks_like_image(head: &[u8]) -> bool {
    looks_like_dicom(head) || still::kind(head).is_some()
}

/// Where elements begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Start {
    pub offset: u64,
}

pub(super) fn start(head: &[u8]) -> Option<Start> {
    // Text that happens to stand at that place is no mark: file meta information follows the mark.
    let bare = || head.first_chunk().and_then(first_element);
    if head.get(128..132) == Some(b"DICM") && (head.get(132..134) == Some(&[2, 0]) || bare().is_none()) {
        return Some(Start { offset: 132 });
    }
    if head.starts_with(b"DICM") {
        return Some(Start { offset: 4 });
    }
    bare().map(|()| Start { offset: 0 })
}

/// Element numbers that files without a preamble begin with: group lengths and the low elements of their groups.
fn first_element(bytes: &[u8; 8]) -> Option<()> {
    let [g0, g1, e0, e1, v0, v1, l0, l1] = *bytes;
    let plausible = |group: u16, element: u16| matches!((group, element), (2, 0..=0x16) | (8, 0..=0x60));
    let little = plausible(u16::from_le_bytes([g0, g1]), u16::from_le_bytes([e0, e1]));
    let big = plausible(u16::from_be_bytes([g0, g1]), u16::from_be_bytes([e0, e1]));
    let explicit = is_vr([v0, v1]);
    let length = u32::from_le_bytes([v0, v1, l0, l1]);
    // Implicit elements of that kind are short: a group length, a character set, a UID, a code.
    let implicit = little && g0 == 8 && length <= 128 && length % 2 == 0;
    ((explicit && (little || big)) || implicit).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_a_file_by_its_first_bytes() {
        let mut part10 = vec![0; 128];
        part10.extend(b"DICM\x02\0\0\0UL\x04\0");
        assert!(looks_like_dicom(&part10));
        assert_eq!(start(&part10), Some(Start { offset: 132 }));
        assert_eq!(start(b"\x08\0\x05\0CS\x0a\0ISO_IR 100"), Some(Start { offset: 0 }));
        let mut said_in_text = b"\x08\0\x05\0CS\x78\0".to_vec();
        said_in_text.resize(128, b' ');
        said_in_text.extend(b"DICM\x08\0\x21\0DA");
        assert_eq!(start(&said_in_text), Some(Start { offset: 0 }));
        assert!(looks_like_dicom(b"\x08\0\0\0\x04\0\0\0\xd2\x01\0\0"));
        assert!(looks_like_dicom(b"\0\x08\0\x05CS\0\x0aISO_IR 100"));
        assert!(looks_like_dicom(b"\x02\0\0\0UL\x04\0\xd2\x01\0\0"));
    }

    #[test]
    fn other_files_are_not_taken_for_dicom() {
        for other in [
            &b""[..],
            b"DIC",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
            b"case,reader,label,value\n1,A,nodule,1\n",
            b"\x08\0\x05\0\xff\xff\xff\xff\xff\xff",
            b"\0\0\0\0\0\0\0\0\0\0\0\0",
            b"PK\x03\x04\x14\0\x08\0\x08\0",
            &[0; 200],
        ] {
            assert!(!looks_like_dicom(other), "{other:?}");
        }
    }
}
