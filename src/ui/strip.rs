//! The strip below a picture that is one of many: where one is among them, and on which of them the dispute's shapes lie. All
//! of it is text, so that it needs neither colours nor pictures.

use crate::app::case::{Open, shapes_of};
use crate::app::stack::Stack;

/// What a place on the strip is, with its ASCII twin.
const TRACK: [&str; 2] = ["─", "-"];
const HERE: [&str; 2] = ["┃", "|"];
const SHAPES: [&str; 2] = ["●", "o"];
const BOTH: [&str; 2] = ["◉", "@"];

/// Draws the strip of the frames that the keys go through.
pub fn strip(open: &Open, room: usize, utf8: bool) -> String {
    let stack = Stack::of(&open.desk, open.picture.pane());
    let shapes = open.dispute().map(shapes_of).unwrap_or_default();
    let places = stack.places(&open.desk, &shapes);
    draw(stack.at, stack.len, &places, room, utf8)
}

/// Says in words where one is among the frames, and where shapes lie.
pub fn words(open: &Open) -> Option<String> {
    let stack = Stack::of(&open.desk, open.picture.pane());
    if stack.len < 2 {
        return None;
    }
    let shapes = open.dispute().map(shapes_of).unwrap_or_default();
    let places = stack.places(&open.desk, &shapes);
    let on = if places.is_empty() {
        "no shapes of the dispute".into()
    } else {
        format!("shapes on {}", spans(&places))
    };
    Some(format!("frame {} of {}, {on}", stack.at + 1, stack.len))
}

fn draw(at: usize, len: usize, places: &[usize], room: usize, utf8: bool) -> String {
    let ascii = usize::from(!utf8);
    let counted = format!("{}/{len} ", at + 1);
    let told =
        if places.is_empty() { String::new() } else { format!(" {} {}", SHAPES[ascii], spans(places)) };
    // The numbers of the frames with shapes give way to the strip.
    let least = 12;
    let left = room.saturating_sub(counted.chars().count());
    let told = if told.chars().count() + least <= left { told } else { String::new() };
    let wide = left.saturating_sub(told.chars().count()).min(len);
    let cell = |place: usize| if len < 2 { 0 } else { place * wide.saturating_sub(1) / (len - 1) };
    let mut track = vec![TRACK[ascii]; wide];
    let here = cell(at);
    for place in places {
        if let Some(mark) = track.get_mut(cell(*place)) {
            *mark = SHAPES[ascii];
        }
    }
    if let Some(mark) = track.get_mut(here) {
        // One that lies in the same column on another frame is not told as lying here.
        *mark = if places.contains(&at) { BOTH[ascii] } else { HERE[ascii] };
    }
    format!("{counted}{}{told}", track.concat())
}

/// Writes places from 1 on, those that follow one another as a span.
fn spans(places: &[usize]) -> String {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for place in places {
        match spans.last_mut() {
            Some((_, last)) if *last + 1 == *place => *last = *place,
            _ => spans.push((*place, *place)),
        }
    }
    let words = spans.iter().map(|(from, to)| match from == to {
        true => format!("{}", from + 1),
        false => format!("{}-{}", from + 1, to + 1),
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strip_tells_where_one_is_and_where_shapes_lie() {
        assert_eq!(draw(0, 10, &[2, 3, 9], 40, false), "1/10 |-oo-----o o 3-4 10");
        assert_eq!(draw(4, 5, &[4], 24, true), "5/5 ────◉ ● 5");
        assert_eq!(draw(0, 1, &[], 20, false), "1/1 |");
    }

    #[test]
    fn in_a_narrow_room_the_strip_comes_before_the_numbers() {
        let many: Vec<usize> = (0..100).step_by(3).collect();
        let strip = draw(50, 1000, &many, 30, false);
        assert!(strip.starts_with("51/1000 o|o-") && strip.chars().count() <= 30, "{strip}");
        assert_eq!(draw(2, 9, &[], 3, false).chars().count(), 4);
    }

    #[test]
    fn frames_that_follow_one_another_are_one_span() {
        assert_eq!(spans(&[0, 1, 2, 4, 6, 7]), "1-3 5 7-8");
    }
}
