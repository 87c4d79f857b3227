//! A digest of what happened since a moment, as one printed page of HTML.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{STYLE, day, safe};
use crate::domain::taxonomy;
use crate::domain::word::Word;
use crate::review::causes::{Bar, Rate};
use crate::review::digest::{Digest, LINES};
use crate::review::readers::Trigger;
use crate::review::sample::SampleResult;

const OWN_STYLE: &str = "
@page { size: A4 portrait; margin: 12mm; }
body.digest { font-size: 13px; line-height: 1.35; } .digest h1 { font-size: 1.3rem; margin: 0; }
.digest h2 { font-size: 1rem; margin: .9rem 0 .2rem; } .digest table { margin: .2rem 0; } .digest p { margin: .2rem 0; }
.digest ul { margin: .2rem 0; padding-left: 1.2rem; }
";

/// Writes the page.
pub fn page(digest: &Digest) -> String {
    let title = format!("{} – since {}", safe(&digest.project), day(digest.since));
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(OWN_STYLE)) }
            }
            body.digest {
                h1 { (safe(&digest.project)) }
                p.faint {
                    (day(digest.since)) " to " (day(digest.at)) " · charter version " (digest.charter_version)
                    @if digest.charters > 0 { " (" (counted(digest.charters, "change", "changes")) ")" }
                    " · " (digest.program) br; "log: " (digest.events) " events, head " code { (digest.head) }
                }
                @if !digest.overdue.is_empty() {
                    h2.alarm { "Late" }
                    ul { @for words in capped(&digest.overdue) { li.alarm { (safe(words)) } } (rest(digest.overdue.len())) }
                }
                h2 { "What happened" }
                (happened(digest))
                h2 { "Why answers differed" }
                (causes(digest))
                h2 { "Samples" }
                (samples(digest))
                h2 { "Readers" }
                (readers(digest))
                h2 { "Ambiguous" }
                (ambiguous(digest))
            }
        }
    }
    .into_string()
}

fn counted(n: u64, one: &str, several: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { several })
}

/// The first lines of a list.
fn capped<T>(all: &[T]) -> &[T] {
    all.get(..LINES.min(all.len())).unwrap_or_default()
}

/// Says how many more there are.
fn rest(all: usize) -> Markup {
    html! { @if all > LINES { li.faint { "and " (all - LINES) " more" } } }
}

fn happened(digest: &Digest) -> Markup {
    let work = &digest.work;
    let came = [
        (work.files, "file came in", "files came in"),
        (work.reads, "read", "reads"),
        (work.images, "image", "images"),
    ];
    let other = [
        (work.first_looks, "first look", "first looks"),
        (work.put_off, "put off", "put off"),
        (work.sent_back, "sent back", "sent back"),
        (work.escalated, "escalated", "escalated"),
        (work.reopened, "reopened", "reopened"),
        (work.undone, "undone", "undone"),
        (work.exports, "export", "exports"),
        (work.refused, "refusal", "refusals"),
    ];
    let words = |all: &[(u64, &str, &str)]| {
        let some = all.iter().filter(|(n, ..)| *n > 0);
        some.map(|(n, one, several)| counted(*n, one, several)).collect::<Vec<_>>().join(" · ")
    };
    let (came, other) = (words(&came), words(&other));
    html! {
        p {
            (counted(work.decisions, "decision", "decisions")) " on " (counted(work.cases, "case", "cases")) " by "
            (counted(work.people, "person", "people"))
            @if !other.is_empty() { " · " (other) }
        }
        @if !came.is_empty() { p { (came) } }
        p {
            "Now: "
            @for (n, (state, cases)) in digest.states.iter().enumerate() {
                @if n > 0 { " · " }
                (cases) " " (state.word().to_lowercase().replace('_', " "))
            }
        }
    }
}

fn causes(digest: &Digest) -> Markup {
    let rate = |rate: &Option<Rate>| {
        rate.and_then(|rate| rate.per_100).map_or_else(|| "–".to_owned(), |rate| format!("{rate:.1}"))
    };
    let change = |bar: &Bar| {
        bar.difference
            .map_or_else(String::new, |of| format!("{:+.1} [{:+.1} to {:+.1}]", of.value, of.low, of.high))
    };
    html! {
        @if digest.causes.is_empty() { p { "No decision of this time names a root cause." } }
        @else {
            table {
                thead { tr { th { "cause" } th { "before, of 100 disputes" } th { "now" } th { "change, 95 %" } } }
                tbody { @for bar in &digest.causes { tr {
                    td { (safe(&taxonomy::cause_in_words(&bar.key))) } td { (rate(&bar.before)) } td { (rate(&bar.after)) }
                    td { (change(bar)) }
                } } }
            }
        }
    }
}

fn samples(digest: &Digest) -> Markup {
    let verdict = |of: &SampleResult| match of.accepted {
        None => "open",
        Some(true) => "accepted",
        Some(false) if of.held => "rejected, held",
        Some(false) => "rejected, signed",
    };
    let percent =
        |share: Option<f64>| share.map_or_else(|| "–".to_owned(), |share| format!("{:.1} %", share * 100.0));
    html! {
        @if digest.samples.is_empty() { p { "No sample is open, and none was drawn." } }
        @else {
            table {
                thead { tr { th { "sample" } th { "of" } th { "read" } th { "wrong" } th { "rate" } th { "under, at 95 %" } th { "" } } }
                tbody { @for of in capped(&digest.samples) { tr {
                    td { (of.id) " " (of.of.word()) } td { (of.size) " of " (of.lot) } td { (of.read) } td { (of.found) }
                    td { (percent(of.rate)) } td { (percent(of.upper95)) }
                    td.words { @if of.held { span.alarm { (verdict(of)) } } @else { (verdict(of)) } }
                } } }
            }
            ul { (rest(digest.samples.len())) }
        }
    }
}

/// Names a trigger, with when what it saw came up where that is known.
fn flagged(trigger: &Trigger) -> String {
    match (&trigger.since, &trigger.days) {
        (Some(week), _) => format!("{} since the week of {week}", trigger.trigger),
        (None, Some([first, last])) if first == last => format!("{} on {first}", trigger.trigger),
        (None, Some([first, last])) => format!("{} from {first} to {last}", trigger.trigger),
        (None, None) => trigger.trigger.to_owned(),
    }
}

fn readers(digest: &Digest) -> Markup {
    html! {
        @if digest.alarms.is_empty() && digest.warned == 0 && digest.tickets.is_empty() {
            p { "Nothing of any reader's figures calls for a look, and no ticket is open." }
        }
        ul {
            @for of in capped(&digest.alarms) { li {
                b { (safe(&of.reader)) } " on " (safe(&of.label)) ": "
                (of.triggers.iter().filter(|trigger| trigger.level == "act").map(flagged).collect::<Vec<_>>().join(", "))
            } }
            (rest(digest.alarms.len()))
            @if digest.warned > 0 {
                li.faint { (counted(digest.warned, "warning", "warnings")) " besides, as chance alone often gives them: see " code { "overread readers" } }
            }
            @for ticket in capped(&digest.tickets) { li {
                (ticket.id) " " b { (safe(&ticket.reader)) }
                @if let Some(label) = &ticket.label { " on " (safe(label)) }
                ": " (ticket.state.word()) ", " (counted(ticket.cases.len() as u64, "case", "cases"))
            } }
            (rest(digest.tickets.len()))
        }
    }
}

fn ambiguous(digest: &Digest) -> Markup {
    html! {
        @if digest.ambiguous.is_empty() { p { "Nothing is ambiguous." } }
        ul {
            @for of in capped(&digest.ambiguous) { li {
                b { (safe(&of.label)) } ": " (of.ambiguous) " of " (of.decided) " decided"
                @if let Some(share) = of.reducible_share { "; " (format!("{:.0}", share * 100.0)) " % could be settled" }
                @if let Some(first) = of.resolve.first() { ", most often by " (safe(&first.what)) }
            } }
            (rest(digest.ambiguous.len()))
        }
    }
}
