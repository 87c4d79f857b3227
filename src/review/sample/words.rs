//! Samples in words, for whoever prints or draws them.

use super::{Outlook, SampleResult};
use crate::domain::charter::normal::Abnormal;
use crate::domain::sample::{Design, Rule, Stratum};
use crate::domain::text::Safe;

/// Says a share, 0–1, in percent.
pub fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

/// Says how a sample was drawn.
pub fn design_words(design: &Design) -> String {
    match design {
        Design::Share { share } => format!("the charter's share of {}", percent(*share)),
        Design::Size { size } => format!("{size} at random"),
        Design::Aql { aql, level } => format!("AQL {aql} %, level {level}"),
        Design::Lq { lq, accept } => format!("LQ {lq} %, up to {accept}"),
        Design::Points { good, alpha, bad, beta } => {
            format!("{good} % at a risk of {alpha}, {bad} % at {beta}")
        }
        Design::Sequential { bound, most } => format!("until the bound is {bound} %, at most {most}"),
        Design::Recheck { share } => format!("rechecks, a share of {}", percent(*share)),
        Design::Checkpoint { share, days } => format!("{} every {days} days", percent(*share)),
    }
}

/// Says who drew a sample.
pub fn drawn_by(of: &SampleResult) -> String {
    of.by.as_ref().map_or_else(|| "the charter".to_owned(), |who| Safe::new(who).to_string())
}

/// Says by what a lot is accepted.
pub fn rule_words(rule: Rule) -> String {
    match rule {
        Rule::Plan { accept } => format!("accepted with up to {accept} wrong"),
        Rule::Tolerance { share } => format!("accepted where the estimate is at most {}", percent(share)),
        Rule::Bound { share } => format!("accepted as soon as the bound is at most {}", percent(share)),
    }
}

/// Says by what a sample that was not drawn yet would be judged.
pub fn judged(of: &Outlook) -> String {
    match (of.rule, of.accept) {
        (Rule::Tolerance { .. }, None) => {
            format!("{}: how many wrong that is depends on their strata", rule_words(of.rule))
        }
        _ => rule_words(of.rule),
    }
}

/// Says how likely a lot is accepted at a few shares that are wrong, from the operating characteristic's pairs of shares;
/// none where nothing is judged by a size.
pub fn accepts(characteristic: &[(f64, f64)]) -> Option<String> {
    /// Shares that lots are spoken of by, 0–1.
    const SHARES: [f64; 5] = [0.01, 0.02, 0.05, 0.1, 0.2];
    let at = |share: &f64| {
        let chance = chance_at(characteristic, *share)?;
        Some(format!("{:.0} % at {:.0} %", chance * 100.0, share * 100.0))
    };
    let all: Vec<String> = SHARES.iter().filter_map(at).collect();
    (!all.is_empty()).then(|| format!("{} wrong", all.join(", ")))
}

/// Gives the chance of being accepted at a share between two points of an operating characteristic, on a straight line.
pub fn chance_at(points: &[(f64, f64)], share: f64) -> Option<f64> {
    let pairs = points.iter().zip(points.iter().skip(1));
    let (low, high) = pairs.into_iter().find(|(low, high)| (low.0..=high.0).contains(&share))?;
    Some(low.1 + (high.1 - low.1) * (share - low.0) / (high.0 - low.0))
}

/// Says a bound before anything was read: of a lot that is read whole its share is known.
pub fn bound(of: &Outlook, bound: f64) -> String {
    match of.size == of.lot {
        true => format!("{} of the lot", percent(bound)),
        false => format!("under {} at 95 %", percent(bound)),
    }
}

/// Says what counts as a finding: `abnormal is grade 2, 3; effusion present`; nothing where no strata are made by it.
pub fn abnormal(of: &[Abnormal]) -> Option<String> {
    let each = of.iter().map(|of| {
        let values: Vec<String> =
            of.values.iter().map(|value| Safe::new(&value.to_string()).to_string()).collect();
        format!("{} {}", Safe::new(&of.label), values.join(", "))
    });
    let each: Vec<String> = each.collect();
    (!each.is_empty()).then(|| format!("abnormal is {}", each.join("; ")))
}

/// Says that a sample is too small to say anything of the lot: a stratum of which nothing is read leaves the rest unknown.
pub fn too_few(strata: &[Stratum]) -> Option<String> {
    let left = strata.iter().filter(|of| of.size > 0 && of.drawn == 0).count();
    (left > 0).then(|| {
        format!(
            "nothing would be drawn of {left} of {all} strata, and without these nothing can be said of the lot: draw {all} \
             at least, and evenly",
            all = strata.len()
        )
    })
}

/// Says what a sample came to; where its lot is held, in whole words if there is room for them.
pub fn verdict(of: &SampleResult, whole: bool) -> String {
    match (of.accepted, &of.signed) {
        (None, _) if of.size == 0 => "nothing was drawn of it".into(),
        (None, _) => "open".into(),
        (Some(true), _) => "accepted".into(),
        (Some(false), Some(signed)) if whole => {
            format!("rejected; signed by {} ({})", Safe::new(&signed.by), Safe::new(&signed.meaning))
        }
        (Some(false), Some(_)) => "rejected, signed".into(),
        (Some(false), None) if whole => "rejected: its lot isn't exported before a lead signs it".into(),
        (Some(false), None) => "rejected, held".into(),
    }
}

/// Says what was found and what that says of the lot, always with the bound.
pub fn finding(of: &SampleResult) -> String {
    // No bound may rest on their being right.
    let differ = match (of.suspected, of.taken_back) {
        (0, _) => None,
        (n, 0) => Some(format!("{n} differ and wait for a third person, wrong in the bound")),
        (n, back) => Some(format!(
            "{n} differ and wait for a third person, wrong in the bound; {back} of them was found wrong and that was taken \
             back: the lot stands as if it were"
        )),
    };
    let unread = (of.pending > 0).then(|| format!("{} to be read", of.pending));
    let waits: Vec<String> = unread.into_iter().chain(differ).collect();
    let waits = if waits.is_empty() { String::new() } else { format!("; {}", waits.join(", ")) };
    match (of.rate, of.upper95) {
        (Some(rate), _) if of.read == of.lot => {
            format!("{} wrong of {}, which is the whole lot: {} of it", of.found, of.read, percent(rate))
        }
        (Some(rate), Some(bound)) if of.strata.len() > 1 => format!(
            "{} wrong of {} read: an estimated {} of the lot, under {} at 95 % confidence{waits}",
            of.found,
            of.read,
            percent(rate),
            percent(bound)
        ),
        (Some(_), Some(bound)) => {
            format!("{} wrong of {}: under {} at 95 % confidence{waits}", of.found, of.read, percent(bound))
        }
        (None, Some(bound)) if of.suspected > 0 => {
            format!(
                "{} wrong of {} read: under {} at 95 % confidence{waits}",
                of.found,
                of.read,
                percent(bound)
            )
        }
        _ => format!("{} wrong of {} read{waits}", of.found, of.read),
    }
}
