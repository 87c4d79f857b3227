//! Maps: small TOML files that say what the columns of a table mean where its header doesn't.
//!
//! ```toml
//! delimiter = ";"            # one character; else it is found out from the header
//! decimal = ","              # "." or ","; else a comma where the delimiter is a semicolon
//! ignore = ["score"]         # columns that nothing is taken from
//! wide = ["Edema", "Mass"]   # a wide table: these columns are labels, the others are not
//! readers = ["R1", "R2"]     # a table with one column a reader; needs the label under [constants]
//! box = "xywh"               # what the four numbers of a box are: "xyxy" or "xywh" (left, top, width, height)
//! pixel_centres = true       # the numbers of corners name pixels, not their edges: half a pixel is added
//! first_frame = 1            # what the source calls the first frame; else 0
//!
//! [columns]                  # what a column is called here; those left out are looked for by their usual names
//! case = "task_id"
//! reader = "result_creator"
//! label = "class"
//! value = "outer"
//! box = ["left", "top", "w", "h"]
//! confidence = "conf"
//! severity = "sev"
//! frame = "slice"
//! read_at = "time"
//! comment = "remarks"
//! reader_kind = "kind"
//!
//! [constants]                # for the whole file
//! reader = "Dr A"
//! label = "outer diameter"
//!
//! [values]                   # words of the table and what they mean
//! "Y" = "present"
//! "moderate" = 2
//!
//! [reader_kinds]
//! "yolo-v8" = "model"        # or "human", as everybody is who is not named here
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Format, nearest, quoted, records::Records};
use crate::domain::value::Value;

/// What a person says about the columns of a table.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Map {
    pub delimiter: Option<char>,
    pub decimal: Option<Decimal>,
    pub ignore: Vec<String>,
    pub wide: Vec<String>,
    pub readers: Vec<String>,
    #[serde(rename = "box")]
    pub corners: Option<Corners>,
    pub pixel_centres: bool,
    pub first_frame: u32,
    pub columns: MapColumns,
    pub constants: Constants,
    pub values: BTreeMap<String, Value>,
    pub reader_kinds: BTreeMap<String, ReaderKind>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MapColumns {
    pub case: Option<String>,
    pub reader: Option<String>,
    pub label: Option<String>,
    pub value: Option<String>,
    #[serde(rename = "box")]
    pub corners: Option<[String; 4]>,
    pub confidence: Option<String>,
    pub severity: Option<String>,
    pub frame: Option<String>,
    pub read_at: Option<String>,
    pub comment: Option<String>,
    pub reader_kind: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Constants {
    pub reader: Option<String>,
    pub label: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Decimal {
    #[serde(rename = ".")]
    Point,
    #[serde(rename = ",")]
    Comma,
}

/// What the four numbers of a box are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Corners {
    /// Left, top, right, bottom.
    Xyxy,
    /// Left, top, width, height.
    Xywh,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReaderKind {
    Human,
    Model,
}

/// What is wrong with a map, in words, with the line where there is one.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("the map{}: {why}", .line.map_or(String::new(), |line| format!(", line {line}")))]
pub struct MapError {
    pub line: Option<usize>,
    pub why: String,
}

/// Every key that a map may hold, for the nearest one to a key that it may not.
const KEYS: [&str; 24] = [
    "delimiter",
    "decimal",
    "ignore",
    "wide",
    "readers",
    "box",
    "pixel_centres",
    "first_frame",
    "columns",
    "constants",
    "values",
    "reader_kinds",
    "case",
    "reader",
    "label",
    "value",
    "confidence",
    "severity",
    "frame",
    "read_at",
    "comment",
    "reader_kind",
    "human",
    "model",
];

impl Map {
    /// Reads a map.
    ///
    /// # Errors
    /// What is wrong, with its line; for an unknown key the nearest known one.
    pub fn parse(text: &str) -> Result<Self, MapError> {
        let map: Map = toml::from_str(text).map_err(|error| explain(text, &error))?;
        match map.fault() {
            Some(why) => Err(MapError { line: None, why }),
            None => Ok(map),
        }
    }

    fn fault(&self) -> Option<String> {
        let lists = !self.wide.is_empty() && !self.readers.is_empty();
        let blank = [&self.constants.reader, &self.constants.label]
            .into_iter()
            .flatten()
            .any(|constant| constant.trim().is_empty());
        let no_label = !self.readers.is_empty() && self.constants.label.is_none();
        let delimiter = self.delimiter.filter(|delimiter| {
            !delimiter.is_ascii() || delimiter.is_ascii_alphanumeric() || "\"\r\n\0.-".contains(*delimiter)
        });
        let loose = self.columns.corners.is_some() && self.corners.is_none();
        [
            lists.then(|| "wide and readers can't both be given: a column is a label or a reader".to_owned()),
            blank.then(|| "a constant is empty: leave the key out, or give it a name".to_owned()),
            no_label.then(|| {
                "readers needs the label that the columns speak of: label = … under [constants]".into()
            }),
            delimiter.map(|delimiter| format!("{} can't be a delimiter", quoted(&delimiter.to_string()))),
            loose.then(|| "columns.box needs box = \"xyxy\" or box = \"xywh\": what its numbers are".into()),
            self.values.keys().find(|word| word.trim().is_empty()).map(|_| {
                "an empty cell can't be given a value: what was not read is never a negative".to_owned()
            }),
        ]
        .into_iter()
        .flatten()
        .next()
    }

    /// Gives how a table is to be read with this map.
    pub fn format(&self) -> Format {
        if self.wide.is_empty() && self.readers.is_empty() { Format::Long } else { Format::Wide }
    }

    /// Tells whether a file begins with a header that holds every column this map names, and so is meant by it.
    pub fn fits(&self, head: &[u8]) -> bool {
        let mut records = Records::new(head);
        let Ok(Some(_)) = super::columns::sniff(&mut records, self.delimiter) else { return false };
        let Some(Ok(header)) = records.next() else { return false };
        let names: Vec<String> = header.cells().map(str::to_lowercase).collect();
        let mut named = self.named().peekable();
        named.peek().is_some() && named.all(|name| names.contains(&name.to_lowercase()))
    }

    /// Every column that must be there.
    pub(super) fn named(&self) -> impl Iterator<Item = &str> {
        let columns = &self.columns;
        let single = [
            &columns.case,
            &columns.reader,
            &columns.label,
            &columns.value,
            &columns.confidence,
            &columns.severity,
            &columns.frame,
            &columns.read_at,
            &columns.comment,
            &columns.reader_kind,
        ];
        let lists = columns.corners.iter().flatten().chain(&self.wide).chain(&self.readers);
        single.into_iter().flatten().chain(lists).map(|name| name.trim())
    }
}

/// Turns what the TOML reader says into one line for a person.
fn explain(text: &str, error: &toml::de::Error) -> MapError {
    let span = error.span();
    let line =
        span.as_ref().and_then(|span| text.get(..span.start)).map(|before| before.matches('\n').count() + 1);
    let why =
        match span.and_then(|span| text.get(span)).filter(|_| error.message().starts_with("unknown field")) {
            Some(key) => match nearest(key, KEYS) {
                Some(known) => format!("there is no key {}; did you mean ‘{known}’?", quoted(key)),
                None => format!("there is no key {}", quoted(key)),
            },
            None => crate::domain::text::Safe::new(error.message()).to_string(),
        };
    MapError { line, why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_above_is_a_map() -> Result<(), MapError> {
        let example: String = include_str!("map.rs")
            .lines()
            .filter_map(|line| line.strip_prefix("//!"))
            .skip_while(|line| !line.contains("```toml"))
            .skip(1)
            .take_while(|line| !line.contains("```"))
            .filter(|line| !line.contains("wide ="))
            .map(|line| format!("{}\n", line.trim()))
            .collect();
        let map = Map::parse(&example)?;
        assert_eq!(map.corners, Some(Corners::Xywh));
        assert_eq!(map.values.get("moderate"), Some(&Value::Number(2.0)));
        assert_eq!(map.reader_kinds.get("yolo-v8"), Some(&ReaderKind::Model));
        for key in KEYS.iter().filter(|key| !["human", "model", "wide"].contains(key)) {
            assert!(example.contains(&format!("{key} ")) || example.contains(&format!("[{key}]")), "{key}");
        }
        Ok(())
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line_and_the_nearest_key() {
        for (text, line, words) in [
            ("delimiter = \";\"\ndelimitter = \",\"\n", Some(2), "did you mean ‘delimiter’?"),
            ("[columns]\n\nreeder = \"x\"\n", Some(3), "did you mean ‘reader’?"),
            ("[columns]\nbox = [\"x\", \"y\"]\n", Some(2), "4"),
            ("box = \"cxcywh\"\n", Some(1), "xyxy"),
            ("[columns]\nbox = [\"a\", \"b\", \"c\", \"d\"]\n", None, "columns.box needs box"),
            ("readers = [\"A\"]\n", None, "needs the label"),
            ("wide = [\"A\"]\nreaders = [\"A\"]\n[constants]\nlabel = \"x\"\n", None, "can't both"),
            ("delimiter = \"\\\"\"\n", None, "can't be a delimiter"),
            ("[constants]\nlabel = \" \"\n", None, "a constant is empty"),
            ("[values]\n\"\" = \"absent\"\n", None, "never a negative"),
            ("[values]\n\"x\" = nan\n", Some(2), "finite"),
            ("[reader_kinds]\nx = \"robot\"\n", Some(2), "robot"),
            ("case", Some(1), ""),
        ] {
            let error = Map::parse(text).err();
            assert!(
                error.as_ref().is_some_and(|error| error.line == line && error.why.contains(words)),
                "{error:?}"
            );
        }
    }
}
