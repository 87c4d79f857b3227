//! Agreement on the screen: a line for each label, and pictures of the one that is selected. What a picture's cell stands
//! for, and which cases are behind it, is said here; how it is drawn is `ui`'s.

use std::collections::BTreeMap;

use super::event::Effect;
use super::figures::{self, Panels};
use super::layout::Layout;
use super::popup::step;
use super::state::{State, Tone};
use crate::command::Command;
use crate::domain::text::Safe;
use crate::domain::value::Value;
use crate::domain::word::Word;
use crate::review::agree::names::{self, NAMES, alpha, name_of, of_two};
use crate::review::agree::trend::{Group, Part, Week};
use crate::review::agree::{Agreement as OfAll, Measure, Measures};
use crate::review::figures::{Bar, Cell, Figures, Gaps, OfLabel};

/// A picture of the selected label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Panel {
    /// Every measure with its interval, on one axis.
    Forest,
    /// Every two readers.
    Matrix,
    Trend,
    /// How far apart the reads are.
    Gap,
    /// By the site and the batch that the cases come from.
    Origin,
}

/// The pictures in their order: the last only where cases come from several places.
const PANELS: [Panel; 5] = [Panel::Forest, Panel::Matrix, Panel::Trend, Panel::Gap, Panel::Origin];

/// The measures of two readers that the matrix can show, after the one that a label's scale has first.
const OF_PAIRS: [&str; 10] = [
    "cohen_kappa",
    "percent_agreement",
    "gwet_ac1",
    "krippendorff_alpha_nominal",
    "pabak",
    "cohen_kappa_quadratic",
    "lin_ccc",
    "free_response_kappa",
    "mean_iou",
    "mean_dice",
];

/// The measures of a week, a site and a batch, after the α of the label's scale.
const OF_WEEKS: [&str; 2] = ["gwet_ac1", "percent_agreement"];

/// Where one is.
#[derive(Debug, Clone, Default)]
pub struct Agreement {
    /// Place of the label.
    pub selected: usize,
    /// Of [`PANELS`].
    pub panels: Panels,
    /// Row and column in the picture.
    pub at: (usize, usize),
    /// Place in the measures of the matrix, and in those of weeks, sites and batches.
    pub measure: usize,
    pub of_week: usize,
    /// The figures without what is ambiguous are hidden.
    pub alone: bool,
    /// Weeks are those in which items were settled.
    pub settled: bool,
}

/// A figure of the table: its name, and what it is.
pub type Column<'a> = (&'static str, Option<&'a Measure>);

/// Gives the measures of the two readers, where there are just two.
fn between_two(of: &OfAll) -> Option<&Measures> {
    match of.pairs.as_slice() {
        [pair] if of.n_readers == 2 => Some(&pair.measures),
        _ => None,
    }
}

/// Gives a figure of all readers, or that of the two.
fn figure<'a>(of: &'a OfAll, key: &str) -> Option<&'a Measure> {
    of.measures.get(key).or_else(|| between_two(of)?.get(key))
}

/// The figures of the table of a scale: each column is one measure whatever the label, but the last, which is the α of its
/// scale and says so.
fn keys(scale: &str) -> [&'static str; 5] {
    ["percent_agreement", "fleiss_kappa", "brennan_prediger", "gwet_ac1", alpha(scale)]
}

/// Gives the five figures of the table; a label that isn't of levels lacks some.
pub fn columns(of: &OfAll) -> [Column<'_>; 5] {
    keys(of.scale).map(|key| (key, of.measures.get(key)))
}

/// Gives what the α of a label's scale is of: `ordinal`.
pub fn alpha_of(of: &OfAll) -> &'static str {
    name_of(alpha(of.scale)).trim_start_matches("α ")
}

/// Gives the measures of the forest plot in their order: those of the table, then the others that have a value, then
/// those without one. What a label's scale doesn't have stands nowhere.
pub fn forest(of: &OfAll) -> Vec<(&'static str, &Measure)> {
    let first = keys(of.scale);
    let rest = NAMES.iter().map(|(key, _)| *key).filter(|key| !first.contains(key));
    let named = |key: &'static str| Some((key, figure(of, key)?));
    let (there, not): (Vec<_>, Vec<_>) =
        rest.filter_map(named).partition(|(_, measure)| measure.value.is_some());
    first.into_iter().filter_map(named).chain(there).chain(not).collect()
}

/// Says the reasons why figures of the table aren't there, each once.
pub fn reasons(of: &OfAll) -> Vec<String> {
    let missing = columns(of).into_iter().filter(|(_, measure)| measure.is_none());
    let missing: Vec<&str> = missing.map(|(key, _)| name_of(key)).collect();
    let mut reasons = names::reasons(of, &keys(of.scale));
    if !missing.is_empty() {
        reasons.push(format!("no {}, since it is no label of levels", missing.join(", ")));
    }
    reasons
}

/// Says how common the levels are: the share of the second of two, else of each in their order.
pub fn prevalence(levels: &[Value], prevalence: &BTreeMap<String, f64>) -> String {
    let share = |share: &f64| format!("{:.0}", share * 100.0);
    let levels: Vec<String> = levels.iter().map(ToString::to_string).collect();
    let known: Vec<&f64> = levels.iter().filter_map(|level| prevalence.get(level)).collect();
    match known.as_slice() {
        [] => "–".to_owned(),
        [_, second] => format!("{} %", share(second)),
        all => all.iter().map(|of| share(of)).collect::<Vec<_>>().join(" "),
    }
}

/// Gives the label that is selected.
pub fn selected(state: &State) -> Option<&OfLabel> {
    state.figures.all.as_ref()?.labels.get(state.agreement.selected)
}

/// Gives the lines of the table.
pub fn lines(state: &State) -> usize {
    let labels = state.figures.all.as_ref().map_or(0, |all| all.labels.len());
    let beside =
        |all: &std::sync::Arc<Figures>| all.labels.iter().filter(|of| of.without_ambiguous.is_some()).count();
    let beside = state.figures.all.as_ref().filter(|_| !state.agreement.alone).map_or(0, beside);
    labels + beside
}

/// Gives the measures that the matrix of a label can show.
pub fn of_pairs(of: &OfLabel) -> Vec<&'static str> {
    let has = |key: &&str| of.agreement.pairs.iter().any(|pair| pair.measures.contains_key(*key));
    let first = of_two(of.agreement.scale);
    let rest = OF_PAIRS.into_iter().filter(|key| *key != first);
    std::iter::once(first).chain(rest).filter(has).collect()
}

/// Gives the measure that the matrix shows now.
pub fn measure_of_pairs(state: &State, of: &OfLabel) -> &'static str {
    let all = of_pairs(of);
    all.get(state.agreement.measure % all.len().max(1)).copied().unwrap_or(of_two(of.agreement.scale))
}

/// Gives the measure that the trend, the sites and the batches show now.
pub fn measure_of_weeks(state: &State, of: &OfLabel) -> &'static str {
    let place = state.agreement.of_week % (OF_WEEKS.len() + 1);
    place.checked_sub(1).and_then(|place| OF_WEEKS.get(place)).copied().unwrap_or(alpha(of.agreement.scale))
}

/// What is said in place of a line for each site and batch.
pub const ONE_ORIGIN: &str = "all items come from one batch, and from one site or from none that was named";

/// Gives the figure of a week, a site or a batch.
pub fn of_group<'a>(of: &'a Group, measure: &str) -> &'a Measure {
    match measure {
        "gwet_ac1" => &of.gwet_ac1,
        "percent_agreement" => &of.percent_agreement,
        _ => &of.krippendorff_alpha,
    }
}

/// Gives the weeks that the trend shows.
pub fn weeks<'a>(state: &State, of: &'a OfLabel) -> &'a [Week] {
    if state.agreement.settled { &of.settled_weeks } else { &of.weeks }
}

/// Gives the bars of every histogram, one after another.
pub fn bars(of: &OfLabel) -> Vec<(&Gaps, &Bar)> {
    of.gaps.iter().flat_map(|gaps| gaps.bars.iter().map(move |bar| (gaps, bar))).collect()
}

/// Gives how many rows and columns a picture has.
fn extent(state: &State, panel: Panel) -> (usize, usize) {
    let Some(of) = selected(state) else { return (0, 0) };
    match panel {
        Panel::Forest => (forest(&of.agreement).len(), 1),
        Panel::Matrix => (of.people.len(), of.people.len()),
        Panel::Trend => (1, weeks(state, of).len()),
        Panel::Gap => (bars(of).len(), 1),
        Panel::Origin => (of.origins.len(), 1),
    }
}

/// Gives the pictures in their order: sites and batches only where there are several.
pub fn panels(state: &State) -> &'static [Panel] {
    let several = |all: &Figures| all.labels.iter().any(|of| !of.origins.is_empty());
    match PANELS.split_last() {
        Some((_, rest)) if !state.figures.all.as_deref().is_some_and(several) => rest,
        _ => &PANELS,
    }
}

/// Gives the picture that is looked at.
pub fn panel(state: &State) -> Panel {
    panels(state).get(state.agreement.panels.at).copied().unwrap_or(Panel::Forest)
}

/// Keeps within what there is.
pub(super) fn settle(state: &mut State) {
    let labels = state.figures.all.as_ref().map_or(0, |all| all.labels.len());
    state.agreement.selected = state.agreement.selected.min(labels.saturating_sub(1));
    let last = panels(state).len().saturating_sub(1);
    state.agreement.panels.at = state.agreement.panels.at.min(last);
    let (rows, columns) = extent(state, panel(state));
    let (row, column) = state.agreement.at;
    state.agreement.at = (row.min(rows.saturating_sub(1)), column.min(columns.saturating_sub(1)));
}

/// Begins a picture where one looks first: two different readers, the last week.
fn begin(state: &mut State) {
    state.agreement.at = match panel(state) {
        Panel::Matrix => (0, 1),
        Panel::Trend => (0, usize::MAX),
        Panel::Forest | Panel::Gap | Panel::Origin => (0, 0),
    };
    settle(state);
}

/// Does what a command means here.
pub(super) fn command(state: &mut State, command: Command) -> Vec<Effect> {
    let page = isize::try_from(Layout::compute(state).page()).unwrap_or(1);
    let far = isize::MAX / 2;
    let (down, right) = match command {
        Command::MoveDown => (1, 0),
        Command::MoveUp => (-1, 0),
        Command::PageDown => (page, 0),
        Command::PageUp => (-page, 0),
        Command::MoveFirst => (-far, -far),
        Command::MoveLast => (far, far),
        Command::MoveLeft => (0, -1),
        Command::MoveRight => (0, 1),
        _ => (0, 0),
    };
    let count = panels(state).len();
    let of_parts = matches!(panel(state), Panel::Trend | Panel::Origin);
    let of = &mut state.agreement;
    match command {
        Command::RefreshFigures => return figures::ask(state),
        // There is nothing to go into.
        _ if state.figures.all.is_none() => state.tell(Tone::Info, "no figure is here yet"),
        Command::NextPanel | Command::PreviousPanel => {
            let begins = state.agreement.panels.turn(command == Command::NextPanel, count);
            if begins {
                begin(state);
            }
        }
        Command::ToggleAmbiguous => {
            of.alone = !of.alone;
            let hidden = of.alone;
            if !hidden && lines(state) == state.figures.all.as_ref().map_or(0, |all| all.labels.len()) {
                state.tell(Tone::Info, "nothing is settled as ambiguous: there is one line for each label");
            }
        }
        Command::ToggleWeeks => {
            of.settled = !of.settled;
            let words = if of.settled { "were settled" } else { "were read" };
            state.tell(Tone::Info, format!("weeks are those in which items {words}"));
            settle(state);
        }
        Command::NextMeasure if of_parts => of.of_week = (of.of_week + 1) % (OF_WEEKS.len() + 1),
        Command::NextMeasure => {
            let count = selected(state).map_or(1, |of| of_pairs(of).len().max(1));
            state.agreement.measure = (state.agreement.measure + 1) % count;
        }
        Command::FindText => state.tell(Tone::Info, "lines are looked for in the worklist and the log"),
        Command::OpenSelected => return drill(state, true),
        Command::ListAll => return drill(state, false),
        _ if (down, right) != (0, 0) && of.panels.within => {
            let (rows, columns) = extent(state, panel(state));
            let (row, column) = state.agreement.at;
            state.agreement.at = (step(row, down, rows), step(column, right, columns));
        }
        _ if down != 0 => {
            let count = state.figures.all.as_ref().map_or(0, |all| all.labels.len());
            state.agreement.selected = step(state.agreement.selected, down, count);
            begin(state);
        }
        _ => {}
    }
    Vec::new()
}

/// Lists the cases behind what is selected: those alone on which the reads differ, or all.
fn drill(state: &mut State, differ: bool) -> Vec<Effect> {
    let Some(of) = selected(state) else {
        state.tell(Tone::Info, "no figure is here yet");
        return Vec::new();
    };
    let label = of.label.clone();
    let named = Safe::new(&label).to_string();
    let (row, column) = state.agreement.at;
    let differing = if differ { ", differing" } else { "" };
    let (cells, what) = match panel(state) {
        _ if !state.agreement.panels.within => of_row(of, differ),
        Panel::Forest => {
            let words = "a measure is of all items: the other pictures lead to cases (tab)";
            state.tell(Tone::Info, words);
            return Vec::new();
        }
        Panel::Matrix => {
            let (Some(a), Some(b)) = (of.people.get(row), of.people.get(column)) else { return Vec::new() };
            if a == b {
                state.tell(Tone::Info, "a reader beside themselves: choose two");
                return Vec::new();
            }
            let what = format!("{} and {} on {named}{differing}", Safe::new(a), Safe::new(b));
            (vec![Cell::Pair { label, a: a.clone(), b: b.clone(), differ }], what)
        }
        Panel::Trend => {
            let Some(week) = weeks(state, of).get(column) else { return Vec::new() };
            let at = week.start;
            match state.agreement.settled {
                true => (
                    vec![Cell::SettledWeek { label, at }],
                    format!("{named}, settled in the week of {}", week.week),
                ),
                false => (
                    vec![Cell::Week { label, at, differ }],
                    format!("{named}, read in the week of {}{differing}", week.week),
                ),
            }
        }
        Panel::Gap => {
            let Some((gaps, bar)) = bars(of).get(row).copied() else { return Vec::new() };
            let cell = Cell::Gap { label, kind: gaps.kind, low: bar.low, high: bar.high };
            (vec![cell], format!("{named} {}, gap {}", gaps.kind.word(), bar_words(bar)))
        }
        Panel::Origin => {
            let Some(Part { by, key, .. }) = of.origins.get(row) else { return Vec::new() };
            let what = format!("{named}, {} {}{differing}", by.word(), Safe::new(key));
            (vec![Cell::Origin { label, by: *by, key: key.clone(), differ }], what)
        }
    };
    figures::drill(state, &cells, &what)
}

/// Gives what is behind a line of the table: every gap, or every week.
fn of_row(of: &OfLabel, differ: bool) -> (Vec<Cell>, String) {
    let (label, named) = (of.label.clone(), Safe::new(&of.label));
    let any = (f64::NEG_INFINITY, f64::INFINITY);
    let gap = |gaps: &Gaps| Cell::Gap { label: label.clone(), kind: gaps.kind, low: any.0, high: any.1 };
    let week = |week: &Week| Cell::Week { label: label.clone(), at: week.start, differ: false };
    match differ {
        true => (of.gaps.iter().map(gap).collect(), format!("{named}, differing")),
        false => (of.weeks.iter().map(week).collect(), format!("{named}, read")),
    }
}

/// Says where a bar lies: `2` for a level's own, else from where to where.
pub fn bar_words(bar: &Bar) -> String {
    let whole = bar.high - bar.low == 1.0 && bar.low.fract() == 0.5;
    match whole {
        true => format!("{:.0}", bar.low + 0.5),
        false => format!("{}–{}", short(bar.low), short(bar.high)),
    }
}

fn short(value: f64) -> String {
    if value >= 10.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}
