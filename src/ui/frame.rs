//! What stands around every screen: the header, the line of notices, the footer with the keys that work now.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Scene;
use super::text::{put, safe, width};
use crate::app::State;
use crate::app::layout::LEAST;
use crate::app::popup::{Popup, Question};
use crate::app::stack::Stack;
use crate::app::state::{Screen, Tone};
use crate::command::{Command, Key, Scope};
use crate::keymap::Found;
use crate::review::desk::Standing;
use crate::review::show::DisputeView;
use crate::theme::{Mark, Role};

/// Draws the first line: where one is, who one is, and whether all is saved.
pub fn header(scene: &Scene<'_>, buffer: &mut Buffer) {
    let Scene { state, layout, theme, .. } = *scene;
    let style = theme.style(Role::Header);
    buffer.set_style(layout.header, style);
    let dot = theme.mark(Mark::Dot);
    let left = match (&state.open, state.screen) {
        (Some(open), _) => {
            let view = &open.desk.view;
            let count = view.disputes.len();
            let dispute = match open.dispute() {
                Some(dispute) => {
                    let kind = dispute.dispute_type.map_or(String::new(), |kind| {
                        use crate::domain::word::Word;
                        format!("{} ", kind.word())
                    });
                    format!("dispute {} of {count}  {kind}{}", open.at + 1, safe(&dispute.label))
                }
                None => "no dispute".to_owned(),
            };
            (safe(&view.case), dispute)
        }
        (None, Screen::Worklist) if state.worklist.drill.is_some() => {
            let drill = state.worklist.drill.as_ref();
            (safe(&state.person.project), drill.map_or(String::new(), |drill| drill.words.clone()))
        }
        (None, Screen::Worklist) => {
            let counts = &state.worklist.counts;
            let returned = match counts.returned {
                0 => String::new(),
                n => format!(" {dot} returned to you: {n}"),
            };
            let words = format!(
                "{} open {dot} {} claimed {dot} {} done today{returned}",
                counts.open, counts.claimed, counts.done_today
            );
            (safe(&state.person.project), words)
        }
        (None, Screen::Sampling) => (safe(&state.person.project), "samples of finished work".to_owned()),
        (None, Screen::Audits) => {
            (safe(&state.person.project), crate::app::audits::left_words(crate::app::audits::left(state)))
        }
        (None, Screen::Agreement) => (safe(&state.person.project), "agreement between readers".to_owned()),
        (None, Screen::Readers) => {
            (safe(&state.person.project), "readers against the final answers".to_owned())
        }
        (None, Screen::Causes) => (safe(&state.person.project), "why answers differed".to_owned()),
        (None, Screen::Checks) => (safe(&state.person.project), "what the automated checks find".to_owned()),
        (None, Screen::Log) => {
            let words = match &state.logbook.case {
                Some(case) => format!("log of {}", safe(case)),
                None => "log".to_owned(),
            };
            (safe(&state.person.project), words)
        }
    };
    let mut right: Vec<(String, ratatui::style::Style)> = Vec::new();
    if let Some(open) = &state.open {
        let (mark, words, role) = match () {
            () if open.saving => (theme.mark(Mark::Pencil), "saving", Role::Warning),
            () if state.trouble.is_some() => (theme.mark(Mark::Unsaved), "unsaved", Role::Error),
            () if !open.unsaved.is_empty() => (theme.mark(Mark::Pencil), "draft", Role::Warning),
            () => (theme.mark(Mark::Saved), "saved", Role::Success),
        };
        if state.now < open.guard_until {
            let words = if open.guarded { "too soon, wait" } else { "wait" };
            right.push((
                format!("{} {words}  ", theme.mark(Mark::Guard)),
                style.patch(theme.style(Role::Warning)),
            ));
        }
        right.push((format!("{mark} {words}  "), style.patch(theme.style(role))));
        match &open.desk.held {
            Standing::LookingOn { .. } => {
                right.push(("looking on  ".to_owned(), style.patch(theme.style(Role::Warning))));
            }
            Standing::Held(_) => {
                if let Some(minutes) = open.claim_minutes(state.now) {
                    let words = match minutes {
                        0 => "claim has ended  ".to_owned(),
                        minutes => format!("claim {minutes} min  "),
                    };
                    right.push((words, style.patch(theme.style(Role::Warning))));
                }
            }
        }
    } else if state.trouble.is_some() {
        right.push((
            format!("{} unsaved  ", theme.mark(Mark::Unsaved)),
            style.patch(theme.style(Role::Error)),
        ));
    }
    right.push((safe(&state.person.name), style.patch(theme.style(Role::Strong))));
    let wide = layout.header.width >= 100;
    if wide || state.open.is_none() {
        right.push((format!("  {}", state.person.roles), style));
    }
    if state.person.read_only {
        right.push(("  read-only".to_owned(), style.patch(theme.style(Role::Warning))));
    }
    if state.person.blind {
        right.push(("  blind".to_owned(), style));
    }
    right.push((" ".to_owned(), style));
    let room = usize::from(layout.header.width);
    let mut taken: usize = right.iter().map(|(text, _)| width(text)).sum();
    // What is said of the person gives way to what is said of the work.
    while taken + 24 > room && right.len() > 2 {
        let (text, _) = right.remove(right.len() - 2);
        taken -= width(&text);
    }
    let strong = style.patch(theme.style(Role::Strong));
    let name_room = room.saturating_sub(taken + 2 + width(&left.1)).clamp(12, 48);
    let name = super::text::cut_name(&left.0, name_room, theme);
    let area = Rect { width: u16::try_from(room.saturating_sub(taken + 1)).unwrap_or(0), ..layout.header };
    put(buffer, area, &[(format!(" {name}  "), strong), (left.1, style)], theme);
    let x = u16::try_from(room.saturating_sub(taken)).unwrap_or(0);
    put(buffer, Rect { x, width: layout.header.width.saturating_sub(x), ..layout.header }, &right, theme);
}

/// Draws the line above the footer: what is typed, or the words that stay until the next command.
pub fn notice(scene: &Scene<'_>, buffer: &mut Buffer) {
    let Scene { state, layout, theme, .. } = *scene;
    let (tone, words) = match (&state.notice, &state.trouble) {
        (Some(notice), _) => (notice.tone, notice.words.clone()),
        (None, Some(trouble)) => (Tone::Error, format!("nothing can be saved at present: {trouble}")),
        (None, None) => return,
    };
    let (role, mark) = match tone {
        Tone::Info => (Role::Info, theme.mark(Mark::Dot)),
        Tone::Good => (Role::Success, theme.mark(Mark::Saved)),
        Tone::Warning => (Role::Warning, theme.mark(Mark::Urgent)),
        Tone::Error => (Role::Error, theme.mark(Mark::Unsaved)),
    };
    let style = theme.style(role);
    let room = usize::from(layout.notice.width.saturating_sub(3));
    let lines = super::text::wrap(&super::text::safe(&words), room);
    // Words that are longer than a line grow upwards, over what stands there.
    let most = usize::from(layout.notice.y.saturating_sub(2)).min(4);
    let shown = &lines[..lines.len().min(most.max(1))];
    let height = u16::try_from(shown.len()).unwrap_or(1);
    let area = Rect { y: layout.notice.y + 1 - height, height, ..layout.notice };
    for (n, line) in shown.iter().enumerate() {
        let at = super::text::row(area, n);
        clear(buffer, at, theme.style(Role::Text));
        let lead = if n == 0 { format!(" {mark} ") } else { "   ".to_owned() };
        put(buffer, at, &[(lead, style), (line.clone(), style)], theme);
    }
}

/// Empties cells.
pub fn clear(buffer: &mut Buffer, area: Rect, style: ratatui::style::Style) {
    let area = area.intersection(buffer.area);
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.reset();
                cell.set_style(style);
            }
        }
    }
}

/// The commands that the footer names, by where one is.
fn named(state: &State) -> &'static [Command] {
    use Command as C;
    match (state.popups.last(), &state.open, state.screen) {
        (Some(Popup::Help { .. }), ..) => &[C::MoveDown, C::PageDown, C::Back],
        (Some(Popup::Palette { .. } | Popup::Clauses { .. }), ..) => &[C::MoveDown, C::OpenSelected, C::Back],
        (Some(Popup::Menu(menu)), ..) if menu.several => {
            &[C::MoveDown, C::ToggleValue, C::EditValue, C::Back]
        }
        (Some(Popup::Menu(_)), ..) => &[C::MoveDown, C::EditValue, C::Back],
        (Some(Popup::Prompt(prompt)), ..) if prompt.about == Question::Find => {
            &[C::MoveDown, C::OpenSelected, C::Back]
        }
        (Some(Popup::Prompt(_)), ..) => &[C::OpenSelected, C::Back],
        (Some(Popup::Form(_)), ..) => &[C::NextField, C::NextValue, C::EditValue, C::Back, C::ToggleValue],
        (Some(Popup::Text(_)), ..) => &[C::MoveDown, C::PageDown, C::Back],
        (Some(Popup::Letter(_)), ..) => &[C::Back],
        (Some(Popup::Header(_)), ..) => &[C::MoveDown, C::PageDown, C::Back],
        (None, Some(open), _) if open.picture.windowing => {
            &[C::WidenWindow, C::NarrowWindow, C::RaiseLevel, C::LowerLevel, C::ChooseWindow, C::Back]
        }
        (None, Some(open), _) if open.picture.point.is_some() => &[
            C::PointLeft,
            C::PointRight,
            C::PointUp,
            C::PointDown,
            C::MeasureLength,
            C::SwapEnds,
            C::Back,
            C::NudgeLeft,
            C::TrueSize,
        ],
        (None, Some(open), _) if open.field.is_some() => {
            &[C::NextField, C::NextValue, C::ToggleValue, C::SaveDecision, C::Back]
        }
        (None, Some(_), _) => &[
            C::SaveDecision,
            C::StepBack,
            C::NextField,
            C::AnswerNone,
            C::AnswerAmbiguous,
            C::NextDispute,
            C::SkipCase,
            C::DeferDispute,
            C::EscalateDispute,
            C::EditNote,
            C::AssessReaders,
            C::ChooseWindow,
            C::ZoomToDispute,
            C::NextFrame,
            C::ToggleOutline,
            C::Undo,
            C::PointAt,
            C::MeasureLength,
            C::TrueSize,
            C::CompareImages,
            C::PlayCine,
            C::ShowHeader,
        ],
        (None, None, Screen::Worklist) => &[
            C::OpenSelected,
            C::LookAtCase,
            C::FindText,
            C::ChooseFilter,
            C::Leave,
            C::ChooseSort,
            C::ToggleMine,
            C::ClaimCase,
            C::Undo,
            C::OpenAudits,
            C::OpenSampling,
            C::OpenAgreement,
            C::OpenReaders,
            C::OpenLog,
            C::OpenChecks,
        ],
        (None, None, Screen::Agreement) => &[
            C::NextPanel,
            C::OpenSelected,
            C::ListAll,
            C::Back,
            C::NextMeasure,
            C::ToggleAmbiguous,
            C::ToggleWeeks,
            C::RefreshFigures,
            C::OpenReaders,
        ],
        (None, None, Screen::Readers) => &[
            C::NextPanel,
            C::OpenSelected,
            C::ListAll,
            C::Back,
            C::RefreshFigures,
            C::OpenAgreement,
            C::OpenWorklist,
        ],
        (None, None, Screen::Sampling) if state.sampling.plan.is_some() => {
            &[C::MoveDown, C::MoveRight, C::OpenSelected, C::DrawSample, C::Back, C::NextPanel]
        }
        (None, None, Screen::Sampling) => &[
            C::PlanSample,
            C::OpenSelected,
            C::ListAll,
            C::Back,
            C::NextPanel,
            C::SignLot,
            C::RefreshFigures,
            C::OpenAudits,
        ],
        (None, None, Screen::Audits) => &[C::OpenSelected, C::MoveDown, C::Back, C::OpenSampling],
        (None, None, Screen::Causes) => &[
            C::OpenSelected,
            C::NextMeasure,
            C::NextPanel,
            C::ChoosePeriod,
            C::ComparePeriods,
            C::Back,
            C::RefreshFigures,
            C::OpenReaders,
            C::OpenWorklist,
        ],
        (None, None, Screen::Checks) => &[
            C::OpenSelected,
            C::ChooseCheck,
            C::AllChecks,
            C::Back,
            C::FindText,
            C::WaiveProblem,
            C::OpenWorklist,
        ],
        (None, None, Screen::Log) => &[C::OpenSelected, C::FindText, C::FollowLog, C::OpenWorklist, C::Back],
    }
}

/// Tells whether a command does something for the dispute that is before the person.
fn fits(state: &State, command: Command) -> bool {
    if matches!(command, Command::OpenAgreement | Command::OpenReaders | Command::OpenCauses) {
        return state.person.figures;
    }
    match command {
        Command::OpenSampling => return state.person.samples,
        Command::OpenAudits => return state.person.audits,
        Command::OpenChecks => return state.person.checks,
        Command::WaiveProblem => return state.person.waives,
        _ => {}
    }
    let Some(open) = state.open.as_ref().filter(|_| state.popups.is_empty()) else { return true };
    let of = |holds: fn(&DisputeView) -> bool| open.dispute().is_some_and(holds);
    match command {
        Command::AnswerNone => of(|dispute| dispute.can_none),
        Command::AnswerAmbiguous => of(|dispute| !dispute.own_look),
        Command::SwapEnds => open.picture.point.is_some_and(|point| point.from.is_some()),
        Command::PlayCine | Command::NextFrame => Stack::of(&open.desk, open.picture.pane()).len > 1,
        Command::NextDispute => open.desk.view.disputes.len() > 1,
        _ => true,
    }
}

/// Draws the last line: the keys that work now.
pub fn footer(scene: &Scene<'_>, buffer: &mut Buffer) {
    let Scene { state, layout, theme, .. } = *scene;
    buffer.set_style(layout.footer, theme.style(Role::Footer));
    let (key_style, text_style) =
        (theme.style(Role::Footer).patch(theme.style(Role::Key)), theme.style(Role::Footer));
    let scopes = state.scopes();
    let mut pieces: Vec<(String, ratatui::style::Style)> = vec![(" ".into(), text_style)];
    if !state.pending.is_empty()
        && let Found::Pending(next) = state.keymap.find(&scopes, &state.pending)
    {
        pieces.push((format!("{} ", crate::command::show_sequence(&state.pending)), key_style));
        for (key, words) in next {
            pieces.push((format!(" {key} "), key_style));
            pieces.push((format!("{words} "), text_style));
        }
        put(buffer, layout.footer, &pieces, theme);
        return;
    }
    // Where text is typed, keys that type are none.
    let typing = matches!(
        state.popups.last(),
        Some(
            Popup::Prompt(_)
                | Popup::Help { .. }
                | Popup::Palette { .. }
                | Popup::Clauses { .. }
                | Popup::Header(_)
        )
    );
    let types = |keys: &String| keys.parse::<Key>().is_ok_and(|key| key.typed().is_some());
    let first_key = |command: Command| {
        let keys = state.keymap.keys_of(command, &scopes);
        keys.into_iter().find(|keys| !typing || !types(keys) && !keys.contains(' '))
    };
    let mut tail = Vec::new();
    for (command, words) in [(Command::ShowPalette, "command"), (Command::ShowHelp, "help")] {
        if let Some(key) = first_key(command).filter(|_| !typing) {
            tail.push((format!(" {key} "), key_style));
            tail.push((format!("{words} "), text_style));
        }
    }
    if state.open.is_some() && state.popups.is_empty() && state.pending.is_empty() {
        let deciding = state.open.as_ref().is_some_and(|open| {
            open.field.is_none() && !open.picture.windowing && open.picture.point.is_none()
        });
        if deciding {
            pieces.push(("1-9 ".into(), key_style));
            pieces.push(("choose, confidence ".into(), text_style));
        }
    }
    let tail_width: usize = tail.iter().map(|(text, _)| width(text)).sum();
    let room = usize::from(layout.footer.width).saturating_sub(tail_width);
    let mut taken: usize = pieces.iter().map(|(text, _)| width(text)).sum();
    for command in named(state).iter().filter(|command| fits(state, **command)) {
        let Some(key) = first_key(*command) else { continue };
        let words = match (command, scopes.first()) {
            (Command::OpenSelected, Some(Scope::Form | Scope::List)) => "take",
            (Command::OpenSelected, Some(Scope::Sampling)) if state.sampling.plan.is_some() => "change",
            (Command::MoveRight, Some(Scope::Sampling)) => "change",
            (Command::OpenSelected, Some(Scope::Sampling)) => "wrong cases",
            (Command::OpenSelected, Some(Scope::Figures | Scope::Causes)) => "cases",
            (Command::NextMeasure, Some(Scope::Causes)) => "by",
            (Command::Leave, _) if state.worklist.drill.is_some() => "back",
            (Command::EditValue, _) if matches!(state.popups.last(), Some(Popup::Menu(_))) => "take",
            _ => command.entry().short,
        };
        let piece = [(format!(" {key} "), key_style), (format!("{words} "), text_style)];
        let more: usize = piece.iter().map(|(text, _)| width(text)).sum();
        if taken + more > room {
            break;
        }
        taken += more;
        pieces.extend(piece);
    }
    pieces.extend(tail);
    put(buffer, layout.footer, &pieces, theme);
}

/// Says that the terminal is too small, in what room there is.
pub fn too_small(state: &State, area: Rect, buffer: &mut Buffer) {
    let words =
        format!("{}×{} is too small: overread needs {}×{}", state.size.0, state.size.1, LEAST.0, LEAST.1);
    for (n, line) in super::text::wrap(&words, usize::from(area.width.max(1))).iter().enumerate() {
        let row = super::text::row(area, n);
        if row.height > 0 {
            buffer.set_stringn(row.x, row.y, line, usize::from(row.width), ratatui::style::Style::default());
        }
    }
}

/// Draws the screen that nobody sits before.
pub fn locked(scene: &Scene<'_>, buffer: &mut Buffer) {
    let words = "locked: any key goes on";
    let area = buffer.area;
    let y = area.y + area.height / 2;
    let x = area.x + area.width.saturating_sub(u16::try_from(words.len()).unwrap_or(0)) / 2;
    let row = Rect { x, y, width: area.right().saturating_sub(x), height: 1 };
    put(buffer, row.intersection(area), &[(words.to_owned(), scene.theme.style(Role::Dim))], scene.theme);
}
