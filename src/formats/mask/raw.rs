//! A mask as a bare array: cells one behind the other, columns fastest, the smallest byte of a number first. Such a file
//! says nothing of itself, so that its size and type are told beside it.

use std::io::{self, Read, Write};
use std::str::FromStr;

use super::{Form, Labels, Mask, MaskError, counted};

/// What a bare array is: `COLUMNSxROWS[xSLICES][:TYPE]`, bytes where no type is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Slices, rows, columns.
    shape: [usize; 3],
    flat: bool,
    kind: Kind,
}

/// How a cell is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    U8,
    U16,
    I16,
    I32,
}

const KINDS: [(&str, Kind); 4] =
    [("u8", Kind::U8), ("u16", Kind::U16), ("i16", Kind::I16), ("i32", Kind::I32)];

impl Kind {
    fn size(self) -> usize {
        match self {
            Kind::U8 => 1,
            Kind::U16 | Kind::I16 => 2,
            Kind::I32 => 4,
        }
    }

    fn value(self, bytes: &[u8]) -> i64 {
        match *bytes {
            [a] => i64::from(a),
            [a, b] if self == Kind::I16 => i64::from(i16::from_le_bytes([a, b])),
            [a, b] => i64::from(u16::from_le_bytes([a, b])),
            [a, b, c, d] => i64::from(i32::from_le_bytes([a, b, c, d])),
            _ => 0,
        }
    }
}

impl FromStr for Layout {
    type Err = String;

    fn from_str(said: &str) -> Result<Self, String> {
        let (sides, kind) = said.split_once(':').unwrap_or((said, "u8"));
        let kind = KINDS.iter().find(|(name, _)| *name == kind).map(|(_, kind)| *kind);
        let sides: Option<Vec<usize>> = sides.split(['x', '×']).map(|side| side.parse().ok()).collect();
        let shape = match sides.as_deref() {
            Some([columns, rows]) => Some(([1, *rows, *columns], true)),
            Some([columns, rows, slices]) => Some(([*slices, *rows, *columns], false)),
            _ => None,
        };
        let (Some(kind), Some((shape, flat))) = (kind, shape) else {
            let names: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
            return Err(format!(
                "say columns, rows and slices, and the type of a cell ({}): 512x512, 512x512x64:u16",
                names.join(", ")
            ));
        };
        counted(shape).map_err(|error| format!("such an array {error}"))?;
        Ok(Layout { shape, flat, kind })
    }
}

/// Reads a bare array.
///
/// # Errors
/// It holds more or fewer bytes than the layout says, or more labels than a map may.
pub fn read(mut source: impl Read, layout: Layout) -> Result<Mask, MaskError> {
    let cells = counted(layout.shape)?;
    let want = cells * layout.kind.size();
    let mut bytes = Vec::new();
    source.by_ref().take(want as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() != want {
        let found = if bytes.len() < want { bytes.len().to_string() } else { "more".into() };
        return Err(MaskError::bad(format!(
            "doesn't hold the {want} bytes of {cells} cells, but {found}: are size and type what --raw says?"
        )));
    }
    let mut labels = Labels::default();
    labels.cells.reserve_exact(cells);
    bytes.chunks_exact(layout.kind.size()).try_for_each(|cell| labels.push(layout.kind.value(cell)))?;
    let (cells, labels) = labels.sorted();
    let Layout { shape, flat, .. } = layout;
    Ok(Mask { shape, flat, spacing: None, placed: None, cells, labels, form: Form::Raw(layout) })
}

/// Writes a mask as a bare array of the same type.
///
/// # Errors
/// It can't be written.
pub fn write(mask: &Mask, layout: Layout, mut out: impl Write) -> io::Result<()> {
    const PART: usize = 1 << 14;
    let value = |cell: &u8| mask.labels.get(usize::from(*cell).wrapping_sub(1)).copied().unwrap_or(0);
    for part in mask.cells.chunks(PART) {
        let values = part.iter().map(value);
        // The labels came from cells of this type.
        let bytes: Vec<u8> =
            values.flat_map(|value| value.to_le_bytes().into_iter().take(layout.kind.size())).collect();
        out.write_all(&bytes)?;
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_as_what_was_read() -> Result<(), Box<dyn std::error::Error>> {
        for (kind, cells) in [
            ("u8", [0i64, 255, 3, 3, 0, 7]),
            ("u16", [0, 65_535, 256, 3, 0, 256]),
            ("i16", [0, -1, -300, 3, 0, 9]),
            ("i32", [0, -70_000, 70_000, 3, 0, 9]),
        ] {
            let layout: Layout = format!("3x1x2:{kind}").parse()?;
            let bytes: Vec<u8> = cells
                .iter()
                .flat_map(|cell| cell.to_le_bytes().into_iter().take(layout.kind.size()))
                .collect();
            let mask = read(bytes.as_slice(), layout)?;
            assert_eq!((mask.shape, mask.flat), ([2, 1, 3], false));
            let mut labels: Vec<i64> = cells.into_iter().filter(|cell| *cell != 0).collect();
            labels.sort_unstable();
            labels.dedup();
            assert_eq!(mask.labels, labels);
            let mut back = Vec::new();
            write(&mask, layout, &mut back)?;
            assert_eq!(back, bytes);
            let short = read(&bytes[1..], layout).map_err(|error| error.to_string());
            assert!(short.is_err_and(|why| why.contains("of 6 cells")));
            let long = [bytes.as_slice(), &[0]].concat();
            assert!(read(long.as_slice(), layout).is_err_and(|error| error.to_string().contains("but more")));
        }
        Ok(())
    }

    #[test]
    fn a_layout_is_two_or_three_sides() {
        assert_eq!("3x2".parse::<Layout>().map(|layout| (layout.shape, layout.flat)), Ok(([1, 2, 3], true)));
        for wrong in ["", "3", "3x2x1x1", "3x0", "3x2:f64", "99999999x99999999x9", "-3x2", "3xx2"] {
            assert!(wrong.parse::<Layout>().is_err(), "{wrong}");
        }
    }
}
