//! What each figure of a report is, by which convention, and where its formula comes from: what `docs/statistics.md` says at length.

use crate::review::agree::names::name_of;

/// A figure: its name on the command line, its sign in tables, what it is, and its source.
pub struct Definition {
    pub name: &'static str,
    /// None of a measure of agreement, which is called here what it is called everywhere.
    sign: Option<&'static str>,
    pub words: &'static str,
    pub source: &'static str,
}

const fn of(name: &'static str, sign: &'static str, words: &'static str, source: &'static str) -> Definition {
    Definition { name, sign: Some(sign), words, source }
}

/// A measure of agreement.
const fn measure(name: &'static str, words: &'static str, source: &'static str) -> Definition {
    Definition { name, sign: None, words, source }
}

impl Definition {
    /// Gives its sign in tables.
    pub fn sign(&self) -> &'static str {
        self.sign.unwrap_or_else(|| name_of(self.name))
    }
}

/// In the order in which a report explains them.
pub const DEFINITIONS: [Definition; 33] = [
    of(
        "prevalence",
        "prevalence",
        "share of a level over all reads by people, or over all final answers",
        "–",
    ),
    measure(
        "percent_agreement",
        "share of agreeing pairs of readers, mean over the items with two reads or more; of numbers, pairs within the tolerance; not corrected for chance",
        "–",
    ),
    measure(
        "cohen_kappa",
        "agreement of two readers beyond what the marginals of both give by chance, on items that both read",
        "Cohen 1960",
    ),
    measure("pabak", "agreement of two readers where each level is as likely by chance", "Byrt 1993"),
    measure(
        "brennan_prediger",
        "agreement where each declared level is as likely by chance",
        "Brennan & Prediger 1981",
    ),
    measure(
        "fleiss_kappa",
        "agreement beyond what shared marginals give by chance; missing reads as generalised by Gwet",
        "Fleiss 1971; Gwet 2014",
    ),
    measure(
        "conger_kappa",
        "agreement beyond what each reader's own marginals give by chance",
        "Conger 1980",
    ),
    measure(
        "gwet_ac1",
        "agreement beyond a guess where an item is hard; stays near the agreement where one level prevails",
        "Gwet 2008",
    ),
    measure(
        "cohen_kappa_quadratic",
        "Cohen κ in which a gap weighs by its square, from the levels' numbers or ranks",
        "Cohen 1968",
    ),
    measure(
        "gwet_ac2_quadratic",
        "AC1 with partial credit for near levels: a gap weighs by its square",
        "Gwet 2014",
    ),
    measure("gwet_ac2_ordinal", "AC1 with partial credit for near levels", "Gwet 2014"),
    measure(
        "krippendorff_alpha_nominal",
        "one minus observed over expected disagreement, for any number of readers and missing reads",
        "Krippendorff 2011",
    ),
    measure(
        "krippendorff_alpha_ordinal",
        "α in which a gap weighs by the ranks between",
        "Krippendorff 2011",
    ),
    measure("krippendorff_alpha_interval", "α in which a gap weighs by its square", "Krippendorff 2011"),
    measure(
        "agreement_positive",
        "of two readers' positive calls, the share that the other shares",
        "Cicchetti & Feinstein 1990",
    ),
    measure("agreement_negative", "the same of negative calls", "Cicchetti & Feinstein 1990"),
    measure(
        "icc_2_1",
        "share of the variance that lies between items, readers drawn at random",
        "Shrout & Fleiss 1979",
    ),
    measure(
        "lin_ccc",
        "how close two readers' numbers lie to being the same: correlation times nearness to the diagonal",
        "Lin 1989",
    ),
    measure(
        "free_response_kappa",
        "2d / (b + c + 2d) over objects: of marked objects, those that both found",
        "Carpentier 2017",
    ),
    measure("mean_iou", "mean overlap of two readers' shapes of one object: intersection over union", "–"),
    measure(
        "mean_dice",
        "mean overlap of two readers' shapes of one object: twice the intersection over the sum",
        "–",
    ),
    of(
        "disagreement_index",
        "index",
        "cases in which the final answer is another than the reader's beyond the tolerance, of the cases that the reader read and whose outcome is known; what is open is neither",
        "Wilson 1927 for its interval",
    ),
    of("endorsement", "endorsed", "items adjudicated in the reader's favour, of those adjudicated", "–"),
    of(
        "sensitivity",
        "sensitivity",
        "of items that the final answer calls present, those that the reader called so; adjudicated items alone count",
        "Wilson 1927 for its interval",
    ),
    of(
        "specificity",
        "specificity",
        "of items that the final answer calls absent, those that the reader called so; adjudicated items alone count",
        "Wilson 1927 for its interval",
    ),
    of(
        "kappa",
        "κ to final",
        "Cohen κ of the reader against the final answer; of ordered levels with quadratic weights",
        "Cohen 1960, 1968",
    ),
    of(
        "false_positives_per_image",
        "FP per image",
        "findings that the final answer rejects, for each image that was adjudicated",
        "exact Poisson interval",
    ),
    of(
        "self_consistency",
        "self-consistency",
        "share of repeated reads in which the reader says the same again",
        "Wilson 1927 for its interval",
    ),
    of(
        "seconds_per_read",
        "s per read",
        "median of the seconds between a reader's reads, pauses left out",
        "–",
    ),
    of(
        "disagreement_limit",
        "funnel",
        "three standard deviations around the team's index at the reader's number of settled cases; a reader is told of only where nothing that is still open could take it back",
        "Spiegelhalter 2005",
    ),
    of(
        "p_chart",
        "p-chart",
        "share of disagreements among the settled cases of a week, with three standard deviations around the mean at that number; limits lie farther away where cases are open that could bring the share back",
        "Shewhart 1931",
    ),
    of(
        "ewma",
        "EWMA",
        "mean of the shares in standard deviations from the reader's own share, in which older weeks fade (λ = 0.2), with its limit at three standard deviations",
        "Roberts 1959; Lucas & Saccucci 1990",
    ),
    of(
        "cusum",
        "CUSUM",
        "sum, case by case, of the evidence that the odds of a disagreement have doubled, never below 0; the limit is one that an unchanged reader crosses once in twenty such windows",
        "Page 1954; Reynolds & Stoumbos 1999",
    ),
];

/// Finds a figure by its name.
pub fn definition(name: &str) -> Option<&'static Definition> {
    DEFINITIONS.iter().find(|definition| definition.name == name)
}
