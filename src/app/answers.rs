//! What the state takes of each answer of the store: which screen or popup it is for, and what is asked next.

use super::acts;
use super::ahead;
use super::audits;
use super::case;
use super::causes;
use super::checks;
use super::event::{Answer, Ask, Effect};
use super::figures;
use super::logbook;
use super::popup::{About, Popup};
use super::sampling;
use super::state::{Screen, State, Tone};
use super::update::failed;
use super::worklist;

/// Takes an answer.
pub(super) fn take(state: &mut State, answer: Answer) -> Vec<Effect> {
    match answer {
        Answer::Opened { case, result } => {
            return match state.opening {
                Some(_) => case::opened(state, &case, result),
                // The person went elsewhere meanwhile: a claim that came too late is given back.
                None if state.open.as_ref().is_none_or(|open| open.desk.view.case != case) => {
                    let held =
                        result.is_ok_and(|desk| matches!(desk.held, crate::review::desk::Standing::Held(_)));
                    if held { vec![Effect::Ask(Ask::Release { case })] } else { Vec::new() }
                }
                None => Vec::new(),
            };
        }
        Answer::Decided { case, dispute, state: result } => {
            if result.is_ok() {
                state.trouble = None;
                state.figures.stale = true;
                state.causes.stale = true;
                state.checks.stale = true;
            }
            return case::decided(state, &case, &dispute, result);
        }
        Answer::Undone(result) => {
            state.figures.stale |= result.is_ok();
            state.causes.stale |= result.is_ok();
            return case::undone(state, result);
        }
        Answer::Acted { wish, result } => {
            state.figures.stale |= result.is_ok();
            return acts::acted(state, &wish, result);
        }
        Answer::Claimed { case, result } => {
            match result {
                Ok(()) => {
                    let words = format!("{} is claimed for you", crate::domain::text::Safe::new(&case));
                    state.tell(Tone::Good, words);
                }
                Err(failure) => failed(state, failure),
            }
            return worklist::refresh(state);
        }
        Answer::Released { case, result } => {
            match result {
                Ok(()) if state.open.is_none() && state.opening.is_none() && state.notice.is_none() => {
                    let words = format!("{} is given back", crate::domain::text::Safe::new(&case));
                    state.tell(Tone::Info, words);
                }
                Ok(()) => {}
                Err(failure) => failed(state, failure),
            }
            return worklist::refresh(state);
        }
        Answer::Renewed { case, until } => case::renewed(state, &case, until),
        Answer::DraftKept { dispute, result, .. } => match result {
            Ok(()) => state.trouble = None,
            Err(failure) => {
                let now = state.now;
                if let Some(open) = &mut state.open
                    && open.sheets.contains_key(&dispute)
                {
                    // Tried again, but not in a hurry.
                    open.unsaved.insert(dispute, now + 5_000);
                }
                failed(state, failure);
            }
        },
        Answer::Done(Ok(())) => {}
        Answer::Done(Err(failure)) => failed(state, failure),
        Answer::Listed { ticket, ids, whole } => return worklist::listed(state, ticket, ids, whole),
        Answer::LeftOut { ticket, left_out } if ticket == state.worklist.awaited => {
            state.worklist.left_out = Some(left_out);
        }
        Answer::LeftOut { .. } => {}
        Answer::Lines(Ok(lines)) => worklist::take_lines(state, lines),
        Answer::Lines(Err(failure)) => failed(state, failure),
        Answer::Found { ticket, hits, whole } => worklist::found(state, ticket, hits, whole),
        Answer::Previewed { case, result } => worklist::previewed(state, case, result),
        Answer::Ahead { case, result } => ahead::take(state, case, result),
        Answer::Peeked { case, result } => return case::peeked(state, &case, result),
        Answer::Counts(Ok(counts)) => state.worklist.counts = counts,
        Answer::Facets(Ok(facets)) => {
            state.worklist.facets = Some(facets);
            let menu = worklist::filter_menu(state);
            for popup in &mut state.popups {
                if let Popup::Menu(open) = popup
                    && open.about == About::Filter
                {
                    open.entries = menu.entries.clone();
                }
            }
        }
        Answer::Counts(Err(failure)) | Answer::Facets(Err(failure)) => failed(state, failure),
        Answer::Figuring { ticket, done, of } => figures::on_the_way(state, ticket, done, of),
        Answer::Figured { ticket, result } => figures::take(state, ticket, result),
        Answer::Samples { ticket, result } => sampling::take(state, ticket, result),
        Answer::Foreseen { ticket, result } => sampling::foreseen(state, ticket, result),
        Answer::Drawn(result) => return sampling::drawn(state, result),
        Answer::Signed { sample, result } => return sampling::signed(state, &sample, result),
        Answer::Planned { sample, result } => return sampling::planned(state, &sample, result),
        Answer::Audits { ticket, result } => audits::take(state, ticket, result),
        Answer::Caused { ticket, result } => causes::take(state, ticket, result),
        Answer::Coded { case, result } => return case::coded(state, &case, result),
        Answer::Log { ticket, lines } => return logbook::take(state, ticket, lines),
        Answer::Checking { ticket, done, of } => checks::on_the_way(state, ticket, done, of),
        Answer::Problems { ticket, result } => checks::take(state, ticket, result),
        Answer::Waived { check, result } => return checks::waived(state, &check, result),
        Answer::Changed => {
            ahead::forget(state);
            state.figures.stale = true;
            state.causes.stale = true;
            let mut effects = worklist::refresh(state);
            effects.extend(logbook::more(state));
            effects.extend(match state.screen {
                Screen::Audits if state.open.is_none() => audits::ask(state),
                Screen::Sampling if !state.sampling.drawing => sampling::ask(state),
                _ => Vec::new(),
            });
            if let Some(open) = &state.open {
                effects.push(Effect::Ask(Ask::Peek { case: open.desk.view.case.clone() }));
            }
            return effects;
        }
    }
    Vec::new()
}
