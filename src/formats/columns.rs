//! What the columns of a table mean, from its header and a map. Reads no further than the header.

use std::io::Read;

use super::map::{Corners, Map};
use super::records::{Fault, MOST_CELLS, Record, Records};
use super::{Format, Refusal, nearest, quoted};

/// What a single column can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Case,
    Reader,
    Label,
    Value,
    Confidence,
    Severity,
    Frame,
    ReadAt,
    Comment,
    ReaderKind,
}

impl Role {
    /// Every role with the names that its column goes by, in lower case. The first is the role's own name and wins
    /// over the others; of the others only one may be there.
    const NAMES: [(Role, &'static [&'static str]); 10] = [
        (Role::Case, &["case", "image_id", "study", "item", "patientid", "file_name"]),
        (Role::Reader, &["reader", "rad_id", "rater", "annotator", "completed_by"]),
        (Role::Label, &["label", "class_name", "finding"]),
        (Role::Value, &["value", "rating", "score", "grade"]),
        (Role::Confidence, &["confidence"]),
        (Role::Severity, &["severity"]),
        (Role::Frame, &["frame"]),
        (Role::ReadAt, &["read_at"]),
        (Role::Comment, &["comment"]),
        (Role::ReaderKind, &["reader_kind"]),
    ];
    /// What a column of a wide table can be besides a label.
    const OF_WIDE: [Role; 6] =
        [Role::Case, Role::Reader, Role::Confidence, Role::ReadAt, Role::Comment, Role::ReaderKind];

    fn names(self) -> &'static [&'static str] {
        Role::NAMES.iter().find(|(role, _)| *role == self).map_or(&[], |(_, names)| names)
    }

    pub fn word(self) -> &'static str {
        self.names().first().copied().unwrap_or("")
    }

    /// The column that a map names for it.
    fn mapped(self, map: &Map) -> Option<&str> {
        let columns = &map.columns;
        match self {
            Role::Case => &columns.case,
            Role::Reader => &columns.reader,
            Role::Label => &columns.label,
            Role::Value => &columns.value,
            Role::Confidence => &columns.confidence,
            Role::Severity => &columns.severity,
            Role::Frame => &columns.frame,
            Role::ReadAt => &columns.read_at,
            Role::Comment => &columns.comment,
            Role::ReaderKind => &columns.reader_kind,
        }
        .as_deref()
        .map(str::trim)
    }
}

const XYXY: [&str; 4] = ["x_min", "y_min", "x_max", "y_max"];
const XYWH: [&str; 4] = ["x", "y", "width", "height"];

/// The four columns of a box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoxColumns {
    pub at: [usize; 4],
    pub corners: Corners,
}

/// What a line of the table states.
#[derive(Debug, PartialEq)]
pub enum Layout {
    /// One statement.
    Long(Option<BoxColumns>),
    /// One for each of these columns, which are labels.
    Labels(Vec<usize>),
    /// One for each of these columns, which are readers.
    Readers(Vec<usize>),
}

#[derive(Debug)]
pub struct Columns {
    /// As the header writes them, without the spaces around them.
    pub names: Vec<String>,
    pub layout: Layout,
    roles: [Option<usize>; Role::NAMES.len()],
}

impl Columns {
    pub fn of(&self, role: Role) -> Option<usize> {
        self.roles.get(role as usize).copied().flatten()
    }

    pub fn name(&self, column: usize) -> &str {
        self.names.get(column).map_or("", String::as_str)
    }

    /// What each column was taken for; nothing where nothing is taken from it.
    pub fn meanings(&self) -> impl Iterator<Item = (&str, Option<&'static str>)> {
        self.names.iter().enumerate().map(|(column, name)| {
            let role = Role::NAMES.iter().map(|(role, _)| *role).find(|role| self.of(*role) == Some(column));
            let meaning = match &self.layout {
                _ if role.is_some() => role.map(Role::word),
                Layout::Long(Some(corners)) if corners.at.contains(&column) => Some("box"),
                Layout::Labels(columns) if columns.contains(&column) => Some("label"),
                Layout::Readers(columns) if columns.contains(&column) => Some("reader"),
                _ => None,
            };
            (name.as_str(), meaning)
        })
    }

    /// Reads the header.
    pub fn read(header: &Record<'_>, format: Format, map: &Map) -> Result<Self, Refusal> {
        let line = header.line;
        let refused = |why: String| Refusal::at(line, why);
        let names: Vec<String> = header.cells().map(str::to_owned).collect();
        let lower: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
        if names.iter().any(|name| name.contains('\r')) {
            return Err(refused(
                "ends its lines in the way of old Macs (CR alone): save it again as CSV UTF-8".into(),
            ));
        }
        if names.len() >= MOST_CELLS {
            return Err(refused(format!("has {MOST_CELLS} columns or more: is this a table of reads?")));
        }
        for (column, name) in lower.iter().enumerate() {
            if !name.is_empty() && lower.iter().take(column).any(|earlier| earlier == name) {
                return Err(refused(format!("two columns are called {}: rename one of them", quoted(name))));
            }
        }
        let find = |name: &str| lower.iter().position(|known| *known == name.to_lowercase());
        let must = |name: &str| {
            find(name).ok_or_else(|| {
                let hint = nearest(name, names.iter().map(String::as_str))
                    .map_or(String::new(), |known| format!("; did you mean {}?", quoted(known)));
                refused(format!("the map names a column {} that is not there{hint}", quoted(name)))
            })
        };
        for name in map.named() {
            must(name)?;
        }
        let taken: Vec<usize> =
            map.named().chain(map.ignore.iter().map(|name| name.trim())).filter_map(find).collect();

        let mut columns = Columns { layout: Layout::Long(None), roles: [None; Role::NAMES.len()], names };
        let listed = map.format() == Format::Wide;
        for (role, synonyms) in Role::NAMES {
            let wanted = match format {
                _ if role.mapped(map).is_some() => true,
                Format::Long if !listed => true,
                _ => Role::OF_WIDE.contains(&role),
            };
            let column = match role.mapped(map) {
                Some(name) => find(name),
                None if wanted => usual(role, synonyms, &lower, &taken).map_err(&refused)?,
                None => None,
            };
            if let Some(place) = columns.roles.get_mut(role as usize) {
                *place = column;
            }
        }
        if columns.of(Role::Case).is_none() {
            return Err(refused(format!(
                "no column names the case (looked for {}); say which does in a map: case = … under [columns]",
                Role::Case.names().join(", ")
            )));
        }
        let list = |names: &[String]| names.iter().filter_map(|name| find(name.trim())).collect::<Vec<_>>();
        columns.layout = if !map.readers.is_empty() {
            Layout::Readers(list(&map.readers))
        } else if !map.wide.is_empty() {
            Layout::Labels(list(&map.wide))
        } else if format == Format::Wide {
            Layout::Labels(columns.labels(&lower, map))
        } else {
            Layout::Long(box_columns(&lower, map, &find).map_err(&refused)?)
        };
        columns.must_state(map).map_err(refused)?;
        Ok(columns)
    }

    /// In a wide table, every column with a name that has no other meaning.
    fn labels(&self, lower: &[String], map: &Map) -> Vec<usize> {
        let known = |name: &str| Role::OF_WIDE.iter().any(|role| role.names().contains(&name));
        let ignored = |name: &str| map.ignore.iter().any(|ignored| ignored.trim().to_lowercase() == name);
        lower
            .iter()
            .enumerate()
            .filter(|(column, name)| {
                !name.is_empty() && !known(name) && !ignored(name) && !self.roles.contains(&Some(*column))
            })
            .map(|(column, _)| column)
            .collect()
    }

    /// Refuses a table from which nothing could be read.
    fn must_state(&self, map: &Map) -> Result<(), String> {
        match &self.layout {
            Layout::Labels(labels) if labels.is_empty() => {
                Err("a wide table needs a column for each label, and there is none beside the case".into())
            }
            Layout::Long(corners)
                if self.of(Role::Label).is_none()
                    && map.constants.label.is_none()
                    && self.of(Role::Value).is_none() =>
            {
                let what = if corners.is_some() { "the boxes have" } else { "there is" };
                Err(format!(
                    "{what} no label: name its column in a map (label = … under [columns]), or the one label that all \
                     lines speak of (label = … under [constants])"
                ))
            }
            _ => Ok(()),
        }
    }
}

/// Finds a role's column by its usual names.
fn usual(role: Role, synonyms: &[&str], lower: &[String], taken: &[usize]) -> Result<Option<usize>, String> {
    let found: Vec<usize> = synonyms
        .iter()
        .filter_map(|name| lower.iter().position(|known| known == name))
        .filter(|column| !taken.contains(column))
        .collect();
    match found.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(*only)),
        [first, ..] if lower.get(*first).map(String::as_str) == Some(role.word()) => Ok(Some(*first)),
        [first, second, ..] => Err(format!(
            "two columns could be the {role}: {} and {}; say which in a map ({role} = … under [columns])",
            lower.get(*first).map_or("", String::as_str),
            lower.get(*second).map_or("", String::as_str),
            role = role.word(),
        )),
    }
}

/// Finds the columns of a box: those of the map, else all four of one of the usual sets.
fn box_columns(
    lower: &[String],
    map: &Map,
    find: &dyn Fn(&str) -> Option<usize>,
) -> Result<Option<BoxColumns>, String> {
    let all = |names: [&str; 4], corners| {
        let [a, b, c, d] = names.map(|name| find(name.trim()));
        Some(BoxColumns { at: [a?, b?, c?, d?], corners })
    };
    if let (Some(names), Some(corners)) = (&map.columns.corners, map.corners) {
        return Ok(all(names.each_ref().map(String::as_str), corners));
    }
    let usual = [(XYXY, Corners::Xyxy), (XYWH, Corners::Xywh)];
    let found = usual
        .into_iter()
        .filter(|(_, corners)| map.corners.is_none_or(|wanted| wanted == *corners))
        .find_map(|(names, corners)| all(names, corners));
    // A width and a height alone are mostly the image's.
    let part = |name: &&str| {
        lower.iter().any(|known| known == name) && !map.ignore.iter().any(|ignored| ignored == *name)
    };
    match XYXY.iter().chain(XYWH.get(..2).unwrap_or_default()).find(|name| part(name)) {
        Some(name) if found.is_none() => Err(format!(
            "a box needs {} or {}, and there is only part of them ({name}); a map can name the columns, or leave \
             this one out (ignore = [\"{name}\"])",
            XYXY.join(", "),
            XYWH.join(", ")
        )),
        _ => Ok(found),
    }
}

/// Sets the delimiter from the header, and passes over the `sep=;` that spreadsheets write before it. None in an
/// empty file.
pub fn sniff<R: Read>(records: &mut Records<R>, given: Option<char>) -> Result<Option<u8>, Fault> {
    let said = match records.peek()? {
        None => return Ok(None),
        Some([b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter]) => Some(*delimiter),
        Some(_) => None,
    };
    if said.is_some() {
        records.skip_peeked();
    }
    let found = match records.peek()? {
        None => return Ok(None),
        Some(header) => {
            given.and_then(|given| u8::try_from(given).ok()).or(said).unwrap_or_else(|| likeliest(header))
        }
    };
    records.delimiter = found;
    Ok(Some(found))
}

/// The delimiter by which most names in the header are known ones; of equals the one that makes most columns.
fn likeliest(header: &[u8]) -> u8 {
    let known = |name: &str| {
        let name = name.trim().trim_matches('"').trim().to_lowercase();
        Role::NAMES.iter().any(|(_, names)| names.contains(&name.as_str()))
            || XYXY.contains(&name.as_str())
            || XYWH.contains(&name.as_str())
    };
    let score = |delimiter: u8| {
        let mut quoted = false;
        let cells = header.split(|byte| {
            quoted ^= *byte == b'"';
            *byte == delimiter && !quoted
        });
        cells.fold((0, 0), |(names, columns), cell| {
            (names + usize::from(std::str::from_utf8(cell).is_ok_and(known)), columns + 1)
        })
    };
    [b'\t', b';', b','].into_iter().max_by_key(|delimiter| score(*delimiter)).unwrap_or(b',')
}

/// Says whether a file begins like a table, and which.
pub fn recognise(head: &[u8], file_name: &str) -> Option<Format> {
    let mut records = Records::new(head);
    sniff(&mut records, None).ok()??;
    let Some(Ok(header)) = records.next() else { return None };
    let lower: Vec<String> = header.cells().map(str::to_lowercase).collect();
    let has = |names: &[&str]| lower.iter().any(|name| names.contains(&name.as_str()));
    if !has(Role::Case.names()) {
        return None;
    }
    if has(Role::Label.names()) || has(Role::Value.names()) || has(&XYXY) || (has(&["x"]) && has(&["y"])) {
        return Some(Format::Long);
    }
    let tabular = match file_name.rsplit_once('.') {
        Some((_, ending)) => ["csv", "tsv", "tab", "txt"].contains(&ending.to_lowercase().as_str()),
        None => true,
    };
    let labels = lower.iter().any(|name| {
        !name.is_empty() && !Role::OF_WIDE.iter().any(|role| role.names().contains(&name.as_str()))
    });
    (tabular && labels).then_some(Format::Wide)
}
