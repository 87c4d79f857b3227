//! JPEG-LS, lossless and near-lossless (ISO 14495-1, ITU-T T.87): 2 to 16 bits, up to four colours in any order of writing.
//! Own code: the crates that there are either know one colour alone or bring a whole DICOM toolkit along.

use super::bits::{Bits, Stuffing};
use super::jpeg_ls_model::{Model, Presets};
use super::{Rows, Shape, damaged};
use crate::imaging::codestream;
use crate::imaging::fault::Fault;

const SOF: u8 = 0xf7;
const LSE: u8 = 0xf8;
const SOS: u8 = 0xda;
const DRI: u8 = 0xdd;
const APP8: u8 = 0xe8;

/// A plane of samples with a border of one sample on each side of a row, so that every sample has its neighbours.
struct Plane {
    previous: Vec<i32>,
    current: Vec<i32>,
    /// How far runs have got (RUNindex).
    run: usize,
}

impl Plane {
    fn new(columns: usize) -> Self {
        Plane { previous: vec![0; columns + 2], current: vec![0; columns + 2], run: 0 }
    }

    /// Begins a row: the one before ends in a copy of its last sample, this one begins with the one above (A.2.1).
    fn begin(&mut self) {
        std::mem::swap(&mut self.previous, &mut self.current);
        let columns = self.previous.len() - 2;
        self.previous[columns + 1] = self.previous[columns];
        self.current[0] = self.previous[1];
    }

    fn restart(&mut self) {
        self.previous.fill(0);
        self.current.fill(0);
        self.run = 0;
    }

    /// Gives the neighbours of the sample at `x`, counted from 1: left, above, above left, above right.
    #[inline]
    fn around(&self, x: usize) -> [i32; 4] {
        match (self.previous.get(x - 1..x + 2), self.current.get(x - 1)) {
            (Some([rc, rb, rd]), Some(ra)) => [*ra, *rb, *rc, *rd],
            _ => [0; 4],
        }
    }

    #[inline]
    fn set(&mut self, x: usize, value: i32) {
        if let Some(place) = self.current.get_mut(x) {
            *place = value;
        }
    }

    fn row(&self) -> &[i32] {
        self.current.get(1..self.current.len() - 1).unwrap_or_default()
    }
}

/// Reads the samples of a colour for one row (A.3 to A.7).
fn line(model: &mut Model, bits: &mut Bits, plane: &mut Plane) -> Option<()> {
    plane.begin();
    let columns = plane.current.len() - 2;
    let mut x = 1;
    while x <= columns {
        let [ra, rb, rc, rd] = plane.around(x);
        let context = model.context(ra, rb, rc, rd);
        if context != 0 {
            let value = model.regular(bits, context, ra, rb, rc)?;
            plane.set(x, value);
            x += 1;
            continue;
        }
        let length = model.run(bits, &mut plane.run, columns + 1 - x);
        plane.current.get_mut(x..x + length)?.fill(ra);
        x += length;
        if x <= columns {
            let [_, rb, ..] = plane.around(x);
            let value = model.interruption(bits, plane.run, ra, rb, true)?;
            plane.run = plane.run.saturating_sub(1);
            plane.set(x, value);
            x += 1;
        }
    }
    Some(())
}

/// Reads one row of all colours, which stand pixel by pixel.
fn pixels(model: &mut Model, bits: &mut Bits, planes: &mut [Plane]) -> Option<()> {
    planes.iter_mut().for_each(Plane::begin);
    let columns = planes.first()?.current.len() - 2;
    let mut x = 1;
    while x <= columns {
        let mut contexts = [0; 4];
        for (plane, context) in planes.iter().zip(&mut contexts) {
            let [ra, rb, rc, rd] = plane.around(x);
            *context = model.context(ra, rb, rc, rd);
        }
        if contexts != [0; 4] {
            for (plane, context) in planes.iter_mut().zip(contexts) {
                let [ra, rb, rc, _] = plane.around(x);
                let value = model.regular(bits, context, ra, rb, rc)?;
                plane.set(x, value);
            }
            x += 1;
            continue;
        }
        let mut index = planes.first()?.run;
        let length = model.run(bits, &mut index, columns + 1 - x);
        for plane in planes.iter_mut() {
            let ra = *plane.current.get(x - 1)?;
            plane.current.get_mut(x..x + length)?.fill(ra);
        }
        x += length;
        if x <= columns {
            for plane in planes.iter_mut() {
                let [ra, rb, ..] = plane.around(x);
                let value = model.interruption(bits, index, ra, rb, false)?;
                plane.set(x, value);
            }
            index = index.saturating_sub(1);
            x += 1;
        }
        planes.first_mut()?.run = index;
    }
    Some(())
}

/// What stands before a scan.
struct Scan {
    near: i32,
    /// 0: one colour, 1: row by row, 2: pixel by pixel.
    interleave: u8,
    count: usize,
}

/// Reads a stream whose head says `shape`.
pub fn decode(bytes: &[u8], shape: &Shape) -> Result<Vec<u8>, Fault> {
    let whole = (1 << shape.bits.clamp(1, 16)) - 1;
    let (mut custom, mut interval) = (None, 0);
    let mut from = 2;
    // Of pictures whose colours stand each in a scan of its own.
    let mut planes: Vec<Vec<u16>> = Vec::new();
    loop {
        let (marker, content) = codestream::segment(bytes, from).ok_or_else(damaged)?;
        let body = bytes.get(content.clone()).ok_or_else(damaged)?;
        from = content.end;
        match marker {
            SOF => {}
            LSE => custom = Some(presets(body, whole)?),
            // Lines between two restart markers.
            DRI => {
                interval = body.iter().fold(0, |sum: usize, byte| sum << 8 & 0xffff_ffff | usize::from(*byte))
            }
            APP8 if body.starts_with(b"mrfx") && body.get(4) != Some(&0) => {
                return Err(Fault::unsupported(
                    "this program does not know the colour model of this JPEG-LS file",
                ));
            }
            SOS => {
                let scan = scan(body, shape)?;
                if scan.near > whole / 2 {
                    return Err(damaged());
                }
                let presets = match custom {
                    Some(Lse { maxval, thresholds, reset }) => {
                        let standard = Presets::standard(maxval.unwrap_or(whole), scan.near);
                        let or = |own: i32, standard| if own == 0 { standard } else { own };
                        let [t1, t2, t3] = standard.thresholds;
                        let thresholds =
                            [or(thresholds[0], t1), or(thresholds[1], t2), or(thresholds[2], t3)];
                        Presets { thresholds, reset: or(reset, standard.reset), ..standard }
                    }
                    None => Presets::standard(whole, scan.near),
                };
                let [t1, t2, t3] = presets.thresholds;
                if !(scan.near < t1
                    && t1 <= t2
                    && t2 <= t3
                    && t3 <= presets.maxval
                    && scan.near <= presets.maxval / 2)
                {
                    return Err(damaged());
                }
                let mut bits = Bits::new(bytes.get(from..).unwrap_or_default(), Stuffing::Bit);
                let model = Model::new(&presets, scan.near);
                if scan.count == shape.samples {
                    let mut rows = Rows::of(shape);
                    read(&mut bits, model, &scan, shape, interval, |planes| {
                        let columns = 0..shape.columns * shape.samples;
                        let sample = |at: usize| {
                            let place = planes.get(at % shape.samples).map(Plane::row);
                            place.and_then(|row| row.get(at / shape.samples)).copied().unwrap_or_default()
                                as u16
                        };
                        match planes {
                            [one] => rows.push(one.row().iter().map(|sample| *sample as u16)),
                            _ => rows.push(columns.map(sample)),
                        }
                    })?;
                    return Ok(rows.bytes);
                }
                let mut plane = Vec::new();
                read(&mut bits, model, &scan, shape, interval, |planes| {
                    let row = planes.first().map(Plane::row).unwrap_or_default();
                    plane.try_reserve(row.len()).map_err(|_| damaged())?;
                    plane.extend(row.iter().map(|sample| *sample as u16));
                    Ok(())
                })?;
                planes.push(plane);
                from += bits.position();
                if planes.len() == shape.samples {
                    return woven(&planes, shape);
                }
            }
            // Tables between samples and what they mean (C.2.4.1.2) are in no DICOM file that is known.
            _ => {}
        }
    }
}

struct Lse {
    maxval: Option<i32>,
    thresholds: [i32; 3],
    reset: i32,
}

fn presets(body: &[u8], whole: i32) -> Result<Lse, Fault> {
    if body.first() != Some(&1) {
        return Err(Fault::unsupported(
            "this JPEG-LS file has mapping tables, which this program cannot read",
        ));
    }
    let number = |place: usize| {
        let pair = body.get(1 + place * 2..3 + place * 2).and_then(|pair| pair.first_chunk());
        pair.map(|pair| i32::from(u16::from_be_bytes(*pair))).ok_or_else(damaged)
    };
    let (maxval, reset) = (number(0)?, number(4)?);
    // More than 4,096 would let the sums of a context grow beyond a number.
    if maxval > whole || !(reset == 0 || (3..=4096).contains(&reset)) {
        return Err(damaged());
    }
    Ok(Lse {
        maxval: (maxval > 0).then_some(maxval),
        thresholds: [number(1)?, number(2)?, number(3)?],
        reset,
    })
}

fn scan(body: &[u8], shape: &Shape) -> Result<Scan, Fault> {
    let count = usize::from(*body.first().ok_or_else(damaged)?);
    let tail = body.get(1 + 2 * count..4 + 2 * count).ok_or_else(damaged)?;
    let [near, interleave, transform] = *tail.first_chunk().ok_or_else(damaged)?;
    let fits = if interleave == 0 { count == 1 } else { interleave <= 2 && count == shape.samples };
    if transform & 0x0f != 0 {
        return Err(Fault::unsupported(
            "this JPEG-LS file has shifted samples, which this program cannot read",
        ));
    }
    if fits { Ok(Scan { near: near.into(), interleave, count }) } else { Err(damaged()) }
}

/// Reads the rows of one scan and hands each on.
fn read(
    bits: &mut Bits,
    mut model: Model,
    scan: &Scan,
    shape: &Shape,
    interval: usize,
    mut done: impl FnMut(&[Plane]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut planes: Vec<Plane> = (0..scan.count).map(|_| Plane::new(shape.columns)).collect();
    for row in 0..shape.rows {
        if interval > 0 && row > 0 && row.is_multiple_of(interval) {
            if !bits.restart() {
                return Err(damaged());
            }
            model.restart();
            planes.iter_mut().for_each(Plane::restart);
        }
        let read = if scan.interleave == 2 {
            pixels(&mut model, bits, &mut planes)
        } else {
            planes.iter_mut().try_for_each(|plane| line(&mut model, bits, plane))
        };
        if read.is_none() || bits.overrun() {
            return Err(damaged());
        }
        done(&planes)?;
    }
    Ok(())
}

fn woven(planes: &[Vec<u16>], shape: &Shape) -> Result<Vec<u8>, Fault> {
    let mut rows = Rows::of(shape);
    for row in 0..shape.rows {
        let places = 0..shape.columns * shape.samples;
        rows.push(places.map(|at| {
            let place = row * shape.columns + at / shape.samples;
            planes.get(at % shape.samples).and_then(|plane| plane.get(place)).copied().unwrap_or_default()
        }))?;
    }
    Ok(rows.bytes)
}
