//! What measures are called wherever people read them, in tables, on screens and in reports: one name is one convention.
//! Which measures stand first on which scale, and the words for one that isn't given, are the same everywhere too.

use super::Agreement;

/// What measures are called, in the order of the forest plot.
pub const NAMES: [(&str, &str); 27] = [
    ("percent_agreement", "agreement"),
    ("cohen_kappa", "Cohen κ"),
    ("fleiss_kappa", "Fleiss κ"),
    ("free_response_kappa", "free-response κ"),
    ("pabak", "PABAK"),
    ("brennan_prediger", "Brennan–Prediger"),
    ("gwet_ac1", "AC1"),
    ("krippendorff_alpha_nominal", "α nominal"),
    ("krippendorff_alpha_ordinal", "α ordinal"),
    ("krippendorff_alpha_interval", "α interval"),
    ("krippendorff_alpha_ratio", "α ratio"),
    ("conger_kappa", "Conger κ"),
    ("cohen_kappa_linear", "κ linear"),
    ("cohen_kappa_quadratic", "κ quadratic"),
    ("gwet_ac2_linear", "AC2 linear"),
    ("gwet_ac2_quadratic", "AC2 quadratic"),
    ("gwet_ac2_ordinal", "AC2 ordinal"),
    ("agreement_positive", "positive agreement"),
    ("agreement_negative", "negative agreement"),
    ("mean_iou", "mean IoU"),
    ("mean_dice", "mean Dice"),
    ("lin_ccc", "Lin CCC"),
    ("icc_1_1", "ICC(1,1)"),
    ("icc_2_1", "ICC(2,1)"),
    ("icc_3_1", "ICC(3,1)"),
    ("icc_2_k", "ICC(2,k)"),
    ("icc_3_k", "ICC(3,k)"),
];

/// Gives what a measure is called.
pub fn name_of(measure: &str) -> &str {
    NAMES.iter().find(|(key, _)| *key == measure).map_or(measure, |(_, name)| name)
}

/// Gives the α of a label's scale: of ordered levels a gap weighs by the ranks between, of numbers by its square.
pub fn alpha(scale: &str) -> &'static str {
    match scale {
        "ordinal" => "krippendorff_alpha_ordinal",
        "interval" => "krippendorff_alpha_interval",
        _ => "krippendorff_alpha_nominal",
    }
}

/// Gives what a label is ranked and drawn by, with the α beside it: near levels, and near numbers, agree in part.
pub fn leading(scale: &str) -> [&'static str; 2] {
    let first = match scale {
        "ordinal" => "gwet_ac2_quadratic",
        "interval" => "icc_2_1",
        _ => "gwet_ac1",
    };
    [first, alpha(scale)]
}

/// Gives what two readers are compared by first.
pub fn of_two(scale: &str) -> &'static str {
    match scale {
        "ordinal" => "cohen_kappa_quadratic",
        "interval" => "lin_ccc",
        _ => "cohen_kappa",
    }
}

/// Says why figures of a label aren't given, those with one reason together: `no Fleiss κ, α nominal, since …`. Where no
/// measure is given at all, the plainest of them says what is lacking. What a scale doesn't have is no figure of it.
pub fn reasons(of: &Agreement, shown: &[&'static str]) -> Vec<String> {
    if of.measures.values().all(|measure| measure.value.is_none()) {
        let first = of.measures.get("percent_agreement").into_iter().chain(of.measures.values());
        let why = first.into_iter().find_map(|measure| measure.why.clone()).unwrap_or_default();
        return vec![format!("no measure, since {why}")];
    }
    let mut by_reason: Vec<(&str, Vec<&str>)> = Vec::new();
    for name in shown {
        let missing = of.measures.get(name).filter(|measure| measure.value.is_none());
        let Some(why) = missing.and_then(|measure| measure.why.as_deref()) else { continue };
        match by_reason.iter_mut().find(|(known, _)| *known == why) {
            Some((_, names)) => names.push(name_of(name)),
            None => by_reason.push((why, vec![name_of(name)])),
        }
    }
    by_reason.iter().map(|(why, names)| format!("no {}, since {why}", names.join(", "))).collect()
}
