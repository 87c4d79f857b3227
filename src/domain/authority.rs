//! Who may do what: one table of role and deed. Every use case asks here before it does anything; the screens ask
//! too, but only to leave out what would be refused. What a person may not do because of what they did before (an own
//! read of the case, an unblinding) is a rule of the case and not of the role.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::charter::{Charter, Mode};
use super::word::{Word, words};

/// What a person may hold; one person may hold several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    // In the order in which a role is named, and asked, where several would do.
    Adjudicator,
    Arbiter,
    Lead,
    Qa,
    Observer,
}

words!(Role: Adjudicator "adjudicator", Arbiter "arbiter", Lead "lead", Qa "qa", Observer "observer");

impl Role {
    /// Gives every role: what the creator of a store holds.
    pub fn every() -> BTreeSet<Role> {
        Role::WORDS.iter().copied().map(|(role, _)| role).collect()
    }
}

/// What a use case does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deed {
    InitStore,
    Import,
    ReadQueue,
    ShowCase,
    /// One picture, to the terminal or a file.
    Preview,
    /// Readers' names in place of letters.
    Reveal,
    /// Claims, and gives back.
    Claim,
    /// An own look before the reads are shown.
    FirstLook,
    /// Decides, and defers, sends back, escalates, takes up again or opens to discussion.
    Decide,
    /// Settles what was escalated.
    Arbitrate,
    /// Takes an own decision back.
    Undo,
    Finalise,
    Reopen,
    Sign,
    Unblind,
    Block,
    Unblock,
    /// Lets a case go on without a read that it needs, or past what a check finds.
    Waive,
    /// Gives codes to root causes, and keeps the reviews of them.
    WriteCause,
    /// Draws samples and reads what came of them.
    Sample,
    /// An own blind read of what was drawn.
    Audit,
    /// Opens retraining tickets, gives material, draws and records re-tests; writes readers their feedback.
    Retrain,
    Check,
    Export,
    /// Lets patient data out.
    ExportPhi,
    /// The log of the whole project.
    ReadLog,
    ReadCaseLog,
    /// What concerns the project, in names: agreement, consensus, readers, causes, reports.
    ReadStatistics,
    Verify,
    Backup,
    Restore,
    ShowCharter,
    SetCharter,
    ListPeople,
    ManagePeople,
}

/// A row of the table.
struct Grant {
    deed: Deed,
    roles: &'static [Role],
    /// QA may too where the charter says `qa_may_decide`.
    qa_by_charter: bool,
}

const fn to(deed: Deed, roles: &'static [Role]) -> Grant {
    Grant { deed, roles, qa_by_charter: false }
}

const fn to_deciders(deed: Deed) -> Grant {
    Grant { deed, roles: &[Role::Adjudicator, Role::Arbiter], qa_by_charter: true }
}

const ANYBODY: &[Role] = &[Role::Adjudicator, Role::Arbiter, Role::Lead, Role::Qa, Role::Observer];
const STAFF: &[Role] = &[Role::Adjudicator, Role::Arbiter, Role::Lead, Role::Qa];
const LEAD_OR_QA: &[Role] = &[Role::Lead, Role::Qa];
const LEAD: &[Role] = &[Role::Lead];

const TABLE: [Grant; 35] = [
    to(Deed::InitStore, LEAD),
    to(Deed::Import, LEAD_OR_QA),
    to(Deed::ReadQueue, ANYBODY),
    to(Deed::ShowCase, ANYBODY),
    to(Deed::Preview, ANYBODY),
    to(Deed::Reveal, LEAD_OR_QA),
    to_deciders(Deed::Claim),
    to_deciders(Deed::FirstLook),
    to_deciders(Deed::Decide),
    to(Deed::Arbitrate, &[Role::Arbiter]),
    to_deciders(Deed::Undo),
    to(Deed::Finalise, LEAD),
    to(Deed::Reopen, LEAD),
    to(Deed::Sign, LEAD),
    to(Deed::Unblind, LEAD),
    to(Deed::Block, LEAD),
    to(Deed::Unblock, LEAD),
    to(Deed::Waive, LEAD),
    to(Deed::WriteCause, &[Role::Qa, Role::Lead]),
    to(Deed::Sample, LEAD_OR_QA),
    to(Deed::Audit, &[Role::Qa]),
    to(Deed::Retrain, LEAD_OR_QA),
    to(Deed::Check, STAFF),
    to(Deed::Export, LEAD_OR_QA),
    to(Deed::ExportPhi, LEAD),
    to(Deed::ReadLog, LEAD_OR_QA),
    to(Deed::ReadCaseLog, STAFF),
    to(Deed::ReadStatistics, LEAD_OR_QA),
    to(Deed::Verify, ANYBODY),
    to(Deed::Backup, LEAD_OR_QA),
    to(Deed::Restore, LEAD),
    to(Deed::ShowCharter, ANYBODY),
    to(Deed::SetCharter, LEAD),
    to(Deed::ListPeople, LEAD_OR_QA),
    to(Deed::ManagePeople, LEAD),
];

/// Gives the role that allows a deed to somebody who holds the given ones, for the log to name.
pub fn may(roles: &BTreeSet<Role>, deed: Deed, charter: &Charter) -> Result<Role, Denied> {
    let grant = TABLE.iter().find(|grant| grant.deed == deed);
    let mut allowed: Vec<Role> = grant.map_or(&[][..], |grant| grant.roles).to_vec();
    let by_charter = grant.is_some_and(|grant| grant.qa_by_charter);
    if by_charter && charter.review.qa_may_decide {
        allowed.push(Role::Qa);
    }
    allowed.iter().find(|role| roles.contains(role)).copied().ok_or_else(|| Denied {
        deed,
        charter_could: by_charter && roles.contains(&Role::Qa),
        needs: allowed,
        holds: roles.iter().copied().collect(),
    })
}

/// Tells whether whoever holds the given roles looks at a dispute themself before they are shown what its readers say:
/// where the charter asks for it, all who may decide, whatever else they are. Who only oversees sees all.
pub fn looks_first(roles: &BTreeSet<Role>, charter: &Charter) -> bool {
    let may = |deed| may(roles, deed, charter).is_ok();
    charter.review.mode == Mode::ThirdRead
        && (may(Deed::Decide) || may(Deed::Arbitrate) || !may(Deed::Reveal))
}

/// A deed that none of a person's roles allows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Denied {
    pub deed: Deed,
    /// Any one of these would do.
    pub needs: Vec<Role>,
    pub holds: Vec<Role>,
    /// The charter could grant it to a role that the person holds.
    pub charter_could: bool,
}

impl fmt::Display for Denied {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |roles: &[Role], last: &str| {
            let names: Vec<&str> =
                roles.iter().map(|role| if *role == Role::Qa { "QA" } else { role.word() }).collect();
            match names.split_last() {
                Some((only, [])) => (*only).to_owned(),
                Some((end, others)) => format!("{} {last} {end}", others.join(", ")),
                None => "nobody".to_owned(),
            }
        };
        write!(out, "this needs the role of {}; you hold ", list(&self.needs, "or"))?;
        match self.holds.as_slice() {
            [] => out.write_str("none")?,
            holds => out.write_str(&list(holds, "and"))?,
        }
        if self.charter_could {
            out.write_str("; the charter could grant it to QA by qa_may_decide = true")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who may do what, written out by hand: y yes, n no, c where the charter says `qa_may_decide`.
    const EXPECTED: &str = "
        deed            adjudicator arbiter qa lead observer
        InitStore       n           n       n  y    n
        Import          n           n       y  y    n
        ReadQueue       y           y       y  y    y
        ShowCase        y           y       y  y    y
        Preview         y           y       y  y    y
        Reveal          n           n       y  y    n
        Claim           y           y       c  n    n
        FirstLook       y           y       c  n    n
        Decide          y           y       c  n    n
        Arbitrate       n           y       n  n    n
        Undo            y           y       c  n    n
        Finalise        n           n       n  y    n
        Reopen          n           n       n  y    n
        Sign            n           n       n  y    n
        Unblind         n           n       n  y    n
        Block           n           n       n  y    n
        Unblock         n           n       n  y    n
        Waive           n           n       n  y    n
        WriteCause      n           n       y  y    n
        Sample          n           n       y  y    n
        Audit           n           n       y  n    n
        Retrain         n           n       y  y    n
        Check           y           y       y  y    n
        Export          n           n       y  y    n
        ExportPhi       n           n       n  y    n
        ReadLog         n           n       y  y    n
        ReadCaseLog     y           y       y  y    n
        ReadStatistics  n           n       y  y    n
        Verify          y           y       y  y    y
        Backup          n           n       y  y    n
        Restore         n           n       n  y    n
        ShowCharter     y           y       y  y    y
        SetCharter      n           n       n  y    n
        ListPeople      n           n       y  y    n
        ManagePeople    n           n       n  y    n";

    #[test]
    fn every_cell_of_role_and_deed_is_as_it_was_meant() {
        let mut lines = EXPECTED.lines().filter(|line| !line.trim().is_empty()).map(str::split_whitespace);
        let roles: Vec<Role> = lines.next().into_iter().flatten().filter_map(Role::from_word).collect();
        assert_eq!(roles.len(), Role::WORDS.len());
        let mut deeds = BTreeSet::new();
        for mut line in lines {
            let name = line.next().unwrap_or_default();
            let Some(deed) = TABLE.iter().map(|grant| grant.deed).find(|deed| format!("{deed:?}") == name)
            else {
                unreachable!("{name} is no deed of the table")
            };
            deeds.insert(deed);
            let cells: Vec<&str> = line.collect();
            assert_eq!(cells.len(), roles.len(), "{name}");
            for (role, cell) in roles.iter().zip(cells) {
                for granted in [false, true] {
                    let mut charter = Charter::named("t");
                    charter.review.qa_may_decide = granted;
                    let expected = cell == "y" || cell == "c" && granted;
                    let found = may(&BTreeSet::from([*role]), deed, &charter);
                    assert_eq!(found.is_ok(), expected, "{name} by {role:?}, qa_may_decide = {granted}");
                    assert!(found.map_or(true, |by| by == *role), "{name} by {role:?}");
                }
            }
        }
        assert_eq!(deeds.len(), TABLE.len(), "a deed stands in no line, or twice in the table");
        // `ManagePeople` is the last of the enum: every deed has its row.
        assert_eq!(TABLE.len(), Deed::ManagePeople as usize + 1);
    }

    #[test]
    fn who_holds_nothing_may_do_nothing_and_who_holds_everything_does_it_by_the_role_it_is_for() {
        let charter = Charter::named("t");
        for grant in &TABLE {
            assert!(may(&BTreeSet::new(), grant.deed, &charter).is_err(), "{:?}", grant.deed);
        }
        for (deed, role) in [
            (Deed::Decide, Role::Adjudicator),
            (Deed::Arbitrate, Role::Arbiter),
            (Deed::Export, Role::Lead),
            (Deed::ReadQueue, Role::Adjudicator),
        ] {
            assert_eq!(may(&Role::every(), deed, &charter), Ok(role));
        }
    }

    #[test]
    fn a_refusal_says_which_role_is_needed_and_which_are_held() {
        let charter = Charter::named("t");
        for (holds, deed, words) in [
            (
                &[Role::Adjudicator][..],
                Deed::Export,
                "this needs the role of lead or QA; you hold adjudicator",
            ),
            (&[], Deed::Sign, "this needs the role of lead; you hold none"),
            (
                &[Role::Observer, Role::Arbiter],
                Deed::Reveal,
                "this needs the role of lead or QA; you hold arbiter and observer",
            ),
            (
                &[Role::Qa],
                Deed::Decide,
                "this needs the role of adjudicator or arbiter; you hold QA; the charter could grant it to QA by \
                 qa_may_decide = true",
            ),
        ] {
            let denied = may(&holds.iter().copied().collect(), deed, &charter).err();
            assert_eq!(denied.map(|denied| denied.to_string()).as_deref(), Some(words));
        }
    }
}
