//! A reader's feedback as one page of HTML: whole in itself, pictures included, to be opened without this program.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{STYLE, day, safe};
use crate::review::feedback::{Call, Entry, Packet};

const OWN_STYLE: &str = "
article { display: flex; flex-wrap: wrap; gap: 1rem; border-top: 1px solid #ddd; padding: .8rem 0; break-inside: avoid; }
article img { max-width: 22rem; width: 100%; height: auto; background: #000; } article div { flex: 1 1 20rem; }
article dl { margin: 0; } .great { color: #1c6b3a; font-weight: 600; }
";

/// Writes the page. `pictures` holds a PNG for each entry, or why there is none.
pub fn page(packet: &Packet, pictures: &[Result<Vec<u8>, String>]) -> String {
    let title = format!("{} – feedback for {}", safe(&packet.project), safe(&packet.reader));
    let entries = || packet.entries.iter().enumerate().map(|(n, entry)| (entry, pictures.get(n)));
    let learned = || entries().filter(|(entry, _)| entry.call != Call::Great);
    let great = || entries().filter(|(entry, _)| entry.call == Call::Great);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(OWN_STYLE)) }
            }
            body {
                h1 { "Feedback for " (safe(&packet.reader)) }
                p.faint { (safe(&packet.project)) " · " (day(packet.at)) " · " (packet.program) }
                p {
                    "You read " (packet.cases) " cases. " (packet.adjudicated) " of your answers were looked at again; \
                    below are those from which there is something to be learned, and the calls that were better than \
                    most. A difference is not an error unless it is called one: "
                    strong { "justifiable" } " and " strong { "ambiguous" } " ones count against nobody."
                    @if packet.left_out > 0 {
                        " " (packet.left_out) " more were right, or are left out because there are so many."
                    }
                }
                @if learned().count() > 0 {
                    h2 { "To look at again" }
                    @for (entry, picture) in learned() { (shown(entry, picture)) }
                }
                @if great().count() > 0 {
                    h2 { "Great calls" }
                    p { "You were right where most others were not." }
                    @for (entry, picture) in great() { (shown(entry, picture)) }
                }
                @if packet.entries.is_empty() {
                    p { "Nothing of what you read was settled in another way than you saw it." }
                }
                p.faint { "In the pictures your own outline is dashed, the final one is solid. Not for diagnosis." }
            }
        }
    }
    .into_string()
}

fn shown(entry: &Entry, picture: Option<&Result<Vec<u8>, String>>) -> Markup {
    let class = if entry.call == Call::Great { "great" } else { "" };
    html! {
        article {
            @match picture {
                Some(Ok(png)) => {
                    img alt={ "picture of " (safe(&entry.case)) }
                        src={ "data:image/png;base64," (base64_simd::STANDARD.encode_to_string(png)) };
                }
                Some(Err(why)) => p.faint { (safe(why)) },
                None => {}
            }
            div {
                h3 { (safe(&entry.case)) " · " (safe(&entry.label)) " · " span class=(class) { (in_words(entry.call)) } }
                dl {
                    dt { "you" } dd { (safe(&entry.own)) }
                    dt { "final answer" } dd { (safe(&entry.answer)) }
                    @if !entry.causes.is_empty() {
                        dt { "why" } dd { @for cause in &entry.causes { (safe(cause)) br; } }
                    }
                    @if let Some(severity) = &entry.severity { dt { "severity" } dd { (safe(severity)) } }
                    @if let Some(clause) = &entry.clause { dt { "guideline" } dd { (safe(clause)) } }
                    @if let Some(note) = &entry.note { dt { "note" } dd { (safe(note)) } }
                }
            }
        }
    }
}

fn in_words(call: Call) -> &'static str {
    match call {
        Call::Error => "an error",
        Call::Slip => "a slip",
        Call::Different => "another answer was found",
        Call::Justifiable => "a justifiable difference",
        Call::Ambiguous => "no single right answer",
        Call::Great => "a great call",
        Call::Right => "right",
    }
}
