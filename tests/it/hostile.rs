//! Files that ask for what nobody may have, or break where a decoder stumbles, made by code. The tests want each of them to
//! end in words; `cargo bench --bench pictures -- hostile` measures how soon, and with how much memory.

use std::io::Result;

use overread::imaging::{FaultKind, Toning};

use crate::made::{
    DEFLATED, EXPLICIT, IMPLICIT, JPEG, JPEG_2000, JPEG_LOSSLESS, JPEG_LS, RLE, bomb, deflated, described,
    element, fragments, image, implicit, item, part10, pixels, sequence, shorts,
};

/// What a file comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    Words(FaultKind),
    /// What is broken was left out, and how the picture came about says so.
    Shown(Toning),
}

/// A file, and what stops it.
pub struct Hostile {
    pub name: &'static str,
    pub bytes: Vec<u8>,
    pub ends: Ends,
}

const BROKEN: Ends = Ends::Words(FaultKind::Broken);
const TOO_LARGE: Ends = Ends::Words(FaultKind::TooLarge);
const UNSUPPORTED: Ends = Ends::Words(FaultKind::Unsupported);

/// Gives all of them.
pub fn files() -> Result<Vec<Hostile>> {
    let mut all = headers();
    all.extend(deflate()?);
    all.extend(tables());
    all.extend(streams());
    all.extend(runs());
    all.extend(stills()?);
    Ok(all)
}

fn hostile(name: &'static str, bytes: Vec<u8>, ends: Ends) -> Hostile {
    Hostile { name, bytes, ends }
}

/// Sequences within sequences, and lengths and sizes that nothing stands behind.
fn headers() -> Vec<Hostile> {
    let open_sequence = b"\x08\0\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff";
    let open_implicit = b"\x08\0\x40\x11\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff";
    let (mut closed, mut closed_implicit, mut windows) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..8000 {
        closed = sequence(8, 0x1140, &closed);
        closed_implicit = implicit(8, 0x1140, &item(&closed_implicit));
    }
    for _ in 0..100 {
        windows = sequence(0x28, 0x3010, &windows);
    }
    let mut claims = b"\x09\0\x10\x10UN\0\0\xf0\xff\xff\xff".to_vec();
    claims.resize(7000, 0);
    let four_gib = |rows, columns| image(rows, columns, 16, b"\xe0\x7f\x10\0OW\0\0\xf0\xff\xff\xff\0\0");
    let gray = pixels(&[0; 8]);
    let frames = [element(0x28, 8, b"IS", b"2147483647"), gray.clone()].concat();
    let many = [element(0x28, 8, b"IS", b"100000"), gray.clone()].concat();
    let plane = [
        shorts(0x6000, 0x10, &[32_768]),
        shorts(0x6000, 0x11, &[32_768]),
        element(0x6000, 0x15, b"IS", b"2147483647"),
        element(0x6000, 0x3000, b"OW", &[255; 64]),
        gray.clone(),
    ];
    vec![
        hostile(
            "graphics-32768.dcm",
            part10(EXPLICIT, &image(2, 2, 16, &plane.concat())),
            Ends::Shown(Toning::Range),
        ),
        hostile("nested.dcm", part10(EXPLICIT, &open_sequence.repeat(8000)), TOO_LARGE),
        hostile("nested-closed.dcm", part10(EXPLICIT, &closed), TOO_LARGE),
        hostile("nested-implicit.dcm", part10(IMPLICIT, &open_implicit.repeat(8000)), TOO_LARGE),
        hostile("nested-implicit-closed.dcm", part10(IMPLICIT, &closed_implicit), TOO_LARGE),
        hostile(
            "nested-windows.dcm",
            part10(EXPLICIT, &image(2, 2, 16, &[windows, gray.clone()].concat())),
            TOO_LARGE,
        ),
        hostile("claims-4-gib.dcm", part10(EXPLICIT, &claims), BROKEN),
        hostile("claims-4-gib-of-pixels.dcm", part10(EXPLICIT, &four_gib(4, 4)), BROKEN),
        hostile("too-wide.dcm", part10(EXPLICIT, &four_gib(1, 32_769)), TOO_LARGE),
        hostile("too-large.dcm", part10(EXPLICIT, &four_gib(32_768, 32_768)), TOO_LARGE),
        hostile("too-many-frames.dcm", part10(EXPLICIT, &image(2, 2, 16, &frames)), TOO_LARGE),
        // Its first frame is there.
        hostile(
            "frames-that-are-not-there.dcm",
            part10(EXPLICIT, &image(2, 2, 16, &many)),
            Ends::Shown(Toning::Range),
        ),
        hostile("odd-bits.dcm", part10(EXPLICIT, &image(2, 2, 12, &gray)), UNSUPPORTED),
        hostile("no-bits.dcm", part10(EXPLICIT, &image(2, 2, 0, &gray)), BROKEN),
        hostile("no-rows.dcm", part10(EXPLICIT, &image(0, 2, 16, &gray)), BROKEN),
        hostile("unknown-syntax.dcm", part10("1.2.3.4", &image(2, 2, 16, &gray)), UNSUPPORTED),
        hostile("empty.dcm", Vec::new(), Ends::Words(FaultKind::NotDicom)),
        hostile("mark-alone.dcm", [&[0; 128][..], b"DICM"].concat(), Ends::Words(FaultKind::NoPixels)),
    ]
}

/// Little data that become much.
fn deflate() -> Result<Vec<Hostile>> {
    const FRAMES: &str = "1.2.840.10008.1.2.8.1";
    Ok(vec![
        hostile("bomb.dcm", part10(DEFLATED, &deflated(&vec![0; 64 << 20])?), TOO_LARGE),
        hostile("bomb-2-gib.dcm", part10(DEFLATED, &bomb(2048)?), TOO_LARGE),
        hostile(
            "bomb-in-a-frame.dcm",
            part10(FRAMES, &image(2, 2, 8, &fragments(&[&bomb(1024)?]))),
            TOO_LARGE,
        ),
        hostile("no-deflate.dcm", part10(DEFLATED, &[0xff; 400]), BROKEN),
    ])
}

/// Lookup tables and palettes whose descriptors are not true.
fn tables() -> Vec<Hostile> {
    let gray = pixels(&[0, 0, 1, 0, 2, 0, 3, 0]);
    let table = |sequence_number: u16, descriptor: &[u16], data: Option<&[u8]>| {
        let data = data.map(|data| element(0x28, 0x3006, b"OW", data)).unwrap_or_default();
        let inner = [shorts(0x28, 0x3002, descriptor), data].concat();
        part10(EXPLICIT, &image(2, 2, 16, &[sequence(0x28, sequence_number, &inner), gray.clone()].concat()))
    };
    let palette = |descriptor: &[u16], data: u16, bytes: &[u8]| {
        let descriptors = (0x1101..=0x1103).flat_map(|number| shorts(0x28, number, descriptor));
        let tables = (data..=data + 2).flat_map(|number| element(0x28, number, b"OW", bytes));
        let rest: Vec<u8> = descriptors.chain(tables).chain(pixels(&[0, 1, 2, 3])).collect();
        part10(EXPLICIT, &described(2, 2, 8, b"PALETTE COLOR ", &rest))
    };
    let shown = Ends::Shown(Toning::Range);
    let false_length = {
        let inner = [shorts(0x28, 0x3002, &[4, 0, 16]), b"\x28\0\x06\x30OW\0\0\xf0\xff\xff\xff1234".to_vec()]
            .concat();
        part10(EXPLICIT, &image(2, 2, 16, &[sequence(0x28, 0x3010, &inner), gray.clone()].concat()))
    };
    let as_text = [element(0x28, 0x3010, b"LO", b"4\\0\\16"), gray.clone()].concat();
    vec![
        // Values that mean something else than they should are worse than none.
        hostile("modality-table-short.dcm", table(0x3000, &[65_535, 0, 16], Some(&[1, 0, 2, 0])), BROKEN),
        hostile("modality-table-of-0.dcm", table(0x3000, &[0, 0, 16], Some(&[1, 0])), BROKEN),
        hostile("modality-table-without-data.dcm", table(0x3000, &[4, 0, 16], None), BROKEN),
        hostile("modality-table-of-no-bits.dcm", table(0x3000, &[4, 0, 0], Some(&[0; 8])), BROKEN),
        hostile("modality-table-undescribed.dcm", table(0x3000, &[4], Some(&[0; 8])), BROKEN),
        // An item in which nothing stands promises nothing.
        hostile("modality-table-of-nothing.dcm", table(0x3000, &[], Some(&[])), shown),
        // The values themselves are sound, and their full range is what the caption tells.
        hostile("window-table-short.dcm", table(0x3010, &[4096, 0, 12], Some(&[1, 0, 2, 0])), shown),
        hostile("window-table-of-0.dcm", table(0x3010, &[0, 0, 16], Some(&[1, 0])), shown),
        hostile("window-table-without-data.dcm", table(0x3010, &[4, 0, 16], None), shown),
        hostile("window-table-false-length.dcm", false_length, shown),
        hostile("window-table-as-text.dcm", part10(EXPLICIT, &image(2, 2, 16, &as_text)), shown),
        hostile("palette-short.dcm", palette(&[256, 0, 16], 0x1201, &[1, 2, 3, 4]), BROKEN),
        hostile("palette-of-0.dcm", palette(&[0, 0, 16], 0x1201, &[1, 2]), BROKEN),
        hostile("palette-empty.dcm", palette(&[256, 0, 8], 0x1201, &[]), BROKEN),
        hostile("palette-missing.dcm", palette(&[256, 0, 8], 0x1301, &[0; 256]), BROKEN),
        hostile("palette-in-a-circle.dcm", palette(&[256, 0, 16], 0x1221, &[2, 0, 1, 0, 0, 0, 0, 0]), BROKEN),
        hostile("palette-cut.dcm", palette(&[256, 0, 16], 0x1221, &[0, 0, 255, 0, 1, 0]), BROKEN),
    ]
}

/// A JPEG stream of one scan: what begins a frame of a size, one table, a scan, and hardly any data.
fn jpeg(frame: u8, bits: u8, side: u16, scan: &[u8]) -> Vec<u8> {
    let side = side.to_be_bytes();
    let table = b"\xff\xc4\0\x15\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01";
    let head = [&[0xff, 0xd8, 0xff, frame, 0, 11, bits][..], &side, &side, b"\x01\x01\x11\0"].concat();
    [&head[..], table, b"\xff\xda\0\x08\x01\x01", scan, b"\x55\x55"].concat()
}

/// The head of a JPEG 2000 stream, up to the data of its first tile.
fn jpeg_2000(side: u32, tile: u32) -> Vec<u8> {
    let mut siz = vec![0, 0];
    for number in [side, side, 0, 0, tile, tile, 0, 0] {
        siz.extend(number.to_be_bytes());
    }
    siz.extend(b"\0\x01\x07\x01\x01");
    let cod = b"\xff\x52\0\x0c\0\0\0\x01\0\x05\x04\x04\0\x01";
    let qcd = b"\xff\x5c\0\x13\x40\x40\x48\x48\x50\x48\x48\x50\x48\x48\x50\x48\x48\x50\x48\x48\x50";
    let tile = b"\xff\x90\0\x0a\0\0\0\0\0\x20\0\x01\xff\x93\x80\x80\x80\x80\xff\xd9";
    let length = (siz.len() as u16 + 2).to_be_bytes();
    [&b"\xff\x4f\xff\x51"[..], &length, &siz, cod, qcd, tile].concat()
}

/// Compressed pictures that say one thing and hold another.
fn streams() -> Vec<Hostile> {
    let packed =
        |syntax, side, bits, stream: &[u8]| part10(syntax, &image(side, side, bits, &fragments(&[stream])));
    let head_65535 =
        b"\xff\xd8\xff\xc0\0\x11\x08\xff\xff\xff\xff\x03\x01\x11\0\x02\x11\0\x03\x11\0\xff\xda\0\x0c";
    let head_4_gib = [&b"\xff\x4f\xff\x51\0\x2f\0\0\xff\xff\xff\xff\xff\xff\xff\xff"[..], &[0; 40]].concat();
    let large = 12_000;
    let lossless = jpeg(0xc3, 8, large, b"\x01\0\0");
    let ls = [
        &b"\xff\xd8\xff\xf7\0\x0b\x08"[..],
        &large.to_be_bytes(),
        &large.to_be_bytes(),
        b"\x01\x01\x11\0\xff\xda\0\x08\x01\x01\0\0\0\0\x55\x55\xff\xd9",
    ]
    .concat();
    let quantised = [&b"\xff\xdb\0\x43\0"[..], &[1; 64]].concat();
    // Scans that pass over a large picture by runs of 32,767 blocks in 15 bits each, and change nothing.
    let runs: Vec<u8> = (0..130).flat_map(|at| if at % 15 < 14 { [0xff, 0] } else { [0xfe, 0x7f] }).collect();
    let mut scans = [&[0xff, 0xd8][..], &quantised, &jpeg(0xc2, 8, large, b"\0\0\0")[2..]].concat();
    scans.extend(b"\xff\xc4\0\x14\x10\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xe0");
    for _ in 0..3000 {
        scans.extend(b"\xff\xda\0\x08\x01\x01\0\x01\x3f\0");
        scans.extend(&runs);
    }
    let baseline = [&[0xff, 0xd8][..], &quantised, &jpeg(0xc0, 8, large, b"\0\x3f\0")[2..]].concat();
    let offsets = [element(0x28, 8, b"IS", b"3 "), element(0x7fe0, 1, b"OV", &[0xff; 24])].concat();
    let pointed = [offsets, fragments(&[b"\xff\xd8\xff", b"\xff\xd8\xff"])].concat();
    vec![
        hostile("jpeg-65535.dcm", packed(JPEG, 2, 8, head_65535), BROKEN),
        hostile("jpeg-65535-header.dcm", packed(JPEG, 65_535, 8, head_65535), TOO_LARGE),
        hostile("jpeg-cut.dcm", packed(JPEG, 2, 8, b"\xff\xd8\xff\xc0\0\x11"), BROKEN),
        hostile("jpeg-12000-empty.dcm", packed(JPEG, large, 8, &baseline), BROKEN),
        hostile("jpeg-3000-scans.dcm", packed(JPEG, large, 8, &scans), TOO_LARGE),
        hostile(
            "jpeg-12-bit-12000-empty.dcm",
            packed(JPEG, large, 16, &jpeg(0xc1, 12, large, b"\0\x3f\0")),
            BROKEN,
        ),
        hostile("jpeg-lossless-12000-empty.dcm", packed(JPEG_LOSSLESS, large, 8, &lossless), BROKEN),
        hostile("jpeg-ls-12000-empty.dcm", packed(JPEG_LS, large, 8, &ls), BROKEN),
        hostile("jpeg-2000-4-gib.dcm", packed(JPEG_2000, 2, 8, &head_4_gib), TOO_LARGE),
        hostile("jpeg-2000-12000-empty.dcm", packed(JPEG_2000, large, 8, &jpeg_2000(12_000, 12_000)), BROKEN),
        hostile("jpeg-2000-small-tiles.dcm", packed(JPEG_2000, large, 8, &jpeg_2000(12_000, 1)), TOO_LARGE),
        hostile("jpeg-2000-60000-tiles.dcm", packed(JPEG_2000, large, 8, &jpeg_2000(12_000, 49)), TOO_LARGE),
        hostile("jpeg-2000-16000-tiles.dcm", packed(JPEG_2000, large, 8, &jpeg_2000(12_000, 94)), BROKEN),
        hostile("no-fragments.dcm", part10(RLE, &image(2, 2, 8, &fragments(&[]))), BROKEN),
        hostile("offsets-beyond.dcm", part10(JPEG, &image(2, 2, 8, &pointed)), BROKEN),
    ]
}

/// RLE whose head or runs lead astray.
fn runs() -> Vec<Hostile> {
    let head = |words: &[u32], rest: &[u8]| {
        let mut words = words.to_vec();
        words.resize(16, 0);
        [words.into_iter().flat_map(u32::to_le_bytes).collect(), rest.to_vec()].concat()
    };
    let packed = |side, bits, stream: &[u8]| part10(RLE, &image(side, side, bits, &fragments(&[stream])));
    vec![
        hostile("rle-cut.dcm", packed(2, 8, b"\x01\0\0\0\x40\0\0\0"), BROKEN),
        hostile("rle-empty.dcm", packed(2, 8, b""), BROKEN),
        hostile("rle-many.dcm", packed(2, 8, &[0xff; 70]), BROKEN),
        hostile("rle-too-few.dcm", packed(2, 8, &head(&[1, 64], &[0xff, 7])), BROKEN),
        hostile("rle-run-cut.dcm", packed(2, 8, &head(&[1, 64], &[0xfd])), BROKEN),
        hostile("rle-literal-cut.dcm", packed(2, 8, &head(&[1, 64], &[127, 1, 2, 3])), BROKEN),
        hostile("rle-nothing-for-ever.dcm", packed(2, 8, &head(&[1, 64], &vec![128; 1 << 20])), BROKEN),
        hostile("rle-backwards.dcm", packed(2, 16, &head(&[2, 66, 64], &[0xfd, 1, 0xfd, 2])), BROKEN),
        hostile("rle-beyond.dcm", packed(2, 8, &head(&[1, u32::MAX], &[0xfd, 1])), BROKEN),
        hostile("rle-12000-empty.dcm", packed(12_000, 16, &head(&[2, 64, 66], &[0x81, 0, 0x81, 0])), BROKEN),
    ]
}

/// A piece of a PNG, with its sum.
fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut sum = flate2::Crc::new();
    sum.update(name);
    sum.update(data);
    [&(data.len() as u32).to_be_bytes()[..], name, data, &sum.sum().to_be_bytes()].concat()
}

/// A PNG of a size and of one deflated stream.
fn png(width: u32, height: u32, colour: u8, data: &[u8]) -> Vec<u8> {
    let size = [width.to_be_bytes(), height.to_be_bytes()].concat();
    let head = chunk(b"IHDR", &[&size[..], &[8, colour, 0, 0, 0]].concat());
    // The head of a zlib stream; the sum at its end is never reached.
    let data = chunk(b"IDAT", &[&[0x78, 0xda], data].concat());
    [&b"\x89PNG\r\n\x1a\n"[..], &head, &data, &chunk(b"IEND", &[])].concat()
}

/// A TIFF of one page: fields of one number each.
fn tiff(fields: &[(u16, u32)]) -> Vec<u8> {
    let mut bytes = b"II\x2a\0\x08\0\0\0".to_vec();
    bytes.extend((fields.len() as u16).to_le_bytes());
    for (field, value) in fields {
        bytes.extend(field.to_le_bytes());
        bytes.extend([4, 0, 1, 0, 0, 0]);
        bytes.extend(value.to_le_bytes());
    }
    bytes
}

/// Pictures that are no DICOM files.
fn stills() -> Result<Vec<Hostile>> {
    let page = |side: u32, offset: u32, length: u32, next: u32| {
        let fields = [
            (256, side),
            (257, side),
            (258, 8),
            (259, 1),
            (262, 1),
            (273, offset),
            (277, 1),
            (278, side),
            (279, length),
        ];
        [tiff(&fields), next.to_le_bytes().to_vec(), vec![7; 16]].concat()
    };
    let stream = jpeg(0xc0, 8, 65_535, b"\0\x3f\0");
    Ok(vec![
        hostile("65535.png", png(65_535, 65_535, 0, &[]), TOO_LARGE),
        hostile("4-gib-wide.png", png(u32::MAX, 1, 0, &[]), TOO_LARGE),
        hostile("12000-empty.png", png(12_000, 12_000, 0, &deflated(&[])?), BROKEN),
        hostile("bomb.png", png(2, 2, 0, &bomb(2048)?), Ends::Shown(Toning::Range)),
        hostile("no-deflate.png", png(2, 2, 0, &[0xff; 64]), BROKEN),
        hostile("mark-alone.png", b"\x89PNG\r\n\x1a\n".to_vec(), BROKEN),
        hostile("65535.jpg", stream, TOO_LARGE),
        hostile("mark-alone.jpg", b"\xff\xd8\xff".to_vec(), BROKEN),
        hostile("65535.tif", page(65_535, 126, 16, 0), TOO_LARGE),
        hostile("12000-empty.tif", page(12_000, 126, 16, 0), BROKEN),
        hostile("strips-outside.tif", page(4, 0xffff_fff0, 16, 0), BROKEN),
        hostile("strip-of-4-gib.tif", page(4, 126, u32::MAX, 0), TOO_LARGE),
        hostile("pages-in-a-circle.tif", page(4, 126, 16, 8), BROKEN),
        hostile("page-outside.tif", [&b"II\x2a\0"[..], &0xffff_fff0_u32.to_le_bytes()].concat(), BROKEN),
        hostile("mark-alone.tif", b"II\x2a\0".to_vec(), BROKEN),
    ])
}
