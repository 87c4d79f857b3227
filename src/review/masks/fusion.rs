//! One mask of several: by counting, or by STAPLE with how good each reader is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{AsRead, alike, by_axis, grid, is_free, read_all, write, written};
use crate::domain::word::{Word, words};
use crate::formats::mask::raw::Layout;
use crate::formats::mask::{Form, MOST_LABELS, Mask, nifti};
use crate::imaging::Decoder;
use crate::review::{Result, ReviewError};
use crate::stats::consensus::Tie;
use crate::stats::masks::combine::{Rule, combine, tied};
use crate::stats::masks::labels::{UNDECIDED, labelled};
use crate::stats::masks::staple::{READERS, Region, staple};
use crate::stats::masks::{Grid, overlap};

/// How one mask is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Staple,
    Majority,
    Union,
    Intersection,
}

words!(Method: Staple "staple", Majority "majority", Union "union", Intersection "intersection");

/// Steps of STAPLE at most.
const STEPS: usize = 1000;
/// A cell that is inside with this probability belongs to the mask.
const THRESHOLD: f64 = 0.5;

/// What is to be made.
#[derive(Debug, Clone)]
pub struct Fusion {
    pub masks: Vec<PathBuf>,
    pub method: Method,
    /// One label of each mask alone.
    pub label: Option<i64>,
    /// Between columns, rows and slices, in place of what the files say; in mm.
    pub spacing: Option<Vec<f64>>,
    /// What masks are that are neither NIfTI nor PNG nor DICOM.
    pub raw: Option<Layout>,
    pub output: PathBuf,
    pub force: bool,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fused {
    pub method: &'static str,
    /// Cells that are inside.
    pub voxels: u64,
    /// In the order of the masks.
    pub readers: Vec<FusedReader>,
    /// What the figures were computed over, in columns, rows and slices: empty cells around make everybody specific.
    pub region: Extent,
    /// Null where nothing was estimated.
    pub iterations: Option<usize>,
    pub converged: Option<bool>,
    /// Cells on which the votes are tied: they are outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tied: Option<u64>,
    /// Cells of each label, where there are several.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<i64, u64>,
    /// From which share on a cell of a fractional segmentation counts as inside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inside_at: Option<f64>,
    /// What was taken for granted, as codes that differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    pub output: String,
}

/// Cells from one to, and without, another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Extent {
    pub from: Vec<usize>,
    pub to: Vec<usize>,
}

/// A reader against the mask that was made.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FusedReader {
    pub mask: String,
    /// How much of what is inside the reader has inside; none where nothing is.
    pub sensitivity: Option<f64>,
    /// How much of what is outside the reader has outside; none where nothing is.
    pub specificity: Option<f64>,
    /// How likely each label of the reader's (row) is where a label (column) is true, the ground first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub confusion: Vec<Vec<f64>>,
}

/// What a method finds: the cells of the output, and the rest of the answer.
struct Found {
    cells: Vec<u8>,
    rates: Vec<(Option<f64>, Option<f64>)>,
    confusions: Vec<Vec<Vec<f64>>>,
    steps: Option<(usize, bool)>,
    tied: Option<u64>,
}

/// Makes one mask of several, and writes it.
///
/// # Errors
/// As [`super::compare`]; too many masks for the method, several labels where it takes one, or the output can't be
/// written.
pub fn fuse(request: &Fusion, decoder: &mut Decoder) -> Result<Fused> {
    let paths: Vec<&Path> = request.masks.iter().map(PathBuf::as_path).collect();
    let AsRead { masks, fractional, notes } = read_all(&paths, request.label, request.raw, decoder)?;
    // Segmentations are written as what stands beside them.
    let beside = || masks.iter().filter(|mask| mask.form != Form::Seg);
    let Some(first) = beside().next().or(masks.first()) else {
        return Err(ReviewError::Unclear("name the masks that one is to be made of".into()));
    };
    alike(request.masks.iter().zip(&masks), request.spacing.is_none())?;
    let kind = |mask: &Mask| std::mem::discriminant(&mask.form);
    if beside().any(|mask| kind(mask) != kind(first)) {
        return Err(ReviewError::Invalid(
            "the masks are of several kinds of files: bring them into one form first".into(),
        ));
    }
    // Before the long part: what can't be written is told at once.
    written(&request.output, &first.form)?;
    is_free(&request.output, request.force)?;
    let form = form(first, request.spacing.as_deref())?;
    let grid = grid(first, None);
    let several = masks.iter().any(|mask| mask.labels.len() > 1);
    let labels: Vec<i64> = match several {
        true => masks
            .iter()
            .flat_map(|mask| mask.labels.iter().copied())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        false => vec![only_label(&masks)],
    };
    let found = match several {
        true => of_labels(&grid, &masks, &labels, request.method)?,
        false => of_masks(&grid, &masks, request.method)?,
    };
    let count = |code: usize| found.cells.iter().filter(|cell| usize::from(**cell) == code).count() as u64;
    let by_label: BTreeMap<i64, u64> = match several {
        true => labels.iter().enumerate().map(|(n, label)| (*label, count(n + 1))).collect(),
        false => BTreeMap::new(),
    };
    let region = Region::whole(&grid);
    let places = |[z, y, x]: [usize; 3]| if first.flat { vec![x, y] } else { vec![x, y, z] };
    let mut confusions = found.confusions.into_iter();
    let answer = Fused {
        method: request.method.word(),
        voxels: found.cells.iter().filter(|cell| **cell != 0).count() as u64,
        readers: request
            .masks
            .iter()
            .zip(found.rates)
            .map(|(path, (sensitivity, specificity))| FusedReader {
                mask: path.to_string_lossy().into_owned(),
                sensitivity,
                specificity,
                confusion: confusions.next().unwrap_or_default(),
            })
            .collect(),
        region: Extent { from: places(region.from), to: places(region.to) },
        iterations: found.steps.map(|(steps, _)| steps),
        converged: found.steps.map(|(_, converged)| converged),
        tied: found.tied,
        labels: by_label,
        inside_at: fractional.and_then(|fractional| fractional.then_some(super::seg::INSIDE)),
        notes,
        output: request.output.to_string_lossy().into_owned(),
    };
    let fused = Mask { cells: found.cells, labels, form, ..first.clone() };
    write(&request.output, &fused, request.force)?;
    Ok(answer)
}

/// Gives the form to write in: that of the files, with another spacing where one is said, and of segmentations alone NIfTI.
fn form(first: &Mask, spacing: Option<&[f64]>) -> Result<Form> {
    let spacing = spacing.map(|given| by_axis(given, first)).transpose()?;
    Ok(match (&first.form, spacing) {
        (Form::Nifti(header), Some(spacing)) => Form::Nifti(Box::new(header.spaced(spacing))),
        (Form::Seg, spacing) => {
            let header = nifti::Header::of(first);
            Form::Nifti(Box::new(spacing.map_or(header.clone(), |spacing| header.spaced(spacing))))
        }
        (Form::Png | Form::Raw(_), Some(_)) => {
            return Err(ReviewError::Unclear(
                "PNG and bare arrays hold no spacing, and no figure of fuse needs one: --spacing is for NIfTI".into(),
            ));
        }
        (form, None) => form.clone(),
    })
}

/// What stands inside: the label that all masks have, or the usual one.
fn only_label(masks: &[Mask]) -> i64 {
    let labels: BTreeSet<i64> = masks.iter().flat_map(|mask| mask.labels.iter().copied()).collect();
    match (labels.first(), labels.len(), masks.first().map(|mask| &mask.form)) {
        (Some(only), 1, _) => *only,
        (_, _, Some(Form::Png)) => 255,
        _ => 1,
    }
}

fn of_masks(grid: &Grid, masks: &[Mask], method: Method) -> Result<Found> {
    let inside: Vec<Vec<u8>> = masks.iter().map(|mask| mask.of(None)).collect();
    let inside: Vec<&[u8]> = inside.iter().map(Vec::as_slice).collect();
    let rule = match method {
        Method::Majority => Rule::Majority,
        Method::Union => Rule::Union,
        Method::Intersection => Rule::Intersection,
        Method::Staple => {
            let found = staple(grid, &inside, Region::whole(grid), STEPS).ok_or_else(|| {
                ReviewError::Invalid(format!("STAPLE takes up to {READERS} masks, not {}", masks.len()))
            })?;
            let rates = found.sensitivity.iter().zip(&found.specificity);
            return Ok(Found {
                cells: found.mask(grid, &inside, THRESHOLD),
                rates: rates.map(|(sensitivity, specificity)| (*sensitivity, *specificity)).collect(),
                confusions: Vec::new(),
                steps: Some((found.iterations, found.converged)),
                tied: None,
            });
        }
    };
    let cells = combine(&inside, rule);
    let rates = inside.iter().map(|mask| rates(mask, &cells)).collect();
    let tied = (method == Method::Majority).then(|| tied(&inside));
    Ok(Found { cells, rates, confusions: Vec::new(), steps: None, tied })
}

/// How much of what is inside, and of what is outside, a mask has the same.
fn rates(mask: &[u8], truth: &[u8]) -> (Option<f64>, Option<f64>) {
    let shared = overlap(mask, truth);
    let share = |part: u64, all: u64| (all > 0).then(|| part as f64 / all as f64);
    let outside = truth.len() as u64 - shared.second;
    (share(shared.both, shared.second), share(outside - (shared.first - shared.both), outside))
}

fn of_labels(grid: &Grid, masks: &[Mask], labels: &[i64], method: Method) -> Result<Found> {
    if matches!(method, Method::Union | Method::Intersection) {
        return Err(ReviewError::Invalid(
            "a mask has several labels: union and intersection are of masks with one, so use majority or staple, or one label alone with --label N".into(),
        ));
    }
    if labels.len() > MOST_LABELS {
        return Err(ReviewError::Invalid(format!("the masks have more than {MOST_LABELS} labels together")));
    }
    // The same number for the same label in each.
    let maps: Vec<Vec<u8>> = masks
        .iter()
        .map(|mask| {
            let code = |label: &i64| labels.iter().position(|known| known == label).map_or(0, |n| n + 1);
            let codes: Vec<u8> =
                std::iter::once(0).chain(mask.labels.iter().map(|label| code(label) as u8)).collect();
            mask.cells.iter().map(|cell| codes.get(usize::from(*cell)).copied().unwrap_or(0)).collect()
        })
        .collect();
    let maps: Vec<&[u8]> = maps.iter().map(Vec::as_slice).collect();
    let levels = labels.len() + 1;
    let all = labelled(grid, &maps, levels, Region::whole(grid))
        .map_err(|error| ReviewError::Invalid(error.to_string()))?;
    let settled = |mut cells: Vec<u8>| {
        let tied = cells.iter().filter(|cell| **cell == UNDECIDED).count() as u64;
        cells.iter_mut().filter(|cell| **cell == UNDECIDED).for_each(|cell| *cell = 0);
        (cells, Some(tied))
    };
    if method == Method::Majority {
        let (cells, tied) = settled(all.vote(grid, Tie::Undecided));
        let rates = maps.iter().map(|map| rates(map, &cells)).collect();
        return Ok(Found { cells, rates, confusions: Vec::new(), steps: None, tied });
    }
    let found = all.staple(STEPS);
    let (cells, tied) = settled(all.labels(grid, &found, Tie::Undecided));
    Ok(Found {
        rates: (0..masks.len()).map(|reader| found.rates(reader)).collect(),
        confusions: found
            .confusion
            .iter()
            .map(|confusion| confusion.chunks(levels).map(<[f64]>::to_vec).collect())
            .collect(),
        steps: Some((found.iterations, found.converged)),
        cells,
        tied,
    })
}
