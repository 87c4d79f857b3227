//! A small XML document as a tree, within limits: no DTD, no entities but the five that XML itself has, no deep
//! nesting. Text between tags is dropped, since the formats that are read here keep everything in attributes.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::{Refusal, quoted};

const DEEPEST: usize = 64;
const MOST_ELEMENTS: usize = 1_000_000;
/// Of one element: each is compared with all before it.
const MOST_ATTRIBUTES: usize = 256;

#[derive(Debug, Default)]
pub struct Element {
    /// Without its namespace prefix.
    pub name: String,
    /// Where its tag begins, from 1.
    pub line: u64,
    attributes: Vec<(String, String)>,
    pub children: Vec<Element>,
}

impl Element {
    /// Tells whether this is the name, whatever its case: versions of a format differ in it.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Gives an attribute without the spaces around it; nothing where it is missing or blank.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// Gives a property whether it is written as an attribute, or as a child with `value` or `root`.
    pub fn property(&self, name: &str) -> Option<&str> {
        self.attribute(name).or_else(|| {
            let child = self.child(name)?;
            child.attribute("value").or_else(|| child.attribute("root"))
        })
    }

    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.is(name))
    }

    /// Adds every element below this one that has one of the names, in the order of the document.
    pub fn all<'a>(&'a self, names: &[&str]) -> Vec<&'a Element> {
        let mut found = Vec::new();
        self.gather(names, &mut found);
        found
    }

    fn gather<'a>(&'a self, names: &[&str], found: &mut Vec<&'a Element>) {
        for child in &self.children {
            if names.iter().any(|name| child.is(name)) {
                found.push(child);
            }
            child.gather(names, found);
        }
    }
}

/// Tells whether a file begins like XML.
pub fn looks_like(head: &[u8]) -> bool {
    head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start().starts_with(b"<")
}

/// Gives the name of the outermost element, from the beginning of a document.
pub fn root_name(head: &[u8]) -> Option<String> {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(head.get(..error.valid_up_to())?).ok()?,
    };
    let mut reader = Reader::from_str(text);
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) | Event::Empty(start) => return Some(start.local_name().as_ref().to_owned()),
            Event::DocType(_) | Event::Eof => return None,
            _ => {}
        }
    }
}

/// Reads a document whole. Elements named in `skip`, and all below them, are never kept.
///
/// # Errors
/// What is wrong with it, and where.
pub fn parse(bytes: &[u8], skip: &[&str]) -> Result<Element, Refusal> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Refusal::file("is XML that is not in UTF-8: save it again in UTF-8"))?;
    let mut reader = Reader::from_str(text);
    let (mut position, mut line) = (0usize, 1u64);
    let mut open: Vec<Element> = vec![Element::default()];
    let (mut skipping, mut elements) = (0usize, 0usize);
    loop {
        // What stands between two tags moves the line on before the tag does.
        let event = reader.read_event();
        let before = line;
        let now = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX).min(text.len());
        let passed = text.as_bytes().get(position..now).unwrap_or_default();
        line += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        position = now;
        let event = event.map_err(|error| {
            let why = format!("is broken XML: {}", crate::domain::text::Safe::new(&error.to_string()));
            Refusal::at(line, why)
        })?;
        let closes = matches!(event, Event::Empty(_));
        match event {
            Event::Start(start) | Event::Empty(start) => {
                elements += 1;
                if open.len() + skipping > DEEPEST || elements > MOST_ELEMENTS {
                    return Err(Refusal::at(
                        before,
                        "is nested too deeply, or too large, for what people draw",
                    ));
                }
                if skipping > 0 || skip.iter().any(|name| start.local_name().as_ref() == *name) {
                    skipping += usize::from(!closes);
                    continue;
                }
                open.push(element(&start, before)?);
                if closes {
                    close(&mut open);
                }
            }
            Event::End(_) if skipping > 0 => skipping -= 1,
            Event::End(_) => close(&mut open),
            Event::DocType(_) => {
                return Err(Refusal::at(
                    before,
                    "declares a document type (DTD), which is never read: remove it",
                ));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if open.len() > 1 || skipping > 0 {
        return Err(Refusal::at(line, "ends in the middle: an element is still open"));
    }
    let document = open.pop().unwrap_or_default();
    document.children.into_iter().next().ok_or_else(|| Refusal::file("is XML without an element"))
}

/// Hangs the innermost open element into the one around it.
fn close(open: &mut Vec<Element>) {
    if open.len() > 1
        && let Some(done) = open.pop()
        && let Some(around) = open.last_mut()
    {
        around.children.push(done);
    }
}

fn element(start: &BytesStart<'_>, line: u64) -> Result<Element, Refusal> {
    let name = start.local_name().as_ref().to_owned();
    let broken = |why: String| Refusal::at(line, format!("element {}: {why}", quoted(&name)));
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| broken(error.to_string()))?;
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|_| broken("an attribute uses an entity that XML itself doesn't have".into()))?;
        if attributes.len() == MOST_ATTRIBUTES {
            return Err(broken(format!("has more than {MOST_ATTRIBUTES} attributes")));
        }
        attributes.push((attribute.key.local_name().as_ref().to_owned(), value.into_owned()));
    }
    Ok(Element { name, line, attributes, children: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_becomes_a_tree_with_its_lines() -> Result<(), Refusal> {
        let text = "<?xml version='1.0'?>\n<a:root x='1 &amp; 2'>\n <b value=' v '/>\n <c><d root='r'/></c></a:root>";
        let root = parse(text.as_bytes(), &[])?;
        assert_eq!((root.name.as_str(), root.line, root.attribute("X")), ("root", 2, Some("1 & 2")));
        assert_eq!((root.property("b"), root.child("c").map(|c| c.line)), (Some("v"), Some(4)));
        assert_eq!(root.all(&["D"]).len(), 1);
        assert_eq!(root_name(text.as_bytes()).as_deref(), Some("root"));
        Ok(())
    }

    #[test]
    fn what_is_skipped_is_not_kept() -> Result<(), Refusal> {
        let root = parse(b"<a><p id='x'><q><p/></q></p><p/><b/></a>", &["p"])?;
        assert_eq!(root.children.iter().map(|child| child.name.as_str()).collect::<Vec<_>>(), ["b"]);
        Ok(())
    }

    #[test]
    fn attacks_and_damage_are_refused_in_words() {
        let deep = "<a>".repeat(100);
        let many = format!("<a {}/>", (0..300).map(|n| format!("b{n}='' ")).collect::<String>());
        let deep_skipped = format!("<r>{}", "<p>".repeat(100));
        for (text, words) in [
            ("<!DOCTYPE a [<!ENTITY x 'y'>]><a/>", "DTD"),
            ("<a b='&x;'/>", "entity"),
            (deep.as_str(), "nested"),
            (many.as_str(), "more than 256 attributes"),
            (deep_skipped.as_str(), "nested"),
            ("<a>\n<b>", "line 2: ends in the middle"),
            ("<a>\n</b>", "line 2: is broken XML"),
            ("<a b=1/>", "element “a”"),
            ("<a b='1' b='2'/>", "element “a”"),
            ("", "without an element"),
            ("\u{feff}", "without an element"),
        ] {
            let why =
                parse(text.as_bytes(), &["p"]).err().map(|refusal| refusal.to_string()).unwrap_or_default();
            assert!(why.contains(words), "{text}: {why}");
        }
        assert!(parse(b"<a b='\xff'/>", &[]).is_err_and(|refusal| refusal.why.contains("UTF-8")));
    }
}
