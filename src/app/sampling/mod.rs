//! Samples on the screen: a line for each with what came of it, and one that is planned before it is drawn. Whatever of the
//! plan is changed, what it can and can't show is worked out anew at once.

use std::sync::Arc;

use super::editor::Editor;
use super::event::{Ask, Effect, Failure};
use super::layout::Layout;
use super::popup::{Popup, Prompt, Question, step};
use super::state::{Screen, State, Tone};
use super::worklist;
use crate::command::Command;
use crate::domain::moment;
use crate::domain::origin::Within;
use crate::domain::sample::{By, Design, Of, Rule};
use crate::domain::text::Safe;
use crate::domain::word::Word;
use crate::review::causes::reviews::Planning;
use crate::review::sample::{Board, Order, Outlook, SampleResult, words};
use crate::stats::sampling::standard::{Level, QUALITIES};

/// A picture of the selected sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Panel {
    /// What came of it, in words; of a plan what it would show.
    Words,
    /// How likely a lot is accepted, by the share of it that is wrong.
    Characteristic,
}

/// The pictures in their order.
pub const PANELS: [Panel; 2] = [Panel::Words, Panel::Characteristic];

/// Where one is.
#[derive(Debug, Clone, Default)]
pub struct Sampling {
    pub board: Option<Arc<Board>>,
    /// Why there is none.
    pub refused: Option<String>,
    awaited: Option<u64>,
    /// Place of the sample.
    pub selected: usize,
    /// Place in [`PANELS`].
    pub panel: usize,
    /// What is to be drawn next, while it is planned.
    pub plan: Option<Plan>,
    /// It is being drawn.
    pub drawing: bool,
}

/// How the size comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Size,
    Aql,
    Lq,
    Points,
    Sequential,
    Share,
}

const WAYS: [(Way, &str); 6] = [
    (Way::Size, "so many"),
    (Way::Aql, "AQL: a plan for a series of lots"),
    (Way::Lq, "LQ: a plan for a lot that stands alone"),
    (Way::Points, "two points: good is accepted, bad is not"),
    (Way::Sequential, "one after the other, until the bound is met"),
    (Way::Share, "the charter's share"),
];

/// What the plan asks, a row each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Work,
    Way,
    Size,
    Quality,
    Level,
    Limit,
    Accept,
    Good,
    Alpha,
    Bad,
    Beta,
    Bound,
    Most,
    Strata,
    Split,
    Label,
    Seed,
    For,
}

/// A sample before it is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub row: usize,
    of: Of,
    way: usize,
    size: u64,
    quality: usize,
    level: usize,
    limit: f64,
    accept: u64,
    good: f64,
    alpha: f64,
    bad: f64,
    beta: f64,
    bound: f64,
    most: u64,
    /// 0 for none, else one more than the place in [`By`]'s words.
    by: usize,
    in_proportion: bool,
    /// 0 for all, else one more than the place among the charter's labels.
    label: usize,
    seed: u64,
    /// 0 for anybody, else one more than the place among those who may read it.
    who: usize,
    pub outlook: Option<Result<Box<Outlook>, String>>,
    awaited: Option<u64>,
}

impl Plan {
    fn new(seed: u64) -> Plan {
        Plan {
            row: 0,
            of: Of::Concordant,
            way: 0,
            size: 59,
            quality: QUALITIES.iter().position(|quality| *quality == 1.0).unwrap_or(0),
            level: Level::ALL.iter().position(|(_, word)| *word == "II").unwrap_or(0),
            limit: 5.0,
            accept: 0,
            good: 1.0,
            alpha: 0.05,
            bad: 5.0,
            beta: 0.1,
            bound: 5.0,
            most: 500,
            by: 0,
            in_proportion: false,
            label: 0,
            seed,
            who: 0,
            outlook: None,
            awaited: None,
        }
    }

    fn way(&self) -> Way {
        WAYS.get(self.way).map_or(Way::Size, |(way, _)| *way)
    }

    /// Gives what is asked, in its order: each way of coming to a size has numbers of its own.
    pub fn parts(&self) -> Vec<Part> {
        let mut parts = vec![Part::Work, Part::Way];
        parts.extend(match self.way() {
            Way::Size => &[Part::Size][..],
            Way::Aql => &[Part::Quality, Part::Level],
            Way::Lq => &[Part::Limit, Part::Accept],
            Way::Points => &[Part::Good, Part::Alpha, Part::Bad, Part::Beta],
            Way::Sequential => &[Part::Bound, Part::Most],
            Way::Share => &[],
        });
        if self.way() == Way::Share {
            return parts;
        }
        parts.push(Part::Strata);
        if self.by > 0 {
            parts.push(Part::Split);
        }
        parts.extend([Part::Label, Part::Seed, Part::For]);
        parts
    }

    /// Gives a row: what it asks, and what is chosen.
    pub fn row(&self, part: Part, board: &Board) -> (&'static str, String) {
        let percent = |share: f64| format!("{share} %");
        match part {
            Part::Work => ("work", format!("{} cases", self.of.word())),
            Part::Way => ("size by", WAYS.get(self.way).map_or("", |(_, words)| words).to_owned()),
            Part::Size => ("size", self.size.to_string()),
            Part::Quality => (
                "acceptable quality",
                QUALITIES.get(self.quality).map_or(String::new(), |quality| percent(*quality)),
            ),
            Part::Level => (
                "level of inspection",
                Level::ALL.get(self.level).map_or(String::new(), |(_, word)| (*word).into()),
            ),
            Part::Limit => ("limiting quality", percent(self.limit)),
            Part::Accept => ("accepted with up to", format!("{} wrong", self.accept)),
            Part::Good => ("good", percent(self.good)),
            Part::Alpha => ("risk of rejecting it", self.alpha.to_string()),
            Part::Bad => ("bad", percent(self.bad)),
            Part::Beta => ("risk of accepting it", self.beta.to_string()),
            Part::Bound => ("until the bound is", percent(self.bound)),
            Part::Most => ("at most", self.most.to_string()),
            Part::Strata => {
                ("strata", self.strata().map_or("none".to_owned(), |by| format!("by {}", by.word())))
            }
            Part::Split => {
                let words = if self.in_proportion {
                    "in proportion"
                } else {
                    "evenly: more of what is rare, with its weight"
                };
                ("shared among them", words.to_owned())
            }
            Part::Label => {
                ("label", self.label(board).map_or("all".to_owned(), |label| Safe::new(label).to_string()))
            }
            Part::Seed => ("seed", self.seed.to_string()),
            Part::For => (
                "for",
                self.person(board).map_or("anybody of QA".to_owned(), |who| Safe::new(who).to_string()),
            ),
        }
    }

    fn strata(&self) -> Option<By> {
        let place = self.by.checked_sub(1)?;
        By::WORDS.get(place).map(|(by, _)| *by)
    }

    fn label<'b>(&self, board: &'b Board) -> Option<&'b String> {
        board.labels.get(self.label.checked_sub(1)?)
    }

    fn person<'b>(&self, board: &'b Board) -> Option<&'b String> {
        board.auditors.get(self.who.checked_sub(1)?)
    }

    /// Gives the order that is filled in.
    pub fn order(&self, board: &Board) -> Order {
        let design = match self.way() {
            Way::Size => Design::Size { size: self.size },
            Way::Aql => Design::Aql {
                aql: QUALITIES.get(self.quality).copied().unwrap_or(1.0),
                level: Level::ALL.get(self.level).map_or("II", |(_, word)| word).to_owned(),
            },
            Way::Lq => Design::Lq { lq: self.limit, accept: self.accept },
            Way::Points => {
                Design::Points { good: self.good, alpha: self.alpha, bad: self.bad, beta: self.beta }
            }
            Way::Sequential => Design::Sequential { bound: self.bound, most: self.most },
            Way::Share => Design::Share { share: board.share },
        };
        let by_hand = self.way() != Way::Share;
        Order {
            of: self.of,
            unit: None,
            design,
            by: self.strata().filter(|_| by_hand).into_iter().collect(),
            in_proportion: self.in_proportion || !by_hand,
            label: self.label(board).filter(|_| by_hand).cloned(),
            within: Within::default(),
            seed: by_hand.then_some(self.seed),
            to: self.person(board).filter(|_| by_hand).cloned(),
        }
    }

    /// Gives the number of a row as it is typed; none where a row is chosen.
    fn number(&self, part: Part) -> Option<String> {
        Some(match part {
            Part::Size => self.size.to_string(),
            Part::Limit => self.limit.to_string(),
            Part::Accept => self.accept.to_string(),
            Part::Good => self.good.to_string(),
            Part::Alpha => self.alpha.to_string(),
            Part::Bad => self.bad.to_string(),
            Part::Beta => self.beta.to_string(),
            Part::Bound => self.bound.to_string(),
            Part::Most => self.most.to_string(),
            Part::Seed => self.seed.to_string(),
            _ => return None,
        })
    }

    /// Takes a number that is typed; tells whether it is one.
    fn take(&mut self, part: Part, text: &str) -> bool {
        let real = text.trim().parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
        let whole = text.trim().parse::<u64>().ok();
        let set = |field: &mut f64| real.map(|number| *field = number).is_some();
        match part {
            Part::Limit => set(&mut self.limit),
            Part::Good => set(&mut self.good),
            Part::Alpha => set(&mut self.alpha),
            Part::Bad => set(&mut self.bad),
            Part::Beta => set(&mut self.beta),
            Part::Bound => set(&mut self.bound),
            Part::Accept => whole.map(|number| self.accept = number).is_some(),
            Part::Seed => whole.map(|number| self.seed = number).is_some(),
            Part::Size => whole.filter(|number| *number > 0).map(|number| self.size = number).is_some(),
            Part::Most => whole.filter(|number| *number > 0).map(|number| self.most = number).is_some(),
            _ => false,
        }
    }

    /// Changes a row by a step.
    fn turn(&mut self, part: Part, by: isize, board: &Board) {
        let count = |n: u64| n.saturating_add_signed(by as i64).max(1);
        match part {
            Part::Work => self.of = if self.of == Of::Concordant { Of::Decided } else { Of::Concordant },
            Part::Way => self.way = step(self.way, by, WAYS.len()),
            Part::Quality => self.quality = step(self.quality, by, QUALITIES.len()),
            Part::Level => self.level = step(self.level, by, Level::ALL.len()),
            Part::Strata => self.by = step(self.by, by, By::WORDS.len() + 1),
            Part::Split => self.in_proportion = !self.in_proportion,
            Part::Label => self.label = step(self.label, by, board.labels.len() + 1),
            Part::For => self.who = step(self.who, by, board.auditors.len() + 1),
            Part::Size => self.size = count(self.size),
            Part::Most => self.most = count(self.most),
            Part::Accept => self.accept = self.accept.saturating_add_signed(by as i64),
            Part::Seed => self.seed = self.seed.saturating_add_signed(by as i64),
            Part::Limit | Part::Bound | Part::Good | Part::Bad => {
                let field = match part {
                    Part::Limit => &mut self.limit,
                    Part::Bound => &mut self.bound,
                    Part::Good => &mut self.good,
                    _ => &mut self.bad,
                };
                *field = ((*field + 0.5 * by as f64).clamp(0.5, 99.5) * 10.0).round() / 10.0;
            }
            Part::Alpha | Part::Beta => {
                let field = if part == Part::Alpha { &mut self.alpha } else { &mut self.beta };
                *field = ((*field + 0.01 * by as f64).clamp(0.01, 0.5) * 100.0).round() / 100.0;
            }
        }
    }
}

/// Gives the samples, the newest first.
pub fn samples(board: &Board) -> impl Iterator<Item = &SampleResult> {
    board.samples.iter().rev()
}

/// Gives the sample that is selected.
pub fn selected(state: &State) -> Option<&SampleResult> {
    samples(state.sampling.board.as_ref()?).nth(state.sampling.selected)
}

/// Gives how many lines the table has.
pub fn lines(state: &State) -> usize {
    let of = &state.sampling;
    match &of.plan {
        Some(plan) => plan.parts().len(),
        // Where there is none, a line says so.
        None => of.board.as_ref().map_or(0, |board| board.samples.len().max(1)),
    }
}

/// Gives the operating characteristic that is looked at: that of the plan, else of the selected sample.
pub fn characteristic(state: &State) -> Option<(&[(f64, f64)], Rule)> {
    match &state.sampling.plan {
        Some(plan) => {
            let outlook = plan.outlook.as_ref()?.as_ref().ok()?;
            Some((&outlook.characteristic, outlook.rule))
        }
        None => selected(state).map(|of| (of.characteristic.as_slice(), of.rule)),
    }
}

/// Opens the screen.
pub(super) fn open(state: &mut State) -> Vec<Effect> {
    let mut effects = super::figures::turn_to(state, Screen::Sampling);
    effects.extend(ask(state));
    effects
}

/// Asks for the samples anew.
pub(super) fn ask(state: &mut State) -> Vec<Effect> {
    let ticket = state.ticket();
    state.sampling.awaited = Some(ticket);
    state.sampling.refused = None;
    vec![Effect::Ask(Ask::Samples { ticket })]
}

/// Takes the samples.
pub(super) fn take(state: &mut State, ticket: u64, result: Result<Arc<Board>, Failure>) {
    let held = selected(state).map(|of| of.id.clone());
    let of = &mut state.sampling;
    if of.awaited != Some(ticket) {
        return;
    }
    of.awaited = None;
    match result {
        Ok(board) => {
            let place = held.and_then(|id| samples(&board).position(|sample| sample.id == id));
            of.selected = place.unwrap_or(of.selected).min(board.samples.len().saturating_sub(1));
            of.board = Some(board);
        }
        Err(failure) => {
            of.board = None;
            of.plan = None;
            of.refused = Some(failure.words);
        }
    }
}

/// Takes what a plan would show; that of an older plan is dropped.
pub(super) fn foreseen(state: &mut State, ticket: u64, result: Result<Box<Outlook>, Failure>) {
    if let Some(plan) = state.sampling.plan.as_mut().filter(|plan| plan.awaited == Some(ticket)) {
        plan.awaited = None;
        plan.outlook = Some(result.map_err(|failure| failure.words));
    }
}

/// Takes that a sample was drawn, or why not.
pub(super) fn drawn(state: &mut State, result: Result<String, Failure>) -> Vec<Effect> {
    state.sampling.drawing = false;
    match result {
        Ok(id) => {
            state.sampling.plan = None;
            state.sampling.selected = 0;
            // Behind the newest nobody stands any more.
            state.sampling.board = None;
            state.tell(Tone::Good, format!("{id} is drawn: QA reads it under ‘audits’"));
        }
        Err(failure) => super::update::failed(state, failure),
    }
    ask(state)
}

/// The review of a rejected lot as somebody takes it on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taking {
    pub sample: String,
    /// None until it is said.
    pub action: Option<String>,
    pub owner: Option<String>,
}

/// Takes what was typed of a review, and asks for what comes next: what is done, who sees to it, until when.
pub(super) fn take_on(state: &mut State, mut taking: Taking, typed: &str) -> Vec<Effect> {
    let typed = typed.trim().to_owned();
    let said = (!typed.is_empty()).then(|| typed.clone());
    match (&taking.action, &taking.owner) {
        (None, _) => taking.action = said,
        (Some(_), None) => taking.owner = said,
        (Some(action), Some(owner)) => {
            let Some(due) = moment::parse(&typed, state.now) else {
                state.tell(Tone::Warning, "that is no day: say it as 2026-12-24");
                ask_of_review(state, taking);
                return Vec::new();
            };
            let (action, owner) = (action.clone(), owner.clone());
            let planning = Planning { owner, action, due: Some(due), since: None };
            return vec![Effect::Ask(Ask::PlanReview { sample: taking.sample, planning })];
        }
    }
    match typed.is_empty() {
        true => state.tell(Tone::Info, "a review needs an action and an owner: nothing was saved"),
        false => ask_of_review(state, taking),
    }
    Vec::new()
}

fn ask_of_review(state: &mut State, taking: Taking) {
    let of = &taking.sample;
    let (title, held) = match (&taking.action, &taking.owner) {
        (None, _) => {
            (format!("The lot of {of} was rejected: what is done about the root causes?"), String::new())
        }
        (Some(_), None) => ("Who sees to it?".to_owned(), state.person.name.clone()),
        (Some(_), Some(_)) => {
            let due = selected(state).and_then(|of| of.review.as_ref()).map(|review| review.due.clone());
            ("Until when is it done?".to_owned(), due.unwrap_or_default())
        }
    };
    let editor = Editor::holding(&held);
    state.popups.push(Popup::Prompt(Prompt { title, about: Question::OfReview(taking), editor }));
}

/// Takes that somebody sees to the root causes of a lot, or why not.
pub(super) fn planned(state: &mut State, sample: &str, result: Result<(), Failure>) -> Vec<Effect> {
    match result {
        Ok(()) => {
            state.tell(Tone::Good, format!("the review of {sample} has an owner: a lead can sign its lot"))
        }
        Err(failure) => super::update::failed(state, failure),
    }
    state.causes.stale = true;
    ask(state)
}

/// Takes that a lot was signed, or why not.
pub(super) fn signed(state: &mut State, sample: &str, result: Result<(), Failure>) -> Vec<Effect> {
    match result {
        Ok(()) => {
            state.tell(Tone::Good, format!("{sample} is signed: its lot goes out with the next export"))
        }
        Err(failure) => super::update::failed(state, failure),
    }
    ask(state)
}

/// Asks what the plan would show.
fn foresee(state: &mut State) -> Vec<Effect> {
    let ticket = state.ticket();
    let Some(board) = state.sampling.board.clone() else { return Vec::new() };
    let Some(plan) = state.sampling.plan.as_mut() else { return Vec::new() };
    plan.awaited = Some(ticket);
    vec![Effect::Ask(Ask::Outlook { ticket, order: Box::new(plan.order(&board)) })]
}

/// Takes a number as it is typed.
pub(super) fn type_in(state: &mut State, part: Part, text: &str) -> Vec<Effect> {
    let taken = state.sampling.plan.as_mut().is_some_and(|plan| plan.take(part, text));
    if taken { foresee(state) } else { Vec::new() }
}

/// Does what a command means here.
pub(super) fn command(state: &mut State, command: Command) -> Vec<Effect> {
    let page = isize::try_from(Layout::compute(state).page()).unwrap_or(1);
    let by = match command {
        Command::MoveDown => 1,
        Command::MoveUp => -1,
        Command::PageDown => page,
        Command::PageUp => -page,
        Command::MoveFirst => isize::MIN / 2,
        Command::MoveLast => isize::MAX / 2,
        _ => 0,
    };
    let count = lines(state);
    let of = &mut state.sampling;
    match command {
        Command::RefreshFigures => return ask(state),
        Command::NextPanel => of.panel = (of.panel + 1) % PANELS.len(),
        Command::PreviousPanel => of.panel = (of.panel + PANELS.len() - 1) % PANELS.len(),
        Command::PlanSample => return plan(state),
        Command::FindText => state.tell(Tone::Info, "lines are looked for in the worklist and the log"),
        Command::NextMeasure | Command::ToggleAmbiguous | Command::ToggleWeeks => {
            state.tell(Tone::Info, "that is for the screen Agreement");
        }
        _ if of.plan.is_some() => return on_plan(state, command, by),
        Command::DrawSample => state.tell(Tone::Info, "plan a sample first, and see what it can show"),
        Command::SignLot => return sign(state),
        Command::OpenSelected => return drill(state, true),
        Command::ListAll => return drill(state, false),
        _ if by != 0 => of.selected = step(of.selected, by, count),
        _ => {}
    }
    Vec::new()
}

/// Begins a plan, or goes on with it.
fn plan(state: &mut State) -> Vec<Effect> {
    if state.sampling.board.is_none() {
        state.tell(Tone::Info, "the samples are still being read");
        return Vec::new();
    }
    if state.sampling.plan.is_none() {
        // Any seed will do that anybody can say again: it stands in the log with the lot.
        let seed = u64::try_from(state.now / 1000 % 100_000).unwrap_or(1);
        state.sampling.plan = Some(Plan::new(seed));
    }
    foresee(state)
}

fn on_plan(state: &mut State, command: Command, by: isize) -> Vec<Effect> {
    let Some(board) = state.sampling.board.clone() else { return Vec::new() };
    let Some(plan) = state.sampling.plan.as_mut() else { return Vec::new() };
    let parts = plan.parts();
    let Some(part) = parts.get(plan.row).copied() else { return Vec::new() };
    match command {
        Command::MoveLeft | Command::MoveRight => {
            plan.turn(part, if command == Command::MoveRight { 1 } else { -1 }, &board);
            plan.row = plan.row.min(plan.parts().len() - 1);
            return foresee(state);
        }
        Command::OpenSelected => match plan.number(part) {
            Some(held) => {
                let (title, _) = plan.row(part, &board);
                let about = Question::OfSample(part);
                let editor = Editor::holding(&held);
                state.popups.push(Popup::Prompt(Prompt { title: title.to_owned(), about, editor }));
            }
            None => {
                plan.turn(part, 1, &board);
                return foresee(state);
            }
        },
        Command::DrawSample if state.sampling.drawing => state.tell(Tone::Info, "it is being drawn"),
        Command::DrawSample => {
            let order = Box::new(plan.order(&board));
            state.sampling.drawing = true;
            state.tell(Tone::Info, "drawing");
            return vec![Effect::Ask(Ask::DrawSample { order })];
        }
        Command::SignLot | Command::ListAll => {
            state.tell(Tone::Info, "go back to the list of samples first");
        }
        _ if by != 0 => plan.row = step(plan.row, by, parts.len()),
        _ => {}
    }
    Vec::new()
}

/// Asks with which words a rejected lot is let go.
fn sign(state: &mut State) -> Vec<Effect> {
    let Some(of) = selected(state) else {
        state.tell(Tone::Info, "no sample was drawn yet");
        return Vec::new();
    };
    let words = match (of.accepted, &of.signed) {
        (_, Some(signed)) => format!("{} is signed already, by {}", of.id, Safe::new(&signed.by)),
        (None, _) => format!("{} is open: it is signed once all of it is read and settled", of.id),
        (Some(true), None) => format!("{} was accepted: its lot isn't held", of.id),
        (Some(false), None) if of.review.as_ref().is_some_and(|review| review.action.is_none()) => {
            let taking = Taking { sample: of.id.clone(), action: None, owner: None };
            ask_of_review(state, taking);
            return Vec::new();
        }
        (Some(false), None) => {
            let title = format!("Sign off the lot of {}: what was found, and what was done", of.id);
            let about = Question::Meaning(of.id.clone());
            state.popups.push(Popup::Prompt(Prompt { title, about, editor: Editor::default() }));
            return Vec::new();
        }
    };
    state.tell(Tone::Info, words);
    Vec::new()
}

/// Lists the cases of the selected sample: those alone in which something was wrong, or all that were drawn.
fn drill(state: &mut State, wrong: bool) -> Vec<Effect> {
    let Some(of) = selected(state) else {
        state.tell(Tone::Info, "no sample was drawn yet");
        return Vec::new();
    };
    let mut cases: Vec<Arc<str>> =
        if wrong { &of.wrong_cases } else { &of.cases }.iter().map(|case| Arc::from(case.as_str())).collect();
    cases.sort();
    cases.dedup();
    let what = if wrong { "wrong in" } else { "drawn into" };
    if cases.is_empty() {
        let words = format!("nothing of {} was found wrong: space lists all cases that were drawn", of.id);
        state.tell(Tone::Info, words);
        return Vec::new();
    }
    worklist::drill(state, cases, None, &format!("{what} {}", of.id))
}

/// Says everything of the plan or of the selected sample: a name and its words each.
pub fn words(state: &State) -> Vec<(String, String)> {
    match (&state.sampling.plan, selected(state)) {
        (Some(plan), _) => outlook_words(plan),
        (None, Some(of)) => result_words(of),
        (None, None) => Vec::new(),
    }
}

fn outlook_words(plan: &Plan) -> Vec<(String, String)> {
    let line = |name: &str, words: String| (name.to_owned(), words);
    let outlook = match &plan.outlook {
        None => return vec![line("", "counting what can be drawn".to_owned())],
        Some(Err(why)) => return vec![line("not so", why.clone())],
        Some(Ok(outlook)) => outlook,
    };
    if outlook.lot == 0 {
        let words = "nothing of it is there, or all of it waits for an audit: there is nothing to draw from";
        return vec![line("", words.to_owned())];
    }
    let unit = outlook.unit.word();
    let mut lines = vec![
        line("would draw", format!("{} of {} {unit}s", outlook.size, outlook.lot)),
        line("", words::rule_words(outlook.rule)),
    ];
    lines.extend(words::accepts(&outlook.characteristic).map(|words| line("chance to pass", words)));
    for (wrong, bound) in outlook.bounds.iter().enumerate() {
        let accepted = outlook.accept.map_or("", |accept| match wrong as u64 <= accept {
            true => ", accepted",
            false => ", rejected",
        });
        lines.push(line(
            &format!("if {wrong} wrong"),
            format!("under {} at 95 %{accepted}", words::percent(*bound)),
        ));
    }
    if outlook.strata.len() > 1 {
        for of in &outlook.strata {
            let name = if of.name.is_empty() { "none" } else { &of.name };
            lines.push(line("stratum", format!("{}: {} of {}", Safe::new(name), of.drawn, of.size)));
        }
    }
    lines
}

fn result_words(of: &SampleResult) -> Vec<(String, String)> {
    let line = |name: &str, words: String| (name.to_owned(), words);
    let unit = of.unit.word();
    let mut lines = vec![
        line(&of.id, words::verdict(of, true)),
        line("found", words::finding(of)),
        line("drawn", format!("{} of {} {} {unit}s", of.size, of.lot, of.of.word())),
        line("by", words::design_words(&of.design)),
        line("", words::rule_words(of.rule)),
    ];
    if let Some(bound) = of.upper95_of_lot {
        lines.push(line(
            "of this lot",
            format!("under {} at 95 %, as it has no more than {}", words::percent(bound), of.lot),
        ));
    }
    if let Some(review) = &of.review {
        lines.push(line("review", review.words()));
    }
    if of.withdrawn > 0 {
        let words = format!("{} opened again before anybody could tell: they don't count", of.withdrawn);
        lines.push(line("withdrawn", words));
    }
    let seed = match (of.seed, &of.share_seed) {
        (Some(seed), _) => seed.to_string(),
        (None, Some(seed)) => seed.clone(),
        (None, None) => "shown once all is read".to_owned(),
    };
    lines.push(line("seed", seed));
    let to = of.to.as_ref().map_or(String::new(), |to| format!(", for {}", Safe::new(to)));
    lines.push(line("who", format!("{} on {}{to}", words::drawn_by(of), of.at)));
    if of.strata.len() > 1 {
        for stratum in &of.strata {
            let name = if stratum.name.is_empty() { "none" } else { &stratum.name };
            let weight =
                stratum.weight.map_or(String::new(), |weight| format!(", each stands for {weight:.2}"));
            lines.push(line(
                "stratum",
                format!(
                    "{}: {} wrong of {} read, {} in the lot{weight}",
                    Safe::new(name),
                    stratum.wrong,
                    stratum.read,
                    stratum.size
                ),
            ));
        }
    }
    lines
}
