//! Who agrees with whom, label by label: measures side by side, matrices of readers, the course by week.

use std::collections::BTreeMap;

use maud::{Markup, PreEscaped, html};

use super::plots::{self, At, Course, Point, course, forest, heat, histogram};
use super::{cell, date, head, point, safe};
use crate::domain::word::Word;
use crate::review::agree::Agreement;
use crate::review::agree::names::{leading, name_of, of_two, reasons};
use crate::review::agree::trend::Week;
use crate::review::figures::OfLabel;
use crate::review::report::Report;

/// Measures of the agreement table, where any label has them.
const COLUMNS: [&str; 16] = [
    "percent_agreement",
    "fleiss_kappa",
    "conger_kappa",
    "brennan_prediger",
    "gwet_ac1",
    "krippendorff_alpha_nominal",
    "gwet_ac2_quadratic",
    "krippendorff_alpha_ordinal",
    "gwet_ac2_ordinal",
    "krippendorff_alpha_interval",
    "agreement_positive",
    "agreement_negative",
    "icc_2_1",
    "free_response_kappa",
    "mean_iou",
    "mean_dice",
];

/// What two readers are compared by, above and below the diagonal.
fn of_pairs(of: &Agreement) -> [&'static str; 2] {
    let below = if of.scale == "interval" { "percent_agreement" } else { "gwet_ac1" };
    [of_two(of.scale), below]
}

/// Milliseconds of a week.
const WEEK: i64 = 7 * 86_400_000;

/// Readers in one matrix at most: beyond them its cells can't be read.
const MATRIX: usize = 16;

pub(super) fn agreement(report: &Report) -> Markup {
    let all: Vec<&Agreement> = report.figures.labels.iter().map(|of| &of.agreement).collect();
    let without: Vec<&Agreement> =
        report.figures.labels.iter().filter_map(|of| of.without_ambiguous.as_ref()).collect();
    let points: Vec<Point> = all
        .iter()
        .flat_map(|of| {
            leading(of.scale).into_iter().filter_map(|name| {
                point(format!("{} {}", safe(&of.label), name_of(name)), of.measures.get(name)?, false)
            })
        })
        .collect();
    html! {
        h2 { "Agreement" }
        p {
            "Between people, label by label; measures stand side by side, since none of them alone can be trusted: κ and α \
             fall where one level prevails, however often readers agree. A cell is empty where a measure isn't one of the \
             label's scale."
        }
        (agreement_table("all items", &all))
        @if !without.is_empty() {
            (agreement_table("without items that were settled as ambiguous, on the labels that have any", &without))
        }
        @if !points.is_empty() {
            figure {
                (PreEscaped(forest(&points, -1.0, 1.0, "no better than chance at 0, complete at 1")))
                figcaption { "Agreement with its interval at 95 % confidence." }
            }
        }
        @for of in &all {
            @for why in reasons(of, &COLUMNS) { p.faint { (safe(&of.label)) ": " (safe(&why)) "." } }
            @for (value, n) in &of.undeclared {
                p.faint { (safe(&of.label)) ": " (n) " answers " (safe(value)) " lie outside the declared levels and are left out." }
            }
        }
    }
}

fn agreement_table(caption: &str, all: &[&Agreement]) -> Markup {
    let measured = |name: &&str| {
        all.iter().any(|of| of.measures.get(*name).is_some_and(|measure| measure.value.is_some()))
    };
    let columns: Vec<&str> = COLUMNS.into_iter().filter(measured).collect();
    html! {
        div.scroll { table {
            caption { (caption) }
            thead { tr {
                th { "label" } th { "items" } th { "readers" } th.words { a href="#prevalence" { "prevalence" } }
                @for name in &columns { (head(name)) }
            } }
            tbody { @for of in all { tr {
                td { (safe(&of.label)) } td { (of.n_items) } td { (of.n_readers) }
                td.words { @for (level, share) in commonest(&of.prevalence) { (safe(level)) (format!(" {:.0}\u{a0}%", share * 100.0)) br; } }
                @for name in &columns { (cell(of.measures.get(name))) }
            } } }
        } }
    }
}

/// The levels that are read most, three at most.
pub(super) fn commonest(prevalence: &BTreeMap<String, f64>) -> Vec<(&String, f64)> {
    let mut levels: Vec<(&String, f64)> = prevalence.iter().map(|(level, share)| (level, *share)).collect();
    levels.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    levels.truncate(3);
    levels
}

pub(super) fn matrices(report: &Report) -> Markup {
    let with_pairs: Vec<&OfLabel> = report.figures.labels.iter().filter(|of| of.people.len() > 1).collect();
    html! {
        @if !with_pairs.is_empty() {
            h2 { "Reader against reader" }
            p { "Above the diagonal " a href="#cohen_kappa" { "Cohen κ" } " (of ordered levels " a href="#cohen_kappa_quadratic" { "with quadratic weights" } ", of numbers " a href="#lin_ccc" { "Lin's coefficient" } "), below it " a href="#gwet_ac1" { "AC1" } " (of numbers the " a href="#percent_agreement" { "agreement" } " within the tolerance); darker is more agreement, empty where two share no item or a measure is undefined." }
        }
        div.side { @for of in with_pairs {
            div {
                @let [above, below] = of_pairs(&of.agreement);
                h3 { (safe(&of.label)) span.faint { ": " (name_of(above)) " above, " (name_of(below)) " below" } }
                @if of.people.len() > MATRIX {
                    p.faint { (of.people.len()) " readers are too many for a matrix; the pairs stand in " code { "overread agree --json" } "." }
                } @else {
                    figure { (PreEscaped(matrix(of))) }
                }
            }
        } }
    }
}

fn matrix(of: &OfLabel) -> String {
    let value = |row: usize, column: usize| {
        let pair = of.pair(of.people.get(row)?, of.people.get(column)?)?;
        let [above, below] = of_pairs(&of.agreement);
        let name = if column > row { above } else { below };
        pair.measures.get(name)?.value
    };
    let shown: Vec<String> = of.people.iter().map(|name| safe(name)).collect();
    heat(&shown, value, 0.0, 1.0)
}

/// Agreement by week, and how far apart reads are.
pub(super) fn trends(report: &Report) -> Markup {
    html! {
        h2 { "Over time, and how far apart" }
        @for of in &report.figures.labels {
            @let weeks = week_chart(of);
            @if !weeks.is_empty() || !of.gaps.is_empty() {
                h3 { (safe(&of.label)) }
                div.side {
                    @if !weeks.is_empty() {
                        figure.chart {
                            (PreEscaped(weeks))
                            figcaption { a href={ "#" (of_week(of)) } { (name_of(of_week(of))) } " of what was read in each week, with its interval at 95 % confidence." }
                        }
                    }
                    @for gaps in &of.gaps {
                        @let bars: Vec<(String, u64)> = gaps.bars.iter().map(|bar| (plots::number((bar.low + bar.high) / 2.0), bar.n)).collect();
                        figure {
                            (PreEscaped(histogram(&bars, gaps.unit)))
                            figcaption { (gaps.kind.word()) ": how far apart reads are that differ; " (gaps.n) " items, median " (plots::number(gaps.median)) ", largest " (plots::number(gaps.largest)) "." }
                        }
                    }
                }
            }
        }
    }
}

/// What a week is drawn by.
fn of_week(of: &OfLabel) -> &'static str {
    if of.agreement.scale == "interval" { "percent_agreement" } else { "gwet_ac1" }
}

fn week_chart(of: &OfLabel) -> String {
    let name = of_week(of);
    let measure = |week: &'_ Week| match name {
        "gwet_ac1" => week.of.gwet_ac1.clone(),
        _ => week.of.percent_agreement.clone(),
    };
    let weeks: Vec<_> = of.weeks.iter().filter(|week| measure(week).value.is_some()).collect();
    if weeks.len() < 2 {
        return String::new();
    }
    let first = weeks.first().map_or(0, |week| week.start);
    let place = |start: i64| (start - first).div_euclid(WEEK) as f64;
    let points: Vec<At> = weeks
        .iter()
        .filter_map(|week| {
            Some(At { x: place(week.start), point: point(String::new(), &measure(week), false)? })
        })
        .collect();
    let last = weeks.last().map_or(0, |week| place(week.start) as usize);
    let ticks: Vec<String> = (0..=last).map(|n| date(first + n as i64 * WEEK)).collect();
    course(&Course {
        points: &points,
        joined: true,
        ticks: &ticks,
        x: "week",
        y: name_of(name),
        ..Course::default()
    })
}
