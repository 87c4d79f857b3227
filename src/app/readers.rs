//! Readers on the screen: a line for each reader and label, by name and never by rank, and charts of the one that is
//! selected.

use super::event::Effect;
use super::figures::{self, Panels};
use super::layout::Layout;
use super::popup::{step, stride};
use super::state::{State, Tone};
use crate::command::Command;
use crate::domain::text::Safe;
use crate::domain::word::Word;
use crate::review::adjudicators::Adjudicators;
use crate::review::agree::Measure;
use crate::review::figures::{Cell, Figures, OfLabel, Which};
use crate::review::readers::{OfOrigin, Performance, Sample, Trigger, UNAUDITED};

/// A picture of the selected reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Panel {
    /// What calls for a look, and every figure with its interval.
    Words,
    /// The share of differing cases in each sample, with its limits.
    Shares,
    /// Its moving mean.
    Means,
    /// The sum of what speaks for a rise.
    Sums,
    /// The index of everybody against how much they read.
    Funnel,
    /// Those who decide on the label: with each other, with themselves, and what the reveal changed.
    Adjudicators,
}

/// The pictures in their order.
pub const PANELS: [Panel; 6] =
    [Panel::Words, Panel::Shares, Panel::Means, Panel::Sums, Panel::Funnel, Panel::Adjudicators];

/// Where one is.
#[derive(Debug, Clone, Default)]
pub struct Readers {
    /// Place of the line.
    pub selected: usize,
    /// Of [`PANELS`].
    pub panels: Panels,
    /// The line of the words, or the sample of a chart.
    pub at: usize,
}

/// Gives the lines of the table: what calls for a look first, then what may be chance, so that neither lies below the fold;
/// among these people before models, by name, and each reader's labels in the charter's order.
pub fn rows(figures: &Figures) -> Vec<(&OfLabel, &Performance)> {
    let of_label = |of| -> Vec<(&OfLabel, &Performance)> {
        let of: &OfLabel = of;
        of.readers.iter().map(|reader| (of, reader)).collect()
    };
    let mut rows: Vec<_> = figures.labels.iter().flat_map(of_label).collect();
    // The order of the labels stays within a reader.
    let place = |of: &Performance| match () {
        () if of.triggers.iter().any(|trigger| trigger.level == "act") => 0,
        () if !of.triggers.is_empty() => 1,
        () => 2,
    };
    rows.sort_by(|(_, a), (_, b)| (place(a), a.model, &a.reader).cmp(&(place(b), b.model, &b.reader)));
    rows
}

/// Gives the line that is selected.
pub fn selected(state: &State) -> Option<(&OfLabel, &Performance)> {
    rows(state.figures.all.as_ref()?).get(state.readers.selected).copied()
}

/// Gives how many lines the table has.
pub fn lines(state: &State) -> usize {
    state.figures.all.as_ref().map_or(0, |all| all.labels.iter().map(|of| of.readers.len()).sum())
}

/// Gives the picture that is looked at.
pub fn panel(state: &State) -> Panel {
    PANELS.get(state.readers.panels.at).copied().unwrap_or(Panel::Words)
}

/// Gives the names of the line that is selected: it stays so when the figures come anew.
pub(super) fn held(state: &State) -> Option<(String, String)> {
    selected(state).map(|(of, reader)| (reader.reader.clone(), of.label.clone()))
}

/// Keeps within what there is.
pub(super) fn settle(state: &mut State, held: Option<(String, String)>) {
    let place = state.figures.all.as_ref().zip(held).and_then(|(all, (name, label))| {
        rows(all).iter().position(|(of, reader)| reader.reader == name && of.label == label)
    });
    let last = lines(state).saturating_sub(1);
    state.readers.selected = place.unwrap_or(state.readers.selected).min(last);
    state.readers.at = state.readers.at.min(extent(state).saturating_sub(1));
}

/// Gives through how much one moves in a picture.
fn extent(state: &State) -> usize {
    let Some((of, reader)) = selected(state) else { return 0 };
    match panel(state) {
        Panel::Words => words(reader).len(),
        Panel::Shares | Panel::Means | Panel::Sums => reader.chart.samples.len(),
        Panel::Funnel => points(of).len(),
        Panel::Adjudicators => adjudicator_words(&of.adjudicators).len(),
    }
}

/// Begins a picture where one looks first: the newest sample, the reader's own point.
fn begin(state: &mut State) {
    let own = |(of, reader): (&OfLabel, &Performance)| {
        points(of).iter().position(|(name, ..)| *name == reader.reader)
    };
    state.readers.at = match panel(state) {
        Panel::Shares | Panel::Means | Panel::Sums => extent(state).saturating_sub(1),
        Panel::Funnel => selected(state).and_then(own).unwrap_or(0),
        Panel::Words | Panel::Adjudicators => 0,
    };
}

/// Does what a command means here.
pub(super) fn command(state: &mut State, command: Command) -> Vec<Effect> {
    let page = isize::try_from(Layout::compute(state).page()).unwrap_or(1);
    let by = match command {
        Command::MoveRight if state.readers.panels.within => 1,
        Command::MoveLeft if state.readers.panels.within => -1,
        other => stride(other, page),
    };
    let of = &mut state.readers;
    match command {
        Command::RefreshFigures => return figures::ask(state),
        // There is nothing to go into.
        _ if state.figures.all.is_none() => state.tell(Tone::Info, "no figure is here yet"),
        Command::NextPanel | Command::PreviousPanel => {
            let begins = of.panels.turn(command == Command::NextPanel, PANELS.len());
            if begins {
                begin(state);
            }
        }
        Command::OpenSelected => return drill(state, true),
        Command::ListAll => return drill(state, false),
        Command::NextMeasure | Command::ToggleAmbiguous | Command::ToggleWeeks => {
            state.tell(Tone::Info, "that is for the screen Agreement");
        }
        Command::FindText => state.tell(Tone::Info, "lines are looked for in the worklist and the log"),
        _ if by != 0 && of.panels.within => state.readers.at = step(of.at, by, extent(state)),
        _ if by != 0 => {
            state.readers.selected = step(of.selected, by, lines(state));
            begin(state);
        }
        _ => {}
    }
    Vec::new()
}

/// Lists the cases behind what is selected: those alone in which the final answer is another, or all.
fn drill(state: &mut State, against: bool) -> Vec<Effect> {
    let Some((of, reader)) = selected(state) else {
        state.tell(Tone::Info, "no figure is here yet");
        return Vec::new();
    };
    let (label, name) = (of.label.clone(), reader.reader.clone());
    let named = Safe::new(&label).to_string();
    let (which, does) = match against {
        true => (Which::Against, "the final answer is another than"),
        false => (Which::Read, "read by"),
    };
    let within = state.readers.panels.within.then(|| panel(state));
    // What calls for a look stands first among the words, and where the cases come from last.
    let first = words(reader).len() - reader.origins.len();
    let from = state.readers.at.checked_sub(first).and_then(|n| Some((n, reader.origins.get(n)?)));
    let trigger = reader.triggers.get(state.readers.at).filter(|trigger| !trigger.cases.is_empty());
    let (cell, what) = match (within, trigger) {
        (Some(Panel::Words), _) if let Some((origin, of)) = from => {
            let from = format!("{} {}", of.by.word(), Safe::new(&of.key));
            let what = format!("{named}, {does} {}, {from}", Safe::new(&name));
            (Cell::ReaderOrigin { label, reader: name, origin, which }, what)
        }
        (Some(Panel::Words), Some(of)) => {
            let cause = of.cause.as_ref().map_or(String::new(), |cause| format!(" {}", Safe::new(cause)));
            let what = format!("{named}, {}{cause} of {}", of.trigger, Safe::new(&name));
            (Cell::Trigger { label, reader: name, trigger: state.readers.at }, what)
        }
        (Some(Panel::Shares | Panel::Means | Panel::Sums), _) => {
            let Some(sample) = sample(state) else { return Vec::new() };
            let what = format!("{named}, {does} {}, from the week of {}", Safe::new(&name), sample.week);
            (Cell::Sample { label, reader: name, sample: state.readers.at, which }, what)
        }
        (Some(Panel::Adjudicators), _) => {
            state.tell(Tone::Info, "what somebody decided stands in the log");
            return Vec::new();
        }
        (Some(Panel::Funnel), _) => {
            let Some((reader, ..)) = point(state) else { return Vec::new() };
            let reader = reader.clone();
            // The point is of settled cases.
            let (which, does) = if against { (which, does) } else { (Which::Settled, "settled, read by") };
            let what = format!("{named}, {does} {}", Safe::new(&reader));
            (Cell::Reader { label, reader, which }, what)
        }
        _ => {
            let what = format!("{named}, {does} {}", Safe::new(&name));
            (Cell::Reader { label, reader: name, which }, what)
        }
    };
    figures::drill(state, &[cell], &what)
}

/// Gives the sample of a chart that is selected.
fn sample(state: &State) -> Option<&Sample> {
    selected(state)?.1.chart.samples.get(state.readers.at)
}

/// Gives the points of a label's funnel.
fn points(of: &OfLabel) -> &[(String, u64, f64)] {
    of.funnel.as_ref().map_or(&[], |funnel| &funnel.points)
}

/// Gives the point of the funnel that is selected: reader, settled cases, index.
fn point(state: &State) -> Option<&(String, u64, f64)> {
    points(selected(state)?.0).get(state.readers.at)
}

/// Names the cases of a trigger, as many as one reads at a glance.
pub fn case_words(of: &Trigger) -> String {
    const NAMED: usize = 3;
    let names: Vec<String> = of.cases.iter().take(NAMED).map(|case| Safe::new(case).to_string()).collect();
    let more = of.cases.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", names.join(", "))
}

/// Says what of a reader's figures calls for a look, in whole words.
pub fn trigger_words(of: &Trigger) -> String {
    let Trigger { value, limit, n, .. } = of;
    let since = of.since.as_ref().map_or(String::new(), |week| format!(", since the week of {week}"));
    match of.trigger {
        "index-funnel" => {
            format!("the index {value:.2} is above {limit:.2}, which chance allows in {n} cases")
        }
        "index-sd" => {
            format!("a warning: the index {value:.2} is above {limit:.2}, by the others' mean and spread")
        }
        "kappa-floor" => {
            format!("κ with the final answers is at most {value:.2}, under the floor {limit:.2}")
        }
        "p-chart" => format!("p-chart: a share of {value:.2} in {n} cases, limit {limit:.2}{since}"),
        "ewma" => format!("EWMA: the moving mean rose to {value:.1} SD, limit {limit:.1}{since}"),
        "cusum" => format!("CUSUM: the sum rose to {value:.1}, limit {limit:.1}{since}"),
        "severity-3b" => format!("{value:.0} of severity 3b: {}", case_words(of)),
        "same-cause" => {
            let cause = Safe::new(of.cause.as_deref().unwrap_or("one")).to_string();
            let days = of.days.as_ref().map_or(String::new(), |[from, to]| format!(" from {from} to {to}"));
            format!("the cause {cause} came {value:.0} times{days}, limit {limit:.0}: {}", case_words(of))
        }
        other => format!("{other}: {value:.2}, limit {limit:.2}"),
    }
}

/// Says what sets a line off, in as few words as a column holds: what calls to act, then what only warns. A warning of the
/// figure that calls to act already says nothing more.
pub fn triggers(of: &Performance) -> String {
    let named = |act: bool| {
        let own = of.triggers.iter().filter(|trigger| (trigger.level == "act") == act);
        own.map(|trigger| short(trigger.trigger)).collect::<Vec<_>>()
    };
    let (acts, mut warnings) = (named(true), named(false));
    warnings.retain(|name| !acts.contains(name));
    match (acts.join(", "), warnings.join(", ")) {
        (acts, warnings) if warnings.is_empty() => acts,
        (acts, warnings) if acts.is_empty() => format!("warning: {warnings}"),
        (acts, warnings) => format!("{acts}; warning: {warnings}"),
    }
}

/// Gives a trigger's name for a column.
fn short(trigger: &str) -> &str {
    match trigger {
        "index-funnel" | "index-sd" => "index",
        "kappa-floor" => "κ floor",
        "ewma" => "EWMA",
        "cusum" => "CUSUM",
        "severity-3b" => "3b",
        "same-cause" => "cause",
        other => other,
    }
}

/// Says a figure with its interval and number, or why there is none.
pub fn measure_words(of: &Measure) -> String {
    match (of.value, of.low, of.high) {
        (Some(value), Some(low), Some(high)) => format!("{value:.2} ({low:.2}–{high:.2}), n {}", of.n),
        (Some(value), ..) => format!("{value:.2}, n {}", of.n),
        (None, ..) => format!("– {}", of.why.as_deref().unwrap_or("undefined")),
    }
}

/// Says what weights a reader's κ has, where it has some.
fn kappa_words(of: &Performance) -> &'static str {
    match (of.kappa.value, of.kappa_weights) {
        (Some(_), "quadratic") => ", κ quadratic",
        _ => "",
    }
}

/// Says everything of a reader on a label: what calls for a look, then every figure; a name and its words each.
pub fn words(of: &Performance) -> Vec<(&'static str, String)> {
    let mut lines: Vec<(&'static str, String)> = Vec::new();
    for trigger in &of.triggers {
        let head = if trigger.level == "act" { "look into it" } else { "may be chance" };
        lines.push((head, trigger_words(trigger)));
    }
    if of.triggers.is_empty() {
        lines.push(("triggers", if of.model { "a model sets nothing off" } else { "none" }.to_owned()));
    }
    let share = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.2}"));
    let counts = format!(
        "{} cases read, {} settled, {} open, {} items adjudicated, {} justifiable, {} provisional, {} unblinded",
        of.n, of.settled, of.open, of.adjudicated, of.justifiable, of.provisional, of.unblinded
    );
    let limit = share(of.disagreement_limit);
    let open = if of.open > 0 { format!(", {} open", of.open) } else { String::new() };
    lines.extend([
        ("index", format!("{}{open}, by chance up to {limit}", measure_words(&of.disagreement))),
        ("others' index", share(of.team_index)),
        ("endorsement", share(of.endorsement)),
        ("sensitivity", measure_words(&of.sensitivity)),
        ("specificity", measure_words(&of.specificity)),
        ("κ with final", format!("{}{}", measure_words(&of.kappa), kappa_words(of))),
    ]);
    if of.unaudited() {
        lines.push(("too low", UNAUDITED.to_owned()));
    }
    lines.extend([
        ("false pos./image", measure_words(&of.false_positives_per_image)),
        ("seconds per read", seconds_words(&of.seconds_per_read)),
        ("says the same", measure_words(&of.self_consistency)),
    ]);
    if of.geometry.median_iou.value.is_some() {
        lines.push(("median IoU", measure_words(&of.geometry.median_iou)));
        lines.push(("median Dice", measure_words(&of.geometry.median_dice)));
    }
    if of.geometry.median_distance.value.is_some() {
        let words = measure_words(&of.geometry.median_distance);
        lines.push(("median distance", format!("{words} ({})", of.geometry.unit)));
    }
    lines.push(("severity", format!("2b {}, 3b {}", of.severity_2b, of.severity_3b)));
    lines.push(("counted", counts));
    // An index far from the others' is of the images or of one delivery, not of the reader.
    let from =
        |of: &OfOrigin| (of.by.word(), format!("{}: index {}", of.key, measure_words(&of.disagreement)));
    lines.extend(of.origins.iter().map(from));
    lines
}

/// Says everything of those who decide on a label: each alone, every two, and why figures are missing; a name and its
/// words each.
pub fn adjudicator_words(of: &Adjudicators) -> Vec<(String, String)> {
    let given = |name: &str, of: &Measure| of.value.map(|_| format!("{name} {}", measure_words(of)));
    let said = |parts: Vec<Option<String>>| parts.into_iter().flatten().collect::<Vec<_>>().join("; ");
    let alone = of.adjudicators.iter().map(|one| {
        let seconds = one.seconds.value.map(|_| format!("seconds {}", seconds_words(&one.seconds)));
        let parts = vec![
            Some(format!("{} decided", one.decided)),
            given("says the same", &one.self_agreement),
            given("κ with self", &one.self_kappa),
            given("the reveal changed", &one.changed),
            given("to the readers", &one.to_the_readers),
            seconds,
        ];
        (one.adjudicator.clone(), said(parts))
    });
    let both = of.pairs.iter().map(|two| {
        (format!("{} · {}", two.a, two.b), said(vec![given("same", &two.agreement), given("κ", &two.kappa)]))
    });
    let mut lines: Vec<(String, String)> = alone.chain(both).collect();
    if lines.is_empty() {
        lines.push(("nobody".into(), "no answer stands on this label yet".into()));
    } else if of.pairs.is_empty() {
        let words = "no item was decided by two in places of their own";
        lines.push(("with each other".into(), words.into()));
    }
    lines.extend(of.whys().into_iter().map(|why| ("left empty".into(), why.to_owned())));
    lines
}

fn seconds_words(of: &Measure) -> String {
    match of.value {
        Some(value) => format!("{value:.0}, n {}", of.n),
        None => measure_words(of),
    }
}
