//! Draws an open case: the picture, the candidates with who holds them, and the decision as it is filled in.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Scene;
use super::text::{cut, framed, pad, put, row, safe, width, wrap};
use crate::app::case::{Open, is_open};
use crate::app::forms::{verdict_word, with_meaning};
use crate::app::sheet::{FIELDS, Field, Sheet};
use crate::command::Command;
use crate::domain::decision::Answer;
use crate::domain::taxonomy;
use crate::domain::word::Word;
use crate::preview::place::Placement;
use crate::preview::plan::Protocol;
use crate::review::show::{CandidateView, DisputeView, decided_by};
use crate::theme::{Mark, Role, Theme};

/// Gives the role in which a reader is drawn, by the place of the letter.
pub fn reader_role(place: usize) -> Role {
    Theme::reader_role(place)
}

/// Pieces of text on one line.
type Line = Vec<(String, Style)>;

/// Draws the case.
pub fn draw(
    scene: &Scene<'_>,
    picture: Option<Rect>,
    candidates: Rect,
    decision: Rect,
    buffer: &mut Buffer,
) -> Vec<Placement> {
    let Scene { state, theme, .. } = *scene;
    let Some(open) = &state.open else { return Vec::new() };
    let mut placements = Vec::new();
    if let Some(picture) = picture {
        framed(buffer, picture, &picture_title(open, theme), false, theme);
        placements = super::picture::draw(scene, Some(&open.desk), None, buffer);
    }
    let title = match open.dispute() {
        Some(dispute) => format!("Candidates {} {}", theme.mark(Mark::Dot), safe(&dispute.id)),
        None => "Candidates".to_owned(),
    };
    let room = framed(buffer, candidates, &title, false, theme);
    let lines = candidate_lines(scene, open, usize::from(room.width));
    let page = usize::from(room.height);
    let top = shown_from(open, &lines, page, theme);
    let below = lines.len().saturating_sub(top + page);
    if below > 0 || top > 0 {
        let key =
            state.keymap.keys_of(Command::PageDown, &state.scopes()).into_iter().next().unwrap_or_default();
        let words = match below {
            0 => format!(" {} from above ", theme.mark(Mark::More)),
            _ => format!(" {} {below} more: {key} ", theme.mark(Mark::More)),
        };
        let wide = u16::try_from(width(&words)).unwrap_or(u16::MAX);
        if wide + 2 < candidates.width {
            let foot = Rect {
                x: candidates.right() - wide - 1,
                y: candidates.bottom().saturating_sub(1),
                width: wide,
                height: 1,
            };
            put(buffer, foot, &[(words, theme.style(Role::Dim))], theme);
        }
    }
    for (n, line) in lines.iter().skip(top).take(usize::from(room.height)).enumerate() {
        put(buffer, row(room, n), line, theme);
    }
    let focus = open.field.is_some();
    let room = framed(buffer, decision, "Decision", focus, theme);
    for (n, line) in strip(scene, open, usize::from(room.width)).iter().enumerate() {
        put(buffer, row(room, n), line, theme);
    }
    placements
}

/// Gives the first line of the candidates that is shown: where one paged to, and where the arrows choose, such that what
/// is chosen is in sight.
fn shown_from(open: &Open, lines: &[Line], page: usize, theme: &Theme) -> usize {
    let last = lines.len().saturating_sub(page);
    let top = open.top.min(last);
    let chosen = lines.iter().position(|line| {
        line.first().is_some_and(|(text, _)| {
            text.trim() == theme.mark(Mark::Cursor).trim() && !text.trim().is_empty()
        })
    });
    match chosen.filter(|_| open.field == Some(Field::Answer)) {
        Some(at) if at < top => at,
        Some(at) if at >= top + page => (at + 1).saturating_sub(page),
        _ => top,
    }
}

fn picture_title(open: &Open, theme: &Theme) -> String {
    let dot = theme.mark(Mark::Dot);
    let Some(known) = open.desk.images.get(open.picture.image) else { return "Image".to_owned() };
    let mut words = vec!["Image".to_owned()];
    words.extend(known.image.modality.as_deref().map(safe));
    if open.desk.images.len() > 1 {
        words.push(format!("{} of {}", open.picture.image + 1, open.desk.images.len()));
    }
    words.extend(known.image.laterality.as_deref().map(|side| format!("side {}", safe(side))));
    if open.picture.outlines_off {
        words.push("outlines off".to_owned());
    } else if !open.picture.hidden.is_empty() {
        let hidden: Vec<&str> = open.picture.hidden.iter().map(String::as_str).collect();
        words.push(format!("hidden: {}", hidden.join(" ")));
    }
    if open.picture.windowing {
        words.push("arrows set the window".to_owned());
    }
    words.extend(known.image.burnt_in().words().map(str::to_owned));
    words.join(&format!(" {dot} "))
}

/// The letters of a candidate's readers, each in its colour.
fn letters(open: &Open, candidate: &CandidateView, theme: &Theme) -> Line {
    let Some(readers) = &candidate.readers else { return vec![("hidden".into(), theme.style(Role::Dim))] };
    let mut pieces = Vec::new();
    for (n, reader) in readers.iter().enumerate() {
        if n > 0 {
            pieces.push((theme.mark(Mark::Dot).to_owned(), theme.style(Role::Dim)));
        }
        let reads = &open.desk.view.reads;
        let place = reads.iter().position(|read| read.reader == *reader).unwrap_or(reads.len());
        pieces.push((safe(reader), theme.style(reader_role(place))));
    }
    pieces
}

/// Gives what the digit of a candidate is: its number, or its level where digits are levels.
fn digit_of(open: &Open, candidate: &CandidateView) -> String {
    match (open.choices().by_digit(), &candidate.choice.value) {
        (true, Some(value)) => safe(&value.to_string()).chars().take(2).collect(),
        _ => candidate.n.to_string(),
    }
}

/// Tells whether a sheet's answer is this candidate.
fn is_chosen(sheet: &Sheet, candidate: &CandidateView) -> bool {
    match &sheet.answer {
        Some(Answer::Adopt(n)) => usize::try_from(*n).is_ok_and(|n| n == candidate.n),
        Some(Answer::Value(value)) => {
            candidate.choice.value.as_ref() == Some(value) && candidate.choice.shapes.is_empty()
        }
        _ => false,
    }
}

fn candidate_lines(scene: &Scene<'_>, open: &Open, room: usize) -> Vec<Line> {
    let Scene { state, theme, .. } = *scene;
    let style = |role| theme.style(role);
    let Some(dispute) = open.dispute() else { return without_dispute(open, room, theme) };
    let sheet = open.sheet();
    let mut lines: Vec<Line> = Vec::new();
    // Words stand where the candidates' digits do, and go on a little further in.
    let words = |lines: &mut Vec<Line>, text: &str, role: Role| {
        let wrapped = wrap(&safe(text), room.saturating_sub(4)).into_iter().enumerate();
        lines.extend(wrapped.map(|(n, line)| {
            let indent = if n == 0 { "  " } else { "    " };
            vec![(format!("{indent}{line}"), theme.style(role))]
        }));
    };
    if !is_open(dispute) {
        let text = format!("{}{}", dispute.state.word().to_lowercase(), standing(dispute, theme));
        words(&mut lines, &text, Role::Settled);
        if let Some(reasons) = dispute.reasons() {
            words(&mut lines, &reasons, Role::Answer);
        }
    }
    if dispute.own_look {
        words(&mut lines, own_look_words(dispute), Role::Info);
        for (n, value) in dispute.levels.iter().enumerate() {
            let digit = if open.choices().by_digit() { value.to_string() } else { (n + 1).to_string() };
            let chosen = sheet.answer == Some(Answer::Value(value.clone()));
            lines.push(vec![
                (format!("{} ", if chosen { theme.mark(Mark::Cursor) } else { " " }), style(Role::Focus)),
                (format!("{digit}  "), style(Role::Key)),
                (safe(&value.to_string()), style(if chosen { Role::Answer } else { Role::Text })),
            ]);
        }
    }
    for candidate in &dispute.candidates {
        let chosen = is_chosen(&sheet, candidate);
        let mut line: Line = vec![
            (format!("{} ", if chosen { theme.mark(Mark::Cursor) } else { " " }), style(Role::Focus)),
            (format!("{:<3}", digit_of(open, candidate)), style(Role::Key)),
        ];
        let names = letters(open, candidate, theme);
        let taken: usize = names.iter().map(|(text, _)| width(text)).sum();
        line.extend(names);
        line.push((" ".repeat(8_usize.saturating_sub(taken).max(2)), Style::default()));
        line.push((safe(&candidate.words), style(if chosen { Role::Answer } else { Role::Text })));
        lines.push(line);
        for comment in candidate.comments.iter().take(2) {
            let text = cut(&safe(comment), room.saturating_sub(7), theme);
            lines.push(vec![("     ".into(), Style::default()), (format!("“{text}”"), style(Role::Dim))]);
        }
    }
    if open.choices().by_digit() && !dispute.own_look {
        let levels: Vec<String> = dispute.levels.iter().map(|value| safe(&value.to_string())).collect();
        lines.push(vec![(format!("  digits are levels: {}", levels.join(" ")), style(Role::Dim))]);
    }
    lines.push(Vec::new());
    lines.extend(other_answers(state, dispute, room, theme));
    if let Some(round) = dispute.round_words() {
        words(&mut lines, &round, Role::Info);
    }
    for earlier in &dispute.earlier_rounds {
        words(&mut lines, &earlier.words(), Role::Dim);
    }
    if let Some(hidden) = hidden_words(state, dispute) {
        words(&mut lines, &hidden, Role::Dim);
    }
    if !dispute.words.is_empty() {
        words(&mut lines, &format!("gap: {}", dispute.words), Role::Dim);
    }
    let about: Vec<&str> = dispute.label.split('/').collect();
    for agreed in open.desk.view.agreed.iter().take(12) {
        let role = if about.contains(&agreed.label.as_str()) { Role::Text } else { Role::Dim };
        let said = match agreed.decided() {
            Some(decided) => format!("{} {decided}", agreed.label),
            None => format!("agreed: {} {}", agreed.label, agreed.words),
        };
        words(&mut lines, &said, role);
    }
    for why in &open.desk.view.why {
        words(&mut lines, why, Role::Blocked);
    }
    let (told, more) = problem_lines(open);
    for (text, role) in &told {
        words(&mut lines, text, *role);
    }
    if let Some(more) = more {
        words(&mut lines, &more, Role::Dim);
    }
    if open.desk.images.is_empty() {
        lines.push(Vec::new());
        words(&mut lines, super::picture::NO_IMAGE, Role::Dim);
    } else if state.display.protocol == Protocol::Off {
        lines.push(Vec::new());
        let key = state.keymap.keys_of(Command::NextPictures, &state.ground_scopes()).into_iter().next();
        let how = key.map_or(String::new(), |key| format!(": {key} shows them"));
        words(&mut lines, &format!("pictures are off{how}"), Role::Dim);
    }
    lines
}

/// Says what an own look is for, and what is shown after it.
pub(super) fn own_look_words(dispute: &DisputeView) -> &'static str {
    match dispute.audit {
        true => {
            "your own read of it: what others said is not shown, and your answer changes nothing by itself"
        }
        false => "your own look comes first: what the readers say is shown after it",
    }
}

/// Says what of others' answers is not shown yet, and which key shows it.
pub(super) fn hidden_words(state: &crate::app::State, dispute: &DisputeView) -> Option<String> {
    let words = dispute.hidden_words()?;
    let key = || state.keymap.keys_of(Command::LookFirst, &state.ground_scopes()).into_iter().next();
    let key = key().filter(|_| dispute.look_shows_earlier && !dispute.own_look);
    Some(words + &key.map_or(String::new(), |key| format!(": answer, and {key} records it as that look")))
}

/// Says which decision stands, as far as this person may know.
fn standing(dispute: &DisputeView, theme: &Theme) -> String {
    let Some(decision) = &dispute.decision else { return String::new() };
    let by = decided_by(decision);
    let confidence = decision.get("confidence").and_then(serde_json::Value::as_u64);
    let confidence =
        confidence.map_or(String::new(), |n| format!(" {} confidence {n}", theme.mark(Mark::Dot)));
    format!(" by {by}: {}{confidence}", dispute.standing_words)
}

/// What the checks find here beside what blocks the case, which is said already; and how much more there is.
fn problem_lines(open: &Open) -> (Vec<(String, Role)>, Option<String>) {
    const MOST: usize = 6;
    let problems: Vec<_> = open.desk.view.problems.iter().filter(|found| !found.blocks()).collect();
    let line = |found: &&crate::review::check::Found| {
        let reader = found.reader.as_ref().map_or(String::new(), |reader| format!(" ({reader})"));
        match &found.waived {
            Some(waiver) => (format!("waived: {}{reader}: {}", found.message, waiver.why), Role::Dim),
            None => (format!("check: {}{reader}", found.message), Role::Warning),
        }
    };
    let more = problems.len().checked_sub(MOST).filter(|more| *more > 0);
    (problems.iter().take(MOST).map(line).collect(), more.map(|more| format!("checks tell of {more} more")))
}

fn without_dispute(open: &Open, room: usize, theme: &Theme) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut say = |text: &str, role| {
        lines.extend(wrap(&safe(text), room).into_iter().map(|line| vec![(line, theme.style(role))]));
    };
    for why in &open.desk.view.why {
        say(why, Role::Blocked);
    }
    let (told, more) = problem_lines(open);
    for (text, role) in &told {
        say(text, *role);
    }
    if let Some(more) = more {
        say(&more, Role::Dim);
    }
    say("the readers agree on everything here, within the tolerances", Role::Info);
    for agreed in &open.desk.view.agreed {
        let said = agreed.decided().unwrap_or_else(|| agreed.words.clone());
        say(&format!("{}: {said}", agreed.label), Role::Text);
    }
    lines
}

/// The answers beside the candidates that this dispute takes, over as many lines as they need.
fn other_answers(state: &crate::app::State, dispute: &DisputeView, room: usize, theme: &Theme) -> Vec<Line> {
    use crate::command::Command as C;
    let scopes = state.scopes();
    let indent = || vec![("  ".to_owned(), Style::default())];
    let mut lines: Vec<Line> = vec![indent()];
    let mut taken = 2;
    let offered = [
        (C::AnswerMerge, !dispute.merges.is_empty()),
        (C::AnswerNone, dispute.can_none),
        (C::AnswerAmbiguous, !dispute.own_look),
        (C::AnswerExclude, true),
    ];
    for (command, _) in offered.into_iter().filter(|(_, fits)| *fits) {
        if let Some(key) = state.keymap.keys_of(command, &scopes).into_iter().next() {
            let words = format!(" {} ", command.entry().short);
            let more = width(&key) + width(&words);
            // The blank at the end may fall away.
            if taken + more > room + 1 {
                lines.push(indent());
                taken = 2;
            }
            taken += more;
            if let Some(line) = lines.last_mut() {
                line.push((key, theme.style(Role::Key)));
                line.push((words, theme.style(Role::Dim)));
            }
        }
    }
    lines
}

/// The decision as it is filled in, a field a line.
fn strip(scene: &Scene<'_>, open: &Open, room: usize) -> Vec<Line> {
    let Scene { state, theme, .. } = *scene;
    let sheet = open.sheet();
    let lacks = sheet.answer.is_some().then(|| open.lacks(state.now)).flatten();
    FIELDS
        .iter()
        .map(|field| {
            let (title, mut value, role) = field_of(open, &sheet, *field, lacks.as_deref(), theme);
            if *field == Field::Answer && !sheet.panel.is_empty() {
                value.push_str(&format!(", panel with {}", safe(&sheet.panel.join(", "))));
            }
            let here = open.field == Some(*field);
            let cursor = if here { theme.mark(Mark::Cursor) } else { " " };
            let left = room.saturating_sub(14);
            let ground = if here { theme.style(Role::Selected) } else { Style::default() };
            vec![
                (cursor.to_owned(), theme.style(Role::Focus)),
                (pad(title, 11, theme), theme.style(Role::Dim).patch(ground)),
                (" ".to_owned(), ground),
                (cut(&value, left, theme), theme.style(role).patch(ground)),
            ]
        })
        .collect()
}

fn field_of<'a>(
    open: &Open,
    sheet: &Sheet,
    field: Field,
    lacks: Option<&str>,
    theme: &Theme,
) -> (&'a str, String, Role) {
    let dash = || "–".to_owned();
    let text = |text: &Option<String>| text.as_ref().map_or_else(dash, |text| safe(text));
    let missing = |word: &str| lacks.is_some_and(|lacks| lacks.contains(word));
    let ask = |asked: bool, value: String, held: bool| match (held, asked) {
        (true, _) => (value, Role::Answer),
        (false, true) => (format!("{} asked for", theme.mark(Mark::Missing)), Role::Missing),
        (false, false) => (value, Role::Dim),
    };
    match field {
        Field::Answer => {
            let (value, role) = ask(true, answer_words(open, sheet), sheet.answer.is_some());
            ("answer", value, role)
        }
        Field::Confidence => {
            let words = ["", "a guess", "unsure", "fairly sure", "sure", "certain"];
            let value = sheet.confidence.map_or_else(dash, |n| {
                format!("{n} of 5  {}", words.get(usize::from(n)).copied().unwrap_or(""))
            });
            let (value, role) =
                ask(sheet.answer.is_some() && missing("confidence"), value, sheet.confidence.is_some());
            ("confidence", value, role)
        }
        Field::Uncertain => {
            let (value, role) = if sheet.uncertain { ("yes", Role::Answer) } else { ("no", Role::Dim) };
            ("uncertain", value.to_owned(), role)
        }
        Field::Ambiguity => {
            let block = sheet.ambiguity.clone().unwrap_or_default();
            let value = match block.types.is_empty() {
                true => dash(),
                false => with_meaning(&block.types, &taxonomy::AMBIGUITIES),
            };
            let (value, role) = ask(missing("ambigu") || missing("A0"), value, !block.types.is_empty());
            ("ambiguity", value, role)
        }
        Field::Verdicts => {
            let said: Vec<String> = sheet
                .verdicts
                .iter()
                .map(|(letter, known)| format!("{letter} {}", verdict_word(known.verdict)))
                .collect();
            let (value, role) = ask(
                missing("verdict"),
                if said.is_empty() { dash() } else { said.join(", ") },
                !said.is_empty(),
            );
            ("verdicts", value, role)
        }
        Field::Cause => {
            let all: Vec<taxonomy::Term> = taxonomy::FAMILIES
                .iter()
                .chain(&taxonomy::CAUSES)
                .chain([&taxonomy::UNKNOWN])
                .copied()
                .collect();
            let value =
                if sheet.root_cause.is_empty() { dash() } else { with_meaning(&sheet.root_cause, &all) };
            let (value, role) = ask(missing("needs a cause"), value, !sheet.root_cause.is_empty());
            ("cause", value, role)
        }
        Field::Severity => {
            let held: Vec<String> = sheet.severity.iter().cloned().collect();
            let value = if held.is_empty() { dash() } else { with_meaning(&held, &taxonomy::SEVERITIES) };
            let (value, role) = ask(false, value, !held.is_empty());
            ("severity", value, role)
        }
        Field::Clause => {
            let (value, role) = ask(false, text(&sheet.clause), sheet.clause.is_some());
            ("clause", value, role)
        }
        Field::Note => {
            let (value, role) = ask(missing("a note is missing"), text(&sheet.note), sheet.note.is_some());
            ("note", value, role)
        }
    }
}

/// Says the answer as the person knows it.
fn answer_words(open: &Open, sheet: &Sheet) -> String {
    let Some(answer) = &sheet.answer else { return "–".into() };
    let chosen =
        open.dispute().and_then(|dispute| dispute.candidates.iter().find(|known| is_chosen(sheet, known)));
    match (answer, chosen) {
        (_, Some(candidate)) => {
            let who = candidate
                .readers
                .as_ref()
                .map_or(String::new(), |readers| format!("  ({})", readers.join(", ")));
            format!("{}  {}{who}", digit_of(open, candidate), safe(&candidate.words))
        }
        (Answer::Value(value), None) => safe(&value.to_string()),
        (Answer::Adopt(n), None) => format!("candidate {n}"),
        (Answer::AdoptReader(letter), None) => format!("what {} says", safe(letter)),
        (Answer::Merge(way), None) => format!("merge: {}", safe(way)),
        (Answer::Geometry(shape), None) => format!("a new {}", shape.shape.name()),
        (Answer::None, None) => "none: nothing is there".into(),
        (Answer::Ambiguous, None) => {
            let weights = sheet.ambiguity.as_ref().map(|block| {
                block
                    .alternatives
                    .iter()
                    .map(|known| format!("{:.2}", known.weight))
                    .collect::<Vec<_>>()
                    .join(" : ")
            });
            format!("ambiguous  {}", weights.unwrap_or_default())
        }
        (Answer::Exclude, None) => "exclude: can't be graded".into(),
        (Answer::Defer, None) => "defer".into(),
        (Answer::Return, None) => "send back".into(),
        (Answer::Escalate, None) => "escalate".into(),
        (Answer::Discuss, None) => "discuss".into(),
    }
}
