//! What is said of a picture: true of the pixels that are shown, never of those that were asked for. A narrow screen cuts
//! its end, so that what must be seen comes first: both sizes, the frame, what it is not for.

use super::plan::{Facts, Protocol};
use crate::domain::word::Word;
use crate::imaging::Toning;

/// Says what a picture shows and how.
pub fn caption(facts: &Facts, protocol: Protocol) -> String {
    let Facts { size, columns, rows, view, .. } = facts;
    let mut words = vec![format!("{}×{} of {columns}×{rows}", size.0, size.1)];
    if facts.frames > 1 {
        words.push(format!("frame {}/{}", view.frame + 1, facts.frames));
    }
    words.push("not for diagnosis".to_owned());
    words.push(match (facts.toning, facts.window) {
        (Toning::Colour, _) => "colour".to_owned(),
        (Toning::Table, _) => "lookup table of the file".to_owned(),
        (_, Some(window)) => {
            let named = facts.windows.iter().find(|named| named.window == window);
            // Numbers by the thousandth: percentiles of rescaled values have many digits.
            let round = |value: f64| (value * 1000.0).round() / 1000.0;
            let name = named.map(|named| format!(" ({})", named.name)).unwrap_or_default();
            format!("W {} L {}{name}", round(window.width), round(window.level))
        }
        (_, None) => "full range".to_owned(),
    });
    if facts.covers != (*columns, *rows) {
        words.push(format!("part {}×{}", facts.covers.0, facts.covers.1));
    }
    if view.inverted {
        words.push("inverted".to_owned());
    }
    if view.flipped {
        words.push("mirrored".to_owned());
    }
    if view.quarters > 0 {
        words.push(format!("turned {}°", u16::from(view.quarters) * 90));
    }
    if let Some(drawn) = facts.graphics {
        words.push(if drawn { "graphics of the file" } else { "graphics hidden" }.to_owned());
    }
    if facts.lossy {
        words.push("lossy".to_owned());
    }
    words.push(protocol.word().to_owned());
    words.join(" · ")
}
