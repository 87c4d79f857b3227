//! Which work is whose: what of a list somebody can do, and what is left out of it and why.

use std::sync::Arc;

use rusqlite::types::Value as Sql;

use super::{DONE, QueueFilter, Work};
use crate::domain::case::State;

/// Which work is a person's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Route {
    /// What is escalated is theirs.
    pub arbiter: bool,
    /// Leaves out what stands as escalated, which is listed before the rest.
    pub past_escalated: bool,
    /// Labels that need a skill which the person lacks.
    pub lacking: Arc<[String]>,
    /// Ids under which the person reads, where whoever read a case can't decide it alone.
    pub own: Arc<[String]>,
    /// One decides alone: of an own case only what is under discussion is left.
    pub alone: bool,
    /// The person, who can't decide the cases that they unblinded.
    pub who: String,
    /// Lists what is left out, in place of the rest.
    pub left_out: Option<LeftOut>,
}

/// Why work is nobody's to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOut {
    /// The person lacks a skill.
    Skill,
    /// The person read the case.
    OwnRead,
    /// The person saw the names of its readers.
    Unblinded,
    /// It is escalated, and the person is no arbiter.
    Escalated,
}

impl QueueFilter {
    /// Gives by what the cases are a person's: not where something else says which are wanted, nor where what is asked for
    /// is done, or waits for readers and not for those who decide.
    pub fn routes(&self) -> Option<&Route> {
        const DECIDED: [State; 5] =
            [State::Escalated, State::Discussion, State::InReview, State::Queued, State::Deferred];
        let waits = self.state.is_none_or(|state| DECIDED.contains(&state))
            && !matches!(self.kind, Some(Work::Returned | Work::Audit));
        self.route.as_ref().filter(|_| waits && self.cases.is_none() && self.dispute_state.is_none())
    }
}

/// Gives the conditions by which cases are a person's to work on, or are left out for one reason.
pub(super) fn terms(
    filter: &QueueFilter,
    route: &Route,
    bind: &mut impl FnMut(Sql) -> String,
) -> Vec<String> {
    let mut terms = Vec::new();
    let list = |names: &[String]| Sql::Text(serde_json::Value::from_iter(names.iter().cloned()).to_string());
    let not_if = |why| if route.left_out == Some(why) { "" } else { "NOT " };
    let beside = "EXISTS (SELECT 1 FROM dispute d WHERE d.case_id = c.id AND d.state IN ('QUEUED', 'DEFERRED', 'DISCUSSION'))";
    let by_kind = filter.kind == Some(Work::Escalated);
    let escalated = match (route.arbiter, route.past_escalated) {
        (true, false) => "1",
        (true, true) => "0",
        (false, _) if by_kind => "0",
        (false, _) => beside,
    };
    let is_escalated = if by_kind { "1" } else { "c.state = 'ESCALATED'" };
    terms.push(match (route.left_out, filter.state.is_none() && filter.kind.is_none()) {
        (Some(LeftOut::Escalated), _) => format!("{is_escalated} AND NOT {escalated}"),
        (_, true) => format!(
            "(c.state IN ('QUEUED', 'DEFERRED', 'DISCUSSION') OR c.state = 'ESCALATED' AND {escalated} \
             OR c.state = 'RETURNED' AND {beside})"
        ),
        (_, false) => format!("({is_escalated} AND {escalated} OR NOT {is_escalated})"),
    });
    if !route.lacking.is_empty() {
        let lacking = bind(list(&route.lacking));
        let not = if route.left_out == Some(LeftOut::Skill) { "NOT " } else { "" };
        terms.push(format!(
            "{not}EXISTS (SELECT 1 FROM dispute d WHERE d.case_id = c.id AND d.state NOT IN ({DONE}) AND NOT EXISTS \
             (SELECT 1 FROM json_each({lacking}) j WHERE instr('/' || d.label || '/', '/' || j.value || '/') > 0))"
        ));
    }
    if !route.own.is_empty() {
        let own = bind(list(&route.own));
        let ids = format!("SELECT id FROM reader WHERE name IN (SELECT value FROM json_each({own}))");
        let alone = if route.alone { "" } else { ", 'QUEUED', 'DEFERRED'" };
        // In a panel an arbiter may.
        let panel = if route.arbiter { ", 'ESCALATED'" } else { "" };
        // Most people never read: that is asked once, and not for each case.
        terms.push(format!(
            "{}(EXISTS ({ids}) AND EXISTS (SELECT 1 FROM finding f WHERE f.case_id = c.id AND f.reader_id IN ({ids})) \
             AND NOT EXISTS (SELECT 1 FROM dispute d WHERE d.case_id = c.id AND d.state IN ('DISCUSSION'{alone}{panel})))",
            not_if(LeftOut::OwnRead)
        ));
    }
    let who = bind(Sql::Text(route.who.clone()));
    terms.push(format!(
        "c.name {}IN (SELECT case_name FROM event WHERE action = 'unblind' AND who = {who})",
        not_if(LeftOut::Unblinded)
    ));
    terms
}
