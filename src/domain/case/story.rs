//! Cases for tests, told step by step: reads come in, people decide, and what was decided goes into the history as
//! the store would put it there.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Act, Arrived, Case, CharterVersion, History, Imported, Protocol, State, Waives, derive};
use crate::domain::charter::{Charter, Label, LabelKind};
use crate::domain::decision::{Actor, Answer, Draft, Refused, settle};
use crate::domain::event::Action;
use crate::domain::finding::{Finding, Read};
use crate::domain::geometry::{Geometry, Shape};
use crate::domain::image::Image;
use crate::domain::value::Value;

pub const MINUTE: i64 = 60_000;

pub struct Story {
    pub protocol: Protocol,
    pub history: History,
    pub seq: u64,
    /// Goes on by a minute with each step.
    pub now: i64,
}

/// A charter with one label of most kinds.
pub fn charter() -> Charter {
    let mut charter = Charter::named("test");
    let opacity = Label { uncertain: true, ..Label::of("opacity", LabelKind::Present) };
    let grade = Label {
        levels: (1..=5).map(|level| Value::Number(f64::from(level))).collect(),
        ..Label::of("grade", LabelKind::Ordinal)
    };
    let size = Label { range: Some([0.0, 300.0]), ..Label::of("size", LabelKind::Continuous) };
    charter.labels = vec![opacity, grade, size, Label::of("lesion", LabelKind::Box)];
    charter
}

pub fn with(change: impl FnOnce(&mut Charter)) -> Charter {
    let mut charter = charter();
    change(&mut charter);
    charter
}

pub fn says(label: &str, value: impl Into<serde_json::Value>) -> Finding {
    Finding { value: serde_json::from_value(value.into()).ok(), ..Finding::of(label) }
}

pub fn rectangle(left: f64, top: f64, right: f64, bottom: f64) -> Geometry {
    Geometry { shape: Shape::Box { points: [[left, top], [right, bottom]] }, image: "1.2.3".into(), frame: 0 }
}

pub fn draws(label: &str, geometry: Geometry) -> Finding {
    Finding { geometry: Some(geometry), ..Finding::of(label) }
}

pub fn read(reader: &str, findings: Vec<Finding>) -> Read {
    Read { reader: reader.into(), model: false, occasion: 1, read_at: None, marks: false, findings }
}

pub fn adjudicator(name: &str) -> Actor {
    Actor { name: name.into(), adjudicator: true, ..Actor::default() }
}

pub fn arbiter(name: &str) -> Actor {
    Actor { arbiter: true, ..adjudicator(name) }
}

pub fn draft(dispute: &str, answer: Answer) -> Draft {
    Draft {
        case: "c1".into(),
        dispute: dispute.into(),
        answer,
        confidence: Some(4),
        uncertain: false,
        ambiguity: None,
        verdicts: BTreeMap::new(),
        root_cause: Vec::new(),
        severity: None,
        clause: None,
        note: None,
        expect: None,
        panel: Vec::new(),
        first_look: false,
        seen: None,
    }
}

/// A draft written as a line of `decide`, about `opacity#1` of the case unless it says otherwise.
pub fn line(mut json: serde_json::Value) -> Result<Draft, serde_json::Error> {
    if let Some(fields) = json.as_object_mut() {
        fields.entry("case").or_insert("c1".into());
        fields.entry("dispute").or_insert("opacity#1".into());
        fields.entry("confidence").or_insert(4.into());
    }
    serde_json::from_value(json)
}

impl Story {
    pub fn new(charter: Charter) -> Self {
        let first = CharterVersion { seq: 1, at: 0, version: 1, charter: Arc::new(charter), retriage: true };
        Story {
            protocol: Protocol { charters: vec![first], key: [42; 32] },
            history: History { case: "c1".into(), ..History::default() },
            seq: 1,
            now: 0,
        }
    }

    /// Two readers who differ on the opacity.
    pub fn two(charter: Charter) -> Self {
        Story::new(charter).import([
            read("ann", vec![says("opacity", "present")]),
            read("bob", vec![says("opacity", "absent")]),
        ])
    }

    fn step(&mut self) -> (u64, i64) {
        self.seq += 1;
        self.now += MINUTE;
        (self.seq, self.now)
    }

    /// Takes one file in whose scope is every label that its reads speak of, and `opacity`.
    pub fn import(self, reads: impl IntoIterator<Item = Read>) -> Self {
        let reads: Vec<Read> = reads.into_iter().collect();
        let mut scope: Vec<String> =
            reads.iter().flat_map(|read| &read.findings).map(|finding| finding.label.clone()).collect();
        scope.push("opacity".into());
        scope.sort();
        scope.dedup();
        self.import_about(&scope, reads)
    }

    pub fn import_about(mut self, scope: &[impl AsRef<str>], reads: Vec<Read>) -> Self {
        let (seq, at) = self.step();
        self.history.imports.push(Imported {
            seq,
            at,
            scope: scope.iter().map(|label| label.as_ref().to_owned()).collect(),
            reads,
            prevalence: Arc::default(),
        });
        self
    }

    pub fn image(mut self) -> Self {
        let (seq, at) = self.step();
        let image = Image {
            id: "1.2.3".into(),
            series: None,
            study: None,
            modality: None,
            rows: 512,
            columns: 512,
            frames: 1,
            spacing: None,
            laterality: None,
            burned_in: None,
            slice: None,
            quality: None,
            patient: None,
        };
        self.history.images.push(Arrived { seq, at, image });
        self
    }

    pub fn charter(mut self, charter: Charter, retriage: bool) -> Self {
        let (seq, at) = self.step();
        let version = u32::try_from(self.protocol.charters.len()).unwrap_or(0) + 1;
        self.protocol.charters.push(CharterVersion {
            seq,
            at,
            version,
            charter: Arc::new(charter),
            retriage,
        });
        self
    }

    /// Something that needs no draft.
    pub fn act(mut self, who: &str, action: Action, dispute: Option<&str>) -> Self {
        let (seq, at) = self.step();
        self.history.acts.push(Act {
            seq,
            at,
            who: who.into(),
            action,
            dispute: dispute.map(String::from),
            decision: None,
            cause: None,
            why: Some("because".into()),
            asked: None,
            waives: None,
        });
        self
    }

    /// Lets pass what a check finds.
    pub fn waive(mut self, who: &str, check: &str, reader: Option<&str>) -> Self {
        self = self.act(who, Action::Waive, None);
        if let Some(act) = self.history.acts.last_mut() {
            act.waives = Some(Waives { check: check.into(), reader: reader.map(String::from) });
        }
        self
    }

    /// Hands a draft in; what is taken goes into the history.
    pub fn decide(mut self, who: &Actor, draft: Draft) -> Result<Self, Refused> {
        self.step();
        let (action, decision) = self.try_now(who, &draft)?;
        if self.state(&draft.dispute) == Some(State::Deferred) {
            self = self.act(&who.name, Action::Resume, Some(&draft.dispute));
        }
        let (seq, at) = (self.seq + 1, self.now);
        self.seq = seq;
        self.history.acts.push(Act {
            seq,
            at,
            who: who.name.clone(),
            action,
            dispute: Some(draft.dispute),
            decision: Some(decision.into()),
            cause: None,
            why: None,
            asked: None,
            waives: None,
        });
        Ok(self)
    }

    pub fn try_now(
        &self,
        who: &Actor,
        draft: &Draft,
    ) -> Result<(Action, crate::domain::decision::Decision), Refused> {
        let (version, charter) = self.protocol.charter_at(self.seq);
        settle(&charter, version, &self.case(), draft, who, self.now, "overread 0.0")
    }

    pub fn later(mut self, milliseconds: i64) -> Self {
        self.now += milliseconds;
        self
    }

    pub fn case(&self) -> Case {
        derive(&self.protocol, &self.history)
    }

    /// The state of a dispute now.
    pub fn state(&self, dispute: &str) -> Option<State> {
        self.case().item(dispute).map(|entry| entry.state_at(self.now))
    }
}
