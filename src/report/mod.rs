//! A report as one page of HTML: whole in itself, readable without scripts or a network, and fit to be printed.

mod agreement;
mod causes;
mod definitions;
pub mod digest;
mod origins;
pub mod packet;
mod plots;
mod readers;

use std::collections::BTreeSet;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use self::agreement::{agreement, commonest, matrices, trends};
use self::definitions::{DEFINITIONS, definition};
use self::plots::Point;
use self::readers::readers;
use crate::domain::moment::rfc3339;
use crate::domain::text::Safe;
use crate::review::agree::Measure;
use crate::review::agree::names::name_of;
use crate::review::balance::{Balance, RARE_ITEMS, RARE_SHARE};
use crate::review::figures::OfLabel;
use crate::review::readers::Performance;
use crate::review::report::{Outcomes, Report};

/// What labels are ranked by: each by one measure among its like, since different ones don't compare.
const RANKED: [(&str, &str); 2] = [("gwet_ac1", "labels with levels"), ("icc_2_1", "numbers")];

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
                    @if let Some(words) = report.within.words() { br; "of cases from " (words) " alone" }
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

/// The day of a moment.
fn date(at: i64) -> String {
    rfc3339(at).chars().take(10).collect()
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
