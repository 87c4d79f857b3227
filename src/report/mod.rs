//! A report as one page of HTML: whole in itself, readable without scripts or a network, and fit to be printed.

mod causes;
mod definitions;
pub mod digest;
mod origins;
pub mod packet;
mod plots;

use std::collections::{BTreeMap, BTreeSet};

use maud::{DOCTYPE, Markup, PreEscaped, html};

use self::definitions::{DEFINITIONS, definition};
use self::plots::{At, Course, Point, course, forest, heat, histogram};
use crate::domain::moment::rfc3339;
use crate::domain::text::Safe;
use crate::domain::word::Word;
use crate::review::agree::names::{leading, name_of, of_two, reasons};
use crate::review::agree::trend::Week;
use crate::review::agree::{Agreement, Measure};
use crate::review::balance::{Balance, RARE_ITEMS, RARE_SHARE};
use crate::review::figures::OfLabel;
use crate::review::readers::{Alarm, Performance, Sample, UNAUDITED};
use crate::review::report::{Outcomes, Report};

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

/// What labels are ranked by: each by one measure among its like, since different ones don't compare.
const RANKED: [(&str, &str); 2] = [("gwet_ac1", "labels with levels"), ("icc_2_1", "numbers")];

/// Milliseconds of a week.
const WEEK: i64 = 7 * 86_400_000;

/// Readers in one matrix at most: beyond them its cells can't be read.
const MATRIX: usize = 16;

const STYLE: &str = "
:root { color-scheme: light; }
body { font: 15px/1.45 system-ui, sans-serif; color: #222; background: #fff; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem; border-bottom: 1px solid #ccc; }
h3 { font-size: 1rem; margin-bottom: .3rem; }
table { border-collapse: collapse; font-size: .86rem; margin: .6rem 0; } caption { text-align: left; color: #555; }
th, td { padding: .2rem .55rem; text-align: right; border-bottom: 1px solid #e3e3e3; vertical-align: top; }
td { white-space: nowrap; } td.words { white-space: normal; } .side { display: flex; flex-wrap: wrap; gap: 0 2.5rem; }
th:first-child, td:first-child, .words { text-align: left; } thead th { border-bottom: 1px solid #888; }
.scroll { overflow-x: auto; } .faint { color: #666; } .alarm { color: #a02818; font-weight: 600; }
figure { margin: .8rem 0; } figure svg { max-width: 100%; height: auto; }
.side figure.chart { flex: 1 1 27rem; max-width: 30rem; margin: .4rem 0 1rem; } figure.chart svg { width: 100%; } figure.chart { max-width: 38rem; }
td.calls { min-width: 9rem; } figcaption { color: #555; font-size: .86rem; }
a { color: #1f5f8b; text-decoration: none; } a:hover { text-decoration: underline; }
pre { font-size: .8rem; background: #f6f6f6; padding: .8rem; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
dt { font-weight: 600; margin-top: .4rem; } dd { margin-left: 1.2rem; } code { overflow-wrap: anywhere; }
@page { size: A4 landscape; margin: 12mm; }
@media print { body { margin: 0; max-width: none; font-size: 10pt; } .scroll { overflow: visible; } table { font-size: 7.5pt; }
th, td { padding: .1rem .25rem; } td.calls { min-width: 0; } details pre { display: none; } h2, h3 { break-after: avoid; } tr, figure { break-inside: avoid; } a { color: inherit; } }
";

/// Writes the page.
pub fn page(report: &Report) -> String {
    let title = format!("{} – report", Safe::new(&report.project));
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (safe(&report.project)) }
                p.faint {
                    (day(report.figures.at)) " · charter version " (report.charter_version) " · " (report.program)
                    @if let Some(since) = report.since { " · readers since " (day(since)) }
                    br; "log: " (report.figures.seq) " events, head " code { (report.figures.head) }
                }
                (summary(report))
                (agreement(report))
                (origins::origins(report))
                (matrices(report))
                (trends(report))
                (readers(report))
                (outcomes(report))
                (balances(report))
                (causes::causes(&report.causes, report.since))
                (ambiguity(report))
                (protocol(report))
                (explained())
            }
        }
    }
    .into_string()
}

/// What was measured of each reader on each label.
fn performances(report: &Report) -> impl Iterator<Item = &Performance> {
    report.figures.labels.iter().flat_map(|of| &of.readers)
}

/// Text that somebody wrote.
fn safe(text: &str) -> String {
    Safe::new(text).to_string()
}

fn day(at: i64) -> String {
    rfc3339(at).chars().take(16).collect::<String>().replace('T', " ") + " UTC"
}

/// The head of a column, leading to what it means.
fn head(name: &str) -> Markup {
    match definition(name) {
        Some(known) => html! { th { a href={ "#" (known.name) } { (known.sign()) } } },
        None => html! { th { (name) } },
    }
}

/// A figure in a cell: its value, its interval, or why there is none. Shares and coefficients are 1 at most, even where so
/// few items were read that a formula goes beyond.
fn cell(measure: Option<&Measure>) -> Markup {
    cell_up_to(measure, 1.0)
}

fn cell_up_to(measure: Option<&Measure>, most: f64) -> Markup {
    match measure {
        None => html! { td {} },
        Some(Measure { value: None, why, .. }) => html! {
            td { span.faint title=[why.as_deref()] { "–" } }
        },
        Some(Measure { value: Some(value), low, high, .. }) => html! {
            td {
                (hundredths(*value))
                @if let (Some(low), Some(high)) = (low, high) {
                    br; span.faint { (hundredths(low.max(-1.0))) " to " (hundredths(high.min(most))) }
                }
            }
        },
    }
}

fn hundredths(value: f64) -> String {
    let text = format!("{value:.2}");
    // Nothing is a little less than nothing.
    if text == "-0.00" { "0.00".into() } else { text }
}

fn share(part: u64, whole: u64) -> String {
    match whole {
        0 => "–".into(),
        _ => format!("{:.0} %", part as f64 / whole as f64 * 100.0),
    }
}

fn counted(n: u64, one: &str, several: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { several })
}

/// The point that a figure is drawn as.
fn point(name: String, measure: &Measure, alarm: bool) -> Option<Point> {
    Some(Point { name, value: measure.value?, ends: measure.low.zip(measure.high), alarm })
}

fn summary(report: &Report) -> Markup {
    let sum = |of: fn(&Outcomes) -> u64| report.outcomes.iter().map(of).sum::<u64>();
    let (items, open, ambiguous) = (sum(|of| of.items), sum(|of| of.open), sum(|of| of.ambiguous));
    let decided = sum(|of| of.resolved + of.negative + of.ambiguous + of.excluded);
    let people = report.figures.labels.iter().flat_map(|of| &of.people).collect::<BTreeSet<_>>().len() as u64;
    // One measure ranks labels with levels, another one numbers: AC2 of ordered levels is higher than AC1 by its weights alone.
    let ranks = RANKED.map(|(name, what)| {
        let measured = |of: &OfLabel| Some((of.label.clone(), of.agreement.measures.get(name)?.value?));
        let mut ranked: Vec<(String, f64)> = report.figures.labels.iter().filter_map(measured).collect();
        ranked.sort_by(|a, b| a.1.total_cmp(&b.1));
        (name_of(name), what, ranked)
    });
    let called: Vec<(&Performance, String)> =
        performances(report).map(|of| (of, acts(of))).filter(|(_, words)| !words.is_empty()).collect();
    let warned: Vec<(&Performance, String)> =
        performances(report).map(|of| (of, warnings(of))).filter(|(_, words)| !words.is_empty()).collect();
    let listed = |all: &[(&Performance, String)]| {
        let one = |(of, words): &(&Performance, String)| {
            format!("{} on {} ({words})", safe(&of.reader), safe(&of.label))
        };
        all.iter().map(one).collect::<Vec<_>>().join("; ")
    };
    let rare: Vec<String> = report
        .figures
        .labels
        .iter()
        .flat_map(|of| {
            of.balance
                .classes
                .iter()
                .filter(|class| class.rare)
                .map(|class| format!("{} {}", of.label, class.level))
        })
        .collect();
    html! {
        h2 { "In short" }
        ul {
            li {
                (counted(report.cases, "case", "cases")) " with " (counted(report.reads, "read", "reads"))
                " by " (counted(people, "person", "people")) ", " (counted(report.images, "image", "images")) "."
            }
            li {
                (counted(items, "item", "items")) ": " (sum(|of| of.concordant)) " concordant, " (decided) " decided"
                @if sum(|of| of.provisional) > 0 { " (" (sum(|of| of.provisional)) " can still be undone)" }
                ", " (open) " open."
            }
            li { (counted(ambiguous, "item is", "items are")) " documented as truly ambiguous (" (share(ambiguous, decided)) " of what was decided)." }
            @for (name, what, ranked) in &ranks {
                @match ranked.as_slice() {
                    [] => {}
                    [(label, value)] => li { "Agreement on " b { (safe(label)) } (format!(": {name} {value:.2}.")) }
                    [lowest, .., highest] => li {
                        "Of " (what) " readers agree least on " b { (safe(&lowest.0)) } (format!(" ({name} {:.2})", lowest.1))
                        " and most on " b { (safe(&highest.0)) } (format!(" ({name} {:.2}).", highest.1))
                    }
                }
            }
            @if !rare.is_empty() {
                li { "Rare among the final answers: " (safe(&rare.join(", "))) "." }
            }
            li {
                @if called.is_empty() { "No reader's figures call for a look." }
                @else { "Figures that call for a look: " (listed(&called)) "." }
            }
            @if !warned.is_empty() {
                li { "Warnings, which may be chance and ask for nothing yet: " (listed(&warned)) "." }
            }
        }
    }
}

/// What of a reader's figures calls for a look.
fn acts(of: &Performance) -> String {
    triggers(of, true)
}

/// What of a reader's figures may be chance.
fn warnings(of: &Performance) -> String {
    triggers(of, false)
}

fn triggers(of: &Performance, act: bool) -> String {
    let cases = |trigger: &crate::review::readers::Trigger| match trigger.cases.as_slice() {
        [] => String::new(),
        cases => format!(" ({})", cases.iter().map(|case| safe(case)).collect::<Vec<_>>().join(", ")),
    };
    let one = |trigger: &crate::review::readers::Trigger| match &trigger.cause {
        Some(cause) => format!("{} {}{}", trigger.trigger, safe(cause), cases(trigger)),
        None => format!("{}{}", trigger.trigger, cases(trigger)),
    };
    of.triggers
        .iter()
        .filter(|trigger| (trigger.level == "act") == act)
        .map(one)
        .collect::<Vec<_>>()
        .join(", ")
}

fn agreement(report: &Report) -> Markup {
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
fn commonest(prevalence: &BTreeMap<String, f64>) -> Vec<(&String, f64)> {
    let mut levels: Vec<(&String, f64)> = prevalence.iter().map(|(level, share)| (level, *share)).collect();
    levels.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    levels.truncate(3);
    levels
}

fn matrices(report: &Report) -> Markup {
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
fn trends(report: &Report) -> Markup {
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

/// The day of a moment.
fn date(at: i64) -> String {
    rfc3339(at).chars().take(10).collect()
}

fn readers(report: &Report) -> Markup {
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

fn outcomes(report: &Report) -> Markup {
    html! {
        h2 { "What became of the items" }
        div.scroll { table {
            thead { tr { th { "label" } th { "items" } th { "concordant" } th { "open" } th { "resolved" } th { "rejected" } th { "ambiguous" } th { "excluded" } } }
            tbody { @for of in &report.outcomes { tr {
                td { (safe(&of.label)) } td { (of.items) } td { (of.concordant) } td { (of.open) } td { (of.resolved) } td { (of.negative) }
                td { (of.ambiguous) } td { (of.excluded) }
            } } }
        } }
    }
}

fn balances(report: &Report) -> Markup {
    html! {
        h2 { "Class balance" }
        p {
            "How often each level was said, and how often it is the final answer. " b { "Rare" } " is marked where fewer than "
            (format!("{:.0}", RARE_SHARE * 100.0)) " % or fewer than " (RARE_ITEMS) " of the final answers are of it. \"× 2\" and \"× 4\" say how wide \
             the intervals of its prevalence and of a sensitivity of 0.9 would be with so many times the items."
        }
        div.scroll { table {
            thead { tr {
                th { "label" } th.words { "level" } (head("prevalence")) th { "reads" } th { "settled" } th { "of the settled" } th { "waiting" }
                th { "width now" } th { "× 2" } th { "× 4" }
            } }
            tbody { @for of in &report.figures.labels { @for class in &of.balance.classes { tr {
                td { (safe(&of.label)) }
                td.words { (safe(&class.level.to_string())) @if class.rare { " " span.alarm { "rare" } } }
                td { @if let Some(share) = class.read_share { (format!("{:.1} %", share * 100.0)) } @else { span.faint { "–" } } }
                td { (class.reads) } td { (class.settled) } (cell(Some(&class.prevalence))) td { (class.waiting) }
                @for more in &class.more {
                    td { (width(more.prevalence_width)) br; span.faint { (width(more.sensitivity_width)) } }
                }
            } } } }
        } }
        @for of in &report.figures.labels { (next(&of.label, &of.balance)) }
    }
}

fn width(width: Option<f64>) -> String {
    width.map_or("–".into(), |width| format!("±{:.3}", width / 2.0))
}

/// The waiting cases that would add most to the rare levels.
fn next(label: &str, balance: &Balance) -> Markup {
    const LISTED: usize = 5;
    html! {
        @if let Some(why) = &balance.why { p.faint { (safe(label)) ": " (safe(why)) "." } }
        @if !balance.next.is_empty() {
            p {
                (safe(label)) ": settle next for its rare levels "
                @for (n, next) in balance.next.iter().take(LISTED).enumerate() {
                    @if n > 0 { ", " }
                    b { (safe(&next.case)) } (format!(" ({:.0} % say {})", next.share * 100.0, safe(&next.level.to_string())))
                }
                @if balance.next.len() > LISTED { " and " (balance.next.len() - LISTED) " more" }
                "."
            }
        }
    }
}

fn ambiguity(report: &Report) -> Markup {
    let some: Vec<&Outcomes> = report.outcomes.iter().filter(|of| of.ambiguous > 0).collect();
    html! {
        h2 { "Ambiguity" }
        @if some.is_empty() { p { "No item is documented as truly ambiguous." } } @else {
            p { "Items that the adjudicators hold to be undecidable from the image; reducible where more information, a clearer guideline or training would settle them." }
            table {
                thead { tr { th { "label" } th { "ambiguous" } th { "of decided" } th { "reducible" } } }
                tbody { @for of in some { tr {
                    td { (safe(&of.label)) } td { (of.ambiguous) }
                    td { (share(of.ambiguous, of.resolved + of.negative + of.ambiguous + of.excluded)) } td { (of.reducible) }
                } } }
            }
        }
    }
}

fn protocol(report: &Report) -> Markup {
    html! {
        h2 { "Protocol and provenance" }
        p {
            "Charter version " (report.charter_version) ". The log held " (report.figures.seq) " events when this report was made; its head is "
            code { (report.figures.head) } ". "
            code { "overread verify --head " (report.figures.head) } " proves that nothing before it was changed since."
        }
        details { summary { "The charter" } pre { (Safe::lines(&report.charter).to_string()) } }
    }
}

fn explained() -> Markup {
    html! {
        h2 { "What each figure is" }
        dl { @for known in &DEFINITIONS {
            dt id=(known.name) { (known.sign()) " " span.faint { code { (known.name) } } }
            dd { (known.words) @if known.source != "–" { " (" (known.source) ")" } "." }
        } }
        p.faint {
            "Intervals hold the figure at 95 % confidence; a figure stands without one where its formula has none, too few items were read, or all came \
             out alike, which says nothing of the spread. A dash stands for a figure that is undefined there, which is never 0 or 1. \
             This is no diagnostic display."
        }
    }
}
