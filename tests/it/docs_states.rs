//! docs/states.md is drawn from the table of transitions that the code uses, and every one is within reach: of the
//! command line by a call that is understood, of the terminal UI by a command that there is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use clap::Parser;
use overread::cli::args::Cli;
use overread::command::Command;
use overread::domain::authority::{Deed, Role, may};
use overread::domain::case::machine::{By, HOLDS, TRANSITIONS, Transition};
use overread::domain::case::{Kind, State};
use overread::domain::charter::Charter;
use overread::domain::event::Action;
use overread::domain::word::Word;

use crate::program::Outcome;

/// How each is brought about: the call, and the command of the UI.
const REACH: [(By, &str, &str); 20] = [
    (By::Triage, "import reads.csv", "–"),
    (By::Act(Action::Claim), "claim CASE", "claim-case"),
    (By::Act(Action::Release), "release CASE", "claim-case"),
    (By::Act(Action::Decide), "decide", "save-decision"),
    (By::Act(Action::FirstLook), "decide", "save-decision"),
    (By::Act(Action::Defer), "decide", "defer-dispute"),
    (By::Act(Action::Return), "decide", "return-read"),
    (By::Act(Action::Escalate), "decide", "escalate-dispute"),
    (By::Act(Action::Discuss), "decide", "answer-discuss"),
    (By::Act(Action::Undo), "undo CASE DISPUTE", "undo-decision"),
    (By::Act(Action::Resume), "resume CASE", "resume-dispute"),
    (By::Act(Action::Waive), "waive CASE --why REASON", "waive-read"),
    (By::Act(Action::Finalise), "finalise CASE", "finalise-case"),
    (By::Act(Action::Reopen), "reopen CASE --why REASON", "reopen-case"),
    (By::Act(Action::Block), "block CASE --why REASON", "block-case"),
    (By::Act(Action::Unblock), "unblock CASE --why REASON", "unblock-case"),
    (By::Act(Action::Sign), "sign CASE --meaning MEANING", "sign-case"),
    (By::Act(Action::Sample), "sample draw --size 59 --seed 7", "draw-sample"),
    (By::Time, "–", "–"),
    (By::Beside, "–", "–"),
];

const HEAD: &str = "# States

A dispute has a state; a case shows the first that holds of BLOCKED, AWAITING_READS, and its disputes' ESCALATED,
DISCUSSION, RETURNED, IN_REVIEW (somebody is at it), QUEUED, DEFERRED, PROVISIONAL, FINAL, CONCORDANT. None is stored as
such: each follows from the log. The table below is the one by which the program derives them and refuses what fits
nothing; this page is made of it. Second readings of what was settled are disputes of a kind of their own: audits and
rechecks.
";

fn reach(by: By) -> (&'static str, &'static str) {
    REACH.iter().find(|(known, ..)| *known == by).map_or(("", ""), |(_, call, command)| (*call, *command))
}

fn states(states: &[State], none: &str) -> String {
    match states {
        [] => none.to_owned(),
        all if all.len() > HOLDS.len() => "any".to_owned(),
        all if all == HOLDS => "what its disputes are in".to_owned(),
        some => some.iter().map(|state| state.word()).collect::<Vec<_>>().join(", "),
    }
}

fn kinds(row: &Transition) -> String {
    match row.kinds {
        [] => "case".to_owned(),
        all if all.len() == Kind::WORDS.len() => "any".to_owned(),
        some => some.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(", "),
    }
}

fn by(row: &Transition) -> String {
    match row.by {
        By::Act(action) => format!("`{}`", action.word()),
        By::Triage => "triage".to_owned(),
        By::Time => "time".to_owned(),
        By::Beside => "what goes with it".to_owned(),
    }
}

fn who(deed: Option<Deed>, own: bool) -> String {
    let Some(deed) = deed else { return "–".to_owned() };
    let charter = Charter::named("t");
    let may = |role: &Role| may(&BTreeSet::from([*role]), deed, &charter).is_ok();
    let roles: Vec<&str> = Role::WORDS.iter().filter(|(role, _)| may(role)).map(|(_, word)| *word).collect();
    let own = if own { ", whose answer it is" } else { "" };
    format!("{}{own}", roles.join(", "))
}

fn quoted(text: &str) -> String {
    if text == "–" { text.to_owned() } else { format!("`{text}`") }
}

fn document() -> String {
    let mut text = HEAD.to_owned();
    text.push_str(
        "\n## Drawn\n\nWhat a person or triage does to a dispute; undoing leads back the same ways.\n",
    );
    text.push_str("\n```mermaid\nstateDiagram-v2\n");
    let mut edges: BTreeMap<(String, String), BTreeSet<&str>> = BTreeMap::new();
    for row in TRANSITIONS.iter().filter(|row| !row.kinds.is_empty()) {
        let said = match row.by {
            By::Act(Action::Undo) | By::Beside => continue,
            By::Act(action) => action.word(),
            By::Triage => "triage",
            By::Time => "time",
        };
        let name = |state: &State| state.word().to_owned();
        let from: Vec<String> =
            if row.from.is_empty() { vec!["[*]".into()] } else { row.from.iter().map(name).collect() };
        for from in &from {
            for to in row.to.iter().map(name).filter(|to| to != from) {
                edges.entry((from.clone(), to)).or_default().insert(said);
            }
        }
    }
    for ((from, to), by) in edges {
        let by: Vec<&str> = by.into_iter().collect();
        text.push_str(&format!("    {from} --> {to}: {}\n", by.join(", ")));
    }
    text.push_str("```\n\n## Transitions\n\n");
    text.push_str("| of | from | by | who may | to | when | command line | terminal UI |\n");
    text.push_str("|---|---|---|---|---|---|---|---|\n");
    for row in TRANSITIONS {
        let (call, command) = reach(row.by);
        text.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} |\n",
            kinds(row),
            states(row.from, "–"),
            by(row),
            who(row.deed, row.own),
            states(row.to, "stays"),
            row.when,
            quoted(call),
            quoted(command),
        ));
    }
    text.push_str(
        "\nWhat `decide` takes says which of its acts it is: see [decisions](decisions.md). `import` stands for all that \
         brings\nreads, images or another charter; files come in by the command line alone. Where the charter says\n\
         `qa_may_decide`, QA may do what adjudicators may, but for what is an arbiter's.\n",
    );
    text
}

#[test]
fn the_page_of_states_is_made_of_the_table_of_transitions() -> Outcome {
    let made = document();
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/states.md");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&kept, &made)?;
    }
    assert!(
        std::fs::read_to_string(&kept)? == made,
        "the transitions have changed: run this test with UPDATE_SNAPSHOTS=1, and look at docs/states.md"
    );
    Ok(())
}

#[test]
fn every_transition_is_within_reach_of_the_command_line_and_of_the_screen() -> Outcome {
    for row in TRANSITIONS {
        let (call, command) = reach(row.by);
        let persons = matches!(row.by, By::Act(_)) || row.deed.is_some();
        assert_eq!(call != "–", persons, "{row:?}");
        if persons {
            let words = format!("overread {call}");
            Cli::try_parse_from(words.split_whitespace()).map_err(|error| format!("{call}: {error}"))?;
        }
        // Files come by the command line.
        let elsewhere = row.by == By::Triage;
        assert_eq!(Command::from_name(command).is_some(), persons && !elsewhere, "{row:?}: {command}");
    }
    Ok(())
}
