//! Masks against MedPy and SimpleITK, and STAPLE where the truth is known.

use serde_json::Value;

use super::combine::{Rule, combine, tied};
use super::labels::{UNDECIDED, labelled};
use super::staple::{Region, staple};
use super::surface::distances;
use super::*;
use crate::stats::consensus::Tie;
use crate::stats::golden::{Outcome, case, list, meets, near, numbers, whole};

fn grid(golden: &Value) -> Grid {
    let shape: Vec<usize> = list(&golden["shape"]).iter().map(whole).collect();
    match (shape[..].as_ref(), &numbers(&golden["spacing_mm_per_axis"])[..]) {
        ([rows, columns], [y, x]) => Grid::image(*rows, *columns, [*y, *x]),
        ([slices, rows, columns], [z, y, x]) => Grid::volume([*slices, *rows, *columns], [*z, *y, *x]),
        _ => Grid::image(shape[0], shape[1], [1.0, 1.0]),
    }
}

fn masks(golden: &Value, grid: &Grid) -> Vec<Vec<u8>> {
    let runs = |value: &Value| numbers(value).iter().map(|run| *run as u32).collect::<Vec<_>>();
    list(&golden["masks_rle_zero_first"]).iter().map(|value| from_runs(grid.len(), &runs(value))).collect()
}

fn cases() -> Result<[Value; 3], Box<dyn std::error::Error>> {
    Ok([case!("synthetic_mask_2d"), case!("lidc_mask_1"), case!("lidc_mask_2")])
}

#[test]
fn overlaps_and_distances_are_those_of_other_tools() -> Outcome {
    for golden in cases()? {
        let grid = grid(&golden);
        let masks = masks(&golden, &grid);
        let golden = &golden["metrics"];
        for (a, b) in [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)] {
            let meets = |name: &str, got: f64| {
                meets(name, got, &golden[format!("{name}_{}_{}", a + 1, b + 1)], 1e-9);
            };
            let shared = overlap(&masks[a], &masks[b]);
            meets("dice", shared.dice().ok_or("empty")?);
            meets("iou", shared.iou().ok_or("empty")?);
            meets("vol_diff_fraction", shared.volume_difference().ok_or("empty")?);
            let apart = distances(&grid, &masks[a], &masks[b]).ok_or("empty")?;
            meets("hd", apart.hd());
            meets("hd95_pooled", apart.hd95_pooled());
            meets("hd95_max_of_directed", apart.hd95_max_of_directed());
            meets("assd_pooled_mean", apart.assd_pooled_mean());
            meets("assd_mean_of_directed", apart.assd_mean_of_directed());
            assert_eq!((apart.surface_dice(apart.hd()), apart.surface_dice(-1.0)), (1.0, 0.0));
        }
    }
    Ok(())
}

#[test]
fn staple_is_that_of_simple_itk() -> Outcome {
    for golden in cases()? {
        let grid = grid(&golden);
        let masks = masks(&golden, &grid);
        let masks: Vec<&[u8]> = masks.iter().map(Vec::as_slice).collect();
        let golden = &golden["metrics"];
        let count = |mask: &[u8]| mask.iter().filter(|cell| **cell != 0).count();
        assert_eq!(count(&combine(&masks, Rule::Majority)), whole(&golden["mv_strict_voxels"]));
        assert_eq!(tied(&masks), whole(&golden["mv_tie_voxels"]) as u64);

        let found = staple(&grid, &masks, Region::whole(&grid), 1000).ok_or("no result")?;
        meets("prior", found.prior, &golden["staple_prior"], 1e-9);
        for reader in 0..4 {
            meets(
                "sensitivity",
                found.sensitivity[reader].ok_or("none")?,
                &golden["staple_sensitivity"][reader],
                1e-6,
            );
            meets(
                "specificity",
                found.specificity[reader].ok_or("none")?,
                &golden["staple_specificity"][reader],
                1e-6,
            );
        }
        let sum: f64 = found.probabilities(&grid, &masks).iter().sum();
        meets("sum", sum, &golden["staple_prob_sum"], 1e-6);
        let inside = whole(&golden["staple_voxels_ge_0_5"]);
        assert_eq!((count(&found.mask(&grid, &masks, 0.5)), found.count(0.5)), (inside, inside as u64));
        assert!(found.converged);

        // Ten cells more on each side: another region, another answer.
        let axes = if grid.shape[0] == 1 { 1..3 } else { 0..3 };
        let mut wide = grid;
        axes.clone().for_each(|axis| wide.shape[axis] += 20);
        let shift = |axis: usize| if axes.contains(&axis) { 10 } else { 0 };
        let padded: Vec<Vec<u8>> = masks
            .iter()
            .map(|mask| {
                let mut padded = vec![0; wide.len()];
                for (cell, inside) in mask.iter().enumerate() {
                    let [z, y, x] = grid.place(cell);
                    let [z, y, x] = [z + shift(0), y + shift(1), x + shift(2)];
                    padded[(z * wide.shape[1] + y) * wide.shape[2] + x] = *inside;
                }
                padded
            })
            .collect();
        let padded: Vec<&[u8]> = padded.iter().map(Vec::as_slice).collect();
        let other = staple(&wide, &padded, Region::whole(&wide), 1000).ok_or("no result")?;
        assert_eq!(other.count(0.5), whole(&golden["staple_padded10_voxels_ge_0_5"]) as u64);
        for reader in 0..4 {
            let golden = &golden["staple_padded10_sensitivity"][reader];
            meets("padded", other.sensitivity[reader].ok_or("none")?, golden, 1e-6);
        }
        // The region undoes the padding.
        let back = Region {
            from: std::array::from_fn(shift),
            to: std::array::from_fn(|n| grid.shape[n] + shift(n)),
        };
        let same = staple(&wide, &padded, back, 1000).ok_or("no result")?;
        assert_eq!((same.sensitivity, same.cells), (found.sensitivity, found.cells));
        let tight = Region::around(&wide, &padded, 0).ok_or("empty")?;
        assert!(
            tight.len() < back.len() && Region::around(&wide, &padded, 999) == Some(Region::whole(&wide))
        );
    }
    Ok(())
}

#[test]
fn labels_are_those_of_simple_itk() -> Outcome {
    let golden = case!("synthetic_mask_multilabel");
    let grid = grid(&golden);
    let maps: Vec<Vec<u8>> = list(&golden["labels"])
        .iter()
        .map(|map| numbers(map).iter().map(|label| *label as u8).collect())
        .collect();
    let maps: Vec<&[u8]> = maps.iter().map(Vec::as_slice).collect();
    let golden = &golden["metrics"];
    let labelled = labelled(&grid, &maps, 3, Region::whole(&grid))?;
    let want = |name: &str| numbers(&golden[name]).iter().map(|label| *label as u8).collect::<Vec<u8>>();
    assert!(labelled.vote(&grid, Tie::Undecided) == want("label_voting_output"));
    let found = labelled.staple(1000);
    let (got, want) = (labelled.labels(&grid, &found, Tie::Undecided), want("multilabel_staple_output"));
    let other: Vec<(u8, u8)> = got.into_iter().zip(want).filter(|(got, want)| got != want).collect();
    assert!(other.is_empty(), "{other:?}");
    for (level, share) in found.prior.iter().enumerate() {
        meets("prior", *share, &golden["label_prior_mean_frequency"][level], 1e-9);
    }
    // A band: the one tool counts three impossible cells for the first label, 0.0012 of it.
    for (reader, confusion) in found.confusion.iter().enumerate() {
        for (n, share) in confusion.iter().enumerate() {
            meets("confusion", *share, &golden["multilabel_staple_confusion"][reader][n], 3e-3);
        }
    }
    Ok(())
}

#[test]
fn readers_who_agree_are_taken_for_right() -> Outcome {
    let grid = Grid::image(6, 6, [1.0, 1.0]);
    let mask = from_runs(36, &[7, 3, 3, 3]);
    let found = staple(&grid, &[&mask, &mask, &mask], Region::whole(&grid), 100).ok_or("no result")?;
    assert_eq!(found.mask(&grid, &[&mask, &mask, &mask], 0.5), mask);
    let mut rates = found.sensitivity.iter().chain(&found.specificity);
    assert!(rates.all(|share| share.is_some_and(|share| near(share, 1.0, 1e-9))));
    // Nobody marked anything: nothing is inside.
    let none = vec![0u8; 36];
    let found = staple(&grid, &[&none, &none], Region::whole(&grid), 100).ok_or("no result")?;
    assert_eq!((found.count(0.5), found.sensitivity[1], found.specificity[1]), (0, None, Some(1.0)));
    // Everybody marked everything: nobody shows what they leave out.
    let full = vec![1u8; 36];
    let found = staple(&grid, &[&full, &full], Region::whole(&grid), 100).ok_or("no result")?;
    assert_eq!((found.count(0.5), found.sensitivity[1], found.specificity[1]), (36, Some(1.0), None));
    // The same with labels.
    for (cells, rates) in [(&none, (None, Some(1.0))), (&full, (Some(1.0), None))] {
        let found = labelled(&grid, &[cells, cells], 3, Region::whole(&grid))?.staple(100);
        assert_eq!(found.rates(1), rates);
    }
    let beyond = Region { from: [0; 3], to: [1, 7, 6] };
    assert_eq!(staple(&grid, &[&none], beyond, 9), None);
    assert_eq!(staple(&grid, &[], Region::whole(&grid), 9), None);
    Ok(())
}

#[test]
fn empty_masks_have_no_distance() {
    let grid = Grid::volume([2, 3, 3], [1.0; 3]);
    let (none, all) = (vec![0u8; 18], vec![1u8; 18]);
    assert_eq!((distances(&grid, &none, &all), distances(&grid, &none, &none)), (None, None));
    assert_eq!((overlap(&none, &none).dice(), overlap(&all, &none).volume_difference()), (None, None));
    assert_eq!(distances(&grid, &all, &all).map(|apart| apart.hd()), Some(0.0));
    let masks: [&[u8]; 2] = [&none, &all];
    assert_eq!(combine(&masks, Rule::Union), all);
    assert_eq!((combine(&masks, Rule::Intersection), combine(&[], Rule::Union)), (none.clone(), Vec::new()));
    assert_eq!((combine(&masks, Rule::Majority), tied(&masks)), (none, 18));
    assert_eq!(
        labelled(&grid, &[&all, &all], 2, Region::whole(&grid)).map(|one| one.vote(&grid, Tie::First)),
        Ok(all)
    );
    assert_eq!(UNDECIDED, 255);
}
