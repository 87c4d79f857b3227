//! `compare` and `fuse`: masks as files, without a store.

use serde_json::json;

use super::args;
use super::exit::{self, Failure, Outcome};
use super::table::{Table, left, right};
use super::{Out, counted, word};
use crate::domain::text::Safe;
use crate::review::masks::{self, Figures, Fusion, Method, Request};

/// What the table shows of two masks.
type Take = fn(&Figures) -> Option<f64>;

const MEASURES: [(&str, Take); 10] = [
    ("Dice", |of| of.dice),
    ("IoU", |of| of.iou),
    ("HD", |of| of.hd),
    ("HD95 pooled", |of| of.hd95_pooled),
    ("HD95 larger", |of| of.hd95_max_of_directed),
    ("ASSD pooled", |of| of.assd_pooled_mean),
    ("ASSD mean", |of| of.assd_mean_of_directed),
    ("surface Dice", |of| of.surface_dice),
    ("volume A", |of| Some(of.volume_a)),
    ("volume B", |of| Some(of.volume_b)),
];

/// Refuses a spacing that is none.
fn sound(spacing: Option<&[f64]>) -> Result<(), Failure> {
    match spacing {
        Some(spacing)
            if !(matches!(spacing.len(), 2 | 3) && spacing.iter().all(|mm| (1e-6..=1e6).contains(mm))) =>
        {
            Err(Failure::usage(
                "a spacing is of two or three numbers above 0, in millimetres, up to a million: --spacing 0.7,0.7,2.5",
            ))
        }
        _ => Ok(()),
    }
}

/// Writes a figure so that only nothing reads as nothing: the volume of a few small cells is some millionth of a mm³.
fn number(value: f64) -> String {
    if value != 0.0 && value.abs() < 5e-4 { format!("{value:.3e}") } else { format!("{value:.4}") }
}

pub fn compare(out: &mut Out, wanted: &args::Compare) -> Outcome {
    sound(wanted.spacing.as_deref())?;
    if !(wanted.tolerance.is_finite() && wanted.tolerance >= 0.0) {
        return Err(Failure::usage("a tolerance is a number from 0"));
    }
    let request = Request {
        a: wanted.a.clone(),
        b: wanted.b.clone(),
        spacing: wanted.spacing.clone(),
        tolerance: wanted.tolerance,
        label: wanted.label,
        raw: wanted.raw,
    };
    let found = masks::compare(&request, &mut super::import::decoder())?;
    if out.json {
        out.json(&json!(found))?;
        return out.done(exit::FINE);
    }
    let mut columns = vec![left("label").whole()];
    columns.extend(MEASURES.iter().map(|(name, _)| right(name)));
    let mut table = Table::new(&columns);
    let all = std::iter::once(("all".to_owned(), &found.all));
    for (label, of) in all.chain(found.labels.iter().map(|(label, of)| (label.to_string(), of))) {
        let figures = MEASURES.iter().map(|(_, take)| take(of));
        let figures = figures.map(|value| value.map_or("undefined".into(), number));
        table.row(std::iter::once(label).chain(figures).collect::<Vec<String>>());
    }
    out.table(&table)?;
    out.line("")?;
    out.line(match (&found.spacing, found.unit) {
        (Some(spacing), unit) => {
            let sides: Vec<String> = spacing.iter().map(f64::to_string).collect();
            format!("distances in {unit}, volumes in {}; a cell is {} mm", found.volume_unit, sides.join("×"))
        }
        _ => "distances and volumes in pixels: no spacing is known, say --spacing X,Y,Z".into(),
    })?;
    let (tolerance, unit) = (found.surface_dice_tolerance, found.unit);
    out.line(format!("surface Dice at a tolerance of {tolerance} {unit}: {}", masks::SURFACE_DICE))?;
    match (found.segment, found.label) {
        (Some(segment), _) => out.line(format!("segment {segment} alone"))?,
        (_, Some(label)) => out.line(format!("label {label} alone"))?,
        _ if !found.labels.is_empty() => {
            out.line("all: any label against none; then each label by itself")?
        }
        _ => {}
    }
    if let Some(share) = found.inside_at {
        out.line(format!("a cell of a fractional segmentation is inside from {share} on"))?;
    }
    for note in &found.notes {
        out.line(format!("note: {note}"))?;
    }
    if let Some(why) = found.all.why {
        out.line(why)?;
    }
    out.done(exit::FINE)
}

pub fn fuse(out: &mut Out, wanted: &args::Fuse) -> Outcome {
    sound(wanted.spacing.as_deref())?;
    let request = Fusion {
        masks: wanted.masks.clone(),
        method: word::<Method>("method", &wanted.method)?,
        label: wanted.label,
        spacing: wanted.spacing.clone(),
        raw: wanted.raw,
        output: wanted.output.clone(),
        force: wanted.force,
    };
    let found = masks::fuse(&request, &mut super::import::decoder())?;
    if out.json {
        out.json(&json!(found))?;
        return out.done(exit::FINE);
    }
    let mut table = Table::new(&[left("mask").whole(), right("sensitivity"), right("specificity")]);
    let share = |share: Option<f64>| share.map_or("undefined".into(), |share| format!("{share:.4}"));
    for reader in &found.readers {
        table.row(vec![reader.mask.clone(), share(reader.sensitivity), share(reader.specificity)]);
    }
    out.table(&table)?;
    out.line("")?;
    let extent: Vec<String> = found.region.to.iter().map(usize::to_string).collect();
    out.line(format!(
        "{} inside by {}, over {} cells, in {}",
        counted(found.voxels, "cell", "cells"),
        found.method,
        extent.join("×"),
        Safe::new(&found.output)
    ))?;
    if let (Some(steps), Some(false)) = (found.iterations, found.converged) {
        out.line(format!("still changes after {}", counted(steps as u64, "step", "steps")))?;
    }
    if let Some(tied @ 1..) = found.tied {
        out.line(format!("{} tied: left outside", counted(tied, "cell is", "cells are")))?;
    }
    if let Some(share) = found.inside_at {
        out.line(format!("a cell of a fractional segmentation is inside from {share} on"))?;
    }
    for note in &found.notes {
        out.line(format!("note: {note}"))?;
    }
    out.done(exit::FINE)
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn only_nothing_reads_as_nothing() {
        assert_eq!([0.0, 1e-6, 0.8, 1234.5].map(number), ["0.0000", "1.000e-6", "0.8000", "1234.5000"]);
    }
}
