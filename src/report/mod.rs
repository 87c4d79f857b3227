//! A report as one page of HTML: whole in itself, readable without scripts or a network, and fit to be printed.

mod definitions;
mod plots;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use self::definitions::{DEFINITIONS, definition};
use self::plots::{At, Course, Point, course, forest, heat};
use crate::domain::moment::rfc3339;
use crate::domain::text::Safe;
use crate::review::agree::{Agreement, Measure};
use crate::review::readers::Performance;
use crate::review::report::{Outcomes, Report};

/// Measures of the agreement table, where any label has them.
const COLUMNS: [&str; 13] = [
    "percent_agreement",
    "fleiss_kappa",
    "conger_kappa",
    "gwet_ac1",
    "krippendorff_alpha_nominal",
    "krippendorff_alpha_ordinal",
    "gwet_ac2_ordinal",
    "agreement_positive",
    "agreement_negative",
    "icc_2_1",
    "free_response_kappa",
    "mean_iou",
    "mean_dice",
];

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
figure { margin: .8rem 0; } figure svg { max-width: 100%; height: auto; } figcaption { color: #555; font-size: .86rem; }
a { color: #1f5f8b; text-decoration: none; } a:hover { text-decoration: underline; }
pre { font-size: .8rem; background: #f6f6f6; padding: .8rem; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
dt { font-weight: 600; margin-top: .4rem; } dd { margin-left: 1.2rem; } code { overflow-wrap: anywhere; }
@media print { body { margin: 0; max-width: none; font-size: 10pt; } h2, h3 { break-after: avoid; } tr, figure { break-inside: avoid; } a { color: inherit; } }
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
                    (day(report.at)) " · charter version " (report.charter_version) " · " (report.program)
                    @if let Some(since) = report.since { " · readers since " (day(since)) }
                    br; "log: " (report.events) " events, head " code { (report.head) }
                }
                (summary(report))
                (agreement(report))
                (matrices(report))
                (readers(report))
                (prevalence(report))
                (ambiguity(report))
                (protocol(report))
                (explained())
            }
        }
    }
    .into_string()
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
        Some(known) => html! { th { a href={ "#" (known.name) } { (known.sign) } } },
        None => html! { th { (name) } },
    }
}

/// A figure in a cell: its value, its interval, or why there is none.
fn cell(measure: Option<&Measure>) -> Markup {
    match measure {
        None => html! { td {} },
        Some(Measure { value: None, why, .. }) => html! {
            td { span.faint title=[why.as_deref()] { "–" } }
        },
        Some(Measure { value: Some(value), low, high, .. }) => html! {
            td {
                (format!("{value:.2}"))
                @if let (Some(low), Some(high)) = (low, high) {
                    br; span.faint { (format!("{:.2} to {:.2}", low.max(-1.0), high.min(1.0))) }
                }
            }
        },
    }
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
    let people = report.readers.iter().filter(|of| !of.model).map(|of| &of.reader);
    let people = people.collect::<std::collections::BTreeSet<_>>().len() as u64;
    let measured = |of: &Agreement| Some((of.label.clone(), of.measures.get("gwet_ac1")?.value?));
    let mut ranked: Vec<(String, f64)> = report.agreement.iter().filter_map(measured).collect();
    ranked.sort_by(|a, b| a.1.total_cmp(&b.1));
    let called: Vec<&Performance> = report.readers.iter().filter(|of| !of.triggers.is_empty()).collect();
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
            @if let (Some(lowest), Some(highest)) = (ranked.first(), ranked.last()) {
                li {
                    "Readers agree least on " b { (safe(&lowest.0)) } (format!(" (AC1 {:.2})", lowest.1))
                    @if ranked.len() > 1 { " and most on " b { (safe(&highest.0)) } (format!(" ({:.2})", highest.1)) }
                    "."
                }
            }
            li {
                @match called.as_slice() {
                    [] => "No reader's figures call for a look.",
                    several => {
                        "Figures that call for a look: "
                        @for (n, of) in several.iter().enumerate() {
                            @if n > 0 { "; " }
                            (safe(&of.reader)) " on " (safe(&of.label)) " (" (triggers(of)) ")"
                        }
                        "."
                    }
                }
            }
        }
    }
}

fn triggers(of: &Performance) -> String {
    let one = |trigger: &crate::review::readers::Trigger| match &trigger.cause {
        Some(cause) => format!("{} {}", trigger.trigger, safe(cause)),
        None => trigger.trigger.to_owned(),
    };
    of.triggers.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn agreement(report: &Report) -> Markup {
    let points: Vec<Point> = report
        .agreement
        .iter()
        .flat_map(|of| {
            ["gwet_ac1", "krippendorff_alpha_nominal"].into_iter().filter_map(|name| {
                let sign = definition(name).map_or(name, |known| known.sign);
                point(format!("{} {sign}", safe(&of.label)), of.measures.get(name)?, false)
            })
        })
        .collect();
    html! {
        h2 { "Agreement" }
        p {
            "Between people, label by label; measures stand side by side, since none of them alone can be trusted: κ and α \
             fall where one level prevails, however often readers agree."
        }
        (agreement_table("all items", &report.agreement))
        @if report.outcomes.iter().any(|of| of.ambiguous > 0) {
            (agreement_table("without items that were settled as ambiguous", &report.unambiguous))
        }
        @if !points.is_empty() {
            figure {
                (PreEscaped(forest(&points, -1.0, 1.0, "no better than chance at 0, complete at 1")))
                figcaption { "Agreement with its interval at 95 % confidence." }
            }
        }
        @for of in &report.agreement {
            @for (value, n) in &of.undeclared {
                p.faint { (safe(&of.label)) ": " (n) " answers " (safe(value)) " lie outside the declared levels and are left out." }
            }
        }
    }
}

fn agreement_table(caption: &str, all: &[Agreement]) -> Markup {
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
                td.words { @for (level, share) in commonest(of) { (safe(level)) (format!(" {:.0} %", share * 100.0)) br; } }
                @for name in &columns { (cell(of.measures.get(name))) }
            } } }
        } }
    }
}

/// The levels that are read most, three at most.
fn commonest(of: &Agreement) -> Vec<(&String, f64)> {
    let mut levels: Vec<(&String, f64)> =
        of.prevalence.iter().map(|(level, share)| (level, *share)).collect();
    levels.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    levels.truncate(3);
    levels
}

fn matrices(report: &Report) -> Markup {
    let with_pairs: Vec<&Agreement> = report.agreement.iter().filter(|of| !of.pairs.is_empty()).collect();
    html! {
        @if !with_pairs.is_empty() {
            h2 { "Reader against reader" }
            p { "Above the diagonal " a href="#cohen_kappa" { "Cohen κ" } ", below it " a href="#gwet_ac1" { "AC1" } "; darker is more agreement, empty where two share no item or a measure is undefined." }
        }
        div.side { @for of in with_pairs {
            @let names = names(of);
            div {
                h3 { (safe(&of.label)) }
                @if names.len() > MATRIX {
                    p.faint { (names.len()) " readers are too many for a matrix; the pairs stand in " code { "overread agree --json" } "." }
                } @else {
                    figure { (PreEscaped(matrix(of, &names))) }
                }
            }
        } }
    }
}

fn names(of: &Agreement) -> Vec<String> {
    let all = of.pairs.iter().flat_map(|pair| [&pair.a, &pair.b]);
    all.collect::<std::collections::BTreeSet<_>>().into_iter().cloned().collect()
}

fn matrix(of: &Agreement, names: &[String]) -> String {
    let value = |row: usize, column: usize| {
        let (a, b) = (names.get(row)?, names.get(column)?);
        let pair =
            of.pairs.iter().find(|pair| (&pair.a, &pair.b) == (a, b) || (&pair.b, &pair.a) == (a, b))?;
        let name = if column > row { "cohen_kappa" } else { "gwet_ac1" };
        pair.measures.get(name)?.value
    };
    let shown: Vec<String> = names.iter().map(|name| safe(name)).collect();
    heat(&shown, value, 0.0, 1.0)
}

fn readers(report: &Report) -> Markup {
    let labels: std::collections::BTreeSet<&String> = report.readers.iter().map(|of| &of.label).collect();
    html! {
        h2 { "Readers" }
        @if report.readers.is_empty() {
            p { "Nothing was adjudicated yet that a reader could be measured by." }
        } @else {
            p {
                "Against the final answers. Of rates only what was adjudicated counts; ambiguous items and justifiable \
                 differences count for nobody and against nobody. This is no league table: readers saw different cases."
            }
            div.scroll { table {
                thead { tr {
                    th { "reader" } th.words { "label" } th { "cases" } (head("disagreement_index")) th { "adjudicated" } (head("endorsement"))
                    (head("sensitivity")) (head("specificity")) (head("kappa")) th.words { "calls for a look" }
                } }
                tbody { @for of in &report.readers { tr {
                    td { (safe(&of.reader)) @if of.model { span.faint { " model" } } } td.words { (safe(&of.label)) } td { (of.n) }
                    (cell(Some(&of.disagreement))) td { (of.adjudicated) }
                    td { @if let Some(share) = of.endorsement { (format!("{share:.2}")) } }
                    (cell(Some(&of.sensitivity))) (cell(Some(&of.specificity))) (cell(Some(&of.kappa)))
                    td.words.alarm { (triggers(of)) }
                } } }
            } }
        }
        @for label in labels { (funnel(report, label)) }
    }
}

/// Each reader's index against the number of cases, with the limits that chance sets at that number.
fn funnel(report: &Report, label: &str) -> Markup {
    let of_label = || report.readers.iter().filter(|of| of.label == label && !of.model && of.n > 0);
    let points: Vec<At> = of_label()
        .filter_map(|of| {
            let alarm =
                of.disagreement_limit.zip(of.disagreement_index).is_some_and(|(limit, index)| index > limit);
            Some(At {
                x: of.n as f64,
                point: Point { name: safe(&of.reader), value: of.disagreement_index?, ends: None, alarm },
            })
        })
        .collect();
    if points.len() < 2 {
        return html! {};
    }
    let mut limits: Vec<(f64, f64, f64)> =
        of_label().filter_map(|of| Some((of.n as f64, 0.0, of.disagreement_limit?))).collect();
    limits.sort_by(|a, b| a.0.total_cmp(&b.0));
    limits.dedup();
    let svg = course(&Course {
        points: &points,
        limits: &limits,
        x: "cases read",
        y: "disagreement index",
        named: true,
        ..Course::default()
    });
    html! {
        h3 { (safe(label)) }
        figure {
            (PreEscaped(svg))
            figcaption { "Disagreement index against the number of cases; the dashed line is the " a href="#disagreement_limit" { "funnel's limit" } ", a triangle lies beyond it." }
        }
    }
}

fn prevalence(report: &Report) -> Markup {
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
            "Charter version " (report.charter_version) ". The log held " (report.events) " events when this report was made; its head is "
            code { (report.head) } ". " code { "overread verify --head " (report.head) } " proves that nothing before it was changed since."
        }
        details { summary { "The charter" } pre { (Safe::lines(&report.charter).to_string()) } }
    }
}

fn explained() -> Markup {
    html! {
        h2 { "What each figure is" }
        dl { @for known in &DEFINITIONS {
            dt id=(known.name) { (known.sign) " " span.faint { code { (known.name) } } }
            dd { (known.words) @if known.source != "–" { " (" (known.source) ")" } "." }
        } }
        p.faint {
            "Intervals hold the figure at 95 % confidence. A dash stands for a figure that is undefined there, which is never 0 or 1. \
             This is no diagnostic display."
        }
    }
}
