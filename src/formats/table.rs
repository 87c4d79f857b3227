//! Rows from long and wide tables, CSV, TSV or with semicolons. One line in, its rows out; nothing is kept.
//!
//! Coordinates are taken as they stand: `x_min` is the left edge in continuous pixel coordinates, offset 0, and
//! `x_max` = `x_min` + `width`. A map can say that they name pixels instead.

use std::io::Read;

use super::cell;
use super::columns::{BoxColumns, Columns, Layout, Role, sniff};
use super::map::{Corners, Decimal, Map, ReaderKind};
use super::records::{Fault, Record, Records};
use super::{Format, FormatError, Options, Refusal, Row, Summary, quoted};
use crate::domain::finding::Finding;
use crate::domain::geometry::{Geometry, Shape};
use crate::domain::value::Value;

/// In bytes; longer ones are no names.
pub const LONGEST_CASE: usize = 1024;
pub const LONGEST_NAME: usize = 256;

struct Table<'a> {
    columns: Columns,
    map: &'a Map,
    decimal_comma: bool,
    /// Who read what no column names a reader for.
    reader: Option<String>,
    /// What all lines speak of, where no column names it.
    label: Option<String>,
}

/// Reads a table, see [`super::read`].
pub fn read<E>(
    format: Format,
    bytes: impl Read,
    options: &Options,
    sink: &mut dyn FnMut(Row) -> Result<(), E>,
    refuse: &mut dyn FnMut(Refusal),
) -> Result<Summary, FormatError<E>> {
    let no_map = Map::default();
    let map = options.map.as_ref().unwrap_or(&no_map);
    let mut records = Records::new(bytes);
    let empty = || FormatError::Refused(Refusal::file("is empty: nothing was read from it"));
    let delimiter = sniff(&mut records, map.delimiter).map_err(whole)?.ok_or_else(empty)?;
    let header = records.next().ok_or_else(empty)?.map_err(whole)?;
    let columns = Columns::read(&header, format, map).map_err(FormatError::Refused)?;
    let table = Table::new(columns, map, delimiter, options).map_err(FormatError::Refused)?;

    let mut summary = table.summary();
    let (mut rows, mut lines) = (Vec::new(), 0u64);
    while let Some(next) = records.next() {
        lines += 1;
        rows.clear();
        let taken = match next {
            Ok(record) => table.rows(&record, &mut rows).map_err(|why| Refusal::at(record.line, why)),
            Err(Fault::Line(refusal)) => Err(refusal),
            Err(fault) => return Err(whole(fault)),
        };
        if let Err(refusal) = taken {
            summary.refused += 1;
            refuse(refusal);
            continue;
        }
        for row in rows.drain(..) {
            summary.rows += 1;
            sink(row).map_err(FormatError::Sink)?;
        }
    }
    if lines == 0 {
        return Err(FormatError::Refused(Refusal::file(
            "holds a header and no lines: nothing was read from it",
        )));
    }
    Ok(summary)
}

/// A fault before or beyond which nothing can be read.
fn whole<E>(fault: Fault) -> FormatError<E> {
    match fault {
        Fault::Line(refusal) | Fault::File(refusal) => FormatError::Refused(refusal),
        Fault::Io(error) => FormatError::Io(error),
    }
}

impl<'a> Table<'a> {
    fn new(columns: Columns, map: &'a Map, delimiter: u8, options: &Options) -> Result<Self, Refusal> {
        let decimal_comma = map.decimal.map_or(delimiter == b';', |decimal| decimal == Decimal::Comma);
        let wide = matches!(columns.layout, Layout::Labels(_));
        let reader = map.constants.reader.clone().or_else(|| options.reader.clone());
        let needs_reader =
            columns.of(Role::Reader).is_none() && !matches!(columns.layout, Layout::Readers(_));
        let reader = match reader {
            None if needs_reader && wide => Some(stem(&options.file_name).to_owned()),
            reader => reader,
        }
        .map(|reader| reader.trim().to_owned())
        .filter(|reader| !reader.is_empty());
        if needs_reader && reader.is_none() {
            return Err(Refusal::file(
                "says nowhere who read: give --reader NAME, or name the column in a map (reader = … under [columns])",
            ));
        }
        let label = match (columns.of(Role::Label), &map.constants.label) {
            (Some(_), _) => None,
            (None, Some(label)) => Some(label.trim().to_owned()),
            (None, None) => columns.of(Role::Value).map(|value| columns.name(value).to_owned()),
        };
        let of_columns: (_, &[usize]) = match &columns.layout {
            Layout::Labels(at) => ("label", at),
            Layout::Readers(at) => ("reader", at),
            Layout::Long(_) => ("", &[]),
        };
        let of_columns = of_columns.1.iter().map(|column| (of_columns.0, columns.name(*column)));
        let constants = [("reader", &reader), ("label", &label)];
        let constants = constants.into_iter().filter_map(|(what, name)| Some((what, name.as_deref()?)));
        for (what, name) in of_columns.chain(constants) {
            fits(name, what, LONGEST_NAME).map_err(Refusal::file)?;
        }
        Ok(Table { columns, map, decimal_comma, reader, label })
    }

    fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for (name, meaning) in self.columns.meanings() {
            match meaning {
                Some(meaning) => summary.understood.push((name.to_owned(), meaning)),
                None if name.is_empty() => {}
                None => summary.ignored.push(name.to_owned()),
            }
        }
        let constants =
            [(&self.reader, "reader of every line that names none"), (&self.label, "label of every line")];
        summary
            .understood
            .extend(constants.into_iter().filter_map(|(name, what)| Some((name.clone()?, what))));
        summary
    }

    /// Adds what one line states.
    fn rows(&self, record: &Record<'_>, rows: &mut Vec<Row>) -> Result<(), String> {
        if record.cells().all(str::is_empty) {
            return Ok(());
        }
        let (cells, columns) = (record.len(), self.columns.names.len());
        if cells != columns {
            return Err(format!("has {cells} cells where the header has {columns}"));
        }
        let case = self.cell(record, Role::Case).unwrap_or("");
        if case.is_empty() {
            return Err(format!("{} is empty: which case is it?", self.called(Role::Case)));
        }
        fits(case, "case", LONGEST_CASE)?;
        let read_at = self.cell(record, Role::ReadAt);
        if let Some(text) = read_at.filter(|text| !cell::is_date(text)) {
            return Err(format!(
                "{}: {} is no date; written as 2024-02-29 or 2024-02-29T12:00:00Z",
                self.called(Role::ReadAt),
                quoted(text)
            ));
        }
        let blank = Row {
            line: record.line,
            case: case.to_owned(),
            reader: None,
            model: false,
            read_at: read_at.map(str::to_owned),
            marks: false,
            finding: None,
        };
        match &self.columns.layout {
            Layout::Long(corners) => {
                rows.push(self.statement(record, blank, corners.as_ref())?);
                return Ok(());
            }
            Layout::Labels(columns) | Layout::Readers(columns) => {
                for column in columns {
                    let Some(value) = self.value_in(record, *column)? else { continue };
                    let name = self.columns.name(*column);
                    let (label, reader) = match self.columns.layout {
                        Layout::Readers(_) => (self.label.as_deref().unwrap_or(""), name.to_owned()),
                        _ => (name, self.reader(record)?),
                    };
                    let finding = Some(self.finding(record, label, Some(value))?);
                    let model = self.is_model(record, &reader)?;
                    rows.push(Row { reader: Some(reader), model, finding, ..blank.clone() });
                }
            }
        }
        if rows.is_empty() {
            rows.push(blank);
        }
        Ok(())
    }

    /// What one line of a long table states.
    fn statement(
        &self,
        record: &Record<'_>,
        blank: Row,
        corners: Option<&BoxColumns>,
    ) -> Result<Row, String> {
        let label = match self.columns.of(Role::Label) {
            Some(column) => record.cell(column),
            None => self.label.as_deref().unwrap_or(""),
        };
        fits(label, "label", LONGEST_NAME)?;
        let value = match self.columns.of(Role::Value) {
            Some(column) => self.value_in(record, column)?,
            None => None,
        };
        let shape = match corners {
            Some(corners) => self.shape(record, corners)?,
            None => None,
        };
        let bare = value.is_none() && shape.is_none();
        if label.is_empty() && !bare {
            let what = if shape.is_some() { "box" } else { "value" };
            return Err(format!("{} is empty, and there is a {what}: of what?", self.called(Role::Label)));
        }
        let by_column = |role| self.columns.of(role).is_some();
        // Nobody is said to have read: the line only names the case.
        let unread = label.is_empty() && by_column(Role::Reader) && self.cell(record, Role::Reader).is_none();
        // A table of values in which this one is blank: not read, which is never a negative.
        let unstated = bare && corners.is_none() && by_column(Role::Value) && !label.is_empty();
        if unread || unstated {
            return Ok(blank);
        }
        let reader = self.reader(record)?;
        let model = self.is_model(record, &reader)?;
        // Where all lines speak of one label, a line without a box is a reader who looked and drew nothing.
        let drew_nothing = bare && corners.is_some() && !by_column(Role::Label);
        if label.is_empty() || drew_nothing {
            let marks = corners.is_some() || !by_column(Role::Value);
            return Ok(Row { reader: Some(reader), model, marks, ..blank });
        }
        let marks = value.is_none();
        let mut finding = self.finding(record, label, value)?;
        match shape {
            Some(shape) => {
                let frame = match self.cell(record, Role::Frame) {
                    Some(text) => cell::frame(text, self.map.first_frame)
                        .map_err(|why| format!("{}: {why}", self.called(Role::Frame)))?,
                    None => 0,
                };
                finding.geometry = Some(Geometry { shape, image: blank.case.clone(), frame });
            }
            None if finding.value.is_none() => finding.value = Some(Value::present()),
            None => {}
        }
        Ok(Row { reader: Some(reader), model, marks, finding: Some(finding), ..blank })
    }

    fn finding(&self, record: &Record<'_>, label: &str, value: Option<Value>) -> Result<Finding, String> {
        let confidence = self
            .cell(record, Role::Confidence)
            .map(|text| cell::confidence(text, self.decimal_comma))
            .transpose()
            .map_err(|why| format!("{}: {why}", self.called(Role::Confidence)))?;
        Ok(Finding {
            value,
            confidence,
            severity: self.cell(record, Role::Severity).map(str::to_owned),
            comment: self.cell(record, Role::Comment).map(str::to_owned),
            ..Finding::of(label)
        })
    }

    /// A blank box is none; one that lacks a coordinate is refused, since nobody knows where it is.
    fn shape(&self, record: &Record<'_>, corners: &BoxColumns) -> Result<Option<Shape>, String> {
        let cells = corners.at.map(|column| record.cell(column));
        if cells.iter().all(|text| text.is_empty()) {
            return Ok(None);
        }
        let mut numbers = [0.0; 4];
        for ((number, text), column) in numbers.iter_mut().zip(cells).zip(corners.at) {
            let name = self.columns.name(column);
            if text.is_empty() {
                return Err(format!("{} is empty, and the box's other coordinates are not", quoted(name)));
            }
            *number =
                cell::finite(text, self.decimal_comma).map_err(|why| format!("{}: {why}", quoted(name)))?;
        }
        let [left, top, third, fourth] = numbers;
        let (right, bottom) = match corners.corners {
            Corners::Xyxy => (third, fourth),
            Corners::Xywh => {
                for (size, column) in [third, fourth].into_iter().zip(corners.at.into_iter().skip(2)) {
                    if size < 0.0 {
                        return Err(format!("{}: {size} is negative", quoted(self.columns.name(column))));
                    }
                }
                (left + third, top + fourth)
            }
        };
        let offset = if self.map.pixel_centres { 0.5 } else { 0.0 };
        let points = [[left + offset, top + offset], [right + offset, bottom + offset]];
        let shape = Shape::Box { points };
        match shape.fault() {
            Some(fault) => Err(fault),
            None => Ok(Some(shape)),
        }
    }

    fn reader(&self, record: &Record<'_>) -> Result<String, String> {
        let reader = match self.cell(record, Role::Reader) {
            Some(reader) => reader,
            None => self.reader.as_deref().ok_or_else(|| {
                format!("{} is empty: who read? --reader NAME fills it in", self.called(Role::Reader))
            })?,
        };
        fits(reader, "reader", LONGEST_NAME)?;
        Ok(reader.to_owned())
    }

    fn is_model(&self, record: &Record<'_>, reader: &str) -> Result<bool, String> {
        match self.cell(record, Role::ReaderKind) {
            None => Ok(self.map.reader_kinds.get(reader) == Some(&ReaderKind::Model)),
            Some(kind) if kind.eq_ignore_ascii_case("model") => Ok(true),
            Some(kind) if kind.eq_ignore_ascii_case("human") => Ok(false),
            Some(kind) => {
                Err(format!("{}: {} is neither human nor model", self.called(Role::ReaderKind), quoted(kind)))
            }
        }
    }

    /// The value in a column, where there is one.
    fn value_in(&self, record: &Record<'_>, column: usize) -> Result<Option<Value>, String> {
        match record.cell(column) {
            "" => Ok(None),
            text => cell::value(text, self.decimal_comma, &self.map.values)
                .map(Some)
                .map_err(|why| format!("{}: {why}", quoted(self.columns.name(column)))),
        }
    }

    /// The cell of a role, where the table has its column and the cell isn't blank.
    fn cell<'r>(&self, record: &'r Record<'_>, role: Role) -> Option<&'r str> {
        self.columns.of(role).map(|column| record.cell(column)).filter(|text| !text.is_empty())
    }

    /// A role's column as the header calls it, for a message.
    fn called(&self, role: Role) -> String {
        quoted(self.columns.of(role).map_or(role.word(), |column| self.columns.name(column)))
    }
}

/// Refuses a name that no person would give.
pub fn fits(name: &str, what: &str, longest: usize) -> Result<(), String> {
    if name.len() <= longest {
        return Ok(());
    }
    Err(format!("the {what} {} is longer than {longest} bytes: is this the right column?", quoted(name)))
}

/// A file's name without its ending.
fn stem(file_name: &str) -> &str {
    match file_name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => file_name,
    }
}
