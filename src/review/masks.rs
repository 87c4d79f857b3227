//! Masks as files: two compared, and one made of several. Needs no store, and knows nothing of cases.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{Result, ReviewError, shown};
use crate::domain::text::Safe;
use crate::formats::mask::raw::{self, Layout};
use crate::formats::mask::{self, Form, HEAD, Mask, MaskError, nifti};
use crate::imaging::Decoder;
use crate::stats::masks::surface::{Distances, distances};
use crate::stats::masks::{Grid, overlap};

mod fusion;
mod seg;

pub use fusion::{Fused, FusedReader, Fusion, Method, fuse};

/// What is to be compared.
#[derive(Debug, Clone)]
pub struct Request {
    pub a: PathBuf,
    pub b: PathBuf,
    /// Between columns, rows and slices, in place of what the files say; in mm.
    pub spacing: Option<Vec<f64>>,
    /// For the surface Dice, in the unit of the distances.
    pub tolerance: f64,
    /// One label alone, which is the segment where a file is a DICOM segmentation.
    pub label: Option<i64>,
    /// What files are that are neither NIfTI nor PNG nor DICOM.
    pub raw: Option<Layout>,
}

/// How far two masks are the same.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    #[serde(flatten)]
    pub all: Figures,
    /// `mm`, or `pixels` where the spacing is unknown.
    pub unit: &'static str,
    pub volume_unit: &'static str,
    /// Between columns, rows and slices.
    pub spacing: Option<Vec<f64>>,
    /// In `unit`.
    pub surface_dice_tolerance: f64,
    pub surface_dice_convention: &'static str,
    /// The label that was taken alone; none for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<i64>,
    /// The same, where it is the segment of a DICOM segmentation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<i64>,
    /// From which share on a cell of a fractional segmentation counts as inside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inside_at: Option<f64>,
    /// Each label by itself, where a file has several.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<i64, Figures>,
    /// What was taken for granted: a spacing that one file holds, codes that differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What the surface Dice is here; it is taken by area elsewhere.
pub const SURFACE_DICE: &str =
    "share of the cells of both surfaces that lie within the tolerance of the other surface";

/// The figures of two masks; undefined is none, and `why` says the reason.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    pub dice: Option<f64>,
    pub iou: Option<f64>,
    pub hd: Option<f64>,
    pub hd95_pooled: Option<f64>,
    pub hd95_max_of_directed: Option<f64>,
    pub assd_pooled_mean: Option<f64>,
    pub assd_mean_of_directed: Option<f64>,
    pub surface_dice: Option<f64>,
    pub volume_a: f64,
    pub volume_b: f64,
    /// (a − b) / b.
    pub volume_difference: Option<f64>,
    pub cells_a: u64,
    pub cells_b: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<&'static str>,
}

/// Compares two masks.
///
/// # Errors
/// A file can't be read or is no mask, or the two are of other sizes or lie elsewhere.
pub fn compare(request: &Request, decoder: &mut Decoder) -> Result<Comparison> {
    let paths = [request.a.as_path(), request.b.as_path()];
    let AsRead { masks, fractional: seg, mut notes } = read_all(&paths, request.label, request.raw, decoder)?;
    let Ok([mut a, b]) = <[Mask; 2]>::try_from(masks) else {
        return Err(ReviewError::Unclear("a comparison is of two masks".into()));
    };
    notes.extend(match (&request.spacing, a.spacing, b.spacing) {
        (None, Some(_), None) => Some(borrowed(&request.b, &request.a)),
        (None, None, Some(_)) => Some(borrowed(&request.a, &request.b)),
        _ => None,
    });
    let spacing = match &request.spacing {
        Some(given) => Some(by_axis(given, &a)?),
        None => a.spacing.or(b.spacing),
    };
    alike([(&request.a, &a), (&request.b, &b)], request.spacing.is_none())?;
    // A volume of one slice is an image beside an image.
    a.flat |= b.flat;
    let grid = grid(&a, spacing);
    let figures = |label: Option<i64>| figures(&grid, &a.of(label), &b.of(label), request.tolerance);
    let labels: BTreeSet<i64> = match a.labels.len().max(b.labels.len()) {
        0 | 1 => BTreeSet::new(),
        _ => a.labels.iter().chain(&b.labels).copied().collect(),
    };
    Ok(Comparison {
        all: figures(None),
        unit: if spacing.is_some() { "mm" } else { "pixels" },
        volume_unit: match (spacing.is_some(), a.flat) {
            (true, false) => "mm³",
            (true, true) => "mm²",
            _ => "pixels",
        },
        spacing: spacing.map(|[z, y, x]| if a.flat { vec![x, y] } else { vec![x, y, z] }),
        surface_dice_tolerance: request.tolerance,
        surface_dice_convention: SURFACE_DICE,
        label: request.label,
        segment: request.label.filter(|_| seg.is_some()),
        inside_at: seg.and_then(|fractional| fractional.then_some(seg::INSIDE)),
        labels: labels.into_iter().map(|label| (label, figures(Some(label)))).collect(),
        notes,
    })
}

fn borrowed(without: &Path, with: &Path) -> String {
    format!("{} holds no spacing: that of {} is taken for both", shown(without), shown(with))
}

/// Masks as they were read.
struct AsRead {
    /// In the order of the paths.
    masks: Vec<Mask>,
    /// Where one is a DICOM segmentation: whether one is of shares.
    fractional: Option<bool>,
    notes: Vec<String>,
}

/// Reads masks of whatever kind of file, or one label of each.
fn read_all(
    paths: &[&Path],
    label: Option<i64>,
    raw: Option<Layout>,
    decoder: &mut Decoder,
) -> Result<AsRead> {
    let mut planes = |path: &&Path| match is_seg(path)? {
        true => seg::read(decoder, path, label).map(Some),
        false => Ok(None),
    };
    let all: Vec<Option<seg::Planes>> = paths.iter().map(&mut planes).collect::<Result<_>>()?;
    let found = || paths.iter().zip(&all).filter_map(|(path, of)| Some((*path, of.as_ref()?)));
    let fractional = found().map(|(_, of)| of.fractional).reduce(|a, b| a || b);
    let deep: Vec<(&Path, &seg::Planes)> = found().filter(|(_, of)| of.deep()).collect();
    let slices = if deep.is_empty() { None } else { Some(seg::slices(&deep)?) };
    let mask = |(path, of): (&&Path, Option<seg::Planes>)| match of {
        Some(planes) => planes.mask(path, slices),
        None => read(path, raw),
    };
    let mut masks: Vec<Mask> = paths.iter().zip(all).map(mask).collect::<Result<_>>()?;
    let notes = codes(paths, &masks, label);
    if let Some(label) = label {
        keep(&mut masks, label)?;
    }
    Ok(AsRead { masks, fractional, notes })
}

/// Says what is made of masks that call what is inside by other numbers: one file codes one object by 1, another by 255,
/// and a third is a map of labels.
fn codes(paths: &[&Path], masks: &[Mask], label: Option<i64>) -> Vec<String> {
    let coded = |(path, mask): (&&Path, &Mask)| {
        let numbers: Vec<String> = mask.labels.iter().map(i64::to_string).collect();
        format!("{} codes {}", shown(path), numbers.join(", "))
    };
    let all = || paths.iter().zip(masks).filter(|(_, mask)| !mask.labels.is_empty());
    if let Some(label) = label {
        let without = all().filter(|(_, mask)| !mask.labels.contains(&label));
        return without.map(|of| format!("{}, and no {label}: it is taken as empty", coded(of))).collect();
    }
    let single: BTreeSet<i64> =
        all().filter(|(_, mask)| mask.labels.len() == 1).flat_map(|(_, mask)| mask.labels.clone()).collect();
    let maps: BTreeSet<i64> =
        all().filter(|(_, mask)| mask.labels.len() > 1).flat_map(|(_, mask)| mask.labels.clone()).collect();
    if maps.is_empty() {
        let several = single.len() > 1;
        let told = all().map(coded).collect::<Vec<_>>().join("; ");
        return several.then(|| format!("{told}: anything but 0 is inside")).into_iter().collect();
    }
    let alone =
        all().filter(|(_, mask)| mask.labels.len() == 1 && mask.labels.iter().all(|of| !maps.contains(of)));
    alone
        .map(|of| {
            format!(
                "{}, which no map of labels has: it is a label of its own here; for one object of the maps say which \
                 with --label N, and bring the codes together first",
                coded(of)
            )
        })
        .collect()
}

/// Keeps one label of each mask; one that doesn't have it is empty.
///
/// # Errors
/// None of them has it.
fn keep(masks: &mut [Mask], label: i64) -> Result<()> {
    let known: BTreeSet<i64> = masks.iter().flat_map(|mask| mask.labels.iter().copied()).collect();
    if !known.contains(&label) {
        let known: Vec<String> = known.iter().map(i64::to_string).collect();
        return Err(ReviewError::Invalid(match known.is_empty() {
            true => format!("no mask has the label {label}: they are all empty"),
            false => format!("no mask has the label {label}: there are {}", known.join(", ")),
        }));
    }
    masks.iter_mut().for_each(|mask| mask.keep(label));
    Ok(())
}

fn is_seg(path: &Path) -> Result<bool> {
    let mut head = Vec::new();
    // What can't be read is told by the reader.
    let read = File::open(path).and_then(|file| file.take(132).read_to_end(&mut head));
    Ok(path.is_file() && read.is_ok() && seg::is_dicom(&head))
}

fn figures(grid: &Grid, a: &[u8], b: &[u8], tolerance: f64) -> Figures {
    let shared = overlap(a, b);
    let apart = distances(grid, a, b);
    let of = |measure: fn(&Distances) -> f64| apart.as_ref().map(measure);
    Figures {
        dice: shared.dice(),
        iou: shared.iou(),
        hd: of(Distances::hd),
        hd95_pooled: of(Distances::hd95_pooled),
        hd95_max_of_directed: of(Distances::hd95_max_of_directed),
        assd_pooled_mean: of(Distances::assd_pooled_mean),
        assd_mean_of_directed: of(Distances::assd_mean_of_directed),
        surface_dice: apart.as_ref().map(|apart| apart.surface_dice(tolerance)),
        volume_a: shared.first as f64 * grid.cell(),
        volume_b: shared.second as f64 * grid.cell(),
        volume_difference: shared.volume_difference(),
        cells_a: shared.first,
        cells_b: shared.second,
        why: match (shared.first, shared.second) {
            (0, 0) => Some("both masks are empty"),
            (0, _) => Some("the first mask is empty: there is no distance"),
            (_, 0) => Some("the second mask is empty: there is no distance"),
            _ => None,
        },
    }
}

/// The grid of a mask; a step of one where the spacing is unknown.
fn grid(of: &Mask, spacing: Option<[f64; 3]>) -> Grid {
    let [slices, rows, columns] = spacing.unwrap_or([1.0; 3]);
    match of.flat {
        true => Grid::image(of.shape[1], of.shape[2], [rows, columns]),
        false => Grid::volume(of.shape, [slices, rows, columns]),
    }
}

/// Brings a spacing between columns, rows and slices into the order of axes.
fn by_axis(given: &[f64], mask: &Mask) -> Result<[f64; 3]> {
    match (given, mask.flat) {
        ([x, y], true) => Ok([1.0, *y, *x]),
        ([x, y, z], _) => Ok([*z, *y, *x]),
        _ => Err(ReviewError::Unclear("a volume's spacing is of three numbers: --spacing X,Y,Z".into())),
    }
}

/// Reads a mask from a file, which is a bare array where such are told of and it is nothing else.
fn read(path: &Path, raw: Option<Layout>) -> Result<Mask> {
    let failed = |fault: std::io::Error| match fault.kind() {
        std::io::ErrorKind::NotFound => ReviewError::Missing(format!("there is no file {}", shown(path))),
        _ => ReviewError::Read { path: path.into(), fault },
    };
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(ReviewError::Missing(format!("{} is no regular file", shown(path))));
    }
    let file = File::open(path).map_err(failed)?;
    let mut head = Vec::new();
    let mut file = BufReader::new(file);
    file.by_ref().take(HEAD).read_to_end(&mut head).map_err(failed)?;
    let all = head.as_slice().chain(file);
    let found = match raw.filter(|_| !mask::says_what_it_is(&head)) {
        Some(layout) => raw::read(all, layout),
        None => mask::read(all),
    };
    found.map_err(|error| match error {
        MaskError::Bad(why) => ReviewError::Invalid(format!("{} {}", shown(path), Safe::new(&why))),
        MaskError::Io(fault) => failed(fault),
    })
}

/// Refuses masks that don't lie on the same grid; the first two that differ are named.
fn alike<'a>(masks: impl IntoIterator<Item = (&'a PathBuf, &'a Mask)>, spacing: bool) -> Result<()> {
    /// mm.
    const NEAR: f64 = 1e-3;
    let mut masks = masks.into_iter();
    let Some((first, a)) = masks.next() else { return Ok(()) };
    for (path, b) in masks {
        let wrong =
            |why: String| Err(ReviewError::Invalid(format!("{} and {} {why}", shown(first), shown(path))));
        if a.shape != b.shape {
            return wrong(format!("are of other sizes: {} and {} cells", a.size(), b.size()));
        }
        let far = |a: f64, b: f64| (a - b).abs() > NEAR;
        if let (true, Some(of_a), Some(of_b)) = (spacing, a.spacing, b.spacing)
            && of_a.iter().zip(&of_b).any(|(a, b)| far(*a, *b))
        {
            return wrong(
                "have other spacings: bring them onto one grid first, or say --spacing X,Y,Z for all".into(),
            );
        }
        // Where the spacing of the files doesn't count, neither does it in where cells lie.
        let place = |mask: &Mask| mask.placed.map(|place| if spacing { place } else { unscaled(place) });
        if let (Some(of_a), Some(of_b)) = (place(a), place(b))
            && of_a.iter().zip(&of_b).any(|(a, b)| far(f64::from(*a), f64::from(*b)))
        {
            return wrong("lie elsewhere in the patient, or turned: bring them onto one grid first".into());
        }
    }
    Ok(())
}

/// Gives where cells lie with steps of one.
fn unscaled(mut place: [f32; 12]) -> [f32; 12] {
    for axis in 0..3 {
        let step = (0..3).map(|row| place[4 * row + axis].powi(2)).sum::<f32>().sqrt();
        if step > 0.0 {
            (0..3).for_each(|row| place[4 * row + axis] /= step);
        }
    }
    place
}

/// What a mask is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    Nifti,
    Packed,
    Png,
    Raw,
}

/// Tells by its name what a file is to be, which has to be what the masks are that it is made of.
fn written(output: &Path, form: &Form) -> Result<Written> {
    let name = output.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let wanted = match () {
        _ if name.ends_with(".nii") => Some(Written::Nifti),
        _ if name.ends_with(".nii.gz") => Some(Written::Packed),
        _ if name.ends_with(".png") => Some(Written::Png),
        _ => None,
    };
    match (wanted, form) {
        (Some(Written::Png), Form::Png) => Ok(Written::Png),
        (None, Form::Raw(_)) => Ok(Written::Raw),
        (Some(nifti @ (Written::Nifti | Written::Packed)), Form::Nifti(_)) => Ok(nifti),
        (Some(nifti @ (Written::Nifti | Written::Packed)), Form::Seg) => Ok(nifti),
        (_, Form::Seg) => Err(ReviewError::Unclear(
            "the masks are DICOM segmentations, and what is made of them is NIfTI: call the output NAME.nii or NAME.nii.gz".into(),
        )),
        (_, Form::Png) => Err(ReviewError::Unclear("the masks are PNG: call the output NAME.png".into())),
        (_, Form::Raw(_)) => {
            Err(ReviewError::Unclear("the masks are bare arrays: call the output NAME.raw".into()))
        }
        (_, Form::Nifti(_)) => {
            Err(ReviewError::Unclear("the masks are NIfTI: call the output NAME.nii or NAME.nii.gz".into()))
        }
    }
}

/// Refuses to write where something lies that is to stay.
fn is_free(output: &Path, force: bool) -> Result<()> {
    match std::fs::symlink_metadata(output) {
        Ok(meta) if !meta.is_file() => {
            Err(ReviewError::Invalid(format!("{} is no regular file: name another", shown(output))))
        }
        Ok(_) if !force => Err(ReviewError::Exists(output.into())),
        _ => Ok(()),
    }
}

/// Writes a mask, under another name first, so that nobody meets half of it.
fn write(output: &Path, mask: &Mask, force: bool) -> Result<()> {
    let as_what = written(output, &mask.form)?;
    is_free(output, force)?;
    let failed = |fault| ReviewError::Write { path: output.into(), fault };
    let mut name = output.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = output.with_file_name(name);
    let file = File::create(&part)
        .map_err(|fault| crate::store::StoreError::CannotCreate { path: output.into(), fault })?;
    let mut file = BufWriter::new(file);
    let put = match (&mask.form, as_what) {
        (Form::Nifti(header), Written::Packed) => {
            let mut packed = flate2::write::GzEncoder::new(&mut file, flate2::Compression::default());
            nifti::write(mask, header, &mut packed).and_then(|()| packed.finish().map(drop)).map_err(failed)
        }
        (Form::Nifti(header), _) => nifti::write(mask, header, &mut file).map_err(failed),
        (Form::Seg, _) => return Err(ReviewError::Unclear("a DICOM segmentation isn't written".into())),
        (Form::Raw(layout), _) => raw::write(mask, *layout, &mut file).map_err(failed),
        (Form::Png, _) => mask::write_png(mask, &mut file).map_err(|error| match error {
            MaskError::Bad(why) => ReviewError::Invalid(format!("the result {why}")),
            MaskError::Io(fault) => failed(fault),
        }),
    };
    let put = put.and_then(|()| file.flush().map_err(failed)).and_then(|()| {
        file.get_ref().sync_all().map_err(failed)?;
        is_free(output, force)?;
        std::fs::rename(&part, output).map_err(failed)
    });
    if put.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    put
}
