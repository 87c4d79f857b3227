//! The automated checks of a case before a person sees it: pure functions of the charter, the reads and what is stored
//! of the images, their pixels as they were found when they came in. What a blocking problem does to the case is
//! `domain::case`'s. Two need more than the case (who the project's people are, what else a reader read): they are
//! rows here, and run in `review::check`.
//!
//! Messages name labels and numbers and never a reader: `Problem::reader` says whom to put in front, by name or letter.

use std::collections::BTreeMap;

use serde::Serialize;

use super::charter::words::{Presence, presence};
use super::charter::{Charter, CheckLevel, Label};
use super::finding::{Finding, Read};
use super::geometry::Geometry;
use super::image::Image;
use super::text::Safe;
use super::value::{UNGRADABLE, Value};

mod images;
mod masks;
mod reads;
mod shapes;
mod statements;

pub use statements::fits;
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
    /// None where it needs more than the case.
    run: Option<Run>,
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
    /// Somebody looked at it and let it pass: it blocks no more.
    pub waived: Option<Waived>,
}

/// That a problem was looked at and let pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waived {
    pub who: String,
    /// Milliseconds since 1970 UTC.
    pub at: i64,
    pub why: String,
    /// The check was named, and not the case as a whole unblocked.
    #[serde(skip)]
    pub named: bool,
}

impl Problem {
    /// Tells whether it keeps the case from being decided.
    pub fn blocks(&self) -> bool {
        self.level == CheckLevel::Block && self.waived.is_none()
    }
}

/// What is checked.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub case: &'a str,
    /// May hold several occasions of one reader.
    pub reads: &'a [Read],
    pub images: &'a [Image],
    /// When the readers' names were first shown to somebody, in milliseconds since 1970 UTC.
    pub unblinded: Option<i64>,
}

/// Every check, in the order in which problems are listed. Their names are those of the charter's `[checks]`.
#[rustfmt::skip]
pub const CHECKS: [Check; 32] = [
    check_of("box-outside-image", CheckLevel::Block, "a box, or any other shape, reaches more than a pixel beyond its image, or lies on a frame that isn't there", shapes::outside_image),
    check_of("box-inverted", CheckLevel::Block, "a box's second corner lies left of or above its first", shapes::inverted),
    check_of("box-empty", CheckLevel::Block, "a box without width or height", shapes::empty),
    check_of("box-tiny", CheckLevel::Warn, "a box with a side under 3 pixels", shapes::tiny),
    check_of("mask-geometry", CheckLevel::Block, "a mask of another size than its image, or whose runs do not fill it", shapes::mask_geometry),
    check_of("mask-islands", CheckLevel::Warn, "a mask with parts of at most 1 % of its largest (or 3 pixels) that lie apart", masks::islands),
    check_of("mask-holes", CheckLevel::Warn, "a mask with holes as small as that", masks::holes),
    check_of("landmarks-order", CheckLevel::Warn, "a landmark placed twice, or two readers' landmarks in reverse order", shapes::landmarks_order),
    check_of("duplicate-objects", CheckLevel::Warn, "one reader drew the same object of one label twice (boxes: IoU above 0.9)", shapes::duplicates),
    check_of("shape-outside-kind", CheckLevel::Warn, "a shape of another kind than its label's, which is not compared", shapes::outside_kind),
    check_of("laterality", CheckLevel::Warn, "a finding says left or right, and the image's header says the other side", statements::laterality),
    check_of("label-outside-charter", CheckLevel::Warn, "a label that the charter doesn't know, which is not compared", statements::label_outside_charter),
    check_of("value-outside-levels", CheckLevel::Warn, "a value that is none of its label's levels", statements::value_outside_levels),
    check_of("score-out-of-range", CheckLevel::Warn, "a number outside its label's range", statements::score_out_of_range),
    check_of("confidence-missing", CheckLevel::Off, "a finding without the reader's confidence, of a label that needs one", statements::confidence_missing),
    check_of("exclusive-labels", CheckLevel::Warn, "one reader states two labels that the charter says can't hold together", reads::exclusive_labels),
    check_of("child-without-parent", CheckLevel::Warn, "a finding below another in the charter, whose parent the reader didn't state", reads::child_without_parent),
    check_of("identical-reads", CheckLevel::Warn, "two readers drew exactly the same shapes", reads::identical_reads),
    check_of("repeated-read", CheckLevel::Warn, "one reader read the case more than once and said something else", reads::repeated_read),
    check_of("read-after-unblinding", CheckLevel::Warn, "a read dated after the readers' names of the case were shown to somebody", reads::after_unblinding),
    beside("reading-time", "a read that came sooner after the reader's one before than the charter's `least_seconds`"),
    beside("own-case", "an item that one of the case's readers decided alone, or a case of which everybody who could decide is a reader"),
    check_of("image-missing", CheckLevel::Warn, "an image that no file holds", reads::image_missing),
    check_of("image-undecodable", CheckLevel::Warn, "an image whose pixels can't be decoded", images::undecodable),
    check_of("image-not-looked-at", CheckLevel::Warn, "an image whose pixels nobody looked at as it came in: too large, or too slow", images::not_looked_at),
    check_of("image-size", CheckLevel::Warn, "a file that holds more or fewer bytes of pixels than its image's size takes", images::size),
    check_of("image-empty", CheckLevel::Warn, "an image in which every pixel has the same value", images::empty),
    check_of("image-clipped", CheckLevel::Warn, "an image of which more than 5 % of the pixels are white, at the end of its values", images::clipped),
    check_of("image-duplicate", CheckLevel::Warn, "an image with the same pixels as one that came in before, of whatever case", images::duplicate),
    check_of("burnt-in-text", CheckLevel::Warn, "an image with text in its pixels: its header says so, or it is suspected", images::burnt_in_text),
    check_of("orientation-implausible", CheckLevel::Warn, "a header with an orientation that no image can have", images::orientation_implausible),
    check_of("orientation-unknown", CheckLevel::Off, "a header that doesn't say which way the patient lies", images::orientation_unknown),
];

const fn check_of(name: &'static str, level: CheckLevel, help: &'static str, run: Run) -> Check {
    Check { name, level, help, run: Some(run) }
}

/// A check that needs more than the case. It can't block, since what a case is follows from its history alone.
const fn beside(name: &'static str, help: &'static str) -> Check {
    Check { name, level: CheckLevel::Warn, help, run: None }
}

impl Check {
    /// Gives what it does by a charter.
    pub fn level_in(&self, charter: &Charter) -> CheckLevel {
        charter.checks.get(self.name).copied().unwrap_or(self.level)
    }

    /// Tells whether it sees the case alone, so that it can block it.
    pub fn may_block(&self) -> bool {
        self.run.is_some()
    }
}

/// Finds a check by its name.
pub fn named(name: &str) -> Option<&'static Check> {
    CHECKS.iter().find(|check| check.name == name)
}

/// Runs every check that the charter has not switched off over one case. The problems are the same whatever order the
/// reads come in, and listed by check, reader and finding.
pub fn check(charter: &Charter, subject: &Subject<'_>) -> Vec<Problem> {
    let Subject { case, reads, images, unblinded } = *subject;
    let mut reads: Vec<&Read> = reads.iter().collect();
    reads.sort_by(|a, b| (&a.reader, a.occasion).cmp(&(&b.reader, b.occasion)));
    let scene = Scene { charter, case, reads, images, unblinded };
    let mut problems = Vec::new();
    for check in &CHECKS {
        let level = check.level_in(charter);
        let Some(run) = check.run.filter(|_| level != CheckLevel::Off) else { continue };
        let mut found = Vec::new();
        run(&scene, &mut found);
        problems.extend(found.into_iter().map(|found| Problem {
            check: check.name,
            level,
            reader: found.read.map(|read| read.reader.clone()),
            occasion: found.read.map(|read| read.occasion),
            finding: found.finding,
            label: found.label.map(str::to_owned),
            message: found.message,
            waived: None,
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
    unblinded: Option<i64>,
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
