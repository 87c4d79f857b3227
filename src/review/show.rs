//! One case whole, as the person who asks may see it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::check::{self, Found};
use super::lead::{find, record};
use super::{Result, ReviewError, Scene, Session, reason, words};
use crate::domain::authority::{self, Deed};
use crate::domain::case::digest::Shuffle;
use crate::domain::case::{self, Case, CaseItem, Decided, Fate, Kind, State};
use crate::domain::charter::{Charter, Label, LabelKind, Support};
use crate::domain::decision::answer::in_words as answer_in_words;
use crate::domain::decision::{Answer, Decision, merge};
use crate::domain::event::Action;
use crate::domain::finding::Finding;
use crate::domain::geometry::Geometry;
use crate::domain::image::Image;
use crate::domain::item::{Choice, DisputeType, Opinion};
use crate::domain::moment;
use crate::domain::value::{UNCERTAIN, Value};
use crate::store::{Entry, Tx};

/// A case as it is shown.
#[derive(Debug, Clone, Serialize)]
pub struct CaseView {
    pub case: String,
    pub state: State,
    /// Why it is blocked or what it waits for, in words.
    pub why: Vec<String>,
    pub claimed_by: Vec<String>,
    pub images: Vec<Json>,
    pub reads_hash: String,
    pub reads: Vec<ReadView>,
    pub disputes: Vec<DisputeView>,
    /// What the readers agree on.
    pub agreed: Vec<AgreedView>,
    /// What the automated checks find; before an own look, of the images alone.
    pub problems: Vec<Found>,
    /// What models said is shown once this person has answered.
    pub models_hidden: bool,
    /// An own look comes first: reads, types and candidates are left out.
    pub own_look_first: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct ReadView {
    /// A letter; the name where the case was unblinded to this person.
    pub reader: String,
    pub version: u32,
    pub model: bool,
    pub findings: Vec<Finding>,
}

#[derive(Debug, Clone, Serialize)]
pub struct DisputeView {
    pub id: String,
    #[serde(rename = "type")]
    pub dispute_type: Option<DisputeType>,
    pub label: String,
    pub kind: Kind,
    pub state: State,
    pub gap: Option<f64>,
    /// The gap for people.
    pub words: String,
    pub candidates: Vec<CandidateView>,
    pub consensus: Option<Json>,
    pub decision: Option<Json>,
    /// Of discussion; 0 where there was none.
    pub round: u32,
    /// Answers and notes of earlier rounds, without names; the note that put it up for discussion first. For an arbiter who
    /// has looked, all that was said before it came to them. In no order that says who it was.
    pub earlier_rounds: Vec<Voice>,
    /// Rounds that the charter allows.
    #[serde(skip)]
    pub rounds: u32,
    /// An audit of this person's: what others said is shown neither before nor after it.
    #[serde(skip)]
    pub audit: bool,
    /// Decisions of others that this person doesn't see yet.
    pub hidden_decisions: usize,
    /// An own look of this person, who is an arbiter, shows them what was answered before it was escalated.
    pub look_shows_earlier: bool,
    pub reads_changed: bool,
    /// This person looks at it before the reads are shown.
    #[serde(skip)]
    pub own_look: bool,
    /// Nothing more is asked of this person: they answered, or it is for an arbiter.
    #[serde(skip)]
    pub answered: bool,
    /// Declared levels, in their order; in an own look the values that can be given.
    #[serde(skip)]
    pub levels: Vec<Value>,
    /// The label is a number that can be given freely.
    #[serde(skip)]
    pub takes_number: bool,
    /// Ways to merge that work here.
    #[serde(skip)]
    pub merges: Vec<&'static str>,
    /// No candidate says yet that nothing is there.
    #[serde(skip)]
    pub can_none: bool,
    /// What readers wrote, with their letters where these are shown.
    #[serde(skip)]
    pub comments: Vec<(Option<String>, String)>,
    /// What the decision that stands comes to, in words.
    #[serde(skip)]
    pub standing_words: String,
}

impl DisputeView {
    /// Says in which round of how many a discussion is.
    pub fn round_words(&self) -> Option<String> {
        let of = if self.round <= self.rounds { format!(" of {}", self.rounds) } else { String::new() };
        (self.state == State::Discussion).then(|| format!("discussion, round {}{of}", self.round))
    }

    /// Says what this person doesn't see yet of what others answered, and what shows it.
    pub fn hidden_words(&self) -> Option<String> {
        let (what, are) = match self.hidden_decisions {
            0 => return None,
            1 => ("1 decision of somebody else".to_owned(), "is"),
            n => (format!("{n} decisions of others"), "are"),
        };
        let when = if self.look_shows_earlier { "after an own look" } else { "when it is settled" };
        Some(format!("{what} {are} shown {when}"))
    }

    /// Gives why, of the decision that stands: its causes, clause and note, where it has any.
    pub fn reasons(&self) -> Option<String> {
        let decision = self.decision.as_ref()?;
        let word = |name: &str| decision.get(name).and_then(Json::as_str).map(str::to_owned);
        let codes = decision.get("root_cause").and_then(Json::as_array);
        let codes: Vec<&str> = codes.into_iter().flatten().filter_map(Json::as_str).collect();
        let codes = (!codes.is_empty()).then(|| codes.join(" "));
        let all: Vec<String> = [codes, word("clause"), word("note")].into_iter().flatten().collect();
        (!all.is_empty()).then(|| all.join(" · "))
    }
}

/// What somebody said in a discussion, or before an arbiter was called, without who it was.
#[derive(Debug, Clone, Serialize)]
pub struct Voice {
    /// Of discussion; 0 before there was one.
    pub round: u32,
    /// It put the dispute up for discussion, and is no answer.
    pub opens: bool,
    /// It called for an arbiter, and is no answer.
    pub escalates: bool,
    pub value: Option<Json>,
    pub confidence: Option<u8>,
    pub severity: Option<String>,
    pub note: Option<String>,
    /// The answer for people.
    #[serde(skip)]
    pub answer: String,
}

impl Voice {
    /// Says it in a line.
    pub fn words(&self) -> String {
        let head = match self.round {
            _ if self.escalates => "escalated".to_owned(),
            round if self.opens => format!("put up for round {round}"),
            round => {
                let when = if round == 0 { "answered before".to_owned() } else { format!("round {round}") };
                let sure = self.confidence.map_or(String::new(), |n| format!(", confidence {n} of 5"));
                let severe =
                    self.severity.as_ref().map_or(String::new(), |code| format!(", severity {code}"));
                format!("{when}: {}{sure}{severe}", self.answer)
            }
        };
        match &self.note {
            Some(note) => format!("{head}: “{note}”"),
            None => head,
        }
    }
}

#[derive(Debug, Clone, Serialize)]
pub struct CandidateView {
    pub n: usize,
    pub value: Json,
    /// The shapes behind a class.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub geometry: Vec<Geometry>,
    /// None until the choice is made, where the charter hides support.
    pub readers: Option<Vec<String>>,
    pub share: Option<f64>,
    pub comments: Vec<String>,
    #[serde(skip)]
    pub choice: Choice,
    /// The choice for people.
    #[serde(skip)]
    pub words: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct AgreedView {
    pub id: String,
    pub label: String,
    pub value: Json,
    /// The decision that stands, where somebody decided before the readers came to agree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Json>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reads_changed: bool,
    /// The value for people.
    #[serde(skip)]
    pub words: String,
}

impl AgreedView {
    /// Says who decided it, how sure and when, and whether the reads changed since; none where nobody decided.
    pub fn decided(&self) -> Option<String> {
        let decision = self.decision.as_ref()?;
        let confidence = decision.get("confidence").and_then(Json::as_u64);
        let sure = confidence.map_or(String::new(), |confidence| format!(", confidence {confidence} of 5"));
        let at = decision.get("at").and_then(Json::as_str).unwrap_or_default();
        let changed = match self.reads_changed {
            true => "; the reads changed after this was final: a lead can reopen it",
            false => "",
        };
        Some(format!("decided: {}{sure}, by {} at {at}{changed}", self.words, decided_by(decision)))
    }
}

/// Shows a case. With a reason, the readers' names are revealed, which is an event, and bars this person from deciding.
pub fn show(session: &mut Session, name: &str, reveal: Option<&str>) -> Result<CaseView> {
    if let Some(why) = reveal {
        let why = reason(why)?;
        session.write(Some(name), |tx, scene| {
            let role = scene.allow(Deed::Reveal)?;
            let (case_id, _) = find(tx, scene, name)?;
            record(tx, scene, role, Action::Unblind, case_id, name, Some(why))
        })?;
    }
    if session.store.is_read_only() {
        return session.read(Some(name), |tx, scene| {
            scene.allow(Deed::ShowCase)?;
            view(tx, scene, name)
        });
    }
    session.write(Some(name), |tx, scene| {
        let role = scene.allow(Deed::ShowCase)?;
        let shown = view(tx, scene, name)?;
        tx.append(&scene.entry(Some(role), Action::View, Some(name), json!({ "v": 1 })))?;
        Ok(shown)
    })
}

/// Gives a case as this person may see it.
pub(super) fn view(tx: &Tx<'_>, scene: &Scene<'_>, name: &str) -> Result<CaseView> {
    let (case_id, history) = find(tx, scene, name)?;
    let case = case::derive(&scene.setup.protocol, &history);
    let claimed_by: Vec<String> = tx
        .claims(case_id)?
        .into_iter()
        .filter(|claim| claim.holds(scene.now))
        .map(|claim| claim.who)
        .collect();
    let eye = Eye::of(scene, &case);
    // Which cases are one patient's is nothing that whoever decides has to know.
    let images = case.images.iter().map(|image| json!(Image { patient: None, ..image.clone() })).collect();
    let reads = match eye.bare {
        true => Vec::new(),
        false => {
            let shown = case.reads.iter().filter(|read| !(read.read.model && eye.models_hidden));
            let mut reads: Vec<ReadView> = shown.map(|read| eye.read(read)).collect();
            // In the order of their ids they would tell which letter is whose.
            reads.sort_by(|a, b| a.reader.cmp(&b.reader));
            reads
        }
    };
    let disputes = case.disputes().filter(|item| eye.is_shown(item)).map(|item| eye.dispute(item)).collect();
    let agreed = case.items.iter().filter(|item| !item.disputed && !eye.bare && eye.is_shown(item));
    let agreed = agreed.filter_map(|item| {
        // Somebody may have decided it before the readers came to agree.
        let decided = item.answers().max_by_key(|decided| decided.seq);
        let words = match &item.result {
            Some(choice) => eye.words(choice),
            None => in_words(&decided?.decision),
        };
        Some(AgreedView {
            id: item.id.clone(),
            label: item.item.labels.join("/"),
            value: item.result.as_ref().map_or(Json::Null, |choice| eye.choice(choice)),
            decision: decided.map(|decided| eye.decision(item, decided)),
            reads_changed: item.reads_changed,
            words,
        })
    });
    // What is said of single readers begins with their letters, and comes in the order of these.
    let mut waits = case.missing.clone();
    if let Some((_, of_readers)) = waits.split_first_mut() {
        of_readers.sort();
    }
    // That somebody is at a case on which there is nothing to do, as far as this person knows, tells that it is read again.
    let known = |item: &CaseItem| eye.oversees || eye.may_answer(item);
    let settled = case.state_with(scene.now, false, known) >= State::Provisional;
    let mut claimed_by = claimed_by;
    claimed_by.retain(|who| eye.oversees || !settled || who == eye.who);
    Ok(CaseView {
        case: case.name.clone(),
        state: case.state_with(scene.now, !claimed_by.is_empty(), known),
        why: case.blocked.iter().cloned().chain(waits).collect(),
        claimed_by,
        images,
        reads_hash: case.reads_hash.clone(),
        reads,
        disputes,
        agreed: agreed.collect(),
        problems: eye.problems(scene),
        models_hidden: eye.models_hidden,
        own_look_first: eye.bare,
    })
}

/// Tells whether this person has yet to look at some dispute of a case themself, before they see its reads.
pub(super) fn looks_first(scene: &Scene<'_>, case: &Case) -> bool {
    Eye::of(scene, case).bare
}

/// What one person may see of one case.
struct Eye<'a> {
    case: &'a Case,
    charter: &'a Charter,
    /// May settle what was escalated.
    arbiter: bool,
    /// May decide.
    works: bool,
    /// An audit waits for this person: all else of the case would steer it.
    audits: bool,
    /// Ids under which this person reads.
    readers: BTreeSet<String>,
    who: &'a str,
    now: i64,
    shuffle: Shuffle,
    /// An own look at some dispute comes first, before the reads as a whole are shown.
    bare: bool,
    looks_first: bool,
    /// Support is hidden until the choice is made.
    support: Support,
    /// Models spoke, and what they said is hidden as long as a dispute waits for this person's answer.
    models_hidden: bool,
    /// May see what others decided before it is settled.
    oversees: bool,
    /// By the reader's id.
    shown_as: BTreeMap<&'a str, &'a str>,
}

impl<'a> Eye<'a> {
    fn of(scene: &'a Scene<'_>, case: &'a Case) -> Self {
        let who = scene.actor.who.as_str();
        let review = &scene.charter().review;
        let named = case.unblinded.contains(who) || !review.blind;
        let oversees = scene.may(Deed::Reveal);
        // Whoever saw the readers' names decides nothing here any more, and has nothing to look at first.
        let looks_first =
            authority::looks_first(&scene.person().roles, scene.charter()) && !case.unblinded.contains(who);
        let mut eye = Eye {
            case,
            charter: scene.charter(),
            arbiter: scene.may(Deed::Arbitrate),
            works: scene.may(Deed::Decide) || scene.may(Deed::Arbitrate),
            audits: false,
            readers: super::decide::actor(scene).readers,
            who,
            now: scene.now,
            shuffle: Shuffle::new(&scene.setup.protocol.key),
            bare: false,
            looks_first,
            support: review.support,
            models_hidden: false,
            oversees,
            shown_as: case
                .reads
                .iter()
                .map(|read| {
                    (
                        read.read.reader.as_str(),
                        if named { read.read.reader.as_str() } else { read.letter.as_str() },
                    )
                })
                .collect(),
        };
        eye.audits = scene.may(Deed::Audit) && case.again.iter().any(|item| eye.may_audit(item));
        eye.bare = eye.audits || case.disputes().any(|item| eye.owes_look(item));
        let models = case.reads.iter().any(|read| read.read.model);
        eye.models_hidden = models && case.disputes().any(|item| eye.hides_models(item));
        eye
    }

    /// Tells whether an audit is this person's to make, if the role allows it.
    fn may_audit(&self, item: &CaseItem) -> bool {
        self.case.is_audit_for(item, self.who, &self.readers)
    }

    /// Tells whether an item is this person's to see: in an audit nothing else of the case is, a second reading takes
    /// the place of what it reads again, and nobody is told that their work was drawn.
    fn is_shown(&self, item: &CaseItem) -> bool {
        if self.audits {
            return self.may_audit(item);
        }
        match item.second.as_deref() {
            Some(second) if item.awaits_audit() => self.oversees && !second.by.contains(self.who),
            Some(_) if !item.is_open() => self.oversees || item.last_of(self.who).is_some(),
            Some(_) => self.oversees || self.may_answer(item),
            None => !(self.works && self.case.is_asked_again(item, self.who, &self.readers)),
        }
    }

    /// Tells whether this person may say what a second reading that was made comes to.
    fn may_answer(&self, item: &CaseItem) -> bool {
        self.works && self.case.is_second_for(item, self.who, &self.readers)
    }

    /// Tells whether this person has yet to answer before they see what models said of an item.
    fn hides_models(&self, item: &CaseItem) -> bool {
        item.hides_models(self.charter, self.who, self.oversees)
    }

    fn is_model(&self, id: &str) -> bool {
        self.case.reads.iter().any(|read| read.read.model && read.read.reader == *id)
    }

    /// What the automated checks find, as this person may see it: what is said of a reader gives away what they said.
    fn problems(&self, scene: &Scene<'_>) -> Vec<Found> {
        let of_model = |letter: &String| {
            let read = self.case.read_of(letter);
            self.models_hidden && read.is_some_and(|read| read.read.model)
        };
        let mut problems = check::findings(scene, self.case);
        problems.retain(|found| match &found.reader {
            Some(letter) => !self.bare && !of_model(letter),
            None => !(self.bare && found.finding.is_some()),
        });
        problems
    }

    /// Tells whether this person looked at a dispute before the reads were shown, or decided on it; who put it off has
    /// done neither.
    fn has_looked(&self, item: &CaseItem) -> bool {
        item.looks.iter().any(|look| look.who == self.who) || item.has_decided(self.who)
    }

    /// Tells whether this person has yet to look at a dispute themself, before what the readers say of it is shown: of
    /// second readings at those that are theirs to answer.
    fn owes_look(&self, item: &CaseItem) -> bool {
        let theirs =
            || item.second.is_none() || item.is_open() && !item.awaits_audit() && self.may_answer(item);
        self.looks_first && item.outcome.is_none() && !self.has_looked(item) && theirs()
    }

    fn reader(&self, id: &str) -> String {
        self.shown_as.get(id).map_or_else(|| "?".to_owned(), |shown| (*shown).to_owned())
    }

    fn read(&self, read: &case::CurrentRead) -> ReadView {
        let mut findings = read.read.findings.clone();
        for geometry in findings.iter_mut().filter_map(|finding| finding.geometry.as_mut()) {
            self.place(geometry);
        }
        ReadView {
            reader: self.reader(&read.read.reader),
            version: read.version,
            model: read.read.model,
            findings,
        }
    }

    /// Names the image of a shape where the source named only the case, and the case has but one image.
    fn place(&self, geometry: &mut Geometry) {
        if let ([image], true) = (self.case.images.as_slice(), geometry.image == self.case.name) {
            geometry.image.clone_from(&image.id);
        }
    }

    fn choice(&self, choice: &Choice) -> Json {
        choice_json(&self.placed(choice))
    }

    fn placed(&self, choice: &Choice) -> Choice {
        let mut choice = choice.clone();
        choice.shapes.iter_mut().for_each(|shape| self.place(shape));
        choice
    }

    fn words(&self, choice: &Choice) -> String {
        words::of_choice(&self.placed(choice), &self.case.images)
    }

    /// The label that an item is about, where it is about one.
    fn label(&self, item: &CaseItem) -> Option<&'a Label> {
        match item.item.labels.as_slice() {
            [only] => self.charter.label(only),
            _ => None,
        }
    }

    fn levels(&self, item: &CaseItem, bare: bool) -> Vec<Value> {
        match self.label(item) {
            Some(label) if matches!(label.kind, LabelKind::Ordinal | LabelKind::Categorical) => {
                label.levels.clone()
            }
            Some(label) if bare && label.kind == LabelKind::Present => {
                let uncertain = label.uncertain.then(|| Value::Text(UNCERTAIN.into()));
                [Value::present(), Value::absent()].into_iter().chain(uncertain).collect()
            }
            _ => Vec::new(),
        }
    }

    fn comments(&self, item: &CaseItem, support: bool) -> Vec<(Option<String>, String)> {
        let of = |opinion: &Opinion| {
            let letter = support.then(|| self.reader(&opinion.reader));
            opinion.comments.iter().map(move |comment| (letter.clone(), comment.clone())).collect::<Vec<_>>()
        };
        let hides = self.hides_models(item);
        let seen = |opinion: &&Opinion| !(hides && opinion.model);
        self.lettered(item).into_iter().filter(seen).flat_map(of).collect()
    }

    /// Opinions in the order of what their readers are shown as: that of their ids would tell which letter is whose.
    fn lettered<'i>(&self, item: &'i CaseItem) -> Vec<&'i Opinion> {
        let mut opinions: Vec<&Opinion> = item.item.opinions.iter().collect();
        opinions.sort_by_key(|opinion| self.reader(&opinion.reader));
        opinions
    }

    fn dispute(&self, item: &CaseItem) -> DisputeView {
        let settled = matches!(item.state, State::Provisional | State::Final);
        let bare = item.awaits_audit() && self.audits || self.owes_look(item);
        // An arbiter looks, or answers, before the earlier answers are shown.
        let before_arbiter = !settled && self.arbiter && item.stage(self.who) == State::Escalated;
        let arbitrates = before_arbiter && !item.has_answered_blind(self.who);
        let sees =
            |decided: &Decided| settled || self.oversees && !arbitrates && !bare || decided.who == self.who;
        let mine =
            item.decisions.iter().any(|decided| decided.who == self.who && decided.fate == Fate::Stands);
        let support = self.support == Support::Shown || mine || self.oversees;
        let hides = self.hides_models(item);
        let seen = |id: &String| !(hides && self.is_model(id));
        let standing = || item.decisions.iter().filter(|decided| decided.fate == Fate::Stands);
        let shown = || {
            let all = item.item.candidates.iter().enumerate();
            all.filter(|(_, candidate)| candidate.readers.is_empty() || candidate.readers.iter().any(seen))
        };
        let voices = self.case.voices(item);
        let people = item.item.opinions.iter().filter(|opinion| !opinion.model).count();
        // Whoever else answered is one more of those who did.
        let among = |share: f64| share / (people + voices.len()).max(1) as f64;
        let candidates = shown().map(|(at, candidate)| {
            let voice = voices.iter().find(|(place, _)| *place == at);
            let mut shapes = candidate.choice.shapes.clone();
            shapes.iter_mut().for_each(|shape| self.place(shape));
            let said =
                |opinion: &&Opinion| candidate.readers.contains(&opinion.reader) && seen(&opinion.reader);
            let comments = self.lettered(item).into_iter().filter(said);
            let holders = candidate.readers.iter().filter(|id| seen(id));
            let mut readers: Vec<String> = holders.map(|id| self.reader(id)).collect();
            readers.extend(voice.map(|(_, letter)| letter.clone()));
            readers.sort();
            CandidateView {
                n: at + 1,
                value: self.choice(&candidate.choice),
                geometry: if candidate.choice.label.is_some() { shapes } else { Vec::new() },
                readers: support.then_some(readers),
                share: support.then_some(match (voice, voices.is_empty()) {
                    (Some(_), _) => among(1.0),
                    (None, false) => among(candidate.share * people as f64),
                    (None, true) => candidate.share,
                }),
                comments: comments.flat_map(|opinion| opinion.comments.clone()).collect(),
                words: self.words(&candidate.choice),
                choice: self.placed(&candidate.choice),
            }
        });
        let difference = item.item.difference.as_ref().filter(|_| !bare);
        let decision = standing().filter(|decided| sees(decided)).max_by_key(|decided| decided.seq);
        let earlier: Vec<&Decided> =
            if bare || arbitrates { Vec::new() } else { self.earlier(item, before_arbiter) };
        let told = |decided: &Decided| sees(decided) || earlier.iter().any(|known| known.seq == decided.seq);
        DisputeView {
            id: item.id.clone(),
            dispute_type: difference.map(|difference| difference.kind),
            label: item.item.labels.join("/"),
            kind: if self.oversees { item.kind } else { Kind::Dispute },
            state: item.state_at(self.now),
            gap: difference.map(|difference| difference.gap),
            words: difference.map(|difference| difference.text.clone()).unwrap_or_default(),
            candidates: if bare { Vec::new() } else { candidates.collect() },
            consensus: item.item.consensus.as_ref().filter(|_| !bare && support).map(|c| self.choice(c)),
            decision: decision.map(|decided| self.decision(item, decided)),
            round: item.round,
            earlier_rounds: earlier.iter().map(|decided| self.anonymous(decided)).collect(),
            rounds: self.charter.review.rounds,
            audit: item.awaits_audit() && self.audits,
            hidden_decisions: standing().filter(|decided| !told(decided)).count(),
            look_shows_earlier: arbitrates,
            reads_changed: item.reads_changed,
            own_look: bare,
            answered: item.last_of(self.who).is_some()
                || (item.state_at(self.now) == State::Escalated && !self.arbiter),
            levels: self.levels(item, bare),
            takes_number: self.label(item).is_some_and(|label| label.kind == LabelKind::Continuous),
            merges: if bare { Vec::new() } else { merge::ways(self.charter, &item.item) },
            can_none: bare || !shown().any(|(_, candidate)| candidate.choice.is_absent()),
            comments: if bare { Vec::new() } else { self.comments(item, support) },
            standing_words: decision.and_then(|decided| decided.decision.result.as_ref()).map_or_else(
                || decision.map_or_else(String::new, |decided| in_words(&decided.decision)),
                |result| self.words(result),
            ),
        }
    }

    /// Gives what was said in the discussion so far; for an arbiter also what else others said before it came to them. Within
    /// a round the store's key gives the order: that of the log, which tells who decided when, would tell who said what.
    fn earlier<'i>(&self, item: &'i CaseItem, before_arbiter: bool) -> Vec<&'i Decided> {
        let mut earlier: Vec<&Decided> = item.discussed().collect();
        let others = item.decisions.iter().filter(|decided| {
            let said = decided.fate == Fate::Stands && decided.decision.answer != Answer::Defer;
            said && decided.who != self.who && earlier.iter().all(|known| known.seq != decided.seq)
        });
        let others: Vec<&Decided> = others.filter(|_| before_arbiter).collect();
        earlier.extend(others);
        earlier.sort_by_cached_key(|decided| {
            let (opens, escalates) = (says(decided, &Answer::Discuss), says(decided, &Answer::Escalate));
            let seq = decided.seq.to_string();
            let place = self.shuffle.place(&["voice", &self.case.name, &item.id, &seq]);
            (round_of(decided), !opens, escalates, place)
        });
        earlier
    }

    /// Gives a decision; what several adjudicators settled together is one, with who else answered.
    fn decision(&self, item: &CaseItem, decided: &Decided) -> Json {
        let settled = matches!(item.state, State::Provisional | State::Final) && decided.is_answer();
        let united = item.united().filter(|_| settled);
        let decision = &*united.unwrap_or_else(|| item.with_causes(decided));
        let others = item.answers().filter(|other| settled && other.who != decided.who);
        let others: Vec<&str> = others.map(|other| other.who.as_str()).collect();
        let verdicts: BTreeMap<String, Json> =
            decision.verdicts.iter().map(|(id, verdict)| (self.reader(id), json!(verdict))).collect();
        let mut adopted: Vec<String> = decision.adopted.iter().map(|id| self.reader(id)).collect();
        adopted.sort();
        let answer = match &decision.answer {
            Answer::AdoptReader(id) => json!({ "adopt_reader": self.reader(id) }),
            other => json!(other),
        };
        let ambiguity = decision.ambiguity.clone().map(|mut block| {
            block.variants = block.variants.iter().map(|id| self.reader(id)).collect();
            block.variants.sort();
            block
        });
        json!({
            "seq": decided.seq,
            "by": decided.who,
            "with": others,
            "at": moment::rfc3339(decided.at),
            "answer": answer,
            "value": decision.result.as_ref().map(|result| self.choice(result)),
            "outcome": item.outcome,
            "adopted": adopted,
            "confidence": decision.confidence,
            "uncertain": decision.uncertain,
            "ambiguity": ambiguity,
            "verdicts": verdicts,
            "root_cause": decision.root_cause,
            "severity": decision.severity,
            "clause": decision.clause,
            "note": decision.note,
            "panel": decision.panel,
            "slot": decision.slot,
            "round": decision.round,
            "final_at": decision.final_at.map(moment::rfc3339),
        })
    }

    /// What somebody answered in an earlier round of a discussion, without who it was.
    fn anonymous(&self, decided: &Decided) -> Voice {
        let decision = &decided.decision;
        let (opens, escalates) = (says(decided, &Answer::Discuss), says(decided, &Answer::Escalate));
        Voice {
            round: round_of(decided),
            opens,
            escalates,
            value: decision.result.as_ref().map(|result| self.choice(result)),
            confidence: decision.confidence.filter(|_| !opens && !escalates),
            severity: decision.severity.clone(),
            note: decision.note.clone(),
            answer: match &decision.result {
                Some(result) => self.words(result),
                None => in_words(decision),
            },
        }
    }
}

fn says(decided: &Decided, answer: &Answer) -> bool {
    decided.decision.answer == *answer
}

/// Gives the round of a discussion that something was said in, or that it begins; 0 before there was one.
fn round_of(decided: &Decided) -> u32 {
    decided.from_round.saturating_add(u32::from(says(decided, &Answer::Discuss)))
}

fn in_words(decision: &Decision) -> String {
    answer_in_words(&decision.answer, decision.settles, None)
}

/// Says who decided: the one who answered last, with those who had answered alike before.
pub fn decided_by(decision: &Json) -> String {
    let by = decision.get("by").and_then(Json::as_str).unwrap_or("?");
    let with = decision.get("with").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
    let with: Vec<&str> = with.collect();
    match with.as_slice() {
        [] => by.to_owned(),
        with => format!("{by} with {}", with.join(", ")),
    }
}

/// Writes a choice as the command line prints values: a class, a level, a shape, or several shapes.
pub fn choice_json(choice: &Choice) -> Json {
    match (&choice.label, choice.shapes.as_slice(), &choice.value) {
        (Some(label), _, _) => json!(label),
        (None, [shape], _) => json!(shape),
        (None, [], Some(value)) => json!(value),
        (None, [], None) => Json::Null,
        (None, shapes, _) => json!(shapes),
    }
}

/// Finds the image of a case that a picture is asked for: the first, by its place in the index. Looking at it is an
/// event.
pub fn image_of(session: &mut Session, name: &str) -> Result<(String, Vec<String>)> {
    let found = |tx: &Tx<'_>, scene: &Scene<'_>| {
        let (_, history) = find(tx, scene, name)?;
        let Some(arrived) = history.images.first() else {
            return Err(ReviewError::Missing(format!(
                "no image of case {} is known: import its DICOM files with `overread import DIR`",
                crate::domain::text::Safe::new(name)
            )));
        };
        Ok((arrived.image.id.clone(), tx.locators(&arrived.image.id)?))
    };
    if session.store.is_read_only() {
        return session.read(Some(name), |tx, scene| {
            scene.allow(Deed::Preview)?;
            found(tx, scene)
        });
    }
    session.write(Some(name), |tx, scene| {
        let role = scene.allow(Deed::Preview)?;
        let (image, places) = found(tx, scene)?;
        let entry = scene.entry(Some(role), Action::View, Some(name), json!({ "v": 1 }));
        tx.append(&Entry { object: Some(&image), ..entry })?;
        Ok((image, places))
    })
}
