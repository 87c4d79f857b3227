//! How each reader does against the final answers: the table, the funnel, and the charts of those who drift.

use std::collections::BTreeSet;

use maud::{Markup, PreEscaped, html};

use super::plots::{At, Course, Point, course};
use super::{acts, cell, cell_up_to, head, performances, safe, warnings};
use crate::review::figures::OfLabel;
use crate::review::readers::{Alarm, Sample, UNAUDITED};
use crate::review::report::Report;

pub(super) fn readers(report: &Report) -> Markup {
    // Few projects have repeated reads, or moments of reads: columns of dashes tell nothing.
    let repeated = performances(report).any(|of| of.self_consistency.value.is_some());
    let timed = performances(report).any(|of| of.seconds_per_read.value.is_some());
    html! {
        h2 { "Readers" }
        @if performances(report).next().is_none() {
            p { "Nothing was adjudicated yet that a reader could be measured by." }
        } @else {
            p {
                "Against the final answers. Of rates only what was adjudicated counts; ambiguous items and justifiable \
                 differences count for nobody and against nobody. This is no league table: readers saw different cases."
            }
            @let bare: BTreeSet<&str> = performances(report).filter(|of| of.unaudited()).map(|of| of.label.as_str()).collect();
            @if !bare.is_empty() {
                p { b { (safe(&bare.into_iter().collect::<Vec<_>>().join(", "))) } ": " (UNAUDITED) "." }
            }
            div.scroll { table {
                thead { tr {
                    th { "reader" } th.words { "label" } th.words { "calls for a look" } th { "cases" } th { "settled" } (head("disagreement_index"))
                    th { "adjudicated" } (head("endorsement")) (head("sensitivity")) (head("specificity")) (head("kappa"))
                    (head("false_positives_per_image")) @if repeated { (head("self_consistency")) } @if timed { (head("seconds_per_read")) }
                } }
                tbody { @for of in performances(report) { tr {
                    td { (safe(&of.reader)) @if of.model { span.faint { " model" } } } td.words { (safe(&of.label)) }
                    td.words.calls {
                        span.alarm { (acts(of)) }
                        @if !warnings(of).is_empty() { @if !acts(of).is_empty() { br; } span.faint { "warning: " (warnings(of)) } }
                    }
                    td { (of.n) } td { (of.settled) } (cell(Some(&of.disagreement))) td { (of.adjudicated) }
                    td { @if let Some(share) = of.endorsement { (format!("{share:.2}")) } }
                    (cell(Some(&of.sensitivity))) (cell(Some(&of.specificity))) (cell(Some(&of.kappa)))
                    (cell_up_to(Some(&of.false_positives_per_image), f64::INFINITY))
                    @if repeated { (cell(Some(&of.self_consistency))) }
                    @if timed { td { @if let Some(seconds) = of.seconds_per_read.value { (format!("{seconds:.0}")) } @else { span.faint { "–" } } } }
                } } }
            } }
        }
        @for of in &report.figures.labels { (funnel(of)) (charts(of)) }
    }
}

/// Each reader's index against the number of cases, with the limits that chance sets at that number.
fn funnel(of: &OfLabel) -> Markup {
    let Some(funnel) = of.funnel.as_ref().filter(|funnel| funnel.points.len() > 1) else { return html! {} };
    let beyond = |n: u64, index: f64| {
        let limit = funnel.limits.iter().find(|limits| limits.n >= n);
        limit.is_some_and(|limits| index > limits.three[1] || index < limits.three[0])
    };
    let points: Vec<At> = funnel
        .points
        .iter()
        .map(|(reader, n, index)| At {
            x: *n as f64,
            point: Point { name: safe(reader), value: *index, ends: None, alarm: beyond(*n, *index) },
        })
        .collect();
    // Where nobody is, the funnel only takes room.
    let least = points.iter().map(|at| at.x).fold(f64::INFINITY, f64::min) / 2.0;
    let limits: Vec<(f64, f64, f64)> = funnel
        .limits
        .iter()
        .filter(|limits| limits.n as f64 >= least)
        .map(|limits| (limits.n as f64, limits.three[0], limits.three[1]))
        .collect();
    let svg = course(&Course {
        points: &points,
        limits: &limits,
        centre: Some(funnel.team),
        x: "settled cases",
        y: "disagreement index",
        named: true,
        ..Course::default()
    });
    html! {
        h3 { (safe(&of.label)) }
        figure.chart {
            (PreEscaped(svg))
            figcaption { "Disagreement index against the number of settled cases: the line is all people together, the dashed lines are the " a href="#disagreement_limit" { "funnel's limits" } ", a triangle lies beyond them." }
        }
    }
}

/// The course of each reader's index: three charts side by side.
fn charts(of: &OfLabel) -> Markup {
    html! {
        @for of in &of.readers {
            @let judged: Vec<&Sample> = of.chart.samples.iter().filter(|sample| sample.alarm != Alarm::Few).collect();
            @if let Some(centre) = of.chart.centre.filter(|_| judged.len() > 1 && of.chart.why.is_none()) {
                div.side {
                    figure.chart {
                        (PreEscaped(shares(&judged, centre)))
                        figcaption { b { (safe(&of.reader)) } " on " (safe(&of.label)) ": " a href="#p_chart" { "p-chart" } "." }
                    }
                    figure.chart {
                        (PreEscaped(means(&judged)))
                        figcaption { b { (safe(&of.reader)) } ": " a href="#ewma" { "EWMA" } ", " (since(&judged, |sample| sample.ewma > sample.ewma_limit)) "." }
                    }
                    @if let Some(limit) = of.chart.cusum_limit {
                        figure.chart {
                            (PreEscaped(sums(&judged, limit)))
                            figcaption { b { (safe(&of.reader)) } ": " a href="#cusum" { "CUSUM" } ", " (since(&judged, |sample| sample.cusum_alarm)) "." }
                        }
                    }
                }
            }
        }
    }
}

/// Says since when a chart is beyond its limit.
fn since(judged: &[&Sample], beyond: impl Fn(&Sample) -> bool) -> String {
    match judged.iter().find(|sample| beyond(sample)) {
        Some(sample) => format!("beyond its limit since the week of {}", sample.week),
        None => "within its limit".into(),
    }
}

/// Draws one of a reader's charts: by sample what is seen, whether it alarms, and the limits.
fn over_time(
    judged: &[&Sample],
    y: &str,
    centre: f64,
    lower: bool,
    of: impl Fn(&Sample) -> (f64, bool, [f64; 2]),
) -> String {
    let point = |value: f64, alarm: bool| Point { name: String::new(), value, ends: None, alarm };
    let numbered = || judged.iter().enumerate().map(|(n, sample)| (n as f64, of(sample)));
    let points: Vec<At> =
        numbered().map(|(x, (value, alarm, _))| At { x, point: point(value, alarm) }).collect();
    let limits: Vec<(f64, f64, f64)> = numbered().map(|(x, (.., [low, high]))| (x, low, high)).collect();
    let ticks: Vec<String> = judged.iter().map(|sample| sample.week.clone()).collect();
    course(&Course {
        points: &points,
        joined: true,
        limits: &limits,
        upper_alone: !lower,
        centre: Some(centre),
        ticks: &ticks,
        x: "from the week of",
        y,
        ..Course::default()
    })
}

fn shares(judged: &[&Sample], centre: f64) -> String {
    over_time(judged, "disagreement", centre, true, |sample| {
        (sample.share, sample.alarm != Alarm::Quiet, [sample.low, sample.high])
    })
}

fn means(judged: &[&Sample]) -> String {
    over_time(judged, "moving mean, SD", 0.0, false, |sample| {
        (sample.ewma, sample.ewma > sample.ewma_limit, [0.0, sample.ewma_limit])
    })
}

fn sums(judged: &[&Sample], limit: f64) -> String {
    over_time(judged, "sum", 0.0, false, |sample| (sample.cusum, sample.cusum_alarm, [0.0, limit]))
}
