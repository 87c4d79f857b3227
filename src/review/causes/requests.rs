//! What the guideline should say otherwise: collected from decisions that ask for it and from causes of the family O, clause
//! by clause. A version of the charter that names a clause closes what was asked before.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;

use super::NONE;
use crate::domain::case::causes::Counted;
use crate::domain::charter::Charter;
use crate::domain::moment;
use crate::review::Scene;
use crate::store::settled::Settled;

/// What is asked of one clause.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Request {
    pub clause: String,
    /// Version of the charter that closed it; none where it is open.
    pub closed_by: Option<u32>,
    /// What decisions ask for in words.
    pub wishes: Vec<Wish>,
    /// How often each code of the family O was given.
    pub codes: BTreeMap<String, u64>,
    /// The cases behind both, each once, in the order in which they came in.
    pub cases: Vec<String>,
}

/// A wish of one decision.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Wish {
    pub case: String,
    pub dispute: String,
    /// RFC 3339.
    pub at: String,
    pub text: String,
}

/// Requests while decisions come in.
pub(super) struct Collecting {
    charter: Arc<Charter>,
    /// Clause, version, since when.
    closed: Vec<(String, u32, i64)>,
    all: BTreeMap<(Option<u32>, String), (Request, BTreeSet<String>)>,
    case: String,
    /// What answers of that case asked so far: several of one dispute may ask the same, and that counts once.
    asked: BTreeSet<Asked>,
}

/// The dispute, the clause, whose part it is of, and the code or the words.
type Asked = (String, String, Option<String>, String);

impl Collecting {
    pub fn new(scene: &Scene<'_>) -> Self {
        let charter = scene.setup.charter().charter.clone();
        let (all, case, asked) = Default::default();
        Collecting { charter, closed: scene.setup.closed.clone(), all, case, asked }
    }

    pub fn take(&mut self, case: &str, row: &Settled) {
        let codes: Vec<&Counted> =
            row.causes.iter().filter(|counted| counted.code.starts_with('O')).collect();
        let wish = row.wish.as_deref().map(read);
        if codes.is_empty() && wish.is_none() {
            return;
        }
        let (named, text) = wish.unwrap_or_default();
        // A clause may be named by its number alone.
        let named = named.map(|clause| self.charter.check_clause(&clause).unwrap_or(clause));
        let clause = named.or_else(|| row.clause.clone()).unwrap_or_else(|| NONE.to_owned());
        if self.case != case {
            case.clone_into(&mut self.case);
            self.asked.clear();
        }
        let asked = &mut self.asked;
        let mut anew = |of: Option<String>, what: &str| {
            !row.answers || asked.insert((row.dispute.clone(), clause.clone(), of, what.to_owned()))
        };
        let codes: Vec<&String> = codes
            .into_iter()
            .filter(|counted| anew(counted.reader.clone(), &counted.code))
            .map(|counted| &counted.code)
            .collect();
        let text = text.filter(|text| anew(None, text.trim()));
        let closed = self.closed.iter().find(|(of, _, at)| *of == clause && row.at < *at);
        let closed_by = closed.map(|(_, version, _)| *version);
        let (request, seen) = self.all.entry((closed_by, clause.clone())).or_insert_with(|| {
            let (wishes, codes, cases) = Default::default();
            (Request { clause, closed_by, wishes, codes, cases }, BTreeSet::new())
        });
        for code in codes {
            *request.codes.entry(code.clone()).or_default() += 1;
        }
        if let Some(text) = text {
            let at = moment::rfc3339(row.at);
            request.wishes.push(Wish { case: case.to_owned(), dispute: row.dispute.clone(), at, text });
        }
        if seen.insert(case.to_owned()) {
            request.cases.push(case.to_owned());
        }
    }

    /// Gives the open ones first, those with the most cases first.
    pub fn done(self) -> Vec<Request> {
        let mut all: Vec<Request> = self.all.into_values().map(|(request, _)| request).collect();
        all.sort_by(|a, b| {
            let order = |of: &Request| (of.closed_by.is_some(), std::cmp::Reverse(of.cases.len()));
            order(a).cmp(&order(b)).then_with(|| a.clause.cmp(&b.clause))
        });
        all
    }
}

/// Reads a wish: a text, or a clause and what it should say.
fn read(json: &str) -> (Option<String>, Option<String>) {
    let wish: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
    let field = |name: &str| wish.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
    let text = wish.as_str().map(str::to_owned).or_else(|| field("text")).or_else(|| field("request"));
    (field("clause"), text)
}
