//! What people did, applied to the case as it then was. Acts are facts: none is refused here, and one that fits
//! nothing, as `machine` says, is kept aside.

use std::sync::Arc;

use super::derive::{Fold, key, what_stands};
use super::triage::fresh;
use super::{Act, CaseItem, Decided, Fate, Signature, State, Stray, Waives, machine};
use crate::domain::charter::Charter;
use crate::domain::checks::{self, Problem, Waived};
use crate::domain::decision::{Decision, Settles};
use crate::domain::event::Action;

/// Why an act fits nothing.
type Misfit = &'static str;

impl Fold<'_> {
    pub fn act(&mut self, act: &Act) {
        self.ripen(act.at);
        match self.apply(act) {
            Ok(()) if !self.again.is_empty() => {
                self.look_again(act);
                self.withdraw(false);
            }
            Ok(()) => {}
            Err(why) => self.stray.push(Stray { seq: act.seq, action: act.action, why }),
        }
    }

    fn apply(&mut self, act: &Act) -> Result<(), Misfit> {
        let charter = self.protocol.charter_at(act.seq).1;
        match act.action {
            Action::Decide | Action::Defer | Action::Return | Action::Escalate | Action::Discuss => {
                let decision = act.decision.as_ref().ok_or("it holds no decision")?;
                if (act.action == Action::Decide) == (decision.settles == Settles::Open) {
                    return Err("what it says that it does is not what its answer does");
                }
                self.entry(act)?.answer(act, decision, &charter)
            }
            Action::FirstLook => {
                let decision = act.decision.as_ref().ok_or("it holds no decision")?;
                self.entry(act)?.look(act, decision)
            }
            Action::Undo => self.entry(act)?.undo(act, &charter),
            Action::Cause => self.coded_entry(act)?.code(act),
            Action::Resume => self.each(act, CaseItem::resume),
            Action::Finalise => self.each(act, CaseItem::finalise),
            Action::Reopen => {
                let amended = self.open_amended(act.dispute.as_deref());
                let opened = self.each(act, CaseItem::reopen);
                if amended || opened.is_ok() {
                    self.open_again(act.dispute.as_deref());
                }
                if amended { Ok(()) } else { opened }
            }
            Action::Sample => self.ask(act),
            Action::Waive => self.waive(act),
            Action::Block => {
                self.blocks.push(act.why.clone().unwrap_or_default());
                Ok(())
            }
            Action::Unblock => {
                self.blocks.clear();
                self.pass(act, |_| true);
                Ok(())
            }
            Action::Unblind => {
                self.unblinded.insert(act.who.clone());
                self.unblinded_at.get_or_insert(act.at);
                Ok(())
            }
            Action::Sign => {
                self.signatures.push(Signature {
                    seq: act.seq,
                    at: act.at,
                    who: act.who.clone(),
                    meaning: act.why.clone().unwrap_or_default(),
                    hash: what_stands(&self.items),
                    void: false,
                });
                Ok(())
            }
            // These change nothing about the case.
            _ => Ok(()),
        }
    }

    fn entry(&mut self, act: &Act) -> Result<&mut CaseItem, Misfit> {
        let id = act.dispute.as_deref().ok_or("it names no dispute")?;
        let mut entries = self.items.iter_mut().chain(&mut self.again);
        entries.find(|entry| entry.id == id).ok_or("the case has no such dispute")
    }

    /// Finds what codes are about: an item of which no read speaks any more, too.
    fn coded_entry(&mut self, act: &Act) -> Result<&mut CaseItem, Misfit> {
        let id = act.dispute.as_deref().ok_or("it names no dispute")?;
        let mut all = self.items.iter_mut().chain(&mut self.gone);
        all.find(|entry| entry.id == id).ok_or("the case has no such dispute")
    }

    /// Applies an act to the dispute that it names, or to all that it fits.
    fn each(&mut self, act: &Act, apply: impl Fn(&mut CaseItem)) -> Result<(), Misfit> {
        let named = |entry: &&mut CaseItem| act.dispute.as_ref().is_none_or(|id| entry.id == *id);
        let mut misfit = Err("the case has no such dispute");
        for entry in self.items.iter_mut().chain(&mut self.again).filter(named) {
            let fits = entry.fits(act);
            if fits.is_ok() {
                apply(entry);
            }
            if misfit.is_err() {
                misfit = fits;
            }
        }
        misfit
    }

    /// Lets pass what the checks find now, as far as it is meant; tells whether that was anything.
    fn pass(&mut self, act: &Act, meant: impl Fn(&Problem) -> bool) -> bool {
        let by = waived_by(act);
        let found = self.check();
        let passed: Vec<_> = found.iter().filter(|problem| meant(problem)).map(key).collect();
        let any = !passed.is_empty();
        self.passed.extend(passed.into_iter().map(|key| (key, by.clone())));
        any
    }

    /// Goes on without what is missing: a corrected read of one dispute, or the reads that the case needs. Or lets
    /// problems pass that a check finds.
    fn waive(&mut self, act: &Act) -> Result<(), Misfit> {
        if let Some(waives @ Waives { check, reader }) = &act.waives {
            if checks::named(check).is_some_and(|check| !check.may_block()) {
                self.waivers.push((waives.clone(), waived_by(act)));
                return Ok(());
            }
            let of = |problem: &Problem| {
                problem.check == check && reader.as_ref().is_none_or(|id| problem.reader.as_ref() == Some(id))
            };
            return self.pass(act, of).then_some(()).ok_or("the check found nothing there");
        }
        if act.dispute.is_none() {
            self.waived = true;
            self.triage(act.seq, act.at, &Default::default());
            return Ok(());
        }
        let entry = self.entry(act)?;
        entry.fits(act)?;
        entry.set_aside(Fate::Superseded, |decided| !decided.is_answer());
        entry.state = State::Queued;
        Ok(())
    }
}

fn waived_by(act: &Act) -> Waived {
    let why = act.why.clone().unwrap_or_default();
    Waived { who: act.who.clone(), at: act.at, why, named: act.action == Action::Waive }
}

impl CaseItem {
    /// Asks the machine whether an act fits the dispute as it stands.
    fn fits(&self, act: &Act) -> Result<(), Misfit> {
        if self.awaits_audit() && act.action != Action::FirstLook {
            return Err("nobody has read it again yet");
        }
        let answered = self.answer_of(&act.who).is_some();
        match machine::takes(self.kind, self.state, act.action, answered) {
            Some(_) => Ok(()),
            None => Err(machine::misfit(self.state, act.action)),
        }
    }

    /// Takes an answer in, or what puts the answer off.
    fn answer(&mut self, act: &Act, decision: &Arc<Decision>, charter: &Charter) -> Result<(), Misfit> {
        self.fits(act)?;
        if act.action == Action::Discuss && self.round >= charter.review.rounds {
            return Err("it has been through all rounds of discussion");
        }
        let from = self.stage(&act.who);
        self.set_aside(Fate::Superseded, |decided| {
            decided.who == act.who || !decided.is_answer() || decision.supersedes == Some(decided.seq)
        });
        self.final_at = None;
        self.decisions.push(Decided {
            seq: act.seq,
            at: act.at,
            who: act.who.clone(),
            decision: Arc::clone(decision),
            fate: Fate::Stands,
            from,
            from_round: self.round,
        });
        match act.action {
            Action::Defer => self.state = State::Deferred,
            Action::Return => self.state = State::Returned,
            Action::Escalate => self.state = State::Escalated,
            Action::Discuss => self.next_round(charter),
            _ => self.weigh(from, act, decision, charter),
        }
        Ok(())
    }

    /// Says what the answers that stand now come to.
    fn weigh(&mut self, stage: State, act: &Act, decision: &Decision, charter: &Charter) {
        if stage == State::Escalated {
            self.set_aside(Fate::Overruled, |decided| decided.seq != act.seq);
            return self.settle(act, decision);
        }
        if escalates(decision, charter) {
            self.state = State::Escalated;
            return;
        }
        let needed = persons_needed(charter, stage);
        // Answers of earlier rounds stand no more, so these are of one round.
        let agree = self.answers().all(|other| other.decision.agrees_with(decision));
        // Whoever answered before is asked again: a round that goes on without them settles over their heads.
        let unheard = stage == State::Discussion
            && self.heard_before().iter().any(|name| self.answer_of(name).is_none());
        if unheard || self.answers().count() < needed {
            self.state = stage;
        } else if agree {
            self.settle(act, decision);
        } else if stage == State::Discussion {
            self.next_round(charter);
        } else {
            self.state = State::Escalated;
        }
    }

    fn settle(&mut self, act: &Act, decision: &Decision) {
        self.state = State::Provisional;
        self.final_at = decision.final_at;
        self.state = self.state_at(act.at);
    }

    fn next_round(&mut self, charter: &Charter) {
        self.set_aside(Fate::Discussed, Decided::is_answer);
        if self.round >= charter.review.rounds {
            self.state = State::Escalated;
            return;
        }
        self.round = self.round.saturating_add(1);
        self.state = State::Discussion;
    }

    pub(super) fn set_aside(&mut self, fate: Fate, which: impl Fn(&Decided) -> bool) {
        for decided in &mut self.decisions {
            if decided.fate == Fate::Stands && which(decided) {
                decided.fate = fate;
            }
        }
    }

    fn look(&mut self, act: &Act, decision: &Arc<Decision>) -> Result<(), Misfit> {
        self.fits(act)?;
        if self.looks.iter().any(|look| look.who == act.who) {
            return Err("the person had looked before");
        }
        self.looks.push(Decided {
            seq: act.seq,
            at: act.at,
            who: act.who.clone(),
            decision: Arc::clone(decision),
            fate: Fate::Stands,
            from: self.state,
            from_round: self.round,
        });
        Ok(())
    }

    fn undo(&mut self, act: &Act, charter: &Charter) -> Result<(), Misfit> {
        self.fits(act)?;
        let own = |decided: &Decided| decided.who == act.who && decided.fate == Fate::Stands;
        let place = self.decisions.iter().rposition(own).ok_or("the person had decided nothing there")?;
        let Some(undone) = self.decisions.get_mut(place) else {
            return Err("the person had decided nothing there");
        };
        undone.fate = Fate::Undone;
        let (from, round) = (undone.from, undone.from_round);
        if let (State::Provisional, Some(second)) = (self.state, &mut self.second) {
            second.taken_back = true;
        }
        // What somebody else put off or sent up stays so.
        let held = self.decisions.iter().filter(|decided| decided.fate == Fate::Stands).any(|decided| {
            decided.decision.settles == Settles::Open || escalates(&decided.decision, charter)
        });
        self.final_at = None;
        if !held || self.state == State::Provisional {
            self.state = from;
            self.round = round;
        }
        Ok(())
    }

    fn resume(&mut self) {
        self.state = self.stage("");
        self.set_aside(Fate::Superseded, |decided| !decided.is_answer());
    }

    fn finalise(&mut self) {
        self.state = State::Final;
    }

    fn reopen(&mut self) {
        self.set_aside(Fate::Reopened, |_| true);
        self.state = fresh(self.disputed);
        self.round = 0;
        self.final_at = None;
        self.reads_changed = false;
    }
}

/// How many persons' answers must agree at a stage.
pub(crate) fn persons_needed(charter: &Charter, stage: State) -> usize {
    let adjudicators = charter.review.adjudicators.max(1) as usize;
    match stage {
        State::Escalated => 1,
        State::Discussion => adjudicators.max(2),
        _ => adjudicators,
    }
}

/// Tells whether a decision is an arbiter's to make.
fn escalates(decision: &Decision, charter: &Charter) -> bool {
    let review = &charter.review;
    decision.settles != Settles::Open
        && (decision.severities().any(|code| review.escalate_severity.iter().any(|known| known == code))
            || decision.confidence.is_some_and(|confidence| confidence <= review.escalate_confidence))
}
