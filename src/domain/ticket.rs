//! Retraining tickets: what a trigger called for, which cases are the material, and whether a blind re-test was passed.
//! A ticket follows from its events alone.

use serde::{Deserialize, Serialize};

use super::word::words;

/// Where a ticket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TicketState {
    Open,
    /// The reader has the material.
    Assigned,
    /// A blind re-test was drawn.
    Retest,
    Passed,
    Failed,
    Closed,
}

words!(TicketState: Open "open", Assigned "assigned", Retest "retest", Passed "passed", Failed "failed",
    Closed "closed");

/// What a trigger saw when it opened a ticket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    pub trigger: String,
    pub value: f64,
    pub limit: f64,
    pub n: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

/// One question of a re-test: a label in a case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Question {
    pub case: String,
    pub label: String,
}

/// A re-test and why it is as large as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Retest {
    pub seed: u64,
    /// A reader with this share of errors passes but for a chance of alpha; shares and chances are 0–1.
    pub good: f64,
    pub alpha: f64,
    /// A reader with this share passes with a chance of beta at most.
    pub bad: f64,
    pub beta: f64,
    /// Errors up to which it is passed.
    pub accept: u64,
    pub questions: Vec<Question>,
}

/// What came of a re-test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tested {
    /// The file's name without its folders, and its SHA-256.
    pub file: String,
    pub sha256: String,
    pub wrong: Vec<Question>,
    /// Questions that the file doesn't answer: these are wrong too.
    pub unanswered: u64,
    pub passed: bool,
}

/// A step of a ticket: what its event says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Step {
    Open {
        reader: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<String>,
        seen: Vec<Seen>,
        /// Cases in which the final answer is another than the reader's.
        cases: Vec<String>,
    },
    Assign {
        cases: Vec<String>,
    },
    Retest(Retest),
    Result(Tested),
    Close {
        why: String,
    },
}

/// The detail of an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TicketDetail {
    pub v: u32,
    #[serde(flatten)]
    pub step: Step,
}

/// A ticket as it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ticket {
    pub id: String,
    pub reader: String,
    pub label: Option<String>,
    /// The triggers that opened it, in words.
    pub trigger: String,
    pub state: TicketState,
    /// The material.
    pub cases: Vec<String>,
    /// Cases that aren't named to whoever asks, who has yet to read them blind.
    pub unread: u64,
    pub seen: Vec<Seen>,
    pub retest: Option<Retest>,
    pub result: Option<Tested>,
    pub why: Option<String>,
    /// Milliseconds since 1970 UTC.
    #[serde(skip)]
    pub opened: i64,
    #[serde(skip)]
    pub changed: i64,
}

impl Ticket {
    /// Begins a ticket; none where the step is no opening.
    pub fn opened(id: String, step: Step, at: i64) -> Option<Ticket> {
        let Step::Open { reader, label, seen, cases } = step else { return None };
        let words: Vec<&str> = seen.iter().map(|seen| seen.trigger.as_str()).collect();
        Some(Ticket {
            id,
            reader,
            label,
            trigger: words.join(", "),
            state: TicketState::Open,
            cases,
            unread: 0,
            seen,
            retest: None,
            result: None,
            why: None,
            opened: at,
            changed: at,
        })
    }

    /// Tells why a step can't be taken now, in words for a person.
    pub fn refuses(&self, step: &Step) -> Option<&'static str> {
        use TicketState::*;
        match (step, self.state) {
            (_, Closed) => Some("it is closed"),
            (Step::Open { .. }, _) => Some("it is open already"),
            (Step::Assign { .. }, Retest) => Some("its re-test is under way"),
            (Step::Retest(_), Passed) => Some("its re-test was passed"),
            (Step::Result(_), state) if state != Retest => Some("no re-test was drawn for it"),
            _ => None,
        }
    }

    /// Takes a step; one that doesn't fit changes nothing.
    pub fn take(&mut self, step: Step, at: i64) {
        if self.refuses(&step).is_some() {
            return;
        }
        self.changed = at;
        match step {
            Step::Open { .. } => {}
            Step::Assign { cases } => {
                self.cases = cases;
                self.state = TicketState::Assigned;
            }
            Step::Retest(retest) => {
                self.retest = Some(retest);
                self.result = None;
                self.state = TicketState::Retest;
            }
            Step::Result(tested) => {
                self.state = if tested.passed { TicketState::Passed } else { TicketState::Failed };
                self.result = Some(tested);
            }
            Step::Close { why } => {
                self.why = Some(why);
                self.state = TicketState::Closed;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps() -> [Step; 5] {
        let retest =
            Retest { seed: 1, good: 0.05, alpha: 0.1, bad: 0.3, beta: 0.1, accept: 1, questions: Vec::new() };
        let tested = |passed| Tested {
            file: "t.csv".into(),
            sha256: String::new(),
            wrong: Vec::new(),
            unanswered: 0,
            passed,
        };
        [
            Step::Assign { cases: vec!["c1".into()] },
            Step::Retest(retest),
            Step::Result(tested(false)),
            Step::Result(tested(true)),
            Step::Close { why: "done".into() },
        ]
    }

    fn ticket() -> Option<Ticket> {
        let seen = Seen { trigger: "index-funnel".into(), value: 0.4, limit: 0.2, n: 30, cause: None };
        let open = Step::Open { reader: "ann".into(), label: None, seen: vec![seen], cases: Vec::new() };
        Ticket::opened("T1".into(), open, 1)
    }

    #[test]
    fn a_ticket_goes_from_open_to_closed_and_takes_no_step_out_of_turn() {
        let [assign, retest, failed, passed, close] = steps();
        for (path, end) in [
            (vec![&assign, &retest, &failed, &retest, &passed, &close], TicketState::Closed),
            (vec![&assign, &retest, &failed], TicketState::Failed),
            (vec![&passed], TicketState::Open),
            (vec![&retest, &assign], TicketState::Retest),
            (vec![&retest, &passed, &retest], TicketState::Passed),
            (vec![&close, &assign, &retest], TicketState::Closed),
        ] {
            let Some(mut ticket) = ticket() else { unreachable!("the step is an opening") };
            path.into_iter().for_each(|step| ticket.take(step.clone(), 2));
            assert_eq!(ticket.state, end);
        }
        assert_eq!(Ticket::opened("T1".into(), close, 1), None);
    }

    #[test]
    fn steps_read_back_as_they_were_written() -> Result<(), serde_json::Error> {
        for step in steps() {
            let detail = TicketDetail { v: 1, step };
            assert_eq!(serde_json::from_str::<TicketDetail>(&serde_json::to_string(&detail)?)?, detail);
        }
        Ok(())
    }
}
