//! The automated checks of a case before a person sees it, as far as they need no pixels: pure functions of the
//! charter, the reads and the images' headers. What a blocking problem does to the case is `domain::case`'s.
//!
//! Messages name labels and numbers and never a reader: `Problem::reader` says whom to put in front, by name or letter.

use std::collections::BTreeMap;

use super::charter::words::{Presence, presence};
use super::charter::{Charter, CheckLevel, Label};
use super::finding::{Finding, Read};
use super::geometry::Geometry;
use super::image::Image;
use super::text::Safe;
use super::value::{UNGRADABLE, Value};

mod reads;
mod shapes;
mod statements;
#[cfg(test)]
mod tests;

/// Looks at a whole case and adds what it finds.
type Run = for<'s> fn(&Scene<'s>, &mut Vec<Found<'s>>);

/// One automated check.
pub struct Check {
    pub name: &'static str,
    /// What it does unless the charter says otherwise.
    pub level: CheckLevel,
    /// One line for people.
    pub help: &'static str,
    run: Run,
}

/// Something that a check found.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    pub check: &'static str,
    /// `Block` or `Warn`: a check that is off finds nothing.
    pub level: CheckLevel,
    /// The reader's id, where it is about one.
    pub reader: Option<String>,
    /// Which of the reader's reads, where it is about one.
    pub occasion: Option<u32>,
    /// The place of the finding in that read, from 0, where it is about one.
    pub finding: Option<usize>,
    pub label: Option<String>,
    /// In words for a person, safe to print, without the reader's name.
    pub message: String,
}

/// Every check, in the order in which problems are listed. Their names are those of the charter's `[checks]`.
#[rustfmt::skip]
pub const CHECKS: [Check; 18] = [
    check_of("box-outside-image", CheckLevel::Block, "a box, or any other shape, reaches more than a pixel beyond its image, or lies on a frame that isn't there", shapes::outside_image),
    check_of("box-inverted", CheckLevel::Block, "a box's second corner lies left of or above its first", shapes::inverted),
    check_of("box-empty", CheckLevel::Block, "a box without width or height", shapes::empty),
    check_of("box-tiny", CheckLevel::Warn, "a box with a side under 3 pixels", shapes::tiny),
    check_of("mask-geometry", CheckLevel::Block, "a mask of another size than its image, or whose runs do not fill it", shapes::mask_geometry),
    check_of("landmarks-order", CheckLevel::Warn, "a landmark placed twice, or two readers' landmarks in reverse order", shapes::landmarks_order),
    check_of("duplicate-objects", CheckLevel::Warn, "one reader drew the same object of one label twice (boxes: IoU above 0.9)", shapes::duplicates),
    check_of("shape-outside-kind", CheckLevel::Warn, "a shape of another kind than its label's, which is not compared", shapes::outside_kind),
    check_of("laterality", CheckLevel::Warn, "a finding says left or right, and the image's header says the other side", statements::laterality),
    check_of("label-outside-charter", CheckLevel::Warn, "a label that the charter doesn't know, which is not compared", statements::label_outside_charter),
    check_of("value-outside-levels", CheckLevel::Warn, "a value that is none of its label's levels", statements::value_outside_levels),
    check_of("score-out-of-range", CheckLevel::Warn, "a number outside its label's range", statements::score_out_of_range),
    check_of("confidence-missing", CheckLevel::Off, "a finding without the reader's confidence", statements::confidence_missing),
    check_of("exclusive-labels", CheckLevel::Warn, "one reader states two labels that the charter says can't hold together", reads::exclusive_labels),
    check_of("child-without-parent", CheckLevel::Warn, "a finding below another in the charter, whose parent the reader didn't state", reads::child_without_parent),
    check_of("identical-reads", CheckLevel::Warn, "two readers drew exactly the same shapes", reads::identical_reads),
    check_of("repeated-read", CheckLevel::Warn, "one reader read the case more than once and said something else", reads::repeated_read),
    check_of("image-missing", CheckLevel::Warn, "an image that no file holds", reads::image_missing),
];

const fn check_of(name: &'static str, level: CheckLevel, help: &'static str, run: Run) -> Check {
    Check { name, level, help, run }
}

/// Runs every check that the charter has not switched off over one case. Reads may hold several occasions of one
/// reader. The problems are the same whatever order the reads come in, and listed by check, reader and finding.
pub fn check(charter: &Charter, case: &str, reads: &[Read], images: &[Image]) -> Vec<Problem> {
    let mut reads: Vec<&Read> = reads.iter().collect();
    reads.sort_by(|a, b| (&a.reader, a.occasion).cmp(&(&b.reader, b.occasion)));
    let scene = Scene { charter, case, reads, images };
    let mut problems = Vec::new();
    for check in &CHECKS {
        let level = charter.checks.get(check.name).copied().unwrap_or(check.level);
        if level == CheckLevel::Off {
            continue;
        }
        let mut found = Vec::new();
        (check.run)(&scene, &mut found);
        problems.extend(found.into_iter().map(|found| Problem {
            check: check.name,
            level,
            reader: found.read.map(|read| read.reader.clone()),
            occasion: found.read.map(|read| read.occasion),
            finding: found.finding,
            label: found.label.map(str::to_owned),
            message: found.message,
        }));
    }
    problems
}

/// What the checks look at.
struct Scene<'s> {
    charter: &'s Charter,
    case: &'s str,
    /// By reader and occasion.
    reads: Vec<&'s Read>,
    images: &'s [Image],
}

/// What a check says, before it has its name and level.
struct Found<'s> {
    read: Option<&'s Read>,
    finding: Option<usize>,
    label: Option<&'s str>,
    message: String,
}

/// One finding with its place.
#[derive(Clone, Copy)]
struct Spot<'s> {
    read: &'s Read,
    at: usize,
    finding: &'s Finding,
}

impl<'s> Scene<'s> {
    fn findings(&self) -> impl Iterator<Item = Spot<'s>> {
        self.reads.iter().flat_map(|read| spots(read))
    }

    /// Every finding with a label that the charter knows.
    fn labelled(&self) -> impl Iterator<Item = (Spot<'s>, &'s Label)> {
        let labels: BTreeMap<&str, &Label> =
            self.charter.labels.iter().map(|label| (label.name.as_str(), label)).collect();
        self.findings().filter_map(move |spot| Some((spot, *labels.get(spot.finding.label.as_str())?)))
    }

    /// The image that a shape is drawn on: the one it names or, where its source names none, the case's only one.
    fn image(&self, geometry: &Geometry) -> Option<&'s Image> {
        self.images.iter().find(|image| image.id == geometry.image).or(match self.images {
            [only] if geometry.image == self.case => Some(only),
            _ => None,
        })
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn spots(read: &Read) -> impl Iterator<Item = Spot<'_>> {
    read.findings.iter().enumerate().map(move |(at, finding)| Spot { read, at, finding })
}

impl<'s> Spot<'s> {
    fn says(self, message: String) -> Found<'s> {
        Found { read: Some(self.read), finding: Some(self.at), label: Some(&self.finding.label), message }
    }

    /// The label as a message may print it.
    fn label(self) -> Safe {
        Safe::new(&self.finding.label)
    }

    /// Tells whether the finding says that its label holds: something was drawn, or marked, or graded above nothing.
    fn holds(self) -> bool {
        let negative = |value: &Value| {
            value.is(UNGRADABLE) || matches!(presence(value), Some(Presence::Absent | Presence::Uncertain))
        };
        !self.finding.value.as_ref().is_some_and(negative)
    }
}
