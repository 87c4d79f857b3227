//! A reader's feedback as one page of HTML: whole in itself, pictures included, to be opened without this program.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{STYLE, counted, day, safe};
use crate::review::feedback::{Call, Entry, Packet};

const OWN_STYLE: &str = "
article { display: flex; flex-wrap: wrap; gap: 1rem; border-top: 1px solid #ddd; padding: .8rem 0; break-inside: avoid; }
article figure { flex: 0 1 22rem; margin: 0; } article img { width: 100%; height: auto; background: #000; display: block; }
article div { flex: 1 1 20rem; } article h3 { margin-top: 0; overflow-wrap: anywhere; }
article dl { margin: 0; } .great { color: #1c6b3a; font-weight: 600; }
.line { display: inline-block; width: 2.2rem; border-top: 3px solid; vertical-align: middle; } .line.own { border-top-style: dashed; }
.line { print-color-adjust: exact; }
";

/// A picture of an entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    pub png: Vec<u8>,
    /// What it is of: its size, frame and window.
    pub words: String,
    /// Both have their outline on it, and so does one of them.
    pub own: bool,
    pub answer: bool,
}

/// Colours of the reader's own outline and of the final one; their dashes tell them apart too.
pub const OWN: [u8; 3] = [255, 170, 60];
pub const FINAL: [u8; 3] = [90, 200, 255];

/// Writes the page. `pictures` holds one for each entry, or why there is none.
pub fn page(packet: &Packet, pictures: &[Result<Drawn, String>]) -> String {
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
                p.faint { (safe(&packet.project)) " · " (day(packet.at)) " · " (packet.program)
                    @if let Some(words) = packet.within.words() { " · of cases from " (words) " alone" }
                }
                p {
                    "You read " (counted(packet.cases, "case", "cases")) ". "
                    (counted(packet.adjudicated, "of your answers was", "of your answers were")) " looked at again; \
                    below are those from which there is something to be learned, and the calls that were better than \
                    most. A difference is not an error unless it is called one: "
                    strong { "justifiable" } " and " strong { "ambiguous" } " ones count against nobody."
                    @if packet.left_out > 0 {
                        " " (packet.left_out) " more were right, or are left out because there are so many."
                    }
                }
                @if pictures.iter().flatten().any(|drawn| drawn.own || drawn.answer) {
                    p {
                        "In the pictures " (line("own", OWN)) " is your own outline, dashed, and " (line("final", FINAL))
                        " the final one, solid; where they are the same both colours alternate."
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
                p.faint { "The pictures are previews, and not for diagnosis." }
            }
        }
    }
    .into_string()
}

/// A piece of an outline as the pictures have it.
fn line(class: &str, [red, green, blue]: [u8; 3]) -> Markup {
    html! { span class={ "line " (class) } style={ "border-color: rgb(" (red) "," (green) "," (blue) ")" } {} }
}

fn shown(entry: &Entry, picture: Option<&Result<Drawn, String>>) -> Markup {
    let class = if entry.call == Call::Great { "great" } else { "" };
    html! {
        article {
            figure {
                @match picture {
                    Some(Ok(drawn)) => {
                        img alt={ "picture of " (safe(&entry.case)) }
                            src={ "data:image/png;base64," (base64_simd::STANDARD.encode_to_string(&drawn.png)) };
                        figcaption { (safe(&drawn.words)) }
                    }
                    Some(Err(why)) => figcaption { (safe(why)) },
                    None => {}
                }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_explained_where_there_are_any() {
        let entry = Entry {
            case: "c1".into(),
            label: "nodule".into(),
            call: Call::Slip,
            own: "absent".into(),
            answer: "present".into(),
            causes: Vec::new(),
            severity: None,
            clause: None,
            note: None,
            picture: None,
        };
        let packet = Packet {
            project: "p".into(),
            reader: "ann".into(),
            within: Default::default(),
            program: "overread",
            at: 0,
            cases: 1,
            adjudicated: 1,
            entries: vec![entry],
            left_out: 0,
            unread: 0,
        };
        let drawn =
            Drawn { png: vec![1], words: "64×64 of 512×512, frame 1".into(), own: false, answer: true };
        let with = page(&packet, &[Ok(drawn)]);
        let legend = "is your own outline, dashed";
        assert!(with.contains(legend) && with.contains("<figcaption>64×64 of 512×512, frame 1"), "{with}");
        // What the colours mean stands before the first picture.
        assert!(with.find(legend) < with.find("<img"), "{with}");
        assert!(with.contains("You read 1 case. 1 of your answers was looked at again"), "{with}");
        let without = page(&packet, &[Err("no image of this case is known".into())]);
        assert!(!without.contains(legend) && without.contains("no image of this case is known"), "{without}");
    }
}
