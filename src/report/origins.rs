//! Agreement by where cases come from: whether one site's images, or one delivery, are worse than the others.

use maud::{Markup, html};

use super::{cell, commonest, head, safe};
use crate::domain::origin::By;
use crate::domain::word::Word;
use crate::review::agree::trend::Part;
use crate::review::figures::OfLabel;
use crate::review::report::Report;

/// Sites or batches of one label that are listed at most: those on which readers agree least.
const LISTED: usize = 40;

/// A table by site and one by batch, where there is more than one.
pub fn origins(report: &Report) -> Markup {
    html! { @for by in [By::Site, By::Batch] { (table(report, by)) } }
}

fn table(report: &Report, by: By) -> Markup {
    let labels = &report.figures.labels;
    let of: Vec<(&OfLabel, Vec<&Part>, usize)> = labels
        .iter()
        .map(|of| (of, of.origins.iter().filter(|part| part.by == by).collect::<Vec<_>>()))
        .filter(|(_, parts)| !parts.is_empty())
        .map(|(of, parts)| (of, least(&parts), parts.len()))
        .collect();
    let caption = match by {
        By::Site => "site: what the import of a case's first read was told; α by the label's scale",
        By::Batch => "batch: the file that a case's first read came with; α by the label's scale",
    };
    html! {
        @if !of.is_empty() {
            h3 { "By " (by.word()) }
            div.scroll { table {
                caption { (caption) }
                thead { tr {
                    th { "label" } th.words { (by.word()) } th { "items" } th.words { a href="#prevalence" { "prevalence" } }
                    (head("percent_agreement")) (head("gwet_ac1")) (head("krippendorff_alpha_nominal"))
                } }
                tbody { @for (of, parts, _) in &of { @for part in parts { tr {
                    td { (safe(&of.label)) } td.words { (safe(&part.key)) } td { (part.of.n_items) }
                    td.words { @for (level, share) in commonest(&part.prevalence) { (safe(level)) (format!(" {:.0} %", share * 100.0)) br; } }
                    (cell(Some(&part.of.percent_agreement))) (cell(Some(&part.of.gwet_ac1))) (cell(Some(&part.of.krippendorff_alpha)))
                } } } }
            } }
            @for (of, parts, count) in &of { @if parts.len() < *count {
                p.faint {
                    (safe(&of.label)) ": the " (parts.len()) " of " (count) " on which readers agree least; all stand in "
                    code { "overread agree --by " (by.word()) } "."
                }
            } }
        }
    }
}

/// Gives those on which readers agree least, in the order in which they stand; those without a figure come last.
fn least<'p>(parts: &[&'p Part]) -> Vec<&'p Part> {
    let share = |part: &Part| part.of.percent_agreement.value.unwrap_or(f64::INFINITY);
    let mut places: Vec<(usize, &Part)> = parts.iter().copied().enumerate().collect();
    places.sort_by(|(_, a), (_, b)| share(a).total_cmp(&share(b)));
    places.truncate(LISTED);
    places.sort_by_key(|(place, _)| *place);
    places.into_iter().map(|(_, part)| part).collect()
}
