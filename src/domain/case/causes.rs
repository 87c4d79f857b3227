//! Root causes of a decision, with what somebody said of them later: whoever settles a dispute needs to give no more than
//! a family, and the codes come afterwards.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Act, CaseItem, Decided, State};
use crate::domain::decision::{Decision, VerdictKind};

/// Detail of the act `cause`: the codes of one reader's part in a decision, or of the decision itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CauseDetail {
    pub v: u32,
    /// The decision's number in the log: codes hold for it alone, and not for one that takes its place.
    pub of: u64,
    /// The reader's id; none where the codes are of the decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<String>,
    pub codes: Vec<String>,
    /// Of the annotation guideline, in place of what the decision names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Codes that were given to a decision after it was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Coded {
    pub seq: u64,
    pub at: i64,
    pub who: String,
    pub detail: CauseDetail,
}

/// One code of one decision for one reader: what is counted of root causes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Counted {
    /// The reader's id; none where the code is of the decision, and of no reader's part in it.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<String>,
    #[serde(rename = "c")]
    pub code: String,
}

impl CaseItem {
    /// Takes codes in, in the place of those that the same reader had for the same decision.
    pub(super) fn code(&mut self, act: &Act) -> Result<(), &'static str> {
        let detail = act.cause.as_ref().ok_or("it holds no codes")?;
        if !self.decisions.iter().any(|decided| decided.seq == detail.of) {
            return Err("the dispute has no such decision");
        }
        self.coded.retain(|known| known.detail.of != detail.of || known.detail.reader != detail.reader);
        self.coded.push(Coded { seq: act.seq, at: act.at, who: act.who.clone(), detail: detail.clone() });
        Ok(())
    }

    /// Gives a decision with the codes that it has by now: the one way in which exports, counts and triggers read them. Codes
    /// that were given to one of several answers take the place of what all of them said of that part.
    pub fn with_causes<'d>(&self, decided: &'d Decided) -> Cow<'d, Decision> {
        let together = |seq| decided.is_answer() && self.answers().any(|other| other.seq == seq);
        let coded =
            || self.coded.iter().filter(|coded| coded.detail.of == decided.seq || together(coded.detail.of));
        if coded().next().is_none() {
            return Cow::Borrowed(&decided.decision);
        }
        let mut decision = Decision::clone(&decided.decision);
        let own: BTreeSet<&String> =
            decided.decision.verdicts.values().flat_map(|verdict| &verdict.cause).collect();
        let mut of_decision: Vec<String> =
            decision.root_cause.iter().filter(|code| !own.contains(code)).cloned().collect();
        for Coded { detail, .. } in coded() {
            let here = detail.of == decided.seq;
            let codes = if here { detail.codes.clone() } else { Vec::new() };
            match &detail.reader {
                Some(reader) if here => decision.verdicts.entry(reader.clone()).or_default().cause = codes,
                Some(reader) => {
                    decision.verdicts.entry(reader.clone()).and_modify(|verdict| verdict.cause = codes);
                }
                None => of_decision = codes,
            }
            if detail.clause.is_some() {
                decision.clause = detail.clause.clone().filter(|_| here);
            }
        }
        let all: BTreeSet<String> =
            decision.verdicts.values().flat_map(|verdict| verdict.cause.clone()).chain(of_decision).collect();
        decision.root_cause = all.into_iter().collect();
        Cow::Owned(decision)
    }

    /// Gives what all who answered say together, with the codes that it has by now; none where no answer stands.
    pub fn united(&self) -> Option<Cow<'_, Decision>> {
        Decision::united(self.answers().map(|decided| self.with_causes(decided)).collect())
    }

    /// Gives the decisions whose causes count, in the order of the log: the answers that stand of what is provisional or
    /// final, and whatever was sent back for a slip and not taken back, though a corrected read came since.
    pub fn accountable(&self) -> impl Iterator<Item = &Decided> {
        let settled = matches!(self.state, State::Provisional | State::Final);
        self.decisions.iter().filter(move |decided| settled && decided.is_answer() || decided.is_sent_back())
    }

    /// Gives what counts of each of these decisions. Several answers settle an item at one moment, that of the last, and a
    /// code that one of them gives for a reader is not given for nobody by another.
    pub fn accounts(&self) -> Vec<Account<'_>> {
        let last = self.answers().last().map(|decided| (decided.at, decided.decision.charter));
        let mut all: Vec<Account<'_>> = self
            .accountable()
            .map(|decided| {
                let decision = self.with_causes(decided);
                let (at, charter) =
                    last.filter(|_| decided.is_answer()).unwrap_or((decided.at, decision.charter));
                Account { decided, causes: counted(&decision), decision, at, charter }
            })
            .collect();
        let answers = || all.iter().filter(|account| account.decided.is_answer());
        if answers().count() > 1 {
            let causes = answers().flat_map(|account| &account.causes);
            let held: BTreeSet<String> =
                causes.filter(|of| of.reader.is_some()).map(|of| of.code.clone()).collect();
            for account in all.iter_mut().filter(|account| account.decided.is_answer()) {
                account.causes.retain(|of| of.reader.is_some() || !held.contains(&of.code));
            }
        }
        all
    }
}

/// What counts of a decision.
#[derive(Debug, Clone, PartialEq)]
pub struct Account<'d> {
    pub decided: &'d Decided,
    /// With the codes that it has by now.
    pub decision: Cow<'d, Decision>,
    /// Of several answers each names what it says: what two of them name counts once for the item.
    pub causes: Vec<Counted>,
    /// When the item was settled by it, or a read sent back: milliseconds since 1970 UTC.
    pub at: i64,
    /// Version of the charter that was in force then.
    pub charter: u32,
}

impl Decided {
    /// Tells whether this sent a read back, and nobody took that back.
    pub fn is_sent_back(&self) -> bool {
        matches!(self.decision.answer, crate::domain::decision::Answer::Return)
            && self.fate != super::Fate::Undone
    }
}

/// Counts a decision's causes: each code of each verdict for its reader, and what no verdict holds for the decision.
pub fn counted(decision: &Decision) -> Vec<Counted> {
    let mut all: BTreeSet<Counted> = BTreeSet::new();
    let mut held: BTreeSet<&String> = BTreeSet::new();
    for (reader, verdict) in &decision.verdicts {
        held.extend(&verdict.cause);
        let of_reader = verdict.cause.iter();
        all.extend(of_reader.map(|code| Counted { reader: Some(reader.clone()), code: code.clone() }));
    }
    let rest = decision.root_cause.iter().filter(|code| !held.contains(code));
    all.extend(rest.map(|code| Counted { reader: None, code: code.clone() }));
    all.into_iter().collect()
}

/// Tells whether codes may be given to a reader's part: somebody must have said that there is something to explain.
pub fn explains(decision: &Decision, reader: &str) -> bool {
    let verdict = decision.verdicts.get(reader).map(|verdict| verdict.verdict);
    verdict.is_some_and(|verdict| verdict.is_fault() || verdict == VerdictKind::Justifiable)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::case::Case;
    use crate::domain::case::story::{Story, adjudicator, charter, line, read, says};
    use crate::domain::event::Action;

    type Done = Result<(), Box<dyn std::error::Error>>;

    const ID: &str = "opacity#1";

    fn of(case: &Case) -> Vec<(Option<String>, String)> {
        let items = case.items.iter().chain(&case.gone);
        let all = items.flat_map(|item| item.accounts().into_iter().flat_map(|account| account.causes));
        all.map(|counted| (counted.reader, counted.code)).collect()
    }

    /// Gives codes to the case's only decision.
    fn code(mut story: Story, reader: Option<&str>, code: &str) -> Story {
        let of = story.history.acts.iter().rfind(|act| act.decision.is_some()).map_or(0, |act| act.seq);
        story = story.act("qin", Action::Cause, Some(ID));
        if let Some(act) = story.history.acts.last_mut() {
            act.cause = Some(CauseDetail {
                v: 1,
                of,
                reader: reader.map(String::from),
                codes: vec![code.into()],
                clause: None,
                note: None,
            });
        }
        story
    }

    #[test]
    fn what_no_verdict_holds_counts_for_the_decision_and_later_codes_take_the_place_of_one_part() -> Done {
        let ann = Story::two(charter()).case().letter_of("ann").unwrap_or_default().to_owned();
        let draft = line(json!({"answer": {"value": "present"}, "root_cause": ["P", "O1"],
            "verdicts": {ann: {"verdict": "error", "cause": ["P"]}}}))?;
        let story = Story::two(charter()).decide(&adjudicator("dan"), draft)?;
        let (ann, none) = (Some("ann".to_owned()), None);
        assert_eq!(of(&story.case()), [(none.clone(), "O1".to_owned()), (ann.clone(), "P".to_owned())]);
        let story = code(code(story, Some("ann"), "P2"), Some("ann"), "P3");
        assert_eq!(of(&story.case()), [(none.clone(), "O1".to_owned()), (ann.clone(), "P3".to_owned())]);
        let story = code(story, None, "O2");
        assert_eq!(of(&story.case()), [(none, "O2".to_owned()), (ann, "P3".to_owned())]);
        assert_eq!(story.case().stray, []);
        assert_eq!(of(&story.act("lea", Action::Reopen, None).case()), []);
        Ok(())
    }

    #[test]
    fn a_slip_that_was_sent_back_counts_though_the_read_was_corrected() -> Done {
        let ann = Story::two(charter()).case().letter_of("ann").unwrap_or_default().to_owned();
        let back = || -> Result<Story, Box<dyn std::error::Error>> {
            let draft = line(json!({"answer": "return", "confidence": null,
                "verdicts": {ann.as_str(): {"verdict": "slip", "cause": ["S1"]}}}))?;
            Ok(Story::two(charter()).decide(&adjudicator("dan"), draft)?)
        };
        let slip = [(Some("ann".to_owned()), "S1".to_owned())];
        assert_eq!(of(&back()?.case()), slip);
        let agreed = back()?.import([read("ann", vec![says("opacity", "absent")])]);
        assert_eq!(of(&agreed.case()), slip);
        assert_eq!(of(&back()?.act("dan", Action::Undo, Some(ID)).case()), []);
        Ok(())
    }
}
