//! Root causes on the screen: a Pareto chart by one dimension at a time, the decisions behind the selected bar, how its rate
//! went before and after, what the guideline should say otherwise, and what is done about causes.

use std::sync::Arc;

use super::event::{Ask, Effect, Failure};
use super::layout::Layout;
use super::popup::{About, Entry, Menu, Popup, step, stride};
use super::state::{Screen, State, Tone};
use super::worklist;
use crate::command::Command;
use crate::domain::moment;
use crate::domain::taxonomy;
use crate::domain::text::Safe;
use crate::domain::word::Word;
use crate::review::causes::reviews::LOT;
use crate::review::causes::{Bar, Behind, Causes as All, Dimension, Rate, Split, Window};

/// What stands beside the chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Panel {
    /// The decisions behind the selected bar.
    Behind,
    /// Its rate in two periods.
    Periods,
    /// What the guideline should say otherwise.
    Requests,
    Reviews,
}

/// The panels in their order.
pub const PANELS: [Panel; 4] = [Panel::Behind, Panel::Periods, Panel::Requests, Panel::Reviews];

/// Decisions behind a bar that are listed; the worklist lists all their cases.
const MOST_BEHIND: usize = 500;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The causes at hand, and where one is.
#[derive(Debug, Clone, Default)]
pub struct Causes {
    pub all: Option<Arc<All>>,
    /// Why there are none: the person may not read them, or the store can't be read.
    pub refused: Option<String>,
    /// Something was written since.
    pub stale: bool,
    /// The wish that is being worked at.
    awaited: Option<u64>,
    /// Place in the dimensions.
    pub by: usize,
    pub window: Window,
    /// The window in words; empty for all.
    pub window_words: String,
    pub split: Option<Split>,
    pub split_words: String,
    /// Place of the bar.
    pub selected: usize,
    /// Place in [`PANELS`].
    pub panel: usize,
    /// The panel has the keys, and not the chart.
    pub within: bool,
    /// The line of the panel.
    pub at: usize,
    /// What follows from all of this: kept, since a project may hold many.
    pub bars: Vec<Bar>,
    pub behind: Vec<Behind>,
    pub total: u64,
    pub decided: u64,
}

impl Causes {
    /// Tells whether causes are on their way.
    pub fn is_working(&self) -> bool {
        self.awaited.is_some()
    }

    /// Gives the dimension of the chart.
    pub fn dimension(&self) -> Dimension {
        Dimension::WORDS.get(self.by).map_or(Dimension::Family, |(dimension, _)| *dimension)
    }

    /// Gives the panel that is looked at.
    pub fn panel(&self) -> Panel {
        PANELS.get(self.panel).copied().unwrap_or(Panel::Behind)
    }

    /// Gives how many lines the panel holds.
    fn lines(&self) -> usize {
        let all = self.all.as_ref();
        match self.panel() {
            Panel::Behind => self.behind.len(),
            Panel::Periods => 1,
            Panel::Requests => all.map_or(0, |all| all.requests.len()),
            Panel::Reviews => all.map_or(0, |all| all.reviews.len()),
        }
    }

    /// Works out what follows from the causes, the dimension and the periods.
    fn recount(&mut self) {
        let Some(all) = &self.all else { return };
        let by = self.dimension();
        self.bars = all.bars(by, self.window, self.split);
        self.total = all.total(by, self.window);
        self.decided = all.decided(self.window);
        self.selected = self.selected.min(self.bars.len().saturating_sub(1));
        self.look_behind();
    }

    fn look_behind(&mut self) {
        self.behind.clear();
        if let (Some(all), Some(bar)) = (&self.all, self.bars.get(self.selected)) {
            self.behind = all.behind(self.dimension(), &bar.key, self.window, MOST_BEHIND);
        }
        self.at = self.at.min(self.lines().saturating_sub(1));
    }
}

/// Opens the screen, and asks for the causes where none are at hand or something was written since.
pub(super) fn open(state: &mut State) -> Vec<Effect> {
    let mut effects = super::figures::turn_to(state, Screen::Causes);
    let wanted = state.causes.all.is_none() && !state.causes.is_working();
    if wanted || state.causes.stale {
        effects.extend(ask(state));
    }
    effects
}

/// Asks for the causes anew; the newest wish wins.
fn ask(state: &mut State) -> Vec<Effect> {
    let ticket = state.ticket();
    let of = &mut state.causes;
    of.stale = false;
    of.refused = None;
    of.awaited = Some(ticket);
    vec![Effect::Ask(Ask::Causes { ticket })]
}

/// Takes causes; those of an older wish are dropped. The bar that was selected stays so.
pub(super) fn take(state: &mut State, ticket: u64, result: Result<Arc<All>, Failure>) {
    let of = &mut state.causes;
    if of.awaited != Some(ticket) {
        return;
    }
    of.awaited = None;
    match result {
        Ok(all) => {
            let held = of.bars.get(of.selected).map(|bar| Arc::clone(&bar.key));
            of.all = Some(all);
            of.recount();
            let place = held.and_then(|key| of.bars.iter().position(|bar| bar.key == key));
            of.selected = place.unwrap_or(of.selected);
            of.look_behind();
        }
        Err(failure) => {
            // What somebody may no longer read is shown no longer.
            *of = Causes { refused: Some(failure.words), by: of.by, ..Causes::default() };
        }
    }
}

/// Does what a command means here.
pub(super) fn command(state: &mut State, command: Command) -> Vec<Effect> {
    let page = isize::try_from(Layout::compute(state).page()).unwrap_or(1);
    let by = stride(command, page);
    let of = &mut state.causes;
    match command {
        Command::RefreshFigures => return ask(state),
        // There is nothing to go into.
        _ if of.all.is_none() => state.tell(Tone::Info, "no cause is here yet"),
        Command::NextPanel if !of.within => {
            of.within = true;
            of.at = 0;
        }
        Command::NextPanel => {
            of.panel = (of.panel + 1) % PANELS.len();
            of.at = 0;
        }
        Command::PreviousPanel if of.panel == 0 || !of.within => of.within = !of.within,
        Command::PreviousPanel => {
            of.panel -= 1;
            of.at = 0;
        }
        Command::NextMeasure | Command::MoveRight | Command::MoveLeft => {
            let count = Dimension::WORDS.len();
            let by = if command == Command::MoveLeft { count - 1 } else { 1 };
            of.by = (of.by + by) % count;
            (of.selected, of.at) = (0, 0);
            of.recount();
        }
        Command::ChoosePeriod => {
            let menu = periods(state);
            state.popups.push(Popup::Menu(menu));
        }
        Command::ComparePeriods => {
            let menu = splits(state);
            state.popups.push(Popup::Menu(menu));
        }
        Command::OpenSelected | Command::ListAll => return drill(state, command == Command::ListAll),
        Command::ToggleAmbiguous | Command::ToggleWeeks => {
            state.tell(Tone::Info, "that is for the screen Agreement");
        }
        Command::FindText => state.tell(Tone::Info, "lines are looked for in the worklist and the log"),
        _ if by != 0 && of.within => of.at = step(of.at, by, of.lines()),
        _ if by != 0 => {
            of.selected = step(of.selected, by, of.bars.len());
            of.at = 0;
            of.look_behind();
        }
        _ => {}
    }
    Vec::new()
}

/// Lists the cases behind what is selected: those of a bar, of one decision, of a request.
fn drill(state: &mut State, all: bool) -> Vec<Effect> {
    let of = &state.causes;
    let Some(causes) = of.all.as_ref().map(Arc::clone) else { return Vec::new() };
    let bar = of.bars.get(of.selected);
    let of_bar = |bar: &Bar| {
        let by = of.dimension();
        (bar.cases.clone(), format!("root cause, {} {}", by.word(), Safe::new(&bar.key)))
    };
    let found = match (of.panel(), of.within && !all) {
        (Panel::Behind, true) => of.behind.get(of.at).map(|one| {
            (vec![Arc::clone(&one.case)], format!("{} in event {}", Safe::new(&one.code), one.seq))
        }),
        (Panel::Requests, true) => causes.requests.get(of.at).map(|request| {
            let cases = request.cases.iter().map(|case| case.as_str().into()).collect();
            (cases, format!("asked of the clause {}", Safe::new(&request.clause)))
        }),
        (Panel::Reviews, true) => causes.reviews.get(of.at).map(|review| {
            if review.by == LOT {
                let cases = review.cases.iter().map(|case| case.as_str().into()).collect();
                return (cases, format!("wrong in {}", Safe::new(&review.key)));
            }
            let by = Dimension::from_word(review.by).unwrap_or(Dimension::Family);
            let bars = causes.bars(by, Window::default(), None);
            let cases = bars.into_iter().find(|bar| *bar.key == *review.key).map(|bar| bar.cases);
            (cases.unwrap_or_default(), format!("reviewed: {}", review.subject()))
        }),
        _ => bar.map(of_bar),
    };
    let Some((cases, what)) = found else {
        state.tell(Tone::Info, "nothing is selected");
        return Vec::new();
    };
    if cases.is_empty() {
        state.tell(Tone::Info, format!("no case is behind this: {what}"));
        return Vec::new();
    }
    worklist::drill(state, cases, None, &what)
}

fn entry(value: String, words: String, marked: bool) -> Entry {
    Entry { value, words, marked, heading: None }
}

fn menu(title: &str, about: About, entries: Vec<Entry>) -> Menu {
    let selected = entries.iter().position(|entry| entry.marked).unwrap_or(0);
    Menu { title: title.to_owned(), about, entries, selected, several: false, touched: false }
}

/// Days that a period may reach back.
const DAYS: [i64; 4] = [7, 30, 90, 365];

/// Gives the versions of the charter with the day on which each came into force.
fn versions(state: &State) -> Vec<(u32, String)> {
    let changes = state.causes.all.iter().flat_map(|all| &all.charters);
    let of = |at: i64| moment::rfc3339(at).get(..10).unwrap_or_default().to_owned();
    changes.map(|change| (change.version, of(change.at))).collect()
}

fn periods(state: &State) -> Menu {
    let of = &state.causes;
    let mut entries = vec![entry(String::new(), "everything".into(), of.window_words.is_empty())];
    entries.extend(DAYS.map(|days| {
        let words = format!("the last {days} days");
        entry(format!("{days}d"), words.clone(), of.window_words == words)
    }));
    for (version, day) in versions(state) {
        let words = format!("under version {version} of the charter, since {day}");
        let marked = of.window_words == words;
        entries.push(entry(format!("v{version}"), words, marked));
    }
    menu("Decisions of", About::Period, entries)
}

fn splits(state: &State) -> Menu {
    let of = &state.causes;
    let mut entries = vec![entry(String::new(), "no comparison".into(), of.split_words.is_empty())];
    for (version, day) in versions(state).into_iter().filter(|(version, _)| *version > 1) {
        let words = format!("before and after version {version} of the charter, {day}");
        let marked = of.split_words == words;
        entries.push(entry(format!("v{version}"), words, marked));
    }
    entries.extend(DAYS.map(|days| {
        let words = format!("before and within the last {days} days");
        entry(format!("{days}d"), words.clone(), of.split_words == words)
    }));
    menu("Compare", About::Split, entries)
}

/// Takes the period, or what periods are compared.
pub(super) fn take_menu(state: &mut State, about: &About, value: &str, words: String) {
    let now = state.now;
    let version = value.strip_prefix('v').and_then(|version| version.parse::<u32>().ok());
    let days = value.strip_suffix('d').and_then(|days| days.parse::<i64>().ok());
    let since = days.map(|days| now - days * DAY_MS);
    let of = &mut state.causes;
    match about {
        About::Period => {
            of.window = Window {
                since,
                from_charter: version,
                before_charter: version.map(|version| version + 1),
                ..Window::default()
            };
            of.window_words = if value.is_empty() { String::new() } else { words };
        }
        _ => {
            of.split = version.map(Split::Charter).or(since.map(Split::Moment));
            of.split_words = if value.is_empty() { String::new() } else { words };
            if of.split.is_some() {
                of.panel = 1;
            }
        }
    }
    of.recount();
}

/// Says what a key means, where it is a family or a code.
pub fn meaning(by: Dimension, key: &str) -> &'static str {
    match by {
        Dimension::Family | Dimension::Code => taxonomy::cause(key).map_or("", |term| term.meaning),
        _ => "",
    }
}

/// Says a rate with its interval.
pub fn rate_words(rate: &Rate) -> String {
    match (rate.per_100, rate.low, rate.high) {
        (Some(value), Some(low), Some(high)) => {
            format!("{value:.1} of 100 ({low:.1}–{high:.1}), {} of {} disputes", rate.disputes, rate.of)
        }
        _ => "nothing was decided".to_owned(),
    }
}

/// Says how a bar's rate went, a name and its words each.
pub fn period_lines(of: &Causes) -> Vec<(&'static str, String)> {
    let Some(bar) = of.bars.get(of.selected) else { return Vec::new() };
    let Some((before, after)) = bar.before.as_ref().zip(bar.after.as_ref()) else {
        return vec![(
            "compare",
            "b compares two periods: before and after a version of the charter, or a moment".into(),
        )];
    };
    let mut lines = vec![("before", rate_words(before)), ("after", rate_words(after))];
    lines.push(match bar.difference {
        Some(difference) => (
            "difference",
            format!("{:+.1} ({:+.1} to {:+.1}) of 100", difference.value, difference.low, difference.high),
        ),
        None => ("difference", "one of the periods has no decision".to_owned()),
    });
    lines
}
