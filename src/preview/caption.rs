//! What is said of a picture: true of the pixels that are shown, never of those that were asked for. A narrow screen cuts
//! its end, so that what must be seen comes first: both sizes, the frame, what it is not for.

use super::plan::{Detail, Facts, Protocol};
use crate::domain::word::Word;
use crate::imaging::{NamedWindow, PERCENTILES, Toning};

/// Says what a picture shows and how; `place` tells where it lies among others.
pub fn caption(facts: &Facts, place: Option<&str>, protocol: Protocol) -> String {
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
    words.extend(place.map(str::to_owned));
    words.push("not for diagnosis".to_owned());
    if let Some(slide) = facts.slide {
        words.extend((slide.every > 1).then(|| format!("one tile in {}", u64::from(slide.every).pow(2))));
        words.extend((slide.missing > 0).then(|| format!("{} of its tiles can't be read", slide.missing)));
        words.extend((slide.planes > 1).then(|| format!("first of {} planes", slide.planes)));
    }
    words.push(match (facts.toning, facts.window) {
        (Toning::Colour, _) => "colour".to_owned(),
        (Toning::Table, _) => "lookup table of the file".to_owned(),
        (_, Some(window)) => {
            // The only one that a file has needs no name.
            let several = facts.windows.iter().filter(|named| named.name.as_str() != PERCENTILES).count() > 1;
            let told = |named: &&NamedWindow| several || named.name.as_str() == PERCENTILES;
            let named = facts.windows.iter().find(|named| named.window == window).filter(told);
            // Numbers by the thousandth: percentiles of rescaled values have many digits.
            let round = |value: f64| (value * 1000.0).round() / 1000.0;
            let name = named.map(|named| format!(" ({})", named.name)).unwrap_or_default();
            format!("W {} L {}{name}", round(window.width), round(window.level))
        }
        (_, None) => "full range".to_owned(),
    });
    words.push(scale(facts.scale()));
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

/// Says how large a stored pixel is on the screen.
pub fn scale(scale: f64) -> String {
    // A picture has whole pixels, so that what is meant as 1:1 may be a little off.
    let near = |whole: f64| (scale / whole - 1.0).abs() < 0.004;
    match scale {
        _ if near(1.0) => "1 px = 1 stored px".to_owned(),
        _ if scale < 1.0 => format!("1 px = {:.1} stored px", 1.0 / scale),
        _ if near(scale.round()) => format!("{}:1", scale.round()),
        _ => format!("{scale:.1}:1"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_stored_pixel_is_said_in_words() {
        for (given, words) in [
            (1.0, "1 px = 1 stored px"),
            (2.0, "2:1"),
            (1.5, "1.5:1"),
            (0.3, "1 px = 3.3 stored px"),
            (0.997, "1 px = 1 stored px"),
        ] {
            assert_eq!(scale(given), words);
        }
    }
}
