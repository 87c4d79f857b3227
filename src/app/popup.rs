//! What opens over a screen: help, palette, menus, prompts, texts, forms. Each is closed by going back, which destroys
//! nothing.

use super::acts::Wish;
use super::editor::Editor;
use super::forms::Form;
use super::lines::wrap;
use crate::command::{Command, Scope};
use crate::domain::charter::guideline::Clause;
use crate::domain::decision::Answer;
use crate::domain::text::Safe;
use crate::imaging::tags::{TagLine, TagPage, TagValue};

/// Something over the screen that takes the keys.
#[derive(Debug, Clone, PartialEq)]
pub enum Popup {
    /// The keys that work here; typing narrows them.
    Help {
        filter: Editor,
        top: usize,
    },
    /// Every command by its name; typing narrows them.
    Palette {
        typed: Editor,
        selected: usize,
    },
    /// The clauses of the guideline, each with its text; typing narrows them.
    Clauses {
        typed: Editor,
        selected: usize,
    },
    Menu(Menu),
    Prompt(Prompt),
    Form(Form),
    Text(Text),
    /// Waits for the letter of the reader whose outlines are hidden or shown; holds the first of two.
    Letter(String),
    Header(Header),
}

/// What the header of a file says; typing narrows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// The image whose file is read.
    pub image: String,
    pub filter: Editor,
    pub top: usize,
    /// None while it is read.
    pub said: Option<Result<TagPage, String>>,
}

/// A list to choose from.
#[derive(Debug, Clone, PartialEq)]
pub struct Menu {
    pub title: String,
    pub about: About,
    pub entries: Vec<Entry>,
    pub selected: usize,
    /// Several may be marked; one that is chosen closes the menu otherwise.
    pub several: bool,
    /// Something was marked or unmarked: no mark means nothing then, and not the line that is selected.
    pub touched: bool,
}

/// One line of a menu.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What it stands for: a code, a state's word, a label.
    pub value: String,
    pub words: String,
    pub marked: bool,
    /// A heading stands before it.
    pub heading: Option<&'static str>,
}

/// What a menu is about.
#[derive(Debug, Clone, PartialEq)]
pub enum About {
    Filter,
    Sort,
    Window,
    /// Root causes of the decision, or of one reader's part.
    Causes(Option<String>),
    Severity(Option<String>),
    AmbiguityTypes,
    Variants,
    /// What stands beside the picture.
    Beside,
    /// Decisions of which period causes are counted of, and which periods are compared.
    Period,
    Split,
    /// Whose part of a decision codes are given to, and which: of a reader by letter, or of the decision.
    CodedPart,
    Codes(Option<String>),
    /// Whose problems are listed.
    Check,
    /// A name in a row of the sample that is planned.
    OfSample(super::sampling::Part),
}

/// A question that is answered by typing.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    pub title: String,
    pub about: Question,
    pub editor: Editor,
}

/// What a prompt asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// Letters of the lines that are looked for.
    Find,
    Note,
    /// The note, and this answer is saved with it.
    NoteAndSave(Answer),
    Clause,
    /// Who attended, set apart by commas.
    Panel,
    Resolve,
    Dissent,
    Guideline,
    VerdictNote(String),
    /// The weight of an alternative, by its place.
    Weight(usize),
    /// A number, where the label takes one.
    Number,
    /// A number of the sample that is planned.
    OfSample(super::sampling::Part),
    /// What a lead signs the lot of this sample with.
    Meaning(String),
    /// What is done about the root causes of a rejected lot, by whom, and until when: one after the other.
    OfReview(super::sampling::Taking),
    /// Why what a check finds in a case may pass, of one reader or of all.
    Waive {
        case: String,
        check: String,
        reader: Option<String>,
    },
    /// The reason of an act.
    Why(Wish),
}

/// Text to read and to move about in.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    pub title: String,
    pub lines: Vec<Safe>,
    pub top: usize,
}

impl Popup {
    /// Gives where keys are looked up while this has them.
    pub fn scopes(&self) -> &'static [Scope] {
        match self {
            Popup::Menu(_) | Popup::Form(_) => &[Scope::Form, Scope::List, Scope::Global],
            _ => &[Scope::List, Scope::Global],
        }
    }

    /// Gives the line that is typed into, if there is one.
    pub fn editor(&mut self) -> Option<&mut Editor> {
        match self {
            Popup::Help { filter, .. } => Some(filter),
            Popup::Palette { typed, .. } | Popup::Clauses { typed, .. } => Some(typed),
            Popup::Prompt(prompt) => Some(&mut prompt.editor),
            Popup::Header(header) => Some(&mut header.filter),
            Popup::Menu(_) | Popup::Form(_) | Popup::Text(_) | Popup::Letter(_) => None,
        }
    }
}

impl Header {
    /// Gives the lines that hold every word of what is typed, as cells: tag, name, type, value, and whether it is masked.
    pub fn matching(&self) -> Vec<HeaderLine> {
        let Some(Ok(page)) = &self.said else { return Vec::new() };
        let typed = self.filter.text().to_lowercase();
        let words: Vec<&str> = typed.split_whitespace().collect();
        let lines = page.lines.iter().map(HeaderLine::of);
        lines.filter(|line| words.iter().all(|word| line.text().contains(word))).collect()
    }
}

/// One element of a header, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderLine {
    pub tag: String,
    pub name: Safe,
    pub vr: Safe,
    pub value: Safe,
    pub masked: bool,
}

impl HeaderLine {
    fn of(line: &TagLine) -> HeaderLine {
        let (group, element) = line.tag;
        let (value, masked) = match &line.value {
            TagValue::Empty => ("–".to_owned(), false),
            TagValue::Shown(words) => (words.replace('\\', " \\ "), false),
            TagValue::Masked => ("masked".to_owned(), true),
            TagValue::Items(1) => ("1 item".to_owned(), false),
            TagValue::Items(count) => (format!("{count} items"), false),
            TagValue::Bytes(count) => (format!("{count} bytes"), false),
        };
        HeaderLine {
            tag: format!("({group:04x},{element:04x})"),
            name: Safe::new(&line.name),
            vr: Safe::new(&line.vr),
            value: Safe::new(&value),
            masked,
        }
    }

    /// Gives everything as one text, in small letters.
    fn text(&self) -> String {
        format!("{} {} {} {}", self.tag, self.name, self.vr, self.value).to_lowercase()
    }
}

impl Text {
    /// Gives the text as it stands in a room of so many columns.
    pub fn wrapped(&self, room: usize) -> Vec<String> {
        self.lines.iter().flat_map(|line| wrap(line.as_str(), room.max(1))).collect()
    }
}

impl Menu {
    /// Moves the selection by some lines, within the list.
    pub fn step(&mut self, by: isize) {
        self.selected = step(self.selected, by, self.entries.len());
    }

    /// Gives what is marked.
    pub fn marked(&self) -> Vec<String> {
        self.entries.iter().filter(|entry| entry.marked).map(|entry| entry.value.clone()).collect()
    }
}

/// Gives how many lines a command moves on in a list of which a page is shown; 0 for one that doesn't.
pub fn stride(command: Command, page: isize) -> isize {
    match command {
        Command::MoveDown => 1,
        Command::MoveUp => -1,
        Command::PageDown => page,
        Command::PageUp => -page,
        Command::MoveFirst => isize::MIN / 2,
        Command::MoveLast => isize::MAX / 2,
        _ => 0,
    }
}

/// Moves a position by some lines, within a list of so many.
pub fn step(at: usize, by: isize, count: usize) -> usize {
    at.saturating_add_signed(by).min(count.saturating_sub(1))
}

/// Gives the commands whose name, words or keys hold what was typed, the best first. Letters may be left out.
pub fn matching(commands: &[Command], typed: &str) -> Vec<Command> {
    let text = |command: &Command| {
        let entry = command.entry();
        format!("{} {}", entry.name, entry.help)
    };
    best(commands.iter().copied(), text, typed)
}

/// Gives the clauses whose heading or text hold what was typed, the best first; before them that there is none, for as long
/// as nothing is typed.
pub fn matching_clauses<'c>(clauses: &'c [Clause], typed: &str) -> Vec<Option<&'c Clause>> {
    let none = typed.trim().is_empty().then_some(None);
    let found = best(clauses.iter(), |clause| format!("{} {}", clause.name, clause.text), typed);
    none.into_iter().chain(found.into_iter().map(Some)).collect()
}

/// Gives those whose text holds what was typed, the best first. Letters may be left out.
fn best<T>(all: impl Iterator<Item = T>, text: impl Fn(&T) -> String, typed: &str) -> Vec<T> {
    use fuzzy_matcher::FuzzyMatcher;
    use fuzzy_matcher::skim::SkimMatcherV2;
    let matcher = SkimMatcherV2::default().ignore_case();
    let score = |one: &T| {
        let text = text(one);
        typed.split_whitespace().map(|word| matcher.fuzzy_match(&text, word)).sum::<Option<i64>>()
    };
    let mut found: Vec<(i64, T)> = all.filter_map(|one| Some((score(&one)?, one))).collect();
    // Stable: among equals the order in which they stand.
    found.sort_by_key(|(score, _)| -score);
    found.into_iter().map(|(_, one)| one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_letters_find_a_command() {
        let all: Vec<Command> = crate::command::COMMANDS.iter().map(|entry| entry.command).collect();
        assert_eq!(matching(&all, "undo dec").first(), Some(&Command::Undo));
        assert_eq!(matching(&all, "zmdisp").first(), Some(&Command::ZoomToDispute));
        assert_eq!(matching(&all, ""), all);
        assert!(matching(&all, "qqqqzzz").is_empty());
    }

    #[test]
    fn a_step_stays_within_the_list() {
        assert_eq!((step(0, -1, 3), step(2, 5, 3), step(0, 1, 0), step(1, 1, 3)), (0, 2, 0, 2));
    }
}
