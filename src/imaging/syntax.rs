//! Transfer syntaxes as one table: how the data set is written and how the pixels are packed.

/// How elements are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding {
    /// Whether each element names its value representation.
    pub explicit: bool,
    pub big_endian: bool,
}

impl Encoding {
    pub const EXPLICIT: Encoding = Encoding { explicit: true, big_endian: false };
    pub const IMPLICIT: Encoding = Encoding { explicit: false, big_endian: false };
    pub const BIG_ENDIAN: Encoding = Encoding { explicit: true, big_endian: true };
}

/// How pixels are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    Native,
    /// The whole data set is deflated; its pixels are native.
    Deflated,
    /// Each frame is deflated.
    DeflatedFrames,
    /// Each frame is a fragment, as it is.
    Fragments,
    Rle,
    Jpeg,
    JpegLs,
    Jpeg2000,
    /// Known by name only.
    Other,
}

/// One transfer syntax.
#[derive(Debug)]
pub struct Syntax {
    pub uid: &'static str,
    pub name: &'static str,
    pub encoding: Encoding,
    pub packing: Packing,
    /// Whether the pixels may have lost detail, by the name of the syntax alone.
    pub lossy: bool,
}

const fn row(uid: &'static str, name: &'static str, packing: Packing, lossy: bool) -> Syntax {
    Syntax { uid, name, encoding: Encoding::EXPLICIT, packing, lossy }
}

/// PS3.6 table A-1.
pub const SYNTAXES: &[Syntax] = &[
    Syntax {
        uid: "1.2.840.10008.1.2",
        name: "implicit little endian",
        encoding: Encoding::IMPLICIT,
        packing: Packing::Native,
        lossy: false,
    },
    row("1.2.840.10008.1.2.1", "explicit little endian", Packing::Native, false),
    Syntax {
        uid: "1.2.840.10008.1.2.2",
        name: "explicit big endian",
        encoding: Encoding::BIG_ENDIAN,
        packing: Packing::Native,
        lossy: false,
    },
    row("1.2.840.10008.1.2.1.98", "encapsulated uncompressed", Packing::Fragments, false),
    row("1.2.840.10008.1.2.1.99", "deflated", Packing::Deflated, false),
    row("1.2.840.10008.1.2.8.1", "deflated image frames", Packing::DeflatedFrames, false),
    row("1.2.840.10008.1.2.5", "RLE", Packing::Rle, false),
    row("1.2.840.10008.1.2.4.50", "JPEG baseline", Packing::Jpeg, true),
    row("1.2.840.10008.1.2.4.51", "JPEG extended", Packing::Jpeg, true),
    row("1.2.840.10008.1.2.4.57", "JPEG lossless", Packing::Jpeg, false),
    row("1.2.840.10008.1.2.4.70", "JPEG lossless", Packing::Jpeg, false),
    row("1.2.840.10008.1.2.4.80", "JPEG-LS", Packing::JpegLs, false),
    row("1.2.840.10008.1.2.4.81", "JPEG-LS", Packing::JpegLs, true),
    row("1.2.840.10008.1.2.4.90", "JPEG 2000", Packing::Jpeg2000, false),
    row("1.2.840.10008.1.2.4.91", "JPEG 2000", Packing::Jpeg2000, true),
    row("1.2.840.10008.1.2.4.92", "JPEG 2000 part 2", Packing::Other, false),
    row("1.2.840.10008.1.2.4.93", "JPEG 2000 part 2", Packing::Other, true),
    row("1.2.840.10008.1.2.4.94", "JPIP", Packing::Other, false),
    row("1.2.840.10008.1.2.4.95", "JPIP", Packing::Other, false),
    row("1.2.840.10008.1.2.4.100", "MPEG-2 video", Packing::Other, true),
    row("1.2.840.10008.1.2.4.101", "MPEG-2 video", Packing::Other, true),
    row("1.2.840.10008.1.2.4.102", "H.264 video", Packing::Other, true),
    row("1.2.840.10008.1.2.4.103", "H.264 video", Packing::Other, true),
    row("1.2.840.10008.1.2.4.104", "H.264 video", Packing::Other, true),
    row("1.2.840.10008.1.2.4.105", "H.264 video", Packing::Other, true),
    row("1.2.840.10008.1.2.4.106", "H.264 video", Packing::Other, true),
    row("1.2.840.10008.1.2.4.107", "HEVC video", Packing::Other, true),
    row("1.2.840.10008.1.2.4.108", "HEVC video", Packing::Other, true),
    row("1.2.840.10008.1.2.4.110", "JPEG XL", Packing::Other, false),
    row("1.2.840.10008.1.2.4.111", "JPEG XL", Packing::Other, true),
    row("1.2.840.10008.1.2.4.112", "JPEG XL", Packing::Other, true),
    row("1.2.840.10008.1.2.4.201", "High-Throughput JPEG 2000", Packing::Jpeg2000, false),
    row("1.2.840.10008.1.2.4.202", "High-Throughput JPEG 2000", Packing::Jpeg2000, false),
    row("1.2.840.10008.1.2.4.203", "High-Throughput JPEG 2000", Packing::Jpeg2000, true),
];

/// Finds a transfer syntax by its UID.
pub fn by_uid(uid: &str) -> Option<&'static Syntax> {
    SYNTAXES.iter().find(|syntax| syntax.uid == uid)
}

/// Value representations whose length takes four bytes (PS3.5 table 7.1-1), then those with two.
pub const LONG_VRS: [&[u8; 2]; 13] =
    [b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"];
pub const SHORT_VRS: [&[u8; 2]; 21] = [
    b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"PN", b"SH", b"SL",
    b"SS", b"ST", b"TM", b"UI", b"UL", b"US",
];

/// Says whether two bytes name a value representation.
pub fn is_vr(bytes: [u8; 2]) -> bool {
    LONG_VRS.contains(&&bytes) || SHORT_VRS.contains(&&bytes)
}
