//! JPEG in its sequential Huffman processes: extended with 8 and 12 bits (process 2 and 4), lossless with 2 to 16 bits (process
//! 14, with any predictor). ISO 10918-1, ITU-T T.81. Baseline and progressive JPEG of 8 bits have a library.

use super::bits::{Bits, Stuffing};
use super::huffman::Huffman;
use super::{Rows, Shape, damaged, dct, lossless};
use crate::imaging::codestream;
use crate::imaging::fault::Fault;

/// One colour of the frame.
#[derive(Debug, Clone, Copy, Default)]
pub struct Component {
    id: u8,
    /// Samples of it in a unit of the frame, across and down.
    pub across: usize,
    pub down: usize,
    quantization: usize,
    /// The tables of the scan that reads it.
    pub dc: usize,
    pub ac: usize,
}

/// What scans need.
pub struct Tables {
    pub dc: [Option<Huffman>; 4],
    pub ac: [Option<Huffman>; 4],
    /// In zig-zag order.
    quantization: [Option<[u16; 64]>; 4],
    /// Units between two restart markers; 0 for none.
    pub interval: usize,
}

/// One scan with all it needs.
pub struct Scan<'a> {
    pub shape: &'a Shape,
    pub components: &'a [Component],
    pub tables: &'a Tables,
    /// Start of the spectrum, which is the predictor where nothing is lost.
    pub first: u8,
    /// The lowest bit that is coded: the point transform.
    pub low: u32,
}

impl Scan<'_> {
    pub fn quantization(&self, component: &Component) -> Option<&[u16; 64]> {
        self.tables.quantization.get(component.quantization)?.as_ref()
    }

    pub fn huffman<'a>(&self, tables: &'a [Option<Huffman>; 4], which: usize) -> Option<&'a Huffman> {
        tables.get(which)?.as_ref()
    }
}

/// Reads a stream whose head says `shape`. All colours have to be in one scan.
pub fn decode(bytes: &[u8], shape: &Shape) -> Result<Vec<u8>, Fault> {
    let mut tables =
        Tables { dc: [const { None }; 4], ac: [const { None }; 4], quantization: [None; 4], interval: 0 };
    let mut frame: Option<(u8, Vec<Component>)> = None;
    let mut from = 2;
    loop {
        let (marker, content) = codestream::segment(bytes, from).ok_or_else(damaged)?;
        let body = bytes.get(content.clone()).ok_or_else(damaged)?;
        from = content.end;
        match marker {
            0xc4 => huffman(body, &mut tables).ok_or_else(damaged)?,
            0xdb => quantization(body, &mut tables).ok_or_else(damaged)?,
            0xdd => {
                let pair = body.first_chunk().ok_or_else(damaged)?;
                tables.interval = u16::from_be_bytes(*pair).into();
            }
            0xc0 | 0xc1 | 0xc3 => frame = Some((marker, components(body).ok_or_else(damaged)?)),
            0xc2 | 0xc5..=0xcf => {
                return Err(Fault::unsupported("this program cannot read this process of JPEG"));
            }
            0xda => {
                let (kind, known) = frame.ok_or_else(damaged)?;
                let (components, [first, _, bits]) = chosen(body, &known).ok_or_else(damaged)?;
                if components.len() != shape.samples {
                    return Err(Fault::unsupported(
                        "this program cannot read JPEG whose colours stand in scans of their own",
                    ));
                }
                let scan = Scan {
                    shape,
                    components: &components,
                    tables: &tables,
                    first,
                    low: u32::from(bits & 0x0f),
                };
                let mut data = Bits::new(bytes.get(from..).unwrap_or_default(), Stuffing::Byte);
                let mut rows = Rows::of(shape);
                let mut done = |row: &[u16]| rows.push(row.iter().copied());
                match kind {
                    0xc3 => lossless::read(&scan, &mut data, &mut done)?,
                    _ => dct::read(&scan, &mut data, &mut done)?,
                }
                return Ok(rows.bytes);
            }
            _ => {}
        }
    }
}

fn huffman(mut body: &[u8], tables: &mut Tables) -> Option<()> {
    while let Some((kind, rest)) = body.split_first() {
        let (counts, rest) = rest.split_first_chunk::<16>()?;
        let total: usize = counts.iter().map(|count| usize::from(*count)).sum();
        let (values, rest) = rest.split_at_checked(total)?;
        let set = if kind >> 4 == 0 { &mut tables.dc } else { &mut tables.ac };
        *set.get_mut(usize::from(kind & 0x0f))? = Some(Huffman::new(counts, values)?);
        body = rest;
    }
    Some(())
}

fn quantization(mut body: &[u8], tables: &mut Tables) -> Option<()> {
    while let Some((kind, rest)) = body.split_first() {
        let mut table = [0; 64];
        let rest = if kind >> 4 == 0 {
            let (bytes, rest) = rest.split_first_chunk::<64>()?;
            table = bytes.map(u16::from);
            rest
        } else {
            let (bytes, rest) = rest.split_first_chunk::<128>()?;
            for (value, pair) in table.iter_mut().zip(bytes.as_chunks().0) {
                *value = u16::from_be_bytes(*pair);
            }
            rest
        };
        *tables.quantization.get_mut(usize::from(kind & 0x0f))? = Some(table);
        body = rest;
    }
    Some(())
}

fn components(body: &[u8]) -> Option<Vec<Component>> {
    let all = body.get(6..)?.as_chunks::<3>().0.iter().take(usize::from(*body.get(5)?));
    let known: Vec<Component> = all
        .map(|[id, factors, table]| Component {
            id: *id,
            across: usize::from(factors >> 4),
            down: usize::from(factors & 0x0f),
            quantization: usize::from(*table),
            ..Component::default()
        })
        .collect();
    let sound = known.iter().all(|one| (1..=4).contains(&one.across) && (1..=4).contains(&one.down));
    (sound && (1..=4).contains(&known.len())).then_some(known)
}

/// Gives the colours of a scan with their tables, and the three bytes behind them.
fn chosen(body: &[u8], known: &[Component]) -> Option<(Vec<Component>, [u8; 3])> {
    let count = usize::from(*body.first()?);
    let (pairs, tail) = body.get(1..)?.split_at_checked(count * 2)?;
    let pick = |[id, which]: &[u8; 2]| {
        let component = known.iter().find(|component| component.id == *id)?;
        Some(Component { dc: usize::from(which >> 4), ac: usize::from(which & 0x0f), ..*component })
    };
    Some((pairs.as_chunks().0.iter().map(pick).collect::<Option<_>>()?, *tail.first_chunk()?))
}
