//! NIfTI-1 in one file, packed or not, of either order of bytes: the header's sides, type, scale and spacing, and one
//! volume of cells.
//!
//! The layout is that of nifti1.h (Cox and others 2004), <https://nifti.nimh.nih.gov/nifti-1>.

use std::io::{self, Read, Write};

use super::{Form, Labels, Mask, MaskError, counted};

/// Bytes of a header.
const HEADER: usize = 348;
/// Where cells may begin at most: what lies before them are extensions, which are passed over.
const FURTHEST: f32 = 16_777_216.0;
/// Cells that are read in one go.
const PART: usize = 1 << 14;

/// A header as it stands in the file, for the copy that a result goes out with.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    bytes: Vec<u8>,
    /// The largest byte of a number comes first.
    big: bool,
}

impl Header {
    fn bytes<const N: usize>(&self, at: usize) -> [u8; N] {
        let mut found = [0; N];
        if let Some(bytes) = self.bytes.get(at..at + N) {
            found.copy_from_slice(bytes);
        }
        if self.big {
            found.reverse();
        }
        found
    }

    fn short(&self, at: usize) -> i16 {
        i16::from_le_bytes(self.bytes(at))
    }

    fn int(&self, at: usize) -> i32 {
        i32::from_le_bytes(self.bytes(at))
    }

    fn float(&self, at: usize) -> f32 {
        f32::from_le_bytes(self.bytes(at))
    }

    fn set<const N: usize>(&mut self, at: usize, mut number: [u8; N]) {
        if self.big {
            number.reverse();
        }
        if let Some(place) = self.bytes.get_mut(at..at + N) {
            place.copy_from_slice(&number);
        }
    }

    /// Gives the header of a mask that came from another kind of file: its sides, spacing in mm, and place.
    pub fn of(mask: &Mask) -> Header {
        let mut header = Header { bytes: vec![0; HEADER], big: false };
        let [slices, rows, columns] = mask.shape;
        header.set(0, (HEADER as i32).to_le_bytes());
        // A side beyond what a header can say was refused by the number of cells, but for a line of them.
        let side = |cells: usize| i16::try_from(cells).unwrap_or(i16::MAX).to_le_bytes();
        for (n, side) in [3i16.to_le_bytes(), side(columns), side(rows), side(slices)].into_iter().enumerate()
        {
            header.set(40 + 2 * n, side);
        }
        (4..8).for_each(|n| header.set(40 + 2 * n, 1i16.to_le_bytes()));
        header.set(76, 1f32.to_le_bytes());
        let [z, y, x] = mask.spacing.unwrap_or([1.0; 3]);
        for (n, step) in [x, y, z].into_iter().enumerate() {
            header.set(80 + 4 * n, (step as f32).to_le_bytes());
        }
        // mm
        header.set(123, [2u8]);
        if let Some(placed) = mask.placed {
            header.set(254, 1i16.to_le_bytes());
            placed.iter().enumerate().for_each(|(n, value)| header.set(280 + 4 * n, value.to_le_bytes()));
        }
        if let Some(magic) = header.bytes.get_mut(344..348) {
            magic.copy_from_slice(b"n+1\0");
        }
        header
    }

    /// Gives the same with another spacing in mm by axis, slices first; what says where cells lie keeps its directions and
    /// where the first cell lies.
    pub fn spaced(&self, spacing: [f64; 3]) -> Header {
        let mut header = self.clone();
        let unit = self.unit();
        let [z, y, x] = spacing;
        for (axis, step) in [x, y, z].into_iter().enumerate() {
            let step = (step / unit) as f32;
            header.set(80 + 4 * axis, step.to_le_bytes());
            let column = |row: usize| 280 + 16 * row + 4 * axis;
            let before = (0..3).map(|row| self.float(column(row)).powi(2)).sum::<f32>().sqrt();
            if before > 0.0 {
                (0..3).for_each(|row| {
                    header.set(column(row), (self.float(column(row)) / before * step).to_le_bytes());
                });
            }
        }
        header
    }

    /// How many mm its unit of length is; a file that names no unit means mm.
    fn unit(&self) -> f64 {
        match self.bytes.get(123).copied().unwrap_or(0) & 7 {
            1 => 1000.0,
            3 => 0.001,
            _ => 1.0,
        }
    }

    fn blank(&mut self, at: usize, length: usize) {
        if let Some(place) = self.bytes.get_mut(at..at + length) {
            place.fill(0);
        }
    }
}

/// How a cell is stored.
#[derive(Clone, Copy)]
enum Kind {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    F32,
    F64,
}

impl Kind {
    fn of(code: i16) -> Option<Self> {
        Some(match code {
            2 => Kind::U8,
            4 => Kind::I16,
            8 => Kind::I32,
            16 => Kind::F32,
            64 => Kind::F64,
            256 => Kind::I8,
            512 => Kind::U16,
            768 => Kind::U32,
            _ => return None,
        })
    }

    fn size(self) -> usize {
        match self {
            Kind::U8 | Kind::I8 => 1,
            Kind::U16 | Kind::I16 => 2,
            Kind::U32 | Kind::I32 | Kind::F32 => 4,
            Kind::F64 => 8,
        }
    }

    /// Reads one cell from as many bytes as it has, the smallest first.
    fn value(self, bytes: &[u8]) -> f64 {
        fn fixed<const N: usize>(bytes: &[u8]) -> [u8; N] {
            std::array::from_fn(|n| bytes.get(n).copied().unwrap_or(0))
        }
        match self {
            Kind::U8 => f64::from(u8::from_le_bytes(fixed(bytes))),
            Kind::I8 => f64::from(i8::from_le_bytes(fixed(bytes))),
            Kind::U16 => f64::from(u16::from_le_bytes(fixed(bytes))),
            Kind::I16 => f64::from(i16::from_le_bytes(fixed(bytes))),
            Kind::U32 => f64::from(u32::from_le_bytes(fixed(bytes))),
            Kind::I32 => f64::from(i32::from_le_bytes(fixed(bytes))),
            Kind::F32 => f64::from(f32::from_le_bytes(fixed(bytes))),
            Kind::F64 => f64::from_le_bytes(fixed(bytes)),
        }
    }
}

/// Reads one volume.
pub(super) fn read(mut source: impl Read) -> Result<Mask, MaskError> {
    let header = header(&mut source)?;
    let (shape, flat) = shape(&header)?;
    let cells = counted(shape)?;
    let code = header.short(70);
    let kind = Kind::of(code).ok_or_else(|| {
        MaskError::bad(format!(
            "has cells of type {code}: a mask is of whole or floating numbers of 8 to 64 bits"
        ))
    })?;
    let offset = header.float(108);
    if !(HEADER as f32..=FURTHEST).contains(&offset) {
        return Err(MaskError::bad(format!("says that its cells begin at byte {offset}")));
    }
    let between = offset as u64 - HEADER as u64;
    if io::copy(&mut source.by_ref().take(between), &mut io::sink()).map_err(MaskError::of_reading)? < between
    {
        return Err(MaskError::bad("is cut off before its cells"));
    }
    let (slope, intercept) = match (header.float(112), header.float(116)) {
        // A slope of 0 says that there is none.
        (slope, intercept) if slope != 0.0 && slope.is_finite() && intercept.is_finite() => {
            (f64::from(slope), f64::from(intercept))
        }
        _ => (1.0, 0.0),
    };
    let mut labels = Labels::default();
    let mut part = vec![0u8; PART * kind.size()];
    let mut left = cells;
    while left > 0 {
        let wanted = left.min(PART) * kind.size();
        let part = part.get_mut(..wanted).unwrap_or_default();
        source.read_exact(part).map_err(|fault| match fault.kind() {
            io::ErrorKind::UnexpectedEof => {
                MaskError::bad(format!("is cut off: it holds fewer than the {cells} cells of its header"))
            }
            _ => MaskError::of_reading(fault),
        })?;
        for cell in part.chunks_exact_mut(kind.size()) {
            if header.big {
                cell.reverse();
            }
            labels.push_value(kind.value(cell) * slope + intercept)?;
        }
        left -= left.min(PART);
    }
    let (cells, labels) = labels.sorted();
    Ok(Mask {
        shape,
        flat,
        spacing: spacing(&header, flat),
        placed: (header.short(254) > 0).then(|| std::array::from_fn(|n| header.float(280 + 4 * n))),
        cells,
        labels,
        form: Form::Nifti(Box::new(header)),
    })
}

fn header(source: &mut impl Read) -> Result<Header, MaskError> {
    let mut bytes = Vec::new();
    source.take(HEADER as u64).read_to_end(&mut bytes).map_err(MaskError::of_reading)?;
    let begins =
        |number: i32| bytes.starts_with(&number.to_le_bytes()) || bytes.starts_with(&number.to_be_bytes());
    if begins(540) {
        return Err(MaskError::bad("is NIfTI-2: write it as NIfTI-1"));
    }
    if bytes.get(128..132) == Some(b"DICM") {
        return Err(MaskError::bad("is DICOM: masks are read from NIfTI (.nii, .nii.gz) and PNG"));
    }
    if !begins(HEADER as i32) {
        return Err(MaskError::bad(
            "is neither NIfTI (.nii, .nii.gz) nor PNG: say --raw COLUMNSxROWS of a bare array",
        ));
    }
    if bytes.len() < HEADER {
        return Err(MaskError::bad("is cut off within its header"));
    }
    match bytes.get(344..348) {
        Some(b"n+1\0") => {}
        Some(b"ni1\0") => {
            return Err(MaskError::bad(
                "keeps its cells in another file (.img): write it as one file (.nii)",
            ));
        }
        _ => return Err(MaskError::bad("is no NIfTI-1: its magic word is missing")),
    }
    let header = Header { bytes, big: false };
    // The number of sides is 1 to 7 in the right order of bytes.
    let big = !(1..=7).contains(&header.short(40));
    let header = Header { big, ..header };
    match header.int(0) == HEADER as i32 && (1..=7).contains(&header.short(40)) {
        true => Ok(header),
        false => Err(MaskError::bad("is broken: its number of sides is not 1 to 7")),
    }
}

/// Gives slices, rows and columns, and whether it is an image.
fn shape(header: &Header) -> Result<([usize; 3], bool), MaskError> {
    let sides = header.short(40);
    let side = |n: i16| -> Result<usize, MaskError> {
        let length = header.short(40 + 2 * n as usize);
        match usize::try_from(length) {
            _ if n > sides => Ok(1),
            Ok(length) if length > 0 => Ok(length),
            _ => Err(MaskError::bad(format!("has a side of {length} cells"))),
        }
    };
    for n in 4..=7 {
        if side(n)? > 1 {
            return Err(MaskError::bad("holds several volumes: a mask is one"));
        }
    }
    let shape = [side(3)?, side(2)?, side(1)?];
    Ok((shape, shape[0] == 1))
}

/// Gives the spacing in mm by axis.
fn spacing(header: &Header, flat: bool) -> Option<[f64; 3]> {
    let scale = header.unit();
    let along = |axis: usize| {
        // The shortest decimal that is this number: 0.7 was meant, and not 0.699999988.
        let length: f64 = header.float(76 + 4 * axis).abs().to_string().parse().ok()?;
        (length > 0.0 && length.is_finite()).then_some(length * scale)
    };
    Some([if flat { along(3).unwrap_or(1.0) } else { along(3)? }, along(2)?, along(1)?])
}

/// Writes a mask under the header of the file that it stands for: same place and spacing, without any words of it.
///
/// # Errors
/// It can't be written.
pub fn write(mask: &Mask, header: &Header, mut out: impl Write) -> io::Result<()> {
    let mut header = header.clone();
    let byte = mask.labels.iter().all(|label| (0..=255).contains(label));
    // Words in which a name could stand, and what says of the values what no longer holds.
    for (at, length) in [(4, 28), (56, 14), (124, 20), (148, 80), (228, 24), (328, 16)] {
        header.blank(at, length);
    }
    header.set(70, (if byte { 2i16 } else { 8 }).to_le_bytes());
    header.set(72, (if byte { 8i16 } else { 32 }).to_le_bytes());
    header.set(108, 352f32.to_le_bytes());
    header.set(112, 1f32.to_le_bytes());
    header.set(116, 0f32.to_le_bytes());
    header.set(68, 0i16.to_le_bytes());
    out.write_all(&header.bytes)?;
    // No extensions follow.
    out.write_all(&[0; 4])?;
    let value = |cell: u8| mask.labels.get(usize::from(cell).wrapping_sub(1)).copied().unwrap_or(0);
    let values: Vec<i64> = (0..=u8::MAX).map(value).collect();
    for part in mask.cells.chunks(PART) {
        let of = |cell: &u8| values.get(usize::from(*cell)).copied().unwrap_or(0);
        let bytes: Vec<u8> = match (byte, header.big) {
            (true, _) => part.iter().map(|cell| of(cell) as u8).collect(),
            (_, false) => part.iter().flat_map(|cell| (of(cell) as i32).to_le_bytes()).collect(),
            (_, true) => part.iter().flat_map(|cell| (of(cell) as i32).to_be_bytes()).collect(),
        };
        out.write_all(&bytes)?;
    }
    out.flush()
}
