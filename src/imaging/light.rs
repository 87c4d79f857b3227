//! From stored values to gray: the modality's transformation, the window or lookup table, the inversion of MONOCHROME1
//! (PS3.3 C.11.1, C.11.2). Pure arithmetic on values already read.

use dicom_core::header::HasLength;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;
use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::frame::Tones;
use super::header::Values;
use super::raster::{Colour, Raster};
use super::window::{Curve, Window};

/// A lookup table: the value of the first entry, the bits of an entry, the entries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Table {
    pub first: i64,
    pub bits: u32,
    /// How many entries there are.
    pub count: u32,
    #[serde(skip)]
    pub entries: Vec<u16>,
}

impl Table {
    /// Makes a table of a descriptor (entries, first, bits) and its data; `signed` says how the first value is meant. None
    /// where the data hold fewer entries than the descriptor promises: what the others mean nobody knows.
    pub fn new(descriptor: &[i64], data: &[u8], signed: bool) -> Option<Self> {
        let [count, first, bits] = *descriptor.first_chunk()?;
        // 0 stands for 65,536 (PS3.3 C.11.1.1.1), and the numbers are 16 bits wide, signed or not.
        let count = match count.rem_euclid(65_536) {
            0 => 65_536,
            count => usize::try_from(count).ok()?,
        };
        let first = first.rem_euclid(65_536);
        let first = if signed && first > 32_767 { first - 65_536 } else { first };
        let words = || data.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        // Entries of 8 bits stand one to a byte, or one to a word.
        let entries: Vec<u16> = if data.len() >= count * 2 || (bits > 8 && data.len() >= 2) {
            words().take(count).collect()
        } else {
            data.iter().take(count).map(|byte| u16::from(*byte)).collect()
        };
        let bits = u32::try_from(bits).ok().filter(|bits| (1..=16).contains(bits))?;
        (entries.len() == count).then_some(Table { first, bits, count: count as u32, entries })
    }

    /// Reads the first item of a sequence of tables.
    fn read(items: &[InMemDicomObject], signed: bool) -> Option<Self> {
        let item = items.first()?;
        let descriptor: Vec<i64> = item.get(tags::LUT_DESCRIPTOR)?.to_multi_int().ok()?;
        let data = item.get(tags::LUT_DATA)?.to_bytes().ok()?;
        Table::new(&descriptor, &data, signed)
    }

    /// Gives the entry for a value; values beyond either end get the entry there.
    pub fn entry(&self, value: f64) -> u16 {
        let place = (value - self.first as f64).clamp(0.0, self.entries.len().saturating_sub(1) as f64);
        // Rounded, since a table may follow a rescale that gives no whole numbers; the cast takes NaN as 0.
        self.entries.get(place.round() as usize).copied().unwrap_or_default()
    }

    /// Gives an entry as 8 bits.
    pub fn byte(&self, value: f64) -> u8 {
        let top = f64::from((1_u32 << self.bits) - 1);
        (f64::from(self.entry(value)) / top * 255.0).round() as u8
    }
}

/// From stored values to those that a window speaks of.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Modality {
    Rescale { slope: f64, intercept: f64 },
    Table(Table),
}

impl Modality {
    /// Reads the rescale or the table.
    ///
    /// # Errors
    /// Words for a table that is damaged: without it nobody knows what the values mean.
    pub fn read(values: &Values, raster: &Raster) -> Result<Self, Fault> {
        let group = tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE;
        let number = |name| values.numbers(group, name).first().copied();
        if let (Some(slope), Some(intercept)) = (number(tags::RESCALE_SLOPE), number(tags::RESCALE_INTERCEPT))
        {
            // A slope of 0 would make every pixel the same; it stands in files that mean 1.
            return Ok(Modality::Rescale { slope: if slope == 0.0 { 1.0 } else { slope }, intercept });
        }
        // Some files hold the sequence with nothing in it.
        let told = |item: &&InMemDicomObject| {
            let holds = |name| item.get(name).is_some_and(|element| !element.is_empty());
            holds(tags::LUT_DESCRIPTOR) || holds(tags::LUT_DATA)
        };
        match values.items(tags::MODALITY_LUT_SEQUENCE) {
            items if items.first().filter(told).is_none() => {
                Ok(Modality::Rescale { slope: 1.0, intercept: 0.0 })
            }
            items => Table::read(items, raster.signed)
                .map(Modality::Table)
                .ok_or_else(|| Fault::broken("the table that gives the values their meaning is damaged")),
        }
    }

    pub fn apply(&self, stored: f64) -> f64 {
        match self {
            Modality::Rescale { slope, intercept } => stored * slope + intercept,
            Modality::Table(table) => table.entry(stored).into(),
        }
    }
}

/// Modalities whose values mean nothing by themselves: without a window, their percentiles are shown.
const SPREAD: [&str; 11] = ["MR", "CR", "DX", "MG", "IO", "PX", "RG", "RF", "XA", "NM", "PT"];

/// Windows of a file that are kept at most.
const WINDOWS: usize = 16;

/// Reads what the file says of windows and tables. Values of up to 16 bits have been put through the modality's table, wider
/// ones through its rescale too.
pub(super) fn tones(
    values: &Values,
    raster: &Raster,
    modality: &Modality,
    lowest: i32,
    counts: bool,
) -> Tones {
    let group = tags::FRAME_VOILUT_SEQUENCE;
    let curve = match values.grouped_code(group, tags::VOILUT_FUNCTION).as_deref() {
        Some("LINEAR_EXACT") => Curve::LinearExact,
        Some("SIGMOID") => Curve::Sigmoid,
        _ => Curve::Linear,
    };
    // Only the linear function needs a width of at least 1.
    let fits = |width: f64| if curve == Curve::Linear { width >= 1.0 } else { width > 0.0 };
    let widths = values.numbers(group, tags::WINDOW_WIDTH);
    let levels = values.numbers(group, tags::WINDOW_CENTER);
    let pairs = widths.iter().copied().zip(levels).take(WINDOWS);
    let texts = values.grouped_texts(group, tags::WINDOW_CENTER_WIDTH_EXPLANATION);
    let texts = texts.into_iter().chain(std::iter::repeat(None));
    let named = pairs.map(|(width, level)| Window { width, level }).zip(texts);
    // If the first makes no sense, the others are not what the file is shown with.
    let sound = widths.first().is_some_and(|first| fits(*first));
    let (windows, names) = named.filter(|(window, _)| sound && fits(window.width)).unzip();
    // The table's first value is signed if what goes in can be negative.
    let signed = match modality {
        Modality::Rescale { slope, intercept } => raster.signed || *slope < 0.0 || *intercept < 0.0,
        Modality::Table(_) => false,
    };
    let (slope, intercept) = match modality {
        Modality::Rescale { slope, intercept } if counts => (*slope, *intercept),
        _ => (1.0, 0.0),
    };
    // Where the file says how its values are to be presented, this goes before the name of its colours, in DCMTK too.
    let inverted = match values.code(tags::PRESENTATION_LUT_SHAPE).as_deref() {
        Some("INVERSE") => true,
        Some("IDENTITY") => false,
        _ => raster.colour == Colour::Inverted,
    };
    Tones {
        lowest: if matches!(modality, Modality::Table(_)) { 0 } else { lowest },
        bits: if matches!(modality, Modality::Table(_)) { 16 } else { raster.stored.min(16) },
        fraction: 0,
        slope,
        intercept,
        inverted,
        windows,
        names,
        curve,
        table: Table::read(values.items(tags::VOILUT_SEQUENCE), signed),
        range: (0.0, 0.0),
        percentiles: None,
        // What a CT measures has a meaning of its own, and few gray levels leave nothing to cut off.
        by_percentiles: raster.stored > 8
            && values.code(tags::MODALITY).is_some_and(|modality| SPREAD.contains(&modality.as_str())),
    }
}

/// The stored values that mean 'no measurement' (PS3.3 C.7.5.1.1.2), which the range of a frame leaves out.
pub(super) fn padding(values: &Values, raster: &Raster) -> Option<(i64, i64)> {
    let one = values.integer(tags::PIXEL_PADDING_VALUE)?;
    let other = values.integer(tags::PIXEL_PADDING_RANGE_LIMIT).unwrap_or(one);
    // Implicit files do not say whether the number is signed.
    let sign = |value: i64| match raster.signed && raster.allocated == 16 && value > 32_767 {
        true => value - 65_536,
        false => value,
    };
    let (one, other) = (sign(one), sign(other));
    Some((one.min(other), one.max(other)))
}

/// Turns gray where low values are white.
pub(super) fn polarity(inverted: bool, gray: u8) -> u8 {
    if inverted { 255 - gray } else { gray }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_holds_its_ends_and_counts_65536_as_0() {
        let table = Table::new(&[3, 65_534, 16], &[0, 0, 0x34, 0x12, 0xff, 0xff], true);
        let table = table.unwrap_or_else(|| unreachable!("three entries"));
        assert_eq!(table.first, -2);
        for (value, entry) in
            [(-9.0, 0), (-2.0, 0), (-1.0, 0x1234), (0.0, 0xffff), (7.0, 0xffff), (f64::NAN, 0)]
        {
            assert_eq!(table.entry(value), entry, "{value}");
        }
        let bytes = Table::new(&[4, 0, 8], &[1, 2, 3, 255], false);
        assert_eq!(bytes.as_ref().map(|table| table.byte(3.0)), Some(255));
        let words = Table::new(&[2, 0, 8], &[1, 0, 255, 0], false);
        assert_eq!(words.map(|table| table.entries), Some(vec![1, 255]));
        let whole = Table::new(&[0, 0, 16], &vec![0; 131_072], false);
        assert_eq!(whole.map(|table| table.entries.len()), Some(65_536));
        for (descriptor, data) in [
            (&[2, 0][..], &[1, 2][..]),
            (&[2, 0, 16], &[]),
            (&[2, 0, 99], &[1, 2]),
            (&[3, 0, 16], &[1, 2, 3, 4]),
        ] {
            assert_eq!(Table::new(descriptor, data, false), None);
        }
    }
}
