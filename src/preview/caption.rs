//! What is said of a picture: true of the pixels that are shown, never of those that were asked for. A narrow screen cuts
//! its end, so that what must be seen comes first: both sizes, the frame, what it is not for.

use super::plan::{Detail, Facts, Protocol};
use crate::domain::word::Word;
use crate::imaging::Toning;

/// Says what a picture shows and how.
pub fn caption(facts: &Facts, protocol: Protocol) -> String {
    let Facts { size, columns, rows, view, .. } = facts;
    let sizes = format!("{}×{} of {columns}×{rows}", size.0, size.1);
    let mut words = match facts.detail {
        Detail::Whole => vec![sizes],
        Detail::First => vec![format!("preview coarse, {sizes}")],
        Detail::Reduced => vec![format!("reduced, {sizes}")],
    };
    words.extend(facts.grays.filter(|_| facts.detail != Detail::Whole).map(|grays| format!("{grays} grays")));
    if facts.frames > 1 {
        words.push(format!("frame {}/{}", view.frame + 1, facts.frames));
    }
    words.push("not for diagnosis".to_owned());
    words.push(match (facts.toning, facts.window) {
        (Toning::Colour, _) => "colour".to_owned(),
        (Toning::Table, _) => "lookup table of the file".to_owned(),
        (_, Some(window)) => format!("W {} L {}", window.width, window.level),
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
    if facts.lossy {
        words.push("lossy".to_owned());
    }
    words.push(protocol.word().to_owned());
    words.join(" · ")
}
