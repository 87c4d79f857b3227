//! Walks the elements of a DICOM file without holding any of them, before a parser sees a byte: what is nested too deep
//! or claims more bytes than there are is refused here. What later steps need is noted by where it stands, so that
//! nothing else of the header, the patient's name above all, is ever read into memory.

use std::io::{BufReader, Read, Seek, SeekFrom};
use std::ops::Range;

use super::fault::{Fault, FaultKind};
use super::limits::{Limits, within};
use super::open::{self, Source};
use super::overlay::{self, BitSpan};
use super::probe;
use super::syntax::{self, Encoding, LONG_VRS, Packing, Syntax};

/// Group and element.
pub(super) type Tag = (u16, u16);

const ITEM: Tag = (0xfffe, 0xe000);
const ITEM_END: Tag = (0xfffe, 0xe00d);
const SEQUENCE_END: Tag = (0xfffe, 0xe0dd);
const SHARED: Tag = (0x5200, 0x9229);
const PER_FRAME: Tag = (0x5200, 0x9230);
const UNDEFINED: u32 = u32::MAX;

/// The elements that are read. None of them says who the patient is but the id, of which a digest alone leaves this
/// process.
const WANTED: &[Tag] = &[
    (0x0008, 0x0016), // SOP class
    (0x0008, 0x0018), // SOP instance
    (0x0008, 0x0060), // modality
    (0x0008, 0x2144), // recommended display frame rate
    (0x0010, 0x0020), // patient id
    (0x0018, 0x0040), // cine rate
    (0x0018, 0x1063), // frame time
    (0x0018, 0x1065), // frame time vector
    (0x0018, 0x1164), // imager pixel spacing
    (0x0018, 0x2010), // nominal scanned pixel spacing
    (0x0020, 0x000d), // study
    (0x0020, 0x000e), // series
    (0x0020, 0x0011), // number of the series
    (0x0020, 0x0013), // number of the image
    (0x0020, 0x0020), // patient orientation
    (0x0020, 0x0032), // position in the patient
    (0x0020, 0x0037), // orientation in the patient
    (0x0020, 0x0060), // laterality
    (0x0020, 0x0062), // image laterality
    (0x0020, 0x1041), // slice location
    (0x0020, 0x9311), // how tiles are arranged
    (0x0028, 0x0002), // samples per pixel
    (0x0028, 0x0004), // photometric interpretation
    (0x0028, 0x0006), // planar configuration
    (0x0028, 0x0008), // number of frames
    (0x0028, 0x0010), // rows
    (0x0028, 0x0011), // columns
    (0x0028, 0x0030), // pixel spacing
    (0x0028, 0x0034), // pixel aspect ratio
    (0x0028, 0x0100), // bits allocated
    (0x0028, 0x0101), // bits stored
    (0x0028, 0x0102), // high bit
    (0x0028, 0x0103), // pixel representation
    (0x0028, 0x0120), // pixel padding value
    (0x0028, 0x0121), // pixel padding range limit
    (0x0028, 0x0301), // burned in annotation
    (0x0028, 0x1050), // window centre
    (0x0028, 0x1051), // window width
    (0x0028, 0x1052), // rescale intercept
    (0x0028, 0x1053), // rescale slope
    (0x0028, 0x1054), // rescale type
    (0x0028, 0x1055), // what the windows are for
    (0x0028, 0x1056), // VOI LUT function
    (0x0028, 0x1101), // palette descriptors
    (0x0028, 0x1102),
    (0x0028, 0x1103),
    (0x0028, 0x1201), // palettes
    (0x0028, 0x1202),
    (0x0028, 0x1203),
    (0x0028, 0x1221), // segmented palettes
    (0x0028, 0x1222),
    (0x0028, 0x1223),
    (0x0028, 0x2110), // lossy image compression
    (0x0028, 0x3000), // modality LUT
    (0x0028, 0x3010), // VOI LUT
    (0x0048, 0x0006), // columns of all tiles together
    (0x0048, 0x0007), // rows of all tiles together
    (0x0054, 0x1001), // units
    (0x0062, 0x0001), // segmentation type
    (0x0062, 0x0002), // segments
    (0x0062, 0x000e), // maximum fractional value
    (0x2050, 0x0020), // presentation LUT shape
    (0x7fe0, 0x0001), // extended offset table
];

/// Wanted elements that hold items, which implicit files do not say.
const SEQUENCES: &[Tag] = &[(0x0028, 0x3000), (0x0028, 0x3010), (0x0062, 0x0002), SHARED, PER_FRAME];

/// Where the pixels stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PixelSpan {
    pub tag: Tag,
    pub vr: [u8; 2],
    pub offset: u64,
    /// None for fragments.
    pub declared: Option<u64>,
    /// Bytes that the file has from `offset` on.
    pub left: u64,
}

/// What stands where in a file.
#[derive(Debug)]
pub(super) struct Outline {
    pub encoding: Encoding,
    /// None where the file names none or one that is not in the table.
    pub syntax: Option<&'static Syntax>,
    /// Each wanted element, its tag and length included.
    pub elements: Vec<Range<u64>>,
    /// The content of the shared functional groups.
    pub shared: Option<Range<u64>>,
    /// The content of the functional groups of each frame; empty where it holds a fault.
    pub frames: Vec<Range<u64>>,
    pub pixels: Option<PixelSpan>,
    /// The bits of overlay planes.
    pub overlays: Vec<BitSpan>,
}

/// Walks a file as far as its pixels and gives what stands where, and the bytes that this speaks of: the file's own or,
/// of a deflated file, the inflated ones.
///
/// # Errors
/// Words for a file that is no DICOM file, ends early, or goes beyond the limits.
pub(super) fn scan(file: Box<dyn Source>, limits: &Limits) -> Result<(Outline, Box<dyn Source>), Fault> {
    let mut begun = begin(file, limits)?;
    let walk = Walk::new(&mut *begun.source, begun.size, limits)?;
    let outline = walk.data_set(begun.at, begun.syntax)?;
    Ok((outline, begun.source))
}

/// One element of a header, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Noted {
    pub tag: Tag,
    /// Blanks where the file doesn't say.
    pub vr: [u8; 2],
    /// Where the element begins, its tag and length included.
    pub start: u64,
    pub value: Range<u64>,
    /// How many items it holds, where it is a sequence.
    pub items: Option<u32>,
}

/// The elements of a header, in their order.
pub(super) struct Listing {
    pub encoding: Encoding,
    pub elements: Vec<Noted>,
    /// There are more than were asked for.
    pub cut: bool,
    /// The bytes that this speaks of.
    pub source: Box<dyn Source>,
}

/// Walks a file as far as its pixels and gives what stands where of all elements, up to so many. No value is read.
///
/// # Errors
/// As [`scan`].
pub(super) fn list(file: Box<dyn Source>, most: usize, limits: &Limits) -> Result<Listing, Fault> {
    let mut begun = begin(file, limits)?;
    let mut walk = Walk::new(&mut *begun.source, begun.size, limits)?;
    walk.go(begun.at)?;
    let encoding = walk.encoding(begun.syntax)?;
    let (mut elements, mut cut) = (Vec::new(), false);
    while walk.size - walk.at >= 8 {
        let start = walk.at;
        let element = walk.element(encoding)?;
        if elements.len() >= most {
            cut = true;
            break;
        }
        let from = walk.at;
        let noted =
            |to: u64, items| Noted { tag: element.tag, vr: element.vr, start, value: from..to, items };
        if element.tag.0 == 0x7fe0 && element.tag.1 >= 8 {
            let to = if element.length == UNDEFINED { walk.size } else { from + u64::from(element.length) };
            elements.push(noted(to.min(walk.size), None));
            break;
        }
        walk.items_seen = None;
        walk.value(&element, encoding, walk.size, 0, None)?;
        elements.push(noted(walk.at, walk.items_seen));
    }
    Ok(Listing { encoding, elements, cut, source: begun.source })
}

/// A file of which the head is read: where its data set begins, in bytes that may be inflated ones.
struct Begun {
    source: Box<dyn Source>,
    at: u64,
    size: u64,
    syntax: Option<&'static Syntax>,
}

fn begin(mut file: Box<dyn Source>, limits: &Limits) -> Result<Begun, Fault> {
    let size = file.seek(SeekFrom::End(0))?;
    let (at, syntax, named) = Walk::new(&mut *file, size, limits)?.file_meta()?;
    if syntax.is_some_and(|syntax| syntax.packing == Packing::Deflated) {
        file.seek(SeekFrom::Start(at))?;
        let whole = open::inflate(&mut *file, size - at, limits)?;
        let size = whole.len() as u64;
        return Ok(Begun { source: open::memory(whole), at: 0, size, syntax });
    }
    if named && syntax.is_none() {
        return Err(Fault::unsupported(
            "the file is written in a transfer syntax that this program does not know",
        ));
    }
    Ok(Begun { source: file, at, size, syntax })
}

struct Element {
    tag: Tag,
    vr: [u8; 2],
    length: u32,
}

struct Walk<'a> {
    input: BufReader<&'a mut dyn Source>,
    at: u64,
    size: u64,
    seen: u64,
    /// Faults that were passed over.
    forgiven: u64,
    /// Items of the sequence that was walked last, of those at the top.
    items_seen: Option<u32>,
    limits: &'a Limits,
}

impl<'a> Walk<'a> {
    fn new(source: &'a mut dyn Source, size: u64, limits: &'a Limits) -> Result<Self, Fault> {
        source.seek(SeekFrom::Start(0))?;
        Ok(Walk {
            input: BufReader::new(source),
            at: 0,
            size,
            seen: 0,
            forgiven: 0,
            items_seen: None,
            limits,
        })
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes)?;
        self.at += N as u64;
        Ok(bytes)
    }

    fn go(&mut self, to: u64) -> Result<(), Fault> {
        let step = i64::try_from(i128::from(to) - i128::from(self.at)).unwrap_or(i64::MAX);
        self.input.seek_relative(step)?;
        self.at = to;
        Ok(())
    }

    /// Reads one element's tag, representation and length; items and delimiters have no representation.
    fn element(&mut self, encoding: Encoding) -> Result<Element, Fault> {
        self.seen += 1;
        within("the number of elements in the header", self.seen, self.limits.elements)?;
        let u16_of =
            |bytes| if encoding.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) };
        let u32_of =
            |bytes| if encoding.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
        let [g0, g1, e0, e1] = self.take()?;
        let tag = (u16_of([g0, g1]), u16_of([e0, e1]));
        if !encoding.explicit || tag.0 == 0xfffe {
            return Ok(Element { tag, vr: *b"  ", length: u32_of(self.take()?) });
        }
        let vr = self.take()?;
        // A representation that nobody knows yet has the long form (PS3.5 6.2.2).
        let length = if LONG_VRS.contains(&&vr) || !syntax::is_vr(vr) {
            self.take::<2>()?;
            u32_of(self.take()?)
        } else {
            u16_of(self.take()?).into()
        };
        Ok(Element { tag, vr, length })
    }

    /// Walks group 0002 and gives where the data set begins, its transfer syntax, and whether one was named at all.
    fn file_meta(&mut self) -> Result<(u64, Option<&'static Syntax>, bool), Fault> {
        let mut head = Vec::with_capacity(probe::HEAD);
        self.input.by_ref().take(probe::HEAD as u64).read_to_end(&mut head)?;
        self.at = head.len() as u64;
        let start = probe::start(&head)
            .ok_or_else(|| Fault::new(FaultKind::NotDicom, "this is no DICOM, PNG, JPEG or TIFF file"))?;
        self.go(start.offset)?;
        let mut found = (None, false);
        loop {
            let here = self.at;
            if self.size - here < 8 {
                return Ok((here, found.0, found.1));
            }
            let [g0, g1] = self.take()?;
            let little = u16::from_le_bytes([g0, g1]) == 2;
            self.take::<2>()?;
            let explicit = syntax::is_vr(self.take()?);
            self.go(here)?;
            if !little {
                return Ok((here, found.0, found.1));
            }
            let element = self.element(if explicit { Encoding::EXPLICIT } else { Encoding::IMPLICIT })?;
            let end = self.end_of(&element, self.size)?;
            if element.tag == (2, 0x10) && element.length <= 64 {
                let mut uid = vec![0; element.length as usize];
                self.input.read_exact(&mut uid)?;
                self.at = end;
                let uid = String::from_utf8_lossy(&uid);
                let uid = uid.trim_matches(['\0', ' ']);
                found = (syntax::by_uid(uid), !uid.is_empty());
            }
            self.go(end)?;
        }
    }

    fn data_set(mut self, at: u64, syntax: Option<&'static Syntax>) -> Result<Outline, Fault> {
        self.go(at)?;
        let mut outline = Outline {
            encoding: self.encoding(syntax)?,
            syntax,
            elements: vec![],
            shared: None,
            frames: vec![],
            pixels: None,
            overlays: Vec::new(),
        };
        loop {
            let start = self.at;
            // A few bytes at the end, too few for an element, are padding.
            if self.size - start < 8 {
                return Ok(outline);
            }
            let element = self.element(outline.encoding)?;
            if element.tag.0 == 0x7fe0 && element.tag.1 >= 8 {
                let declared = (element.length != UNDEFINED).then_some(u64::from(element.length));
                let left = self.size - self.at;
                outline.pixels =
                    Some(PixelSpan { tag: element.tag, vr: element.vr, offset: self.at, declared, left });
                return Ok(outline);
            }
            match element.tag {
                SHARED => {
                    let mut items = Vec::new();
                    self.value(&element, outline.encoding, self.size, 0, Some(&mut items))?;
                    outline.shared = items.into_iter().next().filter(|range| !range.is_empty());
                }
                PER_FRAME => {
                    outline.frames.clear();
                    self.value(&element, outline.encoding, self.size, 0, Some(&mut outline.frames))?;
                }
                tag => {
                    let (forgiven, offset) = (self.forgiven, self.at);
                    self.value(&element, outline.encoding, self.size, 0, None)?;
                    if overlay::is_data(tag) && element.length != UNDEFINED {
                        let (vr, length) = (element.vr, element.length.into());
                        outline.overlays.push(BitSpan { group: tag.0, vr, offset, length });
                    } else if (WANTED.contains(&tag) || overlay::describes(tag)) && self.forgiven == forgiven
                    {
                        outline.elements.push(start..self.at);
                    }
                }
            }
        }
    }

    /// Tells how the data set is written by its first element; the transfer syntax is not always true.
    fn encoding(&mut self, syntax: Option<&Syntax>) -> Result<Encoding, Fault> {
        let named = syntax.map(|syntax| syntax.encoding);
        let here = self.at;
        if self.size - here < 8 {
            return Ok(named.unwrap_or(Encoding::EXPLICIT));
        }
        let [g0, g1, _, _, v0, v1] = self.take()?;
        self.go(here)?;
        // Group 0008 or a near one comes first, so that the larger byte stands where the order says.
        let guessed_big = g0 == 0 && g1 != 0;
        let big_endian = named.map_or(guessed_big, |named| named.big_endian);
        let explicit = syntax::is_vr([v0, v1]);
        Ok(Encoding { explicit, big_endian })
    }

    fn end_of(&self, element: &Element, end: u64) -> Result<u64, Fault> {
        let claimed = self.at + u64::from(element.length);
        if element.length == UNDEFINED || claimed > end {
            let (group, number) = element.tag;
            return Err(Fault::broken(format!(
                "the element ({group:04X},{number:04X}) claims more bytes than the file has left"
            )));
        }
        Ok(claimed)
    }

    /// Passes over a value, walking it if it holds items, and notes where the content of each of these stands.
    fn value(
        &mut self,
        element: &Element,
        encoding: Encoding,
        end: u64,
        depth: u32,
        note: Option<&mut Vec<Range<u64>>>,
    ) -> Result<(), Fault> {
        let implicit = !encoding.explicit;
        if element.length == UNDEFINED {
            return match &element.vr {
                b"SQ" => self.items(encoding, end, true, depth + 1, note),
                // Unknown content is written implicitly, whatever the file says (PS3.5 6.2.2).
                b"UN" | b"  " => self.items(Encoding::IMPLICIT, end, true, depth + 1, note),
                _ if implicit => self.items(encoding, end, true, depth + 1, note),
                _ => self.fragments(encoding, end),
            };
        }
        let end = self.end_of(element, end)?;
        let holds_items =
            &element.vr == b"SQ" || SEQUENCES.contains(&element.tag) || (implicit && self.at_item(end)?);
        if holds_items {
            let walked = self.items(encoding, end, false, depth + 1, note);
            self.forgive(walked)?;
        }
        self.go(end)
    }

    /// Passes over a fault inside something whose length says where to go on. What goes beyond the limits is not
    /// forgiven, and what holds a fault is not noted: its parser would take a false length at its word.
    fn forgive(&mut self, walked: Result<(), Fault>) -> Result<(), Fault> {
        match walked {
            Err(fault) if fault.kind != FaultKind::TooLarge => {
                self.forgiven += 1;
                Ok(())
            }
            walked => walked,
        }
    }

    fn at_item(&mut self, end: u64) -> Result<bool, Fault> {
        let here = self.at;
        if end - here < 8 {
            return Ok(false);
        }
        let bytes: [u8; 4] = self.take()?;
        self.go(here)?;
        Ok(bytes == [0xfe, 0xff, 0x00, 0xe0])
    }

    fn items(
        &mut self,
        encoding: Encoding,
        end: u64,
        open_ended: bool,
        depth: u32,
        mut note: Option<&mut Vec<Range<u64>>>,
    ) -> Result<(), Fault> {
        within("the nesting of sequences", depth, self.limits.depth)?;
        let mut number = 0;
        while open_ended || self.at < end {
            let item = self.element(encoding)?;
            let (start, forgiven) = (self.at, self.forgiven);
            match item.tag {
                ITEM if item.length == UNDEFINED => self.nested(encoding, end, true, depth)?,
                ITEM => {
                    let end = self.end_of(&item, end)?;
                    let walked = self.nested(encoding, end, false, depth);
                    self.forgive(walked)?;
                    self.go(end)?;
                }
                SEQUENCE_END => break,
                _ => return Err(Fault::broken("a sequence holds something that is no item")),
            }
            if let Some(noted) = note.as_mut().filter(|noted| noted.len() < self.limits.frames as usize) {
                let closing = if item.length == UNDEFINED { 8 } else { 0 };
                let sound = self.forgiven == forgiven;
                noted.push(start..if sound { self.at - closing } else { start });
            }
            number += 1;
        }
        if depth == 1 {
            self.items_seen = Some(number);
        }
        Ok(())
    }

    fn nested(&mut self, encoding: Encoding, end: u64, open_ended: bool, depth: u32) -> Result<(), Fault> {
        while open_ended || end.saturating_sub(self.at) >= 8 {
            let element = self.element(encoding)?;
            if element.tag == ITEM_END {
                return Ok(());
            }
            self.value(&element, encoding, end, depth, None)?;
        }
        if self.at == end { Ok(()) } else { Err(Fault::broken("an item does not end where it says")) }
    }

    fn fragments(&mut self, encoding: Encoding, end: u64) -> Result<(), Fault> {
        loop {
            let item = self.element(encoding)?;
            match item.tag {
                ITEM => {
                    let end = self.end_of(&item, end)?;
                    self.go(end)?;
                }
                SEQUENCE_END => return Ok(()),
                _ => return Err(Fault::broken("compressed data hold something that is no fragment")),
            }
        }
    }
}

/// Notes where the fragments of compressed pixels stand, the offset table first. A file that ends before the delimiter
/// gives the fragments that are whole.
pub(super) fn fragments(
    source: &mut dyn Source,
    pixels: &PixelSpan,
    encoding: Encoding,
    limits: &Limits,
) -> Result<Vec<Range<u64>>, Fault> {
    let size = pixels.offset + pixels.left;
    let mut walk = Walk::new(source, size, limits)?;
    walk.go(pixels.offset)?;
    let mut found = Vec::new();
    while size - walk.at >= 8 {
        let item = walk.element(encoding)?;
        if item.tag != ITEM {
            break;
        }
        let Ok(end) = walk.end_of(&item, size) else { break };
        found.push(walk.at..end);
        within("the number of fragments", found.len() as u64, limits.fragments)?;
        walk.go(end)?;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn look(bytes: &[u8], limits: &Limits) -> Result<Outline, Fault> {
        scan(open::memory(bytes.to_vec()), limits).map(|(outline, _)| outline)
    }

    /// A file without preamble whose SOP class comes first.
    fn file(rest: &[u8]) -> Vec<u8> {
        [&b"\x08\0\x16\0UI\x04\x001.2\0"[..], rest].concat()
    }

    fn nested(depth: usize) -> Vec<u8> {
        let open = b"\x08\0\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff";
        let close = b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0";
        file(&[open.repeat(depth), close.repeat(depth)].concat())
    }

    #[test]
    fn sequences_nest_to_the_limit_and_no_deeper() {
        for (depth, fits) in [(31, true), (32, true), (33, false)] {
            assert_eq!(look(&nested(depth), &Limits::STANDARD).is_ok(), fits, "{depth}");
        }
    }

    #[test]
    fn elements_and_fragments_are_counted() -> Result<(), Fault> {
        let many = file(&b"\x09\0\x10\0LO\0\0".repeat(9));
        for (elements, fits) in [(9, false), (10, true), (11, true)] {
            assert_eq!(look(&many, &Limits { elements, ..Limits::STANDARD }).is_ok(), fits);
        }
        let packed =
            [&b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff"[..], &b"\xfe\xff\0\xe0\0\0\0\0".repeat(3)].concat();
        let outline = look(&file(&packed), &Limits::STANDARD)?;
        let pixels = outline.pixels.ok_or_else(|| Fault::broken("no pixels"))?;
        for (bound, fits) in [(2, false), (3, true), (4, true)] {
            let limits = Limits { fragments: bound, ..Limits::STANDARD };
            let found = fragments(&mut *open::memory(file(&packed)), &pixels, outline.encoding, &limits);
            assert_eq!(found.is_ok(), fits);
        }
        Ok(())
    }

    #[test]
    fn a_length_may_reach_the_end_and_not_beyond() {
        for (claimed, fits) in [(3, true), (4, true), (5, false)] {
            let tail = [&b"\x09\0\x10\0UN\0\0"[..], &[claimed, 0, 0, 0], &[0; 4]].concat();
            assert_eq!(look(&file(&tail), &Limits::STANDARD).is_ok(), fits, "{claimed}");
        }
    }

    #[test]
    fn the_patient_is_passed_over_and_the_frame_finds_its_groups() -> Result<(), Fault> {
        let item =
            |inner: &[u8]| [&b"\xfe\xff\0\xe0"[..], &(inner.len() as u32).to_le_bytes(), inner].concat();
        let items = [item(b"first---"), item(b"\x28\0\x52\x10DS\x02\x0012")].concat();
        let sequence = [&b"\0\x52\x30\x92SQ\0\0"[..], &(items.len() as u32).to_le_bytes(), &items].concat();
        let bytes = file(&[&b"\x10\0\x10\0PN\x04\0A^B "[..], &sequence].concat());
        let outline = look(&bytes, &Limits::STANDARD)?;
        assert_eq!(outline.elements.first().map(|range| (range.start, range.end)), Some((0, 12)));
        assert_eq!(outline.elements.len(), 1);
        assert_eq!(outline.frames.len(), 2);
        let found =
            outline.frames.get(1).and_then(|range| bytes.get(range.start as usize..range.end as usize));
        assert_eq!(found, Some(&b"\x28\0\x52\x10DS\x02\x0012"[..]));
        Ok(())
    }

    #[test]
    fn what_holds_a_false_length_is_passed_over_and_not_noted() -> Result<(), Fault> {
        let item = b"\xfe\xff\0\xe0\x10\0\0\0\x28\0\x06\x30OW\0\0\xf0\xff\xff\xff1234";
        let sequence = |head: &[u8]| [head, &(item.len() as u32).to_le_bytes(), item].concat();
        let bytes = [sequence(b"\x28\0\x10\x30SQ\0\0"), sequence(b"\0\x52\x29\x92SQ\0\0")].concat();
        let outline = look(&file(&bytes), &Limits::STANDARD)?;
        assert_eq!((outline.elements.len(), outline.shared), (1, None));
        Ok(())
    }

    #[test]
    fn big_endian_and_implicit_are_told_by_the_first_element() -> Result<(), Fault> {
        for (bytes, encoding) in [
            (&b"\x08\0\x16\0\x04\0\0\x001.2\0"[..], Encoding::IMPLICIT),
            (b"\0\x08\0\x16UI\0\x041.2\0", Encoding::BIG_ENDIAN),
            (b"\x08\0\x16\0UI\x04\x001.2\0", Encoding::EXPLICIT),
        ] {
            let outline = look(bytes, &Limits::STANDARD)?;
            assert_eq!((outline.encoding, outline.elements.len()), (encoding, 1));
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn no_bytes_trip_it(bytes in proptest::collection::vec(any::<u8>(), 0..400), start in 0..4usize) {
            let starts = [&b""[..], b"\x08\0\x16\0UI\x04\x001.2\0", b"\x08\0\x16\0\x04\0\0\x001.2\0", b"\0\x08\0\x16UI\0\x041.2\0"];
            let bytes = [starts[start], &bytes].concat();
            if let Ok(outline) = look(&bytes, &Limits::STANDARD) {
                prop_assert!(outline.elements.iter().all(|range| range.end <= bytes.len() as u64));
            }
        }
    }
}
