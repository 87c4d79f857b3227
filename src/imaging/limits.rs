//! How much of anything a file may ask for. Every bound on input of the imaging layer stands here and nowhere else.

use thiserror::Error;

const MIB: u64 = 1 << 20;

/// The bounds on one file and on the process that decodes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a file.
    pub file: u64,
    /// Rows, and columns, of an image.
    pub side: u32,
    /// Bytes of one stored frame, compressed or not.
    pub frame: u64,
    /// Frames of an image.
    pub frames: u32,
    /// How many times its stored size deflated data may grow to, beyond the first [`Limits::inflate_free`] bytes.
    pub inflate_ratio: u64,
    /// Bytes of inflated data that are allowed at any ratio: an empty mask shrinks a thousandfold.
    pub inflate_free: u64,
    /// Bytes of inflated data at most.
    pub inflate: u64,
    /// Sequences within sequences.
    pub depth: u32,
    /// Elements and items of a header.
    pub elements: u64,
    /// Bytes of the header's elements that are read, not only passed over.
    pub header: u64,
    /// Fragments of compressed pixel data.
    pub fragments: u64,
    /// Tiles of a JPEG 2000 picture, each of which costs its decoder some 10 kB, empty or not.
    pub codestream_tiles: u64,
    /// Scans of a JPEG picture: each goes over the whole picture, and takes hardly any bytes where it changes nothing.
    pub scans: u64,
    /// Rows, and columns, of a slide whose frames are tiles of it.
    pub slide: u32,
    /// Pixels of the tiles that are decoded for one view of a slide: where more would be needed, each tile stands for others.
    pub tiles: u64,
    /// Bytes of decoded samples, and of inflated files, that a child keeps after it has answered.
    pub kept: u64,
    /// Bytes of the 8-bit picture that goes to the parent, which has to stay under 300 MB.
    pub picture: u64,
    /// Bytes of the values that go to the parent; of what has more, an 8-bit picture goes.
    pub values: u64,
    /// Bytes of address space of a child.
    pub memory: u64,
    /// Processor seconds of a child for one request.
    pub cpu_seconds: u64,
    /// Files that a child may have open.
    pub open_files: u64,
}

impl Limits {
    /// The bounds that the program keeps.
    pub const STANDARD: Limits = Limits {
        file: 2048 * MIB,
        side: 32_768,
        frame: 512 * MIB,
        frames: 100_000,
        inflate_ratio: 200,
        inflate_free: MIB,
        inflate: 1024 * MIB,
        depth: 32,
        elements: 4_000_000,
        header: 16 * MIB,
        fragments: 1_000_000,
        codestream_tiles: 16_384,
        scans: 100,
        slide: 1 << 20,
        tiles: 48 << 20,
        kept: 128 * MIB,
        picture: 160 * MIB,
        values: 96 * MIB,
        memory: 1536 * MIB,
        cpu_seconds: 20,
        open_files: 16,
    };

    /// Gives how many bytes `stored` deflated bytes may become.
    pub fn inflated(&self, stored: u64) -> u64 {
        stored.saturating_mul(self.inflate_ratio).max(self.inflate_free).min(self.inflate)
    }
}

/// A file asks for more than it may.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what} would be more than the limit of {limit}")]
pub struct Exceeded {
    pub what: &'static str,
    pub limit: u64,
}

/// Refuses a count or size over its limit.
pub fn within(what: &'static str, value: impl Into<u64>, limit: impl Into<u64>) -> Result<(), Exceeded> {
    let limit = limit.into();
    if value.into() > limit { Err(Exceeded { what, limit }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_holds_at_its_edge() {
        let limits = Limits::STANDARD;
        for (what, limit) in [
            ("file", limits.file),
            ("rows", limits.side.into()),
            ("frame", limits.frame),
            ("frames", limits.frames.into()),
            ("inflated data", limits.inflate),
            ("depth", limits.depth.into()),
            ("elements", limits.elements),
            ("header", limits.header),
            ("fragments", limits.fragments),
            ("tiles of a stream", limits.codestream_tiles),
            ("tiles", limits.tiles),
            ("scans", limits.scans),
            ("picture", limits.picture),
            ("values", limits.values),
        ] {
            assert_eq!(within(what, limit - 1, limit), Ok(()));
            assert_eq!(within(what, limit, limit), Ok(()));
            assert_eq!(within(what, limit + 1, limit), Err(Exceeded { what, limit }));
        }
    }

    #[test]
    fn deflated_data_may_grow_by_ratio_up_to_a_gibibyte() {
        let limits = Limits::STANDARD;
        assert_eq!(limits.inflated(100), MIB);
        assert_eq!(limits.inflated(MIB), 200 * MIB);
        assert_eq!(limits.inflated(limits.file), 1024 * MIB);
        assert_eq!(limits.inflated(u64::MAX), 1024 * MIB);
    }
}
