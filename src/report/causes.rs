//! Root causes in the report: what cost most, what is asked of the guideline, and what is done, with what is overdue.

use maud::{Markup, html};

use super::safe;
use crate::domain::taxonomy;
use crate::domain::word::Word;
use crate::review::causes::reviews::ReviewState;
use crate::review::causes::{Causes, Dimension, Window};

/// Lines of each table.
const MOST: usize = 10;

/// Writes the section; nothing is counted twice that the screen Causes counts once.
pub fn causes(all: &Causes, since: Option<i64>) -> Markup {
    let window = Window { since, ..Window::default() };
    let overdue = all.reviews.iter().filter(|review| review.state == ReviewState::Overdue).count();
    let open: Vec<_> = all.requests.iter().filter(|request| request.closed_by.is_none()).collect();
    html! {
        h2 { "Root causes" }
        @if all.total(Dimension::Code, window) == 0 { p { "No decision that stands names a cause." } } @else {
            p.faint { "A count is one code of one decision for one reader, or for the decision where it is of no reader's part." }
            div.side {
                @for by in [Dimension::Code, Dimension::Label, Dimension::Clause] { (table(all, by, window)) }
            }
        }
        @if !open.is_empty() {
            h3 { "Asked of the guideline" }
            table {
                thead { tr { th { "clause" } th { "cases" } th.words { "asked" } } }
                tbody { @for request in open.iter().take(MOST) { tr {
                    td { (safe(&request.clause)) } td { (request.cases.len()) }
                    td.words { (request.wishes.iter().take(3).map(|wish| safe(&wish.text)).collect::<Vec<_>>().join(" · ")) }
                } } }
            }
        }
        @if !all.reviews.is_empty() {
            h3 { "Reviews of causes" }
            @if overdue > 0 { p.alarm { (overdue) " of the reviews " (if overdue == 1 { "is" } else { "are" }) " overdue." } }
            table {
                thead { tr { th { "about" } th { "state" } th { "due" } th { "owner" } th.words { "action" } th.words { "rate" } } }
                tbody { @for review in &all.reviews { tr {
                    td { (review.subject()) }
                    td.alarm[review.state == ReviewState::Overdue] { (review.state.word()) }
                    td { (review.due) } td { (review.owner_words()) }
                    td.words { (review.action_words()) } td.words { (review.words()) }
                } } }
            }
        }
    }
}

fn table(all: &Causes, by: Dimension, window: Window) -> Markup {
    let bars = all.bars(by, window, None);
    let meaning = |key: &str| match by {
        Dimension::Code => taxonomy::cause(key).map_or("", |term| term.meaning),
        _ => "",
    };
    html! {
        table {
            thead { tr { th { (by.word()) } th { "n" } th { "share" } } }
            tbody { @for bar in bars.iter().take(MOST) { tr {
                td.words { (safe(&bar.key)) " " (meaning(&bar.key)) } td { (bar.n) }
                td { (format!("{:.0} %", bar.share * 100.0)) }
            } } }
        }
    }
}
