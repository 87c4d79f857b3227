//! Checks of the images, by their headers and by what their pixels were like when they came in. An image that nobody
//! has looked at is said to be so where somebody tried; nothing is said of its pixels then.

use super::*;
use crate::domain::image::{BurntIn, Looked, Orientation, Quality};

/// Above this share of white pixels, bright places have lost what was in them. Black ones are the ground of most images.
const CLIPPED: f64 = 0.05;
/// Stored values that are fewer than this are steps of a drawing or a map, and no measurement that could be clipped.
const STEPS: f64 = 16.0;

/// The images that were looked at, or that somebody tried to look at.
fn looked<'s>(scene: &Scene<'s>) -> impl Iterator<Item = (&'s Image, &'s Quality)> {
    scene.images.iter().filter_map(|image| Some((image, image.quality.as_ref()?)))
}

/// What is said of an image belongs to no reader. It is named where the case has several.
fn says<'s>(scene: &Scene<'s>, image: &Image, words: &str) -> Found<'s> {
    let message = match scene.images {
        [_] => words.to_owned(),
        _ => format!("image {}: {words}", Safe::new(&image.id)),
    };
    Found { read: None, finding: None, label: None, message }
}

pub fn undecodable<'s>(scene: &Scene<'s>, found: &mut Vec<Found<'s>>) {
    for (image, quality) in looked(scene) {
        if let Looked::Fault(why) = &quality.looked {
            found.push(says(scene, image, &format!("can't be decoded: {}", Safe::new(why))));
        }
    }
}

pub fn not_looked_at<'s>(scene: &Scene<'s>, found: &mut Vec<Found<'s>>) {
    for (image, quality) in looked(scene) {
        if let Looked::Not(why) = &quality.looked {
            found.push(says(scene, image, &format!("its pixels were not looked at: {}", Safe::new(why))));
        }
    }
}

pub fn size<'s>(scene: &Scene<'s>, found: &mut Vec<Found<'s>>) {
    for (image, quality) in looked(scene) {
        // A byte more makes the number of bytes even.
        if let Some([here, needed]) = quality.bytes
            && here != needed
            && here != needed.next_multiple_of(2)
        {
            let words = format!(
                "its file holds {here} bytes of pixels, and {}×{} pixels in {} take {needed}",
                image.columns,
                image.rows,
                counted(image.frames.max(1) as usize, "frame")
            );
            found.push(says(scene, image, &words));
        }
    }
}

pub fn empty<'s>(scene: &Scene<'s>, found: &mut Vec<Found<'s>>) {
    for (image, _) in looked(scene).filter(|(_, quality)| quality.empty) {
        found.push(says(scene, image, "every pixel has the same value"));
    }
}

pub fn clipped<'s>(scene: &Scene<'s>, found: &mut Vec<Found<'s>>) {
    for (image, quality) in looked(scene).filter(|(_, quality)| !quality.empty) {
        let (Some(low), Some(high)) = (quality.lowest, quality.highest) else { continue };
        let ([value, share], which) = if quality.inverted { (low, "lowest") } else { (high, "highest") };
        if high[0] - low[0] >= STEPS && share > CLIPPED {
            let words = format!(
                "{:.0} % of its pixels are white: they have the {which} value, {value}",
                share * 100.0
            );
            found.push(says(scene, image, &words));
        }
    }
}

pub fn burnt_in_text<'s>(scene: &Scene<'s>, found: &mut Vec<Found<'s>>) {
    for image in scene.images {
        let rows = image.quality.as_ref().map_or(0, |quality| quality.text_rows);
        match image.burnt_in() {
            BurntIn::Yes => found.push(says(scene, image, "its header says that text is burnt in")),
            BurntIn::Possible if rows > 0 => {
                let words = format!(
                    "burnt-in text suspected: {} of marks like letters",
                    counted(rows as usize, "row")
                );
                found.push(says(scene, image, &words));
            }
            _ => {}
        }
    }
}

pub fn duplicate<'s>(scene: &Scene<'s>, found: &mut Vec<Found<'s>>) {
    for (image, quality) in looked(scene) {
        if let Some(twin) = &quality.twin {
            let words = format!("the same pixels came in before, as image {}", Safe::new(twin));
            found.push(says(scene, image, &words));
        }
    }
}

pub fn orientation_implausible<'s>(scene: &Scene<'s>, found: &mut Vec<Found<'s>>) {
    for (image, _) in looked(scene).filter(|(_, quality)| quality.orientation == Orientation::Implausible) {
        found.push(says(scene, image, "its header says an orientation that no image can have"));
    }
}

pub fn orientation_unknown<'s>(scene: &Scene<'s>, found: &mut Vec<Found<'s>>) {
    for (image, _) in looked(scene).filter(|(_, quality)| quality.orientation == Orientation::Unknown) {
        found.push(says(scene, image, "its header doesn't say which way the patient lies"));
    }
}
