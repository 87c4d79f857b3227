//! A first look at the pixels of an image as it comes in: a few of its frames, each whole and at full accuracy, so that the
//! same pixels have the same hash however they are packed. Says what is found and judges nothing: that is `domain::checks`'.

use dicom_dictionary_std::tags;
use sha2::{Digest, Sha256};

use super::about::About;
use super::colours::{colour, palette};
use super::fault::{Fault, FaultKind};
use super::header;
use super::letters;
use super::light;
use super::limits::Limits;
use super::opened::Opened;
use super::pixels::{self, Which};
use super::raster::{Colour, Raster};
use super::samples::Samples;
use super::still::{self, Kind};
use crate::domain::image::{BurntIn, Image, Looked, Orientation, Quality};

/// Pixels of a frame beyond which it is not looked at.
const PIXELS: u64 = 64 << 20;
/// Pixels of the frames looked at together beyond which no further one is: not time, so that the same image always has the
/// same hash.
const TOGETHER: u64 = 24 << 20;
/// Characters of a fault's words that are kept.
const WORDS: usize = 300;

/// Looks at the first, the middle and the last stored frame. What can't be decoded is a finding and no error.
pub(super) fn assess(file: &mut Opened, image: &Image, limits: &Limits) -> Quality {
    let raster = match file
        .values(0, limits)
        .map_err(|fault| fault.words.clone())
        .and_then(|values| Raster::read(values, limits).map_err(|fault| fault.words))
    {
        Ok(raster) => raster,
        Err(words) => return Quality::of(Looked::Fault(words)),
    };
    let mut seen = Seen::new(&raster, image);
    seen.all(&raster, |number| {
        file.values(number, limits)?;
        let Opened { outline, source, values: (_, values), kept, .. } = file;
        let part = [0, 0, raster.columns, raster.rows];
        let which = Which { number, part, enough: None };
        let samples = pixels::samples(outline, &mut **source, values, kept, which, limits)?;
        Pixels::of(&samples, values)
    });
    let bytes = file.outline.pixels.as_ref().and_then(|pixels| {
        let here = pixels.declared?.min(pixels.left);
        Some([here, (raster.frame_bits() * u64::from(raster.frames)).div_ceil(8)])
    });
    Quality { bytes, orientation: orientation(&file.values.1), ..seen.quality() }
}

/// The same of a picture that is no DICOM file.
pub(super) fn still(kind: Kind, file: &mut std::fs::File, image: &Image, limits: &Limits) -> Quality {
    let raster = match still::raster(kind, file, limits) {
        Ok(raster) => raster,
        Err(fault) => return Quality::of(Looked::Fault(fault.words)),
    };
    let mut seen = Seen::new(&raster, image);
    seen.all(&raster, |number| {
        Pixels::of(&still::samples(kind, file, number, limits)?.0, &header::Values::none())
    });
    seen.quality()
}

/// Tells whether this can be what a child says that is in order.
pub(super) fn is_sound(quality: &Quality) -> bool {
    let extreme = |pair: &Option<[f64; 2]>| {
        pair.is_none_or(|[value, share]| value.is_finite() && (0.0..=1.0).contains(&share))
    };
    let short = match &quality.looked {
        Looked::Frames(_) => true,
        Looked::Fault(words) | Looked::Not(words) => words.chars().count() <= WORDS,
    };
    let hash = |text: &String| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    short
        && extreme(&quality.lowest)
        && extreme(&quality.highest)
        && quality.pixels.as_ref().is_none_or(hash)
        && quality.twin.is_none()
}

fn orientation(values: &header::Values) -> Orientation {
    if About::read(values).sides.is_some() {
        return Orientation::Known;
    }
    let cosines = values.numbers(tags::PLANE_ORIENTATION_SEQUENCE, tags::IMAGE_ORIENTATION_PATIENT);
    // Letters that no person has may be those of an animal.
    if cosines.is_empty() { Orientation::Unknown } else { Orientation::Implausible }
}

/// The pixels of a frame, as they are decoded.
enum Pixels {
    /// Stored values of at most 16 bits, and which of them mean that nothing was measured.
    Narrow {
        counts: Vec<u16>,
        lowest: i32,
        padding: Option<(i64, i64)>,
    },
    Wide(Vec<f64>),
    /// Red, green, blue.
    Colours(Vec<u8>),
}

impl Pixels {
    fn of(samples: &Samples, values: &header::Values) -> Result<Self, Fault> {
        let raster = &samples.raster;
        let gray = matches!(raster.colour, Colour::Gray | Colour::Inverted);
        let (pixels, count) = if gray && samples.narrow() {
            let counts = samples.counted([0, 0, raster.columns, raster.rows]);
            let count = counts.len();
            let padding = light::padding(values, raster);
            (Pixels::Narrow { counts, lowest: samples.lowest(), padding }, count)
        } else if gray {
            let wide: Vec<f64> = samples.wide().collect();
            let count = wide.len();
            (Pixels::Wide(wide), count)
        } else {
            let bytes = match raster.colour {
                Colour::Palette => palette(samples, values)?,
                _ => colour(samples),
            };
            let count = bytes.len() / 3;
            (Pixels::Colours(bytes), count)
        };
        match count as u64 == raster.pixels() {
            true => Ok(pixels),
            false => Err(Fault::broken("there are fewer pixels than the header says")),
        }
    }
}

/// What was seen of the frames so far.
struct Seen {
    looked: Looked,
    hash: Sha256,
    /// How often each value occurs, from −32,768 on; of gray of at most 16 bits.
    tally: Vec<u64>,
    /// Those that mean that nothing was measured.
    padding: u64,
    /// Of gray of more bits: the lowest and the highest, each with how often it occurs, and how many there are.
    wide: Option<([f64; 2], [u64; 2], u64)>,
    /// The first colour, and whether there is another.
    colours: Option<([u8; 3], bool)>,
    /// Letters are looked for, since the header doesn't rule them out.
    reads: bool,
    text_rows: u32,
    inverted: bool,
    columns: usize,
}

impl Seen {
    fn new(raster: &Raster, image: &Image) -> Self {
        let mut hash = Sha256::new();
        for number in [raster.columns, raster.rows, raster.frames, raster.samples] {
            hash.update(number.to_le_bytes());
        }
        Seen {
            looked: Looked::Frames(0),
            hash,
            tally: Vec::new(),
            padding: 0,
            wide: None,
            colours: None,
            reads: image.burnt_in() == BurntIn::Possible,
            text_rows: 0,
            inverted: raster.colour == Colour::Inverted,
            columns: raster.columns as usize,
        }
    }

    /// Looks at the first, the middle and the last frame; of large ones at fewer.
    fn all(&mut self, raster: &Raster, mut decode: impl FnMut(u32) -> Result<Pixels, Fault>) {
        if raster.pixels() > PIXELS {
            let words = format!("a frame has more than {PIXELS} pixels");
            self.looked = Looked::Not(words);
            return;
        }
        let last = raster.frames.max(1) - 1;
        let mut numbers = vec![0, last / 2, last];
        numbers.dedup();
        let enough = (TOGETHER / raster.pixels().max(1)).max(1) as usize;
        for (done, number) in (0..).zip(numbers.into_iter().take(enough)) {
            match decode(number) {
                Ok(pixels) => self.take(&pixels, number),
                Err(Fault { kind, words }) => {
                    let words = if last > 0 { format!("frame {number}: {words}") } else { words };
                    let words = words.chars().take(WORDS).collect();
                    let known_bound = kind == FaultKind::TooLarge;
                    self.looked = if known_bound { Looked::Not(words) } else { Looked::Fault(words) };
                    return;
                }
            }
            self.looked = Looked::Frames(done + 1);
        }
    }

    fn take(&mut self, pixels: &Pixels, number: u32) {
        self.hash.update(number.to_le_bytes());
        let bright = match pixels {
            Pixels::Narrow { counts, lowest, padding } => self.narrow(counts, *lowest, *padding),
            Pixels::Wide(values) => self.wide(values),
            Pixels::Colours(bytes) => self.colours(bytes),
        };
        if let Some(grays) = bright {
            self.text_rows = self.text_rows.max(letters::rows(&grays, self.columns));
        }
    }

    /// Takes values in, and gives them as 8-bit grays where letters are looked for.
    fn narrow(&mut self, counts: &[u16], lowest: i32, padding: Option<(i64, i64)>) -> Option<Vec<u8>> {
        self.tally.resize(1 << 17, 0);
        let mut block = Vec::with_capacity(1 << 16);
        let (mut low, mut high) = (u16::MAX, 0);
        for stretch in counts.chunks(1 << 15) {
            block.clear();
            for count in stretch {
                let value = i32::from(*count) + lowest;
                block.extend_from_slice(&(value as u16).to_le_bytes());
                if let Some(times) = self.tally.get_mut((value + 32_768) as usize) {
                    *times += 1;
                }
                (low, high) = (low.min(*count), high.max(*count));
            }
            self.hash.update(&block);
        }
        if let Some((from, to)) = padding {
            let is_padding = |value: i64| (from..=to).contains(&value);
            let values = (-32_768_i64..).zip(&self.tally).filter(|(value, _)| is_padding(*value));
            self.padding = values.map(|(_, times)| *times).sum();
            // What was measured is what is counted.
            if self.padding < self.tally.iter().sum() {
                (-32_768_i64..)
                    .zip(&mut self.tally)
                    .filter(|(v, _)| is_padding(*v))
                    .for_each(|(_, n)| *n = 0);
            }
        }
        let span = f64::from(high.saturating_sub(low)).max(1.0);
        self.reads.then(|| {
            let gray = |count: &u16| (f64::from(count.saturating_sub(low)) / span * 255.0) as u8;
            counts.iter().map(|count| light::polarity(self.inverted, gray(count))).collect()
        })
    }

    fn wide(&mut self, values: &[f64]) -> Option<Vec<u8>> {
        for stretch in values.chunks(1 << 13) {
            let bytes: Vec<u8> = stretch.iter().flat_map(|value| value.to_le_bytes()).collect();
            self.hash.update(&bytes);
        }
        let (ends, times, count) = self.wide.get_or_insert(([f64::INFINITY, f64::NEG_INFINITY], [0, 0], 0));
        for value in values.iter().filter(|value| value.is_finite()) {
            *count += 1;
            if *value < ends[0] {
                (ends[0], times[0]) = (*value, 0);
            }
            if *value > ends[1] {
                (ends[1], times[1]) = (*value, 0);
            }
            times[0] += u64::from(*value == ends[0]);
            times[1] += u64::from(*value == ends[1]);
        }
        None
    }

    fn colours(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        self.hash.update(bytes);
        let pixels = bytes.as_chunks::<3>().0;
        if let Some(first) = pixels.first() {
            let (known, other) = self.colours.get_or_insert((*first, false));
            *other |= pixels.iter().any(|pixel| pixel != known);
        }
        // Rec. 601.
        let gray = |[r, g, b]: &[u8; 3]| {
            ((u32::from(*r) * 299 + u32::from(*g) * 587 + u32::from(*b) * 114) / 1000) as u8
        };
        self.reads.then(|| pixels.iter().map(gray).collect())
    }

    fn quality(self) -> Quality {
        let Looked::Frames(1..) = self.looked else { return Quality::of(self.looked) };
        let total: u64 = self.tally.iter().sum();
        let share = |times: u64, of: u64| times as f64 / of.max(1) as f64;
        let at = |(value, times): (i64, &u64)| [value as f64, share(*times, total)];
        let mut found = (-32_768_i64..).zip(&self.tally).filter(|(_, times)| **times > 0);
        let (lowest, highest) = match (self.wide, found.next()) {
            (Some((ends, times, count)), _) if count > 0 => {
                (Some([ends[0], share(times[0], count)]), Some([ends[1], share(times[1], count)]))
            }
            (_, Some(first)) => (Some(at(first)), Some(at(found.last().unwrap_or(first)))),
            _ => (None, None),
        };
        let gray = lowest.zip(highest).is_some_and(|(low, high)| low[0] == high[0])
            && (self.padding == 0 || self.padding == total);
        let empty = gray || self.colours.is_some_and(|(_, other)| !other);
        let digits = self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Quality {
            lowest,
            highest,
            inverted: self.inverted,
            empty,
            text_rows: self.text_rows,
            // Empty pictures are all alike, and none is another's duplicate.
            pixels: (!empty).then_some(digits),
            ..Quality::of(self.looked)
        }
    }
}
