//! The model of JPEG-LS: what is expected of a sample given its neighbours, and how the residual is written (ISO 14495-1,
//! ITU-T T.87, annex A). Names follow the standard.

use super::bits::Bits;

/// Run lengths as powers of two (A.7.1.1).
const J: [u8; 32] =
    [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// What the stream sets for the whole scan (A.2.1, C.2.4.1.1).
#[derive(Debug, Clone, Copy)]
pub struct Presets {
    pub maxval: i32,
    pub thresholds: [i32; 3],
    pub reset: i32,
}

impl Presets {
    /// Gives the defaults of a precision and a bound on the error, 0 for lossless.
    pub fn standard(maxval: i32, near: i32) -> Self {
        let clamp = |value: i32, low: i32| if value > maxval || value < low { low } else { value };
        let [t1, t2, t3] = if maxval >= 128 {
            let factor = (maxval.min(4095) + 128) / 256;
            [factor + 2 + 3 * near, factor * 4 + 3 + 5 * near, factor * 17 + 4 + 7 * near]
        } else {
            let factor = 256 / (maxval + 1);
            [2.max(3 / factor + 3 * near), 3.max(7 / factor + 5 * near), 4.max(21 / factor + 7 * near)]
        };
        let t1 = clamp(t1, near + 1);
        let t2 = clamp(t2, t1);
        Presets { maxval, thresholds: [t1, t2, clamp(t3, t2)], reset: 64 }
    }
}

/// What has been seen in one context.
#[derive(Debug, Clone, Copy)]
struct Context {
    a: i32,
    b: i32,
    c: i32,
    n: i32,
}

/// The state of a scan.
pub struct Model {
    maxval: i32,
    near: i32,
    range: i32,
    /// 2 · NEAR + 1.
    step: i32,
    qbpp: u32,
    limit: u32,
    reset: i32,
    contexts: [Context; 512],
    /// The two contexts of runs that are interrupted: A, N, Nn.
    runs: [[i32; 3]; 2],
    /// The part of a context that each difference of two neighbours gives, from -maxval on.
    gradients: Vec<i8>,
    first: Context,
}

fn bits_for(values: i32) -> u32 {
    32 - (values.max(1) as u32 - 1).leading_zeros()
}

impl Model {
    /// Makes the state before the first sample. `maxval` is 1 to 65,535, `near` at most half of it.
    pub fn new(presets: &Presets, near: i32) -> Self {
        let Presets { maxval, thresholds: [t1, t2, t3], reset } = *presets;
        let step = 2 * near + 1;
        let range = (maxval + 2 * near) / step + 1;
        let bpp = bits_for(maxval + 1).max(2);
        let quantized = |d: i32| -> i8 {
            let size = match d.abs() {
                size if size <= near => 0,
                size if size < t1 => 1,
                size if size < t2 => 2,
                size if size < t3 => 3,
                _ => 4,
            };
            if d < 0 { -size } else { size }
        };
        let first = Context { a: ((range + 32) / 64).max(2), b: 0, c: 0, n: 1 };
        Model {
            maxval,
            near,
            range,
            step,
            qbpp: bits_for(range),
            limit: 2 * (bpp + bpp.max(8)),
            reset,
            contexts: [first; 512],
            runs: [[first.a, 1, 0]; 2],
            gradients: (-maxval..=maxval).map(quantized).collect(),
            first,
        }
    }

    /// Forgets what was seen: behind a restart marker.
    pub fn restart(&mut self) {
        self.contexts.fill(self.first);
        self.runs = [[self.first.a, 1, 0]; 2];
    }

    /// Gives the context of a sample with its sign; 0 where the neighbours are alike.
    #[inline]
    pub fn context(&self, ra: i32, rb: i32, rc: i32, rd: i32) -> i32 {
        let part = |d: i32| i32::from(self.gradients.get((d + self.maxval) as usize).copied().unwrap_or(0));
        81 * part(rd - rb) + 9 * part(rb - rc) + part(rc - ra)
    }

    /// Reads one sample in a context (A.4 to A.6); none if the stream makes no sense.
    #[inline]
    pub fn regular(&mut self, bits: &mut Bits, context: i32, ra: i32, rb: i32, rc: i32) -> Option<i32> {
        let sign = if context < 0 { -1 } else { 1 };
        let known = &mut self.contexts[context.unsigned_abs() as usize & 511];
        let (low, high) = (ra.min(rb), ra.max(rb));
        // The median edge detector: the neighbour on the far side of an edge, else a plane through the three.
        let expected = (ra + rb - rc).clamp(low, high);
        let expected = (expected + sign * known.c).clamp(0, self.maxval);
        let k = width(known.n, known.a)?;
        let mapped = golomb(bits, k, self.limit, self.qbpp);
        let mut residual = if mapped & 1 == 0 { mapped >> 1 } else { -((mapped + 1) >> 1) };
        if k == 0 && self.near == 0 && 2 * known.b <= -known.n {
            // The mapping is turned round: -1 stands where 0 stood.
            residual = -residual - 1;
        }
        if residual.abs() > self.range {
            return None;
        }
        known.a += residual.abs();
        known.b += residual * self.step;
        if known.n == self.reset {
            known.a >>= 1;
            known.b >>= 1;
            known.n >>= 1;
        }
        known.n += 1;
        if known.b <= -known.n {
            known.b = (known.b + known.n).max(1 - known.n);
            known.c = (known.c - 1).max(-128);
        } else if known.b > 0 {
            known.b = (known.b - known.n).min(0);
            known.c = (known.c + 1).min(127);
        }
        Some(self.rebuilt(expected, sign * residual))
    }

    #[inline]
    fn rebuilt(&self, expected: i32, residual: i32) -> i32 {
        let mut value = expected + residual * self.step;
        if value < -self.near {
            value += self.range * self.step;
        } else if value > self.maxval + self.near {
            value -= self.range * self.step;
        }
        value.clamp(0, self.maxval)
    }

    /// Reads how many samples of at most `left` repeat the one before (A.7.1). If less than all, the next interrupts.
    pub fn run(&self, bits: &mut Bits, index: &mut usize, left: usize) -> usize {
        let mut length = 0;
        while length < left {
            let power = u32::from(J[*index & 31]);
            if bits.take(1) == 1 {
                let whole = 1 << power;
                if length + whole <= left {
                    *index = (*index + 1).min(31);
                }
                length = (length + whole).min(left);
            } else {
                return (length + bits.take(power) as usize).min(left);
            }
        }
        length
    }

    /// Reads the sample that interrupts a run (A.7.2). `alike` is false where the colours of a pixel stand together.
    pub fn interruption(
        &mut self,
        bits: &mut Bits,
        index: usize,
        ra: i32,
        rb: i32,
        may_be_alike: bool,
    ) -> Option<i32> {
        let alike = may_be_alike && (ra - rb).abs() <= self.near;
        let kind = i32::from(alike);
        let [a, n, negative] = &mut self.runs[kind as usize & 1];
        let k = width(*n, if alike { *a + (*n >> 1) } else { *a })?;
        let limit = self.limit.saturating_sub(u32::from(J[index & 31]) + 1);
        let mapped = golomb(bits, k, limit, self.qbpp);
        let sum = mapped + kind;
        let odd = sum & 1;
        let size = (sum + odd) / 2;
        if size > self.range {
            return None;
        }
        let below = i32::from(k != 0 || 2 * *negative >= *n) == odd;
        let residual = if below { -size } else { size };
        *negative += i32::from(residual < 0);
        *a += (mapped + 1 - kind) >> 1;
        if *n == self.reset {
            (*a, *n, *negative) = (*a >> 1, *n >> 1, *negative >> 1);
        }
        *n += 1;
        let expected = if alike { ra } else { rb };
        let sign = if !alike && ra > rb { -1 } else { 1 };
        Some(self.rebuilt(expected, sign * residual))
    }
}

/// Gives how many bits the low part of a residual has (A.5.1).
#[inline]
fn width(n: i32, a: i32) -> Option<u32> {
    let mut k = 0;
    while n << k < a {
        k += 1;
        // No picture of 16 bits comes here.
        if k > 20 {
            return None;
        }
    }
    Some(k)
}

/// Reads a number in the limited Golomb code (A.5.3).
#[inline]
fn golomb(bits: &mut Bits, k: u32, limit: u32, qbpp: u32) -> i32 {
    let most = limit.saturating_sub(qbpp + 1);
    let mut zeros = bits.peek().leading_zeros();
    if zeros < 32 {
        if zeros < most {
            bits.skip(zeros + 1);
            return ((zeros << k) + bits.take(k)) as i32;
        }
    } else {
        bits.skip(32);
        zeros = 32 + bits.peek().leading_zeros();
        if zeros < most {
            bits.skip(zeros - 32 + 1);
            return ((zeros << k) + bits.take(k)) as i32;
        }
        bits.skip(most.saturating_sub(32) + 1);
        return bits.take(qbpp) as i32 + 1;
    }
    bits.skip(most + 1);
    bits.take(qbpp) as i32 + 1
}
