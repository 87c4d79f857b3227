//! Why a decision is what it is, in a few lines for people: ambiguity, what is said of each reader, causes, clause.

use serde_json::Value as Json;

use super::case::value_words;
use crate::domain::taxonomy::{self, Term};

/// Gives a line for each part of a decision, as `show` holds it, that has something in it; its note is not among them.
pub fn lines(decision: &Json) -> Vec<String> {
    let mut lines = Vec::new();
    let block = |name: &str| decision.get("ambiguity").and_then(|block| block.get(name));
    let said = |name: &str| block(name).and_then(Json::as_str);
    let alternatives = block("alternatives").and_then(Json::as_array).into_iter().flatten();
    let alternatives: Vec<String> = alternatives
        .map(|of| {
            let weight = of.get("weight").and_then(Json::as_f64).unwrap_or_default();
            format!("{} {weight}", value_words(of.get("value").unwrap_or(&Json::Null)))
        })
        .collect();
    if !alternatives.is_empty() {
        lines.push(format!("alternatives: {}", alternatives.join(" · ")));
    }
    let types = codes(block("types"), taxonomy::ambiguity);
    let meant = |name: &str, term: fn(&str) -> Result<Term, String>| {
        said(name).map(|code| term(code).map_or_else(|_| code.to_owned(), |term| term.meaning.to_owned()))
    };
    let why = [
        Some(types).filter(|types| !types.is_empty()),
        meant("reducible", taxonomy::reducible),
        said("resolve").map(|what| format!("would be settled by “{what}”")),
        meant("handling", taxonomy::handling),
    ];
    let variants = words(block("variants"));
    let more = [
        (!variants.is_empty()).then(|| format!("acceptable too: {}", variants.join(", "))),
        said("dissent").map(|dissent| format!("dissent: “{dissent}”")),
    ];
    let why: Vec<String> = why.into_iter().chain(more).flatten().collect();
    if !why.is_empty() {
        lines.push(format!("ambiguity: {}", why.join(" · ")));
    }
    match block("guideline") {
        None | Some(Json::Null) => {}
        Some(Json::String(wish)) => lines.push(format!("asked of the guideline: “{wish}”")),
        Some(wish) => {
            let of = |name: &str| wish.get(name).and_then(Json::as_str).unwrap_or_default();
            lines.push(format!("asked of the guideline: {}: “{}”", of("clause"), of("text")));
        }
    }
    let verdicts = decision.get("verdicts").and_then(Json::as_object);
    for (letter, of) in verdicts.into_iter().flatten() {
        let word = |name: &str| of.get(name).and_then(Json::as_str);
        let parts = [
            word("verdict").map(|verdict| verdict.replace('-', " ")),
            word("severity").map(severity),
            Some(codes(of.get("cause"), taxonomy::cause)).filter(|codes| !codes.is_empty()),
            word("note").map(|note| format!("“{note}”")),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        lines.push(format!("{letter}: {}", parts.join(" · ")));
    }
    let word = |name: &str| decision.get(name).and_then(Json::as_str);
    let causes = codes(decision.get("root_cause"), taxonomy::cause);
    let of_answer = [
        word("severity").map(severity),
        (!causes.is_empty()).then(|| format!("cause {causes}")),
        word("clause").map(|clause| format!("clause {clause}")),
    ];
    let of_answer: Vec<String> = of_answer.into_iter().flatten().collect();
    if !of_answer.is_empty() {
        lines.push(of_answer.join(" · "));
    }
    lines
}

fn severity(code: &str) -> String {
    format!("severity {}", with_meaning(code, taxonomy::severity))
}

fn words(list: Option<&Json>) -> Vec<&str> {
    list.and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect()
}

fn codes(list: Option<&Json>, term: fn(&str) -> Result<Term, String>) -> String {
    let codes = words(list);
    codes.into_iter().map(|code| with_meaning(code, term)).collect::<Vec<_>>().join(", ")
}

fn with_meaning(code: &str, term: fn(&str) -> Result<Term, String>) -> String {
    term(code).map_or_else(
        |_| code.to_owned(),
        |term| match term.meaning {
            same if same == term.code => same.to_owned(),
            meaning => format!("{} {meaning}", term.code),
        },
    )
}
