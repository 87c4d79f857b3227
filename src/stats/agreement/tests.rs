//! The coefficients against published tables and other tools, and the laws that hold between them.

use proptest::prelude::*;
use serde_json::Value;

use super::chance::{Measured, prevalence, specific_agreement, unanimous};
use super::fleiss::fleiss;
use super::reads::Grouped;
use super::*;
use crate::stats::golden::{Outcome, case, list, meets, near, number, numbers};
use crate::stats::intervals::bootstrap::clustered;

const EXACT: f64 = 1e-9;

struct Case {
    /// How many values were compared.
    met: std::cell::Cell<usize>,
    golden: Value,
    values: Vec<f64>,
    readers: usize,
    codes: Vec<u8>,
}

impl Case {
    fn of(golden: Value) -> Self {
        let values = numbers(&golden["levels"]);
        let rows = list(&golden["data"]);
        let readers = rows.first().map(|row| list(row).len()).unwrap_or(0);
        let code = |value: &Value| match value.as_f64() {
            Some(value) => values.iter().position(|level| *level == value).unwrap_or(200) as u8,
            None => u8::MAX,
        };
        let codes = rows.iter().flat_map(|row| list(row).iter().map(code)).collect();
        Case { met: Default::default(), golden: golden["metrics"].clone(), values, readers, codes }
    }

    fn check(&self) -> Outcome {
        let reads = Reads::new(&self.codes, self.readers, self.values.len())?;
        let all = reads.patterns();
        let levels = self.values.len();
        // Over items with one read the reference has another error of the agreement than that of its mean.
        let alone = |row: &[u8]| row.iter().filter(|code| **code != u8::MAX).count() == 1;
        let alone = self.codes.chunks(self.readers).any(alone);
        for (weights, end) in [
            (Weights::identity(levels), ""),
            (Weights::linear(&self.values), "_linear"),
            (Weights::quadratic(&self.values), "_quadratic"),
            (Weights::ordinal(levels), "_ordinal"),
        ] {
            let family: [(&str, Measured); 5] = [
                ("percent_agreement", percent_agreement(&all, &weights)),
                (if end.is_empty() { "AC1" } else { "AC2" }, gwet_ac(&all, &weights)),
                ("fleiss_gwet", fleiss_kappa(&all, &weights)),
                ("brennan_prediger", brennan_prediger(&all, &weights)),
                ("conger_kappa", conger_kappa(&all, &weights)),
            ];
            for (name, measured) in family {
                let measured = measured?;
                self.meets(&format!("{name}{end}"), measured.value);
                self.meets(&format!("{name}{end}_pe"), measured.expected);
                if !(alone && name == "percent_agreement") {
                    self.meets(&format!("{name}{end}_se"), measured.se.ok_or("no error")?);
                }
            }
        }
        self.meets("all_agree_fraction", unanimous(&all)?);
        for (scale, name) in [
            (Scale::Nominal, "nominal"),
            (Scale::Ordinal, "ordinal"),
            (Scale::Interval(&self.values), "interval"),
            (Scale::Ratio(&self.values), "ratio"),
        ] {
            let alpha = krippendorff_alpha(&all, scale)?;
            self.meets(&format!("alpha_{name}"), alpha.value);
            self.meets(&format!("alpha_{name}_jackknife_se"), alpha.se.ok_or("no error")?);
        }
        if self.codes.iter().all(|code| *code != u8::MAX) {
            let fleiss = fleiss(&all)?;
            self.meets("fleiss_se0", fleiss.se_by_chance);
            self.meets("fleiss_per_category_se0", fleiss.level_se_by_chance);
            for (level, value) in fleiss.by_level.iter().enumerate() {
                meets("by level", (*value)?, &self.golden["fleiss_per_category"][level], EXACT);
            }
        }
        self.pairs(&all)
    }

    fn pairs(&self, all: &Patterns) -> Outcome {
        for (a, b) in (0..self.readers).flat_map(|a| (a + 1..self.readers).map(move |b| (a, b))) {
            let table = Table::of(all, a, b);
            let end = format!("_{}_{}", a + 1, b + 1);
            self.meets(&format!("pair_n{end}"), table.items());
            self.meets(&format!("pabak{end}"), pair::pabak(&table)?);
            for (name, weights) in [
                ("cohen_kappa", Weights::identity(self.values.len())),
                ("cohen_linear", Weights::linear(&self.values)),
                ("cohen_quadratic", Weights::quadratic(&self.values)),
            ] {
                let cohen = cohen_kappa(&table, &weights)?;
                self.meets(&format!("{name}{end}"), cohen.value);
                self.meets(&format!("{name}_se{end}"), cohen.se);
                self.meets(&format!("{name}_se0{end}"), cohen.se_by_chance);
            }
        }
        Ok(())
    }

    /// Compares where the case has this value.
    fn meets(&self, name: &str, got: f64) {
        // The square root of a variance that is 0 but for rounding is some 1e-8.
        let exact = if name.contains("_se") && got < 1e-6 { 1e-7 } else { EXACT };
        if self.golden[name].is_number() {
            meets(name, got, &self.golden[name], exact);
            self.met.set(self.met.get() + 1);
        }
    }
}

#[test]
fn coefficients_are_those_of_other_tools() -> Outcome {
    let mut met = 0;
    for golden in [
        case!("cohen1968_weighted"),
        case!("dawid_skene1979_anaesthesia_readings"),
        case!("edge_perfect3"),
        case!("edge_systematic_disagree"),
        case!("fleiss1971_diagnoses"),
        case!("gwet_raw4raters"),
        case!("krippendorff2011_binary"),
        case!("krippendorff2011_missing"),
        case!("krippendorff2011_nominal5"),
        case!("paradox_feinstein_1"),
    ] {
        let case = Case::of(golden);
        case.check()?;
        met += case.met.get();
    }
    assert!(met > 1000, "{met}");
    Ok(())
}

#[test]
fn weights_may_be_ones_own() -> Outcome {
    let case = Case::of(case!("cohen1968_weighted"));
    let agreement = [0.0, 1.0, 3.0, 1.0, 0.0, 6.0, 3.0, 6.0, 0.0].map(|apart: f64| 1.0 - apart / 6.0);
    let weights = Weights::custom(3, agreement.to_vec()).ok_or("no square")?;
    let cohen = cohen_kappa(&Table::of(&Reads::new(&case.codes, 2, 3)?.patterns(), 0, 1), &weights)?;
    case.meets("cohen_custom_1_2", cohen.value);
    case.meets("cohen_custom_se_1_2", cohen.se);
    case.meets("cohen_custom_se0_1_2", cohen.se_by_chance);
    Ok(())
}

#[test]
fn a_bootstrap_gives_the_band_of_another() -> Outcome {
    let case = Case::of(case!("fleiss1971_diagnoses"));
    let (patterns, of_items) = Reads::new(&case.codes, 6, 5)?.patterns_of_items();
    let grouped = Grouped::new(&patterns, &of_items, &(0..30).collect::<Vec<u32>>());
    let drawn = clustered(grouped.len(), 2000, 5, 0.95, |times| {
        vec![alpha_value(&grouped.draw(times), Scale::Nominal).ok()]
    });
    let interval = drawn[0].ok_or("no interval")?.interval;
    let band = numbers(&case.golden["alpha_nominal_bootstrap95_percentile_TOLERANCE"]);
    assert!(near(interval.low, band[0], 0.02) && near(interval.high, band[1], 0.02), "{interval:?} {band:?}");
    Ok(())
}

#[test]
fn what_is_nought_by_nought_is_undefined() -> Outcome {
    let same = Reads::new(&[1u8; 8], 2, 3)?.patterns();
    let weights = Weights::identity(3);
    assert_eq!(fleiss_kappa(&same, &weights).err(), Some(Undefined::NoVariation));
    assert_eq!(conger_kappa(&same, &weights).err(), Some(Undefined::NoVariation));
    assert_eq!(krippendorff_alpha(&same, Scale::Ordinal).err(), Some(Undefined::NoVariation));
    assert_eq!(cohen_kappa(&Table::of(&same, 0, 1), &weights).err(), Some(Undefined::NoVariation));
    assert_eq!(fleiss(&same).err(), Some(Undefined::NoVariation));
    // Beside them stand those that say what happened.
    assert_eq!(gwet_ac(&same, &weights).map(|ac| ac.value), Ok(1.0));
    assert_eq!(percent_agreement(&same, &weights).map(|percent| percent.value), Ok(1.0));
    assert_eq!((prevalence(&same), specific_agreement(&same, 0).ok()), (vec![0.0, 1.0, 0.0], None));
    let alone = Reads::new(&[0u8, 255, 255, 1], 2, 3)?.patterns();
    assert_eq!(percent_agreement(&alone, &weights).err(), Some(Undefined::NoPairs));
    assert_eq!(cohen_kappa(&Table::of(&alone, 0, 1), &weights).err(), Some(Undefined::NoPairs));
    let nothing = Reads::new(&[255u8; 4], 2, 3)?.patterns();
    assert_eq!(percent_agreement(&nothing, &weights).err(), Some(Undefined::NoItems));
    assert_eq!(krippendorff_alpha(&nothing, Scale::Nominal).err(), Some(Undefined::NoItems));
    assert_eq!(krippendorff_alpha(&alone, Scale::Nominal).err(), Some(Undefined::NoPairs));
    let one_level = Reads::new(&[0u8; 4], 2, 1)?.patterns();
    assert_eq!(gwet_ac(&one_level, &Weights::identity(1)).err(), Some(Undefined::OneLevel));
    Ok(())
}

#[test]
fn levels_count_that_nobody_used() -> Outcome {
    let codes = [0u8, 0, 1, 1, 0, 1, 1, 0];
    let declared = |levels: usize| -> Result<f64, Box<dyn std::error::Error>> {
        Ok(brennan_prediger(&Reads::new(&codes, 2, levels)?.patterns(), &Weights::identity(levels))?.value)
    };
    assert!(near(declared(2)?, 0.0, 1e-12) && near(declared(4)?, 1.0 / 3.0, 1e-12));
    Ok(())
}

#[test]
fn the_paradox_shows_in_the_indices() -> Outcome {
    // Byrt 1993 on Feinstein & Cicchetti's tables: 40, 9, 6, 45.
    let table = Table::from_counts(2, vec![40.0, 9.0, 6.0, 45.0]).ok_or("no square")?;
    assert!(near(pair::prevalence_index(&table)?, 0.05, 1e-12));
    assert!(near(pair::bias_index(&table)?, 0.03, 1e-12));
    assert!(near(pair::specific_agreement(&table, 0)?, 80.0 / 95.0, 1e-12));
    let wide = Table::from_counts(3, vec![1.0; 9]).ok_or("no square")?;
    assert_eq!(pair::bias_index(&wide).err(), Some(Undefined::NotBinary));
    Ok(())
}

fn matrix(missing: bool) -> impl Strategy<Value = (usize, Vec<u8>)> {
    (2usize..5, 2usize..12).prop_flat_map(move |(readers, items)| {
        let code = prop_oneof![8 => 0u8..4, 1 => Just(if missing { u8::MAX } else { 0 })];
        (Just(readers), proptest::collection::vec(code, readers * items))
    })
}

fn all_of(codes: &[u8], readers: usize) -> Result<Vec<f64>, TestCaseError> {
    let reads =
        Reads::new(codes, readers, 4).map_err(|fault| TestCaseError::fail(fault.to_string()))?.patterns();
    let (plain, steps) = (Weights::identity(4), Weights::quadratic(&[1.0, 2.0, 3.0, 4.0]));
    let value =
        |measured: Measured| measured.map(|one| [one.value, one.se.unwrap_or(-1.0)]).unwrap_or([-9.0; 2]);
    let alpha = |scale| krippendorff_alpha(&reads, scale).map(|alpha| alpha.value).unwrap_or(-9.0);
    let mut all = Vec::new();
    for weights in [&plain, &steps] {
        for of in [percent_agreement, gwet_ac, fleiss_kappa, brennan_prediger, conger_kappa] {
            all.extend(value(of(&reads, weights)));
        }
    }
    all.extend([alpha(Scale::Nominal), alpha(Scale::Ordinal), alpha(Scale::Interval(&[1.0, 2.0, 3.0, 4.0]))]);
    Ok(all)
}

fn alike(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| near(*a, *b, 1e-9) || (a.is_nan() && b.is_nan()))
}

/// The error of a share of 80 in 100, however many items beside them one reader alone read.
#[test]
fn items_with_one_read_leave_the_error_of_agreement_alone() -> Outcome {
    let pairs = || (0..100u8).flat_map(|item| [item % 2, if item < 80 { item % 2 } else { 1 - item % 2 }]);
    let weights = Weights::identity(2);
    for alone in [0, 1000] {
        let singles = (0..alone).flat_map(|item| [(item % 2) as u8, u8::MAX]);
        let codes: Vec<u8> = pairs().chain(singles).collect();
        let found = percent_agreement(&Reads::new(&codes, 2, 2)?.patterns(), &weights)?;
        assert!(near(found.value, 0.8, 1e-12), "{found:?}");
        assert!(near(found.se.ok_or("no error")?, (0.8f64 * 0.2 / 99.0).sqrt(), 1e-12), "{found:?}");
    }
    Ok(())
}

proptest! {
    #[test]
    fn order_of_readers_items_and_levels_is_nothing((readers, codes) in matrix(true)) {
        let all = all_of(&codes, readers)?;
        let other_readers: Vec<u8> = codes.chunks(readers).flat_map(|row| row.iter().rev().copied()).collect();
        prop_assert!(alike(&all, &all_of(&other_readers, readers)?));
        let other_items: Vec<u8> = codes.chunks(readers).rev().flatten().copied().collect();
        prop_assert!(alike(&all, &all_of(&other_items, readers)?));
        // Turning the scale round changes neither ranks nor differences.
        let turned: Vec<u8> = codes.iter().map(|code| if *code == u8::MAX { *code } else { 3 - code }).collect();
        prop_assert!(alike(&all, &all_of(&turned, readers)?));
    }

    #[test]
    fn two_readers_are_cohens((_, codes) in matrix(true)) {
        let codes = &codes[..codes.len() / 2 * 2];
        let Ok(reads) = Reads::new(codes, 2, 4) else { return Ok(()) };
        let both: Vec<u8> = codes.chunks(2).filter(|row| !row.contains(&u8::MAX)).flatten().copied().collect();
        let Ok(complete) = Reads::new(&both, 2, 4) else { return Ok(()) };
        for weights in [Weights::identity(4), Weights::linear(&[0.0, 1.0, 2.0, 5.0])] {
            let cohen = cohen_kappa(&Table::of(&reads.patterns(), 0, 1), &weights).map(|cohen| cohen.value).ok();
            let conger = conger_kappa(&complete.patterns(), &weights).map(|conger| conger.value).ok();
            prop_assert_eq!(cohen.is_some(), conger.is_some());
            prop_assert!(cohen.zip(conger).is_none_or(|(a, b)| near(a, b, 1e-9)), "{:?} {:?}", cohen, conger);
        }
    }

    #[test]
    fn alpha_is_fleiss_with_its_correction((readers, codes) in matrix(false)) {
        // With complete reads: 1 − α = (1 − κ)·(N − 1)/N over all N reads, for nominal and interval scales alike.
        let Ok(reads) = Reads::new(&codes, readers, 4) else { return Ok(()) };
        let (reads, values) = (reads.patterns(), [1.0, 2.0, 3.0, 4.0]);
        let n = codes.len() as f64;
        for (weights, scale) in [
            (Weights::identity(4), Scale::Nominal),
            (Weights::quadratic(&values), Scale::Interval(&values)),
        ] {
            if let (Ok(kappa), Ok(alpha)) = (fleiss_kappa(&reads, &weights), alpha_value(&reads, scale)) {
                prop_assert!(near(1.0 - alpha, (1.0 - kappa.value) * (n - 1.0) / n, 1e-9));
            }
        }
    }

    #[test]
    fn equal_marginals_make_conger_fleiss((readers, codes) in matrix(false)) {
        // Each row in every rotation of its readers: all readers have the same marginals.
        let turned: Vec<u8> = codes.chunks(readers).flat_map(|row| {
            (0..readers).flat_map(move |by| row.iter().cycle().skip(by).take(readers).copied())
        }).collect();
        let Ok(reads) = Reads::new(&turned, readers, 4) else { return Ok(()) };
        let (reads, weights) = (reads.patterns(), Weights::ordinal(4));
        let values = [fleiss_kappa(&reads, &weights), conger_kappa(&reads, &weights)];
        if let [Ok(fleiss), Ok(conger)] = values {
            prop_assert!(near(fleiss.value, conger.value, 1e-9));
        }
    }

    #[test]
    fn nothing_exceeds_one((readers, codes) in matrix(true)) {
        let all = all_of(&codes, readers)?;
        prop_assert!(all.iter().step_by(2).take(10).all(|value| *value <= 1.0 + 1e-12));
    }
}

#[test]
fn a_reference_without_a_number_is_near_nothing() {
    assert!(!near(1.0, number(&Value::Null), 1e9));
}

proptest! {
    #[test]
    fn numbers_are_weighed_alike_in_any_unit_and_never_break(
        codes in proptest::collection::vec(prop_oneof![6 => 0u8..4, 1 => Just(u8::MAX)], 24),
        exponent in -1000i32..1010,
        wild in proptest::collection::vec(any::<f64>(), 4),
    ) {
        let Ok(reads) = Reads::new(&codes, 3, 4).map(|reads| reads.patterns()) else { return Ok(()) };
        let small = [1.0, 2.0, 3.5, 7.0];
        let large = small.map(|value| value * f64::from(exponent).exp2());
        let all = |values: &[f64]| {
            let ac = |weights: Weights| gwet_ac(&reads, &weights).map(|found| found.value);
            let alpha = |scale| krippendorff_alpha(&reads, scale).map(|found| found.value);
            [ac(Weights::linear(values)), ac(Weights::quadratic(values)), alpha(Scale::Interval(values)),
             alpha(Scale::Ratio(values))]
        };
        prop_assert_eq!(all(&small), all(&large));
        for found in all(&wild) {
            prop_assert!(found.is_err() || found.is_ok_and(f64::is_finite), "{found:?}");
        }
        // The same α, from numbers in place of levels.
        let items: Vec<Vec<f64>> = codes
            .chunks(3)
            .map(|row| row.iter().filter_map(|code| large.get(usize::from(*code)).copied()).collect())
            .collect();
        let direct = alpha_of_numbers(items.iter().map(Vec::as_slice));
        match (krippendorff_alpha(&reads, Scale::Interval(&large)), direct) {
            (Ok(a), Ok(b)) => {
                prop_assert!(near(a.value, b.value, 1e-9) && (a.items, a.reads) == (b.items, b.reads));
                prop_assert!(a.se.zip(b.se).is_none_or(|(a, b)| near(a, b, 1e-6)), "{a:?} {b:?}");
            }
            (a, b) => prop_assert_eq!(a.err(), b.err()),
        }
    }
}
