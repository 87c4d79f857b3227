//! Root causes, line by line.

use crate::app::State;
use crate::app::causes::{Panel, meaning, period_lines};
use crate::domain::text::Safe;
use crate::domain::word::Word;

/// Says what the screen shows.
pub fn lines(state: &State, lines: &mut Vec<String>) {
    let of = &state.causes;
    let by = of.dimension();
    lines.push(format!("causes of {} by {}", Safe::new(&state.person.project), by.word()));
    let Some(all) = &of.all else {
        lines.push(match &of.refused {
            Some(why) => Safe::new(why).to_string(),
            None => "reading the root causes".into(),
        });
        return;
    };
    if of.stale {
        lines.push("somebody wrote since: refresh-figures takes it anew".into());
    }
    for words in [&of.window_words, &of.split_words].into_iter().filter(|words| !words.is_empty()) {
        lines.push(words.clone());
    }
    lines.push(format!("{} codes in {} decided disputes", of.total, of.decided));
    let mut sum = 0.0;
    for (n, bar) in of.bars.iter().enumerate() {
        sum += bar.share;
        let here = if n == of.selected { "selected, " } else { "" };
        let meaning = meaning(by, &bar.key);
        let meaning = if meaning.is_empty() { String::new() } else { format!(" {meaning}") };
        lines.push(format!(
            "  {here}{}{meaning}: {}, {:.0} %, together {:.0} %, {} cases",
            Safe::new(&bar.key),
            bar.n,
            bar.share * 100.0,
            sum * 100.0,
            bar.cases.len()
        ));
    }
    let here = |n: usize| if of.within && n == of.at { "selected, " } else { "" };
    match of.panel() {
        Panel::Behind => {
            for (n, one) in of.behind.iter().enumerate() {
                let (case, reader) = (Safe::new(&one.case), Safe::new(&one.reader));
                lines.push(format!("  {}{case}: {}, reader {reader}", here(n), one.code));
            }
        }
        Panel::Periods => {
            lines.extend(period_lines(of).into_iter().map(|(name, words)| format!("  {name}: {words}")));
        }
        Panel::Requests => {
            for (n, request) in all.requests.iter().enumerate() {
                let clause = Safe::new(&request.clause);
                lines.push(format!("  {}asked of {clause}: {} cases", here(n), request.cases.len()));
                lines.extend(request.wishes.iter().map(|wish| format!("    {}", Safe::new(&wish.text))));
            }
        }
        Panel::Reviews => {
            for (n, review) in all.reviews.iter().enumerate() {
                let (state, action) = (review.state.word(), review.action_words());
                let head = format!("  {}review {} of {}", here(n), review.id, review.subject());
                let owner = review.owner_words();
                lines.push(format!(
                    "{head}: {state}, due {}, {owner}: {action}; {}",
                    review.due,
                    review.words()
                ));
            }
        }
    }
}
