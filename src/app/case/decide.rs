//! From a keypress to a saved decision: what a command of the case fills in, and saving it.

use super::Open;
use super::resets;
use super::viewer::picture_command;
use super::visit::{keep_drafts, next_case, release, works};
use crate::app::editor::Editor;
use crate::app::event::{Ask, Effect};
use crate::app::forms;
use crate::app::forms::Form;
use crate::app::layout::Layout;
use crate::app::popup::{Popup, Prompt, Question, Text, step};
use crate::app::sheet::{FIELDS, Field};
use crate::app::state::{Opening, State, Tone};
use crate::command::Command;
use crate::domain::decision::Answer;
use crate::domain::taxonomy;
use crate::domain::text::Safe;
use crate::review::desk::Hold;
use crate::review::show::DisputeView;

/// Does what a command means in an open case.
pub(in crate::app) fn command(state: &mut State, command: Command) -> Vec<Effect> {
    let now = state.now;
    let Some(open) = &mut state.open else { return Vec::new() };
    let resets = resets(open, command);
    if command.entry().decides && !resets {
        open.guarded = false;
        if open.claim_until().is_none_or(|until| until <= now) {
            return claim_first(state);
        }
    }
    match command {
        Command::Choose(0) if resets => open.picture.reset(),
        Command::Choose(digit) => {
            let choices = open.choices();
            let mut said = Ok(());
            open.fill(now, |sheet| said = sheet.choose(digit, &choices));
            if let Err(words) = said {
                state.tell(Tone::Warning, words);
            }
        }
        Command::StepBack => {
            let mut stepped = false;
            open.fill(now, |sheet| stepped = sheet.step_back());
            if !stepped {
                state.tell(Tone::Info, "nothing is answered yet");
            }
        }
        Command::SaveDecision => return save(state),
        Command::LookFirst => return look_first(state),
        Command::AnswerNone if open.dispute().is_some_and(|dispute| !dispute.can_none) => state
            .tell(Tone::Warning, "a candidate says already that nothing is there: choose it by its number"),
        Command::AnswerNone => answer(state, Answer::None),
        Command::AnswerExclude => answer(state, Answer::Exclude),
        Command::AnswerMerge => {
            let ways = open.dispute().map(|dispute| dispute.merges.clone()).unwrap_or_default();
            let held = match open.sheet().answer {
                Some(Answer::Merge(way)) => ways.iter().position(|known| *known == way).map(|at| at + 1),
                _ => None,
            };
            match ways.get(held.unwrap_or(0) % ways.len().max(1)) {
                Some(way) => answer(state, Answer::Merge((*way).to_owned())),
                None => state
                    .tell(Tone::Warning, "these candidates can't be merged: adopt one, or answer otherwise"),
            }
        }
        Command::AnswerAmbiguous if open.dispute().is_some_and(|dispute| dispute.own_look) => state.tell(
            Tone::Warning,
            "your own look is one answer: say that several may be right once the readers' answers are shown",
        ),
        Command::AnswerAmbiguous => {
            let proposed = forms::proposed(open);
            let before = open.sheet();
            open.fill(now, |sheet| {
                sheet.answer = Some(Answer::Ambiguous);
                if sheet.ambiguity.as_ref().is_none_or(|block| block.alternatives.is_empty()) {
                    let held = sheet.ambiguity.take().unwrap_or_default();
                    sheet.ambiguity = Some(forms::with_proposal(held, proposed));
                }
            });
            if before.answer != Some(Answer::Ambiguous) {
                open.offered = Some((before, open.sheet()));
            }
            state.popups.push(Popup::Form(Form::ambiguity()));
        }
        Command::DeferDispute => {
            prompt(state, "Why is it put off?", Question::NoteAndSave(Answer::Defer));
        }
        Command::EscalateDispute => {
            let title = "Escalate: what should the arbiter know?";
            prompt(state, title, Question::NoteAndSave(Answer::Escalate));
        }
        Command::AnswerDiscuss => {
            prompt(state, "Discuss: your note for the others", Question::NoteAndSave(Answer::Discuss));
        }
        Command::ReturnRead => {
            answer(state, Answer::Return);
            state.popups.push(Popup::Form(Form::verdicts()));
            state.tell(Tone::Info, "say whose slip it is and its cause, go back, then enter sends it back");
        }
        Command::SkipCase => {
            let mut effects = keep_drafts(state, true);
            effects.extend(release(state));
            effects.extend(next_case(state));
            return effects;
        }
        Command::NextDispute | Command::PreviousDispute => {
            let count = open.desk.view.disputes.len();
            let by = if command == Command::NextDispute { 1 } else { count.saturating_sub(1) };
            if count > 1 {
                open.turn_to((open.at + by) % count, now);
                // Only a subject that changes by itself is guarded; who goes there knows where they are.
                open.guard_until = now;
            } else {
                state.tell(Tone::Info, "this case has one dispute");
            }
        }
        Command::NextField | Command::PreviousField => {
            let at = open.field.and_then(|field| FIELDS.iter().position(|known| *known == field));
            let next = match (at, command) {
                (None, Command::NextField) => Some(0),
                (None, _) => Some(FIELDS.len() - 1),
                (Some(at), Command::NextField) => Some(at + 1),
                (Some(at), _) => at.checked_sub(1),
            };
            open.field = next.and_then(|at| FIELDS.get(at)).copied();
        }
        Command::NextValue | Command::PreviousValue | Command::ToggleValue | Command::EditValue => {
            return field_command(state, command);
        }
        Command::ToggleUncertain => open.fill(now, |sheet| sheet.uncertain = !sheet.uncertain),
        Command::EditNote => prompt(state, "Note", Question::Note),
        Command::NamePanel => prompt(state, "Panel: who else attended, set apart by commas", Question::Panel),
        Command::EditClause if !open.desk.clauses.is_empty() => {
            state.popups.push(Popup::Clauses { typed: Editor::default(), selected: 0 });
        }
        Command::EditClause => prompt(state, "Clause of the guideline", Question::Clause),
        Command::AssessReaders => state.popups.push(Popup::Form(Form::verdicts())),
        Command::ChooseCause => {
            let menu = forms::causes(open, None);
            state.popups.push(Popup::Menu(menu));
        }
        Command::CodeCause => super::codes::begin(state),
        Command::ChooseSeverity => {
            let menu = forms::severities(open, None);
            state.popups.push(Popup::Menu(menu));
        }
        Command::CopyUid => {
            let Some(image) = open.desk.images.get(open.picture.image).map(|known| known.image.id.clone())
            else {
                state.tell(Tone::Warning, "no image of this case is known, so there is no UID to copy");
                return Vec::new();
            };
            let case = open.desk.view.case.clone();
            state.tell(Tone::Good, format!("copied {}", Safe::new(&image)));
            return vec![Effect::Copy(image.clone()), Effect::Ask(Ask::RecordCopy { case, image })];
        }
        Command::PageDown | Command::PageUp => {
            // What is drawn ends the way down; three lines a candidate are never reached.
            let most = 3 * open.dispute().map_or(0, |dispute| dispute.candidates.len()) + 40;
            let page = Layout::compute(state).page().saturating_sub(1).max(1);
            if let Some(open) = &mut state.open {
                open.top = match command {
                    Command::PageDown => (open.top + page).min(most),
                    _ => open.top.saturating_sub(page),
                };
            }
        }
        Command::ReadComments => {
            let lines = comment_lines(open);
            state.popups.push(Popup::Text(Text { title: "What readers wrote".into(), lines, top: 0 }));
        }
        _ => return picture_command(state, command),
    }
    Vec::new()
}

/// A deciding key where there is no claim: the claim comes first.
fn claim_first(state: &mut State) -> Vec<Effect> {
    let Some(open) = &state.open else { return Vec::new() };
    if !works(state) {
        state.tell(Tone::Warning, format!("as {} you look on and don't decide", state.person.roles));
        return Vec::new();
    }
    let case = open.desk.view.case.clone();
    let refill =
        open.dispute_id().map(|id| (id.to_owned(), open.sheet())).filter(|(_, sheet)| !sheet.is_empty());
    let mut effects = keep_drafts(state, true);
    state.opening = Some(Opening { case: case.clone(), refill, tries: 0 });
    state.tell(Tone::Info, "claimed: choose again");
    effects.push(Effect::Ask(Ask::Open { case, hold: Hold::Claim }));
    effects
}

pub(in crate::app) fn answer(state: &mut State, answer: Answer) {
    let now = state.now;
    if let Some(open) = &mut state.open {
        open.fill(now, |sheet| sheet.answer = Some(answer));
    }
}

/// Opens a prompt for a text of the decision, holding what is there.
pub(in crate::app) fn prompt(state: &mut State, title: &str, about: Question) {
    let Some(open) = &state.open else { return };
    let held = forms::text_of(&open.sheet(), &about);
    let editor = Editor::holding(&held);
    state.popups.push(Popup::Prompt(Prompt { title: title.to_owned(), about, editor }));
}

/// Saves what is filled in as an own look: where the reads are shown, an arbiter's before the earlier answers are.
fn look_first(state: &mut State) -> Vec<Effect> {
    let Some(open) = &mut state.open else { return Vec::new() };
    if !open.dispute().is_some_and(|dispute| dispute.own_look || dispute.look_shows_earlier) {
        state.tell(Tone::Warning, "an own look is an arbiter's, of what is escalated, before their answer");
        return Vec::new();
    }
    open.armed &= open.looking;
    open.looking = true;
    let effects = hand_in(state);
    if let Some(open) = &mut state.open {
        open.looking = open.saving || open.armed;
    }
    effects
}

/// Saves the decision, or says what it lacks.
pub(in crate::app) fn save(state: &mut State) -> Vec<Effect> {
    if let Some(open) = state.open.as_mut().filter(|open| open.looking && !open.saving) {
        (open.looking, open.armed) = (false, false);
    }
    hand_in(state)
}

fn hand_in(state: &mut State) -> Vec<Effect> {
    let now = state.now;
    let Some(open) = &mut state.open else { return Vec::new() };
    if open.saving {
        return Vec::new();
    }
    let Some(draft) = open.draft(now, false) else {
        state.tell(
            Tone::Warning,
            "nothing is answered yet: choose a candidate by its number, then a confidence 1–5",
        );
        return Vec::new();
    };
    if let Some(words) = open.lacks(now) {
        let asks_type = draft.answer != Answer::Ambiguous
            && draft.confidence.is_some_and(|confidence| confidence <= open.desk.rules.ambiguity_at)
            && draft.ambiguity.as_ref().is_none_or(|block| block.types.is_empty());
        if draft.answer == Answer::Ambiguous {
            state.popups.push(Popup::Form(Form::ambiguity()));
        } else if asks_type {
            let menu = forms::ambiguity_types(open);
            state.popups.push(Popup::Menu(menu));
        }
        state.tell(Tone::Warning, words);
        return Vec::new();
    }
    let unseen = !open.was_seen() && draft.answer.is_clinical();
    if unseen && !open.armed {
        open.armed = true;
        let words = match open.looking {
            true => "the picture wasn't shown: the same key once more saves, and the look is marked ‘unseen’",
            false => "the picture wasn't shown: enter once more saves, and the decision is marked ‘unseen’",
        };
        state.tell(Tone::Warning, words);
        return Vec::new();
    }
    let Some(draft) = open.draft(now, unseen) else { return Vec::new() };
    open.saving = true;
    open.armed = false;
    vec![Effect::Ask(Ask::Decide { draft: Box::new(draft) })]
}

/// The form of ambiguity was gone back from: where nothing was filled in, what stood before stands again.
pub(in crate::app) fn take_back_offer(state: &mut State) {
    let now = state.now;
    let Some(open) = &mut state.open else { return };
    if let Some((before, offer)) = open.offered.take()
        && open.sheet() == offer
    {
        open.fill(now, |sheet| *sheet = before);
    }
}

/// Changes the field that `tab` has come to.
fn field_command(state: &mut State, command: Command) -> Vec<Effect> {
    let now = state.now;
    let Some(open) = &mut state.open else { return Vec::new() };
    let Some(field) = open.field else { return Vec::new() };
    let by: isize = match command {
        Command::NextValue => 1,
        Command::PreviousValue => -1,
        _ => 0,
    };
    if open.claim_until().is_none_or(|until| until <= now) {
        return claim_first(state);
    }
    match field {
        Field::Answer => {
            // Digits end at nine, and this way doesn't.
            let candidates = open.dispute().map_or(0, |dispute| dispute.candidates.len());
            open.fill(now, |sheet| {
                let at = match sheet.answer {
                    Some(Answer::Adopt(n)) => usize::try_from(n).unwrap_or(1).saturating_sub(1),
                    _ => candidates,
                };
                let at = if at >= candidates { 0 } else { step(at, by, candidates) };
                sheet.answer = u32::try_from(at + 1).ok().filter(|_| candidates > 0).map(Answer::Adopt);
            });
        }
        Field::Confidence => open.fill(now, |sheet| {
            let held = usize::from(sheet.confidence.unwrap_or(3)) - 1;
            sheet.confidence = u8::try_from(step(held, by, 5) + 1).ok();
        }),
        Field::Uncertain => open.fill(now, |sheet| sheet.uncertain = !sheet.uncertain),
        Field::Severity if by != 0 => open.fill(now, |sheet| forms::turn_severity(&mut sheet.severity, by)),
        Field::Severity => return self::command(state, Command::ChooseSeverity),
        Field::Ambiguity => {
            let ambiguous = open.sheet().answer == Some(Answer::Ambiguous);
            let menu = forms::ambiguity_types(open);
            state.popups.push(if ambiguous { Popup::Form(Form::ambiguity()) } else { Popup::Menu(menu) });
        }
        Field::Verdicts => return self::command(state, Command::AssessReaders),
        Field::Cause => return self::command(state, Command::ChooseCause),
        Field::Clause => return self::command(state, Command::EditClause),
        Field::Note => return self::command(state, Command::EditNote),
    }
    Vec::new()
}

/// Gives everything that readers wrote on the dispute, as lines.
pub fn comment_lines(open: &Open) -> Vec<Safe> {
    let Some(dispute) = open.dispute() else { return Vec::new() };
    let mut lines: Vec<Safe> = Vec::new();
    for (letter, comment) in &dispute.comments {
        let letter = letter.as_deref().unwrap_or("a reader");
        lines.extend(Safe::lines(&format!("{letter}: {comment}")).as_str().lines().map(Safe::new));
    }
    if lines.is_empty() {
        lines.push(Safe::new("no reader wrote anything on this dispute"));
    }
    lines
}

/// Proposes root causes from the dispute's type, as words.
pub fn proposed_causes(dispute: &DisputeView) -> Vec<&'static str> {
    dispute.dispute_type.map(|kind| taxonomy::proposed_family(kind).to_vec()).unwrap_or_default()
}
