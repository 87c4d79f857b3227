//! The screens of figures, line by line.

use super::Safe;
use crate::app::State;
use crate::app::agreement::{self, Panel, forest, prevalence};
use crate::app::readers::{self, measure_words};
use crate::app::state::Screen;
use crate::domain::word::Word;
use crate::review::agree::Measure;
use crate::review::agree::names::name_of;
use crate::review::figures::OfLabel;

/// Says what a screen of figures shows.
pub fn lines(state: &State, lines: &mut Vec<String>) {
    let title = if state.screen == Screen::Agreement { "agreement" } else { "readers" };
    lines.push(format!("{title} of {}", Safe::new(&state.person.project)));
    let Some(all) = &state.figures.all else {
        let words = match &state.figures.refused {
            Some(why) => Safe::new(why).to_string(),
            None => state.figures.progress_words(),
        };
        lines.push(words);
        return;
    };
    if state.figures.stale {
        lines.push("somebody wrote since: refresh-figures takes it anew".into());
    }
    match state.screen {
        Screen::Agreement => {
            for (n, of) in all.labels.iter().enumerate() {
                let here = if n == state.agreement.selected { "selected, " } else { "" };
                lines.push(format!("{here}{}", label(of)));
            }
            if let Some(of) = agreement::selected(state) {
                picture(state, of, lines);
            }
        }
        _ => {
            for (n, (of, reader)) in readers::rows(all).into_iter().enumerate() {
                let here = if n == state.readers.selected { "selected, " } else { "" };
                let triggers = readers::triggers(reader);
                let triggers =
                    if triggers.is_empty() { String::new() } else { format!("; triggers: {triggers}") };
                lines.push(format!(
                    "{here}{} on {}: index {}{triggers}",
                    Safe::new(&reader.reader),
                    Safe::new(&of.label),
                    measure_words(&reader.disagreement)
                ));
            }
            if let Some((label, reader)) = readers::selected(state) {
                let of = |(name, words): (&str, String)| format!("  {name}: {}", Safe::new(&words));
                lines.extend(readers::words(reader).into_iter().map(of));
                lines.extend(reader.chart.why.iter().map(|why| format!("  over time: {}", Safe::new(why))));
                for (name, words) in readers::adjudicator_words(&label.adjudicators) {
                    lines.push(format!("  adjudicators, {}: {}", Safe::new(&name), Safe::new(&words)));
                }
                for sample in &reader.chart.samples {
                    lines.push(format!(
                        "  from {}: {} of {} settled cases, {} open, {}",
                        sample.week,
                        sample.disagreed,
                        sample.n,
                        sample.open,
                        alarm(sample.alarm)
                    ));
                }
            }
        }
    }
}

fn alarm(of: crate::review::readers::Alarm) -> &'static str {
    use crate::review::readers::Alarm;
    match of {
        Alarm::Quiet => "quiet",
        Alarm::Warning => "two of three beyond two standard deviations",
        Alarm::Beyond => "beyond the limit",
        Alarm::Few => "too few to be judged",
    }
}

fn named(name: &str, of: &Measure) -> String {
    match of.value {
        Some(_) => format!("{name} {}", measure_words(of)),
        None => format!("{name} undefined: {}", of.why.as_deref().unwrap_or("no reason is given")),
    }
}

fn label(of: &OfLabel) -> String {
    let all = &of.agreement;
    let figures: Vec<String> = agreement::columns(all)
        .iter()
        .filter_map(|(key, measure)| measure.map(|measure| named(name_of(key), measure)))
        .collect();
    format!(
        "{}: {} items, {} readers, prevalence {}; {}",
        Safe::new(&of.label),
        all.n_items,
        all.n_readers,
        Safe::new(&prevalence(&all.levels, &all.prevalence)),
        figures.join("; ")
    )
}

/// Says what the picture shows that has the keys, cell by cell.
fn picture(state: &State, of: &OfLabel, lines: &mut Vec<String>) {
    let (row, column) = state.agreement.at;
    let all = &of.agreement;
    let here = |is: bool| if is && state.agreement.panels.within { "selected, " } else { "" };
    match agreement::panel(state) {
        Panel::Forest => {
            for (n, (key, measure)) in forest(&of.agreement).into_iter().enumerate() {
                lines.push(format!("  {}{}", here(n == row), named(name_of(key), measure)));
            }
            for (key, measure) in of.without_ambiguous.iter().flat_map(forest).take(5) {
                lines.push(format!("  without ambiguous: {}", named(name_of(key), measure)));
            }
        }
        Panel::Matrix => {
            let key = agreement::measure_of_pairs(state, of);
            for (n, a) in of.people.iter().enumerate() {
                for (m, b) in of.people.iter().enumerate().filter(|(m, _)| *m != n) {
                    let found = of.pair(a, b).and_then(|pair| pair.measures.get(key));
                    let words = found.map_or("no item in common".to_owned(), |of| named(name_of(key), of));
                    let here = here((n, m) == (row, column));
                    // Each pair is said once, but the selected one whichever way round.
                    if n < m || !here.is_empty() {
                        lines.push(format!("  {here}{} and {}: {words}", Safe::new(a), Safe::new(b)));
                    }
                }
            }
        }
        Panel::Trend => {
            let key = agreement::measure_of_weeks(state, of);
            for (n, week) in agreement::weeks(state, of).iter().enumerate() {
                let words = named(name_of(key), agreement::of_group(&week.of, key));
                lines.push(format!("  {}week of {}: {words}", here(n == column), week.week));
            }
        }
        Panel::Origin => {
            let key = agreement::measure_of_weeks(state, of);
            if of.origins.is_empty() {
                lines.push(format!("  {}", agreement::ONE_ORIGIN));
            }
            for (n, part) in of.origins.iter().enumerate() {
                lines.push(format!(
                    "  {}{} {}: {} items, prevalence {}, {}",
                    here(n == row),
                    part.by.word(),
                    Safe::new(&part.key),
                    part.of.n_items,
                    Safe::new(&prevalence(&all.levels, &part.prevalence)),
                    named(name_of(key), agreement::of_group(&part.of, key))
                ));
            }
        }
        Panel::Gap => {
            for (n, (gaps, bar)) in agreement::bars(of).into_iter().enumerate() {
                let words = agreement::bar_words(bar);
                let here = here(n == row);
                lines.push(format!("  {here}{} {words}: {} items", gaps.kind.word(), bar.n));
            }
        }
    }
}
