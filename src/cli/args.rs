//! The command line as it is declared: help, man page and completions are made of this.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub mod causes;
pub mod figures;
pub mod masks;
pub mod origin;
pub mod retrain;
pub mod sample;

pub use self::figures::{Agree, Ambiguity, Balance, Consensus, Readers, Report};
pub use self::masks::{Compare, Fuse};
use self::origin::Within;
pub use self::retrain::{Feedback, Tickets, TicketsAction};
use self::sample::SampleAction;

/// Settle what annotators of medical images disagree about, from the keyboard, in a terminal.
///
/// Not a diagnostic display.
#[derive(Debug, Parser)]
#[command(name = "overread", version, disable_help_subcommand = true)]
#[command(
    after_help = "Exit codes: 0 fine · 1 found problems · 2 usage · 65 bad data · 66 no such input · 73 can't create · \
                        74 I/O · 75 busy, try again · 77 not permitted · 78 bad config or charter · 129 hang-up · \
                        130 interrupted"
)]
pub struct Cli {
    /// The store; else $OVERREAD_STORE, else the only *.overread file here, else the one in the config
    #[arg(long, global = true, value_name = "PATH", help_heading = EVERYWHERE)]
    pub store: Option<PathBuf>,
    /// Who acts, from an account that several people share
    #[arg(long = "as", global = true, value_name = "NAME", help_heading = EVERYWHERE)]
    pub speaks_as: Option<String>,
    /// One JSON document, or JSON lines, on stdout and nothing else there
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    pub json: bool,
    /// The configuration in place of the user's own
    #[arg(long, global = true, value_name = "FILE", help_heading = EVERYWHERE)]
    pub config: Option<PathBuf>,
    /// How pictures are shown in the terminal
    #[arg(long, value_enum)]
    pub images: Option<Images>,
    /// How many colours the terminal has
    #[arg(long, global = true, value_enum, help_heading = EVERYWHERE)]
    pub color: Option<Color>,
    /// The theme of the terminal UI
    #[arg(long, global = true, value_name = "NAME", help_heading = EVERYWHERE)]
    pub theme: Option<String>,
    /// The terminal UI line by line: no pictures, no colours, nothing that moves
    #[arg(long, global = true)]
    pub plain: bool,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options that stand before or after the command.
const EVERYWHERE: &str = "Options of every command";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Images {
    Auto,
    Kitty,
    Iterm2,
    Sixel,
    Halfblocks,
    Off,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    True,
    #[value(name = "256")]
    Ansi256,
    #[value(name = "16")]
    Ansi16,
    None,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Try everything on bundled cases: makes a store of them and opens the terminal UI
    Demo {
        /// Where the store is made and kept; without it, a temporary one
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
        /// How pictures are shown in the terminal
        #[arg(long, value_enum)]
        images: Option<Images>,
    },
    /// Create a store and its protocol
    Init {
        /// The file to create, usually NAME.overread
        #[arg(value_name = "STORE")]
        new: PathBuf,
        /// The protocol; without one, labels are inferred from what is imported
        #[arg(long, value_name = "FILE")]
        charter: Option<PathBuf>,
    },
    /// Bring in reads and images: any mix of formats, recognised by content
    Import(Import),
    /// List the cases with work in them
    Queue(Queue),
    /// Show one case whole: images, reads, disputes, candidates, decisions
    Show {
        /// The case, as the queue names it
        case: String,
        /// Show readers' names in place of letters: an event, and you can't decide the case afterwards
        #[arg(long, requires = "why")]
        reveal: bool,
        /// Why the names are needed
        #[arg(long, value_name = "REASON", requires = "reveal")]
        why: Option<String>,
    },
    /// Decide on disputes: JSON lines in, an answer to each line out
    Decide {
        /// A file of JSON lines; - or nothing is stdin
        file: Option<PathBuf>,
    },
    /// Make provisional decisions final now, before their undo window ends
    Finalise {
        /// The cases, as the queue names them
        #[arg(value_name = "CASE", required_unless_present = "all")]
        cases: Vec<String>,
        /// Every case in which something is provisional
        #[arg(long, conflicts_with = "cases")]
        all: bool,
        /// One dispute of the case alone
        #[arg(long, value_name = "DISPUTE", conflicts_with = "all")]
        dispute: Option<String>,
    },
    /// Put the settled disputes of a case back into the queue
    Reopen {
        /// The case, as the queue names it
        case: String,
        /// One dispute of the case alone
        #[arg(long, value_name = "DISPUTE")]
        dispute: Option<String>,
        /// Why it is looked at again
        #[arg(long, value_name = "REASON")]
        why: String,
    },
    /// Take your last decision on a dispute back
    Undo {
        /// The case, as the queue names it
        case: String,
        /// The dispute, as `show` names it
        dispute: String,
    },
    /// Take up again what was deferred
    Resume {
        /// The case, as the queue names it
        case: String,
        /// One dispute of the case alone
        #[arg(long, value_name = "DISPUTE")]
        dispute: Option<String>,
    },
    /// Let a case go on without a read that it waits for
    Waive {
        /// The case, as the queue names it
        case: String,
        /// The dispute that was sent back; without it, the reads that the whole case needs
        #[arg(long, value_name = "DISPUTE")]
        dispute: Option<String>,
        /// Why it can do without
        #[arg(long, value_name = "REASON")]
        why: String,
    },
    /// Claim a case for a while, so that nobody else decides it
    Claim {
        /// The case, as the queue names it
        case: String,
    },
    /// Give a claimed case back
    Release {
        /// The case, as the queue names it
        case: String,
    },
    /// See the readers' names of a case from now on; you can't decide it afterwards
    Unblind {
        /// The case, as the queue names it
        case: String,
        /// Why the names are needed
        #[arg(long, value_name = "REASON")]
        why: String,
    },
    /// Put your name under a case or a lot: what it then holds is what you signed
    Sign {
        /// The case, or the sample whose lot is let go
        #[arg(value_name = "CASE|LOT")]
        subject: String,
        /// What the signature means: adjudicated, reviewed, approved, or your own words
        #[arg(long, value_name = "M")]
        meaning: String,
    },
    /// Take a case out of the queue
    Block {
        /// The case, as the queue names it
        case: String,
        /// What is wrong with it
        #[arg(long, value_name = "REASON")]
        why: String,
    },
    /// Put a blocked case back into the queue
    Unblock {
        /// The case, as the queue names it
        case: String,
        /// Why it may go on
        #[arg(long, value_name = "REASON")]
        why: String,
    },
    /// Samples of finished work, read again by somebody else: draw, list, what came of them
    Sample {
        #[command(subcommand)]
        action: SampleAction,
    },
    /// Agreement between readers, label by label: measures side by side with their intervals
    Agree(Agree),
    /// One answer for every item of a label from what all readers said, and how reliable each is
    Consensus(Consensus),
    /// How each reader does against the final answers, and what of it calls for a look
    Readers(Readers),
    /// Why answers differed: root causes by code, label, reader, clause and more, and what is done about them
    Causes(causes::Causes),
    /// The project on one page of HTML, with plots: agreement, readers, what became of the items
    Report(Report),
    /// Retraining tickets: opens those that triggers call for, and lists all
    Tickets(Tickets),
    /// Write a reader their own cases, the final answers and why, as one page without anybody else's name
    Feedback(Feedback),
    /// What stays ambiguous, label by label, how much of it could be settled and by what
    Ambiguity(Ambiguity),
    /// How often each level occurs, which are rare, and which waiting cases to settle next for them
    Balance(Balance),
    /// How far two masks are the same: overlap, distances of their surfaces, volumes
    Compare(Compare),
    /// One mask of several, and how good each of them is
    Fuse(Fuse),
    /// Write the reference standard to a file, and where it came from beside it
    Export(Export),
    /// Read the log, or that of one case; reading it is an event too
    Log {
        /// What happened to this case
        #[arg(long)]
        case: Option<String>,
        /// What this person did
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
        /// What happened since a moment (2026-11-23, 2026-11-23T08:00:00Z) or an age (90m, 12h, 7d)
        #[arg(long, value_name = "T")]
        since: Option<String>,
        /// The newest so many
        #[arg(long, value_name = "N")]
        limit: Option<u64>,
    },
    /// Prove that the log is whole and that nothing was changed
    Verify {
        /// Only the chain of the log
        #[arg(long)]
        quick: bool,
        /// A head that was noted earlier and must be in the log
        #[arg(long, value_name = "HASH")]
        head: Option<String>,
    },
    /// Copy the store to a file while others work on it
    Backup {
        /// The file to create
        file: PathBuf,
    },
    /// Make a new store of a backup: say which with --store NEW
    Restore {
        /// The backup
        file: PathBuf,
    },
    /// Find what is broken before a person looks
    Check(Check),
    /// The protocol: show it, check a file, put another in force
    Charter {
        #[command(subcommand)]
        action: CharterAction,
    },
    /// Who may do what
    People {
        #[command(subcommand)]
        action: PeopleAction,
    },
    /// One picture of a DICOM file or a case, to the terminal or as a PNG
    Preview(Preview),
    /// Say what is found here and what to do: store, file system, versions, terminal
    Doctor {
        /// How fast the link to the terminal is, in Mbit/s; without it, it is measured
        #[arg(long, value_name = "MBIT", value_parser = speed)]
        link: Option<f64>,
    },
    /// List the keys of the terminal UI and what they mean, your own included
    Keys,
    /// List the themes of the terminal UI, or print one to start your own from
    Themes {
        /// The theme to print as TOML
        name: Option<String>,
    },
    /// Completions for a shell, on stdout
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// The manual page, on stdout
    Man,
    /// Decodes images for another overread
    #[command(hide = true)]
    DecodeWorker,
}

#[derive(Debug, Args)]
pub struct Import {
    /// Files and folders
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Folders in which only images are looked for: DICOM, PNG, JPEG, TIFF
    #[arg(long, value_name = "DIR")]
    pub images: Vec<PathBuf>,
    /// Take every file as this format: long, wide, aim
    #[arg(long, value_name = "F")]
    pub format: Option<String>,
    /// Who read, where the files don't say
    #[arg(long, value_name = "NAME")]
    pub reader: Option<String>,
    /// Where the cases of these files come from: what figures, samples and causes can be split by
    #[arg(long, value_name = "NAME")]
    pub site: Option<String>,
    /// What these files hold was read by a model: candidates that are measured, and never required reads
    #[arg(long)]
    pub model: bool,
    /// A TOML file that describes the columns of a table
    #[arg(long, value_name = "FILE")]
    pub map: Option<PathBuf>,
    /// Say what would be understood, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Take the good rows of a file and record the bad ones
    #[arg(long)]
    pub skip_bad_rows: bool,
}

#[derive(Debug, Args)]
pub struct Queue {
    /// Cases in this state, such as FINAL; without it, those with work in them
    #[arg(long, value_name = "S")]
    pub state: Option<String>,
    /// dispute, audit, recheck, escalated, discussion, returned or deferred
    #[arg(long, value_name = "K")]
    pub kind: Option<String>,
    /// What you can do now: an arbiter finds first what is escalated, and nobody what needs a skill that they lack
    #[arg(long)]
    pub mine: bool,
    /// A type of dispute, such as EXTENT
    #[arg(long = "type", value_name = "T")]
    pub dispute_type: Option<String>,
    /// Cases with a dispute about this label
    #[arg(long, value_name = "L")]
    pub label: Option<String>,
    #[command(flatten)]
    pub within: Within,
    /// What comes first: the highest priority, the widest gap, the oldest, or the first by name
    #[arg(long, value_enum, default_value_t = Sort::Priority)]
    pub sort: Sort,
    /// The first so many
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sort {
    Priority,
    Gap,
    Age,
    Case,
}

#[derive(Debug, Args)]
pub struct Export {
    /// jsonl or csv
    #[arg(long, value_name = "F")]
    pub format: String,
    /// The file to write
    #[arg(short, long, value_name = "PATH")]
    pub output: PathBuf,
    /// Only what is final
    #[arg(long, value_name = "STATE", value_parser = ["final"])]
    pub state: Option<String>,
    /// With what each reader said, by name
    #[arg(long)]
    pub reads: bool,
    #[command(flatten)]
    pub within: Within,
    /// Replace an existing file
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Args)]
pub struct Preview {
    /// A DICOM file, or a case
    #[arg(value_name = "FILE|CASE")]
    pub subject: String,
    /// Counted from 0
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub frame: u32,
    /// Width and level (350,40), or a name: brain, lung, bone …, one that the file gives, percentiles 1-99
    #[arg(long, value_name = "W,L|NAME", allow_hyphen_values = true)]
    pub window: Option<String>,
    /// The room in cells of 10×20 pixels
    #[arg(long, value_name = "WxH")]
    pub cells: Option<String>,
    /// The room in pixels
    #[arg(long, value_name = "WxH", conflicts_with = "cells")]
    pub size: Option<String>,
    /// The PNG to write; without it the picture goes to the terminal, in half-blocks
    #[arg(short, long, value_name = "FILE.png")]
    pub output: Option<PathBuf>,
    /// Replace an existing file
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Args)]
pub struct Check {
    /// The first so many
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// What this check finds alone
    #[arg(long, value_name = "CHECK")]
    pub only: Option<String>,
    /// How useful each check is: what it found, what became of it, and what an adjudicator bore out
    #[arg(long, conflicts_with_all = ["limit", "only"])]
    pub measure: bool,
    #[command(subcommand)]
    pub action: Option<CheckAction>,
}

#[derive(Debug, Subcommand)]
pub enum CheckAction {
    /// Let pass what a check finds in a case now; it stays listed as waived, and blocks no more
    Waive {
        /// The case, as the queue names it
        case: String,
        /// The check, by its name
        check: String,
        /// What it finds of this reader alone, by letter
        #[arg(long, value_name = "LETTER")]
        reader: Option<String>,
        /// Why it may pass
        #[arg(long, value_name = "REASON")]
        why: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum CharterAction {
    /// Print the protocol in force
    Show {
        /// The guideline that it names in place of the protocol: all of it, or one clause
        #[arg(long, value_name = "CLAUSE", num_args = 0..=1)]
        guideline: Option<Option<String>>,
    },
    /// Say what is wrong with a charter file
    Check {
        /// The charter
        file: PathBuf,
    },
    /// Put another charter in force: all cases are triaged anew
    Set {
        /// The charter
        file: PathBuf,
        /// Why the protocol changes
        #[arg(long, value_name = "REASON")]
        why: String,
        /// Say what it would change, and change nothing
        #[arg(long)]
        dry_run: bool,
        /// A clause of which what was asked before is answered; may be given several times
        #[arg(long, value_name = "CLAUSE")]
        closes: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
pub enum PeopleAction {
    /// Give roles, skills or marks to a person
    Add {
        /// The account of the operating system, or the name that is said with --as
        name: String,
        /// adjudicator, arbiter, qa, lead, observer
        #[arg(value_name = "ROLE")]
        roles: Vec<String>,
        /// The same as naming it after the person
        #[arg(long, value_name = "ROLE", value_delimiter = ',')]
        role: Vec<String>,
        /// What the charter may ask for, such as neuro
        #[arg(long, value_name = "SKILL", value_delimiter = ',')]
        skill: Vec<String>,
        /// An id under which this person's own reads are imported
        #[arg(long, value_name = "ID")]
        reader: Vec<String>,
        /// Several people use this account and say with --as who they are
        #[arg(long)]
        shared: bool,
    },
    /// List everybody
    List {
        /// The first so many
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
    },
    /// Take everything from a person
    Remove {
        /// The account or name
        name: String,
    },
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if (0.001..=1e6).contains(&speed) => Ok(speed),
        _ => Err("a speed is a number of Mbit/s above 0, such as 10 or 0.5".into()),
    }
}
