//! Which terminal this is, and what it can show: from what it answered and what the environment says, by one table.
//!
//! Answers outrank the environment, which SSH, `sudo` and a terminal started from another leave wrong or empty. Asks
//! and reads nothing itself.

use super::plan::{Depth, Protocol, Rgb};
use crate::domain::word::{Word, words};

/// The id of the picture that the question about kitty's graphics names.
pub const QUESTION_ID: u32 = 4207;

/// The cell where nothing tells its size, in pixels across and down.
pub const CELL: (u16, u16) = (10, 20);

/// One answer of a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// DA1: the class of terminal and its extensions, 4 for sixel.
    Attributes(Vec<u16>),
    /// DA2: type, version and more.
    Secondary(Vec<u16>),
    /// XTVERSION: name and version in the terminal's own words.
    Version(String),
    /// What became of a picture: `OK`, or an error's name and words.
    Kitty {
        id: u32,
        text: String,
    },
    /// Pixels of one cell, across and down.
    Cell(u16, u16),
    /// Pixels of the text area, across and down.
    Area(u16, u16),
    /// Columns and rows of the text area.
    Cells(u16, u16),
    Foreground(Rgb),
    Background(Rgb),
    /// DECRPM: 1 and 2 mean that it can be set, 0 that it isn't known.
    Mode {
        mode: u16,
        state: u16,
    },
    /// Row and column of the cursor, from 1.
    Cursor(u16, u16),
}

/// What has been answered so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answers {
    pub version: Option<String>,
    pub kitty: Option<bool>,
    pub cell: Option<(u16, u16)>,
    pub area: Option<(u16, u16)>,
    pub background: Option<Rgb>,
    pub attributes: Option<Vec<u16>>,
    pub secondary: Option<Vec<u16>>,
    pub synchronized: Option<bool>,
}

impl Answers {
    /// Takes in one answer; a later one replaces an earlier.
    pub fn take(&mut self, reply: &Reply) {
        match reply {
            Reply::Attributes(found) => self.attributes = Some(found.clone()),
            Reply::Secondary(found) => self.secondary = Some(found.clone()),
            Reply::Version(found) => self.version = Some(found.clone()),
            Reply::Kitty { id: QUESTION_ID, text } => self.kitty = Some(text == "OK"),
            Reply::Cell(across, down) => self.cell = Some((*across, *down)),
            Reply::Area(across, down) => self.area = Some((*across, *down)),
            Reply::Background(colour) => self.background = Some(*colour),
            Reply::Mode { mode: 2026, state } => self.synchronized = Some((1..=3).contains(state)),
            _ => {}
        }
    }

    /// Tells whether the last question is answered, behind which nothing more comes.
    pub fn complete(&self) -> bool {
        self.attributes.is_some()
    }

    fn has_sixel(&self) -> bool {
        // The first number is the class of terminal, where a 4 would be a VT132.
        self.attributes.as_ref().is_some_and(|found| found.iter().skip(1).any(|extension| *extension == 4))
    }
}

/// How large the terminal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub columns: u16,
    pub rows: u16,
    /// Of the whole window, across and down; none where the terminal leaves it open, as over some SSH servers.
    pub pixels: Option<(u16, u16)>,
}

/// What the environment says. An empty text is a variable that isn't set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surroundings {
    pub term: String,
    pub term_program: String,
    pub colorterm: String,
    /// iTerm2 has SSH forward this one.
    pub lc_terminal: String,
    pub vte: bool,
    pub windows_terminal: bool,
    pub konsole: bool,
    pub tmux: bool,
    pub screen: bool,
    pub ssh: bool,
    pub utf8: bool,
    pub no_color: bool,
    pub size: Size,
}

/// Terminals that are known by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Brand {
    Kitty,
    Ghostty,
    WezTerm,
    Konsole,
    Iterm2,
    Foot,
    Xterm,
    Mlterm,
    WindowsTerminal,
    Vte,
    AppleTerminal,
    Alacritty,
    Tmux,
    Screen,
    Mosh,
    Linux,
    Dumb,
    Unknown,
}

words!(Brand: Kitty "kitty", Ghostty "Ghostty", WezTerm "WezTerm", Konsole "Konsole", Iterm2 "iTerm2", Foot "foot",
    Xterm "xterm", Mlterm "mlterm", WindowsTerminal "Windows Terminal", Vte "VTE", AppleTerminal "Apple Terminal",
    Alacritty "Alacritty", Tmux "tmux", Screen "screen", Mosh "mosh", Linux "Linux console", Dumb "dumb",
    Unknown "unknown");

impl Brand {
    /// Tells whether it stands at the end of the link: what multiplexes answers before what it was told arrives there.
    pub fn is_end(self) -> bool {
        !matches!(self, Brand::Tmux | Brand::Screen | Brand::Mosh)
    }
}

/// What is known of the terminal, and what follows.
#[derive(Debug, Clone, PartialEq)]
pub struct Terminal {
    pub brand: Brand,
    /// As the terminal says it; empty where it doesn't.
    pub version: String,
    pub protocol: Protocol,
    /// Why this protocol and no other.
    pub why: &'static str,
    pub depth: Depth,
    pub utf8: bool,
    /// Pixels of a cell, across and down.
    pub cell: (u16, u16),
    /// None where it wasn't told.
    pub background: Option<Rgb>,
    /// Frames may be wrapped so that they appear at once. Where it isn't known it does no harm.
    pub synchronized: bool,
    /// What a person should know or could do.
    pub notes: Vec<String>,
}

/// One line of the table of brands.
struct Row {
    brand: Brand,
    /// How its XTVERSION begins, in small letters.
    version: &'static str,
    /// Its `TERM_PROGRAM`.
    program: &'static str,
    /// How its `TERM` begins.
    term: &'static str,
    depth: Depth,
    /// What it draws well, the best first; the first that is shown to be there is taken.
    ladder: &'static [Protocol],
    why: &'static str,
}

/// The table. A name that begins like another's stands before it. Where a brand answers for more than it draws, the
/// ladder says less: WezTerm's kitty graphics are a subset (no placeholders, wezterm/wezterm#986, and placements that
/// other programs found wanting, 3rd/image.nvim#86), its own `imgcat` uses iTerm2's protocol; the pictures of VTE, where
/// built in at all, are an experiment.
#[rustfmt::skip]
const ROWS: [Row; 18] = {
    use Depth::{Ansi16, Ansi256, None, True};
    use Protocol::{Iterm2, Kitty, Sixel};
    const fn row(
        brand: Brand, version: &'static str, program: &'static str, term: &'static str, depth: Depth,
        ladder: &'static [Protocol], why: &'static str,
    ) -> Row {
        Row { brand, version, program, term, depth, ladder, why }
    }
    [
        row(Brand::Kitty, "kitty", "kitty", "xterm-kitty", True, &[Kitty], "it draws its own graphics"),
        row(Brand::Ghostty, "ghostty", "ghostty", "xterm-ghostty", True, &[Kitty], "it draws kitty's graphics"),
        row(Brand::WezTerm, "wezterm", "WezTerm", "wezterm", True, &[Iterm2], "of kitty's graphics it draws a part"),
        row(Brand::Konsole, "konsole", "", "konsole", True, &[Kitty], "it places kitty's graphics, without placeholders"),
        row(Brand::Iterm2, "iterm2", "iTerm.app", "iterm2", True, &[Iterm2], "it draws its own inline images"),
        row(Brand::Foot, "foot", "foot", "foot", True, &[Sixel], "it draws sixel"),
        row(Brand::Mlterm, "mlterm", "", "mlterm", True, &[Sixel], "it says that it draws sixel"),
        row(Brand::WindowsTerminal, "windows terminal", "", "ms-terminal", True, &[Sixel], "it says that it draws sixel"),
        row(Brand::Vte, "vte", "", "vte", True, &[], "it draws no pictures"),
        row(Brand::AppleTerminal, "terminal.app", "Apple_Terminal", "nsterm", Ansi256, &[], "it draws no pictures"),
        row(Brand::Alacritty, "alacritty", "alacritty", "alacritty", True, &[], "it draws no pictures"),
        row(Brand::Tmux, "tmux", "tmux", "tmux", Ansi256, &[], "what tmux passes on isn't sure"),
        row(Brand::Screen, "screen", "", "screen", Ansi256, &[], "screen passes no pictures on"),
        row(Brand::Mosh, "mosh", "", "mosh", Ansi256, &[], "mosh passes no pictures on"),
        row(Brand::Linux, "linux", "", "linux", Ansi16, &[], "the console draws no pictures"),
        row(Brand::Dumb, "dumb", "", "dumb", None, &[], "it places no text either"),
        row(Brand::Xterm, "xterm", "", "xterm", True, &[Sixel], "it says that it draws sixel"),
        // Contour, Rio, Warp and those to come: what they answer for.
        row(Brand::Unknown, "", "", "", Ansi16, &[Kitty, Sixel], "it answers that it draws them"),
    ]
};

/// DA2 of those that don't say XTVERSION: type, lowest and highest version.
const SECONDARY: [(u16, u16, u16, Brand); 8] = [
    (65, 0, u16::MAX, Brand::Vte),
    (83, 0, u16::MAX, Brand::Screen),
    (84, 0, u16::MAX, Brand::Tmux),
    // Ghostty answers the same, but says its name too.
    (1, 10, 10, Brand::Mosh),
    (1, 95, 95, Brand::AppleTerminal),
    (1, 115, 115, Brand::Konsole),
    (0, 10, 10, Brand::WindowsTerminal),
    // Alacritty 0.15.1 is 1501.
    (0, 300, 9999, Brand::Alacritty),
];

/// Says what the terminal is taken for before it has answered: half-blocks at most.
pub fn guess(surroundings: &Surroundings, images: Option<Protocol>, colour: Option<Depth>) -> Terminal {
    judge(&Answers::default(), surroundings, images, colour)
}

/// Says which terminal this is and what it shows. `images` and `colour` are what the person asked for, which holds
/// whatever was found.
pub fn judge(
    answers: &Answers,
    surroundings: &Surroundings,
    images: Option<Protocol>,
    colour: Option<Depth>,
) -> Terminal {
    let row = identify(answers, surroundings);
    let (protocol, why) = match images {
        Some(asked) => (asked_for(asked, row.brand), "it was asked for"),
        None => choose(answers, surroundings, row),
    };
    let plain = matches!(row.brand, Brand::Linux | Brand::Dumb);
    Terminal {
        brand: row.brand,
        version: answers.version.as_deref().map(version_number).unwrap_or_default(),
        protocol,
        why,
        depth: colour.unwrap_or_else(|| depth(surroundings, row)),
        utf8: surroundings.utf8,
        cell: cell(answers, surroundings.size),
        background: answers.background,
        synchronized: !plain && answers.synchronized.unwrap_or(true),
        notes: notes(answers, surroundings, row.brand, protocol, images.is_some()),
    }
}

/// Finds the line of the terminal: by its own words, by its DA2, by what stands between, by the environment.
fn identify(answers: &Answers, surroundings: &Surroundings) -> &'static Row {
    let by_version = answers.version.as_ref().and_then(|version| {
        let version = version.to_ascii_lowercase();
        ROWS.iter().find(|row| !row.version.is_empty() && version.starts_with(row.version))
    });
    let by_secondary = || match (answers.version.is_some(), answers.secondary.as_deref()) {
        (false, Some([kind, version, ..])) => {
            let of = |(wanted, low, high, _): &&(u16, u16, u16, Brand)| {
                wanted == kind && (low..=high).contains(&version)
            };
            SECONDARY.iter().find(of).and_then(|(.., brand)| row_of(*brand))
        }
        _ => None,
    };
    let told = [
        (surroundings.tmux, Brand::Tmux),
        (surroundings.screen, Brand::Screen),
        (surroundings.windows_terminal, Brand::WindowsTerminal),
        (surroundings.konsole, Brand::Konsole),
        (surroundings.vte, Brand::Vte),
        (surroundings.lc_terminal == "iTerm2", Brand::Iterm2),
        // Nothing that isn't told may be taken for a terminal that moves its cursor.
        (surroundings.term.is_empty(), Brand::Dumb),
    ];
    let by_variable = || told.iter().find(|(is, _)| *is).and_then(|(_, brand)| row_of(*brand));
    let by_program =
        || ROWS.iter().find(|row| !row.program.is_empty() && row.program == surroundings.term_program);
    // Half of all terminals call themselves xterm.
    let by_term = || {
        ROWS.iter().find(|row| {
            !row.term.is_empty() && row.brand != Brand::Xterm && surroundings.term.starts_with(row.term)
        })
    };
    by_version
        .or_else(by_secondary)
        .or_else(by_program)
        .or_else(by_variable)
        .or_else(by_term)
        .unwrap_or(&ROWS[ROWS.len() - 1])
}

fn row_of(brand: Brand) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.brand == brand)
}

/// Takes the first rung that is shown to be there.
fn choose(answers: &Answers, surroundings: &Surroundings, row: &Row) -> (Protocol, &'static str) {
    let shown = |protocol: &&Protocol| match protocol {
        Protocol::Kitty => answers.kitty == Some(true),
        Protocol::Sixel => answers.has_sixel(),
        // There is no question for it: the brand speaks for it, once it has answered at all.
        Protocol::Iterm2 => answers.complete(),
        _ => false,
    };
    match row.ladder.iter().find(shown) {
        Some(protocol) => (*protocol, row.why),
        None if row.brand == Brand::Dumb => (Protocol::Off, row.why),
        // The cells are then drawn in ASCII, a shade for two pixels.
        None if !surroundings.utf8 => (Protocol::HalfBlocks, "the locale is not UTF-8: shades in ASCII"),
        None if !answers.complete() => (Protocol::HalfBlocks, "it has not answered"),
        None if row.ladder.is_empty() => (Protocol::HalfBlocks, row.why),
        None => (Protocol::HalfBlocks, "it answers for no pictures"),
    }
}

/// Gives what was asked for, in the form that gets through.
fn asked_for(asked: Protocol, brand: Brand) -> Protocol {
    match (asked, brand) {
        // tmux moves text alone.
        (Protocol::Kitty, Brand::Tmux) => Protocol::KittyPlaceholders,
        (asked, _) => asked,
    }
}

fn depth(surroundings: &Surroundings, row: &Row) -> Depth {
    let term = surroundings.term.as_str();
    if surroundings.no_color || row.brand == Brand::Dumb {
        return Depth::None;
    }
    let told = matches!(surroundings.colorterm.as_str(), "truecolor" | "24bit") || term.ends_with("-direct");
    // mosh and screen hand on the terminal's own words, and fewer colours.
    let narrow = matches!(row.brand, Brand::Mosh | Brand::Screen | Brand::Linux | Brand::AppleTerminal);
    match row.brand {
        _ if told && !narrow => Depth::True,
        Brand::Unknown | Brand::Screen if term.contains("256color") => Depth::Ansi256,
        Brand::Unknown if term.starts_with("vt") => Depth::None,
        Brand::Screen => Depth::Ansi16,
        _ => row.depth,
    }
}

/// Gives the pixels of a cell: as told, or from the whole window, or a usual one.
fn cell(answers: &Answers, size: Size) -> (u16, u16) {
    let share =
        |(across, down): (u16, u16)| Some((across.checked_div(size.columns)?, down.checked_div(size.rows)?));
    let likely = |(across, down): &(u16, u16)| (2..=200).contains(across) && (4..=400).contains(down);
    [answers.cell, size.pixels.and_then(share), answers.area.and_then(share)]
        .into_iter()
        .flatten()
        .find(likely)
        .unwrap_or(CELL)
}

/// Takes the number out of the terminal's words: `kitty(0.41.1)`, `WezTerm 20240203-110809-5046fc22`.
fn version_number(words: &str) -> String {
    let from = words.find(['(', ' ']).map_or(0, |at| at + 1);
    words[from..].trim_end_matches(')').chars().filter(char::is_ascii_graphic).take(40).collect()
}

fn notes(
    answers: &Answers,
    surroundings: &Surroundings,
    brand: Brand,
    protocol: Protocol,
    asked: bool,
) -> Vec<String> {
    let placeholders = protocol == Protocol::KittyPlaceholders;
    let sixel_off = brand == Brand::Xterm && answers.complete() && !answers.has_sixel();
    let old_windows = brand == Brand::WindowsTerminal && answers.complete() && !answers.has_sixel();
    let notes = [
        (
            brand == Brand::Tmux && !asked,
            "tmux: for pictures in kitty or Ghostty, write `set -g allow-passthrough on` in tmux.conf and start with \
             `--images kitty`",
        ),
        (
            brand == Brand::Tmux && placeholders,
            "tmux: pictures pass only with `set -g allow-passthrough on` in tmux.conf, and only in kitty 0.28 or newer \
             and Ghostty",
        ),
        (brand == Brand::Screen, "screen: pictures are half-blocks; tmux or no multiplexer gives more"),
        (brand == Brand::Mosh, "mosh: pictures are half-blocks; plain SSH gives more"),
        (sixel_off, "xterm: for pictures start it as `xterm -ti vt340`"),
        (old_windows, "Windows Terminal: pictures need version 1.22 or newer"),
        (
            !surroundings.utf8,
            "the locale is not UTF-8: marks and pictures are ASCII, and UTF-8, as LC_ALL=C.UTF-8 gives, shows more",
        ),
        (
            brand == Brand::Linux && !asked,
            "the console shows 16 colours and no pictures: a graphical terminal, or SSH from one, gives more",
        ),
        (
            !answers.complete() && !matches!(brand, Brand::Dumb | Brand::Linux),
            "it did not answer: name what it shows with --images and --color",
        ),
    ];
    notes.into_iter().filter(|(is, _)| *is).map(|(_, note)| note.to_owned()).collect()
}

/// Gives name and version on one line.
pub fn name(terminal: &Terminal) -> String {
    format!("{} {}", terminal.brand.word(), terminal.version).trim_end().to_owned()
}
