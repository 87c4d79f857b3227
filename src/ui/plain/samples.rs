//! Samples and audits, line by line.

use super::Safe;
use crate::app::State;
use crate::app::audits::{asked_words, left, left_words};
use crate::app::sampling::{characteristic, samples, words};
use crate::review::sample::words::{percent, verdict};

/// Says which samples there are, or what is planned, with what it shows.
pub fn sampling(state: &State, lines: &mut Vec<String>) {
    let of = &state.sampling;
    lines.push(format!("samples of {}", Safe::new(&state.person.project)));
    let Some(board) = &of.board else {
        let words =
            of.refused.as_ref().map_or("reading the samples".to_owned(), |why| Safe::new(why).to_string());
        lines.push(words);
        return;
    };
    match &of.plan {
        Some(plan) => {
            lines.push("a new sample: draw-sample draws it".into());
            for (n, part) in plan.parts().into_iter().enumerate() {
                let (name, value) = plan.row(part, board);
                let here = if n == plan.row { "selected, " } else { "" };
                lines.push(format!("  {here}{name}: {value}"));
            }
        }
        None if board.samples.is_empty() => {
            lines.push("no sample was drawn yet: plan-sample plans one".into())
        }
        None => {
            for (n, of) in samples(board).enumerate() {
                let here = if n == state.sampling.selected { "selected, " } else { "" };
                lines.push(format!(
                    "{here}{}: {} of {} read, {} wrong, {}",
                    of.id,
                    of.read,
                    of.size,
                    of.found,
                    verdict(of, false)
                ));
            }
        }
    }
    for (name, words) in words(state) {
        let name = if name.is_empty() { String::new() } else { format!("{name}: ") };
        lines.push(format!("  {name}{}", Safe::new(&words)));
    }
    if let Some((points, _)) = characteristic(state) {
        for (share, chance) in points {
            lines.push(format!("  a lot with {} wrong is accepted: {}", percent(*share), percent(*chance)));
        }
    }
}

/// Says what waits for an own read.
pub fn audits(state: &State, lines: &mut Vec<String>) {
    let of = &state.audits;
    lines.push(match (&of.refused, &of.cases) {
        (Some(why), _) => Safe::new(why).to_string(),
        (None, None) => "looking for what waits".into(),
        (None, Some(_)) => left_words(left(state)),
    });
    for (n, known) in of.cases.iter().flatten().enumerate().skip(of.selected).take(super::NEAR) {
        let here = if n == of.selected { "selected, " } else { "" };
        lines.push(format!("{here}{}: your own read of {}", Safe::new(&known.case), asked_words(known)));
    }
}
