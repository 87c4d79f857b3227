//! Items: what is compared across readers. Findings are matched into items by optimal assignment, each item gets the
//! type of its dispute where the reads differ beyond the charter's tolerance, and its candidates. Everything here is
//! the same whatever order the readers come in.

mod answers;
mod apart;
mod candidates;
mod cluster;
mod judge;
mod order;
mod place;
mod priority;
mod topic;

#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

pub use answers::{difference, same_as_settled};
pub use apart::distance;
pub use place::{COVERED, SAME_IOU, SAME_MM, SAME_TOLERANCES, shared_area};
pub use priority::{case_priority, priority};
pub use topic::plainly;

use self::cluster::Ground;
use self::judge::{Say, Scene};
use self::place::Mark;
use self::topic::{Basis, Said, Stand, Topic};
use super::charter::Charter;
use super::finding::{Finding, Read};
use super::geometry::Geometry;
use super::image::Image;
use super::value::Value;
use super::word::words;

/// How the reads of an item differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum DisputeType {
    Presence,
    Label,
    Extent,
    Topology,
    Position,
    Grade,
    Technical,
    Confidence,
}

words!(DisputeType: Presence "PRESENCE", Label "LABEL", Extent "EXTENT", Topology "TOPOLOGY", Position "POSITION",
    Grade "GRADE", Technical "TECHNICAL", Confidence "CONFIDENCE");

/// A possible answer: what is said of the item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct Choice {
    /// The class, where classes are what is in dispute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// More than one where one object stands against several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shapes: Vec<Geometry>,
}

/// What one reader says of an item.
#[derive(Debug, Clone, PartialEq)]
pub struct Opinion {
    pub reader: String,
    pub model: bool,
    /// `absent` for a reader who looked and marked nothing.
    pub choice: Choice,
    pub confidence: Option<f64>,
    /// Readers' own comments on the findings behind the opinion.
    pub comments: Vec<String>,
}

/// How far apart the reads are.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    pub kind: DisputeType,
    /// In the type's natural unit, larger is further apart: levels or the label's unit (GRADE), millimetres or pixels
    /// (POSITION), 1 − overlap (EXTENT), share of the readers who are not in the largest camp (the others).
    pub gap: f64,
    /// The same on a scale of 0 to 1 that types share, for the priority.
    pub weight: f64,
    /// For people: `3 levels`, `Dice 0.31`, `1 of 3`, `4.2 mm`.
    pub text: String,
}

/// A distinct opinion with the readers who hold it, in the order of their ids.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    pub choice: Choice,
    pub readers: Vec<String>,
    /// Share of the people (models left out) who have an opinion on the item, 0–1.
    pub share: f64,
}

/// What is compared across readers.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// One label, or the classes in dispute in alphabetical order.
    pub labels: Vec<String>,
    /// One for each reader who has a say, in the order of their ids.
    pub opinions: Vec<Opinion>,
    /// None where the reads agree within the charter's tolerance.
    pub difference: Option<Difference>,
    /// In an order that depends on the opinions alone.
    pub candidates: Vec<Candidate>,
    /// What more than half of the people say, if anything.
    pub consensus: Option<Choice>,
}

impl Choice {
    /// Makes a choice of a level, a number or a reserved word.
    pub fn of(value: Value) -> Self {
        Choice { label: None, value: Some(value), shapes: Vec::new() }
    }

    /// Tells whether this says that nothing is there.
    pub fn is_absent(&self) -> bool {
        self.shapes.is_empty() && self.value.as_ref().is_some_and(|value| value.is(super::value::ABSENT))
    }

    /// Tells whether this says that the image can't be graded.
    pub fn is_ungradable(&self) -> bool {
        self.shapes.is_empty() && self.value.as_ref().is_some_and(|value| value.is(super::value::UNGRADABLE))
    }
}

/// A reader with what they said, in the order of contents.
struct Voice<'a> {
    read: &'a Read,
    findings: Vec<&'a Finding>,
    /// The reader says that the whole case can't be graded, so that silence means nothing.
    ungradable: bool,
}

/// Gives what is compared across the readers of one case, in the order of the labels. `reads` holds the current read
/// of each reader, models too; `images` is asked for the spacing. The order of either does not matter.
///
/// A missing read says nothing. A reader who read the case and drew nothing says that nothing is there, unless the read
/// holds grades alone; a reader who
/// left out a label of kind `present` says so only where the read lists what was marked; silence about a grade is no
/// statement. Types of dispute follow from what people say; models add candidates.
pub fn items(charter: &Charter, reads: &[Read], images: &[Image]) -> Vec<Item> {
    let voices = voices(reads);
    let models: Vec<bool> = voices.iter().map(|voice| voice.read.model).collect();
    let mut said: Vec<(usize, &Finding)> =
        Vec::with_capacity(voices.iter().map(|voice| voice.findings.len()).sum());
    for (n, voice) in voices.iter().enumerate() {
        said.extend(voice.findings.iter().map(|finding| (n, *finding)));
    }
    // Stable, so that within a label readers stay in their order, and their findings in that of contents.
    said.sort_by(|(_, a), (_, b)| a.label.cmp(&b.label));
    let of_labels = || said.chunk_by(|(_, a), (_, b)| a.label == b.label);
    // Asked for as a whole: what these lists would ask for themselves is large, and a case has few labels and readers.
    let mut topics: Vec<Topic<'_>> = Vec::with_capacity(of_labels().count());
    topics.extend(of_labels().filter_map(|of| Topic::new(charter, of, &models)));

    let mut marks = Vec::new();
    for (n, topic) in topics.iter().enumerate().filter(|(_, topic)| topic.basis != Basis::Case) {
        marks.extend(topic.findings.iter().filter_map(|(voice, finding)| {
            Some(Mark::new(*voice, n, finding, finding.geometry.as_ref()?, topic.said(finding)))
        }));
    }
    let mut ground = Ground::new(marks, &models, &topics, images);
    let clusters = ground.clusters(&topics);
    let scene = Scene { topics: &topics, ground: &ground };

    let names: Vec<&str> = voices.iter().map(|voice| voice.read.reader.as_str()).collect();
    let mut items = Vec::with_capacity(clusters.len() + topics.len());
    for (n, _) in topics.iter().enumerate().filter(|(_, topic)| topic.basis == Basis::Case || topic.unplaced)
    {
        let mut says = Vec::with_capacity(voices.len());
        says.extend(voices.iter().enumerate().filter_map(|(voice, of)| of_case(&scene, n, voice, of)));
        items.push(item(&scene, vec![n], says, &names));
    }
    for cluster in clusters {
        let mut labels: Vec<usize> = cluster.iter().map(|mark| ground.marks[*mark].topic).collect();
        labels.dedup();
        let of_reader = |(voice, of)| of_cluster(&scene, &labels, &cluster, voice, of);
        let mut says = Vec::with_capacity(voices.len());
        says.extend(voices.iter().enumerate().filter_map(of_reader));
        items.push(item(&scene, labels, says, &names));
    }
    items.sort_by(by_content);
    items
}

/// Gives what each reader says of a label on which no read of the case states anything: those whose silence means that
/// it isn't there. Nothing of readers whose silence means nothing.
pub fn unsaid<'r>(
    charter: &Charter,
    label: &str,
    reads: impl IntoIterator<Item = &'r Read>,
) -> Vec<&'r Read> {
    let nothing = Finding::of(label);
    let findings = [(0, &nothing)];
    let Some(topic) = Topic::new(charter, &findings, &[]) else { return Vec::new() };
    let ungradable = |read: &Read| read.findings.iter().any(topic::makes_ungradable);
    reads.into_iter().filter(|read| topic.silence(read, ungradable(read)) == Some(Stand::Absent)).collect()
}

/// Brings readers and their findings into the order of their contents.
fn voices<'a>(reads: &'a [Read]) -> Vec<Voice<'a>> {
    let voice = |read: &'a Read| {
        let mut findings: Vec<&Finding> = read.findings.iter().collect();
        findings.sort_by(|a, b| order::finding(a, b));
        let ungradable = findings.iter().any(|finding| topic::makes_ungradable(finding));
        Voice { read, findings, ungradable }
    };
    let mut voices: Vec<Voice<'a>> = reads.iter().map(voice).collect();
    voices.sort_by(|a, b| order::voice((a.read, &a.findings), (b.read, &b.findings)));
    voices
}

fn by_content(a: &Item, b: &Item) -> Ordering {
    a.labels
        .cmp(&b.labels)
        .then_with(|| order::each(&a.candidates, &b.candidates, |a, b| order::choice(&a.choice, &b.choice)))
        .then_with(|| order::each(&a.opinions, &b.opinions, |a, b| a.reader.cmp(&b.reader)))
        .then_with(|| order::each(&a.opinions, &b.opinions, |a, b| order::choice(&a.choice, &b.choice)))
}

/// What one reader says of a label that is not bound to a place.
fn of_case<'a>(scene: &Scene<'a, '_>, n: usize, voice: usize, of: &Voice<'a>) -> Option<Say<'a>> {
    let topic = scene.topics.get(n)?;
    let findings: Vec<&Finding> = own(topic, voice).map(|(_, finding)| *finding).collect();
    let said = topic.combine(findings.iter().map(|finding| topic.said(finding)));
    let Said { stand, value } = said.or_else(|| topic.silence(of.read, of.ungradable).map(Said::plain))?;
    Some(Say { voice, topic: n, stand, value, marks: Vec::new(), findings })
}

fn own<'t, 'a>(topic: &'t Topic<'a>, voice: usize) -> impl Iterator<Item = &'t (usize, &'a Finding)> {
    let from = topic.findings.partition_point(|(by, _)| *by < voice);
    topic.findings[from..].iter().take_while(move |(by, _)| *by == voice)
}

/// What one reader says of an object: by what they drew there, else by what they say of the label without a place,
/// else by having drawn nothing there.
fn of_cluster<'a>(
    scene: &Scene<'a, '_>,
    labels: &[usize],
    cluster: &[usize],
    voice: usize,
    of: &Voice<'a>,
) -> Option<Say<'a>> {
    let all = &scene.ground.marks;
    let marks: Vec<usize> = cluster.iter().copied().filter(|mark| all[*mark].voice == voice).collect();
    if let Some(first) = marks.first() {
        let n = all[*first].topic;
        let Said { stand, value } =
            scene.topics[n].combine(marks.iter().map(|mark| all[*mark].said.clone()))?;
        let findings = marks.iter().map(|mark| all[*mark].finding).collect();
        // A place where something is said not to be is nothing to compare.
        let there = |mark: &usize| all[*mark].said.stand <= Stand::Uncertain;
        let marks = marks.into_iter().filter(there).collect();
        return Some(Say { voice, topic: n, stand, value, marks, findings });
    }
    // A label that only a model brings in is no matter between people.
    let by_people: Vec<&Mark<'_>> =
        cluster.iter().map(|mark| &all[*mark]).filter(|mark| !scene.ground.models[mark.voice]).collect();
    let heard =
        |n: &&usize| of.read.model || by_people.is_empty() || by_people.iter().any(|mark| mark.topic == **n);
    let say = |n: &usize| {
        let topic = &scene.topics[*n];
        if !own(topic, voice).any(|(_, finding)| finding.geometry.is_some()) {
            let say = of_case(scene, *n, voice, of)?;
            // What a person says without a place is compared with what people drew, and by itself where they drew
            // nothing.
            let by_itself = !of.read.model && by_people.is_empty() && !say.findings.is_empty();
            return (!by_itself).then_some(say);
        }
        let nothing =
            |stand| Say { voice, topic: *n, stand, value: None, marks: Vec::new(), findings: Vec::new() };
        (topic.basis == Basis::Shape).then(|| nothing(Stand::Absent))
    };
    labels.iter().filter(heard).filter_map(say).min_by_key(|say| say.stand)
}

/// Makes an item of what each reader says; `labels` are the numbers of its labels.
fn item(scene: &Scene<'_, '_>, labels: Vec<usize>, says: Vec<Say<'_>>, names: &[&str]) -> Item {
    let several = labels.len() > 1;
    let choices: Vec<Choice> = says.iter().map(|say| candidates::choice(scene, say, several)).collect();
    let difference = judge::difference(scene, &says);
    let candidates = candidates::candidates(scene, &says, &choices, names);
    let consensus = candidates.iter().find(|candidate| candidate.share > 0.5).map(|held| held.choice.clone());
    let opinion = |(say, choice): (&Say<'_>, Choice)| Opinion {
        reader: names[say.voice].to_owned(),
        model: scene.ground.models[say.voice],
        choice,
        confidence: say.findings.iter().filter_map(|finding| finding.confidence).reduce(f64::max),
        comments: say.findings.iter().filter_map(|finding| finding.comment.clone()).collect(),
    };
    let mut opinions: Vec<Opinion> = says.iter().zip(choices).map(opinion).collect();
    opinions.sort_by(|a, b| a.reader.cmp(&b.reader));
    let labels = labels.into_iter().map(|n| scene.topics[n].name().to_owned()).collect();
    Item { labels, opinions, difference, candidates, consensus }
}
