//! What a person can mean: every command of the terminal UI, declared once, and the keys that people press.
//!
//! The keymap, the palette, the help, `overread keys` and docs/keys.md are made of [`COMMANDS`]. What a command does is
//! in `app::update`. Typed text is no command: a focused prompt takes keys first.

mod key;

pub use key::{Code, Key, KeyError, parse_sequence, show_sequence};

use crate::domain::word::words;

/// Where a command means something. A key is looked up from the innermost scope outwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Everywhere.
    Global,
    /// Lists that one moves about in: the worklist, the log, menus.
    List,
    Worklist,
    Case,
    /// Window and level by the arrow keys.
    Window,
    /// A cross on the picture that the arrow keys move.
    Point,
    Log,
    /// Figures and their pictures: the screens Agreement, Readers and Sampling.
    Figures,
    /// Samples: those that were drawn, and one that is planned.
    Sampling,
    /// The screen Causes.
    Causes,
    /// What the automated checks find.
    Checks,
    /// A form over the case: rows that one moves through and fills in.
    Form,
}

words!(Scope: Global "global", List "list", Worklist "worklist", Case "case", Window "window", Point "point", Log "log",
    Figures "figures", Sampling "sampling", Causes "causes", Checks "checks", Form "form");

/// One line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub command: Command,
    /// Verb and noun, kebab-case: what keymaps and the palette say.
    pub name: &'static str,
    /// For the footer: one or two words.
    pub short: &'static str,
    /// One sentence without its full stop.
    pub help: &'static str,
    pub scope: Scope,
    /// Decides something, or is part of deciding: ignored for a moment after the subject changes.
    pub decides: bool,
}

macro_rules! commands {
    ($($scope:ident { $($member:ident $(($digit:literal))? $name:literal $short:literal $help:literal $($decides:ident)?;)+ })+) => {
        /// Every command.
        pub const COMMANDS: &[Entry] = &[$($(Entry {
            command: Command::$member $(($digit))?,
            name: $name,
            short: $short,
            help: $help,
            scope: Scope::$scope,
            decides: commands!(@decides $($decides)?),
        }),+),+];
    };
    (@decides) => { false };
    (@decides decides) => { true };
}

/// Something that a person means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Command {
    Back,
    Leave,
    Quit,
    ShowHelp,
    ShowPalette,
    Undo,
    Redraw,
    Suspend,
    NextPictures,
    PictureQuality,
    NextTheme,
    ToggleMouse,
    OpenWorklist,
    OpenAgreement,
    OpenReaders,
    OpenSampling,
    OpenAudits,
    OpenCauses,
    OpenChecks,
    OpenLog,
    FinaliseCase,
    ReopenCase,
    BlockCase,
    UnblockCase,
    WaiveRead,
    ResumeDispute,
    SignCase,
    MoveDown,
    MoveUp,
    PageDown,
    PageUp,
    MoveFirst,
    MoveLast,
    OpenSelected,
    LookAtCase,
    ClaimCase,
    FindText,
    ChooseFilter,
    ClearFilter,
    ToggleMine,
    ChooseSort,
    Choose(u8),
    StepBack,
    SaveDecision,
    AnswerNone,
    AnswerMerge,
    AnswerExclude,
    AnswerAmbiguous,
    AnswerDiscuss,
    SkipCase,
    DeferDispute,
    ReturnRead,
    LookFirst,
    EscalateDispute,
    NextDispute,
    PreviousDispute,
    NextField,
    PreviousField,
    ToggleUncertain,
    EditNote,
    AssessReaders,
    ChooseCause,
    CodeCause,
    ChooseSeverity,
    EditClause,
    NamePanel,
    CopyUid,
    ReadComments,
    ChooseWindow,
    ZoomToDispute,
    ZoomIn,
    ZoomOut,
    PanLeft,
    PanDown,
    PanUp,
    PanRight,
    NextFrame,
    PreviousFrame,
    FirstFrame,
    LastFrame,
    NextImage,
    PreviousImage,
    InvertPicture,
    TurnPicture,
    FlipPicture,
    ResetPicture,
    ToggleOutline,
    ToggleOutlines,
    ToggleGraphics,
    ShowGrid,
    TrueSize,
    PointAt,
    MeasureLength,
    PlayCine,
    CompareImages,
    SwitchSide,
    ShowHeader,
    PointLeft,
    PointDown,
    PointUp,
    PointRight,
    NudgeLeft,
    NudgeDown,
    NudgeUp,
    NudgeRight,
    SwapEnds,
    WidenWindow,
    NarrowWindow,
    RaiseLevel,
    LowerLevel,
    FollowLog,
    NextPanel,
    PreviousPanel,
    MoveLeft,
    MoveRight,
    ListAll,
    NextMeasure,
    ToggleAmbiguous,
    ToggleWeeks,
    RefreshFigures,
    PlanSample,
    DrawSample,
    SignLot,
    ChoosePeriod,
    ComparePeriods,
    ChooseCheck,
    AllChecks,
    WaiveProblem,
    NextValue,
    PreviousValue,
    ToggleValue,
    EditValue,
}

commands! {
    Global {
        Back "go-back" "back" "Goes back one level, and destroys nothing";
        Leave "leave" "leave" "Goes back one level, and out of the program from the worklist";
        Quit "quit" "quit" "Leaves the program at once; drafts are kept";
        ShowHelp "show-help" "help" "Shows the keys that work here, and what they do";
        ShowPalette "show-palette" "command" "Finds any command by its name";
        Undo "undo-decision" "undo" "Takes back your last decision and opens it again, filled in as it was";
        Redraw "redraw-screen" "redraw" "Draws the whole screen again";
        Suspend "suspend" "suspend" "Goes back to the shell until `fg`";
        NextPictures "next-picture-protocol" "pictures" "Shows pictures in another way: the next that this terminal may know";
        PictureQuality "picture-quality" "quality" "Changes how much of pictures goes over the wire: auto, low, full";
        NextTheme "next-theme" "theme" "Changes to the next theme";
        ToggleMouse "toggle-mouse" "mouse" "Switches the mouse on or off: it is off unless it was asked for";
        OpenWorklist "open-worklist" "worklist" "Opens the worklist";
        OpenAgreement "open-agreement" "agreement" "Opens the figures of agreement between readers, label by label";
        OpenSampling "open-sampling" "sampling" "Opens the samples: what is drawn of finished work, and what came of it";
        OpenAudits "open-audits" "audits" "Opens what waits for your own read, without what others said of it";
        OpenReaders "open-readers" "readers" "Opens how each reader does against the final answers";
        OpenCauses "open-causes" "causes" "Opens the root causes: a Pareto chart, and the cases behind each bar";
        OpenChecks "open-checks" "checks" "Opens what the automated checks find, case by case";
        OpenLog "open-log" "log" "Opens the log: of the open case, else of the project";
        FinaliseCase "finalise-case" "finalise" "Ends the undo window now: of the dispute that is open, else of the whole case";
        ReopenCase "reopen-case" "reopen" "Puts what is settled back into the queue, with a reason: the open dispute, else the whole case";
        BlockCase "block-case" "block" "Takes the case out of the queue, with a reason";
        UnblockCase "unblock-case" "unblock" "Puts a blocked case back into the queue, with a reason";
        WaiveRead "waive-read" "waive" "Goes on without a read that the open dispute, else the whole case, waits for";
        ResumeDispute "resume-dispute" "resume" "Takes up again what was deferred: the open dispute, else the whole case";
        SignCase "sign-case" "sign" "Puts your name under the case as it is decided, and says what that means";
    }
    List {
        MoveDown "move-down" "down" "Moves to the next line";
        MoveUp "move-up" "up" "Moves to the line before";
        PageDown "page-down" "page down" "Moves down a page";
        PageUp "page-up" "page up" "Moves up a page";
        MoveFirst "move-first" "first" "Moves to the first line";
        MoveLast "move-last" "last" "Moves to the last line";
        OpenSelected "open-selected" "open" "Opens what is selected; a case is claimed where your role decides";
        FindText "find-text" "find" "Finds lines by a few letters of what they hold";
    }
    Worklist {
        LookAtCase "look-at-case" "look" "Opens the case without claiming it";
        ClaimCase "claim-case" "claim" "Claims the case, or gives it back, and stays in the worklist";
        ChooseFilter "choose-filter" "filter" "Chooses which cases are listed: by state, kind, type, label, claim";
        ClearFilter "clear-filter" "all" "Lists all open cases again";
        ToggleMine "toggle-mine" "mine" "Lists what you can do now, or all open cases";
        ChooseSort "choose-sort" "sort" "Chooses what comes first";
    }
    Case {
        Choose(1) "choose-1" "choose" "Chooses the candidate or level of that digit, then the confidence 1 to 5" decides;
        Choose(2) "choose-2" "choose" "Chooses candidate or level 2, then confidence 2" decides;
        Choose(3) "choose-3" "choose" "Chooses candidate or level 3, then confidence 3" decides;
        Choose(4) "choose-4" "choose" "Chooses candidate or level 4, then confidence 4" decides;
        Choose(5) "choose-5" "choose" "Chooses candidate or level 5, then confidence 5" decides;
        Choose(6) "choose-6" "choose" "Chooses candidate or level 6" decides;
        Choose(7) "choose-7" "choose" "Chooses candidate or level 7" decides;
        Choose(8) "choose-8" "choose" "Chooses candidate or level 8" decides;
        Choose(9) "choose-9" "choose" "Chooses candidate or level 9" decides;
        Choose(0) "choose-0" "reset" "Chooses level 0 where the grades have one; else shows the picture as it came";
        StepBack "step-back" "step back" "Takes the last step of the decision back" decides;
        SaveDecision "save-decision" "save" "Saves the decision and moves on to the next dispute" decides;
        AnswerNone "answer-none" "none" "Answers that none of the candidates is right: nothing is there" decides;
        AnswerMerge "answer-merge" "merge" "Merges the candidates: the next press takes the next way to merge" decides;
        AnswerExclude "answer-exclude" "exclude" "Answers that this can't be graded" decides;
        AnswerAmbiguous "answer-ambiguous" "ambiguous" "Answers that several may be right, and asks which and why" decides;
        AnswerDiscuss "answer-discuss" "discuss" "Opens the dispute for discussion" decides;
        SkipCase "skip-case" "skip" "Goes to the next case and leaves this one as it is";
        DeferDispute "defer-dispute" "defer" "Puts the dispute off, with a reason" decides;
        ReturnRead "return-read" "send back" "Sends the reads back to be corrected: for slips only" decides;
        LookFirst "look-first" "own look" "Records the answer as an own look, which shows an arbiter what was answered before" decides;
        EscalateDispute "escalate-dispute" "escalate" "Hands the dispute on to an arbiter" decides;
        NextDispute "next-dispute" "next" "Goes to the next dispute of the case";
        PreviousDispute "previous-dispute" "previous" "Goes to the dispute before";
        NextField "next-field" "next field" "Walks on through the decision's fields";
        PreviousField "previous-field" "field before" "Walks back through the decision's fields";
        ToggleUncertain "toggle-uncertain" "uncertain" "Flags the decision as uncertain, or not";
        EditNote "edit-note" "note" "Writes the decision's note";
        AssessReaders "assess-readers" "verdicts" "Says of each reader: agree, error, justifiable, slip, and why";
        ChooseCause "choose-cause" "cause" "Chooses root causes of the difference";
        CodeCause "code-cause" "codes" "Gives codes of root causes to the decision that stands: for QA and leads";
        ChooseSeverity "choose-severity" "severity" "Chooses the severity on the RADPEER scale";
        NamePanel "name-panel" "panel" "Names who else attended, where a panel settles what was escalated";
        EditClause "edit-clause" "clause" "Names the clause of the guideline that the decision rests on";
        CopyUid "copy-uid" "copy UID" "Copies the UID of the image for the PACS, which is logged";
        ReadComments "read-comments" "comments" "Shows everything that readers wrote on this dispute";
        ChooseWindow "choose-window" "window" "Chooses a window preset, and sets window and level by the arrow keys";
        ZoomToDispute "zoom-to-dispute" "zoom" "Shows the place of the dispute, or the whole picture again";
        ZoomIn "zoom-in" "closer" "Zooms in";
        ZoomOut "zoom-out" "further" "Zooms out";
        PanLeft "pan-left" "left" "Moves the view to the left";
        PanDown "pan-down" "down" "Moves the view down";
        PanUp "pan-up" "up" "Moves the view up";
        PanRight "pan-right" "right" "Moves the view to the right";
        NextFrame "next-frame" "frame" "Shows the next frame";
        PreviousFrame "previous-frame" "frame before" "Shows the frame before";
        FirstFrame "first-frame" "first frame" "Shows the first frame";
        LastFrame "last-frame" "last frame" "Shows the last frame";
        NextImage "next-image" "image" "Shows the next image of the case";
        PreviousImage "previous-image" "image before" "Shows the image before";
        InvertPicture "invert-picture" "invert" "Turns black to white, or back";
        TurnPicture "turn-picture" "turn" "Turns the picture by a quarter";
        FlipPicture "flip-picture" "flip" "Mirrors the picture from left to right";
        ResetPicture "reset-picture" "reset" "Shows the picture as it came";
        ToggleOutline "toggle-outline" "outline" "Hides or shows one reader's outlines: then the reader's letter";
        ToggleOutlines "toggle-outlines" "outlines" "Hides or shows all outlines";
        ToggleGraphics "toggle-graphics" "graphics" "Hides or shows the graphics that the file itself lays over its picture";
        ShowGrid "show-grid" "grid" "Shows each reader's outlines on a picture of its own, side by side";
        TrueSize "true-size" "1:1" "Shows stored pixels one for one, then twice and four times as large, then the whole picture";
        PointAt "point-at" "point" "Shows the value under a cross, which the arrow keys move";
        MeasureLength "measure-length" "ruler" "Begins a ruler at the cross, or takes it away";
        PlayCine "play-cine" "play" "Plays the frames, until any key is pressed";
        CompareImages "compare-images" "beside" "Shows another frame or image of the case beside this one, or this one alone";
        SwitchSide "switch-side" "other side" "Lets the keys act on the other of two pictures";
        ShowHeader "show-header" "header" "Shows what the header of the file says, with patient data masked";
    }
    Window {
        WidenWindow "widen-window" "wider" "Widens the window";
        NarrowWindow "narrow-window" "narrower" "Narrows the window";
        RaiseLevel "raise-level" "darker" "Raises the level, which darkens";
        LowerLevel "lower-level" "brighter" "Lowers the level, which brightens";
    }
    Point {
        PointLeft "point-left" "left" "Moves the cross a stretch to the left";
        PointDown "point-down" "down" "Moves the cross a stretch down";
        PointUp "point-up" "up" "Moves the cross a stretch up";
        PointRight "point-right" "right" "Moves the cross a stretch to the right";
        NudgeLeft "nudge-left" "pixel left" "Moves the cross by one pixel to the left";
        NudgeDown "nudge-down" "pixel down" "Moves the cross by one pixel down";
        NudgeUp "nudge-up" "pixel up" "Moves the cross by one pixel up";
        NudgeRight "nudge-right" "pixel right" "Moves the cross by one pixel to the right";
        SwapEnds "swap-ends" "other end" "Moves the other end of the ruler from now on";
    }
    Log {
        FollowLog "follow-log" "follow" "Follows the log's end, or stays";
    }
    Figures {
        NextPanel "next-panel" "panel" "Goes on to the next picture of the selected line";
        PreviousPanel "previous-panel" "panel before" "Goes back to the picture before, and to the table";
        MoveLeft "move-left" "left" "Moves to the cell on the left";
        MoveRight "move-right" "right" "Moves to the cell on the right";
        ListAll "list-all" "all cases" "Lists all cases behind what is selected, and not those alone that differ";
        NextMeasure "next-measure" "measure" "Takes the next measure for the matrix, the trend, the sites and batches, or the next dimension of causes";
        ToggleAmbiguous "toggle-ambiguous" "ambiguous" "Shows or hides the figures without what was settled as ambiguous";
        ToggleWeeks "toggle-weeks" "weeks" "Counts weeks by when items were read, or by when they were settled";
        RefreshFigures "refresh-figures" "anew" "Works the figures out anew";
    }
    Sampling {
        PlanSample "plan-sample" "new sample" "Plans a sample, and shows what it can and can't show before it is drawn";
        DrawSample "draw-sample" "draw" "Draws the sample that is planned";
        SignLot "sign-lot" "sign off" "Lets a rejected lot go, with your name and what was done";
    }
    Causes {
        ChoosePeriod "choose-period" "period" "Chooses of which period decisions are counted: by days, or by version of the charter";
        ComparePeriods "compare-periods" "compare" "Compares two periods: before and after a version of the charter, or a moment";
    }
    Checks {
        ChooseCheck "choose-check" "one check" "Lists what one check finds alone";
        AllChecks "all-checks" "all" "Lists what all checks find again";
        WaiveProblem "waive-problem" "waive" "Lets pass what the check finds there, with a reason: for a lead";
    }
    Form {
        NextValue "next-value" "next value" "Takes the field's next value";
        PreviousValue "previous-value" "value before" "Takes the field's value before";
        ToggleValue "toggle-value" "mark" "Marks or unmarks the value";
        EditValue "edit-value" "edit" "Edits the field, or takes what is marked";
    }
}

impl Command {
    /// Gives the command's line of the table.
    pub fn entry(self) -> &'static Entry {
        // The macro makes the table; a test holds that no command is left out of it.
        COMMANDS.iter().find(|entry| entry.command == self).unwrap_or(&COMMANDS[0])
    }

    /// Gives the command's name.
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// Finds a command by its name.
    pub fn from_name(name: &str) -> Option<Self> {
        COMMANDS.iter().find(|entry| entry.name == name).map(|entry| entry.command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::word::Word;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_sentences_have_no_stop() {
        let names: BTreeSet<&str> = COMMANDS.iter().map(|entry| entry.name).collect();
        assert_eq!(names.len(), COMMANDS.len());
        for entry in COMMANDS {
            assert_eq!(entry.command.entry(), entry, "{}", entry.name);
            assert!(
                !entry.help.ends_with('.') && entry.help.starts_with(char::is_uppercase),
                "{}",
                entry.name
            );
            assert!(!entry.scope.word().is_empty());
        }
        // The last variant of each scope, so that one that is missing from the table shows.
        for digit in 0..=9 {
            assert_eq!(Command::Choose(digit).entry().command, Command::Choose(digit));
        }
    }
}
