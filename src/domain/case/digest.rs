//! What is hashed, byte for byte: length-prefixed, so that no two contents share an encoding. Changing anything here
//! changes every hash and letter of every store: raise [`super::RULES`].

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::domain::finding::{Finding, Read};
use crate::domain::geometry::{Geometry, Point, Shape};
use crate::domain::item::{Choice, Item};
use crate::domain::value::Value;

/// Bytes in which each part says how long it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Canonical(Vec<u8>);

impl Canonical {
    /// Writes a text after its length in bytes.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.count(text.len()).0.extend_from_slice(text.as_bytes());
        self
    }

    /// Writes a whole number in eight bytes.
    pub fn count(&mut self, count: usize) -> &mut Self {
        self.0.extend_from_slice(&(count as u64).to_be_bytes());
        self
    }

    fn number(&mut self, number: f64) -> &mut Self {
        // Adding zero folds -0.0 into 0.0.
        self.0.extend_from_slice(&(number + 0.0).to_bits().to_be_bytes());
        self
    }

    fn maybe<T>(&mut self, part: Option<T>, write: impl FnOnce(&mut Self, T)) -> &mut Self {
        self.0.push(u8::from(part.is_some()));
        if let Some(part) = part {
            write(self, part);
        }
        self
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Number(number) => {
                self.0.push(0);
                self.number(*number);
            }
            Value::Text(text) => {
                self.0.push(1);
                self.text(text);
            }
        }
    }

    fn points(&mut self, points: &[Point]) {
        self.count(points.len());
        for [x, y] in points {
            self.number(*x).number(*y);
        }
    }

    /// Writes a shape and where it lies.
    pub fn geometry(&mut self, geometry: &Geometry) {
        self.text(geometry.shape.name()).text(&geometry.image).count(geometry.frame as usize);
        match &geometry.shape {
            Shape::Box { points } => self.points(points),
            Shape::RotatedBox { points } => self.points(points),
            Shape::Point { points } => self.points(points),
            Shape::Contour { points } | Shape::Line { points } => self.points(points),
            Shape::Polygon { rings } => {
                self.count(rings.len());
                rings.iter().for_each(|ring| self.points(ring));
            }
            Shape::Landmarks { points, names } => {
                self.points(points);
                self.count(names.len());
                names.iter().for_each(|name| {
                    self.text(name);
                });
            }
            Shape::Mask { size: [rows, columns], rle } => {
                self.count(*rows as usize).count(*columns as usize).count(rle.len());
                rle.iter().for_each(|run| {
                    self.count(*run as usize);
                });
            }
        }
    }

    /// Writes what is said of an item.
    pub fn choice(&mut self, choice: &Choice) {
        self.maybe(choice.label.as_deref(), |out, label| {
            out.text(label);
        });
        self.maybe(choice.value.as_ref(), Canonical::value);
        self.count(choice.shapes.len());
        choice.shapes.iter().for_each(|shape| self.geometry(shape));
    }

    fn finding(&mut self, finding: &Finding) {
        self.text(&finding.label);
        self.maybe(finding.value.as_ref(), Canonical::value);
        self.maybe(finding.geometry.as_ref(), Canonical::geometry);
        self.maybe(finding.confidence, |out, confidence| {
            out.number(confidence);
        });
        for words in [&finding.severity, &finding.comment] {
            self.maybe(words.as_deref(), |out, words| {
                out.text(words);
            });
        }
    }

    /// Gives the SHA-256 of what was written, in hex.
    pub fn sha256(&self) -> String {
        hex(&Sha256::digest(&self.0))
    }
}

/// Hashes what the readers of a case say, in whatever order the reads and their findings stand. The store's key and the
/// case's name go in, so that equal hashes of two cases don't tell that the same people said the same.
pub fn of_reads<'a>(key: &[u8; 32], case: &str, reads: impl Iterator<Item = &'a Read>) -> String {
    let mut reads: Vec<&Read> = reads.collect();
    reads.sort_by(|a, b| a.reader.cmp(&b.reader));
    // Room for a case with a few reads: hashing must not be outdone by growing.
    let mut all = Canonical(Vec::with_capacity(1024));
    all.0.extend_from_slice(key);
    all.text(case);
    let mut findings = Canonical::default();
    let mut bounds = Vec::new();
    all.count(reads.len());
    for read in reads {
        all.text(&read.reader).count(usize::from(read.model)).count(usize::from(read.marks));
        findings.0.clear();
        bounds.clear();
        for finding in &read.findings {
            let start = findings.0.len();
            findings.finding(finding);
            bounds.push(start..findings.0.len());
        }
        let bytes = |bounds: &std::ops::Range<usize>| findings.0.get(bounds.clone()).unwrap_or_default();
        bounds.sort_by(|a, b| bytes(a).cmp(bytes(b)));
        all.count(bounds.len());
        for bounds in &bounds {
            all.0.extend_from_slice(bytes(bounds));
        }
    }
    all.sha256()
}

/// Hashes what the readers say of one item; their comments don't count.
pub fn of_opinions(item: &Item) -> String {
    let mut all = Canonical::default();
    all.count(item.labels.len());
    item.labels.iter().for_each(|label| {
        all.text(label);
    });
    all.count(item.opinions.len());
    for opinion in &item.opinions {
        all.text(&opinion.reader).count(usize::from(opinion.model)).choice(&opinion.choice);
        all.maybe(opinion.confidence, |out, confidence| {
            out.number(confidence);
        });
    }
    all.sha256()
}

/// The order that the store's key gives to readers and candidates: nobody without the key can foresee it.
#[derive(Clone)]
pub struct Shuffle(Hmac<Sha256>);

impl Shuffle {
    /// Takes the store's key.
    pub fn new(key: &[u8; 32]) -> Self {
        match Hmac::new_from_slice(key) {
            Ok(mac) => Shuffle(mac),
            Err(_) => unreachable!("a key of any length makes an HMAC"),
        }
    }

    /// Gives the place of something within the case: sort by it.
    pub fn place(&self, parts: &[&str]) -> [u8; 32] {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }
}

pub fn hex(bytes: &[u8]) -> String {
    let digit = |four: u8| char::from_digit(u32::from(four), 16).unwrap_or_default();
    let mut digits = String::with_capacity(2 * bytes.len());
    bytes.iter().for_each(|byte| digits.extend([digit(byte >> 4), digit(byte & 15)]));
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_and_shuffles_are_the_standard_ones() {
        // FIPS 180-2, appendix B.1: of "abc"; and RFC 4231, test case 2, over a key that is no 32 bytes long.
        assert_eq!(
            hex(&Sha256::digest(b"abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        let mut mac = match Hmac::<Sha256>::new_from_slice(b"Jefe") {
            Ok(mac) => mac,
            Err(_) => unreachable!(),
        };
        mac.update(b"what do ya want for nothing?");
        assert_eq!(
            hex(&mac.finalize().into_bytes()),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn parts_can_not_be_shifted_into_each_other() {
        let shuffle = Shuffle::new(&[7; 32]);
        assert_ne!(shuffle.place(&["ab", "c"]), shuffle.place(&["a", "bc"]));
        assert_eq!(shuffle.place(&["ab", "c"]), shuffle.place(&["ab", "c"]));
        assert_ne!(Shuffle::new(&[8; 32]).place(&["ab", "c"]), shuffle.place(&["ab", "c"]));
    }

    #[test]
    fn the_hash_of_reads_depends_on_no_order_and_on_every_word() {
        let finding =
            |label: &str, number: f64| Finding { value: Some(Value::Number(number)), ..Finding::of(label) };
        let read = |reader: &str, findings: Vec<Finding>| Read {
            reader: reader.into(),
            model: false,
            occasion: 1,
            read_at: None,
            marks: false,
            findings,
        };
        let one = [read("a", vec![finding("x", 0.0), finding("y", 2.0)]), read("b", vec![])];
        let other = [read("b", vec![]), read("a", vec![finding("y", 2.0), finding("x", -0.0)])];
        let of = |case: &str, reads: &[Read]| of_reads(&[7; 32], case, reads.iter());
        assert_eq!(of("c1", &one), of("c1", &other));
        assert_ne!(of("c1", &one), of("c2", &one));
        let moved = [read("a", vec![finding("x", 0.0)]), read("b", vec![finding("y", 2.0)])];
        assert_ne!(of("c1", &one), of("c1", &moved));
    }
}
